//! The gateway's own metrics, which its registry writes as OpenMetrics text, as messages: names as OpenTelemetry translates those of
//! Prometheus, without `_total`. What is no such text is left out.

use crate::attributes::pair;
use crate::proto::metrics::{
    Data, Gauge, Histogram, HistogramDataPoint, Metric, Number, NumberDataPoint, Sum, Temporality,
};
use crate::proto::values::Value;
use std::collections::BTreeMap;

/// What a family of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A family that is being read.
struct Family<'a> {
    name: &'a str,
    help: &'a str,
    unit: &'a str,
    kind: Kind,
    numbers: Vec<NumberDataPoint>,
    /// By labels, without `le`.
    histograms: BTreeMap<String, HistogramDataPoint>,
}

/// When the numbers of a text count from, and when they were read, in nanoseconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// When the process began.
    pub began: u64,
    /// Now.
    pub now: u64,
}

/// Reads a text.
#[must_use]
pub fn metrics(text: &str, span: Span) -> Vec<Metric> {
    let mut out = Vec::new();
    let mut family: Option<Family<'_>> = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let Some((word, rest)) = rest.split_once(' ') else { continue };
            let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            if family.as_ref().is_none_or(|open| open.name != name) {
                out.extend(family.take().and_then(close));
                let kind = Kind::Gauge;
                let (numbers, histograms) = (Vec::new(), BTreeMap::new());
                family = Some(Family { name, help: "", unit: "", kind, numbers, histograms });
            }
            if let Some(open) = &mut family {
                match word {
                    "HELP" => open.help = rest,
                    "UNIT" => open.unit = rest,
                    "TYPE" => open.kind = kind(rest),
                    _ => {}
                }
            }
        } else if let Some(open) = &mut family {
            // A line that can not be read is left out.
            let _ = sample(open, line, span);
        }
    }
    out.extend(family.and_then(close));
    out
}

fn kind(word: &str) -> Kind {
    match word {
        "counter" => Kind::Counter,
        "histogram" => Kind::Histogram,
        _ => Kind::Gauge,
    }
}

/// Reads a sample into its family.
fn sample(family: &mut Family<'_>, line: &str, span: Span) -> Option<()> {
    let (name, labels, rest) = parts(line)?;
    let value = rest.split(' ').next()?;
    let suffix = name.strip_prefix(family.name)?;
    match (family.kind, suffix) {
        (Kind::Counter, "_total") | (Kind::Gauge, "") => {
            let attributes = labels.into_iter().map(|(name, value)| pair(name, Value::Text(value))).collect();
            let start = if family.kind == Kind::Counter { span.began } else { 0 };
            family.numbers.push(NumberDataPoint {
                attributes,
                start_time_unix_nano: start,
                time_unix_nano: span.now,
                value: Some(number(value)?),
            });
        }
        (Kind::Histogram, "_bucket" | "_count" | "_sum") => {
            let bound = labels.iter().find(|(name, _)| *name == "le").map(|(_, bound)| bound.clone());
            let kept: Vec<(&str, String)> = labels.into_iter().filter(|(name, _)| *name != "le").collect();
            let key = format!("{kept:?}");
            let point = family.histograms.entry(key).or_insert_with(|| HistogramDataPoint {
                attributes: kept.into_iter().map(|(name, value)| pair(name, Value::Text(value))).collect(),
                start_time_unix_nano: span.began,
                time_unix_nano: span.now,
                ..HistogramDataPoint::default()
            });
            match suffix {
                "_count" => point.count = value.parse().ok()?,
                "_sum" => point.sum = Some(value.parse().ok()?),
                _ => {
                    let count: u64 = value.parse().ok()?;
                    // They count what is below too.
                    let below: u64 = point.bucket_counts.iter().sum();
                    point.bucket_counts.push(count.saturating_sub(below));
                    let bound = bound?;
                    if bound != "+Inf" {
                        point.explicit_bounds.push(bound.parse().ok()?);
                    }
                }
            }
        }
        _ => {}
    }
    Some(())
}

/// Name, labels and the rest of a line.
type Parts<'a> = (&'a str, Vec<(&'a str, String)>, &'a str);

fn parts(line: &str) -> Option<Parts<'_>> {
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    let Some(mut rest) = rest.strip_prefix('{') else {
        return Some((name, Vec::new(), rest.strip_prefix(' ')?));
    };
    let mut labels = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Some((name, labels, after.strip_prefix(' ')?));
        }
        rest = rest.strip_prefix(',').unwrap_or(rest);
        let (label, after) = rest.split_once("=\"")?;
        let (value, after) = quoted(after)?;
        labels.push((label, value));
        rest = after;
    }
}

/// A text up to its quotation mark, and what comes after.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            c => value.push(c),
        }
    }
    None
}

fn number(text: &str) -> Option<Number> {
    match text.parse::<i64>() {
        Ok(whole) => Some(Number::Int(whole)),
        Err(_) => text.parse().ok().map(Number::Double),
    }
}

/// The family's message; `None` where it has no samples.
fn close(family: Family<'_>) -> Option<Metric> {
    let Family { name, help, unit, kind, numbers, histograms } = family;
    if numbers.is_empty() && histograms.is_empty() {
        return None;
    }
    let aggregation_temporality = Temporality::Cumulative.into();
    let data = match kind {
        Kind::Counter => Data::Sum(Sum { data_points: numbers, aggregation_temporality, is_monotonic: true }),
        Kind::Gauge => Data::Gauge(Gauge { data_points: numbers }),
        Kind::Histogram => {
            let data_points = histograms.into_values().collect();
            Data::Histogram(Histogram { data_points, aggregation_temporality })
        }
    };
    Some(Metric {
        name: name.to_owned(),
        description: help.trim_end_matches('.').to_owned(),
        unit: unit_of(name, unit).to_owned(),
        data: Some(data),
    })
}

/// The unit, as UCUM writes it: names say what it is.
fn unit_of<'a>(name: &str, stated: &'a str) -> &'a str {
    if name.ends_with("_seconds") || stated == "seconds" {
        return "s";
    }
    if name.ends_with("_bytes") || stated == "bytes" {
        return "By";
    }
    if name.ends_with("_usd") { "{USD}" } else { stated }
}

#[cfg(test)]
mod tests;
