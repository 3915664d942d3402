//! Every operation of the admin API, as the committed document lists them, and how each is called on something made for it.
//! An operation of the document that is not in the table fails.

mod audited;
mod matrix;
mod strict;

use super::support::{Answer, Gateway};
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

const DOCUMENT: &str = include_str!("../../../../../docs/openapi.json");

/// What there must be before an operation can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    /// Nothing.
    Nothing,
    /// One that a POST to this path makes.
    Of(&'static str),
    /// A route of which two versions were published.
    OldRoute,
    /// The record of a call.
    Call,
    /// An evaluation that somebody cancelled.
    CancelledEvaluation,
    /// An export that waits for storage that does not answer.
    OpenExport,
    /// An export whose file is there.
    DoneExport,
    /// A re-costing that waits for a time to come.
    Recosting,
    /// A setting that the API gives a value.
    Setting,
}

/// An operation and how it is called.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) method: Method,
    /// As in the document, without `/api/v1/`.
    pub(crate) path: String,
    pub(crate) object: Object,
    pub(crate) body: Value,
    /// What the audit log calls it; nothing where it changes nothing.
    pub(crate) action: Option<String>,
}

const ACCOUNTS: [(&str, &str); 7] = [
    ("organizations", "organization"),
    ("teams", "team"),
    ("projects", "project"),
    ("users", "user"),
    ("customers", "customer"),
    ("tags", "tag"),
    ("plans", "plan"),
];

/// A name that nothing has.
pub(crate) fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("thing-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn graph() -> Value {
    json!({"start": "a", "nodes": {"a": {"type": "model", "model": "up/one"}}})
}

fn question() -> Value {
    json!({"version": "draft", "request": {"body": {"messages": [{"role": "user", "content": "hi"}]}}})
}

/// An item of a dataset.
fn item() -> Value {
    json!({"request": super::support::chat("up/one", "hi"), "expected": "hello"})
}

/// Something of a resource, as it is made. What it must belong to is made by [`make`].
fn new(resource: &str) -> Value {
    match resource {
        "cache" | "cache/purge" => json!({"all": true}),
        "credentials" => json!({"name": name(), "api_key": "sk-a-key-of-a-provider"}),
        "routes" => json!({"name": name(), "document": graph()}),
        // Nobody listens at this port.
        "providers" => {
            json!({"name": name(), "kind": "openai-compatible", "base_url": "http://127.0.0.1:9/v1", "api_key": "sk-of-it"})
        }
        "providers/test" => json!({"kind": "openai-compatible", "base_url": "http://127.0.0.1:9/v1"}),
        "models" => json!({"name": name(), "targets": [{"provider": "up", "model": "one"}]}),
        "admin-tokens" => json!({"name": name(), "role": "viewer"}),
        "users" => json!({"name": name(), "email": format!("{}@example.com", name())}),
        "apply" => json!({"files": [{"name": "a.yaml", "text": format!("tags: [{{ name: {} }}]", name())}]}),
        "guardrails" => {
            json!({"name": name(), "kind": "keywords", "terms": ["falcon"], "on": ["request"], "action": "flag"})
        }
        "guardrails/test" => json!({"text": "hello"}),
        "reports/reconcile" => json!({"provider": "up", "csv": "day,cost_usd\n2026-01-01,1\n"}),
        "views" => json!({"name": name(), "filters": {"model": "up/one"}}),
        // A provider that does not answer, so that it stays under way.
        "evaluations" => {
            json!({"name": name(), "models": ["up/fault-hang"], "key": super::support::KEY, "budget_usd": "1"})
        }
        "exports" => json!({"format": "jsonl", "to": "s3"}),
        "prices/recostings" => json!({"from": "2026-01-01", "dry_run": true, "not_before": "2099-01-01"}),
        "alerts/rules" => json!({"name": name(), "kind": "error_rate", "above_percent": 5}),
        // Nobody listens at this port.
        "alerts/channels" => {
            json!({"name": name(), "kind": "webhook", "url": "http://127.0.0.1:9/hook", "timeout_ms": 200})
        }
        "alerts/silences" => json!({"rule": "errors", "until": "2099-01-01"}),
        _ => json!({"name": name()}),
    }
}

