//! Several accounts at once, and limits of all units and windows.
use super::*;

const SECOND: Micros = 1_000_000;

fn with(more: Vec<Limit>) -> Arc<Rules> {
    limited(&Limits { more, ..Limits::default() })
}

#[test]
fn a_refusal_anywhere_takes_nothing_anywhere() {
    let (key, team) = (key(), Party::new(Level::Team, 7));
    let own = limited(&Limits { rpm: Some(10), tpm: Some(1000), ..Limits::default() });
    let limits = Limits { rpm: Some(1), ..Limits::default() };
    let shared = rules(&limits, &[Budget::new(NanoUsd(100), Period::Day)]);
    let call = || Chain::new([key.link(&own), team.link(&shared)]);
    let mut first = call();
    first.admit(NOW).unwrap();
    first.reserve(NOW, used(10, 60)).unwrap();
    let refused = call().admit(NOW).unwrap_err();
    assert_eq!(refused.max, 1, "the team's limit");
    let requests_left = |party: &Party, rules| party.call(rules).limits_view(NOW).unwrap().requests.unwrap();
    assert_eq!(requests_left(&key, &own).remaining, 9, "the key lost no request by it");
    let refused = call().reserve(NOW, used(20, 41)).unwrap_err();
    assert!(matches!(refused, HoldRefused::Budget { .. }));
    assert_eq!(key.tokens_left(&own, NOW), 990);
    first.settle(NOW, used(5, 50));
    first.leave();
    assert_eq!((key.tokens_left(&own, NOW), team.budget(&shared, NOW).spent), (995, NanoUsd(50)));
    // What is left for the caller is what the tightest limit leaves.
    assert_eq!(call().limits_view(NOW).unwrap().requests.unwrap().remaining, 0);
}

#[test]
fn the_longest_wait_is_told() {
    let key = key();
    let rules = with(vec![limit(LimitUnit::Requests, 1, 1), limit(LimitUnit::Requests, 1, 3600)]);
    key.call(&rules).admit(NOW).unwrap();
    let refused = key.call(&rules).admit(NOW).unwrap_err();
    assert_eq!(refused.per_seconds, 3600);
    let wait = refused.retry_after_us / 1_000_000;
    assert!((3600..=3660).contains(&wait), "{wait} s");
}

#[test]
fn windows_of_all_lengths_let_through_what_they_say() {
    for (seconds, max) in [(1, 5), (60, 7), (3600, 3), (86_400, 4)] {
        let key = key();
        let rules = with(vec![limit(LimitUnit::Requests, max, seconds)]);
        let admitted = |at: Micros| (0..20).filter(|_| key.call(&rules).admit(at).is_ok()).count() as u64;
        assert_eq!(admitted(NOW), max, "{seconds} s");
        let length = Micros::from(seconds) * SECOND;
        assert_eq!(admitted(NOW + length - 1), 0, "{seconds} s: the window is not over");
        assert_eq!(admitted(NOW + length + length / 60 + 1), max, "{seconds} s: it is over");
    }
}

#[test]
fn input_output_and_cost_are_limited_apart() {
    let key = key();
    let rules = with(vec![
        limit(LimitUnit::InputTokens, 100, 60),
        limit(LimitUnit::OutputTokens, 50, 60),
        limit(LimitUnit::Cost, 1000, 3600),
    ]);
    let amounts = |input, output, cost| Amounts { input, output, cost: NanoUsd(cost) };
    let mut call = key.call(&rules);
    call.reserve(NOW, amounts(90, 40, 700)).unwrap();
    for (more, unit) in [
        (amounts(11, 0, 0), LimitUnit::InputTokens),
        (amounts(0, 11, 0), LimitUnit::OutputTokens),
        (amounts(0, 0, 301), LimitUnit::Cost),
    ] {
        let refused = key.call(&rules).reserve(NOW, more).unwrap_err();
        let HoldRefused::Limit(exceeded) = refused else { panic!("{refused:?}") };
        assert_eq!(exceeded.unit, unit);
    }
    // Less than was held, and more: all settles to the truth.
    call.settle(NOW, amounts(95, 10, 200));
    key.call(&rules).reserve(NOW, amounts(5, 40, 800)).unwrap();
    assert!(key.call(&rules).reserve(NOW, amounts(1, 0, 0)).is_err());
}

