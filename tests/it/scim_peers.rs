//! SCIM 2.0 against a client that nobody here wrote, and the compliance checker of the same people.

use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::loopback::{Port, Served};
use crate::support::python_peer::Scim2;
use serde_json::json;
use std::time::Duration;
use wardkey::federation::OidcDocument;

#[tokio::test]
async fn the_compliance_checker_of_pypi_finds_no_fault() {
    let Some(peer) = Scim2::find() else { return };
    let port = Port::take().await;
    let base = port.base().to_owned();
    let app = TestApp::at(Database::sqlite(), &base).await;
    let _served: Served = port.serve(app.router.clone());
    let tenant = app.tenant("northside").await;
    let admin = tenant.admin().await;
    let document: OidcDocument = serde_json::from_value(json!({
        "provider": { "issuer": "https://idp.example", "client_id": "wardkey", "authentication": "none" },
        "provisioning": { "subject": "userName" },
    }))
    .unwrap();
    admin
        .save_oidc_provider("hospital", "Hospital account", &document, None)
        .await
        .unwrap();
    let hour = Duration::from_hours(1);
    let token = admin
        .create_scim_token("hospital", "checker", hour, None)
        .await
        .unwrap();
    let told = peer.run(&token.base_url, token.token.expose()).await;
    let checks = told["checks"].as_array().unwrap();
    let faults: Vec<_> = checks
        .iter()
        .filter(|check| !["SUCCESS", "COMPLIANT", "ACCEPTABLE", "SKIPPED"].contains(&check["status"].as_str().unwrap()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let passed = checks.iter().filter(|check| check["status"] == "SUCCESS").count();
    assert!(passed > 50, "{passed} checks");
    let expected = json!({ "found": true, "member": true, "active": false, "gone": 404 });
    assert_eq!(told["life"], expected);
}
