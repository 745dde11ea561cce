//! Genuine signatures over assertions that are not for us, not now, or not what was asked for.

use crate::support::saml_idp::*;
use wardkey::federation::saml::{Answers, Check, Expectation, accept_xml};

#[track_caller]
fn refused(name: &str, draft: &Draft, check: Check) {
    for sign in [Sign::Assertion, Sign::Both] {
        match accept_xml(&draft.write(sign), &expectation()) {
            Ok(_) => panic!("{name}: accepted"),
            Err(refusal) => assert_eq!(refusal.check, check, "{name}: {refusal}"),
        }
    }
}

fn with(change: impl Fn(&mut Draft)) -> Draft {
    let mut draft = Draft::new();
    change(&mut draft);
    let genuine = Draft::new();
    assert!(
        draft.response(&draft.assertion()) != genuine.response(&genuine.assertion()),
        "the change changed nothing"
    );
    draft
}

fn audience(inner: &str) -> Draft {
    with(|d| {
        let own = element(&d.conditions, "saml:AudienceRestriction").to_owned();
        d.conditions = d.conditions.replace(&own, inner);
    })
}

#[test]
fn the_audience_is_us() {
    let restriction = |audience: &str| {
        format!("<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>")
    };
    let us = &SP.entity_id;
    refused(
        "wrong",
        &audience(&restriction("https://other.example/sp")),
        Check::Audience,
    );
    refused("prefix", &audience(&restriction(&format!("{us}2"))), Check::Audience);
    refused(
        "ours as prefix",
        &audience(&restriction(&us[..us.len() - 1])),
        Check::Audience,
    );
    refused("missing", &audience(""), Check::Audience);
    refused("empty", &audience("<saml:AudienceRestriction/>"), Check::Audience);
    refused("blank", &audience(&restriction("")), Check::Audience);
    let two = format!("{}{}", restriction(us), restriction("https://other.example/sp"));
    refused("two restrictions, one foreign", &audience(&two), Check::Audience);
    let several = format!(
        "<saml:AudienceRestriction><saml:Audience>https://other.example</saml:Audience><saml:Audience>{us}</saml:Audience></saml:AudienceRestriction>"
    );
    accept_xml(&audience(&several).write(Sign::Both), &expectation()).unwrap();
}

#[test]
fn recipient_and_destination_are_our_endpoint() {
    let acs = &SP.acs_url;
    let recipient = |to: &str| with(|d| d.subject = d.subject.replace(&format!("Recipient=\"{acs}\""), to));
    refused(
        "wrong",
        &recipient("Recipient=\"https://other.example/acs\""),
        Check::Recipient,
    );
    refused(
        "prefix",
        &recipient(&format!("Recipient=\"{acs}/more\"")),
        Check::Recipient,
    );
    refused("missing", &recipient(""), Check::Recipient);
    let destination = |to: &str| {
        with(|d| d.response_attributes = d.response_attributes.replace(&format!("Destination=\"{acs}\""), to))
    };
    refused(
        "wrong",
        &destination("Destination=\"https://other.example/acs\""),
        Check::Destination,
    );
    refused("empty", &destination("Destination=\"\""), Check::Destination);
    let missing = destination("");
    let refusal = accept_xml(&missing.write(Sign::Response), &expectation()).unwrap_err();
    assert_eq!(refusal.check, Check::Destination, "missing in a signed response");
    accept_xml(&missing.write(Sign::Assertion), &expectation()).unwrap();
}

#[test]
fn the_answer_is_to_our_request() {
    let other = |text: &str| text.replace(REQUEST, "_of-another-browser");
    let without = |text: &str| text.replace(&format!(" InResponseTo=\"{REQUEST}\""), "");
    let response = |change: &dyn Fn(&str) -> String| with(|d| d.response_attributes = change(&d.response_attributes));
    let confirmation = |change: &dyn Fn(&str) -> String| with(|d| d.subject = change(&d.subject));
    refused("response, other", &response(&other), Check::InResponseTo);
    refused("response, missing", &response(&without), Check::InResponseTo);
    refused(
        "confirmation, other",
        &confirmation(&other),
        Check::ConfirmationInResponseTo,
    );
    refused(
        "confirmation, missing",
        &confirmation(&without),
        Check::ConfirmationInResponseTo,
    );
    let both = with(|d| {
        d.subject = other(&d.subject);
        d.response_attributes = other(&d.response_attributes);
    });
    refused("both", &both, Check::InResponseTo);
    // One that nobody asked for must not answer anything, anywhere.
    let half = response(&without);
    let expected = Expectation {
        answers: Answers::Nothing,
        ..expectation()
    };
    let refusal = accept_xml(&half.write(Sign::Both), &expected).unwrap_err();
    assert_eq!(refusal.check, Check::ConfirmationInResponseTo);
}

