//! `I/federation/{provider}/slo`: single logout, both directions (SAML Profiles 2.0 section 4.4).

use super::pending::{self, Pending};
use super::resume::LogoutName;
use super::{Framing, MessageForm, Stopped, find, post_page, saml_of};
use crate::federation::callback::{CallbackPath, go_on};
use crate::federation::provider::SamlProvider;
use crate::federation::saml::{
    Check, Dispatch, LogoutExpectation, LogoutMessage, LogoutRequest, LogoutResponse, MessageKind, Outgoing, Received,
    Refusal, fits_relay_state, new_id, receive_post, receive_redirect,
};
use crate::federation::saml_directory::SamlParty;
use crate::federation::service::{remember, replay_key};
use crate::federation::{Federation, IdentityProvider, UpstreamFailure, UpstreamRedirect};
use crate::kernel::credential::{Kind, generate, recognise};
use crate::kernel::{Secret, Sha256Hash};
use crate::session::{self, backchannel_logout};
use crate::store::tenant::UpstreamSessions;
use crate::tenant::TenantCx;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

/// How a message came.
enum Arrived {
    Redirect(String),
    Post(Body),
}

pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(path): Path<CallbackPath>,
    RawQuery(query): RawQuery,
) -> Response {
    answer(
        &cx,
        &federation,
        &path.provider,
        Arrived::Redirect(query.unwrap_or_default()),
    )
    .await
}

pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(path): Path<CallbackPath>,
    body: Body,
) -> Response {
    answer(&cx, &federation, &path.provider, Arrived::Post(body)).await
}

async fn answer(cx: &TenantCx, federation: &Federation, alias: &str, arrived: Arrived) -> Response {
    let provider = match find(cx, federation, alias).await {
        Ok(Some(provider)) => provider,
        Ok(None) => return Stopped::NotOurs.answer(cx, None, None).await,
        Err(error) => return Stopped::Store(error).answer(cx, None, None).await,
    };
    match receive(cx, federation, &provider, arrived).await {
        Ok(response) => response,
        Err(stopped) => stopped.answer(cx, Some(&provider), None).await,
    }
}

async fn receive(
    cx: &TenantCx,
    federation: &Federation,
    provider: &IdentityProvider,
    arrived: Arrived,
) -> Result<Response, Stopped> {
    let saml = saml_of(provider).ok_or(Stopped::NotOurs)?;
    let message = Message::of(arrived).await?;
    let mut party = federation.saml().party(cx, provider, saml).await?;
    let mut received = message.read(cx, saml, &party);
    // The provider may just have changed its key.
    if received
        .as_ref()
        .is_err_and(|refusal| refusal.check == Check::Signature)
        && let Some(newer) = federation.saml().refetch(cx, provider, saml, &party).await?
    {
        received = message.read(cx, saml, &newer);
        party = newer;
    }
    let received = received?;
    match received.message {
        LogoutMessage::Request(request) => end(cx, federation, provider, &party, &request, received.relay_state).await,
        LogoutMessage::Response(response) => done(cx, provider, &response, received.relay_state.as_deref()).await,
    }
}

/// A message as it came.
enum Message {
    Redirect(String),
    Post {
        kind: MessageKind,
        message: String,
        relay_state: Option<String>,
    },
}

impl Message {
    async fn of(arrived: Arrived) -> Result<Self, Refusal> {
        let body = match arrived {
            Arrived::Redirect(query) => return Ok(Self::Redirect(query)),
            Arrived::Post(body) => body,
        };
        let form = MessageForm::read(body).await?;
        let relay_state = form.once("RelayState")?.map(str::to_owned);
        let (kind, message) = match (form.once("SAMLRequest")?, form.once("SAMLResponse")?) {
            (Some(message), None) => (MessageKind::Request, message),
            (None, Some(message)) => (MessageKind::Response, message),
            _ => {
                let detail = "not exactly one of SAMLRequest and SAMLResponse";
                return Err(Refusal::new(Check::Parameters, detail));
            }
        };
        Ok(Self::Post {
            kind,
            message: message.to_owned(),
            relay_state,
        })
    }

    fn read(&self, cx: &TenantCx, saml: &SamlProvider, party: &SamlParty) -> Result<Received, Refusal> {
        let expected = LogoutExpectation {
            sp: &party.sp,
            idp_entity_id: &saml.config.entity_id,
            keys: &party.metadata.keys,
            decryption: &party.keys.decryption,
            skew: saml.config.skew(),
            now: cx.now(),
        };
        match self {
            Self::Redirect(query) => receive_redirect(query, &expected),
            Self::Post {
                kind,
                message,
                relay_state,
            } => receive_post(message, *kind, relay_state.clone(), &expected),
        }
    }
}

