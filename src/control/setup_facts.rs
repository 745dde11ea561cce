//! How far a tenant is set up, told by what is there: nobody ticks anything.

use super::sign_in_methods::is_on;
use super::{COMMAND_LINE_CLIENT, ControlError, TenantAdmin};
use crate::federation::provider;
use crate::tenant::document::BrandingDocument;
use crate::tenant::local_accounts::LocalSignIn;
use serde::Serialize;

/// What is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct SetupFacts {
    /// People see whose pages these are, and whom to ask.
    pub branded: bool,
    /// A FHIR server is named, or apps do without one.
    pub has_fhir_server: bool,
    /// There is a way to sign in.
    pub can_sign_in: bool,
    /// There is an app that people may use.
    pub has_app: bool,
    /// Somebody gave an app access.
    pub was_used: bool,
    /// Apps that await approval.
    pub waiting: u32,
}

impl TenantAdmin {
    /// How far the tenant is set up. Everybody with a role may know. The command line, which signs people in too, does not count.
    pub async fn setup_facts(&self) -> Result<SetupFacts, ControlError> {
        let document = self.cx.document();
        let mut rows = self.cx.read().await?;
        let providers = rows.list_identity_providers().await?;
        let local = document.local_accounts.sign_in == LocalSignIn::Everyone;
        let progress = rows.find_setup_progress(COMMAND_LINE_CLIENT).await?;
        Ok(SetupFacts {
            branded: document.branding != BrandingDocument::default() && document.help_contact.is_some(),
            has_fhir_server: !document.fhir_bases.is_empty() || progress.was_used,
            can_sign_in: providers
                .iter()
                .any(|provider| (local || provider.kind != provider::LOCAL) && is_on(provider).unwrap_or_default()),
            has_app: progress.has_app,
            was_used: progress.was_used,
            waiting: u32::try_from(progress.waiting).unwrap_or(u32::MAX),
        })
    }
}
