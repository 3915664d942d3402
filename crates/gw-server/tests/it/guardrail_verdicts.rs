//! Guardrails that ask others: web hooks, models of the gateway, services. What they are told, what their verdicts lead to on
//! whole answers and streams, and what becomes of calls when there is none.

use super::support::scripted::{STREAM_HEAD, Scripted, Seen, Step};
use super::support::{Call, Gateway, MASTER, chat, chat_stream, speaking};
use serde_json::{Value, json};

const ADDRESS: &str = "jane.doe@example.com";

fn json_step(status: &str, body: &Value) -> Vec<Step> {
    vec![Step::Send(speaking::head(status, "application/json", "", &body.to_string()).into_bytes())]
}

fn completion(text: &str) -> Value {
    json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
        "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}})
}

fn chunk(delta: &Value, finish: Value) -> String {
    let body = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    format!("data: {body}\n\n")
}

/// An answer of the model in these pieces, whole or streamed as it is asked for.
fn model(seen: &Seen, pieces: &[&str]) -> Vec<Step> {
    if !seen.body.contains("\"stream\":true") {
        return json_step("200 OK", &completion(&pieces.concat()));
    }
    let mut body = STREAM_HEAD.to_owned();
    for piece in pieces {
        body += &chunk(&json!({"content": piece}), Value::Null);
    }
    body += &chunk(&json!({}), "stop".into());
    body += "data: [DONE]\n\n";
    vec![Step::Send(body.into_bytes())]
}

/// A model that answers with these pieces, and a web hook beside it.
async fn place(
    pieces: &'static [&'static str],
    hook: impl Fn(&Value) -> Vec<Step> + Send + Sync + 'static,
) -> Scripted {
    Scripted::by_request(move |_, seen| {
        if seen.path.starts_with("/hook") {
            hook(&serde_json::from_str(&seen.body).unwrap())
        } else {
            model(seen, pieces)
        }
    })
    .await
}

fn asked(place: &Scripted) -> Vec<Seen> {
    place.all().into_iter().filter(|seen| seen.path.starts_with("/hook")).collect()
}

fn made(place: &Scripted) -> usize {
    place.all().iter().filter(|seen| !seen.path.starts_with("/hook")).count()
}

/// A gateway with one web hook, told by `rest`, and what stands before it.
async fn gateway(place: &Scripted, before: &str, rest: &str) -> Gateway {
    let hook = format!(
        "  hook: {{ kind: webhook, url: \"{}/hook?code=7\", mandatory: true, {rest} }}\n",
        place.url()
    );
    Gateway::start(&format!("{}guardrails:\n{before}{hook}", place.provider())).await
}

fn call(stream: bool, text: &str) -> Call {
    let body = if stream { chat_stream("up/chat-model", text) } else { chat("up/chat-model", text) };
    Call::chat(&body).key(MASTER)
}

fn said(stream: bool, answer: &super::support::Answer) -> String {
    let format = speaking::Format::Chat;
    if stream { format.streamed(&answer.body) } else { format.text_of(&answer.json()) }
}

const ALLOW: &str = "allow";

