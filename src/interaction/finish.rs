//! The end of an interaction: a code, or an error.

use super::device;
use super::open::{OpenInteraction, storage_page};
use super::show::return_path;
use super::state::Interaction;
use super::step::Proposal;
use crate::kernel::credential::{self, Kind};
use crate::kernel::id::GrantId;
use crate::kernel::{Secret, Sha256Hash};
use crate::oauth::OAuthError;
use crate::session::{self, Session, SignedIn};
use crate::smart::launch_context::FhirContextItem;
use crate::smart::scope::Decision;
use crate::smart::{LaunchContext, Narrowing, Reason, Scope, ScopeSet};
use crate::store::StoreError;
use crate::store::tenant::{Account, AuditEvent, GrantContext, InteractionOutcome, NewAuthorizationCode, NewGrant};
use crate::tenant::TenantCx;
use crate::web::pages::{ContinueReason, ContinueSignIn, DeviceOutcome};
use axum::response::{IntoResponse, Response};

/// Grants `proposal` and sends the code. `asked` is what the user was asked for, when they were asked just now: question and
/// answer are remembered.
pub(super) async fn with_code(
    cx: &TenantCx,
    open: &OpenInteraction,
    session: &Session,
    signed_in: &SignedIn,
    account: &Account,
    proposal: &Proposal,
    asked: Option<&str>,
) -> Response {
    match grant(cx, open, session, signed_in, account, proposal, asked).await {
        Ok(Some(_)) if open.interaction.device.is_some() => device::done(cx, open, DeviceOutcome::Connected),
        Ok(Some(code)) => return_path(open).send_code(cx, code.expose()),
        Ok(None) => already_done(cx),
        Err(error) => storage_page(cx, &error),
    }
}

/// Ends the interaction with an error for the app. `decision` is what became of the scope up to there.
pub(super) async fn with_error(
    cx: &TenantCx,
    open: &OpenInteraction,
    error: &OAuthError,
    decision: Option<Decision>,
) -> Response {
    match refuse(cx, open, error, decision).await {
        Ok(true) if open.interaction.device.is_some() => device::done(cx, open, DeviceOutcome::Refused),
        Ok(true) => return_path(open).send_error(cx, error),
        Ok(false) => already_done(cx),
        Err(failure) => storage_page(cx, &failure),
    }
}

/// Two tabs, or the same form sent twice: only the first ends the interaction.
fn already_done(cx: &TenantCx) -> Response {
    let page = ContinueSignIn {
        chrome: cx.chrome(None),
        reason: ContinueReason::StepDone,
        href: None,
    };
    cx.closed_page(&page).into_response()
}

async fn refuse(
    cx: &TenantCx,
    open: &OpenInteraction,
    error: &OAuthError,
    decision: Option<Decision>,
) -> Result<bool, StoreError> {
    let mut tx = cx.begin().await?;
    let outcome = InteractionOutcome {
        outcome: error.reason,
        grant: None,
        decision,
    };
    let first = tx
        .complete_interaction(open.hash, &outcome, cx.now(), cx.entropy())
        .await?;
    if let Some(device) = &open.interaction.device {
        tx.deny_device_code(device.code()?).await?;
    }
    let request_id = cx.request_id().to_string();
    let event = AuditEvent {
        event: "authorization.refused",
        outcome: error.reason,
        client_id: Some(open.client.client_id.as_str()),
        request_id: Some(&request_id),
        ..AuditEvent::default()
    };
    tx.record(&event, cx.now(), cx.entropy()).await?;
    tx.commit().await?;
    Ok(first)
}

/// What the EHR registered, with the patient that was decided on. In an EHR launch the app is always told whether it has to
/// show who the patient is (SMART App Launch 2.2, `need_patient_banner`).
pub(super) fn launch_context(cx: &TenantCx, interaction: &Interaction, proposal: &Proposal) -> LaunchContext {
    let launched = interaction.launch.as_ref().map(|launch| {
        let context = launch.context.clone();
        if proposal.scope.contains(&Scope::Launch) {
            context
        } else {
            asked_for(context, &proposal.scope)
        }
    });
    let need_patient_banner = launched
        .as_ref()
        .map(|context| context.need_patient_banner.unwrap_or(true));
    // An app in the EHR's window is given the tenant's own look when the EHR names no other (SMART App Launch 2.2,
    // `smart_style_url`).
    let smart_style_url = launched
        .as_ref()
        .map(|context| context.smart_style_url.clone().unwrap_or_else(|| cx.style_url()));
    let chosen = proposal.encounter.clone();
    let encounter = chosen.or_else(|| launched.as_ref().and_then(|context| context.encounter.clone()));
    LaunchContext {
        patient: proposal.patient.clone(),
        encounter,
        need_patient_banner,
        smart_style_url,
        ..launched.unwrap_or_default()
    }
}

/// Where both are granted, `offline_access` is what the refresh token does; saying `online_access` too would promise that it
/// ends with the session (SMART App Launch 2.2, "Scopes for requesting a refresh token").
pub(super) fn granted(proposal: &Proposal) -> (ScopeSet, Decision) {
    let offline = proposal.scope.contains(&Scope::OfflineAccess);
    let (scope, removals) = Narrowing::of(proposal.scope.clone())
        .keeping(Reason::OfflineInstead, |scope| {
            !offline || *scope != Scope::OnlineAccess
        })
        .into_parts();
    let mut decision = proposal.decision.clone();
    decision.removals.extend(removals);
    (scope, decision)
}

