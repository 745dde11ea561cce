//! `GET I/admin-entry`: the way into a console. It lies below the path of the session's cookie, which the console never sees;
//! who may enter gets the console's own.

use super::respond::{person_of, problem};
use crate::control::{Actor, Caller, ControlError};
use crate::federation::Federation;
use crate::interaction::console_entry::{Destination, Entrant, find_entrant};
use crate::interaction::respond::see_other;
use crate::interaction::storage_page;
use crate::session::{Session, console};
use crate::store::StoreError;
use crate::store::tenant::AuditEvent;
use crate::tenant::TenantCx;
use crate::tenant::roles::{Permission, Permissions};
use crate::web::Href;
use crate::web::cookies::CookiePurpose;
use crate::web::pages::console::ConsoleProblem;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

/// Signs in whoever is not, and lets in who has a role.
pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    destination: Destination,
    headers: HeaderMap,
) -> Response {
    let response = match find_entrant(&cx, &federation, &session, &destination, &headers).await {
        Ok(entrant) => enter(&cx, &entrant, &destination)
            .await
            .unwrap_or_else(|error| storage_page(&cx, &error)),
        Err(page) => page,
    };
    cx.remember_language(response)
}

async fn enter(cx: &TenantCx, entrant: &Entrant, destination: &Destination) -> Result<Response, StoreError> {
    let signed_in = &entrant.signed_in;
    let Some(account) = cx.read().await?.find_account(signed_in.account).await? else {
        return Ok(problem(cx, ConsoleProblem::NoRole, None, None, None));
    };
    let person = person_of(&account);
    if !entrant.recent {
        let again = Destination::fresh(destination.place()).entry(cx, "");
        let page = problem(
            cx,
            ConsoleProblem::NotAskedAgain,
            Some(person),
            None,
            Some(Href::local(&again)),
        );
        return Ok(page);
    }
    let actor = match decide(cx, signed_in.account, &signed_in.amr).await {
        Ok(actor) => actor,
        Err(ControlError::Store(error)) => return Err(error),
        Err(refusal) => return Ok(refused(cx, &refusal, person)),
    };
    let secret = console::begin(cx, entrant.session_key).await?;
    let mut rows = cx.begin().await?;
    let (request_id, role) = (cx.request_id().to_string(), actor.acting_as());
    let event = AuditEvent {
        event: "console.entered",
        outcome: "success",
        account: Some(signed_in.account),
        actor: Some(actor.principal()),
        actor_role: Some(&role),
        request_id: Some(&request_id),
        ..AuditEvent::default()
    };
    rows.record(&event, cx.now(), cx.entropy()).await?;
    rows.commit().await?;
    let place = destination.place();
    let separator = if place.is_empty() { "" } else { "/" };
    let mut response = see_other(&format!("{}{separator}{place}", cx.urls().console_path()));
    let cookie = console::cookies(cx).set(CookiePurpose::Console, secret.expose().clone(), None);
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// What an account may do at the console of its issuer.
pub(super) async fn decide(
    cx: &TenantCx,
    account: crate::kernel::id::AccountId,
    amr: &[String],
) -> Result<Actor, ControlError> {
    let principal = account.to_string();
    let caller = Caller {
        principal: &principal,
        account: Some(account),
        client_id: None,
        // Nobody's token is used here: what their roles allow is all there is.
        reach: Permissions::of(&Permission::ALL),
        amr,
    };
    Actor::decide(cx, &caller).await
}

/// The page for somebody who may not enter.
pub(super) fn refused(cx: &TenantCx, refusal: &ControlError, person: String) -> Response {
    let account = Href::local(&format!("{}/account", cx.urls().path()));
    match refusal {
        ControlError::SecondFactor => problem(cx, ConsoleProblem::SecondFactor, Some(person), None, Some(account)),
        _ => problem(cx, ConsoleProblem::NoRole, Some(person), None, None),
    }
}
