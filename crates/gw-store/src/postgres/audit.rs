//! The audit log in two tables, one chain of all nodes. What is hashed and sealed stands in [`crate::audit`]; here it is written
//! and read. Whoever writes holds the lock of all changes, so that the chain has one end.

use super::bytes::{clean, limit};
use super::db::{ANSWER_LIMIT, BULK_LIMIT, PostgresStore};
use super::directory::IN_ORDER;
use super::fault::Fault;
use super::session::{Db, Values};
use crate::audit::{
    AuditDraft, AuditEntry, AuditFilter, AuditPage, AuditRow, AuditSeal, Head, Link, Unaltered, anew,
    first_kept, grow, shorten,
};
use crate::error::StoreError;
use crate::traits::{AuditLog, ControlStore};
use gw_model::{Micros, Secret};
use std::time::Duration;
use tokio_postgres::Row;

const COLUMNS: &str = "number, time, actor, action, kind, target, name, outcome, before, after, address, agent, hash, seal, places";
const PAGE: &str = "($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR action = $2) \
     AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR target = $4) AND ($5::bigint IS NULL OR time >= $5) \
     AND ($6::bigint IS NULL OR time < $6) AND ($7::bigint IS NULL OR number < $7) \
     AND ($9::text[] IS NULL OR string_to_array(places, ' ') && $9) ORDER BY number DESC LIMIT $8";
const WRITE_HEAD: &str = "INSERT INTO audit_head (one, first, base, last, hash, seal) VALUES (1, $1, $2, $3, $4, $5) \
     ON CONFLICT (one) DO UPDATE SET first = excluded.first, base = excluded.base, last = excluded.last, \
     hash = excluded.hash, seal = excluded.seal";
const MAX_LIMIT: usize = 10_000;
/// Entries of a walk that are read at once.
const WALKED: i64 = 2_000;
/// Longest time for a walk through all of it.
const WALK_LIMIT: Duration = Duration::from_secs(900);

impl AuditLog for PostgresStore {
    fn audited_all(
        &self,
        seal: &AuditSeal,
        drafts: &[AuditDraft],
        change: &mut dyn FnMut(&dyn ControlStore) -> Result<bool, StoreError>,
    ) -> Result<bool, StoreError> {
        let done = self.together("write a change and its audit entry", |store| {
            if !change(store)? {
                return Ok(None);
            }
            let write = async |db: &mut Db<'_>| append(db, seal, drafts).await;
            let limit = if drafts.len() > 1 { BULK_LIMIT } else { ANSWER_LIMIT };
            let written = store.transaction("write the audit log", limit, write);
            // That the database is away is no fault of the log.
            written.map(Some).map_err(|error| match error.is_unavailable() {
                true => error,
                false => StoreError::NotAudited(Box::new(error)),
            })
        });
        done.map(|done| done.is_some())
    }

    fn audit_page(&self, filter: &AuditFilter) -> Result<AuditPage, StoreError> {
        let most = filter.limit.clamp(1, MAX_LIMIT);
        let sql = format!("SELECT {COLUMNS} FROM audit WHERE {PAGE}");
        let text = |text: &Option<String>| text.as_deref().map(|text| clean(text).into_owned());
        let (actor, action) = (text(&filter.actor), text(&filter.action));
        let (kind, id) = (text(&filter.kind), text(&filter.id));
        let seen = filter.seen_from.as_ref();
        let seen: Option<Vec<String>> = seen.map(|ids| ids.iter().map(ToString::to_string).collect());
        let mut rows = self.run("read the audit log", BULK_LIMIT, async |db| {
            let (rows, seen) = (limit(most + 1), &seen);
            let values: Values<'_> =
                &[&actor, &action, &kind, &id, &filter.from, &filter.to, &filter.before, &rows, seen];
            let read = |row: &Row| Ok((entry(row)?, array(row, 12)?));
            db.query(&sql, values).await?.iter().map(read).collect::<Result<Vec<_>, Fault>>()
        })?;
        let more = rows.len() > most;
        rows.truncate(most);
        let next = rows.last().filter(|_| more).map(|(entry, _)| entry.number);
        Ok(AuditPage { rows, next })
    }

