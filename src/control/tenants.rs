//! Creating and listing tenants.

use super::onboarding::Onboarding;
use super::{Actor, Change, ControlError, Platform, Precondition, TenantAdmin};
use crate::kernel::Secret;
use crate::kernel::id::TenantId;
use crate::store::control::{Placement, TenantRecord, TenantStatus, Tier};
use crate::store::{DatabaseUrl, StoreError};
use crate::tenant::roles::Permission;
use crate::tenant::{IssuerUrls, Slug, TenantDocument, TenantRefusal};
use serde::Serialize;

/// Where a new tenant's rows are to live.
#[derive(Clone, Debug)]
pub enum NewPlacement {
    /// In the database that tenants share.
    Shared,
    /// In a database of its own, at this URL, or in one that is made for it.
    Dedicated(Option<DatabaseUrl>),
}

/// A tenant to be created, or to be as described.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// The address part. Never changes.
    pub slug: String,
    /// The name for people.
    pub display_name: String,
    /// The contract.
    pub tier: Tier,
    /// Where the rows live. Does not change here.
    pub placement: NewPlacement,
    /// Settings; the display name above is put into them.
    pub document: TenantDocument,
}

/// A tenant, as administration shows it.
#[derive(Clone, Debug, Serialize)]
pub struct TenantSummary {
    /// The immutable id, `tenant_id` in tokens.
    pub id: TenantId,
    /// The address part.
    pub slug: String,
    /// The name for people.
    pub display_name: String,
    /// The state.
    pub status: TenantStatus,
    /// The contract.
    pub tier: Tier,
    /// Where the rows live.
    pub placement: Placement,
    /// The issuer.
    pub issuer: String,
    /// When it was created, RFC 3339.
    pub created_at: String,
}

impl Platform {
    pub(super) fn summary(&self, record: &TenantRecord) -> Result<TenantSummary, ControlError> {
        let urls = IssuerUrls::new(self.directory().public_url(), &Slug::of_address(&record.slug)?);
        Ok(TenantSummary {
            id: record.id,
            slug: record.slug.clone(),
            display_name: record.display_name.clone(),
            status: record.status,
            tier: record.tier,
            placement: record.placement,
            issuer: urls.issuer().to_owned(),
            created_at: record.created_at.to_rfc3339(),
        })
    }

    /// Up to `limit` tenants in order of slug, after `after`. Deleted ones are not listed.
    pub async fn list_tenants(&self, after: &str, limit: u32) -> Result<Vec<TenantSummary>, ControlError> {
        let records = self.parts().control.read().await?.list_tenants(after, limit).await?;
        records.iter().map(|record| self.summary(record)).collect()
    }

    /// One tenant, whatever its state.
    pub async fn get_tenant(&self, slug: &str) -> Result<TenantSummary, ControlError> {
        self.summary(&self.get_record(slug).await?)
    }

    /// Records what became of a tenant as a whole: in its own log, and in that of the platform, which is read across tenants.
    pub(super) async fn record_for_tenant(
        &self,
        actor: &Actor,
        slug: &Slug,
        event: &'static str,
        detail: Option<&str>,
    ) -> Result<(), ControlError> {
        for place in logs_about(slug) {
            self.record_at(actor, &place, slug, event, detail).await?;
        }
        Ok(())
    }

    /// The same in one of the logs.
    pub(super) async fn record_at(
        &self,
        actor: &Actor,
        place: &Slug,
        slug: &Slug,
        event: &'static str,
        detail: Option<&str>,
    ) -> Result<(), ControlError> {
        let admin = match self.tenant(place.as_str()).await {
            Ok(admin) => admin.acted_by(actor),
            // There is no platform's issuer yet, or the tenant is suspended and its log rests.
            Err(ControlError::NotFound { .. } | ControlError::Tenant(TenantRefusal::Suspended { .. })) => return Ok(()),
            Err(other) => return Err(other),
        };
        let mut rows = admin.cx.begin().await?;
        admin.record(&mut rows, event, Some(slug.as_str()), detail).await?;
        Ok(rows.commit().await?)
    }

