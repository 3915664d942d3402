//! Waits for an entry of the journal to be written. Calls that a worker goes on with one after another share a write: each
//! lets those go first that can go on already, and the first to come back writes for all. It must not act on what the
//! entry says, nor leave one behind that its call no longer waits for.

use gw_store::journal::{Journal, JournalError, Taken};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// After one that let others go first and found none, so many do not.
const ALONE: u8 = 32;

/// Whether letting others go first is worth its while. One for each worker.
#[derive(Debug, Default)]
pub(crate) struct Company {
    alone: Cell<u8>,
}

impl Company {
    /// Are there others to be expected?
    fn is_expected(&self) -> bool {
        let alone = self.alone.get();
        self.alone.set(alone.saturating_sub(1));
        alone == 0
    }

    fn note_none(&self) {
        self.alone.set(ALONE);
    }
}

/// See the module.
#[must_use = "nobody knows whether the entry was written"]
pub(crate) struct Writing<'a> {
    journal: &'a RefCell<Journal>,
    company: &'a Company,
    taken: Option<Taken>,
    /// How many writes there had been when it let the others go first.
    waited: Option<u64>,
}

impl<'a> Writing<'a> {
    pub(crate) const fn new(journal: &'a RefCell<Journal>, company: &'a Company, taken: Taken) -> Self {
        Self { journal, company, taken: Some(taken), waited: None }
    }

    fn finish(&mut self) -> Result<(), JournalError> {
        let Some(taken) = self.taken.take() else { return Ok(()) };
        let mut journal = self.journal.borrow_mut();
        if self.waited.is_some_and(|writes| journal.writes() == writes) && journal.waiting() == 1 {
            self.company.note_none();
        }
        journal.written(taken)
    }
}

impl Future for Writing<'_> {
    type Output = Result<(), JournalError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.waited.is_none() && this.company.is_expected() {
            this.waited = Some(this.journal.borrow().writes());
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(this.finish())
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.finish() {
            tracing::error!(%error, "an entry of a call that was given up could not be written to the journal");
        }
    }
}

#[cfg(test)]
mod tests;
