//! Every format of conversations, as a caller, against every format of an upstream: whole, streamed, errors,
//! endings. The upstream answers in whichever format it is asked.

use super::support::binary;
use super::support::scripted::{STREAM_HEAD, Scripted, Seen, Step};
use super::support::speaking::{self, Format, TEXT};
use super::support::{Answer, Call, Gateway, KEY, MASTER};
use serde_json::{Value, json};
use std::time::Duration;

/// The providers, with the format that each speaks.
const PROVIDERS: [(&str, Format); 6] = [
    ("chat", Format::Chat),
    ("responses", Format::Responses),
    ("messages", Format::Messages),
    ("gemini", Format::Gemini),
    ("bedrock", Format::Converse),
    ("cohere", Format::Cohere),
];

/// Models whose streams have a damaged frame behind the first one, and go on to their end.
const TORN: [&str; 2] = ["torn-model", "damaged-model"];

/// The upstream's answer; the model's name says how it ends.
fn script(seen: &Seen) -> Vec<Step> {
    let (format, stream) = speaking::asked(&seen.path, &seen.body);
    let has = |name: &str| seen.path.contains(name) || seen.body.contains(name);
    if has("bad-model") {
        return speaking::error(format);
    }
    if !stream {
        let answer = speaking::head("200 OK", "application/json", "", &speaking::whole(format));
        return vec![Step::Send(answer.into_bytes())];
    }
    let head = match format {
        Format::Converse => STREAM_HEAD.replace("text/event-stream", "application/vnd.amazon.eventstream"),
        _ => STREAM_HEAD.to_owned(),
    };
    let mut frames = speaking::frames(format);
    let all = frames.concat();
    if has("cut-model") || has("slow-model") {
        frames.pop();
        let middle = frames.len() / 2;
        let (first, _) = frames.split_at(middle.max(1));
        let mut steps = vec![Step::Send([head.as_bytes(), &first.concat()].concat())];
        if has("slow-model") {
            steps.push(Step::Wait);
            steps.push(Step::Send(all[first.concat().len()..].to_vec()));
        }
        return steps;
    }
    if let Some(model) = TORN.into_iter().find(|model| has(model)) {
        frames[1] = torn(format, model, &frames[1]);
        return vec![Step::Send([head.as_bytes(), &frames.concat()].concat())];
    }
    vec![Step::Send([head.as_bytes(), &all].concat())]
}

