//! Scopes that are not about resources.

use super::Phrases;
use crate::smart::scope::{Scope, ScopeSet};

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// Who the user is: `openid` and its companions.
    Identity,
    /// What the user has open: `launch`, `launch/patient`.
    Context,
    /// Access while the user stays signed in.
    Online,
    /// Access that goes on without the user; people must be told of it.
    Offline,
    /// Something another party defines.
    Extension,
}

/// One sentence beside the groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// The words.
    pub words: String,
    /// The scopes behind it, as requested.
    pub technical: Vec<String>,
}

/// What one identity scope tells an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    SignIn,
    Profile,
    FhirUser,
    Email,
    Phone,
    Address,
}

impl Identity {
    const ALL: [(Scope, Self); 6] = [
        (Scope::OpenId, Self::SignIn),
        (Scope::Profile, Self::Profile),
        (Scope::FhirUser, Self::FhirUser),
        (Scope::Email, Self::Email),
        (Scope::Phone, Self::Phone),
        (Scope::Address, Self::Address),
    ];
}

pub(super) fn notices(scopes: &ScopeSet, phrases: &dyn Phrases) -> Vec<Notice> {
    let mut notices: Vec<Notice> = identity(scopes, phrases).into_iter().collect();
    for scope in scopes {
        let (kind, words) = match scope {
            Scope::Launch => (NoticeKind::Context, phrases.launch().to_owned()),
            Scope::LaunchContext { context, .. } => (NoticeKind::Context, phrases.launch_context(context)),
            Scope::OnlineAccess => (NoticeKind::Online, phrases.online().to_owned()),
            Scope::OfflineAccess => (NoticeKind::Offline, phrases.offline().to_owned()),
            Scope::Extension(name) => (NoticeKind::Extension, phrases.extension(name)),
            Scope::Resource(_)
            | Scope::OpenId
            | Scope::Profile
            | Scope::FhirUser
            | Scope::Email
            | Scope::Phone
            | Scope::Address => continue,
        };
        // `launch/patient` with two roles is one sentence.
        match notices
            .iter_mut()
            .find(|notice| notice.kind == kind && notice.words == words)
        {
            Some(notice) => notice.technical.push(scope.to_string()),
            None => notices.push(Notice {
                kind,
                words,
                technical: vec![scope.to_string()],
            }),
        }
    }
    notices.sort_by_key(|notice| notice.kind);
    notices
}

fn identity(scopes: &ScopeSet, phrases: &dyn Phrases) -> Option<Notice> {
    let parts: Vec<String> = Identity::ALL
        .into_iter()
        .filter(|(scope, _)| scopes.contains(scope))
        .map(|(_, part)| phrases.identity_part(part).to_owned())
        .collect();
    let is_identity = |scope: &&Scope| Identity::ALL.iter().any(|(known, _)| known == *scope);
    let technical = scopes.iter().filter(is_identity).map(ToString::to_string).collect();
    (!parts.is_empty()).then(|| Notice {
        kind: NoticeKind::Identity,
        words: phrases.identity(&parts),
        technical,
    })
}
