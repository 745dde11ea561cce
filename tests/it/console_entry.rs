//! Entering and leaving the consoles: who is let in, with which cookie, and when it ends.

use crate::support::app::{PASSWORD, TestApp};
use crate::support::database::on_each_database;
use crate::support::http::{RequestBuilderExt, RouterExt};
use axum::http::Method;
use std::time::Duration;
use wardkey::store::tenant::EventFilter;
use wardkey::tenant::roles::Role;

const COOKIE: &str = "__Secure-wk_console";

#[tokio::test]
async fn whoever_is_not_signed_in_signs_in_and_comes_to_the_page_they_asked_for() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant.colleague("olga", &[Role::Owner]).await;
    let mut browser = app.browser();
    let page = browser.goto(&tenant.console("")).await;
    assert_eq!(page.url.path(), tenant.path("admin-entry"));
    let page = tenant.enter(&mut browser, "olga", "").await;
    assert_eq!(page.url.path(), tenant.console(""));
    let text = page.response.text();
    for words in ["Until the first sign-in works", "Admin olga", "Owner", "Sign out"] {
        assert!(text.contains(words), "{words} in {text}");
    }
}

#[tokio::test]
async fn the_console_has_a_cookie_of_its_own_scoped_to_its_own_path() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant.colleague("olga", &[Role::Owner]).await;
    let mut browser = app.browser();
    tenant.enter(&mut browser, "olga", "").await;
    let entry = browser
        .goto(&tenant.path("apps"))
        .await
        .url
        .join(&tenant.path("admin-entry"))
        .unwrap();
    let answer = browser.send(Method::GET, &entry, None).await.assert_status(303);
    assert_eq!(answer.location(), tenant.console(""));
    let cookies = answer.cookies();
    let cookie = cookies.iter().find(|cookie| cookie.name() == COOKIE).unwrap();
    assert_eq!(cookie.path(), Some("/northside/admin"));
    assert_eq!((cookie.http_only(), cookie.secure()), (Some(true), Some(true)));
    assert_eq!(cookie.same_site(), Some(axum_extra::extract::cookie::SameSite::Lax));
    assert!(browser.find_cookie("/northside/fhir/Patient", COOKIE).is_none());
    assert!(
        browser
            .find_cookie("/northside/fhir/Patient", "__Secure-wk_session")
            .is_none()
    );
    assert!(browser.find_cookie("/northside/auth/apps", COOKIE).is_none());
}

#[tokio::test]
async fn somebody_without_a_role_is_told_so_and_gets_no_cookie() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let page = tenant.enter(&mut browser, "ada", "").await;
    assert_eq!(page.response.status, 403, "{page}");
    let text = page.response.text();
    assert!(
        text.contains("You have no role in this administration") && text.contains("Ada Okafor"),
        "{text}"
    );
    assert!(browser.find_cookie(&tenant.console(""), COOKIE).is_none());
}

#[tokio::test]
async fn a_role_that_is_taken_ends_what_the_console_shows_at_once() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let account = tenant.colleague("olga", &[Role::Owner]).await;
    tenant.colleague("otto", &[Role::Owner]).await;
    let mut browser = app.browser();
    tenant.enter(&mut browser, "olga", "").await;
    tenant
        .admin()
        .await
        .withdraw_role(&account.to_string(), Role::Owner)
        .await
        .unwrap();
    let page = browser.goto(&tenant.console("")).await;
    assert_eq!(page.response.status, 403, "{page}");
}

on_each_database! {
async fn the_console_ends_with_the_session_in_which_it_was_entered(database: Database) {
    let app = TestApp::on(database).await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    tenant.sign_out(&mut browser).await;
    let page = browser.goto(&tenant.console("")).await;
    assert_eq!(page.url.path(), tenant.path("admin-entry"), "{page}");
}
}

#[tokio::test]
async fn a_console_that_nobody_uses_is_left_after_half_an_hour_and_use_keeps_it() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    for _ in 0..3 {
        app.wait(Duration::from_mins(29));
        let page = browser.goto(&tenant.console("")).await;
        assert_eq!(page.url.path(), tenant.console(""), "{page}");
    }
    // The browser session behind it was used with it.
    let page = browser.goto(&tenant.path("apps")).await;
    assert!(page.response.text().contains("Sign out"), "{page}");
    app.wait(Duration::from_mins(31));
    let page = browser.goto(&tenant.console("")).await;
    assert_eq!(page.url.path(), tenant.path("admin-entry"), "{page}");
}

