//! The whole sign-in against a provider on loopback; each check is broken once.

mod client_authentication;
mod fake_provider;
mod logout_token;
mod manual;

use super::*;
use crate::kernel::{ManualClock, SeededEntropy, Sha256Hash};
use crate::oauth::jose;
use crate::outbound::OutboundPolicy;
use base64::engine::general_purpose::STANDARD;
use fake_provider::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, CURVE, FIRST, FakeProvider, Key, SECOND, encode};
use serde_json::json;
use std::collections::HashMap;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

struct World {
    provider: FakeProvider,
    party: RelyingParty,
    config: OidcProviderConfig,
    upstream: UpstreamKey,
    options: SignInOptions,
    /// `iss` parameter of the callback.
    iss: Option<String>,
    /// Our key at the provider.
    key: Option<ClientKey>,
    /// The one before it.
    former: Option<ClientKey>,
}

impl World {
    fn proof(&self, now: Timestamp) -> ClientProof<'_> {
        ClientProof {
            former: self.former.as_ref(),
            ..ClientProof::new(self.key.as_ref(), now, &SeededEntropy::new(8))
        }
    }

    async fn new() -> Self {
        let provider = FakeProvider::start().await;
        let policy = OutboundPolicy {
            allow_loopback: true,
            ..OutboundPolicy::default()
        };
        let outbound = Outbound::new(policy, Arc::new(ManualClock::new(NOW))).unwrap();
        let config = OidcProviderConfig::new(provider.base.clone(), CLIENT_ID, Secret::new(CLIENT_SECRET.to_owned()));
        Self {
            provider,
            party: RelyingParty::new(outbound),
            config,
            upstream: UpstreamKey::new("tenant-a", "entra"),
            options: SignInOptions::default(),
            iss: None,
            key: None,
            former: None,
        }
    }

    async fn begin(&self, now: Timestamp) -> Result<(Url, PendingSignIn), SignInFailure> {
        let redirect_uri = "https://ward.example/t/auth/federation/entra/callback".parse().unwrap();
        let entropy = SeededEntropy::new(7);
        self.party
            .begin(
                &self.upstream,
                &self.config,
                &redirect_uri,
                &self.options,
                now,
                &entropy,
            )
            .await
    }

    async fn complete(
        &self,
        pending: &PendingSignIn,
        extra: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<Assertion, SignInFailure> {
        let mut pairs = vec![("state", pending.state.expose().as_str())];
        pairs.extend(self.iss.as_deref().map(|iss| ("iss", iss)));
        pairs.extend_from_slice(extra);
        let callback = CallbackParameters::from_pairs(pairs).unwrap();
        self.party
            .complete(&self.upstream, &self.config, pending, &callback, &self.proof(now))
            .await
            .map(|completed| completed.assertion)
    }

    fn claims(&self, pending: &PendingSignIn) -> Map<String, Value> {
        let claims = json!({
            "iss": self.provider.base, "sub": "upstream-user", "aud": CLIENT_ID, "nonce": pending.nonce.expose(),
            "iat": NOW.seconds(), "exp": NOW.seconds() + 300, "auth_time": NOW.seconds() - 5, "sid": "session-9",
            "acr": "urn:mfa", "amr": ["pwd", "otp"], "email": "ada@example.org", "groups": ["nurse"],
        });
        let Value::Object(claims) = claims else { unreachable!() };
        claims
    }

    /// A sign-in with an ID token made by `make` from the usual claims.
    async fn sign_in_with(&self, make: impl FnOnce(Map<String, Value>) -> String) -> Result<Assertion, SignInFailure> {
        let (_, pending) = self.begin(NOW).await?;
        let token = make(self.claims(&pending));
        self.provider.script().id_token = Some(token);
        self.complete(&pending, &[("code", "the-code")], NOW).await
    }

    /// A sign-in with changed claims, signed as usual.
    async fn sign_in(&self, change: impl FnOnce(&mut Map<String, Value>)) -> Result<Assertion, SignInFailure> {
        self.sign_in_with(|mut claims| {
            change(&mut claims);
            rs256(&FIRST, "first", &claims)
        })
        .await
    }

    /// The check that refuses a token with changed claims.
    async fn refused(&self, change: impl FnOnce(&mut Map<String, Value>)) -> Check {
        let failure = self.sign_in(change).await.expect_err("must be refused");
        assert_eq!(failure.user, UserOutcome::ServerError);
        failure.check
    }
}

