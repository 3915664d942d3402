//! Vertex AI: models in their makers' formats, tokens of the metadata server, keys.

use super::{TokenServer, reply};
use crate::support::scripted::{STREAM_HEAD, Scripted, Step};
use crate::support::speaking::{self, Format, TEXT};
use crate::support::{Call, Gateway, MASTER};
use serde_json::{Value, json};

/// Answers by the path, as Vertex AI does.
async fn vertex() -> Scripted {
    Scripted::by_request(|_, seen| {
        let path = &seen.path;
        let events = |format| [STREAM_HEAD.as_bytes(), &speaking::frames(format).concat()].concat();
        if path.ends_with(":streamRawPredict") {
            vec![Step::Send(events(Format::Messages))]
        } else if path.ends_with(":streamGenerateContent?alt=sse") {
            vec![Step::Send(events(Format::Gemini))]
        } else if path.ends_with("claude-broke:rawPredict") {
            let body =
                json!({"error": {"code": 400, "message": "no such thing", "status": "INVALID_ARGUMENT"}});
            reply("400 Bad Request", &body.to_string())
        } else if path.ends_with(":rawPredict") && path.contains("/anthropic/") {
            reply("200 OK", &speaking::whole(Format::Messages))
        } else if path.ends_with(":generateContent") {
            reply("200 OK", &speaking::whole(Format::Gemini))
        } else {
            reply("200 OK", &speaking::whole(Format::Chat))
        }
    })
    .await
}

async fn set_up() -> (TokenServer, Scripted, Gateway) {
    let tokens = TokenServer::oauth(0).await;
    let upstream = vertex().await;
    let config = format!(
        "providers:\n  v: {{ kind: vertex, base_url: \"{}\", project: p, identity: metadata, token_endpoint: \"{}\" }}\n",
        upstream.url(),
        tokens.url()
    );
    let gateway = Gateway::start(&config).await;
    (tokens, upstream, gateway)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_caller_reaches_every_model_in_its_makers_format() {
    let (tokens, upstream, gateway) = set_up().await;
    let models = [
        ("v/gemini-x", "publishers/google/models/gemini-x:"),
        ("v/claude-x@2025", "publishers/anthropic/models/claude-x@2025:"),
        ("v/meta/llama-maas", "endpoints/openapi/chat/completions"),
    ];
    for format in [Format::Chat, Format::Messages, Format::Gemini, Format::Responses, Format::Converse] {
        for (model, path) in models {
            // The scripted open model answers whole only.
            for stream in [false, true].into_iter().filter(|stream| !stream || !model.contains("llama")) {
                let answer = gateway.send(format.call(model, stream).key(MASTER)).await;
                let text = match stream {
                    true => format.streamed(&answer.ok().body),
                    false => format.text_of(&answer.ok().json()),
                };
                assert_eq!(text, TEXT, "{format:?} {model} {stream}");
                let seen = upstream.last();
                let wanted = format!("/v1/projects/p/locations/global/{path}");
                assert!(seen.path.starts_with(&wanted), "{format:?}: {}", seen.path);
                assert_eq!(seen.header("authorization"), Some("Bearer token-1"));
                if path.contains("claude") {
                    let body: Value = serde_json::from_str(&seen.body).unwrap();
                    assert_eq!(body["anthropic_version"], "vertex-2023-10-16", "{body}");
                    assert!(body.get("model").is_none() && seen.header("anthropic-version").is_none());
                }
            }
        }
    }
    assert_eq!(tokens.asked(), 1);
    assert_eq!(tokens.scripted.last().path, "/computeMetadata/v1/instance/service-accounts/default/token");
    assert_eq!(tokens.scripted.last().header("metadata-flavor"), Some("Google"));
    let record = gateway.send(Format::Messages.call("v/gemini-x", false).key(MASTER)).await;
    let record = gateway.record(&record.request_id()).await;
    assert_eq!(
        (&record["provider"], &record["upstream_model"]),
        (&"v".into(), &"gemini-x".into()),
        "{record}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn googles_error_reaches_claudes_caller_in_claudes_words() {
    let (_tokens, _upstream, gateway) = set_up().await;
    let answer = gateway.send(Format::Messages.call("v/claude-broke", false).key(MASTER)).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    let body = answer.json();
    assert_eq!(
        (&body["type"], &body["error"]["message"]),
        (&"error".into(), &"no such thing".into()),
        "{body}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_are_those_of_the_catalogue() {
    let (_tokens, _upstream, gateway) = set_up().await;
    for model in ["v/gemini-2.5-flash", "v/claude-sonnet-4-5@20250929", "v/anthropic/claude-sonnet-4-5"] {
        let answer = gateway.send(Format::Chat.call(model, false).key(MASTER)).await;
        let cost = answer.ok().header("x-gatewright-cost-usd").unwrap().to_owned();
        assert!(crate::support::gateway::nanos(&cost) > 0, "{model}: {cost}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_express_key_needs_no_project() {
    let upstream = vertex().await;
    let config = format!("providers:\n  vertex: {{ base_url: \"{}\", api_key: AIza-key }}\n", upstream.url());
    let gateway = Gateway::start(&config).await;
    gateway.send(Format::Chat.call("vertex/gemini-x", false).key(MASTER)).await.ok();
    let seen = upstream.last();
    assert_eq!(seen.path, "/v1/publishers/google/models/gemini-x:generateContent");
    assert_eq!((seen.header("x-goog-api-key"), seen.header("authorization")), (Some("AIza-key"), None));
    let answer = gateway.send(Call::get("/v1/models").key(MASTER)).await;
    assert!(answer.text().contains("vertex/gemini-2.5-pro"));
}
