//! Scopes for FHIR resources, in both spellings.

use super::RefusedScope;
use super::constraint::{Constraint, InvalidConstraint};
use super::permissions::Permissions;
use crate::smart::reference::TypeName;
use std::fmt;

/// Whose authority a scope delegates (SMART App Launch 2.2, "Scopes for requesting FHIR Resources").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Data about the one patient in context.
    Patient,
    /// Whatever the signed-in user may reach.
    User,
    /// What the client itself may reach, without a user.
    System,
}

impl Level {
    /// The word before the slash.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::User => "user",
            Self::System => "system",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Patient, Self::User, Self::System]
            .into_iter()
            .find(|level| level.as_str() == text)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which resources a scope is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceType {
    /// `*`: every type, now and in future.
    Any,
    /// One type.
    Named(TypeName),
}

impl ResourceType {
    /// Whether everything `other` names is named by this.
    pub fn covers(&self, other: &Self) -> bool {
        *self == Self::Any || self == other
    }

    /// Whether this names the type `name`.
    pub fn includes(&self, name: &TypeName) -> bool {
        match self {
            Self::Any => true,
            Self::Named(own) => own == name,
        }
    }

    /// What both name, if anything.
    fn meet(&self, other: &Self) -> Option<Self> {
        if self.covers(other) {
            Some(other.clone())
        } else if other.covers(self) {
            Some(self.clone())
        } else {
            None
        }
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Named(name) => f.write_str(name.as_str()),
        }
    }
}

/// In which version's words a scope is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spelling {
    /// `.read`, `.write`, `.*`.
    V1,
    /// `.cruds` and `?`.
    V2,
}

/// A scope for FHIR resources. It keeps the text it was read from: what is granted unchanged is returned literally.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceScope {
    level: Level,
    resource: ResourceType,
    permissions: Permissions,
    constraints: Vec<Constraint>,
    spelling: Spelling,
    text: String,
}

impl ResourceScope {
    /// Most constraints one scope may carry. Real ones have one or two.
    pub const MAX_CONSTRAINTS: usize = 8;

    /// A scope in version 2 spelling; `None` without any permission.
    pub fn new(
        level: Level,
        resource: ResourceType,
        permissions: Permissions,
        constraints: Vec<Constraint>,
    ) -> Option<Self> {
        Self::spelt(level, resource, permissions, constraints, Spelling::V2)
    }

    /// As [`Self::new`], in version 1 words if asked for and if version 1 can say it.
    /// SMART App Launch 2.2, "Scope Equivalence": what version 1 cannot express comes in version 2 form.
    pub(super) fn spelt(
        level: Level,
        resource: ResourceType,
        permissions: Permissions,
        constraints: Vec<Constraint>,
        wish: Spelling,
    ) -> Option<Self> {
        if permissions.is_empty() {
            return None;
        }
        let word = permissions
            .v1_word()
            .filter(|_| wish == Spelling::V1 && constraints.is_empty());
        let (spelling, text) = match word {
            Some(word) => (Spelling::V1, format!("{level}/{resource}.{word}")),
            None => (Spelling::V2, print_v2(level, &resource, permissions, &constraints)),
        };
        Some(Self {
            level,
            resource,
            permissions,
            constraints,
            spelling,
            text,
        })
    }

    /// Reads what follows `patient/`, `user/` or `system/`. Nothing is guessed: what the grammar does not allow is
    /// refused with the part that is wrong.
    pub(super) fn parse(level: Level, rest: &str, text: &str) -> Result<Self, RefusedScope> {
        let (access, query) = match rest.split_once('?') {
            Some((access, query)) => (access, Some(query)),
            None => (rest, None),
        };
        let (resource, letters) = access.split_once('.').ok_or(RefusedScope::NoPermissions)?;
        let resource = match resource {
            "*" => ResourceType::Any,
            name => ResourceType::Named(TypeName::parse(name).map_err(|_| RefusedScope::ResourceType)?),
        };
        let (permissions, spelling) = match (Permissions::parse_v1(letters), Permissions::parse_v2(letters)) {
            (Some(permissions), _) => (permissions, Spelling::V1),
            (None, Some(permissions)) => (permissions, Spelling::V2),
            (None, None) if letters.is_empty() => return Err(RefusedScope::NoPermissions),
            (None, None) => return Err(RefusedScope::Permissions),
        };
        let constraints = match query {
            None => Vec::new(),
            Some(_) if spelling == Spelling::V1 => return Err(RefusedScope::ConstraintOnVersion1),
            Some(query) if query.split('&').count() > Self::MAX_CONSTRAINTS => {
                return Err(RefusedScope::TooManyConstraints);
            }
            Some(query) => query.split('&').map(Constraint::parse).collect::<Result<_, _>>()?,
        };
        Ok(Self {
            level,
            resource,
            permissions,
            constraints,
            spelling,
            text: text.to_owned(),
        })
    }

