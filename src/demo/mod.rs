//! The embedded demonstration: two hospitals, their people and apps, and the FHIR data behind them, on one machine.
//!
//! It uses the same functions as administrators and the same server as production; only the data are made up.

mod backstage;
mod brands;
mod clients;
mod describe;
mod faults;
pub mod fhir;
mod folder;
mod inferno;
mod keyed_client;
mod launcher;
mod pages;
mod saml_idp;
mod styles;
mod world;

pub use clients::APP_SCOPE;
pub use folder::FolderError;
pub use world::Population;

use crate::app::App;
use crate::control::{ControlError, Platform, PlatformOptions};
use crate::federation::Federation;
use crate::federation::local::password::{Argon2Cost, PasswordError, PasswordPool};
use crate::kernel::{SystemClock, SystemEntropy};
use crate::keys::master::file::{self, KeyFileError};
use crate::oauth::jose::KeyError;
use crate::observe::{self, LogFormat};
use crate::outbound::{Outbound, OutboundError, OutboundPolicy};
use crate::server::{self, ServerLimits};
use crate::store::{DatabaseUrl, PlacementSettings, StoreError};
use crate::tenant::PublicUrl;
use axum::Router;
use backstage::Backstage;
use clap::Args;
use fhir::FhirWorld;
use keyed_client::KeyedClient;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;
use tokio::net::TcpListener;

/// Arguments of `wardkey demo`.
#[derive(Args)]
pub struct DemoArguments {
    /// Listen here. Only this machine can reach it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Keep the data here. Running again on the same data works.
    #[arg(long, value_name = "FOLDER", default_value = "data/demo")]
    pub data: PathBuf,
    /// Print what is in the demonstration as JSON, without starting it.
    #[arg(long)]
    pub describe: bool,
    /// Begin anew: delete what an earlier demonstration left in the folder. Other folders are left alone.
    #[arg(long, conflicts_with = "describe")]
    pub reset: bool,
    /// Register Inferno, the test tool, at both hospitals, and write what to type into it to the folder `inferno` of the data. The
    /// address is Inferno's; http://localhost:4567 when it is not said.
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "http://localhost:4567", conflicts_with = "describe")]
    pub inferno: Option<String>,
    /// A file with Inferno's public keys. Without it Inferno is asked for them.
    #[arg(long, value_name = "FILE", requires = "inferno")]
    pub inferno_jwks_file: Option<PathBuf>,
}

/// Why the demonstration does not run.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The address is taken, or cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
    /// Others could reach the demonstration, whose passwords everyone knows.
    #[error("the demonstration listens on loopback only, since everyone knows its passwords; {0} is not loopback")]
    NotLoopback(SocketAddr),
    /// A file about Inferno cannot be read or written.
    #[error("cannot use {path}: {source}")]
    Inferno {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Setting up failed.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The key file failed.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The HTTP client failed.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// A client's key cannot be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Passwords cannot be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
}

/// The address people open: `localhost`, where browsers offer their cryptography to the sample app. Another loopback
/// address than the usual two is not what that name means, so it stands for itself.
fn public_url(listen: SocketAddr) -> String {
    match listen.ip() {
        IpAddr::V4(Ipv4Addr::LOCALHOST) | IpAddr::V6(Ipv6Addr::LOCALHOST) => {
            format!("http://localhost:{}", listen.port())
        }
        _ => format!("http://{listen}"),
    }
}

