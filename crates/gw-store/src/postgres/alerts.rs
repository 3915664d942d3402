//! Alerts: what the API manages of them, what is known, what happened, and who is to be told.

use super::bytes::{clean, limit};
use super::db::{ANSWER_LIMIT, BULK_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::{Db, Values};
use crate::error::StoreError;
use crate::traits::{AlertLog, AlertObjectStore};
use crate::types::{
    AlertDelivery, AlertEvent, AlertEventFilter, AlertEventId, AlertEventRow, AlertMove, AlertState,
    DeliveryState, StoredAlertObject, WaitingRoom,
};
use gw_model::Micros;
use std::collections::HashMap;
use tokio_postgres::Row;

const OBJECT: &str = "id, kind, organization, name, document, sealed, created_at, updated_at, revision";
const STATE: &str =
    "rule, subject, version, is_firing, fired_at, seen_at, sent_at, ends_at, changed_at, notice";
const EVENT: &str = "id, time, kind, rule, organization, severity, subject_id, is_silenced, notice";
const UPDATE: &str = "UPDATE alert_objects SET name = $2, document = $3, sealed = $4, updated_at = $5, \
     revision = $6 WHERE id = $1 AND revision = $6::bigint - 1";
const MOVE: &str = "INSERT INTO alert_states (rule, subject, version, is_firing, fired_at, seen_at, sent_at, ends_at, \
     changed_at, notice) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
     ON CONFLICT (rule, subject) DO UPDATE SET version = excluded.version, is_firing = excluded.is_firing, \
     fired_at = excluded.fired_at, seen_at = excluded.seen_at, sent_at = excluded.sent_at, \
     ends_at = excluded.ends_at, changed_at = excluded.changed_at, notice = excluded.notice \
     WHERE alert_states.version = excluded.version - 1";
/// A node that takes one keeps others from it; what another one is about to take is left to it.
const CLAIM: &str = "UPDATE alert_deliveries d SET due_at = $2, attempts = d.attempts + 1 FROM alert_events e \
     WHERE e.id = d.event AND (d.event, d.channel) IN (SELECT event, channel FROM alert_deliveries \
     WHERE state = 0 AND due_at <= $1 AND organization = $5 AND channel <> ALL($3) ORDER BY due_at LIMIT $4 \
     FOR UPDATE SKIP LOCKED) \
     RETURNING e.id, e.time, e.kind, e.rule, e.organization, e.severity, e.subject_id, e.is_silenced, e.notice, \
     d.channel, d.state, d.attempts - 1, d.due_at, d.error";
const EVENTS: &str = "SELECT id, time, kind, rule, organization, severity, subject_id, is_silenced, notice, dropped \
     FROM alert_events WHERE ($1::bigint IS NULL OR time >= $1) AND ($2::bigint IS NULL OR time < $2) \
     AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR rule = $4) \
     AND ($5::text IS NULL OR severity = $5) AND ($6::text IS NULL OR subject_id = $6) \
     AND ($7::text IS NULL OR id < $7) AND ($8::text[] IS NULL OR organization = ANY($8)) \
     ORDER BY id DESC LIMIT $9";

impl AlertObjectStore for PostgresStore {
    fn alert_objects(&self) -> Result<Vec<StoredAlertObject>, StoreError> {
        let sql = format!("SELECT {OBJECT} FROM alert_objects ORDER BY id");
        self.run("list what alerts are made of", ANSWER_LIMIT, async |db| {
            db.query(&sql, &[]).await?.iter().map(object).collect()
        })
    }

    fn create_alert_object(&self, new: &StoredAlertObject) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO alert_objects ({OBJECT}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        self.transaction("create a part of alerts", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[
                &new.id,
                &new.kind,
                &new.organization,
                &new.name,
                &clean(&new.document),
                &new.sealed,
                &new.created_at,
                &new.updated_at,
                &new.revision,
            ];
            db.execute(&sql, values).await.map(drop).map_err(|fault| taken(fault, new))
        })
    }

    fn update_alert_object(&self, changed: &StoredAlertObject) -> Result<bool, StoreError> {
        self.transaction("change a part of alerts", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[
                &changed.id,
                &changed.name,
                &clean(&changed.document),
                &changed.sealed,
                &changed.updated_at,
                &changed.revision,
            ];
            db.execute(UPDATE, values).await.map(|rows| rows > 0).map_err(|fault| taken(fault, changed))
        })
    }

    fn delete_alert_object(&self, id: &str) -> Result<bool, StoreError> {
        self.transaction("delete a part of alerts", ANSWER_LIMIT, async |db| {
            Ok(db.execute("DELETE FROM alert_objects WHERE id = $1", &[&id]).await? > 0)
        })
    }
}

impl AlertLog for PostgresStore {
    fn alert_states(&self, since: Micros) -> Result<Vec<AlertState>, StoreError> {
        let sql = format!("SELECT {STATE} FROM alert_states WHERE changed_at >= $1");
        self.run("read what is known of alerts", BULK_LIMIT, async |db| {
            db.query(&sql, &[&since]).await?.iter().map(state).collect()
        })
    }

