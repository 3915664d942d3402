//! Targets and tries: what moves a call on, what it waits for, what the caller learns.

use super::support::scripted::{Scripted, Step};
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, chat_stream};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A gateway with these aliases (indented YAML) besides the two providers and one that nobody answers at.
async fn set_up(models: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = format!(
        "{}  nobody: {{ kind: openai-compatible, base_url: \"http://{nobody}/v1\" }}\nmodels:\n{models}",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

async fn ask(gateway: &Gateway, model: &str) -> Answer {
    gateway.send(Call::chat(&chat(model, "hi")).key(MASTER)).await
}

/// An alias with a first target that fails and one that works.
fn fallback(name: &str, provider: &str, model: &str) -> String {
    format!(
        "  {name}:\n    targets: [{{ provider: {provider}, model: {model} }}, {{ provider: claude, model: chat-model }}]\n    \
         retry: {{ attempts: 1 }}\n    timeout: {{ first_byte_ms: 300, connect_ms: 1000 }}\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_move_a_call_to_the_next_target() {
    let faults =
        ["fault-429", "fault-500", "fault-503", "fault-529", "fault-401", "fault-hang", "fault-disconnect"];
    let mut models: String = faults.iter().map(|fault| fallback(fault, "up", fault)).collect();
    models.push_str(&fallback("unreachable", "nobody", "any"));
    let (_upstream, gateway) = set_up(&models).await;
    for name in faults.iter().copied().chain(["unreachable"]) {
        for stream in [false, true] {
            let body = if stream { chat_stream(name, "hi") } else { chat(name, "hi") };
            let answer = gateway.send(Call::chat(&body).key(MASTER)).await;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
            // Who asked for a pause, or refused our credential, is left alone.
            let is_known = stream && ["fault-429", "fault-401"].contains(&name);
            let attempts = if is_known { "1" } else { "2" };
            assert_eq!(answer.header("x-gatewright-attempts"), Some(attempts), "{name}");
            assert_eq!(answer.header("x-gatewright-failed-attempts").is_some(), attempts == "2", "{name}");
            assert_eq!(answer.header("x-gatewright-provider"), Some("claude"), "{name}");
            assert_eq!(answer.header("x-gatewright-upstream-model"), Some("chat-model"), "{name}");
            assert_eq!(answer.header("x-gatewright-model"), Some(name));
        }
    }
    let answer = ask(&gateway, "fault-500").await;
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!((&record["attempts"], &record["outcome"]), (&2.into(), &"success".into()), "{record}");
    assert_eq!((&record["provider"], &record["model"]), (&"claude".into(), &"fault-500".into()), "{record}");
}

/// An answer of which the caller has nothing yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_can_not_be_read_move_a_call_to_the_next_target() {
    let models = ["up", "claude"].map(|first| {
        format!(
            "  {first}-first: {{ targets: [{{ provider: {first}, model: broken-model }}, \
             {{ provider: up, model: chat-model }}] }}\n  \
             {first}-only: {{ targets: [{{ provider: {first}, model: broken-model }}] }}\n"
        )
    });
    let (upstream, gateway) = set_up(&models.concat()).await;
    for (fault, reason) in [("malformed-json", "malformed"), ("cut-after-bytes=40", "cut")] {
        upstream.faults("broken-model", fault, None);
        for first in ["up", "claude"] {
            let answer = ask(&gateway, &format!("{first}-first")).await;
            answer.ok();
            assert_eq!(answer.header("x-gatewright-attempts"), Some("2"), "{fault} {first}");
            assert_eq!(answer.header("x-gatewright-upstream-model"), Some("chat-model"), "{fault} {first}");
            let record = gateway.record(&answer.request_id()).await;
            assert_eq!(record["outcome"], "success", "{fault} {first}: {record}");
            assert_eq!(record["tries"][0]["reason"], reason, "{fault} {first}: {record}");
            assert_eq!(record["tries"][0]["usage_source"], "estimated", "{fault} {first}: {record}");
            ask(&gateway, &format!("{first}-only")).await.refused(502, "upstream_error");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_wrong_is_wrong_everywhere() {
    let codes = [400, 404, 409, 413, 422];
    let models: String =
        codes.iter().map(|code| fallback(&format!("fault-{code}"), "up", &format!("fault-{code}"))).collect();
    let (upstream, gateway) = set_up(&models).await;
    for code in codes {
        let before = upstream.stats().requests;
        let answer = ask(&gateway, &format!("fault-{code}")).await;
        assert_eq!(answer.status, code, "{}", answer.text());
        assert_eq!(answer.header("x-gatewright-attempts"), Some("1"));
        assert!(answer.json()["error"]["message"].is_string(), "{}", answer.text());
        assert_eq!(upstream.stats().requests, before + 1, "{code} was tried again");
        let translated =
            gateway.send(Call::messages(&chat(&format!("fault-{code}"), "hi")).key(MASTER)).await;
        assert_eq!((translated.status.as_u16(), &translated.json()["type"]), (code, &"error".into()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_target_is_tried_again_and_retry_after_is_honoured() {
    let models =
        "  one: { targets: [{ provider: up, model: chat-model }], retry: { attempts: 3, backoff_ms: 20 } }\n";
    let (upstream, gateway) = set_up(models).await;
    upstream.faults("chat-model", "status=500", Some(2));
    let answer = ask(&gateway, "one").await;
    answer.ok();
    assert_eq!(answer.header("x-gatewright-attempts"), Some("3"));

    upstream.faults("chat-model", "status=429;retry-after=1", Some(1));
    let started = Instant::now();
    let answer = ask(&gateway, "one").await;
    answer.ok();
    assert_eq!(answer.header("x-gatewright-attempts"), Some("2"));
    assert!(started.elapsed() >= Duration::from_millis(990), "it did not wait: {:?}", started.elapsed());

    // A longer wait than the policy allows is the caller's to decide on.
    upstream.faults("chat-model", "status=429;retry-after=77", None);
    let answer = ask(&gateway, "one").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (429, Some("77")),
        "{}",
        answer.text()
    );
    upstream.faults("chat-model", "status=500", None);
    let answer = ask(&gateway, "one").await;
    answer.refused(502, "upstream_error");
    assert_eq!(answer.header("x-gatewright-attempts"), Some("3"));
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!((&record["outcome"], &record["status"]), (&"upstream_error".into(), &502.into()), "{record}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weights_share_the_traffic() {
    let models = "  shared:\n    strategy: weighted\n    targets:\n      \
        - { provider: up, model: heavy, weight: 3 }\n      - { provider: up, model: light, weight: 1 }\n      \
        - { provider: up, model: never, weight: 0 }\n";
    let (_upstream, gateway) = set_up(models).await;
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..200 {
        let answer = ask(&gateway, "shared").await;
        *counts.entry(answer.header("x-gatewright-upstream-model").unwrap().to_owned()).or_default() += 1;
    }
    // 150 are expected; 110 and 185 are over five standard deviations away.
    assert!((110..185).contains(&counts["heavy"]), "{counts:?}");
    assert_eq!((counts["heavy"] + counts["light"], counts.get("never")), (200, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_limits_end_in_504() {
    let short = "retry: { attempts: 1 }, timeout";
    let models = format!(
        "  first-byte: {{ targets: [{{ provider: up, model: fault-hang }}], {short}: {{ first_byte_ms: 150 }} }}\n  \
         total: {{ targets: [{{ provider: up, model: fault-hang }}], retry: {{ attempts: 9, backoff_ms: 1 }}, \
         timeout: {{ first_byte_ms: 100, total_ms: 350 }} }}\n  \
         idle: {{ targets: [{{ provider: up, model: fault-stall }}], {short}: {{ idle_ms: 200 }} }}\n"
    );
    let (upstream, gateway) = set_up(&models).await;
    let started = Instant::now();
    let first_byte = ask(&gateway, "first-byte").await;
    first_byte.refused(504, "upstream_timeout");
    let total = ask(&gateway, "total").await;
    total.refused(504, "upstream_timeout");
    let idle = ask(&gateway, "idle").await;
    idle.refused(504, "upstream_timeout");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let stream = gateway.send(Call::chat(&chat_stream("idle", "hi")).key(MASTER)).await;
    let error = super::support::sse::error(&stream.body).expect("an error event");
    assert_eq!(error["code"], "upstream_timeout", "{}", stream.text());
    upstream.is_quiet_within(Duration::from_secs(2)).await;
    for answer in [first_byte, total, idle] {
        let record = gateway.record(&answer.request_id()).await;
        assert_eq!(record["outcome"], "upstream_error", "{record}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_with_our_own_credential_is_not_the_callers() {
    let models: String = [401, 402, 403]
        .iter()
        .map(|code| format!("  bad-{code}: {{ targets: [{{ provider: up, model: fault-{code} }}] }}\n"))
        .collect();
    let (_upstream, gateway) = set_up(&models).await;
    for code in [401, 402, 403] {
        let answer = ask(&gateway, &format!("bad-{code}")).await;
        answer.refused(502, "upstream_error");
        let text = answer.text().to_lowercase();
        assert!(!text.contains("emulat") && !text.contains("fault-"), "the upstream's words leaked: {text}");
        assert!(!text.contains("upstream-secret"), "{text}");
    }
    let answer = ask(&gateway, "nobody/any").await;
    answer.refused(502, "upstream_error");
    assert!(!answer.text().contains("127.0.0.1"), "addresses are ours: {}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_resolve_as_documented() {
    let models = "  chat-model: { targets: [{ provider: up, model: aliased }] }\n";
    let (_upstream, gateway) = set_up(models).await;
    let upstream_model =
        |answer: &Answer| answer.header("x-gatewright-upstream-model").unwrap_or("-").to_owned();
    assert_eq!(upstream_model(&ask(&gateway, "chat-model").await), "aliased", "aliases go first");
    assert_eq!(upstream_model(&ask(&gateway, "up/chat-model").await), "chat-model");
    assert_eq!(
        upstream_model(&ask(&gateway, "up/org/model:8b").await),
        "org/model:8b",
        "ids may hold slashes"
    );
    let unknown = ask(&gateway, "chat-modle").await;
    unknown.refused(404, "model_not_found");
    assert!(unknown.text().contains("chat-modle"), "{}", unknown.text());
    let azure = Call::post(
        "/openai/deployments/chat-model/chat/completions?api-version=2024-10-21",
        chat("x", "hi").to_string(),
    );
    assert_eq!(upstream_model(&gateway.send(azure.header("api-key", MASTER)).await), "aliased");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn azure_has_its_own_paths_and_header() {
    let upstream = Upstream::start().await;
    let config = format!(
        "providers:\n  az: {{ kind: azure-openai, endpoint: \"{}\", api_key: azure-secret, api_version: 2024-10-21 }}\n",
        upstream.url()
    );
    let gateway = Gateway::start(&config).await;
    ask(&gateway, "az/my-deployment").await.ok();
    let seen = upstream.emulator().requests(1).pop().unwrap();
    assert_eq!(seen.path, "/openai/deployments/my-deployment/chat/completions");
    assert_eq!(seen.query, "api-version=2024-10-21");
    assert_eq!(seen.headers["api-key"], "azure-secret");
    assert!(!seen.headers.contains_key("authorization"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_make_no_sense_are_an_upstream_error() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    for fault in ["malformed-json", "cut-after-bytes=40", "wrong-usage=negative", "wrong-usage=text"] {
        upstream.faults("chat-model", fault, None);
        for call in [Call::chat(&chat("up/chat-model", "hi")), Call::messages(&chat("up/chat-model", "hi"))] {
            let answer = gateway.send(call.key(MASTER)).await;
            let record = gateway.record(&answer.request_id()).await;
            if fault.starts_with("wrong-usage") {
                answer.ok();
                assert_eq!(
                    (&record["outcome"], &record["usage_source"]),
                    (&"success".into(), &"estimated".into()),
                    "{fault}: {record}"
                );
            } else {
                answer.refused(502, "upstream_error");
                assert_eq!(record["outcome"], "upstream_error", "{fault}: {record}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirects_are_not_followed() {
    let target = Upstream::start().await;
    let location = format!("{}/v1/chat/completions", target.url());
    let head =
        format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    let upstream = Scripted::start(move |_| vec![Step::Send(head.clone().into_bytes())]).await;
    let gateway = Gateway::start(&upstream.provider()).await;
    let answer = ask(&gateway, "up/chat-model").await;
    answer.refused(502, "upstream_error");
    assert_eq!((answer.header("location"), target.stats().requests), (None, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_cannot_express_a_request_is_passed_over() {
    let models = "  claude-first: { targets: [{ provider: claude, model: chat-model }, { provider: up, model: chat-model }] }\n  \
                  claude-last: { targets: [{ provider: nobody, model: any }, { provider: claude, model: chat-model }] }\n  \
                  claude-only: { targets: [{ provider: claude, model: chat-model }] }\n";
    let (_upstream, gateway) = set_up(models).await;
    let send = async |name: &str| {
        let mut body = chat(name, "hi");
        body["logprobs"] = true.into();
        gateway.send(Call::chat(&body).key(MASTER)).await
    };
    let answer = send("claude-first").await;
    answer.ok();
    assert_eq!(answer.header("x-gatewright-provider"), Some("up"));
    assert_eq!(answer.header("x-gatewright-attempts"), Some("1"));
    send("claude-only").await.refused(400, "unsupported_parameter");
    // What a target that was tried had to say matters more.
    let answer = send("claude-last").await;
    assert_eq!(answer.status, 502, "{}", answer.text());
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!(record["outcome"], "upstream_error", "{record}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_providers_model_is_not_sent_to_the_native_one() {
    let upstream = Upstream::start().await;
    let config = format!(
        "providers:\n  openai: {{ base_url: \"{}/v1\", api_key: upstream-secret-1 }}\n",
        upstream.url()
    );
    let gateway = Gateway::start(&config).await;
    let unlisted = ask(&gateway, "a-model-from-tomorrow").await;
    unlisted.ok();
    let foreign = ask(&gateway, "elsewhere/model").await;
    foreign.refused(404, "model_not_found");
    assert_eq!(upstream.stats().requests, 1);
}
