//! Bodies of calls in files beside the database, which knows where those of each call stand. Rows of before, and of whoever
//! wants none of that, hold the bodies themselves: both are read.

use super::db::SqliteStore;
use super::many::Insert;
use super::segments::note_erasures;
use crate::bodies::BodyFiling;
use crate::bodies::filing::BodyFiles;
use crate::bodies::segments::{Appended, Place, SegmentName};
use crate::error::StoreError;
use crate::rows::id_bytes;
use crate::types::SealedBodies;
use gw_model::{Micros, RequestId};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashSet;
use std::path::PathBuf;

/// Rows that are moved at once.
const MOVED: i64 = 500;

/// Where a segment stands: only here; in object storage; there, with nothing left in it that is to be kept.
pub(super) const HERE: u8 = 0;
pub(super) const SENT: u8 = 1;
pub(super) const OVER: u8 = 2;

/// The latest place of a call counts.
const PLACE: Insert = Insert {
    into: "INSERT INTO record_places (request, place)",
    columns: 2,
    conflict: "ON CONFLICT (request) DO UPDATE SET place = excluded.place",
};

/// A file that is known, and the calls of which it may hold something.
struct Known {
    name: SegmentName,
    first: [u8; 16],
    last: [u8; 16],
}

impl SqliteStore {
    /// Bodies that stand in files of a directory are read from now on. With `segment_bytes`, new ones are written there, in
    /// files of that size; else they are written to the database. Counts once.
    pub fn keep_bodies_in(&self, dir: PathBuf, segment_bytes: Option<u32>) {
        self.file_bodies(BodyFiling::in_files(dir, segment_bytes));
    }

    /// The same, with all that there is to say. Counts once.
    pub fn file_bodies(&self, filing: BodyFiling) {
        self.set_files(BodyFiles::new(filing));
    }

    /// Moves what stands in files into the database, for whoever takes it elsewhere. What stands in object storage stays there.
    pub(crate) fn take_bodies_in(&self) -> Result<(), StoreError> {
        let Some(files) = self.files() else { return Ok(()) };
        let far: HashSet<u32> = self.read("read which segments there are", |db| {
            db.prepare("SELECT number FROM body_segments WHERE state > 0")?
                .query_map([], |row| row.get(0))?
                .collect()
        })?;
        let mut after = Vec::new();
        loop {
            let places = self.read("read where bodies are", |db| {
                let sql =
                    "SELECT request, place FROM record_places WHERE request > ? ORDER BY request LIMIT ?";
                db.prepare_cached(sql)?
                    .query_map(params![after, MOVED], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<rusqlite::Result<Vec<([u8; 16], Vec<u8>)>>>()
            })?;
            let Some((last, _)) = places.last() else { return self.forget_local_segments() };
            after = last.to_vec();
            let take = |db: &Connection| {
                for (id, stored) in &places {
                    let request = RequestId(u128::from_be_bytes(*id));
                    let place = Place::read(stored);
                    if place.is_some_and(|place| far.contains(&place.segment.number)) {
                        continue;
                    }
                    let found = place.and_then(|place| Some((place, files.segments.read(request, place)?)));
                    if let Some((place, sealed)) = found {
                        db.prepare_cached("INSERT OR REPLACE INTO record_bodies (request, expires, sealed) VALUES (?, ?, ?)")?
                            .execute(params![id, place.segment.expires(), sealed])?;
                    }
                    db.prepare_cached("DELETE FROM record_places WHERE request = ?")?.execute([id])?;
                }
                Ok::<_, rusqlite::Error>(Some(()))
            };
            self.write(take).map_err(StoreError::query("take bodies in"))?;
        }
    }
}

impl SqliteStore {
    /// All that was in files is in the database.
    fn forget_local_segments(&self) -> Result<(), StoreError> {
        let forget = |db: &Connection| {
            db.execute("DELETE FROM body_segments WHERE state = 0", [])?;
            db.execute(
                "DELETE FROM body_erasures WHERE segment NOT IN (SELECT number FROM body_segments)",
                [],
            )
            .map(Some)
        };
        self.write(forget).map(drop).map_err(StoreError::query("take bodies in"))
    }
}

/// What is to be true of files when the database says that bodies are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// The system has them: a power cut may take the last ones.
    Handed,
    /// The disk has them.
    Durable,
}

/// Writes bodies to files, and then where they are.
pub(super) fn write(
    store: &SqliteStore,
    files: &BodyFiles,
    bodies: &[SealedBodies],
    written: Written,
) -> Result<(), StoreError> {
    let known = store.read("read which files of bodies there are", |db| {
        db.prepare_cached("SELECT MAX(number) FROM body_segments")?
            .query_row([], |row| row.get::<_, Option<u32>>(0))
    })?;
    files.check_room(bodies)?;
    let appended = files.segments.append(bodies, known.unwrap_or(0))?;
    if written == Written::Durable {
        files.segments.sync(&appended).inspect_err(|_| files.segments.undo(&appended))?;
    }
    let note = |db: &Connection| note(db, bodies, &appended).map(Some);
    match store.write(note) {
        Ok(_) => Ok(()),
        Err(error) => {
            files.segments.undo(&appended);
            Err(StoreError::query("store where bodies of calls are")(error))
        }
    }
}

