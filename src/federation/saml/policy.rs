//! What is accepted, in one place: algorithms, sizes, clocks.
//!
//! SHA-1 is refused in signatures and digests, RSA PKCS #1 v1.5 in key transport; keys of RSA have at least 2048 bits. What
//! is not named here does not exist.

use std::time::Duration;

/// Exclusive canonicalization without comments, the only one (SAML Core 2.0 section 5.4.3).
pub const EXCLUSIVE_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The enveloped signature transform (SAML Core 2.0 section 5.4.4).
pub const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// What we sign with.
pub const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// What we digest with.
pub const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

const SIGNATURES: [&str; 5] = [
    RSA_SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
];
const DIGESTS: [&str; 3] = [
    SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
];

/// Whether signatures of this algorithm are accepted.
pub fn accepts_signature(uri: &str) -> bool {
    SIGNATURES.contains(&uri)
}

/// Whether digests of this algorithm are accepted.
pub fn accepts_digest(uri: &str) -> bool {
    DIGESTS.contains(&uri)
}

/// How content is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cipher {
    /// The algorithm's identifier.
    pub uri: &'static str,
    /// Length of the key in bytes.
    pub key_bytes: usize,
    /// Whether a changed ciphertext is recognised.
    pub authenticated: bool,
}

/// Content ciphers, preferred ones first.
pub const CIPHERS: [Cipher; 4] = [
    Cipher {
        uri: "http://www.w3.org/2009/xmlenc11#aes256-gcm",
        key_bytes: 32,
        authenticated: true,
    },
    Cipher {
        uri: "http://www.w3.org/2009/xmlenc11#aes128-gcm",
        key_bytes: 16,
        authenticated: true,
    },
    Cipher {
        uri: "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
        key_bytes: 32,
        authenticated: false,
    },
    Cipher {
        uri: "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
        key_bytes: 16,
        authenticated: false,
    },
];

/// The accepted cipher with this identifier.
pub fn find_cipher(uri: &str) -> Option<Cipher> {
    CIPHERS.into_iter().find(|cipher| cipher.uri == uri)
}

/// RSA-OAEP with MGF1 over SHA-1, whatever the digest method says (XML Encryption 1.1 section 5.5.2).
pub const OAEP_MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
/// RSA-OAEP with a chosen mask generation function.
pub const OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
const MGF1_SHA256: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";

/// How a content key travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyTransport {
    /// RSA-OAEP with SHA-1, which is not weakened by collisions.
    OaepSha1,
    /// RSA-OAEP with SHA-256 and MGF1 over SHA-256.
    OaepSha256,
}

/// The accepted key transport of these parameters: equal hashes for digest and mask, or nothing.
pub fn find_key_transport(method: &str, digest: Option<&str>, mask: Option<&str>) -> Option<KeyTransport> {
    match (method, digest, mask) {
        (OAEP_MGF1P, None | Some(SHA1), None) => Some(KeyTransport::OaepSha1),
        (OAEP, Some(SHA256), Some(MGF1_SHA256)) => Some(KeyTransport::OaepSha256),
        _ => None,
    }
}

/// Longest `SAMLResponse` parameter in characters.
pub const LONGEST_PARAMETER: usize = 350_000;
/// Longest message in bytes, after Base64 and DEFLATE.
pub const LONGEST_MESSAGE: usize = 256 * 1024;
/// Longest metadata in bytes.
pub const LONGEST_METADATA: usize = 4 * 1024 * 1024;
/// Longest `RelayState` in bytes (SAML Bindings 2.0 section 3.4.3).
pub const LONGEST_RELAY_STATE: usize = 80;
/// Longest name of a subject, in bytes.
pub const LONGEST_NAME_ID: usize = 1024;
/// Greatest age of a message.
pub const MESSAGE_AGE: Duration = Duration::from_mins(10);
/// Usual tolerance between two clocks.
pub const CLOCK_SKEW: Duration = Duration::from_mins(1);
/// Greatest tolerance that a tenant may set.
pub const LARGEST_CLOCK_SKEW: Duration = Duration::from_mins(5);

/// What a parsed document may consist of.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Elements within elements.
    pub depth: u32,
    /// Elements.
    pub elements: usize,
    /// Attributes and namespace declarations of one element.
    pub attributes: usize,
    /// Whether comments, processing instructions and CDATA sections are let through, unread.
    pub comments: bool,
}

/// Of a protocol message.
pub const MESSAGE: Limits = Limits {
    bytes: LONGEST_MESSAGE,
    depth: 24,
    elements: 4_000,
    attributes: 32,
    comments: false,
};
/// Of metadata.
pub const METADATA: Limits = Limits {
    bytes: LONGEST_METADATA,
    depth: 24,
    elements: 60_000,
    attributes: 64,
    comments: true,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha1_md5_hmac_and_dsa_are_no_signatures() {
        for uri in [
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
            "",
        ] {
            assert!(!accepts_signature(uri), "{uri}");
        }
        assert!(!accepts_digest(SHA1));
    }

    #[test]
    fn key_transport_is_oaep_with_equal_hashes() {
        assert_eq!(find_key_transport(OAEP_MGF1P, None, None), Some(KeyTransport::OaepSha1));
        assert_eq!(
            find_key_transport(OAEP, Some(SHA256), Some(MGF1_SHA256)),
            Some(KeyTransport::OaepSha256)
        );
        for (method, digest, mask) in [
            ("http://www.w3.org/2001/04/xmlenc#rsa-1_5", None, None),
            (OAEP_MGF1P, Some(SHA256), None),
            (OAEP, Some(SHA256), None),
            (OAEP, None, Some(MGF1_SHA256)),
        ] {
            assert_eq!(find_key_transport(method, digest, mask), None, "{method}");
        }
    }
}
