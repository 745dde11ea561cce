//! Scopes as types: the grammar of versions 1 and 2, and the set operations every decision about scopes goes through.
//!
//! SMART App Launch 2.2, "Scopes and Launch Context"; RFC 6749 section 3.3; OpenID Connect Core section 5.4.

mod ceilings;
pub mod constraint;
mod narrowing;
mod negotiation;
pub mod permissions;
pub mod resource;
mod set;
#[cfg(test)]
mod tests;

pub use ceilings::{GranularParameters, InvalidGranularParameter, InvalidUserCeiling, UserCeilings};
pub use constraint::{Constraint, Parameter};
pub use narrowing::{Decision, Narrowing, Reason, Removal};
pub use negotiation::UserRules;
pub use permissions::Permissions;
pub use resource::{Level, ResourceScope, ResourceType, Spelling};
pub use set::{InvalidScopeSet, ParsedScopes, ScopeSet};

use std::fmt;
use thiserror::Error;

/// One scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Access to FHIR resources.
    Resource(ResourceScope),
    /// `launch`: the context that the EHR's launch handle stands for.
    Launch,
    /// `launch/patient`, `launch/encounter`, `launch/imagingstudy`: ask for a resource of this type in context.
    LaunchContext {
        /// The FHIR type in small letters.
        context: String,
        /// The role the resource shall play, from `?role=`.
        role: Option<String>,
    },
    /// `openid`: an id_token.
    OpenId,
    /// `fhirUser`: the claim that names the user's FHIR resource.
    FhirUser,
    /// `profile`: the profile claims of OpenID Connect.
    Profile,
    /// `email` of OpenID Connect.
    Email,
    /// `phone` of OpenID Connect.
    Phone,
    /// `address` of OpenID Connect.
    Address,
    /// `offline_access`: a refresh token that works without the user.
    OfflineAccess,
    /// `online_access`: a refresh token that works while the user is online.
    OnlineAccess,
    /// A scope somebody else defines: an absolute URI, or a name that begins with `__`.
    Extension(String),
}

/// Why a token of the scope parameter is not taken. SMART App Launch 2.2 lets a server ignore, replace or reject such
/// scopes; this one drops them and never guesses what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum RefusedScope {
    /// Neither a SMART or OpenID Connect scope nor an extension.
    #[error("no such scope: extensions are absolute URIs or begin with `__`")]
    Unknown,
    /// No resource type, or one not spelt like a FHIR type.
    #[error("the resource type must be `*` or a FHIR type in its exact spelling, such as `Patient`")]
    ResourceType,
    /// Nothing after the type.
    #[error("the permissions are missing: write for example `patient/Observation.rs`")]
    NoPermissions,
    /// Letters out of order, repeated or unknown.
    #[error("the permissions must be some of the letters `cruds` in this order, or `read`, `write` or `*`")]
    Permissions,
    /// `patient/Observation.read?...`.
    #[error("constraints need version 2 permissions, such as `.rs` instead of `.read`")]
    ConstraintOnVersion1,
    /// The part before `=` is no search parameter.
    #[error("a constraint must be `parameter=value` with a FHIR search parameter")]
    ConstraintParameter,
    /// The part after `=` is empty or wrongly escaped.
    #[error("a constraint's value must not be empty, and `%` must begin an escape")]
    ConstraintValue,
    /// A search result parameter.
    #[error("a constraint must restrict resources; parameters such as `_count` do not")]
    ConstraintRestrictsNothing,
    /// More constraints than accepted.
    #[error("a scope may have at most 8 constraints")]
    TooManyConstraints,
    /// `launch/` followed by something else than a type in small letters.
    #[error("after `launch/` comes a FHIR type in small letters, such as `launch/patient`")]
    LaunchContext,
    /// The role is no absolute URI, or there is more than one.
    #[error("a launch scope takes one `?role=`, an absolute URI; repeat the scope for more roles")]
    LaunchRole,
}

impl Scope {
    /// Lets a backend service introspect any token of its tenant.
    pub const INTROSPECT: &str = "__introspect";
    /// Lets a backend service of the EHR register launches.
    pub const REGISTER_LAUNCH: &str = "__launch";

    /// Lets an app or service administer the tenant, as far as the roles of whoever is behind it reach.
    pub const ADMIN: &str = "__admin";
    /// The same without changing anything.
    pub const ADMIN_READ: &str = "__admin.read";

    /// True for the scopes of the admin API.
    pub fn is_administrative(&self) -> bool {
        matches!(self, Self::Extension(name) if [Self::ADMIN, Self::ADMIN_READ].contains(&name.as_str()))
    }

