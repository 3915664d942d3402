//! Tests of [`super`]: limits hold in any window, whatever its length, and the table stays bounded.

use super::*;

const START: Micros = 1_790_000_000_000_000;

fn counter(subject: u64) -> Counter {
    Counter { gate: 1, subject }
}

#[test]
fn so_many_pass_in_any_window_of_that_length() {
    for per_seconds in [1, 10, 60, 3600, 86_400] {
        let (gates, rate) = (Gates::default(), Rate { max: 5, per_seconds });
        let window_us = i64::from(per_seconds) * SECOND_US;
        let mut passed = Vec::new();
        for step in 0..400 {
            let now = START + step * window_us / 40;
            if gates.take(counter(1), rate, now, 1) {
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
    let (gates, rate) = (Gates::default(), Rate { max: 10, per_seconds: 60 });
    assert!(gates.has_room(counter(1), rate, START, 10) && !gates.has_room(counter(1), rate, START, 11));
    assert!(gates.take(counter(1), rate, START, 7));
    assert!(gates.has_room(counter(1), rate, START, 3) && gates.has_room(counter(1), rate, START, 3));
    assert!(!gates.take(counter(1), rate, START, 4) && gates.take(counter(1), rate, START, 3));
    assert!(gates.take(counter(2), rate, START, 10), "another subject");
    assert!(
        gates.take(counter(1), Rate { max: 10, per_seconds: 30 }, START, 10),
        "another limit begins anew"
    );
}

#[test]
fn subjects_without_end_find_no_room_until_others_are_forgotten() {
    let (gates, rate) = (Gates::default(), Rate { max: 1, per_seconds: 10 });
    for subject in 0..MAX_COUNTERS as u64 {
        assert!(gates.take(counter(subject), rate, START, 1));
    }
    assert!(!gates.take(counter(u64::MAX), rate, START, 1));
    assert!(gates.take(counter(u64::MAX), rate, START + 11 * SECOND_US, 1));
    assert_eq!(gates.entries.lock().len(), 1);
}
