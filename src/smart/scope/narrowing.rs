//! From requested to granted: one ceiling after another, with the reason for everything that is lost on the way.

use super::ceilings::GranularParameters;
use super::permissions::Permissions;
use super::{ParsedScopes, Scope, ScopeSet};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which rule took a scope away, or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is no scope, or one that nobody here understands.
    Unknown,
    /// It is a scope of SMART version 1, and the tenant understands version 2 only.
    VersionNotOffered,
    /// It is restricted by a search parameter that the tenant does not offer (SMART App Launch 2.2, "Finer-grained resource
    /// constraints").
    ParameterNotOffered,
    /// The app is not registered for it.
    ClientCeiling,
    /// The tenant does not allow it to any app.
    TenantCeiling,
    /// A compliance rule of the tenant forbids it.
    Compliance,
    /// The user, by role, may not do this.
    User,
    /// `fhirUser` for a user without a FHIR resource (SMART App Launch 2.2, "Scopes for requesting identity data").
    NoFhirUser,
    /// `fhirUser` without `openid`.
    NoOpenId,
    /// `patient/` without a patient in context.
    NoPatient,
    /// `launch/encounter` where the user chose no encounter, or none can be chosen.
    NoEncounter,
    /// It asks for what an EHR has open, and no EHR launched the app.
    NotLaunched,
    /// The person who was asked did not agree.
    Consent,
    /// The grant type or the kind of launch does not go with it, such as `offline_access` for a backend service.
    GrantType,
    /// `online_access` beside `offline_access`: the refresh token does not end with the session.
    OfflineInstead,
    /// It is beyond the grant that is being refreshed (RFC 6749 section 6).
    OriginalGrant,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "it is not a scope that this server understands",
            Self::VersionNotOffered => "this organisation understands scopes of SMART version 2 only",
            Self::ParameterNotOffered => "this organisation does not offer the search parameter that restricts it",
            Self::ClientCeiling => "the app is not registered for it",
            Self::TenantCeiling => "this organisation does not allow it",
            Self::Compliance => "a compliance rule of this organisation forbids it",
            Self::User => "the user's roles do not allow it",
            Self::NoFhirUser => "the user has no FHIR resource",
            Self::NoOpenId => "it needs the scope openid",
            Self::NoPatient => "no patient is in context",
            Self::NoEncounter => "no encounter was chosen",
            Self::NotLaunched => "no EHR launched the app",
            Self::Consent => "the user did not agree to it",
            Self::GrantType => "this kind of request cannot have it",
            Self::OfflineInstead => "offline_access was granted, which lasts longer",
            Self::OriginalGrant => "it is beyond the original grant",
        })
    }
}

/// What one rule did to one scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// The scope before the rule.
    pub requested: String,
    /// What the rule left of it; empty when nothing.
    pub granted: Vec<String>,
    /// The rule.
    pub reason: Reason,
}

/// How a request became a grant: kept with the grant, so that it can be explained later. It holds scopes alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Decision {
    /// The requested scope, as the client sent it.
    pub requested: String,
    /// What was taken, in the order of the rules.
    pub removals: Vec<Removal>,
}

/// A request on its way to a grant. Each step can only take away, and says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowing {
    granted: ScopeSet,
    removals: Vec<Removal>,
}

impl Narrowing {
    /// Begins with all that was requested.
    pub const fn of(requested: ScopeSet) -> Self {
        Self {
            granted: requested,
            removals: Vec::new(),
        }
    }

    /// Begins with a request of which some tokens are no scopes: those are the first to go.
    pub fn of_request(request: ParsedScopes) -> Self {
        let refused = request.refused.into_iter().map(|(token, _)| Removal {
            requested: token,
            granted: Vec::new(),
            reason: Reason::Unknown,
        });
        Self {
            removals: refused.collect(),
            granted: request.scopes,
        }
    }

    /// Keeps what `ceiling` allows.
    #[must_use]
    pub fn within(self, ceiling: &ScopeSet, reason: Reason) -> Self {
        self.step(reason, |scope| ceiling.narrow(scope))
    }

