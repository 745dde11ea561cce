//! OAuth libraries that others wrote, unchanged, against a tenant: `openid-client` and `oauth4webapi` of npm, `authlib` of PyPI, and
//! the crate `openidconnect`.

use crate::support::app::{CONFIDENTIAL, PASSWORD, PUBLIC, SECRET, TestApp, TestTenant};
use crate::support::backend::{Backend, JWT_BEARER};
use crate::support::certificates::pem;
use crate::support::database::Database;
use crate::support::http::{RequestBuilderExt as _, RouterExt as _};
use crate::support::http_browser::{HttpBrowser, Page};
use crate::support::loopback::{Port, Served};
use crate::support::node_peer::OauthClients;
use crate::support::python_peer::Authlib;
use axum::http::Request;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreClientRegistrationRequest,
    CoreDeviceAuthorizationResponse, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::registration::EmptyAdditionalClientMetadata;
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, DeviceAuthorizationUrl,
    HttpRequest, HttpResponse, IntrospectionUrl, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, ProviderMetadataWithLogout, RedirectUrl, RevocationUrl, Scope, TokenIntrospectionResponse,
    TokenResponse,
};
use serde_json::{Value, json};
use std::time::Duration;
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::oauth::jose::{RsaSize, SigningAlgorithm, SigningKeyPair};
use wardkey::store::control::Tier;
use wardkey::tenant::TenantDocument;
use wardkey::tenant::registration::{RegistrationDocument, RegistrationPolicy};

const KEYED: &str = "keyed-app";

/// A server on loopback, where other processes reach it.
async fn serve() -> (TestApp, Served) {
    let port = Port::take().await;
    let app = Box::pin(TestApp::at(Database::sqlite(), port.base())).await;
    let served = port.serve(app.router.clone());
    (app, served)
}

/// A tenant where apps may register themselves.
async fn tenant(app: &TestApp) -> TestTenant<'_> {
    let registration = RegistrationDocument {
        policy: RegistrationPolicy::Open,
        approval: false,
        ..RegistrationDocument::default()
    };
    Box::pin(app.tenant_as(NewTenant {
        slug: "northside".to_owned(),
        display_name: "Northside".to_owned(),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document: TenantDocument {
            registration,
            ..TenantDocument::default()
        },
    }))
    .await
}

/// Follows `address` through sign-in and consent to wherever it ends.
async fn sign_in(app: &TestApp, address: &str) -> Page {
    sign_in_with(&mut app.browser(), address).await
}

/// The same in a browser that goes on.
async fn sign_in_with(browser: &mut HttpBrowser, address: &str) -> Page {
    let mut page = browser.goto(address).await;
    for _ in 0..4 {
        let text = page.response.text();
        let form = if text.contains("name=\"password\"") {
            page.form().with("username", "pat").with("password", PASSWORD)
        } else if text.contains("value=\"allow\"") {
            page.form().with("decision", "allow")
        } else {
            break;
        };
        page = browser.submit(&page, &form).await;
    }
    page
}

/// Signs out at the address that an app made, and expects to be sent on to `goodbye`, signed out.
async fn sign_out(browser: &mut HttpBrowser, issuer: &str, address: &Value, goodbye: &str) {
    let address = address.as_str().unwrap_or_else(|| panic!("no address: {address}"));
    assert!(address.starts_with(&format!("{issuer}/logout?")), "{address}");
    let mut page = browser.goto(address).await;
    if !page.url.as_str().starts_with(goodbye) {
        page = browser.submit(&page, &page.form()).await;
    }
    assert!(page.url.as_str().starts_with(goodbye), "{page}");
    assert!(page.parameter("state").is_some(), "{page}");
    let account = browser.goto(&format!("{issuer}/account")).await;
    assert!(
        account.response.text().contains("name=\"password\""),
        "still signed in: {account}"
    );
}

