//! The grant types of the token endpoint.

use super::error::{ErrorCode, OAuthError};
use serde::{Deserialize, Serialize};

/// A grant type this server offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 section 4.1.
    AuthorizationCode,
    /// RFC 6749 section 6.
    RefreshToken,
    /// RFC 6749 section 4.4, SMART Backend Services.
    ClientCredentials,
    /// RFC 8693.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
    /// RFC 8628 section 3.4.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
}

impl GrantType {
    /// All grant types.
    pub const ALL: [Self; 5] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::TokenExchange,
        Self::DeviceCode,
    ];

    /// The value of `grant_type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
        }
    }

    /// The grant type of that name. `password` and `implicit` have none (RFC 9700 section 2.4).
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == name)
    }

    /// Reads the `grant_type` parameter (RFC 6749 section 5.2).
    pub fn from_request(value: Option<&str>) -> Result<Self, OAuthError> {
        let name = value
            .ok_or_else(|| OAuthError::invalid_request("grant_type_missing", "Parameter grant_type is missing."))?;
        Self::find(name).ok_or_else(|| {
            OAuthError::new(
                ErrorCode::UnsupportedGrantType,
                "grant_type_unsupported",
                "The grant_type is not supported. Use authorization_code, refresh_token or client_credentials.",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offered_grants_are_recognised() {
        for grant in GrantType::ALL {
            assert_eq!(GrantType::from_request(Some(grant.as_str())), Ok(grant));
        }
    }

    #[test]
    fn a_missing_grant_type_is_an_invalid_request_and_a_foreign_one_is_unsupported() {
        assert_eq!(
            GrantType::from_request(None).unwrap_err().code.as_str(),
            "invalid_request"
        );
        for name in [
            "password",
            "implicit",
            "Authorization_Code",
            "urn:openid:params:grant-type:ciba",
        ] {
            assert_eq!(
                GrantType::from_request(Some(name)).unwrap_err().code.as_str(),
                "unsupported_grant_type",
                "{name}"
            );
        }
    }
}
