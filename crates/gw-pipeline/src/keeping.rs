//! Bodies of a call that policy wants kept: the request as guardrails left it, and what the caller gets, byte for byte as it
//! goes out, up to a limit. They go to the store apart from the record, and nobody waits for that. Where nothing is kept, a
//! call costs no more than a look. It must not change anything of a call.

mod level;
mod mask;

pub use mask::Masks;

use crate::guard::Screened;
use crate::metrics::TelemetryMetrics;
use crate::reply::{Reply, ReplyBody};
use crate::ticket::Open;
use bytes::Bytes;
use gw_model::trace::{Content, ContentPlace};
use gw_model::{Logging, Micros, RequestId, WireFormat};
use gw_store::bodies::{Bodies, BodyContent, BodySide, Kept};
use http::header::CONTENT_TYPE;
use std::sync::Arc;

const DAY_US: Micros = 86_400_000_000;

/// See the module.
pub(crate) struct Keeping {
    bodies: Arc<Bodies>,
    request: RequestId,
    expires: Micros,
    is_masked: bool,
    max_bytes: usize,
    asked: Bytes,
    content: BodyContent,
    told: Option<Told>,
}

/// Whoever tells of the call's trace tells of its bodies too.
struct Told {
    place: Arc<ContentPlace>,
    format: WireFormat,
    metrics: TelemetryMetrics,
    /// What the caller gets may hold what guardrails had masked and nothing else would find.
    is_restored: bool,
}

/// What is to be kept of a call that guardrails let pass; nothing for most.
pub(crate) fn begin(screened: &mut Screened) -> Option<Box<Keeping>> {
    let rules = &screened.live.snapshot.settings.logging;
    if rules.max < Logging::Redacted {
        return None;
    }
    let ticket = &mut screened.ticket;
    let level = ticket.logging(rules);
    if level < Logging::Redacted || ticket.context.is_own {
        return None;
    }
    let bodies = Arc::clone(ticket.worker().gateway().bodies()?);
    let call = &screened.call;
    let content_type = match call.facts.is_form {
        true => "multipart/form-data",
        false => "application/json",
    };
    let days = Micros::from(ticket.body_days().unwrap_or(rules.body_retention_days));
    let told = ticket.content_told(call.format);
    Some(Box::new(Keeping {
        bodies,
        request: ticket.record.id,
        expires: ticket.record.time.saturating_add(days.saturating_mul(DAY_US)),
        is_masked: level == Logging::Redacted,
        max_bytes: rules.max_body_bytes,
        asked: call.body.clone(),
        content: BodyContent {
            format: call.format.as_str().to_owned(),
            request: BodySide { content_type: content_type.to_owned(), ..BodySide::default() },
            ..BodyContent::default()
        },
        told,
    }))
}

impl Keeping {
    /// Listens to what the caller gets.
    pub(crate) fn listen(mut self: Box<Self>, reply: Reply) -> Reply {
        if matches!(reply.body(), ReplyBody::Session(_)) {
            return reply;
        }
        let content_type = reply.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        content_type.unwrap_or_default().clone_into(&mut self.content.response.content_type);
        reply.map(|body| ReplyBody::Kept(Box::new(KeptBody { body, keeping: *self })))
    }

    fn hear(&mut self, piece: &[u8]) {
        let side = &mut self.content.response;
        let room = self.max_bytes.saturating_sub(side.bytes.len());
        side.is_cut |= piece.len() > room;
        side.bytes.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }
}

impl Drop for Keeping {
    /// Whatever became of the call, what there is of its bodies is handed over.
    fn drop(&mut self) {
        let kept = self.asked.get(..self.max_bytes).unwrap_or(&self.asked);
        self.content.request.is_cut = kept.len() < self.asked.len();
        self.content.request.bytes = kept.to_vec();
        if let Some(told) = self.told.take() {
            told.tell(&self.content, self.is_masked);
        }
        self.bodies.keep(Kept {
            request: self.request,
            expires: self.expires,
            is_masked: self.is_masked,
            content: std::mem::take(&mut self.content),
        });
    }
}

impl Told {
    fn tell(self, kept: &BodyContent, is_masked: bool) {
        let response = match is_masked && self.is_restored {
            true => Vec::new(),
            false => kept.response.bytes.clone(),
        };
        let has_room = self.place.fill(Content {
            format: self.format,
            request: kept.request.bytes.clone(),
            response,
            response_type: kept.response.content_type.clone(),
            is_request_cut: kept.request.is_cut,
            is_response_cut: kept.response.is_cut,
            is_masked,
        });
        if !has_room {
            self.metrics.note_untold("no_room");
        }
    }
}

impl Open {
    /// A place in the call's trace for what is asked and said, where that is told.
    fn content_told(&mut self, format: WireFormat) -> Option<Told> {
        let is_restored = self.has_masked();
        let outbox = &self.worker().gateway().outbox;
        let place = outbox.content_place(self.trace.as_deref()?)?;
        let metrics = outbox.metrics.clone();
        self.trace.as_mut()?.content = Some(Arc::clone(&place));
        Some(Told { place, format, metrics, is_restored })
    }
}

/// A reply's body that somebody listens to.
pub struct KeptBody {
    pub(crate) body: ReplyBody,
    keeping: Keeping,
}

impl std::fmt::Debug for KeptBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptBody").field("body", &self.body).finish_non_exhaustive()
    }
}

impl KeptBody {
    /// A piece goes to the caller.
    pub(crate) fn hear(&mut self, piece: &[u8]) {
        self.keeping.hear(piece);
    }
}
