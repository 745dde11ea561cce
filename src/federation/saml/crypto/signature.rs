//! XML signatures (XML Signature Syntax and Processing 1.1, SAML Core 2.0 section 5).

use super::super::failure::{Check, Refusal, refuse};
use super::super::names::DSIG;
use super::super::policy::{ENVELOPED, EXCLUSIVE_C14N, RSA_SHA256, SHA256};
use super::super::xml::{Node, Tree, escape};
use super::keys::{KeyFault, PrivateKey, TrustedKeys};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra_dsig::DsigContext;
use bergshamra_dsig::verify::{VerifyResult, verify_all_document_with_source};

/// An element that lies in the part of the document that a trusted key signed.
///
/// Only [`verify`] makes one from nothing; every other comes from one. What reads names and attributes of users takes this
/// type, so nothing can be read that was not signed.
#[derive(Clone, Copy)]
pub(in super::super) struct Proven<'t>(Node<'t>);

/// A signature whose shape was checked, and the element that holds it.
#[derive(Clone, Copy)]
pub(in super::super) struct Signed<'t> {
    /// The signature.
    pub(in super::super) signature: Node<'t>,
    /// What it claims to sign.
    pub(in super::super) target: Node<'t>,
}

impl<'t> Proven<'t> {
    /// The elements directly inside. A signature is taken out before the digest is made, so it is left out here too.
    pub(in super::super) fn children(self) -> impl Iterator<Item = Self> {
        self.0
            .children()
            .filter(|child| child.namespace() != Some(DSIG))
            .map(Self)
    }

    pub(in super::super) fn is(self, namespace: &str, name: &str) -> bool {
        self.0.is(namespace, name)
    }

    pub(in super::super) fn local_name(self) -> &'t str {
        self.0.local_name()
    }

    /// The elements of this name directly inside.
    pub(in super::super) fn all(self, namespace: &str, name: &str) -> impl Iterator<Item = Self> {
        self.children().filter(move |child| child.is(namespace, name))
    }

    /// The one element of this name directly inside; `None` when there is none, `Err` when there are several.
    pub(in super::super) fn at_most_one(
        self,
        namespace: &str,
        name: &str,
        check: Check,
    ) -> Result<Option<Self>, Refusal> {
        Ok(self.0.at_most_one(namespace, name, check)?.map(Self))
    }

    /// The one element of this name directly inside.
    pub(in super::super) fn one(self, namespace: &str, name: &str, check: Check) -> Result<Self, Refusal> {
        self.0.one(namespace, name, check).map(Self)
    }

    /// The attribute of this name without prefix and namespace.
    pub(in super::super) fn attribute(self, name: &str) -> Option<&'t str> {
        self.0.attribute(name)
    }

    /// Whether any attribute has this namespace.
    pub(in super::super) fn has_attribute_of(self, namespace: &str) -> bool {
        self.0.has_attribute_of(namespace)
    }

    /// All of its text, when it holds nothing else.
    pub(in super::super) fn text(self, check: Check) -> Result<String, Refusal> {
        self.0.text(check)
    }

    /// The element, for looking at its shape.
    pub(in super::super) const fn node(self) -> Node<'t> {
        self.0
    }
}

/// An element of a document that came out of the ciphertext inside `outer`: who signed the ciphertext signed this.
pub(in super::super) const fn prove_decrypted<'t>(_outer: Proven<'_>, inner: Node<'t>) -> Proven<'t> {
    Proven(inner)
}