async fn run(flow: &str, client_id: &str) -> Option<Value> {
    let clients = OauthClients::start()?;
    let (app, _served) = serve().await;
    let tenant = tenant(&app).await;
    let redirect_uris = json!([clients.redirect_uri()]);
    let goodbye = clients.redirect_uri().replace("/callback", "/goodbye");
    let native = json!({
        "token_endpoint_auth_method": "none", "application_type": "native", "redirect_uris": redirect_uris,
        "post_logout_redirect_uris": [goodbye],
    });
    tenant.client(PUBLIC, native).await;
    let keyed = json!({
        "token_endpoint_auth_method": "private_key_jwt", "jwks": clients.jwks(), "redirect_uris": redirect_uris,
        "post_logout_redirect_uris": [goodbye], "application_type": "native", "introspection": true,
    });
    tenant.client(KEYED, keyed).await;
    let mut browser = app.browser();
    let page = sign_in_with(&mut browser, &clients.start_address(flow, &tenant.issuer(), client_id)).await;
    assert!(page.url.as_str().starts_with(clients.redirect_uri()), "{page}");
    let told = page.response.json();
    assert_eq!(told["error"], Value::Null, "{told}");
    assert_eq!(
        (&told["same_user"], &told["rotated"]),
        (&json!(true), &json!(true)),
        "{told}"
    );
    sign_out(&mut browser, &tenant.issuer(), &told["logout"], &goodbye).await;
    Some(told)
}

#[tokio::test]
async fn openid_client_as_a_public_app_signs_in_refreshes_revokes_and_signs_out() {
    let Some(told) = Box::pin(run("public", PUBLIC)).await else {
        return;
    };
    assert_eq!(told["token_type"], "bearer");
    assert_eq!(told["refused"]["error"], "invalid_grant");
}

#[tokio::test]
async fn openid_client_with_a_key_pushes_its_request_and_proves_its_tokens() {
    let Some(told) = Box::pin(run("private_key_par_dpop", KEYED)).await else {
        return;
    };
    assert_eq!((&told["pushed"], &told["token_type"]), (&json!(true), &json!("dpop")));
    assert_eq!(told["introspected"]["active"], true);
    assert!(told["introspected"]["cnf"]["jkt"].is_string(), "{told}");
}

#[tokio::test]
async fn openid_client_signs_its_request_and_reads_a_signed_answer() {
    let Some(told) = Box::pin(run("jar_jarm", KEYED)).await else {
        return;
    };
    assert_eq!(told["introspected"]["active"], true);
}

#[tokio::test]
async fn openid_client_registers_itself_and_works_at_once() {
    let Some(told) = Box::pin(run("registered", "")).await else {
        return;
    };
    assert_eq!(told["token_type"], "bearer");
}

#[tokio::test]
async fn oauth4webapi_pushes_proves_refreshes_introspects_and_revokes() {
    let Some(told) = Box::pin(run("oauth4webapi", KEYED)).await else {
        return;
    };
    assert_eq!(told["token_type"], "dpop");
    assert_eq!(told["introspected"]["active"], true);
    assert_eq!(told["refused"]["error"], "invalid_grant", "a code redeemed twice");
}

#[tokio::test]
async fn oauth4webapi_registers_itself_and_works_at_once() {
    let Some(told) = Box::pin(run("oauth4webapi_registered", "")).await else {
        return;
    };
    assert_eq!(told["token_type"], "bearer");
}

