//! Opaque credentials that we generate: readable prefix, 256 random bits, checksum.
//!
//! The prefix lets leaks be scanned for, the checksum lets junk be refused before any query, and only
//! unreserved characters occur, because SMART clients send codes and Basic credentials without percent-encoding.

use super::{Entropy, Secret, Sha256Hash, entropy};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What a credential opens. The kind is part of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Authorization code (RFC 6749 section 4.1).
    AuthorizationCode,
    /// Refresh token (RFC 6749 section 6).
    RefreshToken,
    /// Opaque access token (RFC 6749 section 1.4).
    AccessToken,
    /// Client secret (RFC 6749 section 2.3.1).
    ClientSecret,
    /// Handle of a browser interaction; appears in its address.
    Interaction,
    /// Cookie that binds an interaction or an upstream sign-in to one browser.
    BrowserBinding,
    /// `state` of an upstream sign-in.
    UpstreamState,
    /// Pushed authorization request (RFC 9126).
    PushedRequest,
    /// EHR launch handle (SMART App Launch 2.2 `launch`).
    LaunchHandle,
    /// Token that lets somebody register apps (RFC 7591 section 3).
    InitialAccessToken,
    /// Device code (RFC 8628).
    DeviceCode,
    /// Token that manages one registration (RFC 7592 section 3).
    RegistrationAccessToken,
    /// One-time link to choose a password.
    AccountLink,
    /// What the server keeps between two pages, such as a challenge.
    Ceremony,
    /// Token with which a directory provisions users (RFC 7644 section 2).
    ScimToken,
    /// Link to the setting up of one identity provider.
    SetupLink,
    /// One-time link to a test of an identity provider.
    SignInTest,
    /// Link with which a developer sees what becomes of a submitted app.
    DirectoryLink,
    /// Cookie of a console.
    ConsoleSession,
}

impl Kind {
    /// The readable prefix.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "wkc_",
            Self::RefreshToken => "wkr_",
            Self::AccessToken => "wka_",
            Self::ClientSecret => "wks_",
            Self::Interaction => "wki_",
            Self::BrowserBinding => "wkb_",
            Self::UpstreamState => "wku_",
            Self::PushedRequest => "wkp_",
            Self::LaunchHandle => "wkl_",
            Self::DeviceCode => "wkd_",
            Self::InitialAccessToken => "wkn_",
            Self::RegistrationAccessToken => "wkg_",
            Self::AccountLink => "wkv_",
            Self::Ceremony => "wky_",
            Self::ScimToken => "wkm_",
            Self::SetupLink => "wke_",
            Self::SignInTest => "wkt_",
            Self::DirectoryLink => "wkq_",
            Self::ConsoleSession => "wkx_",
        }
    }
}

/// Characters of the checksum.
const CHECKSUM: usize = 6;
/// Characters of 32 bytes in base64url without padding.
const BODY: usize = 43;

fn checksum(text: &str) -> String {
    let digest = Sha256Hash::of(text.as_bytes()).to_base64url();
    digest.chars().take(CHECKSUM).collect()
}

/// Draws a new credential of `kind`.
pub fn generate(kind: Kind, source: &dyn Entropy) -> Secret<String> {
    from_bytes(kind, &entropy::bytes(source))
}

/// The credential of `kind` over 32 bytes that nobody can guess.
pub fn from_bytes(kind: Kind, bytes: &[u8; 32]) -> Secret<String> {
    let body = URL_SAFE_NO_PAD.encode(bytes);
    let text = format!("{}{body}", kind.prefix());
    let sum = checksum(&text);
    Secret::new(text + &sum)
}

/// The hash under which a presented credential would be stored; `None` when its form shows that we never issued it.
pub fn recognise(kind: Kind, presented: &str) -> Option<Sha256Hash> {
    let well_formed = presented.is_ascii()
        && presented.len() == kind.prefix().len() + BODY + CHECKSUM
        && presented.starts_with(kind.prefix());
    if !well_formed {
        return None;
    }
    let (text, sum) = presented.split_at_checked(presented.len() - CHECKSUM)?;
    (checksum(text) == sum).then(|| Sha256Hash::of(presented.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededEntropy;

    #[test]
    fn a_generated_credential_is_recognised_as_its_kind_only() {
        let code = generate(Kind::AuthorizationCode, &SeededEntropy::new(3));
        assert!(recognise(Kind::AuthorizationCode, code.expose()).is_some());
        assert!(recognise(Kind::RefreshToken, code.expose()).is_none());
    }

    #[test]
    fn one_changed_character_is_junk() {
        let code = generate(Kind::AuthorizationCode, &SeededEntropy::new(4));
        let mut text = code.expose().clone();
        let last = text.pop().unwrap();
        text.push(if last == 'A' { 'B' } else { 'A' });
        assert!(recognise(Kind::AuthorizationCode, &text).is_none());
    }

    #[test]
    fn only_unreserved_characters_occur() {
        let secret = generate(Kind::ClientSecret, &SeededEntropy::new(5));
        assert!(
            secret
                .expose()
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~'))
        );
    }

    #[test]
    fn non_ascii_input_is_refused_without_panicking() {
        assert!(recognise(Kind::AuthorizationCode, &"é".repeat(40)).is_none());
    }
}
