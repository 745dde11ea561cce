//! Logout messages and metadata that must not be believed.
#![allow(
    clippy::format_collect,
    clippy::format_push_string,
    clippy::semicolon_if_nothing_returned,
    reason = "forging text is what these tests do; speed is no concern"
)]

use crate::saml_accepts::base64_of;
use crate::support::saml_idp::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::time::Duration;
use url::Url;
use wardkey::federation::saml::{
    Check, IdpMetadata, LogoutExpectation, LogoutMessage, MessageKind, TrustedKeys, receive_post, receive_redirect,
    redirect_address, sign_enveloped,
};

fn expected() -> LogoutExpectation<'static> {
    LogoutExpectation {
        sp: &SP,
        idp_entity_id: IDP.entity_id,
        keys: &KEYS,
        decryption: std::slice::from_ref(&OURS.key),
        skew: Duration::from_mins(1),
        now: NOW,
    }
}

fn request() -> String {
    format!(
        "<samlp:LogoutRequest xmlns:samlp=\"{PROTOCOL}\" xmlns:saml=\"{ASSERTION}\" ID=\"_logout\" Version=\"2.0\" \
         IssueInstant=\"{}\" NotOnOrAfter=\"{}\" Destination=\"{}\"><saml:Issuer>{}</saml:Issuer><saml:NameID \
         Format=\"{PERSISTENT}\">legit</saml:NameID><samlp:SessionIndex>session-legit</samlp:SessionIndex>\
         </samlp:LogoutRequest>",
        at(-1),
        at(300),
        SP.slo_url,
        IDP.entity_id
    )
}

fn response() -> String {
    format!(
        "<samlp:LogoutResponse xmlns:samlp=\"{PROTOCOL}\" xmlns:saml=\"{ASSERTION}\" ID=\"_answer\" Version=\"2.0\" \
         IssueInstant=\"{}\" Destination=\"{}\" InResponseTo=\"_ours\"><saml:Issuer>{}</saml:Issuer><samlp:Status>\
         <samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status></samlp:LogoutResponse>",
        at(-1),
        SP.slo_url,
        IDP.entity_id
    )
}

fn query_by(idp: &Idp, kind: MessageKind, xml: &str, relay: Option<&str>) -> String {
    let endpoint = Url::parse(&SP.slo_url).unwrap();
    let address = redirect_address(&endpoint, kind, xml, relay, Some(&idp.key)).unwrap();
    address.query().unwrap().to_owned()
}

fn query(xml: &str) -> String {
    query_by(&IDP, MessageKind::Request, xml, Some("state"))
}

#[track_caller]
fn refused(name: &str, query: &str, check: Check) {
    match receive_redirect(query, &expected()) {
        Ok(_) => panic!("{name}: accepted"),
        Err(refusal) => assert_eq!(refusal.check, check, "{name}: {refusal}"),
    }
}

/// Percent-encoding again in lower case, signed over those bytes: senders differ, and the signature is over what they sent.
fn lower_case(query: &str) -> String {
    let (message, _) = query.rsplit_once("&Signature=").unwrap();
    let lower = message
        .split('%')
        .enumerate()
        .map(|(n, part)| match n {
            0 => part.to_owned(),
            _ => format!("%{}{}", part[..2].to_lowercase(), &part[2..]),
        })
        .collect::<String>();
    let signature = STANDARD.encode(IDP.key.sign(lower.as_bytes()).unwrap());
    let encoded: String = url::form_urlencoded::byte_serialize(signature.as_bytes()).collect();
    format!("{lower}&Signature={encoded}")
}

#[test]
fn a_genuine_request_is_read_whichever_way_it_was_encoded() {
    let good = query(&request());
    for query in [
        good.clone(),
        lower_case(&good),
        query_by(&IDP, MessageKind::Request, &request(), None),
    ] {
        let received = receive_redirect(&query, &expected()).unwrap();
        let LogoutMessage::Request(request) = received.message else {
            panic!("not a request")
        };
        assert_eq!(request.name_id.value, "legit");
        assert_eq!(request.session_indexes, ["session-legit"]);
    }
    let answer = query_by(&IDP, MessageKind::Response, &response(), Some("state"));
    let received = receive_redirect(&answer, &expected()).unwrap();
    assert!(
        matches!(received.message, LogoutMessage::Response(answer) if answer.success && answer.in_response_to == "_ours")
    );
}

