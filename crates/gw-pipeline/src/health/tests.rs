//! Tests of the board: what takes a deployment out, what does not, and how it comes back.

use super::*;
use crate::route::tests::provider;
use gw_model::catalog::ModelInfo;
use gw_model::routing::{Capacity, HealthPolicy};
use gw_model::snapshot::Target;
use gw_model::{ErrorClass, Micros};
use gw_providers::{Headroom, Room};
use std::sync::Arc;

const POLICY: HealthPolicy = HealthPolicy {
    consecutive_failures: 3,
    failure_rate_permille: 500,
    min_requests: 10,
    window_ms: 10_000,
    open_ms: 1_000,
    max_open_ms: 4_000,
    slow_start_ms: 10_000,
    max_park_ms: 60_000,
};

const SECOND: Micros = 1_000_000;

fn target() -> Target {
    Target {
        provider: provider("p"),
        model: "m".into(),
        credential: None,
        capacity: None,
        terms: None,
        family: "m".into(),
        info: Arc::new(ModelInfo::default()),
    }
}

fn deployment(board: &Board) -> Arc<Deployment> {
    board.deployment(&target())
}

/// Goes there, whatever place there is.
fn begin(deployment: &Arc<Deployment>, tokens: u64, is_forced: bool, now: Micros) -> Option<Visit> {
    Visit::begin(deployment, Entry { slot: None, most: None, tokens, is_forced }, now).ok()
}

fn standing(deployment: &Deployment, now: Micros) -> Standing {
    deployment.standing(&POLICY, None, 0, now)
}

fn fails(deployment: &Arc<Deployment>, class: ErrorClass, now: Micros) {
    begin(deployment, 0, true, now).unwrap().bad(class, &POLICY, now, 0);
}

fn answers(deployment: &Arc<Deployment>, now: Micros) {
    let mut visit = begin(deployment, 0, true, now).unwrap();
    visit.answered(now + 1000);
    visit.good(0, &POLICY, now + 1000);
}

#[test]
fn failures_in_a_row_take_it_out_and_one_probe_brings_it_back_slowly() {
    let board = Board::default();
    let deployment = deployment(&board);
    let start = 100 * SECOND;
    fails(&deployment, ErrorClass::ServerError, start);
    fails(&deployment, ErrorClass::Timeout, start);
    assert_eq!(standing(&deployment, start), Standing::Fit);
    fails(&deployment, ErrorClass::Connection, start);
    assert_eq!(standing(&deployment, start), Standing::Tripped);
    assert!(begin(&deployment, 0, false, start).is_none());
    let due = start + SECOND;
    assert_eq!(standing(&deployment, due), Standing::Due);
    let mut probe = begin(&deployment, 0, false, due).unwrap();
    assert_eq!(standing(&deployment, due), Standing::Tripped, "one probe at a time");
    assert!(begin(&deployment, 0, false, due).is_none());
    probe.answered(due + 1000);
    probe.good(0, &POLICY, due + 1000);
    assert_eq!(standing(&deployment, due + 1000), Standing::Warming(100));
    assert_eq!(standing(&deployment, due + 1000 + 5 * SECOND), Standing::Warming(550));
    assert_eq!(standing(&deployment, due + 1000 + 10 * SECOND), Standing::Fit);
    assert_eq!(deployment.in_flight(), 0);
}

#[test]
fn a_probe_that_fails_waits_longer_each_time_up_to_the_cap() {
    let board = Board::default();
    let deployment = deployment(&board);
    let mut now = 100 * SECOND;
    (0..3).for_each(|_| fails(&deployment, ErrorClass::ServerError, now));
    for seconds in [1, 2, 4, 4] {
        assert_eq!(standing(&deployment, now + seconds * SECOND - 1), Standing::Tripped, "{seconds}");
        now += seconds * SECOND;
        let probe = begin(&deployment, 0, false, now).unwrap();
        probe.bad(ErrorClass::Connection, &POLICY, now, 0);
    }
}

#[test]
fn a_probe_that_comes_to_nothing_gives_its_place_to_the_next() {
    let board = Board::default();
    let deployment = deployment(&board);
    (0..3).for_each(|_| fails(&deployment, ErrorClass::ServerError, SECOND));
    let due = 2 * SECOND;
    drop(begin(&deployment, 0, false, due).unwrap());
    assert_eq!(standing(&deployment, due), Standing::Due, "its caller had left");
    let hangs = begin(&deployment, 0, false, due).unwrap();
    assert!(begin(&deployment, 0, false, due + 31 * SECOND).is_some(), "nor does one that hangs keep it");
    drop(hangs);
    // A request that is wrong proves that somebody is there to say so.
    let due = due + 60 * SECOND;
    begin(&deployment, 0, false, due).unwrap().bad(ErrorClass::BadRequest, &POLICY, due, 0);
    assert_eq!(standing(&deployment, due), Standing::Warming(100));
}

