//! Reading what a developer pastes: an error in any of the forms in which they come, or an authorization request.

use crate::kernel::id::RequestId;
use crate::smart::ScopeSet;
use crate::web::pages::{Finding, RequestFault};
use crate::web::short_codes;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

/// Most things that are told of one text.
const MOST: usize = 12;
/// Parameters of an authorization request that may be there several times (RFC 8707 section 2).
const REPEATABLE: [&str; 1] = ["resource"];

/// What there is to say of a text.
pub(super) fn findings(text: &str) -> Vec<Finding> {
    let text = text.trim();
    let pairs = pairs_of(text);
    let has = |name: &str| pairs.iter().any(|(found, _)| found == name);
    let mut found = Vec::new();
    if !has("error") && !has("code") && (has("response_type") || (has("client_id") && has("redirect_uri"))) {
        let faults = faults_of(&pairs);
        if faults.is_empty() {
            found.push(Finding::RequestInOrder);
        }
        found.extend(faults.into_iter().map(Finding::Fault));
        found.truncate(MOST);
        return found;
    }
    let values: Vec<&str> = pairs.iter().map(|(_, value)| value.as_str()).collect();
    let decoded = values.join(" ");
    for word in words_of(text).chain(words_of(&decoded)) {
        if let Ok(id) = word.parse::<RequestId>() {
            let id = id.to_string();
            if !found
                .iter()
                .any(|known| matches!(known, Finding::Request(known) if *known == id))
            {
                found.push(Finding::Request(id));
            }
        } else if let Some(short) = short_codes::find(word)
            && !found
                .iter()
                .any(|known| matches!(known, Finding::Code(known) if *known == short))
        {
            found.push(Finding::Code(short));
        }
    }
    let told = found.iter().any(|known| matches!(known, Finding::Code(_)));
    if !told && let Some(error) = error_of(text, &pairs) {
        found.insert(0, Finding::Error(error));
    }
    found.truncate(MOST);
    found
}

/// Whatever could be a code or an id.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let inside = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.split(move |letter| !inside(letter))
        .filter(|word| word.contains('_'))
}

/// The parameters of an address, of its fragment, or of a form.
fn pairs_of(text: &str) -> Vec<(String, String)> {
    let read = |encoded: &str| -> Vec<(String, String)> {
        url::form_urlencoded::parse(encoded.trim().as_bytes())
            .into_owned()
            .collect()
    };
    if let Ok(url) = Url::parse(text) {
        let mut pairs = read(url.query().unwrap_or_default());
        pairs.extend(read(url.fragment().unwrap_or_default()));
        return pairs;
    }
    if text.starts_with('{') || !text.contains('=') || text.contains(": ") {
        return Vec::new();
    }
    read(text.rsplit('?').next().unwrap_or(text))
}

/// The error of the protocol: of a JSON answer, of a redirect, of a header, or alone.
fn error_of(text: &str, pairs: &[(String, String)]) -> Option<String> {
    let plain = |error: &str| {
        let letters = !error.is_empty() && error.len() <= 60;
        let plain = error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        (letters && plain).then(|| error.to_owned())
    };
    if let Ok(answer) = serde_json::from_str::<serde_json::Value>(text) {
        return answer.get("error").and_then(serde_json::Value::as_str).and_then(plain);
    }
    if let Some((_, error)) = pairs.iter().find(|(name, _)| name == "error") {
        return plain(error);
    }
    if let Some((_, rest)) = text.split_once("error=\"") {
        return rest.split('"').next().and_then(plain);
    }
    plain(text).filter(|error| error.contains('_'))
}

