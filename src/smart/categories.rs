//! The categories of Condition and Observation that US certification wants to be grantable by themselves
//! (45 CFR 170.315(g)(10); US Core, "SMART on FHIR Obligations and Capabilities").

use super::reference::TypeName;
use super::scope::{Constraint, Parameter, ResourceScope, ResourceType};

const CONDITION: &str = "http://terminology.hl7.org/CodeSystem/condition-category";
const CONDITION_US: &str = "http://hl7.org/fhir/us/core/CodeSystem/condition-category";
const OBSERVATION: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const CATEGORY_US: &str = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category";

/// A known category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// Diagnoses of one encounter.
    EncounterDiagnosis,
    /// Health concerns.
    HealthConcern,
    /// The problem list.
    ProblemListItem,
    /// Laboratory results.
    Laboratory,
    /// Social history.
    SocialHistory,
    /// Vital signs.
    VitalSigns,
    /// Answers to questionnaires and screenings.
    Survey,
    /// Social determinants of health.
    SocialDeterminants,
    /// Clinical tests, such as an electrocardiogram.
    ClinicalTest,
}

impl Category {
    /// All of them, in the order a consent page lists them.
    pub const ALL: [Self; 9] = [
        Self::ProblemListItem,
        Self::EncounterDiagnosis,
        Self::HealthConcern,
        Self::Laboratory,
        Self::VitalSigns,
        Self::ClinicalTest,
        Self::SocialHistory,
        Self::SocialDeterminants,
        Self::Survey,
    ];

    /// The resource type, code system and code.
    pub const fn coding(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::EncounterDiagnosis => ("Condition", CONDITION, "encounter-diagnosis"),
            Self::HealthConcern => ("Condition", CONDITION_US, "health-concern"),
            Self::ProblemListItem => ("Condition", CONDITION, "problem-list-item"),
            Self::Laboratory => ("Observation", OBSERVATION, "laboratory"),
            Self::SocialHistory => ("Observation", OBSERVATION, "social-history"),
            Self::VitalSigns => ("Observation", OBSERVATION, "vital-signs"),
            Self::Survey => ("Observation", OBSERVATION, "survey"),
            Self::SocialDeterminants => ("Observation", CATEGORY_US, "sdoh"),
            Self::ClinicalTest => ("Observation", OBSERVATION, "procedure"),
        }
    }

    /// The categories a constraint on `resource` names, if it is about `category` and every alternative is known.
    pub fn named_by(resource: &TypeName, constraint: &Constraint) -> Option<Vec<Self>> {
        if *constraint.parameter() != Parameter::Plain("category".to_owned()) {
            return None;
        }
        let find = |value: &String| {
            Self::ALL.into_iter().find(|category| {
                let (own, system, code) = category.coding();
                own == resource.as_str() && value.split_once('|') == Some((system, code))
            })
        };
        constraint.alternatives().iter().map(find).collect()
    }

    /// The sub-scopes into which a person may narrow `scope`: the same level and letters for each known category of
    /// its type. Empty when the type has none, or the scope is constrained already.
    pub fn narrowings_of(scope: &ResourceScope) -> Vec<(Self, ResourceScope)> {
        let ResourceType::Named(resource) = scope.resource() else {
            return Vec::new();
        };
        if !scope.constraints().is_empty() {
            return Vec::new();
        }
        let narrowed = |category: Self| {
            let (own, system, code) = category.coding();
            if own != resource.as_str() {
                return None;
            }
            let constraint = Constraint::parse(&format!("category={system}|{code}")).ok()?;
            let narrowed = ResourceScope::new(
                scope.level(),
                scope.resource().clone(),
                scope.permissions(),
                vec![constraint],
            )?;
            Some((category, narrowed))
        };
        Self::ALL.into_iter().filter_map(narrowed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smart::scope::Scope;

    fn resource(text: &str) -> ResourceScope {
        Scope::parse(text).unwrap().as_resource().unwrap().clone()
    }

    #[test]
    fn a_condition_scope_narrows_to_its_three_categories() {
        let texts: Vec<String> = Category::narrowings_of(&resource("patient/Condition.rs"))
            .into_iter()
            .map(|(_, scope)| scope.as_str().to_owned())
            .collect();
        assert_eq!(
            texts,
            [
                "patient/Condition.rs?category=http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item",
                "patient/Condition.rs?category=http://terminology.hl7.org/CodeSystem/condition-category|encounter-diagnosis",
                "patient/Condition.rs?category=http://hl7.org/fhir/us/core/CodeSystem/condition-category|health-concern",
            ]
        );
    }

    #[test]
    fn an_observation_scope_narrows_to_six_categories() {
        assert_eq!(Category::narrowings_of(&resource("user/Observation.read")).len(), 6);
    }

    #[test]
    fn other_types_wildcards_and_constrained_scopes_do_not_narrow() {
        for scope in ["patient/Procedure.rs", "patient/*.rs", "patient/Observation.rs?code=1"] {
            assert_eq!(Category::narrowings_of(&resource(scope)), []);
        }
    }

    #[test]
    fn a_category_is_known_only_with_its_system_and_type() {
        let observation = TypeName::parse("Observation").unwrap();
        let condition = TypeName::parse("Condition").unwrap();
        let laboratory = Constraint::parse(&format!("category={OBSERVATION}|laboratory")).unwrap();
        assert_eq!(
            Category::named_by(&observation, &laboratory),
            Some(vec![Category::Laboratory])
        );
        assert_eq!(Category::named_by(&condition, &laboratory), None);
        let without_system = Constraint::parse("category=laboratory").unwrap();
        assert_eq!(Category::named_by(&observation, &without_system), None);
    }
}
