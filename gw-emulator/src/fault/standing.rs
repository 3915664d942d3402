//! Faults set ahead of time for a model name (`POST /emulator/faults`), because a gateway in between
//! may strip headers and rename models, and the counters of flaky callers. Bounded maps behind one
//! short lock; it must not be held while anything is awaited.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use super::{FaultError, Faults};

/// Most model names with standing faults, and most flaky callers counted; the oldest by name go first.
const MAX_ENTRIES: usize = 4096;

/// Standing faults and flaky counters of one emulator.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    entries: Mutex<BTreeMap<String, Entry>>,
    flaky: Mutex<BTreeMap<String, u64>>,
}

#[derive(Debug)]
struct Entry {
    list: String,
    left: Option<u64>,
}

impl Standing {
    /// Sets the faults of a model (`*` for all), for the next `times` requests or until cleared. An
    /// empty list clears.
    pub(crate) fn set(&self, model: &str, list: &str, times: Option<u64>) -> Result<(), FaultError> {
        Faults::default().add(list)?;
        let mut entries = self.entries.lock();
        if list.trim().is_empty() || times == Some(0) {
            entries.remove(model);
            return Ok(());
        }
        if entries.len() >= MAX_ENTRIES && !entries.contains_key(model) {
            entries.pop_first();
        }
        entries.insert(model.to_owned(), Entry { list: list.to_owned(), left: times });
        Ok(())
    }

    /// Adds what stands for `model` (first `*`, then the name itself) to `faults`, using up one of a
    /// counted entry's times.
    pub(crate) fn add_to(&self, model: &str, faults: &mut Faults) -> Result<(), FaultError> {
        let mut entries = self.entries.lock();
        for name in ["*", model] {
            let Some(entry) = entries.get_mut(name) else { continue };
            faults.add(&entry.list)?;
            if let Some(left) = &mut entry.left {
                *left -= 1;
                if *left == 0 {
                    entries.remove(name);
                }
            }
        }
        Ok(())
    }

    /// All entries as (model, faults, times left).
    pub(crate) fn list(&self) -> Vec<(String, String, Option<u64>)> {
        let entries = self.entries.lock();
        entries.iter().map(|(model, entry)| (model.clone(), entry.list.clone(), entry.left)).collect()
    }

    /// Whether the request of this caller is one of the first `limit` that fail.
    pub(crate) fn is_flaky_failure(&self, caller: &str, limit: u64) -> bool {
        let mut flaky = self.flaky.lock();
        if flaky.len() >= MAX_ENTRIES && !flaky.contains_key(caller) {
            flaky.pop_first();
        }
        let seen = flaky.entry(caller.to_owned()).or_insert(0);
        *seen += 1;
        *seen <= limit
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.entries.lock().clear();
        self.flaky.lock().clear();
    }
}
