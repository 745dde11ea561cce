//! Signing in with an account of the tenant's own: who may, what proves it, and what tokens say of it.

use super::links::record;
use super::outbox;
use super::password::{PasswordError, Verification};
use super::recovery_code;
use super::totp;
use crate::federation::{Federation, IdentityProvider, ProviderKind};
use crate::kernel::Secret;
use crate::kernel::id::AccountId;
use crate::quota::Budget;
use crate::session::SignedIn;
use crate::store::tenant::{Account, AccountSecurity, AuditEvent};
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;
use crate::tenant::local_accounts::{LONGEST_USERNAME, LocalSignIn};
use crate::web::letters;
use crate::web::pages::{CodeProblem, SignInProblem};

/// Why a local sign-in did not succeed.
#[derive(Debug)]
pub enum LocalRefusal {
    /// The form is shown again with this problem.
    Shown(SignInProblem),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for LocalRefusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Somebody whose password was right.
pub struct ProvenPassword {
    /// The account.
    pub account: Account,
    /// What else is set up for it.
    pub security: AccountSecurity,
}

/// What is still to be proven after the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StillNeeded {
    /// Nothing.
    Nothing,
    /// The second factor.
    SecondFactor,
    /// A second factor, which has to be set up first.
    Enrolment,
}

impl ProvenPassword {
    /// What is still to be proven: whoever has a second factor is always asked for it.
    pub fn still_needed(&self, cx: &TenantCx) -> StillNeeded {
        if self.security.has_second_factor() {
            StillNeeded::SecondFactor
        } else if cx
            .document()
            .local_accounts
            .needs_second_factor(&self.account.profile.roles)
        {
            StillNeeded::Enrolment
        } else {
            StillNeeded::Nothing
        }
    }
}

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalProof {
    /// With a password.
    Password,
    /// With a password and a code, of an authenticator app or from the list of recovery codes.
    PasswordAndCode,
    /// With a passkey that verified its user.
    Passkey,
}

impl LocalProof {
    /// Authentication methods (RFC 8176 section 2; `pop`, OpenID Connect EAP ACR Values 1.0 section 3).
    pub fn amr(self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::Password => &["pwd"],
            Self::PasswordAndCode => &["pwd", "otp", "mfa"],
            Self::Passkey => &["pop", "user", "mfa"],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// The authentication context class: the REFEDS MFA profile, or phishing-resistant (OpenID Connect EAP ACR Values 1.0
    /// section 2). A password alone is none in particular.
    pub const fn acr(self) -> Option<&'static str> {
        match self {
            Self::Password => None,
            Self::PasswordAndCode => Some("https://refeds.org/profile/mfa"),
            Self::Passkey => Some("phr"),
        }
    }
}

impl Federation {
    /// Whether everybody's local account may sign in, or only those named for emergencies.
    pub async fn local_accounts_are_open(&self, cx: &TenantCx) -> Result<bool, StoreError> {
        Ok(match cx.document().local_accounts.sign_in {
            LocalSignIn::Everyone => true,
            LocalSignIn::BreakGlass => false,
            LocalSignIn::Automatic => self
                .providers(cx)
                .await?
                .iter()
                .all(|provider| !provider.is_on() || matches!(provider.kind, ProviderKind::Local)),
        })
    }

    /// Checks user name and password.
    ///
    /// An unknown name, a wrong password, a disabled account and one that may sign in only when others may too are one answer
    /// and take the same time. The caller counts the attempt first.
    pub async fn check_local_password(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        username: &str,
        password: &Secret<String>,
    ) -> Result<ProvenPassword, LocalRefusal> {
        if username.is_empty() || username.len() > LONGEST_USERNAME {
            return Err(LocalRefusal::Shown(SignInProblem::UsernameMissing));
        }
        if password.expose().is_empty() {
            return Err(LocalRefusal::Shown(SignInProblem::PasswordMissing));
        }
        let account = cx.read().await?.find_account_by_subject(provider.id, username).await?;
        let stored = account.as_ref().and_then(|account| account.password_hash.as_deref());
        let tenant = cx.id().to_string();
        let verification = match self.passwords().verify(&tenant, stored, password).await {
            Ok(verification) => verification,
            Err(PasswordError::Busy | PasswordError::Stopping) => {
                return Err(LocalRefusal::Shown(SignInProblem::Busy));
            }
            Err(_) => Verification::Mismatch,
        };
        let open = self.local_accounts_are_open(cx).await?;
        let mut tx = cx.begin().await?;
        let (account, rehash) = match (verification, account) {
            (Verification::Match { rehash }, Some(account)) if account.disabled_at.is_none() => (account, rehash),
            (_, account) => {
                drop(tx);
                refuse(cx, account.map(|account| account.id), "wrong_credentials").await?;
                return Err(LocalRefusal::Shown(SignInProblem::WrongCredentials));
            }
        };
        let security = tx.find_account_security(account.id).await?;
        if !open && security.break_glass_since.is_none() {
            drop(tx);
            refuse(cx, Some(account.id), "local_accounts_closed").await?;
            return Err(LocalRefusal::Shown(SignInProblem::WrongCredentials));
        }
        // The cost was raised since the hash was made: this is the moment when the password is known. A password that was
        // changed meanwhile is not put back.
        if let (true, Some(old)) = (rehash, &account.password_hash)
            && let Ok(renewed) = self.passwords().hash(&tenant, password, cx.entropy()).await
        {
            tx.replace_password_hash(account.id, old, &renewed).await?;
        }
        tx.commit().await?;
        Ok(ProvenPassword { account, security })
    }

