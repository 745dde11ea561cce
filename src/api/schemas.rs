//! The components of the OpenAPI document: what is kept by hand in `schemas.json`, with the names that the code knows.

use crate::tenant::roles::{Permission, Role};
use serde_json::{Value, json};

/// `components` of the document.
pub(super) fn components() -> Value {
    let mut components: Value = serde_json::from_str(include_str!("schemas.json")).unwrap_or_default();
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    let permissions: Vec<&str> = Permission::ALL.iter().map(|permission| permission.as_str()).collect();
    if let Some(schemas) = components.get_mut("schemas").and_then(Value::as_object_mut) {
        schemas.insert("Role".to_owned(), json!({ "type": "string", "enum": roles }));
        schemas.insert(
            "Permission".to_owned(),
            json!({ "type": "string", "enum": permissions }),
        );
    }
    components
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_name_that_is_referred_to_is_there() {
        let document = crate::api::openapi::document();
        let text = document.to_string();
        let mut missing = Vec::new();
        for reference in text.split("\"$ref\":\"").skip(1) {
            let pointer = reference.split('"').next().unwrap().trim_start_matches('#');
            if document.pointer(pointer).is_none() {
                missing.push(pointer.to_owned());
            }
        }
        missing.sort();
        missing.dedup();
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_says_what_it_answers() {
        let operations = crate::api::operations();
        let names: std::collections::BTreeSet<_> = operations.iter().map(|operation| operation.id).collect();
        assert_eq!(names.len(), operations.len());
        for operation in &operations {
            assert!(!operation.answers.is_empty(), "{}", operation.id);
            assert!(
                operation.public || operation.permission.is_some() || operation.id == "getMe",
                "{}",
                operation.id
            );
        }
    }
}
