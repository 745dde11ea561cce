//! What a SAML service provider must accept: the variants that identity providers really send.
#![allow(
    clippy::format_collect,
    clippy::format_push_string,
    clippy::semicolon_if_nothing_returned,
    reason = "forging text is what these tests do; speed is no concern"
)]

use crate::support::saml_idp::*;
use std::time::Duration;
use wardkey::federation::saml::{
    Accepted, Answers, Check, Expectation, Require, SamlProviderConfig, TrustedKeys, accept, accept_xml, assertion_of,
};

pub fn accepted(xml: &str) -> Accepted {
    accept_xml(xml, &expectation()).unwrap()
}

#[test]
fn a_signed_assertion_a_signed_response_and_both_are_accepted() {
    for sign in [Sign::Assertion, Sign::Response, Sign::Both] {
        let accepted = accepted(&Draft::new().write(sign));
        assert_eq!(accepted.name_id.value, "legit", "{sign:?}");
        assert_eq!(accepted.assertion_id, "_assertion-legit");
        assert_eq!(accepted.authn.session_index.as_deref(), Some("session-legit"));
        assert_eq!(accepted.authn.context_class.as_deref(), Some(PASSWORD));
        assert_eq!(accepted.response_signed, sign != Sign::Assertion);
        assert_eq!(accepted.assertion_signed, sign != Sign::Response);
    }
}

#[test]
fn base64_may_be_broken_into_lines() {
    let text = base64_of(&Draft::new().write(Sign::Assertion));
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    accept(&lines.join("\r\n"), &expectation()).unwrap();
}

pub fn base64_of(xml: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(xml)
}

#[test]
fn encrypted_assertions_are_accepted_with_gcm_and_with_cbc_under_a_signed_response() {
    let draft = Draft::new();
    for with in [GCM, OAEP_SHA256] {
        let response = draft.around(&IDP, &encrypted(&draft.signed_assertion(), with), false);
        let accepted = accepted(&response);
        assert_eq!(accepted.name_id.value, "legit");
        assert!(accepted.encrypted && accepted.assertion_signed);
    }
    for assertion in [draft.assertion(), draft.signed_assertion()] {
        for with in [GCM, CBC] {
            let response = draft.around(&IDP, &encrypted(&assertion, with), true);
            assert_eq!(accepted(&response).name_id.value, "legit");
        }
    }
}

#[test]
fn an_encrypted_assertion_may_use_prefixes_declared_around_it() {
    let draft = Draft::new();
    let bare = draft
        .assertion()
        .replacen(&format!(" xmlns:saml=\"{ASSERTION}\""), "", 1);
    let response = draft.around(&IDP, &encrypted(&bare, GCM), true);
    assert_eq!(accepted(&response).name_id.value, "legit");
}

#[test]
fn any_of_several_decryption_keys_decrypts() {
    let draft = Draft::new();
    let response = draft.around(&IDP, &encrypted(&draft.signed_assertion(), GCM), false);
    let keys = [OTHER.key.clone(), OURS.key.clone()];
    let expected = Expectation {
        decryption: &keys,
        ..expectation()
    };
    accept_xml(&response, &expected).unwrap();
}

#[test]
fn any_of_several_signing_keys_verifies_during_a_rollover() {
    let keys = TrustedKeys::new(OTHER.trusted().iter().chain(IDP.trusted().iter()).cloned());
    let expected = Expectation {
        keys: &keys,
        ..expectation()
    };
    accept_xml(&Draft::new().write(Sign::Both), &expected).unwrap();
    accept_xml(&Draft::new().write_by(&OTHER, Sign::Assertion), &expected).unwrap();
}

#[test]
fn what_must_be_signed_is_the_tenants_choice() {
    for (require, good) in [
        (Require::Either, vec![Sign::Assertion, Sign::Response, Sign::Both]),
        (Require::Assertion, vec![Sign::Assertion, Sign::Both]),
        (Require::Response, vec![Sign::Response, Sign::Both]),
        (Require::Both, vec![Sign::Both]),
    ] {
        for sign in [Sign::Assertion, Sign::Response, Sign::Both] {
            let expected = Expectation {
                require,
                ..expectation()
            };
            let outcome = accept_xml(&Draft::new().write(sign), &expected);
            if good.contains(&sign) {
                outcome.unwrap();
            } else {
                assert_eq!(outcome.unwrap_err().check, Check::Unsigned, "{require:?} {sign:?}");
            }
        }
    }
}

#[test]
fn a_response_that_nobody_asked_for_is_accepted_only_as_one() {
    let unsolicited = Draft::for_user("legit", None).write(Sign::Both);
    let expected = Expectation {
        answers: Answers::Nothing,
        ..expectation()
    };
    accept_xml(&unsolicited, &expected).unwrap();
    let refused = accept_xml(&unsolicited, &expectation()).unwrap_err();
    assert_eq!(refused.check, Check::InResponseTo);
    let refused = accept_xml(&Draft::new().write(Sign::Both), &expected).unwrap_err();
    assert_eq!(refused.check, Check::InResponseTo);
}

#[test]
fn attributes_keep_all_values_and_both_names() {
    let config = SamlProviderConfig::new(IDP.entity_id);
    let assertion = assertion_of(accepted(&Draft::new().write(Sign::Assertion)), &config, false).unwrap();
    assert_eq!(
        assertion.claims["attributes"]["role"],
        serde_json::json!(["nurse", "teacher"])
    );
    assert_eq!(
        assertion.claims["attributes"]["urn:oid:2.5.4.4"],
        serde_json::json!(["legit"])
    );
    assert_eq!(assertion.claims["friendly"]["sn"], serde_json::json!(["legit"]));
    assert_eq!(assertion.claims["sub"], "persistent||legit");
    assert_eq!(assertion.subject, "persistent||legit");
    assert_eq!(assertion.acr.as_deref(), Some(PASSWORD));
}

