//! Mapping rules: templates, dry runs, the tenant's lists of users, and the traces of sign-ins.

use super::ApiState;
use super::answer::{Answer, ok, page};
use super::entry::Admin;
use super::input::{Body, Paging, Query, Segments};
use super::operation::{Operation, OperationTable};
use super::problem::Problem;
use crate::control::ControlError;
use crate::control::mapping::MappingSubject;
use crate::control::sign_in_traces::WantedTraces;
use crate::federation::mapping::MappingRules;
use crate::kernel::Sha256Hash;
use crate::kernel::id::{RequestId, SignInTraceId};
use crate::store::tenant::FhirUserEntry;
use crate::tenant::roles::Permission;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};

const TEMPLATES: &str = "/api/v1/tenants/{tenant}/mapping-templates";
const DRY_RUN: &str = "/api/v1/tenants/{tenant}/identity-providers/{alias}/mapping/dry-run";
const LISTS: &str = "/api/v1/tenants/{tenant}/fhir-users";
const LIST: &str = "/api/v1/tenants/{tenant}/fhir-users/{list}";
const TRACES: &str = "/api/v1/tenants/{tenant}/sign-in-traces";
const TRACE: &str = "/api/v1/tenants/{tenant}/sign-in-traces/{trace_id}";
const REVEAL: &str = "/api/v1/tenants/{tenant}/sign-in-traces/{trace_id}/reveal";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(TEMPLATES, "listMappingTemplates", "List mapping rules to begin with")
                .needs(Permission::ReadIdentityProviders)
                .says("One for each product and protocol, with what the product typically sends. All in one page.")
                .gives("MappingTemplateList"),
            list_templates,
        )
        .on(
            Operation::post(DRY_RUN, "dryRunMapping", "Try mapping rules out")
                .needs(Permission::ManageIdentityProviders)
                .says(
                    "Applies rules, the provider's own unless others are given, to claims, to SAML attributes, to a recorded \
                     sign-in or to a SAML response, and changes nothing. The lists of users and the FHIR server are really asked. \
                     The values of a recorded sign-in, and of a response that was encrypted, are masked, unless `reveal` is true, \
                     which needs `traces.reveal` and is recorded. Of a response, `response.verified` says whether the provider's \
                     keys prove it; its age and the request that it answers are taken from its own words.",
                )
                .takes(
                    "MappingDryRun",
                    json!({ "claims": { "sub": "u-1", "name": "Ada Okafor" }, "rules": { "name": "claims.name" } }),
                )
                .gives("MappingReport"),
            dry_run,
        )
        .on(
            Operation::get(LISTS, "listFhirUserLists", "List the lists of users")
                .needs(Permission::ReadIdentityProviders)
                .says("Lists that say which FHIR resource a user is, for `fhirUserTable`. All in one page.")
                .gives("FhirUserLists"),
            list_lists,
        )
        .on(
            Operation::get(LIST, "listFhirUsers", "List the users of a list")
                .needs(Permission::ReadUsers)
                .says("In an order that says nothing. A list that nobody is in is empty.")
                .paged("FhirUserPage"),
            list_users,
        )
        .on(
            Operation::post(LIST, "changeFhirUsers", "Set and remove users of a list")
                .needs(Permission::ManageIdentityProviders)
                .says("All of it or nothing; at most 1000 entries at once.")
                .takes(
                    "FhirUserChange",
                    json!({ "set": [{ "value": "E-10442", "fhir_user": "Practitioner/123" }], "remove": ["E-10017"] }),
                )
                .gives("FhirUserChanges"),
            change_users,
        )
        .on(
            Operation::get(TRACES, "listSignInTraces", "List traces of sign-ins")
                .needs(Permission::ReadTraces)
                .says(
                    "Newest first. A trace is kept for as long as the tenant's setting `sign_in_traces` says, two weeks unless that was \
                     changed, and of each provider the last few of each outcome.",
                )
                .query("identity_provider", "SearchText", "Only of the provider with this alias.")
                .query("outcome", "Code", "`completed`, or the code of the check that refused it.")
                .query("request_id", "RequestId", "Only what this request did; an error page shows its id.")
                .paged("SignInTracePage"),
            list_traces,
        )
        .on(
            Operation::get(TRACE, "getSignInTrace", "Show the trace of a sign-in")
                .needs(Permission::ReadTraces)
                .says("What each rule did, and the names of all claims; in place of values their shapes.")
                .gives("SignInTrace"),
            get_trace,
        )
        .on(
            Operation::post(REVEAL, "revealSignInTrace", "Show the trace of a sign-in with its values")
                .needs(Permission::RevealTraces)
                .says("They are personal data: who saw them is recorded.")
                .gives("SignInTrace"),
            reveal_trace,
        )
}

