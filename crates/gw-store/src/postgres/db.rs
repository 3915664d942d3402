//! The store: connections that are kept between uses, and whether the server can be used at present. After a failure
//! the next tries are a moment apart; whoever asks meanwhile hears so at once.

use super::address::Address;
use super::fault::Fault;
use super::migrate::migrate;
use super::session::{Db, Session};
use super::standby::Standby;
use super::together::Within;
use crate::bodies::filing::BodyFiles;
use crate::error::StoreError;
use crate::rows::SharedBounds;
use gw_model::Secret;
use parking_lot::{Condvar, Mutex};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Longest time for what a person or a program waits for.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Longest time for what moves or reads much.
pub(super) const BULK_LIMIT: Duration = Duration::from_secs(60);

/// Longest wait for a connection when all are in use.
const TURN_LIMIT: Duration = Duration::from_secs(3);

/// Shortest and longest pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Tries of a transaction that was in another's way.
const MAX_TRIES: u32 = 4;

/// The name under which it is written down with which encryption key an installation works.
pub(super) const ENCRYPTION_CHECK: &str = "encryption_check";
/// The same of keys that were replaced.
pub(super) const RETIRED_KEYS: &str = "encryption_retired";

/// How the store is used.
#[derive(Clone, Copy, Debug)]
pub struct PostgresSettings {
    /// Most connections at the same time.
    pub max_connections: usize,
    /// This node's number.
    pub node: u64,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self { max_connections: 8, node: 0 }
    }
}

/// The store. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct PostgresStore {
    pub(super) address: Address,
    pub(super) settings: PostgresSettings,
    sessions: Mutex<Sessions>,
    pub(super) within: Within,
    returned: Condvar,
    health: Mutex<Health>,
    up: AtomicBool,
    /// The tables are as this program needs them. False until the server was reached once.
    migrated: Mutex<bool>,
    accepts: Accepts,
    /// The installation works with a key that is not known here: nothing is read or written until it does again.
    is_foreign: AtomicBool,
    /// What stands in for the server while it is away.
    pub(super) standby: Standby,
    /// How much of callers roll-ups tell apart.
    pub(super) bounds: SharedBounds,
    /// Where bodies of calls stand that are not in the database.
    pub(super) files: OnceLock<BodyFiles>,
}

/// Which encryption keys will do for the installation there.
#[derive(Clone, Copy, Debug)]
enum Accepts {
    /// Those that open it, and what is sealed with none that was replaced.
    Newest,
    /// Those that open it: one that was replaced may come back.
    Known,
    /// It does not matter.
    Any,
}

#[derive(Debug, Default)]
struct Sessions {
    idle: Vec<Session>,
    open: usize,
}

#[derive(Debug, Default)]
struct Health {
    /// Why the last try failed.
    reason: String,
    pause: Duration,
    /// No try before.
    rests_until: Option<Instant>,
}

impl PostgresStore {
    /// Connects to a server and brings its tables up to date. Where the server is away and `dir` holds a copy of what
    /// stood there last, goes on from that; the tables are looked at once the server is back.
    ///
    /// # Errors
    /// The address; the server is away and there is no copy; the tables are of a later version; the installation works
    /// with another encryption key.
    pub fn open(
        url: &Secret,
        settings: PostgresSettings,
        encryption_keys: &[Secret],
        dir: &Path,
    ) -> Result<Self, StoreError> {
        let store = Self::new(url, settings, encryption_keys, dir)?;
        match store.connect() {
            Err(StoreError::Unavailable { operation, reason }) => {
                if !store.standby.load()? {
                    return Err(StoreError::Unavailable { operation, reason });
                }
                tracing::warn!(reason, "PostgreSQL cannot be used; the gateway goes on from its last copy");
                Ok(store)
            }
            Err(error) => Err(error),
            Ok(()) => Ok(store),
        }
    }

    /// Connects to a server that is to be filled from elsewhere: it must be there, and whatever encryption key it knew is
    /// about to be replaced.
    pub(crate) fn open_to_fill(
        url: &Secret,
        encryption_keys: &[Secret],
        dir: &Path,
    ) -> Result<Self, StoreError> {
        let store = Self {
            accepts: Accepts::Any,
            ..Self::new(url, PostgresSettings::default(), encryption_keys, dir)?
        };
        store.connect()?;
        Ok(store)
    }

