//! Segments of bodies on their way to object storage, and there. Serves the thread of each node that sends its own; what is
//! there, any node looks after.

use super::bytes::limit;
use super::db::{ANSWER_LIMIT, PostgresStore};
use super::fault::Fault;
use super::places::{GONE, HERE, LEFT, OVER, SENT, forget_erasures, name_of};
use crate::bodies::segments::{Place, SegmentName};
use crate::error::StoreError;
use crate::traits::SegmentStore;
use crate::types::{FarSegment, LocalSegment, Rewrite};
use gw_model::Micros;
use std::collections::HashMap;
use tokio_postgres::Row;

const KNOWN: &str = "SELECT number, hour, state, node FROM body_segments WHERE number = ANY($1)";
const MOVE: &str = "UPDATE body_segments SET state = $3 WHERE number = $1 AND state = $2";
const MOVE_NAMED: &str = "UPDATE body_segments SET state = $3 WHERE number = $1 AND state = $2 AND hour = $4";
const ENDED: &str = "SELECT number, hour FROM body_segments WHERE state = $1 ORDER BY number LIMIT $2";
const TO_REWRITE: &str = "SELECT number, hour FROM body_segments WHERE state = $1 AND number IN \
     (SELECT segment FROM body_erasures) ORDER BY number LIMIT $2";
const OF_NODE: &str = "SELECT number, hour FROM body_segments WHERE state = $1 AND node = $2";
const LET_GO: &str =
    "UPDATE body_segments SET held_until = 0 WHERE number = $1 AND state = $2 AND held_until = $3";
const IS_THERE: &str = "SELECT 1 FROM body_segments WHERE number = $1 AND state = $2 AND hour = $3";
const HOLD: &str =
    "UPDATE body_segments SET held_until = $3 WHERE number = $1 AND state = $2 AND held_until < $4";

impl SegmentStore for PostgresStore {
    fn segments_to_send(&self, now: Micros, age: Micros) -> Result<Vec<LocalSegment>, StoreError> {
        let Some(files) = self.files().filter(|files| files.sends()) else { return Ok(Vec::new()) };
        let settled = files.segments.settled(now, age)?;
        let numbers: Vec<i64> = settled.iter().map(|name| name.number.into()).collect();
        let known = self.run("look for segments to be sent", ANSWER_LIMIT, async |db| {
            let rows = db.query(KNOWN, &[&numbers]).await?;
            let row = |row: &Row| Ok((name_of(row)?, row.try_get::<_, i16>(2)?, row.try_get::<_, i64>(3)?));
            rows.iter().map(row).collect::<Result<Vec<(SegmentName, i16, i64)>, Fault>>()
        })?;
        // Others may write to the same directory, and files of another database may lie there under the same numbers.
        let mut own = Vec::new();
        for name in settled {
            match known.iter().find(|(known, ..)| *known == name) {
                Some((_, HERE, node)) if *node == self.own_node() => own.push(name),
                // It stands there: somebody was ended before the file was removed.
                Some((_, SENT | OVER, _)) => files.segments.remove(name),
                _ => {}
            }
        }
        let places = erasures(self, &own)?;
        files.ready(own, places, |name, places| forget(self, name, places))
    }

    fn segment_sent(&self, segment: FarSegment) -> Result<bool, StoreError> {
        let (number, hour) = (i64::from(segment.0.number), i64::from(segment.0.hour));
        let changed = self.run("note that a segment is sent", ANSWER_LIMIT, async |db| {
            db.execute(MOVE_NAMED, &[&number, &HERE, &SENT, &hour]).await
        })?;
        if let Some(files) = self.files() {
            files.segments.remove(segment.0);
        }
        Ok(changed > 0)
    }

    fn segments_to_remove(&self, most: usize) -> Result<Vec<FarSegment>, StoreError> {
        listed(self, ENDED, OVER, most)
    }

    fn segment_removed(&self, segment: FarSegment) -> Result<(), StoreError> {
        let number = i64::from(segment.0.number);
        self.transaction("forget a segment", ANSWER_LIMIT, async |db| {
            db.execute("DELETE FROM body_segments WHERE number = $1 AND state = $2", &[&number, &OVER])
                .await?;
            db.execute("DELETE FROM body_erasures WHERE segment = $1", &[&number]).await.map(drop)
        })
    }

