//! The open platform: databases, keys and tenants, for administration and for serving.

use super::{Actor, ControlError, Guard, Origin};
use crate::kernel::{Clock, Entropy, Timestamp};
use crate::keys::MasterKey;
use crate::outbound::Outbound;
use crate::store::tenant::{Authorship, ChangeSource};
use crate::store::{ControlStore, Database, DatabaseUrl, DedicatedStores, PlacementSettings, Schema, StoreError};
use crate::tenant::{DirectoryParts, PublicUrl, Slug, TenantCx, TenantDirectory};
use std::path::PathBuf;
use std::sync::Arc;

/// Where everything is.
pub struct PlatformOptions {
    /// The public base URL.
    pub public_url: PublicUrl,
    /// Where clients that have certificates connect, if anywhere.
    pub mtls_url: Option<PublicUrl>,
    /// The registry.
    pub control: DatabaseUrl,
    /// The database that tenants share. May be the registry's own on PostgreSQL.
    pub shared: DatabaseUrl,
    /// The folder for SQLite files of dedicated tenants.
    pub dedicated_folder: PathBuf,
    /// Connections per PostgreSQL database.
    pub max_connections: u32,
    /// How dedicated databases are kept open.
    pub placement: PlacementSettings,
    /// Wraps every tenant's data keys.
    pub master_key: MasterKey,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// The open platform. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Platform {
    directory: TenantDirectory,
    shared: DatabaseUrl,
    dedicated_folder: PathBuf,
    author: Author,
    outbound: Option<Outbound>,
}

/// By which way configuration is changed, and why: written into its history beside who did it.
#[derive(Clone, Debug)]
pub struct Author {
    /// What somebody at the machine calls themselves; nobody else can choose that.
    pub name: Option<String>,
    /// By which way.
    pub source: ChangeSource,
    /// Why, in their words.
    pub reason: Option<String>,
}

impl Author {
    /// Somebody who comes by this way and gives no reason.
    pub const fn by_way_of(source: ChangeSource) -> Self {
        Self {
            name: None,
            source,
            reason: None,
        }
    }

    pub(super) fn at<'a>(&'a self, actor: &'a Actor, now: Timestamp, entropy: &'a dyn Entropy) -> Authorship<'a> {
        let name = self.name.as_deref().filter(|_| actor.origin() == Origin::Machine);
        Authorship {
            actor: name.unwrap_or_else(|| actor.principal()),
            source: self.source,
            reason: self.reason.as_deref(),
            now,
            entropy,
        }
    }
}

/// One tenant, for administration: its context, who administers it, and how to tell caches of a change.
#[derive(Debug)]
pub struct TenantAdmin {
    pub(super) cx: TenantCx,
    pub(super) directory: TenantDirectory,
    pub(super) actor: Actor,
    pub(super) dry_run: bool,
    pub(super) author: Author,
    pub(super) guard: Option<Guard>,
}

impl Platform {
    /// Opens the databases and brings their schemas up to date.
    pub async fn open(options: PlatformOptions) -> Result<Self, StoreError> {
        let control = Database::open(&options.control, Schema::Control, options.max_connections).await?;
        let shared = Database::open(&options.shared, Schema::Tenant, options.max_connections).await?;
        let control = ControlStore::new(control);
        check_master_key(&control, &options.master_key).await?;
        let dedicated = DedicatedStores::new(options.placement, options.clock.clone());
        let directory = TenantDirectory::new(DirectoryParts {
            public_url: options.public_url,
            mtls_url: options.mtls_url,
            control,
            shared,
            dedicated,
            master_key: options.master_key,
            clock: options.clock,
            entropy: options.entropy,
        });
        Ok(Self {
            directory,
            shared: options.shared,
            dedicated_folder: options.dedicated_folder,
            author: Author::by_way_of(ChangeSource::CommandLine),
            outbound: None,
        })
    }

