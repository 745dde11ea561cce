//! Opening what the configuration names.

use super::{CliError, output};
use crate::config::Config;
use crate::control::{Platform, PlatformOptions};
use crate::federation::local::password::{Argon2Cost, PasswordPool};
use crate::kernel::{SystemClock, SystemEntropy};
use crate::keys::MasterKey;
use crate::keys::master::{environment, file};
use crate::mail::{MailSecurity, Mailer, SmtpSettings};
use crate::outbound::{Outbound, OutboundPolicy};
use crate::store::{DatabaseUrl, PlacementSettings};
use crate::tenant::PublicUrl;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Reads everything that the configuration names, without opening a database or making anything.
pub(super) fn check(config: &Config) -> Result<(), CliError> {
    PublicUrl::parse(&config.server.public_url).map_err(|error| CliError::Input(error.to_string()))?;
    for url in [&config.database.control, &config.database.shared] {
        DatabaseUrl::parse(url).map_err(|error| CliError::Input(error.to_string()))?;
    }
    let path = Path::new(&config.keys.master_key_file);
    match environment::read() {
        Some(key) => drop(key.map_err(CliError::KeyVariable)?),
        None if path.exists() => drop(file::open(path)?),
        None => {}
    }
    mailer(config)?;
    passwords(config).map(drop)
}

/// Opens databases and keys.
pub(super) async fn open(config: &Config) -> Result<Platform, CliError> {
    let database = &config.database;
    let public_url = PublicUrl::parse(&config.server.public_url).map_err(|error| CliError::Input(error.to_string()))?;
    let mtls_url = &config.server.mtls_public_url;
    let mtls_url = (!mtls_url.is_empty()).then(|| PublicUrl::parse(mtls_url)).transpose();
    let mtls_url = mtls_url.map_err(|error| CliError::Input(format!("server.mtls_public_url: {error}")))?;
    let outbound = outbound(config)?;
    let platform = Platform::open(PlatformOptions {
        public_url,
        mtls_url,
        control: DatabaseUrl::parse(&database.control)?,
        shared: DatabaseUrl::parse(&database.shared)?,
        dedicated_folder: database.dedicated_folder.clone().into(),
        max_connections: database.max_connections,
        placement: PlacementSettings {
            max_open: database.dedicated_max_open,
            close_after_idle: Duration::from_secs(database.dedicated_close_after_idle),
            connections_each: database.dedicated_connections,
            ..PlacementSettings::default()
        },
        master_key: master_key(config)?,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    })
    .await?;
    Ok(platform.asking_through(outbound))
}

/// The way to other people's servers.
pub(super) fn outbound(config: &Config) -> Result<Outbound, CliError> {
    let policy = OutboundPolicy {
        allow_loopback: config.server.allow_insecure_development,
        ..OutboundPolicy::default()
    };
    Outbound::new(policy, Arc::new(SystemClock)).map_err(|error| CliError::Failed(error.to_string()))
}

fn master_key(config: &Config) -> Result<MasterKey, CliError> {
    if let Some(key) = environment::read() {
        return key.map_err(CliError::KeyVariable);
    }
    let path = Path::new(&config.keys.master_key_file);
    let found = file::open_or_create(path, &SystemEntropy)?;
    if found.created {
        output::tell(&format!(
            "A master key was created at {}. Back it up: without it no tenant's data can be read.",
            path.display()
        ));
    }
    Ok(found.key)
}

/// The pool for hashing and checking passwords.
pub(super) fn passwords(config: &Config) -> Result<PasswordPool, CliError> {
    let cost = Argon2Cost {
        memory_kib: config.passwords.memory_kib,
        iterations: config.passwords.iterations,
        lanes: 1,
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let workers = if config.passwords.workers == 0 {
        cores
    } else {
        config.passwords.workers
    };
    PasswordPool::new(cost, workers, &SystemEntropy).map_err(|error| CliError::Input(error.to_string()))
}

/// The way to the mail server, if there is one.
pub(super) fn mailer(config: &Config) -> Result<Mailer, CliError> {
    let mail = &config.mail;
    if mail.host.is_empty() {
        return Ok(Mailer::off());
    }
    let credentials = if mail.username.is_empty() {
        None
    } else {
        let password = super::read_secret(Path::new(&mail.password_file))?;
        Some((mail.username.clone(), password))
    };
    let hello_name = url::Url::parse(&config.server.public_url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| "localhost".to_owned());
    Mailer::smtp(&SmtpSettings {
        host: mail.host.clone(),
        port: mail.port,
        security: match mail.security.as_str() {
            "tls" => MailSecurity::Tls,
            "none" => MailSecurity::Plain,
            _ => MailSecurity::StartTls,
        },
        credentials,
        sender: mail.sender.clone(),
        hello_name,
    })
    .map_err(|error| CliError::Input(error.to_string()))
}
