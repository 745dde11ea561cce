//! `GET I/federation/{provider}/callback`: the browser comes back from an OpenID Connect provider.

use super::mapping::{CompiledMapping, MappingRefusal, Resolver};
use super::oidc::{
    CallbackParameters, ClientAuthentication, ClientKey, ClientProof, OidcProviderConfig, SignInFailure, UserOutcome,
};
use super::service::{Mapped, Proof, Remembered, UpstreamName, admit, begin_session, upstream_key};
use super::sign_in_test::conclude;
use super::trace::{COMPLETED, MAPPING};
use super::upstream_logout::OidcSession;
use super::{Assertion, Federation, IdentityProvider, ProviderKind, SignInTrace};
use crate::kernel::Sha256Hash;
use crate::kernel::credential::{Kind, recognise};
use crate::kernel::id::SignInTestId;
use crate::session::{Session, SignedIn};
use crate::store::StoreError;
use crate::store::tenant::{AccountProfile, AuditEvent, FederationKeyState};
use crate::tenant::{RefusalMark, TenantCx};
use crate::web::Href;
use crate::web::cookies::CookiePurpose;
use crate::web::pages::{Action, ErrorPage, Problem};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Path parameters of a provider's endpoints.
#[derive(serde::Deserialize)]
pub(super) struct CallbackPath {
    pub(super) provider: String,
}

/// Why nobody is signed in.
enum Refused {
    /// The answer belongs to no sign-in of this browser at this provider.
    NotOurs,
    /// The sign-in failed; the browser can try again.
    Failed { problem: Problem, return_to: String },
    /// It was a test, and is written down.
    Tested { return_to: String },
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    Path(path): Path<CallbackPath>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    match Box::pin(complete(&cx, &federation, &path.provider, &query, &headers)).await {
        Ok(arrival) => match begin_session(&cx, &session, &arrival.signed_in, &arrival.upstream).await {
            Ok(()) => go_on(&arrival.return_to),
            Err(error) => {
                tracing::error!(%error, "session");
                page(&cx, Problem::Internal, None)
            }
        },
        Err(Refused::NotOurs) => page(&cx, Problem::SignInExpired, None),
        Err(Refused::Failed { problem, return_to }) => page(&cx, problem, Some(&return_to)),
        Err(Refused::Tested { return_to }) => go_on(&return_to),
        Err(Refused::Store(error)) => {
            tracing::error!(%error, "storage failed");
            page(
                &cx,
                if error.is_transient() {
                    Problem::Overloaded
                } else {
                    Problem::Internal
                },
                None,
            )
        }
    }
}

/// Somebody whom the provider signed in and who may be here.
struct Arrival {
    signed_in: SignedIn,
    upstream: UpstreamName,
    return_to: String,
}

