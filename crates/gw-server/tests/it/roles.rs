//! Roles and admin tokens from outside: what is set from above, what is one's own, what may be given away, and when a token ends.

use super::support::gateway::run;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat};
use http::Method;
use serde_json::{Value, json};

struct Site {
    gateway: Gateway,
    organization: String,
    team: String,
}

impl Site {
    async fn new(upstream: &Upstream) -> Self {
        let gateway = Gateway::start(&upstream.providers()).await;
        let organization = made(&gateway, "organizations", json!({"name": "acme"})).await;
        let team = made(&gateway, "teams", json!({"name": "core", "organization_id": organization})).await;
        Self { gateway, organization, team }
    }

    async fn ask(&self, token: &str, method: Method, path: &str, body: Value) -> Answer {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.gateway.send(Call::post(&format!("/api/v1/{path}"), text).method(method).key(token)).await
    }

    /// A token in a role at an account; everywhere without one.
    async fn token(&self, role: &str, at: Option<&str>) -> String {
        let body = json!({"name": role, "role": role, "account_id": at});
        token_of(&self.ask(MASTER, Method::POST, "admin-tokens", body).await)
    }

    /// A person with these roles, and a token of his.
    async fn person(&self, name: &str, memberships: Value) -> (String, String) {
        let body = json!({"email": format!("{name}@example.com"), "memberships": memberships});
        let user = made(&self.gateway, "users", body).await;
        let token = json!({"name": name, "user_id": user});
        let token = token_of(&self.ask(MASTER, Method::POST, "admin-tokens", token).await);
        (user, token)
    }
}

