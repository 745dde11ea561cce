//! `/admin/new-tenant`: one form that creates a tenant and ends with its owner's invitation.

use super::desk::field;
use super::operator_tenant::created;
use super::respond::ConsoleFault;
use super::{OperatorVisit, Visit};
use crate::control::onboarding::Onboarding;
use crate::control::tenants::{NewPlacement, NewTenant};
use crate::control::{ControlError, FhirServerAnswer, NewOwner};
use crate::interaction::PageForm;
use crate::smart::FhirBase;
use crate::store::control::Tier;
use crate::tenant::TenantDocument;
use crate::tenant::roles::Permission;
use crate::web::pages::console::{OperatorNewTenant, Section, TypedTenant};
use axum::response::Response;

const FORM: &str = "new tenant";

/// `GET /admin/new-tenant`.
pub(super) async fn get(OperatorVisit(visit): OperatorVisit) -> Response {
    let shown = visit.actor().require(Permission::ManageTenants);
    let shown = shown.map(|()| show(&visit, TypedTenant::default(), None));
    visit.answer(shown.map_err(ConsoleFault::from))
}

fn show(visit: &Visit, typed: TypedTenant, problem: Option<(String, String)>) -> Response {
    let page = OperatorNewTenant {
        frame: visit.frame(Section::Tenants),
        csrf: visit.csrf(FORM),
        action: visit.href("new-tenant"),
        back: visit.href("tenants"),
        typed,
        problem,
        base: visit.platform().directory().public_url().to_string(),
    };
    visit.page(&page)
}

/// `POST /admin/new-tenant`.
pub(super) async fn post(OperatorVisit(visit): OperatorVisit, PageForm(form): PageForm) -> Response {
    let text = |name: &str| field(&form, name).trim().to_owned();
    let typed = TypedTenant {
        name: text("display_name"),
        slug: text("slug"),
        tier: text("tier"),
        placement: text("placement"),
        fhir_base: text("fhir_base"),
        owner_email: text("email"),
        owner_name: text("owner_name"),
    };
    let act = async {
        visit.check_csrf(FORM, &form)?;
        visit.actor().require(Permission::ManageTenants)?;
        match make(&visit, &typed).await {
            Ok(response) => Ok(response),
            Err(error) => match in_form(&error) {
                Some(field) => {
                    let problem = match error {
                        ControlError::Invalid { problem, .. } => problem,
                        other => other.to_string(),
                    };
                    Ok(show(&visit, typed.clone(), Some((field, problem))))
                }
                None => Err(error.into()),
            },
        }
    };
    visit.answer(act.await)
}

/// The field to which a refusal belongs.
fn in_form(error: &ControlError) -> Option<String> {
    match error {
        ControlError::Slug(_) | ControlError::Conflict(_) => Some("slug".to_owned()),
        ControlError::Invalid { member, .. } if member == "username" => Some("email".to_owned()),
        ControlError::Invalid { member, .. } if ["display_name", "email", "fhir_base"].contains(&member.as_str()) => {
            Some(member.clone())
        }
        _ => None,
    }
}

async fn make(visit: &Visit, typed: &TypedTenant) -> Result<Response, ControlError> {
    let platform = visit.platform();
    if typed.owner_email.is_empty() {
        return Err(ControlError::invalid(
            "email",
            "is empty; somebody has to answer for the tenant",
        ));
    }
    let fhir_bases = match typed.fhir_base.as_str() {
        "" => Vec::new(),
        base => vec![FhirBase::parse(base).map_err(|error| ControlError::invalid("fhir_base", error.to_string()))?],
    };
    // This form makes what is new; what exists has a page of its own.
    match platform.get_tenant(&typed.slug).await {
        Err(ControlError::NotFound { .. }) => {}
        Ok(_) => {
            return Err(ControlError::Conflict(format!(
                "there is a tenant {} already",
                typed.slug
            )));
        }
        Err(other) => return Err(other),
    }
    // Before anything is made: an address that was mistyped is corrected in this form.
    let found = platform.ask_fhir_servers(&visit.admin, &fhir_bases).await?;
    if let Some(wrong) = found.iter().find(|found| found.answer == FhirServerAnswer::NotFhir) {
        return Err(ControlError::invalid("fhir_base", wrong.text.clone()));
    }
    let onboarding = Onboarding {
        tenant: NewTenant {
            slug: typed.slug.clone(),
            display_name: typed.name.clone(),
            tier: if typed.tier == Tier::Enterprise.as_str() {
                Tier::Enterprise
            } else {
                Tier::Standard
            },
            placement: if typed.placement == "dedicated" {
                NewPlacement::Dedicated(None)
            } else {
                NewPlacement::Shared
            },
            document: TenantDocument {
                fhir_bases,
                ..TenantDocument::default()
            },
        },
        owner: Some(NewOwner {
            username: typed.owner_email.clone(),
            name: (!typed.owner_name.is_empty()).then(|| typed.owner_name.clone()),
            email: Some(typed.owner_email.clone()),
        }),
        identity_provider: None,
        read_from: None,
    };
    let done = Box::pin(platform.onboard(visit.actor(), &onboarding, &|_| {})).await?;
    Ok(created(visit, done))
}
