//! A router on a loopback port, for counterparts that come over the network: the browser and the npm peers.

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A port that is already ours, so that its address can go into the configuration of what will be served there.
#[derive(Debug)]
pub struct Port {
    listener: TcpListener,
    base: String,
}

impl Port {
    /// Takes a free port.
    pub async fn take() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port on loopback");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        Self { listener, base }
    }

    /// The address, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Serves `router` until the result is dropped.
    pub fn serve(self, router: Router) -> Served {
        let Self { listener, base } = self;
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("the router is served") });
        Served { base, task }
    }
}

/// A router that is being served.
#[derive(Debug)]
pub struct Served {
    base: String,
    task: JoinHandle<()>,
}

impl Served {
    /// Serves `router` at a port of its own.
    pub async fn start(router: Router) -> Self {
        Port::take().await.serve(router)
    }

    /// The address, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}
