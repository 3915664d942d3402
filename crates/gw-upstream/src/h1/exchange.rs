//! Sends a request and reads up to the end of the answer's head, and whatever body came along with it.
//! Reads while it writes, so that an early refusal of a large request is seen.

use super::outgoing::Outgoing;
use super::stream::Body;
use super::{Conn, release};
use crate::codec::{Head, Payload, head_is_complete, parse};
use crate::config::{MAX_HEAD_BYTES, MAX_INTERIM, PhaseTimeouts, limit};
use crate::destination::Inner;
use crate::dial::Purpose;
use crate::error::{ProtocolError, SendError, SendErrorKind};
use crate::message::UpstreamRequest;
use crate::shared::Shared;
use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

/// An answer whose head is read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The part of the body that came with the head; may be empty.
    pub(crate) first: Bytes,
    /// The rest, unless the body is complete.
    pub(crate) body: Option<Box<Body>>,
    /// The connection itself, when it has changed its protocol; `first` is what came behind the head.
    pub(crate) upgraded: Option<Box<Conn>>,
}

struct Exchange<'a> {
    shared: &'a Shared,
    to: &'a Inner,
    /// Taken when the answer is there.
    conn: Option<Box<Conn>>,
    out: Outgoing<'a>,
    write_error: Option<io::Error>,
    /// A head that came in several reads.
    stash: BytesMut,
    interim: u8,
    no_body: bool,
    purpose: Purpose,
    timeouts: PhaseTimeouts,
}

/// Runs one request on one connection.
pub(crate) async fn exchange(
    shared: &Shared,
    to: &Inner,
    conn: Box<Conn>,
    req: &UpstreamRequest,
    purpose: Purpose,
    timeouts: PhaseTimeouts,
) -> Result<Answer, SendError> {
    let mut run = Exchange {
        shared,
        to,
        conn: Some(conn),
        out: Outgoing::new(shared, to, req, purpose)?,
        write_error: None,
        stash: BytesMut::new(),
        interim: 0,
        no_body: req.method == Method::HEAD,
        purpose,
        timeouts,
    };
    poll_fn(|cx| run.poll(cx)).await.map_err(|e| e.sent(run.out.started))
}

impl Exchange<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Answer, SendError>> {
        self.write(cx);
        let shared = self.shared;
        loop {
            let Some(conn) = &mut self.conn else { return Poll::Pending };
            let mut buffer = shared.take_read_buffer();
            let step = match conn.transport.poll_fill(cx, &mut buffer) {
                Poll::Pending => {
                    shared.put_read_buffer(buffer);
                    break;
                }
                Poll::Ready(Ok(0)) => Err(self.broken(io::ErrorKind::UnexpectedEof.into())),
                Poll::Ready(Err(e)) => Err(self.broken(e)),
                Poll::Ready(Ok(_)) => self.take(&mut buffer),
            };
            shared.put_read_buffer(buffer);
            match step {
                Ok(None) => {}
                Ok(Some(answer)) => return Poll::Ready(Ok(answer)),
                Err(e) => return Poll::Ready(Err(e)),
            }
        }
        let late = self.conn.as_mut().is_some_and(|c| c.deadline.poll(cx).is_ready());
        if late { Poll::Ready(Err(SendError::new(SendErrorKind::FirstByteTimeout))) } else { Poll::Pending }
    }

    fn write(&mut self, cx: &mut Context<'_>) {
        let Some(conn) = &mut self.conn else { return };
        let mut progress = !conn.deadline.is_set();
        while !self.out.is_done() && self.write_error.is_none() {
            match self.out.poll_write(&mut conn.transport, cx) {
                Poll::Ready(Ok(_)) => progress = true,
                // The peer may have said why; what it sent is read first.
                Poll::Ready(Err(e)) => self.write_error = Some(e),
                Poll::Pending => break,
            }
        }
        if progress {
            conn.deadline.set(limit(self.timeouts.first_byte_ms));
        }
    }

    fn broken(&mut self, error: io::Error) -> SendError {
        let early = self.stash.is_empty() && self.interim == 0;
        let kind = if early { SendErrorKind::Broken } else { SendErrorKind::HeadCut };
        SendError::with(kind, self.write_error.take().unwrap_or(error))
    }

    /// Takes in what a read brought.
    fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<Answer>, SendError> {
        if self.stash.is_empty() {
            let found = self.scan(buffer)?;
            if found.is_none() {
                self.stash.extend_from_slice(buffer);
            }
            return Ok(found);
        }
        let before = self.stash.len();
        self.stash.extend_from_slice(buffer);
        if self.stash.len() < MAX_HEAD_BYTES && !head_is_complete(&self.stash, before) {
            return Ok(None);
        }
        let mut stash = std::mem::take(&mut self.stash);
        let found = self.scan(&mut stash)?;
        self.stash = stash;
        Ok(found)
    }

    /// Looks for the final head, stepping over interim ones.
    fn scan(&mut self, buffer: &mut BytesMut) -> Result<Option<Answer>, SendError> {
        while let Some(head) = parse(buffer, self.no_body)? {
            let switched = head.status == StatusCode::SWITCHING_PROTOCOLS && self.purpose == Purpose::Upgrade;
            if switched || !head.status.is_informational() {
                return self.finish(head, buffer).map(Some);
            }
            self.interim += 1;
            if head.status == StatusCode::SWITCHING_PROTOCOLS || self.interim > MAX_INTERIM {
                return Err(ProtocolError::Interim.into());
            }
            buffer.advance(head.len);
        }
        Ok(None)
    }

    fn finish(&mut self, head: Head, buffer: &mut BytesMut) -> Result<Answer, SendError> {
        let mut answer = Answer {
            status: head.status,
            headers: head.headers,
            first: Bytes::new(),
            body: None,
            upgraded: None,
        };
        let Some(mut conn) = self.conn.take() else { return Ok(answer) };
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            conn.deadline.clear();
            answer.first = Bytes::copy_from_slice(buffer.get(head.len..).unwrap_or_default());
            answer.upgraded = Some(conn);
            return Ok(answer);
        }
        let for_requests = self.purpose == Purpose::Requests;
        let mut reuse = head.keep_alive && self.out.is_done() && for_requests;
        if let Some(mut payload) = Payload::new(head.framing) {
            let decoded = payload.decode(buffer, head.len)?;
            answer.first = decoded.data;
            reuse &= !decoded.surplus;
            if !decoded.end {
                conn.deadline.clear();
                answer.body = Some(Box::new(Body {
                    conn,
                    payload,
                    reuse,
                    keep_for: head.keep_for,
                    destination_id: self.to.id(),
                    idle: limit(self.timeouts.idle_ms),
                }));
                return Ok(answer);
            }
        } else {
            reuse &= buffer.len() == head.len;
        }
        if reuse {
            release(self.shared, self.to.id(), conn, head.keep_for);
        }
        Ok(answer)
    }
}
