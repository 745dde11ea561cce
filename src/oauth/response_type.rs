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
    /// As one signed parameter in the query (JARM section 2.3.1).
    #[serde(rename = "query.jwt")]
    QueryJwt,
    /// As one signed parameter in a form (JARM section 2.3.3).
    #[serde(rename = "form_post.jwt")]
    FormPostJwt,
}

impl ResponseMode {
    /// All modes.
    pub const ALL: [Self; 4] = [Self::Query, Self::FormPost, Self::QueryJwt, Self::FormPostJwt];
    /// The name that leaves it to the server which signed mode it is: for `code`, the query (JARM section 2.3.4).
    pub const SIGNED: &str = "jwt";

    /// The value of `response_mode`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
            Self::QueryJwt => "query.jwt",
            Self::FormPostJwt => "form_post.jwt",
        }
    }

    /// Whether the answer is signed (JARM).
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::QueryJwt | Self::FormPostJwt)
    }

    /// Whether the browser posts the answer.
    pub const fn is_form(self) -> bool {
        matches!(self, Self::FormPost | Self::FormPostJwt)
    }

    /// The names of the modes that are offered, with or without the signed ones.
    pub fn names(signed: bool) -> Vec<&'static str> {
        let modes = Self::ALL.into_iter().filter(|mode| signed || !mode.is_signed());
        modes.map(Self::as_str).chain(signed.then_some(Self::SIGNED)).collect()
    }

    /// Reads `response_mode`; `signed` says whether signed answers are offered. An error about it is delivered in the query, because no other mode was chosen.
    pub fn from_request(value: Option<&str>, signed: bool) -> Result<Self, OAuthError> {
        let Some(name) = value else { return Ok(Self::default()) };
        let mode = match name {
            Self::SIGNED => Some(Self::QueryJwt),
            name => Self::ALL.into_iter().find(|mode| mode.as_str() == name),
        };
        mode.filter(|mode| signed || !mode.is_signed()).ok_or_else(|| {
            let description = format!(
                "The response_mode is not supported. Use {}.",
                Self::names(signed).join(", ")
            );
            OAuthError::invalid_request("response_mode_unsupported", description)
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
        assert_eq!(ResponseMode::from_request(None, true), Ok(ResponseMode::Query));
        assert_eq!(
            ResponseMode::from_request(Some("form_post"), true),
            Ok(ResponseMode::FormPost)
        );
        for name in ["fragment", "fragment.jwt", "web_message", "Query"] {
            assert_eq!(
                ResponseMode::from_request(Some(name), true).unwrap_err().reason,
                "response_mode_unsupported"
            );
        }
    }

    #[test]
    fn signed_modes_exist_where_they_are_offered() {
        for (name, mode) in [
            ("jwt", ResponseMode::QueryJwt),
            ("query.jwt", ResponseMode::QueryJwt),
            ("form_post.jwt", ResponseMode::FormPostJwt),
        ] {
            assert_eq!(ResponseMode::from_request(Some(name), true), Ok(mode));
            assert!(ResponseMode::from_request(Some(name), false).is_err());
        }
        assert_eq!(ResponseMode::names(false), ["query", "form_post"]);
    }
}
