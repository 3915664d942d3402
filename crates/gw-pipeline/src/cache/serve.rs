//! An answer that is there already, or on its way to another call, for one more caller: it takes the same way back as any
//! answer, costs nothing, and is recorded as a hit. Serves the cache stage.

use super::flight::Passenger;
use super::head::Head;
use super::reshape;
use crate::attempt::{Answered, Attempted, Sent};
use crate::guard::Screened;
use crate::receive::INLINE_BYTES;
use crate::reply::Reply;
use crate::respond;
use crate::ticket::{Hit, Rejected};
use bytes::{Bytes, BytesMut};
use gw_model::{Micros, WireFormat};
use gw_store::answers::{Answer, AnswerKey};
use gw_upstream::{Timing, UpstreamBody, UpstreamResponse};
use http::header::HeaderMap;
use std::sync::Arc;

/// What came of it: the reply, or the call as it was, which has to go on.
pub(super) type Served = Result<Result<Reply, Rejected>, Screened>;

/// How an answer comes to be given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Manner {
    /// It is as good as new.
    Fresh,
    /// It is old.
    Stale,
    /// Another call fetches it.
    Shared,
    /// It is one to a similar request, by that cosine.
    Similar(f32),
}

impl Manner {
    /// The word in metrics.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "hit",
            Self::Stale => "stale",
            Self::Shared => "shared",
            Self::Similar(_) => "semantic",
        }
    }
}

/// Gives an answer that is kept.
pub(super) async fn kept(
    mut screened: Screened,
    key: AnswerKey,
    answer: &Arc<Answer>,
    manner: Manner,
) -> Served {
    let Some(head) = Head::of_answer(answer, &screened.model) else { return Err(screened) };
    let (headers, body) = if reshape::fits(&head, &screened.call) {
        (head.headers(), answer.body.clone())
    } else {
        match reshaped(&screened, &head, answer.body.clone()).await {
            Some(reshaped) => reshaped,
            None => return Err(screened),
        }
    };
    let now = screened.ticket.worker().now();
    let age_us = now.saturating_sub(answer.stored_at).max(0);
    note(&mut screened, key, age_us, &head, manner);
    Ok(reply(screened, &head, headers, UpstreamBody::whole(body)).await)
}

/// Gives an answer that another call fetches.
pub(super) async fn shared(
    mut screened: Screened,
    key: AnswerKey,
    mut passenger: Passenger,
    head: &Head,
) -> Served {
    let (headers, body) = if reshape::fits(head, &screened.call) {
        (head.headers(), UpstreamBody::relayed(Box::new(passenger)))
    } else {
        let limit = screened.live.snapshot.settings.max_translated_bytes;
        let Some(whole) = collect(&mut passenger, limit).await else { return Err(screened) };
        match reshaped(&screened, head, whole).await {
            Some((headers, body)) => (headers, UpstreamBody::whole(body)),
            None => return Err(screened),
        }
    };
    note(&mut screened, key, 0, head, Manner::Shared);
    Ok(reply(screened, head, headers, body).await)
}

async fn collect(passenger: &mut Passenger, limit: usize) -> Option<Bytes> {
    use gw_upstream::Pieces;
    let mut body = BytesMut::new();
    loop {
        match std::future::poll_fn(|cx| passenger.poll_piece(cx)).await {
            None => return Some(body.freeze()),
            Some(Ok(piece)) if body.len() + piece.len() <= limit => body.extend_from_slice(&piece),
            Some(_) => return None,
        }
    }
}

/// A long answer is written anew off the worker, whose other calls would wait.
async fn reshaped(screened: &Screened, head: &Head, body: Bytes) -> Option<(HeaderMap, Bytes)> {
    let Screened { ticket, call, live, .. } = screened;
    let settings = &live.snapshot.settings;
    let reshaped = if body.len() <= INLINE_BYTES {
        reshape::reshape(head, call, &reshape::Made::of(ticket), settings, body)
    } else {
        let (head, call, made) = (head.clone(), call.clone(), reshape::Made::of(ticket));
        let settings = settings.clone();
        let work = move || reshape::reshape(&head, &call, &made, &settings, body);
        tokio::task::spawn_blocking(work).await.ok()?
    };
    let log =
        |error| tracing::debug!(request_id = %ticket.record.id, %error, "a kept answer can not be given");
    reshaped.map_err(log).ok()
}

fn note(screened: &mut Screened, key: AnswerKey, age_us: Micros, head: &Head, manner: Manner) {
    let Screened { ticket, call, model, .. } = screened;
    ticket.set_model(model.model());
    ticket.input_tokens = call.facts.input_tokens;
    ticket.record.cache.clear();
    let similarity = match manner {
        Manner::Similar(similarity) => Some(similarity),
        _ => None,
    };
    ticket.record.cache.push_str(if similarity.is_some() { "semantic-hit" } else { "hit" });
    ticket.hit = Some(Box::new(Hit { key, age_us, similarity, target: Arc::clone(&head.target) }));
    ticket.worker().gateway().metrics.note_cache(manner.as_str());
    ticket.note_cache(manner.as_str());
}

async fn reply(
    screened: Screened,
    head: &Head,
    headers: HeaderMap,
    body: UpstreamBody,
) -> Result<Reply, Rejected> {
    let Screened { ticket, live, call, model, .. } = screened;
    let counts_usage = matches!(head.format, WireFormat::OpenAiChat | WireFormat::OpenAiCompletions);
    let hide_usage = counts_usage && head.format == call.format && !call.facts.include_usage;
    let sent = Sent {
        dropped: head.dropped.clone(),
        tool_names: head.tool_names.clone(),
        ..Sent::new(head.format, hide_usage)
    };
    let deadline = super::deadline(&ticket, &model);
    let answered = Answered {
        target: Arc::clone(&head.target),
        model_name: Arc::clone(&model.name),
        ticket,
        live,
        call,
        sent,
        response: UpstreamResponse { status: head.status, headers, body, timing: Timing::default() },
        // Nothing of it is paid for, so nothing has to be held.
        output_bound: u64::MAX,
        deadline,
    };
    respond::answer(Attempted::Answer(Box::new(answered))).await
}
