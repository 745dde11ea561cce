//! What the demonstration's own servers work with: the EHR's, the sample app's, and the one that breaks requests on purpose.

use super::keyed_client::{JWT_BEARER, KeyedClient};
use super::world::Population;
use crate::control::Platform;
use crate::kernel::Timestamp;
use crate::oauth::jose::KeyError;
use crate::outbound::{Outbound, OutboundError, OutboundRequest, OutboundResponse};
use crate::tenant::TenantDirectory;
use axum::http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use thiserror::Error;
use url::Url;

/// In whose name the HTTP client is used.
const SCOPE: &str = "demonstration";
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// The client of the EHR.
pub(super) const EHR: &str = "demo-ehr";
/// The sample app in the variant whose server has a key.
pub(super) const KEYED_APP: &str = "sample-app-keyed";

/// Everything behind the scene.
pub(super) struct Backstage {
    /// Where everything is.
    pub(super) population: Population,
    /// The tenants.
    pub(super) platform: Platform,
    /// The HTTP client: these servers reach the hospitals as everybody does.
    pub(super) outbound: Outbound,
    /// The EHR, as a client of every hospital.
    pub(super) ehr: KeyedClient,
    /// The sample app's server.
    pub(super) app: KeyedClient,
}

/// Why a server of the demonstration could not do its part.
#[derive(Debug, Error)]
pub(super) enum BackstageError {
    /// The hospital did not answer.
    #[error("the hospital's server cannot be reached: {0}")]
    Outbound(#[from] OutboundError),
    /// The key does not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An address is none.
    #[error("an address could not be read")]
    Address(#[from] url::ParseError),
    /// No token for the EHR.
    #[error("the EHR got no token: {0}")]
    NoToken(Value),
}

impl Backstage {
    pub(super) fn directory(&self) -> &TenantDirectory {
        self.platform.directory()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.directory().clock().now()
    }

    /// Sends a request as it is.
    pub(super) async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, OutboundError> {
        self.outbound.send(SCOPE, request).await
    }

    /// An assertion with which `client` authenticates at a hospital's token endpoint.
    pub(super) fn assertion(&self, client: &KeyedClient, slug: &str) -> Result<String, KeyError> {
        let entropy = self.directory().entropy().as_ref();
        client.assertion(&self.population.token_endpoint(slug), self.now(), entropy)
    }

    /// A form that asks for a token of the EHR's own.
    pub(super) fn ehr_token_request(&self, slug: &str) -> Result<Vec<(&'static str, String)>, KeyError> {
        Ok(vec![
            ("grant_type", "client_credentials".to_owned()),
            ("scope", "__launch".to_owned()),
            ("client_assertion_type", JWT_BEARER.to_owned()),
            ("client_assertion", self.assertion(&self.ehr, slug)?),
        ])
    }

    /// A token of the EHR's own (SMART App Launch 2.2, "Backend Services").
    pub(super) async fn ehr_token(&self, slug: &str) -> Result<String, BackstageError> {
        let form = self.ehr_token_request(slug)?;
        let request = post_form(&self.population.token_endpoint(slug), &form)?;
        let answer = json_of(&self.send(request).await?);
        match answer.get("access_token").and_then(Value::as_str) {
            Some(token) => Ok(token.to_owned()),
            None => Err(BackstageError::NoToken(answer)),
        }
    }

    /// Registers a launch at `POST I/launch`, like any EHR.
    pub(super) async fn register_launch(
        &self,
        slug: &str,
        launch: &Value,
    ) -> Result<(StatusCode, Value), BackstageError> {
        let token = self.ehr_token(slug).await?;
        let address = Url::parse(&self.population.launch_endpoint(slug))?;
        let mut request = OutboundRequest::post_json(address, launch.to_string().into_bytes());
        if let Some(bearer) = bearer(&token) {
            request.headers.insert(header::AUTHORIZATION, bearer);
        }
        let answer = self.send(request).await?;
        Ok((answer.status, json_of(&answer)))
    }
}

/// A bearer token, as a header.
pub(super) fn bearer(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// `POST` of a form.
pub(super) fn post_form<N, V>(address: &str, form: &[(N, V)]) -> Result<OutboundRequest, url::ParseError>
where
    N: AsRef<str>,
    V: AsRef<str>,
{
    let mut request = OutboundRequest::get_json(Url::parse(address)?);
    request.method = Method::POST;
    request.headers.insert(header::CONTENT_TYPE, FORM);
    request.body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish()
        .into_bytes();
    Ok(request)
}

/// The body, or what stands in its place.
pub(super) fn json_of(answer: &OutboundResponse) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| json!({ "status": answer.status.as_u16() }))
}
