//! Clients that authenticate with certificates, and tokens bound to them (RFC 8705).

use crate::support::app::{PUBLIC, REDIRECT_URI, SECRET, TestApp, TestTenant, VERIFIER, claims};
use crate::support::certificates::{Authority, MutualTls, lab, thumbprint, with};
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::KeyPair;
use serde_json::{Value, json};
use wardkey::web::{ClientCertificateHeader, PeerAddress, TrustedProxies};

const CLIENT: &str = "lab-system";
const DN: &str = "CN=lab.northside.test,O=Northside Lab";

async fn set(tenant: &TestTenant<'_>, settings: &[(&str, &str)]) {
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    tenant.app.platform.set_settings(&tenant.slug, &settings).await.unwrap();
}

const METHODS: &str = "client_secret_basic,private_key_jwt,none,tls_client_auth,self_signed_tls_client_auth";

/// A tenant that trusts the authority, with a backend service that authenticates as described.
async fn hospital<'a>(app: &'a TestApp, slug: &str, authority: &Authority, members: Value) -> TestTenant<'a> {
    let tenant = app.tenant(slug).await;
    let authorities = json!([authority.pem()]).to_string();
    let settings = [
        ("client_authentication_methods", METHODS),
        ("client_certificate_authorities", &authorities),
    ];
    set(&tenant, &settings).await;
    let mut metadata = json!({
        "grant_types": ["client_credentials"], "response_types": [], "redirect_uris": [], "scope": "system/*.rs",
    });
    for (name, value) in members.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    tenant.client(CLIENT, metadata).await;
    tenant
}

fn by_name() -> Value {
    json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": DN,
        "tls_client_certificate_bound_access_tokens": true })
}

fn token_request(tenant: &TestTenant<'_>) -> Request<Body> {
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "system/*.rs"),
        ("client_id", CLIENT),
    ];
    Request::post(tenant.path("token")).form(&form)
}

