//! What was thrown away lately, for answers that are on their way meanwhile. It must not throw anything away itself.

use gw_store::answers::{AnswerKey, Labels, Purge};
use parking_lot::Mutex;
use std::collections::VecDeque;

/// How many purges are remembered; what is older takes all answers that were on their way then.
const MAX_PURGES: usize = 64;

/// See the module.
#[derive(Default)]
pub(super) struct Purged(Mutex<Lately>);

#[derive(Default)]
struct Lately {
    count: u64,
    last: VecDeque<Purge>,
}

impl Purged {
    /// Answers are about to be thrown away.
    pub(super) fn note(&self, purge: &Purge) {
        let mut lately = self.0.lock();
        lately.count += 1;
        if lately.last.len() >= MAX_PURGES {
            lately.last.pop_front();
        }
        lately.last.push_back(purge.clone());
    }

    /// How often.
    pub(super) fn count(&self) -> u64 {
        self.0.lock().count
    }

    /// Does any purge after so many take this answer?
    pub(super) fn takes(&self, since: u64, key: &AnswerKey, labels: &Labels) -> bool {
        let lately = self.0.lock();
        let new = usize::try_from(lately.count - since).unwrap_or(usize::MAX);
        new > lately.last.len() || lately.last.iter().rev().take(new).any(|purge| purge.takes(key, labels))
    }
}
