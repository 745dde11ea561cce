//! The claims of a JWT access token (RFC 9068) and their check at a resource server.
//!
//! The claim set is a contract, written down as a JSON Schema in `docs/access-token.schema.json`. It is closed on
//! purpose: names, e-mail addresses and clinical data have no place in a token that travels through logs and proxies.

use super::client::ClientId;
use super::jose::verify::Expiry;
use super::jose::{Audience, JwtError, Rules, SigningAlgorithm, UnverifiedJwt, VerificationKeys};
use super::limits::{self, Lifetimes};
use crate::kernel::Timestamp;
use crate::kernel::id::TenantId;
use crate::smart::authorization_details::GrantedDetail;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use thiserror::Error;

/// The key a token is bound to (RFC 7800 section 3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// Thumbprint of a DPoP key (RFC 9449 section 6.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jkt: Option<String>,
    /// Thumbprint of a client certificate (RFC 8705 section 3.1).
    #[serde(rename = "x5t#S256", default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

/// The claims of an access token. Absent members are left out, never `null`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// The tenant's issuer.
    pub iss: String,
    /// The user, or the client itself for `client_credentials`.
    pub sub: String,
    /// The FHIR base URL, as one string.
    pub aud: String,
    /// The client (RFC 8693 section 4.3).
    pub client_id: ClientId,
    /// The granted scopes.
    pub scope: String,
    /// When it was issued, in seconds.
    pub iat: i64,
    /// When it ends, in seconds.
    pub exp: i64,
    /// Its own id, for revocation.
    pub jti: String,
    /// The tenant, which a resource server compares with that of the route.
    pub tenant_id: TenantId,
    /// The user's FHIR resource, as an absolute URL (SMART App Launch 2.2, Scopes for requesting identity data).
    #[serde(rename = "fhirUser", default, skip_serializing_if = "Option::is_none")]
    pub fhir_user: Option<String>,
    /// The user's roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// The user's National Provider Identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub npi: Option<String>,
    /// Where the tenant's data may be processed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data_regions: Vec<String>,
    /// The patient in context (SMART App Launch 2.2, launch context).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// The encounter in context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encounter: Option<String>,
    /// When the user signed in, in seconds; kept through refreshes (RFC 9068 section 2.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// How strongly the user signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By what methods the user signed in (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The key the token is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// Who acts on behalf of the subject, for a token that was exchanged (RFC 8693 section 4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// What is allowed where, for a token that was asked for in such detail (RFC 9396 section 9.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<GrantedDetail>,
}

/// A party that acts for the subject, and those it got the token through (RFC 8693 section 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The client that acts.
    pub sub: String,
    /// Who acted before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Actor>>,
}

/// What every access token needs.
#[derive(Clone, Debug)]
pub struct Issuance<'a> {
    /// The tenant's issuer.
    pub issuer: &'a str,
    /// The FHIR base URL.
    pub audience: &'a str,
    /// The user, or the client itself.
    pub subject: &'a str,
    /// The client.
    pub client_id: &'a ClientId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The token's own id.
    pub token_id: String,
    /// The granted scopes.
    pub scope: &'a str,
    /// The time of issue.
    pub now: Timestamp,
    /// The life of the token; cut at [`Lifetimes::ACCESS_TOKEN_CAP`].
    pub lifetime: Duration,
}

impl AccessTokenClaims {
    /// The claims every access token has; the others are set on the result.
    pub fn new(issuance: Issuance<'_>) -> Self {
        let lifetime = issuance.lifetime.min(Lifetimes::ACCESS_TOKEN_CAP);
        Self {
            iss: issuance.issuer.to_owned(),
            sub: issuance.subject.to_owned(),
            aud: issuance.audience.to_owned(),
            client_id: issuance.client_id.clone(),
            scope: issuance.scope.to_owned(),
            iat: issuance.now.seconds(),
            exp: (issuance.now + lifetime).seconds(),
            jti: issuance.token_id,
            tenant_id: issuance.tenant_id,
            fhir_user: None,
            roles: Vec::new(),
            npi: None,
            data_regions: Vec::new(),
            patient: None,
            encounter: None,
            auth_time: None,
            acr: None,
            amr: Vec::new(),
            cnf: None,
            act: None,
            authorization_details: Vec::new(),
        }
    }

    /// Seconds of life, for `expires_in` (RFC 6749 section 5.1).
    pub const fn expires_in(&self) -> i64 {
        self.exp.saturating_sub(self.iat)
    }
}

/// What a resource server expects of a token.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The issuer of the route's tenant.
    pub issuer: &'a str,
    /// The resource server's own identifier.
    pub audience: &'a str,
    /// The route's tenant.
    pub tenant_id: TenantId,
}

/// Why an access token is refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum AccessTokenError {
    /// It is no valid access token of the issuer for the audience.
    #[error(transparent)]
    Jwt(#[from] JwtError),
    /// It is, but of another tenant.
    #[error("the access token belongs to another tenant")]
    TenantMismatch,
}

impl AccessTokenError {
    /// The stable short name of the check.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Jwt(cause) => cause.reason(),
            Self::TenantMismatch => "tenant_mismatch",
        }
    }
}

/// Verifies a JWT access token offline (RFC 9068 section 4). Revocation and `cnf` are for the caller.
pub fn verify(
    token: &str,
    keys: &VerificationKeys,
    expected: Expected<'_>,
    now: Timestamp,
) -> Result<AccessTokenClaims, AccessTokenError> {
    let rules = Rules {
        algorithms: &SigningAlgorithm::ALL,
        types: &["at+jwt"],
        type_may_be_absent: false, // RFC 9068 section 4: anything else, an ID token above all, is refused
        issuer: expected.issuer,
        audience: Audience::Contains(expected.audience),
        expiry: Expiry::Required,
        skew: limits::CLOCK_SKEW,
    };
    let claims: AccessTokenClaims = UnverifiedJwt::parse(token)?.verify(keys, &rules, now)?;
    if claims.tenant_id == expected.tenant_id {
        Ok(claims)
    } else {
        Err(AccessTokenError::TenantMismatch)
    }
}

#[cfg(test)]
#[path = "access_token_tests.rs"]
mod tests;
