//! Apps, branding, the launch tester and the history of the console in a real browser: without accessibility faults, wide and
//! narrow, light and dark, in English and Spanish. Leaves screenshots.

use crate::support::app::{CONFIDENTIAL, PUBLIC, TestApp};
use crate::support::backend::Backend;
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::loopback::Port;
use fantoccini::Locator;
use serde_json::json;
use wardkey::oauth::jose::SigningAlgorithm;
use wardkey::tenant::roles::Role;

#[tokio::test(flavor = "multi_thread")]
async fn apps_branding_launches_and_history_can_be_used_by_everybody() {
    let Some(browser) = Browser::open().await else { return };
    let port = Port::take().await;
    let app = TestApp::at(Database::sqlite(), port.base()).await;
    let tenant = app.tenant("northside").await;
    tenant.colleague("olga", &[Role::Owner]).await;
    let launched = json!({ "token_endpoint_auth_method": "none", "launch_uris": ["https://app.test/launch"] });
    tenant.client(PUBLIC, launched).await;
    let usable = Backend::new(SigningAlgorithm::ES256).jwks()["keys"][0].clone();
    let keys = json!({
        "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"], "redirect_uris": [],
        "response_types": [], "scope": "system/*.rs",
        "jwks": { "keys": [{ "kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "short" }, { "kty": "EC", "crv": "P-256", "kid": "odd" }, usable] },
    });
    tenant.client("registry", keys).await;
    let _served = port.serve(app.router.clone());
    let at = |place: &str| format!("{}{}", app.base, tenant.console(place));
    browser.enter_console(&at(""), "olga").await;
    for (place, name) in [
        ("apps/growth-chart", "app-of-users"),
        ("apps/growth-chart/edit", "app-edit"),
        ("apps/registry/edit", "app-edit-backend"),
        ("apps/registry/keys", "app-keys"),
        ("changes", "changes"),
        ("changes?kind=brands", "changes-none"),
        ("launch?app=growth-chart", "launch"),
        ("branding", "branding"),
        ("fhir-server", "fhir-server"),
        ("fhir-server?ui_locales=es", "fhir-server-es"),
        ("branding?ui_locales=en", "branding"),
        ("branding?ui_locales=es", "branding-es"),
        ("launch?ui_locales=es", "launch-es"),
        ("changes?ui_locales=es", "changes-es"),
        ("apps/growth-chart/edit?ui_locales=es", "app-edit-es"),
        ("apps/registry/keys?ui_locales=es", "app-keys-es"),
        ("changes?ui_locales=en", "changes"),
    ] {
        browser.goto(&at(place)).await;
        browser.inspect(&format!("console-{name}")).await;
    }
    browser.goto(&at("fhir-server")).await;
    browser
        .fill("Addresses, one on each line", "fhir.hospital.example/r4")
        .await;
    browser.press("Ask, and save").await;
    browser.wait_for_words("h2", "It was not saved").await;
    browser.inspect("console-fhir-server-wrong").await;
    browser
        .fill("Addresses, one on each line", &format!("{}/northside/fhir", app.base))
        .await;
    browser.press("Only ask").await;
    browser.wait_for_words("h3", "What the servers answered").await;
    browser.inspect("console-fhir-server-asked").await;
    // A fault is said and linked; then it is saved, and taken back.
    browser.goto(&at("apps/growth-chart/edit")).await;
    browser
        .fill("Redirect URIs, one in each line", "http://evil.example/callback")
        .await;
    browser.press("Save").await;
    browser.wait_for_words("h2", "Something has to be corrected").await;
    browser.inspect("console-app-edit-wrong").await;
    browser
        .fill("Redirect URIs, one in each line", "https://app.test/elsewhere")
        .await;
    browser.press("Save").await;
    browser.wait_for_words(".notice", "Saved.").await;
    browser.inspect("console-app-saved").await;
    browser.press("What changed").await;
    browser.wait_for_text("#differences", "What differs").await;
    browser.inspect("console-change").await;
    browser.press("Take this change back").await;
    browser.wait_for_words(".notice", "Taken back.").await;
    browser.inspect("console-change-undone").await;
    // A rehearsal, then a real launch.
    browser.goto(&at("launch")).await;
    browser.fill("App (client id)", PUBLIC).await;
    browser.fill("Patient id (optional)", "pat-1").await;
    browser
        .fill(
            "Scopes it asks for (optional)",
            "openid fhirUser launch patient/*.cruds system/*.rs nonsense",
        )
        .await;
    browser.press("Show what it would get").await;
    browser.wait_for_words(".notice", "The app gets its tokens").await;
    browser.inspect("console-launch-forecast").await;
    browser.press("Make a real launch").await;
    browser.wait_for_text("#next", "What to see next").await;
    browser.inspect("console-launch-ready").await;
    browser.goto(&at("launch")).await;
    browser.fill("App (client id)", "nobody").await;
    browser.press("Show what it would get").await;
    browser.wait_for_words("h2", "Something has to be corrected").await;
    browser.inspect("console-launch-wrong").await;
    browser.goto(&at(&format!("apps/{CONFIDENTIAL}"))).await;
    browser.press("Switch off").await;
    browser.wait_for_words(".notice", "The app is switched off.").await;
    browser.inspect("console-app-off").await;
}

/// The colour that the frame's page shows its button in.
const BUTTON_COLOUR: &str = "const frame = document.querySelector('iframe').contentDocument; \
     const button = frame && frame.querySelector('.button.primary'); \
     return button && getComputedStyle(button).backgroundColor;";

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_and_the_contrast_follow_what_is_typed_and_nothing_is_saved_before_it_is_said() {
    let Some(browser) = Browser::open().await else { return };
    let port = Port::take().await;
    let app = TestApp::at(Database::sqlite(), port.base()).await;
    let tenant = app.tenant("northside").await;
    tenant.colleague("olga", &[Role::Owner]).await;
    let _served = port.serve(app.router.clone());
    let at = |place: &str| format!("{}{}", app.base, tenant.console(place));
    browser.enter_console(&at(""), "olga").await;
    browser.goto(&at("branding")).await;
    browser.fill("Colour of buttons and links", "#7a1f5c").await;
    let shown = async {
        loop {
            if browser.script(BUTTON_COLOUR).await == json!("rgb(122, 31, 92)") {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), shown)
        .await
        .expect("the preview follows");
    browser.inspect("console-branding-preview").await;
    let kept = tenant.admin().await.get_settings().await.unwrap();
    assert_eq!(kept.branding.primary_colour, "#0b5fa5");
    // A colour that cannot be read is measured, refused, and a better one is named.
    browser.fill("Colour of buttons and links", "#ffff00").await;
    browser.wait_for_words("#contrast", "Too little").await;
    browser.press("Save").await;
    browser
        .wait_for_words(".notice", "too pale for buttons and links")
        .await;
    browser.inspect("console-branding-refused").await;
    // A logo is kept while something else is corrected, and saved with the rest.
    let logo = tempfile::Builder::new().suffix(".svg").tempfile().unwrap();
    std::fs::write(
        logo.path(),
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"80\" height=\"40\"><rect width=\"80\" height=\"40\"/></svg>",
    )
    .unwrap();
    let field = browser.client().find(Locator::Id("logo")).await.unwrap();
    field.send_keys(logo.path().to_str().unwrap()).await.unwrap();
    browser.press("Check colours").await;
    browser.wait_for(".logo-now img").await;
    browser.fill("Colour of buttons and links", "#1f5c7a").await;
    browser.press("Save").await;
    browser.wait_for_words(".notice", "Saved.").await;
    browser.inspect("console-branding-saved").await;
    let saved = tenant.admin().await.get_settings().await.unwrap().branding;
    assert_eq!(saved.primary_colour, "#1f5c7a");
    assert!(saved.logo.is_some());
    browser.press("Undo").await;
    browser.wait_for_words(".notice", "Taken back").await;
    let back = tenant.admin().await.get_settings().await.unwrap();
    assert_eq!(back.branding, kept.branding);
}
