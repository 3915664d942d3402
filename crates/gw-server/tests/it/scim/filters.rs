//! Lists: filters, pages, chosen attributes; and what the gateway tells of its SCIM.

use super::{Site, refused};
use http::Method;
use serde_json::{Value, json};

fn encoded(text: &str) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric();
    let one = |byte: u8| if is_plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

async fn found(site: &Site, filter: &str) -> Vec<String> {
    let answer = site.get(&format!("Users?filter={}", encoded(filter))).await.ok().json();
    let list = answer["Resources"].as_array().unwrap();
    let mut names: Vec<String> =
        list.iter().map(|one| one["displayName"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn filters_find_people() {
    let site = Site::new("").await;
    for name in ["ada", "bob", "cyd"] {
        site.person(name).await;
    }
    let bob = site.get("Users?filter=displayName%20eq%20%22bob%22").await.ok().json()["Resources"][0].clone();
    let id = bob["id"].as_str().unwrap();
    site.patch(&format!("Users/{id}"), json!([{"op": "add", "value": {"active": false, "title": "Chief"}}]))
        .await
        .ok();
    let (all, rest): (&[&str], &[&str]) = (&["ada", "bob", "cyd"], &["ada", "cyd"]);
    let created = bob["meta"]["created"].as_str().unwrap();
    let cases: [(String, &[&str]); 20] = [
        ("userName eq \"ADA@example.com\"".into(), &["ada"]),
        ("username ne \"ada@example.com\"".into(), &["bob", "cyd"]),
        ("externalId eq \"x-bob\"".into(), &["bob"]),
        ("externalId eq \"X-BOB\"".into(), &[]),
        ("emails.value co \"bob@\"".into(), &["bob"]),
        ("emails co \"bob@\"".into(), &["bob"]),
        ("emails[type eq \"work\" and value sw \"cyd\"]".into(), &["cyd"]),
        ("emails[type eq \"home\"]".into(), &[]),
        ("urn:ietf:params:scim:schemas:core:2.0:User:displayName ew \"b\"".into(), &["bob"]),
        ("active eq false".into(), &["bob"]),
        ("active eq \"True\"".into(), rest),
        ("not (active eq true)".into(), &["bob"]),
        ("title pr".into(), &["bob"]),
        ("title eq null".into(), rest),
        (format!("id eq \"{id}\""), &["bob"]),
        (format!("meta.created ge \"{created}\" and displayName lt \"c\""), &["bob"]),
        ("meta.lastModified gt \"2011-05-13T04:42:34Z\"".into(), all),
        ("displayName eq \"ada\" or displayName eq \"cyd\" and active eq false".into(), &["ada"]),
        ("(displayName eq \"ada\" or displayName eq \"bob\") and active eq false".into(), &["bob"]),
        ("name.familyName eq \"example\" AND NOT (userName SW \"a\")".into(), &["bob", "cyd"]),
    ];
    for (filter, expected) in cases {
        assert_eq!(found(&site, &filter).await, expected, "{filter}");
    }
    let wrong = [
        "",
        "userName",
        "userName eq",
        "userName xx \"a\"",
        "userName eq a",
        "nothing eq \"a\"",
        "active gt true",
        "active eq \"maybe\"",
        "(userName pr",
        "userName pr)",
        "name eq \"x\"",
        "meta.created eq \"today\"",
        "userName eq \"a\" and",
        "userName[value eq \"a\"]",
        "emails[nothing eq \"a\"]",
        "userName eq 7",
    ];
    for filter in wrong {
        let path = format!("Users?filter={}", encoded(filter));
        let answer = site.get(&path).await;
        refused(&answer, 400, Some("invalidFilter"));
    }
    let deep = format!("{}userName pr{}", "(".repeat(40), ")".repeat(40));
    refused(&site.get(&format!("Users?filter={}", encoded(&deep))).await, 400, Some("invalidFilter"));
}

#[tokio::test]
async fn lists_have_pages_and_chosen_attributes() {
    let site = Site::new("").await;
    for name in ["ada", "bob", "cyd"] {
        site.person(name).await;
    }
    let page = async |query: &str| site.get(&format!("Users?{query}")).await.ok().json();
    let first = page("startIndex=1&count=2").await;
    let count = |page: &Value| page["Resources"].as_array().unwrap().len();
    assert_eq!((count(&first), &first["totalResults"], &first["itemsPerPage"]), (2, &json!(3), &json!(2)));
    let second = page("startIndex=3&count=2").await;
    assert_eq!((count(&second), &second["startIndex"]), (1, &json!(3)));
    for (query, expected) in
        [("count=0", 0), ("startIndex=-5&count=-1", 0), ("startIndex=9", 0), ("startIndex=0", 3)]
    {
        let page = page(query).await;
        assert_eq!((count(&page), &page["totalResults"]), (expected, &json!(3)), "{query}");
    }
    refused(&site.get("Users?count=many").await, 400, Some("invalidValue"));
    let chosen = page("attributes=userName,emails.value&count=1").await["Resources"][0].clone();
    let mut members: Vec<&String> = chosen.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["emails", "id", "schemas", "userName"]);
    assert_eq!(chosen["emails"][0].as_object().unwrap().len(), 1, "{chosen}");
    let left = page("excludedAttributes=emails,id,name.familyName&count=1").await["Resources"][0].clone();
    assert!(left.get("emails").is_none() && left["id"].is_string(), "{left}");
    assert!(left["name"].get("familyName").is_none() && left["name"]["givenName"].is_string(), "{left}");
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "displayName sw \"b\"", "startIndex": 1, "count": 10, "attributes": ["displayName"]});
    let search = site.ask(Method::POST, "Users/.search", body).await.ok().json();
    assert_eq!((&search["totalResults"], &search["Resources"][0]["displayName"]), (&json!(1), &json!("bob")));
}

