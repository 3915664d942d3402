//! Recorded exchanges as upstream: the same format comes through byte for byte in both directions, a
//! translated answer says the same.

use super::support::client::{Answer, Call};
use super::support::exchanges;
use super::support::reading::{self, Said};
use super::support::{Gateway, Upstream, chat, chat_stream, sse};
use crate::support::MASTER;
use gw_emulator::replay::{Exchange, Replay};
use serde_json::{Value, json};
use std::sync::Arc;

/// Providers of all formats without retries: a recorded failure stays one answer.
async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let url = upstream.url();
    let config = format!(
        "{}  responses: {{ kind: openai, base_url: \"{url}/v1\", api_key: k }}\n  \
         gemini: {{ base_url: \"{url}\", api_key: k }}\n  \
         bedrock: {{ endpoint: \"{url}\", region: us-east-1, aws_access_key_id: AK, aws_secret_access_key: s }}\n  \
         cohere: {{ base_url: \"{url}\", api_key: k }}\n\
         models:\n  as-chat: {{ targets: [{{ provider: up, model: recorded-model }}], retry: {{ attempts: 1 }} }}\n  \
         as-messages: {{ targets: [{{ provider: claude, model: recorded-model }}], retry: {{ attempts: 1 }} }}\n",
        upstream.providers()
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

/// What failed of how many.
#[derive(Default)]
struct Tally {
    total: usize,
    failures: Vec<String>,
}

impl Tally {
    fn count(&mut self, name: &str, result: Result<(), String>) {
        self.total += 1;
        if let Err(why) = result {
            self.failures.push(format!("{name}: {why}"));
        }
    }

    #[track_caller]
    fn done(&self, what: &str) {
        let passed = self.total - self.failures.len();
        eprintln!("{what}: {passed} of {} passed", self.total);
        assert!(self.failures.is_empty(), "{what}: {passed} of {}\n{}", self.total, self.failures.join("\n"));
    }
}

/// The request as an SDK would have sent it: as recorded, or a plausible one.
fn request_of(exchange: &Exchange) -> Value {
    let names_model =
        has_model_in_path(exchange) || exchange.request_body.get("model").is_some_and(Value::is_string);
    if names_model && is_ours(exchange) {
        return exchange.request_body.clone();
    }
    let mut body = match exchange.wire_format.as_str() {
        "embeddings" => json!({"model": "recorded-model", "input": "text"}),
        "completions" => json!({"model": "recorded-model", "prompt": "text", "max_tokens": 64}),
        "responses" => json!({"model": "recorded-model", "input": "text", "max_output_tokens": 64}),
        "generate_content" => json!({"contents": [{"role": "user", "parts": [{"text": "text"}]}]}),
        "converse" => json!({"messages": [{"role": "user", "content": [{"text": "text"}]}]}),
        _ => chat("recorded-model", "text"),
    };
    if is_stream(exchange) && !has_model_in_path(exchange) {
        body["stream"] = true.into();
        if matches!(exchange.wire_format.as_str(), "chat" | "completions") {
            body["stream_options"] = json!({"include_usage": true});
        }
    }
    body
}

/// Recorded in a format of our endpoints: Google's and Cohere's embeddings have shapes of their own.
fn is_ours(exchange: &Exchange) -> bool {
    let body = &exchange.request_body;
    match exchange.wire_format.as_str() {
        "embeddings" => body.get("input").is_some(),
        "responses" => body.get("input").is_some() || body.get("prompt").is_some(),
        "completions" => body.get("prompt").is_some(),
        "generate_content" => body.get("contents").is_some(),
        _ => body.get("messages").is_some_and(Value::is_array),
    }
}

fn has_model_in_path(exchange: &Exchange) -> bool {
    matches!(exchange.wire_format.as_str(), "generate_content" | "converse")
}

/// A stream of events or of binary messages.
fn is_stream(exchange: &Exchange) -> bool {
    let content_type = exchange.headers.get("content-type").and_then(|value| value.to_str().ok());
    exchange.is_stream()
        || content_type.is_some_and(|kind| kind.starts_with("application/vnd.amazon.eventstream"))
}

/// The path to ask at, with the model where it belongs there.
fn path_of(exchange: &Exchange, model: &str) -> String {
    let escaped = model.replace('/', "%2F").replace(':', "%3A");
    let path = match (exchange.wire_format.as_str(), is_stream(exchange)) {
        ("messages", _) => "/v1/messages",
        ("embeddings", _) => "/v1/embeddings",
        ("completions", _) => "/v1/completions",
        ("responses", _) => "/v1/responses",
        ("cohere_chat", _) => "/v2/chat",
        ("generate_content", false) => return format!("/v1beta/models/{escaped}:generateContent"),
        ("generate_content", true) => {
            return format!("/v1beta/models/{escaped}:streamGenerateContent?alt=sse");
        }
        ("converse", false) => return format!("/model/{escaped}/converse"),
        ("converse", true) => return format!("/model/{escaped}/converse-stream"),
        _ => "/v1/chat/completions",
    };
    path.to_owned()
}

/// The provider that speaks an exchange's format.
fn provider_of(exchange: &Exchange) -> &'static str {
    match exchange.wire_format.as_str() {
        "messages" => "claude",
        "responses" => "responses",
        "generate_content" => "gemini",
        "converse" => "bedrock",
        "cohere_chat" => "cohere",
        _ => "up",
    }
}

