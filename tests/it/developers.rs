//! The developers' own pages and the platform's directory, from the first submission to a hospital that lets the app in.

use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::html_form::HtmlForm;
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::loopback::Port;
use wardkey::control::{Actor, Precondition};
use wardkey::store::control::DirectoryState;
use wardkey::tenant::roles::Role;

fn form_to(page: &Page, action: &str) -> HtmlForm {
    let found = page.forms().into_iter().find(|form| form.action.ends_with(action));
    found.unwrap_or_else(|| panic!("no form to {action} on {page}"))
}

/// A platform with an issuer.
async fn platform() -> TestApp {
    let app = TestApp::new().await;
    Box::pin(app.platform.provision_platform_tenant()).await.unwrap();
    app
}

fn filled(form: HtmlForm) -> HtmlForm {
    form.with("client_id", "growth-curves")
        .with("name", "Growth curves")
        .with("summary", "Shows how a child grows.")
        .with("kind", "browser")
        .with("redirect_uris", "https://growth.example/callback")
        .with("scope", "openid launch/patient patient/Observation.rs")
}

/// Registers the app; the path of its link.
async fn submitted(app: &TestApp, browser: &mut HttpBrowser) -> String {
    let page = browser.goto("/developers/apps/new").await;
    let form = filled(form_to(&page, "/developers/apps/new"));
    let made = browser.submit(&page, &form).await;
    let text = made.response.text();
    let base = format!("{}/developers/apps/", app.base);
    let secret = text.split(&base).nth(1).and_then(|rest| rest.split(['<', '"']).next());
    format!(
        "/developers/apps/{}",
        secret.unwrap_or_else(|| panic!("no link on {made}"))
    )
}

async fn state(app: &TestApp) -> DirectoryState {
    let found = app.platform.get_directory_app(&Actor::machine(), "growth-curves").await;
    found.unwrap().state
}

#[tokio::test]
async fn an_app_goes_from_its_developer_by_the_platform_to_a_hospital() {
    let app = platform().await;
    let north = app.tenant("northside").await;
    let mut developer = app.browser();
    let link = submitted(&app, &mut developer).await;
    assert_eq!(state(&app).await, DirectoryState::Submitted);
    let mut operator = app.operator_browser("opal", Role::PlatformOperator).await;
    let home = operator.goto("/admin").await;
    assert!(
        home.response.text().contains("Apps that wait for your review: 1"),
        "{home}"
    );
    let list = operator.goto("/admin/directory?state=submitted").await;
    assert!(list.response.text().contains("growth-curves"), "{list}");
    let page = operator.goto("/admin/directory/growth-curves").await;
    // A rejection tells the developer why.
    let bare = form_to(&page, "/review").with("state", "rejected");
    let refused = operator.submit(&page, &bare).await;
    assert!(refused.response.text().contains("tell the developer"), "{refused}");
    let reject = bare.with("note", "Say which observations.");
    operator.submit(&page, &reject).await;
    let seen = developer.goto(&link).await;
    assert!(seen.response.text().contains("Say which observations."), "{seen}");
    let mended = form_to(&seen, &link).with("summary", "Shows height and weight.");
    let again = developer.submit(&seen, &mended).await;
    assert!(again.response.text().contains("waits for a review again"), "{again}");
    assert_eq!(state(&app).await, DirectoryState::Submitted);
    let page = operator.goto("/admin/directory/growth-curves").await;
    operator
        .submit(&page, &form_to(&page, "/review").with("state", "published"))
        .await;
    let mut owner = north.console_of(&[Role::Owner]).await;
    let list = owner.goto("/northside/admin/app-directory").await;
    assert!(list.response.text().contains("Not let in"), "{list}");
    let page = owner.goto("/northside/admin/app-directory/growth-curves").await;
    let terms = form_to(&page, "/app-directory/growth-curves")
        .with("scope", "openid patient/Observation.rs")
        .with("user_roles", "physician, nurse")
        .with("client_expires_at", "2099-12-31");
    let done = owner.submit(&page, &terms).await;
    assert!(done.response.text().contains("It is let in here"), "{done}");
    let client = north.admin().await.get_client("growth-curves").await.unwrap();
    assert_eq!(client.user_roles, ["physician", "nurse"]);
    assert_eq!(client.scope, "openid patient/Observation.rs");
    // The form shows the terms that stand.
    assert_eq!(
        form_to(&done, "/growth-curves").find("client_expires_at"),
        Some("2099-12-31")
    );
    // From now on its developer only looks.
    let seen = developer.goto(&link).await;
    assert!(seen.forms().is_empty(), "{seen}");
    let late = developer.submit(&again, &form_to(&again, &link)).await;
    assert_eq!(late.response.status, 400, "{late}");
    assert_eq!(state(&app).await, DirectoryState::Published);
}

