//! The credential for the FHIR server: none, a stored one, one of our own making, or one that is fetched and kept.

use super::{DirectoryError, PATIENT_DIRECTORY_SECRET, PatientDirectory, backend_keys, own_token};
use crate::kernel::{Secret, Timestamp, entropy};
use crate::oauth::jose::JwtType;
use crate::oauth::limits;
use crate::outbound::OutboundError;
use crate::smart::FhirBase;
use crate::tenant::TenantCx;
use crate::tenant::patient_directory::{DirectoryAuthentication, OauthClient};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::basic::{BasicClient, BasicErrorResponse, BasicErrorResponseType};
use oauth2::{AuthType, ClientId, ClientSecret, RequestTokenError, Scope, TokenResponse as _, TokenUrl};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// RFC 7523 section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// A little less than SMART's five minutes, for servers whose clock is behind ours.
const ASSERTION_LIFETIME: Duration = Duration::from_mins(4);
/// How long a token is used that does not say how long it lives.
const UNSTATED_LIFETIME: Duration = Duration::from_mins(1);
/// No token is used longer, whatever it says.
const LONGEST_LIFETIME: Duration = Duration::from_hours(1);
/// How long before its end a token is replaced.
const MARGIN: Duration = Duration::from_mins(1);

/// A token that was fetched.
pub(super) struct Fetched {
    token: Secret<String>,
    use_until: Timestamp,
}

/// What a question needs to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Patients and their encounters, for the pickers.
    Pick,
    /// Whom a user acts for.
    Relations,
    /// Which resource a user is; the scope that reads its type.
    Find(&'static str),
}

impl Purpose {
    /// The scopes of a token of our own.
    const fn scope(self) -> &'static str {
        match self {
            Self::Pick => "system/Patient.rs system/Encounter.rs",
            Self::Relations => "system/RelatedPerson.rs system/Person.rs",
            Self::Find(scope) => scope,
        }
    }

    /// To find a user among the resources of this type; `None` for types that no user is of.
    pub(super) fn finding(kind: &str) -> Option<Self> {
        Some(Self::Find(match kind {
            "Practitioner" => "system/Practitioner.rs",
            "PractitionerRole" => "system/PractitionerRole.rs",
            "Patient" => "system/Patient.rs",
            "RelatedPerson" => "system/RelatedPerson.rs",
            "Person" => "system/Person.rs",
            _ => return None,
        }))
    }
}

impl PatientDirectory {
    /// The bearer token for a question at `base`; `None` where none is needed.
    pub(super) async fn bearer(
        &self,
        cx: &TenantCx,
        base: &FhirBase,
        purpose: Purpose,
    ) -> Result<Option<Secret<String>>, DirectoryError> {
        match &cx.document().directory().authentication {
            DirectoryAuthentication::None => Ok(None),
            DirectoryAuthentication::OwnToken => own_token::mint(cx, base, purpose.scope()).map(Some),
            DirectoryAuthentication::Bearer => stored_secret(cx).await.map(Some),
            DirectoryAuthentication::ClientSecret(client) | DirectoryAuthentication::PrivateKeyJwt(client) => {
                self.fetched_token(cx, client).await.map(Some)
            }
        }
    }

    /// Forgets the token that the FHIR server refused. Whether asking again makes sense: only with a fetched token, which
    /// may have been revoked.
    pub(super) async fn forget_token(&self, cx: &TenantCx) -> bool {
        self.0.tokens.remove(&(cx.id(), cx.tenant().generation)).await.is_some()
    }

    async fn fetched_token(&self, cx: &TenantCx, client: &OauthClient) -> Result<Secret<String>, DirectoryError> {
        // Changed settings begin a new generation, so a token of other settings is never found.
        let key = (cx.id(), cx.tenant().generation);
        if let Some(known) = self.0.tokens.get(&key).await {
            if cx.now() < known.use_until {
                return Ok(known.token.clone());
            }
            self.0.tokens.invalidate(&key).await;
        }
        // Those who come meanwhile wait for the same fetch.
        let fetched = self.0.tokens.try_get_with(key, Box::pin(self.fetch(cx, client))).await;
        match fetched {
            Ok(fetched) => Ok(fetched.token.clone()),
            Err(shared) => Err(DirectoryError::copy_of(&shared)),
        }
    }

