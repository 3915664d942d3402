//! A scenario: which targets there are, how they are addressed by the gateway's alias, what is asked of it, which
//! faults come when, and what must hold. It must not run anything.

mod disturbance;
mod fields;
mod read;
#[cfg(test)]
mod tests;

use gw_config::ConfigErrors;
use gw_model::catalog::Catalog;
use std::sync::Arc;

pub(crate) use disturbance::Disturbance;
pub(crate) use fields::Faults as ScenarioFaults;
pub(crate) use gw_config::document::{Kind, Node};

/// A scenario, read and checked.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name, for reports.
    pub name: String,
    /// What it plays, in a line.
    pub about: String,
    /// Where requests can go.
    pub(crate) targets: Vec<Target>,
    /// How many gateways are asked in turns; several tell each other of their targets.
    pub(crate) gateways: usize,
    /// The alias's settings but for its targets, as `models.<name>` has them.
    pub(crate) alias: Option<Node>,
    /// Further top-level settings of the gateway.
    pub(crate) gateway: Option<Node>,
    /// What is asked.
    pub(crate) load: Load,
    /// What fails when, in order of time.
    pub(crate) timeline: Vec<Step>,
    /// What must hold.
    pub(crate) objectives: Objectives,
}

/// A place where requests can go: an emulator of its own.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Name of the provider in the gateway's configuration.
    pub(crate) name: String,
    /// Its weight in the alias.
    pub(crate) weight: u32,
    /// Most requests that may be there at the same time.
    pub(crate) max_parallel: Option<u32>,
    /// How the gateway is told to reach it.
    pub(crate) address: Address,
}

/// How the gateway is told to reach a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// As it is.
    Right,
    /// By a name that has no address.
    Unresolvable,
    /// By `https`, which nobody speaks there.
    NotTls,
}

/// What is asked of the gateway, at a fixed rate whatever becomes of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) requests_per_second: u32,
    pub(crate) seconds: f64,
    /// Part of the requests that want a stream.
    pub(crate) streams: f64,
    /// Part of the requests that are wrong by the caller's own fault.
    pub(crate) bad_requests: f64,
    /// Parts of the requests that are of high and of low priority.
    pub(crate) high: f64,
    pub(crate) low: f64,
}

/// A change of what some targets do.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) at_seconds: f64,
    /// Positions in the list of targets.
    pub(crate) targets: Vec<usize>,
    pub(crate) fault: Fault,
    /// Part of the requests that an emulated fault hits.
    pub(crate) share: f64,
}

/// What a target does from some moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is healthy.
    None,
    /// Connections are refused, and those that stood are cut.
    Refuse,
    /// The emulator's faults of this list.
    Emulated(String),
}

/// What must hold; what is `None` is measured, but not judged.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Objectives {
    pub(crate) success_rate: Option<f64>,
    pub(crate) wrong_answers: Option<u32>,
    pub(crate) p99_added_ms: Option<u32>,
    pub(crate) detect_ms: Option<u32>,
    pub(crate) recover_ms: Option<u32>,
    pub(crate) share_within: Option<f64>,
    pub(crate) max_requests_to_faulty: Option<u32>,
    pub(crate) max_trips: Option<u32>,
    /// Tries beyond one for each call, as a part of the calls.
    pub(crate) max_extra_tries: Option<f64>,
    pub(crate) herd_factor: Option<f64>,
    pub(crate) high_success_rate: Option<f64>,
    pub(crate) goodput_per_second: Option<f64>,
    pub(crate) refused_within_ms: Option<u32>,
}

/// What `quick` leaves of a scenario's time.
const QUICK: f64 = 0.4;

/// Seconds that are left of it at most after the last step: a recovery is not waited for.
const QUICK_TAIL: f64 = 6.0;

impl Scenario {
    /// Reads a scenario. `source` begins the lines of the errors; the alias is checked as the gateway would.
    ///
    /// # Errors
    /// Everything that is wrong, each with its place.
    pub fn read(source: &str, text: &str, catalog: &Arc<dyn Catalog>) -> Result<Self, ConfigErrors> {
        read::read(source, text, catalog)
    }

    /// The same in less time. What needs time to show is not judged: recovery and shares.
    #[must_use]
    pub fn quick(mut self) -> Self {
        self.load.seconds *= QUICK;
        for step in &mut self.timeline {
            step.at_seconds *= QUICK;
        }
        if let Some(last) = self.timeline.last() {
            self.load.seconds = self.load.seconds.min(last.at_seconds + QUICK_TAIL);
        }
        let objectives = &mut self.objectives;
        (objectives.recover_ms, objectives.share_within) = (None, None);
        self
    }

    /// Seconds that the load lasts.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.load.seconds
    }
}
