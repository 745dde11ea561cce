//! `prompt` and `max_age`: how much the user has to do (OpenID Connect Core section 3.1.2.1).

use super::error::OAuthError;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The values of `prompt`, which a client may combine.
pub const PROMPT_VALUES: [&str; 4] = ["none", "login", "consent", "select_account"];

/// What `prompt` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the parameter is a set of four independent values"
)]
pub struct Prompt {
    /// Show nothing; fail when something would have to be shown.
    pub none: bool,
    /// Sign in again, even with a session.
    pub login: bool,
    /// Ask for consent, even if it is on record.
    pub consent: bool,
    /// Let the user choose an account.
    pub select_account: bool,
}

impl Prompt {
    /// Reads `prompt`; absent means that the server decides.
    pub fn from_request(value: Option<&str>) -> Result<Self, OAuthError> {
        let mut prompt = Self::default();
        for word in value.unwrap_or_default().split(' ').filter(|word| !word.is_empty()) {
            match word {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                _ => {
                    return Err(OAuthError::invalid_request(
                        "prompt_unknown",
                        "Parameter prompt has an unknown value. Use none, login, consent or select_account.",
                    ));
                }
            }
        }
        if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
            return Err(OAuthError::invalid_request(
                "prompt_none_combined",
                "The prompt value none cannot be combined with another.",
            ));
        }
        Ok(prompt)
    }
}

/// Reads `max_age` in seconds: digits only. 0 asks for a new sign-in, like `prompt=login`.
pub fn max_age_from_request(value: Option<&str>) -> Result<Option<Duration>, OAuthError> {
    let Some(text) = value else { return Ok(None) };
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(OAuthError::invalid_request(
            "max_age_malformed",
            "Parameter max_age is not a non-negative integer.",
        ));
    }
    // More digits than a number holds ask for less than any limit does.
    Ok(Some(Duration::from_secs(
        text.parse::<u32>().unwrap_or(u32::MAX).into(),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_combine() {
        let prompt = Prompt::from_request(Some("login consent")).unwrap();
        assert_eq!(
            prompt,
            Prompt {
                login: true,
                consent: true,
                ..Prompt::default()
            }
        );
        assert_eq!(Prompt::from_request(None), Ok(Prompt::default()));
    }

    #[test]
    fn every_published_value_is_read() {
        for value in PROMPT_VALUES {
            assert_ne!(Prompt::from_request(Some(value)).unwrap(), Prompt::default(), "{value}");
        }
    }

    #[test]
    fn none_stands_alone() {
        assert!(Prompt::from_request(Some("none")).unwrap().none);
        for value in ["none login", "consent none", "select_account none"] {
            assert_eq!(
                Prompt::from_request(Some(value)).unwrap_err().reason,
                "prompt_none_combined"
            );
        }
    }

    #[test]
    fn unknown_values_are_refused() {
        for value in ["create", "Login", "login,consent", "login\tconsent"] {
            assert_eq!(
                Prompt::from_request(Some(value)).unwrap_err().reason,
                "prompt_unknown",
                "{value}"
            );
        }
    }

    #[test]
    fn max_age_is_a_non_negative_integer() {
        assert_eq!(max_age_from_request(None), Ok(None));
        assert_eq!(max_age_from_request(Some("0")), Ok(Some(Duration::ZERO)));
        assert_eq!(max_age_from_request(Some("3600")), Ok(Some(Duration::from_hours(1))));
        assert!(
            max_age_from_request(Some("99999999999999999999999")).unwrap().unwrap() > Duration::from_hours(876_000)
        );
        for value in ["-1", "+1", "1.5", "1e3", " 1", "abc", "0x10"] {
            assert_eq!(
                max_age_from_request(Some(value)).unwrap_err().reason,
                "max_age_malformed",
                "{value}"
            );
        }
    }
}
