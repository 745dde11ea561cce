//! Who an EHR launch is for: the members `user` and `user_assertion` of `POST I/launch`.

use super::client_keys::ClientKeys;
use super::reply::Refusal;
use crate::interaction::ExpectedUser;
use crate::kernel::id::AccountId;
use crate::oauth::jose::{JwtError, UnverifiedJwt};
use crate::oauth::user_assertion::{self, AssertedUser, InvalidUserAssertion, UserAssertion};
use crate::oauth::{Client, OAuthError};
use crate::session::SignedIn;
use crate::smart::{FhirBase, FhirUser};
use crate::store::TenantTx;
use crate::store::tenant::{Account, AuditEvent};
use crate::tenant::TenantCx;

/// A user whom the EHR vouches for, and the assertion, not yet remembered as used.
pub(super) struct Vouched {
    assertion: UserAssertion,
    account: Account,
}

fn bad(member: &str, problem: impl std::fmt::Display) -> Refusal {
    OAuthError::invalid_request("launch_user", format!("Member {member}: {problem}.")).into()
}

/// Reads `user`: an account id, or a FHIR resource as `Type/id` or as a URL below the tenant's FHIR base. A resource need not
/// belong to an account yet, because its user may sign in here for the first time; an account has to exist.
pub(super) async fn expected(cx: &TenantCx, text: &str) -> Result<ExpectedUser, Refusal> {
    if let Ok(id) = text.parse::<AccountId>() {
        let account = cx.read().await?.find_account(id).await?;
        return match account.filter(|account| account.disabled_at.is_none()) {
            Some(account) => Ok(ExpectedUser::Account(account.id)),
            None => Err(bad("user", "there is no such account that may sign in")),
        };
    }
    fhir_user(cx, text).map(ExpectedUser::FhirUser).ok_or_else(|| {
        bad(
            "user",
            "has to be an account id (acc_...) or the user's FHIR resource (Practitioner/1)",
        )
    })
}

fn fhir_user(cx: &TenantCx, text: &str) -> Option<FhirUser> {
    let bases = &cx.tenant().fhir_bases;
    bases
        .iter()
        .find_map(|base: &FhirBase| FhirUser::parse(text, base).ok())
}

/// Verifies `user_assertion` of the EHR's client `ehr` and finds the account. Only a client that an administrator trusts with
/// it may vouch for users.
pub(super) async fn vouched(
    cx: &TenantCx,
    client_keys: &ClientKeys,
    ehr: &Client,
    assertion: &str,
) -> Result<Vouched, Refusal> {
    if !ehr.launch_user_assertions {
        let description = "This client may not assert users: it is not registered with launch_user_assertions.";
        return Err(OAuthError::unauthorized_client("user_assertions_not_allowed", description).into());
    }
    let refused = |error: InvalidUserAssertion| bad("user_assertion", error);
    let assertion = match verify(cx, client_keys, ehr, assertion, false).await {
        // The EHR may have rotated its keys: ask it once more, if it was not asked just now.
        Err(InvalidUserAssertion::Jwt(JwtError::UnknownKey)) if ehr.jwks_uri.is_some() => {
            verify(cx, client_keys, ehr, assertion, true).await
        }
        other => other,
    }
    .map_err(refused)?;
    // The tenant says how long somebody stays signed in; another system's word cannot make it longer.
    if cx.now() >= assertion.authenticated_at + cx.document().lifetimes.session_absolute {
        return Err(bad(
            "user_assertion",
            "`auth_time` is too long ago; the user has to sign in again",
        ));
    }
    let account = find(cx, &assertion.user).await?;
    Ok(Vouched { assertion, account })
}

async fn verify(
    cx: &TenantCx,
    client_keys: &ClientKeys,
    ehr: &Client,
    assertion: &str,
    again: bool,
) -> Result<UserAssertion, InvalidUserAssertion> {
    let found = client_keys.find(cx, ehr, again).await;
    let keys = found.keys().ok_or(JwtError::UnknownKey)?;
    user_assertion::verify(
        UnverifiedJwt::parse(assertion)?,
        ehr,
        keys,
        &cx.document().algorithms_of(ehr),
        cx.issuer(),
        cx.now(),
    )
}

/// The one enabled account that is meant. Unknown, disabled and another tenant's are one answer.
async fn find(cx: &TenantCx, user: &AssertedUser) -> Result<Account, Refusal> {
    let mut rows = cx.read().await?;
    let found = match user {
        AssertedUser::Account(id) => match id.parse::<AccountId>() {
            Ok(id) => rows.find_account(id).await?,
            Err(_) => None,
        },
        AssertedUser::Upstream { provider, subject } => {
            let providers = rows.list_identity_providers().await?;
            match providers.iter().find(|known| known.alias == *provider) {
                Some(provider) => rows.find_account_by_subject(provider.id, subject).await?,
                None => None,
            }
        }
        AssertedUser::FhirUser(text) => match fhir_user(cx, text) {
            Some(user) => {
                let mut accounts = rows.find_accounts_by_fhir_user(&user).await?;
                accounts.retain(|account| account.disabled_at.is_none());
                if accounts.len() > 1 {
                    return Err(bad(
                        "user_assertion",
                        "several accounts have this fhirUser; name one by `sub`, or by `idp` and `sub`",
                    ));
                }
                accounts.pop()
            }
            None => None,
        },
    };
    found
        .filter(|account| account.disabled_at.is_none())
        .ok_or_else(|| bad("user_assertion", "it names no account that may sign in here"))
}

impl Vouched {
    /// Whom the launch is for.
    pub(super) const fn user(&self) -> ExpectedUser {
        ExpectedUser::Account(self.account.id)
    }

    /// The sign-in, as the EHR asserted it.
    pub(super) fn signed_in(&self, cx: &TenantCx) -> SignedIn {
        SignedIn {
            tenant: cx.id(),
            account: self.account.id,
            identity_provider: self.account.identity_provider,
            authenticated_at: self.assertion.authenticated_at,
            acr: self.assertion.acr.clone(),
            amr: self.assertion.amr.clone(),
            started_at: cx.now(),
            seen_at: cx.now(),
            upstream_ends: None,
        }
    }

    /// Uses up the assertion, in the transaction that stores the launch. The ids are shared with client assertions: a client's
    /// `jti` is unique over everything it signs (RFC 7519 section 4.1.7).
    pub(super) async fn use_up(&self, cx: &TenantCx, ehr: &Client, tx: &mut TenantTx) -> Result<(), Refusal> {
        let (client_id, assertion) = (ehr.client_id.as_str(), &self.assertion);
        let first = tx
            .remember_client_assertion(client_id, &assertion.jti, assertion.remember_until)
            .await?;
        if !first {
            return Err(bad("user_assertion", "its `jti` was used before"));
        }
        let request_id = cx.request_id().to_string();
        let event = AuditEvent {
            event: "sign_in.asserted",
            outcome: "success",
            client_id: Some(client_id),
            account: Some(self.account.id),
            request_id: Some(&request_id),
            ..AuditEvent::default()
        };
        tx.record(&event, cx.now(), cx.entropy()).await?;
        Ok(())
    }
}
