//! A client's registration as it is told to the client (RFC 7591 section 3.2.1).

use super::client::{Client, GrantType};
use super::openid_metadata::SubjectType;
use serde_json::{Map, Value, json};

/// All registered metadata as stored, under the names of RFC 7591 section 2 and OpenID Connect Dynamic Client Registration
/// section 2. No secret, and nothing that is between the tenant and itself.
pub fn of(client: &Client) -> Map<String, Value> {
    let has_code = client.may_use(GrantType::AuthorizationCode);
    let response_types: &[&str] = if has_code { &["code"] } else { &[] };
    let members = json!({
        "client_id": client.client_id,
        "client_name": client.client_name,
        "publisher": client.publisher,
        "client_uri": client.client_uri,
        "contacts": client.contacts,
        "application_type": client.application_type,
        "token_endpoint_auth_method": client.token_endpoint_auth_method,
        "token_endpoint_auth_signing_alg": client.token_endpoint_auth_signing_alg,
        "grant_types": client.grant_types,
        "response_types": response_types,
        "redirect_uris": client.redirect_uris,
        "launch_uris": client.launch_uris,
        "allowed_origins": client.allowed_origins,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "backchannel_logout_uri": client.backchannel_logout_uri,
        "backchannel_logout_session_required": client.backchannel_logout_session_required,
        "frontchannel_logout_uri": client.frontchannel_logout_uri,
        "frontchannel_logout_session_required": client.frontchannel_logout_session_required,
        "scope": client.scope,
        "jwks": client.jwks,
        "jwks_uri": client.jwks_uri,
        "id_token_signed_response_alg": client.id_token_signed_response_alg,
        "require_pushed_authorization_requests": client.require_pushed_authorization_requests,
        "dpop_bound_access_tokens": client.dpop_bound_access_tokens,
    });
    let openid = serde_json::to_value(&client.openid).unwrap_or_default();
    let openid = openid.as_object().cloned().unwrap_or_default();
    // What says nothing new is left out.
    let told = |name: &str, value: &Value| match name {
        "subject_type" => client.openid.subject_type != SubjectType::Public,
        _ => *value != Value::Bool(false),
    };
    let is_absent = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    match members {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !is_absent(value))
            .chain(openid.into_iter().filter(|(name, value)| told(name, value)))
            .collect(),
        _ => Map::new(),
    }
}
