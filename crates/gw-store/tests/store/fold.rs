//! The fold beside workers that write: everything arrives, once, also when the store fails meanwhile.

use crate::suite::sample::{NOON, intent, record};
use gw_model::{AccountId, KeyId, Micros};
use gw_store::fold::{FoldSettings, Folder, replay};
use gw_store::journal::{Journal, JournalSettings, list_segments};
use gw_store::memory::{Counter, SpentByPeriod};
use gw_store::traits::{Batch, Ledger, Reports};
use gw_store::types::{Folded, GroupBy, PendingIntent, Spending, SpendingOf, UsageFilter, Watermark};
use gw_store::{SqliteStore, StoreError};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

fn journal(dir: &Path, worker: u16, generation: u64) -> Journal {
    let settings = JournalSettings {
        generation,
        segment_bytes: 64 << 10,
        reserve_bytes: 64 << 10,
        ..JournalSettings::default()
    };
    Journal::open(dir, worker, &settings).unwrap()
}

fn settings() -> FoldSettings {
    FoldSettings {
        interval: Duration::from_millis(2),
        discover_interval: Duration::from_millis(2),
        batch_bytes: 16 << 10,
        ..FoldSettings::default()
    }
}

fn requests(store: &SqliteStore) -> u64 {
    let rows = store.usage(&UsageFilter { group_by: GroupBy::Day, ..UsageFilter::default() }).unwrap();
    rows.iter().map(|row| row.requests).sum()
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

/// A store that refuses commits while told to, after the work of the batch was done.
struct Failing {
    store: Arc<SqliteStore>,
    failing: AtomicBool,
    /// Of every so many batches one fails; 0 for none.
    one_of: AtomicU64,
    batches: AtomicU64,
}

impl Failing {
    fn new(store: Arc<SqliteStore>, one_of: u64) -> Arc<Self> {
        let (failing, batches) = (AtomicBool::new(false), AtomicU64::new(0));
        Arc::new(Self { store, failing, one_of: AtomicU64::new(one_of), batches })
    }

    fn fails_now(&self) -> bool {
        let number = self.batches.fetch_add(1, Ordering::Relaxed);
        let one_of = self.one_of.load(Ordering::Relaxed);
        self.failing.load(Ordering::Relaxed) || (one_of > 0 && number.is_multiple_of(one_of))
    }
}

impl Ledger for Failing {
    fn fold(
        &self,
        work: &mut dyn FnMut(&mut dyn Batch) -> Result<(), StoreError>,
    ) -> Result<Folded, StoreError> {
        let fails = self.fails_now();
        self.store.fold(&mut |batch| {
            work(batch)?;
            if fails { Err(StoreError::Damaged { what: "nothing, this is a test" }) } else { Ok(()) }
        })
    }
    fn sum_up(&self, all: bool) -> Result<(), StoreError> {
        self.store.sum_up(all)
    }
    fn sync(&self) -> Result<(), StoreError> {
        self.store.sync()
    }
    fn watermarks(&self, node: u64) -> Result<Vec<Watermark>, StoreError> {
        self.store.watermarks(node)
    }
    fn pending(&self, node: u64) -> Result<Vec<PendingIntent>, StoreError> {
        self.store.pending(node)
    }
    fn spent(&self, now: Micros) -> Result<Vec<(KeyId, SpentByPeriod)>, StoreError> {
        self.store.spent(now)
    }
    fn tolls(
        &self,
        now: Micros,
        most: usize,
        counts_ever: &dyn Fn(u64) -> bool,
    ) -> Result<Vec<(Counter, SpentByPeriod)>, StoreError> {
        self.store.tolls(now, most, counts_ever)
    }
    fn spent_of(&self, key: KeyId, now: Micros) -> Result<SpentByPeriod, StoreError> {
        self.store.spent_of(key, now)
    }
    fn accounts_spent(
        &self,
        of: Option<AccountId>,
        now: Micros,
    ) -> Result<Vec<(AccountId, SpentByPeriod)>, StoreError> {
        self.store.accounts_spent(of, now)
    }
    fn spending(&self, of: &[SpendingOf]) -> Result<Vec<Spending>, StoreError> {
        self.store.spending(of)
    }
}

fn write_calls(dir: &Path, worker: u16, calls: u32) {
    let mut journal = journal(dir, worker, 1);
    for number in 0..calls {
        let record = record(u32::from(worker) * 100_000 + number);
        journal.intent(&intent(&record, 0, 900), true).unwrap();
        journal.record(&record, 1).unwrap();
    }
}

#[test]
fn workers_that_start_at_any_time_are_followed_through_their_segments() {
    let temp = tempfile::tempdir().unwrap();
    let store = Arc::new(crate::open_sqlite(temp.path()));
    // One batch in three fails, and must leave no trace and no gap.
    let ledger = Failing::new(Arc::clone(&store), 3);
    let folder = Folder::start(temp.path(), ledger.clone(), settings()).unwrap();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let dir = temp.path();
            scope.spawn(move || write_calls(dir, worker, 1500));
        }
    });
    ledger.one_of.store(0, Ordering::Relaxed);
    until("everything is folded", || folder.flush(PATIENCE) && folder.stats().records == 6000);
    assert_eq!(requests(&store), 6000);
    assert_eq!(store.spent_of(KeyId(1), NOON).unwrap().total.0, 600_000);
    assert!(folder.stats().failed_rounds > 0);
    let stats = folder.finish().unwrap();
    assert_eq!((stats.records, stats.corrupt_bytes), (6000, 0));
    assert!(list_segments(temp.path()).unwrap().is_empty());
    assert!(store.watermarks(0).unwrap().is_empty());
}

