//! The form of a response to the last attribute: one rule is broken at a time, everything else is in order.

use crate::support::saml_idp::*;
use wardkey::federation::saml::{Check, accept_xml};

#[track_caller]
fn refused(name: &str, xml: &str, check: Check) {
    match accept_xml(xml, &expectation()) {
        Ok(_) => panic!("{name}: accepted"),
        Err(refusal) => assert_eq!(refusal.check, check, "{name}: {refusal}"),
    }
}

/// A response whose signed assertion has another signature: `from` in it is `to`.
fn altered(from: &str, to: &str) -> String {
    let draft = Draft::new();
    let signed = draft.signed_assertion();
    let own = element(&signed, "ds:Signature");
    assert!(own.contains(from), "no {from} in {own}");
    draft.response(&signed.replace(own, &own.replacen(from, to, 1)))
}

#[test]
fn a_response_holds_what_belongs_there_and_once() {
    let with = |extensions: &str| {
        let mut draft = Draft::new();
        draft.extensions = extensions.to_owned();
        draft.write(Sign::Both)
    };
    accept_xml(&with("<samlp:Extensions/>"), &expectation()).unwrap();
    refused("twice", &with("<samlp:Extensions/><samlp:Extensions/>"), Check::Shape);
    refused("foreign", &with("<x:more xmlns:x=\"urn:x\"/>"), Check::Shape);
    refused("unknown", &with("<samlp:More/>"), Check::Shape);
}

#[test]
fn a_canonicalization_has_its_algorithm_and_one_short_list_of_prefixes() {
    const EXC: &str = "Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"";
    let list = |prefixes: &str, inside: &str| {
        format!(
            "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"{prefixes}\">{inside}\
             </ec:InclusiveNamespaces>"
        )
    };
    for (name, check) in [
        ("ds:CanonicalizationMethod", Check::Canonicalization),
        ("ds:Transform", Check::Transforms),
    ] {
        let plain = format!("<{name} {EXC}/>");
        let holding = |inside: &str| altered(&plain, &format!("<{name} {EXC}>{inside}</{name}>"));
        let attribute = format!("<{name} {EXC} Other=\"x\"/>");
        refused("an attribute", &altered(&plain, &attribute), check);
        refused("two lists", &holding(&list("xs", "").repeat(2)), check);
        refused("something in the list", &holding(&list("xs", "<ec:x/>")), check);
        refused("something else", &holding("<ds:XPath/>"), check);
        refused("a long list", &holding(&list(&"p ".repeat(513), "")), check);
        let other = "<ec:InclusiveNamespaces xmlns:ec=\"urn:x\" PrefixList=\"xs\"/>";
        refused("a list of another namespace", &holding(other), check);
    }
}

#[test]
fn a_transform_is_called_so_and_the_enveloped_one_has_nothing_but_its_algorithm() {
    for algorithm in [
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
    ] {
        let transform = format!("<ds:Transform Algorithm=\"{algorithm}\"/>");
        for other in [
            format!("<ds:Step Algorithm=\"{algorithm}\"/>"),
            format!("<x:Transform xmlns:x=\"urn:x\" Algorithm=\"{algorithm}\"/>"),
            format!("<ds:Transform Algorithm=\"{algorithm}\" Other=\"x\"/>"),
            format!("<ds:Transform Algorithm=\"{algorithm}\"><ds:XPath/></ds:Transform>"),
        ] {
            refused(&other, &altered(&transform, &other), Check::Transforms);
        }
    }
}

#[test]
fn a_signature_holds_its_parts_and_nothing_beside_them() {
    const MORE: &str = "<x:KeyInfo xmlns:x=\"urn:x\"/>";
    for end in ["</ds:Signature>", "</ds:SignedInfo>", "</ds:Reference>"] {
        refused(end, &altered(end, &format!("{MORE}{end}")), Check::SignatureShape);
        refused(
            end,
            &altered(end, &format!("<ds:Object></ds:Object>{end}")),
            Check::SignatureShape,
        );
    }
    for value in ["ds:DigestValue", "ds:SignatureValue"] {
        let attribute = altered(&format!("<{value}>"), &format!("<{value} Other=\"x\">"));
        refused(value, &attribute, Check::SignatureShape);
    }
    for name in ["ds:SignedInfo", "ds:Reference"] {
        let tag = format!("<{name}");
        refused(
            name,
            &altered(&tag, &format!("{tag} Other=\"x\"")),
            Check::SignatureShape,
        );
    }
    let digest = "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"";
    let holding = altered(&format!("{digest}/>"), &format!("{digest}><ds:x/></ds:DigestMethod>"));
    refused("DigestMethod", &holding, Check::DigestAlgorithm);
}

#[test]
fn a_signature_is_one_of_xml_signatures_own_namespace() {
    let draft = Draft::new();
    let signed = draft.signed_assertion();
    let renamed = signed
        .replace("<ds:Signature ", "<x:Signature xmlns:x=\"urn:x\" ")
        .replace("</ds:Signature>", "</x:Signature>");
    refused("the element alone", &draft.response(&renamed), Check::SignatureShape);
    let attribute = signed.replace("<ds:Signature ", "<ds:Signature Other=\"x\" ");
    refused("an attribute", &draft.response(&attribute), Check::SignatureShape);
}

#[test]
fn an_encrypted_key_is_one_of_xml_encryptions_own_namespace() {
    let draft = Draft::new();
    let good = encrypted(&draft.signed_assertion(), GCM);
    accept_xml(&draft.response(&good), &expectation()).unwrap();
    let renamed = good
        .replace("<xenc:EncryptedKey", "<x:EncryptedKey xmlns:x=\"urn:x\"")
        .replace("</xenc:EncryptedKey>", "</x:EncryptedKey>");
    refused("another namespace", &draft.response(&renamed), Check::EncryptionShape);
}

#[test]
fn a_response_says_when_it_was_made() {
    for instant in [
        "",
        " IssueInstant=\"\"",
        " IssueInstant=\"yesterday\"",
        " IssueInstant=\"2026-13-01T00:00:00Z\"",
    ] {
        let mut draft = Draft::new();
        let own = format!(" IssueInstant=\"{}\"", at(-1));
        draft.response_attributes = draft.response_attributes.replace(&own, instant);
        refused(instant, &draft.write(Sign::Both), Check::IssueInstant);
    }
}

#[test]
fn an_assertion_that_the_response_vouches_for_has_a_plain_name_of_its_own() {
    for id in ["", "not a name", "1st", "a:b", "\u{e4}"] {
        let mut draft = Draft::new();
        draft.assertion_id = id.to_owned();
        refused(id, &draft.write(Sign::Response), Check::AssertionId);
    }
}