#[test]
fn values_of_one_attribute_written_twice_are_put_together() {
    let mut draft = Draft::new();
    draft.attributes = draft.attributes.replace(
        "</saml:AttributeStatement>",
        "<saml:Attribute Name=\"role\"><saml:AttributeValue>auditor</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>",
    );
    let config = SamlProviderConfig::new(IDP.entity_id);
    let assertion = assertion_of(accepted(&draft.write(Sign::Both)), &config, false).unwrap();
    assert_eq!(
        assertion.claims["attributes"]["role"],
        serde_json::json!(["nurse", "teacher", "auditor"])
    );
}

#[test]
fn a_friendly_name_shared_by_two_attributes_is_no_claim() {
    let mut draft = Draft::new();
    draft.attributes = draft
        .attributes
        .replace("Name=\"role\"", "Name=\"role\" FriendlyName=\"sn\"");
    let config = SamlProviderConfig::new(IDP.entity_id);
    let assertion = assertion_of(accepted(&draft.write(Sign::Both)), &config, false).unwrap();
    assert!(assertion.claims["friendly"].get("sn").is_none());
}

#[test]
fn the_context_class_is_called_as_the_tenant_calls_it() {
    let mut config = SamlProviderConfig::new(IDP.entity_id);
    config
        .acr
        .insert(PASSWORD.to_owned(), "urn:hospital:one-factor".to_owned());
    let assertion = assertion_of(accepted(&Draft::new().write(Sign::Assertion)), &config, false).unwrap();
    assert_eq!(assertion.acr.as_deref(), Some("urn:hospital:one-factor"));
}

fn with_format(format: &str) -> Accepted {
    let mut draft = Draft::new();
    draft.subject = draft.subject.replace(PERSISTENT, format);
    accepted(&draft.write(Sign::Assertion))
}

#[test]
fn a_transient_name_is_no_identity_without_a_subject_rule() {
    let config = SamlProviderConfig::new(IDP.entity_id);
    let refused = assertion_of(with_format(TRANSIENT), &config, false).unwrap_err();
    assert_eq!(refused.check, Check::NameIdFormat);
    let assertion = assertion_of(with_format(TRANSIENT), &config, true).unwrap();
    assert!(
        assertion.claims.get("sub").is_none(),
        "the rule must name something else"
    );
}

#[test]
fn an_email_address_is_an_identity_only_when_the_tenant_chose_it() {
    const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    let mut config = SamlProviderConfig::new(IDP.entity_id);
    let refused = assertion_of(with_format(EMAIL), &config, false).unwrap_err();
    assert_eq!(refused.check, Check::NameIdFormat);
    config.name_id_formats.push(EMAIL.to_owned());
    assertion_of(with_format(EMAIL), &config, false).unwrap();
    config.name_id_formats.push(TRANSIENT.to_owned());
    assert!(config.check().is_err(), "transient cannot be chosen");
}

#[test]
fn format_and_qualifier_are_part_of_the_identity() {
    let subject = |change: &dyn Fn(&str) -> String| {
        let mut draft = Draft::new();
        draft.subject = change(&draft.subject);
        accepted(&draft.write(Sign::Assertion)).name_id.subject()
    };
    let plain = subject(&|subject| subject.to_owned());
    let own_qualifier = subject(&|subject| {
        subject.replace(
            "<saml:NameID ",
            &format!("<saml:NameID NameQualifier=\"{}\" ", IDP.entity_id),
        )
    });
    let other_qualifier =
        subject(&|subject| subject.replace("<saml:NameID ", "<saml:NameID NameQualifier=\"https://else.example\" "));
    let other_format = subject(&|subject| subject.replace("nameid-format:persistent", "nameid-format:kerberos"));
    assert_eq!(
        plain, own_qualifier,
        "leaving out the qualifier means the provider itself"
    );
    assert_ne!(plain, other_qualifier);
    assert_ne!(plain, other_format);
    // No qualifier and name can be cut so that they look like another pair.
    let tricky = subject(&|subject| {
        subject
            .replace("<saml:NameID ", "<saml:NameID NameQualifier=\"a\" ")
            .replace(">legit<", ">b|legit<")
    });
    let other = subject(&|subject| subject.replace("<saml:NameID ", "<saml:NameID NameQualifier=\"a|b\" "));
    assert_ne!(tricky, other);
}

#[test]
fn clocks_may_differ_by_what_is_tolerated_and_no_more() {
    let xml = Draft::new().write(Sign::Both);
    let outcome = |offset: i64| {
        let expected = Expectation {
            now: wardkey::kernel::Timestamp::from_seconds(NOW.seconds() + offset),
            ..expectation()
        };
        accept_xml(&xml, &expected).map(drop).map_err(|refusal| refusal.check)
    };
    assert_eq!(outcome(-60), Ok(()));
    assert_eq!(outcome(-62), Err(Check::IssueInstant));
    assert_eq!(outcome(359), Ok(()));
    assert_eq!(outcome(360), Err(Check::ConfirmationWindow));
    let lenient = Expectation {
        skew: Duration::from_mins(5),
        now: wardkey::kernel::Timestamp::from_seconds(NOW.seconds() + 500),
        ..expectation()
    };
    accept_xml(&xml, &lenient).unwrap();
}

#[test]
fn the_replay_key_lives_as_long_as_the_assertion_could_be_used() {
    let accepted = accepted(&Draft::new().write(Sign::Both));
    assert!(accepted.replay_until >= NOW + Duration::from_mins(6));
}
