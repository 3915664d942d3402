//! Prices that were in force, and costs of past calls that are computed again: a page of records is rewritten with all sums of
//! them, and with how far the job is, in one transaction. What budgets were settled with stays known beside.

use super::bytes::{Id, clean};
use super::db::{ANSWER_LIMIT, BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use super::jobs::Jobs;
use super::session::{Db, Values};
use super::sums;
use crate::error::StoreError;
use crate::journal::rest_with_prices;
use crate::rows::{ALL_HOURS, Apart, CostChanges, recost_entries, signed};
use crate::traits::RecostStore;
use crate::types::{FormerCost, PricePage, Recost, StoredRecosting, Written};
use ahash::AHashMap;
use gw_model::{Micros, NanoUsd, RequestId};
use tokio_postgres::Row;

const RECOSTINGS: Jobs = Jobs { table: "recostings", what: "look after re-costings" };

const LATEST_PAGE: &str = "SELECT since, digest FROM price_pages WHERE book = $1 ORDER BY since DESC LIMIT 1";
/// Nodes that start together write one page.
const PAGES_IN_TURN: &str = "LOCK TABLE price_pages IN SHARE ROW EXCLUSIVE MODE";
const ADD_PAGE: &str =
    "INSERT INTO price_pages (book, since, digest, source, content) VALUES ($1, $2, $3, $4, $5)";
const FORGET_PAGES: &str = "DELETE FROM price_pages WHERE book = $1 AND since <= \
     (SELECT since FROM price_pages WHERE book = $1 ORDER BY since DESC LIMIT 1 OFFSET $2)";

/// Rows are locked in the order of ids, as the fold does.
const READ: &str = "SELECT id, cost, details FROM records WHERE id = ANY($1) ORDER BY id FOR UPDATE";
const REWRITE: &str = "UPDATE records AS r SET cost = t.cost, tries = t.tries, details = t.details \
     FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::bytea[]) AS t (id, cost, tries, details) \
     WHERE r.id = t.id";
const FORMER: &str = "INSERT INTO former_costs AS f (request, recosting, time, before, charged) \
     SELECT request, $2, $3, before, before FROM unnest($1::bytea[], $4::bigint[]) AS t (request, before) \
     ORDER BY request ON CONFLICT (request) DO UPDATE SET recosting = excluded.recosting, time = excluded.time, \
     before = excluded.before";
/// A correction is a further entry; its time and key are those of the attempt.
const ENTER: &str = "INSERT INTO ledger (request, attempt, entry, time, key, cost) \
     SELECT l.request, l.attempt, l.entry + 1, l.time, l.key, t.more \
     FROM unnest($1::bytea[], $2::int[], $3::bigint[]) AS t (request, attempt, more) \
     CROSS JOIN LATERAL (SELECT * FROM ledger AS e WHERE e.request = t.request AND e.attempt = t.attempt \
     ORDER BY e.entry DESC LIMIT 1) AS l";
/// Each stands under the first of two series that there is.
const ADD_TO_ROLLUPS: &str = "UPDATE rollups AS r SET cost = r.cost + d.more FROM (\
     SELECT kind, start, CASE WHEN EXISTS (SELECT 1 FROM rollups AS x \
     WHERE x.kind = t.kind AND x.start = t.start AND x.series = t.first) THEN t.first ELSE t.second END AS series, \
     SUM(more)::bigint AS more \
     FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) \
     AS t (kind, start, first, second, more) GROUP BY 1, 2, 3) AS d \
     WHERE r.kind = d.kind AND r.start = d.start AND r.series = d.series";
const APART: &str = "INSERT INTO recosted_sums AS s (account, hour, cost) \
     SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) AS t (account, hour) ORDER BY account, hour \
     ON CONFLICT (account, hour) DO UPDATE SET cost = s.cost + excluded.cost";

impl RecostStore for PostgresStore {
    fn price_pages(&self, book: &str) -> Result<Vec<PricePage>, StoreError> {
        let sql = "SELECT since, digest, source, content FROM price_pages WHERE book = $1 ORDER BY since";
        self.run("read prices", BULK_LIMIT, async |db| {
            let read = |row: &Row| {
                Ok(PricePage {
                    since: row.try_get(0)?,
                    digest: row.try_get(1)?,
                    source: row.try_get(2)?,
                    content: row.try_get(3)?,
                })
            };
            db.query(sql, &[&book]).await?.iter().map(read).collect::<Result<Vec<_>, Fault>>()
        })
    }

    fn add_price_page(&self, book: &str, page: &PricePage, most: usize) -> Result<bool, StoreError> {
        let source = clean(&page.source).into_owned();
        self.transaction("keep prices", ANSWER_LIMIT, async |db| {
            db.batch(PAGES_IN_TURN).await?;
            let mut since = page.since;
            if let Some(latest) = db.first(LATEST_PAGE, &[&book]).await? {
                if latest.try_get::<_, &[u8]>(1)? == page.digest {
                    return Ok(false);
                }
                // A clock may stand still, or be set back.
                since = since.max(latest.try_get::<_, Micros>(0)?.saturating_add(1));
            }
            db.execute(ADD_PAGE, &[&book, &since, &page.digest, &source, &page.content]).await?;
            db.execute(FORGET_PAGES, &[&book, &super::bytes::limit(most)]).await?;
            Ok(true)
        })
    }

    fn recostings(&self, before: Option<u128>, limit: usize) -> Result<Vec<StoredRecosting>, StoreError> {
        RECOSTINGS.list(self, before, limit)
    }

    fn open_recosting(&self) -> Result<Option<StoredRecosting>, StoreError> {
        RECOSTINGS.open(self, 1).map(|mut open| open.pop())
    }

    fn recosting(&self, id: u128) -> Result<Option<StoredRecosting>, StoreError> {
        RECOSTINGS.find(self, id)
    }

    fn add_recosting(&self, new: &StoredRecosting) -> Result<bool, StoreError> {
        RECOSTINGS.add(self, new)
    }

    fn change_recosting(&self, changed: &StoredRecosting) -> Result<bool, StoreError> {
        RECOSTINGS.change(self, changed)
    }

    fn remove_recostings(&self, before: Micros, most: usize) -> Result<usize, StoreError> {
        RECOSTINGS.remove(self, before, most).map(|gone| gone.len())
    }

    fn recost(&self, progress: &StoredRecosting, records: &[Recost]) -> Result<Written, StoreError> {
        let work = self.retried("write what calls cost", BULK_LIMIT, async |db| {
            // What fails takes all of it back.
            if !rewrite(db, progress, records).await? {
                return Err(StoreError::Gone.into());
            }
            match RECOSTINGS.change_in(db, progress).await? {
                true => Ok(()),
                false => Err(StoreError::Changed { revision: progress.revision }.into()),
            }
        });
        match work {
            Ok(()) => Ok(Written::Done),
            Err(StoreError::Gone) => Ok(Written::Outdated),
            Err(StoreError::Changed { .. }) => Ok(Written::Lost),
            Err(error) => Err(error),
        }
    }

    fn former_cost(&self, request: RequestId) -> Result<Option<FormerCost>, StoreError> {
        let sql = "SELECT recosting, time, before, charged FROM former_costs WHERE request = $1";
        self.run("read what a call cost before", ANSWER_LIMIT, async |db| {
            let Some(row) = db.first(sql, &[&Id(request.0)]).await? else { return Ok(None) };
            Ok(Some(FormerCost {
                recosting: row.try_get::<_, Id>(0)?.0,
                time: row.try_get(1)?,
                before: NanoUsd(super::bytes::count(&row, 2)?),
                charged: NanoUsd(super::bytes::count(&row, 3)?),
            }))
        })
    }
}

/// Rewrites records and all sums of them; false when one is not as it was read.
async fn rewrite(db: &mut Db<'_>, progress: &StoredRecosting, records: &[Recost]) -> Result<bool, Fault> {
    if records.is_empty() {
        return Ok(true);
    }
    let ids: Vec<Id> = records.iter().map(|one| Id(one.id().0)).collect();
    let mut known: AHashMap<u128, (i64, Option<Vec<u8>>)> = AHashMap::new();
    for row in db.query(READ, &[&ids]).await? {
        known.insert(row.try_get::<_, Id>(0)?.0, (row.try_get(1)?, row.try_get(2)?));
    }
    let was: Vec<i64> = records.iter().map(|one| signed(one.row.cost.0)).collect();
    let mut details = Vec::with_capacity(records.len());
    for (record, was) in records.iter().zip(&was) {
        let Some((cost, kept)) = known.remove(&record.id().0).filter(|(cost, _)| cost == was) else {
            return Ok(false);
        };
        debug_assert_eq!(cost, *was);
        details.push(rest_with_prices(kept.as_deref().unwrap_or_default(), record.lines()).or(kept));
    }
    let costs: Vec<i64> = records.iter().map(|one| signed(one.cost().0)).collect();
    let tries: Vec<Option<String>> =
        records.iter().map(|one| one.tries().map(|list| clean(&list).into_owned())).collect();
    db.execute(REWRITE, &[&ids, &costs, &tries, &details]).await?;
    db.execute(FORMER, &[&ids, &Id(progress.id), &progress.touched_at, &was]).await?;
    enter(db, records).await?;
    let changes = CostChanges::of(records);
    sums::write_costs(&changes.sums, db).await?;
    write_rollups(db, &changes).await?;
    let apart = changes.apart();
    let accounts: Vec<&[u8]> = apart.iter().map(|(account, ..)| account.as_slice()).collect();
    let hours: Vec<i64> = apart.iter().map(|(_, hour, _)| *hour).collect();
    let more: Vec<i64> = apart.iter().map(|(.., more)| *more).collect();
    db.execute(APART, &[&accounts, &hours, &more]).await?;
    Ok(true)
}

async fn enter(db: &mut Db<'_>, records: &[Recost]) -> Result<(), Fault> {
    let (mut requests, mut attempts, mut differences) = (Vec::new(), Vec::new(), Vec::new());
    for record in records {
        for (attempt, more) in recost_entries(record) {
            requests.push(Id(record.id().0));
            attempts.push(i32::try_from(attempt).unwrap_or(i32::MAX));
            differences.push(more);
        }
    }
    db.execute(ENTER, &[&requests, &attempts, &differences]).await.map(drop)
}

async fn write_rollups(db: &mut Db<'_>, changes: &CostChanges) -> Result<(), Fault> {
    let rows: Vec<_> = changes.rollups().collect();
    let kinds: Vec<i16> = rows.iter().map(|((kind, ..), _)| *kind).collect();
    let starts: Vec<i64> = rows.iter().map(|((_, start, ..), _)| *start).collect();
    let firsts: Vec<i64> = rows.iter().map(|((_, _, first, _), _)| *first).collect();
    let seconds: Vec<i64> = rows.iter().map(|((.., second), _)| *second).collect();
    let more: Vec<i64> = rows.iter().map(|(_, more)| *more).collect();
    let values: Values<'_> = &[&kinds, &starts, &firsts, &seconds, &more];
    db.execute(ADD_TO_ROLLUPS, values).await.map(drop)
}

/// What usage has that budgets have not, from an hour on and of all hours.
pub(super) async fn apart(db: &mut Db<'_>, first_hour: i64) -> Result<Apart, Fault> {
    let sql = "SELECT account, hour, cost FROM recosted_sums WHERE hour = $1 OR hour >= $2";
    let mut apart = Apart::default();
    for row in db.query(sql, &[&ALL_HOURS, &first_hour]).await? {
        apart.add(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    }
    Ok(apart)
}
