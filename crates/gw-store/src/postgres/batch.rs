//! One transaction of the fold: what comes is gathered first and written at the end with a handful of statements, since
//! each costs a journey to the server. What is gathered can be written again when another transaction was in the way.

use super::bytes::{Id, clean};
use super::columns::Columns;
use super::fault::Fault;
use super::session::Db;
use super::{by_node, rollups, sums, tolls, used};
use crate::error::StoreError;
use crate::journal::{IntentFrame, OwnedFrame, RecordFrame, SegmentId, TollFrame, outcome_code};
use crate::rows::{Counted, Row, Share, SharedBounds, Sums, TollSums, Totals, signed};
use crate::traits::Batch;
use crate::types::{Folded, PendingIntent};
use ahash::{AHashMap, AHashSet};
use gw_model::Outcome;

const ENTER: &str = "INSERT INTO ledger (request, attempt, entry, time, key, cost) \
     SELECT * FROM unnest($1::bytea[], $2::int[], $3::int[], $4::bigint[], $5::bytea[], $6::bigint[]) \
     AS t (request, attempt, entry) ORDER BY request, attempt, entry ON CONFLICT DO NOTHING";
/// A lost call gives way to the truth.
const TAKE_BACK: &str = "DELETE FROM records WHERE id = ANY($1) AND outcome = $2 \
     RETURNING id, time, key, team, model, provider, customer, input, cost, parent IS NOT NULL, accounts, \
     upstream_model, format";
const ENTERED: &str = "SELECT request, attempt, COUNT(*)::int, LEAST(SUM(cost), 9223372036854775807)::bigint FROM ledger \
     WHERE request = ANY($1) GROUP BY request, attempt";
const OWN: &str = "INSERT INTO objects (kind, id, provider, owner, model, detail, created, expires, credential) \
     SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], \
     $7::bigint[], $8::bigint[], $9::text[]) AS t (kind, id) ORDER BY kind, id \
     ON CONFLICT (kind, id) DO UPDATE SET provider = excluded.provider, owner = excluded.owner, \
     model = excluded.model, detail = excluded.detail, created = excluded.created, expires = excluded.expires, \
     credential = excluded.credential";
const KEEP: &str = "INSERT INTO pending AS p (node, request, attempt, hold, intent) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (node, request, attempt) DO UPDATE SET hold = GREATEST(p.hold, excluded.hold), \
     intent = excluded.intent";
const ADVANCE: &str = "INSERT INTO watermarks (node, generation, worker, sequence, place) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (node, generation, worker) DO UPDATE SET sequence = excluded.sequence, place = excluded.place";

/// An attempt's share of a record.
#[derive(Debug)]
struct OwnShare {
    provider: String,
    upstream_model: String,
    totals: Totals,
}

impl OwnShare {
    fn share(&self) -> Share<'_> {
        let Self { provider, upstream_model, totals } = self;
        Share { provider, upstream_model, totals: *totals }
    }
}

/// What is written besides rows, in order.
#[derive(Debug)]
enum Step {
    Keep { node: u64, intent: Box<PendingIntent> },
    Drop { node: u64, request: u128 },
    Advance { node: u64, segment: SegmentId, offset: u64 },
    Forget { node: u64, segment: SegmentId },
}

/// Whose an object is.
#[derive(Debug)]
struct Owned {
    provider: String,
    owner: Id,
    model: String,
    detail: String,
    created: i64,
    expires: Option<i64>,
    credential: String,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    records: Columns,
    /// Of each record, in the order of `records`.
    shares: Vec<Vec<OwnShare>>,
    /// Of records that count in budgets of routes, by their place in `records`; few do.
    tolls: AHashMap<usize, Vec<TollFrame>>,
    seen: AHashSet<u128>,
    lost: Columns,
    seen_lost: AHashSet<u128>,
    /// Attempts of each lost call that intents were found of.
    lost_attempts: Vec<Vec<u8>>,
    /// By kind and id: the last word counts.
    owned: AHashMap<(u8, String), Owned>,
    steps: Vec<Step>,
}

