//! Dynamic routes: made, published, changed and rolled back over the API while callers use them, and explained.

use super::support::gateway::run;
use super::support::{Answer, Call, Gateway, KEY, MASTER, Upstream, chat, eventually};
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

async fn set_up(more: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}models:\n  one: {{ targets: [{{ provider: up, model: one }}] }}\n  two: {{ targets: [{{ provider: up, model: two }}] }}\n{more}",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

async fn api(gateway: &Gateway, method: Method, path: &str, body: Value) -> Answer {
    let call = Call::post(&format!("/api/v1/routes{path}"), body.to_string()).method(method);
    gateway.send(call.key(MASTER).header("content-type", "application/json")).await
}

async fn post(gateway: &Gateway, path: &str, body: Value) -> Value {
    let answer = api(gateway, Method::POST, path, body).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.text());
    answer.json()
}

/// A graph that asks one model.
fn straight(model: &str) -> Value {
    json!({ "start": "a", "nodes": { "a": { "type": "model", "model": model } } })
}

async fn create(gateway: &Gateway, name: &str, document: Value) -> String {
    let made = post(gateway, "", json!({ "name": name, "document": document, "note": "a note" })).await;
    made["id"].as_str().unwrap().to_owned()
}

async fn ask(gateway: &Gateway, name: &str) -> Answer {
    gateway.send(Call::chat(&chat(name, "hi")).key(MASTER)).await
}

