//! The words of channels. Names in them are whatever somebody typed: each way has characters that must not come through.

pub mod mail;
pub mod slack;
pub mod webhook;

/// Longest name or sentence that is told.
const MAX_TEXT: usize = 500;

/// A text on one line: nothing that ends a line, moves the cursor or turns the direction of writing.
#[must_use]
pub fn plain(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut out = String::new();
    for c in text.chars() {
        if out.len() >= MAX_TEXT {
            out.push('…');
            break;
        }
        out.push(if is_hidden(c) { ' ' } else { c });
    }
    out
}

/// `[critical] firing: rule`.
pub(crate) fn title(notice: &crate::Notice) -> String {
    let kind = notice.kind.as_str();
    format!("[{}] {}: {}", plain(&notice.severity), kind, plain(&notice.rule))
}

#[cfg(test)]
mod tests;