    /// Keeps what `ceiling` allows of the access to data, and everything else.
    #[must_use]
    pub fn with_data_within(self, ceiling: &ScopeSet, reason: Reason) -> Self {
        self.step(reason, |scope| match scope {
            Scope::Resource(_) => ceiling.narrow(scope),
            other => vec![other.clone()],
        })
    }

    /// Keeps scopes in an understood version whose constraints use offered parameters. A scope is never widened by leaving a constraint out.
    #[must_use]
    pub fn with_parameters(self, offered: &GranularParameters) -> Self {
        self.keeping(Reason::VersionNotOffered, |scope| offered.understand(scope))
            .keeping(Reason::ParameterNotOffered, |scope| offered.offer(scope))
    }

    /// Keeps the scopes that `keep` accepts.
    #[must_use]
    pub fn keeping(self, reason: Reason, keep: impl Fn(&Scope) -> bool) -> Self {
        self.step(
            reason,
            |scope| if keep(scope) { vec![scope.clone()] } else { Vec::new() },
        )
    }

    /// Takes these letters from every resource scope; a read-only organisation takes [`Permissions::WRITE`].
    #[must_use]
    pub fn without_permissions(self, taken: Permissions, reason: Reason) -> Self {
        self.step(reason, |scope| match scope {
            Scope::Resource(resource) if resource.permissions() & taken == Permissions::NONE => vec![scope.clone()],
            Scope::Resource(resource) => resource
                .with_permissions(resource.permissions().without(taken))
                .map(Scope::Resource)
                .into_iter()
                .collect(),
            other => vec![other.clone()],
        })
    }

    /// The rules on identity scopes: `fhirUser` only with `openid`, and only for a user who has a FHIR resource
    /// (SMART App Launch 2.2, "Scopes for requesting identity data").
    #[must_use]
    pub fn with_identity_rules(self, has_fhir_user: bool) -> Self {
        let open_id = self.granted.contains(&Scope::OpenId);
        self.keeping(Reason::NoOpenId, |scope| *scope != Scope::FhirUser || open_id)
            .keeping(Reason::NoFhirUser, |scope| *scope != Scope::FhirUser || has_fhir_user)
    }

    fn step(mut self, reason: Reason, narrow: impl Fn(&Scope) -> Vec<Scope>) -> Self {
        let mut kept: Vec<Scope> = Vec::new();
        let mut pieces: Vec<(usize, Scope)> = Vec::new();
        for scope in &self.granted {
            let left = narrow(scope);
            if left.as_slice() == std::slice::from_ref(scope) {
                kept.extend(left);
                continue;
            }
            self.removals.push(Removal {
                requested: scope.to_string(),
                granted: left.iter().map(ToString::to_string).collect(),
                reason,
            });
            pieces.extend(left.into_iter().map(|piece| (kept.len(), piece)));
        }
        self.granted = with_pieces(kept, pieces);
        self
    }

    /// What is left.
    pub const fn granted(&self) -> &ScopeSet {
        &self.granted
    }

    /// What was taken, in the order of the rules.
    pub fn removals(&self) -> &[Removal] {
        &self.removals
    }

    /// Both.
    pub fn into_parts(self) -> (ScopeSet, Vec<Removal>) {
        (self.granted, self.removals)
    }
}

/// Puts the pieces of narrowed scopes between the scopes that were kept as written, each before the position it came with.
/// A piece that the others cover already says nothing, and nobody asked for it in these words: it is left out.
fn with_pieces(kept: Vec<Scope>, pieces: Vec<(usize, Scope)>) -> ScopeSet {
    if pieces.is_empty() {
        return kept.into_iter().collect();
    }
    let mut sum: ScopeSet = kept.iter().cloned().collect();
    let mut needed: Vec<(usize, Scope)> = Vec::new();
    for (position, piece) in pieces {
        if !sum.covers_scope(&piece) {
            sum = sum.union(&std::iter::once(piece.clone()).collect());
            needed.push((position, piece));
        }
    }
    let mut needed = needed.into_iter().peekable();
    let mut whole = Vec::new();
    for (position, scope) in kept.into_iter().enumerate() {
        while let Some((_, piece)) = needed.next_if(|(before, _)| *before <= position) {
            whole.push(piece);
        }
        whole.push(scope);
    }
    whole.extend(needed.map(|(_, piece)| piece));
    whole.into_iter().collect()
}
