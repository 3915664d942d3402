//! Brings the tables up to date. Each migration is a numbered file that is never edited once released. Nodes that start
//! together take turns, and a node goes on beside tables of a later version as long as those say that it can.

use super::db::BULK_LIMIT;
use super::fault::Fault;
use super::session::{Db, SCHEMA, Session};
use crate::error::StoreError;

/// A step from one version of the tables to the next.
struct Migration {
    sql: &'static str,
    /// The lowest version that a program must know to work with the tables from here on. It rises only where a
    /// migration takes something away that earlier programs use: they are refused then.
    min_reader: i32,
}

/// All migrations, in order; the first is number 1.
const MIGRATIONS: &[Migration] = &[
    Migration { sql: include_str!("migrations/0001_start.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0002_tolls.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0003_accounts_ledger.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0004_tenancy.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0005_audit.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0006_spent_by_node.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0007_admin_tokens.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0008_managed.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0009_audit_places.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0010_sign_in.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0011_scim.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0012_records.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0013_bodies.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0014_rollups.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0015_views.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0016_exports.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0017_alerts.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0018_datasets.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0019_alert_shares.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0020_evaluations.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0021_config_blocks.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0022_prices.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0023_feedback_in_evaluations.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0024_key_used.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0025_part_usage.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0026_body_segments.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0027_membership_givers.sql"), min_reader: 1 },
    Migration { sql: include_str!("migrations/0028_key_names.sql"), min_reader: 1 },
];

/// Keeps other nodes from the tables meanwhile; the number means nothing.
const TURN: &str = "SELECT pg_advisory_xact_lock(7166230190331150401)";

/// Applies what is missing, each migration in a transaction of its own.
pub(super) fn migrate(session: &mut Session) -> Result<(), Fault> {
    let known = i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX);
    while session.transaction(BULK_LIMIT, async |db| step(db, known).await)? {}
    Ok(())
}

/// Applies the next migration; false when there is none.
async fn step(db: &mut Db<'_>, known: i32) -> Result<bool, Fault> {
    db.batch("SET LOCAL lock_timeout TO 0").await?;
    db.batch(TURN).await?;
    let (found, min_reader) = version(db).await?;
    if found > known {
        // Written by a later version, which says from which one on its tables can be used.
        return if min_reader > known {
            Err(StoreError::TablesTooNew { found: found.into(), known: known.into() }.into())
        } else {
            Ok(false)
        };
    }
    let Some(next) = usize::try_from(found).ok().and_then(|place| MIGRATIONS.get(place)) else {
        return Ok(false);
    };
    db.batch(next.sql).await?;
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&(found + 1), &next.min_reader];
    db.execute("UPDATE gatewright.tables SET version = $1, min_reader = $2", &values).await?;
    Ok(true)
}

/// Version of the tables, and the lowest that can use them. Makes what says so when it is missing.
async fn version(db: &mut Db<'_>) -> Result<(i32, i32), Fault> {
    let there = db.first("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&SCHEMA]).await?;
    if there.is_none() {
        db.batch("CREATE SCHEMA gatewright").await?;
    }
    db.batch(
        "CREATE TABLE IF NOT EXISTS gatewright.tables (\
           one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one), version INTEGER NOT NULL, min_reader INTEGER NOT NULL); \
         INSERT INTO gatewright.tables (version, min_reader) VALUES (0, 1) ON CONFLICT DO NOTHING",
    )
    .await?;
    let row = db.one("SELECT version, min_reader FROM gatewright.tables", &[]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}
