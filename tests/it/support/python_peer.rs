//! The SMART client library of PyPI, run by the Python of the tests' own environment.

use super::absent;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

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
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
        let python = peers.join("venv/bin/python");
        let installed = Command::new(&python).args(["-c", "import fhirclient"]).output();
        if !installed.is_ok_and(|output| output.status.success()) {
            absent::report(
                "the PyPI package fhirclient",
                "it is not installed (scripts/test --install)",
            );
            return None;
        }
        Some(Self {
            python,
            script: peers.join("fhirclient-standalone.py"),
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
