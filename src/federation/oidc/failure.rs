//! Why a sign-in failed: the check by name for the tenant's administrator, and separately what the user is told.

use crate::outbound::OutboundError;
use std::borrow::Cow;
use std::fmt;
use thiserror::Error;

/// The checks of a sign-in, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// The provider's settings at this tenant.
    Configuration,
    /// Fetching the provider's metadata (OpenID Connect Discovery 1.0 section 4).
    Discovery,
    /// The metadata's `issuer` (OpenID Connect Discovery 1.0 section 4.3).
    DiscoveryIssuer,
    /// Fetching the provider's keys (RFC 7517).
    Keys,
    /// `state`, and that the answer belongs to this sign-in (RFC 6749 section 10.12).
    State,
    /// The `iss` parameter (RFC 9207 section 2.4).
    ResponseIssuer,
    /// The provider answered with an error (RFC 6749 section 4.1.2.1).
    UpstreamError,
    /// The `code` parameter.
    Code,
    /// The token request (RFC 6749 section 4.1.3).
    TokenRequest,
    /// The token answer (OpenID Connect Core 1.0 section 3.1.3.3).
    TokenResponse,
    /// The form of the ID token (RFC 7519 section 7.2).
    IdTokenForm,
    /// The ID token's `alg` (OpenID Connect Core 1.0 section 3.1.3.7, item 7).
    IdTokenAlgorithm,
    /// The key named by the ID token.
    IdTokenKey,
    /// The ID token's signature.
    IdTokenSignature,
    /// The `iss` claim (item 2).
    Issuer,
    /// The `aud` claim (item 3).
    Audience,
    /// The `azp` claim (items 4 and 5).
    AuthorizedParty,
    /// The `exp` claim (item 9).
    Expiry,
    /// The `iat` claim (item 10).
    IssuedAt,
    /// The `nbf` claim (RFC 7519 section 4.1.5).
    NotBefore,
    /// The `nonce` claim (item 11).
    Nonce,
    /// The `sub` claim (OpenID Connect Core 1.0 section 2).
    Subject,
    /// The `at_hash` claim (OpenID Connect Core 1.0 section 3.1.3.8).
    AccessTokenHash,
    /// The `acr` claim (item 12).
    AuthenticationContext,
    /// The `auth_time` claim (item 13).
    AuthenticationTime,
    /// Fetching UserInfo (OpenID Connect Core 1.0 section 5.3).
    UserInfo,
    /// UserInfo's `sub` (OpenID Connect Core 1.0 section 5.3.2).
    UserInfoSubject,
    /// A logout token (OpenID Connect Back-Channel Logout 1.0 section 2.6).
    LogoutToken,
    /// The signature of a logout token.
    LogoutTokenSignature,
}

impl Check {
    /// A stable name for traces and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Discovery => "discovery",
            Self::DiscoveryIssuer => "discovery_issuer",
            Self::Keys => "keys",
            Self::State => "state",
            Self::ResponseIssuer => "response_issuer",
            Self::UpstreamError => "upstream_error",
            Self::Code => "code",
            Self::TokenRequest => "token_request",
            Self::TokenResponse => "token_response",
            Self::IdTokenForm => "id_token_form",
            Self::IdTokenAlgorithm => "id_token_alg",
            Self::IdTokenKey => "id_token_key",
            Self::IdTokenSignature => "id_token_signature",
            Self::Issuer => "id_token_iss",
            Self::Audience => "id_token_aud",
            Self::AuthorizedParty => "id_token_azp",
            Self::Expiry => "id_token_exp",
            Self::IssuedAt => "id_token_iat",
            Self::NotBefore => "id_token_nbf",
            Self::Nonce => "id_token_nonce",
            Self::Subject => "id_token_sub",
            Self::AccessTokenHash => "id_token_at_hash",
            Self::AuthenticationContext => "id_token_acr",
            Self::AuthenticationTime => "id_token_auth_time",
            Self::UserInfo => "userinfo",
            Self::UserInfoSubject => "userinfo_sub",
            Self::LogoutToken => "logout_token",
            Self::LogoutTokenSignature => "logout_token_signature",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the user and the app learn. Never text from upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserOutcome {
    /// The user refused, or was refused, upstream.
    AccessDenied,
    /// The user would have to sign in, and that was not allowed (`prompt=none`).
    LoginRequired,
    /// The provider cannot be reached at present.
    TemporarilyUnavailable,
    /// Anything else; the administrator has to look at the trace.
    ServerError,
}

impl UserOutcome {
    /// The OAuth error code for the app (RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6).
    pub const fn oauth_code(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }

    /// Translates an error code of the provider.
    pub(super) fn of_upstream_error(code: &str) -> Self {
        match code {
            "access_denied" => Self::AccessDenied,
            "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
                Self::LoginRequired
            }
            "temporarily_unavailable" => Self::TemporarilyUnavailable,
            _ => Self::ServerError,
        }
    }
}

/// A failed sign-in.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{check}: {detail}")]
pub struct SignInFailure {
    /// The check that failed.
    pub check: Check,
    /// What an administrator needs to know. Names expectations, not the values of claims; no text from upstream.
    pub detail: Cow<'static, str>,
    /// What the user and the app are told.
    pub user: UserOutcome,
}

impl SignInFailure {
    /// A failed check.
    pub fn new(check: Check, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            check,
            detail: detail.into(),
            user: UserOutcome::ServerError,
        }
    }

    /// Settings of ours that cannot work.
    pub fn configuration(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Check::Configuration, detail)
    }

    /// Something of ours that does not work at present.
    pub fn unavailable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            user: UserOutcome::TemporarilyUnavailable,
            ..Self::new(Check::Configuration, detail)
        }
    }

    /// A fetch that failed: temporary when the provider is down, ours to look at otherwise.
    pub(super) fn fetch(check: Check, cause: &OutboundError) -> Self {
        let user = if cause.is_transient() {
            UserOutcome::TemporarilyUnavailable
        } else {
            UserOutcome::ServerError
        };
        Self {
            check,
            detail: cause.to_string().into(),
            user,
        }
    }

    /// An answer with a status that is no success.
    pub(super) fn status(check: Check, status: u16) -> Self {
        let user = if status >= 500 {
            UserOutcome::TemporarilyUnavailable
        } else {
            UserOutcome::ServerError
        };
        Self {
            check,
            detail: format!("the provider answered with status {status}").into(),
            user,
        }
    }
}

/// Error codes that may appear in a trace as they are. Any other text of the provider stays out.
pub(super) fn registered_error(code: &str) -> &'static str {
    const REGISTERED: [&str; 21] = [
        "invalid_request",
        "unauthorized_client",
        "access_denied",
        "unsupported_response_type",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
        "interaction_required",
        "login_required",
        "account_selection_required",
        "consent_required",
        "invalid_request_uri",
        "invalid_request_object",
        "request_not_supported",
        "request_uri_not_supported",
        "registration_not_supported",
        "invalid_client",
        "invalid_grant",
        "unsupported_grant_type",
        "invalid_target",
        "unmet_authentication_requirements",
    ];
    REGISTERED
        .into_iter()
        .find(|known| *known == code)
        .unwrap_or("an unregistered error code")
}
