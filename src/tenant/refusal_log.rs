//! Keeping refusals, beside the answers: what is refused is written a moment later, by one task, within bounds that no flood
//! of requests can move.

use super::Tenant;
use super::refused::{AboutRequest, RefusalMark, UPSTREAM};
use crate::kernel::Timestamp;
use crate::kernel::id::{RequestId, TenantId};
use crate::store::StoreError;
use crate::store::tenant::RefusalRecord;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

/// How long a refusal can be explained.
pub const KEPT: Duration = Duration::from_hours(7 * 24);
/// Refusals that wait to be sorted. When more come at once, the rest is not kept.
const WAITING: usize = 1024;
/// How long refusals are gathered before they are written together.
const GATHERED: Duration = Duration::from_millis(250);
/// A write that takes longer is given up.
const LONGEST_WRITE: Duration = Duration::from_secs(2);
/// Of one tenant and one check, so many are kept of each gathering; of one tenant, so many altogether.
const OF_ONE_CHECK: usize = 8;
const OF_ONE_TENANT: usize = 64;

enum Message {
    Refusal(Arc<Tenant>, RefusalRecord),
    Written(oneshot::Sender<()>),
}

/// The log of refusals of this process. Cheap to clone.
#[derive(Clone, Default)]
pub struct RefusalLog(Arc<OnceLock<mpsc::Sender<Message>>>);

impl fmt::Debug for RefusalLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefusalLog")
    }
}

impl RefusalLog {
    /// The way to the writing task, which the first refusal starts.
    fn sender(&self) -> &mpsc::Sender<Message> {
        self.0.get_or_init(|| {
            let (sender, receiver) = mpsc::channel(WAITING);
            tokio::spawn(write(receiver));
            sender
        })
    }

    /// Keeps a refusal of a tenant's. Never waits: what there is no room for is only logged.
    pub fn keep(&self, about: &AboutRequest, refused: &RefusalMark, answer: &Answer<'_>) {
        let Some(tenant) = about.tenant() else { return };
        let record = RefusalRecord {
            request: answer.request,
            refused_at: answer.at,
            failed_check: match about.upstream_check() {
                Some(check) => format!("{UPSTREAM}{check}"),
                None => refused.failed_check.to_owned(),
            },
            shown: refused.shown.to_owned(),
            error: refused.error.map(str::to_owned),
            route: answer.route.to_owned(),
            status: answer.status,
            client_id: about.client_id().map(str::to_owned),
        };
        if self
            .sender()
            .try_send(Message::Refusal(Arc::clone(tenant), record))
            .is_err()
        {
            tracing::debug!("a refusal is not kept: too many wait");
        }
    }

    /// Waits until everything kept so far is stored, or given up.
    pub async fn written(&self) {
        let Some(sender) = self.0.get() else { return };
        let (done, written) = oneshot::channel();
        if sender.send(Message::Written(done)).await.is_ok() {
            // The task ends only with the process.
            written.await.unwrap_or(());
        }
    }
}

/// What is known of the answer that refuses.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The request's id.
    pub request: RequestId,
    /// When it was refused.
    pub at: Timestamp,
    /// The route, as its template.
    pub route: &'a str,
    /// The status.
    pub status: u16,
}

/// The refusals of one tenant since the last writing.
struct Gathered {
    tenant: Arc<Tenant>,
    refusals: Vec<RefusalRecord>,
}

impl Gathered {
    fn add(&mut self, record: RefusalRecord) {
        let alike = self
            .refusals
            .iter()
            .filter(|known| known.failed_check == record.failed_check);
        if self.refusals.len() < OF_ONE_TENANT && alike.count() < OF_ONE_CHECK {
            self.refusals.push(record);
        }
    }

    async fn write(&self) -> Result<(), StoreError> {
        let mut rows = self.tenant.store.begin().await?;
        for refusal in &self.refusals {
            rows.save_refusal(refusal, refusal.refused_at + KEPT).await?;
        }
        rows.commit().await
    }
}

/// Gathers and writes until nobody can refuse any more.
async fn write(mut receiver: mpsc::Receiver<Message>) {
    while let Some(first) = receiver.recv().await {
        let mut gathered: HashMap<TenantId, Gathered> = HashMap::new();
        let mut waiting = Vec::new();
        let until = Instant::now() + GATHERED;
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Refusal(tenant, record) => gathered
                    .entry(tenant.id)
                    .or_insert_with(|| Gathered {
                        tenant,
                        refusals: Vec::new(),
                    })
                    .add(record),
                Message::Written(done) => {
                    waiting.push(done);
                    break;
                }
            }
            next = tokio::select! {
                message = receiver.recv() => message,
                () = sleep_until(until) => None,
            };
        }
        for gathered in gathered.values() {
            // One tenant's broken database must not hold up the others' refusals.
            match timeout(LONGEST_WRITE, gathered.write()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(tenant_id = %gathered.tenant.id, %error, "refusals are not kept"),
                Err(_) => tracing::warn!(tenant_id = %gathered.tenant.id, "refusals are not kept: the store is slow"),
            }
        }
        for done in waiting {
            // Who asked may have gone.
            done.send(()).unwrap_or(());
        }
    }
}
