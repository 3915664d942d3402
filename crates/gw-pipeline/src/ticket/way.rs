//! By which nodes of a dynamic route a target is reached, or that it is one to fall back to. Read from the model when a try ends, so that
//! models without either cost nothing. It must not choose.

use gw_model::routing::{Destination, Group};
use gw_model::snapshot::{Model, Target};
use std::sync::Arc;

/// Ways that one record has, and nodes of a way.
pub(super) const MOST: usize = 4;
const NODES: usize = 32;

/// The names of nodes, with slashes between; `None` where there are none.
pub(super) fn to(model: &Model, target: &Arc<Target>) -> Option<String> {
    let fallbacks = &model.fallbacks;
    let others = [
        ("fallback", &fallbacks.default),
        ("fallback_context_window", &fallbacks.context_window),
        ("fallback_content_policy", &fallbacks.content_policy),
    ];
    let has_others = others.iter().any(|(_, group)| group.is_some());
    if !has_others && !has_nodes(&model.group) {
        return None;
    }
    let place = model.targets.iter().position(|known| Arc::ptr_eq(known, target))?;
    let mut nodes = Vec::new();
    if find(&model.group, place, &mut nodes) {
        return (!nodes.is_empty()).then(|| nodes.join("/"));
    }
    others.into_iter().find_map(|(name, group)| {
        nodes.clear();
        nodes.push(name);
        find(group.as_ref()?, place, &mut nodes).then(|| nodes.join("/"))
    })
}

fn has_nodes(group: &Group) -> bool {
    group.node.is_some()
        || group
            .members
            .iter()
            .any(|member| matches!(&member.to, Destination::Group(inner) if has_nodes(inner)))
}

/// Puts the nodes down to a target behind each other; false, and nothing, where it is not below.
fn find<'g>(group: &'g Group, target: usize, nodes: &mut Vec<&'g str>) -> bool {
    let before = nodes.len();
    if let Some(node) = group.node.as_deref().filter(|_| before < NODES) {
        nodes.push(node);
    }
    let is_below = group.members.iter().any(|member| match &member.to {
        Destination::Target(place) => *place == target,
        Destination::Group(inner) => find(inner, target, nodes),
        Destination::End(_) => false,
    });
    if !is_below {
        nodes.truncate(before);
    }
    is_below
}
