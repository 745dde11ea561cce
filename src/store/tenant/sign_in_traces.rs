//! Traces of sign-ins at identity providers, kept for a while so that a mapping can be mended and a refusal understood.

use crate::kernel::id::{IdentityProviderId, RequestId, SignInTraceId};
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use std::time::Duration;

/// How many sign-ins that succeeded are kept of one provider.
const SLOTS_OF_SUCCESS: u8 = 64;
/// How many refusals by one check are kept of one provider.
const SLOTS_OF_A_CHECK: u8 = 16;

/// A trace to keep.
pub struct NewSignInTrace<'a> {
    /// Its id.
    pub id: SignInTraceId,
    /// Where the sign-in was.
    pub provider: IdentityProviderId,
    /// `completed`, or the code of the check that refused it.
    pub outcome: &'a str,
    /// The request that decided it.
    pub request: RequestId,
    /// When.
    pub recorded_at: Timestamp,
    /// Until when it is kept.
    pub expires_at: Timestamp,
    /// What was said, JSON.
    pub content: &'a [u8],
}

/// A trace without what was said.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ListedSignInTrace {
    /// Its id.
    #[sqlx(rename = "trace_id")]
    pub id: SignInTraceId,
    /// Where the sign-in was.
    #[sqlx(rename = "identity_provider_id")]
    pub provider: IdentityProviderId,
    /// `completed`, or the code of the check that refused it.
    pub outcome: String,
    /// The request that decided it.
    #[sqlx(rename = "request_id")]
    pub request: RequestId,
    /// When.
    pub recorded_at: Timestamp,
    /// Until when it is kept.
    pub expires_at: Timestamp,
}

/// Which traces are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignInTraceFilter<'a> {
    /// Only of this provider.
    pub provider: Option<IdentityProviderId>,
    /// Only with this outcome.
    pub outcome: Option<&'a str>,
    /// Only of this request.
    pub request: Option<RequestId>,
    /// Only earlier ones than this.
    pub before: Option<SignInTraceId>,
}

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    listed: ListedSignInTrace,
    sealed_trace: Vec<u8>,
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "sign_in_traces",
        column: "sealed_trace",
        row,
    }
}

/// Where a trace lies among those with its outcome: by chance, because whoever fills the slots must not choose which one falls.
fn slot(trace: &NewSignInTrace<'_>) -> i64 {
    let [first, ..] = *Sha256Hash::of(trace.id.uuid().as_bytes()).as_bytes();
    let slots = if trace.outcome == "completed" {
        SLOTS_OF_SUCCESS
    } else {
        SLOTS_OF_A_CHECK
    };
    i64::from(first % slots)
}

impl TenantTx {
    /// Keeps a trace, in place of an earlier one with the same outcome when its slot is taken.
    pub async fn save_sign_in_trace(
        &mut self,
        trace: &NewSignInTrace<'_>,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self
            .keyring
            .seal(place(trace.id.uuid().as_bytes()), trace.content, entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO sign_in_traces (tenant_id, identity_provider_id, outcome, slot, trace_id, request_id, \
             recorded_at, expires_at, sealed_trace) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (tenant_id, identity_provider_id, outcome, slot) DO UPDATE SET trace_id = excluded.trace_id, \
             request_id = excluded.request_id, recorded_at = excluded.recorded_at, expires_at = excluded.expires_at, \
             sealed_trace = excluded.sealed_trace",
        )
        .bind(tenant)
        .bind(trace.provider)
        .bind(trace.outcome)
        .bind(slot(trace))
        .bind(trace.id)
        .bind(trace.request)
        .bind(trace.recorded_at)
        .bind(trace.expires_at)
        .bind(&sealed)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Ends what the tenant's rules do not want kept any more: those of sign-ins that succeeded, or all, and of the rest each when it
    /// is older than `kept_for`.
    pub async fn curtail_sign_in_traces(
        &mut self,
        of_success: bool,
        of_refusal: bool,
        kept_for: Duration,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let kept_for = i64::try_from(kept_for.as_micros()).unwrap_or(i64::MAX);
        let unwanted = [
            (
                of_success,
                "DELETE FROM sign_in_traces WHERE tenant_id = $1 AND outcome = 'completed'",
            ),
            (
                of_refusal,
                "DELETE FROM sign_in_traces WHERE tenant_id = $1 AND outcome <> 'completed'",
            ),
        ];
        for (_, statement) in unwanted.into_iter().filter(|(wanted, _)| !wanted) {
            on_tx!(self, |connection| sqlx::query(statement)
                .bind(tenant)
                .execute(connection)
                .await
                .map(drop))?;
        }
        on_tx!(self, |connection| {
            sqlx::query(
            "UPDATE sign_in_traces SET expires_at = recorded_at + $2 WHERE tenant_id = $1 AND expires_at > recorded_at + $2",
        )
        .bind(tenant)
        .bind(kept_for)
        .execute(connection)
        .await
        .map(drop)
        })?;
        Ok(())
    }

    /// Up to `limit` traces, newest first.
    pub async fn list_sign_in_traces(
        &mut self,
        filter: &SignInTraceFilter<'_>,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<ListedSignInTrace>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_as::<_, ListedSignInTrace>(
            "SELECT trace_id, identity_provider_id, outcome, request_id, recorded_at, expires_at FROM sign_in_traces \
             WHERE tenant_id = $1 AND expires_at > $2 AND ($3 IS NULL OR identity_provider_id = $3) \
             AND ($4 IS NULL OR outcome = $4) AND ($5 IS NULL OR request_id = $5) AND ($6 IS NULL OR trace_id < $6) \
             ORDER BY trace_id DESC LIMIT $7",
        )
        .bind(tenant)
        .bind(now)
        .bind(filter.provider)
        .bind(filter.outcome)
        .bind(filter.request)
        .bind(filter.before)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?)
    }

    /// A trace, with what was said, while it is kept.
    pub async fn find_sign_in_trace(
        &mut self,
        trace: SignInTraceId,
        now: Timestamp,
    ) -> Result<Option<(ListedSignInTrace, Secret<Vec<u8>>)>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT trace_id, identity_provider_id, outcome, request_id, recorded_at, expires_at, sealed_trace \
             FROM sign_in_traces WHERE tenant_id = $1 AND trace_id = $2 AND expires_at > $3",
        )
        .bind(tenant)
        .bind(trace)
        .bind(now)
        .fetch_optional(connection)
        .await)?;
        row.map(|row| {
            let sealed = Sealed::from_bytes(row.sealed_trace);
            let content = self.keyring.open(place(trace.uuid().as_bytes()), &sealed)?;
            Ok((row.listed, content))
        })
        .transpose()
    }
}
