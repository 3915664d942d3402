//! The store in PostgreSQL: the conformance suite, several nodes on one database, and a server that goes away.

#[path = "../server/postgres.rs"]
pub(crate) mod server;

use crate::suite::sample::{NOON, fold, fold_into, record};
use crate::{for_each_case, list_of_cases};
use gw_model::{AccountId, KeyId, KeyPolicy, Level, Record, Secret};
use gw_store::journal::SegmentId;
use gw_store::postgres::{PostgresSettings, PostgresStore};
use gw_store::traits::{Batch, Database, Directory, Ledger, Reports, RouteStore};
use gw_store::types::{GroupBy, KeyLabel, NewKey, RouteDraft, SpendingOf, UsageFilter};
use gw_store::{StoreError, postgres};
use server::Postgres;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const KEY: &str = "an encryption key of a test";

fn try_open(url: &str, key: &str, dir: &Path) -> Result<PostgresStore, StoreError> {
    let keys = [Secret::new(key.to_owned())];
    PostgresStore::open(&Secret::new(url.to_owned()), PostgresSettings::default(), &keys, dir)
}

fn open(url: &str, dir: &Path) -> Arc<PostgresStore> {
    Arc::new(try_open(url, KEY, dir).unwrap())
}

fn new_key(id: u128, name: &str) -> NewKey {
    NewKey {
        id: KeyId(id),
        digest: [u8::try_from(id).unwrap(); 32],
        pepper: 1,
        prefix: "gw-ABCDE".to_owned(),
        last4: "WXYZ".to_owned(),
        policy: KeyPolicy { name: name.to_owned(), ..KeyPolicy::default() },
    }
}

#[test]
fn the_conformance_suite_holds() {
    let Some(server) = Postgres::start() else { return };
    let cases = for_each_case!(list_of_cases!(PostgresStore));
    assert!(cases.len() > 25);
    for (number, (name, case)) in cases.into_iter().enumerate() {
        eprintln!("case {name}");
        let dir = tempfile::tempdir().unwrap();
        let url = server.database(&format!("case_{number}"));
        case(&try_open(&url, KEY, dir.path()).unwrap());
    }
}

#[test]
fn nodes_that_start_together_and_write_together_lose_nothing() {
    let Some(server) = Postgres::start() else { return };
    let url = server.database("together");
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for node in 0..4u32 {
            let (url, dir) = (&url, dir.path());
            scope.spawn(move || {
                let store = open(url, dir);
                for round in 0..10 {
                    // Half of each batch comes from a second node too, in another order.
                    let first = node / 2 * 1000 + round * 20;
                    let mut records: Vec<_> = (first..first + 20).map(record).collect();
                    if node % 2 == 1 {
                        records.reverse();
                        records.truncate(10);
                    }
                    fold(&*store, &records);
                    store
                        .create_key(
                            &new_key(u128::from(node * 10 + round + 1), &format!("{node} {round}")),
                            NOON,
                        )
                        .unwrap();
                }
            });
        }
    });
    let store = open(&url, dir.path());
    let usage = store.usage(&UsageFilter { group_by: GroupBy::Day, ..UsageFilter::default() }).unwrap();
    assert_eq!((usage[0].requests, usage[0].cost.0), (400, 40_000));
    assert_eq!(store.spent_of(KeyId(1), NOON).unwrap().total.0, 40_000);
    assert_eq!(server.sql("together", "SELECT SUM(cost) FROM gatewright.ledger"), "40000");
    let changes = store.changes_after(0, 1000).unwrap();
    assert!(changes.len() == 40 && changes.is_sorted_by_key(|change| change.revision));
    assert_eq!(store.keys_of(&[KeyId(1), KeyId(40), KeyId(99)]).unwrap().len(), 2);
}

#[test]
fn whoever_sees_a_revision_has_seen_all_below_it() {
    let Some(server) = Postgres::start() else { return };
    let url = server.database("changes");
    let dir = tempfile::tempdir().unwrap();
    let store = open(&url, dir.path());
    let mut watch = Arc::clone(&store).watch().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4u128 {
            let store = &store;
            scope.spawn(move || {
                for number in 1..=20 {
                    let id = thread * 20 + number;
                    store.create_key(&new_key(id, &format!("key {id}")), NOON).unwrap();
                }
            });
        }
        let (mut last, mut seen) = (0, 0);
        let deadline = Instant::now() + Duration::from_secs(30);
        while seen < 80 {
            watch.wait(Duration::from_millis(100));
            let changes = store.changes_after(last, 1000).unwrap();
            seen += changes.len();
            last = changes.last().map_or(last, |change| change.revision);
            assert!(Instant::now() < deadline, "{seen} changes were seen: some came into sight late");
        }
    });
}

