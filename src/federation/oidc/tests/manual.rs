//! Endpoints entered by hand, tables of contexts, signed UserInfo.

use super::*;

fn endpoints(world: &World) -> ManualEndpoints {
    let at = |path: &str| format!("{}/{path}", world.provider.base).parse().unwrap();
    ManualEndpoints {
        authorization_endpoint: at("authorize"),
        token_endpoint: at("token"),
        jwks_uri: at("jwks"),
        userinfo_endpoint: None,
        end_session_endpoint: None,
        sends_issuer_parameter: false,
    }
}

#[tokio::test]
async fn a_provider_without_metadata_is_reached_at_the_endpoints_entered() {
    let mut world = World::new().await;
    world.config.endpoints = Some(endpoints(&world));
    world.sign_in(|_| {}).await.unwrap();
    assert_eq!(world.provider.script().metadata_requests, 0);
    // Changed settings count at once.
    world.config.endpoints = None;
    world.sign_in(|_| {}).await.unwrap();
    assert_eq!(world.provider.script().metadata_requests, 1);
}

#[tokio::test]
async fn endpoints_entered_may_demand_the_issuer_parameter_and_are_guarded_like_others() {
    let mut world = World::new().await;
    let mut manual = endpoints(&world);
    manual.sends_issuer_parameter = true;
    world.config.endpoints = Some(manual.clone());
    assert_eq!(world.sign_in(|_| {}).await.unwrap_err().check, Check::ResponseIssuer);
    manual.token_endpoint = "http://10.0.0.1/token".parse().unwrap();
    world.config.endpoints = Some(manual);
    assert_eq!(world.begin(NOW).await.map(drop).unwrap_err().check, Check::Discovery);
}

#[tokio::test]
async fn contexts_are_asked_for_and_told_in_each_sides_own_words() {
    let mut world = World::new().await;
    world.config.acr = [
        ("urn:mfa".to_owned(), "mfa".to_owned()),
        ("urn:otp".to_owned(), "mfa".to_owned()),
    ]
    .into();
    world.options.acr_values = vec!["mfa".to_owned(), "unknown".to_owned()];
    let (address, _) = world.begin(NOW).await.unwrap();
    assert_eq!(query(&address)["acr_values"], "urn:mfa urn:otp");
    assert_eq!(world.sign_in(|_| {}).await.unwrap().acr.as_deref(), Some("mfa"));
    let other = world.sign_in(set("acr", "urn:pwd")).await.unwrap();
    assert_eq!(
        other.acr.as_deref(),
        Some("urn:pwd"),
        "what is not in the table keeps its name"
    );
    world.options.acr_values = vec!["unknown".to_owned()];
    let (address, _) = world.begin(NOW).await.unwrap();
    assert!(!query(&address).contains_key("acr_values"));
}

#[tokio::test]
async fn a_required_context_is_checked_in_the_providers_words_and_one_without_translation_fails_at_once() {
    let mut world = World::new().await;
    world.config.acr = [("urn:mfa".to_owned(), "mfa".to_owned())].into();
    world.options.required_acr = vec!["mfa".to_owned()];
    world.sign_in(|_| {}).await.unwrap();
    assert_eq!(world.refused(set("acr", "mfa")).await, Check::AuthenticationContext);
    world.options.required_acr = vec!["urn:mfa".to_owned()];
    assert_eq!(
        world.begin(NOW).await.map(drop).unwrap_err().check,
        Check::AuthenticationContext
    );
}

/// UserInfo answered as a JWT with these changes.
async fn signed_user_info(
    change: impl FnOnce(&mut Map<String, Value>),
    kid: &str,
    key: &Key,
) -> Result<Assertion, Check> {
    let mut world = World::new().await;
    world.config.fetch_user_info = true;
    let claims = json!({ "iss": world.provider.base, "aud": CLIENT_ID, "sub": "upstream-user", "phone_number": "+1" });
    let Value::Object(mut claims) = claims else {
        unreachable!()
    };
    change(&mut claims);
    let token = rs256(key, kid, &claims);
    {
        let mut script = world.provider.script();
        script.user_info_type = "application/jwt";
        script.user_info_text = Some(token);
    }
    world.sign_in(|_| {}).await.map_err(|failure| failure.check)
}

#[tokio::test]
async fn a_signed_user_info_answer_is_verified() {
    let merged = signed_user_info(|_| {}, "first", &FIRST).await.unwrap();
    assert_eq!(merged.claims["phone_number"], "+1");
    let refused = async |outcome: Result<Assertion, Check>| outcome.map(drop).unwrap_err();
    assert_eq!(
        refused(signed_user_info(|_| {}, "first", &SECOND).await).await,
        Check::UserInfo
    );
    assert_eq!(
        refused(signed_user_info(|_| {}, "unknown", &FIRST).await).await,
        Check::UserInfo
    );
    for name in ["iss", "aud"] {
        assert_eq!(
            refused(signed_user_info(without(name), "first", &FIRST).await).await,
            Check::UserInfo,
            "{name}"
        );
        let wrong = signed_user_info(set(name, "another"), "first", &FIRST).await;
        assert_eq!(refused(wrong).await, Check::UserInfo, "{name}");
    }
    let another = signed_user_info(set("sub", "somebody-else"), "first", &FIRST).await;
    assert_eq!(refused(another).await, Check::UserInfoSubject);
}
