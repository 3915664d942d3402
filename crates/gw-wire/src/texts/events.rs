//! Reads the events of one stream, of which most are like one before but for a piece of text: those need not be walked
//! through again. Serves the guard stages. It must not come to another result than [`event`](super::event).
//!
//! An event with one piece of text becomes a model. In the next ones that piece may be another, and so may the few other
//! values that say nothing about where texts stand; all else has to be the same, byte by byte.

use super::{Ended, EventTexts, Text, encoded, event};
use crate::json::cursor::Cursor;
use gw_model::{Span, WireFormat};
use std::ops::Range;

/// Longest event that becomes a model.
const MAX_MODEL_BYTES: usize = 2048;

/// Models of one stream: of several answers, or of a text and of arguments.
const MAX_MODELS: usize = 4;

/// After so many models in a row that nothing was like, none is made any more.
const MAX_MISSES: u8 = 32;

/// Digits that say nothing about anybody: as many as the walk passes over wherever they stand.
const MAX_DIGITS: usize = 6;

/// Members with pieces of text, whatever these say.
const TEXTS: &[&[u8]] = &[
    b"content",
    b"text",
    b"delta",
    b"arguments",
    b"partial_json",
    b"thinking",
    b"reasoning",
    b"reasoning_content",
    b"refusal",
];

/// Members that differ from event to event and are no text, and whether they are numbers.
const OTHERS: &[(&[u8], bool)] = &[
    (b"\"sequence_number\":", true),
    (b"\"candidatesTokenCount\":", true),
    (b"\"thoughtsTokenCount\":", true),
    (b"\"totalTokenCount\":", true),
    (b"\"obfuscation\":", false),
];

/// See the module.
#[derive(Clone, Debug)]
pub struct EventReader {
    format: WireFormat,
    models: Vec<Model>,
    /// The model that is replaced next.
    oldest: usize,
    misses: u8,
    found: EventTexts,
}

#[derive(Clone, Debug)]
struct Model {
    name: Option<Box<str>>,
    bytes: Box<[u8]>,
    /// What may differ, in order.
    gaps: Vec<Gap>,
    text: Text,
}

#[derive(Clone, Debug)]
struct Gap {
    range: Range<usize>,
    kind: Differs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Differs {
    Text,
    Word,
    Number,
}

impl EventReader {
    /// For a stream in `format`.
    #[must_use]
    pub const fn new(format: WireFormat) -> Self {
        let found = EventTexts { texts: Vec::new(), ended: Ended::None, is_echo: false };
        Self { format, models: Vec::new(), oldest: 0, misses: 0, found }
    }

    /// The texts of the next event, as [`event`](super::event) gives them.
    pub fn read(&mut self, name: Option<&str>, data: &[u8]) -> &EventTexts {
        if let Some(text) = self.models.iter().find_map(|model| model.read(name, data)) {
            self.misses = 0;
            self.found.texts.clear();
            self.found.texts.push(text);
            (self.found.ended, self.found.is_echo) = (Ended::None, false);
            return &self.found;
        }
        self.found = event(self.format, name, data);
        if self.misses < MAX_MISSES
            && let Some(model) = Model::of(name, data, &self.found)
        {
            self.misses += 1;
            self.learn(model);
        }
        &self.found
    }

    fn learn(&mut self, model: Model) {
        if self.models.len() < MAX_MODELS {
            self.models.push(model);
        } else if let Some(oldest) = self.models.get_mut(self.oldest) {
            *oldest = model;
            self.oldest = (self.oldest + 1) % MAX_MODELS;
        }
    }
}

impl Model {
    /// The model that an event makes; `None` where it is more than a piece of text.
    fn of(name: Option<&str>, data: &[u8], found: &EventTexts) -> Option<Self> {
        let [text] = found.texts[..] else { return None };
        let is_piece = text.channel.is_some() && found.ended == Ended::None && !found.is_echo;
        if !is_piece || data.len() > MAX_MODEL_BYTES || std::str::from_utf8(data).is_err() {
            return None;
        }
        let head = data.get(..text.span.start)?.trim_ascii_end().strip_suffix(b":")?.trim_ascii_end();
        let is_text = |name: &&[u8]| {
            let before = head.strip_suffix(b"\"").and_then(|head| head.strip_suffix(*name));
            before.is_some_and(|before| before.ends_with(b"\""))
        };
        TEXTS.iter().find(|name| is_text(name))?;
        let mut gaps = vec![Gap { range: text.span.start..text.span.end, kind: Differs::Text }];
        for (member, is_number) in OTHERS {
            gaps.extend(other(data, member, *is_number));
        }
        gaps.sort_by_key(|gap| gap.range.start);
        let name = name.map(Box::from);
        let model = Self { name, bytes: data.into(), gaps, text };
        // A value within the text would be found twice.
        model.read(model.name.as_deref(), data).is_some().then_some(model)
    }

    /// The text of an event that is like this one.
    fn read(&self, name: Option<&str>, data: &[u8]) -> Option<Text> {
        if self.name.as_deref() != name {
            return None;
        }
        let (mut at, mut from, mut text) = (0, 0, None);
        for gap in &self.gaps {
            let same = self.bytes.get(from..gap.range.start)?;
            if !data.get(at..)?.starts_with(same) {
                return None;
            }
            at += same.len();
            let end = gap.kind.end(data, at)?;
            if gap.kind == Differs::Text {
                text = Some(Text { span: Span { start: at, end }, ..self.text });
            }
            (at, from) = (end, gap.range.end);
        }
        text.filter(|_| data.get(at..) == self.bytes.get(from..))
    }
}

impl Differs {
    /// Where a value of this kind ends that begins at a place.
    fn end(self, data: &[u8], at: usize) -> Option<usize> {
        if self == Self::Number {
            let rest = data.get(at..)?;
            let digits = rest.iter().take(MAX_DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
            let is_number = (1..=MAX_DIGITS).contains(&digits) && (digits == 1 || rest[0] != b'0');
            return is_number.then_some(at + digits);
        }
        data.get(at).filter(|byte| **byte == b'"')?;
        let (span, _) = Cursor::new(data, at, 1).string().ok()?;
        let inner = data.get(span.start + 1..span.end - 1).filter(|inner| !inner.is_empty())?;
        let fits = match self {
            Self::Word => encoded::is_word(inner),
            Self::Text | Self::Number => std::str::from_utf8(inner).is_ok(),
        };
        fits.then_some(span.end)
    }
}

/// The value of a member that may differ.
fn other(data: &[u8], member: &[u8], is_number: bool) -> Option<Gap> {
    let at = memchr::memmem::find(data, member)?;
    let is_member = matches!(at.checked_sub(1).and_then(|before| data.get(before)), Some(b'{' | b',' | b' '));
    let start = at + member.len();
    let start = start + data.get(start..)?.iter().take_while(|byte| **byte == b' ').count();
    let kind = if is_number { Differs::Number } else { Differs::Word };
    let end = kind.end(data, start).filter(|_| is_member)?;
    Some(Gap { range: start..end, kind })
}

#[cfg(test)]
mod tests;
