//! Sets of scopes: reading and printing the `scope` parameter, and the algebra.

use super::permissions::Permissions;
use super::resource::{Level, ResourceScope};
use super::{RefusedScope, Scope};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Scopes in the order of the request, each text once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeSet {
    scopes: Vec<Scope>,
}

/// What a `scope` parameter holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedScopes {
    /// The scopes understood.
    pub scopes: ScopeSet,
    /// The tokens dropped, with the reason.
    pub refused: Vec<(String, RefusedScope)>,
}

/// Why a text is not a set of scopes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidScopeSet {
    /// A character outside the scope-token of RFC 6749 section 3.3.
    #[error(
        "`scope` holds a character that no scope may have (position {position}): only visible ASCII without `\"` and `\\`, separated by spaces"
    )]
    Malformed {
        /// Byte offset of the first such character.
        position: usize,
    },
    /// More tokens than anybody needs; comparing sets takes time that grows with the square of their size.
    #[error(
        "`scope` holds more than {limit} scopes or 32 KiB: ask for fewer, or for `*` instead of every type by name"
    )]
    TooMany {
        /// The most that are accepted.
        limit: usize,
    },
    /// A token no scope is spelt like; only where dropping it is not wanted, as in settings.
    #[error("`{token}`: {reason}")]
    Refused {
        /// The token.
        token: String,
        /// What is wrong with it.
        reason: RefusedScope,
    },
}

impl ScopeSet {
    /// Most scopes one parameter may hold.
    pub const MAX_SCOPES: usize = 500;
    /// Most bytes of one parameter. Real requests have a few thousand.
    pub const MAX_BYTES: usize = 32 * 1024;

    /// Reads a `scope` parameter. Fails only for characters no scope may have and for absurd numbers; tokens that are
    /// no scope are reported beside those that are.
    pub fn parse(text: &str) -> Result<ParsedScopes, InvalidScopeSet> {
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidScopeSet::TooMany {
                limit: Self::MAX_SCOPES,
            });
        }
        // RFC 6749 section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
        let foreign = text
            .bytes()
            .position(|b| !matches!(b, b' ' | 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
        if let Some(position) = foreign {
            return Err(InvalidScopeSet::Malformed { position });
        }
        let mut seen = HashSet::new();
        let mut parsed = ParsedScopes {
            scopes: Self::default(),
            refused: Vec::new(),
        };
        for token in text.split(' ').filter(|token| !token.is_empty()) {
            if !seen.insert(token) {
                continue;
            }
            if seen.len() > Self::MAX_SCOPES {
                return Err(InvalidScopeSet::TooMany {
                    limit: Self::MAX_SCOPES,
                });
            }
            match Scope::parse(token) {
                Ok(scope) => parsed.scopes.scopes.push(scope),
                Err(reason) => parsed.refused.push((token.to_owned(), reason)),
            }
        }
        Ok(parsed)
    }

    /// Reads a set in which every token must be a scope: settings, registrations, what we stored ourselves.
    pub fn parse_strictly(text: &str) -> Result<Self, InvalidScopeSet> {
        let ParsedScopes { scopes, refused } = Self::parse(text)?;
        match refused.into_iter().next() {
            None => Ok(scopes),
            Some((token, reason)) => Err(InvalidScopeSet::Refused { token, reason }),
        }
    }

    /// Whether there is no scope.
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty()
    }

    /// The number of scopes.
    pub fn len(&self) -> usize {
        self.scopes.len()
    }

    /// The scopes in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Scope> {
        self.scopes.iter()
    }

    /// The scopes for FHIR resources, in order.
    pub fn resources(&self) -> impl Iterator<Item = &ResourceScope> {
        self.scopes.iter().filter_map(Scope::as_resource)
    }

    /// Whether exactly this scope is in the set.
    pub fn contains(&self, scope: &Scope) -> bool {
        self.scopes.contains(scope)
    }

    /// Whether a scope of this level is in the set. With [`Level::Patient`], a patient must be in context
    /// (SMART App Launch 2.2, "Scopes for requesting FHIR Resources").
    pub fn has_level(&self, level: Level) -> bool {
        self.resources().any(|scope| scope.level() == level)
    }

    /// Whether a context of this type is asked for, whatever its role.
    pub fn asks_for_context(&self, wanted: &str) -> bool {
        self.scopes
            .iter()
            .any(|scope| matches!(scope, Scope::LaunchContext { context, .. } if context == wanted))
    }

    /// Whether this set allows all that `other` allows, now and when FHIR gets new types. Letters of several scopes add
    /// up; constrained scopes are never added up to an unconstrained one.
    pub fn covers(&self, other: &Self) -> bool {
        other.scopes.iter().all(|scope| self.covers_scope(scope))
    }

    /// Whether this set allows all that one scope allows.
    pub fn covers_scope(&self, scope: &Scope) -> bool {
        match scope {
            Scope::Resource(wanted) => wanted
                .permissions()
                .without(self.permissions_reaching(wanted))
                .is_empty(),
            other => self.scopes.iter().any(|own| own.covers(other)),
        }
    }

    /// The letters that scopes of this set give for all that `wanted` is about.
    fn permissions_reaching(&self, wanted: &ResourceScope) -> Permissions {
        self.resources()
            .filter(|own| own.reaches(wanted))
            .fold(Permissions::NONE, |sum, own| sum | own.permissions())
    }

    /// What is granted of `self` under `ceiling`: scopes the ceiling covers stay as they are written, others are
    /// narrowed to what both allow or vanish. The result never allows more than either set.
    #[must_use]
    pub fn intersect(&self, ceiling: &Self) -> Self {
        self.scopes.iter().flat_map(|scope| ceiling.narrow(scope)).collect()
    }

    /// What this set, as a ceiling, leaves of one scope.
    pub(super) fn narrow(&self, scope: &Scope) -> Vec<Scope> {
        if self.covers_scope(scope) {
            return vec![scope.clone()];
        }
        let Scope::Resource(wanted) = scope else {
            return Vec::new();
        };
        let pieces = self.resources().filter_map(|own| wanted.meet(own)).collect();
        let spelt = tidy(pieces)
            .into_iter()
            .filter_map(|piece| piece.spelt_as(wanted.spelling()));
        spelt.map(Scope::Resource).collect()
    }

    /// Every scope of both, in order.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.scopes.iter().chain(&other.scopes).cloned().collect()
    }

    /// The scopes that `keep` accepts.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&Scope) -> bool) -> Self {
        self.scopes.iter().filter(|scope| keep(scope)).cloned().collect()
    }

    /// The same meaning in the shortest version 2 form and a fixed order. For comparing and for enforcement; what is
    /// returned to a client is printed as it was requested.
    #[must_use]
    pub fn normalise(&self) -> Self {
        let mut resources = tidy(self.resources().map(ResourceScope::canonical).collect());
        resources.sort();
        let mut others: Vec<&Scope> = self
            .scopes
            .iter()
            .filter(|scope| scope.as_resource().is_none())
            .collect();
        others.sort();
        let covered = |scope: &&Scope| others.iter().any(|other| *other != *scope && other.covers(scope));
        let kept: Vec<Scope> = others
            .iter()
            .copied()
            .filter(|scope| !covered(scope))
            .cloned()
            .collect();
        kept.into_iter()
            .chain(resources.into_iter().map(Scope::Resource))
            .collect()
    }

    /// Whether both sets allow the same.
    pub fn is_equivalent_to(&self, other: &Self) -> bool {
        self.covers(other) && other.covers(self)
    }

    /// The value of a `scope` parameter: each scope literally as it was requested, in that order.
    pub fn print(&self) -> String {
        self.to_string()
    }
}

