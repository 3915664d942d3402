//! Tests of [`super`].
use super::*;

#[test]
fn request_id_is_a_v7_uuid_that_sorts_by_time_and_round_trips() {
    let early = RequestId::new(1_700_000_000_000_001, u128::MAX);
    let late = RequestId::new(1_700_000_000_000_002, 0);
    assert!(early < late);
    assert!(RequestId::lower_bound(1_700_000_000_000_001) <= early);
    let text = early.to_string();
    assert_eq!(text.as_bytes()[14], b'7');
    assert_eq!(text.parse::<RequestId>(), Ok(early));
    assert_eq!(early.unix_millis(), 1_700_000_000_000);
    assert_eq!("xyz".parse::<RequestId>(), Err(InvalidId));
}

#[test]
fn key_ids_round_trip() {
    for id in [KeyId::MASTER, KeyId(77)] {
        assert_eq!(id.to_string().parse::<KeyId>(), Ok(id));
    }
    assert_eq!("key_zz".parse::<KeyId>(), Err(InvalidId));
}
