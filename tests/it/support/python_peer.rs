//! The SMART client library of PyPI, run by the Python of the tests' own environment.

use super::absent;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// An app made of `authlib`: `tests/peers/authlib-app.py`.
#[derive(Debug)]
pub struct Authlib(PythonFhirclient);

impl Authlib {
    /// The app, or a word that it cannot be run.
    pub fn find() -> Option<Self> {
        PythonFhirclient::with("authlib", "authlib-app.py").map(Self)
    }

    /// Where the browser has to go.
    pub async fn begin(&self, settings: &Value) -> String {
        self.0.begin(settings).await
    }

    /// What the app makes of the address at which the browser came back.
    pub async fn finish(&self, callback: &str) -> Value {
        self.0.finish(callback).await
    }
}

/// A directory made of `scim2-client`, and its compliance checker: `tests/peers/scim-directory.py`.
#[derive(Debug)]
pub struct Scim2(PythonFhirclient);

impl Scim2 {
    /// The directory, or a word that it cannot be run.
    pub fn find() -> Option<Self> {
        PythonFhirclient::with("scim2_tester", "scim-directory.py").map(Self)
    }

    /// What it says of a server.
    pub async fn run(&self, base_url: &str, token: &str) -> Value {
        let mut command = Command::new(&self.0.python);
        command.arg(&self.0.script).args([base_url, token]);
        // The server that it talks to runs on this thread.
        let output = tokio::task::spawn_blocking(move || command.output()).await;
        let output = output.expect("the script ends").expect("Python runs");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

/// What `schemathesis` is told. Every number of requests is bounded, and the seed is always the same.
const SCHEMATHESIS: &str = r#"
seed = 20261121

[generation]
max-examples = 10
database = "none"

[parameters]
"path.tenant" = "northside"

# A value of the right form may break a rule that a schema cannot tell.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "412", "422"]

# An empty If-Match, which matches nothing.
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "412", "415", "422"]

# Their settings are described in words, not by a schema.
[[operations]]
include-name = [
    "POST /api/v1/tenants",
    "PUT /api/v1/tenants/{tenant}/brands",
    "PUT /api/v1/tenants/{tenant}/identity-providers/{alias}",
    "PUT /api/v1/tenants/{tenant}/settings",
    "PATCH /api/v1/tenants/{tenant}/settings",
]
checks.positive_data_acceptance.enabled = false
"#;

/// The property-based tester of APIs, `schemathesis`.
#[derive(Debug)]
pub struct Schemathesis(PythonFhirclient);

impl Schemathesis {
    /// The tester, or a word that it cannot be run.
    pub fn find() -> Option<Self> {
        PythonFhirclient::with("schemathesis", "").map(Self)
    }

    /// What it prints of the API at `base`, and whether it found nothing.
    pub async fn run(&self, base: &str, token: &str) -> (String, bool) {
        let folder = self.0.folder.path();
        std::fs::write(folder.join("schemathesis.toml"), SCHEMATHESIS).expect("the file is written");
        let mut command = Command::new(self.0.python.with_file_name("schemathesis"));
        command.args(["run", "--no-color", "--header"]);
        command.arg(format!("Authorization: Bearer {token}"));
        command.arg(format!("{base}/api/v1/openapi.json"));
        command.current_dir(folder);
        // The server that it talks to runs on this runtime.
        let output = tokio::task::spawn_blocking(move || command.output()).await;
        let output = output.expect("the task ends").expect("schemathesis runs");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        (told, output.status.success())
    }
}

/// An app made of the stock `fhirclient` package: `tests/peers/fhirclient-standalone.py`.
#[derive(Debug)]
pub struct PythonFhirclient {
    python: PathBuf,
    script: PathBuf,
    folder: TempDir,
}

impl PythonFhirclient {
    /// The app, or a word that it cannot be run.
    pub fn find() -> Option<Self> {
        Self::with("fhirclient", "fhirclient-standalone.py")
    }

    fn with(package: &str, script: &str) -> Option<Self> {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
        let python = peers.join("venv/bin/python");
        let installed = Command::new(&python)
            .args(["-c", &format!("import {package}")])
            .output();
        if !installed.is_ok_and(|output| output.status.success()) {
            absent::report(
                &format!("the PyPI package {package}"),
                "it is not installed (scripts/test --install)",
            );
            return None;
        }
        Some(Self {
            python,
            script: peers.join(script),
            folder: TempDir::new().expect("a temporary folder"),
        })
    }

    /// Where the browser has to go. `settings`: see the package.
    pub async fn begin(&self, settings: &Value) -> String {
        let answer = self.run("begin", &settings.to_string()).await;
        answer["authorize_url"].as_str().expect("an address").to_owned()
    }

    /// What the app makes of the address at which the browser came back.
    pub async fn finish(&self, callback: &str) -> Value {
        self.run("finish", callback).await
    }

    async fn run(&self, step: &str, argument: &str) -> Value {
        let mut command = Command::new(&self.python);
        let state = self.folder.path().join("state.json");
        command.arg(&self.script).arg(state).args([step, argument]);
        // The server that it talks to runs on this thread.
        let output = tokio::task::spawn_blocking(move || command.output()).await;
        let output = output.expect("the script ends").expect("Python runs");
        assert!(
            output.status.success(),
            "{step}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}
