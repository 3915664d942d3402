//! Queries that are not as the document says: every operation refuses them, with the parameter at fault.

use super::DOCUMENT;
use crate::support::{Answer, Gateway, Upstream};
use http::Method;
use serde_json::{Value, json};

/// Method, path and query parameters of every operation, but of those that lead a browser elsewhere or take a session.
fn operations() -> Vec<(Method, String, Vec<Value>)> {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let path = path.replace("{id}", "none").replace("{name}", "none");
        let one = |(method, operation): (&String, &Value)| {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let query = parameters.into_iter().filter(|parameter| parameter["in"] == "query").collect();
            (method.to_uppercase().parse().unwrap(), path.clone(), query)
        };
        item.as_object().unwrap().iter().map(one).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).filter(|(_, path, _)| !path.starts_with("/api/v1/auth/")).collect()
}

#[track_caller]
fn refused(answer: &Answer, path: &str, field: &str) {
    assert_eq!(answer.status, 400, "{path}: {}", answer.text());
    let error = &answer.json()["error"];
    assert_eq!(error["code"], "invalid_request", "{path}: {error}");
    assert_eq!(error["field"], field, "{path}: {error}");
}

/// Values that a parameter of this schema must refuse.
fn wrong(schema: &Value) -> Vec<String> {
    let mut wrong: Vec<String> = ["%00", "%ff", "%zz"].map(str::to_owned).into();
    wrong.push("x".repeat(257));
    if schema["type"] == "integer" {
        let most = schema["maximum"].as_u64().expect("every number has a bound");
        let least = schema["minimum"].as_i64().expect("every number has a bound");
        wrong.extend([(most + 1).to_string(), (least - 1).to_string()]);
        wrong.extend(["-1", "1.5", "many", "", "99999999999999999999999999"].map(str::to_owned));
    }
    if schema["type"] == "boolean" {
        wrong.extend(["yes", "1", ""].map(str::to_owned));
    }
    if schema["enum"].is_array() {
        wrong.push("no-such-name".to_owned());
    }
    if schema["description"].is_string() {
        wrong.extend(["yesterday", "2026-13-01", "12"].map(str::to_owned));
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_that_the_document_does_not_know_are_refused() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let mut tried = 0;
    for (method, path, parameters) in operations() {
        let body = (method == Method::POST || method == Method::PATCH).then(|| json!({}));
        let ask = async |query: &str| {
            gateway.admin(method.clone(), &format!("{path}?{query}"), body.as_ref()).await
        };
        let unknown = ask("no_such_parameter=1").await;
        refused(&unknown, &path, "no_such_parameter");
        let message = unknown.json()["error"]["message"].as_str().unwrap().to_owned();
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap();
            assert!(message.contains(name), "{path}: '{name}' is not named: {message}");
            for value in wrong(&parameter["schema"]) {
                refused(&ask(&format!("{name}={value}")).await, &format!("{path}?{name}={value}"), name);
                tried += 1;
            }
            refused(&ask(&format!("{name}=1&{name}=1")).await, &path, name);
        }
    }
    assert!(tried > 200, "{tried}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cursors_and_texts_that_are_none_are_refused() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    for (method, path, parameters) in operations() {
        let is_list = parameters.iter().any(|parameter| parameter["name"] == "cursor");
        if method != Method::GET || !is_list || path.contains("/none/") {
            continue;
        }
        let answer = gateway.admin(Method::GET, &format!("{path}?cursor=nonsense"), None).await;
        refused(&answer, &path, "cursor");
        let first = gateway.admin(Method::GET, &format!("{path}?cursor="), None).await;
        assert_eq!(first.status, 200, "{path}: {}", first.text());
    }
    for path in ["keys/a%00b", "credentials/a%00b", "routes/%ff"] {
        let answer = gateway.admin(Method::GET, &format!("/api/v1/{path}"), None).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        assert_eq!(answer.json()["error"]["code"], "invalid_request", "{path}");
    }
    for member in ["name", "metadata"] {
        let value = if member == "name" { json!("a\u{0}b") } else { json!({"a": "b\u{0}"}) };
        let answer =
            gateway.admin(Method::POST, "/api/v1/tags", Some(&json!({"name": "t", member: value}))).await;
        refused(&answer, "tags", member);
    }
    // A backslash before it stands for itself.
    let kept = json!({"name": "t", "metadata": {"a": "\\u0000"}});
    assert_eq!(gateway.admin(Method::POST, "/api/v1/tags", Some(&kept)).await.status, 201);
}
