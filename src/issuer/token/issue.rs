//! From a grant to tokens: RFC 9068 access token, OpenID Connect ID token, SMART token response.

use super::super::authorization_details;
use super::super::client_auth::AuthenticatedClient;
use super::super::client_keys::ClientKeys;
use super::super::reply::Refusal;
use crate::kernel::credential::{self, Kind};
use crate::kernel::id::GrantId;
use crate::kernel::{Secret, Sha256Hash, Timestamp, entropy};
use crate::oauth::access_token::{self, AccessTokenClaims, Actor, Confirmation};
use crate::oauth::client::AccessTokenFormat;
use crate::oauth::dpop::Proof;
use crate::oauth::id_token::{IdTokenClaims, at_hash};
use crate::oauth::jose::JwtType;
use crate::oauth::{Client, ClientCertificate, OAuthError};
use crate::session;
use crate::smart::authorization_details::GrantedDetail;
use crate::smart::{AuthorizationDetails, FhirBase, FhirUser, ScopeSet};
use crate::store::tenant::{AuditEvent, Grant, NewRefreshToken};
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};

/// `cnf` of an access token: the key of the proof it was asked for with (RFC 9449 section 6.1), and the certificate of the
/// connection for a client whose tokens are bound to it (RFC 8705 section 3.1).
pub(super) fn confirmation(cx: &TenantCx, client: &Client, proof: Option<&Proof>) -> Option<Confirmation> {
    let jkt = proof.map(|proof| proof.thumbprint.clone());
    let bound = client.tls_client_certificate_bound_access_tokens;
    let certificate = cx
        .client_certificate()
        .filter(|_| bound)
        .map(ClientCertificate::thumbprint);
    (jkt.is_some() || certificate.is_some()).then_some(Confirmation { jkt, certificate })
}

/// What the refresh token of a public client is bound to: the key of its proofs (RFC 9449 section 5), or its certificate (RFC 8705
/// section 4), which is told apart by a prefix that no key's thumbprint has.
pub(super) fn holder(cx: &TenantCx, client: &Client, proof: Option<&Proof>) -> Option<String> {
    let confirmation = confirmation(cx, client, proof)?;
    let certificate = confirmation.certificate.map(|it| format!("x5t#S256:{it}"));
    confirmation.jkt.or(certificate)
}

/// What was decided and stored, still to be signed.
pub struct Issuance {
    /// The grant.
    pub grant: Grant,
    /// The scope of this access token: the grant's, or less.
    pub scope: String,
    /// The refresh token, if there is one.
    pub refresh_token: Option<Secret<String>>,
    /// The `nonce` of the authorization request.
    pub nonce: Option<String>,
    /// Whether an ID token is due, given the scope `openid`.
    pub with_id_token: bool,
    /// The key the access token is bound to.
    pub confirmation: Option<Confirmation>,
}

/// The answer of the token endpoint (RFC 6749 section 5.1, SMART App Launch 2.2 "Response").
#[derive(Serialize)]
pub struct TokenReply {
    access_token: String,
    /// RFC 8693 section 2.2.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
    token_type: &'static str,
    expires_in: i64,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    /// RFC 9396 section 7.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authorization_details: Vec<GrantedDetail>,
    /// Launch context: top-level members beside the token.
    #[serde(flatten)]
    context: Map<String, Value>,
}

/// The grant that a `jti` names. A `jti` is `<grant>.<128 random bits>`, so that a token's grant is found without a row
/// per token.
pub fn token_id_of(jti: &str) -> Option<GrantId> {
    jti.split_once('.')?.0.parse().ok()
}

fn new_token_id(cx: &TenantCx, grant: GrantId) -> String {
    format!("{grant}.{}", URL_SAFE_NO_PAD.encode(entropy::bytes::<16>(cx.entropy())))
}

fn signing(error: &dyn std::fmt::Display) -> OAuthError {
    tracing::error!(%error, "a token could not be signed");
    OAuthError::server_error("signing_failed")
}

