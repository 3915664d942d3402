//! Answers that go on byte for byte, whatever they are: nothing is added, translated or held back, save for a JSON
//! answer that is small enough to state its cost in a header. Usage is read on the way by, where it is recognised.

use super::shape::Shape;
use super::{headers, meter};
use crate::attempt::Answered;
use crate::files::answer::{self as notes, Noting};
use crate::reply::{Incomplete, Reply, ReplyBody};
use crate::ticket::Ticket;
use bytes::{Bytes, BytesMut};
use gw_model::{
    Call, Endpoint, ErrorCode, Micros, Outcome, RawLine, Refusal, Usage, UsageSource, WireFormat,
};
use gw_upstream::{BodyError, UpstreamBody};
use gw_wire::usage::RawMeter;
use http::header::{self, HeaderMap, HeaderValue};
use std::task::{Context, Poll};
use std::time::Duration;

/// See the module.
pub struct RawBody {
    ticket: Option<Ticket>,
    /// What has been read already.
    head: Option<Bytes>,
    /// `None` once nothing more will come.
    upstream: Option<UpstreamBody>,
    /// The format, where it is known.
    format: Option<WireFormat>,
    meter: RawMeter,
    /// Usage that stands beside the answer.
    beside: Option<Usage>,
    /// Server-sent events, which an error may follow.
    is_events: bool,
    /// The end of what was passed on, or what is still to be.
    last: Bytes,
    /// The caller is to be told that the answer is not whole.
    is_broken: bool,
    /// Output tokens that are held.
    held_output: u64,
    deadline: Micros,
}

impl std::fmt::Debug for RawBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawBody").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

/// The reply to a call that went on as it was.
pub(crate) async fn reply(mut answered: Answered) -> Reply {
    let headers = &answered.response.headers;
    let is_json = content_type(headers).is_some_and(is_json);
    let length = headers.get(header::CONTENT_LENGTH).cloned();
    let settings = &answered.live.snapshot.settings;
    let noting = notes::noting(&answered, is_json);
    let limit = if noting == Noting::Whole {
        settings.max_translated_bytes
    } else {
        settings.cost_header_buffer_bytes
    };
    let stated = length.as_ref().and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let is_whole = answered.response.body.is_end();
    let fits = stated.is_none_or(|length: usize| length <= limit);
    let held = if is_whole || noting == Noting::Whole || (is_json && fits && !answered.call.facts.stream) {
        match hold(&mut answered, limit).await {
            Ok((body, true)) if noting != Noting::None => {
                return match notes::note(&mut answered, body).await {
                    Ok(body) => complete(answered, body, length),
                    Err(refusal) => refused(answered, &refusal),
                };
            }
            Ok((body, true)) => return complete(answered, body, length),
            Ok(_) if noting == Noting::Whole => {
                let text = "the provider's answer is too large to be read";
                return refused(answered, &Refusal::new(ErrorCode::UpstreamError, text));
            }
            Ok((head, false)) => head,
            Err(error) => return broken(answered, &error),
        }
    } else {
        Bytes::new()
    };
    flowing(answered, held, length)
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    text.split(';').next().map(str::trim)
}

fn is_json(content_type: &str) -> bool {
    let name = content_type.to_ascii_lowercase();
    name == "application/json" || name.ends_with("+json")
}

/// Collects the body up to `limit` bytes; whether that is all of it.
async fn hold(answered: &mut Answered, limit: usize) -> Result<(Bytes, bool), BodyError> {
    let left = u64::try_from(answered.deadline - answered.ticket.worker().now()).unwrap_or(0);
    let (body, ticket) = (&mut answered.response.body, &mut answered.ticket);
    let read = async {
        let mut held = BytesMut::new();
        while let Some(piece) = body.next().await {
            held.extend_from_slice(&piece?);
            ticket.seen_bytes = held.len() as u64;
            if held.len() > limit {
                return Ok((held.freeze(), false));
            }
        }
        Ok((held.freeze(), true))
    };
    tokio::time::timeout(Duration::from_micros(left), read).await.unwrap_or(Err(BodyError::IdleTimeout))
}

