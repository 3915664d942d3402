//! Places, rests and probes of a desk.

use super::*;
use gw_model::guardrail::{Asked, CheckSpec, GuardAction, Host};

fn desk() -> Arc<Desk> {
    let host = Host { url: "http://127.0.0.1:1/hook?code=1".into(), api_key: None, ca_file: None };
    let ask = AskSpec {
        who: Asked::Webhook { at: host, secret: None },
        timeout_ms: 1_000,
        is_open: false,
        is_parallel: false,
        max_parallel: 2,
        max_text_bytes: 1_000,
    };
    let spec = GuardrailSpec {
        on_response: false,
        ..GuardrailSpec::everywhere("hook", CheckSpec::Asked(Box::new(ask.clone())), GuardAction::Block)
    };
    Arc::new(Desk::new(&spec, &ask, &ProxyEnv::default()).unwrap())
}

#[test]
fn no_more_questions_are_open_than_allowed() {
    let desk = desk();
    let (one, two) = (desk.enter(2, 1).unwrap(), desk.enter(2, 1).unwrap());
    assert_eq!(desk.enter(2, 1).err(), Some(AskFault::Busy));
    drop(one);
    assert!(desk.enter(2, 1).is_ok());
    drop(two);
}

#[test]
fn who_fails_in_a_row_is_left_alone_until_a_probe_goes_well() {
    let desk = desk();
    let fail = |now| desk.enter(2, now).map(|place| place.leave(Some(AskFault::Timeout), now, 0));
    (1..=5).for_each(|now| fail(now).unwrap());
    assert_eq!(fail(6), Err(AskFault::Resting));
    let later = 5 + 1_000_000;
    let probe = desk.enter(2, later).unwrap();
    assert_eq!(desk.enter(2, later).err(), Some(AskFault::Resting), "one probe at a time");
    probe.leave(None, later, 0);
    assert!(desk.enter(2, later).is_ok());
}

#[test]
fn a_probe_that_is_given_up_leaves_room_for_the_next_one() {
    let desk = desk();
    for now in 1..=5 {
        desk.enter(2, now).unwrap().leave(Some(AskFault::Status(500)), now, 0);
    }
    let later = 5 + 1_000_000;
    drop(desk.enter(2, later).unwrap());
    assert!(desk.enter(2, later).is_ok());
}

#[test]
fn what_is_our_own_fault_is_not_counted() {
    let desk = desk();
    for now in 1..=20 {
        desk.enter(2, now).unwrap().leave(Some(AskFault::Status(400)), now, 0);
    }
    assert!(desk.enter(2, 30).is_ok());
}
