//! Provisioned users sign in, and stop: a directory's word is felt at once (RFC 7644 section 3.6).

use crate::support::app::{REDIRECT_URI, TestApp, TestTenant, claims};
use crate::support::http::{RequestBuilderExt, RouterExt};
use crate::support::http_browser::HttpBrowser;
use crate::support::node_peer::OidcProvider;
use axum::http::Request;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::federation::OidcDocument;
use wardkey::kernel::Secret;

const SCOPE: &str = "openid fhirUser profile user/*.rs offline_access";
const UPSTREAM_SECRET: &str = "upstream-secret-of-the-tests-0123456789";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A tenant whose users come from a provider and its directory.
struct Hospital<'a> {
    tenant: TestTenant<'a>,
    token: String,
}

impl<'a> Hospital<'a> {
    async fn new(app: &'a TestApp, provider: &OidcProvider) -> Self {
        let tenant = app.tenant("northside").await;
        let admin = tenant.admin().await;
        let callback = admin.cx().urls().federation_callback("hospital");
        provider.add_client("wardkey", UPSTREAM_SECRET, &callback).await;
        let account = json!({ "name": "Ada at the provider", "practitioner": "ada", "roles": ["physician"] });
        provider.add_account("okafor", account).await;
        let document: OidcDocument = serde_json::from_value(json!({
            "provider": {
                "issuer": provider.issuer(), "client_id": "wardkey", "authentication": "client_secret_basic",
                "scopes": ["openid", "profile"], "fetch_user_info": true,
            },
            "mapping": {
                "fhirUser": "\"Practitioner/\" + claims.practitioner",
                "roles": "has(claims.roles) ? claims.roles : []",
                "groups": "has(claims.groups) ? claims.groups : []",
                "groupRoles": { "Nurses": ["nurse", "physician"], "g-7": ["ward-7"] },
            },
        }))
        .unwrap();
        let secret = Some(Secret::new(UPSTREAM_SECRET.into()));
        admin
            .save_oidc_provider("hospital", "Hospital account", &document, secret)
            .await
            .unwrap();
        let hour = Duration::from_hours(1);
        let made = admin
            .create_scim_token("hospital", "directory", hour, None)
            .await
            .unwrap();
        let token = made.token.expose().clone();
        Self { tenant, token }
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(format!("/northside/scim/v2/{path}"))
            .bearer(&self.token)
            .json(body);
        let answer = self.tenant.app.router.send(request).await;
        assert!(answer.status.is_success(), "{answer}");
        if answer.body.is_empty() {
            json!({})
        } else {
            answer.json()
        }
    }

    async fn user(&self) -> String {
        let body = json!({
            "schemas": [USER], "userName": "ada@hospital.example", "externalId": "okafor", "displayName": "Ada by directory",
        });
        self.send("POST", "Users", &body).await["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    async fn change(&self, path: &str, operations: Value) {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.send("PATCH", path, &body).await;
    }

    /// Signs the user in at the provider and allows the app: its tokens. `None` when nobody is let in.
    async fn sign_in(&self, browser: &mut HttpBrowser) -> Option<Value> {
        let chooser = browser.goto(&self.tenant.authorization_request(SCOPE).address()).await;
        let page = browser.goto(&format!("{}/sign-in/hospital", chooser.url.path())).await;
        let form = page
            .form()
            .with("login", "okafor")
            .with("password", "any")
            .with("action", "sign-in");
        let mut page = browser.submit(&page, &form).await;
        if page.response.text().contains("value=\"allow\"") {
            page = browser.submit(&page, &page.form().with("decision", "allow")).await;
        }
        if !page.url.as_str().starts_with(REDIRECT_URI) {
            return None;
        }
        let code = page.parameter("code").unwrap();
        Some(self.tenant.redeem(&code).await.assert_status(200).json())
    }
}

fn roles(tokens: &Value) -> Value {
    let mut claims = claims(tokens["access_token"].as_str().unwrap());
    claims["roles"].take()
}

#[tokio::test]
async fn a_provisioned_user_is_the_account_that_signs_in() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let hospital = Hospital::new(&app, &provider).await;
    let id = hospital.user().await;
    let tokens = hospital.sign_in(&mut app.browser()).await.unwrap();
    assert_eq!(claims(tokens["access_token"].as_str().unwrap())["sub"], id.as_str());
    // No rule gives a name, so the directory's stands.
    let access = tokens["access_token"].as_str().unwrap();
    let said = hospital.tenant.userinfo(access).await.assert_status(200).json();
    assert_eq!(said["name"], "Ada by directory");
}

