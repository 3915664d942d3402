//! What was spent in stretches of time, and by accounts in the windows of the calendar. Serves the restoration of budgets.

use super::fault::Fault;
use super::recost::apart;
use super::session::Db;
use crate::accounts::{account_of, bytes_of, each};
use crate::memory::SpentByPeriod;
use crate::rows::{ALL_DAYS, ALL_HOURS, Apart, HOURS_A_DAY, Stretches, add_spent, first_day, id_bytes};
use crate::types::{Spending, SpendingOf};
use ahash::AHashMap;
use gw_model::{AccountId, Level, Micros, RequestId};
use tokio_postgres::Row;

/// So many accounts are looked up hour by hour; of more, all rows are read.
const FEW: usize = 8;

/// Days are summed up by the server: there may be very many accounts.
const SPENT: &str = "SELECT account, CASE WHEN hour < 0 THEN -1::bigint ELSE hour / 24 END, \
     LEAST(SUM(cost), 9223372036854775807)::bigint FROM account_usage \
     WHERE hour = $1 OR hour >= $2 GROUP BY 1, 2";
/// By the primary key, an hour at a time.
const SPENT_OF: &str = "SELECT account, CASE WHEN hour < 0 THEN -1::bigint ELSE hour / 24 END, \
     LEAST(SUM(cost), 9223372036854775807)::bigint FROM account_usage WHERE account = $3 AND \
     hour = ANY(ARRAY(SELECT $1::bigint UNION ALL \
     SELECT generate_series($2::bigint, (SELECT MAX(hour) FROM account_usage)))) GROUP BY 1, 2";
/// As they were settled.
const RECORDS: &str = "SELECT LEAST(r.time::numeric + total_us, 9223372036854775807)::bigint, key, accounts, \
     COALESCE(f.charged, cost) FROM records AS r LEFT JOIN former_costs AS f ON f.request = r.id \
     WHERE r.id >= $1 AND r.id < $2 AND COALESCE(f.charged, cost) > 0";

/// Where the hourly sums of accounts of some levels stand.
struct Source {
    of_keys: bool,
    few: &'static str,
    all: &'static str,
    total: &'static str,
    every: i64,
}

const KEYS: Source = Source {
    of_keys: true,
    few: "SELECT key, hour, LEAST(SUM(cost), 9223372036854775807)::bigint FROM usage WHERE key = ANY($2) AND \
          hour = ANY(ARRAY(SELECT generate_series($1::bigint, (SELECT MAX(hour) FROM usage)))) GROUP BY 1, 2",
    all: "SELECT key, hour, LEAST(SUM(cost), 9223372036854775807)::bigint FROM usage WHERE hour >= $1 GROUP BY 1, 2",
    total: "SELECT key, cost FROM spent WHERE day = $1 AND key = ANY($2)",
    every: ALL_DAYS,
};

const ACCOUNTS: Source = Source {
    of_keys: false,
    few: "SELECT account, hour, cost FROM account_usage WHERE account = ANY($2) AND \
          hour = ANY(ARRAY(SELECT generate_series($1::bigint, (SELECT MAX(hour) FROM account_usage))))",
    all: "SELECT account, hour, cost FROM account_usage WHERE hour >= $1",
    total: "SELECT account, cost FROM account_usage WHERE hour = $1 AND account = ANY($2)",
    every: ALL_HOURS,
};

impl Source {
    fn id(&self, row: &Row) -> Result<Option<AccountId>, Fault> {
        let bytes: &[u8] = row.try_get(0)?;
        Ok(if self.of_keys {
            bytes.try_into().ok().map(key_of)
        } else {
            bytes.try_into().ok().and_then(account_of)
        })
    }

