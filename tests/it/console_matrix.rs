//! Every page and every form of the consoles, opened and sent by everybody: each role, nobody, the wrong ones.
//!
//! The routes come from the router's own list; one without a row here fails the test. Each form is sent with a token that fits, as
//! somebody could who knows how the pages are made: what refuses is the permission, not that the button is missing.

use crate::admin_matrix::{told_too_much, versions, watches};
use crate::admin_openapi::World;
use crate::console_operator::operator;
use crate::console_table::{Entry, Row, of_operators, of_tenants};
use crate::support::app::{PUBLIC, STAFF, TestApp};
use crate::support::html_form::HtmlForm;
use crate::support::http::{RequestBuilderExt, Response, RouterExt, form_body};
use axum::body::Body;
use axum::http::{Method, Request, header};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use wardkey::kernel::Secret;
use wardkey::tenant::roles::{Permission, Permissions, Role};
use wardkey::web::Csrf;
use wardkey::web::route_table::Route;

/// One of the two consoles, with names of things that are there.
struct Console {
    base: String,
    rows: Vec<Entry>,
    names: BTreeMap<&'static str, String>,
}

impl Console {
    fn of_tenant(world: &World<'_>) -> Self {
        let tenant = &world.tenant;
        let named = |name: &str| world.names[name].clone();
        let names = BTreeMap::from([
            ("alias", "hospital".to_owned()),
            ("kind", "browser".to_owned()),
            ("client", PUBLIC.to_owned()),
            ("app", named("directory_app")),
            ("account", named("consenting")),
            ("page", "sign-in".to_owned()),
            ("change", named("change_id")),
            ("link", named("link_id")),
            ("session", named("session_id")),
        ]);
        Self {
            base: tenant.console(""),
            rows: of_tenants(),
            names,
        }
    }

    async fn of_platform(app: &TestApp) -> Self {
        let platform = app.platform.platform_tenant().await.unwrap();
        let known = platform.find_user("operators", "operator").await.unwrap().unwrap();
        let names = BTreeMap::from([
            ("slug", "northside".to_owned()),
            ("app", "growth-curves".to_owned()),
            ("operator", known.summary.id.to_string()),
        ]);
        Self {
            base: "/admin".to_owned(),
            rows: of_operators(),
            names,
        }
    }

