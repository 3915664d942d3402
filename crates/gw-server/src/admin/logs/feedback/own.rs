//! The data plane's `POST /v1/feedback`: what an application says about its own calls, with the key that made them. It must not
//! tell a call of another key from one that does not exist.

use super::{MAX_FEEDBACK, MEMBERS, Said, shown};
use crate::admin::error::ApiError;
use crate::admin::given::Given;
use crate::app::state::App;
use gw_model::{ErrorCode, KeyId, Micros, Refusal, RequestId};
use gw_store::audit::Actor;
use gw_store::types::{Feedback, LogFilter};
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;

/// How long a call is looked for that has just been made: records are there a second after the last byte.
const WAIT: Duration = Duration::from_secs(2);
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
/// A call that began longer ago, or will begin, is not on its way.
const LONGEST_CALL: Micros = 24 * 3_600 * 1_000_000;
const SKEW: Micros = 60 * 1_000_000;
/// Longest name of an author, in characters.
const MAX_AUTHOR: usize = 100;

/// Keeps what is said; `by` is `None` for the master key. The same author's word on a call takes the place of his former one.
pub(crate) async fn say(
    app: Arc<App>,
    by: Option<KeyId>,
    body: Vec<u8>,
) -> Result<(StatusCode, String), Refusal> {
    let pacing = Arc::clone(&app);
    pacing.feedback.hear(by, app.gateway.clock().now())?;
    let (request, author, said) = read(by, &body).map_err(ApiError::into_refusal)?;
    let (mut looked, mut waiting) = (Duration::ZERO, None);
    loop {
        let permit = pacing.feedback.begin()?;
        let (looking, author, said) = (Arc::clone(&app), author.clone(), said.clone());
        let work = move || keep(&looking, by, request, author, said);
        let kept = tokio::task::spawn_blocking(work).await.map_err(ApiError::from);
        if let Some(kept) = kept.flatten().map_err(ApiError::into_refusal)? {
            return kept;
        }
        drop(permit);
        waiting = waiting.or_else(|| pacing.feedback.wait(by));
        if looked >= WAIT || waiting.is_none() || !may_be_on_its_way(request, app.gateway.clock().now()) {
            return Err(unknown(request, app.gateway.clock().now()));
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
        looked += BETWEEN_LOOKS;
    }
}

fn read(by: Option<KeyId>, body: &[u8]) -> Result<(RequestId, String, Said), ApiError> {
    let given = Given::read(body, &[&["request_id", "author"][..], &MEMBERS].concat())?;
    let request = given.text("request_id")?.flatten().and_then(|text| text.parse::<RequestId>().ok());
    let request = request.ok_or_else(|| {
        ApiError::invalid("request_id", "'request_id' must be the 'x-request-id' of an answer to this key")
    })?;
    let mut author = by.map_or(Actor::Master, Actor::Key).to_string();
    if let Some(name) = given.text("author")?.flatten().filter(|name| !name.is_empty()) {
        if name.chars().count() > MAX_AUTHOR || name.chars().any(char::is_control) {
            let text = format!("'author' must have at most {MAX_AUTHOR} characters, none of them of control");
            return Err(ApiError::invalid("author", text));
        }
        author = format!("{author}/{name}");
    }
    Ok((request, author, Said::read(&given)?))
}

type Kept = Result<(StatusCode, String), Refusal>;

/// `None`: there is no such record, or not yet.
fn keep(
    app: &App,
    by: Option<KeyId>,
    request: RequestId,
    author: String,
    said: Said,
) -> Result<Option<Kept>, ApiError> {
    let database = &app.storage.database;
    let own = LogFilter { request_id: Some(request), key_id: by, ..LogFilter::default() };
    let Some(record) = database.logs(&own)?.rows.into_iter().next() else { return Ok(None) };
    let id = Feedback::id_of_author(request, record.time, &author);
    let is_anew = database.feedback(request)?.iter().any(|known| known.id == id);
    let feedback = said.by(app, id, request, author);
    if !database.add_feedback(&feedback, MAX_FEEDBACK)? {
        let text =
            format!("{MAX_FEEDBACK} authors said something about this request already, which is the most");
        return Ok(Some(Err(Refusal::new(ErrorCode::InvalidRequest, text).param("request_id"))));
    }
    let status = if is_anew { StatusCode::OK } else { StatusCode::CREATED };
    Ok(Some(Ok((status, shown(&feedback).to_string()))))
}

const fn began(request: RequestId) -> Micros {
    request.unix_millis().saturating_mul(1000)
}

/// May its record come yet?
const fn may_be_on_its_way(request: RequestId, now: Micros) -> bool {
    let age = now.saturating_sub(began(request));
    -SKEW < age && age < LONGEST_CALL
}

/// The same words for what is not there and for what is another's.
fn unknown(request: RequestId, now: Micros) -> Refusal {
    let text = format!("this key has made no request '{request}'");
    if may_be_on_its_way(request, now) {
        let text = format!("{text} that has ended; if it is still under way, try again when it has");
        return Refusal::new(ErrorCode::NotFound, text).param("request_id").retry_after(1);
    }
    Refusal::new(ErrorCode::NotFound, text).param("request_id")
}
