//! `wardkey serve`.

use super::{CliError, output, platform};
use crate::app::App;
use crate::config::Config;
use crate::federation::Federation;
use crate::kernel::SystemClock;
use crate::observe::{self, LogFormat};
use crate::outbound::{Outbound, OutboundPolicy};
use crate::tenant::TenantDirectory;
use clap::Args;
use std::sync::Arc;
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
    let policy = OutboundPolicy {
        allow_loopback: config.server.allow_insecure_development,
        ..OutboundPolicy::default()
    };
    let outbound = Outbound::new(policy, Arc::new(SystemClock)).map_err(|error| CliError::Failed(error.to_string()))?;
    let federation = Federation::new(outbound, platform::passwords(&config)?);
    let app = App::new(platform.directory().clone(), federation);
    let address = arguments.listen.as_ref().unwrap_or(&config.server.listen);
    let listener = bind(address).await?;
    if !config.server.metrics_listen.is_empty() {
        serve_metrics(&config.server.metrics_listen).await?;
    }
    remove_expired_rows(platform.directory().clone());
    output::tell(&format!(
        "Listening on {address}; issuers are {}/<tenant>/auth.",
        platform.directory().public_url()
    ));
    axum::serve(listener, app.router())
        .with_graceful_shutdown(stopped())
        .await
        .map_err(|error| CliError::Failed(format!("the server failed: {error}")))?;
    platform.close().await;
    output::tell("Stopped; every database is closed.");
    Ok(())
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
        let mut every = tokio::time::interval(std::time::Duration::from_secs(5));
        loop {
            every.tick().await;
            upkeep.run_upkeep();
        }
    });
    let router = observe::metrics_router(handle);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

/// Every few minutes, for as long as the process runs.
fn remove_expired_rows(directory: TenantDirectory) {
    tokio::spawn(async move {
        let mut every = tokio::time::interval(std::time::Duration::from_mins(5));
        loop {
            every.tick().await;
            directory.remove_expired_rows().await;
        }
    });
}

/// Resolves when the process is asked to stop; requests under way are then finished.
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
