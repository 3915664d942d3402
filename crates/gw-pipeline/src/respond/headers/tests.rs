//! Tests of [`super`].
use super::*;

#[test]
fn upstream_headers_lose_what_is_not_the_callers() {
    let mut upstream = HeaderMap::new();
    for (name, value) in [
        ("content-type", "application/json"),
        ("set-cookie", "a=b"),
        ("x-request-id", "req_1"),
        ("x-gatewright-cost-usd", "0"),
        ("access-control-allow-origin", "*"),
        ("content-length", "3"),
        ("openai-version", "2020-10-01"),
    ] {
        upstream.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let passed = passed(upstream);
    let mut names: Vec<&str> = passed.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-type", "openai-version", "x-upstream-request-id"]);
    assert_eq!(passed["x-upstream-request-id"], "req_1");
}

#[test]
fn resets_are_seconds_with_a_tenth() {
    let mut headers = HeaderMap::new();
    let mut lines = Lines::default();
    lines.add_seconds(MODEL, 1_150_000);
    lines.add_seconds(PROVIDER, 0);
    lines.add_seconds(CACHE, 12_300_000);
    lines.put(&mut headers);
    for (name, text) in [(MODEL, "1.2s"), (PROVIDER, "0.0s"), (CACHE, "12.3s")] {
        assert_eq!(headers[name], text);
    }
}

#[test]
fn a_value_that_cannot_be_a_header_is_left_out() {
    let mut headers = HeaderMap::new();
    put(&mut headers, MODEL, "a\r\nb");
    let mut lines = Lines::default();
    lines.add(MODEL, "a\r\nb");
    lines.add_number(ATTEMPTS, 3);
    lines.put(&mut headers);
    assert_eq!(headers.len(), 1);
    assert_eq!(headers[ATTEMPTS], "3");
}
