//! People at the console: found, shown, helped, signed out, given roles, invited; each as far as a role reaches.

use crate::support::app::{PASSWORD, STAFF, TestApp, TestTenant};
use crate::support::database::Database;
use crate::support::html_form::HtmlForm;
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::smtp_peer::SmtpPeer;
use std::time::Duration;
use wardkey::control::Precondition;
use wardkey::control::users::{UserChange, UserDetail};
use wardkey::tenant::roles::Role;

/// The form of a page that goes to an address with this ending.
fn form(page: &Page, ending: &str) -> HtmlForm {
    let mut forms = page.forms();
    forms.retain(|form| form.action.ends_with(ending));
    assert!(!forms.is_empty(), "no form to {ending} at {page}");
    forms.remove(0)
}

fn has_form(page: &Page, ending: &str) -> bool {
    page.forms().iter().any(|form| form.action.ends_with(ending))
}

async fn user(tenant: &TestTenant<'_>, username: &str) -> UserDetail {
    tenant.admin().await.find_user(STAFF, username).await.unwrap().unwrap()
}

/// The page of somebody.
async fn open(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, username: &str) -> Page {
    let id = user(tenant, username).await.summary.id;
    browser.goto(&tenant.console(&format!("people/{id}"))).await
}

async fn search(tenant: &TestTenant<'_>, browser: &mut HttpBrowser, text: &str) -> Page {
    let page = browser.goto(&tenant.console("people")).await;
    let filled = form(&page, "/people").with("q", text);
    browser.submit(&page, &filled).await
}

async fn sign_in(tenant: &TestTenant<'_>, username: &str, password: &str) -> Page {
    let mut browser = tenant.app.browser();
    let page = browser.goto(&tenant.path("account/sign-in/staff")).await;
    let form = page.form().with("username", username).with("password", password);
    browser.submit(&page, &form).await
}

#[tokio::test]
async fn nobody_is_shown_before_somebody_asks_and_a_search_stands_in_no_address() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::HelpDesk]).await;
    let page = browser.goto(&tenant.console("people")).await;
    assert!(!page.response.text().contains("Pat Morgan"), "{page}");
    let found = search(&tenant, &mut browser, "morg").await;
    assert!(found.response.text().contains("Pat Morgan"), "{found}");
    assert!(!found.response.text().contains("Ada Okafor"), "{found}");
    assert_eq!(found.url.query(), None);
    let none = search(&tenant, &mut browser, "nobody of this name").await;
    assert!(none.response.text().contains("Nobody was found"), "{none}");
}

#[tokio::test]
async fn people_with_a_role_and_everybody_are_listed_without_a_search() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Auditor]).await;
    let page = browser.goto(&tenant.console("people?show=administrators")).await;
    assert!(page.response.text().contains("Admin olga"), "{page}");
    assert!(!page.response.text().contains("Pat Morgan"), "{page}");
    let page = browser.goto(&tenant.console("people?show=everybody")).await;
    assert!(page.response.text().contains("Pat Morgan"), "{page}");
}

#[tokio::test]
async fn whoever_may_not_see_names_does_not_see_the_page() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::AppAdmin]).await;
    let home = browser.goto(&tenant.console("")).await;
    assert!(!home.response.text().contains(">People<"), "{home}");
    for page in [
        browser.goto(&tenant.console("people")).await,
        browser.goto(&tenant.console("people?show=everybody")).await,
        open(&tenant, &mut browser, "pat").await,
        browser.goto(&tenant.console("people/invite")).await,
    ] {
        assert_eq!(page.response.status, 403, "{page}");
        assert!(!page.response.text().contains("Pat Morgan"), "{page}");
    }
}

#[tokio::test]
async fn a_person_who_is_not_there_is_said_not_to_be_there() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    for id in ["acc_00000000000000000000000000000000", "nobody"] {
        let page = browser.goto(&tenant.console(&format!("people/{id}"))).await;
        assert_eq!(page.response.status, 404, "{page}");
    }
}

