//! The report as text for a terminal.

use super::results::{Report, SpeedRow};
use super::targets::targets;
use crate::systems::System;
use std::fmt::Write as _;

/// The whole report.
pub(crate) fn text(report: &Report) -> String {
    let mut out = String::new();
    let mut last = None;
    for row in &report.speed {
        if last != Some(row.scenario) {
            last = Some(row.scenario);
            let _ = writeln!(
                out,
                "\n{}: {}\n{:<26}{:>10}{:>10}{:>10}{:>11}{:>10}{:>9}{:>9}{:>9}{:>8}",
                row.scenario.name(),
                row.scenario.title(),
                "system",
                "req/s",
                "p50 µs",
                "p99 µs",
                "CPU µs/rq",
                "x nginx",
                "core %",
                "load %",
                "RSS MiB",
                "failed"
            );
        }
        out.push_str(&line(report, row));
    }
    if !report.memory.is_empty() {
        out.push_str("\nmemory\n");
    }
    for row in &report.memory {
        let value = row.value.map_or_else(
            || format!("not measured: {}", row.problem.as_deref().unwrap_or("unknown")),
            |value| format!("{value:.1}"),
        );
        let _ = writeln!(out, "{:<26}{:<40}{value}", row.system.name(), row.what);
    }
    for (system, problem) in &report.missing {
        let _ = writeln!(out, "\n{system}: not measured: {problem}");
    }
    // What this run did not include is no news on a terminal; RESULTS.md lists it.
    let measured: Vec<_> = targets(report).into_iter().filter(|target| target.met.is_some()).collect();
    if !measured.is_empty() {
        out.push_str("\ntargets\n");
    }
    for target in measured {
        let value =
            target.value.map_or_else(|| "-".to_owned(), |value| format!("{}{}", figure(value), target.unit));
        let _ = writeln!(out, "{:<62}{:<28}{:<18}{}", target.what, target.bound, value, target.outcome());
    }
    out
}

fn line(report: &Report, row: &SpeedRow) -> String {
    let mut out = format!("{:<26}", row.label);
    if row.samples.is_empty() {
        let _ = writeln!(out, "not measured: {}", row.problem.as_deref().unwrap_or("unknown"));
        return out;
    }
    let cell = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), figure);
    let ratio = report.cpu_ratio(row, System::Nginx.name());
    let failed: u64 = row.samples.iter().map(|(_, sample)| sample.failed).sum();
    let _ = writeln!(
        out,
        "{:>10}{:>10}{:>10}{:>11}{:>10}{:>9}{:>9}{:>9}{:>8}",
        cell(row.median(|sample| Some(sample.requests_per_second))),
        cell(row.median(|sample| Some(sample.p50_us))),
        cell(row.median(|sample| Some(sample.p99_us))),
        cell(row.median(|sample| sample.cpu_us)),
        ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
        cell(row.median(|sample| sample.cpu_us.map(|_| sample.cpu_share * 100.0))),
        cell(row.median(|sample| Some(sample.instrument_share * 100.0))),
        cell(row.median(|sample| sample.cpu_us.map(|_| sample.rss_mib))),
        failed
    );
    if row.scenario.is_latency()
        && let Some(added) = report.added_p99(row).filter(|_| row.system != System::Direct)
    {
        let _ = writeln!(out, "{:<26}{:>30}", "  added p99", figure(added));
    }
    if let Some(problem) = &row.problem {
        let _ = writeln!(out, "  stopped after {} rounds: {problem}", row.samples.len());
    }
    out
}

/// Three significant digits where it matters, no more than a reader can use.
pub(super) fn figure(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
