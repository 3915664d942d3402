//! Chooses the exchange that answers a request: by name when the request names one, else by method and
//! path, taking turns among several that fit. It must not send anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use parking_lot::RwLock;

use super::load::Exchange;

/// Recorded exchanges to play, and how.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    exchanges: Vec<Arc<Exchange>>,
    chunk_bytes: Option<usize>,
    any_path: bool,
}

impl Replay {
    /// Plays these exchanges; several with the same method and path take turns in this order.
    pub fn new(exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        Self { exchanges: exchanges.into_iter().map(Arc::new).collect(), ..Self::default() }
    }

    /// Sends bodies in pieces of this many bytes (at least 1) in place of one piece.
    #[must_use]
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.chunk_bytes = Some(bytes.max(1));
        self
    }

    /// Answers every request, whatever its method and path.
    #[must_use]
    pub fn any_path(mut self) -> Self {
        self.any_path = true;
        self
    }
}

/// The response found for a request.
#[derive(Debug)]
pub(crate) struct Recorded {
    exchange: Arc<Exchange>,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) chunk_bytes: Option<usize>,
}

impl Recorded {
    pub(crate) fn is_stream(&self) -> bool {
        self.exchange.is_stream()
    }
}

/// The loaded exchanges of an emulator.
#[derive(Debug, Default)]
pub(crate) struct Replayer {
    replay: RwLock<Option<Replay>>,
    turn: AtomicUsize,
}

impl Replayer {
    pub(crate) fn new(replay: Option<Replay>) -> Self {
        Self { replay: RwLock::new(replay), turn: AtomicUsize::new(0) }
    }

    pub(crate) fn set(&self, replay: Option<Replay>) {
        *self.replay.write() = replay;
        self.turn.store(0, Ordering::Relaxed);
    }

    /// The exchange that answers `request`, when there is one.
    pub(crate) fn find(&self, request: &Request<Bytes>, name: Option<&str>) -> Option<Recorded> {
        let guard = self.replay.read();
        let replay = guard.as_ref()?;
        let fits = |exchange: &&Arc<Exchange>| match name {
            Some(name) => exchange.name == name,
            None if replay.any_path => true,
            None => exchange.method == *request.method() && exchange.path == request.uri().path(),
        };
        let fitting: Vec<&Arc<Exchange>> = replay.exchanges.iter().filter(fits).collect();
        let turn = if fitting.len() > 1 { self.turn.fetch_add(1, Ordering::Relaxed) } else { 0 };
        let exchange = Arc::clone(fitting.get(turn % fitting.len().max(1))?);
        Some(Recorded {
            status: exchange.status,
            headers: exchange.headers.clone(),
            body: exchange.body.clone(),
            chunk_bytes: replay.chunk_bytes,
            exchange,
        })
    }
}
