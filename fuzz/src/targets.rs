//! What is fuzzed, as plain functions: each takes any bytes and panics when a promise is broken. The fuzzer calls them with what
//! it finds, and a test of the normal suite calls them with every file of `fuzz/corpus`.
#![allow(dead_code, reason = "each fuzz target is a binary of its own and calls one of these")]

use axum::http::{HeaderMap, HeaderValue, header};
use serde_json::Value;
use std::sync::LazyLock;
use std::time::Duration;
use wardkey::federation::saml::{Answers, Expectation, IdpMetadata, Require, ServiceProvider, accept, accept_xml};
use wardkey::kernel::Timestamp;
use wardkey::oauth::client::{ApplicationType, ClientId};
use wardkey::oauth::client_authentication::Presented;
use wardkey::oauth::client_registration::ClientRegistration;
use wardkey::oauth::dpop::{self, NoncePolicy, Target};
use wardkey::oauth::jose::verify::Expiry;
use wardkey::oauth::jose::{Audience, JwkSet, Rules, SigningAlgorithm, UnverifiedJwt, VerificationKeys};
use wardkey::oauth::pkce::CodeChallenge;
use wardkey::oauth::prompt::{Prompt, max_age_from_request};
use wardkey::oauth::redirect_uri::{RegisteredBy, RegisteredRedirectUri, matches};
use wardkey::oauth::response_type::{ResponseMode, check_response_type};
use wardkey::oauth::{OAuthError, Parameters};
use wardkey::smart::authorization_details::FhirLocation;
use wardkey::smart::{AuthorizationDetails, ScopeSet};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// RFC 6749 section 5.2: whatever is echoed, the description keeps to its characters.
fn check_error(error: &OAuthError) {
    let allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    assert!(error.told().bytes().all(allowed), "{error}");
    assert!(error.told().len() < 700, "{error}");
}

/// Printing and reading again changes nothing, and the set algebra keeps its laws.
pub fn scope(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(parsed) = ScopeSet::parse(text) else { return };
    let set = parsed.scopes;
    let again = ScopeSet::parse(&set.print());
    if set.is_empty() {
        return;
    }
    let again = again.expect("what was printed can be read").scopes;
    assert_eq!(again.print(), set.print());
    assert!(set.covers(&set));
    let normal = set.normalise();
    assert!(normal.covers(&set) && set.covers(&normal), "{text}");
    assert!(set.covers(&set.intersect(&normal)));
    assert!(set.union(&normal).covers(&set));
}

/// What is read is kept as it is, and no token gets more than was granted, or than was asked for at its server.
pub fn authorization_details(data: &[u8]) {
    const BASES: [&str; 2] = ["https://f/r4", "https://f/r5"];
    let Some(text) = text(data) else { return };
    let find = |address: &str| {
        let base = BASES.into_iter().find(|base| *base == address)?;
        Some(FhirLocation {
            base: base.to_owned(),
            versions: vec!["4.0.1".to_owned()],
        })
    };
    let beside = ScopeSet::parse("openid patient/*.rs offline_access").unwrap().scopes;
    let details = match AuthorizationDetails::read(text, beside, &find) {
        Ok(details) => details,
        Err(error) => return assert!(error.to_string().len() < 300, "{error}"),
    };
    let kept = serde_json::to_string(&details).unwrap();
    assert_eq!(serde_json::from_str::<AuthorizationDetails>(&kept).unwrap(), details);
    let requested = details.requested();
    for granted in [
        "",
        "openid patient/Observation.rs",
        "patient/*.cruds user/*.rs system/*.cruds",
    ] {
        let granted = ScopeSet::parse(granted).unwrap().scopes;
        for base in BASES {
            let at = details.scope_at(base, &granted);
            assert!(granted.covers(&at), "{at} at {base}");
            assert!(granted.is_empty() || requested.covers(&at.filter(|scope| scope.as_resource().is_some())));
            let location = find(base).unwrap();
            for detail in details.at(&location, &at) {
                assert!(at.covers(&ScopeSet::parse(&detail.scope).unwrap().scopes));
            }
        }
    }
}

