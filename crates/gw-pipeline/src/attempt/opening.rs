//! Streams before their first token. A provider that sent a head, and then nothing, an error or the end, has failed as
//! long as nothing of it has gone to the caller and another target is left. It must not change what goes on: what was
//! read stands in front of the body again.

use super::exchange::{Exchange, Sent, TryFailure, refusal};
use super::{Again, FailureKind};
use crate::respond::{headers, meter, stream};
use bytes::{Bytes, BytesMut};
use gw_model::snapshot::Target;
use gw_model::{Call, Endpoint, ErrorClass, ErrorCode, Refusal, Usage, UsageSource};
use gw_upstream::{BodyError, UpstreamBody, UpstreamResponse};
use gw_wire::frames::Framer;
use gw_wire::sse::SseEvent;
use gw_wire::usage::StreamMeter;
use std::sync::Arc;
use std::time::Duration;

/// How much of a stream is held back, in bytes. What is longer without a token goes on as it is.
const MAX_OPENING_BYTES: usize = 64 << 10;

/// What a stream begins with.
enum Opening {
    /// A token, or more than is worth waiting for.
    Goes,
    /// An error that the provider reports, as it is written.
    Error(Vec<u8>),
    /// Something that cannot be read.
    Malformed,
    /// Its end, before it was complete.
    Cut,
    /// Nothing, for too long.
    Silent,
}

/// Reads a stream as far as its first token.
struct Reading {
    framer: Framer,
    meter: StreamMeter,
    held: BytesMut,
}

impl Reading {
    async fn read(&mut self, body: &mut UpstreamBody) -> Opening {
        loop {
            let piece = match body.next().await {
                Some(Ok(piece)) => piece,
                Some(Err(BodyError::IdleTimeout)) => return Opening::Silent,
                Some(Err(_)) => return Opening::Cut,
                // Formats without an end mark end like this; an answer may be empty.
                None if self.meter.complete() => return Opening::Goes,
                None => return Opening::Cut,
            };
            self.held.extend_from_slice(&piece);
            if let Some(found) = self.look(piece) {
                return found;
            }
            if self.held.len() > MAX_OPENING_BYTES {
                return Opening::Goes;
            }
        }
    }

    fn look(&mut self, piece: Bytes) -> Option<Opening> {
        self.framer.push(piece);
        while let Some(frame) = self.framer.next() {
            let Ok(frame) = frame else { return Some(Opening::Malformed) };
            let verdict = self.meter.frame(&frame);
            if gw_wire::frames::goes_on(verdict).is_err() {
                return Some(Opening::Malformed);
            }
            if self.meter.error().is_some() {
                return Some(Opening::Error(frame.data().to_vec()));
            }
            if self.meter.estimated_output_tokens() > 0 || self.meter.complete() {
                return Some(Opening::Goes);
            }
        }
        None
    }
}

/// Is the answer a stream of tokens?
pub(super) fn is_stream(call: &Call, response: &UpstreamResponse) -> bool {
    let is_text = matches!(call.format.endpoint(), Endpoint::Chat | Endpoint::Completions);
    call.raw.is_none() && is_text && headers::is_event_stream(&response.headers)
}

impl Exchange {
    /// What failed, when a stream does not begin. It is not asked of the last target left: its callers see it as it is.
    pub(super) async fn stalled(
        &mut self,
        target: &Arc<Target>,
        sent: &Sent,
        response: &mut UpstreamResponse,
    ) -> Option<TryFailure> {
        let settings = &self.live.snapshot.settings;
        let framer = stream::framer(sent.format, &response.headers, settings);
        let meter = StreamMeter::new(sent.format).check_syntax(true);
        let mut reading = Reading { framer, meter, held: BytesMut::new() };
        let limit_ms = self.model.timeouts_at(target).first_token_ms.min(self.remaining_ms());
        let read = tokio::time::timeout(Duration::from_millis(limit_ms), reading.read(&mut response.body));
        let found = read.await.unwrap_or(Opening::Silent);
        let provider = &target.provider;
        let (reason, class, text) = match &found {
            Opening::Goes => {
                response.body.put_back(reading.held.freeze());
                return None;
            }
            Opening::Error(body) => {
                let class = gw_providers::class_of(provider, 200, &response.headers, body);
                ("error_event", class, "reported an error in place of an answer")
            }
            Opening::Malformed => ("malformed", ErrorClass::Malformed, "sent what can not be read"),
            Opening::Cut => ("cut", ErrorClass::Connection, "broke off before the first token"),
            Opening::Silent => ("timeout", ErrorClass::Timeout, "sent no token in time"),
        };
        // Where something came, the input was read, and will be billed.
        let (usage, source) = match (reading.meter.usage(), reading.meter.frames()) {
            (Some(stated), _) => (stated, UsageSource::Upstream),
            (None, 0) => (Usage::default(), UsageSource::None),
            (None, _) if matches!(found, Opening::Error(_)) => (Usage::default(), UsageSource::None),
            (None, _) => meter::charged(None, &self.ticket, 0),
        };
        self.ticket.note_class(class);
        self.ticket.close_attempt(response.status.as_u16(), reason, usage, source);
        let code = match class {
            ErrorClass::Timeout => ErrorCode::UpstreamTimeout,
            _ => ErrorCode::UpstreamError,
        };
        let refused = Refusal::new(code, format!("the provider '{}' {text}", provider.name));
        let again = (!class.blames_caller()).then_some(Again { kind: FailureKind::Final, after_ms: None });
        Some(TryFailure { failure: refusal(target, refused), class, again, blames_credential: false })
    }
}