    async fn tell(&self, db: &mut Db<'_>, stretches: &mut Stretches, apart: &Apart) -> Result<(), Fault> {
        let ids = stretches.accounts(self.of_keys);
        if ids.is_empty() {
            return Ok(());
        }
        let bytes = |id: &AccountId| match self.of_keys {
            true => id_bytes(id.number).to_vec(),
            false => bytes_of(*id).to_vec(),
        };
        let wanted: Vec<Vec<u8>> = ids.iter().map(bytes).collect();
        let first = stretches.first_hour();
        let rows = if ids.len() > FEW {
            db.query(self.all, &[&first]).await?
        } else {
            db.query(self.few, &[&first, &wanted]).await?
        };
        for row in rows {
            if let Some(id) = self.id(&row)? {
                let (hour, cost): (i64, i64) = (row.try_get(1)?, row.try_get(2)?);
                stretches.hour(id, hour, cost.saturating_sub(apart.of(id, hour)));
            }
        }
        for row in db.query(self.total, &[&self.every, &wanted]).await? {
            if let Some(id) = self.id(&row)? {
                // What keys spent ever is written down as it was settled.
                let more = if self.of_keys { 0 } else { apart.of(id, ALL_HOURS) };
                stretches.total(id, row.try_get::<_, i64>(1)?.saturating_sub(more));
            }
        }
        Ok(())
    }
}

/// Answers what was spent in each stretch; within a transaction, of which it is the first.
pub(super) async fn read(db: &mut Db<'_>, of: &[SpendingOf]) -> Result<Vec<Spending>, Fault> {
    // Hours, sums and records must be of one moment.
    db.batch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
    let mut stretches = Stretches::new(of);
    let apart = apart(db, stretches.first_hour()).await?;
    for source in [KEYS, ACCOUNTS] {
        source.tell(db, &mut stretches, &apart).await?;
    }
    for (hour, [first, end]) in stretches.scanned() {
        tell_records(db, &mut stretches, hour, [first, end]).await?;
    }
    Ok(stretches.finish())
}

async fn tell_records(
    db: &mut Db<'_>,
    stretches: &mut Stretches,
    hour: i64,
    [first, end]: [RequestId; 2],
) -> Result<(), Fault> {
    let (first, end) = (id_bytes(first.0), id_bytes(end.0));
    for row in db.query(RECORDS, &[&first.as_slice(), &end.as_slice()]).await? {
        let (end, cost) = (row.try_get(0)?, row.try_get(3)?);
        if let Some(key) = row.try_get::<_, Option<&[u8]>>(1)?.and_then(|key| key.try_into().ok()) {
            stretches.call(key_of(key), hour, end, cost);
        }
        for account in each(row.try_get::<_, Option<&[u8]>>(2)?.unwrap_or_default()) {
            if let Some(id) = account_of(account) {
                stretches.call(id, hour, end, cost);
            }
        }
    }
    Ok(())
}

/// What accounts above and beside keys spent in the windows that hold `now`: one, or all.
pub(super) async fn of_accounts(
    db: &mut Db<'_>,
    of: Option<AccountId>,
    now: Micros,
) -> Result<Vec<(AccountId, SpentByPeriod)>, Fault> {
    let first = first_day(now).saturating_mul(HOURS_A_DAY).max(0);
    let rows = match of.map(bytes_of) {
        Some(id) => db.query(SPENT_OF, &[&ALL_HOURS, &first, &id.as_slice()]).await?,
        None => db.query(SPENT, &[&ALL_HOURS, &first]).await?,
    };
    let mut by_account: AHashMap<AccountId, SpentByPeriod> = AHashMap::new();
    for row in rows {
        let id = row.try_get::<_, &[u8]>(0)?.try_into().ok().and_then(account_of);
        if let Some(id) = id {
            add_spent(by_account.entry(id).or_default(), now, row.try_get(1)?, row.try_get(2)?);
        }
    }
    // Of days, what was found afterwards to cost more or less is taken off.
    for (id, hour, cost) in apart(db, first).await?.each() {
        if let Some(spent) = by_account.get_mut(&id) {
            let day = if hour == ALL_HOURS { ALL_DAYS } else { hour.div_euclid(HOURS_A_DAY) };
            add_spent(spent, now, day, cost.saturating_neg());
        }
    }
    Ok(by_account.into_iter().collect())
}

fn key_of(bytes: &[u8; 16]) -> AccountId {
    AccountId { level: Level::Key, number: u128::from_be_bytes(*bytes) }
}
