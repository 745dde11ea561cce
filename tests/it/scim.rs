//! SCIM 2.0 (RFC 7643, RFC 7644): users and groups as a directory provisions them.

use crate::support::app::{TestApp, TestTenant};
use crate::support::database::on_each_database;
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::http::Request;
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::ControlError;
use wardkey::control::Precondition;
use wardkey::federation::OidcDocument;
use wardkey::kernel::id::AccountId;
use wardkey::store::tenant::EventFilter;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const IDP: &str = "hospital";
const HOUR: Duration = Duration::from_hours(1);

/// A tenant with a directory.
struct Directory<'a> {
    tenant: TestTenant<'a>,
    token: String,
}

/// Connects a provider that nobody asks anything.
async fn connect(tenant: &TestTenant<'_>, alias: &str, provisioning: Value) {
    let document: OidcDocument = serde_json::from_value(json!({
        "provider": { "issuer": format!("https://{alias}.idp.example"), "client_id": "wardkey", "authentication": "none" },
        "provisioning": provisioning,
    }))
    .unwrap();
    let admin = tenant.admin().await;
    admin
        .save_oidc_provider(alias, "Hospital account", &document, None)
        .await
        .unwrap();
}

async fn token(tenant: &TestTenant<'_>, alias: &str) -> String {
    let admin = tenant.admin().await;
    let made = admin.create_scim_token(alias, "directory", HOUR, None).await.unwrap();
    made.token.expose().clone()
}

impl<'a> Directory<'a> {
    async fn new(app: &'a TestApp) -> Self {
        Self::with(app, json!({})).await
    }

    async fn with(app: &'a TestApp, provisioning: Value) -> Self {
        let tenant = app.tenant("northside").await;
        connect(&tenant, IDP, provisioning).await;
        let token = token(&tenant, IDP).await;
        Self { tenant, token }
    }

    async fn send(&self, method: &str, path: &str, body: Option<&Value>, headers: &[(&str, &str)]) -> Response {
        let uri = format!("/{}/scim/v2/{path}", self.tenant.slug)
            .replace(' ', "%20")
            .replace('"', "%22");
        let mut request = Request::builder().method(method).uri(uri).bearer(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(body) => request.json(body),
            None => request.empty(),
        };
        self.tenant.app.router.send(request).await
    }

    async fn get(&self, path: &str) -> Response {
        self.send("GET", path, None, &[]).await
    }

    async fn post(&self, path: &str, body: Value) -> Response {
        self.send("POST", path, Some(&body), &[]).await
    }

    async fn patch(&self, path: &str, operations: Value) -> Response {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.send("PATCH", path, Some(&body), &[]).await
    }

    async fn user(&self, name: &str) -> String {
        let body = json!({ "schemas": [USER], "userName": name, "externalId": format!("x-{name}"), "active": true });
        self.made("Users", body).await
    }

