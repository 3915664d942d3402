//! What many records have in common: who called, what was called, with what, for whom. It is written once, and rows name it
//! by a number, which takes a fifth of the room. There may be so many of each; rows beyond have the values themselves. What no
//! row names any more is removed by [`sweep`].
//! Serves the fold. It must not outlive a transaction that was given up: see [`super::ledger`].

pub(super) mod sweep;

use crate::accounts::{callers, others};
use crate::rows::{Row, id_bytes};
use ahash::{AHashMap, AHashSet};
use rusqlite::{Connection, OptionalExtension, ToSql};
use smallvec::SmallVec;
use sweep::Numbers;

/// One sort of what records have in common.
#[derive(Debug)]
struct Sort {
    /// Its place in [`SORTS`] and in `record_names`.
    place: usize,
    find: &'static str,
    /// The number comes last.
    add: &'static str,
    list: &'static str,
    remove: &'static str,
    /// How many there may be.
    most: i64,
}

const CALLERS: Sort = Sort {
    place: 0,
    find: "SELECT id FROM record_callers WHERE key = ? AND team = ? AND accounts = ?",
    add: "INSERT INTO record_callers (key, team, accounts, id) VALUES (?, ?, ?, ?)",
    list: "SELECT id FROM record_callers",
    remove: "DELETE FROM record_callers WHERE id = ?",
    most: 200_000,
};

const TARGETS: Sort = Sort {
    place: 1,
    find: "SELECT id FROM record_targets WHERE model = ? AND provider = ? AND upstream_model = ? AND format = ?",
    add: "INSERT INTO record_targets (model, provider, upstream_model, format, id) VALUES (?, ?, ?, ?, ?)",
    list: "SELECT id FROM record_targets",
    remove: "DELETE FROM record_targets WHERE id = ?",
    most: 50_000,
};

const AGENTS: Sort = Sort {
    place: 2,
    find: "SELECT id FROM record_agents WHERE user_agent = ?",
    add: "INSERT INTO record_agents (user_agent, id) VALUES (?, ?)",
    list: "SELECT id FROM record_agents",
    remove: "DELETE FROM record_agents WHERE id = ?",
    most: 20_000,
};

const CUSTOMERS: Sort = Sort {
    place: 3,
    find: "SELECT id FROM record_customers WHERE customer = ? AND tags = ? AND accounts = ?",
    add: "INSERT INTO record_customers (customer, tags, accounts, id) VALUES (?, ?, ?, ?)",
    list: "SELECT id FROM record_customers",
    remove: "DELETE FROM record_customers WHERE id = ?",
    most: 200_000,
};

/// All of them, each at its place.
const SORTS: [&Sort; 4] = [&CALLERS, &TARGETS, &AGENTS, &CUSTOMERS];

/// The next number of a sort, unless there are as many as there may be. None is given twice: whoever has found a number finds
/// what it stood for, or nothing.
const NEXT: &str =
    "UPDATE record_names SET last = last + 1, count = count + 1 WHERE sort = ? AND count < ? RETURNING last";

/// Numbers that are known. Those of callers are looked up with each call and are a small part of what is kept of a key.
type Known = AHashMap<Box<[u8]>, i64>;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: [Known; SORTS.len()],
    /// What is looked for.
    packed: Vec<u8>,
    /// What was given to rows since a look for what no row has any more began, where one is under way; see [`sweep`].
    given: Option<Numbers>,
    /// Which changes of other processes are known.
    version: i64,
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
    /// Forgets everything where another process has written: it may have removed what is known here.
    pub(super) fn agree(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let version = db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if version != self.version {
            *self = Self { version, ..Self::default() };
        }
        Ok(())
    }

    /// The numbers for a row; what is new is written.
    pub(super) fn of(&mut self, row: &Row<'_>, db: &Connection) -> rusqlite::Result<Named> {
        let mut packed = std::mem::take(&mut self.packed);
        let named = self.numbers(row, &mut packed, db);
        self.packed = packed;
        named
    }

    fn numbers(&mut self, row: &Row<'_>, packed: &mut Vec<u8>, db: &Connection) -> rusqlite::Result<Named> {
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
            named.caller = self.number(&CALLERS, packed, &values, db)?;
        }
        // What no provider was asked for may be any text.
        if !row.provider.is_empty() {
            let texts = [row.model, row.provider, row.upstream_model, row.format];
            pack(packed, &texts.map(str::as_bytes));
            let values: [&dyn ToSql; 4] = [&texts[0], &texts[1], &texts[2], &texts[3]];
            named.target = self.number(&TARGETS, packed, &values, db)?;
        }
        if pack(packed, &[row.user_agent.as_bytes()]) {
            named.agent = self.number(&AGENTS, packed, &[&row.user_agent], db)?;
        }
        let tags = row.tags.as_deref().unwrap_or("");
        if pack(packed, &[row.customer.as_bytes(), tags.as_bytes(), &others]) && is_in_order {
            let values: [&dyn ToSql; 3] = [&row.customer, &tags, &others.as_slice()];
            named.customer = self.number(&CUSTOMERS, packed, &values, db)?;
        }
        Ok(named)
    }

    fn number(
        &mut self,
        sort: &Sort,
        packed: &[u8],
        values: &[&dyn ToSql],
        db: &Connection,
    ) -> rusqlite::Result<Option<i64>> {
        let Some(known) = self.known.get_mut(sort.place) else { return Ok(None) };
        let number = match known.get(packed) {
            Some(number) => Some(*number),
            None if i64::try_from(known.len()).is_ok_and(|known| known >= sort.most) => None,
            None => {
                let number = found_or_added(sort, values, db)?;
                if let Some(number) = number {
                    known.insert(packed.into(), number);
                }
                number
            }
        };
        if let (Some(number), Some(given)) = (number, &mut self.given)
            && let Some(given) = given.get_mut(sort.place)
        {
            given.insert(number);
        }
        Ok(number)
    }

    /// What is not there any more is not to be given to rows.
    fn forget(&mut self, sort: &Sort, gone: &AHashSet<i64>) {
        if let Some(known) = self.known.get_mut(sort.place).filter(|_| !gone.is_empty()) {
            known.retain(|_, number| !gone.contains(number));
        }
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

fn found_or_added(sort: &Sort, values: &[&dyn ToSql], db: &Connection) -> rusqlite::Result<Option<i64>> {
    let found = db.prepare_cached(sort.find)?.query_row(values, |row| row.get(0)).optional()?;
    if found.is_some() {
        return Ok(found);
    }
    let place = i64::try_from(sort.place).unwrap_or(i64::MAX);
    let next =
        db.prepare_cached(NEXT)?.query_row([place, sort.most], |row| row.get::<_, i64>(0)).optional()?;
    let Some(next) = next else { return Ok(None) };
    let all: SmallVec<[&dyn ToSql; 5]> = values.iter().copied().chain([&next as &dyn ToSql]).collect();
    db.prepare_cached(sort.add)?.execute(all.as_slice())?;
    Ok(Some(next))
}
