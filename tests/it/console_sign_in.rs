//! Setting up a way to sign in at the console, and with a setup link: the whole way at a real provider.

use crate::support::app::{STAFF, TestApp, TestTenant};
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::loopback::Port;
use crate::support::node_peer::OidcProvider;
use serde_json::json;
use wardkey::control::setup_links::{SetupLinkRequest, USUAL_LIFETIME};
use wardkey::federation::products::Product;
use wardkey::tenant::roles::Role;

const SECRET: &str = "upstream-secret-of-the-tests-0123456789";

async fn register(provider: &OidcProvider, tenant: &TestTenant<'_>) {
    let admin = tenant.admin().await;
    provider
        .set_client(&json!({
            "client_id": "wardkey", "client_secret": SECRET,
            "redirect_uris": [admin.cx().urls().federation_callback("hospital")],
        }))
        .await;
    provider.add_account("okafor", json!({ "name": "Ada Okafor" })).await;
}

/// The form of a page whose action ends so.
fn form_to(page: &Page, end: &str) -> crate::support::html_form::HtmlForm {
    let forms = page.forms();
    let found = forms
        .into_iter()
        .find(|form| form.action.ends_with(end) && form.find("csrf").is_some());
    found.unwrap_or_else(|| panic!("no form to {end}: {page}"))
}

async fn fill_connection(browser: &mut HttpBrowser, page: &Page, issuer: &str) -> Page {
    let form = form_to(page, "/new")
        .with("issuer", issuer)
        .with("client_id", "wardkey")
        .with("proof", "client_secret_basic")
        .with("client_secret", SECRET);
    browser.submit(page, &form).await
}

