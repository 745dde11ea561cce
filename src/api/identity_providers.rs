//! Identity providers: listed, connected, changed, removed; their mapping rules tried out.

use super::ApiState;
use super::answer::{Answer, done, ok, shown, status_of, tagged, with_members};
use super::entry::Admin;
use super::input::{Body, Preconditions, Segments};
use super::operation::{Operation, OperationTable};
use crate::control::identity_providers::IdentityProviderSummary;
use crate::control::sign_in_methods::Proof;
use crate::control::{Change, ControlError};
use crate::federation::{LocalDocument, OidcDocument, SamlDocument};
use crate::kernel::Secret;
use crate::tenant::roles::Permission;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

const LIST: &str = "/api/v1/tenants/{tenant}/identity-providers";
const NOTICES: &str = "/api/v1/tenants/{tenant}/identity-provider-notices";
const CHECK: &str = "/api/v1/tenants/{tenant}/identity-providers/{alias}/check";
const ONE: &str = "/api/v1/tenants/{tenant}/identity-providers/{alias}";
const TESTS: &str = "/api/v1/tenants/{tenant}/identity-providers/{alias}/tests";
const TEST: &str = "/api/v1/tenants/{tenant}/identity-providers/{alias}/tests/{test_id}";
const REVEAL_TEST: &str = "/api/v1/tenants/{tenant}/identity-providers/{alias}/tests/{test_id}/reveal";
const SWITCH: &str = "/api/v1/tenants/{tenant}/identity-providers/{alias}/switch";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listIdentityProviders", "List identity providers")
                .needs(Permission::ReadIdentityProviders)
                .says("In the order in which users see them: a handful, in one page.")
                .gives("IdentityProviderList"),
            list,
        )
        .on(
            Operation::get(ONE, "getIdentityProvider", "Show an identity provider")
                .needs(Permission::ReadIdentityProviders)
                .gives("IdentityProvider")
                .tagged(),
            get,
        )
        .on(
            Operation::get(NOTICES, "listIdentityProviderNotices", "List what will end at identity providers")
                .needs(Permission::ReadIdentityProviders)
                .says(
                    "Certificates of both sides from 90 days before their end, keys that are about to take over, metadata that could not \
                     be fetched; the soonest first.",
                )
                .gives("ProviderNoticeList"),
            notices,
        )
        .on(
            Operation::get(CHECK, "checkIdentityProvider", "Check a connection")
                .needs(Permission::ManageIdentityProviders)
                .says(
                    "Asks the provider for everything that can be seen without signing in: reachability, TLS, metadata, keys and their \
                     certificates, algorithms, clock; and shows what must be entered there. Each finding has its mend. Nothing \
                     changes. Takes some seconds when the provider is slow.",
                )
                .gives("ProviderReport"),
            check_connection,
        )
        .on(
            Operation::put(ONE, "replaceIdentityProvider", "Connect an identity provider, or change it")
                .needs(Permission::ManageIdentityProviders)
                .says(
                    "Accounts stay linked. A client secret that is not given stays as it is. Who signs in through it must not be \
                     able to do more than you.",
                )
                .takes("IdentityProviderSettings", json!({ "kind": "local", "display_name": "Staff account" }))
                .answers(200, Some("IdentityProvider"), "It is as described.")
                .answers(201, Some("IdentityProvider"), "It was connected.")
                .tagged(),
            replace,
        )
        .on(
            Operation::get(TESTS, "listSignInTests", "List tests of an identity provider")
                .needs(Permission::ReadIdentityProviders)
                .says("The newest twenty, with what happened; values are masked.")
                .gives("SignInTestList"),
            list_tests,
        )
        .on(
            Operation::post(TESTS, "createSignInTest", "Make a test of an identity provider")
                .needs(Permission::ManageIdentityProviders)
                .says(
                    "Whoever opens the address goes through the whole sign-in, also where the provider is switched off. Nothing \
                     is issued and no account made. It works once, for an hour, and is in the answer this once.",
                )
                .answers(201, Some("SignInTestAddress"), "The address."),
            create_test,
        )
        .on(
            Operation::get(TEST, "getSignInTest", "Show a test of an identity provider")
                .needs(Permission::ReadIdentityProviders)
                .says("Values are masked.")
                .gives("SignInTest"),
            get_test,
        )
        .on(
            Operation::post(REVEAL_TEST, "revealSignInTest", "Show a test of an identity provider with its values")
                .needs(Permission::RevealTraces)
                .says("That it was seen, and by whom, is recorded.")
                .gives("SignInTest"),
            reveal_test,
        )
        .on(
            Operation::put(SWITCH, "switchIdentityProvider", "Switch an identity provider on or off")
                .needs(Permission::ManageIdentityProviders)
                .says(
                    "What is off can be set up and tested, and nobody signs in there. Before it is switched on, a test of its \
                     settings as they are must have gone well, unless `untested` says otherwise. The last one that is on stays on.",
                )
                .takes("IdentityProviderSwitch", json!({ "on": true, "untested": true }))
                .gives("SwitchedIdentityProvider"),
            switch,
        )
        .on(
            Operation::delete(ONE, "deleteIdentityProvider", "Remove an identity provider")
                .needs(Permission::ManageIdentityProviders)
                .says("Its accounts stay, and nobody can sign in to them any more.")
                .tagged(),
            delete,
        )
}

