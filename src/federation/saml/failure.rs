//! Why a SAML message is refused: the check by name for the tenant's administrator, and separately what the user is told.

use crate::federation::oidc::UserOutcome;
use std::borrow::Cow;
use std::fmt;
use thiserror::Error;

macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        /// The checks of a SAML message, in the order in which they are made. The first that fails decides.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Check { $($(#[$doc])* $name,)* }

        impl Check {
            /// Every check.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// A stable name for traces, audit events and metrics.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

checks! {
    /// The provider's settings at this tenant.
    Configuration "configuration"
    /// The parameters of the request: one message, in the right binding.
    Parameters "saml_parameters"
    /// The browser's request of ours that a message answers: known, open, of this tenant, provider and browser.
    Request "saml_request"
    /// The size of the message.
    Size "saml_size"
    /// Base64 of the message (RFC 4648 section 4).
    Base64 "saml_base64"
    /// DEFLATE of a message by redirect (SAML Bindings 2.0 section 3.4.4.1).
    Deflate "saml_deflate"
    /// UTF-8, and an XML declaration that says no other.
    Encoding "saml_encoding"
    /// Well-formed XML with namespaces and without document type.
    Xml "saml_xml"
    /// Numbers of elements and attributes.
    Limits "saml_limits"
    /// No comment, processing instruction or CDATA section; no text beside elements.
    Content "saml_content"
    /// Names that parsers disagree about.
    Names "saml_names"
    /// Every identifier in the document is unique (SAML Core 2.0 section 1.3.4).
    DuplicateId "saml_duplicate_id"
    /// The document element.
    Root "saml_root"
    /// The parts of a response: one assertion, in its place.
    Shape "saml_shape"
    /// A signature is a direct child of what it signs.
    SignaturePlace "signature_place"
    /// The parts of a signature (SAML Core 2.0 section 5.4).
    SignatureShape "signature_shape"
    /// Exclusive canonicalization without comments.
    Canonicalization "signature_canonicalization"
    /// The algorithm of a signature.
    SignatureAlgorithm "signature_algorithm"
    /// The algorithm of a digest.
    DigestAlgorithm "signature_digest_algorithm"
    /// The signature refers to the element that holds it.
    Reference "signature_reference"
    /// Enveloped signature, then exclusive canonicalization, and nothing else.
    Transforms "signature_transforms"
    /// The signature verifies with a key of the provider.
    Signature "signature"
    /// What was verified is what holds the signature.
    SignatureTarget "signature_target"
    /// As much is signed as this provider has to sign.
    Unsigned "unsigned"
    /// Version 2.0.
    Version "saml_version"
    /// The identifier of a message or assertion.
    Id "saml_id"
    /// The message is addressed to this endpoint.
    Destination "saml_destination"
    /// The message answers our request, or nothing when it was not asked for.
    InResponseTo "saml_in_response_to"
    /// When the message was made.
    IssueInstant "saml_issue_instant"
    /// Who made the message.
    Issuer "saml_issuer"
    /// The provider signed the user in.
    Status "saml_status"
    /// The parts of an encrypted assertion.
    EncryptionShape "encryption_shape"
    /// The algorithms of an encrypted assertion.
    EncryptionAlgorithm "encryption_algorithm"
    /// CBC is decrypted only when the ciphertext is signed (SAML 2.0 Errata, E93).
    UnauthenticatedCipher "encryption_unauthenticated"
    /// Decryption. Never says more.
    Decryption "encryption"
    /// The assertion's version.
    AssertionVersion "assertion_version"
    /// The assertion's identifier.
    AssertionId "assertion_id"
    /// When the assertion was made.
    AssertionIssueInstant "assertion_issue_instant"
    /// Who made the assertion.
    AssertionIssuer "assertion_issuer"
    /// The assertion is about one subject.
    Subject "assertion_subject"
    /// The subject's name.
    NameId "assertion_name_id"
    /// One bearer confirmation (SAML Profiles 2.0 section 4.1.4.2).
    SubjectConfirmation "assertion_confirmation"
    /// The confirmation is for this endpoint.
    Recipient "assertion_recipient"
    /// The confirmation is valid now.
    ConfirmationWindow "assertion_confirmation_window"
    /// The confirmation answers our request.
    ConfirmationInResponseTo "assertion_in_response_to"
    /// There are conditions, and only such that are understood (SAML Core 2.0 section 2.5.1).
    Conditions "assertion_conditions"
    /// The assertion is valid now.
    ConditionsWindow "assertion_conditions_window"
    /// The assertion is for us.
    Audience "assertion_audience"
    /// The assertion says that somebody signed in.
    AuthnStatement "assertion_authn_statement"
    /// The provider's session has not ended.
    SessionExpired "assertion_session_expired"
    /// The sign-in is as recent as was asked for.
    AuthnInstant "assertion_authn_instant"
    /// The authentication context is one that was asked for.
    AuthnContext "assertion_authn_context"
    /// The attributes can be read without guessing.
    Attributes "assertion_attributes"
    /// The name is of a kind that may identify an account here.
    NameIdFormat "name_id_format"
    /// The assertion was not accepted before.
    Replay "assertion_replay"
    /// A message without a request of ours is not wanted from this provider.
    Unsolicited "unsolicited"
    /// The provider's metadata.
    Metadata "metadata"
    /// The provider's metadata are still valid.
    MetadataExpired "metadata_expired"
    /// Exactly one description of the provider.
    MetadataEntity "metadata_entity"
    /// The signature of the provider's metadata.
    MetadataSignature "metadata_signature"
    /// A logout request that can be acted on.
    LogoutRequest "logout_request"
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A message that is not accepted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{check}: {detail}")]
pub struct Refusal {
    /// The check that failed.
    pub check: Check,
    /// What an administrator needs to know. Names expectations; no personal data, no text of the message.
    pub detail: Cow<'static, str>,
    /// What the user and the app are told.
    pub user: UserOutcome,
}

impl Refusal {
    /// A failed check.
    pub fn new(check: Check, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            check,
            detail: detail.into(),
            user: UserOutcome::ServerError,
        }
    }

    pub(super) const fn telling(mut self, user: UserOutcome) -> Self {
        self.user = user;
        self
    }
}

/// `Err` with a failed check.
pub(super) fn refuse<T>(check: Check, detail: impl Into<Cow<'static, str>>) -> Result<T, Refusal> {
    Err(Refusal::new(check, detail))
}
