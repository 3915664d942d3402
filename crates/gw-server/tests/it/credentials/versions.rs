//! Both versions of Anthropic's API, with either header for the key.

use super::answering;
use crate::support::speaking::{Format, TEXT};
use crate::support::{Call, Gateway, KEY};

const VERSIONS: [&str; 2] = ["2023-06-01", "2026-10-21"];

fn calls(model: &str, version: &str) -> [Call; 2] {
    let call = || {
        let body = Format::Messages.body(model, false).to_string();
        Call::post("/v1/messages", body).header("anthropic-version", version)
    };
    [call().key(KEY), call().header("x-api-key", KEY)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_callers_version_goes_on_or_the_one_that_is_pinned() {
    let upstream = answering(Format::Messages).await;
    let openai = answering(Format::Chat).await;
    let config = format!(
        "providers:\n  free: {{ kind: anthropic, base_url: \"{0}\", api_key: k }}\n  \
         pinned: {{ kind: anthropic, base_url: \"{0}\", api_key: k, api_version: \"2023-06-01\" }}\n  \
         other: {{ kind: openai-compatible, base_url: \"{1}/v1\", api_key: k }}\n\
         keys:\n  - {{ name: caller, key: {KEY} }}\n",
        upstream.url(),
        openai.url()
    );
    let gateway = Gateway::start(&config).await;
    for version in VERSIONS {
        for call in calls("free/m", version) {
            gateway.send(call).await.ok();
            let seen = upstream.last();
            assert_eq!(seen.header("anthropic-version"), Some(version));
            assert_eq!((seen.header("x-api-key"), seen.header("authorization")), (Some("k"), None));
        }
        for call in calls("pinned/m", version) {
            gateway.send(call).await.ok();
            assert_eq!(upstream.last().header("anthropic-version"), Some("2023-06-01"));
        }
        for call in calls("other/m", version) {
            let answer = gateway.send(call).await;
            assert_eq!(Format::Messages.text_of(&answer.ok().json()), TEXT);
            assert_eq!(openai.last().header("anthropic-version"), None);
        }
    }
    // Whatever an OpenAI client says of versions, what we translate is of the one we write.
    let call = Format::Chat.call("free/m", false).key(KEY).header("anthropic-version", "2026-10-21");
    gateway.send(call).await.ok();
    assert_eq!(upstream.last().header("anthropic-version"), Some("2023-06-01"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_new_version_refuses_is_refused_for_other_providers_too() {
    let openai = answering(Format::Chat).await;
    let config = format!(
        "providers:\n  other: {{ kind: openai-compatible, base_url: \"{}/v1\", api_key: k }}\n\
         keys:\n  - {{ name: caller, key: {KEY} }}\n",
        openai.url()
    );
    let gateway = Gateway::start(&config).await;
    for member in ["temperature", "top_p", "top_k"] {
        for version in VERSIONS {
            let mut body = Format::Messages.body("other/m", false);
            body[member] = 1.into();
            let call = Call::post("/v1/messages", body.to_string()).header("anthropic-version", version);
            let answer = gateway.send(call.header("x-api-key", KEY)).await;
            if version == "2026-10-21" {
                assert_eq!(answer.status, 400, "{member}: {}", answer.text());
                let error = answer.json();
                assert_eq!(
                    (&error["type"], &error["error"]["type"]),
                    (&"error".into(), &"invalid_request_error".into())
                );
                assert!(error["error"]["message"].as_str().unwrap().contains(member), "{error}");
            } else if member != "top_k" {
                answer.ok();
            }
        }
    }
}