#[test]
fn a_message_by_redirect_is_signed_by_the_provider_as_it_stands() {
    let good = query(&request());
    let unsigned = good.rsplit_once("&Signature=").unwrap().0;
    refused("unsigned", unsigned, Check::Unsigned);
    refused("no algorithm", &good.replace("SigAlg=", "Sig="), Check::Unsigned);
    refused(
        "other key",
        &query_by(&OTHER, MessageKind::Request, &request(), Some("state")),
        Check::Signature,
    );
    refused(
        "SHA-1",
        &good
            .replace("rsa-sha256", "rsa-sha1")
            .replace("xmldsig-more", "xmldsig"),
        Check::SignatureAlgorithm,
    );
    refused(
        "other algorithm",
        &good.replace("rsa-sha256", "rsa-sha512"),
        Check::Signature,
    );
    refused(
        "relay state changed",
        &good.replace("RelayState=state", "RelayState=other"),
        Check::Signature,
    );
    refused(
        "relay state removed",
        &good.replace("&RelayState=state", ""),
        Check::Signature,
    );
    let bare = query_by(&IDP, MessageKind::Request, &request(), None);
    refused("relay state added", &format!("{bare}&RelayState=x"), Check::Signature);
    let other = query(&request().replace("legit", "evil"));
    let message = |query: &str| query.split('&').next().unwrap().to_owned();
    refused(
        "message exchanged",
        &good.replace(&message(&good), &message(&other)),
        Check::Signature,
    );
    refused(
        "message twice",
        &format!("{good}&{}", message(&other)),
        Check::Parameters,
    );
    refused("relay state twice", &format!("{good}&RelayState=x"), Check::Parameters);
    refused("signature twice", &format!("{good}&Signature=AAAA"), Check::Parameters);
    refused(
        "name encoded twice",
        &format!("{good}&%53ignature=AAAA"),
        Check::Parameters,
    );
    refused("both messages", &format!("{good}&SAMLResponse=AAAA"), Check::Parameters);
    refused("no message", "RelayState=state", Check::Parameters);
    refused(
        "as the other kind",
        &good.replace("SAMLRequest", "SAMLResponse"),
        Check::Signature,
    );
    refused(
        "other encoding",
        &format!("{good}&SAMLEncoding=urn%3Aother"),
        Check::Parameters,
    );
}

/// Signed with the provider's real key: what is left are the checks of the message itself.
#[test]
fn a_signed_message_is_still_for_us_and_now() {
    for (name, from, to, check) in [
        ("issuer", IDP.entity_id, "https://other.example", Check::Issuer),
        (
            "destination",
            SP.slo_url.as_str(),
            "https://other.example/slo",
            Check::Destination,
        ),
        ("expired", at(300).as_str(), at(-120).as_str(), Check::LogoutRequest),
        ("old", at(-1).as_str(), at(-900).as_str(), Check::IssueInstant),
        ("future", at(-1).as_str(), at(300).as_str(), Check::IssueInstant),
        ("version", "Version=\"2.0\"", "Version=\"1.1\"", Check::Version),
        ("no name", ">legit<", "><", Check::NameId),
        ("no ID", " ID=\"_logout\"", "", Check::Id),
        (
            "document type",
            "<samlp:LogoutRequest",
            "<!DOCTYPE x><samlp:LogoutRequest",
            Check::Xml,
        ),
        ("comment", ">legit<", ">legit<!-- --><", Check::Content),
    ] {
        refused(name, &query(&request().replacen(from, to, 1)), check);
    }
    refused("another message", &query(&response()), Check::Root);
    let unasked = response().replace(" InResponseTo=\"_ours\"", "");
    refused(
        "answers nothing",
        &query_by(&IDP, MessageKind::Response, &unasked, None),
        Check::InResponseTo,
    );
    let inside = IDP.sign(&request(), "_logout");
    refused("a signature inside", &query(&inside), Check::SignaturePlace);
}

