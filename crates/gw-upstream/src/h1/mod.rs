//! HTTP/1.1 driven by the calling task: one request, one answer, at most one connection.

mod exchange;
mod outgoing;
mod stream;

pub(crate) use exchange::{Answer, exchange};
pub(crate) use stream::{Body, Step};

use crate::deadline::{Deadline, now};
use crate::shared::{OpenSlot, Shared};
use crate::transport::Transport;
use std::time::Duration;
use tokio::time::Instant;

/// How much earlier than the peer an idle connection is given up.
const MARGIN: Duration = Duration::from_secs(1);

/// One connection.
#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) transport: Transport,
    pub(crate) deadline: Deadline,
    /// Has answered a request before.
    pub(crate) reused: bool,
    /// While idle: when it is to be closed.
    pub(crate) expires: Instant,
    _slot: OpenSlot,
}

impl Conn {
    pub(crate) fn new(transport: Transport, slot: OpenSlot) -> Box<Self> {
        let deadline = Deadline::default();
        Box::new(Self { transport, deadline, reused: false, expires: now(), _slot: slot })
    }
}

/// Puts a connection whose answer was read to its end back into the pool.
fn release(shared: &Shared, destination_id: u64, mut conn: Box<Conn>, keep_for: Option<Duration>) {
    let own = Duration::from_millis(shared.config.idle_timeout_ms);
    let keep = keep_for.map_or(own, |k| k.saturating_sub(MARGIN).min(own));
    if keep.is_zero() {
        return;
    }
    conn.deadline.clear();
    conn.reused = true;
    conn.expires = now() + keep;
    shared.pool.put(destination_id, conn);
}
