//! The emulator: takes a request and gives a response, with or without a socket. Orders the steps
//! (record, route, authenticate, read, fault, answer, play); each step lives in its own module.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{Request, Response};

use crate::anthropic::PromptCache;
use crate::config::EmulatorConfig;
use crate::control;
use crate::exchange;
use crate::fault::{FaultError, Share, Standing};
use crate::journal::{Journal, RecordedRequest};
use crate::objects::Shelf;
use crate::play::BoxBody;
use crate::replay::{Replay, Replayer};
use crate::responses::Responses;
use crate::stats::{Counters, Stats};

/// A provider emulator. Cheap to clone; clones share everything.
#[derive(Debug, Clone)]
pub struct Emulator {
    shared: Arc<Shared>,
}

/// What all clones and connections of an emulator share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: EmulatorConfig,
    pub(crate) counters: Arc<Counters>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) standing: Standing,
    pub(crate) cache: PromptCache,
    pub(crate) responses: Responses,
    pub(crate) replayer: Replayer,
    pub(crate) shelf: Shelf,
    serial: AtomicU64,
}

impl Shared {
    /// Forgets what was counted, recorded, cached, kept and set; the serial goes on.
    pub(crate) fn reset(&self) {
        self.counters.reset();
        self.journal.clear();
        self.standing.clear();
        self.cache.clear();
        self.responses.clear();
        self.shelf.clear();
    }

    pub(crate) fn next_serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }
}

impl Emulator {
    /// An emulator with these settings.
    pub fn new(config: EmulatorConfig) -> Self {
        let shared = Shared {
            counters: Arc::default(),
            journal: Arc::new(Journal::new(config.remembered_requests, config.remembered_bytes)),
            standing: Standing::default(),
            cache: PromptCache::default(),
            responses: Responses::default(),
            replayer: Replayer::new(config.replay.clone()),
            shelf: Shelf::default(),
            serial: AtomicU64::new(1),
            config,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Answers one request without a socket. Dropping the future or the body counts as the client
    /// leaving. Must be called within a tokio runtime with time enabled when faults with pauses are
    /// used. The fault `disconnect` gives a body that fails at once.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<BoxBody> {
        if request.uri().path().starts_with(control::PREFIX) {
            return control::answer(&self.shared, &request);
        }
        exchange::run(&self.shared, request).await
    }

    /// All counters at this moment.
    pub fn stats(&self) -> Stats {
        self.shared.counters.snapshot()
    }

    /// The last `count` requests to provider paths, oldest first.
    pub fn requests(&self, count: usize) -> Vec<RecordedRequest> {
        self.shared.journal.last(count)
    }

    /// Sets the faults of a model (`*` for all models) until cleared, or for the next `times`
    /// requests; an empty list clears them. Same list as the `x-emulate` header.
    pub fn set_faults(&self, model: &str, faults: &str, times: Option<u64>) -> Result<(), FaultError> {
        self.shared.standing.set(model, faults, times, Share::ALL)
    }

    /// Sets (or with `None` ends) the playing of recorded exchanges.
    pub fn set_replay(&self, replay: Option<Replay>) {
        self.shared.replayer.set(replay);
    }

    /// Forgets counts, recorded requests, standing faults, files, batches and the prompt cache.
    pub fn reset(&self) {
        self.shared.reset();
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Default for Emulator {
    fn default() -> Self {
        Self::new(EmulatorConfig::default())
    }
}
