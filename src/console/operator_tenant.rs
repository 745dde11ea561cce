//! `/admin/tenants/{slug}`: one tenant's page, and what operators do to it.

use super::desk::field;
use super::respond::ConsoleFault;
use super::{OperatorVisit, Visit, home, operator_health, usage};
use crate::control::onboarding::{Onboarded, StepSummary};
use crate::control::tenants::TenantSummary;
use crate::control::usage::UsagePeriod;
use crate::control::{Actor, Change, ControlError, TenantAdmin};
use crate::interaction::PageForm;
use crate::interaction::respond::see_other;
use crate::kernel::Timestamp;
use crate::kernel::id::RequestId;
use crate::store::control::{TenantStatus, Tier};
use crate::store::tenant::EventFilter;
use crate::tenant::TenantRefusal;
use crate::tenant::roles::Permission;
use crate::web::dates::moment_in_words;
use crate::web::pages::console::{
    AskedRequest, ChartSpan, OperatorTenant, OperatorTenantCreated, RefusedRow, Section, ServiceRow, StepRow,
    TenantActs, TenantDone, TenantInside,
};
use crate::web::{CspSource, Language, PagePolicy};
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;

/// Events on a tenant's page.
const RECENT_EVENTS: u32 = 8;

/// Path parameters.
#[derive(Deserialize)]
pub(super) struct OneTenant {
    slug: String,
}

/// Set by the redirect after an act.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    done: Option<String>,
    /// A request that is asked about.
    request: Option<String>,
}

/// `GET /admin/tenants/{slug}`.
pub(super) async fn get(
    OperatorVisit(visit): OperatorVisit,
    Path(path): Path<OneTenant>,
    Query(after): Query<After>,
) -> Response {
    let done = after.done.as_deref().and_then(TenantDone::read);
    let shown = Shown {
        done,
        asked: after.request.unwrap_or_default().trim().chars().take(100).collect(),
        ..Shown::default()
    };
    visit.answer(show(&visit, &path.slug, shown).await)
}

/// The platform's own tenant has no page here, nor has what is no slug.
async fn summary(visit: &Visit, slug: &str) -> Result<TenantSummary, ConsoleFault> {
    visit.actor().require(Permission::ReadTenants)?;
    let unknown = || ControlError::Tenant(TenantRefusal::Unknown);
    if visit.cx.tenant().slug.as_str() == slug {
        return Err(unknown().into());
    }
    let found = visit.platform().get_tenant(slug).await;
    Ok(found.map_err(|error| match error {
        ControlError::Slug(_) => unknown(),
        other => other,
    })?)
}

