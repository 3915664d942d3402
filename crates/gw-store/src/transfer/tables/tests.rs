//! Tests of [`super`].
use super::*;
use crate::SqliteStore;

/// What says how far this database is, and means nothing in another one; and what stands behind the views `records` and
/// `ledger`, which are carried over.
const OF_ITS_OWN: [&str; 10] = [
    "meta",
    "record_blocks",
    "summing",
    "record_rows",
    "record_callers",
    "record_targets",
    "record_agents",
    "record_customers",
    "record_names",
    "ledger_rows",
];
/// The same of columns of `records`, and of segments, whose calls the other one finds by an index.
const COLUMNS_OF_ITS_OWN: [&str; 5] = ["batch", "caller_id", "target_id", "agent_id", "customer_id"];
const COLUMNS_OF_SEGMENTS: [&str; 2] = ["first", "last"];

#[test]
fn no_table_stays_behind() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gatewright.db");
    drop(SqliteStore::open(&path).unwrap());
    let db = Connection::open(&path).unwrap();
    let mut query = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    let there = query.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    let left: Vec<String> = there
        .filter(|name| !name.starts_with("sqlite_") && !OF_ITS_OWN.contains(&name.as_str()))
        .filter(|name| !TABLES.iter().any(|table| table.name == name))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn no_column_stays_behind() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gatewright.db");
    drop(SqliteStore::open(&path).unwrap());
    let db = Connection::open(&path).unwrap();
    for table in TABLES {
        let mut query = db.prepare(&format!("SELECT name FROM pragma_table_info('{}')", table.name)).unwrap();
        let there = query.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
        let own: &[&str] = match table.name {
            "records" => &COLUMNS_OF_ITS_OWN,
            "body_segments" => &COLUMNS_OF_SEGMENTS,
            _ => &[],
        };
        let is_own = |name: &String| own.contains(&name.as_str());
        let left: Vec<String> = there
            .filter(|name| !is_own(name))
            .filter(|name| !table.columns.iter().any(|(_, from, _)| from == name))
            .collect();
        assert_eq!(left, Vec::<String>::new(), "of {}", table.name);
    }
}
