//! What each node spent. Serves the fold, which adds to it, and gateways that count budgets together elsewhere: each says
//! there what it has itself spent, and what those have that are gone. It must not decide who is gone.

use super::fault::Fault;
use super::session::{Db, Values};
use crate::accounts::{account_of, bytes_of};
use crate::memory::SpentByPeriod;
use crate::rows::{ALL_DAYS, ALL_HOURS, HOURS_A_DAY, Stretches, Sums, add_spent, first_day};
use crate::types::{Spending, SpendingOf, SpentElsewhere};
use ahash::AHashMap;
use gw_model::{AccountId, Level, Micros, NanoUsd};
use std::convert::Infallible;
use tokio_postgres::Row;

const ADD: &str = "INSERT INTO spent_by_node AS s (account, node, hour, cost) \
     SELECT account, $1, hour, cost FROM unnest($2::bytea[], $3::bigint[], $4::bigint[]) AS t (account, hour, cost) \
     ORDER BY account, hour ON CONFLICT (account, node, hour) DO UPDATE SET \
     cost = LEAST(GREATEST(s.cost::numeric + excluded.cost, -9223372036854775808), 9223372036854775807)::bigint";
const BY_DAY: &str = "SELECT account, CASE WHEN hour < 0 THEN -1::bigint ELSE hour / 24 END, \
     LEAST(SUM(cost), 9223372036854775807)::bigint FROM spent_by_node \
     WHERE node = $1 AND (hour = $2 OR hour >= $3) AND ($4::bytea IS NULL OR account = $4) GROUP BY 1, 2";
const BY_HOUR: &str = "SELECT account, hour, cost FROM spent_by_node \
     WHERE node = $1 AND account = ANY($2) AND (hour = $3 OR hour >= $4)";
/// Of all nodes: what stands here, and what stands in the sums.
const OF_NODES: &str = "SELECT account, node, hour, cost FROM spent_by_node \
     WHERE (hour = $1 OR hour >= $2) AND ($3::bytea[] IS NULL OR account = ANY($3))";
const OF_KEYS: &str = "SELECT key, hour, LEAST(SUM(cost), 9223372036854775807)::bigint FROM usage \
     WHERE hour >= $1 AND length(key) = 16 AND ($2::bytea[] IS NULL OR key = ANY($2)) GROUP BY 1, 2 \
     UNION ALL SELECT key, -1::bigint, cost FROM spent WHERE day = $3 AND ($2::bytea[] IS NULL OR key = ANY($2))";
const OF_ACCOUNTS: &str = "SELECT account, hour, cost FROM account_usage \
     WHERE (hour = $1 OR hour >= $2) AND ($3::bytea[] IS NULL OR account = ANY($3))";

/// Adds what a node has spent.
pub(super) async fn write(sums: &Sums, node: u64, db: &mut Db<'_>) -> Result<(), Fault> {
    let mut costs: AHashMap<(AccountId, i64), i64> = AHashMap::new();
    let mut add = |id: AccountId, hour: i64, cost: i64| {
        let sum = costs.entry((id, hour)).or_default();
        *sum = sum.saturating_add(cost);
    };
    let collected: Result<(), Infallible> = sums.each(
        |row| {
            if let Some(id) = row.key().try_into().ok().map(key_of) {
                add(id, row.group.hour, row.sum.cost);
                add(id, ALL_HOURS, row.sum.cost);
            }
            Ok(())
        },
        |_, _, _| Ok(()),
    );
    let Ok(()) = collected;
    for (hour, account, sum) in sums.account_rows() {
        if let Some(id) = account_of(&account) {
            add(id, hour, sum.cost);
        }
    }
    costs.retain(|_, cost| *cost != 0);
    if costs.is_empty() {
        return Ok(());
    }
    let accounts: Vec<Vec<u8>> = costs.keys().map(|(id, _)| bytes_of(*id).to_vec()).collect();
    let hours: Vec<i64> = costs.keys().map(|(_, hour)| *hour).collect();
    let sums: Vec<i64> = costs.values().copied().collect();
    let values: Values<'_> = &[&node.cast_signed(), &accounts, &hours, &sums];
    db.execute(ADD, values).await.map(drop)
}

/// What a node has spent in the windows that hold `now`: of one account, or of all.
pub(super) async fn by_period(
    db: &mut Db<'_>,
    node: u64,
    of: Option<AccountId>,
    now: Micros,
) -> Result<Vec<(AccountId, SpentByPeriod)>, Fault> {
    let first = first_day(now).saturating_mul(HOURS_A_DAY).max(0);
    let account = of.map(|id| bytes_of(id).to_vec());
    let values: Values<'_> = &[&node.cast_signed(), &ALL_HOURS, &first, &account];
    let mut found: AHashMap<AccountId, SpentByPeriod> = AHashMap::new();
    for row in db.query(BY_DAY, values).await? {
        if let Some(id) = id(&row)? {
            add_spent(found.entry(id).or_default(), now, row.try_get(1)?, row.try_get(2)?);
        }
    }
    Ok(found.into_iter().collect())
}

