//! Dangerous acts at the console need a recent sign-in, also of those who came through the hospital's own provider.

use crate::support::app::{CONFIDENTIAL, PUBLIC, TestApp, TestTenant};
use crate::support::html_form::HtmlForm;
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::node_peer::OidcProvider;
use crate::support::saml_idp::Sign;
use crate::support::saml_sign_in;
use crate::upstream_oidc::connect;
use serde_json::json;
use std::time::Duration;
use wardkey::kernel::Timestamp;
use wardkey::tenant::roles::Role;

fn form(page: &Page, ending: &str) -> HtmlForm {
    let mut forms = page.forms();
    forms.retain(|form| form.action.ends_with(ending));
    assert!(!forms.is_empty(), "no form to {ending} at {page}");
    forms.remove(0)
}

/// Types a name at the provider, which believes everybody.
async fn at_provider(browser: &mut HttpBrowser, page: &Page) -> Page {
    let form = page.form().with("login", "okafor").with("password", "any");
    browser.submit(page, &form.with("action", "sign-in")).await
}

/// An administrator at the console who signed in at the hospital's provider.
async fn administrator(app: &TestApp, tenant: &TestTenant<'_>) -> HttpBrowser {
    let mut browser = app.browser();
    let way = format!("{}/sign-in/hospital", tenant.path("admin-entry"));
    browser.goto(&tenant.console("")).await;
    let asked = browser.goto(&way).await;
    // Known now, and without a role yet.
    let refused = at_provider(&mut browser, &asked).await;
    assert_eq!(refused.response.status, 403, "{refused}");
    let admin = tenant.admin().await;
    let (found, _) = admin.search_users(Some("Ada Okafor"), None, 10).await.unwrap();
    let known = found
        .iter()
        .find(|user| user.identity_provider.as_deref() == Some("hospital"));
    let account = known.expect("the account of the provider").id.to_string();
    admin.assign_role(&account, Role::Owner).await.unwrap();
    let home = browser.goto(&tenant.console("")).await;
    assert_eq!(home.url.path(), tenant.console(""), "{home}");
    browser
}

/// Time passes here and at the provider.
async fn wait(app: &TestApp, provider: &OidcProvider, time: Duration) {
    app.wait(time);
    provider.set_clock_offset(i64::try_from(time.as_secs()).unwrap()).await;
}

/// Tries to delete an app with a sign-in that is too old, and goes where the page leads.
async fn step_up(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> Page {
    let page = browser.goto(&tenant.console("apps/growth-chart")).await;
    let delete = form(&page, "/delete").with("confirm", PUBLIC);
    let asked = browser.submit(&page, &delete).await;
    assert_eq!(asked.response.status, 403, "{asked}");
    assert!(asked.response.text().contains("Sign in once more"), "{asked}");
    let entry = format!("{}?to=apps%2Fgrowth-chart&step_up=ask", tenant.path("admin-entry"));
    browser.goto(&entry).await
}

#[tokio::test]
async fn whoever_came_through_the_provider_proves_it_again_there_and_then_acts() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", &provider).await;
    let mut browser = administrator(&app, &tenant).await;
    wait(&app, &provider, Duration::from_mins(16)).await;
    // The provider has a session still; `prompt=login` makes it ask all the same.
    let asked = step_up(&tenant, &mut browser).await;
    assert!(asked.url.as_str().starts_with(provider.issuer()), "{asked}");
    let back = at_provider(&mut browser, &asked).await;
    assert_eq!(back.url.path(), tenant.console("apps/growth-chart"), "{back}");
    let delete = form(&back, "/delete").with("confirm", PUBLIC);
    let done = browser.submit(&back, &delete).await;
    assert_eq!(done.url.path(), tenant.console("apps"), "{done}");
    assert!(tenant.admin().await.get_client(PUBLIC).await.is_err());
}

#[tokio::test]
async fn a_provider_that_reports_an_old_sign_in_opens_nothing() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", &provider).await;
    let mut browser = administrator(&app, &tenant).await;
    wait(&app, &provider, Duration::from_mins(16)).await;
    let old = app.now().seconds() - 3600;
    provider
        .tamper_with_id_tokens(&json!({ "claims": { "auth_time": old }, "key": "own" }))
        .await;
    let asked = step_up(&tenant, &mut browser).await;
    let refused = at_provider(&mut browser, &asked).await;
    assert!(
        refused.response.status.is_client_error() || refused.response.status.is_server_error(),
        "{refused}"
    );
    let page = browser.goto(&tenant.console("apps/growth-chart")).await;
    let delete = form(&page, "/delete").with("confirm", PUBLIC);
    let asked = browser.submit(&page, &delete).await;
    assert!(asked.response.text().contains("Sign in once more"), "{asked}");
    assert!(tenant.admin().await.get_client(PUBLIC).await.is_ok());
}