fn verdict(verdict: &str) -> Vec<Step> {
    json_step("200 OK", &json!({"verdict": verdict}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_hook_is_told_what_is_left_of_the_texts_and_can_check_who_asks() {
    let place = place(&["Hello"], |_| verdict(ALLOW)).await;
    let before = "  pii: { kind: pii, on: [request, response], action: tokenize, mandatory: true }\n";
    let rest = "on: [request], action: block, secret: a-secret-of-the-hook, api_key: hook-key";
    let gateway = gateway(&place, before, rest).await;
    let body = json!({"model": "up/chat-model", "messages": [{"role": "system", "content": "Be kind."},
        {"role": "user", "content": format!("I am {ADDRESS}")}]});
    let answer = gateway.send(Call::chat(&body).key(MASTER)).await;
    answer.ok();
    let [seen] = &asked(&place)[..] else { panic!("one question") };
    assert_eq!(seen.path, "/hook?code=7");
    let told: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(told["guardrail"], "hook");
    assert_eq!(told["side"], "request");
    assert_eq!(told["model"], "up/chat-model");
    assert_eq!(told["request_id"], answer.request_id());
    let texts = json!([{"index": 0, "speaker": "system", "text": "Be kind."},
        {"index": 1, "speaker": "user", "text": "I am [EMAIL_1]"}]);
    assert_eq!(told["texts"], texts, "what was masked, nobody is told");
    assert_eq!(seen.header("authorization"), Some("Bearer hook-key"));
    let (id, at) = (seen.header("webhook-id").unwrap(), seen.header("webhook-timestamp").unwrap());
    let signed = format!("{id}.{at}.{}", seen.body);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"a-secret-of-the-hook");
    let signature = seen.header("webhook-signature").unwrap().strip_prefix("v1,").unwrap();
    use base64::Engine as _;
    let signature = base64::engine::general_purpose::STANDARD.decode(signature).unwrap();
    assert!(ring::hmac::verify(&key, signed.as_bytes(), &signature).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verdicts_about_requests_are_carried_out_up_to_the_guardrails_action() {
    let place = place(&["Hello"], |told| {
        let text = told["texts"][0]["text"].as_str().unwrap();
        if let Some(wanted) = text.strip_prefix("say ") {
            return verdict(wanted);
        }
        let finding = json!({"text": 0, "start": 2, "end": 6, "kind": "Code Name"});
        let mut answer = json!({"verdict": "replace", "findings": [finding]});
        if text.contains("own") {
            answer["findings"][0]["replacement"] = "####".into();
        }
        json_step("200 OK", &answer)
    })
    .await;
    let gateway = gateway(&place, "", "on: [request], action: block").await;
    let blocked = gateway.send(call(false, "say block")).await;
    blocked.refused(400, "guardrail_blocked");
    assert_eq!(blocked.header("x-gatewright-guardrails"), Some("hook=block"));
    assert_eq!(made(&place), 0);
    let flagged = gateway.send(call(true, "say flag")).await;
    assert_eq!(flagged.ok().header("x-gatewright-guardrails"), Some("hook=flag"));
    gateway.send(call(false, "é falcon is ours")).await.ok();
    assert!(place.last().body.contains("é [REDACTED_CODE_NAME]on is ours"), "{}", place.last().body);
    gateway.send(call(false, "é falcon is our own")).await.ok();
    assert!(place.last().body.contains("é ####on is our own"), "{}", place.last().body);
    gateway.send(call(false, "say nonsense")).await.refused(400, "guardrail_blocked");
    let weak = super::guardrail_verdicts::gateway(&place, "", "on: [request], action: flag").await;
    assert_eq!(
        weak.send(call(false, "say block")).await.ok().header("x-gatewright-guardrails"),
        Some("hook=flag")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verdicts_about_answers_come_before_anything_of_them_whole_or_streamed() {
    let place = place(&["The word is fal", "con, [EMA", "IL_1], bye"], |told| {
        let text = told["texts"][0]["text"].as_str().unwrap();
        assert_eq!(text, "The word is falcon, [EMAIL_1], bye", "before it is restored");
        let name = told["model"].as_str().unwrap();
        match name {
            "up/chat-model" => {
                let finding = json!({"start": 12, "end": 18, "kind": "word", "replacement": "****"});
                json_step("200 OK", &json!({"verdict": "replace", "findings": [finding]}))
            }
            _ => verdict("block"),
        }
    })
    .await;
    let before = "  pii: { kind: pii, on: [request], action: tokenize, mandatory: true }\n";
    let hook = format!(
        "  hook: {{ kind: webhook, url: \"{}/hook\", mandatory: true, on: [response], action: block }}\n",
        place.url()
    );
    let alias = "models: { other: { targets: [{ provider: up, model: chat-model }] } }\n";
    let gateway = Gateway::start(&format!("{}{alias}guardrails:\n{before}{hook}", place.provider())).await;
    for stream in [false, true] {
        let answer = gateway.send(call(stream, ADDRESS)).await;
        assert_eq!(
            said(stream, answer.ok()),
            format!("The word is ****, {ADDRESS}, bye"),
            "{}",
            answer.text()
        );
        let body = if stream { chat_stream("other", ADDRESS) } else { chat("other", ADDRESS) };
        let answer = gateway.send(Call::chat(&body).key(MASTER)).await;
        assert!(answer.text().contains("guardrail_blocked"), "{}", answer.text());
        assert!(!answer.text().contains("word is"), "{}", answer.text());
        let record = gateway.record(&answer.request_id()).await;
        assert_eq!(record["error_code"], "guardrail_blocked", "{record}");
        assert!(record["output_tokens"].as_u64().is_some_and(|tokens| tokens > 0), "{record}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_only_flagged_flows_on() {
    let place = Scripted::by_request(|_, seen| {
        if seen.path.starts_with("/hook") {
            return verdict("block");
        }
        let begun: String =
            ["Hello", " there"].iter().map(|word| chunk(&json!({"content": word}), Value::Null)).collect();
        let end = format!("{}data: [DONE]\n\n", chunk(&json!({}), "stop".into()));
        let begun = [STREAM_HEAD.as_bytes(), begun.as_bytes()].concat();
        vec![Step::Send(begun), Step::Wait, Step::Send(end.into_bytes())]
    })
    .await;
    let gateway = gateway(&place, "", "on: [response], action: flag, timeout_ms: 60000").await;
    let mut open = call(true, "hi").open(gateway.addr).await;
    let begun = open.until(" there").await;
    assert!(!begun.contains("[DONE]"), "{begun}");
    assert!(asked(&place).is_empty(), "the answer is not over");
    place.release();
    let rest = open.rest().await;
    assert!(rest.text().contains("[DONE]"), "{}", rest.text());
    let found = "gatewright_guardrail_findings_total{guardrail=\"hook\",action=\"flag\",side=\"response\"}";
    gateway.metric_becomes(found, 1.0, std::time::Duration::from_secs(60)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_verdict_a_call_is_refused_or_passes_as_the_guardrail_says() {
    let place = Scripted::by_request(|_, seen| match seen.path.as_str() {
        "/hook/status" => json_step("500 Internal Server Error", &json!({})),
        "/hook/malformed" => {
            vec![Step::Send(speaking::head("200 OK", "text/plain", "", "hello").into_bytes())]
        }
        "/hook/nowhere" => json_step("200 OK", &json!({"verdict": "replace", "findings": [{"text": 9}]})),
        "/hook/unreachable" => {
            vec![Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort".to_vec())]
        }
        "/hook/timeout" => vec![Step::Wait],
        _ => model(seen, &["Hello"]),
    })
    .await;
    let faults = [
        ("status", "status"),
        ("malformed", "malformed"),
        ("nowhere", "malformed"),
        ("unreachable", "unreachable"),
        ("timeout", "timeout"),
    ];
    let mut rails = "guardrails:\n".to_owned();
    for (fault, _) in faults {
        let timeout_ms = if fault == "timeout" { 200 } else { 60_000 };
        for side in ["request", "response"] {
            for rest in ["closed", "open"] {
                rails += &format!(
                    "  {fault}-{side}-{rest}: {{ kind: webhook, url: \"{}/hook/{fault}\", on: [{side}], action: block, \
                     timeout_ms: {timeout_ms}, on_error: {rest} }}\n",
                    place.url()
                );
            }
        }
    }
    let gateway = Gateway::start(&format!("{}{rails}", place.provider())).await;
    for (fault, outcome) in faults {
        for (side, rest, stream) in [
            ("request", "closed", true),
            ("request", "open", false),
            ("response", "closed", false),
            ("response", "closed", true),
            ("response", "open", false),
            ("response", "open", true),
        ] {
            let what = format!("{fault}-{side}-{rest}");
            let answer = gateway.send(call(stream, "hi").header("x-gatewright-guardrails", &what)).await;
            if rest == "open" {
                assert_eq!(said(stream, answer.ok()), "Hello", "{what}");
                let noted = format!("{what}=error");
                assert!(stream || answer.header("x-gatewright-guardrails") == Some(&noted), "{what}");
            } else {
                assert!(answer.text().contains("could not be asked"), "{what}: {}", answer.text());
                assert!(
                    answer.text().contains("guardrail_blocked") && !answer.text().contains("Hello"),
                    "{what}"
                );
            }
            let asked =
                format!("gatewright_guardrail_questions_total{{guardrail=\"{what}\",outcome=\"{outcome}\"}}");
            assert!(gateway.metric(&asked).await >= 1.0, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_fails_in_a_row_is_left_alone_and_asked_again_later() {
    let place = place(&["Hello"], |_| json_step("503 Service Unavailable", &json!({}))).await;
    let gateway = gateway(&place, "", "on: [request], action: block, on_error: open").await;
    for _ in 0..8 {
        gateway.send(call(false, "hi")).await.ok();
    }
    let rested =
        gateway.metric("gatewright_guardrail_questions_total{guardrail=\"hook\",outcome=\"resting\"}").await;
    assert!(rested >= 1.0 && asked(&place).len() < 8, "{rested}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parallel_question_holds_the_answer_and_not_the_call() {
    for (stream, wanted) in [(false, ALLOW), (true, "block"), (false, "block")] {
        let place = place(&["Hello"], move |_| {
            let answer = json!({"verdict": wanted}).to_string();
            vec![
                Step::Wait,
                Step::Send(speaking::head("200 OK", "application/json", "", &answer).into_bytes()),
            ]
        })
        .await;
        let rest = "on: [request], action: block, parallel: true, timeout_ms: 60000";
        let gateway = gateway(&place, "", rest).await;
        let addr = gateway.addr;
        let waiting = tokio::spawn(async move { call(stream, "hi").send(addr).await });
        let minute = std::time::Duration::from_secs(60);
        let called = async || (made(&place) == 1).then_some(());
        super::support::poll::eventually_within(minute, "the call is made", called).await;
        assert!(!waiting.is_finished(), "the answer waits");
        place.release();
        let answer = waiting.await.unwrap();
        if wanted == ALLOW {
            assert_eq!(said(stream, answer.ok()), "Hello");
        } else {
            answer.refused(400, "guardrail_blocked");
            let record = gateway.record(&answer.request_id()).await;
            assert!(record["cost_usd"].as_str().is_some_and(|cost| cost != "0"), "it was made: {record}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_of_link_local_addresses_is_not_asked() {
    let place = place(&["Hello"], |_| verdict(ALLOW)).await;
    let rails = "guardrails:\n  hook: { kind: webhook, url: 'http://169.254.169.254/latest', mandatory: true, on: [request], action: block }\n";
    let gateway = Gateway::start(&format!("{}{rails}", place.provider())).await;
    gateway.send(call(false, "hi")).await.refused(400, "guardrail_blocked");
    assert_eq!(made(&place), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_playground_asks_too() {
    let place = place(&["Hello"], |told| {
        let word = told["texts"][0]["text"].as_str().unwrap().to_owned();
        verdict(if word.contains("[EMAIL_1]") { "block" } else { ALLOW })
    })
    .await;
    let before = "  pii: { kind: pii, on: [request], action: tokenize }\n";
    let gateway = gateway(&place, before, "on: [request], action: block").await;
    let test = async |text: &str| {
        let body = json!({"text": text});
        gateway.admin(http::Method::POST, "/api/v1/guardrails/test", Some(&body)).await.json()
    };
    assert_eq!(test("hello").await["verdict"], "pass");
    let tried = test(&format!("I am {ADDRESS}")).await;
    assert_eq!((&tried["verdict"], &tried["stopped_by"]), (&json!("blocked"), &json!("hook")), "{tried}");
    assert_eq!(tried["findings"].as_array().map(Vec::len), Some(2), "{tried}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_behind_the_gateway_judge_by_calls_that_no_guardrail_looks_at() {
    let place = Scripted::by_request(|_, seen| {
        let is_bad = seen.body.contains("bad words");
        match seen.path.as_str() {
            "/v1/moderations" => {
                let result = json!({"flagged": is_bad, "categories": {"violence": is_bad}, "category_scores": {"violence": 0.9}});
                json_step("200 OK", &json!({"id": "m", "model": "o", "results": [result]}))
            }
            _ if seen.body.contains("\"guard\"") => {
                json_step("200 OK", &completion(if is_bad { "unsafe\nS10" } else { "safe" }))
            }
            _ if seen.body.contains("You decide whether") => {
                let verdict = json!({"violation": is_bad, "score": 0.9, "category": "tone"});
                json_step("200 OK", &completion(&verdict.to_string()))
            }
            _ => model(seen, &["Hello"]),
        }
    })
    .await;
    let rails = "guardrails:\n  \
        judge: { kind: llm-judge, model: judge, rule: No rudeness., on: [request], action: block }\n  \
        guard: { kind: llama-guard, model: up/guard, on: [request], action: block }\n  \
        moderation: { kind: openai-moderation, model: up/omni, on: [request], action: block }\n  \
        all: { kind: llm-judge, model: judge, rule: No rudeness., on: [request, response], action: flag, mandatory: true }\n";
    let alias = "models: { judge: { targets: [{ provider: up, model: chat-model }] } }\n";
    let gateway = Gateway::start(&format!("{}{alias}{rails}", place.provider())).await;
    for name in ["judge", "guard", "moderation"] {
        let ask =
            async |text: &str| gateway.send(call(false, text).header("x-gatewright-guardrails", name)).await;
        assert_eq!(said(false, ask("hello").await.ok()), "Hello", "{name}");
        let refused = ask("bad words").await;
        refused.refused(400, "guardrail_blocked");
        assert!(!refused.text().contains("bad words"), "{}", refused.text());
    }
    let judges = place.all().iter().filter(|seen| seen.body.contains("You decide whether")).count();
    assert_eq!(judges, 2 + 3 * 3, "the question itself is not judged");
}

/// An upstream whose vectors tell by a word what a text is about.
async fn meaning() -> Scripted {
    Scripted::by_request(|_, seen| {
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        if !seen.path.ends_with("/embeddings") {
            return json_step("200 OK", &completion("Take two pills."));
        }
        let about = |text: &Value| match text.as_str().unwrap_or_default() {
            text if text.contains("pill") => json!([1.0, 0.1]),
            text if text.contains("soup") => json!([0.1, 1.0]),
            _ => json!([-1.0, -1.0]),
        };
        let inputs = match &body["input"] {
            Value::Array(list) => list.clone(),
            one => vec![one.clone()],
        };
        let data: Vec<Value> = inputs
            .iter()
            .enumerate()
            .map(|(index, text)| json!({"object": "embedding", "index": index, "embedding": about(text)}))
            .collect();
        let usage = json!({"prompt_tokens": 1, "total_tokens": 1});
        json_step("200 OK", &json!({"object": "list", "data": data, "model": "embed", "usage": usage}))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_are_denied_or_allowed_by_examples() {
    let upstream = meaning().await;
    let topics = "topics: { medicine: [which pill is good], cooking: [a recipe for soup] }, embeddings: up/embed, timeout_ms: 20000";
    let rails = format!(
        "guardrails:\n  no-medicine: {{ kind: topics, {topics}, deny: [medicine], on: [request, response], action: block }}\n  \
         kitchen: {{ kind: topics, {topics}, allow: [cooking], similarity: 0.8, on: [request], action: block }}\n"
    );
    let gateway = Gateway::start(&format!("{}{rails}", upstream.provider())).await;
    let ask = async |rail: &str, text: &str| {
        let call =
            Call::chat(&chat("up/chat-model", text)).key(MASTER).header("x-gatewright-guardrails", rail);
        gateway.send(call).await
    };
    let embedded = || upstream.all().iter().filter(|seen| seen.path.ends_with("/embeddings")).count();
    ask("no-medicine", "How many pills?").await.refused(400, "guardrail_blocked");
    let refused = ask("kitchen", "How many pills?").await;
    assert!(refused.text().contains("off topic"), "{}", refused.text());
    ask("kitchen", "How long does soup take?").await.ok();
    let record = gateway.record(&ask("kitchen", "Tell me about tax.").await.request_id()).await.to_string();
    assert!(record.contains("off_topic") && !record.contains("about tax"), "{record}");
    // The answer is about it too.
    ask("no-medicine", "What shall I do?").await.refused(400, "guardrail_blocked");
    // Vectors that were made are not made again, neither of examples nor of texts.
    let before = embedded();
    ask("no-medicine", "How many pills?").await.refused(400, "guardrail_blocked");
    ask("kitchen", "How long does soup take?").await.ok();
    assert_eq!(embedded(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_findings_of_one_guardrail_hide_no_other() {
    let place = place(&["fine"], |_| Vec::new()).await;
    let rails = "  addresses: { kind: pii, entities: [email], on: [request], action: redact, mandatory: true }\n  \
                   falcon: { kind: keywords, terms: [falcon], on: [request], action: redact, mandatory: true }\n  \
                   hawk: { kind: keywords, terms: [hawk], on: [request], action: block, mandatory: true }\n";
    let gateway = Gateway::start(&format!("{}guardrails:\n{rails}", place.provider())).await;
    let addresses: String = (0..60).map(|n| format!("mail user{n}@example.com and ")).collect();
    let asked = async |end: &str| {
        gateway
            .send(Call::chat(&chat("up/chat-model", &format!("{addresses}{end} {addresses}"))).key(MASTER))
            .await
    };
    let masked = asked("falcon").await;
    assert_eq!(masked.ok().header("x-gatewright-guardrails"), Some("addresses=redact, falcon=redact"));
    let stopped = asked("falcon hawk").await;
    stopped.refused(400, "guardrail_blocked");
    let record = gateway.record(&stopped.request_id()).await;
    let told: Vec<_> = record["guardrails"].as_array().unwrap().iter().map(|one| &one["guardrail"]).collect();
    assert!(
        ["addresses", "falcon", "hawk"].iter().all(|name| told.iter().any(|one| *one == name)),
        "{record}"
    );
}
