//! Tests of [`super`].

use super::whole_retry_after;
use http::HeaderMap;
use http::header::RETRY_AFTER;

#[test]
fn a_429_says_when_to_come_back_in_whole_seconds() {
    for (stated, wait_ms, expected) in [
        (Some("7"), Some(1500), "7"),
        (Some("1.5"), Some(1500), "2"),
        (Some("Sat, 21 Nov 2026 10:00:07 GMT"), Some(7000), "7"),
        (Some("soon"), None, "1"),
        (None, Some(34_001), "35"),
        (None, Some(0), "1"),
        (None, None, "1"),
    ] {
        let mut map = HeaderMap::new();
        if let Some(stated) = stated {
            map.insert(RETRY_AFTER, stated.parse().unwrap());
        }
        whole_retry_after(&mut map, 429, wait_ms);
        assert_eq!(map[RETRY_AFTER], expected, "{stated:?} {wait_ms:?}");
    }
    let mut other = HeaderMap::new();
    whole_retry_after(&mut other, 400, Some(5000));
    assert!(other.is_empty());
}