fn rs256(key: &Key, kid: &str, claims: &Map<String, Value>) -> String {
    key.sign(&json!({ "alg": "RS256", "kid": kid, "typ": "JWT" }), claims)
}

fn set(name: &'static str, value: impl Into<Value>) -> impl FnOnce(&mut Map<String, Value>) {
    let value = value.into();
    move |claims| {
        claims.insert(name.to_owned(), value);
    }
}

fn without(name: &'static str) -> impl FnOnce(&mut Map<String, Value>) {
    move |claims| {
        claims.remove(name).unwrap();
    }
}

fn query(url: &Url) -> HashMap<String, String> {
    url.query_pairs().into_owned().collect()
}

// --- the way that works ---------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_good_sign_in_yields_the_assertion() {
    let world = World::new().await;
    let assertion = world.sign_in(|_| {}).await.unwrap();
    assert_eq!(
        (assertion.issuer.as_str(), assertion.subject.as_str()),
        (world.provider.base.as_str(), "upstream-user")
    );
    assert_eq!(assertion.acr.as_deref(), Some("urn:mfa"));
    assert_eq!(assertion.amr, ["pwd", "otp"]);
    assert_eq!(assertion.auth_time, Some(Timestamp::from_seconds(NOW.seconds() - 5)));
    assert_eq!(assertion.session_index.as_deref(), Some("session-9"));
    assert_eq!(assertion.claims["groups"], json!(["nurse"]));
    assert!(assertion.id_token.is_some());
}

#[tokio::test]
async fn the_request_carries_state_nonce_and_s256_and_keeps_the_endpoints_own_query() {
    let world = World::new().await;
    let (url, pending) = world.begin(NOW).await.unwrap();
    let sent = query(&url);
    assert_eq!(sent["realm"], "one");
    assert_eq!(sent["response_type"], "code");
    assert_eq!(sent["scope"], "openid profile email");
    assert_eq!(sent["state"], *pending.state.expose());
    assert_eq!(sent["nonce"], *pending.nonce.expose());
    assert_eq!(sent["code_challenge_method"], "S256");
    let challenge = Sha256Hash::of(pending.pkce_verifier.expose().as_bytes()).to_base64url();
    assert_eq!(sent["code_challenge"], challenge);
    assert!(!sent.contains_key("prompt") && !sent.contains_key("max_age"));
}

#[tokio::test]
async fn a_forced_sign_in_asks_for_login_and_age_zero() {
    let mut world = World::new().await;
    world.options = SignInOptions {
        force: true,
        prompt: Some(Prompt::SelectAccount),
        login_hint: Some("ada".into()),
        acr_values: vec!["urn:mfa".into(), "urn:pwd".into()],
        ui_locales: Some("de en".into()),
        ..SignInOptions::default()
    };
    let sent = query(&world.begin(NOW).await.unwrap().0);
    assert_eq!((sent["prompt"].as_str(), sent["max_age"].as_str()), ("login", "0"));
    assert_eq!(
        (sent["login_hint"].as_str(), sent["ui_locales"].as_str()),
        ("ada", "de en")
    );
    assert_eq!(sent["acr_values"], "urn:mfa urn:pwd");
    world.options.login_hint = Some("x".repeat(300));
    assert!(
        !query(&world.begin(NOW).await.unwrap().0).contains_key("login_hint"),
        "overlong hints are left out"
    );
}

#[tokio::test]
async fn the_code_is_redeemed_with_verifier_redirect_uri_and_encoded_basic_credentials() {
    let world = World::new().await;
    let (_, pending) = world.begin(NOW).await.unwrap();
    world.provider.script().id_token = Some(rs256(&FIRST, "first", &world.claims(&pending)));
    world.complete(&pending, &[("code", "the-code")], NOW).await.unwrap();
    let script = world.provider.script();
    let (headers, form) = &script.token_requests[0];
    assert_eq!(form["code"], "the-code");
    assert_eq!(form["grant_type"], "authorization_code");
    assert_eq!(form["code_verifier"], *pending.pkce_verifier.expose());
    assert_eq!(form["redirect_uri"], pending.redirect_uri.as_str());
    assert!(!form.contains_key("client_secret"));
    // RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
    let expected = format!("Basic {}", STANDARD.encode("wardkey+at+hospital:s3cret%2Fwith%2Bsigns"));
    assert_eq!(headers["authorization"], expected);
}