    async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        self.made(
            "Groups",
            json!({ "schemas": [GROUP], "displayName": name, "members": members }),
        )
        .await
    }

    async fn made(&self, path: &str, body: Value) -> String {
        let made = self.post(path, body).await.assert_status(201).json();
        made["id"].as_str().unwrap().to_owned()
    }

    async fn found(&self, path: &str) -> Vec<String> {
        let list = self.get(path).await.assert_status(200).json();
        let resources = list["Resources"].as_array().unwrap();
        resources
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[track_caller]
fn assert_refused(response: Response, status: u16, scim_type: Option<&str>) {
    let response = response.assert_status(status);
    let body = response.json();
    assert_eq!(body["schemas"], json!([ERROR]));
    assert_eq!(body["status"], status.to_string());
    assert_eq!(body["scimType"].as_str(), scim_type, "{body}");
    assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    assert!(
        response
            .header("content-type")
            .unwrap()
            .starts_with("application/scim+json")
    );
}

#[tokio::test]
async fn a_user_is_made_read_changed_and_removed() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let body = json!({
        "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": "x-1", "UserName": "ada@hospital.example", "name": { "givenName": "Ada", "familyName": "Okafor" },
        "emails": [{ "value": "ada@hospital.example", "type": "work", "primary": true }], "title": "Dr",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "Cardiology" },
    });
    let made = directory.post("Users", body).await.assert_status(201);
    let user = made.json();
    let id = user["id"].as_str().unwrap();
    let location = format!("{}/northside/scim/v2/Users/{id}", app.base);
    assert_eq!(made.header("location").unwrap(), location);
    assert_eq!(made.header("etag").unwrap(), "W/\"1\"");
    assert_eq!(user["meta"]["location"], location);
    assert_eq!(user["meta"]["version"], "W/\"1\"");
    assert_eq!(user["meta"]["resourceType"], "User");
    assert_eq!(user["userName"], "ada@hospital.example");
    assert_eq!(user["active"], true);
    assert!(user.get("title").is_none(), "what is not needed is not kept: {user}");
    let one = format!("Users/{id}");
    assert_eq!(directory.get(&one).await.assert_status(200).json(), user);
    let replacement = json!({ "schemas": [USER], "externalId": "x-1", "userName": "ada", "displayName": "Dr Okafor" });
    let replaced = directory.send("PUT", &one, Some(&replacement), &[]).await;
    let replaced = replaced.assert_status(200).json();
    assert_eq!(replaced["displayName"], "Dr Okafor");
    assert!(
        replaced.get("name").is_none() && replaced.get("emails").is_none(),
        "{replaced}"
    );
    assert_eq!(replaced["meta"]["version"], "W/\"2\"");
    let account: AccountId = id.parse().unwrap();
    let known = directory.tenant.admin().await.get_user(account).await.unwrap();
    assert_eq!(known.summary.username, "x-1");
    assert_eq!(known.summary.name.as_deref(), Some("Dr Okafor"));
    assert_eq!(known.summary.email.as_deref(), Some("ada@hospital.example"));
    directory.send("DELETE", &one, None, &[]).await.assert_status(204);
    assert_refused(directory.get(&one).await, 404, None);
    assert_refused(directory.send("DELETE", &one, None, &[]).await, 404, None);
    assert!(
        directory
            .tenant
            .admin()
            .await
            .get_user(account)
            .await
            .unwrap()
            .summary
            .disabled
    );
}

#[tokio::test]
async fn the_subject_is_what_the_connection_chose() {
    let app = TestApp::new().await;
    let directory = Directory::with(&app, json!({ "subject": "userName" })).await;
    let id = directory
        .made("Users", json!({ "schemas": [USER], "userName": "ada" }))
        .await;
    let known = directory
        .tenant
        .admin()
        .await
        .get_user(id.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(known.summary.username, "ada");
    let renamed = directory
        .patch(
            &format!("Users/{id}"),
            json!([{ "op": "replace", "path": "userName", "value": "ada.o" }]),
        )
        .await;
    renamed.assert_status(200);
    let known = directory
        .tenant
        .admin()
        .await
        .get_user(id.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(known.summary.username, "ada.o");
}

#[tokio::test]
async fn without_the_attribute_of_the_subject_no_user_is_made() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let answer = directory
        .post("Users", json!({ "schemas": [USER], "userName": "ada" }))
        .await;
    assert_refused(answer, 400, Some("invalidValue"));
}

#[tokio::test]
async fn names_are_taken_once_whatever_the_case() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    directory.user("ada").await;
    let bob = directory.user("bob").await;
    let again = json!({ "schemas": [USER], "userName": "ADA", "externalId": "other" });
    assert_refused(directory.post("Users", again).await, 409, Some("uniqueness"));
    let same_subject = json!({ "schemas": [USER], "userName": "other", "externalId": "x-ada" });
    assert_refused(directory.post("Users", same_subject).await, 409, Some("uniqueness"));
    for (path, value) in [("userName", "Ada"), ("externalId", "x-ada")] {
        let operations = json!([{ "op": "replace", "path": path, "value": value }]);
        let answer = directory.patch(&format!("Users/{bob}"), operations).await;
        assert_refused(answer, 409, Some("uniqueness"));
    }
    // Nothing of it was kept.
    assert_eq!(
        directory.get(&format!("Users/{bob}")).await.json()["meta"]["version"],
        "W/\"1\""
    );
}

