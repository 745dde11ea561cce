//! A tenant's settings, read and written as one document or patched (RFC 7396).

use super::answer::{Answer, shown, tagged, with_members};
use super::entry::Admin;
use super::input::{Body, Preconditions, read_value};
use super::operation::{Operation, OperationTable};
use super::problem::Problem;
use crate::control::{ControlError, Precondition};
use crate::tenant::TenantDocument;
use crate::tenant::roles::Permission;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/tenants/{tenant}/settings";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(PATH, "getSettings", "Show the settings")
                .needs(Permission::ReadSettings)
                .gives("Settings")
                .tagged(),
            get,
        )
        .on(
            Operation::put(PATH, "replaceSettings", "Replace the settings")
                .needs(Permission::ManageSettings)
                .says("Members that are left out get their defaults.")
                .takes("Settings", json!({ "display_name": "Northside Hospital", "scopes_v1": true }))
                .gives("ChangedSettings")
                .tagged(),
            replace,
        )
        .on(
            Operation::patch(PATH, "updateSettings", "Change some settings")
                .needs(Permission::ManageBranding)
                .says(
                    "A JSON merge patch (RFC 7396): members that are given are changed, `null` sets one back to its default. \
                     Everything but name, branding and contacts needs `settings.manage`; `administrators` needs `roles.manage`.",
                )
                .takes("SettingsPatch", json!({ "help_contact": "tel:+1-555-0100" }))
                .gives("ChangedSettings")
                .tagged(),
            update,
        )
}

async fn get(Admin(admin): Admin, headers: HeaderMap) -> Answer {
    let settings = admin.get_settings().await?;
    shown(&headers, &settings, &settings)
}

async fn replace(
    Admin(admin): Admin,
    Preconditions(precondition): Preconditions,
    Body(document): Body<TenantDocument>,
) -> Answer {
    let (settings, change) = Box::pin(admin.change_settings(&precondition, |_| Ok(document))).await?;
    let body = with_members(&settings, &json!({ "change": change }))?;
    tagged(StatusCode::OK, &body, &settings)
}

async fn update(Admin(admin): Admin, Preconditions(precondition): Preconditions, Body(patch): Body<Value>) -> Answer {
    if !patch.is_object() {
        return Err(Problem::malformed_member(
            String::new(),
            "a merge patch is an object".into(),
        ));
    }
    let seen = admin.get_settings().await?;
    let mut value = serde_json::to_value(&seen).map_err(ControlError::from)?;
    merge(&mut value, &patch);
    let wanted: TenantDocument = read_value(value)?;
    let precondition = match precondition {
        // What was patched is what was read: if it changed meanwhile, the patch is made again by whoever sent it.
        Precondition::None | Precondition::Present => Precondition::Version(vec![crate::control::version_of(&seen)?]),
        other => other,
    };
    let (settings, change) = Box::pin(admin.change_settings(&precondition, |_| Ok(wanted))).await?;
    let body = with_members(&settings, &json!({ "change": change }))?;
    tagged(StatusCode::OK, &body, &settings)
}

/// RFC 7396 section 2.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(object) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            object.remove(name);
        } else {
            merge(object.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test] // RFC 7396 appendix A
    fn patches_merge_as_the_standard_shows() {
        for (original, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (
                json!({"a":{"b":"c"}}),
                json!({"a":{"b":"d","c":null}}),
                json!({"a":{"b":"d"}}),
            ),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let mut target = original.clone();
            merge(&mut target, &patch);
            assert_eq!(target, result, "{original} {patch}");
        }
    }
}
