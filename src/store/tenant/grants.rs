//! Grants: what one user gave one client at one time.

use crate::kernel::id::{AccountId, GrantId};
use crate::kernel::{Entropy, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed, TenantKeyring};
use crate::oauth::claims_request::ClaimsRequest;
use crate::smart::AuthorizationDetails;
use crate::smart::launch_context::LaunchContext;
use crate::smart::scope::Decision;
use crate::store::tenant::decisions;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

/// The part of a grant that is about people: sealed at rest, so it has no `Debug`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GrantContext {
    /// SMART launch context.
    pub launch: LaunchContext,
    /// The user's FHIR resource, relative to the audience.
    pub fhir_user: Option<String>,
    /// Roles at the time of sign-in.
    pub roles: Vec<String>,
    /// National Provider Identifier.
    pub npi: Option<String>,
    /// Authentication context class (OpenID Connect Core section 2, `acr`).
    pub acr: Option<String>,
    /// Authentication methods (RFC 8176).
    pub amr: Vec<String>,
    /// Single claims that the client gets beside those of the scope (OpenID Connect Core section 5.5).
    pub claims: ClaimsRequest,
    /// The FHIR bases that access tokens may be for (RFC 8707); only `audience` when empty.
    pub resources: Vec<String>,
    /// What was asked for at single FHIR servers (RFC 9396).
    pub authorization_details: AuthorizationDetails,
}

/// A grant to be stored.
pub struct NewGrant<'a> {
    /// Its id.
    pub id: GrantId,
    /// The client.
    pub client_id: &'a str,
    /// The user.
    pub account: AccountId,
    /// Key of the session in which it is given; `None` for a grant that is for offline use.
    pub session: Option<Sha256Hash>,
    /// Whether it ends when the session expires too, not only when the user signs out.
    pub ends_with_session: bool,
    /// Key of the session in which it is given, for telling its app when that ends; `None` without a browser session.
    pub logout_session: Option<Sha256Hash>,
    /// Granted scopes, as returned to the client.
    pub scope: &'a str,
    /// The FHIR base, `aud` of access tokens.
    pub audience: &'a str,
    /// The part about people.
    pub context: &'a GrantContext,
    /// How the requested scope became the granted one.
    pub decision: &'a Decision,
    /// When the user authenticated.
    pub authenticated_at: Timestamp,
}

/// A stored grant that has not been revoked.
#[derive(Clone)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// The client.
    pub client_id: String,
    /// The user; `sub`.
    pub account: AccountId,
    /// Granted scopes, as returned to the client.
    pub scope: String,
    /// The FHIR base, `aud` of access tokens.
    pub audience: String,
    /// The part about people.
    pub context: GrantContext,
    /// When the user authenticated.
    pub authenticated_at: Timestamp,
    /// When it was given.
    pub created_at: Timestamp,
    /// Key of the session in which it was given.
    pub logout_session: Option<Sha256Hash>,
}

/// A grant in whatever state, without the part about people: for explaining it.
pub struct GrantRecord {
    /// Its id.
    pub id: GrantId,
    /// The client.
    pub client_id: String,
    /// Granted scopes, as returned to the client.
    pub scope: String,
    /// The FHIR base, `aud` of access tokens.
    pub audience: String,
    /// How the requested scope became the granted one; `None` for grants of versions that did not keep it.
    pub decision: Option<Decision>,
    /// When it was given.
    pub created_at: Timestamp,
    /// When it was revoked, and the short code of the reason.
    pub revoked: Option<(Timestamp, String)>,
    /// When its user's account was disabled.
    pub account_disabled_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct RecordRow {
    client_id: String,
    scope: String,
    audience: String,
    sealed_decision: Option<Vec<u8>>,
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
    revoked_because: Option<String>,
    disabled_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    grant_id: Uuid,
    client_id: String,
    account_id: Uuid,
    scope: String,
    audience: String,
    sealed_context: Vec<u8>,
    authenticated_at: Timestamp,
    created_at: Timestamp,
    logout_session: Option<Vec<u8>>,
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "grants",
        column: "sealed_context",
        row,
    }
}

const fn decision_place(row: &[u8]) -> Place<'_> {
    Place {
        table: "grants",
        column: "sealed_decision",
        row,
    }
}

/// The part of a stored grant that is about people.
pub(super) fn open_context(keyring: &TenantKeyring, grant: Uuid, sealed: Vec<u8>) -> Result<GrantContext, StoreError> {
    let plain = keyring.open(place(grant.as_bytes()), &Sealed::from_bytes(sealed))?;
    serde_json::from_slice(plain.expose()).map_err(|_| StoreError::corrupt("grants", "sealed_context", "not a context"))
}

impl Row {
    fn open(self, keyring: &TenantKeyring) -> Result<Grant, StoreError> {
        let context = open_context(keyring, self.grant_id, self.sealed_context)?;
        Ok(Grant {
            id: GrantId::from_uuid(self.grant_id),
            client_id: self.client_id,
            account: AccountId::from_uuid(self.account_id),
            scope: self.scope,
            audience: self.audience,
            context,
            authenticated_at: self.authenticated_at,
            created_at: self.created_at,
            logout_session: self.logout_session.as_deref().and_then(Sha256Hash::from_bytes),
        })
    }
}

