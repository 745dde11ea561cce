//! `/<tenant>/admin/apps/{client}/keys`: an app's public keys as this server finds them now.

use super::Visit;
use super::apps::{AppPath, place};
use crate::federation::Federation;
use crate::tenant::roles::Permission;
use crate::web::pages::console::{AppKeyRow, ConsoleAppKeys, Section};
use axum::extract::{Path, State};
use axum::response::Response;

/// `GET apps/{client}/keys`. Asks the app's address anew each time.
pub(super) async fn get(visit: Visit, State(federation): State<Federation>, Path(path): Path<AppPath>) -> Response {
    let shown = async {
        visit.actor().require(Permission::ManageApps)?;
        let client = visit.admin.get_client(&path.client).await?;
        let report = visit.admin.check_client_keys(&federation, &path.client).await?;
        Ok(visit.page(&ConsoleAppKeys {
            frame: visit.frame(Section::Apps),
            back: visit.href(&place(&path.client)),
            name: client.client_name,
            again: visit.href(&format!("{}/keys", place(&path.client))),
            edit: visit.href(&format!("{}/edit", place(&path.client))),
            address: report.address,
            usable: report.usable,
            problem: report.problem.zip(report.problem_in_words),
            rows: report
                .keys
                .into_iter()
                .map(|key| AppKeyRow {
                    kid: key.kid,
                    kty: key.kty,
                    size: key.size,
                    algorithms: key.algorithms.join(", "),
                    usable: key.usable,
                    faults: key.faults,
                })
                .collect(),
        }))
    };
    visit.answer(Box::pin(shown).await)
}
