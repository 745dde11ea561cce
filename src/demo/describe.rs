//! What is in the demonstration, for people and for scripts.

use super::APP_SCOPE;
use super::clients::CLIENTS;
use super::saml_idp;
use super::world::{HOSPITALS, Population};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// JSON with the base URL, and for each tenant issuer, FHIR base, users, clients and identity providers.
pub(super) fn as_json(population: &Population) -> String {
    let tenants: Vec<Value> = HOSPITALS
        .iter()
        .map(|hospital| {
            let users: Vec<Value> = hospital
                .people
                .iter()
                .map(|person| {
                    json!({
                        "username": person.username, "password": Population::password(), "name": person.name,
                        "role": person.role, "fhirUser": person.fhir_user, "npi": person.npi, "patient": person.patient,
                    })
                })
                .collect();
            let clients: Vec<Value> = CLIENTS
                .iter()
                .map(|client| {
                    let redirect_uris = if client.introspection {
                        vec![]
                    } else {
                        vec![population.redirect_uri()]
                    };
                    json!({
                        "client_id": client.id, "client_secret": client.secret, "scope": client.scope().unwrap_or_default(), "client_name": client.name,
                        "token_endpoint_auth_method": client.auth_method, "redirect_uris": redirect_uris,
                        "introspection": client.introspection,
                    })
                })
                .collect();
            let upstream = hospital.slug == "northside";
            let idps = if upstream {
                json!([{ "alias": "staff", "kind": "oidc", "issuer": population.issuer("northside-staff") }])
            } else {
                json!([{ "alias": "local", "kind": "local" }, { "alias": saml_idp::ALIAS, "kind": "saml" }])
            };
            json!({
                "slug": hospital.slug, "name": hospital.name, "issuer": population.issuer(hospital.slug),
                "fhir_base": population.fhir_base(hospital.slug), "users": users, "clients": clients,
                "identity_providers": idps,
            })
        })
        .collect();
    let world = json!({
        "base_url": population.base(),
        "launcher": { "url": population.launcher() },
        "sample_app": { "url": population.redirect_uri(), "client_id": "sample-app", "scope": APP_SCOPE },
        "tenants": tenants,
    });
    serde_json::to_string_pretty(&world).unwrap_or_default()
}

/// The same in lines for a terminal, as far as people need it.
pub(super) fn for_people(population: &Population) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\nWardkey demonstration: open {}\n", population.base());
    for hospital in &HOSPITALS {
        let _ = writeln!(text, "{} ({})", hospital.name, hospital.slug);
        let _ = writeln!(text, "  issuer     {}", population.issuer(hospital.slug));
        let _ = writeln!(text, "  FHIR base  {}", population.fhir_base(hospital.slug));
        let _ = writeln!(text, "  {}", hospital.sign_in);
        for person in hospital.people {
            let name = person.username;
            let _ = writeln!(
                text,
                "  {name:8} password {}   {}, {}",
                Population::password(),
                person.name,
                person.role
            );
        }
        text.push('\n');
    }
    text.push_str("Apps at both\n");
    for client in &CLIENTS {
        let credential = client
            .secret
            .map_or("public".to_owned(), |secret| format!("secret {secret}"));
        let _ = writeln!(text, "  {:12} {credential}", client.id);
    }
    let _ = writeln!(
        text,
        "\nSample app: {}\nEHR launcher: {}\nPress Ctrl-C to stop.",
        population.redirect_uri(),
        population.launcher()
    );
    text
}
