//! `GET /<tenant>/admin/people/{account}`: one person.

use super::super::Visit;
use super::super::home::row as event_row;
use super::super::respond::ConsoleFault;
use super::{PersonPath, form};
use crate::control::consents::ConsentSummary;
use crate::control::permissions_of;
use crate::control::sessions::{SessionFilter, SessionSummary};
use crate::control::users::{LocalAccountFacts, UserDetail};
use crate::federation::Federation;
use crate::kernel::Timestamp;
use crate::kernel::id::AccountId;
use crate::store::tenant::EventFilter;
use crate::tenant::roles::{Permission, Role};
use crate::web::pages::console::{
    ConsentRow, ConsolePerson, LocalFacts, PersonActions, PersonDone, PersonFacts, RoleRow, Section, SessionRow,
    Unconfirmed,
};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

/// Sessions, consents and roles that are shown.
const ROWS: u32 = 100;
/// Events that are shown.
const EVENTS: u32 = 8;

/// What was done before, as the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    done: String,
}

/// What a page says beside what is there.
#[derive(Clone, Copy, Default)]
pub(super) struct Outcome {
    pub(super) done: Option<PersonDone>,
    pub(super) unconfirmed: Option<Unconfirmed>,
}

/// The page.
pub(super) async fn get(
    visit: Visit,
    State(federation): State<Federation>,
    Path(path): Path<PersonPath>,
    after: Result<Query<After>, QueryRejection>,
) -> Response {
    let outcome = Outcome {
        done: after.ok().and_then(|Query(after)| PersonDone::parse(&after.done)),
        unconfirmed: None,
    };
    let shown = async { show(&visit, &federation, path.account()?, outcome).await };
    let shown = Box::pin(shown).await;
    visit.answer(shown)
}

pub(super) async fn show(
    visit: &Visit,
    federation: &Federation,
    account: AccountId,
    outcome: Outcome,
) -> Result<Response, ConsoleFault> {
    let user = visit.admin.get_user(account).await?;
    let given = if visit.may(Permission::ReadRoles) {
        let principal = account.to_string();
        let given = visit
            .admin
            .list_role_assignments(Some(&principal), ("", ""), ROWS)
            .await?;
        Some(
            given
                .iter()
                .filter_map(|one| Role::parse(&one.role))
                .collect::<Vec<_>>(),
        )
    } else {
        None
    };
    let sessions = if visit.may(Permission::ReadSessions) {
        let filter = SessionFilter {
            account: Some(account),
            ..SessionFilter::default()
        };
        let (sessions, _) = visit.admin.list_sessions(&filter, ROWS).await?;
        Some(sessions.into_iter().map(session_row).collect::<Vec<_>>())
    } else {
        None
    };
    let consents = if visit.may(Permission::ReadConsents) {
        let consents = visit.admin.list_consents(Some(account), None, None, ROWS).await?;
        Some(consents.into_iter().map(consent_row).collect())
    } else {
        None
    };
    let events = if visit.may(Permission::ReadEvents) {
        let filter = EventFilter {
            account: Some(account),
            ..EventFilter::default()
        };
        let events = visit.admin.list_events(&filter, EVENTS).await?;
        Some(events.into_iter().map(event_row).collect())
    } else {
        None
    };
    let page = ConsolePerson {
        frame: visit.frame(Section::People),
        back: visit.href("people"),
        actions: actions(visit, federation, &user, given.as_deref()),
        locked_until: user.locked_until.as_deref().and_then(Timestamp::from_rfc3339),
        local: user.local_account.as_ref().map(local),
        roles: given.map(|given| role_rows(visit, &user, &given)),
        facts: facts(user),
        sessions,
        consents,
        events,
        done: outcome.done,
        unconfirmed: outcome.unconfirmed,
        activity: visit
            .may(Permission::ReadEvents)
            .then(|| visit.href(&format!("activity?person={account}"))),
    };
    Ok(visit.page(&page))
}

