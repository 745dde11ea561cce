//! What an assertion says, as the claims that mapping rules read.

use super::assertion::{NameId, SamlAttribute};
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
    let class = accepted.authn.context_class.as_deref();
    let claims = claims_of(config, &accepted.name_id, &accepted.attributes, class);
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

/// What the rules read.
pub(super) fn claims_of(
    config: &SamlProviderConfig,
    name_id: &NameId,
    attributes: &[SamlAttribute],
    context_class: Option<&str>,
) -> Map<String, Value> {
    let (mut by_name, mut friendly) = (Map::new(), Map::new());
    for attribute in attributes {
        by_name.insert(attribute.name.clone(), json!(attribute.values));
        if let Some(name) = &attribute.friendly_name {
            // Friendly names are for reading; two attributes with the same one are told apart by name only.
            let twice = friendly.insert(name.clone(), json!(attribute.values)).is_some();
            if twice {
                friendly.insert(name.clone(), Value::Null);
            }
        }
    }
    friendly.retain(|_, values| !values.is_null());
    let mut claims = Map::from_iter([
        ("iss".to_owned(), json!(config.entity_id)),
        ("name_id".to_owned(), name_id_claim(name_id)),
        ("acr".to_owned(), json!(context_class.map(|class| config.acr_of(class)))),
        ("authn_context".to_owned(), json!(context_class)),
        ("attributes".to_owned(), Value::Object(by_name)),
        ("friendly".to_owned(), Value::Object(friendly)),
    ]);
    if config.identifies(name_id) {
        claims.insert("sub".to_owned(), json!(name_id.subject()));
    }
    claims
}

fn name_id_claim(name_id: &NameId) -> Value {
    json!({
        "value": name_id.value,
        "format": name_id.format,
        "name_qualifier": name_id.name_qualifier,
    })
}
