//! Segments of bodies on their way to object storage, and there. Serves the thread that sends them. What stands where, and what
//! is written, [`super::places`] knows.

use super::db::SqliteStore;
use super::places::{HERE, OVER, SENT};
use crate::bodies::filing::BodyFiles;
use crate::bodies::segments::{Place, SegmentName};
use crate::error::StoreError;
use crate::traits::SegmentStore;
use crate::types::{FarSegment, LocalSegment, Rewrite};
use gw_model::Micros;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

impl SegmentStore for SqliteStore {
    fn segments_to_send(&self, now: Micros, age: Micros) -> Result<Vec<LocalSegment>, StoreError> {
        let Some(files) = self.files().filter(|files| files.sends()) else { return Ok(Vec::new()) };
        let settled = files.segments.settled(now, age)?;
        let known: Vec<(SegmentName, u8)> = self.read("look for segments to be sent", |db| {
            db.prepare_cached("SELECT number, hour, state FROM body_segments ORDER BY number")?
                .query_map([], |row| {
                    Ok((SegmentName { number: row.get(0)?, hour: row.get(1)? }, row.get(2)?))
                })?
                .collect()
        })?;
        // Files of another database may lie there under the same numbers.
        let mut own = Vec::new();
        for name in settled {
            let at = known.binary_search_by_key(&name.number, |(known, _)| known.number);
            match at.ok().and_then(|at| known.get(at)).filter(|(known, _)| *known == name) {
                Some((_, HERE)) => own.push(name),
                // It stands there: the process was ended before the file was removed.
                Some(_) => files.segments.remove(name),
                None => {}
            }
        }
        files.ready(own, erasures_here(self)?, |name, places| forget_erasures(self, name, places))
    }

    fn segment_sent(&self, segment: FarSegment) -> Result<bool, StoreError> {
        let SegmentName { number, hour } = segment.0;
        let done = self.write(|db| {
            db.prepare_cached(
                "UPDATE body_segments SET state = ? WHERE number = ? AND state = ? AND hour = ?",
            )?
            .execute(params![SENT, number, HERE, hour])
            .map(Some)
        });
        let changed = done.map_err(StoreError::query("note that a segment is sent"))?;
        if let Some(files) = self.files() {
            files.segments.remove(segment.0);
        }
        Ok(changed.unwrap_or_default() > 0)
    }

    fn segments_to_remove(&self, most: usize) -> Result<Vec<FarSegment>, StoreError> {
        let sql = "SELECT number, hour FROM body_segments WHERE state = ?1 ORDER BY number LIMIT ?2";
        listed(self, sql, OVER, most)
    }

    fn segment_removed(&self, segment: FarSegment) -> Result<(), StoreError> {
        let number = segment.0.number;
        let forget = |db: &Connection| {
            db.prepare_cached("DELETE FROM body_segments WHERE number = ? AND state = ?")?
                .execute(params![number, OVER])?;
            db.prepare_cached("DELETE FROM body_erasures WHERE segment = ?")?.execute([number]).map(Some)
        };
        self.write(forget).map(drop).map_err(StoreError::query("forget a segment"))
    }

    fn segments_to_rewrite(&self, most: usize) -> Result<Vec<FarSegment>, StoreError> {
        let sql = "SELECT number, hour FROM body_segments WHERE state = ?1 AND number IN \
                   (SELECT segment FROM body_erasures) ORDER BY number LIMIT ?2";
        listed(self, sql, SENT, most)
    }

