//! `metadata`: what this server can do, public (FHIR R4, "capabilities").

use super::Records;
use super::outcome::Refused;
use super::parameters::Parameter;
use crate::issuer;
use crate::smart::FhirBase;
use crate::tenant::TenantCx;
use serde_json::{Value, json};

/// With the security block that clients older than SMART discovery read.
pub(super) async fn capability_statement(cx: &TenantCx, base: &FhirBase, records: &Records) -> Result<Value, Refused> {
    let resources: Vec<Value> = records
        .types()
        .map(|name| {
            let parameters: Vec<Value> = Parameter::list_for(records.of_type(name))
                .map(|parameter| json!({ "name": parameter.name(), "type": parameter.kind() }))
                .collect();
            json!({
                "type": name, "interaction": [{ "code": "read" }, { "code": "search-type" }],
                "versioning": "no-version", "searchParam": parameters,
            })
        })
        .collect();
    let smart = issuer::smart_configuration(cx, base)
        .await
        .map_err(|error| Refused::Token(issuer::BearerRefusal::Store(error)))?;
    Ok(json!({
        "resourceType": "CapabilityStatement", "status": "active", "date": "2026-01-05", "kind": "instance",
        "software": { "name": "Wardkey demonstration" },
        "implementation": { "description": "Made-up records of a made-up hospital", "url": base.without_slash() },
        "fhirVersion": "4.0.1", "format": ["application/fhir+json", "json"],
        "rest": [{
            "mode": "server", "security": smart.capability_statement_security(),
            "resource": resources,
        }],
    }))
}
