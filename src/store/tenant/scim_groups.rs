//! Groups that a directory keeps (RFC 7643 section 4.2), and who is in them. Their names are sealed.

use crate::kernel::id::{AccountId, IdentityProviderId, ScimGroupId};
use crate::kernel::{Entropy, Sha256Hash, Timestamp};
use crate::keys::{Sealed, TenantKeyring};
use crate::store::tenant::scim_resources::{self, index};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

const TABLE: &str = "scim_groups";

/// What a directory says of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewScimGroup {
    /// Its name.
    pub display_name: String,
    /// The directory's own name of the resource.
    pub external_id: Option<String>,
}

/// A group.
#[derive(Clone, Debug)]
pub struct ScimGroup {
    /// Its id.
    pub id: ScimGroupId,
    /// What the directory says.
    pub details: NewScimGroup,
    /// Counts the changes, those of its members too.
    pub version: i64,
    /// Since when the directory has it here.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// By what a group is found.
#[derive(Clone, Copy, Debug)]
pub enum ScimGroupKey<'a> {
    /// Its name, in lower case.
    DisplayName(&'a str),
    /// The directory's own name of the resource.
    ExternalId(&'a str),
    /// One of its members.
    Member(AccountId),
}

#[derive(FromRow)]
struct Row {
    group_id: Uuid,
    sealed_details: Vec<u8>,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// The groups of a connection, `$1` and `$2`, as rows; how they are narrowed and ordered follows.
macro_rules! groups {
    ($rest:literal) => {
        concat!(
            "SELECT group_id, sealed_details, version, created_at, updated_at FROM scim_groups \
             WHERE tenant_id = $1 AND identity_provider_id = $2 ",
            $rest
        )
    };
}

impl Row {
    fn open(self, keyring: &TenantKeyring) -> Result<ScimGroup, StoreError> {
        let details = scim_resources::open(keyring, TABLE, self.group_id.as_bytes(), self.sealed_details)?;
        Ok(ScimGroup {
            id: ScimGroupId::from_uuid(self.group_id),
            details,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

fn name_index(keyring: &TenantKeyring, provider: IdentityProviderId, name: &str) -> Sha256Hash {
    index(keyring, "scim_groups.display_name", provider, &name.to_lowercase())
}

fn external_index(keyring: &TenantKeyring, provider: IdentityProviderId, external_id: &str) -> Sha256Hash {
    index(keyring, "scim_groups.external_id", provider, external_id)
}

impl TenantTx {
    fn seal_scim_group(
        &self,
        group: ScimGroupId,
        details: &NewScimGroup,
        entropy: &dyn Entropy,
    ) -> Result<Sealed, StoreError> {
        scim_resources::seal(&self.keyring, TABLE, group.uuid().as_bytes(), details, entropy)
    }

    /// Makes a group without members.
    pub async fn insert_scim_group(
        &mut self,
        provider: IdentityProviderId,
        details: &NewScimGroup,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<ScimGroup, StoreError> {
        let tenant = self.tenant;
        let id = ScimGroupId::new(now, entropy);
        let sealed = self.seal_scim_group(id, details, entropy)?;
        let name = name_index(&self.keyring, provider, &details.display_name);
        let external = details.external_id.as_deref();
        let external = external.map(|text| external_index(&self.keyring, provider, text));
        on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO scim_groups (tenant_id, group_id, identity_provider_id, display_name_index, external_id_index, \
             sealed_details, version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7)",
        )
        .bind(tenant)
        .bind(id)
        .bind(provider)
        .bind(name)
        .bind(external)
        .bind(&sealed)
        .bind(now)
        .execute(connection)
        .await
        .map(drop)
        })?;
        Ok(ScimGroup {
            id,
            details: details.clone(),
            version: 1,
            created_at: now,
            updated_at: now,
        })
    }

    /// Replaces what is said of a group; its version rises, also when only its members changed.
    pub async fn replace_scim_group(
        &mut self,
        provider: IdentityProviderId,
        group: ScimGroupId,
        details: &NewScimGroup,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.seal_scim_group(group, details, entropy)?;
        let name = name_index(&self.keyring, provider, &details.display_name);
        let external = details.external_id.as_deref();
        let external = external.map(|text| external_index(&self.keyring, provider, text));
        on_tx!(self, |connection| sqlx::query(
            "UPDATE scim_groups SET display_name_index = $4, external_id_index = $5, sealed_details = $6, \
             version = version + 1, updated_at = $7 \
             WHERE tenant_id = $1 AND group_id = $2 AND identity_provider_id = $3",
        )
        .bind(tenant)
        .bind(group)
        .bind(provider)
        .bind(name)
        .bind(external)
        .bind(&sealed)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// A group of this connection.
    pub async fn find_scim_group(
        &mut self,
        provider: IdentityProviderId,
        group: ScimGroupId,
    ) -> Result<Option<ScimGroup>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(groups!(
            "AND group_id = $3"
        ))
        .bind(tenant)
        .bind(provider)
        .bind(group)
        .fetch_optional(connection)
        .await)?
        .map(|row| row.open(&self.keyring))
        .transpose()
    }

    /// The same, held until the transaction ends: nobody else changes it meanwhile.
    pub async fn hold_scim_group(
        &mut self,
        provider: IdentityProviderId,
        group: ScimGroupId,
    ) -> Result<Option<ScimGroup>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE scim_groups SET version = version \
             WHERE tenant_id = $1 AND identity_provider_id = $2 AND group_id = $3",
        )
        .bind(tenant)
        .bind(provider)
        .bind(group)
        .execute(connection)
        .await
        .map(drop))?;
        self.find_scim_group(provider, group).await
    }

    /// The groups of this connection that have this key.
    pub async fn find_scim_groups_by(
        &mut self,
        provider: IdentityProviderId,
        key: ScimGroupKey<'_>,
    ) -> Result<Vec<ScimGroup>, StoreError> {
        let tenant = self.tenant;
        let (statement, bound): (&str, Vec<u8>) = match key {
            ScimGroupKey::DisplayName(name) => (
                groups!("AND display_name_index = $3 ORDER BY group_id"),
                name_index(&self.keyring, provider, name).as_bytes().to_vec(),
            ),
            ScimGroupKey::ExternalId(text) => (
                groups!("AND external_id_index = $3 ORDER BY group_id"),
                external_index(&self.keyring, provider, text).as_bytes().to_vec(),
            ),
            ScimGroupKey::Member(account) => return self.list_scim_groups_of(provider, account).await,
        };
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(statement)
            .bind(tenant)
            .bind(provider)
            .bind(&bound)
            .fetch_all(connection)
            .await)?
        .into_iter()
        .map(|row| row.open(&self.keyring))
        .collect()
    }

    /// The groups of this connection to which an account belongs.
    pub async fn list_scim_groups_of(
        &mut self,
        provider: IdentityProviderId,
        account: AccountId,
    ) -> Result<Vec<ScimGroup>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT g.group_id, g.sealed_details, g.version, g.created_at, g.updated_at FROM scim_group_members m \
             JOIN scim_groups g ON g.tenant_id = m.tenant_id AND g.group_id = m.group_id \
             WHERE m.tenant_id = $1 AND g.identity_provider_id = $2 AND m.account_id = $3 ORDER BY g.group_id",
        )
        .bind(tenant)
        .bind(provider)
        .bind(account)
        .fetch_all(connection)
        .await)?
        .into_iter()
        .map(|row| row.open(&self.keyring))
        .collect()
    }

    /// How many groups this connection has.
    pub async fn count_scim_groups(&mut self, provider: IdentityProviderId) -> Result<u64, StoreError> {
        let tenant = self.tenant;
        let count = on_tx!(self, |connection| sqlx::query_scalar::<_, i64>(
            "SELECT COUNT(*) FROM scim_groups WHERE tenant_id = $1 AND identity_provider_id = $2"
        )
        .bind(tenant)
        .bind(provider)
        .fetch_one(connection)
        .await)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Up to `limit` groups of this connection in order of their ids, behind the first `skip`.
    pub async fn list_scim_groups(
        &mut self,
        provider: IdentityProviderId,
        skip: u64,
        limit: u64,
    ) -> Result<Vec<ScimGroup>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(groups!(
            "ORDER BY group_id LIMIT $3 OFFSET $4"
        ))
        .bind(tenant)
        .bind(provider)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(i64::try_from(skip).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await)?
        .into_iter()
        .map(|row| row.open(&self.keyring))
        .collect()
    }

    /// The members of a group, in order of their accounts.
    pub async fn list_scim_members(&mut self, group: ScimGroupId) -> Result<Vec<AccountId>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_scalar::<_, AccountId>(
            "SELECT account_id FROM scim_group_members WHERE tenant_id = $1 AND group_id = $2 ORDER BY account_id"
        )
        .bind(tenant)
        .bind(group)
        .fetch_all(connection)
        .await)?)
    }

    /// Adds a user of this connection to one of its groups. False when there is no such user, or it is a member.
    pub async fn insert_scim_member(
        &mut self,
        provider: IdentityProviderId,
        group: ScimGroupId,
        account: AccountId,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let inserted = on_tx!(self, |connection| sqlx::query(
            "INSERT INTO scim_group_members (tenant_id, group_id, account_id) \
             SELECT u.tenant_id, $2, u.account_id FROM scim_users u \
             WHERE u.tenant_id = $1 AND u.account_id = $3 AND u.identity_provider_id = $4 ON CONFLICT DO NOTHING",
        )
        .bind(tenant)
        .bind(group)
        .bind(account)
        .bind(provider)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(inserted == 1)
    }

    /// Takes a user out of a group.
    pub async fn delete_scim_member(&mut self, group: ScimGroupId, account: AccountId) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM scim_group_members WHERE tenant_id = $1 AND group_id = $2 AND account_id = $3"
        )
        .bind(tenant)
        .bind(group)
        .bind(account)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Removes a group and its memberships. False when it was not there.
    pub async fn delete_scim_group(
        &mut self,
        provider: IdentityProviderId,
        group: ScimGroupId,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let deleted = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM scim_groups WHERE tenant_id = $1 AND identity_provider_id = $2 AND group_id = $3"
        )
        .bind(tenant)
        .bind(provider)
        .bind(group)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        if deleted == 0 {
            return Ok(false);
        }
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM scim_group_members WHERE tenant_id = $1 AND group_id = $2"
        )
        .bind(tenant)
        .bind(group)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(true)
    }
}
