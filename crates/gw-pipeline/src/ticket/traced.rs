//! What is noted of a call for its trace, where telemetry wants that: when each try and stage was, and what providers are told of the
//! trace. When the call ends, it is handed to the outbox. It must cost nothing where nothing is told of calls.

use super::{Open, OpenAttempt, Ticket};
use gw_model::trace::{Brought, FindingNote, MAX_FINDINGS, SpanId, Stage, StageNote, TryNote};
use gw_model::{Clock, Ended, Micros, Trace};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use std::sync::Arc;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const BAGGAGE: HeaderName = HeaderName::from_static("baggage");

impl Ticket {
    /// The call belongs to the trace that its caller brings along, or to one of its own.
    pub(crate) fn begin_trace(&mut self, brought: Option<Box<Brought>>) {
        let open = &mut *self.open;
        let ids = || (open.worker.random_u128(), open.worker.random_u64());
        open.trace = open.worker.gateway().outbox.begin(brought.map(|brought| *brought), ids);
    }
}

impl Open {
    /// The trace of something that the call starts in its own name.
    pub(super) fn trace_of_child(&self) -> Option<Box<Trace>> {
        self.trace.as_ref().map(|trace| Box::new(trace.child(self.worker.random_u64())))
    }

    /// The trace as one of several tickets of its request has it.
    pub(super) fn trace_of_fork(&self) -> Option<Box<Trace>> {
        self.trace.as_ref().map(|trace| {
            let (span, parent, is_from_afar) = (trace.span, trace.parent, trace.is_from_afar);
            Box::new(Trace { span, parent, is_from_afar, ..trace.child(0) })
        })
    }

    /// A span for a try that begins.
    pub(super) fn try_span(&self) -> Option<SpanId> {
        self.trace.as_ref().map(|_| SpanId::new(self.worker.random_u64()))
    }

    /// Tells the provider of the open try to which trace it belongs; what the caller said of that is not for it.
    pub(crate) fn tell_trace(&self, headers: &mut HeaderMap) {
        let Some(trace) = self.trace.as_ref().filter(|trace| trace.to_providers) else { return };
        let Some(span) = self.attempt.as_ref().and_then(|attempt| attempt.span) else { return };
        put_trace(trace, span, headers);
    }

    /// Notes a try that is over, as the record has it.
    pub(super) fn note_try(&mut self, attempt: &OpenAttempt) {
        if let (Some(trace), Some(span)) = (&mut self.trace, attempt.span) {
            trace.tries.push(TryNote { span, began: attempt.started });
        }
    }

    /// Takes over the tries of another ticket of the request, in front of the last `behind` of its own.
    pub(super) fn take_over_tries(&mut self, fork: &mut Self, behind: usize) {
        if let (Some(trace), Some(other)) = (&mut self.trace, &mut fork.trace) {
            let end = trace.tries.len().saturating_sub(behind);
            trace.tries.splice(end..end, std::mem::take(&mut other.tries));
        }
    }

    /// When a stage begins; `None` where nobody wants to know. The clock itself is read: stages in the process take less than a turn.
    pub(crate) fn stage_begins(&self) -> Option<Micros> {
        self.trace.as_ref().map(|_| self.worker.gateway().clock.now())
    }

    /// Notes a stage that began then.
    pub(crate) fn stage_ends(
        &mut self,
        began: Option<Micros>,
        stage: Stage,
        name: Option<Arc<str>>,
        outcome: &'static str,
    ) {
        let (Some(trace), Some(began)) = (&mut self.trace, began) else { return };
        let span = SpanId::new(self.worker.random_u64());
        let ended = self.worker.gateway().clock.now();
        trace.note(StageNote { span, stage, name, began, ended, outcome });
    }

    /// The cache has said what it has.
    pub(crate) fn note_cache(&mut self, outcome: &'static str) {
        let began = self.cache_asked_at.take();
        self.stage_ends(began, Stage::Cache, None, outcome);
    }

    /// Hands the ended call to whoever tells of it.
    pub(super) fn hand_over(&mut self) {
        let Some(mut trace) = self.trace.take() else { return };
        let gateway = self.worker.gateway();
        if !gateway.outbox.wants(&self.record, &trace) {
            return;
        }
        if let Some(guarded) = &self.guarded {
            let findings = guarded
                .findings()
                .take(MAX_FINDINGS)
                .map(|(guardrail, action, side)| FindingNote { guardrail: guardrail.into(), action, side });
            trace.findings.extend(findings);
            for asked in &guarded.asked {
                trace.note(StageNote {
                    span: SpanId::new(self.worker.random_u64()),
                    stage: Stage::Question,
                    name: Some(Arc::clone(&asked.guardrail)),
                    began: asked.took.0,
                    ended: asked.took.1,
                    outcome: asked.outcome,
                });
            }
        }
        let model = self.model.as_ref().map(|model| Arc::clone(&model.name));
        let session = self.context.session.clone();
        gateway.outbox.put(Ended { record: self.record.clone(), trace, model, session });
    }
}

/// Writes the headers of a trace, in place of those that may be there.
pub(crate) fn put_trace(trace: &Trace, span: SpanId, headers: &mut HeaderMap) {
    if let Ok(parent) = HeaderValue::from_bytes(&trace.traceparent(span)) {
        headers.insert(TRACEPARENT, parent);
    }
    let mut put = |name: HeaderName, value: Option<&str>| match value.map(HeaderValue::from_str) {
        Some(Ok(value)) => drop(headers.insert(name, value)),
        _ => drop(headers.remove(name)),
    };
    put(TRACESTATE, trace.state.as_deref());
    put(BAGGAGE, trace.baggage.as_deref());
}
