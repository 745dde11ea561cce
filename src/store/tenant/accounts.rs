//! Accounts: one per (tenant, identity provider, subject). Names and identifiers are sealed.

use crate::kernel::id::{AccountId, IdentityProviderId};
use crate::kernel::{Entropy, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed, TenantKeyring};
use crate::smart::FhirUser;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

/// What is known of a user. Personal data: sealed at rest, absent from logs, so it has no `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountProfile {
    /// The subject at the identity provider, or the user name of a local account.
    pub subject: String,
    /// Full name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Relative reference of the user's FHIR resource, `Practitioner/123`.
    pub fhir_user: Option<String>,
    /// The patient record that is the user's own.
    pub patient: Option<String>,
    /// Further records the user may open: those of the patients for whom they act.
    pub patients: Vec<String>,
    /// National Provider Identifier.
    pub npi: Option<String>,
    /// Roles by the tenant's mapping.
    pub roles: Vec<String>,
}

/// An account.
#[derive(Clone)]
pub struct Account {
    /// The account's id; `sub` in tokens.
    pub id: AccountId,
    /// Where it signs in.
    pub identity_provider: IdentityProviderId,
    /// What is known of the user.
    pub profile: AccountProfile,
    /// Argon2id hash of a local account, in PHC form.
    pub password_hash: Option<String>,
    /// Set when the account may no longer sign in.
    pub disabled_at: Option<Timestamp>,
}

/// An account with its times, as it is listed.
#[derive(Clone)]
pub struct ListedAccount {
    /// The account.
    pub account: Account,
    /// Since when it is known.
    pub created_at: Timestamp,
    /// When its holder last signed in.
    pub last_sign_in_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    row: Row,
    created_at: Timestamp,
    last_sign_in_at: Option<Timestamp>,
}

impl ListedRow {
    fn open(self, keyring: &TenantKeyring) -> Result<ListedAccount, StoreError> {
        Ok(ListedAccount {
            account: self.row.open(keyring)?,
            created_at: self.created_at,
            last_sign_in_at: self.last_sign_in_at,
        })
    }
}

#[derive(FromRow)]
struct Row {
    account_id: Uuid,
    identity_provider_id: Uuid,
    sealed_profile: Vec<u8>,
    password_hash: Option<String>,
    disabled_at: Option<Timestamp>,
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "accounts",
        column: "sealed_profile",
        row,
    }
}

impl Row {
    fn open(self, keyring: &TenantKeyring) -> Result<Account, StoreError> {
        let plain = keyring.open(
            place(self.account_id.as_bytes()),
            &Sealed::from_bytes(self.sealed_profile),
        )?;
        let profile = serde_json::from_slice(plain.expose())
            .map_err(|_| StoreError::corrupt("accounts", "sealed_profile", "not a profile"))?;
        Ok(Account {
            id: AccountId::from_uuid(self.account_id),
            identity_provider: IdentityProviderId::from_uuid(self.identity_provider_id),
            profile,
            password_hash: self.password_hash,
            disabled_at: self.disabled_at,
        })
    }
}

fn subject_index(keyring: &TenantKeyring, provider: IdentityProviderId, subject: &str) -> Sha256Hash {
    let mut value = provider.uuid().as_bytes().to_vec();
    value.extend_from_slice(subject.as_bytes());
    keyring.blind_index("accounts.subject", &value)
}

/// The index of the user's FHIR resource; `None` for users without one.
fn fhir_user_index(keyring: &TenantKeyring, profile: &AccountProfile) -> Option<Sha256Hash> {
    let user = FhirUser::parse_relative(profile.fhir_user.as_deref()?).ok()?;
    Some(index_of(keyring, &user))
}

fn index_of(keyring: &TenantKeyring, user: &FhirUser) -> Sha256Hash {
    keyring.blind_index("accounts.fhir_user", user.to_string().as_bytes())
}

