//! What a tenant publishes of itself for patients' apps.

use super::{Change, ControlError, Precondition, TenantAdmin};
use crate::kernel::Secret;
use crate::smart::brands::{self, BrandsDocument, Publisher};
use crate::store::control::BrandsRecord;
use crate::store::tenant::ResourceName;
use crate::tenant::roles::Permission;

impl TenantAdmin {
    /// Checks a document and fills in what it leaves out, without publishing it.
    pub fn check_brands(&self, document: BrandsDocument) -> Result<BrandsDocument, ControlError> {
        let tenant = self.cx.tenant();
        let logo = tenant.branding.logo().map(|_| {
            self.cx
                .urls()
                .endpoint(&format!("brand/{}/logo", tenant.branding.version()))
        });
        document
            .complete(&tenant.fhir_bases, logo.as_deref())
            .map_err(|error| ControlError::invalid(error.member, error.problem))
    }

    /// Publishes a document in place of the one before. One without brands takes everything back.
    pub async fn save_brands(&self, document: BrandsDocument) -> Result<(BrandsDocument, Change), ControlError> {
        self.save_brands_if(document, &Precondition::None).await
    }

    /// The same, if what is published is what the caller has seen.
    pub async fn save_brands_if(
        &self,
        document: BrandsDocument,
        precondition: &Precondition,
    ) -> Result<(BrandsDocument, Change), ControlError> {
        self.require(Permission::ManageSettings)?;
        let document = self.check_brands(document)?;
        let text = serde_json::to_string(&document)?;
        let now = self.cx.now();
        let address = self.cx.urls().brands();
        let publisher = Publisher {
            address: &address,
            changed_at: now,
        };
        // Brands lie in the registry; the tenant's own lock keeps two administrators apart.
        let mut rows = self.begin_change().await?;
        let mut control = self.directory.parts().control.begin().await?;
        let existing = control.find_brands(self.cx.id()).await?;
        let seen: Option<BrandsDocument> = existing
            .as_ref()
            .map(|record| serde_json::from_str(&record.document))
            .transpose()?;
        precondition.check(Some(&seen.unwrap_or_default()))?;
        let change = match &existing {
            None if document.brands.is_empty() => Change::Unchanged,
            None => Change::Created,
            Some(existing) if existing.document == text => Change::Unchanged,
            Some(_) => Change::Updated,
        };
        if change != Change::Unchanged {
            let record = BrandsRecord {
                entries: brands::entries(&document, publisher),
                document: text,
                updated_at: now,
            };
            control.save_brands(self.cx.id(), &record).await?;
        }
        if self.is_dry_run() {
            return Ok((document, change));
        }
        if change != Change::Unchanged {
            let before = existing.map(|record| Secret::new(record.document));
            let after = Secret::new(serde_json::to_string(&document)?);
            rows.record_change(&ResourceName::brands(), before.as_ref(), Some(&after), &self.by())
                .await?;
            self.record(&mut rows, "brands.published", None, Some(change.as_str()))
                .await?;
        }
        control.commit().await?;
        self.finish(rows).await?;
        Ok((document, change))
    }

    /// What is published now.
    pub async fn get_brands(&self) -> Result<BrandsDocument, ControlError> {
        self.require(Permission::ReadSettings)?;
        let mut control = self.directory.parts().control.read().await?;
        match control.find_brands(self.cx.id()).await? {
            Some(record) => Ok(serde_json::from_str(&record.document)?),
            None => Ok(BrandsDocument::default()),
        }
    }
}
