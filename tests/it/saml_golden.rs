//! Responses that real identity providers sent, kept as they came, at the time when they came. They are renewed with
//! `WARDKEY_GOLDEN=tests/it/golden/saml cargo test --test it -- saml_peers::`, one provider's plain sign-in at a time.

use std::time::Duration;
use wardkey::federation::saml::{Answers, Check, Expectation, IdpMetadata, Require, ServiceProvider, accept_xml};
use wardkey::kernel::Timestamp;

/// A provider, its response, its metadata, and what its user is called.
const KEPT: [(&str, &str, &str, &str); 4] = [
    (
        "pysaml2",
        include_str!("golden/saml/pysaml2.response.xml"),
        include_str!("golden/saml/pysaml2.metadata.xml"),
        "morgan",
    ),
    (
        "SimpleSAMLphp",
        include_str!("golden/saml/simplesamlphp.response.xml"),
        include_str!("golden/saml/simplesamlphp.metadata.xml"),
        "student",
    ),
    (
        "samlp",
        include_str!("golden/saml/samlp.response.xml"),
        include_str!("golden/saml/samlp.metadata.xml"),
        "morgan",
    ),
    (
        "samlify",
        include_str!("golden/saml/samlify.response.xml"),
        include_str!("golden/saml/samlify.metadata.xml"),
        "morgan",
    ),
];

fn attribute<'x>(xml: &'x str, name: &str) -> &'x str {
    let (_, rest) = xml.split_once(&format!(" {name}=\"")).unwrap();
    rest.split('"').next().unwrap()
}

/// The moment of the response, to the second.
fn issued(xml: &str) -> Timestamp {
    let format = &time::format_description::well_known::Rfc3339;
    let moment = time::OffsetDateTime::parse(attribute(xml, "IssueInstant"), format).unwrap();
    Timestamp::from_seconds(moment.unix_timestamp())
}

#[test]
fn kept_responses_are_accepted_at_their_time_and_not_when_changed() {
    let sp = ServiceProvider::new("https://auth.test/northside/auth", "hospital");
    for (provider, response, metadata, user) in KEPT {
        let now = issued(response);
        let metadata = IdpMetadata::parse(metadata, None, None, now).unwrap();
        let expected = Expectation {
            sp_entity_id: &sp.entity_id,
            acs_url: &sp.acs_url,
            idp_entity_id: &metadata.entity_id,
            keys: &metadata.keys,
            decryption: &[],
            require: Require::Either,
            skew: Duration::from_mins(1),
            answers: Answers::Request {
                id: attribute(response, "InResponseTo"),
                authenticated_since: None,
                contexts: &[],
            },
            now,
        };
        let accepted = accept_xml(response, &expected).unwrap_or_else(|refusal| panic!("{provider}: {refusal}"));
        assert!(accepted.name_id.is_persistent(), "{provider}");
        assert!(
            accepted
                .attributes
                .iter()
                .any(|attribute| attribute.values.contains(&user.to_owned())),
            "{provider}"
        );
        let changed = response.replace(&format!(">{user}<"), ">evil<");
        assert_ne!(changed, response);
        assert_eq!(
            accept_xml(&changed, &expected).unwrap_err().check,
            Check::Signature,
            "{provider}"
        );
        let later = Expectation {
            now: now + Duration::from_hours(2),
            ..expected
        };
        assert_eq!(
            accept_xml(response, &later).unwrap_err().check,
            Check::IssueInstant,
            "{provider}"
        );
    }
}
