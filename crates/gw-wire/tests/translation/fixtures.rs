//! Finds and opens recorded exchanges.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};

/// One recorded exchange.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// `recorded/openai/name.json`.
    pub(crate) name: String,
    pub(crate) wire_format: String,
    /// The request's body as text, when it is JSON.
    pub(crate) request: Option<String>,
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// The request's path.
    pub(crate) path: String,
}

impl Exchange {
    /// Whether the answer is a stream.
    pub(crate) fn is_stream(&self) -> bool {
        !self.body.trim_ascii_start().starts_with(b"{")
    }
}

#[derive(Deserialize)]
struct File {
    wire_format: String,
    request: Request,
    response: Response,
}

#[derive(Deserialize)]
struct Request {
    path: String,
    body: Box<RawValue>,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
    body_b64: String,
}

/// Every exchange in the formats given, in a stable order; `None`, with a word, when there are none here.
pub(crate) fn exchanges(wire_formats: &[&str]) -> Option<Vec<Exchange>> {
    let root = root()?;
    let mut paths = Vec::new();
    for collection in ["recorded", "edge"] {
        for provider in folder(&root.join(collection)) {
            paths.extend(
                folder(&provider).into_iter().filter(|path| path.extension().is_some_and(|e| e == "json")),
            );
        }
    }
    let mut found = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let file: File =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if !wire_formats.contains(&file.wire_format.as_str()) {
            continue;
        }
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        let body = file.request.body.get();
        found.push(Exchange {
            name,
            // A body that is not JSON stands there as base64.
            request: (body != "null" && !is_base64(body)).then(|| body.to_owned()),
            path: file.request.path,
            status: file.response.status,
            body: decode(&file.response.body_b64),
            wire_format: file.wire_format,
        });
    }
    Some(found)
}

fn root() -> Option<PathBuf> {
    let given = std::env::var_os("GATEWRIGHT_FIXTURES").map(PathBuf::from);
    let root = given
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join("../shared/fixtures"));
    if root.join("recorded").is_dir() {
        return Some(root);
    }
    println!("skipped: no recorded exchanges at {} (set GATEWRIGHT_FIXTURES)", root.display());
    None
}

fn is_base64(body: &str) -> bool {
    body.trim_start_matches(|c: char| c == '{' || c.is_whitespace()).starts_with("\"b64\"")
}

fn folder(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

fn decode(base64: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::new());
    for byte in base64.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|known| *known == byte).unwrap();
        bits = (bits << 6) | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    out
}
