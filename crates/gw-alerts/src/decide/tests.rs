//! Who is told when.

use super::{Known, Policy, Step, seen, unseen};

const POLICY: Policy = Policy { repeat_after_us: None, send_resolved: true, grace_us: 0, is_local: false };

fn firing(sent_at: Option<i64>) -> Known {
    Known { is_firing: true, fired_at: 10, seen_at: 10, sent_at, ends_at: None }
}

#[test]
fn it_is_told_once_when_it_begins_and_once_when_it_is_over() {
    assert_eq!(seen(None, &POLICY, false, 10), Step::Fire { is_told: true });
    let known = firing(Some(10));
    assert_eq!(seen(Some(&known), &POLICY, false, 1_000), Step::Nothing);
    assert_eq!(unseen(&known, &POLICY, false, 1_000, 1_000), Step::Resolve { is_told: true });
    let over = Known { is_firing: false, ..known };
    assert_eq!(unseen(&over, &POLICY, false, 1_000, 1_000), Step::Nothing);
    assert_eq!(seen(Some(&over), &POLICY, false, 2_000), Step::Fire { is_told: true }, "it begins anew");
    let quiet = Policy { send_resolved: false, ..POLICY };
    assert_eq!(unseen(&known, &quiet, false, 1_000, 1_000), Step::Resolve { is_told: false });
}

#[test]
fn it_is_told_again_after_a_time() {
    let policy = Policy { repeat_after_us: Some(100), ..POLICY };
    assert_eq!(seen(Some(&firing(Some(10))), &policy, false, 109), Step::Nothing);
    assert_eq!(seen(Some(&firing(Some(10))), &policy, false, 110), Step::Tell { is_repeated: true });
}

#[test]
fn what_is_silenced_is_told_when_the_silence_is_over_if_it_goes_on_then() {
    assert_eq!(seen(None, &POLICY, true, 10), Step::Fire { is_told: false });
    assert_eq!(seen(Some(&firing(None)), &POLICY, true, 20), Step::Nothing);
    assert_eq!(seen(Some(&firing(None)), &POLICY, false, 30), Step::Tell { is_repeated: false });
    // Who never heard that it began does not hear that it is over.
    assert_eq!(unseen(&firing(None), &POLICY, false, 30, 30), Step::Resolve { is_told: false });
    assert_eq!(unseen(&firing(Some(10)), &POLICY, true, 30, 30), Step::Resolve { is_told: false });
}

#[test]
fn among_several_gateways_it_is_over_when_nobody_sees_it_for_a_while() {
    let policy = Policy { grace_us: 100, ..POLICY };
    let known = firing(Some(10));
    assert_eq!(unseen(&known, &policy, false, 50, 149), Step::Nothing);
    assert_eq!(unseen(&known, &policy, false, 50, 150), Step::Resolve { is_told: true });
    // What ends with the calendar does not wait.
    let dated = Known { ends_at: Some(60), ..known };
    assert_eq!(unseen(&dated, &policy, false, 60, 60), Step::Resolve { is_told: true });
    // Where each sees something else, what another one sees counts.
    let local = Policy { is_local: true, ..policy };
    let seen_late = Known { seen_at: 100, ..known };
    assert_eq!(unseen(&seen_late, &local, false, 50, 199), Step::Nothing);
    assert_eq!(unseen(&seen_late, &local, false, 50, 200), Step::Resolve { is_told: true });
    assert_eq!(seen(Some(&seen_late), &local, false, 149), Step::Nothing);
    assert_eq!(seen(Some(&seen_late), &local, false, 150), Step::Touch);
}
