//! Answers in a SQLite file of their own: sealed, bounded in bytes, the oldest go first. Serves the shelf's thread. It is a
//! cache: a file that is damaged, or of another version, is thrown away with a line in the log, and never holds a call up.

use super::Purged;
use super::purges::{Owed, Purges};
use crate::answers::form::AnswerSeal;
use crate::answers::similar::{Index, Turn};
use crate::answers::{Answer, AnswerKey, Labels, Purge};
use gw_model::{AccountId, Clock, KeyId};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Grows when the tables change.
const VERSION: i32 = 1;

/// How often purges are tried again that the file did not take.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// Answers that are thrown away at once to make room.
const EVICTED_AT_ONCE: i64 = 64;

const TABLES: &str = "
CREATE TABLE answers (
    key BLOB PRIMARY KEY, stored_at INTEGER NOT NULL, until INTEGER NOT NULL, bytes INTEGER NOT NULL,
    labels TEXT NOT NULL, answer BLOB NOT NULL, turn BLOB
);
CREATE INDEX answers_by_age ON answers (stored_at);
";

/// Where answers are, and how many.
#[derive(Clone, Debug)]
pub struct DiskSettings {
    /// The file.
    pub path: PathBuf,
    /// What all answers may take, in bytes.
    pub max_bytes: u64,
    /// The longest that a call waits for an answer.
    pub within: Duration,
}

/// What an answer can be thrown away by: none of it is content.
#[derive(Serialize, Deserialize)]
struct Told {
    model: String,
    key: Option<KeyId>,
    accounts: Vec<AccountId>,
    tags: Vec<String>,
}

/// See the module.
pub(super) struct Disk {
    settings: DiskSettings,
    seal: AnswerSeal,
    clock: Arc<dyn Clock>,
    /// `None`: it can not be used, and everything is a miss.
    db: Option<Connection>,
    bytes: u64,
    purges: Arc<Purges>,
    /// When purges that the file did not take were last tried again.
    tried_at: Option<Instant>,
}

impl Disk {
    pub(super) fn open(
        settings: DiskSettings,
        seal: AnswerSeal,
        clock: Arc<dyn Clock>,
        purges: Arc<Purges>,
    ) -> Self {
        let mut disk = Self { settings, seal, clock, db: None, bytes: 0, purges, tried_at: None };
        match connect(&disk.settings.path) {
            Ok(db) => disk.db = Some(db),
            Err(error) => disk.begin_anew(&error),
        }
        disk.count();
        disk
    }

    /// Throws the file away.
    fn begin_anew(&mut self, why: &rusqlite::Error) {
        let path = &self.settings.path;
        tracing::warn!(file = %path.display(), error = %why, "the cache on disk is damaged and begins anew");
        self.db = None;
        self.bytes = 0;
        for ending in ["", "-wal", "-shm", "-journal"] {
            let mut name = path.clone().into_os_string();
            name.push(ending);
            // What is not there need not go.
            let _ = std::fs::remove_file(name);
        }
        match connect(path) {
            Ok(db) => self.db = Some(db),
            Err(error) => tracing::error!(file = %path.display(), %error, "there is no cache on disk"),
        }
    }

