//! `{ api_key: ${KEY} }` is not YAML: in a flow mapping a plain text can not hold braces. So the characters
//! of each `${...}` are exchanged, one for one, for private ones before parsing, and back afterwards in
//! the parsed texts. Places stay right, and what a variable holds never meets the YAML parser.

use std::borrow::Cow;

/// Private-use plane: `MASK + c` stands for the ASCII character `c`.
const MASK: u32 = 0xF_0000;

/// True for characters that stand for others; a file that holds one is refused.
pub(super) const fn is_mask(c: char) -> bool {
    (c as u32) >= MASK && (c as u32) < MASK + 0x80
}

/// Masks each `${...}` that is closed on its line. Quotes and backslashes stay, since YAML gives them
/// their meaning.
pub(super) fn mask(text: &str) -> Cow<'_, str> {
    if !text.contains('$') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 256);
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let dollars = rest.len() - rest.trim_start_matches('$').len();
        let (run, after) = rest.split_at(dollars);
        let closed = after.starts_with('{').then(|| reference_end(after)).flatten();
        // What only looks like a reference, as its dollar is escaped, does not reach beyond a quoted text.
        let may_be_escaped = dollars > 1;
        let closed = closed.filter(|end| !(may_be_escaped && after[..*end].contains('"')));
        match closed {
            Some(end) => {
                out.extend(run.chars().chain(after[..=end].chars()).map(hide));
                rest = &after[end + 1..];
            }
            None => {
                out.push_str(run);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Where the `}` stands that closes the reference, when it does on this line.
fn reference_end(text: &str) -> Option<usize> {
    text.find(['}', '\n', '\r']).filter(|at| text.as_bytes()[*at] == b'}')
}

/// Undoes [`mask`] in a parsed text.
pub(super) fn unmask(text: &str) -> String {
    text.chars().map(|c| if is_mask(c) { char::from((c as u32 - MASK) as u8) } else { c }).collect()
}

/// Letters stay as well: a backslash before them makes an escape (`\u2028`), and they mean nothing to YAML by themselves.
fn hide(c: char) -> char {
    match c {
        '"' | '\'' | '\\' | '_' | '/' => c,
        c if c.is_ascii_alphanumeric() => c,
        ' '..='~' => char::from_u32(MASK + c as u32).unwrap_or(c),
        _ => c,
    }
}
