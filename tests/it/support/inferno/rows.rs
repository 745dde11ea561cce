//! The tests of the SMART App Launch kits, one function each, under the kits' names.

use super::super::app::{claims, jose_header};
use super::super::backend::JWT_BEARER;
use super::super::http::{RequestBuilderExt, Response};
use super::{BULK_CLIENT, CLIENT, Client, HOST, Launch, Session, Suite, text};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use axum::http::{Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wardkey::smart::TypeName;

/// The six addresses that discovery and CapabilityStatement share: names in either.
const OAUTH_URIS: [(&str, &str); 6] = [
    ("authorization_endpoint", "authorize"),
    ("token_endpoint", "token"),
    ("introspection_endpoint", "introspect"),
    ("management_endpoint", "manage"),
    ("registration_endpoint", "register"),
    ("revocation_endpoint", "revoke"),
];

#[track_caller]
pub(super) fn assert_json_type(response: &Response) {
    let content_type = response.header("content-type").expect("a content type");
    assert!(content_type.starts_with("application/json"), "{content_type}");
}

/// A list of texts with something in it.
#[track_caller]
pub(super) fn texts<'v>(body: &'v Value, member: &str) -> Vec<&'v str> {
    let list = body[member]
        .as_array()
        .unwrap_or_else(|| panic!("no list {member} in {body}"));
    assert!(!list.is_empty(), "{member} is empty");
    list.iter().map(|entry| entry.as_str().expect("a text")).collect()
}

#[track_caller]
pub(super) fn assert_open_to_host(response: &Response) {
    let origin = response.header("access-control-allow-origin");
    assert!(matches!(origin, Some(HOST | "*")), "{origin:?} in {response}");
}

/// A text that is not blank.
#[track_caller]
fn filled<'v>(body: &'v Value, member: &str) -> &'v str {
    let value = text(body, member);
    assert!(!value.trim().is_empty(), "{member} is blank");
    value
}

/// The words of a scope.
pub fn words(scope: &str) -> BTreeSet<&str> {
    scope.split(' ').collect()
}

/// T4 and T5 without `fhirContext`.
#[track_caller]
fn assert_token_body(body: &Value) {
    for member in ["access_token", "token_type", "scope"] {
        filled(body, member);
    }
    assert!(body["expires_in"].is_u64(), "expires_in is a JSON number: {body}");
    assert!(text(body, "token_type").eq_ignore_ascii_case("bearer"), "{body}");
    for optional in ["refresh_token", "id_token", "patient", "encounter"] {
        assert!(body.get(optional).is_none_or(Value::is_string), "{optional} in {body}");
    }
}

#[track_caller]
fn assert_not_kept(response: &Response) {
    let value = |name: &str| response.header(name).unwrap_or_default().to_owned();
    assert!(value("cache-control").contains("no-store"), "{response}");
    assert!(value("pragma").contains("no-cache"), "{response}");
}

