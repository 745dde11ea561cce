//! Tenants: searched, created, suspended and resumed by the platform.

use super::answer::{Answer, page, shown, status_of, tagged, with_members};
use super::entry::{Entry, Operator};
use super::input::{Body, Paging, Preconditions, Query, Segments};
use super::operation::{Operation, OperationTable};
use super::problem::Problem;
use crate::control::tenants::{NewPlacement, NewTenant, TenantSummary};
use crate::control::{Change, ControlError, Origin};
use crate::store::control::{Placement, TenantStatus, Tier};
use crate::tenant::TenantDocument;
use crate::tenant::roles::Permission;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::json;

const LIST: &str = "/api/v1/tenants";
const ONE: &str = "/api/v1/tenants/{tenant}";

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
                    "With its keys, its store and its settings; it is served at once. Sent again, it finds the tenant that is \
                     there, finishes what was cut off, and brings name and contract up to date; the slug never changes.",
                )
                .takes(
                    "NewTenant",
                    json!({ "slug": "riverside", "display_name": "Riverside Clinic", "tier": "standard", "placement": "shared" }),
                )
                .answers(201, Some("Tenant"), "It was created.")
                .answers(200, Some("Tenant"), "It was there."),
            create,
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
}

const fn standard() -> Tier {
    Tier::Standard
}

const fn shared() -> Placement {
    Placement::Shared
}

async fn create(Operator(entry): Operator, Body(new): Body<Description>) -> Answer {
    let known = entry.platform.find_settings(&new.slug).await?;
    let new = NewTenant {
        slug: new.slug,
        display_name: new.display_name,
        tier: new.tier,
        placement: match new.placement {
            Placement::Shared => NewPlacement::Shared,
            Placement::Dedicated => NewPlacement::Dedicated(None),
        },
        // What is not given stays as it was set before.
        document: new.settings.or(known).unwrap_or_default(),
    };
    if entry.dry_run {
        let change = entry.platform.check_new_tenant(&entry.actor, &new).await?;
        return super::answer::ok(&json!({ "slug": new.slug, "display_name": new.display_name, "change": change }));
    }
    let (summary, change) = entry.platform.create_tenant_as(&entry.actor, &new).await?;
    let body = with_members(&summary, &json!({ "change": change }))?;
    let mut response = tagged(status_of(change), &body, &summary)?;
    if change == Change::Created
        && let Ok(address) = HeaderValue::from_str(&format!("{LIST}/{}", summary.slug))
    {
        response.headers_mut().insert(header::LOCATION, address);
    }
    Ok(response)
}

/// A tenant that is not served can still be looked at by the platform: its entry in the registry, not its rows.
async fn summary(entry: &Entry, slug: &str) -> Result<TenantSummary, Problem> {
    entry.actor.require(Permission::ReadSettings)?;
    let own = entry.issuer.tenant().slug.as_str() == slug;
    if entry.actor.origin() != Origin::Platform && !own {
        return Err(crate::issuer::BearerRefusal::TenantMismatch.into());
    }
    Ok(entry.platform.get_tenant(slug).await.map_err(unknown)?)
}

/// What cannot be a slug names no tenant.
fn unknown(error: ControlError) -> ControlError {
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
    if patch.status == Some(TenantStatus::Deleted) {
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
