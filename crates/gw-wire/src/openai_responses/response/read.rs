//! A whole answer to events. Serves the translate stage. It must not lose an item: what the intermediate form has
//! no event for stays opaque.

use super::tracker::Tracker;
use crate::codec::WireError;
use crate::json::{Kind, Object, Value};
use crate::openai_chat::response::parts::parse;
use crate::openai_responses::{error, usage};
use gw_model::{Event, FinishReason};
use std::borrow::Cow;

/// Reads a whole answer. One that failed ends in `Error` and has no `End`.
///
/// # Errors
/// It is not JSON, has no output, or is not complete (background answers).
pub fn read(body: &[u8]) -> Result<Vec<Event>, WireError> {
    let answer = parse(body)?;
    let mut events = Vec::with_capacity(8);
    events.push(created(&answer));
    let state = match answer.get("status").and_then(|status| status.as_str()).as_deref() {
        Some("failed" | "cancelled") => Ended::Failed,
        Some("incomplete") => Ended::Incomplete,
        Some("in_progress" | "queued") => return Err(WireError::Shape { what: "`status` is not an end" }),
        _ => Ended::Completed,
    };
    let output = answer.get("output").filter(|output| output.kind == Kind::Array);
    if output.is_none() && !matches!(state, Ended::Failed) {
        return Err(WireError::Shape { what: "`output` is missing" });
    }
    let mut items = Tracker::default();
    ended(&answer, state, &mut items, &mut events)?;
    Ok(events)
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Completed,
    Incomplete,
    Failed,
}

/// `Start`, from an answer in any state.
pub(crate) fn created(answer: &Object<'_>) -> Event {
    let text =
        |name: &str| answer.get(name).and_then(|v| v.as_str()).map(Cow::into_owned).unwrap_or_default();
    let created = answer.get("created_at").as_ref().and_then(Value::as_i64);
    Event::Start { id: text("id"), model: text("model"), created }
}

/// What an answer that has ended adds to the items that are known already.
pub(crate) fn ended(
    answer: &Object<'_>,
    state: Ended,
    items: &mut Tracker,
    events: &mut Vec<Event>,
) -> Result<(), WireError> {
    if let Some(output) = answer.get("output") {
        items.complete(&output, events)?;
    }
    items.close(events);
    events.extend(usage::of_answer(answer).map(Event::Usage));
    let reason = match state {
        Ended::Completed if items.has_calls => FinishReason::ToolCalls,
        Ended::Completed => FinishReason::Stop,
        Ended::Incomplete => incomplete(answer),
        Ended::Failed => {
            let found = answer.get("error").filter(|error| error.kind == Kind::Object);
            let found = found.and_then(|error| Some(error::of_object(&error.object().ok()?)));
            let found = found.unwrap_or_default();
            events.push(Event::Error { kind: found.kind, message: found.message });
            return Ok(());
        }
    };
    events.push(Event::Finish { choice: 0, reason });
    events.push(Event::End);
    Ok(())
}

fn incomplete(answer: &Object<'_>) -> FinishReason {
    let details = answer.get("incomplete_details").and_then(|details| details.object().ok());
    let reason = details.and_then(|details| details.get("reason")?.as_str());
    match reason.as_deref() {
        Some("max_output_tokens" | "max_tokens") | None => FinishReason::Length,
        Some("content_filter") => FinishReason::ContentFilter,
        Some(other) => FinishReason::Other(other.to_owned()),
    }
}
