//! The whole way of a new hospital in a real browser: an operator makes the tenant, its owner takes it over, connects the hospital's own
//! identity provider by the wizard and lets an app in, a clinician signs in there, and the owner finds it in the log.

use crate::support::app::{CHALLENGE, TestApp, TestTenant, VERIFIER, claims};
use crate::support::browser::Browser;
use crate::support::console::CHOSEN;
use crate::support::database::Database;
use crate::support::local_account::Authenticator;
use crate::support::loopback::Port;
use crate::support::saml_peers::SimpleSamlPhp;
use serde_json::json;
use std::time::Duration;
use wardkey::control::app_directory::NewDirectoryApp;
use wardkey::control::{Actor, NewOwner, Precondition};

const APP: &str = "growth-curves";
/// A native app waits on whichever port it gets (RFC 8252 section 7.3).
const CALLBACK: &str = "http://127.0.0.1/callback";
const SCOPE: &str = "openid fhirUser user/Observation.rs";

impl Browser {
    async fn set(&self, selector: &str, value: &str) {
        let field = self.wait_for(selector).await;
        field.clear().await.unwrap();
        field.send_keys(value).await.unwrap();
    }

    async fn click(&self, selector: &str) {
        self.wait_for(selector).await.click().await.unwrap();
    }

    /// Chooses a password by a one-time link.
    async fn take_link(&self, link: &str) {
        self.goto(link).await;
        self.set("#password", CHOSEN).await;
        self.click("main button[type=submit].primary").await;
    }

    async fn give_password(&self, username: &str) {
        self.set("input[name=username]", username).await;
        self.set("input[name=password]", CHOSEN).await;
        self.click("main button[type=submit].primary").await;
    }

    /// At SimpleSAMLphp.
    async fn sign_in_there(&self, user: &str) {
        self.set("input[name=username]", user).await;
        self.set("input[name=password]", user).await;
        self.script("document.querySelector('input[name=password]').form.submit()")
            .await;
    }
}

/// What stands in the directory of the platform: an app for everybody.
async fn list_app(app: &TestApp) {
    let registration = json!({
        "client_name": "Growth curves", "application_type": "native", "token_endpoint_auth_method": "none",
        "redirect_uris": [CALLBACK], "scope": SCOPE,
    });
    let new = NewDirectoryApp {
        summary: "Shows how a child grows.".to_owned(),
        registration: registration.as_object().unwrap().clone(),
    };
    app.platform
        .save_directory_app(&Actor::machine(), APP, &new, &Precondition::None)
        .await
        .unwrap();
}

/// The first operator, by the link of the machine's owner, with an authenticator app.
async fn enter_as_operator(app: &TestApp, browser: &Browser) {
    let operator = NewOwner {
        username: "operator".to_owned(),
        name: Some("Opal Operator".to_owned()),
        email: None,
    };
    let made = Box::pin(app.platform.bootstrap_operator(&operator, false))
        .await
        .unwrap();
    browser.take_link(made.link.address.expose()).await;
    browser.goto(&format!("{}/admin", app.base)).await;
    browser.give_password("operator").await;
    let key = browser.text("code.key").await;
    let code = Authenticator::of_key(&key.replace(' ', "")).code(app.now());
    browser.set("input[name=code]", &code).await;
    browser.click("main button[type=submit].primary").await;
    browser.wait_for("main").await;
    browser.goto(&format!("{}/admin", app.base)).await;
    browser.wait_for(".console main h1").await;
}

/// One form, which ends with the owner's link.
async fn make_tenant(app: &TestApp, browser: &Browser) -> String {
    browser.goto(&format!("{}/admin/new-tenant", app.base)).await;
    browser.set("#display_name", "Northside General").await;
    browser.set("#slug", "northside").await;
    browser.set("#email", "it@northside.example").await;
    browser.click("main form.panel button[type=submit]").await;
    let link = browser.wait_for(".secret code").await.text().await.unwrap();
    browser.screenshot("journey-1-tenant-made").await;
    link
}