/// Only what makes something uses something: an object that is looked at or cancelled states what it has used before.
fn states_new_usage(line: &RawLine) -> bool {
    line.method == "POST" && line.object.is_none() && !line.path.ends_with("/cancel")
}

/// Are the bytes of such an answer something that was generated? Vectors and counts are not.
fn generates(format: Option<WireFormat>) -> bool {
    format.is_some_and(|format| format.endpoint() != Endpoint::Embeddings && format.counts().is_none())
}

/// Does the provider store the answer for later requests?
fn stores_answer(call: &Call) -> bool {
    let format = call.raw.as_ref().and_then(|line| line.format);
    format == Some(WireFormat::OpenAiResponses) && call.facts.stores
}

/// What an answer consumed. Where nothing is known of the path, only what the answer itself states counts.
fn charged(
    ticket: &Ticket,
    format: Option<WireFormat>,
    stated: Option<Usage>,
    seen: u64,
) -> (Usage, UsageSource) {
    match (stated, format) {
        // Counted tokens are not consumed.
        (_, Some(format)) if format.counts().is_some() => (Usage::default(), UsageSource::None),
        (None, None) => (Usage::default(), UsageSource::None),
        (stated, _) => meter::charged(stated, ticket, ticket.estimated_output(seen)),
    }
}

/// The answer is in memory.
fn complete(answered: Answered, body: Bytes, length: Option<HeaderValue>) -> Reply {
    let Answered { mut ticket, target, model_name, response, call, .. } = answered;
    let line = call.raw.as_deref();
    let format = line.and_then(|line| line.format).filter(|_| response.status.is_success());
    let is_head = line.is_some_and(|line| line.method == "HEAD");
    let is_counted = line.is_some_and(states_new_usage);
    let beside = headers::stated_usage(&response.headers).filter(|_| is_counted);
    let mut map = headers::passed(response.headers);
    if let (true, Some(length)) = (is_head, length) {
        map.insert(header::CONTENT_LENGTH, length);
    }
    if stores_answer(&call) && response.status.is_success() {
        ticket.made = gw_wire::openai_responses::stored::made(&body);
    }
    let stated = if is_counted { gw_wire::usage::from_raw(format, &body).or(beside) } else { None };
    let estimate =
        if stated.is_some() || !generates(format) { 0 } else { gw_wire::estimate::text_tokens(&body) };
    let (usage, source) = charged(&ticket, format, stated, estimate);
    ticket.close_attempt(response.status.as_u16(), "", usage, source);
    headers::add_route(&mut map, &ticket, &model_name, Some(&target));
    headers::add_attempts(&mut map, ticket.record.attempts.len());
    ticket.note_first_byte();
    let settled = ticket.finish(Outcome::Success, response.status.as_u16());
    headers::add_cost(&mut map, settled.cost);
    let mut reply = Reply::new(ReplyBody::whole(body));
    *reply.status_mut() = response.status;
    *reply.headers_mut() = map;
    reply
}

/// The answer broke off before any of it was passed on.
fn broken(answered: Answered, error: &BodyError) -> Reply {
    let Answered { mut ticket, target, model_name, response, call, .. } = answered;
    let refusal = match error {
        BodyError::IdleTimeout => {
            Refusal::new(ErrorCode::UpstreamTimeout, "the provider stopped in the midst of its answer")
        }
        _ => Refusal::new(ErrorCode::UpstreamError, "the provider's answer broke off"),
    };
    let format = call.raw.as_ref().and_then(|line| line.format);
    let (usage, source) = charged(&ticket, format, None, ticket.seen_bytes.div_ceil(4));
    ticket.close_attempt(response.status.as_u16(), "cut", usage, source);
    let mut reply = super::refuse::refusal_reply(ticket.record.format, &refusal, None);
    headers::add_route(reply.headers_mut(), &ticket, &model_name, Some(&target));
    headers::add_attempts(reply.headers_mut(), ticket.record.attempts.len());
    refusal.code.as_str().clone_into(&mut ticket.record.error_code);
    ticket.finish(Outcome::UpstreamError, refusal.code.status());
    reply
}

