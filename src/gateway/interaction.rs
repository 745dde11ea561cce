//! From an HTTP request to the FHIR interaction it asks for (FHIR R4, "RESTful API").

use crate::smart::{FhirId, TypeName};
use serde_json::Value;
use thiserror::Error;

/// What a request asks of the FHIR server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interaction {
    /// `GET metadata` or `GET .well-known/smart-configuration`: public.
    Discovery,
    /// `GET Type/id`.
    Read(Instance),
    /// `GET Type/id/_history/version`.
    VersionRead(Instance),
    /// `GET Type/id/_history`.
    InstanceHistory(Instance),
    /// `GET Type?..`, `POST Type/_search`.
    TypeSearch {
        /// The type searched.
        resource: TypeName,
        /// What comes along.
        includes: Includes,
    },
    /// `GET ?..`, `POST _search`.
    SystemSearch {
        /// The types of `_type`; empty means all.
        resources: Vec<TypeName>,
        /// What comes along.
        includes: Includes,
    },
    /// `GET Type/id/OtherType?..`, `GET Type/id/*`, and the same with `POST .../_search`.
    CompartmentSearch {
        /// The resource whose compartment is searched.
        compartment: Instance,
        /// The types searched; empty means all.
        resources: Vec<TypeName>,
        /// What comes along.
        includes: Includes,
    },
    /// `GET Type/_history`.
    TypeHistory(TypeName),
    /// `GET _history`.
    SystemHistory,
    /// `POST Type`, with `If-None-Exist` or without.
    Create(TypeName),
    /// `PUT` or `PATCH` on `Type/id`, or on `Type?..`; an update that creates is one too.
    Update(Target),
    /// `DELETE` on `Type/id`, or on `Type?..`.
    Delete(Target),
    /// `POST` on the base: its entries are read from the body with [`batch_entries`].
    Batch,
    /// `$name` on the system, a type or an instance.
    Operation {
        /// The name without the `$`.
        name: String,
        /// On what.
        on: OperationTarget,
    },
}

/// One resource by type and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its type.
    pub resource: TypeName,
    /// Its id.
    pub id: FhirId,
}

/// What an update or a deletion is aimed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One resource by its id.
    Instance(Instance),
    /// Whatever meets the criteria of the query.
    Criteria(TypeName),
}

/// On what an operation works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationTarget {
    /// The server.
    System,
    /// All resources of a type.
    Type(TypeName),
    /// One resource.
    Instance(Instance),
}

/// How far a search reaches beyond the type it names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Includes {
    /// Types that come along and that the query names.
    pub named: Vec<TypeName>,
    /// Whether others come along whose type only the answer tells.
    pub unknown: bool,
    /// Whether the criteria look at other resources than those returned: chains, `_has`, `_filter`, named queries.
    pub elsewhere: bool,
}

/// Why a request is no FHIR interaction this gateway forwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unrecognised {
    /// The path is none of FHIR's.
    #[error("the path is not one of the FHIR RESTful API; use the plain form, without escapes, `//` or dot segments")]
    Path,
    /// The method does not go with the path.
    #[error("this method is not defined for this path in the FHIR RESTful API")]
    Method,
    /// A parameter that decides which types are returned cannot be read.
    #[error("`_type`, `_include` and `_revinclude` must name FHIR resource types")]
    Query,
    /// A batch entry without method or address.
    #[error("every entry of a batch or transaction needs request.method and a relative request.url")]
    Entry,
}

/// The methods of the FHIR RESTful API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET and HEAD.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl Method {
    /// Reads a method name; exact, as HTTP methods are case-sensitive (RFC 9110 section 9.1).
    pub fn parse(text: &str) -> Result<Self, Unrecognised> {
        match text {
            "GET" | "HEAD" => Ok(Self::Get),
            "POST" => Ok(Self::Post),
            "PUT" => Ok(Self::Put),
            "PATCH" => Ok(Self::Patch),
            "DELETE" => Ok(Self::Delete),
            _ => Err(Unrecognised::Method),
        }
    }
}

