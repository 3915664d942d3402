//! Spans of requests as the pipeline hands them over.

use super::*;
use crate::proto::values::Value;
use gw_model::trace::{Brought, FindingNote, TraceContext, TracePolicy};
use serde_json::json;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A request that was answered at the second try.
pub(crate) fn ended() -> Ended {
    let usage = json!({
        "input_tokens": 20, "output_tokens": 11, "cached_tokens": 4, "cache_write_tokens": 0,
        "cache_write_1h_tokens": 0, "reasoning_tokens": 3, "audio_input_tokens": 0, "audio_output_tokens": 0,
        "searches": 0, "service_tier": null,
    });
    let attempt = json!({
        "provider": "first", "upstream_model": "gpt-4o", "status": 200, "reason": "", "duration_us": 460_000,
        "usage": usage, "usage_source": "upstream", "cost": 1_500_000,
    });
    let record = json!({
        "id": 1, "time": 1_000_000, "key": 7, "team_id": "team_1", "format": "open_ai_chat", "model": "chat-prod",
        "stream": false, "outcome": "success", "status": 200, "error_code": "", "error_detail": "",
        "attempts": [attempt], "cache": "miss", "customer": "somebody", "first_byte_us": 100_000,
        "total_us": 500_000,
    });
    let context = TraceContext::parse(PARENT).unwrap().with_state(["vendor=x"].into_iter());
    let policy = TracePolicy { sample_permille: 1000, parent_based: true, ..TracePolicy::OFF };
    let brought = Brought { context: Some(context), ..Brought::default() };
    let mut trace = Trace::begin(brought, &policy, 1, 0xA);
    trace.tries.push(TryNote { span: SpanId::new(0xB), began: 1_040_000 });
    Ended {
        record: serde_json::from_value(record).unwrap(),
        trace: Box::new(trace),
        model: Some("chat-prod".into()),
        session: Some("session-1".to_owned()),
    }
}

/// One that failed twice.
pub(crate) fn failed() -> Ended {
    let mut ended = ended();
    let record = &mut ended.record;
    record.outcome = gw_model::Outcome::UpstreamError;
    record.status = 502;
    record.error_code = "upstream_error".to_owned();
    let attempt = &mut record.attempts[0];
    (attempt.status, attempt.reason, attempt.usage_source) = (500, "500".to_owned(), UsageSource::None);
    let mut second = attempt.clone();
    (second.status, second.reason) = (0, "timeout".to_owned());
    record.attempts.push(second);
    ended.trace.tries.push(TryNote { span: SpanId::new(0xC), began: 1_200_000 });
    ended
}

/// A stream.
pub(crate) fn streamed() -> Ended {
    let mut ended = ended();
    ended.record.stream = true;
    ended
}

fn spans(ended: &Ended) -> Vec<Span> {
    let mut out = Vec::new();
    add(ended, &Places::default(), None, &mut out);
    out
}

fn of<'a>(span: &'a Span, name: &str) -> Option<&'a Value> {
    let found = span.attributes.iter().find(|attribute| attribute.key == name)?;
    found.value.as_ref()?.value.as_ref()
}

fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.to_owned()))
}

#[test]
fn a_request_and_its_try_are_of_the_callers_trace() {
    let spans = spans(&ended());
    let [request, attempt] = &spans[..] else { panic!("{spans:?}") };
    assert!(spans.iter().all(|span| span.trace_id == request.trace_id && span.trace_state == "vendor=x"));
    assert_eq!(request.parent_span_id, 0x00f0_67aa_0ba9_02b7u64.to_be_bytes());
    assert_eq!(attempt.parent_span_id, request.span_id);
    assert_eq!((request.kind, attempt.kind), (SpanKind::Server.into(), SpanKind::Client.into()));
    assert_eq!((request.flags, attempt.flags), (0x301, 0x101));
    assert_eq!((request.name.as_str(), attempt.name.as_str()), ("chat chat-prod", "chat gpt-4o"));
    assert_eq!((request.start_time_unix_nano, request.end_time_unix_nano), (1_000_000_000, 1_500_000_000));
    assert_eq!((attempt.start_time_unix_nano, attempt.end_time_unix_nano), (1_040_000_000, 1_500_000_000));
    assert!(request.status.is_none() && attempt.status.is_none());
}

