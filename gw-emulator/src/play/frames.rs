//! The frames of a stream: server-sent events, elements of a JSON array or binary messages, written one
//! after another into one buffer, each with the output tokens it carries. It must not decide what the
//! frames say.

use std::ops::Range;

use bytes::Bytes;

use super::binary;

/// How the frames of a stream are told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events.
    #[default]
    Events,
    /// One JSON array, an element per frame.
    Array,
    /// AWS's binary messages.
    Messages,
}

impl Framing {
    /// The content type of a body in this framing.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Events => "text/event-stream; charset=utf-8",
            Self::Array => "application/json; charset=UTF-8",
            Self::Messages => "application/vnd.amazon.eventstream",
        }
    }
}

/// How the lines of a stream are written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Line {
    /// CR LF in place of LF.
    pub(crate) crlf: bool,
    /// An SSE comment before every frame.
    pub(crate) comments: bool,
}

/// The end of a frame in the buffer, and the output tokens that were generated with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    /// Byte offset after the frame.
    pub(crate) end: usize,
    /// Output tokens billed when the frame is sent.
    pub(crate) tokens: u64,
}

/// A growing list of frames.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    framing: Framing,
    line: Line,
    bytes: Vec<u8>,
    marks: Vec<Mark>,
}

impl Frames {
    /// An empty list of server-sent events.
    pub(crate) fn new(line: Line) -> Self {
        Self { line, ..Self::default() }
    }

    /// An empty list in another framing, which has no lines to vary.
    pub(crate) fn framed(framing: Framing) -> Self {
        Self { framing, ..Self::default() }
    }

    /// The framing.
    pub(crate) fn framing(&self) -> Framing {
        self.framing
    }

    /// Appends a JSON text as an unnamed event or as the next element of the array.
    pub(crate) fn json(&mut self, text: &str, tokens: u64) {
        if self.framing == Framing::Array {
            self.parts(&[if self.marks.is_empty() { "[" } else { ",\r\n" }, text]);
            self.marks.push(Mark { end: self.bytes.len(), tokens });
        } else {
            self.event(None, &[text], tokens);
        }
    }

    /// Closes the array, within the last frame; nothing in the other framings.
    pub(crate) fn close(&mut self) {
        if self.framing != Framing::Array {
            return;
        }
        self.parts(&[if self.marks.is_empty() { "[]" } else { "]" }]);
        match self.marks.last_mut() {
            Some(last) => last.end = self.bytes.len(),
            None => self.marks.push(Mark { end: self.bytes.len(), tokens: 0 }),
        }
    }

    /// Appends a binary message.
    pub(crate) fn message(&mut self, headers: &[(&str, &str)], payload: &[u8], tokens: u64) {
        binary::write(headers, payload, &mut self.bytes);
        self.marks.push(Mark { end: self.bytes.len(), tokens });
    }

    /// Appends one event; `parts` joined are its data line.
    pub(crate) fn event(&mut self, event: Option<&str>, parts: &[&str], tokens: u64) {
        let end = if self.line.crlf { "\r\n" } else { "\n" };
        if self.line.comments {
            self.parts(&[": emulated", end, end]);
        }
        if let Some(event) = event {
            self.parts(&["event: ", event, end]);
        }
        self.parts(&["data: "]);
        self.parts(parts);
        self.parts(&[end, end]);
        self.marks.push(Mark { end: self.bytes.len(), tokens });
    }

    /// Number of frames.
    pub(crate) fn len(&self) -> usize {
        self.marks.len()
    }

    /// Index of the first frame that carries output tokens; the first frame when none does.
    pub(crate) fn first_content(&self) -> usize {
        self.marks.iter().position(|mark| mark.tokens > 0).unwrap_or(0)
    }

    /// Keeps the first `count` frames only.
    pub(crate) fn keep(&mut self, count: usize) {
        self.marks.truncate(count);
        let end = self.marks.last().map_or(0, |mark| mark.end);
        self.bytes.truncate(end);
    }

    /// Cuts the JSON of the frame at `index` in half, keeping its framing.
    pub(crate) fn spoil_json(&mut self, index: usize) {
        let Some(frame) = self.bounds(index) else { return };
        let terminator = match self.framing {
            Framing::Messages => {
                let halved = binary::halved(&self.bytes[frame.clone()]).unwrap_or_default();
                return self.replace(index, frame, &halved);
            }
            Framing::Array => 0,
            Framing::Events if self.line.crlf => 4,
            Framing::Events => 2,
        };
        let half = frame.start + (frame.end - frame.start) / 2;
        self.replace(index, half..frame.end.saturating_sub(terminator).max(half), b"");
    }

    /// Spoils the framing of the frame at `index`. Events: bytes that are not UTF-8, a line without a
    /// known field name, and two events run into one. Arrays: such bytes. Messages: a wrong checksum.
    pub(crate) fn spoil_framing(&mut self, index: usize) {
        let Some(frame) = self.bounds(index) else { return };
        if self.framing == Framing::Messages {
            if let Some(last) = self.bytes.get_mut(frame.end - 1) {
                *last ^= 0xff;
            }
            return;
        }
        if self.framing == Framing::Events {
            let blank_line = if self.line.crlf { 2 } else { 1 };
            self.replace(index, frame.end - blank_line..frame.end, b"");
        }
        self.replace(index, frame.start..frame.start, b"\xff\xfe<<not an event stream>>\n");
    }

    /// The finished bytes and marks.
    pub(crate) fn finish(self) -> (Bytes, Vec<Mark>) {
        (Bytes::from(self.bytes), self.marks)
    }

    fn parts(&mut self, parts: &[&str]) {
        for part in parts {
            self.bytes.extend_from_slice(part.as_bytes());
        }
    }

    fn bounds(&self, index: usize) -> Option<Range<usize>> {
        let end = self.marks.get(index)?.end;
        let start = if index == 0 { 0 } else { self.marks.get(index - 1)?.end };
        Some(start..end)
    }

    /// Puts other bytes in the place of some of the frame at `index`.
    fn replace(&mut self, index: usize, range: Range<usize>, with: &[u8]) {
        let (gone, come) = (range.len(), with.len());
        self.bytes.splice(range, with.iter().copied());
        for mark in &mut self.marks[index..] {
            mark.end = mark.end - gone + come;
        }
    }
}
