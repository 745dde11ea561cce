//! `response_type` and `response_mode` of the authorization endpoint.

use super::error::{ErrorCode, OAuthError};
use serde::{Deserialize, Serialize};

/// Checks `response_type`. Only `code` is offered: nothing that ends a browser address with a token (RFC 9700 section 2.1.2).
pub fn check_response_type(value: Option<&str>) -> Result<(), OAuthError> {
    match value {
        Some("code") => Ok(()),
        None => Err(OAuthError::invalid_request(
            "response_type_missing",
            "Parameter response_type is missing. Send response_type=code.",
        )),
        Some(_) => Err(OAuthError::new(
            ErrorCode::UnsupportedResponseType,
            "response_type_unsupported",
            "The response_type is not supported. Send response_type=code.",
        )),
    }
}

/// How the answer of an authorization request travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI, the default of `code` (OAuth 2.0 Multiple Response Types section 2.1).
    #[default]
    Query,
    /// As a form the browser sends (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

impl ResponseMode {
    /// All modes.
    pub const ALL: [Self; 2] = [Self::Query, Self::FormPost];

    /// The value of `response_mode`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }

    /// Reads `response_mode`. An error about it is delivered in the query, because no other mode was chosen.
    pub fn from_request(value: Option<&str>) -> Result<Self, OAuthError> {
        let Some(name) = value else { return Ok(Self::default()) };
        Self::ALL.into_iter().find(|mode| mode.as_str() == name).ok_or_else(|| {
            OAuthError::invalid_request(
                "response_mode_unsupported",
                "The response_mode is not supported. Use query or form_post.",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_offered() {
        assert_eq!(check_response_type(Some("code")), Ok(()));
        assert_eq!(check_response_type(None).unwrap_err().code.as_str(), "invalid_request");
        for name in ["token", "id_token", "code id_token", "none", "CODE", "code code"] {
            let error = check_response_type(Some(name)).unwrap_err();
            assert_eq!(error.code.as_str(), "unsupported_response_type", "{name}");
        }
    }

    #[test]
    fn query_is_the_default_and_fragment_does_not_exist() {
        assert_eq!(ResponseMode::from_request(None), Ok(ResponseMode::Query));
        assert_eq!(
            ResponseMode::from_request(Some("form_post")),
            Ok(ResponseMode::FormPost)
        );
        for name in ["fragment", "web_message", "jwt", "Query"] {
            assert_eq!(
                ResponseMode::from_request(Some(name)).unwrap_err().reason,
                "response_mode_unsupported"
            );
        }
    }
}
