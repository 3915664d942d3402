//! Which numbers of callers, targets, agents and customers a search wants: looked up once, so that rows of others are
//! passed over without a look at what their numbers stand for. It says nothing of rows that have the values themselves.

use super::logs::value;
use crate::accounts::{bytes_of, is_of_caller};
use crate::rows::search::Scalar;
use crate::types::LogFilter;
use gw_model::AccountId;
use rusqlite::{Connection, params_from_iter};
use std::fmt::Write;

/// More numbers than that are no help.
const MOST: usize = 1_000;

/// Conditions on one sort of numbers.
struct Sort {
    column: &'static str,
    table: &'static str,
    parts: Vec<String>,
    values: Vec<Scalar>,
}

impl Sort {
    const fn new(column: &'static str, table: &'static str) -> Self {
        Self { column, table, parts: Vec::new(), values: Vec::new() }
    }

    fn and(&mut self, part: impl Into<String>, values: impl IntoIterator<Item = Scalar>) {
        self.parts.push(part.into());
        self.values.extend(values);
    }

    fn equals(&mut self, column: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.and(format!("{column} = ?"), [Scalar::Text(text.clone())]);
        }
    }

    /// Adds the condition on rows, if there is one that helps.
    fn narrow(self, db: &Connection, text: &mut String) -> rusqlite::Result<()> {
        let Self { column, table, parts, values } = self;
        if parts.is_empty() {
            return Ok(());
        }
        let sql = format!("SELECT id FROM {table} WHERE {} LIMIT {}", parts.join(" AND "), MOST + 1);
        let mut query = db.prepare(&sql)?;
        let ids = query.query_map(params_from_iter(values.into_iter().map(value)), |row| row.get(0))?;
        let ids: Vec<i64> = ids.collect::<Result<_, _>>()?;
        if ids.len() > MOST {
            return Ok(());
        }
        let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
        // Writing to a String can not fail.
        let _ = write!(text, " AND ({column} IS NULL OR {column} IN ({}))", ids.join(","));
        Ok(())
    }
}

/// What is put before the conditions of a search: ` AND ...`, or nothing.
pub(super) fn narrowed(db: &Connection, filter: &LogFilter) -> rusqlite::Result<String> {
    let account = |id: &AccountId| Scalar::Bytes(Some(bytes_of(*id).to_vec()));
    let holds = "instr(accounts, ?) > 0";
    let mut targets = Sort::new("target_id", "record_targets");
    targets.equals("model", filter.model.as_ref());
    targets.equals("provider", filter.provider.as_ref());
    targets.equals("upstream_model", filter.upstream_model.as_ref());
    if !filter.formats.is_empty() {
        let places = vec!["?"; filter.formats.len()].join(", ");
        targets.and(format!("format IN ({places})"), filter.formats.iter().cloned().map(Scalar::Text));
    }
    let mut agents = Sort::new("agent_id", "record_agents");
    if let Some(agent) = &filter.user_agent {
        agents.and("instr(lower(user_agent), ?) > 0", [Scalar::Text(agent.to_lowercase())]);
    }
    let mut callers = Sort::new("caller_id", "record_callers");
    let mut customers = Sort::new("customer_id", "record_customers");
    customers.equals("customer", filter.customer.as_ref());
    if let Some(tag) = &filter.tag {
        let tag = format!("|{}|", tag.replace('|', "_"));
        customers.and("instr(tags, ?) > 0", [Scalar::Text(tag)]);
    }
    if let Some(key) = filter.key_id {
        callers.and("key = ?", [Scalar::Id(key.0)]);
    }
    for id in &filter.accounts {
        if is_of_caller(&bytes_of(*id)) { &mut callers } else { &mut customers }.and(holds, [account(id)]);
    }
    if let Some(ids) = &filter.seen_from
        && !ids.is_empty()
        && ids.iter().all(|id| is_of_caller(&bytes_of(*id)))
    {
        callers.and(format!("({})", vec![holds; ids.len()].join(" OR ")), ids.iter().map(account));
    }
    if let Some(team) = &filter.team_id {
        let id = team.parse::<AccountId>().ok().map(|id| bytes_of(id).to_vec());
        callers.and(format!("(team = ? OR {holds})"), [Scalar::Text(team.clone()), Scalar::Bytes(id)]);
    }
    let mut text = String::new();
    for sort in [targets, agents, callers, customers] {
        sort.narrow(db, &mut text)?;
    }
    Ok(text)
}
