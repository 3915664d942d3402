//! Sums that are written later than their records: exact whatever happens in between. Each test compares
//! with a store that writes its sums in every transaction, or with the ledger.

use crate::suite::sample::{HOUR, NOON, attempt, fold, fold_into, pending, record};
use gw_model::{AccountId, KeyId, Level, Outcome, Parent, Record, SubCallRole, Verdict, WireFormat};
use gw_store::backup::{backup, restore};
use gw_store::sqlite::SumSettings;
use gw_store::traits::{Ledger, Reports};
use gw_store::types::{GroupBy, UsageFilter};
use gw_store::{DataDir, SqliteStore, StoreError};
use proptest::prelude::*;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const FILE: &str = "gatewright.db";
/// Sums stay in memory until they are asked for.
const NEVER: SumSettings =
    SumSettings { min_age: Duration::MAX, age_per_row: Duration::ZERO, max_rows: usize::MAX };
/// Every transaction writes its sums.
const ALWAYS: SumSettings = SumSettings { min_age: Duration::ZERO, age_per_row: Duration::ZERO, max_rows: 0 };

fn open(dir: &Path, settings: SumSettings) -> SqliteStore {
    SqliteStore::open_with(&dir.join(FILE), settings).unwrap()
}

/// All rows of a query, seen from outside: nothing in memory helps.
fn rows(dir: &Path, sql: &str) -> Vec<Vec<Value>> {
    let db = Connection::open_with_flags(dir.join(FILE), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut query = db.prepare(sql).unwrap();
    let columns = query.column_count();
    let rows = query.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn tables(dir: &Path) -> [Vec<Vec<Value>>; 6] {
    // A sum of 0 may stand there or not.
    let counted = |table: &str| {
        format!(
            "{table} WHERE (requests, errors, input, output, cached, cost, saved) <> (0, 0, 0, 0, 0, 0, 0)"
        )
    };
    let [usage, spent, rollups, series] =
        ["usage", "spent WHERE cost <> 0", "rollups", "rollup_series"].map(str::to_owned);
    [usage, spent, counted("account_usage"), counted("part_usage"), rollups, series]
        .map(|table| rows(dir, &format!("SELECT * FROM {table}")))
}

/// What the ledger and the records say must be what the sums say. What was charged and then given back is a sum of 0, which
/// may stand there or not.
fn assert_sums_hold(dir: &Path) {
    assert_usage_holds(dir);
    assert_rollups_hold(dir);
}

fn assert_usage_holds(dir: &Path) {
    let ever = rows(dir, "SELECT key, cost FROM spent WHERE day = -1 AND cost <> 0 ORDER BY key");
    let entered =
        "SELECT key, SUM(cost) FROM ledger WHERE key IS NOT NULL GROUP BY key HAVING SUM(cost) <> 0";
    assert_eq!(ever, rows(dir, entered));
    let days =
        "SELECT key, SUM(cost) FROM spent WHERE day >= 0 GROUP BY key HAVING SUM(cost) <> 0 ORDER BY key";
    assert_eq!(rows(dir, days), ever);
    let sums = |table: &str, requests: &str| {
        let sql = format!(
            "SELECT {requests}, COALESCE(SUM(input), 0), COALESCE(SUM(output), 0), COALESCE(SUM(cached), 0), \
             COALESCE(SUM(cost), 0) FROM {table}"
        );
        rows(dir, &sql)
    };
    assert_eq!(sums("usage", "COALESCE(SUM(requests), 0)"), sums("records", "COUNT(*) - COUNT(parent)"));
    assert_accounts_hold(dir);
}

/// What the records say must be what is rolled up, of every kind.
fn assert_rollups_hold(dir: &Path) {
    let sums = |requests: &str, from: &str| {
        let sums = ["input", "output", "cached", "cache_write", "reasoning", "cost"];
        let sums = sums.map(|column| format!("COALESCE(SUM({column}), 0)")).join(", ");
        rows(dir, &format!("SELECT {requests}, {sums} FROM {from}"))
    };
    let told = sums("COUNT(*) - COUNT(parent)", "records");
    for kind in (0..6).chain([8, 10]) {
        let from = format!("rollups WHERE kind = {kind}");
        assert_eq!(sums("COALESCE(SUM(requests), 0)", &from), told, "of kind {kind}");
    }
}

/// What the records say of accounts must be what their sums say. What is called (levels from 9 on) stands in no record.
fn assert_accounts_hold(dir: &Path) {
    let mut expected: BTreeMap<Vec<u8>, [i64; 3]> = BTreeMap::new();
    let records = "SELECT accounts, parent IS NULL, input, cost FROM records WHERE accounts IS NOT NULL";
    for row in rows(dir, records) {
        let [Value::Blob(accounts), counts @ ..] = row.as_slice() else { panic!("{row:?}") };
        let number = |place: usize| match &counts[place] {
            Value::Integer(number) => *number,
            other => panic!("{other:?}"),
        };
        for account in accounts.chunks(17) {
            let sums = expected.entry(account.to_vec()).or_default();
            for (place, sum) in sums.iter_mut().enumerate() {
                *sum += number(place);
            }
        }
    }
    for hours in ["hour = -1", "hour >= 0"] {
        let sql = format!(
            "SELECT account, SUM(requests), SUM(input), SUM(cost) FROM account_usage WHERE {hours} \
             AND substr(account, 1, 1) < x'09' GROUP BY account HAVING SUM(ABS(requests) + ABS(input) + ABS(cost)) <> 0 ORDER BY account"
        );
        let integers = |sums: &[i64; 3]| sums.iter().map(|sum| Value::Integer(*sum)).collect::<Vec<_>>();
        let told: Vec<Vec<Value>> = expected
            .iter()
            .filter(|(_, sums)| **sums != [0; 3])
            .map(|(account, sums)| [vec![Value::Blob(account.clone())], integers(sums)].concat())
            .collect();
        assert_eq!(rows(dir, &sql), told, "{hours}");
    }
}

fn requests(store: &SqliteStore) -> u64 {
    let filter = UsageFilter { group_by: GroupBy::Day, ..UsageFilter::default() };
    store.usage(&filter).unwrap().iter().map(|row| row.requests).sum()
}

fn written(dir: &Path) -> usize {
    rows(dir, "SELECT * FROM usage").len()
}

fn lose(store: &SqliteStore, record: &Record) {
    store.fold(&mut |batch| batch.lost(&pending(record, &[900, 700]))).unwrap();
}

/// Records that are counted in every way there is.
fn all_kinds() -> Vec<Record> {
    let mut list: Vec<Record> = (0..8).map(record).collect();
    list[1].key = Some(KeyId(2));
    list[2].key = None;
    list[2].team_id = None;
    list[3].attempts = vec![attempt("beta", 7), attempt("alpha", 30), attempt("beta", 500)];
    list[3].attempts[0].usage.cached_tokens = 3;
    list[3].attempts[1].reason = "500 \"quoted\"".to_owned();
    list[4].attempts[0].reason = "cut".to_owned();
    list[4].outcome = Outcome::StreamCut;
    list[5].attempts.clear();
    list[5].outcome = Outcome::Refused;
    list[5].model = "no-such-model".to_owned();
    list[6].customer = Some("acme".to_owned());
    let account = |level, number| AccountId { level, number };
    let (team, organization) = (account(Level::Team, 5), account(Level::Organization, 9));
    list[3].accounts = vec![account(Level::User, 3), team, organization];
    list[4].accounts = vec![account(Level::Tag, 1), account(Level::Tag, 2), organization];
    list[5].accounts = vec![organization];
    list[6].accounts = vec![account(Level::Customer, 8), team, organization];
    list[7].accounts = vec![account(Level::User, 4), team];
    list[3].details.region = Some("eu".to_owned());
    list[4].format = WireFormat::AnthropicMessages;
    let verdict = |guardrail: &str| Verdict {
        guardrail: guardrail.to_owned(),
        action: "flag".to_owned(),
        kind: "email".to_owned(),
        side: "request".to_owned(),
    };
    list[4].details.verdicts = vec![verdict("pii"), verdict("secrets"), verdict("pii")];
    list[6].details.verdicts = vec![verdict("pii")];
    list[6].attempts[0].upstream_model = "another".to_owned();
    // Ends on the next day.
    list[7].total_us = u64::try_from(13 * HOUR).unwrap();
    list
}

#[test]
fn sums_are_kept_until_asked_for_and_answers_are_always_fresh() {
    let (kept, reference) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(kept.path(), NEVER);
    let other = open(reference.path(), ALWAYS);
    for record in all_kinds() {
        fold(&store, std::slice::from_ref(&record));
        fold(&other, &[record]);
    }
    assert_eq!((written(kept.path()), written(reference.path())), (0, 8));
    assert_eq!(requests(&store), 8);
    assert_eq!(tables(kept.path()), tables(reference.path()));
    assert_sums_hold(kept.path());

    fold(&store, &[record(100)]);
    assert_eq!(store.spent_of(KeyId(1), NOON).unwrap().total.0, 1037);
    fold(&store, &[record(101)]);
    assert_eq!(store.spent(NOON).unwrap().iter().map(|(_, spent)| spent.total.0).sum::<u64>(), 1237);
    fold(&store, &[record(102)]);
    store.sum_up(false).unwrap();
    assert_eq!(rows(kept.path(), "SELECT SUM(requests) FROM usage"), [[Value::Integer(10)]]);
    store.sum_up(true).unwrap();
    assert_eq!(rows(kept.path(), "SELECT SUM(requests) FROM usage"), [[Value::Integer(11)]]);
}

#[test]
fn sums_are_written_by_age_and_by_number() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), SumSettings { max_rows: 10, ..NEVER });
    fold(&store, &all_kinds()[..1]);
    assert_eq!(written(dir.path()), 0);
    fold(&store, &all_kinds()[1..2]);
    assert_eq!(written(dir.path()), 2, "too many rows");
    drop(store);
    let store = open(dir.path(), SumSettings { min_age: Duration::ZERO, ..NEVER });
    fold(&store, &all_kinds()[2..3]);
    assert_eq!(written(dir.path()), 2, "their age is counted from their commit on");
    store.sum_up(false).unwrap();
    assert_eq!(written(dir.path()), 3, "nothing to fold, so the due ones are written");
    let store = open(dir.path(), SumSettings { age_per_row: Duration::MAX, ..ALWAYS });
    fold(&store, &all_kinds()[3..4]);
    assert_eq!(written(dir.path()), 5, "0 rows is none");
}

