//! People in the admin API: accounts made and changed, links, unlocking, second factors, sessions, signing out; and what is
//! recorded of whoever looks.

use crate::support::app::{PASSWORD, PUBLIC, STAFF, TestApp, TestTenant, claims};
use crate::support::database::{Database, on_each_database};
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use crate::support::smtp_peer::SmtpPeer;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use wardkey::control::Precondition;
use wardkey::control::sessions::SessionFilter;
use wardkey::tenant::roles::Role;

/// The id of a user by name.
async fn id_of(tenant: &TestTenant<'_>, username: &str) -> String {
    let user = tenant.admin().await.find_user(STAFF, username).await.unwrap();
    user.unwrap().summary.id.to_string()
}

async fn get(tenant: &TestTenant<'_>, token: &str, path: &str) -> Value {
    tenant
        .api(token, Method::GET, path, None)
        .await
        .assert_status(200)
        .json()
}

async fn post(tenant: &TestTenant<'_>, token: &str, path: &str, body: &Value) -> Response {
    tenant.api(token, Method::POST, path, Some(body)).await
}

/// The events of one name, newest first.
async fn events(tenant: &TestTenant<'_>, token: &str, name: &str) -> Vec<Value> {
    let page = get(tenant, token, &format!("/events?event={name}")).await;
    page["items"].as_array().unwrap().clone()
}

/// Whether an access token is taken at the userinfo endpoint.
async fn is_taken(tenant: &TestTenant<'_>, token: &str) -> bool {
    let request = Request::get(tenant.path("userinfo")).bearer(token).empty();
    tenant.app.router.send(request).await.status == 200
}

async fn try_password(tenant: &TestTenant<'_>, username: &str, password: &str) -> String {
    let mut browser = tenant.app.browser();
    let page = browser.goto(&tenant.path("account/sign-in/staff")).await;
    let form = page.form().with("username", username).with("password", password);
    browser.submit(&page, &form).await.response.text().to_owned()
}

#[tokio::test]
async fn an_account_is_made_with_a_link_that_lets_its_holder_choose_a_password() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let body = json!({
        "identity_provider": STAFF, "username": "rosa", "name": "Rosa Núñez", "fhir_user": "Practitioner/rosa",
        "link": { "delivery": "shown" },
    });
    let made = post(&north, &owner, "/users", &body).await.assert_status(201).json();
    assert_eq!(made["change"], "created");
    assert_eq!(made["local_account"]["password"], false);
    assert_eq!(made["last_sign_in_at"], Value::Null, "nobody signed in yet");
    assert_eq!(made["link"]["purpose"], "invitation");
    let mut browser = app.browser();
    let page = browser.goto(made["link"]["link"].as_str().unwrap()).await;
    browser
        .submit(&page, &page.form().with("password", "a quite new passphrase"))
        .await;
    assert!(
        !try_password(&north, "rosa", "a quite new passphrase")
            .await
            .contains("name=\"password\"")
    );
    // The same again changes nothing, and only where it is new it is made.
    let again = json!({
        "identity_provider": STAFF, "username": "rosa", "name": "Rosa Núñez", "fhir_user": "Practitioner/rosa",
    });
    let unchanged = post(&north, &owner, "/users", &again).await.assert_status(200).json();
    assert_eq!(unchanged["change"], "unchanged");
    let request = Request::post("/api/v1/tenants/northside/users").bearer(&owner);
    let refused = app.router.send(request.header("if-none-match", "*").json(&again)).await;
    assert_eq!(refused.status, 412, "{refused}");
}

