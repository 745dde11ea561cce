//! What a message must look like before any key is used: one legal form, so that nothing is left for two readers to see
//! differently (SAML Core 2.0 sections 3.3.3 and 5.4).

use super::crypto::Signed;
use super::failure::{Check, Refusal, refuse};
use super::names::{ASSERTION, DSIG, PROTOCOL};
use super::policy;
use super::xml::{Node, is_space};

/// Longest list of prefixes that a canonicalization may name, in bytes: it is worked on before any key is used.
const LONGEST_PREFIX_LIST: usize = 1024;
/// Local names that occur once in a response, in their place, and nowhere else in any namespace.
const UNIQUE: [&str; 3] = ["Assertion", "EncryptedAssertion", "Response"];

/// A response in the one form that is accepted.
pub(super) struct ResponseShape<'t> {
    pub(super) response: Node<'t>,
    pub(super) status: Node<'t>,
    /// `Assertion` or `EncryptedAssertion`; none when the provider reports a failure.
    pub(super) assertion: Option<Node<'t>>,
    /// The signature over the response.
    pub(super) response_signature: Option<Signed<'t>>,
    /// The signature over the assertion, when it is not encrypted.
    pub(super) assertion_signature: Option<Signed<'t>>,
}

impl<'t> ResponseShape<'t> {
    pub(super) fn check(response: Node<'t>) -> Result<Self, Refusal> {
        if !response.is(PROTOCOL, "Response") {
            return refuse(Check::Root, "the message is not a SAML 2.0 response");
        }
        let (mut issuers, mut signatures, mut extensions, mut statuses) = (0, Vec::new(), 0, Vec::new());
        let mut assertions = Vec::new();
        for child in response.children() {
            match (child.namespace(), child.local_name()) {
                (Some(ASSERTION), "Issuer") => issuers += 1,
                (Some(DSIG), "Signature") => signatures.push(child),
                (Some(PROTOCOL), "Extensions") => extensions += 1,
                (Some(PROTOCOL), "Status") => statuses.push(child),
                (Some(ASSERTION), "Assertion" | "EncryptedAssertion") => assertions.push(child),
                _ => return refuse(Check::Shape, "the response holds an element that does not belong there"),
            }
        }
        let [status] = statuses.as_slice() else {
            return refuse(Check::Status, "not exactly one status");
        };
        if issuers > 1 || extensions > 1 || signatures.len() > 1 {
            return refuse(Check::Shape, "several issuers, signatures or extensions");
        }
        let assertion = match assertions.as_slice() {
            [] => None,
            [one] => Some(*one),
            _ => return refuse(Check::Shape, "several assertions"),
        };
        let inner = assertion.filter(|node| node.is(ASSERTION, "Assertion"));
        for node in response.descendants() {
            let elsewhere = node.id() != response.id() && assertion.is_none_or(|known| known.id() != node.id());
            if UNIQUE.contains(&node.local_name()) && elsewhere {
                return refuse(Check::Shape, "an assertion or response in another place");
            }
        }
        let (response_signature, assertion_signature) = signatures_of(response, inner)?;
        Ok(Self {
            response,
            status: *status,
            assertion,
            response_signature,
            assertion_signature,
        })
    }

    /// The signatures to verify.
    pub(super) fn signatures(&self) -> Vec<Signed<'t>> {
        self.response_signature
            .into_iter()
            .chain(self.assertion_signature)
            .collect()
    }
}

/// The decrypted assertion below its wrapper.
pub(super) fn decrypted_assertion(wrapper: Node<'_>) -> Result<(Node<'_>, Option<Signed<'_>>), Refusal> {
    let mut children = wrapper.children();
    let (Some(assertion), None) = (children.next(), children.next()) else {
        return refuse(Check::Shape, "not exactly one encrypted assertion");
    };
    if !assertion.is(ASSERTION, "Assertion") {
        return refuse(Check::Shape, "what was encrypted is not an assertion");
    }
    if assertion
        .descendants()
        .iter()
        .any(|node| UNIQUE.contains(&node.local_name()) && node.id() != assertion.id())
    {
        return refuse(Check::Shape, "an assertion in another place");
    }
    let (signature, _) = signatures_of(assertion, None)?;
    Ok((assertion, signature))
}

