//! Accepting a response: every check, in its order, before anything is believed.
//!
//! Pure: no input or output, no clock. The caller looks up what is expected, and afterwards uses up the request and
//! remembers the assertion in one transaction.

use super::assertion::{self, AuthnStatement, NameId, SamlAttribute};
use super::binding::decode_post;
use super::crypto::{PrivateKey, Proven, TrustedKeys, decrypt_assertion, prove_decrypted, verify};
use super::failure::{Check, Refusal, refuse};
use super::names::{ASSERTION, ENTITY, PROTOCOL, STATUS_PREFIX, SUCCESS};
use super::policy::{self, MESSAGE_AGE};
use super::shape::{ResponseShape, decrypted_assertion, is_ascii_ncname};
use super::time;
use super::xml::{Node, Tree};
use crate::federation::oidc::UserOutcome;
use crate::kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a provider has to sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Require {
    /// The response or the assertion: either covers what is read.
    #[default]
    Either,
    /// The assertion.
    Assertion,
    /// The response.
    Response,
    /// Both.
    Both,
}

/// What a response answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers<'a> {
    /// A request of ours.
    Request {
        /// Its identifier.
        id: &'a str,
        /// When the user must have proved who they are, at the earliest.
        authenticated_since: Option<Timestamp>,
        /// Authentication contexts of which one must be reached; empty for any.
        contexts: &'a [String],
    },
    /// Nothing: the provider began.
    Nothing,
}

/// Whose response is expected, by whom, and with which keys.
#[derive(Clone, Debug)]
pub struct Expectation<'a> {
    /// Our name at this provider.
    pub sp_entity_id: &'a str,
    /// The one address that takes this provider's responses.
    pub acs_url: &'a str,
    /// The provider's pinned name.
    pub idp_entity_id: &'a str,
    /// The provider's signing keys.
    pub keys: &'a TrustedKeys,
    /// Our keys for decryption, each tried once.
    pub decryption: &'a [PrivateKey],
    /// What has to be signed.
    pub require: Require,
    /// Tolerance between the clocks.
    pub skew: Duration,
    /// What it answers.
    pub answers: Answers<'a>,
    /// The time.
    pub now: Timestamp,
}

/// An accepted response.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The assertion's identifier; with the provider, the key under which it is remembered.
    pub assertion_id: String,
    /// Until when it could be presented again.
    pub replay_until: Timestamp,
    /// The user's name at the provider.
    pub name_id: NameId,
    /// What is said about the user.
    pub attributes: Vec<SamlAttribute>,
    /// How and when the user signed in.
    pub authn: AuthnStatement,
    /// Whether the response as a whole was signed.
    pub response_signed: bool,
    /// Whether the assertion was signed by itself.
    pub assertion_signed: bool,
    /// Whether the assertion was encrypted.
    pub encrypted: bool,
    /// The certificate of our key that decrypted the assertion, when that is not the first of them: the provider knows a next one, or
    /// does not know the current one yet.
    pub decrypted_with: Option<Vec<u8>>,
}

/// Accepts the `SAMLResponse` parameter of the POST binding, or names the first check that failed.
pub fn accept(parameter: &str, expected: &Expectation<'_>) -> Result<Accepted, Refusal> {
    accept_xml(&decode_post(parameter)?, expected)
}

/// As [`accept`], for the message itself.
pub fn accept_xml(xml: &str, expected: &Expectation<'_>) -> Result<Accepted, Refusal> {
    let tree = Tree::parse(xml, policy::MESSAGE)?;
    let shape = ResponseShape::check(tree.root()?)?;
    let proven = verify(&tree, &shape.signatures(), expected.keys)?;
    let find = |node: Node<'_>| proven.iter().copied().find(|proven| proven.node().id() == node.id());
    let response_proof = find(shape.response);
    check_response(&shape, response_proof.is_some(), expected)?;
    check_status(shape.status)?;
    let Some(holder) = shape.assertion else {
        return refuse(Check::Shape, "no assertion");
    };
    if holder.is(ASSERTION, "Assertion") {
        let own = find(holder);
        let evidence = Evidence {
            response: response_proof.is_some(),
            assertion: own.is_some(),
            encrypted: false,
        };
        evidence.suffices(expected.require)?;
        let proof = match (own, response_proof) {
            (Some(own), _) => own,
            (None, Some(response)) => response.one(ASSERTION, "Assertion", Check::Shape)?,
            (None, None) => return refuse(Check::Unsigned, "neither the response nor the assertion is signed"),
        };
        return finish(proof, evidence, expected);
    }
    let (text, which) = decrypt_assertion(holder, expected.decryption, response_proof.is_some())?;
    let inner = Tree::parse(&text, policy::MESSAGE)?;
    let (assertion, signature) = decrypted_assertion(inner.root()?)?;
    let signatures: Vec<_> = signature.into_iter().collect();
    let own = verify(&inner, &signatures, expected.keys)?.first().copied();
    let evidence = Evidence {
        response: response_proof.is_some(),
        assertion: own.is_some(),
        encrypted: true,
    };
    evidence.suffices(expected.require)?;
    let proof = match (own, response_proof) {
        (Some(own), _) => own,
        (None, Some(response)) => {
            prove_decrypted(response.one(ASSERTION, "EncryptedAssertion", Check::Shape)?, assertion)
        }
        (None, None) => {
            return refuse(
                Check::Unsigned,
                "neither the response nor the encrypted assertion is signed",
            );
        }
    };
    let key = expected.decryption.get(which).filter(|_| which > 0);
    let mut accepted = finish(proof, evidence, expected)?;
    accepted.decrypted_with = key.map(|key| key.certificate().to_vec());
    Ok(accepted)
}