/// The provider ended the user's session: ours that came from it end too, in one transaction with the message being used up.
async fn end(
    cx: &TenantCx,
    federation: &Federation,
    provider: &IdentityProvider,
    party: &SamlParty,
    request: &LogoutRequest,
    relay_state: Option<String>,
) -> Result<Response, Stopped> {
    let mut tx = cx.begin().await?;
    if !tx
        .remember_upstream_message(provider.id, replay_key("logout", &request.id), request.replay_until)
        .await?
    {
        return Err(Refusal::new(Check::Replay, "the logout request was accepted before").into());
    }
    let which = UpstreamSessions::Of {
        subject: &request.name_id.subject(),
        named: &request.session_indexes,
    };
    let ended = session::end_from_upstream(cx, &mut tx, provider.id, &provider.alias, which).await?;
    tx.commit().await?;
    if ended.has_notices {
        backchannel_logout::deliver_soon(cx, federation.outbound());
    }
    let id = new_id(cx.entropy());
    let relay_state = relay_state.filter(|relay_state| fits_relay_state(relay_state));
    let dispatch = Dispatch {
        idp: &party.metadata,
        id: &id,
        relay_state: relay_state.as_deref(),
        key: Some(&party.keys.signing),
        now: cx.now(),
    };
    let outgoing = party
        .sp
        .logout_response(&dispatch, &request.id)
        .map_err(|fault| Refusal::new(Check::Configuration, fault.to_string()))?;
    Ok(match outgoing {
        Some(Outgoing::Redirect(url)) => go_on(url.as_str()),
        Some(Outgoing::Post { action, fields }) => post_page(cx, &action, fields, Framing::Provider),
        None => go_on(&format!("{}/signed-out", cx.urls().path())),
    })
}

/// The provider's answer to a logout request of ours: taken once, for the request that is open under this relay state.
async fn done(
    cx: &TenantCx,
    provider: &IdentityProvider,
    response: &LogoutResponse,
    relay_state: Option<&str>,
) -> Result<Response, Stopped> {
    let unasked = || Refusal::new(Check::InResponseTo, "it answers no logout request of ours");
    let state = relay_state
        .and_then(|relay_state| recognise(Kind::UpstreamState, relay_state))
        .ok_or_else(unasked)?;
    let mut tx = cx.begin().await?;
    // Our own session is over already, so no browser is asked for: the state is the binding.
    let stored = tx
        .take_upstream_sign_in(state, provider.id, state, cx.now())
        .await?
        .ok_or_else(unasked)?;
    let Pending::Logout { request, return_to } = pending::read(&stored.pending)? else {
        return Err(unasked().into());
    };
    if request != response.in_response_to {
        return Err(unasked().into());
    }
    tx.commit().await?;
    if !response.success {
        tracing::warn!("the provider did not end its session");
    }
    Ok(go_on(&return_to))
}

impl Federation {
    /// Asks a SAML provider to end the session that is known by `name`. `None` when it has no logout service.
    pub(in crate::federation) async fn saml_logout(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        saml: &SamlProvider,
        name: &Secret<Vec<u8>>,
        return_to: &str,
    ) -> Result<Option<UpstreamRedirect>, UpstreamFailure> {
        let name: LogoutName = pending::read(name)?;
        let party = self.saml().party(cx, provider, saml).await?;
        let id = new_id(cx.entropy());
        let state = generate(Kind::UpstreamState, cx.entropy());
        let dispatch = Dispatch {
            idp: &party.metadata,
            id: &id,
            relay_state: Some(state.expose()),
            key: Some(&party.keys.signing),
            now: cx.now(),
        };
        let outgoing = party
            .sp
            .logout_request(&dispatch, &name.name_id, name.session_index.as_deref())
            .map_err(|fault| Refusal::new(Check::Configuration, fault.to_string()))?;
        let Some(outgoing) = outgoing else {
            return Ok(None);
        };
        let state = Sha256Hash::of(state.expose().as_bytes());
        let pending = Pending::Logout {
            request: id,
            return_to: return_to.to_owned(),
        };
        remember(cx, provider, state, state, &pending).await?;
        Ok(Some(outgoing.into()))
    }
}
