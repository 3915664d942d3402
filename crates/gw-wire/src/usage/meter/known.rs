//! Frames of which somebody else knows that they are like one before, as the reader of texts does: what a meter takes from
//! such a frame is known then too. Serves the meter. It must not count otherwise than [`StreamMeter::frame`] does.

use super::StreamMeter;
use crate::estimate::json_string_tokens;
use crate::sse::{FrameVerdict, SseEvent};
use gw_model::{Span, WireFormat};

/// What is known of a frame before it is metered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    Nothing,
    /// Its data is JSON.
    Json,
    /// It is JSON from which a meter takes the tokens of one string and nothing else; where that stands in the data.
    Said(Span),
}

impl StreamMeter {
    /// As [`Self::frame`], of which something is known.
    pub fn known_frame<E: SseEvent + ?Sized>(&mut self, frame: &E, known: Known) -> FrameVerdict {
        match known {
            Known::Nothing => self.frame(frame),
            Known::Said(text) if !self.finished => {
                let data = frame.data();
                self.note_frame(data);
                self.output_tokens = self.output_tokens.saturating_add(tokens_of(data, text));
                FrameVerdict::Forward
            }
            Known::Json | Known::Said(_) => self.json_frame(frame),
        }
    }
}

/// Does a meter take nothing from an event but the tokens of one string in it? Only where that does not depend on the events
/// before, nor on where in the event its name stands.
pub(crate) fn takes_only(format: WireFormat, name: Option<&str>, data: &[u8], text: Span) -> bool {
    let is_told_apart = match format {
        WireFormat::OpenAiChat | WireFormat::OpenAiCompletions => true,
        WireFormat::AnthropicMessages | WireFormat::OpenAiResponses => name.is_some(),
        _ => false,
    };
    if !is_told_apart || StreamMeter::may_hold_usage(data) {
        return false;
    }
    let mut meter = StreamMeter::new(format).hide_usage(true).note_answer(true);
    let verdict = meter.frame(&Event { name, data });
    let is_all = meter.usage.is_none()
        && meter.error.is_none()
        && meter.answer.is_none()
        && meter.finishes == 0
        && !meter.finished;
    let said = tokens_of(data, text);
    is_all && verdict == FrameVerdict::Forward && said > 0 && meter.output_tokens == said
}

/// Tokens of a string that stands in its quotes.
fn tokens_of(data: &[u8], text: Span) -> u64 {
    json_string_tokens(data.get(text.start + 1..text.end - 1).unwrap_or_default())
}

/// An event by itself.
struct Event<'a> {
    name: Option<&'a str>,
    data: &'a [u8],
}

impl SseEvent for Event<'_> {
    fn event(&self) -> Option<&str> {
        self.name
    }

    fn data(&self) -> &[u8] {
        self.data
    }
}