/// Sends an exchange's request by `provider/model`; gives what the upstream should see, and the answer.
async fn play(upstream: &Upstream, gateway: &Gateway, exchange: &Exchange) -> (String, Answer) {
    let request = request_of(exchange);
    let original = request.to_string();
    let named = request["model"].as_str().filter(|_| !has_model_in_path(exchange));
    let model = format!("{}/{}", provider_of(exchange), named.unwrap_or("recorded-model"));
    let mut asked = request.clone();
    if !has_model_in_path(exchange) {
        asked["model"] = model.clone().into();
    }
    upstream.emulator().set_replay(Some(Replay::new([exchange.clone()]).any_path().chunk_bytes(1999)));
    let call = Call::post(&path_of(exchange, &model), asked.to_string()).key(MASTER);
    (original, gateway.send(call).await)
}

/// The answer that a caller should get: all bytes, but the usage frame that it did not ask for.
fn expected_body(exchange: &Exchange) -> Vec<u8> {
    let asked = request_of(exchange).pointer("/stream_options/include_usage") == Some(&Value::Bool(true));
    if asked || !exchange.is_stream() || !matches!(exchange.wire_format.as_str(), "chat" | "completions") {
        return exchange.body.to_vec();
    }
    let kept = sse::frames(&exchange.body).into_iter().filter(|frame| {
        let value: Value =
            sse::data(frame).and_then(|data| serde_json::from_str(&data).ok()).unwrap_or_default();
        let is_usage = value["usage"].is_object() && value["choices"].as_array().is_some_and(Vec::is_empty);
        !is_usage
    });
    kept.collect::<Vec<_>>().concat()
}

/// Members by which OpenRouter chooses other models than `model` names: refused, since a key's models could
/// be evaded with them. So are answers in the background, which could not be fetched.
fn is_refused(exchange: &Exchange) -> bool {
    if exchange.wire_format == "responses" && exchange.request_body["background"] == true {
        return true;
    }
    ["models", "provider", "route"].iter().any(|name| exchange.request_body.get(*name).is_some())
}

/// A recording whose source broke JSON over lines: no answer of its format.
fn is_malformed(exchange: &Exchange) -> bool {
    exchange.name.contains("parallel-tool-call-wrapper.1-stream")
}

fn same_answer(exchange: &Exchange, answer: &Answer) -> Result<(), String> {
    let status = exchange.status.as_u16();
    // Google says 400 to a key that is not valid.
    let is_credential = matches!(status, 401..=403)
        || (status == 400 && String::from_utf8_lossy(&exchange.body).contains("API key not valid"));
    if is_credential || status >= 500 {
        let upstream_text = exchange.body.len() > 40 && answer.body == exchange.body;
        return match (answer.status.as_u16(), answer.code(), upstream_text) {
            (502, "upstream_error", false) => Ok(()),
            found => Err(format!("the upstream's {status} became {found:?}: {}", answer.text())),
        };
    }
    if answer.status != exchange.status {
        return Err(format!("status {} in place of {status}: {}", answer.status, answer.text()));
    }
    let expected = expected_body(exchange);
    if answer.body != expected {
        let at = answer.body.iter().zip(&expected).take_while(|(a, b)| a == b).count();
        let near = |bytes: &[u8]| {
            String::from_utf8_lossy(&bytes[at.saturating_sub(60).min(bytes.len())..bytes.len().min(at + 160)])
                .into_owned()
        };
        return Err(format!(
            "differs at byte {at}:\n  want {:?}\n  got  {:?}",
            near(&expected),
            near(&answer.body)
        ));
    }
    Ok(())
}

/// Embeddings in the shapes of Google, Cohere and Voyage: see `replay_vectors`.
fn is_of_another_shape(exchange: &Exchange) -> bool {
    exchange.wire_format == "embeddings"
        && (exchange.provider == "voyage" || !exchange.path.ends_with("/embeddings"))
}

