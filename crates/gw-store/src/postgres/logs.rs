//! Records for people: newest first, filtered, in pages. Ids are in the order of time, so a page reads a stretch of the
//! primary key backwards.

use super::bytes::{Id, code, count, limit, small};
use super::db::{BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use crate::accounts::{bytes_of, unpack};
use crate::error::StoreError;
use crate::journal::{outcome_code, outcome_of, role_of, source_of};
use crate::traits::Reports;
use crate::types::{LogFilter, LogPage, LogRow, UsageFilter, UsageRow};
use gw_model::{AccountId, KeyId, NanoUsd, Outcome, RequestId};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// An id is made a moment before or after its record's time is taken.
const SLACK_US: i64 = 60_000_000;

const COLUMNS: &str = "id, time, key, team, format, model, provider, upstream_model, stream, outcome, status, \
     error_code, error_detail, attempts, cache, customer, input, output, cached, cache_write, reasoning, \
     usage_source, cost, first_byte_us, total_us, tries, parent, role, accounts";

impl Reports for PostgresStore {
    fn logs(&self, filter: &LogFilter) -> Result<LogPage, StoreError> {
        let page = filter.page_rows();
        let conditions = Conditions::of(filter);
        let sql = format!(
            "SELECT {COLUMNS} FROM records WHERE {} ORDER BY id DESC LIMIT {}",
            conditions.text,
            limit(page + 1)
        );
        let values: Vec<&(dyn ToSql + Sync)> = conditions.values.iter().map(|value| &**value as _).collect();
        let rows = self.run("read logs", BULK_LIMIT, async |db| {
            db.query(&sql, &values).await?.iter().map(decode).collect::<Result<Vec<_>, Fault>>()
        })?;
        Ok(LogPage::of(rows, page))
    }

    fn usage(&self, filter: &UsageFilter) -> Result<Vec<UsageRow>, StoreError> {
        self.sum_usage(filter)
    }
}

/// What a row must be.
pub(super) struct Conditions {
    pub(super) text: String,
    pub(super) values: Vec<Box<dyn ToSql + Sync>>,
}

impl Conditions {
    fn of(filter: &LogFilter) -> Self {
        let mut all = Self { text: "TRUE".to_owned(), values: Vec::new() };
        if let Some(id) = filter.request_id {
            all.and("id =", Id(id.0));
        }
        if let Some(id) = filter.before {
            all.and("id <", Id(id.0));
        }
        if let Some(from) = filter.from {
            all.and("id >=", Id(RequestId::lower_bound(from.saturating_sub(SLACK_US).max(0)).0));
            all.and("time >=", from);
        }
        if let Some(to) = filter.to {
            all.and("id <", Id(RequestId::lower_bound(to.saturating_add(SLACK_US).max(0)).0));
            all.and("time <", to);
        }
        if let Some(key) = filter.key_id {
            all.and("key =", Id(key.0));
        }
        for account in &filter.accounts {
            // Seventeen bytes in the midst of two accounts are as good as never those of a third.
            let place = all.value(bytes_of(*account).to_vec());
            all.text.push_str(&format!(" AND position({place}::bytea IN accounts) > 0"));
        }
        if let Some(accounts) = &filter.seen_from {
            all.counts_for_any(accounts);
        }
        if let Some(team) = &filter.team_id {
            let account = team.parse::<AccountId>().ok().map(|id| bytes_of(id).to_vec());
            let (label, account) = (all.value(super::bytes::clean(team).into_owned()), all.value(account));
            all.text
                .push_str(&format!(" AND (team = {label} OR position({account}::bytea IN accounts) > 0)"));
        }
        if let Some(model) = &filter.model {
            all.and("model =", super::bytes::clean(model).into_owned());
        }
        if let Some(outcome) = filter.outcome {
            all.and("outcome =", i16::from(outcome_code(outcome)));
        }
        if let Some(parent) = filter.parent_id {
            all.and("parent =", Id(parent.0));
        } else if !filter.sub_calls && filter.request_id.is_none() {
            all.text.push_str(" AND parent IS NULL");
        }
        all
    }

    /// That a record counts for any of these accounts.
    pub(super) fn counts_for_any(&mut self, accounts: &[AccountId]) {
        let each: Vec<String> = accounts
            .iter()
            .map(|account| {
                let place = self.value(bytes_of(*account).to_vec());
                format!("position({place}::bytea IN accounts) > 0")
            })
            .collect();
        let any = if each.is_empty() { "FALSE".to_owned() } else { each.join(" OR ") };
        self.text.push_str(&format!(" AND ({any})"));
    }

    pub(super) fn and(&mut self, part: &str, value: impl ToSql + Sync + 'static) {
        let place = self.value(value);
        self.text.push_str(&format!(" AND {part} {place}"));
    }

    /// How the value is called in the text.
    fn value(&mut self, value: impl ToSql + Sync + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }
}

fn decode(row: &Row) -> Result<LogRow, Fault> {
    let key: Option<Id> = row.try_get(2)?;
    let parent: Option<Id> = row.try_get(26)?;
    let role: Option<i16> = row.try_get(27)?;
    Ok(LogRow {
        request_id: RequestId(row.try_get::<_, Id>(0)?.0),
        time: row.try_get(1)?,
        key_id: key.map(|id| KeyId(id.0)),
        team_id: row.try_get(3)?,
        format: row.try_get(4)?,
        model: row.try_get(5)?,
        provider: row.try_get(6)?,
        upstream_model: row.try_get(7)?,
        stream: row.try_get(8)?,
        outcome: outcome_of(code(row, 9)?).unwrap_or(Outcome::UpstreamError),
        status: small(row, 10, "the status of a record")?,
        error_code: row.try_get(11)?,
        error_detail: row.try_get(12)?,
        attempts: small(row, 13, "the attempts of a record")?,
        cache: row.try_get(14)?,
        customer: row.try_get(15)?,
        input_tokens: count(row, 16)?,
        output_tokens: count(row, 17)?,
        cached_tokens: count(row, 18)?,
        cache_write_tokens: count(row, 19)?,
        reasoning_tokens: count(row, 20)?,
        usage_source: source_of(code(row, 21)?).unwrap_or_default(),
        cost: NanoUsd(count(row, 22)?),
        first_byte_us: row.try_get::<_, Option<i64>>(23)?.map(i64::unsigned_abs),
        total_us: count(row, 24)?,
        tries: row.try_get(25)?,
        parent_id: parent.map(|id| RequestId(id.0)),
        role: role.and_then(|code| u8::try_from(code).ok()).and_then(role_of),
        accounts: unpack(row.try_get::<_, Option<&[u8]>>(28)?.unwrap_or_default()),
    })
}
