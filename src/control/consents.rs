//! What users allowed to apps, and taking it back.

use super::{ControlError, TenantAdmin};
use crate::kernel::id::AccountId;
use crate::store::tenant::{AuditEvent, ListedConsent};
use crate::tenant::roles::Permission;
use serde::Serialize;

/// What a user allowed an app.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentSummary {
    /// The user.
    pub account: AccountId,
    /// The app.
    pub client_id: String,
    /// The scopes.
    pub scope: String,
    /// When, RFC 3339.
    pub granted_at: String,
}

impl From<ListedConsent> for ConsentSummary {
    fn from(consent: ListedConsent) -> Self {
        Self {
            account: consent.account,
            client_id: consent.client_id,
            scope: consent.scope,
            granted_at: consent.granted_at.to_rfc3339(),
        }
    }
}

impl TenantAdmin {
    /// Up to `limit` consents in order of user and app, after `after`; of one user, to one app, or all.
    pub async fn list_consents(
        &self,
        account: Option<AccountId>,
        client_id: Option<&str>,
        after: Option<&(AccountId, String)>,
        limit: u32,
    ) -> Result<Vec<ConsentSummary>, ControlError> {
        self.require(Permission::ReadConsents)?;
        let consents = self
            .cx
            .read()
            .await?
            .list_consents(account, client_id, after, limit)
            .await?;
        Ok(consents.into_iter().map(Into::into).collect())
    }

    /// Takes back what a user allowed an app: it is asked for anew, and the app's tokens stop working at once.
    pub async fn withdraw_consent(&self, account: AccountId, client_id: &str) -> Result<(), ControlError> {
        self.require(Permission::WithdrawConsents)?;
        let mut rows = self.begin_change().await?;
        let forgotten = rows.delete_consent(account, client_id).await?;
        let revoked = rows
            .revoke_grants_of_client(account, client_id, "withdrawn_by_administrator", self.cx.now())
            .await?;
        if !forgotten && revoked == 0 {
            return Err(ControlError::NotFound {
                what: "consent",
                name: format!("{account}/{client_id}"),
            });
        }
        let event = AuditEvent {
            event: "consent.withdrawn",
            outcome: "success",
            client_id: Some(client_id),
            account: Some(account),
            target: Some(client_id),
            ..AuditEvent::default()
        };
        self.record_event(&mut rows, event).await?;
        self.finish(rows).await?;
        Ok(())
    }
}