/// A line of it; without an action nothing is audited.
fn row(method: Method, path: &str, object: Object, body: Value, action: &str) -> Row {
    let action = (!action.is_empty()).then(|| action.to_owned());
    Row { method, path: path.to_owned(), object, body, action }
}

/// The table.
pub(crate) fn rows() -> Vec<Row> {
    let metadata = || json!({"metadata": {"a": "b"}});
    let (key, credential, route) = (Object::Of("keys"), Object::Of("credentials"), Object::Of("routes"));
    let (token, dataset) = (Object::Of("admin-tokens"), Object::Of("datasets"));
    let mut rows = vec![
        row(Method::POST, "keys", Object::Nothing, Value::Null, "key.create"),
        row(Method::PATCH, "keys/{id}", key, metadata(), "key.update"),
        row(Method::DELETE, "keys/{id}", key, Value::Null, "key.revoke"),
        row(Method::POST, "keys/{id}/rotate", key, json!({"grace_seconds": 5}), "key.rotate"),
        row(Method::POST, "admin-tokens", Object::Nothing, Value::Null, "admin_token.create"),
        row(Method::PATCH, "admin-tokens/{id}", token, json!({"name": "other"}), "admin_token.update"),
        row(Method::DELETE, "admin-tokens/{id}", token, Value::Null, "admin_token.revoke"),
        row(Method::POST, "admin-tokens/{id}/rotate", token, json!({}), "admin_token.rotate"),
        row(Method::POST, "users/{id}/password-link", Object::Of("users"), json!({}), "user.password_link"),
        row(Method::POST, "credentials", Object::Nothing, Value::Null, "credential.create"),
        row(Method::PATCH, "credentials/{id}", credential, json!({"description": "x"}), "credential.update"),
        row(Method::DELETE, "credentials/{id}", credential, Value::Null, "credential.delete"),
        row(Method::POST, "routes", Object::Nothing, Value::Null, "route.create"),
        row(Method::PATCH, "routes/{id}", route, json!({"document": graph(), "note": "x"}), "route.update"),
        row(Method::DELETE, "routes/{id}", route, Value::Null, "route.delete"),
        row(Method::POST, "routes/{id}/publish", route, json!({}), "route.publish"),
        row(Method::POST, "routes/{id}/rollback", Object::OldRoute, json!({}), "route.rollback"),
        row(Method::POST, "routes/{id}/simulate", route, question(), ""),
        row(Method::POST, "views", Object::Nothing, Value::Null, "view.create"),
        row(Method::PATCH, "views/{id}", Object::Of("views"), json!({"name": "other"}), "view.update"),
        row(Method::DELETE, "views/{id}", Object::Of("views"), Value::Null, "view.delete"),
        row(Method::POST, "datasets", Object::Nothing, Value::Null, "dataset.create"),
        row(Method::PATCH, "datasets/{id}", dataset, json!({"name": "other"}), "dataset.update"),
        row(Method::DELETE, "datasets/{id}", dataset, Value::Null, "dataset.delete"),
        row(Method::GET, "datasets/{id}/items", dataset, Value::Null, "dataset.read"),
        row(Method::PATCH, "datasets/{id}/items", dataset, json!({"add": [item()]}), "dataset.items"),
        row(Method::POST, "datasets/{id}/import", dataset, item(), "dataset.import"),
        row(Method::GET, "datasets/{id}/export", dataset, Value::Null, "dataset.export"),
        row(Method::POST, "datasets/{id}/collect", dataset, json!({}), "dataset.collect"),
        row(Method::POST, "cache/purge", Object::Nothing, json!({"all": true}), ""),
        row(Method::POST, "apply", Object::Nothing, Value::Null, "tag.create"),
        row(Method::POST, "reports/reconcile", Object::Nothing, Value::Null, ""),
        row(Method::POST, "guardrails/test", Object::Nothing, Value::Null, ""),
    ];
    rows.extend(of_guardrails());
    rows.extend(of_providers());
    rows.extend(of_exports());
    rows.extend(of_prices());
    rows.extend(of_settings());
    rows.extend(of_readers());
    rows.extend(of_alerts());
    rows.extend(of_evaluations());
    rows.extend(of_records());
    for (resource, level) in ACCOUNTS {
        let one = format!("{resource}/{{id}}");
        let action = |verb: &str| format!("{level}.{verb}");
        rows.push(row(Method::GET, resource, Object::Nothing, Value::Null, ""));
        rows.push(row(Method::POST, resource, Object::Nothing, Value::Null, &action("create")));
        rows.push(row(Method::GET, &one, Object::Of(resource), Value::Null, ""));
        rows.push(row(Method::PATCH, &one, Object::Of(resource), metadata(), &action("update")));
        rows.push(row(Method::DELETE, &one, Object::Of(resource), Value::Null, &action("delete")));
    }
    rows
}

