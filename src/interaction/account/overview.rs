//! `GET I/account`: the overview.

use super::{Owner, chrome, local_provider, page, path};
use crate::federation::Federation;
use crate::federation::local::passkey;
use crate::interaction::apps::{self, Visitor};
use crate::interaction::choose_provider;
use crate::interaction::open::storage_page;
use crate::interaction::sign_in::SignInFor;
use crate::session::Session;
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::web::Href;
use crate::web::pages::{AccountDone, AccountPage, PasskeyItem, SecurityFacts, SessionItem};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// Set by the redirect after a change.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct After {
    done: Option<String>,
}

/// The overview, or signing in first.
pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    session: Session,
    after: Result<Query<After>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let done = after.ok().and_then(|Query(after)| after.done);
    let response = match Owner::find(&cx, &session).await {
        Ok(Some(owner)) => show(&cx, &federation, &owner, done.as_deref())
            .await
            .unwrap_or_else(|error| storage_page(&cx, &error)),
        Ok(None) => {
            let visitor = Visitor::of(&cx, &headers);
            let purpose = SignInFor::OwnAccount(&visitor);
            let response = choose_provider::show(&cx, &federation, &purpose, false, &headers).await;
            visitor.with_cookie(&cx, response)
        }
        Err(error) => storage_page(&cx, &error),
    };
    cx.remember_language(response)
}

async fn show(
    cx: &TenantCx,
    federation: &Federation,
    owner: &Owner,
    done: Option<&str>,
) -> Result<Response, StoreError> {
    let at = |step: &str| Href::local(&path(cx, step));
    let local = local_provider(cx, federation, owner).await?;
    let own_key = owner.key.hash();
    let mut rows = cx.read().await?;
    let sessions = rows.list_sessions_of_account(owner.account.id, cx.now()).await?;
    let security = if local.is_some() {
        let facts = rows.find_account_security(owner.account.id).await?;
        let passkeys = rows.list_passkeys(owner.account.id).await?;
        Some(SecurityFacts {
            emergency: facts.break_glass_since.is_some(),
            has_password: owner.account.password_hash.is_some(),
            password_changed: facts.password_changed_at,
            change_password: at("password"),
            has_app: facts.totp.is_some(),
            set_up_app: at("authenticator"),
            remove_app: at("authenticator/remove"),
            passkeys: passkeys
                .into_iter()
                .map(|passkey| PasskeyItem {
                    label: passkey.label,
                    handle: passkey.hash.to_base64url(),
                    created: passkey.created_at,
                    last_used: passkey.last_used_at,
                })
                .collect(),
            add_passkey: passkey::are_available(cx).then(|| at("passkeys")),
            remove_passkey: at("passkeys/remove"),
            recovery_codes: facts.recovery_codes,
            new_recovery_codes: at("recovery-codes"),
        })
    } else {
        None
    };
    rows.commit().await?;
    let providers = federation.providers(cx).await?;
    let provider = providers
        .iter()
        .find(|provider| provider.id == owner.account.identity_provider)
        .map_or_else(String::new, |provider| provider.display_name.clone());
    let overview = AccountPage {
        chrome: chrome(cx, ""),
        person: owner.person(),
        csrf: owner.csrf("account"),
        done: done.and_then(AccountDone::read),
        security,
        provider,
        sessions: sessions
            .iter()
            .map(|session| SessionItem {
                since: session.started_at,
                until: session.expires_at,
                this: session.key == Some(own_key),
            })
            .collect(),
        end_sessions: at("sessions"),
        apps: Href::local(&apps::path(cx, "")),
        sign_out: Href::local(&format!("{}/sign-out", cx.urls().path())),
        sign_out_csrf: owner.csrf("sign-out"),
    };
    Ok(page(cx, &overview).into_response())
}

/// Back to the overview, which says what was done.
pub(super) fn after(cx: &TenantCx, done: AccountDone) -> Response {
    crate::interaction::respond::see_other(&format!("{}?done={}", path(cx, ""), done.as_str()))
}