#[test]
fn callers_and_credentials_are_not_held_against_it() {
    let board = Board::default();
    let deployment = deployment(&board);
    for class in ErrorClass::ALL.iter().filter(|class| !class.blames_target()) {
        (0..50).for_each(|_| fails(&deployment, *class, SECOND));
        assert_eq!(standing(&deployment, SECOND), Standing::Fit, "{class}");
    }
}

#[test]
fn a_share_of_failures_takes_it_out_only_above_the_least_volume() {
    let board = Board::default();
    let deployment = deployment(&board);
    for round in 0..4 {
        answers(&deployment, SECOND * round);
        fails(&deployment, ErrorClass::ServerError, SECOND * round + 2000);
    }
    assert_eq!(standing(&deployment, 4 * SECOND), Standing::Fit, "eight say nothing");
    answers(&deployment, 4 * SECOND);
    fails(&deployment, ErrorClass::ServerError, 4 * SECOND + 2000);
    assert_eq!(standing(&deployment, 4 * SECOND + 2000), Standing::Tripped);
    let other = board.deployment(&Target { model: "other".into(), ..target() });
    for second in 0..60 {
        (0..19).for_each(|_| answers(&other, second * SECOND));
        fails(&other, ErrorClass::ServerError, second * SECOND + 2000);
    }
    assert_eq!(standing(&other, 60 * SECOND), Standing::Fit, "one in twenty is no outage");
}

#[test]
fn a_pause_lasts_exactly_as_long_as_was_asked_and_no_longer_than_the_cap() {
    let board = Board::default();
    let deployment = deployment(&board);
    deployment.park(2_000, &POLICY, SECOND);
    deployment.park(500, &POLICY, SECOND);
    assert_eq!(standing(&deployment, 3 * SECOND - 1), Standing::Parked { until: 3 * SECOND });
    assert_eq!(standing(&deployment, 3 * SECOND), Standing::Fit);
    deployment.park(u64::MAX, &POLICY, SECOND);
    assert_eq!(deployment.parked_until(), 61 * SECOND);
}

#[test]
fn capacity_is_what_was_granted_less_what_was_used_within_a_minute() {
    let board = Board::default();
    let deployment = deployment(&board);
    let capacity = Capacity { rpm: Some(10), tpm: Some(1000), max_parallel: None };
    let start = 60 * SECOND;
    let left = |now| deployment.headroom(Some(&capacity), 0, now);
    assert_eq!(left(start), 1000);
    for _ in 0..5 {
        begin(&deployment, 20, false, start).unwrap().good(100, &POLICY, start);
    }
    assert_eq!(left(start), 500, "five of ten requests, 500 of 1000 tokens");
    assert_eq!(deployment.standing(&POLICY, Some(&capacity), 600, start), Standing::Full, "it would not fit");
    assert_eq!(left(start + 90 * SECOND), 750, "half of the minute before still counts");
    assert_eq!(left(start + 121 * SECOND), 1000);
    let room = Room { limit: Some(100), remaining: 5, reset_ms: Some(2_000) };
    deployment.state(&Headroom { requests: Some(room), tokens: None }, start);
    assert_eq!(left(start + SECOND), 50, "the provider knows better");
    let busy = Capacity { max_parallel: Some(1), ..Capacity::default() };
    let visit = begin(&deployment, 0, false, start).unwrap();
    assert_eq!(deployment.standing(&POLICY, Some(&busy), 0, start), Standing::Full);
    drop(visit);
    assert_eq!(deployment.standing(&POLICY, Some(&busy), 0, start), Standing::Fit);
}

#[test]
fn a_slow_answer_counts_at_once_and_fades() {
    let board = Board::default();
    let deployment = deployment(&board);
    let took = |us: Micros, now: Micros| {
        let mut visit = begin(&deployment, 0, false, now - us).unwrap();
        visit.answered(now);
    };
    took(10_000, 10 * SECOND);
    took(2_000_000, 11 * SECOND);
    assert_eq!(deployment.latency_us(11 * SECOND), 2_000_000);
    took(10_000, 12 * SECOND);
    let now = deployment.latency_us(12 * SECOND);
    assert!((1_500_000..2_000_000).contains(&now), "one fast answer does not make it fast: {now}");
    assert!(deployment.latency_us(60 * SECOND) < 50_000, "but time does");
}