/// The signature over a message without parts that are signed by themselves: a logout message, or metadata.
pub(super) fn message_signature(message: Node<'_>) -> Result<Option<Signed<'_>>, Refusal> {
    Ok(signatures_of(message, None)?.0)
}

/// Every element called `Signature`, in whatever namespace, must be the one direct child of `outer` or `inner`.
fn signatures_of<'t>(
    outer: Node<'t>,
    inner: Option<Node<'t>>,
) -> Result<(Option<Signed<'t>>, Option<Signed<'t>>), Refusal> {
    let (mut of_outer, mut of_inner) = (None, None);
    for signature in outer.descendants() {
        if signature.local_name() != "Signature" {
            continue;
        }
        let parent = signature.parent();
        let (target, slot) = if parent == Some(outer.id()) {
            (outer, &mut of_outer)
        } else if let Some(inner) = inner.filter(|inner| parent == Some(inner.id())) {
            (inner, &mut of_inner)
        } else {
            return refuse(
                Check::SignaturePlace,
                "a signature is not directly inside what it signs",
            );
        };
        if slot.is_some() {
            return refuse(Check::SignaturePlace, "two signatures of one element");
        }
        check_signature(signature, target)?;
        *slot = Some(Signed { signature, target });
    }
    Ok((of_outer, of_inner))
}

/// The one legal form of a signature (SAML Core 2.0 section 5.4).
fn check_signature(signature: Node<'_>, target: Node<'_>) -> Result<(), Refusal> {
    let shape = Check::SignatureShape;
    if !signature.is(DSIG, "Signature") || !signature.has_only_attributes(&["Id"]) {
        return refuse(shape, "not an XML signature, or with attributes");
    }
    for child in signature.children() {
        if child.namespace() != Some(DSIG) || !matches!(child.local_name(), "SignedInfo" | "SignatureValue" | "KeyInfo")
        {
            return refuse(
                shape,
                "a signature holds more than SignedInfo, SignatureValue and KeyInfo",
            );
        }
    }
    check_value(signature.one(DSIG, "SignatureValue", shape)?)?;
    if let Some(info) = signature.at_most_one(DSIG, "KeyInfo", shape)? {
        // Never read: the keys come from the metadata. Only what cannot point anywhere may stand here.
        let harmless = |node: &Node<'_>| {
            node.namespace() == Some(DSIG) && matches!(node.local_name(), "X509Data" | "KeyValue" | "KeyName")
        };
        if !info.children().all(|child| harmless(&child)) {
            return refuse(shape, "KeyInfo holds more than X509Data, KeyValue and KeyName");
        }
    }
    check_signed_info(signature.one(DSIG, "SignedInfo", shape)?, target)
}

fn check_signed_info(info: Node<'_>, target: Node<'_>) -> Result<(), Refusal> {
    let shape = Check::SignatureShape;
    let names: Vec<(Option<&str>, &str)> = info
        .children()
        .map(|child| (child.namespace(), child.local_name()))
        .collect();
    let expected = ["CanonicalizationMethod", "SignatureMethod", "Reference"];
    if !info.has_only_attributes(&["Id"]) || names != expected.map(|name| (Some(DSIG), name)) {
        return refuse(
            shape,
            "SignedInfo is not CanonicalizationMethod, SignatureMethod and one Reference",
        );
    }
    check_canonicalization(
        info.one(DSIG, "CanonicalizationMethod", shape)?,
        Check::Canonicalization,
    )?;
    let method = info.one(DSIG, "SignatureMethod", shape)?;
    let algorithm = method.attribute("Algorithm").unwrap_or_default();
    if !policy::accepts_signature(algorithm) || method.children().next().is_some() {
        return refuse(
            Check::SignatureAlgorithm,
            "the signature algorithm is not accepted: RSA or ECDSA with SHA-256 or longer",
        );
    }
    check_reference(info.one(DSIG, "Reference", shape)?, target)
}

