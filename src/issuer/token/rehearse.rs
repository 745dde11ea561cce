//! What the token endpoint would answer for a grant: the reply and the claims, made as for a real one, and signed by nobody.

use super::issue::{Issuance, has};
use crate::oauth::Client;
use crate::oauth::grant_type::GrantType;
use crate::store::tenant::Grant;
use crate::tenant::TenantCx;
use serde_json::{Value, json};

/// What stands where a token would be.
const NOT_ISSUED: &str = "(not issued)";

/// A token response that nobody gets.
pub struct RehearsedTokens {
    /// The response of the token endpoint.
    pub response: Value,
    /// The claims of the access token.
    pub access_token: Value,
    /// Those of the ID token, where there would be one.
    pub id_token: Option<Value>,
}

/// Makes the claims of a grant that is not stored. Ids in them are of this answer alone.
///
/// # Errors
/// When a claim cannot be written as JSON.
pub fn rehearse(cx: &TenantCx, client: &Client, grant: Grant) -> Result<RehearsedTokens, serde_json::Error> {
    let scope = grant.scope.clone();
    let context = grant.context.launch.to_members();
    let issuance = Issuance {
        grant,
        scope: scope.clone(),
        refresh_token: None,
        nonce: None,
        with_id_token: true,
        confirmation: None,
    };
    let access = issuance.access_token_claims(cx, client);
    let with_id_token = has(&scope, "openid");
    let refreshes =
        (has(&scope, "offline_access") || has(&scope, "online_access")) && client.may_use(GrantType::RefreshToken);
    let id_token = with_id_token.then(|| issuance.id_token_claims(cx, client, NOT_ISSUED.to_owned()));
    let mut response = json!({
        "access_token": NOT_ISSUED,
        "token_type": if client.dpop_bound_access_tokens { "DPoP" } else { "Bearer" },
        "expires_in": access.expires_in(),
        "scope": scope,
    });
    if let Some(members) = response.as_object_mut() {
        if refreshes {
            members.insert("refresh_token".to_owned(), json!(NOT_ISSUED));
        }
        if with_id_token {
            members.insert("id_token".to_owned(), json!(NOT_ISSUED));
        }
        members.extend(context);
    }
    Ok(RehearsedTokens {
        response,
        access_token: serde_json::to_value(&access)?,
        id_token: id_token.map(|claims| serde_json::to_value(&claims)).transpose()?,
    })
}
