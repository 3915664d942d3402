//! Multipart forms (RFC 7578), read simply: the whole body is in memory. It must not know any field.

use bytes::Bytes;

/// A part of a form.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    pub(super) content: Bytes,
}

/// The parts of a body of that content type; `None` when it is no form.
pub(super) fn read(content_type: &str, body: &Bytes) -> Option<Vec<Part>> {
    let boundary = parameter(content_type, "boundary")?;
    let mark = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut at = find(body, mark.as_bytes(), 0)? + mark.len();
    while body.get(at..at + 2) != Some(b"--") {
        let start = find(body, b"\r\n", at)? + 2;
        let head_end = find(body, b"\r\n\r\n", start.saturating_sub(2))?;
        let end = find(body, format!("\r\n{mark}").as_bytes(), head_end + 2)?;
        let head = String::from_utf8_lossy(body.get(start..head_end).unwrap_or_default()).into_owned();
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
        let content = body.slice((head_end + 4).min(end)..end);
        parts.push(Part { name: parameter(line, "name")?, file_name: parameter(line, "filename"), content });
        at = end + 2 + mark.len();
    }
    Some(parts)
}

fn parameter(line: &str, name: &str) -> Option<String> {
    line.split(';').skip(1).find_map(|pair| {
        let (found, value) = pair.split_once('=')?;
        found.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn find(body: &[u8], what: &[u8], from: usize) -> Option<usize> {
    let rest = body.get(from..)?;
    rest.windows(what.len()).position(|window| window == what).map(|at| at + from)
}
