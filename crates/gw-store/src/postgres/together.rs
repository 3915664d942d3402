//! Several changes of one thread in one transaction: while it lasts, whatever that thread asks of the store takes part. It must
//! not outlive the call that began it.

use super::db::{ANSWER_LIMIT, PostgresStore};
use super::directory::IN_ORDER;
use super::fault::Fault;
use super::session::Session;
use crate::error::StoreError;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::thread::{self, ThreadId};

/// Connections of threads that are within a transaction.
#[derive(Debug, Default)]
pub(super) struct Within(Mutex<HashMap<ThreadId, Session>>);

impl Within {
    /// This thread's connection, to be put back.
    pub(super) fn take(&self) -> Option<Session> {
        self.0.lock().remove(&thread::current().id())
    }

    pub(super) fn put(&self, session: Session) {
        self.0.lock().insert(thread::current().id(), session);
    }
}

/// Ends what was begun, also where the work panics.
struct Begun<'s> {
    store: &'s PostgresStore,
    /// The connection is back with the others.
    over: bool,
}

impl Begun<'_> {
    fn end(mut self, keep: bool) -> Result<(), Fault> {
        self.over = true;
        let Some(mut session) = self.store.within.take() else { return Err(Fault::Timeout) };
        let ended = session.end(ANSWER_LIMIT, keep);
        self.store.lent(session, &ended);
        ended
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.over {
            // Without its connection the server undoes the transaction.
            drop(self.store.within.take());
            self.store.give_back(None);
        }
    }
}

impl PostgresStore {
    /// Runs `work` in one transaction, in the order of all changes. `None` from it undoes everything.
    pub(super) fn together<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Self) -> Result<Option<T>, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let failed = |fault: Fault| fault.into_error(operation);
        let mut session = self.take().map_err(failed)?;
        let begun = session.begin(ANSWER_LIMIT, IN_ORDER);
        if begun.is_err() {
            self.lent(session, &begun);
            return begun.map(|()| None).map_err(failed);
        }
        self.within.put(session);
        let begun = Begun { store: self, over: false };
        let done = work(self);
        let ended = begun.end(matches!(done, Ok(Some(_))));
        match done {
            Ok(Some(done)) => ended.map(|()| Some(done)).map_err(failed),
            other => other,
        }
    }
}