    fn move_alerts(&self, moves: &[AlertMove], most: usize) -> Result<Vec<Option<usize>>, StoreError> {
        // In one order at every node, so that none waits for another in a circle.
        let mut order: Vec<usize> = (0..moves.len()).collect();
        order.sort_by_key(|at| moves.get(*at).map(|one| (&one.state.rule, &one.state.subject)));
        self.retried("write what is known of alerts", BULK_LIMIT, async |db| {
            let mut room = WaitingRoom::new(most, waiting_by_organization(db).await?);
            let mut made = vec![None; moves.len()];
            for at in &order {
                if let (Some(one), Some(made)) = (moves.get(*at), made.get_mut(*at)) {
                    *made = make(db, one, &mut room).await?;
                }
            }
            Ok(made)
        })
    }

    fn add_alert_event(&self, event: &AlertEvent, told: &[AlertDelivery]) -> Result<(), StoreError> {
        self.transaction("write an event of alerts", ANSWER_LIMIT, async |db| {
            add_event(db, event, 0).await?;
            for one in told {
                add_delivery(db, event, one).await?;
            }
            Ok(())
        })
    }

    fn due_alerts(&self, now: Micros, but: &[String]) -> Result<Vec<String>, StoreError> {
        const DUE: &str = "SELECT DISTINCT organization FROM alert_deliveries WHERE state = 0 AND due_at <= $1 \
                           AND channel <> ALL($2) ORDER BY organization";
        let but = but.to_vec();
        self.run("look for alerts that are due", ANSWER_LIMIT, async |db| {
            db.query(DUE, &[&now, &but]).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
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
        let (organization, but) = (organization.to_owned(), but.to_vec());
        self.transaction("take alerts that are due", ANSWER_LIMIT, async |db| {
            let rows = db.query(CLAIM, &[&now, &until, &but, &limit(most), &organization]).await?;
            rows.iter().map(|row| Ok((event(row)?, delivery(row, 9)?))).collect()
        })
    }

    fn settle_alert(&self, event: AlertEventId, done: &AlertDelivery) -> Result<(), StoreError> {
        let sql = "UPDATE alert_deliveries SET state = $3, attempts = $4, due_at = $5, error = $6 \
                   WHERE event = $1 AND channel = $2";
        self.transaction("write what became of an alert", ANSWER_LIMIT, async |db| {
            let values: Values<'_> = &[
                &event.to_string(),
                &done.channel,
                &done.state.code(),
                &i64::from(done.attempts),
                &done.due_at,
                &clean(&done.error),
            ];
            db.execute(sql, values).await.map(drop)
        })
    }

    fn alerts_waiting(&self) -> Result<u64, StoreError> {
        self.run("count alerts that wait", ANSWER_LIMIT, async |db| waiting(db).await)
    }

    fn alert_events(&self, filter: &AlertEventFilter) -> Result<Vec<AlertEventRow>, StoreError> {
        let before = filter.before.map(|id| id.to_string());
        let told = "SELECT channel, state, attempts, due_at, error, event FROM alert_deliveries \
                    WHERE event = ANY($1) ORDER BY event, channel";
        self.run("list events of alerts", BULK_LIMIT, async |db| {
            let values: Values<'_> = &[
                &filter.from,
                &filter.to,
                &filter.kind,
                &filter.rule,
                &filter.severity,
                &filter.subject_id,
                &before,
                &filter.organizations,
                &limit(filter.limit),
            ];
            let with_dropped = |row: &Row| Ok::<_, Fault>((event(row)?, super::bytes::count(row, 9)?));
            let events: Vec<(AlertEvent, u64)> =
                db.query(EVENTS, values).await?.iter().map(with_dropped).collect::<Result<_, _>>()?;
            let ids: Vec<String> = events.iter().map(|(event, _)| event.id.to_string()).collect();
            let mut by_event: HashMap<String, Vec<AlertDelivery>> = HashMap::new();
            for row in &db.query(told, &[&ids]).await? {
                by_event.entry(row.try_get(5)?).or_default().push(delivery(row, 0)?);
            }
            let rows = events.into_iter().map(|(event, dropped)| {
                let deliveries = by_event.remove(&event.id.to_string()).unwrap_or_default();
                AlertEventRow { event, deliveries, dropped }
            });
            Ok(rows.collect())
        })
    }

    fn remove_alerts(&self, before: Micros, most: usize) -> Result<usize, StoreError> {
        const OLD: &str = "SELECT id FROM alert_events WHERE time < $1 ORDER BY time, id LIMIT $2";
        self.transaction("remove old events of alerts", BULK_LIMIT, async |db| {
            let values: Values<'_> = &[&before, &limit(most)];
            db.execute(&format!("DELETE FROM alert_deliveries WHERE event IN ({OLD})"), values).await?;
            let events = db.execute(&format!("DELETE FROM alert_events WHERE id IN ({OLD})"), values).await?;
            let states = "DELETE FROM alert_states WHERE (rule, subject) IN (SELECT rule, subject \
                          FROM alert_states WHERE changed_at < $1 AND NOT is_firing LIMIT $2)";
            let states = db.execute(states, values).await?;
            Ok(usize::try_from(events + states).unwrap_or(usize::MAX))
        })
    }
}

