//! A tenant's rows, one file per aggregate. Every statement binds the tenant of its transaction.

mod access_tokens;
mod account_links;
mod account_security;
mod accounts;
mod audit_events;
mod authorization_codes;
mod budgets;
mod ceremonies;
mod client_assertions;
mod clients;
mod configuration_changes;
mod connected_apps;
mod consents;
mod console_sessions;
mod decisions;
mod device_codes;
mod dpop_proofs;
mod expiry;
mod federation_keys;
mod fhir_user_entries;
mod grants;
mod idempotency_keys;
mod identity_providers;
mod interactions;
mod launches;
mod logout_notices;
mod mail_outbox;
mod oidc_metadata;
mod passkeys;
mod provider_notices;
mod pushed_requests;
mod refresh_tokens;
mod refusals;
mod registrations;
mod role_assignments;
mod saml_metadata;
mod scim_groups;
mod scim_resources;
mod scim_tokens;
mod scim_users;
mod secrets;
mod sessions;
mod settings;
mod setup_facts;
mod setup_links;
mod sign_in_tests;
mod sign_in_traces;
mod signing_keys;
mod upstream_messages;
mod upstream_sessions;
mod upstream_sign_ins;
mod usage_days;

pub use account_links::{AccountLink, LinkPurpose};
pub use account_security::AccountSecurity;
pub use accounts::{Account, AccountProfile, ListedAccount};
pub use audit_events::{AuditEvent, EventCount, EventFilter, RecordedEvent, UsageCountRow};
pub use authorization_codes::{CodeRecord, CodeRedemption, NewAuthorizationCode, RedeemedCode};
pub use budgets::SpentBudget;
pub use configuration_changes::{Authorship, ChangeSource, ConfigurationChange, ResourceKind, ResourceName};
pub use connected_apps::ConnectedApp;
pub use consents::{Consent, ListedConsent};
pub use console_sessions::ConsoleSession;
pub use device_codes::{DevicePoll, NewDeviceCode, PendingDeviceCode};
pub use federation_keys::{FederationKeyPurpose, FederationKeyRecord, FederationKeyState};
pub use fhir_user_entries::{FhirUserEntry, ListedFhirUserEntry};
pub use grants::{Grant, GrantContext, GrantRecord, NewGrant};
pub use idempotency_keys::{IdempotencyAnswer, IdempotencyClaim};
pub use identity_providers::IdentityProviderRecord;
pub use interactions::{InteractionOutcome, StoredInteraction};
pub use launches::ListedLaunch;
pub use logout_notices::{LogoutNotice, SessionClient};
pub use mail_outbox::DueMail;
pub use oidc_metadata::OidcMetadataRecord;
pub use passkeys::{NewPasskey, StoredPasskey};
pub use refresh_tokens::{NewRefreshToken, RefreshRotation, RefreshTokenRecord, RefreshTokenRow};
pub use refusals::RefusalRecord;
pub use registrations::{InitialAccessToken, NewInitialAccessToken};
pub use role_assignments::RoleAssignment;
pub use saml_metadata::SamlMetadataRecord;
pub use scim_groups::{NewScimGroup, ScimGroup, ScimGroupKey};
pub use scim_tokens::{NewScimToken, ScimToken};
pub use scim_users::{ScimUser, ScimUserDetails, ScimUserKey, ScimUserKeys};
pub use sessions::{ListedSession, NewSession, SessionOfAccount};
pub use setup_facts::SetupProgress;
pub use setup_links::{NewSetupLink, StoredSetupLink};
pub use sign_in_tests::{NewSignInTest, StoredSignInTest};
pub use sign_in_traces::{ListedSignInTrace, NewSignInTrace, SignInTraceFilter};
pub use upstream_sessions::{UpstreamSession, UpstreamSessions};
pub use upstream_sign_ins::{AnsweredUpstreamSignIn, StoredUpstreamSignIn};

use super::{Database, DatabaseUrl, DedicatedStores, StoreError, TenantTx};
use crate::kernel::id::TenantId;
use crate::keys::TenantKeyring;
use std::fmt;
use std::sync::Arc;

#[derive(Clone)]
enum Source {
    Shared(Database),
    Dedicated(Arc<DedicatedSource>),
}

struct DedicatedSource {
    stores: DedicatedStores,
    url: DatabaseUrl,
}

/// The only door to one tenant's rows: knows where they live and holds the tenant's data keys.
#[derive(Clone)]
pub struct TenantStore {
    source: Source,
    keyring: Arc<TenantKeyring>,
}

impl fmt::Debug for TenantStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantStore({})", self.keyring.tenant())
    }
}

impl TenantStore {
    /// A tenant in the database that tenants share.
    pub const fn shared(database: Database, keyring: Arc<TenantKeyring>) -> Self {
        Self {
            source: Source::Shared(database),
            keyring,
        }
    }

    /// A tenant with a database of its own, opened when first used.
    pub fn dedicated(stores: DedicatedStores, url: DatabaseUrl, keyring: Arc<TenantKeyring>) -> Self {
        Self {
            source: Source::Dedicated(Arc::new(DedicatedSource { stores, url })),
            keyring,
        }
    }

    /// The tenant.
    pub fn tenant(&self) -> TenantId {
        self.keyring.tenant()
    }

    /// The tenant's data keys, for values that are sealed or derived outside a row.
    pub fn keyring(&self) -> &TenantKeyring {
        &self.keyring
    }

    /// Begins a write transaction.
    pub async fn begin(&self) -> Result<TenantTx, StoreError> {
        self.open(true).await
    }

    /// Begins reading. Writes through it fail.
    pub async fn read(&self) -> Result<TenantTx, StoreError> {
        self.open(false).await
    }

    async fn open(&self, write: bool) -> Result<TenantTx, StoreError> {
        let transaction = async |database: &Database| {
            if write {
                TenantTx::write(database, self.keyring.clone()).await
            } else {
                TenantTx::read(database, self.keyring.clone()).await
            }
        };
        match &self.source {
            Source::Shared(database) => transaction(database).await,
            Source::Dedicated(dedicated) => {
                let DedicatedSource { stores, url } = dedicated.as_ref();
                let first = transaction(&stores.get(self.tenant(), url).await?).await;
                // The pool may have been closed as idle between fetching it and using it: fetch it anew, once.
                match first {
                    Err(StoreError::Database(sqlx::Error::PoolClosed)) => {
                        stores.reopen(self.tenant()).await;
                        transaction(&stores.get(self.tenant(), url).await?).await
                    }
                    Err(error) if error.is_transient() => {
                        stores.record_failure(self.tenant()).await;
                        Err(error)
                    }
                    other => other,
                }
            }
        }
    }
}
