//! Legacy text completions: reading and whole answers. Streams are written by `completions_stream`.
//! It must not share code with chat beyond the members that both have.

use serde_json::{Value, json};

use super::completions_stream;
use super::request::{StreamOptions, check_ranges, model, stops, stream_options};
use crate::answer::{Answer, Context, Rejection};
use crate::fields::{boolean, present, whole, wrong_type};
use crate::prompt::Prompt;
use crate::reply::{Finish, Reply, compose};
use crate::{tokens, usage};

/// Bound on tokens when the request has none, as the real service has it.
const DEFAULT_MAX_TOKENS: u64 = 16;

/// Most prompts in one request.
const MAX_PROMPTS: usize = 20;

/// A completion request.
pub(crate) struct CompletionRequest {
    pub(crate) model: String,
    pub(crate) input_tokens: u64,
    pub(crate) options: StreamOptions,
    pub(crate) logprobs: bool,
    /// Text put in front of each choice (`echo`), by choice.
    pub(crate) echoes: Vec<String>,
}

/// Answers a completion request.
pub(crate) fn answer(body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    let model = model(body, cx)?;
    let prompts = prompts(body)?;
    let options = stream_options(body)?;
    check_ranges(body)?;
    let stops = stops(body)?;
    let max_tokens = whole(body, "max_tokens", 0, u64::MAX)?.unwrap_or(DEFAULT_MAX_TOKENS);
    let choices = whole(body, "n", 1, 128)?.unwrap_or(1);
    let echo = boolean(body, "echo")?;
    let logprobs = whole(body, "logprobs", 0, 5)?.is_some();
    let mut request = CompletionRequest { model, input_tokens: 0, options, logprobs, echoes: Vec::new() };
    let mut replies = Vec::new();
    for (text, tokens) in prompts {
        request.input_tokens += tokens;
        let prompt = Prompt {
            user_text: text.clone(),
            stops: stops.clone(),
            max_tokens: Some(max_tokens),
            ..Prompt::default()
        };
        for index in 0..choices {
            replies.push(compose(&prompt, cx.faults, index));
            request.echoes.push(if echo { text.clone() } else { String::new() });
        }
    }
    if request.options.stream {
        return Ok(completions_stream::answer(&request, &replies, cx));
    }
    Ok(whole_answer(&request, &replies, cx))
}

/// `finish_reason` of a reply.
pub(crate) fn finish_reason(reply: &Reply, cx: &Context<'_>) -> String {
    let own = if reply.finish == Finish::Length { "length" } else { "stop" };
    cx.faults.finish.clone().unwrap_or_else(|| own.to_owned())
}

/// Tokens of all choices.
pub(crate) fn output_tokens(replies: &[Reply]) -> u64 {
    replies.iter().map(|reply| reply.output_tokens).sum()
}

/// The `logprobs` object of a text that starts at `offset` of its choice.
pub(crate) fn logprobs(text: &str, offset: usize) -> Value {
    let pieces: Vec<&str> = tokens::pieces(text).collect();
    let mut at = offset;
    let mut offsets = Vec::with_capacity(pieces.len());
    for piece in &pieces {
        offsets.push(at);
        at += piece.chars().count();
    }
    let probabilities = vec![-0.1; pieces.len()];
    json!({"tokens": pieces, "token_logprobs": probabilities, "top_logprobs": null, "text_offset": offsets})
}

fn whole_answer(request: &CompletionRequest, replies: &[Reply], cx: &Context<'_>) -> Answer {
    let choice = |(index, reply): (usize, &Reply)| {
        let text = format!("{}{}", request.echoes[index], reply.text);
        let logprobs = request.logprobs.then(|| logprobs(&text, 0));
        json!({"text": text, "index": index, "logprobs": logprobs, "finish_reason": finish_reason(reply, cx)})
    };
    let choices: Vec<Value> = replies.iter().enumerate().map(choice).collect();
    let mut body = json!({
        "id": cx.id("cmpl-"), "object": "text_completion", "created": cx.created(),
        "model": request.model, "choices": choices
    });
    let output = output_tokens(replies);
    if !cx.faults.no_usage {
        body["usage"] = usage::openai(request.input_tokens, output, cx.faults);
    }
    Answer::whole(&body, request.input_tokens, output)
}

/// The prompts as text with their tokens: a string, strings, token ids, or lists of token ids.
fn prompts(body: &Value) -> Result<Vec<(String, u64)>, Rejection> {
    let Some(prompt) = present(body, "prompt") else { return Err(Rejection::missing("prompt")) };
    let wrong = || wrong_type("prompt", "a string, strings, or lists of token ids", prompt);
    let one = |value: &Value| match value {
        Value::String(text) => Some((text.clone(), tokens::count(text))),
        Value::Array(ids) if !ids.is_empty() && ids.iter().all(Value::is_u64) => {
            Some((format!("{} token ids", ids.len()), ids.len() as u64))
        }
        _ => None,
    };
    if let Some(single) = one(prompt) {
        return Ok(vec![single]);
    }
    let several = prompt.as_array().filter(|list| (1..=MAX_PROMPTS).contains(&list.len()));
    several.ok_or_else(wrong)?.iter().map(|value| one(value).ok_or_else(wrong)).collect()
}
