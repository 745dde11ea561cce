//! Sign-in through a SAML provider, over the server's own endpoints.

use crate::support::app::{TestApp, TestTenant};
use crate::support::database::on_each_database;
use crate::support::http::{Response, RouterExt, form_body};
use crate::support::saml_idp::{OTHER, Sign};
use crate::support::saml_sign_in::{
    SCOPE, answer, asked, assert_refused, begin, connect, document, draft, fields, finish, post, sign_in, sp,
};
use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::join_all;
use serde_json::json;
use url::Url;
use wardkey::control::sign_in_methods::Proof;
use wardkey::federation::saml::{IdpInitiated, SamlProviderConfig};

#[tokio::test]
async fn attributes_become_an_identity_by_the_mapping_rules() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let consent = sign_in(&tenant, &mut browser, "morgan").await;
    let tokens = finish(&tenant, &mut browser, &consent).await;
    assert_eq!(tokens["patient"], "morgan");
    let claims = crate::support::app::claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(claims["roles"], json!(["nurse", "teacher"]));
    assert_eq!(claims["acr"], crate::support::saml_idp::PASSWORD);
}

#[tokio::test]
async fn the_request_is_signed_and_opaque_and_for_one_address() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let sp = sp(&tenant);
    assert!(
        asked
            .xml
            .contains(&format!("AssertionConsumerServiceURL=\"{}\"", sp.acs_url)),
        "{}",
        asked.xml
    );
    assert!(
        asked
            .xml
            .contains(&format!("<saml:Issuer>{}</saml:Issuer>", sp.entity_id))
    );
    assert!(asked.relay_state.len() <= 80 && asked.relay_state.starts_with("wku_"));
    assert!(!asked.xml.contains("ForceAuthn"));
}

#[tokio::test]
async fn prompt_login_forces_a_new_sign_in_and_an_old_one_is_refused() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let query = tenant.authorization_request(SCOPE).with("max_age", "0");
    let chooser = browser.goto(&query.address()).await;
    let asked = asked(
        &browser
            .goto(&format!("{}/sign-in/hospital", chooser.url.path()))
            .await
            .url,
    );
    assert!(asked.xml.contains("ForceAuthn=\"true\""), "{}", asked.xml);
    let mut old = draft(&tenant, "morgan", Some(&asked.request));
    let since = |seconds: i64| wardkey::kernel::Timestamp::from_seconds(app.now().seconds() + seconds).to_rfc3339();
    old.authn = old.authn.replace(&since(-5), &since(-300));
    assert_refused(&answer(&tenant, &mut browser, &old.write(Sign::Both), &asked).await);
}

#[tokio::test]
async fn an_app_that_needs_a_recent_sign_in_gets_a_new_one_from_the_provider() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let first = begin(&tenant, &mut browser).await;
    let xml = draft(&tenant, "morgan", Some(&first.request)).write(Sign::Both);
    let consent = answer(&tenant, &mut browser, &xml, &first).await;
    finish(&tenant, &mut browser, &consent).await;
    app.wait(std::time::Duration::from_mins(10));
    let silent = tenant.authorization_request(SCOPE).with("prompt", "none");
    let page = browser.goto(&silent.with("max_age", "300").address()).await;
    assert_eq!(page.parameter("error").as_deref(), Some("login_required"), "{page}");
    let recent = tenant.authorization_request(SCOPE).with("max_age", "300");
    let chooser = browser.goto(&recent.address()).await;
    let step = format!("{}/sign-in/hospital", chooser.url.path());
    let again = asked(&browser.goto(&step).await.url);
    assert!(again.xml.contains("ForceAuthn=\"true\""), "{}", again.xml);
    // The answer of ten minutes ago is no answer to this.
    assert_refused(&answer(&tenant, &mut browser, &xml, &again).await);
    let again = asked(&browser.goto(&step).await.url);
    let fresh = draft(&tenant, "morgan", Some(&again.request)).write(Sign::Both);
    let consent = answer(&tenant, &mut browser, &fresh, &again).await;
    let tokens = finish(&tenant, &mut browser, &consent).await;
    let claims = crate::support::app::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["auth_time"], app.now().seconds() - 5, "{claims}");
    // Now it is recent enough, and nobody is asked.
    let page = browser
        .goto(&tenant.authorization_request(SCOPE).with("max_age", "300").address())
        .await;
    assert!(!page.response.text().contains("Hospital account"), "{page}");
}

