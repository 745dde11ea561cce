//! `POST I/federation/{provider}/acs`: the assertion consumer service (SAML Profiles 2.0 section 4.1.4.3).

use super::pending::{self, Answer, Pending};
use super::{MessageForm, Stopped, find, note, saml_of};
use crate::federation::callback::CallbackPath;
use crate::federation::provider::SamlProvider;
use crate::federation::saml::{Accepted, Answers, Check, Expectation, Refusal, accept, assertion_of, fits_relay_state};
use crate::federation::saml_directory::SamlParty;
use crate::federation::service::replay_key;
use crate::federation::sign_in_test::conclude;
use crate::federation::{Federation, IdentityProvider, SignInTrace};
use crate::kernel::credential::{Kind, generate, recognise};
use crate::kernel::{Sha256Hash, Timestamp};
use crate::tenant::TenantCx;
use crate::web::cookies::CookiePurpose;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use std::sync::Arc;
use std::time::Duration;

/// How long a sign-in that the provider began waits for the user's yes.
const CONFIRMATION_LIFETIME: Duration = Duration::from_mins(5);

pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(path): Path<CallbackPath>,
    body: Body,
) -> Response {
    let provider = match find(&cx, &federation, &path.provider).await {
        Ok(Some(provider)) => provider,
        Ok(None) => return Stopped::NotOurs.answer(&cx, None, None).await,
        Err(error) => return Stopped::Store(error).answer(&cx, None, None).await,
    };
    match receive(&cx, &federation, &provider, body).await {
        Ok(response) => response,
        Err(stopped) => stopped.answer(&cx, Some(&provider), None).await,
    }
}

async fn receive(
    cx: &TenantCx,
    federation: &Federation,
    provider: &IdentityProvider,
    body: Body,
) -> Result<Response, Stopped> {
    let saml = saml_of(provider).ok_or(Stopped::NotOurs)?;
    let form = MessageForm::read(body).await?;
    let (message, relay_state) = (form.once("SAMLResponse")?, form.once("RelayState")?);
    let message = message.ok_or_else(|| Refusal::new(Check::Parameters, "no SAMLResponse"))?;
    let relay_state = relay_state.filter(|relay_state| fits_relay_state(relay_state));
    let ours = relay_state.and_then(|relay_state| Some((relay_state, recognise(Kind::UpstreamState, relay_state)?)));
    match ours {
        Some((relay_state, state)) => answered(cx, federation, provider, saml, message, relay_state, state).await,
        None => initiated(cx, federation, provider, saml, message, relay_state).await,
    }
}

/// A response to a request of ours: checked, kept, and picked up where the browser's cookie is.
async fn answered(
    cx: &TenantCx,
    federation: &Federation,
    provider: &IdentityProvider,
    saml: &SamlProvider,
    message: &str,
    relay_state: &str,
    state: Sha256Hash,
) -> Result<Response, Stopped> {
    let stored = cx
        .read()
        .await?
        .find_upstream_sign_in(state, provider.id, None, cx.now())
        .await?
        .filter(|stored| stored.answer.is_none())
        .ok_or(Stopped::NotOurs)?;
    let pending: Pending = pending::read(&stored.pending)?;
    if !matches!(pending, Pending::SignIn { .. }) {
        return Err(Stopped::NotOurs);
    }
    let answer = match verify(cx, federation, provider, saml, message, &pending).await {
        Ok(_) => Answer::Response {
            message: message.to_owned(),
        },
        Err(Stopped::Refused(refusal)) => {
            match pending.test() {
                Some(test) => {
                    let trace = SignInTrace::refused(refusal.detail.clone());
                    conclude(cx, provider, test, refusal.check.as_str(), &trace).await?;
                }
                None => note(cx, Some(provider), &refusal).await?,
            }
            Answer::Refused {
                user: refusal.user.into(),
            }
        }
        Err(other) => return Err(other),
    };
    let answer = pending::write(&answer)?;
    let mut tx = cx.begin().await?;
    // Of two answers one is kept.
    if !tx
        .answer_upstream_sign_in(state, provider.id, answer.expose(), cx.now(), cx.entropy())
        .await?
    {
        return Err(Stopped::NotOurs);
    }
    tx.commit().await?;
    Ok(onward(cx, &provider.alias, relay_state))
}

