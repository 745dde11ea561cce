//! A page that is shown again begins with what the person chose before.

use super::{Choice, Choices};
use crate::smart::scope::{ResourceScope, ResourceType, Scope, ScopeSet};
use std::collections::BTreeSet;

impl Choices {
    /// The boxes to be left unticked for somebody who was `asked` before and `allowed` this much of it: what they left out then.
    /// What was not asked before is ticked. Nothing is left unticked where that would leave no data at all: an app that asks
    /// again for no more than was declined deserves a page that says so, not an empty one.
    pub fn declined(&self, asked: &ScopeSet, allowed: &ScopeSet) -> BTreeSet<&str> {
        let before = Before { asked, allowed };
        let boxes = self
            .groups
            .iter()
            .flat_map(|group| group.choices.iter().chain(&group.everything));
        let mut declined: BTreeSet<&str> = boxes.flat_map(|choice| before.declined(choice)).collect();
        let ticked: BTreeSet<&str> = self.keys().difference(&declined).copied().collect();
        let leaves_data = self
            .allowed(&ticked)
            .is_ok_and(|left| left.resources().next().is_some());
        if !leaves_data {
            declined.clear();
        }
        let offline = self.offline.filter(|_| {
            let offline = Scope::OfflineAccess;
            asked.contains(&offline) && !allowed.contains(&offline)
        });
        declined.into_iter().chain(offline).collect()
    }
}

/// An earlier answer.
struct Before<'a> {
    asked: &'a ScopeSet,
    allowed: &'a ScopeSet,
}

impl Before<'_> {
    fn declined<'c>(&self, choice: &'c Choice) -> Vec<&'c str> {
        let kinds = choice.kinds.iter().filter(|kind| match &kind.category {
            Some((_, scope)) => self.lost(scope),
            None => self.lost_whole(&choice.scope),
        });
        let kinds = kinds.map(|kind| kind.key.as_str());
        self.lost(&choice.scope)
            .then_some(choice.key.as_str())
            .into_iter()
            .chain(kinds)
            .collect()
    }

    /// Whether a box for this scope was left unticked. A type was, when none of its parts was allowed. A wildcard is all or nothing,
    /// because its parts have boxes of their own; and so is a restricted scope, because two restrictions together still say
    /// something.
    fn lost(&self, scope: &ResourceScope) -> bool {
        if *scope.resource() == ResourceType::Any || !scope.constraints().is_empty() {
            self.lost_whole(scope)
        } else {
            self.lost_all(scope)
        }
    }

    /// Something of it was asked for, and nothing of that was allowed.
    fn lost_all(&self, scope: &ResourceScope) -> bool {
        let wanted: ScopeSet = std::iter::once(Scope::Resource(scope.clone())).collect();
        !wanted.intersect(self.asked).is_empty() && wanted.intersect(self.allowed).is_empty()
    }

    /// All of it was asked for, and not all was allowed.
    fn lost_whole(&self, scope: &ResourceScope) -> bool {
        let wanted = Scope::Resource(scope.clone());
        self.asked.covers_scope(&wanted) && !self.allowed.covers_scope(&wanted)
    }
}
