//! Errands: calls of the control plane in somebody's name, for which it says whose they are by the id of a key in place of the
//! key, what they may cost together, and of which it hears what they came to. They pass every stage as any call does. Serves
//! authenticate, which lets them in, and the ticket, which tells. It must not be made of what a client sent.

use gw_model::limits::{Budget, Limits, Mode, Period, Sharing};
use gw_model::{AccountId, KeyId, Level, Micros, NanoUsd, Record, Usage};
use gw_store::memory::{Holder, Link, Rules, SpentByPeriod, Tally};
use parking_lot::Mutex;
use std::sync::Arc;

/// Money that several errands may spend together: held before each goes out, as that of any budget. It is this gateway's alone.
#[derive(Clone, Debug)]
pub struct Purse {
    link: Link,
}

impl Purse {
    /// One of so much, of which some is spent already. The name is told in refusals, by which they are known.
    #[must_use]
    pub fn new(number: u128, name: &str, limit: NanoUsd, spent: NanoUsd, now: Micros) -> Self {
        let sharing = Sharing { mode: Mode::Local, ..Sharing::DEFAULT };
        let budget = Budget { sharing, ..Budget::new(limit, Period::Total) };
        let tally = Arc::new(Tally::default());
        tally.restore_spent(now, &SpentByPeriod { total: spent, ..SpentByPeriod::default() });
        // Beside what is called: of who calls it is none, and no record names it.
        let id = AccountId { level: Level::Model, number };
        let holder = Holder { level: id.level, name: Some(name.into()) };
        let rules = Arc::new(Rules::new(&Limits::default(), vec![budget]));
        Self { link: Link { id, holder, tally, rules, generation: 1 } }
    }

    /// What is spent of it, without what is held.
    #[must_use]
    pub fn spent(&self, now: Micros) -> NanoUsd {
        let views = self.link.tally.budget_views(&self.link.rules, now);
        views.first().map_or(NanoUsd::ZERO, |view| view.spent)
    }
}

/// What an errand came to.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Of the call and all that it started.
    pub cost: NanoUsd,
    /// The same.
    pub usage: Usage,
    /// Microseconds to the first byte.
    pub first_byte_us: Option<u64>,
    /// Microseconds to the last byte; nothing before the call is over.
    pub total_us: Option<u64>,
    /// What the cache said.
    pub cache: String,
}

/// See the module.
#[derive(Debug)]
pub struct Errand {
    pub(crate) key: KeyId,
    purse: Option<Purse>,
    told: Mutex<Told>,
}

impl Errand {
    /// A call with that key; what it may spend is taken of the purse besides.
    #[must_use]
    pub fn new(key: KeyId, purse: Option<Purse>) -> Self {
        Self { key, purse, told: Mutex::default() }
    }

    /// What is known of it so far; all of it where the call is over.
    #[must_use]
    pub fn told(&self) -> Told {
        self.told.lock().clone()
    }

    pub(crate) fn link(&self) -> Option<Link> {
        self.purse.as_ref().map(|purse| purse.link.clone())
    }

    /// A call of it ends.
    pub(crate) fn tell(&self, record: &Record) {
        let mut told = self.told.lock();
        told.cost = told.cost.plus(record.cost());
        for attempt in &record.attempts {
            let usage = &attempt.usage;
            told.usage.input_tokens = told.usage.input_tokens.saturating_add(usage.input_tokens);
            told.usage.output_tokens = told.usage.output_tokens.saturating_add(usage.output_tokens);
        }
        if record.parent.is_none() {
            (told.first_byte_us, told.total_us) = (record.first_byte_us, Some(record.total_us));
            told.cache.clone_from(&record.cache);
        }
    }
}
