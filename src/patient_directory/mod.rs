//! The tenant's patients and encounters, asked at the tenant's FHIR server with the tenant's own credential.
//!
//! Searches are posted, so that no name stands in an address. Nothing that was asked or answered is logged; failures say
//! which host and which step, never which patient.

mod answer;
mod backend_keys;
mod check;
mod client;
mod credential;
mod encounters;
mod failure;
mod own_token;
mod paging;
mod picker_page;
mod related;
mod search;
mod user_lookup;

pub use backend_keys::{ProvideKeyError, backend_jwks, provide_backend_key};
pub use check::{CheckOutcome, CheckStep};
pub use encounters::FoundEncounter;
pub use failure::DirectoryError;
pub use own_token::is_own_client;
pub use paging::{PageOf, Pages};
pub use picker_page::{PatientDisplay, PickerAnswer, PickerAnswerError};
pub use search::{Found, FoundPatient, PatientSearch};
pub use user_lookup::IdentifiedUser;

use crate::kernel::id::TenantId;
use crate::outbound::Outbound;
use credential::Fetched;
use moka::future::Cache;
use picker_page::PageKeys;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The name under which the tenant's secret for its FHIR server is stored: a bearer token or a client secret.
pub const PATIENT_DIRECTORY_SECRET: &str = "patient_directory_credential";
/// The client id of access tokens that a tenant makes for itself, to ask a FHIR server that takes its tokens. No app can
/// be registered under it.
pub const OWN_CLIENT_ID: &str = "wardkey-patient-directory";
/// Tenants whose tokens are kept.
const CACHED_TOKENS: u64 = 10_000;

struct Inner {
    outbound: Outbound,
    tokens: Cache<(TenantId, i64), Arc<Fetched>>,
    page_keys: Cache<(TenantId, i64), Arc<PageKeys>>,
    patience: Duration,
}

/// Asks tenants' FHIR servers. Cheap to clone.
#[derive(Clone)]
pub struct PatientDirectory(Arc<Inner>);

impl fmt::Debug for PatientDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PatientDirectory")
    }
}

impl PatientDirectory {
    /// Asks through `outbound`. A question with all that belongs to it, such as fetching a token, takes little longer than
    /// one exchange may take.
    pub fn new(outbound: Outbound) -> Self {
        let policy = outbound.policy();
        let patience = policy.total_timeout + policy.connect_timeout;
        Self(Arc::new(Inner {
            outbound,
            tokens: Cache::builder()
                .max_capacity(CACHED_TOKENS)
                .time_to_live(Duration::from_hours(1))
                .build(),
            page_keys: Cache::builder()
                .max_capacity(CACHED_TOKENS)
                .time_to_live(Duration::from_hours(1))
                .build(),
            patience,
        }))
    }
}