    /// Changes a tenant's contract.
    pub async fn set_tenant_tier(&self, actor: &Actor, slug: &str, tier: Tier) -> Result<Change, ControlError> {
        actor.require(Permission::ManageTenants)?;
        let record = self.get_record(slug).await?;
        let mut control = self.parts().control.begin().await?;
        let changed = control.set_tenant_tier(record.id, tier, self.now()).await?;
        control.commit().await?;
        if !changed {
            return Ok(Change::Unchanged);
        }
        let slug = Slug::of_address(slug)?;
        self.directory().forget(&slug).await;
        self.record_for_tenant(actor, &slug, "tenant.tier_changed", Some(tier.as_str()))
            .await?;
        Ok(Change::Updated)
    }

    /// Changes the name of a tenant that is served, in its settings and in the registry.
    pub async fn rename_tenant(&self, actor: &Actor, slug: &str, name: &str) -> Result<Change, ControlError> {
        actor.require(Permission::ManageTenants)?;
        let name = name.trim();
        if name.is_empty() {
            return Err(ControlError::invalid(
                "display_name",
                "is empty; give the name that people know",
            ));
        }
        let cx = self.tenant(slug).await?.cx;
        let admin = TenantAdmin::entered_by(cx, self, actor.clone()).await?;
        let admin = admin.authored_by(self.author().clone());
        let renamed = admin.change_settings(&Precondition::None, |old| {
            Ok(TenantDocument {
                display_name: name.to_owned(),
                ..old.clone()
            })
        });
        Ok(Box::pin(renamed).await?.1)
    }

