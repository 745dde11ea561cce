//! An EHR launch for one user: named, so that nobody else gets its context, or vouched for, so that they need not sign in.

use crate::support::app::{CEILING, PASSWORD, PUBLIC, REDIRECT_URI, STAFF, TestApp, TestTenant, claims};
use crate::support::database::on_each_database;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use crate::support::http_browser::{HttpBrowser, Page};
use axum::http::Request;
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::kernel::{SystemEntropy, entropy};
use wardkey::oauth::jose::{JwtType, RsaSize, SigningAlgorithm, SigningKeyPair};

const SCOPE: &str = "launch openid fhirUser patient/*.rs";

/// An EHR with its key, and the token it registers launches with.
struct Ehr<'a> {
    tenant: &'a TestTenant<'a>,
    key: SigningKeyPair,
    token: String,
}

fn unique() -> String {
    u128::from_be_bytes(entropy::bytes(&SystemEntropy)).to_string()
}

impl<'a> Ehr<'a> {
    async fn of(tenant: &'a TestTenant<'a>, trusted: bool) -> Self {
        let key = SigningKeyPair::generate(SigningAlgorithm::ES384, RsaSize::default()).unwrap();
        let metadata = json!({
            "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"], "response_types": [],
            "redirect_uris": [], "scope": "__launch", "jwks": { "keys": [key.public_jwk()] },
            "launch_user_assertions": trusted,
        });
        tenant.client("ehr", metadata).await;
        let mut ehr = Self {
            tenant,
            key,
            token: String::new(),
        };
        let assertion = ehr.sign(JwtType::IdToken, &json!({ "sub": "ehr" }));
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "__launch"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion.as_str()),
        ];
        let tokens = tenant.token(&form).await.assert_status(200).json();
        tokens["access_token"].as_str().unwrap().clone_into(&mut ehr.token);
        ehr
    }

    /// A JWT of the EHR for the tenant, with these claims beside or instead of the usual ones.
    fn sign(&self, typ: JwtType, changes: &Value) -> String {
        let now = self.tenant.app.now().seconds();
        let mut claims = json!({
            "iss": "ehr", "aud": self.tenant.issuer(), "iat": now, "exp": now + 300, "jti": unique(),
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        self.key.sign(typ, &claims).unwrap()
    }

    fn assert_user(&self, changes: &Value) -> String {
        self.sign(JwtType::UserAssertion, changes)
    }

    async fn register(&self, body: &Value) -> Response {
        let request = Request::post(self.tenant.path("launch")).bearer(&self.token).json(body);
        self.tenant.app.router.send(request).await
    }

    /// The handle of a launch that names or vouches for a user.
    async fn launch(&self, members: &Value) -> String {
        let mut body = json!({ "client_id": PUBLIC, "patient": "pat-7" });
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = self.register(&body).await.assert_status(201).json();
        answer["launch"].as_str().unwrap().to_owned()
    }

    async fn vouched_launch(&self, user: &Value) -> String {
        self.launch(&json!({ "user_assertion": self.assert_user(user) })).await
    }
}

async fn prepared<'a>(app: &'a TestApp, slug: &str) -> TestTenant<'a> {
    let tenant = app.tenant(slug).await;
    let metadata = json!({
        "token_endpoint_auth_method": "none", "scope": format!("launch online_access {CEILING}"),
    });
    tenant.client(PUBLIC, metadata).await;
    tenant
}

async fn come(browser: &mut HttpBrowser, tenant: &TestTenant<'_>, handle: &str, extra: &[(&str, &str)]) -> Page {
    let mut query = tenant.authorization_request(SCOPE).with("launch", handle);
    for (name, value) in extra {
        query = query.with(name, value);
    }
    browser.goto(&query.address()).await
}

fn asks_for_a_password(page: &Page) -> bool {
    page.response.text().contains("name=\"password\"")
}

async fn allow(browser: &mut HttpBrowser, page: &Page) -> Page {
    assert!(page.response.text().contains("value=\"allow\""), "{page}");
    browser.submit(page, &page.form().with("decision", "allow")).await
}

