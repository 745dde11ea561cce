//! Choosing where to sign in: what the app, a link or an address says, else the user.

use super::apps::Visitor;
use super::form::PageForm;
use super::open::{OpenInteraction, field, storage_page};
use super::respond::see_other;
use super::show::InteractionPath;
use super::sign_in::{self, SignInFor};
use super::state::encode;
use crate::federation::choice::{Choice, Question, Wishes, choose, find_by_address};
use crate::federation::{Federation, IdentityProvider, ProviderKind};
use crate::oauth::Parameters;
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::web::Href;
use crate::web::cookies::CookiePurpose;
use crate::web::pages::{
    AddressQuestion, ChooseIdentityProvider, ContinueReason, ContinueSignIn, IdentityProviderChoice,
};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// How long a browser remembers the way that was chosen.
const REMEMBERED: Duration = Duration::from_hours(24 * 180);
/// Longest address that is looked at, in bytes.
const LONGEST_ADDRESS: usize = 254; // RFC 5321 section 4.5.3.1.3, less the brackets

/// The way that was chosen in this browser last time. Only an order of buttons depends on it.
pub(super) fn remembered(cx: &TenantCx, headers: &HeaderMap) -> Option<String> {
    cx.cookies().find(headers, CookiePurpose::Provider)
}

/// Remembers the way that was chosen.
pub(super) fn remember(cx: &TenantCx, mut response: Response, alias: &str) -> Response {
    let cookie = cx
        .cookies()
        .set(CookiePurpose::Provider, alias.to_owned(), Some(REMEMBERED));
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// The sign-in step: straight to where everything points, else the choice.
pub(super) async fn show(
    cx: &TenantCx,
    federation: &Federation,
    purpose: &SignInFor<'_>,
    again: bool,
    headers: &HeaderMap,
) -> Response {
    let providers = match federation.providers(cx).await {
        Ok(providers) => providers,
        Err(error) => return storage_page(cx, &error),
    };
    let person = purpose.login_hint();
    // Whoever administers, or looks after an account of their own, may need it just when the other way does not work.
    let emergency_only = match purpose {
        SignInFor::App(_) => match federation.local_accounts_are_open(cx).await {
            Ok(open) => !open,
            Err(error) => return storage_page(cx, &error),
        },
        _ => false,
    };
    let wishes = Wishes {
        person: person.as_deref(),
        emergency_only,
        ..purpose.wishes()
    };
    match choose(&providers, &wishes) {
        Choice::Go(provider) => sign_in::go(cx, federation, purpose, &provider, again).await,
        Choice::Ask(question) => page(cx, purpose, &question, remembered(cx, headers).as_deref(), None).into_response(),
    }
}

/// The page with the choice; `unknown` is an address that led nowhere.
fn page(
    cx: &TenantCx,
    purpose: &SignInFor<'_>,
    question: &Question,
    remembered: Option<&str>,
    unknown: Option<String>,
) -> crate::web::HtmlPage {
    let mut buttons: Vec<&IdentityProvider> = question.buttons.iter().map(AsRef::as_ref).collect();
    // A stable sort: what was used last comes first, the others keep the hospital's order.
    buttons.sort_by_key(|provider| Some(provider.alias.as_str()) != remembered);
    let choices = buttons
        .into_iter()
        .map(|provider| IdentityProviderChoice {
            label: provider.display_name.clone(),
            hint: provider.offer.remark.clone(),
            used_last: Some(provider.alias.as_str()) == remembered,
            href: Href::local(&purpose.step(cx, &provider.alias)),
        })
        .collect();
    let address = question.by_address.then(|| AddressQuestion {
        csrf: purpose.csrf(),
        action: Href::local(&purpose.address_step(cx)),
        unknown: unknown.is_some(),
        value: unknown.unwrap_or_default(),
    });
    let page = ChooseIdentityProvider {
        chrome: purpose.chrome(cx),
        choices,
        address,
    };
    purpose.page(cx, &page)
}

/// An e-mail address was given. What is answered says no more of the tenant than its sign-in page does.
pub(super) async fn by_address(
    cx: &TenantCx,
    federation: &Federation,
    purpose: &SignInFor<'_>,
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<Response, StoreError> {
    if let Err(closed) = purpose.check_csrf(cx, form) {
        return Ok(closed.into_response());
    }
    let address = field(form, "email").unwrap_or_default().trim();
    let providers = federation.providers(cx).await?;
    let wishes = purpose.wishes();
    let found = find_by_address(&providers, wishes.allowed, address).filter(|_| address.len() <= LONGEST_ADDRESS);
    let Some(provider) = found else {
        return Ok(match choose(&providers, &Wishes { asks: true, ..wishes }) {
            Choice::Ask(question) => {
                let shown = address.chars().take(LONGEST_ADDRESS).collect();
                page(cx, purpose, &question, remembered(cx, headers).as_deref(), Some(shown)).into_response()
            }
            // Nothing to choose from any more: the settings changed meanwhile.
            Choice::Go(_) => see_other(&purpose.home(cx)),
        });
    };
    if let SignInFor::App(open) = purpose {
        keep_address(cx, open, address).await?;
    }
    let response = if matches!(provider.kind, ProviderKind::Local) {
        see_other(&purpose.step(cx, &provider.alias))
    } else {
        // Browsers apply `form-action` to every redirect that follows a form, so this one ends in a page of its own.
        let next = ContinueSignIn {
            chrome: purpose.chrome(cx),
            reason: ContinueReason::AtSignInService(provider.display_name.clone()),
            href: Some(Href::local(&purpose.step(cx, &provider.alias))),
        };
        purpose.page(cx, &next).into_response()
    };
    Ok(response)
}

/// Keeps the address with the interaction, sealed, so that it need not be typed again and is in no address of ours.
async fn keep_address(cx: &TenantCx, open: &OpenInteraction, address: &str) -> Result<(), StoreError> {
    let mut interaction = open.interaction.clone();
    interaction.typed_address = Some(address.to_owned());
    let state = encode(&interaction)?;
    let mut tx = cx.begin().await?;
    tx.advance_interaction(open.hash, open.version, state.expose(), cx.now(), cx.entropy())
        .await?;
    tx.commit().await
}

/// `POST I/interact/{interaction}/sign-in`: an e-mail address.
pub(super) async fn post(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(path): Path<InteractionPath>,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let open = match OpenInteraction::open(&cx, &path.interaction, &headers).await {
        Ok(open) => open,
        Err(closed) => return closed.into_response(),
    };
    by_address(&cx, &federation, &SignInFor::App(&open), &headers, &form)
        .await
        .unwrap_or_else(|error| storage_page(&cx, &error))
}

/// `POST I/apps/sign-in`: the same on the user's own page.
pub(super) async fn post_own(
    cx: TenantCx,
    State(federation): State<Federation>,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let visitor = Visitor::of(&cx, &headers);
    by_address(&cx, &federation, &SignInFor::OwnApps(&visitor), &headers, &form)
        .await
        .unwrap_or_else(|error| storage_page(&cx, &error))
}

/// `POST I/account/sign-in`: the same at the user's own account.
pub(super) async fn post_account(
    cx: TenantCx,
    State(federation): State<Federation>,
    headers: HeaderMap,
    PageForm(form): PageForm,
) -> Response {
    let visitor = Visitor::of(&cx, &headers);
    by_address(&cx, &federation, &SignInFor::OwnAccount(&visitor), &headers, &form)
        .await
        .unwrap_or_else(|error| storage_page(&cx, &error))
}
