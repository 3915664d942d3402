//! The admin API's OpenAPI 3.1 document, built from one table of operations. `gatewright openapi` prints it;
//! the gate compares it with the committed copy, and a test asks every operation without a key.

mod accounts;
mod alerts;
mod analytics;
mod apply;
mod auth;
mod blocks;
mod datasets;
mod evaluations;
mod exports;
mod keys;
mod logs;
pub(super) mod parameters;
mod prices;
mod settings;
mod tokens;

use super::figures::FILTERS_AND_FORMAT;
use gw_config::compile::joined;
use serde_json::{Map, Value, json};

/// One operation.
pub(super) struct Operation {
    /// In small letters.
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    summary: &'static str,
    /// Names of the parameters that its query may have; [`parameters::kind`] says what each may be.
    pub(super) query: &'static [&'static str],
    body: Option<&'static str>,
    answer: Answer,
}

/// One without a query.
const fn one(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    body: Option<&'static str>,
    answer: Answer,
) -> Operation {
    Operation { method, path, summary, query: &[], body, answer }
}

/// The shape of an operation's success.
enum Answer {
    /// `{data, next_cursor}` of a schema.
    List(&'static str),
    /// The same, and how far it was looked.
    Search(&'static str),
    /// One object of a schema.
    One(u16, &'static str),
    /// A document of organizations and keys.
    Document,
    /// Objects of a schema, one to a line.
    Lines(&'static str),
    /// Server-sent events, most of them with objects of a schema, until somebody ends it.
    Events(&'static str),
    /// Another place.
    Redirect,
    /// No body.
    Empty,
}

impl Operation {
    /// Does it lead a browser elsewhere, or back from there?
    pub(super) const fn is_redirect(&self) -> bool {
        matches!(self.answer, Answer::Redirect)
    }
}

/// All operations.
pub(super) fn operations() -> impl Iterator<Item = &'static Operation> {
    let more = [
        accounts::OPERATIONS,
        alerts::OPERATIONS,
        blocks::OPERATIONS,
        analytics::OPERATIONS,
        tokens::OPERATIONS,
        apply::OPERATIONS,
        exports::OPERATIONS,
        auth::OPERATIONS,
        datasets::OPERATIONS,
        evaluations::OPERATIONS,
        logs::OPERATIONS,
        prices::OPERATIONS,
        settings::OPERATIONS,
    ];
    OPERATIONS.iter().chain(more.into_iter().flatten())
}

/// The operation of a method, in small letters, and of a path as in the document.
pub(super) fn operation(method: &str, path: &str) -> Option<&'static Operation> {
    operations().find(|operation| operation.method == method && operation.path == path)
}

const OPERATIONS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/keys",
        summary: "List virtual keys",
        query: &[
            "name",
            "team_id",
            "project_id",
            "user_id",
            "plan_id",
            "organization_id",
            "state",
            "managed_by",
            "limit",
            "cursor",
        ],
        body: None,
        answer: Answer::List("Key"),
    },
    one(
        "post",
        "/api/v1/keys",
        "Create a virtual key; the answer alone shows it",
        Some("KeyInput"),
        Answer::One(201, "NewKey"),
    ),
    one("get", "/api/v1/keys/{id}", "Show a virtual key", None, Answer::One(200, "Key")),
    one(
        "patch",
        "/api/v1/keys/{id}",
        "Change the members given. Takes If-Match",
        Some("KeyInput"),
        Answer::One(200, "Key"),
    ),
    one("delete", "/api/v1/keys/{id}", "Revoke a virtual key. Takes If-Match", None, Answer::Empty),
    one(
        "post",
        "/api/v1/keys/{id}/rotate",
        "Give a key another secret, shown in the answer alone; the earlier one stays good for grace_seconds. \
                  Takes If-Match",
        Some("KeyRotation"),
        Answer::One(200, "NewKey"),
    ),
    Operation {
        method: "get",
        path: "/api/v1/keys/{id}/effective",
        summary: "Show every value that holds for a key, and where it comes from; with a customer and tags, for calls that name them",
        query: &["customer", "tags"],
        body: None,
        answer: Answer::One(200, "EffectivePolicy"),
    },
    Operation {
        method: "get",
        path: "/api/v1/budgets",
        summary: "List budgets of keys, of all accounts and of what is called, and where they stand",
        query: &["level", "id", "limit", "cursor"],
        body: None,
        answer: Answer::List("Budget"),
    },
    Operation {
        method: "get",
        path: "/api/v1/credentials",
        summary: "List credentials of providers in the encrypted store; never what they are",
        query: &["limit", "cursor"],
        body: None,
        answer: Answer::List("Credential"),
    },
    one(
        "post",
        "/api/v1/credentials",
        "Store a credential of a provider",
        Some("CredentialInput"),
        Answer::One(201, "Credential"),
    ),
    one(
        "get",
        "/api/v1/credentials/{id}",
        "Show a credential, by its name",
        None,
        Answer::One(200, "Credential"),
    ),
    one(
        "patch",
        "/api/v1/credentials/{id}",
        "Change the members given; a new key is in force at once. Takes If-Match",
        Some("CredentialInput"),
        Answer::One(200, "Credential"),
    ),
    one(
        "delete",
        "/api/v1/credentials/{id}",
        "Remove a credential that no provider uses. Takes If-Match",
        None,
        Answer::Empty,
    ),
    Operation {
        method: "get",
        path: "/api/v1/providers",
        summary: "List providers of the configuration file and of the API, how they fare and what is left",
        query: &["limit", "cursor"],
        body: None,
        answer: Answer::List("Provider"),
    },
    Operation {
        method: "get",
        path: "/api/v1/models",
        summary: "List callable models with prices and capabilities",
        query: &["provider", "managed_by", "limit", "cursor"],
        body: None,
        answer: Answer::List("Model"),
    },
    Operation {
        method: "get",
        path: "/api/v1/routes",
        summary: "List dynamic routes",
        query: &["name", "limit", "cursor"],
        body: None,
        answer: Answer::List("Route"),
    },
    one(
        "post",
        "/api/v1/routes",
        "Create a dynamic route with a draft",
        Some("RouteInput"),
        Answer::One(201, "Route"),
    ),
    one("get", "/api/v1/routes/{id}", "Show a dynamic route", None, Answer::One(200, "Route")),
    one(
        "patch",
        "/api/v1/routes/{id}",
        "Write the draft; what is published stays in force. Takes If-Match",
        Some("RouteInput"),
        Answer::One(200, "Route"),
    ),
    one("delete", "/api/v1/routes/{id}", "Remove a dynamic route. Takes If-Match", None, Answer::Empty),
    Operation {
        method: "get",
        path: "/api/v1/routes/{id}/versions",
        summary: "List the versions of a dynamic route, newest first",
        query: &["limit", "cursor"],
        body: None,
        answer: Answer::List("RouteVersion"),
    },
    one(
        "post",
        "/api/v1/routes/{id}/publish",
        "Put the draft in force. Takes If-Match",
        None,
        Answer::One(200, "Route"),
    ),
    one(
        "post",
        "/api/v1/routes/{id}/rollback",
        "Put an earlier version in force: that of the number, else the one published before. Takes If-Match",
        Some("RouteRollback"),
        Answer::One(200, "Route"),
    ),
    one(
        "post",
        "/api/v1/routes/{id}/simulate",
        "Say which way a request would take, and why",
        Some("RouteQuestion"),
        Answer::One(200, "RouteWay"),
    ),
    Operation {
        method: "get",
        path: "/api/v1/guardrails",
        summary: "List the guardrails in the order in which they look, those of the configuration file first",
        query: &["limit", "cursor"],
        body: None,
        answer: Answer::List("Guardrail"),
    },
    Operation {
        method: "post",
        path: "/api/v1/guardrails/test",
        summary: "Show a text to guardrails and say what they make of it; nothing of it is kept",
        query: &[],
        body: Some("GuardrailTrial"),
        answer: Answer::One(200, "GuardrailVerdict"),
    },
    one("get", "/api/v1/cache", "Show how full the cache of this node is", None, Answer::One(200, "Cache")),
    one(
        "post",
        "/api/v1/cache/purge",
        "Throw answers away of which all that is given holds; all: true throws all away. pending: the store of answers is out of reach; this gateway gives none of them any more, and tells it as soon as it is back",
        Some("CachePurge"),
        Answer::One(200, "CachePurged"),
    ),
    Operation {
        method: "get",
        path: "/api/v1/logs",
        summary: "List request records, newest first",
        query: super::logs::PARAMETERS,
        body: None,
        answer: Answer::Search("Log"),
    },
    Operation {
        method: "get",
        path: "/api/v1/logs/tail",
        summary: "Follow records as they are stored: server-sent events record (a Log), dropped, end; goes on from \
                  Last-Event-ID",
        query: super::logs::TAIL_PARAMETERS,
        body: None,
        answer: Answer::Events("Log"),
    },
    Operation {
        method: "get",
        path: "/api/v1/logs/{id}",
        summary: "Show a request record with its attempts, sub-calls, and what its cost is made of",
        query: &[],
        body: None,
        answer: Answer::One(200, "LogDetail"),
    },
    Operation {
        method: "get",
        path: "/api/v1/logs/{id}/bodies",
        summary: "Show what the caller of a request sent and got, where that is kept; the audit log says who looked",
        query: &[],
        body: None,
        answer: Answer::One(200, "LogBodies"),
    },
    Operation {
        method: "get",
        path: "/api/v1/logs/{id}/feedback",
        summary: "List what was said about a request",
        query: &[],
        body: None,
        answer: Answer::List("Feedback"),
    },
    Operation {
        method: "post",
        path: "/api/v1/logs/{id}/feedback",
        summary: "Say something about a request: a score, a label, a comment",
        query: &[],
        body: Some("FeedbackInput"),
        answer: Answer::One(201, "Feedback"),
    },
    Operation {
        method: "get",
        path: "/api/v1/usage",
        summary: "Sum usage by a dimension",
        query: &joined::<27>(&[&["group_by", "from", "to", "limit", "cursor"], &FILTERS_AND_FORMAT]),
        body: None,
        answer: Answer::List("Usage"),
    },
    Operation {
        method: "get",
        path: "/api/v1/audit",
        summary: "List entries of the audit log, newest first",
        query: &["actor", "action", "kind", "id", "from", "to", "limit", "cursor"],
        body: None,
        answer: Answer::List("AuditEntry"),
    },
    Operation {
        method: "get",
        path: "/api/v1/audit/export",
        summary: "Stream entries of the audit log as JSON, one to a line, newest first",
        query: &["format", "actor", "action", "kind", "id", "from", "to", "cursor"],
        body: None,
        answer: Answer::Lines("AuditEntry"),
    },
    Operation {
        method: "get",
        path: "/api/v1/audit/verify",
        summary: "Check that every entry of the audit log is there, and as it was written",
        query: &["anchor"],
        body: None,
        answer: Answer::One(200, "AuditReport"),
    },
];

/// The document.
pub(crate) fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations() {
        let entry = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(map) = entry.as_object_mut() {
            map.insert(operation.method.to_owned(), describe(operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Gatewright admin API", "version": env!("CARGO_PKG_VERSION") },
        "security": [{ "masterKey": [] }, { "session": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "masterKey": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": "gatewright_session" },
            },
            "schemas": schemas(),
        },
    })
}

fn describe(operation: &Operation) -> Value {
    let mut takes: Vec<Value> = Vec::new();
    for name in ["id", "name"].into_iter().filter(|name| operation.path.contains(&format!("{{{name}}}"))) {
        takes.push(json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    }
    for name in operation.query {
        let schema = match operation.is_redirect() {
            // What leads elsewhere takes what comes back from there.
            true => json!({ "type": "string" }),
            false => parameters::schema(&parameters::kind(operation, name)),
        };
        takes.push(json!({ "name": name, "in": "query", "schema": schema }));
    }
    let (status, content) = match operation.answer {
        Answer::Empty => ("204".to_owned(), None),
        Answer::Redirect => ("303".to_owned(), None),
        Answer::Document => ("200".to_owned(), None),
        Answer::One(status, schema) => (status.to_string(), Some(reference(schema))),
        Answer::List(schema) => ("200".to_owned(), Some(list(schema))),
        Answer::Search(schema) => ("200".to_owned(), Some(search(schema))),
        Answer::Lines(schema) | Answer::Events(schema) => ("200".to_owned(), Some(reference(schema))),
    };
    let is_auth = operation.path.starts_with(auth::BELOW);
    if matches!(operation.method, "post" | "patch") && !is_auth {
        takes.push(json!({ "name": "Idempotency-Key", "in": "header", "schema": { "type": "string" } }));
    }
    if operation.summary.contains("If-Match") {
        takes.push(json!({ "name": "If-Match", "in": "header", "schema": { "type": "string" } }));
    }
    let mut success = json!({ "description": operation.summary });
    if matches!(operation.answer, Answer::Document) {
        success["content"] = json!({
            "application/yaml": { "schema": { "type": "string" } },
            "application/json": { "schema": { "type": "object" } },
        });
    }
    if let (Some(schema), Some(map)) = (content, success.as_object_mut()) {
        let kind = match operation.answer {
            Answer::Lines(_) => super::audit::JSON_LINES,
            Answer::Events(_) => super::EVENT_STREAM,
            _ => "application/json",
        };
        map.insert("content".to_owned(), json!({ kind: { "schema": schema } }));
    }
    let mut out = json!({
        "summary": operation.summary,
        "parameters": takes,
        "responses": { status: success, "default": error() },
    });
    if is_auth {
        let is_public = auth::PUBLIC.contains(&operation.path);
        out["security"] = if is_public { json!([]) } else { json!([{ "session": [] }]) };
    }
    if let (Some(schema), Some(map)) = (operation.body, out.as_object_mut()) {
        let body =
            json!({ "required": true, "content": { "application/json": { "schema": reference(schema) } } });
        map.insert("requestBody".to_owned(), body);
    }
    out
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn list(schema: &str) -> Value {
    json!({
        "type": "object",
        "required": ["data", "next_cursor"],
        "properties": {
            "data": { "type": "array", "items": reference(schema) },
            "next_cursor": { "type": ["string", "null"] },
        },
    })
}

/// A list that says how far it was looked, where the time was up before that was everything.
fn search(schema: &str) -> Value {
    let mut list = list(schema);
    list["properties"]["searched_to"] = json!({ "type": ["string", "null"] });
    list
}

fn error() -> Value {
    json!({
        "description": "An error",
        "content": { "application/json": { "schema": reference("Error") } },
    })
}

/// All schemas, as above.
fn schemas() -> Value {
    let mut schemas = json!({
        "CredentialInput": object(&["name:string?", "api_key:string?", "description:string?"]),
        "Credential": object(&["id:string", "name:string", "last4:string", "description:string", "used_by:array",
            "created_at:string", "updated_at:string"]),
        "Usage": object(&["requests:integer", "errors:integer", "input_tokens:integer", "output_tokens:integer",
            "cached_tokens:integer", "cost_usd:string", "saved_usd:string", "key_id:string?", "key_name:string?", "name:string?"]),
        "RouteInput": object(&["name:string?", "document:object", "note:string?", "author:string?"]),
        "Route": object(&["id:string", "name:string", "revision:integer", "draft:object?", "published:object?",
            "created_at:string", "updated_at:string", "warnings:array"]),
        "RouteVersion": object(&["number:integer", "state:string", "document:object", "author:string", "note:string",
            "created_at:string", "published_at:string?"]),
        "RouteRollback": object(&["version:integer?"]),
        "GuardrailTrial": object(&["text:string", "guardrails:array?", "side:string?", "speaker:string?"]),
        "GuardrailVerdict": object(&["verdict:string", "text:string?", "stopped_by:string?", "findings:array", "duration_us:integer"]),
        "RouteQuestion": object(&["version:integer?", "request:object"]),
        "RouteWay": object(&["version:integer", "steps:array", "choices:array", "targets:array", "refusal:object?"]),
        "Cache": object(&["enabled:boolean", "entries:integer", "bytes:integer", "max_bytes:integer", "evicted:integer",
            "index_entries:integer", "index_bytes:integer", "pending_purges:integer"]),
        "CachePurge": object(&["key:string?", "model:string?", "tag:string?", "key_id:string?", "account_id:string?",
            "all:boolean?"]),
        "CachePurged": object(&["purged:integer", "pending:boolean"]),
        "AuditEntry": object(&["number:integer", "time:string", "actor:string", "action:string", "kind:string", "id:string",
            "name:string", "outcome:string", "before:object?", "after:object?", "address:string", "user_agent:string",
            "hash:string"]),
        "AuditReport": object(&["valid:boolean", "entries:integer", "first_number:integer?", "first_time:string?",
            "last_number:integer?", "last_time:string?", "anchor:string?", "fault:object?"]),
        "Error": object(&["error:object"]),
    });
    if let Some(map) = schemas.as_object_mut() {
        map.extend(accounts::schemas());
        map.extend(super::limits::schemas());
        map.extend(alerts::schemas());
        map.extend(blocks::schemas());
        map.extend(analytics::schemas());
        map.extend(tokens::schemas());
        map.extend(apply::schemas());
        map.extend(auth::schemas());
        map.extend(exports::schemas());
        map.extend(datasets::schemas());
        map.extend(evaluations::schemas());
        map.extend(logs::schemas());
        map.extend(prices::schemas());
        map.extend(settings::schemas());
        if let Value::Object(keys) = keys::schemas() {
            map.extend(keys);
        }
    }
    schemas
}

/// A type of JSON, the name of a schema, or `[name]` for a list of such; without `is_needed` also null.
fn of_kind(kind: &str, is_needed: bool) -> Value {
    let named = |kind: &str| kind.starts_with(char::is_uppercase);
    let items = kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']'));
    match (items, is_needed) {
        (Some(items), true) => json!({ "type": "array", "items": reference(items) }),
        (Some(items), false) => json!({ "type": ["array", "null"], "items": reference(items) }),
        (None, true) if named(kind) => reference(kind),
        (None, false) if named(kind) => json!({ "oneOf": [reference(kind), { "type": "null" }] }),
        (None, true) => json!({ "type": kind }),
        (None, false) => json!({ "type": [kind, "null"] }),
    }
}

fn object(members: &[&str]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for member in members {
        let (name, kind) = member.split_once(':').unwrap_or((member, "string"));
        let is_needed = !kind.ends_with('?');
        if is_needed {
            required.push(name);
        }
        properties.insert(name.to_owned(), of_kind(kind.trim_end_matches('?'), is_needed));
    }
    json!({ "type": "object", "required": required, "properties": properties })
}