/// An administrator at the console who signed in at the hospital's SAML provider.
async fn administrator_by_saml(tenant: &TestTenant<'_>) -> HttpBrowser {
    let mut browser = tenant.app.browser();
    browser.goto(&tenant.console("")).await;
    let way = format!("{}/sign-in/hospital", tenant.path("admin-entry"));
    let asked = saml_sign_in::asked(&browser.goto(&way).await.url);
    let xml = saml_sign_in::draft(tenant, "okafor", Some(&asked.request)).write(Sign::Both);
    let refused = saml_sign_in::answer(tenant, &mut browser, &xml, &asked).await;
    assert_eq!(
        refused.response.status, 403,
        "known now, and without a role yet: {refused}"
    );
    let admin = tenant.admin().await;
    let (found, _) = admin.search_users(Some("okafor"), None, 10).await.unwrap();
    let known = found
        .iter()
        .find(|user| user.identity_provider.as_deref() == Some("hospital"));
    let account = known.expect("the account of the provider").id.to_string();
    admin.assign_role(&account, Role::Owner).await.unwrap();
    let home = browser.goto(&tenant.console("")).await;
    assert_eq!(home.url.path(), tenant.console(""), "{home}");
    browser
}

/// What the console asks of the SAML provider before a dangerous act.
async fn step_up_by_saml(tenant: &TestTenant<'_>, browser: &mut HttpBrowser) -> saml_sign_in::Asked {
    let page = step_up(tenant, browser).await;
    let asked = saml_sign_in::asked(&page.url);
    assert!(asked.xml.contains("ForceAuthn=\"true\""), "{}", asked.xml);
    asked
}

#[tokio::test]
async fn whoever_came_through_a_saml_provider_proves_it_again_there_and_then_acts() {
    let app = TestApp::new().await;
    let tenant = saml_sign_in::connect(&app, "northside", |_| {}).await;
    let mut browser = administrator_by_saml(&tenant).await;
    app.wait(Duration::from_mins(16));
    let asked = step_up_by_saml(&tenant, &mut browser).await;
    let xml = saml_sign_in::draft(&tenant, "okafor", Some(&asked.request)).write(Sign::Both);
    let back = saml_sign_in::answer(&tenant, &mut browser, &xml, &asked).await;
    assert_eq!(back.url.path(), tenant.console("apps/growth-chart"), "{back}");
    let delete = form(&back, "/delete").with("confirm", PUBLIC);
    let done = browser.submit(&back, &delete).await;
    assert_eq!(done.url.path(), tenant.console("apps"), "{done}");
    assert!(tenant.admin().await.get_client(PUBLIC).await.is_err());
}

#[tokio::test]
async fn a_saml_provider_that_ignores_the_wish_for_a_new_sign_in_opens_nothing() {
    let app = TestApp::new().await;
    let tenant = saml_sign_in::connect(&app, "northside", |_| {}).await;
    let mut browser = administrator_by_saml(&tenant).await;
    app.wait(Duration::from_mins(16));
    let asked = step_up_by_saml(&tenant, &mut browser).await;
    let moment = |seconds: i64| Timestamp::from_seconds(app.now().seconds() + seconds).to_rfc3339();
    let mut old = saml_sign_in::draft(&tenant, "okafor", Some(&asked.request));
    old.authn = old.authn.replace(&moment(-5), &moment(-900));
    saml_sign_in::assert_refused(&saml_sign_in::answer(&tenant, &mut browser, &old.write(Sign::Both), &asked).await);
    let page = browser.goto(&tenant.console("apps/growth-chart")).await;
    let delete = form(&page, "/delete").with("confirm", PUBLIC);
    let asked = browser.submit(&page, &delete).await;
    assert!(asked.response.text().contains("Sign in once more"), "{asked}");
    assert!(tenant.admin().await.get_client(PUBLIC).await.is_ok());
}

#[tokio::test]
async fn every_dangerous_act_asks_and_none_is_done_before() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let before = tenant.admin().await.get_client(CONFIDENTIAL).await.unwrap();
    let keys = tenant.get(&tenant.path("jwks")).await.json();
    app.wait(Duration::from_mins(16));
    let change = tenant.admin().await.list_changes(None, None, 50).await.unwrap();
    let added = change
        .iter()
        .find(|change| change.resource.name == CONFIDENTIAL && change.action == "created");
    let undo = format!("changes/{}", added.expect("it was registered").id);
    let confidential = format!("apps/{CONFIDENTIAL}");
    for (place, ending, field, value) in [
        (confidential.as_str(), "/delete", "confirm", CONFIDENTIAL),
        (confidential.as_str(), "/secret", "overlap", "0"),
        ("keys", "/rotate", "rotation", "planned"),
        ("keys", "/rotate", "rotation", "emergency"),
        (undo.as_str(), "/undo", "reason", "none"),
    ] {
        let page = browser.goto(&tenant.console(place)).await;
        let act = form(&page, ending).with(field, value);
        let asked = browser.submit(&page, &act).await;
        assert_eq!(asked.response.status, 403, "{place} {ending}: {asked}");
        assert!(
            asked.response.text().contains("step_up=ask"),
            "{place} {ending}: {asked}"
        );
    }
    assert_eq!(tenant.admin().await.get_client(CONFIDENTIAL).await.unwrap(), before);
    assert_eq!(tenant.get(&tenant.path("jwks")).await.json(), keys);
}
