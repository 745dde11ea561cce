//! Testing a provider: the whole sign-in with this browser, by which nobody is signed in and no account is made.
//!
//! The link is taken by one browser, once; only that browser is shown what came of it. Whoever made the link sees the same with
//! values masked. A provider that is switched off can be tested.

use super::callback::go_on;
use super::mapping::{Identity, RuleOutcome, RuleResult};
use super::oidc::SignInOptions;
use super::{Federation, IdentityProvider, ProviderKind, SignInTrace, UpstreamStart, send_upstream};
use crate::kernel::credential::{self, Kind, recognise};
use crate::kernel::id::SignInTestId;
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::store::StoreError;
use crate::store::tenant::{AuditEvent, StoredSignInTest};
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::cookies::CookiePurpose;
use crate::web::pages::{Problem, TestSignIn, TestSignInState, TraceLine, TraceLook, TraceOutcome};
use crate::web::route_table::RouteTable;
use crate::web::{Href, HtmlPage, Language, PagePolicy};
use axum::extract::{FromRef, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use std::sync::Arc;

pub(super) fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
    Federation: FromRef<S>,
{
    RouteTable::new()
        .get("/{tenant}/auth/federation/{provider}/test/{token}", show)
        .get("/{tenant}/auth/federation/{provider}/test/{token}/start", start)
}

/// Path parameters of a test.
#[derive(serde::Deserialize)]
struct TestPath {
    provider: String,
    token: String,
}

/// The browser, known by the cookie that binds sign-ins.
struct Browser {
    binding: Sha256Hash,
    /// The cookie to be set, when the browser had none.
    new: Option<Secret<String>>,
}

impl Browser {
    fn of(cx: &TenantCx, headers: &HeaderMap) -> Self {
        let sent = cx.cookies().find(headers, CookiePurpose::Interaction);
        if let Some(binding) = sent.and_then(|value| recognise(Kind::BrowserBinding, &value)) {
            return Self { binding, new: None };
        }
        let secret = credential::generate(Kind::BrowserBinding, cx.entropy());
        Self {
            binding: Sha256Hash::of(secret.expose().as_bytes()),
            new: Some(secret),
        }
    }

    fn with_cookie(&self, cx: &TenantCx, mut response: Response) -> Response {
        if let Some(secret) = &self.new {
            let cookie = cx
                .cookies()
                .set(CookiePurpose::Interaction, secret.expose().clone(), None);
            if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
        }
        response
    }
}

/// A test whose link was opened.
struct Opened {
    provider: Arc<IdentityProvider>,
    hash: Sha256Hash,
    test: StoredSignInTest,
}

async fn open(cx: &TenantCx, federation: &Federation, path: &TestPath) -> Result<Option<Opened>, StoreError> {
    let Some(hash) = recognise(Kind::SignInTest, &path.token) else {
        return Ok(None);
    };
    let Some(provider) = federation.find_provider(cx, &path.provider).await? else {
        return Ok(None);
    };
    let test = cx.read().await?.find_sign_in_test(hash, cx.now()).await?;
    Ok(test
        .filter(|test| test.provider == provider.id)
        .map(|test| Opened { provider, hash, test }))
}

fn path_of(cx: &TenantCx, path: &TestPath, step: &str) -> String {
    format!(
        "{}/federation/{}/test/{}{step}",
        cx.urls().path(),
        path.provider,
        path.token
    )
}

/// `GET I/federation/{provider}/test/{token}`: what is about to happen, or what came of it. Looking takes nothing: mail programs
/// open links on their own.
async fn show(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(path): Path<TestPath>,
    headers: HeaderMap,
) -> Response {
    let opened = match open(&cx, &federation, &path).await {
        Ok(opened) => opened,
        Err(error) => return broken(&cx, &error),
    };
    let browser = Browser::of(&cx, &headers);
    let Some(Opened { provider, test, .. }) = opened else {
        return gone(&cx);
    };
    let state = match &test.binding {
        // Another browser's, and what it saw is not for this one.
        Some(binding) if *binding != browser.binding => return gone(&cx),
        Some(_) if test.finished_at.is_some() => match result(&test, cx.language()) {
            Ok(look) => TestSignInState::Result(Box::new(look)),
            Err(error) => return broken(&cx, &error),
        },
        _ if test.expires_at <= cx.now() => return gone(&cx),
        _ => TestSignInState::Ready {
            start: Href::local(&path_of(&cx, &path, "/start")),
            minutes: minutes_left(test.expires_at, cx.now()),
        },
    };
    let response = page(&cx, provider.display_name.clone(), state);
    cx.remember_language(response)
}

fn minutes_left(until: Timestamp, now: Timestamp) -> u16 {
    u16::try_from(until.since(now).as_secs().div_ceil(60)).unwrap_or(u16::MAX)
}

/// `GET I/federation/{provider}/test/{token}/start`: this browser takes the test and goes to the provider.
async fn start(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(path): Path<TestPath>,
    headers: HeaderMap,
) -> Response {
    let browser = Browser::of(&cx, &headers);
    match begin(&cx, &federation, &path, &browser).await {
        Ok(Some(response)) => browser.with_cookie(&cx, response),
        Ok(None) => gone(&cx),
        Err(error) => broken(&cx, &error),
    }
}

async fn begin(
    cx: &TenantCx,
    federation: &Federation,
    path: &TestPath,
    browser: &Browser,
) -> Result<Option<Response>, StoreError> {
    let Some(Opened { provider, hash, test }) = open(cx, federation, path).await? else {
        return Ok(None);
    };
    if matches!(provider.kind, ProviderKind::Local) {
        return Ok(None);
    }
    let mut tx = cx.begin().await?;
    let taken = tx.take_sign_in_test(hash, browser.binding, cx.now()).await?;
    tx.commit().await?;
    // The same browser may have come back from the provider without an answer.
    let again = test.binding == Some(browser.binding) && test.finished_at.is_none() && test.expires_at > cx.now();
    if !taken && !again {
        let own = test.binding == Some(browser.binding);
        return Ok(own.then(|| go_on(&path_of(cx, path, ""))));
    }
    let return_to = path_of(cx, path, "");
    let start = UpstreamStart {
        return_to: return_to.clone(),
        binding: browser.binding,
        options: SignInOptions::default(),
        test: Some(test.id),
    };
    Ok(Some(match federation.begin_upstream(cx, &provider, start).await {
        Ok(way) => send_upstream(cx, way),
        Err(failure) => {
            let trace = SignInTrace::refused(failure.detail.clone());
            conclude(cx, &provider, test.id, failure.check, &trace).await?;
            go_on(&return_to)
        }
    }))
}

/// Writes down how a test ended: `completed`, or the check that refused it.
pub(super) async fn conclude(
    cx: &TenantCx,
    provider: &IdentityProvider,
    test: SignInTestId,
    outcome: &str,
    trace: &SignInTrace,
) -> Result<(), StoreError> {
    let content = serde_json::to_vec(trace)
        .map(Secret::new)
        .map_err(|error| StoreError::corrupt("sign_in_tests", "sealed_trace", error))?;
    let request_id = cx.request_id().to_string();
    let target = test.to_string();
    let event = AuditEvent {
        event: "identity_provider.tested",
        outcome: if outcome == super::trace::COMPLETED {
            "success"
        } else {
            outcome
        },
        request_id: Some(&request_id),
        detail: Some(&provider.alias),
        target: Some(&target),
        ..AuditEvent::default()
    };
    let mut tx = cx.begin().await?;
    if tx
        .finish_sign_in_test(test, outcome, content.expose(), cx.now(), cx.entropy())
        .await?
    {
        tx.record(&event, cx.now(), cx.entropy()).await?;
    }
    tx.commit().await
}

fn result(test: &StoredSignInTest, language: Language) -> Result<TraceLook, StoreError> {
    let trace = match &test.trace {
        Some(content) => SignInTrace::read(content)?,
        None => SignInTrace::default(),
    };
    Ok(trace.look(test.outcome.as_deref().unwrap_or_default(), language))
}

impl SignInTrace {
    /// How a page shows it, with its values.
    pub fn look(&self, outcome: &str, language: Language) -> TraceLook {
        TraceLook {
            language,
            passed: outcome == super::trace::COMPLETED,
            check: outcome.to_owned(),
            detail: self.detail.clone(),
            rules: self.rules.iter().map(line).collect(),
            identity: self.identity.as_ref().map_or_else(Vec::new, facts),
            claims: pretty(&Value::Object(self.claims.clone())),
        }
    }
}

/// How a page shows what one rule did.
pub fn line(result: &RuleResult) -> TraceLine {
    let (outcome, reason) = match &result.outcome {
        RuleOutcome::Matched => (TraceOutcome::Matched, None),
        RuleOutcome::Empty => (TraceOutcome::Empty, None),
        RuleOutcome::Failed(reason) => (TraceOutcome::Failed, Some(reason.clone())),
    };
    TraceLine {
        rule: result.rule.as_str(),
        outcome,
        reason: reason.or_else(|| result.note.clone()),
    }
}

/// The parts of an identity that are there.
pub fn facts(identity: &Identity) -> Vec<(&'static str, String)> {
    let mut facts = vec![("subject", identity.subject.clone())];
    let single = [
        ("name", &identity.name),
        ("email", &identity.email),
        ("fhirUser", &identity.fhir_user),
        ("npi", &identity.npi),
        ("patient", &identity.patient),
    ];
    for (name, value) in single {
        facts.extend(value.iter().map(|value| (name, value.clone())));
    }
    for (name, values) in [("roles", &identity.roles), ("patients", &identity.patients)] {
        if !values.is_empty() {
            facts.push((name, values.join(", ")));
        }
    }
    facts
}

fn pretty(claims: &Value) -> Option<String> {
    let some = claims.as_object().is_some_and(|members| !members.is_empty());
    some.then(|| serde_json::to_string_pretty(claims).unwrap_or_default())
}

fn page(cx: &TenantCx, provider: String, state: TestSignInState) -> Response {
    let page = TestSignIn {
        chrome: cx.chrome(None),
        provider,
        state,
    };
    HtmlPage::new(&page, PagePolicy::closed(cx.urls().base().is_https())).into_response()
}

/// Unknown, taken by another browser, too old: one page.
fn gone(cx: &TenantCx) -> Response {
    let mut response = page(cx, String::new(), TestSignInState::Gone);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn broken(cx: &TenantCx, error: &StoreError) -> Response {
    tracing::error!(%error, "storage failed");
    let problem = if error.is_transient() {
        Problem::Overloaded
    } else {
        Problem::Internal
    };
    super::callback::page(cx, problem, None)
}
