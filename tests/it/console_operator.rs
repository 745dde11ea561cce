//! The operators' console: finding, making, looking at and suspending tenants.

use crate::support::app::{TestApp, TestTenant};
use crate::support::browser::Browser;
use crate::support::console::CHOSEN;
use crate::support::database::Database;
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::local_account::{Authenticator, give_password};
use crate::support::loopback::Port;
use serde_json::json;
use std::time::Duration;
use wardkey::control::NewOwner;
use wardkey::control::app_directory::NewDirectoryApp;
use wardkey::kernel::id::TenantId;
use wardkey::kernel::{Secret, SystemEntropy};
use wardkey::store::control::{Placement, TenantRecord, TenantStatus, Tier};
use wardkey::store::tenant::EventFilter;
use wardkey::tenant::roles::Role;
use wardkey::web::Csrf;

const OPERATOR: &str = "operator";

/// A browser in which an operator is at the console, with two factors.
pub async fn operator(app: &TestApp) -> HttpBrowser {
    let new = NewOwner {
        username: OPERATOR.to_owned(),
        name: Some("Opal Operator".to_owned()),
        email: None,
    };
    let made = Box::pin(app.platform.bootstrap_operator(&new, false)).await.unwrap();
    app.browser_of_link(made.link.address.expose(), OPERATOR).await
}

async fn create(browser: &mut HttpBrowser, fields: &[(&str, &str)]) -> Page {
    let form = browser.goto("/admin/new-tenant").await;
    let mut filled = form_to(&form, "/new-tenant")
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
    let chosen = owner.submit(&page, &page.form().with("password", CHOSEN)).await;
    let text = chosen.response.text();
    assert!(text.contains("Your password is saved"), "{chosen}");
    assert!(text.contains("href=\"/northside/admin\""), "{chosen}");
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
        ("fhir_base", "https://fhir.example/r4?x=1", "fhir_base"),
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
async fn support_learns_why_a_request_failed_and_nothing_that_it_said() {
    let app = TestApp::new().await;
    let north = app.tenant("northside").await;
    app.tenant("southside").await;
    let address =
        north.path("authorize?client_id=growth-chart&response_type=code&redirect_uri=https%3A%2F%2Fevil.example%2Fcb");
    let refused = app.browser().goto(&address).await;
    let request = refused.response.header("x-request-id").unwrap().to_owned();
    operator(&app).await;
    let mut browser = app.operator_browser("sam", Role::PlatformSupport).await;
    let page = browser
        .goto(&format!("/admin/tenants/northside?request={request}"))
        .await;
    let text = page.response.text();
    assert!(
        text.contains("Failed check") && text.contains("/{tenant}/auth/authorize"),
        "{page}"
    );
    assert!(!text.contains("evil.example"), "{page}");
    for elsewhere in [
        format!("/admin/tenants/southside?request={request}"),
        "/admin/tenants/northside?request=%22%3E%3Cscript%3E".to_owned(),
    ] {
        let page = browser.goto(&elsewhere).await;
        assert!(page.response.text().contains("No refusal with this number"), "{page}");
    }
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
    assert_eq!(asked.response.status, 403, "{asked}");
    assert!(asked.response.text().contains("step_up=ask"), "{asked}");
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

#[tokio::test]
async fn a_password_alone_opens_nothing_even_where_the_form_asks_for_no_more() {
    let app = TestApp::new().await;
    let new = NewOwner {
        username: OPERATOR.to_owned(),
        name: None,
        email: None,
    };
    let made = Box::pin(app.platform.bootstrap_operator(&new, false)).await.unwrap();
    let weak = [("local_accounts.second_factor".to_owned(), "optional".to_owned())];
    app.platform.set_settings("platform", &weak).await.unwrap();
    let mut browser = app.browser();
    let link = made
        .link
        .address
        .expose()
        .trim_start_matches(app.base.as_str())
        .to_owned();
    let page = browser.goto(&link).await;
    browser.submit(&page, &page.form().with("password", CHOSEN)).await;
    let platform = TestTenant {
        app: &app,
        slug: "platform".to_owned(),
    };
    give_password(&platform, &mut browser, OPERATOR, CHOSEN).await;
    for place in ["/admin", "/admin/tenants", "/admin/operators"] {
        let refused = browser.goto(place).await;
        assert_eq!(refused.response.status, 403, "{refused}");
        assert!(
            refused
                .response
                .text()
                .contains("A password alone does not open this console"),
            "{refused}"
        );
    }
}

/// Entries of the registry, as of tenants that were made long ago.
async fn register_many(app: &TestApp, numbers: std::ops::Range<u32>) {
    let now = app.now();
    let mut control = app.platform.directory().parts().control.begin().await.unwrap();
    for number in numbers {
        let record = TenantRecord {
            id: TenantId::new(now, &SystemEntropy),
            slug: format!("hospital-{number:05}"),
            display_name: format!("Hospital number {number}"),
            status: TenantStatus::Suspended,
            tier: Tier::Standard,
            placement: Placement::Shared,
            sealed_database_url: None,
            generation: 1,
            created_at: now,
        };
        control.insert_tenant(&record).await.unwrap();
    }
    control.commit().await.unwrap();
}

#[tokio::test]
async fn pages_at_ten_thousand_tenants_are_as_long_as_at_fifty() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let mut browser = operator(&app).await;
    let places = [
        "",
        "/tenants?q=hospital",
        "/tenants?status=suspended",
        "/tenants/northside",
        "/health",
    ];
    let mut sizes = Vec::new();
    for numbers in [0..50, 50..10_000] {
        register_many(&app, numbers).await;
        let mut of_these = Vec::new();
        for place in places {
            let page = browser.goto(&format!("/admin{place}")).await;
            assert_eq!(page.response.status, 200, "{page}");
            of_these.push(page.response.text().len());
        }
        sizes.push(of_these);
    }
    for (few, many) in sizes[0].iter().zip(&sizes[1]) {
        assert!(few.abs_diff(*many) < 2_000, "{sizes:?}");
    }
    let page = browser.goto("/admin/tenants?q=number+9999").await;
    assert!(page.response.text().contains("hospital-09999"), "{page}");
}

#[tokio::test]
async fn another_name_and_contract_can_be_taken_back() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let mut browser = operator(&app).await;
    let page = browser.goto("/admin/tenants/northside").await;
    let form = form_to(&page, "/contract")
        .with("display_name", "Northside Children's")
        .with("tier", "enterprise");
    let changed = browser.submit(&page, &form).await;
    assert!(changed.response.text().contains("are changed"), "{changed}");
    let known = async || {
        let tenant = app.platform.get_tenant("northside").await.unwrap();
        (tenant.display_name, tenant.tier)
    };
    assert_eq!(known().await, ("Northside Children's".to_owned(), Tier::Enterprise));
    let document = app.platform.find_settings("northside").await.unwrap().unwrap();
    assert_eq!(document.display_name, "Northside Children's");
    browser.submit(&changed, &form_to(&changed, "/contract")).await;
    assert_eq!(known().await, ("Hospital northside".to_owned(), Tier::Standard));
    let empty = form_to(&page, "/contract").with("display_name", " ");
    let refused = browser.submit(&page, &empty).await;
    assert!(refused.response.text().contains("is empty"), "{refused}");
    assert_eq!(known().await, ("Hospital northside".to_owned(), Tier::Standard));
}

