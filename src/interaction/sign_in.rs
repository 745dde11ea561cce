//! Proving who the user is: straight to the only identity provider, or by choice, or with an account of the tenant's own.

use super::account;
use super::apps::Visitor;
use super::choose_provider;
use super::console_entry::Entering;
use super::form::PageForm;
use super::open::{Closed, OpenInteraction, field, storage_page};
use super::respond::{internal_page, problem_page, see_other, sign_in_page};
use crate::federation::choice::{Choice, Wishes, choose, is_offered};
use crate::federation::local::passkey::{self, PasskeyRefusal};
use crate::federation::local::{attempts, outbox};
use crate::federation::oidc::{SignInOptions, UserOutcome};
use crate::federation::{
    self, Federation, IdentityProvider, LocalProof, LocalRefusal, ProvenPassword, ProviderKind, StillNeeded,
    UpstreamFailure, UpstreamStart,
};
use crate::kernel::{Secret, Sha256Hash};
use crate::oauth::Parameters;
use crate::quota::{Budget, Spent};
use crate::session::{self, Session};
use crate::store::StoreError;
use crate::tenant::{Spending, TenantCx};
use crate::web::pages::{Action, Problem, SignIn, SignInProblem};
use crate::web::{Chrome, ClientAddress, Csrf, Href, HtmlPage, Page};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// What somebody signs in for. The steps are the same; where they lead, and what they show, is not.
pub(super) enum SignInFor<'a> {
    /// An app's authorization request.
    App(&'a OpenInteraction),
    /// The user's own page of connected apps: no app asks, and nothing is granted.
    OwnApps(&'a Visitor),
    /// The user's own account page.
    OwnAccount(&'a Visitor),
    /// A console.
    Console(&'a Entering),
}

impl SignInFor<'_> {
    /// Where the browser goes on once somebody is signed in.
    pub(super) fn home(&self, cx: &TenantCx) -> String {
        match self {
            Self::App(open) => open.path(cx, ""),
            Self::OwnApps(_) => super::apps::path(cx, ""),
            Self::OwnAccount(_) => super::account::path(cx, ""),
            Self::Console(entering) => entering.home(cx),
        }
    }

    /// The address of the step at one provider.
    pub(super) fn step(&self, cx: &TenantCx, alias: &str) -> String {
        match self {
            Self::Console(entering) => entering.step(cx, &format!("/sign-in/{alias}")),
            _ => format!("{}/sign-in/{alias}", self.home(cx)),
        }
    }

    /// The cookie of the browser that signs in.
    fn binding(&self) -> Sha256Hash {
        match self {
            Self::App(open) => open.binding,
            Self::OwnApps(visitor) | Self::OwnAccount(visitor) => visitor.binding,
            Self::Console(entering) => entering.visitor.binding,
        }
    }

    pub(super) fn chrome(&self, cx: &TenantCx) -> Chrome {
        match self {
            Self::App(open) => cx.chrome(Some(open.app())),
            Self::OwnApps(_) => super::apps::chrome(cx, ""),
            Self::OwnAccount(_) => super::account::chrome(cx, ""),
            Self::Console(entering) => entering.chrome(cx),
        }
    }

    pub(super) fn csrf(&self) -> Csrf {
        match self {
            Self::App(open) => open.csrf("sign-in"),
            Self::OwnApps(visitor) | Self::OwnAccount(visitor) => visitor.csrf("sign-in"),
            Self::Console(entering) => entering.visitor.csrf("sign-in"),
        }
    }

    pub(super) fn check_csrf(&self, cx: &TenantCx, form: &Parameters) -> Result<(), Closed> {
        match self {
            Self::App(open) => open.check_csrf(cx, "sign-in", form),
            Self::OwnApps(visitor) | Self::OwnAccount(visitor) => visitor.check_csrf(cx, "sign-in", form),
            Self::Console(entering) => entering.check_csrf(cx, form),
        }
    }

    pub(super) fn page(&self, cx: &TenantCx, page: &impl Page) -> HtmlPage {
        match self {
            Self::App(open) => sign_in_page(cx, &open.interaction.request.redirect_uri, page),
            Self::OwnApps(_) => super::apps::page(cx, page),
            Self::OwnAccount(_) => super::account::page(cx, page),
            Self::Console(_) => Entering::page(cx, page),
        }
    }

    /// The address of the step that takes an e-mail address.
    pub(super) fn address_step(&self, cx: &TenantCx) -> String {
        match self {
            Self::Console(entering) => entering.step(cx, "/sign-in"),
            _ => format!("{}/sign-in", self.home(cx)),
        }
    }

    /// Who is expected: as they said themselves, else as the app says, else as the EHR said.
    pub(super) fn login_hint(&self) -> Option<String> {
        let Self::App(open) = self else { return None };
        let launched = || open.interaction.launch.as_ref()?.login_hint.clone();
        let asked = || open.interaction.request.login_hint.clone();
        open.interaction.typed_address.clone().or_else(asked).or_else(launched)
    }

    /// What app and link say of where to sign in.
    pub(super) fn wishes(&self) -> Wishes<'_> {
        let Self::App(open) = self else {
            return Wishes::default();
        };
        let request = &open.interaction.request;
        Wishes {
            allowed: &open.client.identity_providers,
            first: open.client.default_identity_provider.as_deref(),
            hint: request.idp_hint.as_deref(),
            person: None,
            asks: request.prompt.select_account,
            emergency_only: false,
        }
    }

    /// What is passed on to an upstream provider. With `again`, somebody is signed in here and must prove it again: the
    /// provider's own session must not do it for them.
    fn options(&self, again: bool) -> SignInOptions {
        let Self::App(open) = self else {
            return SignInOptions {
                force: matches!(self, Self::Console(entering) if again && entering.again()),
                ..SignInOptions::default()
            };
        };
        let request = &open.interaction.request;
        SignInOptions {
            force: again && !request.prompt.select_account,
            prompt: request
                .prompt
                .select_account
                .then_some(crate::federation::oidc::Prompt::SelectAccount),
            max_age: request.max_age.map(|age| age.as_secs()),
            login_hint: self.login_hint(),
            acr_values: request
                .acr_values
                .as_deref()
                .unwrap_or_default()
                .split_ascii_whitespace()
                .map(str::to_owned)
                .collect(),
            ui_locales: request.ui_locales.clone(),
            ..SignInOptions::default()
        }
    }
}

/// Path parameters of a sign-in step.
#[derive(serde::Deserialize)]
pub(super) struct SignInPath {
    interaction: String,
    provider: String,
}

/// The step at one provider.
pub(super) async fn go(
    cx: &TenantCx,
    federation: &Federation,
    purpose: &SignInFor<'_>,
    provider: &IdentityProvider,
    again: bool,
) -> Response {
    match &provider.kind {
        ProviderKind::Local => {
            let username = purpose.login_hint().unwrap_or_default();
            form_page(cx, federation, purpose, provider, username, None).await
        }
        ProviderKind::Oidc(_) | ProviderKind::Saml(_) => upstream(cx, federation, purpose, provider, again).await,
    }
}

/// The choice was made: one provider's step.
pub(super) async fn at(
    cx: &TenantCx,
    federation: &Federation,
    session: &Session,
    purpose: &SignInFor<'_>,
    alias: &str,
) -> Response {
    let provider = match federation.find_provider(cx, alias).await {
        // A provider whose users the app is not for is as unknown here as any.
        Ok(Some(provider)) if provider.is_on() && is_offered(purpose.wishes().allowed, alias) => provider,
        Ok(_) => return see_other(&purpose.home(cx)),
        Err(error) => return storage_page(cx, &error),
    };
    let again = session::find_signed_in(cx, session)
        .await
        .is_ok_and(|signed_in| signed_in.is_some());
    go(cx, federation, purpose, &provider, again).await
}

/// Sends the browser to the provider (OpenID Connect Core section 3.1.2.1, SAML Profiles 2.0 section 4.1.3.3), passing on what the app asked for.
async fn upstream(
    cx: &TenantCx,
    federation: &Federation,
    purpose: &SignInFor<'_>,
    provider: &IdentityProvider,
    again: bool,
) -> Response {
    let start = UpstreamStart {
        return_to: purpose.home(cx),
        binding: purpose.binding(),
        options: purpose.options(again),
        test: None,
    };
    match federation.begin_upstream(cx, provider, start).await {
        Ok(way) => federation::send_upstream(cx, way),
        Err(failure) => failed(cx, federation, purpose, provider, &failure).await,
    }
}

/// The provider cannot be reached, or its settings are wrong: the user learns which, and how else to sign in; the administrator, by
/// an event, which check failed.
async fn failed(
    cx: &TenantCx,
    federation: &Federation,
    purpose: &SignInFor<'_>,
    provider: &IdentityProvider,
    failure: &UpstreamFailure,
) -> Response {
    tracing::warn!(
        identity_provider = %provider.id, check = failure.check, detail = %failure.detail,
        "upstream sign-in could not begin"
    );
    let problem = match failure.user {
        UserOutcome::TemporarilyUnavailable => Problem::ProviderUnreachable,
        _ => Problem::ProviderAnswer,
    };
    let providers = federation.providers(cx).await.unwrap_or_default();
    let asked = Wishes {
        asks: true,
        hint: None,
        first: None,
        ..purpose.wishes()
    };
    let others = match choose(&providers, &asked) {
        Choice::Ask(question) => question.buttons,
        Choice::Go(only) => vec![only],
    };
    let elsewhere = others
        .iter()
        .filter(|other| other.alias != provider.alias)
        .map(|other| (other.display_name.clone(), Href::local(&purpose.step(cx, &other.alias))))
        .collect();
    let action = Action::TryAgainOrElsewhere {
        again: Href::local(&purpose.step(cx, &provider.alias)),
        elsewhere,
    };
    problem_page(cx, problem, Some(action), None)
}

async fn form_page(
    cx: &TenantCx,
    federation: &Federation,
    purpose: &SignInFor<'_>,
    provider: &IdentityProvider,
    username: String,
    problem: Option<SignInProblem>,
) -> Response {
    let open = match federation.local_accounts_are_open(cx).await {
        Ok(open) => open,
        Err(error) => return storage_page(cx, &error),
    };
    let forgot = federation.mailer().is_on();
    let page = SignIn {
        chrome: purpose.chrome(cx),
        csrf: purpose.csrf(),
        action: Href::local(&purpose.step(cx, &provider.alias)),
        username,
        problem,
        other_ways: None,
        forgot: forgot.then(|| Href::local(&account::path(cx, "forgot"))),
        passkeys: passkey::are_available(cx),
        emergency: !open,
    };
    purpose.page(cx, &page).into_response()
}

/// User name and password of an account of the tenant's own, or the wish for a passkey instead.
pub(super) async fn with_password(
    cx: &TenantCx,
    federation: &Federation,
    session: &Session,
    purpose: &SignInFor<'_>,
    alias: &str,
    headers: &HeaderMap,
    form: &Parameters,
) -> Response {
    if let Err(closed) = purpose.check_csrf(cx, form) {
        return closed.into_response();
    }
    let provider = match federation.find_provider(cx, alias).await {
        Ok(Some(provider))
            if provider.is_on()
                && matches!(provider.kind, ProviderKind::Local)
                && is_offered(purpose.wishes().allowed, alias) =>
        {
            provider
        }
        Ok(_) => return see_other(&purpose.home(cx)),
        Err(error) => return storage_page(cx, &error),
    };
    let username = field(form, "username").unwrap_or_default().trim().to_owned();
    let again =
        async |username: String, problem| form_page(cx, federation, purpose, &provider, username, Some(problem)).await;
    if field(form, "way").unwrap_or_default() == "passkey" {
        return match account::begin_passkey(cx, purpose, &provider, &username, headers).await {
            Ok(Some(dialogue)) => dialogue,
            Ok(None) => again(username, SignInProblem::UsernameMissing).await,
            Err(PasskeyRefusal::Store(error)) => storage_page(cx, &error),
            Err(_) => internal_page(cx, "passkey_not_begun"),
        };
    }
    let password = Secret::new(field(form, "password").unwrap_or_default().to_owned());
    let spending = match attempt(cx, &provider, &username).await {
        Ok(Ok(spending)) => spending,
        Ok(Err(spent)) => return too_many_attempts(cx, federation, purpose, &provider, username, spent).await,
        Err(error) => return storage_page(cx, &error),
    };
    let outcome = federation
        .check_local_password(cx, &provider, &username, &password)
        .await;
    if matches!(outcome, Err(LocalRefusal::Shown(SignInProblem::WrongCredentials))) {
        spending.keep();
    } else if let Err(error) = spending.refund(cx).await {
        return storage_page(cx, &error);
    }
    let proven = match outcome {
        Ok(proven) => proven,
        Err(LocalRefusal::Shown(problem)) => return again(username, problem).await,
        Err(LocalRefusal::Store(error)) => return storage_page(cx, &error),
    };
    let id = proven.account.id;
    let enrols = match proven.still_needed(cx) {
        StillNeeded::Nothing => return enter(cx, federation, session, purpose, &provider, &proven).await,
        StillNeeded::SecondFactor => false,
        StillNeeded::Enrolment => true,
    };
    account::begin_second_factor(cx, session, purpose, &provider, id, enrols).await
}

/// The password was all that is needed.
async fn enter(
    cx: &TenantCx,
    federation: &Federation,
    session: &Session,
    purpose: &SignInFor<'_>,
    provider: &IdentityProvider,
    proven: &ProvenPassword,
) -> Response {
    let admitted = federation
        .admit_locally(cx, provider, proven.account.id, LocalProof::Password)
        .await;
    outbox::deliver_soon(cx, federation.mailer());
    match admitted {
        Ok(Some(signed_in)) => match session::sign_in(cx, session, &signed_in).await {
            // 303 and GET: reloading the next page does not send the password again.
            Ok(()) => see_other(&purpose.home(cx)),
            Err(error) => {
                tracing::error!(%error, "session");
                problem_page(cx, Problem::Internal, None, None)
            }
        },
        Ok(None) => {
            let (username, problem) = (proven.account.profile.subject.clone(), SignInProblem::WrongCredentials);
            form_page(cx, federation, purpose, provider, username, Some(problem)).await
        }
        Err(error) => storage_page(cx, &error),
    }
}

/// One guess at a password, counted before it is checked, so that many at once do not get more than their number. Whoever
/// exists and whoever does not are counted alike. Nobody is shut out by it for good, and no account is switched off.
pub(super) async fn attempt(
    cx: &TenantCx,
    provider: &IdentityProvider,
    username: &str,
) -> Result<Result<Spending, Spent>, StoreError> {
    let account = attempts::name_of(&provider.alias, username);
    let address = cx.client_address().map(ClientAddress::subject);
    let mut pair = account.clone().into_bytes();
    pair.push(0);
    pair.extend(address.iter().flatten());
    let mut budgets: Vec<(Budget, &[u8])> = vec![
        (Budget::SignInPerAccountAndAddress, &pair),
        (Budget::SignInPerAccount, account.as_bytes()),
    ];
    budgets.extend(address.as_deref().map(|address| (Budget::SignInPerAddress, address)));
    cx.spend_on_account(account.as_bytes(), &budgets).await
}

async fn too_many_attempts(
    cx: &TenantCx,
    federation: &Federation,
    purpose: &SignInFor<'_>,
    provider: &IdentityProvider,
    username: String,
    spent: Spent,
) -> Response {
    let seconds = spent.seconds();
    let minutes = u16::try_from(seconds.div_ceil(60)).unwrap_or(u16::MAX);
    let problem = SignInProblem::TooManyAttempts { minutes };
    let mut response = form_page(cx, federation, purpose, provider, username, Some(problem)).await;
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
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
    let response = at(&cx, &federation, &session, &SignInFor::App(&open), &path.provider).await;
    choose_provider::remember(&cx, open.with_cookie(&cx, response), &path.provider)
}

/// `POST I/interact/{interaction}/sign-in/{provider}`.
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
    with_password(
        &cx,
        &federation,
        &session,
        &SignInFor::App(&open),
        &path.provider,
        &headers,
        &form,
    )
    .await
}
