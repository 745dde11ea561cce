//! What users allowed to apps.

use super::answer::{Answer, done, page};
use super::entry::Admin;
use super::input::{Paging, Query, Segments};
use super::operation::{Operation, OperationTable};
use super::users::account_of;
use crate::kernel::id::AccountId;
use crate::tenant::roles::Permission;
use serde::Deserialize;

const CONSENTS: &str = "/api/v1/tenants/{tenant}/consents";
const CONSENT: &str = "/api/v1/tenants/{tenant}/consents/{account}/{client_id}";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(CONSENTS, "listConsents", "List what users allowed to apps")
                .needs(Permission::ReadConsents)
                .query("account", "AccountId", "Only of this user.")
                .query("client_id", "ClientId", "Only to this app.")
                .paged("ConsentPage"),
            list_consents,
        )
        .on(
            Operation::delete(CONSENT, "withdrawConsent", "Withdraw what a user allowed an app")
                .needs(Permission::WithdrawConsents)
                .says("The app's tokens stop working at once, and the user is asked anew."),
            withdraw_consent,
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentFilter {
    account: Option<String>,
    client_id: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list_consents(Admin(admin): Admin, Query(filter): Query<ConsentFilter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let limit = paging.limit()?;
    let account = account_of(filter.account.as_deref())?;
    let after: Option<(AccountId, String)> = paging.after()?;
    let consents = admin
        .list_consents(account, filter.client_id.as_deref(), after.as_ref(), limit + 1)
        .await?;
    page(consents, limit, |one| (one.account, one.client_id.clone()))
}

#[derive(Deserialize)]
struct OneConsent {
    account: AccountId,
    client_id: String,
}

async fn withdraw_consent(Admin(admin): Admin, Segments(path): Segments<OneConsent>) -> Answer {
    admin.withdraw_consent(path.account, &path.client_id).await?;
    Ok(done())
}