/// A response that nobody here asked for: only where an administrator wants it, never on the strength of a `RelayState`, and
/// never without the user's own yes, since it may have been planted in this browser.
async fn initiated(
    cx: &TenantCx,
    federation: &Federation,
    provider: &IdentityProvider,
    saml: &SamlProvider,
    message: &str,
    relay_state: Option<&str>,
) -> Result<Response, Stopped> {
    if !provider.is_on() {
        return Err(Stopped::NotOurs);
    }
    let Some(wanted) = &saml.config.idp_initiated else {
        return Err(Refusal::new(
            Check::Unsolicited,
            "no request of ours is open, and sign-ins may not begin at the provider",
        )
        .into());
    };
    let target = relay_state
        .and_then(|relay_state| wanted.targets.get(relay_state))
        .unwrap_or(&wanted.target);
    let pending = Pending::Initiated {
        target: target.to_string(),
    };
    let accepted = verify(cx, federation, provider, saml, message, &pending).await?;
    let state = generate(Kind::UpstreamState, cx.entropy());
    let state_hash = Sha256Hash::of(state.expose().as_bytes());
    let binding = generate(Kind::BrowserBinding, cx.entropy());
    let binding_hash = Sha256Hash::of(binding.expose().as_bytes());
    let (stored, answer) = (
        pending::write(&pending)?,
        pending::write(&Answer::Response {
            message: message.to_owned(),
        })?,
    );
    let mut tx = cx.begin().await?;
    let fresh = tx
        .remember_upstream_message(
            provider.id,
            replay_key("assertion", &accepted.assertion_id),
            accepted.replay_until,
        )
        .await?;
    if !fresh {
        return Err(Refusal::new(Check::Replay, "the assertion was accepted before").into());
    }
    let until = cx.now() + CONFIRMATION_LIFETIME;
    tx.insert_upstream_sign_in(
        state_hash,
        provider.id,
        binding_hash,
        stored.expose(),
        until,
        cx.entropy(),
    )
    .await?;
    tx.answer_upstream_sign_in(state_hash, provider.id, answer.expose(), cx.now(), cx.entropy())
        .await?;
    tx.commit().await?;
    let mut response = onward(cx, &provider.alias, state.expose());
    let cookie = cx.cookies().set(
        CookiePurpose::Federation,
        binding.expose().clone(),
        Some(CONFIRMATION_LIFETIME),
    );
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

fn onward(cx: &TenantCx, alias: &str, state: &str) -> Response {
    crate::federation::callback::go_on(&format!("{}/federation/{alias}/resume?state={state}", cx.urls().path()))
}

/// Checks a response against what is open. When no key verifies it, the provider's metadata are fetched once more, since it may
/// just have changed its key.
pub(super) async fn verify(
    cx: &TenantCx,
    federation: &Federation,
    provider: &IdentityProvider,
    saml: &SamlProvider,
    message: &str,
    pending: &Pending,
) -> Result<Accepted, Stopped> {
    let party = federation.saml().party(cx, provider, saml).await?;
    let refusal = match check(cx.now(), party.clone(), saml, message, pending).await {
        Err(refusal) if refusal.check == Check::Signature => refusal,
        outcome => return Ok(outcome?),
    };
    match federation.saml().refetch(cx, provider, saml, &party).await? {
        Some(newer) => Ok(check(cx.now(), newer, saml, message, pending).await?),
        None => Err(refusal.into()),
    }
}

/// Verifying takes up to some milliseconds of computing, which other requests must not wait for.
async fn check(
    now: Timestamp,
    party: Arc<SamlParty>,
    saml: &SamlProvider,
    message: &str,
    pending: &Pending,
) -> Result<Accepted, Refusal> {
    let config = saml.config.clone();
    let subject_rule = saml.subject_rule;
    let message = message.to_owned();
    let expected = match pending {
        Pending::SignIn {
            request,
            authenticated_since,
            contexts,
            ..
        } => Some((request.clone(), *authenticated_since, contexts.clone())),
        Pending::Initiated { .. } | Pending::Logout { .. } => None,
    };
    let work = move || {
        let answers = match &expected {
            Some((id, authenticated_since, contexts)) => Answers::Request {
                id,
                authenticated_since: *authenticated_since,
                contexts,
            },
            None => Answers::Nothing,
        };
        let expectation = Expectation {
            sp_entity_id: &party.sp.entity_id,
            acs_url: &party.sp.acs_url,
            idp_entity_id: &config.entity_id,
            keys: &party.metadata.keys,
            decryption: &party.keys.decryption,
            require: config.require,
            skew: config.skew(),
            answers,
            now,
        };
        let accepted = accept(&message, &expectation)?;
        assertion_of(accepted.clone(), &config, subject_rule)?;
        Ok(accepted)
    };
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(Refusal::new(Check::Configuration, "the server is stopping")))
}
