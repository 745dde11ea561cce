//! Ourselves as a service provider, one per tenant and identity provider: our names, metadata and requests.

use super::binding::{MessageKind, redirect_address};
use super::crypto::{KeyFault, PrivateKey, sign_enveloped};
use super::metadata::{Binding, IdpMetadata};
use super::names::{ASSERTION, DSIG, METADATA, POST, PROTOCOL, REDIRECT};
use super::policy::{CIPHERS, OAEP, OAEP_MGF1P};
use super::time;
use super::xml::escape;
use crate::kernel::{Entropy, Timestamp, entropy};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use url::Url;

/// How long others may keep our metadata.
const CACHE_DURATION: &str = "PT1H";
/// What ends the element after which a signature stands.
const ISSUER_END: &str = "</saml:Issuer>";

/// Our addresses at one identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceProvider {
    /// Our entity ID, which is also where our metadata are.
    pub entity_id: String,
    /// The assertion consumer service, the only one.
    pub acs_url: String,
    /// The single logout service.
    pub slo_url: String,
}

/// Our keys at one identity provider.
#[derive(Clone, Debug)]
pub struct ServiceProviderKeys {
    /// Signs.
    pub signing: PrivateKey,
    /// Decrypt, the one that others should use first. Includes the next, once published.
    pub decryption: Vec<PrivateKey>,
    /// Certificates of all keys that metadata name for signing: current and next.
    pub published_signing: Vec<Vec<u8>>,
    /// Certificates of the keys that metadata name for encryption.
    pub published_encryption: Vec<Vec<u8>>,
}

/// How strictly the requested contexts are meant (SAML Core 2.0 section 3.3.2.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// One of those named.
    #[default]
    Exact,
    /// One of those named, or a stronger one, as the provider orders them.
    Minimum,
}

impl Comparison {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Minimum => "minimum",
        }
    }
}

/// What a sign-in request asks for.
#[derive(Clone, Debug, Default)]
pub struct RequestOptions {
    /// The user must prove who they are again.
    pub force: bool,
    /// No page may be shown.
    pub passive: bool,
    /// Authentication context classes.
    pub contexts: Vec<String>,
    /// How they are compared.
    pub comparison: Comparison,
    /// The format of the name that is wanted.
    pub name_id_format: Option<String>,
}

/// A message on its way to the provider, through the browser.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// By redirect.
    Redirect(Url),
    /// By a form that posts itself.
    Post {
        /// Where to.
        action: Url,
        /// The form's fields.
        fields: Vec<(String, String)>,
    },
}

/// A fresh message identifier: an underscore, since it must not begin with a digit, and 128 random bits.
pub fn new_id(source: &dyn Entropy) -> String {
    entropy::bytes::<16>(source)
        .iter()
        .fold(String::from("_"), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        })
}

/// What every message to a provider needs.
#[derive(Clone, Copy, Debug)]
pub struct Dispatch<'a> {
    /// The provider.
    pub idp: &'a IdpMetadata,
    /// The message's identifier; see [`new_id`].
    pub id: &'a str,
    /// `RelayState`.
    pub relay_state: Option<&'a str>,
    /// The key that signs, or none for an unsigned message.
    pub key: Option<&'a PrivateKey>,
    /// The time.
    pub now: Timestamp,
}

impl Dispatch<'_> {
    /// Sends `xml` by this binding.
    pub(super) fn send(
        &self,
        binding: Binding,
        location: &Url,
        kind: MessageKind,
        xml: &str,
    ) -> Result<Outgoing, KeyFault> {
        match binding {
            Binding::Redirect => {
                redirect_address(location, kind, xml, self.relay_state, self.key).map(Outgoing::Redirect)
            }
            Binding::Post => {
                let xml = match self.key {
                    Some(key) => sign_enveloped(xml, self.id, ISSUER_END, key)?,
                    None => xml.to_owned(),
                };
                let mut fields = vec![(kind.parameter().to_owned(), STANDARD.encode(xml))];
                if let Some(relay_state) = self.relay_state {
                    fields.push(("RelayState".to_owned(), relay_state.to_owned()));
                }
                Ok(Outgoing::Post {
                    action: location.clone(),
                    fields,
                })
            }
        }
    }
}

impl ServiceProvider {
    /// The addresses below a tenant's issuer.
    pub fn new(issuer: &str, alias: &str) -> Self {
        let base = format!("{issuer}/federation/{alias}");
        Self {
            entity_id: format!("{base}/metadata"),
            acs_url: format!("{base}/acs"),
            slo_url: format!("{base}/slo"),
        }
    }

