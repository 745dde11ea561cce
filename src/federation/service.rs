//! Signing in through a tenant's identity providers: what the interaction needs of all of them.

use super::local::password::PasswordPool;
use super::mapping::{FormerAccount, Identity, RuleName, RuleOutcome};
use super::oidc::{PendingSignIn, RelyingParty, SignInFailure, SignInOptions, UpstreamKey, UserOutcome};
use super::saml::{Outgoing, Refusal};
use super::saml_directory::SamlDirectory;
use super::trace::{self, SignInTrace};
use super::{IdentityProvider, ProviderKind, provisioning};
use crate::kernel::id::{AccountId, SignInTestId, TenantId};
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::mail::Mailer;
use crate::outbound::Outbound;
use crate::patient_directory::PatientDirectory;
use crate::session::{self, Session, SignedIn};
use crate::store::tenant::{AccountProfile, AuditEvent};
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long a browser may stay at the provider.
const UPSTREAM_LIFETIME: Duration = Duration::from_mins(15);
/// Tenants whose providers are kept ready.
const CACHED_TENANTS: u64 = 10_000;

/// A tenant's ways to sign in.
pub type Providers = Arc<Vec<Arc<IdentityProvider>>>;

struct Inner {
    outbound: Outbound,
    relying_party: RelyingParty,
    saml: SamlDirectory,
    passwords: PasswordPool,
    mailer: Mailer,
    patient_directory: PatientDirectory,
    providers: Cache<(TenantId, i64), Providers>,
}

/// The federation of all tenants. Cheap to clone; holds nothing of a tenant but what its context reads.
#[derive(Clone)]
pub struct Federation(Arc<Inner>);

impl fmt::Debug for Federation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Federation")
    }
}

/// What to send to a provider, and where to go on afterwards.
pub struct UpstreamStart {
    /// The path on this server where the browser goes on.
    pub return_to: String,
    /// Hash of the cookie of the browser that starts.
    pub binding: Sha256Hash,
    /// What the sign-in asks for.
    pub options: SignInOptions,
    /// The test that it is: nobody is signed in by it.
    pub test: Option<SignInTestId>,
}

/// How the browser gets to the provider.
#[derive(Clone, Debug)]
pub enum UpstreamRedirect {
    /// By redirect.
    Go(Url),
    /// By a form that posts itself.
    Post {
        /// Where to.
        action: Url,
        /// The form's fields.
        fields: Vec<(String, String)>,
    },
}

impl From<Outgoing> for UpstreamRedirect {
    fn from(outgoing: Outgoing) -> Self {
        match outgoing {
            Outgoing::Redirect(url) => Self::Go(url),
            Outgoing::Post { action, fields } => Self::Post { action, fields },
        }
    }
}

/// Why a sign-in at a provider could not begin, whatever the protocol.
#[derive(Clone, Debug)]
pub struct UpstreamFailure {
    /// The check that failed.
    pub check: &'static str,
    /// What an administrator needs to know.
    pub detail: std::borrow::Cow<'static, str>,
    /// What the user and the app are told.
    pub user: UserOutcome,
}

impl From<SignInFailure> for UpstreamFailure {
    fn from(failure: SignInFailure) -> Self {
        Self {
            check: failure.check.as_str(),
            detail: failure.detail,
            user: failure.user,
        }
    }
}

impl From<Refusal> for UpstreamFailure {
    fn from(refusal: Refusal) -> Self {
        Self {
            check: refusal.check.as_str(),
            detail: refusal.detail,
            user: refusal.user,
        }
    }
}

impl From<StoreError> for UpstreamFailure {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "storage failed");
        SignInFailure::unavailable("the sign-in could not be stored").into()
    }
}

/// What is remembered while the browser is at the provider; sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct Remembered {
    /// The protocol's part.
    pub(super) pending: PendingSignIn,
    /// The path on this server where the browser goes on.
    pub(super) return_to: String,
    /// The test that it is.
    #[serde(default)]
    pub(super) test: Option<SignInTestId>,
}

/// How somebody proved who they are.
pub(super) struct Proof {
    pub(super) authenticated_at: Timestamp,
    pub(super) acr: Option<String>,
    pub(super) amr: Vec<String>,
    /// When the provider's session ends; ours must not outlive it.
    pub(super) session_ends: Option<Timestamp>,
}

impl Federation {
    /// With nothing cached, and without a mail server.
    pub fn new(outbound: Outbound, passwords: PasswordPool) -> Self {
        Self::with_mailer(outbound, passwords, Mailer::off())
    }

    /// With nothing cached.
    pub fn with_mailer(outbound: Outbound, passwords: PasswordPool, mailer: Mailer) -> Self {
        Self(Arc::new(Inner {
            relying_party: RelyingParty::new(outbound.clone()),
            saml: SamlDirectory::new(outbound.clone()),
            patient_directory: PatientDirectory::new(outbound.clone()),
            outbound,
            passwords,
            mailer,
            providers: Cache::builder()
                .max_capacity(CACHED_TENANTS)
                .time_to_live(Duration::from_mins(10))
                .build(),
        }))
    }

