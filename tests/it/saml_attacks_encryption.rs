//! Attacks on encrypted assertions. Anyone can encrypt to us, so encryption proves nothing.
#![allow(
    clippy::format_collect,
    clippy::format_push_string,
    clippy::semicolon_if_nothing_returned,
    reason = "forging text is what these tests do; speed is no concern"
)]

use crate::support::saml_idp::*;
use wardkey::federation::saml::{Check, accept_xml};

#[track_caller]
fn refused(name: &str, xml: &str, check: Check) {
    match accept_xml(xml, &expectation()) {
        Ok(accepted) => panic!("{name}: accepted as {}", accepted.name_id.value),
        Err(refusal) => assert_eq!(refusal.check, check, "{name}: {refusal}"),
    }
}

fn evil() -> Draft {
    Draft::for_user("evil", Some(REQUEST))
}

#[test]
fn an_encrypted_assertion_without_signature_is_refused() {
    let draft = Draft::new();
    refused(
        "unsigned",
        &draft.response(&encrypted(&evil().assertion(), GCM)),
        Check::Unsigned,
    );
    let foreign = OTHER.sign(&evil().assertion(), "_assertion-evil");
    refused(
        "foreign key",
        &draft.response(&encrypted(&foreign, GCM)),
        Check::Signature,
    );
}

#[test]
fn an_encrypted_assertion_beside_another_is_refused() {
    let draft = Draft::new();
    let forged = encrypted(&evil().assertion(), GCM);
    let signed = draft.signed_assertion();
    refused("before", &draft.response(&format!("{forged}{signed}")), Check::Shape);
    refused("behind", &draft.response(&format!("{signed}{forged}")), Check::Shape);
    refused(
        "two encrypted",
        &draft.response(&format!("{forged}{}", encrypted(&signed, GCM))),
        Check::Shape,
    );
    let mut hidden = draft.clone();
    hidden.extensions = format!("<samlp:Extensions>{forged}</samlp:Extensions>");
    refused("in Extensions", &hidden.response(&signed), Check::Shape);
}

#[test]
fn the_plaintext_is_exactly_one_assertion() {
    let draft = Draft::new();
    let signed = draft.signed_assertion();
    let forged = evil().assertion();
    for (name, plaintext, check) in [
        ("two assertions", format!("{forged}{signed}"), Check::Shape),
        (
            "closing the wrapper",
            format!("{signed}</decrypted><decrypted>"),
            Check::Xml,
        ),
        ("a document type", format!("<!DOCTYPE x>{signed}"), Check::Xml),
        ("a response", draft.write(Sign::Assertion), Check::Shape),
        ("text", "legit".to_owned(), Check::Shape),
        ("text beside it", format!("legit{signed}"), Check::Content),
        ("nothing", String::new(), Check::Shape),
        ("a comment", format!("<!-- -->{signed}"), Check::Content),
        ("an encrypted one again", encrypted(&signed, GCM), Check::Shape),
    ] {
        refused(name, &draft.response(&encrypted(&plaintext, GCM)), check);
        let under_a_signature = draft.around(&IDP, &encrypted(&plaintext, GCM), true);
        refused(name, &under_a_signature, check);
    }
}

#[test]
fn wrapping_inside_the_ciphertext_is_refused() {
    let draft = Draft::new();
    let signed = draft.signed_assertion();
    let own = element(&signed, "ds:Signature").to_owned();
    let nested = evil()
        .assertion()
        .replace("</saml:Assertion>", &format!("{signed}</saml:Assertion>"));
    refused("XSW4", &draft.response(&encrypted(&nested, GCM)), Check::Shape);
    let holding = evil()
        .assertion()
        .replacen("</saml:Issuer>", &format!("</saml:Issuer>{own}"), 1);
    refused(
        "with the signature of another",
        &draft.response(&encrypted(&holding, GCM)),
        Check::Reference,
    );
    let mut outside = evil();
    outside.response_id = "_assertion-legit".to_owned();
    let pointing = evil()
        .assertion()
        .replacen("</saml:Issuer>", &format!("</saml:Issuer>{own}"), 1);
    refused(
        "a signature that refers outside",
        &outside.response(&encrypted(&pointing, GCM)),
        Check::Reference,
    );
    let changed = signed.replace(">legit</saml:NameID>", ">evil</saml:NameID>");
    refused(
        "a broken signature inside",
        &draft.response(&encrypted(&changed, GCM)),
        Check::Signature,
    );
    let under_a_signature = draft.around(&IDP, &encrypted(&changed, GCM), true);
    refused("broken inside, whole outside", &under_a_signature, Check::Signature);
}

