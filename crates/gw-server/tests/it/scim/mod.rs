//! SCIM from outside: what directories ask, as the RFCs and the vendors have it, and what becomes of people's keys.

mod filters;
mod groups;
mod nodes;
mod people;
mod tenants;
mod vendors;

use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat};
use http::Method;
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A gateway with an organization, a team, and a directory's token.
struct Site {
    gateway: Gateway,
    organization: String,
    team: String,
    token: String,
    _upstream: Upstream,
}

impl Site {
    async fn new(settings: &str) -> Self {
        let upstream = Upstream::start().await;
        let gateway = Gateway::start(&format!("{}{settings}", upstream.providers())).await;
        let organization = made(&gateway, "organizations", json!({"name": "acme"})).await;
        let team =
            made(&gateway, "teams", json!({"name": "Research", "organization_id": organization})).await;
        let token = token(&gateway, &organization, "owner").await;
        Self { gateway, organization, team, token, _upstream: upstream }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Answer {
        asked(&self.gateway, &self.token, method, path, &body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, Value::Null).await
    }

    /// Makes a person, and gives the id.
    async fn person(&self, name: &str) -> String {
        let email = format!("{name}@example.com");
        let body = json!({
            "schemas": [USER], "userName": email, "externalId": format!("x-{name}"), "displayName": name,
            "name": {"givenName": name, "familyName": "Example"}, "active": true,
            "emails": [{"value": email, "type": "work", "primary": true}],
        });
        id(&self.ask(Method::POST, "Users", body).await)
    }

    async fn patch(&self, path: &str, operations: Value) -> Answer {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        self.ask(Method::PATCH, path, json!({"schemas": schemas, "Operations": operations})).await
    }

    /// Roles of a user, by where they hold.
    async fn memberships(&self, user: &str) -> Vec<(String, String)> {
        let answer =
            self.gateway.admin(Method::GET, &format!("/api/v1/users/{user}"), None).await.ok().json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let list = answer["memberships"].as_array().unwrap();
        list.iter().map(|one| (text(&one["account_id"]), text(&one["role"]))).collect()
    }

    /// The status of a call with a key.
    async fn status(&self, key: &str) -> u16 {
        self.gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(key)).await.status.as_u16()
    }
}

async fn asked(gateway: &Gateway, token: &str, method: Method, path: &str, body: &Value) -> Answer {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let call = Call::new(method, &format!("/scim/v2/{path}")).key(token).body(text);
    gateway.send(call.header("content-type", "application/scim+json")).await
}

async fn made(gateway: &Gateway, resource: &str, body: Value) -> String {
    let made = gateway.admin(Method::POST, &format!("/api/v1/{resource}"), Some(&body)).await;
    assert_eq!(made.status, 201, "{resource}: {}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

/// A directory's token.
async fn token(gateway: &Gateway, organization: &str, role: &str) -> String {
    let body = json!({"name": "directory", "role": role, "account_id": organization, "scopes": ["scim"]});
    let made = gateway.admin(Method::POST, "/api/v1/admin-tokens", Some(&body)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["token"].as_str().unwrap().to_owned()
}

/// The id of what was made.
#[track_caller]
fn id(made: &Answer) -> String {
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

/// A refusal in SCIM's form.
#[track_caller]
fn refused(answer: &Answer, status: u16, kind: Option<&str>) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/scim+json"));
    let body = answer.json();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(body["status"], status.to_string());
    assert_eq!(body["scimType"].as_str(), kind, "{}", answer.text());
    assert!(!body["detail"].as_str().unwrap().is_empty());
}
