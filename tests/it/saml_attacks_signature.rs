//! Attacks on what is signed: wrapping, hiding, foreign signatures, foreign keys, weak algorithms. Each is built from a
//! genuine response for the user `legit`; the attacker wants `evil`. Each names the check that must refuse it.
#![allow(
    clippy::format_collect,
    clippy::format_push_string,
    clippy::semicolon_if_nothing_returned,
    reason = "forging text is what these tests do; speed is no concern"
)]

use crate::support::saml_idp::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wardkey::federation::saml::{Check, accept_xml};

#[track_caller]
fn refused(name: &str, xml: &str, check: Check) {
    match accept_xml(xml, &expectation()) {
        Ok(accepted) => panic!("{name}: accepted as {}", accepted.name_id.value),
        Err(refusal) => assert_eq!(refusal.check, check, "{name}: {refusal}"),
    }
}

fn signature(xml: &str) -> String {
    element(xml, "ds:Signature").to_owned()
}

fn without_signature(xml: &str) -> String {
    xml.replacen(&signature(xml), "", 1)
}

fn before_end(xml: &str, end: &str, inserted: &str) -> String {
    let at = xml.rfind(end).unwrap();
    format!("{}{inserted}{}", &xml[..at], &xml[at..])
}

fn evil() -> Draft {
    Draft::for_user("evil", Some(REQUEST))
}

/// Both with an identifier of its own and with that of the signed one.
fn evil_drafts() -> [Draft; 2] {
    let legit = Draft::new();
    let mut same = evil();
    same.response_id = legit.response_id;
    same.assertion_id = legit.assertion_id;
    [evil(), same]
}

#[test]
fn xsw1_and_xsw2_a_forged_response_around_the_signed_one() {
    let genuine = Draft::new().write(Sign::Response);
    let signature = signature(&genuine);
    let original = without_signature(&genuine);
    for (forged, check) in evil_drafts().iter().zip([Check::Shape, Check::DuplicateId]) {
        let outer = forged.response(&forged.assertion());
        let inside = signature.replace(
            "</ds:Signature>",
            &format!("<ds:Object>{original}</ds:Object></ds:Signature>"),
        );
        let xsw1 = outer.replacen("</saml:Issuer>", &format!("</saml:Issuer>{inside}"), 1);
        refused("XSW1", &xsw1, check);
        let xsw2 = outer.replacen("</saml:Issuer>", &format!("</saml:Issuer>{original}{signature}"), 1);
        refused("XSW2", &xsw2, check);
    }
}

#[test]
fn xsw3_a_forged_assertion_beside_the_signed_one() {
    let draft = Draft::new();
    let signed = draft.signed_assertion();
    for (forged, check) in evil_drafts().iter().zip([Check::Shape, Check::DuplicateId]) {
        for pair in [
            format!("{}{signed}", forged.assertion()),
            format!("{signed}{}", forged.assertion()),
        ] {
            refused("XSW3", &draft.response(&pair), check);
        }
    }
}

#[test]
fn xsw4_the_signed_assertion_becomes_a_child_of_the_forged_one() {
    let draft = Draft::new();
    for (forged, check) in evil_drafts().iter().zip([Check::Shape, Check::DuplicateId]) {
        let wrapped = before_end(&forged.assertion(), "</saml:Assertion>", &draft.signed_assertion());
        refused("XSW4", &draft.response(&wrapped), check);
    }
}

#[test]
fn xsw5_and_xsw6_the_forged_assertion_holds_the_original_signature() {
    let draft = Draft::new();
    let signed = draft.signed_assertion();
    let (signature, original) = (signature(&signed), without_signature(&signed));
    for (forged, check) in evil_drafts().iter().zip([Check::Shape, Check::DuplicateId]) {
        let holding = |signature: &str| {
            forged
                .assertion()
                .replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1)
        };
        refused(
            "XSW5",
            &draft.response(&format!("{}{original}", holding(&signature))),
            check,
        );
        let inside = before_end(&signature, "</ds:Signature>", &original);
        refused("XSW6", &draft.response(&holding(&inside)), check);
    }
}

