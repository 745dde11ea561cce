//! Mapping rules at work: groups and roles, the tenant's table of users, look-up at the FHIR server, dry runs, accounts.

use crate::patient_picker;
use crate::support::app::{STAFF, TestApp, TestTenant};
use crate::support::database::on_each_database;
use crate::support::fhir_server::{FhirServer, Mood};
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::saml_idp::{IDP, Sign};
use crate::support::saml_sign_in::{answer, assert_refused, begin, connect, draft};
use axum::http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::mapping::{MappingReport, MappingSubject};
use wardkey::control::sign_in_traces::WantedTraces;
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::saml::SamlProviderConfig;
use wardkey::federation::{Offer, SamlDocument};
use wardkey::kernel::id::AccountId;
use wardkey::store::tenant::{Account, AccountProfile, EventFilter, FhirUserEntry};
use wardkey::tenant::patient_directory::DirectoryAuthentication;
use wardkey::tenant::roles::Role;

const NPI: &str = "http://hl7.org/fhir/sid/us-npi";

fn rules(value: Value) -> MappingRules {
    serde_json::from_value(value).unwrap()
}

fn claims(value: Value) -> MappingSubject {
    let Value::Object(members) = value else {
        panic!("claims are an object")
    };
    MappingSubject::Claims(members)
}

/// What the rules make of claims at a tenant.
async fn try_out(tenant: &TestTenant<'_>, mapping: Value, said: Value) -> MappingReport {
    let directory = tenant.app.app.federation().patient_directory().clone();
    let admin = tenant.admin().await;
    admin
        .dry_run_mapping(&directory, "hospital", Some(&rules(mapping)), &claims(said), false)
        .await
        .unwrap()
}

fn line(report: &MappingReport, rule: &str) -> Value {
    let lines = serde_json::to_value(&report.rules).unwrap();
    let found = lines.as_array().unwrap().iter().find(|line| line["rule"] == rule);
    found.unwrap_or_else(|| panic!("no line for {rule} in {lines}")).clone()
}

fn practitioner(id: &str, active: Option<bool>, number: &str, r#use: &str) -> Value {
    let mut resource = json!({
        "resourceType": "Practitioner", "id": id,
        "identifier": [{ "system": NPI, "value": number, "use": r#use }, { "system": "urn:other", "value": "1" }]
    });
    if let Some(active) = active {
        resource["active"] = json!(active);
    }
    resource
}

async fn hospital(tenant: &TestTenant<'_>) -> FhirServer {
    let server = FhirServer::start(vec![
        practitioner("ada", Some(true), "1234567893", "official"),
        practitioner("ada-once", None, "1000000001", "old"),
        practitioner("retired", Some(false), "1000000002", "official"),
        practitioner("twin-1", None, "1000000003", "official"),
        practitioner("twin-2", None, "1000000003", "official"),
        practitioner("left", Some(false), "1000000004", "official"),
        practitioner("stayed", None, "1000000004", "official"),
    ])
    .await;
    patient_picker::connect(tenant, &server, DirectoryAuthentication::None).await;
    server
}

fn lookup() -> Value {
    json!({ "fhirUserLookup": { "system": NPI, "value": "claims.npi" } })
}

#[tokio::test]
async fn the_fhir_server_says_who_has_an_identifier_if_exactly_one_does() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let server = hospital(&tenant).await;
    for (number, outcome, found) in [
        ("1234567893", "matched", json!("Practitioner/ada")),
        ("1000000001", "empty", Value::Null),
        ("1000000002", "empty", Value::Null),
        ("1000000003", "failed", Value::Null),
        ("1000000004", "matched", json!("Practitioner/stayed")),
        ("1999999999", "empty", Value::Null),
        ("1", "empty", Value::Null),
    ] {
        let report = try_out(&tenant, lookup(), json!({ "sub": "u", "npi": number })).await;
        assert_eq!(line(&report, "fhirUserLookup")["outcome"], outcome, "{number}");
        assert_eq!(report.identity.unwrap()["fhirUser"], found, "{number}");
    }
    let asked = server.asked();
    assert!(
        asked
            .iter()
            .all(|asked| asked.method == "POST" && asked.target == "/r4/Practitioner/_search")
    );
    assert!(
        asked[0]
            .body
            .contains("identifier=http%3A%2F%2Fhl7.org%2Ffhir%2Fsid%2Fus-npi%7C1234567893")
    );
}

#[tokio::test]
async fn a_server_that_searches_by_something_else_makes_nobody_into_somebody() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let server = hospital(&tenant).await;
    server.set_mood(Mood::Careless);
    let report = try_out(&tenant, lookup(), json!({ "sub": "u", "npi": "1999999999" })).await;
    assert_eq!(line(&report, "fhirUserLookup")["outcome"], "empty");
    // A page that is not the last may hide a second one.
    server.set_page_size(1);
    let report = try_out(&tenant, lookup(), json!({ "sub": "u", "npi": "1234567893" })).await;
    assert_eq!(line(&report, "fhirUserLookup")["outcome"], "failed");
}

