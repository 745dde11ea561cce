//! The tenant's signing keys.

use super::answer::{Answer, ok};
use super::entry::Admin;
use super::input::Body;
use super::operation::{Operation, OperationTable};
use crate::control::signing_keys::Rotation;
use crate::oauth::jose::SigningAlgorithm;
use crate::tenant::roles::Permission;
use serde::Deserialize;
use serde_json::json;

const LIST: &str = "/api/v1/tenants/{tenant}/signing-keys";
const ROTATE: &str = "/api/v1/tenants/{tenant}/signing-keys/rotate";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listSigningKeys", "List signing keys")
                .needs(Permission::ReadKeys)
                .says("The published ones, newest first: a handful, in one page.")
                .gives("SigningKeyList"),
            list,
        )
        .on(
            Operation::post(ROTATE, "rotateSigningKeys", "Rotate signing keys")
                .needs(Permission::RotateKeys)
                .says(
                    "Planned: the published successor signs from now on. In an emergency every published key is withdrawn at \
                     once, and with them every token that they signed.",
                )
                .takes("KeyRotation", json!({ "algorithms": ["ES256"], "emergency": false }))
                .gives("SigningKeyList"),
            rotate,
        )
}

async fn list(Admin(admin): Admin) -> Answer {
    ok(&json!({ "items": admin.list_signing_keys().await? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    algorithms: Vec<SigningAlgorithm>,
    #[serde(default)]
    emergency: bool,
}

async fn rotate(Admin(admin): Admin, Body(wanted): Body<Wanted>) -> Answer {
    let rotation = if wanted.emergency {
        Rotation::Emergency
    } else {
        Rotation::Planned
    };
    admin.rotate_signing_keys(&wanted.algorithms, rotation).await?;
    ok(&json!({ "items": admin.list_signing_keys().await? }))
}
