//! Service accounts: identities of programs. They have keys, admin tokens and roles, belong to somebody who answers for them,
//! and are stopped at once; nobody signs in as them, and no directory takes them up.

use super::support::gateway::run;
use super::support::postgres::Postgres;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually_within};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// Within that, another gateway knows.
const SOON: Duration = Duration::from_secs(1);

async fn admin(gateway: &Gateway, token: &str, method: Method, path: &str, body: Value) -> Answer {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    gateway.send(Call::new(method, &format!("/api/v1/{path}")).key(token).body(text)).await
}

async fn made(gateway: &Gateway, token: &str, resource: &str, body: Value) -> Value {
    let answer = admin(gateway, token, Method::POST, resource, body).await;
    assert_eq!(answer.status, 201, "{resource}: {}", answer.text());
    answer.json()
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_else(|| panic!("'{name}' is no text: {row}")).to_owned()
}

async fn status(gateway: &Gateway, key: &str) -> u16 {
    gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(key)).await.status.as_u16()
}

async fn me(gateway: &Gateway, token: &str) -> u16 {
    gateway.send(Call::get("/api/v1/me").key(token)).await.status.as_u16()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, field: &str) {
    let told = &answer.json()["error"]["field"];
    assert_eq!((answer.status.as_u16(), told), (status, &json!(field)), "{}", answer.text());
}

/// An organization, a team of it, a project of that, and another team.
struct Tenants {
    organization: String,
    team: String,
    project: String,
    other: String,
}

impl Tenants {
    async fn new(gateway: &Gateway) -> Self {
        let make =
            async |resource: &str, body: Value| text(&made(gateway, MASTER, resource, body).await, "id");
        let organization = make("organizations", json!({"name": "acme"})).await;
        let team = make("teams", json!({"name": "core", "organization_id": organization})).await;
        let project = make("projects", json!({"name": "app", "team_id": team})).await;
        let other = make("teams", json!({"name": "other", "organization_id": organization})).await;
        Self { organization, team, project, other }
    }

    /// The body of one of the team, with that role there.
    fn bot(&self, role: &str) -> Value {
        let memberships = json!([{"account_id": self.team, "role": role}]);
        json!({"kind": "service", "name": "deploy-bot", "team_id": self.team, "memberships": memberships})
    }
}

