//! People: made, read, changed, stopped and removed, with what that means for their keys and tokens.

use super::{ENTERPRISE, MASTER, Site, USER, asked, id, refused};
use crate::support::eventually_within;
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_person_is_a_user_and_comes_back_as_given() {
    let site = Site::new("").await;
    let given = json!({
        "schemas": [USER, ENTERPRISE], "userName": "Ada@Example.com", "externalId": "00u1",
        "name": {"formatted": "Ms Ada Lovelace", "givenName": "Ada", "familyName": "Lovelace"},
        "active": true, "title": "Countess", "password": "not kept",
        "emails": [{"value": "ada.home@example.com", "type": "home"},
                   {"value": "Ada@Example.com", "type": "work", "primary": true}],
        ENTERPRISE: {"department": "Engines", "manager": {"value": "user_1"}},
        "somethingElse": 7, "groups": [{"value": "grp_1"}], "id": "mine",
    });
    let made = site.ask(Method::POST, "Users", given.clone()).await;
    let user = id(&made);
    assert_eq!(made.header("content-type"), Some("application/scim+json"));
    let body = made.json();
    let location = format!("http://{}/scim/v2/Users/{user}", site.gateway.addr);
    assert_eq!((made.header("location"), &body["meta"]["location"]), (Some(&*location), &json!(location)));
    assert_eq!(made.header("etag"), body["meta"]["version"].as_str());
    assert_eq!(body["meta"]["resourceType"], "User");
    assert_eq!(body["schemas"], json!([USER, ENTERPRISE]));
    for name in ["userName", "externalId", "name", "active", "title", "emails", ENTERPRISE] {
        assert_eq!(body[name], given[name], "{name}");
    }
    for name in ["password", "somethingElse", "groups"] {
        assert!(body.get(name).is_none(), "{name}");
    }
    assert_eq!(site.get(&format!("Users/{user}")).await.ok().json(), body);
    let stored = site.gateway.admin(Method::GET, &format!("/api/v1/users/{user}"), None).await.ok().json();
    assert_eq!(stored["email"], "ada@example.com");
    assert_eq!(stored["name"], "Ms Ada Lovelace");
    assert_eq!(stored["memberships"], json!([{"account_id": site.organization, "role": "member"}]));
    refused(&site.ask(Method::POST, "Users", given).await, 409, Some("uniqueness"));
    for wrong in [json!({"schemas": [USER]}), json!({"userName": ""}), json!({"userName": 7}), json!([])] {
        let kind = if wrong.is_array() { "invalidSyntax" } else { "invalidValue" };
        refused(&site.ask(Method::POST, "Users", wrong).await, 400, Some(kind));
    }
}

#[tokio::test]
async fn a_person_who_is_stopped_loses_keys_and_tokens_within_a_second() {
    let site = Site::new("").await;
    let user = site.person("ada").await;
    let (_, key) = site.gateway.make_key(&json!({"name": "ada's", "user_id": user})).await;
    let body = json!({"name": "ada's", "user_id": user});
    let made = site.gateway.admin(Method::POST, "/api/v1/admin-tokens", Some(&body)).await.json();
    let (token, of) =
        (made["token"].as_str().unwrap(), format!("/api/v1/admin-tokens/{}", made["id"].as_str().unwrap()));
    assert_eq!(site.status(&key).await, 200);
    let me = async |token: &str| {
        let call = crate::support::Call::get("/api/v1/me").key(token);
        site.gateway.send(call).await.status.as_u16()
    };
    assert_eq!(me(token).await, 200);
    let path = format!("Users/{user}");
    let stopped = site.patch(&path, json!([{"op": "replace", "path": "active", "value": false}])).await;
    assert_eq!(stopped.ok().json()["active"], false);
    let is_over = async || (site.status(&key).await == 401).then_some(());
    eventually_within(Duration::from_secs(60), "the key is refused", is_over).await;
    assert_eq!(me(token).await, 401);
    assert_eq!(site.gateway.admin(Method::GET, &of, None).await.status, 404, "it is revoked");
    site.patch(&path, json!([{"op": "replace", "path": "active", "value": true}])).await.ok();
    assert_eq!(site.status(&key).await, 200);
    assert_eq!(me(token).await, 401, "a token that is revoked stays so");
    let entries = site.gateway.rows("/api/v1/audit?action=user.update").await;
    let actor = entries[0]["actor"].as_str().unwrap().to_owned();
    assert!(actor.starts_with("token") || actor.contains("atok_"), "{actor}");
    assert_eq!(site.gateway.rows("/api/v1/audit?action=admin_token.revoke").await.len(), 1);
}

