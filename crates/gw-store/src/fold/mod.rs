//! Folds the journal into the store: a thread of its own reads what workers append and moves it over, in
//! one transaction per round. Serves the record stage, afterwards. The journal is the queue: there is no
//! channel, and a store that is down only makes the journal longer. It must not lose or double an entry,
//! whenever the process ends.

mod chain;
mod newly;
mod open_calls;
mod put;
mod remove;
mod replay;
mod round;
mod settings;
mod thread;

pub use newly::{Following, Newly};
pub use put::put;
pub use replay::{ReplayReport, forget, replay};
pub use settings::{FoldSettings, FoldStats};
pub use thread::Folder;

use crate::error::StoreError;
use crate::memory::{Gates, MAX_PURSES};
use crate::traits::Ledger;
use gw_model::Micros;
use gw_model::limits::Period;

/// Sets, at start-up, what was spent behind each budget of a dynamic route; `period_of` says over what time a budget
/// counts, by its gate, as far as that is in force. Call it as [`crate::restore::restore_budgets`].
pub fn restore_tolls(
    ledger: &dyn Ledger,
    gates: &Gates,
    now: Micros,
    period_of: &dyn Fn(u64) -> Option<Period>,
) -> Result<(), StoreError> {
    let counts_ever = |gate| period_of(gate) == Some(Period::Total);
    for (counter, spent) in ledger.tolls(now, MAX_PURSES, &counts_ever)? {
        let period = period_of(counter.gate).unwrap_or(Period::Month);
        gates.purses.restore(counter, period, now, &spent);
    }
    Ok(())
}
