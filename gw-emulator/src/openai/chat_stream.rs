//! Chat completions as a stream of chunks, exactly as the real service orders them: a role chunk, the
//! content, a finish chunk, the usage chunk when asked for, `[DONE]`. It must not put a usage figure in
//! a stream whose caller did not ask for one.

use serde_json::{Value, json};

use super::chat::{finish_reason, logprobs, output_tokens};
use super::request::ChatRequest;
use crate::answer::{Answer, Content, Context};
use crate::play::Frames;
use crate::reply::{Reply, ToolCall, call_name_tokens};
use crate::{tokens, usage};

/// The stream for a request.
pub(crate) fn answer(request: &ChatRequest, replies: &[Reply], cx: &Context<'_>) -> Answer {
    let mut writer = Writer::new(request, cx);
    if cx.deployment.is_some() {
        writer.prompt_filter();
    }
    let mut streams: Vec<_> = replies
        .iter()
        .enumerate()
        .map(|(index, reply)| deltas(index, reply, request.logprobs, cx).into_iter())
        .collect();
    // Choices take turns, as they do when they are generated side by side.
    while !streams.is_empty() {
        streams.retain_mut(|deltas| match deltas.next() {
            Some(delta) => {
                writer.choice(&delta);
                true
            }
            None => false,
        });
    }
    if request.options.include_usage && !cx.faults.no_usage {
        let usage = usage::openai(request.prompt.input_tokens, output_tokens(replies, cx), cx.faults);
        writer.usage(&usage);
    }
    writer.frames.event(None, &["[DONE]"], 0);
    Answer {
        content: Content::Stream(writer.frames),
        input_tokens: request.prompt.input_tokens,
        output_tokens: cx.faults.reasoning_tokens.unwrap_or(0),
    }
}

/// One chunk's choice, as JSON text, and the tokens it carries.
struct Delta {
    json: String,
    tokens: u64,
}

struct Writer {
    frames: Frames,
    head: String,
    tail: &'static str,
}

impl Writer {
    fn new(request: &ChatRequest, cx: &Context<'_>) -> Self {
        let head = json!({
            "id": cx.id("chatcmpl-"), "object": "chat.completion.chunk", "created": cx.created(),
            "model": request.prompt.model, "service_tier": "default", "system_fingerprint": "fp_emulator"
        })
        .to_string();
        let head = format!("{},\"choices\":[", head.trim_end_matches('}'));
        let tail = if request.options.include_usage { "],\"usage\":null}" } else { "]}" };
        Self { frames: cx.frames(), head, tail }
    }

    fn choice(&mut self, delta: &Delta) {
        self.frames.event(None, &[&self.head, &delta.json, self.tail], delta.tokens);
    }

    fn usage(&mut self, usage: &Value) {
        self.frames.event(None, &[&self.head, "],\"usage\":", &usage.to_string(), "}"], 0);
    }

    /// Azure's first chunk: no choices and no usage, which is not a usage chunk.
    fn prompt_filter(&mut self) {
        let chunk = json!({
            "choices": [], "created": 0, "id": "", "model": "", "object": "",
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]
        });
        self.frames.event(None, &[&chunk.to_string()], 0);
    }
}

fn deltas(index: usize, reply: &Reply, with_logprobs: bool, cx: &Context<'_>) -> Vec<Delta> {
    let mut out = Vec::new();
    let mut push = |delta: &Value, logprobs: &Value, finish: &Value, tokens: u64| {
        let json = json!({"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish});
        out.push(Delta { json: json.to_string(), tokens });
    };
    let none = &Value::Null;
    let has_text = reply.calls.is_empty() || !reply.text.is_empty();
    let opening = if has_text { json!("") } else { Value::Null };
    push(&json!({"role": "assistant", "content": opening, "refusal": null}), none, none, 0);
    for (text, tokens) in tokens::groups(&reply.text, cx.frame_count()) {
        let logprobs = if with_logprobs { logprobs(text) } else { Value::Null };
        push(&json!({"content": text}), &logprobs, none, tokens);
    }
    for (part, call) in reply.calls.iter().enumerate() {
        let opening = call_opening(part, call, &cx.part_id("call_", index, part));
        push(&opening, none, none, call_name_tokens(call));
        for (text, tokens) in tokens::groups(&call.arguments, None) {
            push(
                &json!({"tool_calls": [{"index": part, "function": {"arguments": text}}]}),
                none,
                none,
                tokens,
            );
        }
    }
    push(&json!({}), none, &json!(finish_reason(reply, cx)), 0);
    out
}

fn call_opening(part: usize, call: &ToolCall, id: &str) -> Value {
    json!({"tool_calls": [{
        "index": part, "id": id, "type": "function", "function": {"name": call.name, "arguments": ""}
    }]})
}
