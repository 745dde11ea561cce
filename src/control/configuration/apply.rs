//! Carrying a plan out.

use super::desired::{Wanted, WantedApp};
use super::plan::{ApplyError, Prepared, left};
use super::{Action, DeclaredPlacement, Plan, TenantFile};
use crate::control::clients::SecretPolicy;
use crate::control::tenants::{NewPlacement, NewTenant};
use crate::control::{Actor, ControlError, Platform, Precondition, TenantAdmin};
use crate::kernel::Secret;
use crate::smart::brands::BrandsDocument;
use crate::store::control::Tier;
use crate::store::tenant::{ChangeSource, ResourceKind, ResourceName};
use std::collections::BTreeMap;

/// How to apply.
#[derive(Clone, Debug, Default)]
pub struct ApplyOptions {
    /// Why, for the history.
    pub reason: Option<String>,
    /// Also what somebody else changed since the last apply becomes as the file says.
    pub overwrite_drift: bool,
}

/// What an apply did.
pub struct Applied {
    /// What was done.
    pub plan: Plan,
    /// Secrets that were made for apps, by client id: shown here and never again.
    pub secrets: Vec<(String, Secret<String>)>,
}

impl Platform {
    /// Makes a tenant what its file says. Running it again changes nothing; a run that was cut off is finished by the next.
    pub async fn apply(&self, file: &TenantFile, options: &ApplyOptions) -> Result<Applied, ApplyError> {
        let mut author = self.author().clone();
        author.source = ChangeSource::Apply;
        author.reason = options.reason.clone().or(author.reason);
        let platform = self.authored_by(author);
        let prepared = platform.prepare(file).await?;
        if !prepared.plan.drift.is_empty() && !options.overwrite_drift {
            return Err(ApplyError::Drift {
                tenant: file.tenant.clone(),
                drift: prepared.plan.drift,
            });
        }
        Box::pin(platform.carry_out(file, prepared))
            .await
            .map_err(ApplyError::from)
    }

    async fn carry_out(&self, file: &TenantFile, prepared: Prepared) -> Result<Applied, ControlError> {
        let Prepared {
            plan,
            mut desired,
            current,
        } = prepared;
        if plan.creates_tenant {
            let new = NewTenant {
                slug: file.tenant.clone(),
                display_name: desired.document.display_name.clone(),
                tier: file.tier.unwrap_or(Tier::Standard),
                placement: file.placement.into(),
                document: desired.document.clone(),
            };
            self.create_tenant(&new).await?;
        } else if let Some(tier) = file.tier {
            self.set_tenant_tier(&Actor::machine(), &file.tenant, tier).await?;
        }
        let admin = self.tenant(&file.tenant).await?;
        let mut secrets = Vec::new();
        for step in &plan.steps {
            let name = &step.resource;
            if step.action == Action::Remove {
                admin.remove(name).await?;
                continue;
            }
            let Some(wanted) = desired.resources.get_mut(name) else {
                continue;
            };
            match &mut wanted.wanted {
                Wanted::Settings(document) => drop(Box::pin(admin.replace_settings((**document).clone())).await?),
                Wanted::Oidc(provider, document, secret) => {
                    let stored = current.resources.get(name);
                    let stored = stored.and_then(super::current::Current::provider_secret);
                    let secret = secret.take().or(stored);
                    admin
                        .save_oidc_provider(&provider.alias, &provider.display_name, document, secret)
                        .await?;
                }
                Wanted::Saml(provider, document, metadata) => {
                    admin
                        .save_saml_provider(&provider.alias, &provider.display_name, document, metadata)
                        .await?;
                }
                Wanted::Local(provider, document) => {
                    admin
                        .save_local_accounts(&provider.alias, &provider.display_name, document)
                        .await?;
                }
                Wanted::FhirUsers(entries) => admin.replace_fhir_users(&name.name, entries).await?,
                Wanted::App(app) => {
                    if let Some(secret) = admin.apply_app(app).await? {
                        secrets.push((app.client_id.clone(), secret));
                    }
                }
                // What the settings say now decides what is filled in.
                Wanted::Brands(document) => {
                    wanted.state = serde_json::json!(admin.save_brands(document.clone()).await?.0);
                }
            }
        }
        let document = Secret::new(left(&desired.resources).to_string());
        let mut rows = admin.cx.begin().await?;
        rows.save_applied_configuration(&document, admin.cx.now(), admin.cx.entropy())
            .await?;
        rows.commit().await?;
        Ok(Applied { plan, secrets })
    }
}

impl TenantAdmin {
    async fn apply_app(&self, app: &mut WantedApp) -> Result<Option<Secret<String>>, ControlError> {
        let policy = app
            .secret
            .take()
            .map_or(SecretPolicy::KeepOrCreate, SecretPolicy::Known);
        let registered = self
            .save_client(&app.client_id, app.registration.clone(), policy)
            .await?;
        self.set_client_status(&app.client_id, app.status).await?;
        Ok(registered.secret)
    }

    async fn remove(&self, name: &ResourceName) -> Result<(), ControlError> {
        match name.kind {
            // A tenant has settings always.
            ResourceKind::Settings => Ok(()),
            ResourceKind::FhirUsers => self.replace_fhir_users(&name.name, &BTreeMap::new()).await,
            ResourceKind::App => self.delete_client(&name.name).await,
            ResourceKind::IdentityProvider => self.delete_identity_provider(&name.name, &Precondition::None).await,
            ResourceKind::Brands => self.save_brands(BrandsDocument::default()).await.map(drop),
        }
    }
}

impl From<DeclaredPlacement> for NewPlacement {
    fn from(placement: DeclaredPlacement) -> Self {
        match placement {
            DeclaredPlacement::Shared => Self::Shared,
            DeclaredPlacement::Dedicated => Self::Dedicated(None),
        }
    }
}