#[test]
fn a_later_version_of_the_tables_is_used_where_it_says_so_and_refused_where_not() {
    let Some(server) = Postgres::start() else { return };
    let url = server.database("versions");
    let dir = tempfile::tempdir().unwrap();
    drop(open(&url, dir.path()));
    server.sql(
        "versions",
        "UPDATE gatewright.tables SET version = 99; ALTER TABLE gatewright.keys ADD note TEXT",
    );
    let store = open(&url, dir.path());
    store.create_key(&new_key(1, "app"), NOON).unwrap();
    server.sql("versions", "UPDATE gatewright.tables SET min_reader = 99");
    let error = try_open(&url, KEY, dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::TablesTooNew { found: 99, .. }), "{error}");
    let error = try_open(&url, "another encryption key", dir.path()).unwrap_err();
    assert!(!error.to_string().contains(KEY), "{error}");
    server.sql("versions", "UPDATE gatewright.tables SET min_reader = 1");
    let error = try_open(&url, "another encryption key", dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::OtherEncryptionKey), "{error}");
}

#[test]
fn what_stood_there_last_stands_in_while_the_server_is_away() {
    let Some(mut server) = Postgres::start() else { return };
    let url = server.database("away");
    let (dir, empty) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(&url, dir.path());
    for id in 1..=3 {
        store.create_key(&new_key(id, &format!("key {id}")), NOON).unwrap();
    }
    store.revoke_key(KeyId(2), NOON).unwrap();
    let draft = RouteDraft { document: "{}".to_owned(), author: String::new(), note: String::new() };
    store.create_route("route_1", "chat", &draft, NOON).unwrap();
    let team = AccountId { level: Level::Team, number: 5 };
    fold(&*store, &[Record { accounts: vec![team], ..record(1) }]);
    Arc::clone(&store).watch().unwrap().tend(NOON, true).unwrap();
    let revision = store.revision().unwrap();
    assert_eq!((store.routes().unwrap().len(), store.stood_in()), (1, 0));
    server.kill();
    assert_eq!(
        (store.routes().unwrap().len(), store.stood_in()),
        (1, 1),
        "what was read last, and it says so"
    );

    // The running one says so, and soon without waiting.
    let error = store.create_key(&new_key(9, "nine"), NOON).unwrap_err();
    assert!(error.is_unavailable() && !store.is_up(), "{error}");
    assert!(store.fold(&mut |batch| batch.drop_pending(1, 1)).unwrap_err().is_unavailable());
    let error = store.key(KeyId(1)).unwrap_err().to_string();
    assert!(!error.contains("gatewright@"), "{error}");
    // One that starts now goes on from the copy; one that has none cannot.
    let error = try_open(&url, KEY, empty.path()).unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    let fresh = open(&url, dir.path());
    let ids: Vec<u128> = fresh.keys(None, 10).unwrap().iter().map(|key| key.id.0).collect();
    assert_eq!((ids, fresh.keys(Some(KeyId(1)), 10).unwrap().len()), (vec![1, 3], 1));
    assert_eq!((fresh.routes().unwrap().len(), fresh.revision().unwrap()), (1, revision));
    assert_eq!(fresh.spent(NOON).unwrap()[0].1.total.0, 100);
    assert_eq!(fresh.accounts_spent(Some(team), NOON).unwrap()[0].1.day.0, 100);
    assert!(fresh.watermarks(1).unwrap_err().is_unavailable(), "what is folded only the server knows");
    let label = KeyLabel { id: KeyId(7), name: "of a file".to_owned(), team_id: None, project_id: None };
    fresh.label_keys(&[label]).unwrap();

    server.back();
    let mut watch = Arc::clone(&fresh).watch().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while watch.tend(NOON, false).is_err() || !fresh.is_up() {
        assert!(Instant::now() < deadline);
        watch.wait(Duration::from_millis(50));
    }
    assert_eq!(
        server.sql("away", "SELECT name FROM gatewright.key_labels WHERE name LIKE '%file'"),
        "of a file"
    );
    fresh.create_key(&new_key(9, "nine"), NOON).unwrap();
    assert_eq!(store.keys(None, 10).unwrap().len(), 3, "the other one is back by itself too");
}