/// Somebody who signed in here before, so that the account exists; its id.
async fn account_id(tenant: &TestTenant<'_>, username: &str) -> String {
    let tokens = tenant.tokens("openid", username).await;
    claims(tokens["access_token"].as_str().unwrap())["sub"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_clinician_whom_the_ehr_vouches_for_meets_no_form_and_the_tokens_say_how_they_signed_in() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let ehr = Ehr::of(&tenant, true).await;
    let signed_in = app.now().seconds() - 600;
    let handle = ehr
        .vouched_launch(&json!({
            "fhirUser": "Practitioner/ada", "sub": "the-ehrs-own-name", "auth_time": signed_in, "acr": "badge", "amr": ["hwk", "pin"],
        }))
        .await;
    let mut browser = app.browser();
    let page = come(&mut browser, &tenant, &handle, &[]).await;
    assert!(
        !asks_for_a_password(&page) && page.response.text().contains("Ada Okafor"),
        "{page}"
    );
    let code = allow(&mut browser, &page).await.parameter("code").unwrap();
    let tokens = tenant.redeem(&code).await.assert_status(200).json();
    let id_token = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(id_token["auth_time"], signed_in);
    assert_eq!(
        (&id_token["acr"], &id_token["amr"]),
        (&json!("badge"), &json!(["hwk", "pin"]))
    );
    assert_eq!(id_token["fhirUser"], format!("{}/Practitioner/ada", tenant.fhir()));
    assert_eq!(tokens["patient"], "pat-7");
}

#[tokio::test]
async fn the_account_is_named_by_id_by_identity_provider_and_subject_or_by_fhir_user() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let ehr = Ehr::of(&tenant, true).await;
    let id = account_id(&tenant, "ada").await;
    for user in [
        json!({ "sub": id }),
        json!({ "idp": STAFF, "sub": "ada" }),
        json!({ "fhirUser": "Practitioner/ada" }),
        json!({ "fhirUser": format!("{}/Practitioner/ada", tenant.fhir()) }),
    ] {
        let handle = ehr.vouched_launch(&user).await;
        let page = come(&mut app.browser(), &tenant, &handle, &[]).await;
        assert!(page.response.text().contains("Ada Okafor"), "{user}: {page}");
    }
}

#[tokio::test]
async fn the_sign_in_holds_for_this_interaction_and_makes_no_session_of_the_browser() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let ehr = Ehr::of(&tenant, true).await;
    // Somebody else is signed in with this browser already, as on a shared computer, and stays so.
    let mut browser = app.browser();
    tenant
        .authorize(&mut browser, &tenant.authorization_request("openid"), "pat")
        .await;
    let handle = ehr.vouched_launch(&json!({ "fhirUser": "Practitioner/ada" })).await;
    let page = come(&mut browser, &tenant, &handle, &[]).await;
    assert!(page.response.text().contains("Ada Okafor"), "{page}");
    allow(&mut browser, &page).await;
    let own = browser.goto(&tenant.path("apps")).await;
    assert!(
        own.response.text().contains("Pat Morgan") && !own.response.text().contains("Ada"),
        "{own}"
    );
    let mut fresh = app.browser();
    let handle = ehr.vouched_launch(&json!({ "fhirUser": "Practitioner/ada" })).await;
    come(&mut fresh, &tenant, &handle, &[]).await;
    assert!(asks_for_a_password(&fresh.goto(&tenant.path("apps")).await));
}

#[tokio::test]
async fn an_app_that_demands_a_sign_in_gets_a_real_one_of_the_same_user() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let ehr = Ehr::of(&tenant, true).await;
    for (name, value) in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "3600")] {
        let handle = ehr.vouched_launch(&json!({ "fhirUser": "Practitioner/ada" })).await;
        let mut browser = app.browser();
        let page = come(&mut browser, &tenant, &handle, &[(name, value)]).await;
        assert!(asks_for_a_password(&page), "{name}={value}: {page}");
        let form = page.form().with("username", "clerk").with("password", PASSWORD);
        let other = browser.submit(&page, &form).await;
        assert_eq!(other.response.status, 403, "{other}");
        let form = page.form().with("username", "ada").with("password", PASSWORD);
        let page = browser.submit(&page, &form).await;
        assert!(page.response.text().contains("value=\"allow\""), "{page}");
    }
}

