//! The admin API: problems, paging, preconditions, idempotency, dry run, and that the document says what is there.

use crate::support::app::{TestApp, claims};
use crate::support::database::on_each_database;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::http::{Method, Request};
use serde_json::{Value, json};
use wardkey::tenant::roles::Role;

fn new_app(id: &str) -> Value {
    json!({
        "client_id": id, "client_name": format!("App {id}"), "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://app.example/cb"], "scope": "openid patient/*.rs",
    })
}

#[tokio::test]
async fn without_a_token_every_operation_is_refused_with_a_challenge() {
    let app = TestApp::new().await;
    for operation in wardkey::api::operations().iter().filter(|operation| !operation.public) {
        let address = operation.path.replace("{tenant}", "northside").replace(['{', '}'], "");
        let request = Request::builder()
            .method(operation.method.clone())
            .uri(&address)
            .empty();
        let answer = app.router.send(request).await.assert_status(401);
        assert!(
            answer.header("www-authenticate").unwrap().starts_with("Bearer"),
            "{answer}"
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{address}"
        );
    }
}

#[tokio::test] // RFC 6750 section 3.1
async fn a_scheme_that_is_none_of_ours_is_as_good_as_no_token() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    for credentials in ["Basic dXNlcjpwYXNzd29yZA==", "Token", "x"] {
        let request = Request::get("/api/v1/tenants/northside/settings")
            .header("authorization", credentials)
            .empty();
        let answer = app.router.send(request).await.assert_status(401);
        assert!(
            !answer.header("www-authenticate").unwrap().contains("error"),
            "{credentials}"
        );
    }
    for credentials in ["Bearer", "DPoP "] {
        let request = Request::get("/api/v1/tenants/northside/settings")
            .header("authorization", credentials)
            .empty();
        app.router.send(request).await.assert_status(400);
    }
}

#[tokio::test]
async fn settings_without_a_name_leave_the_tenant_its_registered_one() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let operator = app.operator(Role::PlatformOperator).await;
    for settings in [json!({ "display_name": "North" }), json!({})] {
        tenant
            .api(&operator, Method::PUT, "/settings", Some(&settings))
            .await
            .assert_status(200);
    }
    assert_eq!(
        app.platform.get_tenant("northside").await.unwrap().display_name,
        "North"
    );
    tenant
        .api(&operator, Method::GET, "/apps", None)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn cookies_administer_nothing() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let request = Request::get("/api/v1/tenants/northside/settings")
        .cookie("__Secure-wk_session", "AAAAAAAAAAAAAAAAAAAAAA")
        .empty();
    let answer = app.router.send(request).await.assert_status(401);
    assert!(answer.header("set-cookie").is_none());
}

#[tokio::test]
async fn a_tenant_is_created_by_an_operator_and_found_by_search() {
    let app = TestApp::new().await;
    let operator = app.operator(Role::PlatformOperator).await;
    let new = json!({ "slug": "riverside", "display_name": "Riverside Clinic" });
    let created = app
        .api(&operator, Method::POST, "/api/v1/tenants", Some(&new))
        .await
        .assert_status(201);
    assert_eq!(created.header("location"), Some("/api/v1/tenants/riverside"));
    app.api(&operator, Method::POST, "/api/v1/tenants", Some(&new))
        .await
        .assert_status(200);
    let found = app
        .api(&operator, Method::GET, "/api/v1/tenants?q=RIVER", None)
        .await
        .json();
    assert_eq!(found["items"][0]["slug"], "riverside");
    let none = app
        .api(&operator, Method::GET, "/api/v1/tenants?q=%25", None)
        .await
        .json();
    assert_eq!(none["items"], json!([]));
    let events = app
        .api(
            &operator,
            Method::GET,
            "/api/v1/tenants/riverside/events?event=tenant",
            None,
        )
        .await
        .json();
    assert_eq!(events["items"][0]["event"], "tenant.created");
    assert_eq!(events["items"][0]["actor"], "nightly-export");
}

