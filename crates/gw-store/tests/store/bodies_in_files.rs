//! Bodies of calls in files beside the database: what the conformance suite asks of bodies, and what files add.

use crate::suite::sample::{DAY, NOON, fold, record};
use crate::suite::search;
use gw_model::RequestId;
use gw_model::{AccountId, Level, Record};
use gw_store::backup::{backup, restore};
use gw_store::traits::{Ledger, RecordStore, Reports};
use gw_store::types::{KeptPart, LogFilter, SealedBodies, Whose};
use gw_store::{DataDir, SqliteStore, keys};
use std::path::{Path, PathBuf};

const HOUR: i64 = 3_600_000_000;

fn open(dir: &Path) -> SqliteStore {
    let store = crate::open_sqlite(dir);
    store.keep_bodies_in(dir.join("bodies"), Some(1 << 20));
    store
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir.join("bodies")) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn sealed(record: &Record, expires: i64) -> SealedBodies {
    let text = format!("what was said in {}", record.id);
    SealedBodies { request: record.id, expires, sealed: [&[1], text.as_bytes()].concat() }
}

/// Calls with bodies, in the order of the calls, of those that still have some.
fn with_bodies(store: &SqliteStore) -> Vec<RequestId> {
    let filter = LogFilter { with_bodies: true, limit: 1_000, ..LogFilter::default() };
    let mut rows = store.logs(&filter).unwrap().rows;
    rows.reverse();
    let has = |has: bool| {
        let filter = LogFilter { has_body: Some(has), limit: 1_000, ..LogFilter::default() };
        store.logs(&filter).unwrap().rows.len()
    };
    assert_eq!(has(true) + has(false), rows.len());
    let with = rows.iter().filter(|row| row.bodies.is_some());
    with.map(|row| {
        let text = format!("what was said in {}", row.request_id);
        assert_eq!(row.bodies.as_deref().unwrap()[1..], *text.as_bytes());
        row.request_id
    })
    .collect()
}

#[test]
fn what_the_suite_asks_holds_for_files() {
    for case in [
        search::bodies_stand_beside_their_records_for_a_time,
        search::pages_with_bodies_are_bounded_by_bytes,
        search::old_records_go_and_sums_stay,
        search::what_is_old_goes_by_whose_it_is,
    ] {
        let dir = tempfile::tempdir().unwrap();
        case(&open(dir.path()));
        assert!(!files(dir.path()).is_empty());
    }
}

#[test]
fn they_are_there_after_a_restart_in_either_place_and_go_with_their_file() {
    let dir = tempfile::tempdir().unwrap();
    let all: Vec<Record> = (1..=9).map(record).collect();
    let ids: Vec<RequestId> = all.iter().map(|one| one.id).collect();
    let store = crate::open_sqlite(dir.path());
    fold(&store, &all);
    let expires = |at: usize| NOON + HOUR * i64::from(at > 4);
    let bodies: Vec<SealedBodies> =
        all.iter().enumerate().map(|(at, one)| sealed(one, expires(at))).collect();
    // First in the database, then in files, then in the database again.
    store.write_bodies(&bodies[..3]).unwrap();
    drop(store);
    let store = open(dir.path());
    store.write_bodies(&bodies[3..7]).unwrap();
    assert_eq!(files(dir.path()).len(), 2, "one for each hour");
    drop(store);
    let store = crate::open_sqlite(dir.path());
    store.keep_bodies_in(dir.path().join("bodies"), None);
    store.write_bodies(&bodies[7..]).unwrap();
    assert_eq!(with_bodies(&store), ids);
    assert_eq!(store.remove_expired_bodies(NOON - 1, 100).unwrap(), 0);
    let mut removed = 0;
    while let gone @ 1.. = store.remove_expired_bodies(NOON, 2).unwrap() {
        assert!(gone <= 2);
        removed += gone;
    }
    assert_eq!((removed, with_bodies(&store).len(), files(dir.path()).len()), (5, 4, 1));
    assert_eq!(store.remove_expired_bodies(NOON + DAY, 100).unwrap(), 4);
    assert!(with_bodies(&store).is_empty() && files(dir.path()).is_empty());
}

#[test]
fn a_file_that_is_gone_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let all: Vec<Record> = (1..=2).map(record).collect();
    fold(&store, &all);
    store.write_bodies(&[sealed(&all[0], NOON), sealed(&all[1], NOON + DAY)]).unwrap();
    let first = files(dir.path()).into_iter().min().unwrap();
    std::fs::remove_file(first).unwrap();
    assert_eq!(with_bodies(&store), [all[1].id]);
    assert_eq!(store.remove_expired_bodies(NOON, 10).unwrap(), 1);
    // Nor is a database that is older than the files.
    drop(store);
    std::fs::remove_dir_all(dir.path().join("bodies")).unwrap();
    let store = open(dir.path());
    assert!(with_bodies(&store).is_empty());
    store.write_bodies(&[sealed(&all[0], NOON + DAY)]).unwrap();
    assert_eq!(with_bodies(&store), [all[0].id]);
}

#[test]
fn what_is_to_go_early_is_erased() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut all: Vec<Record> = (1..=6).map(record).collect();
    let owner = AccountId { level: Level::Organization, number: 1 };
    all[0].accounts = vec![owner];
    fold(&store, &all);
    store.sum_up(true).unwrap();
    let bodies: Vec<SealedBodies> = all.iter().map(|one| sealed(one, NOON + DAY)).collect();
    store.write_bodies(&bodies).unwrap();
    let is_on_disk = |at: usize| {
        let text = &bodies[at].sealed;
        files(dir.path()).iter().any(|file| {
            let bytes = std::fs::read(file).unwrap();
            bytes.windows(text.len()).any(|window| window == text)
        })
    };
    assert!(is_on_disk(0) && is_on_disk(1));
    let bound = all[5].time + 1;
    store.sweep(KeptPart::Bodies, &Whose::Of(owner), RequestId(0), bound, 100).unwrap();
    assert!(!is_on_disk(0) && is_on_disk(1));
    store.remove_records(all[3].time, 100).unwrap();
    assert!(!is_on_disk(1) && is_on_disk(5));
}

#[test]
fn a_backup_holds_them() {
    let temp = tempfile::tempdir().unwrap();
    let (data, target, other) =
        (temp.path().join("data"), temp.path().join("backup"), temp.path().join("other"));
    let held = DataDir::open(&data).unwrap();
    let store = open(&data);
    keys::encryption_keys(&data).unwrap();
    let all: Vec<Record> = (1..=5).map(record).collect();
    fold(&store, &all);
    store.write_bodies(&all.iter().map(|one| sealed(one, NOON + DAY)).collect::<Vec<_>>()).unwrap();
    let manifest = backup(&data, &target, false).unwrap();
    assert!(manifest.files.iter().any(|file| file.path.starts_with("bodies/")), "{manifest:?}");
    // What comes later is in neither.
    store.write_bodies(&[sealed(&record(6), NOON + DAY)]).unwrap();
    restore(&target, &other, false).unwrap();
    assert_eq!(with_bodies(&open(&other)).len(), 5);
    // And what was there is not there any more.
    let before = files(&other);
    std::fs::write(other.join("bodies/00000001-00000099.bodies"), b"old").unwrap();
    restore(&target, &other, true).unwrap();
    assert_eq!((files(&other), with_bodies(&open(&other)).len()), (before, 5));
    drop(held);
}
