//! Mistral and Ollama, which speak OpenAI's format with ways of their own.

use super::answering;
use crate::support::scripted::{Scripted, stream};
use crate::support::speaking::{self, Format, TEXT};
use crate::support::{Call, Gateway, MASTER};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mistral_is_not_asked_for_what_it_refuses() {
    let frames = speaking::frames(Format::Chat).concat();
    let upstream = Scripted::start(move |_| stream(&frames)).await;
    let config = format!(
        "providers:\n  le-chat: {{ kind: mistral, base_url: \"{}/v1\", api_key: mk }}\n",
        upstream.url()
    );
    let gateway = Gateway::start(&config).await;
    let body = json!({"model": "le-chat/mistral-x", "stream": true, "stream_options": {"include_usage": true}, "max_completion_tokens": 5, "seed": 1,
        "messages": [{"role": "user", "content": "hi"}]});
    let answer = gateway.send(Call::chat(&body).key(MASTER)).await;
    assert_eq!(Format::Chat.streamed(&answer.ok().body), TEXT);
    let seen = upstream.last();
    assert_eq!((&*seen.path, seen.header("authorization")), ("/v1/chat/completions", Some("Bearer mk")));
    let sent: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!((&sent["max_tokens"], &sent["random_seed"]), (&5.into(), &1.into()), "{sent}");
    for absent in ["stream_options", "max_completion_tokens", "seed"] {
        assert!(sent.get(absent).is_none(), "{sent}");
    }
    let answer = gateway.send(Format::Messages.call("le-chat/mistral-x", true).key(MASTER)).await;
    assert_eq!(Format::Messages.streamed(&answer.ok().body), TEXT);
    assert!(!upstream.last().body.contains("stream_options"), "{}", upstream.last().body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ollama_needs_no_key() {
    let upstream = answering(Format::Chat).await;
    let config = format!(
        "providers:\n  ollama: {{ base_url: \"{0}/v1\" }}\n  mine: {{ kind: ollama, base_url: \"{0}/v1\", api_key: k }}\n",
        upstream.url()
    );
    let gateway = Gateway::start(&config).await;
    gateway.send(Format::Chat.call("ollama/llama3:8b", false).key(MASTER)).await.ok();
    let seen = upstream.last();
    assert_eq!((&*seen.path, seen.header("authorization")), ("/v1/chat/completions", None));
    gateway.send(Format::Chat.call("mine/llama3:8b", false).key(MASTER)).await.ok();
    assert_eq!(upstream.last().header("authorization"), Some("Bearer k"));
}
