//! Looking after connections without anybody asking: what providers publish is fetched ahead of time, our keys there roll over, and
//! what will end is announced before it does.
//!
//! Every provider has a date in the registry at which it is due. Nodes claim what is due by one index, so the work is shared, is done
//! once, and never goes through all tenants.

use super::provider_notices::Dates;
use super::saml_providers::{BOTH, SIGNING};
use super::{ControlError, Platform, TenantAdmin};
use crate::federation::key_rotation::{KeyRotation, PREVIOUS_KEPT};
use crate::federation::oidc::ClientAuthentication;
use crate::federation::saml::end_of_certificate;
use crate::federation::{Federation, IdentityProvider, ProviderKind, provider};
use crate::kernel::Timestamp;
use crate::kernel::id::IdentityProviderId;
use crate::store::StoreError;
use crate::store::control::{DueProvider, ProviderHealth};
use crate::store::tenant::{AuditEvent, FederationKeyPurpose, FederationKeyRecord, FederationKeyState};
use crate::tenant::TenantCx;
use serde::Serialize;
use std::time::Duration;
use tokio::task::JoinSet;

/// How long whoever claims a provider has; longer than two requests to it may take.
const CLAIM: Duration = Duration::from_mins(5);
/// How many a node claims at once.
const BATCH: u32 = 32;
/// A provider of a tenant that is not served.
const LATER: Duration = Duration::from_hours(24);
/// A previous key that was used within this time is kept.
const STILL_USED: Duration = Duration::from_hours(24 * 30);
/// Under which name a failed fetch is noted.
const FETCH_FAILED: &str = "fetch_failed";
/// Next keys are published at least for so long, however late that was begun.
const LEAST_PUBLICATION: Duration = Duration::from_hours(24 * 7);

/// What was done at one provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not depend on each other, printed as such"
)]
pub struct ProviderUpkeep {
    /// The check that what it publishes failed; what was known before stays in use.
    pub failed_check: Option<&'static str>,
    /// It has other keys than before.
    pub provider_keys_changed: bool,
    /// Next keys of ours were published.
    pub published: bool,
    /// They took over.
    pub switched: bool,
    /// Previous ones were removed.
    pub removed: bool,
    /// How many ends were announced.
    pub announced: usize,
}

/// The keys that we have at a provider, and when they change; none where it knows us by no key.
pub(super) fn rotation_of(provider: &IdentityProvider) -> Option<(&'static [FederationKeyPurpose], KeyRotation)> {
    match &provider.kind {
        ProviderKind::Saml(saml) => Some((&BOTH, saml.config.key_rotation)),
        ProviderKind::Oidc(oidc) if oidc.config.authentication == ClientAuthentication::PrivateKeyJwt => {
            Some((&SIGNING, oidc.config.key_rotation))
        }
        ProviderKind::Oidc(_) | ProviderKind::Local => None,
    }
}

/// When the next keys take over: on the date that was fixed, or when the current ones have served their time.
pub(super) fn switch_of(keys: &[FederationKeyRecord], rotation: KeyRotation) -> Option<Timestamp> {
    let of = |state| {
        keys.iter()
            .find(|key| key.purpose == FederationKeyPurpose::Signing && key.state == state)
    };
    let current = of(FederationKeyState::Current)?;
    let end = end_of_certificate(&current.certificate).ok()?;
    let usual = rotation.switch_at(current.state_since, end);
    Some(match of(FederationKeyState::Next) {
        Some(next) => next
            .switch_at
            .unwrap_or_else(|| usual.max(next.created_at + LEAST_PUBLICATION)),
        None => usual,
    })
}

impl TenantAdmin {
    /// Has a provider looked after as soon as a node gets to it.
    pub(super) async fn plan_upkeep(&self, provider: IdentityProviderId) -> Result<(), StoreError> {
        self.plan_upkeep_at(provider, self.cx.now()).await
    }

    async fn plan_upkeep_at(&self, provider: IdentityProviderId, due_at: Timestamp) -> Result<(), StoreError> {
        let mut control = self.directory.parts().control.begin().await?;
        control.plan_provider_upkeep(self.cx.id(), provider, due_at).await?;
        control.commit().await
    }

    pub(super) async fn drop_upkeep(&self, provider: IdentityProviderId) -> Result<(), StoreError> {
        let mut control = self.directory.parts().control.begin().await?;
        control.drop_provider_upkeep(self.cx.id(), provider).await?;
        control.delete_provider_health(self.cx.id(), provider).await?;
        control.commit().await
    }

