//! Texts that are JSON themselves, such as arguments of tools: what they say with their escapes undone, and where that
//! stands in what is written. In prose, and in JSON within JSON, escapes are undone that stand for a character by its number
//! or for a slash, and those for white space where prose has begun to quote JSON. Serves flows. It must not need the JSON to be complete.

use crate::flow::Edit;
use std::collections::VecDeque;

/// Most backslashes of one escape: JSON within JSON doubles them each time.
const MAX_BACKSLASHES: usize = 8;

/// See the module. Places are in bytes: said ones of the text without escapes, written ones of the text as it came.
#[derive(Debug, Default)]
pub(crate) struct Unescaper {
    /// The text is prose.
    is_prose: bool,
    /// It has begun to quote JSON.
    quotes_json: bool,
    /// A bracket came, and nothing but white space since.
    is_begun: bool,
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
    /// For prose.
    pub(crate) fn of_prose() -> Self {
        Self { is_prose: true, ..Self::default() }
    }

    /// Takes a piece as written; appends what it says.
    pub(crate) fn push(&mut self, piece: &str, out: &mut String) {
        let joined;
        let mut rest = piece;
        if !self.partial.is_empty() {
            joined = std::mem::take(&mut self.partial) + piece;
            rest = &joined;
        }
        while let Some(at) = self.next(rest) {
            let (plain, behind) = rest.split_at(at);
            self.plain(plain, out);
            if let Some(more) = behind.strip_prefix(['{', '[']).filter(|_| self.is_prose) {
                self.plain(behind.get(..1).unwrap_or_default(), out);
                (self.is_begun, rest) = (true, more);
                continue;
            }
            if self.is_prose || behind.starts_with(r"\\") {
                match Nested::read(behind, self.quotes_json || !self.is_prose) {
                    Nested::Open => {
                        self.partial = behind.to_owned();
                        return;
                    }
                    Nested::Says(said, length) => {
                        self.says(said.encode_utf8(&mut [0; 4]), length, out);
                        rest = behind.get(length..).unwrap_or_default();
                        continue;
                    }
                    Nested::Nothing(length) if self.is_prose => {
                        let (plain, behind) = behind.split_at(length);
                        self.plain(plain, out);
                        rest = behind;
                        continue;
                    }
                    Nested::Nothing(_) => {}
                }
            }
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

    /// The next place that may be more than what it looks like.
    fn next(&mut self, rest: &str) -> Option<usize> {
        let bytes = rest.as_bytes();
        if !self.is_prose {
            return memchr::memchr2(b'\\', b'"', bytes);
        }
        if self.is_begun
            && let Some(first) = bytes.iter().find(|byte| !byte.is_ascii_whitespace())
        {
            (self.is_begun, self.quotes_json) = (false, *first == b'"');
        }
        match self.quotes_json {
            true => memchr::memchr(b'\\', bytes),
            false => memchr::memchr3(b'\\', b'{', b'[', bytes),
        }
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
        self.says(&said, escape.len(), out);
    }

    /// An escape of that length says something.
    fn says(&mut self, said: &str, length: usize, out: &mut String) {
        self.escapes.push_back([self.said, said.len(), self.written, length]);
        out.push_str(said);
        self.said += said.len();
        self.written += length;
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
        if self.is_prose {
            return Edit { start: self.raw(start), end: self.raw(end), with };
        }
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

/// What begins with backslashes in prose, or with more than one in JSON.
enum Nested {
    /// More of the text tells.
    Open,
    /// A character, written in so many bytes.
    Says(char, usize),
    /// Nothing; so many bytes need not be looked at again.
    Nothing(usize),
}

impl Nested {
    /// `is_quoted`: escapes for white space are undone too.
    fn read(text: &str, is_quoted: bool) -> Self {
        let bytes = text.as_bytes();
        let count = bytes.iter().take_while(|byte| **byte == b'\\').count();
        if count > MAX_BACKSLASHES {
            return Self::Nothing(count);
        }
        match bytes.get(count) {
            None => Self::Open,
            Some(b'/') => Self::Says('/', count + 1),
            Some(b'u') => Self::number(bytes, count + 1),
            Some(b'n' | b'r' | b'f') if is_quoted => Self::Says('\n', count + 1),
            Some(b't' | b'b') if is_quoted => Self::Says(' ', count + 1),
            Some(_) => Self::Nothing(count),
        }
    }

    /// A character by its number, whose digits begin there.
    fn number(bytes: &[u8], at: usize) -> Self {
        let first = match unit(bytes, at) {
            Ok(Some(unit)) => unit,
            Ok(None) => return Self::Nothing(at),
            Err(()) => return Self::Open,
        };
        let end = at + 4;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).map_or(Self::Nothing(end), |said| Self::Says(said, end));
        }
        // The second half of a pair is written like the first.
        let rest = bytes.get(end..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| **byte == b'\\').count();
        if count > MAX_BACKSLASHES || (count == 0 && !rest.is_empty()) {
            return Self::Nothing(end);
        }
        let second = match rest.get(count) {
            None => return Self::Open,
            Some(b'u') => unit(rest, count + 1),
            Some(_) => return Self::Nothing(end),
        };
        match second {
            Err(()) => Self::Open,
            Ok(Some(second)) if (0xdc00..0xe000).contains(&second) => {
                let said = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                char::from_u32(said).map_or(Self::Nothing(end), |said| Self::Says(said, end + count + 5))
            }
            Ok(_) => Self::Nothing(end),
        }
    }
}

/// Four digits; `Err` when more of the text tells.
fn unit(bytes: &[u8], at: usize) -> Result<Option<u32>, ()> {
    let digits = bytes.get(at..bytes.len().min(at + 4)).unwrap_or_default();
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return Ok(None);
    }
    if digits.len() < 4 {
        return Err(());
    }
    Ok(std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok()))
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
