//! The consoles and the developers' pages speak Spanish to whoever reads it, also where they refuse something.

use crate::support::app::{CONFIDENTIAL, PUBLIC, STAFF, TestApp, TestTenant};
use crate::support::english::english_in;
use crate::support::html_form::HtmlForm;
use crate::support::http_browser::{HttpBrowser, Page};
use wardkey::tenant::roles::Role;

/// What other programs say, and a product's own names of its fields, stay English and are marked so.
#[track_caller]
fn assert_spanish_but(page: &Page, marked: &[&str]) {
    let html = page.response.text();
    assert!(html.contains("<html lang=\"es\""), "{page}");
    let found: Vec<_> = english_in(html)
        .into_iter()
        .filter(|found| !(found.marked && marked.iter().any(|stays| found.text.contains(stays))))
        .collect();
    assert!(found.is_empty(), "{found:#?} at {page}");
}

#[track_caller]
fn assert_spanish(page: &Page) {
    assert_spanish_but(page, &[]);
}

/// The form of a page whose action ends so; of several, the one that changes something.
fn form_to(page: &Page, end: &str) -> HtmlForm {
    let mut forms = page.forms();
    forms.retain(|form| form.action.ends_with(end));
    forms.sort_by_key(|form| form.find("csrf").is_none());
    assert!(!forms.is_empty(), "no form to {end} on {page}");
    forms.remove(0)
}

/// An owner at the console, who reads Spanish.
async fn owner(tenant: &TestTenant<'_>) -> HttpBrowser {
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    browser.goto(&format!("{}?ui_locales=es", tenant.console(""))).await;
    browser
}

/// Fills a form in with each of these, one after the other, and expects each answer in Spanish, as a refusal.
async fn refused(browser: &mut HttpBrowser, place: &str, end: &str, wrong: &[&[(&str, &str)]]) {
    refused_but(browser, place, end, wrong, &[]).await;
}

async fn refused_but(browser: &mut HttpBrowser, place: &str, end: &str, wrong: &[&[(&str, &str)]], marked: &[&str]) {
    for fields in wrong {
        let page = browser.goto(place).await;
        let filled = fields
            .iter()
            .fold(form_to(&page, end), |form, (name, value)| form.with(name, value));
        let answer = browser.submit(&page, &filled).await;
        assert!(answer.response.status.is_client_error(), "{fields:?}: {answer}");
        assert_spanish_but(&answer, marked);
    }
}