#[test]
fn a_process_that_dies_before_it_wrote_its_sums_finds_them_again() {
    for flushed in 0..=8 {
        let (kept, reference) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let other = open(reference.path(), ALWAYS);
        for (number, record) in all_kinds().into_iter().enumerate() {
            // A new process for each record.
            let store = open(kept.path(), NEVER);
            assert_eq!(fold(&store, std::slice::from_ref(&record)), 1);
            if number == flushed {
                store.sum_up(true).unwrap();
            }
            fold(&other, &[record]);
        }
        let store = open(kept.path(), NEVER);
        assert_eq!(requests(&store), 8);
        assert_eq!(tables(kept.path()), tables(reference.path()), "flushed after {flushed}");
        // And not again.
        assert_eq!(requests(&open(kept.path(), NEVER)), 8);
        assert_sums_hold(kept.path());
    }
}

#[test]
fn refused_calls_are_found_again_under_the_names_that_they_count_for() {
    let (kept, reference) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let made_up = all_kinds()[5].clone();
    let mut named = Record { id: record(9).id, model: "limited".to_owned(), ..made_up.clone() };
    named.details.is_resolved = true;
    let list = [made_up, named];
    fold(&open(kept.path(), NEVER), &list);
    fold(&open(reference.path(), ALWAYS), &list);
    assert_eq!(requests(&open(kept.path(), NEVER)), 2);
    assert_eq!(tables(kept.path()), tables(reference.path()));
    let models = rows(kept.path(), "SELECT model FROM usage ORDER BY model");
    assert_eq!(models, ["", "limited"].map(|name| [Value::Text(name.to_owned())]));
}