#[tokio::test]
async fn the_page_of_a_person_offers_what_the_role_allows_and_no_more() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant.tokens("openid launch/patient patient/*.rs", "pat").await;
    // (role, forms that are there, forms that are not)
    let acts = [
        "/session",
        "/sign-out-everywhere",
        "/consent",
        "/link",
        "/role",
        "/status",
    ];
    for (role, offered) in [
        (
            Role::Owner,
            vec![
                "/session",
                "/sign-out-everywhere",
                "/consent",
                "/link",
                "/role",
                "/status",
            ],
        ),
        (
            Role::IdentityAdmin,
            vec!["/session", "/sign-out-everywhere", "/link", "/status"],
        ),
        (
            Role::HelpDesk,
            vec!["/session", "/sign-out-everywhere", "/consent", "/link"],
        ),
        (Role::Auditor, vec![]),
    ] {
        tenant.colleague(role.as_str(), &[role]).await;
        let mut browser = app.browser();
        tenant.enter(&mut browser, role.as_str(), "").await;
        let page = open(&tenant, &mut browser, "pat").await;
        assert!(page.response.text().contains("Pat Morgan"), "{role}: {page}");
        for act in acts {
            // A link can be shown to who manages users alone, and there is no mail server.
            let expected = offered.contains(&act) && !(act == "/link" && role == Role::HelpDesk);
            assert_eq!(has_form(&page, act), expected, "{role} {act}: {page}");
        }
    }
}

#[tokio::test]
async fn a_session_is_ended_and_signing_out_everywhere_ends_the_rest() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    sign_in(&tenant, "pat", PASSWORD).await;
    sign_in(&tenant, "pat", PASSWORD).await;
    let mut browser = tenant.console_of(&[Role::HelpDesk]).await;
    let count = |page: &Page| {
        page.forms()
            .iter()
            .filter(|form| form.action.ends_with("/session"))
            .count()
    };
    let page = open(&tenant, &mut browser, "pat").await;
    assert_eq!(count(&page), 2, "{page}");
    let page = browser.submit(&page, &form(&page, "/session")).await;
    assert!(page.response.text().contains("The session has ended."), "{page}");
    assert_eq!(count(&page), 1, "{page}");
    let page = browser.submit(&page, &form(&page, "/sign-out-everywhere")).await;
    assert!(page.response.text().contains("is signed out everywhere"), "{page}");
    assert_eq!(count(&page), 0, "{page}");
}

#[tokio::test]
async fn who_has_to_wait_is_let_try_again() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for _ in 0..11 {
        sign_in(&tenant, "pat", "wrong password").await;
    }
    let mut browser = tenant.console_of(&[Role::HelpDesk]).await;
    let page = open(&tenant, &mut browser, "pat").await;
    assert!(page.response.text().contains("Has to wait"), "{page}");
    let done = browser.submit(&page, &form(&page, "/unlock")).await;
    assert!(done.response.text().contains("can try again now"), "{done}");
    assert!(!done.response.text().contains("Has to wait"), "{done}");
    let inside = sign_in(&tenant, "pat", PASSWORD).await;
    assert!(!inside.response.text().contains("name=\"password\""), "{inside}");
}

