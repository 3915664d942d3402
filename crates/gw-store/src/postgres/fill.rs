//! Filling a database from another one, for whoever moves an installation here.

use super::db::PostgresStore;
use super::session::Values;
use crate::error::StoreError;
use crate::transfer::fill;
use rusqlite::Connection;
use std::time::Duration;

/// However much there is to move, it does not take longer.
const LONGEST: Duration = Duration::from_secs(86_400);

impl PostgresStore {
    /// Takes over what an SQLite database holds, in one transaction: rows by table. Other nodes are told. Errors: the
    /// tables hold something, and `force` does not say that it is to be replaced.
    pub(crate) fn fill_from(
        &self,
        from: &Connection,
        force: bool,
    ) -> Result<Vec<(&'static str, u64)>, StoreError> {
        let check = self.standby.key_check();
        self.transaction("move the installation", LONGEST, async |db| {
            db.batch(super::directory::IN_ORDER).await?;
            let moved = fill(db, from, force).await?;
            let values: Values<'_> = &[&super::db::ENCRYPTION_CHECK, &check];
            let sql = "INSERT INTO settings (name, value) VALUES ($1, $2) \
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            db.execute(sql, values).await?;
            let retired: Values<'_> = &[&super::db::RETIRED_KEYS];
            db.execute("DELETE FROM settings WHERE name = $1", retired).await?;
            db.batch(super::directory::WAKE).await?;
            Ok(moved)
        })
    }
}
