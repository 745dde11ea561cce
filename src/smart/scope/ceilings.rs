//! What a tenant sets beside its one ceiling: limits by the user's roles, and the search parameters that may restrict a scope.

use super::constraint::Parameter;
use super::resource::{Level, ResourceScope, ResourceType, Spelling};
use super::{Scope, ScopeSet};
use crate::smart::reference::TypeName;
use std::collections::BTreeMap;
use thiserror::Error;

/// What people may pass on to apps, by role. It limits access to data alone: whether an app learns who signed in, or keeps
/// its access, is not a matter of roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCeilings {
    /// The widest data access of each role that has a limit.
    pub roles: BTreeMap<String, ScopeSet>,
    /// For people whose record is in the system, when none of their roles is listed.
    pub patients: ScopeSet,
    /// For everybody else whose roles are not listed.
    pub others: ScopeSet,
}

/// Why a text is no user ceiling.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidUserCeiling {
    /// It does not read as scopes.
    #[error(transparent)]
    Scopes(#[from] super::InvalidScopeSet),
    /// It holds a scope that is not about data.
    #[error(
        "`{0}` is no scope of level patient/ or user/: a role limits access to data alone, everything else is not affected by it"
    )]
    NotData(String),
}

impl UserCeilings {
    /// Reads one ceiling.
    pub fn parse(text: &str) -> Result<ScopeSet, InvalidUserCeiling> {
        let scopes = ScopeSet::parse_strictly(text)?;
        let foreign = scopes
            .iter()
            .find(|scope| scope.as_resource().is_none_or(|data| data.level() == Level::System));
        match foreign {
            Some(scope) => Err(InvalidUserCeiling::NotData(scope.to_string())),
            None => Ok(scopes),
        }
    }

    /// The ceiling of somebody with these roles: all that their listed roles allow together, else the default for patients or
    /// for everybody else.
    pub fn of(&self, roles: &[String], is_patient: bool) -> ScopeSet {
        let mut listed = roles.iter().filter_map(|role| self.roles.get(role)).peekable();
        if listed.peek().is_some() {
            return listed.fold(ScopeSet::default(), |sum, ceiling| sum.union(ceiling));
        }
        if is_patient { &self.patients } else { &self.others }.clone()
    }
}

/// The search parameters that may follow the `?` of a granular scope at a tenant. SMART App Launch 2.2 leaves all but plain
/// parameters experimental, and a FHIR server that cannot enforce one must not be asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GranularParameters {
    offered: Vec<Offered>,
    version_1: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Offered {
    resource: Option<TypeName>,
    parameter: Parameter,
}

/// Why a text names no parameter to offer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is none of `category`, `code:in`, `subject.name`, `_filter` and the like, alone or after a type as in `Observation?code`"
)]
pub struct InvalidGranularParameter(String);

impl GranularParameters {
    /// Reads the entries of a list: a parameter for every type, or `Type?parameter` for one.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidGranularParameter> {
        let read = |entry: &'a str| {
            let invalid = || InvalidGranularParameter(entry.to_owned());
            let (resource, parameter) = match entry.split_once('?') {
                Some((name, parameter)) => (Some(TypeName::parse(name).map_err(|_| invalid())?), parameter),
                None => (None, entry),
            };
            let parameter = Parameter::parse(parameter).map_err(|_| invalid())?;
            Ok(Offered { resource, parameter })
        };
        Ok(Self {
            offered: entries.into_iter().map(read).collect::<Result<_, _>>()?,
            version_1: true,
        })
    }

    /// The same, with or without scopes of version 1 (`permission-v1`).
    #[must_use]
    pub fn with_version_1(self, version_1: bool) -> Self {
        Self { version_1, ..self }
    }

    /// Whether `scope` is written in a version that is understood.
    pub fn understand(&self, scope: &Scope) -> bool {
        self.version_1
            || scope
                .as_resource()
                .is_none_or(|resource| resource.spelling() != Spelling::V1)
    }

    /// Whether every constraint of `scope` is by a parameter on the list.
    pub fn offer(&self, scope: &Scope) -> bool {
        scope.as_resource().is_none_or(|data| {
            data.constraints().iter().all(|constraint| {
                self.offered
                    .iter()
                    .any(|offered| offered.parameter == *constraint.parameter() && offered.is_for(data))
            })
        })
    }
}

impl Offered {
    fn is_for(&self, data: &ResourceScope) -> bool {
        match (&self.resource, data.resource()) {
            (None, _) => true,
            (Some(own), ResourceType::Named(name)) => own == name,
            (Some(_), ResourceType::Any) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ceilings() -> UserCeilings {
        let set = |text| UserCeilings::parse(text).unwrap();
        UserCeilings {
            roles: BTreeMap::from([
                ("nurse".to_owned(), set("user/Observation.cruds")),
                ("clerk".to_owned(), set("user/Appointment.cruds")),
            ]),
            patients: set("patient/*.rs"),
            others: set("user/*.rs"),
        }
    }

    #[test]
    fn listed_roles_add_up_and_leave_the_defaults_to_others() {
        let of = |roles: &[&str], patient| {
            let roles: Vec<String> = roles.iter().map(|&role| role.to_owned()).collect();
            ceilings().of(&roles, patient).print()
        };
        assert_eq!(
            of(&["nurse", "clerk", "x"], false),
            "user/Observation.cruds user/Appointment.cruds"
        );
        assert_eq!(of(&["nurse"], true), "user/Observation.cruds");
        assert_eq!(of(&["x"], true), "patient/*.rs");
        assert_eq!(of(&[], false), "user/*.rs");
    }

    #[test]
    fn a_user_ceiling_holds_scopes_on_data_alone() {
        for text in ["openid", "user/*.rs offline_access", "system/*.rs", "launch/patient"] {
            assert!(
                matches!(UserCeilings::parse(text), Err(InvalidUserCeiling::NotData(_))),
                "{text}"
            );
        }
        assert!(matches!(
            UserCeilings::parse("user/*.x"),
            Err(InvalidUserCeiling::Scopes(_))
        ));
        assert_eq!(UserCeilings::parse("").map(|set| set.len()), Ok(0));
    }

    #[test]
    fn a_parameter_counts_only_as_listed() {
        let offered = GranularParameters::parse(["category", "Observation?code:in", "_filter"]).unwrap();
        for (scope, expected) in [
            ("patient/Condition.rs?category=a|b", true),
            ("patient/*.rs?category=a|b", true),
            ("patient/Observation.rs?code:in=http://x.example/v", true),
            ("patient/Condition.rs?code:in=http://x.example/v", false),
            ("patient/*.rs?code:in=http://x.example/v", false),
            ("patient/Observation.rs?code=1", false),
            ("patient/Observation.rs?category=a&code=1", false),
            ("patient/Observation.rs?category:in=a", false),
            ("patient/Observation.rs?subject.name=a", false),
            ("patient/Observation.rs?_filter=a", true),
            ("patient/Observation.rs", true),
            ("openid", true),
        ] {
            assert_eq!(offered.offer(&Scope::parse(scope).unwrap()), expected, "{scope}");
        }
    }

    #[test]
    fn what_restricts_nothing_or_is_no_parameter_cannot_be_offered() {
        for entry in [
            "",
            "_count",
            "code:",
            "a b",
            "observation?code",
            "Observation?",
            "?code",
        ] {
            assert!(GranularParameters::parse([entry]).is_err(), "{entry}");
        }
    }
}
