//! What issuing and checking tokens costs, beside the raw cost of the signature in the same run.
//!
//! `cargo bench --bench tokens` prints operations per second in process and over loopback HTTP, and for issuance the ratio to the
//! signatures it contains. Bounded in count; timings vary between machines, ratios less.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench stops at the first surprise")]

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine as _;
use http_body_util::BodyExt as _;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt as _;
use wardkey::app::App;
use wardkey::control::clients::SecretPolicy;
use wardkey::control::tenants::{NewPlacement, NewTenant};
use wardkey::control::{Platform, PlatformOptions};
use wardkey::federation::Federation;
use wardkey::federation::local::password::{Argon2Cost, PasswordPool};
use wardkey::kernel::credential::{self, Kind};
use wardkey::kernel::id::{GrantId, IdentityProviderId};
use wardkey::kernel::{Secret, Sha256Hash, SystemClock, SystemEntropy};
use wardkey::keys::MasterKey;
use wardkey::oauth::client_registration::ClientRegistration;
use wardkey::oauth::jose::{JwtType, RsaSize, SigningAlgorithm, SigningKeyPair};
use wardkey::outbound::{Outbound, OutboundPolicy};
use wardkey::store::control::Tier;
use wardkey::store::tenant::{AccountProfile, GrantContext, NewAuthorizationCode, NewGrant};
use wardkey::store::{DatabaseUrl, PlacementSettings};
use wardkey::tenant::{PublicUrl, TenantCx, TenantDocument};

const REDIRECT_URI: &str = "https://app.test/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SECRET: &str = "wks_bench";
const ROUNDS: usize = 2_000;
const CONCURRENT: usize = 16;

struct Bench {
    router: axum::Router,
    cx: TenantCx,
    account: wardkey::kernel::id::AccountId,
    _folder: tempfile::TempDir,
}

async fn set_up() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let entropy = Arc::new(SystemEntropy);
    let clock = Arc::new(SystemClock);
    let platform = Platform::open(PlatformOptions {
        public_url: PublicUrl::parse("https://auth.test").unwrap(),
        mtls_url: None,
        control: DatabaseUrl::Sqlite(folder.path().join("control.db")),
        shared: DatabaseUrl::Sqlite(folder.path().join("tenants.db")),
        dedicated_folder: folder.path().join("tenants"),
        max_connections: 8,
        placement: PlacementSettings::default(),
        master_key: MasterKey::generate(entropy.as_ref()).unwrap(),
        clock: clock.clone(),
        entropy: entropy.clone(),
    })
    .await
    .unwrap();
    let new = NewTenant {
        slug: "bench".into(),
        display_name: "Bench".into(),
        tier: Tier::Standard,
        placement: NewPlacement::Shared,
        document: TenantDocument::default(),
    };
    platform.create_tenant(&new).await.unwrap();
    let admin = platform.tenant("bench").await.unwrap();
    let metadata = serde_json::json!({
        "client_name": "Bench", "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "refresh_token"], "introspection": true,
        "scope": "openid fhirUser offline_access launch/patient patient/*.rs",
    });
    let registration: ClientRegistration = serde_json::from_value(metadata).unwrap();
    admin
        .save_client("app", registration, SecretPolicy::Known(Secret::new(SECRET.into())))
        .await
        .unwrap();
    let cx = platform.tenant("bench").await.unwrap().cx().clone();
    let profile = AccountProfile {
        subject: "pat".into(),
        fhir_user: Some("Patient/pat".into()),
        ..AccountProfile::default()
    };
    let mut rows = cx.begin().await.unwrap();
    let provider = IdentityProviderId::new(cx.now(), cx.entropy());
    let account = rows
        .save_account(provider, &profile, None, cx.now(), cx.entropy())
        .await
        .unwrap()
        .id;
    rows.commit().await.unwrap();
    let outbound = Outbound::new(OutboundPolicy::default(), clock).unwrap();
    let passwords = PasswordPool::new(
        Argon2Cost {
            memory_kib: 1024,
            iterations: 1,
            lanes: 1,
        },
        1,
        entropy.as_ref(),
    )
    .unwrap();
    let app = App::new(platform.clone(), Federation::new(outbound, passwords));
    Bench {
        router: app.router(),
        cx,
        account,
        _folder: folder,
    }
}

impl Bench {
    /// Codes as the interaction would have issued them.
    async fn codes(&self, scope: &str, count: usize) -> Vec<String> {
        let cx = &self.cx;
        let context = GrantContext {
            fhir_user: Some("Patient/pat".into()),
            ..GrantContext::default()
        };
        let mut rows = cx.begin().await.unwrap();
        let mut codes = Vec::with_capacity(count);
        for _ in 0..count {
            let id = GrantId::new(cx.now(), cx.entropy());
            let code = credential::generate(Kind::AuthorizationCode, cx.entropy());
            let grant = NewGrant {
                decision: &wardkey::smart::scope::Decision::default(),
                id,
                client_id: "app",
                account: self.account,
                session: None,
                ends_with_session: false,
                logout_session: None,
                scope,
                audience: "https://auth.test/bench/fhir",
                context: &context,
                authenticated_at: cx.now(),
            };
            rows.insert_grant(&grant, cx.now(), cx.entropy()).await.unwrap();
            rows.insert_authorization_code(&NewAuthorizationCode {
                code: Sha256Hash::of(code.expose().as_bytes()),
                grant: id,
                client_id: "app",
                redirect_uri: REDIRECT_URI,
                code_challenge: Some(CHALLENGE),
                nonce: None,
                dpop_jkt: None,
                expires_at: cx.now() + Duration::from_mins(10),
            })
            .await
            .unwrap();
            codes.push(code.expose().clone());
        }
        rows.commit().await.unwrap();
        codes
    }

