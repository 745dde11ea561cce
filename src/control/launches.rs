//! Launch contexts, registered by administrators to try an app in a launch as from the EHR.

use super::users::client_of;
use super::{ControlError, TenantAdmin};
use crate::interaction::EhrLaunch;
use crate::kernel::credential::{self, Kind};
use crate::kernel::{Secret, Sha256Hash};
use crate::smart::LaunchContext;
use crate::store::tenant::AuditEvent;
use crate::tenant::roles::Permission;
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Duration;
use url::Url;

/// How long a handle may wait to be taken, as for an EHR's own.
const LIFETIME: Duration = Duration::from_mins(5);

/// A launch that was registered. The handle is shown here and never again.
pub struct RegisteredLaunch {
    /// `launch` of SMART App Launch 2.2.
    pub handle: Secret<String>,
    /// The address that begins the launch, if the app has one.
    pub launch_url: Option<String>,
    /// How long the handle waits.
    pub lifetime: Duration,
}

/// A launch that waits, without its context.
#[derive(Clone, Debug, Serialize)]
pub struct LaunchSummary {
    /// Its id, from which nobody gets the handle.
    pub id: String,
    /// The app it is for; `None` for any.
    pub client_id: Option<String>,
    /// Until when it waits, RFC 3339.
    pub expires_at: String,
    /// When it was taken, RFC 3339.
    pub taken_at: Option<String>,
}

impl TenantAdmin {
    /// Registers a launch of an app with a context, as an EHR would.
    pub async fn register_launch(
        &self,
        client_id: &str,
        context: Map<String, Value>,
    ) -> Result<RegisteredLaunch, ControlError> {
        self.require(Permission::ManageLaunches)?;
        let context = LaunchContext::from_members(context)
            .map_err(|error| ControlError::invalid(format!("context.{}", error.member), error.problem))?;
        let mut rows = self.begin_change().await?;
        let client = client_of(&mut rows, client_id).await?;
        let handle = credential::generate(Kind::LaunchHandle, self.cx.entropy());
        let launch = EhrLaunch {
            context,
            login_hint: None,
            user: None,
            signed_in: None,
        };
        let launch = Secret::new(serde_json::to_vec(&launch)?);
        let expires_at = self.cx.now() + LIFETIME;
        let hash = Sha256Hash::of(handle.expose().as_bytes());
        rows.insert_launch(hash, Some(client_id), launch.expose(), expires_at, self.cx.entropy())
            .await?;
        let event = AuditEvent {
            event: "launch.registered",
            outcome: "success",
            client_id: Some(client_id),
            target: Some(client_id),
            ..AuditEvent::default()
        };
        self.record_event(&mut rows, event).await?;
        self.finish(rows).await?;
        let base = self.cx.tenant().fhir_bases.first();
        let address = client.launch_uris.first().and_then(|uri| Url::parse(uri).ok());
        let launch_url = address.zip(base).map(|(mut address, base)| {
            address
                .query_pairs_mut()
                .append_pair("iss", base.as_str())
                .append_pair("launch", handle.expose());
            String::from(address)
        });
        Ok(RegisteredLaunch {
            handle,
            launch_url,
            lifetime: LIFETIME,
        })
    }

    /// Up to `limit` launches that have not expired, in order of id, after `after`.
    pub async fn list_launches(&self, after: &str, limit: u32) -> Result<Vec<LaunchSummary>, ControlError> {
        self.require(Permission::ManageLaunches)?;
        let after = Sha256Hash::from_base64url(after);
        let after = after.as_ref().map_or(&[][..], |hash| hash.as_bytes().as_slice());
        let mut rows = self.cx.read().await?;
        let launches = rows.list_launches(after, self.cx.now(), limit).await?;
        Ok(launches
            .into_iter()
            .filter_map(|launch| {
                Some(LaunchSummary {
                    id: Sha256Hash::from_bytes(&launch.id)?.to_base64url(),
                    client_id: launch.client_id,
                    expires_at: launch.expires_at.to_rfc3339(),
                    taken_at: launch.taken_at.map(crate::kernel::Timestamp::to_rfc3339),
                })
            })
            .collect())
    }

    /// Takes back a launch that waits.
    pub async fn delete_launch(&self, id: &str) -> Result<(), ControlError> {
        self.require(Permission::ManageLaunches)?;
        let missing = || ControlError::NotFound {
            what: "launch",
            name: id.to_owned(),
        };
        let hash = Sha256Hash::from_base64url(id).ok_or_else(missing)?;
        let mut rows = self.begin_change().await?;
        if !rows.delete_launch(hash).await? {
            return Err(missing());
        }
        self.record(&mut rows, "launch.deleted", Some(id), None).await?;
        self.finish(rows).await?;
        Ok(())
    }
}