#[tokio::test]
async fn somebody_who_signed_in_before_the_directory_came_keeps_the_account() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let hospital = Hospital::new(&app, &provider).await;
    let tokens = hospital.sign_in(&mut app.browser()).await.unwrap();
    let subject = claims(tokens["access_token"].as_str().unwrap())["sub"].clone();
    assert_eq!(subject, hospital.user().await.as_str());
    let refresh = tokens["refresh_token"].as_str().unwrap();
    hospital.tenant.refresh(refresh).await.assert_status(200);
}

#[tokio::test]
async fn a_user_shut_out_by_the_directory_loses_sessions_and_tokens_at_once_and_for_good() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let hospital = Hospital::new(&app, &provider).await;
    let one = format!("Users/{}", hospital.user().await);
    let mut browser = app.browser();
    let tokens = hospital.sign_in(&mut browser).await.unwrap();
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    let tenant = &hospital.tenant;
    assert_eq!(tenant.introspect(&text("access_token")).await["active"], true);
    hospital
        .change(&one, json!([{ "op": "Replace", "path": "active", "value": "False" }]))
        .await;
    assert_eq!(tenant.introspect(&text("access_token")).await["active"], false);
    tenant.userinfo(&text("access_token")).await.assert_status(401);
    let refused = tenant.refresh(&text("refresh_token")).await;
    refused.assert_error(400, "invalid_grant");
    let silent = tenant.authorization_request(SCOPE).with("prompt", "none");
    let asked = browser.goto(&silent.address()).await;
    assert_eq!(asked.parameter("error").as_deref(), Some("login_required"));
    assert!(
        hospital.sign_in(&mut app.browser()).await.is_none(),
        "nor does anybody sign in"
    );
    // Let in again, they sign in anew; what they had is gone.
    hospital
        .change(&one, json!([{ "op": "Replace", "path": "active", "value": "True" }]))
        .await;
    assert_eq!(tenant.introspect(&text("access_token")).await["active"], false);
    let refused = tenant.refresh(&text("refresh_token")).await;
    refused.assert_error(400, "invalid_grant");
    assert!(hospital.sign_in(&mut app.browser()).await.is_some());
}

#[tokio::test]
async fn a_user_removed_by_the_directory_is_shut_out_too() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let hospital = Hospital::new(&app, &provider).await;
    let one = format!("Users/{}", hospital.user().await);
    let tokens = hospital.sign_in(&mut app.browser()).await.unwrap();
    hospital.send("DELETE", &one, &json!({})).await;
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(hospital.tenant.introspect(access).await["active"], false);
    assert!(hospital.sign_in(&mut app.browser()).await.is_none());
}

#[tokio::test]
async fn groups_give_the_roles_of_the_table_and_take_them_away() {
    let Some(provider) = OidcProvider::start(&json!({})) else {
        return;
    };
    let app = TestApp::new().await;
    let hospital = Hospital::new(&app, &provider).await;
    let id = hospital.user().await;
    let member = json!([{ "value": id }]);
    let group = async |body: Value| {
        let made = hospital.send("POST", "Groups", &body).await;
        format!("Groups/{}", made["id"].as_str().unwrap())
    };
    let nurses = group(json!({ "schemas": [GROUP], "displayName": "Nurses", "members": member })).await;
    // Groups made at one moment have no order.
    app.wait(std::time::Duration::from_secs(1));
    // By the directory's own id, as assertions of Entra ID name groups.
    let ward =
        group(json!({ "schemas": [GROUP], "displayName": "Ward", "externalId": "g-7", "members": member })).await;
    group(json!({ "schemas": [GROUP], "displayName": "owner", "members": member })).await;
    let tokens = hospital.sign_in(&mut app.browser()).await.unwrap();
    assert_eq!(
        roles(&tokens),
        json!(["physician", "nurse", "ward-7"]),
        "by assertion, then by groups; no others"
    );
    // What a group gave goes at once, also without a sign-in; what the assertion gave stays.
    hospital
        .change(&nurses, json!([{ "op": "Remove", "path": "members", "value": member }]))
        .await;
    let known = hospital
        .tenant
        .admin()
        .await
        .get_user(id.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(known.summary.roles, ["physician", "ward-7"]);
    hospital.send("DELETE", &ward, &json!({})).await;
    let tokens = hospital.sign_in(&mut app.browser()).await.unwrap();
    assert_eq!(roles(&tokens), json!(["physician"]));
    // A group's new name is what counts.
    hospital
        .change(&nurses, json!([{ "op": "Add", "path": "members", "value": member }]))
        .await;
    hospital
        .change(
            &nurses,
            json!([{ "op": "Replace", "path": "displayName", "value": "Others" }]),
        )
        .await;
    let known = hospital
        .tenant
        .admin()
        .await
        .get_user(id.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(known.summary.roles, ["physician"]);
}
