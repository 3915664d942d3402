//! What goes on now, what happened, and the button that tests a channel.

use crate::admin::by::By;
use crate::admin::error::ApiError;
use crate::admin::query::{Page, paged, time as parse_time};
use crate::app::alerts::TestAsk;
use crate::app::alerts::book::Book;
use crate::app::authorization::{Caller, Resource, Standing};
use crate::app::state::App;
use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use gw_alerts::notice::Subject;
use gw_alerts::{Channel, Notice, NoticeKind};
use gw_model::{AccountId, Level, time};
use gw_store::types::{
    AlertDelivery, AlertEvent, AlertEventFilter, AlertEventId, AlertEventRow, AlertState, DeliveryState,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Filters and paging.
#[derive(Debug, Deserialize)]
pub(super) struct EventsQuery {
    #[serde(rename = "type")]
    kind: Option<String>,
    rule_id: Option<String>,
    severity: Option<String>,
    subject_id: Option<String>,
    organization_id: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Lists what goes on now, the latest first.
pub(super) async fn active(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<EventsQuery>,
) -> Result<Json<Value>, ApiError> {
    let seen = organizations(&caller, query.organization_id)?;
    let mut states = tokio::task::spawn_blocking(move || app.storage.database.alert_states(0)).await??;
    states.retain(|state| state.is_firing);
    states.sort_by(|one, other| (other.fired_at, &other.subject).cmp(&(one.fired_at, &one.subject)));
    let rows: Vec<Value> = states.iter().filter_map(|state| row_of_state(state, seen.as_deref())).collect();
    let (rows, next) = paged(rows, &Page { limit: query.limit, cursor: query.cursor })?;
    Ok(Json(json!({ "data": rows, "next_cursor": next })))
}

/// Lists what happened, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(query): Query<EventsQuery>,
) -> Result<Json<Value>, ApiError> {
    let page = Page { limit: query.limit, cursor: query.cursor };
    let limit = page.limit()?;
    let filter = AlertEventFilter {
        from: parse_time("from", query.from.as_deref())?,
        to: parse_time("to", query.to.as_deref())?,
        kind: query.kind,
        rule: query.rule_id,
        severity: query.severity,
        subject_id: query.subject_id,
        organizations: organizations(&caller, query.organization_id)?,
        before: page.after()?,
        limit: limit + 1,
    };
    let mut rows = tokio::task::spawn_blocking(move || app.storage.database.alert_events(&filter)).await??;
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| is_more).map(|row| row.event.id.to_string());
    let data: Vec<Value> = rows.iter().map(row).collect();
    Ok(Json(json!({ "data": data, "next_cursor": next })))
}

/// Tells a channel that this is a test, and says what came of it.
pub(super) async fn test(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let reading = Arc::clone(&app);
    let book = tokio::task::spawn_blocking(move || Book::read(&reading)).await??;
    let channel =
        book.channels.get(&id).ok_or_else(|| ApiError::not_found("there is nothing of this id here"))?;
    let standing = Standing::hidden_below(&app, channel.organization);
    caller.authority.may(Resource::Alerts.write(), &standing)?;
    let now = app.gateway.clock().now();
    let notice = notice_of_test(channel, now);
    let event_id = AlertEventId::at(now, fastrand::u64(..));
    let (answer, answered) = oneshot::channel();
    let ask = TestAsk {
        channel: channel.clone(),
        notice: notice.clone(),
        event_id: event_id.to_string(),
        at: now,
        answer,
    };
    if !app.alerts.test(ask) {
        return Err(ApiError::busy("too many channels are being tested; try again"));
    }
    let came = answered.await.map_err(|_| ApiError::busy("the gateway is about to end; try again"))?;
    let event = AlertEvent {
        id: event_id,
        time: now,
        kind: notice.kind.as_str().to_owned(),
        rule: String::new(),
        organization: notice.organization_id.clone(),
        severity: notice.severity.clone(),
        subject_id: id.clone(),
        is_silenced: false,
        notice: serde_json::to_string(&notice).unwrap_or_default(),
    };
    let state = if came.is_ok() { DeliveryState::Sent } else { DeliveryState::Failed };
    let error = came.err().unwrap_or_default();
    let delivery = AlertDelivery { channel: id, state, attempts: 1, due_at: now, error: error.clone() };
    let writing = Arc::clone(&app);
    let write = move || writing.storage.database.add_alert_event(&event, &[delivery]);
    tokio::task::spawn_blocking(write).await??;
    let error = (!error.is_empty()).then_some(error);
    Ok(Json(json!({ "sent": error.is_none(), "error": error, "event_id": event_id.to_string() })))
}

fn notice_of_test(channel: &Channel, now: i64) -> Notice {
    Notice {
        kind: NoticeKind::Test,
        rule_id: String::new(),
        rule: "test".to_owned(),
        condition: "test".to_owned(),
        severity: "info".to_owned(),
        organization_id: channel.organization.map(|id| id.to_string()).unwrap_or_default(),
        subject: Subject { kind: "channel".to_owned(), id: channel.id.clone(), name: channel.name.clone() },
        summary: format!("This is a test of the channel {}: alerts arrive here", channel.name),
        details: serde_json::Map::new(),
        fired_at: now,
    }
}

/// Whose alerts are shown: of all where not given. Empty for the gateway's own.
fn organizations(caller: &Caller, wanted: Option<String>) -> Result<Option<Vec<String>>, ApiError> {
    let seen = caller.authority.seen_from(Resource::Alerts.read())?;
    let is_organization = |id: &AccountId| id.level == Level::Organization;
    let seen = seen.map(|of| of.iter().filter(|id| is_organization(id)).map(ToString::to_string).collect());
    Ok(match (seen, wanted) {
        (None, None) => None,
        (None, Some(wanted)) => Some(vec![wanted]),
        (Some(seen), None) => Some(seen),
        (Some(seen), Some(wanted)) => {
            let seen: Vec<String> = seen;
            Some(seen.into_iter().filter(|id| *id == wanted).collect())
        }
    })
}

fn row_of_state(state: &AlertState, seen: Option<&[String]>) -> Option<Value> {
    let notice: Notice = serde_json::from_str(&state.notice).ok()?;
    if seen.is_some_and(|seen| !seen.contains(&notice.organization_id)) {
        return None;
    }
    let mut row = notice.shown("", state.fired_at);
    row.as_object_mut()?.retain(|name, _| !matches!(name.as_str(), "event_id" | "time" | "type"));
    row["told_at"] = json!(state.sent_at.map(time::format));
    row["ends_at"] = json!(state.ends_at.map(time::format));
    Some(row)
}

fn row(row: &AlertEventRow) -> Value {
    let event = &row.event;
    let notice: Option<Notice> = serde_json::from_str(&event.notice).ok();
    let id = event.id.to_string();
    let mut shown = notice.map_or_else(|| json!({}), |notice| notice.shown(&id, event.time));
    if let Some(members) = shown.as_object_mut() {
        members.remove("event_id");
    }
    shown["id"] = id.into();
    shown["is_silenced"] = event.is_silenced.into();
    let delivery = |one: &AlertDelivery| {
        json!({ "channel_id": one.channel, "state": one.state.as_str(), "attempts": one.attempts,
            "error": (!one.error.is_empty()).then_some(&one.error) })
    };
    shown["dropped"] = row.dropped.into();
    shown["deliveries"] = row.deliveries.iter().map(delivery).collect();
    shown
}
