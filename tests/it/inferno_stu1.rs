//! Every test of Inferno's server suite for SMART App Launch STU1, under its name, at two tenants.

use crate::support::inferno::{Client, Plan, Suite, at_both, group};

/// What the suite asks for unless the tester changes it.
const STANDALONE: &str = "launch/patient openid fhirUser offline_access patient/*.read";
const EHR: &str = "launch openid fhirUser offline_access user/*.read";

group!(discovery: Plan::standalone(Suite::Smart, STANDALONE);
    well_known_endpoint, well_known_capabilities_stu1, conformance_oauth_uris, conformance_and_well_known_agree);
group!(standalone_launch: Plan::standalone(Suite::Smart, STANDALONE);
    smart_tls, smart_app_redirect, smart_code_received, smart_token_exchange, smart_token_response_body,
    smart_token_response_headers);
group!(standalone_launch_public: Plan::standalone(Suite::Smart, STANDALONE).with(Client::Public);
    smart_token_exchange, smart_token_response_body, smart_token_refresh, smart_token_refresh_body);
group!(standalone_openid_connect: Plan::standalone(Suite::Smart, STANDALONE);
    smart_openid_decode_id_token, smart_openid_retrieve_configuration, smart_openid_required_configuration_fields,
    smart_openid_retrieve_jwks, smart_openid_token_header, smart_openid_token_payload, smart_openid_fhir_user_claim);
group!(standalone_token_refresh: Plan::standalone(Suite::Smart, STANDALONE);
    smart_token_refresh, smart_token_refresh_body, smart_token_refresh_headers, smart_token_refresh_with_scopes,
    smart_token_refresh_body_with_scopes);
group!(ehr_launch: Plan::ehr(Suite::Smart, EHR);
    smart_app_launch, smart_launch_received, smart_tls, smart_app_redirect, smart_code_received, smart_token_exchange,
    smart_token_response_body, smart_token_response_headers);
group!(ehr_openid_connect: Plan::ehr(Suite::Smart, EHR);
    smart_openid_decode_id_token, smart_openid_retrieve_configuration, smart_openid_required_configuration_fields,
    smart_openid_retrieve_jwks, smart_openid_token_header, smart_openid_token_payload, smart_openid_fhir_user_claim);
group!(ehr_token_refresh: Plan::ehr(Suite::Smart, EHR);
    smart_token_refresh, smart_token_refresh_body, smart_token_refresh_headers, smart_token_refresh_with_scopes,
    smart_token_refresh_body_with_scopes);

/// The suite sends no PKCE unless the tester switches it on. SMART App Launch 2.2 demands it of every app, so an administrator
/// cannot switch it off for one that opens health data, and the suite is told what to do.
#[tokio::test]
async fn without_pkce_the_app_is_told_to_use_it() {
    Box::pin(at_both(
        Plan::standalone(Suite::Smart, STANDALONE).without_pkce(),
        async |session| {
            let launched = Box::pin(session.launch()).await;
            assert_eq!(launched.page.parameter("error").as_deref(), Some("invalid_request"));
            assert!(launched.page.parameter("error_description").unwrap().contains("PKCE"));
        },
    ))
    .await;
}
