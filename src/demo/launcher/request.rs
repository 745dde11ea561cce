//! What the EHR's server says of a launch: the body of `POST I/launch`.

use crate::demo::backstage::Backstage;
use crate::demo::world::{Hospital, Person};
use crate::web::pages::{LauncherProblem, LauncherSettings};
use serde_json::{Map, Value, json};

/// The body for these settings, for an app by its id and a launch address that it registered.
pub(super) fn body(
    backstage: &Backstage,
    hospital: &Hospital,
    settings: &LauncherSettings,
    (client_id, launch_uri): (&str, &str),
) -> Result<Value, LauncherProblem> {
    let person = hospital.people.iter().find(|person| person.username == settings.user);
    let mut launch = Map::new();
    let mut put = |name: &str, value: Value| {
        launch.insert(name.to_owned(), value);
    };
    put("client_id", json!(client_id));
    put("launch_uri", json!(launch_uri));
    let portal = settings.kind == "portal";
    let patient = if portal {
        own_patient(person).ok_or(LauncherProblem::NotAPatient)?
    } else {
        settings.patient.as_str()
    };
    if !patient.is_empty() {
        put("patient", json!(patient));
        if !settings.encounter.is_empty() {
            put("encounter", json!(format!("{patient}-{}", settings.encounter)));
        }
    }
    for (member, value) in [("intent", &settings.intent), ("tenant", &settings.unit)] {
        if !value.is_empty() {
            put(member, json!(value));
        }
    }
    if !settings.fhir_context.is_empty() {
        let list = serde_json::from_str::<Vec<Value>>(&settings.fhir_context);
        put(
            "fhirContext",
            Value::Array(list.map_err(|_| LauncherProblem::FhirContext)?),
        );
    }
    match settings.banner.as_str() {
        "needed" => put("need_patient_banner", json!(true)),
        "shown" => put("need_patient_banner", json!(false)),
        _ => {}
    }
    if settings.style == "dusk" {
        put("smart_style_url", json!(backstage.population.style_url()));
    }
    match (settings.sign_in.as_str(), person) {
        ("bound", Some(person)) => put("user", json!(person.fhir_user)),
        ("vouched", Some(person)) => put("user_assertion", json!(vouch(backstage, hospital, person)?)),
        ("bound" | "vouched", None) => return Err(LauncherProblem::NobodyNamed),
        (_, Some(person)) => put("login_hint", json!(person.username)),
        (_, None) => {}
    }
    Ok(Value::Object(launch))
}

/// Whose record somebody's portal shows.
fn own_patient(person: Option<&Person>) -> Option<&'static str> {
    let person = person?;
    person.patient.or_else(|| person.fhir_user?.strip_prefix("Patient/"))
}

fn vouch(backstage: &Backstage, hospital: &Hospital, person: &Person) -> Result<String, LauncherProblem> {
    // By the account where there is one from the start; a person may have several with one FHIR resource.
    let user = if hospital.has_accounts() {
        json!({ "idp": "local", "sub": person.username })
    } else {
        json!({ "fhirUser": person.fhir_user })
    };
    let issuer = backstage.population.issuer(hospital.slug);
    let entropy = backstage.directory().entropy().as_ref();
    backstage
        .ehr
        .user_assertion(&issuer, &user, backstage.now(), entropy)
        .map_err(|_| LauncherProblem::Unreachable)
}
