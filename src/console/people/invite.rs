//! `/<tenant>/admin/people/invite`: an account of the tenant's own, and a link to choose its password.

use super::super::Visit;
use super::super::desk::field;
use super::super::respond::ConsoleFault;
use super::acts::show_link;
use super::{deliver, place};
use crate::control::accounts::NewUser;
use crate::control::user_help::{Delivery, WantedLink};
use crate::control::{ControlError, Precondition};
use crate::federation::{Federation, ProviderKind};
use crate::interaction::PageForm;
use crate::interaction::respond::see_other;
use crate::oauth::Parameters;
use crate::store::tenant::AccountProfile;
use crate::tenant::roles::Permission;
use crate::web::pages::console::{ConsoleInvite, FieldFault, InviteValues, PersonDone, Section};
use axum::extract::State;
use axum::response::Response;

/// What the form is for.
const INVITE: &str = "people invite";

/// `GET people/invite`: the form.
pub(super) async fn get(visit: Visit, State(federation): State<Federation>) -> Response {
    let values = InviteValues {
        by_mail: true,
        break_glass: true,
        ..InviteValues::default()
    };
    let shown = async {
        visit.actor().require(Permission::ManageUsers)?;
        // Asked before anything is typed, so that nothing typed is lost.
        visit.require_recent("people/invite")?;
        show(&visit, &federation, values, Vec::new()).await
    };
    visit.answer(shown.await)
}

async fn show(
    visit: &Visit,
    federation: &Federation,
    values: InviteValues,
    faults: Vec<FieldFault>,
) -> Result<Response, ConsoleFault> {
    visit.actor().require(Permission::ManageUsers)?;
    let providers = federation.providers(&visit.cx).await?;
    let own = providers
        .iter()
        .filter(|provider| matches!(provider.kind, ProviderKind::Local))
        .map(|provider| (provider.alias.clone(), provider.display_name.clone()));
    Ok(visit.page(&ConsoleInvite {
        frame: visit.frame(Section::People),
        back: visit.href("people"),
        csrf: visit.csrf(INVITE),
        action: visit.href("people/invite"),
        providers: own.collect(),
        sign_in_methods: visit
            .may(Permission::ReadIdentityProviders)
            .then(|| visit.href("sign-in-methods")),
        mail: federation.mailer().is_on(),
        emergency_only: !federation.local_accounts_are_open(&visit.cx).await?,
        values,
        faults,
    }))
}

fn typed(form: &Parameters) -> InviteValues {
    let text = |name: &str| field(form, name).trim().to_owned();
    InviteValues {
        provider: text("provider"),
        username: text("username"),
        name: text("name"),
        email: text("email"),
        fhir_user: text("fhir_user"),
        npi: text("npi"),
        roles: text("roles"),
        by_mail: text("delivery") == "mail",
        break_glass: text("break_glass") == "yes",
    }
}

fn given(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// `POST people/invite`. Nothing typed is lost, and nobody who is there already is changed.
pub(super) async fn post(visit: Visit, State(federation): State<Federation>, PageForm(form): PageForm) -> Response {
    let done = Box::pin(invite(&visit, &federation, &form)).await;
    visit.answer(done)
}

async fn invite(visit: &Visit, federation: &Federation, form: &Parameters) -> Result<Response, ConsoleFault> {
    visit.check_csrf(INVITE, form)?;
    let mut values = typed(form);
    values.by_mail &= federation.mailer().is_on();
    values.break_glass &= !federation.local_accounts_are_open(&visit.cx).await?;
    let delivery = if values.by_mail {
        Delivery::Mail
    } else {
        visit.require_recent("people/invite")?;
        Delivery::Shown
    };
    let new = NewUser {
        identity_provider: values.provider.clone(),
        profile: AccountProfile {
            subject: values.username.clone(),
            name: given(&values.name),
            email: given(&values.email),
            fhir_user: given(&values.fhir_user),
            npi: given(&values.npi),
            roles: values
                .roles
                .split([' ', ','])
                .filter(|role| !role.is_empty())
                .map(str::to_owned)
                .collect(),
            ..AccountProfile::default()
        },
        password: None,
        break_glass: values.break_glass.then_some(true),
        link: Some(WantedLink {
            language: visit.cx.language(),
            delivery,
        }),
    };
    let made = visit
        .admin
        .create_user(&new, &Precondition::Absent, federation.passwords());
    let fault = |member: &str, problem: String| FieldFault {
        member: member.to_owned(),
        problem,
    };
    let faults = match Box::pin(made).await {
        Ok(made) => {
            deliver(visit, federation, false);
            let account = made.user.summary.id;
            return Ok(match made.link {
                Some(link) if delivery == Delivery::Shown => show_link(visit, &made.user, link),
                _ => see_other(&format!(
                    "{}?done={}",
                    visit.path(&place(account)),
                    PersonDone::LinkMailed.as_str()
                )),
            });
        }
        Err(ControlError::Outdated) => vec![fault(
            "username",
            "is taken by somebody else; choose another".to_owned(),
        )],
        Err(ControlError::Invalid { member, problem }) => vec![fault(&member, problem)],
        Err(error) => return Err(error.into()),
    };
    show(visit, federation, values, faults).await
}