#[tokio::test]
async fn a_person_who_is_removed_is_unknown_and_may_come_back() {
    let site = Site::new("").await;
    let (user, other) = (site.person("ada").await, site.person("bob").await);
    let (_, key) = site.gateway.make_key(&json!({"name": "ada's", "user_id": user})).await;
    let group = json!({"displayName": "Research", "members": [{"value": user}, {"value": other}]});
    let group = id(&site.ask(Method::POST, "Groups", group).await);
    assert_eq!(site.memberships(&user).await.len(), 2);
    let path = format!("Users/{user}");
    let gone = site.ask(Method::DELETE, &path, Value::Null).await;
    assert_eq!((gone.status.as_u16(), gone.text()), (204, String::new()));
    assert_eq!(site.status(&key).await, 401);
    for method in [Method::GET, Method::DELETE, Method::PUT, Method::PATCH] {
        let body = match method {
            Method::PUT => json!({"userName": "ada@example.com"}),
            Method::PATCH => json!({"Operations": [{"op": "remove", "path": "title"}]}),
            _ => Value::Null,
        };
        refused(&site.ask(method, &path, body).await, 404, None);
    }
    let found = site.get("Users?filter=userName%20eq%20%22ada@example.com%22").await.ok().json();
    assert_eq!(found["totalResults"], 0);
    let members = site.get(&format!("Groups/{group}")).await.ok().json()["members"].clone();
    assert_eq!(members.as_array().unwrap().len(), 1, "{members}");
    assert_eq!(site.memberships(&user).await, [(site.organization.clone(), "member".to_owned())]);
    assert_eq!(site.person("ada").await, user, "the user is the one that was");
    assert_eq!(site.status(&key).await, 200);
}

#[tokio::test]
async fn versions_guard_changes() {
    let site = Site::new("").await;
    let user = site.person("ada").await;
    let path = format!("/scim/v2/Users/{user}");
    let read = site.get(&format!("Users/{user}")).await;
    let first = read.header("etag").unwrap().to_owned();
    let call = |method: Method, header: &str, tag: &str| {
        let body = json!({"userName": "ada@example.com", "title": "Countess"}).to_string();
        crate::support::Call::new(method, &path).key(&site.token).header(header, tag).body(body)
    };
    assert_eq!(site.gateway.send(call(Method::GET, "if-none-match", &first)).await.status, 304);
    let changed = site.gateway.send(call(Method::PUT, "if-match", &first)).await;
    let second = changed.ok().header("etag").unwrap().to_owned();
    assert_ne!(first, second);
    refused(&site.gateway.send(call(Method::PUT, "if-match", &first)).await, 412, None);
    refused(&site.gateway.send(call(Method::DELETE, "if-match", &first)).await, 412, None);
    refused(&site.gateway.send(call(Method::PUT, "if-match", "\"x\"")).await, 400, Some("invalidSyntax"));
    // What is the same already is not written again.
    let again = site.gateway.send(call(Method::PUT, "if-match", &second)).await;
    assert_eq!(again.ok().header("etag"), Some(&*second));
    assert_eq!(site.gateway.send(call(Method::DELETE, "if-match", &second)).await.status, 204);
}

#[tokio::test]
async fn only_an_organizations_token_with_the_scope_may_provision() {
    let site = Site::new("").await;
    refused(&asked(&site.gateway, "gwa-nothing", Method::GET, "Users", &Value::Null).await, 401, None);
    refused(&asked(&site.gateway, MASTER, Method::GET, "Users", &Value::Null).await, 403, None);
    let make = async |scopes: Value, role: &str, at: Option<&str>| {
        let body = json!({"name": "t", "role": role, "account_id": at, "scopes": scopes});
        let made = site.gateway.admin(Method::POST, "/api/v1/admin-tokens", Some(&body)).await;
        made.json()["token"].as_str().unwrap().to_owned()
    };
    let organization = Some(&*site.organization);
    let cases = [
        (json!(["users:*"]), "owner", organization),
        (json!(["scim"]), "viewer", organization),
        (json!(["scim"]), "owner", None),
        (json!(["scim"]), "owner", Some(&*site.team)),
    ];
    for (scopes, role, at) in cases {
        let token = make(scopes.clone(), role, at).await;
        let answer = asked(&site.gateway, &token, Method::GET, "Users", &Value::Null).await;
        refused(&answer, 403, None);
    }
    let reader = make(json!(["scim:read"]), "admin", organization).await;
    asked(&site.gateway, &reader, Method::GET, "Users", &Value::Null).await.ok();
    let body = json!({"userName": "eve@example.com"});
    refused(&asked(&site.gateway, &reader, Method::POST, "Users", &body).await, 403, None);
    // The scope is good for nothing else.
    let call = crate::support::Call::get("/api/v1/users").key(&site.token);
    assert_eq!(site.gateway.send(call).await.status, 403);
    let lent = json!({"name": "t", "role": "viewer", "account_id": site.organization, "scopes": ["scim"]});
    let narrow = make(json!(["admin_tokens:*"]), "owner", organization).await;
    let call = crate::support::Call::post("/api/v1/admin-tokens", lent.to_string()).key(&narrow);
    assert_eq!(site.gateway.send(call).await.status, 403, "nobody lends more than he has");
}
