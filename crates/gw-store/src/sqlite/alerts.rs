//! Alerts: what the API manages of them, what is known, what happened, and who is to be told.

use super::db::SqliteStore;
use crate::error::StoreError;
use crate::traits::{AlertLog, AlertObjectStore};
use crate::types::{
    AlertDelivery, AlertEvent, AlertEventFilter, AlertEventId, AlertEventRow, AlertMove, AlertState,
    DeliveryState, StoredAlertObject, WaitingRoom,
};
use gw_model::Micros;
use rusqlite::types::{ToSql, Type};
use rusqlite::{Connection, ErrorCode, Row, params, params_from_iter};
use std::collections::HashMap;

const OBJECT: &str = "id, kind, organization, name, document, sealed, created_at, updated_at, revision";
const STATE: &str =
    "rule, subject, version, is_firing, fired_at, seen_at, sent_at, ends_at, changed_at, notice";
const EVENT: &str = "id, time, kind, rule, organization, severity, subject_id, is_silenced, notice";
const MOVE: &str = "INSERT INTO alert_states (rule, subject, version, is_firing, fired_at, seen_at, sent_at, ends_at, \
     changed_at, notice) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
     ON CONFLICT (rule, subject) DO UPDATE SET version = excluded.version, is_firing = excluded.is_firing, \
     fired_at = excluded.fired_at, seen_at = excluded.seen_at, sent_at = excluded.sent_at, \
     ends_at = excluded.ends_at, changed_at = excluded.changed_at, notice = excluded.notice \
     WHERE alert_states.version = excluded.version - 1";

impl AlertObjectStore for SqliteStore {
    fn alert_objects(&self) -> Result<Vec<StoredAlertObject>, StoreError> {
        self.read("list what alerts are made of", |db| {
            let mut query = db.prepare_cached(&format!("SELECT {OBJECT} FROM alert_objects ORDER BY id"))?;
            query.query_map([], object)?.collect()
        })
    }

    fn create_alert_object(&self, new: &StoredAlertObject) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO alert_objects ({OBJECT}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
        let done = self.writer().execute(
            &sql,
            params![
                new.id,
                new.kind,
                new.organization,
                new.name,
                new.document,
                new.sealed,
                new.created_at,
                new.updated_at,
                new.revision
            ],
        );
        done.map(drop).map_err(|source| failed("create a part of alerts", new, source))
    }

    fn update_alert_object(&self, changed: &StoredAlertObject) -> Result<bool, StoreError> {
        let done = self.writer().execute(
            "UPDATE alert_objects SET name = ?2, document = ?3, sealed = ?4, updated_at = ?5, revision = ?6 \
             WHERE id = ?1 AND revision = ?6 - 1",
            params![
                changed.id,
                changed.name,
                changed.document,
                changed.sealed,
                changed.updated_at,
                changed.revision
            ],
        );
        done.map(|rows| rows > 0).map_err(|source| failed("change a part of alerts", changed, source))
    }

    fn delete_alert_object(&self, id: &str) -> Result<bool, StoreError> {
        let done = self.writer().execute("DELETE FROM alert_objects WHERE id = ?1", [id]);
        done.map(|rows| rows > 0).map_err(StoreError::query("delete a part of alerts"))
    }
}

impl AlertLog for SqliteStore {
    fn alert_states(&self, since: Micros) -> Result<Vec<AlertState>, StoreError> {
        self.read("read what is known of alerts", |db| {
            let sql = format!("SELECT {STATE} FROM alert_states WHERE changed_at >= ?");
            db.prepare_cached(&sql)?.query_map([since], state)?.collect()
        })
    }

    fn move_alerts(&self, moves: &[AlertMove], most: usize) -> Result<Vec<Option<usize>>, StoreError> {
        let made = self.write(|tx| {
            let mut room = WaitingRoom::new(most, waiting_by_organization(tx)?);
            let mut made = Vec::with_capacity(moves.len());
            for one in moves {
                made.push(make(tx, one, &mut room)?);
            }
            Ok::<_, rusqlite::Error>(Some(made))
        });
        made.map(Option::unwrap_or_default).map_err(StoreError::query("write what is known of alerts"))
    }

    fn add_alert_event(&self, event: &AlertEvent, told: &[AlertDelivery]) -> Result<(), StoreError> {
        let done = self.write(|tx| {
            add_event(tx, event, 0)?;
            told.iter().try_for_each(|one| add_delivery(tx, event, one))?;
            Ok::<_, rusqlite::Error>(Some(()))
        });
        done.map(drop).map_err(StoreError::query("write an event of alerts"))
    }

    fn due_alerts(&self, now: Micros, but: &[String]) -> Result<Vec<String>, StoreError> {
        let sql = format!(
            "SELECT DISTINCT organization FROM alert_deliveries WHERE state = 0 AND due_at <= ? \
             AND channel NOT IN ({}) ORDER BY organization",
            marks(but)
        );
        self.read("look for alerts that are due", |db| {
            let mut values: Vec<&dyn ToSql> = vec![&now];
            values.extend(but.iter().map(|one| one as &dyn ToSql));
            db.prepare_cached(&sql)?.query_map(params_from_iter(values), |row| row.get(0))?.collect()
        })
    }

