//! A provider's metadata (SAML Metadata 2.0): where it is asked, and with which keys it signs.

use super::crypto::{TrustedKey, TrustedKeys, verify};
use super::failure::{Check, Refusal, refuse};
use super::names::{self, DSIG, METADATA, PROTOCOL};
use super::policy;
use super::shape::message_signature;
use super::time;
use super::xml::{Node, Tree, is_space};
use crate::kernel::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// Longest time that metadata are used before they are fetched again.
const LONGEST_CACHE: Duration = Duration::from_hours(24);
/// Shortest: a provider that says "never" is still asked no more often.
const SHORTEST_CACHE: Duration = Duration::from_mins(5);

/// A binding that we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// HTTP Redirect.
    Redirect,
    /// HTTP POST.
    Post,
}

/// Where a provider takes messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// How.
    pub binding: Binding,
    /// Where.
    pub location: Url,
    /// Where answers go, when elsewhere.
    pub response_location: Option<Url>,
}

/// What a provider says about itself.
#[derive(Clone, Debug)]
pub struct IdpMetadata {
    /// Its name.
    pub entity_id: String,
    /// The keys of which one signs. Several during a rollover.
    pub keys: TrustedKeys,
    /// Where users are sent to sign in, in the provider's order.
    pub single_sign_on: Vec<Endpoint>,
    /// Where logout messages go.
    pub single_logout: Vec<Endpoint>,
    /// Whether requests to it must be signed.
    pub wants_signed_requests: bool,
    /// After this it must not be used any more.
    pub valid_until: Option<Timestamp>,
    /// How long it may be used before it is fetched again.
    pub refresh_after: Duration,
    /// Signing keys that cannot be used: weak, or of another kind.
    pub unusable_keys: usize,
}

impl IdpMetadata {
    /// Reads metadata: those of the provider called `entity_id`, or of the only one in the document.
    ///
    /// `pinned`: the document must be signed as a whole with one of these keys.
    pub fn parse(
        xml: &str,
        entity_id: Option<&str>,
        pinned: Option<&TrustedKeys>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let xml = xml.strip_prefix('\u{feff}').unwrap_or(xml);
        let tree = Tree::parse(xml, policy::METADATA)?;
        let root = tree.root()?;
        if !root.is(METADATA, "EntityDescriptor") && !root.is(METADATA, "EntitiesDescriptor") {
            return refuse(
                Check::Root,
                "the document is neither EntityDescriptor nor EntitiesDescriptor",
            );
        }
        if let Some(pinned) = pinned {
            check_pinned(&tree, root, pinned)?;
        }
        let described: Vec<Node<'_>> = entities(root)
            .filter(|entity| entity_id.is_none_or(|wanted| entity.attribute("entityID") == Some(wanted)))
            .filter(|entity| role(*entity).is_some())
            .collect();
        let [entity] = described.as_slice() else {
            return refuse(
                Check::MetadataEntity,
                match described.len() {
                    0 => "the metadata do not describe this identity provider",
                    _ => "the metadata describe it more than once, or several providers: name the entity ID",
                },
            );
        };
        let role = role(*entity).ok_or_else(|| Refusal::new(Check::MetadataEntity, "no identity provider"))?;
        let places = [root, *entity, role];
        let valid_until = earliest(&places)?;
        if valid_until.is_some_and(|until| until <= now) {
            return refuse(
                Check::MetadataExpired,
                "the metadata have expired: validUntil has passed",
            );
        }
        let cached = places
            .iter()
            .filter_map(|place| place.attribute("cacheDuration"))
            .filter_map(time::read_duration)
            .min();
        let (keys, unusable_keys) = signing_keys(role)?;
        if keys.is_empty() {
            return refuse(
                Check::Metadata,
                "the metadata have no usable signing key: RSA with 2048 bits or more, or ECDSA with P-256 or P-384",
            );
        }
        let single_sign_on = endpoints(role, "SingleSignOnService");
        if single_sign_on.is_empty() {
            return refuse(
                Check::Metadata,
                "the metadata have no sign-in address by redirect or POST",
            );
        }
        Ok(Self {
            entity_id: entity.attribute("entityID").unwrap_or_default().to_owned(),
            keys,
            single_sign_on,
            single_logout: endpoints(role, "SingleLogoutService"),
            wants_signed_requests: matches!(role.attribute("WantAuthnRequestsSigned"), Some("true" | "1")),
            valid_until,
            refresh_after: cached.unwrap_or(LONGEST_CACHE).clamp(SHORTEST_CACHE, LONGEST_CACHE),
            unusable_keys,
        })
    }

