//! Nothing of one tenant opens anything at another.
//!
//! The cases come from the router's own list: every route is called at tenant B with everything tenant A gave out, and
//! must answer exactly as it answers something that nobody gave out. A route without a row here fails the test.

use crate::support::app::{PASSWORD, REDIRECT_URI, SECRET, STAFF, TestApp, TestTenant, VERIFIER};
use crate::support::http::{RequestBuilderExt, Response, RouterExt};
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::json;
use wardkey::control::setup_links::{SetupLinkRequest, USUAL_LIFETIME};
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::control::user_help::Delivery;
use wardkey::federation::OidcDocument;
use wardkey::kernel::Secret;
use wardkey::kernel::SystemEntropy;
use wardkey::kernel::credential::{self, Kind};
use wardkey::store::control::Tier;
use wardkey::tenant::TenantDocument;
use wardkey::tenant::registration::{RegistrationDocument, RegistrationPolicy};
use wardkey::tenant::roles::Role;
use wardkey::web::Language;
use wardkey::web::route_table::Route;

/// A provider elsewhere that every tenant has.
const UPSTREAM: &str = "hospital";
const SCOPE: &str = "openid fhirUser launch/patient patient/*.rs offline_access";

/// Everything a tenant gives out.
struct Credentials {
    access_token: String,
    id_token: String,
    code: String,
    refresh_token: String,
    client_id: String,
    client_secret: String,
    session: String,
    binding: String,
    interaction: String,
    csrf: String,
    state: String,
    initial_access_token: String,
    registered_client: String,
    registration_token: String,
    link: String,
    device_code: String,
    user_code: String,
    scim_token: String,
    scim_user: String,
    scim_group: String,
    sign_in_test: String,
    setup: String,
    console: String,
}

/// A tenant where apps may register themselves with a token, so that those routes are open.
async fn tenant<'a>(app: &'a TestApp, slug: &str) -> TestTenant<'a> {
    let registration = RegistrationDocument {
        policy: RegistrationPolicy::InitialAccessToken,
        ..RegistrationDocument::default()
    };
    let tenant = Box::pin(app.tenant_as(NewTenant {
        slug: slug.to_owned(),
        display_name: format!("Hospital {slug}"),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document: TenantDocument {
            registration,
            ..TenantDocument::default()
        },
    }))
    .await;
    let upstream: OidcDocument = serde_json::from_value(json!({
        "provider": { "issuer": "https://login.hospital.example", "client_id": "wardkey" }, "offer": { "off": true },
    }))
    .unwrap();
    let secret = Some(Secret::new("a-secret-of-the-tests".to_owned()));
    Box::pin(
        tenant
            .admin()
            .await
            .save_oidc_provider(UPSTREAM, "Hospital account", &upstream, secret),
    )
    .await
    .unwrap();
    tenant
}

