//! From slug to tenant: a bounded cache over one indexed read, checked against the tenant's generation.

use super::brand_publication::{BrandBundle, BrandPublication};
use super::document::TenantDocument;
use super::{IssuerUrls, PublicUrl, RefusalLog, Slug, TenantCx, TenantRefusal, TrafficLog};
use crate::kernel::id::TenantId;
use crate::kernel::{Clock, Entropy, Timestamp};
use crate::keys::{MasterKey, SigningKeys, TenantKeyring};
use crate::oauth::Client;
use crate::quota::MemoryBudgets;
use crate::smart::brands::BrandsDocument;
use crate::smart::scope::{GranularParameters, UserCeilings};
use crate::smart::{FhirBase, ScopeSet};
use crate::store::control::{BrandsRecord, Placement, TenantRecord, TenantStatus, Tier};
use crate::store::{ControlStore, Database, DatabaseUrl, DedicatedStores, StoreError, TenantStore};
use crate::web::branding::Branding;
use crate::web::cookies::TenantCookies;
use crate::web::static_files::StaticBase;
use crate::web::{CspSource, Href, TenantLook};
use moka::future::Cache;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A cached tenant is trusted this long before its generation is compared again: the longest time for which a change
/// made on another node is not seen.
const REVALIDATE_AFTER: Duration = Duration::from_secs(1);
/// A cached tenant is loaded anew after this time in any case; a retired key leaves the JWKS this way.
const RELOAD_AFTER: Duration = Duration::from_mins(10);
/// Tenants kept in memory. Each is some tens of kilobytes with its parsed keys.
const CACHED_TENANTS: u64 = 10_000;
/// Clients kept in memory, over all tenants.
const CACHED_CLIENTS: u64 = 50_000;

/// A tenant, loaded: everything of it that requests need again and again.
pub struct Tenant {
    /// The immutable id.
    pub id: TenantId,
    /// The address part.
    pub slug: Slug,
    /// The contract.
    pub tier: Tier,
    /// Where the rows live.
    pub placement: Placement,
    /// The issuer's addresses.
    pub urls: IssuerUrls,
    /// What the tenant's administrators decided.
    pub document: TenantDocument,
    /// The FHIR servers that take this tenant's tokens; at least one.
    pub fhir_bases: Vec<FhirBase>,
    /// The widest scope of any app, parsed.
    pub scope_ceiling: ScopeSet,
    /// The widest access to data by role, parsed.
    pub user_ceilings: UserCeilings,
    /// The parameters that may restrict a scope, parsed.
    pub granular_parameters: GranularParameters,
    /// Colours and logo, checked.
    pub branding: Branding,
    /// What the tenant publishes of itself, if it does.
    pub brands: Option<TenantBrands>,
    /// How the tenant's pages present themselves.
    pub look: TenantLook,
    /// The tenant's cookies.
    pub cookies: TenantCookies,
    /// Who may show the sign-in in a frame.
    pub frame_ancestors: Vec<CspSource>,
    /// Signing keys, parsed.
    pub keys: SigningKeys,
    /// The only door to the tenant's rows.
    pub store: TenantStore,
    /// The state of the registry when this was loaded.
    pub generation: i64,
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tenant({}, generation {})", self.id, self.generation)
    }
}

/// A tenant's published brands.
pub struct TenantBrands {
    /// What the administrators decided.
    pub document: BrandsDocument,
    /// The entries of its bundle.
    pub entries: String,
    /// When they changed.
    pub updated_at: Timestamp,
}

impl TenantBrands {
    fn read(record: BrandsRecord) -> Result<Option<Self>, StoreError> {
        let document: BrandsDocument = serde_json::from_str(&record.document)
            .map_err(|_| StoreError::corrupt("brands", "document", "not a document of brands"))?;
        Ok((!document.brands.is_empty()).then_some(Self {
            document,
            entries: record.entries,
            updated_at: record.updated_at,
        }))
    }
}

struct Cached {
    tenant: Arc<Tenant>,
    status: TenantStatus,
    checked_at: AtomicI64,
}

