//! Tests of identity providers: whoever opens the link goes through the whole sign-in; nothing is issued and no account made.

use super::identity_providers::no_provider;
use super::sign_in_methods::settings_version;
use super::{ControlError, TenantAdmin};
use crate::federation::provider;
use crate::federation::trace::SignInTrace;
use crate::kernel::credential::{self, Kind};
use crate::kernel::id::SignInTestId;
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::store::tenant::{IdentityProviderRecord, NewSignInTest, StoredSignInTest};
use crate::tenant::roles::Permission;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// How long a test can be taken and finished.
const LIFETIME: Duration = Duration::from_hours(1);
/// How long its outcome can be seen.
const KEPT: Duration = Duration::from_hours(14 * 24);
/// Tests that are listed of one provider.
const LISTED: u32 = 20;

/// A test that was made just now. Its address is shown here and never again.
pub struct MadeSignInTest {
    /// Its id.
    pub id: SignInTestId,
    /// The address to open, once, in the browser that signs in.
    pub address: Secret<String>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A test, as administration shows it.
#[derive(Clone, Debug, Serialize)]
pub struct SignInTestSummary {
    /// Its id.
    pub id: SignInTestId,
    /// `waiting`, `started`, `finished` or `expired`.
    pub state: &'static str,
    /// `completed` when somebody would have been signed in, else the check that failed.
    pub outcome: Option<String>,
    /// Whether the settings are still those that were tested.
    pub current: bool,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// Until when it can be taken, RFC 3339.
    pub expires_at: String,
    /// When it was over, RFC 3339.
    pub finished_at: Option<String>,
    /// What happened: claims, what each rule did, why it was refused. Values are masked unless they were asked for.
    pub trace: Option<Value>,
}

impl TenantAdmin {
    /// Makes a link to a test of a provider, also of one that is switched off.
    pub async fn create_sign_in_test(&self, alias: &str) -> Result<MadeSignInTest, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        let record = self.tested_provider(alias).await?;
        let token = credential::generate(Kind::SignInTest, self.cx.entropy());
        let now = self.cx.now();
        let id = SignInTestId::new(now, self.cx.entropy());
        let expires_at = now + LIFETIME;
        let mut rows = self.cx.begin().await?;
        let version = settings_version(&mut rows, &record).await?;
        rows.insert_sign_in_test(&NewSignInTest {
            id,
            token: Sha256Hash::of(token.expose().as_bytes()),
            provider: record.id,
            settings_version: &version,
            created_at: now,
            expires_at,
            kept_until: now + KEPT,
        })
        .await?;
        self.record(
            &mut rows,
            "identity_provider.test_created",
            Some(alias),
            Some(&id.to_string()),
        )
        .await?;
        self.finish(rows).await?;
        let address = self.cx.urls().federation(alias, &format!("test/{}", token.expose()));
        Ok(MadeSignInTest {
            id,
            address: Secret::new(address),
            expires_at,
        })
    }

    /// The newest tests of a provider, the newest first, with masked traces.
    pub async fn list_sign_in_tests(&self, alias: &str) -> Result<Vec<SignInTestSummary>, ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        let record = self.tested_provider(alias).await?;
        let now = self.cx.now();
        let mut rows = self.cx.read().await?;
        let version = settings_version(&mut rows, &record).await?;
        let tests = rows.list_sign_in_tests(record.id, now, LISTED).await?;
        tests
            .into_iter()
            .map(|test| summary(test, &version, now, false))
            .collect()
    }

    /// One test. With `reveal`, its trace has the values that the provider sent, which is recorded.
    pub async fn get_sign_in_test(
        &self,
        alias: &str,
        id: &str,
        reveal: bool,
    ) -> Result<SignInTestSummary, ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        if reveal {
            self.require(Permission::RevealTraces)?;
        }
        let missing = || ControlError::NotFound {
            what: "test",
            name: id.to_owned(),
        };
        let wanted: SignInTestId = id.parse().map_err(|_| missing())?;
        let record = self.tested_provider(alias).await?;
        let now = self.cx.now();
        let mut rows = self.cx.begin().await?;
        let version = settings_version(&mut rows, &record).await?;
        let tests = rows.list_sign_in_tests(record.id, now, LISTED).await?;
        let test = tests.into_iter().find(|test| test.id == wanted).ok_or_else(missing)?;
        if reveal && test.trace.is_some() {
            self.record(&mut rows, "identity_provider.test_revealed", Some(alias), Some(id))
                .await?;
        }
        rows.commit().await?;
        summary(test, &version, now, reveal)
    }

    /// A provider at which there is something to test.
    async fn tested_provider(&self, alias: &str) -> Result<IdentityProviderRecord, ControlError> {
        match self.find_provider(alias).await? {
            Some(record) if record.kind != provider::LOCAL => Ok(record),
            Some(_) => Err(ControlError::Conflict(format!(
                "{alias} are the tenant's own accounts: there is no provider to test"
            ))),
            None => Err(no_provider(alias)),
        }
    }
}

fn summary(
    test: StoredSignInTest,
    version: &str,
    now: Timestamp,
    reveal: bool,
) -> Result<SignInTestSummary, ControlError> {
    let state = match (&test.finished_at, &test.binding) {
        (Some(_), _) => "finished",
        (None, _) if test.expires_at <= now => "expired",
        (None, Some(_)) => "started",
        (None, None) => "waiting",
    };
    let trace = test.trace.as_ref().map(SignInTrace::read).transpose()?;
    Ok(SignInTestSummary {
        id: test.id,
        state,
        outcome: test.outcome,
        current: test.settings_version == version,
        created_at: test.created_at.to_rfc3339(),
        expires_at: test.expires_at.to_rfc3339(),
        finished_at: test.finished_at.map(Timestamp::to_rfc3339),
        trace: match trace {
            Some(trace) if reveal => Some(serde_json::to_value(&trace)?),
            Some(trace) => Some(trace.masked()),
            None => None,
        },
    })
}
