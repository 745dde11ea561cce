//! A sign-in between its password and its second factor. It lives in the browser's session, which nobody is signed in to yet.

use crate::interaction::respond::sign_in_page;
use crate::interaction::sign_in::SignInFor;
use crate::kernel::credential::{self, Kind};
use crate::kernel::id::{AccountId, IdentityProviderId, TenantId};
use crate::kernel::{Secret, Timestamp};
use crate::oauth::{Parameters, RedirectUri};
use crate::session::{Session, SessionError};
use crate::store::tenant::AccountSecurity;
use crate::tenant::TenantCx;
use crate::web::{AppLook, Chrome, Csrf, HtmlPage, Page};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Under this key the session's record holds it.
const PENDING: &str = "pending_sign_in";
/// The password has to be given again after this time.
const PATIENCE: Duration = Duration::from_mins(10);

/// Where a sign-in comes from and goes on to.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Destination {
    /// The path on this server where the browser goes on.
    pub(super) return_to: String,
    /// Where the app's request will end, for the policy of the pages on the way.
    redirect_uri: Option<RedirectUri>,
    /// The app: name, publisher, whether it is verified.
    app: Option<(String, Option<String>, bool)>,
}

impl Destination {
    /// Of a sign-in for `purpose`.
    pub(super) fn of(cx: &TenantCx, purpose: &SignInFor<'_>) -> Self {
        let (redirect_uri, app) = match purpose {
            SignInFor::App(open) => {
                let look = open.app();
                let app = (look.name, look.publisher, look.verified);
                (Some(open.interaction.request.redirect_uri.clone()), Some(app))
            }
            SignInFor::OwnApps(_) | SignInFor::OwnAccount(_) | SignInFor::Console(_) => (None, None),
        };
        Self {
            return_to: purpose.home(cx),
            redirect_uri,
            app,
        }
    }

    /// What surrounds a page on the way.
    pub(super) fn chrome(&self, cx: &TenantCx) -> Chrome {
        let app = self.app.clone().map(|(name, publisher, verified)| AppLook {
            name,
            publisher,
            verified,
        });
        Chrome {
            language_switch: None,
            ..cx.chrome(app)
        }
    }

    /// A page on the way.
    pub(super) fn page(&self, cx: &TenantCx, page: &impl Page) -> HtmlPage {
        match &self.redirect_uri {
            Some(redirect_uri) => sign_in_page(cx, redirect_uri, page),
            None => super::page(cx, page),
        }
    }
}

/// A sign-in whose password was right.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct PendingSignIn {
    tenant: TenantId,
    /// Whose password it was.
    pub(super) account: AccountId,
    /// Where.
    pub(super) provider: IdentityProviderId,
    /// Whether a second factor has to be set up first.
    pub(super) enrols: bool,
    /// Where it goes on.
    pub(super) destination: Destination,
    began_at: Timestamp,
    csrf_secret: String,
}

impl PendingSignIn {
    /// Begins one.
    pub(super) fn new(
        cx: &TenantCx,
        account: AccountId,
        provider: IdentityProviderId,
        enrols: bool,
        destination: Destination,
    ) -> Self {
        Self {
            tenant: cx.id(),
            account,
            provider,
            enrols,
            destination,
            began_at: cx.now(),
            csrf_secret: credential::generate(Kind::BrowserBinding, cx.entropy())
                .expose()
                .clone(),
        }
    }

    /// Keeps it in the session.
    pub(super) async fn keep(&self, session: &Session) -> Result<(), SessionError> {
        Ok(session.insert(PENDING, self).await?)
    }

    /// The one of this browser, unless it is too old.
    pub(super) async fn find(cx: &TenantCx, session: &Session) -> Result<Option<Self>, SessionError> {
        let pending = session.get::<Self>(PENDING).await?;
        Ok(pending.filter(|pending| pending.tenant == cx.id() && cx.now().since(pending.began_at) < PATIENCE))
    }

    /// Whether the password that began it was replaced meanwhile: whoever knew the old one does not go on.
    pub(super) fn is_overtaken(&self, security: &AccountSecurity) -> bool {
        security.password_changed_at.is_some_and(|at| at > self.began_at)
    }

    /// The anti-forgery token of its forms.
    pub(super) fn csrf(&self) -> Csrf {
        Csrf::derive(&Secret::new(self.csrf_secret.clone()), "second-factor")
    }

    /// Checks that token.
    pub(super) fn checks(&self, form: &Parameters) -> bool {
        Csrf::check(&Secret::new(self.csrf_secret.clone()), "second-factor", form).is_ok()
    }
}