    /// True for the powers over this server itself. They are for services, and no user can pass them on to an app.
    pub fn is_service_power(&self) -> bool {
        matches!(self, Self::Extension(name) if [Self::INTROSPECT, Self::REGISTER_LAUNCH].contains(&name.as_str()))
    }

    /// Reads one scope token.
    pub fn parse(text: &str) -> Result<Self, RefusedScope> {
        if let Some((level, rest)) = text.split_once('/')
            && let Some(level) = Level::parse(level)
        {
            return ResourceScope::parse(level, rest, text).map(Self::Resource);
        }
        if let Some(rest) = text.strip_prefix("launch/") {
            return parse_launch_context(rest);
        }
        Ok(match text {
            "launch" => Self::Launch,
            "openid" => Self::OpenId,
            "fhirUser" => Self::FhirUser,
            "profile" => Self::Profile,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "address" => Self::Address,
            "offline_access" => Self::OfflineAccess,
            "online_access" => Self::OnlineAccess,
            extension if is_extension(extension) => Self::Extension(extension.to_owned()),
            _ => return Err(RefusedScope::Unknown),
        })
    }

    /// The scope for FHIR resources, if it is one.
    pub const fn as_resource(&self) -> Option<&ResourceScope> {
        match self {
            Self::Resource(resource) => Some(resource),
            _ => None,
        }
    }

    /// Whether this scope, by itself and letters together, allows all that `other` allows. A role on a launch scope is
    /// only a label, so the scope without a role covers it. `launch` stands for everything the EHR has open, so it covers a
    /// single type of it; a patient or encounter is more, since without an EHR the user is asked for one.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Resource(own), Self::Resource(theirs)) => {
                own.reaches(theirs) && own.permissions().contains(theirs.permissions())
            }
            (
                Self::LaunchContext {
                    context: own,
                    role: None,
                },
                Self::LaunchContext { context: theirs, .. },
            ) => own == theirs,
            (Self::Extension(own), Self::Extension(theirs)) => {
                own == theirs || (own == Self::ADMIN && theirs == Self::ADMIN_READ)
            }
            (Self::Launch, Self::LaunchContext { context, .. }) => !matches!(context.as_str(), "patient" | "encounter"),
            _ => self == other,
        }
    }
}

/// `ctx [ "?role=" uri ]` of SMART App Launch 2.2, "Requesting context with scopes".
fn parse_launch_context(rest: &str) -> Result<Scope, RefusedScope> {
    let (context, query) = match rest.split_once('?') {
        Some((context, query)) => (context, Some(query)),
        None => (rest, None),
    };
    if context.is_empty() || context.len() > 64 || !context.bytes().all(|b| b.is_ascii_lowercase()) {
        return Err(RefusedScope::LaunchContext);
    }
    let role = match query {
        None => None,
        Some(query) => {
            let role = query.strip_prefix("role=").ok_or(RefusedScope::LaunchRole)?;
            if role.contains('&') || !is_role(role) {
                return Err(RefusedScope::LaunchRole);
            }
            Some(role.to_owned())
        }
    };
    Ok(Scope::LaunchContext {
        context: context.to_owned(),
        role,
    })
}

/// An absolute URI, or the one relative role that SMART defines, `launch`.
pub(super) fn is_role(text: &str) -> bool {
    text == "launch" || is_absolute_uri(text)
}

/// A scheme of two letters or more, a colon, and something of the characters of RFC 3986. Short on purpose: it tells a
/// URI from a bare word, and resolves nothing.
pub(super) fn is_absolute_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let scheme_start = scheme.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    let scheme_rest = scheme
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let rest_ok = rest
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%|".contains(&b));
    scheme_start && scheme_rest && scheme.len() >= 2 && rest_ok && !rest.trim_start_matches('/').is_empty()
}

fn is_extension(text: &str) -> bool {
    text.strip_prefix("__").is_some_and(|name| !name.is_empty()) || is_absolute_uri(text)
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resource(resource) => resource.as_str(),
            Self::Launch => "launch",
            Self::LaunchContext { context, role: None } => return write!(f, "launch/{context}"),
            Self::LaunchContext {
                context,
                role: Some(role),
            } => return write!(f, "launch/{context}?role={role}"),
            Self::OpenId => "openid",
            Self::FhirUser => "fhirUser",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Address => "address",
            Self::OfflineAccess => "offline_access",
            Self::OnlineAccess => "online_access",
            Self::Extension(name) => name,
        })
    }
}
