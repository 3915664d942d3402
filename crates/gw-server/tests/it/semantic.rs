//! Semantic routes: with real weights in every format, and with a provider's model that works, fails, is slow or answers
//! with other vectors than before. Weights are looked for where `docs/guides/embeddings-in-process.md` says.

#[path = "../../../gw-embed/testdata/weights.rs"]
pub(crate) mod real_weights;

use super::support::gateway::run;
use super::support::scripted::{Scripted, Step};
use super::support::speaking::Format;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually};
use std::time::{Duration, Instant};

const CHOICES: &str = "gatewright_semantic_choices_total";

#[track_caller]
fn went_to(answer: &Answer, model: &str) {
    answer.ok();
    assert_eq!(answer.header("x-gatewright-upstream-model"), Some(model));
}

async fn ask(gateway: &Gateway, model: &str, text: &str) -> Answer {
    gateway.send(Call::chat(&chat(model, text)).key(MASTER)).await
}

/// How many prompts came to that.
async fn count(gateway: &Gateway, model: &str, outcome: &str) -> f64 {
    gateway.metric(&format!("{CHOICES}{{model=\"{model}\",outcome=\"{outcome}\"}}")).await
}

/// Until so many groups have their utterances' vectors.
async fn are_ready(gateway: &Gateway, groups: usize) {
    eventually("the utterances are ready", async || {
        (gateway.log().matches("utterances of a semantic route are ready").count() >= groups).then_some(())
    })
    .await;
}

