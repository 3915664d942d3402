//! Tests of [`super`].
use super::super::budget::SpentByPeriod;
use super::*;
use gw_model::Level;
use gw_model::limits::{Limit, LimitKind, Limits, Period, Reserve};
use std::sync::atomic::AtomicU64;

mod interleavings;
mod levels;
mod model;
mod properties;
mod threads;
pub(in super::super) mod turns;

pub(super) const NOW: Micros = 1_793_318_400_000_000; // 2026-10-30T00:00:00Z, a Friday
pub(super) const DAY: Micros = 86_400_000_000;

/// An account, and rules that calls come under.
pub(super) struct Party {
    id: AccountId,
    tally: Arc<Tally>,
}

static GENERATION: AtomicU64 = AtomicU64::new(1);

impl Party {
    pub(super) fn new(level: Level, number: u128) -> Self {
        Self { id: AccountId { level, number }, tally: Arc::default() }
    }

    pub(super) fn link(&self, rules: &Arc<Rules>) -> Link {
        Link {
            id: self.id,
            holder: Holder::default(),
            tally: Arc::clone(&self.tally),
            rules: Arc::clone(rules),
            generation: GENERATION.fetch_add(1, Ordering::Relaxed),
        }
    }

    pub(super) fn call(&self, rules: &Arc<Rules>) -> Chain {
        Chain::new([self.link(rules)])
    }

    pub(super) fn budget(&self, rules: &Rules, now: Micros) -> BudgetView {
        self.tally.budget_views(rules, now)[0]
    }

    fn tokens_left(&self, rules: &Arc<Rules>, now: Micros) -> u64 {
        self.call(rules).limits_view(now).unwrap().tokens.unwrap().remaining
    }
}

pub(super) fn key() -> Party {
    Party::new(Level::Key, 1)
}

pub(super) fn rules(limits: &Limits, budgets: &[Budget]) -> Arc<Rules> {
    Arc::new(Rules::new(limits, budgets.to_vec()))
}

pub(super) fn budgeted(limit: u64, period: Period) -> Arc<Rules> {
    rules(&Limits::default(), &[Budget::new(NanoUsd(limit), period)])
}

pub(super) fn limited(limits: &Limits) -> Arc<Rules> {
    rules(limits, &[])
}

pub(super) const fn used(tokens: u64, cost: u64) -> Amounts {
    Amounts { input: 0, output: tokens, cost: NanoUsd(cost) }
}

#[test]
fn admission_takes_all_or_nothing() {
    let key = key();
    let rules = limited(&Limits { rpm: Some(2), max_parallel: Some(1), ..Limits::default() });
    let mut first = key.call(&rules);
    assert_eq!(first.admit(NOW), Ok(()));
    let refused = key.call(&rules).admit(NOW).unwrap_err();
    assert_eq!((refused.unit, refused.max), (LimitUnit::Parallel, 1));
    first.leave();
    first.leave();
    // The refused one took no request: the second still fits.
    let mut second = key.call(&rules);
    assert_eq!(second.admit(NOW), Ok(()));
    second.leave();
    let refused = key.call(&rules).admit(NOW).unwrap_err();
    assert_eq!((refused.unit, refused.max, refused.per_seconds), (LimitUnit::Requests, 2, 60));
    assert!(refused.retry_after_us > 0);
    assert_eq!(key.tally.parallel(), 0);
    second.give_request_back();
    second.give_request_back();
    assert_eq!(key.call(&rules).admit(NOW), Ok(()), "a refused call does not count");
    assert!(key.call(&rules).admit(NOW).is_err());
}