#[tokio::test]
async fn bodies_that_are_not_in_order_are_refused_by_their_fault() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    for (body, scim_type) in [
        (json!({ "userName": "a", "externalId": "a" }), "invalidSyntax"),
        (json!({ "schemas": [GROUP], "userName": "a" }), "invalidSyntax"),
        (json!([1]), "invalidSyntax"),
        (json!({ "schemas": [USER], "externalId": "a" }), "invalidValue"),
        (json!({ "schemas": [USER], "userName": 1 }), "invalidValue"),
    ] {
        assert_refused(directory.post("Users", body).await, 400, Some(scim_type));
    }
    let text = Request::post("/northside/scim/v2/Users")
        .bearer(&directory.token)
        .header("content-type", "text/plain")
        .body("{}".into())
        .unwrap();
    assert_refused(app.router.send(text).await, 415, None);
    let long = json!({ "schemas": [USER], "userName": "a".repeat(1_100_000) });
    assert_refused(directory.post("Users", long).await, 413, None);
}

#[tokio::test]
async fn users_are_found_by_what_directories_ask_for() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let ada = json!({
        "schemas": [USER], "userName": "Ada", "externalId": "X-1", "displayName": "Ada Okafor",
        "emails": [{ "value": "Ada@Work.example", "type": "work" }, { "value": "ada@home.example", "type": "home" }],
    });
    let ada = directory.made("Users", ada).await;
    // Lists are in the order in which users were made.
    app.wait(Duration::from_millis(5));
    let bob = directory.user("bob").await;
    directory
        .patch(
            &format!("Users/{bob}"),
            json!([{ "op": "replace", "value": { "active": false } }]),
        )
        .await
        .assert_status(200);
    for (filter, expected) in [
        ("userName eq \"ada\"", vec![&ada]),
        ("externalId eq \"X-1\"", vec![&ada]),
        ("externalId eq \"x-1\"", vec![]),
        ("emails.value eq \"ada@work.example\"", vec![&ada]),
        ("emails eq \"ada@home.example\"", vec![&ada]),
        ("emails[type eq \"work\" and value eq \"ada@work.example\"]", vec![&ada]),
        ("emails[type eq \"work\" and value eq \"ada@home.example\"]", vec![]),
        ("active eq false", vec![&bob]),
        ("active eq true", vec![&ada]),
        ("displayName sw \"ada\" and not (userName eq \"bob\")", vec![&ada]),
        ("userName eq \"ada\" or userName eq \"bob\"", vec![&ada, &bob]),
        ("userName eq \"nobody\"", vec![]),
        ("id eq \"nothing\"", vec![]),
        ("meta.created gt \"2020-01-01T00:00:00Z\"", vec![&ada, &bob]),
    ] {
        let found = directory.found(&format!("Users?filter={filter}")).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter}");
    }
    assert_eq!(directory.found(&format!("Users?filter=id eq \"{bob}\"")).await, [bob]);
    for filter in [
        "",
        "userName",
        "userName eq ada",
        "nothing eq \"x\"",
        "groups.value eq \"x\"",
    ] {
        let answer = directory.get(&format!("Users?filter={filter}")).await;
        assert_refused(answer, 400, Some("invalidFilter"));
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(directory.user(&format!("user-{number}")).await);
        app.wait(Duration::from_millis(5));
    }
    let list = directory
        .get("Users?startIndex=2&count=2")
        .await
        .assert_status(200)
        .json();
    assert_eq!(list["totalResults"], 5);
    assert_eq!(list["startIndex"], 2);
    assert_eq!(list["itemsPerPage"], 2);
    assert_eq!(list["Resources"][0]["id"], ids[1].as_str());
    let filtered = "Users?filter=userName sw \"user\"&startIndex=4&count=10";
    assert_eq!(directory.found(filtered).await, ids[3..]);
    for (query, places) in [
        ("startIndex=0&count=1", 1),
        ("count=0", 0),
        ("count=-3", 0),
        ("startIndex=9", 0),
    ] {
        let list = directory.get(&format!("Users?{query}")).await.assert_status(200).json();
        assert_eq!(list["totalResults"], 5, "{query}");
        assert_eq!(list["Resources"].as_array().unwrap().len(), places, "{query}");
    }
    assert_refused(directory.get("Users?count=x").await, 400, Some("invalidValue"));
    let search = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "userName eq \"user-3\"", "attributes": ["userName"],
    });
    let list = directory.post("Users/.search", search).await.assert_status(200).json();
    assert_eq!(
        list["Resources"],
        json!([{ "schemas": [USER], "id": ids[3], "userName": "user-3" }])
    );
}