impl TenantTx {
    /// The account with this id.
    pub async fn find_account(&mut self, account: AccountId) -> Result<Option<Account>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT account_id, identity_provider_id, sealed_profile, password_hash, disabled_at FROM accounts \
             WHERE tenant_id = $1 AND account_id = $2",
        )
        .bind(tenant)
        .bind(account)
        .fetch_optional(connection)
        .await)?
        .map(|row| row.open(&self.keyring))
        .transpose()
    }

    /// The account of `subject` at `provider`.
    pub async fn find_account_by_subject(
        &mut self,
        provider: IdentityProviderId,
        subject: &str,
    ) -> Result<Option<Account>, StoreError> {
        let tenant = self.tenant;
        let index = subject_index(&self.keyring, provider, subject);
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT account_id, identity_provider_id, sealed_profile, password_hash, disabled_at FROM accounts \
             WHERE tenant_id = $1 AND identity_provider_id = $2 AND subject_index = $3",
        )
        .bind(tenant)
        .bind(provider)
        .bind(index)
        .fetch_optional(connection)
        .await)?
        .map(|row| row.open(&self.keyring))
        .transpose()
    }

    /// The accounts whose FHIR resource is `user`, two at most: whoever asks wants to know whether there is exactly one.
    pub async fn find_accounts_by_fhir_user(&mut self, user: &FhirUser) -> Result<Vec<Account>, StoreError> {
        let tenant = self.tenant;
        let index = index_of(&self.keyring, user);
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT account_id, identity_provider_id, sealed_profile, password_hash, disabled_at FROM accounts \
             WHERE tenant_id = $1 AND fhir_user_index = $2 ORDER BY disabled_at IS NOT NULL LIMIT 2",
        )
        .bind(tenant)
        .bind(index)
        .fetch_all(connection)
        .await)?
        .into_iter()
        .map(|row| row.open(&self.keyring))
        .collect()
    }

    /// Creates the account of `profile.subject` at `provider`, or refreshes what is known of it, and notes the sign-in.
    /// A password hash is kept unless a new one is given. Two first sign-ins at once end in one account.
    pub async fn save_account(
        &mut self,
        provider: IdentityProviderId,
        profile: &AccountProfile,
        password_hash: Option<&str>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Account, StoreError> {
        let tenant = self.tenant;
        let index = subject_index(&self.keyring, provider, &profile.subject);
        // Claims the row first, since the profile is sealed for the id that the row ends up with.
        let row = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "INSERT INTO accounts (tenant_id, account_id, identity_provider_id, subject_index, sealed_profile, \
             password_hash, created_at, last_sign_in_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) \
             ON CONFLICT (tenant_id, identity_provider_id, subject_index) DO UPDATE \
             SET last_sign_in_at = excluded.last_sign_in_at, \
                 password_hash = COALESCE(excluded.password_hash, accounts.password_hash) \
             RETURNING account_id, identity_provider_id, sealed_profile, password_hash, disabled_at",
        )
        .bind(tenant)
        .bind(AccountId::new(now, entropy))
        .bind(provider)
        .bind(index)
        .bind(Vec::<u8>::new())
        .bind(password_hash)
        .bind(now)
        .fetch_one(connection)
        .await)?;
        let plain = crate::kernel::Secret::new(
            serde_json::to_vec(profile).map_err(|error| StoreError::corrupt("accounts", "sealed_profile", error))?,
        );
        let sealed = self
            .keyring
            .seal(place(row.account_id.as_bytes()), plain.expose(), entropy)?;
        let fhir_user = fhir_user_index(&self.keyring, profile);
        on_tx!(self, |connection| sqlx::query(
            "UPDATE accounts SET sealed_profile = $3, fhir_user_index = $4 WHERE tenant_id = $1 AND account_id = $2",
        )
        .bind(tenant)
        .bind(row.account_id)
        .bind(&sealed)
        .bind(fhir_user)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(Account {
            id: AccountId::from_uuid(row.account_id),
            identity_provider: provider,
            profile: profile.clone(),
            password_hash: row.password_hash,
            disabled_at: row.disabled_at,
        })
    }

    /// Lets the account of one (provider, subject) become that of another, unless the other has one already: then, and when the
    /// first has none, nothing is done. Its password is forgotten: it was for signing in at the first.
    pub async fn move_account(
        &mut self,
        from: (IdentityProviderId, &str),
        to: (IdentityProviderId, &str),
    ) -> Result<Option<AccountId>, StoreError> {
        let tenant = self.tenant;
        let before = subject_index(&self.keyring, from.0, from.1);
        let after = subject_index(&self.keyring, to.0, to.1);
        Ok(on_tx!(self, |connection| sqlx::query_scalar::<_, AccountId>(
            "UPDATE accounts SET identity_provider_id = $4, subject_index = $5, password_hash = NULL \
             WHERE tenant_id = $1 AND identity_provider_id = $2 AND subject_index = $3 AND NOT EXISTS \
             (SELECT 1 FROM accounts taken WHERE taken.tenant_id = $1 AND taken.identity_provider_id = $4 \
             AND taken.subject_index = $5) RETURNING account_id",
        )
        .bind(tenant)
        .bind(from.0)
        .bind(before)
        .bind(to.0)
        .bind(after)
        .fetch_optional(connection)
        .await)?)
    }

    /// Up to `limit` accounts in order of age, after `after`.
    pub async fn list_accounts(
        &mut self,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<ListedAccount>, StoreError> {
        let tenant = self.tenant;
        let rows = on_tx!(self, |connection| sqlx::query_as::<_, ListedRow>(
            "SELECT account_id, identity_provider_id, sealed_profile, password_hash, disabled_at, created_at, \
             last_sign_in_at FROM accounts WHERE tenant_id = $1 AND ($2 IS NULL OR account_id > $2) \
             ORDER BY account_id LIMIT $3",
        )
        .bind(tenant)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await)?;
        rows.into_iter().map(|row| row.open(&self.keyring)).collect()
    }

    /// The account with this id, with its times.
    pub async fn find_listed_account(&mut self, account: AccountId) -> Result<Option<ListedAccount>, StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query_as::<_, ListedRow>(
            "SELECT account_id, identity_provider_id, sealed_profile, password_hash, disabled_at, created_at, \
             last_sign_in_at FROM accounts WHERE tenant_id = $1 AND account_id = $2",
        )
        .bind(tenant)
        .bind(account)
        .fetch_optional(connection)
        .await)?
        .map(|row| row.open(&self.keyring))
        .transpose()
    }

    /// Disables an account, or lets it sign in again.
    pub async fn set_account_disabled(
        &mut self,
        account: AccountId,
        disabled_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        on_tx!(self, |connection| sqlx::query(
            "UPDATE accounts SET disabled_at = $3, disabled_by_directory = NULL \
             WHERE tenant_id = $1 AND account_id = $2"
        )
        .bind(tenant)
        .bind(account)
        .bind(disabled_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Deletes an account with everything that is only for it. What was given to apps stays until it expires, and is dead without the
    /// account; events keep its id. False when there is none.
    pub async fn delete_account(&mut self, account: AccountId) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        for statement in [
            "DELETE FROM consents WHERE tenant_id = $1 AND account_id = $2",
            "DELETE FROM account_security WHERE tenant_id = $1 AND account_id = $2",
            "DELETE FROM passkeys WHERE tenant_id = $1 AND account_id = $2",
            "DELETE FROM recovery_codes WHERE tenant_id = $1 AND account_id = $2",
            "DELETE FROM account_links WHERE tenant_id = $1 AND account_id = $2",
            "DELETE FROM scim_user_emails WHERE tenant_id = $1 AND account_id = $2",
            "DELETE FROM scim_group_members WHERE tenant_id = $1 AND account_id = $2",
            "DELETE FROM scim_users WHERE tenant_id = $1 AND account_id = $2",
        ] {
            on_tx!(self, |connection| sqlx::query(statement)
                .bind(tenant)
                .bind(account)
                .execute(connection)
                .await
                .map(drop))?;
        }
        on_tx!(self, |connection| sqlx::query(
            "DELETE FROM role_assignments WHERE tenant_id = $1 AND principal = $2"
        )
        .bind(tenant)
        .bind(account.to_string())
        .execute(connection)
        .await
        .map(drop))?;
        let deleted = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM accounts WHERE tenant_id = $1 AND account_id = $2"
        )
        .bind(tenant)
        .bind(account)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(deleted > 0)
    }

    /// Notes that somebody signed in. False when the account is disabled or gone.
    pub async fn note_sign_in(
        &mut self,
        provider: IdentityProviderId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| {
            sqlx::query(
            "UPDATE accounts SET last_sign_in_at = $3 WHERE tenant_id = $1 AND account_id = $2 AND disabled_at IS NULL \
             AND identity_provider_id = $4",
        )
        .bind(tenant)
        .bind(account)
        .bind(now)
        .bind(provider)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
        })?;
        Ok(changed == 1)
    }

    /// The account of `subject` at `provider`, made now if nobody signed in to it yet. One that is there stays as it is; its row
    /// is held until the transaction ends.
    pub async fn provision_account(
        &mut self,
        provider: IdentityProviderId,
        subject: &str,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Account, StoreError> {
        let tenant = self.tenant;
        let index = subject_index(&self.keyring, provider, subject);
        let id = AccountId::new(now, entropy);
        let profile = AccountProfile {
            subject: subject.to_owned(),
            ..AccountProfile::default()
        };
        let sealed = self.seal_profile(id, &profile, entropy)?;
        on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "INSERT INTO accounts (tenant_id, account_id, identity_provider_id, subject_index, sealed_profile, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (tenant_id, identity_provider_id, subject_index) DO UPDATE \
             SET subject_index = excluded.subject_index \
             RETURNING account_id, identity_provider_id, sealed_profile, password_hash, disabled_at",
        )
        .bind(tenant)
        .bind(id)
        .bind(provider)
        .bind(index)
        .bind(&sealed)
        .bind(now)
        .fetch_one(connection)
        .await)?
        .open(&self.keyring)
    }

    /// Replaces what is known of an account, its subject included, without a sign-in. [`StoreError::Exists`] when another
    /// account of the provider has the subject.
    pub async fn replace_account_profile(
        &mut self,
        account: &Account,
        profile: &AccountProfile,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let sealed = self.seal_profile(account.id, profile, entropy)?;
        let subject = subject_index(&self.keyring, account.identity_provider, &profile.subject);
        let fhir_user = fhir_user_index(&self.keyring, profile);
        on_tx!(self, |connection| sqlx::query(
            "UPDATE accounts SET sealed_profile = $3, subject_index = $4, fhir_user_index = $5 \
             WHERE tenant_id = $1 AND account_id = $2",
        )
        .bind(tenant)
        .bind(account.id)
        .bind(&sealed)
        .bind(subject)
        .bind(fhir_user)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    fn seal_profile(
        &self,
        account: AccountId,
        profile: &AccountProfile,
        entropy: &dyn Entropy,
    ) -> Result<Sealed, StoreError> {
        let plain = crate::kernel::Secret::new(
            serde_json::to_vec(profile).map_err(|error| StoreError::corrupt("accounts", "sealed_profile", error))?,
        );
        Ok(self
            .keyring
            .seal(place(account.uuid().as_bytes()), plain.expose(), entropy)?)
    }

    /// Shuts an account out because its directory says so. False when it was shut out before.
    pub async fn disable_by_directory(&mut self, account: AccountId, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE accounts SET disabled_at = $3, disabled_by_directory = $3 \
             WHERE tenant_id = $1 AND account_id = $2 AND disabled_at IS NULL"
        )
        .bind(tenant)
        .bind(account)
        .bind(now)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Lets an account in again that its directory shut out. False for one that is not shut out, or that an administrator shut
    /// out.
    pub async fn enable_by_directory(&mut self, account: AccountId) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let changed = on_tx!(self, |connection| sqlx::query(
            "UPDATE accounts SET disabled_at = NULL, disabled_by_directory = NULL \
             WHERE tenant_id = $1 AND account_id = $2 AND disabled_by_directory IS NOT NULL"
        )
        .bind(tenant)
        .bind(account)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }
}