#[tokio::test]
async fn an_identifier_cannot_smuggle_in_a_second_criterion() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let _server = hospital(&tenant).await;
    for value in ["1999999999,1234567893", "x|1234567893", "1999999999&_id=ada"] {
        let report = try_out(&tenant, lookup(), json!({ "sub": "u", "npi": value })).await;
        let line = line(&report, "fhirUserLookup");
        assert_eq!(line["outcome"], "empty", "{value}: {line}");
    }
}

#[tokio::test]
async fn the_first_source_that_knows_the_user_decides_and_none_further_is_asked() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let server = hospital(&tenant).await;
    let entry = FhirUserEntry {
        value: "E-7".into(),
        fhir_user: "Practitioner/by-table".into(),
    };
    let admin = tenant.admin().await;
    admin.change_fhir_users("personnel", &[entry], &[]).await.unwrap();
    let mapping = json!({
        "fhirUser": "has(claims.fhir) ? claims.fhir : ''",
        "fhirUserTable": { "list": "personnel", "value": "claims.employee" },
        "fhirUserLookup": { "system": NPI, "value": "claims.npi" }
    });
    let all = json!({ "sub": "u", "fhir": "Practitioner/said", "employee": "E-7", "npi": "1234567893" });
    let report = try_out(&tenant, mapping.clone(), all).await;
    assert_eq!(report.identity.as_ref().unwrap()["fhirUser"], "Practitioner/said");
    assert_eq!(
        line(&report, "fhirUserTable")["note"],
        "not asked: fhirUser yielded somebody"
    );
    let by_table = json!({ "sub": "u", "employee": "E-7", "npi": "1234567893" });
    let report = try_out(&tenant, mapping.clone(), by_table).await;
    assert_eq!(report.identity.as_ref().unwrap()["fhirUser"], "Practitioner/by-table");
    assert_eq!(
        line(&report, "fhirUserLookup")["note"],
        "not asked: fhirUserTable yielded somebody"
    );
    // A value that cannot be used is a fault, and must not be papered over by the next source.
    let wrong = json!({ "sub": "u", "fhir": "https://elsewhere/Practitioner/1", "employee": "E-7" });
    let report = try_out(&tenant, mapping.clone(), wrong).await;
    assert_eq!(report.identity.as_ref().unwrap()["fhirUser"], Value::Null);
    assert_eq!(line(&report, "fhirUser")["outcome"], "failed");
    assert!(server.asked().is_empty());
    let by_server = json!({ "sub": "u", "employee": "E-8", "npi": "1234567893" });
    let report = try_out(&tenant, mapping, by_server).await;
    assert_eq!(report.identity.as_ref().unwrap()["fhirUser"], "Practitioner/ada");
    assert_eq!(
        line(&report, "fhirUserTable")["note"],
        "the list personnel has nobody of this value"
    );
}

#[tokio::test]
async fn a_server_that_does_not_answer_fails_the_rule_in_bounded_time() {
    let app = TestApp::with_patience(Duration::from_millis(300)).await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let server = hospital(&tenant).await;
    for mood in [Mood::Hanging, Mood::Status(500), Mood::Nonsense, Mood::Status(403)] {
        server.set_mood(mood);
        let report = try_out(&tenant, lookup(), json!({ "sub": "u", "npi": "1234567893" })).await;
        assert_eq!(line(&report, "fhirUserLookup")["outcome"], "failed", "{mood:?}");
        assert!(report.accepted, "an optional rule ends no sign-in");
        let mut required = lookup();
        required["required"] = json!(["fhirUser"]);
        let report = try_out(&tenant, required, json!({ "sub": "u", "npi": "1234567893" })).await;
        assert!(
            !report.accepted && report.refusal.unwrap().contains("look-up"),
            "{mood:?}"
        );
    }
}

