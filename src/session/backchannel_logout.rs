//! Telling apps that a session has ended (OpenID Connect Back-Channel Logout 1.0 section 2.5).
//!
//! The notices were stored in the transaction that ended the session. Sending happens beside the browser's request, and again
//! later for what an app did not take.

use crate::oauth::Client;
use crate::oauth::jose::JwtType;
use crate::oauth::logout_token::LogoutTokenClaims;
use crate::outbound::{Outbound, OutboundRequest};
use crate::store::StoreError;
use crate::store::tenant::LogoutNotice;
use crate::tenant::TenantCx;
use axum::http::{HeaderValue, Method, header};
use std::time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

/// While a notice is being sent, no other node sends it.
const UNDER_WAY: Duration = Duration::from_mins(1);
/// After so many attempts, some nine hours, a notice is given up.
const ATTEMPTS: i64 = 10;

/// Sends everything that is due, in the background.
pub fn deliver_soon(cx: &TenantCx, outbound: &Outbound) {
    let (cx, outbound) = (cx.clone(), outbound.clone());
    tokio::spawn(async move { deliver(&cx, &outbound).await });
}

/// Sends everything that is due. What fails is tried again later, at growing intervals.
pub async fn deliver(cx: &TenantCx, outbound: &Outbound) {
    loop {
        match deliver_some(cx, outbound).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(tenant_id = %cx.id(), %error, "logout notices stay for now");
                return;
            }
        }
    }
}

async fn deliver_some(cx: &TenantCx, outbound: &Outbound) -> Result<usize, StoreError> {
    let mut rows = cx.begin().await?;
    let due = rows.take_due_logout_notices(cx.now(), cx.now() + UNDER_WAY).await?;
    rows.commit().await?;
    for notice in &due {
        let told = match cx.find_client(&notice.client_id).await? {
            Some(client) => tell(cx, outbound, &client, notice).await,
            None => true, // the app is gone: there is nobody to tell
        };
        let mut rows = cx.begin().await?;
        if told || notice.attempts >= ATTEMPTS {
            rows.delete_logout_notice(notice.id).await?;
        } else {
            let wait = Duration::from_mins(1 << notice.attempts.clamp(0, ATTEMPTS));
            rows.defer_logout_notice(notice.id, cx.now() + wait).await?;
        }
        rows.commit().await?;
        let outcome = if told { "delivered" } else { "failed" };
        tracing::info!(tenant_id = %cx.id(), client_id = notice.client_id, attempts = notice.attempts, outcome, "logout notice");
    }
    Ok(due.len())
}

/// True when the app took the notice, or has no address for it any more. Section 2.8: 200 is success; 204 is seen too.
async fn tell(cx: &TenantCx, outbound: &Outbound, client: &Client, notice: &LogoutNotice) -> bool {
    let Some(address) = client
        .backchannel_logout_uri
        .as_deref()
        .and_then(|uri| Url::parse(uri).ok())
    else {
        return true;
    };
    let claims = LogoutTokenClaims::new(
        cx.issuer(),
        &client.client_id,
        cx.subject(client, notice.account),
        notice.sid.clone(),
        notice.id.to_string(),
        cx.now(),
    );
    // Section 2.4: signed like this client's ID tokens.
    let signed = cx
        .keys()
        .signer(client.id_token_signed_response_alg)
        .map_err(|error| error.to_string())
        .and_then(|key| {
            key.sign(JwtType::LogoutToken, &claims)
                .map_err(|error| error.to_string())
        });
    let token = match signed {
        Ok(token) => token,
        Err(error) => {
            tracing::error!(error, "a logout token could not be signed");
            return false;
        }
    };
    let mut request = OutboundRequest::get(address);
    request.method = Method::POST;
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers.insert(header::CONTENT_TYPE, form);
    request.body = Serializer::new(String::new())
        .append_pair("logout_token", &token)
        .finish()
        .into_bytes();
    let answer = outbound.send(&cx.id().to_string(), request).await;
    answer.is_ok_and(|answer| answer.status.is_success())
}
