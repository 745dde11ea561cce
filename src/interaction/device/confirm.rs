//! `I/device/confirm`: it is my device, and that is the app on it; or it is not.

use super::enter::confirm_purpose;
use super::{DeviceRequest, DeviceSignIn, Visitor, authorization_request, ended, find, look, path};
use crate::interaction::form::PageForm;
use crate::interaction::open::{field, storage_page};
use crate::interaction::respond::{problem_page, see_other};
use crate::interaction::state;
use crate::oauth::{Parameters, UserCode};
use crate::store::StoreError;
use crate::store::tenant::AuditEvent;
use crate::tenant::TenantCx;
use crate::web::Href;
use crate::web::pages::{Action, DeviceOutcome, Problem};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// `POST I/device/confirm`.
pub(super) async fn post(cx: TenantCx, headers: HeaderMap, PageForm(fields): PageForm) -> Response {
    // Also a code that was open when the tenant switched it off ends here.
    if !cx.document().device_authorization {
        return StatusCode::NOT_FOUND.into_response();
    }
    let visitor = Visitor::of(&cx, &headers);
    let code = field(&fields, "user_code").ok().and_then(UserCode::read);
    // The token proves that this browser was shown the page about this very code, so no budget is needed here.
    let Some(code) = code.filter(|code| visitor.checks(&confirm_purpose(code), &fields)) else {
        let again = Action::TryAgain(Href::local(&path(&cx, "")));
        return problem_page(&cx, Problem::FormOutdated, Some(again), None);
    };
    decide(&cx, &code, &fields)
        .await
        .unwrap_or_else(|error| storage_page(&cx, &error))
}

async fn decide(cx: &TenantCx, code: &UserCode, fields: &Parameters) -> Result<Response, StoreError> {
    let Some((pending, client)) = find(cx, code).await? else {
        return Ok(problem_page(cx, Problem::SignInExpired, None, None));
    };
    match field(fields, "decision") {
        Ok("continue") => {
            let request: DeviceRequest = serde_json::from_slice(pending.request.expose())
                .map_err(|_| StoreError::corrupt("device_codes", "sealed_request", "not a request"))?;
            let request = authorization_request(cx, &client, request);
            let device = DeviceSignIn {
                code: pending.device_code.to_base64url(),
            };
            let path = state::begin_for_device(cx, request, device).await?;
            Ok(see_other(&path))
        }
        Ok("refuse") => {
            let mut tx = cx.begin().await?;
            if tx.deny_device_code(pending.device_code).await? {
                let request_id = cx.request_id().to_string();
                let event = AuditEvent {
                    event: "authorization.refused",
                    outcome: "device_not_mine",
                    client_id: Some(client.client_id.as_str()),
                    request_id: Some(&request_id),
                    ..AuditEvent::default()
                };
                tx.record(&event, cx.now(), cx.entropy()).await?;
            }
            tx.commit().await?;
            Ok(ended(cx, look(&client), DeviceOutcome::Refused))
        }
        _ => Ok(see_other(&path(cx, ""))),
    }
}
