//! What an event says of a line, and how much at most.

use super::{Line, MAX_FIELDS, event, weight};
use crate::proto::values::Value;
use gw_model::telemetry::Severity;

fn line() -> Line {
    Line {
        time: 1_700_000_000_000_001,
        severity: Severity::Warn,
        target: "gatewright::serve",
        message: "the disk is slow".to_owned(),
        fields: vec![("error", "late".to_owned())],
    }
}

#[test]
fn a_line_says_when_where_and_what() {
    let event = event(line());
    assert_eq!((event.severity_number, event.severity_text.as_str()), (13, "WARN"));
    assert_eq!(event.time_unix_nano, 1_700_000_000_000_001_000);
    assert_eq!((event.event_name.as_str(), event.trace_id.len()), ("gatewright.log", 0));
    let told: Vec<_> = event.attributes.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(told, ["gatewright.log.target", "gatewright.log.field.error"]);
    assert_eq!(event.body.unwrap().value, Some(Value::Text("the disk is slow".to_owned())));
}

#[test]
fn a_line_has_a_bound() {
    let fields = (0..100).map(|_| ("field", "x".repeat(10_000))).collect();
    let event = event(Line { message: "y".repeat(10_000), fields, ..line() });
    assert_eq!(event.attributes.len(), MAX_FIELDS + 1);
    let most = (MAX_FIELDS + 2) * 1_100;
    assert!(weight(&event) < most && weight(&event) > 1_024, "{}", weight(&event));
}
