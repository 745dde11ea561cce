//! The demonstration as people meet it: a real browser, real HTTP, both hospitals. Leaves screenshots of every page.

use crate::support::browser::Browser;
use crate::support::demo::RunningDemo;

async fn sign_in(browser: &Browser, username: &str) {
    browser.fill("User name", username).await;
    browser.fill("Password", "demonstration").await;
    browser.press("Sign in").await;
}

#[tokio::test]
async fn a_patient_opens_the_app_at_one_hospital_and_its_token_opens_nothing_at_the_other() {
    let Some(browser) = Browser::open().await else { return };
    let demo = RunningDemo::start().await;
    browser.resize(1280, 1000).await;
    browser.goto(&demo.address("/")).await;
    browser.screenshot("demo-home").await;
    browser.press("Open the sample app at Lakeside Clinic").await;
    browser.wait_for("a.choice").await;
    browser.screenshot("choose-sign-in").await;
    browser.press("Clinic sign-in").await;
    browser.wait_for_words("h1", "Who are you today?").await;
    browser.screenshot("saml-choose-person").await;
    browser.wait_for("a[href*='/sso/maria']").await.click().await.unwrap();
    browser.wait_for("button[value=allow]").await;
    browser.screenshot("consent").await;
    assert!(browser.page_text().await.contains("Lakeside Clinic"));
    browser.press("Allow").await;
    browser.wait_for_words("#patient", "Maria Lopez").await;
    browser.screenshot("sample-app-with-patient").await;
    let token = browser.text("#access-token").await;
    assert!(
        token.contains("/lakeside/auth") && token.contains("tenant_id"),
        "{token}"
    );
    browser.press("Refresh the token").await;
    browser.wait_for_words("#steps", "New token received").await;
    browser.press("Try this token at Northside General").await;
    browser.wait_for_words("#verdicts", "tenant_mismatch").await;
    browser.screenshot("token-refused-elsewhere").await;
}

#[tokio::test]
async fn a_clinician_signs_in_upstream_and_chooses_a_patient_on_a_phone() {
    let Some(browser) = Browser::open().await else { return };
    let demo = RunningDemo::start().await;
    browser.resize(360, 780).await;
    browser.goto(&demo.address("/")).await;
    browser.press("Open the sample app at Northside General").await;
    // The upstream is another issuer of this deployment, over real HTTP.
    browser.wait_for("input[name=password]").await;
    assert!(browser.url().await.path().starts_with("/northside-staff/auth/"));
    sign_in(&browser, "ana").await;
    // The hospital's own sign-in service asks nobody for consent.
    browser.wait_for("input[name=query]").await;
    browser.screenshot("patient-picker-360").await;
    assert!(!browser.overflows_sideways().await);
    browser.fill("Name", "lopez").await;
    browser.press("Search").await;
    browser.wait_for_words("main", "2 patients found").await;
    browser.screenshot("patient-picker-results-360").await;
    assert!(!browser.overflows_sideways().await);
    browser.wait_for("button[value=maria]").await.click().await.unwrap();
    browser.wait_for("button[value=allow]").await;
    browser.screenshot("consent-360").await;
    assert!(!browser.overflows_sideways().await);
    browser.press("Allow").await;
    browser.wait_for_words("#patient", "Maria Lopez").await;
    let token = browser.text("#access-token").await;
    assert!(token.contains("Practitioner/ana"), "{token}");
    // Being signed in at one hospital says nothing at the other.
    browser.goto(&demo.address("/")).await;
    browser.press("Open the sample app at Lakeside Clinic").await;
    browser.wait_for("a.choice").await;
    browser.press("Hospital account").await;
    browser.wait_for("input[name=password]").await;
    assert!(browser.url().await.path().starts_with("/lakeside/auth/"));
}

/// Leaves pictures of each page at both widths, light and dark.
#[tokio::test]
async fn no_page_of_the_demonstration_scrolls_sideways() {
    let Some(browser) = Browser::open().await else { return };
    let demo = RunningDemo::start().await;
    let launch = "/demo/launcher?tenant=lakeside&sign_in=vouched&intent=review&style=dusk&launch=yes";
    let refused = "/demo/launcher?tenant=lakeside&fhir_context=%5B%7B%7D%5D&launch=yes";
    for (name, path) in [
        ("home", "/"),
        ("launcher", "/demo/launcher"),
        ("launcher-ready", launch),
        ("launcher-refused", refused),
        ("app", "/demo/app"),
    ] {
        look(&browser, &demo.address(path), name).await;
    }
    // The app with its tokens: a launch that somebody vouched for, allowed.
    for (width, dark) in [(1280, false), (360, true), (360, false), (1280, true)] {
        browser.prefer_dark(dark).await;
        browser.resize(width, 900).await;
        browser.goto(&demo.address(launch)).await;
        let address = browser.wait_for("a[target=_blank]").await.attr("href").await.unwrap();
        browser.goto(&address.unwrap()).await;
        browser.wait_for("button[value=allow], #style-members ul").await;
        if browser.url().await.path() != "/demo/app" {
            browser.press("Allow").await;
        }
        browser.wait_for_words("#style-members", "color_background").await;
        browser.press("Refresh the token").await;
        browser.wait_for_words("#compared", "refresh_token").await;
        browser.press("Observations").await;
        browser.wait_for_words("#answers", "Found").await;
        picture(&browser, "app-launched", width, dark).await;
    }
}

async fn look(browser: &Browser, address: &str, name: &str) {
    for (width, dark) in [(1280, false), (1280, true), (360, false), (360, true)] {
        browser.prefer_dark(dark).await;
        browser.resize(width, 900).await;
        browser.goto(address).await;
        picture(browser, name, width, dark).await;
    }
}

async fn picture(browser: &Browser, name: &str, width: u32, dark: bool) {
    assert!(!browser.overflows_sideways().await, "{name} at {width}");
    browser.show_all(width).await;
    let look = if dark { "dark" } else { "light" };
    browser.screenshot(&format!("demo-{name}-{width}-{look}")).await;
}
