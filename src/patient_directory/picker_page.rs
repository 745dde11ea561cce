//! Answers of a tenant's own page for choosing a patient.

use super::PatientDirectory;
use crate::kernel::Timestamp;
use crate::oauth::jose::verify::Expiry;
use crate::oauth::jose::{Audience, JwkSet, JwtError, Rules, SigningAlgorithm, UnverifiedJwt, VerificationKeys};
use crate::oauth::limits;
use crate::outbound::{OutboundError, OutboundRequest};
use crate::tenant::TenantCx;
use crate::tenant::patient_directory::PickerPage;
use axum::http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use url::Url;

/// The `typ` of an answer (RFC 8725 section 3.11): no other JWT of the page's keys is one.
const ANSWER_TYPE: &str = "patient-picker-response+jwt";
/// How long fetched keys are used.
const KEYS_LIFETIME: Duration = Duration::from_mins(5);

/// What the page says, verified as the page's and for this tenant. Health data, therefore no `Debug`.
#[derive(Deserialize)]
pub struct PickerAnswer {
    /// The request that it answers.
    pub state: String,
    /// The user who chose.
    pub sub: String,
    /// The patient's id.
    pub patient: Option<String>,
    /// The encounter's id.
    pub encounter: Option<String>,
    /// What to show of the patient.
    #[serde(rename = "patient_display")]
    pub display: Option<PatientDisplay>,
    /// Set when the user chose nobody.
    pub error: Option<String>,
}

/// What to show of a patient.
#[derive(Deserialize)]
pub struct PatientDisplay {
    /// The name.
    pub name: String,
    /// As FHIR writes it.
    pub birth_date: Option<String>,
}

/// Why an answer is not believed.
#[derive(Debug, Error)]
pub enum PickerAnswerError {
    /// It is not a valid JWT of the page.
    #[error(transparent)]
    Jwt(#[from] JwtError),
    /// The page's keys cannot be had.
    #[error("the keys of the picker page cannot be fetched: {0}")]
    Keys(#[from] OutboundError),
    /// The address of the keys answers something else.
    #[error("the keys of the picker page are not readable")]
    Unreadable,
}

/// Keys of a page, as fetched.
pub(super) struct PageKeys {
    keys: VerificationKeys,
    at: Timestamp,
}

impl PatientDirectory {
    /// Verifies an answer: signature by the page's keys, issuer, audience, a life of five minutes at most.
    pub async fn picker_answer(
        &self,
        cx: &TenantCx,
        page: &PickerPage,
        text: &str,
    ) -> Result<PickerAnswer, PickerAnswerError> {
        let issuer = [cx.issuer()];
        let rules = Rules {
            algorithms: &SigningAlgorithm::ALL,
            types: &[ANSWER_TYPE],
            type_may_be_absent: false,
            issuer: &page.issuer,
            audience: Audience::SingleOf(&issuer),
            expiry: Expiry::Within(limits::CLIENT_ASSERTION),
            skew: limits::CLIENT_ASSERTION_SKEW,
        };
        let verify =
            |keys: &VerificationKeys| UnverifiedJwt::parse(text)?.verify::<PickerAnswer>(keys, &rules, cx.now());
        if let Some(keys) = &page.jwks {
            return Ok(verify(&VerificationKeys::from_jwk_set(keys))?);
        }
        let known = self.page_keys(cx, page, KEYS_LIFETIME).await?;
        match verify(&known.keys) {
            // A key that came after our last look; looked for no more often than once a minute.
            Err(_) if cx.now().since(known.at) >= limits::JWKS_FETCH_COOL_DOWN => {
                let fresh = self.page_keys(cx, page, limits::JWKS_FETCH_COOL_DOWN).await?;
                Ok(verify(&fresh.keys)?)
            }
            verified => Ok(verified?),
        }
    }

    async fn page_keys(
        &self,
        cx: &TenantCx,
        page: &PickerPage,
        not_older_than: Duration,
    ) -> Result<Arc<PageKeys>, PickerAnswerError> {
        let key = (cx.id(), cx.tenant().generation);
        if let Some(known) = self.0.page_keys.get(&key).await
            && cx.now().since(known.at) < not_older_than
        {
            return Ok(known);
        }
        let address = page.jwks_uri.as_deref().and_then(|uri| Url::parse(uri).ok());
        let mut request = OutboundRequest::get_json(address.ok_or(PickerAnswerError::Unreadable)?);
        request.max_body = Some(limits::JWKS_FETCH_SIZE);
        let answer = Box::pin(self.0.outbound.send(&cx.id().to_string(), request)).await?;
        if answer.status != StatusCode::OK {
            return Err(PickerAnswerError::Unreadable);
        }
        let keys: JwkSet = serde_json::from_slice(&answer.body).map_err(|_| PickerAnswerError::Unreadable)?;
        let fetched = Arc::new(PageKeys {
            keys: VerificationKeys::from_jwk_set(&keys),
            at: cx.now(),
        });
        self.0.page_keys.insert(key, fetched.clone()).await;
        Ok(fetched)
    }
}