async fn token_of(gateway: &Gateway, by: &str, user: &str) -> String {
    text(&made(gateway, by, "admin-tokens", json!({"name": "t", "user_id": user})).await, "token")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_keys_and_tokens_stop_on_every_gateway_within_a_second() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let config = format!("{}database_url: {}\n", upstream.providers(), server.database("services"));
    let variables = [("GATEWRIGHT_ENCRYPTION_KEY", "an encryption key for tests only")];
    let start = || Gateway::start_with(&config, &variables);
    let (here, there) = tokio::join!(start(), start());
    let at = Tenants::new(&here).await;
    let bot = made(&here, MASTER, "users", at.bot("admin")).await;
    assert_eq!(
        (&bot["kind"], &bot["team_id"], &bot["email"]),
        (&json!("service"), &json!(at.team), &Value::Null)
    );
    let id = text(&bot, "id");
    // Its key stands where it belongs; its token acts with its roles, and no further.
    let token = token_of(&here, MASTER, &id).await;
    let key = made(&here, &token, "keys", json!({"name": "deploys", "user_id": id})).await;
    assert_eq!((&key["team_id"], &key["user_id"]), (&json!(at.team), &json!(id)));
    let elsewhere = admin(&here, &token, Method::GET, &format!("teams/{}", at.other), Value::Null).await;
    assert_eq!(elsewhere.status, 404);
    let (key_id, key) = (text(&key, "id"), text(&key, "key"));
    let works = async |gateway: &Gateway, status_wanted: u16, what: &str| {
        eventually_within(SOON, what, async || (status(gateway, &key).await == status_wanted).then_some(()))
            .await;
    };
    works(&there, 200, "the key works there").await;
    assert_eq!(me(&there, &token).await, 200);
    let effective = admin(&here, MASTER, Method::GET, &format!("keys/{key_id}/effective"), Value::Null).await;
    let belongs_to = effective.ok().json()["belongs_to"].clone();
    assert_eq!(belongs_to[0], json!({"level": "user", "kind": "service", "id": id, "name": "deploy-bot"}));
    let levels: Vec<&str> =
        belongs_to.as_array().unwrap().iter().filter_map(|of| of["level"].as_str()).collect();
    assert_eq!(levels, ["user", "team", "organization"]);
    eventually_within(SOON, "its calls are found", async || {
        let rows = there.rows(&format!("/api/v1/logs?user_id={id}")).await;
        (rows.first()?["key_id"] == json!(key_id)).then_some(())
    })
    .await;

    let disable = |disabled: bool| json!({"disabled": disabled});
    let path = format!("users/{id}");
    admin(&here, MASTER, Method::PATCH, &path, disable(true)).await.ok();
    works(&there, 401, "the key has stopped there").await;
    assert_eq!(
        (status(&here, &key).await, me(&here, &token).await, me(&there, &token).await),
        (401, 401, 401)
    );
    admin(&there, MASTER, Method::PATCH, &path, disable(false)).await.ok();
    works(&here, 200, "it goes on here").await;
    assert_eq!(me(&here, &token).await, 200);
    // So it is with what it belongs to.
    let team = format!("teams/{}", at.team);
    admin(&here, MASTER, Method::PATCH, &team, disable(true)).await.ok();
    works(&there, 401, "the team is disabled there").await;
    eventually_within(SOON, "nor is the token good", async || {
        (me(&there, &token).await == 401).then_some(())
    })
    .await;
    admin(&here, MASTER, Method::PATCH, &team, disable(false)).await.ok();
    works(&there, 200, "the team is back there").await;
    let entries = here.rows("/api/v1/audit?action=user.update").await;
    assert!(entries.iter().any(|entry| entry["after"]["disabled"] == true), "{entries:?}");
    // It goes with what it belongs to.
    let gone = admin(&here, MASTER, Method::DELETE, &team, Value::Null).await;
    assert!(gone.status == 409 && gone.text().contains("1 user"), "{}", gone.text());
    assert_eq!(
        admin(&here, MASTER, Method::DELETE, &format!("{team}?cascade=true"), Value::Null).await.status,
        204
    );
    works(&there, 401, "all of it is gone there").await;
    assert_eq!(admin(&there, MASTER, Method::GET, &path, Value::Null).await.status, 404);
    assert_eq!(me(&there, &token).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_answers_for_what_it_belongs_to_manages_it_and_nobody_else() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let at = Tenants::new(&gateway).await;
    let role = async |role: &str, account: &str| {
        let body = json!({"name": role, "role": role, "account_id": account});
        text(&made(&gateway, MASTER, "admin-tokens", body).await, "token")
    };
    let (chief, stranger) = (role("admin", &at.team).await, role("admin", &at.other).await);
    let (viewer, above) = (role("viewer", &at.team).await, role("owner", &at.organization).await);
    let ask = async |token: &str, method: Method, path: &str, body: Value| {
        admin(&gateway, token, method, path, body).await.status.as_u16()
    };
    assert_eq!(ask(&viewer, Method::POST, "users", at.bot("viewer")).await, 403);
    refused(&admin(&gateway, &stranger, Method::POST, "users", at.bot("viewer")).await, 400, "team_id");
    // Nobody gives away more than he has.
    assert_eq!(ask(&chief, Method::POST, "users", at.bot("owner")).await, 403);
    let bot = text(&made(&gateway, &chief, "users", at.bot("admin")).await, "id");
    let (path, name) = (format!("users/{bot}"), json!({"name": "other-bot"}));
    for (token, seen, changed) in
        [(&chief, 200, 200), (&above, 200, 200), (&viewer, 404, 404), (&stranger, 404, 404)]
    {
        assert_eq!(ask(token, Method::GET, &path, Value::Null).await, seen);
        assert_eq!(ask(token, Method::PATCH, &path, name.clone()).await, changed);
    }
    // Whoever may make tokens where it belongs may make one for it, which he then sees and ends.
    let body = json!({"name": "t", "user_id": bot});
    refused(&admin(&gateway, &stranger, Method::POST, "admin-tokens", body.clone()).await, 400, "user_id");
    let token = made(&gateway, &chief, "admin-tokens", body).await;
    let of_token = format!("admin-tokens/{}", text(&token, "id"));
    assert_eq!(ask(&stranger, Method::DELETE, &of_token, Value::Null).await, 404);
    assert_eq!(ask(&chief, Method::GET, &of_token, Value::Null).await, 200);
    // It is not for signing in.
    let body = json!({"key": text(&token, "token")}).to_string();
    let signed = gateway.send(Call::post("/api/v1/auth/sign-in", body)).await;
    signed.refused(401, "invalid_credentials");
    let link = admin(&gateway, MASTER, Method::POST, &format!("{path}/password-link"), json!({})).await;
    assert_eq!(link.status, 409, "{}", link.text());
    assert_eq!(ask(&chief, Method::DELETE, &of_token, Value::Null).await, 204);
    assert_eq!(me(&gateway, &text(&token, "token")).await, 401);
    // Lists tell them apart.
    made(&gateway, MASTER, "users", json!({"email": "ada@example.com"})).await;
    for (query, wanted) in [
        ("kind=service".to_owned(), 1),
        ("kind=person".to_owned(), 1),
        (format!("team_id={}", at.team), 1),
        (format!("project_id={}", at.project), 0),
    ] {
        assert_eq!(gateway.rows(&format!("/api/v1/users?{query}")).await.len(), wanted, "{query}");
    }
    assert_eq!(ask(&chief, Method::DELETE, &path, Value::Null).await, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_with_its_field() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let at = Tenants::new(&gateway).await;
    let bot = text(&made(&gateway, MASTER, "users", at.bot("member")).await, "id");
    let person = text(&made(&gateway, MASTER, "users", json!({"email": "ada@example.com"})).await, "id");
    let team = |more: Value| {
        let mut body = json!({"kind": "service", "name": "b", "team_id": at.team});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let cases = [
        (json!({"kind": "service", "name": "b"}), 400, "team_id"),
        (json!({"kind": "robot", "name": "b"}), 400, "kind"),
        (team(json!({"name": " "})), 400, "name"),
        (team(json!({"name": "deploy-bot"})), 409, "name"),
        (team(json!({"email": "b@example.com"})), 400, "email"),
        (team(json!({"gateway_role": "admin"})), 400, "gateway_role"),
        (team(json!({"organization_id": at.organization})), 400, "team_id"),
        (
            team(json!({"memberships": [{"account_id": at.other, "role": "member"}]})),
            400,
            "memberships[0].account_id",
        ),
        (
            team(json!({"memberships": [{"account_id": at.organization, "role": "member"}]})),
            400,
            "memberships[0].account_id",
        ),
        (json!({"email": "b@example.com", "team_id": at.team}), 400, "team_id"),
        (json!({"kind": "person", "name": "b"}), 400, "email"),
    ];
    for (body, status, field) in cases {
        refused(&admin(&gateway, MASTER, Method::POST, "users", body).await, status, field);
    }
    for (user, body, field) in [
        (&bot, json!({"email": "b@example.com"}), "email"),
        (&bot, json!({"kind": "person"}), "kind"),
        (&bot, json!({"team_id": at.other}), "organization_id"),
        (
            &bot,
            json!({"memberships": [{"account_id": at.other, "role": "member"}]}),
            "memberships[0].account_id",
        ),
        (&person, json!({"kind": "service"}), "kind"),
    ] {
        let answer = admin(&gateway, MASTER, Method::PATCH, &format!("users/{user}"), body).await;
        refused(&answer, 400, field);
    }
    // What is shown can be sent back.
    let shown = admin(&gateway, MASTER, Method::GET, &format!("users/{bot}"), Value::Null).await.json();
    let members = ["kind", "name", "email", "team_id", "organization_id", "project_id", "memberships"];
    let same: Value = members
        .iter()
        .map(|name| ((*name).to_owned(), shown[*name].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    admin(&gateway, MASTER, Method::PATCH, &format!("users/{bot}"), same).await.ok();
    // A key stands where its account belongs, or below.
    let key = |more: Value| {
        let mut body = json!({"name": "k", "user_id": bot});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for beside in [json!({"team_id": at.other}), json!({"team_id": "a-label"})] {
        refused(&admin(&gateway, MASTER, Method::POST, "keys", key(beside)).await, 400, "team_id");
    }
    let below = made(&gateway, MASTER, "keys", key(json!({"project_id": at.project}))).await;
    let moved = json!({"project_id": null, "team_id": at.other});
    let path = format!("keys/{}", text(&below, "id"));
    refused(&admin(&gateway, MASTER, Method::PATCH, &path, moved).await, 400, "team_id");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_an_organization_counts_there() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let at = Tenants::new(&gateway).await;
    let body = json!({"kind": "service", "name": "all", "organization_id": at.organization});
    let bot = text(&made(&gateway, MASTER, "users", body).await, "id");
    let (_, key) = gateway.make_key(&json!({"name": "k", "user_id": bot})).await;
    let path = format!("organizations/{}", at.organization);
    admin(&gateway, MASTER, Method::PATCH, &path, json!({"limits": {"rpm": 1}})).await.ok();
    assert_eq!((status(&gateway, &key).await, status(&gateway, &key).await), (200, 429));
    // Whoever sees the organization's keys sees it.
    let body = json!({"name": "a", "role": "auditor", "account_id": at.organization});
    let auditor = text(&made(&gateway, MASTER, "admin-tokens", body).await, "token");
    let seen = admin(&gateway, &auditor, Method::GET, "keys", Value::Null).await.ok().json();
    assert_eq!(seen["data"].as_array().unwrap().len(), 1);
    let gateway = gateway.restart().await;
    assert_eq!(status(&gateway, &key).await, 200);
    admin(&gateway, MASTER, Method::PATCH, &format!("users/{bot}"), json!({"disabled": true})).await.ok();
    assert_eq!(status(&gateway, &key).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_directory_takes_one_up() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let at = Tenants::new(&gateway).await;
    let bot = text(&made(&gateway, MASTER, "users", at.bot("member")).await, "id");
    let body = json!({"name": "d", "role": "owner", "account_id": at.organization, "scopes": ["scim"]});
    let directory = text(&made(&gateway, MASTER, "admin-tokens", body).await, "token");
    let ask = async |method: Method, path: &str| {
        let call = Call::new(method, &format!("/scim/v2/{path}")).key(&directory);
        gateway.send(call.header("content-type", "application/scim+json")).await
    };
    assert_eq!(ask(Method::GET, "Users").await.ok().json()["totalResults"], 0);
    assert_eq!(ask(Method::GET, &format!("Users/{bot}")).await.status, 404);
    assert_eq!(ask(Method::DELETE, &format!("Users/{bot}")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_makes_lists_stops_and_deletes_them() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let at = Tenants::new(&gateway).await;
    let url = format!("http://{}", gateway.addr);
    let command = async |arguments: &[&str]| {
        let common = ["service-accounts", "--url", &url, "--key", MASTER];
        let (code, out, err) = run(&[&common[..], arguments].concat()).await;
        assert_eq!(code, 0, "{out}{err}");
        out
    };
    let said = command(&["create", "--name", "bot", "--owner", &at.project, "--role", "member"]).await;
    let id = said.trim().strip_prefix("id: ").expect("an id").to_owned();
    let shown = admin(&gateway, MASTER, Method::GET, &format!("users/{id}"), Value::Null).await.ok().json();
    assert_eq!(
        (&shown["project_id"], &shown["memberships"][0]["role"]),
        (&json!(at.project), &json!("member"))
    );
    assert!(command(&["list"]).await.contains("bot"));
    assert!(!command(&["list", "--owner", &at.team]).await.contains("bot"));
    let create =
        ["keys", "create", "--json", "--name", "k", "--user-id", &id, "--url", &url, "--key", MASTER];
    let (code, out, err) = run(&create).await;
    assert_eq!(code, 0, "{out}{err}");
    let key = text(&serde_json::from_str(&out).unwrap(), "key");
    for (word, wanted) in [("disable", 401), ("enable", 200), ("delete", 401)] {
        command(&[word, &id]).await;
        assert_eq!(status(&gateway, &key).await, wanted, "{word}");
    }
}
