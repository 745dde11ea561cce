//! The first operator: a link that the machine's owner makes, a password, a second factor.

use crate::support::app::{TestApp, TestTenant};
use crate::support::console::CHOSEN;
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::local_account::{Authenticator, give_code, give_password, recovery_codes};
use std::time::Duration;
use wardkey::control::{NewOperator, NewOwner};

const OPERATOR: &str = "operator";

async fn bootstrap(app: &TestApp, forget: bool) -> NewOperator {
    let operator = NewOwner {
        username: OPERATOR.to_owned(),
        name: None,
        email: None,
    };
    Box::pin(app.platform.bootstrap_operator(&operator, forget))
        .await
        .unwrap()
}

async fn choose(app: &TestApp, browser: &mut HttpBrowser, link: &NewOperator, password: &str) -> Page {
    let path = link
        .link
        .address
        .expose()
        .trim_start_matches(app.base.as_str())
        .to_owned();
    let page = browser.goto(&path).await;
    assert!(page.response.text().contains("name=\"password\""), "{page}");
    browser.submit(&page, &page.form().with("password", password)).await
}

fn platform(app: &TestApp) -> TestTenant<'_> {
    TestTenant {
        app,
        slug: "platform".to_owned(),
    }
}

async fn first_sign_in(app: &TestApp, browser: &mut HttpBrowser) -> Authenticator {
    let page = give_password(&platform(app), browser, OPERATOR, CHOSEN).await;
    let authenticator = Authenticator::scan(&page);
    let code = authenticator.code(app.now());
    let done = browser.submit(&page, &page.form().with("code", &code)).await;
    assert_eq!(recovery_codes(&done).len(), 10);
    authenticator
}

#[tokio::test]
async fn the_link_leads_to_a_password_and_the_sign_in_demands_a_second_factor() {
    let app = TestApp::new().await;
    let link = bootstrap(&app, false).await;
    let mut browser = app.browser();
    choose(&app, &mut browser, &link, CHOSEN).await;
    first_sign_in(&app, &mut browser).await;
    let account = browser.goto("/platform/auth/account").await;
    assert!(account.response.text().contains("Where you are signed in"), "{account}");
    let roles = app.platform.platform_tenant().await.unwrap();
    let roles = roles
        .list_role_assignments(Some(&link.account.to_string()), ("", ""), 9)
        .await
        .unwrap();
    assert_eq!(
        roles.iter().map(|role| role.role.as_str()).collect::<Vec<_>>(),
        ["platform_operator"]
    );
}

#[tokio::test]
async fn the_link_works_once_and_for_an_hour_and_the_next_one_ends_it() {
    let app = TestApp::new().await;
    let gone = async |link: &NewOperator| {
        let path = link
            .link
            .address
            .expose()
            .trim_start_matches(app.base.as_str())
            .to_owned();
        let page = app.browser().goto(&path).await;
        !page.response.text().contains("name=\"password\"")
    };
    let first = bootstrap(&app, false).await;
    let second = bootstrap(&app, false).await;
    assert!(gone(&first).await && !gone(&second).await);
    choose(&app, &mut app.browser(), &second, CHOSEN).await;
    assert!(gone(&second).await);
    let third = bootstrap(&app, false).await;
    app.wait(Duration::from_secs(3599));
    assert!(!gone(&third).await);
    app.wait(Duration::from_secs(2));
    assert!(gone(&third).await);
}

#[tokio::test]
async fn who_lost_password_and_phone_is_let_in_again_by_the_machines_owner() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let first = bootstrap(&app, false).await;
    choose(&app, &mut browser, &first, CHOSEN).await;
    first_sign_in(&app, &mut browser).await;
    // A new password alone does not do it.
    let again = bootstrap(&app, false).await;
    assert_eq!(again.account, first.account);
    let mut elsewhere = app.browser();
    choose(&app, &mut elsewhere, &again, "eight tired owls on a tram").await;
    let asked = give_password(&platform(&app), &mut elsewhere, OPERATOR, "eight tired owls on a tram").await;
    assert!(asked.response.text().contains("name=\"code\""), "{asked}");
    let refused = give_code(&mut elsewhere, &asked, "000000").await;
    assert_eq!(refused.response.status, 400);
    let last = bootstrap(&app, true).await;
    let mut third = app.browser();
    choose(&app, &mut third, &last, CHOSEN).await;
    first_sign_in(&app, &mut third).await;
}
