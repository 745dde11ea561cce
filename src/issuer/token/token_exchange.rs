//! `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693): a service of the tenant swaps the access token it
//! was called with for one of its own, to call the next service on behalf of the same user. It can only become less: scope,
//! life and context never grow, and tenant and patient stay what they are.

use super::super::access_token::{self, BearerRefusal, VerifiedAccessToken};
use super::super::client_auth::AuthenticatedClient;
use super::issue::{self, ExchangedIssuance};
use crate::oauth::access_token::Actor;
use crate::oauth::dpop::Proof;
use crate::oauth::{ClientCertificate, ErrorCode, OAuthError, Parameters};
use crate::smart::ScopeSet;
use crate::store::StoreError;
use crate::store::tenant::AuditEvent;
use crate::tenant::TenantCx;

/// The kind of token that is taken and given (RFC 8693 section 3).
pub(super) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// The same, for clients that name the format.
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// Exchanges a token.
pub(super) async fn exchange(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    form: &Parameters,
    proof: Option<&Proof>,
) -> Result<Result<ExchangedIssuance, OAuthError>, StoreError> {
    let request = match Request::read(form) {
        Ok(request) => request,
        Err(error) => return Ok(Err(error)),
    };
    let subject = match presented(cx, "subject_token", request.subject).await? {
        Ok(token) => token,
        Err(error) => return Ok(Err(error)),
    };
    let actor = match request.actor {
        Some(token) => match presented(cx, "actor_token", token).await? {
            Ok(actor) => Some(actor),
            Err(error) => return Ok(Err(error)),
        },
        None => None,
    };
    let issuance = match decide(cx, client, &request, subject, actor, proof) {
        Ok(issuance) => issuance,
        Err(error) => return Ok(Err(error)),
    };
    let mut tx = cx.begin().await?;
    let request_id = cx.request_id().to_string();
    let event = AuditEvent {
        event: "token.issued",
        outcome: "success",
        client_id: Some(client.client_id.as_str()),
        account: issuance.grant.as_ref().map(|grant| grant.account),
        grant: issuance.grant.as_ref().map(|grant| grant.id),
        request_id: Some(&request_id),
        detail: Some("token_exchange"),
        ..AuditEvent::default()
    };
    tx.record(&event, cx.now(), cx.entropy()).await?;
    tx.commit().await?;
    Ok(Ok(issuance))
}

struct Request<'a> {
    subject: &'a str,
    actor: Option<&'a str>,
    scope: Option<&'a str>,
    targets: Vec<&'a str>,
}

impl<'a> Request<'a> {
    /// RFC 8693 section 2.1.
    fn read(form: &'a Parameters) -> Result<Self, OAuthError> {
        // Ignoring them could give more than is wanted (RFC 9396 section 5).
        if form.contains("authorization_details") {
            let description = "Narrow an exchange by scope and resource, not by authorization_details.";
            let code = ErrorCode::InvalidAuthorizationDetails;
            return Err(OAuthError::new(code, "authorization_details_at_exchange", description));
        }
        let subject = form.required("subject_token")?;
        check_type("subject_token_type", form.required("subject_token_type")?)?;
        if let Some(wanted) = form.one("requested_token_type")? {
            check_type("requested_token_type", wanted)?;
        }
        let actor = match (form.one("actor_token")?, form.one("actor_token_type")?) {
            (None, None) => None,
            (Some(token), Some(kind)) => {
                check_type("actor_token_type", kind)?;
                Some(token)
            }
            _ => {
                let description = "Parameters actor_token and actor_token_type come together.";
                return Err(OAuthError::invalid_request("actor_token_type", description));
            }
        };
        Ok(Self {
            subject,
            actor,
            scope: form.one("scope")?,
            targets: form.many("resource").chain(form.many("audience")).collect(),
        })
    }
}

fn check_type(parameter: &str, kind: &str) -> Result<(), OAuthError> {
    if [ACCESS_TOKEN, JWT].contains(&kind) {
        return Ok(());
    }
    let description = format!("Parameter {parameter} has to be {ACCESS_TOKEN}.");
    Err(OAuthError::invalid_request("token_type_unsupported", description))
}