    /// Checks a code of the second factor: of the authenticator app, or a recovery code. `Err` with the problem to show.
    pub async fn check_local_code(
        &self,
        cx: &TenantCx,
        account: &Account,
        presented: &str,
    ) -> Result<Result<UsedCode, CodeProblem>, StoreError> {
        if presented.trim().is_empty() {
            return Ok(Err(CodeProblem::Missing));
        }
        let subject = account.id.uuid();
        let spending = match cx
            .spend_on_account(
                subject.as_bytes(),
                &[(Budget::SignInCodePerAccount, subject.as_bytes())],
            )
            .await?
        {
            Ok(spending) => spending,
            Err(spent) => {
                refuse(cx, Some(account.id), "too_many_attempts").await?;
                let minutes = u16::try_from(spent.seconds().div_ceil(60)).unwrap_or(u16::MAX);
                return Ok(Err(CodeProblem::TooManyAttempts { minutes }));
            }
        };
        let mut tx = cx.begin().await?;
        let security = tx.find_account_security(account.id).await?;
        let used = use_code(cx, &mut tx, account.id, &security, presented).await?;
        let Some(used) = used else {
            drop(tx);
            spending.keep();
            refuse(cx, Some(account.id), "wrong_code").await?;
            return Ok(Err(CodeProblem::Wrong));
        };
        if used == UsedCode::Recovery {
            record(cx, &mut tx, "recovery_code.used", "success", Some(account.id)).await?;
            let change = letters::SecurityChange::RecoveryCodeUsed;
            super::links::announce_change(cx, &mut tx, account, change).await?;
        }
        tx.commit().await?;
        spending.refund(cx).await?;
        Ok(Ok(used))
    }

    /// Says who is signed in now, and tells the owners of the use of an emergency account. `None` for an account that was
    /// disabled meanwhile.
    pub async fn admit_locally(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        account: AccountId,
        proof: LocalProof,
    ) -> Result<Option<SignedIn>, StoreError> {
        let open = self.local_accounts_are_open(cx).await?;
        let mut tx = cx.begin().await?;
        let security = tx.find_account_security(account).await?;
        let entitled = provider.is_on() && (open || security.break_glass_since.is_some());
        let admitted = entitled && tx.note_sign_in(provider.id, account, cx.now()).await?;
        let request_id = cx.request_id().to_string();
        let event = AuditEvent {
            event: if admitted {
                "sign_in.completed"
            } else {
                "sign_in.refused"
            },
            outcome: if admitted { "success" } else { "account_disabled" },
            account: Some(account),
            request_id: Some(&request_id),
            detail: Some(&provider.alias),
            ..AuditEvent::default()
        };
        tx.record(&event, cx.now(), cx.entropy()).await?;
        if admitted && !open {
            announce_emergency(cx, &mut tx, account).await?;
        }
        tx.commit().await?;
        if admitted {
            cx.note_sign_in();
        }
        Ok(admitted.then(|| SignedIn {
            tenant: cx.id(),
            account,
            identity_provider: provider.id,
            authenticated_at: cx.now(),
            acr: proof.acr().map(str::to_owned),
            amr: proof.amr(),
            started_at: cx.now(),
            seen_at: cx.now(),
            upstream_ends: None,
        }))
    }
}

/// Which kind of code was used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedCode {
    /// Of the authenticator app.
    Totp,
    /// Of the list.
    Recovery,
}

async fn use_code(
    cx: &TenantCx,
    tx: &mut TenantTx,
    account: AccountId,
    security: &AccountSecurity,
    presented: &str,
) -> Result<Option<UsedCode>, StoreError> {
    let step = security
        .totp
        .as_ref()
        .and_then(|secret| totp::matching_step(secret, presented, cx.now()));
    if let Some(step) = step {
        return Ok(tx.use_totp_step(account, step).await?.then_some(UsedCode::Totp));
    }
    let Some(code) = recovery_code::recognise(account, presented) else {
        return Ok(None);
    };
    let used = tx.use_recovery_code(account, code, cx.now()).await?;
    Ok(used.then_some(UsedCode::Recovery))
}

async fn announce_emergency(cx: &TenantCx, tx: &mut TenantTx, account: AccountId) -> Result<(), StoreError> {
    record(cx, tx, "break_glass.used", "success", Some(account)).await?;
    let hospital = &cx.tenant().look.name;
    for owner in &cx.document().local_accounts.owners {
        let letter = letters::emergency(hospital, &account.to_string(), &cx.now().to_rfc3339());
        outbox::enqueue(cx, tx, Some(owner), letter).await?;
    }
    Ok(())
}

async fn refuse(cx: &TenantCx, account: Option<AccountId>, outcome: &'static str) -> Result<(), StoreError> {
    let mut tx = cx.begin().await?;
    record(cx, &mut tx, "sign_in.refused", outcome, account).await?;
    tx.commit().await
}