    async fn fetch(&self, cx: &TenantCx, client: &OauthClient) -> Result<Arc<Fetched>, DirectoryError> {
        let endpoint = Url::parse(&client.token_endpoint)
            .map_err(|_| DirectoryError::Settings("the token endpoint is not a URL"))?;
        let by_key = matches!(
            cx.document().directory().authentication,
            DirectoryAuthentication::PrivateKeyJwt(_)
        );
        let mut us = BasicClient::new(ClientId::new(client.client_id.clone()))
            .set_token_uri(TokenUrl::from_url(endpoint))
            .set_auth_type(if by_key {
                AuthType::RequestBody
            } else {
                AuthType::BasicAuth
            });
        if !by_key {
            let secret = stored_secret(cx).await?;
            us = us.set_client_secret(ClientSecret::new(secret.expose().clone()));
        }
        let mut request = us.exchange_client_credentials();
        for scope in client.scope.split_whitespace() {
            request = request.add_scope(Scope::new(scope.to_owned()));
        }
        if by_key {
            request = request
                .add_extra_param("client_assertion_type", ASSERTION_TYPE)
                .add_extra_param("client_assertion", assertion(cx, client).await?);
        }
        let http = self.0.outbound.openid_client(&cx.id().to_string());
        let answer = request.request_async(&http).await.map_err(|error| no_token(&error))?;
        // RFC 6749 section 7.1: a token of a type we do not understand must not be used; the name ignores case.
        if !answer.token_type().as_ref().eq_ignore_ascii_case("bearer") {
            return Err(DirectoryError::Token("its token_type is not Bearer".to_owned()));
        }
        let lifetime = answer.expires_in().unwrap_or(UNSTATED_LIFETIME).min(LONGEST_LIFETIME);
        Ok(Arc::new(Fetched {
            token: Secret::new(answer.access_token().secret().clone()),
            use_until: cx.now() + lifetime.saturating_sub(MARGIN.min(lifetime / 4)),
        }))
    }
}

/// RFC 7523 section 3, SMART App Launch 2.2 "Authenticating to the Token endpoint": no `iat`, which a server whose clock is
/// behind might refuse and nobody asks for.
async fn assertion(cx: &TenantCx, client: &OauthClient) -> Result<String, DirectoryError> {
    let key = backend_keys::find(cx, client.algorithm)
        .await?
        .ok_or(DirectoryError::Settings(
            "the tenant's key for the FHIR server is missing",
        ))?;
    let claims = json!({
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": client.token_endpoint,
        "exp": (cx.now() + ASSERTION_LIFETIME.min(limits::CLIENT_ASSERTION)).seconds(),
        "jti": URL_SAFE_NO_PAD.encode(entropy::bytes::<16>(cx.entropy())),
    });
    key.sign(JwtType::SmartClientAssertion, &claims)
        .map_err(|_| DirectoryError::Settings("the assertion could not be signed"))
}

async fn stored_secret(cx: &TenantCx) -> Result<Secret<String>, DirectoryError> {
    let stored = cx.read().await?.find_tenant_secret(PATIENT_DIRECTORY_SECRET).await?;
    let stored = stored.ok_or(DirectoryError::Settings("its secret was never stored"))?;
    String::from_utf8(stored.expose().clone())
        .map(Secret::new)
        .map_err(|_| DirectoryError::Settings("its secret is not a text"))
}

/// The library's texts quote the server, so they are not passed on; its error code is, when it is one we know.
fn no_token(error: &RequestTokenError<OutboundError, BasicErrorResponse>) -> DirectoryError {
    match error {
        RequestTokenError::Request(cause) => match cause {
            OutboundError::Timeout { .. } => DirectoryError::Slow,
            cause => DirectoryError::Unreachable(cause.clone()),
        },
        RequestTokenError::ServerResponse(answer) => {
            let code = match answer.error() {
                BasicErrorResponseType::InvalidClient => "invalid_client",
                BasicErrorResponseType::InvalidGrant => "invalid_grant",
                BasicErrorResponseType::InvalidRequest => "invalid_request",
                BasicErrorResponseType::InvalidScope => "invalid_scope",
                BasicErrorResponseType::UnauthorizedClient => "unauthorized_client",
                BasicErrorResponseType::UnsupportedGrantType => "unsupported_grant_type",
                BasicErrorResponseType::Extension(_) => "an unknown error code",
            };
            DirectoryError::Token(format!("the token endpoint answered {code}"))
        }
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            DirectoryError::Token("the token endpoint's answer is no token answer".to_owned())
        }
    }
}

impl DirectoryError {
    /// The same failure for everybody who waited for one fetch.
    fn copy_of(shared: &Arc<Self>) -> Self {
        match shared.as_ref() {
            Self::Settings(text) => Self::Settings(text),
            Self::Slow => Self::Slow,
            Self::Unreachable(error) => Self::Unreachable(error.clone()),
            other => Self::Token(match other {
                Self::Token(text) => text.clone(),
                other => other.to_string(),
            }),
        }
    }
}