    /// The same platform, which asks other people's servers through this client.
    #[must_use]
    pub fn asking_through(self, outbound: Outbound) -> Self {
        Self {
            outbound: Some(outbound),
            ..self
        }
    }

    pub(super) const fn outbound(&self) -> Option<&Outbound> {
        self.outbound.as_ref()
    }

    /// The tenants, as requests see them.
    pub const fn directory(&self) -> &TenantDirectory {
        &self.directory
    }

    /// Whether tenants that share a database share one of PostgreSQL; else it is a file of SQLite.
    pub const fn is_on_postgres(&self) -> bool {
        matches!(self.shared, DatabaseUrl::Postgres(_))
    }

    /// Where shared tenants live.
    pub(super) const fn shared_url(&self) -> &DatabaseUrl {
        &self.shared
    }

    /// Where SQLite files of dedicated tenants live.
    pub(super) const fn dedicated_folder(&self) -> &PathBuf {
        &self.dedicated_folder
    }

    pub(super) fn parts(&self) -> &DirectoryParts {
        self.directory.parts()
    }

    /// The same platform, for changes that are made by this way.
    #[must_use]
    pub fn authored_by(&self, author: Author) -> Self {
        Self { author, ..self.clone() }
    }

    pub(super) const fn author(&self) -> &Author {
        &self.author
    }

    pub(super) fn now(&self) -> Timestamp {
        self.directory.clock().now()
    }

    /// Administers one tenant as whoever can run the program. A suspended tenant cannot be changed until it is resumed.
    pub async fn tenant(&self, slug: &str) -> Result<TenantAdmin, ControlError> {
        let slug = Slug::of_address(slug)?;
        // The state that is stored now, not the one of a second ago.
        self.directory.forget(&slug).await;
        let tenant = self
            .directory
            .resolve_for_administration(&slug, self.now())
            .await
            .map_err(|refusal| match refusal {
                crate::tenant::TenantRefusal::Unknown => ControlError::NotFound {
                    what: "tenant",
                    name: slug.to_string(),
                },
                other => other.into(),
            })?;
        let cx = TenantCx::for_work(tenant, self.directory.clone());
        Ok(TenantAdmin {
            cx,
            directory: self.directory.clone(),
            actor: Actor::machine(),
            dry_run: false,
            author: self.author.clone(),
            guard: None,
        })
    }

    /// Closes every database, after acknowledged writes are on disk.
    pub async fn close(&self) {
        self.directory.refusals().written().await;
        let parts = self.parts();
        parts.dedicated.close().await;
        parts.shared.close().await;
        parts.control.close().await;
    }
}

/// A key that was made anew because the old one was lost would only show at the first tenant that cannot be read.
async fn check_master_key(control: &ControlStore, key: &MasterKey) -> Result<(), StoreError> {
    match control.read().await?.find_other_master_key(key.id()).await? {
        None => Ok(()),
        Some(other) => Err(StoreError::Unfit(format!(
            "the tenants' keys were wrapped by the master key {other}, and the one given is {}: restore the master key \
             from its backup, without it no tenant's data can be read",
            key.id()
        ))),
    }
}

impl TenantAdmin {
    /// The same, by somebody else.
    pub(super) fn acted_by(mut self, actor: &Actor) -> Self {
        self.actor = actor.clone();
        self
    }

    /// The same, for changes that are made by this way.
    #[must_use]
    pub fn authored_by(mut self, author: Author) -> Self {
        self.author = author;
        self
    }

    /// What the history is told of a change made now.
    pub(super) fn by(&self) -> Authorship<'_> {
        self.author.at(&self.actor, self.cx.now(), self.cx.entropy())
    }

    /// The tenant's context.
    pub const fn cx(&self) -> &TenantCx {
        &self.cx
    }

    /// Tells every cache, on every node, that something of the tenant changed. Done also when a function finds nothing to
    /// change: a run before may have been cut off between its change and this.
    pub(super) async fn announce(&self) -> Result<(), StoreError> {
        self.cx.announce_change().await
    }
}