/// Guardrails that the API manages.
fn of_guardrails() -> [Row; 3] {
    let one = Object::Of("guardrails");
    [
        row(Method::POST, "guardrails", Object::Nothing, Value::Null, "guardrail.create"),
        row(Method::PATCH, "guardrails/{id}", one, json!({"shadow": true}), "guardrail.update"),
        row(Method::DELETE, "guardrails/{id}", one, Value::Null, "guardrail.delete"),
    ]
}

/// Providers and what they serve.
fn of_providers() -> [Row; 7] {
    let (provider, model) = (Object::Of("providers"), Object::Of("models"));
    let uncached = json!({"cache": {"mode": "off"}});
    [
        row(Method::POST, "providers", Object::Nothing, Value::Null, "provider.create"),
        row(Method::PATCH, "providers/{id}", provider, json!({"region": "eu"}), "provider.update"),
        row(Method::DELETE, "providers/{id}", provider, Value::Null, "provider.delete"),
        row(Method::POST, "providers/test", Object::Nothing, Value::Null, ""),
        row(Method::POST, "models", Object::Nothing, Value::Null, "model.create"),
        row(Method::PATCH, "models/{id}", model, uncached, "model.update"),
        row(Method::DELETE, "models/{id}", model, Value::Null, "model.delete"),
    ]
}

/// Exports of records.
fn of_exports() -> [Row; 5] {
    let open = Object::OpenExport;
    [
        row(Method::POST, "exports", Object::Nothing, Value::Null, "export.create"),
        row(Method::GET, "exports", Object::Nothing, Value::Null, ""),
        row(Method::GET, "exports/{id}", open, Value::Null, ""),
        row(Method::POST, "exports/{id}/cancel", open, json!({}), "export.cancel"),
        row(Method::GET, "exports/{id}/download", Object::DoneExport, Value::Null, "export.download"),
    ]
}

/// Prices, and what past calls should have cost.
fn of_prices() -> [Row; 5] {
    let (one, path) = (Object::Recosting, "prices/recostings");
    [
        row(Method::GET, "prices/{name}/history", Object::Nothing, Value::Null, ""),
        row(Method::POST, path, Object::Nothing, Value::Null, "recosting.create"),
        row(Method::GET, path, Object::Nothing, Value::Null, ""),
        row(Method::GET, "prices/recostings/{id}", one, Value::Null, ""),
        row(Method::POST, "prices/recostings/{id}/cancel", one, json!({}), "recosting.cancel"),
    ]
}

/// Plain settings.
fn of_settings() -> [Row; 4] {
    let one = Object::Setting;
    [
        row(Method::GET, "settings", Object::Nothing, Value::Null, ""),
        row(Method::GET, "settings/{id}", one, Value::Null, ""),
        row(Method::PATCH, "settings/{id}", one, json!({"value": 100}), "setting.update"),
        row(Method::DELETE, "settings/{id}", one, Value::Null, "setting.delete"),
    ]
}

/// A setting with a value; its name.
async fn setting(gateway: &Gateway) -> String {
    let name = "settings.max_json_depth".to_owned();
    let path = format!("/api/v1/settings/{name}");
    gateway.admin(Method::PATCH, &path, Some(&json!({"value": 99}))).await.ok();
    name
}