#[test]
fn the_issuer_is_the_pinned_provider() {
    let issuer = |text: &str, to: &str| text.replace(IDP.entity_id, to);
    let response = |to: &str| with(|d| d.response_issuer = issuer(&d.response_issuer, to));
    let assertion = |to: &str| with(|d| d.assertion_issuer = issuer(&d.assertion_issuer, to));
    let longer = format!("{}/", IDP.entity_id);
    for other in ["https://other.example/idp", "", longer.as_str()] {
        refused("response", &response(other), Check::Issuer);
        refused("assertion", &assertion(other), Check::AssertionIssuer);
    }
    let format = |text: &str| {
        text.replace(
            "<saml:Issuer>",
            "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">",
        )
    };
    refused(
        "format",
        &with(|d| d.response_issuer = format(&d.response_issuer)),
        Check::Issuer,
    );
    refused(
        "format",
        &with(|d| d.assertion_issuer = format(&d.assertion_issuer)),
        Check::AssertionIssuer,
    );
    let two = with(|d| d.response_issuer = d.response_issuer.repeat(2));
    refused("two of the response", &two, Check::Shape);
    let two = with(|d| d.assertion_issuer = d.assertion_issuer.repeat(2));
    refused("two of the assertion", &two, Check::AssertionIssuer);
    let none = with(|d| d.response_issuer.clear());
    accept_xml(&none.write(Sign::Assertion), &expectation()).unwrap();
}

#[test]
fn everything_is_valid_now() {
    let conditions = |from: String, to: String| with(|d| d.conditions = d.conditions.replace(&from, &to));
    refused("expired", &conditions(at(300), at(-120)), Check::ConditionsWindow);
    refused("future", &conditions(at(-30), at(120)), Check::ConditionsWindow);
    refused(
        "unreadable",
        &conditions(at(300), "soon".into()),
        Check::ConditionsWindow,
    );
    refused(
        "unreadable start",
        &conditions(at(-30), "2026-11-21".into()),
        Check::ConditionsWindow,
    );
    let confirmation = |from: &str, to: &str| with(|d| d.subject = d.subject.replace(from, to));
    refused(
        "confirmation expired",
        &confirmation(&at(300), &at(-120)),
        Check::ConfirmationWindow,
    );
    let until = format!("NotOnOrAfter=\"{}\"", at(300));
    refused(
        "confirmation without end",
        &confirmation(&until, ""),
        Check::ConfirmationWindow,
    );
    refused(
        "NotBefore on bearer",
        &confirmation(&until, &format!("{until} NotBefore=\"{}\"", at(-30))),
        Check::SubjectConfirmation,
    );
    let session = |to: String| with(|d| d.authn = d.authn.replace(&at(28_800), &to));
    refused("session ended", &session(at(-120)), Check::SessionExpired);
    refused(
        "session end unreadable",
        &session("never".into()),
        Check::SessionExpired,
    );
    let issued = |text: &str, offset: i64| text.replace(&at(-1), &at(offset));
    for offset in [-700, 120] {
        let response = with(|d| d.response_attributes = issued(&d.response_attributes, offset));
        refused("response issued", &response, Check::IssueInstant);
        let assertion = with(|d| d.assertion_attributes = issued(&d.assertion_attributes, offset));
        refused("assertion issued", &assertion, Check::AssertionIssueInstant);
    }
    refused(
        "signed in tomorrow",
        &with(|d| d.authn = d.authn.replace(&at(-5), &at(9_000))),
        Check::AuthnInstant,
    );
    refused(
        "signed in at no time",
        &with(|d| d.authn = d.authn.replace(&at(-5), "")),
        Check::AuthnStatement,
    );
}

#[test]
fn the_subject_is_confirmed_by_bearer() {
    let method = |to: &str| with(|d| d.subject = d.subject.replace("urn:oasis:names:tc:SAML:2.0:cm:bearer", to));
    for other in [
        "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key",
        "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches",
        "",
    ] {
        refused(other, &method(other), Check::SubjectConfirmation);
    }
    let confirmation = element(&Draft::new().subject, "saml:SubjectConfirmation").to_owned();
    let replaced = |to: &str| with(|d| d.subject = d.subject.replace(&confirmation, to));
    refused("none", &replaced(""), Check::SubjectConfirmation);
    refused("two", &replaced(&confirmation.repeat(2)), Check::SubjectConfirmation);
    let empty = "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"/>";
    refused("without data", &replaced(empty), Check::SubjectConfirmation);
    let with_name = confirmation.replacen('>', "><saml:NameID>evil</saml:NameID>", 1);
    refused(
        "with a name of its own",
        &replaced(&with_name),
        Check::SubjectConfirmation,
    );
}