#[test]
fn xsw7_and_xsw8_hide_an_assertion_in_extensions_or_in_an_object() {
    let draft = Draft::new();
    let signed = draft.signed_assertion();
    for (forged, check) in evil_drafts().iter().zip([Check::Shape, Check::DuplicateId]) {
        let mut extended = draft.clone();
        extended.extensions = format!("<samlp:Extensions>{}</samlp:Extensions>", forged.assertion());
        refused("XSW7", &extended.response(&signed), check);
        let mut moved = draft.clone();
        moved.extensions = format!("<samlp:Extensions>{signed}</samlp:Extensions>");
        refused("XSW7, moved", &moved.response(&forged.assertion()), check);
        let object = format!("<ds:Object>{}</ds:Object>", without_signature(&signed));
        let signature = before_end(&signature(&signed), "</ds:Signature>", &object);
        let holding = forged
            .assertion()
            .replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1);
        refused("XSW8", &draft.response(&holding), check);
    }
}

#[test]
fn a_signed_assertion_hidden_anywhere_is_refused() {
    let draft = Draft::new();
    let signed = draft.signed_assertion();
    let hide = |place: &str, forged: Draft| refused(place, &draft.response(&forged.assertion()), Check::Shape);
    let with = |change: &dyn Fn(&mut Draft)| {
        let mut forged = evil();
        change(&mut forged);
        forged
    };
    hide(
        "Advice",
        with(&|d| d.authn = format!("<saml:Advice>{signed}</saml:Advice>{}", d.authn)),
    );
    hide(
        "AttributeValue",
        with(&|d| d.attributes = d.attributes.replace(">evil<", &format!(">{signed}<"))),
    );
    hide(
        "SubjectConfirmationData",
        with(&|d| {
            d.subject = d.subject.replace(
                "/></saml:SubjectConfirmation>",
                &format!(">{signed}</saml:SubjectConfirmationData></saml:SubjectConfirmation>"),
            );
        }),
    );
    hide(
        "Conditions",
        with(&|d| {
            d.conditions = d
                .conditions
                .replace("</saml:Conditions>", &format!("{signed}</saml:Conditions>"))
        }),
    );
    let mut status = evil();
    status.status = status.status.replace(
        "</samlp:Status>",
        &format!("<samlp:StatusDetail>{signed}</samlp:StatusDetail></samlp:Status>"),
    );
    refused("StatusDetail", &status.response(&evil().assertion()), Check::Shape);
    let foreign = format!("<x:y xmlns:x=\"urn:x\">{signed}</x:y>");
    refused(
        "foreign element",
        &draft.response(&format!("{}{foreign}", evil().assertion())),
        Check::Shape,
    );
    let other_namespace = format!("<x:Assertion xmlns:x=\"urn:x\" ID=\"_x\">{signed}</x:Assertion>");
    refused("foreign Assertion", &draft.response(&other_namespace), Check::Shape);
}

#[test]
fn a_signature_that_is_not_directly_inside_what_it_signs_is_refused() {
    let draft = Draft::new();
    let signed = draft.signed_assertion();
    let signature = signature(&signed);
    let unsigned = without_signature(&signed);
    // A sibling of the assertion is a signature of the response, which names something else.
    let sibling = draft.response(&format!("{signature}{unsigned}"));
    refused("sibling", &sibling, Check::Reference);
    let copied = evil()
        .assertion()
        .replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1);
    refused("copied verbatim", &draft.response(&copied), Check::Reference);
    let mut same_id = evil();
    same_id.assertion_id = draft.assertion_id.clone();
    let copied = same_id
        .assertion()
        .replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1);
    refused("copied with its ID", &draft.response(&copied), Check::Signature);
    let deep = signed
        .replacen(&signature, "", 1)
        .replacen("<saml:Subject>", &format!("<saml:Subject>{signature}"), 1);
    refused("in the subject", &draft.response(&deep), Check::SignaturePlace);
    let twice = signed.replacen(&signature, &signature.repeat(2), 1);
    refused("two of the assertion", &draft.response(&twice), Check::SignaturePlace);
}

