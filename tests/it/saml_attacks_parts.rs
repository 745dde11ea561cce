//! What there must be one of, twice; and what holds text, holding more. Each is signed by the provider's own key, so that nothing but the
//! rule itself refuses it.

use crate::support::saml_idp::*;
use url::Url;
use wardkey::federation::saml::{
    Check, LogoutExpectation, MessageKind, accept_xml, receive_redirect, redirect_address,
};

#[track_caller]
fn refused(name: &str, xml: &str, check: Check) {
    match accept_xml(xml, &expectation()) {
        Ok(_) => panic!("{name}: accepted"),
        Err(refusal) => assert_eq!(refusal.check, check, "{name}: {refusal}"),
    }
}

/// The first element `name` twice; it may be one without content.
fn doubled(xml: &str, name: &str) -> String {
    let start = xml
        .find(&format!("<{name}>"))
        .or_else(|| xml.find(&format!("<{name} ")))
        .unwrap_or_else(|| panic!("no {name} in {xml}"));
    let tag = start + xml[start..].find('>').unwrap() + 1;
    let part = if xml[start..tag].ends_with("/>") {
        &xml[start..tag]
    } else {
        element(&xml[start..], name)
    };
    xml.replacen(part, &part.repeat(2), 1)
}

#[test]
fn every_part_of_an_assertion_that_there_is_one_of_is_refused_twice() {
    for (name, check) in [
        ("saml:Issuer", Check::AssertionIssuer),
        ("saml:Subject", Check::Subject),
        ("saml:NameID", Check::NameId),
        ("saml:SubjectConfirmation", Check::SubjectConfirmation),
        ("saml:SubjectConfirmationData", Check::SubjectConfirmation),
        ("saml:Conditions", Check::Conditions),
        ("saml:AuthnContext", Check::AuthnStatement),
        ("saml:AuthnContextClassRef", Check::AuthnStatement),
    ] {
        let draft = Draft::new();
        let assertion = IDP.sign(&doubled(&draft.assertion(), name), &draft.assertion_id);
        refused(name, &draft.response(&assertion), check);
    }
    let mut draft = Draft::new();
    draft.status = doubled(&draft.status, "samlp:StatusCode");
    refused("samlp:StatusCode", &draft.write(Sign::Both), Check::Status);
}

#[test]
fn what_holds_text_holds_nothing_else() {
    for (name, check) in [
        ("saml:Issuer", Check::AssertionIssuer),
        ("saml:NameID", Check::NameId),
        ("saml:Audience", Check::Audience),
        ("saml:AuthnContextClassRef", Check::AuthnStatement),
    ] {
        let draft = Draft::new();
        let assertion = draft.assertion();
        // An empty element between two halves of the text would be no text beside an element to every reader.
        let part = element(&assertion, name);
        let inside = part.find('>').unwrap() + 1;
        let changed = format!("{}<saml:x/>{}", &part[..inside], &part[part.len() - name.len() - 3..]);
        let assertion = IDP.sign(&assertion.replacen(part, &changed, 1), &draft.assertion_id);
        refused(name, &draft.response(&assertion), check);
    }
    let mut draft = Draft::new();
    draft.response_issuer = draft.response_issuer.replace(IDP.entity_id, "<saml:x/>");
    refused("the response's issuer", &draft.write(Sign::Both), Check::Issuer);
    let mut draft = Draft::new();
    draft.attributes = draft
        .attributes
        .replacen(">legit<", "><saml:NameID><saml:x/></saml:NameID><", 1);
    refused("a NameID as a value", &draft.write(Sign::Both), Check::Attributes);
}

/// Before any key is used, so the signature itself need not be good.
#[test]
fn every_part_of_a_signature_that_there_is_one_of_is_refused_twice() {
    let signed = Draft::new().write(Sign::Assertion);
    for name in [
        "ds:SignedInfo",
        "ds:CanonicalizationMethod",
        "ds:SignatureMethod",
        "ds:Reference",
        "ds:Transforms",
        "ds:DigestMethod",
        "ds:DigestValue",
        "ds:SignatureValue",
        "ds:KeyInfo",
    ] {
        refused(name, &doubled(&signed, name), Check::SignatureShape);
    }
    for name in ["ds:DigestValue", "ds:SignatureValue"] {
        let part = element(&signed, name);
        let nested = format!("<{name}><ds:x/></{name}>");
        refused(name, &signed.replacen(part, &nested, 1), Check::SignatureShape);
    }
}

