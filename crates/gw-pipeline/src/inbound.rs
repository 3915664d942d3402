//! What ingress hands to the first stage: the caller's credential, context and a body yet to be read.

use crate::errand::Errand;
use crate::signed::SignedHead;
use bytes::Bytes;
use gw_model::caching::CacheWish;
use gw_model::trace::{Brought, TraceId};
use gw_model::{RawLine, Refusal, WireFormat};
use std::net::IpAddr;
use std::sync::Arc;

/// A request body that can be read once, within a limit.
pub trait BodySource {
    /// Reads the body to its end. Errors: 413 `request_too_large` past `max_bytes`, 408
    /// `request_timeout` when the client is too slow, 400 when it breaks off.
    fn read(self, max_bytes: usize) -> impl Future<Output = Result<Bytes, Refusal>>;
}

/// A body that is already in memory.
impl BodySource for Bytes {
    async fn read(self, max_bytes: usize) -> Result<Bytes, Refusal> {
        if self.len() > max_bytes { Err(crate::receive::too_large(max_bytes)) } else { Ok(self) }
    }
}

/// What a path says besides the wire format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathFacts {
    /// The model, where the path names it; it takes the place of the body's.
    pub model: Option<String>,
    /// The path asks for a stream, in formats whose bodies do not.
    pub stream: bool,
    /// The stream is to be a JSON array (Gemini without `alt=sse`).
    pub json_array: bool,
}

/// What the caller says about itself in `x-gatewright-*` headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerContext {
    /// `x-gatewright-customer`.
    pub customer: Option<String>,
    /// `user-agent`.
    pub user_agent: Option<String>,
    /// `origin`: the web page whose script calls, where a browser says so.
    pub origin: Option<String>,
    /// `x-gatewright-session`: requests that belong together.
    pub session: Option<String>,
    /// `x-gatewright-tags`: names between commas, as sent.
    pub tags: Option<String>,
    /// `x-gatewright-metadata`: a JSON object, as sent.
    pub metadata: Option<String>,
    /// `x-gatewright-guardrails`: names between commas, as sent.
    pub guardrails: Option<String>,
    /// `x-gatewright-priority`: a priority's name, as sent.
    pub priority: Option<String>,
    /// `x-gatewright-timeout-ms`: a number, as sent.
    pub timeout_ms: Option<String>,
    /// What the headers want of the cache.
    pub cache: Option<Box<CacheWish>>,
    /// The trace that the caller says its call belongs to.
    pub trace_id: Option<TraceId>,
    /// The trace that the call belongs to, where calls are traced.
    pub trace: Option<Box<Brought>>,
    /// It is the gateway's own call, whose texts were screened with the call that it serves.
    pub is_own: bool,
    /// Headers for conditions, lower-case names; none unless a condition in force reads headers.
    pub headers: Vec<(String, String)>,
}

/// One request before any stage has seen it.
#[derive(Debug)]
pub struct Inbound<B> {
    /// The wire format, by path.
    pub format: WireFormat,
    /// Address of the client; `None` for calls of the gateway's own.
    pub from: Option<IpAddr>,
    /// The first credential present in the contract's order.
    pub credential: Option<String>,
    /// The request's head, when it is signed and shows no credential.
    pub signed: Option<Box<SignedHead>>,
    /// What the path says besides the format.
    pub path: PathFacts,
    /// Context headers.
    pub context: CallerContext,
    /// Headers that may go upstream.
    pub forward_headers: Vec<(&'static str, Bytes)>,
    /// The request's head, when it goes to a path of a provider as it is.
    pub raw: Option<Box<RawLine>>,
    /// It is done in somebody's name by the gateway itself, which says with which key.
    pub errand: Option<Arc<Errand>>,
    /// The body.
    pub body: B,
}
