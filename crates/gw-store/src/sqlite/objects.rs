//! Objects and their sealed contents as rows.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::journal::OwnedFrame;
use crate::objects::{Object, ObjectKind, ObjectList, ObjectWrite};
use crate::rows::id_bytes;
use crate::traits::ObjectStore;
use gw_model::{KeyId, Micros};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

const COLUMNS: &str = "kind, id, provider, owner, model, detail, created, expires, credential";
const PUT: &str = "INSERT OR REPLACE INTO objects (kind, id, provider, owner, model, detail, created, expires, \
     credential) VALUES (?,?,?,?,?,?,?,?,?)";

impl ObjectStore for SqliteStore {
    fn write_objects(&self, writes: &[ObjectWrite<'_>]) -> Result<(), StoreError> {
        let forced = writes.iter().any(ObjectWrite::is_forced);
        let db = self.writer();
        let failed = || StoreError::query("store an object");
        // The setting can not be changed within a transaction.
        if forced {
            db.pragma_update(None, "synchronous", "FULL").map_err(failed())?;
        }
        let result = write_all(&db, writes).map_err(failed());
        if forced {
            db.pragma_update(None, "synchronous", "NORMAL").map_err(failed())?;
        }
        result
    }

    fn object(&self, kind: ObjectKind, id: &str) -> Result<Option<Object>, StoreError> {
        self.read("read an object", |db| {
            let sql = format!("SELECT {COLUMNS} FROM objects WHERE kind = ? AND id = ?");
            let mut query = db.prepare_cached(&sql)?;
            query.query_row(params![kind.code(), id], decode).optional()
        })
        .map(Option::flatten)
    }

    fn objects_named(&self, ids: &[String]) -> Result<Vec<Object>, StoreError> {
        // The kinds are named, so that the primary key answers.
        let kinds: Vec<String> = ObjectKind::ALL.iter().map(|kind| kind.code().to_string()).collect();
        let sql = format!("SELECT {COLUMNS} FROM objects WHERE kind IN ({}) AND id = ?", kinds.join(","));
        self.read("look up objects", |db| {
            let mut query = db.prepare_cached(&sql)?;
            let mut found = Vec::new();
            for id in ids {
                for object in query.query_map(params![id], decode)? {
                    found.extend(object?);
                }
            }
            Ok(found)
        })
    }

    fn object_state(&self, kind: ObjectKind, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read("read an object's content", |db| {
            let mut query = db.prepare_cached("SELECT state FROM object_states WHERE kind = ? AND id = ?")?;
            query.query_row(params![kind.code(), id], |row| row.get(0)).optional()
        })
    }

    fn objects(&self, list: &ObjectList) -> Result<Vec<Object>, StoreError> {
        let (order, behind) = if list.oldest_first { ("ASC", ">") } else { ("DESC", "<") };
        // The term on responses is what lets the index be used.
        let sql = format!(
            "SELECT {COLUMNS} FROM objects WHERE kind = ?1 AND kind NOT IN (3, 6) AND (?2 IS NULL OR owner = ?2) \
             AND (expires IS NULL OR expires > ?3) AND (?4 IS NULL OR (created, id) {behind} \
             (SELECT created, id FROM objects WHERE kind = ?1 AND id = ?4)) \
             ORDER BY created {order}, id {order} LIMIT ?5"
        );
        let limit = i64::try_from(list.limit).unwrap_or(i64::MAX);
        let owner = list.owner.map(|owner| id_bytes(owner.0));
        let found: Vec<Option<Object>> = self.read("list objects", |db| {
            let mut query = db.prepare_cached(&sql)?;
            let values = params![list.kind.code(), owner, list.now, list.after, limit];
            query.query_map(values, decode)?.collect()
        })?;
        Ok(found.into_iter().flatten().collect())
    }

    fn remove_expired(&self, now: Micros, limit: usize) -> Result<usize, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let due: Vec<(u8, String)> = self.read("look for expired objects", |db| {
            let mut query = db
                .prepare_cached("SELECT kind, id FROM objects WHERE expires <= ? ORDER BY expires LIMIT ?")?;
            query.query_map(params![now, limit], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })?;
        if due.is_empty() {
            return Ok(0);
        }
        let db = self.writer();
        let remove_all = || {
            let tx = Transaction::new_unchecked(&db, TransactionBehavior::Immediate)?;
            for (kind, id) in &due {
                remove(&tx, *kind, id)?;
            }
            tx.commit()
        };
        remove_all().map_err(StoreError::query("remove expired objects"))?;
        Ok(due.len())
    }
}

impl ObjectWrite<'_> {
    fn is_forced(&self) -> bool {
        match self {
            Self::Put { object, .. } => object.kind.is_forced(),
            Self::Remove { kind, .. } => kind.is_forced(),
        }
    }
}

fn write_all(db: &Connection, writes: &[ObjectWrite<'_>]) -> rusqlite::Result<()> {
    let tx = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    for write in writes {
        match write {
            ObjectWrite::Put { object, state } => {
                put(&tx, object)?;
                if let Some(state) = state {
                    let sql = "INSERT OR REPLACE INTO object_states (kind, id, state) VALUES (?,?,?)";
                    tx.prepare_cached(sql)?.execute(params![object.kind.code(), object.id, state])?;
                }
            }
            ObjectWrite::Remove { kind, id } => remove(&tx, kind.code(), id)?,
        }
    }
    tx.commit()
}

fn put(db: &Connection, object: &Object) -> rusqlite::Result<()> {
    let values = params![
        object.kind.code(),
        object.id,
        object.provider,
        id_bytes(object.owner.0),
        object.model,
        object.detail,
        object.created,
        object.expires,
        object.credential
    ];
    db.prepare_cached(PUT)?.execute(values).map(drop)
}

/// Writes what a journal says.
pub(super) fn put_owned(db: &Connection, owned: &OwnedFrame<'_>) -> rusqlite::Result<()> {
    let values = params![
        owned.kind,
        owned.id,
        owned.provider,
        id_bytes(owned.owner.0),
        owned.model,
        owned.detail,
        owned.created,
        owned.expires,
        owned.credential
    ];
    db.prepare_cached(PUT)?.execute(values).map(drop)
}

fn remove(db: &Connection, kind: u8, id: &str) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM objects WHERE kind = ? AND id = ?")?.execute(params![kind, id])?;
    db.prepare_cached("DELETE FROM object_states WHERE kind = ? AND id = ?")?
        .execute(params![kind, id])
        .map(drop)
}

/// `None` for a kind of a later version.
fn decode(row: &Row<'_>) -> rusqlite::Result<Option<Object>> {
    let Some(kind) = ObjectKind::from_code(row.get(0)?) else { return Ok(None) };
    Ok(Some(Object {
        kind,
        id: row.get(1)?,
        provider: row.get(2)?,
        owner: KeyId(u128::from_be_bytes(row.get(3)?)),
        model: row.get(4)?,
        detail: row.get(5)?,
        created: row.get(6)?,
        expires: row.get(7)?,
        credential: row.get(8)?,
    }))
}
