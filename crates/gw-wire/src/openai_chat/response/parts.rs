//! Members that whole answers and chunks of OpenAI's formats have in common. Serves their readers.

use crate::codec::WireError;
use crate::json::{Object, Value, cursor::DEPTH_CEILING};
use crate::openai_chat::{finish, logprobs};
use crate::usage::{openai_counts, usage_of_frame};
use gw_model::Event;
use std::borrow::Cow;

/// The body's members.
pub(crate) fn parse(body: &[u8]) -> Result<Object<'_>, WireError> {
    Object::parse(body, DEPTH_CEILING).map_err(|error| {
        // The text has the place and the reason; serde's error type can carry it.
        let text = error.to_string();
        WireError::Json { source: <serde_json::Error as serde::de::Error>::custom(text) }
    })
}

/// `Start` from the members that stand in answers and chunks alike.
pub(crate) fn start(answer: &Object<'_>, events: &mut Vec<Event>) {
    let text =
        |name: &str| answer.get(name).and_then(|v| v.as_str()).map(Cow::into_owned).unwrap_or_default();
    let created = answer.get("created").as_ref().and_then(Value::as_i64);
    events.push(Event::Start { id: text("id"), model: text("model"), created });
}

/// The choice's index; its position where the upstream states none.
pub(crate) fn index(choice: &Object<'_>, position: usize) -> u32 {
    let stated = choice.get("index").and_then(|v| v.as_u64());
    u32::try_from(stated.unwrap_or(position as u64)).unwrap_or(u32::MAX)
}

/// `Logprobs` of the piece of text that comes with them.
pub(crate) fn logprobs_of(choice: &Object<'_>, index: u32, events: &mut Vec<Event>) {
    let stated = choice.get("logprobs").and_then(|logprobs| logprobs.object().ok()?.get("content"));
    let tokens = stated.map(|tokens| logprobs::read(&tokens)).unwrap_or_default();
    if !tokens.is_empty() {
        events.push(Event::Logprobs { choice: index, tokens });
    }
}

/// `Finish`, when the choice states why it ended.
pub(crate) fn finish_of(choice: &Object<'_>, index: u32, events: &mut Vec<Event>) -> bool {
    let reason = choice.get("finish_reason").and_then(|v| v.as_str()).filter(|r| !r.is_empty());
    if let Some(reason) = &reason {
        events.push(Event::Finish { choice: index, reason: finish::read(reason) });
    }
    reason.is_some()
}

/// `Usage`, when it is stated.
pub(crate) fn usage(answer: &Object<'_>, events: &mut Vec<Event>) {
    let stated = usage_of_frame(answer).and_then(|u| openai_counts(&u, answer.get("service_tier").as_ref()));
    events.extend(stated.map(Event::Usage));
}
