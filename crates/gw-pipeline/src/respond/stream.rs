//! A streamed answer: frames go on as they arrive, everything that is ready in one piece; usage is read on
//! the way by, and the call is settled before its last frame leaves. An upstream that dies in the midst,
//! or sends what is not JSON, gives the caller an error event in its own format, never a clean end.

mod asking;
mod beside;
mod guarded;
mod muted;

use super::keep::{self, Keep};
use super::outlet::Outlet;
use super::shape::Shape;
use super::{guard, headers, meter, whole};
use crate::attempt::Answered;
use crate::guard::about as about_call;
use crate::reply::{Reply, ReplyBody};
use crate::ticket::Ticket;
use bytes::{Bytes, BytesMut};
use gw_guard::Side;
use gw_model::snapshot::PathSettings;
use gw_model::{Call, Endpoint, ErrorCode, Micros, Outcome, Refusal, WireFormat};
use gw_upstream::{BodyError, Timer, UpstreamBody};
use gw_wire::codec::{WireError, WriteContext};
use gw_wire::frames::{Frame, Framer, goes_on};
use gw_wire::translate::StreamTranslator;
use gw_wire::usage::StreamMeter;
use http::header::{self, HeaderMap, HeaderValue};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;

/// Largest event with an image: one of 4K without compression, as base64.
const MAX_IMAGE_EVENT_BYTES: usize = 40 << 20;

/// What keeps a silent stream alive.
const PING: &[u8] = b": ping\n\n";

/// How long the upstream may take to end its body once its answer is complete. The last piece waits for that:
/// it must not leave before the call is settled, and what else came would have to be metered too.
const END_GRACE: Duration = Duration::from_millis(50);

/// See the module.
pub struct StreamBody {
    ticket: Option<Ticket>,
    upstream: Option<UpstreamBody>,
    framer: Framer,
    meter: StreamMeter,
    outlet: Outlet,
    /// Where guardrails look at the answer.
    guard: Option<Box<guard::StreamGuard>>,
    /// Where others are asked about it too.
    asked: Option<Box<guard::StreamAsk>>,
    asking: Option<asking::Asking>,
    /// What is looked at beside the worker.
    looking: Option<beside::Looking>,
    /// Kept between pieces for its room.
    pieces: Vec<Bytes>,
    caller_format: WireFormat,
    shape: Shape,
    /// The upstream's format has no end mark: only its closing says that nothing more will come.
    open_ended: bool,
    /// The caller has something of the stream.
    sent: bool,
    /// Output tokens that are held.
    held_output: u64,
    deadline: Micros,
    ping_us: i64,
    last_piece: Micros,
    timer: Timer,
    /// The piece that completes the answer, and how long it waits.
    last: Option<Bytes>,
    end_timer: Option<Pin<Box<Sleep>>>,
    /// The gateway stores the answer when it is complete.
    keep: Option<Keep>,
    saving: Option<Saving>,
    /// The caller gets no more, and others do.
    muted: Option<muted::Muted>,
}

/// An answer that is being stored, and the piece that may leave when that is done.
struct Saving {
    done: Pin<Box<dyn Future<Output = Result<(), Refusal>>>>,
    last: Bytes,
}

impl std::fmt::Debug for StreamBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamBody").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

