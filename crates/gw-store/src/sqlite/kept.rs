//! What is kept of calls besides their records, and how records go: bodies, feedback, retention.

use super::db::SqliteStore;
use super::places::{self, Written};
use crate::error::StoreError;
use crate::rows::id_bytes;
use crate::types::{Feedback, KeptPart, Rating, SealedBodies, Swept, Whose};
use gw_model::{Micros, RequestId};
use rusqlite::{Connection, Row, params, params_from_iter};

pub(super) fn write_bodies(store: &SqliteStore, bodies: &[SealedBodies]) -> Result<(), StoreError> {
    if let Some(files) = store.files().filter(|files| files.takes_new) {
        return places::write(store, files, bodies, Written::Handed);
    }
    let write = |db: &Connection| {
        let mut insert = db.prepare_cached(
            "INSERT INTO record_bodies (request, expires, sealed) VALUES (?, ?, ?) ON CONFLICT (request) \
             DO UPDATE SET expires = excluded.expires, sealed = excluded.sealed",
        )?;
        for one in bodies {
            insert.execute(params![id_bytes(one.request.0), one.expires, one.sealed])?;
        }
        Ok::<_, rusqlite::Error>(Some(()))
    };
    store.write(write).map(drop).map_err(StoreError::query("store bodies of calls"))
}

pub(super) fn remove_expired_bodies(
    store: &SqliteStore,
    now: Micros,
    most: usize,
) -> Result<usize, StoreError> {
    let rows = most;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let remove = |db: &Connection| {
        db.prepare_cached(
            "DELETE FROM record_bodies WHERE rowid IN (SELECT rowid FROM record_bodies WHERE expires <= ? \
             ORDER BY expires LIMIT ?)",
        )?
        .execute(params![now, most])
        .map(Some)
    };
    let removed = store.write(remove).map_err(StoreError::query("remove old bodies of calls"))?;
    let removed = removed.unwrap_or_default();
    Ok(removed + places::remove_expired(store, now, rows.saturating_sub(removed))?)
}

/// What is not summed up yet is needed to make sums again after a crash, and stays until it is.
pub(super) fn remove_records(store: &SqliteStore, before: Micros, most: usize) -> Result<usize, StoreError> {
    let bound = id_bytes(RequestId::lower_bound(before.max(0)).0);
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let last: Option<[u8; 16]> = store.read("look for old records", |db| {
        db.prepare_cached(
            "SELECT MAX(id) FROM (SELECT id FROM record_rows WHERE id < ?1 AND \
             batch <= (SELECT summed FROM summing) ORDER BY id LIMIT ?2)",
        )?
        .query_row(params![bound, most], |row| row.get(0))
    })?;
    let Some(last) = last else { return Ok(0) };
    places::erase_up_to(store, last)?;
    let remove = |db: &Connection| {
        db.prepare_cached("DELETE FROM record_bodies WHERE request <= ?")?.execute([last])?;
        db.prepare_cached("DELETE FROM record_places WHERE request <= ?")?.execute([last])?;
        db.prepare_cached("DELETE FROM feedback WHERE request <= ?")?.execute([last])?;
        db.prepare_cached("DELETE FROM ledger_rows WHERE request <= ?")?.execute([last])?;
        db.prepare_cached("DELETE FROM former_costs WHERE request <= ?")?.execute([last])?;
        db.prepare_cached("DELETE FROM record_blocks WHERE last <= ?")?.execute([last])?;
        let gone = db
            .prepare_cached(
                "DELETE FROM record_rows WHERE id <= ? AND batch <= (SELECT summed FROM summing)",
            )?
            .execute([last])?;
        Ok::<_, rusqlite::Error>(Some(gone))
    };
    store.write(remove).map(Option::unwrap_or_default).map_err(StoreError::query("remove old records"))
}

/// Looks through what is old on a connection that reads, and takes away by ids what is to go: whoever writes waits for no search.
pub(super) fn sweep(
    store: &SqliteStore,
    (kept, whose): (KeptPart, &Whose),
    (after, before): (RequestId, Micros),
    most: usize,
) -> Result<Swept, StoreError> {
    let bound = id_bytes(RequestId::lower_bound(before.max(0)).0);
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    // What is not summed up yet stays until it is, as above.
    let sql = match kept {
        KeptPart::Records => {
            "SELECT id, accounts, batch <= (SELECT summed FROM summing) FROM records WHERE id > ? AND id < ? \
             ORDER BY id LIMIT ?"
        }
        KeptPart::Bodies => {
            "WITH old AS (\
             SELECT request FROM (SELECT request FROM record_bodies WHERE request > ?1 AND request < ?2 ORDER BY request LIMIT ?3) \
             UNION SELECT request FROM (SELECT request FROM record_places WHERE request > ?1 AND request < ?2 ORDER BY request LIMIT ?3) \
             ORDER BY request LIMIT ?3) \
             SELECT request, (SELECT accounts FROM records WHERE id = request), 1 FROM old ORDER BY request"
        }
    };
    let mut swept = Swept { looked: 0, removed: 0, up_to: after };
    let mut gone: Vec<[u8; 16]> = Vec::new();
    store.read("look for what is old", |db| {
        let mut query = db.prepare_cached(sql)?;
        let mut rows = query.query(params![id_bytes(after.0), bound, limit])?;
        while let Some(row) = rows.next()? {
            if !row.get::<_, bool>(2)? {
                break;
            }
            let id: [u8; 16] = row.get(0)?;
            (swept.looked, swept.up_to) = (swept.looked + 1, RequestId(u128::from_be_bytes(id)));
            if whose.has(row.get_ref(1)?.as_blob_or_null()?.unwrap_or_default()) {
                gone.push(id);
            }
        }
        Ok(())
    })?;
    if !gone.is_empty() {
        places::erase(store, &gone)?;
        let remove = |db: &Connection| remove_each(db, kept, &gone).map(Some);
        let removed = store.write(remove).map_err(StoreError::query("remove what is old"))?;
        swept.removed = removed.unwrap_or_default();
    }
    Ok(swept)
}