/// Ends the re-costing that waits, if there is one: there is one at a time.
async fn without_recosting(gateway: &Gateway) {
    let list = gateway.admin(Method::GET, "/api/v1/prices/recostings", None).await.ok().json();
    let open = list["data"].as_array().into_iter().flatten().filter(|one| one["state"] == "waiting");
    for one in open {
        let path = format!("/api/v1/prices/recostings/{}/cancel", one["id"].as_str().unwrap());
        gateway.admin(Method::POST, &path, Some(&json!({}))).await.ok();
    }
}

/// A re-costing that waits.
async fn recosting(gateway: &Gateway) -> String {
    without_recosting(gateway).await;
    make(gateway, "prices/recostings", &json!({})).await
}

/// What is only read, but for accounts and single records.
fn of_readers() -> Vec<Row> {
    let (key, credential, route) = (Object::Of("keys"), Object::Of("credentials"), Object::Of("routes"));
    let token = Object::Of("admin-tokens");
    let readers = [
        ("keys", Object::Nothing),
        ("keys/{id}", key),
        ("keys/{id}/effective", key),
        ("admin-tokens", Object::Nothing),
        ("admin-tokens/{id}", token),
        ("me", Object::Nothing),
        ("budgets", Object::Nothing),
        ("credentials", Object::Nothing),
        ("credentials/{id}", credential),
        ("providers", Object::Nothing),
        ("providers/{id}", Object::Of("providers")),
        ("models/{id}", Object::Of("models")),
        ("models", Object::Nothing),
        ("routes", Object::Nothing),
        ("routes/{id}", route),
        ("routes/{id}/versions", route),
        ("cache", Object::Nothing),
        ("logs", Object::Nothing),
        ("logs/tail", Object::Nothing),
        ("datasets", Object::Nothing),
        ("datasets/{id}", Object::Of("datasets")),
        ("evaluations", Object::Nothing),
        ("evaluations/{id}", Object::Of("evaluations")),
        ("views", Object::Nothing),
        ("views/{id}", Object::Of("views")),
        ("usage", Object::Nothing),
        ("analytics/timeseries", Object::Nothing),
        ("analytics/overview", Object::Nothing),
        ("reports/chargeback", Object::Nothing),
        ("export", Object::Nothing),
        ("guardrails", Object::Nothing),
        ("guardrails/{id}", Object::Of("guardrails")),
        ("audit", Object::Nothing),
        ("audit/export", Object::Nothing),
        ("audit/verify", Object::Nothing),
    ];
    let row = |(path, object): (&str, Object)| Row {
        method: Method::GET,
        path: path.to_owned(),
        object,
        body: Value::Null,
        action: None,
    };
    readers.into_iter().map(row).collect()
}

/// Of evaluations that change something, or show what was said.
fn of_evaluations() -> [Row; 7] {
    let row = |method: Method, path: &str, object, body: Value, action: &str| Row {
        method,
        path: path.to_owned(),
        object,
        body,
        action: Some(format!("evaluation.{action}")),
    };
    let (one, anew) = (Object::Of("evaluations"), || json!({"key": super::support::KEY}));
    let cancelled = Object::CancelledEvaluation;
    [
        row(Method::POST, "evaluations", Object::Nothing, Value::Null, "create"),
        row(Method::DELETE, "evaluations/{id}", one, Value::Null, "delete"),
        row(Method::POST, "evaluations/{id}/cancel", one, json!({}), "cancel"),
        row(Method::POST, "evaluations/{id}/resume", cancelled, anew(), "resume"),
        row(Method::POST, "evaluations/{id}/rerun", one, anew(), "create"),
        row(Method::GET, "evaluations/{id}/results", one, Value::Null, "read"),
        row(Method::GET, "evaluations/{id}/export", one, Value::Null, "export"),
    ]
}

