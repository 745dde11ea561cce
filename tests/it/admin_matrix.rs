//! Every operation of the admin API, asked by everybody: each role, each kind of token, and nobody.
//!
//! The operations come from the list that the router and the OpenAPI document are made from, and what each needs is what the
//! document says of it. Who has the permission is answered; who lacks it is refused, before anything is written, and without
//! learning whether what they name is there. A check that is missing in one function below fails here.

use crate::admin_openapi::{World, in_order, nothing};
use crate::support::app::{PASSWORD, SECRET, TestApp, claims};
use crate::support::backend::BACKEND;
use crate::support::http::Response;
use axum::http::Method;
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Row as _};
use wardkey::api::Operation;
use wardkey::control::permissions_of;
use wardkey::store::DatabaseUrl;
use wardkey::tenant::roles::{Permission, Permissions, Role};

/// Somebody who asks, and what they are to be told.
struct Asker {
    token: String,
    expected: Expected,
}

#[derive(Clone, Copy)]
enum Expected {
    /// They may do this much, everywhere.
    Permissions(Permissions),
    /// The same, but not at this tenant: it is not theirs.
    Elsewhere(Permissions),
    /// They may do nothing, with this status and code, if the answer has one.
    Nothing(u16, Option<&'static str>),
}

impl Expected {
    fn permissions(self) -> Permissions {
        match self {
            Self::Permissions(permissions) | Self::Elsewhere(permissions) => permissions,
            Self::Nothing(..) => Permissions::default(),
        }
    }
}

/// What an operation takes beside the permission that it names, which the document tells in words.
fn needs_besides(operation: &Operation) -> Permissions {
    Permissions::of(match operation.id {
        // What is shown of a trace whose values are revealed.
        "revealSignInTrace" => &[Permission::ReadTraces],
        "revealSignInTest" => &[Permission::ReadIdentityProviders],
        // The example takes back a change of the settings; the example of a link is one that is shown.
        "rollBackChange" => &[Permission::ManageSettings],
        "createUserLink" => &[Permission::ManageUsers],
        _ => &[],
    })
}

/// Where the one who may is told something else than success, and why.
fn is_told_why_not(operation: &Operation, answer: &Response) -> bool {
    let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
    match operation.id {
        // Their examples name what nobody has.
        "explain" | "explainRefusal" => answer.status == 404,
        // Whoever signs in there may do more than who asks; the same for the colleague who is named.
        "replaceIdentityProvider" | "deleteIdentityProvider" | "switchIdentityProvider" => code == "beyond_own_role",
        "updateUser" | "deleteUser" | "createUserLink" | "unlockUser" | "removeSecondFactors" => {
            code == "beyond_own_role"
        }
        "continueOnboarding" => answer.status == 409,
        _ => false,
    }
}

/// Whoever may not change something may still be allowed to see it.
fn is_seen_anyway(operation: &Operation, expected: Expected) -> bool {
    let Expected::Permissions(permissions) = expected else {
        return false;
    };
    operation.id == "rollBackChange" && permissions.has(Permission::ReadSettings)
}

/// A secret that an answer tells, or somebody's name to who may not see names.
pub fn told_too_much(answer: &Response, permissions: Permissions) -> Option<&'static str> {
    let people = ["Pat Morgan", "Chris Clerk", "pat-1", "Practitioner/ada", "1234567893"];
    let hidden: &[&str] = if permissions.has(Permission::ReadUsers) {
        &[]
    } else {
        &people
    };
    let mut never = [SECRET, PASSWORD].iter().chain(hidden);
    never.find(|what| answer.text().contains(**what)).copied()
}

/// Counts what is written into one database, by whomever.
pub struct Watch(SqliteConnection);

impl Watch {
    /// Another number after anything was written.
    async fn version(&mut self) -> i64 {
        let row = sqlx::query("PRAGMA data_version").fetch_one(&mut self.0).await.unwrap();
        row.get(0)
    }

    /// How many rows a table has.
    pub async fn count(&mut self, table: &str) -> i64 {
        let query = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let row = sqlx::query(query).fetch_one(&mut self.0).await.unwrap();
        row.get(0)
    }
}

/// One for the registry and one for the tenants' rows.
pub async fn watches(app: &TestApp) -> Vec<Watch> {
    let options = app.options(None);
    let mut watches = Vec::new();
    for url in [options.control, options.shared] {
        let DatabaseUrl::Sqlite(path) = url else {
            panic!("the test runs on SQLite")
        };
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        watches.push(Watch(options.connect().await.unwrap()));
    }
    watches
}

