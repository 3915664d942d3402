//! Tells when the pieces of a tool call's arguments make a whole JSON object, so that the next block may
//! begin. Serves the stream writers. It must not validate: a wrong text is the model's, not ours to judge.

/// True when a call's arguments so far make a whole object.
pub(crate) fn is_whole(arguments: &str) -> bool {
    let mut nesting = Nesting::default();
    nesting.feed(arguments);
    nesting.is_complete()
}

/// Follows the nesting of JSON text that comes in pieces.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Nesting {
    depth: u32,
    in_string: bool,
    escaped: bool,
    begun: bool,
}

impl Nesting {
    /// Takes the next piece.
    pub(super) fn feed(&mut self, piece: &str) {
        for byte in piece.bytes() {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                } else if byte == b'\\' {
                    self.escaped = true;
                } else if byte == b'"' {
                    self.in_string = false;
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.begun = true;
                    self.depth = self.depth.saturating_add(1);
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// True once an object or array has begun and every bracket is closed.
    pub(super) const fn is_complete(self) -> bool {
        self.begun && self.depth == 0 && !self.in_string
    }
}
