//! The history of a tenant's configuration: who changed what, from what, into what.
//!
//! The functions that write configuration take an [`Authorship`] and append here in their own transaction, so that nothing
//! changes without a record. Both states are sealed: they hold hashes of client secrets, and secrets at identity providers.

use crate::kernel::{Entropy, Secret, Timestamp, id};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use std::fmt;
use uuid::Uuid;

const TABLE: &str = "configuration_changes";

/// Who changes configuration, and by which way.
#[derive(Clone, Copy)]
pub struct Authorship<'a> {
    /// Who, as in the audit log.
    pub actor: &'a str,
    /// By which way.
    pub source: ChangeSource,
    /// Why, in their words.
    pub reason: Option<&'a str>,
    /// When.
    pub now: Timestamp,
    /// For the id of the record and for sealing.
    pub entropy: &'a dyn Entropy,
}

/// The way by which configuration was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeSource {
    /// The command line, on a machine with the server's configuration.
    CommandLine,
    /// The administration API.
    Api,
    /// A console.
    Console,
    /// Declared configuration.
    Apply,
    /// Taking an earlier change back.
    Rollback,
    /// The app itself (RFC 7591, RFC 7592).
    Registration,
    /// Setting up a tenant.
    Setup,
}

impl ChangeSource {
    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CommandLine => "command_line",
            Self::Api => "api",
            Self::Console => "console",
            Self::Apply => "apply",
            Self::Rollback => "rollback",
            Self::Registration => "registration",
            Self::Setup => "setup",
        }
    }
}

/// A kind of thing that is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// The tenant document. Its name is `tenant`.
    Settings,
    /// A list that says which FHIR resource a user is, by its name. Its changes are in the audit log, not in the history: entries are
    /// people.
    FhirUsers,
    /// An identity provider, named by its alias.
    IdentityProvider,
    /// An app, named by its client id.
    App,
    /// What is published for patients' apps. Its name is `tenant`.
    Brands,
}

impl ResourceKind {
    /// All of them, in the order in which they are set up.
    pub const ALL: [Self; 5] = [
        Self::Settings,
        Self::FhirUsers,
        Self::IdentityProvider,
        Self::App,
        Self::Brands,
    ];

    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::FhirUsers => "fhir_users",
            Self::IdentityProvider => "identity_provider",
            Self::App => "app",
            Self::Brands => "brands",
        }
    }

    /// Whether its changes are kept in the history.
    pub const fn has_history(self) -> bool {
        match self {
            Self::FhirUsers => false,
            Self::Settings | Self::IdentityProvider | Self::App | Self::Brands => true,
        }
    }

    /// The kind with this stored form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A thing that is configured.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ResourceName {
    /// Its kind.
    pub kind: ResourceKind,
    /// Its name among those of its kind.
    pub name: String,
}

impl ResourceName {
    /// The tenant document.
    pub fn settings() -> Self {
        Self::of(ResourceKind::Settings, "tenant")
    }

    /// What is published for patients' apps.
    pub fn brands() -> Self {
        Self::of(ResourceKind::Brands, "tenant")
    }

    /// The thing of this kind with this name.
    pub fn of(kind: ResourceKind, name: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
        }
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ResourceKind::Settings | ResourceKind::Brands => f.write_str(self.kind.as_str()),
            ResourceKind::FhirUsers | ResourceKind::IdentityProvider | ResourceKind::App => {
                write!(f, "{} {}", self.kind.as_str(), self.name)
            }
        }
    }
}

/// One recorded change. Holds secrets, therefore no `Debug`.
pub struct ConfigurationChange {
    /// Its id; later changes have greater ones.
    pub id: Uuid,
    /// When.
    pub made_at: Timestamp,
    /// Who.
    pub actor: String,
    /// The stored form of a [`ChangeSource`].
    pub source: String,
    /// Why.
    pub reason: Option<String>,
    /// What.
    pub resource: ResourceName,
    /// As it was, JSON; none when it was not there.
    pub before: Option<Secret<String>>,
    /// As it became, JSON; none when it was removed.
    pub after: Option<Secret<String>>,
}

#[derive(FromRow)]
struct Row {
    change_id: Uuid,
    made_at: Timestamp,
    actor: String,
    source: String,
    kind: String,
    name: String,
    sealed_reason: Option<Vec<u8>>,
    sealed_before: Option<Vec<u8>>,
    sealed_after: Option<Vec<u8>>,
}

impl TenantTx {
    fn seal_change(
        &self,
        id: &Uuid,
        column: &'static str,
        value: Option<&str>,
        entropy: &dyn Entropy,
    ) -> Result<Option<Sealed>, StoreError> {
        let place = Place {
            table: TABLE,
            column,
            row: id.as_bytes(),
        };
        value
            .map(|value| Ok(self.keyring.seal(place, value.as_bytes(), entropy)?))
            .transpose()
    }

    fn open_change(
        &self,
        id: &Uuid,
        column: &'static str,
        sealed: Option<Vec<u8>>,
    ) -> Result<Option<Secret<String>>, StoreError> {
        let place = Place {
            table: TABLE,
            column,
            row: id.as_bytes(),
        };
        sealed
            .map(|sealed| text(&self.keyring.open(place, &Sealed::from_bytes(sealed))?, TABLE, column))
            .transpose()
    }