#[test]
fn weak_key_transport_and_ciphers_are_refused() {
    let good = encrypted(&Draft::new().signed_assertion(), GCM);
    let respond = |assertion: &str| Draft::new().response(assertion);
    for (name, from, to) in [
        ("RSA 1.5", GCM.transport, "http://www.w3.org/2001/04/xmlenc#rsa-1_5"),
        (
            "key agreement",
            GCM.transport,
            "http://www.w3.org/2009/xmlenc11#ECDH-ES",
        ),
        ("3DES", GCM.cipher, "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"),
        ("AES-192", GCM.cipher, "http://www.w3.org/2009/xmlenc11#aes192-gcm"),
        ("no cipher", GCM.cipher, ""),
    ] {
        refused(name, &respond(&good.replace(from, to)), Check::EncryptionAlgorithm);
    }
    let labelled = good.replacen(
        "rsa-oaep-mgf1p\">",
        "rsa-oaep-mgf1p\"><xenc:OAEPparams>AAAA</xenc:OAEPparams>",
        1,
    );
    refused("OAEPparams", &respond(&labelled), Check::EncryptionAlgorithm);
    let mixed = encrypted(&Draft::new().signed_assertion(), OAEP_SHA256).replace("mgf1sha256", "mgf1sha1");
    refused("unequal hashes", &respond(&mixed), Check::EncryptionAlgorithm);
}

#[test]
fn cbc_needs_a_signed_response() {
    let draft = Draft::new();
    let cbc = encrypted(&draft.signed_assertion(), CBC);
    refused("CBC", &draft.response(&cbc), Check::UnauthenticatedCipher);
    accept_xml(&draft.around(&IDP, &cbc, true), &expectation()).unwrap();
}

/// Every change of a ciphertext is refused with one and the same text, whatever broke.
#[test]
fn broken_ciphertexts_are_indistinguishable() {
    let draft = Draft::new();
    let signed = draft.signed_assertion();
    let mut texts = std::collections::BTreeSet::new();
    for with in [GCM, CBC] {
        let (wrapped, content) = ciphertexts(signed.as_bytes(), with);
        let flipped = |bytes: &[u8], at: usize| {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1;
            changed
        };
        let last = content.len() - 1;
        let mut broken = vec![
            (wrapped.clone(), content[..8].to_vec()),
            (wrapped.clone(), Vec::new()),
            (flipped(&wrapped, 20), content.clone()),
            (wrapped[1..].to_vec(), content.clone()),
            (Vec::new(), content.clone()),
        ];
        if with.cipher == GCM.cipher {
            broken.extend([0, 20, last].map(|at| (wrapped.clone(), flipped(&content, at))));
        }
        for (wrapped, content) in broken {
            // Under a response signature, as CBC needs it: the ciphertext is the provider's, and still broken.
            let response = draft.around(&IDP, &encrypted_from(&wrapped, &content, with), true);
            let refusal = accept_xml(&response, &expectation()).unwrap_err();
            assert_eq!(refusal.check, Check::Decryption);
            texts.insert(refusal.to_string());
        }
    }
    assert_eq!(texts.len(), 1, "{texts:?}");
    // A content key of the wrong length for the cipher.
    let (wrapped, _) = ciphertexts(signed.as_bytes(), CBC);
    let (_, content) = ciphertexts(signed.as_bytes(), GCM);
    let response = draft.around(&IDP, &encrypted_from(&wrapped, &content, GCM), true);
    refused("short content key", &response, Check::Decryption);
    // Encrypted to somebody else.
    let keys = [OTHER.key.clone()];
    let expected = wardkey::federation::saml::Expectation {
        decryption: &keys,
        ..expectation()
    };
    let response = draft.around(&IDP, &encrypted(&signed, GCM), true);
    assert_eq!(accept_xml(&response, &expected).unwrap_err().check, Check::Decryption);
}

#[test]
fn the_shape_of_an_encrypted_assertion_is_fixed() {
    let draft = Draft::new();
    let good = encrypted(&draft.signed_assertion(), GCM);
    let key = element(&good, "xenc:EncryptedKey").to_owned();
    let respond = |assertion: &str| draft.response(assertion);
    refused(
        "200 keys",
        &respond(&good.replace(&key, &key.repeat(200))),
        Check::EncryptionShape,
    );
    refused(
        "KeyName only",
        &respond(&good.replace(&key, "<ds:KeyName>sp</ds:KeyName>")),
        Check::EncryptionShape,
    );
    let values: Vec<&str> = good
        .match_indices("<xenc:CipherValue>")
        .map(|(at, _)| &good[at..])
        .collect();
    let content = &values[1][..values[1].find("</xenc:CipherValue>").unwrap() + "</xenc:CipherValue>".len()];
    refused(
        "CipherReference",
        &respond(&good.replace(content, "<xenc:CipherReference URI=\"http://127.0.0.1:9/c\"/>")),
        Check::EncryptionShape,
    );
    refused(
        "CipherReference beside a value",
        &respond(&good.replace(
            content,
            &format!("{content}<xenc:CipherReference URI=\"http://127.0.0.1:9/c\"/>"),
        )),
        Check::EncryptionShape,
    );
    let moved = good.replace(&key, &format!("<ds:Other>{key}</ds:Other>"));
    refused("key in another place", &respond(&moved), Check::EncryptionShape);
    refused(
        "something beside the data",
        &respond(&good.replace(
            "<xenc:EncryptedData ",
            "<saml:Issuer>x</saml:Issuer><xenc:EncryptedData ",
        )),
        Check::EncryptionShape,
    );
    let beside = good.replace(&key, "").replace(
        "</xenc:EncryptedData>",
        &format!(
            "</xenc:EncryptedData>{}",
            key.replace(
                "<xenc:EncryptedKey>",
                "<xenc:EncryptedKey xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"
            )
        ),
    );
    accept_xml(&respond(&beside), &expectation()).unwrap();
}