impl Credentials {
    /// Real ones, given out by `tenant`.
    #[expect(clippy::too_many_lines, reason = "a line for each kind of credential there is")]
    async fn given_by(tenant: &TestTenant<'_>) -> Self {
        let admin = tenant.admin().await;
        let lifetime = std::time::Duration::from_hours(1);
        let initial = admin.create_initial_access_token("vendor", 9, lifetime).await.unwrap();
        let registration = Request::post(tenant.path("register"))
            .bearer(initial.expose())
            .json(&app_metadata());
        let registration = tenant.app.router.send(registration).await.assert_status(201).json();
        let of_registration = |name: &str| registration[name].as_str().unwrap().to_owned();
        let client_id = "only-here";
        tenant
            .client(
                client_id,
                json!({ "token_endpoint_auth_method": "client_secret_basic", "introspection": true }),
            )
            .await;
        let device = [("client_id", "growth-chart"), ("scope", "openid")];
        let grants = json!([
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code"
        ]);
        tenant
            .client(
                "growth-chart",
                json!({ "token_endpoint_auth_method": "none", "grant_types": grants }),
            )
            .await;
        let device = Request::post(tenant.path("device_authorization")).form(&device);
        let device = tenant.app.router.send(device).await.assert_status(200).json();
        let of_device = |name: &str| device[name].as_str().unwrap().to_owned();
        let tokens = tenant.tokens(SCOPE, "pat").await;
        let mut browser = tenant.app.browser();
        let asked = browser
            .goto(&tenant.authorization_request(SCOPE).with("prompt", "login").address())
            .await;
        let form = asked.form();
        let csrf = form.find("csrf").unwrap().to_owned();
        let interaction = asked.url.path().rsplit('/').next().unwrap().to_owned();
        let signed_in = browser
            .submit(&asked, &form.with("username", "pat").with("password", PASSWORD))
            .await;
        assert!(signed_in.response.status.is_success(), "{signed_in}");
        let ada = admin.find_user(STAFF, "ada").await.unwrap().unwrap();
        admin
            .assign_role(&ada.summary.id.to_string(), Role::Owner)
            .await
            .unwrap();
        let mut administrator = tenant.app.browser();
        tenant.enter(&mut administrator, "ada", "").await;
        let console = administrator
            .find_cookie(&tenant.console(""), "__Secure-wk_console")
            .unwrap();
        let sign_in_test = admin.create_sign_in_test(UPSTREAM).await.unwrap().address;
        let request = SetupLinkRequest {
            alias: UPSTREAM,
            label: "Network team",
            product: None,
            lifetime: USUAL_LIFETIME,
        };
        let setup = admin.create_setup_link(&request).await.unwrap().address;
        let address = tenant.path("interact");
        let cookie = |name: &str| {
            browser
                .find_cookie(&address, name)
                .unwrap_or_else(|| panic!("no cookie {name}"))
                .to_owned()
        };
        let held = Self {
            access_token: tokens["access_token"].as_str().unwrap().to_owned(),
            id_token: tokens["id_token"].as_str().unwrap().to_owned(),
            refresh_token: tokens["refresh_token"].as_str().unwrap().to_owned(),
            code: tenant.code(SCOPE, "pat").await,
            client_id: client_id.to_owned(),
            client_secret: SECRET.to_owned(),
            session: cookie("__Secure-wk_session"),
            binding: cookie("__Secure-wk_interaction"),
            interaction,
            csrf,
            state: generated(Kind::UpstreamState),
            initial_access_token: initial.expose().clone(),
            registered_client: of_registration("client_id"),
            registration_token: of_registration("registration_access_token"),
            link: admin
                .invite(STAFF, "ada", Language::English, Delivery::Shown)
                .await
                .unwrap()
                .link
                .address
                .expose()
                .rsplit('/')
                .next()
                .unwrap()
                .to_owned(),
            device_code: of_device("device_code"),
            user_code: of_device("user_code"),
            scim_token: String::new(),
            scim_user: String::new(),
            scim_group: String::new(),
            sign_in_test: last_segment(&sign_in_test),
            setup: last_segment(&setup),
            console: console.to_owned(),
        };
        // The last thing: with a provider elsewhere, the tenant's own accounts sign in no more.
        let scim_token = scim_token(tenant).await;
        let base = format!("/{}/scim/v2", tenant.slug);
        let user = json!({ "schemas": [USER], "userName": "only-here", "externalId": "only-here" });
        let group = json!({ "schemas": [GROUP], "displayName": "only-here" });
        let made = async |endpoint: &str, body: &serde_json::Value| {
            let request = Request::post(format!("{base}/{endpoint}"))
                .bearer(&scim_token)
                .json(body);
            tenant.app.router.send(request).await.assert_status(201).json()
        };
        let (scim_user, scim_group) = (made("Users", &user).await, made("Groups", &group).await);
        let of_scim = |made: &serde_json::Value| made["id"].as_str().unwrap().to_owned();
        Self {
            scim_user: of_scim(&scim_user),
            scim_group: of_scim(&scim_group),
            scim_token,
            ..held
        }
    }

    /// The same in form, given out by nobody. The tokens even say that they are the other tenant's, without its signature.
    fn invented(like: &Self) -> Self {
        let unsigned = |token: &str| {
            let (signed, signature) = token.rsplit_once('.').unwrap();
            format!("{signed}.{}", "A".repeat(signature.len()))
        };
        Self {
            access_token: unsigned(&like.access_token),
            id_token: unsigned(&like.id_token),
            code: generated(Kind::AuthorizationCode),
            refresh_token: generated(Kind::RefreshToken),
            client_id: "nowhere-x".to_owned(),
            client_secret: generated(Kind::ClientSecret),
            session: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            binding: generated(Kind::BrowserBinding),
            interaction: generated(Kind::Interaction),
            csrf: like.csrf.chars().rev().collect(),
            state: generated(Kind::UpstreamState),
            initial_access_token: generated(Kind::InitialAccessToken),
            registered_client: "app-nobody".to_owned(),
            registration_token: generated(Kind::RegistrationAccessToken),
            link: generated(Kind::AccountLink),
            console: generated(Kind::ConsoleSession),
            device_code: generated(Kind::DeviceCode),
            user_code: "BCDF-GHJK".to_owned(),
            scim_token: generated(Kind::ScimToken),
            scim_user: format!("acc_{}", "0".repeat(32)),
            scim_group: format!("grp_{}", "0".repeat(32)),
            sign_in_test: generated(Kind::SignInTest),
            setup: generated(Kind::SetupLink),
        }
    }

