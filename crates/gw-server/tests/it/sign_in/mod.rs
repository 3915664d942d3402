//! People sign in: with passwords and codes, with keys, at identity providers; what a session may, and when it ends.

mod browser;
mod keys;
mod nodes;
mod oidc;
mod operations;
mod passwords;
mod provider;
mod second;
mod sessions;

use super::support::{Answer, Call, Gateway, Upstream};
use browser::Browser;
use http::Method;
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery";

/// Makes something by the master key; gives its id.
async fn made(gateway: &Gateway, resource: &str, body: Value) -> String {
    let made = gateway.admin(Method::POST, &format!("/api/v1/{resource}"), Some(&body)).await;
    assert_eq!(made.status, 201, "{resource}: {}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

/// A link for a user, by the master key.
async fn link(gateway: &Gateway, user: &str, body: Value) -> String {
    let path = format!("/api/v1/users/{user}/password-link");
    let link = gateway.admin(Method::POST, &path, Some(&body)).await;
    assert_eq!(link.status, 201, "{}", link.text());
    let token = link.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(link.json()["path"], format!("/ui/set-password#token={token}"));
    token
}

/// A person with these members, who chose the password.
async fn person(gateway: &Gateway, name: &str, with: Value) -> String {
    let mut body = json!({"name": name, "email": format!("{name}@example.com")});
    for (member, value) in with.as_object().unwrap() {
        body[member] = value.clone();
    }
    let user = made(gateway, "users", body).await;
    let token = link(gateway, &user, json!({})).await;
    redeem(gateway, &token, PASSWORD).await.ok();
    user
}

async fn redeem(gateway: &Gateway, token: &str, new: &str) -> Answer {
    let body = json!({"token": token, "new": new}).to_string();
    gateway.send(Call::post("/api/v1/auth/password/redeem", body)).await
}

async fn try_sign_in(gateway: &Gateway, body: Value) -> Answer {
    gateway.send(Call::post("/api/v1/auth/sign-in", body.to_string())).await
}

fn by_password(name: &str) -> Value {
    json!({"email": format!("{name}@example.com"), "password": PASSWORD})
}

/// Signs in so.
async fn sign_in(gateway: &Gateway, body: Value) -> Browser {
    let answer = try_sign_in(gateway, body).await;
    answer.ok();
    Browser::of(gateway.addr, &answer)
}

async fn gateway() -> Gateway {
    Gateway::start(&Upstream::start().await.providers()).await
}
