//! The authorization endpoint (RFC 6749 section 3.1, OpenID Connect Core section 3.1.2, SMART App Launch 2.2 "Obtain
//! authorization code"). The checks below are in the order in which they are made.

mod audience;
mod hint;
pub(in crate::issuer) mod pushed;
mod redirect_uri;
pub(in crate::issuer) mod request_object;
mod requirements;
mod scope;

use self::redirect_uri::{PageError, Redirectable};
use crate::interaction::respond::{internal_page, problem_page, see_other};
use crate::interaction::{self, DeviceRequest, EhrLaunch, ReturnPath};
use crate::issuer::authorization_details::Asked;
use crate::issuer::client_keys::ClientKeys;
use crate::issuer::reply::{Refusal, store_failure};
use crate::kernel::Sha256Hash;
use crate::kernel::credential::{Kind, recognise};
use crate::oauth::claims_request::ClaimsRequest;
use crate::oauth::pkce::CodeChallenge;
use crate::oauth::prompt::{Prompt, max_age_from_request};
use crate::oauth::response_type::check_response_type;
use crate::oauth::{AuthorizationRequest, Client, ErrorCode, OAuthError, Parameters, limits};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::web::pages::Problem;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use std::time::Duration;

/// `GET I/authorize`.
pub(super) async fn get(cx: TenantCx, State(keys): State<ClientKeys>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    if query.len() > limits::AUTHORIZE_QUERY {
        let error = OAuthError::invalid_request("query_too_long", "The request is too long. Send it by POST.");
        return problem_page(&cx, Problem::AppRequest, None, Some(&error));
    }
    let parameters = Parameters::parse_query(&query).map_err(OAuthError::from);
    Box::pin(authorize(&cx, &keys, parameters)).await
}

/// `POST I/authorize`, the capability `authorize-post`: granular scopes make long addresses.
///
/// A cross-site POST carries no `SameSite=Lax` cookie. So nothing here looks at cookies: the checked request is stored
/// and the browser sent on by 303, and that GET brings them.
pub(super) async fn post(cx: TenantCx, State(keys): State<ClientKeys>, headers: HeaderMap, body: Bytes) -> Response {
    let form = if !super::form::is_form(&headers) {
        let description = "The body has to be application/x-www-form-urlencoded.";
        Err(OAuthError::invalid_request("content_type", description))
    } else if body.len() > limits::FORM_BODY {
        Err(OAuthError::invalid_request("body_too_large", "The body is too large."))
    } else {
        Parameters::parse_form(&body).map_err(OAuthError::from)
    };
    Box::pin(authorize(&cx, &keys, form)).await
}

async fn authorize(cx: &TenantCx, keys: &ClientKeys, parameters: Result<Parameters, OAuthError>) -> Response {
    let parameters = match parameters {
        Ok(parameters) => parameters,
        Err(error) => return problem_page(cx, Problem::AppRequest, None, Some(&error)),
    };
    // What was pushed is all that counts (RFC 9126 section 4): the browser can add nothing to it.
    let (sent, handle) = match pushed::find(cx, &parameters).await {
        Ok(None) => (parameters, None),
        Ok(Some(Ok(pushed))) => (pushed.parameters, Some(pushed.handle)),
        Ok(Some(Err(error))) => return problem_page(cx, Problem::AppRequest, None, Some(&error)),
        Err(error) => return store_problem(cx, &error),
    };
    let request_object::Opened { parameters, signed } = match request_object::open(cx, keys, &sent).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(error)) => return unopened(cx, &sent, &error).await,
        Err(error) => return store_problem(cx, &error),
    };
    let origin = Origin { pushed: handle, signed };
    // Until the redirect URI is proven to be the client's, every error is a page (RFC 6749 section 3.1.2.4).
    let redirectable = match Redirectable::prove(cx, &parameters).await {
        Ok(redirectable) => redirectable,
        Err(PageError::Problem(problem, error)) => {
            tracing::info!(reason = error.reason, "authorization request refused on a page");
            return problem_page(cx, problem, None, Some(&error));
        }
        Err(PageError::Store(error)) => return store_problem(cx, &error),
    };
    // From here on every error is safe to send to the client.
    match check(cx, &redirectable, &parameters, origin) {
        Ok(request) => match begin(cx, request, &parameters).await {
            Ok(Ok(path)) => cx.choose_language(parameters.one("ui_locales").ok().flatten(), see_other(&path)),
            Ok(Err(error)) => redirectable.return_path.send_error(cx, &error),
            Err(error) => redirectable.return_path.send_error(cx, &store_failure(&error)),
        },
        // RFC 9700 section 4.11.2: an app that registered itself must not get users bounced off this server by asking for
        // something wrong on purpose. A request that is to show nothing shows nothing.
        Err(refused) if !redirectable.client.verified && parameters.one("prompt") != Ok(Some("none")) => {
            problem_page(cx, Problem::AppRequest, None, Some(&refused.error))
        }
        Err(refused) => refused.return_path.send_error(cx, &refused.error),
    }
}

