//! Inserts many rows with one statement: a cursor stays where the row before went, and most rows come right behind it.

use rusqlite::{Connection, Statement};

/// Rows of one statement.
pub(super) const ROWS: usize = 32;

/// What is inserted: `INSERT INTO table (columns)`, how many columns those are, and what stands behind the values.
pub(super) struct Insert {
    pub(super) into: &'static str,
    pub(super) columns: usize,
    pub(super) conflict: &'static str,
}

impl Insert {
    fn sql(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.columns].join(","));
        format!("{} VALUES {} {}", self.into, vec![row.as_str(); rows].join(","), self.conflict)
    }

    /// Inserts rows in the order that they have, which is best that of the table. `bind` binds one behind so many parameters.
    pub(super) fn all<T>(
        &self,
        db: &Connection,
        rows: &[T],
        bind: impl Fn(&T, &mut Statement<'_>, usize) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let (many, rest) = rows.as_chunks::<ROWS>();
        if !many.is_empty() {
            let mut statement = db.prepare_cached(&self.sql(ROWS))?;
            for rows in many {
                for (number, row) in rows.iter().enumerate() {
                    bind(row, &mut statement, number * self.columns)?;
                }
                statement.raw_execute()?;
            }
        }
        if !rest.is_empty() {
            let mut statement = db.prepare_cached(&self.sql(1))?;
            for row in rest {
                bind(row, &mut statement, 0)?;
                statement.raw_execute()?;
            }
        }
        Ok(())
    }
}
