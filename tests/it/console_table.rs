//! The table of the consoles' pages and forms: what each needs, what its form's token is for, and what is typed.

use crate::support::app::STAFF;
use wardkey::tenant::roles::{Permission, Permissions};

/// What a form does, for the one who may.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Traits {
    /// Needs a sign-in of the last quarter of an hour.
    pub dangerous: bool,
    /// Makes another one each time it is sent, each with a secret that is shown once.
    pub again: bool,
    /// Is sent as `multipart/form-data`.
    pub multipart: bool,
}

/// A row: what a route needs, what its form is for, and what is typed.
pub struct Row {
    pub needs: Permissions,
    pub purpose: &'static str,
    pub fields: &'static [(&'static str, &'static str)],
    pub traits: Traits,
}

/// Method, place in the console, and what goes with them.
pub type Entry = (&'static str, &'static str, Row);

fn open(needs: &[Permission]) -> Row {
    Row {
        needs: Permissions::of(needs),
        purpose: "",
        fields: &[],
        traits: Traits::default(),
    }
}

fn form(needs: Permission, purpose: &'static str, fields: &'static [(&'static str, &'static str)]) -> Row {
    Row {
        needs: Permissions::of(&[needs]),
        purpose,
        fields,
        traits: Traits::default(),
    }
}

impl Row {
    fn dangerous(mut self) -> Self {
        self.traits.dangerous = true;
        self
    }

    fn again(mut self) -> Self {
        self.traits.again = true;
        self
    }

    fn multipart(mut self) -> Self {
        self.traits.multipart = true;
        self
    }
}