/// From the overview: rules, a test by somebody's account, switching on.
async fn finish(browser: &mut HttpBrowser, overview: &str, test_browser: &mut HttpBrowser) -> Page {
    let rules = browser.goto(&format!("{overview}/rules")).await;
    let form = form_to(&rules, "/rules")
        .with("name", "claims.name")
        .with("sample", "{\"sub\":\"u1\",\"name\":\"Ada Okafor\"}")
        .with("act", "try");
    let tried = browser.submit(&rules, &form).await;
    let text = tried.response.text();
    assert!(
        text.contains("This sign-in works") && text.contains("Ada Okafor"),
        "{text}"
    );
    let saved = browser
        .submit(
            &tried,
            &form_to(&tried, "/rules")
                .with("name", "claims.name")
                .with("act", "save"),
        )
        .await;
    assert!(saved.response.text().contains("Saved."), "{saved}");
    let untested = browser.goto(overview).await;
    assert!(
        !untested.response.text().contains("value=\"yes\""),
        "nothing to switch on before a test: {untested}"
    );
    let tests = browser.goto(&format!("{overview}/test")).await;
    let made = browser.submit(&tests, &form_to(&tests, "/test")).await;
    let text = made.response.text();
    let address = text
        .split("data-copy=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let page = test_browser.goto(&format!("{address}/start")).await;
    let form = page
        .form()
        .with("login", "okafor")
        .with("password", "any")
        .with("action", "sign-in");
    let result = test_browser.submit(&page, &form).await;
    assert!(result.response.text().contains("Ada Okafor"), "{result}");
    let tests = browser.goto(&format!("{overview}/test")).await;
    let text = tests.response.text();
    assert!(
        text.contains("works") && !text.contains("Ada Okafor"),
        "masked for whoever made the link: {text}"
    );
    let ready = browser.goto(overview).await;
    browser
        .submit(&ready, &form_to(&ready, "/switch").with("on", "yes"))
        .await
}

#[tokio::test]
async fn an_identity_admin_connects_a_provider_step_by_step_and_people_sign_in_there() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    register(&provider, &tenant).await;
    let mut browser = tenant.console_of(&[Role::IdentityAdmin]).await;
    let list = browser.goto(&tenant.console("sign-in-methods")).await;
    assert!(list.response.text().contains(STAFF), "{list}");
    let new = tenant.console("sign-in-methods/new");
    let chosen = format!("{new}?product=keycloak&protocol=oidc&name=Hospital+account&alias=hospital");
    let page = browser.goto(&chosen).await;
    let text = page.response.text();
    let admin = tenant.admin().await;
    for shown in [
        "Valid redirect URIs",
        &admin.cx().urls().federation_callback("hospital"),
        "Client Secret",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let overview = fill_connection(&mut browser, &page, provider.issuer()).await;
    let path = overview.url.path().to_owned();
    assert_eq!(path, tenant.console("sign-in-methods/hospital"), "{overview}");
    let checked = browser.submit(&overview, &form_to(&overview, "/check")).await;
    assert!(checked.response.text().contains("What the check found"), "{checked}");
    let mut person = app.browser();
    let done = finish(&mut browser, &path, &mut person).await;
    assert!(done.response.text().contains("People can sign in here now"), "{done}");
    let chooser = app
        .browser()
        .goto(&tenant.authorization_request("openid").address())
        .await;
    assert!(chooser.response.text().contains("Hospital account"), "{chooser}");
    let certificates = browser.goto(&tenant.console("certificates")).await;
    assert_eq!(certificates.response.status, 200, "{certificates}");
}

#[tokio::test]
async fn what_was_typed_stays_when_it_is_wrong_and_the_secret_is_never_shown() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let new = tenant.console("sign-in-methods/new");
    let chosen = format!("{new}?product=other&protocol=oidc&name=Hospital+account&alias=hospital");
    let page = browser.goto(&chosen).await;
    let refused = fill_connection(&mut browser, &page, "not an issuer").await;
    let text = refused.response.text();
    assert_eq!(refused.response.status, 400, "{text}");
    assert!(
        text.contains("not an issuer") && text.contains("value=\"wardkey\""),
        "{text}"
    );
    assert!(!text.contains(SECRET), "{text}");
    let saved = fill_connection(&mut browser, &refused, "https://login.hospital.example").await;
    assert!(saved.response.text().contains("Saved."), "{saved}");
    let again = browser.goto(&tenant.console("sign-in-methods/hospital/connect")).await;
    let text = again.response.text();
    assert!(text.contains("One is stored") && !text.contains(SECRET), "{text}");
    let taken = browser.goto(&chosen).await;
    assert_eq!(taken.response.status, 400, "an alias is taken once: {taken}");
}

#[tokio::test]
async fn saml_metadata_can_be_pasted() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let new = tenant.console("sign-in-methods/new");
    let chosen = format!("{new}?product=adfs&protocol=saml&name=Hospital+account&alias=hospital");
    let page = browser.goto(&chosen).await;
    assert!(page.response.text().contains("Import data published online"), "{page}");
    let form = form_to(&page, "/new");
    let nothing = browser.submit(&page, &form).await;
    assert_eq!(nothing.response.status, 400, "{nothing}");
    let broken = browser.submit(&page, &form.clone().with("metadata", "<no/>")).await;
    assert!(
        broken.response.text().contains("&#60;no/&#62;"),
        "what was pasted stays: {broken}"
    );
    let idp = &crate::support::saml_idp::IDP;
    let metadata = idp.metadata("https://idp.test/sso", None, &[idp.key.certificate()]);
    let saved = browser.submit(&page, &form.with("metadata", &metadata)).await;
    assert!(saved.response.text().contains("Saved."), "{saved}");
    let certificates = browser.goto(&tenant.console("certificates")).await;
    assert!(certificates.response.text().contains("signing"), "{certificates}");
}

#[tokio::test]
async fn who_may_only_look_finds_no_form_and_cannot_post_one() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Auditor]).await;
    let list = browser.goto(&tenant.console("sign-in-methods")).await;
    assert_eq!(list.response.status, 200, "{list}");
    assert!(!list.response.text().contains("/new"), "{list}");
    let one = browser.goto(&tenant.console(&format!("sign-in-methods/{STAFF}"))).await;
    assert!(!one.response.text().contains("/switch"), "{one}");
    let rules = browser.goto(&tenant.console("sign-in-methods/unknown")).await;
    assert_eq!(rules.response.status, 404, "{rules}");
    let mut help = tenant.console_of(&[Role::AppAdmin]).await;
    let looks = help.goto(&tenant.console("sign-in-methods")).await;
    assert!(!looks.response.text().contains("/new"), "{looks}");
}

