//! A request on its way out: small ones as one buffer, large ones as head and pieces in one vectored write.

use crate::codec::{Target, write_head};
use crate::destination::Inner;
use crate::dial::Purpose;
use crate::error::{SendError, SendErrorKind};
use crate::message::UpstreamRequest;
use crate::shared::Shared;
use crate::transport::Transport;
use bytes::Bytes;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite;

/// Bodies up to this size are copied behind the head.
const COPY_BYTES: usize = 16 * 1024;
/// Slices per vectored write.
const MAX_SLICES: usize = 16;

/// Writer state.
pub(crate) struct Outgoing<'a> {
    shared: &'a Shared,
    /// The head, and the body when it is small.
    front: Vec<u8>,
    /// Written of `front`, then of `pieces[0]`.
    written: usize,
    front_done: bool,
    pieces: &'a [Bytes],
    flushed: bool,
    /// Anything was handed to the system.
    pub(crate) started: bool,
}

impl<'a> Outgoing<'a> {
    pub(crate) fn new(
        shared: &'a Shared,
        to: &Inner,
        req: &'a UpstreamRequest,
        purpose: Purpose,
    ) -> Result<Self, SendError> {
        let upgrade = purpose == Purpose::Upgrade;
        let mut front = shared.take_write_buffer();
        let body_len = req.body_len();
        // An upgrade goes through a tunnel.
        let forwarding = to.absolute.is_some() && !upgrade;
        let target = Target {
            absolute: to.absolute.as_deref().filter(|_| forwarding),
            host: &to.authority,
            proxy_authorization: to.proxy().filter(|_| forwarding).and_then(|p| p.authorization.as_deref()),
            upgrade,
        };
        if !write_head(&mut front, target, req, body_len) {
            shared.put_write_buffer(front);
            return Err(SendError::new(SendErrorKind::InvalidRequest));
        }
        let mut pieces = req.body.as_slice();
        if body_len <= COPY_BYTES {
            for piece in pieces {
                front.extend_from_slice(piece);
            }
            pieces = &[];
        }
        let mut out =
            Self { shared, front, written: 0, front_done: false, pieces, flushed: false, started: false };
        out.skip_empty();
        Ok(out)
    }

    /// All bytes are with the system.
    pub(crate) const fn is_done(&self) -> bool {
        self.flushed
    }

    /// Writes as much as the system takes; `Ready(Ok(true))` stands for progress that is not the end.
    pub(crate) fn poll_write(&mut self, to: &mut Transport, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if self.front_done && self.pieces.is_empty() {
            ready!(Pin::new(to).poll_flush(cx))?;
            self.flushed = true;
            return Poll::Ready(Ok(false));
        }
        let n = if self.pieces.is_empty() {
            ready!(Pin::new(to).poll_write(cx, &self.front[self.written..]))?
        } else {
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let count = self.gather(&mut slices);
            ready!(Pin::new(to).poll_write_vectored(cx, &slices[..count]))?
        };
        if n == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.started = true;
        self.advance(n);
        Poll::Ready(Ok(true))
    }

    fn gather<'b>(&'b self, slices: &mut [IoSlice<'b>; MAX_SLICES]) -> usize {
        let front: &[u8] = if self.front_done { &[] } else { &self.front };
        let all =
            Some(front).filter(|f| !f.is_empty()).into_iter().chain(self.pieces.iter().map(AsRef::as_ref));
        let mut skip = self.written;
        let mut count = 0;
        for (slot, part) in slices.iter_mut().zip(all) {
            *slot = IoSlice::new(&part[skip..]);
            skip = 0;
            count += 1;
        }
        count
    }

    fn advance(&mut self, n: usize) {
        self.written += n;
        if !self.front_done {
            if self.written < self.front.len() {
                return;
            }
            self.written -= self.front.len();
            self.front_done = true;
            self.shared.put_write_buffer(std::mem::take(&mut self.front));
        }
        self.skip_empty();
    }

    /// Steps over the pieces that are written.
    fn skip_empty(&mut self) {
        if !self.front_done {
            return;
        }
        while let [first, rest @ ..] = self.pieces
            && self.written >= first.len()
        {
            self.written -= first.len();
            self.pieces = rest;
        }
    }
}
