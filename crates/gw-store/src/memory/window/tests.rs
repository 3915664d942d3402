//! Tests of [`super`]: the claims of each kind of limit against a brute-force count.
use super::*;
use proptest::prelude::*;

const SECOND: i64 = 1_000_000;
const START: i64 = 1_790_000_000_000_000;

#[derive(Clone, Debug)]
enum Step {
    /// After so many microseconds, ask for so many units.
    Take(i64, u64),
    /// Give back the n-th last of what was taken.
    GiveBack(usize),
}

fn steps(units: std::ops::Range<u64>) -> impl Strategy<Value = Vec<Step>> {
    let pause = prop_oneof![
        4 => 0..3i64,
        4 => 0..2 * SECOND,
        2 => 0..20 * SECOND,
        1 => 55 * SECOND..65 * SECOND,
    ];
    let step = prop_oneof![
        8 => (pause, units).prop_map(|(pause, units)| Step::Take(pause, units)),
        2 => (0..4usize).prop_map(Step::GiveBack),
    ];
    prop::collection::vec(step, 1..400)
}

fn kind() -> impl Strategy<Value = LimitKind> {
    prop_oneof![Just(LimitKind::Sliding), Just(LimitKind::Gcra), Just(LimitKind::Fixed)]
}

/// Plays steps and returns what stays taken: time and units.
fn play(bound: &Bound, steps: &[Step]) -> Vec<(i64, u64)> {
    play_each(steps, |_| *bound)
}

/// The same with a limit that changes from step to step.
fn play_each(steps: &[Step], bound: impl Fn(usize) -> Bound) -> Vec<(i64, u64)> {
    let mut window = Window::default();
    let mut taken: Vec<(i64, u64, Stamp)> = Vec::new();
    let mut now = START;
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Take(pause, units) => {
                now += pause;
                if let Ok(stamp) = window.take(&bound(number), now, *units) {
                    taken.push((now, *units, stamp));
                }
            }
            Step::GiveBack(back) if *back < taken.len() => {
                let (_, units, stamp) = taken.remove(taken.len() - 1 - back);
                window.give_back(stamp, units);
            }
            Step::GiveBack(_) => {}
        }
    }
    taken.into_iter().map(|(time, units, _)| (time, units)).collect()
}

/// The most units in any window of 60 s.
fn most(taken: &[(i64, u64)]) -> u64 {
    let in_window = |from: i64| {
        taken.iter().filter(|(time, _)| (from..from + WINDOW_US).contains(time)).map(|(_, n)| n).sum()
    };
    taken.iter().map(|(time, _)| in_window(*time)).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn sliding_never_lets_more_through_in_any_minute(max in 1..40u64, steps in steps(1..8)) {
        let bound = Bound { kind: LimitKind::Sliding, max, burst: 0 };
        prop_assert!(most(&play(&bound, &steps)) <= max);
    }

    #[test]
    fn gcra_never_lets_more_requests_through_than_limit_and_burst(
        max in 1..40u64, burst in 0..10u64, steps in steps(1..2)
    ) {
        let bound = Bound { kind: LimitKind::Gcra, max, burst };
        prop_assert!(most(&play(&bound, &steps)) <= max + burst);
    }

    #[test]
    fn gcra_never_lets_more_tokens_through_than_limit_and_burst(
        max in 1..40u64, burst in 0..10u64, steps in steps(2..30)
    ) {
        let bound = Bound { kind: LimitKind::Gcra, max, burst };
        prop_assert!(most(&play(&bound, &steps)) <= max + burst);
    }

    #[test]
    fn fixed_never_lets_more_through_in_a_clock_minute(max in 1..40u64, steps in steps(1..8)) {
        let bound = Bound { kind: LimitKind::Fixed, max, burst: 0 };
        let mut by_minute = std::collections::BTreeMap::new();
        for (time, units) in play(&bound, &steps) {
            *by_minute.entry(time.div_euclid(WINDOW_US)).or_insert(0) += units;
        }
        prop_assert!(by_minute.values().all(|units| *units <= max));
    }

    #[test]
    fn no_change_of_kind_forgives_what_the_last_minute_took(
        max in 1..40u64, burst in 0..10u64, steps in steps(1..8), kinds in prop::collection::vec(kind(), 1..20)
    ) {
        let bounds: Vec<_> = kinds.iter().map(|kind| Bound { kind: *kind, max, burst }).collect();
        let taken = play_each(&steps, |step| bounds[step / 3 % bounds.len()]);
        // Each kind keeps its own promise at the moment it is asked; fixed alone promises less than a minute.
        if !kinds.contains(&LimitKind::Fixed) {
            let ceiling = bounds.iter().map(Bound::ceiling).max().unwrap();
            prop_assert!(most(&taken) <= ceiling);
        }
        let mut by_minute = std::collections::BTreeMap::new();
        for (time, units) in taken {
            *by_minute.entry(time.div_euclid(WINDOW_US)).or_insert(0) += units;
        }
        prop_assert!(by_minute.values().all(|units| *units <= max + burst));
    }

    #[test]
    fn what_gcra_takes_back_is_what_was_never_taken_within_a_second(
        max in 1..200u64, steps in steps(1..8)
    ) {
        let bound = Bound { kind: LimitKind::Gcra, max, burst: 10 };
        let mut window = Window::default();
        let mut taken: Vec<(i64, u64, Stamp)> = Vec::new();
        let mut now = START;
        for step in steps {
            match step {
                Step::Take(pause, units) => {
                    now += pause.min(3 * SECOND);
                    if let Ok(stamp) = window.take(&bound, now, units) {
                        taken.push((now, units, stamp));
                    }
                }
                // Beyond the ring a refund is whole, and the ring's bound alone holds.
                Step::GiveBack(back) => {
                    let at = taken.len().checked_sub(1 + back).filter(|at| taken[*at].0 > now - WINDOW_US);
                    if let Some((_, units, stamp)) = at.map(|at| taken.remove(at)) {
                        window.give_back(stamp, units);
                    }
                }
            }
            let pace_us = 60e6 / max as f64;
            let paid = taken.iter().fold(0.0, |paid: f64, (time, units, _)| {
                paid.max((time - START) as f64) + *units as f64 * pace_us
            });
            let debt = (paid - (now - START) as f64).max(0.0);
            let told = window.remaining(&bound, now).reset_us as f64;
            prop_assert!(told > debt - 10.0, "burst was given away: {told} of {debt}");
            prop_assert!(told < debt + 1e6 + 10.0, "time was lost: {told} for {debt}");
        }
    }

    #[test]
    fn whoever_waits_as_told_gets_through(
        kind in kind(),
        max in 1..40u64, pauses in prop::collection::vec(0..5 * SECOND, 1..200)
    ) {
        let bound = Bound { kind, max, burst: 3 };
        let mut window = Window::default();
        let mut now = START;
        for pause in pauses {
            now += pause;
            if let Err(wait) = window.take(&bound, now, 1) {
                prop_assert!(wait > 0 && wait <= 61_000_000);
                now += i64::try_from(wait).unwrap();
                prop_assert!(window.take(&bound, now, 1).is_ok());
            }
        }
    }
}

