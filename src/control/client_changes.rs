//! Changing an app that is there, member by member; and what changed since it was approved.

use super::app_directory::within;
use super::clients::{RegisteredClient, SecretPolicy};
use super::configuration::{MemberChange, difference};
use super::{ControlError, Precondition, TenantAdmin, version_of};
use crate::oauth::Client;
use crate::oauth::client::ClientStatus;
use crate::oauth::client_registration::ClientRegistration;
use crate::store::tenant::{ResourceKind, ResourceName};
use crate::tenant::roles::Permission;
use serde_json::Value;

/// How far back in an app's history its last approval is looked for.
const LOOKED_BACK: u32 = 50;
/// What is the tenant's own and no part of a registration.
const NOT_REGISTERED: [&str; 4] = ["client_id", "status", "secrets", "directory_version"];

/// The registration that a client has, to be changed and saved again.
fn registration_of(client: &Client) -> Result<ClientRegistration, ControlError> {
    let mut value = serde_json::to_value(client)?;
    if let Some(members) = value.as_object_mut() {
        for name in NOT_REGISTERED {
            members.remove(name);
        }
    }
    Ok(serde_json::from_value(value)?)
}

/// What an app that waits for approval asks for anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SinceApproval {
    /// It was never approved.
    Never,
    /// What differs from what was approved last.
    Changed(Vec<MemberChange>),
}

impl TenantAdmin {
    /// Changes the registration of an app, if it is what the caller has seen. What `change` leaves alone stays as it is, and so do
    /// state and secrets; one that comes to need a secret gets one.
    ///
    /// Of an app of the platform's directory only the terms can be changed on which it was let in: its scope within what it
    /// registered for there, for whom, how long, and how often they are asked.
    pub async fn change_client(
        &self,
        client_id: &str,
        precondition: &Precondition,
        change: impl FnOnce(&mut ClientRegistration),
    ) -> Result<RegisteredClient, ControlError> {
        self.require(Permission::ManageApps)?;
        let client = self.get_client(client_id).await?;
        // What is read here must be what is replaced there.
        precondition.check(Some(&client))?;
        let seen = Precondition::Version(vec![version_of(&client)?]);
        let mut registration = registration_of(&client)?;
        change(&mut registration);
        if client.directory_version.is_some() {
            registration = self.terms_of(&client, registration).await?;
        }
        let policy = SecretPolicy::KeepOrCreate;
        let version = client.directory_version;
        Box::pin(self.save_client_as(client_id, registration, policy, &seen, version)).await
    }

    /// The registration that an app of the directory has, on these terms.
    async fn terms_of(&self, client: &Client, terms: ClientRegistration) -> Result<ClientRegistration, ControlError> {
        let control = &self.directory.parts().control;
        let listed = control
            .read()
            .await?
            .find_directory_app(client.client_id.as_str())
            .await?;
        let listed: Option<Value> = listed.map(|app| serde_json::from_str(&app.registration)).transpose()?;
        let listed = listed
            .as_ref()
            .and_then(|listed| listed.get("scope"))
            .and_then(Value::as_str);
        let scope = terms.scope.unwrap_or_default();
        Ok(ClientRegistration {
            scope: Some(within(&scope, listed.unwrap_or(&client.scope))?),
            user_roles: terms.user_roles,
            identity_providers: terms.identity_providers,
            default_identity_provider: terms.default_identity_provider,
            client_expires_at: terms.client_expires_at,
            ask_consent: terms.ask_consent,
            ..registration_of(client)?
        })
    }

    /// What an app asks for that was not approved yet.
    pub async fn changes_since_approval(&self, client: &Client) -> Result<SinceApproval, ControlError> {
        self.require(Permission::ReadApps)?;
        let name = ResourceName::of(ResourceKind::App, client.client_id.as_str());
        let mut rows = self.cx.read().await?;
        for change in rows.list_changes(Some(&name), None, LOOKED_BACK).await? {
            let Some(state) = &change.after else { continue };
            let approved: Client = serde_json::from_str(state.expose())?;
            if approved.status == ClientStatus::Enabled {
                let (before, after) = (serde_json::to_value(&approved)?, serde_json::to_value(client)?);
                let mut members = difference(Some(&before), Some(&after));
                members.retain(|member| !NOT_REGISTERED.contains(&member.member.as_str()));
                return Ok(SinceApproval::Changed(members));
            }
        }
        Ok(SinceApproval::Never)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::ClientId;
    use crate::oauth::redirect_uri::RegisteredBy;
    use serde_json::json;

    #[test]
    fn a_registration_that_is_read_back_is_the_same_client() {
        let registration: ClientRegistration = serde_json::from_value(json!({
            "client_name": "Growth chart", "publisher": "Tools", "client_uri": "https://app.example/", "contacts": ["a@app.example"],
            "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["authorization_code", "refresh_token"],
            "redirect_uris": ["https://app.example/callback"], "launch_uris": ["https://app.example/launch"],
            "scope": "openid launch patient/*.rs", "jwks_uri": "https://app.example/jwks", "user_roles": ["nurse"],
            "ask_consent": "each_time", "client_expires_at": 4_000_000_000_i64, "access_token_format": "opaque",
            "dpop_bound_access_tokens": true, "tenant_in_id_token": true, "verified": false, "require_pkce": true,
            "backchannel_logout_uri": "https://app.example/logout", "id_token_signed_response_alg": "ES384",
            "post_logout_redirect_uris": ["https://app.example/bye"], "subject_type": "pairwise",
            "policy_uri": "https://app.example/policy", "assertion_audience": "issuer_or_token_endpoint",
        }))
        .unwrap();
        let id = || ClientId::parse("growth").unwrap();
        let client = registration.validate(id(), RegisteredBy::Administrator).unwrap();
        let again = registration_of(&client).unwrap();
        assert_eq!(again.validate(id(), RegisteredBy::Administrator).unwrap(), client);
    }
}
