//! The admin API against `schemathesis`, which makes requests out of the OpenAPI document, right and wrong ones, and compares every
//! answer with what the document promises.

use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::loopback::{Port, Served};
use crate::support::python_peer::Schemathesis;
use wardkey::tenant::roles::Role;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schemathesis_finds_nothing() {
    let Some(peer) = Schemathesis::find() else { return };
    let port = Port::take().await;
    let base = port.base().to_owned();
    let app = TestApp::at(Database::sqlite(), &base).await;
    let _served: Served = port.serve(app.router.clone());
    app.tenant("northside").await;
    let operator = app.operator(Role::PlatformOperator).await;
    // The clock stands still, and with it what fills budgets again.
    let members = ["admin_per_address", "admin_per_tenant"];
    let settings = members.map(|budget| (format!("budgets.{budget}.requests"), "600000".to_owned()));
    for slug in ["northside", "platform"] {
        app.platform.set_settings(slug, &settings).await.unwrap();
    }
    let (told, found_nothing) = peer.run(&base, &operator).await;
    assert!(found_nothing, "{told}");
    // It does not try the operation that it read the document from.
    let operations = wardkey::api::operations().len() - 1;
    let all = format!("{operations} selected / {operations} total");
    assert!(told.contains(&all), "{all} is not what it tells:\n{told}");
}