#[test]
fn a_record_older_than_all_that_wait_is_found_again_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), NEVER);
    fold(&store, &[record(50)]);
    store.sum_up(true).unwrap();
    fold(&store, &[record(60)]);
    fold(&store, &[record(2), record(70)]);
    fold(&store, &[record(80)]);
    drop(store);
    assert_eq!(requests(&open(dir.path(), NEVER)), 5);
    assert_sums_hold(dir.path());
}

#[test]
fn a_correction_is_written_with_its_records_whatever_was_written_before() {
    for (flush_lost, die) in [(false, false), (false, true), (true, false), (true, true)] {
        let (kept, reference) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut store = open(kept.path(), NEVER);
        let other = open(reference.path(), ALWAYS);
        for store in [&store, &other] {
            fold(store, &[record(1)]);
            lose(store, &all_kinds()[3]);
        }
        if flush_lost {
            store.sum_up(true).unwrap();
        }
        if die {
            store = open(kept.path(), NEVER);
        }
        fold(&store, &all_kinds()[2..5]);
        fold(&other, &all_kinds()[2..5]);
        // The process dies at once; nobody asked it for anything.
        drop(store);
        assert_eq!(tables(kept.path()), tables(reference.path()));
        assert_eq!(requests(&open(kept.path(), NEVER)), 4);
        assert_sums_hold(kept.path());
    }
}

