//! Groups, and who is in them (RFC 7643 section 4.2). Their members' roles follow at once.

use super::connection::Connection;
use super::error::ScimError;
use super::filter::IndexKey;
use super::group::{DescribedGroup, attributes, no_such_member, shown};
use super::resource::{Aftermath, Attributes, Resource};
use super::schema::{MEMBERS, ResourceKind};
use crate::federation::provisioning;
use crate::kernel::id::{AccountId, ScimGroupId};
use crate::store::tenant::{AuditEvent, ScimGroup, ScimGroupKey};
use crate::store::{StoreError, TenantTx};
use std::collections::BTreeSet;

impl Resource for ScimGroup {
    type Id = ScimGroupId;

    const KIND: ResourceKind = ResourceKind::Group;
    const RELATED: &'static str = MEMBERS;

    fn version(&self) -> i64 {
        self.version
    }

    async fn find(connection: &Connection, tx: &mut TenantTx, id: ScimGroupId) -> Result<Option<Self>, StoreError> {
        tx.find_scim_group(connection.provider.id, id).await
    }

    async fn hold(connection: &Connection, tx: &mut TenantTx, id: ScimGroupId) -> Result<Option<Self>, StoreError> {
        tx.hold_scim_group(connection.provider.id, id).await
    }

    async fn find_by(
        connection: &Connection,
        tx: &mut TenantTx,
        key: IndexKey<'_>,
    ) -> Result<Option<Vec<Self>>, StoreError> {
        let key = match key {
            IndexKey::Member(id) => match id.parse() {
                Ok(account) => ScimGroupKey::Member(account),
                Err(_) => return Ok(Some(Vec::new())),
            },
            IndexKey::DisplayName(text) => ScimGroupKey::DisplayName(text),
            IndexKey::ExternalId(text) => ScimGroupKey::ExternalId(text),
            IndexKey::Id(_) | IndexKey::UserName(_) | IndexKey::Email(_) => return Ok(None),
        };
        tx.find_scim_groups_by(connection.provider.id, key).await.map(Some)
    }

    async fn count(connection: &Connection, tx: &mut TenantTx) -> Result<u64, StoreError> {
        tx.count_scim_groups(connection.provider.id).await
    }

    async fn list(connection: &Connection, tx: &mut TenantTx, skip: u64, limit: u64) -> Result<Vec<Self>, StoreError> {
        tx.list_scim_groups(connection.provider.id, skip, limit).await
    }

    async fn shown(&self, connection: &Connection, tx: &mut TenantTx, related: bool) -> Result<Attributes, StoreError> {
        let members = if related {
            tx.list_scim_members(self.id).await?
        } else {
            Vec::new()
        };
        Ok(shown(connection, self, &members))
    }

    async fn attributes(&self, tx: &mut TenantTx) -> Result<Attributes, StoreError> {
        Ok(attributes(self, &tx.list_scim_members(self.id).await?))
    }

    async fn create(
        connection: &Connection,
        tx: &mut TenantTx,
        attributes: Attributes,
    ) -> Result<(ScimGroupId, Aftermath), ScimError> {
        let (cx, provider) = (&connection.cx, &connection.provider);
        let described = DescribedGroup::check(&attributes)?;
        let group = tx
            .insert_scim_group(provider.id, &described.details, cx.now(), cx.entropy())
            .await?;
        set_members(connection, tx, group.id, &[], &described.members, false).await?;
        record(connection, tx, "group.saved", group.id, Some("created")).await?;
        Ok((group.id, Aftermath::default()))
    }

    async fn update(
        self,
        connection: &Connection,
        tx: &mut TenantTx,
        attributes: Attributes,
    ) -> Result<Aftermath, ScimError> {
        let (cx, provider) = (&connection.cx, &connection.provider);
        let described = DescribedGroup::check(&attributes)?;
        let before = tx.list_scim_members(self.id).await?;
        let renamed = described.details != self.details;
        let same_members =
            before.len() == described.members.len() && before.iter().all(|member| described.members.contains(member));
        if renamed || !same_members {
            tx.replace_scim_group(provider.id, self.id, &described.details, cx.now(), cx.entropy())
                .await?;
            set_members(connection, tx, self.id, &before, &described.members, renamed).await?;
            record(connection, tx, "group.saved", self.id, Some("updated")).await?;
        }
        Ok(Aftermath::default())
    }

    async fn delete(self, connection: &Connection, tx: &mut TenantTx) -> Result<Aftermath, ScimError> {
        let (cx, provider) = (&connection.cx, &connection.provider);
        let members = tx.list_scim_members(self.id).await?;
        tx.delete_scim_group(provider.id, self.id).await?;
        for member in members {
            provisioning::refresh_roles(cx, tx, provider, member).await?;
        }
        record(connection, tx, "group.deleted", self.id, None).await?;
        Ok(Aftermath::default())
    }
}

/// Makes `wanted` the members, and brings the roles of everybody up to it whom it concerns: who came or went, and all of them
/// when the group has another name.
async fn set_members(
    connection: &Connection,
    tx: &mut TenantTx,
    group: ScimGroupId,
    before: &[AccountId],
    wanted: &BTreeSet<AccountId>,
    renamed: bool,
) -> Result<(), ScimError> {
    let (cx, provider) = (&connection.cx, &connection.provider);
    let before: BTreeSet<AccountId> = before.iter().copied().collect();
    for gone in before.difference(wanted) {
        tx.delete_scim_member(group, *gone).await?;
    }
    for new in wanted.difference(&before) {
        if !tx.insert_scim_member(provider.id, group, *new).await? {
            return Err(no_such_member());
        }
    }
    let concerned: Vec<AccountId> = if renamed {
        before.union(wanted).copied().collect()
    } else {
        before.symmetric_difference(wanted).copied().collect()
    };
    for account in concerned {
        provisioning::refresh_roles(cx, tx, provider, account).await?;
    }
    Ok(())
}

async fn record(
    connection: &Connection,
    tx: &mut TenantTx,
    event: &'static str,
    group: ScimGroupId,
    detail: Option<&str>,
) -> Result<(), StoreError> {
    let target = group.to_string();
    let event = AuditEvent {
        event,
        target: Some(&target),
        detail,
        ..AuditEvent::default()
    };
    connection.record(tx, event).await
}
