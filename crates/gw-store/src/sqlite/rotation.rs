//! What is sealed in the tables and in files beside them, to be sealed again.

use super::db::SqliteStore;
use super::places::{self, Written};
use crate::bodies::segments::Place;
use crate::error::StoreError;
use crate::rotation::{Cell, Dialect, EachBody, Resealed, SealedRow, SealedStore, SealedTable};
use crate::traits::Ledger;
use crate::types::SealedBodies;
use gw_model::RequestId;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

/// Bodies in files that are looked at at once.
const BODIES: i64 = 50;

impl SealedStore for SqliteStore {
    fn sealed_rows(
        &self,
        table: &SealedTable,
        behind: Option<&SealedRow>,
    ) -> Result<Vec<SealedRow>, StoreError> {
        let sql = table.select(Dialect::Sqlite, behind.is_some());
        let values = behind.map(|row| table.key_of(row)).unwrap_or_default().iter().map(value);
        let width = table.kinds().count();
        self.read("read what is sealed", |db| {
            let mut query = db.prepare_cached(&sql)?;
            query.query_map(params_from_iter(values), |row| decode(row, width))?.collect()
        })
    }

    fn reseal_rows(&self, table: &SealedTable, rows: &[Resealed]) -> Result<(), StoreError> {
        let sql = table.update(Dialect::Sqlite);
        let write = |db: &Connection| {
            let mut update = db.prepare_cached(&sql)?;
            for Resealed { row, sealed } in rows {
                let sealed = [Value::Blob(sealed.clone()), Value::Blob(row.sealed.clone())];
                let values = sealed.into_iter().chain(table.key_of(row).iter().map(value));
                update.execute(params_from_iter(values))?;
            }
            Ok::<_, rusqlite::Error>(Some(()))
        };
        self.write(write).map(drop).map_err(StoreError::query("replace what is sealed"))
    }

    fn each_body(&self, each: &mut EachBody<'_>) -> Result<(), StoreError> {
        let Some(files) = self.files() else { return Ok(()) };
        let (mut last, mut left): (Option<[u8; 16]>, Vec<Place>) = (None, Vec::new());
        loop {
            let rows = self.read("read where bodies are", |db| places_behind(db, last))?;
            let Some((end, _)) = rows.last() else { break };
            last = Some(*end);
            let mut again = Vec::new();
            for (id, stored) in &rows {
                let request = RequestId(u128::from_be_bytes(*id));
                let Some(place) = Place::read(stored) else { continue };
                // What is gone or damaged reads as no bodies, now as before.
                let Some(sealed) = files.segments.read(request, place) else { continue };
                if let Some(sealed) = each(request, &sealed)? {
                    again.push(SealedBodies { request, expires: place.segment.expires(), sealed });
                    left.push(place);
                }
            }
            if !again.is_empty() {
                places::write(self, files, &again, Written::Durable)?;
            }
        }
        if !left.is_empty() {
            // Else a power cut could bring back where they were, and what was there is overwritten.
            Ledger::sync(self)?;
            files.segments.erase(&left);
        }
        Ok(())
    }
}

fn places_behind(db: &Connection, last: Option<[u8; 16]>) -> rusqlite::Result<Vec<([u8; 16], Vec<u8>)>> {
    // No id is below zero, and the first one may be zero.
    let sql = match last {
        Some(_) => "SELECT request, place FROM record_places WHERE request > ?1 ORDER BY request LIMIT ?2",
        None => "SELECT request, place FROM record_places WHERE request >= ?1 ORDER BY request LIMIT ?2",
    };
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map((last.unwrap_or_default(), BODIES), |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Bytes(bytes) => Value::Blob(bytes.clone()),
        Cell::Text(text) => Value::Text(text.clone()),
        Cell::Number(number) => Value::Integer(*number),
    }
}

/// A value of another type than it was written with makes a row that no key opens.
fn decode(row: &Row<'_>, width: usize) -> rusqlite::Result<SealedRow> {
    let cell = |at| {
        Ok(match row.get_ref(at)? {
            ValueRef::Integer(number) => Cell::Number(number),
            ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
            ValueRef::Null | ValueRef::Real(_) => Cell::Bytes(Vec::new()),
        })
    };
    let cells = (0..width).map(cell).collect::<rusqlite::Result<_>>()?;
    let sealed = match row.get_ref(width)? {
        ValueRef::Blob(bytes) => bytes.to_vec(),
        _ => Vec::new(),
    };
    Ok(SealedRow { cells, sealed })
}