    /// Up to `limit` tenants in order of slug, after `after`, whose slug or name contains `search` (whatever the case) and
    /// that are in this state.
    pub async fn search_tenants(
        &self,
        actor: &Actor,
        search: Option<&str>,
        status: Option<TenantStatus>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<TenantSummary>, ControlError> {
        actor.require(Permission::ReadTenants)?;
        let mut control = self.parts().control.read().await?;
        let records = control.search_tenants(search, status, after, limit).await?;
        records.iter().map(|record| self.summary(record)).collect()
    }

    pub(super) async fn get_record(&self, slug: &str) -> Result<TenantRecord, ControlError> {
        let slug = Slug::of_address(slug)?;
        let record = self.parts().control.read().await?.find_tenant(slug.as_str()).await?;
        record.ok_or_else(|| no_tenant(&slug))
    }

    /// Suspends or resumes a tenant.
    pub async fn set_tenant_status(&self, slug: &str, status: TenantStatus) -> Result<Change, ControlError> {
        self.set_tenant_status_as(&Actor::machine(), slug, status).await
    }

    /// The same, by somebody. The platform's own tenant is always served.
    pub async fn set_tenant_status_as(
        &self,
        actor: &Actor,
        slug: &str,
        status: TenantStatus,
    ) -> Result<Change, ControlError> {
        actor.require(Permission::ManageTenants)?;
        let parsed = Slug::parse(slug)?;
        let record = self.get_record(slug).await?;
        if record.status == status {
            return Ok(Change::Unchanged);
        }
        if (record.status, status) == (TenantStatus::Preparing, TenantStatus::Active) {
            let text = format!("{slug} is being prepared; run its onboarding again, which ends with serving it");
            return Err(ControlError::Conflict(text));
        }
        let (event, before) = match status {
            TenantStatus::Preparing => {
                return Err(ControlError::Conflict(
                    "a tenant is prepared once, when it is created".into(),
                ));
            }
            TenantStatus::Active => ("tenant.resumed", false),
            TenantStatus::Suspended => ("tenant.suspended", true),
            TenantStatus::Deleted => ("tenant.deleted", true),
        };
        // The tenant's own log is open only while it is served.
        if before {
            self.record_for_tenant(actor, &parsed, event, None).await?;
        }
        let mut control = self.parts().control.begin().await?;
        let changed = control.set_tenant_status(record.id, status, self.now()).await?;
        control.commit().await?;
        self.directory().forget(&parsed).await;
        if changed {
            if !before {
                self.record_for_tenant(actor, &parsed, event, None).await?;
            }
            Ok(Change::Updated)
        } else {
            Err(ControlError::Conflict("the tenant was deleted".into()))
        }
    }

    /// Creates a tenant, or brings an existing one up to the description: [`Self::onboard`] with nothing beyond.
    pub async fn create_tenant(&self, new: &NewTenant) -> Result<(TenantSummary, Change), ControlError> {
        self.create_tenant_as(&Actor::machine(), new).await
    }

    /// The same, by somebody. Of tenants that exist, nothing but name and contract is changed.
    pub async fn create_tenant_as(
        &self,
        actor: &Actor,
        new: &NewTenant,
    ) -> Result<(TenantSummary, Change), ControlError> {
        let done = Box::pin(self.onboard(actor, &Onboarding::of(new.clone()), &|_| {})).await?;
        Ok((done.tenant, done.change))
    }

    /// What [`Self::create_tenant_as`] would do, without doing it.
    pub async fn check_new_tenant(&self, actor: &Actor, new: &NewTenant) -> Result<Change, ControlError> {
        actor.require(Permission::ManageTenants)?;
        let slug = Slug::parse(&new.slug)?;
        let document = checked_document(new)?;
        let existing = self.parts().control.read().await?.find_tenant(slug.as_str()).await?;
        let Some(record) = existing else {
            return Ok(Change::Created);
        };
        self.check_existing(&record, new)?;
        let settings = self.find_settings(slug.as_str()).await?;
        let same = record.display_name == document.display_name && record.tier == new.tier;
        if same && settings.as_ref() == Some(&document) {
            Ok(Change::Unchanged)
        } else {
            Ok(Change::Updated)
        }
    }

    /// The platform's own tenant, whose slug nobody else can have.
    pub(super) async fn create_platform_tenant(&self, new: &NewTenant) -> Result<Change, ControlError> {
        let onboarding = Onboarding::of(new.clone());
        let done = Box::pin(self.run_onboarding(&Actor::machine(), Slug::platform(), &onboarding, &|_| {})).await?;
        Ok(done.change)
    }

    /// Record, data keys and what was asked for, in one transaction: there is no tenant without keys, and none that
    /// nobody knows how to finish.
    pub(super) async fn register(
        &self,
        slug: &Slug,
        onboarding: &Onboarding,
        display_name: &str,
    ) -> Result<(TenantRecord, Change), ControlError> {
        let new = &onboarding.tenant;
        if let Some(record) = self.parts().control.read().await?.find_tenant(slug.as_str()).await? {
            return self.update_existing(record, onboarding, display_name).await;
        }
        let now = self.now();
        let entropy = self.directory().entropy().as_ref();
        let id = TenantId::new(now, entropy);
        let (placement, url) = match &new.placement {
            NewPlacement::Shared => (Placement::Shared, None),
            NewPlacement::Dedicated(Some(url)) => (Placement::Dedicated, Some(url.clone())),
            NewPlacement::Dedicated(None) => (Placement::Dedicated, Some(self.dedicated_url(id)?)),
        };
        let sealed_database_url = url
            .map(|url| {
                self.parts()
                    .master_key
                    .seal_database_url(id, url.to_text().expose(), entropy)
            })
            .transpose()?;
        let record = TenantRecord {
            id,
            slug: slug.to_string(),
            display_name: display_name.to_owned(),
            status: TenantStatus::Preparing,
            tier: new.tier,
            placement,
            sealed_database_url,
            generation: 1,
            created_at: now,
        };
        let data_keys = self.parts().master_key.new_data_keys(id, now, entropy)?;
        let plan = self.seal_plan(&data_keys, &record, onboarding)?;
        let mut control = self.parts().control.begin().await?;
        match control.insert_tenant(&record).await {
            Ok(()) => {
                control.insert_data_keys(id, &data_keys, now).await?;
                control.begin_onboarding(id, Some(&plan), now).await?;
                control.commit().await?;
                Ok((record, Change::Created))
            }
            // Somebody else was faster; what they made is looked at like anything that was there before.
            Err(StoreError::Exists) => {
                drop(control);
                // Asked of a writer: readers may not see yet what is being committed in the same batch.
                let found = self.parts().control.begin().await?.find_tenant(slug.as_str()).await?;
                let record = found.ok_or_else(|| no_tenant(slug))?;
                self.update_existing(record, onboarding, display_name).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What exists must be what was asked for in the facts that do not change; name and contract are brought up to date.
    async fn update_existing(
        &self,
        record: TenantRecord,
        onboarding: &Onboarding,
        display_name: &str,
    ) -> Result<(TenantRecord, Change), ControlError> {
        let new = &onboarding.tenant;
        self.check_existing(&record, new)?;
        // Asked of a writer, as above: the keys of a tenant that was just made may not be seen by readers yet.
        let mut control = self.parts().control.begin().await?;
        let data_keys = control.list_data_keys(record.id).await?;
        let plan = self.seal_plan(&data_keys, &record, onboarding)?;
        // A description that says the name that it was read with renames nothing: somebody may have done so since.
        let renamed =
            display_name != record.display_name && control.rename_tenant(record.id, display_name, self.now()).await?;
        let changed = control.set_tenant_tier(record.id, new.tier, self.now()).await? || renamed;
        control.begin_onboarding(record.id, Some(&plan), self.now()).await?;
        control.commit().await?;
        let record = TenantRecord {
            display_name: display_name.to_owned(),
            tier: new.tier,
            ..record
        };
        let change = if changed { Change::Updated } else { Change::Unchanged };
        Ok((record, change))
    }

    fn check_existing(&self, record: &TenantRecord, new: &NewTenant) -> Result<(), ControlError> {
        if record.status == TenantStatus::Deleted {
            return Err(ControlError::Conflict(format!(
                "the slug {} belonged to a tenant that was deleted",
                record.slug
            )));
        }
        let wanted = match new.placement {
            NewPlacement::Shared => Placement::Shared,
            NewPlacement::Dedicated(_) => Placement::Dedicated,
        };
        if record.placement != wanted {
            return Err(ControlError::Conflict(format!(
                "the tenant {} exists with placement {}; moving a tenant is not part of creating it",
                record.slug,
                record.placement.as_str()
            )));
        }
        if let NewPlacement::Dedicated(Some(url)) = &new.placement
            && self.stored_url(record)?.expose() != url.to_text().expose()
        {
            let text = format!("the tenant {} exists with another database", record.slug);
            return Err(ControlError::Conflict(text));
        }
        Ok(())
    }

    /// Where a tenant's rows are, as a description says it.
    pub(super) const fn known_placement(record: &TenantRecord) -> NewPlacement {
        match record.placement {
            Placement::Shared => NewPlacement::Shared,
            Placement::Dedicated => NewPlacement::Dedicated(None),
        }
    }

    fn stored_url(&self, record: &TenantRecord) -> Result<Secret<String>, ControlError> {
        let sealed = record.sealed_database_url.as_deref().unwrap_or_default();
        Ok(self.parts().master_key.open_database_url(record.id, sealed)?)
    }

    /// Where a new tenant's own database is to be: a file beside the others, or a database on the server of the shared one.
    fn dedicated_url(&self, tenant: TenantId) -> Result<DatabaseUrl, StoreError> {
        match self.shared_url() {
            DatabaseUrl::Sqlite(_) => Ok(DatabaseUrl::Sqlite(
                self.dedicated_folder().join(format!("{tenant}.db")),
            )),
            shared @ DatabaseUrl::Postgres(_) => shared.beside(tenant),
        }
    }

    /// Makes the database that [`Self::dedicated_url`] named, after the record says so: a run that is cut off leaves no
    /// database that nothing leads to. A database that the operator named is the operator's to make.
    pub(super) async fn make_database(&self, record: &TenantRecord) -> Result<(), ControlError> {
        if record.placement == Placement::Dedicated
            && let shared @ DatabaseUrl::Postgres(_) = self.shared_url()
            && self.stored_url(record)?.expose() == shared.beside(record.id)?.to_text().expose()
        {
            self.parts().shared.create_database(record.id).await?;
        }
        Ok(())
    }
}

/// The logs in which stands what became of a tenant as a whole: its own, and the platform's.
pub(super) fn logs_about(slug: &Slug) -> impl Iterator<Item = Slug> + use<> {
    let platform = (!slug.is_platform()).then(Slug::platform);
    std::iter::once(slug.clone()).chain(platform)
}

fn no_tenant(slug: &Slug) -> ControlError {
    ControlError::NotFound {
        what: "tenant",
        name: slug.to_string(),
    }
}

/// The settings with the tenant's name in them, proven fit to be loaded: a tenant that was created can be served.
pub(super) fn checked_document(new: &NewTenant) -> Result<TenantDocument, ControlError> {
    let name = new.display_name.trim();
    if name.is_empty() {
        return Err(ControlError::invalid(
            "display_name",
            "is empty; give the name that people know",
        ));
    }
    let document = TenantDocument {
        display_name: name.to_owned(),
        ..new.document.clone()
    };
    document
        .check()
        .map_err(|(member, problem)| ControlError::invalid(member, problem))?;
    Ok(document)
}