    async fn send(&self, request: Request<Body>) -> serde_json::Value {
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }
}

fn basic() -> String {
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(format!("app:{SECRET}"))
    )
}

fn form(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    Request::post(format!("/bench/auth/{path}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::AUTHORIZATION, basic())
        .body(body.into())
        .unwrap()
}

fn exchange(code: &str) -> Request<Body> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    form("token", &fields)
}

fn refresh(token: &str) -> Request<Body> {
    form("token", &[("grant_type", "refresh_token"), ("refresh_token", token)])
}

fn per_second(count: usize, elapsed: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / elapsed.as_secs_f64()
}

/// Runs all requests, [`CONCURRENT`] at a time, and returns the answers with the rate.
async fn run(bench: &Arc<Bench>, requests: Vec<Request<Body>>) -> (Vec<serde_json::Value>, f64) {
    let count = requests.len();
    let queue = Arc::new(std::sync::Mutex::new(requests));
    let started = tokio::time::Instant::now();
    let workers: Vec<_> = (0..CONCURRENT)
        .map(|_| {
            let (bench, queue) = (bench.clone(), queue.clone());
            tokio::spawn(async move {
                let mut answers = Vec::new();
                loop {
                    let Some(request) = queue.lock().unwrap().pop() else {
                        break answers;
                    };
                    answers.push(bench.send(request).await);
                }
            })
        })
        .collect();
    let mut answers = Vec::with_capacity(count);
    for worker in workers {
        answers.extend(worker.await.unwrap());
    }
    (answers, per_second(count, started.elapsed()))
}

fn signing_rate(algorithm: SigningAlgorithm) -> f64 {
    let key = SigningKeyPair::generate(algorithm, RsaSize::default()).unwrap();
    let claims =
        serde_json::json!({ "iss": "https://auth.test/bench/auth", "sub": "acc", "scope": "patient/*.rs", "exp": 1 });
    let started = tokio::time::Instant::now();
    for _ in 0..ROUNDS {
        key.sign(JwtType::AccessToken, &claims).unwrap();
    }
    per_second(ROUNDS, started.elapsed())
}

fn text<'a>(answer: &'a serde_json::Value, member: &str) -> &'a str {
    answer.get(member).and_then(serde_json::Value::as_str).unwrap()
}

fn line(what: &str, rate: f64, floor: Option<f64>) {
    let cores = f64::from(u32::try_from(std::thread::available_parallelism().unwrap().get()).unwrap());
    let ratio = floor.map_or_else(String::new, |floor| {
        format!("   {:.2} x its signatures alone on {cores} cores", floor * cores / rate)
    });
    println!("{what:<44} {rate:>10.0}/s{ratio}");
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(Box::pin(measure()));
}

async fn measure() {
    let (es256, rs256) = (
        signing_rate(SigningAlgorithm::ES256),
        signing_rate(SigningAlgorithm::RS256),
    );
    line("ES256 signature, one core", es256, None);
    line("RS256 signature, one core", rs256, None);
    let both = 1.0 / (1.0 / es256 + 1.0 / rs256);
    let bench = Arc::new(set_up().await);
    let requests = |codes: Vec<String>| codes.iter().map(|code| exchange(code)).collect::<Vec<_>>();

    let (_, rate) = run(&bench, requests(bench.codes("patient/*.rs", ROUNDS).await)).await;
    line("code exchange, access token only", rate, Some(es256));
    let (answers, rate) = run(
        &bench,
        requests(bench.codes("openid fhirUser offline_access patient/*.rs", ROUNDS).await),
    )
    .await;
    line("code exchange, with ID and refresh token", rate, Some(both));
    let (_, rate) = run(
        &bench,
        answers
            .iter()
            .map(|answer| refresh(text(answer, "refresh_token")))
            .collect(),
    )
    .await;
    line("refresh with rotation, client secret", rate, Some(es256));
    let introspect = |answer: &serde_json::Value| form("introspect", &[("token", text(answer, "access_token"))]);
    let (_, rate) = run(&bench, answers.iter().map(introspect).collect()).await;
    line("introspection", rate, None);
    let discovery = || {
        Request::get("/bench/auth/.well-known/openid-configuration")
            .body(Body::empty())
            .unwrap()
    };
    let (_, rate) = run(&bench, (0..ROUNDS).map(|_| discovery()).collect()).await;
    line("discovery", rate, None);
    over_http(&bench).await;
}

/// The same over loopback HTTP, with the load from this process.
async fn over_http(bench: &Arc<Bench>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = bench.router.clone();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let codes = bench.codes("openid fhirUser offline_access patient/*.rs", ROUNDS).await;
    let bodies: Vec<String> = codes
        .iter()
        .map(|code| format!("grant_type=authorization_code&code={code}&redirect_uri=https%3A%2F%2Fapp.test%2Fcallback&code_verifier={VERIFIER}"))
        .collect();
    let queue = Arc::new(std::sync::Mutex::new(bodies));
    let started = tokio::time::Instant::now();
    let workers: Vec<_> = (0..CONCURRENT)
        .map(|_| {
            let (client, queue, address) = (client.clone(), queue.clone(), format!("{base}/bench/auth/token"));
            tokio::spawn(async move {
                loop {
                    let Some(body) = queue.lock().unwrap().pop() else { break };
                    let request = client
                        .post(&address)
                        .header(header::AUTHORIZATION, basic())
                        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                        .body(body);
                    assert!(request.send().await.unwrap().status().is_success());
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    line(
        "loopback HTTP: code exchange, ID and refresh",
        per_second(ROUNDS, started.elapsed()),
        None,
    );
    server.abort();
}
