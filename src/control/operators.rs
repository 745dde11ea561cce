//! The platform's own issuer, where its operators sign in.

use super::clients::SecretPolicy;
use super::tenants::{NewPlacement, NewTenant};
use super::{Change, ControlError, Platform, TenantAdmin};
use crate::oauth::client_registration::ClientRegistration;
use crate::oauth::grant_type::GrantType;
use crate::smart::Scope;
use crate::store::control::Tier;
use crate::tenant::local_accounts::{LocalAccountsDocument, SecondFactor};
use crate::tenant::registration::{RegistrationDocument, RegistrationPolicy};
use crate::tenant::{Slug, TenantDocument};

/// The alias of the operators' own accounts.
pub const OPERATORS: &str = "operators";
/// The client with which the command line signs in, at the platform and at every tenant that lets it.
pub const COMMAND_LINE_CLIENT: &str = "wardkey-cli";

impl Platform {
    /// The platform's own tenant, where operators have their accounts and roles.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] until [`Self::provision_platform_tenant`] has made it.
    pub async fn platform_tenant(&self) -> Result<TenantAdmin, ControlError> {
        self.tenant(Slug::platform().as_str()).await
    }

    /// Makes the platform's own issuer: its accounts, and the client of the command line. What is there stays.
    pub async fn provision_platform_tenant(&self) -> Result<(TenantAdmin, Change), ControlError> {
        let change = match self.platform_tenant().await {
            Ok(_) => Change::Unchanged,
            Err(ControlError::NotFound { .. }) => {
                let new = NewTenant {
                    slug: Slug::platform().to_string(),
                    display_name: "Wardkey platform".to_owned(),
                    tier: Tier::Standard,
                    placement: NewPlacement::Shared,
                    document: platform_document(),
                };
                self.create_platform_tenant(&new).await?
            }
            Err(other) => return Err(other),
        };
        let admin = self.platform_tenant().await?;
        if admin.find_provider(OPERATORS).await?.is_none() {
            admin.save_local_provider(OPERATORS, "Platform operators").await?;
        }
        admin.provision_command_line_client().await?;
        Ok((admin, change))
    }
}

impl TenantAdmin {
    /// Registers the client of the command line, if it is not there.
    pub async fn provision_command_line_client(&self) -> Result<(), ControlError> {
        if self.cx.read().await?.find_client(COMMAND_LINE_CLIENT).await?.is_some() {
            return Ok(());
        }
        let words = |list: &[&str]| Some(list.iter().map(|word| (*word).to_owned()).collect());
        let registration = ClientRegistration {
            client_name: Some("Wardkey command line".to_owned()),
            application_type: Some("native".to_owned()),
            token_endpoint_auth_method: Some("none".to_owned()),
            // RFC 8252 section 7.3: a loopback address, at whatever port is free.
            redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
            grant_types: words(&[GrantType::DeviceCode.as_str(), "authorization_code", "refresh_token"]),
            response_types: words(&["code"]),
            scope: Some(format!("openid offline_access {} {}", Scope::ADMIN, Scope::ADMIN_READ)),
            ..ClientRegistration::default()
        };
        self.save_client(COMMAND_LINE_CLIENT, registration, SecretPolicy::KeepOrCreate)
            .await?;
        Ok(())
    }
}

/// No health data, no apps that register themselves: only administration.
fn platform_document() -> TenantDocument {
    TenantDocument {
        scope_ceiling: format!(
            "openid profile offline_access online_access {} {} {}",
            Scope::ADMIN,
            Scope::ADMIN_READ,
            Scope::INTROSPECT
        ),
        patient_ceiling: String::new(),
        default_ceiling: String::new(),
        scopes_supported: ["openid", "profile", "offline_access", Scope::ADMIN, Scope::ADMIN_READ]
            .map(str::to_owned)
            .to_vec(),
        // The command line signs in this way.
        device_authorization: true,
        // A password alone opens nothing here: who has no second factor sets one up when they first sign in.
        local_accounts: LocalAccountsDocument {
            second_factor: SecondFactor::Required,
            ..LocalAccountsDocument::default()
        },
        registration: RegistrationDocument {
            policy: RegistrationPolicy::default(),
            scope: "openid".to_owned(),
            ..RegistrationDocument::default()
        },
        ..TenantDocument::default()
    }
}
