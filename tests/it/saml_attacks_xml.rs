//! Attacks on how XML is read: text, document types, namespaces, encodings, exhaustion.
#![allow(
    clippy::format_collect,
    clippy::format_push_string,
    clippy::semicolon_if_nothing_returned,
    reason = "forging text is what these tests do; speed is no concern"
)]

use crate::saml_accepts::base64_of;
use crate::support::saml_idp::*;
use wardkey::federation::saml::{Check, accept, accept_xml};

#[track_caller]
fn refused(name: &str, xml: &str, check: Check) {
    match accept_xml(xml, &expectation()) {
        Ok(accepted) => panic!("{name}: accepted as {}", accepted.name_id.value),
        Err(refusal) => assert_eq!(refusal.check, check, "{name}: {refusal}"),
    }
}

fn genuine() -> String {
    Draft::new().write(Sign::Assertion)
}

#[test]
fn text_is_read_whole_or_not_at_all() {
    let mut draft = Draft::new();
    draft.subject = draft.subject.replace(">legit<", ">evil.hospital.example<");
    let signed = draft.write(Sign::Assertion);
    accept_xml(&signed, &expectation()).unwrap();
    for broken in [
        "evil<!---->.hospital.example",
        "evil<?x?>.hospital.example",
        "<![CDATA[evil]]>.hospital.example",
    ] {
        refused(broken, &signed.replace("evil.hospital.example", broken), Check::Content);
    }
    let with_element = signed.replace("evil.hospital.example", "evil<x xmlns=\"\"/>.hospital.example");
    refused("element in the NameID", &with_element, Check::Content);
    let only_element = signed.replace("evil.hospital.example", "<x xmlns=\"\">evil.hospital.example</x>");
    refused("NameID within an element", &only_element, Check::Signature);
    let referenced = signed.replace("evil.hospital.example", "ev&#105;l.hospital.example");
    let accepted = accept_xml(&referenced, &expectation()).unwrap();
    assert_eq!(accepted.name_id.value, "evil.hospital.example", "the full string");
    for (place, from) in [
        ("attribute", "<saml:AttributeValue>nurse"),
        ("issuer", "<saml:Issuer>https"),
    ] {
        let to = format!("{from}<!---->");
        refused(place, &genuine().replace(from, &to), Check::Content);
    }
    // Signed with the element inside: only the readers are left to refuse it.
    let mut wrapped = Draft::new();
    wrapped.subject = wrapped.subject.replace(">legit<", "><x xmlns=\"urn:x\">legit</x><");
    refused(
        "element in a signed NameID",
        &wrapped.write(Sign::Assertion),
        Check::NameId,
    );
}

#[test]
fn a_document_type_is_refused_in_every_form() {
    let xml = genuine();
    let laughs: String = (1..9)
        .map(|n| format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10)))
        .collect();
    for doctype in [
        "<!DOCTYPE samlp:Response>".to_owned(),
        "<!DOCTYPE samlp:Response [<!ENTITY e \"evil\">]>".to_owned(),
        "<!DOCTYPE samlp:Response [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>".to_owned(),
        "<!DOCTYPE samlp:Response SYSTEM \"http://127.0.0.1:9/x.dtd\">".to_owned(),
        "<!DOCTYPE samlp:Response [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/x\"> %p;]>".to_owned(),
        format!("<!DOCTYPE samlp:Response [<!ENTITY e0 \"ha\">{laughs}]>"),
        format!("<!DOCTYPE samlp:Response [<!ENTITY q \"{}\">]>", "q".repeat(50_000)),
        "<!DOCTYPE samlp:Response [<!ATTLIST saml:Assertion ID CDATA \"_x\">]>".to_owned(),
        "<!DOCTYPE samlp:Response [<!ENTITY a '\">]>--><!--'>]>".to_owned(),
    ] {
        refused(
            &doctype[..40.min(doctype.len())],
            &format!("{doctype}{xml}"),
            Check::Xml,
        );
    }
    refused(
        "undeclared entity",
        &xml.replace(">legit</saml:NameID>", ">&legit;</saml:NameID>"),
        Check::Xml,
    );
}