#[tokio::test]
async fn a_console_is_entered_anew_after_eight_hours_however_much_it_is_used() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let first = browser.find_cookie(&tenant.console(""), COOKIE).unwrap().to_owned();
    for _ in 0..19 {
        app.wait(Duration::from_mins(25));
        browser.goto(&tenant.console("")).await;
    }
    assert_eq!(browser.find_cookie(&tenant.console(""), COOKIE), Some(first.as_str()));
    app.wait(Duration::from_mins(10));
    // Who is still signed in is let in again, with another cookie.
    let page = browser.goto(&tenant.console("")).await;
    assert_eq!(page.url.path(), tenant.console(""), "{page}");
    assert_ne!(browser.find_cookie(&tenant.console(""), COOKIE), Some(first.as_str()));
}

#[tokio::test]
async fn signing_out_at_the_console_ends_the_session_everywhere_in_this_browser() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let page = browser.goto(&tenant.console("")).await;
    let form = page.forms().remove(0);
    let forged = browser.submit(&page, &form.clone().with("csrf", "")).await;
    assert_eq!(forged.response.status, 403, "{forged}");
    let done = browser.submit(&page, &form).await;
    assert_eq!(done.url.path(), tenant.path("signed-out"), "{done}");
    assert!(browser.find_cookie(&tenant.console(""), COOKIE).is_none());
    let page = browser.goto(&tenant.path("apps")).await;
    assert!(page.response.text().contains("name=\"password\""), "{page}");
}

#[tokio::test]
async fn the_cookie_of_one_tenants_console_opens_no_other_and_is_no_token() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let other = app.tenant("southside").await;
    let browser = tenant.console_of(&[Role::Owner]).await;
    let cookie = browser.find_cookie(&tenant.console(""), COOKIE).unwrap().to_owned();
    let request = axum::http::Request::get(other.console("")).header("cookie", format!("{COOKIE}={cookie}"));
    let answer = app.router.send(request.empty()).await.assert_status(303);
    assert_eq!(answer.location(), other.path("admin-entry"));
    let request =
        axum::http::Request::get("/api/v1/tenants/northside/apps").header("cookie", format!("{COOKIE}={cookie}"));
    app.router.send(request.empty()).await.assert_status(401);
}

#[tokio::test]
async fn entering_is_recorded() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    app.wait(Duration::from_secs(1));
    let account = tenant.colleague("olga", &[Role::Auditor]).await;
    app.wait(Duration::from_secs(1));
    tenant.enter(&mut app.browser(), "olga", "").await;
    let admin = tenant.admin().await;
    let filter = EventFilter {
        event: Some("console.entered"),
        ..EventFilter::default()
    };
    let events = admin.list_events(&filter, 5).await.unwrap();
    let [event] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(event.actor, Some(account.to_string()));
    assert_eq!(event.actor_role.as_deref(), Some("tenant:auditor"));
}

#[tokio::test]
async fn an_operator_with_a_password_alone_is_not_let_in() {
    let app = TestApp::new().await;
    let platform = app.platform_tenant().await;
    platform.administrator("root", &[Role::PlatformOperator]).await;
    let mut browser = app.browser();
    let page = browser.goto("/admin").await;
    assert_eq!(page.url.path(), platform.path("admin-entry"));
    let form = page.form().with("username", "root").with("password", PASSWORD);
    let page = browser.submit(&page, &form).await;
    assert_eq!(page.response.status, 403, "{page}");
    assert!(
        page.response
            .text()
            .contains("A password alone does not open this console"),
        "{page}"
    );
}

#[tokio::test]
async fn the_platforms_own_tenant_is_administered_at_the_operators_console() {
    let app = TestApp::new().await;
    let platform = app.platform_tenant().await;
    let answer = platform.get("/platform/admin").await.assert_status(303);
    assert_eq!(answer.location(), "/admin");
}

#[tokio::test]
async fn the_console_speaks_the_language_that_was_chosen_and_keeps_it() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    browser.goto(&format!("{}?ui_locales=es", tenant.console(""))).await;
    let page = browser.goto(&tenant.console("")).await;
    assert!(
        page.response.text().contains("Hasta que funcione el primer acceso"),
        "{page}"
    );
}

#[tokio::test]
async fn a_hostile_place_leads_to_the_beginning() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    for to in ["//evil.example", "https://evil.example/", "../../southside/admin"] {
        let page = browser.goto(&format!("{}?to={to}", tenant.path("admin-entry"))).await;
        assert_eq!(page.url.path(), tenant.console(""), "{page}");
    }
}
