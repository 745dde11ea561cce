//! SAML identity providers that nobody here wrote, as processes on loopback.

use super::absent;
use super::guarded::{Guarded, Plan};
use super::node_peer::Peer;
use super::saml_idp::IDP;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// pysaml2, behind the script `tests/peers/pysaml2-idp.py`.
#[derive(Debug)]
pub struct Pysaml2 {
    base: String,
    http: reqwest::Client,
    _process: Guarded,
}

impl Pysaml2 {
    /// Starts it, or says that it cannot.
    pub fn start() -> Option<Self> {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
        let python = peers.join("venv/bin/python");
        if !python.exists() || !Path::new("/usr/bin/xmlsec1").exists() {
            absent::report("pysaml2", "it is not installed (scripts/test --install)");
            return None;
        }
        let mut process = Plan::killed().spawn(python, [peers.join("pysaml2-idp.py").into_os_string()]);
        let ready: Value = process
            .find_line(|line| serde_json::from_str(&line).ok())
            .expect("pysaml2 ended before it was ready");
        Some(Self {
            base: ready["base"].as_str().expect("a base").to_owned(),
            http: reqwest::Client::builder().no_proxy().build().expect("an HTTP client"),
            _process: process,
        })
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn metadata_url(&self) -> String {
        format!("{}/metadata", self.base)
    }

    /// Tells it about us.
    pub async fn know(&self, metadata: &str) {
        self.control("sp", &json!({ "metadata": metadata })).await;
    }

    /// Changes what it does: see the script's `state`.
    pub async fn set(&self, what: Value) {
        self.control("set", &what).await;
    }

    pub async fn control(&self, verb: &str, body: &Value) -> Value {
        let response = self
            .http
            .post(format!("{}/control/{verb}", self.base))
            .json(body)
            .send()
            .await
            .expect("pysaml2 answers");
        response
            .error_for_status()
            .expect("pysaml2 knows the verb")
            .json()
            .await
            .expect("JSON")
    }
}

/// SimpleSAMLphp of Debian, with the people of its `exampleauth`: `student` and `employee`, whose password is their name.
#[derive(Debug)]
pub struct SimpleSamlPhp {
    base: String,
    folder: TempDir,
    _process: Guarded,
}

const PACKAGE: &str = "/usr/share/simplesamlphp";

impl SimpleSamlPhp {
    /// Starts it, or says that it cannot.
    pub fn start() -> Option<Self> {
        Self::start_at("127.0.0.1")
    }

    /// At a name of loopback: for a browser, `localhost` is another site than `127.0.0.1`, as hospital and Wardkey are.
    pub fn start_at(host: &str) -> Option<Self> {
        if !Path::new(PACKAGE).exists() || !Path::new("/usr/bin/php").exists() {
            absent::report("SimpleSAMLphp", "it is not installed (scripts/test --install)");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port")
            .port();
        let base = format!("http://{host}:{port}");
        let instance = Self::configure(folder.path(), &base);
        let router = folder.path().join("router.php");
        // PHP's own server does not know which part of a path is the script.
        std::fs::write(&router, ROUTER).expect("a file");
        // PHP says when it listens, and then logs each request, which nobody reads.
        let command = format!(
            "SIMPLESAMLPHP_CONFIG_DIR={} php -d display_errors=0 -d opcache.enable=0 -S 127.0.0.1:{port} -t {PACKAGE}/www {} 2>&1 | \
             {{ grep -m1 --line-buffered started; cat >/dev/null; }}",
            instance.display(),
            router.display()
        );
        let mut process = Plan::killed().spawn("sh", ["-c", &command]);
        process
            .find_line(|line| line.contains("started").then_some(()))
            .expect("PHP ended before it was ready");
        Some(Self {
            base,
            folder,
            _process: process,
        })
    }

    fn configure(folder: &Path, base: &str) -> PathBuf {
        let at = |name: &str| folder.join(name).display().to_string();
        for name in ["config", "metadata", "cert", "log", "data", "tmp", "sessions"] {
            std::fs::create_dir(folder.join(name)).expect("a folder");
        }
        let original = std::fs::read_to_string("/etc/simplesamlphp/config.php").expect("the package's configuration");
        let original = original.trim_end().trim_end_matches("?>");
        let config = format!(
            "{original}\n$config = array_merge($config, [\n'baseurlpath' => '{base}/',\n'certdir' => '{}/',\n\
             'metadatadir' => '{}/',\n'loggingdir' => '{}/',\n'datadir' => '{}/',\n'tempdir' => '{}',\n\
             'session.phpsession.savepath' => '{}',\n'secretsalt' => 'only-for-tests',\n'auth.adminpassword' => \
             'only-for-tests',\n'timezone' => 'UTC',\n'logging.handler' => 'file',\n'enable.saml20-idp' => true,\n\
             'module.enable' => ['core' => true, 'saml' => true, 'exampleauth' => true],\n\
             'session.cookie.secure' => false,\n'session.cookie.samesite' => null,\n'metadata.sources' => \
             [['type' => 'flatfile', 'directory' => '{}']],\n]);\n",
            at("cert"),
            at("metadata"),
            at("log"),
            at("data"),
            at("tmp"),
            at("sessions"),
            at("metadata"),
        );
        std::fs::write(folder.join("config/config.php"), config).expect("a file");
        let sources = "<?php $config = ['people' => ['exampleauth:UserPass',\n\
             'student:student' => ['uid' => ['student'], 'sn' => ['Morgan'], 'role' => ['patient', 'member']],\n\
             'employee:employee' => ['uid' => ['employee'], 'sn' => ['Okafor'], 'role' => ['physician']]]];";
        std::fs::write(folder.join("config/authsources.php"), sources).expect("a file");
        Self::new_key(folder, "idp");
        Self::host(folder, "idp", None, "");
        std::fs::write(folder.join("metadata/saml20-sp-remote.php"), "<?php\n").expect("a file");
        folder.join("config")
    }

    fn new_key(folder: &Path, name: &str) {
        let made = std::process::Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=simplesamlphp",
                "-days",
                "30",
            ])
            .arg("-keyout")
            .arg(folder.join(format!("cert/{name}.key")))
            .arg("-out")
            .arg(folder.join(format!("cert/{name}.crt")))
            .output()
            .expect("openssl");
        assert!(made.status.success(), "{made:?}");
    }

