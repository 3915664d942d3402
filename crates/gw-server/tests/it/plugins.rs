//! Guardrails of kind `wasm`: the worked example, plugins that do not end or break off, files that change or can not be used.

use super::support::gateway::run;
use super::support::scripted::{Scripted, Seen, Step};
use super::support::{Call, Gateway, MASTER, chat, poll, speaking};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

const EXAMPLE: &str = include_str!("../../../../docs/examples/wasm-guardrail/falcon.wat");

/// The example with another body of its function.
fn with_body(body: &str) -> String {
    let at = EXAMPLE.find("      ;; 64 findings are enough.").unwrap();
    let end = EXAMPLE.find("  (core instance $instance").unwrap();
    format!("{}{body}))\n\n{}", &EXAMPLE[..at], &EXAMPLE[end..])
}

fn answer(_: &Seen) -> Vec<Step> {
    let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
        "message": {"role": "assistant", "content": "The falcon is here"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}});
    vec![Step::Send(speaking::head("200 OK", "application/json", "", &body.to_string()).into_bytes())]
}

async fn upstream() -> Scripted {
    Scripted::by_request(|_, seen| answer(seen)).await
}

fn rail(folder: &Path, name: &str, plugin: &str, rest: &str) -> String {
    let file = folder.join(format!("{name}.wat"));
    std::fs::write(&file, plugin).unwrap();
    format!("  {name}: {{ kind: wasm, file: '{}', {rest} }}\n", file.display())
}

fn asking(name: &str) -> Call {
    Call::chat(&chat("up/chat-model", "Where is Falcon?")).key(MASTER).header("x-gatewright-guardrails", name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_replaces_its_word_and_what_misbehaves_follows_its_policy() {
    let (upstream, folder) = (upstream().await, tempfile::tempdir().unwrap());
    let at = folder.path();
    let endless = with_body("(loop $on (br $on)) (unreachable)");
    let greedy = with_body("(loop $on (drop (memory.grow (i32.const 1))) (br $on)) (unreachable)");
    let much = "on: [request], action: block, max_fuel: 1000000000000";
    let rails = [
        // A busy machine may take long for what is done in a moment.
        rail(at, "falcon", EXAMPLE, "on: [request, response], action: redact, timeout_ms: 60000"),
        rail(at, "endless", &endless, much),
        rail(at, "endless-open", &endless, &format!("{much}, on_error: open")),
        rail(at, "working", &endless, "on: [request], action: block, max_fuel: 100000, timeout_ms: 60000"),
        rail(at, "greedy", &greedy, "on: [request], action: block, timeout_ms: 60000"),
        rail(at, "broken", &with_body("(unreachable)"), "on: [request], action: block, timeout_ms: 60000"),
    ];
    let gateway = Gateway::start(&format!("{}guardrails:\n{}", upstream.provider(), rails.concat())).await;
    let passed = gateway.send(asking("falcon")).await;
    assert_eq!(passed.ok().header("x-gatewright-guardrails"), Some("falcon=redact"));
    assert!(upstream.last().body.contains("Where is [REDACTED_CODE_NAME]?"), "{}", upstream.last().body);
    assert!(passed.text().contains("The [REDACTED_CODE_NAME] is here"), "{}", passed.text());
    // What tools were called with is the model's to a plugin, whose contract knows no other name for it.
    let call = json!([{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"of\":\"falcon\"}"}}]);
    let history = json!({"model": "up/chat-model", "messages": [{"role": "user", "content": "Where is Falcon?"},
        {"role": "assistant", "content": null, "tool_calls": call}, {"role": "tool", "tool_call_id": "c", "content": "up"}]});
    let named = Call::post("/v1/chat/completions", history.to_string()).key(MASTER);
    gateway.send(named.header("x-gatewright-guardrails", "falcon")).await.ok();
    let sent = upstream.last().body;
    assert!(!sent.contains("falcon") && !sent.contains("Falcon"), "{sent}");
    let made = upstream.all().len();
    for (name, outcome) in [
        ("endless", "timeout"),
        ("working", "out_of_fuel"),
        ("greedy", "out_of_memory"),
        ("broken", "trapped"),
    ] {
        let refused = gateway.send(asking(name)).await;
        refused.refused(400, "guardrail_blocked");
        let asked =
            format!("gatewright_guardrail_questions_total{{guardrail=\"{name}\",outcome=\"{outcome}\"}}");
        assert_eq!(gateway.metric(&asked).await, 1.0, "{name}");
    }
    assert_eq!(upstream.all().len(), made);
    let open = gateway.send(asking("endless-open")).await;
    assert_eq!(open.ok().header("x-gatewright-guardrails"), Some("endless-open=error"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_changes_is_read_anew_and_a_damaged_one_leaves_the_plugin_in_force() {
    let (upstream, folder) = (upstream().await, tempfile::tempdir().unwrap());
    let rails = rail(folder.path(), "falcon", EXAMPLE, "on: [request], action: redact, timeout_ms: 60000");
    let gateway = Gateway::start(&format!("{}guardrails:\n{rails}", upstream.provider())).await;
    let file = folder.path().join("falcon.wat");
    std::fs::write(&file, "(component damaged").unwrap();
    gateway.send(asking("falcon")).await.ok();
    assert!(upstream.last().body.contains("[REDACTED_CODE_NAME]"), "{}", upstream.last().body);
    let log = async || gateway.log().contains("the one before stays in force").then_some(());
    poll::eventually_within(Duration::from_secs(60), "it is logged", log).await;
    std::fs::write(&file, EXAMPLE.replace("code_name", "bird_name")).unwrap();
    gateway.send(asking("falcon")).await.ok();
    assert!(upstream.last().body.contains("[REDACTED_BIRD_NAME]"), "{}", upstream.last().body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_missing_or_no_plugin_is_an_error_of_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("corrupt.wasm"), b"\0asm\x0d\0\x01\0garbage").unwrap();
    for (name, expected) in
        [("missing.wasm", "No such file"), ("corrupt.wasm", "no component of WebAssembly")]
    {
        let file = folder.path().join(name);
        let config = folder.path().join("c.yaml");
        let text = format!(
            "providers: {{ openai: {{ api_key: k }} }}\nguardrails:\n  p: {{ kind: wasm, on: [request], action: block, file: '{}' }}\n",
            file.display()
        );
        std::fs::write(&config, text).unwrap();
        let (code, _, said) = run(&["check", &config.display().to_string()]).await;
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(":3:") && said.contains(expected), "{said}");
    }
}