#[tokio::test]
async fn a_dry_run_makes_no_account_and_no_link() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let body = json!({ "identity_provider": STAFF, "username": "rosa", "link": { "delivery": "shown" } });
    let told = post(&north, &owner, "/users?dry_run=true", &body)
        .await
        .assert_status(201)
        .json();
    assert_eq!(told["change"], "created");
    let link = told["link"]["link"].as_str().unwrap();
    let page = app.browser().goto(link).await;
    assert!(!page.response.text().contains("name=\"password\""), "{page}");
    assert!(north.admin().await.find_user(STAFF, "rosa").await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_wrong_with_a_new_user_is_named_by_its_pointer() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    for (member, value) in [
        ("username", json!("")),
        ("email", json!("no address")),
        ("fhir_user", json!("Practitioner")),
        ("patient", json!("no id!")),
    ] {
        let mut body = json!({ "identity_provider": STAFF, "username": "rosa" });
        body[member] = value;
        let refused = post(&north, &owner, "/users", &body).await.assert_status(422).json();
        assert_eq!(refused["errors"][0]["pointer"], format!("/{member}"), "{refused}");
    }
    let body = json!({ "identity_provider": "nowhere", "username": "rosa" });
    post(&north, &owner, "/users", &body).await.assert_status(404);
}

#[tokio::test]
async fn a_link_by_mail_needs_a_mail_server_and_an_address() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let path = format!("/users/{}/links", id_of(&north, "ada").await);
    let refused = post(&north, &owner, &path, &json!({ "delivery": "mail" }))
        .await
        .assert_status(409);
    assert!(refused.text().contains("no mail server"), "{refused}");
    let Some(server) = SmtpPeer::start() else { return };
    let app = TestApp::with_mailer(Database::sqlite(), server.mailer()).await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let path = format!("/users/{}/links", id_of(&north, "ada").await);
    let refused = post(&north, &owner, &path, &json!({ "delivery": "mail" }))
        .await
        .assert_status(422);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/email", "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_help_desk_sends_a_link_by_mail_and_never_sees_one() {
    let Some(mut server) = SmtpPeer::start() else { return };
    let app = TestApp::with_mailer(Database::sqlite(), server.mailer()).await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let helper = north.administrator("hugo", &[Role::HelpDesk]).await;
    let ada = id_of(&north, "ada").await;
    let patch = json!({ "email": "ada@north.example" });
    let path = format!("/users/{ada}");
    north
        .api(&owner, Method::PATCH, &path, Some(&patch))
        .await
        .assert_status(200);
    let links = format!("/users/{ada}/links");
    let refused = post(&north, &helper, &links, &json!({ "delivery": "shown" }))
        .await
        .assert_status(403);
    assert_eq!(refused.json()["code"], "forbidden");
    let body = json!({ "delivery": "mail", "language": "es" });
    let made = post(&north, &helper, &links, &body).await.assert_status(201).json();
    assert_eq!(made["link"], Value::Null);
    assert_eq!(made["purpose"], "reset");
    let mail = server.next_mail();
    assert_eq!(mail["to"][0], "ada@north.example");
    assert!(mail["text"].as_str().unwrap().contains("contraseña"), "{mail}");
}

#[tokio::test]
async fn a_new_link_ends_those_before() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let path = format!("/users/{}/links", id_of(&north, "ada").await);
    let mut links = Vec::new();
    for _ in 0..2 {
        let made = post(&north, &owner, &path, &json!({ "delivery": "shown" }))
            .await
            .assert_status(201)
            .json();
        links.push(made["link"].as_str().unwrap().to_owned());
    }
    let shows_form = async |link: &str| {
        app.browser()
            .goto(link)
            .await
            .response
            .text()
            .contains("name=\"password\"")
    };
    assert!(!shows_form(&links[0]).await);
    assert!(shows_form(&links[1]).await);
}