async fn ask(tenant: &TestTenant<'_>, certificate: &[u8]) -> Response {
    tenant.app.router.send(with(certificate, token_request(tenant))).await
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_authenticates_and_binds_the_token() {
    let app = TestApp::new().await;
    let authority = Authority::new("Northside CA");
    let tenant = hospital(&app, "northside", &authority, by_name()).await;
    let (certificate, ..) = authority.issue();
    let tokens = ask(&tenant, &certificate).await.assert_status(200).json();
    assert_eq!(tokens["token_type"], "Bearer");
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(claims(token)["cnf"]["x5t#S256"], thumbprint(&certificate));
    let told = tenant.introspect(token).await;
    assert_eq!(told["cnf"]["x5t#S256"], thumbprint(&certificate));
    assert_eq!(told["token_type"], "Bearer");
}

#[tokio::test]
async fn each_kind_of_subject_is_matched_exactly() {
    let app = TestApp::new().await;
    let authority = Authority::new("Northside CA");
    let (certificate, ..) = authority.issue();
    for (slug, member, value, matches) in [
        (
            "dn-order",
            "tls_client_auth_subject_dn",
            "cn=LAB.northside.test, o=Northside  Lab",
            true,
        ),
        ("dn-other", "tls_client_auth_subject_dn", "CN=lab.northside.test", false),
        (
            "dn-swapped",
            "tls_client_auth_subject_dn",
            "O=Northside Lab,CN=lab.northside.test",
            false,
        ),
        ("dns", "tls_client_auth_san_dns", "Lab.Northside.test", true),
        ("dns-part", "tls_client_auth_san_dns", "northside.test", false),
        ("uri", "tls_client_auth_san_uri", "https://lab.northside.test/id", true),
        (
            "uri-slash",
            "tls_client_auth_san_uri",
            "https://lab.northside.test/id/",
            false,
        ),
        ("ip", "tls_client_auth_san_ip", "192.0.2.7", true),
        ("ip-other", "tls_client_auth_san_ip", "192.0.2.8", false),
        ("email", "tls_client_auth_san_email", "lab@northside.test", true),
        (
            "email-other",
            "tls_client_auth_san_email",
            "other@northside.test",
            false,
        ),
    ] {
        let members = json!({ "token_endpoint_auth_method": "tls_client_auth", member: value });
        let tenant = hospital(&app, slug, &authority, members).await;
        let answer = ask(&tenant, &certificate).await;
        let expected = if matches { 200 } else { 401 };
        assert_eq!(answer.status, expected, "{value}: {answer}");
    }
}

#[tokio::test]
async fn what_another_tenant_trusts_counts_for_nothing() {
    let app = TestApp::new().await;
    let (ours, theirs) = (Authority::new("Northside CA"), Authority::new("Southside CA"));
    let north = hospital(&app, "northside", &ours, by_name()).await;
    let south = hospital(&app, "southside", &theirs, by_name()).await;
    let (certificate, ..) = theirs.issue();
    ask(&south, &certificate).await.assert_status(200);
    ask(&north, &certificate).await.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn without_a_certificate_or_with_an_expired_one_the_client_is_refused() {
    let app = TestApp::new().await;
    let authority = Authority::new("Northside CA");
    let tenant = hospital(&app, "northside", &authority, by_name()).await;
    app.router
        .send(token_request(&tenant))
        .await
        .assert_error(401, "invalid_client");
    let mut params = lab();
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let expired = params.signed_by(&KeyPair::generate().unwrap(), &authority.0).unwrap();
    ask(&tenant, expired.der()).await.assert_error(401, "invalid_client");
    let self_signed = lab().self_signed(&KeyPair::generate().unwrap()).unwrap();
    ask(&tenant, self_signed.der())
        .await
        .assert_error(401, "invalid_client");
    ask(&tenant, b"no certificate")
        .await
        .assert_error(401, "invalid_client");
}

#[tokio::test]
async fn a_certificate_of_ones_own_counts_by_its_registered_key() {
    let app = TestApp::new().await;
    let authority = Authority::new("Northside CA");
    let key = KeyPair::generate().unwrap();
    let point = key.public_key_raw();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let jwk =
        json!({ "kty": "EC", "crv": "P-256", "kid": "lab", "x": encode(&point[1..33]), "y": encode(&point[33..]) });
    let members = json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": { "keys": [jwk] } });
    let tenant = hospital(&app, "northside", &authority, members).await;
    let own = lab().self_signed(&key).unwrap();
    ask(&tenant, own.der()).await.assert_status(200);
    let (foreign, ..) = authority.issue();
    ask(&tenant, &foreign).await.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn a_bound_token_is_worth_nothing_without_its_certificate() {
    let app = TestApp::new().await;
    let authority = Authority::new("Northside CA");
    let tenant = hospital(&app, "northside", &authority, by_name()).await;
    let bound = json!({ "token_endpoint_auth_method": "none", "tls_client_certificate_bound_access_tokens": true });
    tenant.client(PUBLIC, bound).await;
    let own = lab().self_signed(&KeyPair::generate().unwrap()).unwrap();
    let other = lab().self_signed(&KeyPair::generate().unwrap()).unwrap();
    let redeem = |code: &str| {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("client_id", PUBLIC),
            ("code_verifier", VERIFIER),
        ];
        Request::post(tenant.path("token")).form(&form)
    };
    let scope = "openid launch/patient patient/*.rs offline_access";
    let code = tenant.code(scope, "pat").await;
    // Refused before the code is used up.
    app.router
        .send(redeem(&code))
        .await
        .assert_error(400, "invalid_request");
    let tokens = app
        .router
        .send(with(own.der(), redeem(&code)))
        .await
        .assert_status(200)
        .json();
    let token = tokens["access_token"].as_str().unwrap();
    let userinfo = || Request::get(tenant.path("userinfo")).bearer(token).empty();
    app.router.send(with(own.der(), userinfo())).await.assert_status(200);
    app.router.send(userinfo()).await.assert_status(401);
    app.router.send(with(other.der(), userinfo())).await.assert_status(401);
    // RFC 8705 section 4: a public client's refresh token is bound too.
    let refresh = || {
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh),
            ("client_id", PUBLIC),
        ];
        Request::post(tenant.path("token")).form(&form)
    };
    app.router
        .send(with(other.der(), refresh()))
        .await
        .assert_error(400, "invalid_grant");
    app.router.send(with(own.der(), refresh())).await.assert_status(200);
}