/// Of alerts.
fn of_alerts() -> Vec<Row> {
    let row = |method: Method, path: String, object, body: Value, action: Option<String>| Row {
        method,
        path,
        object,
        body,
        action,
    };
    let mut rows = vec![
        row(Method::GET, "alerts".to_owned(), Object::Nothing, Value::Null, None),
        row(Method::GET, "alerts/events".to_owned(), Object::Nothing, Value::Null, None),
        row(
            Method::POST,
            "alerts/channels/{id}/test".to_owned(),
            Object::Of("alerts/channels"),
            Value::Null,
            None,
        ),
    ];
    let kinds = [
        ("alerts/rules", "alert_rule", json!({"above_percent": 7})),
        ("alerts/channels", "alert_channel", json!({"timeout_ms": 300})),
        ("alerts/silences", "alert_silence", json!({"comment": "at night"})),
    ];
    for (path, kind, change) in kinds {
        let (one, of) = (format!("{path}/{{id}}"), Object::Of(path));
        let action = |verb: &str| Some(format!("{kind}.{verb}"));
        rows.push(row(Method::GET, path.to_owned(), Object::Nothing, Value::Null, None));
        rows.push(row(Method::POST, path.to_owned(), Object::Nothing, Value::Null, action("create")));
        rows.push(row(Method::GET, one.clone(), of, Value::Null, None));
        rows.push(row(Method::PATCH, one.clone(), of, change, action("update")));
        rows.push(row(Method::DELETE, one, of, Value::Null, action("delete")));
    }
    rows
}

/// Of one record.
fn of_records() -> [Row; 5] {
    let row = |method: Method, path: &str, body: Value, action: Option<&str>| Row {
        method,
        path: path.to_owned(),
        object: Object::Call,
        body,
        action: action.map(str::to_owned),
    };
    [
        row(Method::GET, "logs/{id}", Value::Null, None),
        row(Method::GET, "logs/{id}/bodies", Value::Null, Some("bodies.read")),
        row(Method::POST, "logs/{id}/replay", json!({"key": super::support::KEY}), Some("log.replay")),
        row(Method::GET, "logs/{id}/feedback", Value::Null, None),
        row(Method::POST, "logs/{id}/feedback", json!({"label": "good"}), None),
    ]
}

