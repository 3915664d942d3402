//! Models of events: what of an event is fixed, and which values in it may be others without saying anything else about
//! where texts stand. Serves the reader. It keeps what is fixed only, so that no text outlives its stream.

use super::super::{Ended, EventTexts, Text, encoded};
use crate::json::cursor::Cursor;
use crate::usage::{Known, takes_only};
use gw_model::{Span, WireFormat};
use std::ops::Range;

/// Longest event that becomes a model.
const MAX_MODEL_BYTES: usize = 2048;

/// Longest name of an event that becomes one.
const MAX_NAME_BYTES: usize = 64;

/// Most values of an event that may differ.
const MAX_GAPS: usize = 16;

/// Digits that say nothing about anybody: as many as the walk passes over wherever they stand.
const MAX_DIGITS: usize = 6;

/// Most digits of a long number.
const MAX_LONG_DIGITS: usize = 20;

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

/// Members that differ and are no text: how, and whether they stay the same throughout a stream. None of them tells anything
/// about other members, as an index, a kind or a role does.
const OTHERS: &[(&[u8], Differs, bool)] = &[
    (b"id", Differs::Word, true),
    (b"item_id", Differs::Word, true),
    (b"message_id", Differs::Word, true),
    (b"response_id", Differs::Word, true),
    (b"generation_id", Differs::Word, true),
    (b"responseId", Differs::Word, true),
    (b"model", Differs::Word, true),
    (b"modelVersion", Differs::Word, true),
    (b"system_fingerprint", Differs::Word, true),
    (b"created", Differs::Long, true),
    (b"created_at", Differs::Long, true),
    (b"obfuscation", Differs::Word, false),
    (b"sequence_number", Differs::Number, false),
    (b"promptTokenCount", Differs::Number, false),
    (b"candidatesTokenCount", Differs::Number, false),
    (b"thoughtsTokenCount", Differs::Number, false),
    (b"totalTokenCount", Differs::Number, false),
    (b"prompt_tokens", Differs::Number, false),
    (b"completion_tokens", Differs::Number, false),
    (b"total_tokens", Differs::Number, false),
    (b"input_tokens", Differs::Number, false),
    (b"output_tokens", Differs::Number, false),
    (b"cached_tokens", Differs::Number, false),
    (b"reasoning_tokens", Differs::Number, false),
];

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Model {
    name: Option<Box<str>>,
    /// What is the same in all such events, one piece behind the other.
    fixed: Box<[u8]>,
    /// What may differ, in order.
    gaps: Vec<Gap>,
    /// The piece of text that such events have, if any; where it stands differs.
    text: Option<Text>,
    ended: Ended,
    /// A meter takes nothing from such events but the tokens of that text.
    is_counted_by_text: bool,
}

/// A value that may differ.
#[derive(Clone, Debug)]
struct Gap {
    /// Where among the fixed bytes it stands.
    at: usize,
    kind: Differs,
    /// It is the same throughout a stream.
    is_steady: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Differs {
    Text,
    Word,
    /// A few digits, which are no text anywhere.
    Number,
    /// More of them, which are none where one such number is none.
    Long,
}

/// A value of an event, before there is a model.
struct Value {
    range: Range<usize>,
    kind: Differs,
    is_steady: bool,
}

/// Values for an event, to see what a meter makes of it.
struct Sample {
    text: &'static [u8],
    word: &'static [u8],
    number: &'static [u8],
    long: &'static [u8],
}

/// Their texts have other tokens, and nothing else in them has as many.
const SAMPLES: [Sample; 2] = [
    Sample { text: b"\"a\"", word: b"\"word-1.2_3:4/5+6=\"", number: b"7", long: b"1760000000" },
    Sample {
        text: br#""Some 40 words, and \"signs\" {among: them}, so that nothing else has as many tokens as these have.""#,
        word: b"\"w\"",
        number: b"654321",
        long: b"18000000000000",
    },
];

impl Sample {
    const fn of(&self, kind: Differs) -> &'static [u8] {
        match kind {
            Differs::Text => self.text,
            Differs::Word => self.word,
            Differs::Number => self.number,
            Differs::Long => self.long,
        }
    }
}

