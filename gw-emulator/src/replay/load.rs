//! Reads one recorded exchange from its JSON file: `{origin, provider, wire_format, request: {method,
//! path, query, headers, body}, response: {status, headers, body_b64}, tags}`. It must not interpret
//! the bodies.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Map, Value};

/// Headers that belong to one connection; a player sets its own.
const HOP_HEADERS: &[&str] =
    &["connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"];

/// One recorded request and its response.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Exchange {
    /// Name: the file's name without its ending.
    pub name: String,
    /// Provider that answered.
    pub provider: String,
    /// Wire format of both bodies, such as `chat` or `messages`.
    pub wire_format: String,
    /// What the recording is about, such as `stream` or `tool_call`.
    pub tags: Vec<String>,
    /// Whether the response's bytes are the provider's own or were written again from parsed data.
    pub is_verbatim: bool,
    /// Method of the request.
    pub method: Method,
    /// Path of the request, percent-encoded as sent.
    pub path: String,
    /// Query of the request without `?`, credentials removed.
    pub query: String,
    /// Headers of the request.
    pub request_headers: HeaderMap,
    /// Body of the request as JSON; null when there is none.
    pub request_body: Value,
    /// Status of the response.
    pub status: StatusCode,
    /// Headers of the response without those of the connection.
    pub headers: HeaderMap,
    /// Body of the response, exact bytes.
    pub body: Bytes,
}

/// Why an exchange cannot be loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplayError {
    /// The file cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is not JSON.
    Json {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// A member is missing or wrong.
    Member {
        /// The file.
        path: PathBuf,
        /// The member, as a path such as `response.status`.
        member: &'static str,
    },
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => write!(f, "{}: cannot be read: {source}", path.display()),
            Self::Json { path, source } => write!(f, "{}: is not JSON: {source}", path.display()),
            Self::Member { path, member } => write!(f, "{}: `{member}` is missing or wrong", path.display()),
        }
    }
}

impl std::error::Error for ReplayError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { source, .. } => Some(source),
            Self::Json { source, .. } => Some(source),
            Self::Member { .. } => None,
        }
    }
}

impl Exchange {
    /// Reads an exchange from a file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ReplayError> {
        let path = path.as_ref();
        let read = |source| ReplayError::Read { path: path.to_owned(), source };
        Self::parse(path, &std::fs::read(path).map_err(read)?)
    }

    /// Whether the response is a stream of server-sent events.
    pub fn is_stream(&self) -> bool {
        let content_type = self.headers.get(http::header::CONTENT_TYPE);
        let stream_types = [&b"text/event-stream"[..], b"application/vnd.amazon.eventstream"];
        content_type
            .is_some_and(|value| stream_types.iter().any(|stream| value.as_bytes().starts_with(stream)))
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, ReplayError> {
        let json = |source| ReplayError::Json { path: path.to_owned(), source };
        let file: Value = serde_json::from_slice(bytes).map_err(json)?;
        let wrong = |member| ReplayError::Member { path: path.to_owned(), member };
        let text = |pointer: &'static str, member: &'static str| {
            file.pointer(pointer).and_then(Value::as_str).ok_or_else(|| wrong(member))
        };
        let status = file.pointer("/response/status").and_then(Value::as_u64);
        let status = status.and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
        let body = STANDARD.decode(text("/response/body_b64", "response.body_b64")?);
        let response_body = file.pointer("/origin/response_body").and_then(Value::as_str);
        Ok(Self {
            name: path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            provider: text("/provider", "provider")?.to_owned(),
            wire_format: text("/wire_format", "wire_format")?.to_owned(),
            tags: file.get("tags").and_then(Value::as_array).map_or_else(Vec::new, |tags| strings(tags)),
            is_verbatim: matches!(response_body, Some("recorded" | "file_bytes")),
            method: text("/request/method", "request.method")?
                .parse()
                .map_err(|_| wrong("request.method"))?,
            path: text("/request/path", "request.path")?.to_owned(),
            query: text("/request/query", "request.query").unwrap_or("").to_owned(),
            request_headers: headers(file.pointer("/request/headers"))
                .ok_or_else(|| wrong("request.headers"))?,
            request_body: file.pointer("/request/body").cloned().unwrap_or(Value::Null),
            status: status.ok_or_else(|| wrong("response.status"))?,
            headers: headers(file.pointer("/response/headers")).ok_or_else(|| wrong("response.headers"))?,
            body: body.map_err(|_| wrong("response.body_b64"))?.into(),
        })
    }
}

fn strings(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Headers of an object of texts or lists of texts; those of the connection are left out.
fn headers(value: Option<&Value>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    let empty = Map::new();
    let object = match value {
        None | Some(Value::Null) => &empty,
        Some(value) => value.as_object()?,
    };
    for (name, value) in object {
        if HOP_HEADERS.contains(&name.as_str()) {
            continue;
        }
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let values = match value {
            Value::String(one) => vec![one.clone()],
            Value::Array(several) => strings(several),
            _ => return None,
        };
        for value in values {
            headers.append(name.clone(), HeaderValue::from_str(&value).ok()?);
        }
    }
    Some(headers)
}
