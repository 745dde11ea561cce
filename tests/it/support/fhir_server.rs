//! A hospital's FHIR server with its token endpoint: small, strict, and able to fail in every way that matters.

use super::http::RouterExt as _;
use super::loopback::Served;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// How the server behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// It answers.
    #[default]
    Well,
    /// It never answers.
    Hanging,
    /// It answers everything with this status.
    Status(u16),
    /// It answers with something that is not FHIR.
    Nonsense,
    /// It leaves unknown, restricting and identifying parameters out, and says so in the `self` link.
    Careless,
    /// It names another server as the next page.
    Luring,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The body.
    pub body: String,
    /// The `Authorization` header.
    pub authorization: Option<String>,
}

#[derive(Default)]
struct Inner {
    base: String,
    mood: Mood,
    resources: Vec<Value>,
    page_size: Option<usize>,
    pages: BTreeMap<String, Vec<Value>>,
    asked: Vec<Asked>,
    /// The token that is accepted; any, when none is set.
    token: Option<String>,
    token_answer: Option<(u16, Value)>,
    tokens_issued: u32,
}

/// The server, while it is served.
pub struct FhirServer {
    served: Served,
    inner: Arc<Mutex<Inner>>,
}

type Shared = Arc<Mutex<Inner>>;

impl FhirServer {
    /// Serves these resources at a port of its own.
    pub async fn start(resources: Vec<Value>) -> Self {
        let inner = Shared::default();
        let router = Router::new().fallback(answer).with_state(inner.clone());
        let served = Served::start(router).await;
        {
            let mut inner = inner.lock().unwrap();
            inner.base = format!("{}/r4", served.base());
            inner.resources = resources;
        }
        Self { served, inner }
    }

    /// The FHIR base.
    pub fn base(&self) -> String {
        format!("{}/r4", self.served.base())
    }

    /// The token endpoint.
    pub fn token_endpoint(&self) -> String {
        format!("{}/token", self.served.base())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Changes how it behaves.
    pub fn set_mood(&self, mood: Mood) {
        self.inner().mood = mood;
    }

    /// At most this many entries on a page.
    pub fn set_page_size(&self, size: usize) {
        self.inner().page_size = Some(size);
    }

    /// Only this bearer token is accepted from now on.
    pub fn accept_only(&self, token: &str) {
        self.inner().token = Some(token.to_owned());
    }

    /// What the token endpoint answers. Without this, tokens `token-1`, `token-2` and so on, of which the last is accepted.
    pub fn answer_tokens_with(&self, status: u16, body: Value) {
        self.inner().token_answer = Some((status, body));
    }

    /// Removes a resource.
    pub fn remove(&self, kind: &str, id: &str) {
        let gone = |resource: &Value| resource["resourceType"] == kind && resource["id"] == id;
        self.inner().resources.retain(|resource| !gone(resource));
    }

    /// Adds a resource.
    pub fn add(&self, resource: Value) {
        self.inner().resources.push(resource);
    }

    /// What arrived, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.inner().asked.clone()
    }

    /// How many tokens were given out.
    pub fn tokens_issued(&self) -> u32 {
        self.inner().tokens_issued
    }
}