impl Interaction {
    /// Reads a request: method, raw path under the FHIR base (with or without the leading slash), raw query. For
    /// `_search` by POST the query is the form body, joined to that of the URL with `&`. Method override headers are not
    /// seen here and must not be forwarded.
    pub fn parse(method: &str, path: &str, query: &str) -> Result<Self, Unrecognised> {
        let method = Method::parse(method)?;
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments: Vec<Segment> = if path.is_empty() {
            Vec::new()
        } else {
            path.split('/').map(Segment::parse).collect::<Result<_, _>>()?
        };
        match segments.as_slice() {
            [] => match method {
                Method::Get => system_search(query),
                Method::Post => Ok(Self::Batch),
                _ => Err(Unrecognised::Method),
            },
            [Segment::Metadata] | [Segment::WellKnown, Segment::SmartConfiguration] => {
                on(method, Method::Get, Self::Discovery)
            }
            [Segment::Search] if method == Method::Post => system_search(query),
            [Segment::History] => on(method, Method::Get, Self::SystemHistory),
            [Segment::Operation(name)] => operation(method, name, OperationTarget::System),
            [Segment::Name(resource)] => at_type(method, TypeName::parse(resource), query),
            [Segment::Name(resource), rest @ ..] => below_type(
                method,
                TypeName::parse(resource).map_err(|_| Unrecognised::Path)?,
                rest,
                query,
            ),
            _ => Err(Unrecognised::Path),
        }
    }
}

fn on(method: Method, wanted: Method, interaction: Interaction) -> Result<Interaction, Unrecognised> {
    if method == wanted {
        Ok(interaction)
    } else {
        Err(Unrecognised::Method)
    }
}

fn operation(method: Method, name: &str, on: OperationTarget) -> Result<Interaction, Unrecognised> {
    match method {
        Method::Get | Method::Post => Ok(Interaction::Operation {
            name: name.to_owned(),
            on,
        }),
        _ => Err(Unrecognised::Method),
    }
}

fn system_search(query: &str) -> Result<Interaction, Unrecognised> {
    Ok(Interaction::SystemSearch {
        resources: types_parameter(query)?,
        includes: Includes::parse(query)?,
    })
}

fn at_type(method: Method, resource: Result<TypeName, impl Sized>, query: &str) -> Result<Interaction, Unrecognised> {
    let resource = resource.map_err(|_| Unrecognised::Path)?;
    Ok(match method {
        Method::Get => Interaction::TypeSearch {
            resource,
            includes: Includes::parse(query)?,
        },
        Method::Post => Interaction::Create(resource),
        Method::Put | Method::Patch => Interaction::Update(Target::Criteria(resource)),
        Method::Delete => Interaction::Delete(Target::Criteria(resource)),
    })
}

fn below_type(method: Method, resource: TypeName, rest: &[Segment], query: &str) -> Result<Interaction, Unrecognised> {
    match rest {
        [Segment::Search] if method == Method::Post => Ok(Interaction::TypeSearch {
            resource,
            includes: Includes::parse(query)?,
        }),
        [Segment::History] => on(method, Method::Get, Interaction::TypeHistory(resource)),
        [Segment::Operation(name)] => operation(method, name, OperationTarget::Type(resource)),
        [Segment::Name(id), rest @ ..] => {
            let id = FhirId::parse(id).map_err(|_| Unrecognised::Path)?;
            below_instance(method, Instance { resource, id }, rest, query)
        }
        _ => Err(Unrecognised::Path),
    }
}

fn below_instance(
    method: Method,
    instance: Instance,
    rest: &[Segment],
    query: &str,
) -> Result<Interaction, Unrecognised> {
    match rest {
        [] => match method {
            Method::Get => Ok(Interaction::Read(instance)),
            Method::Put | Method::Patch => Ok(Interaction::Update(Target::Instance(instance))),
            Method::Delete => Ok(Interaction::Delete(Target::Instance(instance))),
            Method::Post => Err(Unrecognised::Method),
        },
        [Segment::History] => on(method, Method::Get, Interaction::InstanceHistory(instance)),
        [Segment::History, Segment::Name(version)] => {
            FhirId::parse(version).map_err(|_| Unrecognised::Path)?;
            on(method, Method::Get, Interaction::VersionRead(instance))
        }
        [Segment::Operation(name)] => operation(method, name, OperationTarget::Instance(instance)),
        [target @ (Segment::Star | Segment::Name(_))] if method == Method::Get => compartment(instance, target, query),
        [target @ (Segment::Star | Segment::Name(_)), Segment::Search] if method == Method::Post => {
            compartment(instance, target, query)
        }
        _ => Err(Unrecognised::Path),
    }
}

