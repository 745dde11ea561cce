//! Users, which are accounts of the connection's provider (RFC 7643 section 4.1).

use super::connection::Connection;
use super::error::ScimError;
use super::filter::IndexKey;
use super::resource::{Aftermath, Attributes, Resource};
use super::schema::ResourceKind;
use super::user::{DescribedUser, shown};
use crate::federation::provisioning;
use crate::kernel::id::AccountId;
use crate::session;
use crate::store::tenant::{AuditEvent, ScimUser, ScimUserDetails, ScimUserKey};
use crate::store::{StoreError, TenantTx};
use serde_json::json;

/// Why grants and sessions ended.
const BECAUSE: &str = "deprovisioned";

fn taken(error: StoreError) -> ScimError {
    match error {
        StoreError::Exists => ScimError::taken("userName or externalId"),
        other => other.into(),
    }
}

impl Resource for ScimUser {
    type Id = AccountId;

    const KIND: ResourceKind = ResourceKind::User;
    const RELATED: &'static str = "groups";

    fn version(&self) -> i64 {
        self.version
    }

    async fn find(connection: &Connection, tx: &mut TenantTx, id: AccountId) -> Result<Option<Self>, StoreError> {
        tx.find_scim_user(connection.provider.id, id).await
    }

    async fn hold(connection: &Connection, tx: &mut TenantTx, id: AccountId) -> Result<Option<Self>, StoreError> {
        tx.hold_scim_user(connection.provider.id, id).await
    }

    async fn find_by(
        connection: &Connection,
        tx: &mut TenantTx,
        key: IndexKey<'_>,
    ) -> Result<Option<Vec<Self>>, StoreError> {
        let provider = connection.provider.id;
        let lower;
        let key = match key {
            IndexKey::UserName(text) => {
                lower = text.to_lowercase();
                ScimUserKey::UserName(&lower)
            }
            IndexKey::Email(text) => {
                lower = text.to_lowercase();
                ScimUserKey::Email(&lower)
            }
            IndexKey::ExternalId(text) => ScimUserKey::ExternalId(text),
            IndexKey::Id(_) | IndexKey::DisplayName(_) | IndexKey::Member(_) => return Ok(None),
        };
        tx.find_scim_users_by(provider, key).await.map(Some)
    }

    async fn count(connection: &Connection, tx: &mut TenantTx) -> Result<u64, StoreError> {
        tx.count_scim_users(connection.provider.id).await
    }

    async fn list(connection: &Connection, tx: &mut TenantTx, skip: u64, limit: u64) -> Result<Vec<Self>, StoreError> {
        tx.list_scim_users(connection.provider.id, skip, limit).await
    }

    async fn shown(&self, connection: &Connection, tx: &mut TenantTx, related: bool) -> Result<Attributes, StoreError> {
        let groups = if related {
            tx.list_scim_groups_of(connection.provider.id, self.account).await?
        } else {
            Vec::new()
        };
        Ok(shown(connection, self, &groups))
    }

    async fn attributes(&self, _: &mut TenantTx) -> Result<Attributes, StoreError> {
        Ok(self.details.attributes.clone())
    }

    /// A replacement that does not say whether somebody may sign in does not decide it.
    fn replacement(before: &Attributes, mut attributes: Attributes) -> Attributes {
        if let Some(active) = before.get("active") {
            attributes.entry("active").or_insert(active.clone());
        }
        attributes
    }