#[tokio::test]
async fn a_suspended_tenant_is_refused_shown_and_resumed() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let operator = app.operator(Role::PlatformOperator).await;
    let one = "/api/v1/tenants/northside";
    app.wait(std::time::Duration::from_millis(2));
    let change = |status: &str| json!({ "status": status });
    app.api(&operator, Method::PATCH, one, Some(&change("suspended")))
        .await
        .assert_status(200);
    let shown = app
        .api(&operator, Method::GET, one, None)
        .await
        .assert_status(200)
        .json();
    assert_eq!(shown["status"], "suspended");
    north
        .api(&operator, Method::GET, "/apps", None)
        .await
        .assert_status(409);
    app.wait(std::time::Duration::from_millis(2));
    app.api(&operator, Method::PATCH, one, Some(&change("active")))
        .await
        .assert_status(200);
    let events = north
        .api(&operator, Method::GET, "/events?event=tenant", None)
        .await
        .json();
    let names: Vec<_> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["event"].clone())
        .collect();
    assert_eq!(names[..2], [json!("tenant.resumed"), json!("tenant.suspended")]);
}

#[tokio::test]
async fn a_wrong_member_is_named_by_its_pointer() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    for (patch, status, pointer) in [
        (
            json!({ "lifetimes": { "access_token": "long" } }),
            400,
            "/lifetimes/access_token",
        ),
        (
            json!({ "branding": { "primary_colour": "#ffffff" } }),
            422,
            "/branding/primary_colour",
        ),
        (json!({ "no_such_setting": 1 }), 400, "/no_such_setting"),
        (json!({ "scope_ceiling": "patient/x" }), 422, "/scope_ceiling"),
    ] {
        let answer = north
            .api(&owner, Method::PATCH, "/settings", Some(&patch))
            .await
            .assert_status(status);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{answer}");
    }
    let app = json!({ "client_id": "x", "client_name": "X", "token_endpoint_auth_method": "none",
                      "redirect_uris": ["http://far.example/cb"], "scope": "openid" });
    let answer = north
        .api(&owner, Method::POST, "/apps", Some(&app))
        .await
        .assert_status(422);
    assert_eq!(answer.json()["errors"][0]["pointer"], "/redirect_uris");
}

#[tokio::test]
async fn a_change_of_what_somebody_else_changed_is_refused() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let seen = north
        .api(&owner, Method::GET, "/settings", None)
        .await
        .assert_status(200);
    let tag = seen.header("etag").unwrap().to_owned();
    let patch = |contact: &str, tag: &str| {
        Request::patch("/api/v1/tenants/northside/settings")
            .bearer(&owner)
            .header("if-match", tag)
            .json(&json!({ "help_contact": contact }))
    };
    let changed = app.router.send(patch("one", &tag)).await.assert_status(200);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
    let refused = app.router.send(patch("two", &tag)).await.assert_status(412);
    assert_eq!(refused.json()["code"], "outdated");
    let now = north.api(&owner, Method::GET, "/settings", None).await.json();
    assert_eq!(now["help_contact"], "one");
    // What the answer to the change says is the version of what is there.
    let request = Request::get("/api/v1/tenants/northside/settings")
        .bearer(&owner)
        .header("if-none-match", changed.header("etag").unwrap())
        .empty();
    app.router.send(request).await.assert_status(304);
}

on_each_database! {
    async fn of_changes_at_once_with_the_same_version_one_wins(database: Database) {
        let app = TestApp::on(database).await;
        let north = app.tenant("northside").await;
        let owner = north.administrator("olga", &[Role::Owner]).await;
        north.api(&owner, Method::POST, "/apps", Some(&new_app("chart"))).await.assert_status(201);
        let seen = north.api(&owner, Method::GET, "/apps/chart", None).await.assert_status(200);
        let tag = seen.header("etag").unwrap().to_owned();
        let put = |name: String| {
            let mut body = new_app("chart");
            body["client_name"] = name.into();
            let request = Request::put("/api/v1/tenants/northside/apps/chart")
                .bearer(&owner)
                .header("if-match", &tag)
                .json(&body);
            let router = app.router.clone();
            tokio::spawn(async move { router.send(request).await.status.as_u16() })
        };
        let all: Vec<_> = (0..6).map(|number| put(format!("Name {number}"))).collect();
        let mut statuses = Vec::new();
        for one in all {
            statuses.push(one.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412]);
    }
}

