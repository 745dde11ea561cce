//! Accounts of the tenant's own: second factor, recovery codes, links, password rules, budgets, emergencies.

use crate::support::app::{PASSWORD, STAFF, TestApp, TestTenant, claims};
use crate::support::database::on_each_database;
use crate::support::local_account::{
    Authenticator, give_code, give_password, open_account, recovery_codes, set_up_app,
};
use crate::support::saml_idp::IDP;
use futures::future::{join, join_all};
use serde_json::json;
use std::time::Duration;
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::control::user_help::Delivery;
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::saml::SamlProviderConfig;
use wardkey::federation::{Offer, Provisioning, SamlDocument};
use wardkey::kernel::{Secret, Sha256Hash};
use wardkey::store::control::Tier;
use wardkey::store::tenant::NewSession;
use wardkey::tenant::TenantDocument;
use wardkey::web::Language;

const NEW_PASSWORD: &str = "seven tired owls on a tram";
const SIGNED_IN: &str = "Where you are signed in";

async fn tenant_with(app: &TestApp, local_accounts: serde_json::Value) -> TestTenant<'_> {
    let document: TenantDocument = serde_json::from_value(json!({ "local_accounts": local_accounts })).unwrap();
    app.tenant_as(NewTenant {
        slug: "northside".to_owned(),
        display_name: "Hospital northside".to_owned(),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document,
    })
    .await
}

async fn events(tenant: &TestTenant<'_>) -> Vec<(String, String)> {
    let admin = tenant.admin().await;
    admin
        .cx()
        .read()
        .await
        .unwrap()
        .list_recent_event_outcomes(50)
        .await
        .unwrap()
}

/// A link for `username`, as an administrator makes it.
async fn link(tenant: &TestTenant<'_>, username: &str) -> String {
    let made = tenant
        .admin()
        .await
        .invite(STAFF, username, Language::English, Delivery::Shown)
        .await
        .unwrap();
    made.link.address.expose().clone()
}

#[tokio::test]
async fn a_code_is_asked_for_after_the_password_and_tokens_say_so() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    open_account(&tenant, &mut browser, "ada").await;
    let (authenticator, codes) = set_up_app(&tenant, &mut browser).await;
    assert_eq!(codes.len(), 10);
    app.wait(Duration::from_mins(1));
    let mut elsewhere = app.browser();
    let query = tenant.authorization_request("openid");
    let asked = tenant.authorize(&mut elsewhere, &query, "ada").await;
    assert!(
        asked.parameter("code").is_none() && asked.response.text().contains("Signing in to"),
        "{asked}"
    );
    let code = authenticator.code(app.now());
    let consent = give_code(&mut elsewhere, &asked, &code).await;
    let back = elsewhere
        .submit(&consent, &consent.form().with("decision", "allow"))
        .await;
    let tokens = tenant
        .redeem(&back.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json();
    let claims = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["acr"], "https://refeds.org/profile/mfa");
    assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(claims["auth_time"], app.now().seconds());
}

#[tokio::test]
async fn without_the_code_nobody_is_signed_in() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut owner = app.browser();
    open_account(&tenant, &mut owner, "ada").await;
    set_up_app(&tenant, &mut owner).await;
    let mut browser = app.browser();
    let asked = give_password(&tenant, &mut browser, "ada", PASSWORD).await;
    assert!(asked.response.text().contains("name=\"code\""), "{asked}");
    for step in ["account", "apps"] {
        let page = browser.goto(&tenant.path(step)).await;
        assert!(page.response.text().contains("name=\"password\""), "{page}");
    }
    let wrong = give_code(&mut browser, &asked, "000000").await;
    assert_eq!(wrong.response.status, 400);
    assert!(
        browser
            .goto(&tenant.path("account"))
            .await
            .response
            .text()
            .contains("name=\"password\"")
    );
}

#[tokio::test]
async fn the_password_has_to_be_given_again_when_the_code_took_too_long() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut owner = app.browser();
    open_account(&tenant, &mut owner, "ada").await;
    let (authenticator, _) = set_up_app(&tenant, &mut owner).await;
    let mut browser = app.browser();
    let asked = give_password(&tenant, &mut browser, "ada", PASSWORD).await;
    app.wait(Duration::from_secs(601));
    let code = authenticator.code(app.now());
    let late = give_code(&mut browser, &asked, &code).await;
    assert!(late.response.text().contains("name=\"password\""), "{late}");
}

