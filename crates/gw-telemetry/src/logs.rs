//! A request as an event.

use crate::describe::{error_of, nanos};
use crate::names::EVENT_REQUEST;
use crate::proto::logs::LogRecord;
use crate::proto::values::{AnyValue, Value};
use crate::spans::about;
use gw_model::{Ended, Outcome};

/// The event of a request that has ended.
#[must_use]
pub fn event(ended: &Ended) -> LogRecord {
    let Ended { record, trace, .. } = ended;
    let (severity_number, severity) = match record.outcome {
        _ if ended.is_failure() => (17, "ERROR"),
        Outcome::Success | Outcome::ClientDisconnect | Outcome::Shutdown => (9, "INFO"),
        _ => (13, "WARN"),
    };
    let time = nanos(record.time.saturating_add(i64::try_from(record.total_us).unwrap_or(i64::MAX)));
    let body = match error_of(record) {
        None => "request answered".to_owned(),
        Some(error) => format!("request ended: {} ({error})", record.outcome.as_str()),
    };
    LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: time,
        severity_number,
        severity_text: severity.to_owned(),
        body: Some(AnyValue { value: Some(Value::Text(body)) }),
        attributes: about(ended).0,
        flags: u32::from(trace.is_sampled),
        trace_id: trace.id.bytes().to_vec(),
        span_id: trace.span.bytes().to_vec(),
        event_name: EVENT_REQUEST.to_owned(),
    }
}

#[cfg(test)]
mod tests;
