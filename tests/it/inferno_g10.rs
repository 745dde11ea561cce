//! Every test of the (g)(10) certification kit that asks something of the authorization server, under its name, at two
//! tenants; and what its attestations want to see.

use crate::support::inferno::certification::{
    EHR_PATIENT, GRANULAR_1, GRANULAR_2, PATIENT_APP, PATIENT_APP_V1, PRACTITIONER_APP, SELECTION, patient_app,
};
use crate::support::inferno::{CLIENT, Client, EHR_SCOPES, Plan, STANDALONE, Suite, at_both, group, text};
use std::time::Duration;

// 1 Standalone patient app.
group!(standalone_patient_app: patient_app(PATIENT_APP);
    well_known_endpoint, well_known_capabilities_stu2, g10_smart_well_known_capabilities, smart_app_redirect,
    smart_code_received, smart_token_exchange, smart_token_response_body, smart_token_response_headers, g10_smart_scopes,
    g10_unauthorized_access, g10_patient_context, smart_openid_token_header, smart_openid_token_payload,
    smart_openid_fhir_user_claim, smart_token_refresh, smart_token_refresh_body, smart_token_refresh_with_scopes,
    smart_token_refresh_body_with_scopes, smart_token_refresh_headers, g10_patient_context_after_refresh,
    g10_invalid_token_refresh, g10_unrestricted_resource_types, g10_resource_access_test);
// 2 Limited app.
group!(limited_app: patient_app(PATIENT_APP);
    g10_limited_scope_grant, g10_restricted_access_test, limited_app_can_decline_offline_access);
// 3 EHR practitioner app, with a posted authorization request.
group!(ehr_practitioner_app: Plan::ehr(Suite::Stu2, PRACTITIONER_APP).posted();
    g10_smart_well_known_capabilities, smart_app_launch, smart_launch_received, smart_app_redirect, smart_token_exchange,
    smart_token_response_body, smart_token_response_headers, g10_smart_scopes, g10_unauthorized_access,
    g10_patient_context, g10_encounter_context, g10_smart_style_url, g10_smart_need_patient_banner,
    smart_openid_token_payload, smart_openid_fhir_user_claim, smart_token_refresh, smart_token_refresh_body,
    g10_patient_context_after_refresh, g10_invalid_token_refresh);
// 7, 8 Multi-patient API.
group!(multi_patient_authorization: patient_app(PATIENT_APP).with(Client::Es384);
    smart_backend_services_invalid_grant_type, smart_backend_services_invalid_client_assertion,
    smart_backend_services_invalid_jwt, smart_backend_services_auth_request_success,
    smart_backend_services_auth_response_body, bulk_data_export_without_token);
group!(multi_patient_authorization_rs384: patient_app(PATIENT_APP).with(Client::Rs384);
    smart_backend_services_auth_request_success, smart_backend_services_auth_response_body);
// 9 Additional authorization tests.
group!(public_client_launch: patient_app(PATIENT_APP).with(Client::Public);
    well_known_endpoint, smart_token_exchange, smart_token_response_body, g10_patient_context, g10_public_launch_id_token);
group!(token_revocation: patient_app(PATIENT_APP); g10_token_revocation, g10_token_revocation_by_the_app);
group!(invalid_aud: patient_app(PATIENT_APP); g10_smart_invalid_aud);
group!(invalid_token_request: patient_app(PATIENT_APP_V1); g10_invalid_token_request);
group!(invalid_pkce: patient_app(STANDALONE);
    smart_no_verifier_token_request, smart_blank_verifier_token_request, smart_bad_code_verifier_token_request,
    smart_plain_code_verifier_token_request);
group!(ehr_launch_with_patient_scopes: Plan::ehr(Suite::Stu2, EHR_PATIENT);
    smart_token_response_body, g10_patient_context, g10_patient_scope);
group!(token_introspection: patient_app(PATIENT_APP);
    smart_token_introspection_active_request, smart_token_introspection_invalid_request,
    smart_token_introspection_active_response, smart_token_introspection_invalid_response);
group!(asymmetric_launch: Plan::standalone(Suite::Stu2, PATIENT_APP).with(Client::Es384);
    well_known_capabilities_stu2, smart_token_exchange, smart_token_response_body, g10_patient_context,
    g10_asymmetric_launch_id_token, smart_token_refresh, g10_patient_context_after_refresh, g10_invalid_token_refresh);