/// `state` known, unused, of this browser, at this tenant and this provider: one guarded statement decides. Only then is
/// anything else looked at.
async fn complete(
    cx: &TenantCx,
    federation: &Federation,
    alias: &str,
    query: &str,
    headers: &HeaderMap,
) -> Result<Arrival, Refused> {
    let provider = federation.find_provider(cx, alias).await?.ok_or(Refused::NotOurs)?;
    let ProviderKind::Oidc(oidc) = &provider.kind else {
        return Err(Refused::NotOurs);
    };
    let callback =
        CallbackParameters::from_pairs(url::form_urlencoded::parse(query.as_bytes())).map_err(|_| Refused::NotOurs)?;
    let state = callback
        .state()
        .and_then(|state| recognise(Kind::UpstreamState, state))
        .ok_or(Refused::NotOurs)?;
    let binding = cx
        .cookies()
        .find(headers, CookiePurpose::Interaction)
        .and_then(|value| recognise(Kind::BrowserBinding, &value))
        .ok_or(Refused::NotOurs)?;
    let remembered = take(cx, &provider, state, binding).await?.ok_or(Refused::NotOurs)?;
    // One that is switched off can be tried out, and signs nobody in, also where the sign-in began before.
    if !provider.is_on() && remembered.test.is_none() {
        return Err(Refused::NotOurs);
    }
    let keys = match client_keys(cx, &provider, &oidc.config).await? {
        Ok(keys) => keys,
        Err(failure) => return Err(refuse(cx, &provider, &failure, remembered).await?),
    };
    federation.recall(cx, &provider, oidc).await?;
    let proof = ClientProof {
        former: keys.former.as_ref(),
        ..ClientProof::new(keys.current.as_ref(), cx.now(), cx.entropy())
    };
    let completed = federation
        .relying_party()
        .complete(
            &upstream_key(cx, &provider),
            &oidc.config,
            &remembered.pending,
            &callback,
            &proof,
        )
        .await;
    let completed = match completed {
        Ok(completed) => completed,
        Err(failure) => return Err(refuse(cx, &provider, &failure, remembered).await?),
    };
    if completed.by_former_key
        && let Some(former) = &keys.former
    {
        note_former_key(cx, &provider, former).await?;
    }
    let assertion = completed.assertion;
    if let Some(test) = remembered.test {
        try_out(cx, federation, &provider, test, &oidc.mapping, &assertion).await?;
        return Err(Refused::Tested {
            return_to: remembered.return_to,
        });
    }
    let mapped = match map(cx, federation, &provider, &oidc.mapping, &assertion).await? {
        Ok(mapped) => mapped,
        Err(problem) => {
            return Err(Refused::Failed {
                problem,
                return_to: remembered.return_to,
            });
        }
    };
    let upstream = OidcSession::of(&assertion)?;
    let proof = Proof {
        authenticated_at: assertion.auth_time.unwrap_or_else(|| cx.now()),
        acr: assertion.acr,
        amr: assertion.amr,
        session_ends: assertion.session_ends,
    };
    let signed_in = admit(cx, federation, &provider, mapped, proof).await?;
    match signed_in {
        Some(signed_in) => Ok(Arrival {
            signed_in,
            upstream,
            return_to: remembered.return_to,
        }),
        None => Err(Refused::Failed {
            problem: Problem::NotPermitted,
            return_to: remembered.return_to,
        }),
    }
}

/// Applies the rules to what a provider said, and keeps the trace of a refusal. Whoever is not refused goes on with theirs.
pub(super) async fn map(
    cx: &TenantCx,
    federation: &Federation,
    provider: &IdentityProvider,
    mapping: &CompiledMapping,
    assertion: &Assertion,
) -> Result<Result<Mapped, Problem>, StoreError> {
    let resolver = Resolver::new(cx, federation.patient_directory());
    let outcome = resolver.apply(mapping, &assertion.claims, &provider.alias).await?;
    let trace = SignInTrace::mapped(assertion, &outcome);
    let refusal = match outcome.identity {
        Ok(identity) => {
            return Ok(Ok(Mapped {
                profile: AccountProfile::from(identity),
                link: outcome.link,
                trace,
            }));
        }
        Err(refusal) => refusal,
    };
    tracing::warn!(%refusal, "mapping refused a sign-in");
    record(cx, provider, MAPPING, trace).await?;
    Ok(Err(match refusal {
        MappingRefusal::LookupFailed { .. } => Problem::RecordsUnreachable,
        _ => Problem::NotPermitted,
    }))
}

/// Applies the rules to what a provider said in a test, and writes down what came of it.
pub(super) async fn try_out(
    cx: &TenantCx,
    federation: &Federation,
    provider: &IdentityProvider,
    test: SignInTestId,
    mapping: &CompiledMapping,
    assertion: &Assertion,
) -> Result<(), StoreError> {
    let resolver = Resolver::new(cx, federation.patient_directory());
    let outcome = resolver.apply(mapping, &assertion.claims, &provider.alias).await?;
    let trace = SignInTrace::mapped(assertion, &outcome);
    let how = if outcome.identity.is_ok() { COMPLETED } else { MAPPING };
    conclude(cx, provider, test, how, &trace).await
}

/// Our keys at a provider, where it knows us by one.
#[derive(Default)]
struct ClientKeys {
    current: Option<ClientKey>,
    former: Option<ClientKey>,
}

async fn client_keys(
    cx: &TenantCx,
    provider: &IdentityProvider,
    config: &OidcProviderConfig,
) -> Result<Result<ClientKeys, SignInFailure>, StoreError> {
    if config.authentication != ClientAuthentication::PrivateKeyJwt {
        return Ok(Ok(ClientKeys::default()));
    }
    let keys = cx.read().await?.list_federation_keys(provider.id).await?;
    let algorithm = config.assertion_algorithm;
    Ok(ClientKey::current(&keys, algorithm).map(|current| ClientKeys {
        current: Some(current),
        former: ClientKey::former(&keys, algorithm),
    }))
}

