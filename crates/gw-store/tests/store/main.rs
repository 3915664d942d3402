//! Tests of the store from outside: the conformance suite on every backend, crashes and replays, the fold
//! beside running workers, and backups.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that can not go on has failed"
)]

mod audit;
mod audit_of_nodes;
mod backup;
mod bodies_far;
mod bodies_in_files;
mod crash;
mod fold;
mod frozen;
mod names;
mod objects;
mod postgres;
mod restore;
mod rotation;
mod suite;
mod sums;
mod transfer;

use gw_store::SqliteStore;
use std::path::Path;

fn open_sqlite(dir: &Path) -> SqliteStore {
    SqliteStore::open(&dir.join("gatewright.db")).unwrap()
}

fn in_memory(_: &Path) -> SqliteStore {
    SqliteStore::in_memory().unwrap()
}

/// The conformance suite in memory.
mod memory {
    use crate::{for_each_case, tests_of_cases};

    for_each_case!(tests_of_cases!(crate::in_memory));
}

/// The conformance suite on SQLite.
mod sqlite {
    use crate::{for_each_case, tests_of_cases};

    for_each_case!(tests_of_cases!(crate::open_sqlite));
}
