//! The audit log under the hands of somebody who may write the database: every byte of every column, and whole rows.

use crate::suite::audit::{draft, seal, verify, write};
use crate::suite::sample::NOON;
use gw_store::SqliteStore;
use gw_store::audit::{AuditFault, AuditFilter, FaultKind};
use gw_store::traits::AuditLog;
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use std::path::Path;

const ENTRIES: i64 = 6;

fn filled(dir: &Path) -> (SqliteStore, Connection) {
    let path = dir.join("gatewright.db");
    let store = SqliteStore::open(&path).unwrap();
    for n in 0..ENTRIES {
        write(&store, &draft(&format!("thing {n}"), NOON + n));
    }
    (store, Connection::open(path).unwrap())
}

fn found(store: &SqliteStore) -> Option<AuditFault> {
    verify(store, &seal(), None).fault
}

#[track_caller]
fn located(store: &SqliteStore, kind: FaultKind, number: i64) {
    let fault = found(store).unwrap();
    assert_eq!((fault.kind, fault.number), (kind, Some(number)), "{fault}");
    assert!(fault.time.is_some() || kind == FaultKind::Missing, "{fault}");
}

/// Every value that differs from this one in one byte.
fn flipped(value: &Value) -> Vec<Value> {
    let each = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let flip = |at: usize| {
            let mut bytes = bytes.to_vec();
            bytes[at] ^= 0x55;
            bytes
        };
        (0..bytes.len()).map(flip).collect()
    };
    match value {
        Value::Integer(n) => each(&n.to_be_bytes())
            .into_iter()
            .map(|bytes| Value::Integer(i64::from_be_bytes(bytes.try_into().unwrap())))
            .collect(),
        Value::Text(text) => {
            let texts = each(text.as_bytes()).into_iter().map(|bytes| match String::from_utf8(bytes) {
                Ok(text) => Value::Text(text),
                Err(error) => Value::Blob(error.into_bytes()),
            });
            texts.chain([Value::Null, Value::Blob(text.clone().into_bytes())]).collect()
        }
        Value::Blob(bytes) => each(bytes).into_iter().map(Value::Blob).chain([Value::Blob(vec![])]).collect(),
        other => panic!("{other:?} is not written"),
    }
}

#[test]
fn every_flipped_byte_of_an_entry_is_found_and_located() {
    let dir = tempfile::tempdir().unwrap();
    let (store, db) = filled(dir.path());
    let (mut tried, number) = (0, 3);
    for column in [
        "time", "actor", "action", "kind", "target", "name", "outcome", "before", "after", "address",
        "agent", "hash", "seal", "places",
    ] {
        let read = format!("SELECT {column} FROM audit WHERE number = {number}");
        let set = format!("UPDATE audit SET {column} = ? WHERE number = {number}");
        let good: Value = db.query_row(&read, [], |row| row.get(0)).unwrap();
        for bad in flipped(&good) {
            // A column that may not be empty refuses that itself.
            if db.execute(&set, [&bad]).is_err() {
                assert_eq!(bad, Value::Null);
                continue;
            }
            let fault = found(&store).expect(column);
            assert_eq!((fault.kind, fault.number), (FaultKind::Altered, Some(number)), "{column}: {bad:?}");
            tried += 1;
        }
        db.execute(&set, [&good]).unwrap();
        assert_eq!(found(&store), None, "{column}");
    }
    assert!(tried > 150, "{tried}");
}

#[test]
fn a_changed_number_is_a_missing_entry() {
    let dir = tempfile::tempdir().unwrap();
    let (store, db) = filled(dir.path());
    for bad in flipped(&Value::Integer(3)) {
        db.execute("UPDATE audit SET number = ? WHERE number = 3", [&bad]).unwrap();
        let fault = found(&store).expect("it is found");
        let at = (fault.kind, fault.number);
        let Value::Integer(moved) = bad else { unreachable!() };
        let expected =
            if moved < 0 { (FaultKind::OutOfPlace, Some(moved)) } else { (FaultKind::Missing, Some(3)) };
        assert_eq!(at, expected, "{moved}");
        db.execute("UPDATE audit SET number = 3 WHERE number = ?", [&bad]).unwrap();
    }
    assert_eq!(found(&store), None);
}

