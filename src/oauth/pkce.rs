//! Proof Key for Code Exchange (RFC 7636), method S256 only.

use super::error::OAuthError;
use crate::kernel::Sha256Hash;
use aws_lc_rs::constant_time;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Characters of an S256 challenge: 32 bytes in base64url without padding.
const CHALLENGE_LENGTH: usize = 43;

/// Why the PKCE part of a request is refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum PkceError {
    /// No `code_challenge` although the client has to send one.
    #[error("Parameter code_challenge is missing. Send a PKCE challenge with code_challenge_method=S256.")]
    ChallengeMissing,
    /// `code_challenge_method` without `code_challenge`.
    #[error("Parameter code_challenge_method needs a code_challenge.")]
    MethodWithoutChallenge,
    /// No method, which would mean `plain` (RFC 7636 section 4.3).
    #[error("Parameter code_challenge_method is missing, which would mean plain. Send code_challenge_method=S256.")]
    MethodMissing,
    /// `plain`, which protects nothing once the request is seen (SMART App Launch 2.2 forbids it).
    #[error("The code_challenge_method plain is not allowed. Send S256.")]
    MethodPlain,
    /// A method nobody defined.
    #[error("The code_challenge_method is not known. Send S256.")]
    MethodUnknown,
    /// Not 43 characters of base64url.
    #[error("The code_challenge is not the base64url form of a SHA-256 digest: 43 characters without padding.")]
    ChallengeMalformed,
    /// No `code_verifier` although the code is bound to a challenge.
    #[error("Parameter code_verifier is missing. The code was requested with a code_challenge.")]
    VerifierMissing,
    /// A `code_verifier` although the code was requested without a challenge (RFC 9700 section 2.1.1).
    #[error("A code_verifier was sent, but the code was requested without a code_challenge.")]
    VerifierUnexpected,
    /// Not 43 to 128 unreserved characters (RFC 7636 section 4.1).
    #[error("The code_verifier is malformed: it has 43 to 128 characters out of A-Z a-z 0-9 - . _ ~.")]
    VerifierMalformed,
    /// The verifier does not hash to the challenge.
    #[error("The code_verifier does not match the code_challenge.")]
    VerifierMismatch,
}

impl PkceError {
    /// The stable short name of the check.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::ChallengeMissing => "pkce_missing",
            Self::MethodWithoutChallenge => "pkce_method_without_challenge",
            Self::MethodMissing => "pkce_method_missing",
            Self::MethodPlain => "pkce_method_plain",
            Self::MethodUnknown => "pkce_method_unknown",
            Self::ChallengeMalformed => "pkce_challenge_malformed",
            Self::VerifierMissing => "pkce_verifier_missing",
            Self::VerifierUnexpected => "pkce_verifier_unexpected",
            Self::VerifierMalformed => "pkce_verifier_malformed",
            Self::VerifierMismatch => "pkce_verifier_mismatch",
        }
    }
}

impl From<PkceError> for OAuthError {
    /// Faults of the challenge are `invalid_request` (RFC 7636 section 4.4.1), of the verifier `invalid_grant` (section 4.6).
    fn from(cause: PkceError) -> Self {
        match cause {
            PkceError::VerifierMissing
            | PkceError::VerifierUnexpected
            | PkceError::VerifierMalformed
            | PkceError::VerifierMismatch => Self::invalid_grant(cause.reason(), cause.to_string()),
            _ => Self::invalid_request(cause.reason(), cause.to_string()),
        }
    }
}

/// An S256 code challenge of well-formed text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Reads `code_challenge` and `code_challenge_method` of an authorization request (RFC 7636 section 4.3).
    ///
    /// `None` when neither was sent; whether the client may leave PKCE out is for the caller to decide.
    pub fn from_request(challenge: Option<&str>, method: Option<&str>) -> Result<Option<Self>, PkceError> {
        match (challenge, method) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(PkceError::MethodWithoutChallenge),
            (Some(_), None) => Err(PkceError::MethodMissing),
            (Some(_), Some("plain")) => Err(PkceError::MethodPlain),
            (Some(challenge), Some("S256")) => Self::parse(challenge).map(Some),
            (Some(_), Some(_)) => Err(PkceError::MethodUnknown),
        }
    }

    /// Reads the text of an S256 challenge, from a request or from the store.
    pub fn parse(text: &str) -> Result<Self, PkceError> {
        let well_formed = text.len() == CHALLENGE_LENGTH
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(PkceError::ChallengeMalformed)
        }
    }

    /// The challenge's text, as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = PkceError;
    fn try_from(text: String) -> Result<Self, PkceError> {
        Self::parse(&text)
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        challenge.0
    }
}

/// A well-formed code verifier, borrowed from the request; it is never stored.
pub struct CodeVerifier<'a>(&'a str);