#[test]
fn usage_stands_at_the_try_only() {
    let spans = spans(&ended());
    assert_eq!(of(&spans[0], names::USAGE_INPUT_TOKENS), None);
    assert_eq!(of(&spans[1], names::USAGE_INPUT_TOKENS), Some(&Value::Int(20)));
    assert_eq!(of(&spans[1], names::USAGE_CACHE_READ), Some(&Value::Int(4)));
    assert_eq!(of(&spans[1], names::USAGE_CACHE_CREATION), None);
    assert_eq!(of(&spans[1], own::COST_USD), Some(&Value::Double(0.0015)));
    assert_eq!(of(&spans[0], names::CONVERSATION_ID).cloned(), text("session-1"));
    assert_eq!(of(&spans[0], names::USER_ID).cloned(), text("somebody"));
}

#[test]
fn failures_say_what_it_was() {
    let spans = spans(&failed());
    let error = Some(i32::from(StatusCode::Error));
    assert!(spans.iter().all(|span| span.status.as_ref().map(|status| status.code) == error));
    let types: Vec<_> = spans.iter().map(|span| of(span, names::ERROR_TYPE).cloned()).collect();
    assert_eq!(types, [text("upstream_error"), text("500"), text("timeout")]);
    assert_eq!(of(&spans[2], names::RESEND_COUNT), Some(&Value::Int(1)));
    assert_eq!(of(&spans[2], names::HTTP_STATUS), None);
    assert_eq!(of(&spans[1], names::USAGE_INPUT_TOKENS), None);
}

#[test]
fn who_was_outpaced_did_not_fail() {
    let mut ended = ended();
    ended.record.attempts[0].reason = "hedged".to_owned();
    let spans = spans(&ended);
    assert!(spans[1].status.is_none());
    assert_eq!(of(&spans[1], own::OUTCOME).cloned(), text("hedged"));
}

#[test]
fn a_refusal_is_no_failure_of_ours() {
    let mut ended = ended();
    ended.record.outcome = gw_model::Outcome::Refused;
    (ended.record.status, ended.record.error_code) = (429, "rate_limit_exceeded".to_owned());
    ended.record.attempts.clear();
    ended.model = None;
    let spans = spans(&ended);
    assert_eq!(spans.len(), 1);
    assert!(spans[0].status.is_none());
    // A name that means nothing is a caller's text.
    assert_eq!(spans[0].name, "chat");
    assert_eq!(of(&spans[0], names::ERROR_TYPE).cloned(), text("rate_limit_exceeded"));
}

#[test]
fn stages_and_findings_are_told() {
    let mut ended = ended();
    let stage = |stage, name: Option<&str>, outcome| StageNote {
        span: SpanId::new(0xD),
        stage,
        name: name.map(Into::into),
        began: 1_000_500,
        ended: 1_001_000,
        outcome,
    };
    ended.trace.note(stage(Stage::Cache, None, "miss"));
    ended.trace.note(stage(Stage::Question, Some("judge"), "ok"));
    ended.trace.findings.push(FindingNote { guardrail: "pii".into(), action: "redact", side: "request" });
    let spans = spans(&ended);
    assert_eq!((spans[2].name.as_str(), spans[3].name.as_str()), ("cache lookup", "guardrail judge"));
    assert_eq!(spans[2].parent_span_id, spans[0].span_id);
    assert_eq!(spans[0].events[0].name, names::EVENT_FINDING);
}

#[test]
fn the_first_chunk_is_told_of_streams() {
    assert_eq!(of(&spans(&ended())[1], names::TIME_TO_FIRST_CHUNK), None);
    assert_eq!(of(&spans(&streamed())[1], names::TIME_TO_FIRST_CHUNK), Some(&Value::Double(0.06)));
    assert_eq!(of(&spans(&streamed())[0], names::REQUEST_STREAM), Some(&Value::Bool(true)));
}

#[test]
fn long_texts_are_cut() {
    let mut ended = ended();
    ended.record.customer = Some("ü".repeat(10_000));
    let spans = spans(&ended);
    let Some(Value::Text(user)) = of(&spans[0], names::USER_ID) else { panic!("no user") };
    assert!(user.len() <= crate::attributes::MAX_TEXT_BYTES);
}

#[test]
fn what_runs_within_the_process_is_internal() {
    let mut ended = ended();
    *ended.trace = ended.trace.child(0xE);
    let spans = spans(&ended);
    assert_eq!(spans[0].kind, i32::from(SpanKind::Internal));
    assert_eq!(spans[0].flags, 0x101);
}