fn note(db: &Connection, bodies: &[SealedBodies], appended: &Appended) -> rusqlite::Result<()> {
    let places = bodies.iter().zip(&appended.places);
    let mut rows: Vec<(u128, Place)> = places.map(|(one, place)| (one.request.0, *place)).collect();
    rows.sort_by_key(|(id, _)| *id);
    PLACE.all(db, &rows, |(id, place), statement, before| {
        statement.raw_bind_parameter(before + 1, id_bytes(*id).as_slice())?;
        statement.raw_bind_parameter(before + 2, place.bytes().as_slice())
    })?;
    let mut touched: Vec<(SegmentName, u128, u128)> = Vec::new();
    for (id, place) in rows {
        match touched.iter_mut().find(|(name, ..)| *name == place.segment) {
            Some((_, first, last)) => (*first, *last) = ((*first).min(id), (*last).max(id)),
            None => touched.push((place.segment, id, id)),
        }
    }
    for (name, first, last) in touched {
        db.prepare_cached(
            "INSERT INTO body_segments (number, hour, first, last) VALUES (?, ?, ?, ?) ON CONFLICT (number) \
             DO UPDATE SET first = MIN(first, excluded.first), last = MAX(last, excluded.last)",
        )?
        .execute(params![name.number, name.hour, id_bytes(first), id_bytes(last)])?;
    }
    Ok(())
}

/// Forgets bodies in files whose time is over, at most so many, and removes the files of which nothing is left.
pub(super) fn remove_expired(store: &SqliteStore, now: Micros, most: usize) -> Result<usize, StoreError> {
    let Some(files) = store.files() else { return Ok(0) };
    let mut removed = 0;
    while removed < most {
        let Some(old) = store.read("look for old bodies", |db| oldest(db, now))? else {
            files.segments.sweep(now);
            break;
        };
        let room = i64::try_from(most - removed).unwrap_or(i64::MAX);
        let ids: Vec<[u8; 16]> = store.read("look for old bodies", |db| {
            db.prepare_cached(
                "SELECT request FROM record_places WHERE request >= ? AND request <= ? AND substr(place, 1, 9) = ? \
                 ORDER BY request LIMIT ?",
            )?
            .query_map(params![old.first, old.last, old.name.prefix(), room], |row| row.get(0))?
            .collect()
        })?;
        let is_all = ids.len() < most - removed;
        let has_far = files.has_far();
        let forget = |db: &Connection| forget(db, &old, &ids, (is_all, has_far)).map(Some);
        store.write(forget).map_err(StoreError::query("remove old bodies of calls"))?;
        if is_all {
            files.segments.remove(old.name);
        }
        removed += ids.len();
    }
    Ok(removed)
}

fn oldest(db: &Connection, now: Micros) -> rusqlite::Result<Option<Known>> {
    db.prepare_cached(
        "SELECT number, hour, first, last FROM body_segments WHERE hour <= ? AND state < 2 ORDER BY hour LIMIT 1",
    )?
    .query_row([SegmentName::hour_at(now)], |row| {
        let name = SegmentName { number: row.get(0)?, hour: row.get(1)? };
        Ok(Known { name, first: row.get(2)?, last: row.get(3)? })
    })
    .optional()
}

fn forget(
    db: &Connection,
    old: &Known,
    ids: &[[u8; 16]],
    (is_all, has_far): (bool, bool),
) -> rusqlite::Result<()> {
    for id in ids {
        db.prepare_cached("DELETE FROM record_places WHERE request = ?")?.execute([id])?;
    }
    if is_all {
        // What stands in object storage is removed there first; where nobody can do that, it is forgotten.
        let (number, last) = (old.name.number, if has_far { HERE } else { OVER });
        db.prepare_cached("DELETE FROM body_segments WHERE number = ? AND state <= ?")?
            .execute(params![number, last])?;
        db.prepare_cached("UPDATE body_segments SET state = ? WHERE number = ?")?
            .execute(params![OVER, number])?;
        db.prepare_cached("DELETE FROM body_erasures WHERE segment = ?")?.execute([number])?;
    } else if let Some(last) = ids.last() {
        // The next look begins behind.
        db.prepare_cached("UPDATE body_segments SET first = ? WHERE number = ?")?
            .execute(params![last, old.name.number])?;
    }
    Ok(())
}

/// Overwrites bodies of calls that are to be removed, while the database still knows where they are.
pub(super) fn erase(store: &SqliteStore, ids: &[[u8; 16]]) -> Result<(), StoreError> {
    let Some(files) = store.files().filter(|_| !ids.is_empty()) else { return Ok(()) };
    let places = store.read("read where bodies are", |db| {
        let mut places = Vec::new();
        let mut query = db.prepare_cached("SELECT place FROM record_places WHERE request = ?")?;
        for id in ids {
            places.extend(query.query_row([id], |row| row.get::<_, Vec<u8>>(0)).optional()?);
        }
        Ok(places)
    })?;
    let places: Vec<Place> = places.iter().filter_map(|stored| Place::read(stored)).collect();
    files.segments.erase(&places);
    note_erasures(store, files, &places)
}

/// The same of all calls up to one.
pub(super) fn erase_up_to(store: &SqliteStore, last: [u8; 16]) -> Result<(), StoreError> {
    let Some(files) = store.files() else { return Ok(()) };
    let places: Vec<Vec<u8>> = store.read("read where bodies are", |db| {
        db.prepare_cached("SELECT place FROM record_places WHERE request <= ?")?
            .query_map([last], |row| row.get(0))?
            .collect()
    })?;
    let places: Vec<Place> = places.iter().filter_map(|stored| Place::read(stored)).collect();
    files.segments.erase(&places);
    note_erasures(store, files, &places)
}