impl TenantTx {
    /// Stores a grant.
    pub async fn insert_grant(
        &mut self,
        grant: &NewGrant<'_>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let plain = crate::kernel::Secret::new(
            serde_json::to_vec(grant.context)
                .map_err(|error| StoreError::corrupt("grants", "sealed_context", error))?,
        );
        let sealed = self
            .keyring
            .seal(place(grant.id.uuid().as_bytes()), plain.expose(), entropy)?;
        let decision = decisions::seal(
            &self.keyring,
            decision_place(grant.id.uuid().as_bytes()),
            grant.decision,
            entropy,
        )?;
        on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO grants (tenant_id, grant_id, client_id, account_id, session_hash, ends_with_session, scope, \
             audience, sealed_context, authenticated_at, created_at, sealed_decision, logout_session) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(tenant)
        .bind(grant.id)
        .bind(grant.client_id)
        .bind(grant.account)
        .bind(grant.session)
        .bind(grant.ends_with_session)
        .bind(grant.scope)
        .bind(grant.audience)
        .bind(&sealed)
        .bind(grant.authenticated_at)
        .bind(now)
        .bind(&decision)
        .bind(grant.logout_session)
        .execute(connection)
        .await
        .map(drop)
        })?;
        Ok(())
    }

    /// The grant, revoked or not, for explaining it. Tokens are judged by [`Self::find_live_grant`].
    pub async fn find_grant_record(&mut self, grant: GrantId) -> Result<Option<GrantRecord>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| {
            sqlx::query_as::<_, RecordRow>(
            "SELECT g.client_id, g.scope, g.audience, g.sealed_decision, g.created_at, g.revoked_at, g.revoked_because, \
             a.disabled_at FROM grants g LEFT JOIN accounts a \
             ON a.tenant_id = g.tenant_id AND a.account_id = g.account_id WHERE g.tenant_id = $1 AND g.grant_id = $2",
        )
        .bind(tenant)
        .bind(grant)
        .fetch_optional(connection)
        .await
        })?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(GrantRecord {
            id: grant,
            decision: decisions::open(
                &self.keyring,
                decision_place(grant.uuid().as_bytes()),
                row.sealed_decision,
            )?,
            client_id: row.client_id,
            scope: row.scope,
            audience: row.audience,
            created_at: row.created_at,
            revoked: row.revoked_at.map(|at| (at, row.revoked_because.unwrap_or_default())),
            account_disabled_at: row.disabled_at,
        }))
    }

    /// The grant, unless it was revoked, its user disabled, or the session over with which it ends: a token of such a grant
    /// is worth nothing.
    pub async fn find_live_grant(&mut self, grant: GrantId, now: Timestamp) -> Result<Option<Grant>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT g.grant_id, g.client_id, g.account_id, g.scope, g.audience, g.sealed_context, g.authenticated_at, \
             g.created_at, g.logout_session FROM grants g JOIN accounts a ON a.tenant_id = g.tenant_id AND a.account_id = g.account_id \
             WHERE g.tenant_id = $1 AND g.grant_id = $2 AND g.revoked_at IS NULL AND a.disabled_at IS NULL \
             AND (NOT g.ends_with_session OR EXISTS (SELECT 1 FROM sessions s WHERE s.tenant_id = g.tenant_id \
                  AND s.session_key = g.session_hash AND s.expires_at > $3))",
        )
        .bind(tenant)
        .bind(grant)
        .bind(now)
        .fetch_optional(connection)
        .await)?
        .map(|row| row.open(&self.keyring))
        .transpose()
    }

    /// Revokes a grant, and with it every token that came from it. True when it was live before.
    pub async fn revoke_grant(
        &mut self,
        grant: GrantId,
        because: &'static str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE grants SET revoked_at = $3, revoked_because = $4 \
             WHERE tenant_id = $1 AND grant_id = $2 AND revoked_at IS NULL",
        )
        .bind(tenant)
        .bind(grant)
        .bind(now)
        .bind(because)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Revokes what was given in a session and not for offline use. Returns how many grants were live before.
    pub async fn revoke_grants_of_session(
        &mut self,
        session_key: Sha256Hash,
        because: &'static str,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query(
            "UPDATE grants SET revoked_at = $3, revoked_because = $4 \
             WHERE tenant_id = $1 AND session_hash = $2 AND revoked_at IS NULL",
        )
        .bind(tenant)
        .bind(session_key)
        .bind(now)
        .bind(because)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?)
    }

    /// Revokes everything that `account` gave `client_id`, and with it every token. Returns how many grants were live before.
    pub async fn revoke_grants_of_client(
        &mut self,
        account: AccountId,
        client_id: &str,
        because: &'static str,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query(
            "UPDATE grants SET revoked_at = $4, revoked_because = $5 \
             WHERE tenant_id = $1 AND account_id = $2 AND client_id = $3 AND revoked_at IS NULL",
        )
        .bind(tenant)
        .bind(account)
        .bind(client_id)
        .bind(now)
        .bind(because)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?)
    }

    /// Revokes what `account` gave in any session and not for offline use. Returns how many grants were live before.
    pub async fn revoke_session_grants_of_account(
        &mut self,
        account: AccountId,
        because: &'static str,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query(
            "UPDATE grants SET revoked_at = $3, revoked_because = $4 \
             WHERE tenant_id = $1 AND account_id = $2 AND session_hash IS NOT NULL AND revoked_at IS NULL",
        )
        .bind(tenant)
        .bind(account)
        .bind(now)
        .bind(because)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?)
    }

    /// Revokes everything that `account` ever gave, and with it every token, for good. Returns how many grants were live before.
    pub async fn revoke_grants_of_account(
        &mut self,
        account: AccountId,
        because: &'static str,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query(
            "UPDATE grants SET revoked_at = $3, revoked_because = $4 \
             WHERE tenant_id = $1 AND account_id = $2 AND revoked_at IS NULL",
        )
        .bind(tenant)
        .bind(account)
        .bind(now)
        .bind(because)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?)
    }
}
