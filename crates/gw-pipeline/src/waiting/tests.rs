//! Tests of the order in which calls get their turns: by priority, fairly between keys, without starving anybody, and
//! over random operations without losing anybody.

use super::hall::{Entered, Entrant, Hall};
use super::line::MOST_BEFORE;
use super::*;
use gw_model::{KeyId, Priority};
use std::collections::{BTreeMap, HashMap};

const MODEL: &str = "m";

fn entrant(priority: Priority, key: u128, places: &[u8]) -> Entrant<u8> {
    Entrant {
        model: MODEL.into(),
        priority,
        key: KeyId(key),
        spots: places.iter().map(|place| (*place, 1)).collect(),
    }
}

fn enter(hall: &mut Hall<u8>, priority: Priority, key: u128) -> Id {
    match hall.enter(entrant(priority, key, &[0]), 1000) {
        Entered::As { id, instead_of: None } => id,
        other => panic!("{other:?}"),
    }
}

/// Everybody in the order of their turns.
fn served(hall: &mut Hall<u8>) -> Vec<Id> {
    std::iter::from_fn(|| {
        let (id, _) = hall.next(0, |_| true)?;
        hall.leave(id, Some(0)).map(|_| id)
    })
    .collect()
}

#[test]
fn higher_priorities_go_first_and_equals_in_the_order_of_arrival() {
    let mut hall = Hall::default();
    let low = enter(&mut hall, Priority::Low, 1);
    let first = enter(&mut hall, Priority::Normal, 1);
    let second = enter(&mut hall, Priority::Normal, 2);
    let high = enter(&mut hall, Priority::High, 3);
    let third = enter(&mut hall, Priority::Normal, 3);
    assert_eq!(served(&mut hall), [high, first, second, third, low]);
}

#[test]
fn keys_of_the_same_priority_have_their_turns_one_after_the_other() {
    let mut hall = Hall::default();
    let flood: Vec<Id> = (0..6).map(|_| enter(&mut hall, Priority::Normal, 1)).collect();
    let (a, b) = (enter(&mut hall, Priority::Normal, 2), enter(&mut hall, Priority::Normal, 2));
    let order = served(&mut hall);
    assert_eq!(order, [flood[0], a, flood[1], b, flood[2], flood[3], flood[4], flood[5]]);
    // Whoever comes back at once has had a turn already.
    let flood: Vec<Id> = (0..3).map(|_| enter(&mut hall, Priority::Normal, 1)).collect();
    let back = enter(&mut hall, Priority::Normal, 2);
    let (id, _) = hall.next(0, |_| true).unwrap();
    assert_eq!(id, flood[0]);
    hall.leave(id, Some(0));
    let (id, _) = hall.next(0, |_| true).unwrap();
    assert_eq!(id, back);
    hall.leave(id, Some(0));
    enter(&mut hall, Priority::Normal, 2);
    assert_eq!(hall.next(0, |_| true).unwrap().0, flood[1]);
}

#[test]
fn the_lowest_gets_a_turn_after_so_many_others() {
    let mut hall = Hall::default();
    let low = enter(&mut hall, Priority::Low, 1);
    let mut before = 0;
    // However many come of higher priority, and two kinds of them.
    loop {
        enter(&mut hall, Priority::High, 2);
        let (id, _) = hall.next(0, |_| true).unwrap();
        hall.leave(id, Some(0));
        if id == low {
            break;
        }
        before += 1;
        assert!(before <= MOST_BEFORE, "it starves");
    }
    assert_eq!(before, MOST_BEFORE);
}

#[test]
fn the_turn_of_the_passed_over_does_not_hold_up_the_others_for_long() {
    let mut hall = Hall::default();
    for _ in 0..50 {
        enter(&mut hall, Priority::Normal, 1);
    }
    enter(&mut hall, Priority::Low, 1);
    let high: Vec<Id> = (0..21).map(|_| enter(&mut hall, Priority::High, 2)).collect();
    let order = served(&mut hall);
    let last = order.iter().position(|id| *id == high[20]).unwrap();
    assert!(last <= 21 + 21 / 7, "{last}");
}

#[test]
fn who_gives_way_when_as_many_wait_as_may() {
    let mut hall = Hall::default();
    let mut come = |priority, key| hall.enter(entrant(priority, key, &[0]), 3);
    let mut ids = Vec::new();
    for _ in 0..3 {
        let Entered::As { id, instead_of: None } = come(Priority::Normal, 1) else { panic!() };
        ids.push(id);
    }
    assert_eq!(come(Priority::Normal, 1), Entered::No, "nobody gives way to an equal of the same key");
    assert_eq!(come(Priority::Low, 2), Entered::No);
    let Entered::As { instead_of, .. } = come(Priority::Normal, 2) else { panic!() };
    assert_eq!(instead_of, Some(ids[2]), "the newest of the key that has most");
    hall.leave(ids[2], None);
    let Entered::As { id: high, instead_of } = hall.enter(entrant(Priority::High, 3, &[0]), 3) else {
        panic!()
    };
    let gone = instead_of.unwrap();
    assert!(gone > ids[1], "the newest of the lowest priority");
    hall.leave(gone, None);
    let more = hall.enter(entrant(Priority::Normal, 9, &[0]), 3);
    assert_eq!(
        more,
        Entered::As { id: high + 1, instead_of: Some(ids[1]) },
        "one key had two, the other none"
    );
    assert_eq!(hall.enter(entrant(Priority::High, 3, &[0]), 0), Entered::No, "no call waits here");
}

