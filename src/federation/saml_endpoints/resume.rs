//! `I/federation/{provider}/resume`: the browser picks up the answer that was kept for it, and is signed in.

use super::acs::verify;
use super::pending::{self, Answer, Pending};
use super::{MessageForm, Stopped, find, saml_of};
use crate::federation::callback::{self, CallbackPath, go_on};
use crate::federation::saml::{Check, NameId, Refusal, assertion_of};
use crate::federation::service::{Proof, UpstreamName, admit, begin_session, replay_key};
use crate::federation::sign_in_test::conclude;
use crate::federation::{Federation, IdentityProvider, SignInTrace};
use crate::kernel::credential::{Kind, recognise};
use crate::kernel::{Secret, Sha256Hash};
use crate::session::{Session, SignedIn};
use crate::store::StoreError;
use crate::store::tenant::{AuditEvent, FederationKeyState};
use crate::tenant::TenantCx;
use crate::web::cookies::CookiePurpose;
use crate::web::pages::{ConfirmSignIn, Problem};
use crate::web::{CspSource, Csrf, Href, HtmlPage, PagePolicy, csrf};
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

const CONFIRM: &str = "confirm-sign-in";

/// What a logout request names: the user and the session at the provider.
#[derive(Serialize, Deserialize)]
pub(super) struct LogoutName {
    pub(super) name_id: NameId,
    pub(super) session_index: Option<String>,
}

/// What came of an answer that was good.
enum Arrival {
    /// Somebody who is signed in at the provider and may be here.
    SignedIn(Box<(SignedIn, UpstreamName)>),
    /// It was a test, and is written down.
    Tested,
}

pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    Path(path): Path<CallbackPath>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let visit = match Visit::open(&cx, &federation, &path.provider, query.as_deref(), &headers).await {
        Ok(visit) => visit,
        Err(stopped) => return stopped.answer(&cx, None, None).await,
    };
    match visit.pending {
        Pending::SignIn { .. } => visit.sign_in(&cx, &federation, &session).await,
        Pending::Initiated { .. } => visit.ask(&cx, &federation).await,
        Pending::Logout { .. } => Stopped::NotOurs.answer(&cx, None, None).await,
    }
}

/// The user's yes to a sign-in that the provider began.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    Path(path): Path<CallbackPath>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let visit = match Visit::open(&cx, &federation, &path.provider, query.as_deref(), &headers).await {
        Ok(visit) if matches!(visit.pending, Pending::Initiated { .. }) => visit,
        Ok(_) => return Stopped::NotOurs.answer(&cx, None, None).await,
        Err(stopped) => return stopped.answer(&cx, None, None).await,
    };
    let form = MessageForm::read(body).await.ok();
    let token = form.as_ref().and_then(|form| form.once(csrf::FIELD).ok().flatten());
    if Csrf::verify(&visit.secret, CONFIRM, token.unwrap_or_default()).is_err() {
        return callback::page(&cx, Problem::FormOutdated, None);
    }
    visit.sign_in(&cx, &federation, &session).await
}

/// An answer that waits, and the browser that it waits for.
struct Visit {
    provider: std::sync::Arc<IdentityProvider>,
    state: Sha256Hash,
    state_text: String,
    binding: Sha256Hash,
    /// The cookie's value: keys the anti-forgery token.
    secret: Secret<String>,
    pending: Pending,
    answer: Answer,
}

impl Visit {
    /// `state` known, open, answered, of this browser, tenant and provider; else nothing is looked at.
    async fn open(
        cx: &TenantCx,
        federation: &Federation,
        alias: &str,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Result<Self, Stopped> {
        let provider = find(cx, federation, alias).await?.ok_or(Stopped::NotOurs)?;
        let query = query.unwrap_or_default();
        let (_, state_text) = url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "state")
            .ok_or(Stopped::NotOurs)?;
        let state = recognise(Kind::UpstreamState, &state_text).ok_or(Stopped::NotOurs)?;
        // A sign-in that an app began is bound by the interaction's cookie, one that the provider began by its own.
        for purpose in [CookiePurpose::Interaction, CookiePurpose::Federation] {
            let Some(cookie) = cx.cookies().find(headers, purpose) else {
                continue;
            };
            let Some(binding) = recognise(Kind::BrowserBinding, &cookie) else {
                continue;
            };
            let mut rows = cx.read().await?;
            let stored = rows
                .find_upstream_sign_in(state, provider.id, Some(binding), cx.now())
                .await?;
            let Some((stored, answer)) = stored.and_then(|mut stored| {
                let answer = stored.answer.take()?;
                Some((stored, answer))
            }) else {
                continue;
            };
            return Ok(Self {
                provider,
                state,
                state_text: state_text.into_owned(),
                binding,
                secret: Secret::new(cookie),
                pending: pending::read(&stored.pending)?,
                answer: pending::read(&answer)?,
            });
        }
        Err(Stopped::NotOurs)
    }

