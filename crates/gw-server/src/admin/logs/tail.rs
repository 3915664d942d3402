//! `GET /api/v1/logs/tail`: records as they are stored, as server-sent events. Takes the filters of the list that mean something
//! of a call that ended just now.

use super::filter::LogsQuery;
use super::{both, kept, shown};
use crate::admin::by::By;
use crate::admin::error::ApiError;
use crate::admin::{EVENT_STREAM, Shown, auth};
use crate::app::authorization::{Authority, Resource, Unidentified, identify};
use crate::app::sign_in;
use crate::app::state::App;
use crate::app::tail::{Again, Cursor, Reader, Refused, Wish};
use axum::body::Body as AnswerBody;
use axum::extract::{Extension, Query, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use gw_config::compile::{FILTERS_OF_CALLS, joined};
use gw_model::{AccountId, Level};
use gw_store::audit::Origin;
use gw_store::memory::Account;
use gw_store::types::LogRow;
use http_body::{Body, Frame};
use serde::Deserialize;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Parameters, for the document of the API.
pub(in crate::admin) const TAIL_PARAMETERS: &[&str] =
    &joined::<75>(&[&["parent_id"], &FILTERS_OF_CALLS, &["text", "last_event_id", "seconds"]]);

/// Longest time of one reading.
pub(in crate::admin) const MAX_SECONDS: usize = 86_400;

/// Events that wait for a slow reader, besides what its connection holds.
const WAITING_EVENTS: usize = 64;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Proxies that collect answers are asked not to.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What is given besides the filters.
#[derive(Debug, Deserialize)]
pub(in crate::admin) struct TailQuery {
    last_event_id: Option<String>,
    seconds: Option<u64>,
}

/// Sends records as they are stored.
pub(in crate::admin) async fn follow(
    State(app): State<Arc<App>>,
    Extension(caller): By,
    Query(filters): Query<LogsQuery>,
    Query(query): Query<TailQuery>,
    request: Request,
) -> Result<Response, ApiError> {
    let text = filters.text();
    let mut filter = filters.filter()?;
    filter.seen_from = seen_from(&caller.authority, text.is_some())?;
    if text.is_some() {
        (filter.has_body, filter.with_bodies) = (Some(true), true);
    }
    let from = last_seen(request.headers(), query.last_event_id)?;
    let Some(place) = app.tail.place(whose(&app, filter.seen_from.as_deref())) else {
        let text = format!(
            "there is no place for one more reader: of {} ('records.max_tail_readers'), an organization has at most what it leaves \
             free to others; end a reader, or try again later",
            app.tail.most()
        );
        return Err(ApiError::too_many(text, 5));
    };
    if text.is_some() {
        let (noted, by) = (Arc::clone(&app), Arc::clone(&caller));
        tokio::task::spawn_blocking(move || kept::note_search(&noted, &by.origin)).await??;
    }
    let again = again(&app, &request, &caller.origin, text.is_some());
    let bodies = Arc::clone(&app.storage.bodies);
    let holds =
        move |row: &LogRow| text.as_deref().is_none_or(|text| kept::holds(bodies.sealer(), row, text));
    let wish = Wish { filter, keep: Arc::new(holds), show: shown::row, again, from, seconds: query.seconds };
    let (out, events) = mpsc::channel(WAITING_EVENTS);
    let reader = Reader::new(Arc::clone(&app), place, wish, out);
    // It ends with its reader, and when the process is about to.
    drop(tokio::runtime::Handle::current().spawn(reader.run()));
    let head = [(CONTENT_TYPE, EVENT_STREAM), (CACHE_CONTROL, "no-store"), (BUFFERING, "no")];
    Ok((head, AnswerBody::new(Events(events))).into_response())
}

/// The organization whose reader he is; none for one of the gateway's own.
fn whose(app: &App, seen_from: Option<&[AccountId]>) -> Option<AccountId> {
    let seen = seen_from?;
    let first = *seen.iter().find(|id| id.level != Level::User).or_else(|| seen.first())?;
    let account = app.gateway.keys.accounts.get(first);
    let above = account.as_ref().and_then(|account| Account::lineage(account).last());
    // What stands below no organization shares with itself.
    Some(above.map_or(first, |account| account.id))
}

/// Whose calls he may see; where he looks into bodies, of those whose bodies he may see.
fn seen_from(authority: &Authority, with_bodies: bool) -> Result<Option<Vec<AccountId>>, ApiError> {
    let logs = authority.seen_from(Resource::Logs.read())?;
    match with_bodies {
        true => Ok(both(logs, authority.seen_from(Resource::Bodies.read())?)),
        false => Ok(logs),
    }
}

/// Where he was, as a browser says it that connects again, or as he says it himself.
fn last_seen(headers: &HeaderMap, given: Option<String>) -> Result<Option<Cursor>, ApiError> {
    let told = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).map(str::to_owned);
    // What a browser says is newer than the address that it connects to.
    let Some(text) = told.or(given).filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong =
        || ApiError::invalid("last_event_id", "'last_event_id' is not the id of an event of this stream");
    Cursor::parse(&text).map(Some).ok_or_else(wrong)
}

/// Asks whether whoever began to read still may: by what he showed then. That a stream is open does not keep a session alive.
fn again(app: &Arc<App>, request: &Request, origin: &Origin, with_bodies: bool) -> Again {
    let app = Arc::clone(app);
    let credential = Shown::by(request, "").credential;
    let session = auth::Shown::of(&app, request).into_token();
    let origin = origin.clone();
    Arc::new(move || {
        let found = match (&credential, &session) {
            (Some(key), _) => identify(&app, key).map(|(_, authority)| authority),
            (None, Some(token)) => {
                sign_in::holder(&app, token, origin.clone()).map(|who| who.caller.authority)
            }
            (None, None) => Err(Unidentified::Unknown),
        };
        let authority = found.map_err(|error| match error {
            Unidentified::Unknown => Refused::Permission,
            // The database is away: whoever comes back is asked again.
            Unidentified::Store(_) => Refused::Unknown,
        })?;
        seen_from(&authority, with_bodies).map_err(|_| Refused::Permission)
    })
}

/// Events on their way.
struct Events(mpsc::Receiver<Bytes>);

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|event| event.map(|event| Ok(Frame::data(event))))
    }
}
