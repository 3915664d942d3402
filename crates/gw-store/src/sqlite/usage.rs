//! Sums of usage by one dimension, from the hourly rows.
//!
//! Rows of `usage` are by call: each call stands in one. They have the team and the customer of a call, by id where it
//! counts for such an account, else as a label. For other levels there are the rows of `account_usage`.

use super::db::SqliteStore;
use super::logs::any_of;
use crate::accounts::{AccountBytes, account_of, bytes_of};
use crate::error::StoreError;
use crate::journal::outcome_code;
use crate::rows::{ERRORS, by_level, hours, id_bytes, projects, with_rest};
use crate::traits::Ledger;
use crate::types::{GroupBy, UsageFilter, UsageRow};
use gw_model::{AccountId, KeyId, Level, NanoUsd};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

const SUMS: &str = "SUM(requests), SUM(errors), SUM(input), SUM(output), SUM(cached), SUM(cost), SUM(saved)";

impl SqliteStore {
    pub(super) fn sum_usage(&self, filter: &UsageFilter) -> Result<Vec<UsageRow>, StoreError> {
        if let Err(error) = self.sum_up(true) {
            // A disk that is full must not hide what was used before.
            tracing::warn!(%error, "usage is reported without the latest calls");
        }
        if let Some(accounts) = &filter.seen_from {
            return self.read("sum up usage", |db| seen_from(db, filter, accounts));
        }
        self.read("sum up usage", |db| {
            let mut rows = match filter.group_by {
                GroupBy::Organization => add_rest(db, filter, by_account(db, filter, Level::Organization)?)?,
                GroupBy::User => add_rest(db, filter, by_account(db, filter, Level::User)?)?,
                GroupBy::Tag => by_account(db, filter, Level::Tag)?,
                GroupBy::Project => {
                    let labels = by_call(db, filter, PROJECT)?;
                    add_rest(db, filter, projects(labels, by_account(db, filter, Level::Project)?))?
                }
                GroupBy::Key => by_call(db, filter, KEY)?,
                GroupBy::Team => by_call(db, filter, ("usage.team", "NULL", "usage"))?,
                GroupBy::Customer => by_call(db, filter, ("customer", "NULL", "usage"))?,
                GroupBy::Model => by_call(db, filter, ("model", "NULL", "usage"))?,
                GroupBy::Provider => by_call(db, filter, ("provider", "NULL", "usage"))?,
                GroupBy::Day => {
                    by_call(db, filter, ("strftime('%Y-%m-%d', hour * 3600, 'unixepoch')", "NULL", "usage"))?
                }
            };
            if filter.group_by != GroupBy::Key {
                name(db, &mut rows)?;
            }
            Ok(rows)
        })
    }
}

/// What somebody may see who may not see everything: of accounts their own sums, of other dimensions those of the records.
fn seen_from(
    db: &Connection,
    filter: &UsageFilter,
    accounts: &[AccountId],
) -> rusqlite::Result<Vec<UsageRow>> {
    let dimension = match filter.group_by {
        GroupBy::Organization | GroupBy::Team | GroupBy::Project | GroupBy::Customer => {
            let mut rows = by_account(db, filter, filter.group_by.level().unwrap_or_default())?;
            name(db, &mut rows)?;
            return Ok(rows);
        }
        GroupBy::Key => {
            ("key", "MAX(key_labels.name)", "records LEFT JOIN key_labels ON key_labels.id = records.key")
        }
        // They have calls of several tenants, so of each only those count that may be seen.
        GroupBy::User | GroupBy::Tag => (ACCOUNT, "NULL", EACH_ACCOUNT),
        GroupBy::Model => ("model", "NULL", "records"),
        GroupBy::Provider => ("COALESCE(provider, '')", "NULL", "records"),
        GroupBy::Day => ("strftime('%Y-%m-%d', time / 1000000, 'unixepoch')", "NULL", "records"),
    };
    let (value, label, from) = dimension;
    let errors = ERRORS.map(|outcome| outcome_code(outcome).to_string()).join(", ");
    let mut conditions = format!("time >= ? AND time < ? AND {}", any_of(accounts.len()));
    let mut values =
        vec![Value::Integer(filter.from.unwrap_or(i64::MIN)), Value::Integer(filter.to.unwrap_or(i64::MAX))];
    values.extend(accounts.iter().map(|account| Value::Blob(bytes_of(*account).to_vec())));
    if let GroupBy::User | GroupBy::Tag = filter.group_by {
        let level = filter.group_by.level().unwrap_or_default();
        conditions.push_str(" AND substr(accounts, place.column1 * 17 + 1, 1) = ?");
        values.push(Value::Blob(vec![level.code()]));
    }
    if let Some(key) = filter.key_id {
        conditions.push_str(" AND records.key = ?");
        values.push(Value::Blob(id_bytes(key.0).to_vec()));
    }
    if let Some(team) = filter.team_id.as_ref() {
        let account = team.parse::<AccountId>().map_or(Value::Null, |id| Value::Blob(bytes_of(id).to_vec()));
        conditions.push_str(" AND instr(accounts, ?) > 0");
        values.push(account);
    }
    let sql = format!(
        "SELECT {value} AS value, {label}, SUM(parent IS NULL), SUM(parent IS NULL AND outcome IN ({errors})), \
         SUM(input), SUM(output), SUM(cached), SUM(cost), 0 FROM {from} WHERE {conditions} GROUP BY 1 ORDER BY 1"
    );
    let mut query = db.prepare_cached(&sql)?;
    if let GroupBy::User | GroupBy::Tag = filter.group_by {
        let read = |row: &Row<'_>| Ok((row.get(0)?, decode(row, String::new())?));
        let sums = query.query_map(params_from_iter(values), read)?.collect::<rusqlite::Result<Vec<_>>>()?;
        let mut rows = by_level(sums, filter.group_by.level().unwrap_or_default());
        name(db, &mut rows)?;
        return Ok(rows);
    }
    let rows = query.query_map(params_from_iter(values), |row| {
        let value = match row.get_ref(0)? {
            ValueRef::Blob(key) => key_text(key),
            ValueRef::Null => String::new(),
            text => text.as_str()?.to_owned(),
        };
        decode(row, value)
    })?;
    rows.collect()
}

