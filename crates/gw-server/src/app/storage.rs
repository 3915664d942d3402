//! The store of this process: data directory, secrets, key table, database, journals and the fold, opened and
//! closed in the right order.

use super::body_storage::{self, BodyRoom};
use super::chores::Bell;
use gw_config::compile::{DatabaseSettings, RedisSettings, StoreSettings};
use gw_model::caching::{CachePolicies, CacheStore};
use gw_model::{Clock, Secret};
use gw_pipeline::Masks;
use gw_pipeline::{Gateway, SystemClock};
use gw_store::analytics::RollupLimits;
use gw_store::answers::Purge;
use gw_store::answers::shelf::{DiskSettings, RemoteSettings, Shelf};
use gw_store::audit::AuditSeal;
use gw_store::bodies::{Bodies, BodyContent, BodySealer, BodySettings};
use gw_store::data_dir::{IN_MEMORY, IN_POSTGRES, database_of};
use gw_store::datasets::ItemSealer;
use gw_store::fold::{self, FoldSettings, FoldStats, Folder, Newly};
use gw_store::journal::{Journal, JournalSettings, list_segments};
use gw_store::memory::{KeySource, KeyTable};
use gw_store::objects::{ObjectSettings, Objects, Sealer};
use gw_store::postgres::PostgresSettings;
use gw_store::redis::RedisError;
use gw_store::restore::restore_budgets;
use gw_store::sqlite::DATABASE_FILE;
use gw_store::traits::{Database, Directory, Watch};
use gw_store::{DataDir, PostgresStore, SqliteStore, StoreError, Vault, keys, peppers};
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Environment variable of the master key.
const MASTER_KEY: &str = "GATEWRIGHT_MASTER_KEY";

/// Answers of the cache.
pub(crate) const ANSWERS_FILE: &str = "answers.db";

/// Keys read from the database at once.
const PAGE: usize = 10_000;

/// Most bytes of one journal that one transaction takes over.
const FOLD_BYTES: usize = 4 << 20;

/// See the module.
pub(crate) struct Storage {
    dir: DataDir,
    /// Keys, usage, records.
    pub(crate) database: Arc<dyn Database>,
    /// Keys and their counters, in memory.
    pub(crate) keys: Arc<KeyTable>,
    /// Seals credentials of providers.
    pub(crate) vault: Vault,
    encryption: Vec<Secret>,
    /// Whose files, batches and stored responses are.
    pub(crate) objects: Arc<Objects>,
    /// What callers sent and got, where that is kept.
    pub(crate) bodies: Arc<Bodies>,
    /// Object storage in which they may stand.
    pub(crate) body_room: Option<BodyRoom>,
    /// Tells the thread that looks after them there that there is something to do.
    pub(crate) body_bell: Bell,
    /// Seals items of datasets.
    pub(crate) item_sealer: ItemSealer,
    /// Seals results of evaluations.
    pub(crate) result_sealer: ItemSealer,
    /// Most answers that are kept for whoever asks again.
    pub(crate) idempotency_entries: usize,
    /// Most bytes of bodies that are read at once.
    pub(crate) max_page_bytes: usize,
    /// Seals entries of the audit log.
    pub(crate) audit_seal: AuditSeal,
    /// The master key.
    pub(crate) master: Secret,
    /// The master key was made just now, and is to be shown once.
    pub(crate) master_is_new: bool,
    journal: JournalSettings,
    fold: FoldSettings,
    folder: Mutex<Option<Folder>>,
    /// The latest change that is in the key table since start.
    pub(crate) revision: i64,
}