/// What they say now.
pub async fn versions(watches: &mut [Watch]) -> Vec<i64> {
    let mut versions = Vec::new();
    for watch in watches {
        versions.push(watch.version().await);
    }
    versions
}

fn permitted(operation: &Operation, expected: Expected) -> bool {
    let all = operation
        .permission
        .map_or(Permissions::default(), |permission| Permissions::of(&[permission]))
        .union(needs_besides(operation));
    match expected {
        Expected::Permissions(permissions) => permissions.covers(all),
        Expected::Elsewhere(permissions) => !operation.path.contains("{tenant}") && permissions.covers(all),
        Expected::Nothing(..) => false,
    }
}

/// The answer without what is different in every answer.
fn told(answer: &Response) -> (u16, Vec<u8>, Option<String>) {
    let challenge = answer.header("www-authenticate").map(str::to_owned);
    (answer.status.as_u16(), answer.body.clone(), challenge)
}

async fn ask(app: &TestApp, asker: &Asker, operation: &Operation, address: &str) -> Response {
    let (method, body) = (operation.method.clone(), operation.example.as_ref());
    app.api(&asker.token, method, address, body).await
}

async fn check_all(app: &TestApp, world: &mut World<'_>, asker: &Asker) {
    // Somebody of the platform is announced in the tenant's log, once an hour.
    let _ = app
        .api(&asker.token, Method::GET, "/api/v1/tenants/northside/apps", None)
        .await;
    let mut watches = watches(app).await;
    let mut before = versions(&mut watches).await;
    let known = world.names.clone();
    let mut faults = Vec::new();
    let (allowed, refused): (Vec<_>, Vec<_>) = in_order()
        .into_iter()
        .filter(|operation| !operation.public)
        .partition(|operation| permitted(operation, asker.expected));
    for operation in &refused {
        let answer = ask(app, asker, operation, &world.address(operation)).await;
        world.names.extend(nothing());
        let of_nothing = ask(app, asker, operation, &world.address(operation)).await;
        world.names.clone_from(&known);
        let (status, code) = match asker.expected {
            Expected::Nothing(status, code) => (status, code),
            Expected::Permissions(_) => (403, Some("forbidden")),
            Expected::Elsewhere(_) => (403, None),
        };
        if answer.status != status || code.is_some_and(|code| answer.json()["code"] != code) {
            faults.push(format!("{} is not refused: {answer}", operation.id));
        } else if told(&answer) != told(&of_nothing) && !is_seen_anyway(operation, asker.expected) {
            faults.push(format!("{} tells what is there: {answer}\n{of_nothing}", operation.id));
        }
        let now = versions(&mut watches).await;
        if now != before {
            faults.push(format!("{} wrote something for who may not", operation.id));
            before = now;
        }
    }
    for operation in &allowed {
        let mut address = world.address(operation);
        if operation.method != Method::GET {
            address.push_str("?dry_run=true");
        }
        let answer = ask(app, asker, operation, &address).await;
        if answer.status.is_client_error() && !is_told_why_not(operation, &answer) || answer.status.is_server_error() {
            faults.push(format!("{} is refused to who may: {answer}", operation.id));
        }
        if operation.method == Method::GET {
            let told = told_too_much(&answer, asker.expected.permissions());
            faults.extend(told.map(|what| format!("{} tells {what}: {answer}", operation.id)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// A token of somebody of the platform with this role alone.
async fn of_platform(app: &TestApp, role: Role) -> String {
    let platform = app.platform_tenant().await.admin().await;
    platform.withdraw_role(BACKEND, Role::PlatformOperator).await.unwrap();
    app.operator(role).await
}

async fn with_role(role: Role) {
    let app = TestApp::new().await;
    let mut world = Box::pin(World::new(&app)).await;
    let token = if role.is_of_platform() {
        of_platform(&app, role).await
    } else {
        world.tenant.administrator(role.as_str(), &[role]).await
    };
    let expected = Expected::Permissions(role.permissions());
    check_all(&app, &mut world, &Asker { token, expected }).await;
}

macro_rules! each_role {
    ($($name:ident: $role:ident,)+) => {
        $(#[tokio::test]
        async fn $name() {
            Box::pin(with_role(Role::$role)).await;
        })+

        #[test]
        fn no_role_is_left_out() {
            assert_eq!([$(Role::$role),+], Role::ALL);
        }
    };
}

each_role! {
    a_platform_operator_does_everything: PlatformOperator,
    a_platform_auditor_does_what_the_table_says: PlatformAuditor,
    platform_support_does_what_the_table_says: PlatformSupport,
    an_owner_does_what_the_table_says: Owner,
    an_identity_admin_does_what_the_table_says: IdentityAdmin,
    an_app_admin_does_what_the_table_says: AppAdmin,
    an_auditor_does_what_the_table_says: Auditor,
    a_help_desk_does_what_the_table_says: HelpDesk,
}

#[tokio::test]
async fn with_the_reading_scope_an_owner_changes_nothing() {
    let app = TestApp::new().await;
    let mut world = Box::pin(World::new(&app)).await;
    world.tenant.administrator("reader", &[Role::Owner]).await;
    let token = world.tenant.admin_token("reader", "__admin.read").await;
    let reading = permissions_of(&[Role::Owner]).within(Permission::reading());
    let expected = Expected::Permissions(reading);
    check_all(&app, &mut world, &Asker { token, expected }).await;
}

#[tokio::test]
async fn the_owner_of_another_tenant_is_nobody_here() {
    let app = TestApp::new().await;
    let mut world = Box::pin(World::new(&app)).await;
    let south = app.tenant("southside").await;
    let token = south.administrator("sam", &[Role::Owner]).await;
    let expected = Expected::Elsewhere(Role::Owner.permissions());
    check_all(&app, &mut world, &Asker { token, expected }).await;
}

#[tokio::test]
async fn an_operator_without_a_second_factor_does_nothing() {
    let app = TestApp::new().await;
    let mut world = Box::pin(World::new(&app)).await;
    let platform = app.platform_tenant().await;
    let token = platform.administrator("olga", &[Role::PlatformOperator]).await;
    let expected = Expected::Nothing(403, Some("second_factor_required"));
    check_all(&app, &mut world, &Asker { token, expected }).await;
}

#[tokio::test]
async fn a_user_without_a_role_does_nothing() {
    let app = TestApp::new().await;
    let mut world = Box::pin(World::new(&app)).await;
    let token = world.tenant.administrator("nora", &[]).await;
    let expected = Expected::Nothing(403, Some("no_role"));
    check_all(&app, &mut world, &Asker { token, expected }).await;
}

#[tokio::test]
async fn an_owner_who_is_demoted_or_disabled_does_nothing_from_the_next_request_on() {
    let app = TestApp::new().await;
    let mut world = Box::pin(World::new(&app)).await;
    let token = world.tenant.administrator("dora", &[Role::Owner]).await;
    let account = claims(&token)["sub"].as_str().unwrap().to_owned();
    let admin = world.tenant.admin().await;
    admin.withdraw_role(&account, Role::Owner).await.unwrap();
    let expected = Expected::Nothing(403, Some("no_role"));
    let asker = Asker { token, expected };
    check_all(&app, &mut world, &asker).await;
    admin.assign_role(&account, Role::Owner).await.unwrap();
    let disabled = json!({ "disabled": true });
    let path = format!("/users/{account}");
    let tenant = &world.tenant;
    let answer = tenant.api(&world.owner, Method::PATCH, &path, Some(&disabled)).await;
    answer.assert_status(200);
    let expected = Expected::Nothing(401, None);
    check_all(&app, &mut world, &Asker { expected, ..asker }).await;
}

#[tokio::test]
async fn a_token_for_a_fhir_server_does_nothing() {
    let app = TestApp::new().await;
    let mut world = Box::pin(World::new(&app)).await;
    let tokens = world.tenant.tokens("openid launch/patient patient/*.rs", "pat").await;
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    let expected = Expected::Nothing(401, None);
    check_all(&app, &mut world, &Asker { token, expected }).await;
}

#[tokio::test]
async fn what_nobody_gave_out_does_nothing() {
    let app = TestApp::new().await;
    let mut world = Box::pin(World::new(&app)).await;
    let (signed, _) = world.owner.rsplit_once('.').unwrap();
    for token in [format!("{signed}.{}", "A".repeat(86)), "A".repeat(43)] {
        let expected = Expected::Nothing(401, None);
        check_all(&app, &mut world, &Asker { token, expected }).await;
    }
}
