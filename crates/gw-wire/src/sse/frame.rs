//! One event of a stream: its exact bytes, and where its fields stand in them. Serves every reader of
//! streams. It must not own a second copy of the data unless the data spans several lines.

use bytes::Bytes;
use memchr::memchr2;
use std::ops::Range;

/// What can be asked of an event, whoever owns its bytes.
pub trait SseEvent {
    /// The event's name, when it has one.
    fn event(&self) -> Option<&str>;
    /// The event's data; empty when it has none.
    fn data(&self) -> &[u8];
}

/// An event as it came, its line ends and final blank line included.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The exact bytes.
    pub raw: Bytes,
    fields: Fields,
}

/// An event within a piece that somebody else holds: a [`Frame`] without a share in the buffer's count.
#[derive(Clone, Debug)]
pub struct FrameView<'a> {
    /// The exact bytes.
    pub raw: &'a [u8],
    fields: Fields,
}

#[derive(Clone, Debug)]
struct Fields {
    event: Range<usize>,
    data: Data,
    /// There are other lines: comments, ids, times of retry.
    has_others: bool,
}

#[derive(Clone, Debug)]
enum Data {
    /// No `data` field: a comment, a lone `event`, blank lines.
    None,
    /// One line, in place.
    Line(Range<usize>),
    /// Several lines, joined by line feeds.
    Joined(Vec<u8>),
}

impl Frame {
    /// Reads the fields of `raw`, which holds one event (or comments and blank lines only).
    #[must_use]
    pub fn parse(raw: Bytes) -> Self {
        Self { fields: Fields::parse(&raw), raw }
    }

    /// The event's name, when it has one.
    #[must_use]
    pub fn event(&self) -> Option<&str> {
        self.fields.event(&self.raw)
    }

    /// The event's data; empty when it has none.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        self.fields.data(&self.raw)
    }

    /// The same event with other data, which has no line ends.
    #[must_use]
    pub fn with_data(&self, data: &[u8]) -> Self {
        let mut raw = Vec::with_capacity(self.raw.len() + data.len());
        if let Data::Line(range) = &self.fields.data {
            raw.extend_from_slice(self.raw.get(..range.start).unwrap_or_default());
            raw.extend_from_slice(data);
            raw.extend_from_slice(self.raw.get(range.end..).unwrap_or_default());
        } else {
            write(self.event(), data, &mut raw);
        }
        Self::parse(raw.into())
    }

    /// The event with nothing but its name and its data, where both are what they should be; `None` where nothing is left.
    /// For readers that look at data only: whatever else an event carries goes on unseen.
    #[must_use]
    pub fn without_others(self) -> Option<Self> {
        let is_named_well = self.event().is_none_or(is_word) && std::str::from_utf8(&self.raw).is_ok();
        if is_named_well && !self.fields.has_others {
            return Some(self);
        }
        let name = self.event().filter(|name| is_word(name));
        if !self.has_data() {
            return None;
        }
        let mut raw = Vec::with_capacity(self.raw.len());
        match &self.fields.data {
            Data::Joined(lines) => {
                if let Some(name) = name {
                    raw.extend_from_slice(format!("event: {name}\n").as_bytes());
                }
                for line in lines.split(|byte| *byte == b'\n') {
                    raw.extend_from_slice(b"data: ");
                    raw.extend_from_slice(line);
                    raw.push(b'\n');
                }
                raw.push(b'\n');
            }
            Data::Line(_) | Data::None => write(name, self.data(), &mut raw),
        }
        Some(Self::parse(raw.into()))
    }

    /// True when there is a `data` field, even an empty one. Comments and blank lines have none.
    #[must_use]
    pub const fn has_data(&self) -> bool {
        !matches!(self.fields.data, Data::None)
    }
}

/// Longest name of an event that is taken for one.
const MAX_NAME_BYTES: usize = 64;

