//! Bodies of calls in files beside the database, which knows where those of each call stand. Rows of before, and of whoever
//! wants none of that, hold the bodies themselves: both are read.

use super::db::SqliteStore;
use crate::bodies::segments::{Appended, Place, SegmentName, Segments};
use crate::error::StoreError;
use crate::rows::id_bytes;
use crate::types::SealedBodies;
use gw_model::{Micros, RequestId};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::PathBuf;

/// Rows that are moved at once.
const MOVED: i64 = 500;

/// Files of bodies, and whether new ones go there.
#[derive(Debug)]
pub(super) struct BodyFiles {
    pub(super) segments: Segments,
    pub(super) takes_new: bool,
}

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
        let usual = crate::bodies::SEGMENT_BYTES;
        let segments = Segments::new(dir, segment_bytes.unwrap_or(usual));
        self.set_files(BodyFiles { segments, takes_new: segment_bytes.is_some() });
    }

    /// Moves what stands in files into the database, for whoever takes it elsewhere.
    pub(crate) fn take_bodies_in(&self) -> Result<(), StoreError> {
        let Some(files) = self.files() else { return Ok(()) };
        let failed = StoreError::query;
        loop {
            let places = self.read("read where bodies are", |db| {
                db.prepare_cached("SELECT request, place FROM record_places LIMIT ?")?
                    .query_map([MOVED], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<rusqlite::Result<Vec<([u8; 16], Vec<u8>)>>>()
            })?;
            if places.is_empty() {
                return Ok(());
            }
            let take = |db: &Connection| {
                for (id, stored) in &places {
                    let request = RequestId(u128::from_be_bytes(*id));
                    let place = Place::read(stored);
                    let found = place.and_then(|place| Some((place, files.segments.read(request, place)?)));
                    if let Some((place, sealed)) = found {
                        db.prepare_cached("INSERT OR REPLACE INTO record_bodies (request, expires, sealed) VALUES (?, ?, ?)")?
                            .execute(params![id, place.segment.expires(), sealed])?;
                    }
                    db.prepare_cached("DELETE FROM record_places WHERE request = ?")?.execute([id])?;
                }
                Ok::<_, rusqlite::Error>(Some(()))
            };
            self.write(take).map_err(failed("take bodies in"))?;
        }
    }
}

/// Writes bodies to files, and then where they are.
pub(super) fn write(
    store: &SqliteStore,
    files: &BodyFiles,
    bodies: &[SealedBodies],
) -> Result<(), StoreError> {
    let known = store.read("read which files of bodies there are", |db| {
        db.prepare_cached("SELECT MAX(number) FROM body_segments")?
            .query_row([], |row| row.get::<_, Option<u32>>(0))
    })?;
    let appended = files.segments.append(bodies, known.unwrap_or(0))?;
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
    let mut insert = db.prepare_cached(
        "INSERT INTO record_places (request, place) VALUES (?, ?) \
         ON CONFLICT (request) DO UPDATE SET place = excluded.place",
    )?;
    let mut touched: Vec<(SegmentName, u128, u128)> = Vec::new();
    for (one, place) in bodies.iter().zip(&appended.places) {
        let id = one.request.0;
        insert.execute(params![id_bytes(id), place.bytes()])?;
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
        let forget = |db: &Connection| forget(db, &old, &ids, is_all).map(Some);
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
        "SELECT number, hour, first, last FROM body_segments WHERE hour <= ? ORDER BY hour LIMIT 1",
    )?
    .query_row([SegmentName::hour_at(now)], |row| {
        let name = SegmentName { number: row.get(0)?, hour: row.get(1)? };
        Ok(Known { name, first: row.get(2)?, last: row.get(3)? })
    })
    .optional()
}

fn forget(db: &Connection, old: &Known, ids: &[[u8; 16]], is_all: bool) -> rusqlite::Result<()> {
    for id in ids {
        db.prepare_cached("DELETE FROM record_places WHERE request = ?")?.execute([id])?;
    }
    if is_all {
        db.prepare_cached("DELETE FROM body_segments WHERE number = ?")?.execute([old.name.number])?;
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
    files.segments.erase(&places.iter().filter_map(|stored| Place::read(stored)).collect::<Vec<_>>());
    Ok(())
}

/// The same of all calls up to one.
pub(super) fn erase_up_to(store: &SqliteStore, last: [u8; 16]) -> Result<(), StoreError> {
    let Some(files) = store.files() else { return Ok(()) };
    let places: Vec<Vec<u8>> = store.read("read where bodies are", |db| {
        db.prepare_cached("SELECT place FROM record_places WHERE request <= ?")?
            .query_map([last], |row| row.get(0))?
            .collect()
    })?;
    files.segments.erase(&places.iter().filter_map(|stored| Place::read(stored)).collect::<Vec<_>>());
    Ok(())
}

/// What is read of a call's bodies: the place where they stand becomes what stands there.
pub(super) fn sealed(
    files: Option<&BodyFiles>,
    request: RequestId,
    stored: Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let stored = stored?;
    match Place::read(&stored) {
        None => Some(stored),
        Some(place) => files?.segments.read(request, place),
    }
}
