//! People choose what they share: by type, by category, reading and changing apart, and whether while they are away. As a
//! browser without script does it.

use crate::support::app::{AuthorizationQuery, CEILING, PASSWORD, PUBLIC, TestApp, TestTenant};
use crate::support::html_form::HtmlForm;
use crate::support::http_browser::{HttpBrowser, Page};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const IDENTITY: &str = "launch/patient openid fhirUser offline_access";
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";

/// The consent page for `query`, after `username` signed in if asked.
async fn consent_page(browser: &mut HttpBrowser, query: &AuthorizationQuery, username: &str) -> Page {
    let page = browser.goto(&query.address()).await;
    if !page.response.text().contains("name=\"password\"") {
        return page;
    }
    let form = page.form().with("username", username).with("password", PASSWORD);
    browser.submit(&page, &form).await
}

/// The form without these boxes.
fn unticked(page: &Page, boxes: &[&str]) -> HtmlForm {
    let mut form = page.form().with("decision", "allow");
    for key in boxes {
        let before = form.fields.len();
        form.fields.retain(|(name, value)| name != "item" || value != key);
        assert_eq!(form.fields.len() + 1, before, "{key} is a ticked box of the page");
    }
    form
}

/// The form with no boxes but these, each of them on the page.
fn only(page: &Page, keep: impl Fn(&str) -> bool) -> HtmlForm {
    let mut form = page.form().with("decision", "allow");
    form.fields.retain(|(name, value)| name != "item" || keep(value));
    form
}

async fn tokens(tenant: &TestTenant<'_>, done: &Page) -> Value {
    let code = done.parameter("code").unwrap_or_else(|| panic!("no code at {done}"));
    tenant.redeem(&code).await.assert_status(200).json()
}

fn scopes(tokens: &Value) -> BTreeSet<&str> {
    tokens["scope"].as_str().unwrap().split(' ').collect()
}

