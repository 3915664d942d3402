//! A directory sees and changes its own organization only, and gives no role that its token does not have.

use super::{Site, asked, id, made, refused, token};
use http::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn what_belongs_to_another_organization_is_unknown() {
    let site = Site::new("").await;
    let user = site.person("ada").await;
    let group = json!({"displayName": "Research", "members": [{"value": user}]});
    let group = id(&site.ask(Method::POST, "Groups", group).await);
    let other = made(&site.gateway, "organizations", json!({"name": "other"})).await;
    let foreign = token(&site.gateway, &other, "owner").await;
    let ask = async |method: Method, path: &str, body: Value| {
        asked(&site.gateway, &foreign, method, path, &body).await
    };
    for path in [format!("Users/{user}"), format!("Groups/{group}")] {
        let put = json!({"userName": "x", "displayName": "x"});
        let patch =
            json!({"Operations": [{"op": "replace", "value": {"active": false, "displayName": "x"}}]});
        for (method, body) in [
            (Method::GET, Value::Null),
            (Method::PUT, put),
            (Method::PATCH, patch),
            (Method::DELETE, Value::Null),
        ] {
            refused(&ask(method, &path, body).await, 404, None);
        }
    }
    for path in ["Users", "Groups", "Users?filter=userName%20eq%20%22ada@example.com%22"] {
        assert_eq!(ask(Method::GET, path, Value::Null).await.ok().json()["totalResults"], 0, "{path}");
    }
    let by_id = format!("Users?filter=id%20eq%20%22{user}%22");
    assert_eq!(ask(Method::GET, &by_id, Value::Null).await.ok().json()["totalResults"], 0);
    let body = json!({"displayName": "theirs", "members": [{"value": user}]});
    refused(&ask(Method::POST, "Groups", body).await, 400, Some("invalidValue"));
    // Names are an organization's own; addresses are people's.
    id(&ask(Method::POST, "Groups", json!({"displayName": "Research"})).await);
    id(&ask(Method::POST, "Users", json!({"userName": "ada"})).await);
    refused(
        &ask(Method::POST, "Users", json!({"userName": "ada@example.com"})).await,
        409,
        Some("uniqueness"),
    );
    assert_eq!(site.get(&format!("Users/{user}")).await.ok().json()["active"], true);
}

#[tokio::test]
async fn people_above_the_token_are_seen_and_stay_as_they_are() {
    let site = Site::new("scim: { groups: [{ group: Owners, role: owner }] }\n").await;
    let other = made(&site.gateway, "organizations", json!({"name": "other"})).await;
    let both = json!({"email": "both@example.com", "memberships": [
        {"account_id": site.organization, "role": "member"}, {"account_id": other, "role": "member"}]});
    let both = made(&site.gateway, "users", both).await;
    let boss = json!({"email": "boss@example.com",
        "memberships": [{"account_id": site.organization, "role": "owner"}]});
    let boss = made(&site.gateway, "users", boss).await;
    let found = site.get("Users?filter=userName%20eq%20%22boss@example.com%22").await.ok().json();
    assert_eq!(
        found["Resources"][0]["id"], *boss,
        "users that nobody provisioned are found by their address"
    );
    let stop = || json!([{"op": "replace", "path": "active", "value": false}]);
    refused(&site.patch(&format!("Users/{both}"), stop()).await, 403, None);
    refused(&site.ask(Method::DELETE, &format!("Users/{both}"), Value::Null).await, 403, None);
    let admin = token(&site.gateway, &site.organization, "admin").await;
    let body = json!({"Operations": stop()});
    refused(&asked(&site.gateway, &admin, Method::PATCH, &format!("Users/{boss}"), &body).await, 403, None);
    let user = site.person("ada").await;
    let body = json!({"displayName": "Owners", "members": [{"value": user}]});
    refused(&asked(&site.gateway, &admin, Method::POST, "Groups", &body).await, 403, None);
    assert_eq!(site.get("Groups").await.ok().json()["totalResults"], 0);
    site.patch(&format!("Users/{boss}"), stop()).await.ok();
}
