//! Proving who the user is: straight to the only identity provider, or by choice, or with an account of the tenant's own.

use super::form::PageForm;
use super::open::{OpenInteraction, field, storage_page};
use super::respond::{problem_page, see_other, sign_in_page};
use crate::federation::oidc::{SignInFailure, SignInOptions, UserOutcome};
use crate::federation::{Federation, IdentityProvider, LocalRefusal, ProviderKind, UpstreamStart};
use crate::kernel::Secret;
use crate::session::{self, Session};
use crate::tenant::TenantCx;
use crate::web::pages::{Action, ChooseIdentityProvider, IdentityProviderChoice, Problem, SignIn, SignInProblem};
use crate::web::{Href, HtmlPage};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// Path parameters of a sign-in step.
#[derive(serde::Deserialize)]
pub(super) struct SignInPath {
    interaction: String,
    provider: String,
}

fn step(alias: &str) -> String {
    format!("sign-in/{alias}")
}

/// Who is expected: as the app says, else as the EHR said.
fn login_hint(open: &OpenInteraction) -> Option<String> {
    let launched = || open.interaction.launch.as_ref()?.login_hint.clone();
    open.interaction.request.login_hint.clone().or_else(launched)
}

/// The sign-in step: with one provider straight there, else the choice.
pub(super) async fn show(cx: &TenantCx, federation: &Federation, open: &OpenInteraction, again: bool) -> Response {
    let providers = match federation.providers(cx).await {
        Ok(providers) => providers,
        Err(error) => return storage_page(cx, &error),
    };
    match providers.as_slice() {
        [only] => go(cx, federation, open, only, again).await,
        several => {
            let choices = several
                .iter()
                .map(|provider| IdentityProviderChoice {
                    label: provider.display_name.clone(),
                    hint: None,
                    href: Href::local(&open.path(cx, &step(&provider.alias))),
                })
                .collect();
            let page = ChooseIdentityProvider {
                chrome: cx.chrome(Some(open.app())),
                choices,
            };
            sign_in_page(cx, &open.interaction.request.redirect_uri, &page).into_response()
        }
    }
}

async fn go(
    cx: &TenantCx,
    federation: &Federation,
    open: &OpenInteraction,
    provider: &IdentityProvider,
    again: bool,
) -> Response {
    match &provider.kind {
        ProviderKind::Local => {
            let username = login_hint(open).unwrap_or_default();
            form_page(cx, open, provider, username, None).into_response()
        }
        ProviderKind::Oidc(_) => upstream(cx, federation, open, provider, again).await,
    }
}

/// `GET I/interact/{interaction}/sign-in/{provider}`: the choice was made.
pub(super) async fn begin(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    Path(path): Path<SignInPath>,
    headers: HeaderMap,
) -> Response {
    let open = match OpenInteraction::open(&cx, &path.interaction, &headers).await {
        Ok(open) => open,
        Err(closed) => return closed.into_response(),
    };
    let provider = match federation.find_provider(&cx, &path.provider).await {
        Ok(Some(provider)) => provider,
        Ok(None) => return see_other(&open.path(&cx, "")),
        Err(error) => return storage_page(&cx, &error),
    };
    let again = session::find_signed_in(&cx, &session)
        .await
        .is_ok_and(|signed_in| signed_in.is_some());
    let response = go(&cx, &federation, &open, &provider, again).await;
    open.with_cookie(&cx, response)
}

/// Sends the browser to the provider (OpenID Connect Core section 3.1.2.1), passing on what the app asked for.
async fn upstream(
    cx: &TenantCx,
    federation: &Federation,
    open: &OpenInteraction,
    provider: &IdentityProvider,
    again: bool,
) -> Response {
    let request = &open.interaction.request;
    let options = SignInOptions {
        // Somebody is signed in here and must prove it again: the provider's own session must not do it for them.
        force: again && !request.prompt.select_account,
        prompt: request
            .prompt
            .select_account
            .then_some(crate::federation::oidc::Prompt::SelectAccount),
        max_age: request.max_age.map(|age| age.as_secs()),
        login_hint: login_hint(open),
        ui_locales: request.ui_locales.clone(),
        ..SignInOptions::default()
    };
    let start = UpstreamStart {
        return_to: open.path(cx, ""),
        binding: open.binding,
        options,
    };
    match federation.begin_upstream(cx, provider, start).await {
        Ok(address) => see_other(address.as_str()),
        Err(failure) => failed(cx, open, &failure),
    }
}

/// The provider cannot be reached, or its settings are wrong: the user learns which, the log learns why.
fn failed(cx: &TenantCx, open: &OpenInteraction, failure: &SignInFailure) -> Response {
    tracing::warn!(check = %failure.check, detail = %failure.detail, "upstream sign-in could not begin");
    let problem = match failure.user {
        UserOutcome::TemporarilyUnavailable => Problem::ProviderUnreachable,
        _ => Problem::ProviderAnswer,
    };
    let again = Action::TryAgain(Href::local(&open.path(cx, "")));
    problem_page(cx, problem, Some(again), None)
}

fn form_page(
    cx: &TenantCx,
    open: &OpenInteraction,
    provider: &IdentityProvider,
    username: String,
    problem: Option<SignInProblem>,
) -> HtmlPage {
    let page = SignIn {
        chrome: cx.chrome(Some(open.app())),
        csrf: open.csrf("sign-in"),
        action: Href::local(&open.path(cx, &step(&provider.alias))),
        username,
        problem,
        other_ways: None,
    };
    sign_in_page(cx, &open.interaction.request.redirect_uri, &page)
}

/// `POST I/interact/{interaction}/sign-in/{provider}`: user name and password of an account of the tenant's own.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    Path(path): Path<SignInPath>,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let open = match OpenInteraction::open(&cx, &path.interaction, &headers).await {
        Ok(open) => open,
        Err(closed) => return closed.into_response(),
    };
    if let Err(closed) = open.check_csrf(&cx, "sign-in", &form) {
        return closed.into_response();
    }
    let provider = match federation.find_provider(&cx, &path.provider).await {
        Ok(Some(provider)) if matches!(provider.kind, ProviderKind::Local) => provider,
        Ok(_) => return see_other(&open.path(&cx, "")),
        Err(error) => return storage_page(&cx, &error),
    };
    let username = field(&form, "username").unwrap_or_default().trim().to_owned();
    let password = Secret::new(field(&form, "password").unwrap_or_default().to_owned());
    match federation.sign_in_locally(&cx, &provider, &username, &password).await {
        Ok(signed_in) => match session::sign_in(&cx, &session, &signed_in).await {
            // 303 and GET: reloading the next page does not send the password again.
            Ok(()) => see_other(&open.path(&cx, "")),
            Err(error) => {
                tracing::error!(%error, "session");
                problem_page(&cx, Problem::Internal, None, None)
            }
        },
        Err(LocalRefusal::Shown(problem)) => form_page(&cx, &open, &provider, username, Some(problem)).into_response(),
        Err(LocalRefusal::Store(error)) => storage_page(&cx, &error),
    }
}
