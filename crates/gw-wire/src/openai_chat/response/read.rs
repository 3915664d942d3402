//! A whole answer, read into events. Serves the translate step.

use super::message::{Blocks, read_delta};
use super::parts::{finish_of, index, logprobs_of, parse, start, usage};
use crate::codec::WireError;
use crate::json::Kind;
use gw_model::Event;

/// Reads an answer.
///
/// # Errors
/// It is not JSON, or has no choices.
pub fn read(body: &[u8]) -> Result<Vec<Event>, WireError> {
    let answer = parse(body)?;
    let mut events = Vec::with_capacity(8);
    start(&answer, &mut events);
    let choices = answer.get("choices").filter(|c| c.kind == Kind::Array);
    let Some(choices) = choices else {
        return Err(WireError::Shape { what: "`choices` is missing" });
    };
    for (position, choice) in choices.elements().enumerate() {
        let choice = choice.object().map_err(|_| WireError::Shape { what: "a choice is not an object" })?;
        let index = index(&choice, position);
        logprobs_of(&choice, index, &mut events);
        if let Some(message) = choice.get("message").and_then(|m| m.object().ok()) {
            let mut blocks = Blocks::new(index);
            read_delta(&message, &mut blocks, &mut events);
            blocks.flush(&mut events);
        }
        finish_of(&choice, index, &mut events);
    }
    usage(&answer, &mut events);
    events.push(Event::End);
    Ok(events)
}
