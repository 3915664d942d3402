//! Records are followed live: by filters, by whom they may be seen, across nodes, with a limit of readers, and until whoever
//! reads may no longer.

use super::support::client::Open;
use super::support::postgres::Postgres;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};

const PATH: &str = "/api/v1/logs/tail";

/// Somebody who follows, once the gateway says so.
async fn follow(gateway: &Gateway, call: Call) -> Open {
    let mut open = call.open(gateway.addr).await;
    assert_eq!(open.status, 200);
    assert_eq!(open.headers["content-type"], "text/event-stream");
    open.until("event: open").await;
    open
}

fn reading(path: &str, key: &str) -> Call {
    Call::get(path).key(key)
}

async fn ask(gateway: &Gateway, model: &str, key: &str) -> String {
    let answer = gateway.send(Call::chat(&chat(model, "hi")).key(key)).await;
    answer.ok();
    answer.request_id()
}

/// The last id of what was read.
fn last_id(text: &str) -> String {
    let mut ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
    ids.next_back().expect("events have ids").to_owned()
}

async fn made(gateway: &Gateway, resource: &str, body: Value) -> Value {
    let made = gateway.admin(Method::POST, &format!("/api/v1/{resource}"), Some(&body)).await;
    assert_eq!(made.status, 201, "{resource}: {}", made.text());
    made.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_followed_by_their_filters_and_taken_up_again() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let before = ask(&gateway, "up/chat-model", MASTER).await;
    gateway.record(&before).await;
    let mut all = follow(&gateway, reading(PATH, MASTER)).await;
    let mut some = follow(&gateway, reading(&format!("{PATH}?model=up/quick&outcome=success"), MASTER)).await;
    let first = ask(&gateway, "up/chat-model", MASTER).await;
    let second = ask(&gateway, "up/quick", MASTER).await;
    let seen = all.until(&format!("\"request_id\":\"{second}\"")).await;
    assert!(!seen.contains(&before), "what was there before is nothing new: {seen}");
    let row = seen.lines().find_map(|line| line.strip_prefix("data: ").filter(|data| data.contains(&second)));
    let row: Value = serde_json::from_str(row.unwrap()).unwrap();
    assert_eq!(row, gateway.record(&second).await, "as in the list");
    let filtered = some.until(&second).await;
    assert!(!filtered.contains(&first), "{filtered}");
    // Away for a while: what ended meanwhile comes first.
    let cursor = last_id(&filtered);
    drop(some);
    let third = ask(&gateway, "up/quick", MASTER).await;
    gateway.record(&third).await;
    let call = reading(&format!("{PATH}?model=up/quick"), MASTER);
    let mut again = follow(&gateway, call.clone().header("last-event-id", &cursor)).await;
    let fourth = ask(&gateway, "up/quick", MASTER).await;
    let seen = again.until(&fourth).await;
    let places = [&third, &fourth].map(|id| seen.find(id.as_str()));
    assert!(places[0].is_some() && places[0] < places[1], "{seen}");
    assert!(!seen.contains(&second), "what was shown is not shown again: {seen}");
    call.header("last-event-id", "nonsense").send(gateway.addr).await.refused_at(400, "last_event_id");
    let ended = gateway.send(reading(&format!("{PATH}?seconds=1"), MASTER)).await;
    assert!(ended.text().contains("event: end\ndata: {\"reason\":\"time\"}"), "{}", ended.text());
}

trait Refused {
    fn refused_at(&self, status: u16, field: &str);
}

