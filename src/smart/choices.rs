//! What a person can choose on a consent page, and what follows from a choice.
//!
//! SMART App Launch 2.2 lets people grant less than was asked for; 45 CFR 170.315(g)(10) wants them to choose by resource type,
//! and for Condition and Observation by category, also when an app asked for more. Every choice is a box that is ticked at
//! first. Whatever cannot be granted as ticked, because scopes cannot say "all but", is granted narrower, never wider.

mod recall;

use super::categories::Category;
use super::reference::TypeName;
use super::scope::{Level, Permissions, ResourceScope, ResourceType, Scope, ScopeSet};
use super::words::Action;
use std::collections::BTreeSet;
use thiserror::Error;

/// The types that a wildcard is taken apart into, in the order in which people are likely to look for them.
const LISTED: [&str; 34] = [
    "Patient",
    "Condition",
    "Observation",
    "AllergyIntolerance",
    "MedicationRequest",
    "MedicationDispense",
    "MedicationStatement",
    "Medication",
    "Immunization",
    "Procedure",
    "DiagnosticReport",
    "DocumentReference",
    "ImagingStudy",
    "Specimen",
    "Encounter",
    "Appointment",
    "CarePlan",
    "CareTeam",
    "Goal",
    "ServiceRequest",
    "Device",
    "FamilyMemberHistory",
    "QuestionnaireResponse",
    "Communication",
    "Consent",
    "Coverage",
    "Claim",
    "ExplanationOfBenefit",
    "RelatedPerson",
    "Practitioner",
    "PractitionerRole",
    "Organization",
    "Location",
    "Provenance",
];

/// Everything that can be chosen of a set of scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// Access to data, one patient before all, reading before changing.
    pub groups: Vec<ChoiceGroup>,
    /// The key of the access while the user is away, if it is asked for.
    pub offline: Option<&'static str>,
}

/// Choices of one level with which the same may be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceGroup {
    /// Whose data.
    pub level: Level,
    /// Whether data are only seen.
    pub action: Action,
    /// Some of the letters `rs`, or some of `cud`.
    pub permissions: Permissions,
    /// The boxes.
    pub choices: Vec<Choice>,
    /// Present when every type was asked for: the box for all types that have none of their own, also in future. It holds
    /// only together with all others of the group.
    pub everything: Option<Choice>,
}

/// One box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The value it sends, unique among all boxes of the page.
    pub key: String,
    /// What it lets the app reach, without regard to the boxes below it.
    pub scope: ResourceScope,
    /// Boxes for parts of it. With some of them unticked, the ticked ones are granted; all of them make up the whole.
    pub kinds: Vec<Kind>,
    /// The scopes that were asked for behind it.
    pub technical: Vec<String>,
}

/// A box for a part of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// The value it sends.
    pub key: String,
    /// The category and its scope; `None` for all that is in none of the categories.
    pub category: Option<(Category, ResourceScope)>,
}

/// A value that no box of the page sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the page offers no such choice")]
pub struct UnknownChoice;

impl Choices {
    /// The value of the box for access while the user is away.
    pub const OFFLINE: &str = "offline_access";

    /// The choices in what would be granted.
    pub fn of(proposed: &ScopeSet) -> Self {
        let mut groups = Vec::new();
        for level in [Level::Patient, Level::User, Level::System] {
            for (action, letters) in [
                (Action::Read, Permissions::READ_AND_SEARCH),
                (Action::Change, Permissions::WRITE),
            ] {
                groups.extend(
                    Part {
                        proposed,
                        level,
                        action,
                        letters,
                    }
                    .groups(),
                );
            }
        }
        Self {
            groups,
            offline: proposed.contains(&Scope::OfflineAccess).then_some(Self::OFFLINE),
        }
    }