/// What is granted of `scope` to the public app when `pat` unticks these boxes.
async fn granted_without(app: &TestApp, scope: &str, boxes: &[&str]) -> String {
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let page = consent_page(&mut browser, &tenant.authorization_request(scope), "pat").await;
    let done = browser.submit(&page, &unticked(&page, boxes)).await;
    tokens(&tenant, &done).await["scope"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_limited_app_gets_exactly_the_chosen_types_of_a_wildcard() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for (wildcard, ending) in [("patient/*.rs", "rs"), ("patient/*.read", "read")] {
        let mut browser = app.browser();
        let query = tenant.authorization_request(&format!("{IDENTITY} {wildcard}"));
        let page = consent_page(&mut browser, &query, "pat").await;
        let chosen = |key: &str| {
            key == "offline_access"
                || ["Patient", "Condition", "Observation"]
                    .iter()
                    .any(|name| key.starts_with(&format!("patient.read.{name}")))
        };
        let done = browser.submit(&page, &only(&page, chosen)).await;
        let tokens = tokens(&tenant, &done).await;
        let expected =
            format!("{IDENTITY} patient/Patient.{ending} patient/Condition.{ending} patient/Observation.{ending}");
        assert_eq!(tokens["scope"], expected);
        assert_eq!(tokens["patient"], "pat-1");
        app.wait(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn categories_can_be_chosen_when_only_the_types_were_asked_for() {
    let scope = format!("{IDENTITY} patient/Condition.rs patient/Observation.rs patient/Patient.rs");
    let app = TestApp::new().await;
    let granted = Box::pin(granted_without(
        &app,
        &scope,
        &[
            "patient.read.Condition.other",
            "patient.read.Condition.health-concern",
            "patient.read.Observation.sdoh",
        ],
    ))
    .await;
    let granted: BTreeSet<&str> = granted.split(' ').collect();
    assert!(granted.contains("patient/Patient.rs"));
    assert!(!granted.contains("patient/Condition.rs") && !granted.contains("patient/Observation.rs"));
    let of = |start: &str| granted.iter().filter(|scope| scope.starts_with(start)).count();
    assert_eq!(of("patient/Condition.rs?category="), 2);
    assert_eq!(of("patient/Observation.rs?category="), 5);
    assert!(granted.contains(format!("patient/Condition.rs?category={CATEGORY}|problem-list-item").as_str()));
}

#[tokio::test]
async fn declining_access_while_away_leaves_no_refresh_token() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let query = tenant.authorization_request(&format!("{IDENTITY} patient/Patient.rs"));
    let page = consent_page(&mut browser, &query, "pat").await;
    let done = browser.submit(&page, &unticked(&page, &["offline_access"])).await;
    let tokens = tokens(&tenant, &done).await;
    assert_eq!(tokens["scope"], "launch/patient openid fhirUser patient/Patient.rs");
    assert_eq!(tokens.get("refresh_token"), None);
}

#[tokio::test]
async fn a_wildcard_without_one_type_names_the_others() {
    let app = TestApp::new().await;
    let granted = Box::pin(granted_without(
        &app,
        "openid fhirUser launch/patient patient/*.rs",
        &["patient.read.Goal"],
    ))
    .await;
    assert!(!granted.contains("Goal") && !granted.contains('*'), "{granted}");
    assert!(granted.contains("patient/Observation.rs patient/"), "{granted}");
}

#[tokio::test]
async fn changing_can_be_left_out_of_a_wildcard_that_stays() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let page = consent_page(
        &mut browser,
        &tenant.authorization_request("openid fhirUser user/*.cruds"),
        "ada",
    )
    .await;
    let done = browser
        .submit(&page, &only(&page, |key| key.starts_with("user.read.")))
        .await;
    assert_eq!(tokens(&tenant, &done).await["scope"], "openid fhirUser user/*.rs");
}

#[tokio::test]
async fn values_that_the_page_does_not_send_give_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let query = tenant.authorization_request("openid fhirUser launch/patient patient/Patient.rs");
    let page = consent_page(&mut browser, &query, "pat").await;
    for forged in [
        "patient.read.Observation",
        "patient.change.Patient",
        "patient.read.*",
        "user.read.Patient",
        "offline_access",
        "patient/*.cruds",
    ] {
        let mut form = page.form().with("decision", "allow");
        form.fields.push(("item".to_owned(), forged.to_owned()));
        let answer = browser.submit(&page, &form).await;
        assert_eq!(answer.response.status, 403, "{forged}: {answer}");
        assert!(answer.parameter("code").is_none());
    }
    let done = browser.submit(&page, &unticked(&page, &[])).await;
    assert_eq!(
        tokens(&tenant, &done).await["scope"],
        "openid fhirUser launch/patient patient/Patient.rs"
    );
}

#[tokio::test]
async fn nothing_selected_is_a_refusal() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let query = tenant.authorization_request(&format!("{IDENTITY} patient/*.rs"));
    for keep in ["", "offline_access", "patient.read.*", "patient.read.Condition.other"] {
        let mut browser = app.browser();
        let page = consent_page(&mut browser, &query, "pat").await;
        let done = browser.submit(&page, &only(&page, |key| key == keep)).await;
        assert_eq!(
            done.parameter("error").as_deref(),
            Some("access_denied"),
            "{keep}: {done}"
        );
        assert_eq!(done.parameter("state").as_deref(), Some("state-of-the-app"));
    }
}

