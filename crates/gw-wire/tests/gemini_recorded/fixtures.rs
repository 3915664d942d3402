//! Finds and opens recorded exchanges, and tells what their bodies say without the codec under test.

use gw_model::chat::ChatRequest;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};

/// One recorded exchange.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) name: String,
    path: String,
    /// The request's body as text, when there is one.
    pub(crate) request: Option<String>,
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Exchange {
    pub(crate) fn is_stream(&self) -> bool {
        !self.body.trim_ascii_start().starts_with(b"{")
    }

    /// The model that the path names.
    pub(crate) fn model(&self) -> &str {
        self.path.rsplit('/').next().unwrap().split(':').next().unwrap()
    }
}

#[derive(Deserialize)]
struct File {
    wire_format: String,
    request: Request,
    response: Response,
}

#[derive(Deserialize)]
struct Request {
    path: String,
    body: Box<RawValue>,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
    body_b64: String,
}

/// Every exchange of a format, in a stable order. Empty, with a notice, when there are no recordings.
pub(crate) fn exchanges(wire_format: &str) -> Vec<Exchange> {
    let given = std::env::var_os("GATEWRIGHT_FIXTURES").map(PathBuf::from);
    let root =
        given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"));
    if !root.join("recorded").is_dir() {
        eprintln!("SKIPPED: no recorded exchanges; set GATEWRIGHT_FIXTURES to their folder");
        return Vec::new();
    }
    let mut found = Vec::new();
    for collection in ["recorded", "edge"] {
        let index = std::fs::read_to_string(root.join(collection).join("INDEX.tsv")).unwrap();
        for row in index.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>()) {
            if row[2] == wire_format {
                found.push(load(&root.join(collection).join(row[0]), wire_format, row[0]));
            }
        }
    }
    assert!(!found.is_empty(), "the recordings have none of this format");
    found
}

fn load(path: &Path, wire_format: &str, name: &str) -> Exchange {
    let text = std::fs::read_to_string(path).unwrap();
    let file: File = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(file.wire_format, wire_format);
    let body = file.request.body.get();
    Exchange {
        name: format!("/{name}"),
        path: file.request.path,
        request: (body != "null").then(|| body.to_owned()),
        status: file.response.status,
        body: decode(&file.response.body_b64),
    }
}

fn decode(base64: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::new());
    for byte in base64.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|known| *known == byte).unwrap();
        bits = (bits << 6) | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    out
}

/// The text of the first candidate of a whole answer, or why there is none.
pub(crate) fn text_of(answer: &Value) -> String {
    let candidate = &answer["candidates"][0];
    let parts = candidate["content"]["parts"].as_array();
    let texts = parts.into_iter().flatten().filter(|part| part["thought"] != true);
    let text: String = texts.filter_map(|part| part["text"].as_str()).collect();
    let blocked = answer["promptFeedback"]["blockReasonMessage"].as_str();
    let refused = candidate["finishMessage"].as_str().filter(|_| candidate["finishReason"] == "SAFETY");
    if text.is_empty() { blocked.or(refused).unwrap_or_default().to_owned() } else { text }
}

/// What a request says in its contents: kinds of parts with what identifies them, in order.
pub(crate) fn gist(request: &Value) -> Vec<String> {
    let mut out = Vec::new();
    let either = |part: &Value, camel: &str, snake: &str| -> Value {
        part.get(camel).or_else(|| part.get(snake)).cloned().unwrap_or(Value::Null)
    };
    for part in
        request["contents"].as_array().into_iter().flatten().flat_map(|c| c["parts"].as_array().unwrap())
    {
        let signature = either(part, "thoughtSignature", "thought_signature");
        let (call, result) = (
            either(part, "functionCall", "function_call"),
            either(part, "functionResponse", "function_response"),
        );
        let blob = either(part, "inlineData", "inline_data");
        let said = match () {
            () if part.get("text").is_some() => format!("text {}", part["text"]),
            () if !call.is_null() => format!("call {} {} {}", call["name"], call["id"], call["args"]),
            () if !result.is_null() => format!("result {} {}", result["name"], result["id"]),
            () if !blob.is_null() => format!("blob {}", blob["data"].as_str().unwrap().len()),
            () => "other".to_owned(),
        };
        out.push(format!("{said} {signature}"));
    }
    out
}

/// The whole form as text. Contents of one speaker in a row are one turn.
pub(crate) fn form(mut request: ChatRequest) -> String {
    let mut turns: Vec<gw_model::chat::Message> = Vec::new();
    for message in std::mem::take(&mut request.messages) {
        match turns.last_mut().filter(|turn| turn.role == message.role) {
            Some(turn) => turn.parts.extend(message.parts),
            None => turns.push(message),
        }
    }
    request.messages = turns;
    format!("{request:?}")
}
