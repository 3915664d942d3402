//! Tests of the store from outside: the conformance suite on every backend, crashes and replays, the fold
//! beside running workers, and backups.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can not go on has failed")]

mod audit;
mod backup;
mod crash;
mod fold;
mod frozen;
mod objects;
mod suite;
mod sums;

use gw_store::SqliteStore;
use std::path::Path;

fn open_sqlite(dir: &Path) -> SqliteStore {
    SqliteStore::open(&dir.join("gatewright.db")).unwrap()
}

store_suite!(sqlite, crate::open_sqlite);
