//! Forms (`multipart/form-data`) as objects: fields are texts, files are `{filename, bytes, seconds, hash}`; names
//! that stand several times, or end in `[]`, are lists. It must not share code with the gateway's reader.

use serde_json::{Map, Value, json};

use super::files;
use crate::hash::Hash;

/// Reads a form. `None` when it is none.
pub(crate) fn read(content_type: &str, body: &[u8]) -> Option<Value> {
    let (kind, rest) = content_type.split_once(';')?;
    if kind.trim() != "multipart/form-data" {
        return None;
    }
    let boundary = rest.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?;
    let delimiter = format!("--{}", boundary.trim_matches('"'));
    let mut pieces = split(body, delimiter.as_bytes()).into_iter();
    if !pieces.next()?.is_empty() {
        return None;
    }
    let mut form = Map::new();
    for piece in pieces {
        if piece.starts_with(b"--") {
            return Some(Value::Object(form));
        }
        let (name, value) = field(piece.strip_prefix(b"\r\n")?.strip_suffix(b"\r\n")?)?;
        add(&mut form, &name, value);
    }
    None
}

fn field(piece: &[u8]) -> Option<(String, Value)> {
    let end = find(piece, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&piece[..end]).ok()?;
    let value = &piece[end + 4..];
    let named = |line: &&str| line.to_ascii_lowercase().starts_with("content-disposition:");
    let disposition = head.split("\r\n").find(named)?;
    let parameter = |name: &str| {
        let at = disposition.find(&format!("; {name}=\""))? + name.len() + 4;
        disposition[at..].split('"').next()
    };
    let name = parameter("name")?.to_owned();
    let Some(filename) = parameter("filename") else {
        return Some((name, Value::String(String::from_utf8(value.to_vec()).ok()?)));
    };
    let file = json!({
        "filename": filename, "bytes": value.len(), "seconds": files::seconds(value), "hash": Hash::of(value)
    });
    Some((name, file))
}

fn add(form: &mut Map<String, Value>, name: &str, value: Value) {
    let (name, is_list) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
    match form.get_mut(name) {
        Some(Value::Array(list)) => list.push(value),
        Some(earlier) => *earlier = json!([earlier.take(), value]),
        None => drop(form.insert(name.to_owned(), if is_list { json!([value]) } else { value })),
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn split<'a>(mut bytes: &'a [u8], delimiter: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while let Some(at) = find(bytes, delimiter) {
        pieces.push(&bytes[..at]);
        bytes = &bytes[at + delimiter.len()..];
    }
    pieces.push(bytes);
    pieces
}
