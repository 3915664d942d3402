//! Sums of usage by one dimension, from the hourly rows: those of `usage` are by call, those of `account_usage` by the
//! accounts that calls count for.

use super::bytes::{Id, clean, count};
use super::db::{BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use super::logs::Conditions;
use super::session::{Db, Values};
use crate::accounts::{AccountBytes, account_of, bytes_of};
use crate::error::StoreError;
use crate::journal::outcome_code;
use crate::rows::{ERRORS, by_level, hours, projects, with_rest};
use crate::types::{GroupBy, UsageFilter, UsageRow};
use ahash::AHashMap;
use gw_model::{AccountId, KeyId, Level, NanoUsd};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// The sum of whole numbers is of a wider kind.
const SUMS: &str = "SUM(requests)::bigint, SUM(errors)::bigint, LEAST(SUM(input), 9223372036854775807)::bigint, \
     LEAST(SUM(output), 9223372036854775807)::bigint, LEAST(SUM(cached), 9223372036854775807)::bigint, \
     LEAST(SUM(cost), 9223372036854775807)::bigint, LEAST(SUM(saved), 9223372036854775807)::bigint";
const LABELLED: &str = "usage LEFT JOIN key_labels ON key_labels.id = usage.key";

/// A dimension in SQL: the value, its name, and where both stand.
type Dimension = (&'static str, &'static str, &'static str);

/// All calls as one.
const EVERYTHING: Dimension = ("''", NONE, "usage");
const PROJECT: Dimension = ("COALESCE(project, '')", NONE, LABELLED);
const NONE: &str = "NULL::text";

impl PostgresStore {
    pub(super) fn sum_usage(&self, filter: &UsageFilter) -> Result<Vec<UsageRow>, StoreError> {
        self.transaction("sum up usage", BULK_LIMIT, async |db| {
            // What several statements read must be of one moment.
            db.batch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
            if let Some(accounts) = &filter.seen_from {
                return seen_from(db, filter, accounts).await;
            }
            let mut rows = match filter.group_by {
                GroupBy::Organization => {
                    let rows = by_account(db, filter, Level::Organization).await?;
                    add_rest(db, filter, rows).await?
                }
                GroupBy::User => {
                    let rows = by_account(db, filter, Level::User).await?;
                    add_rest(db, filter, rows).await?
                }
                GroupBy::Tag => by_account(db, filter, Level::Tag).await?,
                GroupBy::Project => {
                    let labels = by_call(db, filter, PROJECT).await?;
                    let accounts = by_account(db, filter, Level::Project).await?;
                    add_rest(db, filter, projects(labels, accounts)).await?
                }
                GroupBy::Key => return by_key(db, filter).await,
                GroupBy::Team => by_call(db, filter, ("usage.team", NONE, "usage")).await?,
                GroupBy::Customer => by_call(db, filter, ("customer", NONE, "usage")).await?,
                GroupBy::Model => by_call(db, filter, ("model", NONE, "usage")).await?,
                GroupBy::Provider => by_call(db, filter, ("provider", NONE, "usage")).await?,
                GroupBy::Day => by_call(db, filter, DAY).await?,
            };
            name(db, &mut rows).await?;
            Ok(rows)
        })
    }
}

/// What somebody may see who may not see everything: of accounts their own sums, of other dimensions those of the records.
async fn seen_from(
    db: &mut Db<'_>,
    filter: &UsageFilter,
    accounts: &[AccountId],
) -> Result<Vec<UsageRow>, Fault> {
    let by_key = "records LEFT JOIN key_labels ON key_labels.id = records.key";
    let by_accounts = matches!(filter.group_by, GroupBy::User | GroupBy::Tag);
    let (value, label, from) = match filter.group_by {
        // They have calls of several tenants, so of each only those count that may be seen.
        GroupBy::User | GroupBy::Tag => (
            "encode(substring(accounts FROM place * 17 + 1 FOR 17), 'hex')",
            NONE,
            "records CROSS JOIN LATERAL generate_series(0, octet_length(accounts) / 17 - 1) AS place",
        ),
        GroupBy::Key => ("COALESCE(encode(records.key, 'hex'), '')", "MAX(key_labels.name)", by_key),
        GroupBy::Model => ("model", NONE, "records"),
        GroupBy::Provider => ("COALESCE(provider, '')", NONE, "records"),
        GroupBy::Day => ("to_char(to_timestamp(time / 1000000), 'YYYY-MM-DD')", NONE, "records"),
        _ => {
            let mut rows = by_account(db, filter, filter.group_by.level().unwrap_or_default()).await?;
            name(db, &mut rows).await?;
            return Ok(rows);
        }
    };
    let mut all = Conditions { text: "TRUE".to_owned(), values: Vec::new() };
    all.and("time >=", filter.from.unwrap_or(i64::MIN));
    all.and("time <", filter.to.unwrap_or(i64::MAX));
    all.counts_for_any(accounts);
    if by_accounts {
        let level = filter.group_by.level().unwrap_or_default().code();
        all.and("get_byte(accounts, place * 17) =", i32::from(level));
    }
    if let Some(key) = filter.key_id {
        all.and("records.key =", Id(key.0));
    }
    if let Some(team) = filter.team_id.as_ref() {
        all.counts_for_any(team.parse::<AccountId>().ok().as_slice());
    }
    let errors = ERRORS.map(|outcome| outcome_code(outcome).to_string()).join(", ");
    let sum = |column: &str| format!("LEAST(SUM({column}), 9223372036854775807)::bigint");
    let sql = format!(
        "SELECT ({value}) COLLATE \"C\", {label}, COUNT(*) FILTER (WHERE parent IS NULL), \
         COUNT(*) FILTER (WHERE parent IS NULL AND outcome IN ({errors})), {}, {}, {}, {}, 0::bigint \
         FROM {from} WHERE {} GROUP BY 1 ORDER BY 1",
        sum("input"),
        sum("output"),
        sum("cached"),
        sum("cost"),
        all.text
    );
    let values: Vec<&(dyn ToSql + Sync)> = all.values.iter().map(|value| &**value as _).collect();
    let mut rows: Vec<UsageRow> = db
        .query(&sql, &values)
        .await?
        .iter()
        .map(|row| decode(row, row.try_get(0)?))
        .collect::<Result<_, _>>()?;
    if filter.group_by == GroupBy::Key {
        name_keys(&mut rows);
    }
    if by_accounts {
        let sums = rows.into_iter().map(|row| (bytes_of_hex(&row.value), row));
        rows = by_level(sums, filter.group_by.level().unwrap_or_default());
        name(db, &mut rows).await?;
    }
    Ok(rows)
}

/// What the database wrote as digits.
fn bytes_of_hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().as_chunks::<2>().0;
    let byte =
        |pair: &[u8; 2]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    digits.iter().filter_map(byte).collect()
}

const DAY: Dimension = ("to_char(to_timestamp(hour * 3600), 'YYYY-MM-DD')", NONE, "usage");

/// Sums over calls.
async fn by_call(
    db: &mut Db<'_>,
    filter: &UsageFilter,
    dimension: Dimension,
) -> Result<Vec<UsageRow>, Fault> {
    let (value, name, from) = dimension;
    let (first, end) = hours(filter);
    let sql = format!(
        "SELECT ({value}) COLLATE \"C\", {name}, {SUMS} FROM {from} WHERE hour >= $1 AND hour < $2 \
         AND ($3::bytea IS NULL OR usage.key = $3) AND ($4::text IS NULL OR usage.team = $4) \
         AND ($5::text IS NULL OR usage.model = $5) AND ($6::text IS NULL OR usage.provider = $6) \
         AND ($7::text IS NULL OR usage.customer = $7) GROUP BY 1 ORDER BY 1"
    );
    let [team, model, provider, customer] =
        [&filter.team_id, &filter.model, &filter.provider, &filter.customer]
            .map(|text| text.as_deref().map(clean));
    let key = filter.key_id.map(|id| Id(id.0));
    let values: Values<'_> = &[&first, &end, &key, &team, &model, &provider, &customer];
    db.query(&sql, values).await?.iter().map(|row| decode(row, row.try_get(0)?)).collect()
}

async fn by_key(db: &mut Db<'_>, filter: &UsageFilter) -> Result<Vec<UsageRow>, Fault> {
    let key = ("encode(usage.key, 'hex')", "MAX(key_labels.name)", LABELLED);
    let mut rows = by_call(db, filter, key).await?;
    name_keys(&mut rows);
    Ok(rows)
}

/// Ids of keys as they are shown, in place of their digits.
fn name_keys(rows: &mut [UsageRow]) {
    for row in rows {
        let id = u128::from_str_radix(&row.value, 16);
        row.value = id.map_or_else(|_| String::new(), |id| KeyId(id).to_string());
    }
}

/// Sums over the calls of each account of a level.
async fn by_account(db: &mut Db<'_>, filter: &UsageFilter, level: Level) -> Result<Vec<UsageRow>, Fault> {
    let (first, end) = hours(filter);
    let sql = format!(
        "SELECT account, NULL::text, {SUMS} FROM account_usage \
         WHERE hour >= $1 AND hour < $2 AND account >= $3 AND account < $4 GROUP BY account ORDER BY account"
    );
    let [from, to] = [[level.code()], [level.code() + 1]];
    let rows = db.query(&sql, &[&first, &end, &from.as_slice(), &to.as_slice()]).await?;
    let read = |row: &Row| {
        let account = row.try_get::<_, &[u8]>(0)?.try_into().ok().and_then(account_of);
        decode(row, account.map_or_else(String::new, |id| id.to_string()))
    };
    rows.iter().map(read).collect()
}

/// Puts the calls that are in no row before the others.
async fn add_rest(
    db: &mut Db<'_>,
    filter: &UsageFilter,
    rows: Vec<UsageRow>,
) -> Result<Vec<UsageRow>, Fault> {
    Ok(with_rest(by_call(db, filter, EVERYTHING).await?.pop(), rows))
}

/// Adds the names of accounts.
async fn name(db: &mut Db<'_>, rows: &mut [UsageRow]) -> Result<(), Fault> {
    let id = |row: &UsageRow| row.value.parse::<AccountId>().ok().map(bytes_of);
    let ids: Vec<AccountBytes> = rows.iter().filter_map(id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut names: AHashMap<Vec<u8>, String> = AHashMap::new();
    let values: Vec<&[u8]> = ids.iter().map(AccountBytes::as_slice).collect();
    let sql = "SELECT account, name FROM account_labels WHERE account = ANY($1)";
    for row in db.query(sql, &[&values]).await? {
        names.insert(row.try_get(0)?, row.try_get(1)?);
    }
    for row in rows {
        row.name = id(row).and_then(|id| names.remove(id.as_slice()));
    }
    Ok(())
}

fn decode(row: &Row, value: String) -> Result<UsageRow, Fault> {
    Ok(UsageRow {
        value,
        name: row.try_get(1)?,
        requests: count(row, 2)?,
        errors: count(row, 3)?,
        input_tokens: count(row, 4)?,
        output_tokens: count(row, 5)?,
        cached_tokens: count(row, 6)?,
        cost: NanoUsd(count(row, 7)?),
        saved: NanoUsd(count(row, 8)?),
    })
}