#[test]
fn elements_are_known_by_their_namespace() {
    let draft = Draft::new();
    let evil = Draft::for_user("evil", Some(REQUEST));
    let signed = draft.signed_assertion();
    for (name, namespace) in [
        ("prefix bound elsewhere", "urn:elsewhere"),
        ("SAML 1", "urn:oasis:names:tc:SAML:1.0:assertion"),
    ] {
        let forged = evil.assertion().replace(ASSERTION, namespace);
        refused(name, &draft.response(&format!("{forged}{signed}")), Check::Shape);
        refused(name, &draft.response(&forged), Check::Shape);
    }
    let bare = evil
        .assertion()
        .replace("saml:", "")
        .replace("xmlns:saml=", "xmlns=")
        .replace(ASSERTION, "");
    refused(
        "no namespace",
        &draft.response(&bare.replace("xmlns=\"\"", "")),
        Check::Shape,
    );
    let response = genuine().replace(PROTOCOL, "urn:oasis:names:tc:SAML:1.0:protocol");
    refused("Response in another namespace", &response, Check::Root);
    refused(
        "unbound prefix",
        &genuine().replace("<saml:Subject>", "<unbound:Subject>"),
        Check::Xml,
    );
    let unbound = genuine().replacen("<saml:NameID ", "<saml:NameID u:x=\"1\" ", 1);
    refused("unbound attribute prefix", &unbound, Check::Xml);
}

#[test]
fn attributes_with_a_prefix_are_not_those_without() {
    let mut failed = Draft::new();
    failed.status = failed.status.replace(
        "Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"",
        "xmlns:x=\"urn:x\" x:Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"",
    );
    refused("x:Value", &failed.write(Sign::Assertion), Check::Status);
    let mut unsolicited = Draft::for_user("legit", None);
    unsolicited
        .response_attributes
        .push_str(&format!(" xmlns:x=\"urn:x\" x:InResponseTo=\"{REQUEST}\""));
    refused(
        "x:InResponseTo",
        &unsolicited.write(Sign::Assertion),
        Check::InResponseTo,
    );
    let mut beside = Draft::new();
    beside
        .response_attributes
        .push_str(" xmlns:x=\"urn:x\" x:Destination=\"https://elsewhere.example\" x:InResponseTo=\"_other\"");
    accept_xml(&beside.write(Sign::Assertion), &expectation()).unwrap();
}

#[test]
fn odd_encodings_and_broken_documents_are_refused() {
    let xml = genuine();
    refused(
        "NUL",
        &xml.replace(">legit</saml:NameID>", ">le\u{0}git</saml:NameID>"),
        Check::Xml,
    );
    refused(
        "&#0;",
        &xml.replace(">legit</saml:NameID>", ">le&#0;git</saml:NameID>"),
        Check::Xml,
    );
    for (declaration, check) in [
        ("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>", Check::Encoding),
        ("<?xml version=\"1.0\" encoding=\"UTF-7\"?>", Check::Encoding),
        ("<?xml version=\"1.0\" encoding=\"UTF-16\"?>", Check::Encoding),
    ] {
        refused(declaration, &format!("{declaration}{xml}"), check);
    }
    let outcome = accept_xml(&format!("<?xml version=\"1.1\"?>{xml}"), &expectation()).unwrap_err();
    assert!(matches!(outcome.check, Check::Xml | Check::Encoding), "{outcome}");
    accept_xml(
        &format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{xml}"),
        &expectation(),
    )
    .unwrap();
    refused("two roots", &xml.repeat(2), Check::Xml);
    refused("trailing text", &format!("{xml}x"), Check::Xml);
    refused("trailing comment", &format!("{xml}<!-- -->"), Check::Content);
    refused(
        "attribute twice",
        &xml.replacen("Version=\"2.0\"", "Version=\"2.0\" Version=\"2.0\"", 1),
        Check::Xml,
    );
    let by_namespace = xml.replacen(
        "<saml:Subject>",
        "<saml:Subject xmlns:a=\"urn:a\" xmlns:b=\"urn:a\" a:x=\"1\" b:x=\"2\">",
        1,
    );
    refused("attribute twice by namespace", &by_namespace, Check::Xml);
    let odd_comment = accept_xml(
        &xml.replacen("<saml:Subject>", "<!--><saml:Subject>", 1),
        &expectation(),
    )
    .unwrap_err();
    assert!(matches!(odd_comment.check, Check::Xml | Check::Content));
    refused(
        "stylesheet",
        &format!("<?xml-stylesheet href=\"x\"?>{xml}"),
        Check::Content,
    );
    let hidden = xml.replacen("<samlp:Status>", "<![CDATA[<saml:Assertion/>]]><samlp:Status>", 1);
    refused("assertion in CDATA", &hidden, Check::Content);
    let hidden = xml.replacen("<samlp:Status>", "<!--<saml:Assertion/>--><samlp:Status>", 1);
    refused("assertion in a comment", &hidden, Check::Content);
    for (name, from, to) in [
        ("attribute :x", "<saml:Subject>", "<saml:Subject :x=\"1\">"),
        ("element :x", "<samlp:Status>", "<:x/><samlp:Status>"),
    ] {
        refused(name, &xml.replacen(from, to, 1), Check::Names);
    }
    refused(
        "text in the response",
        &xml.replacen("<samlp:Status>", "text<samlp:Status>", 1),
        Check::Content,
    );
}

