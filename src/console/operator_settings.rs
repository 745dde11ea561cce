//! `/admin/settings`: the platform's own settings.

use super::desk::field;
use super::{OperatorVisit, Visit};
use crate::control::{ControlError, Precondition};
use crate::interaction::PageForm;
use crate::tenant::TenantDocument;
use crate::tenant::local_accounts::SecondFactor;
use crate::tenant::roles::Permission;
use crate::web::pages::console::{OperatorSettings, Section, TypedSettings};
use axum::response::Response;

const FORM: &str = "settings";

fn typed_of(document: &TenantDocument) -> TypedSettings {
    TypedSettings {
        display_name: document.display_name.clone(),
        help_contact: document.help_contact.clone().unwrap_or_default(),
        privacy_url: document.privacy_url.clone().unwrap_or_default(),
    }
}

/// `GET /admin/settings`.
pub(super) async fn get(OperatorVisit(visit): OperatorVisit) -> Response {
    let act = async {
        let document = visit.admin.get_settings().await?;
        Ok(show(&visit, &document, typed_of(&document), None, None))
    };
    visit.answer(act.await)
}

fn show(
    visit: &Visit,
    document: &TenantDocument,
    typed: TypedSettings,
    problem: Option<(String, String)>,
    before: Option<TypedSettings>,
) -> Response {
    let directory = visit.platform().directory();
    let page = OperatorSettings {
        frame: visit.frame(Section::Settings),
        csrf: visit.csrf(FORM),
        action: visit.href("settings"),
        may_change: visit.may(Permission::ManageSettings),
        typed,
        problem,
        before,
        public_url: directory.public_url().to_string(),
        mtls_url: visit.cx.mtls_url().map(ToString::to_string),
        issuer: visit.cx.issuer().to_owned(),
        version: env!("CARGO_PKG_VERSION"),
        postgres: visit.platform().is_on_postgres(),
        second_factor: document.local_accounts.second_factor == SecondFactor::Required,
    };
    visit.page(&page)
}

/// `POST /admin/settings`.
pub(super) async fn post(OperatorVisit(visit): OperatorVisit, PageForm(form): PageForm) -> Response {
    let text = |name: &str| field(&form, name).trim().to_owned();
    let typed = TypedSettings {
        display_name: text("display_name"),
        help_contact: text("help_contact"),
        privacy_url: text("privacy_url"),
    };
    let act = async {
        visit.check_csrf(FORM, &form)?;
        visit.actor().require(Permission::ManageSettings)?;
        let old = visit.admin.get_settings().await?;
        if typed.display_name.is_empty() {
            let problem = (
                "display_name".to_owned(),
                "is empty; give the name that people know".to_owned(),
            );
            return Ok(show(&visit, &old, typed.clone(), Some(problem), None));
        }
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let changed = visit.admin.change_settings(&Precondition::None, |old| {
            Ok(TenantDocument {
                display_name: typed.display_name.clone(),
                help_contact: given(&typed.help_contact),
                privacy_url: given(&typed.privacy_url),
                ..old.clone()
            })
        });
        match Box::pin(changed).await {
            Ok((document, _)) => {
                let before = Some(typed_of(&old)).filter(|before| *before != typed);
                Ok(show(&visit, &document, typed.clone(), None, before))
            }
            Err(ControlError::Invalid { member, problem }) => {
                let problem = Some((member, problem));
                Ok(show(&visit, &old, typed.clone(), problem, None))
            }
            Err(other) => Err(other.into()),
        }
    };
    visit.answer(act.await)
}