on_each_database! {
    async fn of_one_code_sent_twice_at_once_one_is_accepted(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let mut owner = app.browser();
        open_account(&tenant, &mut owner, "ada").await;
        let (authenticator, _) = set_up_app(&tenant, &mut owner).await;
        for _ in 0..3 {
            app.wait(Duration::from_secs(30));
            let code = authenticator.code(app.now());
            let (mut one, mut other) = (app.browser(), app.browser());
            let first = give_password(&tenant, &mut one, "ada", PASSWORD).await;
            let second = give_password(&tenant, &mut other, "ada", PASSWORD).await;
            let (a, b) = join(give_code(&mut one, &first, &code), give_code(&mut other, &second, &code)).await;
            let entered = [&a, &b].iter().filter(|page| page.response.text().contains(SIGNED_IN)).count();
            assert_eq!(entered, 1, "{a}\n{b}");
        }
    }

    async fn a_recovery_code_works_once_however_many_send_it(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let mut owner = app.browser();
        open_account(&tenant, &mut owner, "ada").await;
        let (_, codes) = set_up_app(&tenant, &mut owner).await;
        let mut browsers: Vec<_> = (0..4).map(|_| app.browser()).collect();
        let mut asked = Vec::new();
        for browser in &mut browsers {
            asked.push(give_password(&tenant, browser, "ada", PASSWORD).await);
        }
        let tries = browsers.iter_mut().zip(&asked).map(|(browser, page)| give_code(browser, page, &codes[0]));
        let pages = join_all(tries).await;
        assert_eq!(pages.iter().filter(|page| page.response.text().contains(SIGNED_IN)).count(), 1);
        let account = owner.goto(&tenant.path("account")).await;
        assert!(account.response.text().contains("9 left"), "{account}");
    }

    async fn a_link_works_for_one_of_many_who_use_it_at_once(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let address = link(&tenant, "ada").await;
        let mut browsers: Vec<_> = (0..4).map(|_| app.browser()).collect();
        let mut forms = Vec::new();
        for browser in &mut browsers {
            forms.push(browser.goto(&address).await);
        }
        let tries = browsers.iter_mut().zip(&forms).enumerate().map(|(number, (browser, page))| {
            let form = page.form().with("password", &format!("{NEW_PASSWORD} {number}"));
            async move { browser.submit(page, &form).await }
        });
        let pages = join_all(tries).await;
        let won: Vec<_> = pages.iter().filter(|page| page.response.text().contains("Your password is saved")).collect();
        assert_eq!(won.len(), 1);
        assert!(pages.iter().filter(|page| page.response.status == 404).count() == 3);
    }

    async fn a_flood_of_wrong_passwords_gets_no_more_than_the_budget(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let mut browsers: Vec<_> = (0..16).map(|_| app.browser()).collect();
        let pages = join_all(browsers.iter_mut().map(|browser| give_password(&tenant, browser, "ada", "wrong"))).await;
        let checked = pages.iter().filter(|page| page.response.status == 400).count();
        let stopped = pages.iter().filter(|page| page.response.status == 429).count();
        assert_eq!((checked, stopped), (10, 6));
    }
}

#[tokio::test]
async fn who_ran_out_of_attempts_waits_and_the_account_stays_open() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    for name in ["ada", "nobody-at-all"] {
        for _ in 0..10 {
            assert_eq!(
                give_password(&tenant, &mut browser, name, "wrong")
                    .await
                    .response
                    .status,
                400
            );
        }
        // Also with the right password, and also where there is no such account.
        let page = give_password(&tenant, &mut browser, name, PASSWORD).await;
        assert_eq!(page.response.status, 429, "{page}");
        assert!(page.response.text().contains("Wait one minute"), "{page}");
    }
    // Nobody else is stopped by it.
    open_account(&tenant, &mut app.browser(), "pat").await;
    app.wait(Duration::from_mins(1));
    open_account(&tenant, &mut browser, "ada").await;
}

#[tokio::test]
async fn codes_are_budgeted_too() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut owner = app.browser();
    open_account(&tenant, &mut owner, "ada").await;
    let (authenticator, codes) = set_up_app(&tenant, &mut owner).await;
    app.wait(Duration::from_mins(1));
    let mut browser = app.browser();
    let mut page = give_password(&tenant, &mut browser, "ada", PASSWORD).await;
    for _ in 0..5 {
        page = give_code(&mut browser, &page, "000000").await;
        assert_eq!(page.response.status, 400, "{page}");
    }
    for code in [authenticator.code(app.now()), codes[0].clone()] {
        page = give_code(&mut browser, &page, &code).await;
        assert_eq!(page.response.status, 429, "{page}");
    }
}

