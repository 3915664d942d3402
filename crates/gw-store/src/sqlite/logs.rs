//! Records for people: newest first, filtered, in pages. The table is ordered by request id, which is
//! ordered by time, so a page reads a stretch of it backwards.

use super::db::SqliteStore;
use crate::accounts::{bytes_of, unpack};
use crate::error::StoreError;
use crate::journal::{outcome_code, outcome_of, role_of, source_of};
use crate::rows::id_bytes;
use crate::traits::Reports;
use crate::types::{LogFilter, LogPage, LogRow, UsageFilter, UsageRow};
use gw_model::{AccountId, KeyId, NanoUsd, Outcome, RequestId};
use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

/// An id is made a moment before or after its record's time is taken.
const SLACK_US: i64 = 60_000_000;

const COLUMNS: &str = "id, time, key, team, format, model, provider, upstream_model, stream, outcome, status, \
     error_code, error_detail, attempts, cache, customer, input, output, cached, cache_write, reasoning, \
     usage_source, cost, first_byte_us, total_us, tries, parent, role, accounts";

impl Reports for SqliteStore {
    fn logs(&self, filter: &LogFilter) -> Result<LogPage, StoreError> {
        let limit = filter.page_rows();
        let (conditions, values) = conditions(filter);
        let sql =
            format!("SELECT {COLUMNS} FROM records WHERE {conditions} ORDER BY id DESC LIMIT {}", limit + 1);
        let rows = self.read("read logs", |db| {
            let mut query = db.prepare_cached(&sql)?;
            let rows = query.query_map(params_from_iter(values), decode)?;
            rows.collect::<Result<Vec<_>, _>>()
        })?;
        Ok(LogPage::of(rows, limit))
    }

    fn usage(&self, filter: &UsageFilter) -> Result<Vec<UsageRow>, StoreError> {
        self.sum_usage(filter)
    }
}

fn conditions(filter: &LogFilter) -> (String, Vec<Value>) {
    let blob = |id: u128| Value::Blob(id_bytes(id).to_vec());
    let mut parts = vec!["1"];
    let mut values = Vec::new();
    let mut and = |part: &'static str, value: Value| {
        parts.push(part);
        values.push(value);
    };
    if let Some(id) = filter.request_id {
        and("id = ?", blob(id.0));
    }
    if let Some(id) = filter.before {
        and("id < ?", blob(id.0));
    }
    if let Some(from) = filter.from {
        and("id >= ?", blob(RequestId::lower_bound(from.saturating_sub(SLACK_US).max(0)).0));
        and("time >= ?", Value::Integer(from));
    }
    if let Some(to) = filter.to {
        and("id < ?", blob(RequestId::lower_bound(to.saturating_add(SLACK_US).max(0)).0));
        and("time < ?", Value::Integer(to));
    }
    if let Some(key) = filter.key_id {
        and("key = ?", blob(key.0));
    }
    for account in &filter.accounts {
        // Seventeen bytes in the midst of two accounts are as good as never those of a third.
        and("instr(accounts, ?) > 0", Value::Blob(bytes_of(*account).to_vec()));
    }
    let seen;
    if let Some(accounts) = &filter.seen_from {
        seen = any_of(accounts.len());
        parts.push(&seen);
        values.extend(accounts.iter().map(|account| Value::Blob(bytes_of(*account).to_vec())));
    }
    let mut and = |part: &'static str, value: Value| {
        parts.push(part);
        values.push(value);
    };
    if let Some(model) = &filter.model {
        and("model = ?", Value::Text(model.clone()));
    }
    if let Some(outcome) = filter.outcome {
        and("outcome = ?", Value::Integer(outcome_code(outcome).into()));
    }
    if let Some(team) = &filter.team_id {
        let account = team.parse::<AccountId>().map_or(Value::Null, |id| Value::Blob(bytes_of(id).to_vec()));
        parts.push("(team = ? OR instr(accounts, ?) > 0)");
        values.extend([Value::Text(team.clone()), account]);
    }
    if let Some(parent) = filter.parent_id {
        parts.push("parent = ?");
        values.push(blob(parent.0));
    } else if !filter.sub_calls && filter.request_id.is_none() {
        parts.push("parent IS NULL");
    }
    (parts.join(" AND "), values)
}

/// That a record counts for any of so many accounts.
pub(super) fn any_of(accounts: usize) -> String {
    match accounts {
        0 => "0".to_owned(),
        accounts => format!("({})", vec!["instr(accounts, ?) > 0"; accounts].join(" OR ")),
    }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<LogRow> {
    let count = |column: usize| row.get::<_, i64>(column).map(|n| u64::try_from(n).unwrap_or(0));
    let key: Option<[u8; 16]> = row.get(2)?;
    Ok(LogRow {
        request_id: RequestId(u128::from_be_bytes(row.get(0)?)),
        time: row.get(1)?,
        key_id: key.map(|k| KeyId(u128::from_be_bytes(k))),
        team_id: row.get(3)?,
        format: row.get(4)?,
        model: row.get(5)?,
        provider: row.get(6)?,
        upstream_model: row.get(7)?,
        stream: row.get(8)?,
        outcome: outcome_of(row.get(9)?).unwrap_or(Outcome::UpstreamError),
        status: row.get(10)?,
        error_code: row.get(11)?,
        error_detail: row.get(12)?,
        attempts: row.get(13)?,
        cache: row.get(14)?,
        customer: row.get(15)?,
        input_tokens: count(16)?,
        output_tokens: count(17)?,
        cached_tokens: count(18)?,
        cache_write_tokens: count(19)?,
        reasoning_tokens: count(20)?,
        usage_source: source_of(row.get(21)?).unwrap_or_default(),
        cost: NanoUsd(count(22)?),
        first_byte_us: row.get::<_, Option<i64>>(23)?.map(i64::unsigned_abs),
        total_us: count(24)?,
        tries: row.get(25)?,
        parent_id: row.get::<_, Option<[u8; 16]>>(26)?.map(|id| RequestId(u128::from_be_bytes(id))),
        role: row.get::<_, Option<u8>>(27)?.and_then(role_of),
        accounts: unpack(row.get_ref(28)?.as_blob_or_null()?.unwrap_or_default()),
    })
}