/// Starts the stream to the caller.
pub(crate) fn reply(answered: Answered) -> Reply {
    let context = whole::write_context(&answered);
    let (output_bound, deadline) = (answered.output_bound, answered.deadline);
    let kept = keep::here(&answered);
    let Answered { mut ticket, live, call, target, model_name, sent, response, .. } = answered;
    let upstream_format = sent.format;
    let settings = &live.snapshot.settings;
    let shape = Shape::of(call.format, call.facts.json_array);
    let framer = framer(upstream_format, &response.headers, settings);
    let mut map = headers::passed(response.headers);
    map.insert(header::CONTENT_TYPE, HeaderValue::from_static(shape.content_type()));
    map.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers::add_route(&mut map, &ticket, &model_name, Some(&target));
    headers::add_attempts(&mut map, ticket.tries());
    headers::add_changes(&mut map, &sent);
    ticket.record.status = response.status.as_u16();
    let has_words = ticket.guarded.as_ref().is_some_and(|guarded| guarded.chosen.has_words());
    let outlet = outlet(upstream_format, &call, shape, has_words, context);
    let ping_ms = if shape.takes_comments(call.format) { settings.stream_ping_ms } else { 0 };
    let now = ticket.worker().now();
    ticket.worker().gateway().metrics.open_streams.inc();
    let keep = kept.map(|id| Keep::new(&ticket, &call, id, settings.response_retention_days));
    let stores = keep::at_provider(upstream_format, &call);
    let meter = StreamMeter::new(upstream_format)
        .hide_usage(sent.hide_usage)
        .choices(call.facts.choices)
        // A translation reads them.
        .check_syntax(!matches!(outlet, Outlet::Translated(_)))
        .note_answer(stores);
    let about = ticket.guarded.as_ref().filter(|state| state.chosen.asking(Side::Response).next().is_some());
    let about = about.map(|_| about_call(&ticket, &call));
    let guarded = if ticket.is_guarded() { ticket.guarded.take() } else { None };
    let asked = guarded.as_ref().zip(about);
    let asked = asked.map(|(state, about)| Box::new(guard::StreamAsk::new(state, upstream_format, about)));
    let restores = asked.is_none();
    let guard = guarded.map(|guarded| Box::new(guard::StreamGuard::new(guarded, upstream_format, restores)));
    let body = StreamBody {
        ticket: Some(ticket),
        upstream: Some(response.body),
        framer,
        meter,
        outlet,
        guard,
        asked,
        asking: None,
        looking: None,
        pieces: Vec::new(),
        caller_format: call.format,
        shape,
        open_ended: is_open_ended(upstream_format),
        sent: false,
        held_output: output_bound,
        deadline,
        ping_us: i64::try_from(ping_ms.saturating_mul(1000)).unwrap_or(i64::MAX),
        last_piece: now,
        timer: Timer::default(),
        last: None,
        end_timer: None,
        keep,
        saving: None,
        muted: None,
    };
    let mut reply = Reply::new(ReplyBody::Stream(Box::new(body)));
    *reply.status_mut() = response.status;
    *reply.headers_mut() = map;
    reply
}

/// How frames become the caller's. A guardrail that may end the stream with words of its own must know where in the answer it
/// stands: then the same format is written anew, too.
fn outlet(from: WireFormat, call: &Call, shape: Shape, has_words: bool, context: WriteContext) -> Outlet {
    let goes_on = from == call.format && !(has_words && from.is_conversation());
    let translator = match goes_on {
        true => None,
        // Formats without conversations never get here: the plan leaves such targets out.
        false => StreamTranslator::new(from, call.format, context).ok(),
    };
    match (translator, shape) {
        (Some(translator), _) => Outlet::Translated(Box::new(translator)),
        (None, Shape::JsonArray) => Outlet::Array { begun: false },
        (None, _) => Outlet::Same,
    }
}

/// Takes an upstream's stream apart.
pub(crate) fn framer(format: WireFormat, headers: &HeaderMap, settings: &PathSettings) -> Framer {
    // Bedrock wraps the events of a model's own format.
    let is_wrapped = format != WireFormat::BedrockConverse && headers::is_binary(headers);
    match is_wrapped {
        true => Framer::wrapped(settings.max_event_bytes),
        false => Framer::new(format, max_event_bytes(format, settings.max_event_bytes)),
    }
}

/// Formats whose streams have no mark behind the answer's last event, or not always.
const fn is_open_ended(format: WireFormat) -> bool {
    matches!(format, WireFormat::GeminiGenerate)
        || matches!(format.endpoint(), Endpoint::Images | Endpoint::Audio)
}

/// An event with an image holds all of it.
fn max_event_bytes(format: WireFormat, setting: usize) -> usize {
    match format.endpoint() {
        Endpoint::Images => setting.max(MAX_IMAGE_EVENT_BYTES),
        _ => setting,
    }
}

