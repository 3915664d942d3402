//! Which targets of a scenario are ever faulty, from when, and when all of them are healthy again. Pure.

use super::{Address, Fault, Scenario};

/// The time in which something is wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Disturbance {
    /// Positions of the targets that are faulty at some time.
    pub(crate) targets: Vec<usize>,
    /// When it begins, in seconds.
    pub(crate) from_seconds: f64,
    /// The step that begins it; `None` when it is there from the start.
    pub(crate) from_step: Option<usize>,
    /// The step that heals the last target; `None` when one stays faulty.
    pub(crate) until_step: Option<usize>,
}

impl Disturbance {
    /// The disturbance of a scenario; `None` when its targets are healthy throughout.
    pub(crate) fn of(scenario: &Scenario) -> Option<Self> {
        let mut faulty: Vec<bool> =
            scenario.targets.iter().map(|target| target.address != Address::Right).collect();
        let mut ever = faulty.clone();
        let mut from = faulty.contains(&true).then_some((0.0, None));
        let mut until_step = None;
        for (number, step) in scenario.timeline.iter().enumerate() {
            for at in &step.targets {
                let (Some(now), Some(ever), Some(target)) =
                    (faulty.get_mut(*at), ever.get_mut(*at), scenario.targets.get(*at))
                else {
                    continue;
                };
                *now = step.fault != Fault::None || target.address != Address::Right;
                *ever |= *now;
            }
            if faulty.contains(&true) {
                from.get_or_insert((step.at_seconds, Some(number)));
                until_step = None;
            } else if until_step.is_none() {
                until_step = Some(number);
            }
        }
        let targets = ever.iter().enumerate().filter(|(_, ever)| **ever).map(|(at, _)| at).collect();
        from.map(|(from_seconds, from_step)| Self { targets, from_seconds, from_step, until_step })
    }
}
