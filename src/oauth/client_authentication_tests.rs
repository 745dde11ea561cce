use super::*;
use crate::oauth::jose::{JwtType, RsaSize, SigningAlgorithm, SigningKeyPair};
use axum::http::HeaderValue;
use proptest::prelude::*;
use serde_json::json;

fn extract(authorization: Option<&str>, form: &str) -> Result<Presented, OAuthError> {
    let mut headers = HeaderMap::new();
    if let Some(value) = authorization {
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
    }
    Presented::extract(&headers, &Parameters::parse_form(form.as_bytes()).unwrap())
}

fn basic(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

fn refusal(authorization: Option<&str>, form: &str) -> (&'static str, &'static str, bool) {
    let error = extract(authorization, form).err().unwrap();
    (error.code.as_str(), error.reason, error.authenticate_basic)
}

fn secret_of(presented: &Presented) -> &str {
    match presented {
        Presented::Basic { secret, .. } | Presented::Post { secret, .. } => secret.expose(),
        Presented::None { .. } | Presented::Assertion { .. } => "",
    }
}

fn assertion(claims: &serde_json::Value) -> String {
    let key = SigningKeyPair::generate(SigningAlgorithm::ES256, RsaSize::Bits2048).unwrap();
    key.sign(JwtType::ClientAssertion, claims).unwrap()
}

fn assertion_form(jwt: &str) -> String {
    format!("client_assertion_type={JWT_BEARER}&client_assertion={jwt}")
}

#[test]
fn each_mechanism_is_recognised() {
    let jwt = assertion(&json!({"sub": "app"}));
    for (authorization, form, method) in [
        (None, "client_id=app".to_owned(), TokenEndpointAuthMethod::None),
        (
            Some(basic("app:s")),
            String::new(),
            TokenEndpointAuthMethod::ClientSecretBasic,
        ),
        (
            None,
            "client_id=app&client_secret=s".to_owned(),
            TokenEndpointAuthMethod::ClientSecretPost,
        ),
        (None, assertion_form(&jwt), TokenEndpointAuthMethod::PrivateKeyJwt),
    ] {
        let presented = extract(authorization.as_deref(), &form).unwrap();
        assert_eq!(presented.method(), method);
        assert_eq!(presented.client_id().as_str(), "app");
    }
}

#[test]
fn two_mechanisms_are_refused() {
    let jwt = assertion_form(&assertion(&json!({"sub": "app"})));
    for (authorization, form) in [
        (Some(basic("app:s")), "client_secret=s".to_owned()),
        (Some(basic("app:s")), jwt.clone()),
        (None, format!("client_id=app&client_secret=s&{jwt}")),
        (Some("Bearer x".to_owned()), "client_id=app&client_secret=s".to_owned()),
    ] {
        let refused = refusal(authorization.as_deref(), &form);
        assert_eq!(
            refused,
            ("invalid_request", "client_authentication_twice", false),
            "{form}"
        );
    }
}

#[test]
fn two_authorization_headers_are_refused() {
    let mut headers = HeaderMap::new();
    for _ in 0..2 {
        headers.append(header::AUTHORIZATION, basic("app:s").parse().unwrap());
    }
    let error = Presented::extract(&headers, &Parameters::default()).err().unwrap();
    assert_eq!(error.reason, "authorization_repeated");
}

#[test]
fn all_names_have_to_agree() {
    assert!(extract(Some(&basic("app:s")), "client_id=app").is_ok());
    assert_eq!(
        refusal(Some(&basic("app:s")), "client_id=other").1,
        "client_id_mismatch"
    );
    let jwt = assertion_form(&assertion(&json!({"sub": "app"})));
    assert!(extract(None, &format!("client_id=app&{jwt}")).is_ok());
    assert_eq!(refusal(None, &format!("client_id=other&{jwt}")).1, "client_id_mismatch");
}

#[test]
fn no_name_or_an_impossible_one_is_an_unknown_client() {
    assert_eq!(
        refusal(None, "grant_type=x"),
        ("invalid_client", "client_authentication_missing", false)
    );
    assert_eq!(refusal(None, "client_secret=s").1, "client_authentication_missing");
    assert_eq!(
        refusal(None, "client_id=a%20b"),
        ("invalid_client", "client_id_malformed", false)
    );
    assert_eq!(
        refusal(Some(&basic(":s")), ""),
        ("invalid_client", "client_id_malformed", true)
    );
}

#[test]
fn basic_splits_at_the_first_colon_and_decodes_both_halves() {
    let presented = extract(Some(&basic("a%2Dpp:s%3A+x:%2By")), "").unwrap();
    assert_eq!(presented.client_id().as_str(), "a-pp");
    assert_eq!(secret_of(&presented), "s: x:+y");
}

#[test]
fn the_scheme_is_compared_without_case() {
    let header = basic("app:s").replace("Basic", "bAsIc");
    assert!(extract(Some(&header), "").is_ok());
}

#[test]
fn a_malformed_basic_header_is_an_invalid_request() {
    for header in [
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !!!!".to_owned(),
        "Basic YXBw".to_owned(),                                             // no colon
        format!("Basic {}", STANDARD.encode("app:s").trim_end_matches('=')), // padding missing
        format!("Basic {}", STANDARD.encode(b"app:\xff")),
        basic("app:%zz"),
        basic("a%ffpp:s"),
    ] {
        assert_eq!(
            refusal(Some(&header), ""),
            ("invalid_request", "basic_malformed", false),
            "{header}"
        );
    }
}

#[test]
fn another_scheme_is_challenged() {
    assert_eq!(
        refusal(Some("Bearer abc"), ""),
        ("invalid_client", "authorization_scheme", true)
    );
}

#[test]
fn an_assertion_needs_its_type_and_the_type_its_assertion() {
    let jwt = assertion(&json!({"sub": "app"}));
    assert_eq!(
        refusal(None, &format!("client_assertion={jwt}")),
        ("invalid_client", "client_assertion_type_missing", false)
    );
    let other = format!("client_assertion_type=urn:saml&client_assertion={jwt}");
    assert_eq!(
        refusal(None, &other),
        ("invalid_client", "client_assertion_type_unknown", false)
    );
    let lonely = format!("client_id=app&client_assertion_type={JWT_BEARER}");
    assert_eq!(
        refusal(None, &lonely),
        ("invalid_request", "client_assertion_missing", false)
    );
}

#[test]
fn an_assertion_without_sub_or_that_is_no_jwt_is_refused() {
    let jwt = assertion(&json!({"iss": "app", "client_id": "app"}));
    assert_eq!(
        refusal(None, &assertion_form(&jwt)),
        ("invalid_client", "client_assertion_sub_missing", false)
    );
    assert_eq!(
        refusal(None, &assertion_form("abc")),
        ("invalid_client", "jwt_malformed", false)
    );
}

#[test]
fn repeated_credentials_are_refused() {
    for form in ["client_id=a&client_id=a", "client_id=a&client_secret=x&client_secret=x"] {
        assert_eq!(refusal(None, form).1, "parameter_repeated");
    }
}

#[test]
fn only_header_users_are_challenged_when_verification_fails() {
    assert!(
        extract(Some(&basic("app:s")), "")
            .unwrap()
            .refuse("x")
            .authenticate_basic
    );
    assert!(
        !extract(None, "client_id=app&client_secret=s")
            .unwrap()
            .refuse("x")
            .authenticate_basic
    );
}

proptest! {
    #[test]
    fn arbitrary_headers_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), encode in any::<bool>()) {
        let value = if encode { format!("Basic {}", STANDARD.encode(&bytes)).into_bytes() } else { bytes };
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value)]);
            let _ = Presented::extract(&headers, &Parameters::default());
        }
    }
}