async fn list(Admin(admin): Admin) -> Answer {
    ok(&json!({ "items": admin.list_identity_providers().await? }))
}

#[derive(Deserialize)]
struct OneProvider {
    alias: String,
}

async fn get(Admin(admin): Admin, headers: HeaderMap, Segments(path): Segments<OneProvider>) -> Answer {
    let provider = admin.get_identity_provider(&path.alias).await?;
    shown(&headers, &provider, &provider)
}

async fn notices(Admin(admin): Admin) -> Answer {
    ok(&json!({ "items": admin.list_provider_notices().await? }))
}

async fn check_connection(
    Admin(admin): Admin,
    State(state): State<ApiState>,
    Segments(path): Segments<OneProvider>,
) -> Answer {
    ok(&admin.check_identity_provider(&state.federation, &path.alias).await?)
}

/// What is sent, by kind of provider.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Settings {
    Oidc {
        display_name: String,
        settings: Box<OidcDocument>,
        client_secret: Option<String>,
    },
    Saml {
        display_name: String,
        settings: Box<SamlDocument>,
        metadata: String,
    },
    Local {
        display_name: String,
        #[serde(default)]
        settings: LocalDocument,
    },
}

async fn replace(
    Admin(admin): Admin,
    Segments(path): Segments<OneProvider>,
    Preconditions(precondition): Preconditions,
    Body(settings): Body<Settings>,
) -> Answer {
    let alias = &path.alias;
    let admin = admin.if_provider(alias, precondition);
    let (change, shown): (Change, Value) = match settings {
        Settings::Oidc {
            display_name,
            settings,
            client_secret,
        } => {
            let secret = match client_secret {
                Some(secret) => Some(Secret::new(secret)),
                None => admin.stored_provider_secret(alias, &settings).await?,
            };
            let change = admin
                .save_oidc_provider(alias, &display_name, &settings, secret)
                .await?;
            let settings = serde_json::to_value(&settings).map_err(ControlError::from)?;
            (
                change,
                json!({ "kind": "oidc", "display_name": display_name, "settings": settings }),
            )
        }
        Settings::Saml {
            display_name,
            settings,
            metadata,
        } => {
            let change = admin
                .save_saml_provider(alias, &display_name, &settings, &metadata)
                .await?;
            let settings = serde_json::to_value(&settings).map_err(ControlError::from)?;
            (
                change,
                json!({ "kind": "saml", "display_name": display_name, "settings": settings }),
            )
        }
        Settings::Local { display_name, settings } => {
            let change = admin.save_local_accounts(alias, &display_name, &settings).await?;
            let settings = serde_json::to_value(&settings).map_err(ControlError::from)?;
            (
                change,
                json!({ "kind": "local", "display_name": display_name, "settings": settings }),
            )
        }
    };
    if admin.is_dry_run() {
        let body = with_members(&shown, &json!({ "alias": alias, "change": change }))?;
        return super::answer::with_status(status_of(change), &body);
    }
    let provider: IdentityProviderSummary = admin.get_identity_provider(alias).await?;
    let body = with_members(&provider, &json!({ "change": change }))?;
    tagged(status_of(change), &body, &provider)
}

async fn list_tests(Admin(admin): Admin, Segments(path): Segments<OneProvider>) -> Answer {
    ok(&json!({ "items": admin.list_sign_in_tests(&path.alias).await? }))
}

async fn create_test(Admin(admin): Admin, Segments(path): Segments<OneProvider>) -> Answer {
    let test = admin.create_sign_in_test(&path.alias).await?;
    let body = json!({
        "id": test.id, "address": test.address.expose(), "expires_at": test.expires_at.to_rfc3339(),
    });
    super::answer::with_status(StatusCode::CREATED, &body)
}

#[derive(Deserialize)]
struct OneTest {
    alias: String,
    test_id: String,
}

async fn get_test(Admin(admin): Admin, Segments(path): Segments<OneTest>) -> Answer {
    ok(&admin.get_sign_in_test(&path.alias, &path.test_id, false).await?)
}

async fn reveal_test(Admin(admin): Admin, Segments(path): Segments<OneTest>) -> Answer {
    ok(&admin.get_sign_in_test(&path.alias, &path.test_id, true).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    on: bool,
    #[serde(default)]
    untested: bool,
}

async fn switch(Admin(admin): Admin, Segments(path): Segments<OneProvider>, Body(wish): Body<Switch>) -> Answer {
    let proof = if wish.untested { Proof::Waived } else { Proof::Test };
    let change = admin.switch_sign_in_method(&path.alias, wish.on, proof).await?;
    ok(&json!({ "alias": path.alias, "on": wish.on, "change": change }))
}

async fn delete(
    Admin(admin): Admin,
    Segments(path): Segments<OneProvider>,
    Preconditions(precondition): Preconditions,
) -> Answer {
    admin.delete_identity_provider(&path.alias, &precondition).await?;
    Ok(done())
}
