//! Tests of the measures over made-up runs: 50 calls a second at two targets, of which the first fails from second 2 to
//! second 4 unless a test says otherwise.
use super::*;
use crate::gateway_config::price_nanousd;
use crate::load::Call;
use crate::rig::Arrival;

const PHASE: (u64, u64) = (2_000_000, 4_000_000);

fn phase() -> Phase {
    Phase { targets: vec![0], from_us: PHASE.0, until_us: Some(PHASE.1) }
}

/// Where each call of a run of so many seconds goes first.
fn firsts(seconds: u64, target: impl Fn(u64, u64) -> usize) -> Vec<First> {
    (0..seconds * 50).map(|n| First { sent_us: n * 20_000, target: target(n, n * 20_000) }).collect()
}

/// In turns, but for the times in which the first target is avoided.
fn avoiding(from_us: u64, until_us: u64) -> impl Fn(u64, u64) -> usize {
    move |n, at| if (from_us..until_us).contains(&at) { 1 } else { usize::from(n % 2 == 1) }
}

fn call(number: usize, ending: Ending) -> Call {
    Call {
        number,
        sent_us: u64::try_from(number).expect("small") * 20_000,
        took_us: 5_000,
        wish: Wish::Whole,
        priority: gw_model::Priority::Normal,
        ending,
        request_id: Some(format!("id-{number}")),
    }
}

fn good_try(target: usize) -> Try {
    let cost_nanousd = price_nanousd(10, 20);
    Try {
        target: Some(target),
        succeeded: true,
        is_estimated: false,
        is_hedged: false,
        input_tokens: 10,
        output_tokens: 20,
        cost_nanousd,
    }
}

fn failed_try(target: usize, cost_nanousd: u64, is_estimated: bool) -> Try {
    Try {
        succeeded: false,
        is_estimated,
        input_tokens: 0,
        output_tokens: 0,
        cost_nanousd,
        ..good_try(target)
    }
}

fn served(call: usize, at_us: u64) -> Arrival {
    Arrival { at_us, call, status: 200, input_tokens: 10, output_tokens: 20, whole: true }
}

/// Facts of one call with these records and arrivals.
fn one(rows: &[&[Try]], arrivals: [&[Arrival]; 2]) -> Facts {
    let row = |tries: &&[Try]| Row {
        cost_nanousd: tries.iter().map(|one| one.cost_nanousd).sum(),
        tries: tries.to_vec(),
    };
    Facts {
        calls: vec![call(0, Ending::Good)],
        rows: [("id-0".to_owned(), rows.iter().map(row).collect())].into(),
        arrivals: arrivals.iter().map(|list| list.to_vec()).collect(),
        phase: None,
        trips: None,
        knows_prices: true,
    }
}

#[test]
fn detection_is_when_calls_stop_going_there_first() {
    let detected = |target: &dyn Fn(u64, u64) -> usize| detect::detect_ms(&firsts(8, target), &phase());
    assert_eq!(detected(&avoiding(PHASE.0, PHASE.1)), Some(0));
    // The last call that goes there is one in the 25 of the window before it.
    assert_eq!(detected(&avoiding(2_300_000, PHASE.1)), Some(260));
    assert_eq!(detected(&avoiding(0, 0)), None, "never");
    // One probe in 25 calls is fine, three are none.
    let probing = |every: u64| {
        move |n: u64, at: u64| {
            let goes = if at < 2_200_000 { n.is_multiple_of(2) } else { n.is_multiple_of(every) };
            usize::from(!goes)
        }
    };
    assert!(detected(&probing(50)).is_some_and(|ms| (100..=200).contains(&ms)));
    assert_eq!(detected(&probing(8)), None);
}

#[test]
fn recovery_is_when_the_share_is_back_and_stays() {
    let half = [0.5, 0.5];
    let recovered =
        |target: &dyn Fn(u64, u64) -> usize| recover::recover_ms(&firsts(12, target), &[0], &half, PHASE.1);
    assert_eq!(recovered(&avoiding(PHASE.0, PHASE.1)), Some(0));
    assert_eq!(recovered(&avoiding(PHASE.0, 60_000_000)), None, "never");
    let late = recovered(&avoiding(PHASE.0, 7_000_000)).expect("in the end");
    // With 100 calls a window, fewer than a third of them may still be missing.
    assert!((1_500..3_000).contains(&late), "{late}");
    let again =
        |n: u64, at: u64| if (6_000_000..9_000_000).contains(&at) { 1 } else { usize::from(n % 2 == 1) };
    assert!(recovered(&again).expect("in the end") > 3_000, "it went away again");
}

