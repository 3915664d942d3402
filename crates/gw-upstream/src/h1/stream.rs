//! The rest of an answer's body on its connection. Reads only when polled: backpressure is the socket's.

use super::{Conn, release};
use crate::codec::Payload;
use crate::error::BodyError;
use crate::shared::Shared;
use bytes::Bytes;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

/// A body being read. Dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct Body {
    pub(super) conn: Box<Conn>,
    pub(super) payload: Payload,
    /// The connection may serve another request once this body is complete.
    pub(super) reuse: bool,
    pub(super) keep_for: Option<Duration>,
    pub(super) destination_id: u64,
    pub(super) idle: Option<Duration>,
}

/// What a poll brought.
pub(crate) enum Step {
    /// Data, and the body goes on.
    Data(Bytes),
    /// The last data (may be empty): the body is complete.
    End(Bytes),
    /// The body will not be complete.
    Failed(BodyError),
}

impl Body {
    pub(crate) fn poll(&mut self, shared: &Shared, cx: &mut Context<'_>) -> Poll<Step> {
        loop {
            let mut buffer = shared.take_read_buffer();
            let read = self.conn.transport.poll_fill(cx, &mut buffer);
            let step = match read {
                Poll::Ready(Ok(n)) if n > 0 => Some(self.payload.decode(&mut buffer, 0)),
                _ => None,
            };
            shared.put_read_buffer(buffer);
            match (read, step) {
                (_, Some(Err(e))) => return Poll::Ready(Step::Failed(BodyError::Protocol(e))),
                (_, Some(Ok(decoded))) => {
                    self.conn.deadline.clear();
                    if decoded.end {
                        self.reuse &= !decoded.surplus;
                        return Poll::Ready(Step::End(decoded.data));
                    }
                    if !decoded.data.is_empty() {
                        return Poll::Ready(Step::Data(decoded.data));
                    }
                }
                (Poll::Ready(Err(e)), None) => return Poll::Ready(Step::Failed(BodyError::Cut(Some(e)))),
                (Poll::Ready(Ok(_)), None) => return Poll::Ready(self.connection_ended()),
                (Poll::Pending, None) => return self.poll_idle(cx),
            }
        }
    }

    fn connection_ended(&self) -> Step {
        if self.payload.ends_with_connection() {
            return Step::End(Bytes::new());
        }
        Step::Failed(BodyError::Cut(Some(io::ErrorKind::UnexpectedEof.into())))
    }

    /// The idle limit runs from the first poll that had to wait: a slow reader does not count.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if !self.conn.deadline.is_set() {
            self.conn.deadline.set(self.idle);
        }
        self.conn.deadline.poll(cx).map(|()| Step::Failed(BodyError::IdleTimeout))
    }

    /// To be called when [`Step::End`] came.
    pub(crate) fn recycle(self, shared: &Shared) {
        if self.reuse {
            release(shared, self.destination_id, self.conn, self.keep_for);
        }
    }
}
