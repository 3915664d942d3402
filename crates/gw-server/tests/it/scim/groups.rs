//! Groups give memberships: by the settings, and by the names of teams.

use super::{Site, id, refused};
use http::Method;
use serde_json::{Value, json};

const RULES: &str = "scim:
  default_role: viewer
  groups:
    - { group: Admins, role: admin }
    - { group: Admins, team: Research, role: owner }
    - { group: Lab, organization: acme, team: Research, role: member }
    - { group: Lab, organization: another, role: owner }
    - { group: Leads, project: Search, role: admin }
    - { group: Leads, team: Research, project: Ranking, role: member }
    - { group: Leads, team: Research, project: Elsewhere, role: owner }
";

fn of(list: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut list: Vec<_> = list.iter().map(|(at, role)| ((*at).to_owned(), (*role).to_owned())).collect();
    list.sort();
    list
}

async fn roles(site: &Site, user: &str) -> Vec<(String, String)> {
    let mut roles = site.memberships(user).await;
    roles.sort();
    roles
}

async fn group(site: &Site, name: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    let made = site.ask(Method::POST, "Groups", json!({"displayName": name, "members": members})).await;
    format!("Groups/{}", id(&made))
}

#[tokio::test]
async fn roles_come_and_go_with_groups() {
    let site = Site::new(RULES).await;
    let (user, organization, team) = (site.person("ada").await, &*site.organization, &*site.team);
    assert_eq!(roles(&site, &user).await, of(&[(organization, "viewer")]));
    let lab = group(&site, "lab", &[&user]).await;
    assert_eq!(roles(&site, &user).await, of(&[(organization, "viewer"), (team, "member")]));
    let admins = group(&site, "Admins", &[]).await;
    site.patch(&admins, json!([{"op": "add", "path": "members", "value": {"value": user}}])).await.ok();
    assert_eq!(roles(&site, &user).await, of(&[(organization, "admin"), (team, "owner")]), "the most counts");
    site.patch(&admins, json!([{"op": "remove", "path": format!("members[value eq \"{user}\"]")}]))
        .await
        .ok();
    assert_eq!(roles(&site, &user).await, of(&[(organization, "viewer"), (team, "member")]));
    // By a name that gives nothing, then by the team's own.
    site.patch(&lab, json!([{"op": "replace", "path": "displayName", "value": "Nobody"}])).await.ok();
    assert_eq!(roles(&site, &user).await, of(&[(organization, "viewer")]));
    site.patch(&lab, json!([{"op": "replace", "path": "displayName", "value": "Research"}])).await.ok();
    assert_eq!(roles(&site, &user).await, of(&[(organization, "viewer"), (team, "viewer")]));
    assert_eq!(site.ask(Method::DELETE, &lab, Value::Null).await.status, 204);
    assert_eq!(roles(&site, &user).await, of(&[(organization, "viewer")]));
    let actions = site.gateway.rows("/api/v1/audit").await;
    for action in
        ["scim_group.create", "scim_group.update", "scim_group.delete", "user.create", "user.update"]
    {
        assert!(actions.iter().any(|row| row["action"] == action), "{action}");
    }
}