#[tokio::test]
async fn the_secret_travels_in_the_form_only_where_configured() {
    let mut world = World::new().await;
    world.config.authentication = ClientAuthentication::ClientSecretPost;
    world.sign_in(|_| {}).await.unwrap();
    let script = world.provider.script();
    let (headers, form) = &script.token_requests[0];
    assert_eq!(
        (form["client_id"].as_str(), form["client_secret"].as_str()),
        (CLIENT_ID, CLIENT_SECRET)
    );
    assert!(!headers.contains_key("authorization"));
}

#[tokio::test]
async fn es256_is_accepted_where_allowed_and_only_there() {
    let mut world = World::new().await;
    world.provider.script().keys = vec![CURVE.jwk(Some("curve"))];
    let sign = |claims: Map<String, Value>| CURVE.sign(&json!({ "alg": "ES256", "kid": "curve" }), &claims);
    assert_eq!(
        world.sign_in_with(sign).await.unwrap_err().check,
        Check::IdTokenAlgorithm
    );
    world.config.id_token_algorithms = vec![SigningAlgorithm::ES256];
    world.sign_in_with(sign).await.unwrap();
}

#[tokio::test]
async fn a_pending_sign_in_survives_its_stored_form_and_shows_no_secret() {
    let world = World::new().await;
    let (_, pending) = world.begin(NOW).await.unwrap();
    let stored = serde_json::to_string(&pending).unwrap();
    let restored: PendingSignIn = serde_json::from_str(&stored).unwrap();
    assert!(restored.nonce.ct_eq(pending.nonce.expose().as_bytes()));
    assert!(!format!("{pending:?}").contains(pending.nonce.expose().as_str()));
}

// --- the callback ---------------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_foreign_or_missing_state_is_refused_before_anything_is_sent() {
    let world = World::new().await;
    let (_, pending) = world.begin(NOW).await.unwrap();
    for pairs in [vec![("state", "foreign"), ("code", "c")], vec![("code", "c")]] {
        let callback = CallbackParameters::from_pairs(pairs).unwrap();
        let failure = world
            .party
            .complete(&world.upstream, &world.config, &pending, &callback, &world.proof(NOW))
            .await
            .unwrap_err();
        assert_eq!((failure.check, failure.user), (Check::State, UserOutcome::ServerError));
    }
    assert!(world.provider.script().token_requests.is_empty());
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let failure = CallbackParameters::from_pairs([("state", "a"), ("code", "b"), ("code", "c")]).unwrap_err();
    assert_eq!(failure.check, Check::State);
}

#[tokio::test]
async fn an_answer_for_provider_a_delivered_to_provider_b_is_refused() {
    let (a, b) = (World::new().await, World::new().await);
    let (_, pending) = a.begin(NOW).await.unwrap();
    assert_eq!(
        b.complete(&pending, &[("code", "c")], NOW).await.unwrap_err().check,
        Check::State
    );
    assert!(b.provider.script().token_requests.is_empty());
}

#[tokio::test]
async fn a_wrong_iss_parameter_is_refused_even_on_errors_and_even_when_not_announced() {
    let mut world = World::new().await;
    world.iss = Some("https://attacker.example".into());
    let (_, pending) = world.begin(NOW).await.unwrap();
    for answer in [("code", "c"), ("error", "access_denied")] {
        let failure = world.complete(&pending, &[answer], NOW).await.unwrap_err();
        assert_eq!(
            (failure.check, failure.user),
            (Check::ResponseIssuer, UserOutcome::ServerError)
        );
    }
    assert!(world.provider.script().token_requests.is_empty());
}

#[tokio::test]
async fn a_missing_iss_parameter_is_refused_when_announced() {
    let mut world = World::new().await;
    world.provider.script().announces_iss = true;
    assert_eq!(world.refused(|_| {}).await, Check::ResponseIssuer);
    world.iss = Some(world.provider.base.clone());
    world.sign_in(|_| {}).await.unwrap();
}

