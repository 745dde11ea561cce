//! Where people sign in: by what the app, a link or an address says, else by their choice.

use crate::support::app::{PASSWORD, PUBLIC, REDIRECT_URI, STAFF, TestApp, TestTenant};
use crate::support::browser::Browser;
use crate::support::database::Database;
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::loopback::{Port, Served};
use crate::support::saml_idp::IDP;
use serde_json::json;
use std::time::Duration;
use wardkey::control::ControlError;
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::saml::SamlProviderConfig;
use wardkey::federation::{LocalDocument, Offer, Provisioning, SamlDocument};
use wardkey::kernel::Secret;
use wardkey::store::tenant::AccountProfile;

const SCOPE: &str = "openid launch/patient patient/*.rs";
const SSO: &str = "https://idp.hospital.example/sso";
const CHOOSER: &str = "How do you want to sign in?";

fn offer(domains: &[&str], remark: Option<&str>, hidden: bool) -> Offer {
    Offer {
        email_domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        remark: remark.map(str::to_owned),
        hidden,
        ..Offer::default()
    }
}

/// Staff and patients with accounts of the tenant's own, the hospital by SAML and e-mail domain, and a hidden partner.
async fn hospital<'a>(app: &'a TestApp, slug: &str) -> TestTenant<'a> {
    let tenant = Box::pin(app.tenant(slug)).await;
    app.wait(Duration::from_secs(1)); // the order is that of their creation
    let admin = tenant.admin().await;
    let patients = LocalDocument {
        offer: offer(&[], Some("The name on your letter"), false),
    };
    admin
        .save_local_accounts("patients", "Patient account", &patients)
        .await
        .unwrap();
    let profile = AccountProfile {
        subject: "morgan".to_owned(),
        name: Some("Pat Morgan".to_owned()),
        fhir_user: Some("Patient/pat-1".to_owned()),
        patient: Some("pat-1".to_owned()),
        email: None,
        patients: Vec::new(),
        npi: None,
        roles: Vec::new(),
    };
    let password = Secret::new(PASSWORD.to_owned());
    admin
        .save_local_account("patients", &profile, &password, app.app.federation().passwords())
        .await
        .unwrap();
    app.wait(Duration::from_secs(1));
    let partner = LocalDocument {
        offer: offer(&["partner.example"], None, true),
    };
    admin
        .save_local_accounts("partner", "Partner account", &partner)
        .await
        .unwrap();
    let metadata = IDP.metadata(SSO, None, &[IDP.key.certificate()]);
    Box::pin(admin.save_saml_provider("hospital", "Hospital account", &saml(&["hospital.example"]), &metadata))
        .await
        .unwrap();
    tenant
}

fn saml(domains: &[&str]) -> SamlDocument {
    SamlDocument {
        provider: SamlProviderConfig::new(IDP.entity_id),
        mapping: MappingRules::default(),
        offer: offer(domains, None, false),
        provisioning: Provisioning::default(),
    }
}

async fn ask(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, extra: &[(&str, &str)]) -> Page {
    let mut query = tenant.authorization_request(SCOPE);
    for (name, value) in extra {
        query = query.with(name, value);
    }
    browser.goto(&query.address()).await
}

/// Where the step at a provider is, seen from the page of an interaction.
fn step(page: &Page, alias: &str) -> String {
    format!("{}/sign-in/{alias}", page.url.path())
}

fn position(page: &Page, words: &str) -> usize {
    let text = page.response.text();
    text.find(words).unwrap_or_else(|| panic!("no {words} at {page}"))
}