async fn list_templates(Admin(admin): Admin) -> Answer {
    ok(&json!({ "items": admin.list_mapping_templates()? }))
}

#[derive(Deserialize)]
struct OneProvider {
    alias: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DryRun {
    claims: Option<Map<String, Value>>,
    attributes: Option<Map<String, Value>>,
    trace: Option<SignInTraceId>,
    saml_response: Option<String>,
    rules: Option<MappingRules>,
    #[serde(default)]
    reveal: bool,
}

async fn dry_run(
    Admin(admin): Admin,
    State(state): State<ApiState>,
    Segments(path): Segments<OneProvider>,
    Body(asked): Body<DryRun>,
) -> Answer {
    let subject = match (asked.claims, asked.attributes, asked.trace, asked.saml_response) {
        (Some(claims), None, None, None) => MappingSubject::Claims(claims),
        (None, Some(attributes), None, None) => MappingSubject::Attributes(attributes),
        (None, None, Some(trace), None) => MappingSubject::Trace(trace),
        (None, None, None, Some(response)) => MappingSubject::SamlResponse(response),
        _ => {
            let problem = "give one of claims, attributes, trace and saml_response";
            return Err(ControlError::invalid("claims", problem).into());
        }
    };
    let directory = state.federation.patient_directory();
    let rules = asked.rules.as_ref();
    let report = admin
        .dry_run_mapping(directory, &path.alias, rules, &subject, asked.reveal)
        .await?;
    ok(&report)
}

async fn list_lists(Admin(admin): Admin) -> Answer {
    ok(&json!({ "items": admin.list_fhir_user_lists().await? }))
}

#[derive(Deserialize)]
struct OneList {
    list: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pages {
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list_users(Admin(admin): Admin, Segments(path): Segments<OneList>, Query(pages): Query<Pages>) -> Answer {
    let paging = Paging::new(pages.cursor, pages.limit);
    let limit = paging.limit()?;
    let after = match paging.after::<Option<String>>()? {
        None => None,
        Some(place) => Some(
            Sha256Hash::from_base64url(&place)
                .ok_or_else(|| Problem::invalid_parameter("cursor", "is not the next_cursor of a page of this list"))?,
        ),
    };
    let users = admin.list_fhir_users(&path.list, after, limit + 1).await?;
    let places: Vec<String> = users.iter().map(|user| user.place.to_base64url()).collect();
    let views: Vec<Value> = users
        .iter()
        .map(|user| {
            json!({
                "value": user.entry.value, "fhir_user": user.entry.fhir_user, "changed_at": user.changed_at.to_rfc3339(),
            })
        })
        .collect();
    let last = usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(1);
    page(views, limit, |_| places.get(last).cloned())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserChange {
    #[serde(default)]
    set: Vec<FhirUserEntry>,
    #[serde(default)]
    remove: Vec<String>,
}

async fn change_users(
    Admin(admin): Admin,
    Segments(path): Segments<OneList>,
    Body(change): Body<UserChange>,
) -> Answer {
    ok(&admin.change_fhir_users(&path.list, &change.set, &change.remove).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TraceFilter {
    identity_provider: Option<String>,
    outcome: Option<String>,
    request_id: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list_traces(Admin(admin): Admin, Query(filter): Query<TraceFilter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let limit = paging.limit()?;
    let request = filter
        .request_id
        .as_deref()
        .map(|text| {
            text.parse::<RequestId>()
                .map_err(|_| Problem::malformed_parameter("request_id", "is the id of a request, `req_...`"))
        })
        .transpose()?;
    let wanted = WantedTraces {
        identity_provider: filter.identity_provider.as_deref(),
        outcome: filter.outcome.as_deref(),
        request,
        before: paging.after()?,
    };
    let traces = admin.list_sign_in_traces(&wanted, limit + 1).await?;
    page(traces, limit, |trace| trace.id)
}

#[derive(Deserialize)]
struct OneTrace {
    trace_id: SignInTraceId,
}

async fn get_trace(Admin(admin): Admin, Segments(path): Segments<OneTrace>) -> Answer {
    ok(&admin.get_sign_in_trace(path.trace_id).await?)
}

async fn reveal_trace(Admin(admin): Admin, Segments(path): Segments<OneTrace>) -> Answer {
    ok(&admin.reveal_sign_in_trace(path.trace_id).await?)
}