#[track_caller]
fn parameter_refused(name: &str, parameter: &str, check: Check) {
    let refusal = accept(parameter, &expectation()).unwrap_err();
    assert_eq!(refusal.check, check, "{name}: {refusal}");
}

#[test]
fn the_parameter_is_standard_base64_of_utf8() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
    use flate2::Compression;
    use flate2::read::DeflateEncoder;
    use std::io::Read as _;
    let xml = genuine();
    let good = base64_of(&xml);
    accept(&good, &expectation()).unwrap();
    parameter_refused("empty", "", Check::Parameters);
    parameter_refused("garbage inside", &good.replacen('A', "A*", 1), Check::Base64);
    parameter_refused("trailing data", &format!("{good}===="), Check::Base64);
    parameter_refused("twice", &base64_of(&good), Check::Xml);
    parameter_refused("raw XML", &xml, Check::Base64);
    let mut deflated = Vec::new();
    DeflateEncoder::new(xml.as_bytes(), Compression::default())
        .read_to_end(&mut deflated)
        .unwrap();
    parameter_refused("deflated", &STANDARD.encode(deflated), Check::Encoding);
    // Chosen: neither the alphabet of URLs nor missing padding; the binding names neither.
    let padded = format!("{xml} ");
    let padded = if padded.len().is_multiple_of(3) {
        format!("{padded} ")
    } else {
        padded
    };
    parameter_refused("unpadded", &STANDARD_NO_PAD.encode(&padded), Check::Base64);
    let url_safe = URL_SAFE.encode(xml.replace("legit", "legit??>>~~"));
    assert!(url_safe.contains(['-', '_']));
    parameter_refused("URL-safe", &url_safe, Check::Base64);
    let mut bytes = xml.clone().into_bytes();
    bytes.splice(10..10, [0xff, 0xfe]);
    parameter_refused("invalid UTF-8", &STANDARD.encode(&bytes), Check::Encoding);
    let overlong = [xml.as_bytes(), &[0xc0, 0xbc]].concat();
    parameter_refused("overlong UTF-8", &STANDARD.encode(overlong), Check::Encoding);
    let utf16: Vec<u8> = xml.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let refusal = accept(&STANDARD.encode(utf16), &expectation()).unwrap_err();
    assert!(matches!(refusal.check, Check::Encoding | Check::Xml));
    parameter_refused("too long", &"A".repeat(400_000), Check::Size);
    let blanks = format!("{good}{}", " ".repeat(400_000));
    parameter_refused("a good one with 400,000 blanks", &blanks, Check::Size);
}

/// Nobody who holds no key can make the server work for long: each of these is refused at once. That each ends is what is
/// tested here; how fast is measured by the bench.
#[test]
fn exhaustion_is_refused_by_size_and_number() {
    let xml = genuine();
    let insert = |inserted: &str| xml.replacen("<samlp:Status>", &format!("{inserted}<samlp:Status>"), 1);
    refused("10 MB of text", &insert(&"x".repeat(10_000_000)), Check::Size);
    refused(
        "depth 5,000",
        &insert(&("<a>".repeat(5_000) + &"</a>".repeat(5_000))),
        Check::Xml,
    );
    refused("depth 60,000", &insert(&"<a>".repeat(60_000)), Check::Limits);
    refused("many elements", &insert(&"<a/>".repeat(50_000)), Check::Limits);
    refused("5,000 elements", &insert(&"<a/>".repeat(5_000)), Check::Limits);
    let attributes: String = (0..10_000).map(|n| format!(" a{n}=\"\"")).collect();
    refused(
        "10,000 attributes",
        &insert(&format!("<a{attributes}/>")),
        Check::Limits,
    );
    let namespaces: String = (0..8_000).map(|n| format!(" xmlns:n{n}=\"urn:{n}\"")).collect();
    refused("8,000 namespaces", &insert(&format!("<a{namespaces}/>")), Check::Limits);
    let signature = element(&xml, "ds:Signature").to_owned();
    refused("60 signatures", &insert(&signature.repeat(60)), Check::Shape);
    let reference = element(&signature, "ds:Reference").to_owned();
    let many = xml.replace(&reference, &reference.repeat(300));
    refused("300 references", &many, Check::SignatureShape);
    let transform = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    refused(
        "1,000 transforms",
        &xml.replace(transform, &transform.repeat(1_000)),
        Check::Transforms,
    );
    let prefixes = vec!["p"; 50_000].join(" ");
    let listed = transform.replace(
        "/>",
        &format!(
            "><ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"{prefixes}\"/></ds:Transform>"
        ),
    );
    refused("50,000 prefixes", &xml.replace(transform, &listed), Check::Transforms);
}