impl Refused for Answer {
    #[track_caller]
    fn refused_at(&self, status: u16, field: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.json()["error"]["field"], field, "{}", self.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_no_longer_see_them_is_told_so() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let team = made(&gateway, "teams", json!({"name": "t"})).await["id"].as_str().unwrap().to_owned();
    let (_, of_team) = gateway.make_key(&json!({"name": "of-team", "team_id": team})).await;
    let token =
        made(&gateway, "admin-tokens", json!({"name": "a", "role": "auditor", "account_id": team})).await;
    let member = json!([{"account_id": team, "role": "auditor"}]);
    let user =
        made(&gateway, "users", json!({"name": "u", "email": "u@example.com", "memberships": member})).await;
    let person = made(&gateway, "admin-tokens", json!({"name": "p", "user_id": user["id"]})).await;
    let shown = |token: &Value| token["token"].as_str().unwrap().to_owned();
    let sign_in = json!({"key": shown(&person)}).to_string();
    let session = gateway.send(Call::post("/api/v1/auth/sign-in", sign_in)).await;
    let cookie = session.ok().header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let mut by_token = follow(&gateway, reading(PATH, &shown(&token))).await;
    // As an EventSource asks: a cookie, and nothing else.
    let mut by_cookie = follow(&gateway, Call::get(PATH).header("cookie", &cookie)).await;
    let strange = ask(&gateway, "up/chat-model", MASTER).await;
    let own = ask(&gateway, "up/chat-model", &of_team).await;
    for reader in [&mut by_token, &mut by_cookie] {
        let seen = reader.until(&own).await;
        assert!(!seen.contains(&strange), "{seen}");
    }
    let path = format!("/api/v1/admin-tokens/{}", token["id"].as_str().unwrap());
    assert_eq!(gateway.admin(Method::DELETE, &path, None).await.status, 204);
    assert!(by_token.rest().await.text().ends_with("event: end\ndata: {\"reason\":\"permission\"}\n\n"));
    let path = format!("/api/v1/users/{}", user["id"].as_str().unwrap());
    let viewer = json!({"memberships": [{"account_id": team, "role": "viewer"}]});
    gateway.admin(Method::PATCH, &path, Some(&viewer)).await.ok();
    assert!(by_cookie.rest().await.text().ends_with("event: end\ndata: {\"reason\":\"permission\"}\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_are_few_and_slow_ones_hold_nothing_up() {
    let upstream = Upstream::start().await;
    let records = "records: { max_tail_readers: 2, logging: full }";
    let mut gateway = Gateway::start(&format!("{}\n{records}\n", upstream.providers())).await;
    let first = follow(&gateway, reading(PATH, MASTER)).await;
    let mut second = follow(&gateway, reading(&format!("{PATH}?text=needle"), MASTER)).await;
    let third = reading(PATH, MASTER).send(gateway.addr).await;
    assert_eq!(third.status, 429, "{}", third.text());
    assert!(
        third.header("retry-after").is_some() && third.text().contains("max_tail_readers"),
        "{}",
        third.text()
    );
    drop(first);
    let mut next = None;
    eventually("a place is free again", async || {
        let open = reading(PATH, MASTER).open(gateway.addr).await;
        (open.status == 200).then(|| next = Some(open))
    })
    .await;
    // By a text in bodies, which are kept a moment after the record.
    let body = chat("up/chat-model", "a needle in a haystack");
    let other = ask(&gateway, "up/chat-model", MASTER).await;
    let needle = gateway.send(Call::chat(&body).key(MASTER)).await.request_id();
    let seen = second.until(&needle).await;
    assert!(!seen.contains(&other), "{seen}");
    // The end of the process ends them, and does not wait for them.
    let ended = tokio::join!(second.rest(), gateway.stop());
    assert!(
        ended.0.text().ends_with("event: end\ndata: {\"reason\":\"shutdown\"}\n\n"),
        "{}",
        ended.0.text()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_organization_takes_all_places() {
    let upstream = Upstream::start().await;
    let gateway =
        Gateway::start(&format!("{}\nrecords: {{ max_tail_readers: 8 }}\n", upstream.providers())).await;
    let token = async |name: &str| {
        let organization = made(&gateway, "organizations", json!({"name": name})).await;
        let id = &organization["id"];
        let token = json!({"name": name, "role": "auditor", "account_id": id});
        made(&gateway, "admin-tokens", token).await["token"].as_str().unwrap().to_owned()
    };
    let (storm, other) = (token("storm").await, token("other").await);
    let mut open = Vec::new();
    let mut counts = Vec::new();
    for key in [storm.as_str(), other.as_str(), MASTER] {
        let before = open.len();
        while open.len() < 20 {
            let one = reading(PATH, key).open(gateway.addr).await;
            if one.status != 200 {
                assert_eq!(one.status, 429);
                break;
            }
            open.push(one);
        }
        counts.push(open.len() - before);
    }
    assert_eq!(counts, [3, 2, 3], "two of the eight are kept, and each has half of what is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_other_nodes_are_followed_too() {
    let Some(server) = Postgres::start() else { return };
    let upstream = Upstream::start().await;
    let url = server.database("tail");
    let variables = [
        ("GATEWRIGHT_DATABASE_URL", url.as_str()),
        ("GATEWRIGHT_ENCRYPTION_KEY", "an encryption key of tests"),
    ];
    let config = upstream.providers();
    let (here, there) =
        tokio::join!(Gateway::start_with(&config, &variables), Gateway::start_with(&config, &variables));
    let before = ask(&there, "up/chat-model", MASTER).await;
    here.record(&before).await;
    let mut open = follow(&here, reading(PATH, MASTER)).await;
    // The first look says what is nothing new; what follows is.
    let mut called = Vec::new();
    let seen = {
        let (mine, others) = (ask(&here, "up/chat-model", MASTER).await, &mut called);
        let first = open.until(&mine).await;
        others.push(ask(&there, "up/chat-model", MASTER).await);
        first + &open.until(&others[0]).await
    };
    assert!(!seen.contains(&before), "{seen}");
    assert_eq!(seen.matches(&format!("\"request_id\":\"{}\"", called[0])).count(), 1, "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_follows() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    let url = format!("http://{}", gateway.addr);
    let mut command = super::support::gateway::binary();
    command.args(["logs", "--follow", "--json", "--url", &url, "--key", MASTER, "--model", "up/quick"]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut asked = Vec::new();
    // Until the command is there, calls are nothing new to it.
    let line = loop {
        asked.push(ask(&gateway, "up/quick", MASTER).await);
        if let Ok(line) = tokio::time::timeout(Duration::from_millis(500), lines.next_line()).await {
            break line.unwrap().unwrap();
        }
    };
    let row: Value = serde_json::from_str(&line).unwrap();
    assert!(asked.iter().any(|id| row["request_id"] == id.as_str()), "{row}");
    child.kill().await.unwrap();
}
