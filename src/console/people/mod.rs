//! `/<tenant>/admin/people`: people, searched, shown, helped, signed out, given roles, invited.

mod acts;
mod invite;
mod list;
mod person;

use super::Visit;
use super::respond::ConsoleFault;
use crate::control::{ControlError, Platform};
use crate::federation::Federation;
use crate::federation::local::outbox;
use crate::kernel::id::AccountId;
use crate::session::backchannel_logout;
use crate::tenant::TenantDirectory;
use crate::web::pages::console::PersonForm;
use crate::web::route_table::RouteTable;
use axum::extract::FromRef;
use serde::Deserialize;

/// The screens.
pub(super) fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
    Platform: FromRef<S>,
{
    RouteTable::new()
        .get("/{tenant}/admin/people", list::get)
        .post("/{tenant}/admin/people", list::post)
        .get("/{tenant}/admin/people/invite", invite::get)
        .post("/{tenant}/admin/people/invite", invite::post)
        .get("/{tenant}/admin/people/{account}", person::get)
        .post("/{tenant}/admin/people/{account}/unlock", acts::unlock)
        .post("/{tenant}/admin/people/{account}/link", acts::link)
        .post("/{tenant}/admin/people/{account}/session", acts::end_session)
        .post("/{tenant}/admin/people/{account}/sign-out-everywhere", acts::sign_out)
        .post("/{tenant}/admin/people/{account}/role", acts::change_role)
        .post("/{tenant}/admin/people/{account}/consent", acts::withdraw)
        .post(
            "/{tenant}/admin/people/{account}/second-factors",
            acts::remove_second_factors,
        )
        .post("/{tenant}/admin/people/{account}/status", acts::change_status)
        .post("/{tenant}/admin/people/{account}/delete", acts::delete)
}

/// Path parameters.
#[derive(Deserialize)]
struct PersonPath {
    account: String,
}

impl PersonPath {
    /// The account. What cannot be one is not there.
    fn account(&self) -> Result<AccountId, ConsoleFault> {
        self.account.parse().map_err(|_| {
            let name = self.account.clone();
            ControlError::NotFound { what: "user", name }.into()
        })
    }
}

/// The page of one person.
fn place(account: AccountId) -> String {
    format!("people/{account}")
}

/// What the form of an act on a person is for.
fn purpose(act: &str, account: AccountId) -> String {
    format!("person {act} {account}")
}

/// The form of an act on a person.
fn form(visit: &Visit, act: &str, account: AccountId) -> PersonForm {
    PersonForm {
        csrf: visit.csrf(&purpose(act, account)),
        action: visit.href(&format!("{}/{act}", place(account))),
    }
}

/// Sends what was written down beside a change: mail, and notices to apps.
fn deliver(visit: &Visit, federation: &Federation, has_notices: bool) {
    outbox::deliver_soon(&visit.cx, federation.mailer());
    if has_notices {
        backchannel_logout::deliver_soon(&visit.cx, federation.outbound());
    }
}