#[tokio::test]
async fn accounts_for_emergencies_alone_have_no_button_until_somebody_wants_to_choose() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let closed = [("local_accounts.sign_in".to_owned(), "break_glass".to_owned())];
    Box::pin(app.platform.set_settings("northside", &closed)).await.unwrap();
    let page = ask(&tenant, &mut app.browser(), &[]).await;
    position(&page, "Hospital account");
    for own in ["Staff account", "Patient account"] {
        assert!(!page.response.text().contains(own), "{page}");
    }
    let page = ask(&tenant, &mut app.browser(), &[("prompt", "select_account")]).await;
    for each in ["Hospital account", "Staff account", "Patient account"] {
        position(&page, each);
    }
    // Without domains there is nothing left to ask: one way beside emergencies leads straight there, a link still elsewhere.
    let admin = tenant.admin().await;
    let partner = LocalDocument {
        offer: offer(&[], None, true),
    };
    admin
        .save_local_accounts("partner", "Partner account", &partner)
        .await
        .unwrap();
    let metadata = IDP.metadata(SSO, None, &[IDP.key.certificate()]);
    Box::pin(admin.save_saml_provider("hospital", "Hospital account", &saml(&[]), &metadata))
        .await
        .unwrap();
    let page = ask(&tenant, &mut app.browser(), &[]).await;
    assert!(page.url.as_str().starts_with(SSO), "{page}");
    let page = ask(&tenant, &mut app.browser(), &[("idp_hint", "patients")]).await;
    assert!(page.response.text().contains("name=\"password\""), "{page}");
    // Where the other way has no button either, nobody stands before an empty page.
    let hidden = SamlDocument {
        offer: offer(&[], None, true),
        ..saml(&[])
    };
    Box::pin(admin.save_saml_provider("hospital", "Hospital account", &hidden, &metadata))
        .await
        .unwrap();
    let page = ask(&tenant, &mut app.browser(), &[]).await;
    position(&page, "Staff account");
}

#[tokio::test]
async fn several_ways_are_buttons_in_the_tenants_words_and_hidden_ones_are_not_there() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let page = ask(&tenant, &mut app.browser(), &[]).await;
    assert!(
        position(&page, "Staff account") < position(&page, "Patient account"),
        "the tenant's order"
    );
    position(&page, "The name on your letter");
    position(&page, "Hospital account");
    assert!(!page.response.text().contains("Partner account"), "{page}");
}

#[tokio::test]
async fn an_address_leads_to_the_provider_of_its_domain_with_the_address_passed_on() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let mut browser = app.browser();
    let page = ask(&tenant, &mut browser, &[]).await;
    // Accounts of the tenant's own: the form, filled in.
    let form = browser
        .submit(&page, &page.form().with("email", "x@PARTNER.example"))
        .await;
    assert_eq!(form.form().find("username"), Some("x@PARTNER.example"), "{form}");
    assert!(form.url.path().ends_with("/sign-in/partner"), "{form}");
    // Another hospital's service: a page of ours that leads on by itself, and no address in an address.
    let mut browser = app.browser();
    let page = ask(&tenant, &mut browser, &[]).await;
    let on = browser
        .submit(&page, &page.form().with("email", "ada@hospital.example"))
        .await;
    assert!(
        on.response.text().contains("Next you sign in with “Hospital account”"),
        "{on}"
    );
    let onward = on.onward().unwrap();
    assert_eq!(onward, step(&page, "hospital"));
    assert!(browser.goto(&onward).await.url.as_str().starts_with(SSO));
}

#[tokio::test]
async fn an_address_that_leads_nowhere_says_so_whatever_other_tenants_have() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let other = app.tenant("lakeside").await;
    other
        .admin()
        .await
        .save_local_accounts(
            "lake",
            "Lake account",
            &LocalDocument {
                offer: offer(&["lakeside.example"], None, false),
            },
        )
        .await
        .unwrap();
    let mut answers = Vec::new();
    for address in ["x@nowhere.invalid", "x@lakeside.example"] {
        let mut browser = app.browser();
        let page = ask(&tenant, &mut browser, &[]).await;
        let again = browser.submit(&page, &page.form().with("email", address)).await;
        assert!(
            again
                .response
                .text()
                .contains("No sign-in service is known for this address"),
            "{again}"
        );
        assert_eq!(again.form().find("email"), Some(address));
        assert!(!again.response.text().contains("Lake account"), "{again}");
        answers.push(again.response.status);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn a_forged_form_is_refused() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let mut browser = app.browser();
    let page = ask(&tenant, &mut browser, &[]).await;
    let forged = page.form().with("email", "x@partner.example").with("csrf", "forged");
    let refused = browser.submit(&page, &forged).await;
    assert_eq!(refused.response.status, 403, "{refused}");
}

