//! `/<tenant>/admin/keys`: signing keys, and rotating them.

use super::Visit;
use super::desk::field;
use super::respond::ConsoleFault;
use crate::control::ControlError;
use crate::control::signing_keys::Rotation;
use crate::interaction::PageForm;
use crate::interaction::respond::see_other;
use crate::tenant::roles::Permission;
use crate::web::pages::console::{ConsoleKeys, KeyActions, KeyRow, Section};
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use serde::Deserialize;

/// What was done before, as the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    rotated: Option<String>,
}

#[derive(Default)]
struct Outcome {
    rotated: bool,
    problem: Option<String>,
    not_confirmed: bool,
}

/// `GET keys`.
pub(super) async fn get(visit: Visit, after: Result<Query<After>, QueryRejection>) -> Response {
    let outcome = Outcome {
        rotated: after.is_ok_and(|Query(after)| after.rotated.is_some()),
        ..Outcome::default()
    };
    visit.answer(show(&visit, outcome).await)
}

async fn show(visit: &Visit, outcome: Outcome) -> Result<Response, ConsoleFault> {
    let keys = visit.admin.list_signing_keys().await?;
    let page = ConsoleKeys {
        frame: visit.frame(Section::Keys),
        rows: keys
            .into_iter()
            .map(|key| KeyRow {
                kid: key.kid,
                algorithm: key.algorithm.to_string(),
                state: key.state,
                created_at: key.created_at,
                published_until: key.published_until,
            })
            .collect(),
        rotate: visit.may(Permission::RotateKeys).then(|| KeyActions {
            csrf: visit.csrf("keys rotate"),
            action: visit.href("keys/rotate"),
            confirmation: visit.cx.tenant().slug.to_string(),
            not_confirmed: outcome.not_confirmed,
        }),
        rotated: outcome.rotated,
        problem: outcome.problem,
    };
    Ok(visit.page(&page))
}

/// `POST keys/rotate`.
pub(super) async fn rotate(visit: Visit, PageForm(form): PageForm) -> Response {
    let done = async {
        visit.check_csrf("keys rotate", &form)?;
        visit.actor().require(Permission::RotateKeys)?;
        visit.require_recent("keys")?;
        let rotation = if field(&form, "rotation") == "emergency" {
            if field(&form, "confirm").trim() != visit.cx.tenant().slug.as_str() {
                let outcome = Outcome {
                    not_confirmed: true,
                    ..Outcome::default()
                };
                return show(&visit, outcome).await;
            }
            Rotation::Emergency
        } else {
            Rotation::Planned
        };
        match visit.admin.rotate_signing_keys(&[], rotation).await {
            Ok(()) => Ok(see_other(&format!("{}?rotated", visit.path("keys")))),
            Err(ControlError::Conflict(problem)) => {
                let outcome = Outcome {
                    problem: Some(problem),
                    ..Outcome::default()
                };
                show(&visit, outcome).await
            }
            Err(error) => Err(error.into()),
        }
    };
    visit.answer(done.await)
}