    /// Where a request goes: by `preferred` binding, else by the first that there is.
    pub fn sign_on_endpoint(&self, preferred: Option<Binding>) -> Option<&Endpoint> {
        find_endpoint(&self.single_sign_on, preferred.unwrap_or(Binding::Redirect))
    }

    /// Where a logout message goes, by redirect when that is possible.
    pub fn logout_endpoint(&self) -> Option<&Endpoint> {
        find_endpoint(&self.single_logout, Binding::Redirect)
    }
}

fn find_endpoint(endpoints: &[Endpoint], preferred: Binding) -> Option<&Endpoint> {
    endpoints
        .iter()
        .find(|endpoint| endpoint.binding == preferred)
        .or_else(|| endpoints.first())
}

fn entities(root: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    root.descendants()
        .into_iter()
        .filter(|node| node.is(METADATA, "EntityDescriptor"))
}

/// The role of an identity provider for SAML 2.0.
fn role(entity: Node<'_>) -> Option<Node<'_>> {
    entity.children().find(|child| {
        child.is(METADATA, "IDPSSODescriptor")
            && child
                .attribute("protocolSupportEnumeration")
                .is_some_and(|protocols| protocols.split_ascii_whitespace().any(|protocol| protocol == PROTOCOL))
    })
}

/// The signature must be the root's own, so that it covers whatever is read below.
fn check_pinned(tree: &Tree<'_>, root: Node<'_>, pinned: &TrustedKeys) -> Result<(), Refusal> {
    let check = |refusal: Refusal| Refusal::new(Check::MetadataSignature, refusal.detail);
    let Some(signed) = message_signature(root).map_err(check)? else {
        return refuse(Check::MetadataSignature, "the metadata are not signed as a whole");
    };
    verify(tree, &[signed], pinned).map_err(check).map(drop)
}

fn earliest(places: &[Node<'_>]) -> Result<Option<Timestamp>, Refusal> {
    let mut earliest: Option<Timestamp> = None;
    for place in places {
        if let Some(text) = place.attribute("validUntil") {
            let until =
                time::read(text).ok_or_else(|| Refusal::new(Check::MetadataExpired, "validUntil cannot be read"))?;
            earliest = Some(earliest.map_or(until, |known| known.min(until)));
        }
    }
    Ok(earliest)
}

fn signing_keys(role: Node<'_>) -> Result<(TrustedKeys, usize), Refusal> {
    let mut keys = Vec::new();
    let mut unusable = 0;
    let descriptors = role
        .children()
        .filter(|child| child.is(METADATA, "KeyDescriptor"))
        .filter(|key| matches!(key.attribute("use"), None | Some("signing")));
    for descriptor in descriptors {
        let certificates = descriptor
            .children()
            .filter(|child| child.is(DSIG, "KeyInfo"))
            .flat_map(Node::children)
            .filter(|child| child.is(DSIG, "X509Data"))
            .flat_map(Node::children)
            .filter(|child| child.is(DSIG, "X509Certificate"));
        for certificate in certificates {
            let mut text = certificate.text(Check::Metadata)?;
            text.retain(|character| !is_space(character));
            let key = STANDARD
                .decode(text)
                .ok()
                .and_then(|der| TrustedKey::from_certificate(&der).ok());
            match key {
                Some(key) => keys.push(key),
                None => unusable += 1,
            }
        }
    }
    Ok((TrustedKeys::new(keys), unusable))
}

fn endpoints(role: Node<'_>, name: &str) -> Vec<Endpoint> {
    role.children()
        .filter(|child| child.is(METADATA, name))
        .filter_map(|service| {
            let binding = match service.attribute("Binding")? {
                names::REDIRECT => Binding::Redirect,
                names::POST => Binding::Post,
                _ => return None,
            };
            Some(Endpoint {
                binding,
                location: web_address(service.attribute("Location")?)?,
                response_location: service.attribute("ResponseLocation").and_then(web_address),
            })
        })
        .collect()
}

/// A browser is sent there, so nothing but the web will do.
fn web_address(text: &str) -> Option<Url> {
    Url::parse(text.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http"))
}
