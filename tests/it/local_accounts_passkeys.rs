//! Passkeys in a real browser with the driver's virtual authenticator (WebAuthn Level 3 section 11), several tenants on one host.

use crate::support::app::{PASSWORD, STAFF, TestApp, TestTenant};
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::http::RouterExt;
use crate::support::local_account::{Authenticator, open_account};
use crate::support::loopback::{Port, Served};
use axum::http::{Method, Request};
use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::{Value, json};
use url::Url;
use wardkey::control::NewOwner;
use wardkey::control::user_help::Delivery;
use wardkey::kernel::Secret;

/// A command of the driver that the client has no method for.
#[derive(Debug)]
struct Command(Method, String, Option<Value>);

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/webauthn/{}", session.unwrap_or_default(), self.1))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (self.0.clone(), self.2.as_ref().map(ToString::to_string))
    }
}

async fn command(browser: &Browser, method: Method, path: &str, body: Option<Value>) -> Value {
    let command = Command(method, path.to_owned(), body);
    browser
        .client()
        .issue_cmd(command)
        .await
        .expect("the driver takes the command")
}

/// An authenticator that verifies its user at once. Returns its id.
async fn authenticator(browser: &Browser) -> String {
    let body = json!({
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
        "isUserVerified": true, "isUserConsenting": true,
    });
    let id = command(browser, Method::POST, "authenticator", Some(body)).await;
    id.as_str().expect("an id").to_owned()
}

async fn server() -> (TestApp, Served) {
    let port = Port::take().await;
    // Passkeys need a name.
    let base = port.base().replace("127.0.0.1", "localhost");
    let app = TestApp::at(Database::sqlite(), &base).await;
    let served = port.serve(app.router.clone());
    (app, served)
}

async fn open(browser: &Browser, tenant: &TestTenant<'_>, path: &str) {
    browser.goto(&format!("{}{}", tenant.app.base, tenant.path(path))).await;
}

async fn with_password(browser: &Browser, tenant: &TestTenant<'_>) {
    open(browser, tenant, "account").await;
    browser.fill("User name", "ada").await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Sign in").await;
    browser.wait_for_text("h1", "Your account").await;
}

async fn add_passkey(browser: &Browser) {
    browser.press("Add a passkey").await;
    browser.fill("Name of this passkey", "Ward computer").await;
    browser.screenshot("passkey-new").await;
    browser.press("Add passkey").await;
    browser.wait_for_text("h1", "Recovery codes").await;
    browser.screenshot("recovery-codes").await;
    browser.press("I have saved them").await;
    browser.wait_for_words("main", "Ward computer").await;
}

async fn sign_out(browser: &Browser) {
    browser.press("Sign out").await;
    browser.wait_for_text("h1", "You are signed out").await;
}

async fn failed(browser: &Browser) {
    browser.wait_for("[data-passkey-failed]:not([hidden])").await;
}

#[tokio::test]
async fn a_passkey_signs_in_at_its_tenant_and_is_never_offered_or_accepted_at_another() {
    let Some(browser) = Browser::open().await else { return };
    let (app, _served) = server().await;
    let north = app.tenant("northside").await;
    let south = app.tenant("southside").await;
    authenticator(&browser).await;
    with_password(&browser, &north).await;
    browser.screenshot("account-new").await;
    add_passkey(&browser).await;
    browser.screenshot("account-passkey").await;
    sign_out(&browser).await;
    // By user name, without a password.
    open(&browser, &north, "account").await;
    browser.fill("User name", "ada").await;
    browser.press("Use a passkey").await;
    browser.wait_for_text("h1", "Sign in with a passkey").await;
    browser.screenshot("passkey").await;
    browser.press("Use passkey").await;
    browser.wait_for_text("h1", "Your account").await;
    sign_out(&browser).await;
    // In this browser without a user name too.
    open(&browser, &north, "account").await;
    browser.press("Use a passkey").await;
    browser.press("Use passkey").await;
    browser.wait_for_text("h1", "Your account").await;
    sign_out(&browser).await;
    // The same name at the other tenant of this host: the dialogue finds nothing that was asked for.
    open(&browser, &south, "account").await;
    browser.press("Use a passkey").await;
    browser.wait_for_words("main", "Enter your user name").await;
    browser.fill("User name", "ada").await;
    browser.press("Use a passkey").await;
    browser.press("Use passkey").await;
    failed(&browser).await;
    browser.screenshot("passkey-failed").await;
    // A page that was tampered with asks for any passkey of the host; the other tenant's answers, and is refused.
    let tampered = "const form = document.querySelector('form[data-passkey]'); const options = JSON.parse(form.dataset.options); \
                    options.allowCredentials = []; form.dataset.options = JSON.stringify(options);";
    browser.script(tampered).await;
    browser.press("Use passkey").await;
    browser.wait_for_text("h1", "Sign in").await;
    open(&browser, &south, "account").await;
    browser.wait_for_text("h1", "Sign in").await;
    let events = south
        .admin()
        .await
        .cx()
        .read()
        .await
        .unwrap()
        .list_recent_event_outcomes(50)
        .await
        .unwrap();
    assert!(
        events.contains(&("sign_in.refused".to_owned(), "wrong_passkey".to_owned())),
        "{events:?}"
    );
}

