//! What the request path gives back: status, headers and a body that may flow.

use crate::cache::Led;
use crate::keeping::KeptBody;
use crate::respond::large::LargeBody;
use crate::respond::raw::RawBody;
use crate::respond::session::Session;
use crate::respond::stream::StreamBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

/// An HTTP response whose body may still be on its way from the upstream.
pub type Reply = http::Response<ReplyBody>;

/// The body of a [`Reply`]. Dropping it before its end settles the call as a client disconnect.
#[derive(Debug)]
pub enum ReplyBody {
    /// In memory.
    Whole(Option<Bytes>),
    /// A stream of events.
    Stream(Box<StreamBody>),
    /// A whole answer that is too large to be held back.
    Large(Box<LargeBody>),
    /// An answer that goes on byte for byte.
    Raw(Box<RawBody>),
    /// The body of a call whose answer others get too.
    Led(Box<Led>),
    /// Any of these, with somebody who keeps what goes to the caller.
    Kept(Box<KeptBody>),
    /// The control plane's, made while it is sent.
    Other(OtherBody),
    /// No body: once the head is written, the connection itself is given to this.
    Session(Box<Session>),
}

/// A body that another part of the process makes, a piece at a time.
pub struct OtherBody(Pin<Box<dyn Body<Data = Bytes, Error = Incomplete>>>);

impl OtherBody {
    /// Takes it as it is: it must have a bound of its own on what it holds in memory.
    pub fn new(body: impl Body<Data = Bytes, Error = Incomplete> + 'static) -> Self {
        Self(Box::pin(body))
    }
}

impl std::fmt::Debug for OtherBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OtherBody").finish_non_exhaustive()
    }
}

impl ReplyBody {
    /// A body in memory.
    #[must_use]
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::Whole(if bytes.is_empty() { None } else { Some(bytes) })
    }
}

/// The body could not be completed; the connection must be closed so that the caller does not take it
/// for whole.
#[derive(Debug)]
pub struct Incomplete;

impl std::fmt::Display for Incomplete {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the upstream's answer broke off")
    }
}

impl std::error::Error for Incomplete {}

/// Most bytes of a body in memory that the listener is given at once: it copies what it writes, and keeps the
/// room for as much for as long as the connection lives.
const MAX_PIECE: usize = 65_536;

/// The next piece of a body in memory; what is left when nothing is `None`.
fn next_piece(body: &mut Option<Bytes>) -> Option<Bytes> {
    let bytes = body.as_mut().filter(|bytes| bytes.len() > MAX_PIECE);
    match bytes {
        Some(bytes) => Some(bytes.split_to(MAX_PIECE)),
        None => body.take(),
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Incomplete;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Incomplete>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(next_piece(bytes).map(|b| Ok(Frame::data(b)))),
            Self::Stream(stream) => stream.poll(cx).map(|piece| piece.map(|b| Ok(Frame::data(b)))),
            Self::Large(large) => large.poll(cx).map(|piece| piece.map(|r| r.map(Frame::data))),
            Self::Raw(raw) => raw.poll(cx).map(|piece| piece.map(|r| r.map(Frame::data))),
            Self::Led(led) => {
                let polled = led.body().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(cx));
                if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
                    led.finish();
                }
                polled
            }
            Self::Kept(kept) => {
                let polled = Pin::new(&mut kept.body).poll_frame(cx);
                if let Poll::Ready(Some(Ok(frame))) = &polled
                    && let Some(piece) = frame.data_ref()
                {
                    kept.hear(piece);
                }
                polled
            }
            Self::Other(other) => other.0.as_mut().poll_frame(cx),
            Self::Session(_) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Kept(kept) => kept.body.is_end_stream(),
            other => matches!(other, Self::Whole(None) | Self::Session(_)),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64)),
            Self::Stream(_) | Self::Large(_) | Self::Raw(_) | Self::Led(_) | Self::Other(_) => {
                SizeHint::default()
            }
            Self::Kept(kept) => kept.body.size_hint(),
            Self::Session(_) => SizeHint::with_exact(0),
        }
    }
}