#[tokio::test]
async fn a_dry_run_tells_what_would_happen_and_changes_nothing() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let created = north
        .api(&owner, Method::POST, "/apps?dry_run=true", Some(&new_app("chart")))
        .await
        .assert_status(201);
    assert_eq!(created.json()["change"], "created");
    north
        .api(&owner, Method::GET, "/apps/chart", None)
        .await
        .assert_status(404);
    let patch = json!({ "display_name": "Elsewhere" });
    north
        .api(&owner, Method::PATCH, "/settings?dry_run=true", Some(&patch))
        .await
        .assert_status(200);
    let now = north.api(&owner, Method::GET, "/settings", None).await.json();
    assert_eq!(now["display_name"], "Hospital northside");
    let events = north
        .api(&owner, Method::GET, "/events?event=settings", None)
        .await
        .json();
    assert_eq!(events["items"], json!([]));
    north
        .api(&owner, Method::PATCH, "/settings?dry_run=maybe", Some(&patch))
        .await
        .assert_status(400);
}

#[tokio::test]
async fn a_request_that_is_sent_again_with_its_key_is_done_once() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let post = |key: &str, label: &str, token: &str| {
        Request::post("/api/v1/tenants/northside/registration-tokens")
            .bearer(token)
            .header("idempotency-key", key)
            .json(&json!({ "label": label }))
    };
    let first = app.router.send(post("k1", "Vendor", &owner)).await.assert_status(201);
    let again = app.router.send(post("k1", "Vendor", &owner)).await.assert_status(201);
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let listed = north
        .api(&owner, Method::GET, "/registration-tokens", None)
        .await
        .json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    // Another request under the same key is a mistake; somebody else's key is their own.
    let reused = app.router.send(post("k1", "Other", &owner)).await.assert_status(422);
    assert_eq!(reused.json()["code"], "key_reused");
    let otto = north.administrator("otto", &[Role::Owner]).await;
    let other = app.router.send(post("k1", "Vendor", &otto)).await.assert_status(201);
    assert_ne!(other.body, first.body);
    // What failed can be tried again with the same key.
    app.router.send(post("k2", "", &owner)).await.assert_status(422);
    app.router.send(post("k2", "Better", &owner)).await.assert_status(201);
}

#[tokio::test]
async fn lists_are_paged_by_cursor_without_gaps_or_repetition() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    for number in 0..5 {
        north
            .api(&owner, Method::POST, "/apps", Some(&new_app(&format!("page-{number}"))))
            .await
            .assert_status(201);
    }
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let path = match &cursor {
            Some(cursor) => format!("/apps?q=PAGE&limit=2&cursor={cursor}"),
            None => "/apps?q=PAGE&limit=2".to_owned(),
        };
        let page = north
            .api(&owner, Method::GET, &path, None)
            .await
            .assert_status(200)
            .json();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|app| app["client_id"].as_str().unwrap().to_owned()),
        );
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["page-0", "page-1", "page-2", "page-3", "page-4"]);
    let long = format!("q={}", "x".repeat(201));
    for (query, status) in [
        ("limit=0", 400),
        ("limit=201", 400),
        ("limit=x", 400),
        ("cursor=junk", 422),
        ("nonsense=1", 400),
        ("limit=1&limit=2", 400),
        ("q=%00", 400),
        (long.as_str(), 400),
    ] {
        let answer = north.api(&owner, Method::GET, &format!("/apps?{query}"), None).await;
        assert_eq!(answer.status, status, "{query}: {answer}");
    }
}