/// The document element of a text that was itself verified as bytes, as the redirect binding does.
pub(in super::super) const fn prove_verified_text(root: Node<'_>) -> Proven<'_> {
    Proven(root)
}

/// Verifies every signature of the document, which must be exactly `expected`, each over the element that holds it.
///
/// The shape of each must have been checked before: an unchecked one can make the library resolve references and run
/// transforms before any key is looked at.
pub(in super::super) fn verify<'t>(
    tree: &'t Tree<'_>,
    expected: &[Signed<'t>],
    keys: &TrustedKeys,
) -> Result<Vec<Proven<'t>>, Refusal> {
    if expected.is_empty() {
        return Ok(Vec::new());
    }
    let context = DsigContext::new(keys.manager());
    let results = verify_all_document_with_source(&context, tree.document(), Some(tree.source()))
        .map_err(|_| Refusal::new(Check::Signature, "the signatures cannot be processed"))?;
    if results.len() != expected.len() {
        return refuse(Check::Signature, "a signature that nothing accounts for");
    }
    let mut proven = Vec::with_capacity(expected.len());
    for signed in expected {
        let mut valid = false;
        for result in &results {
            match result {
                VerifyResult::Valid {
                    signature_node,
                    references,
                    ..
                } if *signature_node == signed.signature.id() => {
                    let [reference] = references.as_slice() else {
                        return refuse(Check::Reference, "not exactly one reference");
                    };
                    if !reference.digest_verified || reference.resolved_node != Some(signed.target.id()) {
                        return refuse(Check::SignatureTarget, "the signature is over another element");
                    }
                    valid = true;
                }
                VerifyResult::Valid { .. } | VerifyResult::Invalid { .. } => {}
            }
        }
        if !valid {
            return refuse(
                Check::Signature,
                "no signing key of the provider's metadata verifies the signature, or the content was changed",
            );
        }
        proven.push(Proven(signed.target));
    }
    Ok(proven)
}

/// Signs `xml`, whose document element has the attribute `ID="{id}"`, with the signature after the element that ends with
/// `after` (the issuer, SAML Core 2.0 section 5.4.1; schemas fix the place).
pub fn sign_enveloped(xml: &str, id: &str, after: &str, key: &PrivateKey) -> Result<String, KeyFault> {
    let at = xml.find(after).map(|at| at + after.len()).ok_or(KeyFault::Signing)?;
    let (before, rest) = xml.split_at_checked(at).ok_or(KeyFault::Signing)?;
    let certificate = STANDARD.encode(key.certificate());
    let reference = escape(id);
    let template = format!(
        "{before}<ds:Signature xmlns:ds=\"{DSIG}\"><ds:SignedInfo><ds:CanonicalizationMethod \
         Algorithm=\"{EXCLUSIVE_C14N}\"/><ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"/><ds:Reference \
         URI=\"#{reference}\"><ds:Transforms><ds:Transform Algorithm=\"{ENVELOPED}\"/><ds:Transform \
         Algorithm=\"{EXCLUSIVE_C14N}\"/></ds:Transforms><ds:DigestMethod Algorithm=\"{SHA256}\"/><ds:DigestValue/>\
         </ds:Reference></ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data>\
         <ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>{rest}"
    );
    bergshamra_dsig::sign::sign(&DsigContext::new(key.manager()), &template).map_err(|_| KeyFault::Signing)
}

#[cfg(test)]
mod tests {
    use super::super::super::policy::MESSAGE;
    use super::super::{PrivateKey, TrustedKey, TrustedKeys};
    use super::*;
    use crate::kernel::Timestamp;

    /// Two elements, of which the outer is signed.
    fn signed() -> (String, TrustedKeys) {
        let (pkcs8, certificate) = PrivateKey::generate("test", Timestamp::from_seconds(1_795_255_200)).unwrap();
        let key = PrivateKey::from_pkcs8(&pkcs8, certificate).unwrap();
        let xml = sign_enveloped("<a ID=\"_a\"><i>x</i><b ID=\"_b\">y</b></a>", "_a", "</i>", &key).unwrap();
        let trusted = TrustedKey::from_certificate(key.certificate()).unwrap();
        (xml, TrustedKeys::new([trusted]))
    }

    /// The shape check makes this impossible; this is what holds if it ever fails to.
    #[test]
    fn a_signature_proves_its_own_element_only_and_none_is_left_over() {
        let (xml, keys) = signed();
        let tree = Tree::parse(&xml, MESSAGE).unwrap();
        let root = tree.root().unwrap();
        let signature = root.children().find(|child| child.is(DSIG, "Signature")).unwrap();
        let inner = root.children().find(|child| child.local_name() == "b").unwrap();
        let outcome = |expected: &[Signed<'_>]| {
            verify(&tree, expected, &keys)
                .map(drop)
                .map_err(|refusal| refusal.check)
        };
        let over = |target| Signed { signature, target };
        assert_eq!(outcome(&[over(root)]), Ok(()));
        assert_eq!(outcome(&[over(inner)]), Err(Check::SignatureTarget));
        assert_eq!(outcome(&[over(root), over(root)]), Err(Check::Signature));
    }
}
