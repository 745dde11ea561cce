//! Refusals are explained: by a short code wherever they travel, by a page about the code, and to an operator by the request's
//! id.

use crate::support::app::{CONFIDENTIAL, PUBLIC, REDIRECT_URI, TestApp, TestTenant};
use crate::support::database::on_each_database;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::ControlError;
use wardkey::kernel::id::RequestId;
use wardkey::store::control::TenantStatus;
use wardkey::web::{Language, short_codes};

fn request_id(response: &Response) -> RequestId {
    response.header("x-request-id").unwrap().parse().unwrap()
}

async fn explain(tenant: &TestTenant<'_>, response: &Response) -> Result<Value, ControlError> {
    tenant.app.platform.directory().refusals().written().await;
    let explained = tenant.admin().await.explain_refusal(request_id(response)).await?;
    Ok(json!(explained))
}

async fn wrong_secret(tenant: &TestTenant<'_>) -> Response {
    let form = [("grant_type", "client_credentials"), ("scope", "system/*.rs")];
    tenant.token_with_basic(CONFIDENTIAL, "wrong", &form).await
}

#[tokio::test]
async fn a_json_error_carries_its_short_code_and_the_address_of_its_page() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let form = [("grant_type", "authorization_code"), ("client_id", PUBLIC)];
    let answer = tenant.token(&form).await.assert_error(400, "invalid_request").json();
    assert_eq!(
        answer,
        json!({
            "error": "invalid_request", "error_description": "Parameter code is missing. (parameter_missing)",
            "error_uri": format!("{}/errors/parameter_missing", app.base),
        })
    );
}

#[tokio::test]
async fn an_error_by_redirect_carries_its_short_code_and_the_address_of_its_page() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let request = tenant.authorization_request("openid launch/patient").without("state");
    let answer = tenant.get(&request.address()).await.assert_status(303);
    assert!(answer.location().starts_with(REDIRECT_URI));
    assert!(
        answer
            .location_parameter("error_description")
            .unwrap()
            .ends_with(" (state_missing)")
    );
    assert_eq!(
        answer.location_parameter("error_uri").unwrap(),
        format!("{}/errors/state_missing", app.base)
    );
}

#[tokio::test]
async fn an_error_by_form_post_carries_the_address_of_its_page() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let request = tenant
        .authorization_request("openid launch/patient")
        .without("state")
        .with("response_mode", "form_post");
    let answer = tenant.get(&request.address()).await.assert_status(200);
    let uri = format!("name=\"error_uri\" value=\"{}/errors/state_missing\"", app.base);
    assert!(answer.text().contains(&uri), "{answer}");
}

#[tokio::test]
async fn an_error_page_links_to_the_page_of_its_code() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let request = tenant
        .authorization_request("openid")
        .with("redirect_uri", "https://evil.example/");
    let page = tenant.get(&request.address()).await.assert_status(400);
    let link = format!("href=\"{}/errors/redirect_uri_unregistered\"", app.base);
    assert!(page.text().contains(&link), "{page}");
    assert!(page.text().contains("(redirect_uri_unregistered)"));
}

#[tokio::test]
async fn a_challenge_names_the_short_code() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let refused = tenant.userinfo("not-a-token").await.assert_status(401);
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(challenge.contains("unknown. (token_invalid)\""), "{challenge}");
}

#[tokio::test]
async fn every_code_has_a_page_in_english_and_spanish() {
    let app = TestApp::new().await;
    for short in short_codes::all() {
        for language in Language::ALL {
            let address = format!("/errors/{}?ui_locales={}", short.code, language.tag());
            let page = app.router.send(Request::get(&address).empty()).await.assert_status(200);
            assert_eq!(page.header("content-language"), Some(language.tag()));
            let text = page
                .text()
                .replace("&#39;", "'")
                .replace("&#60;", "<")
                .replace("&#38;", "&");
            assert!(
                text.contains(short.cause(language)) && text.contains(short.mend(language)),
                "{address}"
            );
        }
    }
}

#[tokio::test]
async fn an_unknown_code_has_no_page_and_is_not_repeated() {
    let app = TestApp::new().await;
    let page = app.router.send(Request::get("/errors/pkce_nonsense").empty()).await;
    assert!(!page.assert_status(404).text().contains("nonsense"));
}

#[tokio::test]
async fn the_list_links_to_every_code() {
    let app = TestApp::new().await;
    let page = app
        .router
        .send(Request::get("/errors").empty())
        .await
        .assert_status(200);
    for short in short_codes::all() {
        assert!(
            page.text().contains(&format!("href=\"/errors/{}\"", short.code)),
            "{}",
            short.code
        );
    }
}

#[tokio::test]
async fn a_request_id_leads_to_the_check_that_failed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let refused = wrong_secret(&tenant).await.assert_error(401, "invalid_client");
    let told = explain(&tenant, &refused).await.unwrap();
    // What the caller must not learn, the operator does.
    assert_eq!(told["failed_check"], "client_secret_wrong");
    assert_eq!(told["shown"], "client_authentication");
    assert_eq!(told["error"], "invalid_client");
    assert_eq!(told["client_id"], CONFIDENTIAL);
    assert_eq!(told["client_name"], format!("App {CONFIDENTIAL}"));
    assert_eq!(told["route"], "/{tenant}/auth/token");
    assert_eq!(told["status"], 401);
    assert_eq!(
        told["cause"],
        short_codes::find("client_secret_wrong")
            .unwrap()
            .cause(Language::English)
    );
}