#[test]
fn every_part_of_a_ciphertext_that_there_is_one_of_is_refused_twice() {
    let draft = Draft::new();
    let good = encrypted(&draft.signed_assertion(), GCM);
    for name in ["xenc:EncryptionMethod", "xenc:CipherData", "xenc:CipherValue"] {
        // Of the content key, and of the content.
        refused(name, &draft.response(&doubled(&good, name)), Check::EncryptionShape);
        let at = good.rfind(&format!("<{name}")).unwrap();
        let last = format!("{}{}", &good[..at], doubled(&good[at..], name));
        refused(name, &draft.response(&last), Check::EncryptionShape);
    }
    let data = doubled(&good, "xenc:EncryptedData");
    let key = element(&good, "xenc:EncryptedKey");
    let at = data.rfind(key).unwrap();
    let one_key = format!("{}{}", &data[..at], &data[at + key.len()..]);
    refused("two EncryptedData", &draft.response(&one_key), Check::EncryptionShape);
    let info = format!(
        "{}<ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>",
        element(&good, "ds:KeyInfo")
    );
    let two = good.replacen(element(&good, "ds:KeyInfo"), &info, 1);
    refused("two KeyInfo", &draft.response(&two), Check::EncryptionShape);
    let nested = element(&good, "xenc:CipherValue");
    let nested = good.replacen(nested, "<xenc:CipherValue><xenc:x/></xenc:CipherValue>", 1);
    refused("more than text", &draft.response(&nested), Check::EncryptionShape);
    let parameters = encrypted(&draft.signed_assertion(), OAEP_SHA256);
    for name in ["ds:DigestMethod", "x11:MGF"] {
        refused(
            name,
            &draft.response(&doubled(&parameters, name)),
            Check::EncryptionAlgorithm,
        );
    }
}

#[test]
fn every_part_of_a_logout_message_that_there_is_one_of_is_refused_twice() {
    let expected = LogoutExpectation {
        sp: &SP,
        idp_entity_id: IDP.entity_id,
        keys: &KEYS,
        decryption: std::slice::from_ref(&OURS.key),
        skew: std::time::Duration::from_mins(1),
        now: NOW,
    };
    let head = |name: &str| {
        format!(
            "<samlp:{name} xmlns:samlp=\"{PROTOCOL}\" xmlns:saml=\"{ASSERTION}\" ID=\"_l\" Version=\"2.0\" IssueInstant=\"{}\" \
             Destination=\"{}\" InResponseTo=\"_ours\"><saml:Issuer>{}</saml:Issuer>",
            at(-1),
            SP.slo_url,
            IDP.entity_id
        )
    };
    let request = format!(
        "{}<saml:NameID>legit</saml:NameID><samlp:SessionIndex>s</samlp:SessionIndex></samlp:LogoutRequest>",
        head("LogoutRequest")
    );
    let response = format!(
        "{}<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>\
         </samlp:LogoutResponse>",
        head("LogoutResponse")
    );
    let outcome = |kind: MessageKind, xml: &str| {
        let endpoint = Url::parse(&SP.slo_url).unwrap();
        let address = redirect_address(&endpoint, kind, xml, None, Some(&IDP.key)).unwrap();
        receive_redirect(address.query().unwrap(), &expected)
            .map_err(|refusal| refusal.check)
            .map(drop)
    };
    assert_eq!(outcome(MessageKind::Request, &request), Ok(()));
    assert_eq!(outcome(MessageKind::Response, &response), Ok(()));
    for (name, check) in [("saml:Issuer", Check::Issuer), ("saml:NameID", Check::NameId)] {
        assert_eq!(
            outcome(MessageKind::Request, &doubled(&request, name)),
            Err(check),
            "{name}"
        );
    }
    for (name, check) in [
        ("saml:Issuer", Check::Issuer),
        ("samlp:Status", Check::Status),
        ("samlp:StatusCode", Check::Status),
    ] {
        assert_eq!(
            outcome(MessageKind::Response, &doubled(&response, name)),
            Err(check),
            "{name}"
        );
    }
    for instant in ["", " IssueInstant=\"yesterday\""] {
        let own = format!(" IssueInstant=\"{}\"", at(-1));
        let unsaid = request.replace(&own, instant);
        assert_eq!(
            outcome(MessageKind::Request, &unsaid),
            Err(Check::IssueInstant),
            "{instant}"
        );
    }
    let nested = request.replace(">s<", "><samlp:x/><");
    assert_eq!(outcome(MessageKind::Request, &nested), Err(Check::LogoutRequest));
    for id in ["", "ID with space", "1st", "a:b"] {
        let named = request.replace("ID=\"_l\"", &format!("ID=\"{id}\""));
        assert_eq!(outcome(MessageKind::Request, &named), Err(Check::Id), "{id}");
    }
}

#[test]
fn a_certificate_in_metadata_holds_nothing_but_text() {
    let metadata = IDP.metadata("https://idp.example/sso", None, &[IDP.key.certificate()]);
    let certificate = element(&metadata, "ds:X509Certificate");
    let nested = metadata.replacen(certificate, "<ds:X509Certificate><ds:x/></ds:X509Certificate>", 1);
    let refusal = wardkey::federation::saml::IdpMetadata::parse(&nested, None, None, NOW).unwrap_err();
    assert_eq!(refusal.check, Check::Metadata);
}