#[tokio::test]
async fn where_a_second_factor_is_demanded_it_is_set_up_before_anything_else() {
    let app = TestApp::new().await;
    let tenant = tenant_with(&app, json!({ "second_factor_roles": ["physician"] })).await;
    // A clerk needs none.
    open_account(&tenant, &mut app.browser(), "clerk").await;
    let mut browser = app.browser();
    let page = give_password(&tenant, &mut browser, "ada", PASSWORD).await;
    let authenticator = Authenticator::scan(&page);
    let again = browser.submit(&page, &page.form().with("code", "000000")).await;
    assert_eq!(again.response.status, 400, "{again}");
    let same = Authenticator::scan(&again);
    assert_eq!(
        same.code(app.now()),
        authenticator.code(app.now()),
        "the picture need not be scanned again"
    );
    let codes = browser
        .submit(&again, &again.form().with("code", &same.code(app.now())))
        .await;
    assert_eq!(recovery_codes(&codes).len(), 10);
    let account = browser.goto(&tenant.path("account")).await;
    assert!(account.response.text().contains(SIGNED_IN), "{account}");
}

#[tokio::test]
async fn an_invitation_can_be_looked_at_often_and_used_once() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let address = link(&tenant, "ada").await;
    let mut browser = app.browser();
    for _ in 0..3 {
        assert_eq!(browser.goto(&address).await.response.status, 200);
    }
    let page = browser.goto(&address).await;
    for bad in ["short", "Hospital northside", "1234123412341234"] {
        let refused = browser.submit(&page, &page.form().with("password", bad)).await;
        assert_eq!(refused.response.status, 400, "{bad}: {refused}");
    }
    let done = browser.submit(&page, &page.form().with("password", NEW_PASSWORD)).await;
    let text = done.response.text();
    assert!(
        text.contains("Your password is saved") && text.contains("/northside/auth/account\""),
        "{done}"
    );
    assert!(
        !text.contains("/admin"),
        "who administers nothing is not led there: {done}"
    );
    let next = browser.goto(&tenant.path("account")).await;
    assert!(
        next.response.text().contains("name=\"password\""),
        "the user signs in next: {next}"
    );
    assert_eq!(browser.goto(&address).await.response.status, 404);
    assert_eq!(
        give_password(&tenant, &mut browser, "ada", PASSWORD)
            .await
            .response
            .status,
        400
    );
    let inside = give_password(&tenant, &mut browser, "ada", NEW_PASSWORD).await;
    assert!(inside.response.text().contains(SIGNED_IN), "{inside}");
}

#[tokio::test]
async fn a_link_ends_with_its_time_with_a_newer_password_and_with_the_account() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let (old, new) = (link(&tenant, "ada").await, link(&tenant, "ada").await);
    let page = browser.goto(&new).await;
    browser.submit(&page, &page.form().with("password", NEW_PASSWORD)).await;
    assert_eq!(
        browser.goto(&old).await.response.status,
        404,
        "an earlier link ends with the new password"
    );
    let late = link(&tenant, "ada").await;
    app.wait(Duration::from_hours(7 * 24));
    assert_eq!(browser.goto(&late).await.response.status, 404);
}

#[tokio::test]
async fn a_new_password_ends_every_other_session_and_what_lives_with_them() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut phone = app.browser();
    let query = tenant.authorization_request("openid");
    let page = tenant.authorize(&mut phone, &query, "ada").await;
    let tokens = tenant
        .redeem(&page.parameter("code").unwrap())
        .await
        .assert_status(200)
        .json();
    let mut browser = app.browser();
    let account = open_account(&tenant, &mut browser, "ada").await;
    assert!(account.response.text().contains("Another browser"), "{account}");
    let page = browser.goto(&tenant.path("account/password")).await;
    let form = page.form().with("password", NEW_PASSWORD);
    let wrong = browser.submit(&page, &form.clone().with("current", "wrong")).await;
    assert_eq!(wrong.response.status, 400, "{wrong}");
    let done = browser.submit(&page, &form.with("current", PASSWORD)).await;
    assert!(done.response.text().contains("Your password was changed"), "{done}");
    assert!(!done.response.text().contains("Another browser"), "{done}");
    let gone = phone.goto(&tenant.path("account")).await;
    assert!(gone.response.text().contains("name=\"password\""), "{gone}");
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(tenant.introspect(access).await["active"], false);
}

