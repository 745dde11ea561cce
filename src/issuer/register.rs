//! Apps that register themselves (RFC 7591), and manage that registration (RFC 7592).

use super::access_token::{self, BearerRefusal, Scheme};
use super::budgets::too_many;
use super::client_keys::ClientKeys;
use super::cors;
use super::form::body_refusal;
use super::reply::{Refusal, do_not_store};
use crate::kernel::credential::{self, Kind, recognise};
use crate::kernel::{Secret, Sha256Hash, Timestamp, entropy};
use crate::oauth::client::{AssertionAudience, ClientSecret, ClientStatus};
use crate::oauth::client_metadata;
use crate::oauth::client_registration::{ClientRegistration, Invalid};
use crate::oauth::redirect_uri::RegisteredBy;
use crate::oauth::software_statement;
use crate::oauth::{Client, ClientId, ErrorCode, OAuthError, limits};
use crate::quota::Budget;
use crate::smart::{Narrowing, Reason, ScopeSet};
use crate::store::StoreError;
use crate::store::tenant::{AuditEvent, Authorship, ChangeSource};
use crate::tenant::TenantCx;
use crate::tenant::registration::{RegistrationDocument, RegistrationPolicy, keeps_smart_profile};
use crate::web::{ClientAddress, request_body};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use url::Url;

/// Why a registration request was not served.
enum Refused {
    /// There is no registration here.
    Closed,
    /// The token is missing or not good for this.
    Token(BearerRefusal),
    /// The request is wrong.
    Request(Refusal),
}

impl<E: Into<Refusal>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Request(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Closed => StatusCode::NOT_FOUND.into_response(),
            Self::Token(refusal) => refusal.into_response(),
            Self::Request(refusal) => refusal.into_response(),
        }
    }
}

fn refused(
    code: ErrorCode,
    reason: &'static str,
    description: impl Into<std::borrow::Cow<'static, str>>,
) -> OAuthError {
    OAuthError::new(code, reason, description)
}

/// `POST I/register` (RFC 7591 section 3.1).
pub(super) async fn post(cx: TenantCx, State(keys): State<ClientKeys>, request: Request) -> Response {
    let headers = request.headers().clone();
    let response = match register(&cx, &keys, &headers, request).await {
        Ok(answer) => do_not_store((StatusCode::CREATED, Json(answer)).into_response()),
        Err(refusal) => refusal.into_response(),
    };
    cors::answer(&cx, &headers, None, response).await
}

async fn register(cx: &TenantCx, keys: &ClientKeys, headers: &HeaderMap, request: Request) -> Result<Value, Refused> {
    let rules = &cx.document().registration;
    if rules.policy == RegistrationPolicy::Closed {
        return Err(Refused::Closed);
    }
    let initial = match rules.policy {
        RegistrationPolicy::InitialAccessToken => Some(initial_access_token(headers)?),
        _ => None,
    };
    let mut metadata = read_object(request).await?;
    apply_software_statement(cx, rules, &mut metadata)?;
    let id = new_client_id(cx)?;
    let (mut client, secret) = validate(cx, rules, id, metadata, &[])?;
    check_sector(cx, keys, &client).await?;
    if rules.approval {
        client.status = ClientStatus::AwaitingApproval;
    }
    spend(cx).await?;
    let token = credential::generate(Kind::RegistrationAccessToken, cx.entropy());
    let mut tx = cx.begin().await?;
    // Used up only by a registration that is in order, in the transaction that stores it.
    if let Some(initial) = initial
        && !tx.use_initial_access_token(initial, cx.now()).await?
    {
        return Err(Refused::Token(BearerRefusal::Invalid("initial_access_token_unknown")));
    }
    tx.save_client(&client, &by_itself(cx, client.client_id.as_str()))
        .await?;
    tx.insert_registration(client.client_id.as_str(), hash(&token), cx.now())
        .await?;
    record(cx, &mut tx, &client, "client.registered").await?;
    tx.commit().await?;
    Ok(answer(cx, &client, secret.as_ref(), &token, cx.now()))
}

