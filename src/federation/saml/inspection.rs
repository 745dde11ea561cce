//! Looking into a response that somebody pasted, to try mapping rules on it. Shows what it says and whether the provider said it;
//! signs nobody in, and remembers nothing.

use super::assertion::{NameId, SamlAttribute};
use super::binding::decode_post;
use super::claims::claims_of;
use super::config::SamlProviderConfig;
use super::crypto::{PrivateKey, TrustedKeys};
use super::failure::{Check, Refusal, refuse};
use super::names::{ASSERTION, PROTOCOL, UNSPECIFIED};
use super::policy;
use super::response::{Answers, Expectation, accept_xml};
use super::service_provider::ServiceProvider;
use super::time;
use super::xml::{Node, Tree};
use crate::kernel::Timestamp;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// Whose response it would be, and with which keys it is looked into.
#[derive(Clone, Copy, Debug)]
pub struct Inspector<'a> {
    /// Ourselves at the provider.
    pub sp: &'a ServiceProvider,
    /// The provider's settings.
    pub config: &'a SamlProviderConfig,
    /// The provider's signing keys.
    pub keys: &'a TrustedKeys,
    /// Our keys for decryption.
    pub decryption: &'a [PrivateKey],
    /// The time, for a response that does not say when it was made.
    pub now: Timestamp,
}

/// What a pasted response is.
pub struct Inspection {
    /// Whether it is one that would have been accepted when it was made, for the request that it answers; else the check that
    /// refuses it, and then nobody vouches for what it says.
    pub proof: Result<(), Refusal>,
    /// When it was made, by its own words.
    pub issued_at: Option<Timestamp>,
    /// Whether the assertion was encrypted to us.
    pub encrypted: bool,
    /// What it says, as mapping rules see it. None when that cannot be read.
    pub claims: Option<Map<String, Value>>,
}

impl fmt::Debug for Inspection {
    /// What it says is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspection")
            .field("proof", &self.proof)
            .field("encrypted", &self.encrypted)
            .finish_non_exhaustive()
    }
}

impl Inspector<'_> {
    /// Looks into `pasted`: XML, the Base64 of it, or the form or parameter that carried it as a browser's tools show it.
    ///
    /// # Errors
    /// When it is no SAML response at all.
    pub fn inspect(&self, pasted: &str) -> Result<Inspection, Refusal> {
        let xml = message_of(pasted)?;
        let tree = Tree::parse(&xml, policy::MESSAGE)?;
        let response = tree.root()?;
        if !response.is(PROTOCOL, "Response") {
            return refuse(Check::Root, "the message is not a SAML 2.0 response");
        }
        let issued_at = response.attribute("IssueInstant").and_then(time::read);
        // Of what was pasted nobody knows which request it answered, and it was made some time ago: both are taken from its own words.
        let answers = response
            .attribute("InResponseTo")
            .map_or(Answers::Nothing, |id| Answers::Request {
                id,
                authenticated_since: None,
                contexts: &[],
            });
        let expected = Expectation {
            sp_entity_id: &self.sp.entity_id,
            acs_url: &self.sp.acs_url,
            idp_entity_id: &self.config.entity_id,
            keys: self.keys,
            decryption: self.decryption,
            require: self.config.require,
            skew: self.config.skew(),
            answers,
            now: issued_at.unwrap_or(self.now),
        };
        let encrypted = response
            .children()
            .any(|child| child.is(ASSERTION, "EncryptedAssertion"));
        let (proof, claims) = match accept_xml(&xml, &expected) {
            Ok(accepted) => {
                let class = accepted.authn.context_class.as_deref();
                let claims = claims_of(self.config, &accepted.name_id, &accepted.attributes, class);
                (Ok(()), Some(claims))
            }
            Err(refusal) => (Err(refusal), self.unproven(response)),
        };
        Ok(Inspection {
            proof,
            issued_at,
            encrypted,
            claims,
        })
    }

    /// What a plain assertion says that nobody vouches for. Reads past whatever it does not understand.
    fn unproven(&self, response: Node<'_>) -> Option<Map<String, Value>> {
        let child = |node: Node<'_>, name: &str| node.children().find(|child| child.is(ASSERTION, name)).map(Node::id);
        let find = |node: Node<'_>, name: &'static str| {
            let id = child(node, name)?;
            response.descendants().into_iter().find(|node| node.id() == id)
        };
        let text = |node: Node<'_>| node.text(Check::Attributes).unwrap_or_default();
        let assertion = find(response, "Assertion")?;
        let named = find(assertion, "Subject").and_then(|subject| find(subject, "NameID"));
        let name_id = NameId {
            value: named.map(text).unwrap_or_default(),
            format: named
                .and_then(|named| named.attribute("Format"))
                .unwrap_or(UNSPECIFIED)
                .to_owned(),
            name_qualifier: String::new(),
        };
        let mut attributes = Vec::new();
        for node in assertion.descendants() {
            if !node.is(ASSERTION, "Attribute") {
                continue;
            }
            attributes.push(SamlAttribute {
                name: node.attribute("Name").unwrap_or_default().to_owned(),
                friendly_name: node.attribute("FriendlyName").map(str::to_owned),
                values: node.children().map(text).collect(),
            });
        }
        Some(claims_of(self.config, &name_id, &attributes, None))
    }
}

/// The XML in whatever was pasted.
fn message_of(pasted: &str) -> Result<Cow<'_, str>, Refusal> {
    let pasted = pasted.trim().trim_start_matches('\u{feff}');
    if pasted.starts_with('<') {
        return Ok(Cow::Borrowed(pasted));
    }
    let parameter = pasted
        .split('&')
        .find_map(|pair| pair.trim().strip_prefix("SAMLResponse="))
        .unwrap_or(pasted);
    if !parameter.contains('%') {
        return decode_post(parameter).map(Cow::Owned);
    }
    let decoded = url::form_urlencoded::parse(parameter.replace('+', "%2B").as_bytes())
        .next()
        .map(|(name, value)| {
            if value.is_empty() {
                name.into_owned()
            } else {
                format!("{name}={value}")
            }
        })
        .unwrap_or_default();
    decode_post(&decoded).map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_tools_show_is_read_in_every_form() {
        let xml = "<a>b</a>";
        // Base64 of it has a padding sign, which forms escape.
        for pasted in [
            xml,
            "  \n<a>b</a>",
            "PGE+YjwvYT4=",
            "PGE+Yjwv\nYT4=",
            "PGE%2BYjwvYT4%3D",
            "SAMLResponse=PGE%2BYjwvYT4%3D&RelayState=x",
            "RelayState=x&SAMLResponse=PGE+YjwvYT4=",
        ] {
            assert_eq!(message_of(pasted).as_deref(), Ok(xml), "{pasted}");
        }
        assert_eq!(message_of("{\"a\": 1}").unwrap_err().check, Check::Base64);
    }
}
