//! A reader of server-sent events of the tests' own, for whole streams in memory.

use serde_json::Value;

/// Splits a stream behind each blank line; a rest without one is the last piece.
pub(crate) fn frames(bytes: &[u8]) -> Vec<&[u8]> {
    let mut out = Vec::new();
    let (mut start, mut line) = (0, 0);
    let mut at = 0;
    while at < bytes.len() {
        let width = match bytes[at] {
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => 2,
            b'\r' | b'\n' => 1,
            _ => {
                at += 1;
                continue;
            }
        };
        if at == line {
            out.push(&bytes[start..at + width]);
            start = at + width;
        }
        at += width;
        line = at;
    }
    if start < bytes.len() {
        out.push(&bytes[start..]);
    }
    out
}

/// The data of a frame, lines joined.
pub(crate) fn data(frame: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(frame);
    let lines = text.split(['\n', '\r']).filter_map(|line| line.strip_prefix("data:"));
    let lines: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The JSON of every frame that has some.
pub(crate) fn values(bytes: &[u8]) -> Vec<Value> {
    frames(bytes).into_iter().filter_map(|frame| serde_json::from_str(&data(frame)?).ok()).collect()
}

/// The error that a stream ended with, in either format.
pub(crate) fn error(bytes: &[u8]) -> Option<Value> {
    values(bytes).into_iter().find_map(|value| value.get("error").filter(|e| !e.is_null()).cloned())
}