    fn cookies(&self) -> String {
        format!(
            "__Secure-wk_session={}; __Secure-wk_interaction={}",
            self.session, self.binding
        )
    }
}

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// A token with which a directory provisions the users of a provider of this tenant, which nobody is shown.
async fn scim_token(tenant: &TestTenant<'_>) -> String {
    let admin = tenant.admin().await;
    let document: OidcDocument = serde_json::from_value(json!({
        "provider": { "issuer": "https://idp.example", "client_id": "wardkey", "authentication": "none" },
        "offer": { "hidden": true },
    }))
    .unwrap();
    admin
        .save_oidc_provider("directory", "Directory", &document, None)
        .await
        .unwrap();
    let hour = std::time::Duration::from_hours(1);
    let token = admin.create_scim_token("directory", "tests", hour, None).await.unwrap();
    token.token.expose().clone()
}

/// The last part of an address.
fn last_segment(address: &Secret<String>) -> String {
    address.expose().rsplit('/').next().unwrap().to_owned()
}

/// An app that registers itself.
fn app_metadata() -> serde_json::Value {
    json!({ "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none" })
}

fn generated(kind: Kind) -> String {
    credential::generate(kind, &SystemEntropy).expose().clone()
}

/// What a route may answer to something foreign.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// The same public document for everybody.
    Public,
    /// A refusal.
    Refused,
    /// Nobody is signed in: the password form, or the way to it.
    Nobody,
    /// Success that tells nothing: `{"active":false}`, or nothing at all.
    Silent,
}

/// One way to present something at a route.
struct Case {
    what: &'static str,
    expected: Expected,
    request: Request<Body>,
}

fn case(what: &'static str, expected: Expected, request: Request<Body>) -> Case {
    Case {
        what,
        expected,
        request,
    }
}