#[tokio::test]
async fn a_passkey_is_the_second_factor_and_a_copy_of_it_is_noticed() {
    let Some(browser) = Browser::open().await else { return };
    let (app, _served) = server().await;
    let tenant = app.tenant("northside").await;
    let device = authenticator(&browser).await;
    with_password(&browser, &tenant).await;
    add_passkey(&browser).await;
    let credentials = format!("authenticator/{device}/credentials");
    let copy = command(&browser, Method::GET, &credentials, None).await[0].clone();
    sign_out(&browser).await;
    let ask = async || {
        open(&browser, &tenant, "account").await;
        browser.fill("User name", "ada").await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Sign in").await;
        browser.wait_for_text("h1", "Is it you?").await;
        browser.press("Use a passkey").await;
        browser.press("Use passkey").await;
    };
    ask().await;
    browser.wait_for_text("h1", "Your account").await;
    sign_out(&browser).await;
    ask().await;
    browser.wait_for_text("h1", "Your account").await;
    sign_out(&browser).await;
    // The authenticator as it was before its last use: its counter is behind.
    command(&browser, Method::DELETE, &credentials, None).await;
    command(
        &browser,
        Method::POST,
        &format!("authenticator/{device}/credential"),
        Some(copy),
    )
    .await;
    ask().await;
    browser.wait_for_words("main", "The passkey did not work").await;
    browser.screenshot("second-factor-passkey-failed").await;
    let events = tenant
        .admin()
        .await
        .cx()
        .read()
        .await
        .unwrap()
        .list_recent_event_outcomes(50)
        .await
        .unwrap();
    assert!(
        events.contains(&("sign_in.refused".to_owned(), "wrong_passkey".to_owned())),
        "{events:?}"
    );
}

#[tokio::test]
async fn names_that_nobody_has_are_asked_for_a_passkey_like_those_without_one() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let ask = async |username: &str| {
        let mut browser = app.browser();
        let page = browser.goto(&tenant.path("account")).await;
        let form = page.form().with("username", username).with("way", "passkey");
        let page = browser.submit(&page, &form).await;
        let text = page.response.text();
        let options = text.split("data-options=\"").nth(1).unwrap().split('"').next().unwrap();
        let options: Value = serde_json::from_str(&options.replace("&#34;", "\"")).unwrap();
        assert_eq!(options["userVerification"], "required");
        options["allowCredentials"].as_array().unwrap().clone()
    };
    for name in ["ada", "nobody", "somebody"] {
        let list = ask(name).await;
        assert_eq!(list.len(), 1, "{name}");
        assert_eq!(list, ask(name).await, "the same each time");
    }
    assert_ne!(ask("ada").await, ask("nobody").await);
}

