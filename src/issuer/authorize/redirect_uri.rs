//! Who asks, and where an answer may go.

use crate::interaction::ReturnPath;
use crate::oauth::jose::SigningAlgorithm;
use crate::oauth::response_type::ResponseMode;
use crate::oauth::{Client, ErrorCode, OAuthError, Parameters};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::web::pages::Problem;
use std::sync::Arc;

/// A request whose client is known and whose redirect URI is one of that client's: errors may be redirected.
pub(super) struct Redirectable {
    /// The client.
    pub(super) client: Arc<Client>,
    /// Where answers go.
    pub(super) return_path: ReturnPath,
    /// Whether the wanted response mode is one of ours. A wrong one is an error sent by query.
    pub(super) response_mode: Result<(), OAuthError>,
}

/// An error that may only be shown, never redirected.
pub(super) enum PageError {
    /// What the page says, and what it tells the developer.
    Problem(Problem, OAuthError),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn bad_request(error: impl Into<OAuthError>) -> PageError {
    PageError::Problem(Problem::AppRequest, error.into())
}

fn bad_return_address(reason: &'static str, description: &'static str) -> PageError {
    PageError::Problem(Problem::ReturnAddress, OAuthError::invalid_request(reason, description))
}

/// What signed answers to the client are signed with (JARM section 3).
fn signing_algorithm(cx: &TenantCx, client: &Client) -> SigningAlgorithm {
    let registered = client.openid.authorization_signed_response_alg;
    registered.unwrap_or(cx.document().rules_of(client).answers)
}

impl Redirectable {
    /// RFC 6749 section 3.1.2.4: a missing, invalid or mismatching redirect URI is told to the user, and the browser is
    /// not sent there. The same holds for an unknown client.
    pub(super) async fn prove(cx: &TenantCx, parameters: &Parameters) -> Result<Self, PageError> {
        let client_id = parameters.one("client_id").map_err(bad_request)?.ok_or_else(|| {
            bad_request(OAuthError::invalid_request(
                "client_id_missing",
                "Parameter client_id is missing.",
            ))
        })?;
        let client = cx.find_client(client_id).await?.ok_or_else(|| {
            let description = "The client is not registered at this tenant.";
            PageError::Problem(
                Problem::AppUnknown,
                OAuthError::new(ErrorCode::InvalidClient, "client_not_registered", description),
            )
        })?;
        let presented = parameters
            .one("redirect_uri")
            .map_err(|_| bad_return_address("redirect_uri_repeated", "Parameter redirect_uri occurs more than once."))?
            .ok_or_else(|| bad_return_address("redirect_uri_missing", "Parameter redirect_uri is missing."))?;
        let redirect_uri = client.redirect_uri(presented).ok_or_else(|| {
            bad_return_address(
                "redirect_uri_unregistered",
                "The redirect_uri is not one that the client registered.",
            )
        })?;
        let mode = match parameters.one("response_mode") {
            Ok(value) => ResponseMode::from_request(value, cx.document().offers.signed_responses),
            Err(repeated) => Err(repeated.into()),
        };
        let return_path = ReturnPath {
            redirect_uri,
            response_mode: *mode.as_ref().unwrap_or(&ResponseMode::Query),
            signing_alg: signing_algorithm(cx, &client),
            client_id: client.client_id.clone(),
            // A repeated state cannot be echoed; the repetition itself is refused next.
            state: parameters.one("state").ok().flatten().map(str::to_owned),
        };
        Ok(Self {
            client,
            return_path,
            response_mode: mode.map(drop),
        })
    }
}
