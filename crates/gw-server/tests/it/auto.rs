//! Strategy `auto` from outside: each class goes where the table says, prices count, the others follow when the first
//! fails, utterances decide where there are vectors, and all of it is explained.

use super::support::gateway::run;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, chat, eventually};
use serde_json::{Value, json};

const TARGETS: &str = "
    targets:
      - provider: up
        model: strong
        quality: { code: 0.95, default: 0.9 }
        prices: { input_usd_per_million_tokens: 10, output_usd_per_million_tokens: 40 }
      - provider: up
        model: cheap
        quality: { chat: 0.7, translation: 0.8, default: 0.2 }
        prices: { input_usd_per_million_tokens: 0.1, output_usd_per_million_tokens: 0.4 }
";

async fn set_up(model: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let config = format!("{}models:\n{model}", upstream.providers());
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

async fn ask(gateway: &Gateway, body: Value) -> Answer {
    gateway.send(Call::chat(&body).key(MASTER)).await
}

#[track_caller]
fn went_to(answer: &Answer, model: &str) {
    answer.ok();
    assert_eq!(answer.header("x-gatewright-upstream-model"), Some(model), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_class_goes_where_the_table_says() {
    let (upstream, gateway) = set_up(&format!("  m:\n    strategy: auto{TARGETS}")).await;
    let said = |text: &str| chat("m", text);
    went_to(&ask(&gateway, said("Good morning, how are you?")).await, "cheap");
    went_to(&ask(&gateway, said("Translate into German: where is the station?")).await, "cheap");
    went_to(&ask(&gateway, said("Write a python function that sorts a list")).await, "strong");
    let mut tools = said("Good morning");
    tools["tools"] =
        json!([{ "type": "function", "function": { "name": "f", "parameters": { "type": "object" } } }]);
    went_to(&ask(&gateway, tools).await, "strong");
    let mut structured = said("Good morning");
    structured["response_format"] = json!({ "type": "json_object" });
    went_to(&ask(&gateway, structured).await, "strong");
    upstream.faults("strong", "status=500", None);
    let answer = ask(&gateway, said("Write a python function that sorts a list")).await;
    went_to(&answer, "cheap");
    assert!(answer.header("x-gatewright-failed-attempts").is_some(), "the next best follows");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weights_of_the_user_decide() {
    let quality = "    auto: { quality: 1, cost: 0, latency: 0 }";
    let (_upstream, gateway) = set_up(&format!(
        "  best:\n    strategy: auto\n{quality}{TARGETS}  thrifty:\n    strategy: auto\n    \
         auto: {{ quality: 0, cost: 1, latency: 0, classes: {{ code: {{ quality: 1, cost: 0 }} }} }}{TARGETS}"
    ))
    .await;
    went_to(&ask(&gateway, chat("best", "Good morning")).await, "strong");
    went_to(&ask(&gateway, chat("thrifty", "Good morning")).await, "cheap");
    went_to(&ask(&gateway, chat("thrifty", "Solve the equation 3x = 9")).await, "cheap");
    went_to(&ask(&gateway, chat("thrifty", "Debug this python traceback")).await, "strong");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn utterances_decide_where_there_are_vectors() {
    // The emulator's vectors are the same for the same text.
    let model = format!(
        "  m:\n    strategy: auto\n    semantic: {{ model: up/embed, threshold: 0.99, timeout_ms: 20000 }}\n    \
         auto: {{ classes: {{ math: {{ utterances: [Good morning to all of you] }} }} }}{TARGETS}"
    );
    let (_upstream, gateway) = set_up(&model).await;
    eventually("the utterances are ready", async || {
        gateway.log().contains("utterances of a semantic route are ready").then_some(())
    })
    .await;
    went_to(&ask(&gateway, chat("m", "Good morning to all of you")).await, "strong");
    went_to(&ask(&gateway, chat("m", "A quiet evening")).await, "cheap");
    went_to(&ask(&gateway, chat("m", "Write a python function that sorts a list")).await, "strong");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn class_and_scores_are_explained() {
    let semantic = "  s:\n    strategy: semantic\n    semantic: { model: up/embed }\n    \
                    targets: [{ provider: up, model: a, utterances: fix it }, { provider: up, model: b }]\n";
    let (_upstream, gateway) = set_up(&format!("  m:\n    strategy: auto{TARGETS}{semantic}")).await;
    let file = gateway.config_file().display().to_string();
    let path = gateway.folder().join("body.json");
    std::fs::write(&path, chat("m", "Write a python function that sorts a list").to_string()).unwrap();
    let body = path.display().to_string();
    let (code, out, err) = run(&["routes", "explain", "m", "--body", &body, "--config", &file]).await;
    let expected = "auto: the request is of class 'code': by the words of its last message\n  \
                    0.673 for up/strong: quality 0.95, cost 0.01, latency 1.0\n  \
                    0.52 for up/cheap: quality 0.2, cost 1.0, latency 1.0\n\
                    target 1: up/strong\ntarget 2: up/cheap\n";
    assert_eq!((code, out.as_str()), (0, expected), "{err}");

    let document = json!({ "start": "a", "nodes": { "a": { "type": "model", "model": "m", "next": "b" },
        "b": { "type": "model", "model": "s" } } });
    let post = async |path: String, body: Value| {
        let call = Call::post(&path, body.to_string()).key(MASTER).header("content-type", "application/json");
        let answer = gateway.send(call).await;
        assert!(answer.status.is_success(), "{}", answer.text());
        answer.json()
    };
    let made = post("/api/v1/routes".to_owned(), json!({ "name": "r", "document": document })).await;
    let asked = json!({ "version": "draft", "request": { "body": chat("r", "Good morning") } });
    let said = post(format!("/api/v1/routes/{}/simulate", made["id"].as_str().unwrap()), asked).await;
    let by = |strategy: &str| {
        let choices = said["choices"].as_array().unwrap();
        choices.iter().find(|choice| choice["strategy"] == strategy).cloned().unwrap_or_default()
    };
    let (auto, semantic) = (by("auto"), by("semantic"));
    assert_eq!((&auto["class"], &auto["chosen"]), (&json!("chat"), &json!("up/cheap")), "{said}");
    assert_eq!(auto["weights"], json!({ "quality": 0.6, "cost": 0.3, "latency": 0.1 }), "{said}");
    let reason = semantic["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("not asked for a simulation; the order written is shown"), "{said}");
}
