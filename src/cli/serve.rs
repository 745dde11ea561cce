//! `wardkey serve`.

use super::{CliError, output, platform};
use crate::app::App;
use crate::config::{self, Config};
use crate::control::{Platform, key_maintenance, provider_upkeep};
use crate::federation::Federation;
use crate::federation::local::outbox;
use crate::observe::{self, LogFormat};
use crate::server::{self, Pace, ServerLimits, Tls};
use crate::session::backchannel_logout;
use crate::tenant::TenantDirectory;
use crate::web::{ClientCertificateHeader, TrustedProxies};
use clap::Args;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Arguments of `serve`.
#[derive(Args)]
pub(super) struct ServeArguments {
    /// Listen here instead of at `server.listen`.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

pub(super) async fn run(config: Config, arguments: &ServeArguments) -> Result<(), CliError> {
    let format = if config.log.format == "json" {
        LogFormat::Json
    } else {
        LogFormat::Text
    };
    observe::start_logging(format, &config.log.filter);
    let platform = platform::open(&config).await?;
    let outbound = platform::outbound(&config)?;
    let federation = Federation::with_mailer(outbound, platform::passwords(&config)?, platform::mailer(&config)?);
    let networks = config.server.trusted_networks();
    let proxies = networks.map_err(|entry| CliError::Input(format!("{entry} is no network")))?;
    let app = App::new(platform.clone(), federation).behind(TrustedProxies::new(proxies));
    let header = ClientCertificateHeader::named(&config.server.client_certificate_header);
    let app = match header {
        Some(header) => app.reading_certificates(header),
        None => app,
    };
    let address = arguments.listen.as_ref().unwrap_or(&config.server.listen);
    let listener = bind(address).await?;
    if !config.server.metrics_listen.is_empty() {
        serve_metrics(&config.server.metrics_listen).await?;
    }
    remove_expired_rows(platform.directory().clone());
    maintain_signing_keys(platform.directory().clone());
    keep_up_providers(platform.clone(), app.federation().clone());
    deliver_what_waits(platform.directory().clone(), app.federation().clone());
    report_traffic(platform.clone(), app.federation().clone());
    let bound = listener
        .local_addr()
        .map_or_else(|_| address.clone(), |bound| bound.to_string());
    output::tell(&format!(
        "Listening on {bound}; issuers are {}/<tenant>/auth.",
        platform.directory().public_url()
    ));
    let limits = server_limits(&config.server);
    let plain = server::serve(listener, app.router(), limits, async {
        stopped().await;
        output::tell("Stopping when the requests under way have ended.");
    });
    if config.server.mtls_listen.is_empty() {
        plain.await;
    } else {
        let (listener, tls) = mtls_listener(&config.server).await?;
        tokio::join!(plain, server::serve_tls(listener, tls, app.router(), limits, stopped()));
    }
    if let Err(error) = platform.report_traffic(app.federation().outbound()).await {
        tracing::warn!(%error, "what this node did last is not written");
    }
    platform.close().await;
    output::tell("Stopped; every database is closed.");
    Ok(())
}

/// How long clients may take, and which proxies are believed.
fn server_limits(server: &config::sections::Server) -> ServerLimits {
    let pace = Pace {
        header: Duration::from_secs(server.header_timeout),
        idle: Duration::from_secs(server.idle_timeout),
        body: Duration::from_secs(server.body_timeout),
        write: Duration::from_secs(server.write_timeout),
    };
    ServerLimits {
        pace,
        connections: usize::try_from(server.max_connections).unwrap_or(usize::MAX),
    }
}

/// The listener for clients that have certificates.
async fn mtls_listener(server: &config::sections::Server) -> Result<(TcpListener, Tls), CliError> {
    let (certificate, key) = (
        Path::new(&server.mtls_certificate_file),
        Path::new(&server.mtls_key_file),
    );
    let tls = Tls::from_files(certificate, key).map_err(|error| CliError::Input(error.to_string()))?;
    let listener = bind(&server.mtls_listen).await?;
    output::tell(&format!("Clients with certificates connect to {}.", server.mtls_listen));
    Ok((listener, tls))
}

/// Takes the address, or says who may have it.
pub(super) async fn bind(address: &str) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => CliError::Failed(format!(
            "another program listens on {address}; stop it, or choose another with --listen"
        )),
        _ => CliError::Failed(format!("cannot listen on {address}: {error}")),
    })
}

async fn serve_metrics(address: &str) -> Result<(), CliError> {
    let handle = observe::start_metrics().map_err(|error| CliError::Failed(error.to_string()))?;
    let listener = bind(address).await?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        // Histograms grow until they are drained.
        let mut every = tokio::time::interval(Duration::from_secs(5));
        loop {
            every.tick().await;
            upkeep.run_upkeep();
        }
    });
    let router = observe::metrics_router(handle);
    if let Ok(bound) = listener.local_addr() {
        output::tell(&format!("Metrics are at http://{bound}/metrics."));
    }
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

/// Every few minutes, for as long as the process runs.
fn remove_expired_rows(directory: TenantDirectory) {
    tokio::spawn(async move {
        let mut every = tokio::time::interval(Duration::from_mins(5));
        loop {
            every.tick().await;
            directory.remove_expired_rows().await;
        }
    });
}

/// Every hour, for as long as the process runs.
fn maintain_signing_keys(directory: TenantDirectory) {
    tokio::spawn(async move {
        let mut every = tokio::time::interval(Duration::from_hours(1));
        loop {
            every.tick().await;
            key_maintenance::maintain_signing_keys(&directory).await;
        }
    });
}

/// Every minute, for as long as the process runs; at once again while there was something to do.
fn keep_up_providers(platform: Platform, federation: Federation) {
    tokio::spawn(async move {
        let mut every = tokio::time::interval(Duration::from_mins(1));
        loop {
            every.tick().await;
            while provider_upkeep::keep_up_providers(&platform, &federation).await > 0 {}
        }
    });
}

/// Every minute, for as long as the process runs: what this node did, for the operators' console.
fn report_traffic(platform: Platform, federation: Federation) {
    tokio::spawn(async move {
        let mut every = tokio::time::interval(Duration::from_mins(1));
        loop {
            every.tick().await;
            if let Err(error) = platform.report_traffic(federation.outbound()).await {
                tracing::warn!(%error, "what this node did is written with the next report");
            }
        }
    });
}

/// Every minute, for as long as the process runs: what an app or the mail server did not take at once.
fn deliver_what_waits(directory: TenantDirectory, federation: Federation) {
    tokio::spawn(async move {
        let mut every = tokio::time::interval(Duration::from_mins(1));
        loop {
            every.tick().await;
            for cx in directory.served_lately() {
                backchannel_logout::deliver(&cx, federation.outbound()).await;
                outbox::deliver(&cx, federation.mailer()).await;
            }
        }
    });
}

/// Resolves when the process is asked to stop.
async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => drop(interrupted.await),
    }
}