#[tokio::test]
async fn upstream_errors_are_translated_and_none_of_their_text_is_copied() {
    let world = World::new().await;
    let (_, pending) = world.begin(NOW).await.unwrap();
    for (error, user) in [
        ("access_denied", UserOutcome::AccessDenied),
        ("login_required", UserOutcome::LoginRequired),
        ("interaction_required", UserOutcome::LoginRequired),
        ("consent_required", UserOutcome::LoginRequired),
        ("account_selection_required", UserOutcome::LoginRequired),
        ("temporarily_unavailable", UserOutcome::TemporarilyUnavailable),
        ("invalid_scope", UserOutcome::ServerError),
        ("<script>", UserOutcome::ServerError),
    ] {
        let answer = [("error", error), ("error_description", "patient Jane Roe")];
        let failure = world.complete(&pending, &answer, NOW).await.unwrap_err();
        assert_eq!((failure.check, failure.user), (Check::UpstreamError, user), "{error}");
        assert!(
            !failure.to_string().contains("Jane") && !failure.to_string().contains("<script>"),
            "{failure}"
        );
    }
}

#[tokio::test]
async fn a_callback_without_code_and_error_is_refused() {
    let world = World::new().await;
    let (_, pending) = world.begin(NOW).await.unwrap();
    assert_eq!(world.complete(&pending, &[], NOW).await.unwrap_err().check, Check::Code);
}

// --- the token answer -----------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_refused_code_and_a_provider_in_trouble_are_told_apart() {
    let world = World::new().await;
    world.provider.script().token_status = 400;
    let failure = world.sign_in(|_| {}).await.unwrap_err();
    assert_eq!(
        (failure.check, failure.user),
        (Check::TokenRequest, UserOutcome::ServerError)
    );
    assert!(
        failure.detail.contains("invalid_grant") && !failure.detail.contains("secret text"),
        "{failure}"
    );
    world.provider.script().token_status = 503;
    let failure = world.sign_in(|_| {}).await.unwrap_err();
    assert_eq!(
        (failure.check, failure.user),
        (Check::TokenRequest, UserOutcome::TemporarilyUnavailable)
    );
}

#[tokio::test]
async fn the_token_type_is_bearer_in_any_case() {
    let world = World::new().await;
    world.provider.script().token_type = "bEARER";
    world.sign_in(|_| {}).await.unwrap();
    world.provider.script().token_type = "DPoP";
    assert_eq!(world.refused(|_| {}).await, Check::TokenResponse);
}

#[tokio::test]
async fn an_answer_without_id_token_is_refused() {
    let world = World::new().await;
    let (_, pending) = world.begin(NOW).await.unwrap();
    assert_eq!(
        world.complete(&pending, &[("code", "c")], NOW).await.unwrap_err().check,
        Check::TokenResponse
    );
}

// --- the ID token: form, algorithm, key, signature --------------------------------------------------------------------

#[tokio::test]
async fn tokens_of_another_form_are_refused() {
    let world = World::new().await;
    for token in ["", "a.b", "a.b.c", "e30.e30", "a.b.c.d.e", "e30=.e30=.", "W10.W10.AA"] {
        let failure = world.sign_in_with(|_| token.to_owned()).await.unwrap_err();
        assert_eq!(failure.check, Check::IdTokenForm, "{token}");
    }
}

#[tokio::test]
async fn alg_none_is_refused() {
    let world = World::new().await;
    for algorithm in ["none", "None", ""] {
        let failure = world
            .sign_in_with(|claims| {
                let header = encode(json!({ "alg": algorithm }).to_string().as_bytes());
                format!("{header}.{}.", encode(json!(claims).to_string().as_bytes()))
            })
            .await
            .unwrap_err();
        assert_eq!(failure.check, Check::IdTokenAlgorithm, "{algorithm}");
    }
}

#[tokio::test]
async fn hs256_with_the_public_key_or_the_client_secret_is_refused() {
    let world = World::new().await;
    let modulus = FIRST.jwk(None)["n"].as_str().unwrap().to_owned();
    for secret in [modulus.as_str(), CLIENT_SECRET] {
        let failure = world
            .sign_in_with(|claims| {
                let header = encode(json!({ "alg": "HS256", "kid": "first" }).to_string().as_bytes());
                let message = format!("{header}.{}", encode(json!(claims).to_string().as_bytes()));
                let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
                let tag = aws_lc_rs::hmac::sign(&key, message.as_bytes());
                format!("{message}.{}", encode(tag.as_ref()))
            })
            .await
            .unwrap_err();
        assert_eq!(failure.check, Check::IdTokenAlgorithm);
    }
}

