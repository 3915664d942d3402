//! The bytes of the requests sent. Made once per measurement; only the key may change from one
//! request to the next.

use crate::wire::{Mode, Wire};
use std::fmt::Write as _;

/// A request ready to send, with the keys to rotate through.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    /// Where the key stands in `bytes`.
    key_at: usize,
    keys: Vec<String>,
    next_key: usize,
}

/// What a request asks for and how it is addressed.
#[derive(Clone, Debug)]
pub(crate) struct RequestSpec<'a> {
    pub(crate) wire: Wire,
    pub(crate) mode: Mode,
    /// Name of the model in the body.
    pub(crate) model: &'a str,
    /// Extra headers the system wants.
    pub(crate) headers: &'a [(String, String)],
    /// Keys, all of one length; requests take them in turn.
    pub(crate) keys: &'a [String],
    pub(crate) prompt: Prompt,
}

/// What stands in a request besides the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// Nothing: a small chat.
    Small,
    /// A system prompt of that many bytes.
    System(usize),
    /// That many bytes of an image as base64.
    Image(usize),
}

impl Template {
    pub(crate) fn new(spec: &RequestSpec<'_>) -> Self {
        let body = body(spec);
        let key = spec.keys.first().map_or("", String::as_str);
        let mut head =
            format!("POST {} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ", spec.wire.path());
        let key_at = head.len();
        let _ = write!(
            head,
            "{key}\r\ncontent-type: application/json\r\naccept: application/json\r\n\
             user-agent: gatewright-bench/1\r\ncontent-length: {}\r\n",
            body.len()
        );
        if spec.wire == Wire::Messages {
            head.push_str("anthropic-version: 2023-06-01\r\n");
        }
        for (name, value) in spec.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body.as_bytes());
        Self { bytes, key_at, keys: spec.keys.to_vec(), next_key: 0 }
    }

    /// The next request's bytes.
    pub(crate) fn next(&mut self) -> &[u8] {
        if self.keys.len() > 1 {
            let key = self.keys[self.next_key].as_bytes();
            self.bytes[self.key_at..self.key_at + key.len()].copy_from_slice(key);
            self.next_key = (self.next_key + 1) % self.keys.len();
        }
        &self.bytes
    }

    /// The bytes of the request made last, from `from` on.
    pub(crate) fn rest(&self, from: usize) -> &[u8] {
        &self.bytes[from..]
    }
}

fn body(spec: &RequestSpec<'_>) -> String {
    let stream = if spec.mode.streams() { ",\"stream\":true" } else { "" };
    let question = "In one sentence: what does a gateway do for the calls that pass through it?";
    let content = match spec.prompt {
        Prompt::Small | Prompt::System(_) => format!("\"{question}\""),
        Prompt::Image(bytes) => {
            let image = "iVBORw0K".repeat(bytes / 8);
            format!(
                "[{{\"type\":\"text\",\"text\":\"{question}\"}},{{\"type\":\"image_url\",\
                 \"image_url\":{{\"url\":\"data:image/png;base64,{image}\"}}}}]"
            )
        }
    };
    let rule = "You answer briefly and to the point.";
    let system = match spec.prompt {
        Prompt::System(bytes) => format!("{rule} ").repeat(bytes.div_ceil(rule.len() + 1)),
        Prompt::Small | Prompt::Image(_) => rule.to_owned(),
    };
    match spec.wire {
        Wire::Chat => format!(
            "{{\"model\":\"{}\",\"messages\":[{{\"role\":\"system\",\"content\":\"{system}\"}},\
             {{\"role\":\"user\",\"content\":{content}}}],\"max_tokens\":64,\"temperature\":0.2{stream}}}",
            spec.model
        ),
        Wire::Messages => format!(
            "{{\"model\":\"{}\",\"max_tokens\":64,\"system\":\"{system}\",\
             \"messages\":[{{\"role\":\"user\",\"content\":{content}}}],\"temperature\":0.2{stream}}}",
            spec.model
        ),
    }
}
