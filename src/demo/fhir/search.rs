//! Searching: criteria, pages, and what comes along (FHIR R4, "Search").

use super::parameters::Parameter;
use super::{Records, text};
use crate::smart::FhirBase;
use serde_json::{Value, json};

/// Resources in one answer, unless `_count` says fewer or more.
const USUAL_PAGE: usize = 50;
/// Most resources in one answer.
const LARGEST_PAGE: usize = 200;
/// Where a page begins; only in links of our own.
const OFFSET: &str = "_offset";
/// Parameters that shape the answer in ways this server does not offer; FHIR lets it go without.
const SHAPING: [&str; 5] = ["_format", "_pretty", "_sort", "_elements", "_total"];

/// A search that was understood.
pub(super) struct Search {
    criteria: Vec<Criterion>,
    includes: Vec<Include>,
    count: usize,
    offset: usize,
    total_only: bool,
    /// What was understood, as a query; without page.
    understood: Vec<(String, String)>,
}

struct Criterion {
    parameter: &'static Parameter,
    modifier: Option<String>,
    alternatives: Vec<String>,
}

/// `_include` and `_revinclude`.
struct Include {
    reverse: bool,
    source: String,
    parameter: &'static Parameter,
}

/// The page that was asked for, and the way to the resources.
pub(super) struct Scope<'a> {
    /// Where the resources are.
    pub(super) records: &'a Records,
    /// The FHIR base.
    pub(super) base: &'a FhirBase,
    /// The path that was searched, such as `Observation` or `Patient/maria/Observation`.
    pub(super) path: &'a str,
    /// The types searched.
    pub(super) types: Vec<&'a str>,
    /// What the token allows, and the compartment if one is searched.
    pub(super) may_match: &'a dyn Fn(&Value) -> bool,
    /// What may come along beside the results.
    pub(super) may_come_along: &'a dyn Fn(&Value) -> bool,
}

