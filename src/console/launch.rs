//! `/<tenant>/admin/launch`: what a launch of an app would give, and a real one to try.

use super::Visit;
use super::apps::place;
use super::desk::Fields;
use super::respond::ConsoleFault;
use crate::control::ControlError;
use crate::control::launch_rehearsals::{ForecastOutcome, LaunchForecast, LaunchRehearsal};
use crate::tenant::roles::Permission;
use crate::web::Href;
use crate::web::pages::console::{
    ConsoleLaunch, ConsoleLaunchReady, FieldFault, Forecast, ForecastEnd, LaunchValues, Section, WithheldRow,
};
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Apps that are proposed while somebody types.
const PROPOSED: u32 = 50;
const PURPOSE: &str = "launch";

/// Which app, as the address says. Nothing else about a launch stands in an address: it names patients.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    app: String,
}

/// `GET launch`: the form.
pub(super) async fn get(visit: Visit, which: Result<Query<Which>, QueryRejection>) -> Response {
    let which = which.map(|Query(which)| which).unwrap_or_default();
    let shown = async {
        visit.actor().require(Permission::ManageLaunches)?;
        let values = LaunchValues {
            app: which.app,
            fhir_user: "Practitioner/example".to_owned(),
            ..LaunchValues::default()
        };
        Ok(visit.page(&page_of(&visit, values).await?))
    };
    visit.answer(Box::pin(shown).await)
}

async fn page_of(visit: &Visit, values: LaunchValues) -> Result<ConsoleLaunch, ConsoleFault> {
    let apps = visit.admin.search_clients(None, None, "", PROPOSED).await?;
    let usable = apps
        .into_iter()
        .filter(|client| !client.redirect_uris.is_empty() && client.is_usable(visit.cx.now()));
    Ok(ConsoleLaunch {
        frame: visit.frame(Section::Launch),
        csrf: visit.csrf(PURPOSE),
        action: visit.href("launch"),
        start: visit.href("launch/start"),
        apps: usable
            .map(|client| (client.client_id.to_string(), client.client_name))
            .collect(),
        values,
        forecast: None,
        faults: Vec::new(),
    })
}

fn typed(form: &Fields) -> LaunchValues {
    let text = |name: &str| form.get(name).to_owned();
    LaunchValues {
        app: text("app"),
        standalone: form.get("way") == "standalone",
        fhir_user: text("fhir_user"),
        own_record: text("own_record"),
        roles: text("roles"),
        patient: text("patient"),
        encounter: text("encounter"),
        intent: text("intent"),
        scope: text("scope"),
    }
}

fn given(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn context_of(values: &LaunchValues) -> Map<String, Value> {
    let members = [
        ("patient", &values.patient),
        ("encounter", &values.encounter),
        ("intent", &values.intent),
    ];
    members
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), Value::from(value.as_str())))
        .collect()
}

/// What is wrong with what was typed, at its field; anything else is for the page of refusals.
fn faults_of(error: ControlError) -> Result<Vec<FieldFault>, ControlError> {
    let fault = |member: &str, problem: String| FieldFault {
        member: member.to_owned(),
        problem,
    };
    match error {
        ControlError::Invalid { member, problem } => {
            let field = member.strip_prefix("context.").unwrap_or(&member);
            Ok(vec![fault(field, problem)])
        }
        ControlError::NotFound { .. } | ControlError::Conflict(_) => Ok(vec![fault("app", error.to_string())]),
        other => Err(other),
    }
}

/// `POST launch`: what would come of it. Nothing is stored.
pub(super) async fn post(visit: Visit, form: Fields) -> Response {
    let done = Box::pin(rehearse(&visit, &form)).await;
    visit.answer(done)
}

async fn rehearse(visit: &Visit, form: &Fields) -> Result<Response, ConsoleFault> {
    visit.check_fields(PURPOSE, form)?;
    let values = typed(form);
    let wanted = LaunchRehearsal {
        scope: given(&values.scope),
        context: context_of(&values),
        standalone: values.standalone,
        fhir_user: given(&values.fhir_user),
        patient: given(&values.own_record),
        roles: values
            .roles
            .lines()
            .map(str::trim)
            .filter(|role| !role.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    let tried = Box::pin(visit.admin.rehearse_launch(&values.app, wanted)).await;
    let page = page_of(visit, values).await?;
    Ok(match tried {
        Ok(forecast) => visit.page(&ConsoleLaunch {
            forecast: Some(in_words(forecast)),
            ..page
        }),
        Err(error) => visit.page(&ConsoleLaunch {
            faults: faults_of(error)?,
            ..page
        }),
    })
}

fn pretty(value: Option<&Value>) -> Option<String> {
    value.and_then(|value| serde_json::to_string_pretty(value).ok())
}

fn in_words(forecast: LaunchForecast) -> Forecast {
    let scopes = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    Forecast {
        end: match forecast.outcome {
            ForecastOutcome::Granted => ForecastEnd::Granted,
            ForecastOutcome::ChoosePatient => ForecastEnd::ChoosePatient,
            ForecastOutcome::ChooseEncounter => ForecastEnd::ChooseEncounter,
            ForecastOutcome::Refused => ForecastEnd::Refused {
                error: forecast.error.unwrap_or_default(),
                description: forecast.error_description.unwrap_or_default(),
            },
        },
        asks_consent: forecast.asks_consent,
        audience: forecast.audience,
        granted: forecast.granted.as_deref().map(scopes).unwrap_or_default(),
        withheld: forecast
            .removed
            .into_iter()
            .map(|removed| WithheldRow {
                scope: removed.scope,
                left: removed.left,
                because: removed.because,
                change: removed.change,
            })
            .collect(),
        response: pretty(forecast.token_response.as_ref()),
        access_token: pretty(forecast.access_token.as_ref()),
        id_token: pretty(forecast.id_token.as_ref()),
    }
}

/// `POST launch/start`: a real launch, which waits five minutes for whoever opens it.
pub(super) async fn start(visit: Visit, form: Fields) -> Response {
    let done = Box::pin(register(&visit, &form)).await;
    visit.answer(done)
}

async fn register(visit: &Visit, form: &Fields) -> Result<Response, ConsoleFault> {
    visit.check_fields(PURPOSE, form)?;
    let values = typed(form);
    let client = match visit.admin.get_client(&values.app).await {
        Ok(client) => client,
        Err(error) => {
            let page = page_of(visit, values).await?;
            let faults = faults_of(error)?;
            return Ok(visit.page(&ConsoleLaunch { faults, ..page }));
        }
    };
    let made = visit.admin.register_launch(&values.app, context_of(&values)).await;
    let launch = match made {
        Ok(launch) => launch,
        Err(error) => {
            let page = page_of(visit, values).await?;
            let faults = faults_of(error)?;
            return Ok(visit.page(&ConsoleLaunch { faults, ..page }));
        }
    };
    let events = visit.may(Permission::ReadEvents).then(|| {
        let app = super::apps::escaped(&values.app);
        Href::local(&format!("{}?app={app}", visit.path("activity")))
    });
    Ok(visit.page(&ConsoleLaunchReady {
        frame: visit.frame(Section::Launch),
        back: Href::local(&format!(
            "{}?app={}",
            visit.path("launch"),
            super::apps::escaped(&values.app)
        )),
        name: client.client_name,
        app: visit.href(&place(&values.app)),
        open: launch.launch_url.as_deref().and_then(Href::external),
        handle: launch.handle,
        minutes: launch.lifetime.as_secs() / 60,
        patient: given(&values.patient),
        events,
    }))
}
