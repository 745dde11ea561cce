//! The tenant's console in a real browser: every page without accessibility faults, wide and narrow, light and dark.
//! Leaves screenshots.

use crate::support::app::{PASSWORD, STAFF, TestApp};
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::loopback::Port;
use std::time::Duration;
use wardkey::control::users::UserDetail;
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

#[tokio::test(flavor = "multi_thread")]
async fn every_page_about_people_can_be_used_by_everybody() {
    let Some(browser) = Browser::open().await else { return };
    let port = Port::take().await;
    let app = TestApp::at(Database::sqlite(), port.base()).await;
    let tenant = app.tenant("northside").await;
    tenant.tokens("openid launch/patient patient/*.rs", "pat").await;
    tenant.colleague("olga", &[Role::Owner]).await;
    tenant.colleague("hugo", &[Role::HelpDesk]).await;
    let admin = tenant.admin().await;
    let person = |user: Option<UserDetail>| format!("people/{}", user.unwrap().summary.id);
    let pat = person(admin.find_user(STAFF, "pat").await.unwrap());
    let hugo = person(admin.find_user(STAFF, "hugo").await.unwrap());
    let _served = port.serve(app.router.clone());
    let at = |place: &str| format!("{}{}", app.base, tenant.console(place));
    browser.enter_console(&at("people"), "olga").await;
    browser.inspect("people").await;
    browser.fill("Name, user name or e-mail", "nobody of this name").await;
    browser.press("Search").await;
    browser.wait_for_words("h2", "Nobody was found").await;
    browser.inspect("people-none").await;
    browser.fill("Name, user name or e-mail", "morgan").await;
    browser.press("Search").await;
    browser.wait_for(".rows").await;
    browser.inspect("people-found").await;
    for (place, name) in [
        ("people?show=everybody", "people-everybody"),
        (pat.as_str(), "person"),
        (hugo.as_str(), "person-colleague"),
        ("people/invite", "people-invite"),
        ("usage", "usage"),
        ("usage?span=month", "usage-month"),
        ("usage?span=month&ui_locales=es", "usage-es"),
        ("people?ui_locales=es", "people-es"),
        (&format!("{pat}?ui_locales=es"), "person-es"),
        ("people/invite?ui_locales=es", "people-invite-es"),
    ] {
        browser.goto(&at(place)).await;
        browser.inspect(name).await;
    }
    browser.goto(&at("people/invite?ui_locales=en")).await;
    browser.fill("User name", "rosa").await;
    browser.fill("FHIR resource (optional)", "Practitioner").await;
    browser.press("Invite").await;
    browser.wait_for_words("h2", "Something has to be corrected").await;
    browser.inspect("people-invite-wrong").await;
    browser.fill("FHIR resource (optional)", "Practitioner/rosa").await;
    browser.press("Invite").await;
    browser.wait_for_text("h1", "Copy the link now").await;
    browser.inspect("people-link").await;
    browser.press("I have copied it").await;
    browser.wait_for_words("h1", "rosa").await;
    browser.press("Shut this person out").await;
    browser.wait_for_words(".notice", "This person is shut out.").await;
    browser.inspect("person-shut-out").await;
    // A quarter of an hour later, what is dangerous asks again who it is.
    app.wait(Duration::from_mins(16));
    browser.goto(&at("people/invite")).await;
    browser.wait_for_text("h1", "Sign in once more").await;
    browser.inspect("console-step-up").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_role_is_told_so_on_a_page_that_everybody_can_use() {
    let Some(browser) = Browser::open().await else { return };
    let port = Port::take().await;
    let app = TestApp::at(Database::sqlite(), port.base()).await;
    let tenant = app.tenant("northside").await;
    let _served = port.serve(app.router.clone());
    browser.goto(&format!("{}{}", app.base, tenant.console(""))).await;
    browser.fill("User name", "ada").await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Sign in").await;
    browser
        .wait_for_text("h1", "You have no role in this administration")
        .await;
    browser.inspect("console-no-role").await;
}
