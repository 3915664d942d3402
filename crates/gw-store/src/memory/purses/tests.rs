//! Tests of [`super`]: no more is held than a budget has, what is settled counts, and the table stays bounded.

use super::*;

const NOW: Micros = 1_793_361_600_000_000;
const DAY: Micros = 86_400_000_000;

fn budget(limit: u64) -> Budget {
    Budget::new(NanoUsd(limit), Period::Day)
}

fn counter(subject: u64) -> Counter {
    Counter { gate: 1, subject }
}

#[test]
fn what_is_held_and_spent_never_comes_to_more_than_the_limit() {
    let (purses, budget) = (Purses::default(), budget(100));
    assert!(purses.hold(counter(1), &budget, NOW, NanoUsd(60)));
    assert!(!purses.hold(counter(1), &budget, NOW, NanoUsd(41)));
    assert!(purses.hold(counter(2), &budget, NOW, NanoUsd(100)), "another subject has its own");
    purses.settle(counter(1), NOW, NanoUsd(60), NanoUsd(30));
    assert!(purses.hold(counter(1), &budget, NOW, NanoUsd(70)));
    purses.extend(counter(1), NanoUsd(5));
    purses.settle(counter(1), NOW, NanoUsd(75), NanoUsd(75));
    let view = purses.view(counter(1), &budget, NOW);
    assert_eq!(
        (view.spent, view.reserved),
        (NanoUsd(105), NanoUsd(0)),
        "a call that outgrew its hold is charged"
    );
    assert!(!purses.hold(counter(1), &budget, NOW, NanoUsd(1)));
    assert!(purses.hold(counter(1), &budget, NOW + DAY, NanoUsd(100)), "another day");
}

#[test]
fn a_full_table_lets_nothing_pass_and_forgets_only_what_counts_nothing() {
    let (purses, budget) = (Purses::default(), budget(100));
    for subject in 0..MAX_PURSES as u64 {
        assert!(purses.hold(counter(subject), &budget, NOW, NanoUsd(1)));
    }
    let further = counter(u64::MAX);
    assert!(!purses.hold(further, &budget, NOW, NanoUsd(1)), "all are held");
    assert!(!purses.join(further, Period::Day, NOW, NanoUsd(1)));
    for subject in 0..MAX_PURSES as u64 {
        let spent = if subject == 0 { NanoUsd::ZERO } else { NanoUsd(1) };
        purses.settle(counter(subject), NOW, NanoUsd(1), spent);
    }
    assert!(purses.hold(further, &budget, NOW, NanoUsd(1)), "one had spent nothing");
    assert!(
        !purses.hold(counter(0), &budget, NOW, NanoUsd(1)),
        "it was forgotten, and there is no room again"
    );
    assert!(
        purses.hold(counter(0), &budget, NOW + DAY, NanoUsd(1)),
        "what was spent yesterday counts no more"
    );
}