    /// The guarded HTTP client.
    pub fn outbound(&self) -> &Outbound {
        &self.0.outbound
    }

    /// The pool in which passwords are hashed and checked.
    pub fn passwords(&self) -> &PasswordPool {
        &self.0.passwords
    }

    /// The way to the mail server.
    pub fn mailer(&self) -> &Mailer {
        &self.0.mailer
    }

    /// The tenants' FHIR servers, which mapping rules may ask who a user is.
    pub fn patient_directory(&self) -> &PatientDirectory {
        &self.0.patient_directory
    }

    /// The metadata of SAML providers, and our keys there.
    pub fn saml(&self) -> &SamlDirectory {
        &self.0.saml
    }

    pub(super) fn relying_party(&self) -> &RelyingParty {
        &self.0.relying_party
    }

    /// The tenant's ways to sign in, in the order of their creation. One whose settings are broken is left out and
    /// logged: the others go on working.
    pub async fn providers(&self, cx: &TenantCx) -> Result<Providers, StoreError> {
        let key = (cx.id(), cx.tenant().generation);
        if let Some(providers) = self.0.providers.get(&key).await {
            return Ok(providers);
        }
        let records = cx.read().await?.list_identity_providers().await?;
        let ready = records.into_iter().filter_map(|record| {
            let id = record.id;
            IdentityProvider::try_from(record)
                .inspect_err(|error| tracing::error!(%error, identity_provider = %id, "unusable identity provider"))
                .ok()
                .map(Arc::new)
        });
        let providers: Providers = Arc::new(ready.collect());
        self.0.providers.insert(key, providers.clone()).await;
        Ok(providers)
    }

    /// The way to sign in with this alias.
    pub async fn find_provider(&self, cx: &TenantCx, alias: &str) -> Result<Option<Arc<IdentityProvider>>, StoreError> {
        Ok(self
            .providers(cx)
            .await?
            .iter()
            .find(|provider| provider.alias == alias)
            .cloned())
    }

    /// Begins a sign-in at an upstream provider: where to send the browser. A failure leaves an event
    /// and a trace.
    pub async fn begin_upstream(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        start: UpstreamStart,
    ) -> Result<UpstreamRedirect, UpstreamFailure> {
        let begun = Box::pin(self.begin_at_provider(cx, provider, start)).await;
        if let Err(failure) = &begun {
            let trace = SignInTrace::refused(failure.detail.clone());
            super::callback::record(cx, provider, failure.check, trace).await?;
        }
        begun
    }

    async fn begin_at_provider(
        &self,
        cx: &TenantCx,
        provider: &IdentityProvider,
        start: UpstreamStart,
    ) -> Result<UpstreamRedirect, UpstreamFailure> {
        let oidc = match &provider.kind {
            ProviderKind::Oidc(oidc) => oidc,
            ProviderKind::Saml(saml) => return self.begin_saml(cx, provider, saml, start).await,
            ProviderKind::Local => {
                return Err(SignInFailure::configuration("the provider is not an upstream one").into());
            }
        };
        self.recall(cx, provider, oidc).await?;
        let (address, pending) = self
            .relying_party()
            .begin(
                &upstream_key(cx, provider),
                &oidc.config,
                &callback_url(cx, provider)?,
                &start.options,
                cx.now(),
                cx.entropy(),
            )
            .await?;
        let state = Sha256Hash::of(pending.state.expose().as_bytes());
        let remembered = Remembered {
            pending,
            return_to: start.return_to,
            test: start.test,
        };
        remember(cx, provider, state, start.binding, &remembered).await?;
        Ok(UpstreamRedirect::Go(address))
    }
}

/// Keeps what is needed to finish a sign-in, sealed.
pub(super) async fn remember(
    cx: &TenantCx,
    provider: &IdentityProvider,
    state: Sha256Hash,
    binding: Sha256Hash,
    remembered: &impl Serialize,
) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(remembered)
        .map(Secret::new)
        .map_err(|error| StoreError::corrupt("upstream_sign_ins", "sealed_pending", error))?;
    let expires_at = cx.now() + UPSTREAM_LIFETIME;
    let mut tx = cx.begin().await?;
    tx.insert_upstream_sign_in(state, provider.id, binding, bytes.expose(), expires_at, cx.entropy())
        .await?;
    tx.commit().await
}

/// A user's session at a provider, noted beside the session here that came from it.
pub(super) struct UpstreamName {
    /// The subject by which the provider ends sessions.
    pub(super) subject: String,
    /// The session's name there (`sid`, `SessionIndex`).
    pub(super) session: Option<String>,
    /// What logging out there takes, as JSON of the protocol's own.
    pub(super) name: Secret<Vec<u8>>,
}