#[tokio::test]
async fn authlib_pushes_signs_in_verifies_refreshes_introspects_revokes_and_signs_out() {
    let Some(authlib) = Authlib::find() else { return };
    let (app, _served) = serve().await;
    let tenant = tenant(&app).await;
    // Port 9 stands for an app that nobody runs.
    let redirect_uri = "http://127.0.0.1:9/callback";
    let client = json!({
        "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": [redirect_uri], "application_type": "native",
        "introspection": true, "post_logout_redirect_uris": ["http://127.0.0.1:9/goodbye"],
        "require_pushed_authorization_requests": true,
    });
    tenant.client(CONFIDENTIAL, client).await;
    let settings = json!({
        "issuer": tenant.issuer(), "client_id": CONFIDENTIAL, "client_secret": SECRET, "redirect_uri": redirect_uri,
        "post_logout_redirect_uri": "http://127.0.0.1:9/goodbye", "pushed": true,
    });
    let address = authlib.begin(&settings).await;
    assert!(address.contains("request_uri="), "{address}");
    let mut browser = app.browser();
    let callback = sign_in_with(&mut browser, &address).await.url.to_string();
    let told = authlib.finish(&callback).await;
    assert_eq!(
        (&told["same_user"], &told["rotated"]),
        (&json!(true), &json!(true)),
        "{told}"
    );
    assert_eq!(
        (&told["token_type"], &told["revoked"]),
        (&json!("Bearer"), &json!(200)),
        "{told}"
    );
    assert_eq!(told["introspected"]["active"], true);
    assert_eq!(
        told["after"],
        json!({ "active": false }),
        "the refresh token's grant is gone"
    );
    sign_out(
        &mut browser,
        &tenant.issuer(),
        &told["logout"],
        "http://127.0.0.1:9/goodbye",
    )
    .await;
}

#[tokio::test]
async fn authlib_registers_itself_signs_in_and_signs_out() {
    let Some(authlib) = Authlib::find() else { return };
    let (app, _served) = serve().await;
    let tenant = tenant(&app).await;
    let goodbye = "http://127.0.0.1:9/goodbye";
    let settings = json!({
        "issuer": tenant.issuer(), "redirect_uri": "http://127.0.0.1:9/callback", "post_logout_redirect_uri": goodbye,
    });
    let address = authlib.begin(&settings).await;
    let mut browser = app.browser();
    let callback = sign_in_with(&mut browser, &address).await.url.to_string();
    let told = authlib.finish(&callback).await;
    assert_eq!(
        (&told["same_user"], &told["rotated"]),
        (&json!(true), &json!(true)),
        "{told}"
    );
    sign_out(&mut browser, &tenant.issuer(), &told["logout"], goodbye).await;
}

#[tokio::test]
async fn authlib_signs_assertions_with_a_key() {
    let Some(authlib) = Authlib::find() else { return };
    let (app, _served) = serve().await;
    let tenant = tenant(&app).await;
    let redirect_uri = "http://127.0.0.1:9/callback";
    let key = SigningKeyPair::generate(SigningAlgorithm::RS384, RsaSize::default()).unwrap();
    let jwk = json!(key.public_jwk());
    let client = json!({
        "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [&jwk] }, "redirect_uris": [redirect_uri],
        "application_type": "native", "introspection": true,
        // Its assertions live for an hour, which SMART's own clients may not have, and name the issuer.
        "assertion_audience": "issuer_only",
    });
    tenant.client(KEYED, client).await;
    let settings = json!({
        "issuer": tenant.issuer(), "client_id": KEYED, "redirect_uri": redirect_uri, "kid": jwk["kid"],
        "private_key": pem("PRIVATE KEY", key.to_pkcs8().unwrap().expose()),
    });
    let address = authlib.begin(&settings).await;
    let callback = sign_in(&app, &address).await.url.to_string();
    let told = authlib.finish(&callback).await;
    assert_eq!(
        (&told["same_user"], &told["introspected"]["active"]),
        (&json!(true), &json!(true)),
        "{told}"
    );
}

const DEVICE: &str = "ward-display";

/// An app on a device.
async fn device(tenant: &TestTenant<'_>) {
    let members = json!({
        "token_endpoint_auth_method": "none", "client_name": "Ward Display", "redirect_uris": [], "response_types": [],
        "grant_types": ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
    });
    tenant.client(DEVICE, members).await;
}