    fn return_to(&self) -> Option<&str> {
        match &self.pending {
            Pending::SignIn { return_to, .. } => Some(return_to),
            Pending::Initiated { .. } | Pending::Logout { .. } => None,
        }
    }

    async fn sign_in(&self, cx: &TenantCx, federation: &Federation, session: &Session) -> Response {
        let arrival = match self.arrive(cx, federation).await {
            Ok(Ok(arrival)) => arrival,
            Ok(Err(problem)) => return callback::page(cx, problem, self.return_to()),
            Err(stopped) => return self.stop(cx, stopped).await,
        };
        if let Arrival::SignedIn(arrived) = arrival {
            let (signed_in, name) = *arrived;
            if let Err(error) = begin_session(cx, session, &signed_in, &name).await {
                tracing::error!(%error, "session");
                return callback::page(cx, Problem::Internal, None);
            }
        }
        match &self.pending {
            Pending::SignIn { return_to, .. } => go_on(return_to),
            Pending::Initiated { target } => go_on(target),
            Pending::Logout { .. } => Stopped::NotOurs.answer(cx, None, None).await,
        }
    }

    /// The page for an answer that leads nowhere; a test has its own, where the check is named.
    async fn stop(&self, cx: &TenantCx, stopped: Stopped) -> Response {
        let (Some(test), Stopped::Refused(refusal)) = (self.pending.test(), &stopped) else {
            return stopped.answer(cx, Some(&self.provider), self.return_to()).await;
        };
        let trace = SignInTrace::refused(refusal.detail.clone());
        match conclude(cx, &self.provider, test, refusal.check.as_str(), &trace).await {
            Ok(()) => go_on(self.return_to().unwrap_or_default()),
            Err(error) => Stopped::Store(error).answer(cx, Some(&self.provider), None).await,
        }
    }

    /// Uses the answer up and admits the user. In one transaction the sign-in is consumed and the assertion remembered: of
    /// whatever comes at once or again, one is accepted.
    async fn arrive(&self, cx: &TenantCx, federation: &Federation) -> Result<Result<Arrival, Problem>, Stopped> {
        let saml = saml_of(&self.provider).ok_or(Stopped::NotOurs)?;
        // One that is switched off can be tried out, and signs nobody in, also where the sign-in began before.
        if !self.provider.is_on() && self.pending.test().is_none() {
            return Err(Stopped::NotOurs);
        }
        let message = match &self.answer {
            Answer::Response { message } => message,
            Answer::Refused { user } => {
                self.consume(cx).await?;
                if self.pending.test().is_some() {
                    return Ok(Ok(Arrival::Tested));
                }
                return Ok(Err(user.problem()));
            }
        };
        let accepted = verify(cx, federation, &self.provider, saml, message, &self.pending).await?;
        let mut tx = cx.begin().await?;
        if tx
            .take_upstream_sign_in(self.state, self.provider.id, self.binding, cx.now())
            .await?
            .is_none()
        {
            return Err(Stopped::NotOurs);
        }
        // One that the provider began was remembered when it came.
        if matches!(self.pending, Pending::SignIn { .. }) {
            let key = replay_key("assertion", &accepted.assertion_id);
            if !tx
                .remember_upstream_message(self.provider.id, key, accepted.replay_until)
                .await?
            {
                return Err(Refusal::new(Check::Replay, "the assertion was accepted before").into());
            }
        }
        tx.commit().await?;
        if let Some(certificate) = &accepted.decrypted_with {
            follow_provider(cx, &self.provider, certificate).await?;
        }
        let name = LogoutName {
            name_id: accepted.name_id.clone(),
            session_index: accepted.authn.session_index.clone(),
        };
        let name = UpstreamName {
            subject: name.name_id.subject(),
            session: name.session_index.clone(),
            name: pending::write(&name)?,
        };
        let assertion = assertion_of(accepted, &saml.config, saml.subject_rule)?;
        if let Some(test) = self.pending.test() {
            callback::try_out(cx, federation, &self.provider, test, &saml.mapping, &assertion).await?;
            return Ok(Ok(Arrival::Tested));
        }
        let mapped = match callback::map(cx, federation, &self.provider, &saml.mapping, &assertion).await? {
            Ok(mapped) => mapped,
            Err(problem) => return Ok(Err(problem)),
        };
        let proof = Proof {
            authenticated_at: assertion.auth_time.unwrap_or_else(|| cx.now()),
            acr: assertion.acr,
            amr: assertion.amr,
            session_ends: assertion.session_ends,
        };
        Ok(match admit(cx, federation, &self.provider, mapped, proof).await? {
            Some(signed_in) => Ok(Arrival::SignedIn(Box::new((signed_in, name)))),
            None => Err(Problem::NotPermitted),
        })
    }

