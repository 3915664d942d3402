//! Folds the journal into the store: a thread of its own reads what workers append and moves it over, in
//! one transaction per round. Serves the record stage, afterwards. The journal is the queue: there is no
//! channel, and a store that is down only makes the journal longer. It must not lose or double an entry,
//! whenever the process ends.

mod chain;
mod open_calls;
mod remove;
mod replay;
mod round;
mod settings;
mod thread;

pub use replay::{ReplayReport, replay};
pub use settings::{FoldSettings, FoldStats};
pub use thread::Folder;

use crate::error::StoreError;
use crate::memory::KeyTable;
use crate::traits::Ledger;
use gw_model::Micros;

/// Sets, at start-up, what each key of the table has spent in the windows that hold `now`. Call it after
/// [`replay`] and before the first request.
pub fn restore_budgets(ledger: &dyn Ledger, keys: &KeyTable, now: Micros) -> Result<(), StoreError> {
    for (id, spent) in ledger.spent(now)? {
        if let Some(entry) = keys.get(id) {
            entry.tally.restore_spent(now, &spent);
        }
    }
    Ok(())
}