/// An app that registers or changes itself is the author of that.
fn by_itself<'a>(cx: &'a TenantCx, client_id: &'a str) -> Authorship<'a> {
    Authorship {
        actor: client_id,
        source: ChangeSource::Registration,
        reason: None,
        now: cx.now(),
        entropy: cx.entropy(),
    }
}

/// Each registration leaves a row, so their number is bounded, on all nodes together.
async fn spend(cx: &TenantCx) -> Result<(), Refused> {
    let address = cx.client_address().map(ClientAddress::subject);
    let mut budgets: Vec<(Budget, &[u8])> = vec![(Budget::RegistrationPerTenant, &[])];
    budgets.extend(
        address
            .as_deref()
            .map(|address| (Budget::RegistrationPerAddress, address)),
    );
    match cx.spend_shared(&budgets).await? {
        Ok(spending) => {
            spending.keep();
            Ok(())
        }
        Err(spent) => Err(too_many(spent).into()),
    }
}

fn hash(secret: &Secret<String>) -> Sha256Hash {
    Sha256Hash::of(secret.expose().as_bytes())
}

fn initial_access_token(headers: &HeaderMap) -> Result<Sha256Hash, Refused> {
    bearer(headers, Kind::InitialAccessToken)
}

/// The hash of the bearer token, if it has the form of this kind.
fn bearer(headers: &HeaderMap, kind: Kind) -> Result<Sha256Hash, Refused> {
    match access_token::presented(headers).map_err(Refused::Token)? {
        None => Err(Refused::Token(BearerRefusal::Missing)),
        Some((Scheme::Bearer, token)) => {
            recognise(kind, token).ok_or(Refused::Token(BearerRefusal::Invalid("registration_token_form")))
        }
        Some((Scheme::Dpop, _)) => Err(Refused::Token(BearerRefusal::Invalid("registration_token_form"))),
    }
}

async fn read_object(request: Request) -> Result<Map<String, Value>, Refused> {
    let is_json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    let bad = |reason, description| refused(ErrorCode::InvalidClientMetadata, reason, description);
    if !is_json {
        return Err(bad("content_type", "The body has to be application/json.").into());
    }
    let body = request_body::read(request.into_body(), limits::FORM_BODY)
        .await
        .map_err(|fault| {
            body_refusal(fault, |reason, text| {
                refused(ErrorCode::InvalidClientMetadata, reason, text)
            })
        })?;
    serde_json::from_slice(&body).map_err(|_| {
        bad(
            "body_not_an_object",
            "The body has to be a JSON object of client metadata.",
        )
        .into()
    })
}

/// RFC 7591 section 2.3: what a trusted issuer says of the software goes before what the software says of itself.
fn apply_software_statement(
    cx: &TenantCx,
    rules: &RegistrationDocument,
    metadata: &mut Map<String, Value>,
) -> Result<(), OAuthError> {
    let statement = match metadata.remove("software_statement") {
        Some(Value::String(statement)) => statement,
        None if rules.policy == RegistrationPolicy::SoftwareStatement => {
            let description = "Member software_statement is missing; this tenant registers approved software only.";
            return Err(refused(
                ErrorCode::InvalidSoftwareStatement,
                "statement_missing",
                description,
            ));
        }
        None => return Ok(()),
        Some(_) => {
            let description = "Member software_statement has to be a signed JWT.";
            return Err(refused(
                ErrorCode::InvalidSoftwareStatement,
                "statement_malformed",
                description,
            ));
        }
    };
    let trusted = rules
        .software_statement_issuers
        .iter()
        .map(|known| (known.issuer.as_str(), &known.jwks));
    let claims = software_statement::verify(&statement, trusted, cx.now())?;
    for (name, value) in claims {
        metadata.insert(name, value);
    }
    Ok(())
}

/// An id that nobody chose (RFC 9700 section 4.15).
fn new_client_id(cx: &TenantCx) -> Result<ClientId, OAuthError> {
    let random = URL_SAFE_NO_PAD.encode(entropy::bytes::<16>(cx.entropy()));
    ClientId::parse(&format!("app-{random}")).map_err(|_| OAuthError::server_error("client_id_generation"))
}