#[test]
fn tokens_are_held_and_given_back() {
    let key = key();
    let rules = limited(&Limits { tpm: Some(1000), ..Limits::default() });
    let mut call = key.call(&rules);
    call.reserve(NOW, used(600, 0)).unwrap();
    let refused = key.call(&rules).reserve(NOW, used(500, 0)).unwrap_err();
    assert!(matches!(refused, HoldRefused::Limit(LimitExceeded { unit: LimitUnit::Tokens, max: 1000, .. })));
    call.extend(NOW + 2_000_000, used(400, 0)).unwrap();
    assert_eq!(call.held().tokens(), 1000);
    assert!(key.call(&rules).admit(NOW + 2_000_000).is_err(), "not one token is left");
    call.settle(NOW + 3_000_000, used(100, 0));
    assert_eq!(key.tokens_left(&rules, NOW + 3_000_000), 900);
    let mut call = key.call(&rules);
    call.reserve(NOW + 3_000_000, used(100, 0)).unwrap();
    call.settle(NOW + 3_000_000, used(350, 0));
    assert_eq!(key.tokens_left(&rules, NOW + 3_000_000), 550);
}

#[test]
fn a_refused_token_hold_leaves_the_budget_as_it_was() {
    let key = key();
    let limits = Limits { tpm: Some(10), ..Limits::default() };
    let rules = rules(&limits, &[Budget::new(NanoUsd(1000), Period::Day)]);
    let mut other = key.call(&rules);
    other.reserve(NOW, used(5, 0)).unwrap();
    assert!(matches!(key.call(&rules).reserve(NOW, used(6, 400)), Err(HoldRefused::Limit(_))));
    other.settle(NOW, used(0, 0));
    assert_eq!(key.budget(&rules, NOW).reserved, NanoUsd::ZERO);
    let refused = key.call(&rules).reserve(NOW, used(5, 1001)).unwrap_err();
    let expected = HoldRefused::Budget {
        holder: Holder::default(),
        limit: NanoUsd(1000),
        spent: NanoUsd::ZERO,
        reserved: NanoUsd::ZERO,
        needed: NanoUsd(1001),
    };
    assert_eq!(refused, expected);
    assert_eq!(key.tokens_left(&rules, NOW), 10);
}

#[test]
fn a_budget_moves_holds_to_spending_and_reports_overruns() {
    let key = key();
    let rules = budgeted(1000, Period::Month);
    let mut call = key.call(&rules);
    call.reserve(NOW, used(0, 600)).unwrap();
    assert!(call.extend(NOW, used(0, 401)).is_err());
    assert_eq!(call.held().cost, NanoUsd(600), "a refused extension changes nothing");
    call.extend(NOW, used(0, 400)).unwrap();
    assert_eq!(call.settle(NOW, used(0, 1100)), NanoUsd(100));
    let view = key.budget(&rules, NOW);
    assert_eq!((view.spent, view.reserved), (NanoUsd(1100), NanoUsd::ZERO));
    assert_eq!(view.resets_at, Some(NOW + 2 * DAY));
    assert!(key.call(&rules).reserve(NOW, used(0, 1)).is_err());
    let mut free = key.call(&rules);
    free.reserve(NOW, used(0, 0)).unwrap();
    assert_eq!(free.settle(NOW, used(0, 0)), NanoUsd::ZERO);
    assert_eq!(free.settle(NOW, used(0, 5)), NanoUsd::ZERO, "what is settled is settled once");
    assert_eq!(key.budget(&rules, NOW).spent, NanoUsd(1100));
}

#[test]
fn a_budget_rolls_over_with_the_calendar_and_old_holds_count_once() {
    let key = key();
    let rules = budgeted(1000, Period::Day);
    let mut old = key.call(&rules);
    old.reserve(NOW + DAY - 1, used(0, 700)).unwrap();
    let tomorrow = NOW + DAY;
    assert!(key.call(&rules).reserve(tomorrow, used(0, 400)).is_err(), "the hold still stands");
    old.settle(tomorrow, used(0, 700));
    let view = key.budget(&rules, tomorrow);
    assert_eq!((view.spent, view.reserved, view.window_start), (NanoUsd(700), NanoUsd::ZERO, tomorrow));
    // The month did not end, so a budget by month that is set now knows all of it.
    assert_eq!(key.budget(&budgeted(1000, Period::Month), tomorrow).spent, NanoUsd(700));
    assert_eq!(key.budget(&rules, tomorrow + DAY).spent, NanoUsd::ZERO);
}

