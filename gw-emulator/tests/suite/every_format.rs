//! Every fault in every format, whole and streamed: what a fault does must not depend on the format.

use crate::client::{Answer, eventually, open, post, send};
use gw_emulator::{Emulator, Running};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};

/// A format: where it is asked, what for, and how its stream is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Chat,
    Responses,
    Messages,
    Gemini,
    GeminiArray,
    Converse,
    Cohere,
}

use Format::{Chat, Cohere, Converse, Gemini, GeminiArray, Messages, Responses};

const ALL: [Format; 7] = [Chat, Responses, Messages, Gemini, GeminiArray, Converse, Cohere];

/// The text that the answers repeat.
const TEXT: &str = "hello there, this is a longer text";

impl Format {
    fn request(self, model: &str, faults: &str, stream: bool) -> http::Request<Full<bytes::Bytes>> {
        let messages = json!([{"role": "user", "content": TEXT}]);
        let (path, body) = match self {
            Chat => (
                "/v1/chat/completions".to_owned(),
                json!({"model": model, "messages": messages, "stream": stream}),
            ),
            Cohere => {
                ("/v2/chat".to_owned(), json!({"model": model, "messages": messages, "stream": stream}))
            }
            Responses => {
                ("/v1/responses".to_owned(), json!({"model": model, "input": TEXT, "stream": stream}))
            }
            Messages => {
                let body =
                    json!({"model": model, "messages": messages, "stream": stream, "max_tokens": 9999});
                ("/v1/messages".to_owned(), body)
            }
            Gemini | GeminiArray => {
                let verb = if stream { "streamGenerateContent" } else { "generateContent" };
                let query = if self == Gemini { "?alt=sse" } else { "" };
                let body = json!({"contents": [{"parts": [{"text": TEXT}]}]});
                (format!("/v1beta/models/{model}:{verb}{query}"), body)
            }
            Converse => {
                let action = if stream { "converse-stream" } else { "converse" };
                let body = json!({"messages": [{"role": "user", "content": [{"text": TEXT}]}]});
                (format!("/model/{model}/{action}"), body)
            }
        };
        let mut request = post(&path, &body);
        request.headers_mut().insert("x-emulate", faults.parse().expect("header"));
        request
    }

    /// The frames of a stream that are there as a whole, as JSON.
    fn frames(self, answer: &Answer) -> Vec<Value> {
        match self {
            Converse => answer.messages().0.iter().map(crate::client::Message::json).collect(),
            GeminiArray => {
                let text = answer.text().trim_start_matches('[').trim_end_matches(']');
                text.split(",\r\n").filter_map(|element| serde_json::from_str(element).ok()).collect()
            }
            _ => answer.data().iter().filter_map(|data| serde_json::from_str(data).ok()).collect(),
        }
    }

    /// The message of an error body.
    fn error(self, body: &Value) -> Option<&str> {
        let message =
            if matches!(self, Converse | Cohere) { &body["message"] } else { &body["error"]["message"] };
        message.as_str()
    }

    /// The figure of output tokens in a whole answer.
    fn output_tokens(self, body: &Value) -> &Value {
        match self {
            Chat => &body["usage"]["completion_tokens"],
            Responses | Messages => &body["usage"]["output_tokens"],
            Gemini | GeminiArray => &body["usageMetadata"]["candidatesTokenCount"],
            Converse => &body["usage"]["outputTokens"],
            Cohere => &body["usage"]["tokens"]["output_tokens"],
        }
    }
}

async fn start() -> Running {
    Emulator::default().spawn_on_free_port().await.expect("started")
}

async fn ask(emulator: &Running, format: Format, faults: &str, stream: bool) -> Answer {
    send(emulator.address(), format.request("m", faults, stream)).await
}

