//! Asking the FHIR server: reads, posted searches and further pages, with one credential and one limit of time.

use super::answer::Bundle;
use super::credential::Purpose;
use super::{DirectoryError, PatientDirectory};
use crate::outbound::{OutboundRequest, OutboundResponse};
use crate::smart::{FhirBase, FhirId};
use crate::tenant::TenantCx;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use url::Url;

/// A page of patients with all their identifiers and addresses can be large.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;
const FORM: &str = "application/x-www-form-urlencoded";
static PREFER: HeaderName = HeaderName::from_static("prefer");

/// Search parameters, in order.
pub(super) type Criteria = Vec<(String, String)>;

/// One question, with everything that is needed to ask it.
pub(super) struct Question<'a> {
    pub(super) directory: &'a PatientDirectory,
    pub(super) cx: &'a TenantCx,
    pub(super) base: &'a FhirBase,
    pub(super) purpose: Purpose,
}

impl PatientDirectory {
    /// Begins a question at the tenant's FHIR server.
    pub(super) fn ask<'a>(&'a self, cx: &'a TenantCx, purpose: Purpose) -> Result<Question<'a>, DirectoryError> {
        let own = cx.document().directory().fhir_base.as_ref();
        let base = own.or_else(|| cx.tenant().fhir_bases.first());
        Ok(Question {
            directory: self,
            cx,
            base: base.ok_or(DirectoryError::Settings("there is no FHIR base"))?,
            purpose,
        })
    }

    /// Gives up on a question that takes too long in all.
    pub(super) async fn in_time<T>(
        &self,
        question: impl Future<Output = Result<T, DirectoryError>>,
    ) -> Result<T, DirectoryError> {
        tokio::time::timeout(self.0.patience, Box::pin(question))
            .await
            .unwrap_or(Err(DirectoryError::Slow))
    }
}

impl Question<'_> {
    /// One resource; `None` when there is none.
    pub(super) async fn read<T: for<'de> Deserialize<'de>>(
        &self,
        kind: &str,
        id: &FhirId,
    ) -> Result<Option<T>, DirectoryError> {
        let request = OutboundRequest::get(self.address(&format!("{kind}/{}", id.as_str()))?);
        let answer = self.send(request).await?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            _ => parse(&answer).map(Some),
        }
    }

    /// A search of a type. It is posted, so that what is searched for stands in no address (FHIR R4, "Search").
    pub(super) async fn search(&self, kind: &str, criteria: &Criteria, strict: bool) -> Result<Bundle, DirectoryError> {
        let address = self.address(&format!("{kind}/_search"))?;
        self.post(address, criteria, strict).await
    }

    /// A further page, at an address that the server gave.
    pub(super) async fn page(&self, kind: &str, address: Url, strict: bool) -> Result<Bundle, DirectoryError> {
        // A server that repeats the criteria in the address of the page gets them posted, like the first time.
        let plain = self.address(kind)?;
        let search = self.address(&format!("{kind}/_search"))?;
        if [plain.path(), search.path()].contains(&address.path()) {
            let criteria: Criteria = address.query_pairs().into_owned().collect();
            return self.post(search, &criteria, strict).await;
        }
        let answer = self.send(OutboundRequest::get(address)).await?;
        bundle(&answer)
    }

    async fn post(&self, address: Url, criteria: &Criteria, strict: bool) -> Result<Bundle, DirectoryError> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(criteria)
            .finish();
        let mut request = OutboundRequest::get(address);
        request.method = Method::POST;
        request.body = body.into_bytes();
        request
            .headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
        if strict {
            let strict = HeaderValue::from_static("handling=strict");
            request.headers.insert(PREFER.clone(), strict);
        }
        let answer = self.send(request).await?;
        bundle(&answer)
    }

    fn address(&self, path: &str) -> Result<Url, DirectoryError> {
        Url::parse(&self.base.join(path)).map_err(|_| DirectoryError::Settings("the FHIR base is not a URL"))
    }

    /// Sends with the credential; once more with a new one when a fetched token is refused.
    async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, DirectoryError> {
        let again = OutboundRequest {
            headers: request.headers.clone(),
            body: request.body.clone(),
            method: request.method.clone(),
            url: request.url.clone(),
            max_body: None,
        };
        let answer = Box::pin(self.send_once(request)).await?;
        let answer = if answer.status == StatusCode::UNAUTHORIZED && self.directory.forget_token(self.cx).await {
            Box::pin(self.send_once(again)).await?
        } else {
            answer
        };
        match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(DirectoryError::Refused(answer.status)),
            StatusCode::OK | StatusCode::NOT_FOUND | StatusCode::GONE => Ok(answer),
            other => Err(DirectoryError::Answer(other, "no result")),
        }
    }

    async fn send_once(&self, mut request: OutboundRequest) -> Result<OutboundResponse, DirectoryError> {
        request.max_body = Some(LARGEST_ANSWER);
        let accept = HeaderValue::from_static("application/fhir+json");
        request.headers.insert(header::ACCEPT, accept);
        if let Some(token) = self.directory.bearer(self.cx, self.base, self.purpose).await? {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
                .map_err(|_| DirectoryError::Settings("the token has characters that no header may have"))?;
            value.set_sensitive(true);
            request.headers.insert(header::AUTHORIZATION, value);
        }
        let outbound = &self.directory.0.outbound;
        Ok(outbound.send(&self.cx.id().to_string(), request).await?)
    }
}

fn parse<T: for<'de> Deserialize<'de>>(answer: &OutboundResponse) -> Result<T, DirectoryError> {
    serde_json::from_slice(&answer.body)
        .map_err(|_| DirectoryError::Answer(answer.status, "something that is not FHIR"))
}

fn bundle(answer: &OutboundResponse) -> Result<Bundle, DirectoryError> {
    if answer.status != StatusCode::OK {
        return Err(DirectoryError::Answer(answer.status, "no result"));
    }
    let bundle: Bundle = parse(answer)?;
    if bundle.is_one() {
        Ok(bundle)
    } else {
        Err(DirectoryError::Answer(answer.status, "something that is not a Bundle"))
    }
}