#[tokio::test]
async fn a_token_of_another_kind_is_refused() {
    let world = World::new().await;
    for header in [
        json!({ "alg": "RS256", "kid": "first", "typ": "at+jwt" }),
        json!({ "alg": "RS256", "kid": "first", "typ": "logout+jwt" }),
        json!({ "alg": "RS256", "kid": "first", "crit": ["exp"] }),
    ] {
        let failure = world
            .sign_in_with(|claims| FIRST.sign(&header, &claims))
            .await
            .unwrap_err();
        assert_eq!(failure.check, Check::IdTokenForm, "{header}");
    }
}

#[tokio::test]
async fn a_signature_by_another_key_is_refused() {
    let world = World::new().await;
    let failure = world
        .sign_in_with(|claims| rs256(&SECOND, "first", &claims))
        .await
        .unwrap_err();
    assert_eq!(failure.check, Check::IdTokenSignature);
    assert_eq!(
        world.provider.script().key_requests,
        1,
        "a wrong signature under a known kid fetches nothing"
    );
}

#[tokio::test]
async fn changed_claims_break_the_signature() {
    let world = World::new().await;
    let failure = world
        .sign_in_with(|mut claims| {
            let genuine = rs256(&FIRST, "first", &claims);
            claims.insert("sub".into(), "someone-else".into());
            let mut parts: Vec<&str> = genuine.split('.').collect();
            let forged = encode(json!(claims).to_string().as_bytes());
            parts[1] = &forged;
            parts.join(".")
        })
        .await
        .unwrap_err();
    assert_eq!(failure.check, Check::IdTokenSignature);
}

