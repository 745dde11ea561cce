//! Requests that come as a signed object: in the parameter itself, or at an address that the client registered (RFC 9101, OpenID
//! Connect Core section 6).

use crate::issuer::client_keys::ClientKeys;
use crate::kernel::Sha256Hash;
use crate::oauth::jose::{JwtError, VerificationKeys};
use crate::oauth::request_object::{RequestObjectError, RequestObjectRules};
use crate::oauth::{Client, ErrorCode, OAuthError, Parameters};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use std::borrow::Cow;
use url::Url;

/// What a request says once its object, if there is one, has been opened.
pub(in crate::issuer) struct Opened<'a> {
    /// The parameters: those of the object alone, or the plain ones.
    pub(in crate::issuer) parameters: Cow<'a, Parameters>,
    /// Whether the client signed them.
    pub(in crate::issuer) signed: bool,
}

/// Opens the object of a request. The error may be told to the client only after its redirect URI has been proven.
pub(in crate::issuer) async fn open<'a>(
    cx: &TenantCx,
    keys: &ClientKeys,
    outer: &'a Parameters,
) -> Result<Result<Opened<'a>, OAuthError>, StoreError> {
    let plain = || Opened {
        parameters: Cow::Borrowed(outer),
        signed: false,
    };
    let sent = match Sent::of(cx, outer) {
        Ok(Some(sent)) => sent,
        Ok(None) => return Ok(Ok(plain())),
        Err(error) => return Ok(Err(error)),
    };
    // Who the client is stands beside the object, always (RFC 9101 section 5). That it is unknown is told by the next check.
    let client_id = outer.one("client_id").ok().flatten().unwrap_or_default();
    let Some(client) = cx.find_client(client_id).await? else {
        return Ok(Ok(plain()));
    };
    let object = match sent {
        Sent::Value(object) => Cow::Borrowed(object),
        Sent::Reference(uri) => match fetch(cx, keys, &client, uri).await {
            Ok(object) => Cow::Owned(object),
            Err(error) => return Ok(Err(error)),
        },
    };
    Ok(verify(cx, keys, &client, &object, outer)
        .await
        .map(|parameters| Opened {
            parameters: Cow::Owned(parameters),
            signed: true,
        })
        .map_err(Into::into))
}

enum Sent<'a> {
    Value(&'a str),
    Reference(&'a str),
}

impl<'a> Sent<'a> {
    fn of(cx: &TenantCx, outer: &'a Parameters) -> Result<Option<Self>, OAuthError> {
        let (offers, not_offered) = (&cx.document().offers, "is not offered here. Send plain parameters.");
        match (outer.one("request")?, outer.one("request_uri")?) {
            (None, None) => Ok(None),
            // RFC 9101 section 5.
            (Some(_), Some(_)) => Err(OAuthError::invalid_request(
                "request_and_request_uri",
                "Parameters request and request_uri exclude each other.",
            )),
            (Some(_), None) if !offers.request_objects => Err(OAuthError::new(
                ErrorCode::RequestNotSupported,
                "request_object",
                format!("Parameter request {not_offered}"),
            )),
            (None, Some(_)) if !offers.request_uris => Err(OAuthError::new(
                ErrorCode::RequestUriNotSupported,
                "request_uri",
                format!("Parameter request_uri {not_offered}"),
            )),
            (Some(object), None) => Ok(Some(Self::Value(object))),
            (None, Some(uri)) => Ok(Some(Self::Reference(uri))),
        }
    }
}

/// Fetches an object from an address that this client registered: any other would let strangers send this server anywhere
/// (RFC 9101 section 10.4).
async fn fetch(cx: &TenantCx, keys: &ClientKeys, client: &Client, uri: &str) -> Result<String, OAuthError> {
    let refused = |reason, description| OAuthError::new(ErrorCode::InvalidRequestUri, reason, description);
    let (address, fragment) = uri.split_once('#').unwrap_or((uri, ""));
    let registered = |known: &String| known == uri || known == address;
    if !client.openid.request_uris.iter().any(registered) {
        let description = "The request_uri is not one that the client registered.";
        return Err(refused("request_uri_unregistered", description));
    }
    let url =
        Url::parse(address).map_err(|_| refused("request_uri_malformed", "The request_uri is not an address."))?;
    let object = keys.fetch_request_object(cx, url).await.ok_or_else(|| {
        let description = "The request object could not be fetched from the request_uri.";
        refused("request_uri_fetch", description)
    })?;
    // OpenID Connect Core section 6.2: a fragment is the hash of what is there.
    if !fragment.is_empty() && Sha256Hash::of(object.as_bytes()).to_base64url() != fragment {
        let description = "The request object is not the one whose hash the request_uri names.";
        return Err(refused("request_uri_hash", description));
    }
    Ok(object.trim().to_owned())
}

async fn verify(
    cx: &TenantCx,
    keys: &ClientKeys,
    client: &Client,
    object: &str,
    outer: &Parameters,
) -> Result<Parameters, RequestObjectError> {
    let algorithms = cx.document().algorithms_of(client);
    let rules = RequestObjectRules {
        client,
        issuer: cx.issuer(),
        algorithms: &algorithms,
        profile: cx.document().rules_of(client),
    };
    let none = VerificationKeys::default();
    let found = keys.find(cx, client, false).await;
    match rules.verify(object, outer, found.keys().unwrap_or(&none), cx.now()) {
        // The client may have rotated its keys: ask it once more, if it was not asked just now.
        Err(RequestObjectError::Jwt(JwtError::UnknownKey)) if client.jwks_uri.is_some() => {
            let found = keys.find(cx, client, true).await;
            rules.verify(object, outer, found.keys().unwrap_or(&none), cx.now())
        }
        other => other,
    }
}