    fn claim_alerts(
        &self,
        now: Micros,
        until: Micros,
        organization: &str,
        but: &[String],
        most: usize,
    ) -> Result<Vec<(AlertEvent, AlertDelivery)>, StoreError> {
        let sql = format!(
            "SELECT {}, d.channel, d.state, d.attempts, d.due_at, d.error FROM alert_deliveries d \
             JOIN alert_events e ON e.id = d.event WHERE d.state = 0 AND d.organization = ? AND d.due_at <= ? \
             AND d.channel NOT IN ({}) ORDER BY d.due_at LIMIT ?",
            of_event(),
            marks(but)
        );
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let claimed = self.write(|tx| {
            let mut values: Vec<&dyn ToSql> = vec![&organization, &now];
            values.extend(but.iter().map(|one| one as &dyn ToSql));
            values.push(&most);
            let read = |row: &Row<'_>| Ok((event(row)?, delivery(row, 9)?));
            let mut query = tx.prepare_cached(&sql)?;
            let rows: Vec<_> =
                query.query_map(params_from_iter(values), read)?.collect::<rusqlite::Result<_>>()?;
            for (event, one) in &rows {
                tx.execute(
                    "UPDATE alert_deliveries SET due_at = ?3, attempts = attempts + 1 WHERE event = ?1 AND channel = ?2",
                    params![event.id.to_string(), one.channel, until],
                )?;
            }
            Ok::<_, rusqlite::Error>(Some(rows))
        });
        claimed.map(Option::unwrap_or_default).map_err(StoreError::query("take alerts that are due"))
    }

    fn settle_alert(&self, event: AlertEventId, done: &AlertDelivery) -> Result<(), StoreError> {
        let written = self.writer().execute(
            "UPDATE alert_deliveries SET state = ?3, attempts = ?4, due_at = ?5, error = ?6 \
             WHERE event = ?1 AND channel = ?2",
            params![
                event.to_string(),
                done.channel,
                done.state.code(),
                done.attempts,
                done.due_at,
                done.error
            ],
        );
        written.map(drop).map_err(StoreError::query("write what became of an alert"))
    }

    fn alerts_waiting(&self) -> Result<u64, StoreError> {
        self.read("count alerts that wait", waiting)
    }

    fn alert_events(&self, filter: &AlertEventFilter) -> Result<Vec<AlertEventRow>, StoreError> {
        self.read("list events of alerts", |db| {
            let before = filter.before.map(|id| id.to_string());
            let limit = i64::try_from(filter.limit).unwrap_or(i64::MAX);
            let mut sql = format!(
                "SELECT {EVENT}, dropped FROM alert_events WHERE (?1 IS NULL OR time >= ?1) AND (?2 IS NULL OR time < ?2) \
                 AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR rule = ?4) AND (?5 IS NULL OR severity = ?5) \
                 AND (?6 IS NULL OR subject_id = ?6) AND (?7 IS NULL OR id < ?7)"
            );
            let mut values: Vec<&dyn ToSql> = vec![
                &filter.from,
                &filter.to,
                &filter.kind,
                &filter.rule,
                &filter.severity,
                &filter.subject_id,
                &before,
            ];
            if let Some(of) = &filter.organizations {
                sql += &format!(" AND organization IN ({})", vec!["?"; of.len()].join(", "));
                values.extend(of.iter().map(|one| one as &dyn ToSql));
            }
            sql += " ORDER BY id DESC LIMIT ?";
            values.push(&limit);
            let events: Vec<(AlertEvent, i64)> = db
                .prepare_cached(&sql)?
                .query_map(params_from_iter(values), |row| Ok((event(row)?, row.get(9)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let mut query = db.prepare_cached(
                "SELECT channel, state, attempts, due_at, error FROM alert_deliveries WHERE event = ? ORDER BY channel",
            )?;
            let with = |(event, dropped): (AlertEvent, i64)| {
                let told = query.query_map([event.id.to_string()], |row| delivery(row, 0))?;
                let deliveries = told.collect::<rusqlite::Result<_>>()?;
                Ok(AlertEventRow { event, deliveries, dropped: u64::try_from(dropped).unwrap_or(0) })
            };
            events.into_iter().map(with).collect()
        })
    }

    fn remove_alerts(&self, before: Micros, most: usize) -> Result<usize, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let removed = self.write(|tx| {
            let old = "SELECT id FROM alert_events WHERE time < ?1 ORDER BY time LIMIT ?2";
            tx.execute(
                &format!("DELETE FROM alert_deliveries WHERE event IN ({old})"),
                params![before, most],
            )?;
            let events =
                tx.execute(&format!("DELETE FROM alert_events WHERE id IN ({old})"), params![before, most])?;
            let states = tx.execute(
                "DELETE FROM alert_states WHERE (rule, subject) IN (SELECT rule, subject FROM alert_states \
                 WHERE changed_at < ?1 AND is_firing = 0 LIMIT ?2)",
                params![before, most],
            )?;
            Ok::<_, rusqlite::Error>(Some(events + states))
        });
        removed.map(Option::unwrap_or_default).map_err(StoreError::query("remove old events of alerts"))
    }
}

fn make(tx: &Connection, one: &AlertMove, room: &mut WaitingRoom) -> rusqlite::Result<Option<usize>> {
    let state = &one.state;
    let changed = tx.prepare_cached(MOVE)?.execute(params![
        state.rule,
        state.subject,
        state.version,
        state.is_firing,
        state.fired_at,
        state.seen_at,
        state.sent_at,
        state.ends_at,
        state.changed_at,
        state.notice
    ])?;
    if changed == 0 {
        return Ok(None);
    }
    let Some(event) = &one.event else { return Ok(Some(0)) };
    let told: Vec<&String> = one.channels.iter().take_while(|_| room.take(&event.organization)).collect();
    let dropped = one.channels.len() - told.len();
    add_event(tx, event, dropped)?;
    for channel in told {
        add_delivery(tx, event, &AlertDelivery::begun(channel, event.time))?;
    }
    Ok(Some(dropped))
}

fn add_event(tx: &Connection, event: &AlertEvent, dropped: usize) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO alert_events ({EVENT}, dropped) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    );
    tx.execute(
        &sql,
        params![
            event.id.to_string(),
            event.time,
            event.kind,
            event.rule,
            event.organization,
            event.severity,
            event.subject_id,
            event.is_silenced,
            event.notice,
            i64::try_from(dropped).unwrap_or(i64::MAX)
        ],
    )
    .map(drop)
}

