//! Tests of [`super`].
use super::*;
use gw_model::limits::{Budget, LimitKind, Limits, Period};
use std::sync::atomic::AtomicU64;

const NOW: Micros = 1_793_318_400_000_000; // 2026-10-30T00:00:00Z, a Friday
const DAY: Micros = 86_400_000_000;

fn budgeted(limit: u64, period: Period) -> KeyPolicy {
    KeyPolicy {
        budget: Some(Budget { limit: NanoUsd(limit), period, strict: false }),
        ..KeyPolicy::default()
    }
}

fn limited(limits: Limits) -> KeyPolicy {
    KeyPolicy { limits, ..KeyPolicy::default() }
}

#[test]
fn admission_takes_all_or_nothing() {
    let usage = KeyUsage::default();
    let policy = limited(Limits { rpm: Some(2), max_parallel: Some(1), ..Limits::default() });
    assert_eq!(usage.admit(&policy, NOW), Ok(()));
    let refused = usage.admit(&policy, NOW).unwrap_err();
    assert_eq!((refused.kind, refused.limit), (LimitKindHit::Parallel, 1));
    usage.leave();
    // The refused one took no request: the second still fits.
    assert_eq!(usage.admit(&policy, NOW), Ok(()));
    usage.leave();
    let refused = usage.admit(&policy, NOW).unwrap_err();
    assert_eq!((refused.kind, refused.limit), (LimitKindHit::Requests, 2));
    assert!(refused.retry_after_us > 0);
    assert_eq!(usage.parallel(), 0);
    usage.unadmit(&policy, NOW);
    assert_eq!(usage.admit(&policy, NOW), Ok(()), "a refused call does not count");
}

#[test]
fn tokens_are_held_and_given_back() {
    let usage = KeyUsage::default();
    let policy = limited(Limits { tpm: Some(1000), ..Limits::default() });
    let mut hold = usage.reserve(&policy, NOW, 600, NanoUsd::ZERO).unwrap();
    let refused = usage.reserve(&policy, NOW, 500, NanoUsd::ZERO).unwrap_err();
    assert!(matches!(
        refused,
        HoldRefused::Limit(LimitExceeded { kind: LimitKindHit::Tokens, limit: 1000, .. })
    ));
    usage.extend(&policy, NOW + 2_000_000, &mut hold, 400, NanoUsd::ZERO).unwrap();
    assert_eq!(hold.tokens, 1000);
    assert!(usage.admit(&policy, NOW + 2_000_000).is_err(), "not one token is left");
    usage.settle(&policy, NOW + 3_000_000, hold, 100, NanoUsd::ZERO);
    let left = usage.limits_view(&policy, NOW + 3_000_000).tokens.unwrap();
    assert_eq!(left.remaining, 900);
    let hold = usage.reserve(&policy, NOW + 3_000_000, 100, NanoUsd::ZERO).unwrap();
    usage.settle(&policy, NOW + 3_000_000, hold, 350, NanoUsd::ZERO);
    assert_eq!(usage.limits_view(&policy, NOW + 3_000_000).tokens.unwrap().remaining, 550);
}

#[test]
fn a_refused_token_hold_leaves_the_budget_as_it_was() {
    let usage = KeyUsage::default();
    let mut policy = budgeted(1000, Period::Day);
    policy.limits.tpm = Some(10);
    let other = usage.reserve(&policy, NOW, 5, NanoUsd::ZERO).unwrap();
    assert!(matches!(usage.reserve(&policy, NOW, 6, NanoUsd(400)), Err(HoldRefused::Limit(_))));
    usage.settle(&policy, NOW, other, 0, NanoUsd::ZERO);
    assert_eq!(usage.budget_view(&policy, NOW).unwrap().reserved, NanoUsd::ZERO);
    let refused = usage.reserve(&policy, NOW, 5, NanoUsd(1001)).unwrap_err();
    assert_eq!(
        refused,
        HoldRefused::Budget {
            limit: NanoUsd(1000),
            spent: NanoUsd::ZERO,
            reserved: NanoUsd::ZERO,
            needed: NanoUsd(1001)
        }
    );
    assert_eq!(usage.limits_view(&policy, NOW).tokens.unwrap().remaining, 10);
}