    /// Looks after one provider: fetches what it publishes, takes the step of a rollover that is due, announces what will end.
    pub async fn keep_up_provider(
        &self,
        federation: &Federation,
        provider: IdentityProviderId,
    ) -> Result<ProviderUpkeep, ControlError> {
        let records = self.cx.read().await?.list_identity_providers().await?;
        let Some(record) = records.into_iter().find(|record| record.id == provider) else {
            self.drop_upkeep(provider).await?;
            return Ok(ProviderUpkeep::default());
        };
        let Ok(provider) = IdentityProvider::try_from(record) else {
            // Settings that cannot be used are looked at again when somebody changed them.
            self.plan_upkeep_at(provider, self.cx.now() + LATER).await?;
            return Ok(ProviderUpkeep::default());
        };
        let refreshed = Box::pin(federation.refresh_provider(&self.cx, &provider)).await?;
        let mut done = ProviderUpkeep {
            failed_check: refreshed.failed_check,
            provider_keys_changed: refreshed.keys_changed,
            ..ProviderUpkeep::default()
        };
        let mut rows = self.cx.begin().await?;
        // Announced when it begins and when it is over, not every time.
        match refreshed.failed_check {
            Some(check) => {
                let kept_until = self.cx.now() + LATER * 30;
                if rows.note_provider_notice(provider.id, FETCH_FAILED, kept_until).await? {
                    self.announce_of(&mut rows, &provider, "identity_provider.fetch_failed", check, None)
                        .await?;
                }
            }
            None => {
                if rows.withdraw_provider_notice(provider.id, FETCH_FAILED).await? {
                    self.announce_of(
                        &mut rows,
                        &provider,
                        "identity_provider.fetch_recovered",
                        "success",
                        None,
                    )
                    .await?;
                }
            }
        }
        if refreshed.keys_changed {
            self.announce_of(
                &mut rows,
                &provider,
                "identity_provider.provider_keys_changed",
                "success",
                None,
            )
            .await?;
        }
        rows.commit().await?;
        Box::pin(self.roll_due_keys(&provider, &mut done)).await?;
        done.announced = Box::pin(self.announce_ends(&provider)).await?;
        self.note_health(&provider, refreshed.failed_check).await?;
        // Dates of keys are looked at daily, whatever there is to fetch.
        let again_at = refreshed.again_at.min(self.cx.now() + LATER);
        self.plan_upkeep_at(provider.id, again_at).await?;
        Ok(done)
    }

    /// Gives each provider that has no date yet its first one: those that were connected before there were dates.
    pub async fn survey_providers(&self) -> Result<(), StoreError> {
        let providers = self.cx.read().await?.list_identity_providers().await?;
        let mut control = self.directory.parts().control.begin().await?;
        for provider in providers.iter().filter(|provider| provider.kind != provider::LOCAL) {
            control
                .plan_missing_provider_upkeep(self.cx.id(), provider.id, self.cx.now())
                .await?;
        }
        control.drop_provider_survey(self.cx.id()).await?;
        control.commit().await
    }

    async fn announce_of(
        &self,
        rows: &mut crate::store::TenantTx,
        provider: &IdentityProvider,
        event: &'static str,
        outcome: &str,
        detail: Option<&str>,
    ) -> Result<(), StoreError> {
        let event = AuditEvent {
            event,
            outcome,
            target: Some(&provider.alias),
            detail,
            ..AuditEvent::default()
        };
        self.record_event(rows, event).await
    }

    /// Our keys there: published ahead, switched on their date, removed when nobody uses them. Each step is guarded where it is made,
    /// so that of several nodes one takes it.
    async fn roll_due_keys(&self, provider: &IdentityProvider, done: &mut ProviderUpkeep) -> Result<(), ControlError> {
        let Some((purposes, rotation)) = rotation_of(provider) else {
            return Ok(());
        };
        let now = self.cx.now();
        let keys = self.cx.read().await?.list_federation_keys(provider.id).await?;
        let Some(switch_at) = switch_of(&keys, rotation) else {
            return Ok(());
        };
        let has_next = keys.iter().any(|key| key.state == FederationKeyState::Next);
        if !has_next && now >= switch_at - rotation.publish_ahead() {
            let inserted = self
                .insert_keys(provider.id, &provider.alias, purposes, FederationKeyState::Next)
                .await;
            match inserted {
                Ok(()) => {
                    let mut rows = self.cx.begin().await?;
                    self.announce_of(&mut rows, provider, "identity_provider.keys_published", "success", None)
                        .await?;
                    rows.commit().await?;
                    done.published = true;
                }
                // Another node was first.
                Err(ControlError::Store(StoreError::Exists)) => {}
                Err(error) => return Err(error),
            }
        } else if has_next && now >= switch_at {
            let mut rows = self.cx.begin().await?;
            if rows.switch_federation_keys(provider.id, now).await? {
                self.announce_of(
                    &mut rows,
                    provider,
                    "identity_provider.keys_switched",
                    "success",
                    Some("on its date"),
                )
                .await?;
                rows.commit().await?;
                done.switched = true;
            }
        }
        let mut rows = self.cx.begin().await?;
        let removed = rows
            .delete_disused_federation_keys(provider.id, now - PREVIOUS_KEPT, now - STILL_USED)
            .await?;
        if removed > 0 {
            self.announce_of(&mut rows, provider, "identity_provider.keys_removed", "success", None)
                .await?;
            rows.commit().await?;
            done.removed = true;
        }
        if done.published || done.switched || done.removed {
            self.announce().await?;
        }
        Ok(())
    }

