//! Objects and their sealed contents as rows.

use super::bytes::{Id, clean, code, limit};
use super::db::{ANSWER_LIMIT, BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::{Db, Values};
use crate::error::StoreError;
use crate::objects::{Object, ObjectKind, ObjectList, ObjectWrite};
use crate::traits::ObjectStore;
use gw_model::{KeyId, Micros};
use tokio_postgres::Row;

const COLUMNS: &str = "kind, id, provider, owner, model, detail, created, expires, credential";
const PUT: &str = "INSERT INTO objects (kind, id, provider, owner, model, detail, created, expires, credential) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (kind, id) DO UPDATE SET \
     provider = excluded.provider, owner = excluded.owner, model = excluded.model, detail = excluded.detail, \
     created = excluded.created, expires = excluded.expires, credential = excluded.credential";
const PUT_STATE: &str = "INSERT INTO object_states (kind, id, state) VALUES ($1, $2, $3) \
     ON CONFLICT (kind, id) DO UPDATE SET state = excluded.state";
/// What two nodes remove at once is removed by one of them.
const DUE: &str = "DELETE FROM objects WHERE (kind, id) IN (SELECT kind, id FROM objects WHERE expires <= $1 \
     ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING kind, id";

impl ObjectStore for PostgresStore {
    fn write_objects(&self, writes: &[ObjectWrite<'_>]) -> Result<(), StoreError> {
        self.retried("store an object", ANSWER_LIMIT, async |db| {
            for write in writes {
                match write {
                    ObjectWrite::Put { object, state } => put(db, object, *state).await?,
                    ObjectWrite::Remove { kind, id } => remove(db, kind.code().into(), id).await?,
                }
            }
            Ok(())
        })
    }

    fn object(&self, kind: ObjectKind, id: &str) -> Result<Option<Object>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM objects WHERE kind = $1 AND id = $2");
        self.run("read an object", ANSWER_LIMIT, async |db| {
            let row = db.first(&sql, &[&i16::from(kind.code()), &clean(id)]).await?;
            Ok(row.as_ref().map(decode).transpose()?.flatten())
        })
    }

    fn objects_named(&self, ids: &[String]) -> Result<Vec<Object>, StoreError> {
        // The kinds are named, so that the primary key answers.
        let sql = format!("SELECT {COLUMNS} FROM objects WHERE kind = ANY($1) AND id = ANY($2)");
        let kinds: Vec<i16> = ObjectKind::ALL.iter().map(|kind| kind.code().into()).collect();
        let ids: Vec<_> = ids.iter().map(|id| clean(id)).collect();
        self.run("look up objects", ANSWER_LIMIT, async |db| {
            let rows = db.query(&sql, &[&kinds, &ids]).await?;
            rows.iter().filter_map(|row| decode(row).transpose()).collect()
        })
    }

    fn object_state(&self, kind: ObjectKind, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT state FROM object_states WHERE kind = $1 AND id = $2";
        self.run("read an object's content", ANSWER_LIMIT, async |db| {
            let row = db.first(sql, &[&i16::from(kind.code()), &clean(id)]).await?;
            row.map(|row| Ok(row.try_get(0)?)).transpose()
        })
    }

    fn objects(&self, list: &ObjectList) -> Result<Vec<Object>, StoreError> {
        let (order, behind) = if list.oldest_first { ("ASC", ">") } else { ("DESC", "<") };
        // The term on responses is what lets the index be used.
        let sql = format!(
            "SELECT {COLUMNS} FROM objects WHERE kind = $1 AND kind NOT IN (3, 6) \
             AND ($2::bytea IS NULL OR owner = $2) AND (expires IS NULL OR expires > $3) \
             AND ($4::text IS NULL OR (created, id) {behind} \
             (SELECT created, id FROM objects WHERE kind = $1 AND id = $4)) \
             ORDER BY created {order}, id {order} LIMIT $5"
        );
        let owner = list.owner.map(|owner| Id(owner.0));
        let after = list.after.as_deref().map(clean);
        self.run("list objects", ANSWER_LIMIT, async |db| {
            let kind = i16::from(list.kind.code());
            let rows = db.query(&sql, &[&kind, &owner, &list.now, &after, &limit(list.limit)]).await?;
            rows.iter().filter_map(|row| decode(row).transpose()).collect()
        })
    }

    fn remove_expired(&self, now: Micros, rows: usize) -> Result<usize, StoreError> {
        self.transaction("remove expired objects", BULK_LIMIT, async |db| {
            let gone = db.query(DUE, &[&now, &limit(rows)]).await?;
            for row in &gone {
                remove(db, row.try_get(0)?, row.try_get(1)?).await?;
            }
            Ok(gone.len())
        })
    }
}

async fn put(db: &mut Db<'_>, object: &Object, state: Option<&[u8]>) -> Result<(), Fault> {
    let (kind, id) = (i16::from(object.kind.code()), clean(&object.id));
    let values: Values<'_> = &[
        &kind,
        &id,
        &clean(&object.provider),
        &Id(object.owner.0),
        &clean(&object.model),
        &clean(&object.detail),
        &object.created,
        &object.expires,
        &clean(&object.credential),
    ];
    db.execute(PUT, values).await?;
    if let Some(state) = state {
        db.execute(PUT_STATE, &[&kind, &id, &state]).await?;
    }
    Ok(())
}

async fn remove(db: &mut Db<'_>, kind: i16, id: &str) -> Result<(), Fault> {
    let id = clean(id);
    db.execute("DELETE FROM objects WHERE kind = $1 AND id = $2", &[&kind, &id]).await?;
    db.execute("DELETE FROM object_states WHERE kind = $1 AND id = $2", &[&kind, &id]).await?;
    Ok(())
}

/// `None` for a kind of a later version.
fn decode(row: &Row) -> Result<Option<Object>, Fault> {
    let Some(kind) = ObjectKind::from_code(code(row, 0)?) else { return Ok(None) };
    Ok(Some(Object {
        kind,
        id: row.try_get(1)?,
        provider: row.try_get(2)?,
        owner: KeyId(row.try_get::<_, Id>(3)?.0),
        model: row.try_get(4)?,
        detail: row.try_get(5)?,
        created: row.try_get(6)?,
        expires: row.try_get(7)?,
        credential: row.try_get(8)?,
    }))
}
