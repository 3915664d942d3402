//! Dynamic routes that the API manages, with their versions.

use super::db::{ANSWER_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::{Db, Values};
use crate::error::StoreError;
use crate::traits::RouteStore;
use crate::types::{MAX_VERSIONS, RouteDraft, RouteVersion, StoredRoute, VersionState};
use gw_model::Micros;
use tokio_postgres::Row;

const KIND: &str = "route";
const ROUTE: &str = "id, name, created_at, updated_at, revision";
const VERSION: &str = "number, document, state, author, note, created_at, published_at";

impl RouteStore for PostgresStore {
    fn routes(&self) -> Result<Vec<StoredRoute>, StoreError> {
        let read = self.run("list routes", ANSWER_LIMIT, async |db| {
            let sql = format!("SELECT {ROUTE} FROM routes ORDER BY name");
            let rows = db.query(&sql, &[]).await?;
            let mut routes = rows.iter().map(route).collect::<Result<Vec<StoredRoute>, Fault>>()?;
            let sql = format!("SELECT {VERSION}, route FROM route_versions ORDER BY number DESC");
            for row in db.query(&sql, &[]).await? {
                let of: &str = row.try_get(7)?;
                if let Some(route) = routes.iter_mut().find(|route| route.id == of) {
                    route.versions.push(version(&row)?);
                }
            }
            Ok(routes)
        });
        self.standby.or_routes(read)
    }

    fn route(&self, id: &str) -> Result<Option<StoredRoute>, StoreError> {
        self.run("read a route", ANSWER_LIMIT, async |db| select(db, id).await)
    }

    fn create_route(
        &self,
        id: &str,
        name: &str,
        draft: &RouteDraft,
        now: Micros,
    ) -> Result<StoredRoute, StoreError> {
        let made = self.change("create a route", (now, KIND, id), async |db, _| {
            let sql = format!("INSERT INTO routes ({ROUTE}) VALUES ($1, $2, $3, $3, 1)");
            match db.execute(&sql, &[&id, &name, &now]).await {
                Err(fault) if fault.is_taken() => {
                    return Err(StoreError::NameTaken { name: name.to_owned() }.into());
                }
                other => other?,
            };
            insert(db, id, 1, draft, now).await?;
            select(db, id).await
        })?;
        made.ok_or(StoreError::Damaged { what: "a route just written" })
    }

    fn save_draft(
        &self,
        id: &str,
        draft: &RouteDraft,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<Option<StoredRoute>, StoreError> {
        let sql = "UPDATE route_versions SET document = $3, author = $4, note = $5, created_at = $6 \
                   WHERE route = $1 AND number = $2";
        self.alter("save a route", id, if_revision, now, async |db, present| {
            if let Some(old) = present.in_state(VersionState::Draft) {
                let values: Values<'_> =
                    &[&id, &old.number, &draft.document, &draft.author, &draft.note, &now];
                db.execute(sql, values).await?;
                return Ok(true);
            }
            let number = present.versions.first().map_or(1, |newest| newest.number + 1);
            insert(db, id, number, draft, now).await?;
            for version in present.surplus(MAX_VERSIONS - 1) {
                let sql = "DELETE FROM route_versions WHERE route = $1 AND number = $2";
                db.execute(sql, &[&id, &version.number]).await?;
            }
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
        self.alter("publish a route", id, if_revision, now, async |db, present| {
            if !present.versions.iter().any(|version| version.number == number) {
                return Ok(false);
            }
            let sql = "UPDATE route_versions SET state = 'archived' WHERE route = $1 AND state = 'published'";
            db.execute(sql, &[&id]).await?;
            let sql = "UPDATE route_versions SET state = 'published', published_at = $3 \
                       WHERE route = $1 AND number = $2";
            db.execute(sql, &[&id, &number, &now]).await?;
            Ok(true)
        })
    }

    fn delete_route(&self, id: &str, if_revision: Option<i64>) -> Result<bool, StoreError> {
        let now = self.clock();
        let gone = self.alter("delete a route", id, if_revision, now, async |db, _| {
            db.execute("DELETE FROM route_versions WHERE route = $1", &[&id]).await?;
            db.execute("DELETE FROM routes WHERE id = $1", &[&id]).await?;
            Ok(true)
        })?;
        Ok(gone.is_some())
    }
}

impl PostgresStore {
    /// Changes a route that there is, at the revision that is expected; gives it as it is then, or as it was when it is
    /// gone. `None` when there is none, or `work` says no.
    fn alter(
        &self,
        operation: &'static str,
        id: &str,
        if_revision: Option<i64>,
        now: Micros,
        work: impl AsyncFnOnce(&mut Db<'_>, &StoredRoute) -> Result<bool, Fault>,
    ) -> Result<Option<StoredRoute>, StoreError> {
        self.change(operation, (now, KIND, id), async |db, _| {
            // Whoever changes something has the lock of all changes, so that nobody else is at this route.
            let Some(present) = select(db, id).await? else { return Ok(None) };
            if if_revision.is_some_and(|expected| expected != present.revision) {
                return Err(StoreError::Changed { revision: present.revision }.into());
            }
            if !work(db, &present).await? {
                return Ok(None);
            }
            let sql = "UPDATE routes SET updated_at = $2, revision = revision + 1 WHERE id = $1";
            db.execute(sql, &[&id, &now]).await?;
            Ok(Some(select(db, id).await?.unwrap_or(present)))
        })
    }
}

async fn insert(
    db: &mut Db<'_>,
    id: &str,
    number: i64,
    draft: &RouteDraft,
    now: Micros,
) -> Result<(), Fault> {
    let sql = format!(
        "INSERT INTO route_versions (route, {VERSION}) VALUES ($1, $2, $3, 'draft', $4, $5, $6, NULL)"
    );
    let values: Values<'_> = &[&id, &number, &draft.document, &draft.author, &draft.note, &now];
    db.execute(&sql, values).await.map(drop)
}

async fn select(db: &mut Db<'_>, id: &str) -> Result<Option<StoredRoute>, Fault> {
    let Some(row) = db.first(&format!("SELECT {ROUTE} FROM routes WHERE id = $1"), &[&id]).await? else {
        return Ok(None);
    };
    let mut found = route(&row)?;
    let sql = format!("SELECT {VERSION} FROM route_versions WHERE route = $1 ORDER BY number DESC");
    found.versions = db.query(&sql, &[&id]).await?.iter().map(version).collect::<Result<_, Fault>>()?;
    Ok(Some(found))
}

fn route(row: &Row) -> Result<StoredRoute, Fault> {
    Ok(StoredRoute {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        created_at: row.try_get(2)?,
        updated_at: row.try_get(3)?,
        revision: row.try_get(4)?,
        versions: Vec::new(),
    })
}

fn version(row: &Row) -> Result<RouteVersion, Fault> {
    let state = VersionState::from_name(row.try_get(2)?);
    Ok(RouteVersion {
        number: row.try_get(0)?,
        document: row.try_get(1)?,
        state: state.ok_or(StoreError::Damaged { what: "the state of a route's version" })?,
        author: row.try_get(3)?,
        note: row.try_get(4)?,
        created_at: row.try_get(5)?,
        published_at: row.try_get(6)?,
    })
}
