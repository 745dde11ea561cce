//! The demonstration's EHR: a page on which a launch is put together, and the EHR's server, which registers it at the hospital
//! like any other (SMART App Launch 2.2, "EHR launch").

mod commands;
mod prepare;
mod request;

use super::backstage::Backstage;
use super::fhir::FhirWorld;
use super::world::{HOSPITALS, Hospital};
use crate::web::pages::{DemoLauncher, LaunchOutcome, LauncherHospital, LauncherSettings};
use crate::web::{Chrome, CspSource, Href, HtmlPage, PagePolicy};

/// Shows the form, and what came of the launch if its button was pressed.
pub(super) async fn show(backstage: &Backstage, fhir: &FhirWorld, chrome: Chrome, query: &str) -> HtmlPage {
    let (settings, launch) = read(query);
    let hospital = hospital_of(&settings);
    let outcome = if launch {
        Some(prepare::prepare(backstage, fhir, hospital, &settings).await)
    } else {
        None
    };
    let base = backstage.population.base();
    let mut frames: Vec<CspSource> = CspSource::covering(base).into_iter().collect();
    if let Some(LaunchOutcome::Ready(launch)) = &outcome {
        // The frame holds the app first, and the hospital's pages after it.
        frames.extend(CspSource::covering(launch.href.as_str()).filter(|source| !frames.contains(source)));
    }
    let page = DemoLauncher {
        chrome,
        hospitals: HOSPITALS
            .iter()
            .map(|known| LauncherHospital {
                name: known.name.to_owned(),
                href: Href::local(&format!("/demo/launcher?tenant={}", known.slug)),
                current: known.slug == hospital.slug,
            })
            .collect(),
        apps: prepare::apps(backstage, hospital.slug).await,
        people: hospital
            .people
            .iter()
            .map(|person| {
                let label = format!("{}, {}", person.name, person.role);
                (person.username.to_owned(), label)
            })
            .collect(),
        patients: fhir.list_patients(hospital.slug),
        settings: LauncherSettings {
            tenant: hospital.slug.to_owned(),
            ..settings
        },
        outcome,
    };
    let policy = PagePolicy {
        frames,
        ..PagePolicy::closed(false)
    };
    HtmlPage::new(&page, policy)
}

/// The hospital that is chosen; the first one otherwise.
fn hospital_of(settings: &LauncherSettings) -> &'static Hospital {
    let [first, _] = &HOSPITALS;
    HOSPITALS
        .iter()
        .find(|known| known.slug == settings.tenant)
        .unwrap_or(first)
}

/// The settings in an address, and whether to launch.
fn read(query: &str) -> (LauncherSettings, bool) {
    let mut settings = LauncherSettings {
        app: "sample-app".to_owned(),
        kind: "ehr".to_owned(),
        user: "ana".to_owned(),
        sign_in: "form".to_owned(),
        patient: "maria".to_owned(),
        encounter: "visit".to_owned(),
        method: "get".to_owned(),
        ..LauncherSettings::default()
    };
    let mut launch = false;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = value.trim().to_owned();
        match name.as_ref() {
            "tenant" => settings.tenant = value,
            "app" => settings.app = value,
            "kind" => settings.kind = value,
            "user" => settings.user = value,
            "sign_in" => settings.sign_in = value,
            "patient" => settings.patient = value,
            "encounter" => settings.encounter = value,
            "intent" => settings.intent = value,
            "unit" => settings.unit = value,
            "fhir_context" => settings.fhir_context = value,
            "banner" => settings.banner = value,
            "style" => settings.style = value,
            "method" => settings.method = value,
            "fault" => settings.fault = value,
            "launch" => launch = true,
            _ => {}
        }
    }
    (settings, launch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_begins_with_a_launch_that_works_and_keeps_what_the_address_says() {
        let (settings, launch) = read("");
        assert_eq!(
            (settings.app.as_str(), settings.patient.as_str(), launch),
            ("sample-app", "maria", false)
        );
        let (settings, launch) = read("tenant=lakeside&patient=&intent=+review+&launch=yes&unknown=1");
        assert_eq!(
            (settings.patient.as_str(), settings.intent.as_str(), launch),
            ("", "review", true)
        );
        assert_eq!(hospital_of(&settings).slug, "lakeside");
    }

    #[test]
    fn an_unknown_hospital_is_the_first_one() {
        let (settings, _) = read("tenant=nowhere");
        assert_eq!(hospital_of(&settings).slug, "northside");
    }
}
