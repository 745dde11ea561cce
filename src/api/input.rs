//! What requests say: bodies, parameters and preconditions, each refused with the name of what is wrong.

use super::problem::Problem;
use crate::control::Precondition;
use crate::kernel::id::RequestId;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Items of a page that asks for no number.
const USUAL_PAGE: u32 = 50;
/// Most items of a page.
pub(super) const LARGEST_PAGE: u32 = 200;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if essence != "application/json" && essence != "application/merge-patch+json" {
            return Err(Problem::new(
                axum::http::StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body is of a kind that is not read here",
                "Send JSON, with the header Content-Type: application/json.",
            ));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|refusal| too_long(&refusal))?;
        // A list could stand for an object whose members all have defaults.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(Problem::malformed_member(
                String::new(),
                "has to be a JSON object".to_owned(),
            ));
        }
        read(&bytes).map(Self)
    }
}

/// A body that could not be taken whole.
pub(super) fn too_long(refusal: &axum::extract::rejection::BytesRejection) -> Problem {
    if refusal.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(
            refusal.status(),
            "too_long",
            "The body is too long",
            "A body has at most one megabyte.",
        )
    } else {
        Problem::malformed("The body did not arrive whole.")
    }
}

/// Reads JSON; an error names the member by its pointer.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize(&mut reader) {
        Ok(value) => reader
            .end()
            .map(|()| value)
            .map_err(|error| Problem::malformed_member(String::new(), sentence(&error))),
        Err(error) => {
            let whole = std::str::from_utf8(bytes).ok().and_then(with_whole_numbers);
            match whole {
                Some(text) => read(text.as_bytes()),
                None => Err(Problem::malformed_member(
                    pointer_of(error.path()),
                    sentence(error.inner()),
                )),
            }
        }
    }
}

/// The text with `3` for each `3.0`: the same number (JSON Schema 2020-12 section 4.2.3), which the reader of whole numbers
/// does not take for one. `None` when there is no such number in it.
fn with_whole_numbers(text: &str) -> Option<String> {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    let (mut in_string, mut changed) = (false, false);
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '\\' if in_string => rest.chars().take(2).map(char::len_utf8).sum(),
            '"' => {
                in_string = !in_string;
                1
            }
            '0'..='9' if !in_string => {
                let is_of_number = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
                rest.bytes().take_while(|byte| is_of_number(*byte)).count()
            }
            other => other.len_utf8(),
        };
        let (token, after) = rest.split_at_checked(length)?;
        match token.split_once('.') {
            Some((number, zeros)) if !in_string && !zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0') => {
                whole.push_str(number);
                changed = true;
            }
            _ => whole.push_str(token),
        }
        rest = after;
    }
    changed.then_some(whole)
}

/// The words of the parser, without the place in the text, which the pointer names better.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// Reads a value that is there already, such as one that was patched.
pub(super) fn read_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer_of(error.path());
        Problem::malformed_member(pointer, sentence(error.inner()))
    })
}

/// Parameters of the query.
pub(super) struct Query<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs: serde_json::Map<String, serde_json::Value> = unique(query)?;
        let read: Result<T, _> = serde_path_to_error::deserialize(serde_json::Value::Object(pairs));
        read.map(Self).map_err(|error| {
            let name = error.path().to_string();
            Problem::malformed_parameter(if name == "." { "query" } else { &name }, sentence(error.inner()))
        })
    }
}

/// A parameter is given once.
fn unique(query: &str) -> Result<serde_json::Map<String, serde_json::Value>, Problem> {
    let mut pairs = serde_json::Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        check_form(&name, &value).map_err(|problem| Problem::malformed_parameter(&name, problem))?;
        if pairs
            .insert(name.clone().into_owned(), value.into_owned().into())
            .is_some()
        {
            return Err(Problem::malformed_parameter(&name, "is given twice"));
        }
    }
    Ok(pairs)
}

/// The form of what is searched for, as the document promises it: what could be nothing's name is told, and not searched for.
fn check_form(name: &str, value: &str) -> Result<(), &'static str> {
    if value.contains('\0') {
        return Err("contains a zero byte");
    }
    let length = value.chars().count();
    match name {
        "cursor" if length > 1000 => Err("has at most 1000 characters"),
        "client_id" | "principal" | "actor"
            if !(1..=128).contains(&length) || value.contains(|c| !is_unreserved(c)) =>
        {
            Err("has 1 to 128 letters, digits and any of . _ ~ -")
        }
        "event" | "outcome" if !(1..=100).contains(&length) || value.contains(|c| !is_of_code(name, c)) => {
            Err("is a name in small letters")
        }
        "request_id" if value.parse::<RequestId>().is_err() => Err("is the id of a request, `req_...`"),
        _ if length > 200 && name != "cursor" => Err("has at most 200 characters"),
        _ => Ok(()),
    }
}

/// RFC 3986 section 2.3.
fn is_unreserved(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~".contains(character)
}

/// An event's name has dots between its words, a code may have digits.
fn is_of_code(name: &str, character: char) -> bool {
    let may_hold = if name == "event" {
        character == '.'
    } else {
        character.is_ascii_digit()
    };
    character.is_ascii_lowercase() || character == '_' || may_hold
}

/// Parameters of the path. One that cannot be of what is asked for names nothing.
pub(super) struct Segments<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(segments)) => Ok(Self(segments)),
            Err(_) => Err(Problem::not_found("nothing has such an address")),
        }
    }
}

/// `cursor` and `limit` of a list, beside its own filters.
#[derive(Debug)]
pub(super) struct Paging {
    cursor: Option<String>,
    limit: Option<String>,
}

