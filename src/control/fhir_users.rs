//! The tenant's own lists of which FHIR resource a user is, for mapping rules.

use super::{ControlError, TenantAdmin};
use crate::federation::mapping::{check_fhir_user, is_list_name};
use crate::kernel::Sha256Hash;
use crate::store::tenant::{FhirUserEntry, ListedFhirUserEntry};
use crate::tenant::roles::Permission;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most entries that are changed at once.
const MOST_AT_ONCE: usize = 1_000;
/// Most entries of a tenant.
const MOST_OF_TENANT: i64 = 200_000;
/// Entries that are read at once.
const PAGE: u32 = 1_000;
/// Longest value, in bytes.
const LONGEST_VALUE: usize = 255;

/// A list, as it is listed.
#[derive(Clone, Debug, Serialize)]
pub struct FhirUserList {
    /// Its name.
    pub list: String,
    /// How many users it has.
    pub entries: i64,
}

/// What a change did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FhirUserChanges {
    /// Added.
    pub created: u32,
    /// Replaced by something else.
    pub updated: u32,
    /// There already, just so.
    pub unchanged: u32,
    /// Removed.
    pub removed: u32,
}

fn checked(entry: &FhirUserEntry, at: usize) -> Result<FhirUserEntry, ControlError> {
    let value = entry.value.trim();
    if value.is_empty() || value.len() > LONGEST_VALUE || value.chars().any(char::is_control) {
        return Err(ControlError::invalid(
            format!("set/{at}/value"),
            "has 1 to 255 bytes and no control characters",
        ));
    }
    let fhir_user = check_fhir_user(&entry.fhir_user)
        .map_err(|problem| ControlError::invalid(format!("set/{at}/fhir_user"), problem))?;
    Ok(FhirUserEntry {
        value: value.to_owned(),
        fhir_user,
    })
}

fn check_list(list: &str) -> Result<(), ControlError> {
    if is_list_name(list) {
        Ok(())
    } else {
        Err(ControlError::invalid(
            "list",
            "the name of a list has 1 to 40 characters of a-z, 0-9, - and _",
        ))
    }
}

/// Entries as a file has them, a line `VALUE,Practitioner/ID` for each. The last comma divides: a reference has none.
pub(super) fn read_lines(text: &str) -> Result<Vec<FhirUserEntry>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let (value, fhir_user) = line
                .rsplit_once(',')
                .ok_or_else(|| format!("line {}: write VALUE,Practitioner/ID", number + 1))?;
            Ok(FhirUserEntry {
                value: value.trim().to_owned(),
                fhir_user: fhir_user.trim().to_owned(),
            })
        })
        .collect()
}

/// A whole list, checked, as it is stored; what is wrong does not quote anybody.
pub(super) fn checked_list(list: &str, entries: &[FhirUserEntry]) -> Result<BTreeMap<String, String>, String> {
    check_list(list).map_err(|error| error.to_string())?;
    let mut checked_entries = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let entry = checked(entry, at).map_err(|error| error.to_string())?;
        if checked_entries.insert(entry.value, entry.fhir_user).is_some() {
            return Err(format!("entry {} names a user who is in the list before", at + 1));
        }
    }
    Ok(checked_entries)
}

impl TenantAdmin {
    /// Every user of a list: the FHIR resource by the value that names the user.
    pub(super) async fn all_fhir_users(&self, list: &str) -> Result<BTreeMap<String, String>, ControlError> {
        let mut all = BTreeMap::new();
        let mut after = None;
        loop {
            let page = self.list_fhir_users(list, after, PAGE).await?;
            after = page.last().map(|last| last.place);
            all.extend(page.into_iter().map(|user| (user.entry.value, user.entry.fhir_user)));
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    /// Makes a list exactly this one. A run that was cut off is finished by the next.
    pub(super) async fn replace_fhir_users(
        &self,
        list: &str,
        entries: &BTreeMap<String, String>,
    ) -> Result<(), ControlError> {
        let there = self.all_fhir_users(list).await?;
        let remove: Vec<String> = there
            .keys()
            .filter(|value| !entries.contains_key(*value))
            .cloned()
            .collect();
        let set: Vec<FhirUserEntry> = entries
            .iter()
            .filter(|(value, fhir_user)| there.get(*value) != Some(*fhir_user))
            .map(|(value, fhir_user)| FhirUserEntry {
                value: value.clone(),
                fhir_user: fhir_user.clone(),
            })
            .collect();
        for part in remove.chunks(MOST_AT_ONCE) {
            self.change_fhir_users(list, &[], part).await?;
        }
        for part in set.chunks(MOST_AT_ONCE) {
            self.change_fhir_users(list, part, &[]).await?;
        }
        Ok(())
    }

    /// The tenant's lists.
    pub async fn list_fhir_user_lists(&self) -> Result<Vec<FhirUserList>, ControlError> {
        self.require(Permission::ReadIdentityProviders)?;
        let counted = self.cx.read().await?.count_fhir_user_entries().await?;
        Ok(counted
            .into_iter()
            .map(|(list, entries)| FhirUserList { list, entries })
            .collect())
    }

    /// Up to `limit` users of a list, after `after`, in an order that says nothing.
    pub async fn list_fhir_users(
        &self,
        list: &str,
        after: Option<Sha256Hash>,
        limit: u32,
    ) -> Result<Vec<ListedFhirUserEntry>, ControlError> {
        self.require(Permission::ReadUsers)?;
        Ok(self.cx.read().await?.list_fhir_user_entries(list, after, limit).await?)
    }

    /// Sets and removes users of a list, all or none. A list begins with its first entry and ends with its last.
    pub async fn change_fhir_users(
        &self,
        list: &str,
        set: &[FhirUserEntry],
        remove: &[String],
    ) -> Result<FhirUserChanges, ControlError> {
        self.require(Permission::ManageIdentityProviders)?;
        check_list(list)?;
        if set.len() + remove.len() > MOST_AT_ONCE {
            return Err(ControlError::invalid(
                "set",
                format!("at most {MOST_AT_ONCE} entries are changed at once; send several requests"),
            ));
        }
        let entries: Vec<FhirUserEntry> = set
            .iter()
            .enumerate()
            .map(|(at, entry)| checked(entry, at))
            .collect::<Result<_, _>>()?;
        let mut rows = self.begin_change().await?;
        let mut changes = FhirUserChanges::default();
        for value in remove {
            changes.removed += u32::from(rows.delete_fhir_user_entry(list, value.trim()).await?);
        }
        for entry in &entries {
            match rows.find_fhir_user_entry(list, &entry.value).await? {
                Some(known) if known == entry.fhir_user => {
                    changes.unchanged += 1;
                    continue;
                }
                Some(_) => changes.updated += 1,
                None => changes.created += 1,
            }
            rows.save_fhir_user_entry(list, entry, self.cx.now(), self.cx.entropy())
                .await?;
        }
        let all: i64 = rows
            .count_fhir_user_entries()
            .await?
            .iter()
            .map(|(_, count)| count)
            .sum();
        if all > MOST_OF_TENANT {
            return Err(ControlError::Conflict(format!(
                "the tenant's lists would have more than {MOST_OF_TENANT} entries"
            )));
        }
        let FhirUserChanges {
            created,
            updated,
            removed,
            ..
        } = changes;
        if created + updated + removed > 0 {
            let detail = format!("created {created}, updated {updated}, removed {removed}");
            self.record(&mut rows, "fhir_users.changed", Some(list), Some(&detail))
                .await?;
        }
        self.finish(rows).await?;
        Ok(changes)
    }
}
