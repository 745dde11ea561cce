//! Tests of identity providers: a whole sign-in by which nobody is signed in. A test is taken by one browser, once.

use crate::kernel::id::{IdentityProviderId, SignInTestId};
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

/// A test to store.
pub struct NewSignInTest<'a> {
    /// Its id.
    pub id: SignInTestId,
    /// Hash of its link's token.
    pub token: Sha256Hash,
    /// The provider that is tested.
    pub provider: IdentityProviderId,
    /// Which settings of it.
    pub settings_version: &'a str,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be taken and finished.
    pub expires_at: Timestamp,
    /// Until when its outcome can be seen.
    pub kept_until: Timestamp,
}

/// A stored test.
pub struct StoredSignInTest {
    /// Its id.
    pub id: SignInTestId,
    /// The provider that is tested.
    pub provider: IdentityProviderId,
    /// Which settings of it.
    pub settings_version: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be taken and finished.
    pub expires_at: Timestamp,
    /// Hash of the cookie of the browser that took it.
    pub binding: Option<Sha256Hash>,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<String>,
    /// What happened, JSON.
    pub trace: Option<Secret<Vec<u8>>>,
}

#[derive(FromRow)]
struct Row {
    test_id: SignInTestId,
    identity_provider_id: IdentityProviderId,
    settings_version: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    binding_hash: Option<Sha256Hash>,
    finished_at: Option<Timestamp>,
    outcome: Option<String>,
    sealed_trace: Option<Vec<u8>>,
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "sign_in_tests",
        column: "sealed_trace",
        row,
    }
}

impl TenantTx {
    /// Stores a test.
    pub async fn insert_sign_in_test(&mut self, test: &NewSignInTest<'_>) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO sign_in_tests (tenant_id, test_id, token_hash, identity_provider_id, settings_version, \
             created_at, expires_at, kept_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(tenant)
        .bind(test.id)
        .bind(test.token)
        .bind(test.provider)
        .bind(test.settings_version)
        .bind(test.created_at)
        .bind(test.expires_at)
        .bind(test.kept_until)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// The test with this token, in whatever state, while its outcome is kept.
    pub async fn find_sign_in_test(
        &mut self,
        token: Sha256Hash,
        now: Timestamp,
    ) -> Result<Option<StoredSignInTest>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| {
            sqlx::query_as::<_, Row>(
            "SELECT test_id, identity_provider_id, settings_version, created_at, expires_at, binding_hash, finished_at, \
             outcome, sealed_trace FROM sign_in_tests WHERE tenant_id = $1 AND token_hash = $2 AND kept_until > $3",
        )
        .bind(tenant)
        .bind(token)
        .bind(now)
        .fetch_optional(connection)
        .await
        })?;
        row.map(|row| self.opened_test(row)).transpose()
    }

    /// The newest tests of a provider whose outcomes are kept, at most `limit`, the newest first.
    pub async fn list_sign_in_tests(
        &mut self,
        provider: IdentityProviderId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredSignInTest>, StoreError> {
        let tenant = self.tenant;
        let rows = on_tx!(self, |connection| {
            sqlx::query_as::<_, Row>(
            "SELECT test_id, identity_provider_id, settings_version, created_at, expires_at, binding_hash, finished_at, \
             outcome, sealed_trace FROM sign_in_tests WHERE tenant_id = $1 AND identity_provider_id = $2 \
             AND kept_until > $3 ORDER BY test_id DESC LIMIT $4",
        )
        .bind(tenant)
        .bind(provider)
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
        })?;
        rows.into_iter().map(|row| self.opened_test(row)).collect()
    }

    fn opened_test(&self, row: Row) -> Result<StoredSignInTest, StoreError> {
        let trace = row
            .sealed_trace
            .map(|sealed| {
                self.keyring
                    .open(place(row.test_id.uuid().as_bytes()), &Sealed::from_bytes(sealed))
            })
            .transpose()?;
        Ok(StoredSignInTest {
            id: row.test_id,
            provider: row.identity_provider_id,
            settings_version: row.settings_version,
            created_at: row.created_at,
            expires_at: row.expires_at,
            binding: row.binding_hash,
            finished_at: row.finished_at,
            outcome: row.outcome,
            trace,
        })
    }

    /// Takes a test with this browser: of several browsers one gets it, and only while it is open.
    pub async fn take_sign_in_test(
        &mut self,
        token: Sha256Hash,
        binding: Sha256Hash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE sign_in_tests SET binding_hash = $3 WHERE tenant_id = $1 AND token_hash = $2 \
             AND binding_hash IS NULL AND finished_at IS NULL AND expires_at > $4",
        )
        .bind(tenant)
        .bind(token)
        .bind(binding)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Writes down how a test that was taken ended, once. False when it ended before.
    pub async fn finish_sign_in_test(
        &mut self,
        test: SignInTestId,
        outcome: &str,
        trace: &[u8],
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let sealed = self.keyring.seal(place(test.uuid().as_bytes()), trace, entropy)?;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE sign_in_tests SET finished_at = $3, outcome = $4, sealed_trace = $5 \
             WHERE tenant_id = $1 AND test_id = $2 AND binding_hash IS NOT NULL AND finished_at IS NULL \
             AND expires_at > $3",
        )
        .bind(tenant)
        .bind(test)
        .bind(now)
        .bind(outcome)
        .bind(&sealed)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }
}