/// What a node has spent in each stretch, to the hour; within a transaction, of which it is the first.
pub(super) async fn spending(db: &mut Db<'_>, node: u64, of: &[SpendingOf]) -> Result<Vec<Spending>, Fault> {
    let mut stretches = Stretches::new(of);
    let accounts = [true, false].into_iter().flat_map(|of_keys| stretches.accounts(of_keys));
    let accounts: Vec<Vec<u8>> = accounts.map(|id| bytes_of(id).to_vec()).collect();
    let values: Values<'_> = &[&node.cast_signed(), &accounts, &ALL_HOURS, &stretches.first_hour()];
    for row in db.query(BY_HOUR, values).await? {
        let Some(id) = id(&row)? else { continue };
        let (hour, cost): (i64, i64) = (row.try_get(1)?, row.try_get(2)?);
        match hour {
            ALL_HOURS => stretches.total(id, cost),
            hour => stretches.hour(id, hour, cost),
        }
    }
    Ok(stretches.finish())
}

/// What other nodes have spent from an hour on; within a transaction, of which it is the first. What no node is known
/// for stands at node 0.
pub(super) async fn elsewhere(
    db: &mut Db<'_>,
    node: u64,
    first_hour: i64,
    of: Option<&[AccountId]>,
) -> Result<Vec<SpentElsewhere>, Fault> {
    db.batch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
    let accounts: Option<Vec<Vec<u8>>> = of.map(|of| of.iter().map(|id| bytes_of(*id).to_vec()).collect());
    let keys: Option<Vec<Vec<u8>>> =
        of.map(|of| of.iter().map(|id| id.number.to_be_bytes().to_vec()).collect());
    let mut costs: AHashMap<(u64, AccountId), AHashMap<i64, i64>> = AHashMap::new();
    let mut add = |node: u64, id: AccountId, hour: i64, cost: i64| {
        let sum = costs.entry((node, id)).or_default().entry(hour).or_default();
        *sum = sum.saturating_add(cost);
    };
    for row in db.query(OF_NODES, &[&ALL_HOURS, &first_hour, &accounts]).await? {
        let Some(id) = id(&row)? else { continue };
        let (of_node, hour, cost): (i64, i64, i64) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        if of_node.cast_unsigned() != node {
            add(of_node.cast_unsigned(), id, hour, cost);
        }
        add(UNKNOWN, id, hour, cost.saturating_neg());
    }
    for row in db.query(OF_KEYS, &[&first_hour, &keys, &ALL_DAYS]).await? {
        if let Ok(key) = row.try_get::<_, &[u8]>(0)?.try_into() {
            add(UNKNOWN, key_of(key), row.try_get(1)?, row.try_get(2)?);
        }
    }
    for row in db.query(OF_ACCOUNTS, &[&ALL_HOURS, &first_hour, &accounts]).await? {
        if let Some(id) = id(&row)? {
            add(UNKNOWN, id, row.try_get(1)?, row.try_get(2)?);
        }
    }
    // Nodes have spent what was settled; sums may have more by now. What keys spent ever is written down as it was settled.
    for (id, hour, cost) in super::recost::apart(db, first_hour).await?.each() {
        let is_wanted = of.is_none_or(|of| of.contains(&id));
        if is_wanted && !(id.level == Level::Key && hour == ALL_HOURS) {
            add(UNKNOWN, id, hour, cost.saturating_neg());
        }
    }
    let found = costs.into_iter().map(|((node, account), hours)| of_node(node, account, &hours));
    Ok(found.filter(|one| one.total.0 > 0).collect())
}

/// What is spent by no node that is known.
pub(super) const UNKNOWN: u64 = 0;

fn of_node(node: u64, account: AccountId, costs: &AHashMap<i64, i64>) -> SpentElsewhere {
    let money = |cost: i64| NanoUsd(u64::try_from(cost).unwrap_or(0));
    let hours = costs.iter().filter(|(hour, cost)| **hour != ALL_HOURS && **cost > 0);
    let mut hours: Vec<(i64, NanoUsd)> = hours.map(|(hour, cost)| (*hour, money(*cost))).collect();
    hours.sort_unstable_by_key(|(hour, _)| *hour);
    let total = money(costs.get(&ALL_HOURS).copied().unwrap_or(0));
    SpentElsewhere { node, account, hours, total }
}

fn id(row: &Row) -> Result<Option<AccountId>, Fault> {
    Ok(row.try_get::<_, &[u8]>(0)?.try_into().ok().and_then(account_of))
}

fn key_of(bytes: &[u8; 16]) -> AccountId {
    AccountId { level: Level::Key, number: u128::from_be_bytes(*bytes) }
}