/// The access token itself: a JWT, or for clients that are registered so an opaque one, whose claims stay here.
async fn access_token(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    claims: &AccessTokenClaims,
) -> Result<String, Refusal> {
    match client.access_token_format {
        AccessTokenFormat::Jwt => {
            let key = cx
                .keys()
                .signer(cx.document().signing_keys.access_token_algorithm)
                .map_err(|error| signing(&error))?;
            Ok(key
                .sign(JwtType::AccessToken, claims)
                .map_err(|error| signing(&error))?)
        }
        AccessTokenFormat::Opaque => {
            let token = credential::generate(Kind::AccessToken, cx.entropy());
            let sealed = Secret::new(serde_json::to_vec(claims).map_err(|error| signing(&error))?);
            let hash = Sha256Hash::of(token.expose().as_bytes());
            let mut tx = cx.begin().await?;
            tx.insert_access_token(hash, &sealed, Timestamp::from_seconds(claims.exp), cx.entropy())
                .await?;
            tx.commit().await?;
            Ok(token.expose().clone())
        }
    }
}

/// RFC 9449 section 5: the type says how the token has to be presented.
fn token_type(claims: &AccessTokenClaims) -> &'static str {
    match claims.cnf {
        Some(Confirmation { jkt: Some(_), .. }) => "DPoP",
        _ => "Bearer",
    }
}

/// A `jti` that names no grant.
pub(super) fn new_system_token_id(cx: &TenantCx) -> String {
    format!("cli.{}", URL_SAFE_NO_PAD.encode(entropy::bytes::<16>(cx.entropy())))
}

impl Issuance {
    /// Makes the tokens.
    pub(super) async fn sign(
        self,
        cx: &TenantCx,
        keys: &ClientKeys,
        client: &AuthenticatedClient,
    ) -> Result<TokenReply, Refusal> {
        let claims = self.access_token_claims(cx, client);
        let access_token = access_token(cx, client, &claims).await?;
        let id_token = if self.with_id_token && has(&self.scope, "openid") {
            Some(self.id_token(cx, keys, client, &access_token).await?)
        } else {
            None
        };
        Ok(TokenReply {
            access_token,
            issued_token_type: None,
            token_type: token_type(&claims),
            expires_in: claims.expires_in(),
            scope: self.scope,
            refresh_token: self.refresh_token.map(|token| token.expose().clone()),
            id_token,
            authorization_details: claims.authorization_details,
            context: self.grant.context.launch.to_members(),
        })
    }

    /// The ID token, encrypted where the client asked for that (OpenID Connect Core section 2: signed, then encrypted).
    async fn id_token(
        &self,
        cx: &TenantCx,
        keys: &ClientKeys,
        client: &AuthenticatedClient,
        access_token: &str,
    ) -> Result<String, Refusal> {
        let algorithm = client.id_token_signed_response_alg;
        let key = cx.keys().signer(algorithm).map_err(|error| signing(&error))?;
        let mut claims = self.id_token_claims(cx, client, at_hash(algorithm, access_token));
        let wanted = &self.grant.context.claims.id_token;
        if wanted.contains("name") || wanted.contains("email") {
            let account = cx.read().await?.find_account(self.grant.account).await?;
            let profile = account.map(|account| account.profile);
            let (name, email) = profile.map(|profile| (profile.name, profile.email)).unwrap_or_default();
            claims.name = name.filter(|_| wanted.contains("name"));
            claims.email = email.filter(|_| wanted.contains("email"));
        }
        let token = key.sign(JwtType::IdToken, &claims).map_err(|error| signing(&error))?;
        let openid = &client.openid;
        let (alg, enc) = (
            openid.id_token_encrypted_response_alg,
            openid.id_token_encrypted_response_enc,
        );
        keys.encrypt_for(cx, client, token, alg, enc).await
    }

    pub(super) fn access_token_claims(&self, cx: &TenantCx, client: &Client) -> AccessTokenClaims {
        let context = &self.grant.context;
        let client_id = &client.client_id;
        let subject = cx.subject(client, self.grant.account);
        let claims = AccessTokenClaims::new(access_token::Issuance {
            issuer: cx.issuer(),
            audience: &self.grant.audience,
            subject: &subject,
            client_id,
            tenant_id: cx.id(),
            token_id: new_token_id(cx, self.grant.id),
            scope: &self.scope,
            now: cx.now(),
            lifetime: cx.document().lifetimes.access_token,
        });
        AccessTokenClaims {
            fhir_user: fhir_user(&self.grant),
            roles: context.roles.clone(),
            npi: context.npi.clone(),
            data_regions: cx.document().data_regions.clone(),
            patient: context.launch.patient.as_ref().map(|id| id.as_str().to_owned()),
            encounter: context.launch.encounter.as_ref().map(|id| id.as_str().to_owned()),
            auth_time: Some(self.grant.authenticated_at.seconds()),
            acr: context.acr.clone(),
            amr: context.amr.clone(),
            cnf: self.confirmation.clone(),
            authorization_details: details(cx, &context.authorization_details, &self.grant.audience, &self.scope),
            ..claims
        }
    }

