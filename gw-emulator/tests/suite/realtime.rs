//! Sessions over a WebSocket: the order of events, sound, turns, calls of functions, and faults.

use std::time::Duration;

use gw_emulator::{Emulator, Running};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::DEADLINE;

/// A client that masks with zeros.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    head: String,
}

impl Client {
    async fn connect(running: &Running, query: &str, extra: &str) -> Self {
        let mut stream = TcpStream::connect(running.address()).await.expect("it listens");
        let head = format!(
            "GET /v1/realtime?{query} HTTP/1.1\r\nhost: emulator\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{extra}\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("a connection");
        let mut buffer = Vec::new();
        loop {
            if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                let rest = buffer.split_off(end + 4);
                let head = String::from_utf8(buffer).expect("UTF-8");
                return Self { stream, buffer: rest, head };
            }
            assert!(stream.read_buf(&mut buffer).await.expect("a head") > 0, "no head");
        }
    }

    async fn say(&mut self, event: &Value) {
        let text = event.to_string();
        let length = u16::try_from(text.len()).expect("short").to_be_bytes();
        let mut frame = vec![0x81];
        match u8::try_from(text.len()) {
            Ok(short) if short < 126 => frame.push(0x80 | short),
            _ => frame.extend([&[0x80 | 126][..], &length].concat()),
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.stream.write_all(&frame).await.expect("a connection");
    }

    /// The next frame: opcode and payload; `None` at the end.
    async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let [first, second, rest @ ..] = self.buffer.as_slice() {
                let (length, at) = match (second, rest) {
                    (126, [a, b, ..]) => (usize::from(u16::from_be_bytes([*a, *b])), 4),
                    (126 | 127, _) if rest.len() < 8 => (usize::MAX >> 1, 0),
                    (127, _) => (
                        usize::try_from(u64::from_be_bytes(rest[..8].try_into().expect("eight")))
                            .expect("fits"),
                        10,
                    ),
                    (short, _) => (usize::from(*short), 2),
                };
                if let Some(payload) = self.buffer.get(at..at + length) {
                    let frame = (first & 0x0f, payload.to_vec());
                    self.buffer.drain(..at + length);
                    return Some(frame);
                }
            }
            let read = tokio::time::timeout(DEADLINE, self.stream.read_buf(&mut self.buffer)).await;
            match read.expect("a frame or the end") {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Events up to one of this type.
    async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let (opcode, payload) = self.frame().await.expect("the session goes on");
            assert_eq!(opcode, 1, "{payload:?}");
            let event: Value = serde_json::from_slice(&payload).expect("JSON");
            let found = event["type"] == kind;
            events.push(event);
            if found {
                return events;
            }
        }
    }
}

fn types(events: &[Value]) -> Vec<&str> {
    let mut types: Vec<&str> = events.iter().map(|event| event["type"].as_str().expect("a type")).collect();
    types.dedup();
    types
}

async fn start() -> Running {
    Emulator::default().spawn_on_free_port().await.expect("a port")
}

