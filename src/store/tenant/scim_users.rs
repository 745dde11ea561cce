//! Users as a directory describes them (RFC 7643 section 4.1), beside their accounts. Everything about them is sealed.

use crate::kernel::id::{AccountId, IdentityProviderId};
use crate::kernel::{Entropy, Sha256Hash, Timestamp};
use crate::keys::{Sealed, TenantKeyring};
use crate::store::tenant::scim_resources::{self, index};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::FromRow;
use uuid::Uuid;

const TABLE: &str = "scim_users";

/// What is kept of a user. Personal data: it has no `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScimUserDetails {
    /// The attributes, as the directory wrote them.
    pub attributes: Map<String, Value>,
    /// Roles of the account that it has by its groups alone.
    pub given_roles: Vec<String>,
}

/// A user.
#[derive(Clone)]
pub struct ScimUser {
    /// The account.
    pub account: AccountId,
    /// What the directory says.
    pub details: ScimUserDetails,
    /// Whether the account may not sign in.
    pub disabled: bool,
    /// Counts the changes.
    pub version: i64,
    /// Since when the directory has it here.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// By what a user is found; texts that are compared whatever the case come in lower case.
pub struct ScimUserKeys {
    /// The user's name at the directory.
    pub user_name: String,
    /// The directory's own name of the resource.
    pub external_id: Option<String>,
    /// E-mail addresses.
    pub emails: Vec<String>,
}

/// One of the keys.
#[derive(Clone, Copy)]
pub enum ScimUserKey<'a> {
    /// The user's name at the directory, in lower case.
    UserName(&'a str),
    /// The directory's own name of the resource.
    ExternalId(&'a str),
    /// An e-mail address, in lower case.
    Email(&'a str),
}

#[derive(FromRow)]
struct Row {
    account_id: Uuid,
    sealed_details: Vec<u8>,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    disabled_at: Option<Timestamp>,
}

/// The users of a connection, `$1` and `$2`, as rows; how they are narrowed and ordered follows.
macro_rules! users {
    ($rest:literal) => {
        concat!(
            "SELECT u.account_id, u.sealed_details, u.version, u.created_at, u.updated_at, a.disabled_at \
             FROM scim_users u JOIN accounts a ON a.tenant_id = u.tenant_id AND a.account_id = u.account_id \
             WHERE u.tenant_id = $1 AND u.identity_provider_id = $2 ",
            $rest
        )
    };
}

impl Row {
    fn open(self, keyring: &TenantKeyring) -> Result<ScimUser, StoreError> {
        let details = scim_resources::open(keyring, TABLE, self.account_id.as_bytes(), self.sealed_details)?;
        Ok(ScimUser {
            account: AccountId::from_uuid(self.account_id),
            details,
            disabled: self.disabled_at.is_some(),
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

fn index_of(keyring: &TenantKeyring, provider: IdentityProviderId, key: ScimUserKey<'_>) -> Sha256Hash {
    match key {
        ScimUserKey::UserName(text) => index(keyring, "scim_users.user_name", provider, text),
        ScimUserKey::ExternalId(text) => index(keyring, "scim_users.external_id", provider, text),
        ScimUserKey::Email(text) => index(keyring, "scim_users.email", provider, text),
    }
}

impl TenantTx {
    fn seal_scim_user(
        &self,
        account: AccountId,
        details: &ScimUserDetails,
        entropy: &dyn Entropy,
    ) -> Result<Sealed, StoreError> {
        scim_resources::seal(&self.keyring, TABLE, account.uuid().as_bytes(), details, entropy)
    }

    /// Notes that a directory has this account. False when it has it already, or has another one of the name.
    pub async fn insert_scim_user(
        &mut self,
        provider: IdentityProviderId,
        account: AccountId,
        keys: &ScimUserKeys,
        details: &ScimUserDetails,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let sealed = self.seal_scim_user(account, details, entropy)?;
        let name = index_of(&self.keyring, provider, ScimUserKey::UserName(&keys.user_name));
        let external = keys.external_id.as_deref().map(ScimUserKey::ExternalId);
        let external = external.map(|key| index_of(&self.keyring, provider, key));
        let inserted = on_tx!(self, |connection| {
            sqlx::query(
            "INSERT INTO scim_users (tenant_id, account_id, identity_provider_id, user_name_index, external_id_index, \
             sealed_details, version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7) \
             ON CONFLICT DO NOTHING",
        )
        .bind(tenant)
        .bind(account)
        .bind(provider)
        .bind(name)
        .bind(external)
        .bind(&sealed)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
        })?;
        if inserted == 1 {
            self.replace_scim_emails(provider, account, &keys.emails).await?;
        }
        Ok(inserted == 1)
    }

    /// Replaces a user, whose version rises. [`StoreError::Exists`] when another one has the name.
    pub async fn replace_scim_user(
        &mut self,
        provider: IdentityProviderId,
        account: AccountId,
        keys: &ScimUserKeys,
        details: &ScimUserDetails,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.seal_scim_user(account, details, entropy)?;
        let name = index_of(&self.keyring, provider, ScimUserKey::UserName(&keys.user_name));
        let external = keys.external_id.as_deref().map(ScimUserKey::ExternalId);
        let external = external.map(|key| index_of(&self.keyring, provider, key));
        on_tx!(self, |connection| sqlx::query(
            "UPDATE scim_users SET user_name_index = $4, external_id_index = $5, sealed_details = $6, \
             version = version + 1, updated_at = $7 \
             WHERE tenant_id = $1 AND account_id = $2 AND identity_provider_id = $3",
        )
        .bind(tenant)
        .bind(account)
        .bind(provider)
        .bind(name)
        .bind(external)
        .bind(&sealed)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        self.replace_scim_emails(provider, account, &keys.emails).await
    }

    /// Replaces the roles that a user has by groups alone. With `changed` the user's version rises: what is shown of it is not
    /// the same any more.
    pub async fn replace_scim_user_roles(
        &mut self,
        user: &ScimUser,
        changed: bool,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.seal_scim_user(user.account, &user.details, entropy)?;
        let updated_at = if changed { now } else { user.updated_at };
        on_tx!(self, |connection| sqlx::query(
            "UPDATE scim_users SET sealed_details = $3, version = version + $4, updated_at = $5 \
             WHERE tenant_id = $1 AND account_id = $2",
        )
        .bind(tenant)
        .bind(user.account)
        .bind(&sealed)
        .bind(i64::from(changed))
        .bind(updated_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    async fn replace_scim_emails(
        &mut self,
        provider: IdentityProviderId,
        account: AccountId,
        emails: &[String],
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM scim_user_emails WHERE tenant_id = $1 AND account_id = $2"
        )
        .bind(tenant)
        .bind(account)
        .execute(connection)
        .await
        .map(drop))?;
        for email in emails {
            let index = index_of(&self.keyring, provider, ScimUserKey::Email(email));
            on_tx!(self, |connection| sqlx::query(
                "INSERT INTO scim_user_emails (tenant_id, account_id, email_index) VALUES ($1, $2, $3) \
                 ON CONFLICT DO NOTHING"
            )
            .bind(tenant)
            .bind(account)
            .bind(index)
            .execute(connection)
            .await
            .map(drop))?;
        }
        Ok(())
    }

    /// A user of this connection.
    pub async fn find_scim_user(
        &mut self,
        provider: IdentityProviderId,
        account: AccountId,
    ) -> Result<Option<ScimUser>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(users!(
            "AND u.account_id = $3"
        ))
        .bind(tenant)
        .bind(provider)
        .bind(account)
        .fetch_optional(connection)
        .await)?
        .map(|row| row.open(&self.keyring))
        .transpose()
    }

    /// The same, held until the transaction ends: nobody else changes it meanwhile.
    pub async fn hold_scim_user(
        &mut self,
        provider: IdentityProviderId,
        account: AccountId,
    ) -> Result<Option<ScimUser>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE scim_users SET version = version \
             WHERE tenant_id = $1 AND identity_provider_id = $2 AND account_id = $3",
        )
        .bind(tenant)
        .bind(provider)
        .bind(account)
        .execute(connection)
        .await
        .map(drop))?;
        self.find_scim_user(provider, account).await
    }

    /// The users of this connection that have this key.
    pub async fn find_scim_users_by(
        &mut self,
        provider: IdentityProviderId,
        key: ScimUserKey<'_>,
    ) -> Result<Vec<ScimUser>, StoreError> {
        let tenant = self.tenant;
        let index = index_of(&self.keyring, provider, key);
        let condition = match key {
            ScimUserKey::UserName(_) => users!("AND u.user_name_index = $3"),
            ScimUserKey::ExternalId(_) => users!("AND u.external_id_index = $3 ORDER BY u.account_id"),
            ScimUserKey::Email(_) => users!(
                "AND u.account_id IN \
                 (SELECT account_id FROM scim_user_emails WHERE tenant_id = $1 AND email_index = $3) \
                 ORDER BY u.account_id"
            ),
        };
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(condition)
            .bind(tenant)
            .bind(provider)
            .bind(index)
            .fetch_all(connection)
            .await)?
        .into_iter()
        .map(|row| row.open(&self.keyring))
        .collect()
    }

    /// How many users this connection has.
    pub async fn count_scim_users(&mut self, provider: IdentityProviderId) -> Result<u64, StoreError> {
        let tenant = self.tenant;
        let count = on_tx!(self, |connection| sqlx::query_scalar::<_, i64>(
            "SELECT COUNT(*) FROM scim_users WHERE tenant_id = $1 AND identity_provider_id = $2"
        )
        .bind(tenant)
        .bind(provider)
        .fetch_one(connection)
        .await)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Up to `limit` users of this connection in order of their accounts, behind the first `skip`.
    pub async fn list_scim_users(
        &mut self,
        provider: IdentityProviderId,
        skip: u64,
        limit: u64,
    ) -> Result<Vec<ScimUser>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(users!(
            "ORDER BY u.account_id LIMIT $3 OFFSET $4"
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

    /// Forgets what a directory said of an account, and its groups. The account stays. False when it was not there.
    pub async fn delete_scim_user(
        &mut self,
        provider: IdentityProviderId,
        account: AccountId,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let deleted = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM scim_users WHERE tenant_id = $1 AND identity_provider_id = $2 AND account_id = $3"
        )
        .bind(tenant)
        .bind(provider)
        .bind(account)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        if deleted == 0 {
            return Ok(false);
        }
        for statement in [
            "DELETE FROM scim_user_emails WHERE tenant_id = $1 AND account_id = $2",
            "DELETE FROM scim_group_members WHERE tenant_id = $1 AND account_id = $2",
        ] {
            on_tx!(self, |connection| sqlx::query(statement)
                .bind(tenant)
                .bind(account)
                .execute(connection)
                .await
                .map(drop))?;
        }
        Ok(true)
    }
}
