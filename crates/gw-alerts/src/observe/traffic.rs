//! Traffic over a window: failures, durations, blocks. A few requests say nothing.

use super::{Observation, called, details};
use crate::notice::Subject;
use crate::rule::{Condition, Traffic};
use serde_json::{Map, Value, json};

/// Figures of one value over the window.
#[derive(Clone, Debug)]
pub struct Figures {
    /// What they are of.
    pub subject: Subject,
    /// Requests.
    pub requests: u64,
    /// Of them: failed or refused, or blocked, as the rule counts.
    pub counted: u64,
    /// The duration that the rule asks for, in microseconds.
    pub duration_us: Option<u64>,
}

/// What a rule finds; nothing for rules that do not look at traffic.
#[must_use]
pub fn observe(condition: &Condition, figures: &Figures) -> Option<Observation> {
    match condition {
        Condition::ErrorRate { traffic, above_percent } => error_rate(traffic, *above_percent, figures),
        Condition::Latency { traffic, per_mille, above_ms, to_first_byte } => {
            latency(traffic, (*per_mille, *above_ms, *to_first_byte), figures)
        }
        Condition::GuardrailBlocks { traffic, above } => blocks(traffic, *above, figures),
        _ => None,
    }
}

/// Is it one of those that the rule is about?
#[must_use]
pub fn is_wanted(only: &[String], subject: &Subject) -> bool {
    only.is_empty() || only.iter().any(|value| *value == subject.id || *value == subject.name)
}

fn error_rate(traffic: &Traffic, above_percent: u64, figures: &Figures) -> Option<Observation> {
    if figures.requests < traffic.min_requests {
        return None;
    }
    let is_above =
        u128::from(figures.counted) * 100 > u128::from(figures.requests) * u128::from(above_percent);
    is_above.then(|| {
        let tenths = figures.counted.saturating_mul(1000) / figures.requests.max(1);
        let percent = format!("{}.{}", tenths / 10, tenths % 10);
        let summary = format!(
            "{}: {percent} % of {} requests failed in the last {} minutes (more than {above_percent} %)",
            called(&figures.subject),
            figures.requests,
            traffic.window_minutes
        );
        let more =
            json!({ "errors": figures.counted, "error_percent": percent, "above_percent": above_percent });
        one(traffic, figures, summary, more)
    })
}

fn latency(
    traffic: &Traffic,
    (per_mille, above_ms, to_first_byte): (u16, u64, bool),
    figures: &Figures,
) -> Option<Observation> {
    let took_us = figures.duration_us.filter(|_| figures.requests >= traffic.min_requests)?;
    (took_us > above_ms.saturating_mul(1000)).then(|| {
        let (took_ms, percentile) = (took_us / 1000, per_mille / 10);
        let what = if to_first_byte { "to the first byte" } else { "in all" };
        let summary = format!(
            "{}: p{percentile} of {} requests took {took_ms} ms {what} in the last {} minutes (more than {above_ms} ms)",
            called(&figures.subject),
            figures.requests,
            traffic.window_minutes
        );
        let more = json!({ "percentile": percentile, "took_ms": took_ms, "above_ms": above_ms });
        one(traffic, figures, summary, more)
    })
}

fn blocks(traffic: &Traffic, above: u64, figures: &Figures) -> Option<Observation> {
    (figures.counted > above).then(|| {
        let summary = format!(
            "{}: guardrails blocked {} requests in the last {} minutes (more than {above})",
            called(&figures.subject),
            figures.counted,
            traffic.window_minutes
        );
        one(traffic, figures, summary, json!({ "blocked": figures.counted, "above": above }))
    })
}

fn one(traffic: &Traffic, figures: &Figures, summary: String, more: Value) -> Observation {
    let mut told: Map<String, Value> = details(more);
    told.insert("requests".to_owned(), figures.requests.into());
    told.insert("window_minutes".to_owned(), traffic.window_minutes.into());
    Observation {
        key: format!("{}/{}", figures.subject.kind, figures.subject.id),
        subject: figures.subject.clone(),
        summary,
        details: told,
        ends_at: None,
    }
}

#[cfg(test)]
mod tests;
