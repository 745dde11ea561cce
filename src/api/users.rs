//! Users.

use super::ApiState;
use super::answer::{Answer, ok, shown, status_of, tagged, with_members};
use super::entry::Admin;
use super::input::{Body, Paging, Preconditions, Query, Segments, cursor};
use super::operation::{Operation, OperationTable};
use super::problem::Problem;
use super::user_help::{LinkRequest, deliver, link_view};
use crate::control::accounts::NewUser;
use crate::control::users::{ChangedUser, UserChange};
use crate::kernel::Secret;
use crate::kernel::id::AccountId;
use crate::store::tenant::AccountProfile;
use crate::tenant::roles::Permission;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use serde::{Deserialize, Deserializer};
use serde_json::json;

const LIST: &str = "/api/v1/tenants/{tenant}/users";
const ONE: &str = "/api/v1/tenants/{tenant}/users/{account}";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listUsers", "Search users")
                .needs(Permission::ReadUsers)
                .says(
                    "In order of age. What is known of users is sealed at rest: a search opens a part of them at a time, so a page \
                     can be short, even empty, and still have a `next_cursor`. Who saw names, and how many, is recorded.",
                )
                .query("q", "SearchText", "Part of the user name, name or e-mail address, whatever the case.")
                .query(
                    "identity_provider",
                    "SearchText",
                    "With `username`: only the one with this name at this identity provider.",
                )
                .query("username", "SearchText", "With `identity_provider`: the whole name there.")
                .paged("UserPage"),
            list,
        )
        .on(
            Operation::post(LIST, "createUser", "Create an account of the tenant's own")
                .needs(Permission::ManageUsers)
                .says(
                    "At an identity provider of the kind `local`. An account with this user name is brought up to the description, \
                     unless `If-None-Match: *` is sent. Without `password`, its holder chooses one with a link: `link` makes it, and \
                     a link that is shown is in the answer, this once. A password obeys the rules for those that people choose; another one \
                     than before ends the sessions of its holder, who is told by mail.",
                )
                .takes(
                    "NewUser",
                    json!({
                        "identity_provider": "staff", "username": "rosa", "name": "Rosa N\u{fa}\u{f1}ez",
                        "email": "rosa@northside.example", "fhir_user": "Practitioner/rosa", "roles": ["nurse"],
                        "link": { "delivery": "shown" },
                    }),
                )
                .answers(200, Some("User"), "It was there; `change` says whether it is different now.")
                .answers(201, Some("User"), "It was made.")
                .tagged(),
            create,
        )
        .on(
            Operation::get(ONE, "getUser", "Show a user")
                .needs(Permission::ReadUsers)
                .says("Who looked is recorded.")
                .gives("User")
                .tagged(),
            get,
        )
        .on(
            Operation::patch(
                ONE,
                "updateUser",
                "Change a user, disable them, or let them sign in again",
            )
            .needs(Permission::ManageUsers)
            .says(
                "Disabled, their sessions end and their tokens stop working at once. What an identity provider elsewhere tells of \
                 a user is changed there. Null removes a member.",
            )
            .takes("UserPatch", json!({ "disabled": true }))
            .gives("User")
            .tagged(),
            update,
        )
        .on(
            Operation::delete(ONE, "deleteUser", "Delete a user")
                .needs(Permission::ManageUsers)
                .says(
                    "For good: sessions and tokens end, consents and second factors go, and what is known of the user is erased. What \
                     they did stays in the audit log under their id, which nobody gets again. To shut somebody out for a while, \
                     disable them.",
                )
                .answers(204, None, "The user is gone.")
                .tagged(),
            delete,
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    q: Option<String>,
    identity_provider: Option<String>,
    username: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list(Admin(admin): Admin, Query(filter): Query<Filter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let after: Option<AccountId> = paging.after()?;
    let limit = paging.limit()?;
    match (&filter.identity_provider, &filter.username) {
        (Some(alias), Some(username)) => {
            let found = admin.find_user(alias, username).await?;
            let items: Vec<_> = found.into_iter().collect();
            ok(&json!({ "items": items, "next_cursor": null }))
        }
        (None, None) => {
            let (users, next) = admin.search_users(filter.q.as_deref(), after, limit).await?;
            ok(&json!({ "items": users, "next_cursor": next.and_then(|next| cursor(&next)) }))
        }
        (Some(_), None) => Err(Problem::invalid_parameter("username", "goes with identity_provider")),
        (None, Some(_)) => Err(Problem::invalid_parameter("identity_provider", "goes with username")),
    }
}

/// A user named by a parameter of the query.
pub(super) fn account_of(text: Option<&str>) -> Result<Option<AccountId>, Problem> {
    text.map(|text| {
        text.parse::<AccountId>()
            .map_err(|_| Problem::malformed_parameter("account", "is the id of a user, `acc_...`"))
    })
    .transpose()
}

#[derive(Deserialize)]
pub(super) struct OneUser {
    pub(super) account: AccountId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    identity_provider: String,
    username: String,
    name: Option<String>,
    email: Option<String>,
    fhir_user: Option<String>,
    patient: Option<String>,
    #[serde(default)]
    patients: Vec<String>,
    npi: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    password: Option<Secret<String>>,
    link: Option<LinkRequest>,
}

async fn create(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Preconditions(precondition): Preconditions,
    Body(new): Body<New>,
) -> Answer {
    let link = new.link.map(|link| link.wanted(&state)).transpose()?;
    let new = NewUser {
        break_glass: None,
        identity_provider: new.identity_provider,
        profile: AccountProfile {
            subject: new.username,
            name: new.name,
            email: new.email,
            fhir_user: new.fhir_user,
            patient: new.patient,
            patients: new.patients,
            npi: new.npi,
            roles: new.roles,
        },
        password: new.password,
        link,
    };
    let made = admin
        .create_user(&new, &precondition, state.federation.passwords())
        .await?;
    deliver(&state, &admin, made.has_notices);
    let mut members = json!({ "change": made.change });
    if let (Some(link), Some(object)) = (&made.link, members.as_object_mut()) {
        object.insert("link".to_owned(), link_view(link));
    }
    let body = with_members(&made.user, &members)?;
    tagged(status_of(made.change), &body, &made.user.versioned())
}

async fn get(Admin(admin): Admin, headers: HeaderMap, Segments(path): Segments<OneUser>) -> Answer {
    let user = admin.get_user(path.account).await?;
    shown(&headers, &user, &user.versioned())
}

/// A member that is given, perhaps as null, which removes it (RFC 7396).
#[expect(
    clippy::option_option,
    reason = "not given, given as null, given with a value are three things"
)]
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::option_option,
    reason = "not given, given as null, given with a value are three things"
)]
struct Patch {
    disabled: Option<bool>,
    break_glass: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    fhir_user: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    patient: Option<Option<String>>,
    patients: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    npi: Option<Option<String>>,
    roles: Option<Vec<String>>,
}

async fn update(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Segments(path): Segments<OneUser>,
    Preconditions(precondition): Preconditions,
    Body(patch): Body<Patch>,
) -> Answer {
    let change = UserChange {
        disabled: patch.disabled,
        break_glass: patch.break_glass,
        name: patch.name,
        email: patch.email,
        fhir_user: patch.fhir_user,
        patient: patch.patient,
        patients: patch.patients,
        npi: patch.npi,
        roles: patch.roles,
    };
    let changed = admin.update_user(path.account, &change, &precondition).await?;
    deliver(&state, &admin, changed.has_notices);
    changed_view(&changed)
}

async fn delete(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Segments(path): Segments<OneUser>,
    Preconditions(precondition): Preconditions,
) -> Answer {
    let has_notices = admin.delete_user(path.account, &precondition).await?;
    deliver(&state, &admin, has_notices);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A user who was changed.
pub(super) fn changed_view(changed: &ChangedUser) -> Answer {
    let body = with_members(&changed.user, &json!({ "change": changed.change }))?;
    tagged(StatusCode::OK, &body, &changed.user.versioned())
}
