//! Legacy completions as a stream: chunks of the same shape as whole answers, the usage chunk when
//! asked for, `[DONE]`. It must not read requests.

use serde_json::{Value, json};

use super::completions::{CompletionRequest, finish_reason, logprobs, output_tokens};
use crate::answer::{Answer, Content, Context};
use crate::reply::Reply;
use crate::{tokens, usage};

/// The stream for a request; choices one after another.
pub(crate) fn answer(request: &CompletionRequest, replies: &[Reply], cx: &Context<'_>) -> Answer {
    let head = json!({
        "id": cx.id("cmpl-"), "object": "text_completion", "created": cx.created(), "model": request.model,
        "system_fingerprint": "fp_emulator"
    })
    .to_string();
    let head = format!("{},\"choices\":[", head.trim_end_matches('}'));
    let tail = if request.options.include_usage { "],\"usage\":null}" } else { "]}" };
    let mut frames = cx.frames();
    for (index, reply) in replies.iter().enumerate() {
        for (choice, tokens) in choices(index, reply, request, cx) {
            frames.event(None, &[&head, &choice.to_string(), tail], tokens);
        }
    }
    if request.options.include_usage && !cx.faults.no_usage {
        let usage = usage::openai(request.input_tokens, output_tokens(replies), cx.faults);
        frames.event(None, &[&head, "],\"usage\":", &usage.to_string(), "}"], 0);
    }
    frames.event(None, &["[DONE]"], 0);
    Answer { content: Content::Stream(frames), input_tokens: request.input_tokens, output_tokens: 0 }
}

fn choices(index: usize, reply: &Reply, request: &CompletionRequest, cx: &Context<'_>) -> Vec<(Value, u64)> {
    let mut out = Vec::new();
    let mut offset = 0;
    let mut push = |text: &str, finish: Option<String>, tokens: u64| {
        let logprobs = request.logprobs.then(|| logprobs(text, offset));
        offset += text.chars().count();
        out.push((
            json!({"text": text, "index": index, "logprobs": logprobs, "finish_reason": finish}),
            tokens,
        ));
    };
    if !request.echoes[index].is_empty() {
        push(&request.echoes[index], None, 0);
    }
    for (text, tokens) in tokens::groups(&reply.text, cx.frame_count()) {
        push(text, None, tokens);
    }
    push("", Some(finish_reason(reply, cx)), 0);
    out
}