#[test]
fn a_limit_on_some_models_counts_no_others() {
    let key = key();
    let some = |unit, per| Limit { models: Some(vec!["gpt-4*".to_owned()]), ..limit(unit, 1, per) };
    let rules = with(vec![some(LimitUnit::Requests, 60), some(LimitUnit::Parallel, 0)]);
    let call = |name: &str| {
        let mut call = key.call(&rules);
        call.set_model(&[name]);
        call
    };
    for _ in 0..5 {
        call("small").admit(NOW).unwrap();
    }
    let mut large = call("gpt-4o");
    large.admit(NOW).unwrap();
    assert_eq!(call("gpt-4o").admit(NOW).unwrap_err().unit, LimitUnit::Requests);
    let later = NOW + 120 * SECOND;
    assert_eq!(call("gpt-4o").admit(later).unwrap_err().unit, LimitUnit::Parallel);
    large.leave();
    call("gpt-4o").admit(later).unwrap();
}

#[test]
fn shadows_note_and_let_through() {
    let key = key();
    let budget = Budget { shadow: true, ..Budget::new(NanoUsd(10), Period::Day) };
    let limits = Limits {
        more: vec![Limit { shadow: true, ..limit(LimitUnit::Requests, 1, 60) }],
        ..Limits::default()
    };
    let rules = rules(&limits, &[budget]);
    let mut first = key.call(&rules);
    first.admit(NOW).unwrap();
    assert_eq!(first.shadow(), None);
    let mut second = key.call(&rules);
    second.admit(NOW).unwrap();
    assert!(matches!(second.shadow(), Some(HoldRefused::Limit(_))));
    first.reserve(NOW, used(0, 11)).unwrap();
    assert!(matches!(first.shadow(), Some(HoldRefused::Budget { .. })));
    assert_eq!(first.budgets().count(), 0, "it can not refuse");
    assert_eq!(key.call(&rules).limits_view(NOW), None, "callers are not told of it");
    first.settle(NOW, used(0, 11));
    assert_eq!(key.budget(&rules, NOW).spent, NanoUsd(11), "it is counted all the same");
}

#[test]
fn budgets_of_other_windows_are_kept() {
    let key = key();
    let berlin = Budget {
        time_zone: gw_model::limits::TimeZone::from_name("Europe/Berlin"),
        ..Budget::new(NanoUsd(100), Period::Day)
    };
    let rolling = Budget::new(NanoUsd(150), Period::Rolling(3600));
    let rules = rules(&Limits::default(), &[berlin, rolling]);
    // 22:30 UTC is 23:30 in Berlin in winter.
    let evening = NOW + DAY * 10 + 81_000 * SECOND;
    let spend = |at, cost| key.call(&rules).reserve(at, used(0, cost)).map(|()| cost);
    let mut call = key.call(&rules);
    call.reserve(evening, used(0, 90)).unwrap();
    call.settle(evening, used(0, 90));
    assert!(spend(evening, 11).is_err());
    let after_midnight = evening + 1801 * SECOND;
    let views = key.tally.budget_views(&rules, after_midnight);
    assert_eq!((views[0].spent, views[1].spent), (NanoUsd::ZERO, NanoUsd(90)));
    assert_eq!(views[0].resets_at, Some(evening + 1800 * SECOND + DAY));
    assert!(spend(after_midnight, 61).is_err(), "the hour is not over");
    assert_eq!(spend(after_midnight + 2000 * SECOND, 61), Ok(61));
}

#[test]
fn a_temporary_increase_ends() {
    let key = key();
    let increases = vec![gw_model::limits::Increase { amount: NanoUsd(50), until: NOW + DAY }];
    let rules =
        rules(&Limits::default(), &[Budget { increases, ..Budget::new(NanoUsd(100), Period::Total) }]);
    let mut call = key.call(&rules);
    call.reserve(NOW, used(0, 150)).unwrap();
    call.settle(NOW, used(0, 150));
    assert_eq!(key.budget(&rules, NOW).limit, NanoUsd(150));
    assert!(key.call(&rules).reserve(NOW + DAY, used(0, 1)).is_err());
    assert_eq!(key.budget(&rules, NOW + DAY).limit, NanoUsd(100));
}

#[test]
fn time_that_runs_backwards_gives_nothing_away() {
    let key = key();
    let rules = with(vec![limit(LimitUnit::Requests, 2, 60)]);
    let mut first = key.call(&rules);
    first.admit(NOW).unwrap();
    key.call(&rules).admit(NOW - 3600 * SECOND).unwrap();
    assert!(key.call(&rules).admit(NOW - 7200 * SECOND).is_err());
    first.give_request_back();
    key.call(&rules).admit(NOW - 10).unwrap();
    assert!(key.call(&rules).admit(NOW).is_err());
}