#[test]
fn identifiers_cannot_be_played_with() {
    let draft = Draft::new();
    let signed = draft.signed_assertion();
    let legit_id = &draft.assertion_id;
    for spelled in ["Id", "id", "AssertionID", "xml:id", "x:ID", "x:Id"] {
        let mut forged = evil();
        forged
            .assertion_attributes
            .push_str(&format!(" xmlns:x=\"urn:x\" {spelled}=\"{legit_id}\""));
        let pair = format!("{}{signed}", forged.assertion());
        refused(spelled, &draft.response(&pair), Check::DuplicateId);
    }
    let pair = |forged: &str| draft.response(&format!("{forged}{signed}"));
    let escaped = evil()
        .assertion()
        .replace("ID=\"_assertion-evil\"", "ID=\"&#x5f;assertion-legit\"");
    refused("spelled as a character reference", &pair(&escaped), Check::DuplicateId);
    let padded = evil()
        .assertion()
        .replace("ID=\"_assertion-evil\"", "ID=\" _assertion-legit \"");
    refused("padded", &pair(&padded), Check::Shape);
    let namespaced = evil()
        .assertion()
        .replace("ID=\"_assertion-evil\"", "xmlns:ID=\"_assertion-legit\"");
    refused("as a namespace declaration", &pair(&namespaced), Check::Shape);
    let without = evil().assertion().replace(" ID=\"_assertion-evil\"", "");
    refused("evil without ID", &pair(&without), Check::Shape);
    let mut equal = Draft::new();
    equal.response_id = equal.assertion_id.clone();
    refused(
        "response and assertion with one ID",
        &equal.write(Sign::Assertion),
        Check::DuplicateId,
    );
    let mut odd = Draft::new();
    odd.assertion_id = "ünusual".to_owned();
    refused("an ID beyond ASCII", &odd.write(Sign::Assertion), Check::Reference);
}

#[test]
fn other_signed_xml_of_the_provider_proves_nothing_about_an_assertion() {
    let draft = Draft::new();
    let metadata = IDP.metadata("https://idp.hospital.example/sso", None, &[IDP.key.certificate()]);
    let metadata = metadata.replacen("<md:EntityDescriptor ", "<md:EntityDescriptor ID=\"_metadata\" ", 1);
    let head_end = metadata.find('>').unwrap() + 1;
    let signed_metadata =
        wardkey::federation::saml::sign_enveloped(&metadata, "_metadata", &metadata[..head_end], &IDP.key).unwrap();
    let logout = IDP.sign(
        &format!(
            "<samlp:LogoutResponse xmlns:samlp=\"{PROTOCOL}\" xmlns:saml=\"{ASSERTION}\" ID=\"_logout\" Version=\"2.0\">\
             <saml:Issuer>{}</saml:Issuer></samlp:LogoutResponse>",
            IDP.entity_id
        ),
        "_logout",
    );
    for (name, foreign) in [("metadata", &signed_metadata), ("logout response", &logout)] {
        let mut extended = evil();
        extended.extensions = format!("<samlp:Extensions>{foreign}</samlp:Extensions>");
        refused(name, &extended.response(&evil().assertion()), Check::SignaturePlace);
        refused(name, foreign, Check::Root);
    }
    let signature = signature(&draft.signed_assertion());
    let object = before_end(
        &signature,
        "</ds:Signature>",
        &format!("<ds:Object>{logout}</ds:Object>"),
    );
    let holding = evil()
        .assertion()
        .replacen("</saml:Issuer>", &format!("</saml:Issuer>{object}"), 1);
    refused("in an Object", &draft.response(&holding), Check::SignatureShape);
    refused("a bare assertion", &draft.signed_assertion(), Check::Root);
}