async fn make(db: &mut Db<'_>, one: &AlertMove, room: &mut WaitingRoom) -> Result<Option<usize>, Fault> {
    let state = &one.state;
    let values: Values<'_> = &[
        &clean(&state.rule),
        &clean(&state.subject),
        &state.version,
        &state.is_firing,
        &state.fired_at,
        &state.seen_at,
        &state.sent_at,
        &state.ends_at,
        &state.changed_at,
        &clean(&state.notice),
    ];
    if db.execute(MOVE, values).await? == 0 {
        return Ok(None);
    }
    let Some(event) = &one.event else { return Ok(Some(0)) };
    let told: Vec<&String> = one.channels.iter().take_while(|_| room.take(&event.organization)).collect();
    let dropped = one.channels.len() - told.len();
    add_event(db, event, dropped).await?;
    for channel in told {
        add_delivery(db, event, &AlertDelivery::begun(channel, event.time)).await?;
    }
    Ok(Some(dropped))
}

async fn add_event(db: &mut Db<'_>, event: &AlertEvent, dropped: usize) -> Result<(), Fault> {
    let sql = format!(
        "INSERT INTO alert_events ({EVENT}, dropped) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    let values: Values<'_> = &[
        &event.id.to_string(),
        &event.time,
        &event.kind,
        &clean(&event.rule),
        &event.organization,
        &event.severity,
        &clean(&event.subject_id),
        &event.is_silenced,
        &clean(&event.notice),
        &limit(dropped),
    ];
    db.execute(&sql, values).await.map(drop)
}

async fn add_delivery(db: &mut Db<'_>, event: &AlertEvent, one: &AlertDelivery) -> Result<(), Fault> {
    let sql = "INSERT INTO alert_deliveries (event, channel, state, attempts, due_at, error, organization) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    let values: Values<'_> = &[
        &event.id.to_string(),
        &one.channel,
        &one.state.code(),
        &i64::from(one.attempts),
        &one.due_at,
        &clean(&one.error),
        &event.organization,
    ];
    db.execute(sql, values).await.map(drop)
}

async fn waiting_by_organization(db: &mut Db<'_>) -> Result<HashMap<String, usize>, Fault> {
    let sql = "SELECT organization, COUNT(*) FROM alert_deliveries WHERE state = 0 GROUP BY organization";
    let count = |row: &Row| {
        let count = super::bytes::count(row, 1)?;
        Ok((row.try_get(0)?, usize::try_from(count).unwrap_or(usize::MAX)))
    };
    db.query(sql, &[]).await?.iter().map(count).collect()
}

async fn waiting(db: &mut Db<'_>) -> Result<u64, Fault> {
    let row = db.one("SELECT COUNT(*) FROM alert_deliveries WHERE state = 0", &[]).await?;
    super::bytes::count(&row, 0)
}

fn taken(fault: Fault, object: &StoredAlertObject) -> Fault {
    if fault.is_taken() {
        return StoreError::NameTaken { name: object.name.clone() }.into();
    }
    fault
}

fn object(row: &Row) -> Result<StoredAlertObject, Fault> {
    Ok(StoredAlertObject {
        id: row.try_get(0)?,
        kind: row.try_get(1)?,
        organization: row.try_get(2)?,
        name: row.try_get(3)?,
        document: row.try_get(4)?,
        sealed: row.try_get(5)?,
        created_at: row.try_get(6)?,
        updated_at: row.try_get(7)?,
        revision: row.try_get(8)?,
    })
}

fn state(row: &Row) -> Result<AlertState, Fault> {
    Ok(AlertState {
        rule: row.try_get(0)?,
        subject: row.try_get(1)?,
        version: row.try_get(2)?,
        is_firing: row.try_get(3)?,
        fired_at: row.try_get(4)?,
        seen_at: row.try_get(5)?,
        sent_at: row.try_get(6)?,
        ends_at: row.try_get(7)?,
        changed_at: row.try_get(8)?,
        notice: row.try_get(9)?,
    })
}

fn event(row: &Row) -> Result<AlertEvent, Fault> {
    let id: &str = row.try_get(0)?;
    Ok(AlertEvent {
        id: id.parse().map_err(|_| StoreError::Damaged { what: "an event of alerts" })?,
        time: row.try_get(1)?,
        kind: row.try_get(2)?,
        rule: row.try_get(3)?,
        organization: row.try_get(4)?,
        severity: row.try_get(5)?,
        subject_id: row.try_get(6)?,
        is_silenced: row.try_get(7)?,
        notice: row.try_get(8)?,
    })
}

fn delivery(row: &Row, first: usize) -> Result<AlertDelivery, Fault> {
    Ok(AlertDelivery {
        channel: row.try_get(first)?,
        state: DeliveryState::of_code(row.try_get(first + 1)?),
        attempts: u32::try_from(row.try_get::<_, i64>(first + 2)?).unwrap_or(u32::MAX),
        due_at: row.try_get(first + 3)?,
        error: row.try_get(first + 4)?,
    })
}