const TARGETS: &str = "
    targets:
      - provider: up
        model: code
        utterances: [Why does this Python function raise an IndexError?, Write a SQL query that joins two tables, Refactor this class]
      - provider: up
        model: sums
        utterances: [What is the derivative of x squared?, Solve this equation for x, Prove that the sum of two even numbers is even]
      - { provider: up, model: others }
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_weights_find_the_target_in_every_format() {
    let Some(weights) = real_weights::folder("embed-model") else { return };
    let upstream = Upstream::start().await;
    let config = format!(
        "{}embeddings: {{ model_dir: '{}', precision: int8 }}\nmodels:\n  route:\n    strategy: semantic\n    semantic: \
         {{ threshold: 0.3, timeout_ms: 20000 }}{TARGETS}  nested:\n    targets:\n      - strategy: semantic\n        \
         semantic: {{ threshold: 0.2, timeout_ms: 20000 }}\n        targets: [{{ model: route, description: \
         Mathematics with derivatives and proofs }}, {{ provider: claude, model: chat-model }}]\n",
        upstream.providers(),
        weights.display()
    );
    let gateway = Gateway::start(&config).await;
    // The route, the route within the other, and the other.
    are_ready(&gateway, 3).await;
    let cases = [
        ("Why does my Python code raise a KeyError?", "code"),
        ("What is the derivative of x cubed?", "sums"),
        ("What shall I cook for dinner tonight?", "others"),
    ];
    for (prompt, model) in cases {
        for format in Format::ALL {
            for stream in [false, true] {
                let call = format.call("route", stream);
                let body = String::from_utf8(call.sent_body().to_vec()).unwrap();
                let answer =
                    gateway.send(call.body(body.replace("\"hi\"", &format!("{prompt:?}"))).key(MASTER));
                went_to(&answer.await, model);
            }
        }
    }
    let calls = 2.0 * Format::ALL.len() as f64;
    assert_eq!(count(&gateway, "route", "chosen").await, 2.0 * calls);
    assert_eq!(count(&gateway, "route", "default").await, calls);
    went_to(&ask(&gateway, "nested", "What is the derivative of x cubed?").await, "sums");
    went_to(&ask(&gateway, "nested", "What shall I cook for dinner tonight?").await, "chat-model");
    // A picture alone says nothing.
    let image = serde_json::json!({"model": "route", "max_tokens": 9, "messages": [{"role": "user", "content":
        [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]}]});
    went_to(&gateway.send(Call::chat(&image).key(MASTER)).await, "others");
    assert_eq!(count(&gateway, "route", "no_text").await, 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weights_that_cannot_be_used_are_refused_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gatewright.yaml");
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let config =
        format!("providers: {{ openai: {{ api_key: k }} }}\nembeddings:\n  model_dir: {}\n", empty.display());
    std::fs::write(&file, config).unwrap();
    let (code, _, err) = run(&["check", file.to_str().unwrap()]).await;
    assert_eq!(code, 2, "{err}");
    let place = format!("{}:3:14: 'model_dir' cannot be used: ", file.display());
    assert!(err.starts_with(&place) && err.contains("config.json"), "{err}");
    let output = Gateway::command(folder.path(), "127.0.0.1:0").output().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(log.contains(&place), "{log}");
}

/// Three routes over a provider's model, one for each policy; `others` is their default, `first` is written first.
fn remote(settings: &str) -> String {
    let route = |policy: &str| {
        format!(
            "  {policy}:\n    strategy: semantic\n    semantic: {{ model: up/embed, on_error: {policy}, default: up/others, \
             {settings} }}\n    targets: [{{ provider: up, model: first, utterances: [fix my code] }}, {{ provider: up, \
             model: sums, utterances: [add these numbers, divide by two] }}, {{ provider: up, model: others }}]\n"
        )
    };
    format!("models:\n{}{}{}", route("default"), route("next"), route("refuse"))
}

/// Asks each route something new.
async fn each_policy_holds(gateway: &Gateway, prompt: &str) {
    went_to(&ask(gateway, "default", &format!("{prompt} a")).await, "others");
    went_to(&ask(gateway, "next", &format!("{prompt} b")).await, "first");
    ask(gateway, "refuse", &format!("{prompt} c")).await.refused(503, "no_healthy_target");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_s_model_chooses_and_its_calls_have_records() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}{}", upstream.providers(), remote("timeout_ms: 20000"))).await;
    are_ready(&gateway, 3).await;
    // The emulator's vectors are alike for equal texts only.
    let records = gateway.records_of("success", 1).await;
    assert_eq!(records.len(), 1, "three groups with the same utterances ask once: {records:?}");
    assert_eq!((&records[0]["format"], &records[0]["model"]), (&"embeddings".into(), &"up/embed".into()));
    assert!(
        records[0]["input_tokens"].as_u64().unwrap() > 0 && records[0]["key_id"] == "key_master",
        "{records:?}"
    );
    for model in ["default", "next", "refuse"] {
        went_to(&ask(&gateway, model, "divide by two").await, "sums");
        went_to(&ask(&gateway, model, "fix my code").await, "first");
        went_to(&ask(&gateway, model, "something else").await, "others");
    }
    // Three prompts, of which two are utterances: one question more, and nine answers.
    assert_eq!(upstream.stats().requests, 1 + 1 + 9);
    assert_eq!(count(&gateway, "next", "chosen").await, 2.0);
    assert_eq!(count(&gateway, "next", "default").await, 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_is_down_goes_by_the_policy_and_comes_back() {
    let upstream = Upstream::start().await;
    upstream.faults("embed", "status=500", None);
    let gateway = Gateway::start(&format!("{}{}", upstream.providers(), remote("timeout_ms: 5000"))).await;
    each_policy_holds(&gateway, "divide by two").await;
    for model in ["default", "next", "refuse"] {
        assert_eq!(count(&gateway, model, "not_ready").await, 1.0);
    }
    upstream.faults("embed", "", None);
    are_ready(&gateway, 3).await;
    went_to(&ask(&gateway, "refuse", "divide by two").await, "sums");

    upstream.faults("embed", "status=500", None);
    let before = upstream.stats().requests;
    each_policy_holds(&gateway, "new").await;
    // Two tries of one call for the first prompt, none for the second and third, and two answers.
    assert!(upstream.stats().requests - before <= 2 + 2, "a model that failed is left alone for a moment");
    went_to(&ask(&gateway, "refuse", "divide by two").await, "sums");
    assert_eq!(count(&gateway, "default", "failed").await, 1.0);
    let log = gateway.log();
    // One line for each route: more is said after a minute only.
    assert_eq!(log.matches("of a semantic route cannot be compared").count(), 3, "{log}");
    upstream.faults("embed", "", None);
    eventually("the model is asked again", async || {
        (ask(&gateway, "refuse", "quite new").await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_model_is_not_waited_for() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}{}", upstream.providers(), remote("timeout_ms: 100"))).await;
    are_ready(&gateway, 3).await;
    upstream.faults("embed", "latency=30000", None);
    let began = Instant::now();
    each_policy_holds(&gateway, "new").await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(count(&gateway, "default", "timeout").await, 1.0);
    // What was given up has its record too.
    let left = gateway.records_of("client_disconnect", 1).await;
    assert_eq!(left[0]["model"], "up/embed", "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vectors_of_another_length_go_by_the_policy() {
    let answer = |body: &str| {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ";
        vec![Step::Send(format!("{head}{}\r\n\r\n{body}", body.len()).into_bytes())]
    };
    let upstream = Scripted::by_request(move |_, seen| {
        if !seen.path.ends_with("/embeddings") {
            return answer(
                r#"{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"stop",
                "message":{"role":"assistant","content":"ok"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#,
            );
        }
        let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
        let one = |(index, text): (usize, &serde_json::Value)| {
            let numbers = if text.as_str().unwrap().starts_with("new") { 3 } else { 2 };
            let vector: Vec<f32> = (0..numbers).map(|n| (n + index + 1) as f32).collect();
            serde_json::json!({"object": "embedding", "index": index, "embedding": vector})
        };
        let data: Vec<_> = body["input"].as_array().unwrap().iter().enumerate().map(one).collect();
        answer(&serde_json::json!({"object": "list", "data": data, "model": "embed"}).to_string())
    })
    .await;
    let gateway = Gateway::start(&format!("{}{}", upstream.provider(), remote("timeout_ms: 20000"))).await;
    are_ready(&gateway, 3).await;
    each_policy_holds(&gateway, "new").await;
    assert_eq!(count(&gateway, "default", "failed").await, 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_that_asks_an_alias_that_is_such_a_route_ends() {
    let upstream = Upstream::start().await;
    let config = format!(
        "{}models:\n  round:\n    strategy: semantic\n    semantic: {{ model: round, default: 1 }}\n    targets: [{{ \
         provider: up, model: embed, utterances: hello }}, {{ provider: up, model: others }}]\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    are_ready(&gateway, 1).await;
    went_to(&ask(&gateway, "round", "hello").await, "embed");
    went_to(&ask(&gateway, "round", "good night").await, "others");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_configuration_gets_its_own_utterances() {
    let upstream = Upstream::start().await;
    let config = |word: &str| {
        format!("{}{}", upstream.providers(), remote("timeout_ms: 20000").replace("divide by two", word))
    };
    let gateway = Gateway::start(&config("multiply")).await;
    are_ready(&gateway, 3).await;
    went_to(&ask(&gateway, "next", "subtract").await, "others");
    gateway.write_config(&config("subtract"));
    are_ready(&gateway, 6).await;
    went_to(&ask(&gateway, "next", "subtract").await, "sums");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_published_route_leaves_the_vectors_of_all_others_as_they_are() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&format!("{}{}", upstream.providers(), remote("timeout_ms: 20000"))).await;
    are_ready(&gateway, 3).await;
    went_to(&ask(&gateway, "next", "divide by two").await, "sums");
    let before = upstream.stats().requests;
    for number in 0..3 {
        let document =
            serde_json::json!({"start": "a", "nodes": {"a": {"type": "model", "model": "up/others"}}});
        let route = serde_json::json!({"name": format!("r{number}"), "document": document}).to_string();
        let post = async |path: &str, body: String| {
            let call = Call::post(path, body).key(MASTER).header("content-type", "application/json");
            let answer = gateway.send(call).await;
            assert!(answer.status.is_success(), "{}", answer.text());
            answer.json()
        };
        let made = post("/api/v1/routes", route).await;
        post(&format!("/api/v1/routes/{}/publish", made["id"].as_str().unwrap()), "{}".to_owned()).await;
        // At once, and by what was embedded before.
        went_to(&ask(&gateway, "refuse", "divide by two").await, "sums");
    }
    assert_eq!(upstream.stats().requests - before, 3, "nothing was embedded again");
    assert_eq!(gateway.log().matches("utterances of a semantic route are ready").count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_compared_is_explained() {
    let upstream = Upstream::start().await;
    let route =
        format!("models:\n  route:\n    strategy: semantic\n    semantic: {{ threshold: 0.3 }}{TARGETS}");
    let gateway = Gateway::start(&upstream.providers()).await;
    let explain = async |weights: &str, prompt: &str| {
        let file = gateway.folder().join("explained.yaml");
        let embeddings = format!("embeddings: {{ model_dir: '{weights}', precision: int8 }}\n");
        std::fs::write(&file, format!("{}{embeddings}{route}", upstream.providers())).unwrap();
        let body = gateway.folder().join("body.json");
        std::fs::write(&body, chat("route", prompt).to_string()).unwrap();
        let (file, body) = (file.display().to_string(), body.display().to_string());
        let (code, out, err) = run(&["routes", "explain", "route", "--config", &file, "--body", &body]).await;
        assert_eq!(code, 0, "{err}");
        (out, err)
    };
    let (out, err) = explain("/nowhere", "Solve this equation for x").await;
    let not_compared = "semantic: not compared: there is no model for embeddings here; the order written is shown\ntarget 1: up/code\n";
    assert!(out.starts_with(not_compared), "{out}");
    assert!(err.contains("'model_dir' cannot be used"), "{err}");
    let Some(weights) = real_weights::folder("embed-model") else { return };
    let (out, _) = explain(&weights.display().to_string(), "Solve this equation for y").await;
    let chosen = "semantic: nearest is 'up/sums' with \"Solve this equation for x\": the cosine 0.";
    assert!(out.starts_with(chosen) && out.contains("target 1: up/sums\n"), "{out}");
    let (out, _) = explain(&weights.display().to_string(), "What shall I cook for dinner tonight?").await;
    assert!(out.contains("is below the threshold 0.3") && out.contains("target 1: up/others\n"), "{out}");
}