/// The client that the metadata describe, within the tenant's rules, and its secret when it needs a new one.
fn validate(
    cx: &TenantCx,
    rules: &RegistrationDocument,
    id: ClientId,
    metadata: Map<String, Value>,
    held: &[ClientSecret],
) -> Result<(Client, Option<Secret<String>>), OAuthError> {
    let registration: ClientRegistration = serde_json::from_value(Value::Object(metadata)).map_err(|error| {
        refused(
            ErrorCode::InvalidClientMetadata,
            "metadata_type",
            format!("A member has the wrong type: {error}."),
        )
    })?;
    let mut registration = within_rules(rules, registration)?;
    cx.document().complete_registration(&mut registration);
    let mut client = registration
        .validate(id, RegisteredBy::Client)
        .map_err(|faults| fault(&faults))?;
    cx.document().check_client(&client).map_err(|faults| fault(&faults))?;
    let needs_secret = client.token_endpoint_auth_method.uses_secret();
    let secret = (needs_secret && held.is_empty()).then(|| credential::generate(Kind::ClientSecret, cx.entropy()));
    client.secrets = match &secret {
        Some(secret) => vec![ClientSecret {
            hash: hash(secret),
            created_at: cx.now(),
            expires_at: None,
        }],
        None if needs_secret => held.to_vec(),
        None => Vec::new(),
    };
    Ok((client, secret))
}

/// OpenID Connect Dynamic Client Registration section 5: nobody joins a sector whose document does not name them. And what this
/// server has no key for, it cannot promise to sign.
async fn check_sector(cx: &TenantCx, keys: &ClientKeys, client: &Client) -> Result<(), OAuthError> {
    let metadata = |reason, description: &'static str| refused(ErrorCode::InvalidClientMetadata, reason, description);
    if !cx.can_sign_for(client) {
        let description = "An algorithm for signed answers is not one that the server's metadata lists.";
        return Err(metadata("answer_algorithm", description));
    }
    let address = client.openid.sector_identifier_uri.as_deref();
    let Some(address) = address.and_then(|uri| Url::parse(uri).ok()) else {
        return Ok(());
    };
    let redirects: Vec<String> = client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect();
    if keys.sector_lists(cx, address, &redirects).await {
        return Ok(());
    }
    let description = "The document at sector_identifier_uri does not list every redirect URI.";
    Err(metadata("sector_identifier", description))
}

/// Server-chosen values may replace requested ones (RFC 7591 section 3.2.1): the scope stays within the tenant's rule.
fn within_rules(
    rules: &RegistrationDocument,
    mut registration: ClientRegistration,
) -> Result<ClientRegistration, OAuthError> {
    let allowed = ScopeSet::parse(&rules.scope)
        .map_err(|_| OAuthError::server_error("registration_scope"))?
        .scopes;
    let scope = match registration.scope.as_deref().map(ScopeSet::parse) {
        None => allowed,
        Some(Ok(asked)) => {
            Narrowing::of_request(asked)
                .within(&allowed, Reason::TenantCeiling)
                .into_parts()
                .0
        }
        Some(Err(error)) => {
            let description = format!("Member scope cannot be read: {error}.");
            return Err(refused(
                ErrorCode::InvalidClientMetadata,
                "scope_malformed",
                description,
            ));
        }
    };
    registration.scope = Some(scope.print());
    registration.verified = Some(false);
    // Who asks for FHIR data follows SMART App Launch 2.2, whose assertions name the token endpoint.
    registration.assertion_audience = Some(if keeps_smart_profile(&registration) {
        AssertionAudience::IssuerOrTokenEndpoint
    } else {
        rules.assertion_audience
    });
    Ok(registration)
}

