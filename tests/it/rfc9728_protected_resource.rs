//! What a FHIR server of the tenant says of itself (RFC 9728).

use crate::support::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn the_document_names_the_resource_and_its_one_issuer() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    let answer = tenant
        .get("/.well-known/oauth-protected-resource/northside/fhir")
        .await
        .assert_status(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let document = answer.json();
    assert_eq!(document["resource"], json!(tenant.fhir()));
    assert_eq!(document["authorization_servers"], json!([tenant.issuer()]));
    assert_eq!(document["bearer_methods_supported"], json!(["header"]));
    assert!(
        document["dpop_signing_alg_values_supported"]
            .as_array()
            .unwrap()
            .contains(&json!("ES256"))
    );
}

#[tokio::test]
async fn an_unknown_tenant_has_none() {
    let app = TestApp::new().await;
    let tenant = app.tenant("northside").await;
    tenant
        .get("/.well-known/oauth-protected-resource/nobody/fhir")
        .await
        .assert_status(404);
}