/// A patient with a name, a birth date and a record number.
pub fn patient(id: &str, given: &str, family: &str, birth_date: &str, number: &str) -> Value {
    json!({
        "resourceType": "Patient", "id": id, "birthDate": birth_date, "gender": "female",
        "name": [{ "use": "official", "family": family, "given": [given] }],
        "identifier": [{ "system": "urn:records", "value": number,
                         "type": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR" }] } }],
        "generalPractitioner": [{ "reference": "Practitioner/ada" }],
    })
}

/// An encounter of a patient.
pub fn encounter(id: &str, patient: &str, status: &str, start: &str, kind: &str) -> Value {
    json!({
        "resourceType": "Encounter", "id": id, "status": status,
        "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB" },
        "type": [{ "text": kind }], "subject": { "reference": format!("Patient/{patient}") },
        "period": { "start": start }, "location": [{ "location": { "reference": "Location/1", "display": "Ward 7" } }],
    })
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let asked = asked(parts.method.as_ref(), &parts.uri.to_string(), &body, &parts.headers);
    let mood = {
        let mut inner = shared.lock().unwrap();
        inner.asked.push(asked.clone());
        inner.mood
    };
    if mood == Mood::Hanging {
        std::future::pending::<()>().await;
    }
    let mut inner = shared.lock().unwrap();
    if parts.uri.path() == "/token" {
        return token(&mut inner);
    }
    if let Mood::Status(status) = mood {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    if mood == Mood::Nonsense {
        return "<h1>Welcome</h1>".into_response();
    }
    if let Some(token) = &inner.token
        && asked.authorization != Some(format!("Bearer {token}"))
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    fhir(&mut inner, &asked)
}

fn asked(method: &str, target: &str, body: &Bytes, headers: &HeaderMap) -> Asked {
    let authorization = headers.get(header::AUTHORIZATION);
    Asked {
        method: method.to_owned(),
        target: target.to_owned(),
        body: String::from_utf8(body.to_vec()).unwrap(),
        authorization: authorization.map(|value| value.to_str().unwrap().to_owned()),
    }
}

fn token(inner: &mut Inner) -> Response {
    if let Some((status, body)) = &inner.token_answer {
        return (StatusCode::from_u16(*status).unwrap(), axum::Json(body.clone())).into_response();
    }
    inner.tokens_issued += 1;
    let token = format!("token-{}", inner.tokens_issued);
    inner.token = Some(token.clone());
    axum::Json(json!({ "access_token": token, "token_type": "bearer", "expires_in": 300 })).into_response()
}

fn fhir(inner: &mut Inner, asked: &Asked) -> Response {
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let path = path.strip_prefix("/r4").unwrap_or(path).trim_matches('/').to_owned();
    if let Some(rest) = query.strip_prefix("_getpages=") {
        let (key, number) = rest.split_once("&n=").unwrap();
        let found = inner.pages[key].clone();
        return page(inner, &found, key, number.parse().unwrap());
    }
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        [kind, "_search"] if asked.method == "POST" => search(inner, kind, &asked.body),
        [kind, id] if asked.method == "GET" => {
            let found = inner
                .resources
                .iter()
                .find(|r| r["resourceType"] == *kind && r["id"] == *id);
            match found {
                Some(found) => axum::Json(found.clone()).into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            }
        }
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn search(inner: &mut Inner, kind: &str, body: &str) -> Response {
    const KNOWN: [&str; 8] = [
        "name",
        "birthdate",
        "identifier",
        "_id",
        "general-practitioner",
        "patient",
        "_count",
        "_sort",
    ];
    let careless = inner.mood == Mood::Careless;
    let mut criteria = Vec::new();
    for (name, value) in url::form_urlencoded::parse(body.as_bytes()).into_owned() {
        let identifying = kind == "Practitioner" && name == "identifier";
        if careless && (identifying || name == "general-practitioner") {
            continue;
        }
        if !KNOWN.contains(&name.as_str()) {
            return StatusCode::BAD_REQUEST.into_response();
        }
        criteria.push((name, value));
    }
    let found: Vec<Value> = inner
        .resources
        .iter()
        .filter(|resource| resource["resourceType"] == kind)
        .filter(|resource| criteria.iter().all(|(name, value)| matches(resource, name, value)))
        .cloned()
        .collect();
    let key = format!("set{}", inner.pages.len());
    inner.pages.insert(key.clone(), found.clone());
    let names: Vec<String> = criteria.iter().map(|(name, _)| format!("{name}=x")).collect();
    let mut response = bundle(inner, &found, &key, 0);
    response["link"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "relation": "self", "url": format!("{}/{kind}?{}", inner.base, names.join("&")) }));
    axum::Json(response).into_response()
}

fn page(inner: &Inner, found: &[Value], key: &str, number: usize) -> Response {
    axum::Json(bundle(inner, found, key, number)).into_response()
}

fn bundle(inner: &Inner, found: &[Value], key: &str, number: usize) -> Value {
    let size = inner.page_size.unwrap_or(20);
    let base = if inner.mood == Mood::Luring {
        "http://127.0.0.1:9/r4"
    } else {
        &inner.base
    };
    let link = |relation: &str, number: usize| json!({ "relation": relation, "url": format!("{base}?_getpages={key}&n={number}") });
    let mut links = Vec::new();
    if (number + 1) * size < found.len() {
        links.push(link("next", number + 1));
    }
    if number > 0 {
        links.push(link("previous", number - 1));
    }
    let entries: Vec<Value> = found
        .iter()
        .skip(number * size)
        .take(size)
        .map(|resource| json!({ "resource": resource }))
        .collect();
    json!({ "resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries })
}

fn matches(resource: &Value, name: &str, wanted: &str) -> bool {
    let reference = |value: &Value| {
        let text = value["reference"].as_str().unwrap_or_default();
        text == wanted || text.rsplit('/').next() == Some(wanted)
    };
    match name {
        "_id" => wanted.split(',').any(|id| resource["id"] == id),
        "birthdate" => resource["birthDate"] == wanted,
        "identifier" => resource["identifier"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|identifier| {
                let both = format!(
                    "{}|{}",
                    identifier["system"].as_str().unwrap(),
                    identifier["value"].as_str().unwrap()
                );
                identifier["value"] == wanted || both == wanted
            }),
        "name" => {
            let text = resource["name"].to_string().to_lowercase();
            text.contains(&format!("\"{}", wanted.to_lowercase()))
        }
        "general-practitioner" => resource["generalPractitioner"]
            .as_array()
            .into_iter()
            .flatten()
            .any(reference),
        "patient" => reference(&resource["subject"]),
        _ => true,
    }
}

/// The tests of this server's own need no client; the pickers are its clients.
#[tokio::test]
async fn a_read_of_nothing_is_not_found() {
    let router = Router::new().fallback(answer).with_state(Shared::default());
    let request = axum::http::Request::get("/r4/Patient/1")
        .body(axum::body::Body::empty())
        .unwrap();
    router.send(request).await.assert_status(404);
}