/// RFC 7591 section 3.2.2: one code for all faults, that of the first; the description names each.
fn fault(faults: &[Invalid]) -> OAuthError {
    let code = match faults.first() {
        Some(first) if first.member == "redirect_uris" => ErrorCode::InvalidRedirectUri,
        _ => ErrorCode::InvalidClientMetadata,
    };
    let description: Vec<String> = faults
        .iter()
        .map(|fault| format!("{} {}.", fault.member, fault.problem))
        .collect();
    refused(code, "client_metadata", description.join(" "))
}

fn answer(
    cx: &TenantCx,
    client: &Client,
    secret: Option<&Secret<String>>,
    token: &Secret<String>,
    registered_at: Timestamp,
) -> Value {
    let mut members = client_metadata::of(client);
    members.insert("client_id_issued_at".into(), json!(registered_at.seconds()));
    if let Some(secret) = secret {
        members.insert("client_secret".into(), json!(secret.expose()));
    }
    if client.token_endpoint_auth_method.uses_secret() {
        // RFC 7591 section 3.2.1: 0 says that it does not expire.
        members.insert("client_secret_expires_at".into(), json!(0));
    }
    let address = format!("{}/{}", cx.urls().endpoint("register"), client.client_id);
    members.insert("registration_client_uri".into(), json!(address));
    members.insert("registration_access_token".into(), json!(token.expose()));
    Value::Object(members)
}

async fn record(
    cx: &TenantCx,
    tx: &mut crate::store::TenantTx,
    client: &Client,
    event: &'static str,
) -> Result<(), StoreError> {
    let request_id = cx.request_id().to_string();
    let event = AuditEvent {
        event,
        outcome: match client.status {
            ClientStatus::AwaitingApproval => "awaiting_approval",
            _ => "success",
        },
        client_id: Some(client.client_id.as_str()),
        request_id: Some(&request_id),
        ..AuditEvent::default()
    };
    tx.record(&event, cx.now(), cx.entropy()).await
}

/// A client that proved that the registration is its own.
struct Managed {
    client: Client,
    token: Secret<String>,
    registered_at: Timestamp,
}

/// RFC 7592 section 2: the token goes with one client. For any other, known or not, it is no token.
async fn managed(cx: &TenantCx, headers: &HeaderMap, client_id: &str) -> Result<Managed, Refused> {
    let token_hash = bearer(headers, Kind::RegistrationAccessToken)?;
    let (_, token) = access_token::presented(headers)
        .map_err(Refused::Token)?
        .ok_or(Refused::Token(BearerRefusal::Missing))?;
    let mut rows = cx.read().await?;
    let unknown = || Refused::Token(BearerRefusal::Invalid("registration_token_unknown"));
    let registered_at = rows
        .find_registration(client_id, token_hash)
        .await?
        .ok_or_else(unknown)?;
    let client = rows.find_client(client_id).await?.ok_or_else(unknown)?;
    rows.commit().await?;
    // One that was switched off stays so, and is told nothing more.
    if client.status == ClientStatus::Disabled {
        return Err(unknown());
    }
    Ok(Managed {
        client,
        token: Secret::new(token.to_owned()),
        registered_at,
    })
}

