//! What many records have in common: who called, what was called, with what, for whom. It is written once, and rows name it
//! by a number, which takes a fifth of the room. There may be so many of each; rows beyond have the values themselves.
//! Serves the fold. It must not outlive a transaction that was given up: see [`super::ledger`].

use crate::accounts::{callers, others};
use crate::rows::{Row, id_bytes};
use ahash::AHashMap;
use rusqlite::{Connection, OptionalExtension, ToSql};

/// One sort of what records have in common.
struct Sort {
    find: &'static str,
    add: &'static str,
    /// The greatest number, which is how many there are: none is ever removed.
    count: &'static str,
    /// How many there may be.
    most: i64,
}

const CALLERS: Sort = Sort {
    find: "SELECT id FROM record_callers WHERE key = ? AND team = ? AND accounts = ?",
    add: "INSERT INTO record_callers (key, team, accounts) VALUES (?, ?, ?)",
    count: "SELECT COALESCE(MAX(id), 0) FROM record_callers",
    most: 200_000,
};

const TARGETS: Sort = Sort {
    find: "SELECT id FROM record_targets WHERE model = ? AND provider = ? AND upstream_model = ? AND format = ?",
    add: "INSERT INTO record_targets (model, provider, upstream_model, format) VALUES (?, ?, ?, ?)",
    count: "SELECT COALESCE(MAX(id), 0) FROM record_targets",
    most: 50_000,
};

const AGENTS: Sort = Sort {
    find: "SELECT id FROM record_agents WHERE user_agent = ?",
    add: "INSERT INTO record_agents (user_agent) VALUES (?)",
    count: "SELECT COALESCE(MAX(id), 0) FROM record_agents",
    most: 20_000,
};

const CUSTOMERS: Sort = Sort {
    find: "SELECT id FROM record_customers WHERE customer = ? AND tags = ? AND accounts = ?",
    add: "INSERT INTO record_customers (customer, tags, accounts) VALUES (?, ?, ?)",
    count: "SELECT COALESCE(MAX(id), 0) FROM record_customers",
    most: 200_000,
};

/// Numbers that are known. Those of callers are looked up with each call and are a small part of what is kept of a key.
type Known = AHashMap<Box<[u8]>, i64>;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Names {
    callers: Known,
    targets: Known,
    agents: Known,
    customers: Known,
    /// What is looked for.
    packed: Vec<u8>,
}

/// The numbers that a row has in the place of values.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Named {
    pub(super) caller: Option<i64>,
    pub(super) target: Option<i64>,
    pub(super) agent: Option<i64>,
    pub(super) customer: Option<i64>,
}

impl Names {
    /// The numbers for a row; what is new is written.
    pub(super) fn of(&mut self, row: &Row<'_>, db: &Connection) -> rusqlite::Result<Named> {
        let Self { packed, .. } = self;
        let key = row.key.map(id_bytes);
        let key: &[u8] = key.as_ref().map_or(&[], <[u8; 16]>::as_slice);
        let (callers, others) = (callers(&row.accounts), others(&row.accounts));
        let mut named = Named::default();
        // They come back in this order.
        let is_in_order = callers.iter().chain(&others).eq(row.accounts.iter());
        // A key alone takes hardly more room than its number, and there may be very many.
        let is_more = !row.team.is_empty() || !callers.is_empty();
        if is_more && pack(packed, &[key, row.team.as_bytes(), &callers]) && is_in_order {
            let values: [&dyn ToSql; 3] = [&key, &row.team, &callers.as_slice()];
            named.caller = number(&mut self.callers, &CALLERS, packed, &values, db)?;
        }
        // What no provider was asked for may be any text.
        if !row.provider.is_empty() {
            let texts = [row.model, row.provider, row.upstream_model, row.format];
            pack(packed, &texts.map(str::as_bytes));
            let values: [&dyn ToSql; 4] = [&texts[0], &texts[1], &texts[2], &texts[3]];
            named.target = number(&mut self.targets, &TARGETS, packed, &values, db)?;
        }
        if pack(packed, &[row.user_agent.as_bytes()]) {
            named.agent = number(&mut self.agents, &AGENTS, packed, &[&row.user_agent], db)?;
        }
        let tags = row.tags.as_deref().unwrap_or("");
        if pack(packed, &[row.customer.as_bytes(), tags.as_bytes(), &others]) && is_in_order {
            let values: [&dyn ToSql; 3] = [&row.customer, &tags, &others.as_slice()];
            named.customer = number(&mut self.customers, &CUSTOMERS, packed, &values, db)?;
        }
        Ok(named)
    }
}

/// Puts parts one behind the other; false when all of them are empty.
fn pack(to: &mut Vec<u8>, parts: &[&[u8]]) -> bool {
    to.clear();
    for part in parts {
        // Parts come from the journal, which bounds them far below 64 KiB.
        to.extend_from_slice(&u16::try_from(part.len()).unwrap_or(u16::MAX).to_le_bytes());
        to.extend_from_slice(part);
    }
    parts.iter().any(|part| !part.is_empty())
}

fn number(
    known: &mut Known,
    sort: &Sort,
    packed: &[u8],
    values: &[&dyn ToSql],
    db: &Connection,
) -> rusqlite::Result<Option<i64>> {
    if let Some(number) = known.get(packed) {
        return Ok(Some(*number));
    }
    if i64::try_from(known.len()).is_ok_and(|known| known >= sort.most) {
        return Ok(None);
    }
    let found = db.prepare_cached(sort.find)?.query_row(values, |row| row.get(0)).optional()?;
    let number = match found {
        Some(number) => Some(number),
        None if db.prepare_cached(sort.count)?.query_row([], |row| row.get::<_, i64>(0))? >= sort.most => {
            None
        }
        None => {
            db.prepare_cached(sort.add)?.execute(values)?;
            Some(db.last_insert_rowid())
        }
    };
    if let Some(number) = number {
        known.insert(packed.into(), number);
    }
    Ok(number)
}
