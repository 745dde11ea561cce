//! `I/device`: typing in the code.

use super::{Visitor, chrome, find, look, page, path};
use crate::interaction::form::PageForm;
use crate::interaction::open::{field, storage_page};
use crate::interaction::respond::problem_page;
use crate::oauth::{Client, UserCode};
use crate::quota::{Budget, Spent};
use crate::store::StoreError;
use crate::tenant::{Spending, TenantCx};
use crate::web::pages::{Action, DeviceCode, DeviceCodeProblem, DeviceConfirm, Problem};
use crate::web::{ClientAddress, Href};
use axum::extract::RawQuery;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What the form's token is for.
const PURPOSE: &str = "device-code";

/// What the token of the confirmation is for: this code and no other.
pub(super) fn confirm_purpose(code: &UserCode) -> String {
    format!("device-confirm:{}", code.as_str())
}

/// `GET I/device`. With `user_code` (RFC 8628 section 3.3.1) the field is filled in, and nothing else happens.
pub(super) async fn get(cx: TenantCx, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    if !cx.document().device_authorization {
        return StatusCode::NOT_FOUND.into_response();
    }
    let query = query.unwrap_or_default();
    let mut given = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "user_code");
    let code = given.next().and_then(|(_, code)| UserCode::read(&code));
    let visitor = Visitor::of(&cx, &headers);
    let response = form(
        &cx,
        &visitor,
        code.map(|code| code.to_string()).unwrap_or_default(),
        None,
    );
    visitor.with_cookie(&cx, cx.remember_language(response))
}

fn form(cx: &TenantCx, visitor: &Visitor, user_code: String, problem: Option<DeviceCodeProblem>) -> Response {
    let question = DeviceCode {
        chrome: chrome(cx, None),
        csrf: visitor.csrf(PURPOSE),
        action: Href::local(&path(cx, "")),
        user_code,
        problem,
    };
    page(cx, &question).into_response()
}

/// `POST I/device`: the code, and who asks with it.
pub(super) async fn post(cx: TenantCx, headers: HeaderMap, PageForm(fields): PageForm) -> Response {
    if !cx.document().device_authorization {
        return StatusCode::NOT_FOUND.into_response();
    }
    let visitor = Visitor::of(&cx, &headers);
    let again = Action::TryAgain(Href::local(&path(&cx, "")));
    if !visitor.checks(PURPOSE, &fields) {
        return problem_page(&cx, Problem::FormOutdated, Some(again), None);
    }
    let typed = field(&fields, "user_code").unwrap_or_default();
    // What cannot be a code is no guess.
    let Some(code) = UserCode::read(typed) else {
        let shown = typed.chars().take(16).collect();
        return form(&cx, &visitor, shown, Some(DeviceCodeProblem::Unknown));
    };
    match look_up(&cx, &code).await {
        Ok(Ok(Some(client))) => ask(&cx, &visitor, &code, &client),
        Ok(Ok(None)) => form(&cx, &visitor, code.to_string(), Some(DeviceCodeProblem::Unknown)),
        Ok(Err(spent)) => {
            let seconds = spent.seconds();
            let minutes = u16::try_from(seconds.div_ceil(60)).unwrap_or(u16::MAX);
            let problem = DeviceCodeProblem::TooManyAttempts { minutes };
            let mut response = form(&cx, &visitor, code.to_string(), Some(problem));
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Err(error) => storage_page(&cx, &error),
    }
}

/// The client behind a code. A code that nobody was given is a guess, and counted before it is looked up (RFC 8628 section
/// 5.1).
async fn look_up(cx: &TenantCx, code: &UserCode) -> Result<Result<Option<std::sync::Arc<Client>>, Spent>, StoreError> {
    let spending: Spending = {
        // Where no address is known, everybody is one.
        let address = cx.client_address().map(ClientAddress::subject).unwrap_or_default();
        let budgets: [(Budget, &[u8]); 2] = [
            (Budget::DeviceCodePerAddress, &address),
            (Budget::DeviceCodePerTenant, &[]),
        ];
        match cx.spend_shared(&budgets).await? {
            Ok(spending) => spending,
            Err(spent) => return Ok(Err(spent)),
        }
    };
    let found = find(cx, code).await?;
    if found.is_some() {
        spending.refund(cx).await?;
    } else {
        spending.keep();
    }
    Ok(Ok(found.map(|(_, client)| client)))
}

fn ask(cx: &TenantCx, visitor: &Visitor, code: &UserCode, client: &Client) -> Response {
    let question = DeviceConfirm {
        chrome: chrome(cx, Some(look(client))),
        csrf: visitor.csrf(&confirm_purpose(code)),
        action: Href::local(&path(cx, "confirm")),
        user_code: code.to_string(),
    };
    page(cx, &question).into_response()
}
