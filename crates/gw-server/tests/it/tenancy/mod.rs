//! Organizations, teams, projects, users, customers, tags and plans from outside: how they are managed, and what they do
//! to calls.

mod access;
mod calls;
mod chain;
mod combined;
mod meant;
mod nodes;
mod parameters;
mod plans;
mod resources;
mod rules;
mod writes;

use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat};
use http::Method;
use serde_json::Value;

async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    (upstream, gateway)
}

/// Makes something, and gives its id.
async fn make(gateway: &Gateway, resource: &str, body: &Value) -> String {
    let answer = gateway.admin(Method::POST, &format!("/api/v1/{resource}"), Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().expect("an id").to_owned()
}

async fn patch(gateway: &Gateway, path: &str, body: &Value) -> Answer {
    gateway.admin(Method::PATCH, &format!("/api/v1/{path}"), Some(body)).await
}

/// An error of the admin API: its status, code and field.
#[track_caller]
fn refused(answer: &Answer, status: u16, field: Option<&str>) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.json()["error"]["field"].as_str(), field, "{}", answer.text());
}

async fn ask(gateway: &Gateway, key: &str) -> Answer {
    gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(key)).await
}