#[tokio::test]
async fn statuses_come_in_the_formats_own_shape() {
    let emulator = start().await;
    for format in ALL {
        for stream in [false, true] {
            let limited =
                send(emulator.address(), format.request("fault-429+retry-after-2", "", stream)).await;
            assert_eq!(
                (limited.status.as_u16(), &limited.headers["retry-after"]),
                (429, &"2".parse().expect("header"))
            );
            let body = limited.json();
            assert!(format.error(&body).is_some(), "{format:?}: {body}");
            if matches!(format, Gemini | GeminiArray) {
                let details = body["error"]["details"].as_array().cloned().unwrap_or_default();
                assert!(details.iter().any(|detail| detail["retryDelay"] == "2s"), "{body}");
            }
            assert_eq!(ask(&emulator, format, "status=503", stream).await.status, 503, "{format:?}");
            assert_eq!(ask(&emulator, format, "nonsense", stream).await.status, 400, "{format:?}");
        }
        let name = format!("fault-flaky-1@{format:?}");
        assert_eq!(
            send(emulator.address(), format.request(&name, "", false)).await.status,
            503,
            "{format:?}"
        );
        assert_eq!(
            send(emulator.address(), format.request(&name, "", false)).await.status,
            200,
            "{format:?}"
        );
        assert!(
            open(emulator.address(), format.request("m", "disconnect", false)).await.is_err(),
            "{format:?}"
        );
    }
}

#[tokio::test]
async fn streams_and_whole_answers_break_off() {
    let emulator = start().await;
    for format in ALL {
        for faults in ["cut-after-frames=4", "cut-after-frames=4;reset"] {
            let cut = ask(&emulator, format, faults, true).await;
            assert!(cut.broken, "{format:?}");
            assert_eq!(format.frames(&cut).len(), 4, "{format:?}");
        }
        let bytes = ask(&emulator, format, "cut-after-bytes=50", true).await;
        assert_eq!((bytes.body.len(), bytes.broken), (50, true), "{format:?}");
        let (whole, half) =
            (ask(&emulator, format, "", false).await, ask(&emulator, format, "cut", false).await);
        assert!(half.broken && half.body.len() == whole.body.len() / 2, "{format:?}");
        let end = ask(&emulator, format, "end-after-frames=3", true).await;
        assert_eq!((format.frames(&end).len(), end.broken), (3, false), "{format:?}");
    }
    assert_eq!(emulator.emulator().stats().client_disconnects, 0, "the emulator broke these off itself");
}

#[tokio::test]
async fn stalled_and_hung_callers_are_noticed_when_they_leave() {
    let emulator = start().await;
    let stats = || emulator.emulator().stats();
    for format in ALL {
        let before = stats();
        let mut response =
            open(emulator.address(), format.request("m", "stall=2", true)).await.expect("a head");
        assert!(response.body_mut().frame().await.is_some_and(|frame| frame.is_ok()), "{format:?}");
        assert_eq!(stats().open_streams, 1, "{format:?}");
        drop(response);
        eventually("left", || stats().client_disconnects == before.client_disconnects + 1).await;
        for faults in ["hang", "latency=60000"] {
            let before = stats();
            let mut pending = Box::pin(open(emulator.address(), format.request("m", faults, false)));
            let arrived = eventually("arrived", || stats().requests == before.requests + 1);
            tokio::select! {
                biased;
                () = arrived => {}
                _ = &mut pending => panic!("{format:?}: {faults} must not answer"),
            }
            drop(pending);
            eventually("left", || stats().client_disconnects == before.client_disconnects + 1).await;
        }
    }
    eventually("all closed", || stats().open_streams == 0 && stats().open_connections == 0).await;
}

