//! What proves who the holder of a local account is: password, one-time passwords, recovery codes.

use crate::kernel::id::AccountId;
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

/// What is set up for an account. Without any of it, everything is empty.
#[derive(Clone, Default)]
pub struct AccountSecurity {
    /// Since when the account may sign in where only the hospital's own identity provider is to be used.
    pub break_glass_since: Option<Timestamp>,
    /// When the user chose the password.
    pub password_changed_at: Option<Timestamp>,
    /// The secret of the authenticator app (RFC 6238).
    pub totp: Option<Secret<Vec<u8>>>,
    /// Passkeys.
    pub passkeys: u32,
    /// Recovery codes that were not used.
    pub recovery_codes: u32,
}

impl AccountSecurity {
    /// Whether there is anything beside the password. Recovery codes alone are none: they stand in for one.
    pub const fn has_second_factor(&self) -> bool {
        self.totp.is_some() || self.passkeys > 0
    }
}

#[derive(FromRow)]
struct Row {
    break_glass_since: Option<Timestamp>,
    password_changed_at: Option<Timestamp>,
    sealed_totp: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct Counts {
    passkeys: i64,
    recovery_codes: i64,
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "account_security",
        column: "sealed_totp",
        row,
    }
}

fn count(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl TenantTx {
    /// What is set up for an account.
    pub async fn find_account_security(&mut self, account: AccountId) -> Result<AccountSecurity, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT break_glass_since, password_changed_at, sealed_totp FROM account_security \
             WHERE tenant_id = $1 AND account_id = $2",
        )
        .bind(tenant)
        .bind(account)
        .fetch_optional(connection)
        .await)?;
        let counts = on_tx!(self, |connection| sqlx::query_as::<_, Counts>(
            "SELECT (SELECT COUNT(*) FROM passkeys WHERE tenant_id = $1 AND account_id = $2) AS passkeys, \
             (SELECT COUNT(*) FROM recovery_codes WHERE tenant_id = $1 AND account_id = $2 AND used_at IS NULL) \
             AS recovery_codes",
        )
        .bind(tenant)
        .bind(account)
        .fetch_one(connection)
        .await)?;
        let mut security = AccountSecurity {
            passkeys: count(counts.passkeys),
            recovery_codes: count(counts.recovery_codes),
            ..AccountSecurity::default()
        };
        if let Some(row) = row {
            security.break_glass_since = row.break_glass_since;
            security.password_changed_at = row.password_changed_at;
            security.totp = row
                .sealed_totp
                .map(|sealed| {
                    self.keyring
                        .open(place(account.uuid().as_bytes()), &Sealed::from_bytes(sealed))
                })
                .transpose()?;
        }
        Ok(security)
    }

    /// Names an account for emergencies since `since`, or no longer.
    pub async fn set_break_glass(&mut self, account: AccountId, since: Option<Timestamp>) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO account_security (tenant_id, account_id, break_glass_since) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant_id, account_id) DO UPDATE SET break_glass_since = excluded.break_glass_since",
        )
        .bind(tenant)
        .bind(account)
        .bind(since)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Gives an account a new password.
    pub async fn set_password(&mut self, account: AccountId, hash: &str, now: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE accounts SET password_hash = $3 WHERE tenant_id = $1 AND account_id = $2",
        )
        .bind(tenant)
        .bind(account)
        .bind(hash)
        .execute(connection)
        .await
        .map(drop))?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO account_security (tenant_id, account_id, password_changed_at) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant_id, account_id) DO UPDATE SET password_changed_at = excluded.password_changed_at",
        )
        .bind(tenant)
        .bind(account)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Gives an account a new password in place of the one whose hash is `old`. False when it was changed meanwhile.
    pub async fn replace_password_hash(
        &mut self,
        account: AccountId,
        old: &str,
        new: &str,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| {
            sqlx::query(
            "UPDATE accounts SET password_hash = $4 WHERE tenant_id = $1 AND account_id = $2 AND password_hash = $3",
        )
        .bind(tenant)
        .bind(account)
        .bind(old)
        .bind(new)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
        })?;
        Ok(changed == 1)
    }

    /// Sets up an authenticator app in place of the one before. The code that proved it, of time step `step`, is used up.
    pub async fn save_totp(
        &mut self,
        account: AccountId,
        secret: &Secret<Vec<u8>>,
        step: i64,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self
            .keyring
            .seal(place(account.uuid().as_bytes()), secret.expose(), entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO account_security (tenant_id, account_id, sealed_totp, totp_last_step) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (tenant_id, account_id) DO UPDATE SET sealed_totp = excluded.sealed_totp, \
             totp_last_step = excluded.totp_last_step",
        )
        .bind(tenant)
        .bind(account)
        .bind(&sealed)
        .bind(step)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Keeps the authenticator app of an account that has no second factor. False when it has one: of two that are set up at
    /// once, one is kept.
    pub async fn save_first_totp(
        &mut self,
        account: AccountId,
        secret: &Secret<Vec<u8>>,
        step: i64,
        entropy: &dyn Entropy,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let sealed = self
            .keyring
            .seal(place(account.uuid().as_bytes()), secret.expose(), entropy)?;
        let kept = on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO account_security (tenant_id, account_id, sealed_totp, totp_last_step) SELECT $1, $2, $3, $4 \
             WHERE NOT EXISTS (SELECT 1 FROM passkeys WHERE tenant_id = $1 AND account_id = $2) \
             ON CONFLICT (tenant_id, account_id) DO UPDATE SET sealed_totp = excluded.sealed_totp, \
             totp_last_step = excluded.totp_last_step WHERE account_security.sealed_totp IS NULL",
        )
        .bind(tenant)
        .bind(account)
        .bind(&sealed)
        .bind(step)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
        })?;
        Ok(kept == 1)
    }

    /// Forgets an account's authenticator app. False when there was none.
    pub async fn delete_totp(&mut self, account: AccountId) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let removed = on_tx!(self, |connection| sqlx::query(
            "UPDATE account_security SET sealed_totp = NULL \
             WHERE tenant_id = $1 AND account_id = $2 AND sealed_totp IS NOT NULL",
        )
        .bind(tenant)
        .bind(account)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(removed == 1)
    }

    /// Uses up the code of time step `step` (RFC 6238 section 5.2: a code is accepted once). False when it, or a later one,
    /// was used before: of the same code sent twice at once, one is accepted.
    pub async fn use_totp_step(&mut self, account: AccountId, step: i64) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE account_security SET totp_last_step = $3 WHERE tenant_id = $1 AND account_id = $2 \
             AND sealed_totp IS NOT NULL AND totp_last_step < $3",
        )
        .bind(tenant)
        .bind(account)
        .bind(step)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Gives an account new recovery codes; those before are void.
    pub async fn replace_recovery_codes(
        &mut self,
        account: AccountId,
        codes: &[Sha256Hash],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM recovery_codes WHERE tenant_id = $1 AND account_id = $2",
        )
        .bind(tenant)
        .bind(account)
        .execute(connection)
        .await
        .map(drop))?;
        for code in codes {
            on_tx!(self, |connection| sqlx::query(
                "INSERT INTO recovery_codes (tenant_id, account_id, code_hash, created_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(tenant)
            .bind(account)
            .bind(*code)
            .bind(now)
            .execute(connection)
            .await
            .map(drop))?;
        }
        Ok(())
    }

    /// Uses a recovery code up. False when the account has no such code, or it was used before.
    pub async fn use_recovery_code(
        &mut self,
        account: AccountId,
        code: Sha256Hash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE recovery_codes SET used_at = $4 WHERE tenant_id = $1 AND account_id = $2 AND code_hash = $3 \
             AND used_at IS NULL",
        )
        .bind(tenant)
        .bind(account)
        .bind(code)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }
}