/// A request whose object cannot be opened. The client is told, if the plain parameters prove where it is; else the user.
async fn unopened(cx: &TenantCx, outer: &Parameters, error: &OAuthError) -> Response {
    match Redirectable::prove(cx, outer).await {
        Ok(to) if to.client.verified => to.return_path.send_error(cx, error),
        Ok(_) | Err(PageError::Problem(..)) => problem_page(cx, Problem::AppRequest, None, Some(error)),
        Err(PageError::Store(error)) => store_problem(cx, &error),
    }
}

/// How a request came.
#[derive(Clone, Copy)]
struct Origin {
    /// The handle under which its client pushed it.
    pushed: Option<Sha256Hash>,
    /// Whether its client signed it.
    signed: bool,
}

fn store_problem(cx: &TenantCx, error: &StoreError) -> Response {
    tracing::error!(%error, "storage failed");
    if error.is_transient() {
        problem_page(cx, Problem::Overloaded, None, None)
    } else {
        internal_page(cx, "store_failed")
    }
}

/// Takes the launch, if there is one, and stores the interaction. A handle is used up by the first request that is in order:
/// unknown, used, expired, another app's and another tenant's are one answer (SMART App Launch 2.2).
async fn begin(
    cx: &TenantCx,
    request: AuthorizationRequest,
    parameters: &Parameters,
) -> Result<Result<String, OAuthError>, StoreError> {
    let launch = match parameters.one("launch").ok().flatten() {
        None => None,
        Some(handle) => {
            let unknown =
                || OAuthError::invalid_request("launch_unknown", "The launch handle is unknown, used or expired.");
            let Some(hash) = recognise(Kind::LaunchHandle, handle) else {
                return Ok(Err(unknown()));
            };
            let mut tx = cx.begin().await?;
            let taken = tx.take_launch(hash, request.client_id.as_str(), cx.now()).await?;
            tx.commit().await?;
            let Some(bytes) = taken else { return Ok(Err(unknown())) };
            let launch: EhrLaunch = serde_json::from_slice(bytes.expose())
                .map_err(|_| StoreError::corrupt("launches", "sealed_context", "not a launch"))?;
            Some(launch)
        }
    };
    interaction::begin(cx, request, launch).await.map(Ok)
}

/// A refusal with the path on which it travels.
struct Refused {
    return_path: ReturnPath,
    error: OAuthError,
}

fn check(
    cx: &TenantCx,
    to: &Redirectable,
    parameters: &Parameters,
    Origin { pushed, signed }: Origin,
) -> Result<AuthorizationRequest, Box<Refused>> {
    let allowed = || match pushed {
        // RFC 9126 section 6: where requests have to be pushed, this one was not.
        None => {
            requirements::check_pushed(cx, &to.client).and_then(|()| requirements::check_signed(&to.client, signed))
        }
        // All of that was asked when it was pushed.
        Some(_) => Ok(()),
    };
    let checked = allowed().and_then(|()| checked(cx, to, parameters));
    checked
        .map(|request| AuthorizationRequest {
            pushed: pushed.map(|handle| handle.to_base64url()),
            ..request
        })
        .map_err(|error| {
            Box::new(Refused {
                return_path: to.return_path.clone(),
                error,
            })
        })
}

/// The same checks for a request that a client pushes: it is told at once what is wrong (RFC 9126 section 2.3).
pub(in crate::issuer) async fn check_pushed_request(
    cx: &TenantCx,
    parameters: &Parameters,
    signed: bool,
) -> Result<(), Refusal> {
    let redirectable = match Redirectable::prove(cx, parameters).await {
        Ok(redirectable) => redirectable,
        Err(PageError::Problem(_, error)) => return Err(error.into()),
        Err(PageError::Store(error)) => return Err(error.into()),
    };
    requirements::check_signed(&redirectable.client, signed)?;
    checked(cx, &redirectable, parameters)?;
    Ok(())
}