#[test]
fn spending_is_restored_at_start() {
    let key = key();
    let before = [NanoUsd::ZERO; 3];
    let spent =
        SpentByPeriod { day: NanoUsd(1), week: NanoUsd(2), month: NanoUsd(3), total: NanoUsd(4), before };
    key.tally.restore_spent(NOW, &spent);
    let of = |period| key.budget(&budgeted(100, period), NOW).spent.0;
    assert_eq!([of(Period::Day), of(Period::Week), of(Period::Month), of(Period::Total)], [1, 2, 3, 4]);
}

#[test]
fn what_can_never_fit_is_told_apart_from_what_does_not_fit_now() {
    let key = key();
    for (kind, limit) in [(LimitKind::Sliding, 100), (LimitKind::Fixed, 100), (LimitKind::Gcra, 130)] {
        let limits = Limits { tpm: Some(100), kind, burst: 30, ..Limits::default() };
        let rules = rules(&limits, &[Budget::new(NanoUsd(1000), Period::Day)]);
        let refused = key.call(&rules).reserve(NOW, used(limit + 1, 400)).unwrap_err();
        let HoldRefused::TooLarge { limit: most, needed, .. } = refused else { panic!("{refused:?}") };
        assert_eq!((most, needed), (limit, limit + 1), "{kind:?}");
        assert_eq!(key.budget(&rules, NOW).reserved, NanoUsd::ZERO);
        let mut whole = key.call(&rules);
        whole.reserve(NOW, used(limit, 400)).unwrap();
        assert!(matches!(key.call(&rules).reserve(NOW, used(limit, 1)), Err(HoldRefused::Limit(_))));
        whole.settle(NOW, used(0, 0));
    }
}

#[test]
fn calls_in_flight_while_the_kind_of_limit_changes_are_settled_once() {
    let of = |kind| limited(&Limits { tpm: Some(1000), rpm: Some(3), kind, ..Limits::default() });
    let (sliding, fixed) = (of(LimitKind::Sliding), of(LimitKind::Fixed));
    let key = key();
    let (mut small, mut large) = (key.call(&sliding), key.call(&sliding));
    small.admit(NOW).unwrap();
    small.reserve(NOW, used(300, 0)).unwrap();
    large.reserve(NOW, used(600, 0)).unwrap();
    let left = |rules: &Arc<Rules>, now| {
        let view = key.call(rules).limits_view(now).unwrap();
        (view.requests.unwrap().remaining, view.tokens.unwrap().remaining)
    };
    assert_eq!(left(&fixed, NOW), (2, 100), "what is held stays held under the new kind");
    let mut new = key.call(&fixed);
    new.admit(NOW + 1).unwrap();
    new.reserve(NOW + 1, used(100, 0)).unwrap();
    assert!(key.call(&fixed).reserve(NOW + 1, used(1, 0)).is_err());
    // One used less than it held, one more.
    small.settle(NOW + 2, used(100, 0));
    large.settle(NOW + 2, used(650, 0));
    assert_eq!(left(&fixed, NOW + 2), (1, 150));
    new.settle(NOW + 2, used(100, 0));
    small.give_request_back();
    assert_eq!((left(&sliding, NOW + 3), left(&fixed, NOW + 3)), ((2, 150), (2, 150)));
}