/// What a directory is made of.
pub struct DirectoryParts {
    /// The public base URL.
    pub public_url: PublicUrl,
    /// Where clients that have certificates connect (RFC 8705 section 5).
    pub mtls_url: Option<PublicUrl>,
    /// The registry.
    pub control: ControlStore,
    /// The database of tenants without one of their own.
    pub shared: Database,
    /// The databases of the others.
    pub dedicated: DedicatedStores,
    /// Wraps every tenant's data keys.
    pub master_key: MasterKey,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

struct Inner {
    parts: DirectoryParts,
    brands: BrandPublication,
    refusals: RefusalLog,
    traffic: TrafficLog,
    static_base: StaticBase,
    tenants: Cache<String, Arc<Cached>>,
    clients: Cache<(TenantId, i64, String), Arc<Client>>,
    budgets: MemoryBudgets,
}

/// Resolves tenants. Cheap to clone; one per process.
#[derive(Clone)]
pub struct TenantDirectory(Arc<Inner>);

impl fmt::Debug for TenantDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantDirectory({})", self.0.parts.public_url)
    }
}

impl TenantDirectory {
    /// A directory with nothing cached.
    pub fn new(parts: DirectoryParts) -> Self {
        let static_base = StaticBase::new(parts.public_url.as_str());
        let traffic = TrafficLog::new(parts.clock.as_ref(), parts.entropy.as_ref());
        Self(Arc::new(Inner {
            parts,
            traffic,
            brands: BrandPublication::default(),
            refusals: RefusalLog::default(),
            static_base,
            tenants: Cache::builder()
                .max_capacity(CACHED_TENANTS)
                .time_to_live(RELOAD_AFTER)
                .build(),
            clients: Cache::builder()
                .max_capacity(CACHED_CLIENTS)
                .time_to_live(RELOAD_AFTER)
                .build(),
            budgets: MemoryBudgets::default(),
        }))
    }

    /// The public base URL.
    pub fn public_url(&self) -> &PublicUrl {
        &self.0.parts.public_url
    }

    /// Where stylesheets and scripts are.
    pub fn static_base(&self) -> &StaticBase {
        &self.0.static_base
    }

    /// The refusals of this process, on their way to the tenants' rows.
    pub fn refusals(&self) -> &RefusalLog {
        &self.0.refusals
    }

    /// What this process answers, on its way to the registry.
    pub fn traffic(&self) -> &TrafficLog {
        &self.0.traffic
    }

    /// The page that says what a short code means, for `error_uri` (RFC 6749 section 5.2).
    pub fn error_uri(&self, code: &str) -> String {
        format!("{}/errors/{code}", self.public_url())
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.parts.clock
    }

