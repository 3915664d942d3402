//! Every operation, by every role, on what is the tenant's own and on what is another's: `matrix.txt` says what is answered.

use super::{Object, Row, documented_here, name, rows};
use crate::support::{Answer, Call, Gateway, MASTER, Upstream, chat};
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

mod services;

const EXPECTED: &str = include_str!("matrix.txt");

const ROLES: [&str; 6] = ["owner", "admin", "billing", "auditor", "member", "viewer"];

/// What another tenant's things are called.
const FOREIGN: &str = "foreign";

/// A tenant: an organization with something of everything.
struct Tenant {
    organization: String,
    team: String,
    user: String,
    /// The id of a call that its key made.
    record: String,
    /// A dataset with an item.
    dataset: String,
    /// Ids of all that it has.
    ids: Vec<String>,
}

/// Somebody who asks.
struct Person {
    user: String,
    token: String,
}

struct World {
    gateway: Gateway,
    own: Tenant,
    foreign: Tenant,
    /// By role, at the tenant's organization.
    people: Vec<Person>,
    /// By role, at the gateway as a whole.
    operators: Vec<Person>,
}

async fn ask(gateway: &Gateway, token: &str, method: Method, path: &str, body: &Value) -> Answer {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    gateway.send(Call::post(&format!("/api/v1/{path}"), text).method(method).key(token)).await
}

async fn make(gateway: &Gateway, resource: &str, body: Value) -> Value {
    let made = ask(gateway, MASTER, Method::POST, resource, &body).await;
    assert_eq!(made.status, 201, "{resource}: {}", made.text());
    made.json()
}

fn id(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}

async fn tenant(gateway: &Gateway, prefix: &str) -> Tenant {
    let named = || format!("{prefix}-{}", name());
    let mut ids = Vec::new();
    let mut add = async |resource: &str, body: Value| {
        let made = make(gateway, resource, body).await;
        ids.push(id(&made));
        made
    };
    let budget = json!({"limit_usd": "5", "period": "month"});
    let organization = id(&add("organizations", json!({"name": named(), "budget": budget})).await);
    let team =
        id(&add("teams", json!({"name": named(), "organization_id": organization, "budget": budget})).await);
    let project = id(&add("projects", json!({"name": named(), "team_id": team, "budget": budget})).await);
    let customer =
        json!({"name": format!("{prefix}-customer"), "organization_id": organization, "budget": budget});
    add("customers", customer).await;
    let member = json!([{"account_id": team, "role": "viewer"}]);
    let email = format!("{prefix}-{}@example.com", name());
    let person = json!({"name": named(), "email": email, "memberships": member, "budget": budget});
    let user = id(&add("users", person).await);
    let key = json!({"name": named(), "project_id": project, "user_id": user, "budget": budget});
    let key = add("keys", key).await;
    add("admin-tokens", json!({"name": named(), "role": "viewer", "account_id": team})).await;
    let dataset = id(&add("datasets", json!({"name": named(), "account_id": organization})).await);
    let path = format!("datasets/{dataset}/items");
    ask(gateway, MASTER, Method::PATCH, &path, &json!({"add": [super::item()]})).await.ok();
    let call = Call::chat(&chat("up/chat-model", "hi")).key(key["key"].as_str().unwrap());
    let answer = gateway.send(call.header("x-gatewright-customer", &format!("{prefix}-customer"))).await;
    answer.ok();
    let record = answer.request_id();
    super::kept(gateway, &record).await;
    Tenant { organization, team, user, record, dataset, ids }
}

async fn person(gateway: &Gateway, with: &Value) -> Person {
    let mut body = json!({"name": name(), "email": format!("{}@example.com", name())});
    for (member, value) in with.as_object().unwrap() {
        body[member] = value.clone();
    }
    let user = id(&make(gateway, "users", body).await);
    let made = make(gateway, "admin-tokens", json!({"name": name(), "user_id": user})).await;
    Person { user, token: made["token"].as_str().unwrap().to_owned() }
}

async fn world(upstream: &Upstream) -> World {
    let gateway = Gateway::start(&super::configuration(upstream)).await;
    let (own, foreign) = (tenant(&gateway, "own").await, tenant(&gateway, FOREIGN).await);
    let (mut people, mut operators) = (Vec::new(), Vec::new());
    for role in ROLES {
        let membership = json!({"memberships": [{"account_id": own.organization, "role": role}]});
        people.push(person(&gateway, &membership).await);
        operators.push(person(&gateway, &json!({"gateway_role": role})).await);
    }
    World { gateway, own, foreign, people, operators }
}