impl StreamBody {
    /// The next piece for the caller; `None` at the end.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if let Some(muted) = self.muted {
                return self.poll_muted(muted, cx);
            }
            if self.looking.is_some() {
                match self.poll_looking(cx) {
                    Poll::Pending => return self.poll_timer(cx),
                    Poll::Ready(out) if out.is_empty() => continue,
                    Poll::Ready(out) => return Poll::Ready(Some(self.sent(out))),
                }
            }
            let out = match self.upstream.as_mut().map(|upstream| upstream.poll_data(cx)) {
                None if self.asking.is_some() => match self.poll_asking(cx) {
                    Poll::Pending => return self.poll_timer(cx),
                    Poll::Ready(out) => out,
                },
                None => match self.poll_saving(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(None) => return Poll::Ready(None),
                    Poll::Ready(Some(last)) => last,
                },
                Some(polled) => match polled {
                    Poll::Pending if self.last.is_some() => match self.poll_end(cx) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(last) => last,
                    },
                    Poll::Pending => return self.poll_timer(cx),
                    Poll::Ready(Some(Ok(piece))) => self.digest(piece),
                    Poll::Ready(Some(Err(error))) => self.broke_off(&error),
                    Poll::Ready(None) => {
                        let rest = self.framer.finish();
                        self.ended(rest)
                    }
                },
            };
            if !out.is_empty() {
                return Poll::Ready(Some(self.sent(out)));
            }
        }
    }

    /// Notes that a piece goes to the caller.
    fn sent(&mut self, out: Bytes) -> Bytes {
        self.sent = true;
        if let Some(ticket) = &mut self.ticket {
            ticket.note_first_byte();
        }
        out
    }

    /// Takes in what the upstream sent; gives what of it goes to the caller.
    fn digest(&mut self, piece: Bytes) -> Bytes {
        let (out, fault) = match self.guard.is_some() {
            true => self.guarded_frames(piece),
            false => self.frames(piece),
        };
        if self.looking.is_some() { out } else { self.digested(out, fault) }
    }

    /// What of that goes to the caller, and why reading can not go on behind it, if so.
    fn digested(&mut self, out: Bytes, fault: Option<Refusal>) -> Bytes {
        if let Some(refusal) = fault {
            let reason = if refusal.code == ErrorCode::GuardrailBlocked { "guardrail" } else { "malformed" };
            return self.cut(&refusal, reason, out);
        }
        let is_over = self.is_over();
        let Some(now) = self.ticket.as_ref().map(|ticket| ticket.worker().now()) else { return out };
        if !out.is_empty() {
            self.last_piece = now;
        }
        // A complete answer is charged as it is; only one that goes on behind its end must not do so for ever.
        if !is_over || self.last.is_some() {
            if let Err(refusal) = self.extend() {
                return self.cut(&refusal, "budget", out);
            }
            if now > self.deadline {
                let refusal = Refusal::new(ErrorCode::UpstreamTimeout, "the request's total time is up");
                return self.cut(&refusal, "timeout", out);
            }
        }
        if is_over {
            // What was taken for the last piece before was not.
            self.end_timer = None;
            return self.last.replace(out).unwrap_or_default();
        }
        out
    }

    /// The answer is complete, as far as can be told: the piece that made it so is kept until the upstream closes.
    const fn is_over(&self) -> bool {
        self.meter.finished() || (self.open_ended && self.meter.complete())
    }

    /// Every complete frame that is ready, in one piece; and why reading can not go on behind it, if so.
    fn frames(&mut self, piece: Bytes) -> (Bytes, Option<Refusal>) {
        let Self { framer, meter, outlet, pieces, .. } = self;
        match outlet {
            Outlet::Same => match framer.drain(piece, |frame| meter.frame(frame), pieces) {
                Ok(()) => (join(pieces), None),
                Err(error) => (join(pieces), Some(self.unreadable(&error))),
            },
            Outlet::Array { .. } | Outlet::Translated(_) => {
                framer.push(piece);
                let mut out = Vec::new();
                while let Some(frame) = framer.next() {
                    let is_over = meter.finished();
                    let read = frame.and_then(|frame| {
                        goes_on(meter.frame(&frame))?;
                        if is_over { Ok(()) } else { outlet.frame_into(&frame, &mut out) }
                    });
                    if let Err(error) = read {
                        return (out.into(), Some(self.unreadable(&error)));
                    }
                }
                (out.into(), None)
            }
        }
    }

    fn unreadable(&self, error: &WireError) -> Refusal {
        let request_id = self.ticket.as_ref().map(|t| t.record.id);
        tracing::warn!(?request_id, error = error.for_log(), "a stream could not be read");
        Refusal::new(ErrorCode::UpstreamError, "the provider's stream can not be read")
    }

    /// Grows the hold of a stream that outgrows it.
    fn extend(&mut self) -> Result<(), Refusal> {
        let seen = self.meter.estimated_output_tokens();
        self.ticket.as_mut().map_or(Ok(()), |ticket| ticket.hold_for(seen, &mut self.held_output))
    }

    /// The upstream's stream is over: cleanly, if it said so before. `rest` is an event that lacks its blank line.
    fn ended(&mut self, rest: Result<Option<Frame>, WireError>) -> Bytes {
        let mut out = Vec::from(self.last.take().unwrap_or_default());
        let was_finished = self.meter.finished();
        let mut looked = Ok(());
        let rest = rest.and_then(|rest| {
            let Some(frame) = rest else { return Ok(()) };
            if goes_on(self.meter.frame(&frame))? {
                if self.guard.is_some() {
                    looked = self.guard_frame(frame);
                } else {
                    self.outlet.frame_into(&frame, &mut out)?;
                }
            }
            Ok(())
        });
        if let Err(refusal) = self.guard_settled(looked, true, &mut out) {
            return self.cut(&refusal, "guardrail", out.into());
        }
        // Half an event behind the answer's end is no part of it; before, there was more to come.
        if self.meter.complete() && (rest.is_ok() || was_finished) {
            if self.asked.is_some() {
                return self.begin_asking(out.into(), true);
            }
            self.outlet.finish_into(&mut out);
            return self.end_with(out.into());
        }
        let refusal =
            Refusal::new(ErrorCode::UpstreamError, "the provider's stream ended before its answer did");
        self.cut(&refusal, "cut", out.into())
    }

    fn broke_off(&mut self, error: &BodyError) -> Bytes {
        // The answer was complete; how the connection ended is of no interest.
        if self.open_ended && self.meter.complete() {
            return self.ended(Ok(None));
        }
        if let Some(last) = self.last.take() {
            return self.end_with(last);
        }
        self.upstream = None;
        let (refusal, reason) = match error {
            BodyError::IdleTimeout => {
                (Refusal::new(ErrorCode::UpstreamTimeout, "the provider's stream fell silent"), "timeout")
            }
            _ => (Refusal::new(ErrorCode::UpstreamError, "the provider's stream broke off"), "cut"),
        };
        self.cut(&refusal, reason, Bytes::new())
    }

    /// Ends the stream with its last piece: the call is settled before it leaves.
    fn end_with(&mut self, last: Bytes) -> Bytes {
        if self.asked.is_some() {
            return self.begin_asking(last, false);
        }
        if let Some(ticket) = &mut self.ticket {
            ticket.note_first_byte();
        }
        self.upstream = None;
        let answer = if self.meter.error().is_some() { None } else { self.outlet.take_stored() };
        if let (Some(keep), Some(answer)) = (self.keep.take(), answer) {
            self.saving = Some(Saving { done: Box::pin(keep.write(answer.into())), last });
            return Bytes::new();
        }
        self.settle_end();
        last
    }

    /// The answer is complete: the last piece leaves when it is stored, or an error in its place.
    fn poll_saving(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(saving) = &mut self.saving else { return Poll::Ready(None) };
        let Poll::Ready(done) = saving.done.as_mut().poll(cx) else { return Poll::Pending };
        let last = self.saving.take().map(|saving| saving.last).unwrap_or_default();
        Poll::Ready(Some(match done {
            Ok(()) => {
                self.settle_end();
                last
            }
            Err(refusal) => self.cut(&refusal, "not_stored", Bytes::new()),
        }))
    }

    /// Ends the stream with an error event behind what was still to be said.
    fn cut(&mut self, refusal: &Refusal, reason: &'static str, said: Bytes) -> Bytes {
        // What is this caller's own affair ends nobody else's answer.
        let goes_on = matches!(reason, "guardrail" | "budget" | "timeout") && self.is_shared();
        if !goes_on {
            // Behind what stopped it, all the rest may have come already.
            let is_whole = reason == "guardrail" && self.count() && self.meter.complete();
            self.note_whole(is_whole);
            // Dropping the body closes the upstream connection.
            self.upstream = None;
        }
        (self.asked, self.asking) = (None, None);
        let said = match self.last.take() {
            Some(last) => Bytes::from([last, said].concat()),
            None => said,
        };
        let id = self.ticket.as_ref().map(|t| t.record.id.to_string()).unwrap_or_default();
        let mut words = Vec::new();
        let is_answered = refusal.answer.as_ref().is_some_and(|text| self.outlet.end_with(text, &mut words));
        let event = match self.shape {
            _ if is_answered => words.into(),
            // Nothing may stand behind a closed array.
            Shape::JsonArray if self.outlet.is_closed() => Bytes::new(),
            shape => shape.error(self.caller_format, refusal, &id, !self.sent && said.is_empty()),
        };
        match goes_on {
            true => self.mute(Outcome::StreamCut, reason, refusal.code, None),
            false => self.settle(Outcome::StreamCut, reason, refusal.code.as_str()),
        }
        [&said[..], self.shape.separator(&said), &event].concat().into()
    }

    /// The answer is complete, or the upstream itself reported an error in it.
    fn settle_end(&mut self) {
        if self.meter.error().is_some() {
            self.settle(Outcome::UpstreamError, "error_event", ErrorCode::UpstreamError.as_str());
        } else {
            self.settle(Outcome::Success, "", "");
        }
    }

    fn settle(&mut self, outcome: Outcome, reason: &str, code: &str) {
        let Some(mut ticket) = self.ticket.take() else { return };
        let muted = self.muted.as_ref();
        let (outcome, reason, code) =
            muted.map_or((outcome, reason, code), |muted| (muted.outcome, muted.reason, muted.code.as_str()));
        let guard = self.guard.take().map(|guard| guard.into_guarded());
        if let Some(guarded) = guard.or(self.looking.take().map(beside::Looking::into_left)) {
            ticket.guarded = Some(guarded);
        }
        ticket.worker().gateway().metrics.open_streams.dec();
        // Half-way, an upstream may have stated its input only; what was seen of the output is added.
        let complete = self.meter.complete();
        if self.meter.error().is_some() {
            // By the upstream's own word there is no image.
            ticket.media.output_images = 0;
        }
        let seen = self.meter.estimated_output_tokens();
        let (mut usage, mut source) = meter::charged(self.meter.usage(), &ticket, seen);
        if !complete && usage.output_tokens < seen {
            usage.output_tokens = seen;
            source = gw_model::UsageSource::Estimated;
        }
        ticket.made = self.meter.take_answer();
        let status = ticket.record.status;
        ticket.close_attempt(status, reason, usage, source);
        code.clone_into(&mut ticket.record.error_code);
        ticket.finish(outcome, muted.and_then(|muted| muted.status).unwrap_or(status));
    }

    /// The answer is complete: a moment for the upstream to end its body. Gives the last piece when that is up; the
    /// stream goes on behind it when there was no end mark.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let timer = self.end_timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(END_GRACE)));
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.end_timer = None;
        let last = self.last.take().unwrap_or_default();
        if self.meter.finished() {
            return Poll::Ready(self.end_with(last));
        }
        // Nothing came behind what said that the answer is finished: what guardrails held back for more goes on.
        if self.is_much(0) {
            self.end_beside(last);
            return Poll::Ready(Bytes::new());
        }
        let mut out = Vec::from(last);
        Poll::Ready(match self.guard_settled(Ok(()), true, &mut out) {
            Ok(()) => out.into(),
            Err(refusal) => self.cut(&refusal, "guardrail", out.into()),
        })
    }

    /// Nothing from the upstream: keep the caller's connection alive, and watch the total time.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(ticket) = &self.ticket else { return Poll::Pending };
        // Without pings the timer only watches the total time.
        let period = if self.ping_us == 0 { i64::MAX } else { self.ping_us };
        if !self.timer.is_set() {
            let left = (self.deadline - ticket.worker().now()).saturating_add(1);
            self.timer.set(duration(period.min(left)));
        }
        // The timer is moved only when it fires: frames that arrive do not touch it.
        while self.timer.poll(cx).is_ready() {
            let now = ticket.worker().now();
            let silent = now - self.last_piece;
            let due = silent >= period;
            let next = if due { period } else { period - silent };
            let left = (self.deadline - now).saturating_add(1);
            self.timer.set(duration(next.min(left)));
            if now > self.deadline {
                let refusal = Refusal::new(ErrorCode::UpstreamTimeout, "the request's total time is up");
                return Poll::Ready(Some(self.cut(&refusal, "timeout", Bytes::new())));
            }
            if due {
                self.last_piece = now;
                // The next poll arms the timer anew.
                cx.waker().wake_by_ref();
                return Poll::Ready(Some(Bytes::from_static(PING)));
            }
        }
        Poll::Pending
    }
}

/// What is ready to be written, in one piece: a single slice goes on as it is.
fn join(pieces: &mut Vec<Bytes>) -> Bytes {
    match pieces.len() {
        0 => Bytes::new(),
        1 => pieces.pop().unwrap_or_default(),
        _ => {
            let mut joined = BytesMut::with_capacity(pieces.iter().map(Bytes::len).sum());
            for piece in pieces.drain(..) {
                joined.extend_from_slice(&piece);
            }
            joined.freeze()
        }
    }
}

fn duration(us: i64) -> Duration {
    Duration::from_micros(u64::try_from(us).unwrap_or(0))
}

impl Drop for StreamBody {
    fn drop(&mut self) {
        let stopping = self.ticket.as_ref().is_some_and(|t| t.worker().gateway().is_stopping());
        let outcome = if stopping { Outcome::Shutdown } else { Outcome::ClientDisconnect };
        self.settle(outcome, "abandoned", "");
    }
}