#[test]
fn subject_conditions_and_statement_are_all_there_once() {
    refused("no subject", &with(|d| d.subject.clear()), Check::Subject);
    refused(
        "two subjects",
        &with(|d| d.subject = d.subject.repeat(2)),
        Check::Subject,
    );
    refused("no conditions", &with(|d| d.conditions.clear()), Check::Conditions);
    refused(
        "two conditions",
        &with(|d| d.conditions = d.conditions.repeat(2)),
        Check::Conditions,
    );
    refused("nobody signed in", &with(|d| d.authn.clear()), Check::AuthnStatement);
    refused(
        "no assertion",
        &with(|d| d.assertion_attributes = " Version=\"2.0\"".into()),
        Check::AssertionIssueInstant,
    );
    let unknown = |condition: &str| {
        with(|d| {
            d.conditions = d
                .conditions
                .replace("</saml:Conditions>", &format!("{condition}</saml:Conditions>"));
        })
    };
    refused(
        "unknown condition",
        &unknown("<x:Delegated xmlns:x=\"urn:x\"/>"),
        Check::Conditions,
    );
    let typed =
        "<saml:Condition xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"saml:OneTimeUseType\"/>";
    refused("typed condition", &unknown(typed), Check::Conditions);
    let typed = "<saml:OneTimeUse xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"other\"/>";
    refused("known condition of another type", &unknown(typed), Check::Conditions);
    for known in ["<saml:OneTimeUse/>", "<saml:ProxyRestriction Count=\"0\"/>"] {
        accept_xml(&unknown(known).write(Sign::Both), &expectation()).unwrap();
    }
    let draft = Draft::new();
    let two = format!("{}{}", draft.signed_assertion(), {
        let mut second = Draft::new();
        second.assertion_id = "_second".into();
        second.signed_assertion()
    });
    assert_eq!(
        accept_xml(&draft.response(&two), &expectation()).unwrap_err().check,
        Check::Shape
    );
    assert_eq!(
        accept_xml(&draft.around(&IDP, "", true), &expectation())
            .unwrap_err()
            .check,
        Check::Shape
    );
}

#[test]
fn the_name_is_one_name_for_us() {
    let name = |to: &str| {
        with(|d| {
            let own = element(&d.subject, "saml:NameID").to_owned();
            d.subject = d.subject.replace(&own, to);
        })
    };
    refused("none", &name(""), Check::NameId);
    refused("blank", &name("<saml:NameID> \u{a0}\t</saml:NameID>"), Check::NameId);
    refused("empty", &name("<saml:NameID/>"), Check::NameId);
    refused(
        "two",
        &name("<saml:NameID>legit</saml:NameID><saml:NameID>evil</saml:NameID>"),
        Check::NameId,
    );
    refused(
        "long",
        &name(&format!("<saml:NameID>{}</saml:NameID>", "x".repeat(1_025))),
        Check::NameId,
    );
    refused(
        "for another service provider",
        &name("<saml:NameID SPNameQualifier=\"https://other.example/sp\">legit</saml:NameID>"),
        Check::NameId,
    );
    refused(
        "BaseID",
        &name("<saml:BaseID/><saml:NameID>legit</saml:NameID>"),
        Check::Subject,
    );
    let long = name(&format!(
        "<saml:NameID Format=\"{PERSISTENT}\">{}</saml:NameID>",
        "x".repeat(1_000)
    ));
    let accepted = accept_xml(&long.write(Sign::Both), &expectation()).unwrap();
    assert!(
        accepted.name_id.subject().starts_with("sha256|"),
        "a long name is kept as its digest"
    );
}

#[test]
fn versions_and_identifiers_are_those_of_saml_2() {
    let version = |text: &str| text.replace("Version=\"2.0\"", "Version=\"1.1\"");
    refused(
        "response",
        &with(|d| d.response_attributes = version(&d.response_attributes)),
        Check::Version,
    );
    refused(
        "assertion",
        &with(|d| d.assertion_attributes = version(&d.assertion_attributes)),
        Check::AssertionVersion,
    );
    let no_id = Draft::new()
        .write(Sign::Assertion)
        .replacen(" ID=\"_response-legit\"", "", 1);
    assert_eq!(accept_xml(&no_id, &expectation()).unwrap_err().check, Check::Id);
    // An assertion without ID cannot be signed by itself, only under the response.
    let draft = Draft::new();
    let bare = draft.assertion().replace(" ID=\"_assertion-legit\"", "");
    let refusal = accept_xml(&draft.around(&IDP, &bare, true), &expectation()).unwrap_err();
    assert_eq!(refusal.check, Check::AssertionId);
}