#[tokio::test]
async fn redirected_and_shown_refusals_are_kept_too() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let request = tenant.authorization_request("openid launch/patient");
    let redirected = tenant.get(&request.clone().without("state").address()).await;
    assert_eq!(
        explain(&tenant, &redirected).await.unwrap()["failed_check"],
        "state_missing"
    );
    let shown = tenant
        .get(&request.with("redirect_uri", "https://evil.example/").address())
        .await;
    let told = explain(&tenant, &shown).await.unwrap();
    assert_eq!(
        (&told["failed_check"], &told["client_id"]),
        (&json!("redirect_uri_unregistered"), &json!(PUBLIC))
    );
    let gone = tenant.get(&tenant.path("interact/unknown")).await;
    let told = explain(&tenant, &gone).await.unwrap();
    assert_eq!(
        (&told["failed_check"], &told["error"]),
        (&json!("sign-in-expired"), &Value::Null)
    );
    let token = tenant.userinfo("not-a-token").await;
    assert_eq!(explain(&tenant, &token).await.unwrap()["failed_check"], "jwt_malformed");
}

#[tokio::test]
async fn an_explanation_holds_nothing_that_the_request_said() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "wkr_Maria-Lopez"),
        ("client_id", "maria.lopez@example.org"),
        ("scope", "patient/Maria"),
    ];
    let refused = tenant.token(&form).await.assert_error(401, "invalid_client");
    let told = explain(&tenant, &refused).await.unwrap().to_string();
    assert!(!told.to_lowercase().contains("maria"), "{told}");
    assert!(told.contains("client_id_malformed"), "{told}");
}

#[tokio::test]
async fn another_tenants_refusal_is_unknown() {
    let app = TestApp::new().await;
    let (north, south) = (app.tenant("northside").await, app.tenant("southside").await);
    let refused = wrong_secret(&north).await;
    assert!(explain(&north, &refused).await.is_ok());
    assert!(matches!(
        explain(&south, &refused).await,
        Err(ControlError::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_success_leaves_no_refusal() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let discovered = tenant.get(&tenant.path(".well-known/openid-configuration")).await;
    assert!(matches!(
        explain(&tenant, &discovered.assert_status(200)).await,
        Err(ControlError::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_refusal_is_kept_for_a_week_and_then_swept() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let refused = wrong_secret(&tenant).await;
    explain(&tenant, &refused).await.unwrap();
    app.wait(Duration::from_hours(7 * 24) + Duration::from_secs(1));
    assert!(explain(&tenant, &refused).await.is_err());
    assert_eq!(kept(&tenant).await, 1);
    app.wait(Duration::from_hours(2));
    assert!(tenant.get(&tenant.path("jwks")).await.status.is_success());
    app.platform.directory().remove_expired_rows().await;
    assert_eq!(kept(&tenant).await, 0);
}

async fn kept(tenant: &TestTenant<'_>) -> i64 {
    let admin = tenant.admin().await;
    admin.cx().read().await.unwrap().count_refusals().await.unwrap()
}

async fn explain_other(tenant: &TestTenant<'_>) -> Response {
    let form = [("grant_type", "authorization_code"), ("client_id", PUBLIC)];
    tenant.token(&form).await.assert_error(400, "invalid_request")
}

on_each_database! {
    async fn a_flood_of_one_refusal_fills_its_slots_and_no_more(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let other = explain_other(&tenant).await;
        for _ in 0..40 {
            for _ in 0..20 {
                wrong_secret(&tenant).await;
            }
            app.platform.directory().refusals().written().await;
        }
        let kept = kept(&tenant).await;
        assert!((40..=65).contains(&kept), "{kept} refusals are kept of 801");
        // A flood of one kind does not displace another.
        assert_eq!(
            explain(&tenant, &other).await.unwrap()["failed_check"],
            "parameter_missing"
        );
    }
}

#[tokio::test]
async fn unknown_client_and_wrong_secret_are_answered_alike() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let ask = async |id: &str| {
        let request = Request::post(tenant.path("token")).basic(id, "wrong");
        let form: &[(&str, &str)] = &[("grant_type", "client_credentials")];
        app.router
            .send(request.form(form))
            .await
            .assert_error(401, "invalid_client")
            .body
    };
    assert_eq!(ask(CONFIDENTIAL).await, ask("nobody-here").await);
}

#[tokio::test]
async fn a_refusal_before_the_tenant_is_known_is_explained_by_its_page_alone() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let suspended = app
        .platform
        .set_tenant_status("northside", TenantStatus::Suspended)
        .await;
    suspended.unwrap();
    let request = Request::post("/northside/auth/token").body(Body::empty()).unwrap();
    let refused = app.router.send(request).await.assert_status(503).json();
    assert_eq!(refused["error_uri"], format!("{}/errors/tenant_suspended", app.base));
}
