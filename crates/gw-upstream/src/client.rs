//! The client of one worker: finds or makes a connection, sends, and hands out the streaming answer.

use crate::body::UpstreamBody;
use crate::config::{PhaseTimeouts, UpstreamConfig, limit};
use crate::deadline::now;
use crate::destination::{Destination, Inner};
use crate::dial::{Purpose, dial, open};
use crate::error::{SendError, SendErrorKind};
use crate::h1;
use crate::h2;
use crate::line::Line;
use crate::message::{Timing, UpstreamRequest, UpstreamResponse};
use crate::shared::{InFlight, Shared, Stats};
use std::cell::Cell;
use std::rc::{Rc, Weak};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Longest time between two looks at the idle connections.
const SWEEP_EVERY_MS: u64 = 5_000;

/// A worker's client. It is not `Send`: each thread has its own, and uses it within a `LocalSet`.
pub struct Upstream {
    shared: Rc<Shared>,
    sweeping: Cell<bool>,
}

/// A connection to send on.
enum Ready {
    Http1(Box<h1::Conn>),
    Http2(h2::StreamSlot),
}

impl Upstream {
    /// A client without connections.
    #[must_use]
    pub fn new(config: UpstreamConfig) -> Rc<Self> {
        Rc::new(Self { shared: Shared::new(config), sweeping: Cell::new(false) })
    }

    /// Sends a request and waits for the head of the answer. Dropping the future cancels the request. Must run
    /// within a `LocalSet` of a current-thread runtime.
    ///
    /// A connection from the pool that proves dead before any byte of an answer is replaced by a fresh one,
    /// once; nothing else is tried again.
    ///
    /// # Errors
    /// [`SendError`], when no complete head of a final answer came.
    pub async fn send(
        &self,
        dest: &Destination,
        req: &UpstreamRequest,
        timeouts: PhaseTimeouts,
    ) -> Result<UpstreamResponse, SendError> {
        let flight = self.shared.enter();
        self.start_sweeping();
        let to = dest.inner();
        if let Some(ready) = self.pooled(to) {
            match self.run(to, ready, req, timeouts, None, &flight).await {
                Ok(response) => return Ok(response),
                Err(failure) if !failure.stale => return Err(failure.error),
                Err(_) => {}
            }
        }
        // Boxed, since it is rare and large.
        Box::pin(self.send_fresh(to, req, timeouts, &flight)).await
    }

