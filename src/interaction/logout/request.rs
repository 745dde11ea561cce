//! What an app asks for, and how far it is believed.

use crate::kernel::id::AccountId;
use crate::oauth::jose::verify::Expiry;
use crate::oauth::jose::{Audience, Rules, SigningAlgorithm, UnverifiedJwt};
use crate::oauth::{Client, ErrorCode, OAuthError, Parameters, limits};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use serde::Deserialize;
use std::sync::Arc;
use url::form_urlencoded::byte_serialize;

/// A logout request.
pub(super) struct LogoutRequest {
    /// The app, proven by an ID token or merely named.
    pub(super) client: Option<Arc<Client>>,
    /// The user that an ID token of ours names.
    subject: Option<String>,
    /// Where the browser may go afterwards: an address that this client registered, with `state`.
    pub(super) redirect: Option<String>,
    /// The parameters that a form has to bring back.
    pub(super) fields: Vec<(&'static str, String)>,
    /// Whether the user was asked and said yes.
    agreed: bool,
}

#[derive(Deserialize)]
struct Hint {
    sub: String,
}

fn refused(reason: &'static str, description: &'static str) -> OAuthError {
    OAuthError::invalid_request(reason, description)
}

impl LogoutRequest {
    /// Reads the parameters. What is not proven is not an error: the user is asked, and the browser stays here.
    pub(super) async fn read(cx: &TenantCx, parameters: &Parameters) -> Result<Result<Self, OAuthError>, StoreError> {
        match Wanted::of(parameters) {
            Ok(wanted) => Self::find(cx, wanted).await,
            Err(error) => Ok(Err(error)),
        }
    }

    async fn find(cx: &TenantCx, wanted: Wanted<'_>) -> Result<Result<Self, OAuthError>, StoreError> {
        let hint = match wanted.hint {
            Some(hint) => verify(cx, hint).await?,
            None => None,
        };
        let named = match wanted.client_id {
            Some(client_id) => cx.find_client(client_id).await?,
            None => None,
        };
        if let (Some((of_hint, _)), Some(client_id)) = (&hint, wanted.client_id)
            && of_hint.client_id.as_str() != client_id
        {
            // Section 2: the client_id has to be the one the ID token was issued to.
            let description = "Parameter client_id is not the client of id_token_hint.";
            return Ok(Err(refused("logout_client_differs", description)));
        }
        let (client, subject) = match hint {
            Some((client, subject)) => (Some(client), Some(subject)),
            // A hint that does not verify discredits the whole request.
            None if wanted.hint.is_some() => (None, None),
            None => (named, None),
        };
        let registered = |uri: &&str| {
            client.as_ref().is_some_and(|client| {
                client
                    .post_logout_redirect_uris
                    .iter()
                    .any(|known| known.as_str() == *uri)
            })
        };
        // Section 3: exactly a registered one; anything else is never a redirect.
        let redirect = wanted
            .redirect_uri
            .filter(registered)
            .map(|uri| with_state(uri, wanted.state));
        let mut fields = Vec::new();
        if let Some(client) = &client {
            fields.push(("client_id", client.client_id.to_string()));
        }
        if redirect.is_some() {
            fields.extend(
                wanted
                    .redirect_uri
                    .map(|uri| ("post_logout_redirect_uri", uri.to_owned())),
            );
            fields.extend(wanted.state.map(|state| ("state", state.to_owned())));
        }
        Ok(Ok(Self {
            client,
            subject,
            redirect,
            fields,
            agreed: false,
        }))
    }

    /// Whether an ID token of ours names this very user.
    pub(super) fn names(&self, cx: &TenantCx, account: AccountId) -> bool {
        let known_as = self.client.as_ref().map(|client| cx.subject(client, account));
        self.subject.is_some() && self.subject == known_as
    }

    /// The same request, to which the user agreed.
    pub(super) fn confirmed(self) -> Self {
        Self { agreed: true, ..self }
    }

    /// Whether this is the answer to our question.
    pub(super) const fn was_confirmed(&self) -> bool {
        self.agreed
    }

    /// Whether the browser may be sent on: an ID token of ours came along, or the user agreed. Merely naming a client is
    /// not enough to be sent anywhere without a word.
    pub(super) const fn may_redirect(&self) -> bool {
        self.subject.is_some() || self.agreed
    }
}

struct Wanted<'a> {
    hint: Option<&'a str>,
    client_id: Option<&'a str>,
    redirect_uri: Option<&'a str>,
    state: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    fn of(parameters: &'a Parameters) -> Result<Self, OAuthError> {
        parameters.check_no_repeats(&[])?;
        Ok(Self {
            hint: parameters.one("id_token_hint")?,
            client_id: parameters.one("client_id")?,
            redirect_uri: parameters.one("post_logout_redirect_uri")?,
            state: parameters.one("state")?,
        })
    }
}

/// The client and the user of an ID token that this issuer gave out, expired or not; `None` for anything else.
async fn verify(cx: &TenantCx, hint: &str) -> Result<Option<(Arc<Client>, String)>, StoreError> {
    let Ok(jwt) = UnverifiedJwt::parse(hint) else {
        return Ok(None);
    };
    let Some(audience) = jwt.unverified_claim("aud").map(str::to_owned) else {
        return Ok(None);
    };
    let Some(client) = cx.find_client(&audience).await? else {
        return Ok(None);
    };
    let rules = Rules {
        algorithms: &SigningAlgorithm::ALL,
        types: &["jwt"],
        type_may_be_absent: false,
        issuer: cx.issuer(),
        audience: Audience::Contains(&audience),
        expiry: Expiry::Ignored,
        skew: limits::CLOCK_SKEW,
    };
    let hint: Result<Hint, _> = jwt.verify(cx.keys().verification(), &rules, cx.now());
    Ok(hint.ok().map(|hint| (client, hint.sub)))
}

/// Adds `state` without touching the registered address (section 2: nothing else is added).
fn with_state(uri: &str, state: Option<&str>) -> String {
    let Some(state) = state else {
        return uri.to_owned();
    };
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!(
        "{uri}{separator}state={}",
        byte_serialize(state.as_bytes()).collect::<String>()
    )
}

/// The one error a form that was sent back wrong can have.
pub(super) fn outdated() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, "logout_form", "The form is outdated.")
}