// Discovery.
impl Session<'_> {
    pub async fn well_known_endpoint(&self) {
        let address = format!("{}/.well-known/smart-configuration", self.fhir_base());
        let request = Request::get(&address).header(header::ACCEPT, "application/json");
        let response = self.send(request.empty()).await.assert_status(200);
        assert_json_type(&response);
        assert!(response.json().is_object());
    }

    pub async fn well_known_capabilities_stu1(&self) {
        let body = self.discovery().await;
        filled(&body, "authorization_endpoint");
        filled(&body, "token_endpoint");
        texts(&body, "capabilities");
    }

    pub async fn well_known_capabilities_stu2(&self) {
        self.well_known_capabilities_stu1().await;
        let body = self.discovery().await;
        assert!(texts(&body, "grant_types_supported").contains(&"authorization_code"));
        let methods = texts(&body, "code_challenge_methods_supported");
        assert!(methods.contains(&"S256") && !methods.contains(&"plain"), "{methods:?}");
        assert!(texts(&body, "capabilities").contains(&"sso-openid-connect"));
        filled(&body, "issuer");
        filled(&body, "jwks_uri");
    }

    async fn security(&self) -> Value {
        let response = self.fhir(None, "metadata").await.assert_status(200);
        let rest = response.json()["rest"].clone();
        let has_code = |security: &&Value| {
            let services = security["service"].as_array().into_iter().flatten();
            let mut codings = services.flat_map(|service| service["coding"].as_array().into_iter().flatten());
            codings.any(|coding| coding["code"] == "SMART-on-FHIR")
        };
        let mut securities = rest.as_array().unwrap().iter().map(|rest| &rest["security"]);
        securities.find(has_code).expect("SMART-on-FHIR").clone()
    }

    async fn oauth_uris(&self) -> Value {
        let security = self.security().await;
        let url = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";
        let mut extensions = security["extension"].as_array().unwrap().iter();
        let uris = extensions.find(|one| one["url"] == url).expect("oauth-uris");
        let pairs = uris["extension"].as_array().unwrap().iter();
        pairs
            .map(|one| (text(one, "url").to_owned(), one["valueUri"].clone()))
            .collect()
    }

    /// STU1 discovery, Test03.
    pub async fn conformance_oauth_uris(&self) {
        let uris = self.oauth_uris().await;
        filled(&uris, "authorize");
        filled(&uris, "token");
    }

    /// STU1 discovery, Test04.
    pub async fn conformance_and_well_known_agree(&self) {
        let (uris, body) = (self.oauth_uris().await, self.discovery().await);
        for (in_discovery, in_statement) in OAUTH_URIS {
            assert_eq!(body.get(in_discovery), uris.get(in_statement), "{in_discovery}");
        }
    }

    pub async fn smart_cors_well_known_endpoint(&self) {
        let address = format!("{}/.well-known/smart-configuration", self.fhir_base());
        let request = Request::get(address).header(header::ORIGIN, HOST);
        assert_open_to_host(&self.send(request.empty()).await.assert_status(200));
    }

    pub async fn smart_cors_metadata_request(&self) {
        let request = Request::get(format!("{}/metadata", self.fhir_base())).header(header::ORIGIN, HOST);
        assert_open_to_host(&self.send(request.empty()).await.assert_status(200));
    }
}

// Launch and token.
impl Session<'_> {
    pub async fn smart_app_launch(&self) {
        let arrived = self.ehr_launches().await;
        let iss: Vec<_> = arrived.iter().filter(|(name, _)| name == "iss").collect();
        assert_eq!(iss.len(), 1);
        assert_eq!(iss[0].1, self.fhir_base());
    }

    pub async fn smart_launch_received(&self) {
        let arrived = self.ehr_launches().await;
        assert!(
            arrived
                .iter()
                .any(|(name, value)| name == "launch" && !value.trim().is_empty())
        );
    }

    /// What of the TLS tests concerns the server behind TLS: each address is https, and the kit's plain GET is answered.
    pub async fn smart_tls(&self) {
        for name in ["authorization_endpoint", "token_endpoint"] {
            let address = self.endpoint(name).await;
            assert!(address.starts_with("https://"), "{address}");
            let response = self.send(Request::get(&address).empty()).await;
            assert!(response.status.is_client_error(), "{response}");
        }
    }

    pub async fn smart_app_redirect(&self) {
        let launched = self.launch().await;
        assert!(
            launched.page.url.as_str().starts_with(&self.plan.redirect_uri()),
            "{}",
            launched.page
        );
    }

    /// Sent as a GET, and as a form that sends itself from another site.
    pub async fn smart_app_redirect_stu2(&self) {
        for post in [false, true] {
            let session = self.with_plan(super::Plan { post, ..self.plan });
            session.smart_app_redirect().await;
        }
    }

    pub(super) fn with_plan(&self, plan: super::Plan) -> Session<'_> {
        Session {
            tenant: self.tenant.clone(),
            plan,
            key: self.key,
            ehr: self.ehr,
        }
    }

    pub async fn smart_code_received(&self) {
        let launched = self.launch().await;
        assert!(!launched.code().is_empty());
    }

    pub async fn smart_token_exchange(&self) {
        let response = self.exchange(&self.launch().await).await.assert_status(200);
        assert!(response.json().is_object());
    }

    pub async fn smart_token_exchange_stu2(&self) {
        self.smart_token_exchange().await;
    }

    pub async fn smart_token_exchange_stu2_2(&self) {
        self.smart_token_exchange().await;
    }

    pub async fn smart_token_response_body(&self) {
        let body = self.tokens().await;
        assert_token_body(&body);
        assert!(
            words(text(&body, "scope")).is_subset(&words(self.plan.scopes)),
            "{body}"
        );
        // These kits take it for a list of texts.
        assert_eq!(body.get("fhirContext"), None);
    }

    pub async fn smart_token_response_body_stu2_2(&self) {
        let body = self.tokens().await;
        assert_token_body(&body);
        if self.plan.launch == Launch::Standalone {
            assert_eq!(body.get("fhirContext"), None);
            return;
        }
        let context = body["fhirContext"].as_array().expect("a list");
        assert_eq!(context.len(), 3);
        for item in context {
            let members = item.as_object().expect("an object");
            assert!(
                ["reference", "canonical", "identifier"]
                    .iter()
                    .any(|name| members.contains_key(*name))
            );
            if let Some(reference) = item["reference"].as_str() {
                let (kind, id) = reference.split_once('/').expect("Type/id");
                assert!(TypeName::parse(kind).is_ok() && !id.is_empty() && !id.contains('/'));
            }
            if let Some(canonical) = item["canonical"].as_str() {
                assert!(canonical.starts_with("http"));
                let kind = canonical.rsplit('/').nth(1).unwrap();
                assert!(TypeName::parse(kind).is_ok(), "{canonical}");
            }
            assert!(item.get("identifier").is_none_or(Value::is_object));
            if let Some(kind) = item["type"].as_str() {
                assert!(TypeName::parse(kind).is_ok());
            }
        }
    }

    pub async fn smart_token_response_headers(&self) {
        assert_not_kept(&self.exchange(&self.launch().await).await.assert_status(200));
    }

    pub async fn smart_cors_token_exchange(&self) {
        assert_eq!(
            (self.plan.client, self.plan.suite),
            (Client::Public, Suite::Stu22),
            "the kit omits it for others"
        );
        assert_open_to_host(&self.exchange(&self.launch().await).await.assert_status(200));
    }
}