/// Every reader of an authorization request.
pub fn authorize_query(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let parameters = match Parameters::parse_query(text) {
        Ok(parameters) => parameters,
        Err(error) => return check_error(&error.into()),
    };
    // What is pushed is kept encoded, and read again (RFC 9126).
    let again = Parameters::parse_query(&parameters.encode()).expect("what was encoded can be read");
    assert!(again.iter().eq(parameters.iter()));
    if let Err(error) = parameters.check_no_repeats(&["resource"]) {
        check_error(&error.into());
    }
    let one = |name: &str| parameters.one(name).ok().flatten();
    let results = [
        check_response_type(one("response_type")).err(),
        ResponseMode::from_request(one("response_mode"), true).err(),
        Prompt::from_request(one("prompt")).err(),
        max_age_from_request(one("max_age")).err(),
        CodeChallenge::from_request(one("code_challenge"), one("code_challenge_method"))
            .err()
            .map(OAuthError::from),
        one("dpop_jkt").and_then(|text| dpop::check_thumbprint(text).err()),
        parameters.required("scope").err(),
    ];
    results.iter().flatten().for_each(check_error);
}

/// The first line is an `Authorization` header, the rest a form.
pub fn token_form(data: &[u8]) {
    let end = data.iter().position(|&byte| byte == b'\n').unwrap_or(0);
    let (header, form) = data.split_at(end);
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(header)
        && !header.is_empty()
    {
        headers.insert(header::AUTHORIZATION, value);
    }
    let form = match Parameters::parse_form(form) {
        Ok(form) => form,
        Err(error) => return check_error(&error.into()),
    };
    match Presented::extract(&headers, &form) {
        Ok(presented) => {
            let id = presented.client_id().as_str();
            assert!(!id.is_empty() && id.len() <= 128 && id.is_ascii(), "{id:?}");
            check_error(&presented.refuse("client_unknown"));
        }
        Err(error) => check_error(&error),
    }
}

/// A key set nobody has the private keys of: nothing that is made up may verify with it.
static KEYS: LazyLock<VerificationKeys> = LazyLock::new(|| {
    let set: JwkSet = serde_json::from_str(include_str!("keys.json")).expect("the keys of the targets");
    VerificationKeys::from_jwk_set(&set)
});

/// A JWT from a stranger.
pub fn jwt(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(jwt) = UnverifiedJwt::parse(text) else { return };
    for text in [jwt.kid(), jwt.key_url(), jwt.unverified_claim("sub")]
        .into_iter()
        .flatten()
    {
        assert!(text.len() <= data.len());
    }
    let rules = Rules {
        algorithms: &SigningAlgorithm::ALL,
        types: &["at+jwt", "JWT"],
        type_may_be_absent: true,
        issuer: "https://auth.example/northside/auth",
        audience: Audience::Contains("https://auth.example/northside/fhir"),
        expiry: Expiry::Required,
        skew: Duration::from_mins(1),
    };
    assert!(
        jwt.verify::<Value>(&KEYS, &rules, NOW).is_err(),
        "a made-up token verifies"
    );
}

/// A DPoP header. Its key is in it, so that a proof of somebody's own is right; then its parts are what they have to be.
pub fn dpop_header(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let target = Target {
        method: "POST",
        url: "https://auth.example/northside/auth/token",
        access_token: None,
    };
    match dpop::verify(text, target, NoncePolicy::default(), |_| false, NOW) {
        Ok(proof) => assert_eq!(proof.thumbprint.len(), 43),
        Err(error) => check_error(&error.into()),
    }
}

