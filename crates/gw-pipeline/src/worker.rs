//! What one worker thread owns: its connections to providers, its journal, its randomness and its cached
//! metric handles. Nothing here is shared between threads, so nothing here needs a lock.

use crate::authenticate::{self, Caller, Whence};
use crate::clock::TurnClock;
use crate::gateway::Gateway;
use crate::live::Live;
use crate::metrics::{Ending, EndingHandles, EndingKey};
use crate::writing::{Company, Writing};
use ahash::AHashMap;
use gw_model::{Micros, Refusal};
use gw_store::journal::{Journal, Taken};
use gw_store::memory::KeyEntry;
use gw_upstream::Upstream;
use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;
use std::sync::Arc;

/// Distinct (model, provider, outcome) handles kept per worker before the cache starts over.
const MAX_CACHED_HANDLES: usize = 4096;

/// One per thread; see the module.
pub struct Worker {
    gateway: Arc<Gateway>,
    pub(crate) upstream: Rc<Upstream>,
    journal: RefCell<Journal>,
    company: Company,
    turns: TurnClock,
    /// How late it comes to what is due, in microseconds.
    lag_us: Cell<Micros>,
    rng: RefCell<fastrand::Rng>,
    handles: RefCell<AHashMap<EndingKey, Rc<EndingHandles>>>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

impl Worker {
    /// A worker around its own journal and connections. `seed` decides its jitter and its request ids'
    /// random part; give it entropy from the operating system.
    #[must_use]
    pub fn new(gateway: Arc<Gateway>, upstream: Rc<Upstream>, journal: Journal, seed: u64) -> Rc<Self> {
        Rc::new(Self {
            gateway,
            upstream,
            journal: RefCell::new(journal),
            company: Company::default(),
            turns: TurnClock::default(),
            lag_us: Cell::new(0),
            rng: RefCell::new(fastrand::Rng::with_seed(seed)),
            handles: RefCell::default(),
        })
    }

    /// What all workers share.
    #[must_use]
    pub const fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// The configuration in force.
    #[must_use]
    pub fn live(&self) -> Arc<Live> {
        self.gateway.live()
    }

    /// Who presents this credential: `Some` key, or `None` for the master key. Errors: 401
    /// `invalid_api_key`, 403 `address_not_allowed`, `origin_not_allowed`, `time_not_allowed`. For endpoints that are no calls, such as the list of models.
    pub async fn identify(
        &self,
        credential: Option<&str>,
        whence: Whence<'_>,
    ) -> Result<Option<Arc<KeyEntry>>, Refusal> {
        authenticate::identify(self, credential, whence).await.map(|caller| match caller {
            Caller::Master => None,
            Caller::Key(entry) => Some(entry),
        })
    }

    pub(crate) fn now(&self) -> Micros {
        self.turns.now(&*self.gateway.clock)
    }

    /// How late the worker comes to what is due, in microseconds; 0 where nobody measures.
    pub(crate) const fn lag_us(&self) -> Micros {
        self.lag_us.get()
    }

    pub(crate) fn set_lag_us(&self, us: Micros) {
        self.lag_us.set(us);
    }

    /// Goes on with a call until it has to wait.
    pub(crate) fn turn<T>(&self, work: impl FnOnce() -> T) -> T {
        self.turns.turn(work)
    }

    pub(crate) fn journal(&self) -> RefMut<'_, Journal> {
        self.journal.borrow_mut()
    }

    /// Waits until an entry is written.
    pub(crate) const fn writing(&self, taken: Taken) -> Writing<'_> {
        Writing::new(&self.journal, &self.company, taken)
    }

    pub(crate) fn random_u128(&self) -> u128 {
        self.rng.borrow_mut().u128(..)
    }

    pub(crate) fn random_u64(&self) -> u64 {
        self.rng.borrow_mut().u64(..)
    }

    /// Counts an ended call.
    pub(crate) fn count(&self, ending: &Ending<'_>) {
        let key = ending.key();
        let handles = self.handles.borrow().get(&key).map(Rc::clone);
        let handles = handles.unwrap_or_else(|| {
            let made = Rc::new(self.gateway.metrics.handles(&key));
            let mut cache = self.handles.borrow_mut();
            if cache.len() >= MAX_CACHED_HANDLES {
                cache.clear();
            }
            cache.insert(key, Rc::clone(&made));
            made
        });
        handles.count(ending.record);
    }
}
