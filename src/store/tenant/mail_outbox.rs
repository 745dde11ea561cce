//! Mail on its way: written in the transaction that causes it, sealed, sent beside the request and again until it is taken.

use crate::kernel::id::MailId;
use crate::kernel::{Entropy, Secret, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use uuid::Uuid;

/// A mail that is due, counted as tried.
pub struct DueMail {
    /// Its id.
    pub id: MailId,
    /// The mail, as it was handed over.
    pub content: Secret<Vec<u8>>,
    /// How often it was tried, this time included.
    pub attempts: i64,
}

#[derive(FromRow)]
struct Row {
    mail_id: Uuid,
    sealed_mail: Vec<u8>,
    attempts: i64,
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "mail_outbox",
        column: "sealed_mail",
        row,
    }
}

impl TenantTx {
    /// Stores a mail that is due now.
    pub async fn insert_mail(
        &mut self,
        id: MailId,
        content: &Secret<Vec<u8>>,
        now: Timestamp,
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self
            .keyring
            .seal(place(id.uuid().as_bytes()), content.expose(), entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO mail_outbox (tenant_id, mail_id, sealed_mail, attempts, due_at, expires_at) \
             VALUES ($1, $2, $3, 0, $4, $5)",
        )
        .bind(tenant)
        .bind(id)
        .bind(&sealed)
        .bind(now)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Whether a mail is due.
    pub async fn has_due_mails(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_scalar::<_, bool>(
            "SELECT EXISTS (SELECT 1 FROM mail_outbox WHERE tenant_id = $1 AND due_at <= $2)",
        )
        .bind(tenant)
        .bind(now)
        .fetch_one(connection)
        .await)?)
    }

    /// Takes up to twenty mails that are due and puts them off until `next`, in one statement: of two nodes one sends, and a
    /// node that dies on the way leaves the mail to be tried again.
    pub async fn take_due_mails(&mut self, now: Timestamp, next: Timestamp) -> Result<Vec<DueMail>, StoreError> {
        let tenant = self.tenant;
        let rows = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "UPDATE mail_outbox SET attempts = attempts + 1, due_at = $3 WHERE tenant_id = $1 AND due_at <= $2 \
             AND mail_id IN (SELECT mail_id FROM mail_outbox WHERE tenant_id = $1 AND due_at <= $2 \
                 ORDER BY due_at LIMIT 20) RETURNING mail_id, sealed_mail, attempts",
        )
        .bind(tenant)
        .bind(now)
        .bind(next)
        .fetch_all(connection)
        .await)?;
        rows.into_iter()
            .map(|row| {
                let sealed = Sealed::from_bytes(row.sealed_mail);
                Ok(DueMail {
                    id: MailId::from_uuid(row.mail_id),
                    content: self.keyring.open(place(row.mail_id.as_bytes()), &sealed)?,
                    attempts: row.attempts,
                })
            })
            .collect()
    }

    /// Puts a mail off until `due_at`.
    pub async fn defer_mail(&mut self, id: MailId, due_at: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE mail_outbox SET due_at = $3 WHERE tenant_id = $1 AND mail_id = $2"
        )
        .bind(tenant)
        .bind(id)
        .bind(due_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Forgets a mail that was taken or given up.
    pub async fn delete_mail(&mut self, id: MailId) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM mail_outbox WHERE tenant_id = $1 AND mail_id = $2"
        )
        .bind(tenant)
        .bind(id)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }
}