#[tokio::test]
async fn nobody_helps_a_user_who_may_do_more_than_they() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let helper = north.administrator("ivy", &[Role::IdentityAdmin]).await;
    let olga = claims(&owner)["sub"].as_str().unwrap().to_owned();
    let shown = json!({ "delivery": "shown" });
    let requests = [
        (Method::POST, format!("/users/{olga}/links"), Some(shown)),
        (Method::DELETE, format!("/users/{olga}/second-factors"), None),
        (Method::DELETE, format!("/users/{olga}"), None),
        (
            Method::PATCH,
            format!("/users/{olga}"),
            Some(json!({ "disabled": true })),
        ),
        (
            Method::PATCH,
            format!("/users/{olga}"),
            Some(json!({ "email": "x@y.example" })),
        ),
    ];
    for (method, path, body) in requests {
        let refused = north
            .api(&helper, method, &path, body.as_ref())
            .await
            .assert_status(403);
        assert_eq!(refused.json()["code"], "beyond_own_role", "{path}");
    }
}

#[tokio::test]
async fn a_role_of_the_mapping_that_administers_is_given_only_by_who_covers_it() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let rule = format!(r#"[{{"identity_provider":"{STAFF}","role":"boss","grants":["owner"]}}]"#);
    let settings = [("administrators".to_owned(), rule)];
    app.platform.set_settings("northside", &settings).await.unwrap();
    let helper = north.administrator("ivy", &[Role::IdentityAdmin]).await;
    let body = json!({ "identity_provider": STAFF, "username": "rosa", "roles": ["boss"], "password": PASSWORD });
    let refused = post(&north, &helper, "/users", &body).await.assert_status(403);
    assert_eq!(refused.json()["code"], "beyond_own_role");
    let path = format!("/users/{}", id_of(&north, "ada").await);
    let patch = json!({ "roles": ["boss"] });
    north
        .api(&helper, Method::PATCH, &path, Some(&patch))
        .await
        .assert_status(403);
}

#[tokio::test]
async fn who_ran_out_of_attempts_is_let_try_again_at_once() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let helper = north.administrator("hugo", &[Role::HelpDesk]).await;
    let ada = id_of(&north, "ada").await;
    for _ in 0..11 {
        try_password(&north, "ada", "wrong password").await;
    }
    assert!(
        try_password(&north, "ada", PASSWORD)
            .await
            .contains("name=\"password\"")
    );
    let seen = get(&north, &helper, &format!("/users/{ada}")).await;
    assert!(seen["locked_until"].is_string(), "{seen}");
    let unlock = format!("/users/{ada}/unlock");
    let dry = north
        .api(&helper, Method::POST, &format!("{unlock}?dry_run=true"), None)
        .await
        .assert_status(200);
    assert_eq!(dry.json()["change"], "updated");
    assert!(
        try_password(&north, "ada", PASSWORD)
            .await
            .contains("name=\"password\"")
    );
    let done = north
        .api(&helper, Method::POST, &unlock, None)
        .await
        .assert_status(200)
        .json();
    assert_eq!(done["locked_until"], Value::Null, "{done}");
    assert!(
        !try_password(&north, "ada", PASSWORD)
            .await
            .contains("name=\"password\"")
    );
    let again = north.api(&helper, Method::POST, &unlock, None).await.assert_status(200);
    assert_eq!(again.json()["change"], "unchanged", "{again}");
}

#[tokio::test]
async fn unlocking_one_user_unlocks_no_other_and_no_address() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let helper = north.administrator("hugo", &[Role::HelpDesk]).await;
    for username in ["ada", "pat"] {
        for _ in 0..11 {
            try_password(&north, username, "wrong password").await;
        }
    }
    let unlock = format!("/users/{}/unlock", id_of(&north, "ada").await);
    north.api(&helper, Method::POST, &unlock, None).await.assert_status(200);
    assert!(
        !try_password(&north, "ada", PASSWORD)
            .await
            .contains("name=\"password\"")
    );
    assert!(
        try_password(&north, "pat", PASSWORD)
            .await
            .contains("name=\"password\"")
    );
}