/// What is wrong with an authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3, SMART App Launch 2.2 "Obtain
/// authorization code"), as far as it can be seen from outside.
fn faults_of(pairs: &[(String, String)]) -> Vec<RequestFault> {
    let mut faults = Vec::new();
    let value = |name: &str| {
        let found = pairs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    };
    for (place, (name, _)) in pairs.iter().enumerate() {
        let before = pairs.iter().take(place).filter(|(known, _)| known == name).count();
        if before == 1 && !REPEATABLE.contains(&name.as_str()) {
            faults.push(RequestFault::Repeated(name.clone()));
        }
    }
    // What was pushed or signed stands elsewhere (RFC 9126, RFC 9101).
    if value("request_uri").is_some() || value("request").is_some() {
        if value("client_id").is_none() {
            faults.push(RequestFault::Missing("client_id"));
        }
        return faults;
    }
    match value("response_type") {
        None => faults.push(RequestFault::Missing("response_type")),
        Some("code") => {}
        Some(_) => faults.push(RequestFault::ResponseType),
    }
    for name in ["client_id", "redirect_uri", "state", "scope"] {
        if value(name).is_none() {
            faults.push(RequestFault::Missing(name));
        }
    }
    let absolute = |text: &str| Url::parse(text).is_ok_and(|url| url.fragment().is_none());
    if value("redirect_uri").is_some_and(|uri| !absolute(uri)) {
        faults.push(RequestFault::Redirect);
    }
    match value("aud").or_else(|| value("resource")) {
        None => faults.push(RequestFault::Missing("aud")),
        Some(aud) if !absolute(aud) || Url::parse(aud).is_ok_and(|url| url.query().is_some()) => {
            faults.push(RequestFault::Audience);
        }
        Some(_) => {}
    }
    match (value("code_challenge"), value("code_challenge_method")) {
        (None, _) => faults.push(RequestFault::NoPkce),
        (Some(challenge), Some("S256")) => {
            let is_hash = URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|hash| hash.len() == 32);
            if !is_hash {
                faults.push(RequestFault::Challenge);
            }
        }
        (Some(_), _) => faults.push(RequestFault::PlainPkce),
    }
    let scope = value("scope").unwrap_or_default();
    if let Ok(parsed) = ScopeSet::parse(scope) {
        let refused = parsed.refused.into_iter();
        faults.extend(refused.map(|(scope, why)| RequestFault::Scope(scope, why.to_string())));
    }
    let asks_launch = scope.split(' ').any(|one| one == "launch");
    match (asks_launch, value("launch").is_some()) {
        (true, false) => faults.push(RequestFault::LaunchWithoutParameter),
        (false, true) => faults.push(RequestFault::LaunchWithoutScope),
        _ => {}
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "https://auth.example/northside/auth/authorize?response_type=code&client_id=growth&state=x\
        &redirect_uri=https%3A%2F%2Fapp.example%2Fcb&aud=https%3A%2F%2Ffhir.example%2Fr4&scope=openid+patient%2F*.rs\
        &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

    fn codes(text: &str) -> Vec<&'static str> {
        findings(text)
            .into_iter()
            .filter_map(|finding| match finding {
                Finding::Code(short) => Some(short.code),
                _ => None,
            })
            .collect()
    }

    fn faults(text: &str) -> Vec<RequestFault> {
        findings(text)
            .into_iter()
            .filter_map(|finding| match finding {
                Finding::Fault(fault) => Some(fault),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn a_short_code_is_found_in_every_form_in_which_errors_come() {
        for text in [
            "pkce_missing",
            "https://auth.example/errors/pkce_missing",
            r#"{"error":"invalid_request","error_description":"code_challenge is missing (pkce_missing)"}"#,
            "https://app.example/cb?error=invalid_request&error_description=Missing+%28pkce_missing%29&state=x",
            "https://app.example/cb#error=invalid_request&error_uri=https%3A%2F%2Fauth.example%2Ferrors%2Fpkce_missing",
        ] {
            assert_eq!(codes(text), ["pkce_missing"], "{text}");
        }
    }

    #[test]
    fn an_error_without_a_short_code_is_explained_by_its_name() {
        for text in [
            "invalid_grant",
            r#"{"error":"invalid_grant"}"#,
            "https://app.example/cb?error=invalid_grant",
            r#"Bearer error="invalid_grant""#,
        ] {
            let found = findings(text);
            assert!(
                matches!(found.as_slice(), [Finding::Error(error)] if error == "invalid_grant"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_request_id_is_told_apart() {
        let id = "req_018f3d5e7c9a7b3c8d1e2f3a4b5c6d7e";
        let found = findings(&format!("x-request-id: {id}"));
        assert!(matches!(found.as_slice(), [Finding::Request(found)] if found == id));
    }

    #[test]
    fn a_request_in_order_has_no_fault() {
        assert!(matches!(findings(GOOD).as_slice(), [Finding::RequestInOrder]));
    }

    #[test]
    fn each_fault_of_a_request_is_named() {
        let cases = [
            ("response_type=code", "response_type=token", RequestFault::ResponseType),
            ("&state=x", "", RequestFault::Missing("state")),
            ("&aud=https%3A%2F%2Ffhir.example%2Fr4", "", RequestFault::Missing("aud")),
            ("fhir.example%2Fr4", "fhir.example%2Fr4%3Fa%3Db", RequestFault::Audience),
            ("app.example%2Fcb", "app.example%2Fcb%23x", RequestFault::Redirect),
            ("method=S256", "method=plain", RequestFault::PlainPkce),
            ("E9Melhoa2", "", RequestFault::Challenge),
            ("openid+", "openid+launch+", RequestFault::LaunchWithoutParameter),
            ("&state=x", "&state=x&launch=y", RequestFault::LaunchWithoutScope),
            (
                "&state=x",
                "&state=x&state=y",
                RequestFault::Repeated("state".to_owned()),
            ),
        ];
        for (part, by, fault) in cases {
            let text = GOOD.replacen(part, by, 1);
            assert_ne!(text, GOOD, "{part}");
            assert_eq!(faults(&text), [fault], "{text}");
        }
        let unknown = faults(&GOOD.replacen("openid+", "openid+patients+", 1));
        assert!(matches!(unknown.as_slice(), [RequestFault::Scope(scope, _)] if scope == "patients"));
    }

    #[test]
    fn what_says_nothing_is_not_guessed_at() {
        for text in ["", "hello", "it does not work", "{", "https://app.example/"] {
            assert!(findings(text).is_empty(), "{text}");
        }
    }
}