fn compartment(compartment: Instance, target: &Segment, query: &str) -> Result<Interaction, Unrecognised> {
    let resources = match target {
        Segment::Name(name) => vec![TypeName::parse(name).map_err(|_| Unrecognised::Path)?],
        _ => types_parameter(query)?,
    };
    Ok(Interaction::CompartmentSearch {
        compartment,
        resources,
        includes: Includes::parse(query)?,
    })
}

/// One segment of a path. FHIR paths need no escapes, so they are refused: what is checked here is, byte for byte, what
/// the FHIR server will read. Only `%24`, which some clients write for `$`, means what it says.
enum Segment {
    Metadata,
    WellKnown,
    SmartConfiguration,
    Search,
    History,
    Star,
    Operation(String),
    Name(String),
}

impl Segment {
    fn parse(text: &str) -> Result<Self, Unrecognised> {
        Ok(match text {
            "metadata" => Self::Metadata,
            ".well-known" => Self::WellKnown,
            "smart-configuration" => Self::SmartConfiguration,
            "_search" => Self::Search,
            "_history" => Self::History,
            "*" => Self::Star,
            other => match other.strip_prefix('$').or_else(|| other.strip_prefix("%24")) {
                Some(name) if is_operation_name(name) => Self::Operation(name.to_owned()),
                // Types and ids are both made of these; which one is meant depends on the place.
                None if FhirId::parse(other).is_ok() => Self::Name(other.to_owned()),
                _ => return Err(Unrecognised::Path),
            },
        })
    }
}

fn is_operation_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// The types of `_type`. Several `_type` parameters are joined, so that the widest reading is the one that is checked.
fn types_parameter(query: &str) -> Result<Vec<TypeName>, Unrecognised> {
    let mut types = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        // `_type:not` and the like would turn the meaning round.
        if name.starts_with("_type:") {
            return Err(Unrecognised::Query);
        }
        if name == "_type" {
            for part in value.split(',') {
                types.push(TypeName::parse(part).map_err(|_| Unrecognised::Query)?);
            }
        }
    }
    Ok(types)
}

impl Includes {
    /// Reads `_include=Source:parameter[:Target]` and `_revinclude=Source:parameter[:Target]` (FHIR R4 search,
    /// "Including other resources in result"), with `:iterate` and its older name `:recurse`.
    fn parse(query: &str) -> Result<Self, Unrecognised> {
        let mut includes = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let Some(kind) = name
                .split(':')
                .next()
                .filter(|kind| matches!(*kind, "_include" | "_revinclude"))
            else {
                // `_contained=true` and `both` return resources that live inside others: their types are not known.
                includes.unknown |= name == "_contained" && value != "false";
                includes.elsewhere |=
                    name.contains('.') || matches!(name.split(':').next(), Some("_has" | "_filter" | "_query"));
                continue;
            };
            let mut parts = value.split(':');
            let (source, _, target) = (parts.next().unwrap_or(""), parts.next(), parts.next());
            let brought = if kind == "_revinclude" { Some(source) } else { target };
            match brought {
                None | Some("*") => includes.unknown = true,
                Some(name) => includes
                    .named
                    .push(TypeName::parse(name).map_err(|_| Unrecognised::Query)?),
            }
        }
        Ok(includes)
    }

    /// Whether the search stays with its own type.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && !self.unknown && !self.elsewhere
    }
}

/// The interactions of a batch or transaction Bundle, in order. SMART App Launch 2.2 gives batches no scope of their own:
/// every entry is decided by itself, and an entry that cannot be read makes the whole Bundle unreadable.
pub fn batch_entries(bundle: &Value) -> Result<Vec<Interaction>, Unrecognised> {
    let Some(entries) = bundle.get("entry") else {
        return Ok(Vec::new());
    };
    let entries = entries.as_array().ok_or(Unrecognised::Entry)?;
    entries
        .iter()
        .map(|entry| {
            let text = |name: &str| {
                entry
                    .get("request")
                    .and_then(|request| request.get(name))
                    .and_then(Value::as_str)
            };
            let (method, address) = text("method").zip(text("url")).ok_or(Unrecognised::Entry)?;
            if address.contains("://") || address.starts_with('/') || address.contains('#') {
                return Err(Unrecognised::Entry);
            }
            let (path, query) = address.split_once('?').unwrap_or((address, ""));
            match Interaction::parse(method, path, query)? {
                Interaction::Batch => Err(Unrecognised::Entry),
                interaction => Ok(interaction),
            }
        })
        .collect()
}
