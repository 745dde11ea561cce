//! `GET I/federation/{provider}/metadata`: what the provider's administrator enters, for machines (SAML Metadata 2.0).

use super::{Stopped, find, saml_of};
use crate::federation::Federation;
use crate::federation::callback::CallbackPath;
use crate::federation::saml::{Check, Refusal, new_id};
use crate::tenant::TenantCx;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// SAML Metadata 2.0 appendix A.
const MEDIA_TYPE: &str = "application/samlmetadata+xml";

/// With `?signed=true` the document is signed with the current key.
pub(super) async fn get(
    cx: TenantCx,
    State(federation): State<Federation>,
    Path(path): Path<CallbackPath>,
    RawQuery(query): RawQuery,
) -> Response {
    let signed = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .any(|(name, value)| name == "signed" && value == "true");
    match document(&cx, &federation, &path.provider, signed).await {
        Ok(xml) => (
            [
                (header::CONTENT_TYPE, MEDIA_TYPE),
                (header::CACHE_CONTROL, "public, max-age=3600"),
            ],
            xml,
        )
            .into_response(),
        Err(Stopped::NotOurs) => StatusCode::NOT_FOUND.into_response(),
        Err(stopped) => stopped.answer(&cx, None, None).await,
    }
}

async fn document(cx: &TenantCx, federation: &Federation, alias: &str, signed: bool) -> Result<String, Stopped> {
    let provider = find(cx, federation, alias).await?.ok_or(Stopped::NotOurs)?;
    let saml = saml_of(&provider).ok_or(Stopped::NotOurs)?;
    let party = federation.saml().party(cx, &provider, saml).await?;
    let id = new_id(cx.entropy());
    let sign = signed.then_some((&party.keys.signing, id.as_str()));
    party
        .sp
        .metadata(&party.keys, &saml.config.name_id_formats, sign)
        .map_err(|fault| Refusal::new(Check::Configuration, fault.to_string()).into())
}