#[tokio::test]
async fn a_disabled_user_loses_sessions_and_tokens_and_comes_back_without_them() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let tokens = north.tokens("openid launch/patient patient/*.rs", "pat").await;
    let token = tokens["access_token"].as_str().unwrap();
    assert!(is_taken(&north, token).await);
    let pat = id_of(&north, "pat").await;
    let path = format!("/users/{pat}");
    for disabled in [true, false] {
        let patch = json!({ "disabled": disabled });
        north
            .api(&owner, Method::PATCH, &path, Some(&patch))
            .await
            .assert_status(200);
        assert!(!is_taken(&north, token).await);
    }
    let sessions = get(&north, &owner, &format!("/sessions?account={pat}")).await;
    assert_eq!(sessions["items"], json!([]));
}

on_each_database! {
    async fn a_deleted_user_is_gone_with_sessions_tokens_and_roles(database: Database) {
        let app = TestApp::on(database).await;
        let north = app.tenant("northside").await;
        let owner = north.administrator("olga", &[Role::Owner]).await;
        let tokens = north.tokens("openid offline_access launch/patient patient/*.rs", "pat").await;
        let token = tokens["access_token"].as_str().unwrap();
        let pat = id_of(&north, "pat").await;
        let path = format!("/users/{pat}");
        let told = north.api(&owner, Method::DELETE, &format!("{path}?dry_run=true"), None).await;
        told.assert_status(204);
        assert!(is_taken(&north, token).await, "a dry run deletes nobody");
        north.api(&owner, Method::DELETE, &path, None).await.assert_status(204);
        assert!(!is_taken(&north, token).await);
        for gone in [path.clone(), format!("{path}?dry_run=true")] {
            north.api(&owner, Method::DELETE, &gone, None).await.assert_status(404);
        }
        north.api(&owner, Method::GET, &path, None).await.assert_status(404);
        assert!(try_password(&north, "pat", PASSWORD).await.contains("name=\"password\""));
        let refreshed = north.refresh(tokens["refresh_token"].as_str().unwrap()).await;
        assert_eq!(refreshed.status, 400, "{refreshed}");
        let logged = events(&north, &owner, "user.deleted").await;
        assert_eq!(logged[0]["account"], pat.as_str(), "what happened keeps the id");
        // The same name again is somebody else.
        let body = json!({ "identity_provider": STAFF, "username": "pat" });
        let again = post(&north, &owner, "/users", &body).await.assert_status(201).json();
        assert_ne!(again["id"], pat.as_str());
    }
}

#[tokio::test]
async fn nobody_deletes_themselves() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let olga = claims(&owner)["sub"].as_str().unwrap().to_owned();
    let refused = north.api(&owner, Method::DELETE, &format!("/users/{olga}"), None).await;
    assert_eq!(refused.assert_status(409).json()["code"], "conflict");
}

#[tokio::test]
async fn a_password_that_is_set_for_somebody_obeys_the_rules_of_those_that_people_choose() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    for password in ["short", "passwordpassword", "rosarosarosarosa"] {
        let body = json!({ "identity_provider": STAFF, "username": "rosa", "password": password });
        let refused = post(&north, &owner, "/users", &body).await.assert_status(422).json();
        assert_eq!(refused["errors"][0]["pointer"], "/password", "{refused}");
    }
    assert!(north.admin().await.find_user(STAFF, "rosa").await.unwrap().is_none());
}

#[tokio::test]
async fn another_password_that_is_set_for_somebody_ends_their_sessions() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let tokens = north.tokens("openid launch/patient patient/*.rs", "pat").await;
    let token = tokens["access_token"].as_str().unwrap();
    let user = north
        .admin()
        .await
        .find_user(STAFF, "pat")
        .await
        .unwrap()
        .unwrap()
        .summary;
    let mut body = json!({
        "identity_provider": STAFF, "username": "pat", "name": user.name, "email": user.email,
        "fhir_user": user.fhir_user, "patient": user.patient, "patients": user.patients, "npi": user.npi,
        "roles": user.roles, "password": PASSWORD,
    });
    let same = post(&north, &owner, "/users", &body).await.assert_status(200).json();
    assert_eq!(same["change"], "unchanged");
    assert!(is_taken(&north, token).await);
    body["password"] = "seven otters cross the river".into();
    post(&north, &owner, "/users", &body).await.assert_status(200);
    assert!(!is_taken(&north, token).await);
    let sessions = get(&north, &owner, &format!("/sessions?account={}", user.id)).await;
    assert_eq!(sessions["items"], json!([]));
}

