//! Gemini's streams: each frame is an answer of its own, with its piece of text and the usage so far. Serves the
//! meter. It goes over a frame once and must not build values but of usage and of errors.
//!
//! What the model wrote as arguments stands in the frame as JSON. Hence members are taken for what they are by
//! their place, never by being found somewhere.

use super::StreamMeter;
use super::text::count_string;
use crate::estimate::text_tokens;
use crate::gemini::{errors, names, usage};
use crate::json::cursor::{Cursor, DEPTH_CEILING};
use crate::json::{JsonError, Kind, Object};

/// Tokens of an image that the model made.
const IMAGE_TOKENS: u64 = 1_300;

/// A position in a frame.
struct Place<'a> {
    data: &'a [u8],
    cursor: Cursor<'a>,
}

impl<'a> Place<'a> {
    /// Calls `visit` at the value of each member of the object here; `visit` has to move past it. Other values are
    /// passed over.
    fn members(
        &mut self,
        mut visit: impl FnMut(&mut Self, &'a str) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if self.cursor.peek()? != Kind::Object {
            return self.skip().map(|_| ());
        }
        self.cursor.enter()?;
        let mut more = self.cursor.first_member()?;
        while more {
            let (key, _) = self.cursor.key()?;
            let name = self.data.get(key.start + 1..key.end - 1).unwrap_or_default();
            visit(self, std::str::from_utf8(name).unwrap_or_default())?;
            more = self.cursor.next_member()?;
        }
        Ok(())
    }

    /// As [`Self::members`], of the elements of an array; another value stands for an array of itself.
    fn elements(
        &mut self,
        mut visit: impl FnMut(&mut Self, u32) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if self.cursor.peek()? != Kind::Array {
            return visit(self, 0);
        }
        self.cursor.enter()?;
        let (mut index, mut more) = (0, self.cursor.first_element()?);
        while more {
            visit(self, index)?;
            index += 1;
            more = self.cursor.next_element()?;
        }
        Ok(())
    }

    /// Passes over a value and returns it as written.
    fn skip(&mut self) -> Result<&'a [u8], JsonError> {
        let (_, span) = self.cursor.skip_value()?;
        Ok(self.data.get(span.start..span.end).unwrap_or_default())
    }
}

/// What a frame brings.
#[derive(Default)]
struct Seen {
    tokens: u64,
    calls: u32,
    candidates: u32,
    /// Candidates with a finish reason, a bit each.
    ended: u32,
    is_blocked: bool,
    has_error: bool,
}

impl StreamMeter {
    pub(super) fn gemini_frame(&mut self, data: &[u8]) {
        let mut place = Place { data, cursor: Cursor::new(data, 0, DEPTH_CEILING) };
        let mut seen = Seen::default();
        // What a damaged frame holds before the damage counts.
        let _read = place.members(|place, name| {
            if names::is(name, "candidates") {
                return place.elements(|place, index| candidate(place, index, &mut seen));
            }
            let written = place.skip()?;
            if names::is(name, "usageMetadata") {
                self.take_usage(std::str::from_utf8(written).ok().and_then(usage::of_text));
            } else if names::is(name, "promptFeedback") {
                seen.is_blocked = blocks(written);
            } else if name == "error" {
                seen.has_error = written != b"null";
            }
            Ok(())
        });
        self.output_tokens = self.output_tokens.saturating_add(seen.tokens);
        (0..seen.calls).for_each(|_| self.count_call());
        // When the prompt was refused, no candidate will come.
        let is_refused = seen.is_blocked && seen.candidates == 0 && self.ended == 0;
        self.ended |= if is_refused { u32::MAX } else { seen.ended };
        self.finishes = if self.ended == u32::MAX { self.choices } else { self.ended.count_ones() };
        if seen.has_error
            && let Some(error) = errors::read(data)
        {
            self.fail(error.status, error.message);
        }
    }
}

fn candidate(place: &mut Place<'_>, position: u32, seen: &mut Seen) -> Result<(), JsonError> {
    let (mut index, mut is_ended) = (position, false);
    seen.candidates = seen.candidates.saturating_add(1);
    place.members(|place, name| {
        if name == "content" {
            return place.members(|place, name| match name {
                "parts" => place.elements(|place, _| part(place, seen)),
                _ => place.skip().map(|_| ()),
            });
        }
        let written = place.skip()?;
        if names::is(name, "finishReason") {
            is_ended = written.len() > 2 && written.starts_with(b"\"");
        } else if name == "index" {
            let stated =
                std::str::from_utf8(written).ok().and_then(|text| text.trim_matches('"').parse().ok());
            index = stated.unwrap_or(position);
        }
        Ok(())
    })?;
    if is_ended {
        seen.ended |= 1 << index.min(u32::BITS - 1);
    }
    Ok(())
}

fn part(place: &mut Place<'_>, seen: &mut Seen) -> Result<(), JsonError> {
    place.members(|place, name| {
        let is_text = name == "text" && place.cursor.peek()? == Kind::String;
        let tokens = if is_text {
            let data = place.data;
            count_string(data, &mut place.cursor).unwrap_or(0)
        } else {
            let written = place.skip()?;
            match () {
                () if names::is(name, "functionCall") => {
                    seen.calls = seen.calls.saturating_add(1);
                    text_tokens(written)
                }
                () if names::is(name, "executableCode") => text_tokens(written),
                () if names::is(name, "inlineData") => IMAGE_TOKENS,
                () => 0,
            }
        };
        seen.tokens = seen.tokens.saturating_add(tokens);
        Ok(())
    })
}

/// Whether the feedback on a prompt states why it was refused.
fn blocks(feedback: &[u8]) -> bool {
    let feedback = Object::parse(feedback, DEPTH_CEILING);
    feedback.is_ok_and(|feedback| names::get(&feedback, "blockReason").is_some())
}