/// The row of a route: every way in which it takes something from the caller. `None` for a route nobody wrote a row for.
#[expect(clippy::too_many_lines, reason = "one row per route: it is a table")]
fn cases(route: &Route, slug: &str, held: &Credentials) -> Option<Vec<Case>> {
    use Expected::{Nobody, Public, Refused, Silent};
    let at = |path: &str| {
        path.replace("{tenant}", slug)
            .replace("{interaction}", &held.interaction)
            .replace("{provider}", STAFF)
            .replace("{version}", "0")
            .replace("{client}", &held.client_id)
            .replace("{client_id}", &held.registered_client)
            .replace("{server}", "r4")
            .replace("{token}", &held.link)
    };
    let address = at(route.path);
    let get = || Request::get(&address).header(header::COOKIE, held.cookies());
    let post = || Request::post(&address);
    let basic = || post().basic(&held.client_id, &held.client_secret);
    let public = |path: &str| {
        Some(vec![case(
            "cookies and token",
            Public,
            Request::get(at(path))
                .header(header::COOKIE, held.cookies())
                .bearer(&held.access_token)
                .empty(),
        )])
    };
    match (route.method.as_str(), route.path) {
        ("GET", path)
            if path.contains(".well-known")
                || path.ends_with("jwks")
                || path.contains("/brand/")
                || path.contains("/style/")
                || path.ends_with("/brands.json")
                || path.ends_with("/brands.json") =>
        {
            public(path)
        }
        (
            "GET",
            "/healthz"
            | "/readyz"
            | "/api/v1/openapi.json"
            | "/errors"
            | "/developers"
            | "/developers/apps/new"
            | "/developers/explain"
            | "/errors/{code}"
            | "/{tenant}/auth/signed-out",
        ) => public(route.path),
        // The link of an app is nobody's at any tenant.
        ("GET" | "POST", "/developers/apps/{link}") => {
            let request = Request::builder()
                .method(&route.method)
                .uri(address.replace(['{', '}'], ""));
            let request = request.header(header::COOKIE, held.cookies());
            Some(vec![case("link", Refused, request.form(&[("summary", "x")]))])
        }
        ("POST", "/developers/apps/new") => {
            let form = [("client_id", held.client_id.as_str()), ("name", "x")];
            Some(vec![case(
                "client id",
                Refused,
                post().header(header::COOKIE, held.cookies()).form(&form),
            )])
        }
        ("POST", "/developers/explain") => {
            let form = [("text", held.link.as_str())];
            Some(vec![case(
                "link",
                Public,
                post().header(header::COOKIE, held.cookies()).form(&form),
            )])
        }
        ("OPTIONS", path)
            if path.contains(".well-known")
                || path.ends_with("jwks")
                || path.contains("/brand/")
                || path.contains("/style/")
                || path.ends_with("/brands.json")
                || path.ends_with("/brands.json") =>
        {
            Some(vec![case(
                "token",
                Public,
                Request::builder()
                    .method(Method::OPTIONS)
                    .uri(&address)
                    .header("origin", "https://only-a.test")
                    .bearer(&held.access_token)
                    .empty(),
            )])
        }
        ("GET", path)
            if path.contains("/scim/v2/Schemas")
                || path.contains("/scim/v2/ResourceTypes")
                || path.ends_with("/scim/v2/ServiceProviderConfig")
                || path.ends_with("/scim/v2/{*rest}") =>
        {
            let request = Request::get(address.replace("{*rest}", "Bulk").replace("{name}", "User"));
            Some(vec![case("token", Public, request.bearer(&held.scim_token).empty())])
        }
        (method, path) if path.contains("/scim/v2/") => {
            let id = if path.contains("Groups") {
                &held.scim_group
            } else {
                &held.scim_user
            };
            let address = address.replace("{id}", id);
            let request = |token: &str| {
                let request = Request::builder().method(method).uri(&address).bearer(token);
                request.json(&json!({ "schemas": [USER, GROUP], "userName": "x", "displayName": "x" }))
            };
            Some(vec![
                case("token", Refused, request(&held.scim_token)),
                case("access token", Refused, request(&held.access_token)),
            ])
        }
        (method, path) if path.starts_with("/api/v1/") => {
            let request = Request::builder().method(method).uri(&address);
            let request = request.header(header::COOKIE, held.cookies());
            Some(vec![case(
                "access token",
                Refused,
                request.bearer(&held.access_token).json(&json!({})),
            )])
        }
        ("OPTIONS", _) => Some(vec![case(
            "token",
            Silent,
            Request::builder()
                .method(Method::OPTIONS)
                .uri(&address)
                .header("origin", "https://only-a.test")
                .bearer(&held.access_token)
                .empty(),
        )]),
        ("GET", "/{tenant}/auth/authorize") => {
            let query = format!(
                "response_type=code&client_id={}&redirect_uri={REDIRECT_URI}&id_token_hint={}",
                held.client_id, held.id_token
            );
            let request = Request::get(format!("{address}?{query}"))
                .header(header::COOKIE, held.cookies())
                .empty();
            Some(vec![case("client id", Refused, request)])
        }
        ("POST", "/{tenant}/auth/authorize") => {
            let form = [
                ("response_type", "code"),
                ("client_id", &held.client_id),
                ("redirect_uri", REDIRECT_URI),
            ];
            Some(vec![case(
                "client id",
                Refused,
                post().header(header::COOKIE, held.cookies()).form(&form),
            )])
        }
        ("POST", "/{tenant}/auth/token") => {
            let code = [
                ("grant_type", "authorization_code"),
                ("code", &held.code),
                ("redirect_uri", REDIRECT_URI),
                ("client_id", "growth-chart"),
                ("code_verifier", VERIFIER),
            ];
            let refresh = [
                ("grant_type", "refresh_token"),
                ("refresh_token", &held.refresh_token),
                ("client_id", "growth-chart"),
            ];
            let device = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                ("device_code", &held.device_code),
                ("client_id", "growth-chart"),
            ];
            let bare_refresh = [("grant_type", "refresh_token"), ("refresh_token", &held.refresh_token)];
            Some(vec![
                case("code", Refused, post().form(&code)),
                case("refresh token", Refused, post().form(&refresh)),
                case("device code", Refused, post().form(&device)),
                case("refresh token alone", Refused, post().form(&bare_refresh)),
                case(
                    "client and secret",
                    Refused,
                    basic().form(&[("grant_type", "authorization_code"), ("code", "x")]),
                ),
                case(
                    "client in form",
                    Refused,
                    post().form(&[
                        ("client_id", &held.client_id),
                        ("client_secret", &held.client_secret),
                        ("grant_type", "refresh_token"),
                        ("refresh_token", "x"),
                    ]),
                ),
            ])
        }
        ("POST", "/{tenant}/auth/par") => {
            let form = [("response_type", "code"), ("redirect_uri", REDIRECT_URI)];
            Some(vec![case("client and secret", Refused, basic().form(&form))])
        }
        ("POST", "/{tenant}/auth/device_authorization") => Some(vec![case(
            "client and secret",
            Refused,
            basic().form(&[("scope", "openid")]),
        )]),
        ("GET", "/{tenant}/auth/device") => Some(vec![case("cookies", Public, get().empty())]),
        ("POST", "/{tenant}/auth/device" | "/{tenant}/auth/device/confirm") => {
            let form = [("csrf", held.csrf.as_str()), ("user_code", held.user_code.as_str())];
            let request = post().header(header::COOKIE, held.cookies()).form(&form);
            Some(vec![case("form and cookies", Refused, request)])
        }
        ("GET", "/{tenant}/auth/logout") => {
            let query = format!(
                "id_token_hint={}&post_logout_redirect_uri={REDIRECT_URI}",
                held.id_token
            );
            let request = Request::get(format!("{address}?{query}")).header(header::COOKIE, held.cookies());
            Some(vec![case("hint and cookies", Public, request.empty())])
        }
        ("POST", "/{tenant}/auth/logout") => Some(vec![case(
            "cookies",
            Public,
            post().header(header::COOKIE, held.cookies()).form(&[("state", "s")]),
        )]),
        ("POST", "/{tenant}/auth/logout/confirm") => Some(vec![case(
            "form and cookies",
            Public,
            post()
                .header(header::COOKIE, held.cookies())
                .form(&[("csrf", &held.csrf)]),
        )]),
        ("POST", "/{tenant}/auth/register") => Some(vec![
            case(
                "initial access token",
                Refused,
                post().bearer(&held.initial_access_token).json(&app_metadata()),
            ),
            case(
                "access token",
                Refused,
                post().bearer(&held.access_token).json(&app_metadata()),
            ),
        ]),
        (method @ ("GET" | "PUT" | "DELETE"), "/{tenant}/auth/register/{client_id}") => {
            let manage = Request::builder()
                .method(method)
                .uri(&address)
                .bearer(&held.registration_token);
            Some(vec![case("registration token", Refused, manage.json(&app_metadata()))])
        }
        ("POST", "/{tenant}/auth/launch") => Some(vec![case(
            "access token",
            Refused,
            post().bearer(&held.access_token).json(&json!({ "patient": "pat-1" })),
        )]),
        ("POST", "/{tenant}/auth/introspect") => {
            let by_own = |token: &str| post().basic("fhir-server", SECRET).form(&[("token", token)]);
            Some(vec![
                case("access token", Silent, by_own(&held.access_token)),
                case("refresh token", Silent, by_own(&held.refresh_token)),
                case("id token", Silent, by_own(&held.id_token)),
                case("client and secret", Refused, basic().form(&[("token", "x")])),
                case(
                    "bearer",
                    Refused,
                    post().bearer(&held.access_token).form(&[("token", "x")]),
                ),
            ])
        }
        ("POST", "/{tenant}/auth/revoke") => {
            let by_own = |token: &str| post().form(&[("token", token), ("client_id", "growth-chart")]);
            Some(vec![
                case("access token", Silent, by_own(&held.access_token)),
                case("refresh token", Silent, by_own(&held.refresh_token)),
                case("client and secret", Refused, basic().form(&[("token", "x")])),
            ])
        }
        ("GET", "/{tenant}/auth/userinfo") => Some(vec![
            case("access token", Refused, get().bearer(&held.access_token).empty()),
            case("id token", Refused, get().bearer(&held.id_token).empty()),
            case("cookies", Refused, get().empty()),
        ]),
        ("POST", "/{tenant}/auth/userinfo") => Some(vec![
            case("access token", Refused, post().bearer(&held.access_token).empty()),
            case(
                "token in form",
                Refused,
                post().form(&[("access_token", &held.access_token)]),
            ),
        ]),
        (
            "GET",
            "/{tenant}/auth/interact/{interaction}"
            | "/{tenant}/auth/interact/{interaction}/sign-in"
            | "/{tenant}/auth/interact/{interaction}/sign-in/{provider}",
        ) => Some(vec![case("interaction and cookies", Refused, get().empty())]),
        ("POST", path) if path.starts_with("/{tenant}/auth/interact/") => {
            let form = [
                ("csrf", held.csrf.as_str()),
                ("decision", "allow"),
                ("username", "pat"),
                ("password", PASSWORD),
                ("step", "choose"),
                ("patient", "pat-1"),
            ];
            Some(vec![case(
                "interaction and cookies",
                Refused,
                post().header(header::COOKIE, held.cookies()).form(&form),
            )])
        }
        (
            "GET",
            "/{tenant}/auth/admin-entry"
            | "/{tenant}/auth/admin-entry/sign-in/{provider}"
            | "/{tenant}/auth/apps"
            | "/{tenant}/auth/apps/sign-in/{provider}"
            | "/{tenant}/auth/apps/withdraw/{client}",
        ) => Some(vec![case("cookies", Nobody, get().empty())]),
        ("GET", "/admin") => public(route.path),
        (_, path) if path.starts_with("/admin/") || path.starts_with("/{tenant}/admin") => {
            // What has no value of a tenant's stands for itself.
            let request = Request::builder()
                .method(&route.method)
                .uri(address.replace(['{', '}'], ""));
            let request = request.header(header::COOKIE, format!("__Secure-wk_console={}", held.console));
            let expected = match (route.method == Method::GET, path.starts_with("/admin/")) {
                (true, true) => Public,
                (true, false) => Nobody,
                (false, _) => Refused,
            };
            Some(vec![case(
                "console cookie",
                expected,
                request.form(&[("csrf", held.csrf.as_str())]),
            )])
        }
        (
            "POST",
            "/{tenant}/auth/admin-entry/sign-in"
            | "/{tenant}/auth/admin-entry/sign-in/{provider}"
            | "/{tenant}/auth/apps/sign-in"
            | "/{tenant}/auth/apps/sign-in/{provider}",
        ) => {
            let form = [
                ("csrf", held.csrf.as_str()),
                ("email", "pat@hospital.example"),
                ("username", "pat"),
                ("password", PASSWORD),
            ];
            let request = post().header(header::COOKIE, held.cookies()).form(&form);
            Some(vec![case("cookies and token", Refused, request)])
        }
        ("GET", "/{tenant}/auth/account/link/{token}") => Some(vec![case("link", Refused, get().empty())]),
        ("GET", path) if path.starts_with("/{tenant}/auth/account") => {
            let expected = if path.ends_with("/forgot") { Public } else { Nobody };
            Some(vec![case("cookies", expected, get().empty())])
        }
        ("POST", path) if path.starts_with("/{tenant}/auth/account/") => {
            let form = [
                ("csrf", held.csrf.as_str()),
                ("username", "pat"),
                ("password", PASSWORD),
                ("code", "123456"),
                ("ceremony", "wky_x"),
            ];
            // What takes a browser's own token refuses it; what takes a session's knows nobody.
            let visitors = [
                "/account/sign-in",
                "/sign-in/{provider}",
                "/account/passkey",
                "/forgot",
                "/link/{token}",
            ];
            let refused = visitors.iter().any(|end| path.ends_with(end));
            let expected = if refused { Refused } else { Nobody };
            let request = post().header(header::COOKIE, held.cookies()).form(&form);
            Some(vec![case("cookies and token", expected, request)])
        }
        ("POST", "/{tenant}/auth/apps/withdraw/{client}" | "/{tenant}/auth/sign-out") => {
            let request = post()
                .header(header::COOKIE, held.cookies())
                .form(&[("csrf", &held.csrf)]);
            Some(vec![case("cookies and token", Nobody, request)])
        }
        ("GET", "/{tenant}/auth/federation/{provider}/callback") => {
            let query = format!("{address}?state={}&code={}&iss=x", held.state, held.code);
            Some(vec![case(
                "state and cookies",
                Refused,
                Request::get(query).header(header::COOKIE, held.cookies()).empty(),
            )])
        }
        (
            "GET",
            "/{tenant}/auth/federation/{provider}/test/{token}"
            | "/{tenant}/auth/federation/{provider}/test/{token}/start",
        ) => {
            let path = route.path.replace("{token}", &held.sign_in_test);
            let path = at(&path.replace("{provider}", UPSTREAM));
            let request = Request::get(path).header(header::COOKIE, held.cookies()).empty();
            Some(vec![case("test and cookies", Refused, request)])
        }
        ("GET", "/{tenant}/auth/setup/{token}") => {
            let path = at(&route.path.replace("{token}", &held.setup));
            Some(vec![case("link", Refused, Request::get(path).empty())])
        }
        ("POST", "/{tenant}/auth/setup/{token}") => {
            let path = at(&route.path.replace("{token}", &held.setup));
            let request = Request::post(path).header(header::COOKIE, held.cookies());
            Some(vec![case(
                "link and cookies",
                Refused,
                request.form(&[("csrf", held.csrf.as_str())]),
            )])
        }
        (method, path) if path.starts_with("/{tenant}/auth/connection") => {
            let request = Request::builder().method(method).uri(&address);
            let request = request.header(header::COOKIE, format!("__Secure-wk_setup={}", held.setup));
            Some(vec![case(
                "link's cookie",
                Refused,
                request.form(&[("csrf", held.csrf.as_str())]),
            )])
        }
        ("GET", "/{tenant}/auth/federation/{provider}/signed-out") => {
            let query = format!("{address}?state={}", held.state);
            let request = Request::get(query).header(header::COOKIE, held.cookies()).empty();
            Some(vec![case("state and cookies", Nobody, request)])
        }
        ("GET", "/{tenant}/auth/federation/{provider}/frontchannel-logout") => {
            let query = format!("{address}?iss=x&sid={}", held.session);
            let request = Request::get(query).header(header::COOKIE, held.cookies()).empty();
            Some(vec![case("session and cookies", Refused, request)])
        }
        ("POST", "/{tenant}/auth/federation/{provider}/backchannel-logout") => Some(vec![case(
            "id token",
            Refused,
            post().form(&[("logout_token", &held.id_token)]),
        )]),
        ("GET", "/{tenant}/auth/federation/{provider}/resume" | "/{tenant}/auth/federation/{provider}/slo") => {
            let query = format!(
                "{address}?state={}&RelayState={}&SAMLResponse=x",
                held.state, held.state
            );
            let request = Request::get(query).header(header::COOKIE, held.cookies()).empty();
            Some(vec![case("state and cookies", Refused, request)])
        }
        ("GET", "/{tenant}/auth/federation/{provider}/metadata" | "/{tenant}/auth/federation/{provider}/jwks") => {
            Some(vec![case(
                "cookies and token",
                Refused,
                get().bearer(&held.access_token).empty(),
            )])
        }
        (
            "POST",
            "/{tenant}/auth/federation/{provider}/acs"
            | "/{tenant}/auth/federation/{provider}/resume"
            | "/{tenant}/auth/federation/{provider}/slo",
        ) => {
            let form = [
                ("SAMLResponse", "PHg+"),
                ("RelayState", held.state.as_str()),
                ("csrf", held.csrf.as_str()),
            ];
            let request = post().header(header::COOKIE, held.cookies()).form(&form);
            Some(vec![case("state and cookies", Refused, request)])
        }
        _ => None,
    }
}