    /// The source of randomness.
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.0.parts.entropy
    }

    /// The registry, the databases and the master key: for administration, which creates tenants. Requests of a tenant
    /// get a [`super::TenantCx`], which leads here in no way.
    pub fn parts(&self) -> &DirectoryParts {
        &self.0.parts
    }

    /// The budgets of this node.
    pub(super) fn budgets(&self) -> &MemoryBudgets {
        &self.0.budgets
    }

    /// The brands of all active tenants.
    pub async fn brand_bundle(&self) -> Result<Arc<BrandBundle>, StoreError> {
        let parts = &self.0.parts;
        self.0.brands.current(&parts.control, parts.clock.now()).await
    }

    /// The active tenant with this slug.
    pub async fn resolve(&self, slug: &str, now: Timestamp) -> Result<Arc<Tenant>, TenantRefusal> {
        // Refused before any look-up: the text cannot be a slug.
        let slug = Slug::of_address(slug).map_err(|_| TenantRefusal::Unknown)?;
        let cached = self.cached(&slug, now).await?;
        match cached.status {
            TenantStatus::Active => Ok(cached.tenant.clone()),
            TenantStatus::Suspended => Err(TenantRefusal::Suspended {
                look: Box::new(cached.tenant.look.clone()),
            }),
            // What was never served answers as if it did not exist.
            TenantStatus::Preparing | TenantStatus::Deleted => Err(TenantRefusal::Unknown),
        }
    }

    /// The tenant with this slug that is active or being prepared: for administration, which prepares it.
    pub async fn resolve_for_administration(&self, slug: &Slug, now: Timestamp) -> Result<Arc<Tenant>, TenantRefusal> {
        let cached = self.cached(slug, now).await?;
        if cached.status == TenantStatus::Preparing {
            return Ok(cached.tenant.clone());
        }
        self.resolve(slug.as_str(), now).await
    }

    async fn cached(&self, slug: &Slug, now: Timestamp) -> Result<Arc<Cached>, TenantRefusal> {
        let key = slug.as_str();
        if let Some(cached) = self.0.tenants.get(key).await {
            let checked_at = cached.checked_at.load(Ordering::Relaxed);
            if now.since(Timestamp::from_micros(checked_at)) < REVALIDATE_AFTER {
                return Ok(cached);
            }
            // One request compares the generation; those beside it go on with what there is.
            let mine =
                cached
                    .checked_at
                    .compare_exchange(checked_at, now.micros(), Ordering::Relaxed, Ordering::Relaxed);
            if mine.is_err() {
                return Ok(cached);
            }
            let current = self
                .0
                .parts
                .control
                .read()
                .await?
                .find_tenant_generation(cached.tenant.id)
                .await?;
            if current == Some(cached.tenant.generation) {
                return Ok(cached);
            }
            self.0.tenants.invalidate(key).await;
        }
        self.0
            .tenants
            .try_get_with_by_ref(key, Box::pin(self.load(slug, now)))
            .await
            .map_err(|shared: Arc<TenantRefusal>| match Arc::try_unwrap(shared) {
                Ok(refusal) => refusal,
                Err(shared) => TenantRefusal::copy_of(&shared),
            })
    }

    async fn load(&self, slug: &Slug, now: Timestamp) -> Result<Arc<Cached>, TenantRefusal> {
        let parts = &self.0.parts;
        let mut control = parts.control.read().await?;
        let record = control
            .find_tenant(slug.as_str())
            .await?
            .ok_or(TenantRefusal::Unknown)?;
        if record.status == TenantStatus::Deleted {
            return Err(TenantRefusal::Unknown);
        }
        let data_keys = control.list_data_keys(record.id).await?;
        let brands = control.find_brands(record.id).await?;
        control.commit().await?;
        let keyring = TenantKeyring::unwrap(record.id, &data_keys, &parts.master_key).map_err(StoreError::from)?;
        let store = self.open_store(&record, Arc::new(keyring))?;
        let brands = brands.map(TenantBrands::read).transpose()?.flatten();
        let tenant = Tenant {
            brands,
            ..self.assemble(slug, &record, store, now).await?
        };
        Ok(Arc::new(Cached {
            tenant: Arc::new(tenant),
            status: record.status,
            checked_at: AtomicI64::new(now.micros()),
        }))
    }

    /// A tenant's store, where its record says that it is. Nothing is connected yet.
    pub fn open_store(&self, record: &TenantRecord, keyring: Arc<TenantKeyring>) -> Result<TenantStore, StoreError> {
        let parts = &self.0.parts;
        match (record.placement, &record.sealed_database_url) {
            (Placement::Shared, _) => Ok(TenantStore::shared(parts.shared.clone(), keyring)),
            (Placement::Dedicated, Some(sealed)) => {
                let url = parts.master_key.open_database_url(record.id, sealed)?;
                let url = DatabaseUrl::parse(url.expose())?;
                Ok(TenantStore::dedicated(parts.dedicated.clone(), url, keyring))
            }
            (Placement::Dedicated, None) => Err(StoreError::corrupt(
                "tenants",
                "sealed_database_url",
                "a dedicated tenant has none",
            )),
        }
    }

    async fn assemble(
        &self,
        slug: &Slug,
        record: &TenantRecord,
        store: TenantStore,
        now: Timestamp,
    ) -> Result<Tenant, TenantRefusal> {
        let mut rows = store.read().await?;
        let settings = rows.find_settings().await?;
        let keys = rows.list_signing_keys(now).await?;
        rows.commit().await?;
        let fault = |reason: &dyn fmt::Display| TenantRefusal::Fault(format!("{}: {reason}", record.id));
        let document: TenantDocument = match settings {
            Some(text) => serde_json::from_str(&text).map_err(|error| fault(&error))?,
            None => TenantDocument::default(),
        };
        let urls = IssuerUrls::new(&self.0.parts.public_url, slug);
        let fhir_bases = if document.fhir_bases.is_empty() {
            vec![FhirBase::parse(&urls.default_fhir_base()).map_err(|error| fault(&error))?]
        } else {
            document.fhir_bases.clone()
        };
        let branding = document
            .brand(&record.display_name)
            .map_err(|(member, problem)| fault(&format!("{member}: {problem}")))?;
        let settings_fault = |(member, problem): (&'static str, String)| fault(&format!("{member}: {problem}"));
        let frame_ancestors = document.frame_sources().map_err(settings_fault)?;
        let look = look(&urls, &document, &branding);
        Ok(Tenant {
            id: record.id,
            slug: slug.clone(),
            tier: record.tier,
            placement: record.placement,
            fhir_bases,
            scope_ceiling: ScopeSet::parse(&document.scope_ceiling)
                .map_err(|error| fault(&error))?
                .scopes,
            user_ceilings: document.user_ceilings().map_err(settings_fault)?,
            granular_parameters: document.offered_parameters().map_err(settings_fault)?,
            branding,
            brands: None,
            look,
            // A frame of our own site needs no cookies of a special kind.
            cookies: TenantCookies::new(urls.path(), urls.base().is_https()).in_frames(
                frame_ancestors
                    .iter()
                    .any(|ancestor| !urls.base().shares_site_with(ancestor.as_str())),
            ),
            frame_ancestors,
            keys: SigningKeys::from_records(&keys).map_err(|error| fault(&error))?,
            document,
            urls,
            store,
            generation: record.generation,
        })
    }

    /// The enabled client with this id at `tenant`.
    pub(super) async fn find_client(
        &self,
        tenant: &Tenant,
        client_id: &str,
    ) -> Result<Option<Arc<Client>>, StoreError> {
        let key = (tenant.id, tenant.generation, client_id.to_owned());
        let now = self.0.parts.clock.now();
        if let Some(client) = self.0.clients.get(&key).await {
            return Ok(client.is_usable(now).then_some(client));
        }
        let mut rows = tenant.store.read().await?;
        let Some(client) = rows.find_client(client_id).await? else {
            return Ok(None);
        };
        rows.commit().await?;
        // A disabled client is as good as unknown.
        if !client.is_usable(now) {
            return Ok(None);
        }
        // So is one that the platform took out of its directory.
        if client.directory_version.is_some() {
            let mut control = self.0.parts.control.read().await?;
            if control.is_directory_app_withdrawn(client_id).await? {
                return Ok(None);
            }
        }
        let client = Arc::new(client);
        self.0.clients.insert(key, client.clone()).await;
        Ok(Some(client))
    }

    /// Work at the tenants that this node served lately: never the whole estate.
    pub fn served_lately(&self) -> Vec<TenantCx> {
        let tenants = self.0.tenants.iter();
        tenants
            .map(|(_, cached)| TenantCx::for_work(cached.tenant.clone(), self.clone()))
            .collect()
    }

    /// Removes rows that expired more than an hour ago, at the tenants that this node served lately: never the whole
    /// estate. One tenant's failure is logged and does not stop the others.
    pub async fn remove_expired_rows(&self) {
        let before = self.0.parts.clock.now() - Duration::from_hours(1);
        for (_, cached) in &self.0.tenants {
            let store = &cached.tenant.store;
            let removed = async {
                let mut removed = 0;
                loop {
                    let mut rows = store.begin().await?;
                    let now_removed = rows.delete_expired(before).await?;
                    rows.commit().await?;
                    removed += now_removed;
                    if now_removed == 0 {
                        return Ok::<u64, StoreError>(removed);
                    }
                }
            };
            match removed.await {
                Ok(rows) => tracing::debug!(tenant_id = %cached.tenant.id, rows, "expired rows removed"),
                Err(error) => tracing::warn!(tenant_id = %cached.tenant.id, %error, "expired rows stay for now"),
            }
        }
    }

    /// Tells every cache, on every node, that something of the tenant changed.
    pub async fn announce_change(&self, tenant: &Tenant, now: Timestamp) -> Result<(), StoreError> {
        let mut control = self.0.parts.control.begin().await?;
        control.bump_tenant_generation(tenant.id, now).await?;
        control.commit().await?;
        self.forget(&tenant.slug).await;
        Ok(())
    }

    /// Forgets a tenant on this node, after a change made on it.
    pub async fn forget(&self, slug: &Slug) {
        self.0.tenants.invalidate(slug.as_str()).await;
    }
}

fn look(urls: &IssuerUrls, document: &TenantDocument, branding: &Branding) -> TenantLook {
    let version = branding.version();
    TenantLook {
        name: branding.name().to_owned(),
        logo: branding
            .logo()
            .map(|_| Href::local(&format!("{}/brand/{version}/logo", urls.path()))),
        help_contact: document.help_contact.clone(),
        privacy: document.privacy_url.as_deref().and_then(Href::external),
        look: Some(Href::local(&format!("{}/brand/{version}/style.css", urls.path()))),
    }
}