/// Signs somebody in with these attributes.
async fn sign_in_with(
    tenant: &TestTenant<'_>,
    browser: &mut HttpBrowser,
    user: &str,
    attributes: &[(&str, &[&str])],
) -> Page {
    let asked = begin(tenant, browser).await;
    let mut draft = draft(tenant, user, Some(&asked.request));
    draft.attributes = attributes
        .iter()
        .map(|(name, values)| {
            let values: Vec<String> = values
                .iter()
                .map(|value| format!("<saml:AttributeValue>{value}</saml:AttributeValue>"))
                .collect();
            format!("<saml:Attribute Name=\"{name}\">{}</saml:Attribute>", values.concat())
        })
        .collect::<Vec<_>>()
        .concat();
    draft.attributes = format!(
        "<saml:AttributeStatement>{}</saml:AttributeStatement>",
        draft.attributes
    );
    let xml = draft.write(Sign::Assertion);
    answer(tenant, browser, &xml, &asked).await
}

async fn accounts(tenant: &TestTenant<'_>) -> Vec<Account> {
    let admin = tenant.admin().await;
    let mut rows = admin.cx().read().await.unwrap();
    let listed = rows.list_accounts(None, 100).await.unwrap();
    let providers = rows.list_identity_providers().await.unwrap();
    let local = providers.iter().find(|provider| provider.alias == STAFF).unwrap().id;
    let accounts = listed.into_iter().map(|listed| listed.account);
    accounts.filter(|account| account.identity_provider != local).collect()
}

