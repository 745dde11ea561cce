//! Administration: who may do what: every role, every permission, and the one table between them.
//!
//! `docs/roles.md` is this table; a test keeps them equal.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(u64);

impl Permissions {
    /// Those of `list`.
    pub const fn of(list: &[Permission]) -> Self {
        let mut bits = 0;
        let mut rest = list;
        while let [first, others @ ..] = rest {
            bits |= 1 << *first as u64;
            rest = others;
        }
        Self(bits)
    }

    /// Whether `permission` is among them.
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u64) != 0
    }

    /// Whether all of `other` are among them.
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Those in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those in both.
    #[must_use]
    pub const fn within(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// One by one, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .into_iter()
            .filter(move |permission| self.has(*permission))
    }
}

impl Serialize for Permissions {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

macro_rules! permissions {
    ($($(#[$doc:meta])+ $name:ident = $text:literal, $words:literal;)+) => {
        /// One thing that can be allowed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission { $($(#[$doc])+ $name,)+ }

        impl Permission {
            /// All of them, in the order of the table.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$name),+];

            /// The name in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What it allows, for people.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)+ }
            }
        }
    };
}

permissions! {
    /// List and search tenants, and the platform's own settings.
    ReadTenants = "tenants.read", "List tenants and see their state, contract and placement";
    /// Create, suspend, resume tenants and change their contract.
    ManageTenants = "tenants.manage", "Create, suspend and resume tenants, change their contract";
    /// Publish, reject and withdraw apps of the platform's directory.
    ManageDirectory = "directory.manage", "Publish, reject and withdraw apps of the platform's directory";
    /// See the tenant's settings, branding, brands and FHIR servers.
    ReadSettings = "settings.read", "See a tenant's settings, branding and brands";
    /// Change them.
    ManageSettings = "settings.manage", "Change a tenant's settings, scope ceilings, FHIR servers and brands";
    /// Change name, colours and logo.
    ManageBranding = "branding.manage", "Change a tenant's name, colours and logo";
    /// See apps.
    ReadApps = "apps.read", "See apps and those that await approval";
    /// Register, change, approve, switch off and remove apps; make secrets and registration tokens.
    ManageApps = "apps.manage", "Register, approve, change and remove apps, rotate their secrets";
    /// See identity providers, their certificates and mapping rules.
    ReadIdentityProviders = "identity_providers.read", "See identity providers, certificates and mapping rules";
    /// Connect, change and remove identity providers.
    ManageIdentityProviders = "identity_providers.manage", "Connect, change, test and remove identity providers";
    /// See masked traces of sign-ins.
    ReadTraces = "traces.read", "See traces of sign-ins with masked values";
    /// See what a trace masks.
    RevealTraces = "traces.reveal", "Reveal the values in traces of sign-ins (is recorded)";
    /// See names and addresses of users.
    ReadUsers = "users.read", "Search users, see their names and addresses";
    /// Create, change, disable users.
    ManageUsers = "users.manage", "Create, change, disable and remove users";
    /// Unlock users, send them links to choose a password, remove second factors that they lost.
    HelpUsers = "users.help", "Unlock users, send them links to choose a password, remove lost second factors";
    /// See who has which role.
    ReadRoles = "roles.read", "See who has which role";
    /// Give and take roles that give no more than one has.
    ManageRoles = "roles.manage", "Give and take roles, none that reaches further than one's own";
    /// See sessions.
    ReadSessions = "sessions.read", "See where users are signed in";
    /// End sessions.
    EndSessions = "sessions.end", "Sign users out";
    /// See what users allowed apps.
    ReadConsents = "consents.read", "See what users allowed to apps";
    /// Withdraw it.
    WithdrawConsents = "consents.withdraw", "Withdraw what users allowed to apps";
    /// See signing keys.
    ReadKeys = "signing_keys.read", "See signing keys and their state";
    /// Rotate signing keys.
    RotateKeys = "signing_keys.rotate", "Rotate signing keys";
    /// Register launch contexts, which name patients.
    ManageLaunches = "launches.manage", "Register and see launch contexts";
    /// Read the audit log.
    ReadEvents = "events.read", "Read and export the audit log";
    /// Read usage.
    ReadUsage = "usage.read", "See usage and explain tokens";
}

impl Permission {
    /// Whether it changes nothing: what a token with the reading scope is good for.
    pub const fn is_reading(self) -> bool {
        matches!(
            self,
            Self::ReadTenants
                | Self::ReadSettings
                | Self::ReadApps
                | Self::ReadIdentityProviders
                | Self::ReadTraces
                | Self::ReadUsers
                | Self::ReadRoles
                | Self::ReadSessions
                | Self::ReadConsents
                | Self::ReadKeys
                | Self::ReadEvents
                | Self::ReadUsage
        )
    }

    /// Those that change nothing.
    pub fn reading() -> Permissions {
        Self::ALL
            .into_iter()
            .filter(|permission| permission.is_reading())
            .fold(Permissions::default(), |all, one| all.union(Permissions::of(&[one])))
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Permission {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What somebody is to the platform or to a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the platform: everything, everywhere, announced in the tenant it enters.
    PlatformOperator,
    /// Sees what is done on the platform, and changes nothing.
    PlatformAuditor,
    /// Finds out why something does not work: no secrets, no personal data.
    PlatformSupport,
    /// Answers for the tenant: everything in it.
    Owner,
    /// Looks after sign-in and users.
    IdentityAdmin,
    /// Looks after apps.
    AppAdmin,
    /// Sees everything in the tenant, and changes nothing.
    Auditor,
    /// Helps users who cannot sign in.
    HelpDesk,
}

const ALL_PERMISSIONS: Permissions = Permissions::of(&Permission::ALL);

impl Role {
    /// All of them: the platform's first, each from the widest down.
    pub const ALL: [Self; 8] = [
        Self::PlatformOperator,
        Self::PlatformAuditor,
        Self::PlatformSupport,
        Self::Owner,
        Self::IdentityAdmin,
        Self::AppAdmin,
        Self::Auditor,
        Self::HelpDesk,
    ];

    /// The name in the API and in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PlatformOperator => "platform_operator",
            Self::PlatformAuditor => "platform_auditor",
            Self::PlatformSupport => "platform_support",
            Self::Owner => "owner",
            Self::IdentityAdmin => "identity_admin",
            Self::AppAdmin => "app_admin",
            Self::Auditor => "auditor",
            Self::HelpDesk => "help_desk",
        }
    }

    /// The role with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Whether it is given at the platform's own issuer, for all tenants. The others are given at one tenant, for it alone.
    pub const fn is_of_platform(self) -> bool {
        matches!(
            self,
            Self::PlatformOperator | Self::PlatformAuditor | Self::PlatformSupport
        )
    }

    /// What it allows. This is the table.
    #[expect(clippy::too_many_lines, reason = "a line per role and permission: it is a table")]
    pub const fn permissions(self) -> Permissions {
        use Permission as P;
        match self {
            Self::PlatformOperator => ALL_PERMISSIONS,
            Self::PlatformAuditor => Permissions::of(&[
                P::ReadTenants,
                P::ReadSettings,
                P::ReadApps,
                P::ReadIdentityProviders,
                P::ReadTraces,
                P::ReadRoles,
                P::ReadSessions,
                P::ReadConsents,
                P::ReadKeys,
                P::ReadEvents,
                P::ReadUsage,
            ]),
            Self::PlatformSupport => Permissions::of(&[
                P::ReadTenants,
                P::ReadSettings,
                P::ReadApps,
                P::ReadIdentityProviders,
                P::ReadTraces,
                P::ReadKeys,
                P::ReadEvents,
                P::ReadUsage,
            ]),
            Self::Owner => Permissions::of(&[
                P::ReadSettings,
                P::ManageSettings,
                P::ManageBranding,
                P::ReadApps,
                P::ManageApps,
                P::ReadIdentityProviders,
                P::ManageIdentityProviders,
                P::ReadTraces,
                P::RevealTraces,
                P::ReadUsers,
                P::ManageUsers,
                P::HelpUsers,
                P::ReadRoles,
                P::ManageRoles,
                P::ReadSessions,
                P::EndSessions,
                P::ReadConsents,
                P::WithdrawConsents,
                P::ReadKeys,
                P::RotateKeys,
                P::ManageLaunches,
                P::ReadEvents,
                P::ReadUsage,
            ]),
            Self::IdentityAdmin => Permissions::of(&[
                P::ReadSettings,
                P::ReadApps,
                P::ReadIdentityProviders,
                P::ManageIdentityProviders,
                P::ReadTraces,
                P::RevealTraces,
                P::ReadUsers,
                P::ManageUsers,
                P::HelpUsers,
                P::ReadRoles,
                P::ReadSessions,
                P::EndSessions,
                P::ReadKeys,
                P::ReadEvents,
                P::ReadUsage,
            ]),
            Self::AppAdmin => Permissions::of(&[
                P::ReadSettings,
                P::ReadApps,
                P::ManageApps,
                P::ReadIdentityProviders,
                P::ReadRoles,
                P::ReadConsents,
                P::WithdrawConsents,
                P::ReadKeys,
                P::ManageLaunches,
                P::ReadEvents,
                P::ReadUsage,
            ]),
            Self::Auditor => Permissions::of(&[
                P::ReadSettings,
                P::ReadApps,
                P::ReadIdentityProviders,
                P::ReadTraces,
                P::ReadUsers,
                P::ReadRoles,
                P::ReadSessions,
                P::ReadConsents,
                P::ReadKeys,
                P::ReadEvents,
                P::ReadUsage,
            ]),
            Self::HelpDesk => Permissions::of(&[
                P::ReadSettings,
                P::ReadApps,
                P::ReadIdentityProviders,
                P::ReadTraces,
                P::ReadUsers,
                P::HelpUsers,
                P::ReadRoles,
                P::ReadSessions,
                P::EndSessions,
                P::ReadConsents,
                P::WithdrawConsents,
            ]),
        }
    }

    /// What its holder is for.
    pub const fn words(self) -> &'static str {
        match self {
            Self::PlatformOperator => {
                "Runs the platform: everything, at every tenant, announced in the log of the tenant entered"
            }
            Self::PlatformAuditor => {
                "Sees what is done on the platform and at tenants; no users' names, changes nothing"
            }
            Self::PlatformSupport => {
                "Finds out why something does not work; no secrets, no personal data, changes nothing"
            }
            Self::Owner => "Answers for the tenant: everything in it, and who else may do what",
            Self::IdentityAdmin => "Connects identity providers and looks after users",
            Self::AppAdmin => "Registers and approves apps",
            Self::Auditor => "Sees everything in the tenant and changes nothing",
            Self::HelpDesk => "Helps users who cannot sign in",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The table as Markdown: what `docs/roles.md` holds between its marks.
pub fn table() -> String {
    let cells = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let head = ["Permission", "What it allows"]
        .into_iter()
        .chain(Role::ALL.map(Role::as_str));
    let mut text = cells(head.map(str::to_owned).collect());
    text.push_str("|---|---|");
    text.push_str(&":-:|".repeat(Role::ALL.len()));
    text.push('\n');
    for permission in Permission::ALL {
        let has = Role::ALL.map(|role| if role.permissions().has(permission) { "yes" } else { "" }.to_owned());
        let row = [format!("`{permission}`"), permission.words().to_owned()];
        text.push_str(&cells(row.into_iter().chain(has).collect()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_and_permission_is_known_by_its_name() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        let names: std::collections::BTreeSet<_> = Permission::ALL.iter().map(|one| one.as_str()).collect();
        assert_eq!(names.len(), Permission::ALL.len());
    }

    #[test]
    fn support_sees_no_personal_data_and_changes_nothing() {
        let support = Role::PlatformSupport.permissions();
        for one in [
            Permission::ReadUsers,
            Permission::RevealTraces,
            Permission::ManageLaunches,
            Permission::ReadSessions,
        ] {
            assert!(!support.has(one), "{one}");
        }
        assert!(support.iter().all(Permission::is_reading));
    }

    #[test]
    fn auditors_change_nothing() {
        for role in [Role::Auditor, Role::PlatformAuditor] {
            assert!(role.permissions().iter().all(Permission::is_reading), "{role}");
        }
    }

    #[test]
    fn no_role_of_a_tenant_reaches_the_platform() {
        for role in Role::ALL.into_iter().filter(|role| !role.is_of_platform()) {
            assert!(!role.permissions().has(Permission::ReadTenants), "{role}");
            assert!(!role.permissions().has(Permission::ManageTenants), "{role}");
        }
    }

    #[test]
    fn the_owner_covers_every_other_role_of_the_tenant_and_the_operator_covers_all() {
        for role in Role::ALL {
            assert!(
                Role::PlatformOperator.permissions().covers(role.permissions()),
                "{role}"
            );
            if !role.is_of_platform() {
                assert!(Role::Owner.permissions().covers(role.permissions()), "{role}");
            }
        }
    }

    #[test]
    fn only_owners_and_operators_give_roles() {
        for role in Role::ALL {
            let expected = matches!(role, Role::Owner | Role::PlatformOperator);
            assert_eq!(role.permissions().has(Permission::ManageRoles), expected, "{role}");
        }
    }

    #[test]
    fn the_documentation_holds_this_table() {
        let document = include_str!("../../docs/roles.md");
        assert!(
            document.contains(&table()),
            "write this into docs/roles.md:\n{}",
            table()
        );
    }
}
