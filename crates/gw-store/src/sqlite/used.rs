//! When keys were last used: written with the sums, at most once a minute for each. Serves the fold and whoever looks at keys.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::rows::{Sums, USED_STEP_US, id_bytes};
use gw_model::{KeyId, Micros};
use rusqlite::{Connection, OptionalExtension, params};

const NOTE: &str = "INSERT INTO key_used (key, used_at) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET \
     used_at = excluded.used_at WHERE excluded.used_at >= used_at + ?3";

/// Notes it for the keys of these sums.
pub(super) fn write(sums: &Sums, db: &Connection) -> rusqlite::Result<()> {
    let mut note = db.prepare_cached(NOTE)?;
    for (key, at) in sums.keys_used() {
        note.execute(params![key, at, USED_STEP_US])?;
    }
    Ok(())
}

impl SqliteStore {
    pub(super) fn read_keys_used(&self, keys: &[KeyId]) -> Result<Vec<(KeyId, Micros)>, StoreError> {
        self.read("read when keys were used", |db| {
            let mut query = db.prepare_cached("SELECT used_at FROM key_used WHERE key = ?")?;
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                let at = query.query_row([id_bytes(key.0)], |row| row.get(0)).optional()?;
                found.extend(at.map(|at| (*key, at)));
            }
            Ok(found)
        })
    }
}
