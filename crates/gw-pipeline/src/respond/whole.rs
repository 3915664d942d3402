//! A whole answer: held until it is complete (up to a limit), so that its cost can stand in a header and it
//! can be translated. Larger ones in the caller's own format flow through [`super::large`].

use super::gauge::Gauge;
use super::large::LargeBody;
use super::{for_others, guard, headers, keep, meter, repair};
use crate::attempt::Answered;
use crate::attempt::held::{self, Held};
use crate::cache;
use crate::guard::{about, blocked};
use crate::reply::{Reply, ReplyBody};
use crate::ticket::{Rejected, Settled, Ticket};
use bytes::Bytes;
use gw_guard::{Blocked, Side};
use gw_model::snapshot::Target;
use gw_model::{Endpoint, ErrorCode, Outcome, Refusal, Usage, WireFormat};
use gw_upstream::BodyError;
use gw_wire::codec::WriteContext;
use gw_wire::translate::Whole;
use http::header::{self, HeaderValue};
use std::rc::Rc;
use std::time::Duration;

/// Answers up to this size are translated on the worker.
const INLINE_BYTES: usize = 256 << 10;

/// Reads, translates, settles.
pub(crate) async fn reply(mut answered: Box<Answered>) -> Result<Reply, Rejected> {
    let same_format = answered.sent.format == answered.call.format;
    // Speech is listened to while it is made, and says nothing that could be metered but its length.
    if answered.call.format == WireFormat::OpenAiSpeech && !headers::is_json(&answered.response.headers) {
        return Ok(large(*answered, Bytes::new()));
    }
    let settings = &answered.live.snapshot.settings;
    // What has to be put together is needed whole, as what guardrails look at.
    let is_short = answered.ticket.lead.as_ref().is_some_and(|lead| lead.is_short());
    let is_guarded = answered.ticket.is_guarded() || is_short;
    let limit = held::limit(&answered.call, &answered.sent, is_guarded, settings);
    let left = u64::try_from(answered.deadline - answered.ticket.worker().now()).unwrap_or(0);
    let hold = held::hold(&mut answered.response.body, &mut answered.ticket, limit);
    let held = match tokio::time::timeout(Duration::from_micros(left), hold).await {
        Ok(held) => held,
        Err(_) if for_others::get_it(&answered) => return Ok(for_others::late(answered, limit)),
        Err(_) => Err((BodyError::IdleTimeout, answered.ticket.seen_bytes)),
    };
    match held {
        Ok(Held::Complete(body)) => complete(answered, body).await,
        Ok(Held::Part(head)) if same_format && !is_guarded => Ok(large(*answered, head)),
        Ok(Held::Part(_)) => {
            let what = if is_guarded { "looked through" } else { "translated" };
            let text = format!("the answer is larger than {limit} bytes and can not be {what}");
            Ok(broken(*answered, Refusal::new(ErrorCode::UpstreamError, text), "too_large", None, 0))
        }
        Err((error, seen)) => {
            let refusal = match error {
                BodyError::IdleTimeout => Refusal::new(
                    ErrorCode::UpstreamTimeout,
                    "the provider stopped in the midst of its answer",
                ),
                _ => Refusal::new(ErrorCode::UpstreamError, "the provider's answer broke off"),
            };
            Ok(broken(*answered, refusal, "cut", None, seen))
        }
    }
}