#[test]
fn what_is_kept_is_for_calls_that_matter_more() {
    let reserve = Reserve { normal: 20, high: 30 };
    let kept = |unit, max| Limit { reserve, ..limit(unit, max, 60) };
    for unit in [LimitUnit::Requests, LimitUnit::Parallel, LimitUnit::Tokens] {
        let (party, rules) = (key(), with(vec![kept(unit, 10)]));
        let mut running = Vec::new();
        for (priority, most) in [(Priority::Low, 5), (Priority::Normal, 7), (Priority::High, 10)] {
            loop {
                let mut call = party.call(&rules);
                call.set_priority(priority);
                if call.admit(NOW).is_err() || call.reserve(NOW, used(1, 0)).is_err() {
                    call.leave();
                    break;
                }
                running.push(call);
            }
            assert_eq!(running.len(), most, "{unit:?} {priority:?}");
        }
        for mut call in running {
            call.settle(NOW, used(1, 0));
            call.leave();
        }
    }
}

#[test]
fn a_hold_that_only_higher_priorities_may_have_is_too_large_for_others() {
    let (party, rules) = (
        key(),
        with(vec![Limit { reserve: Reserve { normal: 0, high: 50 }, ..limit(LimitUnit::Tokens, 100, 60) }]),
    );
    let mut call = party.call(&rules);
    call.set_priority(Priority::Normal);
    assert!(matches!(call.reserve(NOW, used(60, 0)), Err(HoldRefused::TooLarge { limit: 50, .. })));
    call.set_priority(Priority::High);
    assert!(call.reserve(NOW, used(60, 0)).is_ok());
    call.settle(NOW, used(0, 0));
}

#[test]
fn limits_of_tries_count_what_is_tried_and_nothing_of_the_call() {
    let team = Party::new(Level::Team, 7);
    let tries = |providers: &[&str], models: Option<&[&str]>, unit, max| Limit {
        providers: Some(providers.iter().map(|name| (*name).to_owned()).collect()),
        models: models.map(|models| models.iter().map(|name| (*name).to_owned()).collect()),
        ..limit(unit, max, if unit == LimitUnit::Parallel { 0 } else { 60 })
    };
    let limits = Limits {
        rpm: Some(10),
        more: vec![
            tries(&["openai"], None, LimitUnit::Requests, 2),
            tries(&["azure-*"], Some(&["gpt-4o"]), LimitUnit::Tokens, 100),
            tries(&["openai"], None, LimitUnit::Parallel, 1),
        ],
        ..Limits::default()
    };
    let rules = rules(&limits, &[Budget::new(NanoUsd(1000), Period::Total)]);
    let mut call = team.call(&rules);
    assert!(call.counts_tries());
    call.set_model(&["openai/gpt-4o"]);
    call.admit(NOW).unwrap();
    call.reserve(NOW, used(50, 400)).unwrap();
    assert!(call.of_try("anthropic", &["alias"]).is_none(), "no limit is of that provider");
    assert!(call.of_try("azure-east", &["alias", "gpt-4"]).is_none(), "nor of that model there");
    // A second try at the same time; the call itself runs once, and its money is held once.
    let mut first = call.of_try("openai", &["alias", "gpt-4o"]).unwrap();
    first.admit(NOW).unwrap();
    first.reserve(NOW, used(50, 400)).unwrap();
    assert_eq!((team.tally.parallel(), team.budget(&rules, NOW).reserved), (1, NanoUsd(400)));
    let mut second = call.of_try("openai", &["alias"]).unwrap();
    assert_eq!(second.admit(NOW).unwrap_err().unit, LimitUnit::Parallel);
    // It failed: what it took is there again.
    first.settle(NOW, used(0, 0));
    first.give_request_back();
    first.leave();
    for _ in 0..2 {
        let mut one = call.of_try("openai", &["alias"]).unwrap();
        one.admit(NOW).unwrap();
        one.leave();
    }
    let refused = call.of_try("openai", &["alias"]).unwrap().admit(NOW).unwrap_err();
    assert_eq!((refused.unit, refused.max), (LimitUnit::Requests, 2));
    let mut elsewhere = call.of_try("azure-east", &["alias", "gpt-4o"]).unwrap();
    elsewhere.admit(NOW).unwrap();
    elsewhere.reserve(NOW, used(80, 400)).unwrap();
    let mut more = call.of_try("azure-west", &["gpt-4o"]).unwrap();
    assert!(matches!(more.reserve(NOW, used(30, 0)), Err(HoldRefused::Limit(_))));
    elsewhere.settle(NOW, used(20, 100));
    elsewhere.leave();
    more.reserve(NOW, used(80, 0)).unwrap();
    more.settle(NOW, used(0, 0));
    call.settle(NOW, used(20, 100));
    call.leave();
    let view = team.budget(&rules, NOW);
    assert_eq!((view.spent, view.reserved, team.tally.parallel()), (NanoUsd(100), NanoUsd::ZERO, 0));
}
