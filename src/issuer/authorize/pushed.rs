//! A request that was pushed before (RFC 9126 section 4): the browser brings a handle, the parameters are here.

use crate::kernel::Sha256Hash;
use crate::kernel::credential::{Kind, recognise};
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::store::StoreError;
use crate::tenant::TenantCx;

/// The form of our handles (RFC 9126 section 2.2).
pub(in crate::issuer) const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// Pushed parameters.
pub(super) struct Pushed {
    /// What the client pushed. Nothing that the browser brings is added to it.
    pub(super) parameters: Parameters,
    /// The handle, to be used up by the code.
    pub(super) handle: Sha256Hash,
}

/// The pushed request that `parameters` refer to; `None` when they refer to none of ours.
///
/// Unknown, expired, completed, another client's and another tenant's handle are one answer.
pub(super) async fn find(
    cx: &TenantCx,
    parameters: &Parameters,
) -> Result<Option<Result<Pushed, OAuthError>>, StoreError> {
    let Some(handle) = parameters
        .one("request_uri")
        .ok()
        .flatten()
        .and_then(|uri| uri.strip_prefix(PREFIX))
    else {
        return Ok(None);
    };
    let unknown = || {
        let description = "The request_uri is unknown, expired, used, or of another client. Push the request again.";
        OAuthError::new(ErrorCode::InvalidRequestUri, "request_uri_unknown", description)
    };
    let client_id = parameters.one("client_id").ok().flatten().unwrap_or_default();
    let Some(handle) = recognise(Kind::PushedRequest, handle) else {
        return Ok(Some(Err(unknown())));
    };
    let found = cx
        .read()
        .await?
        .find_pushed_request(handle, client_id, cx.now())
        .await?;
    let Some(stored) = found else {
        return Ok(Some(Err(unknown())));
    };
    let parameters = Parameters::parse_form(stored.expose())
        .map_err(|_| StoreError::corrupt("pushed_requests", "sealed_parameters", "not a form"))?;
    Ok(Some(Ok(Pushed { parameters, handle })))
}