#[tokio::test]
async fn a_narrowed_consent_is_remembered_as_it_was_given() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let scope = "openid fhirUser offline_access user/Patient.rs user/Observation.rs";
    let query = tenant.authorization_request(scope);
    let page = consent_page(&mut browser, &query, "ada").await;
    let boxes = ["user.read.Observation", "offline_access"];
    let done = browser.submit(&page, &unticked(&page, &boxes)).await;
    let narrowed = "openid fhirUser user/Patient.rs";
    assert_eq!(tokens(&tenant, &done).await["scope"], narrowed);
    // The same again, and less: nobody is asked, nothing is widened.
    app.wait(Duration::from_mins(1));
    let again = browser.goto(&query.address()).await;
    assert_eq!(tokens(&tenant, &again).await["scope"], narrowed);
    let less = browser
        .goto(&tenant.authorization_request("openid user/Patient.r").address())
        .await;
    assert_eq!(tokens(&tenant, &less).await["scope"], "openid user/Patient.r");
    // Only what was left out before, more than was asked before, and a wish to be asked: a page.
    for asked in [
        tenant.authorization_request("openid user/Observation.rs"),
        tenant.authorization_request(&format!("{scope} user/Goal.rs")),
        query.with("prompt", "consent"),
    ] {
        let page = browser.goto(&asked.address()).await;
        assert!(page.response.text().contains("value=\"allow\""), "{page}");
    }
}

/// The boxes of the page that are ticked.
fn ticked(page: &Page) -> Vec<String> {
    let fields = page.form().fields.into_iter();
    fields
        .filter(|(name, _)| name == "item")
        .map(|(_, value)| value)
        .collect()
}

#[tokio::test]
async fn people_with_a_record_of_their_own_choose_at_every_launch_from_outside() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let query = tenant.authorization_request("openid fhirUser launch/patient patient/Patient.rs patient/Goal.rs");
    let page = consent_page(&mut browser, &query, "pat").await;
    assert_eq!(ticked(&page), ["patient.read.Patient", "patient.read.Goal"]);
    let done = browser.submit(&page, &unticked(&page, &["patient.read.Goal"])).await;
    tokens(&tenant, &done).await;
    app.wait(Duration::from_mins(1));
    let again = browser.goto(&query.address()).await;
    assert!(again.response.text().contains("value=\"allow\""), "{again}");
    // Without a page the earlier answer holds, narrowed as it was.
    let silent = browser.goto(&query.with("prompt", "none").address()).await;
    assert_eq!(
        tokens(&tenant, &silent).await["scope"],
        "openid fhirUser launch/patient patient/Patient.rs"
    );
    // Signing in by itself shares nothing and is asked once.
    let identity = tenant.authorization_request("openid fhirUser");
    assert!(browser.goto(&identity.address()).await.parameter("code").is_some());
}

#[tokio::test]
async fn a_page_that_is_shown_again_begins_with_the_earlier_choices() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let scope = "launch/patient offline_access patient/Patient.rs patient/Goal.rs patient/Condition.rs";
    let query = tenant.authorization_request(scope);
    let page = consent_page(&mut browser, &query, "pat").await;
    let left_out = [
        "patient.read.Goal",
        "patient.read.Condition.health-concern",
        "patient.read.Condition.other",
        "offline_access",
    ];
    browser.submit(&page, &unticked(&page, &left_out)).await;
    app.wait(Duration::from_mins(1));
    // More is asked for now: what is new is ticked, what was left out is not.
    let more = tenant.authorization_request(&format!("{scope} patient/CarePlan.rs"));
    let again = browser.goto(&more.address()).await;
    let kept = [
        "patient.read.Patient",
        "patient.read.Condition",
        "patient.read.Condition.problem-list-item",
        "patient.read.Condition.encounter-diagnosis",
        "patient.read.CarePlan",
    ];
    assert_eq!(
        ticked(&again).into_iter().collect::<BTreeSet<_>>(),
        kept.map(str::to_owned).into()
    );
    let done = browser.submit(&again, &again.form().with("decision", "allow")).await;
    let granted = tokens(&tenant, &done).await;
    assert!(scopes(&granted).contains("patient/CarePlan.rs") && !scopes(&granted).contains("patient/Goal.rs"));
    // Of what is asked for now, all was left out: a page with nothing ticked would be of no use.
    app.wait(Duration::from_mins(1));
    let only_goal = tenant.authorization_request("launch/patient patient/Goal.rs");
    assert_eq!(ticked(&browser.goto(&only_goal.address()).await), ["patient.read.Goal"]);
}