#[test]
fn a_budget_moves_holds_to_spending_and_reports_overruns() {
    let usage = KeyUsage::default();
    let policy = budgeted(1000, Period::Month);
    let mut hold = usage.reserve(&policy, NOW, 0, NanoUsd(600)).unwrap();
    assert!(usage.extend(&policy, NOW, &mut hold, 0, NanoUsd(401)).is_err());
    assert_eq!(hold.nano, NanoUsd(600), "a refused extension changes nothing");
    usage.extend(&policy, NOW, &mut hold, 0, NanoUsd(400)).unwrap();
    assert_eq!(usage.settle(&policy, NOW, hold, 0, NanoUsd(1100)), NanoUsd(100));
    let view = usage.budget_view(&policy, NOW).unwrap();
    assert_eq!((view.spent, view.reserved), (NanoUsd(1100), NanoUsd::ZERO));
    assert_eq!(view.resets_at, Some(NOW + 2 * DAY));
    assert!(usage.reserve(&policy, NOW, 0, NanoUsd(1)).is_err());
    let free = usage.reserve(&policy, NOW, 0, NanoUsd::ZERO).unwrap();
    usage.settle(&policy, NOW, free, 0, NanoUsd::ZERO);
}

#[test]
fn a_budget_rolls_over_with_the_calendar_and_old_holds_count_once() {
    let usage = KeyUsage::default();
    let policy = budgeted(1000, Period::Day);
    let old = usage.reserve(&policy, NOW + DAY - 1, 0, NanoUsd(700)).unwrap();
    let tomorrow = NOW + DAY;
    assert!(usage.reserve(&policy, tomorrow, 0, NanoUsd(400)).is_err(), "the hold still stands");
    usage.settle(&policy, tomorrow, old, 0, NanoUsd(700));
    let view = usage.budget_view(&policy, tomorrow).unwrap();
    assert_eq!((view.spent, view.reserved, view.window_start), (NanoUsd(700), NanoUsd::ZERO, tomorrow));
    // The month did not end, so a budget by month that is set now knows all of it.
    let monthly = budgeted(1000, Period::Month);
    assert_eq!(usage.budget_view(&monthly, tomorrow).unwrap().spent, NanoUsd(700));
    assert_eq!(usage.budget_view(&policy, tomorrow + DAY).unwrap().spent, NanoUsd::ZERO);
}

#[test]
fn spending_is_restored_at_start() {
    for (period, start) in [
        (Period::Day, NOW),
        (Period::Week, NOW - 4 * DAY),
        (Period::Month, NOW - 29 * DAY),
        (Period::Total, 0),
    ] {
        let usage = KeyUsage::default();
        usage.set_spent(start, NanoUsd(77));
        let view = usage.budget_view(&budgeted(100, period), NOW + 5).unwrap();
        assert_eq!((view.spent, view.window_start), (NanoUsd(77), start), "{period:?}");
    }
    let usage = KeyUsage::default();
    usage.set_spent(NOW - DAY, NanoUsd(77));
    assert_eq!(usage.budget_view(&budgeted(100, Period::Day), NOW).unwrap().spent, NanoUsd::ZERO);
    let spent = SpentByPeriod { day: NanoUsd(1), week: NanoUsd(2), month: NanoUsd(3), total: NanoUsd(4) };
    usage.restore_spent(NOW, &spent);
    let of = |period| usage.budget_view(&budgeted(100, period), NOW).unwrap().spent.0;
    assert_eq!([of(Period::Day), of(Period::Week), of(Period::Month), of(Period::Total)], [1, 2, 3, 4]);
}

#[test]
fn what_can_never_fit_is_told_apart_from_what_does_not_fit_now() {
    let usage = KeyUsage::default();
    for (kind, limit) in [(LimitKind::Sliding, 100), (LimitKind::Fixed, 100), (LimitKind::Gcra, 130)] {
        let mut policy = budgeted(1000, Period::Day);
        policy.limits = Limits { tpm: Some(100), kind, burst: 30, ..Limits::default() };
        let refused = usage.reserve(&policy, NOW, limit + 1, NanoUsd(400)).unwrap_err();
        assert_eq!(refused, HoldRefused::TooLarge { limit, needed: limit + 1 }, "{kind:?}");
        assert_eq!(usage.budget_view(&policy, NOW).unwrap().reserved, NanoUsd::ZERO);
        let whole = usage.reserve(&policy, NOW, limit, NanoUsd(400)).unwrap();
        assert!(matches!(usage.reserve(&policy, NOW, limit, NanoUsd(1)), Err(HoldRefused::Limit(_))));
        usage.settle(&policy, NOW, whole, 0, NanoUsd::ZERO);
    }
}

