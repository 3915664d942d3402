//! What can go wrong between a request and its answer. Texts are for logs; they never hold header values.

use std::error::Error;
use std::fmt;
use std::io;

pub(crate) type Source = Box<dyn Error + Send + Sync>;

/// The operation of a send that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendErrorKind {
    /// The request cannot be put on the wire (path with blanks or control characters).
    InvalidRequest,
    /// As many connections as allowed are open, and none of them is idle.
    TooManyConnections,
    /// The host name has no address.
    Resolve,
    /// The host's address is link-local, a metadata service or the like, and not allowed by name.
    ForbiddenAddress,
    /// TCP could not connect.
    Connect,
    /// Connecting took too long.
    ConnectTimeout,
    /// The proxy refused, or did not speak HTTP.
    Proxy,
    /// TLS failed.
    Tls,
    /// The head of the answer did not come in time.
    FirstByteTimeout,
    /// The connection broke before the first byte of an answer.
    Broken,
    /// The connection broke within the head of the answer.
    HeadCut,
    /// The answer is not valid HTTP.
    Protocol(ProtocolError),
}

/// A send that brought no answer.
#[derive(Debug)]
pub struct SendError {
    kind: SendErrorKind,
    request_sent: bool,
    source: Option<Source>,
}

impl SendError {
    pub(crate) const fn new(kind: SendErrorKind) -> Self {
        Self { kind, request_sent: false, source: None }
    }

    pub(crate) fn with(kind: SendErrorKind, source: impl Into<Source>) -> Self {
        Self { kind, request_sent: false, source: Some(source.into()) }
    }

    pub(crate) const fn sent(mut self, request_sent: bool) -> Self {
        self.request_sent = request_sent;
        self
    }

    /// What failed.
    #[must_use]
    pub const fn kind(&self) -> SendErrorKind {
        self.kind
    }

    /// Bytes of the request had been handed to the system: the provider may have acted on it, and billed it.
    #[must_use]
    pub const fn request_was_sent(&self) -> bool {
        self.request_sent
    }

    /// A time limit ran out.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self.kind, SendErrorKind::ConnectTimeout | SendErrorKind::FirstByteTimeout)
    }

    /// The connection could not be made, or broke before the first byte of an answer.
    #[must_use]
    pub const fn is_connect(&self) -> bool {
        use SendErrorKind as K;
        matches!(self.kind, K::Resolve | K::Connect | K::ConnectTimeout | K::Proxy | K::Tls | K::Broken)
    }

    /// The request never had a chance: it, or where it was to go, is not allowed.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self.kind, SendErrorKind::InvalidRequest | SendErrorKind::ForbiddenAddress)
    }

    /// Another try at the same destination may well succeed.
    #[must_use]
    pub const fn retryable_same_target(&self) -> bool {
        use SendErrorKind as K;
        match self.kind {
            K::Resolve
            | K::Connect
            | K::ConnectTimeout
            | K::Proxy
            | K::FirstByteTimeout
            | K::Broken
            | K::HeadCut => true,
            K::InvalidRequest | K::TooManyConnections | K::ForbiddenAddress | K::Tls | K::Protocol(_) => {
                false
            }
        }
    }
}

impl From<ProtocolError> for SendError {
    fn from(e: ProtocolError) -> Self {
        Self::new(SendErrorKind::Protocol(e)).sent(true)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use SendErrorKind as K;
        f.write_str(match self.kind {
            K::InvalidRequest => "the request cannot be written as HTTP",
            K::TooManyConnections => "too many open connections",
            K::Resolve => "the host name could not be resolved",
            K::ForbiddenAddress => "the host's address is not allowed",
            K::Connect => "could not connect",
            K::ConnectTimeout => "connecting took too long",
            K::Proxy => "the proxy did not open a connection",
            K::Tls => "TLS failed",
            K::FirstByteTimeout => "no answer in time",
            K::Broken => "the connection broke before an answer",
            K::HeadCut => "the connection broke within the answer's head",
            K::Protocol(e) => return write!(f, "invalid answer: {e}"),
        })
    }
}

impl Error for SendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|s| -> &(dyn Error + 'static) { s.as_ref() })
    }
}

/// How an answer breaks the rules of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// The head is malformed (a folded header line among others).
    Head,
    /// The head is larger than [`crate::MAX_HEAD_BYTES`] or has more than [`crate::MAX_HEADERS`] lines.
    HeadTooLarge,
    /// 101, too many interim answers, or an interim answer that makes no sense.
    Interim,
    /// `content-length` and `transfer-encoding` together.
    ConflictingLengths,
    /// A `content-length` that is no number, or several that differ.
    ContentLength,
    /// A transfer coding other than `chunked`, or one in HTTP/1.0.
    TransferEncoding,
    /// A malformed chunk.
    Chunk,
    /// HTTP/2 broke its rules.
    Http2,
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head => "malformed head",
            Self::HeadTooLarge => "head too large",
            Self::Interim => "unexpected interim answer",
            Self::ConflictingLengths => "both content-length and transfer-encoding",
            Self::ContentLength => "bad content-length",
            Self::TransferEncoding => "unsupported transfer-encoding",
            Self::Chunk => "malformed chunk",
            Self::Http2 => "HTTP/2 protocol error",
        })
    }
}

impl Error for ProtocolError {}

/// A body that did not come to its end.
#[derive(Debug)]
pub enum BodyError {
    /// Nothing came for the idle time.
    IdleTimeout,
    /// The connection ended, or the stream was reset, before the body did.
    Cut(Option<io::Error>),
    /// The body's framing is invalid.
    Protocol(ProtocolError),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IdleTimeout => f.write_str("the answer stalled"),
            Self::Cut(_) => f.write_str("the answer was cut off"),
            Self::Protocol(e) => write!(f, "invalid answer: {e}"),
        }
    }
}

impl Error for BodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Cut(Some(e)) => Some(e),
            Self::Protocol(e) => Some(e),
            Self::IdleTimeout | Self::Cut(None) => None,
        }
    }
}
