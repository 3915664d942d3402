//! Picks a few top-level members out of a JSON object that passes by in pieces and is too big to hold.
//! Serves metering of whole answers. It must not hold more than the values it was asked for, bounded,
//! and does not check syntax: the text goes to the caller as it is.

use memchr::memchr2;

/// Largest value that is kept.
pub const MAX_VALUE_BYTES: usize = 64 << 10;
/// Longest member name that is compared, escapes included.
const MAX_KEY_BYTES: usize = 64;

/// Captures the written values of wanted top-level members.
#[derive(Clone, Debug)]
pub struct MemberScanner {
    wanted: &'static [&'static str],
    values: Vec<Option<Vec<u8>>>,
    depth: u64,
    state: State,
    in_string: bool,
    after_backslash: bool,
    key: Vec<u8>,
    capture: Option<usize>,
}

/// Bytes that mean something outside of strings.
const STRUCTURAL: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"\"{}[],:";
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    table
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before a top-level member's name, or outside the object.
    BeforeKey,
    InKey,
    /// Between name and colon.
    AfterKey,
    Value,
}

impl MemberScanner {
    /// Looks for `wanted` names.
    #[must_use]
    pub fn new(wanted: &'static [&'static str]) -> Self {
        Self {
            wanted,
            values: vec![None; wanted.len()],
            depth: 0,
            state: State::BeforeKey,
            in_string: false,
            after_backslash: false,
            key: Vec::new(),
            capture: None,
        }
    }

    /// The value of that member as written, once it has passed in full and was not too large.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        let index = self.wanted.iter().position(|w| *w == name)?;
        if self.capture == Some(index) {
            return None;
        }
        self.values.get(index)?.as_deref().map(<[u8]>::trim_ascii)
    }

    /// Takes the next piece.
    pub fn feed(&mut self, piece: &[u8]) {
        let mut at = 0;
        while let Some(&byte) = piece.get(at) {
            if self.in_string && !self.after_backslash {
                let rest = piece.get(at..).unwrap_or_default();
                let plain = memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                if plain > 0 {
                    self.keep(rest.get(..plain).unwrap_or_default());
                    at += plain;
                    continue;
                }
            }
            if self.in_string {
                self.keep(&[byte]);
                self.string_byte(byte);
                at += 1;
                continue;
            }
            // Numbers, literals and white space, of which vectors have millions.
            let rest = piece.get(at..).unwrap_or_default();
            let plain = rest.iter().position(|&b| STRUCTURAL[usize::from(b)]).unwrap_or(rest.len());
            if plain > 0 {
                self.keep(rest.get(..plain).unwrap_or_default());
                at += plain;
            } else {
                self.plain_byte(byte);
                at += 1;
            }
        }
    }

    fn string_byte(&mut self, byte: u8) {
        if self.after_backslash {
            self.after_backslash = false;
        } else if byte == b'\\' {
            self.after_backslash = true;
        } else if byte == b'"' {
            self.in_string = false;
            if self.state == State::InKey {
                self.state = State::AfterKey;
            }
        }
    }

    fn plain_byte(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.in_string = true;
                if self.depth == 1 && self.state == State::BeforeKey {
                    self.state = State::InKey;
                    self.key.clear();
                    return;
                }
            }
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.end_value();
                }
            }
            b',' if self.depth == 1 => self.end_value(),
            b':' if self.depth == 1 && self.state == State::AfterKey => {
                self.begin_value();
                return;
            }
            _ => {}
        }
        self.keep(&[byte]);
    }

    fn begin_value(&mut self) {
        self.state = State::Value;
        let name = self.key.strip_suffix(b"\"").unwrap_or(&self.key);
        let text = std::str::from_utf8(name).map(super::unescape).unwrap_or_default();
        self.capture = self.wanted.iter().position(|w| *w == text);
        if let Some(slot) = self.capture.and_then(|index| self.values.get_mut(index)) {
            *slot = Some(Vec::new());
        }
    }

    fn end_value(&mut self) {
        self.capture = None;
        self.state = State::BeforeKey;
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.state == State::InKey && self.in_string {
            let room = (MAX_KEY_BYTES + 1).saturating_sub(self.key.len());
            self.key.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        }
        let Some(slot) = self.capture.and_then(|index| self.values.get_mut(index)) else { return };
        let Some(value) = slot else { return };
        if value.len() + bytes.len() > MAX_VALUE_BYTES {
            *slot = None;
            self.capture = None;
        } else {
            value.extend_from_slice(bytes);
        }
    }
}
