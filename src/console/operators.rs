//! `/admin/operators`: who runs the platform, letting people in, taking their roles.

use super::desk::field;
use super::respond::ConsoleFault;
use super::{OperatorVisit, Visit};
use crate::control::{ControlError, NewOwner};
use crate::interaction::PageForm;
use crate::kernel::id::AccountId;
use crate::tenant::roles::{Permission, Role};
use crate::web::pages::console::{OperatorActs, OperatorDone, OperatorRow, Operators, Section, TypedOperator};
use axum::response::Response;

const FORM: &str = "operators";
const PLACE: &str = "operators";
/// Most that are shown. A platform has a handful.
const MOST: u32 = 200;

/// What the page says beside the list.
#[derive(Default)]
struct Said {
    done: Option<OperatorDone>,
    typed: TypedOperator,
    problem: Option<(String, String)>,
}

impl Said {
    fn done(done: OperatorDone) -> Self {
        Self {
            done: Some(done),
            ..Self::default()
        }
    }
}

/// `GET /admin/operators`.
pub(super) async fn get(OperatorVisit(visit): OperatorVisit) -> Response {
    visit.answer(show(&visit, Said::default()).await)
}

async fn show(visit: &Visit, said: Said) -> Result<Response, ConsoleFault> {
    let assigned = visit.admin.list_role_assignments(None, ("", ""), MOST).await?;
    let names = visit.may(Permission::ReadUsers);
    let mut rows = Vec::new();
    for assignment in assigned {
        let account = assignment.principal.parse::<AccountId>().ok();
        let name = match account.filter(|_| names) {
            Some(id) => visit.cx.read().await?.find_account(id).await?.map(|account| {
                let subject = account.profile.subject;
                (account.profile.name.unwrap_or_else(|| subject.clone()), subject)
            }),
            None => None,
        };
        rows.push(OperatorRow {
            own: assignment.principal == visit.actor().principal(),
            principal: assignment.principal,
            name,
            role: assignment.role,
            since: assignment.assigned_at,
            person: account.is_some(),
        });
    }
    let page = Operators {
        frame: visit.frame(Section::Operators),
        rows,
        acts: visit.may(Permission::ManageRoles).then(|| OperatorActs {
            csrf: visit.csrf(FORM),
            invite: visit.href(PLACE),
            withdraw: visit.href("operators/withdraw"),
            assign: visit.href("operators/assign"),
            link: visit.href("operators/link"),
        }),
        done: said.done,
        typed: said.typed,
        problem: said.problem,
    };
    Ok(visit.page(&page))
}

/// A form of this page, sent by somebody who may and who lately proved who they are.
fn check(visit: &Visit, form: &crate::oauth::Parameters) -> Result<(), ConsoleFault> {
    visit.check_csrf(FORM, form)?;
    visit.actor().require(Permission::ManageRoles)?;
    visit.require_recent(PLACE)
}

fn role_of(form: &crate::oauth::Parameters) -> Result<Role, ControlError> {
    let role = Role::parse(field(form, "role"));
    role.ok_or_else(|| ControlError::invalid("role", "is a role of the platform"))
}

/// `POST /admin/operators`: lets somebody in.
pub(super) async fn invite(OperatorVisit(visit): OperatorVisit, PageForm(form): PageForm) -> Response {
    let text = |name: &str| field(&form, name).trim().to_owned();
    let typed = TypedOperator {
        email: text("email"),
        name: text("name"),
        role: text("role"),
    };
    let act = async {
        check(&visit, &form)?;
        let operator = NewOwner {
            username: typed.email.clone(),
            name: (!typed.name.is_empty()).then(|| typed.name.clone()),
            email: Some(typed.email.clone()),
        };
        let made = match role_of(&form) {
            Ok(role) => Box::pin(visit.admin.invite_operator(&operator, role)).await,
            Err(error) => Err(error),
        };
        let said = match made {
            Ok((_, _, link)) => Said::done(OperatorDone::Link(link.map(|link| (link.address, link.expires_at)))),
            Err(ControlError::Invalid { member, problem }) => Said {
                problem: Some((
                    if member == "username" {
                        "email".to_owned()
                    } else {
                        member
                    },
                    problem,
                )),
                typed: typed.clone(),
                ..Said::default()
            },
            Err(other) => return Err(other.into()),
        };
        show(&visit, said).await
    };
    visit.answer(act.await)
}

/// `POST /admin/operators/withdraw`: takes a role.
pub(super) async fn withdraw(OperatorVisit(visit): OperatorVisit, PageForm(form): PageForm) -> Response {
    let act = async {
        check(&visit, &form)?;
        let principal = field(&form, "principal");
        let role = role_of(&form)?;
        visit.admin.withdraw_role(principal, role).await?;
        let done = OperatorDone::Withdrawn(principal.to_owned(), role.as_str().to_owned());
        show(&visit, Said::done(done)).await
    };
    visit.answer(act.await)
}

/// `POST /admin/operators/assign`: gives a role back.
pub(super) async fn assign(OperatorVisit(visit): OperatorVisit, PageForm(form): PageForm) -> Response {
    let act = async {
        check(&visit, &form)?;
        let principal = field(&form, "principal");
        visit.admin.assign_role(principal, role_of(&form)?).await?;
        show(&visit, Said::done(OperatorDone::Assigned)).await
    };
    visit.answer(act.await)
}

/// `POST /admin/operators/link`: a new link for somebody who lost theirs, or their password.
pub(super) async fn link(OperatorVisit(visit): OperatorVisit, PageForm(form): PageForm) -> Response {
    let act = async {
        check(&visit, &form)?;
        let principal = field(&form, "principal");
        let account: AccountId = principal.parse().map_err(|_| ControlError::NotFound {
            what: "user",
            name: principal.to_owned(),
        })?;
        let link = visit.admin.renew_operator_link(account).await?;
        show(
            &visit,
            Said::done(OperatorDone::Link(Some((link.address, link.expires_at)))),
        )
        .await
    };
    visit.answer(act.await)
}
