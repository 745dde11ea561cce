//! Launch contexts, to try an app in a launch as from the EHR.

use super::answer::{Answer, done, ok, page, with_status};
use super::entry::Admin;
use super::input::{Body, Paging, Query, Segments, read_value};
use super::operation::{Operation, OperationTable};
use crate::tenant::roles::Permission;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

const LIST: &str = "/api/v1/tenants/{tenant}/launch-contexts";
const REHEARSALS: &str = "/api/v1/tenants/{tenant}/launch-rehearsals";
const ONE: &str = "/api/v1/tenants/{tenant}/launch-contexts/{launch_id}";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listLaunchContexts", "List launches that wait")
                .needs(Permission::ManageLaunches)
                .says("Without their contexts, which name patients.")
                .paged("LaunchPage"),
            list,
        )
        .on(
            Operation::post(LIST, "createLaunchContext", "Register a launch of an app with a context")
                .needs(Permission::ManageLaunches)
                .says(
                    "As an EHR does: `context` has the launch context parameters of SMART App Launch 2.2 as the token response \
                     will carry them. The handle is in the answer, this once, and waits five minutes.",
                )
                .takes("NewLaunch", json!({ "client_id": "growth-chart", "context": { "patient": "pat-1" } }))
                .answers(201, Some("LaunchHandle"), "The handle, and the address that begins the launch."),
            create,
        )
        .on(
            Operation::post(REHEARSALS, "rehearseLaunch", "Try a launch without launching anything")
                .needs(Permission::ManageLaunches)
                .says(
                    "For a person who does not exist, with the resource and the roles given: what the app would be granted, what \
                     would be withheld by which rule, and the token response with every claim. Nothing is stored or issued.",
                )
                .takes(
                    "LaunchRehearsal",
                    json!({
                        "client_id": "growth-chart", "context": { "patient": "pat-1" }, "fhir_user": "Practitioner/example",
                        "roles": ["nurse"],
                    }),
                )
                .gives("LaunchForecast"),
            rehearse,
        )
        .on(
            Operation::delete(ONE, "deleteLaunchContext", "Take back a launch that waits")
                .needs(Permission::ManageLaunches),
            delete,
        )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list(Admin(admin): Admin, Query(filter): Query<Filter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let limit = paging.limit()?;
    let after: String = paging.after()?;
    let launches = admin.list_launches(&after, limit + 1).await?;
    page(launches, limit, |launch| launch.id.clone())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLaunch {
    client_id: String,
    #[serde(default)]
    context: Map<String, Value>,
}

async fn create(Admin(admin): Admin, Body(new): Body<NewLaunch>) -> Answer {
    let launch = admin.register_launch(&new.client_id, new.context).await?;
    let body = json!({
        "launch": launch.handle.expose(), "launch_url": launch.launch_url, "expires_in": launch.lifetime.as_secs(),
    });
    with_status(StatusCode::CREATED, &body)
}

#[derive(Deserialize)]
struct NewRehearsal {
    client_id: String,
    #[serde(flatten)]
    rehearsal: Map<String, Value>,
}

async fn rehearse(Admin(admin): Admin, Body(new): Body<NewRehearsal>) -> Answer {
    let rehearsal = read_value(Value::Object(new.rehearsal))?;
    ok(&admin.rehearse_launch(&new.client_id, rehearsal).await?)
}

#[derive(Deserialize)]
struct OneLaunch {
    launch_id: String,
}

async fn delete(Admin(admin): Admin, Segments(path): Segments<OneLaunch>) -> Answer {
    admin.delete_launch(&path.launch_id).await?;
    Ok(done())
}