#[test]
fn a_ciphertext_exchanged_under_a_signed_response_is_refused() {
    let draft = Draft::new();
    let response = draft.around(&IDP, &encrypted(&draft.signed_assertion(), GCM), true);
    let other = encrypted(&evil().assertion(), GCM);
    let exchanged = response.replace(element(&response, "saml:EncryptedAssertion"), &other);
    refused("exchanged", &exchanged, Check::Signature);
}

/// `Subject` with an encrypted name instead of a plain one.
fn with_encrypted_name(plaintext: &str, with: Encryption) -> Draft {
    let mut draft = Draft::new();
    let encrypted = encrypted(plaintext, with).replace("EncryptedAssertion", "EncryptedID");
    let plain = element(&draft.subject, "saml:NameID").to_owned();
    draft.subject = draft.subject.replace(&plain, &encrypted);
    draft
}

fn name(value: &str) -> String {
    format!("<saml:NameID Format=\"{PERSISTENT}\">{value}</saml:NameID>")
}

#[test]
fn an_encrypted_name_is_read_where_its_ciphertext_is_signed() {
    for with in [GCM, CBC, OAEP_SHA256] {
        let draft = with_encrypted_name(&name("legit"), with);
        for sign in [Sign::Assertion, Sign::Response, Sign::Both] {
            let accepted = accept_xml(&draft.write(sign), &expectation()).unwrap();
            assert_eq!(accepted.name_id.value, "legit");
            assert_eq!(accepted.name_id.format, PERSISTENT);
        }
    }
}

#[test]
fn an_encrypted_name_is_exactly_one_name() {
    for (case, plaintext, check) in [
        ("two", name("evil") + &name("legit"), Check::NameId),
        ("text", "evil".to_owned(), Check::NameId),
        ("nothing", String::new(), Check::NameId),
        ("an assertion", evil().assertion(), Check::NameId),
        ("no namespace", "<NameID>evil</NameID>".to_owned(), Check::NameId),
        ("a comment inside", name("evil<!---->.test"), Check::Content),
        (
            "closing the wrapper",
            format!("{}</decrypted><decrypted>", name("evil")),
            Check::Xml,
        ),
        ("a document type", "<!DOCTYPE x><x/>".to_owned(), Check::Xml),
    ] {
        refused(case, &with_encrypted_name(&plaintext, GCM).write(Sign::Both), check);
    }
}

#[test]
fn an_encrypted_name_that_was_exchanged_breaks_the_signature() {
    let good = with_encrypted_name(&name("legit"), GCM).write(Sign::Both);
    let forged = encrypted(&name("evil"), GCM).replace("EncryptedAssertion", "EncryptedID");
    let swapped = good.replace(element(&good, "saml:EncryptedID"), &forged);
    assert_ne!(swapped, good);
    refused("exchanged", &swapped, Check::Signature);
    let mut beside = with_encrypted_name(&name("evil"), GCM);
    beside.subject = beside
        .subject
        .replace("<saml:EncryptedID>", &format!("{}<saml:EncryptedID>", name("legit")));
    refused("beside a plain one", &beside.write(Sign::Both), Check::NameId);
    let mut two = with_encrypted_name(&name("legit"), GCM);
    let own = element(&two.subject, "saml:EncryptedID").to_owned();
    two.subject = two.subject.replace(&own, &own.repeat(2));
    refused("two of them", &two.write(Sign::Both), Check::NameId);
}

#[test]
fn an_encrypted_name_with_weak_algorithms_or_a_reference_is_refused() {
    let good = with_encrypted_name(&name("legit"), GCM);
    for (case, from, to, check) in [
        (
            "RSA 1.5",
            "xmlenc#rsa-oaep-mgf1p",
            "xmlenc#rsa-1_5",
            Check::EncryptionAlgorithm,
        ),
        (
            "3DES",
            "2009/xmlenc11#aes256-gcm",
            "2001/04/xmlenc#tripledes-cbc",
            Check::EncryptionAlgorithm,
        ),
    ] {
        let mut draft = good.clone();
        draft.subject = draft.subject.replace(from, to);
        assert_ne!(draft.subject, good.subject, "{case}");
        refused(case, &draft.write(Sign::Both), check);
    }
    let mut referring = good.clone();
    referring.subject = referring.subject.replace(
        "<xenc:CipherValue>",
        "<xenc:CipherReference URI=\"http://evil.test/\"/><xenc:CipherValue>",
    );
    refused("a reference", &referring.write(Sign::Both), Check::EncryptionShape);
}
