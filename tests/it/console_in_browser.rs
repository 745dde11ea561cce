//! The tenant's console in a real browser: every page without accessibility faults, wide and narrow, light and dark.
//! Leaves screenshots.

use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::loopback::Port;
use wardkey::tenant::roles::Role;

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_console_can_be_used_by_everybody() {
    let Some(browser) = Browser::open().await else { return };
    let port = Port::take().await;
    let app = TestApp::at(Database::sqlite(), port.base()).await;
    let tenant = app.tenant("northside").await;
    tenant.tokens("openid launch/patient patient/*.rs", "pat").await;
    tenant.colleague("olga", &[Role::Owner]).await;
    let _served = port.serve(app.router.clone());
    let at = |place: &str| format!("{}{}", app.base, tenant.console(place));
    browser.enter_console(&at(""), "olga").await;
    browser.inspect("console-home").await;
    for (place, name) in [
        ("apps", "apps"),
        ("apps?q=nothing-like-this", "apps-none"),
        ("apps/care-planner", "app"),
        ("apps/new", "app-kinds"),
        ("apps/new/web", "app-form"),
        ("activity", "activity"),
        ("keys", "keys"),
        ("apps/nobody", "not-found"),
    ] {
        browser.goto(&at(place)).await;
        browser.inspect(&format!("console-{name}")).await;
    }
    // What is wrong is said and linked, and what was typed is still there.
    browser.goto(&at("apps/new/web")).await;
    browser.fill("Name", "Vaccination card").await;
    browser.fill("Client id", "vaccination card").await;
    browser
        .fill("Redirect URIs, one in each line", "https://app.test/callback")
        .await;
    browser.press("Register the app").await;
    browser.wait_for_words("h2", "Something has to be corrected").await;
    browser.inspect("console-app-form-wrong").await;
    browser.fill("Client id", "vaccination-card").await;
    browser.press("Register the app").await;
    browser.wait_for_text("h1", "Copy the new secret now").await;
    browser.inspect("console-app-secret").await;
    browser.press("I have copied it").await;
    browser.wait_for_words("h1", "Vaccination card").await;
    // Below 900 pixels the navigation opens on demand, without a script.
    browser.resize(360, 900).await;
    browser.wait_for("details.menu > summary").await.click().await.unwrap();
    browser.screenshot("console-menu-360").await;
    browser.resize(1280, 900).await;
}
