//! A request that names a provider and a path there in place of a model, and goes on as it is. Plain data.

use crate::format::WireFormat;
use crate::refusal::Refusal;
use bytes::Bytes;

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
}

impl RawLine {
    /// May the request be sent twice? The methods that are idempotent by RFC 9110, section 9.2.2.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        matches!(&*self.method, "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE")
    }
}