#[test]
fn a_batch_of_many_enters_every_amount_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), SumSettings::default());
    // More than one statement takes, in no order, and a correction of what the same batch wrote off.
    let list: Vec<Record> = (0..100).map(|number| record(number * 37 % 100)).collect();
    store
        .fold(&mut |batch| {
            batch.lost(&pending(&list[60], &[900]))?;
            fold_into(batch, &list)?;
            fold_into(batch, &list)
        })
        .unwrap();
    store.sum_up(true).unwrap();
    assert_sums_hold(dir.path());
    let count = "SELECT COUNT(*), COUNT(DISTINCT request) FROM ledger";
    assert_eq!(rows(dir.path(), count), [[Value::Integer(101), Value::Integer(100)]]);
}

#[test]
fn a_transaction_that_fails_leaves_no_sums() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), NEVER);
    fold(&store, &[record(1)]);
    let failed = store.fold(&mut |batch| {
        fold_into(batch, &[record(2), record(3)])?;
        Err(StoreError::Damaged { what: "nothing, this is a test" })
    });
    assert!(failed.is_err());
    fold(&store, &[record(3)]);
    assert_eq!(requests(&store), 2);
    assert_sums_hold(dir.path());
}

#[test]
fn two_that_fold_into_one_database_count_all_once() {
    let dir = tempfile::tempdir().unwrap();
    let stores = [open(dir.path(), NEVER), open(dir.path(), NEVER)];
    for number in 0..12 {
        fold(&stores[number as usize % 3 % 2], &[record(number)]);
        if number == 7 {
            assert_eq!(requests(&stores[1]), 8);
        }
    }
    assert_eq!((requests(&stores[0]), requests(&stores[1])), (12, 12));
    assert_sums_hold(dir.path());
}

#[test]
fn a_backup_holds_what_was_not_written_yet() {
    let temp = tempfile::tempdir().unwrap();
    let (data, target, other) =
        (temp.path().join("data"), temp.path().join("backup"), temp.path().join("other"));
    let _held = DataDir::open(&data).unwrap();
    let store = open(&data, NEVER);
    fold(&store, &all_kinds());
    // By another process, which has the file only.
    backup(&data, &target, false).unwrap();
    assert_eq!(written(&data), 0);
    assert_sums_hold(&target);
    restore(&target, &other, false).unwrap();
    assert_eq!(requests(&open(&other, NEVER)), 8);
    assert_sums_hold(&other);
    // And by its own.
    let copy = temp.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    store.copy_to(&copy.join(FILE)).unwrap();
    assert_eq!(tables(&copy), tables(&other));
    assert_eq!(requests(&store), 8);
}

