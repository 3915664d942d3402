//! Files and batches: ids stay the provider's, and are their maker's alone.

use super::support::gateway::nanos;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually};
use http::Method;
use serde_json::{Value, json};

const PRICE: &str = "{ input_usd_per_million_tokens: 100, output_usd_per_million_tokens: 200 }";

/// Providers `openai` and `other`, an alias of each, and two keys.
async fn set_up(upstream: &Upstream) -> (Gateway, String, String) {
    let url = upstream.url();
    let one = format!("base_url: \"{url}/v1\", api_key: upstream-secret-1");
    let gateway = Gateway::start(&format!(
        "providers:\n  openai: {{ {one}, models: {{ gpt-test: {PRICE} }} }}\n  \
         other: {{ kind: openai-compatible, {one}, models: {{ other-model: {PRICE} }} }}\n  \
         claude: {{ kind: anthropic, base_url: \"{url}\", api_key: upstream-secret-2 }}\n\
         models:\n  short: {{ targets: [ {{ provider: openai, model: gpt-test }} ] }}\n  \
         elsewhere: {{ targets: [ {{ provider: other, model: other-model }} ] }}\n"
    ))
    .await;
    let (_, alice) = gateway.make_key(&json!({"name": "alice"})).await;
    let (_, bob) = gateway.make_key(&json!({"name": "bob"})).await;
    (gateway, alice, bob)
}

fn form(purpose: &str, content: &str) -> String {
    format!(
        "--XX\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n--XX\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a b.jsonl\"\r\n\
         Content-Type: application/jsonl\r\n\r\n{content}\r\n--XX--\r\n"
    )
}

fn upload(path: &str, purpose: &str, content: &str) -> Call {
    Call::new(Method::POST, path)
        .header("content-type", "multipart/form-data; boundary=XX")
        .body(form(purpose, content))
}

fn line(id: &str, model: &str, text: &str) -> String {
    let body = json!({"model": model, "max_tokens": 50, "messages": [{"role": "user", "content": text}]});
    json!({"custom_id": id, "method": "POST", "url": "/v1/chat/completions", "body": body}).to_string()
}

fn id(answer: &Answer) -> String {
    answer.ok().json()["id"].as_str().expect("an id").to_owned()
}

async fn store(gateway: &Gateway, key: &str, purpose: &str, content: &str) -> String {
    id(&gateway.send(upload("/v1/files", purpose, content).key(key)).await)
}

