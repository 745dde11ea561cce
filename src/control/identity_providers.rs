//! Connecting identity providers.

use super::saml_providers::{SamlCertificate, certificate};
use super::setup_links::REMOVED;
use super::{Change, ControlError, Precondition, TenantAdmin, permissions_of};
use crate::federation::oidc::ClientAuthentication;
use crate::federation::provider::{self, check_alias};
use crate::federation::saml::ServiceProvider;
use crate::federation::{LocalDocument, Offer, OidcDocument};
use crate::kernel::Secret;
use crate::kernel::id::IdentityProviderId;
use crate::store::TenantTx;
use crate::store::tenant::{FederationKeyPurpose, IdentityProviderRecord};
use crate::tenant::roles::{Permission, Permissions};
use serde::Serialize;
use serde_json::Value;

/// An identity provider, as administration shows it: without its secret.
#[derive(Clone, Debug, Serialize)]
pub struct IdentityProviderSummary {
    /// Its id.
    pub id: IdentityProviderId,
    /// Its name in addresses.
    pub alias: String,
    /// `oidc`, `saml` or `local`.
    pub kind: String,
    /// The hospital's own words on the button.
    pub display_name: String,
    /// Its settings.
    pub settings: Value,
    /// The address to register at the provider: the redirect URI, or the assertion consumer service.
    pub redirect_uri: Option<String>,
}

/// Both sides of a connection to an OpenID Connect provider: what its administrator enters, and what is known of it.
#[derive(Clone, Debug, Serialize)]
pub struct OidcConnection {
    /// Its name in addresses.
    pub alias: String,
    /// The hospital's own words on the button.
    pub display_name: String,
    /// Where it sends the browser back.
    pub redirect_uri: String,
    /// Where it sends the browser back after logging out.
    pub post_logout_redirect_uri: String,
    /// Where it tells us that a session is over, with `sid` (OpenID Connect Back-Channel Logout 1.0).
    pub backchannel_logout_uri: String,
    /// The same through the browser, with `iss` and `sid` (OpenID Connect Front-Channel Logout 1.0).
    pub frontchannel_logout_uri: String,
    /// Our public keys, where we authenticate by key.
    pub jwks_uri: Option<String>,
    /// The certificates that carry them, for providers that take those.
    pub certificates: Vec<SamlCertificate>,
    /// The provider's issuer, pinned.
    pub provider_issuer: String,
    /// Our client id there.
    pub client_id: String,
}