#[test]
fn a_call_from_before_there_was_a_limit_gives_nothing_back_to_it() {
    let key = key();
    let free = limited(&Limits::default());
    let rules = limited(&Limits { tpm: Some(100), rpm: Some(1), ..Limits::default() });
    let (mut old, mut new) = (key.call(&free), key.call(&rules));
    old.admit(NOW).unwrap();
    old.reserve(NOW, used(500, 0)).unwrap();
    new.admit(NOW).unwrap();
    new.reserve(NOW, used(100, 0)).unwrap();
    old.settle(NOW, used(0, 0));
    old.give_request_back();
    assert!(key.call(&rules).admit(NOW).is_err());
    assert!(key.call(&rules).reserve(NOW, used(1, 0)).is_err());
    new.settle(NOW, used(100, 0));
}

#[test]
fn a_part_of_a_hold_becomes_spending() {
    let key = key();
    let limits = Limits { tpm: Some(1000), ..Limits::default() };
    let rules = rules(&limits, &[Budget::new(NanoUsd(1000), Period::Total)]);
    let mut call = key.call(&rules);
    call.reserve(NOW, used(400, 400)).unwrap();
    let state = |now| {
        let budget = key.budget(&rules, now);
        (budget.spent.0, budget.reserved.0, key.tokens_left(&rules, now))
    };
    // Less than held: the rest goes back, what stays held is kept.
    let over = call.settle_part(NOW, used(100, 100), used(50, 60));
    assert_eq!((over, call.held()), (NanoUsd::ZERO, used(100, 100)));
    assert_eq!(state(NOW), (60, 100, 850));
    // More than held: charged all the same, and told.
    call.extend(NOW, used(100, 100)).unwrap();
    let over = call.settle_part(NOW, used(0, 0), used(300, 500));
    assert_eq!((over, call.held()), (NanoUsd(300), used(0, 0)));
    assert_eq!(state(NOW), (560, 0, 650));
    // More than is held cannot be kept.
    call.settle_part(NOW, used(500, 500), used(0, 0));
    assert_eq!(state(NOW), (560, 0, 650));
    call.settle(NOW, used(0, 0));
    assert_eq!(state(NOW), (560, 0, 650));
}

#[test]
fn a_hold_within_what_is_left_takes_no_more_than_that() {
    let key = key();
    let rules = limited(&Limits { tpm: Some(100), ..Limits::default() });
    let mut call = key.call(&rules);
    call.reserve(NOW, used(0, 0)).unwrap();
    assert_eq!(call.extend_within(NOW, used(4096, 5)), Ok(used(100, 5)));
    assert_eq!(call.held(), used(100, 5));
    let refused = call.extend_within(NOW, used(1, 5)).unwrap_err();
    assert!(matches!(refused, HoldRefused::Limit(LimitExceeded { unit: LimitUnit::Tokens, .. })));
    assert_eq!(call.held(), used(100, 5), "nothing was taken");
    assert_eq!(call.extend_within(NOW, used(0, 1)), Ok(used(0, 1)), "money alone");
    call.settle_part(NOW, used(0, 0), used(30, 6));
    assert_eq!(call.extend_within(NOW, used(50, 0)), Ok(used(50, 0)));
    call.settle(NOW, used(0, 0));
    assert_eq!(key.tokens_left(&rules, NOW), 70);
}

#[test]
fn a_session_goes_on_under_other_rules() {
    let key = key();
    let budget = Budget::new(NanoUsd(1000), Period::Total);
    let free = rules(&Limits::default(), std::slice::from_ref(&budget));
    let limits = Limits { tpm: Some(100), max_parallel: Some(1), ..Limits::default() };
    let limited = rules(&limits, &[budget]);
    let mut call = key.call(&free);
    call.admit(NOW).unwrap();
    call.reserve(NOW, used(500, 300)).unwrap();
    call.renew(NOW, [key.link(&limited)], &["chat"]);
    assert_eq!(call.held(), used(0, 300), "tokens are held anew");
    assert_eq!(key.budget(&limited, NOW).reserved, NanoUsd(300));
    assert!(key.call(&limited).admit(NOW).is_err(), "the session takes its slot");
    assert_eq!(call.extend_within(NOW, used(500, 0)), Ok(used(100, 0)));
    assert_eq!(call.settle(NOW, used(40, 200)), NanoUsd::ZERO);
    call.leave();
    assert_eq!(key.tokens_left(&limited, NOW), 60);
    let view = key.budget(&limited, NOW);
    assert_eq!((view.spent, view.reserved, key.tally.parallel()), (NanoUsd(200), NanoUsd::ZERO, 0));
}

