//! Attempts on an account: how they are named where they are counted, who has to wait, and letting somebody try again.

use crate::kernel::Timestamp;
use crate::store::tenant::Account;
use crate::store::{StoreError, TenantTx};
use crate::tenant::TenantCx;

/// What wrong passwords for `username` at the accounts with this alias are counted by, whether or not there is such an account.
pub fn name_of(alias: &str, username: &str) -> String {
    format!("{alias}\0{}", username.to_lowercase())
}

/// Until when the holder of an account may have to wait after wrong passwords or codes; `None` when nobody has to.
pub async fn locked_until(
    cx: &TenantCx,
    rows: &mut TenantTx,
    alias: &str,
    account: &Account,
) -> Result<Option<Timestamp>, StoreError> {
    let name = name_of(alias, &account.profile.subject);
    let passwords = cx.locked_until(rows, name.as_bytes()).await?;
    let codes = cx.locked_until(rows, account.id.uuid().as_bytes()).await?;
    Ok(passwords.max(codes))
}

/// Forgets the wrong passwords and codes. True when there were any.
pub async fn forgive(cx: &TenantCx, tx: &mut TenantTx, alias: &str, account: &Account) -> Result<bool, StoreError> {
    let name = name_of(alias, &account.profile.subject);
    let passwords = cx.forgive_attempts(tx, name.as_bytes()).await?;
    let codes = cx.forgive_attempts(tx, account.id.uuid().as_bytes()).await?;
    Ok(passwords || codes)
}