#[tokio::test]
async fn a_change_of_what_somebody_else_changed_is_refused() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let address = format!("/api/v1/tenants/northside/users/{}", id_of(&north, "ada").await);
    let seen = app.api(&owner, Method::GET, &address, None).await.assert_status(200);
    let tag = seen.header("etag").unwrap().to_owned();
    // Attempts to sign in are no change.
    try_password(&north, "ada", "wrong password").await;
    for (name, expected) in [("Ada One", 200), ("Ada Two", 412)] {
        let request = Request::patch(&address).bearer(&owner).header("if-match", &tag);
        let answer = app.router.send(request.json(&json!({ "name": name }))).await;
        assert_eq!(answer.status, expected, "{answer}");
    }
}

#[tokio::test]
async fn null_removes_a_member_and_what_is_not_given_stays() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let path = format!("/users/{}", id_of(&north, "ada").await);
    let patch = json!({ "npi": null, "break_glass": true });
    let user = north
        .api(&owner, Method::PATCH, &path, Some(&patch))
        .await
        .assert_status(200)
        .json();
    assert_eq!(user["npi"], Value::Null);
    assert_eq!(user["name"], "Ada Okafor");
    assert_eq!(user["fhir_user"], "Practitioner/ada");
    assert_eq!(user["local_account"]["break_glass"], true);
    assert_eq!(user["change"], "updated");
}

#[tokio::test]
async fn sessions_are_listed_newest_first_page_by_page_and_searched_by_who_is_signed_in() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let auditor = north.administrator("otto", &[Role::Auditor]).await;
    for username in ["ada", "pat", "clerk"] {
        app.wait(std::time::Duration::from_secs(1));
        try_password(&north, username, PASSWORD).await;
    }
    let mut found = Vec::new();
    let mut cursor = None::<String>;
    loop {
        let more = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let page = get(&north, &auditor, &format!("/sessions?limit=2{more}")).await;
        found.extend(page["items"].as_array().unwrap().clone());
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    let who: Vec<&Value> = found.iter().map(|session| &session["account"]).take(3).collect();
    let expected = [
        id_of(&north, "clerk").await,
        id_of(&north, "pat").await,
        id_of(&north, "ada").await,
    ];
    assert_eq!(who, expected.iter().collect::<Vec<_>>());
    assert_eq!(found[0]["identity_provider"], STAFF);
    assert_eq!(found[0]["methods"], json!(["pwd"]));
    let searched = get(&north, &auditor, "/sessions?q=MORGAN").await;
    assert_eq!(searched["items"].as_array().unwrap().len(), 1);
    assert_eq!(searched["items"][0]["account"], expected[1]);
}

#[tokio::test]
async fn a_search_of_sessions_by_name_needs_to_see_names() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let platform_auditor = app.operator(Role::PlatformAuditor).await;
    get(&north, &platform_auditor, "/sessions").await;
    let refused = north
        .api(&platform_auditor, Method::GET, "/sessions?q=pat", None)
        .await
        .assert_status(403);
    assert!(refused.text().contains("users.read"), "{refused}");
}