#[test]
fn a_database_of_the_first_release_is_taken_over_as_summed_up() {
    let dir = tempfile::tempdir().unwrap();
    let db = Connection::open(dir.path().join(FILE)).unwrap();
    db.execute_batch(include_str!("../../src/sqlite/migrations/0001_start.sql")).unwrap();
    db.execute_batch(
        "INSERT INTO records VALUES (x'0000019f6c9b80000000000000000001', 1793361600000000, \
         x'00000000000000000000000000000001', NULL, 'chat', 'chat', 'alpha', 'alpha-large', 0, 0, 200, NULL, \
         NULL, 1, NULL, NULL, 10, 20, 4, 0, 0, 2, 100, 500, 1500, NULL);
         INSERT INTO ledger VALUES (x'0000019f6c9b80000000000000000001', 0, 0, 1793361600001500, \
         x'00000000000000000000000000000001', 100);
         INSERT INTO usage VALUES (498156, x'00000000000000000000000000000001', '', 'chat', 'alpha', '', 1, 0, \
         10, 20, 4, 100, 0);
         INSERT INTO spent VALUES (20756, x'00000000000000000000000000000001', 100), \
         (-1, x'00000000000000000000000000000001', 100);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(db);
    let store = open(dir.path(), NEVER);
    fold(&store, &[record(1)]);
    drop(store);
    let store = open(dir.path(), NEVER);
    assert_eq!(requests(&store), 2);
    assert_eq!(store.spent_of(KeyId(1), NOON).unwrap().day.0, 200);
    // Roll-ups begin with the release that has them.
    assert_usage_holds(dir.path());
}

#[test]
fn sums_that_an_earlier_release_did_not_write_are_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let db = Connection::open(dir.path().join(FILE)).unwrap();
    for sql in [
        include_str!("../../src/sqlite/migrations/0001_start.sql"),
        include_str!("../../src/sqlite/migrations/0002_sums.sql"),
        include_str!("../frozen/unsummed_v2.sql"),
    ] {
        db.execute_batch(sql).unwrap();
    }
    drop(db);
    let store = open(dir.path(), NEVER);
    let by = |group_by| store.usage(&UsageFilter { group_by, ..UsageFilter::default() }).unwrap();
    let providers = by(GroupBy::Provider);
    let [alpha, beta] = providers.as_slice() else { panic!("two providers: {providers:?}") };
    assert_eq!((alpha.requests, alpha.cost.0, alpha.cached_tokens), (3, 300, 12));
    assert_eq!((beta.requests, beta.cost.0, beta.cached_tokens), (0, 5, 3));
    assert_eq!(by(GroupBy::Customer).iter().map(|row| row.requests).collect::<Vec<_>>(), [1, 2]);
    assert_usage_holds(dir.path());
}

/// One thing that may happen to a store.
#[derive(Clone, Debug)]
enum Step {
    Fold(Vec<u8>),
    FailToFold(Vec<u8>),
    Lose(u8),
    SumUp,
    Restart,
    /// Another process folds.
    Intrude(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let some = || proptest::collection::vec(0u8..24, 1..5);
    let step = prop_oneof![
        4 => some().prop_map(Step::Fold),
        1 => some().prop_map(Step::FailToFold),
        2 => (0u8..24).prop_map(Step::Lose),
        2 => Just(Step::SumUp),
        2 => Just(Step::Restart),
        1 => (0u8..24).prop_map(Step::Intrude),
    ];
    proptest::collection::vec(step, 1..24)
}

/// 24 records of all kinds, hours apart.
fn numbered(number: u8) -> Record {
    let mut one = all_kinds().swap_remove(usize::from(number % 8));
    let fresh = record(u32::from(number));
    one.id = fresh.id;
    one.time = fresh.time + i64::from(number / 8) * 7 * HOUR;
    // Sub-calls of a request: all but that they are requests is counted.
    one.parent = (number >= 16).then(|| Parent { request: record(0).id, role: SubCallRole::Panel });
    one
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn sums_are_those_of_the_records_whatever_happens(steps in steps()) {
        let (kept, reference) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut store = open(kept.path(), NEVER);
        let other = open(reference.path(), ALWAYS);
        let records = |numbers: &[u8]| numbers.iter().map(|n| numbered(*n)).collect::<Vec<_>>();
        for step in steps {
            match step {
                Step::Fold(numbers) => {
                    prop_assert_eq!(fold(&store, &records(&numbers)), fold(&other, &records(&numbers)));
                }
                Step::FailToFold(numbers) => {
                    let failed = store.fold(&mut |batch| {
                        fold_into(batch, &records(&numbers))?;
                        Err(StoreError::Damaged { what: "nothing, this is a test" })
                    });
                    prop_assert!(failed.is_err());
                }
                Step::Lose(number) => {
                    lose(&store, &numbered(number));
                    lose(&other, &numbered(number));
                }
                Step::SumUp => {
                    store.sum_up(true).unwrap();
                    prop_assert_eq!(tables(kept.path()), tables(reference.path()));
                }
                Step::Restart => store = open(kept.path(), NEVER),
                Step::Intrude(number) => {
                    fold(&open(kept.path(), NEVER), &[numbered(number)]);
                    fold(&other, &[numbered(number)]);
                }
            }
        }
        store.sum_up(true).unwrap();
        prop_assert_eq!(tables(kept.path()), tables(reference.path()));
        assert_sums_hold(kept.path());
    }
}
