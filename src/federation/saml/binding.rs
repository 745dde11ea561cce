//! How messages travel through the browser (SAML Bindings 2.0 sections 3.4 and 3.5).

use super::crypto::{KeyFault, PrivateKey, Proven, TrustedKeys, prove_verified_text};
use super::failure::{Check, Refusal, refuse};
use super::policy::{LONGEST_MESSAGE, LONGEST_PARAMETER, LONGEST_RELAY_STATE, MESSAGE, RSA_SHA256};
use super::shape::is_ascii_ncname;
use super::xml::{Tree, is_space};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use std::io::Read as _;
use url::{Url, form_urlencoded};

/// Which parameter carries the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    Response,
}

impl MessageKind {
    /// The parameter's name.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// Undoes Base64 as the POST binding has it: the standard alphabet with padding; line breaks and blanks are skipped.
pub fn decode_post(parameter: &str) -> Result<String, Refusal> {
    if parameter.len() > LONGEST_PARAMETER {
        return refuse(Check::Size, "the message is too long");
    }
    let compact: String = parameter.chars().filter(|character| !is_space(*character)).collect();
    if compact.is_empty() {
        return refuse(Check::Parameters, "the message is empty");
    }
    let bytes = STANDARD
        .decode(compact)
        .map_err(|_| Refusal::new(Check::Base64, "not Base64 with the standard alphabet and padding"))?;
    text(bytes)
}

/// The text; its length is looked at where it is parsed.
fn text(bytes: Vec<u8>) -> Result<String, Refusal> {
    String::from_utf8(bytes).map_err(|_| Refusal::new(Check::Encoding, "not UTF-8"))
}

/// A message that came by redirect, its signature verified.
#[derive(Clone, Debug)]
pub struct RedirectMessage {
    /// Request or response.
    pub kind: MessageKind,
    /// The message.
    pub xml: String,
    /// `RelayState`, unread.
    pub relay_state: Option<String>,
}

impl RedirectMessage {
    /// The message's identifier, for whoever answers it.
    pub fn id(&self) -> Result<String, Refusal> {
        self.read(|message| {
            message
                .attribute("ID")
                .filter(|id| is_ascii_ncname(id))
                .map(str::to_owned)
                .ok_or_else(|| Refusal::new(Check::Id, "the message has no usable ID"))
        })
    }

    /// Reads the message. The signature of the query covers the whole text, and [`read_redirect`] is the only way to such a
    /// message.
    pub(super) fn read<T>(&self, read: impl FnOnce(Proven<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let tree = Tree::parse(&self.xml, MESSAGE)?;
        read(prove_verified_text(tree.root()?))
    }
}

/// Reads and verifies a message of the redirect binding. The signature covers the query as the sender encoded it, so the
/// query is taken raw (SAML Bindings 2.0 section 3.4.4.1).
pub fn read_redirect(raw_query: &str, keys: &TrustedKeys) -> Result<RedirectMessage, Refusal> {
    if raw_query.len() > LONGEST_PARAMETER {
        return refuse(Check::Size, "the message is too long");
    }
    let raw = |name: &str| -> Result<Option<&str>, Refusal> {
        let mut found = None;
        for pair in raw_query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if decode(key).as_deref() == Some(name) && found.replace(value).is_some() {
                return refuse(Check::Parameters, format!("{name} occurs twice"));
            }
        }
        Ok(found)
    };
    let (kind, message) = match (raw("SAMLRequest")?, raw("SAMLResponse")?) {
        (Some(request), None) => (MessageKind::Request, request),
        (None, Some(response)) => (MessageKind::Response, response),
        _ => return refuse(Check::Parameters, "not exactly one of SAMLRequest and SAMLResponse"),
    };
    if let Some(encoding) = raw("SAMLEncoding")?
        && decode(encoding).as_deref() != Some("urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE")
    {
        return refuse(Check::Parameters, "the encoding is not DEFLATE");
    }
    let relay = raw("RelayState")?;
    let (Some(algorithm), Some(signature)) = (raw("SigAlg")?, raw("Signature")?) else {
        return refuse(Check::Unsigned, "a message by redirect must be signed");
    };
    let parameter = kind.parameter();
    let signed = match relay {
        Some(relay) => format!("{parameter}={message}&RelayState={relay}&SigAlg={algorithm}"),
        None => format!("{parameter}={message}&SigAlg={algorithm}"),
    };
    let readable =
        |value: &str| decode(value).ok_or_else(|| Refusal::new(Check::Parameters, "a parameter is not UTF-8"));
    let algorithm = readable(algorithm)?;
    if !super::policy::accepts_signature(&algorithm) {
        return refuse(
            Check::SignatureAlgorithm,
            "the signature algorithm is not accepted: RSA or ECDSA with SHA-256 or longer",
        );
    }
    let signature: String = readable(signature)?
        .chars()
        .filter(|character| !is_space(*character))
        .collect();
    let signature = STANDARD
        .decode(signature)
        .map_err(|_| Refusal::new(Check::Signature, "the signature is not Base64"))?;
    if !keys.verify(&algorithm, signed.as_bytes(), &signature) {
        return refuse(
            Check::Signature,
            "no signing key of the provider's metadata verifies the signature",
        );
    }
    let relay_state = relay.map(readable).transpose()?;
    let deflated = STANDARD
        .decode(readable(message)?)
        .map_err(|_| Refusal::new(Check::Base64, "not Base64 with the standard alphabet and padding"))?;
    let mut inflated = Vec::new();
    DeflateDecoder::new(deflated.as_slice())
        .take(LONGEST_MESSAGE as u64 + 1)
        .read_to_end(&mut inflated)
        .map_err(|_| Refusal::new(Check::Deflate, "not DEFLATE"))?;
    Ok(RedirectMessage {
        kind,
        xml: text(inflated)?,
        relay_state,
    })
}

/// One value of a query, as a form is read.
fn decode(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Whether a `RelayState` can be one at all.
pub fn fits_relay_state(relay_state: &str) -> bool {
    relay_state.len() <= LONGEST_RELAY_STATE
}

/// The address that carries `xml` by redirect, signed when there is a key.
pub fn redirect_address(
    endpoint: &Url,
    kind: MessageKind,
    xml: &str,
    relay_state: Option<&str>,
    key: Option<&PrivateKey>,
) -> Result<Url, KeyFault> {
    let mut deflated = Vec::new();
    DeflateEncoder::new(xml.as_bytes(), Compression::default())
        .read_to_end(&mut deflated)
        .map_err(|_| KeyFault::Signing)?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(kind.parameter(), &STANDARD.encode(deflated));
    if let Some(relay_state) = relay_state {
        query.append_pair("RelayState", relay_state);
    }
    if key.is_some() {
        query.append_pair("SigAlg", RSA_SHA256);
    }
    let mut query = query.finish();
    if let Some(key) = key {
        let signature = STANDARD.encode(key.sign(query.as_bytes())?);
        let encoded: String = form_urlencoded::byte_serialize(signature.as_bytes()).collect();
        query.push_str("&Signature=");
        query.push_str(&encoded);
    }
    let mut address = endpoint.clone();
    // An endpoint may have a query of its own, which stays (SAML Bindings 2.0 section 3.4.4).
    let query = match endpoint.query().filter(|own| !own.is_empty()) {
        Some(own) => format!("{own}&{query}"),
        None => query,
    };
    address.set_query(Some(&query));
    Ok(address)
}