group!(v1_scopes: patient_app(PATIENT_APP_V1);
    g10_smart_well_known_capabilities, smart_token_response_body, g10_smart_scopes, g10_unauthorized_access,
    g10_patient_context, g10_unrestricted_resource_types, g10_resource_access_test);
group!(fine_grained_scopes_1: patient_app(GRANULAR_1);
    us_core_granted_granular_scopes, us_core_granular_read, us_core_granular_search);
group!(fine_grained_scopes_2: patient_app(GRANULAR_2);
    us_core_granted_granular_scopes, us_core_granular_read, us_core_granular_search);
group!(granular_selection: patient_app(SELECTION); g10_smart_granular_scope_selection);

/// Attestation 11.03: there is a page on which the person authorizes, and it names who asks and for what.
#[tokio::test]
async fn attestation_03_the_person_authorizes_on_a_page() {
    Box::pin(at_both(patient_app(PATIENT_APP), async |session| {
        let (_, page) = Box::pin(session.consent_page()).await;
        let html = page.response.text();
        for words in [
            &format!("App {CLIENT}"),
            "value=\"allow\"",
            "value=\"deny\"",
            "value=\"patient.read.Observation\"",
            "patient/Observation.rs",
        ] {
            assert!(html.contains(words), "{words}");
        }
    }))
    .await;
}

/// Attestation 11.04: the person is told of `offline_access`, and may leave it out.
#[tokio::test]
async fn attestation_04_offline_access_is_told_and_can_be_left_out() {
    Box::pin(at_both(patient_app(PATIENT_APP), async |session| {
        let (_, page) = Box::pin(session.consent_page()).await;
        let html = page.response.text();
        assert!(html.contains("Also when you are away"));
        assert!(html.contains("name=\"item\" value=\"offline_access\" checked"));
    }))
    .await;
}

/// Three months, as long as they can be.
const THREE_MONTHS: Duration = Duration::from_hours(92 * 24);

/// Attestations 11.05, 11.13 and 11.16: a refresh token that is not used is good for three months, for native apps too, and each
/// use begins a new period of three months.
#[tokio::test]
async fn attestation_05_13_16_refresh_tokens_last_three_months_and_use_renews_them() {
    for client in [Client::Symmetric, Client::Public] {
        Box::pin(at_both(patient_app(PATIENT_APP).with(client), async |session| {
            let mut tokens = Box::pin(session.tokens()).await;
            for _ in 0..9 {
                session.tenant.app.wait(THREE_MONTHS);
                let refreshed = session.refresh(text(&tokens, "refresh_token"), None).await;
                tokens = refreshed.assert_status(200).json();
            }
        }))
        .await;
    }
}

/// Attestation 11.18: the sub-scope for clinical tests can be granted by itself.
#[tokio::test]
async fn attestation_18_clinical_tests_can_be_granted() {
    let plan = Plan {
        boxes: |key| !key.starts_with("patient.read.Observation.") || key.ends_with(".procedure"),
        ..patient_app(SELECTION)
    };
    let scope = "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|procedure";
    Box::pin(at_both(plan, async |session| {
        let tokens = Box::pin(session.tokens()).await;
        let granted: Vec<_> = text(&tokens, "scope")
            .split(' ')
            .filter(|word| word.contains("Observation"))
            .collect();
        assert_eq!(granted, [scope]);
    }))
    .await;
}

/// A token of one hospital opens nothing at the other, whichever of the kit's scenarios it came from.
#[tokio::test]
async fn a_token_of_one_hospital_opens_nothing_at_the_other() {
    use crate::support::inferno::World;
    for plan in [patient_app(STANDALONE), Plan::ehr(Suite::Stu22, EHR_SCOPES)] {
        let world = Box::pin(World::new(plan)).await;
        let tokens = Box::pin(world.at("northside").tokens()).await;
        let (here, there) = (world.at("northside"), world.at("lakeside"));
        let token = tokens["access_token"].as_str();
        here.fhir(token, "Patient/maria").await.assert_status(200);
        there.fhir(token, "Patient/maria").await.assert_status(403);
        let known = there.introspect(text(&tokens, "access_token")).await.json();
        assert_eq!(known, serde_json::json!({ "active": false }));
        there
            .refresh(text(&tokens, "refresh_token"), None)
            .await
            .assert_error(400, "invalid_grant");
    }
}
