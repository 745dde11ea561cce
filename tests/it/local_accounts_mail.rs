//! Invitations and resets by mail, through a real mail server.

use crate::support::app::{STAFF, TestApp, TestTenant};
use crate::support::database::Database;
use crate::support::http_browser::Page;
use crate::support::local_account::give_password;
use crate::support::smtp_peer::{SmtpPeer, link_in};
use std::time::Duration;
use wardkey::control::user_help::Delivery;
use wardkey::store::tenant::AccountProfile;
use wardkey::web::Language;

const NEW_PASSWORD: &str = "seven tired owls on a tram";

/// An account with an address, and without a password.
async fn person(tenant: &TestTenant<'_>, username: &str, email: &str) {
    let profile = AccountProfile {
        subject: username.to_owned(),
        name: Some("Rosa Núñez".to_owned()),
        email: Some(email.to_owned()),
        ..AccountProfile::default()
    };
    tenant
        .admin()
        .await
        .save_invited_account(STAFF, &profile)
        .await
        .unwrap();
}

async fn ask(tenant: &TestTenant<'_>, username: &str) -> Page {
    let mut browser = tenant.app.browser();
    let page = browser.goto(&tenant.path("account/forgot")).await;
    browser.submit(&page, &page.form().with("username", username)).await
}

fn without_request_id(page: &Page) -> String {
    let text = page.response.text();
    let id = page.response.header("x-request-id").unwrap_or("none");
    text.replace(id, "*")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_arrives_in_the_readers_language_and_its_link_works() {
    let Some(mut server) = SmtpPeer::start() else { return };
    let app = TestApp::with_mailer(Database::sqlite(), server.mailer()).await;
    let tenant = app.tenant("northside").await;
    person(&tenant, "rosa", "rosa@north.example").await;
    let admin = tenant.admin().await;
    admin
        .invite(STAFF, "rosa", Language::Spanish, Delivery::Mail)
        .await
        .unwrap();
    admin.deliver_mail(&server.mailer()).await;
    let mail = server.next_mail();
    assert_eq!(mail["to"][0], "rosa@north.example");
    assert_eq!(mail["sender"], "Hospital northside <wardkey@auth.test>");
    assert_eq!(mail["subject"], "Su cuenta en Hospital northside");
    assert!(mail["text"].as_str().unwrap().contains("Hola, Rosa Núñez:"), "{mail}");
    let mut browser = app.browser();
    let page = browser.goto(&link_in(&mail)).await;
    let done = browser.submit(&page, &page.form().with("password", NEW_PASSWORD)).await;
    assert_eq!(done.response.status, 200, "{done}");
    let inside = give_password(&tenant, &mut browser, "rosa", NEW_PASSWORD).await;
    assert!(inside.response.text().contains("Where you are signed in"), "{inside}");
    admin.deliver_mail(&server.mailer()).await;
    let news = server.next_mail();
    assert!(
        news["subject"].as_str().unwrap().contains("security of your account"),
        "{news}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_reset_tells_nobody_whether_there_is_such_an_account() {
    let Some(mut server) = SmtpPeer::start() else { return };
    let app = TestApp::with_mailer(Database::sqlite(), server.mailer()).await;
    let tenant = app.tenant("northside").await;
    person(&tenant, "rosa", "rosa@north.example").await;
    let (known, unknown) = (ask(&tenant, "rosa").await, ask(&tenant, "nobody").await);
    assert_eq!(without_request_id(&known), without_request_id(&unknown));
    // Nor is there a difference for an account without an address.
    assert_eq!(
        without_request_id(&known),
        without_request_id(&ask(&tenant, "ada").await)
    );
    tenant.admin().await.deliver_mail(&server.mailer()).await;
    let mail = server.next_mail();
    assert_eq!(mail["to"][0], "rosa@north.example");
    app.wait(Duration::from_mins(30));
    let late = app.browser().goto(&link_in(&mail)).await;
    assert_eq!(late.response.status, 404, "after half an hour the link is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_name_gets_three_mails_at_most_and_asking_goes_on_looking_the_same() {
    let Some(mut server) = SmtpPeer::start() else { return };
    let app = TestApp::with_mailer(Database::sqlite(), server.mailer()).await;
    let tenant = app.tenant("northside").await;
    person(&tenant, "rosa", "rosa@north.example").await;
    person(&tenant, "lena", "lena@north.example").await;
    let admin = tenant.admin().await;
    let first = ask(&tenant, "rosa").await;
    for _ in 0..5 {
        assert_eq!(
            without_request_id(&ask(&tenant, "rosa").await),
            without_request_id(&first)
        );
    }
    ask(&tenant, "lena").await;
    admin.deliver_mail(&server.mailer()).await;
    let mut to: Vec<String> = (0..4)
        .map(|_| server.next_mail()["to"][0].as_str().unwrap().to_owned())
        .collect();
    to.sort();
    assert_eq!(
        to,
        [
            "lena@north.example",
            "rosa@north.example",
            "rosa@north.example",
            "rosa@north.example"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_is_not_taken_is_sent_again_later_and_refused_mail_is_not() {
    let Some(mut server) = SmtpPeer::start() else { return };
    let app = TestApp::with_mailer(Database::sqlite(), server.mailer()).await;
    let tenant = app.tenant("northside").await;
    person(&tenant, "gone", "refused@north.example").await;
    person(&tenant, "slow", "later@north.example").await;
    for username in ["gone", "slow"] {
        tenant
            .admin()
            .await
            .invite(STAFF, username, Language::English, Delivery::Mail)
            .await
            .unwrap();
    }
    tenant.admin().await.deliver_mail(&server.mailer()).await;
    app.wait(Duration::from_hours(1));
    // A context of its own: the time of a context stands still.
    tenant.admin().await.deliver_mail(&server.mailer()).await;
    assert_eq!(server.next_mail()["to"][0], "later@north.example");
    app.wait(Duration::from_hours(1));
    let admin = tenant.admin().await;
    let mut rows = admin.cx().begin().await.unwrap();
    let left = rows.take_due_mails(app.now(), app.now()).await.unwrap();
    assert!(left.is_empty(), "nothing waits any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_waits_while_the_server_is_away() {
    let Some(mut server) = SmtpPeer::start() else { return };
    let app = TestApp::with_mailer(Database::sqlite(), server.mailer()).await;
    let tenant = app.tenant("northside").await;
    person(&tenant, "rosa", "rosa@north.example").await;
    let nobody = {
        let other = SmtpPeer::start().expect("it started before");
        other.mailer()
    };
    tenant
        .admin()
        .await
        .invite(STAFF, "rosa", Language::English, Delivery::Mail)
        .await
        .unwrap();
    tenant.admin().await.deliver_mail(&nobody).await;
    app.wait(Duration::from_hours(1));
    tenant.admin().await.deliver_mail(&server.mailer()).await;
    assert_eq!(server.next_mail()["to"][0], "rosa@north.example");
}