#[test]
fn a_missing_emptied_or_broken_signature_is_refused() {
    let draft = Draft::new();
    let genuine = draft.write(Sign::Assertion);
    let signature = signature(&genuine);
    let value = element(&signature, "ds:SignatureValue").to_owned();
    let change = |from: &str, to: &str| genuine.replacen(from, to, 1);
    refused("none", &draft.write(Sign::Nothing), Check::Unsigned);
    refused("stripped", &change(&signature, ""), Check::Unsigned);
    refused(
        "empty",
        &change(
            &signature,
            "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>",
        ),
        Check::SignatureShape,
    );
    refused(
        "no value",
        &change(&value, "<ds:SignatureValue></ds:SignatureValue>"),
        Check::SignatureShape,
    );
    let zero = format!(
        "<ds:SignatureValue>{}</ds:SignatureValue>",
        STANDARD.encode([0_u8; 256])
    );
    refused("zero value", &change(&value, &zero), Check::Signature);
    let method = "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"/>";
    assert!(genuine.contains(method), "{genuine}");
    refused("no method", &change(method, ""), Check::SignatureShape);
    let foreign = signature.replace("http://www.w3.org/2000/09/xmldsig#\"", "urn:not-dsig\"");
    refused(
        "foreign namespace",
        &change(&signature, &foreign),
        Check::SignatureShape,
    );
    refused(
        "other NameID",
        &change(">legit</saml:NameID>", ">evil</saml:NameID>"),
        Check::Signature,
    );
    refused(
        "other attribute",
        &change("<saml:AttributeValue>nurse", "<saml:AttributeValue>owner"),
        Check::Signature,
    );
    let swapped = draft
        .write(Sign::Response)
        .replace(&draft.assertion(), &evil().assertion());
    refused(
        "assertion exchanged under a signed response",
        &swapped,
        Check::Signature,
    );
    let both = draft.write(Sign::Both);
    let one_broken = both.replacen(
        "Version=\"2.0\" IssueInstant",
        "Version=\"2.0\"  Consent=\"x\" IssueInstant",
        1,
    );
    refused("one of two broken", &one_broken, Check::Signature);
}

#[test]
fn a_foreign_key_is_refused_whatever_the_key_info_says() {
    let draft = Draft::new();
    let by_other = draft.write_by(&OTHER, Sign::Both);
    refused("other key, own certificate", &by_other, Check::Signature);
    let (theirs, genuine) = (OTHER.certificate_base64(), IDP.certificate_base64());
    refused(
        "other key, the provider's certificate",
        &by_other.replace(&theirs, &genuine),
        Check::Signature,
    );
    let both = format!("{theirs}</ds:X509Certificate><ds:X509Certificate>{genuine}");
    refused(
        "other key, both certificates",
        &by_other.replace(&theirs, &both),
        Check::Signature,
    );
    let info = element(&by_other, "ds:KeyInfo").to_owned();
    refused("no KeyInfo", &by_other.replace(&info, ""), Check::Signature);
    let value = "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent>\
                 </ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>";
    refused("KeyValue", &by_other.replace(&info, value), Check::Signature);
    let fetched = "<ds:KeyInfo><ds:RetrievalMethod URI=\"http://127.0.0.1:9/key\"/></ds:KeyInfo>";
    refused(
        "RetrievalMethod",
        &by_other.replace(&info, fetched),
        Check::SignatureShape,
    );
}

/// The genuine assertion with another signature template, signed with the provider's real key where the library can.
fn resigned(template: &dyn Fn(&str) -> String) -> String {
    let draft = Draft::new();
    let signed = draft.signed_assertion();
    let own = signature(&signed);
    let emptied = own
        .replace(
            element(&own, "ds:SignatureValue"),
            "<ds:SignatureValue></ds:SignatureValue>",
        )
        .replace(element(&own, "ds:DigestValue"), "<ds:DigestValue></ds:DigestValue>");
    draft.response(&IDP.sign_template(&signed.replace(&own, &template(&emptied))))
}

/// As [`resigned`], where the library refuses to sign such a thing: the old value stays.
fn altered(template: &dyn Fn(&str) -> String) -> String {
    let draft = Draft::new();
    let signed = draft.signed_assertion();
    let own = signature(&signed);
    draft.response(&signed.replace(&own, &template(&own)))
}

const EXC: &str = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";

#[test]
fn the_template_helper_gives_an_acceptable_signature_when_nothing_is_changed() {
    accept_xml(&resigned(&str::to_owned), &expectation()).unwrap();
    let with_prefixes = EXC.replace(
        "/>",
        "><ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"xs\"/></ds:Transform>",
    );
    accept_xml(&resigned(&|s| s.replace(EXC, &with_prefixes)), &expectation()).unwrap();
}