// OpenID Connect.
impl Session<'_> {
    async fn id_token(&self) -> String {
        filled(&self.tokens().await, "id_token").to_owned()
    }

    pub async fn smart_openid_decode_id_token(&self) {
        let token = self.id_token().await;
        assert!(jose_header(&token).is_object() && claims(&token).is_object());
    }

    async fn openid_configuration(&self, id_token: &str) -> Response {
        let issuer = text(&claims(id_token), "iss").trim_end_matches('/').to_owned();
        let address = format!("{issuer}/.well-known/openid-configuration");
        self.send(Request::get(address).empty()).await.assert_status(200)
    }

    pub async fn smart_openid_retrieve_configuration(&self) {
        let response = self.openid_configuration(&self.id_token().await).await;
        assert_json_type(&response);
        assert!(response.json().is_object());
    }

    pub async fn smart_openid_required_configuration_fields(&self) {
        let body = self.openid_configuration(&self.id_token().await).await.json();
        for member in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"] {
            filled(&body, member);
        }
        texts(&body, "response_types_supported");
        texts(&body, "subject_types_supported");
        assert!(texts(&body, "id_token_signing_alg_values_supported").contains(&"RS256"));
    }

    async fn jwks(&self, id_token: &str) -> Vec<Value> {
        let address = text(&self.openid_configuration(id_token).await.json(), "jwks_uri").to_owned();
        let body = self.send(Request::get(address).empty()).await.assert_status(200).json();
        body["keys"].as_array().expect("keys").clone()
    }

    pub async fn smart_openid_retrieve_jwks(&self) {
        let keys = self.jwks(&self.id_token().await).await;
        let rsa: Vec<_> = keys.iter().filter(|key| key["kty"] == "RSA").collect();
        assert!(!rsa.is_empty());
        for key in rsa {
            for member in ["n", "e"] {
                assert!(!URL_SAFE_NO_PAD.decode(text(key, member)).unwrap().is_empty());
            }
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert_eq!(key.get(private), None);
            }
        }
    }

    pub async fn smart_openid_token_header(&self) {
        let token = self.id_token().await;
        let header = jose_header(&token);
        assert_eq!(header["alg"], "RS256");
        let keys = self.jwks(&token).await;
        assert!(
            keys.iter()
                .any(|key| key["kty"] == "RSA" && key["kid"] == header["kid"])
        );
    }

    pub async fn smart_openid_token_payload(&self) {
        let token = self.id_token().await;
        let (header, body) = (jose_header(&token), claims(&token));
        let keys = self.jwks(&token).await;
        let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
        let bytes = |member: &str| URL_SAFE_NO_PAD.decode(text(key, member)).unwrap();
        let public = RsaPublicKeyComponents {
            n: bytes("n"),
            e: bytes("e"),
        };
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let verified = public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature);
        assert!(verified.is_ok(), "the signature of {token}");
        let configuration = self.openid_configuration(&token).await.json();
        assert_eq!(body["iss"], configuration["issuer"]);
        assert_eq!(body["aud"], CLIENT);
        let (issued, expires) = (body["iat"].as_i64().unwrap(), body["exp"].as_i64().unwrap());
        let now = self.tenant.app.now().seconds();
        assert!(expires > now && issued <= now, "{body}");
        assert!((1..256).contains(&filled(&body, "sub").len()));
    }

    async fn fhir_user(&self, origin: bool) -> (String, Response) {
        let tokens = self.tokens().await;
        let user = text(&claims(text(&tokens, "id_token")), "fhirUser").to_owned();
        let resource = user
            .strip_prefix(&format!("{}/", self.fhir_base()))
            .expect("below the FHIR base")
            .to_owned();
        let mut request = Request::get(&user).bearer(text(&tokens, "access_token"));
        if origin {
            request = request.header(header::ORIGIN, HOST);
        }
        (resource, self.send(request.empty()).await.assert_status(200))
    }

    pub async fn smart_openid_fhir_user_claim(&self) {
        let (resource, response) = self.fhir_user(false).await;
        let (kind, id) = resource.split_once('/').unwrap();
        assert!(
            ["Patient", "Practitioner", "RelatedPerson", "Person"].contains(&kind),
            "{kind}"
        );
        assert_eq!(
            (text(&response.json(), "resourceType"), text(&response.json(), "id")),
            (kind, id)
        );
    }

    pub async fn smart_cors_openid_fhir_user_claim(&self) {
        assert_open_to_host(&self.fhir_user(true).await.1);
    }
}

