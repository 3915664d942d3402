//! What was measured, as data, and the medians and ratios over the rounds.

use crate::process::Facts;
use crate::scenario::Scenario;
use crate::systems::System;
use serde::Serialize;

/// One window of one system.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SpeedSample {
    pub(crate) requests_per_second: f64,
    /// Time of a request, to the last byte.
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Time to the first text of the answer.
    pub(crate) first_text_p50_us: f64,
    pub(crate) first_text_p99_us: f64,
    /// CPU time of the process tree per completed request; `None` for the mock itself.
    pub(crate) cpu_us: Option<f64>,
    /// Share of its core that the system used.
    pub(crate) cpu_share: f64,
    /// Share of their core that load generator and mock used; near 1 the instrument was the limit.
    pub(crate) instrument_share: f64,
    pub(crate) rss_mib: f64,
    pub(crate) completed: u64,
    pub(crate) failed: u64,
    pub(crate) first_failure: Option<String>,
}

/// One system in one scenario, all rounds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SpeedRow {
    #[serde(serialize_with = "scenario_name")]
    pub(crate) scenario: Scenario,
    pub(crate) label: String,
    #[serde(serialize_with = "system_name")]
    pub(crate) system: System,
    /// Round and sample.
    pub(crate) samples: Vec<(u32, SpeedSample)>,
    /// Why there is no (further) sample.
    pub(crate) problem: Option<String>,
}

impl SpeedRow {
    pub(crate) fn new(scenario: Scenario, label: String, system: System) -> Self {
        Self { scenario, label, system, samples: Vec::new(), problem: None }
    }

    /// The median over the rounds of what `pick` takes from a sample.
    pub(crate) fn median(&self, pick: impl Fn(&SpeedSample) -> Option<f64>) -> Option<f64> {
        median(self.samples.iter().filter_map(|(_, sample)| pick(sample)).collect())
    }

    /// The median over the rounds of `combine(own, other's)` within one round.
    fn against(
        &self,
        other: &Self,
        pick: impl Fn(&SpeedSample) -> Option<f64>,
        combine: impl Fn(f64, f64) -> f64,
    ) -> Option<f64> {
        let pairs = self.samples.iter().filter_map(|(round, own)| {
            let (_, theirs) = other.samples.iter().find(|(number, _)| number == round)?;
            Some(combine(pick(own)?, pick(theirs)?))
        });
        median(pairs.collect())
    }
}

/// One figure of memory.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MemoryRow {
    /// What it is, with its unit.
    pub(crate) what: String,
    #[serde(serialize_with = "system_name")]
    pub(crate) system: System,
    pub(crate) value: Option<f64>,
    pub(crate) problem: Option<String>,
}

/// What a figure must be.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// One figure of a program that measures itself.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) what: String,
    /// `None`: the program could not be run.
    pub(crate) value: Option<f64>,
    pub(crate) unit: String,
    pub(crate) bound: Option<Bound>,
}

impl Figure {
    /// Whether it is within its bound.
    pub(crate) fn met(&self) -> Option<bool> {
        Some(match (self.value?, self.bound?) {
            (value, Bound::AtMost(limit)) => value <= limit,
            (value, Bound::AtLeast(limit)) => value >= limit,
        })
    }
}

/// Everything one run showed.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Facts,
    /// Systems and their versions.
    pub(crate) versions: Vec<(String, String)>,
    /// Systems that could not be started, and why.
    pub(crate) missing: Vec<(String, String)>,
    /// How it was measured, in words.
    pub(crate) method: String,
    pub(crate) speed: Vec<SpeedRow>,
    pub(crate) memory: Vec<MemoryRow>,
    pub(crate) programs: Vec<Figure>,
}

impl Report {
    /// The row of a system in a scenario.
    pub(crate) fn row(&self, scenario: Scenario, label: &str) -> Option<&SpeedRow> {
        self.speed.iter().find(|row| row.scenario == scenario && row.label == label)
    }

    /// CPU time per request as a multiple of `other`'s in the same round.
    pub(crate) fn cpu_ratio(&self, row: &SpeedRow, other: &str) -> Option<f64> {
        row.against(self.row(row.scenario, other)?, |sample| sample.cpu_us, |own, theirs| own / theirs)
    }

    /// p99 minus that of the mock itself in the same round, in microseconds.
    pub(crate) fn added_p99(&self, row: &SpeedRow) -> Option<f64> {
        let direct = self.row(row.scenario, System::Direct.name())?;
        row.against(direct, |sample| Some(sample.p99_us), |own, theirs| own - theirs)
    }

    /// The figure of memory called `what`.
    pub(crate) fn memory_of(&self, what: &str, system: System) -> Option<f64> {
        self.memory.iter().find(|row| row.what.starts_with(what) && row.system == system)?.value
    }
}

/// The median; the mean of the middle two when their number is even.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        count if count % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

fn scenario_name<S: serde::Serializer>(scenario: &Scenario, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(scenario.name())
}

fn system_name<S: serde::Serializer>(system: &System, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(system.name())
}
