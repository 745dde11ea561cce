//! Mail to account holders and owners: stored with its cause, sent beside it, and again until the server takes it.

use crate::kernel::Secret;
use crate::kernel::id::MailId;
use crate::mail::{Mail, MailFailure, Mailer};
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;
use crate::web::letters::Letter;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// While a mail is being sent, no other node sends it: longer than all that are taken at once can take together.
const UNDER_WAY: Duration = Duration::from_mins(6);
/// After so many attempts, some two days, a mail is given up.
const ATTEMPTS: i64 = 12;
/// A mail that was not taken in this time is of no use any more.
const LIFE: Duration = Duration::from_hours(72);

/// A mail as it waits; sealed at rest.
#[derive(Serialize, Deserialize)]
struct Waiting {
    /// None for a mail that stands in for one, so that asking for mail takes the same work whether there is somebody or not.
    to: Option<String>,
    subject: String,
    text: String,
}

/// Stores a mail in the caller's transaction. Without `to` it is never sent, and takes the same work.
pub async fn enqueue(cx: &TenantCx, tx: &mut TenantTx, to: Option<&str>, letter: Letter) -> Result<(), StoreError> {
    let waiting = Waiting {
        to: to.map(str::to_owned),
        subject: letter.subject,
        text: letter.text,
    };
    let content = serde_json::to_vec(&waiting)
        .map(Secret::new)
        .map_err(|error| StoreError::corrupt("mail_outbox", "sealed_mail", error))?;
    let id = MailId::new(cx.now(), cx.entropy());
    tx.insert_mail(id, &content, cx.now(), cx.now() + LIFE, cx.entropy())
        .await
}

/// Sends everything that is due, in the background.
pub fn deliver_soon(cx: &TenantCx, mailer: &Mailer) {
    let (cx, mailer) = (cx.clone(), mailer.clone());
    tokio::spawn(async move { deliver(&cx, &mailer).await });
}

/// Sends everything that is due. What the server does not take is tried again later, at growing intervals.
pub async fn deliver(cx: &TenantCx, mailer: &Mailer) {
    loop {
        match deliver_some(cx, mailer).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(tenant_id = %cx.id(), %error, "mail stays for now");
                return;
            }
        }
    }
}

async fn deliver_some(cx: &TenantCx, mailer: &Mailer) -> Result<usize, StoreError> {
    // Asked for after each local sign-in, and nearly always there is nothing: looking costs no write.
    if !cx.read().await?.has_due_mails(cx.now()).await? {
        return Ok(0);
    }
    let mut rows = cx.begin().await?;
    let due = rows.take_due_mails(cx.now(), cx.now() + UNDER_WAY).await?;
    rows.commit().await?;
    for mail in &due {
        let Ok(waiting) = serde_json::from_slice::<Waiting>(mail.content.expose()) else {
            // Those behind it are to go out all the same.
            tracing::error!(tenant_id = %cx.id(), mail = %mail.id, "a mail that cannot be read is dropped");
            let mut rows = cx.begin().await?;
            rows.delete_mail(mail.id).await?;
            rows.commit().await?;
            continue;
        };
        let sent = match &waiting.to {
            Some(to) => send(cx, mailer, &mail.id.to_string(), to, &waiting).await,
            None => Ok(()),
        };
        let mut rows = cx.begin().await?;
        match sent {
            Ok(()) => rows.delete_mail(mail.id).await?,
            Err(failure) if failure.is_final() || mail.attempts >= ATTEMPTS => rows.delete_mail(mail.id).await?,
            Err(_) => {
                let wait = Duration::from_mins(1 << mail.attempts.clamp(0, ATTEMPTS));
                rows.defer_mail(mail.id, cx.now() + wait).await?;
            }
        }
        rows.commit().await?;
        if waiting.to.is_some() {
            let outcome = sent
                .err()
                .map_or_else(|| "taken".to_owned(), |failure| failure.to_string());
            tracing::info!(tenant_id = %cx.id(), mail = %mail.id, attempts = mail.attempts, outcome, "mail");
        }
    }
    Ok(due.len())
}

async fn send(cx: &TenantCx, mailer: &Mailer, id: &str, to: &str, waiting: &Waiting) -> Result<(), MailFailure> {
    let mail = Mail {
        id,
        from_name: &cx.tenant().look.name,
        from: cx.document().local_accounts.mail_sender.as_deref(),
        to,
        subject: &waiting.subject,
        text: &waiting.text,
        at: cx.now(),
    };
    mailer.send(&mail).await
}
