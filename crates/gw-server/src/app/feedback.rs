//! How often applications may say something about their calls: so much of one key in a while, and so much at once. Serves the
//! data plane's feedback, which is no call and so within no limits of calls. It must not know what is said.

use super::places::{Place, Places};
use gw_model::{ErrorCode, KeyId, Micros, Refusal};
use parking_lot::Mutex;
use std::collections::HashMap;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long a while is, and how often one key may say something within it.
const WHILE: Micros = 10_000_000;
const MOST_OF_A_KEY: u32 = 100;
/// How many may be heard at once: each reads and writes a row.
const AT_ONCE: usize = 64;
/// How many of one key, and of all, may wait for records that are on their way.
const MOST_WAITING_OF_A_KEY: usize = 16;
const MOST_WAITING: usize = 1_024;

/// See the module.
pub(crate) struct Pace {
    lately: Mutex<Lately>,
    at_once: Semaphore,
    waiting: Places<Option<KeyId>>,
}

/// Of whom how much was heard in this while.
#[derive(Default)]
struct Lately {
    number: i64,
    heard: HashMap<Option<KeyId>, u32>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            lately: Mutex::default(),
            at_once: Semaphore::new(AT_ONCE),
            waiting: Places::new(MOST_WAITING, MOST_WAITING_OF_A_KEY),
        }
    }
}

impl Pace {
    /// Lets one in; `by` is `None` for the master key. Errors: it said enough for now.
    pub(crate) fn hear(&self, by: Option<KeyId>, now: Micros) -> Result<(), Refusal> {
        if !self.lately.lock().takes(by, now.div_euclid(WHILE)) {
            let text =
                format!("a key may give feedback {MOST_OF_A_KEY} times in {} seconds", WHILE / 1_000_000);
            let left = (WHILE - now.rem_euclid(WHILE)).div_euclid(1_000_000) + 1;
            let left = u32::try_from(left).unwrap_or(1);
            return Err(Refusal::new(ErrorCode::RateLimitExceeded, text).retry_after(left));
        }
        Ok(())
    }

    /// A place to wait for a record; `None` where too many wait.
    pub(crate) fn wait(&self, by: Option<KeyId>) -> Option<Place<'_, Option<KeyId>>> {
        self.waiting.take(by)
    }

    /// Lets one read and write. Errors: there are too many.
    pub(crate) fn begin(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        self.at_once.try_acquire().map_err(|_| {
            Refusal::new(ErrorCode::Overloaded, "too much feedback comes at once; try again").retry_after(1)
        })
    }
}

impl Lately {
    fn takes(&mut self, by: Option<KeyId>, number: i64) -> bool {
        if number != self.number {
            // Nothing of an earlier while is needed: there are no more entries than keys that spoke in this one.
            (self.number, self.heard) = (number, HashMap::new());
        }
        let heard = self.heard.entry(by).or_default();
        *heard = heard.saturating_add(1);
        *heard <= MOST_OF_A_KEY
    }
}

#[cfg(test)]
mod tests;
