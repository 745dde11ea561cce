//! The error codes of OAuth 2.0 and OpenID Connect, and the one error type that leaves the server.

use axum::http::StatusCode;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;

/// Every error code that the server may send. The status is a property of the code, so no endpoint can disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// A parameter is missing, malformed or repeated (RFC 6749 section 5.2).
    InvalidRequest,
    /// The client is unknown or failed to authenticate (RFC 6749 section 5.2).
    InvalidClient,
    /// The code, refresh token or assertion is not usable by this client (RFC 6749 section 5.2).
    InvalidGrant,
    /// The client may not use this grant or response type (RFC 6749 sections 4.1.2.1 and 5.2).
    UnauthorizedClient,
    /// The grant type is not offered (RFC 6749 section 5.2).
    UnsupportedGrantType,
    /// The response type is not offered (RFC 6749 section 4.1.2.1).
    UnsupportedResponseType,
    /// The scope is malformed, too wide, or nothing of it can be granted (RFC 6749 section 5.2).
    InvalidScope,
    /// The user or a policy refused (RFC 6749 section 4.1.2.1).
    AccessDenied,
    /// An internal fault (RFC 6749 section 4.1.2.1).
    ServerError,
    /// Overload or maintenance (RFC 6749 section 4.1.2.1).
    TemporarilyUnavailable,
    /// `prompt=none` without a usable session (OpenID Connect Core section 3.1.2.6).
    LoginRequired,
    /// `prompt=none` although the user has to act (OpenID Connect Core section 3.1.2.6).
    InteractionRequired,
    /// `prompt=none` although consent is missing (OpenID Connect Core section 3.1.2.6).
    ConsentRequired,
    /// `prompt=none` although the user has to choose an account (OpenID Connect Core section 3.1.2.6).
    AccountSelectionRequired,
    /// The pushed request or request URI is unknown, expired or used (OpenID Connect Core section 3.1.2.6, RFC 9101).
    InvalidRequestUri,
    /// The request object is not valid (OpenID Connect Core section 3.1.2.6, RFC 9101).
    InvalidRequestObject,
    /// Request objects are not supported (OpenID Connect Core section 3.1.2.6).
    RequestNotSupported,
    /// External request URIs are not supported (OpenID Connect Core section 3.1.2.6).
    RequestUriNotSupported,
    /// The `registration` parameter is not supported (OpenID Connect Core section 3.1.2.6).
    RegistrationNotSupported,
    /// The resource or audience is unknown (RFC 8707 section 2, RFC 8693 section 2.2.2).
    InvalidTarget,
    /// `authorization_details` are not valid (RFC 9396 section 5).
    InvalidAuthorizationDetails,
    /// The DPoP proof is not valid (RFC 9449 section 5).
    InvalidDpopProof,
    /// The DPoP proof needs the server's nonce (RFC 9449 section 8).
    UseDpopNonce,
    /// The user has not yet decided at the other device (RFC 8628 section 3.5).
    AuthorizationPending,
    /// The device polls too often (RFC 8628 section 3.5).
    SlowDown,
    /// The device code has expired (RFC 8628 section 3.5).
    ExpiredToken,
    /// Tokens of this type cannot be revoked (RFC 7009 section 2.2.1).
    UnsupportedTokenType,
    /// The access token is unknown, expired, revoked or meant for someone else (RFC 6750 section 3.1).
    InvalidToken,
    /// The access token lacks a scope (RFC 6750 section 3.1).
    InsufficientScope,
    /// A redirect URI cannot be registered (RFC 7591 section 3.2.2).
    InvalidRedirectUri,
    /// A member of the client metadata cannot be registered (RFC 7591 section 3.2.2).
    InvalidClientMetadata,
    /// The software statement is not valid (RFC 7591 section 3.2.2).
    InvalidSoftwareStatement,
    /// The software statement is not approved here (RFC 7591 section 3.2.2).
    UnapprovedSoftwareStatement,
    /// The identity provider named by the request is not trusted (UDAP Tiered OAuth).
    InvalidIdp,
    /// The demanded `acr` cannot be met (OpenID Connect Core Unmet Authentication Requirements 1.0).
    UnmetAuthenticationRequirements,
}

impl ErrorCode {
    /// All codes, for tests and documentation.
    pub const ALL: [Self; 35] = [
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::UnsupportedResponseType,
        Self::InvalidScope,
        Self::AccessDenied,
        Self::ServerError,
        Self::TemporarilyUnavailable,
        Self::LoginRequired,
        Self::InteractionRequired,
        Self::ConsentRequired,
        Self::AccountSelectionRequired,
        Self::InvalidRequestUri,
        Self::InvalidRequestObject,
        Self::RequestNotSupported,
        Self::RequestUriNotSupported,
        Self::RegistrationNotSupported,
        Self::InvalidTarget,
        Self::InvalidAuthorizationDetails,
        Self::InvalidDpopProof,
        Self::UseDpopNonce,
        Self::AuthorizationPending,
        Self::SlowDown,
        Self::ExpiredToken,
        Self::UnsupportedTokenType,
        Self::InvalidToken,
        Self::InsufficientScope,
        Self::InvalidRedirectUri,
        Self::InvalidClientMetadata,
        Self::InvalidSoftwareStatement,
        Self::UnapprovedSoftwareStatement,
        Self::InvalidIdp,
        Self::UnmetAuthenticationRequirements,
    ];

