//! A provider on loopback that says whatever a test wants it to say.

use aws_lc_rs::rand::SecureRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaEncoding,
};
use axum::extract::{Form, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

pub(super) const CLIENT_ID: &str = "wardkey at hospital";
pub(super) const CLIENT_SECRET: &str = "s3cret/with+signs";
pub(super) const ACCESS_TOKEN: &str = "upstream-access-token";

/// A signing key of a provider.
pub(super) enum Key {
    Rsa(rsa::KeyPair),
    Ec(EcdsaKeyPair),
}

pub(super) static FIRST: LazyLock<Key> = LazyLock::new(|| Key::Rsa(rsa::KeyPair::generate(KeySize::Rsa2048).unwrap()));
pub(super) static SECOND: LazyLock<Key> = LazyLock::new(|| Key::Rsa(rsa::KeyPair::generate(KeySize::Rsa2048).unwrap()));
pub(super) static CURVE: LazyLock<Key> =
    LazyLock::new(|| Key::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()));

#[expect(
    clippy::disallowed_types,
    reason = "the signing interface wants a generator; what a fake signs is no secret"
)]
fn generator() -> impl SecureRandom {
    aws_lc_rs::rand::SystemRandom::new()
}

impl Key {
    pub(super) fn jwk(&self, kid: Option<&str>) -> Value {
        let mut jwk = match self {
            Self::Rsa(pair) => {
                let (modulus, exponent) = rsa_numbers(pair.public_key().as_ref());
                json!({ "kty": "RSA", "use": "sig", "n": encode(&modulus), "e": encode(&exponent) })
            }
            Self::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) })
            }
        };
        if let Some(kid) = kid {
            jwk["kid"] = kid.into();
        }
        jwk
    }

    pub(super) fn sign(&self, header: &Value, claims: &Map<String, Value>) -> String {
        let message = format!(
            "{}.{}",
            encode(header.to_string().as_bytes()),
            encode(json!(claims).to_string().as_bytes())
        );
        let signature = match self {
            Self::Rsa(pair) => {
                let padding: &dyn RsaEncoding = &RSA_PKCS1_SHA256;
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &generator(), message.as_bytes(), &mut signature)
                    .unwrap();
                signature
            }
            Self::Ec(pair) => pair.sign(&generator(), message.as_bytes()).unwrap().as_ref().to_vec(),
        };
        format!("{message}.{}", encode(&signature))
    }
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Modulus and exponent out of the DER sequence of two integers (RFC 8017 appendix A.1.1).
fn rsa_numbers(der: &[u8]) -> (Vec<u8>, Vec<u8>) {
    fn value(der: &[u8]) -> (&[u8], &[u8]) {
        let (length, start) = match der[1] {
            0x81 => (usize::from(der[2]), 3),
            0x82 => (usize::from(der[2]) * 256 + usize::from(der[3]), 4),
            short => (usize::from(short), 2),
        };
        der[start..].split_at(length)
    }
    let (sequence, _) = value(der);
    let (modulus, rest) = value(sequence);
    let (exponent, _) = value(rest);
    let positive = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect();
    (positive(modulus), positive(exponent))
}

/// What the provider says next.
pub(super) struct Script {
    pub(super) issuer: String,
    pub(super) announces_iss: bool,
    pub(super) keys: Vec<Value>,
    pub(super) id_token: Option<String>,
    pub(super) token_type: &'static str,
    pub(super) token_status: u16,
    pub(super) user_info: Value,
    pub(super) user_info_type: &'static str,
    /// Instead of `user_info`.
    pub(super) user_info_text: Option<String>,
    pub(super) metadata_status: u16,
    pub(super) jwks_status: u16,
    pub(super) metadata_requests: usize,
    pub(super) key_requests: usize,
    /// The names of our keys that it knows; `None` where it does not look.
    pub(super) known_keys: Option<Vec<String>>,
    pub(super) token_requests: Vec<(HeaderMap, HashMap<String, String>)>,
}

/// The running provider.
#[derive(Clone)]
pub(super) struct FakeProvider {
    pub(super) base: String,
    script: Arc<Mutex<Script>>,
}

impl FakeProvider {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let script = Script {
            issuer: base.clone(),
            announces_iss: false,
            keys: vec![FIRST.jwk(Some("first"))],
            id_token: None,
            token_type: "Bearer",
            token_status: 200,
            user_info: json!({}),
            user_info_type: "application/json",
            user_info_text: None,
            metadata_status: 200,
            jwks_status: 200,
            metadata_requests: 0,
            key_requests: 0,
            known_keys: None,
            token_requests: Vec::new(),
        };
        let provider = Self {
            base,
            script: Arc::new(Mutex::new(script)),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route("/userinfo", get(user_info))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        provider
    }

    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }
}

fn with_status(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

async fn metadata(State(provider): State<FakeProvider>) -> Response {
    let mut script = provider.script();
    script.metadata_requests += 1;
    let base = &provider.base;
    with_status(
        script.metadata_status,
        json!({
            "issuer": script.issuer,
            "authorization_endpoint": format!("{base}/authorize?realm=one"),
            "token_endpoint": format!("{base}/token"),
            "jwks_uri": format!("{base}/jwks"),
            "userinfo_endpoint": format!("{base}/userinfo"),
            "authorization_response_iss_parameter_supported": script.announces_iss,
        }),
    )
}

async fn jwks(State(provider): State<FakeProvider>) -> Response {
    let mut script = provider.script();
    script.key_requests += 1;
    with_status(script.jwks_status, json!({ "keys": script.keys }))
}

async fn token(
    State(provider): State<FakeProvider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let mut script = provider.script();
    let assertion = form.get("client_assertion").cloned();
    script.token_requests.push((headers, form));
    if let Some(known) = &script.known_keys {
        let header = assertion.as_deref().and_then(|assertion| assertion.split('.').next());
        let header = URL_SAFE_NO_PAD.decode(header.unwrap_or_default()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        if !known.iter().any(|kid| header["kid"] == *kid) {
            return with_status(401, json!({ "error": "invalid_client" }));
        }
    }
    if script.token_status != 200 {
        let refusal = json!({ "error": "invalid_grant", "error_description": "upstream secret text" });
        return with_status(script.token_status, refusal);
    }
    let mut answer = json!({ "access_token": ACCESS_TOKEN, "token_type": script.token_type, "expires_in": 60 });
    if let Some(id_token) = &script.id_token {
        answer["id_token"] = id_token.clone().into();
    }
    Json(answer).into_response()
}

async fn user_info(State(provider): State<FakeProvider>, headers: HeaderMap) -> Response {
    assert_eq!(headers["authorization"], format!("Bearer {ACCESS_TOKEN}"));
    let script = provider.script();
    let text = script.user_info_text.clone();
    let body = text.unwrap_or_else(|| script.user_info.to_string());
    ([(CONTENT_TYPE, script.user_info_type)], body).into_response()
}