    /// Appends a change to the history; nothing when there is none.
    pub async fn record_change(
        &mut self,
        resource: &ResourceName,
        before: Option<&Secret<String>>,
        after: Option<&Secret<String>>,
        by: &Authorship<'_>,
    ) -> Result<(), StoreError> {
        let (before, after) = (before.map(Secret::expose), after.map(Secret::expose));
        if before == after {
            return Ok(());
        }
        let tenant = self.tenant;
        let last = on_tx!(self, |connection| sqlx::query_scalar::<_, Uuid>(
            "SELECT change_id FROM configuration_changes WHERE tenant_id = $1 ORDER BY change_id DESC LIMIT 1"
        )
        .bind(tenant)
        .fetch_optional(connection)
        .await)?;
        let id = id::time_ordered(by.now, by.entropy);
        // Ids of one millisecond are in no order by themselves, and what was changed last has to be known.
        let id = last.map_or(id, |last| id.max(Uuid::from_u128(last.as_u128().saturating_add(1))));
        let sealed_reason = self.seal_change(&id, "sealed_reason", by.reason, by.entropy)?;
        let sealed_before = self.seal_change(&id, "sealed_before", before.map(String::as_str), by.entropy)?;
        let sealed_after = self.seal_change(&id, "sealed_after", after.map(String::as_str), by.entropy)?;
        on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO configuration_changes (tenant_id, change_id, made_at, actor, source, kind, name, sealed_reason, \
             sealed_before, sealed_after) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(tenant)
        .bind(id)
        .bind(by.now)
        .bind(by.actor)
        .bind(by.source.as_str())
        .bind(resource.kind.as_str())
        .bind(&resource.name)
        .bind(&sealed_reason)
        .bind(&sealed_before)
        .bind(&sealed_after)
        .execute(connection)
        .await
        .map(drop)
        })?;
        Ok(())
    }

    /// Up to `limit` changes, newest first, of one thing or of all, older than `before`.
    pub async fn list_changes(
        &mut self,
        resource: Option<&ResourceName>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ConfigurationChange>, StoreError> {
        let kinds = resource.map_or(ResourceKind::ALL.to_vec(), |resource| vec![resource.kind]);
        self.search_changes(&kinds, resource.map(|resource| resource.name.as_str()), before, limit)
            .await
    }

    /// The same, of all things of these kinds, or of those of them with one name.
    pub async fn search_changes(
        &mut self,
        kinds: &[ResourceKind],
        name: Option<&str>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ConfigurationChange>, StoreError> {
        let tenant = self.tenant;
        // A name with a comma on either side is found in the list of all that are wanted.
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        let kinds = format!(",{},", kinds.join(","));
        let rows = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT change_id, made_at, actor, source, kind, name, sealed_reason, sealed_before, sealed_after \
             FROM configuration_changes WHERE tenant_id = $1 AND change_id < $2 \
             AND $3 LIKE '%,' || kind || ',%' AND ($4 IS NULL OR name = $4) ORDER BY change_id DESC LIMIT $5",
        )
        .bind(tenant)
        .bind(before.unwrap_or(Uuid::max()))
        .bind(kinds)
        .bind(name)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?;
        rows.into_iter().map(|row| self.open_row(row)).collect()
    }

    /// The change with this id.
    pub async fn find_change(&mut self, id: Uuid) -> Result<Option<ConfigurationChange>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT change_id, made_at, actor, source, kind, name, sealed_reason, sealed_before, sealed_after \
             FROM configuration_changes WHERE tenant_id = $1 AND change_id = $2",
        )
        .bind(tenant)
        .bind(id)
        .fetch_optional(connection)
        .await)?;
        row.map(|row| self.open_row(row)).transpose()
    }

    fn open_row(&self, row: Row) -> Result<ConfigurationChange, StoreError> {
        let id = row.change_id;
        let kind = ResourceKind::parse(&row.kind).ok_or_else(|| StoreError::corrupt(TABLE, "kind", &row.kind))?;
        let reason = self.open_change(&id, "sealed_reason", row.sealed_reason)?;
        Ok(ConfigurationChange {
            id,
            made_at: row.made_at,
            actor: row.actor,
            source: row.source,
            reason: reason.map(|reason| reason.expose().clone()),
            resource: ResourceName { kind, name: row.name },
            before: self.open_change(&id, "sealed_before", row.sealed_before)?,
            after: self.open_change(&id, "sealed_after", row.sealed_after)?,
        })
    }

    /// What the last apply of declared configuration left, JSON.
    pub async fn find_applied_configuration(&mut self) -> Result<Option<Secret<String>>, StoreError> {
        let tenant = self.tenant;
        let sealed = on_tx!(self, |connection| sqlx::query_scalar::<_, Vec<u8>>(
            "SELECT sealed_document FROM applied_configuration WHERE tenant_id = $1"
        )
        .bind(tenant)
        .fetch_optional(connection)
        .await)?;
        sealed
            .map(|sealed| {
                let plain = self.keyring.open(applied_place(), &Sealed::from_bytes(sealed))?;
                text(&plain, "applied_configuration", "sealed_document")
            })
            .transpose()
    }

    /// Keeps what an apply leaves, instead of what the one before left.
    pub async fn save_applied_configuration(
        &mut self,
        document: &Secret<String>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self
            .keyring
            .seal(applied_place(), document.expose().as_bytes(), entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO applied_configuration (tenant_id, sealed_document, applied_at) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant_id) DO UPDATE SET sealed_document = excluded.sealed_document, \
             applied_at = excluded.applied_at",
        )
        .bind(tenant)
        .bind(&sealed)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}

const fn applied_place() -> Place<'static> {
    Place {
        table: "applied_configuration",
        column: "sealed_document",
        row: b"",
    }
}

fn text(plain: &Secret<Vec<u8>>, table: &'static str, column: &'static str) -> Result<Secret<String>, StoreError> {
    std::str::from_utf8(plain.expose())
        .map(|text| Secret::new(text.to_owned()))
        .map_err(|_| StoreError::corrupt(table, column, "not text"))
}
