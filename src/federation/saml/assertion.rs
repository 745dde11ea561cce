//! Reading a signed assertion: subject, conditions, statements (SAML Core 2.0 section 2, SAML Profiles 2.0 section 4.1.4).

use super::crypto::{PrivateKey, Proven, decrypt_name_id, prove_decrypted};
use super::failure::{Check, Refusal, refuse};
use super::names::{ASSERTION, BEARER, PERSISTENT, UNSPECIFIED};
use super::policy::{self, LONGEST_NAME_ID};
use super::response::{Answers, Expectation, check_fresh, check_in_response_to, check_issuer};
use super::shape::is_ascii_ncname;
use super::time;
use super::xml::{Tree, is_space};
use crate::kernel::{Sha256Hash, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Longest subject of an account in bytes; longer ones are replaced by their digest.
const LONGEST_SUBJECT: usize = 255;

/// A user's name at a provider (SAML Core 2.0 section 2.2.3).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameId {
    /// The name.
    pub value: String,
    /// Its format; [`UNSPECIFIED`] when none was sent.
    pub format: String,
    /// The domain in which it is unique; empty when that is the provider itself.
    pub name_qualifier: String,
}

impl fmt::Debug for NameId {
    /// The name is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NameId({})", self.format)
    }
}

impl NameId {
    /// One text for format, qualifier and name together, so that no two names of a provider share one: the subject of
    /// accounts. Everything but the name is escaped, and the name comes last.
    pub fn subject(&self) -> String {
        let escaped = |text: &str| text.replace('%', "%25").replace('|', "%7C");
        let format = match self.format.rsplit_once("nameid-format:") {
            Some(("urn:oasis:names:tc:SAML:1.1:" | "urn:oasis:names:tc:SAML:2.0:", short)) => short,
            _ => &self.format,
        };
        let text = format!("{}|{}|{}", escaped(format), escaped(&self.name_qualifier), self.value);
        if text.len() <= LONGEST_SUBJECT && !text.chars().any(char::is_control) {
            return text;
        }
        format!("sha256|{}", Sha256Hash::of(text.as_bytes()).to_base64url())
    }

    /// Whether the provider promises that the name stays this user's (SAML Core 2.0 section 8.3.7).
    pub fn is_persistent(&self) -> bool {
        self.format == PERSISTENT
    }
}

/// An attribute with all its values.
#[derive(Clone, PartialEq, Eq)]
pub struct SamlAttribute {
    /// `Name`.
    pub name: String,
    /// `FriendlyName`.
    pub friendly_name: Option<String>,
    /// The values, in order.
    pub values: Vec<String>,
}

impl fmt::Debug for SamlAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SamlAttribute({}, {} values)", self.name, self.values.len())
    }
}

/// How and when a user signed in (SAML Core 2.0 section 2.7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthnStatement {
    /// When.
    pub instant: Timestamp,
    /// The authentication context class.
    pub context_class: Option<String>,
    /// The provider's session, for logout.
    pub session_index: Option<String>,
    /// When the provider's session ends.
    pub session_ends: Option<Timestamp>,
}

pub(super) struct ReadAssertion {
    pub(super) id: String,
    pub(super) usable_until: Timestamp,
    pub(super) name_id: NameId,
    pub(super) attributes: Vec<SamlAttribute>,
    pub(super) authn: AuthnStatement,
}

/// Reads an assertion that a key of the provider signed, making every check that a web browser sign-in demands.
pub(super) fn read(assertion: Proven<'_>, expected: &Expectation<'_>) -> Result<ReadAssertion, Refusal> {
    if assertion.attribute("Version") != Some("2.0") {
        return refuse(Check::AssertionVersion, "the assertion is not version 2.0");
    }
    let id = assertion
        .attribute("ID")
        .filter(|id| is_ascii_ncname(id))
        .ok_or_else(|| Refusal::new(Check::AssertionId, "the assertion has no usable ID"))?;
    check_fresh(
        assertion.attribute("IssueInstant"),
        expected,
        Check::AssertionIssueInstant,
    )?;
    let issuer = assertion.one(ASSERTION, "Issuer", Check::AssertionIssuer)?;
    check_issuer(issuer.node(), expected.idp_entity_id, Check::AssertionIssuer)?;
    let subject = assertion.one(ASSERTION, "Subject", Check::Subject)?;
    let name_id = name_id(subject, expected)?;
    let usable_until = confirmation(subject, expected)?;
    conditions(assertion, expected)?;
    let authn = authn_statement(assertion, expected)?;
    Ok(ReadAssertion {
        id: id.to_owned(),
        usable_until,
        name_id,
        attributes: attributes(assertion)?,
        authn,
    })
}