#[test]
fn a_server_that_stands_still_is_not_waited_for_long() {
    let Some(server) = Postgres::start() else { return };
    let url = server.database("still");
    let dir = tempfile::tempdir().unwrap();
    let store = open(&url, dir.path());
    store.create_key(&new_key(1, "app"), NOON).unwrap();
    server.hold();
    let started = Instant::now();
    let error = store.create_key(&new_key(2, "web"), NOON).unwrap_err();
    assert!(error.is_unavailable() && started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    let again = Instant::now();
    assert!(store.create_key(&new_key(2, "web"), NOON).unwrap_err().is_unavailable());
    assert!(again.elapsed() < Duration::from_secs(15));
    server.go_on();
    let deadline = Instant::now() + Duration::from_secs(20);
    while store.create_key(&new_key(3, "late"), NOON).is_err() {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    assert!(store.is_up());
}

/// What an upstream says it used is its own: it must not stop the fold.
#[test]
fn absurd_counts_do_not_stop_the_fold() {
    let Some(server) = Postgres::start() else { return };
    let url = server.database("absurd");
    let dir = tempfile::tempdir().unwrap();
    let store = open(&url, dir.path());
    for number in 0..3 {
        let mut absurd = record(number);
        let attempt = &mut absurd.attempts[0];
        (attempt.usage.input_tokens, attempt.usage.output_tokens) = (u64::MAX, u64::MAX / 2);
        (attempt.usage.cached_tokens, attempt.cost) = (u64::MAX, gw_model::NanoUsd(u64::MAX));
        assert_eq!(fold(&*store, &[absurd]), 1);
    }
    let usage = store.usage(&UsageFilter { group_by: GroupBy::Model, ..UsageFilter::default() }).unwrap();
    assert_eq!((usage[0].requests, usage[0].input_tokens), (3, u64::MAX / 2));
    assert_eq!(store.spent_of(KeyId(1), NOON).unwrap().total.0, u64::MAX / 2);
}

#[test]
fn a_path_is_no_address() {
    assert!(postgres::is_postgres("postgresql://h/d") && !postgres::is_postgres("/var/lib/gatewright.db"));
}

#[test]
fn each_node_knows_its_own_part_of_what_was_spent_and_that_of_others() {
    let Some(server) = Postgres::start() else { return };
    let (url, dir) = (server.database("by_node"), tempfile::tempdir().unwrap());
    let node = |node| {
        let settings = PostgresSettings { node, ..PostgresSettings::default() };
        let keys = [Secret::new(KEY.to_owned())];
        PostgresStore::open(&Secret::new(url.clone()), settings, &keys, dir.path()).unwrap()
    };
    let (one, two) = (node(1), node(2));
    let key = AccountId { level: Level::Key, number: 1 };
    let team = AccountId { level: Level::Team, number: 5 };
    let segment = SegmentId { generation: 1, worker: 0, sequence: 1 };
    let by = |store: &PostgresStore, node: u64, number: u32| {
        let row = Record { accounts: vec![team], ..record(number) };
        let write = &mut |batch: &mut dyn Batch| {
            fold_into(batch, std::slice::from_ref(&row))?;
            batch.advance(node, segment, number.into())
        };
        store.fold(write).unwrap();
    };
    by(&one, 1, 1);
    by(&two, 2, 2);
    by(&two, 2, 3);
    // As a node of an earlier version writes it.
    fold(&one, &[record(4)]);
    let now = NOON + 60_000_000;
    let total = |store: &PostgresStore, of| {
        let found = store.spent_here(Some(of), now).unwrap();
        found.iter().map(|(id, spent)| (*id, spent.day.0, spent.total.0)).collect::<Vec<_>>()
    };
    assert_eq!(total(&one, key), [(key, 100, 100)]);
    assert_eq!(total(&two, team), [(team, 200, 200)]);
    // What was called counts besides: an alias, a deployment and a provider.
    let (called, callers): (Vec<_>, Vec<_>) =
        one.spent_here(None, now).unwrap().into_iter().partition(|(id, _)| id.level.is_called());
    assert_eq!((called.len(), callers.len()), (3, 2));
    let mut others = one.spent_elsewhere(NOON, None).unwrap();
    others.retain(|spent| !spent.account.level.is_called());
    others.sort_unstable_by_key(|spent| (spent.node, spent.account));
    let found: Vec<_> = others.iter().map(|s| (s.node, s.account, s.total.0, s.hours.len())).collect();
    assert_eq!(found, [(0, key, 100, 1), (2, key, 200, 1), (2, team, 200, 1)]);
    assert_eq!(one.spent_elsewhere(NOON, Some(&[team])).unwrap(), others[2..]);
    let of = SpendingOf { account: key, from: NOON - 60_000_000, until: now, cut: NOON - 60_000_000 };
    let here = two.spending_here(&[of]).unwrap();
    assert_eq!((here[0].total.0, here[0].pieces.len()), (200, 1));
    assert_eq!(two.spending(&[of]).unwrap()[0].total.0, 400);
}