impl Paging {
    /// As they were sent.
    pub(super) const fn new(cursor: Option<String>, limit: Option<String>) -> Self {
        Self { cursor, limit }
    }

    /// How many items are wanted.
    pub(super) fn limit(&self) -> Result<u32, Problem> {
        match &self.limit {
            None => Ok(USUAL_PAGE),
            Some(text) => text
                .parse::<u32>()
                .ok()
                .filter(|limit| (1..=LARGEST_PAGE).contains(limit))
                .ok_or_else(|| Problem::malformed_parameter("limit", format!("is a number from 1 to {LARGEST_PAGE}"))),
        }
    }

    /// Where the page before ended.
    pub(super) fn after<K: DeserializeOwned + Default>(&self) -> Result<K, Problem> {
        let Some(cursor) = &self.cursor else {
            return Ok(K::default());
        };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        bytes
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(|| Problem::invalid_parameter("cursor", "is not the next_cursor of a page of this list"))
    }
}

/// The cursor that leads on from an item.
pub(super) fn cursor(after: &impl Serialize) -> Option<String> {
    serde_json::to_vec(after)
        .ok()
        .map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
}

/// The preconditions of the request (RFC 9110 section 13.1): `If-Match` and `If-None-Match: *`.
pub(super) struct Preconditions(pub(super) Precondition);

impl<S: Send + Sync> FromRequestParts<S> for Preconditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        preconditions(&parts.headers).map(Self)
    }
}

fn preconditions(headers: &HeaderMap) -> Result<Precondition, Problem> {
    let text = |name: header::HeaderName| -> Result<Option<&str>, Problem> {
        let problem = || Problem::malformed_parameter(name.as_str(), "cannot be read");
        headers
            .get(&name)
            .map(|value| value.to_str().map_err(|_| problem()))
            .transpose()
    };
    if let Some(tags) = text(header::IF_MATCH)? {
        return match tags.trim() {
            "*" => Ok(Precondition::Present),
            tags => entity_tags(tags)
                .map(Precondition::Version)
                .ok_or_else(|| Problem::malformed_parameter("If-Match", "has to be `*` or ETags in quotes")),
        };
    }
    match text(header::IF_NONE_MATCH)?.map(str::trim) {
        Some("*") => Ok(Precondition::Absent),
        Some(_) => Err(Problem::malformed_parameter(
            "If-None-Match",
            "is `*` where something is changed",
        )),
        None => Ok(Precondition::None),
    }
}

/// A list of strong entity tags. A weak one matches nothing (RFC 9110 section 13.1.1), so it is left out.
pub(super) fn entity_tags(list: &str) -> Option<Vec<String>> {
    let mut tags = Vec::new();
    // RFC 9110 section 5.6.1.2: empty elements do not count, and a list of none matches nothing.
    for tag in list.split(',').map(str::trim) {
        if tag.is_empty() || tag.starts_with("W/") {
            continue;
        }
        let inner = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))?;
        tags.push(inner.to_owned());
    }
    Some(tags)
}

/// `dry_run` of the query.
pub(super) fn dry_run(parts: &Parts) -> Result<bool, Problem> {
    let query = parts.uri.query().unwrap_or_default();
    let given = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "dry_run");
    match given.as_ref().map(|(_, value)| value.as_ref()) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::malformed_parameter("dry_run", "is true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(rename = "list")]
        _list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[serde(rename = "count")]
        _count: u32,
    }

    fn refused(text: &str) -> serde_json::Value {
        let Err(problem) = read::<Sample>(text.as_bytes()) else {
            panic!("{text} was read");
        };
        serde_json::to_value(problem).unwrap()
    }

    #[test]
    fn a_wrong_member_is_named_by_its_pointer() {
        let problem = refused(r#"{"list":[{"count":1},{"count":"two"}]}"#);
        assert_eq!(problem["errors"][0]["pointer"], "/list/1/count");
        assert_eq!(problem["status"], 400);
        assert_eq!(refused(r#"{"list":[],"more":1}"#)["errors"][0]["pointer"], "/more");
        assert_eq!(refused("{").get("errors").unwrap()[0]["pointer"], "");
    }

    #[test] // JSON Schema 2020-12 section 4.2.3
    fn a_whole_number_may_be_written_with_a_point() {
        assert!(read::<Sample>(br#"{"list":[{"count":16.00}]}"#).is_ok());
        for wrong in ["16.5", "16.", "1e1", "-1.0", "\"1.0\""] {
            let text = format!(r#"{{"list":[{{"count":{wrong}}}]}}"#);
            assert_eq!(refused(&text)["status"], 400, "{wrong}");
        }
        let text = r#"{"a\\":"\"1.0","b":[2.0,3]}"#;
        assert_eq!(
            with_whole_numbers(text).as_deref(),
            Some(r#"{"a\\":"\"1.0","b":[2,3]}"#)
        );
        assert_eq!(with_whole_numbers("[1, 2]"), None);
    }

    #[test]
    fn entity_tags_are_read_and_weak_ones_match_nothing() {
        assert_eq!(entity_tags(r#""a", "b""#), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(entity_tags(r#"W/"a""#), Some(Vec::new()));
        assert_eq!(entity_tags(""), Some(Vec::new()));
        assert_eq!(entity_tags("a"), None);
    }

    #[test]
    fn a_cursor_leads_back_to_its_key() {
        let paging = Paging {
            cursor: cursor(&("app", "role")),
            limit: None,
        };
        assert_eq!(
            paging.after::<(String, String)>().unwrap(),
            ("app".to_owned(), "role".to_owned())
        );
        let junk = Paging {
            cursor: Some("junk!".into()),
            limit: Some("0".into()),
        };
        assert!(junk.after::<String>().is_err());
        assert!(junk.limit().is_err());
    }
}