    fn walk_audit(&self, each: &mut dyn FnMut(AuditRow) -> bool) -> Result<(), StoreError> {
        self.transaction("read the audit log", WALK_LIMIT, async |db| {
            // Head and entries of one moment.
            db.batch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
            let head = match read_head(db).await {
                Ok(head) => AuditRow::Head(head),
                Err(Fault::Store(_)) => AuditRow::BadHead,
                Err(fault) => return Err(fault),
            };
            if !each(head) {
                return Ok(());
            }
            let sql = format!("SELECT {COLUMNS} FROM audit WHERE number > $1 ORDER BY number LIMIT $2");
            let mut last = i64::MIN;
            loop {
                let rows = db.query(&sql, &[&last, &WALKED]).await?;
                let Some(end) = rows.last() else { return Ok(()) };
                last = end.try_get(0)?;
                for row in &rows {
                    let read = match linked(row) {
                        Ok(linked) => AuditRow::Entry(Box::new(linked)),
                        Err(_) => AuditRow::BadEntry(row.try_get(0)?, row.try_get(1).ok()),
                    };
                    if !each(read) {
                        return Ok(());
                    }
                }
            }
        })
    }

    fn prune_audit(
        &self,
        seal: &AuditSeal,
        before: Micros,
        now: Micros,
        most: usize,
    ) -> Result<usize, StoreError> {
        self.transaction("drop old entries of the audit log", BULK_LIMIT, async |db| {
            db.batch(IN_ORDER).await?;
            prune(db, seal, (before, now), most).await
        })
    }
}

/// Walks the audit log of a server that gateways may have in use, as [`AuditLog::walk_audit`] does, and changes nothing there.
///
/// # Errors
/// The address; the server is away; it has no audit log.
pub fn walk_audit_server(url: &Secret, each: &mut dyn FnMut(AuditRow) -> bool) -> Result<(), StoreError> {
    PostgresStore::open_to_read(url)?.walk_audit(each)
}

/// Writes entries behind the last one.
async fn append(db: &mut Db<'_>, seal: &AuditSeal, drafts: &[AuditDraft]) -> Result<(), Fault> {
    let Some(first) = drafts.first() else { return Ok(()) };
    let mut head = match whole_head(db, seal).await? {
        Some(head) => head,
        None => begin_anew(db, seal, first).await?,
    };
    for draft in drafts {
        add(db, seal, &mut head, draft).await?;
    }
    write_head(db, seal, &head).await
}