impl Storage {
    /// Where answers are kept beside the memory, if anywhere.
    ///
    /// # Errors
    /// There is no thread for it, or the address of Redis cannot be used.
    pub(crate) fn shelf(
        &self,
        policies: &CachePolicies,
        redis: Option<&RedisSettings>,
        gateway: &Arc<Gateway>,
        clock: &Arc<SystemClock>,
    ) -> Result<Option<Shelf>, RedisError> {
        let within = Duration::from_millis(policies.store_timeout_ms);
        let index = Arc::clone(gateway.answers.index());
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        match (policies.store, redis) {
            (CacheStore::Disk, _) => {
                let path = self.dir.path().join(ANSWERS_FILE);
                let settings = DiskSettings { path, max_bytes: policies.disk_bytes, within };
                let shelf = Shelf::on_disk(settings, &self.encryption, index, clock);
                shelf.map(Some).map_err(RedisError::System)
            }
            (CacheStore::Redis, Some(redis)) => {
                let settings = RemoteSettings {
                    url: redis.url.clone(),
                    prefix: redis.prefix.clone(),
                    max_turns: policies.index_entries,
                    within,
                };
                let gateway = Arc::downgrade(gateway);
                let on_purge = Box::new(move |purge: &Purge| {
                    if let Some(gateway) = gateway.upgrade() {
                        gateway.answers.purge_memory(purge);
                    }
                });
                Shelf::in_redis(settings, &self.encryption, index, clock, on_purge).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Opens everything: replays the journal of earlier runs, loads keys and what they spent.
    pub(crate) fn open(
        path: &Path,
        settings: &StoreSettings,
        clock: &Arc<SystemClock>,
    ) -> Result<Self, StoreError> {
        let dir = DataDir::open(path)?;
        gw_store::transfer::remove_copy(path);
        let (master, master_is_new) = match given(MASTER_KEY) {
            Some(key) => (key, false),
            None => {
                let found = keys::master_key(path)?;
                (found.key, found.is_new)
            }
        };
        let encryption = encryption_keys(path, &settings.database)?;
        let vault = Vault::new(&encryption);
        let audit_seal = AuditSeal::new(&encryption);
        // Read before the keys: what changes while they are loaded is followed afterwards.
        let body_room = BodyRoom::start(&settings.bodies, &(Arc::clone(clock) as Arc<dyn Clock>))?;
        let database = open_database(&dir, settings, &encryption, body_room.as_ref())?;
        let table = KeyTable::new(peppers::all(&encryption, &database.credentials()?, &vault));
        let revision = database.revision()?;
        let journal = JournalSettings {
            node: dir.node(),
            generation: dir.generation(),
            segment_bytes: settings.journal_segment_bytes,
            reserve_bytes: settings.journal_reserve_bytes,
            fsync_interval_ms: settings.fsync_interval_ms,
            quota: None,
        };
        let mut fold = FoldSettings {
            node: dir.node(),
            generation: dir.generation(),
            interval: Duration::from_millis(settings.batch_interval_ms),
            batch_bytes: FOLD_BYTES,
            ..FoldSettings::default()
        };
        match fold::replay(&dir.journal(), &*database, &fold) {
            Ok(report) => report.log(),
            // The folder does it once the database is back.
            Err(error) if error.is_unavailable() => fold.replay_first = true,
            Err(error) => return Err(error),
        }
        database.limit_rollups(RollupLimits {
            max_minute_series: settings.rollups.max_minute_series,
            max_hour_series: settings.rollups.max_hour_series,
        });
        super::accounts::load(&*database, &table.accounts)?;
        load_keys(&*database, &table)?;
        restore_budgets(&*database, &table, clock.now())?;
        let keys = Arc::new(table);
        let objects = Arc::new(objects(&database, &encryption, clock, settings)?);
        let bodies = Arc::new(bodies(&database, &encryption, settings)?);
        let item_sealer = ItemSealer::new(&encryption);
        let result_sealer = ItemSealer::of_results(&encryption);
        Ok(Self {
            dir,
            database,
            keys,
            vault,
            encryption,
            audit_seal,
            objects,
            bodies,
            body_room,
            body_bell: Bell::default(),
            item_sealer,
            result_sealer,
            idempotency_entries: settings.idempotency_entries,
            max_page_bytes: settings.max_page_bytes,
            master,
            master_is_new,
            journal,
            fold,
            folder: Mutex::default(),
            revision,
        })
    }

    /// Starts to fold what the workers write.
    pub(crate) fn start(&self) -> Result<(), StoreError> {
        let ledger = Arc::clone(&self.database);
        *self.folder.lock() = Some(Folder::start(&self.dir.journal(), ledger, self.fold.clone())?);
        Ok(())
    }

    /// The data directory.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// This installation's number, the same after a restart.
    pub(crate) const fn node(&self) -> u64 {
        self.dir.node()
    }

    /// A worker's journal.
    pub(crate) fn journal(&self, worker: u16) -> Result<Journal, StoreError> {
        Ok(Journal::open(&self.dir.journal(), worker, &self.journal)?)
    }

    /// Does the database take what is folded?
    pub(crate) fn is_up(&self) -> bool {
        self.database.is_up() && self.folder.lock().as_ref().is_none_or(|folder| folder.stats().store_up)
    }

    /// How far the journal is folded; `None` before it begins and after it ends.
    pub(crate) fn folded(&self) -> Option<FoldStats> {
        self.folder.lock().as_ref().map(Folder::stats)
    }

    /// Which records this node stores, for whoever follows them.
    pub(crate) fn newly(&self) -> Arc<Newly> {
        Arc::clone(&self.fold.newly)
    }

    /// Waits for what other nodes change; `None` where there are none.
    pub(crate) fn watch(&self) -> Option<Box<dyn Watch>> {
        Arc::clone(&self.database).watch()
    }

    /// Writes down everything. The journals must be closed by then.
    pub(crate) fn close(&self) {
        self.objects.finish();
        self.bodies.finish();
        if let Some(room) = &self.body_room {
            room.close();
        }
        let Some(folder) = self.folder.lock().take() else { return };
        match folder.finish() {
            Ok(stats) => tracing::info!(records = stats.records, "the journal is folded"),
            Err(error) => {
                tracing::error!(%error, "the journal could not be folded; the next start will do it")
            }
        }
    }
}

/// What outlives its request, in the database; contents sealed with a key that the encryption key gives.
fn objects(
    database: &Arc<dyn Database>,
    encryption: &[Secret],
    clock: &Arc<SystemClock>,
    settings: &StoreSettings,
) -> Result<Objects, StoreError> {
    let limits = ObjectSettings {
        memory_entries: settings.object_memory_entries,
        queue_bytes: settings.object_queue_bytes,
        ..ObjectSettings::default()
    };
    let store = Arc::clone(database);
    Objects::start(store, Sealer::new(encryption), Arc::clone(clock) as Arc<dyn Clock>, &limits)
}

/// Bodies of calls, where policy wants them kept; sealed as above.
fn bodies(
    database: &Arc<dyn Database>,
    encryption: &[Secret],
    settings: &StoreSettings,
) -> Result<Bodies, StoreError> {
    let limits = BodySettings { queue_bytes: settings.body_queue_bytes, ..BodySettings::default() };
    let masks = Masks::new();
    let mask = move |content: &mut BodyContent| masks.as_ref().is_some_and(|masks| masks.mask(content));
    let store = Arc::clone(database);
    let older = peppers::of_bodies(&database.credentials()?, &Vault::new(encryption));
    Bodies::start(store, BodySealer::with_older(encryption, older), Box::new(mask), limits)
}

/// Nodes that share a database need the same one; a file's own may lie beside it.
fn encryption_keys(path: &Path, database: &DatabaseSettings) -> Result<Vec<Secret>, StoreError> {
    match (keys::given_encryption_keys(), database) {
        (Some(given), _) => Ok(given),
        (None, DatabaseSettings::Postgres(_)) => Err(StoreError::NoEncryptionKey),
        (None, _) => keys::encryption_keys(path),
    }
}

/// What is in memory goes with its process, also when that is killed: what the journal still has of it goes into no database, not
/// into the next one in memory either. Errors: it has calls of a database that stays.
fn settle_memory(dir: &DataDir, is_in_memory: bool) -> Result<(), StoreError> {
    let journal = dir.journal();
    if matches!(database_of(dir.path()), Err(StoreError::InMemory { .. })) {
        return fold::forget(&journal);
    }
    if is_in_memory && !list_segments(&journal)?.is_empty() {
        return Err(StoreError::JournalOfAnother { path: dir.path().to_owned() });
    }
    Ok(())
}

fn open_database(
    dir: &DataDir,
    settings: &StoreSettings,
    encryption: &[Secret],
    room: Option<&BodyRoom>,
) -> Result<Arc<dyn Database>, StoreError> {
    settle_memory(dir, matches!(settings.database, DatabaseSettings::Memory))?;
    dir.note_database(match &settings.database {
        DatabaseSettings::DataDirectory => None,
        DatabaseSettings::File(path) => Some(path),
        DatabaseSettings::Postgres(_) => Some(Path::new(IN_POSTGRES)),
        DatabaseSettings::Memory => Some(Path::new(IN_MEMORY)),
    })?;
    let sqlite = |store: SqliteStore| {
        store.file_bodies(body_storage::filing(room, &settings.bodies, &dir.bodies()));
        store
    };
    Ok(match &settings.database {
        DatabaseSettings::DataDirectory => {
            Arc::new(sqlite(SqliteStore::open(&dir.path().join(DATABASE_FILE))?))
        }
        DatabaseSettings::File(path) => Arc::new(sqlite(SqliteStore::open(path)?)),
        DatabaseSettings::Memory => Arc::new(sqlite(SqliteStore::in_memory()?)),
        DatabaseSettings::Postgres(url) => {
            let limits =
                PostgresSettings { max_connections: settings.database_max_connections, node: dir.node() };
            let store = PostgresStore::open(url, limits, encryption, dir.path())?;
            store.file_bodies(body_storage::filing(room, &settings.bodies, &dir.bodies()));
            Arc::new(store)
        }
    })
}

fn given(name: &str) -> Option<Secret> {
    std::env::var(name).ok().filter(|v| !v.is_empty()).map(Secret::new)
}

fn load_keys(database: &dyn Directory, table: &KeyTable) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = database.keys(after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        for key in page {
            table.upsert_retiring(key.id, key.digest, key.policy, false, KeySource::Api, key.retiring);
        }
    }
}
