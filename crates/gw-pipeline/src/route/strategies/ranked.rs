//! Asks members from the least key to the largest, with a draw between equals. Large groups are looked at by a sample:
//! the best of some dozens is nearly the best of all, and costs the same however many there are.

use super::Ask;
use super::choice::Choice;
use crate::route::order::{Order, Scene};
use smallvec::SmallVec;

/// Members that are compared with each other.
const SAMPLE: usize = 32;

/// As many as that are wanted at most times: the rest is put in order only when they are not enough.
const HEAD: usize = 8;

/// By key; of large groups only a sample is compared, and the others follow in a random turn.
pub(super) fn sampled<K: Ord + Copy>(
    choice: &Choice<'_>,
    scene: &Scene<'_>,
    key: &dyn Fn(usize) -> K,
    ask: Ask<'_>,
) -> bool {
    let count = choice.count();
    let mut rng = scene.rng(choice.group);
    let mut members: Order = choice.from(0).collect();
    let compared = count.min(SAMPLE);
    if count > SAMPLE {
        for at in 0..compared {
            members.swap(at, rng.usize(at..count));
        }
    }
    let keyed = members.iter().take(compared).map(|member| (key(*member), rng.u32(..), *member)).collect();
    ranked(keyed, ask) || members.iter().skip(compared).copied().any(ask)
}

/// By key, all of them.
pub(super) fn exact<K: Ord + Copy>(
    choice: &Choice<'_>,
    scene: &Scene<'_>,
    key: &dyn Fn(usize) -> K,
    ask: Ask<'_>,
) -> bool {
    let mut rng = scene.rng(choice.group);
    let keyed = choice.from(0).map(|member| (key(member), rng.u32(..), member)).collect();
    ranked(keyed, ask)
}

fn ranked<K: Ord + Copy>(mut keyed: SmallVec<[(K, u32, usize); 8]>, ask: Ask<'_>) -> bool {
    let head = keyed.len().min(HEAD);
    if keyed.len() > HEAD {
        keyed.select_nth_unstable(HEAD);
    }
    let (first, rest) = keyed.split_at_mut(head);
    first.sort_unstable();
    if first.iter().any(|(_, _, member)| ask(*member)) {
        return true;
    }
    rest.sort_unstable();
    rest.iter().any(|(_, _, member)| ask(*member))
}
