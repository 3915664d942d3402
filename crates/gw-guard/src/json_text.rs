//! Texts that are JSON themselves, such as arguments of tools: what they say with their escapes undone, and where that
//! stands in what is written. Serves flows. It must not need the JSON to be complete.

use crate::flow::Edit;
use std::collections::VecDeque;

/// See the module. Places are in bytes: said ones of the text without escapes, written ones of the text as it came.
#[derive(Debug, Default)]
pub(crate) struct Unescaper {
    /// An escape that is not complete.
    partial: String,
    said: usize,
    written: usize,
    /// Escapes: where they are said, how long that is, where they are written, how long that is.
    escapes: VecDeque<[usize; 4]>,
    /// Places of quotes that begin or end a string.
    quotes: VecDeque<usize>,
    /// Behind all quotes that are forgotten, a string is open.
    is_open: bool,
    /// What difference forgotten escapes made.
    skew: usize,
}

impl Unescaper {
    /// Takes a piece as written; appends what it says.
    pub(crate) fn push(&mut self, piece: &str, out: &mut String) {
        let joined;
        let mut rest = piece;
        if !self.partial.is_empty() {
            joined = std::mem::take(&mut self.partial) + piece;
            rest = &joined;
        }
        while let Some(at) = rest.bytes().position(|b| matches!(b, b'\\' | b'"')) {
            let (plain, behind) = rest.split_at(at);
            self.plain(plain, out);
            if let Some(behind) = behind.strip_prefix('"') {
                self.quotes.push_back(self.said);
                self.plain("\"", out);
                rest = behind;
                continue;
            }
            let Some(length) = escape_length(behind) else {
                self.partial = behind.to_owned();
                return;
            };
            let (escape, behind) = behind.split_at(length);
            self.escape(escape, out);
            rest = behind;
        }
        self.plain(rest, out);
    }

    /// The text is over: half an escape is what it is.
    pub(crate) fn finish(&mut self, out: &mut String) {
        let partial = std::mem::take(&mut self.partial);
        self.plain(&partial, out);
    }

    fn plain(&mut self, text: &str, out: &mut String) {
        out.push_str(text);
        self.said += text.len();
        self.written += text.len();
    }

    fn escape(&mut self, escape: &str, out: &mut String) {
        let quoted = format!("\"{escape}\"");
        let said = serde_json::from_str::<String>(&quoted).unwrap_or_else(|_| escape.to_owned());
        self.escapes.push_back([self.said, said.len(), self.written, escape.len()]);
        out.push_str(&said);
        self.said += said.len();
        self.written += escape.len();
    }

    /// Where a said place is written.
    pub(crate) fn raw(&self, said: usize) -> usize {
        let mut skew = self.skew;
        for [at, length, _, written] in &self.escapes {
            if at + length > said {
                break;
            }
            skew += written - length;
        }
        said + skew
    }

    /// A replacement where it is written, in quotes if it takes the place of a number.
    pub(crate) fn edit(&self, start: usize, end: usize, with: String, is_mark: bool) -> Edit {
        let before = self.quotes.iter().take_while(|quote| **quote < start).count();
        let in_string = self.is_open ^ (before % 2 == 1);
        let quoted = serde_json::to_string(&with).unwrap_or_default();
        let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        let with = if in_string || !is_mark { inner.to_owned() } else { quoted };
        Edit { start: self.raw(start), end: self.raw(end), with }
    }

    /// Nothing before a said place will be asked for.
    pub(crate) fn forget(&mut self, before: usize) {
        while let Some([_, length, _, written]) =
            self.escapes.front().copied().filter(|e| e[0] + e[1] <= before)
        {
            self.skew += written - length;
            self.escapes.pop_front();
        }
        while self.quotes.front().is_some_and(|quote| *quote < before) {
            self.quotes.pop_front();
            self.is_open = !self.is_open;
        }
    }
}

/// Does a text begin as an object or a list does? `None` when more of it tells. What is no JSON after all is only looked
/// at with its escapes undone.
pub(crate) fn begins(text: &str) -> Option<bool> {
    let mut characters = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let first = characters.next()?;
    if !matches!(first, b'{' | b'[') {
        return Some(false);
    }
    let second = characters.next()?;
    Some(second == b'"' || (first == b'[' && matches!(second, b'{' | b'[')))
}

/// How long the escape at the beginning is; `None` when it is not complete.
fn escape_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if *bytes.get(1)? != b'u' {
        // A character of more bytes can not be escaped; it is taken with its backslash.
        return text.char_indices().nth(2).map(|(at, _)| at).or(Some(text.len()));
    }
    let code = bytes.get(2..6)?;
    let unit = std::str::from_utf8(code).ok().and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let is_first_half = unit.is_some_and(|unit| (0xd800..0xdc00).contains(&unit));
    if !is_first_half {
        return Some(if text.is_char_boundary(6) { 6 } else { 2 });
    }
    match (bytes.get(6), bytes.get(7)) {
        (None, _) | (Some(b'\\'), None) => None,
        (Some(b'\\'), Some(b'u')) => bytes.get(8..12).map(|_| if text.is_char_boundary(12) { 12 } else { 6 }),
        _ => Some(6),
    }
}
