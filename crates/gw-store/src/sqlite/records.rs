//! A record as a row of SQLite: the one place that knows the columns of `record_rows` and their order.
//! What its numbers stand for is not written again.

use super::names::Named;
use crate::accounts::{callers, others};
use crate::rows::{Row, id_bytes, non_empty, signed};
use rusqlite::Statement;
use smallvec::SmallVec;

pub(super) const INSERT: &str = "INSERT INTO record_rows (id, time, key, team, format, model, provider, \
     upstream_model, stream, outcome, status, error_code, error_detail, attempts, cache, customer, input, \
     output, cached, cache_write, reasoning, usage_source, cost, first_byte_us, total_us, tries, batch, parent, \
     role, accounts, user_agent, session, guardrails, details, saved, tags, caller_id, target_id, \
     agent_id, customer_id) \
     VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING";

/// Inserts the row as one of a batch; false when the request has one already.
pub(super) fn insert(
    row: &Row<'_>,
    named: Named,
    statement: &mut Statement<'_>,
    batch: i64,
) -> rusqlite::Result<bool> {
    let Named { caller, target, agent, customer } = named;
    let unless = |number: Option<i64>, text| if number.is_some() { None } else { non_empty(text) };
    let accounts = match (caller, customer) {
        (None, None) => SmallVec::from_slice(&row.accounts),
        (Some(_), None) => others(&row.accounts),
        (None, Some(_)) => callers(&row.accounts),
        (Some(_), Some(_)) => SmallVec::new(),
    };
    let id = id_bytes(row.id);
    let key = row.key.map(id_bytes).filter(|_| caller.is_none());
    let t = &row.totals;
    let s = &mut *statement;
    s.raw_bind_parameter(1, id.as_slice())?;
    s.raw_bind_parameter(2, row.time)?;
    s.raw_bind_parameter(3, key.as_ref().map(<[u8; 16]>::as_slice))?;
    s.raw_bind_parameter(4, unless(caller, row.team))?;
    s.raw_bind_parameter(5, unless(target, row.format).unwrap_or_default())?;
    s.raw_bind_parameter(6, unless(target, row.model).unwrap_or_default())?;
    s.raw_bind_parameter(7, unless(target, row.provider))?;
    s.raw_bind_parameter(8, unless(target, row.upstream_model))?;
    s.raw_bind_parameter(9, row.stream)?;
    s.raw_bind_parameter(10, crate::journal::outcome_code(row.outcome))?;
    s.raw_bind_parameter(11, row.status)?;
    s.raw_bind_parameter(12, non_empty(row.error_code))?;
    s.raw_bind_parameter(13, non_empty(row.error_detail))?;
    s.raw_bind_parameter(14, signed(row.attempts as u64))?;
    s.raw_bind_parameter(15, non_empty(row.cache))?;
    s.raw_bind_parameter(16, unless(customer, row.customer))?;
    s.raw_bind_parameter(17, t.input)?;
    s.raw_bind_parameter(18, t.output)?;
    s.raw_bind_parameter(19, t.cached)?;
    s.raw_bind_parameter(20, t.cache_write)?;
    s.raw_bind_parameter(21, t.reasoning)?;
    s.raw_bind_parameter(22, crate::journal::source_code(row.usage_source))?;
    s.raw_bind_parameter(23, t.cost)?;
    s.raw_bind_parameter(24, row.first_byte_us.map(signed))?;
    s.raw_bind_parameter(25, signed(row.total_us))?;
    s.raw_bind_parameter(26, row.tries.as_deref())?;
    s.raw_bind_parameter(27, batch)?;
    let parent = row.parent.map(|(request, _)| id_bytes(request));
    s.raw_bind_parameter(28, parent.as_ref().map(<[u8; 16]>::as_slice))?;
    s.raw_bind_parameter(29, row.parent.map(|(_, role)| role))?;
    s.raw_bind_parameter(30, (!accounts.is_empty()).then_some(accounts.as_slice()))?;
    s.raw_bind_parameter(31, unless(agent, row.user_agent))?;
    s.raw_bind_parameter(32, non_empty(row.session))?;
    s.raw_bind_parameter(33, row.guardrails.as_deref())?;
    s.raw_bind_parameter(34, (!row.details.is_empty()).then_some(row.details))?;
    s.raw_bind_parameter(35, (t.saved > 0).then_some(t.saved))?;
    s.raw_bind_parameter(36, unless(customer, row.tags.as_deref().unwrap_or_default()))?;
    s.raw_bind_parameter(37, caller)?;
    s.raw_bind_parameter(38, target)?;
    s.raw_bind_parameter(39, agent)?;
    s.raw_bind_parameter(40, customer)?;
    s.raw_execute().map(|changed| changed > 0)
}
