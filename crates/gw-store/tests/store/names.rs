//! What records have in common goes when no record has it any more, stays while one does, and is never mistaken for something
//! else, whatever is written meanwhile.

use crate::suite::sample::{DAY, NOON, fold, fold_into, record};
use gw_model::{AccountId, Level, Record};
use gw_store::traits::{Ledger, RecordStore, Reports};
use gw_store::types::{LogFilter, LogRow};
use gw_store::{SqliteStore, StoreError};
use proptest::prelude::*;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const FILE: &str = "gatewright.db";
const TABLES: [&str; 4] = ["record_callers", "record_targets", "record_agents", "record_customers"];

fn open(dir: &Path) -> SqliteStore {
    SqliteStore::open(&dir.join(FILE)).unwrap()
}

fn number(dir: &Path, sql: &str) -> i64 {
    let db = Connection::open_with_flags(dir.join(FILE), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn left(dir: &Path) -> [i64; 4] {
    TABLES.map(|table| number(dir, &format!("SELECT COUNT(*) FROM {table}")))
}

/// A call whose customer, user agent, model and team say which one of some it is.
fn call(at: u32, which: u32) -> Record {
    let mut call = record(at);
    call.customer = Some(format!("customer {which}"));
    call.details.user_agent = Some(format!("agent/{which}"));
    call.model = format!("model {which}");
    call.accounts = vec![AccountId { level: Level::Team, number: u128::from(which) + 1 }];
    call
}

/// All that is there, by what it should say.
fn assert_all_say_what_they_should(store: &SqliteStore, written: &BTreeMap<u128, Record>) {
    let rows = store.logs(&LogFilter { limit: 100_000, ..LogFilter::default() }).unwrap().rows;
    assert_eq!(rows.len(), written.len());
    for row in rows {
        let of = &written[&row.request_id.0];
        let said = |row: &LogRow| (row.model.clone(), row.customer.clone(), row.user_agent.clone());
        let should = (of.model.clone(), of.customer.clone(), of.details.user_agent.clone());
        assert_eq!(said(&row), should);
        assert_eq!(row.key_id, of.key);
    }
}

/// Every number stands for something, and what is counted is what there is.
fn assert_whole(dir: &Path) {
    for (place, (table, column)) in
        TABLES.iter().zip(["caller_id", "target_id", "agent_id", "customer_id"]).enumerate()
    {
        let hanging = format!(
            "SELECT COUNT(*) FROM record_rows WHERE {column} IS NOT NULL AND {column} NOT IN (SELECT id FROM {table})"
        );
        assert_eq!(number(dir, &hanging), 0, "{table}");
        let counted = format!("SELECT count FROM record_names WHERE sort = {place}");
        assert_eq!(number(dir, &counted), number(dir, &format!("SELECT COUNT(*) FROM {table}")), "{table}");
        let last = format!("SELECT last FROM record_names WHERE sort = {place}");
        assert!(number(dir, &last) >= number(dir, &format!("SELECT COALESCE(MAX(id), 0) FROM {table}")));
    }
    let entries = "SELECT COUNT(*) FROM ledger_rows WHERE typeof(key) = 'integer' \
                   AND key NOT IN (SELECT id FROM record_callers)";
    assert_eq!(number(dir, entries), 0);
}

/// A whole look, in steps of so many rows; what was removed.
fn sweep(store: &SqliteStore, most: usize) -> usize {
    let mut removed = 0;
    for _ in 0..10_000 {
        let swept = store.sweep_names(most).unwrap();
        assert!(swept.looked <= most, "{swept:?}");
        removed += swept.removed;
        if swept.is_over && !swept.is_lost {
            return removed;
        }
    }
    panic!("it does not end");
}

fn remove_before(store: &SqliteStore, time: i64) {
    store.sum_up(true).unwrap();
    while store.remove_records(time, 100).unwrap() > 0 {}
}

#[test]
fn what_no_record_has_any_more_goes_and_what_one_has_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let all: Vec<Record> = (1..=30).map(|at| call(at, at % 10)).collect();
    fold(&store, &all);
    assert_eq!(left(dir.path()), [10; 4]);
    assert_eq!(sweep(&store, 7), 0, "all of it is named");
    // Three calls of each were made; the last five are of five of them.
    remove_before(&store, all[25].time);
    assert_eq!(left(dir.path()), [10; 4], "nothing goes by itself");
    assert_eq!(sweep(&store, 2), 20);
    assert_eq!(left(dir.path()), [5; 4]);
    let mut written: BTreeMap<u128, Record> = all[25..].iter().map(|one| (one.id.0, one.clone())).collect();
    assert_all_say_what_they_should(&store, &written);
    // What was removed comes back with another number, in the same process and in the next one.
    let again: Vec<Record> = (31..=40).map(|at| call(at, at % 10)).collect();
    fold(&store, &again);
    written.extend(again.iter().map(|one| (one.id.0, one.clone())));
    assert_all_say_what_they_should(&store, &written);
    assert_whole(dir.path());
    assert_eq!(left(dir.path()), [10; 4]);
    assert_eq!(number(dir.path(), "SELECT MAX(id) FROM record_customers"), 15, "no number is given twice");
    drop(store);
    let store = open(dir.path());
    assert_all_say_what_they_should(&store, &written);
    remove_before(&store, NOON + DAY);
    assert_eq!(sweep(&store, 1_000), 40);
    assert_eq!(left(dir.path()), [0; 4]);
    fold(&store, &[call(50, 3)]);
    assert_eq!(number(dir.path(), "SELECT id FROM record_customers"), 16);
    assert_whole(dir.path());
}

#[test]
fn what_is_given_to_a_record_during_the_look_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let old: Vec<Record> = (1..=20).map(|at| call(at, at)).collect();
    fold(&store, &old);
    remove_before(&store, NOON + DAY);
    // The look has passed by, and now some of it is named again, some by a transaction that is given up.
    assert!(!store.sweep_names(10).unwrap().is_over);
    fold(&store, &[call(101, 5), call(102, 30)]);
    let removed = sweep(&store, 10);
    assert_eq!(removed, 19 * 4);
    fold(&store, &old[..1]);
    remove_before(&store, old[1].time);
    assert!(!store.sweep_names(10).unwrap().is_over);
    fold(&store, &[call(103, 1)]);
    let given_up = store.fold(&mut |batch| {
        fold_into(batch, &[call(104, 31)])?;
        Err(StoreError::Damaged { what: "a test" })
    });
    assert!(given_up.is_err());
    assert_eq!(sweep(&store, 10), 0, "it began again, and all of it is named");
    let written = [call(101, 5), call(102, 30), call(103, 1)];
    let written = written.into_iter().map(|one| (one.id.0, one)).collect();
    assert_all_say_what_they_should(&store, &written);
    assert_whole(dir.path());
    assert_eq!(left(dir.path()), [3; 4]);
}