#[tokio::test]
async fn a_key_rotated_just_before_signing_works_after_one_refetch() {
    let world = World::new().await;
    world.begin(NOW).await.unwrap();
    world.provider.script().keys = vec![SECOND.jwk(Some("second"))];
    world
        .sign_in_with(|claims| rs256(&SECOND, "second", &claims))
        .await
        .unwrap();
    assert_eq!(world.provider.script().key_requests, 2);
    world.provider.script().keys = vec![FIRST.jwk(Some("third"))];
    world
        .sign_in_with(|claims| rs256(&FIRST, "third", &claims))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_unknown_kid_is_refused_after_the_refetch_and_then_fetches_are_paused() {
    let world = World::new().await;
    let requests = || world.provider.script().key_requests;
    for (expected_requests, seconds) in [(2, 0), (2, 4), (3, 5), (3, 64), (4, 65)] {
        let now = NOW + Duration::from_secs(seconds);
        let (_, pending) = world.begin(now).await.unwrap();
        let token = rs256(&FIRST, "unknown", &world.claims(&pending));
        world.provider.script().id_token = Some(token);
        let failure = world.complete(&pending, &[("code", "c")], now).await.unwrap_err();
        assert_eq!(failure.check, Check::IdTokenKey);
        assert_eq!(requests(), expected_requests, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_missing_kid_needs_exactly_one_fitting_key() {
    let world = World::new().await;
    let unnamed = |key: &'static Key| move |claims: Map<String, Value>| key.sign(&json!({ "alg": "RS256" }), &claims);
    world.provider.script().keys = vec![FIRST.jwk(None), CURVE.jwk(None)];
    world.sign_in_with(unnamed(&FIRST)).await.unwrap();
    // Rotated: the only key is wrong now, and nothing but a fetch can tell.
    world.provider.script().keys = vec![SECOND.jwk(None)];
    world.sign_in_with(unnamed(&SECOND)).await.unwrap();

    let world = World::new().await;
    world.provider.script().keys = vec![FIRST.jwk(Some("a")), SECOND.jwk(Some("b"))];
    assert_eq!(
        world.sign_in_with(unnamed(&FIRST)).await.unwrap_err().check,
        Check::IdTokenKey
    );
}

#[tokio::test]
async fn a_key_for_encryption_or_of_another_algorithm_verifies_nothing() {
    for (member, value) in [("use", "enc"), ("alg", "RS512"), ("alg", "RSA-OAEP")] {
        let world = World::new().await;
        let mut jwk = FIRST.jwk(Some("first"));
        jwk[member] = value.into();
        world.provider.script().keys = vec![jwk, SECOND.jwk(Some("other"))];
        assert_eq!(world.refused(|_| {}).await, Check::IdTokenKey, "{member}={value}");
    }
}

// --- the ID token: claims ---------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_wrong_or_missing_issuer_is_refused() {
    let world = World::new().await;
    assert_eq!(
        world.refused(set("iss", "https://attacker.example")).await,
        Check::Issuer
    );
    assert_eq!(
        world.refused(set("iss", format!("{}/", world.provider.base))).await,
        Check::Issuer
    );
    assert_eq!(world.refused(without("iss")).await, Check::Issuer);
}

#[tokio::test]
async fn a_missing_or_other_audience_is_refused() {
    let world = World::new().await;
    assert_eq!(world.refused(without("aud")).await, Check::Audience);
    assert_eq!(world.refused(set("aud", "another-client")).await, Check::Audience);
    assert_eq!(world.refused(set("aud", json!([]))).await, Check::Audience);
    assert_eq!(world.refused(set("aud", json!([CLIENT_ID, 5]))).await, Check::Audience);
    assert_eq!(
        world.refused(set("aud", json!([CLIENT_ID, "untrusted"]))).await,
        Check::Audience
    );
}

#[tokio::test]
async fn several_audiences_must_be_trusted_and_need_azp() {
    let mut world = World::new().await;
    world.config.trusted_audiences = vec!["https://api.example".into()];
    let several = json!([CLIENT_ID, "https://api.example"]);
    assert_eq!(world.refused(set("aud", several.clone())).await, Check::AuthorizedParty);
    let with_party = |party: &'static str| {
        let several = several.clone();
        move |claims: &mut Map<String, Value>| {
            claims.insert("aud".into(), several);
            claims.insert("azp".into(), party.into());
        }
    };
    assert_eq!(
        world.refused(with_party("another-client")).await,
        Check::AuthorizedParty
    );
    world.sign_in(with_party(CLIENT_ID)).await.unwrap();
}

#[tokio::test]
async fn azp_is_checked_for_a_single_audience_too() {
    let world = World::new().await;
    assert_eq!(
        world.refused(set("azp", "another-client")).await,
        Check::AuthorizedParty
    );
    world.sign_in(set("azp", CLIENT_ID)).await.unwrap();
}

#[tokio::test]
async fn a_missing_empty_or_overlong_subject_is_refused() {
    let world = World::new().await;
    assert_eq!(world.refused(without("sub")).await, Check::Subject);
    assert_eq!(world.refused(set("sub", "")).await, Check::Subject);
    assert_eq!(world.refused(set("sub", 5)).await, Check::Subject);
    assert_eq!(world.refused(set("sub", "x".repeat(256))).await, Check::Subject);
    world.sign_in(set("sub", "x".repeat(255))).await.unwrap();
}

#[tokio::test]
async fn a_missing_or_wrong_nonce_is_refused() {
    let world = World::new().await;
    assert_eq!(world.refused(without("nonce")).await, Check::Nonce);
    assert_eq!(world.refused(set("nonce", "")).await, Check::Nonce);
    assert_eq!(world.refused(set("nonce", "of-another-sign-in")).await, Check::Nonce);
}

#[tokio::test]
async fn expiry_is_checked_with_a_minute_of_skew() {
    let world = World::new().await;
    assert_eq!(world.refused(without("exp")).await, Check::Expiry);
    assert_eq!(world.refused(set("exp", NOW.seconds() - 60)).await, Check::Expiry);
    world.sign_in(set("exp", NOW.seconds() - 59)).await.unwrap();
}

#[tokio::test]
async fn the_time_of_issue_must_be_recent_and_not_ahead() {
    let world = World::new().await;
    assert_eq!(world.refused(without("iat")).await, Check::IssuedAt);
    assert_eq!(world.refused(set("iat", "yesterday")).await, Check::IssuedAt);
    assert_eq!(world.refused(set("iat", NOW.seconds() + 61)).await, Check::IssuedAt);
    assert_eq!(world.refused(set("iat", NOW.seconds() - 601)).await, Check::IssuedAt);
    world.sign_in(set("iat", NOW.seconds() + 60)).await.unwrap();
    world.sign_in(set("iat", NOW.seconds() - 600)).await.unwrap();
}

#[tokio::test]
async fn nbf_is_honoured() {
    let world = World::new().await;
    assert_eq!(world.refused(set("nbf", NOW.seconds() + 61)).await, Check::NotBefore);
    assert_eq!(world.refused(set("nbf", "soon")).await, Check::NotBefore);
    world.sign_in(set("nbf", NOW.seconds() + 60)).await.unwrap();
}

#[tokio::test]
async fn at_hash_is_checked_when_present() {
    let world = World::new().await;
    assert_eq!(
        world.refused(set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")).await,
        Check::AccessTokenHash
    );
    let good = encode(&Sha256Hash::of(ACCESS_TOKEN.as_bytes()).as_bytes()[..16]);
    world.sign_in(set("at_hash", good)).await.unwrap();
}

#[tokio::test]
async fn a_forced_sign_in_needs_an_authentication_after_its_start() {
    let mut world = World::new().await;
    world.options.force = true;
    assert_eq!(world.refused(without("auth_time")).await, Check::AuthenticationTime);
    assert_eq!(
        world.refused(set("auth_time", NOW.seconds() - 61)).await,
        Check::AuthenticationTime
    );
    assert_eq!(
        world.refused(set("auth_time", NOW.seconds() + 61)).await,
        Check::AuthenticationTime
    );
    world.sign_in(set("auth_time", NOW.seconds())).await.unwrap();
    world.config.waive_auth_time = true;
    world.sign_in(without("auth_time")).await.unwrap();
    assert_eq!(
        world.refused(set("auth_time", NOW.seconds() - 61)).await,
        Check::AuthenticationTime
    );
}

#[tokio::test]
async fn max_age_is_held_against_auth_time() {
    let mut world = World::new().await;
    world.options.max_age = Some(300);
    assert_eq!(
        world.refused(set("auth_time", NOW.seconds() - 361)).await,
        Check::AuthenticationTime
    );
    world.sign_in(set("auth_time", NOW.seconds() - 360)).await.unwrap();
}

#[tokio::test]
async fn a_required_context_must_be_reached() {
    let mut world = World::new().await;
    world.options.required_acr = vec!["urn:hardware".into(), "urn:mfa".into()];
    world.sign_in(|_| {}).await.unwrap();
    assert_eq!(world.refused(set("acr", "urn:pwd")).await, Check::AuthenticationContext);
    assert_eq!(world.refused(without("acr")).await, Check::AuthenticationContext);
}

// --- UserInfo ---------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn user_info_adds_claims_and_the_id_token_wins() {
    let mut world = World::new().await;
    world.config.fetch_user_info = true;
    world.provider.script().user_info =
        json!({ "sub": "upstream-user", "email": "other@example.org", "npi": "1234567893" });
    let assertion = world.sign_in(|_| {}).await.unwrap();
    assert_eq!(
        (&assertion.claims["npi"], &assertion.claims["email"]),
        (&json!("1234567893"), &json!("ada@example.org"))
    );
}

#[tokio::test]
async fn user_info_of_another_subject_ends_the_sign_in() {
    let mut world = World::new().await;
    world.config.fetch_user_info = true;
    for answer in [json!({ "sub": "someone-else" }), json!({ "email": "x@example.org" })] {
        world.provider.script().user_info = answer;
        assert_eq!(world.refused(|_| {}).await, Check::UserInfoSubject);
    }
}

#[tokio::test]
async fn an_answer_of_user_info_that_only_calls_itself_signed_is_refused() {
    let mut world = World::new().await;
    world.config.fetch_user_info = true;
    world.provider.script().user_info_type = "application/jwt";
    assert_eq!(world.refused(|_| {}).await, Check::UserInfo);
}

// --- metadata and keys ------------------------------------------------------------------------------------------------

#[tokio::test]
async fn metadata_of_another_issuer_is_refused() {
    let world = World::new().await;
    world.provider.script().issuer = format!("{}/", world.provider.base);
    let failure = world.begin(NOW).await.unwrap_err();
    assert_eq!(
        (failure.check, failure.user),
        (Check::DiscoveryIssuer, UserOutcome::ServerError)
    );
}

#[tokio::test]
async fn metadata_is_fetched_once_an_hour_and_the_last_good_one_serves_while_that_fails() {
    let world = World::new().await;
    let requests = || world.provider.script().metadata_requests;
    world.begin(NOW).await.unwrap();
    world.begin(NOW + Duration::from_secs(3_599)).await.unwrap();
    assert_eq!(requests(), 1);
    world.provider.script().metadata_status = 500;
    world.begin(NOW + Duration::from_hours(1)).await.unwrap();
    world.begin(NOW + Duration::from_secs(3_659)).await.unwrap();
    assert_eq!(requests(), 2, "a failed refresh is not repeated at every sign-in");
    world.provider.script().metadata_status = 200;
    world.begin(NOW + Duration::from_mins(61)).await.unwrap();
    assert_eq!(requests(), 3);
}

#[tokio::test]
async fn a_provider_that_is_down_at_first_is_temporarily_unavailable_and_asked_again_later() {
    let world = World::new().await;
    world.provider.script().metadata_status = 503;
    for seconds in [0, 4] {
        let failure = world.begin(NOW + Duration::from_secs(seconds)).await.unwrap_err();
        assert_eq!(
            (failure.check, failure.user),
            (Check::Discovery, UserOutcome::TemporarilyUnavailable)
        );
    }
    assert_eq!(world.provider.script().metadata_requests, 1);
    world.provider.script().metadata_status = 200;
    world.begin(NOW + Duration::from_secs(5)).await.unwrap();
}

#[tokio::test]
async fn concurrent_sign_ins_share_one_fetch() {
    let world = World::new().await;
    let all = futures::future::join_all((0..20).map(|_| world.begin(NOW))).await;
    assert!(all.iter().all(Result::is_ok));
    let script = world.provider.script();
    assert_eq!((script.metadata_requests, script.key_requests), (1, 1));
}

#[tokio::test]
async fn two_tenants_with_the_same_provider_share_nothing() {
    let mut world = World::new().await;
    world.begin(NOW).await.unwrap();
    world.upstream = UpstreamKey::new("tenant-b", "entra");
    world.begin(NOW).await.unwrap();
    assert_eq!(world.provider.script().metadata_requests, 2);
}

#[tokio::test]
async fn a_newly_pinned_issuer_does_not_use_what_the_old_one_said() {
    let mut world = World::new().await;
    world.begin(NOW).await.unwrap();
    world.config.issuer = format!("{}/", world.provider.base);
    assert_eq!(world.begin(NOW).await.unwrap_err().check, Check::DiscoveryIssuer);
}

#[tokio::test]
async fn a_key_set_without_a_usable_key_is_reported_as_such() {
    let world = World::new().await;
    world.provider.script().keys = vec![json!({ "kty": "oct", "k": "AAAA" })];
    assert_eq!(world.begin(NOW).await.unwrap_err().check, Check::Keys);
    let world = World::new().await;
    world.provider.script().jwks_status = 404;
    assert_eq!(world.begin(NOW).await.unwrap_err().check, Check::Keys);
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_with_the_reason() {
    let good = || OidcProviderConfig::new("https://idp.example", "c", Secret::new("s".to_owned()));
    let check = |change: fn(&mut OidcProviderConfig)| {
        let mut config = good();
        change(&mut config);
        config.check()
    };
    assert_eq!(good().check(), Ok(()));
    assert_eq!(
        check(|c| c.issuer = "https://login.example/{tenantid}/v2.0".into()),
        Err(InvalidConfig::IssuerTemplate)
    );
    // As a manual prints it.
    assert_eq!(
        check(|c| c.issuer = "https://login.example/<directory id>/v2.0".into()),
        Err(InvalidConfig::IssuerTemplate)
    );
    assert_eq!(
        check(|c| c.issuer = "https://login.example/my directory".into()),
        Err(InvalidConfig::Issuer)
    );
    assert_eq!(check(|c| c.issuer = "idp.example".into()), Err(InvalidConfig::Issuer));
    assert_eq!(
        check(|c| c.issuer = "https://idp.example?x".into()),
        Err(InvalidConfig::Issuer)
    );
    assert_eq!(check(|c| c.client_id.clear()), Err(InvalidConfig::ClientId));
    assert_eq!(check(|c| c.client_secret = None), Err(InvalidConfig::Secret));
    assert_eq!(
        check(|c| c.authentication = ClientAuthentication::None),
        Err(InvalidConfig::Secret)
    );
    assert_eq!(check(|c| c.id_token_algorithms.clear()), Err(InvalidConfig::Algorithms));
    assert_eq!(check(|c| c.scopes.push("two words".into())), Err(InvalidConfig::Scope));
    for algorithm in ["none", "HS256", "RS1"] {
        let text = json!({ "issuer": "https://i", "client_id": "c", "id_token_algorithms": [algorithm] });
        assert!(
            serde_json::from_value::<OidcProviderConfig>(text).is_err(),
            "{algorithm} cannot be configured"
        );
    }
}
