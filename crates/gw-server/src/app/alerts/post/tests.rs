//! What is written down of tries.

use super::{FIRST_PAUSE, Fault, MAX_PAUSE, settled};
use gw_store::types::{AlertDelivery, AlertEvent, AlertEventId, DeliveryState};

const HOUR: i64 = 3_600_000_000;

fn try_of(attempts: u32, now: i64, sent: Result<(), Fault>) -> AlertDelivery {
    let event = AlertEvent {
        id: AlertEventId(1),
        time: 0,
        kind: "firing".to_owned(),
        rule: "r".to_owned(),
        organization: String::new(),
        severity: "info".to_owned(),
        subject_id: String::new(),
        is_silenced: false,
        notice: String::new(),
    };
    let delivery = AlertDelivery {
        channel: "c".to_owned(),
        state: DeliveryState::Waiting,
        attempts,
        due_at: 0,
        error: String::new(),
    };
    settled(&event, &delivery, sent, HOUR, now)
}

#[test]
fn a_failed_try_is_made_again_until_it_is_given_up() {
    let first = try_of(0, 10, Err(Fault::again("down")));
    assert_eq!((first.state, first.attempts, first.error.as_str()), (DeliveryState::Waiting, 1, "down"));
    assert!((10 + FIRST_PAUSE / 2..=10 + FIRST_PAUSE).contains(&first.due_at));
    let late = try_of(30, 10, Err(Fault::again("down")));
    assert!((10 + MAX_PAUSE / 2..=10 + MAX_PAUSE).contains(&late.due_at));
    assert_eq!(try_of(9, HOUR, Err(Fault::again("down"))).state, DeliveryState::Failed);
    assert_eq!(try_of(0, 10, Err(Fault::last("no"))).state, DeliveryState::Failed);
    assert_eq!(try_of(0, 10, Ok(())).state, DeliveryState::Sent);
}

#[test]
fn a_channel_may_ask_for_a_pause_up_to_a_bound() {
    let asked = |after| Fault { after: Some(after), ..Fault::again("busy") };
    assert_eq!(try_of(0, 10, Err(asked(7))).due_at, 17);
    assert_eq!(try_of(0, 10, Err(asked(HOUR * 9))).due_at, 10 + MAX_PAUSE);
}

#[test]
fn what_is_told_of_a_failure_is_short_and_on_one_line() {
    let told = Fault::last(format!("a\r\n{}", "x".repeat(5_000))).told();
    assert!(told.starts_with("axxx") && told.len() == super::MAX_ERROR);
}
