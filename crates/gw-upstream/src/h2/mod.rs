//! HTTP/2: many streams on one connection, which one local task drives.

mod exchange;
mod stream;

pub(crate) use exchange::{Failure, exchange};
pub(crate) use stream::Body;

use crate::config::{MAX_HEAD_BYTES, UpstreamConfig};
use crate::deadline::now;
use crate::shared::OpenSlot;
use crate::transport::Transport;
use ::h2::client::{Builder, SendRequest};
use bytes::Bytes;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// Bytes that a peer may send ahead on one stream. The connection's window is the sum of all streams', so that
/// readers that stall cannot hold up the others.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
/// Largest frame that is accepted, in bytes.
const FRAME_BYTES: u32 = 64 * 1024;

/// One connection.
pub(crate) struct Conn {
    sender: SendRequest<Bytes>,
    streams: Cell<usize>,
    /// Has carried a stream before.
    used: Cell<bool>,
    /// No new streams: it failed or was silent for too long.
    retired: Cell<bool>,
    closed: Rc<Cell<bool>>,
    idle_since: Cell<Instant>,
    keep: Duration,
}

impl Conn {
    /// Shakes hands and starts the task that drives the connection.
    #[expect(clippy::disallowed_methods, reason = "the connection's driver ends with its connection")]
    pub(crate) async fn start(
        transport: Transport,
        slot: OpenSlot,
        config: &UpstreamConfig,
    ) -> Result<Rc<Self>, ::h2::Error> {
        let streams = u32::try_from(config.max_streams_per_connection).unwrap_or(u32::MAX).clamp(1, 1024);
        let (sender, connection) = Builder::new()
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(STREAM_WINDOW_BYTES.saturating_mul(streams))
            .max_frame_size(FRAME_BYTES)
            .max_header_list_size(MAX_HEAD_BYTES as u32)
            .handshake(transport)
            .await?;
        let closed = Rc::new(Cell::new(false));
        let flag = Rc::clone(&closed);
        tokio::task::spawn_local(async move {
            // An error reaches the streams as well, where it is reported.
            let _ = connection.await;
            flag.set(true);
            drop(slot);
        });
        Ok(Rc::new(Self {
            sender,
            streams: Cell::new(0),
            used: Cell::new(false),
            retired: Cell::new(false),
            closed,
            idle_since: Cell::new(now()),
            keep: Duration::from_millis(config.idle_timeout_ms),
        }))
    }

    /// A place for one more stream, if there is one.
    pub(crate) fn enter(this: &Rc<Self>, max_streams: usize) -> Option<StreamSlot> {
        let most = this.sender.current_max_send_streams().min(max_streams);
        if !this.is_usable() || this.streams.get() >= most {
            return None;
        }
        this.streams.set(this.streams.get() + 1);
        Some(StreamSlot { reused: this.used.replace(true), conn: Rc::clone(this) })
    }

    pub(crate) fn is_usable(&self) -> bool {
        !self.retired.get() && !self.closed.get()
    }

    pub(crate) fn is_idle_since(&self, now: Instant) -> bool {
        self.streams.get() == 0 && now.saturating_duration_since(self.idle_since.get()) >= self.keep
    }

    /// Takes no more streams.
    pub(crate) fn retire(&self) {
        self.retired.set(true);
    }
}

/// One stream's place on a connection.
pub(crate) struct StreamSlot {
    conn: Rc<Conn>,
    /// The connection has carried another stream before.
    pub(crate) reused: bool,
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        self.conn.streams.set(self.conn.streams.get().saturating_sub(1));
        if self.conn.streams.get() == 0 {
            self.conn.idle_since.set(now());
        }
    }
}