    /// Does something with the file; gives it up where it is damaged.
    fn with<T: Default>(&mut self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> T {
        self.attempt(work).unwrap_or_default()
    }

    /// The same. `None`: it could not be done, and what the file holds is still there.
    fn attempt<T: Default>(&mut self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Option<T> {
        let Some(db) = &self.db else { return (!self.settings.path.exists()).then(T::default) };
        match work(db) {
            Ok(done) => Some(done),
            Err(error) => {
                use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
                if let Some(DatabaseCorrupt | NotADatabase) = error.sqlite_error_code() {
                    self.begin_anew(&error);
                    return (self.db.is_some() || !self.settings.path.exists()).then(T::default);
                }
                tracing::warn!(%error, "the cache on disk does not answer");
                None
            }
        }
    }

    fn count(&mut self) {
        let sum: i64 =
            self.with(|db| db.query_row("SELECT COALESCE(SUM(bytes), 0) FROM answers", [], |row| row.get(0)));
        self.bytes = u64::try_from(sum).unwrap_or(0);
    }

    pub(super) fn get(&mut self, key: &AnswerKey) -> Option<Answer> {
        let now = self.clock.now();
        let sealed: Option<Vec<u8>> = self.with(|db| {
            let mut query = db.prepare_cached("SELECT answer FROM answers WHERE key = ? AND until > ?")?;
            query.query_row(params![&key.0[..], now], |row| row.get(0)).optional()
        });
        let answer = self.seal.open_answer(key, &sealed?)?;
        (!self.purges.takes(key, &answer)).then_some(answer)
    }

    pub(super) fn put(&mut self, key: &AnswerKey, answer: &Answer, turn: Option<&Turn>) {
        let (Ok(sealed), turn) = (self.seal.answer(key, answer), turn.map(|turn| self.seal.turn(key, turn)))
        else {
            return;
        };
        let turn = turn.and_then(Result::ok);
        let Labels { model, key: of_key, accounts, tags } = &answer.labels;
        let told =
            Told { model: model.to_string(), key: *of_key, accounts: accounts.clone(), tags: tags.clone() };
        let Ok(labels) = serde_json::to_string(&told) else { return };
        let bytes = (sealed.len() + turn.as_ref().map_or(0, Vec::len) + labels.len() + 256) as u64;
        if bytes > self.settings.max_bytes {
            return;
        }
        let before: i64 = self.with(|db| {
            let mut query = db.prepare_cached("SELECT bytes FROM answers WHERE key = ?")?;
            let before = query.query_row([&key.0[..]], |row| row.get(0)).optional()?.unwrap_or(0);
            let mut write = db.prepare_cached(
                // An answer that is fetched anew has the turn that it had.
                "INSERT INTO answers (key, stored_at, until, bytes, labels, answer, turn) VALUES (?,?,?,?,?,?,?) \
                 ON CONFLICT (key) DO UPDATE SET stored_at = excluded.stored_at, until = excluded.until, \
                 bytes = excluded.bytes, labels = excluded.labels, answer = excluded.answer, \
                 turn = COALESCE(excluded.turn, turn)",
            )?;
            let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
            write.execute(params![&key.0[..], answer.stored_at, answer.until, bytes, labels, sealed, turn])?;
            Ok(before)
        });
        self.bytes = (self.bytes + bytes).saturating_sub(u64::try_from(before).unwrap_or(0));
        self.make_room();
    }

    /// What is too old goes first, then what is oldest.
    fn make_room(&mut self) {
        if self.bytes <= self.settings.max_bytes {
            return;
        }
        let now = self.clock.now();
        self.with(|db| db.execute("DELETE FROM answers WHERE until <= ?", [now]));
        self.count();
        while self.bytes > self.settings.max_bytes {
            let gone = self.with(|db| {
                db.execute(
                    "DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY stored_at LIMIT ?)",
                    [EVICTED_AT_ONCE],
                )
            });
            self.count();
            if gone == 0 {
                return;
            }
        }
    }

    pub(super) fn purge(&mut self, purge: Purge) -> Purged {
        self.purges.owe(self.clock.now(), purge);
        let keys = self.carry_out();
        Purged { keys, is_pending: self.purges.pending() > 0 }
    }

    /// Tries again what the file did not take, now and then.
    pub(super) fn catch_up(&mut self) {
        let is_time = self.tried_at.is_none_or(|at| at.elapsed() >= RETRY_EVERY);
        if is_time && self.purges.pending() > 0 {
            self.carry_out();
        }
    }

    /// Throws away what is to be thrown away, as far as the file takes it: the keys.
    pub(super) fn carry_out(&mut self) -> Vec<AnswerKey> {
        let owed = self.purges.owed();
        if owed.is_empty() {
            return Vec::new();
        }
        self.tried_at = Some(now());
        let Some(keys) = self.throw_away(&owed) else { return Vec::new() };
        self.purges.done(&owed, false);
        self.count();
        keys
    }

    fn throw_away(&mut self, owed: &[Owed]) -> Option<Vec<AnswerKey>> {
        let all: Vec<(Vec<u8>, String)> = self.attempt(|db| {
            let mut query = db.prepare_cached("SELECT key, labels FROM answers")?;
            query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })?;
        let taken = |(key, labels): (Vec<u8>, String)| {
            let key = AnswerKey(key.try_into().ok()?);
            let Told { model, key: of_key, accounts, tags } = serde_json::from_str(&labels).ok()?;
            let labels = Labels { model: model.into(), key: of_key, accounts, tags };
            // Of a purge that had to wait, what was kept since then goes, too: it is a cache.
            owed.iter().any(|owed| owed.purge.takes(&key, &labels)).then_some(key)
        };
        let keys: Vec<AnswerKey> = all.into_iter().filter_map(taken).collect();
        self.attempt(|db| {
            let tx = db.unchecked_transaction()?;
            for key in &keys {
                tx.prepare_cached("DELETE FROM answers WHERE key = ?")?.execute([&key.0[..]])?;
            }
            tx.commit()
        })?;
        Some(keys)
    }

    /// Takes the turns of all answers into the index, the oldest first.
    pub(super) fn read_turns(&mut self, index: &Index) {
        let now = self.clock.now();
        let mut rooms = std::collections::HashSet::new();
        let mut from = (i64::MIN, Vec::new());
        loop {
            let page: Vec<(i64, Vec<u8>, Vec<u8>)> = self.with(|db| {
                let mut query = db.prepare_cached(
                    "SELECT stored_at, key, turn FROM answers WHERE (stored_at, key) > (?, ?) AND until > ? \
                     AND turn IS NOT NULL ORDER BY stored_at, key LIMIT 500",
                )?;
                let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
                query.query_map(params![from.0, from.1, now], row)?.collect()
            });
            let Some((stored_at, key, _)) = page.last() else { break };
            from = (*stored_at, key.clone());
            for (_, key, sealed) in page {
                let Ok(key) = key.try_into().map(AnswerKey) else { continue };
                if let Some(turn) = self.seal.open_turn(&key, &sealed)
                    && index.put(&turn, key)
                {
                    rooms.insert(turn.room);
                }
            }
        }
        rooms.iter().for_each(|room| index.grow(room));
        let (turns, _) = index.totals();
        tracing::info!(turns, bytes = self.bytes, "the cache on disk is read");
    }
}

/// Opens the file, making it where it is missing. Errors: it is damaged, or of another version.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // Nobody else may read it. Where it cannot be made, SQLite says why.
    let _ = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    let db = Connection::open(path)?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA auto_vacuum = INCREMENTAL;",
    )?;
    let version: i32 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: i64 = db.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (version, tables) {
        (VERSION, _) => {}
        (0, 0) => {
            db.execute_batch(TABLES)?;
            db.pragma_update(None, "user_version", VERSION)?;
        }
        // Of another version.
        _ => return Err(rusqlite::Error::InvalidQuery),
    }
    // What it holds can be read, as far as that is seen without reading all of it.
    db.query_row("SELECT COUNT(*), MAX(stored_at) FROM answers", [], |_| Ok(()))?;
    Ok(db)
}

#[expect(clippy::disallowed_methods, reason = "how long it is ago, not what the clock shows")]
fn now() -> Instant {
    Instant::now()
}
