//! Single logout, both directions (SAML Core 2.0 section 3.7, SAML Profiles 2.0 section 4.4). Every message is signed.

use super::assertion::{NameId, find_name_id};
use super::binding::{MessageKind, decode_post, read_redirect};
use super::crypto::{KeyFault, PrivateKey, Proven, TrustedKeys, verify};
use super::failure::{Check, Refusal, refuse};
use super::names::{ASSERTION, PROTOCOL, SUCCESS};
use super::policy::{self, MESSAGE_AGE};
use super::response::check_issuer;
use super::service_provider::{Dispatch, Outgoing, ServiceProvider};
use super::shape::{is_ascii_ncname, message_signature};
use super::time;
use super::xml::{Tree, escape};
use crate::kernel::Timestamp;
use std::fmt::Write as _;
use std::time::Duration;
use url::Url;

/// Who may send us a logout message, and where to.
#[derive(Clone, Copy, Debug)]
pub struct LogoutExpectation<'a> {
    /// Ourselves.
    pub sp: &'a ServiceProvider,
    /// The provider's pinned name.
    pub idp_entity_id: &'a str,
    /// Its signing keys.
    pub keys: &'a TrustedKeys,
    /// Our keys for decryption, each tried once.
    pub decryption: &'a [PrivateKey],
    /// Tolerance between the clocks.
    pub skew: Duration,
    /// The time.
    pub now: Timestamp,
}

/// The provider wants sessions to end.
#[derive(Clone, Debug)]
pub struct LogoutRequest {
    /// Its identifier, which the answer repeats.
    pub id: String,
    /// Until when it could be presented again.
    pub replay_until: Timestamp,
    /// Whose sessions.
    pub name_id: NameId,
    /// Which of them; all when empty.
    pub session_indexes: Vec<String>,
}

/// The provider's answer to a request of ours.
#[derive(Clone, Debug)]
pub struct LogoutResponse {
    /// The request that it answers.
    pub in_response_to: String,
    /// Whether the provider says that it worked.
    pub success: bool,
}

/// A logout message.
#[derive(Clone, Debug)]
pub enum LogoutMessage {
    /// Of the provider's making.
    Request(LogoutRequest),
    /// An answer.
    Response(LogoutResponse),
}

/// A logout message with its relay state.
#[derive(Clone, Debug)]
pub struct Received {
    /// The message.
    pub message: LogoutMessage,
    /// `RelayState`, unread.
    pub relay_state: Option<String>,
}

/// A message by redirect, from the raw query.
pub fn receive_redirect(raw_query: &str, expected: &LogoutExpectation<'_>) -> Result<Received, Refusal> {
    let message = read_redirect(raw_query, expected.keys)?;
    let read = message.read(|root| {
        // The signature of this binding is in the query; one inside must not be there (SAML Bindings 2.0 section 3.4.4.1).
        if message_signature(root.node())?.is_some() {
            return refuse(Check::SignaturePlace, "a message by redirect must not hold a signature");
        }
        read(root, message.kind, expected)
    })?;
    Ok(Received {
        message: read,
        relay_state: message.relay_state,
    })
}

/// A message by POST.
pub fn receive_post(
    parameter: &str,
    kind: MessageKind,
    relay_state: Option<String>,
    expected: &LogoutExpectation<'_>,
) -> Result<Received, Refusal> {
    let xml = decode_post(parameter)?;
    let tree = Tree::parse(&xml, policy::MESSAGE)?;
    let root = tree.root()?;
    let Some(signed) = message_signature(root)? else {
        return refuse(Check::Unsigned, "a logout message must be signed");
    };
    let proven = verify(&tree, &[signed], expected.keys)?;
    let proof = proven
        .first()
        .copied()
        .ok_or_else(|| Refusal::new(Check::Unsigned, "a logout message must be signed"))?;
    let message = read(proof, kind, expected)?;
    Ok(Received { message, relay_state })
}

fn read(message: Proven<'_>, kind: MessageKind, expected: &LogoutExpectation<'_>) -> Result<LogoutMessage, Refusal> {
    let name = match kind {
        MessageKind::Request => "LogoutRequest",
        MessageKind::Response => "LogoutResponse",
    };
    if !message.is(PROTOCOL, name) {
        return refuse(Check::Root, format!("the message is not a {name}"));
    }
    if message.attribute("Version") != Some("2.0") {
        return refuse(Check::Version, "the message is not version 2.0");
    }
    let id = message
        .attribute("ID")
        .filter(|id| is_ascii_ncname(id))
        .ok_or_else(|| Refusal::new(Check::Id, "the message has no usable ID"))?;
    if message.attribute("Destination") != Some(&expected.sp.slo_url) {
        return refuse(
            Check::Destination,
            "the message is not addressed to our single logout service",
        );
    }
    let issued = message
        .attribute("IssueInstant")
        .and_then(time::read)
        .ok_or_else(|| Refusal::new(Check::IssueInstant, "no IssueInstant that can be read"))?;
    if issued > expected.now + expected.skew || expected.now > issued + MESSAGE_AGE + expected.skew {
        return refuse(Check::IssueInstant, "made too long ago or in the future, by our clock");
    }
    let issuer = message.one(ASSERTION, "Issuer", Check::Issuer)?;
    check_issuer(issuer.node(), expected.idp_entity_id, Check::Issuer)?;
    match kind {
        MessageKind::Request => request(message, id, issued, expected).map(LogoutMessage::Request),
        MessageKind::Response => response(message).map(LogoutMessage::Response),
    }
}