#[tokio::test]
async fn an_answer_has_the_attributes_that_are_asked_for() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let id = directory.user("ada").await;
    let user = directory.get(&format!("Users/{id}?attributes=userName")).await.json();
    assert_eq!(user, json!({ "schemas": [USER], "id": id, "userName": "ada" }));
    let user = directory
        .get(&format!("Users/{id}?excludedAttributes=meta,externalId"))
        .await
        .json();
    assert_eq!(
        user,
        json!({ "schemas": [USER], "id": id, "userName": "ada", "active": true })
    );
    let both = directory
        .get(&format!("Users/{id}?attributes=meta&excludedAttributes=id"))
        .await;
    assert_refused(both, 400, Some("invalidValue"));
}

#[tokio::test]
async fn a_version_that_is_not_there_any_more_changes_nothing() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let one = format!("Users/{}", directory.user("ada").await);
    let operations =
        json!({ "schemas": [PATCH], "Operations": [{ "op": "add", "path": "displayName", "value": "A" }] });
    let changed = directory
        .send("PATCH", &one, Some(&operations), &[("if-match", "W/\"1\"")])
        .await;
    assert_eq!(changed.assert_status(200).header("etag").unwrap(), "W/\"2\"");
    for method in ["PATCH", "PUT", "DELETE"] {
        let body = if method == "PUT" {
            json!({ "schemas": [USER], "userName": "x", "externalId": "x" })
        } else {
            operations.clone()
        };
        let answer = directory
            .send(method, &one, Some(&body), &[("if-match", "W/\"1\"")])
            .await;
        assert_refused(answer, 412, None);
    }
    let same = directory
        .send("PATCH", &one, Some(&operations), &[("if-match", "W/\"2\"")])
        .await;
    assert_eq!(
        same.assert_status(200).header("etag").unwrap(),
        "W/\"2\"",
        "nothing changed"
    );
    let known = directory.send("GET", &one, None, &[("if-none-match", "W/\"2\"")]).await;
    assert_eq!(known.status, 304);
    assert!(known.text().is_empty());
}

#[tokio::test]
async fn a_change_with_one_fault_changes_nothing() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let one = format!("Users/{}", directory.user("ada").await);
    let operations = json!([
        { "op": "replace", "path": "active", "value": false },
        { "op": "remove", "path": "userName" },
    ]);
    assert_refused(directory.patch(&one, operations).await, 400, Some("invalidValue"));
    let user = directory.get(&one).await.json();
    assert_eq!(user["active"], true);
    assert_eq!(user["meta"]["version"], "W/\"1\"");
    let operations = json!([{ "op": "replace", "path": "id", "value": "x" }]);
    assert_refused(directory.patch(&one, operations).await, 400, Some("mutability"));
}