    /// Whether there is data to choose.
    pub fn has_data(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Every value that a box sends.
    pub fn keys(&self) -> BTreeSet<&str> {
        let boxes = self
            .groups
            .iter()
            .flat_map(|group| group.choices.iter().chain(&group.everything));
        boxes
            .flat_map(|choice| {
                let kinds = choice.kinds.iter().map(|kind| kind.key.as_str());
                kinds.chain([choice.key.as_str()])
            })
            .chain(self.offline)
            .collect()
    }

    /// What the ticked boxes allow: data, and access while the user is away. It is a limit on what was proposed, to be met
    /// with it.
    pub fn allowed(&self, ticked: &BTreeSet<&str>) -> Result<ScopeSet, UnknownChoice> {
        if !ticked.is_subset(&self.keys()) {
            return Err(UnknownChoice);
        }
        let data = self.groups.iter().flat_map(|group| group.allowed(ticked, &self.groups));
        let offline = self
            .offline
            .filter(|key| ticked.contains(key))
            .map(|_| Scope::OfflineAccess);
        Ok(data.map(Scope::Resource).chain(offline).collect())
    }
}

impl ChoiceGroup {
    fn allowed(&self, ticked: &BTreeSet<&str>, groups: &[Self]) -> Vec<ResourceScope> {
        let mut allowed: Vec<ResourceScope> = self.choices.iter().flat_map(|choice| choice.allowed(ticked)).collect();
        // A type that is left out, also one with more letters and therefore in a group of its own, takes the wildcard with it.
        let same = |group: &&Self| group.level == self.level && group.action == self.action;
        let everything = self
            .everything
            .as_ref()
            .filter(|everything| ticked.contains(everything.key.as_str()))
            .filter(|_| {
                let mut choices = groups.iter().filter(same).flat_map(|group| &group.choices);
                choices.all(|choice| choice.is_whole(ticked))
            });
        allowed.extend(everything.map(|everything| everything.scope.clone()));
        allowed
    }
}

impl Choice {
    fn is_whole(&self, ticked: &BTreeSet<&str>) -> bool {
        ticked.contains(self.key.as_str()) && self.kinds.iter().all(|kind| ticked.contains(kind.key.as_str()))
    }

    fn allowed(&self, ticked: &BTreeSet<&str>) -> Vec<ResourceScope> {
        if self.is_whole(ticked) {
            return vec![self.scope.clone()];
        }
        if !ticked.contains(self.key.as_str()) {
            return Vec::new();
        }
        let kinds = self.kinds.iter().filter(|kind| ticked.contains(kind.key.as_str()));
        kinds
            .filter_map(|kind| kind.category.as_ref().map(|(_, scope)| scope.clone()))
            .collect()
    }
}

/// The part of a set that is about one level, and about reading or about changing.
struct Part<'a> {
    proposed: &'a ScopeSet,
    level: Level,
    action: Action,
    letters: Permissions,
}

impl<'a> Part<'a> {
    /// The scopes of this part with the letters they have in it.
    fn scopes(&self) -> impl Iterator<Item = (&'a ResourceScope, Permissions)> {
        let (level, letters) = (self.level, self.letters);
        self.proposed
            .resources()
            .filter(move |scope| scope.level() == level)
            .map(move |scope| (scope, scope.permissions() & letters))
            .filter(|(_, letters)| !letters.is_empty())
    }

    /// The letters that unconstrained scopes give for all that `wanted` is about.
    fn given(&self, wanted: &ResourceScope) -> Permissions {
        self.scopes()
            .filter(|(scope, _)| scope.constraints().is_empty() && scope.reaches(wanted))
            .fold(Permissions::NONE, |sum, (_, letters)| sum | letters)
    }

    fn groups(&self) -> Vec<ChoiceGroup> {
        let wildcard = ResourceScope::new(self.level, ResourceType::Any, self.letters, Vec::new());
        let wildcard_letters = wildcard.as_ref().map_or(Permissions::NONE, |any| self.given(any));
        let mut groups: Vec<ChoiceGroup> = Vec::new();
        // The group of the wildcard comes first, also when every type by name has more letters.
        if let Some(everything) = self.choice("*", ResourceType::Any, wildcard_letters) {
            let mut group = self.group(wildcard_letters);
            group.everything = Some(everything);
            groups.push(group);
        }
        for name in self.types(!wildcard_letters.is_empty()) {
            let resource = ResourceType::Named(name);
            let whole = ResourceScope::new(self.level, resource.clone(), self.letters, Vec::new());
            let letters = whole.as_ref().map_or(Permissions::NONE, |whole| self.given(whole));
            if let Some(choice) = self.choice(&resource.to_string(), resource.clone(), letters) {
                self.add(&mut groups, letters, choice);
            }
        }
        for choice in self.constrained() {
            self.add(&mut groups, choice.scope.permissions() & self.letters, choice);
        }
        groups
    }

