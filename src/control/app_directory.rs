//! The platform's catalogue of apps. A developer submits an app, the platform reviews it, and each tenant decides for itself
//! whether, for whom, how far and how long it may be used there; then the same client id works at that tenant at once.
//!
//! Which tenants approved an app stands in their own rows: nobody learns it from the catalogue.

use super::clients::{RegisteredClient, SecretPolicy};
use super::{Actor, Change, ControlError, Origin, Platform, Precondition, TenantAdmin};
use crate::kernel::credential::{self, Kind, recognise};
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::oauth::ClientId;
use crate::oauth::client_registration::ClientRegistration;
use crate::oauth::redirect_uri::RegisteredBy;
use crate::smart::ScopeSet;
use crate::store::StoreError;
use crate::store::control::{DirectoryAppRecord, DirectoryState};
use crate::store::tenant::AuditEvent;
use crate::tenant::Slug;
use crate::tenant::roles::Permission;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longest summary and note, in characters.
const LONGEST_TEXT: usize = 2_000;
/// Most apps that wait for a review: who submits without end fills no database.
const MOST_SUBMITTED: u32 = 1_000;
/// Most roles of an approval.
const MOST_ROLES: usize = 50;
/// What only a tenant's administrator decides about an app there; no entry of the catalogue says it.
const DECIDED_BY_TENANTS: [&str; 10] = [
    "verified",
    "introspection",
    "launch_user_assertions",
    "ask_consent",
    "profile",
    "identity_providers",
    "default_identity_provider",
    "user_roles",
    "client_expires_at",
    "tenant_in_id_token",
];

/// An app as it is put into the catalogue.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDirectoryApp {
    /// What it is for.
    pub summary: String,
    /// Client metadata (RFC 7591 section 2).
    pub registration: Map<String, Value>,
}

/// An app of the catalogue, as administration shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DirectoryApp {
    /// The client id, the same at every tenant.
    pub client_id: String,
    /// The name users see.
    pub name: String,
    /// What it is for.
    pub summary: String,
    /// Client metadata.
    pub registration: Value,
    /// What the platform made of it.
    pub state: DirectoryState,
    /// The platform's words to the developer.
    pub note: Option<String>,
    /// Grows with every change of the registration.
    pub version: i64,
    /// When it was submitted, RFC 3339.
    pub created_at: String,
    /// When it last changed, RFC 3339.
    pub updated_at: String,
}

impl TryFrom<DirectoryAppRecord> for DirectoryApp {
    type Error = ControlError;
    fn try_from(record: DirectoryAppRecord) -> Result<Self, ControlError> {
        Ok(Self {
            client_id: record.client_id,
            name: record.name,
            summary: record.summary,
            registration: serde_json::from_str(&record.registration)?,
            state: record.state,
            note: record.note,
            version: record.version,
            created_at: record.created_at.to_rfc3339(),
            updated_at: record.updated_at.to_rfc3339(),
        })
    }
}

/// On what terms a tenant lets an app in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Approval {
    /// The widest scope it gets here. None: all that it registered for.
    pub scope: Option<String>,
    /// The roles, by the tenant's mapping, whose holders it is for. Empty: everybody.
    pub user_roles: Vec<String>,
    /// When the approval ends, in seconds since 1970. None: it does not.
    pub client_expires_at: Option<i64>,
    /// The identity providers whose users it is for, by alias. Empty: all.
    pub identity_providers: Vec<String>,
}

fn no_app(client_id: &str) -> ControlError {
    ControlError::NotFound {
        what: "app in the directory",
        name: client_id.to_owned(),
    }
}

fn checked_text(member: &str, text: &str) -> Result<String, ControlError> {
    let text = text.trim();
    let control = |letter: char| letter.is_control() && letter != '\n';
    if text.is_empty() || text.chars().count() > LONGEST_TEXT || text.chars().any(control) {
        let problem = format!("has 1 to {LONGEST_TEXT} characters and no control characters");
        return Err(ControlError::invalid(member, problem));
    }
    Ok(text.to_owned())
}

/// The metadata, proven fit to be registered by anybody; returns the app's name.
fn checked_registration(client_id: &str, registration: &Map<String, Value>) -> Result<String, ControlError> {
    let id = ClientId::parse(client_id)?;
    if let Some(member) = DECIDED_BY_TENANTS
        .iter()
        .find(|member| registration.contains_key(**member))
    {
        let problem = "is for each tenant to decide, when it approves the app";
        return Err(ControlError::invalid(format!("registration.{member}"), problem));
    }
    let read: ClientRegistration = serde_json::from_value(Value::Object(registration.clone()))
        .map_err(|error| ControlError::invalid("registration", error.to_string()))?;
    if read.scope.as_deref().unwrap_or_default().trim().is_empty() {
        return Err(ControlError::invalid(
            "registration.scope",
            "is missing; tenants approve what they can see",
        ));
    }
    let client = read.validate(id, RegisteredBy::Client).map_err(ControlError::Client)?;
    if !super::reach_of(&client.scope).is_empty() {
        let problem = "holds a scope of administration, which is no app's of the directory";
        return Err(ControlError::invalid("registration.scope", problem));
    }
    Ok(client.client_name)
}

