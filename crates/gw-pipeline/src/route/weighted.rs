//! Drawing by weight: the first is drawn, and so is each that follows, from those left. Those of weight 0 come last,
//! in the order written. Serves strategy `weighted` and the choice of credentials.

use super::Order;
use gw_model::snapshot::Model;

pub(super) fn order(model: &Model, seed: u64) -> Order {
    let weights: smallvec::SmallVec<[u32; 8]> = model.targets.iter().map(|target| target.weight).collect();
    draw(&weights, seed)
}

/// Indexes into `weights`, each once.
pub(crate) fn draw(weights: &[u32], seed: u64) -> Order {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut left: Order = (0..weights.len()).collect();
    let weight = |i: usize| weights.get(i).map_or(0, |weight| u64::from(*weight));
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