fn name_id(subject: Proven<'_>, expected: &Expectation<'_>) -> Result<NameId, Refusal> {
    let known = subject.children().all(|child| {
        ["NameID", "EncryptedID", "SubjectConfirmation"]
            .map(|name| child.is(ASSERTION, name))
            .contains(&true)
    });
    if !known {
        return refuse(
            Check::Subject,
            "the subject holds more than a NameID, plain or encrypted, and SubjectConfirmation",
        );
    }
    find_name_id(
        subject,
        expected.decryption,
        expected.idp_entity_id,
        expected.sp_entity_id,
    )
}

/// The one NameID inside, plain or encrypted to us (SAML Core 2.0 section 2.2.4).
pub(super) fn find_name_id(holder: Proven<'_>, keys: &[PrivateKey], idp: &str, sp: &str) -> Result<NameId, Refusal> {
    let check = Check::NameId;
    let plain = holder.at_most_one(ASSERTION, "NameID", check)?;
    let encrypted = holder.at_most_one(ASSERTION, "EncryptedID", check)?;
    match (plain, encrypted) {
        (Some(node), None) => read_name_id(node, idp, sp),
        (None, Some(encrypted)) => {
            let text = decrypt_name_id(encrypted, keys)?;
            let tree = Tree::parse(&text, policy::MESSAGE)?;
            let mut inside = tree.root()?.children();
            match (inside.next(), inside.next()) {
                (Some(node), None) if node.is(ASSERTION, "NameID") => {
                    read_name_id(prove_decrypted(encrypted, node), idp, sp)
                }
                _ => refuse(check, "what was encrypted is not one NameID"),
            }
        }
        _ => refuse(check, "not exactly one NameID, plain or encrypted"),
    }
}

/// A NameID for us: not blank, of bounded length, unique within the provider's realm or one that it names.
fn read_name_id(node: Proven<'_>, idp: &str, sp: &str) -> Result<NameId, Refusal> {
    let value = node.text(Check::NameId)?;
    if value.chars().all(char::is_whitespace) || value.len() > LONGEST_NAME_ID {
        return refuse(Check::NameId, "the NameID is blank or too long");
    }
    // SAML Core 2.0 section 8.3.7: without qualifiers the name is unique between this provider and us.
    let qualifier = node.attribute("NameQualifier").filter(|qualifier| *qualifier != idp);
    if node
        .attribute("SPNameQualifier")
        .is_some_and(|qualifier| qualifier != sp)
    {
        return refuse(Check::NameId, "the NameID is for another service provider");
    }
    Ok(NameId {
        value,
        format: node.attribute("Format").unwrap_or(UNSPECIFIED).to_owned(),
        name_qualifier: qualifier.unwrap_or_default().to_owned(),
    })
}

/// The one bearer confirmation. Returns until when it can be used.
fn confirmation(subject: Proven<'_>, expected: &Expectation<'_>) -> Result<Timestamp, Refusal> {
    let check = Check::SubjectConfirmation;
    let confirmation = subject.one(ASSERTION, "SubjectConfirmation", check)?;
    if confirmation.attribute("Method") != Some(BEARER) {
        return refuse(check, "the subject confirmation is not the bearer method");
    }
    let data = confirmation.one(ASSERTION, "SubjectConfirmationData", check)?;
    if confirmation.children().count() != 1 || data.attribute("NotBefore").is_some() {
        return refuse(
            check,
            "the bearer confirmation has a NotBefore, or more than confirmation data",
        );
    }
    if data.attribute("Recipient") != Some(expected.acs_url) {
        return refuse(
            Check::Recipient,
            "the assertion is for another assertion consumer service",
        );
    }
    let until = data
        .attribute("NotOnOrAfter")
        .and_then(time::read)
        .ok_or_else(|| Refusal::new(Check::ConfirmationWindow, "the confirmation has no NotOnOrAfter"))?;
    if expected.now >= until + expected.skew {
        return refuse(Check::ConfirmationWindow, "the confirmation has expired");
    }
    check_in_response_to(
        data.attribute("InResponseTo"),
        expected.answers,
        Check::ConfirmationInResponseTo,
    )?;
    Ok(until)
}

