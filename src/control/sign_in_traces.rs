//! Traces of sign-ins: listed, shown by their shape, and revealed to those who may see values.

use super::{ControlError, TenantAdmin};
use crate::federation::SignInTrace;
use crate::kernel::id::{IdentityProviderId, RequestId, SignInTraceId};
use crate::store::tenant::{ListedSignInTrace, SignInTraceFilter};
use crate::tenant::roles::Permission;
use serde::Serialize;
use serde_json::Value;

/// A trace, without what was said.
#[derive(Clone, Debug, Serialize)]
pub struct SignInTraceSummary {
    /// Its id.
    pub id: SignInTraceId,
    /// The alias of the identity provider; `None` when it was removed.
    pub identity_provider: Option<String>,
    /// `completed`, or the code of the check that refused it.
    pub outcome: String,
    /// The request that decided it: an error page shows it.
    pub request_id: RequestId,
    /// When, RFC 3339.
    pub at: String,
    /// Until when it is kept, RFC 3339.
    pub expires_at: String,
}

/// A trace.
#[derive(Clone, Debug, Serialize)]
pub struct SignInTraceDetail {
    /// What is listed of it.
    #[serde(flatten)]
    pub summary: SignInTraceSummary,
    /// Whether the values are shapes only.
    pub masked: bool,
    /// [`SignInTrace`] as JSON.
    pub trace: Value,
}

/// Which traces are wanted.
#[derive(Clone, Debug, Default)]
pub struct WantedTraces<'a> {
    /// Only of the provider with this alias.
    pub identity_provider: Option<&'a str>,
    /// Only with this outcome.
    pub outcome: Option<&'a str>,
    /// Only of this request.
    pub request: Option<RequestId>,
    /// Only earlier ones than this.
    pub before: Option<SignInTraceId>,
}

impl TenantAdmin {
    /// Up to `limit` traces, newest first.
    pub async fn list_sign_in_traces(
        &self,
        wanted: &WantedTraces<'_>,
        limit: u32,
    ) -> Result<Vec<SignInTraceSummary>, ControlError> {
        self.require(Permission::ReadTraces)?;
        let mut rows = self.cx.read().await?;
        let providers = rows.list_identity_providers().await?;
        let provider = match wanted.identity_provider {
            None => None,
            Some(alias) => match providers.iter().find(|provider| provider.alias == alias) {
                Some(provider) => Some(provider.id),
                None => return Ok(Vec::new()),
            },
        };
        let filter = SignInTraceFilter {
            provider,
            outcome: wanted.outcome,
            request: wanted.request,
            before: wanted.before,
        };
        let traces = rows.list_sign_in_traces(&filter, self.cx.now(), limit).await?;
        let alias = |id: IdentityProviderId| providers.iter().find(|provider| provider.id == id);
        Ok(traces
            .into_iter()
            .map(|trace| summary(&trace, alias(trace.provider).map(|provider| provider.alias.clone())))
            .collect())
    }

    /// One trace, its values masked.
    pub async fn get_sign_in_trace(&self, trace: SignInTraceId) -> Result<SignInTraceDetail, ControlError> {
        self.show_trace(trace, false).await
    }

    /// One trace with its values, which are personal data: that it was seen, and by whom, is recorded.
    pub async fn reveal_sign_in_trace(&self, trace: SignInTraceId) -> Result<SignInTraceDetail, ControlError> {
        self.show_trace(trace, true).await
    }

    async fn show_trace(&self, id: SignInTraceId, reveal: bool) -> Result<SignInTraceDetail, ControlError> {
        let (listed, trace) = self.read_trace(id, reveal).await?;
        let alias = self
            .cx
            .read()
            .await?
            .find_identity_provider_alias(listed.provider)
            .await?;
        Ok(SignInTraceDetail {
            summary: summary(&listed, alias),
            masked: !reveal,
            trace: if reveal {
                serde_json::to_value(&trace)?
            } else {
                trace.masked()
            },
        })
    }

    /// A trace as it was kept. With `reveal`, only for those who may see values, and recorded.
    pub(super) async fn read_trace(
        &self,
        id: SignInTraceId,
        reveal: bool,
    ) -> Result<(ListedSignInTrace, SignInTrace), ControlError> {
        self.require(Permission::ReadTraces)?;
        if reveal {
            self.require(Permission::RevealTraces)?;
        }
        let mut rows = if reveal {
            self.cx.begin().await?
        } else {
            self.cx.read().await?
        };
        let found = rows.find_sign_in_trace(id, self.cx.now()).await?;
        let (listed, content) = found.ok_or_else(|| ControlError::NotFound {
            what: "trace",
            name: id.to_string(),
        })?;
        if reveal {
            // Whatever else the request is, what it shows is shown: a dry run is no way around the record.
            self.record(&mut rows, "sign_in_trace.revealed", Some(&id.to_string()), None)
                .await?;
            rows.commit().await?;
        }
        Ok((listed, SignInTrace::read(&content)?))
    }
}

fn summary(trace: &ListedSignInTrace, identity_provider: Option<String>) -> SignInTraceSummary {
    SignInTraceSummary {
        id: trace.id,
        identity_provider,
        outcome: trace.outcome.clone(),
        request_id: trace.request,
        at: trace.recorded_at.to_rfc3339(),
        expires_at: trace.expires_at.to_rfc3339(),
    }
}