#[tokio::test]
async fn other_sessions_can_be_ended_and_this_one_stays() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut other = app.browser();
    open_account(&tenant, &mut other, "ada").await;
    open_account(&tenant, &mut app.browser(), "pat").await;
    let mut browser = app.browser();
    let account = open_account(&tenant, &mut browser, "ada").await;
    let form = account
        .forms()
        .into_iter()
        .find(|form| form.action.ends_with("/sessions"))
        .unwrap();
    let forged = browser.submit(&account, &form.clone().with("csrf", "x")).await;
    assert_eq!(forged.response.status, 403);
    let done = browser.submit(&account, &form).await;
    assert!(done.response.text().contains("signed out everywhere else"), "{done}");
    assert!(
        other
            .goto(&tenant.path("account"))
            .await
            .response
            .text()
            .contains("name=\"password\"")
    );
}

#[tokio::test]
async fn what_protects_an_account_is_changed_soon_after_signing_in_only() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    open_account(&tenant, &mut browser, "ada").await;
    app.wait(Duration::from_secs(601));
    for step in ["account/authenticator", "account/passkeys", "account/recovery-codes"] {
        let page = browser.goto(&tenant.path(step)).await;
        assert!(page.response.text().contains("name=\"password\""), "{step}: {page}");
    }
}

#[tokio::test]
async fn removing_the_app_takes_the_forms_token_and_then_the_password_is_enough() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    open_account(&tenant, &mut browser, "ada").await;
    set_up_app(&tenant, &mut browser).await;
    let account = browser.goto(&tenant.path("account")).await;
    let form = account
        .forms()
        .into_iter()
        .find(|form| form.action.ends_with("/remove"))
        .unwrap();
    let forged = browser.submit(&account, &form.clone().with("csrf", "x")).await;
    assert_eq!(forged.response.status, 403);
    let done = browser.submit(&account, &form).await;
    assert!(done.response.text().contains("was removed"), "{done}");
    open_account(&tenant, &mut app.browser(), "ada").await;
}

#[tokio::test]
async fn where_there_is_an_identity_provider_only_emergency_accounts_sign_in_and_owners_are_told() {
    let app = TestApp::new().await;
    let tenant = tenant_with(
        &app,
        json!({ "sign_in": "break_glass", "owners": ["it@north.example", "ciso@north.example"] }),
    )
    .await;
    let admin = tenant.admin().await;
    let mut browser = app.browser();
    let closed = give_password(&tenant, &mut browser, "ada", PASSWORD).await;
    let wrong = give_password(&tenant, &mut browser, "ada", "wrong").await;
    assert_eq!(closed.response.status, 400);
    assert!(closed.response.text().contains("emergency accounts only"), "{closed}");
    let words = |page: &crate::support::http_browser::Page| {
        page.response
            .text()
            .split("role=\"alert\"")
            .nth(1)
            .unwrap()
            .split("</p>")
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        words(&closed),
        words(&wrong),
        "a right password is told from a wrong one by nobody"
    );
    admin.set_break_glass(STAFF, "ada", true).await.unwrap();
    let inside = give_password(&tenant, &mut browser, "ada", PASSWORD).await;
    assert!(
        inside.response.text().contains("This is an emergency account"),
        "{inside}"
    );
    let events = events(&tenant).await;
    assert!(
        events.contains(&("break_glass.used".to_owned(), "success".to_owned())),
        "{events:?}"
    );
    let later = app.now() + Duration::from_hours(1);
    let mut rows = admin.cx().begin().await.unwrap();
    let waiting = rows
        .take_due_mails(later, later + Duration::from_hours(1))
        .await
        .unwrap();
    let told: Vec<String> = waiting
        .iter()
        .map(|mail| String::from_utf8(mail.content.expose().clone()).unwrap())
        .collect();
    assert_eq!(told.len(), 2);
    for owner in ["it@north.example", "ciso@north.example"] {
        assert!(told.iter().any(|mail| mail.contains(owner)), "{owner} in {told:?}");
    }
    assert!(
        told.iter()
            .all(|mail| !mail.contains("Ada") && !mail.contains("\"ada\"")),
        "{told:?}"
    );
}

#[tokio::test]
async fn an_administrator_can_take_every_second_factor_from_somebody_who_lost_them() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    open_account(&tenant, &mut browser, "ada").await;
    set_up_app(&tenant, &mut browser).await;
    let admin = tenant.admin().await;
    admin.remove_second_factors(STAFF, "ada").await.unwrap();
    let user = admin.find_user(STAFF, "ada").await.unwrap().unwrap();
    let facts = user.local_account.unwrap();
    assert!(!facts.authenticator && facts.recovery_codes == 0);
    assert!(
        browser
            .goto(&tenant.path("account"))
            .await
            .response
            .text()
            .contains("name=\"password\"")
    );
    open_account(&tenant, &mut browser, "ada").await;
}

