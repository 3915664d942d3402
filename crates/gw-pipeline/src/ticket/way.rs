//! By which nodes of a dynamic route a target is reached, or that it is one to fall back to. The plan says which way it takes, and here it
//! is noted how much of it was gone; models without nodes cost nothing. It must not choose.

use super::Open;
use crate::route::Taken;
use gw_model::routing::{Destination, Group};
use gw_model::snapshot::{Model, Target};
use std::sync::Arc;

/// Ways that one record has, and nodes of a plan that are looked at.
const MOST: usize = 4;
const NODES: usize = 64;

/// Does it have nodes whose way is worth a word?
pub(crate) fn has_nodes(group: &Group) -> bool {
    group.node.is_some()
        || group
            .members
            .iter()
            .any(|member| matches!(&member.to, Destination::Group(inner) if has_nodes(inner)))
}

/// The ways that a plan has, the first first: names of nodes with slashes between. A way ends at the node whose own targets are asked;
/// the next one is gone when they fail.
pub(crate) fn planned(model: &Model, steps: &[Taken]) -> Vec<String> {
    let mut ways: Vec<String> = Vec::new();
    let mut is_over = true;
    for step in steps.iter().take(NODES) {
        let is_full = ways.len() >= MOST;
        match ways.last_mut().filter(|_| !is_over) {
            Some(way) => {
                way.push('/');
                way.push_str(&step.node);
            }
            None if is_full => break,
            None => ways.push(step.node.to_string()),
        }
        is_over = find(&model.group, &step.node).is_none_or(|group| !leads_on(group, step.member));
    }
    ways
}

fn leads_on(group: &Group, member: usize) -> bool {
    let to = group.members.get(member).map(|member| &member.to);
    matches!(to, Some(Destination::Group(inner)) if has_nodes(inner))
}

fn find<'g>(group: &'g Group, node: &str) -> Option<&'g Group> {
    if group.node.as_deref() == Some(node) {
        return Some(group);
    }
    group.members.iter().find_map(|member| match &member.to {
        Destination::Group(inner) => find(inner, node),
        Destination::Target(_) | Destination::End(_) => None,
    })
}

/// Is it a target of the group, and not of another node below it?
fn owns(group: &Group, target: usize) -> bool {
    group.members.iter().any(|member| match &member.to {
        Destination::Target(place) => *place == target,
        Destination::Group(inner) => inner.node.is_none() && owns(inner, target),
        Destination::End(_) => false,
    })
}

/// Under which name a model falls back to a target, if it does.
fn fallback(model: &Model, target: usize) -> Option<&'static str> {
    let others = [
        ("fallback", &model.fallbacks.default),
        ("fallback_context_window", &model.fallbacks.context_window),
        ("fallback_content_policy", &model.fallbacks.content_policy),
    ];
    others
        .into_iter()
        .find(|(_, group)| group.as_ref().is_some_and(|group| holds(group, target)))
        .map(|(name, _)| name)
}

fn holds(group: &Group, target: usize) -> bool {
    group.members.iter().any(|member| match &member.to {
        Destination::Target(place) => *place == target,
        Destination::Group(inner) => holds(inner, target),
        Destination::End(_) => false,
    })
}

impl Open {
    /// The ways that the plan has.
    pub(crate) fn set_ways(&mut self, ways: Vec<String>) {
        self.ways = ways;
    }

    /// By which of them the try came to its target that ends now.
    pub(super) fn note_way(&mut self, target: &Arc<Target>) {
        let Some(model) = &self.model else { return };
        let fallbacks = &model.fallbacks;
        let has_others = [&fallbacks.default, &fallbacks.context_window, &fallbacks.content_policy];
        if self.ways.is_empty() && has_others.iter().all(|group| group.is_none()) {
            return;
        }
        let Some(place) = model.targets.iter().position(|known| Arc::ptr_eq(known, target)) else { return };
        let leads_there = |way: &String| {
            let last = way.rsplit('/').next().unwrap_or_default();
            find(&model.group, last).is_some_and(|group| owns(group, place))
        };
        if let Some(at) = self.ways.iter().position(leads_there) {
            let gone: Vec<String> = self.ways.get(..=at).unwrap_or_default().to_vec();
            gone.into_iter().for_each(|way| self.add_way(way));
        } else if let Some(name) = fallback(model, place) {
            self.add_way(name.to_owned());
        }
    }

    fn add_way(&mut self, way: String) {
        let ways = &mut self.record.details.route;
        if ways.len() < MOST && !ways.contains(&way) {
            ways.push(way);
        }
    }
}
