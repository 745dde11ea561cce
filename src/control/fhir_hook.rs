//! Asking the FHIR servers of a tenant who they are, when they are named: one bounded request each, so that an address that was mistyped is found
//! while somebody watches, and not by the first clinician.
//!
//! A server that cannot be reached from here is no fault: apps and browsers have to reach it, we do not. One that answers, and is
//! no FHIR server, is.

use super::{ControlError, Platform, TenantAdmin};
use crate::outbound::{Outbound, OutboundError, OutboundRequest};
use crate::smart::FhirBase;
use crate::tenant::roles::Permission;
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

/// What became of asking a FHIR server who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FhirServerAnswer {
    /// It is one.
    Fhir,
    /// It could not be asked from here, or answers with a fault at present.
    Unreached,
    /// Something answers that is no FHIR server.
    NotFhir,
}

/// The same, with what there is to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FhirServerFinding {
    /// What became of it.
    pub answer: FhirServerAnswer,
    /// In words, with the address.
    pub text: String,
}

impl Platform {
    /// Asks FHIR servers who they are, for somebody who may name them in the settings. In order; none where this process asks
    /// nobody.
    ///
    /// # Errors
    /// [`ControlError::Forbidden`].
    pub async fn ask_fhir_servers(
        &self,
        admin: &TenantAdmin,
        bases: &[FhirBase],
    ) -> Result<Vec<FhirServerFinding>, ControlError> {
        admin.require(Permission::ManageSettings)?;
        Ok(match self.outbound() {
            Some(outbound) => ask_all(outbound, bases).await,
            None => Vec::new(),
        })
    }
}

/// What there is to say of each server, in order.
pub(super) async fn ask_all(outbound: &Outbound, bases: &[FhirBase]) -> Vec<FhirServerFinding> {
    let mut work = tokio::task::JoinSet::new();
    for (place, base) in bases.iter().take(MOST).cloned().enumerate() {
        let outbound = outbound.clone();
        work.spawn(async move { (place, ask(&outbound, &base).await) });
    }
    let mut found = work.join_all().await;
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, finding)| finding).collect()
}

async fn ask(outbound: &Outbound, base: &FhirBase) -> FhirServerFinding {
    let (answer, text) = match read(outbound, base).await {
        Ok((answer, text)) => (answer, text),
        Err(why) => (FhirServerAnswer::NotFhir, format!("{}: {why}", base.as_str())),
    };
    FhirServerFinding { answer, text }
}

/// Why what answers is no FHIR server, or what became of asking.
async fn read(outbound: &Outbound, base: &FhirBase) -> Result<(FhirServerAnswer, String), String> {
    let url = Url::parse(&base.join("metadata")).map_err(|error| error.to_string())?;
    let mut request = OutboundRequest {
        max_body: Some(LARGEST),
        ..OutboundRequest::get(url)
    };
    request
        .headers
        .insert(header::ACCEPT, HeaderValue::from_static("application/fhir+json"));
    let unreached = |text: String| Ok((FhirServerAnswer::Unreached, text));
    let answer = match outbound.probe(request).await {
        Ok(answer) => answer,
        Err(error @ (OutboundError::TooLarge { .. } | OutboundError::Redirected { .. })) => {
            return Err(error.to_string());
        }
        Err(error) => return unreached(format!("{} was not reached from here ({error})", base.as_str())),
    };
    if answer.status.is_server_error() {
        let status = answer.status.as_u16();
        return unreached(format!("{} answers {status} at present", base.as_str()));
    }
    if answer.status != StatusCode::OK {
        return Err(format!(
            "answers {} where its capability statement belongs ({})",
            answer.status.as_u16(),
            base.join("metadata")
        ));
    }
    let statement: Statement = serde_json::from_slice(&answer.body)
        .map_err(|_| "what it answers is no capability statement in JSON".to_owned())?;
    if statement.resource_type != "CapabilityStatement" {
        return Err("what it answers is no capability statement".to_owned());
    }
    let version = plain(&statement.fhir_version);
    let text = match statement.software {
        Some(software) => format!("{} is {}, FHIR {version}", base.as_str(), plain(&software.name)),
        None => format!("{} is FHIR {version}", base.as_str()),
    };
    Ok((FhirServerAnswer::Fhir, text))
}