#[test]
fn weak_signature_and_digest_algorithms_are_refused() {
    for algorithm in [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "",
    ] {
        let xml = altered(&|s| s.replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", algorithm));
        refused(algorithm, &xml, Check::SignatureAlgorithm);
    }
    for digest in [
        "http://www.w3.org/2000/09/xmldsig#sha1",
        "http://www.w3.org/2001/04/xmldsig-more#md5",
    ] {
        let xml = altered(&|s| s.replace("http://www.w3.org/2001/04/xmlenc#sha256", digest));
        refused(digest, &xml, Check::DigestAlgorithm);
    }
    let truncated = altered(&|s| {
        s.replace(
            "#rsa-sha256\"/>",
            "#rsa-sha256\"><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>",
        )
    });
    refused("HMACOutputLength", &truncated, Check::SignatureAlgorithm);
}

/// HMAC with anything that everybody knows as its key, in case the certificate were taken for a secret.
#[test]
fn hmac_with_the_certificate_as_secret_is_refused() {
    use aws_lc_rs::hmac;
    let der = IDP.key.certificate().to_vec();
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD.encode(&der)
    );
    for secret in [der.as_slice(), pem.as_bytes(), &[]] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), b"whatever");
        let xml = altered(&|s| {
            let value = element(s, "ds:SignatureValue").to_owned();
            s.replace("rsa-sha256", "hmac-sha256").replace(
                &value,
                &format!("<ds:SignatureValue>{}</ds:SignatureValue>", STANDARD.encode(tag)),
            )
        });
        refused("HMAC", &xml, Check::SignatureAlgorithm);
    }
}

#[test]
fn other_canonicalizations_are_refused_even_under_the_real_key() {
    const METHOD: &str = "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    for algorithm in [
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
    ] {
        let method = format!("<ds:CanonicalizationMethod Algorithm=\"{algorithm}\"/>");
        refused(
            algorithm,
            &resigned(&|s| s.replace(METHOD, &method)),
            Check::Canonicalization,
        );
        let transform = format!("<ds:Transform Algorithm=\"{algorithm}\"/>");
        refused(algorithm, &resigned(&|s| s.replace(EXC, &transform)), Check::Transforms);
    }
}

#[test]
fn other_transforms_are_refused_even_under_the_real_key() {
    refused(
        "no canonicalization",
        &resigned(&|s| s.replace(EXC, "")),
        Check::Transforms,
    );
    let enveloped = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
    refused(
        "canonicalized twice",
        &altered(&|s| s.replace(enveloped, EXC)),
        Check::Transforms,
    );
    refused(
        "not enveloped",
        &altered(&|s| s.replace(enveloped, "")),
        Check::Transforms,
    );
    refused(
        "other order",
        &altered(&|s| s.replace(&format!("{enveloped}{EXC}"), &format!("{EXC}{enveloped}"))),
        Check::Transforms,
    );
    for (name, transform) in [
        (
            "XPath",
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>false()</ds:XPath></ds:Transform>",
        ),
        (
            "XPath filter 2",
            "<ds:Transform Algorithm=\"http://www.w3.org/2002/06/xmldsig-filter2\"><f:XPath \
             xmlns:f=\"http://www.w3.org/2002/06/xmldsig-filter2\" Filter=\"subtract\">//*</f:XPath></ds:Transform>",
        ),
        (
            "XSLT",
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><x:stylesheet \
             xmlns:x=\"http://www.w3.org/1999/XSL/Transform\"/></ds:Transform>",
        ),
        (
            "Base64",
            "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\"/>",
        ),
    ] {
        let extra = format!("{transform}{EXC}");
        refused(name, &altered(&|s| s.replace(EXC, &extra)), Check::Transforms);
        let inside = EXC.replace("/>", ">") + transform + "</ds:Transform>";
        refused(name, &altered(&|s| s.replace(EXC, &inside)), Check::Transforms);
    }
}

