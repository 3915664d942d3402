//! The body of an answer, whatever the protocol: pieces as large as one read brings, and cancellation by drop.

use crate::error::BodyError;
use crate::h1::{self, Step};
use crate::h2;
use crate::shared::InFlight;
use crate::socket::UpstreamSocket;
use bytes::Bytes;
use http::HeaderMap;
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};

enum Source {
    /// Complete, or failed.
    Over,
    Http1(Box<h1::Body>),
    Http2(Box<h2::Body>),
    /// The connection speaks another protocol now.
    Upgraded(Box<h1::Conn>),
    /// Somebody else in the process reads the connection.
    Relayed(Box<dyn Pieces>),
}

/// An answer that is read elsewhere in the process, and handed on piece by piece.
pub trait Pieces {
    /// As [`UpstreamBody::poll_data`]. It is not asked again after its end.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>>;
}

/// A streamed body. Dropping it before the end cancels the request at once.
pub struct UpstreamBody {
    /// What came with the head; handed over first.
    first: Bytes,
    source: Source,
    /// `None` once the source is over.
    flight: Option<InFlight>,
    /// What came behind the body.
    trailers: Option<Box<HeaderMap>>,
}

impl UpstreamBody {
    pub(crate) fn http1(first: Bytes, body: Option<Box<h1::Body>>, flight: InFlight) -> Self {
        match body {
            Some(body) => Self { first, source: Source::Http1(body), flight: Some(flight), trailers: None },
            None => Self { first, source: Source::Over, flight: None, trailers: None },
        }
    }

    pub(crate) fn upgraded(first: Bytes, conn: Box<h1::Conn>, flight: InFlight) -> Self {
        Self { first, source: Source::Upgraded(conn), flight: Some(flight), trailers: None }
    }

    /// The connection, when the answer was that it has changed its protocol; such an answer has no body.
    #[must_use]
    pub fn into_socket(self) -> Option<UpstreamSocket> {
        match (self.source, self.flight) {
            (Source::Upgraded(conn), Some(flight)) => Some(UpstreamSocket::new(conn, self.first, flight)),
            _ => None,
        }
    }

    /// A body that is there already.
    #[must_use]
    pub const fn whole(bytes: Bytes) -> Self {
        Self { first: bytes, source: Source::Over, flight: None, trailers: None }
    }

    /// A body that is read elsewhere.
    #[must_use]
    pub fn relayed(pieces: Box<dyn Pieces>) -> Self {
        Self { first: Bytes::new(), source: Source::Relayed(pieces), flight: None, trailers: None }
    }

    pub(crate) fn http2(body: Box<h2::Body>, flight: InFlight) -> Self {
        Self { first: Bytes::new(), source: Source::Http2(body), flight: Some(flight), trailers: None }
    }

    /// The next piece: everything that is ready, up to [`crate::PIECE_BYTES`], never empty. `None` is the
    /// regular end; an error is the last item.
    pub fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        if !self.first.is_empty() && !matches!(self.source, Source::Upgraded(_)) {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.first))));
        }
        let Some(flight) = &self.flight else { return self.poll_relayed(cx) };
        let step = match &mut self.source {
            Source::Over | Source::Upgraded(_) | Source::Relayed(_) => return Poll::Ready(None),
            Source::Http1(body) => body.poll(&flight.0, cx),
            Source::Http2(body) => body.poll(cx),
        };
        match step {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Step::Data(data)) => Poll::Ready(Some(Ok(data))),
            Poll::Ready(Step::End(data)) => {
                match std::mem::replace(&mut self.source, Source::Over) {
                    Source::Http1(body) => body.recycle(&flight.0),
                    Source::Http2(body) => self.trailers = body.into_trailers().map(Box::new),
                    Source::Over | Source::Upgraded(_) | Source::Relayed(_) => {}
                }
                self.flight = None;
                Poll::Ready((!data.is_empty()).then_some(Ok(data)))
            }
            Poll::Ready(Step::Failed(e)) => {
                self.source = Source::Over;
                self.flight = None;
                Poll::Ready(Some(Err(e)))
            }
        }
    }

    fn poll_relayed(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let Source::Relayed(pieces) = &mut self.source else { return Poll::Ready(None) };
        let polled = pieces.poll_piece(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.source = Source::Over;
        }
        polled
    }

    /// [`Self::poll_data`] as a future; it can be dropped without losing data.
    pub async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        poll_fn(|cx| self.poll_data(cx)).await
    }

    /// Puts what was read in front of what is still to come: the next poll gives it again.
    pub fn put_back(&mut self, read: Bytes) {
        debug_assert!(self.first.is_empty(), "there is one place");
        self.first = read;
    }

    /// What came behind the body, once that is over: HTTP/2 only.
    #[must_use]
    pub fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_deref()
    }

    /// Nothing more will come: the next poll gives `None`. False does not promise data.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.first.is_empty() && matches!(self.source, Source::Over)
    }
}

impl fmt::Debug for UpstreamBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamBody").field("is_end", &self.is_end()).finish_non_exhaustive()
    }
}