    fn group(&self, permissions: Permissions) -> ChoiceGroup {
        ChoiceGroup {
            level: self.level,
            action: self.action,
            permissions,
            choices: Vec::new(),
            everything: None,
        }
    }

    fn add(&self, groups: &mut Vec<ChoiceGroup>, permissions: Permissions, choice: Choice) {
        if let Some(group) = groups.iter_mut().find(|group| group.permissions == permissions) {
            group.choices.push(choice);
        } else {
            let mut group = self.group(permissions);
            group.choices.push(choice);
            groups.push(group);
        }
    }

    /// The types with a box of their own: those asked for by name and, beside a wildcard, the usual ones.
    fn types(&self, wildcard: bool) -> Vec<TypeName> {
        let unconstrained = self.scopes().filter(|(scope, _)| scope.constraints().is_empty());
        let named = unconstrained.filter_map(|(scope, _)| match scope.resource() {
            ResourceType::Named(name) => Some(name.clone()),
            ResourceType::Any => None,
        });
        let listed = LISTED.iter().filter_map(|name| TypeName::parse(name).ok());
        let mut types: Vec<TypeName> = Vec::new();
        for name in listed.filter(|_| wildcard).chain(named) {
            if !types.contains(&name) {
                types.push(name);
            }
        }
        types
    }

    fn key(&self, name: &str) -> String {
        let action = match self.action {
            Action::Read => "read",
            Action::Change => "change",
        };
        format!("{}.{action}.{name}", self.level)
    }

    /// The box for a type or for all types, with boxes for its categories.
    fn choice(&self, name: &str, resource: ResourceType, letters: Permissions) -> Option<Choice> {
        let scope = ResourceScope::new(self.level, resource, letters, Vec::new())?;
        let key = self.key(name);
        let categories = Category::narrowings_of(&scope);
        let mut kinds: Vec<Kind> = categories
            .into_iter()
            .map(|(category, scope)| Kind {
                key: format!("{key}.{}", category.coding().2),
                category: Some((category, scope)),
            })
            .collect();
        if !kinds.is_empty() {
            let key = format!("{key}.other");
            kinds.push(Kind { key, category: None });
        }
        let behind = self
            .scopes()
            .filter(|(asked, _)| asked.resource() == scope.resource() && asked.constraints().is_empty());
        let technical = behind.map(|(asked, _)| asked.as_str().to_owned()).collect();
        Some(Choice {
            key,
            scope,
            kinds,
            technical,
        })
    }

    /// Boxes for constrained scopes, unless an unconstrained one makes them moot.
    fn constrained(&self) -> Vec<Choice> {
        let mut choices: Vec<Choice> = Vec::new();
        for (asked, letters) in self.scopes().filter(|(scope, _)| !scope.constraints().is_empty()) {
            if letters.without(self.given(asked)).is_empty() {
                continue;
            }
            let twin = choices.iter_mut().find(|choice| choice.scope.same_target(asked));
            let joined = twin.as_ref().map_or(letters, |twin| twin.scope.permissions() | letters);
            let constraints = asked.constraints().to_vec();
            let Some(scope) = ResourceScope::new(self.level, asked.resource().clone(), joined, constraints) else {
                continue;
            };
            let text = asked.as_str().to_owned();
            match twin {
                Some(twin) => {
                    twin.scope = scope;
                    twin.technical.push(text);
                }
                None => choices.push(Choice {
                    key: self.key(asked.as_str()),
                    scope,
                    kinds: Vec::new(),
                    technical: vec![text],
                }),
            }
        }
        choices
    }
}

#[cfg(test)]
mod tests;