    pub(super) fn id_token_claims(&self, cx: &TenantCx, client: &Client, at_hash: String) -> IdTokenClaims {
        let context = &self.grant.context;
        let lifetime = cx.document().lifetimes.id_token;
        let subject = cx.subject(client, self.grant.account);
        let claim = |name: &str| context.claims.id_token.contains(name);
        let own = fhir_user(&self.grant);
        let profile = own.clone().filter(|_| claim("profile"));
        let fhir_user = own.filter(|_| has(&self.scope, "fhirUser") || claim("fhirUser"));
        IdTokenClaims {
            auth_time: Some(self.grant.authenticated_at.seconds()),
            nonce: self.nonce.clone(),
            acr: context.acr.clone(),
            amr: context.amr.clone(),
            at_hash: Some(at_hash),
            sid: self
                .grant
                .logout_session
                .filter(|_| client.follows_sessions())
                .map(|session| session::sid(cx, &session, &client.client_id)),
            // Older SMART apps read the user's resource from `profile`.
            profile: profile.or_else(|| fhir_user.clone().filter(|_| has(&self.scope, "profile"))),
            fhir_user,
            tenant_id: client.tenant_in_id_token.then(|| cx.id()),
            ..IdTokenClaims::new(cx.issuer(), &subject, &client.client_id, cx.now(), lifetime)
        }
    }
}

/// The details of a token for the FHIR server at `audience` (RFC 9396 section 7).
fn details(cx: &TenantCx, asked: &AuthorizationDetails, audience: &str, scope: &str) -> Vec<GrantedDetail> {
    if asked.is_empty() {
        return Vec::new();
    }
    let scope = ScopeSet::parse(scope).map(|parsed| parsed.scopes).unwrap_or_default();
    asked.at(&authorization_details::location(cx, audience), &scope)
}

/// What a backend service gets, still to be signed.
pub struct SystemIssuance {
    /// The `jti`.
    pub token_id: String,
    /// The scope.
    pub scope: String,
    /// The FHIR base.
    pub audience: String,
    /// What was asked for at it in detail.
    pub authorization_details: AuthorizationDetails,
    /// The key the access token is bound to.
    pub confirmation: Option<Confirmation>,
}

impl SystemIssuance {
    /// Makes the access token. There is no refresh token and no user.
    pub(super) async fn sign(self, cx: &TenantCx, client: &AuthenticatedClient) -> Result<TokenReply, Refusal> {
        let claims = AccessTokenClaims::new(access_token::Issuance {
            issuer: cx.issuer(),
            audience: &self.audience,
            // RFC 9068 section 2.2: the client itself; no user's `sub` can look like a client id.
            subject: client.client_id.as_str(),
            client_id: &client.client_id,
            tenant_id: cx.id(),
            token_id: self.token_id,
            scope: &self.scope,
            now: cx.now(),
            lifetime: cx.document().lifetimes.system_access_token,
        });
        let claims = AccessTokenClaims {
            data_regions: cx.document().data_regions.clone(),
            cnf: self.confirmation,
            authorization_details: details(cx, &self.authorization_details, &self.audience, &self.scope),
            ..claims
        };
        Ok(TokenReply {
            access_token: access_token(cx, client, &claims).await?,
            issued_token_type: None,
            token_type: token_type(&claims),
            expires_in: claims.expires_in(),
            scope: self.scope,
            refresh_token: None,
            id_token: None,
            authorization_details: claims.authorization_details,
            context: Map::new(),
        })
    }
}

/// What a service gets in exchange for a token, still to be signed (RFC 8693).
pub struct ExchangedIssuance {
    /// The scope.
    pub scope: String,
    /// The FHIR base.
    pub audience: String,
    /// Who acts.
    pub actor: Actor,
    /// The key the access token is bound to.
    pub confirmation: Option<Confirmation>,
    /// The grant behind the exchanged token, with which this one falls too.
    pub grant: Option<Grant>,
    /// What the exchanged token says.
    pub subject: AccessTokenClaims,
}