fn remove_each(db: &Connection, kept: KeptPart, ids: &[[u8; 16]]) -> rusqlite::Result<usize> {
    let tables: &[&str] = match kept {
        KeptPart::Bodies => {
            &["DELETE FROM record_bodies WHERE request = ?", "DELETE FROM record_places WHERE request = ?"]
        }
        KeptPart::Records => &[
            "DELETE FROM record_bodies WHERE request = ?",
            "DELETE FROM record_places WHERE request = ?",
            "DELETE FROM feedback WHERE request = ?",
            "DELETE FROM ledger_rows WHERE request = ?",
            "DELETE FROM former_costs WHERE request = ?",
            "DELETE FROM record_rows WHERE id = ?",
        ],
    };
    let mut removed = 0;
    for id in ids {
        for (at, sql) in tables.iter().enumerate() {
            let gone = db.prepare_cached(sql)?.execute([id])?;
            // Records count by themselves, bodies wherever they stand.
            let counts = kept == KeptPart::Bodies || at + 1 == tables.len();
            removed += if counts { gone } else { 0 };
        }
        if kept == KeptPart::Records {
            super::blocks::touch(db, u128::from_be_bytes(*id))?;
        }
    }
    Ok(removed)
}

pub(super) fn add_feedback(
    store: &SqliteStore,
    feedback: &Feedback,
    most: usize,
) -> Result<bool, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let add = |db: &Connection| {
        let added = db
            .prepare_cached(
                "INSERT INTO feedback (id, request, time, author, score, label, comment) \
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 \
                 WHERE (SELECT COUNT(*) FROM feedback WHERE request = ?2 AND id <> ?1) < ?8 \
                 ON CONFLICT (id) DO UPDATE SET time = excluded.time, score = excluded.score, \
                 label = excluded.label, comment = excluded.comment",
            )?
            .execute(params![
                id_bytes(feedback.id),
                id_bytes(feedback.request.0),
                feedback.time,
                feedback.author,
                feedback.score,
                feedback.label,
                feedback.comment,
                most
            ])?;
        Ok::<_, rusqlite::Error>(Some(added > 0))
    };
    store.write(add).map(Option::unwrap_or_default).map_err(StoreError::query("store feedback"))
}

pub(super) fn feedback(store: &SqliteStore, request: RequestId) -> Result<Vec<Feedback>, StoreError> {
    let read = |row: &Row<'_>| {
        Ok(Feedback {
            id: u128::from_be_bytes(row.get(0)?),
            request,
            time: row.get(1)?,
            author: row.get(2)?,
            score: row.get(3)?,
            label: row.get(4)?,
            comment: row.get(5)?,
        })
    };
    store.read("read feedback", |db| {
        let mut query = db.prepare_cached(
            "SELECT id, time, author, score, label, comment FROM feedback WHERE request = ? ORDER BY time, id",
        )?;
        query.query_map([id_bytes(request.0)], read)?.collect()
    })
}

/// Calls that one statement asks for.
const IDS: usize = 500;

pub(super) fn ratings(store: &SqliteStore, requests: &[RequestId]) -> Result<Vec<Rating>, StoreError> {
    let read = |row: &Row<'_>| {
        let request = RequestId(u128::from_be_bytes(row.get(0)?));
        Ok(Rating { request, score: row.get(1)?, label: row.get(2)? })
    };
    store.read("read feedback", |db| {
        let mut found = Vec::new();
        for requests in requests.chunks(IDS) {
            let places = vec!["?"; requests.len()].join(",");
            let mut query = db.prepare_cached(&format!(
                "SELECT request, score, label FROM feedback WHERE request IN ({places}) \
                 AND (score IS NOT NULL OR label IS NOT NULL) ORDER BY request, id"
            ))?;
            let ids = requests.iter().map(|id| id_bytes(id.0));
            for rating in query.query_map(params_from_iter(ids), read)? {
                found.push(rating?);
            }
        }
        Ok(found)
    })
}
