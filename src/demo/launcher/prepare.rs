//! Preparing a launch: which of the app's addresses, registered how, opened where.

use super::{commands, request};
use crate::demo::backstage::{Backstage, KEYED_APP};
use crate::demo::fhir::FhirWorld;
use crate::demo::world::{HOSPITALS, Hospital};
use crate::oauth::Client;
use crate::web::Href;
use crate::web::pages::{DemoFault, LaunchOutcome, LauncherProblem, LauncherSettings, ReadyLaunch};
use serde_json::Value;
use url::Url;

/// Most apps in the list.
const MOST_APPS: u32 = 100;
/// In a launch address of the sample app: it sends its request as a form.
const BY_FORM: &str = "authorize=post";

/// The apps that have a launch address at a hospital, those that people registered themselves included.
pub(super) async fn apps(backstage: &Backstage, slug: &str) -> Vec<(String, String)> {
    let clients = launchable(backstage, slug).await;
    let mut apps: Vec<_> = clients.iter().flat_map(choices).collect();
    // Ours first, then the others as they are listed, by id.
    apps.sort_by_key(|(id, _)| !matches!(id.as_str(), "sample-app" | KEYED_APP));
    apps
}

/// An entry for each address of an app, but not for the one that only sends a form.
fn choices(client: &Client) -> Vec<(String, String)> {
    let id = client.client_id.as_str();
    let addresses = client.launch_uris.iter().map(String::as_str);
    let addresses: Vec<&str> = addresses.filter(|address| !address.contains(BY_FORM)).collect();
    match addresses.as_slice() {
        [] | [_] => vec![(id.to_owned(), client.client_name.clone())],
        several => several
            .iter()
            .map(|address| (format!("{id} {address}"), format!("{}: {address}", client.client_name)))
            .collect(),
    }
}

async fn launchable(backstage: &Backstage, slug: &str) -> Vec<Client> {
    let listed = match backstage.platform.tenant(slug).await {
        Ok(admin) => admin.list_clients("", MOST_APPS).await,
        Err(error) => Err(error),
    };
    match listed {
        Ok(clients) => clients
            .into_iter()
            .filter(|client| !client.launch_uris.is_empty())
            .collect(),
        Err(error) => {
            tracing::error!(%error, "the apps could not be listed");
            Vec::new()
        }
    }
}

/// Makes the launch that the settings describe.
pub(super) async fn prepare(
    backstage: &Backstage,
    fhir: &FhirWorld,
    hospital: &Hospital,
    settings: &LauncherSettings,
) -> LaunchOutcome {
    match try_to_prepare(backstage, fhir, hospital, settings).await {
        Ok(outcome) => outcome,
        Err(problem) => LaunchOutcome::Impossible(problem),
    }
}

async fn try_to_prepare(
    backstage: &Backstage,
    fhir: &FhirWorld,
    hospital: &Hospital,
    settings: &LauncherSettings,
) -> Result<LaunchOutcome, LauncherProblem> {
    let clients = launchable(backstage, hospital.slug).await;
    let (id, address) = settings.app.split_once(' ').unwrap_or((settings.app.as_str(), ""));
    let client = clients.iter().find(|client| client.client_id.as_str() == id);
    let launch_uri = client
        .and_then(|client| match address {
            "" => address_of(client, settings),
            wanted => client.launch_uris.iter().map(String::as_str).find(|uri| *uri == wanted),
        })
        .ok_or(LauncherProblem::NoLaunchAddress)?;
    let iss = iss(backstage, hospital, settings);
    if settings.kind == "standalone" {
        let mut address = Url::parse(launch_uri).map_err(|_| LauncherProblem::NoLaunchAddress)?;
        address.query_pairs_mut().append_pair("iss", &iss);
        return Ok(LaunchOutcome::Ready(ReadyLaunch {
            href: Href::external(address.as_str()).ok_or(LauncherProblem::NoLaunchAddress)?,
            commands: String::new(),
            answer: String::new(),
            header: vec![hospital.name.to_owned()],
        }));
    }
    let unreachable = |error: &dyn std::fmt::Display| {
        tracing::warn!(%error, "a launch could not be registered");
        LauncherProblem::Unreachable
    };
    let body = request::body(backstage, hospital, settings, (id, launch_uri))?;
    let (status, answer) = backstage
        .register_launch(hospital.slug, &body)
        .await
        .map_err(|error| unreachable(&error))?;
    // An assertion is good once, so what is shown for typing has others than were just used.
    let again = request::body(backstage, hospital, settings, (id, launch_uri))?;
    let commands = commands::of(backstage, hospital.slug, &again).map_err(|error| unreachable(&error))?;
    let shown = serde_json::to_string_pretty(&answer).unwrap_or_default();
    let Some(opened) = answer
        .get("launch_url")
        .and_then(Value::as_str)
        .map(|url| with_iss(url, &iss))
    else {
        let answer = format!("HTTP {}\n{shown}", status.as_u16());
        return Ok(LaunchOutcome::Refused { commands, answer });
    };
    Ok(LaunchOutcome::Ready(ReadyLaunch {
        href: opened
            .as_deref()
            .and_then(Href::external)
            .ok_or(LauncherProblem::NoLaunchAddress)?,
        commands,
        answer: shown,
        header: header(fhir, hospital, settings, &body),
    }))
}

/// The app's launch address for the way in which it is to send its request; its first one when it has only one way.
fn address_of<'a>(client: &'a Client, settings: &LauncherSettings) -> Option<&'a str> {
    let by_form = settings.method == "post";
    let mut addresses = client.launch_uris.iter().map(String::as_str);
    addresses
        .clone()
        .find(|address| address.contains(BY_FORM) == by_form)
        .or_else(|| addresses.next())
}

/// The FHIR server that the app is told: the hospital's, another one's, or the one that breaks requests.
fn iss(backstage: &Backstage, hospital: &Hospital, settings: &LauncherSettings) -> String {
    let population = &backstage.population;
    match DemoFault::find(&settings.fault) {
        None => population.fhir_base(hospital.slug),
        Some(DemoFault::WrongHospital) => {
            let other = HOSPITALS.iter().find(|other| other.slug != hospital.slug);
            population.fhir_base(other.map_or(hospital.slug, |other| other.slug))
        }
        Some(fault) => population.faulty_fhir_base(fault, hospital.slug),
    }
}

/// The launch address with another `iss`.
fn with_iss(launch_url: &str, iss: &str) -> Option<String> {
    let mut address = Url::parse(launch_url).ok()?;
    let pairs: Vec<(String, String)> = address.query_pairs().into_owned().collect();
    address
        .query_pairs_mut()
        .clear()
        .extend_pairs(pairs.iter().map(|(name, value)| {
            let value = if name == "iss" { iss } else { value.as_str() };
            (name.as_str(), value)
        }));
    Some(address.into())
}

/// What an EHR shows around an app: the hospital, who is at the screen, and whose chart is open.
fn header(fhir: &FhirWorld, hospital: &Hospital, settings: &LauncherSettings, body: &Value) -> Vec<String> {
    let user = hospital.people.iter().find(|person| person.username == settings.user);
    let patient = body.get("patient").and_then(Value::as_str);
    let patients = fhir.list_patients(hospital.slug);
    let patient = patient.and_then(|id| patients.into_iter().find(|(known, _)| known == id));
    [
        Some(hospital.name.to_owned()),
        user.map(|user| user.name.to_owned()),
        patient.map(|(_, label)| label),
    ]
    .into_iter()
    .flatten()
    .collect()
}