#[test]
fn gateways_tell_each_other_and_a_new_configuration_keeps_what_is_known() {
    let (here, there) = (Board::default(), Arc::new(Board::default()));
    let (mine, theirs) = (deployment(&here), deployment(&there));
    let heard = Arc::clone(&there);
    here.listen(move |change| assert!(heard.hear(change, &POLICY, 10 * SECOND)));
    mine.park(5_000, &POLICY, SECOND);
    assert_eq!(standing(&theirs, SECOND), Standing::Parked { until: 6 * SECOND });
    (0..3).for_each(|_| fails(&mine, ErrorClass::ServerError, 10 * SECOND));
    assert_eq!(standing(&theirs, 10 * SECOND), Standing::Tripped);
    answers(&mine, 20 * SECOND);
    assert!(matches!(standing(&theirs, 20 * SECOND), Standing::Fit | Standing::Warming(_)));
    assert!(Arc::ptr_eq(&mine, &deployment(&here)));
    let view = &here.views(&POLICY, 20 * SECOND)[0];
    assert_eq!((view.in_flight, view.tripped_until, &*view.model), (0, None, "m"));
    mine.take_out(30_000, 30 * SECOND);
    assert!(
        matches!(standing(&theirs, 30 * SECOND), Standing::Fit | Standing::Warming(_)),
        "its own credential"
    );
}

#[test]
fn what_another_gateway_says_is_bounded_and_makes_no_deployment() {
    let board = Board::default();
    let deployment = deployment(&board);
    let known = Fingerprint::of(&deployment.id);
    let hear = |deployment, change| board.hear(HealthChange { deployment, change }, &POLICY, 10 * SECOND);
    assert!(hear(known, Change::Parked { until: Micros::MAX }));
    assert_eq!(deployment.parked_until(), 70 * SECOND, "max_park_ms");
    assert!(hear(known, Change::Tripped { until: Micros::MAX }));
    assert_eq!(deployment.tripped_until(), 14 * SECOND + 400_000, "max_open_ms and its jitter");
    assert!(hear(known, Change::Tripped { until: 0 }) && hear(known, Change::Parked { until: 0 }));
    assert_eq!((deployment.parked_until(), deployment.tripped_until()), (70 * SECOND, 14 * SECOND + 400_000));
    assert!(!hear(Fingerprint([7; 32]), Change::Closed));
    assert_eq!(board.views(&POLICY, 0).len(), 1);
}

#[test]
fn deployments_that_differ_in_anything_have_different_fingerprints() {
    let board = Board::default();
    let base = target();
    let elsewhere =
        Arc::new(gw_model::snapshot::Provider { base_url: "http://x".into(), ..(*base.provider).clone() });
    let targets = [
        base.clone(),
        Target { provider: elsewhere, ..base.clone() },
        Target { model: "mm".into(), ..base.clone() },
        Target { credential: Some("".into()), ..base.clone() },
        Target { credential: Some("a".into()), ..base.clone() },
    ];
    let distinct: std::collections::HashSet<_> =
        targets.iter().map(|target| Fingerprint::of(&board.deployment(target).id)).collect();
    assert_eq!(distinct.len(), targets.len());
}

#[test]
fn a_good_check_lets_the_next_request_try_and_a_bad_one_keeps_it_out() {
    let board = Board::default();
    let deployment = deployment(&board);
    (0..3).for_each(|_| fails(&deployment, ErrorClass::ServerError, 100 * SECOND));
    deployment.seen_down(false, &POLICY, 100 * SECOND, 0);
    assert_eq!(deployment.tripped_until(), 101 * SECOND, "it is out already");
    deployment.seen_down(false, &POLICY, 101 * SECOND, 0);
    assert_eq!(deployment.tripped_until(), 103 * SECOND, "nobody need try it, and it is out for longer");
    deployment.seen_up(102 * SECOND);
    assert_eq!(standing(&deployment, 102 * SECOND), Standing::Due, "not up: the next request tells");
    answers(&deployment, 102 * SECOND);
    assert!(matches!(standing(&deployment, 103 * SECOND), Standing::Warming(_)));
    deployment.seen_up(103 * SECOND);
    assert!(matches!(standing(&deployment, 103 * SECOND), Standing::Warming(_)), "it is up");
}

#[test]
fn bad_checks_in_a_row_take_it_out_only_where_they_count() {
    let board = Board::default();
    let deployment = deployment(&board);
    (0..9).for_each(|_| deployment.seen_down(false, &POLICY, SECOND, 0));
    deployment.seen_up(SECOND);
    assert_eq!(standing(&deployment, SECOND), Standing::Fit);
    let counted = |times| (0..times).for_each(|_| deployment.seen_down(true, &POLICY, SECOND, 0));
    counted(2);
    deployment.seen_up(SECOND);
    counted(2);
    assert_eq!(standing(&deployment, SECOND), Standing::Fit, "two in a row at most");
    counted(1);
    assert_eq!(standing(&deployment, SECOND), Standing::Tripped);
}
