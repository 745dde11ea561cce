//! Looking at an app's public keys: which there are, which can be used here, and what is wrong with the others.

use super::{ControlError, TenantAdmin};
use crate::federation::Federation;
use crate::oauth::client::Client;
use crate::oauth::jose::inspection::{InspectedKey, KeySetFault, inspect};
use crate::oauth::jose::{JwkSet, SigningAlgorithm};
use crate::oauth::limits;
use crate::outbound::OutboundRequest;
use crate::tenant::roles::Permission;
use axum::http::StatusCode;
use serde::Serialize;
use url::Url;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClientKeysReport {
    /// When it was looked at, RFC 3339.
    pub checked_at: String,
    /// Where the keys are published; none when they are registered here.
    pub address: Option<String>,
    /// Whether the app can authenticate with one of them.
    pub usable: bool,
    /// Why there are no keys.
    pub problem: Option<KeySetFault>,
    /// The same in words, with what the network said.
    pub problem_in_words: Option<String>,
    /// The keys, in the order in which the app lists them.
    pub keys: Vec<InspectedKey>,
}

impl TenantAdmin {
    /// Looks at the keys of an app as this server would find them: those that it registered, else those at its address, fetched
    /// now. Changes nothing.
    pub async fn check_client_keys(
        &self,
        federation: &Federation,
        client_id: &str,
    ) -> Result<ClientKeysReport, ControlError> {
        self.require(Permission::ManageApps)?;
        let client = self.get_client(client_id).await?;
        let found = self.find_keys(federation, &client).await;
        let accepted: Vec<SigningAlgorithm> = match client.token_endpoint_auth_signing_alg {
            Some(only) => vec![only],
            None => self.cx.document().algorithms_of(&client),
        };
        let (keys, problem) = match found {
            Ok(set) if set.keys.is_empty() => (Vec::new(), Some((KeySetFault::Empty, None))),
            Ok(set) => (inspect(&set, &accepted), None),
            Err(problem) => (Vec::new(), Some(problem)),
        };
        Ok(ClientKeysReport {
            checked_at: self.cx.now().to_rfc3339(),
            address: client.jwks_uri.filter(|_| client.jwks.is_none()),
            usable: keys.iter().any(|key| key.usable),
            problem: problem.as_ref().map(|(fault, _)| *fault),
            problem_in_words: problem.map(|(fault, detail)| match detail {
                Some(detail) => format!("{}: {detail}", fault.words()),
                None => fault.words().to_owned(),
            }),
            keys,
        })
    }

    async fn find_keys(
        &self,
        federation: &Federation,
        client: &Client,
    ) -> Result<JwkSet, (KeySetFault, Option<String>)> {
        if let Some(set) = &client.jwks {
            return Ok(set.clone());
        }
        let address = client.jwks_uri.as_deref().and_then(|uri| Url::parse(uri).ok());
        let Some(address) = address else {
            return Err((KeySetFault::NoneRegistered, None));
        };
        let mut request = OutboundRequest::get_json(address);
        request.max_body = Some(limits::JWKS_FETCH_SIZE);
        let answer = federation
            .outbound()
            .probe(request)
            .await
            .map_err(|error| (KeySetFault::Unreachable, Some(error.to_string())))?;
        if answer.status != StatusCode::OK {
            return Err((KeySetFault::NotFound, Some(answer.status.as_u16().to_string())));
        }
        serde_json::from_slice(&answer.body).map_err(|_| (KeySetFault::NotAKeySet, None))
    }
}
