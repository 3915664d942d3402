//! Whole answers of OpenAI legacy completions. Serves the translate step. It must not carry anything but text:
//! reasoning is left out, and a request in this format cannot ask for tools.

use crate::codec::{WireError, WriteContext};
use crate::json::{Kind, Writer};
use crate::openai_chat::answer::Answer;
use crate::openai_chat::finish;
use crate::openai_chat::response::{head, parts, tail};
use gw_model::{Event, FinishReason};
use std::borrow::Cow;

/// Reads an answer.
///
/// # Errors
/// It is not JSON, or has no choices.
pub fn read(body: &[u8]) -> Result<Vec<Event>, WireError> {
    let answer = parts::parse(body)?;
    let mut events = Vec::with_capacity(6);
    parts::start(&answer, &mut events);
    let choices = answer.get("choices").filter(|c| c.kind == Kind::Array);
    let Some(choices) = choices else {
        return Err(WireError::Shape { what: "`choices` is missing" });
    };
    for (position, choice) in choices.elements().enumerate() {
        let choice = choice.object().map_err(|_| WireError::Shape { what: "a choice is not an object" })?;
        let index = parts::index(&choice, position);
        let text = choice.get("text").and_then(|t| t.as_str()).map(Cow::into_owned);
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            events.push(Event::Text { choice: index, block: 0, text });
        }
        parts::finish_of(&choice, index, &mut events);
    }
    parts::usage(&answer, &mut events);
    events.push(Event::End);
    Ok(events)
}

/// Writes an answer.
#[must_use]
pub fn write(events: &[Event], context: &WriteContext) -> Vec<u8> {
    let answer = Answer::fold(events);
    let mut w = Writer::with_capacity(256);
    w.begin_object();
    head(&mut w, &answer, context, "text_completion");
    w.key("choices");
    w.begin_array();
    for (index, choice) in &answer.choices {
        let text = if choice.text.is_empty() { &choice.refusal } else { &choice.text };
        choice_of(&mut w, *index, text, Some(finish::write(choice.finish.unwrap_or(&FinishReason::Stop))));
    }
    w.end_array();
    tail(&mut w, &answer);
    w.end_object();
    w.into_bytes()
}

/// A choice of an answer or chunk.
pub(super) fn choice_of(w: &mut Writer, index: u32, text: &str, reason: Option<&str>) {
    w.begin_object();
    w.string_member("text", text);
    w.number_member("index", index);
    w.null_member("logprobs");
    match reason {
        Some(reason) => w.string_member("finish_reason", reason),
        None => w.null_member("finish_reason"),
    }
    w.end_object();
}