    fn begin_rewrite(
        &self,
        segment: FarSegment,
        _now: Micros,
        until: Micros,
    ) -> Result<Option<Rewrite>, StoreError> {
        let name = segment.0;
        let end = |db: &Connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM record_places WHERE substr(place, 1, 9) = ?1 AND request BETWEEN \
                       (SELECT first FROM body_segments WHERE number = ?2) AND (SELECT last FROM body_segments WHERE number = ?2))";
            let is_used = db
                .prepare_cached(sql)?
                .query_row(params![name.prefix(), name.number], |row| row.get::<_, bool>(0))?;
            if !is_used {
                db.prepare_cached("UPDATE body_segments SET state = ? WHERE number = ? AND state = ?")?
                    .execute(params![OVER, name.number, SENT])?;
            }
            Ok::<_, rusqlite::Error>(Some(is_used))
        };
        let is_used = self.write(end).map_err(StoreError::query("look what is left of a segment"))?;
        if is_used != Some(true) {
            return Ok(None);
        }
        let rewrite = Rewrite { segment, until, places: erasures(self, name)? };
        Ok(Some(rewrite).filter(|one| !one.places.is_empty()))
    }

    fn end_rewrite(&self, rewrite: &Rewrite) -> Result<bool, StoreError> {
        let SegmentName { number, hour } = rewrite.segment.0;
        // There is no other node whose it could be.
        forget_erasures(self, rewrite.segment.0, &rewrite.places)?;
        self.read("look whether a segment is still wanted", |db| {
            let sql =
                "SELECT EXISTS (SELECT 1 FROM body_segments WHERE number = ? AND hour = ? AND state = ?)";
            db.prepare_cached(sql)?.query_row(params![number, hour, SENT], |row| row.get(0))
        })
    }

    fn segments_missing(&self) -> Result<Vec<FarSegment>, StoreError> {
        let Some(files) = self.files() else { return Ok(Vec::new()) };
        let known = self.read("look for segments that are missing", |db| {
            db.prepare_cached("SELECT number, hour FROM body_segments WHERE state = ?")?
                .query_map([HERE], |row| Ok(SegmentName { number: row.get(0)?, hour: row.get(1)? }))?
                .collect()
        })?;
        files.missing(known)
    }

    fn segment_bytes_here(&self) -> u64 {
        self.files().map_or(0, |files| files.segments.held())
    }
}

fn listed(store: &SqliteStore, sql: &str, state: u8, most: usize) -> Result<Vec<FarSegment>, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    store.read("look for segments", |db| {
        db.prepare_cached(sql)?
            .query_map(params![state, most], |row| {
                Ok(FarSegment(SegmentName { number: row.get(0)?, hour: row.get(1)? }))
            })?
            .collect()
    })
}

/// What of a segment is to go early.
fn erasures(store: &SqliteStore, name: SegmentName) -> Result<Vec<Place>, StoreError> {
    let stored: Vec<Vec<u8>> = store.read("look what is to go early", |db| {
        db.prepare_cached("SELECT place FROM body_erasures WHERE segment = ? ORDER BY place")?
            .query_map([name.number], |row| row.get(0))?
            .collect()
    })?;
    Ok(stored.iter().filter_map(|stored| Place::read(stored)).collect())
}

/// The same of all segments that are here, by their numbers.
fn erasures_here(store: &SqliteStore) -> Result<HashMap<u32, Vec<Place>>, StoreError> {
    let stored: Vec<Vec<u8>> = store.read("look what is to go early", |db| {
        db.prepare_cached(
            "SELECT place FROM body_erasures WHERE segment IN (SELECT number FROM body_segments WHERE state = ?)",
        )?
        .query_map([HERE], |row| row.get(0))?
        .collect()
    })?;
    let mut all: HashMap<u32, Vec<Place>> = HashMap::new();
    for place in stored.iter().filter_map(|stored| Place::read(stored)) {
        all.entry(place.segment.number).or_default().push(place);
    }
    Ok(all)
}

fn forget_erasures(store: &SqliteStore, name: SegmentName, places: &[Place]) -> Result<(), StoreError> {
    if places.is_empty() {
        return Ok(());
    }
    let forget = |db: &Connection| {
        let mut delete = db.prepare_cached("DELETE FROM body_erasures WHERE segment = ? AND place = ?")?;
        for place in places {
            delete.execute(params![name.number, place.bytes()])?;
        }
        Ok::<_, rusqlite::Error>(Some(()))
    };
    store.write(forget).map(drop).map_err(StoreError::query("note what has gone early"))
}

/// Notes places that are to be overwritten where their segment is, or is sent to, object storage.
pub(super) fn note_erasures(
    store: &SqliteStore,
    files: &BodyFiles,
    places: &[Place],
) -> Result<(), StoreError> {
    if places.is_empty() {
        return Ok(());
    }
    let note = |db: &Connection| {
        let mut state = db.prepare_cached("SELECT state FROM body_segments WHERE number = ?")?;
        let mut insert =
            db.prepare_cached("INSERT OR IGNORE INTO body_erasures (segment, place) VALUES (?, ?)")?;
        for place in places {
            let number = place.segment.number;
            let state: Option<u8> = state.query_row([number], |row| row.get(0)).optional()?;
            // What stays here is overwritten already.
            if state == Some(SENT) || (state == Some(HERE) && files.sends()) {
                insert.execute(params![number, place.bytes()])?;
            }
        }
        Ok::<_, rusqlite::Error>(Some(()))
    };
    store.write(note).map(drop).map_err(StoreError::query("note what is to go early"))
}