/// The user's way from the link to the answer.
async fn answer_device(app: &TestApp, link: &str) {
    let mut browser = app.browser();
    let page = browser.goto(link).await;
    let page = browser.submit(&page, &page.form()).await;
    let page = browser.submit(&page, &page.form().with("decision", "continue")).await;
    let form = page.form().with("username", "pat").with("password", PASSWORD);
    let page = browser.submit(&page, &form).await;
    let page = browser.submit(&page, &page.form().with("decision", "allow")).await;
    assert!(page.response.text().contains("Your device is connected"), "{page}");
    // As long as a device waits between two polls.
    app.wait(Duration::from_secs(5));
}

async fn run_device(flow: &str) -> Option<Value> {
    let clients = OauthClients::start()?;
    let (app, _served) = serve().await;
    let tenant = tenant(&app).await;
    device(&tenant).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |address: &str| {
        let text = http.get(address).send().await.unwrap().text().await.unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let begun = get(&clients.start_address(flow, &tenant.issuer(), DEVICE)).await;
    answer_device(
        &app,
        begun["verification_uri_complete"]
            .as_str()
            .unwrap_or_else(|| panic!("{begun}")),
    )
    .await;
    let told = get(clients.redirect_uri()).await;
    assert_eq!(told["error"], Value::Null, "{told}");
    assert_eq!(
        (&told["same_user"], &told["rotated"], &told["patient"]),
        (&json!(true), &json!(true), &json!("pat-1")),
        "{told}"
    );
    Some(told)
}

#[tokio::test]
async fn openid_client_on_a_device_gets_tokens_bound_to_its_key() {
    let Some(told) = Box::pin(run_device("device")).await else {
        return;
    };
    assert_eq!(told["token_type"], "dpop");
}

#[tokio::test]
async fn oauth4webapi_on_a_device_understands_each_answer() {
    let Some(told) = Box::pin(run_device("oauth4webapi_device")).await else {
        return;
    };
    assert_eq!(
        (&told["before"], &told["used"]),
        (&json!("authorization_pending"), &json!("invalid_grant")),
        "{told}"
    );
}

#[tokio::test]
async fn authlib_on_a_device_gets_tokens_and_refreshes() {
    let Some(authlib) = Authlib::find() else { return };
    let (app, _served) = serve().await;
    let tenant = tenant(&app).await;
    device(&tenant).await;
    let settings = json!({ "issuer": tenant.issuer(), "client_id": DEVICE, "device": true });
    let link = authlib.begin(&settings).await;
    answer_device(&app, &link).await;
    let told = authlib.finish("-").await;
    let expected =
        json!({ "before": "authorization_pending", "patient": "pat-1", "token_type": "Bearer", "rotated": true });
    assert_eq!(told, expected);
}

/// The crate brings no HTTP client of its own here.
async fn send(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let answer = http.execute(request.try_into()?).await?;
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}

#[tokio::test]
async fn openidconnect_discovers_signs_in_verifies_and_refreshes() {
    let (app, _served) = serve().await;
    let tenant = tenant(&app).await;
    let redirect_uri = "https://app.test/callback";
    let client = json!({ "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": [redirect_uri] });
    tenant.client(CONFIDENTIAL, client).await;
    let issuer = IssuerUrl::new(tenant.issuer()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &send).await.unwrap();
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(CONFIDENTIAL.to_owned()),
        Some(ClientSecret::new(SECRET.to_owned())),
    )
    .set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let (address, state, nonce) = client
        .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("offline_access".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let page = sign_in(&app, address.as_str()).await;
    assert_eq!(page.parameter("state").as_ref(), Some(state.secret()));
    let code = AuthorizationCode::new(page.parameter("code").unwrap());
    let tokens = client
        .exchange_code(code)
        .unwrap()
        .set_pkce_verifier(verifier)
        .request_async(&send)
        .await
        .unwrap();
    let id_token = tokens.id_token().unwrap();
    let checker = client.id_token_verifier();
    let claims = id_token.claims(&checker, &nonce).unwrap();
    if let Some(expected) = claims.access_token_hash() {
        let hash = AccessTokenHash::from_token(
            tokens.access_token(),
            id_token.signing_alg().unwrap(),
            id_token.signing_key(&checker).unwrap(),
        );
        assert_eq!(&hash.unwrap(), expected);
    }
    let subject = claims.subject().clone();
    let user: CoreUserInfoClaims = client
        .user_info(tokens.access_token().clone(), Some(subject))
        .unwrap()
        .request_async(&send)
        .await
        .unwrap();
    assert_eq!(user.subject(), claims.subject());
    let refreshed = client
        .exchange_refresh_token(tokens.refresh_token().unwrap())
        .unwrap()
        .request_async(&send)
        .await
        .unwrap();
    assert_ne!(
        refreshed.refresh_token().unwrap().secret(),
        tokens.refresh_token().unwrap().secret()
    );
}

/// The crate revokes only over TLS, which a server on loopback does not speak.
async fn send_plain(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let (mut parts, body) = request.into_parts();
    let plain = parts.uri.to_string().replacen("https://", "http://", 1);
    parts.uri = plain.parse().expect("still an address");
    send(HttpRequest::from_parts(parts, body)).await
}

#[tokio::test]
async fn openidconnect_with_an_assertion_pushes_redeems_introspects_and_revokes() {
    let (app, _served) = serve().await;
    let tenant = tenant(&app).await;
    let redirect_uri = "https://app.test/callback";
    let key = Backend::new(SigningAlgorithm::ES384);
    let client = json!({
        "token_endpoint_auth_method": "private_key_jwt", "jwks": key.jwks(), "redirect_uris": [redirect_uri],
        "introspection": true, "require_pushed_authorization_requests": true,
    });
    tenant.client(KEYED, client).await;
    // The crate carries an assertion, and leaves it to its caller to sign one.
    let assertion = || {
        let mut claims = Backend::claims(&tenant);
        claims["iss"] = json!(KEYED);
        claims["sub"] = json!(KEYED);
        key.sign(&claims)
    };
    let kind = ("client_assertion_type", JWT_BEARER);
    let issuer = IssuerUrl::new(tenant.issuer()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &send).await.unwrap();
    let secure = |endpoint: &str| format!("{}/{endpoint}", tenant.issuer()).replacen("http://", "https://", 1);
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(KEYED.to_owned()), None)
        .set_auth_type(AuthType::RequestBody)
        .set_introspection_url(IntrospectionUrl::new(secure("introspect")).unwrap())
        .set_revocation_url(RevocationUrl::new(secure("revoke")).unwrap())
        .set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let (address, _, nonce) = client
        .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("offline_access".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    // The crate knows nothing of pushing: its request is taken out of the address that it made.
    let mut request: Vec<(String, String)> = address.query_pairs().into_owned().collect();
    request.push((kind.0.to_owned(), kind.1.to_owned()));
    request.push(("client_assertion".to_owned(), assertion()));
    let form: Vec<(&str, &str)> = request
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let pushed = app.router.send(Request::post(tenant.path("par")).form(&form)).await;
    let handle = pushed.assert_status(201).json()["request_uri"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut address = address.clone();
    address
        .query_pairs_mut()
        .clear()
        .append_pair("client_id", KEYED)
        .append_pair("request_uri", &handle);
    let page = sign_in(&app, address.as_str()).await;
    let code = AuthorizationCode::new(page.parameter("code").unwrap_or_else(|| panic!("{page}")));
    let tokens = client
        .exchange_code(code)
        .unwrap()
        .set_pkce_verifier(verifier)
        .add_extra_param(kind.0, kind.1)
        .add_extra_param("client_assertion", assertion())
        .request_async(&send)
        .await
        .unwrap();
    tokens
        .id_token()
        .unwrap()
        .claims(&client.id_token_verifier(), &nonce)
        .unwrap();
    let active = async || {
        let asked = client
            .introspect(tokens.access_token())
            .add_extra_param(kind.0, kind.1)
            .add_extra_param("client_assertion", assertion());
        asked.request_async(&send_plain).await.unwrap().active()
    };
    assert!(active().await);
    let refresh_token = tokens.refresh_token().unwrap().clone();
    client
        .revoke_token(refresh_token.into())
        .unwrap()
        .add_extra_param(kind.0, kind.1)
        .add_extra_param("client_assertion", assertion())
        .request_async(&send_plain)
        .await
        .unwrap();
    assert!(!active().await, "the whole grant ends");
}

#[tokio::test]
async fn openidconnect_registers_itself_signs_in_and_signs_out() {
    let (app, _served) = serve().await;
    let tenant = tenant(&app).await;
    let issuer = IssuerUrl::new(tenant.issuer()).unwrap();
    let metadata = ProviderMetadataWithLogout::discover_async(issuer, &send).await.unwrap();
    let redirect_uri = RedirectUrl::new("https://app.test/callback".to_owned()).unwrap();
    let registered = CoreClientRegistrationRequest::new(vec![redirect_uri.clone()], EmptyAdditionalClientMetadata {})
        .set_token_endpoint_auth_method(Some(CoreClientAuthMethod::ClientSecretBasic))
        .register_async(metadata.registration_endpoint().unwrap(), &send)
        .await
        .unwrap();
    let logout = metadata.additional_metadata().end_session_endpoint.clone().unwrap();
    let client = CoreClient::from_provider_metadata(
        metadata,
        registered.client_id().clone(),
        registered.client_secret().cloned(),
    )
    .set_redirect_uri(redirect_uri);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let (address, _, nonce) = client
        .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
        .set_pkce_challenge(challenge)
        .url();
    let mut browser = app.browser();
    let page = sign_in_with(&mut browser, address.as_str()).await;
    let code = AuthorizationCode::new(page.parameter("code").unwrap_or_else(|| panic!("{page}")));
    let request = client.exchange_code(code).unwrap().set_pkce_verifier(verifier);
    let tokens = request.request_async(&send).await.unwrap();
    let id_token = tokens.id_token().unwrap();
    id_token.claims(&client.id_token_verifier(), &nonce).unwrap();
    let address = LogoutRequest::from(logout)
        .set_id_token_hint(id_token)
        .set_client_id(registered.client_id().clone())
        .http_get_url();
    let page = browser.goto(address.as_str()).await;
    let page = if page.response.text().contains("<form") {
        browser.submit(&page, &page.form()).await
    } else {
        page
    };
    assert!(page.response.text().contains("signed out"), "{page}");
}

#[tokio::test]
async fn openidconnect_on_a_device_gets_tokens() {
    let (app, _served) = serve().await;
    let tenant = tenant(&app).await;
    device(&tenant).await;
    let issuer = IssuerUrl::new(tenant.issuer()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &send).await.unwrap();
    // Its core metadata do not read the endpoint.
    let endpoint = DeviceAuthorizationUrl::new(format!("{}/device_authorization", tenant.issuer())).unwrap();
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(DEVICE.to_owned()), None)
        .set_device_authorization_url(endpoint);
    let begun: CoreDeviceAuthorizationResponse = client
        .exchange_device_code()
        .add_scopes(["launch/patient", "patient/*.rs"].map(|scope| Scope::new(scope.to_owned())))
        .add_extra_param("aud", tenant.fhir())
        .request_async(&send)
        .await
        .unwrap();
    answer_device(&app, begun.verification_uri_complete().unwrap().secret()).await;
    let tokens = client
        .exchange_device_access_token(&begun)
        .unwrap()
        .request_async(&send, |_| std::future::ready(()), None)
        .await
        .unwrap();
    tenant.userinfo(tokens.access_token().secret()).await.assert_status(200);
}
