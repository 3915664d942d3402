//! Records of one batch, column by column: one statement writes them all, however many there are.

use super::bytes::{Id, clean};
use super::fault::Fault;
use super::session::Db;
use crate::journal::{outcome_code, resolved_and_region, source_code};
use crate::rows::{Counted, Row, Totals, non_empty, signed};
use ahash::AHashSet;
use gw_model::Outcome;

const INSERT: &str = "INSERT INTO records (id, time, key, team, format, model, provider, upstream_model, stream, \
     outcome, status, error_code, error_detail, attempts, cache, customer, input, output, cached, cache_write, \
     reasoning, usage_source, cost, first_byte_us, total_us, tries, parent, role, accounts, user_agent, session, \
     guardrails, details, saved, tags) \
     SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], \
     $8::text[], $9::bool[], $10::smallint[], $11::int[], $12::text[], $13::text[], $14::int[], $15::text[], \
     $16::text[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::smallint[], \
     $23::bigint[], $24::bigint[], $25::bigint[], $26::text[], $27::bytea[], $28::smallint[], $29::bytea[], \
     $30::text[], $31::text[], $32::text[], $33::bytea[], $34::bigint[], $35::text[]) AS t (id) \
     ORDER BY id ON CONFLICT (id) DO NOTHING RETURNING id";

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) id: Vec<Id>,
    time: Vec<i64>,
    pub(super) end_time: Vec<i64>,
    pub(super) key: Vec<Option<Id>>,
    team: Vec<Option<String>>,
    format: Vec<String>,
    model: Vec<String>,
    provider: Vec<Option<String>>,
    upstream_model: Vec<Option<String>>,
    stream: Vec<bool>,
    pub(super) outcome: Vec<Outcome>,
    outcome_code: Vec<i16>,
    status: Vec<i32>,
    error_code: Vec<Option<String>>,
    error_detail: Vec<Option<String>>,
    attempts: Vec<i32>,
    cache: Vec<Option<String>>,
    customer: Vec<Option<String>>,
    input: Vec<i64>,
    output: Vec<i64>,
    cached: Vec<i64>,
    cache_write: Vec<i64>,
    reasoning: Vec<i64>,
    usage_source: Vec<i16>,
    cost: Vec<i64>,
    saved: Vec<i64>,
    first_byte_us: Vec<Option<i64>>,
    total_us: Vec<i64>,
    tries: Vec<Option<String>>,
    parent: Vec<Option<Id>>,
    role: Vec<Option<i16>>,
    accounts: Vec<Option<Vec<u8>>>,
    user_agent: Vec<Option<String>>,
    session: Vec<Option<String>>,
    guardrails: Vec<Option<String>>,
    details: Vec<Option<Vec<u8>>>,
    kept_saved: Vec<Option<i64>>,
    tags: Vec<Option<String>>,
}

impl Columns {
    pub(super) fn len(&self) -> usize {
        self.id.len()
    }

    pub(super) fn push(&mut self, row: &Row<'_>) {
        let text = |text: &str| clean(text).into_owned();
        let given = |text: &str| non_empty(text).map(|text| clean(text).into_owned());
        self.id.push(Id(row.id));
        self.time.push(row.time);
        self.end_time.push(row.end_time);
        self.key.push(row.key.map(Id));
        self.team.push(given(row.team));
        self.format.push(text(row.format));
        self.model.push(text(row.model));
        self.provider.push(given(row.provider));
        self.upstream_model.push(given(row.upstream_model));
        self.stream.push(row.stream);
        self.outcome.push(row.outcome);
        self.outcome_code.push(outcome_code(row.outcome).into());
        self.status.push(row.status.into());
        self.error_code.push(given(row.error_code));
        self.error_detail.push(given(row.error_detail));
        self.attempts.push(i32::try_from(row.attempts).unwrap_or(i32::MAX));
        self.cache.push(given(row.cache));
        self.customer.push(given(row.customer));
        self.input.push(row.totals.input);
        self.output.push(row.totals.output);
        self.cached.push(row.totals.cached);
        self.cache_write.push(row.totals.cache_write);
        self.reasoning.push(row.totals.reasoning);
        self.usage_source.push(source_code(row.usage_source).into());
        self.cost.push(row.totals.cost);
        self.saved.push(row.totals.saved);
        self.first_byte_us.push(row.first_byte_us.map(signed));
        self.total_us.push(signed(row.total_us));
        self.tries.push(row.tries.clone());
        self.parent.push(row.parent.map(|(request, _)| Id(request)));
        self.role.push(row.parent.map(|(_, role)| role.into()));
        self.accounts.push((!row.accounts.is_empty()).then(|| row.accounts.to_vec()));
        self.user_agent.push(given(row.user_agent));
        self.session.push(given(row.session));
        self.guardrails.push(row.guardrails.as_deref().and_then(given));
        self.details.push((!row.details.is_empty()).then(|| row.details.to_vec()));
        self.tags.push(row.tags.as_deref().and_then(given));
        self.kept_saved.push((row.totals.saved > 0).then_some(row.totals.saved));
    }