/// The row of a page or form of a tenant's console, by its place there. In the order of this list forms are sent: what removes
/// something comes last.
#[expect(clippy::too_many_lines, reason = "a row per route: it is a table")]
pub fn of_tenants() -> Vec<Entry> {
    use Permission as P;
    let connection: &[_] = &[
        ("product", "other"),
        ("protocol", "oidc"),
        ("alias", "second"),
        ("name", "Second"),
        ("issuer", "https://second.example"),
        ("client_id", "wardkey"),
        ("authentication", "none"),
    ];
    vec![
        ("GET", "", open(&[])),
        ("GET", "/sign-in-methods", open(&[P::ReadIdentityProviders])),
        ("GET", "/sign-in-methods/new", open(&[P::ManageIdentityProviders])),
        ("GET", "/sign-in-methods/{alias}", open(&[P::ReadIdentityProviders])),
        (
            "GET",
            "/sign-in-methods/{alias}/connect",
            open(&[P::ManageIdentityProviders]),
        ),
        (
            "GET",
            "/sign-in-methods/{alias}/rules",
            open(&[P::ManageIdentityProviders]),
        ),
        (
            "GET",
            "/sign-in-methods/{alias}/test",
            open(&[P::ManageIdentityProviders]),
        ),
        (
            "GET",
            "/sign-in-methods/{alias}/offer",
            open(&[P::ManageIdentityProviders]),
        ),
        ("GET", "/certificates", open(&[P::ReadIdentityProviders])),
        ("GET", "/apps", open(&[P::ReadApps])),
        ("GET", "/apps/new", open(&[P::ManageApps])),
        ("GET", "/apps/new/{kind}", open(&[P::ManageApps])),
        ("GET", "/apps/{client}", open(&[P::ReadApps])),
        ("GET", "/apps/{client}/edit", open(&[P::ManageApps])),
        ("GET", "/apps/{client}/keys", open(&[P::ManageApps])),
        ("GET", "/fhir-server", open(&[P::ReadSettings])),
        ("GET", "/app-directory", open(&[P::ReadApps])),
        ("GET", "/app-directory/{app}", open(&[P::ReadApps])),
        ("GET", "/people", open(&[P::ReadUsers])),
        ("GET", "/people/invite", open(&[P::ManageUsers])),
        ("GET", "/people/{account}", open(&[P::ReadUsers])),
        ("GET", "/activity", open(&[P::ReadEvents])),
        ("GET", "/activity.csv", open(&[P::ReadEvents])),
        ("GET", "/branding", open(&[P::ManageBranding])),
        ("GET", "/branding/preview.css", open(&[P::ManageBranding])),
        ("GET", "/branding/preview/{page}", open(&[P::ManageBranding])),
        ("GET", "/changes", open(&[P::ReadSettings])),
        ("GET", "/changes/{change}", open(&[P::ReadSettings])),
        ("GET", "/usage", open(&[P::ReadUsage])),
        ("GET", "/usage.csv", open(&[P::ReadUsage])),
        ("GET", "/keys", open(&[P::ReadKeys])),
        ("GET", "/launch", open(&[P::ManageLaunches])),
        (
            "POST",
            "/sign-in-methods/new",
            form(P::ManageIdentityProviders, "connect", connection),
        ),
        (
            "POST",
            "/sign-in-methods/{alias}/connect",
            form(P::ManageIdentityProviders, "connect", connection),
        ),
        (
            "POST",
            "/sign-in-methods/{alias}/check",
            form(P::ManageIdentityProviders, "method", &[]),
        ),
        (
            "POST",
            "/sign-in-methods/{alias}/rules",
            form(
                P::ManageIdentityProviders,
                "rules",
                &[("act", "save"), ("name", "claims.name")],
            ),
        ),
        (
            "POST",
            "/sign-in-methods/{alias}/test",
            form(P::ManageIdentityProviders, "test", &[]).again(),
        ),
        (
            "POST",
            "/sign-in-methods/{alias}/offer",
            form(
                P::ManageIdentityProviders,
                "offer",
                &[("name", "Another"), ("hidden", "yes")],
            ),
        ),
        (
            "POST",
            "/setup-links",
            form(
                P::ManageIdentityProviders,
                "setup-links",
                &[("alias", "hospital"), ("label", "Network team")],
            )
            .again(),
        ),
        (
            "POST",
            "/setup-links/revoke",
            form(P::ManageIdentityProviders, "setup-links", &[("id", "{link}")]),
        ),
        (
            "POST",
            "/apps/new/{kind}",
            form(
                P::ManageApps,
                "app new",
                &[
                    ("client_name", "Second"),
                    ("client_id", "second-app"),
                    ("redirect_uris", "https://second.example/callback"),
                    ("scope", "openid"),
                ],
            ),
        ),
        (
            "POST",
            "/apps/{client}/edit",
            form(P::ManageApps, "app edit {client}", &[("client_name", "Renamed")]),
        ),
        (
            "POST",
            "/app-directory/{app}",
            form(P::ManageApps, "let in {app}", &[("scope", "openid")]),
        ),
        ("POST", "/people", form(P::ReadUsers, "people search", &[("q", "pat")])),
        (
            "POST",
            "/people/invite",
            form(
                P::ManageUsers,
                "people invite",
                &[("provider", STAFF), ("username", "newcomer"), ("delivery", "shown")],
            )
            .dangerous(),
        ),
        (
            "POST",
            "/people/{account}/unlock",
            form(P::HelpUsers, "person unlock {account}", &[]),
        ),
        (
            "POST",
            "/people/{account}/link",
            form(P::ManageUsers, "person link {account}", &[("delivery", "shown")]).dangerous(),
        ),
        (
            "POST",
            "/people/{account}/role",
            form(P::ManageRoles, "person role {account}", &[("give", "auditor")]).dangerous(),
        ),
        (
            "POST",
            "/people/{account}/consent",
            form(
                P::WithdrawConsents,
                "person consent {account}",
                &[("client", "growth-chart")],
            ),
        ),
        (
            "POST",
            "/people/{account}/session",
            form(P::EndSessions, "person session {account}", &[("session", "{session}")]),
        ),
        (
            "POST",
            "/people/{account}/sign-out-everywhere",
            form(P::EndSessions, "person sign-out-everywhere {account}", &[]),
        ),
        (
            "POST",
            "/people/{account}/second-factors",
            form(P::HelpUsers, "person second-factors {account}", &[("confirm", "pat")]).dangerous(),
        ),
        (
            "POST",
            "/people/{account}/status",
            form(P::ManageUsers, "person status {account}", &[("disabled", "yes")]),
        ),
        (
            "POST",
            "/branding",
            form(
                P::ManageBranding,
                "branding",
                &[("act", "save"), ("display_name", "Northside")],
            )
            .multipart(),
        ),
        (
            "POST",
            "/fhir-server",
            form(
                P::ManageSettings,
                "fhir-server",
                &[("act", "check"), ("fhir_bases", "")],
            ),
        ),
        (
            "POST",
            "/branding/preview/{page}",
            form(P::ManageBranding, "branding", &[]).multipart(),
        ),
        (
            "POST",
            "/changes/{change}/undo",
            form(
                P::ManageSettings,
                "change undo {change}",
                &[("even_if_changed_since", "yes")],
            ),
        ),
        (
            "POST",
            "/keys/rotate",
            form(P::RotateKeys, "keys rotate", &[]).dangerous(),
        ),
        (
            "POST",
            "/launch",
            form(P::ManageLaunches, "launch", &[("app", "growth-chart")]),
        ),
        (
            "POST",
            "/launch/start",
            form(P::ManageLaunches, "launch", &[("app", "growth-chart")]).again(),
        ),
        (
            "POST",
            "/sign-in-methods/{alias}/switch",
            form(P::ManageIdentityProviders, "method", &[("on", "no")]),
        ),
        (
            "POST",
            "/apps/{client}/secret",
            form(P::ManageApps, "app secret {client} ", &[]).dangerous(),
        ),
        (
            "POST",
            "/apps/{client}/status",
            form(P::ManageApps, "app status {client} ", &[("status", "disabled")]),
        ),
        (
            "POST",
            "/apps/{client}/delete",
            form(P::ManageApps, "app delete {client}", &[("confirm", "{client}")]).dangerous(),
        ),
        (
            "POST",
            "/people/{account}/delete",
            form(P::ManageUsers, "person delete {account}", &[("confirm", "pat")]).dangerous(),
        ),
    ]
}