/// The upstream got the caller's bytes; only a `stream_options` may have been put in.
fn same_request(exchange: &Exchange, original: &str, seen: &[u8]) -> Result<(), String> {
    let seen = std::str::from_utf8(seen).map_err(|error| error.to_string())?;
    if seen == original {
        return Ok(());
    }
    let prefix = original.bytes().zip(seen.bytes()).take_while(|(a, b)| a == b).count();
    let back = original.bytes().rev().zip(seen.bytes().rev()).take_while(|(a, b)| a == b).count();
    let suffix = back.min(original.len() - prefix);
    let is_insertion = prefix + suffix == original.len();
    let with_usage = serde_json::from_str::<Value>(seen)
        .is_ok_and(|value| value.pointer("/stream_options/include_usage") == Some(&Value::Bool(true)));
    let may = exchange.is_stream() && matches!(exchange.wire_format.as_str(), "chat" | "completions");
    if is_insertion && with_usage && may {
        Ok(())
    } else {
        Err(format!("request:\n  want {original}\n  got  {seen}"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_format_passes_byte_for_byte() {
    let (upstream, gateway) = set_up().await;
    let mut tally = Tally::default();
    for exchange in exchanges::load().into_iter().filter(|exchange| !is_of_another_shape(exchange)) {
        let (original, answer) = play(&upstream, &gateway, &exchange).await;
        if is_refused(&exchange) {
            answer.refused(400, "unsupported_parameter");
            tally.count(&exchange.name, Ok(()));
            continue;
        }
        if is_malformed(&exchange) {
            assert!(sse::error(&answer.body).is_some(), "{}", answer.text());
            continue;
        }
        // What the gateway itself refuses never got there.
        let result = same_answer(&exchange, &answer)
            .and_then(|()| same_request(&exchange, &original, &upstream.last_body()));
        tally.count(&exchange.name, result);
    }
    tally.done("same format, byte for byte");
}

/// Answers that a chat format can say: no errors, and nothing cut short at its source.
fn translatable(exchange: &Exchange) -> bool {
    exchange.status == 200 && matches!(exchange.wire_format.as_str(), "chat" | "messages")
}

async fn translated(gateway: &Gateway, exchange: &Exchange) -> Result<(Said, Said), String> {
    let stream = exchange.is_stream();
    let to_chat = exchange.wire_format == "messages";
    let alias = if to_chat { "as-messages" } else { "as-chat" };
    let mut body = if stream { chat_stream(alias, "text") } else { chat(alias, "text") };
    if stream && to_chat {
        body["stream_options"] = json!({"include_usage": true});
    }
    let call = if to_chat { Call::chat(&body) } else { Call::messages(&body) };
    let answer = gateway.send(call.key(MASTER)).await;
    if answer.status != 200 {
        return Err(format!("{}: {}", answer.status, answer.text()));
    }
    let format = if to_chat { "chat" } else { "messages" };
    if !stream {
        let source: Value = serde_json::from_slice(&exchange.body).map_err(|error| error.to_string())?;
        return Ok((reading::whole(&exchange.wire_format, &source), reading::whole(format, &answer.json())));
    }
    match (sse::error(&exchange.body), sse::error(&answer.body)) {
        (None, None) => {}
        (Some(_), Some(_)) => return Ok(Default::default()),
        (_, found) => return Err(format!("an error in one of the two: {found:?}")),
    }
    Ok((reading::streamed(&exchange.wire_format, &exchange.body), reading::streamed(format, &answer.body)))
}

/// A stream that begins its message anew half-way: what was said by then can not be taken back in a
/// translation, so only its end is compared.
fn begins_anew(exchange: &Exchange) -> bool {
    let values = sse::values(&exchange.body);
    let before_end = values.iter().take_while(|value| value["type"] != "message_stop");
    before_end.filter(|value| value["type"] == "message_start").count() > 1
}

fn same_meaning(exchange: &Exchange, want: &Said, got: &Said) -> Result<(), String> {
    let same = if exchange.is_stream() && begins_anew(exchange) {
        want.stop == got.stop
            && want.tools.last() == got.tools.last()
            && want.output_tokens == got.output_tokens
    } else {
        want == got
    };
    if same { Ok(()) } else { Err(format!("\n  want {want:?}\n  got  {got:?}")) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_translated_answer_says_the_same() {
    let (upstream, gateway) = set_up().await;
    let mut tally = Tally::default();
    for exchange in exchanges::load().into_iter().filter(translatable).map(Arc::new) {
        let replay = Replay::new([Exchange::clone(&exchange)]).any_path().chunk_bytes(1999);
        upstream.emulator().set_replay(Some(replay));
        let result = translated(&gateway, &exchange).await;
        tally.count(&exchange.name, result.and_then(|(want, got)| same_meaning(&exchange, &want, &got)));
    }
    tally.done("translated answers");
}