/// Whether somebody sees what is not published too.
fn sees_all(actor: &Actor) -> bool {
    matches!(actor.origin(), Origin::Machine | Origin::Platform)
}

impl Platform {
    /// Apps of the catalogue in order of id. Tenants see those that they may approve; the platform sees all.
    pub async fn search_directory(
        &self,
        actor: &Actor,
        search: Option<&str>,
        state: Option<DirectoryState>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<DirectoryApp>, ControlError> {
        actor.require(Permission::ReadApps)?;
        let state = if sees_all(actor) {
            state
        } else {
            Some(DirectoryState::Published)
        };
        let mut control = self.parts().control.read().await?;
        let records = control.search_directory_apps(search, state, after, limit).await?;
        records.into_iter().map(TryInto::try_into).collect()
    }

    /// One app of the catalogue. For a tenant, what is not published is not there.
    pub async fn get_directory_app(&self, actor: &Actor, client_id: &str) -> Result<DirectoryApp, ControlError> {
        actor.require(Permission::ReadApps)?;
        let found = self.parts().control.read().await?.find_directory_app(client_id).await?;
        let found = found.filter(|app| sees_all(actor) || app.state == DirectoryState::Published);
        found.ok_or_else(|| no_app(client_id))?.try_into()
    }

    /// Puts an app into the catalogue, published at once, or replaces the registration of one that is there. Tenants that
    /// approved it keep what they approved until they approve it again.
    pub async fn save_directory_app(
        &self,
        actor: &Actor,
        client_id: &str,
        new: &NewDirectoryApp,
        precondition: &Precondition,
    ) -> Result<(DirectoryApp, Change), ControlError> {
        actor.require(Permission::ManageDirectory)?;
        let name = checked_registration(client_id, &new.registration)?;
        let summary = checked_text("summary", &new.summary)?;
        let registration = serde_json::to_string(&new.registration)?;
        let now = self.now();
        let mut control = self.parts().control.begin().await?;
        let existing = control.find_directory_app(client_id).await?;
        let seen: Option<DirectoryApp> = existing.clone().map(TryInto::try_into).transpose()?;
        precondition.check(seen.as_ref())?;
        let Some(existing) = existing else {
            let record = DirectoryAppRecord {
                client_id: client_id.to_owned(),
                name,
                summary,
                registration,
                state: DirectoryState::Published,
                note: None,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            control.insert_directory_app(&record, None).await.map_err(overtaken)?;
            control.commit().await?;
            self.record_in_directory(actor, "directory_app.published", client_id, None)
                .await?;
            return Ok((record.try_into()?, Change::Created));
        };
        if existing.registration == registration && existing.summary == summary {
            return Ok((existing.try_into()?, Change::Unchanged));
        }
        let record = DirectoryAppRecord {
            name,
            summary,
            registration,
            version: existing.version + 1,
            updated_at: now,
            ..existing.clone()
        };
        if !control
            .replace_directory_app(&record, existing.version, existing.state)
            .await?
        {
            return Err(ControlError::Outdated);
        }
        control.commit().await?;
        self.record_in_directory(actor, "directory_app.changed", client_id, None)
            .await?;
        Ok((record.try_into()?, Change::Updated))
    }

    /// What [`Self::save_directory_app`] would do, without doing it.
    pub async fn check_directory_app(
        &self,
        actor: &Actor,
        client_id: &str,
        new: &NewDirectoryApp,
        precondition: &Precondition,
    ) -> Result<Change, ControlError> {
        actor.require(Permission::ManageDirectory)?;
        checked_registration(client_id, &new.registration)?;
        let summary = checked_text("summary", &new.summary)?;
        let found = self.parts().control.read().await?.find_directory_app(client_id).await?;
        let seen: Option<DirectoryApp> = found.map(TryInto::try_into).transpose()?;
        precondition.check(seen.as_ref())?;
        Ok(match seen {
            None => Change::Created,
            Some(app) if app.summary == summary && app.registration == Value::Object(new.registration.clone()) => {
                Change::Unchanged
            }
            Some(_) => Change::Updated,
        })
    }

    /// Reviews an app: publishes, rejects or withdraws it, with words for its developer. A withdrawn app stops working
    /// wherever it was approved. A dry run checks the same and changes nothing.
    ///
    /// # Errors
    /// [`ControlError::Outdated`] when the app is not what `precondition` says: its developer can revise it while somebody reviews
    /// it, and it is published as it was looked at or not at all.
    pub async fn review_directory_app(
        &self,
        actor: &Actor,
        client_id: &str,
        state: DirectoryState,
        note: Option<&str>,
        precondition: &Precondition,
        dry_run: bool,
    ) -> Result<(DirectoryApp, Change), ControlError> {
        actor.require(Permission::ManageDirectory)?;
        let note = note
            .filter(|note| !note.trim().is_empty())
            .map(|note| checked_text("note", note))
            .transpose()?;
        match state {
            DirectoryState::Submitted => {
                return Err(ControlError::invalid("state", "is published, rejected or withdrawn"));
            }
            DirectoryState::Rejected if note.is_none() => {
                return Err(ControlError::invalid(
                    "note",
                    "is missing; tell the developer what to mend",
                ));
            }
            _ => {}
        }
        let mut control = self.parts().control.begin().await?;
        let existing = control
            .find_directory_app(client_id)
            .await?
            .ok_or_else(|| no_app(client_id))?;
        precondition.check(Some(&DirectoryApp::try_from(existing.clone())?))?;
        if existing.state == state && existing.note == note {
            return Ok((existing.try_into()?, Change::Unchanged));
        }
        if existing.state == DirectoryState::Published && state == DirectoryState::Rejected {
            let text = format!("{client_id} is published; withdraw it to take it out");
            return Err(ControlError::Conflict(text));
        }
        let record = DirectoryAppRecord {
            state,
            note,
            updated_at: self.now(),
            ..existing.clone()
        };
        if dry_run {
            return Ok((record.try_into()?, Change::Updated));
        }
        if !control
            .replace_directory_app(&record, existing.version, existing.state)
            .await?
        {
            return Err(ControlError::Outdated);
        }
        control.commit().await?;
        let event = match state {
            DirectoryState::Published => "directory_app.published",
            DirectoryState::Rejected => "directory_app.rejected",
            _ => "directory_app.withdrawn",
        };
        self.record_in_directory(actor, event, client_id, None).await?;
        Ok((record.try_into()?, Change::Updated))
    }

    /// Takes an app for review from anybody. Returns it with the secret of the developer's link, which is shown once.
    ///
    /// # Errors
    /// [`ControlError::Conflict`] when the id is taken, or too many wait already.
    pub async fn submit_directory_app(
        &self,
        client_id: &str,
        new: &NewDirectoryApp,
    ) -> Result<(DirectoryApp, Secret<String>), ControlError> {
        let name = checked_registration(client_id, &new.registration)?;
        let now = self.now();
        let link = credential::generate(Kind::DirectoryLink, self.directory().entropy().as_ref());
        let record = DirectoryAppRecord {
            client_id: client_id.to_owned(),
            name,
            summary: checked_text("summary", &new.summary)?,
            registration: serde_json::to_string(&new.registration)?,
            state: DirectoryState::Submitted,
            note: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut control = self.parts().control.begin().await?;
        let waiting = control
            .count_directory_apps(DirectoryState::Submitted, MOST_SUBMITTED)
            .await?;
        if waiting >= i64::from(MOST_SUBMITTED) {
            return Err(ControlError::Conflict(
                "too many apps wait for a review; try again later".into(),
            ));
        }
        let hash = Sha256Hash::of(link.expose().as_bytes());
        control
            .insert_directory_app(&record, Some(hash))
            .await
            .map_err(overtaken)?;
        control.commit().await?;
        Ok((record.try_into()?, link))
    }

    /// Changes an app that is not published, by whoever holds its link, and has it reviewed again.
    ///
    /// # Errors
    /// [`ControlError::Conflict`] for one that hospitals rely on, or that was withdrawn; [`ControlError::NotFound`] for no link.
    pub async fn revise_submitted_app(&self, link: &str, new: &NewDirectoryApp) -> Result<DirectoryApp, ControlError> {
        let hash = recognise(Kind::DirectoryLink, link).ok_or_else(|| no_app("with this link"))?;
        let summary = checked_text("summary", &new.summary)?;
        let mut control = self.parts().control.begin().await?;
        let existing = control
            .find_directory_app_by_link(hash)
            .await?
            .ok_or_else(|| no_app("with this link"))?;
        match existing.state {
            DirectoryState::Submitted | DirectoryState::Rejected => {}
            state => {
                let text = format!("is {} and cannot be changed with this link", state.as_str());
                return Err(ControlError::Conflict(text));
            }
        }
        let record = DirectoryAppRecord {
            name: checked_registration(&existing.client_id, &new.registration)?,
            summary,
            registration: serde_json::to_string(&new.registration)?,
            state: DirectoryState::Submitted,
            version: existing.version + 1,
            updated_at: self.now(),
            ..existing.clone()
        };
        if !control
            .replace_directory_app(&record, existing.version, existing.state)
            .await?
        {
            return Err(ControlError::Conflict(
                "was reviewed in this moment; look at it and try again".into(),
            ));
        }
        control.commit().await?;
        record.try_into()
    }

    /// The app whose developer holds this link.
    pub async fn find_submitted_app(&self, link: &str) -> Result<Option<DirectoryApp>, ControlError> {
        let Some(hash) = recognise(Kind::DirectoryLink, link) else {
            return Ok(None);
        };
        let found = self
            .parts()
            .control
            .read()
            .await?
            .find_directory_app_by_link(hash)
            .await?;
        found.map(TryInto::try_into).transpose()
    }

    /// The catalogue has no log of its own: what is done to it stands in the platform's.
    async fn record_in_directory(
        &self,
        actor: &Actor,
        event: &'static str,
        client_id: &str,
        detail: Option<&str>,
    ) -> Result<(), ControlError> {
        let admin = match self.tenant(Slug::platform().as_str()).await {
            Ok(admin) => admin.acted_by(actor),
            Err(ControlError::NotFound { .. }) => return Ok(()),
            Err(other) => return Err(other),
        };
        let mut rows = admin.cx.begin().await?;
        admin.record(&mut rows, event, Some(client_id), detail).await?;
        Ok(rows.commit().await?)
    }
}

fn overtaken(error: StoreError) -> ControlError {
    match error {
        StoreError::Exists => ControlError::Conflict("an app with this id is in the directory already".into()),
        other => other.into(),
    }
}

impl TenantAdmin {
    /// Lets an app of the catalogue in on these terms; it works at once under the same id. Approved again, the terms and the
    /// registration are those of now.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] for an app that is not published, [`ControlError::Conflict`] when another app has its id here.
    pub async fn approve_directory_app(
        &self,
        client_id: &str,
        approval: &Approval,
    ) -> Result<RegisteredClient, ControlError> {
        self.require(Permission::ManageApps)?;
        let found = self
            .directory
            .parts()
            .control
            .read()
            .await?
            .find_directory_app(client_id)
            .await?;
        let app = found
            .filter(|app| app.state == DirectoryState::Published)
            .ok_or_else(|| no_app(client_id))?;
        let mut registration: ClientRegistration = serde_json::from_str(&app.registration)?;
        if let Some(scope) = &approval.scope {
            registration.scope = Some(within(scope, registration.scope.as_deref().unwrap_or_default())?);
        }
        let too_many = approval.user_roles.len() > MOST_ROLES;
        if too_many || approval.user_roles.iter().any(|role| role.trim().is_empty()) {
            let problem = format!("has at most {MOST_ROLES} entries, none of them empty");
            return Err(ControlError::invalid("user_roles", problem));
        }
        if let Some(end) = approval.client_expires_at
            && Timestamp::from_seconds(end) <= self.cx.now()
        {
            return Err(ControlError::invalid("client_expires_at", "is in the past"));
        }
        registration.user_roles.clone_from(&approval.user_roles);
        registration.client_expires_at = approval.client_expires_at;
        registration.identity_providers.clone_from(&approval.identity_providers);
        registration.verified = Some(true);
        let existing = self.cx.read().await?.find_client(client_id).await?;
        if existing.is_some_and(|client| client.directory_version.is_none()) {
            let text = format!("another app is registered here as {client_id}");
            return Err(ControlError::Conflict(text));
        }
        let policy = SecretPolicy::KeepOrCreate;
        let saved = self.save_client_of_directory(client_id, registration, policy, app.version);
        let registered = Box::pin(saved).await?;
        if !self.is_dry_run() {
            let mut rows = self.cx.begin().await?;
            let event = AuditEvent {
                event: "directory_app.approved",
                outcome: "success",
                client_id: Some(client_id),
                target: Some(client_id),
                detail: Some(registered.change.as_str()),
                ..AuditEvent::default()
            };
            self.record_event(&mut rows, event).await?;
            rows.commit().await?;
        }
        Ok(registered)
    }
}

/// `scope`, which must be within what the app registered for.
pub(super) fn within(scope: &str, registered: &str) -> Result<String, ControlError> {
    let invalid = |problem: String| ControlError::invalid("scope", problem);
    let wanted = ScopeSet::parse_strictly(scope).map_err(|error| invalid(error.to_string()))?;
    let most = ScopeSet::parse(registered)
        .map_err(|error| invalid(error.to_string()))?
        .scopes;
    if wanted.is_empty() {
        return Err(invalid(
            "is empty; leave it out for all that the app registered for".into(),
        ));
    }
    match wanted.iter().find(|one| !most.covers_scope(one)) {
        Some(beyond) => Err(invalid(format!("{beyond} is not within what the app registered for"))),
        None => Ok(scope.to_owned()),
    }
}