/// An answer without what is different in every answer: the request's own id, and a form's token, which is made of the
/// caller's own cookie.
fn comparable(response: &Response) -> String {
    let mut text = response.to_string();
    if let Some((before, after)) = text.clone().split_once("name=\"csrf\" value=\"") {
        text = format!("{before}{}", after.split_once('"').map_or("", |(_, rest)| rest));
    }
    let mut parts = text.split("req_");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        clean.push_str("req_*");
        clean.push_str(part.get(32..).unwrap_or_default());
    }
    clean
}

#[tokio::test]
async fn every_route_answers_what_another_tenant_gave_out_like_what_nobody_gave_out() {
    let app = TestApp::new().await;
    let a = tenant(&app, "hospital-a").await;
    let b = tenant(&app, "hospital-b").await;
    let real = Credentials::given_by(&a).await;
    let invented = Credentials::invented(&real);
    let mut compared = 0;
    for route in app.app.route_list() {
        let row = |held| cases(&route, &b.slug, held);
        let (Some(foreign), Some(made_up)) = (row(&real), row(&invented)) else {
            panic!(
                "{} {} has no row in this test: say what it takes from callers",
                route.method, route.path
            );
        };
        for (one, other) in foreign.into_iter().zip(made_up) {
            let name = format!("{} {} with {}", route.method, route.path, one.what);
            let expected = one.expected;
            let (answer, made_up) = (app.router.send(one.request).await, app.router.send(other.request).await);
            // A page may link to itself: the address that the caller gave comes back to the caller.
            let own_address = |response: &Response, held: &Credentials| {
                comparable(response)
                    .replace(&held.interaction, "*")
                    .replace(&held.client_id, "*")
            };
            assert_eq!(own_address(&answer, &real), own_address(&made_up, &invented), "{name}");
            match expected {
                Expected::Public => {}
                Expected::Nobody => assert!(
                    answer.text().contains("name=\"password\"")
                        || (answer.status == 303 && answer.location().starts_with(&b.path(""))),
                    "{name}: {answer}"
                ),
                Expected::Refused => assert!(answer.status.is_client_error(), "{name}: {answer}"),
                Expected::Silent => {
                    let told = answer.text();
                    assert!(told.is_empty() || told == r#"{"active":false}"#, "{name}: {answer}");
                    assert!(
                        answer.header("access-control-allow-origin").is_none(),
                        "{name}: {answer}"
                    );
                }
            }
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared}");
    // None of it was used up: all of it still works where it belongs.
    a.redeem(&real.code).await.assert_status(200);
    a.userinfo(&real.access_token).await.assert_status(200);
    a.refresh(&real.refresh_token).await.assert_status(200);
}

#[tokio::test]
async fn a_directory_with_a_token_of_its_own_finds_nothing_of_another_tenant_or_connection() {
    let app = TestApp::new().await;
    let a = tenant(&app, "hospital-a").await;
    let b = tenant(&app, "hospital-b").await;
    let real = Credentials::given_by(&a).await;
    let invented = Credentials::invented(&real);
    let own = scim_token(&b).await;
    let ask = async |method: &str, path: String, body: serde_json::Value| {
        let request = Request::builder().method(method).uri(path).bearer(&own).json(&body);
        comparable(&app.router.send(request).await)
    };
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "displayName", "value": "x" }],
    });
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        for (endpoint, of) in [("Users", 0), ("Groups", 1)] {
            let id = |held: &Credentials| [held.scim_user.clone(), held.scim_group.clone()][of].clone();
            let at = |held: &Credentials| format!("/hospital-b/scim/v2/{endpoint}/{}", id(held));
            let body = if method == "PATCH" {
                patch.clone()
            } else {
                json!({ "schemas": [USER, GROUP], "userName": "x", "externalId": "x", "displayName": "x" })
            };
            let foreign = ask(method, at(&real), body.clone()).await;
            assert_eq!(foreign, ask(method, at(&invented), body).await, "{method} {endpoint}");
            assert!(foreign.contains("404"), "{foreign}");
        }
    }
    // A member of another tenant is no member, and no filter finds anybody.
    let with = |member: &str| json!({ "schemas": [GROUP], "displayName": "x", "members": [{ "value": member }] });
    let groups = || "/hospital-b/scim/v2/Groups".to_owned();
    let foreign = ask("POST", groups(), with(&real.scim_user)).await;
    assert_eq!(foreign, ask("POST", groups(), with(&invented.scim_user)).await);
    assert!(foreign.contains("invalidValue"), "{foreign}");
    let found = ask(
        "GET",
        "/hospital-b/scim/v2/Users?filter=userName%20pr".to_owned(),
        json!({}),
    )
    .await;
    assert!(found.contains("\"totalResults\":0"), "{found}");
}

