//! The demonstration's front page and its sample app.

use super::APP_SCOPE;
use super::saml_idp;
use super::world::{HOSPITALS, LAKESIDE, Person, Population};
use crate::app::App;
use crate::kernel::id::RequestId;
use crate::tenant::TenantDirectory;
use crate::web::pages::{DemoHome, DemoLaunch, DemoTenant, DemoUser, SampleApp, SampleHospital};
use crate::web::route_table::RouteTable;
use crate::web::{Chrome, CspSource, Href, HtmlPage, Language, PagePolicy, TenantLook};
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, header};
use std::sync::Arc;

pub(super) fn routes(population: &Arc<Population>) -> RouteTable<App> {
    let (for_home, for_app, for_answer) = (population.clone(), population.clone(), population.clone());
    RouteTable::new()
        .get("/", move |State(directory): State<TenantDirectory>, Extension(id): Extension<RequestId>, headers: HeaderMap| async move {
            home(&for_home, chrome(&directory, id, &headers))
        })
        .get("/demo/app", move |State(directory): State<TenantDirectory>, Extension(id): Extension<RequestId>, headers: HeaderMap| async move {
            sample_app(&for_app, chrome(&directory, id, &headers))
        })
        .get("/demo/idp/sso", async |State(directory): State<TenantDirectory>, Extension(id): Extension<RequestId>, RawQuery(query): RawQuery, headers: HeaderMap| {
            let chrome = chrome(&directory, id, &headers);
            saml_idp::choose(&directory, chrome, lakeside(), &query.unwrap_or_default()).await
        })
        .get("/demo/idp/sso/{person}", move |State(directory): State<TenantDirectory>, Extension(id): Extension<RequestId>, Path(person): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap| async move {
            let person = lakeside().iter().find(|known| known.username == person);
            let chrome = chrome(&directory, id, &headers);
            saml_idp::answer(&directory, &for_answer, chrome, person, &query.unwrap_or_default()).await
        })
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
                launches: vec![DemoLaunch {
                    label: format!("Open the sample app at {}", hospital.name),
                    href: Href::local(&format!("/demo/app?{query}")),
                }],
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
    };
    let connect = CspSource::covering(population.base()).into_iter().collect();
    HtmlPage::new(
        &page,
        PagePolicy {
            connect,
            ..PagePolicy::closed(false)
        },
    )
}