/// The answer came, and cannot be passed on.
fn refused(answered: Answered, refusal: &Refusal) -> Reply {
    let Answered { mut ticket, target, model_name, response, .. } = answered;
    ticket.close_attempt(response.status.as_u16(), "not_noted", Usage::default(), UsageSource::None);
    let mut reply = super::refuse::refusal_reply(ticket.record.format, refusal, None);
    headers::add_route(reply.headers_mut(), &ticket, &model_name, Some(&target));
    headers::add_attempts(reply.headers_mut(), ticket.record.attempts.len());
    refusal.code.as_str().clone_into(&mut ticket.record.error_code);
    ticket.finish(Outcome::UpstreamError, refusal.code.status());
    reply
}

/// The answer flows on; its cost is known only at its end.
fn flowing(answered: Answered, head: Bytes, length: Option<HeaderValue>) -> Reply {
    let Answered { mut ticket, live, target, model_name, response, call, output_bound, deadline, .. } =
        answered;
    let format = call.raw.as_ref().and_then(|line| line.format);
    let max_event_bytes = live.snapshot.settings.max_event_bytes;
    let content_type = content_type(&response.headers).unwrap_or_default();
    let is_events = content_type.eq_ignore_ascii_case("text/event-stream") && length.is_none();
    let is_counted = call.raw.as_deref().is_some_and(states_new_usage);
    let meter = match is_counted {
        true => RawMeter::new(format, content_type, call.facts.stream, max_event_bytes)
            .note_answer(stores_answer(&call)),
        false => RawMeter::blind(),
    };
    let beside = headers::stated_usage(&response.headers).filter(|_| is_counted);
    let mut map = headers::passed(response.headers);
    if let Some(length) = length {
        map.insert(header::CONTENT_LENGTH, length);
    }
    headers::add_route(&mut map, &ticket, &model_name, Some(&target));
    headers::add_attempts(&mut map, ticket.record.attempts.len() + 1);
    ticket.record.status = response.status.as_u16();
    ticket.worker().gateway().metrics.open_streams.inc();
    let body = RawBody {
        ticket: Some(ticket),
        head: (!head.is_empty()).then_some(head),
        upstream: Some(response.body),
        format,
        meter,
        beside,
        is_events,
        last: Bytes::new(),
        is_broken: false,
        held_output: output_bound,
        deadline,
    };
    let mut reply = Reply::new(ReplyBody::Raw(Box::new(body)));
    *reply.status_mut() = response.status;
    *reply.headers_mut() = map;
    reply
}