#[tokio::test]
async fn an_app_is_withdrawn_only_after_its_id_was_typed() {
    let app = platform().await;
    let mut developer = app.browser();
    submitted(&app, &mut developer).await;
    let machine = Actor::machine();
    let published = DirectoryState::Published;
    let review =
        app.platform
            .review_directory_app(&machine, "growth-curves", published, None, &Precondition::None, false);
    review.await.unwrap();
    let mut operator = app.operator_browser("opal", Role::PlatformOperator).await;
    let page = operator.goto("/admin/directory/growth-curves").await;
    let forms = page.forms();
    let withdraw = forms
        .into_iter()
        .find(|form| form.find("state") == Some("withdrawn"))
        .unwrap();
    let wrong = withdraw.clone().with("confirm", "another");
    operator.submit(&page, &wrong).await;
    assert_eq!(state(&app).await, published);
    operator.submit(&page, &withdraw.with("confirm", "growth-curves")).await;
    assert_eq!(state(&app).await, DirectoryState::Withdrawn);
}

#[tokio::test]
async fn an_operator_adds_an_app_and_changes_it_without_losing_what_the_form_does_not_show() {
    let app = platform().await;
    let mut operator = app.operator_browser("opal", Role::PlatformOperator).await;
    let page = operator.goto("/admin/new-directory-app").await;
    let wrong = filled(form_to(&page, "/new-directory-app")).with("redirect_uris", "http://plain.example/cb");
    let refused = operator.submit(&page, &wrong).await;
    assert!(refused.response.text().contains("href=\"#redirect_uris\""), "{refused}");
    let made = operator
        .submit(&page, &filled(form_to(&page, "/new-directory-app")))
        .await;
    assert_eq!(made.url.path(), "/admin/directory/growth-curves", "{made}");
    let taken = operator
        .submit(&page, &filled(form_to(&page, "/new-directory-app")))
        .await;
    assert!(taken.response.text().contains("is taken by another app"), "{taken}");
    let machine = Actor::machine();
    let new = serde_json::from_value(serde_json::json!({
        "summary": "Shows how a child grows.",
        "registration": {
            "client_name": "Growth curves", "token_endpoint_auth_method": "none", "logo_uri": "https://growth.example/logo.png",
            "redirect_uris": ["https://growth.example/callback"], "scope": "openid patient/Observation.rs",
        },
    }))
    .unwrap();
    let saved = app
        .platform
        .save_directory_app(&machine, "growth-curves", &new, &Precondition::None);
    saved.await.unwrap();
    let page = operator.goto("/admin/directory/growth-curves/edit").await;
    let changed = form_to(&page, "/edit").with("scope", "openid patient/Observation.rs patient/Patient.rs");
    operator.submit(&page, &changed).await;
    let found = app.platform.get_directory_app(&machine, "growth-curves").await.unwrap();
    assert_eq!(
        found.registration["scope"],
        "openid patient/Observation.rs patient/Patient.rs"
    );
    assert_eq!(found.registration["logo_uri"], "https://growth.example/logo.png");
}

#[tokio::test]
async fn who_has_no_link_learns_nothing_of_an_app() {
    let app = platform().await;
    let mut browser = app.browser();
    let link = submitted(&app, &mut browser).await;
    for wrong in [
        "/developers/apps/growth-curves",
        &format!("{link}x"),
        "/developers/apps/wkq_x",
    ] {
        let page = browser.goto(wrong).await;
        assert_eq!(page.response.status, 404, "{page}");
        assert!(!page.response.text().contains("Growth curves"), "{page}");
    }
    let twice = browser.goto("/developers/apps/new").await;
    let twice = browser.submit(&twice, &filled(form_to(&twice, "/new"))).await;
    assert_eq!(twice.response.status, 400, "{twice}");
    assert!(twice.response.text().contains("value=\"Growth curves\""), "{twice}");
}

