//! Whole answers that are held before anything of them goes on. One that broke off, or is not the JSON that it must be,
//! is a failed try as long as another target is left. It must not judge more of an answer than whether it can be read.

use super::exchange::{Exchange, Sent, TryFailure, refusal};
use super::{Again, FailureKind, opening};
use crate::respond::{headers, meter};
use crate::ticket::Ticket;
use bytes::{Bytes, BytesMut};
use gw_model::snapshot::{PathSettings, Target};
use gw_model::{Call, ErrorClass, ErrorCode, Refusal, Usage, WireFormat};
use gw_upstream::{BodyError, UpstreamBody, UpstreamResponse};
use gw_wire::json::JsonError;
use http::HeaderMap;
use std::sync::Arc;
use std::time::Duration;

/// What of an answer is in memory.
pub(crate) enum Held {
    Complete(Bytes),
    Part(Bytes),
}

impl Held {
    fn into_bytes(self) -> Bytes {
        match self {
            Self::Complete(bytes) | Self::Part(bytes) => bytes,
        }
    }
}

/// How much of a whole answer is held, in bytes: all that can be where it is translated or guardrails look at it.
pub(crate) fn limit(call: &Call, sent: &Sent, is_guarded: bool, settings: &PathSettings) -> usize {
    let same_format = sent.format == call.format;
    if same_format && !is_guarded { settings.cost_header_buffer_bytes } else { settings.max_translated_bytes }
}

/// Collects a body up to `limit` bytes. The error carries how many bytes were seen.
pub(crate) async fn hold(
    body: &mut UpstreamBody,
    ticket: &mut Ticket,
    limit: usize,
) -> Result<Held, (BodyError, u64)> {
    let first = match body.next().await {
        None => return Ok(Held::Complete(Bytes::new())),
        Some(Ok(first)) => first,
        Some(Err(error)) => return Err((error, 0)),
    };
    if body.is_end() && first.len() <= limit {
        return Ok(Held::Complete(first));
    }
    let mut held = BytesMut::from(first);
    loop {
        ticket.seen_bytes = held.len() as u64;
        if held.len() > limit {
            return Ok(Held::Part(held.freeze()));
        }
        match body.next().await {
            None => return Ok(Held::Complete(held.freeze())),
            Some(Ok(piece)) => held.extend_from_slice(&piece),
            Some(Err(error)) => return Err((error, held.len() as u64)),
        }
    }
}

/// The usage that a whole answer states. Transcripts may be plain text or subtitles, which state none.
///
/// # Errors
/// It is not the JSON that it must be.
pub(crate) fn stated_usage(
    format: WireFormat,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<Usage>, JsonError> {
    let may_be_text = matches!(format, WireFormat::OpenAiTranscriptions | WireFormat::OpenAiTranslations);
    if may_be_text && !headers::is_json(headers) {
        return Ok(None);
    }
    gw_wire::usage::from_valid(format, body)
}

impl Exchange {
    /// What failed, when another target could still be asked and the answer is of no use.
    pub(super) async fn lost(
        &mut self,
        target: &Arc<Target>,
        sent: &Sent,
        response: &mut UpstreamResponse,
        others_left: bool,
    ) -> Option<TryFailure> {
        // Boxed, since most calls have one target and need no room for it.
        match others_left {
            false => None,
            true if opening::is_stream(&self.call, response) => {
                Box::pin(self.stalled(target, sent, response)).await
            }
            true => Box::pin(self.unreadable(target, sent, response)).await,
        }
    }

    /// Looks into a whole answer; what was read stays in front of the body. Gives what failed, if it can not be read.
    async fn unreadable(
        &mut self,
        target: &Arc<Target>,
        sent: &Sent,
        response: &mut UpstreamResponse,
    ) -> Option<TryFailure> {
        let is_whole = self.call.raw.is_none()
            && !matches!(sent.format, WireFormat::OpenAiRealtime | WireFormat::OpenAiSpeech)
            && !headers::is_event_stream(&response.headers);
        if !is_whole {
            return None;
        }
        let left = Duration::from_millis(self.remaining_ms());
        let limit = limit(&self.call, sent, self.ticket.is_guarded(), &self.live.snapshot.settings);
        let held = hold(&mut response.body, &mut self.ticket, limit);
        let (reason, code, seen) = match tokio::time::timeout(left, held).await {
            Ok(Ok(Held::Complete(body))) => {
                if stated_usage(sent.format, &response.headers, &body).is_ok() {
                    response.body.put_back(body);
                    return None;
                }
                ("malformed", ErrorCode::UpstreamError, body.len() as u64)
            }
            Ok(Ok(part)) => {
                response.body.put_back(part.into_bytes());
                return None;
            }
            Ok(Err((BodyError::IdleTimeout, seen))) => ("cut", ErrorCode::UpstreamTimeout, seen),
            Ok(Err((_, seen))) => ("cut", ErrorCode::UpstreamError, seen),
            Err(_) => ("cut", ErrorCode::UpstreamTimeout, self.ticket.seen_bytes),
        };
        // The provider made an answer, and will want to be paid for it.
        let output = self.ticket.estimated_output(seen.div_ceil(4));
        let (usage, source) = meter::charged(None, &self.ticket, output);
        self.ticket.close_attempt(response.status.as_u16(), reason, usage, source);
        self.ticket.seen_bytes = 0;
        let provider = &target.provider.name;
        let refused = Refusal::new(code, format!("the answer of the provider '{provider}' can not be read"));
        let again = Some(Again { kind: FailureKind::Final, after_ms: None });
        let class = if reason == "malformed" { ErrorClass::Malformed } else { ErrorClass::Connection };
        Some(TryFailure { failure: refusal(target, refused), class, again, blames_credential: false })
    }
}
