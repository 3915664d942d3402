//! What a drill found, for people (markdown) and for machines (JSON). It must not judge.

use crate::measure::{Measures, missed, percent};
use crate::scenario::Scenario;
use serde_json::{Value, json};

/// The result of one scenario.
#[derive(Clone, Debug)]
pub struct Report {
    scenario: String,
    targets: Vec<String>,
    measures: Measures,
    missed: Vec<String>,
}

impl Report {
    pub(crate) fn new(scenario: &Scenario, measures: Measures) -> Self {
        Self {
            scenario: scenario.name.clone(),
            targets: scenario.targets.iter().map(|target| target.name.clone()).collect(),
            missed: missed(scenario, &measures),
            measures,
        }
    }

    /// Did every objective hold?
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.missed.is_empty()
    }

    /// The scenario's verdict in a line.
    #[must_use]
    pub fn line(&self) -> String {
        let verdict =
            if self.passed() { "passed".to_owned() } else { format!("missed: {}", self.missed.join("; ")) };
        format!("{}: {verdict}", self.scenario)
    }

    fn json(&self) -> Value {
        let measures = &self.measures;
        let wrong: serde_json::Map<String, Value> =
            measures.wrong.iter().map(|(wrong, count)| (wrong.as_str().to_owned(), json!(count))).collect();
        let shares = measures.shares.as_ref().map(|(shares, _)| {
            let named = self.targets.iter().zip(shares).map(|(name, share)| (name.clone(), json!(share)));
            named.collect::<serde_json::Map<String, Value>>()
        });
        json!({
            "scenario": self.scenario,
            "requests": measures.requests,
            "success_rate": measures.success_rate(),
            "wrong_answers": measures.wrong_answers(),
            "p99_added_ms": measures.p99_added_ms,
            "detect_ms": measures.detect_ms,
            "recover_ms": measures.recover_ms,
            "passed": self.passed(),
            "missed": self.missed,
            "failures": measures.failures,
            "wrong": wrong,
            "tries_at_faulty": measures.to_faulty,
            "extra_tries": measures.extra_tries,
            "trips": measures.trips,
            "shares": shares,
            "herd": measures.herd,
            "high_success_rate": measures.high_success_rate,
            "goodput_per_second": measures.goodput_per_second,
            "refused_ms": measures.refused_ms,
        })
    }

    fn row(&self) -> String {
        let measures = &self.measures;
        let ms = |figure: Option<u64>| figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure} ms"));
        format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            self.scenario,
            measures.requests,
            percent(measures.success_rate()),
            measures.wrong_answers(),
            ms(measures.p99_added_ms),
            ms(measures.detect_ms),
            ms(measures.recover_ms),
            if self.passed() { "passed" } else { "missed" }
        )
    }
}

/// All results as an array.
#[must_use]
pub fn json(reports: &[Report]) -> Value {
    Value::Array(reports.iter().map(Report::json).collect())
}

/// All results as a table, and under it what was missed.
#[must_use]
pub fn markdown(reports: &[Report]) -> String {
    let mut out = String::from(
        "| scenario | requests | success | wrong | p99 added | detect | recover | verdict |\n|---|---|---|---|---|---|---|---|\n",
    );
    for report in reports {
        out.push_str(&report.row());
        out.push('\n');
    }
    let failed: Vec<&Report> = reports.iter().filter(|report| !report.passed()).collect();
    out.push_str(&format!("\n{} of {} scenarios passed.\n", reports.len() - failed.len(), reports.len()));
    for report in failed {
        for missed in &report.missed {
            out.push_str(&format!("- {}: {missed}\n", report.scenario));
        }
    }
    out
}
