//! Refused requests, kept for a while so that an operator can be told which check failed. Codes, routes and client ids; never
//! what the request said.

use crate::kernel::id::RequestId;
use crate::kernel::{Sha256Hash, Timestamp};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

/// How many refusals by one check a tenant keeps.
const SLOTS: u8 = 64;

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalRecord {
    /// The request.
    pub request: RequestId,
    /// When it was refused.
    pub refused_at: Timestamp,
    /// The check that failed, by its short code.
    pub failed_check: String,
    /// The short code that the caller was shown.
    pub shown: String,
    /// The error of the protocol; `None` when a page answered that is no part of it.
    pub error: Option<String>,
    /// The route, as its template.
    pub route: String,
    /// The status of the answer.
    pub status: u16,
    /// The registered client that the request named.
    pub client_id: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    failed_check: String,
    refused_at: Timestamp,
    shown: String,
    error: Option<String>,
    route: String,
    status: i64,
    client_id: Option<String>,
}

/// Where a refusal lies among those of its check: by chance, because whoever fills the slots must not choose which one falls.
fn slot(request: RequestId) -> i64 {
    let [first, ..] = *Sha256Hash::of(request.uuid().as_bytes()).as_bytes();
    i64::from(first % SLOTS)
}

impl TenantTx {
    /// Keeps a refusal until `expires_at`, in place of an earlier one by the same check when its slot is taken.
    pub async fn save_refusal(&mut self, refusal: &RefusalRecord, expires_at: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO refusals (tenant_id, failed_check, slot, request_id, refused_at, expires_at, shown, error, route, \
             status, client_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (tenant_id, failed_check, slot) DO UPDATE SET request_id = excluded.request_id, \
             refused_at = excluded.refused_at, expires_at = excluded.expires_at, shown = excluded.shown, \
             error = excluded.error, route = excluded.route, status = excluded.status, client_id = excluded.client_id",
        )
        .bind(tenant)
        .bind(&refusal.failed_check)
        .bind(slot(refusal.request))
        .bind(refusal.request)
        .bind(refusal.refused_at)
        .bind(expires_at)
        .bind(&refusal.shown)
        .bind(&refusal.error)
        .bind(&refusal.route)
        .bind(i64::from(refusal.status))
        .bind(&refusal.client_id)
        .execute(connection)
        .await
        .map(drop)
        })?;
        Ok(())
    }

    /// The refusal of a request, while it is kept.
    pub async fn find_refusal(
        &mut self,
        request: RequestId,
        now: Timestamp,
    ) -> Result<Option<RefusalRecord>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| {
            sqlx::query_as::<_, Row>(
                "SELECT failed_check, refused_at, shown, error, route, status, client_id FROM refusals \
                 WHERE tenant_id = $1 AND request_id = $2 AND expires_at > $3",
            )
            .bind(tenant)
            .bind(request)
            .bind(now)
            .fetch_optional(connection)
            .await
        })?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(RefusalRecord {
            request,
            refused_at: row.refused_at,
            failed_check: row.failed_check,
            shown: row.shown,
            error: row.error,
            route: row.route,
            status: u16::try_from(row.status).map_err(|error| StoreError::corrupt("refusals", "status", error))?,
            client_id: row.client_id,
        }))
    }

    /// How many refusals are kept.
    pub async fn count_refusals(&mut self) -> Result<i64, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_scalar::<_, i64>(
            "SELECT COUNT(*) FROM refusals WHERE tenant_id = $1"
        )
        .bind(tenant)
        .fetch_one(connection)
        .await)?)
    }
}