#[tokio::test]
async fn a_link_is_shown_once_to_who_manages_users() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::IdentityAdmin]).await;
    let page = open(&tenant, &mut browser, "pat").await;
    let shown = browser
        .submit(&page, &form(&page, "/link").with("delivery", "shown"))
        .await;
    let text = shown.response.text();
    assert!(
        text.contains("Copy the link now") && text.contains("/auth/account/link/"),
        "{shown}"
    );
    assert_eq!(shown.response.header("cache-control"), Some("no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_help_desk_sends_links_by_mail_alone() {
    let Some(mut server) = SmtpPeer::start() else { return };
    let app = TestApp::with_mailer(Database::sqlite(), server.mailer()).await;
    let tenant = app.tenant("northside").await;
    let change = UserChange {
        email: Some(Some("pat@north.example".to_owned())),
        ..UserChange::default()
    };
    let account = user(&tenant, "pat").await.summary.id;
    let admin = tenant.admin().await;
    admin.update_user(account, &change, &Precondition::None).await.unwrap();
    let mut browser = tenant.console_of(&[Role::HelpDesk]).await;
    let page = open(&tenant, &mut browser, "pat").await;
    assert!(!page.response.text().contains("value=\"shown\""), "{page}");
    let sent = browser
        .submit(&page, &form(&page, "/link").with("delivery", "mail"))
        .await;
    assert!(sent.response.text().contains("on its way by mail"), "{sent}");
    assert_eq!(server.next_mail()["to"][0], "pat@north.example");
    let forged = form(&page, "/link").with("delivery", "shown");
    let refused = browser.submit(&page, &forged).await;
    assert_eq!(refused.response.status, 403, "{refused}");
    assert!(!refused.response.text().contains("/auth/account/link/"), "{refused}");
}

#[tokio::test]
async fn a_role_is_given_and_taken_by_who_may_and_only_lately_signed_in() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let page = open(&tenant, &mut browser, "ada").await;
    let given = browser
        .submit(&page, &form(&page, "/role").with("give", "help_desk"))
        .await;
    assert!(given.response.text().contains("The role was given."), "{given}");
    assert_eq!(user(&tenant, "ada").await.summary.admin_roles, [Role::HelpDesk]);
    app.wait(Duration::from_mins(16));
    let late = browser.submit(&given, &form(&given, "/role")).await;
    assert_eq!(late.response.status, 403, "{late}");
    assert!(late.response.text().contains("Sign in once more"), "{late}");
    assert_eq!(user(&tenant, "ada").await.summary.admin_roles, [Role::HelpDesk]);
}

#[tokio::test]
async fn a_forged_form_gives_nobody_more_than_its_sender_has() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::IdentityAdmin]).await;
    let page = open(&tenant, &mut browser, "ada").await;
    assert!(!has_form(&page, "/role"), "{page}");
    // The token of another form does not fit.
    let id = user(&tenant, "ada").await.summary.id;
    let mut forged = form(&page, "/status").with("give", "owner");
    forged.action = tenant.console(&format!("people/{id}/role"));
    let refused = browser.submit(&page, &forged).await;
    assert_eq!(refused.response.status, 403, "{refused}");
    assert!(user(&tenant, "ada").await.summary.admin_roles.is_empty());
}

#[tokio::test]
async fn who_may_do_more_is_neither_shut_out_nor_given_a_link() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant.colleague("otto", &[Role::Owner]).await;
    let mut browser = tenant.console_of(&[Role::IdentityAdmin]).await;
    let page = open(&tenant, &mut browser, "otto").await;
    for act in ["/status", "/link", "/second-factors", "/role"] {
        assert!(!has_form(&page, act), "{act}: {page}");
    }
}

#[tokio::test]
async fn a_person_is_shut_out_and_let_in_again() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::IdentityAdmin]).await;
    let page = open(&tenant, &mut browser, "pat").await;
    let out = browser
        .submit(&page, &form(&page, "/status").with("disabled", "yes"))
        .await;
    assert!(out.response.text().contains("This person is shut out."), "{out}");
    assert!(
        sign_in(&tenant, "pat", PASSWORD)
            .await
            .response
            .text()
            .contains("name=\"password\"")
    );
    let back = browser
        .submit(&out, &form(&out, "/status").with("disabled", "no"))
        .await;
    assert!(back.response.text().contains("may sign in again"), "{back}");
    assert!(
        !sign_in(&tenant, "pat", PASSWORD)
            .await
            .response
            .text()
            .contains("name=\"password\"")
    );
}