/// The members that say whose something is.
fn belonging(resource: &str, tenant: &Tenant, mine: Option<&str>) -> Value {
    match (resource, mine) {
        ("keys", Some(user)) => json!({"team_id": tenant.team, "user_id": user}),
        ("admin-tokens", Some(user)) => json!({"user_id": user}),
        ("keys" | "projects" | "customers", _) => json!({"team_id": tenant.team}),
        ("teams" | "alerts/rules" | "alerts/channels" | "alerts/silences", _) => {
            json!({"organization_id": tenant.organization})
        }
        ("users", _) => json!({"memberships": [{"account_id": tenant.team, "role": "viewer"}]}),
        ("admin-tokens", _) => json!({"role": "viewer", "account_id": tenant.team}),
        ("evaluations", _) => json!({"dataset_id": tenant.dataset}),
        ("views" | "datasets", _) => json!({"account_id": tenant.organization}),
        _ => json!({}),
    }
}

fn body_of(resource: &str, tenant: &Tenant, mine: Option<&str>) -> Value {
    let mut body = super::new(resource);
    for (member, value) in belonging(resource, tenant, mine).as_object().unwrap() {
        body[member] = value.clone();
    }
    if let (Some(fields), true) = (body.as_object_mut(), resource == "admin-tokens" && mine.is_some()) {
        fields.remove("role");
    }
    body
}

impl World {
    /// Path and body of an operation on something of that tenant, made for it.
    async fn prepared(&self, row: &Row, tenant: &Tenant, mine: Option<&str>) -> (String, Value) {
        let gateway = &self.gateway;
        let id_of_object = match row.object {
            Object::Nothing if row.method == Method::POST => {
                if row.path == "prices/recostings" {
                    super::without_recosting(gateway).await;
                }
                return (row.path.clone(), body_of(&row.path, tenant, mine));
            }
            Object::Nothing => return (super::once(&row.path), row.body.clone()),
            Object::Of("users") if mine.is_some() => mine.unwrap_or_default().to_owned(),
            Object::Of("organizations") if mine.is_none() => tenant.organization.clone(),
            Object::Of(resource) => id(&make(gateway, resource, body_of(resource, tenant, mine)).await),
            Object::OldRoute => super::old_route(gateway).await,
            Object::Call => tenant.record.clone(),
            Object::CancelledEvaluation => {
                let body = body_of("evaluations", tenant, mine);
                super::cancelled(gateway, id(&make(gateway, "evaluations", body).await)).await
            }
            Object::OpenExport => id(&make(gateway, "exports", super::new("exports")).await),
            Object::DoneExport => super::exported(gateway).await,
            Object::Recosting => super::recosting(gateway).await,
            Object::Setting => super::setting(gateway).await,
        };
        (row.path.replace("{id}", &id_of_object), row.body.clone())
    }

    /// What each of them is answered, a character for each.
    async fn answers(&self, row: &Row, people: &[Person], of: &str) -> String {
        let mut out = String::new();
        for person in people {
            let tenant = if of == FOREIGN { &self.foreign } else { &self.own };
            let mine = (of == "mine").then_some(person.user.as_str());
            // What removes a whole tenant must not remove those that others are asked about.
            let is_end = row.method == Method::DELETE && row.path == "organizations/{id}" && of == "gateway";
            let (path, body) = if is_end {
                let fresh = id(&make(&self.gateway, "organizations", json!({"name": name()})).await);
                (format!("organizations/{fresh}"), Value::Null)
            } else {
                self.prepared(row, tenant, mine).await
            };
            let answer = ask(&self.gateway, &person.token, row.method.clone(), &path, &body).await;
            out.push(answered(&answer, &format!("{} {path} for {of}", row.method)));
            if of != "gateway" && row.method == Method::GET {
                self.leaks_nothing(&path, &answer);
            }
        }
        out
    }

    fn leaks_nothing(&self, path: &str, answer: &Answer) {
        let text = answer.text();
        let leaked = self.foreign.ids.iter().find(|id| text.contains(id.as_str()));
        assert_eq!(leaked, None, "{path}: {text}");
        assert!(!text.contains(&format!("{FOREIGN}-")), "{path}: {text}");
    }
}

/// The character for an answer.
fn answered(answer: &Answer, what: &str) -> char {
    if answer.status == 403 {
        answer.refused(403, "permission_denied");
        let said = answer.json();
        let error = &said["error"];
        assert!(error["missing_permission"].is_string() || error["field"].is_string(), "{error}");
    }
    match answer.status.as_u16() {
        200..=299 => '2',
        400 => '0',
        403 => '3',
        404 => '4',
        409 => '9',
        other => panic!("{what}: {other} {}", answer.text()),
    }
}

