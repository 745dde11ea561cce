//! The rules as a tenant writes them.

use super::role_table;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use thiserror::Error;

/// Longest name of a list, in bytes.
const MAX_LIST_NAME: usize = 40;
/// Longest identifier system, in bytes.
const MAX_SYSTEM: usize = 255;
/// What a look-up may search (SMART App Launch 2.2, `fhirUser`).
const LOOKED_UP: [&str; 5] = ["Practitioner", "PractitionerRole", "Patient", "RelatedPerson", "Person"];

/// What a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RuleName {
    /// The key of the account: stable, never reused. Without a rule, `claims.sub`.
    Subject,
    /// The name to show.
    Name,
    /// The e-mail address.
    Email,
    /// The FHIR resource of the user, as a relative reference (SMART App Launch 2.2, `fhirUser`).
    FhirUser,
    /// What names the user in the tenant's own table, for `fhirUser`.
    FhirUserTable,
    /// What identifies the user at the tenant's FHIR server, for `fhirUser`.
    FhirUserLookup,
    /// The user's roles.
    Roles,
    /// The user's groups, which the table of groups turns into roles.
    Groups,
    /// The National Provider Identifier.
    Npi,
    /// The patient whose own record this user may open.
    Patient,
    /// Further patients whose records this user may open: children, or others for whom they act.
    Patients,
    /// What named the user at another provider, whose account the first sign-in takes over.
    Link,
}

impl RuleName {
    pub(super) const ALL: [Self; 12] = [
        Self::Subject,
        Self::Name,
        Self::Email,
        Self::FhirUser,
        Self::FhirUserTable,
        Self::FhirUserLookup,
        Self::Roles,
        Self::Groups,
        Self::Npi,
        Self::Patient,
        Self::Patients,
        Self::Link,
    ];

    /// The name as it is written in the tenant's document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Name => "name",
            Self::Email => "email",
            Self::FhirUser => "fhirUser",
            Self::FhirUserTable => "fhirUserTable",
            Self::FhirUserLookup => "fhirUserLookup",
            Self::Roles => "roles",
            Self::Groups => "groups",
            Self::Npi => "npi",
            Self::Patient => "patient",
            Self::Patients => "patients",
            Self::Link => "link",
        }
    }

    /// The part of the identity that the rule fills: several rules can fill one.
    pub(super) const fn field(self) -> Self {
        match self {
            Self::FhirUserTable | Self::FhirUserLookup => Self::FhirUser,
            Self::Groups => Self::Roles,
            other => other,
        }
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The rules as a tenant writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MappingRules {
    /// Expression for [`RuleName::Subject`]; `claims.sub` when absent. Always required to yield something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Expression for [`RuleName::Name`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Expression for [`RuleName::Email`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Expression for [`RuleName::FhirUser`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fhir_user: Option<String>,
    /// Where the tenant itself says who is which FHIR resource; asked when the expression for `fhirUser` yields nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fhir_user_table: Option<FhirUserTable>,
    /// How the user's FHIR resource is found at the tenant's FHIR server; asked last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fhir_user_lookup: Option<FhirUserLookup>,
    /// Expression for [`RuleName::Roles`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<String>,
    /// Expression for [`RuleName::Groups`]: one text or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<String>,
    /// The roles that each group gives, by the group as the provider names it. They come beside those of `roles`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "group_roles")]
    pub group_roles: BTreeMap<String, Vec<String>>,
    /// Expression for [`RuleName::Npi`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub npi: Option<String>,
    /// Expression for [`RuleName::Patient`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// Expression for [`RuleName::Patients`]: a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patients: Option<String>,
    /// The account at another provider that a user's first sign-in here takes over. Without it no two accounts ever become one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<AccountLinkRule>,
    /// What must be there; otherwise the sign-in is refused.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub required: BTreeSet<RuleName>,
}

/// A list of the tenant in which the user's FHIR resource stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FhirUserTable {
    /// The name of the list.
    pub list: String,
    /// Expression for what names the user in it.
    pub value: String,
}

/// A search at the tenant's FHIR server, by business identifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FhirUserLookup {
    /// The type of resource.
    #[serde(default = "practitioner")]
    pub resource: String,
    /// The identifier's system, a URI.
    pub system: String,
    /// Expression for the identifier's value.
    pub value: String,
}

