//! Characters that nobody sees: of no width, tags, marks of direction, private ones. Serves the check of that kind. Those
//! that scripts and emoji need stay.

use crate::finding::Finding;

/// Appends runs of such characters from `from` on; gives where everything before is decided.
pub(crate) fn scan(text: &str, from: usize, is_end: bool, out: &mut Vec<Finding>) -> usize {
    let Some(rest) = text.get(from..) else { return from };
    // All of them lie outside of ASCII.
    if rest.is_ascii() {
        return text.len();
    }
    let mut open: Option<usize> = None;
    let mut before = text.get(..from).and_then(|t| t.chars().next_back());
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let at = from + at;
        let next = characters.peek().map(|(_, next)| *next);
        if is_joiner(character) && next.is_none() && !is_end {
            return open.unwrap_or(at);
        }
        let is_hidden = is_invisible(character) || (is_joiner(character) && !may_join(before, next));
        match (is_hidden, open) {
            (true, None) => open = Some(at),
            (false, Some(start)) => {
                out.push(found(start, at));
                open = None;
            }
            _ => {}
        }
        before = Some(character);
    }
    match open {
        Some(start) if is_end => out.push(found(start, text.len())),
        Some(start) => return start,
        None => {}
    }
    text.len()
}

const fn found(start: usize, end: usize) -> Finding {
    Finding::sure(start, end, "invisible_text", "characters that nobody sees")
}

/// Joins letters of some scripts and parts of emoji.
const fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// Scripts and emoji in which joiners have a use.
fn may_join(before: Option<char>, next: Option<char>) -> bool {
    let uses = |c: char| matches!(u32::from(c), 0x600..=0x8ff | 0x900..=0xdff | 0x1000..=0x109f | 0x1800..=0x18af | 0x2190..=0x2bff | 0xfe00..=0xfe0f | 0x1f000..=0x1faff);
    before.is_some_and(uses) || next.is_some_and(uses)
}

/// Has it no shape, whatever stands beside it?
pub(crate) const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}'
    )
}