#[tokio::test]
async fn lists_come_in_the_order_that_is_asked_for() {
    let site = Site::new("").await;
    for name in ["cleo", "ada", "Bob"] {
        site.person(name).await;
    }
    let names = async |query: &str| {
        let page = site.get(&format!("Users?filter=userName%20pr&{query}")).await.ok().json();
        let names = page["Resources"].as_array().unwrap().iter();
        names.map(|one| one["userName"].as_str().unwrap().to_lowercase()).collect::<Vec<_>>().join(" ")
    };
    let first = |text: &str, count: usize| text.split(' ').take(count).collect::<Vec<_>>().join(" ");
    let up = names("sortBy=userName").await;
    let down = names("sortBy=userName&sortOrder=descending").await;
    assert!(first(&up, 3).starts_with("ada"), "{up}");
    assert_eq!(up.split(' ').rev().collect::<Vec<_>>(), down.split(' ').collect::<Vec<_>>());
    assert_eq!(names("sortBy=userName&startIndex=2&count=1").await, up.split(' ').nth(1).unwrap());
    refused(&site.get("Users?sortBy=shoeSize").await, 400, Some("invalidPath"));
    refused(&site.get("Users?sortBy=userName&sortOrder=up").await, 400, Some("invalidValue"));
}

#[tokio::test]
async fn whether_somebody_is_active_may_be_said_no_more() {
    let site = Site::new("").await;
    let id = site.person("ada").await;
    let path = format!("Users/{id}");
    site.patch(&path, json!([{"op": "replace", "path": "active", "value": false}])).await.ok();
    let removed = site.patch(&path, json!([{"op": "remove", "path": "active"}])).await.ok().json();
    assert!(removed.get("active").is_none(), "{removed}");
    assert!(site.get(&path).await.ok().json().get("active").is_none());
    let user = site.gateway.admin(Method::GET, &format!("/api/v1/users/{id}"), None).await.ok().json();
    assert_eq!(user["disabled"], true, "who was stopped stays so");
    let back = site.patch(&path, json!([{"op": "add", "path": "active", "value": true}])).await.ok().json();
    assert_eq!(back["active"], true);
}

#[tokio::test]
async fn the_gateway_tells_what_it_supports() {
    let site = Site::new("").await;
    let config = site.get("ServiceProviderConfig").await.ok().json();
    for (name, is) in [("patch", true), ("filter", true), ("etag", true), ("bulk", false), ("sort", true)] {
        assert_eq!(config[name]["supported"], is, "{name}");
    }
    let kinds = site.get("ResourceTypes").await.ok().json();
    assert_eq!(kinds["totalResults"], 2);
    assert_eq!(site.get("ResourceTypes/User").await.ok().json()["endpoint"], "/Users");
    let schemas = site.get("Schemas").await.ok().json();
    assert_eq!(schemas["totalResults"], 3);
    for schema in schemas["Resources"].as_array().unwrap() {
        let one = site.get(&format!("Schemas/{}", schema["id"].as_str().unwrap())).await;
        assert_eq!(one.ok().json(), *schema);
    }
    refused(&site.get("Schemas/urn:nothing").await, 404, None);
    refused(&site.ask(Method::POST, "Bulk", json!({"Operations": []})).await, 501, None);
    refused(&site.get("Me").await, 501, None);
    refused(&site.get("Nothing").await, 404, None);
    refused(&site.ask(Method::DELETE, "Users", Value::Null).await, 405, None);
    refused(
        &site.gateway.send(crate::support::Call::post("/scim/v2/Users", "{").key(&site.token)).await,
        400,
        Some("invalidSyntax"),
    );
}
