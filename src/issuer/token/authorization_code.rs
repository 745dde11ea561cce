//! `grant_type=authorization_code` (RFC 6749 section 4.1.3, RFC 7636 section 4.5).

use super::super::client_auth::AuthenticatedClient;
use super::{Issuance, Outcome, issue, resource};
use crate::kernel::credential::{Kind, recognise};
use crate::oauth::dpop::Proof;
use crate::oauth::pkce::{self, CodeChallenge};
use crate::oauth::{OAuthError, Parameters};
use crate::store::TenantTx;
use crate::store::tenant::{AuditEvent, CodeRedemption, RedeemedCode};
use crate::tenant::TenantCx;

/// Redeems a code, at most once, for the client it was issued to.
pub(super) async fn redeem(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    form: &Parameters,
    proof: Option<&Proof>,
) -> Outcome {
    let request = match CodeRequest::read(form) {
        Ok(request) => request,
        Err(error) => return Ok(Err(error)),
    };
    // A text that we never issued is refused before any query.
    let Some(code) = recognise(Kind::AuthorizationCode, request.code) else {
        return Ok(Err(unknown_code()));
    };
    let mut tx = cx.begin().await?;
    let outcome = match tx
        .redeem_authorization_code(code, client.client_id.as_str(), cx.now())
        .await?
    {
        CodeRedemption::Redeemed(code) => finish(cx, client, form, &request, proof, code, &mut tx).await?,
        CodeRedemption::Unknown => Err(unknown_code()),
        CodeRedemption::Replayed(grant) => {
            // RFC 6749 section 4.1.2: revoke what was issued from a code that is used twice.
            tx.revoke_grant(grant, "code_replayed", cx.now()).await?;
            let event = AuditEvent {
                event: "token.code_replayed",
                outcome: "revoked",
                client_id: Some(client.client_id.as_str()),
                grant: Some(grant),
                ..AuditEvent::default()
            };
            tx.record(&event, cx.now(), cx.entropy()).await?;
            Err(OAuthError::invalid_grant(
                "code_used",
                "The authorization code was used already; its tokens are revoked.",
            ))
        }
    };
    tx.commit().await?;
    Ok(outcome)
}

struct CodeRequest<'a> {
    code: &'a str,
    redirect_uri: &'a str,
    verifier: Option<&'a str>,
}

impl<'a> CodeRequest<'a> {
    fn read(form: &'a Parameters) -> Result<Self, OAuthError> {
        Ok(Self {
            code: form.required("code")?,
            // Absent counts as different: every code of ours was asked for with a redirect URI (RFC 6749 section 4.1.3).
            redirect_uri: form.one("redirect_uri")?.unwrap_or_default(),
            verifier: form.one("code_verifier")?,
        })
    }
}

async fn finish(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    form: &Parameters,
    request: &CodeRequest<'_>,
    proof: Option<&Proof>,
    code: RedeemedCode,
    tx: &mut TenantTx,
) -> Outcome {
    if let Err(error) = check_binding(request, proof, &code) {
        return Ok(Err(error));
    }
    let Some(grant) = tx.find_live_grant(code.grant, cx.now()).await? else {
        return Ok(Err(OAuthError::invalid_grant(
            "grant_revoked",
            "The authorization was withdrawn.",
        )));
    };
    let grant = match resource::narrowed(cx, form, grant) {
        Ok(grant) => grant,
        Err(error) => return Ok(Err(error)),
    };
    let refresh_token = issue::first_refresh_token(cx, client, &grant, proof, tx).await?;
    issue::record(cx, client, &grant, "authorization_code", tx).await?;
    Ok(Ok(Issuance {
        scope: grant.scope.clone(),
        grant,
        refresh_token,
        nonce: code.nonce,
        with_id_token: true,
        confirmation: issue::confirmation(proof),
    }))
}

/// The request that redeems must be by the same hand as the one that asked.
fn check_binding(request: &CodeRequest<'_>, proof: Option<&Proof>, code: &RedeemedCode) -> Result<(), OAuthError> {
    // RFC 6749 section 4.1.3: identical to the one in the authorization request.
    if request.redirect_uri != code.redirect_uri {
        let description = "Parameter redirect_uri is not the one of the authorization request.";
        return Err(OAuthError::invalid_grant("redirect_uri_differs", description));
    }
    // RFC 9449 section 10: the key that the authorization request named.
    if code.dpop_jkt.is_some() && code.dpop_jkt.as_deref() != proof.map(|proof| proof.thumbprint.as_str()) {
        let description = "The authorization code is bound to another DPoP key.";
        return Err(OAuthError::invalid_grant("code_bound_to_another_key", description));
    }
    // RFC 7636 section 4.6; RFC 9700 section 2.1.1: a verifier without a challenge is a downgrade, and refused too.
    let challenge = code
        .code_challenge
        .as_deref()
        .map(CodeChallenge::parse)
        .transpose()
        .map_err(|_| OAuthError::server_error("stored_challenge"))?;
    Ok(pkce::check_redemption(challenge.as_ref(), request.verifier)?)
}

fn unknown_code() -> OAuthError {
    OAuthError::invalid_grant(
        "code_unknown",
        "The authorization code is unknown, expired, or not for this client.",
    )
}