impl Batch for Gathered {
    fn record(&mut self, record: &RecordFrame<'_>) -> Result<(), StoreError> {
        if self.seen.insert(record.id) {
            if !record.tolls.is_empty() {
                self.tolls.insert(self.records.len(), record.tolls.clone());
            }
            self.records.push(&Row::of(record));
            let share = |attempt: &crate::journal::AttemptFrame<'_>| OwnShare {
                provider: clean(attempt.provider).into_owned(),
                upstream_model: clean(attempt.upstream_model).into_owned(),
                totals: Totals::of(attempt),
            };
            self.shares.push(record.attempts.iter().map(share).collect());
        }
        Ok(())
    }

    fn own(&mut self, owned: &OwnedFrame<'_>) -> Result<(), StoreError> {
        let text = |text: &str| clean(text).into_owned();
        let row = Owned {
            provider: text(owned.provider),
            owner: Id(owned.owner.0),
            model: text(owned.model),
            detail: text(owned.detail),
            created: owned.created,
            expires: owned.expires,
            credential: text(owned.credential),
        };
        self.owned.insert((owned.kind, text(owned.id)), row);
        Ok(())
    }

    fn lost(&mut self, intents: &[PendingIntent]) -> Result<(), StoreError> {
        let Some(last) = intents.last() else { return Ok(()) };
        if !self.seen_lost.insert(last.request) {
            return Ok(());
        }
        self.lost.push(&Row::lost(last, intents.len()));
        self.lost_attempts.push(intents.iter().map(|intent| intent.attempt).collect());
        Ok(())
    }

    fn keep_pending(&mut self, node: u64, intent: &IntentFrame<'_>) -> Result<(), StoreError> {
        self.steps.push(Step::Keep { node, intent: Box::new(PendingIntent::new(intent)) });
        Ok(())
    }

    fn drop_pending(&mut self, node: u64, request: u128) -> Result<(), StoreError> {
        self.steps.push(Step::Drop { node, request });
        Ok(())
    }

    fn advance(&mut self, node: u64, segment: SegmentId, offset: u64) -> Result<(), StoreError> {
        self.steps.push(Step::Advance { node, segment, offset });
        Ok(())
    }

    fn forget_chain(&mut self, node: u64, segment: SegmentId) -> Result<(), StoreError> {
        self.steps.push(Step::Forget { node, segment });
        Ok(())
    }
}

/// What a batch adds to sums.
#[derive(Default)]
struct Added {
    sums: Sums,
    tolls: TollSums,
}

/// Entries of the ledger, column by column.
#[derive(Default)]
struct Entries {
    request: Vec<Id>,
    attempt: Vec<i32>,
    entry: Vec<i32>,
    time: Vec<i64>,
    key: Vec<Option<Id>>,
    cost: Vec<i64>,
}

impl Entries {
    /// An amount of the record at this place.
    fn add(&mut self, of: &Columns, at: usize, attempt: usize, entry: i32, cost: i64) {
        let (Some(id), Some(time), Some(key)) = (of.id.get(at), of.end_time.get(at), of.key.get(at)) else {
            return;
        };
        self.request.push(*id);
        self.attempt.push(i32::try_from(attempt).unwrap_or(i32::MAX));
        self.entry.push(entry);
        self.time.push(*time);
        self.key.push(*key);
        self.cost.push(cost);
    }

    async fn write(&self, db: &mut Db<'_>) -> Result<(), Fault> {
        if self.request.is_empty() {
            return Ok(());
        }
        let values: super::session::Values<'_> =
            &[&self.request, &self.attempt, &self.entry, &self.time, &self.key, &self.cost];
        db.execute(ENTER, values).await.map(drop)
    }
}