/// The head, where it is as it was written; also of a log that nothing was ever written to.
async fn whole_head(db: &mut Db<'_>, seal: &AuditSeal) -> Result<Option<Head>, Fault> {
    match read_head(db).await {
        Ok(Some((head, sealed))) => Ok(seal.is_sealed_head(&head, &sealed).then_some(head)),
        Ok(None) => {
            let any = db.first("SELECT 1 FROM audit LIMIT 1", &[]).await?.is_some();
            Ok((!any).then_some(Head::EMPTY))
        }
        Err(Fault::Store(_)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Begins a chain behind entries that nothing can be chained to.
async fn begin_anew(db: &mut Db<'_>, seal: &AuditSeal, draft: &AuditDraft) -> Result<Head, Fault> {
    let numbers = "SELECT COALESCE(MIN(number), 1), COALESCE(MAX(number), 0) FROM audit";
    let row = db.one(numbers, &[]).await?;
    let there = (row.try_get(0)?, row.try_get(1)?);
    let said = db.first("SELECT last FROM audit_head", &[]).await?;
    let said = said.map(|row| row.try_get(0)).transpose()?;
    let (mut head, entry) = anew(there, said, draft.time);
    add(db, seal, &mut head, &entry).await?;
    Ok(head)
}

async fn add(db: &mut Db<'_>, seal: &AuditSeal, head: &mut Head, draft: &AuditDraft) -> Result<(), Fault> {
    let (entry, link) = grow(head, seal, draft);
    let sql = format!(
        "INSERT INTO audit ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    );
    let values: Values<'_> = &[
        &entry.number,
        &entry.time,
        &entry.actor,
        &entry.action,
        &entry.kind,
        &entry.id,
        &entry.name,
        &entry.outcome,
        &entry.before,
        &entry.after,
        &entry.address,
        &entry.agent,
        &link.hash.as_slice(),
        &link.seal.as_slice(),
        &entry.places,
    ];
    db.execute(&sql, values).await.map(drop)
}

async fn prune(
    db: &mut Db<'_>,
    seal: &AuditSeal,
    (before, now): (Micros, Micros),
    most: usize,
) -> Result<usize, Fault> {
    let Some(mut head) = whole_head(db, seal).await? else { return Ok(0) };
    // Entries are in the order of their numbers, not of a clock that may have been set back.
    let sql = "SELECT MIN(number) FROM audit WHERE number >= $1 AND time >= $2";
    let young: Option<i64> = db.one(sql, &[&head.first, &before]).await?.try_get(0)?;
    let Some(next) = first_kept(&head, young, most) else { return Ok(0) };
    let Some(base) = whole_until(db, seal, &head, next).await? else { return Ok(0) };
    let sql = "DELETE FROM audit WHERE number >= $1 AND number < $2";
    let dropped = db.execute(sql, &[&head.first, &next]).await?;
    let entry = shorten(&mut head, next, base, now);
    add(db, seal, &mut head, &entry).await?;
    write_head(db, seal, &head).await?;
    Ok(usize::try_from(dropped).unwrap_or(usize::MAX))
}

/// The hash of the entry before that number, if all from the first to it are there as they were written.
async fn whole_until(
    db: &mut Db<'_>,
    seal: &AuditSeal,
    head: &Head,
    next: i64,
) -> Result<Option<[u8; 32]>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE number >= $1 AND number < $2 ORDER BY number");
    let mut unaltered = Unaltered::of(head);
    for row in db.query(&sql, &[&head.first, &next]).await? {
        let Ok((entry, link)) = linked(&row) else { return Ok(None) };
        if !unaltered.take(seal, &entry, &link) {
            return Ok(None);
        }
    }
    Ok(unaltered.until(next))
}

async fn read_head(db: &mut Db<'_>) -> Result<Option<(Head, Vec<u8>)>, Fault> {
    let Some(row) = db.first("SELECT first, base, last, hash, seal FROM audit_head", &[]).await? else {
        return Ok(None);
    };
    let (first, last) = (row.try_get(0)?, row.try_get(2)?);
    let head = Head { first, base: array(&row, 1)?, last, hash: array(&row, 3)? };
    Ok(Some((head, row.try_get(4)?)))
}

async fn write_head(db: &mut Db<'_>, seal: &AuditSeal, head: &Head) -> Result<(), Fault> {
    let sealed = seal.seal_head(head);
    let (base, hash) = (head.base.as_slice(), head.hash.as_slice());
    let values: Values<'_> = &[&head.first, &base, &head.last, &hash, &sealed.as_slice()];
    db.execute(WRITE_HEAD, values).await.map(drop)
}

fn array(row: &Row, column: usize) -> Result<[u8; 32], Fault> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|_| StoreError::Damaged { what: "a hash of the audit log" }.into())
}

fn linked(row: &Row) -> Result<(AuditEntry, Link), Fault> {
    Ok((entry(row)?, Link { hash: array(row, 12)?, seal: array(row, 13)? }))
}

fn entry(row: &Row) -> Result<AuditEntry, Fault> {
    Ok(AuditEntry {
        number: row.try_get(0)?,
        time: row.try_get(1)?,
        actor: row.try_get(2)?,
        action: row.try_get(3)?,
        kind: row.try_get(4)?,
        id: row.try_get(5)?,
        name: row.try_get(6)?,
        outcome: row.try_get(7)?,
        before: row.try_get(8)?,
        after: row.try_get(9)?,
        address: row.try_get(10)?,
        agent: row.try_get(11)?,
        places: row.try_get(14)?,
    })
}