#[tokio::test]
async fn a_group_is_made_changed_and_removed_and_its_members_know_it() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let (ada, bob) = (directory.user("ada").await, directory.user("bob").await);
    let group = directory.group("Nurses", &[&ada]).await;
    let one = format!("Groups/{group}");
    let user = directory.get(&format!("Users/{ada}")).await.json();
    assert_eq!(user["groups"][0]["value"], group.as_str());
    assert_eq!(user["groups"][0]["display"], "Nurses");
    assert_eq!(
        user["meta"]["version"], "W/\"2\"",
        "its groups are not the same any more"
    );
    // As Entra ID sends it.
    let operations = json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": bob }] }]);
    let changed = directory.patch(&one, operations).await.assert_status(200).json();
    assert_eq!(changed["members"].as_array().unwrap().len(), 2);
    let address = format!("{}/northside/scim/v2/Users/{ada}", app.base);
    let mut members = changed["members"].as_array().unwrap().iter();
    assert!(members.any(|member| member["$ref"] == address), "{changed}");
    let operations = json!([{ "op": "remove", "path": format!("members[value eq \"{ada}\"]") }]);
    let changed = directory.patch(&one, operations).await.assert_status(200).json();
    assert_eq!(changed["members"].as_array().unwrap().len(), 1);
    // As Okta renames it.
    let operations = json!([{ "op": "replace", "value": { "id": group, "displayName": "Night nurses" } }]);
    let changed = directory.patch(&one, operations).await.assert_status(200).json();
    assert_eq!(changed["displayName"], "Night nurses");
    assert_eq!(changed["members"][0]["value"], bob.as_str());
    for (filter, expected) in [
        ("displayName eq \"night NURSES\"".to_owned(), 1),
        (format!("members[value eq \"{bob}\"]"), 1),
        (format!("members eq \"{bob}\""), 1),
        (format!("id eq \"{group}\" and members eq \"{ada}\""), 0),
        (format!("members.value eq \"{ada}\""), 0),
        ("displayName co \"nurse\"".to_owned(), 1),
    ] {
        let found = directory
            .found(&format!("Groups?filter={filter}&excludedAttributes=members"))
            .await;
        assert_eq!(found.len(), expected, "{filter}");
    }
    directory.send("DELETE", &one, None, &[]).await.assert_status(204);
    assert_refused(directory.get(&one).await, 404, None);
    assert!(
        directory
            .get(&format!("Users/{bob}"))
            .await
            .json()
            .get("groups")
            .is_none()
    );
}

#[tokio::test]
async fn a_member_is_a_user_of_the_connection() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    connect(&directory.tenant, "other", json!({})).await;
    let other = Directory {
        token: token(&directory.tenant, "other").await,
        tenant: directory.tenant.clone(),
    };
    let elsewhere = other.user("eve").await;
    assert_refused(directory.get(&format!("Users/{elsewhere}")).await, 404, None);
    let nobody = format!("acc_{}", "0".repeat(32));
    let mut answers = Vec::new();
    for member in [elsewhere.as_str(), nobody.as_str(), "x"] {
        let body = json!({ "schemas": [GROUP], "displayName": "g", "members": [{ "value": member }] });
        let answer = directory.post("Groups", body).await;
        answers.push(answer.json());
        assert_refused(answer, 400, Some("invalidValue"));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert!(directory.found("Groups").await.is_empty(), "nothing half-made is left");
    let nested = json!({ "schemas": [GROUP], "displayName": "g", "members": [{ "value": nobody, "type": "Group" }] });
    assert_refused(directory.post("Groups", nested).await, 400, Some("invalidValue"));
}

#[tokio::test]
async fn whom_an_administrator_shut_out_no_directory_lets_in() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let id = directory.user("ada").await;
    let account: AccountId = id.parse().unwrap();
    let admin = directory.tenant.admin().await;
    admin
        .set_user_disabled(account, true, &Precondition::None)
        .await
        .unwrap();
    let one = format!("Users/{id}");
    assert_eq!(directory.get(&one).await.json()["active"], false);
    for active in [false, true] {
        let operations = json!([{ "op": "replace", "path": "active", "value": active }]);
        let user = directory.patch(&one, operations).await.assert_status(200).json();
        assert_eq!(user["active"], false);
    }
    admin
        .set_user_disabled(account, false, &Precondition::None)
        .await
        .unwrap();
    assert_eq!(directory.get(&one).await.json()["active"], true);
}