on_each_database! {
    async fn roles_that_the_provider_no_longer_sends_go_away_and_with_them_what_they_gave(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = connect(&app, "northside", |_| {}).await;
        let admin = tenant.admin().await;
        admin.save_mapping("hospital", &rules(json!({
            "name": "claims.attributes.name[0]",
            "fhirUser": "'Patient/' + claims.attributes.patient[0]",
            "groups": "claims.attributes.groups",
            "groupRoles": { "CN=Nurses,OU=Groups": "nurse", "CN=Admins": ["boss", "nurse"] }
        }))).await.unwrap();
        admin.change_settings(&wardkey::control::Precondition::None, |old| {
            let mut document = old.clone();
            document.administrators = serde_json::from_value(json!([
                { "identity_provider": "hospital", "role": "boss", "grants": ["auditor"] }
            ])).unwrap();
            Ok(document)
        }).await.unwrap();
        let said = |groups: &'static [&'static str], name: &'static str| {
            vec![("name", name), ("patient", "pat-1")]
                .into_iter()
                .map(|(name, value)| (name, vec![value]))
                .chain((!groups.is_empty()).then(|| ("groups", groups.to_vec())))
                .collect::<Vec<_>>()
        };
        let sign_in = async |groups: &'static [&'static str], name: &'static str| {
            let said = said(groups, name);
            let said: Vec<(&str, &[&str])> = said.iter().map(|(name, values)| (*name, values.as_slice())).collect();
            let mut browser = app.browser();
            let page = sign_in_with(&tenant, &mut browser, "morgan", &said).await;
            assert!(page.response.status.is_success(), "{page}");
        };
        sign_in(&["CN=Admins", "CN=Other"], "Pat Morgan").await;
        let first = accounts(&tenant).await;
        assert_eq!(first.len(), 1);
        assert_eq!(first[0].profile.roles, ["boss", "nurse"]);
        let user = tenant.admin().await.get_user(first[0].id).await.unwrap();
        assert_eq!(user.summary.admin_roles, [Role::Auditor]);
        // The same person later: another group, another name. Same account.
        sign_in(&["CN=Nurses,OU=Groups"], "Pat Morgan-Lee").await;
        let second = accounts(&tenant).await;
        assert_eq!(second.len(), 1);
        assert!(second[0].id == first[0].id);
        assert_eq!(second[0].profile.roles, ["nurse"]);
        assert_eq!(second[0].profile.name.as_deref(), Some("Pat Morgan-Lee"));
        assert!(tenant.admin().await.get_user(first[0].id).await.unwrap().summary.admin_roles.is_empty());
        // No groups at all: nothing stays.
        sign_in(&[], "Pat Morgan-Lee").await;
        assert!(accounts(&tenant).await[0].profile.roles.is_empty());
    }

    async fn a_list_of_users_is_changed_whole_and_found_by_value(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let admin = tenant.admin().await;
        let entry = |value: &str, fhir_user: &str| FhirUserEntry { value: value.into(), fhir_user: fhir_user.into() };
        let first = [entry("E-1", "Practitioner/1"), entry(" E-2 ", "Practitioner/2"), entry("E-3", "Patient/3")];
        let changes = admin.change_fhir_users("personnel", &first, &[]).await.unwrap();
        assert_eq!((changes.created, changes.updated, changes.unchanged, changes.removed), (3, 0, 0, 0));
        let second = [entry("E-1", "Practitioner/9"), entry("E-2", "Practitioner/2")];
        let changes = admin.change_fhir_users("personnel", &second, &["E-3".into(), "E-4".into()]).await.unwrap();
        assert_eq!((changes.created, changes.updated, changes.unchanged, changes.removed), (0, 1, 1, 1));
        // One wrong entry, and nothing is done.
        let wrong = [entry("E-5", "Practitioner/5"), entry("E-6", "Device/6")];
        let refused = admin.change_fhir_users("personnel", &wrong, &[]).await.err().unwrap();
        assert!(refused.to_string().contains("set/1/fhir_user"), "{refused}");
        let lists = admin.list_fhir_user_lists().await.unwrap();
        assert_eq!((lists.len(), lists[0].list.as_str(), lists[0].entries), (1, "personnel", 2));
        let mut rows = admin.cx().read().await.unwrap();
        assert_eq!(rows.find_fhir_user_entry("personnel", "E-1").await.unwrap().as_deref(), Some("Practitioner/9"));
        assert_eq!(rows.find_fhir_user_entry("personnel", "E-5").await.unwrap(), None);
        assert_eq!(rows.find_fhir_user_entry("other", "E-1").await.unwrap(), None);
        // No other tenant has the list.
        let other = app.tenant("southside").await.admin().await;
        assert_eq!(other.cx().read().await.unwrap().find_fhir_user_entry("personnel", "E-1").await.unwrap(), None);
        assert!(other.list_fhir_user_lists().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let owner = tenant.administrator("olga", &[Role::Owner]).await;
    let set: Vec<Value> = (0..5)
        .map(|number| json!({ "value": format!("E-{number}"), "fhir_user": format!("Practitioner/{number}") }))
        .collect();
    tenant
        .api(
            &owner,
            Method::POST,
            "/fhir-users/personnel",
            Some(&json!({ "set": set })),
        )
        .await
        .assert_status(200);
    let mut found = Vec::new();
    let mut path = "/fhir-users/personnel?limit=2".to_owned();
    loop {
        let page = tenant
            .api(&owner, Method::GET, &path, None)
            .await
            .assert_status(200)
            .json();
        let items = page["items"].as_array().unwrap().clone();
        assert!(items.len() <= 2);
        found.extend(items.iter().map(|item| item["value"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/fhir-users/personnel?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    found.sort();
    assert_eq!(found, ["E-0", "E-1", "E-2", "E-3", "E-4"]);
}

#[tokio::test]
async fn a_look_up_that_a_required_rule_needs_refuses_the_sign_in_with_a_page_that_says_when_to_come_back() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let server = hospital(&tenant).await;
    let mut mapping = lookup();
    mapping["fhirUserLookup"]["value"] = json!("claims.attributes.npi[0]");
    mapping["required"] = json!(["fhirUser"]);
    tenant
        .admin()
        .await
        .save_mapping("hospital", &rules(mapping))
        .await
        .unwrap();
    server.set_mood(Mood::Status(503));
    let mut browser = app.browser();
    let page = sign_in_with(&tenant, &mut browser, "okafor", &[("npi", &["1234567893"])]).await;
    assert_eq!(page.response.status, 502);
    assert!(page.response.text().contains("records-unreachable"), "{page}");
    assert!(accounts(&tenant).await.is_empty());
    server.set_mood(Mood::Well);
    let mut browser = app.browser();
    sign_in_with(&tenant, &mut browser, "okafor", &[("npi", &["1234567893"])]).await;
    let known = accounts(&tenant).await;
    assert_eq!(known[0].profile.fhir_user.as_deref(), Some("Practitioner/ada"));
    // Somebody of whom the server knows nothing is refused for good.
    let mut browser = app.browser();
    let page = sign_in_with(&tenant, &mut browser, "stranger", &[("npi", &["1999999999"])]).await;
    assert_refused(&page);
    assert!(page.response.text().contains("not-permitted"), "{page}");
}

#[tokio::test]
async fn accounts_are_one_for_each_provider_and_subject_whatever_else_is_equal() {
    let app = TestApp::new().await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let admin = tenant.admin().await;
    let mapping = json!({ "email": "claims.attributes.mail[0]", "name": "claims.attributes.mail[0]" });
    admin.save_mapping("hospital", &rules(mapping)).await.unwrap();
    for user in ["morgan", "okafor"] {
        let mut browser = app.browser();
        sign_in_with(&tenant, &mut browser, user, &[("mail", &["shared@hospital.example"])]).await;
    }
    let known = accounts(&tenant).await;
    assert_eq!(known.len(), 2, "an e-mail address links nothing");
    assert!(
        known
            .iter()
            .all(|account| account.profile.email.as_deref() == Some("shared@hospital.example"))
    );
}

#[tokio::test]
async fn a_dry_run_takes_attributes_and_changes_nothing() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let owner = tenant.administrator("olga", &[Role::Owner]).await;
    let auditor = tenant.administrator("otto", &[Role::Auditor]).await;
    let tenant = connect(&app, "northside", |_| {}).await;
    let path = "/identity-providers/hospital/mapping/dry-run";
    let body = json!({
        "attributes": { "sn": "Okafor", "groups": ["nurses", "other"] },
        "rules": { "name": "claims.friendly.sn[0]", "groups": "claims.attributes.groups",
                   "groupRoles": { "nurses": "nurse" } }
    });
    let report = tenant
        .api(&owner, Method::POST, path, Some(&body))
        .await
        .assert_status(200)
        .json();
    assert_eq!(report["accepted"], true);
    assert_eq!(report["identity"]["name"], "Okafor");
    assert_eq!(report["identity"]["roles"], json!(["nurse"]));
    let groups = report["rules"]
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["rule"] == "groups");
    assert_eq!(groups.unwrap()["note"], "2 groups sent, of which 1 in the table");
    assert!(accounts(&tenant).await.is_empty());
    let stored = tenant.admin().await.get_mapping("hospital").await.unwrap();
    assert!(stored.groups.is_none());
    // A rule that does not compile is named, as when it is saved.
    let body = json!({ "claims": {}, "rules": { "name": "claims." } });
    let problem = tenant
        .api(&owner, Method::POST, path, Some(&body))
        .await
        .assert_status(422)
        .json();
    assert!(problem["errors"].to_string().contains("rule name"), "{problem}");
    for body in [json!({}), json!({ "claims": {}, "attributes": {} })] {
        tenant
            .api(&owner, Method::POST, path, Some(&body))
            .await
            .assert_status(422);
    }
    let body = json!({ "claims": {} });
    tenant
        .api(&auditor, Method::POST, path, Some(&body))
        .await
        .assert_status(403);
    let local = format!("/identity-providers/{STAFF}/mapping/dry-run");
    tenant
        .api(&owner, Method::POST, &local, Some(&body))
        .await
        .assert_status(409);
}

/// A second provider of the same entity, so that one test IdP can speak for both.
async fn connect_second(tenant: &TestTenant<'_>, mapping: Value) {
    let metadata = IDP.metadata("https://idp.hospital.example/sso", None, &[IDP.key.certificate()]);
    let document = SamlDocument {
        provisioning: wardkey::federation::Provisioning::default(),
        provider: SamlProviderConfig::new(IDP.entity_id),
        mapping: rules(mapping),
        offer: Offer::default(),
    };
    let admin = tenant.admin().await;
    admin
        .save_saml_provider("former", "Former account", &document, &metadata)
        .await
        .unwrap();
}

/// An account that signed in at the provider before.
async fn known_at(tenant: &TestTenant<'_>, alias: &str, subject: &str) -> AccountId {
    let admin = tenant.admin().await;
    let provider = admin.get_identity_provider(alias).await.unwrap().id;
    let profile = AccountProfile {
        subject: subject.to_owned(),
        name: Some("Ada Okafor".to_owned()),
        ..AccountProfile::default()
    };
    let mut rows = admin.cx().begin().await.unwrap();
    let account = rows
        .save_account(
            provider,
            &profile,
            Some("a hash"),
            admin.cx().now(),
            admin.cx().entropy(),
        )
        .await
        .unwrap();
    rows.commit().await.unwrap();
    account.id
}

on_each_database! {
    async fn an_account_at_another_provider_is_taken_over_by_an_explicit_rule_alone(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = connect(&app, "northside", |_| {}).await;
        connect_second(&tenant, json!({})).await;
        let (ada, bob) = (known_at(&tenant, "former", "AD-1").await, known_at(&tenant, "former", "AD-2").await);
        let attributes: [(&str, &[&str]); 1] = [("former", &["AD-1"])];
        // Without a rule, an attribute of that value links nothing.
        let mut browser = app.browser();
        sign_in_with(&tenant, &mut browser, "bob", &[("former", &["AD-2"])]).await;
        let admin = tenant.admin().await;
        admin
            .save_mapping("hospital", &rules(json!({
                "link": { "identityProvider": "former", "subject": "claims.attributes.former[0]" }
            })))
            .await
            .unwrap();
        let mut browser = app.browser();
        sign_in_with(&tenant, &mut browser, "ada", &attributes).await;
        // A later trace may take the place of this one.
        let traces = admin.list_sign_in_traces(&WantedTraces::default(), 9).await.unwrap();
        let mut notes = Vec::new();
        for trace in traces {
            let shown = admin.get_sign_in_trace(trace.id).await.unwrap().trace;
            notes.extend(shown["rules"].as_array().unwrap().iter().filter_map(|line| line["note"].as_str().map(str::to_owned)));
        }
        assert_eq!(notes.iter().filter(|note| *note == "the account was taken over").count(), 1, "{notes:?}");
        let hospital = admin.get_identity_provider("hospital").await.unwrap().id;
        let former = admin.get_identity_provider("former").await.unwrap().id;
        let mut rows = admin.cx().read().await.unwrap();
        let moved = rows.find_account(ada).await.unwrap().unwrap();
        assert!(moved.identity_provider == hospital && moved.password_hash.is_none());
        assert!(rows.find_account_by_subject(former, "AD-1").await.unwrap().is_none());
        drop(rows);
        // Bob has an account here since before the rule: his former one stays apart, however often he signs in.
        let mut browser = app.browser();
        sign_in_with(&tenant, &mut browser, "bob", &[("former", &["AD-2"])]).await;
        let mut rows = admin.cx().read().await.unwrap();
        assert!(rows.find_account(bob).await.unwrap().unwrap().identity_provider == former);
        // And nobody takes over what was taken over already.
        drop(rows);
        let mut browser = app.browser();
        sign_in_with(&tenant, &mut browser, "mallory", &attributes).await;
        assert_eq!(accounts(&tenant).await.len(), 4);
        let filter = EventFilter { event: Some("account.taken_over"), ..EventFilter::default() };
        let events = admin.list_events(&filter, 9).await.unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!((events[0].account, events[0].target.as_deref()), (Some(ada), Some("former")));
    }
}

#[tokio::test]
async fn who_may_not_change_a_provider_may_not_link_to_its_accounts_either() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let owner = tenant.administrator("olga", &[Role::Owner]).await;
    let identities = tenant.administrator("ida", &[Role::IdentityAdmin]).await;
    let settings = |mapping: Value| {
        json!({ "kind": "oidc", "display_name": "Hospital", "settings": { "mapping": mapping, "provider": {
            "issuer": "https://idp.test", "client_id": "wardkey", "authentication": "none",
            "endpoints": { "authorization_endpoint": "https://idp.test/authorize",
                           "token_endpoint": "https://idp.test/token", "jwks_uri": "https://idp.test/jwks" } } } })
    };
    let put = async |token: &str, alias: &str, mapping: Value| {
        let path = format!("/identity-providers/{alias}");
        tenant.api(token, Method::PUT, &path, Some(&settings(mapping))).await
    };
    // The owner signs in at the tenant's own accounts.
    let to_owner = json!({ "link": { "identityProvider": STAFF, "subject": "'olga'" } });
    put(&identities, "hospital", json!({})).await.assert_status(201);
    put(&identities, "hospital", to_owner.clone()).await.assert_status(403);
    put(&owner, "hospital", to_owner).await.assert_status(200);
    for alias in ["hospital", "nowhere"] {
        let link = json!({ "link": { "identityProvider": alias, "subject": "claims.sub" } });
        put(&owner, "hospital", link).await.assert_status(422);
    }
}
