//! The demonstration's front page and its sample app.

use super::APP_SCOPE;
use super::backstage::{Backstage, KEYED_APP};
use super::fhir::FhirWorld;
use super::keyed_client::JWT_BEARER;
use super::world::{HOSPITALS, LAKESIDE, Person, Population};
use super::{launcher, saml_idp, styles};
use crate::app::App;
use crate::kernel::id::RequestId;
use crate::tenant::TenantDirectory;
use crate::web::pages::{DemoHome, DemoLaunch, DemoTenant, DemoUser, SampleApp, SampleHospital};
use crate::web::route_table::RouteTable;
use crate::web::{Chrome, CspSource, Href, HtmlPage, Language, PagePolicy, TenantLook};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;
use std::sync::Arc;

pub(super) fn routes(backstage: &Arc<Backstage>, fhir: &Arc<FhirWorld>) -> RouteTable<App> {
    let (for_home, for_app, for_answer) = (backstage.clone(), backstage.clone(), backstage.clone());
    let (for_launcher, for_assertion, fhir) = (backstage.clone(), backstage.clone(), fhir.clone());
    RouteTable::new()
        .get("/", move |State(directory): State<TenantDirectory>, Extension(id): Extension<RequestId>, headers: HeaderMap| async move {
            home(&for_home.population, chrome(&directory, id, &headers))
        })
        .get("/demo/launcher", move |State(directory): State<TenantDirectory>, Extension(id): Extension<RequestId>, RawQuery(query): RawQuery, headers: HeaderMap| async move {
            let chrome = chrome(&directory, id, &headers);
            launcher::show(&for_launcher, &fhir, chrome, &query.unwrap_or_default()).await
        })
        .get("/demo/style/dusk.json", styles::dusk)
        .get("/demo/app", move |State(directory): State<TenantDirectory>, Extension(id): Extension<RequestId>, headers: HeaderMap| async move {
            sample_app(&for_app.population, chrome(&directory, id, &headers))
        })
        .post("/demo/app/assertion/{tenant}", move |Path(slug): Path<String>| async move {
            assertion(&for_assertion, &slug)
        })
        .get("/demo/idp/sso", async |State(directory): State<TenantDirectory>, Extension(id): Extension<RequestId>, RawQuery(query): RawQuery, headers: HeaderMap| {
            let chrome = chrome(&directory, id, &headers);
            saml_idp::choose(&directory, chrome, lakeside(), &query.unwrap_or_default()).await
        })
        .get("/demo/idp/sso/{person}", move |State(directory): State<TenantDirectory>, Extension(id): Extension<RequestId>, Path(person): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap| async move {
            let person = lakeside().iter().find(|known| known.username == person);
            let chrome = chrome(&directory, id, &headers);
            saml_idp::answer(&directory, &for_answer.population, chrome, person, &query.unwrap_or_default()).await
        })
}

/// What the sample app's server adds to a token request where it has a key.
fn assertion(backstage: &Backstage, slug: &str) -> Response {
    if !HOSPITALS.iter().any(|hospital| hospital.slug == slug) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match backstage.assertion(&backstage.app, slug) {
        Ok(assertion) => {
            let body = json!({ "client_assertion_type": JWT_BEARER, "client_assertion": assertion });
            ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the sample app's key does not sign");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn lakeside() -> &'static [Person] {
    HOSPITALS
        .iter()
        .find(|hospital| hospital.slug == LAKESIDE)
        .map_or(&[], |hospital| hospital.people)
}

fn chrome(directory: &TenantDirectory, request_id: RequestId, headers: &HeaderMap) -> Chrome {
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    Chrome {
        tenant: TenantLook {
            name: "Wardkey demonstration".to_owned(),
            ..TenantLook::platform()
        },
        app: None,
        language: Language::negotiate(None, accepted),
        static_base: directory.static_base().clone(),
        request_id: request_id.to_string(),
        language_switch: None,
    }
}

fn home(population: &Population, chrome: Chrome) -> HtmlPage {
    let tenants = HOSPITALS
        .iter()
        .map(|hospital| {
            let fhir_base = population.fhir_base(hospital.slug);
            let query: String = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("iss", &fhir_base)
                .finish();
            DemoTenant {
                name: hospital.name.to_owned(),
                note: Some(hospital.sign_in.to_owned()),
                issuer: population.issuer(hospital.slug),
                fhir_base,
                launches: vec![
                    DemoLaunch {
                        label: format!("Open the sample app at {}", hospital.name),
                        href: Href::local(&format!("/demo/app?{query}")),
                    },
                    DemoLaunch {
                        label: format!("Launch it from the EHR of {}", hospital.name),
                        href: Href::local(&format!("/demo/launcher?tenant={}", hospital.slug)),
                    },
                ],
                users: hospital
                    .people
                    .iter()
                    .map(|person| DemoUser {
                        person: format!("{}, {}", person.name, person.role),
                        username: person.username.to_owned(),
                        password: Population::password().to_owned(),
                    })
                    .collect(),
            }
        })
        .collect();
    HtmlPage::new(&DemoHome { chrome, tenants }, PagePolicy::closed(false))
}

fn sample_app(population: &Population, chrome: Chrome) -> HtmlPage {
    let hospitals = HOSPITALS
        .iter()
        .map(|hospital| SampleHospital {
            slug: hospital.slug.to_owned(),
            name: hospital.name.to_owned(),
            fhir_base: population.fhir_base(hospital.slug),
            client_id: "sample-app".to_owned(),
        })
        .collect();
    let page = SampleApp {
        chrome,
        redirect_uri: population.redirect_uri(),
        scope: APP_SCOPE.to_owned(),
        hospitals,
        keyed_client: KEYED_APP.to_owned(),
        faults: format!("{}/demo/faults/", population.base()),
    };
    let own: Vec<CspSource> = CspSource::covering(population.base()).into_iter().collect();
    let policy = PagePolicy {
        connect: own.clone(),
        // The launcher shows it.
        frame_ancestors: own,
        ..PagePolicy::closed(false)
    };
    HtmlPage::new(&page, policy)
}