impl Model {
    /// The model that an event makes, of which it is known what it has; `None` where that is more than a piece of text.
    pub(super) fn of(
        format: WireFormat,
        name: Option<&str>,
        data: &[u8],
        found: &EventTexts,
    ) -> Option<Self> {
        let is_long = data.len() > MAX_MODEL_BYTES || name.is_some_and(|name| name.len() > MAX_NAME_BYTES);
        if found.is_echo || is_long || std::str::from_utf8(data).is_err() {
            return None;
        }
        let text = match found.texts[..] {
            [] => None,
            [text] if text.channel.is_some() && is_named_text(data, text.span) => Some(text),
            _ => return None,
        };
        let mut values = others(data);
        if let Some(Text { span, .. }) = text {
            values.push(Value { range: span.start..span.end, kind: Differs::Text, is_steady: false });
        }
        values.sort_by_key(|value| value.range.start);
        if values.len() > MAX_GAPS {
            return None;
        }
        let mut model = Self::with(name, data, values.into_iter(), text, found.ended)?;
        let read = model.read(name, data)?;
        model.is_counted_by_text = text.is_some_and(|text| takes_only(format, name, data, text.span))
            && model.counts_by_text(format);
        // Both are what they were made of.
        (read == text).then_some(model)
    }

    /// Does a meter take nothing but the text from such events, whatever stands where they differ?
    fn counts_by_text(&self, format: WireFormat) -> bool {
        let name = self.name.as_deref();
        SAMPLES.iter().all(|sample| {
            let (mut data, mut from, mut text) = (Vec::new(), 0, None);
            for gap in &self.gaps {
                data.extend_from_slice(self.fixed.get(from..gap.at).unwrap_or_default());
                let start = data.len();
                data.extend_from_slice(sample.of(gap.kind));
                if gap.kind == Differs::Text {
                    text = Some(Span { start, end: data.len() });
                }
                from = gap.at;
            }
            data.extend_from_slice(self.fixed.get(from..).unwrap_or_default());
            text.is_some_and(|text| takes_only(format, name, &data, text))
        })
    }

    fn with(
        name: Option<&str>,
        data: &[u8],
        values: impl Iterator<Item = Value>,
        text: Option<Text>,
        ended: Ended,
    ) -> Option<Self> {
        let (mut fixed, mut from) = (Vec::with_capacity(data.len()), 0);
        let mut gaps = Vec::new();
        for Value { range, kind, is_steady } in values {
            fixed.extend_from_slice(data.get(from..range.start)?);
            gaps.push(Gap { at: fixed.len(), kind, is_steady });
            from = range.end;
        }
        fixed.extend_from_slice(data.get(from..)?);
        Some(Self {
            name: name.map(Box::from),
            fixed: fixed.into(),
            gaps,
            text,
            ended,
            is_counted_by_text: false,
        })
    }

    /// The model of events like this one, which is like the model, in the same stream: less may differ in them, so that
    /// they are compared sooner. `None` where there is nothing to gain.
    pub(super) fn narrowed(&self, data: &[u8]) -> Option<Self> {
        self.text?;
        let mut values = Vec::with_capacity(self.gaps.len());
        self.compare(data, |gap, range| {
            if !gap.is_steady {
                values.push(Value { range, kind: gap.kind, is_steady: false });
            }
        })?;
        let narrowed = Self::with(self.name.as_deref(), data, values.into_iter(), self.text, self.ended)?;
        Some(Self { is_counted_by_text: self.is_counted_by_text, ..narrowed })
    }

    /// What a meter is told of an event that is like this one, which has that text.
    pub(super) fn known(&self, text: Option<Text>) -> Known {
        // The event that the model was made of is JSON, and in all others stand values of the same kinds.
        text.filter(|_| self.is_counted_by_text).map_or(Known::Json, |text| Known::Said(text.span))
    }