/// Operations of the document: method and path, without `/api/v1/`.
pub(crate) fn documented() -> BTreeSet<(String, String)> {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let of = |(path, item): (&String, &Value)| {
        let path = path.strip_prefix("/api/v1/").unwrap().to_owned();
        let methods = item.as_object().unwrap().keys().filter(|name| *name != "parameters");
        methods.map(move |method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    paths.flat_map(of).collect()
}

/// Makes something of a resource with these members besides, and what it must belong to; gives its id.
pub(crate) async fn make(gateway: &Gateway, resource: &str, with: &Value) -> String {
    let mut body = new(resource);
    for (name, value) in with.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    if resource == "projects" && body.get("team_id").is_none() {
        body["team_id"] = Box::pin(make(gateway, "teams", &json!({}))).await.into();
    }
    if resource == "evaluations" && body.get("dataset_id").is_none() {
        body["dataset_id"] = dataset(gateway).await.into();
    }
    let made = gateway.admin(Method::POST, &format!("/api/v1/{resource}"), Some(&body)).await;
    assert_eq!(made.status, 201, "{resource}: {}", made.text());
    made.json()["id"].as_str().expect("an id").to_owned()
}

/// A dataset with an item.
async fn dataset(gateway: &Gateway) -> String {
    let id = Box::pin(make(gateway, "datasets", &json!({}))).await;
    let path = format!("/api/v1/datasets/{id}/items");
    gateway.admin(Method::PATCH, &path, Some(&json!({"add": [item()]}))).await.ok();
    id
}

/// Ends an evaluation.
async fn cancelled(gateway: &Gateway, id: String) -> String {
    gateway.admin(Method::POST, &format!("/api/v1/evaluations/{id}/cancel"), Some(&json!({}))).await.ok();
    id
}

/// The object of a row; its id.
async fn object_of(gateway: &Gateway, row: &Row) -> Option<String> {
    match row.object {
        Object::Nothing => None,
        Object::Of(resource) => Some(make(gateway, resource, &json!({})).await),
        Object::OldRoute => Some(old_route(gateway).await),
        Object::Call => Some(recorded(gateway, super::support::MASTER).await),
        Object::CancelledEvaluation => {
            let id = make(gateway, "evaluations", &json!({})).await;
            Some(cancelled(gateway, id).await)
        }
        Object::OpenExport => Some(make(gateway, "exports", &json!({})).await),
        Object::DoneExport => Some(exported(gateway).await),
        Object::Recosting => Some(recosting(gateway).await),
        Object::Setting => Some(setting(gateway).await),
    }
}

/// An export whose file is there.
async fn exported(gateway: &Gateway) -> String {
    let id = make(gateway, "exports", &json!({"to": "directory"})).await;
    let path = format!("/api/v1/exports/{id}");
    super::support::eventually("an export that is done", async || {
        let state = gateway.admin(Method::GET, &path, None).await.ok().json()["state"].clone();
        (state == "done").then_some(())
    })
    .await;
    id
}

async fn old_route(gateway: &Gateway) -> String {
    let id = make(gateway, "routes", &json!({})).await;
    let path = format!("/api/v1/routes/{id}");
    gateway.admin(Method::POST, &format!("{path}/publish"), Some(&json!({}))).await.ok();
    let draft = json!({"document": graph(), "note": "second"});
    gateway.admin(Method::PATCH, &path, Some(&draft)).await.ok();
    gateway.admin(Method::POST, &format!("{path}/publish"), Some(&json!({}))).await.ok();
    id
}

/// Makes a call with that key; its id, once there is a record of it.
pub(crate) async fn recorded(gateway: &Gateway, key: &str) -> String {
    let body = super::support::chat("up/chat-model", "hi");
    let id = gateway.send(super::support::Call::chat(&body).key(key)).await.request_id();
    kept(gateway, &id).await;
    id
}

/// Waits until a call has its record, and its bodies are kept.
pub(crate) async fn kept(gateway: &Gateway, id: &str) {
    let path = format!("/api/v1/logs?request_id={id}&has_body=true");
    super::support::eventually("a record with bodies", async || {
        (gateway.rows(&path).await.len() == 1).then_some(())
    })
    .await;
}

/// A gateway's configuration in which everything is kept that an operation may show.
pub(crate) fn configuration(upstream: &super::support::Upstream) -> String {
    let key = super::support::KEY;
    // Nobody listens at that port.
    let s3 = "bucket: nowhere, endpoint: \"http://127.0.0.1:1\", access_key_id: a, secret_access_key: b";
    format!(
        "{}\nrecords: {{ logging: full }}\nexports: {{ s3: {{ {s3} }} }}\n\
         evaluations: {{ max_open: 5000 }}\nkeys: [{{ name: declared, key: {key} }}]\n",
        upstream.providers()
    )
}

/// The body of a row, and the path with the object's id.
async fn parts_of(gateway: &Gateway, row: &Row) -> (String, Value) {
    let id = object_of(gateway, row).await.unwrap_or_default();
    let path = format!("/api/v1/{}", once(&row.path.replace("{id}", &id)));
    let mut body = row.body.clone();
    if row.method == Method::POST && row.object == Object::Nothing {
        body = new(&row.path);
        if row.path == "projects" {
            body["team_id"] = make(gateway, "teams", &json!({})).await.into();
        }
        if row.path == "evaluations" {
            body["dataset_id"] = dataset(gateway).await.into();
        }
    }
    (path, body)
}

/// What goes on until somebody ends it ends by itself.
fn once(path: &str) -> String {
    match path {
        "logs/tail" => format!("{path}?seconds=1"),
        path => path.replace("{name}", "up%2Fone"),
    }
}

#[track_caller]
fn done(row: &Row, answer: &Answer) {
    assert!(answer.status.is_success(), "{} {}: {}", row.method, row.path, answer.text());
}

/// The same without those of [`crate::sign_in`]: they are for whoever is signed in, and about himself.
fn documented_here() -> BTreeSet<(String, String)> {
    documented().into_iter().filter(|(_, path)| !path.starts_with("auth/")).collect()
}

#[test]
fn the_table_has_every_operation_of_the_document_and_no_other() {
    let table: BTreeSet<(String, String)> =
        rows().into_iter().map(|row| (row.method.to_string(), row.path)).collect();
    let document = documented_here();
    let missing: Vec<_> = document.difference(&table).collect();
    assert!(missing.is_empty(), "these operations have no row in tests/it/operations: {missing:?}");
    let gone: Vec<_> = table.difference(&document).collect();
    assert!(gone.is_empty(), "these rows are of no operation: {gone:?}");
}
