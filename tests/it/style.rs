//! The tenant's look for embedded apps (SMART App Launch 2.2, `smart_style_url`).

use crate::support::app::{CEILING, PUBLIC, TestApp, TestTenant};
use crate::support::backend::{Backend, JWT_BEARER};
use crate::support::http::{RequestBuilderExt, RouterExt};
use axum::http::Request;
use serde_json::{Value, json};
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::oauth::jose::SigningAlgorithm;
use wardkey::store::control::Tier;
use wardkey::tenant::TenantDocument;
use wardkey::tenant::document::BrandingDocument;

/// Creates the tenant in this colour, or paints it.
async fn paint<'a>(app: &'a TestApp, colour: &str) -> TestTenant<'a> {
    let document = TenantDocument {
        branding: BrandingDocument {
            primary_colour: colour.to_owned(),
            ..BrandingDocument::default()
        },
        ..TenantDocument::default()
    };
    app.tenant_as(NewTenant {
        slug: "northside".into(),
        display_name: "Northside".into(),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document,
    })
    .await
}

/// The address at this moment, as a path.
async fn address(app: &TestApp, tenant: &TestTenant<'_>) -> String {
    let url = tenant.admin().await.cx().style_url();
    url.strip_prefix(&app.base).unwrap().to_owned()
}

#[tokio::test]
async fn the_style_document_is_public_json_that_never_changes_at_its_address() {
    let app = TestApp::new().await;
    let tenant = paint(&app, "#0b5fa5").await;
    let path = address(&app, &tenant).await;
    let first = tenant.get(&path).await.assert_status(200);
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!(first.header("access-control-allow-origin"), Some("*"));
    assert!(first.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(first.json()["color_highlight"], "#0b5fa5");
}

#[tokio::test]
async fn changed_colours_have_another_address_to_which_the_old_one_leads() {
    let app = TestApp::new().await;
    let tenant = paint(&app, "#0b5fa5").await;
    let before = address(&app, &tenant).await;
    let tenant = paint(&app, "#0f6b4f").await;
    let after = address(&app, &tenant).await;
    assert_ne!(before, after);
    let moved = tenant.get(&before).await.assert_status(303);
    assert!(moved.location().ends_with(&after));
    assert_eq!(moved.header("access-control-allow-origin"), Some("*"));
    assert_eq!(moved.header("cache-control"), Some("no-store"));
    assert_eq!(tenant.get(&after).await.json()["color_highlight"], "#0f6b4f");
}

#[tokio::test]
async fn a_launch_that_names_no_style_gives_the_tenants_and_a_launch_that_does_gives_its_own() {
    let app = TestApp::new().await;
    let tenant = paint(&app, "#0b5fa5").await;
    let app_metadata = json!({
        "token_endpoint_auth_method": "none", "scope": format!("launch {CEILING}"),
        "launch_uris": ["https://app.test/launch"],
    });
    tenant.client(PUBLIC, app_metadata).await;
    let own = "https://ehr.test/styles/v7.json";
    let tenants = tenant.admin().await.cx().style_url();
    for (context, expected) in [
        (json!({ "patient": "pat-7" }), tenants.as_str()),
        (json!({ "patient": "pat-7", "smart_style_url": own }), own),
    ] {
        let handle = launch(&tenant, &context).await;
        let query = tenant
            .authorization_request("launch patient/*.rs")
            .with("launch", &handle);
        let code = tenant.code_for(&query, "ada").await;
        let tokens = tenant.redeem(&code).await.assert_status(200).json();
        assert_eq!(tokens["smart_style_url"], expected);
    }
    // Outside of an EHR nobody else's look is worn.
    let tokens = tenant.tokens("launch/patient patient/*.rs", "pat").await;
    assert!(tokens.get("smart_style_url").is_none());
}

async fn launch(tenant: &TestTenant<'_>, context: &Value) -> String {
    let ehr = Backend::new(SigningAlgorithm::ES384);
    ehr.register(tenant, json!({ "jwks": ehr.jwks(), "scope": "__launch" }))
        .await;
    let assertion = ehr.sign(&Backend::claims(tenant));
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "__launch"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion.as_str()),
    ];
    let token = tenant.token(&form).await.assert_status(200).json();
    let request = Request::post(tenant.path("launch"))
        .bearer(token["access_token"].as_str().unwrap())
        .json(context);
    let launched = tenant.app.router.send(request).await.assert_status(201).json();
    launched["launch"].as_str().unwrap().to_owned()
}