    async fn create(
        connection: &Connection,
        tx: &mut TenantTx,
        mut attributes: Attributes,
    ) -> Result<(AccountId, Aftermath), ScimError> {
        let (cx, provider) = (&connection.cx, &connection.provider);
        attributes.entry("active").or_insert(json!(true));
        let described = DescribedUser::check(attributes, provider.provisioning.subject)?;
        // Somebody who signed in before the directory came has an account already: it is that one.
        let account = tx
            .provision_account(provider.id, &described.subject, cx.now(), cx.entropy())
            .await?;
        let details = ScimUserDetails {
            attributes: described.attributes.clone(),
            given_roles: Vec::new(),
        };
        let inserted = tx
            .insert_scim_user(
                provider.id,
                account.id,
                &described.keys,
                &details,
                cx.now(),
                cx.entropy(),
            )
            .await?;
        if !inserted {
            return Err(ScimError::taken("userName or externalId"));
        }
        let profile = described.profile(&account.profile);
        tx.replace_account_profile(&account, &profile, cx.entropy()).await?;
        let event = AuditEvent {
            event: "user.saved",
            account: Some(account.id),
            detail: Some("created"),
            ..AuditEvent::default()
        };
        connection.record(tx, event).await?;
        let aftermath = set_active(connection, tx, account.id, described.active()).await?;
        Ok((account.id, aftermath))
    }

    async fn update(
        mut self,
        connection: &Connection,
        tx: &mut TenantTx,
        attributes: Attributes,
    ) -> Result<Aftermath, ScimError> {
        let (cx, provider, id) = (&connection.cx, &connection.provider, self.account);
        let described = DescribedUser::check(attributes, provider.provisioning.subject)?;
        let account = tx.find_account(id).await?.ok_or_else(ScimError::not_found)?;
        let profile = described.profile(&account.profile);
        if described.attributes != self.details.attributes {
            self.details.attributes.clone_from(&described.attributes);
            tx.replace_scim_user(provider.id, id, &described.keys, &self.details, cx.now(), cx.entropy())
                .await
                .map_err(taken)?;
            if profile != account.profile {
                tx.replace_account_profile(&account, &profile, cx.entropy())
                    .await
                    .map_err(taken)?;
            }
            let event = AuditEvent {
                event: "user.saved",
                account: Some(id),
                detail: Some("updated"),
                ..AuditEvent::default()
            };
            connection.record(tx, event).await?;
        }
        Ok(set_active(connection, tx, id, described.active()).await?)
    }

    /// The account stays, shut out: what it did remains its own, and nobody gets it by the same subject unless the directory brings
    /// them again.
    async fn delete(self, connection: &Connection, tx: &mut TenantTx) -> Result<Aftermath, ScimError> {
        let (cx, id) = (&connection.cx, self.account);
        let aftermath = set_active(connection, tx, id, Some(false)).await?;
        if let Some(account) = tx.find_account(id).await? {
            let mut profile = account.profile.clone();
            provisioning::take_given_roles(&mut profile, &self);
            tx.replace_account_profile(&account, &profile, cx.entropy()).await?;
        }
        tx.delete_scim_user(connection.provider.id, id).await?;
        let event = AuditEvent {
            event: "user.deprovisioned",
            account: Some(id),
            ..AuditEvent::default()
        };
        connection.record(tx, event).await?;
        Ok(aftermath)
    }
}

/// Lets the user in or shuts them out, if the directory says which and it is not so. Shut out, their sessions end, and every
/// grant with its tokens, for good: whoever comes back signs in again.
async fn set_active(
    connection: &Connection,
    tx: &mut TenantTx,
    account: AccountId,
    active: Option<bool>,
) -> Result<Aftermath, StoreError> {
    let cx = &connection.cx;
    let mut aftermath = Aftermath::default();
    let event = match active {
        Some(true) if tx.enable_by_directory(account).await? => "user.enabled",
        Some(false) if tx.disable_by_directory(account, cx.now()).await? => {
            tx.revoke_grants_of_account(account, BECAUSE, cx.now()).await?;
            loop {
                // A part of them at a time.
                let ended = session::end_all(cx, tx, account, None, BECAUSE).await?;
                aftermath.has_notices |= ended.has_notices;
                if ended.count == 0 {
                    break;
                }
            }
            "user.disabled"
        }
        _ => return Ok(aftermath),
    };
    let event = AuditEvent {
        event,
        account: Some(account),
        ..AuditEvent::default()
    };
    connection.record(tx, event).await?;
    Ok(aftermath)
}