#[test]
fn the_status_is_success() {
    use wardkey::federation::oidc::UserOutcome;
    let status = |to: &str| with(|d| d.status = to.to_owned());
    let code = |value: &str| {
        format!("<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:{value}\"/></samlp:Status>")
    };
    for value in ["Requester", "Responder", "", "success", "Success "] {
        refused(value, &status(&code(value)), Check::Status);
    }
    refused("missing", &status(""), Check::Status);
    refused("two", &status(&code("Success").repeat(2)), Check::Status);
    refused("no code", &status("<samlp:Status></samlp:Status>"), Check::Status);
    let nested = "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode \
                  Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:StatusCode></samlp:Status>";
    refused("success within failure", &status(nested), Check::Status);
    for (reason, outcome) in [
        ("AuthnFailed", UserOutcome::AccessDenied),
        ("RequestDenied", UserOutcome::AccessDenied),
        ("NoPassive", UserOutcome::LoginRequired),
        ("UnknownPrincipal", UserOutcome::ServerError),
        ("made up <b>", UserOutcome::ServerError),
    ] {
        let text = nested.replace("status:Success", &format!("status:{}", reason.replace('<', "&lt;")));
        // As providers send it: without assertion, often without signature.
        let refusal = accept_xml(&status(&text).response(""), &expectation()).unwrap_err();
        assert_eq!((refusal.check, refusal.user), (Check::Status, outcome), "{refusal}");
        assert!(!refusal.detail.contains("made up"), "no text of the provider");
    }
}

#[test]
fn a_forced_sign_in_is_a_new_one_and_a_demanded_context_is_reached() {
    let xml = Draft::new().write(Sign::Both);
    let outcome = |authenticated_since, contexts: &[String]| {
        let expected = Expectation {
            answers: Answers::Request {
                id: REQUEST,
                authenticated_since,
                contexts,
            },
            ..expectation()
        };
        accept_xml(&xml, &expected).map(drop).map_err(|refusal| refusal.check)
    };
    let long_ago = wardkey::kernel::Timestamp::from_seconds(NOW.seconds() - 30);
    let later = wardkey::kernel::Timestamp::from_seconds(NOW.seconds() + 100);
    assert_eq!(outcome(Some(long_ago), &[]), Ok(()));
    assert_eq!(outcome(Some(later), &[]), Err(Check::AuthnInstant));
    assert_eq!(outcome(None, &[PASSWORD.to_owned()]), Ok(()));
    let token = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken".to_owned();
    assert_eq!(outcome(None, &[token]), Err(Check::AuthnContext));
}

#[test]
fn attributes_are_plain_values() {
    let values = |to: &str| {
        with(|d| {
            d.attributes = d
                .attributes
                .replace("<saml:AttributeValue>nurse</saml:AttributeValue>", to);
        })
    };
    refused("no value", &values("<x xmlns=\"urn:x\"/>"), Check::Attributes);
    refused(
        "structure",
        &values("<saml:AttributeValue><x xmlns=\"urn:x\"/></saml:AttributeValue>"),
        Check::Attributes,
    );
    refused(
        "two names",
        &values("<saml:AttributeValue><saml:NameID>a</saml:NameID><saml:NameID>b</saml:NameID></saml:AttributeValue>"),
        Check::Attributes,
    );
    refused(
        "no name",
        &with(|d| d.attributes = d.attributes.replace("Name=\"role\"", "")),
        Check::Attributes,
    );
    refused(
        "encrypted",
        &with(|d| {
            d.attributes = d.attributes.replace(
                "</saml:AttributeStatement>",
                "<saml:EncryptedAttribute/></saml:AttributeStatement>",
            );
        }),
        Check::Attributes,
    );
    refused(
        "something else with a name",
        &with(|d| {
            d.attributes = d.attributes.replace(
                "</saml:AttributeStatement>",
                "<x:Y xmlns:x=\"urn:x\" Name=\"role\"><saml:AttributeValue>owner</saml:AttributeValue></x:Y></saml:AttributeStatement>",
            );
        }),
        Check::Attributes,
    );
    let name = values("<saml:AttributeValue><saml:NameID>targeted</saml:NameID></saml:AttributeValue>");
    let accepted = accept_xml(&name.write(Sign::Both), &expectation()).unwrap();
    assert_eq!(accepted.attributes[1].values, ["targeted", "teacher"]);
}
