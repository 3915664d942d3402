//! The objectives of a scenario against what was measured, each miss in a line. Pure.

use super::Measures;
use super::share::tolerance;
use crate::scenario::Scenario;

/// What was missed and why; empty when the scenario passed.
pub(crate) fn missed(scenario: &Scenario, measures: &Measures) -> Vec<String> {
    let objectives = &scenario.objectives;
    let mut missed = Vec::new();
    if let Some(wanted) = objectives.success_rate
        && measures.success_rate() < wanted
    {
        let failed = measures.requests - measures.succeeded;
        let why = most(measures.failures.iter().map(|(why, count)| (why.as_str(), *count)));
        missed.push(format!(
            "success rate {} is below {}: {failed} of {} requests failed ({why})",
            percent(measures.success_rate()),
            percent(wanted),
            measures.requests
        ));
    }
    if let Some(allowed) = objectives.wrong_answers
        && measures.wrong_answers() > usize::try_from(allowed).unwrap_or(usize::MAX)
    {
        let kinds = most(measures.wrong.iter().map(|(wrong, count)| (wrong.as_str(), *count)));
        missed.push(format!("{} wrong answers, {allowed} are allowed ({kinds})", measures.wrong_answers()));
    }
    let limits = [
        ("added latency (p99)", objectives.p99_added_ms, measures.p99_added_ms, "too few requests to tell"),
        (
            "time to detect",
            objectives.detect_ms,
            measures.detect_ms,
            "faulty targets were tried first throughout",
        ),
        (
            "time to recover",
            objectives.recover_ms,
            measures.recover_ms,
            "traffic did not come back to its weights",
        ),
    ];
    for (name, allowed, measured, otherwise) in limits {
        match (allowed, measured) {
            (Some(allowed), Some(measured)) if measured > u64::from(allowed) => {
                missed.push(format!("{name} is {measured} ms, {allowed} ms are allowed"));
            }
            (Some(allowed), None) => missed.push(format!("{name} within {allowed} ms: {otherwise}")),
            _ => {}
        }
    }
    if let Some(allowed) = objectives.max_requests_to_faulty
        && measures.to_faulty > usize::try_from(allowed).unwrap_or(usize::MAX)
    {
        missed.push(format!("{} tries went to faulty targets, {allowed} are allowed", measures.to_faulty));
    }
    missed.extend(objectives.max_extra_tries.and_then(|allowed| extra_tries(measures, allowed)));
    if let Some(allowed) = objectives.max_trips {
        match measures.trips {
            Some(trips) if trips > u64::from(allowed) => {
                missed.push(format!("targets were taken for down {trips} times, {allowed} are allowed"));
            }
            Some(_) => {}
            None => missed
                .push(format!("targets taken for down at most {allowed} times: the gateway does not say")),
        }
    }
    missed.extend(overload(scenario, measures));
    missed.extend(objectives.share_within.and_then(|within| shares(scenario, measures, within)));
    if let (Some(factor), Some(herd)) = (objectives.herd_factor, measures.herd)
        && herd > factor
    {
        missed
            .push(format!("a herd of {herd:.1} times the usual rate came back, {factor} times are allowed"));
    }
    missed
}

fn extra_tries(measures: &Measures, allowed: f64) -> Option<String> {
    let extra = super::ratio(measures.extra_tries, measures.requests.max(1));
    let text = || {
        format!(
            "{} tries beyond one for each request are {} of them, {} are allowed",
            measures.extra_tries,
            percent(extra),
            percent(allowed)
        )
    };
    (extra > allowed).then(text)
}

/// What is asked of a scenario with more calls than can be served.
fn overload(scenario: &Scenario, measures: &Measures) -> Vec<String> {
    let objectives = &scenario.objectives;
    let mut missed = Vec::new();
    if let Some(wanted) = objectives.high_success_rate {
        match measures.high_success_rate {
            Some(rate) if rate < wanted => missed.push(format!(
                "success rate of high priority {} is below {}",
                percent(rate),
                percent(wanted)
            )),
            Some(_) => {}
            None => missed.push("success rate of high priority: no call had one".to_owned()),
        }
    }
    if let Some(wanted) = objectives.goodput_per_second {
        let goodput = measures.goodput_per_second.unwrap_or(0.0);
        if goodput < wanted {
            missed.push(format!("{goodput:.1} good answers a second, {wanted} are wanted"));
        }
    }
    // Where nobody was refused, nobody waited for it.
    if let (Some(allowed), Some(took)) = (objectives.refused_within_ms, measures.refused_ms)
        && took > u64::from(allowed)
    {
        missed.push(format!("a call took {took} ms to be refused, {allowed} ms are allowed"));
    }
    missed
}

fn shares(scenario: &Scenario, measures: &Measures, within: f64) -> Option<String> {
    let Some((shares, count)) = &measures.shares else {
        return Some(format!("shares within {}: too few requests to tell", percent(within)));
    };
    let triples = scenario.targets.iter().zip(shares).zip(&measures.expected_shares);
    let far = triples
        .filter(|((_, got), expected)| (*got - *expected).abs() > tolerance(within, **expected, *count));
    let far: Vec<String> = far
        .map(|((target, got), expected)| {
            format!("{} has {}, not {}", target.name, percent(*got), percent(*expected))
        })
        .collect();
    (!far.is_empty()).then(|| format!("shares are not within {}: {}", percent(within), far.join(", ")))
}

/// The commonest kinds with their counts.
fn most<'a>(kinds: impl Iterator<Item = (&'a str, usize)>) -> String {
    let mut kinds: Vec<(&str, usize)> = kinds.collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let shown: Vec<String> = kinds.iter().take(4).map(|(kind, count)| format!("{count} {kind}")).collect();
    if shown.is_empty() { "see wrong answers".to_owned() } else { shown.join(", ") }
}

/// A part as people read it, never rounded up to all.
pub(crate) fn percent(part: f64) -> String {
    format!("{} %", (part * 10_000.0).floor() / 100.0)
}