    /// The identity provider with a current key and perhaps a next one. `options` are members of `saml20-idp-hosted.php`.
    fn host(folder: &Path, current: &str, next: Option<&str>, options: &str) {
        let next = next
            .map(|name| format!("'new_privatekey' => '{name}.key', 'new_certificate' => '{name}.crt',"))
            .unwrap_or_default();
        let hosted = format!(
            "<?php $metadata['__DYNAMIC:1__'] = ['host' => '__DEFAULT__', 'privatekey' => '{current}.key', \
             'certificate' => '{current}.crt', {next} 'auth' => 'people', 'userid.attribute' => 'uid', 'sign.logout' => true, 'redirect.sign' => true, \
             'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', \
             'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic', \
             'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', {options}];"
        );
        std::fs::write(folder.join("metadata/saml20-idp-hosted.php"), hosted).expect("a file");
    }

    /// Announces a next key, as SimpleSAMLphp does: from then on it signs with the new one and publishes both.
    pub fn roll_key(&self) {
        Self::new_key(self.folder.path(), "next");
        Self::host(self.folder.path(), "idp", Some("next"), "");
    }

    /// Ends the rollover: the old key is forgotten, and the new one is the only one.
    pub fn drop_old_key(&self) {
        Self::host(self.folder.path(), "next", None, "");
    }

    /// Changes how it behaves: members of `saml20-idp-hosted.php`, in PHP.
    pub fn set(&self, options: &str) {
        Self::host(self.folder.path(), "idp", None, options);
    }

    pub fn metadata_url(&self) -> String {
        format!("{}/saml2/idp/metadata.php", self.base)
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// Tells it about us. `options` are members of `saml20-sp-remote.php`, in PHP.
    pub fn know(&self, entity_id: &str, acs: &str, slo: &str, certificates: &[(&str, String)], options: &str) {
        let mut keys = String::new();
        for (usage, pem) in certificates {
            let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
            let (signing, encryption) = (*usage == "signing", *usage == "encryption");
            let _ = write!(
                keys,
                "['signing' => {signing}, 'encryption' => {encryption}, 'type' => 'X509Certificate', \
                 'X509Certificate' => '{base64}'],"
            );
        }
        let remote = format!(
            "<?php $metadata['{entity_id}'] = ['AssertionConsumerService' => '{acs}', 'SingleLogoutService' => '{slo}', \
             'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', 'keys' => [{keys}], {options}];"
        );
        std::fs::write(self.folder.path().join("metadata/saml20-sp-remote.php"), remote).expect("a file");
    }
}

const ROUTER: &str = r"<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (preg_match('#^(/(?:.*?)\.php)(/.*)?$#', $path, $found) && is_file($_SERVER['DOCUMENT_ROOT'] . $found[1])) {
    $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $found[1];
    $_SERVER['SCRIPT_FILENAME'] = $_SERVER['DOCUMENT_ROOT'] . $found[1];
    $_SERVER['PATH_INFO'] = $found[2] ?? '';
    chdir(dirname($_SERVER['SCRIPT_FILENAME']));
    require $_SERVER['SCRIPT_FILENAME'];
    return true;
}
return false;
";

/// Two providers from npm, behind the script `tests/peers/saml-idps.mjs`: Auth0's `samlp`, and `samlify`.
#[derive(Debug)]
pub struct NpmIdps {
    peer: Peer,
    http: reqwest::Client,
}

impl NpmIdps {
    /// Starts them, or says that it cannot.
    pub fn start() -> Option<Self> {
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/node_modules");
        if !modules.join("samlp").is_dir() || !modules.join("samlify").is_dir() {
            absent::report("samlp and samlify", "they are not installed (scripts/test --install)");
            return None;
        }
        let mut key = String::from("-----BEGIN PRIVATE KEY-----\n");
        for line in STANDARD.encode(IDP.pkcs8.expose()).as_bytes().chunks(64) {
            key.push_str(std::str::from_utf8(line).expect("Base64"));
            key.push('\n');
        }
        key.push_str("-----END PRIVATE KEY-----\n");
        let settings = json!({ "key": key, "certificate": IDP.key.certificate_pem() });
        let peer = Peer::start("saml-idps.mjs", &settings)?;
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        Some(Self { peer, http })
    }

    /// The metadata of one of them, by its name.
    pub fn metadata_url(&self, name: &str) -> String {
        format!("{}/{name}/metadata", self.peer.text("base"))
    }

    /// Tells them about us.
    pub async fn know(&self, metadata: &str) {
        self.control("sp", &json!({ "metadata": metadata })).await;
    }

    /// Changes what they do, and says how they are: see the script's `state`.
    pub async fn set(&self, what: Value) -> Value {
        self.control("set", &what).await
    }

    async fn control(&self, verb: &str, body: &Value) -> Value {
        let url = format!("{}/control/{verb}", self.peer.text("base"));
        let response = self.http.post(url).json(body).send().await.expect("they answer");
        response
            .error_for_status()
            .expect("they know the verb")
            .json()
            .await
            .expect("JSON")
    }
}
