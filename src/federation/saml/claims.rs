//! What an assertion says, as the claims that mapping rules read.

use super::assertion::NameId;
use super::config::SamlProviderConfig;
use super::failure::{Check, Refusal, refuse};
use super::names::TRANSIENT;
use super::response::Accepted;
use crate::federation::{Assertion, Protocol};
use serde_json::{Map, Value, json};

/// The assertion as every protocol yields it.
///
/// `claims.sub` is there only when the NameID may identify an account. Attributes are under `claims.attributes`, by `Name`,
/// and under `claims.friendly`, by `FriendlyName`; each is a list.
pub(super) fn assertion_of(
    accepted: Accepted,
    config: &SamlProviderConfig,
    subject_rule: bool,
) -> Result<Assertion, Refusal> {
    let subject = accepted.name_id.subject();
    let usable = config.identifies(&accepted.name_id);
    if !usable && !subject_rule {
        return refuse(
            Check::NameIdFormat,
            if accepted.name_id.format == TRANSIENT {
                "the NameID is transient, a new one at each sign-in: let the provider send a persistent one, or set a \
                 mapping rule for the subject"
            } else {
                "the NameID's format is none of those that identify an account here: accept the format explicitly, or \
                 set a mapping rule for the subject"
            },
        );
    }
    let acr = accepted
        .authn
        .context_class
        .as_ref()
        .map(|class| config.acr_of(class).to_owned());
    let mut claims = Map::new();
    if usable {
        claims.insert("sub".into(), json!(subject));
    }
    claims.insert("iss".into(), json!(config.entity_id));
    claims.insert("name_id".into(), name_id_claim(&accepted.name_id));
    claims.insert("acr".into(), json!(acr));
    claims.insert("authn_context".into(), json!(accepted.authn.context_class));
    let (mut attributes, mut friendly) = (Map::new(), Map::new());
    for attribute in &accepted.attributes {
        attributes.insert(attribute.name.clone(), json!(attribute.values));
        if let Some(name) = &attribute.friendly_name {
            // Friendly names are for reading; two attributes with the same one are told apart by name only.
            let twice = friendly.insert(name.clone(), json!(attribute.values)).is_some();
            if twice {
                friendly.insert(name.clone(), Value::Null);
            }
        }
    }
    friendly.retain(|_, values| !values.is_null());
    claims.insert("attributes".into(), Value::Object(attributes));
    claims.insert("friendly".into(), Value::Object(friendly));
    Ok(Assertion {
        protocol: Protocol::Saml2,
        issuer: config.entity_id.clone(),
        subject,
        claims,
        acr,
        amr: Vec::new(),
        auth_time: Some(accepted.authn.instant),
        session_index: accepted.authn.session_index,
        session_ends: accepted.authn.session_ends,
        id_token: None,
    })
}

fn name_id_claim(name_id: &NameId) -> Value {
    json!({
        "value": name_id.value,
        "format": name_id.format,
        "name_qualifier": name_id.name_qualifier,
    })
}
