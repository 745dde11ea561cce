//! A SAML identity provider for tests: writes responses piece by piece, so that each piece can be forged, and signs with a
//! key of its own.
#![allow(
    clippy::format_collect,
    clippy::format_push_string,
    clippy::semicolon_if_nothing_returned,
    reason = "forging text is what these tests do; speed is no concern"
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra_dsig::DsigContext;
use bergshamra_keys::{Key, KeyData, KeyUsage, KeysManager};
use std::sync::LazyLock;
use std::time::Duration;
use wardkey::federation::saml::{
    Answers, Expectation, PrivateKey, Require, ServiceProvider, TrustedKey, TrustedKeys, sign_enveloped,
};
use wardkey::kernel::{Secret, Timestamp};

pub const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
pub const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
pub const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
pub const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
/// The time at which drafts are made.
pub const NOW: Timestamp = Timestamp::from_seconds(1_795_255_200);

/// The key pair of an identity provider.
pub struct Idp {
    pub entity_id: &'static str,
    pub key: PrivateKey,
    pub pkcs8: Secret<Vec<u8>>,
}

impl Idp {
    pub fn generate(entity_id: &'static str) -> Self {
        let (pkcs8, certificate) = PrivateKey::generate("Test identity provider", NOW).unwrap();
        let key = PrivateKey::from_pkcs8(&pkcs8, certificate).unwrap();
        Self { entity_id, key, pkcs8 }
    }

    pub fn trusted(&self) -> TrustedKeys {
        TrustedKeys::new([TrustedKey::from_certificate(self.key.certificate()).unwrap()])
    }

    pub fn certificate_base64(&self) -> String {
        STANDARD.encode(self.key.certificate())
    }

    /// Signs the first signature template of `xml`, whatever it says.
    pub fn sign_template(&self, xml: &str) -> String {
        let mut keys = KeysManager::new();
        let key = KeyData::from_pkcs8_der(kryptering::KeyAlgorithm::Rsa, self.pkcs8.expose()).unwrap();
        keys.add_key(Key::new(key, KeyUsage::Sign));
        bergshamra_dsig::sign::sign(&DsigContext::new(keys), xml).unwrap()
    }

    pub fn sign(&self, xml: &str, id: &str) -> String {
        sign_enveloped(xml, id, "</saml:Issuer>", &self.key).unwrap()
    }

    /// Metadata with these signing certificates.
    pub fn metadata(&self, sso: &str, slo: Option<&str>, certificates: &[&[u8]]) -> String {
        let keys: String = certificates
            .iter()
            .map(|der| {
                format!(
                    "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
                     <ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
                     </md:KeyDescriptor>",
                    STANDARD.encode(der)
                )
            })
            .collect();
        let logout: String = slo
            .into_iter()
            .flat_map(|slo| {
                ["Redirect", "POST"].map(|binding| {
                    format!(
                        "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-{binding}\" \
                         Location=\"{slo}\"/>"
                    )
                })
            })
            .collect();
        format!(
            "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{}\">\
             <md:IDPSSODescriptor protocolSupportEnumeration=\"{PROTOCOL}\">{keys}{logout}\
             <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{sso}\"/>\
             <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"{sso}\"/>\
             </md:IDPSSODescriptor></md:EntityDescriptor>",
            self.entity_id
        )
    }
}

pub static IDP: LazyLock<Idp> = LazyLock::new(|| Idp::generate("https://idp.hospital.example/metadata"));
pub static OTHER: LazyLock<Idp> = LazyLock::new(|| Idp::generate("https://other.example/idp"));
/// Our key for decryption.
pub static OURS: LazyLock<Idp> = LazyLock::new(|| Idp::generate("us"));
pub static KEYS: LazyLock<TrustedKeys> = LazyLock::new(|| IDP.trusted());
static DECRYPTION: LazyLock<[PrivateKey; 1]> = LazyLock::new(|| [OURS.key.clone()]);

pub static SP: LazyLock<ServiceProvider> =
    LazyLock::new(|| ServiceProvider::new("https://auth.example.org/north/auth", "staff"));

/// The request that drafts answer.
pub const REQUEST: &str = "_request-0123456789abcdef0123456789ab";

pub fn expectation() -> Expectation<'static> {
    Expectation {
        sp_entity_id: &SP.entity_id,
        acs_url: &SP.acs_url,
        idp_entity_id: IDP.entity_id,
        keys: &KEYS,
        decryption: &*DECRYPTION,
        require: Require::Either,
        skew: Duration::from_mins(1),
        answers: Answers::Request {
            id: REQUEST,
            authenticated_since: None,
            contexts: &[],
        },
        now: NOW,
    }
}

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Assertion,
    Response,
    Both,
    Nothing,
}