/// The wizard, from the choice of product to the switch.
async fn connect(tenant: &TestTenant<'_>, owner: &Browser, idp: &SimpleSamlPhp) {
    let at = |place: &str| format!("{}{}", tenant.app.base, tenant.console(place));
    owner.goto(&at("sign-in-methods")).await;
    owner.press("Connect a sign-in service").await;
    owner.choose_option("Product", "Something else").await;
    owner.choose_option("Protocol", "SAML 2.0").await;
    owner.set("#name", "Hospital account").await;
    owner.set("#alias", "hospital").await;
    owner.click("main form button[type=submit]").await;
    // What the identity provider's engineer enters there is what the page shows.
    let shown = owner.text("#there + p, section[aria-labelledby=there]").await;
    let connection = format!("{}/northside/auth/federation/hospital", tenant.app.base);
    assert!(shown.contains(&connection), "{shown}");
    owner.set("#metadata_url", &idp.metadata_url()).await;
    owner.screenshot("journey-2-connection").await;
    owner.click("section[aria-labelledby=bring] button[type=submit]").await;
    owner.wait_for_words("h1", "Hospital account").await;
    let saved = tenant.admin().await.show_saml_provider("hospital").await.unwrap();
    let certificates: Vec<_> = saved
        .certificates
        .iter()
        .map(|certificate| (certificate.purpose, certificate.certificate.clone()))
        .collect();
    idp.know(&saved.entity_id, &saved.acs_url, &saved.slo_url, &certificates, "");
    owner.press("Check now").await;
    owner.wait_for("#findings").await;
    owner.goto(&at("sign-in-methods/hospital/rules")).await;
    owner.set("#rule-name", "claims.attributes.sn[0]").await;
    owner.set("#rule-roles", "claims.attributes.role").await;
    owner
        .set("#rule-fhirUser", "\"Practitioner/\" + claims.attributes.uid[0]")
        .await;
    owner.click("button[name=act][value=save]").await;
    owner.wait_for(".notice.good").await;
    owner.goto(&at("sign-in-methods/hospital/test")).await;
    owner.press("Make a test link").await;
    let test = owner
        .wait_for(".secret a.button")
        .await
        .attr("href")
        .await
        .unwrap()
        .unwrap();
    let test = url::Url::parse(&tenant.app.base).unwrap().join(&test).unwrap();
    owner.goto(test.as_str()).await;
    owner.click("main .button.primary").await;
    owner.sign_in_there("employee").await;
    owner.wait_for_words("main", "Practitioner/employee").await;
    owner.screenshot("journey-3-test").await;
    owner.goto(&at("sign-in-methods/hospital")).await;
    owner.press("Switch on").await;
    owner.wait_for(".title .badge.good").await;
}

/// What the app gets when a clinician signs in.
async fn use_app(tenant: &TestTenant<'_>, clinician: &Browser) -> serde_json::Value {
    let query = tenant
        .authorization_request(SCOPE)
        .with("client_id", APP)
        .with("redirect_uri", &format!("{}/callback", tenant.app.base))
        .with("code_challenge", CHALLENGE);
    clinician.goto(&format!("{}{}", tenant.app.base, query.address())).await;
    // Straight to the hospital's own sign-in: the accounts for the day on which that one is down have no button.
    clinician.sign_in_there("employee").await;
    clinician.wait_for("button[value=allow]").await;
    clinician.screenshot("journey-4-consent").await;
    clinician.press("Allow").await;
    clinician.wait_for("body").await;
    let back = clinician.url().await;
    let code = back.query_pairs().find(|(name, _)| name == "code");
    let (_, code) = code.unwrap_or_else(|| panic!("no code in {back}"));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &format!("{}/callback", tenant.app.base)),
        ("client_id", APP),
        ("code_verifier", VERIFIER),
    ];
    tenant.token(&form).await.assert_status(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_operators_form_to_the_event_in_the_owners_log() {
    let Some(idp) = SimpleSamlPhp::start() else { return };
    let (Some(operator), Some(owner), Some(clinician)) =
        (Browser::open().await, Browser::open().await, Browser::open().await)
    else {
        return;
    };
    let port = Port::take().await;
    let app = TestApp::at(Database::sqlite(), port.base()).await;
    let _served = port.serve(app.router.clone());
    list_app(&app).await;
    enter_as_operator(&app, &operator).await;
    let link = make_tenant(&app, &operator).await;
    let tenant = TestTenant {
        app: &app,
        slug: "northside".to_owned(),
    };
    let at = |place: &str| format!("{}{}", app.base, tenant.console(place));

    owner.take_link(&link).await;
    owner.goto(&at("")).await;
    owner.give_password("it@northside.example").await;
    owner.wait_for(".console main h1").await;
    connect(&tenant, &owner, &idp).await;

    owner.goto(&at(&format!("app-directory/{APP}"))).await;
    owner.screenshot("journey-5-approval").await;
    owner
        .click("main form.panel button.primary, main form button.primary")
        .await;
    owner.wait_for(".notice.good").await;

    let tokens = use_app(&tenant, &clinician).await;
    let claims = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(
        claims["fhirUser"].as_str().unwrap().rsplit_once('/').unwrap().1,
        "employee"
    );
    assert_eq!(claims["roles"], json!(["physician"]));

    app.wait(Duration::from_secs(1));
    owner.goto(&at(&format!("activity?client_id={APP}"))).await;
    owner.wait_for("main table").await;
    owner.screenshot("journey-6-activity").await;
    let log = owner.text("main table").await;
    assert!(log.contains("Tokens were issued") || log.contains(APP), "{log}");
    assert!(!log.contains("employee"), "the log names nobody: {log}");
    // The operator sees that it works, and the tenant that the operator looked.
    operator.goto(&format!("{}/admin/tenants/northside", app.base)).await;
    operator.wait_for_words("h1", "Northside General").await;
    operator.screenshot("journey-7-operator").await;
    owner.goto(&at("activity")).await;
    owner.wait_for_words("main", "operator").await;
}