#[tokio::test]
async fn the_approval_queue_is_a_filter_of_apps() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    north
        .api(&owner, Method::POST, "/apps", Some(&new_app("waiting")))
        .await
        .assert_status(201);
    let admin = north.admin().await;
    admin
        .set_client_status("waiting", wardkey::oauth::client::ClientStatus::AwaitingApproval)
        .await
        .unwrap();
    let queue = north
        .api(&owner, Method::GET, "/apps?status=awaiting_approval", None)
        .await
        .json();
    assert_eq!(queue["items"].as_array().unwrap().len(), 1, "{queue}");
    let approve = json!({ "status": "enabled" });
    north
        .api(&owner, Method::PUT, "/apps/waiting/status", Some(&approve))
        .await
        .assert_status(200);
    let queue = north
        .api(&owner, Method::GET, "/apps?status=awaiting_approval", None)
        .await
        .json();
    assert_eq!(queue["items"], json!([]));
}

#[tokio::test]
async fn a_rotated_secret_works_beside_the_one_before_until_the_overlap_ends() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let mut body = new_app("planner");
    body["token_endpoint_auth_method"] = "client_secret_basic".into();
    let made = north
        .api(&owner, Method::POST, "/apps", Some(&body))
        .await
        .assert_status(201)
        .json();
    let first = made["client_secret"].as_str().unwrap().to_owned();
    let rotated = north
        .api(
            &owner,
            Method::POST,
            "/apps/planner/secret",
            Some(&json!({ "overlap": 600 })),
        )
        .await
        .assert_status(201)
        .json();
    let second = rotated["client_secret"].as_str().unwrap().to_owned();
    let refused_as = async |secret: &str| -> Response {
        north
            .token_with_basic(
                "planner",
                secret,
                &[("grant_type", "authorization_code"), ("code", "x")],
            )
            .await
    };
    refused_as(&first).await.assert_error(400, "invalid_grant");
    refused_as(&second).await.assert_error(400, "invalid_grant");
    app.wait(std::time::Duration::from_secs(601));
    refused_as(&first).await.assert_error(401, "invalid_client");
    refused_as(&second).await.assert_error(400, "invalid_grant");
    // No hash leaves the server.
    assert!(!rotated.to_string().contains("hash"), "{rotated}");
}

#[tokio::test]
async fn every_change_leaves_an_event_that_says_who_did_what_in_which_role() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let tick = || app.wait(std::time::Duration::from_millis(2));
    let who = claims(&owner)["sub"].as_str().unwrap().to_owned();
    north
        .api(&owner, Method::POST, "/apps", Some(&new_app("chart")))
        .await
        .assert_status(201);
    let patch = json!({ "help_contact": "tel:1" });
    tick();
    north
        .api(&owner, Method::PATCH, "/settings", Some(&patch))
        .await
        .assert_status(200);
    tick();
    north
        .api(
            &owner,
            Method::PUT,
            "/branding",
            Some(&json!({ "primary_colour": "#224466" })),
        )
        .await
        .assert_status(200);
    tick();
    north
        .api(&owner, Method::DELETE, "/apps/chart", None)
        .await
        .assert_status(204);
    let path = format!("/events?actor={who}");
    let events = north
        .api(&owner, Method::GET, &path, None)
        .await
        .assert_status(200)
        .json();
    let told: Vec<_> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            assert_eq!(event["actor_role"], "tenant:owner");
            assert!(event["request_id"].as_str().unwrap().starts_with("req_"));
            format!(
                "{} {} {}",
                event["event"].as_str().unwrap(),
                event["target"],
                event["detail"]
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "client.deleted \"chart\" null",
            "settings.changed null \"branding\"",
            "settings.changed null \"help_contact\"",
            "client.saved \"chart\" \"created\"",
        ]
    );
}

#[tokio::test]
async fn events_are_searched_by_what_who_and_when() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let count = async |query: &str| {
        let page = north.api(&owner, Method::GET, &format!("/events?{query}"), None).await;
        page.assert_status(200).json()["items"].as_array().unwrap().len()
    };
    assert!(count("event=token.issued").await >= 1);
    assert!(count("event=token").await >= 1);
    assert_eq!(count("event=tok").await, 0);
    assert_eq!(count("event=token_issued").await, 0);
    assert_eq!(count("until=2000-01-01T00:00:00Z").await, 0);
    assert!(count("since=2000-01-01T00:00:00Z").await >= 1);
    assert_eq!(count("actor=machine&event=role.assigned").await, 1);
    let bad = north
        .api(&owner, Method::GET, "/events?since=yesterday", None)
        .await
        .assert_status(400);
    assert_eq!(bad.json()["errors"][0]["parameter"], "since");
}