#[tokio::test]
async fn requested_contexts_are_passed_on() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |config| {
        config
            .acr
            .insert(crate::support::saml_idp::PASSWORD.into(), "one-factor".into());
    })
    .await;
    let mut browser = app.browser();
    let query = tenant
        .authorization_request(SCOPE)
        .with("acr_values", "one-factor unknown");
    let chooser = browser.goto(&query.address()).await;
    let asked = asked(
        &browser
            .goto(&format!("{}/sign-in/hospital", chooser.url.path()))
            .await
            .url,
    );
    assert!(
        asked
            .xml
            .contains("<samlp:RequestedAuthnContext Comparison=\"exact\"><saml:AuthnContextClassRef>")
    );
    assert!(asked.xml.contains(crate::support::saml_idp::PASSWORD), "{}", asked.xml);
}

#[tokio::test]
async fn by_post_the_request_is_a_signed_form_that_sends_itself() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |config| {
        config.binding = Some(wardkey::federation::saml::Binding::Post);
    })
    .await;
    let mut browser = app.browser();
    let chooser = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    let page = browser.goto(&format!("{}/sign-in/hospital", chooser.url.path())).await;
    let form = page.form();
    let xml = String::from_utf8(STANDARD.decode(form.find("SAMLRequest").unwrap()).unwrap()).unwrap();
    assert!(xml.contains("<ds:SignatureValue>"), "{xml}");
    let policy = page.response.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https:;"), "{policy}");
}

#[tokio::test]
async fn a_response_needs_the_browser_that_asked() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut attacker = app.browser();
    let asked = begin(&tenant, &mut attacker).await;
    let xml = draft(&tenant, "attacker", Some(&asked.request)).write(Sign::Both);
    // The attacker's own response and relay state, posted by the victim's browser, which has a sign-in of its own.
    let mut victim = app.browser();
    begin(&tenant, &mut victim).await;
    assert_refused(&answer(&tenant, &mut victim, &xml, &asked).await);
    let mut without_any = app.browser();
    let onward = format!(
        "{}?state={}",
        tenant.path("federation/hospital/resume"),
        asked.relay_state
    );
    assert_refused(&without_any.goto(&onward).await);
    // It waits for the browser that it belongs to.
    let consent = attacker.goto(&onward).await;
    finish(&tenant, &mut attacker, &consent).await;
}