#[tokio::test]
async fn second_factors_are_removed_once_the_name_was_typed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let admin = tenant.admin().await;
    let account = user(&tenant, "pat").await.summary.id;
    let mut rows = admin.cx().begin().await.unwrap();
    let secret = wardkey::kernel::Secret::new(vec![7_u8; 20]);
    rows.save_totp(account, &secret, 0, admin.cx().entropy()).await.unwrap();
    rows.commit().await.unwrap();
    let mut browser = tenant.console_of(&[Role::HelpDesk]).await;
    let page = open(&tenant, &mut browser, "pat").await;
    let wrong = browser
        .submit(&page, &form(&page, "/second-factors").with("confirm", "somebody"))
        .await;
    assert!(wrong.response.text().contains("Nothing was removed."), "{wrong}");
    assert!(user(&tenant, "pat").await.local_account.unwrap().authenticator);
    let done = browser
        .submit(&wrong, &form(&wrong, "/second-factors").with("confirm", "pat"))
        .await;
    assert!(done.response.text().contains("second factors were removed"), "{done}");
    assert!(!user(&tenant, "pat").await.local_account.unwrap().authenticator);
}

#[tokio::test]
async fn a_person_is_deleted_once_the_name_was_typed() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::IdentityAdmin]).await;
    let page = open(&tenant, &mut browser, "pat").await;
    let wrong = browser
        .submit(&page, &form(&page, "/delete").with("confirm", "somebody"))
        .await;
    assert!(wrong.response.text().contains("Nobody was deleted."), "{wrong}");
    let done = browser
        .submit(&wrong, &form(&wrong, "/delete").with("confirm", "pat"))
        .await;
    assert!(done.response.text().contains("The person was deleted."), "{done}");
    assert!(tenant.admin().await.find_user(STAFF, "pat").await.unwrap().is_none());
}

#[tokio::test]
async fn the_activity_of_one_person_is_led_to_from_their_page() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    sign_in(&tenant, "pat", PASSWORD).await;
    sign_in(&tenant, "ada", PASSWORD).await;
    let (pat, ada) = (
        user(&tenant, "pat").await.summary.id,
        user(&tenant, "ada").await.summary.id,
    );
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let page = open(&tenant, &mut browser, "pat").await;
    assert!(
        page.response.text().contains(&format!("activity?person={pat}")),
        "{page}"
    );
    let found = browser.goto(&tenant.console(&format!("activity?person={pat}"))).await;
    assert!(
        found.response.text().contains(&format!("<code>{pat}</code>")),
        "{found}"
    );
    assert!(!found.response.text().contains(&ada.to_string()), "{found}");
    let nobody = browser.goto(&tenant.console("activity?person=somebody")).await;
    assert!(nobody.response.text().contains("begins with acc_"), "{nobody}");
    assert!(!nobody.response.text().contains("<table"), "nothing is shown: {nobody}");
}

#[tokio::test]
async fn what_an_app_was_allowed_is_withdrawn() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant.tokens("openid launch/patient patient/*.rs", "pat").await;
    let mut browser = tenant.console_of(&[Role::HelpDesk]).await;
    let page = open(&tenant, &mut browser, "pat").await;
    let done = browser.submit(&page, &form(&page, "/consent")).await;
    assert!(done.response.text().contains("access was withdrawn"), "{done}");
    assert!(!has_form(&done, "/consent"), "{done}");
}

#[tokio::test]
async fn somebody_is_invited_and_chooses_a_password() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::IdentityAdmin]).await;
    let page = browser.goto(&tenant.console("people/invite")).await;
    let filled = form(&page, "/invite")
        .with("username", "rosa")
        .with("name", "Rosa Núñez");
    let wrong = browser
        .submit(&page, &filled.clone().with("fhir_user", "Practitioner"))
        .await;
    assert_eq!(wrong.response.status, 422, "{wrong}");
    for words in ["href=\"#fhir_user\"", "value=\"rosa\"", "Rosa N"] {
        assert!(wrong.response.text().contains(words), "{words}: {wrong}");
    }
    let shown = browser
        .submit(&wrong, &form(&wrong, "/invite").with("fhir_user", "Practitioner/rosa"))
        .await;
    let text = shown.response.text();
    let link = text
        .split("<code>")
        .find(|part| part.contains("/auth/account/link/"))
        .unwrap();
    let link = link.split("</code>").next().unwrap();
    let mut visitor = app.browser();
    let page = visitor.goto(link).await;
    visitor
        .submit(&page, &page.form().with("password", "a quite new passphrase"))
        .await;
    let inside = sign_in(&tenant, "rosa", "a quite new passphrase").await;
    assert!(!inside.response.text().contains("name=\"password\""), "{inside}");
}