/// Runs the demonstration until it is interrupted.
pub async fn run(arguments: &DemoArguments) -> Result<(), DemoError> {
    if arguments.describe {
        print(&describe::as_json(&Population::new(&public_url(arguments.listen))));
        return Ok(());
    }
    if !arguments.listen.ip().is_loopback() {
        return Err(DemoError::NotLoopback(arguments.listen));
    }
    observe::start_logging(LogFormat::Text, "warn");
    // Before anything is written or deleted: where another demonstration runs, its folder is in use.
    let failed = |source| DemoError::Listen {
        address: arguments.listen,
        source,
    };
    let listener = TcpListener::bind(arguments.listen).await.map_err(failed)?;
    let population = Population::new(&public_url(listener.local_addr().map_err(failed)?));
    if arguments.reset {
        folder::clear(&arguments.data)?;
    }
    let demo = Box::pin(open(&arguments.data, &population)).await?;
    print(&describe::for_people(&population));
    if let Some(address) = &arguments.inferno {
        let keys = arguments.inferno_jwks_file.as_deref();
        let files = demo.register_inferno(&arguments.data, address, keys).await?;
        let folder = files.first().and_then(|file| file.parent()).unwrap_or(&arguments.data);
        print(&format!(
            "{} presets for Inferno are in {}",
            files.len(),
            folder.display()
        ));
    }
    server::serve(listener, demo.router(), ServerLimits::default(), async {
        drop(tokio::signal::ctrl_c().await);
    })
    .await;
    demo.platform.close().await;
    Ok(())
}

/// A demonstration that is set up.
pub struct Demo {
    /// The server.
    pub app: App,
    /// Its administration.
    pub platform: Platform,
    /// The FHIR data.
    pub fhir: Arc<FhirWorld>,
    backstage: Arc<Backstage>,
}

impl Demo {
    /// Registers the Inferno at `address` at both hospitals, and writes its presets below `folder`. Yields the files.
    pub async fn register_inferno(
        &self,
        folder: &Path,
        address: &str,
        keys: Option<&Path>,
    ) -> Result<Vec<PathBuf>, DemoError> {
        Box::pin(inferno::register(&self.platform, folder, address, keys)).await
    }

    /// Everything it serves: the server's own routes, and beside them the front page, the launcher, the sample app and the FHIR
    /// servers.
    pub fn router(&self) -> Router {
        let further = pages::routes(&self.backstage, &self.fhir)
            .merge(faults::routes(&self.backstage))
            .merge(fhir::routes(&self.fhir));
        self.app.router_with(further)
    }
}

/// Opens, or sets up, the demonstration in `folder`. Idempotent.
pub async fn open(folder: &Path, population: &Population) -> Result<Demo, DemoError> {
    folder::claim(folder)?;
    let entropy = Arc::new(SystemEntropy);
    let clock = Arc::new(SystemClock);
    let key = file::open_or_create(&folder.join("master.key"), entropy.as_ref())?.key;
    let public_url =
        PublicUrl::parse(population.base()).map_err(|error| ControlError::invalid("listen", error.to_string()))?;
    let platform = Platform::open(PlatformOptions {
        public_url,
        control: DatabaseUrl::Sqlite(folder.join("control.db")),
        shared: DatabaseUrl::Sqlite(folder.join("tenants.db")),
        dedicated_folder: folder.join("tenants"),
        max_connections: 4,
        placement: PlacementSettings::default(),
        master_key: key,
        clock: clock.clone(),
        entropy: entropy.clone(),
    })
    .await?;
    let policy = OutboundPolicy {
        allow_loopback: true,
        ..OutboundPolicy::default()
    };
    let outbound = Outbound::new(policy, clock)?;
    let passwords = PasswordPool::new(Argon2Cost::default(), 2, entropy.as_ref())?;
    let backstage = Backstage {
        population: population.clone(),
        platform: platform.clone(),
        outbound: outbound.clone(),
        ehr: KeyedClient::new(backstage::EHR)?,
        app: KeyedClient::new(backstage::KEYED_APP)?,
    };
    let keyed = [&backstage.ehr, &backstage.app];
    let fhir = Arc::new(world::provision(&platform, &passwords, population, keyed).await?);
    let app = App::new(platform.clone(), Federation::new(outbound, passwords));
    Ok(Demo {
        app,
        platform,
        fhir,
        backstage: Arc::new(backstage),
    })
}

/// A reader that has gone away is no failure of ours.
fn print(text: &str) {
    drop(writeln!(std::io::stdout(), "{text}"));
}
