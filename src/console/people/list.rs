//! `/<tenant>/admin/people`: searching. A search is sent as a form, because names do not belong into addresses.

use super::super::Visit;
use super::super::desk::field;
use super::super::respond::ConsoleFault;
use crate::control::users::UserSummary;
use crate::interaction::PageForm;
use crate::kernel::Timestamp;
use crate::kernel::id::AccountId;
use crate::tenant::roles::{Permission, Role};
use crate::web::Href;
use crate::web::pages::console::{ConsolePeople, PeopleFilter, PersonRow, Section};
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use serde::Deserialize;

/// People on one page.
const PAGE: u32 = 50;
/// What the form is for.
const SEARCH: &str = "people search";

/// Whom to show without a search.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    show: String,
    after: String,
    done: String,
}

/// What was found.
#[derive(Default)]
struct Found {
    search: String,
    filter: Option<PeopleFilter>,
    users: Option<Vec<UserSummary>>,
    next: Option<AccountId>,
    deleted: bool,
}

/// `GET people`: the search, or whom a filter shows.
pub(super) async fn get(visit: Visit, which: Result<Query<Which>, QueryRejection>) -> Response {
    let which = which.map(|Query(which)| which).unwrap_or_default();
    let shown = async {
        visit.actor().require(Permission::ReadUsers)?;
        let after = which.after.parse::<AccountId>().ok();
        let filter = PeopleFilter::parse(&which.show);
        let found = match filter {
            None => Found {
                deleted: which.done == "deleted",
                ..Found::default()
            },
            Some(PeopleFilter::Administrators) => {
                let (users, next) = visit.admin.list_administrators(after, PAGE).await?;
                Found {
                    filter,
                    users: Some(users),
                    next,
                    ..Found::default()
                }
            }
            Some(PeopleFilter::Everybody) => {
                let (users, next) = visit.admin.search_users(None, after, PAGE).await?;
                Found {
                    filter,
                    users: Some(users),
                    next,
                    ..Found::default()
                }
            }
        };
        Ok(page(&visit, found))
    };
    visit.answer(shown.await)
}

/// `POST people`: a search.
pub(super) async fn post(visit: Visit, PageForm(form): PageForm) -> Response {
    let found: Result<Response, ConsoleFault> = async {
        visit.check_csrf(SEARCH, &form)?;
        let search = field(&form, "q").trim().to_owned();
        if search.is_empty() {
            visit.actor().require(Permission::ReadUsers)?;
            return Ok(page(&visit, Found::default()));
        }
        let after = field(&form, "after").parse::<AccountId>().ok();
        let (users, next) = visit.admin.search_users(Some(&search), after, PAGE).await?;
        let found = Found {
            search,
            filter: None,
            users: Some(users),
            next,
            deleted: false,
        };
        Ok(page(&visit, found))
    }
    .await;
    visit.answer(found)
}

fn page(visit: &Visit, found: Found) -> Response {
    let address = |filter: PeopleFilter, after: Option<AccountId>| {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        Href::local(&format!("{}?show={}{after}", visit.path("people"), filter.as_str()))
    };
    let filters = PeopleFilter::ALL
        .into_iter()
        .filter(|filter| *filter != PeopleFilter::Administrators || visit.may(Permission::ReadRoles));
    visit.page(&ConsolePeople {
        frame: visit.frame(Section::People),
        action: visit.href("people"),
        csrf: visit.csrf(SEARCH),
        filters: filters.map(|filter| (filter, address(filter, None))).collect(),
        rows: found
            .users
            .map(|users| users.into_iter().map(|user| row(visit, user)).collect()),
        after: found
            .next
            .filter(|_| found.filter.is_none())
            .map(|next| next.to_string()),
        next: found
            .filter
            .and_then(|filter| found.next.map(|next| address(filter, Some(next)))),
        search: found.search,
        filter: found.filter,
        deleted: found.deleted,
        invite: visit.may(Permission::ManageUsers).then(|| visit.href("people/invite")),
    })
}

fn row(visit: &Visit, user: UserSummary) -> PersonRow {
    PersonRow {
        name: user.name.unwrap_or_else(|| user.username.clone()),
        username: user.username,
        provider: user.identity_provider,
        roles: user.admin_roles.into_iter().map(Role::as_str).collect(),
        disabled: user.disabled,
        last_sign_in: user.last_sign_in_at.as_deref().and_then(Timestamp::from_rfc3339),
        href: visit.href(&super::place(user.id)),
    }
}