/// The body of a registration.
pub fn client_metadata(data: &[u8]) {
    let Ok(registration) = serde_json::from_slice::<ClientRegistration>(data) else {
        return;
    };
    let id = || ClientId::parse("fuzzed").expect("a client id");
    for by in [RegisteredBy::Client, RegisteredBy::Administrator] {
        match registration.clone().validate(id(), by) {
            Ok(client) => {
                let stored = serde_json::to_value(&client).expect("a client can be stored");
                let read: wardkey::oauth::Client = serde_json::from_value(stored.clone()).expect("and read");
                assert_eq!(serde_json::to_value(&read).expect("again"), stored);
                if by == RegisteredBy::Client {
                    assert!(!client.verified, "an app calls itself verified");
                }
            }
            Err(faults) => assert!(!faults.is_empty()),
        }
    }
}

/// A registered address, and after a line break the one that is presented.
pub fn redirect_uri(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let (registered, presented) = text.split_once('\n').unwrap_or((text, text));
    for application in [ApplicationType::Web, ApplicationType::Native] {
        for by in [RegisteredBy::Client, RegisteredBy::Administrator] {
            let Ok(known) = RegisteredRedirectUri::parse(registered, application, by) else {
                continue;
            };
            assert_eq!(known.as_str(), registered, "an address is kept as it was registered");
            let own = matches(std::slice::from_ref(&known), application, registered).expect("an address fits itself");
            let answer = own.authorization_response(&[("code", "a b&c"), ("state", "é\n")]);
            assert!(
                answer.starts_with(registered) && HeaderValue::from_str(&answer).is_ok(),
                "{answer}"
            );
            if let Some(found) = matches(&[known], application, presented) {
                // The same address, or the same but for the port of a native app's loopback address.
                let loopback = ["http://127.0.0.1", "http://[::1]", "http://localhost"]
                    .iter()
                    .any(|start| registered.starts_with(start) && presented.starts_with(start));
                assert!(
                    presented == registered || (application == ApplicationType::Native && loopback),
                    "{registered:?} is taken for {presented:?}"
                );
                assert_eq!(found.as_str(), presented);
            }
        }
    }
}

struct Provider {
    party: ServiceProvider,
    metadata: IdpMetadata,
    request: String,
    now: Timestamp,
    good: &'static str,
}

/// A real provider, its real response and the moment of it.
static PROVIDER: LazyLock<Provider> = LazyLock::new(|| {
    let good = include_str!("../../tests/it/golden/saml/pysaml2.response.xml");
    let attribute = |name: &str| {
        let (_, rest) = good.split_once(&format!(" {name}=\"")).expect("an attribute");
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    let format = &time::format_description::well_known::Rfc3339;
    let issued = time::OffsetDateTime::parse(&attribute("IssueInstant"), format).expect("a time");
    let now = Timestamp::from_seconds(issued.unix_timestamp());
    let metadata = include_str!("../../tests/it/golden/saml/pysaml2.metadata.xml");
    Provider {
        party: ServiceProvider::new("https://auth.test/northside/auth", "hospital"),
        metadata: IdpMetadata::parse(metadata, None, None, now).expect("the provider's metadata"),
        request: attribute("InResponseTo"),
        now,
        good,
    }
});

/// A SAML response, as XML or as the form parameter. Whatever is accepted is what the provider said.
pub fn saml_response(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let provider = &*PROVIDER;
    let expected = Expectation {
        sp_entity_id: &provider.party.entity_id,
        acs_url: &provider.party.acs_url,
        idp_entity_id: &provider.metadata.entity_id,
        keys: &provider.metadata.keys,
        decryption: &[],
        require: Require::Either,
        skew: Duration::from_mins(1),
        answers: Answers::Request {
            id: &provider.request,
            authenticated_since: None,
            contexts: &[],
        },
        now: provider.now,
    };
    let results = [accept_xml(text, &expected), accept(text, &expected)];
    for accepted in results.into_iter().flatten() {
        let genuine = accept_xml(provider.good, &expected).expect("the genuine response");
        assert_eq!(accepted.name_id, genuine.name_id);
        assert_eq!(accepted.assertion_id, genuine.assertion_id);
        assert_eq!(accepted.attributes, genuine.attributes);
    }
}
