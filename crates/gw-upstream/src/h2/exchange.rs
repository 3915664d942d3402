//! One request and the head of its answer on a shared connection.

use super::StreamSlot;
use super::stream::Body;
use crate::codec::{is_own_header, is_valid_path, states_length};
use crate::config::{MAX_INTERIM, PhaseTimeouts, limit};
use crate::deadline::Deadline;
use crate::destination::Inner;
use crate::error::{ProtocolError, SendError, SendErrorKind};
use crate::message::UpstreamRequest;
use ::h2::Reason;
use ::h2::client::ResponseFuture;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue, TE};
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderMap, Request, StatusCode, Uri, Version};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

/// An answer whose head is read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Box<Body>,
}

/// Why there is no answer.
pub(crate) struct Failure {
    pub(crate) error: SendError,
    /// The peer cannot have acted on the request, or the connection was dead before: a fresh one may be tried.
    pub(crate) stale: bool,
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        Self { error, stale: false }
    }
}

/// Runs one request. The first-byte limit runs from handing the request over, its upload included.
pub(crate) async fn exchange(
    slot: StreamSlot,
    to: &Inner,
    req: &UpstreamRequest,
    timeouts: PhaseTimeouts,
) -> Result<Answer, Failure> {
    let mut deadline = Deadline::default();
    deadline.set(limit(timeouts.first_byte_ms));
    let request = build(to, req).ok_or_else(|| SendError::new(SendErrorKind::InvalidRequest))?;
    let mut sender = slot.conn.sender.clone();
    let ready = poll_fn(|cx| within(&mut deadline, cx, |cx| sender.poll_ready(cx))).await;
    match ready {
        Some(Ok(())) => {}
        Some(Err(e)) => return Err(failure(&slot, e, false)),
        None => return Err(too_late(&slot).into()),
    }
    let last = req.body.iter().rposition(|piece| !piece.is_empty());
    let (mut response, mut stream) =
        sender.send_request(request, last.is_none()).map_err(|e| failure(&slot, e, false))?;
    drop(sender);
    for (at, piece) in req.body.iter().enumerate() {
        // Pieces are queued as they are and go out as the peer's window allows; they are not copied.
        if !piece.is_empty()
            && let Err(e) = stream.send_data(piece.clone(), Some(at) == last)
        {
            // An early answer may have ended the stream; if not, waiting for it tells the error.
            if e.is_io() {
                return Err(failure(&slot, e, true));
            }
            break;
        }
    }
    let head = poll_fn(|cx| within(&mut deadline, cx, |cx| poll_head(&mut response, cx))).await;
    match head {
        None => Err(too_late(&slot).into()),
        Some(Err(e)) => Err(failure(&slot, e, true)),
        Some(Ok(response)) => {
            let (parts, recv) = response.into_parts();
            if parts.status.is_informational() {
                return Err(SendError::from(ProtocolError::Interim).into());
            }
            deadline.clear();
            let body = Box::new(Body::new(recv, slot, deadline, limit(timeouts.idle_ms)));
            Ok(Answer { status: parts.status, headers: parts.headers, body })
        }
    }
}

/// Skips interim answers, of which the connection keeps a bounded number.
fn poll_head(
    response: &mut ResponseFuture,
    cx: &mut Context<'_>,
) -> Poll<Result<http::Response<::h2::RecvStream>, ::h2::Error>> {
    for _ in 0..MAX_INTERIM {
        if !matches!(response.poll_informational(cx), Poll::Ready(Some(Ok(_)))) {
            break;
        }
    }
    Pin::new(response).poll(cx)
}

/// `None` when the limit has passed first.
fn within<T>(
    deadline: &mut Deadline,
    cx: &mut Context<'_>,
    poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
) -> Poll<Option<T>> {
    match poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => deadline.poll(cx).map(|()| None),
    }
}

/// A silent connection may be dead: it takes no more streams.
fn too_late(slot: &StreamSlot) -> SendError {
    slot.conn.retire();
    SendError::new(SendErrorKind::FirstByteTimeout).sent(true)
}

fn failure(slot: &StreamSlot, error: ::h2::Error, sent: bool) -> Failure {
    let refused = error.is_go_away() && error.is_remote() || error.reason() == Some(Reason::REFUSED_STREAM);
    let gone = refused || error.is_io() || !sent;
    if error.is_go_away() || error.is_io() || !sent {
        slot.conn.retire();
    }
    let kind = if gone || (error.is_reset() && error.is_remote()) {
        SendErrorKind::Broken
    } else {
        SendErrorKind::Protocol(ProtocolError::Http2)
    };
    Failure { error: SendError::with(kind, error).sent(sent), stale: gone }
}

fn build(to: &Inner, req: &UpstreamRequest) -> Option<Request<()>> {
    if !is_valid_path(&req.path_and_query) {
        return None;
    }
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(if to.tls.is_some() { Scheme::HTTPS } else { Scheme::HTTP });
    parts.authority = Some(to.uri_authority.clone());
    parts.path_and_query = Some(PathAndQuery::try_from(req.path_and_query.as_str()).ok()?);
    let mut request = Request::new(());
    *request.method_mut() = req.method.clone();
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = Uri::from_parts(parts).ok()?;
    let headers = request.headers_mut();
    headers.reserve(req.headers.len() + 1);
    // That trailers are wanted may be said here too; gRPC does.
    let wants_trailers = |name: &HeaderName, value: &HeaderValue| *name == TE && value == "trailers";
    let sent = |name: &HeaderName, value: &HeaderValue| !is_own_header(name) || wants_trailers(name, value);
    for (name, value) in req.headers.iter().filter(|(name, value)| sent(name, value)) {
        headers.append(name.clone(), value.clone());
    }
    let length = req.body_len();
    if states_length(&req.method, length) {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    Some(request)
}
