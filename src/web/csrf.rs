//! Anti-forgery tokens derived from a secret that already exists, so there is nothing more to store or to set as a cookie.
//!
//! The secret belongs to one interaction (or session) and is reached through its cookie. The token of a form is a MAC over the
//! form's purpose under a key of its own, so that a token read from one form neither fits another form nor reveals the secret.

use crate::kernel::Secret;
use crate::oauth::Parameters;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use zeroize::Zeroize;

/// The name of the hidden form field.
pub const FIELD: &str = "csrf";

/// Separates this key from every other use of the same secret.
const KEY_LABEL: &[u8] = b"wardkey csrf key 1";

/// The token of one form. Pages that post ask for it in their type.
#[derive(Clone)]
pub struct Csrf(String);

/// The token is missing, belongs to another form or another interaction, or is not a token at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the form does not carry the token of this interaction")]
pub struct CsrfMismatch;

impl Csrf {
    /// The token for the form named `purpose`, under the interaction's `secret`.
    pub fn derive<T: Zeroize + AsRef<[u8]>>(secret: &Secret<T>, purpose: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(hmac::sign(&key(secret), purpose.as_bytes())))
    }

    /// Checks, in constant time, that `presented` is the token for `purpose` under `secret`.
    pub fn verify<T: Zeroize + AsRef<[u8]>>(
        secret: &Secret<T>,
        purpose: &str,
        presented: &str,
    ) -> Result<(), CsrfMismatch> {
        let tag = URL_SAFE_NO_PAD.decode(presented).map_err(|_| CsrfMismatch)?;
        hmac::verify(&key(secret), purpose.as_bytes(), &tag).map_err(|_| CsrfMismatch)
    }

    /// Checks the token that a form carries in its field. A form without one, or with two, has none.
    pub fn check<T: Zeroize + AsRef<[u8]>>(
        secret: &Secret<T>,
        purpose: &str,
        form: &Parameters,
    ) -> Result<(), CsrfMismatch> {
        let presented = form.one(FIELD).ok().flatten().unwrap_or_default();
        Self::verify(secret, purpose, presented)
    }

    /// The text of the hidden field.
    pub fn token(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Csrf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Csrf(..)")
    }
}

fn key<T: Zeroize + AsRef<[u8]>>(secret: &Secret<T>) -> hmac::Key {
    let root = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_ref());
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, KEY_LABEL).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn the_token_of_this_form_and_interaction_is_accepted() {
        let token = Csrf::derive(&secret("interaction one"), "consent");
        assert_eq!(
            Csrf::verify(&secret("interaction one"), "consent", token.token()),
            Ok(())
        );
    }

    #[test]
    fn a_token_of_another_interaction_is_refused() {
        let token = Csrf::derive(&secret("interaction two"), "consent");
        assert_eq!(
            Csrf::verify(&secret("interaction one"), "consent", token.token()),
            Err(CsrfMismatch)
        );
    }

    #[test]
    fn a_token_of_another_form_is_refused() {
        let token = Csrf::derive(&secret("interaction one"), "sign-in");
        assert_eq!(
            Csrf::verify(&secret("interaction one"), "consent", token.token()),
            Err(CsrfMismatch)
        );
    }

    #[test]
    fn truncated_padded_and_empty_tokens_are_refused() {
        let secret = secret("interaction one");
        let token = Csrf::derive(&secret, "consent").token().to_owned();
        for presented in ["", "not base64url!", &token[..token.len() - 4], &format!("{token}=")] {
            assert_eq!(
                Csrf::verify(&secret, "consent", presented),
                Err(CsrfMismatch),
                "{presented}"
            );
        }
    }

    #[test]
    fn the_token_is_not_the_plain_mac_of_the_secret() {
        let plain = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"interaction one"), b"consent");
        let token = Csrf::derive(&secret("interaction one"), "consent");
        assert_ne!(token.token(), URL_SAFE_NO_PAD.encode(plain));
    }

    #[test]
    fn debug_output_hides_the_token() {
        assert_eq!(format!("{:?}", Csrf::derive(&secret("s"), "p")), "Csrf(..)");
    }
}