/// The answer is in memory: translate, meter, settle.
async fn complete(mut answered: Box<Answered>, body: Bytes) -> Result<Reply, Rejected> {
    let Ok(usage) = held::stated_usage(answered.sent.format, &answered.response.headers, &body) else {
        let refusal = Refusal::new(ErrorCode::UpstreamError, "the provider's answer is not valid JSON");
        return Ok(broken(*answered, refusal, "malformed", None, body.len() as u64));
    };
    // A call in parts is metered by what they say together.
    let usage = usage.filter(|_| answered.sent.earlier.is_empty());
    let usage = usage.or_else(|| headers::stated_usage(&answered.response.headers));
    let seen = body.clone();
    answered.ticket.note_stated(usage);
    let (body, is_repaired) = match guarded(&mut answered, body).await {
        Ok(left) => left,
        Err(refusal) => return Ok(stopped(*answered, &refusal, usage, &seen)),
    };
    let translated = match if is_repaired { Ok(None) } else { translate(&answered, &body, usage).await } {
        Ok(translated) => translated,
        Err(refusal) => return Ok(broken(*answered, refusal, "untranslatable", usage, body.len() as u64)),
    };
    let is_translated = translated.is_some();
    let (body, usage) = match translated {
        Some(whole) => {
            (Bytes::from(whole.body), if answered.sent.earlier.is_empty() { usage } else { whole.usage })
        }
        None => (body, usage),
    };
    let filled = match cache::filled(&mut answered, &body, usage).await {
        Ok(filled) => filled,
        Err(refusal) => return Ok(broken(*answered, refusal, "incomplete", usage, body.len() as u64)),
    };
    let kept = keep::here(&answered);
    // The caller asked for a stream, and got it fetched whole.
    let shape = answered.ticket.guarded.as_ref().map(|guarded| guarded.wanted).filter(|wanted| wanted.stream);
    let shape = shape.map(|wanted| (wanted, write_context(&answered)));
    let Answered { mut ticket, live, call, target, model_name, response, sent, .. } = *answered;
    let mut map = headers::passed(response.headers);
    let status = response.status;
    if is_repaired || is_translated || filled.is_some() {
        map.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if !is_repaired && !is_translated && keep::at_provider(sent.format, &call) {
        ticket.made = gw_wire::openai_responses::stored::made(&body);
    }
    settle_attempt(&mut ticket, status.as_u16(), "", usage, &seen);
    if let Some(filled) = &filled {
        ticket.note_reused(&target, filled.tokens);
        headers::add_reused(&mut map, filled.reused);
    }
    let body = filled.map_or(body, |filled| filled.body);
    if let Some(id) = kept {
        let retention_days = live.snapshot.settings.response_retention_days;
        let keep = keep::Keep::new(&ticket, &call, id, retention_days);
        if let Err(refusal) = keep.write(body.clone()).await {
            return Err(ticket.reject(refusal));
        }
    }
    headers::add_route(&mut map, &ticket, &model_name, Some(&target));
    headers::add_attempts(&mut map, ticket.tries());
    headers::add_changes(&mut map, &sent);
    ticket.note_first_byte();
    let Settled { cost, saved } = ticket.finish_among_others(Outcome::Success, status.as_u16()).await;
    headers::add_cost(&mut map, cost);
    headers::add_saved(&mut map, saved);
    let body = match shape {
        Some((wanted, context)) => repair::streamed(call.format, wanted, context, body, &mut map),
        None => body,
    };
    let mut reply = Reply::new(ReplyBody::whole(body));
    *reply.status_mut() = status;
    *reply.headers_mut() = map;
    Ok(reply)
}

/// What guardrails leave of the answer, as the upstream wrote it; or another in its place, as the caller reads it, and then
/// true.
async fn guarded(answered: &mut Answered, body: Bytes) -> Result<(Bytes, bool), Refusal> {
    if !answered.ticket.is_guarded() {
        return Ok((body, false));
    }
    let is_json = headers::is_json(&answered.response.headers) || body.first() == Some(&b'{');
    let began = answered.ticket.clock_now();
    let looked = looked(answered, &body, is_json).await;
    answered.ticket.note_answer_guardrails_from(began);
    let stop = match looked {
        Ok(changed) => return Ok((changed.unwrap_or(body), false)),
        Err(stop) => stop,
    };
    let is_of_form = stop.kind == "json_schema";
    if let Some(again) = repair::again(answered, &stop, &body).await {
        // Nobody else is to get the first one.
        answered.ticket.lead = None;
        return Ok((again, true));
    }
    if let Some(lead) = answered.ticket.lead.as_mut().filter(|_| !is_of_form) {
        // It is the caller's guardrail that stops it, and whole all the same.
        lead.note_whole();
    }
    let state = answered.ticket.guarded.as_ref();
    let lost = || Refusal::new(ErrorCode::GuardrailBlocked, "a guardrail stopped the answer");
    Err(state.map_or_else(lost, |state| blocked(&state.chosen, &stop)))
}

/// A body through the guardrails of its call; `None` when nothing was replaced. Errors: one of them stops it.
pub(super) async fn looked(
    answered: &mut Answered,
    body: &Bytes,
    is_json: bool,
) -> Result<Option<Bytes>, Blocked> {
    let Answered { ticket, call, .. } = answered;
    let asks =
        ticket.guarded.as_ref().is_some_and(|state| state.chosen.asking(Side::Response).next().is_some());
    let asked = asks.then(|| (about(ticket, call), Rc::clone(ticket.worker())));
    let Some(state) = &mut ticket.guarded else { return Ok(None) };
    match asked {
        None => guard::any_body(body, is_json, state).await,
        Some((about, worker)) => guard::asked_body(&worker, &about, body, is_json, state).await,
    }
}

/// A verdict about the request stops the answer that waited for it: what it cost is charged, and the caller gets none.
pub(super) async fn refused(mut answered: Box<Answered>, refusal: &Refusal) -> Reply {
    let (mut usage, mut seen) = (None, Bytes::new());
    if headers::is_event_stream(&answered.response.headers) {
        if for_others::get_it(&answered) {
            return for_others::stopped(*answered, refusal);
        }
    } else {
        let limit = answered.live.snapshot.settings.max_translated_bytes;
        let left = u64::try_from(answered.deadline - answered.ticket.worker().now()).unwrap_or(0);
        let hold = held::hold(&mut answered.response.body, &mut answered.ticket, limit);
        if let Ok(Ok(Held::Complete(body))) = tokio::time::timeout(Duration::from_micros(left), hold).await {
            usage =
                held::stated_usage(answered.sent.format, &answered.response.headers, &body).ok().flatten();
            answered.ticket.note_stated(usage);
            seen = body;
            if let Some(lead) = &mut answered.ticket.lead {
                lead.note_whole();
            }
        }
    }
    stopped(*answered, refusal, usage, &seen)
}

/// A guardrail stops the answer: what it cost is charged, and the caller gets none of it.
fn stopped(answered: Answered, refusal: &Refusal, usage: Option<Usage>, body: &[u8]) -> Reply {
    let Answered { mut ticket, target, model_name, response, .. } = answered;
    settle_attempt(&mut ticket, response.status.as_u16(), "", usage, body);
    let reply = told(&ticket, &model_name, &target, refusal);
    super::refuse::end(ticket, refusal.code, &reply);
    reply
}

/// What the caller gets in place of the answer.
pub(super) fn told(ticket: &Ticket, model_name: &str, target: &Target, refusal: &Refusal) -> Reply {
    let format = ticket.record.format;
    let soft = super::soft::reply(ticket, refusal);
    let mut reply = soft.unwrap_or_else(|| super::refuse::refusal_reply(format, refusal, None));
    headers::add_route(reply.headers_mut(), ticket, model_name, Some(target));
    headers::add_attempts(reply.headers_mut(), ticket.tries());
    reply
}

/// The answer in the caller's format; `None` when it is in it already. A large one (vectors of many texts) is
/// written off the worker, whose other calls would wait.
async fn translate(
    answered: &Answered,
    body: &Bytes,
    usage: Option<Usage>,
) -> Result<Option<Whole>, Refusal> {
    let (from, to) = (answered.sent.format, answered.call.format);
    if from == to {
        return Ok(None);
    }
    let mut context = write_context(answered);
    if let Some(usage) = usage {
        context.input_tokens = usage.input_tokens;
    }
    let earlier = &answered.sent.earlier;
    let translated = if earlier.is_empty() && body.len() <= INLINE_BYTES {
        gw_wire::translate::whole(from, to, body, &context)
    } else {
        let bodies: Vec<Bytes> = earlier.iter().chain([body]).cloned().collect();
        let work = move || match bodies.as_slice() {
            [body] => gw_wire::translate::whole(from, to, body, &context),
            bodies => {
                let parts: Vec<&[u8]> = bodies.iter().map(|part| &part[..]).collect();
                gw_wire::translate::parts(from, to, &parts, &context)
            }
        };
        let unable = |_| Refusal::new(ErrorCode::Internal, "the provider's answer could not be translated");
        tokio::task::spawn_blocking(work).await.map_err(unable)?
    };
    translated.map(Some).map_err(|error| {
        let (request_id, error) = (answered.ticket.record.id, error.for_log());
        tracing::warn!(%request_id, error, "an answer could not be translated");
        Refusal::new(ErrorCode::UpstreamError, "the provider's answer can not be read")
    })
}

/// What a writer of the caller's format needs to know.
pub(super) fn write_context(answered: &Answered) -> WriteContext {
    WriteContext {
        tool_names: answered.sent.tool_names.clone(),
        fallback_id: answered.ticket.record.id.to_string(),
        fallback_model: answered.target.model.to_string(),
        created: answered.ticket.record.time / 1_000_000,
        include_usage: answered.call.facts.include_usage,
        request: match answered.call.format {
            WireFormat::OpenAiResponses => answered.call.asked().clone(),
            // What was asked says how the answer is to be written.
            format if matches!(format.endpoint(), Endpoint::Embeddings | Endpoint::Rerank) => {
                answered.call.body.clone()
            }
            // A large request must not be kept for an answer that does not repeat it.
            _ => Bytes::new(),
        },
        input_tokens: answered.ticket.input_tokens,
        stored_as: keep::here(answered),
        json_array: answered.call.facts.json_array,
    }
}

pub(super) fn settle_attempt(
    ticket: &mut Ticket,
    status: u16,
    reason: &str,
    usage: Option<Usage>,
    body: &[u8],
) {
    let estimate = if usage.is_some() { 0 } else { gw_wire::estimate::text_tokens(body) };
    let (usage, source) = meter::charged(usage, ticket, ticket.estimated_output(estimate));
    ticket.close_attempt(status, reason, usage, source);
}

/// A larger answer flows on; its cost is known only at its end.
fn large(answered: Answered, head: Bytes) -> Reply {
    let Answered { mut ticket, target, model_name, response, call, sent, deadline, .. } = answered;
    let gauge = Gauge::new(call.format, &response.headers);
    let mut map = headers::passed(response.headers);
    headers::add_changes(&mut map, &sent);
    headers::add_route(&mut map, &ticket, &model_name, Some(&target));
    headers::add_attempts(&mut map, ticket.tries());
    ticket.record.status = response.status.as_u16();
    ticket.note_first_byte();
    let stores = keep::at_provider(sent.format, &call);
    let body = LargeBody::new(ticket, gauge, head, response.body, deadline).note_answer(stores);
    let mut reply = Reply::new(ReplyBody::Large(Box::new(body)));
    *reply.status_mut() = response.status;
    *reply.headers_mut() = map;
    reply
}

/// The upstream billed something that the caller cannot get: charged by what it states, else by what was seen of it.
fn broken(
    answered: Answered,
    refusal: Refusal,
    reason: &str,
    stated: Option<Usage>,
    seen_bytes: u64,
) -> Reply {
    let Answered { mut ticket, target, model_name, response, .. } = answered;
    let output = ticket.estimated_output(seen_bytes.div_ceil(4));
    let (usage, source) = meter::charged(stated, &ticket, output);
    ticket.close_attempt(response.status.as_u16(), reason, usage, source);
    let reply = told(&ticket, &model_name, &target, &refusal);
    refusal.code.as_str().clone_into(&mut ticket.record.error_code);
    ticket.finish(Outcome::UpstreamError, refusal.code.status());
    reply
}