#[tokio::test]
async fn somebody_is_let_in_by_a_link_and_sees_what_their_role_allows() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let mut browser = operator(&app).await;
    let page = browser.goto("/admin/operators").await;
    assert!(page.response.text().contains("Opal Operator"), "{page}");
    let form = form_to(&page, "/operators")
        .with("email", "audra@platform.example")
        .with("name", "Audra Auditor")
        .with("role", "platform_auditor");
    let made = browser.submit(&page, &form).await;
    let text = made.response.text();
    let link = format!("{}/platform/auth/account/link/", app.base);
    let token = text.split(&link).nth(1).and_then(|rest| rest.split(['<', '"']).next());
    let link = format!("{link}{}", token.unwrap_or_else(|| panic!("no link on {made}")));
    let mut auditor = app.browser_of_link(&link, "audra@platform.example").await;
    let list = auditor.goto("/admin/operators").await;
    let text = list.response.text();
    // An auditor sees who may do what, by account, and no names.
    assert!(
        text.contains("platform_operator") || text.contains("Platform operator"),
        "{list}"
    );
    assert!(!text.contains("Opal Operator"), "{list}");
    for place in [
        "/admin/operators",
        "/admin/tenants/northside",
        "/admin/settings",
        "/admin",
    ] {
        let seen = auditor.goto(place).await;
        assert_eq!(seen.response.status, 200, "{seen}");
        let forms = seen.forms();
        let changing = forms
            .iter()
            .filter(|form| form.is_post && !form.action.ends_with("/sign-out"));
        let changing: Vec<_> = changing.filter(|form| form.action.contains("/admin")).collect();
        assert!(
            changing.iter().all(|form| form.action.ends_with("/admin/tenants")),
            "{place} has {changing:?}"
        );
    }
}