    /// The code's text and the status of a JSON answer that carries it.
    ///
    /// RFC 6749 section 5.2 and its successors: 400 unless a specification says otherwise.
    pub const fn wire(self) -> (&'static str, StatusCode) {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        match self {
            Self::InvalidRequest => ("invalid_request", BAD),
            Self::InvalidClient => ("invalid_client", StatusCode::UNAUTHORIZED), // RFC 6749 section 5.2
            Self::InvalidGrant => ("invalid_grant", BAD),
            Self::UnauthorizedClient => ("unauthorized_client", BAD),
            Self::UnsupportedGrantType => ("unsupported_grant_type", BAD),
            Self::UnsupportedResponseType => ("unsupported_response_type", BAD),
            Self::InvalidScope => ("invalid_scope", BAD),
            Self::AccessDenied => ("access_denied", BAD),
            Self::ServerError => ("server_error", StatusCode::INTERNAL_SERVER_ERROR),
            Self::TemporarilyUnavailable => ("temporarily_unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::LoginRequired => ("login_required", BAD),
            Self::InteractionRequired => ("interaction_required", BAD),
            Self::ConsentRequired => ("consent_required", BAD),
            Self::AccountSelectionRequired => ("account_selection_required", BAD),
            Self::InvalidRequestUri => ("invalid_request_uri", BAD),
            Self::InvalidRequestObject => ("invalid_request_object", BAD),
            Self::RequestNotSupported => ("request_not_supported", BAD),
            Self::RequestUriNotSupported => ("request_uri_not_supported", BAD),
            Self::RegistrationNotSupported => ("registration_not_supported", BAD),
            Self::InvalidTarget => ("invalid_target", BAD),
            Self::InvalidAuthorizationDetails => ("invalid_authorization_details", BAD),
            Self::InvalidDpopProof => ("invalid_dpop_proof", BAD),
            Self::UseDpopNonce => ("use_dpop_nonce", BAD),
            Self::AuthorizationPending => ("authorization_pending", BAD), // RFC 8628 section 3.5
            Self::SlowDown => ("slow_down", BAD),
            Self::ExpiredToken => ("expired_token", BAD),
            Self::UnsupportedTokenType => ("unsupported_token_type", BAD),
            Self::InvalidToken => ("invalid_token", StatusCode::UNAUTHORIZED), // RFC 6750 section 3.1
            Self::InsufficientScope => ("insufficient_scope", StatusCode::FORBIDDEN), // RFC 6750 section 3.1
            Self::InvalidRedirectUri => ("invalid_redirect_uri", BAD),
            Self::InvalidClientMetadata => ("invalid_client_metadata", BAD),
            Self::InvalidSoftwareStatement => ("invalid_software_statement", BAD),
            Self::UnapprovedSoftwareStatement => ("unapproved_software_statement", BAD),
            Self::InvalidIdp => ("invalid_idp", BAD),
            Self::UnmetAuthenticationRequirements => ("unmet_authentication_requirements", BAD),
        }
    }

    /// The code's text.
    pub const fn as_str(self) -> &'static str {
        self.wire().0
    }

    /// The status of a JSON answer that carries the code.
    pub const fn status(self) -> StatusCode {
        self.wire().1
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The error that leaves the server, as a JSON body, a redirect or a page.
///
/// What the caller sees of it is [`OAuthError::body`]; `reason` stays inside, for logs, audit and `wardkey explain`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code} ({reason}): {description}")]
pub struct OAuthError {
    /// The registered code.
    pub code: ErrorCode,
    /// What is wrong and what to do, in the characters RFC 6749 section 5.2 allows.
    pub description: Cow<'static, str>,
    /// A short stable name of the check that failed, such as `pkce_missing`; documented in `docs/errors.md`.
    pub reason: &'static str,
    /// The short code that the caller is shown. It is `reason`, unless causes must not be told apart by who asks: whether a
    /// client exists, for one.
    pub shown: &'static str,
    /// Whether the answer carries a `WWW-Authenticate: Basic` challenge: the client used the `Authorization` header
    /// (RFC 6749 section 5.2).
    pub authenticate_basic: bool,
}

/// The body of an error (RFC 6749 section 5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorBody {
    /// The code of the standard.
    pub error: &'static str,
    /// The description, with the short code behind it.
    pub error_description: String,
    /// The page that says what the short code means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_uri: Option<String>,
}