#[test]
fn every_flipped_byte_of_the_head_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let (store, db) = filled(dir.path());
    for column in ["first", "base", "last", "hash", "seal"] {
        let good: Value =
            db.query_row(&format!("SELECT {column} FROM audit_head"), [], |row| row.get(0)).unwrap();
        for bad in flipped(&good) {
            db.execute(&format!("UPDATE audit_head SET {column} = ?"), [&bad]).unwrap();
            assert_eq!(found(&store).map(|fault| fault.kind), Some(FaultKind::Head), "{column}: {bad:?}");
        }
        db.execute(&format!("UPDATE audit_head SET {column} = ?"), [&good]).unwrap();
        assert_eq!(found(&store), None);
    }
    db.execute("DELETE FROM audit_head", []).unwrap();
    assert_eq!(found(&store).map(|fault| fault.kind), Some(FaultKind::Head));
}

#[test]
fn rows_that_are_removed_swapped_inserted_or_cut_off_are_found() {
    let removed = [(1, 1, 1), (4, 4, 4), (6, 6, 6), (4, 6, 4), (1, 6, 1)];
    for (from, to, missing) in removed {
        let dir = tempfile::tempdir().unwrap();
        let (store, db) = filled(dir.path());
        db.execute("DELETE FROM audit WHERE number BETWEEN ? AND ?", [from, to]).unwrap();
        located(&store, FaultKind::Missing, missing);
        // What is written afterwards does not cover it.
        write(&store, &draft("later", NOON + 50));
        located(&store, FaultKind::Missing, missing);
        assert_eq!(store.prune_audit(&seal(), NOON + 49, NOON + 60, 100).unwrap_or(0), 0);
        located(&store, FaultKind::Missing, missing);
    }
    let dir = tempfile::tempdir().unwrap();
    let (store, db) = filled(dir.path());
    for (from, to) in [(2, 100), (5, 2), (100, 5)] {
        db.execute("UPDATE audit SET number = ? WHERE number = ?", [to, from]).unwrap();
    }
    located(&store, FaultKind::Altered, 2);

    let dir = tempfile::tempdir().unwrap();
    let (store, db) = filled(dir.path());
    let copy = "INSERT INTO audit SELECT ?1, time, actor, action, kind, target, name, outcome, before, after, \
                address, agent, hash, seal, places FROM audit WHERE number = ?2";
    db.execute(copy, params![ENTRIES + 1, ENTRIES]).unwrap();
    let fault = found(&store).expect("it is found");
    assert_eq!(fault.number, Some(ENTRIES + 1), "{fault}");
}

#[test]
fn an_entry_is_not_dropped_for_an_age_that_it_was_given() {
    for alter in [
        "UPDATE audit SET time = 0 WHERE number = 1",
        "UPDATE audit SET time = 0 WHERE number <= 3",
        "UPDATE audit SET name = 'x', time = 0 WHERE number = 2; UPDATE audit SET time = 0 WHERE number = 1",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (store, db) = filled(dir.path());
        db.execute_batch(alter).unwrap();
        assert_eq!(store.prune_audit(&seal(), NOON - 1, NOON + 60, 100).unwrap(), 0, "{alter}");
        located(&store, FaultKind::Altered, 1);
    }
}

#[test]
fn a_chain_whose_end_was_altered_is_gone_on_from_in_the_open() {
    for alter in [
        "DELETE FROM audit_head",
        "UPDATE audit_head SET last = last - 2",
        "UPDATE audit_head SET last = 'x'",
        "UPDATE audit_head SET last = 9223372036854775807",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (store, db) = filled(dir.path());
        db.execute(alter, []).unwrap();
        write(&store, &draft("later", NOON + 50));
        located(&store, FaultKind::Broken, ENTRIES + 1);
        let page = store.audit_page(&AuditFilter { limit: 2, ..AuditFilter::default() }).unwrap();
        let actions: Vec<&str> = page.rows.iter().map(|(entry, _)| entry.action.as_str()).collect();
        assert_eq!(actions, ["key.update", "audit.break"], "{alter}");
        write(&store, &draft("again", NOON + 51));
        located(&store, FaultKind::Broken, ENTRIES + 1);
    }
}