#[tokio::test]
async fn whom_the_directory_removed_it_can_bring_back_to_the_same_account() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let id = directory.user("ada").await;
    directory
        .send("DELETE", &format!("Users/{id}"), None, &[])
        .await
        .assert_status(204);
    assert_eq!(directory.user("ada").await, id);
    assert!(
        !directory
            .tenant
            .admin()
            .await
            .get_user(id.parse().unwrap())
            .await
            .unwrap()
            .summary
            .disabled
    );
}

#[tokio::test]
async fn a_token_opens_its_connection_until_it_ends() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let admin = directory.tenant.admin().await;
    let ask = async |token: Option<&str>| {
        let request = Request::get("/northside/scim/v2/Users");
        let request = match token {
            Some(token) => request.bearer(token),
            None => request,
        };
        app.router.send(request.empty()).await
    };
    for token in [None, Some("x"), Some("wkm_x"), Some("wkn_x")] {
        let answer = ask(token).await;
        assert_eq!(answer.header("www-authenticate").unwrap(), "Bearer realm=\"scim\"");
        assert_refused(answer, 401, None);
    }
    ask(Some(&directory.token)).await.assert_status(200);
    let listed = admin.list_scim_tokens(IDP).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert!(listed[0].last_used_at.is_some());
    // A new one, with an hour to enter it.
    let long = Duration::from_hours(48);
    let new = admin
        .create_scim_token(IDP, "second", long, Some(Duration::from_mins(30)))
        .await
        .unwrap();
    ask(Some(&directory.token)).await.assert_status(200);
    ask(Some(new.token.expose())).await.assert_status(200);
    app.wait(Duration::from_mins(31));
    assert_refused(ask(Some(&directory.token)).await, 401, None);
    ask(Some(new.token.expose())).await.assert_status(200);
    let admin = directory.tenant.admin().await;
    admin.delete_scim_token(IDP, &new.id).await.unwrap();
    assert_refused(ask(Some(new.token.expose())).await, 401, None);
    assert!(matches!(
        admin.delete_scim_token(IDP, &new.id).await,
        Err(ControlError::NotFound { .. })
    ));
}

#[tokio::test]
async fn accounts_of_the_tenants_own_are_not_provisioned() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let made = tenant.admin().await.create_scim_token("staff", "x", HOUR, None).await;
    assert!(matches!(made, Err(ControlError::Conflict(_))));
}

#[tokio::test]
async fn a_provider_that_is_removed_takes_its_tokens_and_resources_along() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let ada = directory.user("ada").await;
    directory.group("Nurses", &[&ada]).await;
    let admin = directory.tenant.admin().await;
    admin.delete_identity_provider(IDP, &Precondition::None).await.unwrap();
    assert_refused(directory.get("Users").await, 401, None);
    connect(&directory.tenant, IDP, json!({})).await;
    let again = Directory {
        token: token(&directory.tenant, IDP).await,
        tenant: directory.tenant.clone(),
    };
    assert!(again.found("Users").await.is_empty());
    assert!(again.found("Groups").await.is_empty());
}

#[tokio::test]
async fn a_spent_budget_is_told_in_the_form_of_the_standard() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let settings = [("budgets.scim_per_tenant.requests".to_owned(), "1".to_owned())];
    app.platform.set_settings("northside", &settings).await.unwrap();
    directory.get("Users").await.assert_status(200);
    let refused = directory.get("Users").await;
    assert_eq!(refused.header("retry-after").unwrap(), "60");
    assert_refused(refused, 429, None);
}

