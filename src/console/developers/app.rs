//! `/developers/apps`: registering an app for the platform's review, and looking after it with its link.

use super::super::directory_form::{app_of, facts_of, fields_of, refused, typed};
use super::{PlatformCx, chrome};
use crate::control::app_directory::DirectoryApp;
use crate::control::{ControlError, Platform};
use crate::interaction::{PageForm, storage_page};
use crate::kernel::Secret;
use crate::quota::Budget;
use crate::store::StoreError;
use crate::store::control::DirectoryState;
use crate::tenant::TenantCx;
use crate::web::pages::console::{DirectoryFields, DirectoryForm};
use crate::web::pages::{DeveloperApp, DeveloperAppGone};
use crate::web::{ClientAddress, Href};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

const NEW: &str = "/developers/apps/new";

/// Path parameters.
#[derive(Deserialize)]
pub(super) struct AppLink {
    link: String,
}

fn new_page(cx: &PlatformCx, form: DirectoryForm, path: Option<&str>, status: StatusCode) -> Response {
    let page = DeveloperApp {
        chrome: chrome(&cx.0, path),
        app: None,
        link: None,
        saved: false,
        form: Some((form, Href::local(NEW))),
    };
    cx.page(&page, status)
}

/// `GET /developers/apps/new`.
pub(super) async fn get_new(cx: PlatformCx) -> Response {
    let form = DirectoryForm {
        fields: DirectoryFields::default(),
        faults: Vec::new(),
        fixed_id: false,
    };
    new_page(&cx, form, Some(NEW), StatusCode::OK)
}

/// Each registration leaves a row that somebody has to read: their number is bounded, on all nodes together.
async fn spend(cx: &TenantCx) -> Result<(), ControlError> {
    let address = cx.client_address().map(ClientAddress::subject);
    let mut budgets: Vec<(Budget, &[u8])> = vec![(Budget::RegistrationPerTenant, &[])];
    let own = address.as_deref();
    budgets.extend(own.map(|address| (Budget::RegistrationPerAddress, address)));
    match cx.spend_shared(&budgets).await? {
        Ok(spending) => {
            spending.keep();
            Ok(())
        }
        Err(spent) => {
            let minutes = spent.seconds().div_ceil(60);
            let text = format!("cannot be registered now: too many apps were; try again in {minutes} minutes");
            Err(ControlError::Conflict(text))
        }
    }
}

/// `POST /developers/apps/new`.
pub(super) async fn post_new(cx: PlatformCx, State(platform): State<Platform>, PageForm(form): PageForm) -> Response {
    let fields = typed(&form);
    let made = async {
        spend(&cx.0).await?;
        platform
            .submit_directory_app(&fields.client_id, &app_of(&fields, None))
            .await
    };
    match made.await {
        Ok((app, secret)) => {
            let base = cx.0.urls().base();
            let link = Secret::new(format!("{base}/developers/apps/{}", secret.expose()));
            show(&cx, &app, secret.expose(), Some(link), false, None)
        }
        Err(error) => match refused(fields, false, error) {
            Ok(form) => new_page(&cx, form, None, StatusCode::BAD_REQUEST),
            Err(error) => failed(&cx, error),
        },
    }
}

fn failed(cx: &PlatformCx, error: ControlError) -> Response {
    match error {
        ControlError::Store(error) => storage_page(&cx.0, &error),
        other => storage_page(&cx.0, &StoreError::Unfit(other.to_string())),
    }
}

/// While it is not published its developer can mend it.
const fn can_change(state: DirectoryState) -> bool {
    matches!(state, DirectoryState::Submitted | DirectoryState::Rejected)
}

fn show(
    cx: &PlatformCx,
    app: &DirectoryApp,
    secret: &str,
    link: Option<Secret<String>>,
    saved: bool,
    form: Option<DirectoryForm>,
) -> Response {
    let status = if form.is_some() {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    let form = form.unwrap_or_else(|| DirectoryForm {
        fields: fields_of(app),
        faults: Vec::new(),
        fixed_id: true,
    });
    let action = Href::local(&format!("/developers/apps/{secret}"));
    let page = DeveloperApp {
        chrome: chrome(&cx.0, None),
        app: Some(facts_of(app)),
        link,
        saved,
        form: can_change(app.state).then_some((form, action)),
    };
    cx.page(&page, status)
}

fn gone(cx: &PlatformCx) -> Response {
    let page = DeveloperAppGone {
        chrome: chrome(&cx.0, None),
    };
    cx.page(&page, StatusCode::NOT_FOUND)
}

/// `GET /developers/apps/{link}`: what became of an app.
pub(super) async fn get(cx: PlatformCx, State(platform): State<Platform>, Path(path): Path<AppLink>) -> Response {
    match platform.find_submitted_app(&path.link).await {
        Ok(Some(app)) => show(&cx, &app, &path.link, None, false, None),
        Ok(None) => gone(&cx),
        Err(error) => failed(&cx, error),
    }
}

/// `POST /developers/apps/{link}`: mends it, and has it reviewed again.
pub(super) async fn post(
    cx: PlatformCx,
    State(platform): State<Platform>,
    Path(path): Path<AppLink>,
    PageForm(form): PageForm,
) -> Response {
    let app = match platform.find_submitted_app(&path.link).await {
        Ok(Some(app)) => app,
        Ok(None) => return gone(&cx),
        Err(error) => return failed(&cx, error),
    };
    let fields = DirectoryFields {
        client_id: app.client_id.clone(),
        ..typed(&form)
    };
    let new = app_of(&fields, Some(&app));
    match platform.revise_submitted_app(&path.link, &new).await {
        Ok(revised) => show(&cx, &revised, &path.link, None, true, None),
        Err(error) => match refused(fields, true, error) {
            Ok(form) => show(&cx, &app, &path.link, None, false, Some(form)),
            Err(error) => failed(&cx, error),
        },
    }
}