fn is_word(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

fn write(event: Option<&str>, data: &[u8], raw: &mut Vec<u8>) {
    if let Some(event) = event {
        raw.extend_from_slice(b"event: ");
        raw.extend_from_slice(event.as_bytes());
        raw.push(b'\n');
    }
    raw.extend_from_slice(b"data: ");
    raw.extend_from_slice(data);
    raw.extend_from_slice(b"\n\n");
}

impl SseEvent for Frame {
    fn event(&self) -> Option<&str> {
        self.event()
    }

    fn data(&self) -> &[u8] {
        self.data()
    }
}

impl<'a> FrameView<'a> {
    /// As [`Frame::parse`].
    #[must_use]
    pub fn parse(raw: &'a [u8]) -> Self {
        Self { raw, fields: Fields::parse(raw) }
    }

    /// Has it nothing but its data, and a name as names are? It may still not be UTF-8.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        !self.fields.has_others && (self.fields.event.is_empty() || self.event().is_some_and(is_word))
    }

    /// The event with bytes of its own.
    #[must_use]
    pub fn to_frame(&self) -> Frame {
        Frame { raw: Bytes::copy_from_slice(self.raw), fields: self.fields.clone() }
    }
}

impl SseEvent for FrameView<'_> {
    fn event(&self) -> Option<&str> {
        self.fields.event(self.raw)
    }

    fn data(&self) -> &[u8] {
        self.fields.data(self.raw)
    }
}

impl Fields {
    fn parse(raw: &[u8]) -> Self {
        let mut fields = Self { event: 0..0, data: Data::None, has_others: false };
        // The second half of the line end before this event stays here when a piece ended between the halves.
        let half = usize::from(raw.starts_with(b"\n"));
        let has_mark = raw.get(half..).is_some_and(|rest| rest.starts_with(b"\xef\xbb\xbf"));
        let mut at = if has_mark { half + 3 } else { half };
        while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
            // The blank line at the end is met in every event.
            let line_length = match rest.first() {
                Some(b'\n' | b'\r') => 0,
                _ => memchr2(b'\n', b'\r', rest).unwrap_or(rest.len()),
            };
            fields.line(raw, at..at + line_length);
            at += line_length + 1;
        }
        fields
    }

    fn event<'a>(&'a self, raw: &'a [u8]) -> Option<&'a str> {
        let name = raw.get(self.event.clone()).filter(|name| !name.is_empty())?;
        std::str::from_utf8(name).ok()
    }

    fn data<'a>(&'a self, raw: &'a [u8]) -> &'a [u8] {
        match &self.data {
            Data::None => &[],
            Data::Line(range) => raw.get(range.clone()).unwrap_or_default(),
            Data::Joined(bytes) => bytes,
        }
    }

    fn line(&mut self, raw: &[u8], line: Range<usize>) {
        let text = raw.get(line.clone()).unwrap_or_default();
        if let Some(value) = text.strip_prefix(b"data") {
            match value_offset(value) {
                Some(skip) => self.add_data(raw, line.start + 4 + skip..line.end),
                None => self.has_others = true,
            }
        } else if let Some(value) = text.strip_prefix(b"event")
            && let Some(skip) = value_offset(value)
        {
            // Of several names the last counts.
            self.has_others |= !self.event.is_empty();
            self.event = line.start + 5 + skip..line.end;
        } else if !text.is_empty() {
            self.has_others = true;
        }
    }

    fn add_data(&mut self, raw: &[u8], range: Range<usize>) {
        let line = raw.get(range.clone()).unwrap_or_default();
        self.data = match std::mem::replace(&mut self.data, Data::None) {
            Data::None => Data::Line(range),
            Data::Line(first) => {
                let first = raw.get(first).unwrap_or_default();
                let mut joined = Vec::with_capacity(first.len() + 1 + line.len());
                joined.extend_from_slice(first);
                joined.push(b'\n');
                joined.extend_from_slice(line);
                Data::Joined(joined)
            }
            Data::Joined(mut joined) => {
                joined.push(b'\n');
                joined.extend_from_slice(line);
                Data::Joined(joined)
            }
        };
    }
}

/// Where the value starts behind a field's name: after the colon and one space. `None` when the name
/// goes on, so that it is another field's.
fn value_offset(after_name: &[u8]) -> Option<usize> {
    match after_name {
        [] => Some(0),
        [b':', b' ', ..] => Some(2),
        [b':', ..] => Some(1),
        _ => None,
    }
}