/// A limit of another unit or window than the usual ones.
pub(super) fn limit(unit: LimitUnit, max: u64, per_seconds: u32) -> Limit {
    Limit {
        unit,
        max,
        per_seconds,
        kind: LimitKind::Sliding,
        burst: 0,
        models: None,
        providers: None,
        shadow: false,
        sharing: Default::default(),
        reserve: Default::default(),
    }
}

#[test]
fn a_sibling_s_hold_is_settled_by_who_takes_it_over() {
    let (key, rules) = (key(), budgeted(1000, Period::Total));
    let mut call = key.call(&rules);
    call.admit(NOW).unwrap();
    call.reserve(NOW, used(10, 300)).unwrap();
    let mut sibling = call.sibling();
    sibling.reserve(NOW + 5, used(10, 400)).unwrap();
    let held = |now| key.budget(&rules, now).reserved;
    assert_eq!(held(NOW), NanoUsd(700));
    assert_eq!(call.settle(NOW + 9, used(3, 100)), NanoUsd::ZERO);
    call.take_over(&mut sibling);
    assert_eq!((sibling.holds(), call.holds(), held(NOW)), (false, true, NanoUsd(400)));
    assert_eq!(call.settle(NOW + 9, used(5, 250)), NanoUsd::ZERO);
    let view = key.budget(&rules, NOW);
    assert_eq!((view.spent, view.reserved), (NanoUsd(350), NanoUsd::ZERO));
    call.leave();
}

#[test]
fn what_is_given_back_of_a_hold_goes_to_when_it_was_taken() {
    let key = key();
    let limits = Limits { tpm: Some(1000), ..Limits::default() };
    let rules = rules(&limits, &[Budget::new(NanoUsd(1000), Period::Day)]);
    let mut call = key.call(&rules);
    call.reserve(NOW, used(300, 300)).unwrap();
    let later = NOW + 30_000_000;
    call.extend(later, used(500, 500)).unwrap();
    call.give_back(later, used(500, 500));
    assert_eq!((call.held(), key.tokens_left(&rules, later)), (used(300, 300), 700));
    assert_eq!(key.budget(&rules, later).reserved, NanoUsd(300));
    // The first piece still leaves the window when it should.
    call.extend(later, used(200, 0)).unwrap();
    assert_eq!(key.tokens_left(&rules, NOW + 61_000_000), 800);
    call.settle(NOW + 62_000_000, used(500, 100));
    assert_eq!(key.tokens_left(&rules, NOW + 62_000_000), 800);
    assert_eq!(key.budget(&rules, NOW + 62_000_000).spent, NanoUsd(100));
    let mut none = key.call(&rules);
    none.give_back(NOW, used(1, 1));
    assert!(!none.holds());
}

#[test]
fn what_is_kept_of_a_hold_was_taken_when_it_was_taken() {
    let key = key();
    let rules = limited(&Limits { tpm: Some(2000), ..Limits::default() });
    let at = |second: i64| NOW + second * 1_000_000;
    let mut call = key.call(&rules);
    call.reserve(NOW, used(300, 0)).unwrap();
    call.extend(at(30), used(200, 0)).unwrap();
    call.extend(at(35), used(100, 0)).unwrap();
    // Somebody else uses some in the second in which a part is settled.
    let mut other = key.call(&rules);
    other.reserve(at(40), used(400, 0)).unwrap();
    other.settle(at(40), used(400, 0));
    // Nothing of 100 tokens was used: the latest go back.
    call.settle_part(at(40), used(500, 0), used(0, 0));
    assert_eq!(key.tokens_left(&rules, at(40)), 1100);
    // All of the next 100 were used; the rest of that piece, and the first one, stay when they are.
    call.settle_part(at(41), used(400, 0), used(100, 0));
    assert_eq!(key.tokens_left(&rules, at(61)), 1400, "the first piece has left the window");
    call.settle(at(62), used(0, 0));
    assert_eq!(key.tokens_left(&rules, at(62)), 1500, "of what others used nothing goes back");
}