#[tokio::test]
async fn a_hint_leads_straight_there_and_an_unknown_one_to_the_choice() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    app.tenant("lakeside")
        .await
        .admin()
        .await
        .save_local_provider("lake", "Lake account")
        .await
        .unwrap();
    for (extra, words) in [
        (("login_hint", "ada@partner.example"), "Password"),
        (("idp_hint", "patients"), "Password"),
        (("idp_hint", "partner"), "Password"),
        (("idp_hint", "lake"), CHOOSER),
        (("idp_hint", "nowhere"), CHOOSER),
        (("login_hint", "ada"), CHOOSER),
    ] {
        let page = ask(&tenant, &mut app.browser(), &[extra]).await;
        assert!(page.response.text().contains(words), "{extra:?}: {page}");
    }
    let sent = ask(&tenant, &mut app.browser(), &[("idp_hint", "hospital")]).await;
    assert!(sent.url.as_str().starts_with(SSO), "{sent}");
}

#[tokio::test]
async fn the_chooser_begins_with_what_this_browser_used_last_at_this_tenant() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let other = hospital(&app, "lakeside").await;
    let mut browser = app.browser();
    let page = ask(&tenant, &mut browser, &[]).await;
    assert!(!page.response.text().contains("You used this last time"), "{page}");
    browser.goto(&step(&page, "patients")).await;
    let page = ask(&tenant, &mut browser, &[]).await;
    assert!(
        position(&page, "Patient account") < position(&page, "Staff account"),
        "{page}"
    );
    position(&page, "You used this last time");
    let elsewhere = ask(&other, &mut browser, &[]).await;
    assert!(
        !elsewhere.response.text().contains("You used this last time"),
        "{elsewhere}"
    );
}

#[tokio::test]
async fn an_app_begins_with_its_own_provider_unless_the_user_wants_to_choose() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let members = json!({ "token_endpoint_auth_method": "none", "default_identity_provider": "patients" });
    tenant.client(PUBLIC, members).await;
    let page = ask(&tenant, &mut app.browser(), &[]).await;
    assert!(page.response.text().contains("name=\"password\""), "{page}");
    let page = ask(&tenant, &mut app.browser(), &[("prompt", "select_account")]).await;
    assert!(page.response.text().contains(CHOOSER), "{page}");
    let page = ask(&tenant, &mut app.browser(), &[("idp_hint", "hospital")]).await;
    assert!(page.url.as_str().starts_with(SSO), "{page}");
}

#[tokio::test]
async fn an_app_for_patients_is_not_opened_with_a_session_of_staff() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    // `ada` signs in for an app that is for everybody.
    let mut browser = app.browser();
    let page = ask(&tenant, &mut browser, &[]).await;
    let form = browser.goto(&step(&page, STAFF)).await;
    let filled = form.form().with("username", "pat").with("password", PASSWORD);
    let consent = browser.submit(&form, &filled).await;
    assert!(consent.response.text().contains("value=\"allow\""), "{consent}");
    let members = json!({ "token_endpoint_auth_method": "none", "identity_providers": ["patients"] });
    tenant.client(PUBLIC, members).await;
    let silent = ask(&tenant, &mut browser, &[("prompt", "none")]).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"), "{silent}");
    let page = ask(&tenant, &mut browser, &[]).await;
    assert!(
        page.response.text().contains("name=\"password\""),
        "straight to the only one: {page}"
    );
    // No way leads around it.
    for alias in [STAFF, "hospital", "nowhere"] {
        let back = browser.goto(&step(&page, alias)).await;
        assert!(back.url.path().ends_with(page.url.path()), "{alias}: {back}");
        assert!(back.form().action.ends_with("/sign-in/patients"), "{alias}: {back}");
    }
    let mut crossed = page.form().with("username", "pat").with("password", PASSWORD);
    crossed.action = step(&page, STAFF);
    let refused = browser.submit(&page, &crossed).await;
    assert!(refused.form().action.ends_with("/sign-in/patients"), "{refused}");
    let filled = page.form().with("username", "morgan").with("password", PASSWORD);
    let consent = browser.submit(&page, &filled).await;
    let done = browser
        .submit(&consent, &consent.form().with("decision", "allow"))
        .await;
    assert!(
        done.url.as_str().starts_with(REDIRECT_URI) && done.parameter("code").is_some(),
        "{done}"
    );
}