/// The provider still knows us by the key before: that one is kept for as long, and once a day it is said that our keys were not
/// taken in.
async fn note_former_key(cx: &TenantCx, provider: &IdentityProvider, key: &ClientKey) -> Result<(), StoreError> {
    let mut tx = cx.begin().await?;
    let noted = tx
        .note_use_of_federation_key(provider.id, key.certificate(), FederationKeyState::Previous, cx.now())
        .await?;
    if !noted {
        return Ok(());
    }
    let event = AuditEvent {
        event: "identity_provider.former_key_used",
        outcome: "success",
        target: Some(&provider.alias),
        detail: Some(
            "the provider refused our current key and took the one before: it has not read our JWKS since the switch",
        ),
        ..AuditEvent::default()
    };
    tx.record(&event, cx.now(), cx.entropy()).await?;
    tx.commit().await
}

async fn take(
    cx: &TenantCx,
    provider: &IdentityProvider,
    state: Sha256Hash,
    binding: Sha256Hash,
) -> Result<Option<Remembered>, StoreError> {
    let mut tx = cx.begin().await?;
    let Some(stored) = tx.take_upstream_sign_in(state, provider.id, binding, cx.now()).await? else {
        return Ok(None);
    };
    tx.commit().await?;
    serde_json::from_slice(stored.pending.expose())
        .map(Some)
        .map_err(|_| StoreError::corrupt("upstream_sign_ins", "sealed_pending", "not a sign-in"))
}

async fn refuse(
    cx: &TenantCx,
    provider: &IdentityProvider,
    failure: &SignInFailure,
    remembered: Remembered,
) -> Result<Refused, StoreError> {
    let return_to = remembered.return_to;
    tracing::warn!(check = %failure.check, detail = %failure.detail, "upstream sign-in refused");
    let trace = SignInTrace::refused(failure.detail.clone());
    if let Some(test) = remembered.test {
        conclude(cx, provider, test, failure.check.as_str(), &trace).await?;
        return Ok(Refused::Tested { return_to });
    }
    record(cx, provider, failure.check.as_str(), trace).await?;
    let problem = problem_of(failure.user);
    Ok(Refused::Failed { problem, return_to })
}

/// What the user is shown.
pub(super) const fn problem_of(outcome: UserOutcome) -> Problem {
    match outcome {
        UserOutcome::AccessDenied | UserOutcome::LoginRequired => Problem::ProviderRefused,
        UserOutcome::TemporarilyUnavailable => Problem::ProviderUnreachable,
        UserOutcome::ServerError => Problem::ProviderAnswer,
    }
}

/// Records a refused sign-in by the check that refused it, and keeps its trace.
pub(super) async fn record(
    cx: &TenantCx,
    provider: &IdentityProvider,
    failed_check: &'static str,
    trace: SignInTrace,
) -> Result<(), StoreError> {
    cx.note_upstream_check(failed_check);
    let request_id = cx.request_id().to_string();
    let event = AuditEvent {
        event: "sign_in.refused",
        outcome: failed_check,
        request_id: Some(&request_id),
        detail: Some(&provider.alias),
        ..AuditEvent::default()
    };
    let mut tx = cx.begin().await?;
    trace.save(&mut tx, cx, provider, failed_check).await?;
    tx.record(&event, cx.now(), cx.entropy()).await?;
    tx.commit().await
}

/// The stored path is one that this server wrote; it is never taken from the request.
pub(super) fn go_on(return_to: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(return_to) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, location);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
        .headers_mut()
        .insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The page for a sign-in that failed.
pub(super) fn page(cx: &TenantCx, problem: Problem, return_to: Option<&str>) -> Response {
    let action = return_to.map(|path| Action::TryAgain(Href::local(path)));
    let page = ErrorPage {
        chrome: cx.chrome(None),
        problem,
        action,
        technical: None,
        at: cx.now(),
    };
    RefusalMark::on_page(problem).mark(cx.closed_page(&page).into_response())
}
