//! Strategies `sticky` and `percentage`: the same member for the same caller, in shares that follow the weights, by
//! weighted rendezvous hashing ("Weighted Distributed Hash Tables", Schindelhauer and Schomaker). A member that comes or
//! goes, or whose weight changes, moves only the callers that it must.

use super::choice::Choice;
use super::{Ask, ranked, weighted};
use crate::route::order::Scene;
use gw_model::routing::{StickyBy, mixed};

pub(super) fn visit(choice: &Choice<'_>, scene: &Scene<'_>, by: &[StickyBy], ask: Ask<'_>) -> bool {
    let Some(caller) = scene.asked.sticky(by) else { return weighted::visit(choice, scene, ask) };
    // In (0, 1], by caller and member.
    let uniform = |salt: u64| ((mixed(caller ^ salt) >> 11) as f64 + 1.0) / (1u64 << 53) as f64;
    // Positive numbers are ordered as their bits are.
    let by_weight = |member: usize, time: &dyn Fn(f64) -> f64| match choice.member(member) {
        Some(member) if member.weight > 0 => {
            (time(uniform(member.salt)) / f64::from(member.weight)).to_bits()
        }
        _ => u64::MAX,
    };
    // Exponentially distributed times, of which the least wins with a chance in proportion to its weight.
    let time = |member: usize| by_weight(member, &|uniform| 0.0 - uniform.ln());
    // The logarithm of a number is at most the number less one.
    let at_least = |member: usize| by_weight(member, &|uniform| 1.0 - uniform);
    ranked::exact(choice, scene, at_least, time, ask)
}
