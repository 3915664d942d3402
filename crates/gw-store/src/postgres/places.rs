//! Bodies of calls in segments outside of the database, which knows where those of each call stand, and which node has what is
//! in no object storage. What stands in the database itself is read as well. A directory may be shared by nodes.

use super::bytes::{Id, limit};
use super::db::{ANSWER_LIMIT, BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::{Db, Values};
use crate::bodies::BodyFiling;
use crate::bodies::filing::BodyFiles;
use crate::bodies::segments::{Numbers, Place, SegmentName};
use crate::error::StoreError;
use crate::types::SealedBodies;
use gw_model::Micros;
use std::collections::BTreeSet;
use tokio_postgres::Row;

/// Where a segment stands: in files of a node; in object storage; there, with nothing left in it that is to be kept.
pub(super) const HERE: i16 = 0;
pub(super) const SENT: i16 = 1;
pub(super) const OVER: i16 = 2;

/// Overwritten at once; and the time between two looks at what other nodes are to overwrite.
const ERASED: usize = 1_000;
const OTHERS_EVERY_US: u64 = 60_000_000;

const NUMBER: &str = "SELECT nextval('body_segment_numbers')";
const PLACES: &str = "INSERT INTO record_places (request, place) \
     SELECT * FROM unnest($1::bytea[], $2::bytea[]) AS t (request) ORDER BY request \
     ON CONFLICT (request) DO UPDATE SET place = excluded.place";
const SEGMENTS: &str = "INSERT INTO body_segments (number, hour, node) \
     SELECT number, hour, $3::bigint FROM unnest($1::bigint[], $2::bigint[]) AS t (number, hour) ORDER BY number \
     ON CONFLICT (number) DO NOTHING";
const OLDEST: &str =
    "SELECT number, hour FROM body_segments WHERE hour <= $1 AND state < $2 ORDER BY hour, number LIMIT 1";
const FORGET: &str = "DELETE FROM record_places WHERE request IN \
     (SELECT request FROM record_places WHERE segment = $1 LIMIT $2)";
pub(super) const LEFT: &str = "SELECT 1 FROM record_places WHERE segment = $1 LIMIT 1";
const ANY_WAITS: &str = "SELECT 1 FROM body_erasures AS e JOIN body_segments AS s ON s.number = e.segment \
     WHERE s.state = $1 AND (s.node = $2) = $3 LIMIT 1";
const WAITING_HERE: &str = "SELECT e.segment, e.place FROM body_erasures AS e JOIN body_segments AS s \
     ON s.number = e.segment WHERE s.state = $1 AND (s.node = $2) = $3 AND e.segment = ANY($4) \
     AND (e.segment, e.place) > ($5, $6) ORDER BY e.segment, e.place LIMIT $7";
pub(super) const GONE: &str = "DELETE FROM body_erasures WHERE (segment, place) IN \
     (SELECT * FROM unnest($1::bigint[], $2::bytea[]))";

impl PostgresStore {
    /// Bodies that stand in segments of a directory, or in object storage, are read from now on; new ones go there where the
    /// filing says so, else to the database. Counts once.
    pub fn file_bodies(&self, filing: BodyFiling) {
        // The first one stays.
        let _ = self.files.set(BodyFiles::new(filing));
    }

    /// Where bodies stand outside of the database.
    pub(super) fn files(&self) -> Option<&BodyFiles> {
        self.files.get()
    }

    /// This node's number, as it stands in tables.
    pub(super) fn own_node(&self) -> i64 {
        self.settings.node.cast_signed()
    }
}

/// Writes bodies to segments, and then where they are.
pub(super) fn write(
    store: &PostgresStore,
    files: &BodyFiles,
    bodies: &[SealedBodies],
) -> Result<(), StoreError> {
    files.check_room(bodies)?;
    let number = || {
        store.run("number a segment of bodies", ANSWER_LIMIT, async |db| {
            let number: i64 = db.one(NUMBER, &[]).await?.try_get(0)?;
            u32::try_from(number).map_err(|_| StoreError::Damaged { what: "a segment's number" }.into())
        })
    };
    let appended = files.segments.append_numbered(bodies, &Numbers::Asked(&number))?;
    let node = store.own_node();
    let noted = store.transaction("store where bodies of calls are", BULK_LIMIT, async |db| {
        note(db, bodies, &appended.places, node).await
    });
    match &noted {
        // It may be noted all the same: the answer was lost.
        Err(error) if error.is_unavailable() => files.segments.abandon(&appended),
        Err(_) => files.segments.undo(&appended),
        Ok(()) => {}
    }
    noted
}

async fn note(db: &mut Db<'_>, bodies: &[SealedBodies], places: &[Place], node: i64) -> Result<(), Fault> {
    // A statement takes each row once: the last of a call counts.
    let mut all: Vec<(u128, Place)> =
        bodies.iter().zip(places).map(|(one, place)| (one.request.0, *place)).rev().collect();
    all.sort_by_key(|(request, _)| *request);
    all.dedup_by_key(|(request, _)| *request);
    let requests: Vec<Id> = all.iter().map(|(request, _)| Id(*request)).collect();
    let stored: Vec<Vec<u8>> = all.iter().map(|(_, place)| place.bytes().to_vec()).collect();
    let segments: BTreeSet<(i64, i64)> =
        places.iter().map(|place| (place.segment.number.into(), place.segment.hour.into())).collect();
    let (numbers, hours): (Vec<i64>, Vec<i64>) = segments.into_iter().unzip();
    db.execute(SEGMENTS, &[&numbers, &hours, &node]).await?;
    db.execute(PLACES, &[&requests, &stored]).await.map(drop)
}

/// Forgets bodies in segments whose time is over, at most so many, and removes the segments of which nothing is left. Overwrites
/// besides what is to go early from files that this node sees.
pub(super) fn remove_expired(store: &PostgresStore, now: Micros, most: usize) -> Result<usize, StoreError> {
    let Some(files) = store.files() else { return Ok(0) };
    let mut removed = 0;
    while removed < most {
        let hour = i64::from(SegmentName::hour_at(now));
        let old = store.run("look for old bodies", ANSWER_LIMIT, async |db| {
            db.first(OLDEST, &[&hour, &OVER]).await?.as_ref().map(name_of).transpose()
        })?;
        let Some(old) = old else {
            files.segments.sweep(now);
            break;
        };
        let (room, has_far) = (most - removed, files.has_far());
        let (gone, is_over) = store.transaction("remove old bodies of calls", BULK_LIMIT, async |db| {
            let number = i64::from(old.number);
            let gone = db.execute(FORGET, &[&number, &limit(room)]).await?;
            // Another node may be at it.
            let is_over = db.first(LEFT, &[&number]).await?.is_none();
            if is_over {
                end(db, old, has_far).await?;
            }
            Ok((usize::try_from(gone).unwrap_or(usize::MAX), is_over))
        })?;
        removed += gone;
        if !is_over {
            break;
        }
        files.segments.remove(old);
    }
    overwrite_here(store, files, now)?;
    Ok(removed)
}

/// Nothing of a segment is left to be kept. What stands in object storage is removed there first; where nobody can do that, it
/// is forgotten.
async fn end(db: &mut Db<'_>, segment: SegmentName, has_far: bool) -> Result<(), Fault> {
    let number = i64::from(segment.number);
    let last = if has_far { HERE } else { OVER };
    db.execute("DELETE FROM body_segments WHERE number = $1 AND state <= $2", &[&number, &last]).await?;
    db.execute("UPDATE body_segments SET state = $2 WHERE number = $1", &[&number, &OVER]).await?;
    db.execute("DELETE FROM body_erasures WHERE segment = $1", &[&number]).await.map(drop)
}

/// What is to go early from files that this node sees. Its own are forgotten once they are overwritten, or left to whoever sends
/// them. Those of other nodes, in a directory that is shared, are theirs to forget: they may be sending them. They are overwritten
/// all the same, as a node may be gone for good.
fn overwrite_here(store: &PostgresStore, files: &BodyFiles, now: Micros) -> Result<(), StoreError> {
    if !files.sends() {
        let waiting = waiting_here(store, files, true, &(0, Vec::new()))?;
        overwrite(files, &waiting);
        if !waiting.is_empty() {
            let (numbers, places): (Vec<i64>, Vec<&[u8]>) =
                waiting.iter().map(|(number, stored)| (*number, stored.as_slice())).unzip();
            forget_erasures(store, &numbers, &places)?;
        }
    }
    let mut others = files.others.lock();
    if others.after.is_none() && now.abs_diff(others.ended_at) < OTHERS_EVERY_US {
        return Ok(());
    }
    let after = others.after.take().unwrap_or_default();
    let waiting = waiting_here(store, files, false, &after)?;
    overwrite(files, &waiting);
    others.ended_at = now;
    others.after = waiting.last().filter(|_| waiting.len() >= ERASED).cloned();
    Ok(())
}

fn overwrite(files: &BodyFiles, waiting: &[(i64, Vec<u8>)]) {
    let places: Vec<Place> = waiting.iter().filter_map(|(_, stored)| Place::read(stored)).collect();
    files.segments.erase(&places);
}

/// Segments of files that are here with what is to go early from them, from behind one on: this node's own, or those of others.
fn waiting_here(
    store: &PostgresStore,
    files: &BodyFiles,
    is_own: bool,
    after: &(i64, Vec<u8>),
) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let node = store.own_node();
    let any = store.run("look what is to go early", ANSWER_LIMIT, async |db| {
        db.first(ANY_WAITS, &[&HERE, &node, &is_own]).await
    })?;
    // Files are looked for only where that is of use.
    if any.is_none() {
        return Ok(Vec::new());
    }
    let here: Vec<i64> = files.segments.list()?.iter().map(|name| name.number.into()).collect();
    store.run("look what is to go early", ANSWER_LIMIT, async |db| {
        let values: Values<'_> = &[&HERE, &node, &is_own, &here, &after.0, &after.1, &limit(ERASED)];
        let rows = db.query(WAITING_HERE, values).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    })
}

/// What was to go early has gone.
pub(super) fn forget_erasures(
    store: &PostgresStore,
    numbers: &[i64],
    places: &[&[u8]],
) -> Result<(), StoreError> {
    let done = store.run("note what has gone early", ANSWER_LIMIT, async |db| {
        let values: Values<'_> = &[&numbers, &places];
        db.execute(GONE, values).await
    });
    done.map(drop)
}

/// A segment of a row's first two columns.
pub(super) fn name_of(row: &Row) -> Result<SegmentName, Fault> {
    let number = |column: usize| {
        let number = u32::try_from(row.try_get::<_, i64>(column)?);
        number.map_err(|_| Fault::from(StoreError::Damaged { what: "a segment of bodies" }))
    };
    Ok(SegmentName { number: number(0)?, hour: number(1)? })
}
