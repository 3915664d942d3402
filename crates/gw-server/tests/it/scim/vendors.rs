//! The requests that Okta and Microsoft Entra send, in their own spelling.

use super::{ENTERPRISE, Site, USER, id, refused};
use http::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn okta_provisions_a_person_and_pushes_a_group() {
    let site = Site::new("").await;
    let none = site.get("Users?filter=userName%20eq%20%22lin@example.com%22&startIndex=1&count=100").await;
    let none = none.ok().json();
    assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(0), &json!([])));
    let new = json!({
        "schemas": [USER], "userName": "lin@example.com", "name": {"givenName": "Lin", "familyName": "Chen"},
        "emails": [{"primary": true, "value": "lin@example.com", "type": "work"}], "displayName": "Lin Chen",
        "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "groups": [], "password": "1mz050nq", "active": true,
    });
    let user = id(&site.ask(Method::POST, "Users", new.clone()).await);
    let path = format!("Users/{user}");
    // All of it again, as it was read, with one change.
    let mut whole = site.get(&path).await.ok().json();
    whole["name"]["familyName"] = "Wu".into();
    let put = site.ask(Method::PUT, &path, whole).await.ok().json();
    assert_eq!(put["name"]["familyName"], "Wu");
    let stop = json!([{"op": "replace", "value": {"active": false}}]);
    assert_eq!(site.patch(&path, stop).await.ok().json()["active"], false);
    let found = site.get("Users?filter=userName%20eq%20%22LIN@example.com%22").await.ok().json();
    assert_eq!(found["Resources"][0]["id"], *user);
    site.patch(&path, json!([{"op": "replace", "value": {"active": true}}])).await.ok();

    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Research", "members": []});
    let group = id(&site.ask(Method::POST, "Groups", group).await);
    let path = format!("Groups/{group}");
    let rename = json!([{"op": "replace", "value": {"id": group, "displayName": "Test SCIMv2"}}]);
    assert_eq!(site.patch(&path, rename).await.ok().json()["displayName"], "Test SCIMv2");
    let members = json!([
        {"op": "remove", "path": "members[value eq \"user_00000000000000000000000000000000\"]"},
        {"op": "add", "path": "members", "value": [{"value": user, "display": "lin@example.com"}]},
    ]);
    let changed = site.patch(&path, members).await.ok().json();
    assert_eq!(changed["members"][0]["value"], *user);
    assert!(changed["members"][0].get("display").is_none(), "{changed}");
    let named = site.get(&format!("{path}?attributes=members")).await.ok().json();
    assert_eq!(named["members"][0]["display"], "lin@example.com");
    let of_user = site.get(&format!("Users/{user}")).await.ok().json();
    assert_eq!(of_user["groups"][0]["display"], "Test SCIMv2");
    let replaced =
        site.patch(&path, json!([{"op": "replace", "path": "members", "value": []}])).await.ok().json();
    assert!(replaced.get("members").is_none(), "{replaced}");
}

#[tokio::test]
async fn entra_provisions_a_person_in_its_own_spelling() {
    let site = Site::new("").await;
    let new = json!({
        "schemas": [USER, ENTERPRISE], "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "Kim@Contoso.example", "active": true, "displayName": "Kim Akers",
        "emails": [{"primary": true, "type": "work", "value": "kim@contoso.example"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Kim Akers", "familyName": "Akers", "givenName": "Kim"}, "roles": [],
    });
    let user = id(&site.ask(Method::POST, "Users", new).await);
    let path = format!("Users/{user}");
    let operations = json!([
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "kim.akers@contoso.example"},
        {"op": "Replace", "path": "name.familyName", "value": "Abercrombie"},
        {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1 555 0100"},
        {"op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Engines"},
        {"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "0a21"},
        {"op": "Replace", "path": "displayName", "value": [{"$ref": null, "value": "Kim A."}]},
    ]);
    let changed = site.patch(&path, operations).await.ok().json();
    assert_eq!(
        changed["emails"],
        json!([{"primary": true, "type": "work", "value": "kim.akers@contoso.example"}])
    );
    assert_eq!(
        changed["name"],
        json!({"formatted": "Kim Akers", "familyName": "Abercrombie", "givenName": "Kim"})
    );
    assert_eq!(changed["phoneNumbers"], json!([{"type": "mobile", "value": "+1 555 0100"}]));
    assert_eq!(changed[ENTERPRISE], json!({"department": "Engines", "manager": {"value": "0a21"}}));
    assert_eq!(changed["displayName"], "Kim A.");
    let stored = site.gateway.admin(Method::GET, &format!("/api/v1/users/{user}"), None).await.ok().json();
    assert_eq!((&stored["email"], &stored["name"]), (&json!("kim.akers@contoso.example"), &json!("Kim A.")));

    let stop = json!([{"op": "Replace", "path": "active", "value": "False"}]);
    assert_eq!(site.patch(&path, stop).await.ok().json()["active"], false);
    let dotted = json!([{"op": "replace", "value": {
        "active": "True", "name.givenName": "Kimberly", "emails[type eq \"work\"].primary": true,
        format!("{ENTERPRISE}:costCenter"): "7", ENTERPRISE: {"division": "North"},
    }}]);
    let changed = site.patch(&path, dotted).await.ok().json();
    assert_eq!((&changed["active"], &changed["name"]["givenName"]), (&json!(true), &json!("Kimberly")));
    assert_eq!(
        (&changed[ENTERPRISE]["costCenter"], &changed[ENTERPRISE]["division"]),
        (&json!("7"), &json!("North"))
    );
    let by_id = "Users?filter=externalId%20eq%20%220a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef%22";
    assert_eq!(site.get(by_id).await.ok().json()["totalResults"], 1);
}

#[tokio::test]
async fn entra_changes_members_of_a_group() {
    let site = Site::new("").await;
    let (ada, bob) = (site.person("ada").await, site.person("bob").await);
    let new = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "externalId": "8aa1a0c0",
        "displayName": "Research", "meta": {"resourceType": "Group"},
    });
    let group = id(&site.ask(Method::POST, "Groups", new).await);
    let path = format!("Groups/{group}");
    let found = site.get("Groups?excludedAttributes=members&filter=displayName%20eq%20%22Research%22").await;
    assert_eq!(found.ok().json()["Resources"][0]["id"], *group);
    let add = json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": ada}, {"$ref": null, "value": bob}]}]);
    assert_eq!(site.patch(&path, add).await.ok().json()["members"].as_array().unwrap().len(), 2);
    let is_in = format!("Groups/{group}?attributes=members");
    let test = format!(
        "Groups?excludedAttributes=members&filter=id%20eq%20%22{group}%22%20and%20members%20eq%20%22{ada}%22"
    );
    let found = site.get(&test).await.ok().json();
    assert_eq!(found["totalResults"], 1);
    assert!(found["Resources"][0].get("members").is_none(), "{found}");
    // The older spelling lists who is to go.
    let remove = json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": bob}]}]);
    site.patch(&path, remove).await.ok();
    let left = site.get(&is_in).await.ok().json();
    assert_eq!(left["members"].as_array().unwrap().len(), 1, "{left}");
    assert!(left.get("displayName").is_none(), "{left}");
    let remove = json!([{"op": "Remove", "path": format!("members[value eq \"{ada}\"]")}]);
    site.patch(&path, remove).await.ok();
    assert_eq!(site.memberships(&ada).await, [(site.organization.clone(), "member".to_owned())]);
    assert_eq!(site.ask(Method::DELETE, &path, Value::Null).await.status, 204);
    refused(&site.get(&path).await, 404, None);
}
