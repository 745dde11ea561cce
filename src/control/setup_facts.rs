//! How far a tenant is set up, told by what is there: nobody ticks anything.

use super::{COMMAND_LINE_CLIENT, ControlError, TenantAdmin};
use crate::federation::provider;
use crate::oauth::client::ClientStatus;
use crate::oauth::grant_type::GrantType;
use crate::store::tenant::EventFilter;
use crate::tenant::document::BrandingDocument;
use crate::tenant::local_accounts::LocalSignIn;
use serde::Serialize;

/// Apps that are looked at.
const APPS: u32 = 200;
/// Events that are looked at: the command line signs people in too, and does not count.
const EVENTS: u32 = 50;

/// What is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct SetupFacts {
    /// People see whose pages these are, and whom to ask.
    pub branded: bool,
    /// There is a way to sign in.
    pub can_sign_in: bool,
    /// There is an app that people may use.
    pub has_app: bool,
    /// Somebody gave an app access.
    pub was_used: bool,
    /// Apps that await approval, as far as they were counted.
    pub waiting: u32,
}

impl TenantAdmin {
    /// How far the tenant is set up. Everybody with a role may know.
    pub async fn setup_facts(&self) -> Result<SetupFacts, ControlError> {
        let document = self.cx.document();
        let mut rows = self.cx.read().await?;
        let providers = rows.list_identity_providers().await?;
        let local = document.local_accounts.sign_in == LocalSignIn::Everyone;
        let apps = rows.list_clients("", APPS).await?;
        let is_app = |client: &crate::oauth::Client| {
            client.client_id.as_str() != COMMAND_LINE_CLIENT
                && client.grant_types.contains(&GrantType::AuthorizationCode)
                && client.status == ClientStatus::Enabled
        };
        let filter = EventFilter {
            event: Some("authorization.granted"),
            ..EventFilter::default()
        };
        let granted = rows.list_events(&filter, EVENTS).await?;
        let pending = apps
            .iter()
            .filter(|client| client.status == ClientStatus::AwaitingApproval);
        Ok(SetupFacts {
            branded: document.branding != BrandingDocument::default() && document.help_contact.is_some(),
            can_sign_in: providers
                .iter()
                .any(|provider| local || provider.kind != provider::LOCAL),
            has_app: apps.iter().any(is_app),
            was_used: granted
                .iter()
                .any(|event| event.client_id.as_deref() != Some(COMMAND_LINE_CLIENT)),
            waiting: u32::try_from(pending.count()).unwrap_or(u32::MAX),
        })
    }
}
