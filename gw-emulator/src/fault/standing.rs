//! Faults set ahead of time for a model name (`POST /emulator/faults`), because a gateway in between
//! may strip headers and rename models, and the counters of flaky callers. Bounded maps behind one
//! short lock; it must not be held while anything is awaited.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use super::{FaultError, Faults};
use crate::hash::Hash;

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
    share: Share,
    seen: u64,
}

/// Which part of the requests a standing fault hits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Share(f64);

impl Share {
    /// Every request.
    pub(crate) const ALL: Self = Self(1.0);

    /// A part above 0 and at most 1.
    pub(crate) fn of(part: f64) -> Option<Self> {
        (part > 0.0 && part <= 1.0).then_some(Self(part))
    }

    /// The part as a number.
    pub(crate) fn part(self) -> f64 {
        self.0
    }

    /// Whether the n-th request is hit: always the same ones, but in no pattern that retries could fall in step with.
    fn hits(self, n: u64) -> bool {
        let drawn = u32::try_from(Hash::of(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()) >> 32);
        f64::from(drawn.unwrap_or(0)) < self.0 * f64::from(u32::MAX)
    }
}

impl Standing {
    /// Sets the faults of a model (`*` for all) for this share of its requests, the next `times` of them or
    /// until cleared. An empty list clears.
    pub(crate) fn set(
        &self,
        model: &str,
        list: &str,
        times: Option<u64>,
        share: Share,
    ) -> Result<(), FaultError> {
        Faults::default().add(list)?;
        let mut entries = self.entries.lock();
        if list.trim().is_empty() || times == Some(0) {
            entries.remove(model);
            return Ok(());
        }
        if entries.len() >= MAX_ENTRIES && !entries.contains_key(model) {
            entries.pop_first();
        }
        entries.insert(model.to_owned(), Entry { list: list.to_owned(), left: times, share, seen: 0 });
        Ok(())
    }

    /// Adds what stands for `model` (first `*`, then the name itself) to `faults`, using up one of a
    /// counted entry's times.
    pub(crate) fn add_to(&self, model: &str, faults: &mut Faults) -> Result<(), FaultError> {
        let mut entries = self.entries.lock();
        for name in ["*", model] {
            let Some(entry) = entries.get_mut(name) else { continue };
            entry.seen += 1;
            if !entry.share.hits(entry.seen) {
                continue;
            }
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

    /// All entries as (model, faults, times left, share).
    pub(crate) fn list(&self) -> Vec<(String, String, Option<u64>, Share)> {
        let entries = self.entries.lock();
        let copy =
            |(model, entry): (&String, &Entry)| (model.clone(), entry.list.clone(), entry.left, entry.share);
        entries.iter().map(copy).collect()
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