/// The same of the operators' console.
#[expect(clippy::too_many_lines, reason = "a row per route: it is a table")]
pub fn of_operators() -> Vec<Entry> {
    use Permission as P;
    let listed: &[_] = &[
        ("client_id", "second-app"),
        ("name", "Second"),
        ("summary", "Shows something else."),
        ("redirect_uris", "https://second.example/callback"),
        ("scope", "openid"),
        ("kind", "browser"),
    ];
    let known: &[_] = &[("principal", "{operator}"), ("role", "platform_auditor")];
    vec![
        ("GET", "", open(&[])),
        ("GET", "/tenants", open(&[P::ReadTenants])),
        ("GET", "/tenants/{slug}", open(&[P::ReadTenants])),
        ("GET", "/directory", open(&[P::ReadApps])),
        ("GET", "/directory/{app}", open(&[P::ReadApps])),
        ("GET", "/directory/{app}/edit", open(&[P::ManageDirectory])),
        ("GET", "/new-directory-app", open(&[P::ManageDirectory])),
        ("GET", "/health", open(&[P::ReadTenants])),
        ("GET", "/operators", open(&[P::ReadRoles])),
        ("GET", "/settings", open(&[P::ReadSettings])),
        ("GET", "/new-tenant", open(&[P::ManageTenants])),
        (
            "POST",
            "/tenants/{slug}/contract",
            form(
                P::ManageTenants,
                "tenant {slug}",
                &[("display_name", "Renamed"), ("tier", "enterprise")],
            ),
        ),
        (
            "POST",
            "/tenants/{slug}/continue",
            form(P::ManageTenants, "tenant {slug}", &[]),
        ),
        (
            "POST",
            "/tenants/{slug}/suspend",
            form(P::ManageTenants, "tenant {slug}", &[("confirm", "{slug}")]).dangerous(),
        ),
        (
            "POST",
            "/tenants/{slug}/resume",
            form(P::ManageTenants, "tenant {slug}", &[]),
        ),
        (
            "POST",
            "/directory/{app}/review",
            form(
                P::ManageDirectory,
                "directory {app} 1",
                &[("state", "withdrawn"), ("confirm", "{app}")],
            )
            .dangerous(),
        ),
        (
            "POST",
            "/directory/{app}/edit",
            form(P::ManageDirectory, "directory {app}", listed),
        ),
        (
            "POST",
            "/new-directory-app",
            form(P::ManageDirectory, "directory ", listed),
        ),
        (
            "POST",
            "/operators",
            form(
                P::ManageRoles,
                "operators",
                &[("email", "new@platform.example"), ("role", "platform_auditor")],
            )
            .dangerous(),
        ),
        (
            "POST",
            "/operators/assign",
            form(P::ManageRoles, "operators", known).dangerous(),
        ),
        (
            "POST",
            "/operators/withdraw",
            form(P::ManageRoles, "operators", known).dangerous(),
        ),
        (
            "POST",
            "/operators/link",
            form(P::ManageRoles, "operators", known).dangerous(),
        ),
        (
            "POST",
            "/settings",
            form(P::ManageSettings, "settings", &[("display_name", "The platform")]),
        ),
        (
            "POST",
            "/new-tenant",
            form(
                P::ManageTenants,
                "new tenant",
                &[
                    ("display_name", "Third"),
                    ("slug", "third"),
                    ("email", "it@third.example"),
                ],
            ),
        ),
    ]
}
