//! Images, speech, transcripts and moderation through all stages: bytes, costs, records, limits, failures.

use super::support::gateway::nanos;
use super::support::{Answer, Call, Gateway, MASTER, Upstream, exchanges, sse};
use gw_emulator::replay::{Exchange, Replay};
use serde_json::{Value, json};

/// OpenAI with the catalogue's prices, and Azure, both played by the emulator.
async fn set_up() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let url = upstream.url();
    let config = format!(
        "providers:\n  openai: {{ base_url: \"{url}/v1\", api_key: upstream-secret-1 }}\n  \
         azure: {{ kind: azure-openai, endpoint: \"{url}\", api_key: k, api_version: \"2025-04-01-preview\" }}\n\
         models:\n  ears: {{ targets: [{{ provider: openai, model: fault-500 }}, {{ provider: openai, model: whisper-1 }}], \
         retry: {{ attempts: 1 }} }}\n"
    );
    let gateway = Gateway::start(&config).await;
    (upstream, gateway)
}

/// Fields of a form.
type Fields<'a> = &'a [(&'a str, &'a [u8])];

/// A recording of this many seconds.
fn wav(seconds: u8) -> Vec<u8> {
    let mut file =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\0\0\0"
            .to_vec();
    file.resize(44 + 8_000 * usize::from(seconds), 0x80);
    file
}

fn image(model: &str) -> Value {
    json!({"model": model, "prompt": "a red cat", "n": 2, "quality": "low"})
}

/// A key that has to be charged for.
async fn budgeted(gateway: &Gateway) -> String {
    let (_, key) = gateway
        .make_key(&json!({"name": "b", "models": ["*"], "budget": {"limit_usd": 5, "period": "total"}}))
        .await;
    key
}