#[tokio::test]
async fn nobody_but_the_named_user_gets_the_launch() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let ehr = Ehr::of(&tenant, false).await;
    let id = account_id(&tenant, "ada").await;
    for user in [id.as_str(), "Practitioner/ada"] {
        let handle = ehr.launch(&json!({ "user": user })).await;
        let mut browser = app.browser();
        let page = come(&mut browser, &tenant, &handle, &[]).await;
        let form = page.form().with("username", "clerk").with("password", PASSWORD);
        let wrong = browser.submit(&page, &form).await;
        assert_eq!(wrong.response.status, 403);
        assert!(wrong.response.text().contains("opened for someone else"), "{wrong}");
        // The right person may sign in after all ...
        let address = format!("{}/sign-in", wrong.url.path());
        let again = browser.goto(&address).await;
        let form = again.form().with("username", "ada").with("password", PASSWORD);
        let right = browser.submit(&again, &form).await;
        assert!(right.response.text().contains("value=\"allow\""), "{right}");
        // ... or the wrong one goes back with nothing, if the form is theirs.
        let forged = browser.submit(&wrong, &wrong.form().with("csrf", "x")).await;
        assert_eq!(forged.response.status, 403);
        let denied = browser.submit(&wrong, &wrong.form()).await;
        assert!(denied.url.as_str().starts_with(REDIRECT_URI));
        assert_eq!(denied.parameter("error").as_deref(), Some("access_denied"));
    }
}

#[tokio::test]
async fn without_a_page_a_launch_for_another_user_is_login_required() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let ehr = Ehr::of(&tenant, true).await;
    let mut browser = app.browser();
    tenant
        .authorize(&mut browser, &tenant.authorization_request("openid"), "clerk")
        .await;
    let handle = ehr.launch(&json!({ "user": "Practitioner/ada" })).await;
    let page = come(&mut browser, &tenant, &handle, &[("prompt", "none")]).await;
    assert_eq!(page.parameter("error").as_deref(), Some("login_required"), "{page}");
    let handle = ehr.vouched_launch(&json!({ "fhirUser": "Practitioner/ada" })).await;
    let page = come(&mut browser, &tenant, &handle, &[("prompt", "none")]).await;
    assert_eq!(page.parameter("error").as_deref(), Some("consent_required"), "{page}");
}

#[tokio::test]
async fn another_browser_cannot_take_over_a_vouched_interaction() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let ehr = Ehr::of(&tenant, true).await;
    let handle = ehr.vouched_launch(&json!({ "fhirUser": "Practitioner/ada" })).await;
    let page = come(&mut app.browser(), &tenant, &handle, &[]).await;
    let thief = app.browser().goto(page.url.path()).await;
    assert!(!thief.response.text().contains("Ada"), "{thief}");
    assert_eq!(thief.response.status, 400);
    // And the handle is used up.
    let again = come(&mut app.browser(), &tenant, &handle, &[]).await;
    assert_eq!(again.parameter("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn only_a_trusted_ehr_vouches_and_each_fault_is_named() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let untrusted = Ehr::of(&tenant, false).await;
    let body = |assertion: &str| json!({ "client_id": PUBLIC, "patient": "pat-7", "user_assertion": assertion });
    let ada = json!({ "fhirUser": "Practitioner/ada" });
    let answer = untrusted.register(&body(&untrusted.assert_user(&ada))).await;
    answer.assert_error(400, "unauthorized_client");
    let ehr = Ehr::of(&tenant, true).await;
    let now = app.now().seconds();
    let used = ehr.assert_user(&ada);
    ehr.register(&body(&used)).await.assert_status(201);
    let stranger = SigningKeyPair::generate(SigningAlgorithm::ES384, RsaSize::default()).unwrap();
    let forged = stranger
        .sign(JwtType::UserAssertion, &json!({
            "iss": "ehr", "aud": tenant.issuer(), "iat": now, "exp": now + 60, "jti": "x", "fhirUser": "Practitioner/ada",
        }))
        .unwrap();
    for (assertion, words) in [
        (used, "used before"),
        (forged, "no key is known"),
        ("junk".to_owned(), "compact form"),
        (ehr.sign(JwtType::IdToken, &ada), "typ"),
        (
            ehr.assert_user(&json!({ "fhirUser": "Practitioner/ada", "aud": "https://elsewhere.test" })),
            "audience",
        ),
        (
            ehr.assert_user(&json!({ "fhirUser": "Practitioner/ada", "exp": now + 900 })),
            "longer than allowed",
        ),
        (
            ehr.assert_user(&json!({ "fhirUser": "Practitioner/ada", "auth_time": now - 50_000 })),
            "too long ago",
        ),
        (
            ehr.assert_user(&json!({ "fhirUser": "Practitioner/nobody" })),
            "names no account",
        ),
        (
            ehr.assert_user(&json!({ "idp": "elsewhere", "sub": "ada" })),
            "names no account",
        ),
        (
            ehr.assert_user(&json!({ "sub": "acc_00000000000000000000000000000000" })),
            "names no account",
        ),
        (ehr.assert_user(&json!({})), "one way"),
    ] {
        let answer = ehr
            .register(&body(&assertion))
            .await
            .assert_error(400, "invalid_request");
        assert!(
            answer.text().contains("user_assertion") && answer.text().contains(words),
            "{words}: {answer}"
        );
    }
    for (members, words) in [
        (json!({ "user_assertion": ehr.assert_user(&ada) }), "needs a client_id"),
        (
            json!({ "client_id": PUBLIC, "user": "Practitioner/ada", "user_assertion": ehr.assert_user(&ada) }),
            "exclude",
        ),
        (json!({ "user": "ada" }), "Member user"),
        (
            json!({ "user": "acc_00000000000000000000000000000000" }),
            "no such account",
        ),
    ] {
        let answer = ehr.register(&members).await.assert_error(400, "invalid_request");
        assert!(answer.text().contains(words), "{words}: {answer}");
    }
}

#[tokio::test]
async fn two_accounts_of_one_practitioner_are_not_guessed_between() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let ehr = Ehr::of(&tenant, true).await;
    let admin = tenant.admin().await;
    let profile = wardkey::store::tenant::AccountProfile {
        subject: "ada-too".to_owned(),
        fhir_user: Some("Practitioner/ada".to_owned()),
        ..Default::default()
    };
    let password = wardkey::kernel::Secret::new(PASSWORD.to_owned());
    admin
        .save_local_account(STAFF, &profile, &password, app.app.federation().passwords())
        .await
        .unwrap();
    let assertion = ehr.assert_user(&json!({ "fhirUser": "Practitioner/ada" }));
    let answer = ehr
        .register(&json!({ "client_id": PUBLIC, "user_assertion": assertion }))
        .await
        .assert_error(400, "invalid_request");
    assert!(answer.text().contains("several accounts"), "{answer}");
    ehr.vouched_launch(&json!({ "idp": STAFF, "sub": "ada-too" })).await;
}