#[test]
fn references_to_anything_but_the_parent_are_refused() {
    let uri = "URI=\"#_assertion-legit\"";
    for other in [
        "URI=\"\"",
        "URI=\"#xpointer(/)\"",
        "URI=\"#xpointer(id('_assertion-legit'))\"",
        "URI=\"file:///etc/passwd\"",
        "URI=\"http://127.0.0.1:9/x\"",
        "URI=\"Cargo.toml\"",
        "URI=\"cid:part1\"",
        "URI=\"#_response-legit\"",
        "",
    ] {
        refused(other, &altered(&|s| s.replace(uri, other)), Check::Reference);
    }
    let mut status = Draft::new();
    status.status = status.status.replace("<samlp:Status>", "<samlp:Status ID=\"_status\">");
    let signed = status
        .signed_assertion()
        .replace("URI=\"#_assertion-legit\"", "URI=\"#_status\"");
    refused("Status", &status.response(&signed), Check::Reference);
    let reference = |s: &str| element(s, "ds:Reference").to_owned();
    refused(
        "two references",
        &altered(&|s| s.replace(&reference(s), &reference(s).repeat(2))),
        Check::SignatureShape,
    );
    refused(
        "no reference",
        &altered(&|s| s.replace(&reference(s), "")),
        Check::SignatureShape,
    );
    let manifest = altered(&|s| {
        before_end(
            &s.replace(uri, "URI=\"#_manifest\""),
            "</ds:Signature>",
            &format!(
                "<ds:Object><ds:Manifest Id=\"_manifest\">{}</ds:Manifest></ds:Object>",
                reference(s)
            ),
        )
    });
    refused("manifest", &manifest, Check::SignatureShape);
    refused(
        "attribute of the signature",
        &altered(&|s| s.replacen("<ds:Signature ", "<ds:Signature Target=\"x\" ", 1)),
        Check::SignatureShape,
    );
    refused(
        "attribute of SignedInfo under the real key",
        &resigned(&|s| s.replacen("<ds:SignedInfo>", "<ds:SignedInfo Target=\"x\">", 1)),
        Check::SignatureShape,
    );
    let typed = altered(&|s| {
        s.replace(
            uri,
            &format!("{uri} Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\""),
        )
    });
    refused("typed reference", &typed, Check::SignatureShape);
}

#[test]
fn digest_and_signed_info_cannot_be_doubled_or_commented() {
    let digest = |s: &str| element(s, "ds:DigestValue").to_owned();
    let evil_digest = "<ds:DigestValue>AAAA</ds:DigestValue>";
    let with_comment = |s: &str| digest(s).replace("<ds:DigestValue>", "<ds:DigestValue><!--AAAA-->");
    refused(
        "comment before the digest",
        &altered(&|s| s.replace(&digest(s), &with_comment(s))),
        Check::Content,
    );
    let after = |s: &str| digest(s).replace("</ds:DigestValue>", "<!--AAAA--></ds:DigestValue>");
    refused(
        "comment after the digest",
        &altered(&|s| s.replace(&digest(s), &after(s))),
        Check::Content,
    );
    refused(
        "two digests",
        &altered(&|s| s.replace(&digest(s), &format!("{evil_digest}{}", digest(s)))),
        Check::SignatureShape,
    );
    let info = |s: &str| element(s, "ds:SignedInfo").to_owned();
    let evil_info = |s: &str| info(s).replace(&digest(s), evil_digest);
    refused(
        "two SignedInfo",
        &altered(&|s| s.replace(&info(s), &format!("{}{}", evil_info(s), info(s)))),
        Check::SignatureShape,
    );
    refused(
        "two SignedInfo, other order",
        &altered(&|s| s.replace(&info(s), &format!("{}{}", info(s), evil_info(s)))),
        Check::SignatureShape,
    );
    refused(
        "SignedInfo in an Object",
        &altered(&|s| {
            before_end(
                s,
                "</ds:Signature>",
                &format!("<ds:Object>{}</ds:Object>", evil_info(s)),
            )
        }),
        Check::SignatureShape,
    );
    refused(
        "element in the digest",
        &altered(&|s| {
            s.replace(
                &digest(s),
                &digest(s).replace("</ds:DigestValue>", "<x xmlns=\"\"/></ds:DigestValue>"),
            )
        }),
        Check::Content,
    );
}

