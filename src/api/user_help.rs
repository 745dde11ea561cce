//! Helping users: links to choose a password, trying again at once, lost second factors, signing out.

use super::ApiState;
use super::answer::{Answer, ok, with_status};
use super::entry::Admin;
use super::input::{Body, Segments};
use super::operation::{Operation, OperationTable};
use super::problem::Problem;
use super::users::{OneUser, changed_view};
use crate::control::user_help::{Delivery, MadeLink, WantedLink};
use crate::control::{ControlError, Origin, TenantAdmin};
use crate::federation::local::outbox;
use crate::session::backchannel_logout;
use crate::tenant::roles::Permission;
use crate::web::Language;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

const LINKS: &str = "/api/v1/tenants/{tenant}/users/{account}/links";
const UNLOCK: &str = "/api/v1/tenants/{tenant}/users/{account}/unlock";
const SECOND_FACTORS: &str = "/api/v1/tenants/{tenant}/users/{account}/second-factors";
const SIGN_OUT: &str = "/api/v1/tenants/{tenant}/users/{account}/sign-out";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::post(LINKS, "createUserLink", "Make a one-time link with which a user chooses a password")
                .needs(Permission::HelpUsers)
                .says(
                    "An invitation for who has none, which works for 7 days; a reset for the others, which works for 30 minutes. \
                     Links from before end. With `mail` it goes to the user's address. With `shown` it is in the answer, this once, \
                     which needs the permission `users.manage`: whoever has it chooses the password.",
                )
                .takes("NewUserLink", json!({ "delivery": "shown", "language": "es" }))
                .answers(201, Some("UserLink"), "It was made."),
            create_link,
        )
        .on(
            Operation::post(UNLOCK, "unlockUser", "Let a user try again at once")
                .needs(Permission::HelpUsers)
                .says(
                    "Forgets the wrong passwords and codes that make them wait. Who may do more than you is unlocked by somebody who \
                     may do as much, or by waiting.",
                )
                .gives("User"),
            unlock,
        )
        .on(
            Operation::delete(SECOND_FACTORS, "removeSecondFactors", "Take every second factor from a user")
                .needs(Permission::HelpUsers)
                .says(
                    "For who lost them all: the authenticator app, passkeys and recovery codes. Their sessions end, and they are told \
                     by mail. Where a second factor is demanded, another one is set up at the next sign-in.",
                ),
            remove_second_factors,
        )
        .on(
            Operation::post(SIGN_OUT, "signUserOut", "Sign a user out everywhere")
                .needs(Permission::EndSessions)
                .says(
                    "All their sessions end, with what apps were given in them; apps that asked for it are told. With \
                     `offline_access`, what was given for offline use ends too, for good: also apps on a lost telephone.",
                )
                .takes("UserSignOut", json!({ "offline_access": true }))
                .gives("SignedOut"),
            sign_out,
        )
}

/// Sends what was written down beside the change: mail, and notices to apps. The command line beside the database sends it itself.
pub(super) fn deliver(state: &ApiState, admin: &TenantAdmin, has_notices: bool) {
    if admin.is_dry_run() || admin.actor().origin() == Origin::Machine {
        return;
    }
    outbox::deliver_soon(admin.cx(), state.federation.mailer());
    if has_notices {
        backchannel_logout::deliver_soon(admin.cx(), state.federation.outbound());
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    Mail,
    Shown,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkRequest {
    delivery: Way,
    language: Option<String>,
}

impl LinkRequest {
    /// Checked before anything is done.
    pub(super) fn wanted(&self, state: &ApiState) -> Result<WantedLink, Problem> {
        let language = match self.language.as_deref() {
            None => Language::default(),
            Some(tag) => Language::ALL
                .into_iter()
                .find(|language| language.tag() == tag)
                .ok_or_else(|| ControlError::invalid("language", "is `en` or `es`"))?,
        };
        let delivery = match self.delivery {
            Way::Mail if !state.federation.mailer().is_on() => {
                let text =
                    "no mail server is configured (section [mail]); ask for the link to be shown, and hand it over";
                return Err(ControlError::Conflict(text.into()).into());
            }
            Way::Mail => Delivery::Mail,
            Way::Shown => Delivery::Shown,
        };
        Ok(WantedLink { language, delivery })
    }
}

/// A link as it is answered. One that went by mail is not told.
pub(super) fn link_view(made: &MadeLink) -> Value {
    let shown = made.delivery == Delivery::Shown;
    json!({
        "purpose": made.purpose.as_str(),
        "delivery": if shown { "shown" } else { "mail" },
        "expires_at": made.link.expires_at.to_rfc3339(),
        "link": shown.then(|| made.link.address.expose()),
    })
}

async fn create_link(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Segments(path): Segments<OneUser>,
    Body(request): Body<LinkRequest>,
) -> Answer {
    let wanted = request.wanted(&state)?;
    let made = admin.make_user_link(path.account, wanted).await?;
    deliver(&state, &admin, false);
    with_status(StatusCode::CREATED, &link_view(&made))
}

async fn unlock(Admin(admin): Admin, Segments(path): Segments<OneUser>) -> Answer {
    changed_view(&admin.unlock_user(path.account).await?)
}

async fn remove_second_factors(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Segments(path): Segments<OneUser>,
) -> Answer {
    let changed = admin.remove_second_factors_of(path.account).await?;
    deliver(&state, &admin, changed.has_notices);
    Ok(super::answer::done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignOut {
    #[serde(default)]
    offline_access: bool,
}

async fn sign_out(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Segments(path): Segments<OneUser>,
    Body(request): Body<SignOut>,
) -> Answer {
    let ended = admin.sign_user_out(path.account, request.offline_access).await?;
    deliver(&state, &admin, ended.has_notices);
    ok(&ended)
}
