//! `/<tenant>/admin/fhir-server`: the FHIR servers that apps ask access to. They are asked who they are before they are saved, so that a
//! mistyped address is found by whoever types it.

use super::Visit;
use super::desk::Fields;
use super::respond::ConsoleFault;
use crate::control::{Change, ControlError, FhirServerAnswer, FhirServerFinding, Precondition, version_of};
use crate::interaction::respond::see_other;
use crate::smart::FhirBase;
use crate::store::tenant::ResourceName;
use crate::tenant::TenantDocument;
use crate::tenant::roles::Permission;
use crate::web::pages::console::{ConsoleFhirServer, DiscoveryRow, FhirServerRow, Section};
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use serde::Deserialize;

const PLACE: &str = "fhir-server";

/// What the address says was done before.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    done: String,
    undo: String,
}

/// What was typed, about which version of the addresses.
struct Typed {
    bases: String,
    version: String,
}

impl Typed {
    fn of(document: &TenantDocument) -> Result<Self, ConsoleFault> {
        let bases: Vec<&str> = document.fhir_bases.iter().map(FhirBase::as_str).collect();
        Ok(Self {
            bases: bases.join("\n"),
            version: version_of(&document.fhir_bases)?,
        })
    }

    /// One address on each line; empty lines are none.
    fn read(&self) -> Result<Vec<FhirBase>, String> {
        let lines = self.bases.lines().map(str::trim).filter(|line| !line.is_empty());
        lines
            .map(|line| FhirBase::parse(line).map_err(|error| format!("{line}: {error}")))
            .collect()
    }
}

/// `GET fhir-server`.
pub(super) async fn get(visit: Visit, shown: Result<Query<Shown>, QueryRejection>) -> Response {
    let shown = shown.map(|Query(shown)| shown).unwrap_or_default();
    let page = async {
        let document = visit.admin.get_settings().await?;
        let settings = ResourceName::settings();
        let page = ConsoleFhirServer {
            saved: shown.done == "saved",
            undone: shown.done == "undone",
            undo: visit.undo_offer(PLACE, &shown.undo, &settings).await?,
            ..page_of(&visit, &document, Typed::of(&document)?)
        };
        Ok(visit.page(&page))
    };
    visit.answer(Box::pin(page).await)
}

fn page_of(visit: &Visit, document: &TenantDocument, typed: Typed) -> ConsoleFhirServer {
    ConsoleFhirServer {
        frame: visit.frame(Section::FhirServer),
        csrf: visit.csrf(PLACE),
        action: visit.href(PLACE),
        may_change: visit.may(Permission::ManageSettings),
        typed: typed.bases,
        version: typed.version,
        default_base: visit.cx.urls().default_fhir_base(),
        discovery: discovery(visit, document),
        issuer: visit.cx.issuer().to_owned(),
        jwks: visit.cx.urls().endpoint("jwks"),
        introspection: visit.cx.urls().endpoint("introspect"),
        found: Vec::new(),
        asks: false,
        fault: None,
        saved: false,
        undone: false,
        undo: None,
    }
}

/// Where each server's SMART configuration belongs, and where it is made (SMART App Launch 2.2, "Using .well-known").
fn discovery(visit: &Visit, document: &TenantDocument) -> Vec<DiscoveryRow> {
    const DOCUMENT: &str = ".well-known/smart-configuration";
    let urls = visit.cx.urls();
    let name = |base: &FhirBase| {
        let mut servers = document.fhir_servers.iter().filter(|server| server.base == *base);
        servers.find_map(|server| server.name.clone())
    };
    let row = |(place, base): (usize, &FhirBase)| DiscoveryRow {
        asked: base.join(DOCUMENT),
        made: match (place, name(base)) {
            (0, _) => Some(urls.endpoint(DOCUMENT)),
            (_, Some(name)) => Some(urls.endpoint(&format!("fhir-servers/{name}/{DOCUMENT}"))),
            (_, None) => None,
        },
    };
    document.fhir_bases.iter().enumerate().map(row).collect()
}

/// `POST fhir-server`: asks, and saves when every server answered as one, or when that was wished all the same.
pub(super) async fn post(visit: Visit, form: Fields) -> Response {
    visit.answer(Box::pin(save(&visit, &form)).await)
}

async fn save(visit: &Visit, form: &Fields) -> Result<Response, ConsoleFault> {
    visit.check_fields(PLACE, form)?;
    visit.actor().require(Permission::ManageSettings)?;
    let document = visit.admin.get_settings().await?;
    let typed = Typed {
        bases: form.get("fhir_bases").to_owned(),
        version: form.get("version").to_owned(),
    };
    let act = form.get("act");
    let bases = match typed.read() {
        Ok(bases) => bases,
        Err(problem) => return Ok(refused(visit, &document, typed, problem)),
    };
    if act != "anyway" {
        let found = visit.platform().ask_fhir_servers(&visit.admin, &bases).await?;
        let in_doubt = found.iter().any(|found| found.answer != FhirServerAnswer::Fhir);
        if in_doubt || act == "check" {
            let page = ConsoleFhirServer {
                found: found.into_iter().map(row).collect(),
                asks: in_doubt && act != "check",
                ..page_of(visit, &document, typed)
            };
            return Ok(visit.page(&page));
        }
    }
    let seen = Precondition::Version(vec![typed.version.clone()]);
    let saved = visit.admin.change_settings(&Precondition::None, |old| {
        seen.check(Some(&old.fhir_bases))?;
        Ok(TenantDocument {
            fhir_bases: bases,
            ..old.clone()
        })
    });
    match Box::pin(saved).await {
        Ok((_, Change::Unchanged)) => Ok(see_other(&visit.path(PLACE))),
        Ok(_) => Ok(Box::pin(visit.after_change(PLACE, "saved", &ResourceName::settings())).await?),
        Err(ControlError::Invalid { problem, .. }) => Ok(refused(visit, &document, typed, problem)),
        Err(ControlError::Outdated) => {
            // The addresses as they are now, so that saving again is about those.
            let document = visit.admin.get_settings().await?;
            let version = version_of(&document.fhir_bases)?;
            let problem =
                "was changed by somebody else meanwhile; look at the history, then save again to overwrite that";
            let typed = Typed { version, ..typed };
            Ok(refused(visit, &document, typed, problem.to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

fn refused(visit: &Visit, document: &TenantDocument, typed: Typed, problem: String) -> Response {
    let page = ConsoleFhirServer {
        fault: Some(problem),
        ..page_of(visit, document, typed)
    };
    visit.page(&page)
}

fn row(found: FhirServerFinding) -> FhirServerRow {
    FhirServerRow {
        good: found.answer == FhirServerAnswer::Fhir,
        text: found.text,
    }
}