#[test]
fn a_session_that_goes_on_is_counted_by_the_limits_of_its_model() {
    let key = key();
    let some = Limit { models: Some(vec!["gpt-4*".to_owned()]), ..limit(LimitUnit::Tokens, 100, 60) };
    let more = vec![some, limit(LimitUnit::Cost, 1000, 60)];
    let rules = limited(&Limits { more, ..Limits::default() });
    let cost_left = || key.tally.limit_views(&rules, NOW)[1].1.remaining;
    let mut call = key.call(&rules);
    call.set_model(&["small"]);
    call.admit(NOW).unwrap();
    call.reserve(NOW, used(0, 300)).unwrap();
    call.renew(NOW, [key.link(&rules)], &["small"]);
    assert_eq!(cost_left(), 700, "what it holds is held once");
    call.extend(NOW, used(5000, 0)).expect("the limit is not of this model");
    call.settle(NOW, used(5000, 100));
    assert_eq!((key.tokens_left(&rules, NOW), cost_left()), (100, 900), "what was not used goes back");
    call.leave();
}

#[test]
fn a_limit_that_is_added_knows_what_others_of_its_kind_counted() {
    let key = key();
    let of = |most: &[u64]| {
        let more = most.iter().map(|max| limit(LimitUnit::Requests, *max, 60)).collect();
        limited(&Limits { more, ..Limits::default() })
    };
    let one = of(&[5]);
    (0..3).for_each(|_| key.call(&one).admit(NOW).unwrap());
    // It stands before the other, which is not begun anew by that.
    let two = of(&[9, 5]);
    let left =
        |rules| key.tally.limit_views(rules, NOW).iter().map(|(_, left)| left.remaining).collect::<Vec<_>>();
    key.call(&two).admit(NOW).unwrap();
    assert_eq!(left(&two), [5, 1]);
    let three = of(&[4, 9, 5]);
    assert_eq!(key.call(&three).admit(NOW).unwrap_err().max, 4);
    assert_eq!(left(&three), [0, 5, 1]);
    // Limits of other windows count for themselves.
    let hour = limited(&Limits { more: vec![limit(LimitUnit::Requests, 5, 3600)], ..Limits::default() });
    key.call(&hour).admit(NOW).unwrap();
    assert_eq!(left(&hour), [4]);
}

#[test]
fn a_limit_of_parallel_calls_that_comes_back_knows_who_still_runs() {
    let key = key();
    let some = Limit { models: Some(vec!["gpt-4*".to_owned()]), ..limit(LimitUnit::Parallel, 2, 0) };
    let (limited, free) =
        (limited(&Limits { more: vec![some], ..Limits::default() }), limited(&Limits::default()));
    let call = |rules| {
        let mut call = key.call(rules);
        call.set_model(&["gpt-4o"]);
        call.admit(NOW).map(|()| call)
    };
    let (mut one, mut two) = (call(&limited).unwrap(), call(&limited).unwrap());
    let mut between = call(&free).unwrap();
    assert!(call(&limited).is_err(), "two still run");
    one.leave();
    let mut three = call(&limited).unwrap();
    call(&free).unwrap().leave();
    two.leave();
    between.leave();
    let mut four = call(&limited).unwrap();
    assert!(call(&limited).is_err(), "those that left gave back their own place only");
    three.leave();
    four.leave();
    assert!(call(&limited).is_ok());
}
