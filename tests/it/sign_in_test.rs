//! Testing a provider: the whole sign-in at a real one, by which nobody is signed in.

use crate::support::app::{STAFF, TestApp, TestTenant};
use crate::support::database::on_each_database;
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::node_peer::OidcProvider;
use futures::future::join_all;
use serde_json::json;
use wardkey::control::setup_links::{SetupLinkRequest, USUAL_LIFETIME};
use wardkey::control::sign_in_methods::Proof;
use wardkey::control::sign_in_tests::MadeSignInTest;
use wardkey::control::{Change, TenantAdmin};
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::{Offer, OidcDocument};
use wardkey::kernel::{Secret, Sha256Hash};

const SECRET: &str = "upstream-secret-of-the-tests-0123456789";

/// A tenant with a provider that is set up and switched off.
async fn connect<'a>(app: &'a TestApp, provider: &OidcProvider, mapping: MappingRules) -> TestTenant<'a> {
    let tenant = app.tenant("northside").await;
    let admin = tenant.admin().await;
    provider
        .set_client(&json!({
            "client_id": "wardkey", "client_secret": SECRET,
            "redirect_uris": [admin.cx().urls().federation_callback("hospital")],
        }))
        .await;
    provider
        .add_account("okafor", json!({ "name": "Ada Okafor", "practitioner": "ada" }))
        .await;
    save(&admin, provider, mapping).await;
    tenant
}

async fn save(admin: &TenantAdmin, provider: &OidcProvider, mapping: MappingRules) {
    let document = OidcDocument {
        provisioning: wardkey::federation::Provisioning::default(),
        provider: json!({
            "issuer": provider.issuer(), "client_id": "wardkey", "authentication": "client_secret_basic",
            "scopes": ["openid", "profile"], "fetch_user_info": true,
        })
        .as_object()
        .cloned()
        .unwrap(),
        mapping,
        offer: Offer {
            off: true,
            ..Offer::default()
        },
    };
    Box::pin(admin.save_oidc_provider(
        "hospital",
        "Hospital account",
        &document,
        Some(Secret::new(SECRET.into())),
    ))
    .await
    .unwrap();
}

fn rules() -> MappingRules {
    MappingRules {
        name: Some("claims.name".into()),
        fhir_user: Some("\"Practitioner/\" + claims.practitioner".into()),
        ..MappingRules::default()
    }
}

/// Opens the link, begins, and signs in at the provider.
async fn take(browser: &mut HttpBrowser, test: &MadeSignInTest) -> Page {
    let offered = browser.goto(test.address.expose()).await;
    assert!(offered.response.text().contains("Begin the test"), "{offered}");
    let page = browser.goto(&format!("{}/start", test.address.expose())).await;
    let form = page
        .form()
        .with("login", "okafor")
        .with("password", "any")
        .with("action", "sign-in");
    browser.submit(&page, &form).await
}

async fn accounts_at(tenant: &TestTenant<'_>) -> usize {
    let (users, _) = tenant.admin().await.search_users(None, None, 100).await.unwrap();
    users
        .iter()
        .filter(|user| user.identity_provider.as_deref() == Some("hospital"))
        .count()
}

#[tokio::test]
async fn a_test_of_a_provider_that_is_off_shows_the_trace_and_signs_nobody_in() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let tenant = connect(&app, &provider, rules()).await;
    let admin = tenant.admin().await;
    let test = admin.create_sign_in_test("hospital").await.unwrap();
    let mut browser = app.browser();
    let result = take(&mut browser, &test).await;
    let text = result.response.text();
    for shown in ["This sign-in works", "Practitioner/ada", "Ada Okafor", "matched"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert_eq!(accounts_at(&tenant).await, 0, "no account is made");
    let own = browser.goto(&tenant.path("apps")).await;
    assert!(
        !own.response.text().contains("Ada Okafor"),
        "nobody is signed in: {own}"
    );
    let seen = admin
        .get_sign_in_test("hospital", &test.id.to_string(), false)
        .await
        .unwrap();
    assert_eq!(
        (seen.state, seen.outcome.as_deref(), seen.current),
        ("finished", Some("completed"), true)
    );
    let masked = seen.trace.unwrap().to_string();
    assert!(!masked.contains("Okafor") && masked.contains("fhirUser"), "{masked}");
    let revealed = admin
        .get_sign_in_test("hospital", &test.id.to_string(), true)
        .await
        .unwrap();
    assert!(revealed.trace.unwrap().to_string().contains("Ada Okafor"));
}

#[tokio::test]
async fn a_test_is_taken_by_one_browser_once_and_another_learns_nothing() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let tenant = connect(&app, &provider, rules()).await;
    let test = tenant.admin().await.create_sign_in_test("hospital").await.unwrap();
    let mut browser = app.browser();
    take(&mut browser, &test).await;
    for address in [
        test.address.expose().clone(),
        format!("{}/start", test.address.expose()),
    ] {
        let stranger = app.browser().goto(&address).await;
        assert_eq!(stranger.response.status, 404, "{stranger}");
        assert!(!stranger.response.text().contains("Okafor"));
    }
    let again = browser.goto(&format!("{}/start", test.address.expose())).await;
    assert!(
        again.response.text().contains("This sign-in works"),
        "only shown again: {again}"
    );
}

