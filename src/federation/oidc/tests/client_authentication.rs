//! How we prove ourselves at the token endpoint: assertions (RFC 7523 section 3).

use super::*;
use crate::federation::saml::PrivateKey;
use crate::kernel::id::FederationKeyId;
use crate::oauth::jose::{Audience, Rules, UnverifiedJwt, VerificationKeys, verify::Expiry};
use crate::store::tenant::{FederationKeyPurpose, FederationKeyRecord, FederationKeyState};
use aws_lc_rs::hmac;

fn record(purpose: FederationKeyPurpose, state: FederationKeyState) -> FederationKeyRecord {
    let (private_key, certificate) = PrivateKey::generate("wardkey", NOW).unwrap();
    FederationKeyRecord {
        id: FederationKeyId::new(NOW, &SeededEntropy::new(1)),
        purpose,
        state,
        certificate,
        private_key,
        created_at: NOW,
        state_since: NOW,
        switch_at: None,
        used_at: None,
    }
}

/// The assertion of a sign-in that worked, and the form it came in.
async fn assertion(world: &World) -> (String, HashMap<String, String>) {
    world.sign_in(|_| {}).await.unwrap();
    let script = world.provider.script();
    let (headers, form) = script.token_requests.last().unwrap();
    assert!(!headers.contains_key("authorization"));
    assert!(!form.contains_key("client_secret"), "the secret stays here");
    assert_eq!(form["client_id"], CLIENT_ID);
    assert_eq!(
        form["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    (form["client_assertion"].clone(), form.clone())
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

async fn with_key(algorithm: jose::SigningAlgorithm) -> (World, Vec<FederationKeyRecord>) {
    let keys = vec![
        record(FederationKeyPurpose::Encryption, FederationKeyState::Current),
        record(FederationKeyPurpose::Signing, FederationKeyState::Previous),
        record(FederationKeyPurpose::Signing, FederationKeyState::Next),
        record(FederationKeyPurpose::Signing, FederationKeyState::Current),
    ];
    let mut world = World::new().await;
    world.config.client_secret = None;
    world.config.authentication = ClientAuthentication::PrivateKeyJwt;
    world.config.assertion_algorithm = algorithm;
    world.key = Some(ClientKey::current(&keys, algorithm).unwrap());
    (world, keys)
}

#[tokio::test]
async fn our_key_signs_an_assertion_that_the_published_keys_verify() {
    for algorithm in [jose::SigningAlgorithm::RS256, jose::SigningAlgorithm::PS256] {
        let (world, keys) = with_key(algorithm).await;
        let (token, _) = assertion(&world).await;
        let published = ClientKey::published(&keys, algorithm);
        assert_eq!(published.len(), 2, "current and next, for signatures");
        let rules = Rules {
            algorithms: &[algorithm],
            types: &["jwt"],
            type_may_be_absent: false,
            issuer: CLIENT_ID,
            audience: Audience::StringOf(&[&world.provider.base]),
            expiry: Expiry::Within(Duration::from_mins(2)),
            skew: Duration::ZERO,
        };
        let claims: Map<String, Value> = UnverifiedJwt::parse(&token)
            .unwrap()
            .verify(&VerificationKeys::from_jwks(&published), &rules, NOW)
            .unwrap();
        assert_eq!(claims["sub"], CLIENT_ID);
        assert_eq!(claims["jti"].as_str().unwrap().len(), 22, "128 random bits");
        let certificate = Sha256Hash::of(&keys[3].certificate).to_base64url();
        assert_eq!(
            part(&token, 0)["x5t#S256"],
            certificate,
            "for providers that know the certificate"
        );
    }
}

/// After a switch by date, for as long as the former key is kept.
#[tokio::test]
async fn a_provider_that_does_not_know_our_key_is_shown_the_one_before_once() {
    let (mut world, keys) = with_key(jose::SigningAlgorithm::RS256).await;
    let former = ClientKey::former(&keys, jose::SigningAlgorithm::RS256).unwrap();
    let kids = |world: &World| -> Vec<Value> {
        let script = world.provider.script();
        let requests = script.token_requests.iter();
        requests
            .map(|(_, form)| part(&form["client_assertion"], 0)["kid"].clone())
            .collect()
    };
    let unpublished = |key: &ClientKey| {
        ClientKey::published(&keys, jose::SigningAlgorithm::RS256)
            .iter()
            .all(|published| published.kid.as_deref() != Some(key.kid()))
    };
    assert!(unpublished(&former), "the former key is not published");
    world.provider.script().known_keys = Some(vec![former.kid().to_owned()]);
    assert!(
        world.sign_in(|_| {}).await.is_err(),
        "without a former key, nothing is tried"
    );
    assert_eq!(kids(&world).len(), 1);
    let former_kid = former.kid().to_owned();
    world.former = Some(former);
    world.sign_in(|_| {}).await.unwrap();
    assert_eq!(kids(&world)[2], former_kid);
    let jti =
        |index: usize| part(&world.provider.script().token_requests[index].1["client_assertion"], 1)["jti"].clone();
    assert_ne!(jti(1), jti(2), "two assertions, two names");
    // One that knows neither is asked no third time, and what is told is about the current key.
    world.provider.script().known_keys = Some(Vec::new());
    let failure = world.sign_in(|_| {}).await.unwrap_err();
    assert_eq!(failure.check, Check::TokenRequest);
    assert_eq!(kids(&world).len(), 5);
    // A code that is refused is refused: the provider knew who we are.
    world.provider.script().known_keys = None;
    world.provider.script().token_status = 400;
    world.sign_in(|_| {}).await.unwrap_err();
    assert_eq!(kids(&world).len(), 6);
}

#[tokio::test]
async fn the_secret_can_sign_instead_of_being_sent() {
    let mut world = World::new().await;
    let secret = "a secret of the tests with 32 bytes or more";
    world.config.client_secret = Some(Secret::new(secret.to_owned()));
    world.config.authentication = ClientAuthentication::ClientSecretJwt;
    let (token, form) = assertion(&world).await;
    assert!(!format!("{form:?}").contains(secret));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(signature)
        .unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, signed.as_bytes(), &signature).unwrap();
    assert_eq!(part(&token, 0)["alg"], "HS256");
    assert_eq!(part(&token, 1)["aud"], world.provider.base);
}

#[tokio::test]
async fn older_providers_get_the_token_endpoint_as_audience() {
    let (mut world, _) = with_key(jose::SigningAlgorithm::RS256).await;
    world.config.assertion_audience = AssertionAudience::TokenEndpoint;
    let (token, _) = assertion(&world).await;
    assert_eq!(part(&token, 1)["aud"], format!("{}/token", world.provider.base));
}

#[tokio::test]
async fn without_our_key_nothing_is_sent() {
    let (mut world, keys) = with_key(jose::SigningAlgorithm::RS256).await;
    world.key = None;
    let failure = world.sign_in(|_| {}).await.unwrap_err();
    assert_eq!(failure.check, Check::Configuration);
    assert!(world.provider.script().token_requests.is_empty());
    let previous = &keys[1..2];
    assert!(
        ClientKey::current(previous, jose::SigningAlgorithm::RS256).is_err(),
        "a previous key signs nothing"
    );
}

#[test]
fn secrets_and_keys_are_not_both_and_not_too_short() {
    let config = |authentication, secret: Option<&str>| {
        let mut config = OidcProviderConfig::new("https://idp.test", "client", Secret::new(String::new()));
        config.authentication = authentication;
        config.client_secret = secret.map(|secret| Secret::new(secret.to_owned()));
        config.check()
    };
    let long = "x".repeat(32);
    assert_eq!(config(ClientAuthentication::PrivateKeyJwt, None), Ok(()));
    assert_eq!(
        config(ClientAuthentication::PrivateKeyJwt, Some("s")),
        Err(InvalidConfig::Secret)
    );
    assert_eq!(
        config(ClientAuthentication::ClientSecretJwt, None),
        Err(InvalidConfig::Secret)
    );
    assert_eq!(
        config(ClientAuthentication::ClientSecretJwt, Some(&long[1..])),
        Err(InvalidConfig::ShortSecret)
    );
    assert_eq!(config(ClientAuthentication::ClientSecretJwt, Some(&long)), Ok(()));
    let mut curve = OidcProviderConfig::new("https://idp.test", "client", Secret::new(long));
    curve.assertion_algorithm = jose::SigningAlgorithm::ES256;
    assert_eq!(curve.check(), Err(InvalidConfig::AssertionAlgorithm));
}
