//! A request that names a provider and a path there in place of a model, and goes on as it is. Plain data.

use crate::format::WireFormat;
use crate::refusal::Refusal;
use bytes::Bytes;
use std::fmt::Write as _;

/// The head of such a request. The body stands in [`crate::Call::body`].
#[derive(Clone, Debug, Default)]
pub struct RawLine {
    /// Configured name of the provider.
    pub provider: String,
    /// The method, as `GET`.
    pub method: String,
    /// The path below the provider's base URL, percent-encoded as sent, with its leading slash.
    pub path: String,
    /// The query without its question mark and without the caller's credential; empty when there is none.
    pub query: String,
    /// Headers that go along: lower-case name, value.
    pub headers: Vec<(String, Bytes)>,
    /// What the path asks for, when it is known: only then can the call be priced before it is made.
    pub format: Option<WireFormat>,
    /// Why a body in [`Self::format`] could not be read.
    pub unread: Option<Refusal>,
    /// What it asks of the provider's files or batches, when that is what it is about.
    pub object: Option<ObjectAsk>,
}

/// What a call asks of things that outlive it. Ids are the provider's, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectAsk {
    /// Store a file.
    CreateFile,
    /// The caller's files.
    ListFiles,
    /// What is known of a file.
    File(String),
    /// A file's content.
    FileContent(String),
    /// Forget a file.
    DeleteFile(String),
    /// Begin a batch.
    CreateBatch,
    /// The caller's batches.
    ListBatches,
    /// How a batch stands.
    Batch(String),
    /// End a batch early.
    CancelBatch(String),
}

impl ObjectAsk {
    /// What `method` asks of `path`, whose first segment is `files` or `batches`. `Err` holds the methods that the
    /// path takes; `None` when it is no such path.
    #[must_use]
    pub fn of(method: &str, path: &str) -> Option<Result<Self, &'static str>> {
        let mut segments = path.trim_end_matches('/').split('/');
        let (first, id, last) = (segments.next()?, segments.next(), segments.next());
        if segments.next().is_some() || id == Some("") {
            return None;
        }
        let id = id.map(str::to_owned);
        Some(match (first, id, last, method) {
            ("files", None, _, "POST") => Ok(Self::CreateFile),
            ("files", None, _, "GET") => Ok(Self::ListFiles),
            ("files", Some(id), None, "GET") => Ok(Self::File(id)),
            ("files", Some(id), None, "DELETE") => Ok(Self::DeleteFile(id)),
            ("files", Some(id), Some("content"), "GET") => Ok(Self::FileContent(id)),
            ("batches", None, _, "POST") => Ok(Self::CreateBatch),
            ("batches", None, _, "GET") => Ok(Self::ListBatches),
            ("batches", Some(id), None, "GET") => Ok(Self::Batch(id)),
            ("batches", Some(id), Some("cancel"), "POST") => Ok(Self::CancelBatch(id)),
            ("files" | "batches", None, _, _) => Err("GET, POST"),
            ("files", Some(_), None, _) => Err("GET, DELETE"),
            ("files", Some(_), Some("content"), _) | ("batches", Some(_), None, _) => Err("GET"),
            ("batches", Some(_), Some("cancel"), _) => Err("POST"),
            _ => return None,
        })
    }

    /// The path below `/v1`, with ids percent-encoded where they must be.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::CreateFile | Self::ListFiles => "/files".to_owned(),
            Self::File(id) | Self::DeleteFile(id) => format!("/files/{}", encoded(id)),
            Self::FileContent(id) => format!("/files/{}/content", encoded(id)),
            Self::CreateBatch | Self::ListBatches => "/batches".to_owned(),
            Self::Batch(id) => format!("/batches/{}", encoded(id)),
            Self::CancelBatch(id) => format!("/batches/{}/cancel", encoded(id)),
        }
    }

    /// The id that is named.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::CreateFile | Self::ListFiles | Self::CreateBatch | Self::ListBatches => None,
            Self::File(id)
            | Self::FileContent(id)
            | Self::DeleteFile(id)
            | Self::Batch(id)
            | Self::CancelBatch(id) => Some(id),
        }
    }

    /// It is about a file, not about a batch.
    #[must_use]
    pub const fn is_about_file(&self) -> bool {
        matches!(
            self,
            Self::CreateFile | Self::ListFiles | Self::File(_) | Self::FileContent(_) | Self::DeleteFile(_)
        )
    }

    /// It asks for a list.
    #[must_use]
    pub const fn is_list(&self) -> bool {
        matches!(self, Self::ListFiles | Self::ListBatches)
    }
}

/// An id as a path segment: everything but unreserved characters is percent-encoded.
fn encoded(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

impl RawLine {
    /// The value of a header that goes along; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&Bytes> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// May the request be sent twice? The methods that are idempotent by RFC 9110, section 9.2.2.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        matches!(&*self.method, "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE")
    }
}

#[cfg(test)]
mod tests;