#[tokio::test]
async fn an_account_of_another_tenant_is_vouched_for_in_vain() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let elsewhere = prepared(&app, "lakeside").await;
    let ehr = Ehr::of(&tenant, true).await;
    let foreign = account_id(&elsewhere, "ada").await;
    let unknown = "acc_00000000000000000000000000000000";
    let mut answers = Vec::new();
    for id in [foreign.as_str(), unknown] {
        let assertion = ehr.assert_user(&json!({ "sub": id }));
        let answer = ehr
            .register(&json!({ "client_id": PUBLIC, "user_assertion": assertion }))
            .await;
        answers.push(answer.assert_error(400, "invalid_request").text().to_owned());
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn online_access_of_a_vouched_user_needs_no_browser_session_and_ends_with_the_longest_one() {
    let app = TestApp::new().await;
    let tenant = prepared(&app, "northside").await;
    let ehr = Ehr::of(&tenant, true).await;
    let handle = ehr.vouched_launch(&json!({ "fhirUser": "Practitioner/ada" })).await;
    let mut browser = app.browser();
    let scope = format!("{SCOPE} online_access");
    let page = come(&mut browser, &tenant, &handle, &[("scope", &scope)]).await;
    let code = allow(&mut browser, &page).await.parameter("code").unwrap();
    let tokens = tenant.redeem(&code).await.assert_status(200).json();
    app.wait(Duration::from_hours(11));
    let tokens = tenant
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await
        .assert_status(200)
        .json();
    app.wait(Duration::from_hours(1));
    tenant
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await
        .assert_error(400, "invalid_grant");
}

on_each_database! {
    async fn of_many_requests_with_one_handle_and_of_many_uses_of_one_assertion_one_wins(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = prepared(&app, "northside").await;
        let ehr = Ehr::of(&tenant, true).await;
        let assertion = ehr.assert_user(&json!({ "fhirUser": "Practitioner/ada" }));
        let body = json!({ "client_id": PUBLIC, "patient": "pat-7", "user_assertion": assertion });
        let answers = join_all((0..16).map(|_| ehr.register(&body))).await;
        let handles: Vec<String> = answers
            .iter()
            .filter(|answer| answer.status == 201)
            .map(|answer| answer.json()["launch"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(handles.len(), 1);
        let query = tenant.authorization_request(SCOPE).with("launch", &handles[0]);
        let address = query.address();
        let answers = join_all((0..16).map(|_| tenant.get(&address))).await;
        let taken = answers.iter().filter(|answer| answer.location().contains("/interact/")).count();
        assert_eq!(taken, 1);
    }
}