fn expected() -> BTreeMap<String, String> {
    let lines = EXPECTED.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let (operation, answers) = line.split_once('|').expect("an operation, and what is answered");
            (operation.trim().to_owned(), answers.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect()
}

#[test]
fn the_matrix_has_a_row_for_every_operation() {
    let rows = expected();
    for (method, path) in documented_here() {
        let operation = format!("{method} {path}");
        assert!(rows.contains_key(&operation), "matrix.txt has no row '{operation}'");
    }
    assert_eq!(rows.len(), documented_here().len(), "matrix.txt has rows of no operation");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_by_every_role_on_own_and_foreign_things() {
    let upstream = Upstream::start().await;
    let world = world(&upstream).await;
    let rows_expected = expected();
    let mut wrong = Vec::new();
    for row in rows() {
        let operation = format!("{} {}", row.method, row.path);
        let mut found = Vec::new();
        for of in ["own", FOREIGN, "mine", "gateway"] {
            let people = if of == "gateway" { &world.operators } else { &world.people };
            let has_mine = ["keys", "users", "admin-tokens"].iter().any(|name| row.path.starts_with(name));
            if of == "mine" && (!has_mine || row.path == "users") {
                found.push("-".to_owned());
                continue;
            }
            found.push(world.answers(&row, people, of).await);
        }
        let found = found.join(" ");
        if rows_expected.get(&operation) != Some(&found) {
            wrong.push(format!("{operation:<34} | {found}"));
        }
    }
    assert!(wrong.is_empty(), "these rows are answered so:\n{}", wrong.join("\n"));
}

/// Lists and sums, and questions for what is another tenant's.
fn paths_of_lists(foreign: &Tenant) -> Vec<String> {
    let by = |dimension: &str| format!("usage?group_by={dimension}");
    let mut paths: Vec<String> =
        ["key", "model", "provider", "day", "team", "project", "organization", "customer", "user"]
            .map(by)
            .to_vec();
    paths.extend([
        "logs?limit=1000&include=subcalls".to_owned(),
        "audit?limit=1000".to_owned(),
        format!("logs?team_id={}", foreign.team),
        format!("logs?organization_id={}", foreign.organization),
        format!("usage?group_by=model&team_id={}", foreign.team),
        format!("analytics/timeseries?group_by=key&team_id={}", foreign.team),
        format!("budgets?id={}", foreign.team),
        "budgets".to_owned(),
        format!("users?member_of={}", foreign.team),
        format!("teams?organization_id={}", foreign.organization),
        format!("keys?team_id={}", foreign.team),
        format!("keys?user_id={}", foreign.user),
        format!("audit?id={}", foreign.user),
        format!("audit?id={}", foreign.team),
    ]);
    for dimension in ["key", "team", "project", "organization", "customer", "model", "provider", "user"] {
        let interval = if dimension == "customer" { "hour" } else { "minute" };
        paths.push(format!("analytics/timeseries?group_by={dimension}&interval={interval}"));
    }
    paths.extend(
        ["team", "project", "customer", "key", "user"].map(|by| format!("reports/chargeback?group_by={by}")),
    );
    paths.push("analytics/overview".to_owned());
    paths
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_reports_and_filters_show_nothing_of_another_tenant() {
    let upstream = Upstream::start().await;
    let world = world(&upstream).await;
    let gateway = &world.gateway;
    let foreign = &world.foreign;
    let paths = paths_of_lists(foreign);
    // One that waits until both calls are written down.
    crate::support::eventually("both calls are recorded", async || {
        (gateway.rows("/api/v1/logs").await.len() == 2).then_some(())
    })
    .await;
    for path in &paths {
        let is_filter = path.contains("_id=") || path.contains("member_of=") || path.contains("?id=");
        for person in &world.people {
            let answer = ask(gateway, &person.token, Method::GET, path, &Value::Null).await;
            assert!(answer.status == 200 || answer.status == 403, "{path}: {}", answer.text());
            world.leaks_nothing(path, &answer);
            if is_filter && answer.status == 200 {
                assert_eq!(answer.json()["data"], json!([]), "{path}");
            }
        }
        let owner = &world.people[0].token;
        let shown = ask(gateway, owner, Method::GET, path, &Value::Null).await.ok().json();
        if !is_filter {
            assert_ne!(shown["data"], json!([]), "{path}: the tenant's own is there");
        }
        if path.starts_with("analytics/overview") {
            assert_eq!(shown["current"]["requests"], 1, "{path}: {shown}");
        }
        if path.starts_with("analytics/timeseries") && !is_filter {
            let lines = shown["data"].as_array().unwrap().iter();
            assert_eq!(
                lines.map(|line| line["total"]["requests"].as_i64().unwrap()).sum::<i64>(),
                1,
                "{path}: {shown}"
            );
        }
        if (path.starts_with("usage") || path.starts_with("reports")) && !is_filter {
            let requests =
                shown["data"].as_array().unwrap().iter().map(|row| row["requests"].as_u64().unwrap());
            assert_eq!(requests.sum::<u64>(), 1, "{path}: {shown}");
        }
    }
    // A call of another tenant is as unknown as none.
    let all = gateway.rows("/api/v1/logs").await;
    let strange = all.iter().find(|row| row["team_id"] == foreign.team.as_str()).unwrap();
    for row in [strange["request_id"].as_str().unwrap(), "0123456789abcdef0123456789abcdef"] {
        let path = format!("logs?request_id={row}");
        let found = ask(gateway, &world.people[0].token, Method::GET, &path, &Value::Null).await;
        assert!(found.status == 400 || found.json()["data"] == json!([]), "{}", found.text());
    }
}