    async fn consume(&self, cx: &TenantCx) -> Result<(), Stopped> {
        let mut tx = cx.begin().await?;
        tx.take_upstream_sign_in(self.state, self.provider.id, self.binding, cx.now())
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Asks whether the user wants this: a page elsewhere may have sent the message in somebody else's name.
    async fn ask(&self, cx: &TenantCx, federation: &Federation) -> Response {
        let (Some(saml), Answer::Response { message }) = (saml_of(&self.provider), &self.answer) else {
            return Stopped::NotOurs.answer(cx, None, None).await;
        };
        let person = match verify(cx, federation, &self.provider, saml, message, &self.pending).await {
            Ok(accepted) => assertion_of(accepted, &saml.config, saml.subject_rule)
                .ok()
                .and_then(|assertion| saml.mapping.name_of(&assertion.claims, &self.provider.alias)),
            Err(stopped) => return stopped.answer(cx, Some(&self.provider), None).await,
        };
        let Pending::Initiated { target } = &self.pending else {
            return Stopped::NotOurs.answer(cx, None, None).await;
        };
        let path = format!(
            "{}/federation/{}/resume?state={}",
            cx.urls().path(),
            self.provider.alias,
            self.state_text
        );
        let page = ConfirmSignIn {
            chrome: cx.chrome(None),
            csrf: Csrf::derive(&self.secret, CONFIRM),
            action: Href::local(&path),
            provider: self.provider.display_name.clone(),
            person,
        };
        let policy = PagePolicy {
            form_action: CspSource::covering(target).into_iter().collect(),
            ..PagePolicy::closed(cx.urls().base().is_https())
        };
        HtmlPage::new(&page, policy).into_response()
    }
}

/// The provider encrypted to a key of ours other than the current one. To the next: it has taken in our metadata, so the next keys
/// take over at once, both of them, since they were published together. To a previous one: that is noted, and the key kept.
async fn follow_provider(cx: &TenantCx, provider: &IdentityProvider, certificate: &[u8]) -> Result<(), StoreError> {
    let mut tx = cx.begin().await?;
    let proven = tx
        .note_use_of_federation_key(provider.id, certificate, FederationKeyState::Next, cx.now())
        .await?;
    if !proven {
        let noted = tx
            .note_use_of_federation_key(provider.id, certificate, FederationKeyState::Previous, cx.now())
            .await?;
        return if noted { tx.commit().await } else { Ok(()) };
    }
    if !tx.switch_federation_keys(provider.id, cx.now()).await? {
        return Ok(());
    }
    let event = AuditEvent {
        event: "identity_provider.keys_switched",
        outcome: "success",
        target: Some(&provider.alias),
        detail: Some("the provider encrypted to the next key"),
        ..AuditEvent::default()
    };
    tx.record(&event, cx.now(), cx.entropy()).await?;
    tx.commit().await?;
    cx.announce_change().await
}
