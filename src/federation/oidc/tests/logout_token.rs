//! OpenID Connect Back-Channel Logout 1.0 section 2.6, one rule broken at a time.

use super::fake_provider::{CLIENT_ID, CURVE, FIRST, Key, SECOND};
use super::*;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn claims(world: &World) -> Map<String, Value> {
    let claims = json!({
        "iss": world.provider.base, "aud": CLIENT_ID, "iat": NOW.seconds(), "exp": NOW.seconds() + 120, "jti": "notice-1",
        "sub": "upstream-user", "sid": "session-9", "events": { EVENT: {} },
    });
    let Value::Object(claims) = claims else { unreachable!() };
    claims
}

async fn read(world: &World, token: &str) -> Result<LogoutToken, SignInFailure> {
    world
        .party
        .read_logout_token(&world.upstream, &world.config, token, NOW)
        .await
}

async fn read_signed(
    world: &World,
    header: Value,
    key: &Key,
    claims: &Map<String, Value>,
) -> Result<LogoutToken, Check> {
    read(world, &key.sign(&header, claims))
        .await
        .map_err(|failure| failure.check)
}

/// With changed claims, signed as usual.
async fn changed(change: impl FnOnce(&mut Map<String, Value>)) -> Result<LogoutToken, Check> {
    let world = World::new().await;
    let mut claims = claims(&world);
    change(&mut claims);
    let header = json!({ "alg": "RS256", "kid": "first", "typ": "logout+jwt" });
    read_signed(&world, header, &FIRST, &claims).await
}

#[tokio::test]
async fn a_good_logout_token_says_whose_session_and_how_long_it_can_be_repeated() {
    let token = changed(|_| {}).await.unwrap();
    assert_eq!(
        (token.subject.as_deref(), token.session.as_deref()),
        (Some("upstream-user"), Some("session-9"))
    );
    assert_eq!(token.id, "notice-1");
    assert!(
        token.replay_until > NOW + Duration::from_mins(11),
        "as long as iat is accepted, and skew"
    );
}

#[tokio::test]
async fn one_of_sub_and_sid_is_enough() {
    assert_eq!(changed(without("sub")).await.unwrap().subject, None);
    assert_eq!(changed(without("sid")).await.unwrap().session, None);
    let neither = changed(|claims| {
        claims.remove("sub");
        claims.remove("sid");
    });
    assert_eq!(neither.await.err(), Some(Check::LogoutToken));
}

#[tokio::test]
async fn each_claim_is_required_and_right() {
    for name in ["iss", "aud", "iat", "jti", "events"] {
        assert_eq!(changed(without(name)).await.err(), Some(Check::LogoutToken), "{name}");
    }
    for (name, value) in [
        ("iss", json!("https://elsewhere.test")),
        ("aud", json!("another-client")),
        ("aud", json!([CLIENT_ID, "another-client"])),
        ("aud", json!([])),
        ("iat", json!(NOW.seconds() - 3600)),
        ("iat", json!(NOW.seconds() + 120)),
        ("iat", json!("now")),
        ("exp", json!(NOW.seconds() - 61)),
        ("exp", json!("later")),
        ("jti", json!("")),
        ("jti", json!(7)),
        ("sid", json!("x".repeat(256))),
        ("sub", json!(["upstream-user"])),
        ("events", json!({ EVENT: "yes" })),
        ("events", json!({ "http://schemas.openid.net/event/another": {} })),
        ("events", json!([EVENT])),
    ] {
        assert_eq!(
            changed(set(name, value.clone())).await.err(),
            Some(Check::LogoutToken),
            "{name} {value}"
        );
    }
}

#[tokio::test]
async fn an_id_token_is_no_logout_token() {
    assert_eq!(changed(set("nonce", "n")).await.err(), Some(Check::LogoutToken));
}

#[tokio::test]
async fn a_token_without_exp_of_an_older_provider_is_bounded_by_iat() {
    assert!(changed(without("exp")).await.is_ok());
}

#[tokio::test]
async fn the_header_names_a_logout_token_or_nothing_in_particular() {
    let world = World::new().await;
    let claims = claims(&world);
    let typed = |typ: Value| json!({ "alg": "RS256", "kid": "first", "typ": typ });
    for accepted in ["logout+jwt", "application/logout+jwt", "JWT"] {
        assert!(
            read_signed(&world, typed(accepted.into()), &FIRST, &claims)
                .await
                .is_ok(),
            "{accepted}"
        );
    }
    let untyped = json!({ "alg": "RS256", "kid": "first" });
    assert!(read_signed(&world, untyped, &FIRST, &claims).await.is_ok());
    for refused in [json!("at+jwt"), json!("dpop+jwt"), json!(1)] {
        let outcome = read_signed(&world, typed(refused.clone()), &FIRST, &claims).await;
        assert_eq!(outcome.err(), Some(Check::LogoutToken), "{refused}");
    }
    let critical = json!({ "alg": "RS256", "kid": "first", "crit": ["x"] });
    assert_eq!(
        read_signed(&world, critical, &FIRST, &claims).await.err(),
        Some(Check::LogoutToken)
    );
}

#[tokio::test]
async fn only_an_accepted_algorithm_and_a_key_of_the_provider_verify() {
    let world = World::new().await;
    let claims = claims(&world);
    let header = |alg: &str, kid: &str| json!({ "alg": alg, "kid": kid });
    for algorithm in ["none", "HS256", "ES256"] {
        let outcome = read_signed(&world, header(algorithm, "first"), &CURVE, &claims).await;
        assert_eq!(outcome.err(), Some(Check::LogoutToken), "{algorithm}");
    }
    for (kid, key) in [("first", &*SECOND), ("unknown", &*FIRST)] {
        let outcome = read_signed(&world, header("RS256", kid), key, &claims).await;
        assert_eq!(outcome.err(), Some(Check::LogoutTokenSignature), "{kid}");
    }
    assert!(
        read_signed(&world, json!({ "alg": "RS256" }), &FIRST, &claims)
            .await
            .is_ok(),
        "without kid"
    );
    for junk in ["", "a.b", "a.b.c", "a.b.c.d.e"] {
        assert_eq!(
            read(&world, junk).await.err().map(|failure| failure.check),
            Some(Check::LogoutToken),
            "{junk}"
        );
    }
}

#[tokio::test]
async fn a_key_rotated_just_before_signing_is_fetched() {
    let world = World::new().await;
    let claims = claims(&world);
    let header = |kid: &str| json!({ "alg": "RS256", "kid": kid });
    assert!(read_signed(&world, header("first"), &FIRST, &claims).await.is_ok());
    world.provider.script().keys = vec![SECOND.jwk(Some("second"))];
    assert!(read_signed(&world, header("second"), &SECOND, &claims).await.is_ok());
}