#[tokio::test]
async fn a_token_that_names_another_tenant_is_refused_as_such() {
    let app = TestApp::new().await;
    let a = tenant(&app, "hospital-a").await;
    let b = tenant(&app, "hospital-b").await;
    let tokens = a.tokens(SCOPE, "pat").await;
    let refused = b
        .userinfo(tokens["access_token"].as_str().unwrap())
        .await
        .assert_status(403);
    assert_eq!(refused.json()["error"], "tenant_mismatch");
}

#[tokio::test]
async fn a_session_of_one_tenant_says_nothing_at_another() {
    let app = TestApp::new().await;
    let a = tenant(&app, "hospital-a").await;
    let b = tenant(&app, "hospital-b").await;
    let real = Credentials::given_by(&a).await;
    let started = b
        .get(&b.authorization_request(SCOPE).address())
        .await
        .assert_status(303);
    // Even presented under the other tenant's path, which no browser does.
    let request = Request::get(started.location())
        .header(header::COOKIE, format!("__Secure-wk_session={}", real.session))
        .empty();
    let page = app.router.send(request).await.assert_status(200);
    assert!(page.text().contains("name=\"password\""), "{page}");
}

#[tokio::test]
async fn a_key_of_one_tenant_signs_nothing_for_another() {
    let app = TestApp::new().await;
    let a = tenant(&app, "hospital-a").await;
    let b = tenant(&app, "hospital-b").await;
    let kids = |jwks: serde_json::Value| -> Vec<String> {
        jwks["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    };
    let of_a = kids(a.get(&a.path("jwks")).await.json());
    let of_b = kids(b.get(&b.path("jwks")).await.json());
    assert!(of_a.iter().all(|kid| !of_b.contains(kid)));
}

#[tokio::test]
async fn unknown_deleted_and_impossible_tenants_look_alike() {
    let app = TestApp::new().await;
    let tenant = tenant(&app, "hospital-a").await;
    let answers = [
        tenant.get("/nobody/auth/jwks").await,
        tenant.get("/Hospital-A/auth/jwks").await,
        tenant.get("/admin/auth/jwks").await,
    ];
    for answer in &answers {
        assert_eq!(answer.status, 404);
        assert_eq!(comparable(answer), comparable(&answers[0]));
    }
}