    /// What is over behind such an event.
    pub(super) const fn ended(&self) -> Ended {
        self.ended
    }

    /// The piece of text, if any, of an event that is like this one; `None` for others.
    pub(super) fn read(&self, name: Option<&str>, data: &[u8]) -> Option<Option<Text>> {
        if self.name.as_deref() != name {
            return None;
        }
        let mut text = self.text;
        self.compare(data, |gap, range| {
            if let Some(text) = text.as_mut().filter(|_| gap.kind == Differs::Text) {
                text.span = Span { start: range.start, end: range.end };
            }
        })?;
        Some(text)
    }

    /// Goes over an event that may be like this one, and calls `each` with its values that may differ.
    fn compare(&self, data: &[u8], mut each: impl FnMut(&Gap, Range<usize>)) -> Option<()> {
        let (mut at, mut from) = (0, 0);
        for gap in &self.gaps {
            let same = self.fixed.get(from..gap.at)?;
            if !data.get(at..)?.starts_with(same) {
                return None;
            }
            at += same.len();
            let end = gap.kind.end(data, at)?;
            each(gap, at..end);
            (at, from) = (end, gap.at);
        }
        (data.get(at..) == self.fixed.get(from..)).then_some(())
    }
}

impl Differs {
    /// Where a value of this kind ends that begins at a place.
    fn end(self, data: &[u8], at: usize) -> Option<usize> {
        let (least, most) = match self {
            Self::Number => (1, MAX_DIGITS),
            Self::Long => (MAX_DIGITS + 1, MAX_LONG_DIGITS),
            Self::Text | Self::Word => return self.end_of_string(data, at),
        };
        let rest = data.get(at..)?;
        let digits = rest.iter().take(most + 1).take_while(|byte| byte.is_ascii_digit()).count();
        let is_number = (least..=most).contains(&digits) && (digits == 1 || rest[0] != b'0');
        is_number.then_some(at + digits)
    }

    fn end_of_string(self, data: &[u8], at: usize) -> Option<usize> {
        data.get(at).filter(|byte| **byte == b'"')?;
        let (span, _) = Cursor::new(data, at, 1).string().ok()?;
        let inner = data.get(span.start + 1..span.end - 1).filter(|inner| !inner.is_empty())?;
        let fits = match self {
            Self::Word => encoded::is_word(inner),
            Self::Text | Self::Number | Self::Long => std::str::from_utf8(inner).is_ok(),
        };
        fits.then_some(span.end)
    }
}

/// Is the text the value of a member that holds pieces of text?
fn is_named_text(data: &[u8], span: Span) -> bool {
    let head = data.get(..span.start).unwrap_or_default().trim_ascii_end().strip_suffix(b":");
    let head = head.and_then(|head| head.trim_ascii_end().strip_suffix(b"\""));
    let is_text = |name: &&[u8]| {
        let before = head.and_then(|head| head.strip_suffix(*name));
        before.is_some_and(|before| before.ends_with(b"\""))
    };
    TEXTS.iter().any(is_text)
}

/// The values of members that may differ, in an event that is JSON.
fn others(data: &[u8]) -> Vec<Value> {
    let value = |colon: usize| {
        // No quote within a string is without a backslash before it, so these are the ends of a name.
        let head = data.get(..colon)?;
        let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let length = head.iter().rev().take_while(|byte| is_of_name(byte)).count();
        let (before, member) = head.split_at(head.len() - length);
        let before = before.strip_suffix(b"\"")?;
        let (_, kind, is_steady) = OTHERS.iter().find(|(name, ..)| *name == member)?;
        let is_member = matches!(before.last(), Some(b'{' | b',' | b' '));
        let start = colon + 2;
        let start = start + data.get(start..)?.iter().take_while(|byte| **byte == b' ').count();
        let end = kind.end(data, start).filter(|_| is_member)?;
        Some(Value { range: start..end, kind: *kind, is_steady: *is_steady })
    };
    memchr::memmem::find_iter(data, b"\":").filter_map(value).collect()
}