#[test]
fn a_store_that_is_down_is_reported_and_catches_up() {
    let temp = tempfile::tempdir().unwrap();
    let store = Arc::new(crate::open_sqlite(temp.path()));
    let ledger = Failing::new(Arc::clone(&store), 0);
    ledger.failing.store(true, Ordering::Relaxed);
    let folder = Folder::start(temp.path(), ledger.clone(), settings()).unwrap();
    write_calls(temp.path(), 0, 50);
    assert!(!folder.flush(PATIENCE));
    let stats = folder.stats();
    assert!(!stats.store_up && stats.records == 0 && stats.last_error.contains("this is a test"));
    assert_eq!(requests(&store), 0);
    ledger.failing.store(false, Ordering::Relaxed);
    assert!(folder.flush(PATIENCE));
    assert_eq!((requests(&store), folder.stats().store_up), (50, true));
}

#[test]
fn a_call_that_runs_for_long_does_not_keep_segments_and_survives_a_crash() {
    let temp = tempfile::tempdir().unwrap();
    let store = Arc::new(crate::open_sqlite(temp.path()));
    let folder = Folder::start(temp.path(), store.clone(), settings()).unwrap();
    let mut journal = journal(temp.path(), 0, 1);
    let (long, longer) = (record(900_000), record(900_001));
    journal.intent(&intent(&long, 0, 900), true).unwrap();
    journal.intent(&intent(&longer, 0, 900), true).unwrap();
    // Its hold grows in the first segment and in later ones.
    for number in 0..3000 {
        journal.record(&record(number), 0).unwrap();
        if number % 500 == 5 {
            journal.extended(&intent(&longer, 0, 1000 + u64::from(number))).unwrap();
        }
    }
    until("the first segments are given up", || {
        assert!(folder.flush(PATIENCE));
        list_segments(temp.path()).unwrap().first().is_some_and(|id| id.sequence > 0)
    });
    let kept = store.pending(0).unwrap();
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().any(|call| call.hold > 1000), "a grown hold is kept: {kept:?}");
    journal.record(&long, 1).unwrap();
    assert!(folder.flush(PATIENCE));
    assert_eq!(store.pending(0).unwrap().len(), 1, "a record settles what was kept");
    // The process dies with one call still open.
    std::mem::forget(journal);
    drop(folder);
    let next = FoldSettings { generation: 2, ..settings() };
    let report = replay(temp.path(), &*store, &next).unwrap();
    assert_eq!((report.lost, requests(&store)), (1, 3002));
    assert_eq!(store.spent_of(KeyId(1), NOON).unwrap().total.0, 3001 * 100 + 3505);
    assert!(store.pending(0).unwrap().is_empty() && list_segments(temp.path()).unwrap().is_empty());
}

#[test]
fn a_process_that_dies_while_folding_leaves_nothing_out_and_nothing_twice() {
    let temp = tempfile::tempdir().unwrap();
    let store = Arc::new(crate::open_sqlite(temp.path()));
    let mut rng = fastrand::Rng::with_seed(7);
    let mut written = 0u32;
    for generation in 1..=10 {
        let settings = FoldSettings { generation, ..settings() };
        replay(temp.path(), &*store, &settings).unwrap();
        assert_eq!(requests(&store), u64::from(written));
        let ledger = Failing::new(Arc::clone(&store), 0);
        let folder = Folder::start(temp.path(), ledger.clone(), settings).unwrap();
        let mut journal = journal(temp.path(), 0, generation);
        let stop_at = written + rng.u32(200..800);
        let dies_at = rng.u32(written..stop_at);
        while written < stop_at {
            let record = record(written);
            journal.intent(&intent(&record, 0, 900), true).unwrap();
            journal.record(&record, 1).unwrap();
            written += 1;
            if written == dies_at {
                // From here on nothing the fold does is committed: it is dead, only the worker is not yet.
                ledger.failing.store(true, Ordering::Relaxed);
            }
        }
        std::mem::forget(journal);
        drop(folder);
    }
    replay(temp.path(), &*store, &FoldSettings { generation: 99, ..settings() }).unwrap();
    assert_eq!(requests(&store), u64::from(written));
    assert_eq!(store.spent_of(KeyId(1), NOON).unwrap().total.0, u64::from(written) * 100);
}