#[tokio::test]
async fn where_only_emergency_accounts_sign_in_an_invitation_names_one_unless_told_otherwise() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let closed = [("local_accounts.sign_in".to_owned(), "break_glass".to_owned())];
    Box::pin(app.platform.set_settings("northside", &closed)).await.unwrap();
    for (username, named) in [("rosa", true), ("rita", false)] {
        let page = browser.goto(&tenant.console("people/invite")).await;
        assert!(
            page.response.text().contains("only when it is named for emergencies"),
            "{page}"
        );
        let mut filled = form(&page, "/invite").with("username", username);
        assert_eq!(filled.find("break_glass"), Some("yes"));
        if !named {
            filled.fields.retain(|(name, _)| name != "break_glass");
        }
        let shown = browser.submit(&page, &filled).await;
        let mut parts = shown
            .response
            .text()
            .split("<code>")
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .into_iter();
        let link = parts.find(|part| part.contains("/auth/account/link/")).unwrap();
        let mut visitor = app.browser();
        let page = visitor.goto(link.split("</code>").next().unwrap()).await;
        let password = "a quite new passphrase";
        visitor.submit(&page, &page.form().with("password", password)).await;
        let inside = sign_in(&tenant, username, password).await;
        assert_eq!(!inside.response.text().contains("name=\"password\""), named, "{inside}");
    }
}

#[tokio::test]
async fn an_invitation_changes_nobody_who_is_there() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::IdentityAdmin]).await;
    let page = browser.goto(&tenant.console("people/invite")).await;
    let taken = browser
        .submit(
            &page,
            &form(&page, "/invite")
                .with("username", "pat")
                .with("name", "Somebody Else"),
        )
        .await;
    assert_eq!(taken.response.status, 422, "{taken}");
    assert!(taken.response.text().contains("href=\"#username\""), "{taken}");
    assert_eq!(user(&tenant, "pat").await.summary.name.as_deref(), Some("Pat Morgan"));
}

#[tokio::test]
async fn the_last_owner_stays_and_the_page_says_why() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let page = open(&tenant, &mut browser, "olga").await;
    let refused = browser.submit(&page, &form(&page, "/role").with("take", "owner")).await;
    assert_eq!(refused.response.status, 409, "{refused}");
    assert_eq!(user(&tenant, "olga").await.summary.admin_roles, [Role::Owner]);
}

#[tokio::test]
async fn a_refusal_is_said_in_the_readers_language() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    browser.goto(&tenant.console("people?ui_locales=es")).await;
    let page = open(&tenant, &mut browser, "olga").await;
    let refused = browser.submit(&page, &form(&page, "/role").with("take", "owner")).await;
    let text = refused.response.text();
    assert!(text.contains("es la última persona con el rol owner"), "{refused}");
    assert!(!text.contains("is the last"), "{refused}");
    let page = browser.goto(&tenant.console("people/invite")).await;
    let wrong = browser
        .submit(
            &page,
            &form(&page, "/invite").with("username", "rosa").with("email", "nowhere"),
        )
        .await;
    assert!(
        wrong
            .response
            .text()
            .contains("no es una dirección de correo electrónico"),
        "{wrong}"
    );
}

#[tokio::test]
async fn pages_of_the_console_spend_from_the_budget_of_pages() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::Owner]).await;
    let small = [("budgets.pages_per_tenant.requests".to_owned(), "3".to_owned())];
    app.platform.set_settings("northside", &small).await.unwrap();
    app.wait(Duration::from_mins(2));
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let page = browser.goto(&tenant.console("apps")).await;
        statuses.push(page.response.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
}