fn add_delivery(tx: &Connection, event: &AlertEvent, one: &AlertDelivery) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO alert_deliveries (event, channel, state, attempts, due_at, error, organization) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (id, code) = (event.id.to_string(), one.state.code());
    let values = params![id, one.channel, code, one.attempts, one.due_at, one.error, event.organization];
    tx.execute(sql, values).map(drop)
}

fn waiting_by_organization(db: &Connection) -> rusqlite::Result<HashMap<String, usize>> {
    let sql = "SELECT organization, COUNT(*) FROM alert_deliveries WHERE state = 0 GROUP BY organization";
    let count = |row: &Row<'_>| Ok((row.get(0)?, usize::try_from(row.get::<_, i64>(1)?).unwrap_or(0)));
    db.prepare_cached(sql)?.query_map([], count)?.collect()
}

/// As many marks as there are values.
fn marks(values: &[String]) -> String {
    vec!["?"; values.len()].join(", ")
}

fn waiting(db: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT COUNT(*) FROM alert_deliveries WHERE state = 0";
    db.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}

fn of_event() -> String {
    EVENT.split(", ").map(|column| format!("e.{column}")).collect::<Vec<_>>().join(", ")
}

fn failed(operation: &'static str, object: &StoredAlertObject, source: rusqlite::Error) -> StoreError {
    if source.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) {
        return StoreError::NameTaken { name: object.name.clone() };
    }
    StoreError::Query { operation, source }
}

fn object(row: &Row<'_>) -> rusqlite::Result<StoredAlertObject> {
    Ok(StoredAlertObject {
        id: row.get(0)?,
        kind: row.get(1)?,
        organization: row.get(2)?,
        name: row.get(3)?,
        document: row.get(4)?,
        sealed: row.get(5)?,
        created_at: row.get(6)?,
        updated_at: row.get(7)?,
        revision: row.get(8)?,
    })
}

fn state(row: &Row<'_>) -> rusqlite::Result<AlertState> {
    Ok(AlertState {
        rule: row.get(0)?,
        subject: row.get(1)?,
        version: row.get(2)?,
        is_firing: row.get(3)?,
        fired_at: row.get(4)?,
        seen_at: row.get(5)?,
        sent_at: row.get(6)?,
        ends_at: row.get(7)?,
        changed_at: row.get(8)?,
        notice: row.get(9)?,
    })
}

fn event(row: &Row<'_>) -> rusqlite::Result<AlertEvent> {
    let id: String = row.get(0)?;
    let unreadable = || rusqlite::Error::FromSqlConversionFailure(0, Type::Text, "it is no id".into());
    Ok(AlertEvent {
        id: id.parse().map_err(|_| unreadable())?,
        time: row.get(1)?,
        kind: row.get(2)?,
        rule: row.get(3)?,
        organization: row.get(4)?,
        severity: row.get(5)?,
        subject_id: row.get(6)?,
        is_silenced: row.get(7)?,
        notice: row.get(8)?,
    })
}

fn delivery(row: &Row<'_>, first: usize) -> rusqlite::Result<AlertDelivery> {
    Ok(AlertDelivery {
        channel: row.get(first)?,
        state: DeliveryState::of_code(row.get(first + 1)?),
        attempts: row.get(first + 2)?,
        due_at: row.get(first + 3)?,
        error: row.get(first + 4)?,
    })
}
