//! Takes away what no record has in common any more. It looks through all records and entries of the ledger, some of them at a
//! time and on a connection that reads, and crosses out what they name; what is left then, and no record was given meanwhile, is
//! removed, some of it at a time. Nothing of a look is stored: whoever is killed begins again.

use super::{AGENTS, CALLERS, CUSTOMERS, SORTS, Sort, TARGETS};
use crate::error::StoreError;
use crate::sqlite::db::SqliteStore;
use crate::types::NamesSwept;
use ahash::AHashSet;
use rusqlite::{Connection, params};

/// Names that one transaction removes; whoever writes waits that long.
const REMOVED_AT_ONCE: usize = 500;

const RECORDS: &str = "SELECT id, caller_id, target_id, agent_id, customer_id FROM record_rows \
     WHERE id > ? ORDER BY id LIMIT ?";
const ENTRIES: &str = "SELECT request, attempt, entry, CASE typeof(key) WHEN 'integer' THEN key END FROM ledger_rows \
     WHERE (request, attempt, entry) > (?, ?, ?) ORDER BY request, attempt, entry LIMIT ?";

/// A look that found nothing out.
const LOST: NamesSwept = NamesSwept { looked: 0, removed: 0, is_over: true, is_lost: true };

/// Numbers of each sort.
pub(super) type Numbers = [AHashSet<i64>; SORTS.len()];

/// A look under way.
#[derive(Debug)]
pub(in crate::sqlite) struct Look {
    /// What no record was found to name so far, of what there was when it began.
    unnamed: Numbers,
    at: At,
}

/// How far it is: the last record or entry that was looked at.
#[derive(Debug)]
enum At {
    Records([u8; 16]),
    Entries([u8; 16], i64, i64),
    Removing,
}

impl Look {
    fn is_needless(&self) -> bool {
        self.unnamed.iter().all(|left| left.is_empty())
    }

    fn cross_out(&mut self, sort: &Sort, number: Option<i64>) {
        if let (Some(unnamed), Some(number)) = (self.unnamed.get_mut(sort.place), number) {
            unnamed.remove(&number);
        }
    }
}

/// Goes on with a look, or begins one: at most so many rows of one kind are looked at.
pub(in crate::sqlite) fn sweep(store: &SqliteStore, most: usize) -> Result<NamesSwept, StoreError> {
    let mut under_way = store.look();
    let mut look = match under_way.take() {
        // Somebody else wrote to the file, or a transaction was given up: what was given meanwhile is not known.
        Some(_) if store.names().given.is_none() => return Ok(LOST),
        Some(look) => look,
        None => begin(store)?,
    };
    let mut swept = NamesSwept::default();
    if !look.is_needless() {
        match look.at {
            At::Records(after) => swept.looked = records(store, &mut look, after, most)?,
            At::Entries(request, attempt, entry) => {
                swept.looked = entries(store, &mut look, (request, attempt, entry), most)?;
            }
            At::Removing => match remove(store, &mut look)? {
                Some(removed) => swept.removed = removed,
                None => return Ok(LOST),
            },
        }
    }
    swept.is_over = look.is_needless();
    if swept.is_over {
        let _writer = store.writer();
        store.names().given = None;
    } else {
        *under_way = Some(look);
    }
    Ok(swept)
}

/// From now on the fold notes what it gives to records, so that what is found afterwards is all that was there before.
fn begin(store: &SqliteStore) -> Result<Look, StoreError> {
    {
        let writer = store.writer();
        let mut names = store.names();
        names.agree(&writer).map_err(StoreError::query("begin to look at what records name"))?;
        names.given = Some(Numbers::default());
    }
    let unnamed = store.read("list what records have in common", |db| {
        let mut unnamed = Numbers::default();
        for (sort, numbers) in SORTS.iter().zip(&mut unnamed) {
            let mut query = db.prepare_cached(sort.list)?;
            for number in query.query_map([], |row| row.get(0))? {
                numbers.insert(number?);
            }
        }
        Ok(unnamed)
    })?;
    Ok(Look { unnamed, at: At::Records([0; 16]) })
}

fn records(store: &SqliteStore, look: &mut Look, after: [u8; 16], most: usize) -> Result<usize, StoreError> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let (mut looked, mut last) = (0, after);
    store.read("look at what records name", |db| {
        let mut query = db.prepare_cached(RECORDS)?;
        let mut rows = query.query(params![after, limit])?;
        while let Some(row) = rows.next()? {
            (looked, last) = (looked + 1, row.get(0)?);
            for (column, sort) in [(1, &CALLERS), (2, &TARGETS), (3, &AGENTS), (4, &CUSTOMERS)] {
                look.cross_out(sort, row.get(column)?);
            }
        }
        Ok(())
    })?;
    look.at = if looked < most { At::Entries([0; 16], i64::MIN, i64::MIN) } else { At::Records(last) };
    Ok(looked)
}

fn entries(
    store: &SqliteStore,
    look: &mut Look,
    after: ([u8; 16], i64, i64),
    most: usize,
) -> Result<usize, StoreError> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let (mut looked, mut last) = (0, after);
    store.read("look at what entries of the ledger name", |db| {
        let mut query = db.prepare_cached(ENTRIES)?;
        let mut rows = query.query(params![after.0, after.1, after.2, limit])?;
        while let Some(row) = rows.next()? {
            (looked, last) = (looked + 1, (row.get(0)?, row.get(1)?, row.get(2)?));
            look.cross_out(&CALLERS, row.get(3)?);
        }
        Ok(())
    })?;
    look.at = if looked < most { At::Removing } else { At::Entries(last.0, last.1, last.2) };
    Ok(looked)
}

/// Removes some of what is left of one sort, and has the fold forget it before anybody else can write. Nothing: it is not known
/// what was given to records meanwhile.
fn remove(store: &SqliteStore, look: &mut Look) -> Result<Option<usize>, StoreError> {
    let Some((sort, numbers)) = SORTS.iter().zip(&mut look.unnamed).find(|(_, left)| !left.is_empty()) else {
        return Ok(Some(0));
    };
    let _writer = store.writer();
    let mut names = store.names();
    let some: Vec<i64> = numbers.iter().copied().take(REMOVED_AT_ONCE).collect();
    let done = store.write(|db| {
        names.agree(db)?;
        let Some(given) = names.given.as_ref().and_then(|given| given.get(sort.place)) else {
            return Ok(None);
        };
        let gone: AHashSet<i64> = some.iter().copied().filter(|number| !given.contains(number)).collect();
        take_away(db, sort, &gone).map(|removed| Some((removed, gone)))
    });
    let Some((removed, gone)) = done.map_err(StoreError::query("remove what no record names"))? else {
        return Ok(None);
    };
    names.forget(sort, &gone);
    for number in some {
        numbers.remove(&number);
    }
    Ok(Some(removed))
}

fn take_away(db: &Connection, sort: &Sort, gone: &AHashSet<i64>) -> rusqlite::Result<usize> {
    let mut remove = db.prepare_cached(sort.remove)?;
    let mut removed = 0;
    for number in gone {
        removed += remove.execute([number])?;
    }
    let less = i64::try_from(removed).unwrap_or(i64::MAX);
    db.prepare_cached("UPDATE record_names SET count = count - ? WHERE sort = ?")?
        .execute(params![less, i64::try_from(sort.place).unwrap_or(i64::MAX)])?;
    Ok(removed)
}