impl OAuthError {
    /// An error whose description may hold text from the request; it is cleaned here.
    pub fn new(code: ErrorCode, reason: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            description: sanitise_description(description.into()),
            reason,
            shown: reason,
            authenticate_basic: false,
        }
    }

    /// `invalid_request`.
    pub fn invalid_request(reason: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest, reason, description)
    }

    /// `invalid_client`. Description and shown code are the same for every cause, so that clients cannot be enumerated.
    pub fn invalid_client(reason: &'static str) -> Self {
        let description = "The client is unknown or its authentication failed.";
        Self::new(ErrorCode::InvalidClient, reason, description).showing("client_authentication")
    }

    /// `invalid_grant`.
    pub fn invalid_grant(reason: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidGrant, reason, description)
    }

    /// `unauthorized_client`.
    pub fn unauthorized_client(reason: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::UnauthorizedClient, reason, description)
    }

    /// `invalid_scope`.
    pub fn invalid_scope(reason: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidScope, reason, description)
    }

    /// `access_denied`.
    pub fn access_denied(reason: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::AccessDenied, reason, description)
    }

    /// `invalid_token`.
    pub fn invalid_token(reason: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidToken, reason, description)
    }

    /// `server_error`. Says nothing about the fault: the cause belongs in the log, under the request id.
    pub fn server_error(reason: &'static str) -> Self {
        Self::new(
            ErrorCode::ServerError,
            reason,
            "The server could not complete the request. Try again later.",
        )
    }

    /// `temporarily_unavailable`.
    pub fn temporarily_unavailable(reason: &'static str) -> Self {
        Self::new(
            ErrorCode::TemporarilyUnavailable,
            reason,
            "The service is busy or under maintenance. Try again later.",
        )
    }

    /// The same error, shown to the caller under another short code than its own.
    #[must_use]
    pub const fn showing(mut self, code: &'static str) -> Self {
        self.shown = code;
        self
    }

    /// `error_description` as it is sent: the description, and the short code to look up or to quote.
    pub fn told(&self) -> String {
        format!("{} ({})", self.description, self.shown)
    }

    /// The body of a JSON answer.
    pub fn body(&self, error_uri: Option<String>) -> ErrorBody {
        ErrorBody {
            error: self.code.as_str(),
            error_description: self.told(),
            error_uri,
        }
    }

    /// The same error with a `WWW-Authenticate: Basic` challenge.
    #[must_use]
    pub fn with_basic_challenge(mut self) -> Self {
        self.authenticate_basic = true;
        self
    }

    /// The status of a JSON answer.
    pub const fn status(&self) -> StatusCode {
        self.code.status()
    }
}

/// Longest description sent; an echo of the request must not make the answer large.
const DESCRIPTION_LIMIT: usize = 500;

const fn is_description_byte(byte: u8) -> bool {
    matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

/// Makes `text` fit the characters of `error_description` (RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E).
///
/// A double quote becomes a single one, a backslash a slash, white space a space, anything else outside the set `?`.
pub fn sanitise_description(text: Cow<'static, str>) -> Cow<'static, str> {
    if text.len() <= DESCRIPTION_LIMIT && text.bytes().all(is_description_byte) {
        return text;
    }
    let clean = |c: char| match c {
        '"' => '\'',
        '\\' => '/',
        '\t' | '\r' | '\n' => ' ',
        ' '..='~' => c,
        _ => '?',
    };
    Cow::Owned(text.chars().take(DESCRIPTION_LIMIT).map(clean).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_distinct() {
        let names: std::collections::HashSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), ErrorCode::ALL.len());
    }

    #[test]
    fn only_the_named_codes_have_a_status_other_than_400() {
        for code in ErrorCode::ALL {
            let expected = match code.as_str() {
                "invalid_client" | "invalid_token" => 401,
                "insufficient_scope" => 403,
                "server_error" => 500,
                "temporarily_unavailable" => 503,
                _ => 400,
            };
            assert_eq!(code.status().as_u16(), expected, "{code}");
        }
    }

    #[test]
    fn the_body_holds_error_description_short_code_and_address() {
        let error = OAuthError::invalid_request("pkce_missing", "Send code_challenge.");
        let body =
            serde_json::to_value(error.body(Some("https://auth.example/errors/pkce_missing".to_owned()))).unwrap();
        assert_eq!(
            body,
            serde_json::json!({
                "error": "invalid_request", "error_description": "Send code_challenge. (pkce_missing)",
                "error_uri": "https://auth.example/errors/pkce_missing",
            })
        );
    }

    #[test]
    fn a_failed_client_authentication_shows_one_code_for_every_cause() {
        let shown = |reason| OAuthError::invalid_client(reason).told();
        assert_eq!(shown("client_unknown"), shown("client_secret_wrong"));
        assert!(shown("client_unknown").ends_with("(client_authentication)"));
    }

    #[test]
    fn quotes_backslashes_and_line_breaks_do_not_reach_the_description() {
        let error = OAuthError::invalid_request("x", "a \"b\" \\ c\r\nd\té");
        assert_eq!(error.description, "a 'b' / c  d ?");
    }

    proptest! {
        #[test]
        fn any_description_fits_the_grammar(text in any::<String>()) {
            let clean = sanitise_description(Cow::Owned(text));
            prop_assert!(clean.bytes().all(is_description_byte));
            prop_assert!(clean.len() <= DESCRIPTION_LIMIT);
        }
    }
}