on_each_database! {
    async fn a_response_is_accepted_once(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = connect(&app, "northside", |_| {}).await;
        let mut browser = app.browser();
        let asked = begin(&tenant, &mut browser).await;
        let xml = draft(&tenant, "morgan", Some(&asked.request)).write(Sign::Both);
        let first = post(&tenant, fields(&xml, &asked.relay_state)).await.assert_status(303);
        let again = post(&tenant, fields(&xml, &asked.relay_state)).await;
        assert!(!again.status.is_redirection(), "posted twice");
        let second_answer = {
            let mut other = draft(&tenant, "okafor", Some(&asked.request));
            other.assertion_id = "_other".into();
            post(&tenant, fields(&other.write(Sign::Both), &asked.relay_state)).await
        };
        assert!(!second_answer.status.is_redirection(), "two responses to one request");
        let onward = first.location().to_owned();
        let consent = browser.goto(&onward).await;
        assert!(consent.response.status.is_success(), "{consent}");
        assert_refused(&browser.goto(&onward).await);
        // The accepted assertion in a new sign-in, even with the provider's signature renewed around it.
        let mut next = app.browser();
        let asked = begin(&tenant, &mut next).await;
        assert_refused(&answer(&tenant, &mut next, &xml, &asked).await);
        let mut next = app.browser();
        let asked = begin(&tenant, &mut next).await;
        let mut replayed = draft(&tenant, "morgan", Some(&asked.request));
        replayed.assertion_id = xml.split("<saml:Assertion").nth(1).unwrap().split(" ID=\"").nth(1).unwrap()
            .split('"').next().unwrap().to_owned();
        assert_refused(&answer(&tenant, &mut next, &replayed.write(Sign::Both), &asked).await);
    }

    async fn of_many_browsers_tabs_at_once_one_is_signed_in(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = connect(&app, "northside", |_| {}).await;
        let mut browser = app.browser();
        let asked = begin(&tenant, &mut browser).await;
        let xml = draft(&tenant, "morgan", Some(&asked.request)).write(Sign::Both);
        let form = fields(&xml, &asked.relay_state);
        let posted = join_all((0..16).map(|_| post(&tenant, form.clone()))).await;
        assert_eq!(posted.iter().filter(|answer| answer.status == 303).count(), 1, "one answer is kept");
        let path = format!("{}?state={}", tenant.path("federation/hospital/resume"), asked.relay_state);
        let cookie = browser.find_cookie(&tenant.path("interact"), "__Secure-wk_interaction").unwrap().to_owned();
        let resumed = join_all((0..16).map(|_| {
            let request = Request::get(&path)
                .header(header::COOKIE, format!("__Secure-wk_interaction={cookie}"))
                .body(Body::empty())
                .unwrap();
            app.router.send(request)
        })).await;
        assert_eq!(resumed.iter().filter(|answer| answer.status == 303).count(), 1, "one is signed in");
    }

    async fn of_one_assertion_in_two_sign_ins_at_once_one_is_accepted(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = connect(&app, "northside", |_| {}).await;
        let mut requests = Vec::new();
        for _ in 0..8 {
            let mut browser = app.browser();
            let asked = begin(&tenant, &mut browser).await;
            let mut same = draft(&tenant, "morgan", Some(&asked.request));
            same.assertion_id = "_the-same".into();
            post(&tenant, fields(&same.write(Sign::Both), &asked.relay_state)).await.assert_status(303);
            let cookie = browser.find_cookie(&tenant.path("interact"), "__Secure-wk_interaction").unwrap().to_owned();
            let path = format!("{}?state={}", tenant.path("federation/hospital/resume"), asked.relay_state);
            requests.push(Request::get(path)
                .header(header::COOKIE, format!("__Secure-wk_interaction={cookie}"))
                .body(Body::empty())
                .unwrap());
        }
        let answers = join_all(requests.into_iter().map(|request| app.router.send(request))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 303).count(), 1);
    }
}

#[tokio::test]
async fn nothing_of_one_tenant_is_accepted_at_another() {
    let app = TestApp::new().await;
    let north = connect(&app, "northside", |_| {}).await;
    let south = connect(&app, "southside", |_| {}).await;
    let (mut at_north, mut at_south) = (app.browser(), app.browser());
    let north_asked = begin(&north, &mut at_north).await;
    let south_asked = begin(&south, &mut at_south).await;
    // North's response at south's endpoint, with either relay state.
    let for_north = draft(&north, "morgan", Some(&north_asked.request)).write(Sign::Both);
    let posted = post(&south, fields(&for_north, &north_asked.relay_state)).await;
    assert!(!posted.status.is_redirection());
    assert_refused(&answer(&south, &mut at_south, &for_north, &south_asked).await);
    // Addressed perfectly to south, answering north's request.
    let mut at_south = app.browser();
    let south_asked = begin(&south, &mut at_south).await;
    let crossed = draft(&south, "morgan", Some(&north_asked.request)).write(Sign::Both);
    assert_refused(&answer(&south, &mut at_south, &crossed, &south_asked).await);
}

#[tokio::test]
async fn one_providers_response_is_not_anothers() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let metadata = OTHER.metadata("https://other.example/sso", None, &[OTHER.key.certificate()]);
    let mut other = document(|_| {});
    other.provider.entity_id = OTHER.entity_id.to_owned();
    tenant
        .admin()
        .await
        .save_saml_provider("other", "Other account", &other, &metadata)
        .await
        .unwrap();
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let forged = draft(&tenant, "morgan", Some(&asked.request)).write_by(&OTHER, Sign::Both);
    assert_refused(&answer(&tenant, &mut browser, &forged, &asked).await);
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let xml = draft(&tenant, "morgan", Some(&asked.request)).write(Sign::Both);
    let request = Request::post(tenant.path("federation/other/acs"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(fields(&xml, &asked.relay_state)))
        .unwrap();
    let elsewhere = app.router.send(request).await;
    assert!(
        !elsewhere.status.is_redirection(),
        "asked of one provider, answered at another's endpoint"
    );
}