/// A frame that is framed as it must be, around half of its JSON. For Converse also one with a wrong checksum.
fn torn(format: Format, model: &str, frame: &[u8]) -> Vec<u8> {
    if format != Format::Converse {
        return [&frame[..frame.len() * 2 / 3], b"\n\n"].concat();
    }
    let mut message = frame.to_vec();
    if model == "torn-model" {
        let headers = [(":event-type", "contentBlockDelta"), (":message-type", "event")];
        message = binary::message(&headers, r#"{"contentBlockIndex":0,"delta":{"text":" the"#);
    } else {
        *message.last_mut().unwrap() ^= 0xff;
    }
    message
}

async fn set_up(settings: &str) -> (Scripted, Gateway) {
    let upstream = Scripted::by_request(|_, seen| script(seen)).await;
    let url = upstream.url();
    let one = "{ input_usd_per_million_tokens: 100, output_usd_per_million_tokens: 200 }";
    let models = format!(
        "models: {{ good-model: {one}, bad-model: {one}, cut-model: {one}, slow-model: {one}, \
         torn-model: {one}, damaged-model: {one} }}"
    );
    let config = format!(
        "providers:\n  \
         chat: {{ kind: openai-compatible, base_url: \"{url}/v1\", api_key: up-secret, {models} }}\n  \
         responses: {{ kind: openai, base_url: \"{url}/v1\", api_key: up-secret, upstream_format: responses, {models} }}\n  \
         messages: {{ kind: anthropic, base_url: \"{url}\", api_key: up-secret, {models} }}\n  \
         gemini: {{ base_url: \"{url}\", api_key: up-secret, {models} }}\n  \
         bedrock: {{ endpoint: \"{url}\", region: us-east-1, aws_access_key_id: AKID, \
           aws_secret_access_key: up-secret, {models} }}\n  \
         cohere: {{ base_url: \"{url}\", api_key: up-secret, {models} }}\n\
         keys:\n  - {{ name: caller, key: {KEY}, budget: {{ limit_usd: 1000, period: total }} }}\n{settings}"
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

async fn ask(gateway: &Gateway, caller: Format, model: &str, stream: bool) -> Answer {
    gateway.send(caller.call(model, stream).key(KEY)).await
}

fn pairs() -> impl Iterator<Item = (Format, &'static str, Format)> {
    let all = Format::ALL.into_iter();
    all.flat_map(|caller| PROVIDERS.into_iter().map(move |(provider, format)| (caller, provider, format)))
}

fn is_same(caller: Format, upstream: Format) -> bool {
    caller.name() == upstream.name()
}

async fn recorded(gateway: &Gateway, answer: &Answer, caller: Format, what: &str) {
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!(record["format"], caller.name(), "{what}: {record}");
    assert_eq!(record["outcome"], "success", "{what}: {record}");
    assert_eq!(record["usage_source"], "upstream", "{what}: {record}");
    assert_eq!(
        (&record["input_tokens"], &record["output_tokens"]),
        (&json!(11), &json!(7)),
        "{what}: {record}"
    );
    assert_eq!(record["cost_usd"], "0.0025", "{what}: {record}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_answers_of_every_format_to_every_caller() {
    let (upstream, gateway) = set_up("").await;
    for (caller, provider, format) in pairs() {
        let what = format!("{caller:?} to {provider}");
        let answer = ask(&gateway, caller, &format!("{provider}/good-model"), false).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
        assert_eq!(answer.header("x-gatewright-cost-usd"), Some("0.0025"), "{what}");
        assert_eq!(caller.text_of(&answer.json()), TEXT, "{what}: {}", answer.text());
        if is_same(caller, format) {
            assert_eq!(answer.text(), speaking::whole(format), "{what}: byte for byte");
            let sent: Value = serde_json::from_str(&upstream.last().body).unwrap();
            assert_eq!(sent, caller.body("good-model", false), "{what}");
        }
        recorded(&gateway, &answer, caller, &what).await;
        has_its_credential(&upstream.last(), provider);
    }
}

/// Each provider wants its key elsewhere, and none gets the caller's.
fn has_its_credential(seen: &Seen, provider: &str) {
    let (header, value) = match provider {
        "messages" => ("x-api-key", "up-secret"),
        "gemini" => ("x-goog-api-key", "up-secret"),
        "bedrock" => ("authorization", "AWS4-HMAC-SHA256 Credential=AKID/"),
        _ => ("authorization", "Bearer up-secret"),
    };
    assert!(seen.header(header).is_some_and(|found| found.starts_with(value)), "{provider}: {}", seen.head);
    assert!(!seen.head.contains(KEY) && !seen.body.contains(KEY), "{provider}");
    if provider == "bedrock" {
        assert!(!seen.head.contains("up-secret"), "{}", seen.head);
        assert_eq!(seen.path, "/model/good-model/converse");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_of_every_format_to_every_caller() {
    let (_upstream, gateway) = set_up("").await;
    for (caller, provider, format) in pairs() {
        let what = format!("{caller:?} to {provider}");
        let answer = ask(&gateway, caller, &format!("{provider}/good-model"), true).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some(caller.stream_type()), "{what}");
        assert_eq!(caller.streamed(&answer.body), TEXT, "{what}: {}", answer.text());
        // The usage frame that a chat caller did not ask for is hidden.
        if is_same(caller, format) && !matches!(caller, Format::Chat | Format::GeminiArray) {
            assert_eq!(answer.body, speaking::frames(format).concat(), "{what}: byte for byte");
        }
        recorded(&gateway, &answer, caller, &what).await;
    }
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upstreams_error_comes_in_the_callers_shape() {
    let (_upstream, gateway) = set_up("").await;
    for (caller, provider, format) in pairs() {
        for stream in [false, true] {
            let what = format!("{caller:?} to {provider}, stream {stream}");
            let answer = ask(&gateway, caller, &format!("{provider}/bad-model"), stream).await;
            assert_eq!(answer.status, 400, "{what}: {}", answer.text());
            let body = answer.json();
            let message = body.pointer("/error/message").or_else(|| body.pointer("/message"));
            assert_eq!(message, Some(&json!("no such thing")), "{what}: {body}");
            if !is_same(caller, format) {
                assert_eq!(body.pointer(caller.code_at()), Some(&json!("invalid_request")), "{what}: {body}");
            }
            let kind = (caller == Format::Converse).then_some("ValidationException");
            assert_eq!(answer.header("x-amzn-errortype"), kind, "{what}");
        }
    }
}

/// The stream's last event is an error in the caller's format, and nothing says that the answer is complete.
fn ends_in_an_error(caller: Format, answer: &Answer, what: &str) {
    let frames = caller.frames(&answer.body);
    let last = frames.last().unwrap_or_else(|| panic!("{what}: nothing came"));
    let is_error = match caller {
        Format::Converse => last["kind"] == "modelStreamErrorException",
        Format::Responses => last["type"] == "error" && last["code"] == "upstream_error",
        Format::Cohere => last.to_string().contains("upstream_error"),
        _ => last.pointer(caller.code_at()) == Some(&json!("upstream_error")),
    };
    assert!(is_error, "{what}: {last}");
    let ends = ["[DONE]", "message_stop", "response.completed", "messageStop", "COMPLETE"];
    assert!(!ends.iter().any(|end| answer.text().contains(end)), "{what}: {}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_with_a_damaged_frame_ends_in_the_callers_error() {
    let (_upstream, gateway) = set_up("").await;
    let mut count = 0;
    for ((caller, provider, format), model) in pairs().flat_map(|pair| TORN.map(|model| (pair, model))) {
        let what = format!("{caller:?} to {provider}, {model}");
        let answer = ask(&gateway, caller, &format!("{provider}/{model}"), true).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.text());
        ends_in_an_error(caller, &answer, &what);
        if is_same(caller, format) && caller != Format::GeminiArray {
            let first = speaking::frames(format).remove(0);
            assert!(answer.body.starts_with(&first), "{what}: {}", answer.text());
            assert_eq!(caller.frames(&answer.body).len(), 2, "{what}: {}", answer.text());
        }
        count += 1;
    }
    assert_eq!(gateway.records_of("stream_cut", count).await.len(), count);
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_the_upstream_cuts_ends_in_the_callers_error() {
    let (_upstream, gateway) = set_up("").await;
    let mut count = 0;
    for (caller, provider, _) in pairs() {
        let what = format!("{caller:?} to {provider}");
        let answer = ask(&gateway, caller, &format!("{provider}/cut-model"), true).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.text());
        ends_in_an_error(caller, &answer, &what);
        count += 1;
    }
    assert_eq!(gateway.records_of("stream_cut", count).await.len(), count);
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_leaves_leaves_nothing_behind() {
    let (_upstream, gateway) = set_up("").await;
    let mut open = Vec::new();
    for (caller, provider, _) in pairs() {
        let call = caller.call(&format!("{provider}/slow-model"), true).key(KEY);
        let stream = call.open(gateway.addr).await;
        assert_eq!(stream.status, 200, "{caller:?} to {provider}");
        open.push(stream);
    }
    let count = open.len();
    assert!(gateway.metric("gatewright_open_reservations").await >= count as f64);
    drop(open);
    gateway.metric_becomes("gatewright_open_reservations", 0.0, Duration::from_secs(2)).await;
    gateway.metric_becomes("gatewright_open_streams", 0.0, Duration::from_secs(2)).await;
    assert_eq!(gateway.records_of("client_disconnect", count).await.len(), count);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_broken_only_where_comments_are_understood() {
    let (upstream, gateway) = set_up("settings: { stream_ping_ms: 40 }\n").await;
    let mut quiet = Vec::new();
    for caller in [Format::Gemini, Format::GeminiArray, Format::Converse] {
        for provider in ["chat", "gemini", "bedrock"] {
            let call = caller.call(&format!("{provider}/slow-model"), true).key(KEY);
            quiet.push((caller, call.open(gateway.addr).await));
        }
    }
    let mut pinged = Vec::new();
    for caller in [Format::Chat, Format::Responses, Format::Messages, Format::Cohere] {
        let call = caller.call("bedrock/slow-model", true).key(KEY);
        let mut stream = call.open(gateway.addr).await;
        let mut seen = stream.until(": ping\n\n").await;
        seen.push_str(&stream.until(": ping\n\n").await);
        pinged.push((caller, seen, stream));
    }
    upstream.release();
    for (caller, stream) in quiet {
        let answer = stream.rest().await;
        assert!(!answer.text().contains(": ping"), "{caller:?}: {}", answer.text());
        assert_eq!(caller.streamed(&answer.body), TEXT, "{caller:?}");
    }
    for (caller, seen, stream) in pinged {
        let all = [seen.as_bytes(), &stream.rest().await.body].concat();
        assert_eq!(caller.streamed(&all), TEXT, "{caller:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_come_in_the_callers_shape() {
    let keys = "  - { name: poor, key: gw-poorPoorPoorPoorPoorPoorPoorPoorPoorPoorPoor1, models: [other], \
                budget: { limit_usd: 1, period: total } }\n  \
                - { name: busy, key: gw-busyBusyBusyBusyBusyBusyBusyBusyBusyBusyBusy1, limits: { rpm: 1 } }\n";
    let (_upstream, gateway) = set_up(keys).await;
    let (poor, busy) = (
        "gw-poorPoorPoorPoorPoorPoorPoorPoorPoorPoorPoor1",
        "gw-busyBusyBusyBusyBusyBusyBusyBusyBusyBusyBusy1",
    );
    gateway.send(Format::Chat.call("chat/good-model", false).key(busy)).await.ok();
    for (caller, stream) in Format::ALL.into_iter().flat_map(|caller| [(caller, false), (caller, true)]) {
        let call = |model: &str, key: &str| caller.call(model, stream).key(key);
        let cases = [
            (caller.call("chat/good-model", stream), 401, "invalid_api_key", "UnrecognizedClientException"),
            (call("chat/good-model", "gw-nobody"), 401, "invalid_api_key", "UnrecognizedClientException"),
            (call("chat/good-model", poor), 403, "model_not_allowed", "AccessDeniedException"),
            (call("chat/good-model", busy), 429, "rate_limit_exceeded", "ThrottlingException"),
            (call("nobody/good-model", MASTER), 404, "model_not_found", "ResourceNotFoundException"),
            (call("chat/good-model", KEY).body("{"), 400, "invalid_request", "ValidationException"),
        ];
        for (call, status, code, kind) in cases {
            let answer = gateway.send(call).await;
            let what = format!("{caller:?} {code}: {}", answer.text());
            assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{what}");
            assert_eq!(answer.json().pointer(caller.code_at()), Some(&json!(code)), "{what}");
            assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
            let wanted = (caller == Format::Converse).then_some(kind);
            assert_eq!(answer.header("x-amzn-errortype"), wanted, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_path_says_of_the_model() {
    let (upstream, gateway) = set_up("").await;
    let gemini = Format::Gemini.body("", false).to_string();
    // A bare name is the native provider's; an id keeps its colons and slashes.
    for (path, wanted) in [
        ("/v1/models/good-model:generateContent", "/v1beta/models/good-model:generateContent"),
        ("/v1beta/models/gemini/a:b%2Fc:generateContent", "/v1beta/models/a%3Ab%2Fc:generateContent"),
    ] {
        gateway.send(Call::post(path, gemini.clone()).key(MASTER)).await.ok();
        assert_eq!(upstream.last().path, wanted);
    }
    let converse = Format::Converse.body("", false).to_string();
    let arn = "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx";
    let path = format!("/model/bedrock%2F{arn}/converse");
    gateway.send(Call::post(&path, converse).key(MASTER)).await.ok();
    assert_eq!(upstream.last().path, format!("/model/{arn}/converse"));
    // Azure's form of responses: the path's model goes into the body.
    let responses = json!({"input": "hi"}).to_string();
    gateway
        .send(Call::post("/openai/deployments/responses/good-model/responses", responses).key(MASTER))
        .await
        .ok();
    let sent: Value = serde_json::from_str(&upstream.last().body).unwrap();
    assert_eq!((&sent["model"], &sent["input"]), (&json!("good-model"), &json!("hi")));
    // An answer in the background could not be fetched, and nobody would pay for it.
    let mut background = Format::Responses.body("responses/good-model", false);
    background["background"] = true.into();
    let answer = gateway.send(Call::post("/v1/responses", background.to_string()).key(MASTER)).await;
    answer.refused(400, "unsupported_parameter");
    let wrong = gateway.send(Call::post("/v1beta/models/llama3:8b", "{}").key(MASTER)).await;
    assert_eq!(wrong.status, 405, "{}", wrong.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_cannot_name_what_others_stored_at_the_provider() {
    let (_upstream, gateway) = set_up("").await;
    let (_, key) = gateway.make_key(&json!({"name": "tenant"})).await;
    let with = |name: &str, value: Value| {
        let mut body = json!({"model": "responses/good-model", "input": "hi"});
        body[name] = value;
        body
    };
    for (param, body) in [
        ("conversation", with("conversation", json!({"id": "conv_1"}))),
        ("input", with("input", json!([{"type": "item_reference", "id": "msg_1"}]))),
    ] {
        let answer = gateway.send(Call::post("/v1/responses", body.to_string()).key(&key)).await;
        match param {
            "input" => answer.refused(404, "not_found"),
            _ => answer.refused(400, "unsupported_parameter"),
        };
        assert_eq!(answer.json()["error"]["param"], param);
        gateway.send(Call::post("/v1/responses", body.to_string()).key(MASTER)).await.ok();
    }
    let cached = json!({"contents": [{"parts": [{"text": "hi"}]}], "cachedContent": "cachedContents/1"});
    let path = "/v1beta/models/gemini%2Fgood-model:generateContent";
    let answer = gateway.send(Call::post(path, cached.to_string()).key(&key)).await;
    assert_eq!(answer.header("x-gatewright-error"), Some("unsupported_parameter"), "{}", answer.text());
    // Turns of a kept conversation may go to different accounts, so that nobody begins one.
    for thread in [json!({"type": "create"}), json!({"type": "continue", "previous_message_id": "msg_1"})] {
        let mut body = Format::Messages.body("anthropic/good-model", false);
        body["thread"] = thread;
        for caller in [&*key, MASTER] {
            let answer = gateway.send(Call::post("/v1/messages", body.to_string()).key(caller)).await;
            answer.refused(400, "unsupported_parameter");
            assert_eq!(answer.json()["error"]["details"]["error_code"], "thread_unsupported_request");
        }
    }
    // A word in a text is no reference.
    let text = with("input", json!([{"role": "user", "content": "what is an item_reference?"}]));
    gateway.send(Call::post("/v1/responses", text.to_string()).key(&key)).await.ok();
}