#[tokio::test]
async fn the_end_of_one_session_ends_what_was_given_in_it_and_not_offline_access() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let helper = north.administrator("hugo", &[Role::HelpDesk]).await;
    let online = north.tokens("openid launch/patient patient/*.rs", "pat").await;
    let offline = north
        .tokens("openid offline_access launch/patient patient/*.rs", "pat")
        .await;
    let pat = id_of(&north, "pat").await;
    let sessions = get(&north, &helper, &format!("/sessions?account={pat}")).await;
    for session in sessions["items"].as_array().unwrap() {
        let path = format!("/sessions/{}", session["id"].as_str().unwrap());
        let shown = get(&north, &helper, &path).await;
        assert_eq!(shown["apps"], json!([PUBLIC]), "{shown}");
        north
            .api(&helper, Method::DELETE, &format!("{path}?dry_run=true"), None)
            .await
            .assert_status(204);
        north.api(&helper, Method::DELETE, &path, None).await.assert_status(204);
        north.api(&helper, Method::DELETE, &path, None).await.assert_status(404);
    }
    assert!(!is_taken(&north, online["access_token"].as_str().unwrap()).await);
    assert!(is_taken(&north, offline["access_token"].as_str().unwrap()).await);
}

#[tokio::test]
async fn signing_out_everywhere_ends_offline_access_when_it_is_asked_for() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let helper = north.administrator("hugo", &[Role::HelpDesk]).await;
    let offline = north
        .tokens("openid offline_access launch/patient patient/*.rs", "pat")
        .await;
    let token = offline["access_token"].as_str().unwrap();
    let path = format!("/users/{}/sign-out", id_of(&north, "pat").await);
    let ended = post(&north, &helper, &path, &json!({})).await.assert_status(200).json();
    assert_eq!(ended, json!({ "sessions": 1, "grants": 0 }));
    assert!(is_taken(&north, token).await);
    let ended = post(&north, &helper, &path, &json!({ "offline_access": true }))
        .await
        .assert_status(200)
        .json();
    assert_eq!(ended, json!({ "sessions": 0, "grants": 1 }));
    assert!(!is_taken(&north, token).await);
}

#[tokio::test]
async fn each_role_sees_and_ends_sessions_as_the_table_says() {
    use wardkey::tenant::roles::Permission;
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let pat = id_of(&north, "pat").await;
    for role in Role::ALL.into_iter().filter(|role| !role.is_of_platform()) {
        let token = north.administrator(role.as_str(), &[role]).await;
        let expected = |permission| if role.permissions().has(permission) { 200 } else { 403 };
        let listed = north.api(&token, Method::GET, "/sessions", None).await;
        assert_eq!(listed.status, expected(Permission::ReadSessions), "{role}: {listed}");
        let path = format!("/users/{pat}/sign-out?dry_run=true");
        let ended = post(&north, &token, &path, &json!({})).await;
        assert_eq!(ended.status, expected(Permission::EndSessions), "{role}: {ended}");
        let path = format!("/users/{pat}/unlock?dry_run=true");
        let unlocked = north.api(&token, Method::POST, &path, None).await;
        assert_eq!(unlocked.status, expected(Permission::HelpUsers), "{role}: {unlocked}");
        let users = north.api(&token, Method::GET, "/users?q=pat", None).await;
        assert_eq!(users.status, expected(Permission::ReadUsers), "{role}: {users}");
    }
}

#[tokio::test]
async fn whoever_sees_names_is_recorded() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let auditor = north.administrator("otto", &[Role::Auditor]).await;
    let actor = claims(&auditor)["sub"].clone();
    let pat = id_of(&north, "pat").await;
    get(&north, &auditor, &format!("/users/{pat}")).await;
    let viewed = events(&north, &auditor, "user.viewed").await;
    assert_eq!((&viewed[0]["account"], &viewed[0]["actor"]), (&json!(pat), &actor));
    get(&north, &auditor, "/users?q=morgan").await;
    get(&north, &auditor, "/users?q=nobody-has-this").await;
    let searched = events(&north, &auditor, "users.searched").await;
    assert_eq!(searched.len(), 1, "what shows nobody is no reveal");
    assert_eq!((&searched[0]["detail"], &searched[0]["actor"]), (&json!("1"), &actor));
    assert!(!searched[0].to_string().contains("morgan"));
}

