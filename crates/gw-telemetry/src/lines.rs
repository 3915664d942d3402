//! A line of the gateway's own log as an event.

use crate::attributes::{Attributes, cut, pair};
use crate::describe::nanos;
use crate::names::{EVENT_LINE, own};
use crate::proto::logs::LogRecord;
use crate::proto::values::{AnyValue, Value};
use gw_model::Micros;
use gw_model::telemetry::Severity;

/// Most fields of a line that are told.
pub const MAX_FIELDS: usize = 16;

/// What was logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub time: Micros,
    /// How grave it is.
    pub severity: Severity,
    /// Which part of the program says it.
    pub target: &'static str,
    /// What it says.
    pub message: String,
    /// What it says besides, by name; at most [`MAX_FIELDS`].
    pub fields: Vec<(&'static str, String)>,
}

impl Line {
    /// A text of it, no longer than it may be.
    #[must_use]
    pub fn text(text: &str) -> String {
        cut(text).to_owned()
    }
}

/// The event of a line.
#[must_use]
pub fn event(line: Line) -> LogRecord {
    let Line { time, severity, target, message, fields } = line;
    let (severity_number, severity_text) = match severity {
        Severity::Info => (9, "INFO"),
        Severity::Warn => (13, "WARN"),
        Severity::Error => (17, "ERROR"),
    };
    let mut attributes = Attributes::default();
    attributes.text(own::LOG_TARGET, target);
    let fields = fields.into_iter().take(MAX_FIELDS).map(|(name, value)| {
        let value = Value::Text(cut(&value).to_owned());
        pair(&format!("{}{name}", own::LOG_FIELD), value)
    });
    attributes.0.extend(fields);
    LogRecord {
        time_unix_nano: nanos(time),
        observed_time_unix_nano: nanos(time),
        severity_number,
        severity_text: severity_text.to_owned(),
        body: Some(AnyValue { value: Some(Value::Text(cut(&message).to_owned())) }),
        attributes: attributes.0,
        event_name: EVENT_LINE.to_owned(),
        ..LogRecord::default()
    }
}

/// About how many bytes an event takes.
#[must_use]
pub fn weight(event: &LogRecord) -> usize {
    let text = |value: &Option<AnyValue>| match value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::Text(text)) => text.len(),
        _ => 8,
    };
    let attributes = event.attributes.iter().map(|one| one.key.len() + text(&one.value));
    64 + text(&event.body) + attributes.sum::<usize>()
}

#[cfg(test)]
mod tests;