    /// Tells the registry how the connection does, where operators see it beside all others.
    async fn note_health(&self, provider: &IdentityProvider, failed_check: Option<&str>) -> Result<(), StoreError> {
        let dates = Dates::of(&self.cx, provider).await?;
        let first = dates.ends().into_iter().min_by_key(|end| end.at);
        let health = ProviderHealth {
            alias: provider.alias.clone(),
            failed_check: failed_check.map(str::to_owned),
            end: first.map(|end| (end.kind.as_str().to_owned(), end.at)),
            checked_at: self.cx.now(),
        };
        let mut control = self.directory.parts().control.begin().await?;
        control.save_provider_health(self.cx.id(), provider.id, &health).await?;
        control.commit().await
    }

    /// Announces each end once at 90, 30 and 7 days before it, and when it has come.
    async fn announce_ends(&self, provider: &IdentityProvider) -> Result<usize, ControlError> {
        let dates = Dates::of(&self.cx, provider).await?;
        let mut announced = 0;
        for end in dates.ends() {
            let Some(days) = end.due(self.cx.now()) else {
                continue;
            };
            let key = format!("{}:{}:{days}", end.kind.as_str(), end.of.as_deref().unwrap_or_default());
            let mut rows = self.cx.begin().await?;
            let kept_until = end.at.max(self.cx.now()) + Duration::from_hours(24 * 365);
            if rows.note_provider_notice(provider.id, &key, kept_until).await? {
                let detail = format!("within {days} days, on {}", end.at.to_rfc3339());
                self.announce_of(
                    &mut rows,
                    provider,
                    "identity_provider.notice",
                    end.kind.as_str(),
                    Some(&detail),
                )
                .await?;
                rows.commit().await?;
                announced += 1;
            }
        }
        Ok(announced)
    }

    /// Fixes when the next keys take over; none for the usual date.
    ///
    /// # Errors
    /// [`ControlError::Conflict`] when there are no next keys.
    pub async fn plan_key_switch(&self, alias: &str, at: Option<Timestamp>) -> Result<(), ControlError> {
        self.require(crate::tenant::roles::Permission::ManageIdentityProviders)?;
        let id = self.get_keyed_provider(alias).await?.id;
        let mut rows = self.cx.begin().await?;
        self.check_reach_of_provider(&mut rows, alias, None).await?;
        if !rows.set_switch_of_federation_keys(id, at).await? {
            return Err(ControlError::Conflict(format!(
                "{alias} has no next keys; publish them first, then fix the date"
            )));
        }
        let detail = at.map(Timestamp::to_rfc3339);
        self.record(
            &mut rows,
            "identity_provider.key_switch_planned",
            Some(alias),
            detail.as_deref(),
        )
        .await?;
        self.finish(rows).await?;
        Ok(self.announce().await?)
    }
}

/// Looks after the providers that are due, a few at a time. Returns how many. One provider's failure is logged and does not stop the
/// others; it is due again when the claim ends.
pub async fn keep_up_providers(platform: &Platform, federation: &Federation) -> usize {
    let now = platform.now();
    let claimed = async {
        let mut control = platform.parts().control.begin().await?;
        let due = control.claim_provider_upkeep(now, now + CLAIM, BATCH).await?;
        control.commit().await?;
        Ok::<_, StoreError>(due)
    };
    let due = match claimed.await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(%error, "what is due at identity providers could not be asked");
            return 0;
        }
    };
    let count = due.len();
    let mut work = JoinSet::new();
    for due in due {
        let (platform, federation) = (platform.clone(), federation.clone());
        work.spawn(async move {
            let (tenant, provider) = (due.tenant, due.provider.map(|id| id.to_string()).unwrap_or_default());
            match Box::pin(keep_up(&platform, &federation, due)).await {
                Ok(done) if done == ProviderUpkeep::default() => {}
                Ok(done) => {
                    tracing::info!(tenant_id = %tenant, identity_provider = %provider, ?done, "identity provider looked after");
                }
                Err(error) => {
                    tracing::warn!(tenant_id = %tenant, identity_provider = %provider, %error, "identity provider not looked after");
                }
            }
        });
    }
    while work.join_next().await.is_some() {}
    count
}

async fn keep_up(
    platform: &Platform,
    federation: &Federation,
    due: DueProvider,
) -> Result<ProviderUpkeep, ControlError> {
    let directory = platform.directory();
    let Ok(tenant) = directory.resolve(&due.slug, platform.now()).await else {
        // Suspended, or gone: nobody signs in there.
        let mut control = platform.parts().control.begin().await?;
        control.postpone_provider_upkeep(&due, platform.now() + LATER).await?;
        control.commit().await?;
        return Ok(ProviderUpkeep::default());
    };
    let admin = TenantAdmin::for_work(TenantCx::for_work(tenant, directory.clone()), directory.clone());
    let Some(provider) = due.provider else {
        admin.survey_providers().await?;
        return Ok(ProviderUpkeep::default());
    };
    admin.keep_up_provider(federation, provider).await
}