async fn upstream_of(gateway: &Gateway, name: &str) -> String {
    let answer = ask(gateway, name).await;
    answer.ok();
    answer.header("x-gatewright-upstream-model").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_is_drafted_published_changed_and_rolled_back() {
    let (_upstream, gateway) = set_up("").await;
    let id = create(&gateway, "chat", straight("one")).await;
    ask(&gateway, "chat").await.refused(404, "model_not_found");
    let out = post(&gateway, &format!("/{id}/publish"), json!({})).await;
    assert_eq!((&out["published"]["number"], &out["draft"]), (&json!(1), &Value::Null));
    assert_eq!(upstream_of(&gateway, "chat").await, "one");

    let draft = json!({ "document": straight("two"), "note": "second" });
    let changed = api(&gateway, Method::PATCH, &format!("/{id}"), draft.clone()).await;
    changed.ok();
    assert_eq!(changed.header("etag"), Some("\"3\""));
    assert_eq!(upstream_of(&gateway, "chat").await, "one", "a draft changes nothing");
    post(&gateway, &format!("/{id}/publish"), json!({})).await;
    assert_eq!(upstream_of(&gateway, "chat").await, "two");
    post(&gateway, &format!("/{id}/rollback"), json!({})).await;
    assert_eq!(upstream_of(&gateway, "chat").await, "one");
    post(&gateway, &format!("/{id}/rollback"), json!({ "version": 2 })).await;
    assert_eq!(upstream_of(&gateway, "chat").await, "two");

    let versions = api(&gateway, Method::GET, &format!("/{id}/versions"), json!({})).await.json();
    let shown = |at: usize| (versions["data"][at]["number"].clone(), versions["data"][at]["state"].clone());
    assert_eq!(shown(0), (json!(2), json!("published")));
    assert_eq!(shown(1), (json!(1), json!("archived")));
    assert_eq!(versions["data"][0]["document"], straight("two"));
    let listed = api(&gateway, Method::GET, "?name=chat", json!({})).await.json();
    assert_eq!(listed["data"][0]["id"], id.as_str());

    // After a restart the published version is in force.
    let gateway = gateway.restart().await;
    assert_eq!(upstream_of(&gateway, "chat").await, "two");
    let gone = api(&gateway, Method::DELETE, &format!("/{id}"), json!({})).await;
    assert_eq!(gone.status, 204, "{}", gone.text());
    ask(&gateway, "chat").await.refused(404, "model_not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_refused_and_changes_nothing() {
    let (_upstream, gateway) = set_up("").await;
    let id = create(&gateway, "chat", straight("one")).await;
    let refused = async |method: Method, path: &str, body: Value, status: u16| {
        let answer = api(&gateway, method, path, body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        answer.json()["error"].clone()
    };
    let faulty = json!({ "name": "other", "document": straight("nobody") });
    let error = refused(Method::POST, "", faulty, 400).await;
    assert_eq!(error["field"], "document/nodes/a/model");
    assert_eq!(error["faults"][0]["pointer"], "/nodes/a/model");
    let taken = json!({ "name": "one", "document": straight("two") });
    assert_eq!(refused(Method::POST, "", taken, 409).await["field"], "name");
    let twice = json!({ "name": "chat", "document": straight("two") });
    assert_eq!(refused(Method::POST, "", twice, 409).await["field"], "name");
    refused(Method::POST, "", json!({ "name": "x" }), 400).await;
    refused(Method::POST, "", json!({ "name": "x", "documnet": {} }), 400).await;
    refused(Method::POST, "/route_0/publish", json!({}), 404).await;
    refused(Method::POST, &format!("/{id}/rollback"), json!({}), 409).await;
    refused(Method::POST, &format!("/{id}/rollback"), json!({ "version": 7 }), 404).await;
    post(&gateway, &format!("/{id}/publish"), json!({})).await;
    refused(Method::POST, &format!("/{id}/publish"), json!({}), 409).await;

    let call =
        Call::post(&format!("/api/v1/routes/{id}"), json!({ "document": straight("two") }).to_string());
    let outdated = gateway.send(call.method(Method::PATCH).key(MASTER).header("if-match", "\"1\"")).await;
    outdated.refused(412, "precondition_failed");
    assert_eq!(upstream_of(&gateway, "chat").await, "one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_a_published_route_does_not_go_with_is_refused() {
    let (upstream, gateway) = set_up("").await;
    let id = create(&gateway, "chat", straight("two")).await;
    post(&gateway, &format!("/{id}/publish"), json!({})).await;
    let without = |name: &str| {
        format!(
            "{}models:\n  {name}: {{ targets: [{{ provider: up, model: new }}] }}\n",
            upstream.providers()
        )
    };
    gateway.write_config(&without("one"));
    eventually("the new file is refused", async || {
        gateway.log().contains("the new configuration is refused").then_some(())
    })
    .await;
    assert!(gateway.log().contains("there is no model 'two'"), "{}", gateway.log());
    assert_eq!(
        (upstream_of(&gateway, "one").await, upstream_of(&gateway, "chat").await),
        ("one".into(), "two".into())
    );

    // At start the gateway works without it.
    let gateway = gateway.restart().await;
    assert_eq!(upstream_of(&gateway, "one").await, "new");
    ask(&gateway, "chat").await.refused(404, "model_not_found");
    assert!(gateway.log().contains("a route is left out"), "{}", gateway.log());
    gateway.write_config(&without("two"));
    eventually("the route is back", async || ask(&gateway, "chat").await.status.is_success().then_some(()))
        .await;
}

/// Callers that never stop, and what they see.
struct Crowd {
    stop: Arc<AtomicBool>,
    answers: Arc<AtomicU64>,
    callers: Vec<tokio::task::JoinHandle<Vec<String>>>,
}

impl Crowd {
    fn start(gateway: &Gateway, name: &'static str, count: usize) -> Self {
        let (stop, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let addr = gateway.addr;
        let caller = |_| {
            let (stop, answers) = (Arc::clone(&stop), Arc::clone(&answers));
            tokio::spawn(async move {
                let mut wrong = Vec::new();
                while !stop.load(Ordering::Relaxed) && wrong.len() < 5 {
                    match Call::chat(&chat(name, "hi")).key(MASTER).try_send(addr).await {
                        Ok(answer) if answer.status.is_success() => {
                            let model =
                                answer.header("x-gatewright-upstream-model").unwrap_or("none").to_owned();
                            if !["one", "two"].contains(&model.as_str()) {
                                wrong.push(model);
                            }
                        }
                        Ok(answer) => wrong.push(answer.text()),
                        Err(error) => wrong.push(error),
                    }
                    answers.fetch_add(1, Ordering::Relaxed);
                }
                wrong
            })
        };
        let callers = (0..count).map(caller).collect();
        Self { stop, answers, callers }
    }

    async fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        for caller in self.callers {
            assert_eq!(caller.await.unwrap(), Vec::<String>::new());
        }
        self.answers.load(Ordering::Relaxed)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_under_load_fail_no_request_and_take_effect_within_a_second() {
    let (_upstream, gateway) = set_up("").await;
    let id = create(&gateway, "chat", straight("one")).await;
    post(&gateway, &format!("/{id}/publish"), json!({})).await;
    let crowd = Crowd::start(&gateway, "chat", 8);
    let in_force = async |model: &str| {
        let started = Instant::now();
        while upstream_of(&gateway, "chat").await != model {
            assert!(started.elapsed() < Duration::from_secs(1), "{model} is not in force within a second");
        }
    };
    for round in 0..20 {
        let (model, before) = if round % 2 == 0 { ("two", "one") } else { ("one", "two") };
        // Other routes come and go meanwhile.
        let other = create(&gateway, &format!("other-{round}"), straight("one")).await;
        post(&gateway, &format!("/{other}/publish"), json!({})).await;
        let document = json!({ "document": straight(model) });
        api(&gateway, Method::PATCH, &format!("/{id}"), document).await.ok();
        post(&gateway, &format!("/{id}/publish"), json!({})).await;
        in_force(model).await;
        post(&gateway, &format!("/{id}/rollback"), json!({})).await;
        in_force(before).await;
        post(&gateway, &format!("/{id}/rollback"), json!({})).await;
        in_force(model).await;
        let gone = api(&gateway, Method::DELETE, &format!("/{other}"), json!({})).await;
        assert_eq!(gone.status, 204, "{}", gone.text());
    }
    let answers = crowd.end().await;
    assert!(answers > 200, "there was load: {answers}");
}

/// A graph with a node of each type.
fn graph() -> Value {
    json!({ "start": "tier", "nodes": {
        "tier": { "type": "condition", "when": "\"vip\" in tags", "then": "best", "else": "guard" },
        "guard": { "type": "rate_limit", "limit": { "requests": 3, "per_seconds": 600 }, "by": "customer",
            "within": "split", "exceeded": "full" },
        "split": { "type": "percentage", "by": "customer",
            "branches": [{ "percent": 100, "to": "usual" }, { "percent": 0, "to": "best" }] },
        "best": { "type": "model", "model": "up/best", "next": "usual", "retry": { "attempts": 1 } },
        "usual": { "type": "model", "model": "one", "timeout": { "first_byte_ms": 300 }, "retry": { "attempts": 1 } },
        "full": { "type": "end", "status": 429, "message": "too many of yours" },
    } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_node_does_what_it_says() {
    let (upstream, gateway) = set_up("").await;
    let id = create(&gateway, "chat", graph()).await;
    post(&gateway, &format!("/{id}/publish"), json!({})).await;
    let ask = async |customer: &str, tags: &str| {
        let call = Call::chat(&chat("chat", "hi")).key(MASTER);
        gateway.send(call.header("x-gatewright-customer", customer).header("x-gatewright-tags", tags)).await
    };
    let to = |answer: &Answer| answer.header("x-gatewright-upstream-model").unwrap_or_default().to_owned();
    assert_eq!(to(ask("a", "vip").await.ok()), "best");
    upstream.faults("best", "status=500", Some(1));
    let moved = ask("a", "vip").await;
    assert_eq!(
        (to(moved.ok()), moved.header("x-gatewright-attempts")),
        ("one".into(), Some("2")),
        "next takes over"
    );
    for _ in 0..3 {
        assert_eq!(to(ask("a", "x").await.ok()), "one", "the branch with all the traffic");
    }
    let refused = ask("a", "x").await;
    refused.refused(429, "rate_limit_exceeded");
    assert!(refused.text().contains("too many of yours"), "{}", refused.text());
    assert_eq!(to(ask("b", "x").await.ok()), "one", "another customer has a counter of its own");

    // Counters outlive changes of the route.
    let mut changed = graph();
    changed["nodes"]["usual"]["model"] = "two".into();
    api(&gateway, Method::PATCH, &format!("/{id}"), json!({ "document": changed })).await.ok();
    post(&gateway, &format!("/{id}/publish"), json!({})).await;
    ask("a", "x").await.refused(429, "rate_limit_exceeded");
    assert_eq!(to(ask("c", "x").await.ok()), "two");

    // A branch that fails is not replaced by another, and the node's own time limit holds.
    upstream.faults("two", "hang", None);
    let before = (upstream.stats().requests, Instant::now());
    let slow = ask("d", "x").await;
    assert_eq!(slow.status, 504, "{}", slow.text());
    assert!(before.1.elapsed() < Duration::from_secs(5), "{:?}", before.1.elapsed());
    assert_eq!(upstream.stats().requests, before.0 + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulation_says_the_way_and_counts_nothing() {
    let (upstream, gateway) = set_up("").await;
    let id = create(&gateway, "chat", graph()).await;
    let ask = async |tags: &str| {
        let request = json!({ "body": { "messages": [{ "role": "user", "content": "hi" }] },
            "headers": { "x-gatewright-tags": tags, "x-gatewright-customer": "a" } });
        post(&gateway, &format!("/{id}/simulate"), json!({ "version": "draft", "request": request })).await
    };
    let way = |said: &Value| {
        let steps = said["steps"].as_array().unwrap().iter();
        steps
            .map(|step| format!("{}: {}", step["node"].as_str().unwrap(), step["reason"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let vip = ask("vip").await;
    let expected = [
        "tier: the condition holds: \"vip\" in tags",
        "best: up/best is asked",
        "best: what is next, when it fails",
        "usual: the targets of its alias are asked",
    ];
    assert_eq!(
        (way(&vip), &vip["steps"][2]["on_failure"], &vip["version"]),
        (expected.map(Into::into).into(), &json!(true), &json!(1))
    );
    assert_eq!(
        vip["targets"],
        json!([{ "provider": "up", "model": "best" }, { "provider": "up", "model": "one" }])
    );
    for _ in 0..10 {
        let usual = ask("x").await;
        assert_eq!(way(&usual)[1], "guard: within the limit of 3 requests in 600 s", "{usual}");
        assert_eq!(way(&usual)[2], "split: branch 1 with 100 %, by customer", "{usual}");
    }
    post(&gateway, &format!("/{id}/publish"), json!({})).await;
    for _ in 0..3 {
        gateway
            .send(Call::chat(&chat("chat", "hi")).key(MASTER).header("x-gatewright-customer", "a"))
            .await
            .ok();
    }
    let full = ask_current(&gateway, &id).await;
    assert_eq!(
        way(&full)[1..],
        ["guard: above the limit of 3 requests in 600 s", "full: the request is refused here"]
    );
    assert_eq!((&full["refusal"]["status"], &full["targets"]), (&json!(429), &json!([])));
    assert_eq!(upstream.stats().requests, 3);
}

async fn ask_current(gateway: &Gateway, id: &str) -> Value {
    let request = json!({ "body": { "messages": [{ "role": "user", "content": "hi" }] },
        "headers": { "x-gatewright-customer": "a" } });
    post(gateway, &format!("/{id}/simulate"), json!({ "request": request })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routes_of_the_file_are_explained_without_a_gateway_and_with_one() {
    let route = "routes:\n  by-tag:\n    start: t\n    nodes:\n      \
                 t: { type: condition, when: '\"vip\" in tags', then: a, else: b }\n      \
                 a: { type: model, model: one }\n      b: { type: end, status: 403, message: 'not for you' }\n\
                 keys:\n  - { name: app, key: GWKEY, models: [by-tag] }\n"
        .replace("GWKEY", KEY);
    let (_upstream, gateway) = set_up(&route).await;
    let vip = Call::chat(&chat("by-tag", "hi")).key(KEY).header("x-gatewright-tags", "vip");
    gateway.send(vip).await.ok();
    let refused = gateway.send(Call::chat(&chat("by-tag", "hi")).key(KEY)).await;
    refused.refused(403, "model_not_allowed");
    assert!(refused.text().contains("not for you"), "{}", refused.text());

    let body = gateway.folder().join("body.json");
    std::fs::write(&body, chat("by-tag", "hi").to_string()).unwrap();
    let (body, file) = (body.display().to_string(), gateway.config_file().display().to_string());
    let explain = ["routes", "explain", "by-tag", "--body", &body, "--config", &file];
    let (code, out, err) = run(&[&explain[..], &["--header", "x-gatewright-tags=vip"]].concat()).await;
    let expected = "t (condition): the condition holds: \"vip\" in tags\n\
                    a (model): the targets of its alias are asked\ntarget 1: up/one\n";
    assert_eq!((code, out.as_str()), (0, expected), "{err}");
    let (code, out, _) = run(&explain).await;
    assert_eq!(code, 0);
    assert!(out.ends_with("b (end): the request is refused here\nrefused with 403: not for you\n"), "{out}");

    create(&gateway, "chat", straight("two")).await;
    let remote = ["--url", &format!("http://{}", gateway.addr), "--key", MASTER];
    let (code, out, err) = run(&[&["routes", "publish", "chat"], &remote[..]].concat()).await;
    assert_eq!((code, out.as_str()), (0, "version 1 of 'chat' is in force\n"), "{err}");
    let (code, out, err) = run(&[&["routes", "list"], &remote[..]].concat()).await;
    assert!(code == 0 && out.contains("chat"), "{out}{err}");
    let (code, out, err) =
        run(&[&["routes", "explain", "chat", "--body", &body], &remote[..]].concat()).await;
    assert_eq!(
        (code, out.as_str()),
        (0, "a (model): the targets of its alias are asked\ntarget 1: up/two\n"),
        "{err}"
    );
    let (code, _, err) = run(&[&["routes", "publish", "nobody"], &remote[..]].concat()).await;
    assert_eq!((code, err.as_str()), (1, "gatewright: there is no route named 'nobody'\n"));
}
