//! Content as a stream: server-sent events with `alt=sse`, else one JSON array that grows. Every chunk has
//! the usage so far, the last of a candidate its finish reason; nothing marks the end. It must not read
//! requests.

use serde_json::{Value, json};

use super::answer::Generated;
use crate::answer::{Answer, Content};
use crate::play::{Frames, Framing};
use crate::reply::{Reply, call_name_tokens};
use crate::tokens;

/// The stream for a request.
pub(crate) fn answer(generated: &Generated<'_>) -> Answer {
    let cx = generated.cx;
    let is_sse = cx.query.split('&').any(|pair| pair == "alt=sse");
    let frames = if is_sse { cx.frames() } else { Frames::framed(Framing::Array) };
    let reasoning = cx.faults.reasoning_tokens.unwrap_or(0);
    let mut writer = Writer { frames, thoughts: reasoning, output: 0, generated };
    let replies = generated.replies.iter().enumerate();
    let mut streams: Vec<_> =
        replies.map(|(index, reply)| chunks(generated, index, reply).into_iter()).collect();
    // Candidates take turns, as they do when they are generated side by side.
    while !streams.is_empty() {
        streams.retain_mut(|chunks| match chunks.next() {
            Some(chunk) => {
                writer.chunk(&chunk);
                true
            }
            None => false,
        });
    }
    writer.frames.close();
    Answer {
        content: Content::Stream(writer.frames),
        input_tokens: generated.request.prompt.input_tokens,
        output_tokens: reasoning,
    }
}

/// One chunk's candidate and the tokens it carries.
struct Chunk {
    candidate: Value,
    tokens: u64,
    is_thought: bool,
}

struct Writer<'a> {
    frames: Frames,
    thoughts: u64,
    output: u64,
    generated: &'a Generated<'a>,
}

impl Writer<'_> {
    fn chunk(&mut self, chunk: &Chunk) {
        *(if chunk.is_thought { &mut self.thoughts } else { &mut self.output }) += chunk.tokens;
        let candidates = json!([chunk.candidate]);
        let body = self.generated.response(&candidates, self.thoughts, self.output);
        self.frames.json(&body.to_string(), chunk.tokens);
    }
}

fn chunks(generated: &Generated<'_>, index: usize, reply: &Reply) -> Vec<Chunk> {
    let mut out = Vec::new();
    let mut push = |part: Value, tokens: u64, is_thought: bool| {
        let candidate = json!({"content": {"parts": [part], "role": "model"}, "index": index});
        out.push(Chunk { candidate, tokens, is_thought });
    };
    for (text, tokens) in reply.thinking.iter().flat_map(|thinking| tokens::groups(thinking, None)) {
        push(json!({"text": text, "thought": true}), tokens, true);
    }
    for (text, tokens) in tokens::groups(&reply.text, generated.cx.frame_count()) {
        push(json!({"text": text}), tokens, false);
    }
    for (part, call) in reply.calls.iter().enumerate() {
        let tokens = call_name_tokens(call) + tokens::count(&call.arguments);
        push(generated.call(index, part, call), tokens, false);
    }
    push(json!({"text": ""}), 0, false);
    if let Some(last) = out.last_mut() {
        last.candidate["finishReason"] = json!(generated.finish_reason(reply));
    }
    out
}