/// One of the accounts that a call counts for.
const ACCOUNT: &str = "substr(accounts, place.column1 * 17 + 1, 17)";

/// Calls once for each of these; a call has no more of them than that.
const EACH_ACCOUNT: &str = "records JOIN (VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9),(10),(11),(12),(13),(14),(15)) AS place \
     ON length(accounts) > place.column1 * 17";
const _: () = assert!(crate::memory::MAX_LINKS <= 16);

/// A dimension in SQL: the value, its name, and where both stand.
type Dimension = (&'static str, &'static str, &'static str);

/// All calls as one.
const EVERYTHING: Dimension = ("''", "NULL", "usage");

const PROJECT: Dimension =
    ("COALESCE(project, '')", "NULL", "usage LEFT JOIN key_labels ON key_labels.id = usage.key");

const KEY: Dimension = ("usage.key", "MAX(key_labels.name)", "usage LEFT JOIN key_labels ON id = key");

/// Sums over calls.
fn by_call(db: &Connection, filter: &UsageFilter, dimension: Dimension) -> rusqlite::Result<Vec<UsageRow>> {
    let (value, name, from) = dimension;
    let (first, end) = hours(filter);
    let mut conditions = "hour >= ? AND hour < ?".to_owned();
    let mut values = vec![Value::Integer(first), Value::Integer(end)];
    if let Some(key) = filter.key_id {
        conditions.push_str(" AND usage.key = ?");
        values.push(Value::Blob(id_bytes(key.0).to_vec()));
    }
    if let Some(team) = &filter.team_id {
        conditions.push_str(" AND usage.team = ?");
        values.push(Value::Text(team.clone()));
    }
    for (column, wanted) in
        [("model", &filter.model), ("provider", &filter.provider), ("customer", &filter.customer)]
    {
        if let Some(wanted) = wanted {
            conditions.push_str(&format!(" AND usage.{column} = ?"));
            values.push(Value::Text(wanted.clone()));
        }
    }
    let sql = format!(
        "SELECT {value} AS value, {name}, {SUMS} FROM {from} WHERE {conditions} GROUP BY value ORDER BY value"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map(params_from_iter(values), |row| {
        let value = match row.get_ref(0)? {
            ValueRef::Blob(key) => key_text(key),
            text => text.as_str()?.to_owned(),
        };
        decode(row, value)
    })?;
    rows.collect()
}

/// Sums over the calls of each account of a level.
fn by_account(db: &Connection, filter: &UsageFilter, level: Level) -> rusqlite::Result<Vec<UsageRow>> {
    let (first, end) = hours(filter);
    let sql = format!(
        "SELECT account, NULL, {SUMS} FROM account_usage \
         WHERE hour >= ? AND hour < ? AND account >= ? AND account < ? GROUP BY account ORDER BY account"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map((first, end, [level.code()], [level.code() + 1]), |row| {
        let account = row.get::<_, AccountBytes>(0).map(|bytes| account_of(&bytes))?;
        decode(row, account.map_or_else(String::new, |id| id.to_string()))
    })?;
    rows.collect()
}

/// Puts the calls that are in no row before the others.
fn add_rest(db: &Connection, filter: &UsageFilter, rows: Vec<UsageRow>) -> rusqlite::Result<Vec<UsageRow>> {
    Ok(with_rest(by_call(db, filter, EVERYTHING)?.pop(), rows))
}

/// Adds the names of accounts.
fn name(db: &Connection, rows: &mut [UsageRow]) -> rusqlite::Result<()> {
    let mut query = db.prepare_cached("SELECT name FROM account_labels WHERE account = ?")?;
    for row in rows {
        if let Ok(id) = row.value.parse::<AccountId>() {
            row.name = query.query_row([bytes_of(id)], |found| found.get(0)).optional()?;
        }
    }
    Ok(())
}

fn key_text(id: &[u8]) -> String {
    <[u8; 16]>::try_from(id).map_or_else(|_| String::new(), |id| KeyId(u128::from_be_bytes(id)).to_string())
}

fn decode(row: &Row<'_>, value: String) -> rusqlite::Result<UsageRow> {
    let count = |column: usize| row.get::<_, i64>(column).map(|n| u64::try_from(n).unwrap_or(0));
    Ok(UsageRow {
        value,
        name: row.get(1)?,
        requests: count(2)?,
        errors: count(3)?,
        input_tokens: count(4)?,
        output_tokens: count(5)?,
        cached_tokens: count(6)?,
        cost: NanoUsd(count(7)?),
        saved: NanoUsd(count(8)?),
    })
}
