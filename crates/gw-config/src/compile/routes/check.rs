//! Each node on its own: the keys that its type takes, names of nodes that there are, shares that sum up. It must not
//! follow the graph.

use super::super::conditions::Conditions;
use crate::errors::Faults;
use crate::place::{At, Place};
use crate::settings::routes::{NodeSettings, NodeType, RouteSettings, SubjectName};
use crate::shape::{NamedEntry, Text};
use gw_model::nearest::nearest;
use gw_model::routing::MAX_BUDGET_GATES;

/// Most nodes of a route.
const MAX_NODES: usize = 200;

/// Statuses that an end may have.
pub(super) const STATUSES: [u64; 5] = [400, 402, 403, 429, 503];

/// Keys of a type: those that must be there, then those that may.
const fn keys_of(kind: NodeType) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        NodeType::Condition => (&["when", "then", "else"], &[]),
        NodeType::Percentage => (&["branches"], &["by"]),
        NodeType::RateLimit => (&["limit", "within"], &["by", "exceeded", "mode", "on_unavailable"]),
        NodeType::BudgetLimit => (&["limit_usd", "period", "within"], &["by", "over"]),
        NodeType::Model => (&["model"], &["timeout", "retry", "next"]),
        NodeType::End => (&[], &["status", "message"]),
    }
}

/// Notes what is wrong with the nodes. False when anything is.
pub(super) fn check(route: &RouteSettings, conditions: &mut Conditions, faults: &mut Faults) -> bool {
    let nodes = &route.nodes.value.0;
    let mut found = Faults::default();
    if nodes.len() > MAX_NODES {
        found.add(route.nodes.place, format!("there are more than {MAX_NODES} nodes: use fewer"));
    } else {
        refers(&route.start, route, &mut found);
        let mut budgets = nodes.iter().filter(|node| node.value.r#type.value == NodeType::BudgetLimit);
        if let Some(node) = budgets.nth(MAX_BUDGET_GATES) {
            let message = format!("a route has at most {MAX_BUDGET_GATES} budget limits: use fewer");
            found.add(node.place, message);
        }
        for node in nodes {
            keys(node, &mut found);
            values(&node.value, conditions, &mut found);
            for to in targets(&node.value) {
                refers(to, route, &mut found);
            }
        }
    }
    let is_good = found.is_empty();
    for fault in found.sorted() {
        faults.add(fault.place, fault.message);
    }
    is_good
}

/// The nodes that a node leads to.
fn targets(node: &NodeSettings) -> impl Iterator<Item = &At<Text>> {
    let plain = [&node.then, &node.r#else, &node.within, &node.exceeded, &node.over, &node.next];
    let branches = node.branches.iter().flat_map(|branches| &branches.value);
    plain.into_iter().flatten().chain(branches.map(|branch| &branch.value.to))
}

fn refers(to: &At<Text>, route: &RouteSettings, faults: &mut Faults) {
    let name = to.value.as_str();
    if route.nodes.value.get(name).is_some() {
        return;
    }
    let names = route.nodes.value.0.iter().map(|node| node.name.as_str());
    let message = match nearest(name, names) {
        Some(near) => format!("there is no node '{name}', did you mean '{near}'?"),
        None => format!("there is no node '{name}': add it under 'nodes'"),
    };
    faults.add(to.place, message);
}

/// The keys that are written, with their places.
fn written(node: &NodeSettings) -> Vec<(&'static str, Place)> {
    fn place<T>(at: &Option<At<T>>) -> Option<Place> {
        at.as_ref().map(|at| at.place)
    }
    let all = [
        ("when", place(&node.when)),
        ("then", place(&node.then)),
        ("else", place(&node.r#else)),
        ("by", place(&node.by)),
        ("branches", place(&node.branches)),
        ("limit", place(&node.limit)),
        ("within", place(&node.within)),
        ("exceeded", place(&node.exceeded)),
        ("mode", place(&node.mode)),
        ("on_unavailable", place(&node.on_unavailable)),
        ("limit_usd", place(&node.limit_usd)),
        ("period", place(&node.period)),
        ("over", place(&node.over)),
        ("model", place(&node.model)),
        ("timeout", place(&node.timeout)),
        ("retry", place(&node.retry)),
        ("next", place(&node.next)),
        ("status", place(&node.status)),
        ("message", place(&node.message)),
    ];
    all.into_iter().filter_map(|(key, place)| Some((key, place?))).collect()
}

fn keys(node: &NamedEntry<NodeSettings>, faults: &mut Faults) {
    let kind = node.value.r#type.value;
    let (must, may) = keys_of(kind);
    let there = written(&node.value);
    for (key, place) in &there {
        if !must.contains(key) && !may.contains(key) {
            faults.add(*place, format!("'{key}' is not for nodes of type {}: remove it", kind.as_str()));
        }
    }
    for key in must {
        if !there.iter().any(|(known, _)| known == key) {
            let message =
                format!("'{key}' is missing in node '{}' of type {}: add it", node.name, kind.as_str());
            faults.add(node.place, message);
        }
    }
}

fn values(node: &NodeSettings, conditions: &mut Conditions, faults: &mut Faults) {
    if let Some(when) = &node.when
        && let Err(message) = conditions.get(when)
    {
        faults.add(when.place, message);
    }
    if let Some(branches) = &node.branches {
        let sum: u64 = branches.value.iter().map(|branch| branch.value.percent.value.get()).sum();
        if sum != 100 {
            faults.add(branches.place, format!("the percentages sum to {sum}, not to 100"));
        }
    }
    if let Some(by) = &node.by {
        let kind = node.r#type.value;
        match (kind, by.value) {
            (NodeType::Percentage, SubjectName::Route | SubjectName::Team) => {
                let message =
                    format!("'by: {}' is for limits: write whose requests stay together", by.value.as_str());
                faults.add(by.place, message);
            }
            (NodeType::RateLimit | NodeType::BudgetLimit, SubjectName::Prefix) => {
                faults.add(by.place, "'by: prefix' is for percentages: write who has a counter");
            }
            _ => {}
        }
    }
    if let Some(limit) = &node.limit
        && limit.value.requests.is_some() == limit.value.tokens.is_some()
    {
        faults.add(limit.place, "'limit' needs either 'requests' or 'tokens'");
    }
    if let Some(status) = node.status.as_ref().filter(|status| !STATUSES.contains(&status.value.get())) {
        faults.add(status.place, "'status' must be 400, 402, 403, 429 or 503");
    }
}