fn check_reference(reference: Node<'_>, target: Node<'_>) -> Result<(), Refusal> {
    let shape = Check::SignatureShape;
    let names: Vec<(Option<&str>, &str)> = reference
        .children()
        .map(|child| (child.namespace(), child.local_name()))
        .collect();
    let expected = ["Transforms", "DigestMethod", "DigestValue"];
    if !reference.has_only_attributes(&["URI", "Id"]) || names != expected.map(|name| (Some(DSIG), name)) {
        return refuse(shape, "Reference is not Transforms, DigestMethod and DigestValue");
    }
    // SAML Core 2.0 section 5.4.2: the reference names the element that holds the signature.
    let id = target.attribute("ID").unwrap_or_default();
    if !is_ascii_ncname(id) || reference.attribute("URI").and_then(|uri| uri.strip_prefix('#')) != Some(id) {
        return refuse(
            Check::Reference,
            "the reference does not name the element that holds the signature",
        );
    }
    let transforms: Vec<Node<'_>> = reference.one(DSIG, "Transforms", shape)?.children().collect();
    let [enveloped, exclusive] = transforms.as_slice() else {
        return refuse(Check::Transforms, "not exactly two transforms");
    };
    let is_transform = |node: &Node<'_>| node.is(DSIG, "Transform");
    if !is_transform(enveloped)
        || !is_transform(exclusive)
        || enveloped.attribute("Algorithm") != Some(policy::ENVELOPED)
        || !enveloped.has_only_attributes(&["Algorithm"])
        || enveloped.children().next().is_some()
    {
        return refuse(
            Check::Transforms,
            "the transforms are not enveloped signature, then canonicalization",
        );
    }
    check_canonicalization(*exclusive, Check::Transforms)?;
    let digest = reference.one(DSIG, "DigestMethod", shape)?;
    if !policy::accepts_digest(digest.attribute("Algorithm").unwrap_or_default()) || digest.children().next().is_some()
    {
        return refuse(
            Check::DigestAlgorithm,
            "the digest algorithm is not accepted: SHA-256 or longer",
        );
    }
    check_value(reference.one(DSIG, "DigestValue", shape)?)
}

/// Exclusive canonicalization, with an optional list of prefixes and nothing else.
fn check_canonicalization(method: Node<'_>, check: Check) -> Result<(), Refusal> {
    let plain = |node: Node<'_>| node.has_only_attributes(&["Algorithm"]);
    let listed = |node: Node<'_>| {
        node.is(policy::EXCLUSIVE_C14N, "InclusiveNamespaces")
            && node.has_only_attributes(&["PrefixList"])
            && node
                .attribute("PrefixList")
                .is_none_or(|list| list.len() <= LONGEST_PREFIX_LIST)
    };
    let mut children = method.children();
    let only_a_list = match (children.next(), children.next()) {
        (None, _) => true,
        (Some(list), None) => listed(list) && list.children().next().is_none(),
        _ => false,
    };
    if method.attribute("Algorithm") == Some(policy::EXCLUSIVE_C14N) && plain(method) && only_a_list {
        Ok(())
    } else {
        refuse(check, "the canonicalization is not the exclusive one without comments")
    }
}

/// A value is one run of Base64 text and not empty.
fn check_value(value: Node<'_>) -> Result<(), Refusal> {
    let text = value.text(Check::SignatureShape)?;
    if text.trim_matches(is_space).is_empty() || !value.has_only_attributes(&["Id"]) {
        return refuse(Check::SignatureShape, "an empty value in a signature");
    }
    Ok(())
}

/// A name without colon, in ASCII, so that no comparison of it depends on Unicode.
pub(super) fn is_ascii_ncname(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}
