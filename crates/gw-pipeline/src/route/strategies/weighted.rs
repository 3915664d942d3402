//! Strategy `weighted`: the first is drawn by weight, and so is each that follows, from those left. Members of weight 0
//! come last, in the order written. Also draws for strategies that leave several members equal, and among credentials.

use super::Ask;
use super::choice::Choice;
use crate::route::order::{Order, Scene};
use smallvec::SmallVec;

/// Turns times this spread more evenly over 2^64 than random numbers would (a Weyl sequence by the golden ratio; Knuth,
/// The Art of Computer Programming, volume 3, 6.4): every member gets its share within a few requests.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// How often a member that was drawn before may be drawn again before the rest is looked at one by one.
const MAX_REDRAWS: usize = 8;

/// Members that are drawn one by one; what is left behind them comes in the order written.
const MAX_DRAWN: usize = 32;

pub(super) fn visit(choice: &Choice<'_>, scene: &Scene<'_>, ask: Ask<'_>) -> bool {
    let group = choice.group;
    let mut drawn: SmallVec<[usize; 8]> = SmallVec::new();
    if choice.total_weight() > 0 {
        let mut number = (scene.turn)(group.id).wrapping_mul(GOLDEN);
        let mut rng = scene.rng(group);
        let mut redraws = 0;
        while redraws < MAX_REDRAWS && drawn.len() < MAX_DRAWN {
            let Some(member) = choice.drawn(number) else { break };
            if drawn.contains(&member) {
                redraws += 1;
            } else {
                drawn.push(member);
                if ask(member) {
                    return true;
                }
            }
            number = rng.u64(..);
        }
    }
    let left: Order = choice.from(0).filter(|member| !drawn.contains(member)).collect();
    draw_each(&left, &|member| choice.weight(member), &mut scene.rng(group), ask)
}

/// A number of all 64 bits as one below `total`.
pub(super) fn scaled(number: u64, total: u64) -> u64 {
    ((u128::from(number) * u128::from(total)) >> 64) as u64
}

/// Asks for each of `left`, drawn by weight without putting back. True when `ask` had enough.
pub(super) fn draw_each(
    left: &[usize],
    weight: &dyn Fn(usize) -> u32,
    rng: &mut fastrand::Rng,
    ask: Ask<'_>,
) -> bool {
    let mut left: Order = left.into();
    for _ in 0..MAX_DRAWN {
        let total: u64 = left.iter().map(|member| u64::from(weight(*member))).sum();
        if total == 0 {
            break;
        }
        let mut point = rng.u64(..total);
        let at = left.iter().position(|member| {
            let share = u64::from(weight(*member));
            let hit = point < share;
            point = point.saturating_sub(share);
            hit
        });
        if ask(left.remove(at.unwrap_or(0))) {
            return true;
        }
    }
    left.into_iter().any(ask)
}

/// Indexes into `weights`, each once.
pub(crate) fn draw(weights: &[u32], seed: u64) -> Order {
    let all: Order = (0..weights.len()).collect();
    let mut order = Order::new();
    let weight = |i: usize| weights.get(i).copied().unwrap_or(0);
    draw_each(&all, &weight, &mut fastrand::Rng::with_seed(seed), &mut |index| {
        order.push(index);
        false
    });
    order
}
