//! Which members of each thing a table of a list shows, in order of what people look for first.

/// The columns of what an operation of the admin API lists.
pub(super) fn of(operation: &str) -> &'static [&'static str] {
    match operation {
        "listTenants" => &["slug", "display_name", "status", "tier", "placement"],
        "listOnboardingSteps" => &["step", "state", "finished_at", "detail"],
        "listApps" => &["client_id", "client_name", "token_endpoint_auth_method", "status"],
        "listDirectoryApps" => &["client_id", "name", "state", "version", "updated_at"],
        "listChanges" => &["id", "made_at", "resource", "action", "actor", "source", "reason"],
        "listConsents" => &["account", "client_id", "scope", "granted_at"],
        "listEvents" => &["at", "event", "outcome", "actor", "actor_role", "target", "detail"],
        "listFhirUserLists" => &["list", "entries"],
        "listFhirUsers" => &["value", "fhir_user", "changed_at"],
        "listIdentityProviders" => &["alias", "kind", "display_name"],
        "listIdentityProviderNotices" => &["alias", "notice", "days_left", "of", "finding", "mend"],
        "checkIdentityProvider" => &["check", "of", "outcome", "finding", "mend"],
        "listScimTokens" => &["id", "label", "created_at", "expires_at", "last_used_at"],
        "listSetupLinks" => &["id", "alias", "product", "label", "state", "created_by", "expires_at"],
        "listSignInTests" => &["id", "state", "outcome", "created_at", "finished_at", "trace"],
        "listSignInTraces" => &["id", "at", "identity_provider", "outcome", "request_id"],
        "listMappingTemplates" => &["product", "kind", "title"],
        "listLaunchContexts" => &["id", "client_id", "expires_at", "taken_at"],
        "listRegistrationTokens" => &["id", "label", "uses_left", "expires_at"],
        "listRoleAssignments" => &["principal", "role", "assigned_by", "assigned_at"],
        "listSessions" => &[
            "id",
            "account",
            "identity_provider",
            "started_at",
            "last_used_at",
            "expires_at",
        ],
        "listSigningKeys" | "rotateSigningKeys" => &["kid", "algorithm", "state", "created_at", "published_until"],
        "listUsers" => &["id", "username", "name", "identity_provider", "admin_roles", "disabled"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::api;
    use serde_json::Value;

    #[test]
    fn every_list_of_the_api_has_columns_and_each_is_a_member_of_what_it_lists() {
        let document = api::openapi::document();
        let follow = |schema: &Value| -> Value {
            match schema.get("$ref").and_then(Value::as_str) {
                Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap().clone(),
                None => schema.clone(),
            }
        };
        let mut lists = 0;
        for operation in api::operations() {
            for (_, schema, _) in &operation.answers {
                let Some(name) = schema else { continue };
                let answer = &document["components"]["schemas"][*name];
                if answer["properties"]["items"].is_null() {
                    continue;
                }
                lists += 1;
                let item = follow(&answer["properties"]["items"]["items"]);
                assert!(!of(operation.id).is_empty(), "{} has no columns", operation.id);
                for column in of(operation.id) {
                    assert!(
                        !item["properties"][column].is_null(),
                        "{}: what it lists has no {column}",
                        operation.id
                    );
                }
            }
        }
        assert!(lists > 20, "{lists}");
    }
}
