//! What is sealed in the tables, to be sealed again, and whether anybody else uses them.

use super::db::{ANSWER_LIMIT, BULK_LIMIT, ENCRYPTION_CHECK, PostgresStore, RETIRED_KEYS};
use super::fault::Fault;
use crate::error::StoreError;
use crate::rotation::{Cell, Dialect, Kind, Resealed, SealedRow, SealedStore, SealedTable};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// Gateways say who they are, unless the address says otherwise; and each of them listens for changes.
const OTHERS: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
     AND pid <> pg_backend_pid() AND (application_name = $1 OR query LIKE 'LISTEN gatewright%')";

impl PostgresStore {
    /// Connections of others that work with these tables.
    pub(crate) fn others_connected(&self) -> Result<i64, StoreError> {
        let name = self.address.config.get_application_name().unwrap_or("gatewright").to_owned();
        self.run("look who uses the database", ANSWER_LIMIT, async |db| {
            Ok(db.one(OTHERS, &[&name]).await?.try_get(0)?)
        })
    }

    /// Writes down which keys the installation needs: all that are known here while it is sealed again, and then the newest.
    /// Those that it needed before are retired: whoever knows both and still seals with such a one is as good as one that does not know the newest.
    pub(crate) fn note_rotation(&self, is_under_way: bool) -> Result<(), StoreError> {
        let needed = match is_under_way {
            true => self.standby.all_checks(),
            false => self.standby.key_check().to_owned(),
        };
        self.retried("note which encryption keys are needed", ANSWER_LIMIT, async |db| {
            // Those that it needed until now, and those of before.
            let mut before = String::new();
            for name in [ENCRYPTION_CHECK, RETIRED_KEYS] {
                let sql = "SELECT value FROM settings WHERE name = $1 FOR UPDATE";
                if let Some(row) = db.query(sql, &[&name]).await?.first() {
                    before.push_str(row.try_get(0)?);
                    before.push(' ');
                }
            }
            let sql = "INSERT INTO settings (name, value) VALUES ($1, $2) \
                 ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value";
            db.execute(sql, &[&ENCRYPTION_CHECK, &needed]).await?;
            // At the end all of them are needed for the moment, and those that are retired were noted at the beginning.
            if is_under_way {
                let retired = self.standby.without_newest(&before);
                db.execute(sql, &[&RETIRED_KEYS, &retired]).await?;
            }
            Ok(())
        })
    }
}

impl SealedStore for PostgresStore {
    fn sealed_rows(
        &self,
        table: &SealedTable,
        behind: Option<&SealedRow>,
    ) -> Result<Vec<SealedRow>, StoreError> {
        let sql = table.select(Dialect::Postgres, behind.is_some());
        let key: Vec<&(dyn ToSql + Sync)> =
            behind.map(|row| table.key_of(row)).unwrap_or_default().iter().map(value).collect();
        self.run("read what is sealed", BULK_LIMIT, async |db| {
            db.query(&sql, &key).await?.iter().map(|row| decode(table, row)).collect()
        })
    }

    fn reseal_rows(&self, table: &SealedTable, rows: &[Resealed]) -> Result<(), StoreError> {
        let sql = table.update(Dialect::Postgres);
        self.retried("replace what is sealed", BULK_LIMIT, async |db| {
            for Resealed { row, sealed } in rows {
                let mut values: Vec<&(dyn ToSql + Sync)> = vec![sealed, &row.sealed];
                values.extend(table.key_of(row).iter().map(value));
                db.execute(&sql, &values).await?;
            }
            Ok(())
        })
    }
}

fn value(cell: &Cell) -> &(dyn ToSql + Sync) {
    match cell {
        Cell::Bytes(bytes) => bytes,
        Cell::Text(text) => text,
        Cell::Number(number) => number,
    }
}

fn decode(table: &SealedTable, row: &Row) -> Result<SealedRow, Fault> {
    let mut cells = Vec::new();
    for (at, kind) in table.kinds().enumerate() {
        cells.push(match kind {
            Kind::Bytes => Cell::Bytes(row.try_get(at)?),
            Kind::Text => Cell::Text(row.try_get(at)?),
            Kind::Number => Cell::Number(row.try_get(at)?),
        });
    }
    Ok(SealedRow { sealed: row.try_get(cells.len())?, cells })
}
