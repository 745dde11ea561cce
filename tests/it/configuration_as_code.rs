//! Declared configuration: planned, applied, taken out again, and taken back.

use crate::support::app::{CONFIDENTIAL, PUBLIC, REDIRECT_URI, TestApp};
use crate::support::database::on_each_database;
use crate::support::saml_idp::Idp;
use serde_json::{Value, json};
use std::path::Path;
use wardkey::control::configuration::{self, Action, ApplyError, ApplyOptions, Plan, Rollback, TenantFile};
use wardkey::control::{Author, Change, ControlError};
use wardkey::federation::mapping::MappingRules;
use wardkey::federation::saml::SamlProviderConfig;
use wardkey::federation::{Offer, Provisioning, SamlDocument};
use wardkey::kernel::Secret;
use wardkey::store::tenant::{ChangeSource, ResourceKind, ResourceName};

const FILE: &str = r#"
tenant: harbour
display_name: Harbour Clinic
settings:
  help_contact: "help@harbour.example"
  fhir_bases: ["https://fhir.harbour.example/r4"]
  lifetimes:
    access_token: 600
identity_providers:
  - alias: staff
    kind: local
    display_name: Staff account
  - alias: hospital
    kind: oidc
    display_name: Hospital account
    provider:
      issuer: https://idp.harbour.example
      client_id: wardkey
    client_secret: { file: idp.txt }
