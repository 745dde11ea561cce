//! Asking the FHIR servers of a new tenant who they are: one bounded request each, so that an address that was mistyped is found
//! while somebody watches, and not by the first clinician.
//!
//! A server that cannot be reached from here is no fault: apps and browsers have to reach it, we do not. One that answers, and is
//! no FHIR server, is.

use super::ControlError;
use crate::outbound::{Outbound, OutboundError, OutboundRequest};
use crate::smart::FhirBase;
use axum::http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use url::Url;

/// A capability statement may name every resource and parameter there is.
const LARGEST: usize = 8 * 1024 * 1024;
/// Servers that are asked; a tenant seldom has more than two.
const MOST: usize = 4;
/// Longest name of a software that is repeated, in characters.
const LONGEST_NAME: usize = 80;

/// What is read of a capability statement (FHIR R4, CapabilityStatement).
#[derive(Deserialize)]
struct Statement {
    #[serde(rename = "resourceType")]
    resource_type: String,
    #[serde(rename = "fhirVersion")]
    fhir_version: String,
    #[serde(default)]
    software: Option<Software>,
}

#[derive(Deserialize)]
struct Software {
    name: String,
}

fn plain(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(LONGEST_NAME)
        .collect()
}

/// What there is to say of each server, in order.
///
/// # Errors
/// [`ControlError::Conflict`] for an address at which something answers that is no FHIR server, or that may not be asked.
pub(super) async fn ask_all(outbound: &Outbound, bases: &[FhirBase]) -> Result<String, ControlError> {
    let mut work = tokio::task::JoinSet::new();
    for (place, base) in bases.iter().take(MOST).cloned().enumerate() {
        let outbound = outbound.clone();
        work.spawn(async move { (place, ask(&outbound, &base).await) });
    }
    let mut said: Vec<(usize, Result<String, ControlError>)> = work.join_all().await;
    said.sort_by_key(|(place, _)| *place);
    let texts = said.into_iter().map(|(_, text)| text).collect::<Result<Vec<_>, _>>()?;
    Ok(texts.join("; "))
}

async fn ask(outbound: &Outbound, base: &FhirBase) -> Result<String, ControlError> {
    let wrong = |why: String| ControlError::Conflict(format!("{}: {why}", base.as_str()));
    let url = Url::parse(&base.join("metadata")).map_err(|error| wrong(error.to_string()))?;
    let mut request = OutboundRequest {
        max_body: Some(LARGEST),
        ..OutboundRequest::get(url)
    };
    request
        .headers
        .insert(header::ACCEPT, HeaderValue::from_static("application/fhir+json"));
    let answer = match outbound.probe(request).await {
        Ok(answer) => answer,
        Err(error @ (OutboundError::TooLarge { .. } | OutboundError::Redirected { .. })) => {
            return Err(wrong(error.to_string()));
        }
        Err(error) => return Ok(format!("{} was not reached from here ({error})", base.as_str())),
    };
    if answer.status.is_server_error() {
        return Ok(format!(
            "{} answers {} at present",
            base.as_str(),
            answer.status.as_u16()
        ));
    }
    if answer.status != StatusCode::OK {
        return Err(wrong(format!(
            "answers {} where its capability statement belongs ({})",
            answer.status.as_u16(),
            base.join("metadata")
        )));
    }
    let statement: Statement = serde_json::from_slice(&answer.body)
        .map_err(|_| wrong("what it answers is no capability statement in JSON".to_owned()))?;
    if statement.resource_type != "CapabilityStatement" {
        return Err(wrong("what it answers is no capability statement".to_owned()));
    }
    let version = plain(&statement.fhir_version);
    Ok(match statement.software {
        Some(software) => format!("{} is {}, FHIR {version}", base.as_str(), plain(&software.name)),
        None => format!("{} is FHIR {version}", base.as_str()),
    })
}
