//! A key with something of every level above and beside it.

use super::{Call, Gateway, Upstream, make, set_up};
use http::Method;
use serde_json::{Value, json};

/// Everything that a call may count for: paths of the admin API, and how each is called in a refusal.
pub(super) struct Chain {
    pub(super) upstream: Upstream,
    pub(super) gateway: Gateway,
    pub(super) id: String,
    pub(super) key: String,
    pub(super) all: Vec<(String, &'static str)>,
}

pub(super) async fn chain() -> Chain {
    let (upstream, gateway) = set_up().await;
    let organization = make(&gateway, "organizations", &json!({"name": "acme"})).await;
    let plan = make(&gateway, "plans", &json!({"name": "free"})).await;
    let team = json!({"name": "core", "organization_id": organization, "plan_id": plan});
    let team = make(&gateway, "teams", &team).await;
    let project = make(&gateway, "projects", &json!({"name": "app", "team_id": team})).await;
    let user = make(&gateway, "users", &json!({"email": "ada@example.com"})).await;
    let customer = make(&gateway, "customers", &json!({"name": "c"})).await;
    let tag = make(&gateway, "tags", &json!({"name": "t"})).await;
    let (id, key) = gateway.make_key(&json!({"name": "a", "project_id": project, "user_id": user})).await;
    let all = vec![
        (format!("organizations/{organization}"), "organization 'acme'"),
        (format!("teams/{team}"), "team 'core'"),
        (format!("projects/{project}"), "project 'app'"),
        (format!("users/{user}"), "user 'ada@example.com'"),
        (format!("plans/{plan}"), "team 'core'"),
        (format!("customers/{customer}"), "customer 'c'"),
        (format!("tags/{tag}"), "tag 't'"),
        (format!("keys/{id}"), "key"),
    ];
    Chain { upstream, gateway, id, key, all }
}

impl Chain {
    pub(super) async fn send(&self, body: &Value) -> super::Answer {
        let call = Call::chat(body).key(&self.key).header("x-gatewright-customer", "c");
        self.gateway.send(call.header("x-gatewright-tags", "t")).await
    }

    pub(super) fn sent(&self) -> Value {
        serde_json::from_slice(&self.upstream.last_body()).unwrap()
    }

    pub(super) async fn effective(&self) -> Value {
        let path = format!("/api/v1/keys/{}/effective", self.id);
        self.gateway.admin(Method::GET, &path, None).await.ok().json()
    }
}