#[tokio::test]
async fn a_forged_form_changes_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let list = browser.goto(&tenant.console("sign-in-methods")).await;
    let form = form_to(&list, "/setup-links")
        .with("label", "Network team")
        .with("alias", "hospital");
    let forged = browser.submit(&list, &form.clone().with("csrf", "forged")).await;
    assert!(!forged.response.status.is_success(), "{forged}");
    assert!(tenant.admin().await.list_setup_links().await.unwrap().is_empty());
    let made = browser.submit(&list, &form).await;
    assert!(made.response.text().contains("/auth/setup/wke_"), "{made}");
    assert_eq!(tenant.admin().await.list_setup_links().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_holder_of_a_link_sets_up_the_connection_and_the_link_ends_with_it() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    register(&provider, &tenant).await;
    let request = SetupLinkRequest {
        alias: "hospital",
        label: "Network team",
        product: None,
        lifetime: USUAL_LIFETIME,
    };
    let link = tenant.admin().await.create_setup_link(&request).await.unwrap();
    let mut browser = app.browser();
    let connection = tenant.path("connection");
    let stranger = browser.goto(&connection).await;
    assert_eq!(stranger.response.status, 404, "nothing without the link: {stranger}");
    let welcome = browser.goto(link.address.expose()).await;
    assert!(welcome.response.text().contains("Network team"), "{welcome}");
    let begun = browser.submit(&welcome, &welcome.form()).await;
    assert_eq!(begun.url.path(), tenant.path("connection/new"), "{begun}");
    let text = begun.response.text();
    assert!(
        !text.contains(&format!("/{STAFF}")) && !text.contains("sign-in-methods"),
        "nothing else of the tenant: {text}"
    );
    let chosen = format!("{connection}/new?product=keycloak&protocol=oidc&name=Hospital+account&alias=elsewhere");
    let page = browser.goto(&chosen).await;
    assert!(
        !page.response.text().contains("elsewhere"),
        "the link says which connection: {page}"
    );
    let overview = fill_connection(&mut browser, &page, provider.issuer()).await;
    assert_eq!(overview.url.path(), connection, "{overview}");
    assert!(!overview.response.text().contains("/offer"), "{overview}");
    let console = browser.goto(&tenant.console("sign-in-methods")).await;
    assert_eq!(
        console.url.path(),
        tenant.path("admin-entry"),
        "the console stays closed: {console}"
    );
    let mut person = app.browser();
    let done = finish(&mut browser, &connection, &mut person).await;
    assert!(done.response.text().contains("your link is used up"), "{done}");
    let over = browser.goto(&connection).await;
    assert_eq!(over.response.status, 404, "{over}");
}