    /// Writes all rows that are new; gives the ids of those.
    pub(super) async fn insert(&self, db: &mut Db<'_>) -> Result<AHashSet<u128>, Fault> {
        if self.id.is_empty() {
            return Ok(AHashSet::new());
        }
        let rows = db
            .query(
                INSERT,
                &[
                    &self.id,
                    &self.time,
                    &self.key,
                    &self.team,
                    &self.format,
                    &self.model,
                    &self.provider,
                    &self.upstream_model,
                    &self.stream,
                    &self.outcome_code,
                    &self.status,
                    &self.error_code,
                    &self.error_detail,
                    &self.attempts,
                    &self.cache,
                    &self.customer,
                    &self.input,
                    &self.output,
                    &self.cached,
                    &self.cache_write,
                    &self.reasoning,
                    &self.usage_source,
                    &self.cost,
                    &self.first_byte_us,
                    &self.total_us,
                    &self.tries,
                    &self.parent,
                    &self.role,
                    &self.accounts,
                    &self.user_agent,
                    &self.session,
                    &self.guardrails,
                    &self.details,
                    &self.kept_saved,
                    &self.tags,
                ],
            )
            .await?;
        rows.iter().map(|row| Ok(row.try_get::<_, Id>(0)?.0)).collect()
    }

    /// What is counted of a row; `None` when there are not so many.
    pub(super) fn counted(&self, at: usize) -> Option<(Counted<'_>, Totals)> {
        let (is_resolved, region) = resolved_and_region(self.details.get(at)?.as_deref().unwrap_or_default());
        Some((
            Counted {
                end_time: *self.end_time.get(at)?,
                key: self.key.get(at)?.map(|id| id.0),
                team: self.team.get(at)?.as_deref().unwrap_or(""),
                model: self.model.get(at)?,
                is_resolved,
                provider: self.provider.get(at)?.as_deref().unwrap_or(""),
                upstream_model: self.upstream_model.get(at)?.as_deref().unwrap_or(""),
                customer: self.customer.get(at)?.as_deref().unwrap_or(""),
                outcome: *self.outcome.get(at)?,
                status: u16::try_from(*self.status.get(at)?).unwrap_or(0),
                error: self.error_code.get(at)?.as_deref().unwrap_or(""),
                cache: self.cache.get(at)?.as_deref().unwrap_or(""),
                first_byte_us: *self.first_byte_us.get(at)?,
                total_us: *self.total_us.get(at)?,
                is_sub_call: self.parent.get(at)?.is_some(),
                accounts: self.accounts.get(at)?.as_deref().unwrap_or_default(),
                format: self.format.get(at)?,
                region,
                guardrails: self.guardrails.get(at)?.as_deref().unwrap_or(""),
            },
            Totals {
                input: *self.input.get(at)?,
                output: *self.output.get(at)?,
                cached: *self.cached.get(at)?,
                cache_write: *self.cache_write.get(at)?,
                reasoning: *self.reasoning.get(at)?,
                cost: *self.cost.get(at)?,
                saved: *self.saved.get(at)?,
            },
        ))
    }
}