/// A response before it is written: every member is XML or text, ready to be forged.
#[derive(Clone)]
pub struct Draft {
    pub response_id: String,
    pub response_attributes: String,
    pub response_issuer: String,
    pub extensions: String,
    pub status: String,
    pub assertion_id: String,
    pub assertion_attributes: String,
    pub assertion_issuer: String,
    pub subject: String,
    pub conditions: String,
    pub authn: String,
    pub attributes: String,
}

pub fn at(offset_seconds: i64) -> String {
    Timestamp::from_seconds(NOW.seconds() + offset_seconds).to_rfc3339()
}

impl Draft {
    /// Everything as it should be, for the user `legit`.
    pub fn new() -> Self {
        Self::for_user("legit", Some(REQUEST))
    }

    /// For `user`, answering `request`, or nothing.
    pub fn for_user(user: &str, request: Option<&str>) -> Self {
        Self::at(&SP, IDP.entity_id, NOW, user, request)
    }

    pub fn at(sp: &ServiceProvider, idp: &str, now: Timestamp, user: &str, request: Option<&str>) -> Self {
        let moment = |offset: i64| Timestamp::from_seconds(now.seconds() + offset).to_rfc3339();
        let answers = request.map(|id| format!(" InResponseTo=\"{id}\"")).unwrap_or_default();
        let (issued, until, acs) = (moment(-1), moment(300), &sp.acs_url);
        Self {
            response_id: format!("_response-{user}"),
            response_attributes: format!(" Version=\"2.0\" IssueInstant=\"{issued}\" Destination=\"{acs}\"{answers}"),
            response_issuer: format!("<saml:Issuer>{idp}</saml:Issuer>"),
            extensions: String::new(),
            status:
                "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>"
                    .to_owned(),
            assertion_id: format!("_assertion-{user}"),
            assertion_attributes: format!(" Version=\"2.0\" IssueInstant=\"{issued}\""),
            assertion_issuer: format!("<saml:Issuer>{idp}</saml:Issuer>"),
            subject: format!(
                "<saml:Subject><saml:NameID Format=\"{PERSISTENT}\">{user}</saml:NameID><saml:SubjectConfirmation \
                 Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData \
                 NotOnOrAfter=\"{until}\" Recipient=\"{acs}\"{answers}/></saml:SubjectConfirmation></saml:Subject>"
            ),
            conditions: format!(
                "<saml:Conditions NotBefore=\"{}\" NotOnOrAfter=\"{until}\"><saml:AudienceRestriction>\
                 <saml:Audience>{}</saml:Audience></saml:AudienceRestriction></saml:Conditions>",
                moment(-30),
                sp.entity_id
            ),
            authn: format!(
                "<saml:AuthnStatement AuthnInstant=\"{}\" SessionIndex=\"session-{user}\" \
                 SessionNotOnOrAfter=\"{}\"><saml:AuthnContext><saml:AuthnContextClassRef>{PASSWORD}\
                 </saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>",
                moment(-5),
                moment(28_800)
            ),
            attributes: format!(
                "<saml:AttributeStatement><saml:Attribute Name=\"urn:oid:2.5.4.4\" FriendlyName=\"sn\">\
                 <saml:AttributeValue>{user}</saml:AttributeValue></saml:Attribute><saml:Attribute Name=\"role\">\
                 <saml:AttributeValue>nurse</saml:AttributeValue><saml:AttributeValue>teacher</saml:AttributeValue>\
                 </saml:Attribute></saml:AttributeStatement>"
            ),
        }
    }

    pub fn assertion(&self) -> String {
        format!(
            "<saml:Assertion xmlns:saml=\"{ASSERTION}\" ID=\"{}\"{}>{}{}{}{}{}</saml:Assertion>",
            self.assertion_id,
            self.assertion_attributes,
            self.assertion_issuer,
            self.subject,
            self.conditions,
            self.authn,
            self.attributes
        )
    }

    /// The response around whatever stands for the assertion.
    pub fn response(&self, assertion: &str) -> String {
        format!(
            "<samlp:Response xmlns:samlp=\"{PROTOCOL}\" xmlns:saml=\"{ASSERTION}\" ID=\"{}\"{}>{}{}{}{assertion}\
             </samlp:Response>",
            self.response_id, self.response_attributes, self.response_issuer, self.extensions, self.status
        )
    }