#[derive(Clone, Copy)]
struct Evidence {
    response: bool,
    assertion: bool,
    encrypted: bool,
}

impl Evidence {
    fn suffices(self, require: Require) -> Result<(), Refusal> {
        let enough = match require {
            Require::Either => self.response || self.assertion,
            Require::Assertion => self.assertion,
            Require::Response => self.response,
            Require::Both => self.response && self.assertion,
        };
        if enough {
            Ok(())
        } else {
            refuse(Check::Unsigned, "less is signed than the provider's settings demand")
        }
    }
}

fn finish(proof: Proven<'_>, evidence: Evidence, expected: &Expectation<'_>) -> Result<Accepted, Refusal> {
    let read = assertion::read(proof, expected)?;
    Ok(Accepted {
        assertion_id: read.id,
        replay_until: read.usable_until + expected.skew + Duration::from_secs(1),
        name_id: read.name_id,
        attributes: read.attributes,
        authn: read.authn,
        response_signed: evidence.response,
        assertion_signed: evidence.assertion,
        encrypted: evidence.encrypted,
        decrypted_with: None,
    })
}

/// What the response says about itself (SAML Core 2.0 section 3.2.2). Checked even where it is not signed: that can only
/// refuse more.
fn check_response(shape: &ResponseShape<'_>, signed: bool, expected: &Expectation<'_>) -> Result<(), Refusal> {
    let response = shape.response;
    if response.attribute("Version") != Some("2.0") {
        return refuse(Check::Version, "the response is not version 2.0");
    }
    if !response.attribute("ID").is_some_and(is_ascii_ncname) {
        return refuse(Check::Id, "the response has no usable ID");
    }
    // SAML Bindings 2.0 section 3.5.5.2: a signed message names where it is going.
    match response.attribute("Destination") {
        Some(destination) if destination == expected.acs_url => {}
        None if !signed => {}
        _ => {
            return refuse(
                Check::Destination,
                "the response is not addressed to our assertion consumer service",
            );
        }
    }
    check_in_response_to(
        response.attribute("InResponseTo"),
        expected.answers,
        Check::InResponseTo,
    )?;
    check_fresh(response.attribute("IssueInstant"), expected, Check::IssueInstant)?;
    match response.at_most_one(ASSERTION, "Issuer", Check::Issuer)? {
        Some(issuer) => check_issuer(issuer, expected.idp_entity_id, Check::Issuer),
        None => Ok(()),
    }
}

/// The message answers exactly the request that is open, or nothing at all.
pub(super) fn check_in_response_to(value: Option<&str>, answers: Answers<'_>, check: Check) -> Result<(), Refusal> {
    match (value, answers) {
        (Some(value), Answers::Request { id, .. }) if value == id => Ok(()),
        (None, Answers::Nothing) => Ok(()),
        (_, Answers::Request { .. }) => refuse(check, "it does not answer the request that this browser sent"),
        (_, Answers::Nothing) => refuse(check, "it answers a request, and none is open in this browser"),
    }
}

/// Made within the last minutes, by the provider's clock.
pub(super) fn check_fresh(value: Option<&str>, expected: &Expectation<'_>, check: Check) -> Result<(), Refusal> {
    let at = value
        .and_then(time::read)
        .ok_or_else(|| Refusal::new(check, "no IssueInstant that can be read"))?;
    if at > expected.now + expected.skew {
        return refuse(check, "made in the future: the clocks differ by more than is tolerated");
    }
    if expected.now > at + MESSAGE_AGE + expected.skew {
        return refuse(
            check,
            "made too long ago, or the clocks differ by more than is tolerated",
        );
    }
    Ok(())
}

/// The issuer is the pinned one, compared as text (SAML Core 2.0 section 2.2.5).
pub(super) fn check_issuer(issuer: Node<'_>, expected: &str, check: Check) -> Result<(), Refusal> {
    let format = issuer.attribute("Format").unwrap_or(ENTITY);
    if format != ENTITY || issuer.text(check)? != expected {
        return refuse(check, "the issuer is not the provider that was configured");
    }
    Ok(())
}

/// The one status is success. A failure is told to the user by its kind, never in the provider's words.
fn check_status(status: Node<'_>) -> Result<(), Refusal> {
    let code = status.one(PROTOCOL, "StatusCode", Check::Status)?;
    let top = code.attribute("Value").unwrap_or_default();
    if top == SUCCESS {
        return Ok(());
    }
    let detail = code
        .at_most_one(PROTOCOL, "StatusCode", Check::Status)?
        .and_then(|inner| inner.attribute("Value"))
        .unwrap_or(top);
    let name = registered_status(detail);
    let user = match name {
        "AuthnFailed" | "RequestDenied" => UserOutcome::AccessDenied,
        "NoPassive" => UserOutcome::LoginRequired,
        _ => UserOutcome::ServerError,
    };
    Err(Refusal::new(Check::Status, format!("the provider answered with the status {name}")).telling(user))
}

/// Status codes that may appear in a trace as they are (SAML Core 2.0 section 3.2.2.2).
fn registered_status(code: &str) -> &'static str {
    const REGISTERED: [&str; 13] = [
        "Requester",
        "Responder",
        "VersionMismatch",
        "AuthnFailed",
        "InvalidAttrNameOrValue",
        "InvalidNameIDPolicy",
        "NoAuthnContext",
        "NoAvailableIDP",
        "NoPassive",
        "RequestDenied",
        "RequestUnsupported",
        "UnknownPrincipal",
        "UnsupportedBinding",
    ];
    let name = code.strip_prefix(STATUS_PREFIX).unwrap_or_default();
    REGISTERED
        .into_iter()
        .find(|known| *known == name)
        .unwrap_or("that is not registered")
}