#[tokio::test]
async fn groups_give_roles_at_projects_of_their_organization_alone() {
    let site = Site::new(RULES).await;
    let made = async |path: &str, body: Value| {
        let made = site.gateway.admin(Method::POST, &format!("/api/v1/{path}"), Some(&body)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let team = site.team.clone();
    let search = made("projects", json!({"name": "Search", "team_id": team})).await;
    let ranking = made("projects", json!({"name": "Ranking", "team_id": team})).await;
    // What another tenant calls so does not matter.
    let foreign = made("organizations", json!({"name": "foreign"})).await;
    let far = made("teams", json!({"name": "far", "organization_id": foreign})).await;
    for name in ["Search", "Elsewhere"] {
        made("projects", json!({"name": name, "team_id": far})).await;
    }
    let user = site.person("ada").await;
    group(&site, "leads", &[&user]).await;
    let expected = of(&[(&site.organization, "viewer"), (&search, "admin"), (&ranking, "member")]);
    assert_eq!(roles(&site, &user).await, expected);
}

#[tokio::test]
async fn what_a_group_gave_goes_with_it_whatever_the_place_is_called_now() {
    let site = Site::new(RULES).await;
    let at = async |method: Method, path: &str, body: Value| {
        let done = site.gateway.admin(method, &format!("/api/v1/{path}"), Some(&body)).await;
        assert!(matches!(done.status.as_u16(), 200 | 201), "{}", done.text());
        done.json()["id"].as_str().unwrap().to_owned()
    };
    let project = async |name: &str, team: &str| {
        at(Method::POST, "projects", json!({"name": name, "team_id": team})).await
    };
    let (search, kept) = (project("Search", &site.team).await, project("Kept", &site.team).await);
    let user = site.person("ada").await;
    let leads = group(&site, "leads", &[&user]).await;
    let by_hand = json!({"memberships": [
        {"account_id": *site.organization, "role": "viewer"},
        {"account_id": search, "role": "admin"},
        {"account_id": kept, "role": "member"},
    ]});
    at(Method::PATCH, &format!("users/{user}"), by_hand).await;
    // The rule finds nothing of that name first, and then two.
    at(Method::PATCH, &format!("projects/{search}"), json!({"name": "Find"})).await;
    project("Search", &site.team).await;
    let team =
        at(Method::POST, "teams", json!({"name": "Second", "organization_id": *site.organization})).await;
    project("Search", &team).await;
    assert!(roles(&site, &user).await.contains(&(search.clone(), "admin".to_owned())));
    site.patch(&leads, json!([{"op": "remove", "path": "members"}])).await.ok();
    assert_eq!(roles(&site, &user).await, of(&[(&site.organization, "viewer"), (&kept, "member")]));
}

#[tokio::test]
async fn a_group_is_replaced_and_refused_with_reasons() {
    let site = Site::new("").await;
    let (ada, bob) = (site.person("ada").await, site.person("bob").await);
    let path = group(&site, "Research", &[&ada]).await;
    let put =
        json!({"displayName": "Research", "externalId": "x", "members": [{"value": bob}, {"value": bob}]});
    let now = site.ask(Method::PUT, &path, put).await.ok().json();
    assert_eq!(now["members"].as_array().unwrap().len(), 1, "{now}");
    assert_eq!((&now["externalId"], &now["members"][0]["value"]), (&json!("x"), &json!(bob)));
    assert_eq!(roles(&site, &ada).await, of(&[(&site.organization, "member")]));
    assert_eq!(roles(&site, &bob).await, of(&[(&site.organization, "member"), (&site.team, "member")]));
    let wrong = [
        (json!({"displayName": "RESEARCH"}), 409, "uniqueness"),
        (json!({"members": []}), 400, "invalidValue"),
        (json!({"displayName": "x", "members": [{"value": "user_0"}]}), 400, "invalidValue"),
        (json!({"displayName": "x", "members": [{"type": "User"}]}), 400, "invalidValue"),
        (json!({"displayName": "x", "members": [{"value": ada, "type": "Group"}]}), 400, "invalidValue"),
        (json!({"displayName": ["a", "b"]}), 400, "invalidValue"),
    ];
    for (body, status, kind) in wrong {
        refused(&site.ask(Method::POST, "Groups", body).await, status, Some(kind));
    }
    let operations = [
        (json!([{"op": "replace", "path": "id", "value": "x"}]), "mutability"),
        (json!([{"op": "replace", "path": "nothing", "value": "x"}]), "invalidPath"),
        (json!([{"op": "replace", "path": "members[value eq", "value": "x"}]), "invalidPath"),
        (
            json!([{"op": "replace", "path": "members[value eq \"none\"]", "value": {"value": ada}}]),
            "noTarget",
        ),
        (json!([{"op": "remove"}]), "noTarget"),
        (json!([{"op": "remove", "path": "displayName"}]), "invalidValue"),
        (json!([{"op": "move", "path": "displayName"}]), "invalidSyntax"),
        (json!([]), "invalidValue"),
    ];
    for (operations, kind) in operations {
        refused(&site.patch(&path, operations).await, 400, Some(kind));
    }
    let body = json!({"schemas": ["urn:something"], "Operations": [{"op": "remove", "path": "members"}]});
    refused(&site.ask(Method::PATCH, &path, body).await, 400, Some("invalidSyntax"));
    // All or nothing.
    let half = json!([{"op": "remove", "path": "members"}, {"op": "remove"}]);
    refused(&site.patch(&path, half).await, 400, Some("noTarget"));
    assert_eq!(site.get(&path).await.ok().json()["members"][0]["value"], *bob);
}

#[tokio::test]
async fn who_leaves_all_groups_stays_a_person_of_the_organization() {
    let rules =
        "scim:\n  default_role: member\n  groups: [{ group: Staff }, { group: Bosses, role: admin }]\n";
    let site = Site::new(rules).await;
    let user = site.person("ada").await;
    let other = json!({"name": "elsewhere"});
    let other =
        site.gateway.admin(Method::POST, "/api/v1/organizations", Some(&other)).await.json()["id"].clone();
    let staff = group(&site, "Staff", &[&user]).await;
    let research = group(&site, "Research", &[&user]).await;
    let bosses = group(&site, "Bosses", &[&user]).await;
    // Somebody gives him what the directory does not speak of.
    let mut list =
        site.gateway.admin(Method::GET, &format!("/api/v1/users/{user}"), None).await.json()["memberships"]
            .clone();
    list.as_array_mut().unwrap().push(json!({"account_id": other, "role": "owner"}));
    let given = json!({ "memberships": list });
    site.gateway.admin(Method::PATCH, &format!("/api/v1/users/{user}"), Some(&given)).await.ok();
    for path in [&staff, &bosses, &research] {
        site.patch(path, json!([{"op": "remove", "path": "members"}])).await.ok();
        assert!(roles(&site, &user).await.iter().any(|(at, _)| *at == *site.organization), "{path}");
    }
    let left = of(&[(&site.organization, "member"), (other.as_str().unwrap(), "owner")]);
    assert_eq!(roles(&site, &user).await, left);
    site.get(&format!("Users/{user}")).await.ok();
}

#[tokio::test]
async fn who_stood_in_a_team_alone_stays_known_to_the_directory() {
    let site = Site::new("").await;
    let ada =
        json!({"email": "ada@example.com", "memberships": [{"account_id": *site.team, "role": "member"}]});
    let ada = site.gateway.admin(Method::POST, "/api/v1/users", Some(&ada)).await.json()["id"].clone();
    let ada = ada.as_str().unwrap();
    let research = group(&site, "Research", &[ada]).await;
    site.patch(&research, json!([{"op": "remove", "path": "members"}])).await.ok();
    assert_eq!(roles(&site, ada).await, of(&[(&site.organization, "member")]));
    site.get(&format!("Users/{ada}")).await.ok();
}
