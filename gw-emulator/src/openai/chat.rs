//! Chat completions: whole answers. Streams are written by `chat_stream`. It must not check requests.

use serde_json::{Value, json};

use super::chat_stream;
use super::request::{self, ChatRequest};
use crate::answer::{Answer, Context, Rejection};
use crate::reply::{Finish, Reply, compose};
use crate::{tokens, usage};

/// Answers a chat request.
pub(crate) fn answer(body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    let request = request::read(body, cx)?;
    let replies: Vec<Reply> =
        (0..request.choices).map(|index| compose(&request.prompt, cx.faults, index)).collect();
    if request.options.stream {
        return Ok(chat_stream::answer(&request, &replies, cx));
    }
    Ok(whole(&request, &replies, cx))
}

/// Tokens of all choices and the reasoning that a fault adds.
pub(crate) fn output_tokens(replies: &[Reply], cx: &Context<'_>) -> u64 {
    let sum: u64 = replies.iter().map(|reply| reply.output_tokens).sum();
    sum + cx.faults.reasoning_tokens.unwrap_or(0)
}

/// `finish_reason` of a reply.
pub(crate) fn finish_reason(reply: &Reply, cx: &Context<'_>) -> String {
    let own = match reply.finish {
        Finish::Stop | Finish::StopSequence(_) => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
    };
    cx.faults.finish.clone().unwrap_or_else(|| own.to_owned())
}

/// The `logprobs` object of a text.
pub(crate) fn logprobs(text: &str) -> Value {
    let content: Vec<Value> = tokens::pieces(text)
        .map(|token| json!({"token": token, "logprob": -0.1, "bytes": token.as_bytes(), "top_logprobs": []}))
        .collect();
    json!({"content": content, "refusal": null})
}

fn whole(request: &ChatRequest, replies: &[Reply], cx: &Context<'_>) -> Answer {
    let choices: Vec<Value> =
        replies.iter().enumerate().map(|(index, reply)| choice(index, reply, request, cx)).collect();
    let mut body = json!({
        "id": cx.id("chatcmpl-"), "object": "chat.completion", "created": cx.created(),
        "model": request.prompt.model, "choices": choices
    });
    let (input, output) = (request.prompt.input_tokens, output_tokens(replies, cx));
    if !cx.faults.no_usage {
        body["usage"] = usage::openai(input, output, cx.faults);
    }
    body["service_tier"] = json!("default");
    body["system_fingerprint"] = json!("fp_emulator");
    if cx.deployment.is_some() {
        body["prompt_filter_results"] = json!([{"prompt_index": 0, "content_filter_results": {}}]);
    }
    Answer::whole(&body, input, output)
}

fn choice(index: usize, reply: &Reply, request: &ChatRequest, cx: &Context<'_>) -> Value {
    let content = (reply.calls.is_empty() || !reply.text.is_empty()).then_some(&reply.text);
    let mut message = json!({"role": "assistant", "content": content, "refusal": null, "annotations": []});
    if !reply.calls.is_empty() {
        let call = |(part, call): (usize, &crate::reply::ToolCall)| {
            json!({"id": cx.part_id("call_", index, part), "type": "function",
                   "function": {"name": call.name, "arguments": call.arguments}})
        };
        message["tool_calls"] = reply.calls.iter().enumerate().map(call).collect();
    }
    let logprobs = request.logprobs.then(|| logprobs(&reply.text));
    let mut choice = json!({
        "index": index, "message": message, "logprobs": logprobs, "finish_reason": finish_reason(reply, cx)
    });
    if cx.deployment.is_some() {
        choice["content_filter_results"] = json!({});
    }
    choice
}