impl Gathered {
    /// True when there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.records.len() == 0 && self.lost.len() == 0 && self.owned.is_empty() && self.steps.is_empty()
    }

    /// Whose journal it comes from: that is told with how far it is read.
    fn node(&self) -> u64 {
        let node = self.steps.iter().map(|step| match step {
            Step::Keep { node, .. }
            | Step::Drop { node, .. }
            | Step::Advance { node, .. }
            | Step::Forget { node, .. } => *node,
        });
        node.max().unwrap_or(by_node::UNKNOWN)
    }

    /// Writes all of it; gives what was new.
    pub(super) async fn write(&self, bounds: &SharedBounds, db: &mut Db<'_>) -> Result<Folded, Fault> {
        let (mut entries, mut added) =
            (Entries::default(), Added { sums: Sums::within(bounds), ..Added::default() });
        let mut folded = Folded::default();
        let new = self.records.insert(db).await?;
        for (at, _) in self.records.id.iter().enumerate().filter(|(_, id)| new.contains(&id.0)) {
            let shares = self.shares.get(at).map_or(&[][..], Vec::as_slice);
            shares
                .iter()
                .enumerate()
                .for_each(|(n, share)| entries.add(&self.records, at, n, 0, share.totals.cost));
            self.count(at, &mut added);
            folded.records += 1;
        }
        folded.records += self.correct(db, &new, &mut entries, &mut added).await?;
        folded.lost += self.write_off(db, &mut entries, &mut added).await?;
        entries.write(db).await?;
        sums::write(&added.sums, db).await?;
        let rollups = added.sums.rollup_rows(false);
        rollups::write(&rollups, db).await?;
        by_node::write(&added.sums, self.node(), db).await?;
        tolls::write(&added.tolls, db).await?;
        used::write(&added.sums, db).await?;
        self.write_owned(db).await?;
        for step in &self.steps {
            step.write(db).await?;
        }
        Ok(folded)
    }

    /// Counts the record at this place.
    fn count(&self, at: usize, Added { sums, tolls }: &mut Added) {
        if let (Some(of_record), Some(time)) = (self.tolls.get(&at), self.records.end_time.get(at)) {
            tolls.count_at(*time, of_record);
        }
        let Some((counted, totals)) = self.records.counted(at) else { return };
        match self.shares.get(at).map_or(&[][..], Vec::as_slice) {
            [] | [_] => sums.count_shares(&counted, std::iter::once(Share::whole(&counted, totals)), 1),
            several => sums.count_shares(&counted, several.iter().map(OwnShare::share), 1),
        }
    }

    /// The truth about calls that were written off takes their place, and the ledger gets compensating entries. Gives how
    /// many there were. Rare.
    async fn correct(
        &self,
        db: &mut Db<'_>,
        new: &AHashSet<u128>,
        entries: &mut Entries,
        added: &mut Added,
    ) -> Result<u64, Fault> {
        let known = self.records.id.iter().zip(&self.records.outcome);
        let known: Vec<Id> = known
            .filter(|(id, outcome)| !new.contains(&id.0) && **outcome != Outcome::Lost)
            .map(|(id, _)| *id)
            .collect();
        if known.is_empty() {
            return Ok(0);
        }
        let lost = i16::from(outcome_code(Outcome::Lost));
        let taken_back = db.query(TAKE_BACK, &[&known, &lost]).await?;
        if taken_back.is_empty() {
            return Ok(0);
        }
        for row in &taken_back {
            count_lost(row, &mut added.sums)?;
        }
        let corrected = self.records.insert(db).await?;
        let mut entered: AHashMap<(u128, i32), (i32, i64)> = AHashMap::new();
        for row in db.query(ENTERED, &[&known]).await? {
            let (request, attempt): (Id, i32) = (row.try_get(0)?, row.try_get(1)?);
            entered.insert((request.0, attempt), (row.try_get(2)?, row.try_get(3)?));
        }
        for (at, id) in self.records.id.iter().enumerate().filter(|(_, id)| corrected.contains(&id.0)) {
            let shares = self.shares.get(at).map_or(&[][..], Vec::as_slice);
            let of_id = entered.keys().filter(|(request, _)| *request == id.0);
            let last =
                of_id.map(|(_, attempt)| usize::try_from(*attempt).unwrap_or(0) + 1).max().unwrap_or(0);
            for number in 0..shares.len().max(last) {
                let actual = shares.get(number).map_or(0, |share| share.totals.cost);
                let place = (id.0, i32::try_from(number).unwrap_or(i32::MAX));
                match entered.get(&place) {
                    None if number < shares.len() => entries.add(&self.records, at, number, 0, actual),
                    Some((count, sum)) if *sum != actual => {
                        entries.add(&self.records, at, number, *count, actual - sum);
                    }
                    _ => {}
                }
            }
            self.count(at, added);
        }
        Ok(corrected.len() as u64)
    }

    /// Calls that no record came of.
    async fn write_off(
        &self,
        db: &mut Db<'_>,
        entries: &mut Entries,
        added: &mut Added,
    ) -> Result<u64, Fault> {
        let new = self.lost.insert(db).await?;
        for (at, _) in self.lost.id.iter().enumerate().filter(|(_, id)| new.contains(&id.0)) {
            let (Some((counted, totals)), Some(attempts)) =
                (self.lost.counted(at), self.lost_attempts.get(at))
            else {
                continue;
            };
            for (place, attempt) in attempts.iter().enumerate() {
                // The hold is one for the whole call, and the attempt that was under way is the last.
                let cost = if place + 1 == attempts.len() { totals.cost } else { 0 };
                entries.add(&self.lost, at, usize::from(*attempt), 0, cost);
            }
            added.sums.count_shares(&counted, std::iter::once(Share::whole(&counted, totals)), 1);
        }
        Ok(new.len() as u64)
    }

    async fn write_owned(&self, db: &mut Db<'_>) -> Result<(), Fault> {
        if self.owned.is_empty() {
            return Ok(());
        }
        let (mut kinds, mut ids) = (Vec::new(), Vec::new());
        let mut rows: Vec<&Owned> = Vec::new();
        for ((kind, id), row) in &self.owned {
            kinds.push(i16::from(*kind));
            ids.push(id.as_str());
            rows.push(row);
        }
        let provider: Vec<&str> = rows.iter().map(|row| &*row.provider).collect();
        let owner: Vec<Id> = rows.iter().map(|row| row.owner).collect();
        let model: Vec<&str> = rows.iter().map(|row| &*row.model).collect();
        let detail: Vec<&str> = rows.iter().map(|row| &*row.detail).collect();
        let created: Vec<i64> = rows.iter().map(|row| row.created).collect();
        let expires: Vec<Option<i64>> = rows.iter().map(|row| row.expires).collect();
        let credential: Vec<&str> = rows.iter().map(|row| &*row.credential).collect();
        db.execute(OWN, &[&kinds, &ids, &provider, &owner, &model, &detail, &created, &expires, &credential])
            .await
            .map(drop)
    }
}