#[test]
fn a_look_that_is_cut_begins_again_in_the_next_process() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    fold(&store, &(1..=600).map(|at| call(at, at)).collect::<Vec<_>>());
    remove_before(&store, NOON + DAY);
    fold(&store, &[call(1_000, 7)]);
    // Looked at records and at entries, and removed some.
    let mut removed = 0;
    while removed == 0 {
        removed = store.sweep_names(1_000).unwrap().removed;
    }
    assert!((1..=500).contains(&removed), "writers wait for so many only: {removed}");
    drop(store);
    assert_whole(dir.path());
    let store = open(dir.path());
    assert_eq!(removed + sweep(&store, 1_000), 599 * 4);
    assert_eq!(left(dir.path()), [1; 4]);
    assert_whole(dir.path());
}

#[test]
fn another_process_that_writes_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (open(dir.path()), open(dir.path()));
    fold(&one, &[call(1, 1), call(2, 2)]);
    fold(&other, &[call(3, 1)]);
    remove_before(&one, NOON + DAY);
    assert_eq!(sweep(&one, 10), 8);
    // The other one knew a number of what is gone.
    fold(&other, &[call(4, 1)]);
    // And the look of this one does not know what that one gives meanwhile.
    remove_before(&one, NOON + DAY);
    assert!(!one.sweep_names(10).unwrap().is_over);
    fold(&other, &[call(5, 1)]);
    sweep(&one, 10);
    let written = [call(5, 1)].into_iter().map(|one| (one.id.0, one)).collect();
    assert_all_say_what_they_should(&one, &written);
    assert_whole(dir.path());
}