#[test]
fn shares_follow_weights_or_what_was_before() {
    assert_eq!(share::shares(&firsts(8, avoiding(0, 4_000_000)), 4_000_000, 2), Some((vec![0.5, 0.5], 200)));
    assert_eq!(share::shares(&firsts(8, avoiding(0, 4_000_000)), 0, 2), Some((vec![0.25, 0.75], 400)));
    assert_eq!(share::shares(&firsts(8, avoiding(0, 0)), 7_900_000, 2), None, "too few to tell");
}

#[test]
fn the_first_try_is_the_record_s_and_else_the_first_arrival() {
    let recorded = one(&[&[failed_try(0, 0, false), good_try(1)]], [&[], &[served(0, 10)]]);
    assert_eq!(share::firsts(&recorded), [First { sent_us: 0, target: 0 }]);
    let unrecorded = one(&[], [&[served(0, 20)], &[served(0, 10)]]);
    assert_eq!(share::firsts(&unrecorded), [First { sent_us: 0, target: 1 }]);
}

#[test]
fn a_herd_is_more_than_the_usual_at_once() {
    let spread: Vec<Arrival> =
        (0..200).map(|n| served(n, PHASE.1 + 40_000 * u64::try_from(n).expect("small"))).collect();
    let calls: Vec<Call> = (0..600).map(|number| call(number, Ending::Good)).collect();
    let facts = |arrivals: Vec<Arrival>| Facts {
        calls: calls.clone(),
        arrivals: vec![arrivals, vec![]],
        ..Facts::default()
    };
    let worst = |arrivals| herd::worst(&facts(arrivals), &phase(), PHASE.1, &[0.5, 0.5], 50.0).expect("told");
    assert!(worst(spread.clone()) < 1.3);
    let bunch = (0..30).map(|n| served(n, 5_000_000 + u64::try_from(n).expect("small")));
    assert!(worst(spread.into_iter().chain(bunch).collect()) > 4.0);
}

#[test]
fn added_latency_is_against_the_calm() {
    let mut calls: Vec<Call> = (0..200).map(|number| call(number, Ending::Good)).collect();
    assert_eq!(latency::p99_added_ms(&calls, &phase()), Some(0));
    for call in &mut calls[100..150] {
        call.took_us = 105_000;
    }
    assert_eq!(latency::p99_added_ms(&calls, &phase()), Some(100));
    calls[120].ending = Ending::Failed("x".to_owned());
    calls[120].took_us = 60_000_000;
    assert_eq!(latency::p99_added_ms(&calls, &phase()), Some(100), "failures are counted elsewhere");
    assert_eq!(latency::p99_added_ms(&calls, &Phase { from_us: 0, ..phase() }), None, "no calm");
}

#[test]
fn bills_are_checked_against_the_emulators() {
    let judged = |rows: &[&[Try]], arrivals| billing::judge(&call(0, Ending::Good), &one(rows, arrivals));
    let there: &[Arrival] = &[served(0, 10)];
    let refused = Arrival { status: 503, input_tokens: 0, output_tokens: 0, ..served(0, 5) };
    assert_eq!(judged(&[&[good_try(1)]], [&[], there]), None);
    assert_eq!(
        judged(&[&[failed_try(0, 0, false), good_try(1)]], [std::slice::from_ref(&refused), there]),
        None
    );
    // What the provider may have charged may be charged.
    assert_eq!(judged(&[&[failed_try(0, 99, true), good_try(1)]], [&[], there]), None);
    // Who lost a race may have answered in the same moment.
    let hedged = Try { is_hedged: true, ..failed_try(0, 99, true) };
    assert_eq!(judged(&[&[hedged.clone(), good_try(1)]], [there, there]), None);
    assert_eq!(judged(&[&[hedged, good_try(1)]], [there, &[]]), Some(WrongAnswer::Misbilled));
    for (rows, arrivals, wrong) in [
        (&[][..], [&[][..], there], WrongAnswer::Unrecorded),
        (&[&[good_try(1)][..], &[good_try(1)]], [&[], there], WrongAnswer::Unrecorded),
        (&[&[good_try(0), good_try(1)]], [there, there], WrongAnswer::DoubleBilled),
        (&[&[good_try(1)]], [there, there], WrongAnswer::DoubleBilled),
        (&[&[failed_try(0, 99, false), good_try(1)]], [&[], there], WrongAnswer::Misbilled),
        (&[&[good_try(0)]], [&[], there], WrongAnswer::Misbilled),
        (&[&[Try { output_tokens: 21, ..good_try(1) }]], [&[], there], WrongAnswer::Misbilled),
        (&[&[Try { cost_nanousd: 1, ..good_try(1) }]], [&[], there], WrongAnswer::Misbilled),
        (&[&[good_try(1)]], [&[], &[]], WrongAnswer::Misbilled),
        (&[&[failed_try(0, 99, true), good_try(1)]], [there, there], WrongAnswer::DoubleBilled),
    ] {
        assert_eq!(judged(rows, arrivals), Some(wrong), "{rows:?}");
    }
    let mut facts = one(&[&[good_try(1)]], [&[], there]);
    facts.rows.get_mut("id-0").expect("a row")[0].cost_nanousd += 1;
    assert_eq!(
        billing::judge(&facts.calls[0], &facts),
        Some(WrongAnswer::Misbilled),
        "the sum is not that of the tries"
    );
    let unanswered = Call { request_id: None, ..call(0, Ending::Failed("x".to_owned())) };
    assert_eq!(billing::judge(&unanswered, &facts), None);
}