#[tokio::test]
async fn a_user_is_found_by_the_whole_name_at_one_identity_provider() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let auditor = north.administrator("otto", &[Role::Auditor]).await;
    let found = get(&north, &auditor, "/users?identity_provider=staff&username=pat").await;
    assert_eq!(found["items"][0]["username"], "pat");
    for query in [
        "identity_provider=staff&username=pa",
        "identity_provider=nowhere&username=pat",
    ] {
        let none = get(&north, &auditor, &format!("/users?{query}")).await;
        assert_eq!(none["items"], json!([]), "{query}");
    }
    north
        .api(&auditor, Method::GET, "/users?username=pat", None)
        .await
        .assert_status(422);
}

on_each_database! {
    async fn of_two_that_end_a_session_at_once_one_does(database: Database) {
        let app = TestApp::on(database).await;
        let north = app.tenant("northside").await;
        try_password(&north, "pat", PASSWORD).await;
        let admin = north.admin().await;
        let (sessions, _) = admin.list_sessions(&SessionFilter::default(), 10).await.unwrap();
        let (one, other) = (north.admin().await, north.admin().await);
        let (first, second) = tokio::join!(one.end_session(&sessions[0].id), other.end_session(&sessions[0].id));
        assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1);
    }

    async fn sessions_come_in_pages_of_which_none_repeats_another(database: Database) {
        let app = TestApp::on(database).await;
        let north = app.tenant("northside").await;
        for username in ["ada", "pat", "clerk"] {
            try_password(&north, username, PASSWORD).await;
        }
        let admin = north.admin().await;
        let mut seen = Vec::new();
        let mut filter = SessionFilter::default();
        loop {
            let (page, next) = admin.list_sessions(&filter, 1).await.unwrap();
            seen.extend(page.into_iter().map(|session| session.id));
            filter.after = next;
            if next.is_none() {
                break;
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 3);
    }

    async fn an_unlocked_user_tries_again_at_once(database: Database) {
        let app = TestApp::on(database).await;
        let north = app.tenant("northside").await;
        for _ in 0..11 {
            try_password(&north, "ada", "wrong password").await;
        }
        let admin = north.admin().await;
        let user = admin.find_user(STAFF, "ada").await.unwrap().unwrap();
        assert!(user.locked_until.is_some());
        let unlocked = admin.unlock_user(user.summary.id).await.unwrap();
        assert!(unlocked.user.locked_until.is_none());
        assert!(!try_password(&north, "ada", PASSWORD).await.contains("name=\"password\""));
    }
}

#[tokio::test]
async fn second_factors_are_removed_with_the_sessions_and_an_announcement() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let helper = north.administrator("hugo", &[Role::HelpDesk]).await;
    let admin = north.admin().await;
    let account = admin.find_user(STAFF, "ada").await.unwrap().unwrap().summary.id;
    let change = wardkey::control::users::UserChange {
        email: Some(Some("ada@north.example".to_owned())),
        ..Default::default()
    };
    admin.update_user(account, &change, &Precondition::None).await.unwrap();
    let mut rows = admin.cx().begin().await.unwrap();
    let secret = wardkey::kernel::Secret::new(vec![7_u8; 20]);
    rows.save_totp(account, &secret, 0, admin.cx().entropy()).await.unwrap();
    rows.commit().await.unwrap();
    try_password(&north, "ada", PASSWORD).await;
    let path = format!("/users/{account}/second-factors");
    north.api(&helper, Method::DELETE, &path, None).await.assert_status(204);
    let user = get(&north, &helper, &format!("/users/{account}")).await;
    assert_eq!(user["local_account"]["authenticator"], false);
    let mut rows = admin.cx().begin().await.unwrap();
    // It was tried already, and nobody takes mail here.
    let later = app.now() + std::time::Duration::from_hours(1);
    let mails = rows.take_due_mails(later, later).await.unwrap();
    assert_eq!(mails.len(), 1);
}