#[tokio::test]
async fn who_only_looks_at_the_platform_reviews_nothing() {
    let app = platform().await;
    let mut browser = app.browser();
    submitted(&app, &mut browser).await;
    for (who, role) in [("audra", Role::PlatformAuditor), ("sam", Role::PlatformSupport)] {
        let mut browser = app.operator_browser(who, role).await;
        let page = browser.goto("/admin/directory/growth-curves").await;
        assert_eq!(page.response.status, 200, "{page}");
        assert!(!page.response.text().contains("/review"), "{page}");
        for place in ["/admin/directory/growth-curves/edit", "/admin/new-directory-app"] {
            let page = browser.goto(place).await;
            assert_eq!(page.response.status, 403, "{who}: {page}");
        }
    }
}

#[tokio::test]
async fn an_error_is_explained_and_nothing_of_a_tenant_is_told() {
    let app = platform().await;
    let mut browser = app.browser();
    let page = browser.goto("/developers/explain").await;
    let ask = |text: &str| form_to(&page, "/explain").with("text", text);
    let code = browser.submit(&page, &ask("error_description=x+(pkce_missing)")).await;
    assert!(code.response.text().contains("What to do"), "{code}");
    let nothing = browser.submit(&page, &ask("it does not work")).await;
    assert!(nothing.response.text().contains("Nothing was recognised"), "{nothing}");
    let request =
        "https://auth.test/northside/auth/authorize?response_type=code&client_id=x&redirect_uri=https://a.test/";
    let faulty = browser.submit(&page, &ask(request)).await;
    assert!(faulty.response.text().contains("aud is missing"), "{faulty}");
    let id = browser
        .submit(&page, &ask("req_018f3d5e7c9a7b3c8d1e2f3a4b5c6d7e"))
        .await;
    assert!(id.response.text().contains("Give this id to the hospital"), "{id}");
}

#[tokio::test]
async fn without_a_platform_there_are_no_pages_for_developers() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    for place in ["/developers", "/developers/apps/new", "/developers/explain"] {
        assert_eq!(browser.goto(place).await.response.status, 404, "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_for_developers_can_be_used_by_everybody() {
    let Some(browser) = Browser::open().await else { return };
    let port = Port::take().await;
    let app = TestApp::at(Database::sqlite(), port.base()).await;
    Box::pin(app.platform.provision_platform_tenant()).await.unwrap();
    let north = app.tenant("northside").await;
    north.colleague("olga", &[Role::Owner]).await;
    let _served = port.serve(app.router.clone());
    let at = |place: &str| format!("{}{place}", app.base);
    browser.goto(&at("/developers")).await;
    browser.inspect("developers-home").await;
    browser.goto(&at("/developers/apps/new")).await;
    browser.inspect("developers-new").await;
    browser.fill("Client id", "growth-curves").await;
    browser.fill("Name that users see", "Growth curves").await;
    browser.fill("What it is for", "Shows how a child grows.").await;
    browser.fill("Redirect addresses", "http://plain.example/cb").await;
    browser
        .fill("Scope", "openid launch/patient patient/Observation.rs")
        .await;
    browser.press("Send it for review").await;
    browser.wait_for("#problem").await;
    browser.inspect("developers-new-wrong").await;
    browser
        .script("document.getElementById('redirect_uris').value = 'https://growth.example/callback'")
        .await;
    browser.press("Send it for review").await;
    browser.wait_for(".secret").await;
    browser.inspect("developers-submitted").await;
    browser.goto(&at("/developers/apps/wkq_unknown")).await;
    browser.inspect("developers-gone").await;
    browser.goto(&at("/developers/explain")).await;
    browser.inspect("developers-explain").await;
    browser
        .fill(
            "What you got",
            "https://x.test/authorize?response_type=token&client_id=x&redirect_uri=y&scope=patients",
        )
        .await;
    browser.press("Explain").await;
    browser.wait_for(".plain-list").await;
    browser.inspect("developers-explained").await;
    let machine = Actor::machine();
    let published = DirectoryState::Published;
    let review =
        app.platform
            .review_directory_app(&machine, "growth-curves", published, None, &Precondition::None, false);
    review.await.unwrap();
    browser
        .enter_console(&at("/northside/admin/app-directory"), "olga")
        .await;
    browser.inspect("tenant-app-directory").await;
    browser.goto(&at("/northside/admin/app-directory/growth-curves")).await;
    browser.inspect("tenant-app-approval").await;
}
