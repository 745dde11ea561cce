//! Every test of Inferno's server suite for SMART App Launch STU2, under its name, at two tenants.

use crate::support::inferno::{Client, EHR_SCOPES, Plan, STANDALONE, Suite, group};

group!(discovery: Plan::standalone(Suite::Stu2, STANDALONE);
    well_known_endpoint, well_known_capabilities_stu2);
group!(standalone_launch: Plan::standalone(Suite::Stu2, STANDALONE);
    smart_tls, smart_app_redirect_stu2, smart_code_received, smart_token_exchange_stu2, smart_token_response_body,
    smart_token_response_headers);
group!(standalone_launch_public: Plan::standalone(Suite::Stu2, STANDALONE).with(Client::Public);
    smart_app_redirect_stu2, smart_token_exchange_stu2, smart_token_response_body, smart_token_refresh_stu2,
    smart_token_refresh_body);
group!(standalone_launch_es384: Plan::standalone(Suite::Stu2, STANDALONE).with(Client::Es384);
    smart_app_redirect_stu2, smart_token_exchange_stu2, smart_token_response_body, smart_token_refresh_stu2,
    smart_token_refresh_body, smart_token_refresh_with_scopes);
group!(standalone_launch_rs384: Plan::standalone(Suite::Stu2, STANDALONE).with(Client::Rs384);
    smart_token_exchange_stu2, smart_token_refresh_stu2);
group!(standalone_openid_connect: Plan::standalone(Suite::Stu2, STANDALONE);
    smart_openid_decode_id_token, smart_openid_retrieve_configuration, smart_openid_required_configuration_fields,
    smart_openid_retrieve_jwks, smart_openid_token_header, smart_openid_token_payload, smart_openid_fhir_user_claim);
group!(standalone_token_refresh: Plan::standalone(Suite::Stu2, STANDALONE);
    smart_token_refresh_stu2, smart_token_refresh_body, smart_token_refresh_headers, smart_token_refresh_with_scopes,
    smart_token_refresh_body_with_scopes);
group!(ehr_launch: Plan::ehr(Suite::Stu2, EHR_SCOPES);
    smart_app_launch, smart_launch_received, smart_tls, smart_app_redirect_stu2, smart_code_received,
    smart_token_exchange_stu2, smart_token_response_body, smart_token_response_headers);
group!(ehr_launch_es384: Plan::ehr(Suite::Stu2, EHR_SCOPES).with(Client::Es384).posted();
    smart_app_redirect_stu2, smart_token_exchange_stu2, smart_token_refresh_stu2);
group!(ehr_openid_connect: Plan::ehr(Suite::Stu2, EHR_SCOPES);
    smart_openid_decode_id_token, smart_openid_retrieve_configuration, smart_openid_required_configuration_fields,
    smart_openid_retrieve_jwks, smart_openid_token_header, smart_openid_token_payload, smart_openid_fhir_user_claim);
group!(ehr_token_refresh: Plan::ehr(Suite::Stu2, EHR_SCOPES);
    smart_token_refresh_stu2, smart_token_refresh_body, smart_token_refresh_headers, smart_token_refresh_with_scopes,
    smart_token_refresh_body_with_scopes);
group!(backend_services_es384: Plan::standalone(Suite::Stu2, STANDALONE).with(Client::Es384);
    smart_backend_services_token_tls_version, smart_backend_services_invalid_grant_type,
    smart_backend_services_invalid_client_assertion, smart_backend_services_invalid_jwt,
    smart_backend_services_auth_request_success, smart_backend_services_auth_response_body);
group!(backend_services_rs384: Plan::standalone(Suite::Stu2, STANDALONE).with(Client::Rs384);
    smart_backend_services_invalid_jwt, smart_backend_services_auth_request_success,
    smart_backend_services_auth_response_body);
group!(token_introspection: Plan::standalone(Suite::Stu2, STANDALONE);
    smart_token_introspection_active_request, smart_token_introspection_invalid_request,
    smart_token_introspection_active_response, smart_token_introspection_invalid_response);
