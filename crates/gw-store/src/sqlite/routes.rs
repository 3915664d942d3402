//! Dynamic routes that the API manages, with their versions.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::traits::RouteStore;
use crate::types::{MAX_VERSIONS, RouteDraft, RouteVersion, StoredRoute, VersionState};
use gw_model::Micros;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};

const ROUTE: &str = "id, name, created_at, updated_at, revision";
const VERSION: &str = "number, document, state, author, note, created_at, published_at";

impl RouteStore for SqliteStore {
    fn routes(&self) -> Result<Vec<StoredRoute>, StoreError> {
        self.read("list routes", |db| {
            let mut query = db.prepare_cached(&format!("SELECT {ROUTE} FROM routes ORDER BY name"))?;
            let routes: Vec<StoredRoute> = query.query_map([], route)?.collect::<Result<_, _>>()?;
            routes.into_iter().map(|route| with_versions(db, route)).collect()
        })
    }

    fn route(&self, id: &str) -> Result<Option<StoredRoute>, StoreError> {
        self.read("read a route", |db| select(db, id))
    }

    fn create_route(
        &self,
        id: &str,
        name: &str,
        draft: &RouteDraft,
        now: Micros,
    ) -> Result<StoredRoute, StoreError> {
        let made = self.alter("create a route", |tx| {
            tx.execute(
                &format!("INSERT INTO routes ({ROUTE}) VALUES (?1, ?2, ?3, ?3, 1)"),
                params![id, name, now],
            )?;
            insert(tx, id, 1, draft, now)?;
            select(tx, id)
        });
        match made {
            Ok(made) => made.ok_or(StoreError::Damaged { what: "a route just written" }),
            Err(StoreError::Query { source, .. })
                if source.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) =>
            {
                Err(StoreError::NameTaken { name: name.to_owned() })
            }
            Err(error) => Err(error),
        }
    }

    fn save_draft(
        &self,
        id: &str,
        draft: &RouteDraft,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<Option<StoredRoute>, StoreError> {
        self.alter_route("save a route", id, if_revision, now, |tx, present| {
            if let Some(old) = present.in_state(VersionState::Draft) {
                tx.execute(
                    "UPDATE route_versions SET document = ?3, author = ?4, note = ?5, created_at = ?6 \
                     WHERE route = ?1 AND number = ?2",
                    params![id, old.number, draft.document, draft.author, draft.note, now],
                )?;
                return Ok(true);
            }
            let number = present.versions.first().map_or(1, |newest| newest.number + 1);
            insert(tx, id, number, draft, now)?;
            trim(tx, present)?;
            Ok(true)
        })
    }

    fn publish_route(
        &self,
        id: &str,
        number: i64,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<Option<StoredRoute>, StoreError> {
        self.alter_route("publish a route", id, if_revision, now, |tx, present| {
            if !present.versions.iter().any(|version| version.number == number) {
                return Ok(false);
            }
            tx.execute(
                "UPDATE route_versions SET state = 'archived' WHERE route = ? AND state = 'published'",
                [id],
            )?;
            tx.execute(
                "UPDATE route_versions SET state = 'published', published_at = ?3 WHERE route = ?1 AND number = ?2",
                params![id, number, now],
            )?;
            Ok(true)
        })
    }

    fn delete_route(&self, id: &str, if_revision: Option<i64>) -> Result<bool, StoreError> {
        let gone = self.alter_route("delete a route", id, if_revision, 0, |tx, _| {
            tx.execute("DELETE FROM route_versions WHERE route = ?", [id])?;
            tx.execute("DELETE FROM routes WHERE id = ?", [id])?;
            Ok(true)
        })?;
        Ok(gone.is_some())
    }
}

impl SqliteStore {
    /// Runs `work` in a transaction; what it gives is undone when it is `None`.
    fn alter<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<Option<T>>,
    ) -> Result<Option<T>, StoreError> {
        self.write(work).map_err(StoreError::query(operation))
    }

    /// Changes a route that there is, at the revision that is expected; gives it as it is then, or as it was when it is
    /// gone. `None` when there is none, or `work` says no.
    fn alter_route(
        &self,
        operation: &'static str,
        id: &str,
        if_revision: Option<i64>,
        now: Micros,
        work: impl FnOnce(&Connection, &StoredRoute) -> rusqlite::Result<bool>,
    ) -> Result<Option<StoredRoute>, StoreError> {
        let mut changed = None;
        let done = self.alter(operation, |tx| {
            let Some(present) = select(tx, id)? else { return Ok(None) };
            if if_revision.is_some_and(|expected| expected != present.revision) {
                changed = Some(present.revision);
                return Ok(None);
            }
            if !work(tx, &present)? {
                return Ok(None);
            }
            tx.execute(
                "UPDATE routes SET updated_at = ?2, revision = revision + 1 WHERE id = ?1",
                params![id, now],
            )?;
            Ok(Some(select(tx, id)?.unwrap_or(present)))
        })?;
        match changed {
            Some(revision) => Err(StoreError::Changed { revision }),
            None => Ok(done),
        }
    }
}

fn insert(tx: &Connection, id: &str, number: i64, draft: &RouteDraft, now: Micros) -> rusqlite::Result<()> {
    tx.execute(
        &format!("INSERT INTO route_versions (route, {VERSION}) VALUES (?, ?, ?, 'draft', ?, ?, ?, NULL)"),
        params![id, number, draft.document, draft.author, draft.note, now],
    )?;
    Ok(())
}

/// Makes room for one more version.
fn trim(tx: &Connection, present: &StoredRoute) -> rusqlite::Result<()> {
    for version in present.surplus(MAX_VERSIONS - 1) {
        tx.execute(
            "DELETE FROM route_versions WHERE route = ? AND number = ?",
            params![present.id, version.number],
        )?;
    }
    Ok(())
}

fn select(db: &Connection, id: &str) -> rusqlite::Result<Option<StoredRoute>> {
    let mut query = db.prepare_cached(&format!("SELECT {ROUTE} FROM routes WHERE id = ?"))?;
    let found = query.query_row([id], route).optional()?;
    found.map(|route| with_versions(db, route)).transpose()
}

fn with_versions(db: &Connection, mut of: StoredRoute) -> rusqlite::Result<StoredRoute> {
    let mut query = db.prepare_cached(&format!(
        "SELECT {VERSION} FROM route_versions WHERE route = ? ORDER BY number DESC"
    ))?;
    of.versions = query.query_map([&of.id], version)?.collect::<Result<_, _>>()?;
    Ok(of)
}

fn route(row: &Row<'_>) -> rusqlite::Result<StoredRoute> {
    Ok(StoredRoute {
        id: row.get(0)?,
        name: row.get(1)?,
        created_at: row.get(2)?,
        updated_at: row.get(3)?,
        revision: row.get(4)?,
        versions: Vec::new(),
    })
}

fn version(row: &Row<'_>) -> rusqlite::Result<RouteVersion> {
    let state: String = row.get(2)?;
    let unknown = || rusqlite::Error::InvalidColumnType(2, state.clone(), rusqlite::types::Type::Text);
    Ok(RouteVersion {
        number: row.get(0)?,
        document: row.get(1)?,
        state: VersionState::from_name(&state).ok_or_else(unknown)?,
        author: row.get(3)?,
        note: row.get(4)?,
        created_at: row.get(5)?,
        published_at: row.get(6)?,
    })
}