    /// The same for a request that must not reach the provider twice: on a connection that no earlier request can have
    /// left half-dead, and never again.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_once(
        &self,
        dest: &Destination,
        req: &UpstreamRequest,
        timeouts: PhaseTimeouts,
    ) -> Result<UpstreamResponse, SendError> {
        let flight = self.shared.enter();
        self.start_sweeping();
        Box::pin(self.send_fresh(dest.inner(), req, timeouts, &flight)).await
    }

    /// Asks for a WebSocket on a connection of its own, which is never shared or used again. An answer of 101 has
    /// the connection as its body, see [`UpstreamBody::into_socket`]; any other is an answer like those of
    /// [`Self::send`]. Whether the peer's proof of the handshake is right is the caller's to check.
    ///
    /// # Errors
    /// [`SendError`], when no complete head of a final answer came.
    pub async fn upgrade(
        &self,
        dest: &Destination,
        req: &UpstreamRequest,
        timeouts: PhaseTimeouts,
    ) -> Result<UpstreamResponse, SendError> {
        let flight = self.shared.enter();
        self.start_sweeping();
        let to = dest.inner();
        let started = now();
        let slot =
            self.shared.open_slot().ok_or_else(|| SendError::new(SendErrorKind::TooManyConnections))?;
        let dialing = Box::pin(dial(&self.shared.resolver, to, Purpose::Upgrade));
        let dialed = match limit(timeouts.connect_ms) {
            None => dialing.await?,
            Some(limit) => match timeout(limit, dialing).await {
                Ok(dialed) => dialed?,
                Err(_) => return Err(SendError::new(SendErrorKind::ConnectTimeout)),
            },
        };
        let connect_us = u64::try_from(now().duration_since(started).as_micros()).unwrap_or(u64::MAX);
        let timing = Timing { connect_us: Some(connect_us), reused: false };
        let conn = h1::Conn::new(dialed.transport, slot);
        let answer = h1::exchange(&self.shared, to, conn, req, Purpose::Upgrade, timeouts).await?;
        let h1::Answer { status, headers, first, body, upgraded } = answer;
        let body = match upgraded {
            Some(conn) => UpstreamBody::upgraded(first, conn, flight),
            None => UpstreamBody::http1(first, body, flight),
        };
        Ok(UpstreamResponse { status, headers, body, timing })
    }

    /// Opens a connection for a protocol that is not HTTP, in the clear, to a host that is held to the same rules.
    ///
    /// # Errors
    /// [`SendError`], when there is none, or none in time.
    pub async fn open(&self, dest: &Destination, connect_ms: u64) -> Result<Line, SendError> {
        let opening = Box::pin(open(&self.shared.resolver, dest.inner()));
        let stream = match limit(connect_ms) {
            None => opening.await?,
            Some(limit) => match timeout(limit, opening).await {
                Ok(stream) => stream?,
                Err(_) => return Err(SendError::new(SendErrorKind::ConnectTimeout)),
            },
        };
        Ok(Line::new(stream))
    }

    /// Counts of this client.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    fn pooled(&self, to: &Inner) -> Option<Ready> {
        if to.may_be_http2()
            && let Some(slot) = self.shared.pool.http2(to.id(), self.shared.config.max_streams_per_connection)
        {
            return Some(Ready::Http2(slot));
        }
        self.shared.pool.checkout(to.id()).map(Ready::Http1)
    }

    async fn send_fresh(
        &self,
        to: &Inner,
        req: &UpstreamRequest,
        timeouts: PhaseTimeouts,
        flight: &InFlight,
    ) -> Result<UpstreamResponse, SendError> {
        let started = now();
        let connecting = self.connect(to);
        let ready = match limit(timeouts.connect_ms) {
            None => connecting.await?,
            Some(limit) => match timeout(limit, connecting).await {
                Ok(connected) => connected?,
                Err(_) => return Err(SendError::new(SendErrorKind::ConnectTimeout)),
            },
        };
        let spent = u64::try_from(now().duration_since(started).as_micros()).unwrap_or(u64::MAX);
        self.run(to, ready, req, timeouts, Some(spent), flight).await.map_err(|f| f.error)
    }

    /// Makes a connection. Where it may turn out to be HTTP/2, one is made at a time, for all who wait.
    async fn connect(&self, to: &Inner) -> Result<Ready, SendError> {
        let pool = &self.shared.pool;
        let max_streams = self.shared.config.max_streams_per_connection;
        let gate = if to.may_be_http2() { pool.gate(to.id()) } else { None };
        let _turn = match &gate {
            Some(gate) => Some(gate.lock().await),
            None => None,
        };
        if gate.is_some()
            && let Some(slot) = pool.http2(to.id(), max_streams)
        {
            return Ok(Ready::Http2(slot));
        }
        let slot =
            self.shared.open_slot().ok_or_else(|| SendError::new(SendErrorKind::TooManyConnections))?;
        let dialed = dial(&self.shared.resolver, to, Purpose::Requests).await?;
        if !dialed.http2 {
            if to.may_be_http2() {
                pool.learn(to.id(), None);
            }
            return Ok(Ready::Http1(h1::Conn::new(dialed.transport, slot)));
        }
        let conn = h2::Conn::start(dialed.transport, slot, &self.shared.config)
            .await
            .map_err(|e| SendError::with(SendErrorKind::Connect, e))?;
        pool.learn(to.id(), Some(&conn));
        let stream = h2::Conn::enter(&conn, max_streams);
        stream.map(Ready::Http2).ok_or_else(|| SendError::new(SendErrorKind::TooManyConnections))
    }

    async fn run(
        &self,
        to: &Inner,
        ready: Ready,
        req: &UpstreamRequest,
        timeouts: PhaseTimeouts,
        connect_us: Option<u64>,
        flight: &InFlight,
    ) -> Result<UpstreamResponse, h2::Failure> {
        match ready {
            Ready::Http1(conn) => {
                let timing = Timing { connect_us, reused: conn.reused };
                match h1::exchange(&self.shared, to, conn, req, Purpose::Requests, timeouts).await {
                    Ok(h1::Answer { status, headers, first, body, .. }) => {
                        let body = UpstreamBody::http1(first, body, flight.another());
                        Ok(UpstreamResponse { status, headers, body, timing })
                    }
                    Err(error) => {
                        let stale = timing.reused && error.kind() == SendErrorKind::Broken;
                        Err(h2::Failure { error, stale })
                    }
                }
            }
            Ready::Http2(slot) => {
                let timing = Timing { connect_us, reused: slot.reused };
                let answer = h2::exchange(slot, to, req, timeouts).await?;
                let body = UpstreamBody::http2(answer.body, flight.another());
                Ok(UpstreamResponse { status: answer.status, headers: answer.headers, body, timing })
            }
        }
    }

    /// Starts the task that closes idle connections, with the first request.
    #[expect(clippy::disallowed_methods, reason = "the task ends with the pool, which it holds weakly")]
    fn start_sweeping(&self) {
        if self.sweeping.replace(true) {
            return;
        }
        let weak = Rc::downgrade(&self.shared);
        let every_ms = (self.shared.config.idle_timeout_ms / 4).clamp(50, SWEEP_EVERY_MS);
        tokio::task::spawn_local(sweep(weak, Duration::from_millis(every_ms)));
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.shared.pool.clear();
    }
}

async fn sweep(shared: Weak<Shared>, every: Duration) {
    loop {
        sleep(every).await;
        let Some(shared) = shared.upgrade() else { return };
        shared.pool.sweep();
    }
}
