//! Tenants: searched, created, suspended and resumed by the platform.

use super::answer::{Answer, page, shown, status_of, tagged, with_members};
use super::entry::{Entry, Operator};
use super::input::{Body, Paging, Preconditions, Query, Segments};
use super::operation::{Operation, OperationTable};
use super::problem::Problem;
use crate::control::onboarding::{NewProvider, Onboarded, Onboarding};
use crate::control::tenants::{NewPlacement, NewTenant, TenantSummary};
use crate::control::{Change, ControlError, NewOwner, Origin};
use crate::store::control::{Placement, TenantStatus, Tier};
use crate::tenant::TenantDocument;
use crate::tenant::roles::Permission;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::json;

const LIST: &str = "/api/v1/tenants";
const ONE: &str = "/api/v1/tenants/{tenant}";
const STEPS: &str = "/api/v1/tenants/{tenant}/onboarding";
const CONTINUE: &str = "/api/v1/tenants/{tenant}/onboarding/continue";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listTenants", "Search tenants")
                .needs(Permission::ReadTenants)
                .says("In order of slug. Deleted tenants are listed only when asked for.")
                .query("q", "SearchText", "Part of the slug or the name, whatever the case.")
                .query("status", "TenantStatus", "Only tenants in this state.")
                .paged("TenantPage"),
            list,
        )
        .on(
            Operation::post(LIST, "createTenant", "Create a tenant")
                .needs(Permission::ManageTenants)
                .says(
                    "Step by step: with its keys, store and settings, the apps that every tenant has, an identity provider and an \
                     owner where they are given; then it is served. Sent again, it finds the tenant that is there, finishes what \
                     was cut off, and brings name and contract up to date; the slug never changes. `invitation` is the link with \
                     which the owner chooses a password, as long as they have none: it is shown once, and ends those before.",
                )
                .takes(
                    "NewTenant",
                    json!({
                        "slug": "riverside", "display_name": "Riverside Clinic", "tier": "standard", "placement": "shared",
                        "owner": { "username": "it@riverside.example", "email": "it@riverside.example" },
                    }),
                )
                .answers(201, Some("CreatedTenant"), "It was created.")
                .answers(200, Some("CreatedTenant"), "It was there."),
            create,
        )
        .on(
            Operation::get(STEPS, "listOnboardingSteps", "See how far the making of a tenant is")
                .needs(Permission::ReadTenants)
                .says("In order, all in one page. Empty for a tenant that is older than the list.")
                .gives("OnboardingSteps"),
            steps,
        )
        .on(
            Operation::post(CONTINUE, "continueOnboarding", "Finish the making of a tenant")
                .needs(Permission::ManageTenants)
                .says("After a run that was cut off or failed, from what was asked for then. 409 when there is nothing to finish.")
                .answers(200, Some("CreatedTenant"), "It is served.")
                .answers(409, Some("Problem"), "There is nothing to finish."),
            resume,
        )
        .on(
            Operation::get(ONE, "getTenant", "Show a tenant")
                .needs(Permission::ReadSettings)
                .gives("Tenant")
                .tagged(),
            get,
        )
        .on(
            Operation::patch(ONE, "updateTenant", "Suspend or resume a tenant, or change its contract")
                .needs(Permission::ManageTenants)
                .says("A suspended tenant answers nobody, and nothing of it is lost.")
                .takes("TenantPatch", json!({ "status": "active", "tier": "enterprise" }))
                .gives("Tenant")
                .tagged(),
            update,
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    q: Option<String>,
    status: Option<TenantStatus>,
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list(Operator(entry): Operator, Query(filter): Query<Filter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let limit = paging.limit()?;
    let after: String = paging.after()?;
    let tenants = entry
        .platform
        .search_tenants(&entry.actor, filter.q.as_deref(), filter.status, &after, limit + 1)
        .await?;
    page(tenants, limit, |tenant| tenant.slug.clone())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    slug: String,
    display_name: String,
    #[serde(default = "standard")]
    tier: Tier,
    #[serde(default = "shared")]
    placement: Placement,
    settings: Option<TenantDocument>,
    owner: Option<NewOwner>,
    identity_provider: Option<NewProvider>,
}

const fn standard() -> Tier {
    Tier::Standard
}

const fn shared() -> Placement {
    Placement::Shared
}

async fn create(Operator(entry): Operator, Body(new): Body<Description>) -> Answer {
    let known = entry.platform.find_described_settings(&new.slug).await?;
    let given = new.settings.is_some();
    let (owner, identity_provider) = (new.owner, new.identity_provider);
    let new = NewTenant {
        slug: new.slug,
        display_name: new.display_name,
        tier: new.tier,
        placement: match new.placement {
            Placement::Shared => NewPlacement::Shared,
            Placement::Dedicated => NewPlacement::Dedicated(None),
        },
        // What is not given stays as it was set before.
        document: new.settings.or_else(|| known.clone()).unwrap_or_default(),
    };
    if entry.dry_run {
        let change = entry.platform.check_new_tenant(&entry.actor, &new).await?;
        return super::answer::ok(&json!({ "slug": new.slug, "display_name": new.display_name, "change": change }));
    }
    let onboarding = Onboarding {
        tenant: new,
        owner,
        identity_provider,
        read_from: known.filter(|_| !given),
    };
    let done = Box::pin(entry.platform.onboard(&entry.actor, &onboarding, &|_| {})).await?;
    let mut response = onboarded(&done)?;
    if done.change == Change::Created
        && let Ok(address) = HeaderValue::from_str(&format!("{LIST}/{}", done.tenant.slug))
    {
        response.headers_mut().insert(header::LOCATION, address);
    }
    Ok(response)
}

fn onboarded(done: &Onboarded) -> Answer {
    let invitation = done
        .invitation
        .as_ref()
        .map(|link| json!({ "link": link.address.expose(), "expires_at": link.expires_at.to_rfc3339() }));
    let members = json!({ "change": done.change, "steps": done.steps, "invitation": invitation });
    tagged(
        status_of(done.change),
        &with_members(&done.tenant, &members)?,
        &done.tenant,
    )
}

/// What cannot be a tenant's name has no steps.
async fn steps(Operator(entry): Operator, Segments(path): Segments<OneTenant>) -> Answer {
    let steps = entry.platform.onboarding_steps(&entry.actor, &path.tenant).await;
    super::answer::ok(&json!({ "items": steps.map_err(unknown)? }))
}

async fn resume(Operator(entry): Operator, Segments(path): Segments<OneTenant>) -> Answer {
    if entry.dry_run {
        let summary = summary(&entry, &path.tenant).await?;
        entry.actor.require(Permission::ManageTenants)?;
        let members = json!({ "change": Change::Unchanged, "steps": [], "invitation": null });
        return tagged(StatusCode::OK, &with_members(&summary, &members)?, &summary);
    }
    let done = entry.platform.resume_onboarding(&entry.actor, &path.tenant, &|_| {});
    onboarded(&Box::pin(done).await.map_err(unknown)?)
}

/// A tenant that is not served can still be looked at by the platform: its entry in the registry, not its rows.
async fn summary(entry: &Entry, slug: &str) -> Result<TenantSummary, Problem> {
    entry.actor.require(Permission::ReadSettings)?;
    let own = entry.issuer.tenant().slug.as_str() == slug;
    if entry.actor.origin() == Origin::Tenant && !own {
        return Err(crate::issuer::BearerRefusal::TenantMismatch.into());
    }
    Ok(entry.platform.get_tenant(slug).await.map_err(unknown)?)
}

/// What cannot be a slug names no tenant.
pub(super) fn unknown(error: ControlError) -> ControlError {
    match error {
        ControlError::Slug(_) | ControlError::NotFound { .. } => {
            ControlError::Tenant(crate::tenant::TenantRefusal::Unknown)
        }
        other => other,
    }
}

#[derive(Deserialize)]
struct OneTenant {
    tenant: String,
}

async fn get(entry: Entry, headers: HeaderMap, Segments(path): Segments<OneTenant>) -> Answer {
    let summary = summary(&entry, &path.tenant).await?;
    shown(&headers, &summary, &summary)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    status: Option<TenantStatus>,
    tier: Option<Tier>,
}

async fn update(
    Operator(entry): Operator,
    Segments(path): Segments<OneTenant>,
    Preconditions(precondition): Preconditions,
    Body(patch): Body<Patch>,
) -> Answer {
    entry.actor.require(Permission::ManageTenants)?;
    let slug = path.tenant;
    let before = summary(&entry, &slug).await?;
    precondition.check(Some(&before))?;
    if matches!(patch.status, Some(TenantStatus::Deleted | TenantStatus::Preparing)) {
        return Err(ControlError::invalid("status", "is active or suspended").into());
    }
    let mut change = Change::Unchanged;
    if !entry.dry_run {
        if let Some(tier) = patch.tier {
            change = change.and(entry.platform.set_tenant_tier(&entry.actor, &slug, tier).await?);
        }
        if let Some(status) = patch.status {
            change = change.and(entry.platform.set_tenant_status_as(&entry.actor, &slug, status).await?);
        }
    } else if patch.status.is_some_and(|status| status != before.status)
        || patch.tier.is_some_and(|tier| tier != before.tier)
    {
        change = Change::Updated;
    }
    let after = summary(&entry, &slug).await?;
    let body = with_members(&after, &json!({ "change": change }))?;
    tagged(StatusCode::OK, &body, &after)
}
