//! The report as RESULTS.md.

use super::results::Report;
use super::table::figure;
use super::targets::targets;
use crate::systems::System;
use std::fmt::Write as _;

/// The whole file.
pub(crate) fn markdown(report: &Report) -> String {
    let mut out = String::from(
        "# Results of the benchmark\n\nWritten by `cargo xtask bench --write`; do not edit by hand.\n\n",
    );
    let machine = &report.machine;
    let _ = writeln!(
        out,
        "| Date | CPU | Cores | Memory | Kernel |\n|---|---|---|---|---|\n| {} | {} | {} | {} MiB | {} |\n",
        machine.date, machine.cpu, machine.cores, machine.memory_mib, machine.kernel
    );
    let versions: Vec<String> =
        report.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let _ = writeln!(out, "Versions: {}.\n", versions.join(", "));
    for (system, problem) in &report.missing {
        let _ = writeln!(out, "{system}: not measured: {problem}\n");
    }
    let _ = writeln!(out, "## Targets\n\n| Figure | Target | Measured | |\n|---|---|---|---|");
    for target in targets(report) {
        let value =
            target.value.map_or_else(|| "-".to_owned(), |value| format!("{}{}", figure(value), target.unit));
        let _ = writeln!(out, "| {} | {} | {value} | {} |", target.what, target.bound, target.outcome());
    }
    speed(report, &mut out);
    memory(report, &mut out);
    let _ = writeln!(out, "\n## Method\n\n{}", report.method);
    out
}

fn speed(report: &Report, out: &mut String) {
    let mut last = None;
    for row in &report.speed {
        if last != Some(row.scenario) {
            last = Some(row.scenario);
            let _ = writeln!(
                out,
                "\n## {}\n\n| System | Requests/s | p50 µs | p99 µs | CPU µs per request | x nginx | Core used | RSS MiB |\n\
                 |---|--:|--:|--:|--:|--:|--:|--:|",
                capitalized(row.scenario.title())
            );
        }
        if row.samples.is_empty() {
            let problem = row.problem.as_deref().unwrap_or("unknown");
            let _ = writeln!(out, "| {} | not measured: {} |", row.label, cell_text(problem));
            continue;
        }
        let cell = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), figure);
        let mut label = row.label.clone();
        if row.scenario.is_latency()
            && let Some(added) = report.added_p99(row).filter(|_| row.system != System::Direct)
        {
            let _ = write!(label, " (added p99: {} µs)", figure(added));
        }
        let _ = writeln!(
            out,
            "| {label} | {} | {} | {} | {} | {} | {} | {} |",
            cell(row.median(|sample| Some(sample.requests_per_second))),
            cell(row.median(|sample| Some(sample.p50_us))),
            cell(row.median(|sample| Some(sample.p99_us))),
            cell(row.median(|sample| sample.cpu_us)),
            report
                .cpu_ratio(row, System::Nginx.name())
                .map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
            row.median(|sample| sample.cpu_us.map(|_| sample.cpu_share * 100.0))
                .map_or_else(|| "-".to_owned(), |share| format!("{share:.0} %")),
            cell(row.median(|sample| sample.cpu_us.map(|_| sample.rss_mib))),
        );
    }
}

fn memory(report: &Report, out: &mut String) {
    if report.memory.is_empty() {
        return;
    }
    out.push_str("\n## Memory (RSS of the process tree)\n\n| What | System | Value |\n|---|---|--:|\n");
    for row in &report.memory {
        let value = row.value.map_or_else(
            || format!("not measured: {}", cell_text(row.problem.as_deref().unwrap_or("unknown"))),
            |value| format!("{value:.1}"),
        );
        let _ = writeln!(out, "| {} | {} | {value} |", row.what, row.system.name());
    }
}

/// Text that cannot break a table.
fn cell_text(text: &str) -> String {
    text.replace('|', "/").replace('\n', " ").chars().take(200).collect()
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