    fn fill(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.names {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    fn address(&self, place: &str) -> String {
        let query = if place == "/branding/preview.css" {
            "?primary=%23336699"
        } else {
            ""
        };
        format!("{}{}{query}", self.base, self.fill(place))
    }

    /// The form, with a token under `secret`.
    fn body(&self, row: &Row, secret: Option<&str>) -> Vec<(&'static str, String)> {
        let mut body: Vec<_> = row
            .fields
            .iter()
            .map(|(name, value)| (*name, self.fill(value)))
            .collect();
        if let Some(secret) = secret {
            let csrf = Csrf::derive(&Secret::new(secret.to_owned()), &self.fill(row.purpose));
            body.push(("csrf", csrf.token().to_owned()));
        }
        body
    }

    /// Whether somebody with these permissions may send a form to this address; it may be of another thing than the rows name.
    fn may_send(&self, action: &str, permissions: Permissions) -> bool {
        let path = action.split('?').next().unwrap_or_default();
        let place = path.strip_prefix(&self.base).unwrap_or(path);
        let fits = |template: &str| {
            let (place, template): (Vec<_>, Vec<_>) = (place.split('/').collect(), template.split('/').collect());
            let same = |(one, other): (&&str, &&str)| one == other || other.starts_with('{');
            place.len() == template.len() && place.iter().zip(&template).all(same)
        };
        let mut rows = self.rows.iter().filter(|row| row.0 == "POST" && fits(row.1));
        // A link by mail needs less than one that is shown.
        let by_mail = place.ends_with("/link") && permissions.has(Permission::HelpUsers);
        place == "/sign-out" || by_mail || rows.any(|row| permissions.covers(row.2.needs))
    }

    /// Opens a page or sends its form with the cookie `session` and a token made from `secret`.
    async fn ask(
        &self,
        app: &TestApp,
        (method, place, row): &Entry,
        session: Option<&str>,
        secret: Option<&str>,
    ) -> Response {
        let method: Method = method.parse().unwrap();
        let mut request = Request::builder().method(&method).uri(self.address(place));
        if let Some(session) = session {
            request = request.cookie("__Secure-wk_console", session);
        }
        if method == Method::GET {
            return app.router.send(request.empty()).await;
        }
        let body = self.body(row, secret);
        let request = if row.traits.multipart {
            let parts = body.iter().map(|(name, value)| {
                format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            });
            let text = parts.collect::<String>() + "--edge--\r\n";
            let kind = "multipart/form-data; boundary=edge";
            request
                .header(header::CONTENT_TYPE, kind)
                .body(Body::from(text))
                .unwrap()
        } else {
            let fields: Vec<_> = body.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let kind = "application/x-www-form-urlencoded";
            let body = Body::from(form_body(&fields));
            request.header(header::CONTENT_TYPE, kind).body(body).unwrap()
        };
        app.router.send(request).await
    }
}

/// Which of the pages that say no it is.
fn says(answer: &Response) -> &'static str {
    let text = answer.text();
    for (title, name) in [
        ("This form was out of date", "outdated"),
        ("Sign in once more", "again"),
        ("Your role does not allow this", "forbidden"),
        ("You have no role in this administration", "no role"),
    ] {
        if text.contains(title) {
            return name;
        }
    }
    if answer.status.is_redirection() && answer.location().contains("/admin-entry") {
        return "outside";
    }
    ""
}

/// Where a page of the console leads to, within the console.
fn links(page: &Response, base: &str) -> Vec<String> {
    let addresses = page
        .text()
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    addresses
        .map(|address| address.replace("&#38;", "&").replace("&amp;", "&"))
        .filter(|address| {
            address
                .strip_prefix(base)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        })
        .collect()
}

/// Opens and sends everything as somebody with these permissions.
async fn check_all(app: &TestApp, console: &Console, session: &str, permissions: Permissions) {
    let (mut faults, mut offered) = (Vec::new(), BTreeSet::new());
    let mut watches = watches(app).await;
    // So that the session has been used in this minute.
    console.ask(app, &console.rows[0], Some(session), None).await;
    let mut before = versions(&mut watches).await;
    let name = |row: &Entry| format!("{} {}{}", row.0, console.base, row.1);
    for row in &console.rows {
        let may = permissions.covers(row.2.needs);
        let is_form = row.0 == "POST";
        if !may || is_form {
            let mut refusals = Vec::new();
            if !may {
                refusals.push(("forbidden", Some(session), Some(session)));
            }
            if is_form {
                // Without a token, with that of another session, and by nobody.
                refusals.push(("outdated", Some(session), None));
                refusals.push(("outdated", Some(session), Some("another session")));
                refusals.push(("outdated", None, Some(session)));
            }
            for (expected, session, secret) in refusals {
                let answer = console.ask(app, row, session, secret).await;
                if says(&answer) != expected || answer.status != 403 {
                    faults.push(format!("{}: not {expected}: {answer}", name(row)));
                }
            }
        }
        let now = versions(&mut watches).await;
        if now != before {
            faults.push(format!("{} wrote something for who may not", name(row)));
            before = now;
        }
        if !is_form {
            let answer = console.ask(app, row, None, None).await;
            let outside = says(&answer) == "outside";
            if !outside {
                faults.push(format!("{} is open to nobody: {answer}", name(row)));
            }
        }
        if may && !is_form {
            let answer = console.ask(app, row, Some(session), None).await;
            if answer.status != 200 {
                faults.push(format!("{} is not open: {answer}", name(row)));
            }
            let told = told_too_much(&answer, permissions);
            faults.extend(told.map(|what| format!("{} tells {what}", name(row))));
            offered.extend(links(&answer, &console.base));
            for form in HtmlForm::list(answer.text()).iter().filter(|form| form.is_post) {
                if !console.may_send(&form.action, permissions) {
                    faults.push(format!("{} offers a form to {}", name(row), form.action));
                }
            }
            before = versions(&mut watches).await;
        }
    }
    // Nothing is offered that is then refused.
    for address in &offered {
        let request = Request::get(address).cookie("__Secure-wk_console", session).empty();
        let answer = app.router.send(request).await;
        if answer.status == 403 {
            faults.push(format!("a page leads to {address}, which is refused"));
        }
    }
    // Later, dangerous acts need another sign-in; a direct request is no way around it.
    app.wait(Duration::from_mins(16));
    console.ask(app, &console.rows[0], Some(session), None).await;
    before = versions(&mut watches).await;
    let allowed = console
        .rows
        .iter()
        .filter(|row| row.0 == "POST" && permissions.covers(row.2.needs));
    for row in allowed.clone().filter(|row| row.2.traits.dangerous) {
        let answer = console.ask(app, row, Some(session), Some(session)).await;
        if says(&answer) != "again" || answer.status != 403 {
            faults.push(format!("{} needs no recent sign-in: {answer}", name(row)));
        }
    }
    if versions(&mut watches).await != before {
        faults.push("something was written before the sign-in was proven anew".to_owned());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// Sends every form twice as somebody who may everything and signed in just now.
async fn send_all_twice(app: &TestApp, console: &Console, session: &str) {
    let mut faults = Vec::new();
    for row in console.rows.iter().filter(|row| row.0 == "POST") {
        let first = console.ask(app, row, Some(session), Some(session)).await;
        let after_first = count(app).await;
        let second = console.ask(app, row, Some(session), Some(session)).await;
        let after_second = count(app).await;
        for (which, answer) in [("first", &first), ("second", &second)] {
            if answer.status.is_server_error() || answer.status == 403 && which == "first" {
                faults.push(format!("{} {which}: {answer}", row.1));
            }
        }
        if after_first != after_second && !row.2.traits.again {
            faults.push(format!("{} made another one: {after_first:?} {after_second:?}", row.1));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// How many things there are of each kind.
async fn count(app: &TestApp) -> Vec<i64> {
    let mut counts = Vec::new();
    for (watch, tables) in watches(app).await.iter_mut().zip([
        &["tenants", "directory_apps"][..],
        &[
            "clients",
            "accounts",
            "identity_providers",
            "setup_links",
            "sign_in_tests",
            "role_assignments",
            "signing_keys",
            "configuration_changes",
        ],
    ]) {
        for table in tables {
            counts.push(watch.count(table).await);
        }
    }
    counts
}

async fn at_tenant(role: Role) {
    let app = TestApp::new().await;
    let world = Box::pin(World::new(&app)).await;
    let console = Console::of_tenant(&world);
    let session = session_of(&app, &world, role).await;
    check_all(&app, &console, &session, role.permissions()).await;
}

async fn session_of(app: &TestApp, world: &World<'_>, role: Role) -> String {
    let tenant = &world.tenant;
    tenant.colleague("visitor", &[role]).await;
    let mut browser = app.browser();
    let home = tenant.enter(&mut browser, "visitor", "").await;
    assert_eq!(home.url.path(), tenant.console(""), "{home}");
    // What the navigation shows is open, and all that is open of it is shown.
    let sections = [
        ("sign-in-methods", Permission::ReadIdentityProviders),
        ("apps", Permission::ReadApps),
        ("launch", Permission::ManageLaunches),
        ("people", Permission::ReadUsers),
        ("branding", Permission::ManageBranding),
        ("activity", Permission::ReadEvents),
        ("changes", Permission::ReadSettings),
        ("usage", Permission::ReadUsage),
        ("keys", Permission::ReadKeys),
    ];
    let text = home.response.text();
    let navigation = text.split("<nav").nth(1).unwrap_or(text).split("</nav").next().unwrap();
    for (section, needs) in sections {
        let shown = navigation.contains(&format!("\"{}\"", tenant.console(section)));
        assert_eq!(shown, role.permissions().has(needs), "{role} {section}: {navigation}");
    }
    let address = tenant.console("");
    browser.find_cookie(&address, "__Secure-wk_console").unwrap().to_owned()
}

/// Whoever works on the platform needs a second factor, which tests that ask with tokens do without.
async fn strict(app: &TestApp) {
    let required = [("local_accounts.second_factor".to_owned(), "required".to_owned())];
    app.platform.set_settings("platform", &required).await.unwrap();
}

async fn at_platform(role: Role) {
    let app = TestApp::new().await;
    let world = Box::pin(World::new(&app)).await;
    strict(&app).await;
    Box::pin(operator(&app)).await;
    let console = Console::of_platform(&app).await;
    let browser = Box::pin(app.operator_browser("visitor", role)).await;
    let session = browser.find_cookie("/admin", "__Secure-wk_console").unwrap().to_owned();
    check_all(&app, &console, &session, role.permissions()).await;
    drop(world);
}

macro_rules! each_role {
    ($check:ident: $($name:ident: $role:ident,)+) => {
        $(#[tokio::test]
        async fn $name() {
            Box::pin($check(Role::$role)).await;
        })+
    };
}

each_role! {
    at_tenant:
    an_owner_opens_and_sends_what_the_table_says: Owner,
    an_identity_admin_opens_and_sends_what_the_table_says: IdentityAdmin,
    an_app_admin_opens_and_sends_what_the_table_says: AppAdmin,
    an_auditor_opens_and_sends_what_the_table_says: Auditor,
    a_help_desk_opens_and_sends_what_the_table_says: HelpDesk,
}

each_role! {
    at_platform:
    a_platform_operator_opens_and_sends_everything: PlatformOperator,
    a_platform_auditor_opens_and_sends_what_the_table_says: PlatformAuditor,
    platform_support_opens_and_sends_what_the_table_says: PlatformSupport,
}

#[tokio::test]
async fn a_form_of_a_tenant_that_is_sent_twice_makes_nothing_twice() {
    let app = TestApp::new().await;
    let world = Box::pin(World::new(&app)).await;
    let console = Console::of_tenant(&world);
    let session = session_of(&app, &world, Role::Owner).await;
    send_all_twice(&app, &console, &session).await;
}

#[tokio::test]
async fn a_form_of_the_platform_that_is_sent_twice_makes_nothing_twice() {
    let app = TestApp::new().await;
    let world = Box::pin(World::new(&app)).await;
    strict(&app).await;
    Box::pin(operator(&app)).await;
    let console = Console::of_platform(&app).await;
    let browser = Box::pin(app.operator_browser("visitor", Role::PlatformOperator)).await;
    let session = browser.find_cookie("/admin", "__Secure-wk_console").unwrap().to_owned();
    send_all_twice(&app, &console, &session).await;
    drop(world);
}

/// Whether every answer is the one for somebody who is not there at all.
async fn assert_outside(app: &TestApp, console: &Console, session: &str, expected: (&str, &str)) {
    console.ask(app, &console.rows[0], Some(session), None).await;
    let mut watches = watches(app).await;
    let before = versions(&mut watches).await;
    for row in &console.rows {
        let answer = console.ask(app, row, Some(session), Some(session)).await;
        let expected = if row.0 == "GET" { expected.0 } else { expected.1 };
        assert_eq!(says(&answer), expected, "{} {}: {answer}", row.0, row.1);
    }
    assert_eq!(versions(&mut watches).await, before);
}

#[tokio::test]
async fn whoever_lost_their_role_is_shut_out_with_the_next_request() {
    let app = TestApp::new().await;
    let world = Box::pin(World::new(&app)).await;
    let console = Console::of_tenant(&world);
    let session = session_of(&app, &world, Role::Owner).await;
    let admin = world.tenant.admin().await;
    let visitor = admin.find_user(STAFF, "visitor").await.unwrap().unwrap().summary.id;
    admin.withdraw_role(&visitor.to_string(), Role::Owner).await.unwrap();
    assert_outside(&app, &console, &session, ("no role", "no role")).await;
}

#[tokio::test]
async fn the_session_of_another_tenant_or_of_the_platform_opens_nothing() {
    let app = TestApp::new().await;
    let world = Box::pin(World::new(&app)).await;
    let here = Console::of_tenant(&world);
    strict(&app).await;
    Box::pin(operator(&app)).await;
    let platform = Console::of_platform(&app).await;
    let south = app.tenant("southside").await;
    let owner = south.console_of(&[Role::Owner]).await;
    let elsewhere = owner.find_cookie(&south.console(""), "__Secure-wk_console").unwrap();
    let of_platform = Box::pin(app.operator_browser("visitor", Role::PlatformOperator)).await;
    let of_platform = of_platform.find_cookie("/admin", "__Secure-wk_console").unwrap();
    for (console, session) in [(&here, elsewhere), (&here, of_platform), (&platform, elsewhere)] {
        assert_outside(&app, console, session, ("outside", "outdated")).await;
    }
}

#[tokio::test]
async fn every_route_of_the_consoles_has_its_row() {
    let app = TestApp::new().await;
    // These are for everybody; who signs out may do so.
    let for_everybody = ["/{tenant}/admin/sign-out", "/admin/sign-out"];
    let known = |route: &Route| {
        let (base, rows) = match route.path.strip_prefix("/{tenant}/admin") {
            Some(place) => (place, of_tenants()),
            None => (route.path.strip_prefix("/admin").unwrap(), of_operators()),
        };
        rows.iter().any(|row| row.1 == base && *route.method.as_str() == *row.0)
    };
    let routes = app.app.route_list();
    let of_consoles = |route: &&Route| {
        let path = route.path;
        ["/{tenant}/admin", "/admin"].iter().any(|base| {
            path.strip_prefix(base)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with('.'))
        })
    };
    let missing: Vec<_> = routes
        .iter()
        .filter(of_consoles)
        .filter(|route| !for_everybody.contains(&route.path) && !known(route))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert!(missing.is_empty(), "no row for {missing:#?}");
}
