//! Addresses, and what collectors' answers mean.

use super::*;

#[test]
fn addresses_are_split() {
    assert_eq!(split("http://localhost:4318/v1/traces"), ("http://localhost:4318", "/v1/traces"));
    assert_eq!(split("https://h"), ("https://h", ""));
    assert_eq!(split("https://[::1]:1/a/b"), ("https://[::1]:1", "/a/b"));
}

#[test]
fn statuses_decide_about_another_try() {
    let judged = |status: u16| judge(StatusCode::from_u16(status).unwrap(), &HeaderMap::new());
    assert!([200, 202, 204].into_iter().all(|status| judged(status).is_ok()));
    assert!([429, 502, 503, 504].into_iter().all(|status| judged(status).unwrap_err().is_worth_another));
    assert!([301, 400, 401, 404, 413, 500].into_iter().all(|s| !judged(s).unwrap_err().is_worth_another));
}

#[test]
fn pauses_are_seconds_or_dates() {
    let after = |text: &str| {
        let headers: HeaderMap = [(RETRY_AFTER, text.parse().unwrap())].into_iter().collect();
        retry_after_ms(&headers)
    };
    assert_eq!(after("7"), Some(7_000));
    assert_eq!(after("soon"), None);
    assert_eq!(after("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
    let in_a_minute = SystemTime::now() + Duration::from_secs(60);
    let ms = after(&httpdate::fmt_http_date(in_a_minute)).unwrap();
    assert!((30_000..=60_000).contains(&ms), "{ms}");
}

#[test]
fn packed_bodies_are_smaller() {
    let packed = gzip(&[b'a'; 10_000]).unwrap();
    assert!(packed.len() < 200 && packed.starts_with(&[0x1f, 0x8b]));
}
