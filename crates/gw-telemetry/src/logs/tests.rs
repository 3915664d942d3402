//! Events: how grave they are, and that they lead to their trace.

use super::*;
use crate::spans::tests::{ended, failed};

#[test]
fn events_lead_to_their_trace() {
    let ended = ended();
    let event = event(&ended);
    assert_eq!(event.trace_id, ended.trace.id.bytes());
    assert_eq!(event.span_id, ended.trace.span.bytes());
    assert_eq!((event.severity_number, event.severity_text.as_str()), (9, "INFO"));
    assert_eq!(event.time_unix_nano, 1_500_000_000);
    assert_eq!(event.event_name, EVENT_REQUEST);
}

#[test]
fn failures_are_errors_and_refusals_warnings() {
    assert_eq!(event(&failed()).severity_number, 17);
    let mut refused = ended();
    refused.record.outcome = Outcome::Refused;
    (refused.record.status, refused.record.error_code) = (403, "model_not_allowed".to_owned());
    let event = event(&refused);
    assert_eq!(event.severity_number, 13);
    let body = event.body.unwrap().value;
    assert_eq!(body, Some(Value::Text("request ended: refused (model_not_allowed)".to_owned())));
}
