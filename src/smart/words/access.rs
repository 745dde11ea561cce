//! Resource scopes, grouped by whose data they open and what may be done with it.

use super::{Phrases, split};
use crate::smart::categories::Category;
use crate::smart::scope::{Constraint, Level, Permissions, ResourceScope, ResourceType, ScopeSet};

/// What is done with data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Seen or searched.
    Read,
    /// Added, changed or deleted.
    Change,
}

/// Resources of one level with which the same may be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessGroup {
    /// Whose data.
    pub subject: Level,
    /// Whether data are only seen.
    pub action: Action,
    /// The letters of this group: some of `rs` or some of `cud`.
    pub permissions: Permissions,
    /// The group in one phrase: "Add and change information in the patient's record".
    pub heading: String,
    /// What it covers.
    pub items: Vec<AccessItem>,
    /// Whether it covers every type, also those FHIR gets in future.
    pub all_types: bool,
    /// The scopes behind it, as requested.
    pub technical: Vec<String>,
}

/// One kind of resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessItem {
    /// In plain words: "Lab results".
    pub words: String,
    /// What restricts it further, if the words do not say it all.
    pub restriction: Option<String>,
    /// The scopes behind it, as requested.
    pub technical: Vec<String>,
}

/// Scopes for the same resources, letters joined.
struct Target<'a> {
    scope: &'a ResourceScope,
    permissions: Permissions,
    technical: Vec<String>,
    /// Scopes that add nothing beside this one.
    moot: Vec<String>,
}

pub(super) fn groups(scopes: &ScopeSet, phrases: &dyn Phrases) -> Vec<AccessGroup> {
    let mut groups: Vec<AccessGroup> = Vec::new();
    for target in targets(scopes) {
        for (action, part) in [
            (Action::Read, Permissions::READ_AND_SEARCH),
            (Action::Change, Permissions::WRITE),
        ] {
            let permissions = target.permissions & part;
            if !permissions.is_empty() {
                add(&mut groups, &target, action, permissions, phrases);
            }
        }
    }
    // Reading comes before changing, one patient before all; within a group the order of the request stays.
    groups.sort_by_key(|group| (group.subject, group.action));
    groups
}

fn add(
    groups: &mut Vec<AccessGroup>,
    target: &Target<'_>,
    action: Action,
    permissions: Permissions,
    phrases: &dyn Phrases,
) {
    let level = target.scope.level();
    let item = item(target, phrases);
    let all_types = *target.scope.resource() == ResourceType::Any && target.scope.constraints().is_empty();
    let technical = target.technical.iter().chain(&target.moot).cloned();
    let known = groups
        .iter_mut()
        .find(|group| group.subject == level && group.permissions == permissions);
    if let Some(group) = known {
        group.items.push(item);
        group.all_types |= all_types;
        group.technical.extend(technical);
        return;
    }
    groups.push(AccessGroup {
        subject: level,
        action,
        permissions,
        heading: phrases.heading(level, permissions),
        items: vec![item],
        all_types,
        technical: technical.collect(),
    });
}

/// The distinct resources of a set. What a wider scope gives already is not listed a second time.
fn targets(scopes: &ScopeSet) -> Vec<Target<'_>> {
    let mut joined: Vec<Target<'_>> = Vec::new();
    for scope in scopes.resources() {
        let text = scope.as_str().to_owned();
        if let Some(target) = joined.iter_mut().find(|target| target.scope.same_target(scope)) {
            target.permissions = target.permissions | scope.permissions();
            target.technical.push(text);
        } else {
            let permissions = scope.permissions();
            joined.push(Target {
                scope,
                permissions,
                technical: vec![text],
                moot: Vec::new(),
            });
        }
    }
    let wider =
        |narrow: &ResourceScope, other: &Target<'_>| other.scope.reaches(narrow) && !narrow.reaches(other.scope);
    let left: Vec<Permissions> = joined
        .iter()
        .map(|target| {
            let given = joined.iter().filter(|other| wider(target.scope, other));
            target
                .permissions
                .without(given.fold(Permissions::NONE, |sum, other| sum | other.permissions))
        })
        .collect();
    let mut kept = Vec::new();
    let mut dropped = Vec::new();
    for (mut target, left) in joined.into_iter().zip(left) {
        if left.is_empty() {
            dropped.push(target);
        } else {
            target.permissions = left;
            kept.push(target);
        }
    }
    for target in dropped {
        if let Some(home) = kept.iter_mut().find(|other| wider(target.scope, other)) {
            home.moot.extend(target.technical);
        }
    }
    kept
}

fn item(target: &Target<'_>, phrases: &dyn Phrases) -> AccessItem {
    let (words, restriction) = words_of(target.scope, phrases);
    AccessItem {
        words,
        restriction,
        technical: target.technical.clone(),
    }
}

/// What a scope reaches, and what restricts it further.
pub(super) fn words_of(scope: &ResourceScope, phrases: &dyn Phrases) -> (String, Option<String>) {
    let mut words = match scope.resource() {
        ResourceType::Any => phrases.all_types().to_owned(),
        ResourceType::Named(name) => phrases
            .resource(name.as_str())
            .map_or_else(|| phrases.unknown_resource(&split(name.as_str())), str::to_owned),
    };
    let mut rest: Vec<&Constraint> = scope.constraints().iter().collect();
    if let ResourceType::Named(name) = scope.resource() {
        // The first known category says what kind of resource it is; whatever remains is spelt out as a restriction.
        let known = rest
            .iter()
            .enumerate()
            .find_map(|(position, constraint)| Some((position, Category::named_by(name, constraint)?)));
        if let Some((position, categories)) = known {
            rest.remove(position);
            let names: Vec<String> = Category::ALL
                .into_iter()
                .filter(|category| categories.contains(category))
                .map(|category| phrases.category(category).to_owned())
                .collect();
            words = phrases.list(&names);
        }
    }
    let restrictions: Vec<String> = rest
        .into_iter()
        .map(|constraint| phrases.restriction(constraint))
        .collect();
    let restriction = (!restrictions.is_empty()).then(|| restrictions.join("; "));
    (words, restriction)
}