apps:
  - client_id: growth-chart
    client_name: Growth chart
    token_endpoint_auth_method: none
    redirect_uris: ["https://growth.example/callback"]
    scope: openid fhirUser launch/patient patient/*.rs
  - client_id: registry
    client_name: Registry
    token_endpoint_auth_method: client_secret_basic
    client_secret: { file: registry.txt }
    redirect_uris: ["https://registry.example/callback"]
    scope: openid patient/*.rs
"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("idp.txt", "secret-at-the-provider\n");
        folder.write("registry.txt", "secret-of-the-registry-app-0123456789\n");
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    fn declared(&self, text: &str) -> TenantFile {
        self.write("harbour.yaml", text);
        configuration::read(self.path()).unwrap().remove(0)
    }
}

async fn apply(app: &TestApp, file: &TenantFile) -> Result<Plan, ApplyError> {
    apply_with(app, file, &ApplyOptions::default()).await
}

async fn apply_with(app: &TestApp, file: &TenantFile, options: &ApplyOptions) -> Result<Plan, ApplyError> {
    Box::pin(app.platform.apply(file, options))
        .await
        .map(|applied| applied.plan)
}

async fn plan(app: &TestApp, file: &TenantFile) -> Plan {
    Box::pin(app.platform.plan(file)).await.unwrap()
}

fn steps(plan: &Plan) -> Vec<(String, Action)> {
    plan.steps
        .iter()
        .map(|step| (step.resource.to_string(), step.action))
        .collect()
}

fn members(plan: &Plan) -> Vec<&str> {
    plan.steps
        .iter()
        .flat_map(|step| step.members.iter().map(|change| change.member.as_str()))
        .collect()
}

async fn faults(app: &TestApp, file: &TenantFile) -> Vec<String> {
    match Box::pin(app.platform.plan(file)).await {
        Err(ApplyError::Faults(faults)) => faults.iter().map(|fault| fault.member.clone()).collect(),
        Err(other) => panic!("{other}"),
        Ok(plan) => panic!("{plan:?}"),
    }
}

on_each_database! {
    async fn a_tenant_is_made_from_its_file_and_the_second_apply_has_nothing_to_do(database: Database) {
        let app = TestApp::on(database).await;
        let folder = Folder::new();
        let file = folder.declared(FILE);
        let planned = plan(&app, &file).await;
        assert!(planned.creates_tenant);
        assert!(app.platform.tenant("harbour").await.is_err(), "a plan makes nothing");
        let applied = apply(&app, &file).await.unwrap();
        assert_eq!(steps(&applied), steps(&planned));
        let admin = app.platform.tenant("harbour").await.unwrap();
        assert_eq!(admin.cx().document().help_contact.as_deref(), Some("help@harbour.example"));
        assert_eq!(admin.list_identity_providers().await.unwrap().len(), 2);
        let growth = admin.get_client("growth-chart").await.unwrap();
        assert_eq!(growth.client_name, "Growth chart");
        let again = plan(&app, &file).await;
        assert!(again.is_empty(), "{again:?}");
        assert!(again.drift.is_empty() && again.kept.is_empty(), "{again:?}");
    }

    async fn a_change_of_the_file_changes_just_that(database: Database) {
        let app = TestApp::on(database).await;
        let folder = Folder::new();
        apply(&app, &folder.declared(FILE)).await.unwrap();
        let changed = FILE.replace("access_token: 600", "access_token: 900").replace("Growth chart", "Growth charts");
        let file = folder.declared(&changed);
        let planned = plan(&app, &file).await;
        assert_eq!(members(&planned), ["lifetimes.access_token", "client_name"]);
        apply(&app, &file).await.unwrap();
        assert!(plan(&app, &file).await.is_empty());
        let admin = app.platform.tenant("harbour").await.unwrap();
        assert_eq!(admin.get_client("growth-chart").await.unwrap().client_name, "Growth charts");
    }

    async fn what_leaves_the_file_leaves_the_tenant(database: Database) {
        let app = TestApp::on(database).await;
        let folder = Folder::new();
        apply(&app, &folder.declared(FILE)).await.unwrap();
        let (before, _) = FILE.split_once("  - client_id: registry").unwrap();
        let file = folder.declared(before);
        let applied = apply(&app, &file).await.unwrap();
        assert_eq!(steps(&applied), [("app registry".to_owned(), Action::Remove)]);
        let admin = app.platform.tenant("harbour").await.unwrap();
        let gone = admin.get_client("registry").await.unwrap_err();
        assert!(matches!(gone, ControlError::NotFound { .. }), "{gone}");
    }

    async fn what_somebody_else_changed_is_refused_until_it_may_be_overwritten(database: Database) {
        let app = TestApp::on(database).await;
        let folder = Folder::new();
        let file = folder.declared(FILE);
        apply(&app, &file).await.unwrap();
        let lifetime = [("lifetimes.access_token".to_owned(), "120".to_owned())];
        app.platform.set_settings("harbour", &lifetime).await.unwrap();
        let planned = plan(&app, &file).await;
        assert_eq!(planned.drift.len(), 1);
        assert_eq!(planned.drift[0].members[0].after, Some(json!(120)));
        let refused = apply(&app, &file).await.unwrap_err();
        assert!(matches!(&refused, ApplyError::Drift { drift, .. } if drift.len() == 1), "{refused}");
        let admin = app.platform.tenant("harbour").await.unwrap();
        assert_eq!(json!(admin.cx().document())["lifetimes"]["access_token"], 120, "nothing was changed");
        let options = ApplyOptions { overwrite_drift: true, ..ApplyOptions::default() };
        apply_with(&app, &file, &options).await.unwrap();
        assert!(plan(&app, &file).await.is_empty());
    }

    async fn a_change_elsewhere_that_the_file_has_too_is_no_drift(database: Database) {
        let app = TestApp::on(database).await;
        let folder = Folder::new();
        apply(&app, &folder.declared(FILE)).await.unwrap();
        let lifetime = [("lifetimes.access_token".to_owned(), "900".to_owned())];
        app.platform.set_settings("harbour", &lifetime).await.unwrap();
        let caught_up = plan(&app, &folder.declared(&FILE.replace("access_token: 600", "access_token: 900"))).await;
        assert!(caught_up.is_empty() && caught_up.drift.is_empty(), "{caught_up:?}");
    }

    async fn another_secret_is_seen_and_never_shown(database: Database) {
        let app = TestApp::on(database).await;
        let folder = Folder::new();
        let file = folder.declared(FILE);
        apply(&app, &file).await.unwrap();
        folder.write("registry.txt", "another-secret-of-the-registry-app-01\n");
        folder.write("idp.txt", "another-secret-at-the-provider\n");
        let planned = plan(&app, &file).await;
        assert_eq!(members(&planned), ["secret", "secret"]);
        let shown = json!(planned).to_string();
        assert!(!shown.contains("another-secret") && !shown.contains("secret-at"), "{shown}");
        apply(&app, &file).await.unwrap();
        assert!(plan(&app, &file).await.is_empty());
    }

    async fn every_change_is_in_the_history_and_can_be_taken_back(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let platform = app.platform.authored_by(Author {
            name: Some("ingrid".into()),
            ..Author::by_way_of(ChangeSource::CommandLine)
        });
        let members = [("lifetimes.access_token".to_owned(), "120".to_owned())];
        platform.set_settings("northside", &members).await.unwrap();
        let admin = tenant.admin().await;
        let changes = admin.list_changes(Some(&ResourceName::settings()), None, 10).await.unwrap();
        let newest = &changes[0];
        assert_eq!((newest.actor.as_str(), newest.action), ("ingrid", "updated"));
        assert_eq!(newest.members.len(), 1);
        assert_eq!(newest.members[0].member, "lifetimes.access_token");
        let how = Rollback { reason: Some("too short".into()), ..Rollback::default() };
        assert_eq!(platform.tenant("northside").await.unwrap().roll_back(newest.id, &how).await.unwrap(), Change::Updated);
        let admin = tenant.admin().await;
        assert_ne!(json!(admin.cx().document())["lifetimes"]["access_token"], 120);
        let changes = admin.list_changes(Some(&ResourceName::settings()), None, 1).await.unwrap();
        assert_eq!((changes[0].source.as_str(), changes[0].reason.as_deref()), ("rollback", Some("too short")));
    }

    async fn other_metadata_of_a_saml_provider_are_taken_back(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let idp = Idp::generate("https://idp.hospital.example/saml");
        let document = SamlDocument {
            provider: SamlProviderConfig::new(idp.entity_id),
            mapping: MappingRules::default(),
            offer: Offer::default(),
            provisioning: Provisioning::default(),
        };
        let metadata = |sso: &str| idp.metadata(sso, None, &[idp.key.certificate()]);
        let admin = tenant.admin().await;
        for sso in ["https://idp.hospital.example/one", "https://idp.hospital.example/two"] {
            Box::pin(admin.save_saml_provider("hospital", "Hospital account", &document, &metadata(sso))).await.unwrap();
        }
        let name = ResourceName::of(ResourceKind::IdentityProvider, "hospital");
        let changes = admin.list_changes(Some(&name), None, 10).await.unwrap();
        assert_eq!((changes.len(), changes[0].action), (2, "updated"));
        let members: Vec<&str> = changes[0].members.iter().map(|change| change.member.as_str()).collect();
        assert_eq!(members, ["metadata"]);
        let sign_on = async || tenant.admin().await.show_saml_provider("hospital").await.unwrap().provider_sign_on;
        assert_eq!(sign_on().await.as_deref(), Some("https://idp.hospital.example/two"));
        Box::pin(tenant.admin().await.roll_back(changes[0].id, &Rollback::default())).await.unwrap();
        assert_eq!(sign_on().await.as_deref(), Some("https://idp.hospital.example/one"));
        let changes = tenant.admin().await.list_changes(Some(&name), None, 10).await.unwrap();
        assert_eq!((changes.len(), changes[0].source.as_str()), (3, "rollback"));
    }

    async fn a_removed_app_comes_back_with_its_secret(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        let admin = tenant.admin().await;
        let before = admin.get_client(CONFIDENTIAL).await.unwrap();
        admin.delete_client(CONFIDENTIAL).await.unwrap();
        let name = ResourceName::of(ResourceKind::App, CONFIDENTIAL);
        let removal = admin.list_changes(Some(&name), None, 1).await.unwrap().remove(0);
        assert_eq!(removal.action, "removed");
        assert!(!json!(removal).to_string().contains(&before.secrets[0].hash.to_base64url()));
        app.platform.tenant("northside").await.unwrap().roll_back(removal.id, &Rollback::default()).await.unwrap();
        assert_eq!(tenant.admin().await.get_client(CONFIDENTIAL).await.unwrap(), before);
    }

    async fn a_change_that_was_overtaken_is_taken_back_only_when_told(database: Database) {
        let app = TestApp::on(database).await;
        let tenant = app.tenant("northside").await;
        tenant.client(PUBLIC, json!({ "token_endpoint_auth_method": "none", "client_name": "Second" })).await;
        tenant.client(PUBLIC, json!({ "token_endpoint_auth_method": "none", "client_name": "Third" })).await;
        let name = ResourceName::of(ResourceKind::App, PUBLIC);
        let second = tenant.admin().await.list_changes(Some(&name), None, 10).await.unwrap().remove(1);
        let refused = app.platform.tenant("northside").await.unwrap().roll_back(second.id, &Rollback::default()).await.unwrap_err();
        assert!(matches!(refused, ControlError::Conflict(_)), "{refused}");
        let how = Rollback { even_if_changed_since: true, ..Rollback::default() };
        app.platform.tenant("northside").await.unwrap().roll_back(second.id, &how).await.unwrap();
        assert_ne!(tenant.admin().await.get_client(PUBLIC).await.unwrap().client_name, "Third");
    }

    async fn a_change_of_another_tenant_does_not_exist(database: Database) {
        let app = TestApp::on(database).await;
        let north = app.tenant("northside").await;
        app.tenant("southside").await;
        let change = north.admin().await.list_changes(None, None, 1).await.unwrap().remove(0);
        let refused = app.platform.tenant("southside").await.unwrap().roll_back(change.id, &Rollback::default()).await.unwrap_err();
        assert!(matches!(refused, ControlError::NotFound { what: "change", .. }), "{refused}");
    }
}

#[tokio::test]
async fn what_is_exported_declares_the_tenant_as_it_is() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant
        .client(
            "everything",
            json!({
                "token_endpoint_auth_method": "client_secret_post", "publisher": "Example Ltd", "contacts": ["it@example.org"],
                "launch_uris": ["https://app.example/launch"], "require_pkce": false,
                "access_token_format": "opaque", "verified": false, "tenant_in_id_token": true,
                "post_logout_redirect_uris": [REDIRECT_URI], "backchannel_logout_uri": "https://app.example/logout",
            }),
        )
        .await;
    let members = [
        ("scopes_v1".to_owned(), "false".to_owned()),
        ("role_ceilings.nurse".to_owned(), "patient/*.rs".to_owned()),
        ("branding.primary_colour".to_owned(), "#123456".to_owned()),
        ("lifetimes.access_token".to_owned(), "600".to_owned()),
    ];
    app.platform.set_settings("northside", &members).await.unwrap();
    let provider = json!({
        "provider": { "issuer": "https://idp.northside.example", "client_id": "wardkey" },
        "mapping": { "fhirUser": "'Practitioner/' + claims.number" },
        "offer": { "email_domains": ["northside.example"] },
    });
    let document = serde_json::from_value(provider).unwrap();
    let secret = Some(Secret::new("secret-at-the-provider".to_owned()));
    let admin = tenant.admin().await;
    admin
        .save_oidc_provider("hospital", "Hospital account", &document, secret)
        .await
        .unwrap();
    let exported = app.platform.export("northside").await.unwrap();
    let text = exported.to_yaml().unwrap();
    assert!(!text.contains("display_name: ''") && text.contains("nurse"), "{text}");
    assert!(
        text.contains("northside.example") && !text.contains("secret-at"),
        "{text}"
    );
    let folder = Folder::new();
    let file = folder.declared(&text);
    let planned = plan(&app, &file).await;
    assert!(planned.is_empty(), "{text}\n{planned:?}");
    assert!(planned.kept.is_empty(), "{planned:?}");
    let json_file = folder.declared(&serde_json::to_string(&exported).unwrap());
    assert!(plan(&app, &json_file).await.is_empty());
}

#[tokio::test]
async fn an_app_that_somebody_else_registered_stays_and_is_named() {
    let app = TestApp::new().await;
    let folder = Folder::new();
    let file = folder.declared(FILE);
    apply(&app, &file).await.unwrap();
    let admin = app.platform.tenant("harbour").await.unwrap();
    let registration = serde_json::from_value(json!({
        "redirect_uris": ["https://other.example/callback"], "token_endpoint_auth_method": "none", "scope": "openid",
    }))
    .unwrap();
    let policy = wardkey::control::clients::SecretPolicy::KeepOrCreate;
    admin.save_client("other", registration, policy).await.unwrap();
    let applied = apply(&app, &file).await.unwrap();
    assert!(applied.is_empty());
    assert_eq!(applied.kept, [ResourceName::of(ResourceKind::App, "other")]);
    assert!(
        app.platform
            .tenant("harbour")
            .await
            .unwrap()
            .get_client("other")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_section_that_is_left_out_is_not_managed() {
    let app = TestApp::new().await;
    let folder = Folder::new();
    apply(&app, &folder.declared(FILE)).await.unwrap();
    let (without_apps, _) = FILE.split_once("apps:").unwrap();
    let planned = plan(&app, &folder.declared(without_apps)).await;
    assert!(planned.is_empty() && planned.kept.is_empty(), "{planned:?}");
    let name_alone = plan(&app, &folder.declared("tenant: harbour\ndisplay_name: Harbour\n")).await;
    assert_eq!(members(&name_alone), ["display_name"]);
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_with_its_place() {
    let app = TestApp::new().await;
    let folder = Folder::new();
    let text = FILE
        .replace("access_token: 600", "access_token: 0")
        .replace("kind: local", "kind: ldap")
        .replace("https://growth.example/callback", "http://growth.example/callback")
        .replace("{ file: registry.txt }", "{ file: absent.txt }");
    let found = faults(&app, &folder.declared(&text)).await;
    let wanted = [
        "settings.lifetimes",
        "identity_providers[staff]",
        "apps[growth-chart].redirect_uris",
        "apps[registry].client_secret",
    ];
    assert_eq!(found, wanted);
    assert!(app.platform.tenant("harbour").await.is_err(), "nothing was made");
}

#[tokio::test]
async fn brands_that_are_not_in_order_are_refused_before_the_tenant_is_made() {
    let app = TestApp::new().await;
    let folder = Folder::new();
    let brands = "brands:\n  brands: [{ id: harbour, name: Harbour, website: \"https://harbour.example\" }]\n";
    let file = folder.declared(&format!("{FILE}{brands}"));
    assert_eq!(faults(&app, &file).await, ["brands"]);
    assert!(app.platform.tenant("harbour").await.is_err(), "nothing was made");
}

#[tokio::test]
async fn a_misspelt_member_of_an_app_is_refused() {
    let app = TestApp::new().await;
    let folder = Folder::new();
    let text = FILE.replace("redirect_uris: [\"https://growth", "redirect_uri: [\"https://growth");
    assert_eq!(
        faults(&app, &folder.declared(&text)).await,
        ["apps[growth-chart].redirect_uri"]
    );
}

#[tokio::test]
async fn two_apps_of_one_id_are_refused() {
    let app = TestApp::new().await;
    let folder = Folder::new();
    let text = FILE.replace("client_id: registry", "client_id: growth-chart");
    assert!(
        faults(&app, &folder.declared(&text))
            .await
            .contains(&"app growth-chart".to_owned())
    );
}

#[tokio::test]
async fn a_secret_in_the_file_itself_is_refused() {
    let app = TestApp::new().await;
    let folder = Folder::new();
    let text = FILE.replace("{ file: registry.txt }", "plain-text-secret");
    let found = faults(&app, &folder.declared(&text)).await;
    assert_eq!(found, ["apps[registry].client_secret"]);
}

#[tokio::test]
async fn an_app_without_a_declared_secret_gets_one_that_is_shown_once() {
    let app = TestApp::new().await;
    let folder = Folder::new();
    let file = folder.declared(&FILE.replace("    client_secret: { file: registry.txt }\n", ""));
    let applied = Box::pin(app.platform.apply(&file, &ApplyOptions::default()))
        .await
        .unwrap();
    let made: Vec<&str> = applied.secrets.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(made, ["registry"]);
    let again = Box::pin(app.platform.apply(&file, &ApplyOptions::default()))
        .await
        .unwrap();
    assert!(again.secrets.is_empty() && again.plan.is_empty());
}

#[tokio::test]
async fn a_disabled_app_is_declared_as_such() {
    let app = TestApp::new().await;
    let folder = Folder::new();
    let text = FILE.replace(
        "    client_name: Growth chart\n",
        "    client_name: Growth chart\n    status: disabled\n",
    );
    apply(&app, &folder.declared(&text)).await.unwrap();
    let client = app
        .platform
        .tenant("harbour")
        .await
        .unwrap()
        .get_client("growth-chart")
        .await
        .unwrap();
    assert!(!client.is_enabled());
    assert_eq!(members(&plan(&app, &folder.declared(FILE)).await), ["status"]);
}

#[tokio::test]
async fn a_run_that_was_cut_off_is_finished_by_the_next() {
    let app = TestApp::new().await;
    let folder = Folder::new();
    let file = folder.declared(FILE);
    apply(&app, &file).await.unwrap();
    let changed = folder.declared(
        &FILE
            .replace("access_token: 600", "access_token: 900")
            .replace("Growth chart", "Charts"),
    );
    // The first step of that apply alone, as if it had been killed after it.
    let lifetime = [("lifetimes.access_token".to_owned(), "900".to_owned())];
    app.platform.set_settings("harbour", &lifetime).await.unwrap();
    let planned = plan(&app, &changed).await;
    assert!(planned.drift.is_empty(), "its own work is no drift: {planned:?}");
    apply(&app, &changed).await.unwrap();
    let value: Value = json!(plan(&app, &changed).await.steps);
    assert_eq!(value, json!([]));
}

/// Who is in a list, by what names them.
async fn users_of(app: &TestApp, list: &str) -> Vec<(String, String)> {
    let admin = app.platform.tenant("harbour").await.unwrap();
    let users = admin.list_fhir_users(list, None, 99).await.unwrap();
    let mut users: Vec<_> = users
        .into_iter()
        .map(|user| (user.entry.value, user.entry.fhir_user))
        .collect();
    users.sort();
    users
}

fn user(value: &str, fhir_user: &str) -> (String, String) {
    (value.to_owned(), fhir_user.to_owned())
}

on_each_database! {
    async fn lists_of_users_are_declared_planned_applied_and_taken_out_again(database: Database) {
        let app = TestApp::on(database).await;
        let folder = Folder::new();
        folder.write("physicians.csv", "E-1,Practitioner/1\nDoe, Jo,Practitioner/2\n\n");
        let with = |lists: &str| folder.declared(&format!("{FILE}fhir_users:\n{lists}"));
        let file = with("  physicians: { file: physicians.csv }\n  locums: { E-9: Practitioner/9 }\n");
        apply(&app, &file).await.unwrap();
        assert_eq!(users_of(&app, "physicians").await, [user("Doe, Jo", "Practitioner/2"), user("E-1", "Practitioner/1")]);
        assert_eq!(users_of(&app, "locums").await, [user("E-9", "Practitioner/9")]);
        assert!(plan(&app, &file).await.is_empty(), "a second run changes nothing");
        // Changed, and one list gone.
        folder.write("physicians.csv", "E-1,Practitioner/11\n");
        let file = with("  physicians: { file: physicians.csv }\n");
        let planned = plan(&app, &file).await;
        let steps: Vec<_> = planned.steps.iter().map(|step| (step.resource.to_string(), step.action)).collect();
        assert_eq!(steps, [
            ("fhir_users locums".to_owned(), Action::Remove), ("fhir_users physicians".to_owned(), Action::Update),
        ]);
        apply(&app, &file).await.unwrap();
        assert_eq!(users_of(&app, "physicians").await, [user("E-1", "Practitioner/11")]);
        assert!(users_of(&app, "locums").await.is_empty());
        // Taken out again as it is.
        let exported = Box::pin(app.platform.export("harbour")).await.unwrap();
        let yaml = exported.to_yaml().unwrap();
        assert!(yaml.contains("fhir_users") && yaml.contains("Practitioner/11"), "{yaml}");
        // Somebody else's change is not undone without a word, and a list that nobody declared stays.
        let admin = app.platform.tenant("harbour").await.unwrap();
        let added = wardkey::store::tenant::FhirUserEntry { value: "E-2".into(), fhir_user: "Practitioner/2".into() };
        admin.change_fhir_users("physicians", std::slice::from_ref(&added), &[]).await.unwrap();
        admin.change_fhir_users("theirs", &[added], &[]).await.unwrap();
        assert!(matches!(apply(&app, &file).await, Err(ApplyError::Drift { .. })));
        let overwrite = ApplyOptions { overwrite_drift: true, ..ApplyOptions::default() };
        let done = apply_with(&app, &file, &overwrite).await.unwrap();
        assert_eq!(done.kept, [ResourceName::of(ResourceKind::FhirUsers, "theirs")]);
        assert_eq!(users_of(&app, "physicians").await, [user("E-1", "Practitioner/11")]);
        // A file without the section manages none.
        apply(&app, &folder.declared(FILE)).await.unwrap();
        assert_eq!(users_of(&app, "physicians").await.len(), 1);
    }
}

#[tokio::test]
async fn a_list_of_users_that_is_not_in_order_is_refused_with_its_line() {
    let app = TestApp::new().await;
    let folder = Folder::new();
    for (csv, problem) in [
        ("E-1 Practitioner/1", "line 1"),
        ("E-1,Practitioner/1\nE-2,Nobody", "set/1/fhir_user"),
        ("E-1,Practitioner/1\nE-1,Practitioner/2", "entry 2"),
    ] {
        folder.write("physicians.csv", csv);
        let file = folder.declared(&format!(
            "{FILE}fhir_users:\n  physicians: {{ file: physicians.csv }}\n"
        ));
        let refused = apply(&app, &file).await.unwrap_err().to_string();
        assert!(
            refused.contains("fhir_users[physicians]") && refused.contains(problem),
            "{refused}"
        );
    }
}