#[tokio::test]
async fn who_only_looks_cannot_change_anything_by_a_form_of_somebody_else() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let mut operator = operator(&app).await;
    let tenant = operator.goto("/admin/tenants/northside").await;
    let people = operator.goto("/admin/operators").await;
    let settings = operator.goto("/admin/settings").await;
    let new = operator.goto("/admin/new-tenant").await;
    for (who, role) in [("audra", Role::PlatformAuditor), ("sam", Role::PlatformSupport)] {
        let mut browser = app.operator_browser(who, role).await;
        let cookie = browser.find_cookie("/admin", "__Secure-wk_console").unwrap().to_owned();
        // Whoever has a cookie can work out the tokens of their own forms; it is their role that must refuse them.
        let own = |purpose: &str| Csrf::derive(&Secret::new(cookie.clone()), purpose).token().to_owned();
        for (page, purpose, form) in [
            (
                &tenant,
                "tenant northside",
                form_to(&tenant, "/suspend").with("confirm", "northside"),
            ),
            (
                &tenant,
                "tenant northside",
                form_to(&tenant, "/contract").with("display_name", "Other"),
            ),
            (
                &people,
                "operators",
                form_to(&people, "/operators").with("email", "x@y.example"),
            ),
            (
                &settings,
                "settings",
                form_to(&settings, "/settings").with("display_name", "Other"),
            ),
            (&new, "new tenant", form_to(&new, "/new-tenant").with("slug", "other")),
        ] {
            let refused = browser.submit(page, &form.with("csrf", &own(purpose))).await;
            assert_eq!(refused.response.status, 403, "{who}: {refused}");
            assert!(
                refused.response.text().contains("your roles do not allow this"),
                "{who}: {refused}"
            );
        }
    }
    let tenant = app.platform.get_tenant("northside").await.unwrap();
    assert_eq!(
        (tenant.status, tenant.display_name.as_str()),
        (TenantStatus::Active, "Hospital northside")
    );
}

#[tokio::test]
async fn the_last_operator_stays_and_others_can_be_given_their_role_back() {
    let app = TestApp::new().await;
    let mut browser = operator(&app).await;
    let page = browser.goto("/admin/operators").await;
    let refused = browser.submit(&page, &form_to(&page, "/withdraw")).await;
    assert!(refused.response.text().contains("is the last"), "{refused}");
    let admin = app.platform.platform_tenant().await.unwrap();
    let new = NewOwner {
        username: "sam".to_owned(),
        name: None,
        email: None,
    };
    let (sam, _, _) = Box::pin(admin.invite_operator(&new, Role::PlatformSupport))
        .await
        .unwrap();
    let page = browser.goto("/admin/operators").await;
    let take = form_to(&page, "/withdraw")
        .with("principal", &sam.to_string())
        .with("role", "platform_support");
    let taken = browser.submit(&page, &take).await;
    let roles = async || {
        let admin = app.platform.platform_tenant().await.unwrap();
        let sam = sam.to_string();
        let given = admin.list_role_assignments(Some(&sam), ("", ""), 9).await.unwrap();
        given.len()
    };
    assert_eq!(roles().await, 0);
    browser.submit(&taken, &form_to(&taken, "/assign")).await;
    assert_eq!(roles().await, 1);
}

#[tokio::test]
async fn what_the_platform_is_called_is_changed_and_taken_back() {
    let app = TestApp::new().await;
    let mut browser = operator(&app).await;
    let page = browser.goto("/admin/settings").await;
    let wrong = form_to(&page, "/settings").with("privacy_url", "http://plain.example");
    let refused = browser.submit(&page, &wrong).await;
    assert!(refused.response.text().contains("not an https address"), "{refused}");
    let right = form_to(&page, "/settings")
        .with("display_name", "Regional platform")
        .with("help_contact", "+1 555 0100");
    let saved = browser.submit(&page, &right).await;
    let name = async || {
        let settings = app.platform.find_settings("platform").await.unwrap().unwrap();
        (settings.display_name, settings.help_contact)
    };
    assert_eq!(
        name().await,
        ("Regional platform".to_owned(), Some("+1 555 0100".to_owned()))
    );
    browser.submit(&saved, &form_to(&saved, "/settings")).await;
    assert_eq!(name().await, ("Wardkey platform".to_owned(), None));
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
    browser.wait_for_text("h1", "Your password is saved").await;
    browser.inspect("password-saved").await;
    browser.press("Sign in to administration").await;
    browser.fill("User name", OPERATOR).await;
    browser.fill("Password", CHOSEN).await;
    browser.press("Sign in").await;
    let key = browser.text("code.key").await;
    browser.fill("Code", &Authenticator::of_key(&key).code(app.now())).await;
    browser
        .script("document.querySelector('form button[type=submit]').click()")
        .await;
    browser.wait_for(".recovery").await;
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
    let reported = app.platform.report_traffic(app.app.federation().outbound());
    reported.await.unwrap();
    for place in ["health", "operators", "settings"] {
        browser.goto(&at(&format!("/{place}"))).await;
        browser.wait_for(".console main h1").await;
        browser.inspect(&format!("operator-{place}")).await;
    }
    let registration = json!({
        "client_name": "Growth curves", "redirect_uris": ["https://growth.example/callback"],
        "token_endpoint_auth_method": "none", "scope": "openid launch/patient patient/Observation.rs",
    });
    let new = NewDirectoryApp {
        summary: "Shows how a child grows.".to_owned(),
        registration: registration.as_object().unwrap().clone(),
    };
    app.platform.submit_directory_app("growth-curves", &new).await.unwrap();
    for (place, name) in [
        ("directory?state=submitted", "directory"),
        ("directory/growth-curves", "directory-review"),
        ("directory/growth-curves/edit", "directory-edit"),
        ("new-directory-app", "directory-new"),
        ("directory/nobody", "not-found"),
    ] {
        browser.goto(&at(&format!("/{place}"))).await;
        browser.wait_for("h1").await;
        browser.inspect(&format!("operator-{name}")).await;
    }
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