    /// Whose authority is delegated.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Which resources.
    pub const fn resource(&self) -> &ResourceType {
        &self.resource
    }

    /// What may be done to them.
    pub const fn permissions(&self) -> Permissions {
        self.permissions
    }

    /// The criteria a resource must meet; all of them. Empty means no restriction.
    pub fn constraints(&self) -> &[Constraint] {
        &self.constraints
    }

    /// The version whose words the scope uses.
    pub const fn spelling(&self) -> Spelling {
        self.spelling
    }

    /// The scope as requested, or as printed when it was made here.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether every use that `other` allows is allowed by this scope alone, letters aside.
    pub fn reaches(&self, other: &Self) -> bool {
        self.level == other.level
            && self.resource.covers(&other.resource)
            && self
                .constraints
                .iter()
                .all(|own| other.constraints.iter().any(|theirs| own.is_implied_by(theirs)))
    }

    /// What both scopes allow, in version 1 words if `self` has them and they suffice.
    pub(super) fn meet(&self, other: &Self) -> Option<Self> {
        if self.level != other.level {
            return None;
        }
        let resource = self.resource.meet(&other.resource)?;
        let constraints = conjunction(self.constraints.iter().chain(&other.constraints));
        Self::spelt(
            self.level,
            resource,
            self.permissions & other.permissions,
            constraints,
            self.spelling,
        )
    }

    /// The same meaning in one spelling: version 2, constraints sorted and free of those that others imply.
    pub(super) fn canonical(&self) -> Self {
        let mut constraints = conjunction(&self.constraints);
        constraints.sort();
        let text = print_v2(self.level, &self.resource, self.permissions, &constraints);
        Self {
            constraints,
            spelling: Spelling::V2,
            text,
            ..self.clone()
        }
    }

    /// This scope with other permissions, in version 2 unless version 1 was used and suffices.
    pub(super) fn with_permissions(&self, permissions: Permissions) -> Option<Self> {
        Self::spelt(
            self.level,
            self.resource.clone(),
            permissions,
            self.constraints.clone(),
            self.spelling,
        )
    }

    /// This scope in the wished version's words, as far as they suffice.
    pub(super) fn spelt_as(&self, wish: Spelling) -> Option<Self> {
        Self::spelt(
            self.level,
            self.resource.clone(),
            self.permissions,
            self.constraints.clone(),
            wish,
        )
    }

    /// Whether both restrict the same resources in the same way.
    pub fn same_target(&self, other: &Self) -> bool {
        self.reaches(other) && other.reaches(self)
    }
}

/// All of `constraints`, without those another one implies.
fn conjunction<'a>(constraints: impl IntoIterator<Item = &'a Constraint>) -> Vec<Constraint> {
    let mut kept: Vec<Constraint> = Vec::new();
    for constraint in constraints {
        if kept.iter().any(|other| constraint.is_implied_by(other)) {
            continue;
        }
        kept.retain(|other| !other.is_implied_by(constraint));
        kept.push(constraint.clone());
    }
    kept
}

fn print_v2(level: Level, resource: &ResourceType, permissions: Permissions, constraints: &[Constraint]) -> String {
    let mut text = format!("{level}/{resource}.{permissions}");
    for (position, constraint) in constraints.iter().enumerate() {
        text.push(if position == 0 { '?' } else { '&' });
        text.push_str(&constraint.to_string());
    }
    text
}

impl From<InvalidConstraint> for RefusedScope {
    fn from(reason: InvalidConstraint) -> Self {
        match reason {
            InvalidConstraint::Parameter => Self::ConstraintParameter,
            InvalidConstraint::Value => Self::ConstraintValue,
            InvalidConstraint::RestrictsNothing => Self::ConstraintRestrictsNothing,
        }
    }
}
