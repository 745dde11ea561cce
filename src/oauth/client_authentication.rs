//! Which client a request claims to come from, and with what proof (RFC 6749 section 2.3, RFC 7521 section 4.2).
//!
//! This reads credentials and finds contradictions. Whether the client exists, uses this method and proves itself is
//! for the endpoint.

use super::client::{ClientId, TokenEndpointAuthMethod};
use super::error::{ErrorCode, OAuthError};
use super::jose::UnverifiedJwt;
use super::parameters::{self, Parameters};
use crate::kernel::Secret;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The one assertion type of client authentication (RFC 7523 section 2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The credentials of a request. There is exactly one way in it, and all names in it agree.
pub enum Presented {
    /// Only a `client_id`: a public client.
    None {
        /// Who it claims to be.
        client_id: ClientId,
    },
    /// `Authorization: Basic` (RFC 6749 section 2.3.1).
    Basic {
        /// Who it claims to be.
        client_id: ClientId,
        /// The secret to verify.
        secret: Secret<String>,
    },
    /// `client_secret` in the form (RFC 6749 section 2.3.1).
    Post {
        /// Who it claims to be.
        client_id: ClientId,
        /// The secret to verify.
        secret: Secret<String>,
    },
    /// `client_assertion` (RFC 7523 section 2.2); parses, but is not verified.
    Assertion {
        /// Who it claims to be: the `sub`.
        client_id: ClientId,
        /// The JWT to verify.
        assertion: Secret<String>,
    },
}

impl Presented {
    /// Reads header and form.
    ///
    /// Two mechanisms, or names that differ, are `invalid_request`; no name at all, or one that no client can have, is
    /// `invalid_client` (RFC 6749 sections 2.3 and 5.2).
    pub fn extract(headers: &HeaderMap, form: &Parameters) -> Result<Self, OAuthError> {
        let header_used = headers.contains_key(header::AUTHORIZATION);
        Self::read(headers, form).map_err(|error| if header_used { challenge(error) } else { error })
    }

    fn read(headers: &HeaderMap, form: &Parameters) -> Result<Self, OAuthError> {
        let mut authorizations = headers.get_all(header::AUTHORIZATION).iter();
        let authorization = authorizations.next();
        if authorizations.next().is_some() {
            return Err(OAuthError::invalid_request(
                "authorization_repeated",
                "Send one Authorization header.",
            ));
        }
        let secret = form.one("client_secret")?;
        let assertion = form.one("client_assertion")?;
        let used = [authorization.is_some(), secret.is_some(), assertion.is_some()];
        if used.into_iter().filter(|used| *used).count() > 1 {
            return Err(OAuthError::invalid_request(
                "client_authentication_twice",
                "The client authenticated in more than one way. Use one of Authorization, client_secret, client_assertion.",
            ));
        }
        let assertion_type = form.one("client_assertion_type")?;
        let named = form.one("client_id")?;
        if let Some(value) = authorization {
            let (id, secret) = parse_basic(value.as_bytes())?;
            return Ok(Self::Basic {
                client_id: agreed(&id, named)?,
                secret,
            });
        }
        if let Some(assertion) = assertion {
            return read_assertion(assertion, assertion_type, named);
        }
        if assertion_type.is_some() {
            return Err(OAuthError::invalid_request(
                "client_assertion_missing",
                "Parameter client_assertion_type needs a client_assertion.",
            ));
        }
        let client_id = named.ok_or_else(|| OAuthError::invalid_client("client_authentication_missing"))?;
        let client_id = agreed(client_id, None)?;
        Ok(match secret {
            Some(secret) => Self::Post {
                client_id,
                secret: Secret::new(secret.to_owned()),
            },
            None => Self::None { client_id },
        })
    }

    /// Who the request claims to come from.
    pub const fn client_id(&self) -> &ClientId {
        match self {
            Self::None { client_id }
            | Self::Basic { client_id, .. }
            | Self::Post { client_id, .. }
            | Self::Assertion { client_id, .. } => client_id,
        }
    }

    /// The method used; the client has to be registered with exactly this one.
    pub const fn method(&self) -> TokenEndpointAuthMethod {
        match self {
            Self::None { .. } => TokenEndpointAuthMethod::None,
            Self::Basic { .. } => TokenEndpointAuthMethod::ClientSecretBasic,
            Self::Post { .. } => TokenEndpointAuthMethod::ClientSecretPost,
            Self::Assertion { .. } => TokenEndpointAuthMethod::PrivateKeyJwt,
        }
    }

    /// `invalid_client`, with a challenge when the `Authorization` header was used (RFC 6749 section 5.2).
    pub fn refuse(&self, reason: &'static str) -> OAuthError {
        let error = OAuthError::invalid_client(reason);
        if matches!(self, Self::Basic { .. }) {
            error.with_basic_challenge()
        } else {
            error
        }
    }
}

fn challenge(error: OAuthError) -> OAuthError {
    if error.code == ErrorCode::InvalidClient {
        error.with_basic_challenge()
    } else {
        error
    }
}

/// The client id out of a credential, which a `client_id` parameter beside it has to repeat.
fn agreed(id: &str, named: Option<&str>) -> Result<ClientId, OAuthError> {
    if named.is_some_and(|named| named != id) {
        return Err(OAuthError::invalid_request(
            "client_id_mismatch",
            "Parameter client_id differs from the client that authenticates.",
        ));
    }
    // No client can have such an id, so the answer is that to an unknown one.
    ClientId::parse(id).map_err(|_| OAuthError::invalid_client("client_id_malformed"))
}

const ASSERTION_TYPE: &str =
    "Parameter client_assertion_type has to be urn:ietf:params:oauth:client-assertion-type:jwt-bearer.";

fn read_assertion(assertion: &str, kind: Option<&str>, named: Option<&str>) -> Result<Presented, OAuthError> {
    let bad = |reason, description: &'static str| OAuthError::new(ErrorCode::InvalidClient, reason, description);
    match kind {
        Some(JWT_BEARER) => {}
        // SMART App Launch 2.2, asymmetric authentication: whatever is wrong with an assertion is `invalid_client`.
        None => return Err(bad("client_assertion_type_missing", ASSERTION_TYPE)),
        Some(_) => return Err(bad("client_assertion_type_unknown", ASSERTION_TYPE)),
    }
    let jwt = UnverifiedJwt::parse(assertion).map_err(|cause| {
        bad(
            cause.reason(),
            "The client assertion is not a signed JWT in compact form.",
        )
    })?;
    // Without sub it could be a signed request object (RFC 9101 section 10.8).
    let subject = jwt.unverified_claim("sub").ok_or_else(|| {
        let description = "iss and sub of the client assertion both have to be the client_id.";
        bad("client_assertion_sub_missing", description)
    })?;
    let client_id = agreed(subject, named)?;
    Ok(Presented::Assertion {
        client_id,
        assertion: Secret::new(assertion.to_owned()),
    })
}

/// Reads `Basic` credentials (RFC 7617 section 2); both halves are form-encoded (RFC 6749 section 2.3.1).
fn parse_basic(header: &[u8]) -> Result<(String, Secret<String>), OAuthError> {
    let malformed = || {
        OAuthError::invalid_request(
            "basic_malformed",
            "The Authorization header is not Basic with the base64 form of client_id:client_secret.",
        )
    };
    let end = header.iter().position(|&byte| byte == b' ').unwrap_or(header.len());
    let (scheme, encoded) = header.split_at_checked(end).ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return Err(OAuthError::invalid_client("authorization_scheme"));
    }
    let decoded = Secret::new(STANDARD.decode(encoded.trim_ascii()).map_err(|_| malformed())?);
    let bytes = decoded.expose();
    let colon = bytes.iter().position(|&byte| byte == b':').ok_or_else(malformed)?;
    let (id, rest) = bytes.split_at_checked(colon).ok_or_else(malformed)?;
    let id = parameters::decode(id).map_err(|_| malformed())?;
    let secret = parameters::decode(rest.get(1..).unwrap_or_default()).map_err(|_| malformed())?;
    Ok((id, Secret::new(secret)))
}

#[cfg(test)]
#[path = "client_authentication_tests.rs"]
mod tests;