/// RFC 8693 section 2.2.2: a token that is not acceptable, for whatever reason, is an invalid request.
async fn presented(
    cx: &TenantCx,
    parameter: &str,
    token: &str,
) -> Result<Result<VerifiedAccessToken, OAuthError>, StoreError> {
    match access_token::verify(cx, token).await {
        Ok(token) => Ok(Ok(token)),
        Err(BearerRefusal::Store(error)) => Err(error),
        Err(_) => {
            let description = format!("Parameter {parameter} is no access token of this tenant that is in force.");
            Ok(Err(OAuthError::invalid_request("exchanged_token_invalid", description)))
        }
    }
}

fn decide(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    request: &Request<'_>,
    subject: VerifiedAccessToken,
    actor: Option<VerifiedAccessToken>,
    proof: Option<&Proof>,
) -> Result<ExchangedIssuance, OAuthError> {
    // A token that was bound to a key is worth something to the holder of that key alone, here as elsewhere.
    for token in [Some(&subject), actor.as_ref()].into_iter().flatten() {
        let Some(bound_to) = &token.claims.cnf else { continue };
        if bound_to.jkt.is_some() && bound_to.jkt.as_deref() != proof.map(|proof| proof.thumbprint.as_str()) {
            let description = "The exchanged token is bound to a key: send a DPoP proof of that key.";
            return Err(OAuthError::invalid_request("exchanged_token_bound", description));
        }
        let certificate = cx.client_certificate().map(ClientCertificate::thumbprint);
        if bound_to.certificate.is_some() && bound_to.certificate != certificate {
            let description = "The exchanged token is bound to a certificate: use that certificate.";
            return Err(OAuthError::invalid_request("exchanged_token_bound", description));
        }
    }
    // Whoever acts proves it by a token of their own.
    if actor
        .as_ref()
        .is_some_and(|actor| actor.claims.client_id != client.client_id)
    {
        let description = "Parameter actor_token has to be a token of this client.";
        return Err(OAuthError::invalid_request("actor_token_foreign", description));
    }
    let scope = narrowed(client, &subject.claims.scope, request.scope)?;
    let audience = target(cx, &subject, &request.targets)?;
    let acting = actor.map_or_else(|| client.client_id.to_string(), |actor| actor.claims.sub);
    Ok(ExchangedIssuance {
        scope,
        audience,
        actor: Actor {
            sub: acting,
            act: subject.claims.act.clone().map(Box::new),
        },
        confirmation: issue::confirmation(cx, client, proof),
        grant: subject.grant,
        subject: subject.claims,
    })
}

/// What is left: within the subject's token, within what the client may have, and no more than it asks for.
fn narrowed(client: &AuthenticatedClient, held: &str, wanted: Option<&str>) -> Result<String, OAuthError> {
    let stored = |_| OAuthError::server_error("stored_scope");
    let held = ScopeSet::parse(held).map_err(stored)?.scopes;
    let ceiling = ScopeSet::parse(&client.scope).map_err(stored)?.scopes;
    let beyond = || {
        let description = "The scope is not within the exchanged token and what this client may have.";
        OAuthError::invalid_scope("scope_beyond_exchange", description)
    };
    let scope = match wanted {
        Some(text) => {
            let wanted = ScopeSet::parse_strictly(text).map_err(|_| beyond())?;
            if !held.covers(&wanted) || !ceiling.covers(&wanted) {
                return Err(beyond());
            }
            wanted
        }
        None => {
            crate::smart::Narrowing::of(held)
                .within(&ceiling, crate::smart::Reason::ClientCeiling)
                // Sign-in and refresh are between the user and the first app.
                .keeping(crate::smart::Reason::GrantType, |scope| {
                    matches!(scope, crate::smart::Scope::Resource(_))
                })
                .into_parts()
                .0
        }
    };
    if scope.is_empty() {
        Err(beyond())
    } else {
        Ok(scope.print())
    }
}

/// RFC 8693 section 2.1: where the new token is to be used. At most one, because a token has one audience.
fn target(cx: &TenantCx, subject: &VerifiedAccessToken, targets: &[&str]) -> Result<String, OAuthError> {
    let unknown = |description| OAuthError::new(ErrorCode::InvalidTarget, "exchange_target", description);
    match targets {
        [] => Ok(subject.claims.aud.clone()),
        [one] => cx
            .find_fhir_base(one)
            .map(|base| base.as_str().to_owned())
            .filter(|base| subject.grant.is_none() || *base == subject.claims.aud)
            .ok_or_else(|| {
                unknown("The target is not a FHIR server of this tenant that the user's authorization names.")
            }),
        _ => Err(unknown("Name one target: a token has one audience.")),
    }
}
