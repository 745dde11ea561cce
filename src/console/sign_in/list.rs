//! `GET /<tenant>/admin/sign-in-methods`: the ways to sign in, and the setup links.

use super::{is_on, kind_of};
use crate::console::desk::{Desk, Fields};
use crate::console::respond::ConsoleFault;
use crate::control::sign_in_methods::TEST_PASSED;
use crate::control::sign_in_traces::WantedTraces;
use crate::kernel::Timestamp;
use crate::tenant::roles::Permission;
use crate::web::Href;
use crate::web::pages::console::{MethodRow, SetupLinkRow, SignInMethodsPage};
use axum::extract::RawQuery;
use axum::response::Response;

/// The page.
pub(super) async fn get(desk: Desk, RawQuery(query): RawQuery) -> Response {
    let query = Fields::of_query(query.as_deref());
    let shown = page(&desk).await;
    desk.answer(shown.map(|page| {
        desk.page(&SignInMethodsPage {
            revoked: query.has("revoked"),
            ..page
        })
    }))
}

/// The list as it stands.
pub(super) async fn page(desk: &Desk) -> Result<SignInMethodsPage, ConsoleFault> {
    let admin = desk.admin();
    let mut methods = Vec::new();
    for summary in admin.list_identity_providers().await? {
        methods.push(MethodRow {
            on: is_on(&summary),
            kind: kind_of(&summary),
            last_sign_in: last_sign_in(desk, &summary.alias).await?,
            href: desk.href(&summary.alias, ""),
            name: summary.display_name,
            alias: summary.alias,
        });
    }
    let links = admin.list_setup_links().await?;
    let manages = admin.actor().may(Permission::ManageIdentityProviders);
    let at = |place: &str| Href::local(&format!("{}/{place}", desk.cx().urls().console_path()));
    Ok(SignInMethodsPage {
        frame: desk.frame(),
        methods,
        add: manages.then(|| Href::local(&desk.new_path())),
        certificates: at("certificates"),
        links: links
            .into_iter()
            .map(|link| SetupLinkRow {
                id: link.id.to_string(),
                label: link.label,
                alias: link.alias,
                state: link.state,
                until: link.expires_at,
            })
            .collect(),
        csrf: desk.csrf("setup-links"),
        make_link: at("setup-links"),
        revoke_link: at("setup-links/revoke"),
        made: None,
        revoked: false,
        error: None,
        typed: (String::new(), String::new()),
    })
}

/// When somebody last signed in there, as far as traces are kept; `None` for those who may not read them.
async fn last_sign_in(desk: &Desk, alias: &str) -> Result<Option<Option<Timestamp>>, ConsoleFault> {
    if !desk.admin().actor().may(Permission::ReadTraces) {
        return Ok(None);
    }
    let wanted = WantedTraces {
        identity_provider: Some(alias),
        outcome: Some(TEST_PASSED),
        ..WantedTraces::default()
    };
    let newest = desk.admin().list_sign_in_traces(&wanted, 1).await?;
    Ok(Some(
        newest.first().and_then(|trace| Timestamp::from_rfc3339(&trace.at)),
    ))
}
