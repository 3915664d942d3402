//! What a provider keeps is in the account that it was made in: later calls about it carry the same credential.

use super::reply;
use crate::support::scripted::Scripted;
use crate::support::{Call, Gateway, MASTER};
use http::Method;
use serde_json::{Value, json};

/// A provider with two accounts, whose names stand in their keys and in the ids of what they keep. What is the other
/// account's is not there.
async fn upstream() -> Scripted {
    Scripted::by_request(|number, seen| {
        let own = if seen.header("authorization") == Some("Bearer key-of-east") { "east" } else { "west" };
        let other = if own == "east" { "west" } else { "east" };
        if seen.path.contains(other) || seen.body.contains(other) {
            return reply("404 Not Found", r#"{"error":{"message":"No such thing","type":"t","code":"c"}}"#);
        }
        let path = seen.path.split('?').next().unwrap_or_default();
        let kind = path.trim_start_matches("/v1/").split('/').next().unwrap_or_default();
        let prefix = match kind {
            "files" => "file-",
            "batches" => "batch_",
            "responses" => "resp_",
            _ => "vs_",
        };
        let known = path.split('/').find(|segment| segment.contains(own));
        let id = known.map_or_else(|| format!("{prefix}{own}{number}"), str::to_owned);
        let answer = json!({
            "id": id, "object": kind, "status": "completed", "model": "m", "output": [], "created_at": 1,
            "data": [], "has_more": false, "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        });
        reply("200 OK", &answer.to_string())
    })
    .await
}

async fn set_up(upstream: &Scripted) -> (Gateway, String) {
    let gateway = Gateway::start(&config(upstream, "west")).await;
    let (_, key) = gateway
        .make_key(&json!({"name": "app", "endpoints": [
            "chat", "files", "batches", "passthrough"
        ]}))
        .await;
    (gateway, key)
}

fn config(upstream: &Scripted, second: &str) -> String {
    format!(
        "providers:\n  openai:\n    base_url: \"{}/v1\"\n    credentials:\n      east: {{ api_key: key-of-east }}\n      \
         {second}: {{ api_key: key-of-{second} }}\n",
        upstream.url()
    )
}

fn upload() -> Call {
    let line =
        json!({"custom_id": "1", "url": "/v1/chat/completions", "body": {"model": "m", "messages": []}});
    Call::new(Method::POST, "/v1/files").header("content-type", "multipart/form-data; boundary=XX").body(
        format!(
            "--XX\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--XX\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{line}\r\n--XX--\r\n"
        ),
    )
}

/// Makes eight of them, so that surely both accounts have some; their ids.
async fn make(gateway: &Gateway, key: &str, call: impl Fn() -> Call) -> Vec<String> {
    let mut ids = Vec::new();
    while ids.len() < 8
        || !["east", "west"].iter().all(|name| ids.iter().any(|id: &String| id.contains(name)))
    {
        let answer = gateway.send(call().key(key)).await;
        ids.push(answer.ok().json()["id"].as_str().unwrap().to_owned());
    }
    ids
}

fn post(path: &str, body: &Value) -> Call {
    Call::post(path, body.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn later_calls_go_to_the_account_that_has_it() {
    let upstream = upstream().await;
    let (gateway, key) = set_up(&upstream).await;
    let responses = json!({"model": "openai/m", "input": "hi"});
    let files = make(&gateway, &key, upload).await;
    let answers = make(&gateway, &key, || post("/v1/responses", &responses)).await;
    let stores = make(&gateway, &key, || post("/passthrough/openai/v1/vector_stores", &json!({}))).await;
    let gateway = gateway.restart().await;
    for who in [key.as_str(), MASTER] {
        let mut calls = Vec::new();
        for file in &files {
            calls.push(Call::get(&format!("/v1/files/{file}")));
            calls.push(Call::get(&format!("/passthrough/openai/v1/files/{file}/content")));
            let batch = json!({"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"});
            calls.push(post("/v1/batches", &batch));
            calls.push(post("/passthrough/openai/v1/things", &json!({"training_file": file})));
            calls.push(Call::get(&format!("/v1/files?after={file}")));
        }
        for answer in &answers {
            calls.push(Call::get(&format!("/v1/responses/{answer}")));
            let mut next = responses.clone();
            next["previous_response_id"] = answer.as_str().into();
            calls.push(post("/v1/responses", &next));
            next["model"] = "m".into();
            calls.push(post("/passthrough/openai/v1/responses", &next));
        }
        for store in &stores {
            calls.push(Call::get(&format!("/passthrough/openai/v1/vector_stores/{store}/files")));
        }
        for call in calls {
            let path = call.parts().1.to_owned();
            let answer = gateway.send(call.key(who)).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        }
    }
    let of = |name: &str| files.iter().find(|id| id.contains(name)).unwrap();
    let split = json!({"files": [of("east"), of("west")]});
    let answer = gateway.send(post("/passthrough/openai/v1/things", &split).key(&key)).await;
    assert!(
        answer.refused(400, "invalid_request").text().contains("different accounts"),
        "{}",
        answer.text()
    );
    // What is left of the accounts is not asked for what another one has.
    gateway.write_config(&config(&upstream, "north"));
    let gateway = gateway.restart().await;
    gateway.send(Call::get(&format!("/v1/files/{}", of("east"))).key(&key)).await.ok();
    for path in [
        format!("/v1/files/{}", of("west")),
        format!("/v1/responses/{}", answers.iter().find(|id| id.contains("west")).unwrap()),
    ] {
        let answer = gateway.send(Call::get(&path).key(&key)).await;
        assert!(answer.refused(503, "no_healthy_target").text().contains("'west'"), "{}", answer.text());
    }
}

/// What a conversation holds is written out in the next turn, whichever accounts its turns were made in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_items_of_several_accounts_go_on() {
    let upstream = Scripted::by_request(|number, seen| {
        let own = if seen.header("authorization") == Some("Bearer key-of-east") { "east" } else { "west" };
        let content = json!([{"type": "output_text", "text": "hi", "annotations": []}]);
        let item = json!({
            "type": "message", "id": format!("msg_{own}{number}"), "role": "assistant", "status": "completed",
            "content": content
        });
        let answer = json!({
            "id": format!("resp_{own}{number}"), "object": "response", "status": "completed", "model": "m",
            "output": [item], "created_at": 1,
            "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        });
        reply("200 OK", &answer.to_string())
    })
    .await;
    let (gateway, key) = set_up(&upstream).await;
    let mut items: Vec<Value> = Vec::new();
    while !["east", "west"].iter().all(|name| items.iter().any(|item| item["id"].to_string().contains(name)))
    {
        let body = json!({"model": "openai/m", "input": "hi"});
        let answer = gateway.send(post("/v1/responses", &body).key(&key)).await.ok().json();
        items.push(answer["output"][0].clone());
    }
    let mut input = items.clone();
    input.push(
        json!({"role": "user", "content": [{"type": "input_file", "file_data": "x", "filename": "file_id"}]}),
    );
    for (path, model) in [("/v1/responses", "openai/m"), ("/passthrough/openai/v1/responses", "m")] {
        let body = json!({"model": model, "input": input});
        gateway.send(post(path, &body).key(&key)).await.ok();
        let (_, other) = gateway.make_key(&json!({"name": path, "endpoints": ["chat", "passthrough"]})).await;
        gateway.send(post(path, &body).key(&other)).await.refused(404, "not_found");
    }
}
