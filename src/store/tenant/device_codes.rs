//! Device authorization requests (RFC 8628): polled, decided once, redeemed once.

use crate::kernel::id::GrantId;
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use std::time::Duration;
use uuid::Uuid;

/// RFC 8628 section 3.5: each `slow_down` makes the interval this much longer, for good.
const SLOWER: Duration = Duration::from_secs(5);
/// What a poll may come early: clocks and networks are not exact.
const TOLERANCE: Duration = Duration::from_millis(500);

/// A request to be stored.
pub struct NewDeviceCode<'a> {
    /// Hash of the device's code.
    pub device_code: Sha256Hash,
    /// Keyed hash of the user's code.
    pub user_code: Sha256Hash,
    /// The client.
    pub client_id: &'a str,
    /// What is asked for; sealed.
    pub request: &'a [u8],
    /// Shortest time between two polls.
    pub poll_interval: Duration,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

/// A request that a user can decide on.
pub struct PendingDeviceCode {
    /// Hash of the device's code.
    pub device_code: Sha256Hash,
    /// The client that asks.
    pub client_id: String,
    /// What is asked for.
    pub request: Secret<Vec<u8>>,
}

/// What a poll finds (RFC 8628 section 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DevicePoll {
    /// The user allowed it, and this poll redeemed it.
    Redeemed(GrantId),
    /// Nobody has decided yet.
    Pending,
    /// Nobody has decided yet, and this poll came too soon: the interval is longer from now on.
    TooSoon,
    /// The user refused.
    Denied,
    /// Too late.
    Expired,
    /// No such code, another client's, or one that was redeemed before.
    Unknown,
}

#[derive(FromRow)]
struct PendingRow {
    device_code_hash: Vec<u8>,
    client_id: String,
    sealed_request: Vec<u8>,
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "device_codes",
        column: "sealed_request",
        row,
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

impl TenantTx {
    /// Stores a request. False when its user code is in use: draw another.
    pub async fn insert_device_code(
        &mut self,
        new: &NewDeviceCode<'_>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let sealed = self
            .keyring
            .seal(place(new.device_code.as_bytes()), new.request, entropy)?;
        let inserted = on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO device_codes (tenant_id, device_code_hash, user_code_index, client_id, sealed_request, state, \
             poll_interval, poll_after, expires_at) VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8) \
             ON CONFLICT DO NOTHING",
        )
        .bind(tenant)
        .bind(new.device_code)
        .bind(new.user_code)
        .bind(new.client_id)
        .bind(&sealed)
        .bind(micros(new.poll_interval))
        .bind(now)
        .bind(new.expires_at)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
        })?;
        Ok(inserted == 1)
    }

    /// The undecided request with this user code. Unknown, decided, redeemed and expired are one answer.
    pub async fn find_pending_device_code(
        &mut self,
        user_code: Sha256Hash,
        now: Timestamp,
    ) -> Result<Option<PendingDeviceCode>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| sqlx::query_as::<_, PendingRow>(
            "SELECT device_code_hash, client_id, sealed_request FROM device_codes \
             WHERE tenant_id = $1 AND user_code_index = $2 AND state = 'pending' AND expires_at > $3",
        )
        .bind(tenant)
        .bind(user_code)
        .bind(now)
        .fetch_optional(connection)
        .await)?;
        row.map(|row| {
            let corrupt = || StoreError::corrupt("device_codes", "device_code_hash", "not a hash");
            let device_code = Sha256Hash::from_bytes(&row.device_code_hash).ok_or_else(corrupt)?;
            let sealed = Sealed::from_bytes(row.sealed_request);
            Ok(PendingDeviceCode {
                device_code,
                client_id: row.client_id,
                request: self.keyring.open(place(device_code.as_bytes()), &sealed)?,
            })
        })
        .transpose()
    }

    /// The user allowed it: the device's next poll redeems `grant`. False when it was decided already, or too late.
    pub async fn approve_device_code(
        &mut self,
        device_code: Sha256Hash,
        grant: GrantId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let decided = on_tx!(self, |connection| sqlx::query(
            "UPDATE device_codes SET state = 'approved', grant_id = $3 \
             WHERE tenant_id = $1 AND device_code_hash = $2 AND state = 'pending' AND expires_at > $4",
        )
        .bind(tenant)
        .bind(device_code)
        .bind(grant)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(decided == 1)
    }

    /// The user refused. False when it was decided already.
    pub async fn deny_device_code(&mut self, device_code: Sha256Hash) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let decided = on_tx!(self, |connection| sqlx::query(
            "UPDATE device_codes SET state = 'denied' \
             WHERE tenant_id = $1 AND device_code_hash = $2 AND state = 'pending'",
        )
        .bind(tenant)
        .bind(device_code)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(decided == 1)
    }

    /// A poll of `client_id`. Of many at once, one redeems.
    pub async fn poll_device_code(
        &mut self,
        device_code: Sha256Hash,
        client_id: &str,
        now: Timestamp,
    ) -> Result<DevicePoll, StoreError> {
        let tenant = self.tenant;
        let redeemed = on_tx!(self, |connection| sqlx::query_scalar::<_, Uuid>(
            "UPDATE device_codes SET state = 'redeemed' WHERE tenant_id = $1 AND device_code_hash = $2 \
             AND client_id = $3 AND state = 'approved' AND expires_at > $4 RETURNING grant_id",
        )
        .bind(tenant)
        .bind(device_code)
        .bind(client_id)
        .bind(now)
        .fetch_optional(connection)
        .await)?;
        if let Some(grant) = redeemed {
            return Ok(DevicePoll::Redeemed(GrantId::from_uuid(grant)));
        }
        let state = on_tx!(self, |connection| sqlx::query_as::<_, (String, Timestamp)>(
            "SELECT state, expires_at FROM device_codes \
             WHERE tenant_id = $1 AND device_code_hash = $2 AND client_id = $3",
        )
        .bind(tenant)
        .bind(device_code)
        .bind(client_id)
        .fetch_optional(connection)
        .await)?;
        match state {
            None => Ok(DevicePoll::Unknown),
            Some((state, _)) if state == "redeemed" => Ok(DevicePoll::Unknown),
            Some((state, _)) if state == "denied" => Ok(DevicePoll::Denied),
            Some((_, expires_at)) if expires_at <= now => Ok(DevicePoll::Expired),
            Some(_) => self.pace_device_poll(device_code, now).await,
        }
    }

    /// Whether an undecided request is polled slowly enough. One statement decides, so that of two polls at once one is early.
    async fn pace_device_poll(&mut self, device_code: Sha256Hash, now: Timestamp) -> Result<DevicePoll, StoreError> {
        let tenant = self.tenant;
        let in_time = on_tx!(self, |connection| sqlx::query(
            "UPDATE device_codes SET poll_after = $3 + poll_interval - $4 \
             WHERE tenant_id = $1 AND device_code_hash = $2 AND poll_after <= $3",
        )
        .bind(tenant)
        .bind(device_code)
        .bind(now)
        .bind(micros(TOLERANCE))
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        if in_time == 1 {
            return Ok(DevicePoll::Pending);
        }
        on_tx!(self, |connection| sqlx::query(
            "UPDATE device_codes SET poll_interval = poll_interval + $4, poll_after = $3 + poll_interval + $4 - $5 \
             WHERE tenant_id = $1 AND device_code_hash = $2",
        )
        .bind(tenant)
        .bind(device_code)
        .bind(now)
        .bind(micros(SLOWER))
        .bind(micros(TOLERANCE))
        .execute(connection)
        .await
        .map(drop))?;
        Ok(DevicePoll::TooSoon)
    }
}
