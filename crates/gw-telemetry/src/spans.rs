//! A request as spans: one for itself, one below it for each try, and for each stage that took time of its own.

use crate::attributes::Attributes;
use crate::content::Told;
use crate::describe::{dollars, error_of, error_of_attempt, first_chunk_us, nanos, operation, seconds};
use crate::names::{self, own};
use crate::places::Places;
use crate::proto::trace::{Event, Span, SpanKind, Status, StatusCode};
use gw_model::trace::{SpanId, Stage, StageNote, TryNote};
use gw_model::{AttemptRecord, Ended, NanoUsd, Record, Trace, UsageSource};

/// It is known where the parent is.
const KNOWS_PARENT: u32 = 0x100;
/// In another process.
const PARENT_IS_FAR: u32 = 0x200;

/// What a span takes on its way, in bytes.
#[must_use]
pub fn weight(span: &Span) -> usize {
    prost::Message::encoded_len(span)
}

/// Adds the spans of a request. What was asked and said stands in that of its last try; in its own, where there was none.
pub fn add(ended: &Ended, places: &Places, told: Option<&Told>, out: &mut Vec<Span>) {
    let Ended { record, trace, .. } = ended;
    out.push(request(ended));
    for (at, (attempt, note)) in record.attempts.iter().zip(&trace.tries).enumerate() {
        out.push(attempt_span(ended, (at, attempt), note, places));
    }
    if let (Some(told), Some(span)) = (told, out.last_mut()) {
        let mut about = Attributes::default();
        about.long(names::SYSTEM_INSTRUCTIONS, &told.system).long(names::INPUT_MESSAGES, &told.input);
        about.long(names::OUTPUT_MESSAGES, &told.output);
        span.attributes.extend(about.0);
    }
    out.extend(trace.stages.iter().map(|stage| stage_span(trace, stage)));
}

fn request(ended: &Ended) -> Span {
    let Ended { record, trace, .. } = ended;
    let is_inside = trace.parent.is_some() && !trace.is_from_afar;
    let kind = if is_inside { SpanKind::Internal } else { SpanKind::Server };
    let from = if trace.is_from_afar { PARENT_IS_FAR } else { 0 };
    let failed = ended
        .is_failure()
        .then(|| Status { message: record.error_code.clone(), code: StatusCode::Error.into() });
    let end = nanos(record.time.saturating_add(i64::try_from(record.total_us).unwrap_or(i64::MAX)));
    let finding = |finding: &gw_model::trace::FindingNote| {
        let mut about = Attributes::default();
        about.text(own::GUARDRAIL, &finding.guardrail).text(own::GUARDRAIL_OUTCOME, finding.action);
        about.text(own::GUARDRAIL_SIDE, finding.side);
        Event { time_unix_nano: end, name: names::EVENT_FINDING.to_owned(), attributes: about.0 }
    };
    Span {
        parent_span_id: trace.parent.map(|id| id.bytes().to_vec()).unwrap_or_default(),
        name: name(record, ended.model.as_deref()),
        kind: kind.into(),
        start_time_unix_nano: nanos(record.time),
        end_time_unix_nano: end,
        attributes: about(ended).0,
        events: trace.findings.iter().map(finding).collect(),
        status: failed,
        flags: flags(trace) | from,
        ..bare(trace, trace.span)
    }
}

/// What is known of a request; its event has the same.
pub(crate) fn about(ended: &Ended) -> Attributes {
    let Ended { record, model, session, .. } = ended;
    let mut about = Attributes::default();
    about.text(names::OPERATION_NAME, operation(record.format));
    about.text(names::REQUEST_MODEL, model.as_deref().unwrap_or(&record.model));
    if record.stream {
        about.truth(names::REQUEST_STREAM, true);
    }
    about.text(names::CONVERSATION_ID, session.as_deref().unwrap_or_default());
    about.text(names::USER_ID, record.customer.as_deref().unwrap_or_default());
    about.count(names::HTTP_STATUS, record.status.into());
    about.text(names::ERROR_TYPE, error_of(record).unwrap_or_default());
    about.text(own::REQUEST_ID, &record.id.to_string()).text(own::FORMAT, record.format.as_str());
    about.text(own::OUTCOME, record.outcome.as_str()).text(own::ERROR_CODE, &record.error_code);
    about.int(own::ATTEMPTS, record.attempts.len()).text(own::CACHE, &record.cache);
    about.double(own::COST_USD, dollars(record.cost()));
    if record.saved > NanoUsd::ZERO {
        about.double(own::SAVED_USD, dollars(record.saved));
    }
    about.text(own::KEY_ID, &record.key.map(|key| key.to_string()).unwrap_or_default());
    about.text(own::TEAM_ID, record.team_id.as_deref().unwrap_or_default());
    about.text(own::SUB_CALL_ROLE, record.parent.map_or("", |parent| parent.role.as_str()));
    about
}