/// Without the scope `launch`, the app gets of the EHR's context what it asked for by type (SMART App Launch 2.2,
/// "Requesting context with scopes"). The role in a scope is a wish: other roles of the type come too.
fn asked_for(context: LaunchContext, scope: &ScopeSet) -> LaunchContext {
    let asked = |item: &FhirContextItem| {
        let named = item.reference.as_ref().map(|reference| &reference.resource);
        named
            .or(item.resource_type.as_ref())
            .is_some_and(|name| scope.asks_for_context(&name.as_str().to_ascii_lowercase()))
    };
    LaunchContext {
        encounter: context.encounter.filter(|_| scope.asks_for_context("encounter")),
        fhir_context: context.fhir_context.into_iter().filter(asked).collect(),
        intent: None,
        tenant: None,
        extensions: std::collections::BTreeMap::default(),
        ..context
    }
}

/// One transaction: the interaction ends, the grant and its code begin, consent is remembered, the audit log knows.
async fn grant(
    cx: &TenantCx,
    open: &OpenInteraction,
    session: &Session,
    signed_in: &SignedIn,
    account: &Account,
    proposal: &Proposal,
    asked: Option<&str>,
) -> Result<Option<Secret<String>>, StoreError> {
    let request = &open.interaction.request;
    let client_id = open.client.client_id.as_str();
    let (scope, decision) = granted(proposal);
    let offline = scope.contains(&Scope::OfflineAccess);
    // SMART App Launch 2.2: online access ends with the user's session, offline access does not.
    let ends_with_session = scope.contains(&Scope::OnlineAccess);
    let scope = scope.print();
    let vouched_for = open.interaction.asserted_sign_in() == Some(signed_in);
    let logout_session = match session::key(session).await {
        Ok(key) => key.filter(|_| !vouched_for).map(|key| key.hash()),
        Err(error) => return Err(StoreError::Unfit(error.to_string())),
    };
    let id = GrantId::new(cx.now(), cx.entropy());
    let code = credential::generate(Kind::AuthorizationCode, cx.entropy());
    let context = GrantContext {
        launch: launch_context(cx, &open.interaction, proposal),
        fhir_user: account.profile.fhir_user.clone(),
        roles: account.profile.roles.clone(),
        npi: account.profile.npi.clone(),
        acr: signed_in.acr.clone(),
        amr: signed_in.amr.clone(),
        claims: proposal.claims.clone(),
        resources: request.resources.clone(),
        authorization_details: request.authorization_details.clone(),
    };
    let mut tx = cx.begin().await?;
    let outcome = InteractionOutcome {
        outcome: "granted",
        grant: Some(id),
        decision: None,
    };
    if !tx
        .complete_interaction(open.hash, &outcome, cx.now(), cx.entropy())
        .await?
    {
        return Ok(None);
    }
    // RFC 9126 section 4: a pushed request is good for one code.
    if let Some(handle) = request.pushed.as_deref().and_then(Sha256Hash::from_base64url)
        && !tx.consume_pushed_request(handle, cx.now()).await?
    {
        return Ok(None);
    }
    // An answer about single servers is none about the same scopes at every server.
    if let Some(asked) = asked.filter(|_| request.authorization_details.is_empty()) {
        tx.save_consent(account.id, client_id, asked, &proposal.scope.print(), cx.now())
            .await?;
    }
    let browser_session = logout_session.filter(|_| !offline);
    let session = if vouched_for && ends_with_session {
        Some(session::begin_unattended(cx, &mut tx).await?)
    } else {
        browser_session
    };
    let grant = NewGrant {
        id,
        client_id,
        account: account.id,
        session,
        ends_with_session,
        logout_session,
        scope: &scope,
        audience: &request.audience,
        context: &context,
        decision: &decision,
        authenticated_at: signed_in.authenticated_at,
    };
    tx.insert_grant(&grant, cx.now(), cx.entropy()).await?;
    if let Some(device) = &open.interaction.device {
        // The device asks for its tokens itself: nothing goes through the browser.
        if !tx.approve_device_code(device.code()?, id, cx.now()).await? {
            return Ok(None);
        }
    } else {
        tx.insert_authorization_code(&NewAuthorizationCode {
            code: Sha256Hash::of(code.expose().as_bytes()),
            grant: id,
            client_id,
            redirect_uri: request.redirect_uri.as_str(),
            code_challenge: request.code_challenge.as_deref(),
            nonce: request.nonce.as_deref(),
            dpop_jkt: request.dpop_jkt.as_deref(),
            expires_at: cx.now() + cx.document().lifetimes.authorization_code,
        })
        .await?;
    }
    let request_id = cx.request_id().to_string();
    let event = AuditEvent {
        event: "authorization.granted",
        outcome: "success",
        client_id: Some(client_id),
        account: Some(account.id),
        grant: Some(id),
        detail: (!request.authorization_details.is_empty()).then_some("authorization_details"),
        request_id: Some(&request_id),
        ..AuditEvent::default()
    };
    tx.record(&event, cx.now(), cx.entropy()).await?;
    tx.commit().await?;
    Ok(Some(code))
}
