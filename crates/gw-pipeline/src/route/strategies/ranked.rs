//! Asks members from the least key to the largest, with a draw between equals. Large groups are looked at by a sample:
//! the best of some dozens is nearly the best of all, and costs the same however many there are.

use super::Ask;
use super::choice::Choice;
use crate::route::order::{Order, Scene};
use gw_model::routing::mixed;
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
    let seed = rng.u64(..);
    let keyed = |member: usize| (key(member), mixed(seed ^ member as u64), member);
    let sample = members.iter().take(compared).map(|member| (key(*member), *member));
    ranked(sample, &keyed, ask) || members.iter().skip(compared).copied().any(ask)
}

/// By key, all of them. `floor` is never above the key, and cheaper: whoever is out of the question by that is not
/// looked at further.
pub(super) fn exact<K: Ord + Copy>(
    choice: &Choice<'_>,
    scene: &Scene<'_>,
    floor: impl Fn(usize) -> K,
    key: impl Fn(usize) -> K + Copy,
    ask: Ask<'_>,
) -> bool {
    let seed = scene.rng(choice.group).u64(..);
    let keyed = move |member: usize| (key(member), mixed(seed ^ member as u64), member);
    ranked(choice.from(0).map(|member| (floor(member), member)), &|member| keyed(member), ask)
}

/// A key, a draw between equals, and the member.
type Keyed<K> = (K, u64, usize);

/// The first few are found on the way; only when they are not enough are all put in order.
fn ranked<K: Ord + Copy>(
    members: impl Iterator<Item = (K, usize)> + Clone,
    keyed: &dyn Fn(usize) -> Keyed<K>,
    ask: Ask<'_>,
) -> bool {
    let mut first: SmallVec<[Keyed<K>; HEAD]> = SmallVec::new();
    for (floor, member) in members.clone() {
        let worst = first.last().filter(|_| first.len() == HEAD).copied();
        if worst.is_some_and(|worst| floor > worst.0) {
            continue;
        }
        let one = keyed(member);
        if worst.is_some() {
            if worst.is_some_and(|worst| worst <= one) {
                continue;
            }
            first.pop();
        }
        let at = first.iter().position(|other| one < *other).unwrap_or(first.len());
        first.insert(at, one);
    }
    if first.iter().any(|(_, _, member)| ask(*member)) {
        return true;
    }
    let Some(last) = first.last().copied().filter(|_| first.len() == HEAD) else { return false };
    let mut rest: Vec<Keyed<K>> =
        members.map(|(_, member)| keyed(member)).filter(|one| *one > last).collect();
    rest.sort_unstable();
    rest.iter().any(|(_, _, member)| ask(*member))
}
