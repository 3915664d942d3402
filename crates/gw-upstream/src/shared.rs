//! What all parts of one worker's client share: settings, counters, and the buffers that every connection
//! borrows while it reads or writes, so that an idle stream owns none.

use crate::config::{PIECE_BYTES, UpstreamConfig};
use crate::pool::Pool;
use crate::resolve::Resolver;
use bytes::BytesMut;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Largest write buffer that is kept for the next request, in bytes.
const KEEP_WRITE_BYTES: usize = 64 * 1024;

/// Counts of one worker's client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests from the start of their send to the end or drop of their body.
    pub in_flight: usize,
    /// Idle HTTP/1.1 connections.
    pub idle: usize,
    /// Open connections, idle ones included, from the start of connecting on.
    pub open: usize,
}

/// State of one worker's client.
pub(crate) struct Shared {
    pub(crate) config: UpstreamConfig,
    pub(crate) pool: Pool,
    pub(crate) resolver: Resolver,
    in_flight: Cell<usize>,
    open: Rc<Cell<usize>>,
    read_buffer: RefCell<Option<BytesMut>>,
    write_buffer: RefCell<Vec<u8>>,
}

impl Shared {
    pub(crate) fn new(mut config: UpstreamConfig) -> Rc<Self> {
        config.max_streams_per_connection = config.max_streams_per_connection.max(1);
        Rc::new(Self {
            pool: Pool::new(&config),
            resolver: Resolver::new(&config),
            config,
            in_flight: Cell::new(0),
            open: Rc::default(),
            read_buffer: RefCell::new(None),
            write_buffer: RefCell::new(Vec::new()),
        })
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats { in_flight: self.in_flight.get(), idle: self.pool.idle(), open: self.open.get() }
    }

    /// An empty buffer with room for [`PIECE_BYTES`]. Reads never wait while they hold it, so that one per
    /// worker is enough.
    pub(crate) fn take_read_buffer(&self) -> BytesMut {
        self.read_buffer.borrow_mut().take().unwrap_or_else(|| BytesMut::with_capacity(PIECE_BYTES))
    }

    /// Gives the buffer back. One whose memory went out with a piece of a body is let go.
    pub(crate) fn put_read_buffer(&self, mut buffer: BytesMut) {
        buffer.clear();
        if buffer.try_reclaim(PIECE_BYTES) {
            *self.read_buffer.borrow_mut() = Some(buffer);
        }
    }

    /// An empty buffer for the head of a request.
    pub(crate) fn take_write_buffer(&self) -> Vec<u8> {
        std::mem::take(&mut *self.write_buffer.borrow_mut())
    }

    pub(crate) fn put_write_buffer(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= KEEP_WRITE_BYTES {
            buffer.clear();
            *self.write_buffer.borrow_mut() = buffer;
        }
    }

    /// Counts a request as in flight until the guard is dropped.
    pub(crate) fn enter(self: &Rc<Self>) -> InFlight {
        self.in_flight.set(self.in_flight.get() + 1);
        InFlight(Rc::clone(self))
    }

    /// A place for one more connection. At the limit, the oldest idle one of any destination makes room.
    pub(crate) fn open_slot(&self) -> Option<OpenSlot> {
        if self.open.get() >= self.config.max_connections && !self.pool.evict_one() {
            return None;
        }
        self.open.set(self.open.get() + 1);
        Some(OpenSlot(Rc::clone(&self.open)))
    }
}

/// A request in flight.
pub(crate) struct InFlight(pub(crate) Rc<Shared>);

impl InFlight {
    /// Counts on, for a part of the request that outlives this guard.
    pub(crate) fn another(&self) -> Self {
        self.0.enter()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get().saturating_sub(1));
    }
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct OpenSlot(Rc<Cell<usize>>);

impl Drop for OpenSlot {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}
