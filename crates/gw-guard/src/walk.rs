//! Walks: a matcher is started at one place of a text and says whether something begins there, does not, or may with
//! more text. What is found is the same however a text is cut. Serves patterns, terms and placeholders. It must not
//! look at text that has not come.

use crate::finding::Finding;

/// What a walk from one place came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walk {
    /// Nothing begins here, whatever follows.
    Clear,
    /// Something begins here and ends there; that is final.
    Match(usize),
    /// More text decides.
    Pending,
}

/// A matcher that can be started anywhere.
pub(crate) trait Walker {
    /// What lets it walk; kept between walks.
    type Room;

    /// The next place from `from` on where something may begin: `text.len()` for none. A quick look, which may give
    /// places where nothing does.
    fn candidate(&self, room: &mut Self::Room, text: &[u8], from: usize, is_end: bool) -> usize;

    /// Starts at a place.
    fn walk(&self, room: &mut Self::Room, text: &[u8], at: usize, is_end: bool) -> Walk;

    /// What a match there is, if it counts.
    fn finding(&self, text: &[u8], start: usize, end: usize) -> Option<Finding>;
}

/// Finds what begins from `from` on; gives where everything before is decided.
pub(crate) fn scan<W: Walker>(
    walker: &W,
    room: &mut W::Room,
    text: &[u8],
    from: usize,
    is_end: bool,
    out: &mut Vec<Finding>,
) -> usize {
    let mut at = from;
    while at < text.len() {
        at = walker.candidate(room, text, at, is_end);
        if at >= text.len() {
            break;
        }
        match walker.walk(room, text, at, is_end) {
            Walk::Pending => return at,
            Walk::Match(end) if end > at => match walker.finding(text, at, end) {
                Some(finding) => {
                    out.push(finding);
                    at = end;
                }
                None => at = next_character(text, at),
            },
            Walk::Clear | Walk::Match(_) => at = next_character(text, at),
        }
    }
    text.len()
}

/// The place behind the character at a place.
fn next_character(text: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80) {
        at += 1;
    }
    at.min(text.len())
}
