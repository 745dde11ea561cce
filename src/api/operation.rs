//! Operations: a route and what the OpenAPI document says of it, declared together.

use super::ApiState;
use crate::tenant::roles::Permission;
use crate::web::route_table::RouteTable;
use axum::handler::Handler;
use axum::http::Method;
use serde_json::{Map, Value, json};

/// A parameter of the query or a header.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// The name.
    pub name: &'static str,
    /// What it does.
    pub words: &'static str,
    /// The name of its schema among the components.
    pub schema: &'static str,
}

/// What the document says of one route.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, which the document shows"
)]
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// The operation's own name.
    pub id: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What more there is to know.
    pub description: &'static str,
    /// What its caller needs; `None` for what everybody with a role may do.
    pub permission: Option<Permission>,
    /// Whether it is for everybody, without a token.
    pub public: bool,
    /// Parameters of the query.
    pub query: Vec<Parameter>,
    /// Whether it is a list in pages.
    pub paged: bool,
    /// The schema of the body, by name.
    pub body: Option<&'static str>,
    /// The media type of the body.
    pub body_type: &'static str,
    /// An example of the body.
    pub example: Option<Value>,
    /// Answers of success: status, schema by name, words.
    pub answers: Vec<(u16, Option<&'static str>, &'static str)>,
    /// Whether what it answers has an entity tag.
    pub tagged: bool,
    /// Whether it takes preconditions and `dry_run`.
    pub changes: bool,
}

impl Operation {
    fn new(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        let changes = method != Method::GET;
        Self {
            method,
            path,
            id,
            summary,
            description: "",
            permission: None,
            public: false,
            query: Vec::new(),
            paged: false,
            body: None,
            body_type: "application/json",
            example: None,
            answers: Vec::new(),
            tagged: false,
            changes,
        }
    }

    /// `GET`.
    pub(super) fn get(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(Method::GET, path, id, summary)
    }

    /// `POST`.
    pub(super) fn post(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(Method::POST, path, id, summary)
    }

    /// `PUT`.
    pub(super) fn put(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(Method::PUT, path, id, summary)
    }

    /// `PATCH` with a JSON merge patch (RFC 7396).
    pub(super) fn patch(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self {
            body_type: "application/merge-patch+json",
            ..Self::new(Method::PATCH, path, id, summary)
        }
    }