impl<'a> CodeVerifier<'a> {
    /// Checks length and characters (RFC 7636 section 4.1).
    pub fn parse(text: &'a str) -> Result<Self, PkceError> {
        let well_formed = (43..=128).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
        if well_formed {
            Ok(Self(text))
        } else {
            Err(PkceError::VerifierMalformed)
        }
    }

    /// Whether the verifier belongs to `challenge`, compared in constant time (RFC 7636 section 4.6).
    pub fn verify(&self, challenge: &CodeChallenge) -> Result<(), PkceError> {
        let computed = Sha256Hash::of(self.0.as_bytes()).to_base64url();
        constant_time::verify_slices_are_equal(computed.as_bytes(), challenge.0.as_bytes())
            .map_err(|_| PkceError::VerifierMismatch)
    }
}

/// The check of a code's redemption: `challenge` as stored with the code, `verifier` as sent.
///
/// A stored challenge demands a verifier and a missing one forbids it, so that stripping the challenge from the
/// authorization request is noticed (RFC 9700 section 2.1.1, PKCE downgrade).
pub fn check_redemption(challenge: Option<&CodeChallenge>, verifier: Option<&str>) -> Result<(), PkceError> {
    match (challenge, verifier) {
        (Some(challenge), Some(verifier)) => CodeVerifier::parse(verifier)?.verify(challenge),
        (Some(_), None) => Err(PkceError::VerifierMissing),
        (None, Some(_)) => Err(PkceError::VerifierUnexpected),
        (None, None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn challenge() -> CodeChallenge {
        CodeChallenge::parse(CHALLENGE).unwrap()
    }

    #[test]
    fn the_rfc_7636_appendix_b_pair_matches() {
        assert_eq!(check_redemption(Some(&challenge()), Some(VERIFIER)), Ok(()));
    }

    #[test]
    fn another_verifier_does_not_match() {
        let other = "a".repeat(43);
        assert_eq!(
            check_redemption(Some(&challenge()), Some(&other)),
            Err(PkceError::VerifierMismatch)
        );
    }

    #[test]
    fn the_challenge_itself_is_no_verifier() {
        assert_eq!(
            check_redemption(Some(&challenge()), Some(CHALLENGE)),
            Err(PkceError::VerifierMismatch)
        );
    }

    #[test]
    fn a_bound_code_needs_a_verifier_and_an_unbound_one_refuses_it() {
        assert_eq!(
            check_redemption(Some(&challenge()), None),
            Err(PkceError::VerifierMissing)
        );
        assert_eq!(
            check_redemption(None, Some(VERIFIER)),
            Err(PkceError::VerifierUnexpected)
        );
        assert_eq!(check_redemption(None, None), Ok(()));
    }

    #[test]
    fn only_s256_is_accepted() {
        let request = |method| CodeChallenge::from_request(Some(CHALLENGE), method);
        assert!(request(Some("S256")).unwrap().is_some());
        assert_eq!(request(None), Err(PkceError::MethodMissing));
        assert_eq!(request(Some("plain")), Err(PkceError::MethodPlain));
        assert_eq!(request(Some("s256")), Err(PkceError::MethodUnknown));
    }

    #[test]
    fn a_method_needs_a_challenge_and_neither_is_no_pkce() {
        assert_eq!(
            CodeChallenge::from_request(None, Some("S256")),
            Err(PkceError::MethodWithoutChallenge)
        );
        assert_eq!(CodeChallenge::from_request(None, None), Ok(None));
    }

    #[test]
    fn a_challenge_has_43_base64url_characters() {
        let long = format!("{CHALLENGE}A");
        let padded = format!("{}=", &CHALLENGE[..42]);
        let standard = CHALLENGE.replace('-', "+");
        for text in ["", &CHALLENGE[..42], &long, &padded, &standard] {
            assert_eq!(CodeChallenge::parse(text), Err(PkceError::ChallengeMalformed), "{text}");
        }
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        let text = |length| "~".repeat(length);
        assert!(CodeVerifier::parse(&text(43)).is_ok());
        assert!(CodeVerifier::parse(&text(128)).is_ok());
        for bad in [
            text(42),
            text(129),
            format!("{VERIFIER}="),
            format!("{VERIFIER} "),
            format!("{VERIFIER}é"),
        ] {
            assert!(CodeVerifier::parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn challenge_faults_are_invalid_request_and_verifier_faults_invalid_grant() {
        assert_eq!(
            OAuthError::from(PkceError::MethodPlain).code.as_str(),
            "invalid_request"
        );
        assert_eq!(
            OAuthError::from(PkceError::VerifierMismatch).code.as_str(),
            "invalid_grant"
        );
    }
}
