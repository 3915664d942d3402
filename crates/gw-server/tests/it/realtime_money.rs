//! What sessions cost: usage by kind of token, budgets and token limits per response, and what a killed process knows.

use super::support::gateway::nanos;
use super::support::websocket::{Far, connect, open, through};
use super::support::{Gateway, KEY, MASTER, Upstream, eventually};
use serde_json::{Value, json};

fn done(input: [u64; 4], output: [u64; 2]) -> Value {
    let [text, audio, cached_text, cached_audio] = input;
    json!({"type": "response.done", "event_id": "e", "response": {"object": "realtime.response", "status": "completed",
        "output": [{"type": "message", "content": [{"type": "output_audio", "transcript": "words"}]}],
        "usage": {"total_tokens": text + audio + output[0] + output[1], "input_tokens": text + audio,
            "output_tokens": output[0] + output[1],
            "input_token_details": {"text_tokens": text, "audio_tokens": audio, "cached_tokens": cached_text + cached_audio,
                "cached_tokens_details": {"text_tokens": cached_text, "audio_tokens": cached_audio}},
            "output_token_details": {"text_tokens": output[0], "audio_tokens": output[1]}}}})
}

const ASK: &str = r#"{"type":"response.create"}"#;

fn ask() -> Value {
    serde_json::from_str(ASK).unwrap()
}