    /// A sign-in request (SAML Core 2.0 section 3.4.1), by the preferred binding if the provider has it.
    pub fn authn_request(
        &self,
        dispatch: &Dispatch<'_>,
        options: &RequestOptions,
        preferred: Option<Binding>,
    ) -> Result<Outgoing, KeyFault> {
        let endpoint = dispatch.idp.sign_on_endpoint(preferred).ok_or(KeyFault::Signing)?;
        let id = dispatch.id;
        let mut xml = format!(
            "<samlp:AuthnRequest xmlns:samlp=\"{PROTOCOL}\" xmlns:saml=\"{ASSERTION}\" ID=\"{id}\" Version=\"2.0\" \
             IssueInstant=\"{}\" Destination=\"{}\" AssertionConsumerServiceURL=\"{}\" ProtocolBinding=\"{POST}\"",
            time::write(dispatch.now),
            escape(endpoint.location.as_str()),
            escape(&self.acs_url),
        );
        for (wanted, attribute) in [(options.force, "ForceAuthn"), (options.passive, "IsPassive")] {
            if wanted {
                let _ = write!(xml, " {attribute}=\"true\"");
            }
        }
        let _ = write!(
            xml,
            "><saml:Issuer>{}{ISSUER_END}<samlp:NameIDPolicy",
            escape(&self.entity_id)
        );
        if let Some(format) = &options.name_id_format {
            let _ = write!(xml, " Format=\"{}\"", escape(format));
        }
        xml.push_str(" AllowCreate=\"true\"/>");
        if !options.contexts.is_empty() {
            let comparison = options.comparison.as_str();
            let _ = write!(xml, "<samlp:RequestedAuthnContext Comparison=\"{comparison}\">");
            for context in &options.contexts {
                let _ = write!(
                    xml,
                    "<saml:AuthnContextClassRef>{}</saml:AuthnContextClassRef>",
                    escape(context)
                );
            }
            xml.push_str("</samlp:RequestedAuthnContext>");
        }
        xml.push_str("</samlp:AuthnRequest>");
        dispatch.send(endpoint.binding, &endpoint.location, MessageKind::Request, &xml)
    }

    /// Our metadata (SAML Metadata 2.0 section 2.4.4), signed when a key and an identifier for it are given.
    pub fn metadata(
        &self,
        keys: &ServiceProviderKeys,
        name_id_formats: &[String],
        sign: Option<(&PrivateKey, &str)>,
    ) -> Result<String, KeyFault> {
        let id = sign.map(|(_, id)| format!(" ID=\"{id}\"")).unwrap_or_default();
        let entity = escape(&self.entity_id);
        // The signature is the first child, so it stands behind this.
        let head = format!(
            "<md:EntityDescriptor xmlns:md=\"{METADATA}\"{id} entityID=\"{entity}\" cacheDuration=\"{CACHE_DURATION}\">"
        );
        let mut xml = format!(
            "{head}<md:SPSSODescriptor protocolSupportEnumeration=\"{PROTOCOL}\" AuthnRequestsSigned=\"true\" \
             WantAssertionsSigned=\"true\">"
        );
        for certificate in &keys.published_signing {
            push_key(&mut xml, "signing", certificate, false);
        }
        for certificate in &keys.published_encryption {
            push_key(&mut xml, "encryption", certificate, true);
        }
        for binding in [REDIRECT, POST] {
            let location = escape(&self.slo_url);
            let _ = write!(
                xml,
                "<md:SingleLogoutService Binding=\"{binding}\" Location=\"{location}\"/>"
            );
        }
        for format in name_id_formats {
            let _ = write!(xml, "<md:NameIDFormat>{}</md:NameIDFormat>", escape(format));
        }
        let _ = write!(
            xml,
            "<md:AssertionConsumerService Binding=\"{POST}\" Location=\"{}\" index=\"0\" isDefault=\"true\"/>\
             </md:SPSSODescriptor></md:EntityDescriptor>",
            escape(&self.acs_url)
        );
        match sign {
            Some((key, id)) => sign_enveloped(&xml, id, &head, key),
            None => Ok(xml),
        }
    }
}

fn push_key(xml: &mut String, usage: &str, certificate: &[u8], methods: bool) {
    let certificate = STANDARD.encode(certificate);
    let _ = write!(
        xml,
        "<md:KeyDescriptor use=\"{usage}\"><ds:KeyInfo xmlns:ds=\"{DSIG}\"><ds:X509Data>\
         <ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    );
    if methods {
        for cipher in CIPHERS {
            let _ = write!(xml, "<md:EncryptionMethod Algorithm=\"{}\"/>", cipher.uri);
        }
        for transport in [OAEP_MGF1P, OAEP] {
            let _ = write!(xml, "<md:EncryptionMethod Algorithm=\"{transport}\"/>");
        }
    }
    xml.push_str("</md:KeyDescriptor>");
}