impl TenantAdmin {
    /// Connects an OpenID Connect provider, or changes the one with this alias. Accounts stay linked.
    pub async fn save_oidc_provider(
        &self,
        alias: &str,
        display_name: &str,
        document: &OidcDocument,
        secret: Option<Secret<String>>,
    ) -> Result<Change, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        // Refused now rather than at the first sign-in.
        let ready = document.ready(secret.clone())?;
        let text = serde_json::to_string(document)?;
        Box::pin(self.check_domains(alias, &document.offer)).await?;
        let change = Box::pin(self.save_provider(alias, provider::OIDC, display_name, text, secret)).await?;
        if ready.config.authentication == ClientAuthentication::PrivateKeyJwt && !self.is_dry_run() {
            let id = self.get_keyed_provider(alias).await?.id;
            Box::pin(self.provision_keys(id, alias, &[FederationKeyPurpose::Signing])).await?;
            self.announce().await?;
        }
        if !self.is_dry_run() {
            let id = self.get_keyed_provider(alias).await?.id;
            self.plan_upkeep(id).await?;
        }
        Ok(change)
    }

    /// Both sides of a connection to an OpenID Connect provider.
    pub async fn show_oidc_provider(&self, alias: &str) -> Result<OidcConnection, ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        let record = self.get_keyed_provider(alias).await?;
        if record.kind != provider::OIDC {
            return Err(ControlError::Conflict(format!(
                "{alias} is not an OpenID Connect provider"
            )));
        }
        let document: OidcDocument = serde_json::from_str(&record.document)?;
        let secret = record
            .secret
            .as_ref()
            .map(|secret| Secret::new(String::from_utf8_lossy(secret.expose()).into_owned()));
        let config = document.ready(secret)?.config;
        let keys = self.cx.read().await?.list_federation_keys(record.id).await?;
        let by_key = config.authentication == ClientAuthentication::PrivateKeyJwt;
        let address = |name: &str| self.cx.urls().federation(alias, name);
        Ok(OidcConnection {
            alias: alias.to_owned(),
            display_name: record.display_name,
            redirect_uri: self.cx.urls().federation_callback(alias),
            post_logout_redirect_uri: address("signed-out"),
            backchannel_logout_uri: address("backchannel-logout"),
            frontchannel_logout_uri: address("frontchannel-logout"),
            jwks_uri: by_key.then(|| address("jwks")),
            certificates: keys.iter().map(certificate).collect::<Result<_, _>>()?,
            provider_issuer: config.issuer,
            client_id: config.client_id,
        })
    }

    /// A provider of a kind at which we may have keys.
    pub(super) async fn get_keyed_provider(&self, alias: &str) -> Result<IdentityProviderRecord, ControlError> {
        match self.find_provider(alias).await? {
            Some(record) if record.kind != provider::LOCAL => Ok(record),
            Some(_) => Err(ControlError::Conflict(format!("{alias} is not a provider elsewhere"))),
            None => Err(ControlError::NotFound {
                what: "identity provider",
                name: alias.to_owned(),
            }),
        }
    }

    /// Lets users sign in with accounts of the tenant's own.
    pub async fn save_local_provider(&self, alias: &str, display_name: &str) -> Result<Change, ControlError> {
        Box::pin(self.save_local_accounts(alias, display_name, &LocalDocument::default())).await
    }

    /// As [`Self::save_local_provider`], with settings.
    pub async fn save_local_accounts(
        &self,
        alias: &str,
        display_name: &str,
        document: &LocalDocument,
    ) -> Result<Change, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        document
            .offer
            .check()
            .map_err(crate::federation::InvalidProvider::from)?;
        Box::pin(self.check_domains(alias, &document.offer)).await?;
        let text = serde_json::to_string(document)?;
        self.save_provider(alias, provider::LOCAL, display_name, text, None)
            .await
    }

    /// No e-mail domain leads to two providers.
    pub(super) async fn check_domains(&self, alias: &str, offer: &Offer) -> Result<(), ControlError> {
        let providers = self.cx.read().await?.list_identity_providers().await?;
        for other in providers.into_iter().filter(|other| other.alias != alias) {
            let document: Value = serde_json::from_str(&other.document)?;
            let theirs: Offer = match document.get("offer") {
                Some(offer) => serde_json::from_value(offer.clone())?,
                None => continue,
            };
            if let Some(domain) = offer.shared_domain(&theirs) {
                let text = if self.actor().reaches(&other.alias) {
                    format!("the e-mail domain {domain} leads to {} already", other.alias)
                } else {
                    format!("the e-mail domain {domain} leads to another way to sign in already")
                };
                return Err(ControlError::Conflict(text));
            }
        }
        Ok(())
    }

    /// Every one of these is a provider of the tenant.
    pub(super) async fn check_aliases(&self, member: &'static str, aliases: &[String]) -> Result<(), ControlError> {
        if aliases.is_empty() {
            return Ok(());
        }
        let providers = self.cx.read().await?.list_identity_providers().await?;
        match aliases
            .iter()
            .find(|alias| !providers.iter().any(|provider| provider.alias == **alias))
        {
            Some(unknown) => Err(ControlError::invalid(
                member,
                format!("{unknown} is no identity provider of this tenant; connect it first"),
            )),
            None => Ok(()),
        }
    }

    pub(super) async fn save_provider(
        &self,
        alias: &str,
        kind: &str,
        display_name: &str,
        document: String,
        secret: Option<Secret<String>>,
    ) -> Result<Change, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        check_alias(alias)?;
        if !self.actor().reaches(alias) {
            return Err(no_provider(alias));
        }
        if display_name.trim().is_empty() {
            return Err(ControlError::invalid(
                "display_name",
                "is empty; give the words for the sign-in button",
            ));
        }
        let secret = secret.map(|secret| Secret::new(secret.expose().as_bytes().to_vec()));
        if self.actor().connection().is_some() {
            let existing = self.find_provider(alias).await?;
            check_asks_nothing_more(existing.as_ref().map(|existing| existing.document.as_str()), &document)?;
        }
        let mut rows = self.begin_change().await?;
        let providers = rows.list_identity_providers().await?;
        let existing = providers.into_iter().find(|provider| provider.alias == alias);
        self.check_reach_of_provider(&mut rows, alias, None).await?;
        self.check_link(&mut rows, alias, &document).await?;
        let change = match &existing {
            None => Change::Created,
            Some(existing) if existing.kind != kind => {
                let text = format!("{alias} is a provider of kind {}; choose another alias", existing.kind);
                return Err(ControlError::Conflict(text));
            }
            Some(existing) => {
                let same_secret = match (&existing.secret, &secret) {
                    (Some(one), Some(other)) => one.ct_eq(other.expose()),
                    (None, None) => true,
                    _ => false,
                };
                let same = same_secret && existing.document == document && existing.display_name == display_name;
                if same { Change::Unchanged } else { Change::Updated }
            }
        };
        if change != Change::Unchanged {
            let record = IdentityProviderRecord {
                id: IdentityProviderId::new(self.cx.now(), self.cx.entropy()),
                alias: alias.to_owned(),
                kind: kind.to_owned(),
                display_name: display_name.to_owned(),
                document,
                secret,
            };
            rows.save_identity_provider(&record, &self.by()).await?;
            self.record(&mut rows, "identity_provider.saved", Some(alias), Some(change.as_str()))
                .await?;
        }
        self.finish(rows).await?;
        Ok(change)
    }

    /// Whoever decides what a provider's answers mean can sign in as anybody who signs in there: only who covers what those
    /// may do may change it.
    /// `restored` is the id that the alias is to have again: accounts that still hang on it come back with it.
    pub(super) async fn check_reach_of_provider(
        &self,
        rows: &mut TenantTx,
        alias: &str,
        restored: Option<IdentityProviderId>,
    ) -> Result<(), ControlError> {
        // Nobody has more.
        if self.actor().may(Permission::ManageRoles) {
            return Ok(());
        }
        let rules = self.cx.document().administrators.iter();
        let by_rule = rules
            .filter(|rule| rule.identity_provider == alias)
            .fold(Permissions::default(), |all, rule| all.union(rule.permissions()));
        self.actor().require_cover(by_rule)?;
        let providers = rows.list_identity_providers().await?;
        let present = providers.iter().find(|provider| provider.alias == alias);
        let ids: Vec<IdentityProviderId> = present
            .map(|provider| provider.id)
            .into_iter()
            .chain(restored)
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        for (account, roles) in self.administrators(rows).await? {
            if ids.contains(&account.identity_provider) {
                self.actor().require_cover(permissions_of(&roles))?;
            }
        }
        Ok(())
    }

    /// A link rule decides who gets another provider's accounts, with whatever those may do: only who may change that one too
    /// may enter it, or change a provider that has it.
    pub(super) async fn check_link(
        &self,
        rows: &mut TenantTx,
        alias: &str,
        document: &str,
    ) -> Result<(), ControlError> {
        let document: Value = serde_json::from_str(document)?;
        let linked = document
            .pointer("/mapping/link/identityProvider")
            .and_then(Value::as_str);
        let Some(linked) = linked else { return Ok(()) };
        let known = rows.list_identity_providers().await?;
        if linked == alias || !known.iter().any(|provider| provider.alias == linked) {
            let problem = format!("{linked} is no other identity provider of this tenant");
            return Err(ControlError::invalid("mapping/link/identityProvider", problem));
        }
        Box::pin(self.check_reach_of_provider(rows, linked, None)).await
    }

    /// The stored client secret of a provider, to keep it when its settings are replaced by `document`.
    ///
    /// # Errors
    /// [`ControlError::Invalid`] when the new settings would send it elsewhere: who may change settings may not read secrets, and
    /// must not have them sent to a server of their own.
    pub async fn stored_provider_secret(
        &self,
        alias: &str,
        document: &OidcDocument,
    ) -> Result<Option<Secret<String>>, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        let Some(stored) = self.find_provider(alias).await? else {
            return Ok(None);
        };
        let Some(secret) = &stored.secret else {
            return Ok(None);
        };
        let known: OidcDocument = serde_json::from_str(&stored.document)?;
        // The addresses, and what the provider makes of the secret there.
        let moved = ["issuer", "endpoints", "authentication"]
            .iter()
            .any(|member| known.provider.get(*member) != document.provider.get(*member));
        if moved {
            return Err(ControlError::invalid(
                "client_secret",
                "has to be given again, because the settings say where it is sent and that changed",
            ));
        }
        Ok(String::from_utf8(secret.expose().clone()).ok().map(Secret::new))
    }

    /// Removes an identity provider. Its accounts stay, and nobody can sign in to them any more.
    pub async fn delete_identity_provider(&self, alias: &str, precondition: &Precondition) -> Result<(), ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        if self.actor().connection().is_some() {
            return Err(ControlError::Conflict(
                "a setup link sets up a connection, and does not remove it".to_owned(),
            ));
        }
        let mut rows = self.begin_change().await?;
        self.check_reach_of_provider(&mut rows, alias, None).await?;
        let providers = rows.list_identity_providers().await?;
        let existing = providers.into_iter().find(|provider| provider.alias == alias);
        let existing = existing.ok_or_else(|| no_provider(alias))?;
        let id = existing.id;
        precondition.check(Some(&self.summary_of(existing)?))?;
        rows.delete_identity_provider(alias, &self.by()).await?;
        rows.close_setup_links_to(alias, REMOVED, self.cx.now()).await?;
        self.record(&mut rows, "identity_provider.deleted", Some(alias), None)
            .await?;
        self.finish(rows).await?;
        if !self.is_dry_run() {
            self.drop_upkeep(id).await?;
        }
        Ok(())
    }

    /// One of the tenant's ways to sign in.
    pub async fn get_identity_provider(&self, alias: &str) -> Result<IdentityProviderSummary, ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        let record = self.find_provider(alias).await?.ok_or_else(|| no_provider(alias))?;
        self.summary_of(record)
    }

    pub(super) async fn find_provider(&self, alias: &str) -> Result<Option<IdentityProviderRecord>, ControlError> {
        if !self.actor().reaches(alias) {
            return Ok(None);
        }
        let providers = self.cx.read().await?.list_identity_providers().await?;
        Ok(providers.into_iter().find(|provider| provider.alias == alias))
    }

    /// The tenant's ways to sign in.
    pub async fn list_identity_providers(&self) -> Result<Vec<IdentityProviderSummary>, ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        let providers = self.cx.read().await?.list_identity_providers().await?;
        providers
            .into_iter()
            .filter(|record| self.actor().reaches(&record.alias))
            .map(|record| self.summary_of(record))
            .collect()
    }

    pub(super) fn summary_of(&self, record: IdentityProviderRecord) -> Result<IdentityProviderSummary, ControlError> {
        let urls = self.cx.urls();
        Ok(IdentityProviderSummary {
            redirect_uri: match record.kind.as_str() {
                provider::LOCAL => None,
                provider::SAML => Some(ServiceProvider::new(urls.issuer(), &record.alias).acs_url),
                _ => Some(urls.federation_callback(&record.alias)),
            },
            id: record.id,
            alias: record.alias,
            kind: record.kind,
            display_name: record.display_name,
            settings: serde_json::from_str(&record.document)?,
        })
    }

    /// The id of the local provider with this alias.
    pub(super) async fn get_local_provider(&self, alias: &str) -> Result<IdentityProviderId, ControlError> {
        match self.find_provider(alias).await? {
            Some(record) if record.kind == provider::LOCAL => Ok(record.id),
            Some(_) => Err(ControlError::Conflict(format!(
                "{alias} is not a provider of local accounts"
            ))),
            None => Err(no_provider(alias)),
        }
    }
}

/// With a setup link nobody makes the rules ask the tenant's own table of people or its records, whose answers are not theirs, or
/// take over accounts at another provider.
fn check_asks_nothing_more(before: Option<&str>, after: &str) -> Result<(), ControlError> {
    let before: Value = serde_json::from_str(before.unwrap_or("{}"))?;
    let after: Value = serde_json::from_str(after)?;
    for rule in ["fhirUserTable", "fhirUserLookup", "link"] {
        let pointer = format!("/mapping/{rule}");
        let asked = after.pointer(&pointer).filter(|rule| !rule.is_null());
        if asked.is_some() && asked != before.pointer(&pointer) {
            return Err(ControlError::Conflict(format!(
                "the rule {rule} reaches beyond this connection: an administrator of the tenant sets it, not the holder of a link"
            )));
        }
    }
    Ok(())
}

pub(super) fn no_provider(alias: &str) -> ControlError {
    ControlError::NotFound {
        what: "identity provider",
        name: alias.to_owned(),
    }
}