#[tokio::test]
async fn a_written_answer_comes_in_the_usual_order() {
    let running = start().await;
    let mut client = Client::connect(&running, "model=m", "sec-websocket-protocol: realtime, x\r\n").await;
    assert!(client.head.starts_with("HTTP/1.1 101"), "{}", client.head);
    assert!(
        client.head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
        "{}",
        client.head
    );
    assert!(client.head.contains("sec-websocket-protocol: realtime\r\n"), "{}", client.head);
    client.until("session.created").await;
    client.say(&json!({"type": "session.update", "session": {"output_modalities": ["text"]}})).await;
    client.until("session.updated").await;
    let content = json!([{"type": "input_text", "text": "hello"}]);
    client.say(&json!({"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}})).await;
    client.say(&json!({"type": "response.create"})).await;
    let events = client.until("rate_limits.updated").await;
    let wanted = [
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
        "rate_limits.updated",
    ];
    assert_eq!(types(&events), wanted);
    let done = &events[events.len() - 2]["response"];
    assert_eq!(done["output"][0]["content"][0]["text"], "You said: hello");
    assert_eq!(
        (&done["usage"]["input_tokens"], &done["usage"]["output_tokens"]),
        (&6.into(), &5.into()),
        "{done}"
    );
    let stats = running.emulator().stats();
    assert_eq!((stats.billed_input_tokens, stats.billed_output_tokens, stats.open_streams), (6, 5, 1));
    client.say(&json!({"type": "session.update", "session": {"model": "other"}})).await;
    assert_eq!(client.until("error").await[0]["error"]["code"], "cannot_update_model");
}

#[tokio::test]
async fn sound_is_counted_written_down_and_answered() {
    let running = start().await;
    let mut client = Client::connect(&running, "deployment=m", "openai-beta: realtime=v1\r\n").await;
    client.until("session.created").await;
    let settings =
        json!({"turn_detection": {"type": "server_vad"}, "input_audio_transcription": {"model": "scribe"}});
    client.say(&json!({"type": "session.update", "session": settings})).await;
    client.until("session.updated").await;
    client.say(&json!({"type": "input_audio_buffer.append", "audio": "A".repeat(13_000)})).await;
    let events = client.until("response.done").await;
    let seen = types(&events);
    for kind in [
        "input_audio_buffer.committed",
        "conversation.item.created",
        "conversation.item.input_audio_transcription.completed",
        "response.audio_transcript.delta",
        "response.audio.delta",
    ] {
        assert!(seen.contains(&kind), "{kind}: {seen:?}");
    }
    let written = events.iter().find(|event| event["usage"].is_object()).expect("usage");
    assert_eq!((&written["usage"]["input_tokens"], &written["usage"]["type"]), (&3.into(), &"tokens".into()));
    let usage = &events.last().expect("an end")["response"]["usage"];
    assert_eq!(usage["input_token_details"]["audio_tokens"], 3, "{usage}");
    let audio = usage["output_token_details"]["audio_tokens"].as_u64();
    assert!(audio.is_some_and(|tokens| tokens > 0), "{usage}");
}

#[tokio::test]
async fn functions_are_called_and_responses_cancelled() {
    let running = start().await;
    let mut client = Client::connect(&running, "model=fault-frame-delay-20", "").await;
    let tool = json!({"type": "function", "name": "look", "parameters": {"type": "object",
        "properties": {"q": {"type": "string"}}, "required": ["q"]}});
    client.say(&json!({"type": "response.create", "response": {"tools": [tool]}})).await;
    let events = client.until("response.done").await;
    let call = &events.last().expect("an end")["response"]["output"][0];
    assert_eq!((&call["type"], &call["name"]), (&"function_call".into(), &"look".into()));
    client.say(&json!({"type": "response.create"})).await;
    client.until("response.created").await;
    client.say(&json!({"type": "response.create"})).await;
    client.say(&json!({"type": "response.cancel"})).await;
    let events = client.until("response.done").await;
    assert!(types(&events).contains(&"error"), "only one at a time");
    assert_eq!(events.last().expect("an end")["response"]["status"], "cancelled");
}

#[tokio::test]
async fn faults_end_sessions() {
    let running = start().await;
    for (fault, status) in [("503", "503"), ("429+retry-after-2", "429"), ("unknown-thing", "400")] {
        let client = Client::connect(&running, &format!("model=fault-{fault}"), "").await;
        assert!(client.head.starts_with(&format!("HTTP/1.1 {status} ")), "{}", client.head);
    }
    for (fault, code) in [
        ("cut-after-frames-1", None),
        ("end-after-frames-1", Some(1000)),
        ("error-after-frames-1", Some(1011)),
    ] {
        let mut client = Client::connect(&running, &format!("model=fault-{fault}"), "").await;
        client.until("session.created").await;
        client.say(&json!({"type": "response.create"})).await;
        let mut closed = None;
        while let Some((opcode, payload)) = client.frame().await {
            if let (8, [a, b, ..]) = (opcode, payload.as_slice()) {
                closed = Some(u16::from_be_bytes([*a, *b]));
                break;
            }
        }
        assert_eq!(closed, code, "{fault}");
    }
    // A client that leaves is noticed.
    let client = Client::connect(&running, "model=m", "").await;
    drop(client);
    let gone = async {
        while running.emulator().stats().open_streams > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, gone).await.expect("no session is left");
}