fn request(
    message: Proven<'_>,
    id: &str,
    issued: Timestamp,
    expected: &LogoutExpectation<'_>,
) -> Result<LogoutRequest, Refusal> {
    if let Some(text) = message.attribute("NotOnOrAfter")
        && time::read(text).is_none_or(|until| expected.now >= until + expected.skew)
    {
        return refuse(Check::LogoutRequest, "the logout request has expired");
    }
    let session_indexes: Result<Vec<String>, Refusal> = message
        .all(PROTOCOL, "SessionIndex")
        .map(|index| index.text(Check::LogoutRequest))
        .collect();
    Ok(LogoutRequest {
        id: id.to_owned(),
        replay_until: issued + MESSAGE_AGE + expected.skew + expected.skew,
        name_id: find_name_id(
            message,
            expected.decryption,
            expected.idp_entity_id,
            &expected.sp.entity_id,
        )?,
        session_indexes: session_indexes?,
    })
}

fn response(message: Proven<'_>) -> Result<LogoutResponse, Refusal> {
    let status = message.one(PROTOCOL, "Status", Check::Status)?;
    let code = status.one(PROTOCOL, "StatusCode", Check::Status)?;
    Ok(LogoutResponse {
        in_response_to: message
            .attribute("InResponseTo")
            .ok_or_else(|| Refusal::new(Check::InResponseTo, "the answer names no request"))?
            .to_owned(),
        success: code.attribute("Value") == Some(SUCCESS),
    })
}

impl ServiceProvider {
    /// Asks the provider to end the user's session there. `None` when it has no logout service.
    pub fn logout_request(
        &self,
        dispatch: &Dispatch<'_>,
        name_id: &NameId,
        session_index: Option<&str>,
    ) -> Result<Option<Outgoing>, KeyFault> {
        let Some(endpoint) = dispatch.idp.logout_endpoint() else {
            return Ok(None);
        };
        let mut xml = self.head("LogoutRequest", dispatch, &endpoint.location, None);
        let _ = write!(xml, "<saml:NameID Format=\"{}\"", escape(&name_id.format));
        // SAML Core 2.0 section 8.3.7: the name as it was received, its qualifiers spelled out.
        let qualifier = Some(name_id.name_qualifier.as_str()).filter(|qualifier| !qualifier.is_empty());
        if name_id.is_persistent() {
            let qualifier = escape(qualifier.unwrap_or(&dispatch.idp.entity_id));
            let ours = escape(&self.entity_id);
            let _ = write!(xml, " NameQualifier=\"{qualifier}\" SPNameQualifier=\"{ours}\"");
        } else if let Some(qualifier) = qualifier {
            let _ = write!(xml, " NameQualifier=\"{}\"", escape(qualifier));
        }
        let _ = write!(xml, ">{}</saml:NameID>", escape(&name_id.value));
        if let Some(index) = session_index {
            let _ = write!(xml, "<samlp:SessionIndex>{}</samlp:SessionIndex>", escape(index));
        }
        xml.push_str("</samlp:LogoutRequest>");
        dispatch
            .send(endpoint.binding, &endpoint.location, MessageKind::Request, &xml)
            .map(Some)
    }

    /// Answers a logout request that was carried out. `None` when the provider has no address for it.
    pub fn logout_response(&self, dispatch: &Dispatch<'_>, in_response_to: &str) -> Result<Option<Outgoing>, KeyFault> {
        let Some(endpoint) = dispatch.idp.logout_endpoint() else {
            return Ok(None);
        };
        let location = endpoint.response_location.as_ref().unwrap_or(&endpoint.location);
        let mut xml = self.head("LogoutResponse", dispatch, location, Some(in_response_to));
        let _ = write!(
            xml,
            "<samlp:Status><samlp:StatusCode Value=\"{SUCCESS}\"/></samlp:Status></samlp:LogoutResponse>"
        );
        dispatch
            .send(endpoint.binding, location, MessageKind::Response, &xml)
            .map(Some)
    }

    fn head(&self, name: &str, dispatch: &Dispatch<'_>, destination: &Url, answers: Option<&str>) -> String {
        let answers = answers
            .map(|answers| format!(" InResponseTo=\"{}\"", escape(answers)))
            .unwrap_or_default();
        format!(
            "<samlp:{name} xmlns:samlp=\"{PROTOCOL}\" xmlns:saml=\"{ASSERTION}\" ID=\"{}\" Version=\"2.0\" \
             IssueInstant=\"{}\" Destination=\"{}\"{answers}><saml:Issuer>{}</saml:Issuer>",
            dispatch.id,
            time::write(dispatch.now),
            escape(destination.as_str()),
            escape(&self.entity_id),
        )
    }
}
