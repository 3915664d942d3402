//! What is kept of calls besides their records, and how records go: bodies, feedback, retention.

use super::bytes::{Id, clean, limit};
use super::db::{ANSWER_LIMIT, BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use super::places;
use super::session::Db;
use crate::error::StoreError;
use crate::traits::RecordStore;
use crate::types::{Feedback, KeptPart, Rating, SealedBodies, Swept, Whose};
use gw_model::{Micros, RequestId};
use tokio_postgres::Row;

const WRITE: &str = "INSERT INTO record_bodies (request, expires, sealed) \
     SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[]) AS t (request) ORDER BY request \
     ON CONFLICT (request) DO UPDATE SET expires = excluded.expires, sealed = excluded.sealed";
const EXPIRED: &str = "DELETE FROM record_bodies WHERE request IN (SELECT request FROM record_bodies \
     WHERE expires <= $1 ORDER BY expires LIMIT $2)";
const LAST: &str = "SELECT id FROM (SELECT id FROM records WHERE id < $1 ORDER BY id LIMIT $2) AS old ORDER BY id DESC LIMIT 1";
const ADD: &str = "INSERT INTO feedback (id, request, time, author, score, label, comment) \
     SELECT $1::bytea, $2::bytea, $3::bigint, $4::text, $5::bigint, $6::text, $7::text \
     WHERE (SELECT COUNT(*) FROM feedback WHERE request = $2 AND id <> $1) < $8 \
     ON CONFLICT (id) DO UPDATE SET time = excluded.time, score = excluded.score, label = excluded.label, \
     comment = excluded.comment";
const SAID: &str =
    "SELECT id, time, author, score, label, comment FROM feedback WHERE request = $1 ORDER BY time, id";
const RATINGS: &str = "SELECT request, score, label FROM feedback WHERE request = ANY($1) \
     AND (score IS NOT NULL OR label IS NOT NULL) ORDER BY request, id";

const OLD_RECORDS: &str = "SELECT id, accounts FROM records WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3";
const OLD_BODIES: &str = "SELECT b.request, r.accounts FROM \
     ((SELECT request FROM record_bodies WHERE request > $1 AND request < $2 ORDER BY request LIMIT $3) UNION \
     (SELECT request FROM record_places WHERE request > $1 AND request < $2 ORDER BY request LIMIT $3)) AS b \
     LEFT JOIN records AS r ON r.id = b.request ORDER BY b.request LIMIT $3";
/// Bodies first.
const OF_RECORDS: &[&str] = &[
    "DELETE FROM record_bodies WHERE request = ANY($1)",
    "DELETE FROM record_places WHERE request = ANY($1)",
    "DELETE FROM feedback WHERE request = ANY($1)",
    "DELETE FROM ledger WHERE request = ANY($1)",
    "DELETE FROM former_costs WHERE request = ANY($1)",
    "DELETE FROM records WHERE id = ANY($1)",
];

/// What is to be overwritten where it stands, since it goes before its time.
const ERASE_EACH: &str = "INSERT INTO body_erasures (segment, place) SELECT segment, place FROM record_places \
     WHERE request = ANY($1) AND segment IN (SELECT number FROM body_segments) ON CONFLICT DO NOTHING";
const ERASE_UP_TO: &str = "INSERT INTO body_erasures (segment, place) SELECT segment, place FROM record_places \
     WHERE request <= $1 AND segment IN (SELECT number FROM body_segments) ON CONFLICT DO NOTHING";

/// Takes away records up to one, with all that belongs to them.
async fn remove_up_to(db: &mut Db<'_>, last: Id) -> Result<u64, Fault> {
    for sql in [
        ERASE_UP_TO,
        "DELETE FROM record_places WHERE request <= $1",
        "DELETE FROM record_bodies WHERE request <= $1",
        "DELETE FROM feedback WHERE request <= $1",
        "DELETE FROM ledger WHERE request <= $1",
        "DELETE FROM former_costs WHERE request <= $1",
    ] {
        db.execute(sql, &[&last]).await?;
    }
    db.execute("DELETE FROM records WHERE id <= $1", &[&last]).await
}

impl RecordStore for PostgresStore {
    fn write_bodies(&self, bodies: &[SealedBodies]) -> Result<(), StoreError> {
        if let Some(files) = self.files().filter(|files| files.takes_new) {
            return places::write(self, files, bodies);
        }
        // A statement takes each row once.
        let mut last: Vec<&SealedBodies> = bodies.iter().collect();
        last.sort_by_key(|one| one.request.0);
        last.dedup_by_key(|one| one.request.0);
        let requests: Vec<Id> = last.iter().map(|one| Id(one.request.0)).collect();
        let expires: Vec<i64> = last.iter().map(|one| one.expires).collect();
        let sealed: Vec<&[u8]> = last.iter().map(|one| one.sealed.as_slice()).collect();
        self.run("store bodies of calls", BULK_LIMIT, async |db| {
            db.execute(WRITE, &[&requests, &expires, &sealed]).await.map(drop)
        })
    }

    fn remove_expired_bodies(&self, now: Micros, most: usize) -> Result<usize, StoreError> {
        let gone = self.run("remove old bodies of calls", BULK_LIMIT, async |db| {
            db.execute(EXPIRED, &[&now, &limit(most)]).await
        })?;
        let gone = usize::try_from(gone).unwrap_or(usize::MAX);
        Ok(gone + places::remove_expired(self, now, most.saturating_sub(gone))?)
    }

    fn remove_records(&self, before: Micros, most: usize) -> Result<usize, StoreError> {
        let bound = Id(RequestId::lower_bound(before.max(0)).0);
        let gone = self.transaction("remove old records", BULK_LIMIT, async |db| {
            let Some(last) = db.first(LAST, &[&bound, &limit(most)]).await? else { return Ok(0) };
            remove_up_to(db, last.try_get(0)?).await
        })?;
        Ok(usize::try_from(gone).unwrap_or(usize::MAX))
    }

    fn sweep(
        &self,
        kept: KeptPart,
        whose: &Whose,
        after: RequestId,
        before: Micros,
        most: usize,
    ) -> Result<Swept, StoreError> {
        let bound = Id(RequestId::lower_bound(before.max(0)).0);
        let (find, tables) = match kept {
            KeptPart::Records => (OLD_RECORDS, OF_RECORDS),
            KeptPart::Bodies => (OLD_BODIES, &OF_RECORDS[..2]),
        };
        self.transaction("remove what is old", BULK_LIMIT, async |db| {
            let mut swept = Swept { looked: 0, removed: 0, up_to: after };
            let mut gone: Vec<Id> = Vec::new();
            for row in db.query(find, &[&Id(after.0), &bound, &limit(most)]).await? {
                let id: Id = row.try_get(0)?;
                (swept.looked, swept.up_to) = (swept.looked + 1, RequestId(id.0));
                if whose.has(row.try_get::<_, Option<&[u8]>>(1)?.unwrap_or_default()) {
                    gone.push(id);
                }
            }
            swept.removed = gone.len();
            if !gone.is_empty() {
                for sql in [ERASE_EACH].iter().chain(tables) {
                    db.execute(sql, &[&gone]).await?;
                }
            }
            Ok(swept)
        })
    }

    fn add_feedback(&self, feedback: &Feedback, most: usize) -> Result<bool, StoreError> {
        let Feedback { id, request, time, author, score, label, comment } = feedback;
        let text = |text: &Option<String>| text.as_deref().map(|text| clean(text).into_owned());
        let (author, label, comment) = (clean(author).into_owned(), text(label), text(comment));
        let added = self.run("store feedback", ANSWER_LIMIT, async |db| {
            let (id, request) = (Id(*id), Id(request.0));
            db.execute(ADD, &[&id, &request, time, &author, score, &label, &comment, &limit(most)]).await
        })?;
        Ok(added > 0)
    }

    fn feedback(&self, request: RequestId) -> Result<Vec<Feedback>, StoreError> {
        let read = |row: &Row| {
            Ok(Feedback {
                id: row.try_get::<_, Id>(0)?.0,
                request,
                time: row.try_get(1)?,
                author: row.try_get(2)?,
                score: row.try_get(3)?,
                label: row.try_get(4)?,
                comment: row.try_get(5)?,
            })
        };
        self.run("read feedback", ANSWER_LIMIT, async |db| {
            db.query(SAID, &[&Id(request.0)]).await?.iter().map(read).collect::<Result<Vec<_>, Fault>>()
        })
    }

    fn ratings(&self, requests: &[RequestId]) -> Result<Vec<Rating>, StoreError> {
        let read = |row: &Row| {
            let request = RequestId(row.try_get::<_, Id>(0)?.0);
            Ok(Rating { request, score: row.try_get(1)?, label: row.try_get(2)? })
        };
        let ids: Vec<Id> = requests.iter().map(|id| Id(id.0)).collect();
        self.run("read feedback", ANSWER_LIMIT, async |db| {
            db.query(RATINGS, &[&ids]).await?.iter().map(read).collect::<Result<Vec<_>, Fault>>()
        })
    }
}
