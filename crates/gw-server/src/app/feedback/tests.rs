//! Who is let in, and who is not.

use super::{AT_ONCE, MOST_OF_A_KEY, Pace, WHILE};
use gw_model::{ErrorCode, KeyId};

#[test]
fn a_key_that_says_much_waits_for_the_next_while() {
    let pace = Pace::default();
    for _ in 0..MOST_OF_A_KEY {
        drop(pace.begin(Some(KeyId(1)), 5).unwrap());
    }
    let refused = pace.begin(Some(KeyId(1)), WHILE - 1).unwrap_err();
    assert_eq!((refused.code, refused.retry_after_seconds), (ErrorCode::RateLimitExceeded, Some(1)));
    assert!(pace.begin(Some(KeyId(2)), WHILE - 1).is_ok());
    assert!(pace.begin(Some(KeyId(1)), WHILE).is_ok());
}

#[test]
fn there_are_not_too_many_at_once() {
    let pace = Pace::default();
    let inside: Vec<_> =
        (0..AT_ONCE).map(|number| pace.begin(Some(KeyId(number as u128)), 0).unwrap()).collect();
    assert_eq!(pace.begin(None, 0).unwrap_err().code, ErrorCode::Overloaded);
    drop(inside);
    assert!(pace.begin(None, 0).is_ok());
}
