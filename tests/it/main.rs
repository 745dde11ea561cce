//! The integration tests: one binary, a file per specification or promise. `support` holds the tools they share.
//!
//! Plain `cargo test` needs nothing but the Rust toolchain. Tests that need PostgreSQL, Chromium or Node.js say so by name and
//! are passed over where it is absent; `scripts/test` installs everything and allows no such absence.
#![allow(
    clippy::large_futures,
    reason = "a test is one future that holds a world, polled once on its own thread"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, a broken expectation is the message"
)]

mod admin_api;
mod admin_matrix;
mod admin_openapi;
mod admin_privilege;
mod admin_roles;
mod admin_schemathesis;
mod app_directory;
mod apps_page;
mod asymmetric_authentication;
mod attacks;
mod backend_services;
mod brands;
mod budgets;
mod choosing_provider;
mod claims_and_subjects;
mod command_line;
mod configuration_as_code;
mod conformance_openid;
mod conformance_smart;
mod consent_narrowing;
mod console_app_edit;
mod console_apps;
mod console_apps_in_browser;
mod console_branding;
mod console_changes;
mod console_entry;
mod console_fhir_server;
mod console_in_browser;
mod console_journey;
mod console_launch;
mod console_matrix;
mod console_operator;
mod console_people;
mod console_sign_in;
mod console_step_up;
mod console_table;
mod console_usage;
mod control_clients;
mod control_tenants;
mod demo_fhir_server;
mod demo_in_browser;
mod demo_launcher;
mod demo_setup;
mod developers;
mod discovery;
mod ehr_launch;
mod encounter_picker;
mod explain;
mod external_picker;
mod fapi2_certificates;
mod fhir_user;
mod first_patient;
mod fleet_health;
mod foreign_clients;
mod fuzz_corpora;
mod house_import_direction;
mod house_refusal_codes;
mod house_source_rules;
mod house_spanish_words;
mod iframe_launch;
mod inferno_g10;
mod inferno_setup;
mod inferno_stu1;
mod inferno_stu2;
mod inferno_stu2_2;
mod interaction_steps;
mod jarm_signed_responses;
mod key_maintenance;
mod launch_user_binding;
mod local_accounts;
mod local_accounts_mail;
mod local_accounts_passkeys;
mod mapping_rules;
mod onboarding;
mod online_access;
mod openid_basic;
mod openid_dynamic;
mod openid_fapi2;
mod openid_logout;
mod operator_bootstrap;
mod pages_in_spanish;
mod pasted_responses;
mod patient_picker;
mod patient_proxies;
mod people_api;
mod picker_in_browser;
mod placement;
mod provider_checks;
mod provider_containment;
mod provider_rollover;
mod redemption_races;
mod refusals;
mod rfc6749_authorization_request;
mod rfc6749_token_request;
mod rfc7591_registration;
mod rfc8628_device_authorization;
mod rfc8693_token_exchange;
mod rfc8705_mutual_tls;
mod rfc8707_resource_indicators;
mod rfc9101_request_objects;
mod rfc9126_pushed_authorization;
mod rfc9396_authorization_details;
mod rfc9449_dpop;
mod rfc9701_signed_introspection;
mod rfc9728_protected_resource;
mod saml_accepts;
mod saml_attacks_encryption;
mod saml_attacks_form;
mod saml_attacks_logout;
mod saml_attacks_parts;
mod saml_attacks_protocol;
mod saml_attacks_signature;
mod saml_attacks_xml;
mod saml_checks;
mod saml_golden;
mod saml_in_browser;
mod saml_peers;
mod saml_properties;
mod scim;
mod scim_peers;
mod scim_sign_in;
mod security_profiles;
mod server;
mod setup_links;
mod several_nodes;
mod sign_in_test;
mod sign_in_traces;
mod signing_keys;
mod slow_clients;
mod stock_fhirclient;
mod style;
mod support;
mod support_self_test;
mod tenant_isolation;
mod tokens_at_work;
mod upstream_oidc;
mod upstream_saml;
mod upstream_saml_keys;
mod upstream_saml_logout;
