//! The frames of a stream: server-sent events written one after another into one buffer, each with
//! the output tokens it carries. It must not decide what the events say.

use bytes::Bytes;

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
    line: Line,
    bytes: Vec<u8>,
    marks: Vec<Mark>,
}

impl Frames {
    /// An empty list.
    pub(crate) fn new(line: Line) -> Self {
        Self { line, ..Self::default() }
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
        let terminator = if self.line.crlf { 4 } else { 2 };
        let Some((start, end)) = self.bounds(index) else { return };
        let (from, to) = (start + (end - start) / 2, end.saturating_sub(terminator));
        self.remove(index, from, to);
    }

    /// Spoils the framing of the frame at `index`: bytes that are not UTF-8, a line without a
    /// known field name, and two events run into one.
    pub(crate) fn spoil_framing(&mut self, index: usize) {
        let Some((start, end)) = self.bounds(index) else { return };
        let blank_line = if self.line.crlf { 2 } else { 1 };
        self.remove(index, end - blank_line, end);
        let garbage = b"\xff\xfe<<not an event stream>>\n";
        self.bytes.splice(start..start, garbage.iter().copied());
        for mark in &mut self.marks[index..] {
            mark.end += garbage.len();
        }
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

    fn bounds(&self, index: usize) -> Option<(usize, usize)> {
        let end = self.marks.get(index)?.end;
        let start = if index == 0 { 0 } else { self.marks.get(index - 1)?.end };
        Some((start, end))
    }

    fn remove(&mut self, index: usize, from: usize, to: usize) {
        if from >= to {
            return;
        }
        self.bytes.drain(from..to);
        for mark in &mut self.marks[index..] {
            mark.end -= to - from;
        }
    }
}