fn local(facts: &LocalAccountFacts) -> LocalFacts {
    LocalFacts {
        password: facts.password,
        authenticator: facts.authenticator,
        passkeys: facts.passkeys,
        recovery_codes: facts.recovery_codes,
        break_glass: facts.break_glass,
        has_second_factor: facts.has_second_factor(),
    }
}

fn facts(user: UserDetail) -> PersonFacts {
    let user = user.summary;
    let time = |text: &str| Timestamp::from_rfc3339(text);
    PersonFacts {
        id: user.id.to_string(),
        title: user.name.unwrap_or_else(|| user.username.clone()),
        username: user.username,
        provider: user.identity_provider,
        email: user.email,
        fhir_user: user.fhir_user,
        patients: user.patient.into_iter().chain(user.patients).collect(),
        npi: user.npi,
        roles: user.roles,
        disabled: user.disabled,
        since: time(&user.created_at),
        last_sign_in: user.last_sign_in_at.as_deref().and_then(time),
    }
}

fn role_rows(visit: &Visit, user: &UserDetail, given: &[Role]) -> Vec<RoleRow> {
    let mine = visit.actor().permissions();
    let by_rule = user.summary.admin_roles.iter().filter(|role| !given.contains(role));
    let row = |role: &Role, given| RoleRow {
        role: role.as_str(),
        given,
        can_take: given && visit.may(Permission::ManageRoles) && mine.covers(role.permissions()),
    };
    given
        .iter()
        .map(|role| row(role, true))
        .chain(by_rule.map(|role| row(role, false)))
        .collect()
}

/// What whoever looks may do, and what there is to do.
fn actions(visit: &Visit, federation: &Federation, user: &UserDetail, given: Option<&[Role]>) -> PersonActions {
    let account = user.summary.id;
    let mine = visit.actor().permissions();
    // Whoever may do more is helped by somebody who may do as much.
    let reaches = mine.covers(permissions_of(&user.summary.admin_roles));
    let may = |permission| visit.may(permission);
    let local = user.local_account.as_ref();
    let helps = may(Permission::HelpUsers) && local.is_some();
    let offered = |condition: bool, act: &str| condition.then(|| form(visit, act, account));
    let can_give = Role::ALL
        .into_iter()
        .filter(|role| !role.is_of_platform() && mine.covers(role.permissions()))
        .filter(|role| given.is_some_and(|given| !given.contains(role)))
        .map(Role::as_str);
    PersonActions {
        unlock: offered(helps && reaches && user.locked_until.is_some(), "unlock"),
        link: offered(helps && reaches && !user.summary.disabled, "link"),
        link_by_mail: federation.mailer().is_on() && user.summary.email.is_some(),
        link_shown: may(Permission::ManageUsers),
        roles: offered(may(Permission::ManageRoles), "role"),
        can_give: if may(Permission::ManageRoles) {
            can_give.collect()
        } else {
            Vec::new()
        },
        end_session: offered(may(Permission::EndSessions), "session"),
        sign_out: offered(may(Permission::EndSessions), "sign-out-everywhere"),
        withdraw: offered(may(Permission::WithdrawConsents), "consent"),
        second_factors: offered(
            helps && reaches && local.is_some_and(LocalAccountFacts::has_second_factor),
            "second-factors",
        ),
        status: offered(
            may(Permission::ManageUsers) && reaches && visit.actor().principal() != account.to_string(),
            "status",
        ),
        delete: offered(
            may(Permission::ManageUsers) && reaches && visit.actor().principal() != account.to_string(),
            "delete",
        ),
    }
}

fn session_row(session: SessionSummary) -> SessionRow {
    let time = |text: Option<&str>| text.and_then(Timestamp::from_rfc3339);
    SessionRow {
        since: time(Some(&session.started_at)),
        last_used: time(session.last_used_at.as_deref()),
        until: time(Some(&session.expires_at)),
        methods: session.methods,
        id: session.id,
    }
}

fn consent_row(consent: ConsentSummary) -> ConsentRow {
    ConsentRow {
        client_id: consent.client_id,
        scopes: consent.scope.split_ascii_whitespace().map(str::to_owned).collect(),
        at: Timestamp::from_rfc3339(&consent.granted_at),
    }
}
