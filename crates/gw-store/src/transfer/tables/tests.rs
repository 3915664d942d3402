//! Tests of [`super`].
use super::*;
use crate::SqliteStore;

/// What says how far this database is, and means nothing in another one.
const OF_ITS_OWN: [&str; 3] = ["meta", "record_blocks", "summing"];

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
        // Which batch wrote a record is known of this database alone.
        let left: Vec<String> = there
            .filter(|name| (table.name, name.as_str()) != ("records", "batch"))
            .filter(|name| !table.columns.iter().any(|(_, from, _)| from == name))
            .collect();
        assert_eq!(left, Vec::<String>::new(), "of {}", table.name);
    }
}