/// What stands in the budget of the only key: spent and held, in nano-dollars.
async fn budget(gateway: &Gateway) -> (i128, i128) {
    let rows = gateway.rows("/api/v1/budgets").await;
    let of = |name: &str| nanos(rows[0][name].as_str().unwrap());
    (of("spent_usd"), of("reserved_usd"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usage_is_summed_by_kind() {
    let upstream = Far::start().await;
    let keys =
        format!("keys:\n  - {{ name: one, key: {KEY}, budget: {{ limit_usd: 10, period: total }} }}\n");
    let whisper =
        "whisper-1: { same_as: openai/whisper-1 }, scribe: { same_as: openai/gpt-4o-mini-transcribe }";
    let config = upstream.provider().replace("gpt-realtime }", &format!("gpt-realtime }}, {whisper}"));
    let gateway = Gateway::start(&format!("{config}{keys}")).await;
    let (mut near, mut far) = through(gateway.addr, &upstream, "up/rt", KEY).await;
    let mut relayed = async |event: Value| {
        far.tell(&event).await;
        assert_eq!(near.frame().await.json(), event);
    };
    // Text in $4, cached $0.4; sound in $32, cached $0.4; text out $16, sound out $64, all for a million.
    relayed(json!({"type": "response.created", "response": {"usage": null}})).await;
    relayed(done([100, 50, 40, 10], [20, 200])).await;
    let first = 60 * 4_000 + 40 * 400 + 40 * 32_000 + 10 * 400 + 20 * 16_000 + 200 * 64_000;
    eventually("the first response is spent", async || (budget(&gateway).await == (first, 0)).then_some(()))
        .await;
    relayed(json!({"type": "response.created"})).await;
    let (spent, held) = budget(&gateway).await;
    assert!(spent == first && held > 4096 * 64_000, "{spent} {held}");
    relayed(done([10, 0, 0, 0], [5, 0])).await;
    let second = 10 * 4_000 + 5 * 16_000;
    // Speech that is written down: by the second, and by the token.
    let settings = |model: &str| json!({"type": "session.updated", "session": {"audio": {"input": {"transcription": {"model": model}}}}});
    let kind = "conversation.item.input_audio_transcription.completed";
    relayed(settings("whisper-1")).await;
    relayed(json!({"type": kind, "transcript": "a", "usage": {"type": "duration", "seconds": 2.5}})).await;
    relayed(settings("scribe")).await;
    relayed(json!({"type": kind, "transcript": "a", "usage": {"type": "tokens", "input_tokens": 30, "output_tokens": 7,
        "total_tokens": 37, "input_token_details": {"text_tokens": 0, "audio_tokens": 30}}}))
    .await;
    // $0.0001 a second, begun ones whole.
    let transcribed = 3 * 100_000;
    near.close(1000).await;
    let id = far.header("x-client-request-id").map(ToOwned::to_owned);
    assert_eq!(id, None);
    let rows = gateway.records_of("success", 1).await;
    let record = &rows[0];
    for (name, wanted) in [("input_tokens", 190), ("output_tokens", 232), ("cached_tokens", 50)] {
        assert_eq!(record[name], wanted, "{name}: {record}");
    }
    assert_eq!(record["usage_source"], "upstream");
    let cost = nanos(record["cost_usd"].as_str().unwrap());
    let by_tokens = cost - first - second - transcribed;
    assert!((60_000..=400_000).contains(&by_tokens), "{by_tokens} for the transcribed tokens: {record}");
    assert_eq!(budget(&gateway).await, (cost, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_is_held_for_each_response() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    // A response may take 4096 tokens out at $200 a million: $0.82. Its 3000 tokens cost $0.6, and as much again is
    // read by each that follows, for $0.3.
    upstream.faults("chat-model", "output-tokens=3000;frames=3;ignore-max-tokens", None);
    let (_, key) =
        gateway.make_key(&json!({"name": "poor", "budget": {"limit_usd": "2.50", "period": "total"}})).await;
    let mut near = open(gateway.addr, "up/chat-model", &key).await;
    let text =
        json!({"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"]}});
    near.say(&text).await;
    for _ in 0..2 {
        near.say(&ask()).await;
        near.event("response.done").await;
    }
    let before = upstream.stats().billed_output_tokens;
    near.say(&ask()).await;
    let (error, code) = near.ending().await;
    assert_eq!((&error.expect("an error event")["code"], code), (&"budget_exceeded".into(), Some(1008)));
    assert_eq!(upstream.stats().billed_output_tokens, before, "the provider never heard of it");
    let record = gateway.record(&near.request_id()).await;
    assert_eq!(
        (&record["outcome"], &record["error_code"]),
        (&"stream_cut".into(), &"budget_exceeded".into())
    );
    assert_eq!(record["output_tokens"], 6000);
    let (spent, held) = budget(&gateway).await;
    assert!(spent <= nanos("2.5") && spent == nanos(record["cost_usd"].as_str().unwrap()) && held == 0);
    // Not even the first response of a session fits into this one.
    let poorer = json!({"name": "poorer", "budget": {"limit_usd": "0.50", "period": "total"}});
    let (_, key) = gateway.make_key(&poorer).await;
    let header = format!("authorization: Bearer {key}\r\n");
    let refused = connect(gateway.addr, "/v1/realtime?model=up/chat-model", &header).await;
    let refused = refused.map(|_| ()).unwrap_err();
    assert!(refused.starts_with("HTTP/1.1 402 ") && refused.contains("budget_exceeded"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_response_that_nobody_asked_for_is_held_too() {
    let upstream = Far::start().await;
    let gateway = Gateway::start(&upstream.provider()).await;
    // One response may cost 4096 tokens of sound at $64 a million: $0.262.
    let (_, key) =
        gateway.make_key(&json!({"name": "vad", "budget": {"limit_usd": "0.40", "period": "total"}})).await;
    let (mut near, mut far) = through(gateway.addr, &upstream, "up/rt", &key).await;
    far.tell(&json!({"type": "response.created"})).await;
    far.tell(&done([10, 0, 0, 0], [0, 3000])).await;
    near.event("response.done").await;
    far.tell(&json!({"type": "response.created"})).await;
    let (error, code) = near.ending().await;
    assert_eq!((&error.expect("an error event")["code"], code), (&"budget_exceeded".into(), Some(1008)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_a_minute_refuse_a_response_and_not_the_session() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    upstream.faults("chat-model", "output-tokens=4000;frames=2;ignore-max-tokens", None);
    let (_, key) = gateway.make_key(&json!({"name": "slow", "limits": {"tpm": 5000}})).await;
    let mut near = open(gateway.addr, "up/chat-model", &key).await;
    near.say(&json!({"type": "session.update", "session": {"output_modalities": ["text"]}})).await;
    // A response begins while tokens are left, whatever it may use at most.
    for _ in 0..2 {
        near.say(&ask()).await;
        near.event("response.done").await;
    }
    let before = upstream.stats().billed_output_tokens;
    near.say(&ask()).await;
    assert_eq!(near.event("error").await["error"]["code"], "rate_limit_exceeded");
    assert_eq!(upstream.stats().billed_output_tokens, before, "the provider never heard of it");
    assert_eq!(near.close(1000).await, Some(1000));
    // A limit far below what a response may use is still of use; one that is used up opens no session.
    let (_, tight) = gateway.make_key(&json!({"name": "tight", "limits": {"tpm": 100}})).await;
    let mut near = open(gateway.addr, "up/quick", &tight).await;
    near.say(&json!({"type": "response.create", "response": {"output_modalities": ["text"]}})).await;
    near.event("response.done").await;
    near.say(&json!({"type": "response.create", "response": {"output_modalities": ["text"]}})).await;
    near.event("response.done").await;
    near.close(1000).await;
    let header = format!("authorization: Bearer {key}\r\n");
    let refused = connect(gateway.addr, "/v1/realtime?model=up/quick", &header).await;
    assert!(refused.map(|_| ()).unwrap_err().starts_with("HTTP/1.1 429 "));
    assert_eq!(gateway.metric("gatewright_open_reservations").await, 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_is_set_meanwhile_holds_for_what_begins_then() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.providers()).await;
    upstream.faults("chat-model", "output-tokens=400;frames=2;ignore-max-tokens", None);
    let (id, key) = gateway.make_key(&json!({"name": "limited later"})).await;
    let mut near = open(gateway.addr, "up/chat-model", &key).await;
    near.say(&json!({"type": "session.update", "session": {"output_modalities": ["text"]}})).await;
    near.say(&ask()).await;
    near.event("response.done").await;
    let limit = json!({"limits": {"tpm": 100}});
    gateway.admin(http::Method::PATCH, &format!("/api/v1/keys/{id}"), Some(&limit)).await.ok();
    let since = std::time::Instant::now();
    let (before, error) = 'refused: loop {
        assert!(since.elapsed().as_secs() < 5, "the new limit holds within seconds");
        let before = upstream.stats().billed_output_tokens;
        near.say(&ask()).await;
        loop {
            let event = near.frame().await.json();
            match event["type"].as_str() {
                Some("error") => break 'refused (before, event),
                Some("response.done") => break,
                _ => {}
            }
        }
    };
    assert_eq!(error["error"]["code"], "rate_limit_exceeded");
    assert_eq!(upstream.stats().billed_output_tokens, before, "the provider never heard of it");
    assert_eq!(near.close(1000).await, Some(1000));
    assert_eq!(gateway.metric("gatewright_open_reservations").await, 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_charges_no_less_than_was_used() {
    let upstream = Upstream::start().await;
    let keys =
        format!("keys:\n  - {{ name: one, key: {KEY}, budget: {{ limit_usd: 100, period: total }} }}\n");
    let mut gateway = Gateway::start(&format!("{}{keys}", upstream.providers())).await;
    upstream.faults("chat-model", "output-tokens=3000;frames=2;ignore-max-tokens", None);
    let mut near = open(gateway.addr, "up/chat-model", KEY).await;
    near.say(&json!({"type": "session.update", "session": {"output_modalities": ["text"]}})).await;
    for _ in 0..4 {
        near.say(&ask()).await;
        near.event("response.done").await;
    }
    let billed = upstream.stats();
    let used =
        i128::from(billed.billed_input_tokens) * 100_000 + i128::from(billed.billed_output_tokens) * 200_000;
    gateway.kill().await;
    let gateway = gateway.restart().await;
    let record = gateway.record(&near.request_id()).await;
    assert_eq!(record["outcome"], "lost");
    let charged = nanos(record["cost_usd"].as_str().unwrap());
    let one_more = 2 * (3000 + 4096) * 200_000;
    assert!(charged >= used && charged <= used + one_more, "{charged} for {used}");
    assert_eq!(gateway.rows("/api/v1/logs").await.len(), 1);
    open(gateway.addr, "up/chat-model", MASTER).await.close(1000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_of_a_deployment_is_held_by_what_its_own_responses_may_cost() {
    let upstream = Far::start().await;
    let dear = "rt: { same_as: openai/gpt-realtime }, dear: { input_usd_per_million_tokens: 4000, output_usd_per_million_tokens: 9000 }";
    let config = upstream.provider().replace("rt: { same_as: openai/gpt-realtime }", dear);
    assert!(config.contains("dear"));
    // The dearest of the plan is held for the caller, which is more than many responses of the target that is used.
    let models = "models:\n  talk:\n    targets:\n      - { provider: up, model: rt, budget: { limit_usd: 0.60, period: total } }\n      - { provider: up, model: dear }\n";
    let gateway = Gateway::start(&format!("{config}{models}")).await;
    let (_, key) =
        gateway.make_key(&json!({"name": "rich", "budget": {"limit_usd": "500", "period": "total"}})).await;
    let (mut near, mut far) = through(gateway.addr, &upstream, "talk", &key).await;
    let held = async || {
        let rows = gateway.rows("/api/v1/budgets?level=deployment").await;
        nanos(rows[0]["reserved_usd"].as_str().unwrap())
    };
    let one = held().await;
    assert!((262_000_000..300_000_000).contains(&one), "4096 tokens of sound at $64 a million: {one}");
    for responses in 1..=2 {
        far.tell(&json!({"type": "response.created"})).await;
        near.event("response.created").await;
        assert_eq!(held().await, responses * one);
    }
    // A third does not fit, whatever its caller may still spend.
    far.tell(&json!({"type": "response.created"})).await;
    let (error, code) = near.ending().await;
    assert_eq!((&error.expect("an error event")["code"], code), (&"budget_exceeded".into(), Some(1008)));
    eventually("nothing is held any more", async || (held().await == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_a_deployment_count_response_by_response_and_what_is_refused_is_given_back() {
    let upstream = Upstream::start().await;
    let limit = "limits: { more: [{ unit: tokens, limit: 9000, per: day }] }, budget: { limit_usd: 100, period: total }";
    let models =
        format!("models:\n  talk: {{ targets: [{{ provider: up, model: chat-model, {limit} }}] }}\n");
    let gateway = Gateway::start(&format!("{}{models}", upstream.providers())).await;
    upstream.faults("chat-model", "output-tokens=4000;frames=2;ignore-max-tokens", None);
    let (_, slow) = gateway.make_key(&json!({"name": "slow", "limits": {"tpm": 3000}})).await;
    let (_, free) = gateway.make_key(&json!({"name": "free"})).await;
    let text = json!({"type": "session.update", "session": {"output_modalities": ["text"]}});
    let held = async || {
        let rows = gateway.rows("/api/v1/budgets?level=deployment").await;
        nanos(rows[0]["reserved_usd"].as_str().unwrap())
    };
    let mut near = open(gateway.addr, "talk", &slow).await;
    near.say(&text).await;
    near.say(&ask()).await;
    near.event("response.done").await;
    // The key's own limit refuses the next: then nothing is held of what it would have called.
    near.say(&ask()).await;
    assert_eq!(near.event("error").await["error"]["code"], "rate_limit_exceeded");
    assert_eq!(held().await, 0);
    // What it has used counts for everybody while the session goes on.
    let mut other = open(gateway.addr, "talk", &free).await;
    other.say(&text).await;
    other.say(&ask()).await;
    other.event("response.done").await;
    other.say(&ask()).await;
    other.event("response.done").await;
    other.say(&ask()).await;
    let refused = other.event("error").await;
    assert_eq!(refused["error"]["code"], "rate_limit_exceeded");
    assert!(refused["error"]["message"].as_str().unwrap().contains("deployment"), "{refused}");
    near.close(1000).await;
    other.close(1000).await;
    assert_eq!(gateway.metric("gatewright_open_reservations").await, 0.0);
}