#[tokio::test]
async fn forgotten_passwords_are_not_mailed_where_there_is_no_mail_server() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let page = app.browser().goto(&tenant.path("account/forgot")).await;
    assert!(
        page.response.text().contains("does not send passwords by mail"),
        "{page}"
    );
}

#[tokio::test]
async fn local_accounts_close_by_themselves_when_an_identity_provider_is_connected() {
    let app = TestApp::new().await;
    let tenant = tenant_with(&app, json!({})).await;
    open_account(&tenant, &mut app.browser(), "ada").await;
    let admin = tenant.admin().await;
    let document = SamlDocument {
        provider: SamlProviderConfig::new(IDP.entity_id),
        mapping: MappingRules::default(),
        offer: Offer::default(),
        provisioning: Provisioning::default(),
    };
    let metadata = IDP.metadata("https://idp.hospital.example/sso", None, &[IDP.key.certificate()]);
    Box::pin(admin.save_saml_provider("hospital", "Hospital account", &document, &metadata))
        .await
        .unwrap();
    app.wait(Duration::from_secs(2));
    let mut browser = app.browser();
    let page = browser.goto(&tenant.path("account/sign-in/staff")).await;
    let form = page.form().with("username", "ada").with("password", PASSWORD);
    let closed = browser.submit(&page, &form).await;
    assert_eq!(closed.response.status, 400, "{closed}");
    assert!(closed.response.text().contains("emergency accounts only"), "{closed}");
}

#[tokio::test]
async fn a_new_password_ends_sessions_beyond_those_that_a_page_lists() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let admin = tenant.admin().await;
    let cx = admin.cx();
    let mut rows = cx.begin().await.unwrap();
    let provider = rows.list_identity_providers().await.unwrap()[0].id;
    let ada = rows.find_account_by_subject(provider, "ada").await.unwrap().unwrap().id;
    for number in 0..120_u32 {
        let session = NewSession {
            key: None,
            record: b"{}",
            expires_at: app.now() + Duration::from_hours(1),
            account: Some(ada),
            started_at: Some(app.now()),
        };
        let id = Sha256Hash::of(&number.to_be_bytes());
        assert!(rows.insert_session(id, session, cx.entropy()).await.unwrap());
    }
    rows.commit().await.unwrap();
    admin.remove_second_factors(STAFF, "ada").await.unwrap();
    let mut browser = app.browser();
    let page = browser.goto(&link(&tenant, "ada").await).await;
    browser.submit(&page, &page.form().with("password", NEW_PASSWORD)).await;
    let mut rows = cx.read().await.unwrap();
    assert_eq!(rows.list_sessions_of_account(ada, app.now()).await.unwrap().len(), 0);
}

#[tokio::test]
async fn whoever_knew_the_password_before_does_not_set_up_a_second_factor_with_it() {
    let app = TestApp::new().await;
    let tenant = tenant_with(&app, json!({ "second_factor_roles": ["physician"] })).await;
    let mut thief = app.browser();
    let asked = give_password(&tenant, &mut thief, "ada", PASSWORD).await;
    Authenticator::scan(&asked);
    app.wait(Duration::from_secs(1));
    let mut browser = app.browser();
    let page = browser.goto(&link(&tenant, "ada").await).await;
    browser.submit(&page, &page.form().with("password", NEW_PASSWORD)).await;
    let gone = thief.goto(&tenant.path("account/second-factor")).await;
    assert!(gone.response.text().contains("name=\"password\""), "{gone}");
}

on_each_database! {
    async fn of_several_first_second_factors_at_once_one_is_kept(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let admin = tenant.admin().await;
        let cx = admin.cx();
        let mut rows = cx.read().await.unwrap();
        let provider = rows.list_identity_providers().await.unwrap()[0].id;
        let ada = rows.find_account_by_subject(provider, "ada").await.unwrap().unwrap().id;
        drop(rows);
        let kept = join_all((0..16_u8).map(|number| async move {
            let mut rows = cx.begin().await.unwrap();
            let secret = Secret::new(vec![number; 20]);
            let kept = rows.save_first_totp(ada, &secret, 1, cx.entropy()).await.unwrap();
            rows.commit().await.unwrap();
            kept
        }))
        .await;
        assert_eq!(kept.iter().filter(|kept| **kept).count(), 1);
    }
}
