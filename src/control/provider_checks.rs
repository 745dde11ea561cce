//! Looking at a connection to an identity provider: what works, what will soon not, and the mend.

use super::{ControlError, TenantAdmin};
use crate::federation::check::{CheckItem, CheckOutcome, CheckSubject, RegisteredValue, registered_values};
use crate::federation::{Federation, IdentityProvider};
use crate::tenant::roles::Permission;
use serde::Serialize;

/// What a look at a connection found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderReport {
    /// Its name in addresses.
    pub alias: String,
    /// `oidc`, `saml` or `local`.
    pub kind: String,
    /// When it was looked at, RFC 3339.
    pub checked_at: String,
    /// The worst of the findings.
    pub outcome: CheckOutcome,
    /// The findings, the worst first.
    pub items: Vec<CheckItem>,
    /// What the provider's administrator must have entered, to the letter.
    pub registered: Vec<RegisteredValue>,
}

impl ProviderReport {
    /// The same without what only the running server knows: for a program beside it.
    #[must_use]
    pub fn without_breakers(mut self) -> Self {
        self.items.retain(|item| item.check != CheckSubject::Breaker);
        self.outcome = worst(&self.items);
        self
    }
}

fn worst(items: &[CheckItem]) -> CheckOutcome {
    items.iter().map(|item| item.outcome).max().unwrap_or(CheckOutcome::Ok)
}

impl TenantAdmin {
    /// Asks the provider with this alias for everything that can be seen without signing in. Changes nothing.
    pub async fn check_identity_provider(
        &self,
        federation: &Federation,
        alias: &str,
    ) -> Result<ProviderReport, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        let record = self.find_provider(alias).await?.ok_or_else(|| ControlError::NotFound {
            what: "identity provider",
            name: alias.to_owned(),
        })?;
        let kind = record.kind.clone();
        let (items, registered) = match IdentityProvider::try_from(record) {
            Ok(provider) => (
                Box::pin(federation.check_connection(&self.cx, &provider)).await?,
                registered_values(&self.cx, alias, &provider.kind),
            ),
            Err(invalid) => (vec![CheckItem::unusable_settings(invalid.to_string())], Vec::new()),
        };
        Ok(ProviderReport {
            alias: alias.to_owned(),
            kind,
            checked_at: self.cx.now().to_rfc3339(),
            outcome: worst(&items),
            items,
            registered,
        })
    }
}