    fn segments_to_rewrite(&self, most: usize) -> Result<Vec<FarSegment>, StoreError> {
        listed(self, TO_REWRITE, SENT, most)
    }

    fn begin_rewrite(
        &self,
        segment: FarSegment,
        now: Micros,
        until: Micros,
    ) -> Result<Option<Rewrite>, StoreError> {
        let number = i64::from(segment.0.number);
        let is_ours = self.transaction("look what is left of a segment", ANSWER_LIMIT, async |db| {
            if db.execute(HOLD, &[&number, &SENT, &until, &now]).await? == 0 {
                return Ok(false);
            }
            let used = db.first(LEFT, &[&number]).await?;
            if used.is_none() {
                db.execute(MOVE, &[&number, &SENT, &OVER]).await?;
            }
            Ok(used.is_some())
        })?;
        if !is_ours {
            return Ok(None);
        }
        let places = erasures(self, &[segment.0])?.remove(&segment.0.number).unwrap_or_default();
        let rewrite = Rewrite { segment, until, places };
        if rewrite.places.is_empty() {
            // Another node did it meanwhile.
            self.end_rewrite(&rewrite)?;
            return Ok(None);
        }
        Ok(Some(rewrite))
    }

    fn end_rewrite(&self, rewrite: &Rewrite) -> Result<bool, StoreError> {
        let (number, hour) = (i64::from(rewrite.segment.0.number), i64::from(rewrite.segment.0.hour));
        let places: Vec<[u8; 17]> = rewrite.places.iter().map(|place| place.bytes()).collect();
        let places: Vec<&[u8]> = places.iter().map(<[u8; 17]>::as_slice).collect();
        self.transaction("let go of a segment", ANSWER_LIMIT, async |db| {
            let is_ours = db.execute(LET_GO, &[&number, &SENT, &rewrite.until]).await? > 0;
            if is_ours && !places.is_empty() {
                db.execute(GONE, &[&vec![number; places.len()], &places]).await?;
            }
            Ok(is_ours || db.first(IS_THERE, &[&number, &SENT, &hour]).await?.is_some())
        })
    }

    fn segments_missing(&self) -> Result<Vec<FarSegment>, StoreError> {
        let Some(files) = self.files() else { return Ok(Vec::new()) };
        let known = self.run("look for segments that are missing", ANSWER_LIMIT, async |db| {
            let rows = db.query(OF_NODE, &[&HERE, &self.own_node()]).await?;
            rows.iter().map(name_of).collect()
        })?;
        files.missing(known)
    }

    fn segment_bytes_here(&self) -> u64 {
        self.files().map_or(0, |files| files.segments.held())
    }
}

fn listed(
    store: &PostgresStore,
    sql: &'static str,
    state: i16,
    most: usize,
) -> Result<Vec<FarSegment>, StoreError> {
    store.run("look for segments", ANSWER_LIMIT, async |db| {
        let rows = db.query(sql, &[&state, &limit(most)]).await?;
        rows.iter().map(|row| name_of(row).map(FarSegment)).collect()
    })
}

/// What of segments is to go early, by their numbers.
fn erasures(store: &PostgresStore, names: &[SegmentName]) -> Result<HashMap<u32, Vec<Place>>, StoreError> {
    let mut all: HashMap<u32, Vec<Place>> = HashMap::new();
    if names.is_empty() {
        return Ok(all);
    }
    let numbers: Vec<i64> = names.iter().map(|name| name.number.into()).collect();
    let stored = store.run("look what is to go early", ANSWER_LIMIT, async |db| {
        let sql = "SELECT place FROM body_erasures WHERE segment = ANY($1) ORDER BY segment, place";
        let rows = db.query(sql, &[&numbers]).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<Vec<Vec<u8>>, Fault>>()
    })?;
    for place in stored.iter().filter_map(|stored| Place::read(stored)) {
        all.entry(place.segment.number).or_default().push(place);
    }
    Ok(all)
}

fn forget(store: &PostgresStore, name: SegmentName, places: &[Place]) -> Result<(), StoreError> {
    if places.is_empty() {
        return Ok(());
    }
    let stored: Vec<[u8; 17]> = places.iter().map(|place| place.bytes()).collect();
    let stored: Vec<&[u8]> = stored.iter().map(<[u8; 17]>::as_slice).collect();
    forget_erasures(store, &vec![i64::from(name.number); stored.len()], &stored)
}
