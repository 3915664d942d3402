//! Events, written as a whole answer. Serves the translate step.

use crate::codec::WriteContext;
use crate::json::Writer;
use crate::openai_chat::answer::{Answer, Choice, Thinking};
use crate::openai_chat::{annotation, finish, logprobs, usage};
use gw_model::event::TokenLogprob;
use gw_model::{Event, FinishReason};

/// Writes an answer.
#[must_use]
pub fn write(events: &[Event], context: &WriteContext) -> Vec<u8> {
    let answer = Answer::fold(events);
    let mut w = Writer::with_capacity(512);
    w.begin_object();
    head(&mut w, &answer, context, "chat.completion");
    w.key("choices");
    w.begin_array();
    for (index, choice) in &answer.choices {
        w.begin_object();
        w.number_member("index", *index);
        w.key("message");
        message(&mut w, choice);
        write_logprobs(&mut w, &choice.logprobs);
        let reason = choice.finish.unwrap_or(&FinishReason::Stop);
        w.string_member("finish_reason", finish::write(reason));
        w.end_object();
    }
    w.end_array();
    tail(&mut w, &answer);
    w.end_object();
    w.into_bytes()
}

/// The members that every answer begins with.
pub(crate) fn head(w: &mut Writer, answer: &Answer<'_>, context: &WriteContext, object: &str) {
    w.string_member("id", if answer.id.is_empty() { &context.fallback_id } else { answer.id });
    w.string_member("object", object);
    w.number_member("created", answer.created.unwrap_or(context.created));
    w.string_member("model", if answer.model.is_empty() { &context.fallback_model } else { answer.model });
}

/// The members that every answer ends with.
pub(crate) fn tail(w: &mut Writer, answer: &Answer<'_>) {
    w.key("usage");
    usage::write(w, &answer.usage);
    if let Some(tier) = answer.usage.service_tier {
        w.string_member("service_tier", usage::tier(tier));
    }
}

fn message(w: &mut Writer, choice: &Choice<'_>) {
    w.begin_object();
    w.string_member("role", "assistant");
    if choice.text.is_empty() && !(choice.calls.is_empty() && choice.refusal.is_empty()) {
        w.null_member("content");
    } else {
        w.string_member("content", &choice.text);
    }
    if choice.refusal.is_empty() {
        w.null_member("refusal");
    } else {
        w.string_member("refusal", &choice.refusal);
    }
    if !choice.citations.is_empty() {
        w.key("annotations");
        w.begin_array();
        choice.citations.iter().for_each(|(citation, range)| annotation::write_chat(w, citation, *range));
        w.end_array();
    }
    let thinking: String = choice.thinking.values().map(|t| t.text.as_str()).collect();
    if !thinking.is_empty() {
        w.string_member("reasoning_content", &thinking);
    }
    if choice.thinking.values().any(|t| t.signature.is_some() || t.hidden.is_some()) {
        w.key("reasoning_details");
        w.begin_array();
        for (block, thinking) in &choice.thinking {
            write_reasoning_details(w, *block, thinking);
        }
        w.end_array();
    }
    if !choice.calls.is_empty() {
        w.key("tool_calls");
        w.begin_array();
        for call in &choice.calls {
            w.begin_object();
            w.string_member("id", call.id);
            w.string_member("type", "function");
            w.key("function");
            w.begin_object();
            w.string_member("name", call.name);
            w.string_member("arguments", if call.arguments.is_empty() { "{}" } else { &call.arguments });
            w.end_object();
            w.end_object();
        }
        w.end_array();
    }
    w.end_object();
}

/// Writes `logprobs` of a choice, `null` without any.
pub(crate) fn write_logprobs(w: &mut Writer, tokens: &[TokenLogprob]) {
    if tokens.is_empty() {
        w.null_member("logprobs");
        return;
    }
    w.key("logprobs");
    w.begin_object();
    w.key("content");
    logprobs::write(w, tokens);
    w.null_member("refusal");
    w.end_object();
}

/// One element of `reasoning_details`, as an earlier turn has to be sent back.
pub(crate) fn write_reasoning_details(w: &mut Writer, block: u32, thinking: &Thinking<'_>) {
    w.begin_object();
    if let Some(data) = thinking.hidden {
        w.string_member("type", "reasoning.encrypted");
        w.string_member("data", data);
    } else {
        w.string_member("type", "reasoning.text");
        if !thinking.text.is_empty() {
            w.string_member("text", &thinking.text);
        }
        if let Some(signature) = thinking.signature {
            w.string_member("signature", signature);
        }
    }
    w.number_member("index", block);
    w.end_object();
}