// Refresh, without and with scopes.
impl Session<'_> {
    /// The tokens, and the answer to a refresh.
    async fn refreshed(&self, with_scopes: bool) -> (Value, Response) {
        let tokens = self.tokens().await;
        let scope = with_scopes.then(|| text(&tokens, "scope"));
        let response = self
            .refresh(filled(&tokens, "refresh_token"), scope)
            .await
            .assert_status(200);
        (tokens, response)
    }

    pub async fn smart_token_refresh(&self) {
        assert!(self.refreshed(false).await.1.json().is_object());
    }

    pub async fn smart_token_refresh_stu2(&self) {
        self.smart_token_refresh().await;
    }

    pub async fn smart_token_refresh_with_scopes(&self) {
        assert!(self.refreshed(true).await.1.json().is_object());
    }

    #[track_caller]
    fn assert_refresh_body(before: &Value, after: &Value) {
        assert_token_body(after);
        let (old, new) = (words(text(before, "scope")), words(text(after, "scope")));
        assert!(new.is_subset(&old), "{new:?} {old:?}");
        assert_eq!(before["patient"], after["patient"]);
    }

    pub async fn smart_token_refresh_body(&self) {
        let (before, after) = self.refreshed(false).await;
        Self::assert_refresh_body(&before, &after.json());
    }

    pub async fn smart_token_refresh_body_with_scopes(&self) {
        let (before, after) = self.refreshed(true).await;
        Self::assert_refresh_body(&before, &after.json());
        assert_eq!(before["scope"], after.json()["scope"]);
    }

    pub async fn smart_token_refresh_headers(&self) {
        for with_scopes in [false, true] {
            assert_not_kept(&self.refreshed(with_scopes).await.1);
        }
    }
}