#[tokio::test]
async fn a_bound_token_is_exchanged_by_the_holder_of_its_certificate_alone() {
    const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
    let app = TestApp::new().await;
    let authority = Authority::new("Northside CA");
    let mut both = by_name();
    both["grant_types"] = json!(["client_credentials", EXCHANGE]);
    let tenant = hospital(&app, "northside", &authority, both).await;
    let service = json!({
        "token_endpoint_auth_method": "client_secret_basic", "grant_types": [EXCHANGE], "response_types": [],
        "redirect_uris": [], "scope": "system/*.rs",
    });
    tenant.client("report-service", service).await;
    let (own, ..) = authority.issue();
    let reply = ask(&tenant, &own).await.assert_status(200).json();
    let form = [
        ("grant_type", EXCHANGE),
        ("subject_token", reply["access_token"].as_str().unwrap()),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ];
    // Whoever got hold of it without the certificate's key.
    let request = Request::post(tenant.path("token")).basic("report-service", SECRET);
    app.router
        .send(request.form(&form))
        .await
        .assert_error(400, "invalid_request");
    let mut named = form.to_vec();
    named.push(("client_id", CLIENT));
    let request = Request::post(tenant.path("token")).form(&named);
    app.router.send(with(&own, request)).await.assert_status(200);
}

#[tokio::test]
async fn only_a_proxy_of_ours_passes_a_certificate_on() {
    let app = TestApp::new().await;
    let authority = Authority::new("Northside CA");
    let tenant = hospital(&app, "northside", &authority, by_name()).await;
    let (certificate, pem, _) = authority.issue();
    let proxies = TrustedProxies::new(["10.0.0.0/8".parse().unwrap()]);
    let behind = app.app.clone().behind(proxies);
    let escaped: String = url::form_urlencoded::byte_serialize(pem.as_bytes()).collect();
    let escaped = escaped.replace('+', "%20");
    for (name, value) in [
        ("client-cert", format!(":{}:", STANDARD.encode(&certificate))),
        ("x-ssl-client-cert", escaped.clone()),
        (
            "x-forwarded-client-cert",
            format!("Hash=00;Cert=\"{escaped}\";DNS=lab.northside.test"),
        ),
    ] {
        let from = |peer: &str| {
            let mut request = token_request(&tenant);
            let peer = std::net::SocketAddr::new(peer.parse().unwrap(), 40_000);
            request.extensions_mut().insert(PeerAddress(peer));
            request.headers_mut().insert(name, value.parse().unwrap());
            request
        };
        // Not asked for, not read.
        let answer = behind.router().send(from("10.0.0.7")).await;
        answer.assert_error(401, "invalid_client");
        let reading = behind
            .clone()
            .reading_certificates(ClientCertificateHeader::named(name).unwrap());
        let reading = reading.router();
        reading.send(from("10.0.0.7")).await.assert_status(200);
        let answer = reading.send(from("203.0.113.9")).await;
        answer.assert_error(401, "invalid_client");
    }
}

#[tokio::test]
async fn the_listener_asks_for_a_certificate_and_passes_on_the_one_whose_key_was_proved() {
    let app = TestApp::new().await;
    let authority = Authority::new("Northside CA");
    let tenant = hospital(&app, "northside", &authority, by_name()).await;
    let listener = MutualTls::serve(&app).await;
    let (_, certificate, key) = authority.issue();
    let address = format!("{}{}", listener.base, tenant.path("token"));
    let form = format!("grant_type=client_credentials&scope=system/*.rs&client_id={CLIENT}");
    let post = async |client: reqwest::Client| {
        let request = client
            .post(&address)
            .header("content-type", "application/x-www-form-urlencoded");
        request.body(form.clone()).send().await.unwrap()
    };
    let served = post(listener.client(Some((&certificate, &key)))).await;
    assert_eq!(served.status(), 200, "{}", served.text().await.unwrap());
    let refused = post(listener.client(None)).await;
    assert_eq!(refused.status(), 401);
}

#[tokio::test]
async fn a_registration_names_exactly_one_subject() {
    let app = TestApp::new().await;
    let authority = Authority::new("Northside CA");
    let tenant = hospital(&app, "northside", &authority, by_name()).await;
    for members in [
        json!({ "token_endpoint_auth_method": "tls_client_auth" }),
        json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.test",
            "tls_client_auth_san_email": "a@a.test" }),
        json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_ip": "a.test" }),
        json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "no name" }),
        json!({ "token_endpoint_auth_method": "client_secret_basic", "tls_client_auth_san_dns": "a.test" }),
        json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth" }),
    ] {
        let mut metadata = json!({ "client_name": "X", "redirect_uris": [REDIRECT_URI] });
        for (name, value) in members.as_object().unwrap() {
            metadata[name] = value.clone();
        }
        let registration = serde_json::from_value(metadata).unwrap();
        let policy = wardkey::control::clients::SecretPolicy::KeepOrCreate;
        let saved = tenant.admin().await.save_client("x", registration, policy).await;
        assert!(saved.is_err(), "{members}");
    }
}
