//! Strategies `sticky` and `percentage`: the same member for the same caller, in shares that follow the weights, by
//! weighted rendezvous hashing ("Weighted Distributed Hash Tables", Schindelhauer and Schomaker). A member that comes or
//! goes, or whose weight changes, moves only the callers that it must.

use super::choice::Choice;
use super::{Ask, ranked, weighted};
use crate::route::order::Scene;
use gw_model::routing::{StickyBy, mixed};

pub(super) fn visit(choice: &Choice<'_>, scene: &Scene<'_>, by: &[StickyBy], ask: Ask<'_>) -> bool {
    let Some(caller) = scene.asked.sticky(by) else { return weighted::visit(choice, scene, ask) };
    let score = |member: usize| {
        let Some(member) = choice.member(member).filter(|member| member.weight > 0) else {
            return u64::MAX;
        };
        // In (0, 1]: exponentially distributed times, of which the least wins with a chance in proportion to its weight.
        let uniform = ((mixed(caller ^ member.salt) >> 11) as f64 + 1.0) / (1u64 << 53) as f64;
        let time = -uniform.ln() / f64::from(member.weight);
        // Positive numbers are ordered as their bits are.
        time.to_bits()
    };
    ranked::exact(choice, scene, &score, ask)
}