/// What is done at random: calls are written, old ones are removed, a look goes on.
#[derive(Clone, Debug)]
enum Step {
    Write(Vec<u32>),
    GiveUp(u32),
    Remove(u32),
    Look(usize),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(0..12_u32, 1..6).prop_map(Step::Write),
        1 => (0..12_u32).prop_map(Step::GiveUp),
        3 => (0..20_u32).prop_map(Step::Remove),
        9 => (1..6_usize).prop_map(Step::Look),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_number_stands_for_what_was_written(steps in prop::collection::vec(step(), 1..60)) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(dir.path());
        let mut written: BTreeMap<u128, Record> = BTreeMap::new();
        let mut at = 0;
        for step in steps {
            match step {
                Step::Write(which) => {
                    let calls: Vec<Record> = which.iter().map(|which| { at += 1; call(at, *which) }).collect();
                    fold(&store, &calls);
                    written.extend(calls.into_iter().map(|one| (one.id.0, one)));
                }
                Step::GiveUp(which) => {
                    let calls = [call(at + 1, which)];
                    let given_up = store.fold(&mut |batch| {
                        fold_into(batch, &calls)?;
                        Err(StoreError::Damaged { what: "a test" })
                    });
                    prop_assert!(given_up.is_err());
                }
                Step::Remove(ago) => {
                    let before = NOON + i64::from(at.saturating_sub(ago)) * 1000;
                    remove_before(&store, before);
                    written.retain(|_, one| one.time >= before);
                }
                Step::Look(most) => drop(store.sweep_names(most).unwrap()),
                Step::Reopen => {
                    drop(store);
                    store = open(dir.path());
                }
            }
        }
        assert_all_say_what_they_should(&store, &written);
        assert_whole(dir.path());
        // The one that is under way, and one that begins after all was removed.
        sweep(&store, 3);
        sweep(&store, 3);
        assert_all_say_what_they_should(&store, &written);
        assert_whole(dir.path());
        let customers: std::collections::BTreeSet<_> = written.values().map(|one| &one.customer).collect();
        prop_assert_eq!(left(dir.path())[3], i64::try_from(customers.len()).unwrap());
    }
}

#[test]
fn writers_readers_and_looks_go_on_together() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let is_over = AtomicBool::new(false);
    let last = std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut removed = 0;
            while !is_over.load(Ordering::Relaxed) {
                removed += store.sweep_names(50).unwrap().removed;
            }
            removed
        });
        let reading = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                for row in store.logs(&LogFilter { limit: 200, ..LogFilter::default() }).unwrap().rows {
                    let which = row.model.strip_prefix("model ").expect("a model");
                    assert_eq!(row.customer, Some(format!("customer {which}")));
                    assert_eq!(row.user_agent, Some(format!("agent/{which}")));
                }
            }
        });
        let mut last = Vec::new();
        for round in 0..120_u32 {
            // Some come back, and most are new.
            let which = |at: u32| if at.is_multiple_of(4) { at % 8 } else { round * 10 + at };
            last = (1..=10).map(|at| call(round * 10 + at, which(at))).collect::<Vec<_>>();
            fold(&store, &last);
            remove_before(&store, last[0].time);
        }
        is_over.store(true, Ordering::Relaxed);
        reading.join().unwrap();
        assert!(looking.join().unwrap() > 0);
        last
    });
    // The one that was under way, and one that begins after all was removed.
    sweep(&store, 50);
    sweep(&store, 50);
    let written = last.into_iter().map(|one| (one.id.0, one)).collect();
    assert_all_say_what_they_should(&store, &written);
    assert_whole(dir.path());
    assert_eq!(left(dir.path())[3], 10);
}