fn signed_query(message: &str) -> String {
    let encode = |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let signed = format!(
        "SAMLRequest={}&SigAlg={}",
        encode(message),
        encode("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
    );
    let signature = STANDARD.encode(IDP.key.sign(signed.as_bytes()).unwrap());
    format!("{signed}&Signature={}", encode(&signature))
}

#[test]
fn deflate_is_bounded_and_demanded() {
    use flate2::Compression;
    use flate2::read::DeflateEncoder;
    use std::io::Read as _;
    let mut bomb = Vec::new();
    DeflateEncoder::new(std::io::repeat(b' ').take(50_000_000), Compression::best())
        .read_to_end(&mut bomb)
        .unwrap();
    refused("bomb", &signed_query(&STANDARD.encode(bomb)), Check::Size);
    let plain = accept_error(&signed_query(&base64_of(&request())));
    assert!(
        matches!(plain, Check::Deflate | Check::Xml | Check::Encoding),
        "{plain}"
    );
    refused("not Base64", &signed_query("***"), Check::Base64);
    let padded = format!("{}&other={}", query(&request()), "x".repeat(400_000));
    refused("a good one with a long query", &padded, Check::Size);
}

fn accept_error(query: &str) -> Check {
    receive_redirect(query, &expected()).unwrap_err().check
}

#[test]
fn a_message_by_post_is_signed_by_the_provider_in_the_one_shape() {
    let post = |xml: &str| {
        receive_post(&base64_of(xml), MessageKind::Request, None, &expected())
            .map(drop)
            .map_err(|refusal| refusal.check)
    };
    let good = IDP.sign(&request(), "_logout");
    assert_eq!(post(&good), Ok(()));
    assert_eq!(post(&request()), Err(Check::Unsigned));
    assert_eq!(post(&OTHER.sign(&request(), "_logout")), Err(Check::Signature));
    assert_eq!(post(&good.replace(">legit<", ">evil<")), Err(Check::Signature));
    assert_eq!(
        post(&good.replace("xmldsig-more#rsa-sha256", "xmldsig#rsa-sha1")),
        Err(Check::SignatureAlgorithm)
    );
    let signature = element(&good, "ds:Signature").to_owned();
    let original = good.replace(&signature, "");
    let wrapped = request()
        .replace("_logout", "_evil")
        .replace(">legit<", ">evil<")
        .replacen(
            "</saml:Issuer>",
            &format!("</saml:Issuer>{signature}<samlp:Extensions>{original}</samlp:Extensions>"),
            1,
        );
    assert_eq!(post(&wrapped), Err(Check::Reference));
    let nested = signature.replace(
        "</ds:Signature>",
        &format!("<ds:Object>{original}</ds:Object></ds:Signature>"),
    );
    let wrapped =
        request()
            .replace("_logout", "_evil")
            .replacen("</saml:Issuer>", &format!("</saml:Issuer>{nested}"), 1);
    assert_eq!(post(&wrapped), Err(Check::SignatureShape));
}

// Metadata

fn metadata() -> String {
    IDP.metadata("https://idp.hospital.example/sso", None, &[IDP.key.certificate()])
}

fn parse(xml: &str) -> Result<IdpMetadata, Check> {
    IdpMetadata::parse(xml, Some(IDP.entity_id), None, NOW).map_err(|refusal| refusal.check)
}

/// A certificate of an RSA key of 1024 bits.
const RSA_1024: &str = "\
    MIIB9DCCAV2gAwIBAgIUBRtWjhFOR7pGiNgf8yTeuS8/bCEwDQYJKoZIhvcNAQELBQAwDDEKMAgGA1UEAwwBdzAeFw0yNjExMjExODIxMjdaFw0zNjExMT\
    gxODIxMjdaMAwxCjAIBgNVBAMMAXcwgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBAJ0/5zeJkpYnfePP587DPiMzMnM2b4cyc1SYDco6MvAS3TtZwdmh\
    JmMsVS7wVpr+5cM45N63vHAdBLGQVfj9YFSxLtmKvxP79vpOT5HXgnD7/FpVNqx3WIzcn29ZUuLHYCJ9XHxTJu4JRWayHgLJVfenA3WSq8+4QMBrNYsCjN\
    OFAgMBAAGjUzBRMB0GA1UdDgQWBBRpHqtzqz3nUHrAymtlkxJVE3icxDAfBgNVHSMEGDAWgBRpHqtzqz3nUHrAymtlkxJVE3icxDAPBgNVHRMBAf8EBTAD\
    AQH/MA0GCSqGSIb3DQEBCwUAA4GBAIbAC03xQNsN06s2Bwp6MEKkBDInblfNOpY1YFA+aqIxLSMIY++yOVXFixeIdDr3M7Iioa5nE2AjbrOGDC4t3c95yS\
    YU6TkESpYit7MuFn95uzVbp9h4HLEWvx2o4O5+JNNFucwXrHrJE2eyC2tp1XQkTfR2oKklqv2r6W8XS4+Z";
/// A certificate of a key on P-521, which AWS-LC knows and the policy does not.
const P_521: &str = "\
    MIIB9TCCAVagAwIBAgIUf1yaAeYtVIDwBI+oFIoIc+RJW0UwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBdzAeFw0yNjExMjExODIxMjdaFw0zNjExMTgxOD\
    IxMjdaMAwxCjAIBgNVBAMMAXcwgZswEAYHKoZIzj0CAQYFK4EEACMDgYYABABeHtyz4KxmkC3ZuHN/tMm18EwCi6QH+pQf7g0C2vFpR4ADG36q3HDeYjDA\
    tITEs+1MrfcWE3D4Kpsdh34zpuZ5vgFDIJlxrkl9YIuQNkA7x+dWvf4QU8F+auUYwc/2AZy8Ok5ReUSkgiCcpqpidfhcJ4oKHVL6f1DnGDhz/DKbyVTtoq\
    NTMFEwHQYDVR0OBBYEFHh27rjg9Xxt13rRc3LLZuyLfwfNMB8GA1UdIwQYMBaAFHh27rjg9Xxt13rRc3LLZuyLfwfNMA8GA1UdEwEB/wQFMAMBAf8wCgYI\
    KoZIzj0EAwIDgYwAMIGIAkIB+o6ZAA05fn2/7msupDF4/yGMoP6Wx/aXoH90+ntdgUSucCkJGjw3onDSNYyswSP6X3PbaCIN96YiyYr2Rh69HgoCQgEM0I\
    9jo0sst4Luhx7uVbXKf1YXA3J5u8GBK4izzhM8Pq0kKEFUm+x4OHvG9M/ls0wwlb/m9m79exEAiBKXrQQDeQ==";

#[test]
fn a_key_that_is_too_weak_or_of_another_kind_is_not_used() {
    for (name, certificate) in [("RSA 1024", RSA_1024), ("P-521", P_521)] {
        let der = STANDARD.decode(certificate).unwrap();
        let alone = IDP.metadata("https://idp.hospital.example/sso", None, &[&der]);
        assert_eq!(parse(&alone).unwrap_err(), Check::Metadata, "{name}");
        let both = [IDP.key.certificate(), &der];
        let beside = parse(&IDP.metadata("https://idp.hospital.example/sso", None, &both)).unwrap();
        assert_eq!(beside.keys, *KEYS, "{name} beside a good one");
        assert_eq!(beside.unusable_keys, 1, "{name} beside a good one");
    }
}

#[test]
fn metadata_are_for_the_one_named_provider_and_still_valid() {
    let good = parse(&metadata()).unwrap();
    assert_eq!(good.keys, *KEYS);
    assert_eq!(good.refresh_after, Duration::from_hours(24));
    let with = |attribute: &str| metadata().replacen(" entityID=", &format!(" {attribute} entityID="), 1);
    assert_eq!(
        parse(&with(&format!("validUntil=\"{}\"", at(-1)))).unwrap_err(),
        Check::MetadataExpired
    );
    assert_eq!(
        parse(&with("validUntil=\"later\"")).unwrap_err(),
        Check::MetadataExpired
    );
    parse(&with(&format!("validUntil=\"{}\"", at(60)))).unwrap();
    assert_eq!(
        parse(&with("cacheDuration=\"PT2H\"")).unwrap().refresh_after,
        Duration::from_hours(2)
    );
    assert_eq!(
        parse(&with("cacheDuration=\"P30D\"")).unwrap().refresh_after,
        Duration::from_hours(24)
    );
    let group = |inside: &str| {
        format!(
            "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{inside}</md:EntitiesDescriptor>"
        )
    };
    assert_eq!(parse(&group(&metadata().repeat(2))).unwrap_err(), Check::MetadataEntity);
    assert_eq!(parse(&group("")).unwrap_err(), Check::MetadataEntity);
    let other = metadata().replace(IDP.entity_id, "https://other.example");
    assert_eq!(parse(&other).unwrap_err(), Check::MetadataEntity);
    parse(&group(&format!("{other}{}", metadata()))).unwrap();
    let expired_group = group(&metadata()).replacen(
        "<md:EntitiesDescriptor ",
        &format!("<md:EntitiesDescriptor validUntil=\"{}\" ", at(-1)),
        1,
    );
    assert_eq!(parse(&expired_group).unwrap_err(), Check::MetadataExpired);
    assert_eq!(parse(&format!("<!DOCTYPE x>{}", metadata())).unwrap_err(), Check::Xml);
    assert_eq!(parse(&Draft::new().write(Sign::Both)).unwrap_err(), Check::Root);
    let script = metadata().replace("https://idp.hospital.example/sso", "javascript:alert(1)");
    assert_eq!(parse(&script).unwrap_err(), Check::Metadata);
    let keyless = IDP.metadata("https://idp.hospital.example/sso", None, &[]);
    assert_eq!(parse(&keyless).unwrap_err(), Check::Metadata);
    let for_encryption = metadata().replace("use=\"signing\"", "use=\"encryption\"");
    assert_eq!(parse(&for_encryption).unwrap_err(), Check::Metadata);
    let several = IdpMetadata::parse(&group(&format!("{other}{}", metadata())), None, None, NOW).unwrap_err();
    assert_eq!(several.check, Check::MetadataEntity, "which one must be said");
}

#[test]
fn pinned_metadata_are_signed_as_a_whole() {
    let pinned: &TrustedKeys = &KEYS;
    let parse = |xml: &str| {
        IdpMetadata::parse(xml, Some(IDP.entity_id), Some(pinned), NOW)
            .map(drop)
            .map_err(|refusal| refusal.check)
    };
    let with_id = metadata().replacen("<md:EntityDescriptor ", "<md:EntityDescriptor ID=\"_md\" ", 1);
    let head = &with_id[..=with_id.find('>').unwrap()];
    let signed = sign_enveloped(&with_id, "_md", head, &IDP.key).unwrap();
    assert_eq!(parse(&signed), Ok(()));
    assert_eq!(parse(&metadata()), Err(Check::MetadataSignature));
    let foreign = sign_enveloped(&with_id, "_md", head, &OTHER.key).unwrap();
    assert_eq!(parse(&foreign), Err(Check::MetadataSignature));
    let key = element(&signed, "md:KeyDescriptor").to_owned();
    let added = key.replace(&IDP.certificate_base64(), &OTHER.certificate_base64());
    assert_eq!(
        parse(&signed.replace(&key, &format!("{key}{added}"))),
        Err(Check::MetadataSignature)
    );
    // Signed is one entity of a group; another stands beside it.
    let evil = metadata().replace(IDP.entity_id, "https://evil.example");
    let group = format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{signed}{evil}</md:EntitiesDescriptor>"
    );
    assert_eq!(parse(&group), Err(Check::MetadataSignature));
}
