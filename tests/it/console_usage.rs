//! Usage at the console: counted by hour and by day, by app, as charts, tables and a file.

use crate::support::app::{PUBLIC, TestApp, TestTenant};
use crate::support::database::on_each_database;
use std::time::Duration;
use wardkey::control::usage::{UsageCounts, UsagePeriod};
use wardkey::tenant::roles::Role;

const SCOPE: &str = "openid launch/patient patient/*.rs";

async fn fail_to_sign_in(tenant: &TestTenant<'_>) {
    let mut browser = tenant.app.browser();
    let page = browser.goto(&tenant.path("account/sign-in/staff")).await;
    let form = page.form().with("username", "pat").with("password", "wrong password");
    browser.submit(&page, &form).await;
}

on_each_database! {
    async fn what_happens_is_counted_in_its_hour_and_its_day(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        tenant.tokens(SCOPE, "pat").await;
        app.wait(Duration::from_hours(3));
        tenant.tokens(SCOPE, "pat").await;
        fail_to_sign_in(&tenant).await;
        let admin = tenant.admin().await;
        let usage = admin.usage_over_time(UsagePeriod::Day, None).await.unwrap();
        assert_eq!(usage.slots.len(), 24);
        let last = usage.slots[23].counts;
        let expected = UsageCounts { sign_ins: 1, sign_ins_refused: 1, access: 1, tokens: 1, ..UsageCounts::default() };
        assert_eq!(last, expected);
        assert_eq!(usage.slots[20].counts.tokens, 1);
        assert_eq!(usage.slots[22].counts, UsageCounts::default());
        let month = admin.usage_over_time(UsagePeriod::Month, None).await.unwrap();
        assert_eq!(month.slots.len(), 30);
        assert_eq!(month.slots.iter().map(|slot| slot.counts.tokens).sum::<u64>(), 2);
    }

    async fn a_day_that_is_over_is_counted_once_and_stays_in_its_place(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        tenant.tokens(SCOPE, "pat").await;
        app.wait(Duration::from_hours(26));
        tenant.tokens(SCOPE, "pat").await;
        tenant.tokens(SCOPE, "pat").await;
        let admin = tenant.admin().await;
        let first = admin.usage_over_time(UsagePeriod::Month, None).await.unwrap();
        let tokens: Vec<u64> = first.slots.iter().rev().take(3).map(|slot| slot.counts.tokens).collect();
        assert_eq!(tokens.iter().sum::<u64>(), 3);
        assert_eq!(tokens[0], 2, "of today: {tokens:?}");
        assert_eq!((first.apps[0].0.as_str(), first.apps[0].1.tokens), (PUBLIC, 3));
        // Of what was counted, nothing is asked of the log again.
        let mut rows = admin.cx().begin().await.unwrap();
        let today = admin.cx().now().seconds() / 86_400;
        let counted = rows.list_counted_usage_days(today - 29, today + 1).await.unwrap();
        assert!(counted.len() >= 28 && !counted.contains(&today), "{counted:?}");
        rows.count_usage_day(today - 1, admin.cx().now()).await.unwrap();
        rows.commit().await.unwrap();
        assert_eq!(admin.usage_over_time(UsagePeriod::Month, None).await.unwrap(), first);
        let of_app = admin.usage_over_time(UsagePeriod::Month, Some(PUBLIC)).await.unwrap();
        assert_eq!(of_app.slots.iter().map(|slot| slot.counts.tokens).sum::<u64>(), 3);
        assert_eq!(of_app.slots.iter().map(|slot| slot.counts.sign_ins).sum::<u64>(), 0, "a sign-in is no app's");
        let south = app.tenant("southside").await.admin().await.usage_over_time(UsagePeriod::Month, None).await.unwrap();
        assert!(south.slots.iter().all(|slot| slot.counts == UsageCounts::default()));
    }

    async fn apps_are_counted_each_for_itself(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        tenant.tokens(SCOPE, "pat").await;
        let admin = tenant.admin().await;
        let usage = admin.usage_over_time(UsagePeriod::Day, None).await.unwrap();
        assert_eq!(usage.apps.len(), 1);
        assert_eq!(usage.apps[0].0, PUBLIC);
        assert_eq!((usage.apps[0].1.access, usage.apps[0].1.tokens), (1, 1));
        let none = admin.usage_over_time(UsagePeriod::Day, Some("care-planner")).await.unwrap();
        assert!(none.slots.iter().all(|slot| slot.counts == UsageCounts::default()));
    }
}

#[tokio::test]
async fn the_page_has_its_numbers_as_tables_and_as_a_file() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant.tokens(SCOPE, "pat").await;
    let mut browser = tenant.console_of(&[Role::Auditor]).await;
    let page = browser.goto(&tenant.console("usage")).await;
    let text = page.response.text();
    assert_eq!(text.matches("<figure class=\"chart\"").count(), 4, "{page}");
    assert_eq!(
        text.matches("<table class=\"tally\"").count(),
        3,
        "nothing was refused: {page}"
    );
    assert!(text.contains(PUBLIC), "{page}");
    let of_app = browser.goto(&tenant.console("usage?app=growth-chart&span=month")).await;
    assert_eq!(
        of_app.response.text().matches("<figure class=\"chart\"").count(),
        3,
        "a sign-in is no app's: {of_app}"
    );
    let file = browser.goto(&tenant.console("usage.csv?span=day")).await;
    assert_eq!(file.response.header("content-type"), Some("text/csv; charset=utf-8"));
    let lines: Vec<&str> = file.response.text().lines().collect();
    assert_eq!(lines.len(), 25);
    assert!(lines[24].contains(",,"), "{}", lines[24]);
    let formula = browser.goto(&tenant.console("usage.csv?app=%3D1%2B1")).await;
    assert!(formula.response.text().contains(",'=1+1,"), "{formula}");
}

#[tokio::test]
async fn usage_is_for_who_may_read_it() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = tenant.console_of(&[Role::HelpDesk]).await;
    for place in ["usage", "usage.csv"] {
        let page = browser.goto(&tenant.console(place)).await;
        assert_eq!(page.response.status, 403, "{page}");
    }
}