#[tokio::test]
async fn every_page_of_a_tenants_console() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = owner(&tenant).await;
    let method = format!("sign-in-methods/{STAFF}");
    let one_app = format!("apps/{PUBLIC}");
    let edit = format!("apps/{CONFIDENTIAL}/edit");
    for place in [
        "",
        "sign-in-methods",
        "sign-in-methods/new",
        &method,
        "certificates",
        "apps",
        &one_app,
        &edit,
        "apps/new",
        "apps/new/browser",
        "apps/new/web",
        "apps/new/backend",
        "apps/new/ehr",
        "app-directory",
        "fhir-server",
        "launch",
        "people",
        "people?show=administrators",
        "people/invite",
        "branding",
        "activity",
        "activity?person=nobody&since=tomorrow",
        "changes",
        "usage",
        "keys",
        "apps/otra-app",
    ] {
        assert_spanish(&browser.goto(&tenant.console(place)).await);
    }
    let (users, _) = tenant.admin().await.search_users(None, None, 9).await.unwrap();
    for user in users {
        assert_spanish(&browser.goto(&tenant.console(&format!("people/{}", user.id))).await);
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_app_or_a_launch() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = owner(&tenant).await;
    let new = tenant.console("apps/new/browser");
    refused(
        &mut browser,
        &new,
        "/browser",
        &[
            &[
                ("client_name", ""),
                ("client_id", "acc_x"),
                ("redirect_uris", "https://x.example/#y"),
            ],
            &[
                ("client_name", "Card"),
                ("client_id", "card"),
                ("redirect_uris", "http://evil.example/a https://*.example/b"),
                ("scope", "openid patients"),
            ],
            &[
                ("client_name", "Card"),
                ("client_id", PUBLIC),
                ("redirect_uris", "https://x.example/cb"),
            ],
        ],
    )
    .await;
    let edit = tenant.console(&format!("apps/{CONFIDENTIAL}/edit"));
    refused(
        &mut browser,
        &edit,
        "/edit",
        &[
            &[("redirect_uris", "http://evil.example/callback")],
            &[("jwks", "{ not json")],
            &[("client_expires_at", "2001-01-01")],
            &[("client_expires_at", "tomorrow")],
            &[("client_uri", "ftp://x.example"), ("scope", "patient/Observation.xx")],
        ],
    )
    .await;
    let launch = tenant.console("launch");
    refused(
        &mut browser,
        &launch,
        "/launch",
        &[
            &[("app", "otra-app")],
            &[("app", PUBLIC), ("patient", "not an id!")],
            &[("app", PUBLIC), ("scope", "openid \u{7f}")],
        ],
    )
    .await;
    let page = browser.goto(&launch).await;
    for (user, scope) in [("Practitioner/ada", "openid system/*.rs nonsense"), ("", "system/*.rs")] {
        let form = form_to(&page, "/launch").with("app", PUBLIC);
        let form = form.with("fhir_user", user).with("scope", scope);
        assert_spanish(&browser.submit(&page, &form).await);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_way_to_sign_in() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = owner(&tenant).await;
    let chosen = |protocol: &str| {
        let new = tenant.console("sign-in-methods/new");
        format!("{new}?product=other&protocol={protocol}&name=Personal&alias=hospital-{protocol}")
    };
    refused_but(
        &mut browser,
        &chosen("oidc"),
        "/new",
        &[
            &[("issuer", "not an issuer"), ("client_id", "wardkey"), ("proof", "none")],
            &[
                ("issuer", "https://x.example/{tenant}"),
                ("client_id", "wardkey"),
                ("proof", "none"),
            ],
            &[("issuer", "https://x.example"), ("client_id", ""), ("proof", "none")],
        ],
        &[""],
    )
    .await;
    refused_but(
        &mut browser,
        &chosen("saml"),
        "/new",
        &[
            &[],
            &[("metadata", "<no/>")],
            &[("metadata", "<no>")],
            &[("metadata_url", "idp.example")],
            &[("metadata_url", "https://127.0.0.1/metadata")],
        ],
        &[""],
    )
    .await;
    let page = browser.goto(&chosen("oidc")).await;
    let filled = form_to(&page, "/new").with("issuer", "https://login.invalid");
    let saved = browser
        .submit(&page, &filled.with("client_id", "wardkey").with("proof", "none"))
        .await;
    assert_spanish(&saved);
    let overview = tenant.console("sign-in-methods/hospital-oidc");
    assert_spanish(&browser.submit(&saved, &form_to(&saved, "/check")).await);
    let rules = format!("{overview}/rules");
    refused(
        &mut browser,
        &rules,
        "/rules",
        &[
            &[("name", "persona.name"), ("act", "save")],
            &[("name", "unheard(claims.name)"), ("act", "save")],
        ],
    )
    .await;
    let page = browser.goto(&rules).await;
    let tried = form_to(&page, "/rules")
        .with("fhirUser", "claims.sub")
        .with("npi", "claims.npi")
        .with("roles", "1 / (claims.zero)")
        .with("required", "fhirUser")
        .with("sample", "{\"sub\":\"u1\",\"npi\":\"123\",\"zero\":0}")
        .with("act", "try");
    assert_spanish(&browser.submit(&page, &tried).await);
    let tests = browser.goto(&format!("{overview}/test")).await;
    assert_spanish(&tests);
    let made = browser.submit(&tests, &form_to(&tests, "/test")).await;
    assert_spanish(&made);
    let address = made.response.text().split("data-copy=\"").nth(1).unwrap();
    let address = address.split('"').next().unwrap().to_owned();
    let mut tester = app.browser();
    tester.goto(&format!("{address}?ui_locales=es")).await;
    assert_spanish(&tester.goto(&format!("{address}/start")).await);
    assert_spanish(&browser.goto(&format!("{overview}/test")).await);
}

#[tokio::test]
async fn what_administration_refuses() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = owner(&tenant).await;
    let keys = tenant.console("keys");
    let page = browser.goto(&keys).await;
    let rotate = form_to(&page, "/rotate").with("rotation", "planned");
    for _ in 0..2 {
        assert_spanish(&browser.submit(&page, &rotate).await);
    }
    let list = tenant.console("sign-in-methods");
    let page = browser.goto(&list).await;
    let link = form_to(&page, "/setup-links").with("alias", STAFF).with("label", "");
    assert_spanish(&browser.submit(&page, &link).await);
    // Somebody with less, who sends what only others may.
    tenant.colleague("ivo", &[Role::Auditor]).await;
    let mut auditor = app.browser();
    tenant.enter(&mut auditor, "ivo", "").await;
    auditor.goto(&format!("{}?ui_locales=es", tenant.console(""))).await;
    for place in ["branding", "people/invite", "apps/new", "launch"] {
        assert_spanish(&auditor.goto(&tenant.console(place)).await);
    }
}