async fn ids(gateway: &Gateway, key: &str, path: &str) -> Vec<String> {
    let answer = gateway.send(Call::get(path).key(key)).await;
    let list = answer.ok().json();
    assert_eq!(list["object"], "list");
    list["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_its_makers_alone() {
    let upstream = Upstream::start().await;
    let (gateway, alice, bob) = set_up(&upstream).await;
    let content = "line 1\r\n\u{e9} line 2\n";
    let file = store(&gateway, &alice, "user_data", content).await;
    assert_eq!(upstream.last_body(), form("user_data", content));
    for prefix in ["/v1", "", "/openai/v1", "/openai"] {
        let path = format!("{prefix}/files/{file}");
        let mine = gateway.send(Call::get(&path).key(&alice)).await;
        assert_eq!(mine.ok().json()["purpose"], "user_data");
        assert_eq!(mine.header("x-gatewright-provider"), Some("openai"));
        let read = gateway.send(Call::get(&format!("{path}/content")).key(&alice)).await;
        assert_eq!(read.ok().text(), content);
        gateway.send(Call::get(&path).key(MASTER)).await.ok();
        let before = upstream.stats().requests;
        for foreign in
            [Call::get(&path), Call::get(&format!("{path}/content")), Call::new(Method::DELETE, &path)]
        {
            gateway.send(foreign.key(&bob)).await.refused(404, "not_found");
        }
        gateway
            .send(Call::get(&format!("{prefix}/files/file-nobodys")).key(&alice))
            .await
            .refused(404, "not_found");
        assert_eq!(upstream.stats().requests, before);
    }
    // Nor behind the provider's own path, nor inside a request.
    let (_, passing) =
        gateway.make_key(&json!({"name": "passing", "endpoints": ["passthrough", "chat"]})).await;
    let before = upstream.stats().requests;
    for path in
        ["openai/v1/files/", "openai/files/", "other/v1/files/", "claude/v1/files/", "openai/v1/echo/"]
    {
        let call = Call::get(&format!("/passthrough/{path}{file}")).key(&passing);
        gateway.send(call).await.refused(404, "not_found");
    }
    let spelled = format!(
        "{{\"model\":\"short\",\"messages\":[{{\"role\":\"user\",\"content\":[{{\"type\":\"file\",\
                           \"file\":{{\"file\\u005fid\":\"{file}\"}}}}]}}]}}"
    );
    for body in [spelled.clone(), spelled.replace("\\u005f", "_")] {
        for path in
            ["/v1/chat/completions", "/passthrough/openai/v1/chat/completions", "/passthrough/openai/v1/echo"]
        {
            gateway.send(Call::post(path, body.clone()).key(&passing)).await.refused(404, "not_found");
        }
    }
    assert_eq!(upstream.stats().requests, before);
    let gone = gateway.send(Call::new(Method::DELETE, &format!("/v1/files/{file}")).key(&alice)).await;
    assert_eq!(gone.ok().json()["deleted"], true);
    gateway.send(Call::get(&format!("/v1/files/{file}")).key(&alice)).await.refused(404, "not_found");
    gateway.send(Call::new(Method::PUT, "/v1/files").key(&alice)).await.refused(405, "method_not_allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_show_the_callers_own() {
    let upstream = Upstream::start().await;
    let (gateway, alice, bob) = set_up(&upstream).await;
    let mut mine = Vec::new();
    for number in 0..5 {
        mine.push(store(&gateway, &alice, "user_data", &format!("mine {number}")).await);
        store(&gateway, &bob, "user_data", &format!("his {number}")).await;
    }
    let vision = store(&gateway, &alice, "vision", "an image").await;
    let newest: Vec<String> = [&vision].into_iter().chain(mine.iter().rev()).cloned().collect();
    assert_eq!(ids(&gateway, &alice, "/v1/files").await, newest);
    assert_eq!(ids(&gateway, &bob, "/files").await.len(), 5);
    assert_eq!(ids(&gateway, MASTER, "/v1/files").await.len(), 11);
    assert_eq!(ids(&gateway, &alice, "/v1/files?purpose=vision").await, [vision]);
    assert_eq!(ids(&gateway, &alice, "/v1/files?order=asc&limit=2").await, mine[..2]);
    let page = gateway.send(Call::get(&format!("/v1/files?limit=2&after={}", newest[0])).key(&alice)).await;
    let page = page.ok().json();
    assert_eq!((&page["first_id"], &page["last_id"]), (&json!(newest[1]), &json!(newest[2])));
    assert_eq!(page["has_more"], true);
    let rest = gateway.send(Call::get(&format!("/v1/files?limit=9&after={}", newest[2])).key(&alice)).await;
    assert_eq!(
        (rest.ok().json()["has_more"].clone(), rest.json()["data"].as_array().unwrap().len()),
        (json!(false), 3)
    );
    let foreign = ids(&gateway, &bob, "/v1/files").await.remove(0);
    gateway
        .send(Call::get(&format!("/v1/files?after={foreign}")).key(&alice))
        .await
        .refused(404, "not_found");
    gateway.send(Call::get("/v1/files?limit=0").key(&alice)).await.refused(400, "invalid_request");
    let (_, passing) = gateway.make_key(&json!({"name": "passing", "endpoints": ["passthrough"]})).await;
    assert!(ids(&gateway, &passing, "/passthrough/openai/v1/files").await.is_empty());
    gateway.send(Call::get("/v1/files").key(&passing)).await.refused(403, "endpoint_not_allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_provider_is_the_named_the_objects_or_openai() {
    let upstream = Upstream::start().await;
    let (gateway, alice, _) = set_up(&upstream).await;
    let at = |answer: &Answer| answer.header("x-gatewright-provider").unwrap_or("").to_owned();
    let send = async |call: Call| gateway.send(call.key(&alice)).await;
    let header = send(upload("/v1/files", "user_data", "x").header("x-gatewright-provider", "other")).await;
    let query = send(upload("/v1/files?provider=other", "user_data", "x")).await;
    for answer in [&header, &query] {
        assert_eq!(at(answer.ok()), "other");
        let again = send(Call::get(&format!("/v1/files/{}", id(answer)))).await;
        assert_eq!(at(again.ok()), "other");
    }
    assert_eq!(at(send(upload("/v1/files", "user_data", "x")).await.ok()), "openai");
    for wrong in ["claude", "nobody"] {
        let call = upload("/v1/files", "user_data", "x").header("x-gatewright-provider", wrong);
        send(call).await.refused(400, "invalid_request");
    }
    // A batch goes where its file is.
    let file = id(&send(upload("/v1/files?provider=other", "batch", &line("1", "other-model", "hi"))).await);
    let body = json!({"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"});
    let batch = send(Call::post("/v1/batches", body.to_string())).await;
    assert_eq!(at(batch.ok()), "other");
    let mismatch = Call::post("/v1/batches", body.to_string()).header("x-gatewright-provider", "openai");
    send(mismatch).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_requests_goes_to_the_provider_of_their_models() {
    let upstream = Upstream::start().await;
    let url = upstream.url();
    let one = format!("kind: openai-compatible, base_url: \"{url}/v1\", api_key: upstream-secret-1");
    let target = |provider: &str| format!("{{ provider: {provider}, model: shared }}");
    let gateway = Gateway::start(&format!(
        "providers:\n  claude: {{ kind: anthropic, base_url: \"{url}\", api_key: k, models: {{ talk: {PRICE} }} }}\n  \
         east: {{ {one}, models: {{ of-east: {PRICE}, shared: {PRICE} }} }}\n  \
         west: {{ {one}, models: {{ of-west: {PRICE}, shared: {PRICE} }} }}\n\
         models:\n  alias: {{ targets: [ {{ provider: claude, model: talk }}, {}, {} ] }}\n",
        target("west"),
        target("east")
    ))
    .await;
    let (_, key) = gateway.make_key(&json!({"name": "app"})).await;
    let (_, narrow) = gateway.make_key(&json!({"name": "narrow", "models": ["west/of-west"]})).await;
    let send = async |models: &[&str]| {
        let lines: Vec<String> = models.iter().map(|model| line("1", model, "hi")).collect();
        gateway.send(upload("/v1/files", "batch", &lines.join("\n")).key(&key)).await
    };
    for (models, wanted) in [
        (&["west/of-west"][..], "west"),
        (&["east/of-east", "east/shared"], "east"),
        (&["alias"], "west"),
        (&["alias", "east/of-east"], "east"),
        (&["alias", "west/of-west", "alias"], "west"),
    ] {
        let answer = send(models).await;
        assert_eq!(answer.ok().header("x-gatewright-provider"), Some(wanted), "{models:?}");
    }
    for (models, number) in
        [(&["west/of-west", "east/of-east"][..], 2), (&["alias", "claude/talk"], 2), (&["claude/talk"], 1)]
    {
        let answer = send(models).await;
        let text = answer.refused(400, "invalid_request").text();
        assert!(text.contains(&format!("line {number} ")) && text.contains("a file of their own"), "{text}");
    }
    let lines = [line("1", "west/of-west", "hi"), line("2", "east/of-east", "hi")].join("\n");
    let answer = gateway.send(upload("/v1/files", "batch", &lines).key(&narrow)).await;
    answer.refused(403, "model_not_allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_provider_with_files_is_said_so() {
    let upstream = Upstream::start().await;
    let config = format!(
        "providers:\n  claude: {{ kind: anthropic, base_url: \"{}\", api_key: upstream-secret-2 }}\n",
        upstream.url()
    );
    let gateway = Gateway::start(&config).await;
    let answer = gateway.send(upload("/v1/files", "user_data", "x").key(MASTER)).await;
    assert!(answer.refused(400, "invalid_request").text().contains("x-gatewright-provider"));
    gateway.send(Call::get("/v1/batches").key(MASTER)).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_of_a_batch_is_judged_and_aliases_become_names() {
    let upstream = Upstream::start().await;
    let (gateway, alice, _) = set_up(&upstream).await;
    let lines = [line("1", "short", "hi"), line("2", "gpt-test", "hi"), line("3", "openai/gpt-test", "hi")];
    store(&gateway, &alice, "batch", &format!("{}\r\n\n", lines.join("\r\n"))).await;
    let wanted: Vec<String> = (1..=3).map(|n| line(&n.to_string(), "gpt-test", "hi")).collect();
    assert_eq!(upstream.last_body(), form("batch", &format!("{}\r\n\n", wanted.join("\r\n"))));

    let policy = json!({"name": "narrow", "models": ["short", "openai/other-*"]});
    let (_, narrow) = gateway.make_key(&policy).await;
    let before = upstream.stats().requests;
    let good = line("1", "short", "hi");
    let stored = good.replace("\"messages\"", "\"previous_response_id\":\"resp_1\",\"messages\"");
    for (key, bad, status, code) in [
        (&narrow, line("2", "gpt-test", "hi"), 403, "model_not_allowed"),
        (&narrow, line("2", "no-such-model", "hi"), 403, "model_not_allowed"),
        (&narrow, line("2", "openai/gpt-test", "hi"), 403, "model_not_allowed"),
        (&alice, line("2", "nobody/no-such-model", "hi"), 404, "model_not_found"),
        (&alice, line("2", "elsewhere", "hi"), 400, "invalid_request"),
        (&alice, line("2", "other/other-model", "hi"), 400, "invalid_request"),
        (&alice, good.replace("/v1/chat/completions", "/v1/files"), 400, "invalid_request"),
        (&alice, stored, 400, "invalid_request"),
        (&alice, "{\"body\":".to_owned(), 400, "invalid_request"),
        (&alice, "{}".to_owned(), 400, "invalid_request"),
    ] {
        let answer = gateway.send(upload("/v1/files", "batch", &format!("{good}\n{bad}\n")).key(key)).await;
        let text = answer.refused(status, code).text();
        assert!(text.contains("line 2"), "{text}");
    }
    let empty = gateway.send(upload("/v1/files", "batch", "\n").key(&alice)).await;
    empty.refused(400, "invalid_request");
    let chatless = json!({"name": "chatless", "endpoints": ["files", "batches", "embeddings"]});
    let (_, chatless) = gateway.make_key(&chatless).await;
    gateway
        .send(upload("/v1/files", "batch", &good).key(&chatless))
        .await
        .refused(403, "endpoint_not_allowed");
    for (content_type, body) in [
        ("application/json", "{}".to_owned()),
        ("multipart/form-data; boundary=XX", form("batch", &good).replace("--XX--", "--XX")),
        ("multipart/form-data; boundary=XX", form("batch", &good).replace("\"purpose\"", "\"Purpose\"")),
    ] {
        let call = Call::new(Method::POST, "/v1/files").header("content-type", content_type).body(body);
        gateway.send(call.key(&alice)).await.refused(400, "invalid_request");
    }
    assert_eq!(upstream.stats().requests, before);
}

async fn begin(gateway: &Gateway, key: &str, file: &str) -> Answer {
    let body = json!({"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"});
    gateway.send(Call::post("/v1/batches", body.to_string()).key(key)).await
}

async fn spent(gateway: &Gateway, name: &str) -> Option<Value> {
    let rows = gateway.rows("/api/v1/usage?group_by=key").await;
    rows.into_iter().find(|row| row["key_name"] == name && row["input_tokens"].as_u64() > Some(0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_its_makers_and_charged_once() {
    let upstream = Upstream::start().await;
    let (gateway, alice, bob) = set_up(&upstream).await;
    let lines = format!("{}\n{}\n", line("1", "short", "hello"), line("2", "short", "hello there"));
    let file = store(&gateway, &alice, "batch", &lines).await;
    begin(&gateway, &bob, &file).await.refused(404, "not_found");
    let batch = id(&begin(&gateway, &alice, &file).await);
    let path = format!("/v1/batches/{batch}");
    for foreign in [Call::get(&path), Call::new(Method::POST, &format!("{path}/cancel"))] {
        gateway.send(foreign.key(&bob)).await.refused(404, "not_found");
    }
    assert_eq!(ids(&gateway, &alice, "/v1/batches").await, std::slice::from_ref(&batch));
    assert!(ids(&gateway, &bob, "/v1/batches?limit=5").await.is_empty());

    let done = eventually("the batch is done", async || {
        let answer = gateway.send(Call::get(&path).key(&alice)).await;
        (answer.ok().json()["status"] == "completed").then(|| answer.json())
    })
    .await;
    let output = done["output_file_id"].as_str().unwrap();
    let content = gateway.send(Call::get(&format!("/v1/files/{output}/content")).key(&alice)).await;
    assert_eq!(content.ok().text().lines().count(), 2);
    assert!(content.text().contains("You said: hello there"));
    gateway.send(Call::get(&format!("/v1/files/{output}/content")).key(&bob)).await.refused(404, "not_found");
    assert!(ids(&gateway, &alice, "/v1/files").await.contains(&output.to_owned()));
    assert!(!ids(&gateway, &bob, "/v1/files").await.contains(&output.to_owned()));

    // Looking again, by whomever, charges nothing again; nor does a restart.
    for key in [&alice, MASTER, &alice] {
        gateway.send(Call::get(&path).key(key)).await.ok();
        gateway.send(Call::get("/v1/batches").key(key)).await.ok();
    }
    let row = eventually("the charge", async || spent(&gateway, "alice").await).await;
    let usage = &done["usage"];
    assert_eq!(
        (&row["input_tokens"], &row["output_tokens"]),
        (&usage["input_tokens"], &usage["output_tokens"])
    );
    let tokens = |name: &str| i128::from(usage[name].as_u64().unwrap());
    let cost = tokens("input_tokens") * 100_000 + tokens("output_tokens") * 200_000;
    assert_eq!(nanos(row["cost_usd"].as_str().unwrap()), cost);
    let records = gateway.rows("/api/v1/logs?limit=1000").await;
    let charges: Vec<&Value> =
        records.iter().filter(|record| record["input_tokens"].as_u64() > Some(0)).collect();
    assert_eq!(charges.len(), 1, "{charges:?}");
    assert_eq!((&charges[0]["format"], &charges[0]["model"]), (&json!("batches"), &json!("short")));

    let gateway = gateway.restart().await;
    gateway.send(Call::get(&path).key(&alice)).await.ok();
    gateway.send(Call::get(&path).key(&bob)).await.refused(404, "not_found");
    let again = eventually("its usage", async || spent(&gateway, "alice").await).await;
    assert_eq!(nanos(again["cost_usd"].as_str().unwrap()), cost);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_counts_for_the_model_that_was_called_whatever_its_answer_calls_it() {
    let upstream = Upstream::start().await;
    let url = upstream.url();
    let config = format!(
        "providers:\n  openai: {{ base_url: \"{url}/v1\", api_key: upstream-secret-1, models: {{ gpt-test: {PRICE} }} }}\n\
         models:\n  short: {{ targets: [ {{ provider: openai, model: gpt-test, budget: {{ limit_usd: 5, period: total, shadow: true }} }} ] }}\n"
    );
    let gateway = Gateway::start(&config).await;
    let (_, alice) = gateway.make_key(&json!({"name": "alice"})).await;
    let file = store(&gateway, &alice, "batch", &line("1", "short", "hello")).await;
    let path = format!("/v1/batches/{}", id(&begin(&gateway, &alice, &file).await));
    let done = eventually("the batch is done", async || {
        let answer = gateway.send(Call::get(&path).key(&alice)).await;
        (answer.ok().json()["status"] == "completed").then(|| answer.json())
    })
    .await;
    assert!(done["model"].as_str().unwrap().starts_with("gpt-test-20"), "{done}");
    let tokens = |name: &str| i128::from(done["usage"][name].as_u64().unwrap());
    let cost = tokens("input_tokens") * 100_000 + tokens("output_tokens") * 200_000;
    let charged = async |gateway: &Gateway| {
        let rows = gateway.rows("/api/v1/budgets?level=deployment").await;
        nanos(rows[0]["spent_usd"].as_str().unwrap())
    };
    assert!(cost > 0);
    assert_eq!(charged(&gateway).await, cost);
    let row = eventually("the charge", async || spent(&gateway, "alice").await).await;
    assert_eq!(nanos(row["cost_usd"].as_str().unwrap()), cost);
    let gateway = gateway.restart().await;
    eventually("it is known after a restart", async || (charged(&gateway).await == cost).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hard_budget_takes_no_batches() {
    let upstream = Upstream::start().await;
    let (gateway, alice, _) = set_up(&upstream).await;
    let policy = json!({"name": "poor", "budget": {"limit_usd": 1, "period": "day"}});
    let (_, poor) = gateway.make_key(&policy).await;
    let file = store(&gateway, &poor, "batch", &line("1", "short", "hi")).await;
    begin(&gateway, &poor, &file).await.refused(402, "budget_exceeded");
    gateway.send(Call::get(&format!("/v1/files/{file}")).key(&poor)).await.ok();
    assert!(ids(&gateway, &poor, "/v1/batches").await.is_empty());
    let other = store(&gateway, &alice, "user_data", "no batch").await;
    begin(&gateway, &alice, &other).await.refused(400, "invalid_request");
    begin(&gateway, &alice, "file-nobodys").await.refused(404, "not_found");
    // The operator's own are nobody else's.
    let masters = store(&gateway, MASTER, "batch", &line("1", "gpt-test", "hi")).await;
    begin(&gateway, &alice, &masters).await.refused(404, "not_found");
    let batch = id(&begin(&gateway, MASTER, &masters).await);
    gateway.send(Call::get(&format!("/v1/batches/{batch}")).key(&alice)).await.refused(404, "not_found");
    let cancelled =
        gateway.send(Call::new(Method::POST, &format!("/v1/batches/{batch}/cancel")).key(MASTER)).await;
    assert_eq!(cancelled.ok().json()["status"], "cancelling");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn azure_has_its_own_paths() {
    let upstream = Upstream::start().await;
    let url = upstream.url();
    let config = format!(
        "providers:\n  east: {{ kind: azure-openai, endpoint: \"{url}\", api_key: k, api_version: \"2024-10-21\" }}\n  \
         new: {{ kind: azure-openai, endpoint: \"{url}\", api_key: k, api_version: v1 }}\n"
    );
    let gateway = Gateway::start(&config).await;
    let call = |name: &str| {
        Call::get("/openai/files?api-version=2099-01-01&limit=3").header("x-gatewright-provider", name)
    };
    gateway.send(call("east").key(MASTER)).await.ok();
    let seen = upstream.emulator().requests(1).pop().unwrap();
    assert_eq!((&*seen.path, &*seen.query), ("/openai/files", "api-version=2024-10-21&limit=3"));
    gateway.send(call("new").key(MASTER)).await.ok();
    let seen = upstream.emulator().requests(1).pop().unwrap();
    assert_eq!((&*seen.path, &*seen.query), ("/openai/v1/files", "limit=3"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usual_calls_are_as_before() {
    let upstream = Upstream::start().await;
    let (gateway, alice, _) = set_up(&upstream).await;
    let file = store(&gateway, &alice, "user_data", "x").await;
    let mut own = chat("short", "hi");
    own["metadata"] = json!({"file_id": file});
    for body in [chat("short", "my file_id is file-1, caf\u{e9}"), own] {
        gateway.send(Call::chat(&body).key(&alice)).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_files_of_requests_are_read_too() {
    let upstream = Upstream::start().await;
    let (gateway, alice, _) = set_up(&upstream).await;
    let text = "x".repeat(400);
    let lines: Vec<String> = (0..2000).map(|n| line(&n.to_string(), "short", &text)).collect();
    store(&gateway, &alice, "batch", &lines.join("\n")).await;
    let seen = String::from_utf8(upstream.last_body().to_vec()).unwrap();
    assert_eq!((seen.matches("\"gpt-test\"").count(), seen.matches("\"short\"").count()), (2000, 0));
    let bad = format!("{}\n{}", lines.join("\n"), line("x", "elsewhere", "hi"));
    let answer = gateway.send(upload("/v1/files", "batch", &bad).key(&alice)).await;
    assert!(answer.refused(400, "invalid_request").text().contains("line 2001"), "{}", answer.text());
}
