//! Ways to sign in: the list, the steps of setting one up, certificates and setup links. [`Desk`] is who does it: somebody at the
//! console, or the holder of a setup link.

mod certificates;
mod connect;
mod links;
mod list;
mod offer;
mod overview;
mod rules;
mod test;

use super::desk::Desk;
use super::respond::ConsoleFault;
use super::setup_link;
use crate::control::ControlError;
use crate::control::Platform;
use crate::control::identity_providers::IdentityProviderSummary;
use crate::federation::{Federation, provider};
use crate::tenant::TenantDirectory;
use crate::web::pages::console::{MethodHead, MethodKind};
use crate::web::route_table::RouteTable;
use axum::extract::FromRef;

/// The screens of the tenant's console.
pub(super) fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
    Platform: FromRef<S>,
{
    RouteTable::new()
        .get("/{tenant}/admin/sign-in-methods", list::get)
        .get("/{tenant}/admin/sign-in-methods/new", connect::get_new)
        .post("/{tenant}/admin/sign-in-methods/new", connect::post_new)
        .get("/{tenant}/admin/sign-in-methods/{alias}", overview::get)
        .get("/{tenant}/admin/sign-in-methods/{alias}/connect", connect::get)
        .post("/{tenant}/admin/sign-in-methods/{alias}/connect", connect::post)
        .post("/{tenant}/admin/sign-in-methods/{alias}/check", overview::check)
        .get("/{tenant}/admin/sign-in-methods/{alias}/rules", rules::get)
        .post("/{tenant}/admin/sign-in-methods/{alias}/rules", rules::post)
        .get("/{tenant}/admin/sign-in-methods/{alias}/test", test::get)
        .post("/{tenant}/admin/sign-in-methods/{alias}/test", test::post)
        .get("/{tenant}/admin/sign-in-methods/{alias}/offer", offer::get)
        .post("/{tenant}/admin/sign-in-methods/{alias}/offer", offer::post)
        .post("/{tenant}/admin/sign-in-methods/{alias}/switch", overview::switch)
        .get("/{tenant}/admin/certificates", certificates::get)
        .post("/{tenant}/admin/setup-links", links::make)
        .post("/{tenant}/admin/setup-links/revoke", links::revoke)
}

/// The same steps for holders of setup links, below the issuer.
pub(super) fn link_routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
    Platform: FromRef<S>,
{
    RouteTable::new()
        .get("/{tenant}/auth/setup/{token}", setup_link::get)
        .post("/{tenant}/auth/setup/{token}", setup_link::post)
        .get("/{tenant}/auth/connection", overview::get)
        .get("/{tenant}/auth/connection/new", connect::get_new)
        .post("/{tenant}/auth/connection/new", connect::post_new)
        .get("/{tenant}/auth/connection/connect", connect::get)
        .post("/{tenant}/auth/connection/connect", connect::post)
        .post("/{tenant}/auth/connection/check", overview::check)
        .get("/{tenant}/auth/connection/rules", rules::get)
        .post("/{tenant}/auth/connection/rules", rules::post)
        .get("/{tenant}/auth/connection/test", test::get)
        .post("/{tenant}/auth/connection/test", test::post)
        .post("/{tenant}/auth/connection/switch", overview::switch)
        .post("/{tenant}/auth/connection/leave", setup_link::leave)
}

fn kind_of(summary: &IdentityProviderSummary) -> MethodKind {
    match summary.kind.as_str() {
        provider::OIDC => MethodKind::Oidc,
        provider::SAML => MethodKind::Saml,
        _ => MethodKind::Local,
    }
}

fn is_on(summary: &IdentityProviderSummary) -> bool {
    summary
        .settings
        .pointer("/offer/off")
        .and_then(serde_json::Value::as_bool)
        != Some(true)
}

fn head(desk: &Desk, summary: &IdentityProviderSummary) -> MethodHead {
    MethodHead {
        name: summary.display_name.clone(),
        overview: desk.href(&summary.alias, ""),
    }
}

/// What to say of a refusal on the page where it can be mended; the others have pages of their own.
fn said(error: ControlError) -> Result<String, ConsoleFault> {
    match error {
        ControlError::Conflict(_)
        | ControlError::Invalid { .. }
        | ControlError::Provider(_)
        | ControlError::BeyondOwnRole(_) => Ok(error.to_string()),
        other => Err(other.into()),
    }
}
