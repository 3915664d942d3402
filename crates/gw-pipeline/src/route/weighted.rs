//! Strategy `weighted`: the first target is drawn by weight, and so is each that follows, from those left.
//! Targets of weight 0 come last, in the order written.

use super::Order;
use gw_model::snapshot::Model;

pub(super) fn order(model: &Model, seed: u64) -> Order {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut left: Order = (0..model.targets.len()).collect();
    let weight = |i: usize| model.targets.get(i).map_or(0, |t| u64::from(t.weight));
    let mut order = Order::new();
    while !left.is_empty() {
        let total: u64 = left.iter().map(|i| weight(*i)).sum();
        if total == 0 {
            order.append(&mut left);
            break;
        }
        let mut drawn = rng.u64(..total);
        let at = left.iter().position(|i| {
            let share = weight(*i);
            let hit = drawn < share;
            drawn = drawn.saturating_sub(share);
            hit
        });
        order.push(left.remove(at.unwrap_or(0)));
    }
    order
}
