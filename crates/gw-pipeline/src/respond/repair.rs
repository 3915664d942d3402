//! Answers that do not fit the schema that a guardrail demands: the same model is asked once more, with its answer and what
//! is wrong with it, by a sub-call with a record of its own. What comes back passes the guardrails as the first did. Also
//! whole answers for callers who asked for a stream, since nothing of these goes on before it is known to fit. Serves the
//! whole way back. It must not ask twice.

use super::shape::Shape;
use super::whole;
use crate::attempt::Answered;
use crate::guard::Wanted;
use crate::reply::Reply;
use crate::run::{fund, run_sub_call};
use crate::subcall;
use bytes::Bytes;
use gw_guard::{Blocked, Guardrail};
use gw_model::chat::{Message, Part, Role};
use gw_model::event::Event;
use gw_model::{Call, Refusal, SubCallRole, WireFormat};
use gw_wire::codec::{Options, WriteContext};
use gw_wire::translate::{PathFacts, answer_events, as_stream, read_request, write_request};
use http::header::{self, HeaderMap, HeaderValue};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What the model is told of its answer.
const PROMPT: &str = "Your answer does not have the form that is required:";

/// What it is told to do.
const AGAIN: &str = "Answer again with corrected JSON, and nothing else.";

/// Another answer in place of one that a guardrail stops, in the caller's format and with all done that guardrails do; `None`
/// where none is asked for, or none comes that fits. `body` is the first, as the upstream wrote it.
pub(super) async fn again(answered: &mut Answered, stop: &Blocked, body: &[u8]) -> Option<Bytes> {
    let rail = answered.ticket.guarded.as_ref()?.chosen.repairing(&stop.guardrail).map(Arc::clone)?;
    // A call within a call: its future has to be boxed, since it is of the kind that it stands in.
    let answer: Pin<Box<dyn Future<Output = Option<Bytes>> + '_>> = Box::pin(ask(answered, &rail, body));
    let again = answer.await?;
    let changed = whole::looked(answered, &again, true).await.ok()?;
    Some(changed.unwrap_or(again))
}

/// The model's second answer, in the caller's format.
async fn ask(answered: &mut Answered, rail: &Arc<Guardrail>, body: &[u8]) -> Option<Bytes> {
    let said = text(&answer_events(answered.sent.format, body).ok()?);
    let faults = rail.check().faults(&said);
    let max_depth = answered.live.snapshot.settings.max_json_depth;
    let call = with_faults(&answered.call, said, &faults, max_depth).ok()?;
    let Answered { ticket, live, .. } = answered;
    let model = live.resolve(&answered.model_name, call.format).ok()?.model;
    let sub = subcall::open(ticket, SubCallRole::Repair, live, Box::new(call), &model)?;
    let funded = match fund(sub).await {
        Ok(funded) => funded,
        Err(rejected) => {
            rejected.ticket.refused(rejected.refusal.code);
            return None;
        }
    };
    let reply = match run_sub_call(funded).await {
        Ok(reply) => reply,
        Err(rejected) => {
            rejected.ticket.refused(rejected.refusal.code);
            return None;
        }
    };
    collected(reply, answered.live.snapshot.settings.max_translated_bytes).await
}

async fn collected(reply: Reply, limit: usize) -> Option<Bytes> {
    let is_good = reply.status().is_success();
    let mut read = Vec::new();
    let is_whole = subcall::drain(reply.into_body(), limit, |piece| read.extend_from_slice(&piece)).await;
    (is_good && is_whole).then(|| read.into())
}

/// The text of an answer's first choice.
fn text(events: &[Event]) -> String {
    let said = events.iter().filter_map(|event| match event {
        Event::Text { choice: 0, text, .. } => Some(text.as_str()),
        _ => None,
    });
    said.collect()
}

/// The call with the answer to it, and what is wrong with that.
fn with_faults(call: &Call, said: String, faults: &[String], max_depth: usize) -> Result<Call, Refusal> {
    let facts = &call.facts;
    let mut chat = read_request(call.format, call.full(), PathFacts { model: &facts.model, stream: false })?;
    let told = format!("{PROMPT}\n{}\n{AGAIN}", faults.join("\n"));
    let said = if said.trim().is_empty() { "(nothing)".to_owned() } else { said };
    for (role, text) in [(Role::Assistant, said), (Role::User, told)] {
        chat.messages.push(Message { role, parts: vec![Part::text(text)], name: None });
    }
    let body = write_request(call.format, &chat, &Options::default())?.body.into();
    let read = gw_wire::facts::read_with_model(call.format, &body, max_depth, &facts.model)?;
    Ok(Call { body, facts: read, ..call.clone() })
}

/// A whole answer as the stream that its caller asked for; one that can not be written so goes on as it is.
pub(super) fn streamed(
    format: WireFormat,
    wanted: Wanted,
    context: WriteContext,
    body: Bytes,
    headers: &mut HeaderMap,
) -> Bytes {
    let Wanted { include_usage, json_array, .. } = wanted;
    let context = WriteContext { include_usage, json_array, ..context };
    match answer_events(format, &body).and_then(|events| as_stream(format, events, context)) {
        Ok(stream) => {
            let kind = Shape::of(format, json_array).content_type();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            stream.into()
        }
        Err(error) => {
            tracing::warn!(error = error.for_log(), "an answer could not be written as a stream");
            body
        }
    }
}
