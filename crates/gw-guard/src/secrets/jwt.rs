//! Signed tokens: three parts of base64url, the first of which is a JSON object. Serves the search for credentials.

const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Where a token that begins at `start` ends.
pub(super) fn end(text: &[u8], start: usize, most: usize) -> Option<usize> {
    let mut at = start;
    for part in 0..3 {
        let length = text.get(at..most)?.iter().take_while(|b| is_part(**b)).count();
        if length < if part == 2 { 0 } else { 8 } {
            return None;
        }
        at += length;
        if part < 2 {
            text.get(at).filter(|b| **b == b'.' && at < most)?;
            at += 1;
        }
    }
    Some(at)
}
