//! The operators' console: finding, making, looking at and suspending tenants.

use crate::support::app::{TestApp, TestTenant};
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::local_account::{Authenticator, give_password};
use crate::support::loopback::Port;
use std::time::Duration;
use wardkey::control::NewOwner;
use wardkey::store::control::TenantStatus;
use wardkey::store::tenant::EventFilter;
use wardkey::tenant::roles::Role;

const OPERATOR: &str = "operator";
const CHOSEN: &str = "seven tired owls on a tram";

/// A browser in which an operator is at the console, with two factors.
async fn operator(app: &TestApp) -> HttpBrowser {
    let new = NewOwner {
        username: OPERATOR.to_owned(),
        name: Some("Opal Operator".to_owned()),
        email: None,
    };
    let made = Box::pin(app.platform.bootstrap_operator(&new, false)).await.unwrap();
    let mut browser = app.browser();
    let path = made
        .link
        .address
        .expose()
        .trim_start_matches(app.base.as_str())
        .to_owned();
    let page = browser.goto(&path).await;
    browser.submit(&page, &page.form().with("password", CHOSEN)).await;
    let platform = TestTenant {
        app,
        slug: "platform".to_owned(),
    };
    let page = give_password(&platform, &mut browser, OPERATOR, CHOSEN).await;
    let code = Authenticator::scan(&page).code(app.now());
    browser.submit(&page, &page.form().with("code", &code)).await;
    let console = browser.goto("/admin").await;
    assert_eq!(console.url.path(), "/admin", "{console}");
    browser
}

async fn create(browser: &mut HttpBrowser, fields: &[(&str, &str)]) -> Page {
    let form = browser.goto("/admin/new-tenant").await;
    let mut filled = form
        .form()
        .with("display_name", "Northside General")
        .with("slug", "northside")
        .with("email", "it@northside.example");
    for (name, value) in fields {
        filled = filled.with(name, value);
    }
    browser.submit(&form, &filled).await
}

fn form_to(page: &Page, action: &str) -> crate::support::html_form::HtmlForm {
    let forms = page.forms();
    let found = forms.into_iter().find(|form| form.action.ends_with(action));
    found.unwrap_or_else(|| panic!("no form to {action} on {page}"))
}

#[tokio::test]
async fn one_form_makes_a_tenant_and_ends_with_its_owners_link() {
    let app = TestApp::new().await;
    let mut browser = operator(&app).await;
    let made = create(&mut browser, &[]).await;
    let text = made.response.text();
    assert!(text.contains("Northside General is ready"), "{made}");
    let link = format!("{}/northside/auth/account/link/", app.base);
    let token = text
        .split(&link)
        .nth(1)
        .and_then(|rest| rest.split(['<', '"']).next())
        .unwrap();
    let mut owner = app.browser();
    let page = owner.goto(&format!("/northside/auth/account/link/{token}")).await;
    owner.submit(&page, &page.form().with("password", CHOSEN)).await;
    let page = owner.goto("/northside/admin").await;
    let form = page
        .form()
        .with("username", "it@northside.example")
        .with("password", CHOSEN);
    let home = owner.submit(&page, &form).await;
    assert_eq!(home.url.path(), "/northside/admin", "{home}");
    assert!(home.response.text().contains("Owner"), "{home}");
}

#[tokio::test]
async fn what_was_typed_stays_when_something_is_wrong_with_it() {
    let app = TestApp::new().await;
    let mut browser = operator(&app).await;
    for (field, value, at) in [
        ("slug", "North Side", "slug"),
        ("slug", "platform", "slug"),
        ("display_name", "  ", "display_name"),
        ("email", "nobody", "email"),
    ] {
        let page = create(&mut browser, &[(field, value), ("owner_name", "Olga Owner")]).await;
        let text = page.response.text();
        assert!(text.contains("It was not created"), "{field}={value}: {page}");
        assert!(text.contains(&format!("href=\"#{at}\"")), "{field}={value}");
        assert!(text.contains("value=\"Olga Owner\""), "{field}={value}");
    }
    create(&mut browser, &[]).await;
    let twice = create(&mut browser, &[]).await;
    assert!(
        twice.response.text().contains("there is a tenant northside already"),
        "{twice}"
    );
}

#[tokio::test]
async fn the_list_asks_before_it_shows_anything() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    app.tenant("southside").await;
    let mut browser = operator(&app).await;
    let asked = browser.goto("/admin/tenants").await;
    assert!(!asked.response.text().contains("northside</code>"), "{asked}");
    let found = browser.goto("/admin/tenants?q=NORTH").await;
    let text = found.response.text();
    assert!(
        text.contains("northside</code>") && !text.contains("southside</code>"),
        "{found}"
    );
    assert!(!text.contains("platform</code>"));
    let none = browser.goto("/admin/tenants?q=nothing-like-it").await;
    assert!(none.response.text().contains("No tenant was found"), "{none}");
    let suspended = browser.goto("/admin/tenants?status=suspended").await;
    assert!(suspended.response.text().contains("No tenant was found"), "{suspended}");
}

#[tokio::test]
async fn looking_at_a_tenant_is_announced_in_its_own_log() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    let mut browser = operator(&app).await;
    let page = browser.goto("/admin/tenants/northside").await;
    let text = page.response.text();
    for words in ["Active", "Signing keys", "Ways to sign in", "Last events"] {
        assert!(text.contains(words), "{words} on {page}");
    }
    let entered = EventFilter {
        event: Some("operator.entered"),
        ..EventFilter::default()
    };
    let events = north.admin().await.list_events(&entered, 9).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].actor_role.as_deref(), Some("platform:platform_operator"));
}

