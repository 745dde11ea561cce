//! Who changed what, and taking a change back.

use super::{MemberChange, difference};
use crate::control::{Author, Change, ControlError, Guard, Precondition, TenantAdmin};
use crate::federation::{Offer, SamlDocument};
use crate::kernel::id::IdentityProviderId;
use crate::kernel::{Secret, Timestamp};
use crate::oauth::Client;
use crate::smart::brands::BrandsDocument;
use crate::store::tenant::{ChangeSource, ConfigurationChange, IdentityProviderRecord, ResourceKind, ResourceName};
use crate::tenant::TenantDocument;
use crate::tenant::roles::Permission;
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
    /// When.
    #[serde(skip)]
    pub at: Timestamp,
    /// The same, RFC 3339.
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
    id: Uuid,
    kind: String,
    display_name: String,
    document: String,
    secret: Option<String>,
    #[serde(default)]
    metadata: Option<String>,
}

impl ChangeSummary {
    fn of(change: &ConfigurationChange) -> Result<Self, ControlError> {
        let kind = change.resource.kind;
        let before = shown(kind, change.before.as_ref())?;
        let after = shown(kind, change.after.as_ref())?;
        Ok(Self {
            id: change.id,
            at: change.made_at,
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

/// What it takes to see changes of a kind of thing: as much as seeing the thing.
const fn reading(kind: ResourceKind) -> Permission {
    match kind {
        ResourceKind::Settings | ResourceKind::Brands => Permission::ReadSettings,
        ResourceKind::App => Permission::ReadApps,
        ResourceKind::IdentityProvider => Permission::ReadIdentityProviders,
        ResourceKind::FhirUsers => Permission::ReadUsers,
    }
}

/// What it takes to change a kind of thing, and so to take a change of it back. Branding alone needs less than the settings.
pub const fn changing(kind: ResourceKind) -> Permission {
    match kind {
        ResourceKind::Settings => Permission::ManageBranding,
        ResourceKind::Brands => Permission::ManageSettings,
        ResourceKind::App => Permission::ManageApps,
        ResourceKind::IdentityProvider | ResourceKind::FhirUsers => Permission::ManageIdentityProviders,
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
        let kind = resource.map(|resource| resource.kind);
        self.search_changes(kind, resource.map(|resource| resource.name.as_str()), before, limit)
            .await
    }

    /// The same, of all things of one kind, or of those with one name; without a kind, of every kind that the actor may see.
    pub async fn search_changes(
        &self,
        kind: Option<ResourceKind>,
        name: Option<&str>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ChangeSummary>, ControlError> {
        self.require(Permission::ReadSettings)?;
        let kinds = if let Some(kind) = kind {
            self.require(reading(kind))?;
            vec![kind]
        } else {
            let mut kinds = ResourceKind::ALL.to_vec();
            kinds.retain(|kind| self.actor().may(reading(*kind)));
            kinds
        };
        let mut rows = self.cx.read().await?;
        let changes = rows.search_changes(&kinds, name, before, limit).await?;
        changes.iter().map(ChangeSummary::of).collect()
    }

    /// The newest change of a thing, when it was made by whoever asks, by the way that they ask: what they can take back right
    /// after they made it.
    pub async fn own_last_change(&self, resource: &ResourceName) -> Result<Option<Uuid>, ControlError> {
        self.require(reading(resource.kind))?;
        let newest = self.cx.read().await?.list_changes(Some(resource), None, 1).await?;
        let own = newest
            .first()
            .filter(|change| change.actor == self.by().actor && change.source == self.author.source.as_str());
        Ok(own.map(|change| change.id))
    }

    /// One change.
    pub async fn get_change(&self, id: Uuid) -> Result<ChangeSummary, ControlError> {
        self.require(Permission::ReadSettings)?;
        let change = self.find_change(id).await?;
        self.require(reading(change.resource.kind))?;
        ChangeSummary::of(&change)
    }

    async fn find_change(&self, id: Uuid) -> Result<ConfigurationChange, ControlError> {
        let change = self.cx.read().await?.find_change(id).await?;
        change.ok_or_else(|| ControlError::NotFound {
            what: "change",
            name: id.to_string(),
        })
    }
}

impl TenantAdmin {
    /// Takes a change back: what it changed becomes what it was before. This is a change of its own, and can be taken back too.
    /// It takes the permission that changing the thing itself takes.
    pub async fn roll_back(&self, id: Uuid, how: &Rollback) -> Result<Change, ControlError> {
        self.require(Permission::ReadSettings)?;
        let author = Author {
            source: ChangeSource::Rollback,
            reason: how.reason.clone().or_else(|| self.author.reason.clone()),
            ..self.author.clone()
        };
        let change = self.find_change(id).await?;
        let mut admin = Self {
            cx: self.cx.clone(),
            directory: self.directory.clone(),
            actor: self.actor.clone(),
            dry_run: self.dry_run,
            author,
            guard: None,
        };
        admin.require(reading(change.resource.kind))?;
        if !how.even_if_changed_since {
            admin.guard = Some(Guard::last_change(change.resource.clone(), id));
        }
        let name = &change.resource.name;
        match change.resource.kind {
            ResourceKind::Settings => Box::pin(admin.restore_settings(change.before.as_ref())).await,
            ResourceKind::App => admin.restore_client(name, change.before.as_ref()).await,
            ResourceKind::IdentityProvider => admin.restore_provider(name, change.before.as_ref()).await,
            ResourceKind::FhirUsers => Err(ControlError::Conflict(
                "lists of users have no history; apply the file that declares them".into(),
            )),
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
    async fn restore_settings(&self, before: Option<&Secret<String>>) -> Result<Change, ControlError> {
        let Some(before) = before else {
            return Err(ControlError::Conflict(
                "these were the first settings of the tenant; there is nothing before them".into(),
            ));
        };
        Box::pin(self.replace_settings(serde_json::from_str(before.expose())?)).await
    }

    pub(super) async fn replace_settings(&self, document: TenantDocument) -> Result<Change, ControlError> {
        let (_, change) = Box::pin(self.change_settings(&Precondition::None, |_| Ok(document))).await?;
        Ok(change)
    }

    async fn restore_client(&self, client_id: &str, before: Option<&Secret<String>>) -> Result<Change, ControlError> {
        let Some(before) = before else {
            self.delete_client(client_id).await?;
            return Ok(Change::Updated);
        };
        let client: Client = serde_json::from_str(before.expose())?;
        self.require(Permission::ManageApps)?;
        self.cx.document().check_client(&client).map_err(ControlError::Client)?;
        let mut rows = self.begin_change().await?;
        let existing = rows.find_client(client_id).await?;
        self.check_reach_of_client(&mut rows, existing.as_ref(), &client)
            .await?;
        rows.save_client(&client, &self.by()).await?;
        self.record(&mut rows, "client.restored", Some(client_id), None).await?;
        self.finish(rows).await?;
        Ok(Change::Updated)
    }

    async fn restore_provider(&self, alias: &str, before: Option<&Secret<String>>) -> Result<Change, ControlError> {
        let Some(before) = before else {
            self.delete_identity_provider(alias, &Precondition::None).await?;
            return Ok(Change::Updated);
        };
        let stored: StoredProvider = serde_json::from_str(before.expose())?;
        let secret = stored
            .secret
            .map(|text| STANDARD.decode(text).map(Secret::new))
            .transpose()
            .map_err(|error| ControlError::invalid("secret", error.to_string()))?;
        let record = IdentityProviderRecord {
            // The same, so that accounts are linked as they were.
            id: IdentityProviderId::from_uuid(stored.id),
            alias: alias.to_owned(),
            kind: stored.kind,
            display_name: stored.display_name,
            document: stored.document,
            secret,
        };
        self.require(Permission::ManageIdentityProviders)?;
        let offer: Option<Offer> = serde_json::from_str::<serde_json::Value>(&record.document)?
            .get("offer")
            .map(|offer| serde_json::from_value(offer.clone()))
            .transpose()?;
        if let Some(offer) = &offer {
            self.check_domains(alias, offer).await?;
        }
        let mut rows = self.begin_change().await?;
        self.check_reach_of_provider(&mut rows, alias, Some(record.id)).await?;
        self.check_link(&mut rows, alias, &record.document).await?;
        rows.save_identity_provider(&record, &self.by()).await?;
        self.record(&mut rows, "identity_provider.restored", Some(alias), None)
            .await?;
        self.finish(rows).await?;
        if let Some(metadata) = stored.metadata {
            let document: SamlDocument = serde_json::from_str(&record.document)?;
            self.save_saml_provider(alias, &record.display_name, &document, &metadata)
                .await?;
        }
        Ok(Change::Updated)
    }
}
