//! `grant_type=refresh_token` (RFC 6749 section 6, RFC 9700 section 4.14.2). Clients of FAPI 2.0 keep their token.

use super::super::client_auth::AuthenticatedClient;
use super::{Issuance, Outcome, issue, resource};
use crate::kernel::credential::{Kind, recognise};
use crate::kernel::{Sha256Hash, credential};
use crate::oauth::dpop::Proof;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::smart::ScopeSet;
use crate::store::TenantTx;
use crate::store::tenant::{AuditEvent, Grant, RefreshRotation, RefreshTokenRow};
use crate::tenant::TenantCx;

/// The refusal of a refresh token without its key.
const BOUND: &str = "refresh_token_bound_to_another_key";

/// Uses a refresh token: a new access token, and the token's one successor.
pub(super) async fn rotate(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    form: &Parameters,
    proof: Option<&Proof>,
) -> Outcome {
    let (presented, scope) = match read(form) {
        Ok(request) => request,
        Err(error) => return Ok(Err(error)),
    };
    let Some(token) = recognise(Kind::RefreshToken, presented) else {
        return Ok(Err(unknown_token()));
    };
    // The successor is derived from the token under a key of this tenant, so that asking again within the window gives
    // the same one although neither is stored.
    let seed = cx
        .store()
        .keyring()
        .derive("refresh-token-successor", presented.as_bytes());
    let successor = credential::from_bytes(Kind::RefreshToken, &seed);
    let successor_hash = Sha256Hash::of(successor.expose().as_bytes());
    let lifetimes = &cx.document().lifetimes;
    let mut tx = cx.begin().await?;
    // A public client has nothing but the token to show that it is itself.
    let rotates = client.is_public() || cx.document().rules_of(client).rotates_refresh_tokens;
    let client_id = client.client_id.as_str();
    let rotation = if rotates {
        let (window, idle) = (lifetimes.refresh_grace, lifetimes.refresh_idle);
        tx.rotate_refresh_token(token, successor_hash, client_id, cx.now(), window, idle)
            .await?
    } else {
        tx.renew_refresh_token(token, client_id, cx.now(), lifetimes.refresh_idle)
            .await?
    };
    let outcome = match rotation {
        RefreshRotation::Rotated(row) => {
            finish(cx, client, form, &row, scope, proof, &mut tx)
                .await?
                .map(|(grant, scope)| Issuance {
                    grant,
                    scope,
                    refresh_token: rotates.then_some(successor),
                    nonce: None,
                    // OpenID Connect Core section 12.2 leaves it to us, and an ID token costs an RSA signature.
                    with_id_token: false,
                    confirmation: issue::confirmation(cx, client, proof),
                })
        }
        RefreshRotation::Unknown => Err(unknown_token()),
        RefreshRotation::Replayed(grant) => {
            // RFC 9700 section 4.14.2: we cannot tell the thief from the client, so the whole family falls.
            tx.revoke_grant(grant, "refresh_token_replayed", cx.now()).await?;
            let event = AuditEvent {
                event: "token.refresh_replayed",
                outcome: "revoked",
                client_id: Some(client.client_id.as_str()),
                grant: Some(grant),
                ..AuditEvent::default()
            };
            tx.record(&event, cx.now(), cx.entropy()).await?;
            Err(OAuthError::invalid_grant(
                "refresh_token_used",
                "The refresh token was used already; the grant is revoked.",
            ))
        }
    };
    match &outcome {
        // A scope error must not cost the client its refresh token, nor may a thief without the key: the rotation is undone.
        Err(error)
            if matches!(
                error.code,
                ErrorCode::InvalidScope | ErrorCode::InvalidTarget | ErrorCode::InvalidAuthorizationDetails
            ) || error.reason == BOUND =>
        {
            drop(tx);
        }
        _ => tx.commit().await?,
    }
    Ok(outcome)
}

fn read(form: &Parameters) -> Result<(&str, Option<&str>), OAuthError> {
    Ok((form.required("refresh_token")?, form.one("scope")?))
}

async fn finish(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    form: &Parameters,
    row: &RefreshTokenRow,
    scope: Option<&str>,
    proof: Option<&Proof>,
    tx: &mut TenantTx,
) -> Result<Result<(Grant, String), OAuthError>, crate::store::StoreError> {
    // RFC 9449 section 5: a public client's refresh token needs the key it was issued with.
    if row.dpop_jkt.is_some() && row.dpop_jkt != issue::holder(cx, client, proof) {
        let description = "The refresh token is bound to another DPoP key or certificate.";
        return Ok(Err(OAuthError::invalid_grant(BOUND, description)));
    }
    let Some(grant) = tx.find_live_grant(row.grant, cx.now()).await? else {
        return Ok(Err(OAuthError::invalid_grant(
            "grant_revoked",
            "The authorization was withdrawn.",
        )));
    };
    let grant = match resource::narrowed(cx, form, grant) {
        Ok(grant) => grant,
        Err(error) => return Ok(Err(error)),
    };
    let scope = match narrowed(&grant.scope, scope) {
        Ok(scope) => scope,
        Err(error) => return Ok(Err(error)),
    };
    issue::record(cx, client, &grant, "refresh_token", tx).await?;
    Ok(Ok((grant, scope)))
}

/// RFC 6749 section 6: absent means the original scope, present must lie within it. The refresh token keeps the
/// original grant either way.
fn narrowed(granted: &str, requested: Option<&str>) -> Result<String, OAuthError> {
    let Some(requested) = requested else {
        return Ok(granted.to_owned());
    };
    let beyond = |_| OAuthError::invalid_scope("scope_beyond_grant", "The scope is not within the original grant.");
    let original = ScopeSet::parse_strictly(granted).map_err(|_| OAuthError::server_error("stored_scope"))?;
    let wanted = ScopeSet::parse_strictly(requested).map_err(beyond)?;
    if wanted.is_empty() || !original.covers(&wanted) {
        return Err(OAuthError::invalid_scope(
            "scope_beyond_grant",
            "The scope is not within the original grant.",
        ));
    }
    Ok(wanted.print())
}

fn unknown_token() -> OAuthError {
    OAuthError::invalid_grant(
        "refresh_token_unknown",
        "The refresh token is unknown, expired, or not for this client.",
    )
}