/// SAML Core 2.0 section 2.5.1: a condition that is not understood makes the assertion unusable.
fn conditions(assertion: Proven<'_>, expected: &Expectation<'_>) -> Result<(), Refusal> {
    let conditions = assertion.one(ASSERTION, "Conditions", Check::Conditions)?;
    let moment = |name: &str| -> Result<Option<Timestamp>, Refusal> {
        conditions
            .attribute(name)
            .map(|text| {
                time::read(text).ok_or_else(|| Refusal::new(Check::ConditionsWindow, format!("{name} cannot be read")))
            })
            .transpose()
    };
    if moment("NotBefore")?.is_some_and(|from| expected.now + expected.skew < from) {
        return refuse(Check::ConditionsWindow, "the assertion is not valid yet");
    }
    if moment("NotOnOrAfter")?.is_some_and(|until| expected.now >= until + expected.skew) {
        return refuse(Check::ConditionsWindow, "the assertion has expired");
    }
    let mut restricted = false;
    for condition in conditions.children() {
        let known = condition.is(ASSERTION, "AudienceRestriction")
            || condition.is(ASSERTION, "OneTimeUse")
            || condition.is(ASSERTION, "ProxyRestriction");
        if !known || condition.has_attribute_of(XSI) {
            return refuse(Check::Conditions, "a condition that is not understood");
        }
        if condition.local_name() != "AudienceRestriction" {
            continue;
        }
        let mut named = false;
        for audience in condition.all(ASSERTION, "Audience") {
            named |= audience.text(Check::Audience)?.trim_matches(is_space) == expected.sp_entity_id;
        }
        if !named {
            return refuse(Check::Audience, "the assertion is for another audience");
        }
        restricted = true;
    }
    if restricted {
        Ok(())
    } else {
        refuse(Check::Audience, "the assertion names no audience")
    }
}

fn authn_statement(assertion: Proven<'_>, expected: &Expectation<'_>) -> Result<AuthnStatement, Refusal> {
    let check = Check::AuthnStatement;
    let mut first = None;
    for statement in assertion.all(ASSERTION, "AuthnStatement") {
        let instant = statement
            .attribute("AuthnInstant")
            .and_then(time::read)
            .ok_or_else(|| Refusal::new(check, "no AuthnInstant that can be read"))?;
        if instant > expected.now + expected.skew {
            return refuse(Check::AuthnInstant, "the user signs in in the future");
        }
        let session_ends = statement
            .attribute("SessionNotOnOrAfter")
            .map(|text| {
                time::read(text)
                    .ok_or_else(|| Refusal::new(Check::SessionExpired, "SessionNotOnOrAfter cannot be read"))
            })
            .transpose()?;
        if session_ends.is_some_and(|ends| expected.now >= ends + expected.skew) {
            return refuse(Check::SessionExpired, "the provider's session has ended");
        }
        let context = statement.one(ASSERTION, "AuthnContext", check)?;
        let context_class = context
            .at_most_one(ASSERTION, "AuthnContextClassRef", check)?
            .map(|class| class.text(check))
            .transpose()?
            .map(|class| class.trim_matches(is_space).to_owned());
        let read = AuthnStatement {
            instant,
            context_class,
            session_index: statement.attribute("SessionIndex").map(str::to_owned),
            session_ends,
        };
        first.get_or_insert(read);
    }
    let statement = first.ok_or_else(|| Refusal::new(check, "nobody signed in: no AuthnStatement"))?;
    let Answers::Request {
        authenticated_since,
        contexts,
        ..
    } = expected.answers
    else {
        return Ok(statement);
    };
    if authenticated_since.is_some_and(|since| statement.instant + expected.skew < since) {
        return refuse(Check::AuthnInstant, "the user signed in longer ago than was asked for");
    }
    let reached = |class: &String| contexts.contains(class);
    if !contexts.is_empty() && !statement.context_class.as_ref().is_some_and(reached) {
        return refuse(
            Check::AuthnContext,
            "the authentication context is none of those asked for",
        );
    }
    Ok(statement)
}

/// All attributes. A value is text, or one NameID (as `eduPersonTargetedID` has it).
fn attributes(assertion: Proven<'_>) -> Result<Vec<SamlAttribute>, Refusal> {
    let check = Check::Attributes;
    let mut read: Vec<SamlAttribute> = Vec::new();
    for statement in assertion.all(ASSERTION, "AttributeStatement") {
        for attribute in statement.children() {
            if !attribute.is(ASSERTION, "Attribute") {
                return refuse(check, "an attribute statement holds what is no plain attribute");
            }
            let name = attribute
                .attribute("Name")
                .filter(|name| !name.is_empty())
                .ok_or_else(|| Refusal::new(check, "an attribute without name"))?;
            let mut values = Vec::new();
            for value in attribute.children() {
                if !value.is(ASSERTION, "AttributeValue") {
                    return refuse(check, "an attribute holds what is no value");
                }
                let mut inside = value.children();
                values.push(match (inside.next(), inside.next()) {
                    (None, _) => value.text(check)?,
                    (Some(name_id), None) if name_id.is(ASSERTION, "NameID") => name_id.text(check)?,
                    _ => return refuse(check, "an attribute value is neither text nor one NameID"),
                });
            }
            let friendly_name = attribute.attribute("FriendlyName").map(str::to_owned);
            match read.iter_mut().find(|known| known.name == name) {
                Some(known) => {
                    known.values.append(&mut values);
                    known.friendly_name = known.friendly_name.take().or(friendly_name);
                }
                None => read.push(SamlAttribute {
                    name: name.to_owned(),
                    friendly_name,
                    values,
                }),
            }
        }
    }
    Ok(read)
}
