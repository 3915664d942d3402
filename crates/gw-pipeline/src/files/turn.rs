//! Who charges a batch: one call at a time for each. Plain state; it must not be held for longer than a charge.

use parking_lot::Mutex;
use std::collections::HashSet;

/// Batches that are being charged: at most as many as there are calls in flight.
#[derive(Debug, Default)]
pub(crate) struct Settling(Mutex<HashSet<String>>);

/// A turn; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    all: &'a Settling,
    id: String,
}

impl Settling {
    /// A turn at this batch; `None` when somebody else has it.
    pub(crate) fn begin(&self, id: &str) -> Option<Turn<'_>> {
        let is_free = self.0.lock().insert(id.to_owned());
        is_free.then(|| Turn { all: self, id: id.to_owned() })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.all.0.lock().remove(&self.id);
    }
}
