//! Who changed what, and taking a change back.

use super::{MemberChange, difference};
use crate::control::{Change, ControlError, Platform, TenantAdmin};
use crate::kernel::Secret;
use crate::kernel::id::IdentityProviderId;
use crate::oauth::Client;
use crate::smart::brands::BrandsDocument;
use crate::store::tenant::{
    ChangeSource, ConfigurationChange, IdentityProviderRecord, ResourceKind, ResourceName,
};
use crate::tenant::TenantDocument;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// A change, as administration shows it: without secrets.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeSummary {
    /// Its id; later changes have greater ones.
    pub id: Uuid,
    /// When, RFC 3339.
    pub made_at: String,
    /// Who.
    pub actor: String,
    /// By which way: `command_line`, `api`, `console`, `apply`, `rollback`, `registration`, `setup`.
    pub source: String,
    /// Why, in their words.
    pub reason: Option<String>,
    /// What.
    pub resource: ResourceName,
    /// `created`, `updated` or `removed`.
    pub action: &'static str,
    /// What differs.
    pub members: Vec<MemberChange>,
}

/// How to take a change back.
#[derive(Clone, Debug, Default)]
pub struct Rollback {
    /// Why, for the history.
    pub reason: Option<String>,
    /// Also when the same thing was changed again since: that is lost then.
    pub even_if_changed_since: bool,
}

/// The stored form of an identity provider in the history.
#[derive(Deserialize)]
struct StoredProvider {
    kind: String,
    display_name: String,
    document: String,
    secret: Option<String>,
}

impl ChangeSummary {
    fn of(change: &ConfigurationChange) -> Result<Self, ControlError> {
        let kind = change.resource.kind;
        let before = shown(kind, change.before.as_ref())?;
        let after = shown(kind, change.after.as_ref())?;
        Ok(Self {
            id: change.id,
            made_at: change.made_at.to_rfc3339(),
            actor: change.actor.clone(),
            source: change.source.clone(),
            reason: change.reason.clone(),
            resource: change.resource.clone(),
            action: match (&before, &after) {
                (None, _) => "created",
                (_, None) => "removed",
                _ => "updated",
            },
            members: difference(before.as_ref(), after.as_ref()),
        })
    }
}

/// A stored form with every member in its place. Still with secrets: [`difference`] hides them.
fn shown(kind: ResourceKind, stored: Option<&Secret<String>>) -> Result<Option<Value>, ControlError> {
    let Some(stored) = stored else { return Ok(None) };
    let mut value: Value = serde_json::from_str(stored.expose())?;
    if kind == ResourceKind::IdentityProvider
        && let Some(document) = value.get_mut("document")
        && let Some(text) = document.as_str()
    {
        *document = serde_json::from_str(text)?;
    }
    Ok(Some(value))
}

impl TenantAdmin {
    /// Up to `limit` changes, newest first, of one thing or of all, older than `before`.
    pub async fn list_changes(
        &self,
        resource: Option<&ResourceName>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ChangeSummary>, ControlError> {
        let changes = self.cx.read().await?.list_changes(resource, before, limit).await?;
        changes.iter().map(ChangeSummary::of).collect()
    }

    /// One change.
    pub async fn get_change(&self, id: Uuid) -> Result<ChangeSummary, ControlError> {
        ChangeSummary::of(&self.find_change(id).await?)
    }

    async fn find_change(&self, id: Uuid) -> Result<ConfigurationChange, ControlError> {
        let change = self.cx.read().await?.find_change(id).await?;
        change.ok_or_else(|| ControlError::NotFound {
            what: "change",
            name: id.to_string(),
        })
    }
}

impl Platform {
    /// Takes a change back: what it changed becomes what it was before. This is a change of its own, and can be taken back too.
    pub async fn roll_back(&self, slug: &str, id: Uuid, how: &Rollback) -> Result<Change, ControlError> {
        let mut author = self.author().clone();
        author.source = ChangeSource::Rollback;
        author.reason = how.reason.clone().or(author.reason);
        let platform = self.authored_by(author);
        let admin = platform.tenant(slug).await?;
        let change = admin.find_change(id).await?;
        let later = admin.cx.read().await?.list_changes(Some(&change.resource), None, 1).await?;
        if let Some(later) = later.first()
            && later.id != id
            && !how.even_if_changed_since
        {
            return Err(ControlError::Conflict(format!(
                "{} was changed again since, by {} at {} (change {}); take that back first, or say that it may be lost",
                change.resource,
                later.actor,
                later.made_at.to_rfc3339(),
                later.id
            )));
        }
        match change.resource.kind {
            ResourceKind::Settings => admin.restore_settings(&platform, slug, change.before.as_ref()).await,
            ResourceKind::App => admin.restore_client(&change.resource.name, change.before.as_ref()).await,
            ResourceKind::IdentityProvider => {
                admin
                    .restore_provider(&change.resource.name, change.before.as_ref())
                    .await
            }
            ResourceKind::Brands => {
                let document = match &change.before {
                    Some(text) => serde_json::from_str(text.expose())?,
                    None => BrandsDocument::default(),
                };
                Ok(admin.save_brands(document).await?.1)
            }
        }
    }
}

impl TenantAdmin {
    async fn restore_settings(
        &self,
        platform: &Platform,
        slug: &str,
        before: Option<&Secret<String>>,
    ) -> Result<Change, ControlError> {
        let Some(before) = before else {
            return Err(ControlError::Conflict(
                "these were the first settings of the tenant; there is nothing before them".into(),
            ));
        };
        let document: TenantDocument = serde_json::from_str(before.expose())?;
        platform.replace_settings(slug, document).await
    }

    async fn restore_client(&self, client_id: &str, before: Option<&Secret<String>>) -> Result<Change, ControlError> {
        let Some(before) = before else {
            self.delete_client(client_id).await?;
            return Ok(Change::Updated);
        };
        let client: Client = serde_json::from_str(before.expose())?;
        self.cx.document().check_client(&client).map_err(ControlError::Client)?;
        let mut rows = self.cx.begin().await?;
        rows.save_client(&client, &self.by()).await?;
        rows.commit().await?;
        self.announce().await?;
        Ok(Change::Updated)
    }

    async fn restore_provider(&self, alias: &str, before: Option<&Secret<String>>) -> Result<Change, ControlError> {
        let Some(before) = before else {
            self.delete_provider(alias).await?;
            return Ok(Change::Updated);
        };
        let stored: StoredProvider = serde_json::from_str(before.expose())?;
        let secret = stored
            .secret
            .map(|text| STANDARD.decode(text).map(Secret::new))
            .transpose()
            .map_err(|error| ControlError::invalid("secret", error.to_string()))?;
        let record = IdentityProviderRecord {
            id: IdentityProviderId::new(self.cx.now(), self.cx.entropy()),
            alias: alias.to_owned(),
            kind: stored.kind,
            display_name: stored.display_name,
            document: stored.document,
            secret,
        };
        let mut rows = self.cx.begin().await?;
        rows.save_identity_provider(&record, &self.by()).await?;
        rows.commit().await?;
        self.announce().await?;
        Ok(Change::Updated)
    }
}
