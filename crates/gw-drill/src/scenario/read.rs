//! A scenario's text to a [`Scenario`]. Everything that is wrong is told at once, with its place; what concerns the
//! gateway's configuration is asked of its own reader.

use super::fields::{Block, Faults};
use super::{Address, Fault, Load, Objectives, Scenario, Step, Target};
use crate::gateway_config;
use gw_config::document::{self, Kind, Node, Scalar};
use gw_config::{ConfigErrors, Place};
use gw_model::catalog::Catalog;
use std::sync::Arc;

/// Most targets.
const MAX_TARGETS: usize = 16;
/// Most gateways.
const MAX_GATEWAYS: u32 = 8;
/// Most steps of a timeline.
const MAX_STEPS: usize = 200;

/// What can be judged.
pub(super) const OBJECTIVES: &[&str] = &[
    "success_rate",
    "wrong_answers",
    "p99_added_ms",
    "detect_ms",
    "recover_ms",
    "share_within",
    "max_requests_to_faulty",
    "max_trips",
    "max_extra_tries",
    "herd_factor",
    "high_success_rate",
    "goodput_per_second",
    "refused_within_ms",
];

/// Reads and checks.
pub(super) fn read(source: &str, text: &str, catalog: &Arc<dyn Catalog>) -> Result<Scenario, ConfigErrors> {
    let mut faults = Faults::default();
    let scenario = match document::read(text) {
        Ok(root) if root.is_null() => {
            faults.add(root.place, "the file is empty");
            None
        }
        Ok(root) => scenario(&root, source, &mut faults),
        Err(found) => {
            faults.0.extend(found);
            None
        }
    };
    if let Some(scenario) = &scenario {
        gateway_config::check(scenario, catalog, &mut faults);
    }
    faults.0.sort_by_key(|fault| fault.place);
    match scenario {
        Some(scenario) if faults.0.is_empty() => Ok(scenario),
        _ => Err(ConfigErrors { source: source.into(), faults: faults.0 }),
    }
}

fn scenario(root: &Node, source: &str, faults: &mut Faults) -> Option<Scenario> {
    const KEYS: &[&str] =
        &["name", "about", "targets", "gateways", "alias", "gateway", "load", "timeline", "objectives"];
    let block = Block::open(root, "the scenario", KEYS, faults)?;
    let stem = source.rsplit('/').next().unwrap_or(source).trim_end_matches(".yaml").to_owned();
    let name = block.text("name", faults).map_or(stem, str::to_owned);
    let about = block.need_text("about", faults).map(str::to_owned);
    let targets = targets(&block, faults);
    let gateways = block.whole("gateways", 1..=MAX_GATEWAYS, faults).unwrap_or(1);
    let load = block.need("load", faults).and_then(|node| load(node, faults));
    let seconds = load.map_or(f64::MAX, |load| load.seconds);
    let timeline = timeline(&block, &targets, seconds, faults);
    let objectives = block.need("objectives", faults).and_then(|node| objectives(node, faults));
    Some(Scenario {
        name,
        about: about?,
        targets,
        gateways: usize::try_from(gateways).unwrap_or(1),
        alias: block.get("alias").cloned(),
        gateway: block.get("gateway").cloned(),
        load: load?,
        timeline,
        objectives: objectives?,
    })
}

fn targets(block: &Block<'_>, faults: &mut Faults) -> Vec<Target> {
    const KEYS: &[&str] = &["name", "weight", "max_parallel", "address"];
    let mut found: Vec<Target> = Vec::new();
    block.need("targets", faults);
    let items = block.items("targets", faults);
    if items.len() > MAX_TARGETS {
        faults.add(block.place, format!("more than {MAX_TARGETS} targets"));
    }
    for item in items.iter().take(MAX_TARGETS) {
        let Some(target) = Block::open(item, "a target", KEYS, faults) else {
            continue;
        };
        let Some(name) = target.need_text("name", faults) else { continue };
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            faults.add(item.place, "the name of a target has letters, digits and '-'");
        }
        if found.iter().any(|other| other.name == name) {
            faults.add(item.place, format!("a second target '{name}'"));
        }
        let address = match target.text("address", faults) {
            None => Address::Right,
            Some("unresolvable") => Address::Unresolvable,
            Some("not-tls") => Address::NotTls,
            Some(other) => {
                faults.add(item.place, format!("'address' is unresolvable or not-tls, not '{other}'"));
                Address::Right
            }
        };
        let weight = target.whole("weight", 0..=1_000_000, faults).unwrap_or(1);
        let max_parallel = target.whole("max_parallel", 1..=1_000_000, faults);
        found.push(Target { name: name.to_owned(), weight, max_parallel, address });
    }
    found
}

