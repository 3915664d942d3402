//! The body of an answer on one stream. Frames that are ready are joined; window is given back as they are taken.

use super::StreamSlot;
use crate::config::PIECE_BYTES;
use crate::deadline::Deadline;
use crate::error::{BodyError, ProtocolError};
use crate::h1::Step;
use ::h2::RecvStream;
use bytes::Bytes;
use http::HeaderMap;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

/// A body being read. Dropping it resets the stream.
pub(crate) struct Body {
    recv: RecvStream,
    slot: StreamSlot,
    deadline: Deadline,
    idle: Option<Duration>,
    /// Came behind data that had to be handed over first.
    failed: Option<BodyError>,
    /// What came behind all data.
    trailers: Option<HeaderMap>,
}

impl Body {
    pub(super) const fn new(
        recv: RecvStream,
        slot: StreamSlot,
        deadline: Deadline,
        idle: Option<Duration>,
    ) -> Self {
        Self { recv, slot, deadline, idle, failed: None, trailers: None }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if let Some(e) = self.failed.take() {
            return Poll::Ready(Step::Failed(e));
        }
        let mut joined = Joined::default();
        let over = loop {
            match self.recv.poll_data(cx) {
                Poll::Ready(Some(Ok(data))) => {
                    // Fails only when the stream is gone, which the next poll tells.
                    let _ = self.recv.flow_control().release_capacity(data.len());
                    joined.push(data);
                    if joined.len() >= PIECE_BYTES {
                        break self.recv.is_end_stream();
                    }
                }
                Poll::Ready(Some(Err(e))) => {
                    let e = self.error(e);
                    if joined.len() == 0 {
                        return Poll::Ready(Step::Failed(e));
                    }
                    self.failed = Some(e);
                    break false;
                }
                Poll::Ready(None) => {
                    // They are there already, if there are any: they end the data.
                    if let Poll::Ready(Ok(trailers)) = self.recv.poll_trailers(cx) {
                        self.trailers = trailers;
                    }
                    break true;
                }
                Poll::Pending if joined.len() == 0 => return self.poll_idle(cx),
                Poll::Pending => break self.recv.is_end_stream(),
            }
        };
        self.deadline.clear();
        let data = joined.finish();
        Poll::Ready(if over { Step::End(data) } else { Step::Data(data) })
    }

    pub(crate) fn into_trailers(self) -> Option<HeaderMap> {
        self.trailers
    }

    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if !self.deadline.is_set() {
            self.deadline.set(self.idle);
        }
        self.deadline.poll(cx).map(|()| {
            self.slot.conn.retire();
            Step::Failed(BodyError::IdleTimeout)
        })
    }

    fn error(&self, error: ::h2::Error) -> BodyError {
        if error.is_io() {
            self.slot.conn.retire();
            return BodyError::Cut(error.into_io());
        }
        if error.is_remote() {
            return BodyError::Cut(Some(io::Error::other(error)));
        }
        BodyError::Protocol(ProtocolError::Http2)
    }
}

/// Pieces put together; a single one is not copied.
#[derive(Default)]
struct Joined {
    single: Bytes,
    many: Vec<u8>,
}

impl Joined {
    fn len(&self) -> usize {
        self.single.len() + self.many.len()
    }

    fn push(&mut self, data: Bytes) {
        if self.len() == 0 {
            self.single = data;
            return;
        }
        let first = std::mem::take(&mut self.single);
        self.many.extend_from_slice(&first);
        self.many.extend_from_slice(&data);
    }

    fn finish(self) -> Bytes {
        if self.many.is_empty() { self.single } else { Bytes::from(self.many) }
    }
}
