//! Tokens with which the directory of an identity provider provisions its users (RFC 7644).

use super::{ControlError, TenantAdmin};
use crate::federation::provider;
use crate::kernel::credential::{self, Kind};
use crate::kernel::id::IdentityProviderId;
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::store::tenant::{NewScimToken, ScimToken};
use crate::tenant::roles::Permission;
use serde::Serialize;
use std::time::Duration;

/// Longest life of a token: directories are set up by hand, and nobody likes to come back.
const LONGEST_LIFE: Duration = Duration::from_hours(24 * 731);
/// Longest time in which tokens before a new one go on working.
const LONGEST_OVERLAP: Duration = Duration::from_hours(24 * 90);
/// Most tokens of a connection at a time.
const MOST_TOKENS: usize = 10;

/// A token, as administration shows it.
#[derive(Clone, Debug, Serialize)]
pub struct ScimTokenSummary {
    /// Its id, from which nobody gets the token.
    pub id: String,
    /// What an administrator calls it.
    pub label: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When it ends, RFC 3339.
    pub expires_at: String,
    /// When it was last used, RFC 3339, give or take a minute.
    pub last_used_at: Option<String>,
}

/// A token that was just made.
pub struct NewToken {
    /// The token: shown now and never again.
    pub token: Secret<String>,
    /// Its id.
    pub id: String,
    /// The address that the directory is given with it.
    pub base_url: String,
    /// When it ends, RFC 3339.
    pub expires_at: String,
}

impl From<ScimToken> for ScimTokenSummary {
    fn from(token: ScimToken) -> Self {
        let id = Sha256Hash::from_bytes(&token.token).map(|hash| hash.to_base64url());
        Self {
            id: id.unwrap_or_default(),
            label: token.label,
            created_at: token.created_at.to_rfc3339(),
            expires_at: token.expires_at.to_rfc3339(),
            last_used_at: token.last_used_at.map(Timestamp::to_rfc3339),
        }
    }
}

impl TenantAdmin {
    /// The provider whose users a directory may send: one elsewhere, since accounts of the tenant's own have their passwords here.
    async fn provisioned_provider(&self, alias: &str) -> Result<IdentityProviderId, ControlError> {
        match self.find_provider(alias).await? {
            Some(record) if record.kind != provider::LOCAL => Ok(record.id),
            Some(_) => Err(ControlError::Conflict(format!(
                "{alias} has the tenant's own accounts; a directory provisions those of a provider elsewhere"
            ))),
            None => Err(ControlError::NotFound {
                what: "identity provider",
                name: alias.to_owned(),
            }),
        }
    }

    /// Makes a token for the directory of a provider. With `overlap`, the tokens before it end then at the latest: the directory
    /// has that long to be given the new one.
    ///
    /// Whoever has it decides who the provider's users are, so it is made by who covers what they may do.
    pub async fn create_scim_token(
        &self,
        alias: &str,
        label: &str,
        lifetime: Duration,
        overlap: Option<Duration>,
    ) -> Result<NewToken, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        if !(1..=200).contains(&label.chars().count()) || label.chars().any(char::is_control) {
            return Err(ControlError::invalid(
                "label",
                "has 1 to 200 bytes and no control characters",
            ));
        }
        if lifetime.is_zero() || lifetime > LONGEST_LIFE {
            return Err(ControlError::invalid(
                "lifetime",
                "is more than nothing and at most two years",
            ));
        }
        if overlap.is_some_and(|overlap| overlap > LONGEST_OVERLAP) {
            return Err(ControlError::invalid("overlap", "is at most 90 days"));
        }
        let provider = self.provisioned_provider(alias).await?;
        let mut rows = self.begin_change().await?;
        self.check_reach_of_provider(&mut rows, alias, None).await?;
        let now = self.cx.now();
        if let Some(overlap) = overlap {
            rows.shorten_scim_tokens(provider, now + overlap).await?;
        }
        if rows.list_scim_tokens(provider, now).await?.len() >= MOST_TOKENS {
            return Err(ControlError::Conflict(format!(
                "{alias} has {MOST_TOKENS} tokens; revoke those that are not used"
            )));
        }
        let token = credential::generate(Kind::ScimToken, self.cx.entropy());
        let hash = Sha256Hash::of(token.expose().as_bytes());
        let expires_at = now + lifetime;
        let row = NewScimToken {
            token: hash,
            provider,
            label,
            expires_at,
        };
        rows.insert_scim_token(&row, now).await?;
        self.record(&mut rows, "scim_token.created", Some(alias), Some(label))
            .await?;
        self.finish(rows).await?;
        Ok(NewToken {
            token,
            id: hash.to_base64url(),
            base_url: self.cx.urls().scim(),
            expires_at: expires_at.to_rfc3339(),
        })
    }

    /// The unexpired tokens of a provider's directory, the oldest first.
    pub async fn list_scim_tokens(&self, alias: &str) -> Result<Vec<ScimTokenSummary>, ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        let provider = self.provisioned_provider(alias).await?;
        let tokens = self.cx.read().await?.list_scim_tokens(provider, self.cx.now()).await?;
        Ok(tokens.into_iter().map(Into::into).collect())
    }

    /// Takes a token back: it opens nothing from now on.
    pub async fn delete_scim_token(&self, alias: &str, id: &str) -> Result<(), ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        let missing = || ControlError::NotFound {
            what: "provisioning token",
            name: id.to_owned(),
        };
        let provider = self.provisioned_provider(alias).await?;
        let hash = Sha256Hash::from_base64url(id).ok_or_else(missing)?;
        let mut rows = self.begin_change().await?;
        if !rows.delete_scim_token(provider, hash).await? {
            return Err(missing());
        }
        self.record(&mut rows, "scim_token.deleted", Some(alias), Some(id))
            .await?;
        self.finish(rows).await?;
        Ok(())
    }
}