#[tokio::test]
async fn what_was_left_out_of_a_wildcard_is_in_view_when_the_page_comes_again() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let query = tenant.authorization_request("launch/patient patient/*.rs");
    let first = consent_page(&mut browser, &query, "pat").await;
    assert!(
        first.response.text().contains("class=\"everything\"") && !first.response.text().contains("<details open>")
    );
    browser
        .submit(
            &first,
            &unticked(&first, &["patient.read.Goal", "patient.read.Condition.other"]),
        )
        .await;
    app.wait(Duration::from_mins(1));
    let again = browser.goto(&query.address()).await;
    let html = again.response.text();
    assert!(!html.contains("class=\"everything\""), "not all of it is ticked");
    assert!(
        html.contains("<details open>") && html.contains("<details class=\"kinds\" open>"),
        "{again}"
    );
    // The wildcard says that it needs all the others, so it is not ticked either.
    let ticked = ticked(&again);
    for key in ["patient.read.Goal", "patient.read.Condition.other", "patient.read.*"] {
        assert!(!ticked.iter().any(|one| one == key), "{key}");
    }
}

/// Whether somebody who allowed `query` before is asked again.
async fn is_asked_again(app: &TestApp, tenant: &TestTenant<'_>, username: &str) -> bool {
    let mut browser = app.browser();
    let query = tenant.authorization_request("openid fhirUser launch/patient patient/Patient.rs");
    let query = if username == "pat" {
        query
    } else {
        query.with("scope", "openid fhirUser user/Patient.rs")
    };
    tenant
        .authorize(&mut browser, &query, username)
        .await
        .parameter("code")
        .unwrap();
    app.wait(Duration::from_secs(1));
    let again = browser.goto(&query.address()).await;
    again.parameter("code").is_none()
}

#[tokio::test]
async fn the_tenant_says_when_an_answer_stands_and_an_app_can_differ() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for (by_tenant, by_app, staff, patients) in [
        (None, None, false, true),
        (Some("own_record_each_time"), None, false, true),
        (Some("once"), None, false, false),
        (Some("each_time"), None, true, true),
        (Some("once"), Some("each_time"), true, true),
        (Some("each_time"), Some("once"), false, false),
        (Some("each_time"), Some("own_record_each_time"), false, true),
    ] {
        if let Some(value) = by_tenant {
            let member = [("ask_consent".to_owned(), value.to_owned())];
            app.platform.set_settings("northside", &member).await.unwrap();
        }
        let metadata = json!({ "token_endpoint_auth_method": "none", "ask_consent": by_app });
        tenant.client(PUBLIC, metadata).await;
        let asked = [
            is_asked_again(&app, &tenant, "ada").await,
            is_asked_again(&app, &tenant, "pat").await,
        ];
        assert_eq!(asked, [staff, patients], "{by_tenant:?} {by_app:?}");
    }
}

#[tokio::test]
async fn nobody_is_asked_about_an_app_of_the_hospitals_own_unless_it_wants_that() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let metadata = json!({ "token_endpoint_auth_method": "none", "ask_consent": "never" });
    tenant.client(PUBLIC, metadata).await;
    for (username, scope) in [
        ("ada", "openid fhirUser user/Patient.rs"),
        ("pat", "openid launch/patient patient/Patient.rs"),
    ] {
        let query = tenant.authorization_request(scope);
        let mut browser = app.browser();
        let page = browser.goto(&query.address()).await;
        let inside = browser
            .submit(
                &page,
                &page.form().with("username", username).with("password", PASSWORD),
            )
            .await;
        assert!(inside.parameter("code").is_some(), "{inside}");
        let asked = browser.goto(&query.with("prompt", "consent").address()).await;
        assert!(asked.parameter("code").is_none(), "{asked}");
    }
    let everywhere = [("ask_consent".to_owned(), "never".to_owned())];
    assert!(app.platform.set_settings("northside", &everywhere).await.is_err());
}