#[tokio::test]
async fn content_is_spoiled() {
    let emulator = start().await;
    for format in ALL {
        let whole = ask(&emulator, format, "malformed-json", false).await;
        assert!(serde_json::from_slice::<Value>(&whole.body).is_err(), "{format:?}");
        let clean = ask(&emulator, format, "", true).await;
        let frames = format.frames(&clean).len();
        let json = ask(&emulator, format, "malformed-json", true).await;
        if format == Converse {
            let (messages, rest) = json.messages();
            let broken = |m: &&crate::client::Message| serde_json::from_slice::<Value>(&m.payload).is_err();
            assert_eq!((rest, messages.iter().filter(broken).count()), (0, 1), "the framing is right");
        } else {
            assert_eq!(format.frames(&json).len(), frames - 1, "{format:?}");
        }
        let framing = ask(&emulator, format, "malformed-sse", true).await;
        if format == Converse {
            assert!(framing.messages().1 > 0, "a checksum is wrong");
        } else {
            assert!(std::str::from_utf8(&framing.body).is_err(), "{format:?}");
        }
        let error = ask(&emulator, format, "error-after-frames=3;status=429", true).await;
        assert_eq!((error.status.as_u16(), error.broken), (200, false), "{format:?}");
        let frames = format.frames(&error);
        assert_eq!(frames.len(), 4, "{format:?}");
        let text = frames[3].to_string();
        assert!(text.contains("in the midst of the stream"), "{format:?}: {text}");
        if format == Converse {
            assert_eq!(error.messages().0[3].header(":exception-type"), "throttlingException");
        }
    }
}

#[tokio::test]
async fn pieces_and_sizes_change_nothing_else() {
    let emulator = start().await;
    for format in ALL {
        let clean = ask(&emulator, format, "text=abc", true).await;
        for faults in ["text=abc;chunk-bytes=1", "text=abc;chunk-bytes=7", "text=abc;slow-drip=0"] {
            let pieces = ask(&emulator, format, faults, true).await;
            assert_eq!(format.frames(&pieces).len(), format.frames(&clean).len(), "{format:?} {faults}");
        }
        assert!(ask(&emulator, format, "huge=300000", false).await.body.len() > 300_000, "{format:?}");
        let huge = ask(&emulator, format, "huge=300000", true).await;
        assert!(format.frames(&huge).iter().any(|frame| frame.to_string().len() > 300_000), "{format:?}");
        let many = ask(&emulator, format, "frames=37", true).await;
        let words = format
            .frames(&many)
            .iter()
            .filter(|frame| frame.to_string().matches("word").count() == 1)
            .count();
        assert_eq!(words, 37, "{format:?}");
    }
}

#[tokio::test]
async fn usage_is_false_or_missing_but_billed_right() {
    let emulator = start().await;
    for format in ALL {
        let figure = |faults: &'static str| {
            let emulator = &emulator;
            async move { format.output_tokens(&ask(emulator, format, faults, false).await.json()).clone() }
        };
        emulator.emulator().reset();
        assert_eq!(figure("output-tokens=5").await, 5, "{format:?}");
        assert_eq!(figure("output-tokens=5;wrong-usage").await, 50, "{format:?}");
        assert_eq!(figure("output-tokens=5;wrong-usage=zero").await, 0, "{format:?}");
        assert_eq!(figure("output-tokens=5;wrong-usage=negative").await, -6, "{format:?}");
        assert_eq!(figure("output-tokens=5;wrong-usage=text").await, "many", "{format:?}");
        assert_eq!(figure("output-tokens=5;no-usage").await, Value::Null, "{format:?}");
        assert_eq!(emulator.emulator().stats().billed_output_tokens, 30, "{format:?}");
        let streamed = ask(&emulator, format, "output-tokens=5;no-usage", true).await;
        let has_usage = |frame: &Value| frame.to_string().contains("oken");
        assert!(format == Responses || !format.frames(&streamed).iter().any(has_usage), "{format:?}");
        assert_eq!(emulator.emulator().stats().billed_output_tokens, 35, "{format:?}");
        let finish = ask(&emulator, format, "finish=odd", false).await;
        assert!(finish.text().contains("\"odd\""), "{format:?}");
        if format != Messages {
            let extra =
                ask(&emulator, format, "reasoning-tokens=9;cached-tokens=3", false).await.text().to_owned();
            let knows_reasoning = format != Converse;
            assert_eq!(extra.contains(":9"), knows_reasoning, "{format:?}: {extra}");
            assert!(extra.contains(":3"), "{format:?}: {extra}");
        }
        let last = emulator.emulator().requests(1).pop().expect("recorded");
        assert!(String::from_utf8_lossy(&last.body).contains(TEXT), "{format:?}");
    }
}
