//! The figures the gateway must reach, and whether a run reached them.

use super::results::{Bound, Figure, Report, SpeedSample};
use crate::scenario::{Scenario, UNTRANSLATED};
use crate::systems::System;

/// One target and its outcome.
pub(super) struct Target {
    pub(super) what: String,
    /// The bound, in words.
    pub(super) bound: String,
    /// What was measured, or `None` when the run did not include it.
    pub(super) value: Option<f64>,
    pub(super) unit: String,
    pub(super) met: Option<bool>,
}

impl Target {
    /// `pass`, `FAIL` or `not measured`.
    pub(super) fn outcome(&self) -> &'static str {
        match self.met {
            Some(true) => "pass",
            Some(false) => "FAIL",
            None => "not measured",
        }
    }
}

fn at_most(what: &str, limit: f64, unit: &str, value: Option<f64>) -> Target {
    bounded(what, Bound::AtMost(limit), unit, value)
}

fn at_least(what: &str, limit: f64, value: Option<f64>) -> Target {
    bounded(what, Bound::AtLeast(limit), "", value)
}

fn bounded(what: &str, bound: Bound, unit: &str, value: Option<f64>) -> Target {
    target(&Figure { what: what.to_owned(), value, unit: unit.to_owned(), bound: Some(bound) })
}

fn target(figure: &Figure) -> Target {
    let Figure { what, value, unit, bound } = figure;
    let words = match bound {
        Some(Bound::AtMost(limit)) => format!("at most {limit}{unit}"),
        Some(Bound::AtLeast(limit)) => format!("at least {limit}{unit}"),
        None => String::new(),
    };
    Target { what: what.clone(), bound: words, value: *value, unit: unit.clone(), met: figure.met() }
}

/// What `pick` takes from the second of a scenario's settings over that of the first.
fn second_over_first(
    report: &Report,
    scenario: Scenario,
    pick: impl Fn(&SpeedSample) -> Option<f64>,
) -> Option<f64> {
    let rows = report.speed.iter().filter(|row| row.scenario == scenario);
    let times: Vec<f64> = rows.filter_map(|row| row.median(&pick)).collect();
    times.first().zip(times.get(1)).map(|(first, second)| second - first)
}

/// CPU time in the second of a scenario's two settings against the first.
fn second_against_first(report: &Report, scenario: Scenario) -> Option<f64> {
    let mut rows = report.speed.iter().filter(|row| row.scenario == scenario);
    let first = rows.next()?;
    report.cpu_ratio(rows.next()?, &first.label)
}

/// All targets, as far as this run can tell.
pub(super) fn targets(report: &Report) -> Vec<Target> {
    let own = System::Gatewright;
    let nginx = |scenario| {
        let row = report.row(scenario, own.name())?;
        report.cpu_ratio(row, System::Nginx.name())
    };
    let whole = report.row(Scenario::WholeC64, own.name());
    let of_litellm = whole.and_then(|row| report.cpu_ratio(row, System::Litellm.name()));
    let throughput = whole.and_then(|row| row.median(|sample| Some(sample.requests_per_second)));
    let added = report.row(Scenario::AwakeC1, own.name()).and_then(|row| report.added_p99(row));
    let growth = second_against_first(report, Scenario::Keys);
    let levels = second_over_first(report, Scenario::Levels, |sample| sample.cpu_us);
    let leased = second_against_first(report, Scenario::Shared);
    let of_hits = second_against_first(report, Scenario::Hits);
    let hits = report.speed.iter().filter(|row| row.scenario == Scenario::Hits).nth(1);
    let hits = hits.and_then(|row| row.median(|sample| Some(sample.requests_per_second)));
    let guards = second_against_first(report, Scenario::Guards);
    let first_text = second_over_first(report, Scenario::FirstText, |sample| Some(sample.first_text_p50_us));
    let first_text = first_text.map(|us| us / 1000.0);
    let translated = report.row(Scenario::TranslateC64, own.name());
    let translated = translated.and_then(|row| report.cpu_ratio(row, UNTRANSLATED));
    let mut all = vec![
        at_most("CPU per request, small chat, concurrency 64", 2.0, "x nginx", nginx(Scenario::WholeC64)),
        Target {
            what: "the same beside LiteLLM".to_owned(),
            bound: "at most 1/300 of LiteLLM".to_owned(),
            value: of_litellm.map(|ratio| 1.0 / ratio),
            unit: " times less".to_owned(),
            met: of_litellm.map(|ratio| ratio <= 1.0 / 300.0),
        },
        at_most("CPU per stream, paced, concurrency 256", 1.25, "x nginx", nginx(Scenario::PacedC256)),
        at_most("CPU per stream, burst, concurrency 64", 3.5, "x nginx", nginx(Scenario::BurstC64)),
        at_most("CPU per request, translated, against the same format", 2.0, "x", translated),
        at_most(
            "CPU per stream, translated, burst, concurrency 64",
            2.5,
            "x nginx",
            nginx(Scenario::TranslateBurstC64),
        ),
        at_most("added p99, concurrency 1, cores awake", 150.0, " µs", added),
        at_least("requests per second on one core, small chat, concurrency 64", 12_000.0, throughput),
        at_most("RSS idle, full catalogue", 25.0, " MiB", report.memory_of("idle", own)),
        at_most(
            "RSS under sustained load, concurrency 64",
            60.0,
            " MiB",
            report.memory_of("under load", own),
        ),
        at_most("RSS per open stream", 30.0, " KiB", report.memory_of("open stream", own)),
        at_most("10 MiB request, peak RSS added", 20.0, " MiB", report.memory_of("10 MiB", own)),
        at_most("CPU per request, many keys against one", 1.1, "x", growth),
        at_most("CPU per request, 7 levels with 12 limits and 5 budgets over a bare key", 8.0, " µs", levels),
        at_most("CPU per answer from the cache against a fetched one", 1.2, "x", of_hits),
        at_least("answers from the cache per second on one core, concurrency 64", 20_000.0, hits),
        at_most("CPU per 50-frame stream, with guardrails against without", 1.4, "x", guards),
        // One frame is held back: what its text may yet become.
        at_most("first text of a paced stream, later with guardrails than without", 5.5, " ms", first_text),
        at_most("CPU per request, 7 levels leased over Redis against in the process", 1.1, "x", leased),
        at_most("RSS with 1,000,000 keys", 400.0, " MiB", report.memory_of("1,000,000 keys (MiB)", own)),
        at_most(
            "from start to first answer with 1,000,000 keys",
            10.0,
            " s",
            report.memory_of("1,000,000 keys, from", own),
        ),
    ];
    all.extend(report.programs.iter().map(|figure| target(&spaced(figure))));
    all
}

/// Its unit as the others have it, a blank before.
fn spaced(figure: &Figure) -> Figure {
    let blank = if figure.unit.is_empty() { "" } else { " " };
    Figure { unit: format!("{blank}{}", figure.unit), ..figure.clone() }
}