// Backend services.
impl Session<'_> {
    /// The kit's request with members replaced.
    async fn backend(&self, changes: &[(&str, &str)]) -> Response {
        let endpoint = self.endpoint("token_endpoint").await;
        let assertion = self.key.sign(&self.assertion_claims(BULK_CLIENT, &endpoint));
        let mut form = vec![
            ("scope", "system/*.rs"),
            ("grant_type", "client_credentials"),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion.as_str()),
        ];
        for (name, value) in changes {
            form.retain(|(known, _)| known != name);
            form.push((name, value));
        }
        let request = Request::post(endpoint).header(header::ACCEPT, "application/json");
        self.send(request.form(&form)).await
    }

    pub async fn smart_backend_services_token_tls_version(&self) {
        self.smart_tls().await;
    }

    pub async fn smart_backend_services_invalid_grant_type(&self) {
        let response = self.backend(&[("grant_type", "not_a_grant_type")]).await;
        response.assert_error(400, "unsupported_grant_type");
    }

    pub async fn smart_backend_services_invalid_client_assertion(&self) {
        let response = self
            .backend(&[("client_assertion_type", "not_an_assertion_type")])
            .await;
        assert!(matches!(response.status.as_u16(), 400 | 401), "{response}");
        assert_eq!(response.json()["error"], "invalid_client");
    }

    /// The kit sends a valid JWT under another assertion type; an invalid JWT is what its name promises.
    pub async fn smart_backend_services_invalid_jwt(&self) {
        self.smart_backend_services_invalid_client_assertion().await;
        let endpoint = self.endpoint("token_endpoint").await;
        let assertion = self.ehr.sign(&self.assertion_claims(BULK_CLIENT, &endpoint));
        let response = self.backend(&[("client_assertion", &assertion)]).await;
        assert!(matches!(response.status.as_u16(), 400 | 401), "{response}");
        assert_eq!(response.json()["error"], "invalid_client");
    }

    pub async fn smart_backend_services_auth_request_success(&self) {
        self.backend(&[]).await.assert_status(200);
    }

    pub async fn smart_backend_services_auth_response_body(&self) {
        let response = self.backend(&[]).await.assert_status(200);
        assert_not_kept(&response);
        let body = response.json();
        assert_token_body(&body);
        assert_eq!(body["scope"], "system/*.rs");
        assert!(body["expires_in"].as_u64().unwrap() <= 300);
        assert_eq!(body.get("refresh_token"), None);
    }
}

// Introspection.
impl Session<'_> {
    pub async fn smart_token_introspection_active_request(&self) {
        let response = self.introspect(text(&self.tokens().await, "access_token")).await;
        assert_json_type(&response.assert_status(200));
    }

    pub async fn smart_token_introspection_invalid_request(&self) {
        assert_json_type(&self.introspect("invalid_token_value").await.assert_status(200));
    }

    pub async fn smart_token_introspection_active_response(&self) {
        let tokens = self.tokens().await;
        let body = self
            .introspect(text(&tokens, "access_token"))
            .await
            .assert_status(200)
            .json();
        assert_eq!(body["active"], json!(true));
        assert_eq!(body["client_id"], CLIENT);
        let count = |scope: &Value| scope.as_str().unwrap().split(' ').count();
        assert_eq!(words(text(&body, "scope")), words(text(&tokens, "scope")));
        assert_eq!(count(&body["scope"]), count(&tokens["scope"]));
        let left = body["exp"].as_i64().unwrap() - self.tenant.app.now().seconds();
        assert_eq!(Some(left), tokens["expires_in"].as_i64());
        let context = [
            "patient",
            "encounter",
            "fhirContext",
            "need_patient_banner",
            "intent",
            "smart_style_url",
            "tenant",
        ];
        for member in context {
            assert_eq!(body.get(member), tokens.get(member), "{member}");
        }
        let identity = claims(text(&tokens, "id_token"));
        for member in ["iss", "sub", "fhirUser"] {
            assert_eq!(body[member], identity[member], "{member}");
        }
    }

    pub async fn smart_token_introspection_invalid_response(&self) {
        assert_eq!(
            self.introspect("invalid_token_value").await.json(),
            json!({ "active": false })
        );
    }
}
