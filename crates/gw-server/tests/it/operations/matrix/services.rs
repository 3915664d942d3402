//! The same of service accounts: what is done with them, with tokens that act as them, and with their keys.

use super::{Person, Tenant, World, ask, id, make, world};
use crate::support::Upstream;
use http::Method;
use serde_json::{Value, json};

/// Columns as in `matrix.txt`, without what is one's own.
const EXPECTED: [(&str, &str); 9] = [
    ("POST users", "223333 000000 223333"),
    ("GET users/{id}", "224244 444444 224244"),
    ("PATCH users/{id}", "224344 444444 224344"),
    ("DELETE users/{id}", "224344 444444 224344"),
    ("POST keys", "220300 000000 220300"),
    ("POST admin-tokens", "220300 000000 220300"),
    ("GET admin-tokens/{id}", "224244 444444 224244"),
    ("PATCH admin-tokens/{id}", "224344 444444 224344"),
    ("DELETE admin-tokens/{id}", "224344 444444 224344"),
];

fn bot(tenant: &Tenant) -> Value {
    let memberships = json!([{"account_id": tenant.team, "role": "viewer"}]);
    json!({"kind": "service", "name": super::name(), "team_id": tenant.team, "memberships": memberships})
}

/// Path and body of an operation on something that is made for it.
async fn prepared(world: &World, resource: &str, method: &Method, tenant: &Tenant) -> (String, Value) {
    let gateway = &world.gateway;
    if resource == "users" && *method == Method::POST {
        return (resource.to_owned(), bot(tenant));
    }
    let user = id(&make(gateway, "users", bot(tenant)).await);
    let of_user = json!({"name": super::name(), "user_id": user});
    if *method == Method::POST {
        return (resource.to_owned(), of_user);
    }
    let one = match resource {
        "users" => user,
        resource => id(&make(gateway, resource, of_user).await),
    };
    let body = if *method == Method::PATCH { json!({"name": super::name()}) } else { Value::Null };
    (format!("{resource}/{one}"), body)
}

async fn answers(world: &World, operation: &str, people: &[Person], tenant: &Tenant) -> String {
    let (method, path) = operation.split_once(' ').expect("a method and a path");
    let method: Method = method.parse().unwrap();
    let resource = path.split('/').next().unwrap_or(path);
    let mut out = String::new();
    for person in people {
        let (path, body) = prepared(world, resource, &method, tenant).await;
        let answer = ask(&world.gateway, &person.token, method.clone(), &path, &body).await;
        out.push(super::answered(&answer, operation));
    }
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn service_accounts_by_every_role_on_own_and_foreign_ones() {
    let upstream = Upstream::start().await;
    let world = world(&upstream).await;
    let mut wrong = Vec::new();
    for (operation, expected) in EXPECTED {
        let own = answers(&world, operation, &world.people, &world.own).await;
        let foreign = answers(&world, operation, &world.people, &world.foreign).await;
        let gateway = answers(&world, operation, &world.operators, &world.own).await;
        let found = format!("{own} {foreign} {gateway}");
        if found != expected {
            wrong.push(format!("{operation:<26} | {found}"));
        }
    }
    assert!(wrong.is_empty(), "these rows are answered so:\n{}", wrong.join("\n"));
}