#[test]
fn calls_in_flight_while_the_kind_of_limit_changes_are_settled_once() {
    let of = |kind| limited(Limits { tpm: Some(1000), rpm: Some(3), kind, ..Limits::default() });
    let (sliding, fixed) = (of(LimitKind::Sliding), of(LimitKind::Fixed));
    let usage = KeyUsage::default();
    usage.admit(&sliding, NOW).unwrap();
    let small = usage.reserve(&sliding, NOW, 300, NanoUsd::ZERO).unwrap();
    let large = usage.reserve(&sliding, NOW, 600, NanoUsd::ZERO).unwrap();
    let left = |policy, now| {
        let view = usage.limits_view(policy, now);
        (view.requests.unwrap().remaining, view.tokens.unwrap().remaining)
    };
    assert_eq!(left(&fixed, NOW), (2, 100), "what is held stays held under the new kind");
    usage.admit(&fixed, NOW + 1).unwrap();
    let new = usage.reserve(&fixed, NOW + 1, 100, NanoUsd::ZERO).unwrap();
    assert!(usage.reserve(&fixed, NOW + 1, 1, NanoUsd::ZERO).is_err());
    // One used less than it held, one more.
    usage.settle(&sliding, NOW + 2, small, 100, NanoUsd::ZERO);
    usage.settle(&sliding, NOW + 2, large, 650, NanoUsd::ZERO);
    assert_eq!(left(&fixed, NOW + 2), (1, 150));
    usage.settle(&fixed, NOW + 2, new, 100, NanoUsd::ZERO);
    usage.unadmit(&sliding, NOW);
    assert_eq!((left(&sliding, NOW + 3), left(&fixed, NOW + 3)), ((2, 150), (2, 150)));
}

#[test]
fn a_call_from_before_there_was_a_limit_gives_nothing_back_to_it() {
    let usage = KeyUsage::default();
    let free = KeyPolicy::default();
    let policy = limited(Limits { tpm: Some(100), rpm: Some(1), ..Limits::default() });
    usage.admit(&free, NOW).unwrap();
    let old = usage.reserve(&free, NOW, 500, NanoUsd::ZERO).unwrap();
    usage.admit(&policy, NOW).unwrap();
    let new = usage.reserve(&policy, NOW, 100, NanoUsd::ZERO).unwrap();
    usage.settle(&free, NOW, old, 0, NanoUsd::ZERO);
    usage.unadmit(&free, NOW);
    assert!(usage.admit(&policy, NOW).is_err());
    assert!(usage.reserve(&policy, NOW, 1, NanoUsd::ZERO).is_err());
    usage.settle(&policy, NOW, new, 100, NanoUsd::ZERO);
}

#[test]
fn two_hundred_threads_never_overspend_a_budget() {
    let usage = KeyUsage::default();
    let policy = budgeted(100_000_000, Period::Total);
    let (settled, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 0..200u64 {
            let (usage, policy, settled, refused) = (&usage, &policy, &settled, &refused);
            scope.spawn(move || {
                let mut rng = fastrand::Rng::with_seed(thread);
                for _ in 0..50 {
                    let amount = rng.u64(1..100_000);
                    match usage.reserve(policy, NOW, 0, NanoUsd(amount)) {
                        Ok(hold) => {
                            let actual = rng.u64(0..=amount);
                            assert_eq!(usage.settle(policy, NOW, hold, 0, NanoUsd(actual)), NanoUsd::ZERO);
                            settled.fetch_add(actual, Ordering::Relaxed);
                        }
                        Err(_) => drop(refused.fetch_add(1, Ordering::Relaxed)),
                    }
                }
            });
        }
    });
    let view = usage.budget_view(&policy, NOW).unwrap();
    assert_eq!(view.spent, NanoUsd(settled.load(Ordering::Relaxed)));
    assert!(view.spent <= view.limit && view.reserved == NanoUsd::ZERO);
    assert!(refused.load(Ordering::Relaxed) > 0, "the budget was meant to run out");
}

