//! What is done about one person, each by a form of its own.

use super::super::Visit;
use super::super::desk::field;
use super::super::respond::ConsoleFault;
use super::person::{Outcome, show};
use super::{PersonPath, deliver, place, purpose};
use crate::control::user_help::{Delivery, MadeLink, WantedLink};
use crate::control::users::{UserChange, UserDetail};
use crate::control::{ControlError, Precondition};
use crate::federation::Federation;
use crate::interaction::PageForm;
use crate::interaction::respond::see_other;
use crate::kernel::id::AccountId;
use crate::oauth::Parameters;
use crate::store::tenant::LinkPurpose;
use crate::tenant::roles::{Permission, Role};
use crate::web::pages::console::{ConsoleUserLink, PersonDone, Section, Unconfirmed};
use axum::extract::{Path, State};
use axum::response::Response;

/// An act on a person, with its form.
struct Act {
    visit: Visit,
    federation: Federation,
    account: AccountId,
    form: Parameters,
}

impl Act {
    /// Checks the form; an error is answered.
    fn of(
        act: &str,
        visit: Visit,
        federation: Federation,
        path: &PersonPath,
        form: Parameters,
    ) -> Result<Self, Box<Response>> {
        let checked = path.account().and_then(|account| {
            visit.check_csrf(&purpose(act, account), &form)?;
            Ok(account)
        });
        match checked {
            Ok(account) => Ok(Self {
                visit,
                federation,
                account,
                form,
            }),
            Err(fault) => Err(Box::new(visit.answer(Err(fault)))),
        }
    }

    /// Back to the person, with what was done.
    fn after(&self, done: PersonDone) -> Response {
        see_other(&format!(
            "{}?done={}",
            self.visit.path(&place(self.account)),
            done.as_str()
        ))
    }

    /// Asks whoever did not sign in just now to do so.
    fn require_recent(&self) -> Result<(), ConsoleFault> {
        self.visit.require_recent(&place(self.account))
    }

    fn deliver(&self, has_notices: bool) {
        deliver(&self.visit, &self.federation, has_notices);
    }
}