async fn made(gateway: &Gateway, resource: &str, body: Value) -> String {
    let made = gateway.admin(Method::POST, &format!("/api/v1/{resource}"), Some(&body)).await;
    assert_eq!(made.status, 201, "{resource}: {}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

#[track_caller]
fn token_of(made: &Answer) -> String {
    assert_eq!(made.status, 201, "{}", made.text());
    let token = made.json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("gwa-") && token.len() == 47, "{token}");
    token
}

#[track_caller]
fn lacks(answer: &Answer, permission: &str) {
    answer.refused(403, "permission_denied");
    assert_eq!(answer.json()["error"]["missing_permission"], permission, "{}", answer.text());
}

#[track_caller]
fn field(answer: &Answer, status: u16, name: &str) {
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error"]["field"]),
        (status, &json!(name)),
        "{}",
        answer.text()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_restricts_an_account_is_set_from_above_it() {
    let upstream = Upstream::start().await;
    let site = Site::new(&upstream).await;
    let team_admin = site.token("admin", Some(&site.team)).await;
    let admin = site.token("admin", Some(&site.organization)).await;
    let billing = site.token("billing", Some(&site.organization)).await;
    let plan = made(&site.gateway, "plans", json!({"name": "free"})).await;
    let path = format!("teams/{}", site.team);
    for change in [
        json!({"limits": {"rpm": 5}}),
        json!({"models": ["x"]}),
        json!({"disabled": true}),
        json!({"plan_id": plan}),
        json!({"member_keys": false}),
        json!({"max_output_tokens": 7}),
        json!({"name": "b", "limits": {"rpm": 6}}),
    ] {
        lacks(&site.ask(&team_admin, Method::PATCH, &path, change.clone()).await, "teams:write");
        lacks(&site.ask(&billing, Method::PATCH, &path, change.clone()).await, "teams:write");
        site.ask(&admin, Method::PATCH, &path, change).await.ok();
        site.ask(&admin, Method::PATCH, &path, json!({"disabled": false, "plan_id": null})).await.ok();
    }
    site.ask(&team_admin, Method::PATCH, &path, json!({"name": "renamed", "metadata": {"a": "b"}}))
        .await
        .ok();
    let budget = json!({"budget": {"limit_usd": "5", "period": "month"}});
    lacks(&site.ask(&team_admin, Method::PATCH, &path, budget.clone()).await, "teams:write");
    site.ask(&billing, Method::PATCH, &path, budget.clone()).await.ok();
    let organization = format!("organizations/{}", site.organization);
    lacks(&site.ask(&admin, Method::PATCH, &organization, budget.clone()).await, "organizations:write");
    lacks(&site.ask(&billing, Method::PATCH, &organization, budget.clone()).await, "organizations:write");
    let key = made(&site.gateway, "keys", json!({"name": "k", "team_id": site.team})).await;
    site.ask(&billing, Method::PATCH, &format!("keys/{key}"), budget.clone()).await.ok();
    let more = json!({"budget": budget["budget"], "models": ["*"]});
    lacks(&site.ask(&billing, Method::PATCH, &format!("keys/{key}"), more).await, "keys:write");
    // A team's admin does not see what is above, and makes keys below it only.
    assert_eq!(site.ask(&team_admin, Method::GET, &organization, Value::Null).await.status, 404);
    lacks(&site.ask(&team_admin, Method::POST, "keys", json!({"name": "free"})).await, "keys:write");
    let other =
        made(&site.gateway, "teams", json!({"name": "other", "organization_id": site.organization})).await;
    let away = json!({"team_id": other});
    field(&site.ask(&team_admin, Method::PATCH, &format!("keys/{key}"), away).await, 400, "team_id");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_have_keys_of_their_own() {
    let upstream = Upstream::start().await;
    let site = Site::new(&upstream).await;
    let (ada, token) = site.person("ada", json!([{"account_id": site.team, "role": "member"}])).await;
    let (bob, _) = site.person("bob", json!([{"account_id": site.team, "role": "member"}])).await;
    let made = site.ask(&token, Method::POST, "keys", json!({"name": "mine", "team_id": site.team})).await;
    assert_eq!((made.status.as_u16(), &made.json()["user_id"]), (201, &json!(ada)), "{}", made.text());
    let key = made.json();
    let path = format!("keys/{}", key["id"].as_str().unwrap());
    site.gateway.send(Call::chat(&chat("up/chat-model", "hi")).key(key["key"].as_str().unwrap())).await.ok();
    site.ask(&token, Method::PATCH, &path, json!({"limits": {"rpm": 9}, "models": ["up/*"]})).await.ok();
    let plan = super::roles::made(&site.gateway, "plans", json!({"name": "free"})).await;
    for (name, value) in
        [("priority", json!("high")), ("plan_id", json!(plan)), ("credentials", json!({"up": "x"}))]
    {
        field(&site.ask(&token, Method::PATCH, &path, json!({name: value})).await, 403, name);
        let new = json!({"name": "second", "team_id": site.team, name: value});
        field(&site.ask(&token, Method::POST, "keys", new).await, 403, name);
    }
    // Nobody else's, and none that counts for nobody's budget.
    let for_bob = json!({"name": "bob's", "team_id": site.team, "user_id": bob});
    field(&site.ask(&token, Method::POST, "keys", for_bob).await, 400, "user_id");
    lacks(
        &site.ask(&token, Method::POST, "keys", json!({"name": "loose", "user_id": ada})).await,
        "keys:write",
    );
    lacks(&site.ask(&token, Method::PATCH, &path, json!({"team_id": null})).await, "keys:write");
    lacks(&site.ask(&token, Method::PATCH, &path, json!({"user_id": null})).await, "keys:write");
    let teams = format!("teams/{}", site.team);
    site.ask(MASTER, Method::PATCH, &teams, json!({"member_keys": false})).await.ok();
    let another = json!({"name": "another", "team_id": site.team});
    field(&site.ask(&token, Method::POST, "keys", another.clone()).await, 403, "team_id");
    site.ask(MASTER, Method::PATCH, &teams, json!({"member_keys": true})).await.ok();
    assert_eq!(site.ask(&token, Method::POST, "keys", another).await.status, 201);
    // His own calls and no others.
    super::support::eventually("the call is listed", async || {
        let logs = site.ask(&token, Method::GET, "logs", Value::Null).await.json();
        (logs["data"].as_array()?.len() == 1).then_some(())
    })
    .await;
    let rows = site.ask(&token, Method::GET, "usage?group_by=key", Value::Null).await.ok().json();
    assert_eq!(rows["data"][0]["key_id"], key["id"], "{rows}");
    assert_eq!(site.ask(&token, Method::DELETE, &path, Value::Null).await.status, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_only_narrows_what_others_set_of_his_key() {
    let upstream = Upstream::start().await;
    let site = Site::new(&upstream).await;
    let (ada, token) = site.person("ada", json!([{"account_id": site.team, "role": "member"}])).await;
    let issued = json!({"name": "issued", "team_id": site.team, "user_id": ada, "disabled": true,
        "budget": {"limit_usd": "1", "period": "month"}, "limits": {"rpm": 5}, "models": ["up/*"],
        "expires_at": "2099-01-01T00:00:00Z", "allowed_ips": ["10.0.0.0/8", "127.0.0.0/8"], "priority": "low",
        "metadata": {"cost": "1"}, "providers": ["up"], "max_output_tokens": 100, "tools": ["search*"],
        "denied_tools": ["search_all"], "fallbacks": false});
    let path = format!("keys/{}", made(&site.gateway, "keys", issued).await);
    let change = async |body: Value| site.ask(&token, Method::PATCH, &path, body).await;
    let dearer = json!({"limit_usd": "2", "period": "month"});
    let lifts = [
        ("disabled", json!(false)),
        ("budget", json!(null)),
        ("budget", dearer),
        ("limits", json!(null)),
        ("limits", json!({"rpm": 6})),
        ("models", json!(["*"])),
        ("expires_at", json!(null)),
        ("allowed_ips", json!(null)),
        ("allowed_ips", json!(["0.0.0.0/0"])),
        ("priority", json!("normal")),
        ("metadata", json!({})),
        ("endpoints", json!(["passthrough"])),
        ("providers", json!(null)),
        ("max_output_tokens", json!(101)),
        ("tools", json!(["search", "delete_all"])),
        ("denied_tools", json!([])),
        ("fallbacks", json!(true)),
    ];
    for (name, value) in lifts {
        let said = if name == "budget" { "budgets" } else { name };
        field(&change(json!({name: value})).await, 403, said);
    }
    let narrower = json!({"name": "mine", "budget": {"limit_usd": "0.5", "period": "month"}, "limits": {"rpm": 2, "tpm": 9},
        "models": ["up/chat-model"], "expires_at": "2098-01-01T00:00:00Z", "allowed_ips": ["127.0.0.0/8"],
        "metadata": {"cost": "1", "of": "ada"}, "endpoints": ["chat"]});
    change(narrower).await.ok();
    site.ask(MASTER, Method::PATCH, &path, json!({"disabled": false, "limits": {"rpm": 50}})).await.ok();

    // What he set himself he lifts again, until somebody else has changed the key.
    let own = json!({"name": "own", "team_id": site.team, "limits": {"rpm": 1}});
    let own = site.ask(&token, Method::POST, "keys", own).await;
    let path = format!("keys/{}", own.json()["id"].as_str().unwrap());
    let change = async |body: Value| site.ask(&token, Method::PATCH, &path, body).await;
    change(json!({"limits": {"rpm": 9}, "disabled": true})).await.ok();
    change(json!({"disabled": false})).await.ok();
    site.ask(MASTER, Method::PATCH, &path, json!({"disabled": true})).await.ok();
    field(&change(json!({"disabled": false})).await, 403, "disabled");
    change(json!({"limits": {"rpm": 8}})).await.ok();
    field(&change(json!({"limits": {"rpm": 9}})).await, 403, "limits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_moves_no_key_to_where_members_have_none() {
    let upstream = Upstream::start().await;
    let site = Site::new(&upstream).await;
    let closed = json!({"name": "closed", "organization_id": site.organization, "member_keys": false});
    let closed = made(&site.gateway, "teams", closed).await;
    let project = made(&site.gateway, "projects", json!({"name": "site", "team_id": closed})).await;
    let open = made(&site.gateway, "teams", json!({"name": "o", "organization_id": site.organization})).await;
    let roles = json!([{"account_id": site.team, "role": "member"}, {"account_id": closed, "role": "member"},
        {"account_id": open, "role": "member"}]);
    let (_, token) = site.person("ada", roles).await;
    let key = site.ask(&token, Method::POST, "keys", json!({"name": "mine", "team_id": site.team})).await;
    let path = format!("keys/{}", key.json()["id"].as_str().unwrap());
    for place in [json!({"team_id": closed}), json!({"team_id": null, "project_id": project})] {
        field(&site.ask(&token, Method::PATCH, &path, place).await, 403, "team_id");
    }
    site.ask(&token, Method::PATCH, &path, json!({"team_id": open})).await.ok();
    // What stands where members make none any more may be changed there.
    site.ask(MASTER, Method::PATCH, &format!("teams/{open}"), json!({"member_keys": false})).await.ok();
    site.ask(&token, Method::PATCH, &path, json!({"limits": {"rpm": 9}})).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_token_for_whom_there_is_not() {
    let upstream = Upstream::start().await;
    let site = Site::new(&upstream).await;
    let (gone, nobody) = (format!("org_{:032x}", 7), format!("user_{:032x}", 7));
    let token = json!({"name": "t", "role": "owner", "account_id": gone});
    field(&site.ask(MASTER, Method::POST, "admin-tokens", token).await, 400, "account_id");
    let token = json!({"name": "t", "user_id": nobody});
    field(&site.ask(MASTER, Method::POST, "admin-tokens", token).await, 400, "user_id");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_holds_for_a_key_tells_nobody_of_what_he_does_not_see() {
    let upstream = Upstream::start().await;
    let site = Site::new(&upstream).await;
    let budget = json!({"budget": {"limit_usd": "77.125", "period": "month"}, "models": ["up/*"]});
    site.ask(MASTER, Method::PATCH, &format!("organizations/{}", site.organization), budget).await.ok();
    let key = made(&site.gateway, "keys", json!({"name": "a", "team_id": site.team})).await;
    let path = format!("keys/{key}/effective");
    let token = site.token("viewer", Some(&site.organization)).await;
    let seen = site.ask(&token, Method::GET, &path, Value::Null).await.ok().text();
    assert!(seen.contains("acme") && seen.contains("77.125"), "{seen}");
    let token = site.token("viewer", Some(&site.team)).await;
    let hidden = site.ask(&token, Method::GET, &path, Value::Null).await;
    assert_eq!(hidden.ok().json()["models"]["effective"], json!(["up/*"]));
    let text = hidden.text();
    assert!(
        !text.contains("acme") && !text.contains(&site.organization) && !text.contains("77.125"),
        "{text}"
    );
    // Whether others serve somebody is told to nobody who may not see it.
    let own = json!({"name": "own", "organization_id": site.organization});
    let own = made(&site.gateway, "customers", own).await;
    let common = json!({"name": "bigcorp", "models": ["up/secret-plans"]});
    let common = made(&site.gateway, "customers", common).await;
    made(&site.gateway, "tags", json!({"name": "nightly"})).await;
    let named = |customer: &str| format!("{path}?customer={customer}&tags=nightly,nobody");
    let all = site.ask(MASTER, Method::GET, &named("bigcorp"), Value::Null).await.ok().json();
    assert_eq!(all["unknown"], json!([{"level": "tag", "name": "nobody"}]), "{all}");
    assert!(all.to_string().contains(&common) && all.to_string().contains("secret-plans"), "{all}");
    let admin = site.token("admin", Some(&site.organization)).await;
    let his = site.ask(&admin, Method::GET, &named("own"), Value::Null).await.ok().json();
    assert!(his["belongs_to"].to_string().contains(&own), "{his}");
    let hidden = site.ask(&admin, Method::GET, &named("bigcorp"), Value::Null).await.ok().json();
    let nobody = site.ask(&admin, Method::GET, &named("nocorp"), Value::Null).await.ok().text();
    assert_eq!(hidden.to_string(), nobody.replace("nocorp", "bigcorp"), "no difference to what there is not");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_miss_nothing_when_something_is_removed_meanwhile() {
    let upstream = Upstream::start().await;
    let site = Site::new(&upstream).await;
    let budgets = json!([{"limit_usd": "1", "period": "day"}, {"limit_usd": "2", "period": "month"}]);
    for number in 0..7 {
        site.token("viewer", None).await;
        site.gateway.make_key(&json!({"name": format!("key {number}"), "budgets": budgets})).await;
    }
    for (list, kind) in
        [("budgets?limit=3", "keys"), ("keys?limit=3", "keys"), ("admin-tokens?limit=3", "admin-tokens")]
    {
        let get = async |path: &str| {
            site.gateway.admin(Method::GET, &format!("/api/v1/{path}"), None).await.ok().json()
        };
        let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
        let all: Vec<String> =
            get(&list.replace("=3", "=100")).await["data"].as_array().unwrap().iter().map(id).collect();
        let (mut found, mut path, mut removed) = (Vec::new(), list.to_owned(), None);
        loop {
            let page = get(&path).await;
            found.extend(page["data"].as_array().unwrap().iter().map(id));
            if removed.is_none() {
                let gone = found[0].clone();
                let answer =
                    site.gateway.admin(Method::DELETE, &format!("/api/v1/{kind}/{gone}"), None).await;
                assert_eq!(answer.status, 204, "{}", answer.text());
                removed = Some(gone);
            }
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("{list}&cursor={cursor}");
        }
        assert_eq!(found, all, "{list}");
    }
    field(&site.ask(MASTER, Method::GET, "keys?cursor=3", Value::Null).await, 400, "cursor");
    field(&site.ask(MASTER, Method::GET, "budgets?cursor=3", Value::Null).await, 400, "cursor");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gives_away_more_than_he_has() {
    let upstream = Upstream::start().await;
    let site = Site::new(&upstream).await;
    let (organization, team) = (&site.organization, &site.team);
    let admin = site.token("admin", Some(organization)).await;
    let at = |account: &str, role: &str| json!([{"account_id": account, "role": role}]);
    let user = |name: &str, memberships: Value| json!({"email": format!("{name}@example.com"), "memberships": memberships});
    lacks(
        &site.ask(&admin, Method::POST, "users", user("o", at(organization, "owner"))).await,
        "users:write",
    );
    lacks(&site.ask(&admin, Method::POST, "users", json!({"email": "n@example.com"})).await, "users:write");
    let everywhere =
        json!({"email": "g@example.com", "gateway_role": "viewer", "memberships": at(team, "viewer")});
    lacks(&site.ask(&admin, Method::POST, "users", everywhere).await, "users:write");
    let new = site.ask(&admin, Method::POST, "users", user("ada", at(team, "admin"))).await;
    assert_eq!(new.status, 201, "{}", new.text());
    let path = format!("users/{}", new.json()["id"].as_str().unwrap());
    lacks(
        &site.ask(&admin, Method::PATCH, &path, json!({"memberships": at(team, "owner")})).await,
        "users:write",
    );
    site.ask(&admin, Method::PATCH, &path, json!({"memberships": at(team, "member")})).await.ok();

    // Another tenant gives her a role: each sees its own part, and keeps the other's.
    let other = made(&site.gateway, "organizations", json!({"name": "other"})).await;
    let both = json!({"memberships": [{"account_id": team, "role": "member"}, {"account_id": other, "role": "viewer"}]});
    site.ask(MASTER, Method::PATCH, &path, both).await.ok();
    let seen = site.ask(&admin, Method::GET, &path, Value::Null).await.ok().json();
    assert_eq!(seen["memberships"], at(team, "member"));
    site.ask(&admin, Method::PATCH, &path, json!({"memberships": at(team, "viewer")})).await.ok();
    let all = site.ask(MASTER, Method::GET, &path, Value::Null).await.ok().json();
    assert_eq!(all["memberships"].as_array().unwrap().len(), 2, "{all}");
    lacks(&site.ask(&admin, Method::PATCH, &path, json!({"email": "mine@example.com"})).await, "users:write");
    lacks(&site.ask(&admin, Method::DELETE, &path, Value::Null).await, "users:write");
    let strange = json!({"memberships": at(&other, "viewer")});
    field(&site.ask(&admin, Method::PATCH, &path, strange).await, 400, "memberships[0].account_id");
}

/// No other role, no wider scopes, no later end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_makes_no_token_that_may_more() {
    let upstream = Upstream::start().await;
    let site = Site::new(&upstream).await;
    let (organization, team) = (&site.organization, &site.team);
    let admin = site.token("admin", Some(organization)).await;
    let other = made(&site.gateway, "organizations", json!({"name": "other"})).await;
    let viewer = json!([{"account_id": team, "role": "viewer"}]);
    let token = |role: &str, at: Option<&str>| json!({"name": "t", "role": role, "account_id": at});
    lacks(
        &site.ask(&admin, Method::POST, "admin-tokens", token("owner", Some(team))).await,
        "admin_tokens:write",
    );
    lacks(&site.ask(&admin, Method::POST, "admin-tokens", token("viewer", None)).await, "admin_tokens:write");
    field(
        &site.ask(&admin, Method::POST, "admin-tokens", token("viewer", Some(&other))).await,
        400,
        "account_id",
    );
    let scopes = json!(["keys:read", "admin_tokens:*", "users:*"]);
    let end = "2099-01-01T00:00:00Z";
    let narrow = json!({"name": "n", "role": "admin", "account_id": organization, "scopes": scopes, "expires_at": end});
    let narrow = token_of(&site.ask(&admin, Method::POST, "admin-tokens", narrow).await);
    lacks(
        &site.ask(&narrow, Method::POST, "keys", json!({"name": "k", "team_id": team})).await,
        "keys:write",
    );
    let writer = json!({"name": "w", "role": "admin", "account_id": team, "scopes": ["keys:write"]});
    let writer = token_of(&site.ask(&admin, Method::POST, "admin-tokens", writer).await);
    assert_eq!(
        site.ask(&writer, Method::POST, "keys", json!({"name": "w", "team_id": team})).await.status,
        201
    );
    lacks(&site.ask(&writer, Method::GET, "keys", Value::Null).await, "keys:read");
    let eve = json!({"email": "eve@example.com", "memberships": viewer});
    lacks(&site.ask(&narrow, Method::POST, "users", eve).await, "users:write");
    field(&site.ask(&narrow, Method::POST, "admin-tokens", token("viewer", Some(team))).await, 403, "scopes");
    let mut small = token("viewer", Some(team));
    small["scopes"] = json!(["keys:read"]);
    field(&site.ask(&narrow, Method::POST, "admin-tokens", small.clone()).await, 403, "expires_at");
    small["expires_at"] = json!("2098-01-01");
    let made = site.ask(&narrow, Method::POST, "admin-tokens", small).await;
    let path = format!("admin-tokens/{}", made.json()["id"].as_str().unwrap());
    field(&site.ask(&narrow, Method::PATCH, &path, json!({"scopes": ["*"]})).await, 403, "scopes");
    field(&site.ask(&narrow, Method::PATCH, &path, json!({"expires_at": null})).await, 403, "expires_at");
    let wide = site.ask(&admin, Method::POST, "admin-tokens", token("viewer", Some(team))).await.json();
    let wide = format!("admin-tokens/{}/rotate", wide["id"].as_str().unwrap());
    field(&site.ask(&narrow, Method::POST, &wide, Value::Null).await, 403, "scopes");
    for (wrong, name) in [
        (json!({"name": "t"}), "role"),
        (json!({"name": "t", "role": "god"}), "role"),
        (json!({"name": "t", "role": "admin", "scopes": []}), "scopes"),
        (json!({"name": "t", "role": "admin", "scopes": ["keys"]}), "scopes"),
        (json!({"name": "t", "role": "admin", "expires_at": "2001-01-01"}), "expires_at"),
        (json!({"name": "t", "user_id": "user_1"}), "user_id"),
        (json!({"role": "admin"}), "name"),
    ] {
        field(&site.ask(MASTER, Method::POST, "admin-tokens", wrong).await, 400, name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_good_until_it_is_not() {
    let upstream = Upstream::start().await;
    let site = Site::new(&upstream).await;
    let works = async |token: &str| site.ask(token, Method::GET, "me", Value::Null).await.status.as_u16();
    let made = site.ask(MASTER, Method::POST, "admin-tokens", json!({"name": "t", "role": "auditor"})).await;
    let (first, id) = (token_of(&made), made.json()["id"].as_str().unwrap().to_owned());
    let me = site.ask(&first, Method::GET, "me", Value::Null).await.ok().json();
    assert_eq!((&me["actor"], &me["roles"][0]["role"]), (&json!(format!("token:{id}")), &json!("auditor")));
    let path = format!("admin-tokens/{id}");
    let rotated =
        site.ask(MASTER, Method::POST, &format!("{path}/rotate"), json!({"grace_seconds": 60})).await;
    let second = rotated.ok().json()["token"].as_str().unwrap().to_owned();
    assert_eq!((works(&first).await, works(&second).await), (200, 200));
    let rotated = site.ask(MASTER, Method::POST, &format!("{path}/rotate"), Value::Null).await;
    let third = rotated.ok().json()["token"].as_str().unwrap().to_owned();
    assert_eq!((works(&first).await, works(&second).await, works(&third).await), (401, 401, 200));
    let soon = time_in(1);
    site.ask(MASTER, Method::PATCH, &path, json!({"expires_at": soon})).await.ok();
    super::support::eventually("the token ends", async || (works(&third).await == 401).then_some(())).await;
    site.ask(MASTER, Method::PATCH, &path, json!({"expires_at": null})).await.ok();
    assert_eq!(works(&third).await, 200);
    // Calls are for keys, and the admin API is not.
    site.gateway
        .send(Call::chat(&chat("up/chat-model", "hi")).key(&third))
        .await
        .refused(401, "invalid_api_key");
    let (_, key) = site.gateway.make_key(&json!({"name": "k"})).await;
    assert_eq!((works(&key).await, works("gwa-nobody").await), (401, 401));
    assert_eq!(site.ask(MASTER, Method::DELETE, &path, Value::Null).await.status, 204);
    assert_eq!(works(&third).await, 401);
    let stored = std::fs::read(site.gateway.folder().join("data/gatewright.db")).unwrap();
    assert!(
        !stored.windows(third.len()).any(|window| window == third.as_bytes()),
        "only its digest is stored"
    );

    // Who goes, or is disabled, takes his tokens along; so does what they were for.
    let (user, token) = site.person("ada", json!([{"account_id": site.team, "role": "viewer"}])).await;
    let of_team = site.token("viewer", Some(&site.team)).await;
    assert_eq!((works(&token).await, works(&of_team).await), (200, 200));
    site.ask(MASTER, Method::PATCH, &format!("users/{user}"), json!({"disabled": true})).await.ok();
    assert_eq!(works(&token).await, 401);
    site.ask(MASTER, Method::PATCH, &format!("users/{user}"), json!({"disabled": false, "memberships": []}))
        .await
        .ok();
    lacks(&site.ask(&token, Method::GET, "teams", Value::Null).await, "teams:read");
    assert_eq!(
        site.ask(MASTER, Method::DELETE, &format!("teams/{}", site.team), Value::Null).await.status,
        204
    );
    assert_eq!(works(&of_team).await, 401);
}

fn time_in(seconds: u64) -> String {
    let at = std::time::SystemTime::now() + std::time::Duration::from_secs(seconds);
    let since = at.duration_since(std::time::UNIX_EPOCH).unwrap();
    gw_model::time::format(i64::try_from(since.as_micros()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idempotency_key_is_of_whoever_sends_it() {
    let upstream = Upstream::start().await;
    let site = Site::new(&upstream).await;
    let first = site.token("admin", Some(&site.team)).await;
    let second = site.token("admin", Some(&site.organization)).await;
    let body = json!({"name": "k", "team_id": site.team}).to_string();
    let post = async |token: &str| {
        let call = Call::post("/api/v1/keys", body.clone()).key(token).header("idempotency-key", "one");
        site.gateway.send(call).await
    };
    let made = post(&first).await;
    assert_eq!((made.status.as_u16(), post(&first).await.json()), (201, made.json()));
    // The same name is taken: it was not replayed.
    field(&post(&second).await, 409, "name");
    field(&post(MASTER).await, 409, "name");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_makes_lists_rotates_and_revokes() {
    let upstream = Upstream::start().await;
    let site = Site::new(&upstream).await;
    let url = format!("http://{}", site.gateway.addr);
    let ask = async |arguments: &[&str]| {
        let (code, out, err) =
            run(&[&["admin-tokens"], arguments, &["--url", &url, "--key", MASTER, "--json"]].concat()).await;
        assert_eq!(code, 0, "{out}{err}");
        serde_json::from_str::<Value>(&out).unwrap_or_default()
    };
    let made = ask(&[
        "create",
        "--name",
        "ci",
        "--role",
        "viewer",
        "--account-id",
        &site.team,
        "--scopes",
        "keys:read",
    ])
    .await;
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    site.ask(token, Method::GET, "keys", Value::Null).await.ok();
    assert_eq!(ask(&["list"]).await["data"][0]["scopes"], json!(["keys:read"]));
    let rotated = ask(&["rotate", id]).await;
    site.ask(rotated["token"].as_str().unwrap(), Method::GET, "keys", Value::Null).await.ok();
    ask(&["revoke", id]).await;
    assert_eq!(
        site.ask(rotated["token"].as_str().unwrap(), Method::GET, "keys", Value::Null).await.status,
        401
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_write_nothing_sends_back_nothing_that_is_shown() {
    let upstream = Upstream::start().await;
    let site = Site::new(&upstream).await;
    let memberships = json!([
        {"account_id": site.organization, "role": "member"}, {"account_id": site.team, "role": "admin"},
    ]);
    let (user, _) = site.person("ada", memberships).await;
    let path = format!("users/{user}");
    let shown = site.ask(MASTER, Method::GET, &path, Value::Null).await.ok().json();
    let auditor = site.token("auditor", None).await;
    let same = json!({ "memberships": shown["memberships"] });
    lacks(&site.ask(&auditor, Method::PATCH, &path, same).await, "users:write");
}