/// What a tenant's page says beside the tenant.
#[derive(Default)]
struct Shown {
    done: Option<TenantDone>,
    before: Option<(String, &'static str)>,
    wrong_name: bool,
    problem: Option<String>,
    /// The request that is asked about, as it was typed.
    asked: String,
}

async fn show(visit: &Visit, slug: &str, shown: Shown) -> Result<Response, ConsoleFault> {
    let tenant = summary(visit, slug).await?;
    let steps = visit.platform().onboarding_steps(visit.actor(), slug).await?;
    let health = visit.platform().tenant_health(visit.actor(), slug).await?;
    let (mut inside, mut store_failed) = (None, false);
    if tenant.status == TenantStatus::Active {
        match look_inside(visit, slug, &shown.asked).await {
            Ok(found) => inside = Some(found),
            Err(ControlError::Store(error)) => {
                tracing::warn!(tenant_id = %tenant.id, %error, "an operator's page found the tenant's store failing");
                store_failed = true;
            }
            Err(ControlError::Tenant(TenantRefusal::Unavailable(error))) => {
                tracing::warn!(tenant_id = %tenant.id, %error, "an operator's page found the tenant's store failing");
                store_failed = true;
            }
            Err(other) => return Err(other.into()),
        }
    }
    let acts = visit.may(Permission::ManageTenants).then(|| TenantActs {
        csrf: visit.csrf(&purpose(slug)),
        suspend: visit.href(&format!("tenants/{slug}/suspend")),
        resume: visit.href(&format!("tenants/{slug}/resume")),
        continue_onboarding: visit.href(&format!("tenants/{slug}/continue")),
        contract: visit.href(&format!("tenants/{slug}/contract")),
    });
    let page = OperatorTenant {
        frame: visit.frame(Section::Tenants),
        back: visit.href("tenants"),
        again: visit.href(&format!("tenants/{slug}")),
        hours: operator_health::charts_of(&health.hours),
        services: health
            .providers
            .into_iter()
            .map(|service| ServiceRow {
                alias: service.alias,
                failed_check: service.failed_check,
                end: service.end,
                checked_at: service.checked_at,
            })
            .collect(),
        name: tenant.display_name,
        slug: tenant.slug,
        id: tenant.id.to_string(),
        issuer: tenant.issuer,
        status: tenant.status.as_str(),
        tier: tenant.tier.as_str(),
        placement: tenant.placement.as_str(),
        created_at: Timestamp::from_rfc3339(&tenant.created_at).unwrap_or(Timestamp::EPOCH),
        steps: rows(&steps),
        inside,
        store_failed,
        done: shown.done,
        before: shown.before,
        acts,
        wrong_name: shown.wrong_name,
        problem: shown.problem,
    };
    Ok(if page.is_running() {
        // The script that watches the steps asks this page again.
        let policy = PagePolicy {
            connect: CspSource::covering(visit.cx.issuer()).into_iter().collect(),
            ..PagePolicy::closed(visit.cx.urls().base().is_https())
        };
        visit.page_under(&page, policy)
    } else {
        visit.page(&page)
    })
}

fn purpose(slug: &str) -> String {
    format!("tenant {slug}")
}

/// How steps are listed.
pub(super) fn rows(steps: &[StepSummary]) -> Vec<StepRow> {
    steps
        .iter()
        .map(|step| StepRow {
            step: step.step.as_str(),
            state: step.state.as_str(),
            detail: step.detail.clone(),
        })
        .collect()
}

/// What the tenant's own rows say. Looking is entering: it is announced in the tenant's audit log.
async fn look_inside(visit: &Visit, slug: &str, asked: &str) -> Result<TenantInside, ControlError> {
    let directory = visit.platform().directory();
    let tenant = directory.resolve(slug, visit.cx.now()).await?;
    let cx = crate::tenant::TenantCx::for_request(tenant, directory.clone(), visit.cx.request_id());
    let admin = TenantAdmin::entered_by(cx, visit.platform(), Actor::clone(visit.actor())).await?;
    let providers = if admin.actor().may(Permission::ReadIdentityProviders) {
        admin.list_identity_providers().await?
    } else {
        Vec::new()
    };
    let keys = admin.list_signing_keys().await?;
    let events = admin.list_events(&EventFilter::default(), RECENT_EVENTS).await?;
    let month = admin.usage_over_time(UsagePeriod::Month, None).await?;
    Ok(TenantInside {
        providers: providers
            .into_iter()
            .map(|provider| (provider.alias, provider.kind, provider.display_name))
            .collect(),
        keys: keys
            .into_iter()
            .map(|key| (key.kid, key.algorithm.as_str().to_owned(), key.state.to_owned()))
            .collect(),
        charts: usage::charts(ChartSpan::Month, &month, false),
        events: events.into_iter().map(home::row).collect(),
        refusal: asked_request(&admin, asked, visit.cx.language()).await?,
        asked: asked.to_owned(),
    })
}

/// What is known of a request; what cannot be one is as unknown as one that was not refused here.
async fn asked_request(
    admin: &TenantAdmin,
    asked: &str,
    language: Language,
) -> Result<Option<AskedRequest>, ControlError> {
    if asked.is_empty() || !admin.actor().may(Permission::ReadUsage) {
        return Ok(None);
    }
    let Ok(request) = asked.parse::<RequestId>() else {
        return Ok(Some(AskedRequest::Unknown));
    };
    match admin.explain_refusal_in(request, language).await {
        Ok(found) => Ok(Some(AskedRequest::Refused(RefusedRow {
            at: Timestamp::from_rfc3339(&found.at).unwrap_or(Timestamp::EPOCH),
            failed_check: found.failed_check,
            cause: found.cause,
            mend: found.mend,
            route: found.route,
            status: found.status,
            error: found.error,
            app: found.client_name.or(found.client_id),
        }))),
        Err(ControlError::NotFound { .. }) => Ok(Some(AskedRequest::Unknown)),
        Err(other) => Err(other),
    }
}

/// `POST /admin/tenants/{slug}/suspend`: after its name was typed, by somebody who lately proved who they are.
pub(super) async fn suspend(
    OperatorVisit(visit): OperatorVisit,
    Path(path): Path<OneTenant>,
    PageForm(form): PageForm,
) -> Response {
    let act = async {
        visit.check_csrf(&purpose(&path.slug), &form)?;
        visit.require_recent(&format!("tenants/{}", path.slug))?;
        let tenant = summary(&visit, &path.slug).await?;
        if field(&form, "confirm").trim() != tenant.slug {
            let shown = Shown {
                wrong_name: true,
                ..Shown::default()
            };
            return show(&visit, &path.slug, shown).await;
        }
        change(&visit, &path.slug, TenantStatus::Suspended, TenantDone::Suspended).await
    };
    visit.answer(act.await)
}

/// `POST /admin/tenants/{slug}/resume`.
pub(super) async fn resume(
    OperatorVisit(visit): OperatorVisit,
    Path(path): Path<OneTenant>,
    PageForm(form): PageForm,
) -> Response {
    let act = async {
        visit.check_csrf(&purpose(&path.slug), &form)?;
        summary(&visit, &path.slug).await?;
        change(&visit, &path.slug, TenantStatus::Active, TenantDone::Resumed).await
    };
    visit.answer(act.await)
}

async fn change(visit: &Visit, slug: &str, status: TenantStatus, done: TenantDone) -> Result<Response, ConsoleFault> {
    visit
        .platform()
        .set_tenant_status_as(visit.actor(), slug, status)
        .await?;
    let place = visit.path(&format!("tenants/{slug}"));
    Ok(see_other(&format!("{place}?done={}", done.as_str())))
}

/// `POST /admin/tenants/{slug}/contract`: another name, another contract. The answer offers to undo it.
pub(super) async fn contract(
    OperatorVisit(visit): OperatorVisit,
    Path(path): Path<OneTenant>,
    PageForm(form): PageForm,
) -> Response {
    let act = async {
        visit.check_csrf(&purpose(&path.slug), &form)?;
        let tenant = summary(&visit, &path.slug).await?;
        visit.actor().require(Permission::ManageTenants)?;
        let name = field(&form, "display_name");
        let tier = if field(&form, "tier") == Tier::Enterprise.as_str() {
            Tier::Enterprise
        } else {
            Tier::Standard
        };
        let platform = visit.platform();
        let renamed = Box::pin(platform.rename_tenant(visit.actor(), &path.slug, name)).await;
        let shown = match renamed {
            Ok(renamed) => {
                let change = platform.set_tenant_tier(visit.actor(), &path.slug, tier).await?;
                let before =
                    (renamed.and(change) != Change::Unchanged).then(|| (tenant.display_name, tenant.tier.as_str()));
                Shown {
                    before,
                    ..Shown::default()
                }
            }
            Err(ControlError::Invalid { problem, .. }) => Shown {
                problem: Some(problem),
                ..Shown::default()
            },
            Err(other) => return Err(other.into()),
        };
        show(&visit, &path.slug, shown).await
    };
    visit.answer(act.await)
}

/// `POST /admin/tenants/{slug}/continue`: finishes an onboarding.
pub(super) async fn continue_onboarding(
    OperatorVisit(visit): OperatorVisit,
    Path(path): Path<OneTenant>,
    PageForm(form): PageForm,
) -> Response {
    let act = async {
        visit.check_csrf(&purpose(&path.slug), &form)?;
        summary(&visit, &path.slug).await?;
        let done = visit.platform().resume_onboarding(visit.actor(), &path.slug, &|_| {});
        Ok(created(&visit, Box::pin(done).await?))
    };
    visit.answer(act.await)
}

/// The page that shows a tenant that was just made, with its owner's link.
pub(super) fn created(visit: &Visit, done: Onboarded) -> Response {
    let page = OperatorTenantCreated {
        frame: visit.frame(Section::Tenants),
        tenant: visit.href(&format!("tenants/{}", done.tenant.slug)),
        name: done.tenant.display_name,
        issuer: done.tenant.issuer,
        invitation: done
            .invitation
            .map(|link| (link.address, moment_in_words(link.expires_at, visit.cx.language()))),
        steps: rows(&done.steps),
    };
    visit.page(&page)
}