/// Handlers that check their form and then do one thing.
macro_rules! acts {
    ($($(#[$doc:meta])+ $name:ident ($place:literal) |$act:ident| $body:block)+) => {
        $(
            $(#[$doc])+
            pub(super) async fn $name(
                visit: Visit,
                State(federation): State<Federation>,
                Path(path): Path<PersonPath>,
                PageForm(form): PageForm,
            ) -> Response {
                let $act = match Act::of($place, visit, federation, &path, form) {
                    Ok(act) => act,
                    Err(answer) => return *answer,
                };
                let done: Result<Response, ConsoleFault> = Box::pin(async { $body }).await;
                $act.visit.answer(done)
            }
        )+
    };
}

acts! {
    /// `POST unlock`: trying again at once.
    unlock ("unlock") |act| {
        act.visit.admin.unlock_user(act.account).await?;
        Ok(act.after(PersonDone::Unlocked))
    }

    /// `POST link`: a link to choose a password, by mail or shown this once.
    link ("link") |act| {
        let by_mail = field(&act.form, "delivery") == "mail";
        let delivery = if by_mail { Delivery::Mail } else { Delivery::Shown };
        if by_mail && !act.federation.mailer().is_on() {
            return Err(ControlError::Conflict("no mail server is set up".into()).into());
        }
        if !by_mail {
            act.require_recent()?;
        }
        let wanted = WantedLink { language: act.visit.cx.language(), delivery };
        let made = act.visit.admin.make_user_link(act.account, wanted).await?;
        act.deliver(false);
        if by_mail {
            return Ok(act.after(PersonDone::LinkMailed));
        }
        let user = act.visit.admin.get_user(act.account).await?;
        Ok(show_link(&act.visit, &user, made))
    }

    /// `POST session`: the end of one session.
    end_session ("session") |act| {
        let ended = act.visit.admin.end_session(field(&act.form, "session")).await?;
        act.deliver(ended.has_notices);
        Ok(act.after(PersonDone::SessionEnded))
    }

    /// `POST sign-out-everywhere`: the end of all of them, and of offline access if that is asked for.
    sign_out ("sign-out-everywhere") |act| {
        let offline_access = field(&act.form, "offline_access") == "yes";
        let ended = act.visit.admin.sign_user_out(act.account, offline_access).await?;
        act.deliver(ended.has_notices);
        Ok(act.after(PersonDone::SignedOut))
    }

    /// `POST role`: a role in administration, given or taken.
    change_role ("role") |act| {
        act.require_recent()?;
        let principal = act.account.to_string();
        let role = |name: &str| {
            Role::parse(name).ok_or_else(|| ControlError::NotFound { what: "role", name: name.to_owned() })
        };
        let taken = field(&act.form, "take");
        if taken.is_empty() {
            act.visit.admin.assign_role(&principal, role(field(&act.form, "give"))?).await?;
            return Ok(act.after(PersonDone::RoleGiven));
        }
        act.visit.admin.withdraw_role(&principal, role(taken)?).await?;
        Ok(act.after(PersonDone::RoleTaken))
    }

    /// `POST consent`: withdraws what an app was allowed.
    withdraw ("consent") |act| {
        act.visit.admin.withdraw_consent(act.account, field(&act.form, "client")).await?;
        Ok(act.after(PersonDone::Withdrawn))
    }

    /// `POST second-factors`: removes them, once the user name was typed.
    remove_second_factors ("second-factors") |act| {
        act.visit.actor().require(Permission::HelpUsers)?;
        act.require_recent()?;
        let user = act.visit.admin.get_user(act.account).await?;
        if field(&act.form, "confirm").trim() != user.summary.username {
            let outcome = Outcome { unconfirmed: Some(Unconfirmed::Factors), ..Outcome::default() };
            return show(&act.visit, &act.federation, act.account, outcome).await;
        }
        let changed = act.visit.admin.remove_second_factors_of(act.account).await?;
        act.deliver(changed.has_notices);
        Ok(act.after(PersonDone::FactorsRemoved))
    }

    /// `POST delete`: for good, once the user name was typed.
    delete ("delete") |act| {
        act.visit.actor().require(Permission::ManageUsers)?;
        act.require_recent()?;
        let user = act.visit.admin.get_user(act.account).await?;
        if field(&act.form, "confirm").trim() != user.summary.username {
            let outcome = Outcome { unconfirmed: Some(Unconfirmed::Deletion), ..Outcome::default() };
            return show(&act.visit, &act.federation, act.account, outcome).await;
        }
        let has_notices = act.visit.admin.delete_user(act.account, &Precondition::None).await?;
        act.deliver(has_notices);
        Ok(see_other(&format!("{}?done=deleted", act.visit.path("people"))))
    }

    /// `POST status`: shut out, or let in again.
    change_status ("status") |act| {
        let disabled = field(&act.form, "disabled") != "no";
        let change = UserChange { disabled: Some(disabled), ..UserChange::default() };
        let changed = act.visit.admin.update_user(act.account, &change, &Precondition::None).await?;
        act.deliver(changed.has_notices);
        Ok(act.after(if disabled { PersonDone::Disabled } else { PersonDone::Enabled }))
    }
}

/// The page with a link that was made just now.
pub(super) fn show_link(visit: &Visit, user: &UserDetail, made: MadeLink) -> Response {
    let user = &user.summary;
    visit.page(&ConsoleUserLink {
        frame: visit.frame(Section::People),
        person: user.name.clone().unwrap_or_else(|| user.username.clone()),
        username: user.username.clone(),
        invitation: made.purpose == LinkPurpose::Invitation,
        link: made.link.address,
        until: made.link.expires_at,
        next: visit.href(&place(user.id)),
    })
}