impl Search {
    /// Reads a query. `strict` is the caller's wish to be told of unknown parameters (`Prefer: handling=strict`);
    /// otherwise they are left out of the `self` link, which is how FHIR tells. Unknown modifiers are always refused,
    /// because they change what a criterion means.
    pub(super) fn parse(query: &str, strict: bool) -> Result<Self, String> {
        let mut search = Self {
            criteria: Vec::new(),
            includes: Vec::new(),
            count: USUAL_PAGE,
            offset: 0,
            total_only: false,
            understood: Vec::new(),
        };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if search.take(&name, &value)? {
                search.understood.push((name.into_owned(), value.into_owned()));
            } else if strict && !SHAPING.contains(&name.as_ref()) {
                return Err(format!("The search parameter {name} is not known here."));
            }
        }
        Ok(search)
    }

    /// Whether the parameter was understood.
    fn take(&mut self, name: &str, value: &str) -> Result<bool, String> {
        let number = || {
            let number = value.parse::<usize>();
            number.map_err(|_| format!("{name} has to be a whole number."))
        };
        match name {
            "_count" => self.count = number()?.min(LARGEST_PAGE),
            OFFSET => {
                self.offset = number()?;
                return Ok(false);
            }
            "_summary" if value == "count" => self.total_only = true,
            _ if name == "_include" || name == "_revinclude" || name.ends_with(":iterate") => {
                let include = Include::parse(name, value);
                let known = include.is_some();
                self.includes.extend(include);
                return Ok(known);
            }
            _ => return self.take_criterion(name, value),
        }
        Ok(true)
    }

    fn take_criterion(&mut self, name: &str, value: &str) -> Result<bool, String> {
        let (plain, modifier) = match name.split_once(':') {
            None => (name, None),
            Some((plain, modifier)) => (plain, Some(modifier)),
        };
        let Some(parameter) = Parameter::find(plain) else {
            return Ok(false);
        };
        if parameter.matches(&Value::Null, modifier, value).is_none() {
            return Err(format!(
                "The search parameter {plain} has no modifier of that name here."
            ));
        }
        self.criteria.push(Criterion {
            parameter,
            modifier: modifier.map(str::to_owned),
            alternatives: value.split(',').map(str::to_owned).collect(),
        });
        Ok(true)
    }

    /// The Bundle of one page.
    pub(super) fn run(&self, scope: &Scope<'_>) -> Value {
        let found: Vec<&Value> = scope
            .types
            .iter()
            .flat_map(|name| scope.records.of_type(name))
            .filter(|candidate| self.criteria.iter().all(|criterion| criterion.fits(candidate)))
            .filter(|candidate| (scope.may_match)(candidate))
            .collect();
        let mut bundle = json!({
            "resourceType": "Bundle", "type": "searchset", "total": found.len(), "link": self.links(scope, found.len()),
        });
        if self.total_only {
            return bundle;
        }
        let page: Vec<&Value> = found.into_iter().skip(self.offset).take(self.count).collect();
        let beside = self.come_along(scope, &page);
        let entry = |resource: &Value, mode: &str| {
            let path = format!("{}/{}", text(resource, "resourceType"), text(resource, "id"));
            json!({ "fullUrl": scope.base.join(&path), "resource": resource, "search": { "mode": mode } })
        };
        let matches = page.iter().map(|resource| entry(resource, "match"));
        let entries: Vec<Value> = matches
            .chain(beside.iter().map(|resource| entry(resource, "include")))
            .collect();
        // FHIR JSON has no empty arrays.
        if let (false, Some(object)) = (entries.is_empty(), bundle.as_object_mut()) {
            object.insert("entry".into(), Value::Array(entries));
        }
        bundle
    }

    fn links(&self, scope: &Scope<'_>, total: usize) -> Value {
        let address = |offset: usize| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(&self.understood);
            if offset > 0 {
                query.append_pair(OFFSET, &offset.to_string());
            }
            let query = query.finish();
            let mark = if query.is_empty() { "" } else { "?" };
            format!("{}{mark}{query}", scope.base.join(scope.path))
        };
        let mut links = vec![json!({ "relation": "self", "url": address(self.offset) })];
        let next = self.offset.saturating_add(self.count);
        if self.count > 0 && next < total && !self.total_only {
            links.push(json!({ "relation": "next", "url": address(next) }));
        }
        if self.count > 0 && self.offset > 0 {
            links.push(json!({ "relation": "previous", "url": address(self.offset.saturating_sub(self.count)) }));
        }
        Value::Array(links)
    }

    /// What `_include` and `_revinclude` bring, each once, within what the token allows.
    fn come_along<'a>(&self, scope: &Scope<'a>, page: &[&'a Value]) -> Vec<&'a Value> {
        let mut beside: Vec<&Value> = Vec::new();
        for include in &self.includes {
            for resource in include.follow(scope.records, page) {
                let shown = page.iter().chain(&beside).any(|known| std::ptr::eq(*known, resource));
                if !shown && (scope.may_come_along)(resource) {
                    beside.push(resource);
                }
            }
        }
        beside
    }
}

impl Criterion {
    fn fits(&self, resource: &Value) -> bool {
        let modifier = self.modifier.as_deref();
        let mut alternatives = self.alternatives.iter();
        let matches = |wanted: &String| self.parameter.matches(resource, modifier, wanted) == Some(true);
        if modifier == Some("not") {
            // Not one of them: each alternative must be absent.
            alternatives.all(matches)
        } else {
            alternatives.any(matches)
        }
    }
}

impl Include {
    /// `Source:parameter`, optionally with a target type.
    fn parse(name: &str, value: &str) -> Option<Self> {
        let mut parts = value.split(':');
        let (source, parameter) = (parts.next()?, parts.next()?);
        Some(Self {
            reverse: name.starts_with("_revinclude"),
            source: source.to_owned(),
            parameter: Parameter::find(parameter)?,
        })
    }

    fn follow<'a>(&self, records: &'a Records, page: &[&'a Value]) -> Vec<&'a Value> {
        let references = |resource: &'a Value| {
            let values = self.parameter.values(resource).into_iter();
            values.filter_map(|value| text(value, "reference").split_once('/'))
        };
        if self.reverse {
            let points_at_page = |resource: &&'a Value| {
                references(resource).any(|(name, id)| {
                    page.iter()
                        .any(|known| text(known, "resourceType") == name && text(known, "id") == id)
                })
            };
            return records.of_type(&self.source).iter().filter(points_at_page).collect();
        }
        page.iter()
            .filter(|resource| text(resource, "resourceType") == self.source)
            .flat_map(|resource| references(resource))
            .filter_map(|(name, id)| records.get(name, id))
            .collect()
    }
}