#[tokio::test]
async fn a_link_that_is_taken_back_ends_what_is_open() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let request = SetupLinkRequest {
        alias: "hospital",
        label: "Network team",
        product: None,
        lifetime: USUAL_LIFETIME,
    };
    let admin = tenant.admin().await;
    let link = admin.create_setup_link(&request).await.unwrap();
    let mut browser = app.browser();
    let welcome = browser.goto(link.address.expose()).await;
    let begun = browser.submit(&welcome, &welcome.form()).await;
    assert_eq!(begun.response.status, 200, "{begun}");
    admin.revoke_setup_link(&link.id.to_string()).await.unwrap();
    for address in [tenant.path("connection/new"), link.address.expose().clone()] {
        let over = browser.goto(&address).await;
        assert_eq!(over.response.status, 404, "{over}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_about_ways_to_sign_in_can_be_used_by_everybody() {
    let Some(browser) = Browser::open().await else { return };
    let port = Port::take().await;
    let app = TestApp::at(Database::sqlite(), port.base()).await;
    let tenant = app.tenant("northside").await;
    tenant.colleague("olga", &[Role::Owner]).await;
    let _served = port.serve(app.router.clone());
    let at = |place: &str| format!("{}{}", app.base, tenant.console(place));
    browser.enter_console(&at(""), "olga").await;
    browser.goto(&at("sign-in-methods")).await;
    browser.inspect("console-sign-in-methods").await;
    browser.press("Connect a sign-in service").await;
    browser.inspect("console-sign-in-new").await;
    browser.choose_option("Product", "Keycloak").await;
    browser.fill("Words on the sign-in button", "Hospital account").await;
    browser.fill("Short name", "hospital").await;
    browser.press("Continue").await;
    browser.wait_for_text("h1", "Connection").await;
    browser.inspect("console-sign-in-connect").await;
    browser
        .fill("Issuer", "https://sso.hospital.example/realms/staff")
        .await;
    browser.fill("Client ID", "wardkey").await;
    browser.fill("Client secret", SECRET).await;
    browser.press("Save and continue").await;
    browser.wait_for_words("h1", "Hospital account").await;
    browser.inspect("console-sign-in-method").await;
    browser.press("Check now").await;
    browser.wait_for("#findings").await;
    browser.inspect("console-sign-in-checked").await;
    browser.goto(&at("sign-in-methods/hospital/rules")).await;
    browser.press("Try").await;
    browser.wait_for("form .notice").await;
    browser.inspect("console-sign-in-rules").await;
    browser.goto(&at("sign-in-methods/hospital/test")).await;
    browser.press("Make a test link").await;
    browser.wait_for(".secret").await;
    browser.inspect("console-sign-in-test").await;
    browser.goto(&at("sign-in-methods/hospital/offer")).await;
    browser.inspect("console-sign-in-offer").await;
    browser.goto(&at("certificates")).await;
    browser.inspect("console-certificates").await;
    let request = SetupLinkRequest {
        alias: "partner",
        label: "Network team",
        product: None,
        lifetime: USUAL_LIFETIME,
    };
    let link = tenant.admin().await.create_setup_link(&request).await.unwrap();
    browser.goto(link.address.expose()).await;
    browser.inspect("setup-welcome").await;
    browser.press("Begin").await;
    browser.wait_for_text("h1", "Connect a sign-in service").await;
    browser.inspect("setup-new").await;
}

/// The pictures of the documentation are those that this leaves in `screenshots/`, with a public address in place of this one.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_each_product_fits_and_says_what_to_enter_there() {
    let Some(browser) = Browser::open().await else { return };
    let port = Port::take().await;
    let app = TestApp::at(Database::sqlite(), port.base()).await;
    let tenant = app.tenant("northside").await;
    tenant.colleague("olga", &[Role::Owner]).await;
    let _served = port.serve(app.router.clone());
    let at = |place: &str| format!("{}{}", app.base, tenant.console(place));
    browser.enter_console(&at(""), "olga").await;
    let rename = format!(
        "for (const code of document.querySelectorAll('main code')) \
         code.textContent = code.textContent.replace('{}', 'https://auth.example.org');",
        app.base
    );
    for product in Product::ALL {
        for protocol in ["oidc", "saml"] {
            let chosen = format!("product={product}&protocol={protocol}&name=Staff+account&alias=sso");
            browser.resize(360, 800).await;
            browser.goto(&at(&format!("sign-in-methods/new?{chosen}"))).await;
            browser.wait_for_text("h1", "Connection").await;
            assert!(!browser.overflows_sideways().await, "{product} {protocol}");
            let entered = browser.text("section.panel").await;
            assert!(entered.contains("/federation/sso/"), "{product} {protocol}: {entered}");
            browser.script(&rename).await;
            browser.resize(1000, 800).await;
            browser.show_all(1000).await;
            browser.screenshot(&format!("connect-{product}-{protocol}")).await;
        }
    }
}