/// The operation, and the model where it is one of ours: a caller's text is no name.
fn name(record: &Record, model: Option<&str>) -> String {
    let operation = operation(record.format);
    model.map_or_else(|| operation.to_owned(), |model| format!("{operation} {model}"))
}

fn attempt_span(
    ended: &Ended,
    (at, attempt): (usize, &AttemptRecord),
    note: &TryNote,
    places: &Places,
) -> Span {
    let Ended { record, trace, .. } = ended;
    let place = places.get(&attempt.provider);
    let operation = operation(record.format);
    let error = error_of_attempt(attempt);
    let mut about = Attributes::default();
    about.text(names::OPERATION_NAME, operation).text(names::PROVIDER_NAME, &place.system);
    about.text(names::REQUEST_MODEL, &attempt.upstream_model);
    if let Some((host, port)) = &place.address {
        about.text(names::SERVER_ADDRESS, host).int(names::SERVER_PORT, *port);
    }
    if record.stream {
        about.truth(names::REQUEST_STREAM, true);
        let is_answer = at + 1 == record.attempts.len() && error.is_none();
        if let Some(us) = first_chunk_us(record, note.began).filter(|_| is_answer) {
            about.double(names::TIME_TO_FIRST_CHUNK, seconds(us));
        }
    }
    about.count(names::HTTP_STATUS, attempt.status.into()).count(names::RESEND_COUNT, at as u64);
    match &error {
        Some(error) => about.text(names::ERROR_TYPE, error),
        None => about.text(own::OUTCOME, &attempt.reason),
    };
    if attempt.usage_source != UsageSource::None {
        let usage = &attempt.usage;
        about.int(names::USAGE_INPUT_TOKENS, usage.input_tokens);
        about.int(names::USAGE_OUTPUT_TOKENS, usage.output_tokens);
        about.count(names::USAGE_CACHE_READ, usage.cached_tokens);
        about.count(names::USAGE_CACHE_CREATION, usage.cache_writes());
        about.count(names::USAGE_REASONING, usage.reasoning_tokens);
        about.text(own::USAGE_SOURCE, attempt.usage_source.as_str());
        about.double(own::COST_USD, dollars(attempt.cost));
    }
    about.text(own::PROVIDER, &attempt.provider).int(own::ATTEMPT, at + 1);
    let end = note.began.saturating_add(i64::try_from(attempt.duration_us).unwrap_or(i64::MAX));
    Span {
        parent_span_id: trace.span.bytes().to_vec(),
        name: format!("{operation} {}", crate::attributes::cut(&attempt.upstream_model)),
        kind: SpanKind::Client.into(),
        start_time_unix_nano: nanos(note.began),
        end_time_unix_nano: nanos(end),
        attributes: about.0,
        status: error.map(|_| Status { message: attempt.reason.clone(), code: StatusCode::Error.into() }),
        ..bare(trace, note.span)
    }
}

fn stage_span(trace: &Trace, note: &StageNote) -> Span {
    let mut about = Attributes::default();
    let (name, kind) = match note.stage {
        Stage::Cache => {
            about.text(own::CACHE, note.outcome);
            ("cache lookup".to_owned(), SpanKind::Internal)
        }
        Stage::Guardrails => {
            about.text(own::GUARDRAIL_OUTCOME, note.outcome);
            ("guardrails".to_owned(), SpanKind::Internal)
        }
        Stage::Question => {
            let guardrail = note.name.as_deref().unwrap_or_default();
            about.text(own::GUARDRAIL, guardrail).text(own::GUARDRAIL_OUTCOME, note.outcome);
            (format!("guardrail {guardrail}"), SpanKind::Client)
        }
    };
    Span {
        parent_span_id: trace.span.bytes().to_vec(),
        name,
        kind: kind.into(),
        start_time_unix_nano: nanos(note.began),
        end_time_unix_nano: nanos(note.ended.max(note.began)),
        attributes: about.0,
        ..bare(trace, note.span)
    }
}

/// A span of the trace with nothing in it.
fn bare(trace: &Trace, span: SpanId) -> Span {
    Span {
        trace_id: trace.id.bytes().to_vec(),
        span_id: span.bytes().to_vec(),
        trace_state: trace.state.as_deref().unwrap_or_default().to_owned(),
        flags: flags(trace),
        ..Span::default()
    }
}

fn flags(trace: &Trace) -> u32 {
    u32::from(trace.is_sampled) | KNOWS_PARENT
}

#[cfg(test)]
pub(crate) mod tests;
