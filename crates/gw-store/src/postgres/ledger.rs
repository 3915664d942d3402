//! The fold's side of the store, and what start-up asks of it: how far the journal is folded, which calls were open,
//! what each key spent.

use super::batch::Gathered;
use super::by_node;
use super::bytes::Id;
use super::db::{ANSWER_LIMIT, BULK_LIMIT, PostgresStore};
use crate::error::StoreError;
use crate::journal::SegmentId;
use crate::memory::{Counter, SpentByPeriod};
use crate::rows::{ALL_DAYS, HOUR_US, add_spent, first_day};
use crate::traits::{Batch, Ledger};
use crate::types::{Folded, PendingIntent, Spending, SpendingOf, SpentElsewhere, Watermark};
use ahash::AHashMap;
use gw_model::{AccountId, KeyId, Micros};

/// Longest time for one batch of the fold. Whoever stops the gateway waits for it.
const FOLD_LIMIT: std::time::Duration = std::time::Duration::from_secs(15);

impl Ledger for PostgresStore {
    fn fold(
        &self,
        work: &mut dyn FnMut(&mut dyn Batch) -> Result<(), StoreError>,
    ) -> Result<Folded, StoreError> {
        let mut gathered = Gathered::default();
        work(&mut gathered)?;
        if gathered.is_empty() {
            return Ok(Folded::default());
        }
        self.retried("fold the journal", FOLD_LIMIT, async |db| gathered.write(&self.bounds, db).await)
    }

    /// What is committed is on disk.
    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn watermarks(&self, node: u64) -> Result<Vec<Watermark>, StoreError> {
        let sql = "SELECT generation, worker, sequence, place FROM watermarks WHERE node = $1";
        self.run("read how far the journal is folded", ANSWER_LIMIT, async |db| {
            let rows = db.query(sql, &[&node.cast_signed()]).await?;
            let mark = |row: &tokio_postgres::Row| {
                let segment = SegmentId {
                    generation: row.try_get::<_, i64>(0)?.cast_unsigned(),
                    worker: super::bytes::small(row, 1, "a watermark")?,
                    sequence: row.try_get::<_, i64>(2)?.cast_unsigned(),
                };
                Ok(Watermark { segment, offset: super::bytes::count(row, 3)? })
            };
            rows.iter().map(mark).collect()
        })
    }

    fn pending(&self, node: u64) -> Result<Vec<PendingIntent>, StoreError> {
        let sql = "SELECT intent, hold FROM pending WHERE node = $1 ORDER BY request, attempt";
        self.run("read open calls", BULK_LIMIT, async |db| {
            let rows = db.query(sql, &[&node.cast_signed()]).await?;
            let read = |row: &tokio_postgres::Row| {
                let intent = serde_json::from_str::<PendingIntent>(row.try_get(0)?);
                let intent = intent.map_err(|_| StoreError::Damaged { what: "an open call" })?;
                Ok(PendingIntent { hold: super::bytes::count(row, 1)?, ..intent })
            };
            rows.iter().map(read).collect()
        })
    }

    fn spent(&self, now: Micros) -> Result<Vec<(KeyId, SpentByPeriod)>, StoreError> {
        let sql = "SELECT key, day, cost FROM spent WHERE day = $1 OR day >= $2";
        let read = self.run("read budgets", BULK_LIMIT, async |db| {
            let mut by_key: AHashMap<u128, SpentByPeriod> = AHashMap::new();
            for row in db.query(sql, &[&ALL_DAYS, &first_day(now)]).await? {
                let key: Id = row.try_get(0)?;
                add_spent(by_key.entry(key.0).or_default(), now, row.try_get(1)?, row.try_get(2)?);
            }
            Ok(by_key.into_iter().map(|(key, spent)| (KeyId(key), spent)).collect())
        });
        self.standby.or_spent(read, now)
    }

    /// While the database is away, routes begin anew: what was spent comes back with the next start.
    fn tolls(
        &self,
        now: Micros,
        most: usize,
        counts_ever: &dyn Fn(u64) -> bool,
    ) -> Result<Vec<(Counter, SpentByPeriod)>, StoreError> {
        let read = self.run("read budgets of routes", BULK_LIMIT, async |db| {
            super::tolls::spent(db, now, most, counts_ever).await
        });
        match read {
            Err(error) if error.is_unavailable() => {
                tracing::warn!(%error, "budgets of routes begin anew: what was spent is not known now");
                Ok(Vec::new())
            }
            read => read,
        }
    }

    fn spent_of(&self, key: KeyId, now: Micros) -> Result<SpentByPeriod, StoreError> {
        let sql = "SELECT day, cost FROM spent WHERE (day = $1 OR day >= $2) AND key = $3";
        self.run("read a budget", ANSWER_LIMIT, async |db| {
            let mut spent = SpentByPeriod::default();
            for row in db.query(sql, &[&ALL_DAYS, &first_day(now), &Id(key.0)]).await? {
                add_spent(&mut spent, now, row.try_get(0)?, row.try_get(1)?);
            }
            Ok(spent)
        })
    }

    fn accounts_spent(
        &self,
        of: Option<AccountId>,
        now: Micros,
    ) -> Result<Vec<(AccountId, SpentByPeriod)>, StoreError> {
        let read = self.run("read budgets of accounts", BULK_LIMIT, async |db| {
            super::spending::of_accounts(db, of, now).await
        });
        self.standby.or_accounts_spent(read, of, now)
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn spent_here(
        &self,
        of: Option<AccountId>,
        now: Micros,
    ) -> Result<Vec<(AccountId, SpentByPeriod)>, StoreError> {
        let node = self.settings.node;
        self.run("read this node's part of budgets", BULK_LIMIT, async |db| {
            by_node::by_period(db, node, of, now).await
        })
    }

    fn spending_here(&self, of: &[SpendingOf]) -> Result<Vec<Spending>, StoreError> {
        let node = self.settings.node;
        self.transaction("read what this node spent", BULK_LIMIT, async |db| {
            by_node::spending(db, node, of).await
        })
    }

    fn spent_elsewhere(
        &self,
        from: Micros,
        of: Option<&[AccountId]>,
    ) -> Result<Vec<SpentElsewhere>, StoreError> {
        let (node, first) = (self.settings.node, from.div_euclid(HOUR_US).max(0));
        self.transaction("read what other nodes spent", BULK_LIMIT, async |db| {
            by_node::elsewhere(db, node, first, of).await
        })
    }

    fn spending(&self, of: &[SpendingOf]) -> Result<Vec<Spending>, StoreError> {
        self.transaction("read what was spent", BULK_LIMIT, async |db| super::spending::read(db, of).await)
    }
}
