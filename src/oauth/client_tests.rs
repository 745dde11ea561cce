use super::*;
use crate::oauth::client_registration::ClientRegistration;
use crate::oauth::redirect_uri::RegisteredBy;
use serde_json::json;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn client() -> Client {
    let registration: ClientRegistration = serde_json::from_value(json!({
        "client_name": "Growth Chart", "redirect_uris": ["https://app.example/cb", "https://other.example:8443/cb"],
        "launch_uris": ["https://launch.example/launch"], "allowed_origins": ["https://spa.example"], "scope": "openid"
    }))
    .unwrap();
    registration
        .validate(ClientId::parse("growth").unwrap(), RegisteredBy::Administrator)
        .unwrap()
}

fn secret(text: &str, expires_at: Option<Timestamp>) -> ClientSecret {
    ClientSecret {
        hash: Sha256Hash::of(text.as_bytes()),
        created_at: NOW,
        expires_at,
    }
}

#[test]
fn a_client_id_has_1_to_128_unreserved_characters() {
    for good in ["a", "my-app.v1_~", &"x".repeat(128)] {
        assert_eq!(ClientId::parse(good).unwrap().as_str(), good);
    }
    for bad in ["", "a b", "a:b", "a/b", "é", "a%20", &"x".repeat(129)] {
        assert_eq!(ClientId::parse(bad), Err(InvalidClientId::Malformed), "{bad}");
    }
}

#[test]
fn a_client_id_cannot_look_like_a_user() {
    for somebody_else in ["acc_1", "machine"] {
        assert_eq!(ClientId::parse(somebody_else), Err(InvalidClientId::LooksLikeAnAccount));
    }
    assert!(serde_json::from_value::<ClientId>(json!("acc_1")).is_err());
}

#[test]
fn the_stored_form_round_trips() {
    let mut stored = client();
    stored.secrets.push(secret("s", Some(NOW)));
    let text = serde_json::to_string(&stored).unwrap();
    assert_eq!(serde_json::from_str::<Client>(&text).unwrap(), stored);
    assert!(text.contains(&Sha256Hash::of(b"s").to_base64url()));
}

#[test]
fn two_secrets_overlap_until_one_expires() {
    let mut client = client();
    client.secrets = vec![secret("old", Some(NOW)), secret("new", None)];
    let check = |text: &str, seconds: i64| {
        client.verify_secret(
            &Secret::new(text.to_owned()),
            Timestamp::from_seconds(1_800_000_000 + seconds),
        )
    };
    assert!(check("old", -1) && check("new", -1) && check("new", 0));
    assert!(!check("old", 0));
    assert!(!check("other", -1));
}

#[test]
fn a_client_without_secrets_accepts_none() {
    assert!(!client().verify_secret(&Secret::new(String::new()), NOW));
}

#[test]
fn origins_are_those_registered_and_those_of_its_addresses() {
    let client = client();
    for origin in [
        "https://app.example",
        "https://other.example:8443",
        "https://launch.example",
        "https://spa.example",
    ] {
        assert!(client.allows_origin(origin), "{origin}");
    }
    for origin in [
        "null",
        "https://evil.example",
        "http://app.example",
        "https://app.example/",
        "https://other.example",
        "",
    ] {
        assert!(!client.allows_origin(origin), "{origin}");
    }
}

#[test]
fn a_private_use_redirect_does_not_open_the_null_origin() {
    let registration: ClientRegistration =
        serde_json::from_value(json!({"application_type": "native", "redirect_uris": ["com.example.app:/cb"]}))
            .unwrap();
    let client = registration
        .validate(ClientId::parse("n").unwrap(), RegisteredBy::Client)
        .unwrap();
    assert!(client.origins().is_empty());
}
