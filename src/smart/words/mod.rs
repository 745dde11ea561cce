//! Scopes in plain words, for consent pages and the page of connected apps.
//!
//! SMART App Launch 2.2 asks servers to show people what they grant in words they know. Nothing here decides anything:
//! the technical scope stays beside its words.

mod access;
mod choices;
mod english;
mod notice;
mod spanish;
#[cfg(test)]
mod tests;

pub use access::{AccessGroup, AccessItem, Action};
pub use choices::ChoiceWords;
pub use notice::{Notice, NoticeKind};

use super::categories::Category;
use super::reference::TypeName;
use super::scope::{Constraint, Level, Permissions, ScopeSet};

/// A language people read pages in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// The language of a BCP 47 tag: `es`, `es-MX`, `EN-us`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or(tag);
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    fn phrases(self) -> &'static dyn Phrases {
        match self {
            Self::English => &english::English,
            Self::Spanish => &spanish::Spanish,
        }
    }
}

/// A set of scopes in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeWords {
    /// Access to health data, grouped by whose data and what is done with it.
    pub groups: Vec<AccessGroup>,
    /// Everything else: who the user is, what is open, how long access lasts.
    pub notices: Vec<Notice>,
}

/// Puts a set of scopes into words.
pub fn describe(scopes: &ScopeSet, language: Language) -> ScopeWords {
    let phrases = language.phrases();
    ScopeWords {
        groups: access::groups(scopes, phrases),
        notices: notice::notices(scopes, phrases),
    }
}

/// The words for a resource type, in the plural and without an article: "Allergies". Types without words of their own
/// get their name taken apart.
pub fn resource_words(resource: &TypeName, language: Language) -> String {
    let phrases = language.phrases();
    phrases
        .resource(resource.as_str())
        .map_or_else(|| phrases.unknown_resource(&split(resource.as_str())), str::to_owned)
}

/// The words for a category.
pub fn category_words(category: Category, language: Language) -> &'static str {
    language.phrases().category(category)
}

/// What a language must be able to say.
trait Phrases: Sync {
    /// The heading of a group.
    fn heading(&self, level: Level, permissions: Permissions) -> String;
    /// Every type of resource, now and in future.
    fn all_types(&self) -> &'static str;
    /// Every type that has no box of its own.
    fn other_types(&self) -> &'static str;
    /// All of a type that is in none of the categories named beside it.
    fn other_kinds(&self) -> &'static str;
    /// A resource type.
    fn resource(&self, name: &str) -> Option<&'static str>;
    /// A resource type without words, its name taken apart.
    fn unknown_resource(&self, name: &str) -> String;
    /// A category.
    fn category(&self, category: Category) -> &'static str;
    /// A restriction nobody has words for.
    fn restriction(&self, constraint: &Constraint) -> String;
    /// "a, b and c".
    fn list(&self, parts: &[String]) -> String;
    /// `openid` and its companions; `parts` are from [`Self::identity_part`].
    fn identity(&self, parts: &[String]) -> String;
    /// What one identity scope tells the app.
    fn identity_part(&self, part: notice::Identity) -> &'static str;
    /// `launch`.
    fn launch(&self) -> &'static str;
    /// `launch/patient` and the like, with the type in small letters.
    fn launch_context(&self, context: &str) -> String;
    /// `offline_access`.
    fn offline(&self) -> &'static str;
    /// `online_access`.
    fn online(&self) -> &'static str;
    /// A scope of somebody else.
    fn extension(&self, name: &str) -> String;
}

/// `SupplyDelivery` becomes `Supply delivery`.
fn split(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
            words.push(character.to_ascii_lowercase());
        } else {
            words.push(character);
        }
    }
    words
}

/// "a, b and c" with the language's "and".
fn join(parts: &[String], and: &str) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}
