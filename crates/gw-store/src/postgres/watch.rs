//! Waiting for what other nodes change, and what is done beside it: names noted that had to wait, the copy of the last
//! state renewed. Serves whoever follows changes, on one thread of its own.

use super::db::PostgresStore;
use super::session::Session;
use super::standby::StateCopy;
use crate::error::StoreError;
use crate::traits::{
    AccountStore, BlockStore, CredentialStore, Database, Directory, Ledger, RouteStore, Watch,
};
use crate::types::AccountFilter;
use gw_model::{Level, Micros};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Rows that are read at once.
const PAGE: usize = 10_000;

/// A notification that comes while this passes is waited for once more: one look for many changes.
const TOGETHER: Duration = Duration::from_millis(5);

/// Pause between two tries to listen.
const AWAY: Duration = Duration::from_millis(200);

/// How long a copy is good after a change, and when nothing changed but what was spent.
const COPY_AFTER_CHANGE: Duration = Duration::from_millis(500);
const COPY_EVERY: Duration = Duration::from_secs(60);
/// The process does not stay for a copy that takes longer.
const LONGEST_LAST_COPY: Duration = Duration::from_secs(1);
/// With very many keys a copy takes its time; this many times as long passes until the next.
const COPY_SHARE: u32 = 20;

impl Database for PostgresStore {
    fn is_up(&self) -> bool {
        Self::is_up(self)
    }

    fn stood_in(&self) -> u64 {
        self.standby.stood_in()
    }

    fn watch(self: Arc<Self>) -> Option<Box<dyn Watch>> {
        Some(Box::new(Watcher {
            store: self,
            session: None,
            copied: None,
            cost: Duration::ZERO,
            revision: -1,
        }))
    }
}

/// See the module.
#[derive(Debug)]
struct Watcher {
    store: Arc<PostgresStore>,
    session: Option<Session>,
    /// When the last copy was made, what it took, and the latest change in it.
    copied: Option<Instant>,
    cost: Duration,
    revision: i64,
}

impl Watch for Watcher {
    fn wait(&mut self, limit: Duration) {
        let started = now();
        // Whatever else fails. What is wrong with the database is told by whoever reads there next.
        if let Err(error) = self.store.check_key_again() {
            tracing::debug!(%error, "the encryption key cannot be looked at");
        }
        if self.session.is_none() {
            self.session = self.listen();
        }
        let is_there = self.session.as_mut().is_some_and(|session| session.wait(limit));
        let pause = if is_there { TOGETHER } else { AWAY };
        if !is_there {
            self.session = None;
        }
        std::thread::sleep(limit.saturating_sub(started.elapsed()).min(pause));
    }

    fn tend(&mut self, now: Micros, all: bool) -> Result<(), StoreError> {
        let labels = self.store.standby.take_labels();
        self.store.label_keys(&labels)?;
        let revision = self.store.revision()?;
        if !self.store.is_up() {
            return Ok(());
        }
        self.store.standby.forget();
        let age = self.copied.map(|at| at.elapsed());
        let (enough, pause) =
            (self.cost * COPY_SHARE, if revision == self.revision { COPY_EVERY } else { COPY_AFTER_CHANGE });
        let all = all && self.cost < LONGEST_LAST_COPY;
        if all || age.is_none_or(|age| age >= pause.max(enough)) {
            self.copy(now, revision)?;
        }
        Ok(())
    }
}

impl Watcher {
    fn listen(&self) -> Option<Session> {
        let mut session = self.store.own_session().ok()?;
        let limit = super::db::ANSWER_LIMIT;
        session.run(limit, async |db| db.batch("LISTEN gatewright_changes").await).ok()?;
        Some(session)
    }

    fn copy(&mut self, time: Micros, revision: i64) -> Result<(), StoreError> {
        let started = now();
        let store = &self.store;
        let mut copy = StateCopy { taken_at: time, revision, ..StateCopy::default() };
        while let Some(page) =
            Some(store.keys(copy.keys.last().map(|key| key.id), PAGE)?).filter(|page| !page.is_empty())
        {
            copy.keys.extend(page);
        }
        // Most have none, and there are many kinds of them to ask for.
        let levels = if store.has_accounts()? { Level::ALL } else { &[] };
        for level in levels.iter().filter(|level| **level != Level::Key) {
            let mut filter = AccountFilter::of(*level, PAGE);
            while let Some(page) = Some(store.accounts(&filter)?).filter(|page| !page.is_empty()) {
                filter.after = page.last().map(|account| account.id);
                copy.accounts.extend(page);
            }
        }
        copy.credentials = store.credentials()?;
        copy.blocks = store.blocks()?;
        copy.routes = store.routes()?;
        copy.spent = store.spent(time)?;
        copy.accounts_spent = store.accounts_spent(None, time)?;
        if !store.is_up() {
            return Ok(());
        }
        store.standby.write(&copy)?;
        (self.copied, self.cost, self.revision) = (Some(now()), started.elapsed(), revision);
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "when to copy again; no result depends on it")]
fn now() -> Instant {
    Instant::now()
}
