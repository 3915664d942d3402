//! Applies the faults that change the content of an answer: malformed JSON and framing, an error event
//! in the midst, a missing end. It must not touch pace or ending of the connection.

use crate::answer::Rejection;
use crate::fault::Faults;
use crate::play::Frames;
use crate::route::Family;
use crate::{anthropic, cohere, converse, gemini, openai, responses};

/// A whole answer's text, spoiled as asked.
pub(crate) fn whole(mut text: String, faults: &Faults) -> String {
    if faults.malformed_json {
        let mut half = text.len() / 2;
        while !text.is_char_boundary(half) {
            half -= 1;
        }
        text.truncate(half);
        text.push_str("\"}}!");
    }
    text
}

/// A stream's frames, spoiled as asked.
pub(crate) fn stream(mut frames: Frames, family: Family, faults: &Faults) -> Frames {
    if faults.malformed_json {
        frames.spoil_json(frames.first_content());
    }
    if faults.malformed_sse {
        frames.spoil_framing(frames.first_content());
    }
    if let Some(after) = faults.end_after_frames {
        keep(&mut frames, after);
    }
    if let Some(after) = faults.error_after_frames {
        keep(&mut frames, after);
        let status = faults.status.unwrap_or(if family == Family::Anthropic { 529 } else { 500 });
        let error = Rejection::new(status, "Emulated error in the midst of the stream.");
        match family {
            Family::OpenAi => openai::error_event(&mut frames, &error),
            Family::Responses => responses::error_event(&mut frames, &error),
            Family::Anthropic => anthropic::error_event(&mut frames, &error),
            Family::Gemini => gemini::error_event(&mut frames, &error),
            Family::Converse => converse::error_event(&mut frames, &error),
            Family::Cohere => cohere::error_event(&mut frames, &error),
        }
    }
    frames
}

/// Keeps the first frames, never the last one: that would be the regular end.
fn keep(frames: &mut Frames, after: u64) {
    let last = frames.len().saturating_sub(1);
    frames.keep(usize::try_from(after).unwrap_or(last).min(last));
}
