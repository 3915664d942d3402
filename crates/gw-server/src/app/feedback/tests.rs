//! Who is let in, and who is not.

use super::{AT_ONCE, MOST_OF_A_KEY, MOST_WAITING_OF_A_KEY, Pace, WHILE};
use gw_model::{ErrorCode, KeyId};

#[test]
fn a_key_that_says_much_waits_for_the_next_while() {
    let pace = Pace::default();
    for _ in 0..MOST_OF_A_KEY {
        pace.hear(Some(KeyId(1)), 5).unwrap();
    }
    let refused = pace.hear(Some(KeyId(1)), WHILE - 1).unwrap_err();
    assert_eq!((refused.code, refused.retry_after_seconds), (ErrorCode::RateLimitExceeded, Some(1)));
    assert!(pace.hear(Some(KeyId(2)), WHILE - 1).is_ok());
    assert!(pace.hear(Some(KeyId(1)), WHILE).is_ok());
}

#[test]
fn there_are_not_too_many_at_once() {
    let pace = Pace::default();
    let inside: Vec<_> = (0..AT_ONCE).map(|_| pace.begin().unwrap()).collect();
    assert_eq!(pace.begin().unwrap_err().code, ErrorCode::Overloaded);
    drop(inside);
    assert!(pace.begin().is_ok());
}

#[test]
fn a_key_that_waits_much_holds_up_nobody_else() {
    let pace = Pace::default();
    let waiting: Vec<_> = (0..MOST_WAITING_OF_A_KEY).map(|_| pace.wait(Some(KeyId(1))).unwrap()).collect();
    assert!(pace.wait(Some(KeyId(1))).is_none());
    assert!(pace.wait(Some(KeyId(2))).is_some() && pace.begin().is_ok());
    drop(waiting);
    assert!(pace.wait(Some(KeyId(1))).is_some());
}
