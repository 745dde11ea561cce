//! A mail server that nobody here wrote, as a process on loopback: aiosmtpd, behind `tests/peers/smtp-server.py`.

use super::absent;
use super::guarded::{Guarded, Plan};
use serde_json::Value;
use std::path::Path;
use wardkey::mail::{MailSecurity, Mailer, SmtpSettings};

/// The server.
#[derive(Debug)]
pub struct SmtpPeer {
    port: u16,
    process: Guarded,
}

impl SmtpPeer {
    /// Starts it, or says that it cannot.
    pub fn start() -> Option<Self> {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
        let python = peers.join("venv/bin/python");
        let installed = std::process::Command::new(&python)
            .args(["-c", "import aiosmtpd"])
            .stderr(std::process::Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !installed {
            absent::report("aiosmtpd", "it is not installed (scripts/test --install)");
            return None;
        }
        let mut process = Plan::killed().spawn(python, [peers.join("smtp-server.py").into_os_string()]);
        let ready: Value = process
            .find_line(|line| serde_json::from_str(&line).ok())
            .expect("the mail server ended before it was ready");
        let port = ready["port"]
            .as_u64()
            .and_then(|port| u16::try_from(port).ok())
            .expect("a port");
        Some(Self { port, process })
    }

    /// A way to it.
    pub fn mailer(&self) -> Mailer {
        Mailer::smtp(&SmtpSettings {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            security: MailSecurity::Plain,
            credentials: None,
            sender: "wardkey@auth.test".to_owned(),
            hello_name: "auth.test".to_owned(),
        })
        .expect("settings")
    }

    /// The next mail it took.
    pub fn next_mail(&mut self) -> Value {
        self.process
            .find_line(|line| serde_json::from_str(&line).ok())
            .expect("a mail")
    }
}

/// The link in a mail: the line that is an address.
pub fn link_in(mail: &Value) -> String {
    let text = mail["text"].as_str().expect("a text");
    let link = text.lines().find(|line| line.starts_with("http"));
    link.unwrap_or_else(|| panic!("no link in {text}")).trim().to_owned()
}