/// Takes back what was counted of a lost call.
fn count_lost(row: &tokio_postgres::Row, sums: &mut Sums) -> Result<(), Fault> {
    let text = |column: usize| -> Result<&str, Fault> {
        Ok(row.try_get::<_, Option<&str>>(column)?.unwrap_or_default())
    };
    let key: Option<Id> = row.try_get(2)?;
    let counted = Counted {
        end_time: row.try_get(1)?,
        key: key.map(|id| id.0),
        team: text(3)?,
        model: text(4)?,
        // Only refused calls have none.
        is_resolved: true,
        provider: text(5)?,
        upstream_model: text(11)?,
        customer: text(6)?,
        outcome: Outcome::Lost,
        status: 0,
        error: "",
        cache: "",
        first_byte_us: None,
        total_us: 0,
        is_sub_call: row.try_get(9)?,
        accounts: row.try_get::<_, Option<&[u8]>>(10)?.unwrap_or_default(),
        format: text(12)?,
        region: "",
        guardrails: "",
    };
    let totals = Totals { input: row.try_get(7)?, cost: row.try_get(8)?, ..Totals::default() };
    sums.count_shares(&counted, std::iter::once(Share::whole(&counted, totals)), -1);
    Ok(())
}

impl Step {
    async fn write(&self, db: &mut Db<'_>) -> Result<(), Fault> {
        let number = |number: u64| number.cast_signed();
        match self {
            Self::Keep { node, intent } => {
                let text =
                    serde_json::to_string(intent).map_err(|_| StoreError::Damaged { what: "an intent" })?;
                let (node, attempt, hold) = (number(*node), i32::from(intent.attempt), signed(intent.hold));
                db.execute(KEEP, &[&node, &Id(intent.request), &attempt, &hold, &text]).await?;
            }
            Self::Drop { node, request } => {
                let sql = "DELETE FROM pending WHERE node = $1 AND request = $2";
                db.execute(sql, &[&number(*node), &Id(*request)]).await?;
            }
            Self::Advance { node, segment, offset } => {
                let (generation, sequence) = (number(segment.generation), number(segment.sequence));
                let worker = i32::from(segment.worker);
                db.execute(ADVANCE, &[&number(*node), &generation, &worker, &sequence, &signed(*offset)])
                    .await?;
            }
            Self::Forget { node, segment } => {
                let sql = "DELETE FROM watermarks WHERE node = $1 AND generation = $2 AND worker = $3";
                let worker = i32::from(segment.worker);
                db.execute(sql, &[&number(*node), &number(segment.generation), &worker]).await?;
            }
        }
        Ok(())
    }
}
