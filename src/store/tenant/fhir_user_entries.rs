//! Which FHIR resource a user is, as the tenant itself says it, in lists. What names a user is personal data: sealed, and found
//! by a keyed hash.

use crate::kernel::{Entropy, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed, TenantKeyring};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

/// One user of a list. Personal data, therefore no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FhirUserEntry {
    /// What names the user: a personnel number, a subject.
    pub value: String,
    /// The user's FHIR resource, `Practitioner/123`.
    pub fhir_user: String,
}

/// An entry with its place in the list.
pub struct ListedFhirUserEntry {
    /// What leads on from it.
    pub place: Sha256Hash,
    /// The entry.
    pub entry: FhirUserEntry,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    value_index: Sha256Hash,
    sealed_entry: Vec<u8>,
    changed_at: Timestamp,
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "fhir_user_entries",
        column: "sealed_entry",
        row,
    }
}

fn index(keyring: &TenantKeyring, list: &str, value: &str) -> Sha256Hash {
    // The list's length comes first, so that no two pairs run together.
    let input = format!("{}:{list}{value}", list.len());
    keyring.blind_index("fhir_user_entries.value", input.as_bytes())
}

impl Row {
    fn open(self, keyring: &TenantKeyring) -> Result<ListedFhirUserEntry, StoreError> {
        let sealed = Sealed::from_bytes(self.sealed_entry);
        let plain = keyring.open(place(self.value_index.as_bytes()), &sealed)?;
        let entry = serde_json::from_slice(plain.expose())
            .map_err(|_| StoreError::corrupt("fhir_user_entries", "sealed_entry", "not an entry"))?;
        Ok(ListedFhirUserEntry {
            place: self.value_index,
            entry,
            changed_at: self.changed_at,
        })
    }
}

impl TenantTx {
    /// The FHIR resource of whom `value` names in a list.
    pub async fn find_fhir_user_entry(&mut self, list: &str, value: &str) -> Result<Option<String>, StoreError> {
        let tenant = self.tenant;
        let index = index(&self.keyring, list, value);
        let row = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "SELECT value_index, sealed_entry, changed_at FROM fhir_user_entries \
             WHERE tenant_id = $1 AND list_name = $2 AND value_index = $3",
        )
        .bind(tenant)
        .bind(list)
        .bind(index)
        .fetch_optional(connection)
        .await)?;
        let found = row.map(|row| row.open(&self.keyring)).transpose()?;
        Ok(found.map(|found| found.entry.fhir_user))
    }

    /// Adds an entry to a list, or replaces the one of the same value.
    pub async fn save_fhir_user_entry(
        &mut self,
        list: &str,
        entry: &FhirUserEntry,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let index = index(&self.keyring, list, &entry.value);
        let plain = serde_json::to_vec(entry)
            .map(crate::kernel::Secret::new)
            .map_err(|error| StoreError::corrupt("fhir_user_entries", "sealed_entry", error))?;
        let sealed = self.keyring.seal(place(index.as_bytes()), plain.expose(), entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO fhir_user_entries (tenant_id, list_name, value_index, sealed_entry, changed_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, list_name, value_index) DO UPDATE SET \
             sealed_entry = excluded.sealed_entry, changed_at = excluded.changed_at",
        )
        .bind(tenant)
        .bind(list)
        .bind(index)
        .bind(&sealed)
        .bind(now)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// Removes the entry of a value. False when there is none.
    pub async fn delete_fhir_user_entry(&mut self, list: &str, value: &str) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let index = index(&self.keyring, list, value);
        let deleted = on_tx!(self, |connection| sqlx::query(
            "DELETE FROM fhir_user_entries WHERE tenant_id = $1 AND list_name = $2 AND value_index = $3",
        )
        .bind(tenant)
        .bind(list)
        .bind(index)
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
        Ok(deleted == 1)
    }

    /// Up to `limit` entries of a list, after `after`, in an order that says nothing.
    pub async fn list_fhir_user_entries(
        &mut self,
        list: &str,
        after: Option<Sha256Hash>,
        limit: u32,
    ) -> Result<Vec<ListedFhirUserEntry>, StoreError> {
        let tenant = self.tenant;
        let rows = on_tx!(self, |connection| {
            sqlx::query_as::<_, Row>(
            "SELECT value_index, sealed_entry, changed_at FROM fhir_user_entries \
             WHERE tenant_id = $1 AND list_name = $2 AND ($3 IS NULL OR value_index > $3) ORDER BY value_index LIMIT $4",
        )
        .bind(tenant)
        .bind(list)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
        })?;
        rows.into_iter().map(|row| row.open(&self.keyring)).collect()
    }

    /// The names of the tenant's lists, with the number of their entries.
    pub async fn count_fhir_user_entries(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| {
            sqlx::query_as::<_, (String, i64)>(
            "SELECT list_name, COUNT(*) FROM fhir_user_entries WHERE tenant_id = $1 GROUP BY list_name ORDER BY list_name",
        )
        .bind(tenant)
        .fetch_all(connection)
        .await
        })?)
    }
}