/// Calls of all shapes at once: refused by either limit, extended, settled below and at their hold.
#[test]
fn two_hundred_threads_are_never_seen_above_a_budget() {
    const LIMIT: u64 = 100_000_000;
    let usage = KeyUsage::default();
    let mut policy = budgeted(LIMIT, Period::Total);
    policy.limits.tpm = Some(200_000);
    policy.limits.max_parallel = Some(150);
    let (settled, refused, ended) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let call = |rng: &mut fastrand::Rng| {
        if usage.admit(&policy, NOW).is_err() {
            return false;
        }
        let amount = rng.u64(1..LIMIT / 100);
        let held = usage.reserve(&policy, NOW, rng.u64(1..2000), NanoUsd(amount)).map(|mut hold| {
            for _ in 0..rng.u32(0..3) {
                // Refused or not, what is held is what is settled.
                let _ = usage.extend(&policy, NOW, &mut hold, rng.u64(0..100), NanoUsd(rng.u64(0..10_000)));
            }
            std::thread::yield_now();
            let actual = if rng.bool() { hold.nano.0 } else { rng.u64(0..=hold.nano.0) };
            let tokens = rng.u64(0..=hold.tokens / 10);
            assert_eq!(usage.settle(&policy, NOW, hold, tokens, NanoUsd(actual)), NanoUsd::ZERO);
            settled.fetch_add(actual, Ordering::Relaxed);
        });
        usage.leave();
        held.is_ok()
    };
    std::thread::scope(|scope| {
        for thread in 0..200u64 {
            let (call, refused, ended) = (&call, &refused, &ended);
            scope.spawn(move || {
                let mut rng = fastrand::Rng::with_seed(thread);
                let misses = (0..50).filter(|_| !call(&mut rng)).count();
                refused.fetch_add(misses as u64, Ordering::Relaxed);
                ended.fetch_add(1, Ordering::Release);
            });
        }
        while ended.load(Ordering::Acquire) < 200 {
            let view = usage.budget_view(&policy, NOW).unwrap();
            let sum = view.spent.0 + view.reserved.0;
            assert!(sum <= LIMIT, "{sum} nano-dollars are spent or held");
            std::thread::yield_now();
        }
    });
    let view = usage.budget_view(&policy, NOW).unwrap();
    assert_eq!((view.spent.0, view.reserved), (settled.load(Ordering::Relaxed), NanoUsd::ZERO));
    assert!(view.spent.0 <= LIMIT && view.spent.0 > LIMIT / 2);
    assert!(refused.load(Ordering::Relaxed) > 0 && usage.parallel() == 0);
}

#[test]
fn a_part_of_a_hold_becomes_spending() {
    let usage = KeyUsage::default();
    let policy = KeyPolicy {
        limits: Limits { tpm: Some(1000), ..Limits::default() },
        ..budgeted(1_000, Period::Total)
    };
    let mut hold = usage.reserve(&policy, NOW, 400, NanoUsd(400)).unwrap();
    let state = |now| {
        let budget = usage.budget_view(&policy, now).unwrap();
        let left = usage.limits_view(&policy, now).tokens.unwrap().remaining;
        (budget.spent.0, budget.reserved.0, left)
    };
    // Less than held: the rest goes back, what stays held is kept.
    let over = usage.settle_part(&policy, NOW, &mut hold, (100, NanoUsd(100)), (50, NanoUsd(60)));
    assert_eq!((over, hold.tokens, hold.nano), (NanoUsd::ZERO, 100, NanoUsd(100)));
    assert_eq!(state(NOW), (60, 100, 850));
    // More than held: charged all the same, and told.
    usage.extend(&policy, NOW, &mut hold, 100, NanoUsd(100)).unwrap();
    let over = usage.settle_part(&policy, NOW, &mut hold, (0, NanoUsd::ZERO), (300, NanoUsd(500)));
    assert_eq!((over, hold.tokens, hold.nano), (NanoUsd(300), 0, NanoUsd::ZERO));
    assert_eq!(state(NOW), (560, 0, 650));
    // More than is held cannot be kept.
    usage.settle_part(&policy, NOW, &mut hold, (500, NanoUsd(500)), (0, NanoUsd::ZERO));
    assert_eq!(state(NOW), (560, 0, 650));
    usage.settle(&policy, NOW, hold, 0, NanoUsd::ZERO);
    assert_eq!(state(NOW), (560, 0, 650));
}

#[test]
fn a_hold_within_what_is_left_takes_no_more_than_that() {
    let usage = KeyUsage::default();
    let policy = limited(Limits { tpm: Some(100), ..Limits::default() });
    let mut hold = usage.reserve(&policy, NOW, 0, NanoUsd::ZERO).unwrap();
    assert_eq!(usage.extend_within(&policy, NOW, &mut hold, 4096, NanoUsd(5)), Ok(100));
    assert_eq!((hold.tokens, hold.nano), (100, NanoUsd(5)));
    let refused = usage.extend_within(&policy, NOW, &mut hold, 1, NanoUsd(5)).unwrap_err();
    assert!(matches!(refused, HoldRefused::Limit(LimitExceeded { kind: LimitKindHit::Tokens, .. })));
    assert_eq!((hold.tokens, hold.nano), (100, NanoUsd(5)), "nothing was taken");
    assert_eq!(usage.extend_within(&policy, NOW, &mut hold, 0, NanoUsd(1)), Ok(0), "money alone");
    usage.settle_part(&policy, NOW, &mut hold, (0, NanoUsd::ZERO), (30, NanoUsd(6)));
    assert_eq!(usage.extend_within(&policy, NOW, &mut hold, 50, NanoUsd::ZERO), Ok(50));
    usage.settle(&policy, NOW, hold, 0, NanoUsd::ZERO);
    assert_eq!(usage.limits_view(&policy, NOW).tokens.unwrap().remaining, 70);
}