#[tokio::test]
async fn relay_state_and_parameters_are_exactly_ours() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let xml = draft(&tenant, "morgan", Some(&asked.request)).write(Sign::Both);
    let good = STANDARD.encode(&xml);
    let relay = asked.relay_state.as_str();
    let changed = format!("{}A", &relay[..relay.len() - 1]);
    let long = "x".repeat(5_000);
    for (name, form) in [
        ("dropped", form_body(&[("SAMLResponse", &good)])),
        (
            "changed",
            form_body(&[("SAMLResponse", &good), ("RelayState", &changed)]),
        ),
        ("5 kB", form_body(&[("SAMLResponse", &good), ("RelayState", &long)])),
        (
            "an address",
            form_body(&[("SAMLResponse", &good), ("RelayState", "https://evil.example")]),
        ),
        (
            "twice",
            form_body(&[("SAMLResponse", &good), ("RelayState", relay), ("RelayState", relay)]),
        ),
        (
            "message twice",
            form_body(&[("SAMLResponse", &good), ("SAMLResponse", &good), ("RelayState", relay)]),
        ),
        (
            "as a request",
            form_body(&[("SAMLRequest", &good), ("RelayState", relay)]),
        ),
        ("no message", form_body(&[("RelayState", relay)])),
    ] {
        let answer = post(&tenant, form).await;
        assert!(
            !answer.status.is_redirection() && !answer.status.is_success(),
            "{name}: {}",
            answer.status
        );
    }
    let in_the_query = format!("{}?{}", tenant.path("federation/hospital/acs"), fields(&xml, relay));
    let request = Request::post(in_the_query).body(Body::empty()).unwrap();
    assert!(!app.router.send(request).await.status.is_redirection(), "in the query");
    let request = Request::get(tenant.path("federation/hospital/acs"))
        .body(Body::empty())
        .unwrap();
    assert_eq!(app.router.send(request).await.status, 405, "by POST only");
    // After all that, the genuine one is still good.
    let consent = answer(&tenant, &mut browser, &xml, &asked).await;
    finish(&tenant, &mut browser, &consent).await;
}

#[tokio::test]
async fn a_refusal_is_told_without_its_check_and_recorded_with_it() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let mut foreign = draft(&tenant, "morgan", Some(&asked.request));
    foreign.conditions = foreign.conditions.replace("/metadata", "/elsewhere");
    let page = answer(&tenant, &mut browser, &foreign.write(Sign::Both), &asked).await;
    assert_refused(&page);
    assert!(!page.response.text().contains("audience"), "{page}");
    let admin = tenant.admin().await;
    let events = admin
        .cx()
        .read()
        .await
        .unwrap()
        .list_recent_event_outcomes(50)
        .await
        .unwrap();
    let noted = ("sign_in.refused".to_owned(), "assertion_audience".to_owned());
    assert!(events.contains(&noted), "{events:?}");
}

#[tokio::test]
async fn a_session_ends_no_later_than_the_providers() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let mut short = draft(&tenant, "morgan", Some(&asked.request));
    let moment = |seconds: i64| wardkey::kernel::Timestamp::from_seconds(app.now().seconds() + seconds).to_rfc3339();
    short.authn = short.authn.replace(&moment(28_800), &moment(600));
    let consent = answer(&tenant, &mut browser, &short.write(Sign::Both), &asked).await;
    finish(&tenant, &mut browser, &consent).await;
    app.wait(std::time::Duration::from_mins(9));
    let page = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    assert!(
        !page.response.text().contains("Hospital account"),
        "still signed in: {page}"
    );
    app.wait(std::time::Duration::from_mins(2));
    let page = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
    assert!(page.response.text().contains("Hospital account"), "over: {page}");
}

// Sign-in that begins at the provider

async fn unsolicited(tenant: &TestTenant<'_>, user: &str, relay_state: &str) -> Response {
    let xml = draft(tenant, user, None).write(Sign::Both);
    post(tenant, fields(&xml, relay_state)).await
}

#[tokio::test]
async fn a_sign_in_that_the_provider_began_is_refused_unless_the_tenant_wants_it() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    assert!(!unsolicited(&tenant, "morgan", "").await.status.is_redirection());
}