#[tokio::test]
async fn settings_that_lead_nowhere_or_to_two_places_are_refused() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let admin = tenant.admin().await;
    let twice = LocalDocument {
        offer: offer(&["Hospital.Example"], None, false),
    };
    let refused = admin.save_local_accounts("more", "More", &twice).await.unwrap_err();
    assert!(matches!(refused, ControlError::Conflict(_)), "{refused}");
    let metadata = IDP.metadata(SSO, None, &[IDP.key.certificate()]);
    admin
        .save_saml_provider(
            "hospital",
            "Hospital account",
            &saml(&["hospital.example", "b.example"]),
            &metadata,
        )
        .await
        .expect("its own domain is no conflict");
    let wrong = LocalDocument {
        offer: offer(&["not a domain"], None, false),
    };
    assert!(admin.save_local_accounts("more", "More", &wrong).await.is_err());
    for member in ["identity_providers", "default_identity_provider"] {
        let value = if member == "identity_providers" {
            json!(["nowhere"])
        } else {
            json!("nowhere")
        };
        let metadata = json!({
            "client_name": "App", "redirect_uris": [REDIRECT_URI], "grant_types": ["authorization_code"],
            "token_endpoint_auth_method": "none", "scope": "openid", member: value,
        });
        let registration = serde_json::from_value(metadata).unwrap();
        let policy = wardkey::control::clients::SecretPolicy::KeepOrCreate;
        let refused = admin
            .save_client("app", registration, policy)
            .await
            .map(drop)
            .unwrap_err();
        assert!(refused.to_string().contains("nowhere"), "{refused}");
    }
}

#[tokio::test]
async fn on_their_own_page_people_choose_the_same_way() {
    let app = TestApp::new().await;
    let tenant = hospital(&app, "northside").await;
    let mut browser = app.browser();
    let page = browser.goto(&tenant.path("apps")).await;
    let on = browser
        .submit(&page, &page.form().with("email", "ada@hospital.example"))
        .await;
    let sent = browser.goto(&on.onward().unwrap()).await;
    assert!(sent.url.as_str().starts_with(SSO), "{sent}");
}

#[tokio::test]
async fn in_a_real_browser_the_choice_is_readable_and_an_address_leads_on() {
    let Some(browser) = Browser::open().await else { return };
    let port = Port::take().await;
    let base = port.base().to_owned();
    let app = TestApp::at(Database::sqlite(), &base).await;
    let tenant = hospital(&app, "northside").await;
    let _served: Served = port.serve(app.router.clone());
    let address = format!("{base}{}", tenant.authorization_request(SCOPE).address());
    browser.goto(&address).await;
    browser.wait_for_words("h1", CHOOSER).await;
    browser.screenshot("choose-provider").await;
    let field = browser.wait_for("input[name=email]").await;
    field.send_keys("somebody@nowhere.example").await.unwrap();
    browser
        .wait_for("form button[type=submit]")
        .await
        .click()
        .await
        .unwrap();
    browser.wait_for("#problem").await;
    browser.screenshot("choose-provider-unknown").await;
    let field = browser.wait_for("input[name=email]").await;
    field.clear().await.unwrap();
    field.send_keys("x@partner.example").await.unwrap();
    browser
        .wait_for("form button[type=submit]")
        .await
        .click()
        .await
        .unwrap();
    browser.wait_for("input[name=password]").await;
}
