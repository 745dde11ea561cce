//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 section 3.4): the device asks whether its user has decided.

use super::super::client_auth::AuthenticatedClient;
use super::{Issuance, Outcome, issue, resource};
use crate::kernel::credential::{Kind, recognise};
use crate::oauth::dpop::Proof;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::store::tenant::DevicePoll;
use crate::tenant::TenantCx;

/// Redeems a device code, at most once, when its user allowed it.
pub(super) async fn redeem(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    form: &Parameters,
    proof: Option<&Proof>,
) -> Outcome {
    let presented = match form.required("device_code") {
        Ok(presented) => presented,
        Err(error) => return Ok(Err(error)),
    };
    let Some(code) = recognise(Kind::DeviceCode, presented) else {
        return Ok(Err(unknown_code()));
    };
    let mut tx = cx.begin().await?;
    let refusal = match tx.poll_device_code(code, client.client_id.as_str(), cx.now()).await? {
        DevicePoll::Redeemed(grant) => {
            let Some(grant) = tx.find_live_grant(grant, cx.now()).await? else {
                tx.commit().await?;
                let description = "The authorization was withdrawn.";
                return Ok(Err(OAuthError::invalid_grant("grant_revoked", description)));
            };
            // A wrong name costs the device nothing: what was done so far is undone.
            let grant = match resource::narrowed(cx, form, grant) {
                Ok(grant) => grant,
                Err(error) => return Ok(Err(error)),
            };
            let refresh_token = issue::first_refresh_token(cx, client, &grant, proof, &mut tx).await?;
            issue::record(cx, client, &grant, "device_code", &mut tx).await?;
            tx.commit().await?;
            return Ok(Ok(Issuance {
                scope: grant.scope.clone(),
                grant,
                refresh_token,
                nonce: None,
                with_id_token: true,
                confirmation: issue::confirmation(cx, client, proof),
            }));
        }
        DevicePoll::Pending => OAuthError::new(
            ErrorCode::AuthorizationPending,
            "device_pending",
            "The user has not decided yet. Ask again after the interval.",
        ),
        DevicePoll::TooSoon => OAuthError::new(
            ErrorCode::SlowDown,
            "device_poll_too_soon",
            "The device asks too often. Wait five seconds longer between requests from now on.",
        ),
        DevicePoll::Denied => OAuthError::access_denied("device_denied", "The user did not allow the access."),
        DevicePoll::Expired => OAuthError::new(
            ErrorCode::ExpiredToken,
            "device_code_expired",
            "The device code has expired. Ask for a new one.",
        ),
        DevicePoll::Unknown => unknown_code(),
    };
    // How often the device asks is remembered too.
    tx.commit().await?;
    Ok(Err(refusal))
}

fn unknown_code() -> OAuthError {
    OAuthError::invalid_grant(
        "device_code_unknown",
        "The device code is unknown, used, or not for this client.",
    )
}
