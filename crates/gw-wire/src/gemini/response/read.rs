//! A whole answer to events. Serves the translate stage. It must not lose a part: what the intermediate form has
//! no event for stays opaque.

use crate::codec::WireError;
use crate::gemini::stream::Reader;
use gw_model::Event;
use serde_json::value::RawValue;

/// Reads a whole answer, `End` included. An array of answers, as streams without server-sent events are, is read
/// as one.
///
/// # Errors
/// The body is not an answer.
pub fn read(body: &[u8]) -> Result<Vec<Event>, WireError> {
    let mut events = Vec::with_capacity(12);
    let mut reader = Reader::new();
    if body.trim_ascii_start().starts_with(b"[") {
        let frames: Vec<&RawValue> = serde_json::from_slice(body)?;
        for frame in frames {
            reader.frame(frame.get().as_bytes(), &mut events)?;
        }
        reader.finish(&mut events)?;
    } else {
        reader.frame(body, &mut events)?;
        reader.finish_whole(&mut events)?;
    }
    // An error in place of an answer is for the reader of errors: a whole answer has no place for it.
    if matches!(events.last(), Some(Event::Error { .. })) {
        return Err(WireError::Shape { what: "it is an error" });
    }
    Ok(events)
}
