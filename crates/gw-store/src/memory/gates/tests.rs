//! Tests of [`super`]: limits hold in any window, whatever its length, and the table stays bounded.

use super::super::{Amounts, Chain};
use super::*;

const START: Micros = 1_790_000_000_000_000;

fn counter(subject: u64) -> Counter {
    Counter { gate: 1, subject }
}

fn rate(unit: LimitUnit, max: u64, per_seconds: u32) -> Rate {
    Rate { unit, max, per_seconds, sharing: Sharing::default() }
}

/// Takes so many units, as a request that passes does.
fn take(gates: &Gates, counter: Counter, rate: Rate, now: Micros, units: u64) -> bool {
    let Some(link) = gates.link(counter, rate, now) else { return false };
    let amounts = match rate.unit {
        LimitUnit::Requests => Amounts::default(),
        _ => Amounts { input: units, ..Amounts::default() },
    };
    let mut chain = Chain::new([link]);
    let is_taken = chain.admit(now).is_ok() && chain.reserve(now, amounts).is_ok();
    chain.settle(now, amounts);
    chain.leave();
    is_taken
}

#[test]
fn so_many_pass_in_any_window_of_that_length() {
    for per_seconds in [1, 10, 60, 3600, 86_400] {
        let (gates, rate) = (Gates::default(), rate(LimitUnit::Requests, 5, per_seconds));
        let window_us = i64::from(per_seconds) * SECOND_US;
        let mut passed = Vec::new();
        for step in 0..400 {
            let now = START + step * window_us / 40;
            if take(&gates, counter(1), rate, now, 1) {
                passed.push(now);
            }
        }
        let most = passed
            .iter()
            .map(|start| passed.iter().filter(|t| (*start..*start + window_us).contains(t)).count());
        assert_eq!(most.max(), Some(5), "{per_seconds}");
        // The oldest part of the window is counted whole, so a little less may pass than the limit.
        assert!(passed.len() >= 45, "{per_seconds}: {}", passed.len());
    }
}

#[test]
fn subjects_have_counters_of_their_own_and_a_look_takes_nothing() {
    let (gates, ten) = (Gates::default(), rate(LimitUnit::InputTokens, 10, 60));
    assert!(gates.has_room(counter(1), ten, START, 10) && !gates.has_room(counter(1), ten, START, 11));
    assert!(take(&gates, counter(1), ten, START, 7));
    assert!(gates.has_room(counter(1), ten, START, 3) && gates.has_room(counter(1), ten, START, 3));
    assert!(!take(&gates, counter(1), ten, START, 4) && take(&gates, counter(1), ten, START, 3));
    assert!(take(&gates, counter(2), ten, START, 10), "another subject");
    let other = rate(LimitUnit::InputTokens, 10, 30);
    assert!(take(&gates, counter(1), other, START, 10), "another limit begins anew");
    let more = rate(LimitUnit::InputTokens, 15, 30);
    assert!(take(&gates, counter(1), more, START, 5), "another bound does not");
    assert!(!take(&gates, counter(1), more, START, 1));
}

#[test]
fn subjects_without_end_find_no_room_until_others_are_forgotten() {
    let (gates, rate) = (Gates::default(), rate(LimitUnit::Requests, 1, 10));
    for subject in 0..MAX_COUNTERS as u64 {
        assert!(take(&gates, counter(subject), rate, START, 1));
    }
    assert!(!take(&gates, counter(u64::MAX), rate, START, 1));
    assert!(take(&gates, counter(u64::MAX), rate, START + 11 * SECOND_US, 1));
    assert_eq!(gates.table.lock().entries.len(), 1);
}
