//! Mapping documents to begin with, by product. Each stands on what the product sends when it is set up as its page in the
//! documentation says; what differs at a hospital is changed rule by rule.

use super::MappingRules;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::OnceLock;

/// A mapping document for one product and protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingTemplate {
    /// The product, as it is named on the command line.
    pub product: String,
    /// `oidc` or `saml`.
    pub kind: String,
    /// The product's own name.
    pub title: String,
    /// What to set up at the product, and what to add here.
    pub about: String,
    /// Scopes to ask for, with OpenID Connect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// The rules.
    pub rules: MappingRules,
    /// What the product typically says, as the rules see it.
    pub example: Map<String, Value>,
}

const TEXTS: [&str; 14] = [
    include_str!("templates/entra-oidc.json"),
    include_str!("templates/entra-saml.json"),
    include_str!("templates/okta-oidc.json"),
    include_str!("templates/okta-saml.json"),
    include_str!("templates/adfs-oidc.json"),
    include_str!("templates/adfs-saml.json"),
    include_str!("templates/ping-oidc.json"),
    include_str!("templates/ping-saml.json"),
    include_str!("templates/shibboleth-oidc.json"),
    include_str!("templates/shibboleth-saml.json"),
    include_str!("templates/keycloak-oidc.json"),
    include_str!("templates/keycloak-saml.json"),
    include_str!("templates/google-oidc.json"),
    include_str!("templates/google-saml.json"),
];

/// All of them, by product.
pub fn list() -> &'static [MappingTemplate] {
    static TEMPLATES: OnceLock<Vec<MappingTemplate>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        TEXTS
            .iter()
            .filter_map(|text| serde_json::from_str(text).ok())
            .collect()
    })
}

/// The one of a product for a kind of provider.
pub fn find(product: &str, kind: &str) -> Option<&'static MappingTemplate> {
    list()
        .iter()
        .find(|template| template.product == product && template.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::mapping::{CompiledMapping, RuleOutcome};

    #[test]
    fn every_template_can_be_read_and_every_product_has_both_protocols() {
        assert_eq!(list().len(), TEXTS.len());
        for product in ["entra", "okta", "adfs", "ping", "shibboleth", "keycloak", "google"] {
            for kind in ["oidc", "saml"] {
                assert!(find(product, kind).is_some(), "{product} {kind}");
            }
        }
    }

    #[test]
    fn every_rule_of_every_template_matches_what_the_product_sends() {
        for template in list() {
            let name = format!("{} {}", template.product, template.kind);
            let mut rules = template.rules.clone();
            // One group of each is in the table, as a hospital would write it.
            let groups = ["group", "groups", "is_member_of"].map(|claim| template.example.get(claim).cloned());
            let mut sent: Vec<Value> = groups.into_iter().flatten().collect();
            for part in ["attributes", "friendly"] {
                let members = template.example.get(part).and_then(Value::as_object);
                sent.extend(members.into_iter().flat_map(|members| members.values().cloned()));
            }
            let names = sent
                .iter()
                .filter_map(Value::as_array)
                .flatten()
                .filter_map(Value::as_str);
            if rules.groups.is_some() {
                rules.group_roles = names
                    .map(|group| (group.to_owned(), vec!["clinician".to_owned()]))
                    .collect();
            }
            let mapping = CompiledMapping::compile(&rules).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
            let outcome = mapping.apply(&template.example, "staff");
            for line in &outcome.trace {
                assert_eq!(line.outcome, RuleOutcome::Matched, "{name}: {}", line.rule);
            }
            let identity = outcome.identity.unwrap();
            assert!(identity.name.is_some_and(|shown| !shown.is_empty()), "{name}");
            assert!(identity.email.is_some(), "{name}");
            assert!(
                identity.roles.is_empty() == (template.product == "google" && template.kind == "oidc"),
                "{name}"
            );
        }
    }

    #[test]
    fn an_account_outside_of_any_organization_does_not_get_in_through_google() {
        let template = find("google", "oidc").unwrap();
        let mut claims = template.example.clone();
        claims.remove("hd");
        let mapping = CompiledMapping::compile(&template.rules).unwrap();
        assert!(mapping.apply(&claims, "staff").identity.is_err());
    }
}
