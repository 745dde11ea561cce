//! The letters of a resource scope: create, read, update, delete, search.

use std::fmt;
use std::ops::{BitAnd, BitOr};

/// A set of the five permissions of SMART App Launch 2.2, "Scopes for requesting FHIR Resources".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Permissions(u8);

impl Permissions {
    /// Type-level create.
    pub const CREATE: Self = Self(1);
    /// Read, vread and history of one instance.
    pub const READ: Self = Self(2);
    /// Update and patch; an update that creates counts here.
    pub const UPDATE: Self = Self(4);
    /// Delete.
    pub const DELETE: Self = Self(8);
    /// Search, and history of a type or of the system.
    pub const SEARCH: Self = Self(16);
    /// No permission at all; no scope has it.
    pub const NONE: Self = Self(0);
    /// `rs`, what version 1 calls `read`.
    pub const READ_AND_SEARCH: Self = Self(2 | 16);
    /// `cud`, what version 1 calls `write`.
    pub const WRITE: Self = Self(1 | 4 | 8);
    /// `cruds`, what version 1 calls `*`.
    pub const ALL: Self = Self(31);

    /// The five letters in the order the grammar demands.
    pub const LETTERS: [(char, Self); 5] = [
        ('c', Self::CREATE),
        ('r', Self::READ),
        ('u', Self::UPDATE),
        ('d', Self::DELETE),
        ('s', Self::SEARCH),
    ];

    /// Reads the letters of version 2: some of `cruds`, in this order, at least one, none twice.
    pub fn parse_v2(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut permissions = Self::NONE;
        for (letter, permission) in Self::LETTERS {
            if let Some(after) = rest.strip_prefix(letter) {
                permissions = permissions | permission;
                rest = after;
            }
        }
        (rest.is_empty() && !permissions.is_empty()).then_some(permissions)
    }

    /// Reads the words of version 1: `read`, `write`, `*`.
    pub fn parse_v1(text: &str) -> Option<Self> {
        match text {
            "read" => Some(Self::READ_AND_SEARCH),
            "write" => Some(Self::WRITE),
            "*" => Some(Self::ALL),
            _ => None,
        }
    }

    /// The version 1 word of exactly these permissions, if there is one.
    pub fn v1_word(self) -> Option<&'static str> {
        match self {
            Self::READ_AND_SEARCH => Some("read"),
            Self::WRITE => Some("write"),
            Self::ALL => Some("*"),
            _ => None,
        }
    }

    /// Whether there is no permission.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` is in here.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What is in here and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Each permission in here by itself.
    pub fn each(self) -> impl Iterator<Item = Self> {
        Self::LETTERS
            .into_iter()
            .map(|(_, permission)| permission)
            .filter(move |permission| self.contains(*permission))
    }
}

impl BitAnd for Permissions {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Permissions {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::LETTERS
            .iter()
            .filter(|(_, permission)| self.contains(*permission))
            .try_for_each(|(letter, _)| write!(f, "{letter}"))
    }
}