impl ExchangedIssuance {
    /// Makes the access token. It ends no later than the one it was exchanged for, and there is no refresh token.
    pub(super) async fn sign(self, cx: &TenantCx, client: &AuthenticatedClient) -> Result<TokenReply, Refusal> {
        let longest = cx.document().lifetimes.system_access_token;
        let claims = AccessTokenClaims {
            client_id: client.client_id.clone(),
            aud: self.audience,
            scope: self.scope.clone(),
            iat: cx.now().seconds(),
            exp: self.subject.exp.min((cx.now() + longest).seconds()),
            jti: match &self.grant {
                Some(grant) => new_token_id(cx, grant.id),
                None => new_system_token_id(cx),
            },
            cnf: self.confirmation,
            act: Some(self.actor),
            // The scope says it all: it may be less than what those of the exchanged token say.
            authorization_details: Vec::new(),
            ..self.subject
        };
        Ok(TokenReply {
            access_token: access_token(cx, client, &claims).await?,
            issued_token_type: Some(super::token_exchange::ACCESS_TOKEN),
            token_type: token_type(&claims),
            expires_in: claims.expires_in(),
            scope: self.scope,
            refresh_token: None,
            id_token: None,
            authorization_details: claims.authorization_details,
            context: Map::new(),
        })
    }
}

/// Whether a scope string has this scope, literally.
pub(in crate::issuer) fn has(scope: &str, wanted: &str) -> bool {
    scope.split(' ').any(|scope| scope == wanted)
}

/// The user's FHIR resource as an absolute URL below the grant's audience.
pub(in crate::issuer) fn fhir_user(grant: &Grant) -> Option<String> {
    let base = FhirBase::parse(&grant.audience).ok()?;
    let user = FhirUser::parse(grant.context.fhir_user.as_deref()?, &base).ok()?;
    Some(user.absolute(&base))
}

/// Stores the first refresh token of a grant whose scope gives one.
pub(super) async fn first_refresh_token(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    grant: &Grant,
    proof: Option<&Proof>,
    tx: &mut TenantTx,
) -> Result<Option<Secret<String>>, StoreError> {
    let wanted = has(&grant.scope, "offline_access") || has(&grant.scope, "online_access");
    if !wanted || !client.may_use(crate::oauth::grant_type::GrantType::RefreshToken) {
        return Ok(None);
    }
    let token = credential::generate(Kind::RefreshToken, cx.entropy());
    let holder = holder(cx, client, proof);
    let lifetimes = &cx.document().lifetimes;
    let row = NewRefreshToken {
        token: Sha256Hash::of(token.expose().as_bytes()),
        grant: grant.id,
        client_id: client.client_id.as_str(),
        // RFC 9449 section 5: bound for public clients; others are bound by their own authentication, and may change keys.
        dpop_jkt: holder.as_deref().filter(|_| client.is_public()),
        idle_expires_at: cx.now() + lifetimes.refresh_idle,
        expires_at: cx.now() + lifetimes.refresh_absolute,
    };
    tx.insert_refresh_token(&row, cx.now()).await?;
    Ok(Some(token))
}

/// Notes the issuance in the audit log, in the transaction that decided it.
pub(super) async fn record(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    grant: &Grant,
    grant_type: &'static str,
    tx: &mut TenantTx,
) -> Result<(), StoreError> {
    let request_id = cx.request_id().to_string();
    let event = AuditEvent {
        event: "token.issued",
        outcome: "success",
        client_id: Some(client.client_id.as_str()),
        account: Some(grant.account),
        grant: Some(grant.id),
        request_id: Some(&request_id),
        detail: Some(grant_type),
        ..AuditEvent::default()
    };
    tx.record(&event, cx.now(), cx.entropy()).await
}

/// Notes that a backend service got a token.
pub(super) async fn record_system(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    tx: &mut TenantTx,
) -> Result<(), StoreError> {
    let request_id = cx.request_id().to_string();
    let event = AuditEvent {
        event: "token.issued",
        outcome: "success",
        client_id: Some(client.client_id.as_str()),
        request_id: Some(&request_id),
        detail: Some("client_credentials"),
        ..AuditEvent::default()
    };
    tx.record(&event, cx.now(), cx.entropy()).await
}