#[tokio::test]
async fn a_tenant_is_suspended_only_after_its_name_was_typed() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let mut browser = operator(&app).await;
    let status = async || app.platform.get_tenant("northside").await.unwrap().status;
    let page = browser.goto("/admin/tenants/northside").await;
    let wrong = form_to(&page, "/suspend").with("confirm", "southside");
    let refused = browser.submit(&page, &wrong).await;
    assert!(
        refused.response.text().contains("not the tenant&#39;s address part"),
        "{refused}"
    );
    assert_eq!(status().await, TenantStatus::Active);
    let right = form_to(&page, "/suspend").with("confirm", "northside");
    let done = browser.submit(&page, &right).await;
    assert!(done.response.text().contains("The tenant is suspended"), "{done}");
    assert_eq!(status().await, TenantStatus::Suspended);
    let back = browser.submit(&done, &form_to(&done, "/resume")).await;
    assert!(back.response.text().contains("served again"), "{back}");
    assert_eq!(status().await, TenantStatus::Active);
}

#[tokio::test]
async fn suspending_asks_again_who_it_is_after_a_quarter_of_an_hour() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let mut browser = operator(&app).await;
    let page = browser.goto("/admin/tenants/northside").await;
    app.wait(Duration::from_mins(16));
    let right = form_to(&page, "/suspend").with("confirm", "northside");
    let asked = browser.submit(&page, &right).await;
    assert!(asked.response.text().contains("name=\"password\""), "{asked}");
    assert_eq!(
        app.platform.get_tenant("northside").await.unwrap().status,
        TenantStatus::Active
    );
}

#[tokio::test]
async fn a_forged_form_changes_nothing() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let mut browser = operator(&app).await;
    let page = browser.goto("/admin/tenants/northside").await;
    let forged = form_to(&page, "/suspend")
        .with("confirm", "northside")
        .with("csrf", "forged");
    let refused = browser.submit(&page, &forged).await;
    assert!(refused.response.status.is_client_error(), "{refused}");
    assert_eq!(
        app.platform.get_tenant("northside").await.unwrap().status,
        TenantStatus::Active
    );
}

#[tokio::test]
async fn a_tenants_owner_has_no_part_in_the_operators_console() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    operator(&app).await;
    let mut browser = north.console_of(&[Role::Owner]).await;
    for place in ["/admin/tenants", "/admin/new-tenant", "/admin/tenants/northside"] {
        let page = browser.goto(place).await;
        assert!(page.url.path().starts_with("/platform/auth/"), "{page}");
    }
}

#[tokio::test]
async fn what_is_no_tenant_and_the_platform_itself_have_no_page() {
    let app = TestApp::new().await;
    let mut browser = operator(&app).await;
    for slug in ["nowhere", "platform", "No-Slug"] {
        let page = browser.goto(&format!("/admin/tenants/{slug}")).await;
        assert_eq!(page.response.status, 404, "{slug}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_operators_console_can_be_used_by_everybody() {
    let Some(browser) = Browser::open().await else { return };
    let port = Port::take().await;
    let app = TestApp::at(Database::sqlite(), port.base()).await;
    let north = app.tenant("northside").await;
    north.tokens("openid launch/patient patient/*.rs", "pat").await;
    let _served = port.serve(app.router.clone());
    let new = NewOwner {
        username: OPERATOR.to_owned(),
        name: Some("Opal Operator".to_owned()),
        email: None,
    };
    let made = Box::pin(app.platform.bootstrap_operator(&new, false)).await.unwrap();
    browser.goto(made.link.address.expose()).await;
    browser.fill("New password", CHOSEN).await;
    browser.press("Save password").await;
    browser.fill("User name", OPERATOR).await;
    browser.fill("Password", CHOSEN).await;
    browser.press("Sign in").await;
    let key = browser.text("code.key").await;
    browser.fill("Code", &Authenticator::of_key(&key).code(app.now())).await;
    browser
        .script("document.querySelector('form button[type=submit]').click()")
        .await;
    browser.wait_for(".codes").await;
    let at = |place: &str| format!("{}/admin{place}", app.base);
    browser.goto(&at("")).await;
    browser.wait_for(".console main h1").await;
    browser.inspect("operator-home").await;
    browser.goto(&at("/tenants")).await;
    browser.inspect("operator-tenants-empty").await;
    browser.goto(&at("/tenants?status=active")).await;
    browser.inspect("operator-tenants").await;
    browser.goto(&at("/tenants/northside")).await;
    browser.inspect("operator-tenant").await;
    browser.goto(&at("/new-tenant")).await;
    browser.inspect("operator-new-tenant").await;
    browser
        .fill("Name of the organisation", "Westside Children's Hospital")
        .await;
    browser.fill("Address part", "northside").await;
    browser
        .fill("E-mail address, which is the user name too", "it@westside.example")
        .await;
    browser.press("Create and invite").await;
    browser.wait_for("#problem").await;
    browser.inspect("operator-new-tenant-wrong").await;
    browser
        .script("document.getElementById('slug').value = 'westside'")
        .await;
    browser.press("Create and invite").await;
    browser.wait_for(".secret").await;
    browser.inspect("operator-tenant-created").await;
}