    pub fn signed_assertion(&self) -> String {
        IDP.sign(&self.assertion(), &self.assertion_id)
    }

    pub fn write(&self, sign: Sign) -> String {
        self.write_by(&IDP, sign)
    }

    pub fn write_by(&self, idp: &Idp, sign: Sign) -> String {
        let assertion = match sign {
            Sign::Assertion | Sign::Both => idp.sign(&self.assertion(), &self.assertion_id),
            Sign::Response | Sign::Nothing => self.assertion(),
        };
        self.around(idp, &assertion, matches!(sign, Sign::Response | Sign::Both))
    }

    /// The response around `assertion`, itself signed or not.
    pub fn around(&self, idp: &Idp, assertion: &str, sign: bool) -> String {
        let response = self.response(assertion);
        if sign {
            idp.sign(&response, &self.response_id)
        } else {
            response
        }
    }
}

/// The text of the first element `name` in `xml`, with its tags.
pub fn element<'x>(xml: &'x str, name: &str) -> &'x str {
    let start = xml
        .find(&format!("<{name}>"))
        .or_else(|| xml.find(&format!("<{name} ")))
        .unwrap_or_else(|| panic!("no {name} in {xml}"));
    let close = format!("</{name}>");
    let end = start + xml[start..].find(&close).unwrap() + close.len();
    &xml[start..end]
}

/// How an assertion is encrypted.
#[derive(Clone, Copy, Debug)]
pub struct Encryption {
    pub cipher: &'static str,
    pub key_bytes: usize,
    pub transport: &'static str,
    pub transport_parameters: &'static str,
}

pub const GCM: Encryption = Encryption {
    cipher: "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    key_bytes: 32,
    transport: "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
    transport_parameters: "",
};
pub const CBC: Encryption = Encryption {
    cipher: "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
    key_bytes: 16,
    ..GCM
};
pub const OAEP_SHA256: Encryption = Encryption {
    transport: "http://www.w3.org/2009/xmlenc11#rsa-oaep",
    transport_parameters: "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><x11:MGF \
                           xmlns:x11=\"http://www.w3.org/2009/xmlenc11#\" \
                           Algorithm=\"http://www.w3.org/2009/xmlenc11#mgf1sha256\"/>",
    ..GCM
};

/// The two ciphertexts of `plaintext`, encrypted to our key: wrapped content key, content.
pub fn ciphertexts(plaintext: &[u8], with: Encryption) -> (Vec<u8>, Vec<u8>) {
    use bergshamra_crypto::keytransport::{OaepParams, from_uri_with_params};
    let content_key = vec![7_u8; with.key_bytes];
    let params = if with.transport_parameters.is_empty() {
        OaepParams::default()
    } else {
        OaepParams {
            digest_uri: Some("http://www.w3.org/2001/04/xmlenc#sha256".to_owned()),
            mgf_uri: Some("http://www.w3.org/2009/xmlenc11#mgf1sha256".to_owned()),
            oaep_params: None,
        }
    };
    let key = kryptering::SoftwareKey::from_pkcs8_der(kryptering::KeyAlgorithm::Rsa, OURS.pkcs8.expose()).unwrap();
    let wrapped = from_uri_with_params(with.transport, params)
        .unwrap()
        .encrypt(&key, &content_key)
        .unwrap();
    let content = bergshamra_crypto::cipher::from_uri(with.cipher)
        .unwrap()
        .encrypt(&content_key, plaintext)
        .unwrap();
    (wrapped, content)
}

/// `EncryptedAssertion` around `plaintext`.
pub fn encrypted(plaintext: &str, with: Encryption) -> String {
    let (wrapped, content) = ciphertexts(plaintext.as_bytes(), with);
    encrypted_from(&wrapped, &content, with)
}

pub fn encrypted_from(wrapped: &[u8], content: &[u8], with: Encryption) -> String {
    format!(
        "<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" \
         Type=\"http://www.w3.org/2001/04/xmlenc#Element\"><xenc:EncryptionMethod Algorithm=\"{}\"/>\
         <ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><xenc:EncryptedKey><xenc:EncryptionMethod \
         Algorithm=\"{}\">{}</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue>\
         </xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue>\
         </xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>",
        with.cipher,
        with.transport,
        with.transport_parameters,
        STANDARD.encode(wrapped),
        STANDARD.encode(content)
    )
}