/// Checks the record's cost and what it says of the pieces.
async fn recorded(gateway: &Gateway, answer: &Answer, cost: i128) -> Value {
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!(record["outcome"], "success", "{record}");
    assert_eq!(nanos(record["cost_usd"].as_str().unwrap()), cost, "{record}");
    if let Some(stated) = answer.header("x-gatewright-cost-usd") {
        assert_eq!(nanos(stated), cost, "in the header");
    }
    record
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn images_are_made_and_charged_by_their_tokens() {
    let (upstream, gateway) = set_up().await;
    let key = budgeted(&gateway).await;
    let answer =
        gateway.send(Call::post("/v1/images/generations", image("gpt-image-1").to_string()).key(&key)).await;
    let made = answer.ok().json();
    assert_eq!(made["data"].as_array().unwrap().len(), 2);
    assert_eq!(upstream.last_body(), image("gpt-image-1").to_string());
    assert_eq!(answer.header("x-gatewright-provider"), Some("openai"));
    let words = made["usage"]["input_tokens"].as_u64().unwrap();
    let record = recorded(&gateway, &answer, i128::from(words) * 5_000 + 544 * 40_000).await;
    assert_eq!((&record["format"], &record["output_tokens"]), (&json!("images"), &json!(544)));
    assert_eq!(record["usage_source"], "upstream");
    assert_eq!(record["media"], json!({"image_output_tokens": 544, "output_images": 2}));

    // Streamed, with previews; every path of it.
    for path in ["/images/generations", "/openai/v1/images/generations"] {
        let mut body = image("openai/gpt-image-1");
        body["stream"] = true.into();
        body["partial_images"] = 2.into();
        let answer = gateway.send(Call::post(path, body.to_string()).key(&key)).await;
        let kinds: Vec<String> = sse::frames(&answer.ok().body)
            .iter()
            .filter_map(|frame| {
                serde_json::from_str::<Value>(&sse::data(frame)?).ok()?["type"].as_str().map(str::to_owned)
            })
            .collect();
        let one = [
            "image_generation.partial_image",
            "image_generation.partial_image",
            "image_generation.completed",
        ];
        assert_eq!(kinds, [one, one].concat());
        let record = recorded(&gateway, &answer, i128::from(2 * words) * 5_000 + 2 * 472 * 40_000).await;
        assert_eq!(record["stream"], true);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_go_up_byte_for_byte_but_for_the_model() {
    let (upstream, gateway) = set_up().await;
    let key = budgeted(&gateway).await;
    let picture = [&b"\x89PNG\r\n\x1a\n"[..], &[0, 255, 13, 10]].concat();
    let fields = |model: &'static str| -> Vec<(&str, Vec<u8>)> {
        vec![
            ("@image[]", picture.clone()),
            ("model", model.into()),
            ("prompt", b"greener".to_vec()),
            ("n", b"1".to_vec()),
        ]
    };
    let form = |path: &str, model: &'static str| {
        let fields = fields(model);
        let fields: Vec<(&str, &[u8])> = fields.iter().map(|(name, value)| (*name, &value[..])).collect();
        Call::form(path, &fields)
    };
    let answer = gateway.send(form("/v1/images/edits", "openai/gpt-image-1").key(&key)).await;
    let usage = answer.ok().json()["usage"].clone();
    assert_eq!(upstream.last_body(), form("/", "gpt-image-1").sent_body(), "only the model differs");
    assert_eq!(usage["input_tokens_details"]["image_tokens"], 323);
    let words = i128::from(usage["input_tokens_details"]["text_tokens"].as_u64().unwrap());
    recorded(&gateway, &answer, words * 5_000 + 323 * 10_000 + 1056 * 40_000).await;

    // As JSON, which some clients send; a stored file is not theirs to name.
    let json = |image: Value| json!({"model": "gpt-image-1", "prompt": "x", "images": [image]}).to_string();
    let url = json(json!({"image_url": "https://example.com/a.png"}));
    gateway.send(Call::post("/v1/images/edits", url).key(&key)).await.ok();
    let stored = json(json!({"file_id": "file-1"}));
    gateway.send(Call::post("/v1/images/edits", stored).key(&key)).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn speech_flows_while_it_is_made() {
    let (upstream, gateway) = set_up().await;
    let key = budgeted(&gateway).await;
    let speech = |model: &str, more: Value| {
        let mut body = json!({"model": model, "input": "Hello there, this is spoken.", "voice": "alloy"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Call::post("/v1/audio/speech", body.to_string()).key(&key)
    };
    let answer = gateway.send(speech("tts-1", json!({}))).await;
    assert_eq!(answer.ok().header("content-type"), Some("audio/mpeg"));
    assert!(answer.body.starts_with(&[0xff, 0xf3]), "the bytes are the upstream's");
    let record = recorded(&gateway, &answer, 28 * 15_000).await;
    assert_eq!((&record["format"], &record["usage_source"]), (&json!("speech"), &json!("estimated")));
    assert_eq!(record["media"], json!({"input_characters": 28, "output_ms": 1848}));

    // Priced by tokens: as long as it plays, 28 characters of 66 ms in whole frames of 24 ms.
    let answer = gateway.send(speech("gpt-4o-mini-tts", json!({"response_format": "wav"}))).await;
    assert_eq!(answer.header("content-type"), Some("audio/wav"));
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!(record["output_tokens"], 39, "1.848 s: {record}");

    let answer = gateway.send(speech("gpt-4o-mini-tts", json!({"stream_format": "sse"}))).await;
    assert!(answer.ok().text().contains("speech.audio.done"));
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!((&record["outcome"], &record["usage_source"]), (&json!("success"), &json!("upstream")));

    // Half of it is heard while the other half is still being made; who leaves then pays for the text.
    upstream.faults("tts-1", "stall", None);
    let mut open = speech("tts-1", json!({})).open(gateway.addr).await;
    assert!(!open.next().await.unwrap().unwrap().is_empty());
    let id = open.headers["x-request-id"].to_str().unwrap().to_owned();
    drop(open);
    let record = gateway.record(&id).await;
    assert_eq!(
        (&record["outcome"], record["cost_usd"].as_str()),
        (&json!("client_disconnect"), Some("0.00042"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recordings_are_charged_by_seconds_or_tokens() {
    let (upstream, gateway) = set_up().await;
    let key = budgeted(&gateway).await;
    let recording = wav(3);
    let send = async |path: &str, model: &str, more: &[(&str, &[u8])]| {
        let fields = [&[("model", model.as_bytes()), ("@file", &recording)], more].concat();
        gateway.send(Call::form(path, &fields).key(&key)).await
    };
    for path in ["/v1/audio/transcriptions", "/audio/transcriptions", "/openai/v1/audio/transcriptions"] {
        let answer = send(path, "openai/whisper-1", &[]).await;
        assert_eq!(answer.ok().json()["text"], "You sent file.wav, 24044 bytes.");
        let record = recorded(&gateway, &answer, 3 * 100_000).await;
        assert_eq!(
            (&record["format"], &record["model"]),
            (&json!("transcriptions"), &json!("openai/whisper-1"))
        );
    }
    let sent = Call::form("/", &[("model", b"whisper-1"), ("@file", &recording)]);
    assert_eq!(upstream.last_body(), sent.sent_body());
    // What states nothing is charged by the file's own length.
    for (format, text, kind) in [
        ("text", "You sent", "text/plain; charset=utf-8"),
        ("srt", "1\n00:00:00,000 --> 00:00:03,000\n", "application/x-subrip; charset=utf-8"),
        ("vtt", "WEBVTT\n", "text/vtt; charset=utf-8"),
    ] {
        let answer =
            send("/v1/audio/transcriptions", "whisper-1", &[("response_format", format.as_bytes())]).await;
        assert!(answer.ok().text().starts_with(text), "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some(kind));
        recorded(&gateway, &answer, 3 * 100_000).await;
    }
    let verbose = send("/v1/audio/translations", "whisper-1", &[("response_format", b"verbose_json")]).await;
    assert_eq!(verbose.ok().json()["task"], "translate");
    recorded(&gateway, &verbose, 3 * 100_000).await;

    let answer = send("/v1/audio/transcriptions", "gpt-4o-mini-transcribe", &[]).await;
    let usage = answer.ok().json()["usage"].clone();
    let output = usage["output_tokens"].as_u64().unwrap();
    let cost = 30 * 1_250 + i128::from(output) * 5_000;
    recorded(&gateway, &answer, cost).await;
    let stream = send("/v1/audio/transcriptions", "gpt-4o-mini-transcribe", &[("stream", b"true")]).await;
    assert!(stream.ok().text().ends_with("data: [DONE]\n\n"), "{}", stream.text());
    let record = recorded(&gateway, &stream, cost).await;
    assert_eq!((&record["stream"], &record["output_tokens"]), (&json!(true), &json!(output)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moderation_takes_its_usual_model() {
    let (upstream, gateway) = set_up().await;
    let key = budgeted(&gateway).await;
    let body = json!({"input": ["I like cats", "I will kill it"]}).to_string();
    let answer = gateway.send(Call::post("/v1/moderations", body).key(&key)).await;
    let results = answer.ok().json()["results"].clone();
    assert_eq!(
        (&results[0]["flagged"], &results[1]["categories"]["violence"]),
        (&json!(false), &json!(true))
    );
    let seen: Value = serde_json::from_slice(&upstream.last_body()).unwrap();
    assert_eq!(seen["model"], "omni-moderation-latest");
    let record = recorded(&gateway, &answer, 0).await;
    assert_eq!(
        (&record["format"], &record["model"]),
        (&json!("moderations"), &json!("omni-moderation-latest"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn azures_form_works_on_both_sides() {
    let (upstream, gateway) = set_up().await;
    let (_, key) = gateway.make_key(&json!({"name": "any", "models": ["*"]})).await;
    let path = |operation: &str| {
        format!("/openai/deployments/azure%2Fmy-model/{operation}?api-version=2025-04-01-preview")
    };
    let seen = || upstream.emulator().requests(1).pop().unwrap().path;
    let form = [("@file", &b"sound"[..])];
    let calls = [
        ("audio/transcriptions", Call::form(&path("audio/transcriptions"), &form)),
        ("audio/translations", Call::form(&path("audio/translations"), &form)),
        ("images/edits", Call::form(&path("images/edits"), &[("@image", b"PNG"), ("prompt", b"x")])),
        ("images/generations", Call::post(&path("images/generations"), r#"{"prompt":"x"}"#)),
        ("audio/speech", Call::post(&path("audio/speech"), r#"{"input":"x","voice":"alloy"}"#)),
    ];
    for (operation, call) in calls {
        let answer = gateway.send(call.key(&key)).await;
        assert_eq!(answer.ok().header("x-gatewright-upstream-model"), Some("my-model"), "{operation}");
        assert_eq!(seen(), format!("/openai/deployments/my-model/{operation}"));
    }
    let odd = "/openai/deployments/azure%2Fa%0D%0A--XX/audio/transcriptions";
    gateway.send(Call::form(odd, &form).key(&key)).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_is_refused_before_it_costs_anything() {
    let (upstream, gateway) = set_up().await;
    let poor = json!({"name": "p", "models": ["*"], "budget": {"limit_usd": "0.01", "period": "total"}});
    let (_, poor) = gateway.make_key(&poor).await;
    let (_, chats) =
        gateway.make_key(&json!({"name": "c", "models": ["*"], "endpoints": ["chat", "audio"]})).await;
    let (_, cats) = gateway.make_key(&json!({"name": "m", "models": ["openai/tts-1"]})).await;
    let images =
        |key: &str, model: &str| Call::post("/v1/images/generations", image(model).to_string()).key(key);
    gateway.send(images(&poor, "gpt-image-1")).await.refused(402, "budget_exceeded");
    gateway.send(images(&poor, "no-price")).await.refused(402, "budget_exceeded");
    gateway.send(images(&chats, "gpt-image-1")).await.refused(403, "endpoint_not_allowed");
    let spoken = json!({"model": "whisper-1", "input": "x", "voice": "alloy"}).to_string();
    gateway
        .send(Call::post("/v1/audio/speech", spoken.clone()).key(&cats))
        .await
        .refused(403, "model_not_allowed");
    let file = ("@file", &b"sound"[..]);
    let forms: [(Fields<'_>, &str); 4] = [
        (&[file], "model"),
        (&[("model", b"openai/tts-1"), ("model", b"whisper-1"), file], "model"),
        (&[("model", b"openai/tts-1"), ("model[]", b"whisper-1"), file], "model[]"),
        (&[("model", b"openai/tts-1")], "file"),
    ];
    for (fields, param) in forms {
        let answer = gateway.send(Call::form("/v1/audio/transcriptions", fields).key(&cats)).await;
        answer.refused(400, "invalid_request");
        assert_eq!(answer.json()["error"]["param"], param, "{}", answer.text());
    }
    for call in [
        Call::post("/v1/audio/transcriptions", r#"{"model":"whisper-1"}"#),
        Call::form("/v1/audio/transcriptions", &[file]).header("content-type", "text/plain"),
    ] {
        gateway.send(call.key(&cats)).await.refused(400, "invalid_request");
    }
    assert_eq!(upstream.stats().requests, 0);
    // A hold that was refused or given back leaves nothing behind.
    let budgets = gateway.rows("/api/v1/budgets").await;
    assert!(budgets.iter().all(|row| nanos(row["reserved_usd"].as_str().unwrap()) == 0), "{budgets:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_are_retried_and_told_in_openais_shape() {
    let (upstream, gateway) = set_up().await;
    let fields = [("model", &b"ears"[..]), ("@file", b"sound")];
    let answer = gateway.send(Call::form("/v1/audio/transcriptions", &fields).key(MASTER)).await;
    assert_eq!(answer.ok().header("x-gatewright-attempts"), Some("2"));
    assert_eq!(
        upstream.last_body(),
        Call::form("/", &[("model", b"whisper-1"), ("@file", b"sound")]).sent_body()
    );
    let limited = json!({"model": "openai/fault-429+retry-after-7", "prompt": "x"}).to_string();
    let answer = gateway.send(Call::post("/v1/images/generations", limited).key(MASTER)).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, Some("7")));
    assert_eq!(answer.json()["error"]["code"], "rate_limit_exceeded");
    let wrong = json!({"model": "openai/gpt-image-1", "prompt": "x", "response_format": "gif"}).to_string();
    let answer = gateway.send(Call::post("/v1/images/generations", wrong).key(MASTER)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]["param"]), (400, &json!("response_format")));
    let denied = json!({"model": "openai/fault-401", "input": "x", "voice": "alloy"}).to_string();
    gateway.send(Call::post("/v1/audio/speech", denied).key(MASTER)).await.refused(502, "upstream_error");

    // By its own word the upstream made one and failed at the other.
    let mut failed = image("openai/fault-error-after-frames-1");
    failed["stream"] = true.into();
    let answer = gateway.send(Call::post("/v1/images/generations", failed.to_string()).key(MASTER)).await;
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!((&record["outcome"], &record["output_tokens"]), (&json!("upstream_error"), &json!(272)));
    assert_eq!(record["media"]["output_images"], 1, "{record}");
    // An image that does not come to its end is none, and is charged: it was made.
    let mut cut = image("openai/fault-cut-2");
    cut["stream"] = true.into();
    cut["partial_images"] = 3.into();
    let answer = gateway.send(Call::post("/v1/images/generations", cut.to_string()).key(MASTER)).await;
    assert!(answer.text().contains("\"code\":\"upstream_error\""), "{}", answer.text());
    let record = gateway.record(&answer.request_id()).await;
    assert_eq!((&record["outcome"], &record["output_tokens"]), (&json!("stream_cut"), &json!(2600)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_images_flow_through() {
    let (upstream, gateway) = set_up().await;
    let key = budgeted(&gateway).await;
    upstream.faults("gpt-image-1", "huge=12000000", None);
    let mut body = image("gpt-image-1");
    body["n"] = 1.into();
    let answer = gateway.send(Call::post("/v1/images/generations", body.to_string()).key(&key)).await;
    assert_eq!(answer.ok().json()["data"][0]["b64_json"].as_str().unwrap().len(), 12_000_000);
    let words = i128::from(answer.json()["usage"]["input_tokens"].as_u64().unwrap());
    recorded(&gateway, &answer, words * 5_000 + 272 * 40_000).await;
    body["stream"] = true.into();
    let answer = gateway.send(Call::post("/v1/images/generations", body.to_string()).key(&key)).await;
    assert!(answer.ok().body.len() > 12_000_000);
    recorded(&gateway, &answer, words * 5_000 + 272 * 40_000).await;
}

/// The call that an exchange answers.
fn call_of(exchange: &Exchange, model: &str) -> Option<Call> {
    let mut body = exchange.request_body.clone();
    let named = body.get("model").and_then(Value::as_str).unwrap_or(model).to_owned();
    let model = format!("openai/{named}");
    let path = match (exchange.wire_format.as_str(), exchange.path.as_str()) {
        ("images", path) if path.ends_with("/generations") => "/v1/images/generations",
        ("images", _) => "/v1/images/edits",
        ("speech", path) if path.ends_with("/audio/speech") => "/v1/audio/speech",
        ("moderations", _) => "/v1/moderations",
        ("transcription", path) if path.ends_with("/audio/transcriptions") => {
            let form = [("model", model.as_bytes()), ("@file", b"sound")];
            return Some(Call::form("/v1/audio/transcriptions", &form));
        }
        _ => return None,
    };
    if !body.is_object() {
        body = json!({"prompt": "x", "images": [{"image_url": "https://example.com/x.png"}]});
    }
    body["model"] = model.into();
    Some(Call::post(path, body.to_string()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_exchanges_pass_byte_for_byte() {
    let (upstream, gateway) = set_up().await;
    let mut seen = 0;
    for exchange in exchanges::recorded(&["images", "speech", "transcription", "moderations"]) {
        let Some(call) = call_of(&exchange, "recorded-model") else { continue };
        upstream.emulator().set_replay(Some(Replay::new([exchange.clone()]).any_path().chunk_bytes(1999)));
        let answer = gateway.send(call.key(MASTER)).await;
        assert_eq!((answer.status, &answer.body), (exchange.status, &exchange.body), "{}", exchange.name);
        let kind = |map: &http::HeaderMap| map.get("content-type").cloned();
        assert_eq!(kind(&answer.headers), kind(&exchange.headers), "{}", exchange.name);
        let record = gateway.record(&answer.request_id()).await;
        let wanted = if exchange.status.is_success() { "success" } else { "upstream_error" };
        assert_eq!(record["outcome"], wanted, "{}: {record}", exchange.name);
        seen += 1;
    }
    eprintln!("{seen} recorded exchanges of images, audio and moderation passed");
}