#[tokio::test]
async fn the_pages_of_ones_own_account_fit_a_telephone_in_both_languages() {
    let Some(browser) = Browser::open().await else { return };
    let (app, _served) = server().await;
    let tenant = app.tenant("northside").await;
    browser.resize(360, 900).await;
    open(&browser, &tenant, "account").await;
    browser.screenshot("account-sign-in-360").await;
    with_password(&browser, &tenant).await;
    for (step, title, name) in [
        ("account", "Su cuenta", "account-360"),
        ("account/password", "Elija una contraseña", "account-password-360"),
        (
            "account/authenticator",
            "Configurar una aplicación de autenticación",
            "account-authenticator-360",
        ),
        ("account/passkeys", "Añadir una llave de acceso", "account-passkeys-360"),
        (
            "account/recovery-codes",
            "Códigos de recuperación",
            "account-recovery-360",
        ),
        ("account/forgot", "Contraseña olvidada", "account-forgot-360"),
    ] {
        open(&browser, &tenant, &format!("{step}?ui_locales=es")).await;
        browser.wait_for_text("h1", title).await;
        browser.screenshot(name).await;
        assert!(!browser.overflows_sideways().await, "{name}");
    }
    let link = tenant
        .admin()
        .await
        .invite(STAFF, "pat", wardkey::web::Language::English, Delivery::Shown)
        .await
        .unwrap();
    let address: &Secret<String> = &link.link.address;
    browser.goto(address.expose()).await;
    browser.wait_for("input[name=password]").await;
    browser.screenshot("account-link-360").await;
    assert!(!browser.overflows_sideways().await);
}

#[tokio::test]
async fn a_ceremony_of_one_tenant_or_kind_is_nothing_to_another() {
    let app = TestApp::new().await;
    let (north, south) = (app.tenant("northside").await, app.tenant("southside").await);
    let mut browser = app.browser();
    open_account(&north, &mut browser, "ada").await;
    let page = browser.goto(&north.path("account/passkeys")).await;
    let ceremony = page.form().find("ceremony").unwrap().to_owned();
    let mut other = app.browser();
    open_account(&south, &mut other, "ada").await;
    let app_page = other.goto(&south.path("account/authenticator")).await;
    let foreign = app_page.form().with("ceremony", &ceremony).with("code", "123456");
    let answer = other.submit(&app_page, &foreign).await;
    assert!(
        answer.response.text().contains("class=\"key\""),
        "a new picture: {answer}"
    );
    // It was not used up: where it belongs, an answer that is none fails on its own account.
    let answer = browser
        .submit(&page, &page.form().with("credential", "{}").with("label", "x"))
        .await;
    assert_eq!(answer.response.status, 400, "{answer}");
    let again = app
        .router
        .send(
            Request::get(north.path("account"))
                .body(axum::body::Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!(again.status, 200);
}

#[tokio::test]
async fn an_operator_enters_the_platforms_console_with_a_passkey_alone() {
    let Some(browser) = Browser::open().await else { return };
    let (app, _served) = server().await;
    let new = NewOwner {
        username: "operator".to_owned(),
        name: Some("Opal Operator".to_owned()),
        email: None,
    };
    let made = Box::pin(app.platform.bootstrap_operator(&new, false)).await.unwrap();
    authenticator(&browser).await;
    browser.goto(made.link.address.expose()).await;
    browser.fill("New password", "seven tired owls on a tram").await;
    browser.press("Save password").await;
    browser.press("Sign in to administration").await;
    browser.fill("User name", "operator").await;
    browser.fill("Password", "seven tired owls on a tram").await;
    browser.press("Sign in").await;
    // The platform asks for a second factor at once: an authenticator app comes first, the passkey is added beside it.
    let key = browser.text("code.key").await;
    browser.fill("Code", &Authenticator::of_key(&key).code(app.now())).await;
    browser
        .script("document.querySelector('form button[type=submit]').click()")
        .await;
    browser.wait_for(".recovery").await;
    let platform = TestTenant {
        app: &app,
        slug: "platform".to_owned(),
    };
    open(&browser, &platform, "account").await;
    browser.press("Add a passkey").await;
    browser.fill("Name of this passkey", "Operator's key").await;
    browser.press("Add passkey").await;
    browser.wait_for_words("main", "Operator's key").await;
    sign_out(&browser).await;
    browser.goto(&format!("{}/admin", app.base)).await;
    browser.fill("User name", "operator").await;
    browser.press("Use a passkey").await;
    browser.press("Use passkey").await;
    browser.wait_for_text("h1", "Home").await;
    browser.screenshot("operator-passkey").await;
    assert_eq!(browser.url().await.path(), "/admin");
}