/// The checks of a request that a device sends (RFC 8628 section 3.1): scope and FHIR server. There is no browser to redirect, no
/// code to steal, and no EHR that launches.
pub(in crate::issuer) fn check_device_request(
    cx: &TenantCx,
    client: &Client,
    parameters: &Parameters,
) -> Result<DeviceRequest, OAuthError> {
    let asked = Asked::read(cx, parameters)?;
    let scope = scope::check(cx, client, asked.scope.as_deref())?;
    requirements::check_launch(&scope, None)?;
    let audience = audience::check(cx, &scope, parameters, &asked.details)?;
    Ok(DeviceRequest {
        scope: asked.scope.unwrap_or_default(),
        audience: audience.first,
        resources: audience.all,
        authorization_details: asked.details,
    })
}

/// The list of checks, in order. Each can fail only with an error that may be redirected.
fn checked(cx: &TenantCx, to: &Redirectable, parameters: &Parameters) -> Result<AuthorizationRequest, OAuthError> {
    let client = &to.client;
    // RFC 6749 section 3.1: parameters must not be included more than once. RFC 8707 lets `resource` repeat.
    parameters.check_no_repeats(&["resource"])?;
    to.response_mode.clone()?;
    check_not_supported(parameters)?;
    check_response_type(parameters.one("response_type")?)?;
    requirements::check_grant(client)?;
    let asked = Asked::read(cx, parameters)?;
    let scope = scope::check(cx, client, asked.scope.as_deref())?;
    let state = parameters.one("state")?;
    requirements::check_state(&scope, state)?;
    let challenge = CodeChallenge::from_request(
        parameters.one("code_challenge")?,
        parameters.one("code_challenge_method")?,
    )?;
    requirements::check_pkce(cx, client, &scope, challenge.as_ref())?;
    let prompt = Prompt::from_request(parameters.one("prompt")?)?;
    let max_age = max_age_from_request(parameters.one("max_age")?)?;
    let default_age = client.openid.default_max_age;
    let max_age = max_age.or(default_age.map(|seconds| Duration::from_secs(seconds.into())));
    let audience = audience::check(cx, &scope, parameters, &asked.details)?;
    requirements::check_launch(&scope, parameters.one("launch")?)?;
    let claims = match parameters.one("claims")? {
        Some(_) if !cx.document().offers.claims_parameter => ClaimsRequest::default(),
        text => ClaimsRequest::from_request(text)?,
    };
    let hinted_subject = hint::check(cx, client, parameters.one("id_token_hint")?)?;
    let hinted_subject = hint::agreed(hinted_subject, claims.subject.clone())?;
    let owned = |name: &str| parameters.one(name).map(|value| value.map(str::to_owned));
    Ok(AuthorizationRequest {
        client_id: client.client_id.clone(),
        redirect_uri: to.return_path.redirect_uri.clone(),
        response_mode: to.return_path.response_mode,
        response_signing_alg: to.return_path.signing_alg,
        state: state.map(str::to_owned),
        // Also what nobody understands: it is part of what was asked for, when somebody wants to know what became of it.
        scope: asked.scope.unwrap_or_default(),
        code_challenge: challenge.map(|challenge| challenge.as_str().to_owned()),
        nonce: owned("nonce")?,
        dpop_jkt: requirements::dpop_key(parameters)?,
        audience: audience.first,
        resources: audience.all,
        authorization_details: asked.details,
        prompt,
        max_age,
        login_hint: owned("login_hint")?,
        idp_hint: owned("idp_hint")?,
        hinted_subject,
        acr_values: wanted_contexts(client, owned("acr_values")?, &claims),
        claims,
        ui_locales: owned("ui_locales")?,
        pushed: None,
    })
}

/// The authentication contexts that are wanted: those of the request, in whichever way it names them, else those of the
/// registration (OpenID Connect Dynamic Client Registration section 2).
fn wanted_contexts(client: &Client, acr_values: Option<String>, claims: &ClaimsRequest) -> Option<String> {
    let by_claim = || {
        let values: Vec<&str> = claims
            .required_acr
            .iter()
            .chain(&claims.wanted_acr)
            .map(String::as_str)
            .collect();
        (!values.is_empty()).then(|| values.join(" "))
    };
    let registered = || {
        let values = &client.openid.default_acr_values;
        (!values.is_empty()).then(|| values.join(" "))
    };
    acr_values.or_else(by_claim).or_else(registered)
}

/// `registration` would change the meaning of the request, and is not read. Ignoring it would be worse than refusing (OpenID
/// Connect Core section 3.1.2.6).
fn check_not_supported(parameters: &Parameters) -> Result<(), OAuthError> {
    if parameters.contains("registration") {
        let description = "Parameter registration is not supported. Register the client first.";
        let code = ErrorCode::RegistrationNotSupported;
        return Err(OAuthError::new(code, "registration", description));
    }
    Ok(())
}
