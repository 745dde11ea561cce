use super::*;
use crate::oauth::jose::{RsaSize, SigningKeyPair};
use serde_json::{Value, json};

fn validate_by(metadata: &Value, by: RegisteredBy) -> Result<Client, Vec<Invalid>> {
    let registration: ClientRegistration = serde_json::from_value(metadata.clone()).unwrap();
    registration.validate(ClientId::parse("app").unwrap(), by)
}

fn base() -> Value {
    json!({"redirect_uris": ["https://app.example/cb"]})
}

/// The members that are faulty when `members` are laid over a good registration.
fn faulty(members: &Value) -> Vec<&'static str> {
    let mut metadata = base();
    for (name, value) in members.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    validate_by(&metadata, RegisteredBy::Administrator).map_or_else(
        |faults| faults.into_iter().map(|fault| fault.member).collect(),
        |_| Vec::new(),
    )
}

fn public_key() -> Value {
    let pair = SigningKeyPair::generate(SigningAlgorithm::ES256, RsaSize::Bits2048).unwrap();
    serde_json::to_value(pair.public_jwk()).unwrap()
}

#[test]
fn defaults_are_those_of_the_registration_standards() {
    let client = validate_by(&base(), RegisteredBy::Client).unwrap();
    assert_eq!(
        client.token_endpoint_auth_method,
        TokenEndpointAuthMethod::ClientSecretBasic
    );
    assert_eq!(client.grant_types, BTreeSet::from([GrantType::AuthorizationCode]));
    assert_eq!(client.application_type, ApplicationType::Web);
    assert_eq!(client.id_token_signed_response_alg, SigningAlgorithm::RS256);
    assert!(client.require_pkce.is_none() && !client.introspection);
}

#[test]
fn unknown_members_are_ignored() {
    assert_eq!(
        faulty(&json!({"shoe_size": 7, "software_id": {"a": 1}})),
        Vec::<&str>::new()
    );
}

#[test]
fn all_faults_are_reported_at_once() {
    let members = faulty(
        &json!({"redirect_uris": ["http://app.example/cb", "https://a#b"], "client_name": " ", "scope": "a  b"}),
    );
    assert_eq!(members, ["redirect_uris", "redirect_uris", "client_name", "scope"]);
}

#[test]
fn a_fault_says_which_address_and_why() {
    let faults = validate_by(
        &json!({"redirect_uris": ["http://app.example/cb"]}),
        RegisteredBy::Client,
    )
    .unwrap_err();
    assert_eq!(
        faults[0].to_string(),
        "redirect_uris: http://app.example/cb is not allowed: it uses http; only https is allowed, or http on a loopback address"
    );
}

#[test]
fn unknown_values_of_closed_lists_are_refused() {
    for (member, value) in [
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
        ("application_type", json!("desktop")),
        ("grant_types", json!(["authorization_code", "password"])),
        ("grant_types", json!(["authorization_code", "implicit"])),
        ("response_types", json!(["code", "token"])),
        ("id_token_signed_response_alg", json!("none")),
        ("id_token_signed_response_alg", json!("HS256")),
        ("token_endpoint_auth_signing_alg", json!("HS256")),
    ] {
        assert_eq!(faulty(&json!({member: value})), [member]);
    }
}

#[test]
fn grants_redirects_and_response_types_have_to_agree() {
    assert_eq!(faulty(&json!({"redirect_uris": []})), ["redirect_uris"]);
    assert_eq!(faulty(&json!({"grant_types": []})), ["grant_types", "redirect_uris"]);
    assert_eq!(
        faulty(&json!({"grant_types": ["client_credentials"]})),
        ["redirect_uris"]
    );
    assert_eq!(
        faulty(&json!({"grant_types": ["refresh_token"], "redirect_uris": []})),
        ["grant_types"]
    );
    assert_eq!(faulty(&json!({"response_types": []})), ["response_types"]);
    let backend = json!({"grant_types": ["client_credentials"], "redirect_uris": [], "response_types": ["code"]});
    assert_eq!(faulty(&backend), ["response_types"]);
}

#[test]
fn a_resource_server_needs_no_grant_but_authentication() {
    let server = json!({"grant_types": [], "redirect_uris": [], "introspection": true});
    assert_eq!(faulty(&server), Vec::<&str>::new());
    let public = json!({"introspection": true, "token_endpoint_auth_method": "none"});
    assert_eq!(faulty(&public), ["introspection"]);
}