#[test]
fn a_sliding_window_is_free_again_after_a_minute_and_a_second() {
    let bound = Bound { kind: LimitKind::Sliding, max: 5, burst: 0 };
    let mut window = Window::default();
    assert!(window.take(&bound, START, 5).is_ok());
    assert_eq!(window.remaining(&bound, START), Remaining { limit: 5, remaining: 0, reset_us: 61_000_000 });
    assert_eq!(window.take(&bound, START + 60 * SECOND, 1), Err(1_000_000));
    assert!(window.take(&bound, START + 61 * SECOND, 5).is_ok());
}

#[test]
fn all_is_said_to_be_free_a_window_after_the_latest_addition() {
    let bound = Bound { kind: LimitKind::Sliding, max: 5, burst: 0 };
    let mut window = Window::default();
    assert_eq!(window.remaining(&bound, START), Remaining { limit: 5, remaining: 5, reset_us: 0 });
    window.take(&bound, START, 1).unwrap();
    window.take(&bound, START + 10 * SECOND, 2).unwrap();
    for (after, remaining, reset_us) in [(30, 2, 41_000_000), (70, 3, 1_000_000), (71, 5, 0), (900, 5, 0)] {
        let left = window.remaining(&bound, START + after * SECOND);
        assert_eq!(left, Remaining { limit: 5, remaining, reset_us }, "after {after} s");
    }
    window.charge(START + 900 * SECOND, 1);
    assert_eq!(window.remaining(&bound, START + 905 * SECOND).reset_us, 56_000_000);
}

#[test]
fn gcra_lets_a_burst_through_and_then_keeps_the_pace() {
    let bound = Bound { kind: LimitKind::Gcra, max: 60, burst: 4 };
    let mut window = Window::default();
    let at_once = (0..10).filter(|_| window.take(&bound, START, 1).is_ok()).count();
    assert_eq!(at_once, 5);
    assert_eq!(window.take(&bound, START, 1), Err(1_000_000));
    let steady = (1..=120).filter(|n| window.take(&bound, START + n * SECOND, 1).is_ok()).count();
    assert_eq!(steady, 120, "a caller at the pace is never refused");
}

#[test]
fn more_than_the_whole_limit_is_refused_and_what_is_charged_counts() {
    for kind in [LimitKind::Sliding, LimitKind::Gcra, LimitKind::Fixed] {
        let bound = Bound { kind, max: 10, burst: 0 };
        let mut window = Window::default();
        assert!(window.take(&bound, START, 11).is_err());
        window.charge(START, 50);
        assert!(window.wait(&bound, START).is_some(), "{kind:?}: what was charged counts");
        assert_eq!(window.remaining(&bound, START).remaining, 0);
    }
}

#[test]
fn an_older_time_counts_as_the_latest_seen() {
    let bound = Bound { kind: LimitKind::Sliding, max: 2, burst: 0 };
    let mut window = Window::default();
    assert!(window.take(&bound, START + 10 * SECOND, 1).is_ok());
    assert!(window.take(&bound, START, 1).is_ok());
    assert!(window.take(&bound, START + 69 * SECOND, 1).is_err());
    assert!(window.take(&bound, START + 71 * SECOND, 1).is_ok());
}

#[test]
fn a_change_of_kind_carries_the_last_minute_over_and_back() {
    let of = |kind| Bound { kind, max: 10, burst: 0 };
    let kinds = [LimitKind::Sliding, LimitKind::Gcra, LimitKind::Fixed];
    for (from, to) in kinds.iter().flat_map(|from| kinds.map(|to| (of(*from), of(to)))) {
        let mut window = Window::default();
        let first = window.take(&from, START, 4).unwrap();
        window.take(&from, START + 30 * SECOND, 6).unwrap();
        let later = START + 31 * SECOND;
        assert!(window.take(&to, later, 5).is_err(), "{from:?} {to:?}");
        // A call that began under the old kind ends under the new one.
        window.give_back(first, 4);
        assert!(window.take(&to, later, 5).is_err(), "{from:?} {to:?}");
        window.charge(later, 4);
        assert!(window.take(&from, later, 1).is_err(), "{from:?} {to:?}");
        let after = START + 150 * SECOND;
        assert!(window.take(&to, after, 10).is_ok(), "{from:?} {to:?}: nothing counts for ever");
    }
}