    /// `DELETE`.
    pub(super) fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(Method::DELETE, path, id, summary).answers(204, None, "Done.")
    }

    pub(super) fn needs(mut self, permission: Permission) -> Self {
        self.permission = Some(permission);
        self
    }

    pub(super) fn says(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    pub(super) fn for_everybody(mut self) -> Self {
        self.public = true;
        self
    }

    pub(super) fn takes(mut self, schema: &'static str, example: Value) -> Self {
        self.body = Some(schema);
        self.example = Some(example);
        self
    }

    pub(super) fn query(mut self, name: &'static str, schema: &'static str, words: &'static str) -> Self {
        self.query.push(Parameter { name, words, schema });
        self
    }

    pub(super) fn answers(mut self, status: u16, schema: Option<&'static str>, words: &'static str) -> Self {
        self.answers.push((status, schema, words));
        self
    }

    pub(super) fn gives(self, schema: &'static str) -> Self {
        self.answers(200, Some(schema), "What is there.")
    }

    pub(super) fn paged(mut self, schema: &'static str) -> Self {
        self.paged = true;
        self.answers(200, Some(schema), "A page of the list.")
    }

    pub(super) fn tagged(mut self) -> Self {
        self.tagged = true;
        self
    }

    /// The first segment below the tenant, or below the API: what the document groups by.
    pub(super) fn tag(&self) -> &'static str {
        let below = self
            .path
            .strip_prefix("/api/v1/tenants/{tenant}/")
            .or_else(|| self.path.strip_prefix("/api/v1/"))
            .unwrap_or(self.path);
        below.split('/').next().unwrap_or(below)
    }

    /// The names in braces.
    pub(super) fn path_parameters(&self) -> Vec<&'static str> {
        let parts = self.path.split('{').skip(1);
        parts.filter_map(|part| part.split('}').next()).collect()
    }

    /// The object of the document.
    pub(super) fn document(&self) -> Value {
        let mut parameters: Vec<Value> = self
            .path_parameters()
            .iter()
            .map(|name| reference("parameters", &format!("path.{name}")))
            .collect();
        for parameter in &self.query {
            parameters.push(json!({
                "name": parameter.name, "in": "query", "required": false, "description": parameter.words,
                "schema": reference("schemas", parameter.schema),
            }));
        }
        let shared = |name: &str| reference("parameters", name);
        if self.paged {
            parameters.push(shared("cursor"));
            parameters.push(shared("limit"));
        }
        if self.changes {
            parameters.push(shared("dry_run"));
            if self.tagged {
                parameters.push(shared("If-Match"));
            }
            if self.method == Method::POST {
                parameters.push(shared("Idempotency-Key"));
            }
        }
        let mut responses = Map::new();
        for (status, schema, words) in &self.answers {
            let mut answer = Map::from_iter([("description".to_owned(), json!(words))]);
            if let Some(schema) = schema {
                let mut content = json!({ "application/json": { "schema": reference("schemas", schema) } });
                if let Some(content) = content.as_object_mut().filter(|_| *status >= 400) {
                    let problem = json!({ "schema": reference("schemas", "Problem") });
                    content.insert("application/problem+json".to_owned(), problem);
                }
                answer.insert("content".to_owned(), content);
            }
            if self.tagged && *status < 300 && schema.is_some() {
                let headers = json!({ "ETag": reference("headers", "ETag") });
                answer.insert("headers".to_owned(), headers);
            }
            responses.insert(status.to_string(), answer.into());
        }
        if self.tagged && !self.changes {
            responses.insert(
                "304".to_owned(),
                json!({ "description": "It is what `If-None-Match` names." }),
            );
        }
        if !self.public {
            responses.insert("default".to_owned(), reference("responses", "Problem"));
        }
        let needs = self
            .permission
            .map(|permission| format!("Needs the permission `{permission}`."));
        let words: Vec<&str> = [Some(self.description), needs.as_deref()]
            .into_iter()
            .flatten()
            .filter(|words| !words.is_empty())
            .collect();
        let mut document = Map::from_iter([
            ("operationId".to_owned(), json!(self.id)),
            ("summary".to_owned(), json!(self.summary)),
            ("description".to_owned(), json!(words.join(" "))),
            ("tags".to_owned(), json!([self.tag()])),
            ("parameters".to_owned(), parameters.into()),
            ("responses".to_owned(), responses.into()),
        ]);
        if let Some(schema) = self.body {
            let mut media = Map::from_iter([("schema".to_owned(), reference("schemas", schema))]);
            if let Some(example) = &self.example {
                media.insert("example".to_owned(), example.clone());
            }
            let body = json!({ "required": true, "content": { self.body_type: media } });
            document.insert("requestBody".to_owned(), body);
        }
        if self.public {
            document.insert("security".to_owned(), json!([]));
        }
        document.into()
    }
}

fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// Operations with their handlers.
#[derive(Default)]
pub(super) struct OperationTable {
    routes: RouteTable<ApiState>,
    operations: Vec<Operation>,
}

impl OperationTable {
    /// Adds an operation and what answers it.
    pub(super) fn on<H: Handler<T, ApiState>, T: 'static>(mut self, operation: Operation, handler: H) -> Self {
        let path = operation.path;
        self.routes = match operation.method {
            Method::POST => self.routes.post(path, handler),
            Method::PUT => self.routes.put(path, handler),
            Method::PATCH => self.routes.patch(path, handler),
            Method::DELETE => self.routes.delete(path, handler),
            _ => self.routes.get(path, handler),
        };
        self.operations.push(operation);
        self
    }

    /// Both tables in one.
    pub(super) fn merge(mut self, other: Self) -> Self {
        self.routes = self.routes.merge(other.routes);
        self.operations.extend(other.operations);
        self
    }

    pub(super) fn into_parts(self) -> (RouteTable<ApiState>, Vec<Operation>) {
        (self.routes, self.operations)
    }
}