/// Exclusive canonicalization leaves unused namespace declarations out of the digest: they must never be read.
#[test]
fn namespace_declarations_are_never_read_as_attributes() {
    let late = wardkey::kernel::Timestamp::from_seconds(NOW.seconds() + 4_000);
    let expected = wardkey::federation::saml::Expectation {
        now: late,
        ..expectation()
    };
    let check = |name: &str, from: &str, to: &str, check: Check| {
        // A response as old as this is refused before its assertion is looked at, so the envelope is fresh and unsigned.
        let old = Draft::new();
        let fresh = Draft::at(&SP, IDP.entity_id, late, "legit", Some(REQUEST));
        let signed = old.signed_assertion();
        let changed = signed.replacen(from, to, 1);
        assert_ne!(signed, changed, "{name}");
        let refusal = accept_xml(&fresh.response(&changed), &expected).unwrap_err();
        assert_eq!(refusal.check, check, "{name}: {refusal}");
    };
    let future = at(9_000);
    check(
        "xmlns:IssueInstant",
        "<saml:Assertion ",
        &format!("<saml:Assertion xmlns:IssueInstant=\"{}\" ", at(4_000)),
        Check::AssertionIssueInstant,
    );
    // In an assertion of the present, each of the others alone.
    let now = |name: &str, draft: &Draft, from: &str, to: &str, check: Check| {
        let signed = draft.signed_assertion();
        let changed = signed.replacen(from, to, 1);
        assert_ne!(signed, changed, "{name}");
        refused(name, &Draft::new().response(&changed), check);
    };
    let data = "<saml:SubjectConfirmationData ";
    let mut expired = Draft::new();
    expired.subject = expired.subject.replace(&at(300), &at(-300));
    now(
        "xmlns:NotOnOrAfter",
        &expired,
        data,
        &format!("{data}xmlns:NotOnOrAfter=\"{future}\" "),
        Check::ConfirmationWindow,
    );
    let mut elsewhere = Draft::new();
    elsewhere.subject = elsewhere.subject.replace(&SP.acs_url, "https://other.example/acs");
    now(
        "xmlns:Recipient",
        &elsewhere,
        data,
        &format!("{data}xmlns:Recipient=\"{}\" ", SP.acs_url),
        Check::Recipient,
    );
    let mut answering = Draft::new();
    answering.subject = answering.subject.replace(REQUEST, "_another");
    now(
        "xmlns:InResponseTo",
        &answering,
        data,
        &format!("{data}xmlns:InResponseTo=\"{REQUEST}\" "),
        Check::ConfirmationInResponseTo,
    );
    let mut method = Draft::new();
    method.subject = method.subject.replace("cm:bearer", "cm:sender-vouches");
    now(
        "xmlns:Method",
        &method,
        "<saml:SubjectConfirmation ",
        "<saml:SubjectConfirmation xmlns:Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\" ",
        Check::SubjectConfirmation,
    );
    let mut ended = Draft::new();
    ended.authn = ended.authn.replace(&at(28_800), &at(-300));
    now(
        "xmlns:SessionNotOnOrAfter",
        &ended,
        "<saml:AuthnStatement ",
        &format!("<saml:AuthnStatement xmlns:SessionNotOnOrAfter=\"{future}\" "),
        Check::SessionExpired,
    );
    // Value is the status code's, in the unsigned envelope; Name and Format change nothing that is read.
    let mut failed = Draft::new();
    failed.status = failed.status.replace(
        "Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"",
        "xmlns:Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\" Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"",
    );
    refused("xmlns:Value", &failed.write(Sign::Assertion), Check::Status);
    let signed = Draft::new().signed_assertion();
    let renamed = signed.replacen("<saml:Attribute ", "<saml:Attribute xmlns:Name=\"role\" ", 1);
    let accepted = accept_xml(&Draft::new().response(&renamed), &expectation()).unwrap();
    assert_eq!(
        accepted.attributes[0].name, "urn:oid:2.5.4.4",
        "xmlns:Name is not the attribute's name"
    );
    let formatted = signed.replacen(
        "<saml:NameID ",
        "<saml:NameID xmlns:Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\" ",
        1,
    );
    let accepted = accept_xml(&Draft::new().response(&formatted), &expectation()).unwrap();
    assert_eq!(accepted.name_id.format, PERSISTENT, "xmlns:Format is not the format");
    let identified = signed.replacen("<saml:Assertion ", "<saml:Assertion xmlns:ID=\"_other\" ", 1);
    let accepted = accept_xml(&Draft::new().response(&identified), &expectation()).unwrap();
    assert_eq!(
        accepted.assertion_id, "_assertion-legit",
        "xmlns:ID is not the identifier"
    );
}