#[tokio::test]
async fn a_sign_in_that_the_provider_began_asks_the_user_and_goes_where_the_tenant_says() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |config| {
        config.idp_initiated = Some(IdpInitiated {
            target: Url::parse("https://portal.test/start").unwrap(),
            targets: [("chart".to_owned(), Url::parse("https://portal.test/chart").unwrap())].into(),
        });
    })
    .await;
    for (user, relay_state, target) in [
        ("morgan", "https://evil.example/", "https://portal.test/start"),
        ("okafor", "chart", "https://portal.test/chart"),
    ] {
        let mut browser = app.browser();
        let form = fields(&draft(&tenant, user, None).write(Sign::Both), relay_state);
        let acs = Url::parse(&sp(&tenant).acs_url).unwrap();
        let sent = browser
            .send(Method::POST, &acs, Some(form.clone()))
            .await
            .assert_status(303);
        let onward = sent.location().to_owned();
        let ask = browser.goto(&onward).await;
        assert!(ask.response.text().contains(user), "{ask}");
        let mut stranger = app.browser();
        assert_refused(&stranger.goto(&onward).await);
        assert!(
            !post(&tenant, form).await.status.is_redirection(),
            "the same assertion again"
        );
        let forged = browser.submit(&ask, &ask.form().with("csrf", "AAAA")).await;
        assert_refused(&forged);
        let done = browser.submit(&ask, &ask.form()).await;
        assert_eq!(done.url.as_str(), target, "{done}");
        // One yes, one sign-in.
        assert_refused(&browser.submit(&ask, &ask.form()).await);
        let signed_in = browser.goto(&tenant.authorization_request(SCOPE).address()).await;
        assert!(!signed_in.response.text().contains("Hospital account"), "{signed_in}");
    }
}

#[tokio::test]
async fn a_provider_that_is_switched_off_begins_no_sign_in() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |config| {
        config.idp_initiated = Some(IdpInitiated {
            target: Url::parse("https://portal.test/start").unwrap(),
            targets: [].into(),
        });
    })
    .await;
    let mut browser = app.browser();
    let form = fields(&draft(&tenant, "morgan", None).write(Sign::Both), "");
    let acs = Url::parse(&sp(&tenant).acs_url).unwrap();
    let sent = browser.send(Method::POST, &acs, Some(form)).await.assert_status(303);
    let ask = browser.goto(sent.location()).await;
    let admin = tenant.admin().await;
    admin
        .switch_sign_in_method("hospital", false, Proof::Waived)
        .await
        .unwrap();
    // Neither does one that waits for the user's yes go on, nor is another taken.
    assert_refused(&browser.submit(&ask, &ask.form()).await);
    assert!(!unsolicited(&tenant, "okafor", "").await.status.is_redirection());
}

#[tokio::test]
async fn an_answer_never_passes_for_one_that_the_provider_began() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |config| {
        config.idp_initiated = Some(IdpInitiated {
            target: Url::parse("https://portal.test/start").unwrap(),
            targets: [].into(),
        });
    })
    .await;
    let mut browser = app.browser();
    let asked = begin(&tenant, &mut browser).await;
    let answering = draft(&tenant, "morgan", Some(&asked.request)).write(Sign::Both);
    assert!(!post(&tenant, fields(&answering, "")).await.status.is_redirection());
    // And one without request does not finish a sign-in that is open.
    let xml = draft(&tenant, "evil", None).write(Sign::Both);
    assert_refused(&answer(&tenant, &mut browser, &xml, &asked).await);
}

// Keys and metadata

#[tokio::test]
async fn accounts_are_not_shared_with_another_name_format() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |config| {
        config
            .name_id_formats
            .push(SamlProviderConfig::format_named("unspecified"));
    })
    .await;
    let mut subjects = Vec::new();
    for format in ["2.0:nameid-format:persistent", "1.1:nameid-format:unspecified"] {
        let mut browser = app.browser();
        let asked = begin(&tenant, &mut browser).await;
        let mut named = draft(&tenant, "morgan", Some(&asked.request));
        named.subject = named.subject.replace("2.0:nameid-format:persistent", format);
        let consent = answer(&tenant, &mut browser, &named.write(Sign::Both), &asked).await;
        let tokens = finish(&tenant, &mut browser, &consent).await;
        subjects.push(crate::support::app::claims(tokens["access_token"].as_str().unwrap())["sub"].clone());
    }
    assert_ne!(subjects[0], subjects[1]);
}
