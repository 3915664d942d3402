//! What waits to be written to one side of a session: pieces of frames as they came, and the gateway's own words,
//! which only go in between. It must not decide what is said.

use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Own messages that wait for the end of another one; more are dropped.
const MAX_WAITING: usize = 64;

/// Slices of one write.
const MAX_SLICES: usize = 32;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Bytes>,
    bytes: usize,
    /// Something was added since all was with the system.
    unflushed: bool,
    /// A frame has been begun and not ended.
    in_frame: bool,
    /// A message has been begun and not ended.
    in_message: bool,
    waiting: Vec<Bytes>,
    /// Nobody takes anything any more.
    abandoned: bool,
}

impl Outbox {
    /// A piece of a data message.
    pub(super) fn piece(&mut self, raw: Bytes, ends_frame: bool, ends_message: bool) {
        self.push(raw);
        self.in_frame = !ends_frame;
        self.in_message = !ends_message;
        if ends_message {
            for own in std::mem::take(&mut self.waiting) {
                self.push(own);
            }
        }
    }

    /// A control frame that came in the order of the others.
    pub(super) fn control(&mut self, raw: Bytes) {
        self.push(raw);
    }

    /// A message of the gateway's own: behind the one that is under way.
    pub(super) fn own(&mut self, frame: Vec<u8>) {
        if !self.in_message {
            self.push(frame.into());
        } else if self.waiting.len() < MAX_WAITING {
            self.waiting.push(frame.into());
        }
    }

    /// Can a control frame be written now?
    pub(super) const fn is_between_frames(&self) -> bool {
        !self.in_frame
    }

    /// Can a message be written now?
    pub(super) const fn is_between_messages(&self) -> bool {
        !self.in_message
    }

    fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() && !self.abandoned {
            self.bytes += bytes.len();
            self.unflushed = true;
            self.queue.push_back(bytes);
        }
    }

    /// Writing is of no use any more.
    pub(super) fn abandon(&mut self) {
        *self = Self { abandoned: true, ..Self::default() };
    }

    /// Bytes that wait.
    pub(super) const fn len(&self) -> usize {
        self.bytes
    }

    /// All is with the system.
    pub(super) const fn is_done(&self) -> bool {
        !self.unflushed
    }

    /// Writes until all is with the system. Can be dropped at any time without losing its place.
    pub(super) async fn drain<W: AsyncWrite + Unpin>(&mut self, to: &mut W) -> io::Result<()> {
        while !self.queue.is_empty() {
            let n = {
                let mut slices = [IoSlice::new(&[]); MAX_SLICES];
                let mut count = 0;
                for (slot, bytes) in slices.iter_mut().zip(&self.queue) {
                    *slot = IoSlice::new(bytes);
                    count += 1;
                }
                to.write_vectored(slices.get(..count).unwrap_or_default()).await?
            };
            if n == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.advance(n);
        }
        to.flush().await?;
        self.unflushed = false;
        Ok(())
    }

    fn advance(&mut self, mut n: usize) {
        self.bytes = self.bytes.saturating_sub(n);
        while let Some(front) = self.queue.front_mut() {
            if n < front.len() {
                front.advance(n);
                return;
            }
            n -= front.len();
            self.queue.pop_front();
        }
    }
}
