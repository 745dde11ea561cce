//! The tenant's patients, searched at the tenant's own FHIR server with the tenant's own credential.

use crate::kernel::{Secret, Timestamp};
use crate::outbound::{Outbound, OutboundError, OutboundRequest};
use crate::smart::{FhirBase, FhirId};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::web::dates::PartialDate;
use crate::web::pages::{Deceased, PatientRow, Sex};
use axum::http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use thiserror::Error;
use url::Url;

/// The name under which the tenant's credential for its patient directory is stored: a bearer token.
pub const PATIENT_DIRECTORY_SECRET: &str = "patient_directory_token";
/// Patients shown at once; one more is asked for, to know whether there are more.
const SHOWN: usize = 20;
/// A page of patients with all their identifiers and addresses can be large.
const LARGEST_ANSWER: usize = 2 * 1024 * 1024;

/// Why the directory gave no answer.
#[derive(Debug, Error)]
pub(super) enum DirectoryError {
    /// The server refused our credential.
    #[error("the patient directory refused our credential")]
    NotAllowed,
    /// The server could not be reached in time.
    #[error("the patient directory could not be reached: {0}")]
    Unreachable(#[from] OutboundError),
    /// The server answered something else than FHIR.
    #[error("the patient directory answered with status {0} or something unreadable")]
    Answer(StatusCode),
    /// The configured address cannot be used.
    #[error("the address of the patient directory is not usable")]
    Address,
    /// The credential could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a search found.
pub(super) struct Found {
    /// The first patients.
    pub(super) patients: Vec<FoundPatient>,
    /// Whether there are more.
    pub(super) more: bool,
}

/// A patient, as far as the picker shows one. Health data, therefore no `Debug`.
pub(super) struct FoundPatient {
    id: FhirId,
    /// The name to show.
    pub(super) name: String,
    /// As FHIR writes it.
    pub(super) birth_date: Option<String>,
    sex: Option<Sex>,
    identifier: Option<String>,
    deceased: Option<Deceased>,
}

impl FoundPatient {
    /// A line of the picker.
    pub(super) fn row(&self, now: Timestamp) -> PatientRow {
        let birth_date = self.birth_date.as_deref().and_then(PartialDate::parse);
        let ending = |text: &String| {
            let skipped = text.chars().count().saturating_sub(4);
            text.chars().skip(skipped).collect::<String>()
        };
        PatientRow {
            id: self.id.as_str().to_owned(),
            name: self.name.clone(),
            birth_date,
            age: birth_date.and_then(|date| date.age_at(now)),
            sex: self.sex,
            identifier_ending: self.identifier.as_ref().map(ending),
            deceased: self.deceased,
        }
    }
}

#[derive(Deserialize)]
struct Bundle {
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    resource: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Patient {
    id: FhirId,
    #[serde(default)]
    name: Vec<HumanName>,
    birth_date: Option<String>,
    gender: Option<String>,
    #[serde(default)]
    identifier: Vec<Identifier>,
    deceased_boolean: Option<bool>,
    deceased_date_time: Option<String>,
}

#[derive(Deserialize)]
struct HumanName {
    r#use: Option<String>,
    text: Option<String>,
    family: Option<String>,
    #[serde(default)]
    given: Vec<String>,
}

#[derive(Deserialize)]
struct Identifier {
    value: Option<String>,
}

impl HumanName {
    fn shown(&self) -> Option<String> {
        if let Some(text) = self.text.as_ref().filter(|text| !text.trim().is_empty()) {
            return Some(text.clone());
        }
        let parts: Vec<&str> = self
            .given
            .iter()
            .map(String::as_str)
            .chain(self.family.as_deref())
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

impl From<Patient> for FoundPatient {
    fn from(patient: Patient) -> Self {
        let official = patient
            .name
            .iter()
            .find(|name| name.r#use.as_deref() == Some("official"));
        let name = official.or_else(|| patient.name.first()).and_then(HumanName::shown);
        let deceased = match (patient.deceased_date_time.as_deref(), patient.deceased_boolean) {
            (Some(moment), _) => {
                let day = moment.split('T').next().and_then(PartialDate::parse);
                Some(day.map_or(Deceased::Yes, Deceased::On))
            }
            (None, Some(true)) => Some(Deceased::Yes),
            _ => None,
        };
        Self {
            // A record without a name is still told apart by its number.
            name: name.unwrap_or_else(|| "—".to_owned()),
            id: patient.id,
            birth_date: patient.birth_date,
            sex: patient.gender.as_deref().map(|gender| match gender {
                "female" => Sex::Female,
                "male" => Sex::Male,
                "other" => Sex::Other,
                _ => Sex::Unknown,
            }),
            identifier: patient.identifier.into_iter().find_map(|identifier| identifier.value),
            deceased,
        }
    }
}

/// Patients whose name or record number begins with `query`, born on `birth_date` if given.
pub(super) async fn search(
    cx: &TenantCx,
    outbound: &Outbound,
    query: &str,
    birth_date: &str,
) -> Result<Found, DirectoryError> {
    let mut url = address(cx, "Patient")?;
    {
        let mut pairs = url.query_pairs_mut();
        let numeric = query.bytes().any(|byte| byte.is_ascii_digit());
        pairs.append_pair(if numeric { "identifier" } else { "name" }, query);
        if PartialDate::parse(birth_date).is_some() {
            pairs.append_pair("birthdate", birth_date);
        }
        pairs.append_pair("_count", &(SHOWN + 1).to_string());
    }
    let body = fetch(cx, outbound, url)
        .await?
        .ok_or(DirectoryError::Answer(StatusCode::NOT_FOUND))?;
    let bundle: Bundle = serde_json::from_slice(&body).map_err(|_| DirectoryError::Answer(StatusCode::OK))?;
    let mut patients: Vec<FoundPatient> = bundle
        .entry
        .into_iter()
        // A search may bring OperationOutcomes along; what is no readable patient cannot be chosen.
        .filter_map(|entry| serde_json::from_value::<Patient>(entry.resource).ok())
        .map(FoundPatient::from)
        .collect();
    let more = patients.len() > SHOWN;
    patients.truncate(SHOWN);
    Ok(Found { patients, more })
}

/// One patient.
pub(super) async fn read(
    cx: &TenantCx,
    outbound: &Outbound,
    id: &FhirId,
) -> Result<Option<FoundPatient>, DirectoryError> {
    let url = address(cx, &format!("Patient/{}", id.as_str()))?;
    let Some(body) = fetch(cx, outbound, url).await? else {
        return Ok(None);
    };
    let patient: Patient = serde_json::from_slice(&body).map_err(|_| DirectoryError::Answer(StatusCode::OK))?;
    Ok(Some(patient.into()))
}

fn address(cx: &TenantCx, path: &str) -> Result<Url, DirectoryError> {
    let base: Option<&FhirBase> = cx
        .document()
        .patient_directory
        .as_ref()
        .or_else(|| cx.tenant().fhir_bases.first());
    let base = base.ok_or(DirectoryError::Address)?;
    Url::parse(&base.join(path)).map_err(|_| DirectoryError::Address)
}

/// The body of a successful answer; `None` for 404 and 410.
async fn fetch(cx: &TenantCx, outbound: &Outbound, url: Url) -> Result<Option<Vec<u8>>, DirectoryError> {
    let mut request = OutboundRequest::get(url);
    request.max_body = Some(LARGEST_ANSWER);
    request
        .headers
        .insert(header::ACCEPT, HeaderValue::from_static("application/fhir+json"));
    let token: Option<Secret<Vec<u8>>> = cx.read().await?.find_tenant_secret(PATIENT_DIRECTORY_SECRET).await?;
    if let Some(token) = token {
        let mut value = b"Bearer ".to_vec();
        value.extend_from_slice(token.expose());
        let mut value = HeaderValue::from_bytes(&value).map_err(|_| DirectoryError::NotAllowed)?;
        value.set_sensitive(true);
        request.headers.insert(header::AUTHORIZATION, value);
    }
    let answer = outbound.send(&cx.id().to_string(), request).await?;
    match answer.status {
        StatusCode::OK => Ok(Some(answer.body)),
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(DirectoryError::NotAllowed),
        other => Err(DirectoryError::Answer(other)),
    }
}