/// Begins the session, and notes which session at the provider it came from.
pub(super) async fn begin_session(
    cx: &TenantCx,
    session: &Session,
    signed_in: &SignedIn,
    upstream: &UpstreamName,
) -> Result<(), session::SessionError> {
    session::sign_in(cx, session, signed_in).await?;
    let Some(key) = session::key(session).await? else {
        return Ok(());
    };
    let until = cx.now() + cx.document().lifetimes.session_absolute;
    let mut tx = cx.begin().await?;
    tx.save_upstream_session(
        key.hash(),
        signed_in.identity_provider,
        &upstream.subject,
        upstream.session.as_deref(),
        upstream.name.expose(),
        until,
        cx.entropy(),
    )
    .await?;
    Ok(tx.commit().await?)
}

/// The key under which a message is remembered. The kind is part of it, so that no two kinds meet.
pub(super) fn replay_key(kind: &str, id: &str) -> Sha256Hash {
    Sha256Hash::of(format!("{kind}:{id}").as_bytes())
}

/// Somebody whom the rules let in.
pub(super) struct Mapped {
    /// What is known of them.
    pub(super) profile: AccountProfile,
    /// The account at another provider that is theirs, as a rule says.
    pub(super) link: Option<FormerAccount>,
    /// The trace so far.
    pub(super) trace: SignInTrace,
}

/// Creates or refreshes the account behind an identity, keeps the trace, and says who is signed in now. `None` for a disabled
/// account.
///
/// What is known of a user is replaced as a whole: a role that the provider no longer sends is gone with this sign-in.
pub(super) async fn admit(
    cx: &TenantCx,
    federation: &Federation,
    provider: &IdentityProvider,
    mapped: Mapped,
    proof: Proof,
) -> Result<Option<SignedIn>, StoreError> {
    let Mapped {
        mut profile,
        link,
        mut trace,
    } = mapped;
    let former = match &link {
        Some(link) => federation.find_provider(cx, &link.identity_provider).await?,
        None => None,
    };
    let mut tx = cx.begin().await?;
    if let (Some(link), Some(former)) = (&link, former) {
        let moved = tx
            .move_account((former.id, &link.subject), (provider.id, &profile.subject))
            .await?;
        if let Some(account) = moved {
            trace.report(RuleName::Link, RuleOutcome::Matched, "the account was taken over");
            // The directory of the provider before has no say in it any more.
            tx.delete_scim_user(former.id, account).await?;
            record_link(&mut tx, cx, account, provider, &former.alias).await?;
        }
    }
    provisioning::complete(cx, &mut tx, provider, &mut profile).await?;
    let account = tx
        .save_account(provider.id, &profile, None, cx.now(), cx.entropy())
        .await?;
    let admitted = account.disabled_at.is_none();
    let trace = SignInTrace {
        account: Some(account.id),
        ..trace
    };
    let outcome = if admitted { trace::COMPLETED } else { "account_disabled" };
    trace.save(&mut tx, cx, provider, outcome).await?;
    let request_id = cx.request_id().to_string();
    let event = AuditEvent {
        event: if admitted {
            "sign_in.completed"
        } else {
            "sign_in.refused"
        },
        outcome: if admitted { "success" } else { "account_disabled" },
        account: Some(account.id),
        request_id: Some(&request_id),
        detail: Some(&provider.alias),
        ..AuditEvent::default()
    };
    tx.record(&event, cx.now(), cx.entropy()).await?;
    tx.commit().await?;
    if admitted {
        cx.note_sign_in();
    }
    Ok(admitted.then(|| SignedIn {
        tenant: cx.id(),
        account: account.id,
        identity_provider: provider.id,
        authenticated_at: proof.authenticated_at,
        acr: proof.acr,
        amr: proof.amr,
        started_at: cx.now(),
        seen_at: cx.now(),
        upstream_ends: proof.session_ends,
    }))
}

/// Records that an account went from one provider to another.
async fn record_link(
    tx: &mut TenantTx,
    cx: &TenantCx,
    account: AccountId,
    provider: &IdentityProvider,
    former: &str,
) -> Result<(), StoreError> {
    let request_id = cx.request_id().to_string();
    let event = AuditEvent {
        event: "account.taken_over",
        outcome: "success",
        account: Some(account),
        target: Some(former),
        request_id: Some(&request_id),
        detail: Some(&provider.alias),
        ..AuditEvent::default()
    };
    tx.record(&event, cx.now(), cx.entropy()).await
}

impl From<Identity> for AccountProfile {
    fn from(identity: Identity) -> Self {
        Self {
            subject: identity.subject,
            name: identity.name,
            email: identity.email,
            fhir_user: identity.fhir_user,
            patient: identity.patient,
            patients: identity.patients,
            npi: identity.npi,
            roles: identity.roles,
        }
    }
}

/// Metadata, keys and breakers are kept per tenant and provider: nothing is shared between two tenants.
pub(super) fn upstream_key(cx: &TenantCx, provider: &IdentityProvider) -> UpstreamKey {
    UpstreamKey::new(cx.id().to_string(), provider.id.to_string())
}

/// The redirect URI at this provider, one per tenant and provider.
pub(super) fn callback_url(cx: &TenantCx, provider: &IdentityProvider) -> Result<Url, SignInFailure> {
    Url::parse(&cx.urls().federation_callback(&provider.alias))
        .map_err(|_| SignInFailure::configuration("the callback address is not a URL"))
}
