//! Which records were stored just now, for whoever follows them live. The fold notes them while somebody does; nobody who
//! follows keeps the fold waiting.

use parking_lot::Mutex;
use std::mem::take;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Ids that wait for whoever follows; what comes beyond is counted.
const MAX_WAITING: usize = 20_000;

#[derive(Debug, Default)]
struct Waiting {
    ids: Vec<u128>,
    missed: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Newly {
    followers: AtomicUsize,
    waiting: Mutex<Waiting>,
}

/// Somebody follows until this is dropped.
#[derive(Debug)]
pub struct Following(Arc<Newly>);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.followers.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Newly {
    /// From now on records are noted. What waits from earlier times is forgotten.
    #[must_use]
    pub fn follow(self: &Arc<Self>) -> Following {
        if self.followers.fetch_add(1, Ordering::AcqRel) == 0 {
            *self.waiting.lock() = Waiting::default();
        }
        Following(Arc::clone(self))
    }

    /// Ids of records that were stored since the last call, and how many more there were.
    #[must_use]
    pub fn take(&self) -> (Vec<u128>, u64) {
        let Waiting { ids, missed } = take(&mut *self.waiting.lock());
        (ids, missed)
    }

    /// Does anybody follow?
    pub(super) fn is_followed(&self) -> bool {
        self.followers.load(Ordering::Acquire) > 0
    }

    /// These were stored.
    pub(super) fn add(&self, ids: &[u128]) {
        if ids.is_empty() {
            return;
        }
        let mut waiting = self.waiting.lock();
        let room = MAX_WAITING.saturating_sub(waiting.ids.len()).min(ids.len());
        let (kept, left) = ids.split_at(room);
        waiting.ids.extend_from_slice(kept);
        waiting.missed += left.len() as u64;
    }
}

#[cfg(test)]
mod tests;