/// Which account at another provider is the same person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountLinkRule {
    /// The other provider's alias.
    pub identity_provider: String,
    /// Expression for the subject there, exactly as that provider's rules yielded it.
    pub subject: String,
}

fn practitioner() -> String {
    "Practitioner".to_owned()
}

/// One role is written as a text, several as a list.
fn group_roles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        One(String),
        Several(Vec<String>),
    }
    let table = BTreeMap::<String, Given>::deserialize(deserializer)?;
    let list = |given| match given {
        Given::One(role) => vec![role],
        Given::Several(roles) => roles,
    };
    Ok(table.into_iter().map(|(group, given)| (group, list(given))).collect())
}

/// Why a rule cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("rule {rule}: {message}")]
pub struct RuleError {
    /// The rule.
    pub rule: RuleName,
    /// What is wrong with it and what to write instead.
    pub message: String,
}

/// Whether a text can be the name of a list of the tenant.
pub fn is_list_name(name: &str) -> bool {
    (1..=MAX_LIST_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}

impl MappingRules {
    pub(super) fn expression(&self, rule: RuleName) -> Option<&str> {
        let own = match rule {
            RuleName::Subject => return Some(self.subject.as_deref().unwrap_or("claims.sub")),
            RuleName::FhirUserTable => return self.fhir_user_table.as_ref().map(|table| table.value.as_str()),
            RuleName::FhirUserLookup => return self.fhir_user_lookup.as_ref().map(|lookup| lookup.value.as_str()),
            RuleName::Link => return self.link.as_ref().map(|link| link.subject.as_str()),
            RuleName::Name => &self.name,
            RuleName::Email => &self.email,
            RuleName::FhirUser => &self.fhir_user,
            RuleName::Roles => &self.roles,
            RuleName::Groups => &self.groups,
            RuleName::Npi => &self.npi,
            RuleName::Patient => &self.patient,
            RuleName::Patients => &self.patients,
        };
        own.as_deref()
    }

    /// What is wrong apart from the expressions.
    pub(super) fn faults(&self) -> Vec<RuleError> {
        let mut faults = Vec::new();
        let mut fault = |rule, message: String| faults.push(RuleError { rule, message });
        for rule in &self.required {
            if *rule == RuleName::Link {
                fault(
                    *rule,
                    "a link cannot be required: it concerns the first sign-in only".to_owned(),
                );
            } else if rule.field() != *rule {
                let field = rule.field();
                fault(*rule, format!("require {field} instead, which it is one way to fill"));
            } else if !RuleName::ALL
                .into_iter()
                .any(|other| other.field() == *rule && self.expression(other).is_some())
            {
                let message = "it is required but has no expression; add one, or take it out of required";
                fault(*rule, message.to_owned());
            }
        }
        if let Some(message) = role_table::fault(&self.group_roles) {
            fault(RuleName::Groups, message);
        } else if !self.group_roles.is_empty() && self.groups.is_none() {
            let message = "groupRoles needs an expression that yields the user's groups; add groups";
            fault(RuleName::Groups, message.to_owned());
        }
        if let Some(table) = &self.fhir_user_table
            && !is_list_name(&table.list)
        {
            let message = format!("the list's name has 1 to {MAX_LIST_NAME} characters of a-z, 0-9, - and _");
            fault(RuleName::FhirUserTable, message);
        }
        if let Some(lookup) = &self.fhir_user_lookup {
            if !LOOKED_UP.contains(&lookup.resource.as_str()) {
                let message = format!("resource is one of {}", LOOKED_UP.join(", "));
                fault(RuleName::FhirUserLookup, message);
            }
            // FHIR R4, Identifier.system: an absolute URI. Without it, numbers of different registries would be mixed up.
            if url::Url::parse(&lookup.system).is_err() || lookup.system.len() > MAX_SYSTEM {
                let message = "system is the URI of the identifier system, such as http://hl7.org/fhir/sid/us-npi";
                fault(RuleName::FhirUserLookup, message.to_owned());
            }
        }
        faults
    }
}