#[tokio::test]
async fn who_has_to_be_asked_each_time_is_not_passed_over_silently() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant
        .client(
            PUBLIC,
            json!({ "token_endpoint_auth_method": "none", "ask_consent": "each_time" }),
        )
        .await;
    let mut browser = app.browser();
    let query = tenant.authorization_request("openid fhirUser user/Patient.rs");
    tenant
        .authorize(&mut browser, &query, "ada")
        .await
        .parameter("code")
        .unwrap();
    app.wait(Duration::from_secs(1));
    let silent = browser.goto(&query.with("prompt", "none").address()).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("consent_required"));
}

#[tokio::test]
async fn a_category_can_be_left_out_of_changing_alone() {
    let app = TestApp::new().await;
    let scope = "openid fhirUser launch/patient patient/Condition.crus";
    let boxes = [
        "patient.change.Condition.other",
        "patient.change.Condition.health-concern",
        "patient.change.Condition.encounter-diagnosis",
    ];
    assert_eq!(
        Box::pin(granted_without(&app, scope, &boxes)).await,
        format!(
            "openid fhirUser launch/patient patient/Condition.rs patient/Condition.cu?category={CATEGORY}|problem-list-item"
        )
    );
}

#[tokio::test]
async fn the_granted_words_stay_the_same_on_refresh_and_introspection() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let mut browser = app.browser();
    let scope = format!("{IDENTITY} patient/Patient.read patient/Patient.rs patient/Condition.rs patient/Goal.*");
    let page = consent_page(&mut browser, &tenant.authorization_request(&scope), "pat").await;
    let boxes = ["patient.read.Condition.other", "patient.change.Goal"];
    let done = browser.submit(&page, &unticked(&page, &boxes)).await;
    let tokens = tokens(&tenant, &done).await;
    assert!(scopes(&tokens).is_superset(&["patient/Patient.read", "patient/Patient.rs", "patient/Goal.read"].into()));
    let refreshed = tenant
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await
        .assert_status(200)
        .json();
    assert_eq!(refreshed["scope"], tokens["scope"]);
    let known = tenant.introspect(refreshed["access_token"].as_str().unwrap()).await;
    assert_eq!(known["scope"], tokens["scope"]);
    // The whole set is within the set (RFC 6749 section 6).
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refreshed["refresh_token"].as_str().unwrap()),
        ("scope", tokens["scope"].as_str().unwrap()),
        ("client_id", PUBLIC),
    ];
    assert_eq!(
        tenant.token(&form).await.assert_status(200).json()["scope"],
        tokens["scope"]
    );
}

#[tokio::test]
async fn the_page_speaks_of_health_only_when_health_is_asked_for() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    for (language, words) in [("en", "health information"), ("es", "información de salud")] {
        let mut browser = app.browser();
        let asked = |scope: &str| tenant.authorization_request(scope).with("ui_locales", language);
        let identity = consent_page(&mut browser, &asked("openid fhirUser"), "pat").await;
        assert!(identity.response.text().contains("value=\"allow\""), "{identity}");
        assert!(!identity.response.text().contains(words), "{identity}");
        let data = consent_page(&mut browser, &asked("openid launch/patient patient/*.rs"), "pat").await;
        assert!(data.response.text().contains(words), "{data}");
    }
}

#[tokio::test]
async fn an_app_is_called_verified_only_when_its_record_says_so() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let query = tenant.authorization_request("openid fhirUser");
    let verified = consent_page(&mut app.browser(), &query, "pat").await;
    assert!(
        verified.response.text().contains("Verified by the hospital"),
        "{verified}"
    );
    let metadata = json!({ "token_endpoint_auth_method": "none", "verified": false, "scope": CEILING });
    tenant.client(PUBLIC, metadata).await;
    let unknown = consent_page(&mut app.browser(), &query, "pat").await;
    assert!(
        unknown.response.text().contains("Not verified by the hospital"),
        "{unknown}"
    );
    assert!(
        !unknown.response.text().contains("Verified by the hospital"),
        "{unknown}"
    );
}