#[test]
fn whoever_waits_at_several_places_leaves_all_of_them() {
    let mut hall = Hall::default();
    let Entered::As { id: both, .. } = hall.enter(entrant(Priority::Normal, 1, &[0, 1]), 10) else {
        panic!()
    };
    let Entered::As { id: one, .. } = hall.enter(entrant(Priority::Normal, 1, &[1]), 10) else { panic!() };
    assert_eq!(hall.before(&entrant(Priority::Normal, 2, &[0, 1])), 1, "keys have turns");
    assert_eq!(hall.before(&entrant(Priority::Normal, 1, &[0, 1])), 2);
    hall.leave(both, Some(1));
    assert_eq!(hall.next(0, |_| true), None);
    assert_eq!(hall.next(1, |_| true), Some((one, 1)));
    assert_eq!(hall.next(1, |most| most > 1), None, "there is no place");
}

/// What the hall should have, kept as simply as can be.
#[derive(Default)]
struct Spec {
    waiting: BTreeMap<Id, Entrant<u8>>,
    /// By place: how often in a row somebody went before one of lower priority.
    passed: HashMap<u8, u32>,
}

impl Spec {
    fn at(&self, place: u8) -> impl Iterator<Item = (&Id, &Entrant<u8>)> {
        self.waiting.iter().filter(move |(_, one)| one.spots.iter().any(|(spot, _)| *spot == place))
    }

    fn check_turn(&mut self, place: u8, id: Id) {
        let turn = self.waiting[&id].priority;
        let highest = self.at(place).map(|(_, one)| one.priority).max().unwrap();
        let has_lower = self.at(place).any(|(_, one)| one.priority < turn);
        let passed = self.passed.entry(place).or_default();
        if turn == highest {
            *passed = if has_lower { *passed + 1 } else { 0 };
            assert!(*passed <= MOST_BEFORE);
        } else {
            assert_eq!(*passed, MOST_BEFORE, "only whoever was passed over goes before others");
            *passed = 0;
        }
        let oldest_of_key = self
            .at(place)
            .filter(|(_, one)| one.priority == turn && one.key == self.waiting[&id].key)
            .map(|(id, _)| *id)
            .min();
        assert_eq!(oldest_of_key, Some(id), "within a key it is the oldest");
    }
}

#[test]
fn nobody_is_lost_whatever_happens() {
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..200 {
        let (mut hall, mut spec) = (Hall::<u8>::default(), Spec::default());
        let most = rng.usize(1..12);
        for _ in 0..400 {
            match rng.u32(..10) {
                0..5 => {
                    let priority = Priority::ALL[rng.usize(..3)];
                    let places: Vec<u8> = (0..3).filter(|_| rng.bool()).collect();
                    let places = if places.is_empty() { vec![0] } else { places };
                    let one = entrant(priority, rng.u128(1..4), &places);
                    match hall.enter(one.clone(), most) {
                        Entered::No => assert!(spec.waiting.len() >= most),
                        Entered::As { id, instead_of } => {
                            assert!(spec.waiting.insert(id, one.clone()).is_none());
                            if let Some(gone) = instead_of {
                                assert_eq!(spec.waiting.len(), most + 1);
                                assert!(spec.waiting[&gone].priority <= one.priority);
                                assert!(hall.leave(gone, None).is_some());
                                spec.waiting.remove(&gone);
                            }
                        }
                    }
                }
                5..7 => {
                    let ids: Vec<Id> = spec.waiting.keys().copied().collect();
                    let Some(id) = ids.get(rng.usize(..ids.len().max(1))).copied() else { continue };
                    assert!(hall.leave(id, None).is_some());
                    assert!(hall.leave(id, None).is_none(), "nobody leaves twice");
                    spec.waiting.remove(&id);
                }
                _ => {
                    let place = rng.u8(..3);
                    let next = hall.next(place, |_| true).map(|(id, _)| id);
                    assert_eq!(
                        next.is_some(),
                        spec.at(place).next().is_some(),
                        "a place stays free for nobody"
                    );
                    let Some(id) = next else { continue };
                    hall.leave(id, Some(place));
                    spec.waiting.remove(&id);
                }
            }
            assert_eq!(hall.waiting_for(MODEL), spec.waiting.len());
            assert!(spec.waiting.len() <= most);
        }
        for id in spec.waiting.keys() {
            assert!(hall.leave(*id, None).is_some());
        }
        assert_eq!(hall.crowds().count(), 0);
        assert!((0..3).all(|place| hall.next(place, |_| true).is_none()));
    }
}

#[test]
fn turns_follow_the_rules_whatever_comes() {
    let mut rng = fastrand::Rng::with_seed(11);
    for _ in 0..100 {
        let (mut hall, mut spec) = (Hall::<u8>::default(), Spec::default());
        for _ in 0..300 {
            if rng.u32(..5) < 3 {
                let one = entrant(Priority::ALL[rng.usize(..3)], rng.u128(1..5), &[0]);
                let Entered::As { id, .. } = hall.enter(one.clone(), 1000) else { panic!() };
                spec.waiting.insert(id, one);
            } else if let Some((id, _)) = hall.next(0, |_| true) {
                spec.check_turn(0, id);
                hall.leave(id, Some(0));
                spec.waiting.remove(&id);
            }
        }
    }
}