    /// Connects to a server that is only read: its tables stay as they are, and nothing is noted there.
    pub(super) fn open_to_read(url: &Secret) -> Result<Self, StoreError> {
        let store = Self {
            accepts: Accepts::Any,
            migrated: Mutex::new(true),
            ..Self::new(url, PostgresSettings::default(), &[], Path::new(""))?
        };
        store.connect()?;
        Ok(store)
    }

    /// Connects to a server whose installation these keys open, to seal all of it again: it must be there.
    pub(crate) fn open_to_rotate(
        url: &Secret,
        encryption_keys: &[Secret],
        dir: &Path,
    ) -> Result<Self, StoreError> {
        let store = Self {
            accepts: Accepts::Known,
            ..Self::new(url, PostgresSettings::default(), encryption_keys, dir)?
        };
        store.connect()?;
        Ok(store)
    }

    /// Reaches the server for the first time. What is a matter of time later is one of configuration here.
    fn connect(&self) -> Result<(), StoreError> {
        self.with(|session| session.run(ANSWER_LIMIT, async |_| Ok(()))).map_err(|fault| match fault {
            Fault::OtherKey => StoreError::OtherEncryptionKey,
            other => other.into_error("connect to PostgreSQL"),
        })
    }

    fn new(
        url: &Secret,
        settings: PostgresSettings,
        encryption_keys: &[Secret],
        dir: &Path,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            address: Address::parse(url)?,
            settings,
            sessions: Mutex::default(),
            within: Within::default(),
            returned: Condvar::new(),
            health: Mutex::default(),
            up: AtomicBool::new(true),
            migrated: Mutex::new(false),
            accepts: Accepts::Newest,
            is_foreign: AtomicBool::new(false),
            standby: Standby::new(encryption_keys, dir),
            bounds: SharedBounds::default(),
            files: OnceLock::new(),
        })
    }

    /// Microseconds since the epoch, for changes that come without a time.
    #[expect(clippy::unused_self, reason = "beside what needs it")]
    #[expect(clippy::disallowed_methods, reason = "changes that come without a time still have one")]
    pub(super) fn clock(&self) -> gw_model::Micros {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }

    /// Could the server be used the last time that somebody tried?
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    /// Asks the server; `limit` holds for all of it.
    pub(super) fn run<T>(
        &self,
        operation: &'static str,
        limit: Duration,
        work: impl AsyncFnOnce(&mut Db<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        self.with(|session| session.run(limit, work)).map_err(|fault| fault.into_error(operation))
    }

    /// Runs `work` in a transaction, which is undone when it fails.
    pub(super) fn transaction<T>(
        &self,
        operation: &'static str,
        limit: Duration,
        work: impl AsyncFnOnce(&mut Db<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        self.with(|session| session.transaction(limit, work)).map_err(|fault| fault.into_error(operation))
    }

    /// The same for `work` that can be done again when it was in another transaction's way.
    pub(super) fn retried<T>(
        &self,
        operation: &'static str,
        limit: Duration,
        mut work: impl AsyncFnMut(&mut Db<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let mut tries = 1;
        loop {
            match self.with(|session| session.transaction(limit, &mut work)) {
                Err(fault) if fault.is_collision() && tries < MAX_TRIES => tries += 1,
                other => return other.map_err(|fault| fault.into_error(operation)),
            }
        }
    }

    /// Lends a connection. Most want [`Self::run`] or [`Self::transaction`].
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Session) -> Result<T, Fault>) -> Result<T, Fault> {
        if let Some(mut session) = self.within.take() {
            let result = work(&mut session);
            if let Err(fault) = &result {
                session.spoil(fault);
            }
            self.within.put(session);
            return result;
        }
        let mut session = self.take()?;
        let result = work(&mut session);
        self.lent(session, &result);
        result
    }

    /// Takes a connection back, and notes how it went.
    pub(super) fn lent<T>(&self, session: Session, result: &Result<T, Fault>) {
        match result {
            Err(fault) if fault.is_of_server() => self.went_wrong(fault),
            _ => self.went_well(),
        }
        let keep = !matches!(result, Err(fault) if fault.ends_connection());
        self.give_back(keep.then_some(session));
    }

    /// A connection of this thread's own, beside those that are kept: for whoever waits for news.
    pub(super) fn own_session(&self) -> Result<Session, Fault> {
        self.open_session()
    }

    pub(super) fn take(&self) -> Result<Session, Fault> {
        let deadline = now() + TURN_LIMIT;
        let mut sessions = self.sessions.lock();
        loop {
            if self.is_foreign.load(Ordering::Relaxed) {
                let gone = std::mem::take(&mut sessions.idle);
                sessions.open -= gone.len();
                drop(gone);
            }
            if let Some(mut session) = sessions.idle.pop() {
                drop(sessions);
                if session.is_alive() {
                    return Ok(session);
                }
                drop(session);
                // The others came about before and would each have to be waited for.
                sessions = self.sessions.lock();
                let gone = std::mem::take(&mut sessions.idle);
                sessions.open -= 1 + gone.len();
                self.returned.notify_all();
                drop(gone);
                continue;
            }
            if sessions.open < self.settings.max_connections {
                sessions.open += 1;
                drop(sessions);
                let opened = self.open_session();
                if opened.is_err() {
                    self.give_back(None);
                }
                return opened;
            }
            if self.returned.wait_until(&mut sessions, deadline).timed_out() {
                return Err(Fault::Crowded);
            }
        }
    }

    pub(super) fn give_back(&self, session: Option<Session>) {
        let mut sessions = self.sessions.lock();
        match session {
            Some(session) => sessions.idle.push(session),
            None => sessions.open -= 1,
        }
        self.returned.notify_one();
    }

    fn open_session(&self) -> Result<Session, Fault> {
        self.may_try()?;
        let mut session = Session::open(&self.address).inspect_err(|fault| self.went_wrong(fault))?;
        let mut migrated = self.migrated.lock();
        let is_first = !*migrated;
        if is_first {
            migrate(&mut session)?;
            *migrated = true;
        }
        drop(migrated);
        self.check_key(&mut session, is_first).inspect_err(|fault| self.went_wrong(fault))?;
        self.went_well();
        Ok(session)
    }

    /// Credentials and keys of the API say nothing to a node with another encryption key, and nobody could read what it
    /// seals: it does not start, and one that runs goes on as if the server were away. The key may be replaced at any time. Who comes
    /// first of all says which one it is; where nothing says so later, as while tables are restored, there is nothing to check.
    fn check_key(&self, session: &mut Session, is_first: bool) -> Result<(), Fault> {
        if matches!(self.accepts, Accepts::Any) {
            return Ok(());
        }
        let own = self.standby.key_check();
        let notes = is_first && matches!(self.accepts, Accepts::Newest);
        let (needed, retired): (Option<String>, String) = session.run(ANSWER_LIMIT, async |db| {
            let read = "SELECT (SELECT value FROM settings WHERE name = $1), \
                 COALESCE((SELECT value FROM settings WHERE name = $2), '')";
            let row = db.one(read, &[&ENCRYPTION_CHECK, &RETIRED_KEYS]).await?;
            let (needed, retired): (Option<String>, String) = (row.try_get(0)?, row.try_get(1)?);
            if needed.is_some() || !notes {
                return Ok((needed, retired));
            }
            let note = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            db.execute(note, &[&ENCRYPTION_CHECK, &own]).await?;
            let row = db.one(read, &[&ENCRYPTION_CHECK, &RETIRED_KEYS]).await?;
            Ok((row.try_get(0)?, row.try_get(1)?))
        })?;
        let is_known = needed.is_none_or(|needed| self.standby.knows(&needed))
            && (matches!(self.accepts, Accepts::Known) || !self.standby.seals_with(&retired));
        self.is_foreign.store(!is_known, Ordering::Relaxed);
        if is_known { Ok(()) } else { Err(Fault::OtherKey) }
    }

    /// Looks whether the key was replaced since the connections were made.
    pub(super) fn check_key_again(&self) -> Result<(), StoreError> {
        self.with(|session| self.check_key(session, false))
            .map_err(|fault| fault.into_error("look at the encryption key"))
    }

    fn may_try(&self) -> Result<(), Fault> {
        let health = self.health.lock();
        match health.rests_until {
            Some(until) if now() < until => Err(Fault::Resting(health.reason.clone())),
            _ => Ok(()),
        }
    }

    fn went_wrong(&self, fault: &Fault) {
        let mut health = self.health.lock();
        health.reason = fault.reason();
        health.pause = (health.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        health.rests_until = Some(now() + health.pause);
        if self.up.swap(false, Ordering::Relaxed) {
            tracing::error!(reason = health.reason, "PostgreSQL cannot be used; it is tried again and again");
        }
    }

    fn went_well(&self) {
        if self.up.load(Ordering::Relaxed) && self.health.lock().rests_until.is_none() {
            return;
        }
        *self.health.lock() = Health::default();
        if !self.up.swap(true, Ordering::Relaxed) {
            tracing::info!("PostgreSQL can be used again");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "when to try again; no result depends on it")]
fn now() -> Instant {
    Instant::now()
}
