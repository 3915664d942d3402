//! Brings the tables up to date. Each migration is a numbered file that is never edited once released; the
//! number of the last one applied stands in the database's `user_version`.

use crate::error::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// All migrations, in order; the first is number 1.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_start.sql"),
    include_str!("migrations/0002_sums.sql"),
    include_str!("migrations/0003_objects.sql"),
    include_str!("migrations/0004_credentials.sql"),
    include_str!("migrations/0005_object_credentials.sql"),
    include_str!("migrations/0006_routes.sql"),
    include_str!("migrations/0007_sub_calls.sql"),
    include_str!("migrations/0008_tolls.sql"),
    include_str!("migrations/0009_accounts.sql"),
    include_str!("migrations/0010_tenancy.sql"),
    include_str!("migrations/0011_audit.sql"),
    include_str!("migrations/0012_admin_tokens.sql"),
    include_str!("migrations/0013_managed.sql"),
    include_str!("migrations/0014_audit_places.sql"),
    include_str!("migrations/0015_sign_in.sql"),
    include_str!("migrations/0016_scim.sql"),
    include_str!("migrations/0017_records.sql"),
    include_str!("migrations/0018_bodies.sql"),
    include_str!("migrations/0019_rollups.sql"),
    include_str!("migrations/0020_views.sql"),
    include_str!("migrations/0021_exports.sql"),
    include_str!("migrations/0022_alerts.sql"),
    include_str!("migrations/0023_datasets.sql"),
    include_str!("migrations/0024_alert_shares.sql"),
    include_str!("migrations/0025_callers_alone.sql"),
    include_str!("migrations/0026_short_records.sql"),
    include_str!("migrations/0027_evaluations.sql"),
    include_str!("migrations/0028_config_blocks.sql"),
    include_str!("migrations/0029_prices.sql"),
    include_str!("migrations/0030_feedback_and_names.sql"),
    include_str!("migrations/0031_body_places.sql"),
    include_str!("migrations/0032_key_used.sql"),
    include_str!("migrations/0033_part_usage.sql"),
    include_str!("migrations/0034_body_segments.sql"),
    include_str!("migrations/0035_membership_givers.sql"),
    include_str!("migrations/0036_key_names.sql"),
];

/// True when the tables are as this version writes them.
pub(super) fn is_current(db: &Connection) -> rusqlite::Result<bool> {
    let found: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(i64::try_from(MIGRATIONS.len()) == Ok(found))
}

/// Applies what is missing, each migration in a transaction of its own. False when nothing was.
pub(super) fn migrate(db: &mut Connection, path: &Path) -> Result<bool, StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 = db
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(StoreError::query("read the version of the tables"))?;
    if found > known {
        return Err(StoreError::TooNew { path: path.to_owned(), found, known });
    }
    for (number, sql) in (1i64..).zip(MIGRATIONS).filter(|(number, _)| *number > found) {
        apply(db, number, sql).map_err(StoreError::query("bring the tables up to date"))?;
    }
    Ok(found < known)
}

fn apply(db: &mut Connection, number: i64, sql: &str) -> rusqlite::Result<()> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(sql)?;
    tx.pragma_update(None, "user_version", number)?;
    tx.commit()
}