/// Joins scopes that differ in their letters only, and drops those the rest covers.
fn tidy(scopes: Vec<ResourceScope>) -> Vec<ResourceScope> {
    let mut joined: Vec<ResourceScope> = Vec::new();
    for scope in scopes {
        let twin = joined.iter_mut().find(|other| other.same_target(&scope));
        match twin {
            None => joined.push(scope),
            Some(twin) => {
                if let Some(both) = twin.with_permissions(twin.permissions() | scope.permissions()) {
                    *twin = both;
                }
            }
        }
    }
    let all = joined.clone();
    joined.retain(|scope| {
        let rest = all
            .iter()
            .filter(|other| !other.same_target(scope) && other.reaches(scope));
        let given = rest.fold(Permissions::NONE, |sum, other| sum | other.permissions());
        !given.contains(scope.permissions())
    });
    joined
}

impl FromIterator<Scope> for ScopeSet {
    /// Collects scopes; a text that is there already is not repeated.
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut seen = HashSet::new();
        Self {
            scopes: scopes.into_iter().filter(|scope| seen.insert(scope.clone())).collect(),
        }
    }
}

impl IntoIterator for ScopeSet {
    type Item = Scope;
    type IntoIter = std::vec::IntoIter<Scope>;
    fn into_iter(self) -> Self::IntoIter {
        self.scopes.into_iter()
    }
}

impl<'a> IntoIterator for &'a ScopeSet {
    type Item = &'a Scope;
    type IntoIter = std::slice::Iter<'a, Scope>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromStr for ScopeSet {
    type Err = InvalidScopeSet;
    fn from_str(text: &str) -> Result<Self, InvalidScopeSet> {
        Self::parse_strictly(text)
    }
}

impl TryFrom<String> for ScopeSet {
    type Error = InvalidScopeSet;
    fn try_from(text: String) -> Result<Self, InvalidScopeSet> {
        Self::parse_strictly(&text)
    }
}

impl From<ScopeSet> for String {
    fn from(set: ScopeSet) -> Self {
        set.to_string()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, scope) in self.scopes.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{scope}")?;
        }
        Ok(())
    }
}
