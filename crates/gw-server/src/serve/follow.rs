//! Follows what other nodes change in a database that they share: keys, what stands above and beside them, credentials,
//! providers, models and routes are in force here within a second. One thread, never on the request path. A notification only wakes it; what changed stands in a list, which is
//! read from where it was left, so that nothing is missed while the database is away.

use crate::app::blocks::BlockError;
use crate::app::routes::RoutesError;
use crate::app::state::App;
use crate::app::{accounts, audit, blocks, credentials, keys, routes, settings};
use gw_ingress::listen::worker::Phase;
use gw_model::{AccountId, KeyId, Level};
use gw_store::StoreError;
use gw_store::restore::restore_budgets;
use gw_store::traits::Database;
use gw_store::traits::Watch;
use gw_store::types::Change;
use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often is looked, also without a notification.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How often it is read what other nodes' calls cost, and how many times as long as reading took passes until the next: with
/// very many keys that takes its time.
const SPENT_EVERY: Duration = Duration::from_secs(1);
const SPENT_SHARE: u32 = 50;

/// Changes that are read at once.
const PAGE: usize = 1_000;

/// Starts the thread, where there is somebody to follow; it ends with the process's last phase.
pub(super) fn start(app: &Arc<App>, phase: watch::Receiver<Phase>) -> io::Result<Option<JoinHandle<()>>> {
    let Some(watch) = app.storage.watch() else { return Ok(None) };
    let (app, last) = (Arc::clone(app), app.storage.revision);
    let thread = std::thread::Builder::new()
        .name("follow".to_owned())
        .spawn(move || Follower { app, watch, last, is_failing: false, spent_due: now() }.run(&phase))?;
    Ok(Some(thread))
}

struct Follower {
    app: Arc<App>,
    watch: Box<dyn Watch>,
    /// The latest change that is in force.
    last: i64,
    is_failing: bool,
    /// When it is to be read next what was spent.
    spent_due: Instant,
}

impl Follower {
    fn run(mut self, phase: &watch::Receiver<Phase>) {
        while *phase.borrow() < Phase::Ending {
            let done = self.look();
            self.note(&done);
            self.watch.wait(LOOK_EVERY);
        }
        if self.app.storage.is_up() {
            let done = self.watch.tend(self.app.gateway.clock().now(), true);
            self.note(&done);
        }
    }

    fn look(&mut self) -> Result<(), StoreError> {
        let database = Arc::clone(&self.app.storage.database);
        loop {
            let changes = database.changes_after(self.last, PAGE)?;
            let Some(latest) = changes.last().map(|change| change.revision) else { break };
            self.fresh(|it| it.take(&changes))?;
            self.last = latest;
            self.app.note_in_force(latest);
        }
        let revision = database.revision()?;
        if revision < self.last && database.is_up() {
            tracing::warn!("the database is older than it was; everything is read again");
            self.fresh(|it| {
                accounts::reload(&it.app)?;
                keys::reload(&it.app)?;
                it.take_blocks()
            })?;
            self.last = revision;
            self.app.note_in_force(revision);
        }
        self.take_spent(&*database)?;
        audit::write_waiting(&self.app)?;
        self.watch.tend(self.app.gateway.clock().now(), false)
    }

    /// Has changes read and put in force. Where the database went away meanwhile, what it said last was read in place of what it
    /// says now, and the changes are to be read once more: they would be passed over for good.
    fn fresh(&self, read: impl FnOnce(&Self) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let database = &self.app.storage.database;
        let before = database.stood_in();
        read(self)?;
        if database.stood_in() == before {
            return Ok(());
        }
        let reason = "it went away while changes were read".to_owned();
        Err(StoreError::Unavailable { operation: "follow changes", reason })
    }

    /// What was spent on all nodes counts in the budgets here. A node's own calls count at once, whatever the database
    /// knows of them.
    fn take_spent(&mut self, database: &dyn Database) -> Result<(), StoreError> {
        let started = now();
        if started < self.spent_due || !database.is_up() {
            return Ok(());
        }
        let gateway = &self.app.gateway;
        restore_budgets(database, &gateway.keys, gateway.clock().now())?;
        self.spent_due = now() + SPENT_EVERY.max(started.elapsed() * SPENT_SHARE);
        Ok(())
    }

    fn take(&self, changes: &[Change]) -> Result<(), StoreError> {
        let of = |kind: &str| changes.iter().filter(|change| change.kind == kind).map(|c| &*c.id).collect();
        let (ids, names, graphs): (HashSet<&str>, HashSet<&str>, HashSet<&str>) =
            (of("key"), of("credential"), of("route"));
        let is_account = |c: &&Change| Level::from_name(&c.kind).is_some_and(|level| level != Level::Key);
        let of_accounts: HashSet<AccountId> =
            changes.iter().filter(is_account).filter_map(|change| change.id.parse().ok()).collect();
        // Before the keys, which refer to them.
        if !of_accounts.is_empty() {
            accounts::refresh(&self.app, &of_accounts.into_iter().collect::<Vec<_>>())?;
        }
        if !ids.is_empty() {
            let ids: Vec<KeyId> = ids.into_iter().filter_map(|id| id.parse().ok()).collect();
            keys::refresh(&self.app, &ids)?;
        }
        if !names.is_empty() {
            credentials::refresh(&self.app, &names)?;
        }
        // With them the routes, which name them.
        if changes.iter().any(|change| change.kind == "config") {
            self.take_blocks()?;
        } else if !graphs.is_empty() {
            self.take_routes()?;
        }
        Ok(())
    }

    /// What does not go with this node's file is left out and logged there. What the database did not tell is asked again.
    fn take_routes(&self) -> Result<(), StoreError> {
        match routes::refresh(&self.app) {
            Err(RoutesError::Store(error)) => return Err(error),
            Err(error) => tracing::error!(%error, "routes of another node cannot be put in force"),
            Ok(()) => {}
        }
        Ok(())
    }

    fn take_blocks(&self) -> Result<(), StoreError> {
        // Where settings changed, all of the configuration is in force anew.
        if settings::refresh(&self.app)? {
            return Ok(());
        }
        match blocks::refresh(&self.app) {
            Err(BlockError::Store(error)) => return Err(error),
            Err(error) => {
                tracing::error!(%error, "providers and models of another node cannot be put in force")
            }
            Ok(()) => {}
        }
        Ok(())
    }

    fn note(&mut self, done: &Result<(), StoreError>) {
        match done {
            Ok(()) => self.is_failing = false,
            // Whoever talks to the database says that it is away.
            Err(error) if error.is_unavailable() => {}
            Err(error) if !self.is_failing => {
                self.is_failing = true;
                tracing::error!(%error, "changes of other nodes cannot be followed; it is tried again and again");
            }
            Err(_) => {}
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "when to look next; no result depends on it")]
fn now() -> Instant {
    Instant::now()
}