#[test]
fn objectives_are_missed_in_words() {
    let text = "about: x\ntargets: [{ name: east }, { name: west }]\nalias: { strategy: weighted }\n\
         load: { requests_per_second: 50, seconds: 10 }\n\
         objectives: { success_rate: 1.0, p99_added_ms: 10, detect_ms: 100, recover_ms: 100, share_within: 0.05, max_requests_to_faulty: 3, max_trips: 0, max_extra_tries: 0.1 }\n";
    let catalog: std::sync::Arc<dyn gw_model::catalog::Catalog> =
        std::sync::Arc::new(crate::testing::NoCatalog::default());
    let scenario = Scenario::read("x", text, &catalog).expect("right");
    let good = Measures {
        requests: 100,
        succeeded: 100,
        p99_added_ms: Some(10),
        detect_ms: Some(100),
        recover_ms: Some(0),
        shares: Some((vec![0.54, 0.46], 3000)),
        expected_shares: vec![0.5, 0.5],
        herd: Some(1.9),
        to_faulty: 3,
        trips: Some(0),
        extra_tries: 10,
        ..Measures::default()
    };
    assert_eq!(missed(&scenario, &good), Vec::<String>::new());
    let few = Measures { shares: Some((vec![0.6, 0.4], 200)), ..good.clone() };
    assert_eq!(missed(&scenario, &few), Vec::<String>::new(), "chance alone");
    let bad = Measures {
        succeeded: 99,
        failures: [("502".to_owned(), 1)].into(),
        wrong: [(WrongAnswer::Truncated, 2)].into(),
        p99_added_ms: Some(11),
        detect_ms: None,
        recover_ms: Some(101),
        shares: Some((vec![0.56, 0.44], 3000)),
        herd: Some(2.1),
        to_faulty: 4,
        trips: Some(2),
        extra_tries: 11,
        ..good
    };
    let silent = Measures { trips: None, ..bad.clone() };
    assert!(missed(&scenario, &silent).iter().any(|line| line.contains("the gateway does not say")));
    let lines = missed(&scenario, &bad);
    for part in [
        "success rate 99 % is below 100 %: 1 of 100 requests failed (1 502)",
        "2 wrong answers, 0 are allowed (2 truncated)",
        "added latency (p99) is 11 ms, 10 ms are allowed",
        "time to detect within 100 ms: faulty targets were tried first throughout",
        "time to recover is 101 ms",
        "targets were taken for down 2 times, 0 are allowed",
        "4 tries went to faulty targets",
        "11 tries beyond one for each request are 11 % of them, 10 % are allowed",
        "east has 56 %, not 50 %",
        "a herd of 2.1 times",
    ] {
        assert!(lines.iter().any(|line| line.contains(part)), "{part} is not in {lines:?}");
    }
    assert_eq!(lines.len(), 10, "{lines:?}");
}

#[test]
fn overload_is_judged_by_those_that_matter_by_what_is_served_and_by_how_soon_others_are_told() {
    use gw_model::Priority;
    let failed = || Ending::Failed("503 overloaded".to_owned());
    let high = |number, ending| Call { priority: Priority::High, ..call(number, ending) };
    let calls = vec![
        high(0, Ending::Good),
        high(1, Ending::Good),
        high(2, failed()),
        Call { took_us: 700_000, ..call(3, failed()) },
        Call { took_us: 920_000, ..call(4, Ending::Good) },
    ];
    let measured = (overload::high_success_rate(&calls), overload::refused_ms(&calls));
    assert_eq!(measured, (Some(2.0 / 3.0), Some(700)));
    let goodput = overload::goodput_per_second(&calls).expect("some");
    assert!((goodput - 3.0).abs() < 1e-9, "three until the second is over: {goodput}");
    assert_eq!(overload::high_success_rate(&[call(0, Ending::Good)]), None);
    assert_eq!(overload::refused_ms(&[call(0, Ending::Good)]), None);
}