/// `GET` of a registration (RFC 7592 section 2.1).
pub(super) async fn get_registration(
    cx: TenantCx,
    Path((_, client_id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let response = match managed(&cx, &headers, &client_id).await {
        Ok(own) => do_not_store(Json(answer(&cx, &own.client, None, &own.token, own.registered_at)).into_response()),
        Err(refusal) => refusal.into_response(),
    };
    cors::answer(&cx, &headers, None, response).await
}

/// `PUT` of a registration: a replacement, not a patch (RFC 7592 section 2.2).
pub(super) async fn put_registration(
    cx: TenantCx,
    State(keys): State<ClientKeys>,
    Path((_, client_id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let response = match replace(&cx, &keys, &headers, &client_id, request).await {
        Ok(answer) => do_not_store(Json(answer).into_response()),
        Err(refusal) => refusal.into_response(),
    };
    cors::answer(&cx, &headers, None, response).await
}

async fn replace(
    cx: &TenantCx,
    keys: &ClientKeys,
    headers: &HeaderMap,
    client_id: &str,
    request: Request,
) -> Result<Value, Refused> {
    let own = managed(cx, headers, client_id).await?;
    let mut metadata = read_object(request).await?;
    check_replacement(&own.client, &metadata, cx.now())?;
    metadata.remove("client_secret");
    let rules = &cx.document().registration;
    apply_software_statement(cx, rules, &mut metadata)?;
    let (mut client, secret) = validate(cx, rules, own.client.client_id.clone(), metadata, &own.client.secrets)?;
    check_sector(cx, keys, &client).await?;
    // What was approved is not what stands there now.
    client.status = if rules.approval && !is_the_same_app(&own.client, &client) {
        ClientStatus::AwaitingApproval
    } else {
        own.client.status
    };
    client.verified = own.client.verified && is_the_same_app(&own.client, &client);
    // Not the app's to decide.
    client.ask_consent = own.client.ask_consent;
    let mut tx = cx.begin().await?;
    // What an administrator decided since it was read stands: the app must not come back, on, or approved by this.
    tx.lock_administration().await?;
    if tx.find_client(client_id).await?.as_ref() != Some(&own.client) {
        let description = "The registration was changed meanwhile: read it and send the replacement again.";
        return Err(OAuthError::invalid_request("registration_changed_meanwhile", description).into());
    }
    tx.save_client(&client, &by_itself(cx, client.client_id.as_str()))
        .await?;
    record(cx, &mut tx, &client, "client.registration_replaced").await?;
    tx.commit().await?;
    cx.announce_change().await?;
    Ok(answer(cx, &client, secret.as_ref(), &own.token, own.registered_at))
}

fn is_the_same_app(before: &Client, after: &Client) -> bool {
    after.looks_the_same_as(before)
        && before.redirect_uris == after.redirect_uris
        && before.launch_uris == after.launch_uris
        && before.scope == after.scope
        && before.grant_types == after.grant_types
        && before.token_endpoint_auth_method == after.token_endpoint_auth_method
}

/// RFC 7592 section 2.2: what has to be there, and what must not.
fn check_replacement(client: &Client, metadata: &Map<String, Value>, now: Timestamp) -> Result<(), OAuthError> {
    const OURS: [&str; 4] = [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ];
    if let Some(name) = OURS.into_iter().find(|name| metadata.contains_key(*name)) {
        let description = format!("Member {name} must not be sent: the server decides it.");
        return Err(OAuthError::invalid_request(
            "registration_member_of_the_server",
            description,
        ));
    }
    if metadata.get("client_id").and_then(Value::as_str) != Some(client.client_id.as_str()) {
        let description = "Member client_id has to be the one of this registration.";
        return Err(OAuthError::invalid_request("registration_client_id", description));
    }
    let Some(secret) = metadata.get("client_secret") else {
        return Ok(());
    };
    let current = secret
        .as_str()
        .is_some_and(|secret| client.verify_secret(&Secret::new(secret.to_owned()), now));
    if current {
        Ok(())
    } else {
        let description = "Member client_secret has to be the current one, or left out.";
        Err(OAuthError::invalid_request("registration_client_secret", description))
    }
}

/// `DELETE` of a registration: the client's tokens fall with it (RFC 7592 section 2.3).
pub(super) async fn delete_registration(
    cx: TenantCx,
    Path((_, client_id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let response = match delete(&cx, &headers, &client_id).await {
        Ok(()) => do_not_store(StatusCode::NO_CONTENT.into_response()),
        Err(refusal) => refusal.into_response(),
    };
    cors::answer(&cx, &headers, None, response).await
}

async fn delete(cx: &TenantCx, headers: &HeaderMap, client_id: &str) -> Result<(), Refused> {
    let own = managed(cx, headers, client_id).await?;
    let mut tx = cx.begin().await?;
    tx.delete_client(client_id, &by_itself(cx, client_id)).await?;
    record(cx, &mut tx, &own.client, "client.deleted").await?;
    tx.commit().await?;
    Ok(cx.announce_change().await?)
}