impl RawBody {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Incomplete>>> {
        if let Some(head) = self.head.take() {
            return self.pass(cx, head);
        }
        if std::mem::take(&mut self.is_broken) {
            return Poll::Ready(Some(Err(Incomplete)));
        }
        let Some(upstream) = &mut self.upstream else { return Poll::Ready(None) };
        match upstream.poll_data(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(_))) if self.is_late() => {
                let refusal = Refusal::new(ErrorCode::UpstreamTimeout, "the request's total time is up");
                self.broke_off(cx, "timeout", &refusal)
            }
            Poll::Ready(Some(Ok(piece))) => self.pass(cx, piece),
            // The answer was complete; how the connection ended is of no interest.
            Poll::Ready(Some(Err(_))) if self.is_over() => {
                self.upstream = None;
                self.settle_end();
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(_))) => {
                let refusal = Refusal::new(ErrorCode::UpstreamError, "the provider's stream broke off");
                self.broke_off(cx, "cut", &refusal)
            }
            Poll::Ready(None) => {
                self.upstream = None;
                self.settle_end();
                Poll::Ready(None)
            }
        }
    }

    /// Events of a known format that have said that they are complete.
    fn is_over(&self) -> bool {
        self.is_events && self.format.is_some() && self.meter.is_complete()
    }

    /// Is the request's total time up? Silence is bounded by the idle limit.
    fn is_late(&self) -> bool {
        self.ticket.as_ref().is_some_and(|t| t.worker().now() > self.deadline)
    }

    fn pass(&mut self, cx: &mut Context<'_>, piece: Bytes) -> Poll<Option<Result<Bytes, Incomplete>>> {
        self.meter.feed(&piece);
        if let Err(refusal) = self.extend() {
            // What has come is the caller's all the same.
            self.last = piece;
            return self.broke_off(cx, "budget", &refusal);
        }
        if let Some(ticket) = &mut self.ticket {
            ticket.note_first_byte();
        }
        // The settlement is written before the last byte goes out.
        if self.upstream.as_ref().is_some_and(UpstreamBody::is_end) {
            self.settle_end();
        }
        self.last = piece.slice(piece.len().saturating_sub(4)..);
        Poll::Ready(Some(Ok(piece)))
    }

    /// Estimate of the output so far, where its bytes are one.
    fn seen_output(&self) -> u64 {
        if generates(self.format) { self.meter.estimated_output_tokens() } else { 0 }
    }

    /// Grows the hold of an answer that outgrows it.
    fn extend(&mut self) -> Result<(), Refusal> {
        let seen = self.seen_output();
        self.ticket.as_mut().map_or(Ok(()), |ticket| ticket.hold_for(seen, &mut self.held_output))
    }

    /// Ends what can not go on: events of a known format with an error event, anything else by breaking off.
    fn broke_off(
        &mut self,
        cx: &Context<'_>,
        reason: &str,
        refusal: &Refusal,
    ) -> Poll<Option<Result<Bytes, Incomplete>>> {
        let id = self.ticket.as_ref().map(|ticket| ticket.record.id.to_string()).unwrap_or_default();
        self.cut(reason, refusal.code.as_str());
        let Some(format) = self.format.filter(|_| self.is_events) else {
            // The next poll breaks off: what went before must be on its way by then.
            self.is_broken = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        };
        let event = gw_wire::errors::event(format, refusal, &id);
        let separator = Shape::of(format, false).separator(&self.last);
        let held = if reason == "budget" { std::mem::take(&mut self.last) } else { Bytes::new() };
        Poll::Ready(Some(Ok([&held[..], separator, &event].concat().into())))
    }

    fn cut(&mut self, reason: &str, code: &str) {
        self.upstream = None;
        self.settle(Outcome::StreamCut, reason, code);
    }

    fn settle_end(&mut self) {
        if self.meter.has_error() {
            self.settle(Outcome::UpstreamError, "error_event", ErrorCode::UpstreamError.as_str());
        } else {
            self.settle(Outcome::Success, "", "");
        }
    }

    fn settle(&mut self, outcome: Outcome, reason: &str, code: &str) {
        let Some(mut ticket) = self.ticket.take() else { return };
        ticket.worker().gateway().metrics.open_streams.dec();
        let seen = self.seen_output();
        let stated = self.meter.usage().or(self.beside);
        let (mut usage, mut source) = charged(&ticket, self.format, stated, seen);
        // Half-way, an upstream may have stated its input only; what was seen of the output is added.
        if self.format.is_some() && !self.meter.is_complete() && usage.output_tokens < seen {
            usage.output_tokens = seen;
            source = UsageSource::Estimated;
        }
        ticket.made = self.meter.take_answer();
        let status = ticket.record.status;
        ticket.close_attempt(status, reason, usage, source);
        code.clone_into(&mut ticket.record.error_code);
        ticket.finish(outcome, status);
    }
}

impl Drop for RawBody {
    fn drop(&mut self) {
        let stopping = self.ticket.as_ref().is_some_and(|t| t.worker().gateway().is_stopping());
        let outcome = if stopping { Outcome::Shutdown } else { Outcome::ClientDisconnect };
        self.settle(outcome, "abandoned", "");
    }
}