#[tokio::test]
async fn the_operators_console() {
    let app = TestApp::new().await;
    app.tenant("northside").await;
    let mut browser = app.operator_browser("opal", Role::PlatformOperator).await;
    browser.goto("/admin?ui_locales=es").await;
    for place in [
        "/admin",
        "/admin/tenants",
        "/admin/tenants?q=north",
        "/admin/tenants/northside",
        "/admin/tenants/northside?request=x",
        "/admin/tenants/nowhere",
        "/admin/new-tenant",
        "/admin/directory",
        "/admin/new-directory-app",
        "/admin/health",
        "/admin/operators",
        "/admin/settings",
    ] {
        assert_spanish(&browser.goto(place).await);
    }
    let tenant = [
        ("display_name", "Southside"),
        ("slug", "southside"),
        ("email", "it@south.example"),
    ];
    for (field, value) in [
        ("slug", "South Side"),
        ("slug", "platform"),
        ("slug", "northside"),
        ("display_name", "  "),
        ("email", "nobody"),
    ] {
        let page = browser.goto("/admin/new-tenant").await;
        let filled = tenant
            .iter()
            .fold(form_to(&page, "/new-tenant"), |form, (name, value)| {
                form.with(name, value)
            });
        assert_spanish(&browser.submit(&page, &filled.with(field, value)).await);
    }
    for (place, end, field, value) in [
        ("/admin/settings", "/settings", "privacy_url", "http://plain.example"),
        ("/admin/settings", "/settings", "display_name", ""),
        ("/admin/operators", "/operators", "email", "nobody"),
        ("/admin/tenants/northside", "/contract", "display_name", " "),
        (
            "/admin/new-directory-app",
            "/new-directory-app",
            "redirect_uris",
            "http://x.example/#",
        ),
    ] {
        let page = browser.goto(place).await;
        let filled = form_to(&page, end).with(field, value);
        assert_spanish(&browser.submit(&page, &filled).await);
    }
}

#[tokio::test]
async fn the_developers_pages() {
    let app = TestApp::new().await;
    Box::pin(app.platform.provision_platform_tenant()).await.unwrap();
    let mut browser = app.browser();
    for place in [
        "/developers?ui_locales=es",
        "/developers/apps/new",
        "/developers/explain",
        "/errors?ui_locales=es",
    ] {
        assert_spanish(&browser.goto(place).await);
    }
    let page = browser.goto("/developers/explain").await;
    let asked = page
        .forms()
        .into_iter()
        .find(|form| form.find("text").is_some())
        .unwrap();
    for text in [
        "https://auth.example/n/auth/authorize?response_type=code&client_id=x&scope=patients+patient/Observation.xx&aud=x",
        "https://app.example/cb?error=invalid_request&error_description=Missing+%28pkce_missing%29",
        "invalid_grant",
    ] {
        assert_spanish(&browser.submit(&page, &asked.clone().with("text", text)).await);
    }
    let page = browser.goto("/developers/apps/new").await;
    let filled = form_to(&page, "/apps/new")
        .with("client_id", "a b")
        .with("redirect_uris", "http://x.example");
    assert_spanish(&browser.submit(&page, &filled).await);
}