fn load(node: &Node, faults: &mut Faults) -> Option<Load> {
    const KEYS: &[&str] = &["requests_per_second", "seconds", "streams", "bad_requests", "high", "low"];
    let block = Block::open(node, "'load'", KEYS, faults)?;
    block.need("requests_per_second", faults);
    let rate = block.whole("requests_per_second", 1..=1000, faults);
    let seconds = block.need_number("seconds", 0.5..=600.0, faults);
    let streams = block.number("streams", 0.0..=1.0, faults).unwrap_or(0.3);
    let bad_requests = block.number("bad_requests", 0.0..=1.0, faults).unwrap_or(0.0);
    let high = block.number("high", 0.0..=1.0, faults).unwrap_or(0.0);
    let low = block.number("low", 0.0..=1.0, faults).unwrap_or(0.0);
    if high + low > 1.0 {
        faults.add(block.place, "'high' and 'low' are more than all requests");
    }
    Some(Load { requests_per_second: rate?, seconds: seconds?, streams, bad_requests, high, low })
}

fn timeline(block: &Block<'_>, targets: &[Target], seconds: f64, faults: &mut Faults) -> Vec<Step> {
    let items = block.items("timeline", faults);
    if items.len() > MAX_STEPS {
        faults.add(block.place, format!("more than {MAX_STEPS} steps"));
    }
    let mut steps: Vec<Step> = Vec::new();
    for item in items.iter().take(MAX_STEPS) {
        let Some(step) = step(item, targets, faults) else { continue };
        if steps.last().is_some_and(|last| last.at_seconds > step.at_seconds) {
            faults.add(item.place, "steps stand in the order of their times");
        }
        if step.at_seconds >= seconds {
            faults.add(item.place, format!("the load is over after {seconds} seconds, before this step"));
        }
        steps.push(step);
    }
    steps
}

fn step(item: &Node, targets: &[Target], faults: &mut Faults) -> Option<Step> {
    let block = Block::open(item, "a step", &["at", "targets", "fault", "share"], faults)?;
    let at_seconds = block.need_number("at", 0.0..=600.0, faults);
    let share = block.number("share", 0.0..=1.0, faults).unwrap_or(1.0);
    block.need("targets", faults);
    let mut places = Vec::new();
    for node in block.items("targets", faults) {
        let Kind::Scalar(Scalar { text, .. }) = &node.kind else { continue };
        match targets.iter().position(|target| target.name == *text) {
            Some(at) => places.push(at),
            None => faults.add(node.place, format!("there is no target '{text}'")),
        }
    }
    block.need("fault", faults);
    let fault = block.text("fault", faults).map(|text| {
        let at = block.get("fault").map_or(item.place, |node| node.place);
        fault(text, at, share, faults)
    });
    Some(Step { at_seconds: at_seconds?, targets: places, fault: fault?, share })
}

fn fault(text: &str, at: Place, share: f64, faults: &mut Faults) -> Fault {
    let known = match text {
        "none" => return Fault::None,
        "refuse" if share < 1.0 => {
            faults.add(at, "'refuse' closes the port for all requests: it has no 'share'");
            return Fault::Refuse;
        }
        "refuse" => return Fault::Refuse,
        list => gw_emulator::Faults::default().add(list),
    };
    if let Err(error) = known {
        faults.add(at, format!("{error}; besides these there are `none` and `refuse`"));
    }
    if share <= 0.0 {
        faults.add(at, "a 'share' of 0 hits nothing: write `fault: none`");
    }
    Fault::Emulated(text.to_owned())
}

fn objectives(node: &Node, faults: &mut Faults) -> Option<Objectives> {
    let block = Block::open(node, "'objectives'", OBJECTIVES, faults)?;
    let mut whole = |key| block.whole(key, 0..=3_600_000, faults);
    let mut objectives = Objectives {
        wrong_answers: Some(whole("wrong_answers").unwrap_or(0)),
        p99_added_ms: whole("p99_added_ms"),
        detect_ms: whole("detect_ms"),
        recover_ms: whole("recover_ms"),
        max_requests_to_faulty: whole("max_requests_to_faulty"),
        max_trips: whole("max_trips"),
        refused_within_ms: whole("refused_within_ms"),
        ..Objectives::default()
    };
    objectives.success_rate = block.number("success_rate", 0.0..=1.0, faults);
    objectives.max_extra_tries = block.number("max_extra_tries", 0.0..=10.0, faults);
    objectives.high_success_rate = block.number("high_success_rate", 0.0..=1.0, faults);
    objectives.goodput_per_second = block.number("goodput_per_second", 0.0..=1000.0, faults);
    objectives.share_within = block.number("share_within", 0.0..=1.0, faults);
    // Whoever wants traffic back wants it back without a herd.
    let default = objectives.recover_ms.map(|_| 2.0);
    objectives.herd_factor = block.number("herd_factor", 1.0..=100.0, faults).or(default);
    Some(objectives)
}