#[test]
fn client_credentials_are_for_confidential_clients() {
    let members =
        json!({"grant_types": ["authorization_code", "client_credentials"], "token_endpoint_auth_method": "none"});
    assert_eq!(faulty(&members), ["grant_types"]);
}

#[test]
fn a_public_client_cannot_be_let_off_pkce() {
    assert_eq!(faulty(&json!({"require_pkce": false})), Vec::<&str>::new());
    assert_eq!(
        faulty(&json!({"require_pkce": false, "token_endpoint_auth_method": "none"})),
        ["require_pkce"]
    );
}

#[test]
fn a_client_cannot_grant_itself_privileges() {
    for member in ["require_pkce", "introspection"] {
        let mut metadata = base();
        metadata[member] = json!(member == "introspection");
        assert!(validate_by(&metadata, RegisteredBy::Administrator).is_ok());
        assert_eq!(
            validate_by(&metadata, RegisteredBy::Client).unwrap_err()[0].member,
            member
        );
    }
}

#[test]
fn private_key_jwt_needs_keys_in_one_place() {
    let method = |extra: Value| {
        let mut members = json!({"token_endpoint_auth_method": "private_key_jwt"});
        for (name, value) in extra.as_object().unwrap() {
            members[name] = value.clone();
        }
        faulty(&members)
    };
    assert_eq!(method(json!({})), ["jwks_uri"]);
    assert_eq!(method(json!({"jwks_uri": "http://app.example/jwks"})), ["jwks_uri"]);
    assert_eq!(
        method(json!({"jwks_uri": "https://app.example/jwks"})),
        Vec::<&str>::new()
    );
    assert_eq!(method(json!({"jwks": {"keys": [public_key()]}})), Vec::<&str>::new());
    assert_eq!(
        method(json!({"jwks": {"keys": [public_key()]}, "jwks_uri": "https://app.example/jwks"})),
        ["jwks"]
    );
}

#[test]
fn keys_are_public_usable_and_named_once() {
    let keys = |list: Value| faulty(&json!({"jwks": {"keys": list}}));
    let key = public_key();
    let mut private = key.clone();
    private["d"] = json!("AAAA");
    assert_eq!(keys(json!([private])), ["jwks"]);
    assert_eq!(keys(json!([key.clone(), key])), ["jwks"]);
    assert_eq!(keys(json!([])), ["jwks"]);
    assert_eq!(keys(json!([{"kty": "oct", "k": "AAAA"}])), ["jwks", "jwks"]);
}

#[test]
fn names_that_deceive_are_refused() {
    for name in ["", "  ", "App\u{202E}lacideM", "App\u{200B}", "A\nB", &"x".repeat(201)] {
        assert!(
            faulty(&json!({"client_name": name})).contains(&"client_name"),
            "{name:?}"
        );
    }
    assert!(faulty(&json!({"client_name": "Kinderärzte Zürich"})).is_empty());
}

#[test]
fn addresses_and_origins_are_exact() {
    for (member, value, good) in [
        ("client_uri", json!("https://app.example/about"), true),
        ("client_uri", json!("javascript:alert(1)"), false),
        ("launch_uris", json!(["https://app.example/launch"]), true),
        ("launch_uris", json!(["http://localhost:3000/launch"]), true),
        ("launch_uris", json!(["http://app.example/launch"]), false),
        ("launch_uris", json!(["https://user@app.example/launch"]), false),
        ("allowed_origins", json!(["https://app.example"]), true),
        ("allowed_origins", json!(["http://localhost:4200"]), true),
        ("allowed_origins", json!(["https://app.example/"]), false),
        ("allowed_origins", json!(["https://app.example:443"]), false),
        ("allowed_origins", json!(["null"]), false),
        ("allowed_origins", json!(["*"]), false),
    ] {
        assert_eq!(faulty(&json!({member: value})).is_empty(), good, "{member} {value}");
    }
}

#[test]
fn the_scope_ceiling_follows_the_grammar() {
    assert!(faulty(&json!({"scope": "openid fhirUser patient/*.rs?category=x|y"})).is_empty());
    for scope in ["a  b", " a", "a ", "a\"b", "a\\b", "é"] {
        assert_eq!(faulty(&json!({"scope": scope})), ["scope"], "{scope}");
    }
}