#[tokio::test]
async fn discovery_says_what_there_is_without_a_token() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let get = async |path: &str| tenant.get(&format!("/northside/scim/v2/{path}")).await;
    let configuration = get("ServiceProviderConfig").await.assert_status(200).json();
    for (member, supported) in [
        ("patch", true),
        ("bulk", false),
        ("filter", true),
        ("sort", false),
        ("etag", true),
    ] {
        assert_eq!(configuration[member]["supported"], supported, "{member}");
    }
    let types = get("ResourceTypes").await.assert_status(200).json();
    assert_eq!(types["totalResults"], 2);
    assert_eq!(get("ResourceTypes/User").await.json()["endpoint"], "/Users");
    let schemas = get("Schemas").await.assert_status(200).json();
    assert_eq!(schemas["Resources"][0]["id"], USER);
    assert_eq!(get(&format!("Schemas/{GROUP}")).await.json()["name"], "Group");
    assert_refused(get("Schemas/x").await, 404, None);
    assert_refused(get("ResourceTypes/x").await, 404, None);
    assert_refused(get("Schemas?filter=id%20pr").await, 403, None);
    assert_refused(get("Bulk").await, 404, None);
    let post = Request::post("/northside/scim/v2/Schemas").json(&json!({}));
    assert_refused(app.router.send(post).await, 405, None);
}

#[tokio::test]
async fn what_a_directory_does_is_in_the_audit_log_without_names() {
    let app = TestApp::new().await;
    let directory = Directory::new(&app).await;
    let id = directory.user("olumide").await;
    directory.group("Nurses", &[&id]).await;
    directory
        .send("DELETE", &format!("Users/{id}"), None, &[])
        .await
        .assert_status(204);
    let admin = directory.tenant.admin().await;
    let events = admin.list_events(&EventFilter::default(), 100).await.unwrap();
    let text = format!("{events:?}");
    for event in [
        "user.saved",
        "group.saved",
        "user.disabled",
        "user.deprovisioned",
        "scim:hospital",
    ] {
        assert!(text.contains(event), "{event} in {text}");
    }
    assert!(!text.contains("olumide") && !text.contains("Nurses"), "{text}");
}

on_each_database! {
    async fn of_parallel_creations_of_one_user_one_wins(database: Database) {
        let app = TestApp::on(database).await;
        let directory = Directory::new(&app).await;
        let body = json!({ "schemas": [USER], "userName": "ada", "externalId": "x" });
        let answers = join_all((0..16).map(|_| directory.post("Users", body.clone()))).await;
        let won = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(won, 1);
        assert!(answers.iter().all(|answer| answer.status == 201 || answer.status == 409));
        assert_eq!(directory.found("Users").await.len(), 1);
    }

    async fn of_parallel_changes_of_one_version_one_wins(database: Database) {
        let app = TestApp::on(database).await;
        let directory = Directory::new(&app).await;
        let one = format!("Users/{}", directory.user("ada").await);
        let bodies: Vec<Value> = (0..16)
            .map(|number| json!({
                "schemas": [PATCH],
                "Operations": [{ "op": "replace", "path": "displayName", "value": format!("name {number}") }],
            }))
            .collect();
        let sent = bodies.iter().map(|body| directory.send("PATCH", &one, Some(body), &[("if-match", "W/\"1\"")]));
        let answers = join_all(sent).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert!(answers.iter().all(|answer| answer.status == 200 || answer.status == 412));
    }

    async fn parallel_additions_to_a_group_are_all_kept(database: Database) {
        let app = TestApp::on(database).await;
        let directory = Directory::new(&app).await;
        let mut users = Vec::new();
        for number in 0..12 {
            users.push(directory.user(&format!("user-{number}")).await);
        }
        let group = format!("Groups/{}", directory.group("Nurses", &[]).await);
        let sent = users.iter().map(|user| {
            directory.patch(&group, json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]))
        });
        for answer in join_all(sent).await {
            answer.assert_status(200);
        }
        let members = directory.get(&group).await.json()["members"].as_array().unwrap().len();
        assert_eq!(members, users.len());
    }
}