#[tokio::test]
async fn a_rule_that_fails_is_named_with_its_reason() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let mut mapping = rules();
    mapping.fhir_user = Some("\"Practitioner/\" + claims.employee_id".into());
    mapping
        .required
        .insert(wardkey::federation::mapping::RuleName::FhirUser);
    let tenant = connect(&app, &provider, mapping).await;
    let admin = tenant.admin().await;
    let test = admin.create_sign_in_test("hospital").await.unwrap();
    let result = take(&mut app.browser(), &test).await;
    let text = result.response.text();
    assert!(
        text.contains("This sign-in was refused") && text.contains("mapping"),
        "{text}"
    );
    let refused = admin.switch_sign_in_method("hospital", true, Proof::Test).await;
    assert!(refused.is_err(), "a test that failed proves nothing");
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_ends_the_test_with_the_check() {
    let app = TestApp::new().await;
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let tenant = connect(&app, &provider, rules()).await;
    let admin = tenant.admin().await;
    let mut document: OidcDocument =
        serde_json::from_value(admin.get_identity_provider("hospital").await.unwrap().settings).unwrap();
    document.provider.insert("issuer".into(), json!("http://127.0.0.1:9"));
    Box::pin(admin.save_oidc_provider(
        "hospital",
        "Hospital account",
        &document,
        Some(Secret::new(SECRET.into())),
    ))
    .await
    .unwrap();
    let test = admin.create_sign_in_test("hospital").await.unwrap();
    let result = app.browser().goto(&format!("{}/start", test.address.expose())).await;
    assert!(result.response.text().contains("This sign-in was refused"), "{result}");
    let seen = admin
        .get_sign_in_test("hospital", &test.id.to_string(), false)
        .await
        .unwrap();
    assert_eq!(seen.state, "finished");
    assert_ne!(seen.outcome.as_deref(), Some("completed"));
}

#[tokio::test]
async fn what_was_tested_can_be_switched_on_and_what_was_changed_since_cannot() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let tenant = connect(&app, &provider, rules()).await;
    let admin = tenant.admin().await;
    let test = admin.create_sign_in_test("hospital").await.unwrap();
    take(&mut app.browser(), &test).await;
    let mut changed = rules();
    changed.name = None;
    save(&admin, &provider, changed).await;
    assert!(
        admin
            .switch_sign_in_method("hospital", true, Proof::Test)
            .await
            .is_err()
    );
    save(&admin, &provider, rules()).await;
    let made = admin
        .create_setup_link(&SetupLinkRequest {
            alias: "hospital",
            label: "Network team",
            product: None,
            lifetime: USUAL_LIFETIME,
        })
        .await
        .unwrap();
    let token = made.address.expose().rsplit('/').next().unwrap().to_owned();
    let cx = admin.cx().clone();
    let visit = TenantAdmin::by_setup_link(cx.clone(), &app.platform, &token)
        .await
        .unwrap()
        .unwrap();
    let change = visit
        .admin
        .switch_sign_in_method("hospital", true, Proof::Test)
        .await
        .unwrap();
    assert_eq!(change, Change::Updated);
    let over = TenantAdmin::by_setup_link(cx, &app.platform, &token).await.unwrap();
    assert!(over.is_none(), "the link is used up");
    let chooser = app
        .browser()
        .goto(&tenant.authorization_request("openid").address())
        .await;
    assert!(chooser.response.text().contains("Hospital account"), "{chooser}");
}

#[tokio::test]
async fn what_is_switched_off_is_offered_to_nobody_and_takes_no_sign_in() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let tenant = connect(&app, &provider, rules()).await;
    let mut browser = app.browser();
    let only = browser.goto(&tenant.authorization_request("openid").address()).await;
    assert!(!only.response.text().contains("Hospital account"), "{only}");
    let step = format!("{}/sign-in/hospital", only.url.path());
    let back = browser.goto(&step).await;
    assert!(
        back.url.as_str().starts_with(&app.base),
        "not sent to the provider: {back}"
    );
    assert!(
        back.response.text().contains("password"),
        "{STAFF} is the only way: {back}"
    );
    // Switched off while somebody is at the provider: the answer is not taken.
    let admin = tenant.admin().await;
    admin
        .switch_sign_in_method("hospital", true, Proof::Waived)
        .await
        .unwrap();
    let chooser = browser.goto(&tenant.authorization_request("openid").address()).await;
    let page = browser.goto(&format!("{}/sign-in/hospital", chooser.url.path())).await;
    admin
        .switch_sign_in_method("hospital", false, Proof::Waived)
        .await
        .unwrap();
    let form = page
        .form()
        .with("login", "okafor")
        .with("password", "any")
        .with("action", "sign-in");
    let refused = browser.submit(&page, &form).await;
    assert_eq!(refused.response.status, 400, "{refused}");
    assert_eq!(accounts_at(&tenant).await, 0);
}

on_each_database! {
    async fn of_many_browsers_at_once_one_takes_a_test(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let admin = tenant.admin().await;
        let document: OidcDocument =
            serde_json::from_value(json!({ "provider": { "issuer": "https://login.hospital.example", "client_id": "wardkey" } })).unwrap();
        Box::pin(admin.save_oidc_provider("hospital", "Hospital account", &document, Some(Secret::new(SECRET.into()))))
            .await
            .unwrap();
        let test = admin.create_sign_in_test("hospital").await.unwrap();
        let token = Sha256Hash::of(test.address.expose().rsplit('/').next().unwrap().as_bytes());
        let take = async |number: u8| {
            let mut rows = admin.cx().begin().await.unwrap();
            let taken = rows
                .take_sign_in_test(token, Sha256Hash::of(&[number]), admin.cx().now())
                .await
                .unwrap();
            rows.commit().await.unwrap();
            taken
        };
        let taken = join_all((0..16).map(take)).await;
        assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 1);
    }
}