#[tokio::test]
async fn usage_counts_by_day() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let usage = north
        .api(&owner, Method::GET, "/usage", None)
        .await
        .assert_status(200)
        .json();
    let day = &usage["days"][0];
    assert!(
        day["events"]["token.issued"]["succeeded"].as_i64().unwrap() >= 1,
        "{usage}"
    );
    let too_long = "/usage?since=2025-01-01T00:00:00Z&until=2026-01-01T00:00:00Z";
    north.api(&owner, Method::GET, too_long, None).await.assert_status(422);
}

#[tokio::test]
async fn the_document_lists_exactly_the_routes() {
    let app = TestApp::new().await;
    let mut routes: Vec<(String, String)> = app
        .app
        .route_list()
        .iter()
        .filter(|route| route.path.starts_with("/api/"))
        .map(|route| (route.path.to_owned(), route.method.as_str().to_ascii_lowercase()))
        .collect();
    let document = app
        .router
        .send(Request::get("/api/v1/openapi.json").empty())
        .await
        .assert_status(200)
        .json();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        operations.extend(
            methods
                .as_object()
                .unwrap()
                .keys()
                .map(|method| (path.clone(), method.clone())),
        );
    }
    routes.sort();
    operations.sort();
    assert_eq!(routes, operations);
    assert_eq!(document["openapi"], "3.1.0");
}

#[tokio::test]
async fn another_method_is_refused_as_a_problem() {
    let app = TestApp::new().await;
    let request = Request::delete("/api/v1/tenants").empty();
    let answer = app.router.send(request).await.assert_status(405);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert!(answer.header("allow").is_some());
}

#[tokio::test] // who may change a provider's settings may not read its secret, nor have it sent elsewhere
async fn a_kept_client_secret_goes_nowhere_else() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let settings = |issuer: &str, scopes: &[&str]| {
        json!({
            "kind": "oidc", "display_name": "Hospital account",
            "settings": { "provider": { "issuer": issuer, "client_id": "wardkey", "scopes": scopes } },
        })
    };
    let put = async |body: &Value| {
        north
            .api(&owner, Method::PUT, "/identity-providers/hospital", Some(body))
            .await
    };
    let mut first = settings("https://idp.example.org", &["openid"]);
    first["client_secret"] = "s3cret-s3cret-s3cret".into();
    put(&first).await.assert_status(201);
    put(&settings("https://idp.example.org", &["openid", "email"]))
        .await
        .assert_status(200);
    let refused = put(&settings("https://evil.example.org", &["openid"]))
        .await
        .assert_status(422)
        .json();
    assert_eq!(refused["errors"][0]["pointer"], "/client_secret", "{refused}");
    let mut again = settings("https://idp.example.com", &["openid"]);
    again["client_secret"] = "another-secret-another".into();
    put(&again).await.assert_status(200);
}

#[tokio::test]
async fn what_is_shown_of_local_accounts_can_be_sent_back() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let owner = north.administrator("olga", &[Role::Owner]).await;
    let body = json!({
        "kind": "local", "display_name": "Patients",
        "settings": { "offer": { "email_domains": ["patients.example.org"] } },
    });
    let path = "/identity-providers/patients";
    let made = north
        .api(&owner, Method::PUT, path, Some(&body))
        .await
        .assert_status(201)
        .json();
    let again = json!({ "kind": "local", "display_name": "Our patients", "settings": made["settings"] });
    let changed = north
        .api(&owner, Method::PUT, path, Some(&again))
        .await
        .assert_status(200)
        .json();
    assert_eq!(changed["settings"], made["settings"]);
    assert_eq!(
        changed["settings"]["offer"]["email_domains"],
        json!(["patients.example.org"])
    );
}
