//! Finds where an event ends, over input that arrives in pieces. Serves the framer; it must not look
//! into the lines.

use memchr::memchr2;

/// Looks for the blank line that ends an event. Bytes are fed once each, so that an event that comes in
/// many small pieces costs no more than one that comes whole.
#[derive(Clone, Debug)]
pub(super) struct Boundary {
    /// The line at hand has no byte yet.
    line_is_empty: bool,
    /// The last byte was a carriage return: a line feed that follows belongs to the same line end.
    after_cr: bool,
}

impl Default for Boundary {
    fn default() -> Self {
        Self { line_is_empty: true, after_cr: false }
    }
}

impl Boundary {
    /// Takes the next piece. The answer is how many of its bytes belong to the event that ends in it;
    /// `None` when the event goes on.
    pub(super) fn feed(&mut self, piece: &[u8]) -> Option<usize> {
        let mut at = 0;
        if self.after_cr && !piece.is_empty() {
            self.after_cr = false;
            if piece.first() == Some(&b'\n') {
                at = 1;
            }
        }
        while let Some(rest) = piece.get(at..) {
            // The blank line directly behind a line is what every event ends in.
            let found = match rest.first() {
                Some(b'\n' | b'\r') => Some(0),
                _ => memchr2(b'\n', b'\r', rest),
            };
            let Some(offset) = found else {
                self.line_is_empty &= rest.is_empty();
                return None;
            };
            let blank = self.line_is_empty && offset == 0;
            let end = at + offset;
            at = end + 1;
            self.line_is_empty = true;
            if piece.get(end) == Some(&b'\r') {
                match piece.get(at) {
                    Some(b'\n') => at += 1,
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
            if blank {
                return Some(at);
            }
        }
        None
    }
}
