//! Tests of [`super`]: what conditions get to see of a head.

use super::caller;
use http::{HeaderMap, HeaderName, HeaderValue};

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    map
}

#[test]
fn context_headers_are_taken_as_they_stand_the_first_of_each() {
    let map = headers(&[
        ("X-Gatewright-Priority", "low"),
        ("x-gatewright-priority", "high"),
        ("x-gatewright-timeout-ms", "500"),
        ("x-gatewright-session", ""),
        ("x-gatewright-metadata", "{}"),
        ("x-gatewright-other", "1"),
    ]);
    let context = caller(&map, false);
    assert_eq!((context.priority.as_deref(), context.timeout_ms.as_deref()), (Some("low"), Some("500")));
    assert_eq!((context.session, context.metadata.as_deref()), (None, Some("{}")));
}

#[test]
fn the_trace_is_that_of_one_good_header() {
    let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let of = |pairs: &[(&str, &str)]| caller(&headers(pairs), false).trace_id.map(|trace| trace.to_string());
    assert_eq!(of(&[("traceparent", good)]).as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
    assert_eq!(of(&[("traceparent", good), ("traceparent", good)]), None);
    assert_eq!(of(&[("traceparent", "00-0-0-01")]), None);
}

#[test]
fn conditions_see_no_credentials_and_nothing_without_bounds() {
    let long = "x".repeat(1025);
    let map = headers(&[
        ("X-Tier", "gold"),
        ("x-tier", "silver"),
        ("authorization", "Bearer gw-1"),
        ("x-api-key", "gw-2"),
        ("x-amz-security-token", "s"),
        ("x-accesstoken", "s"),
        ("cookie", "a=b"),
        ("x-gatewright-customer", "acme"),
        ("x-gatewright-tags", "a, b"),
        ("x-long", &long),
        ("user-agent", "curl"),
    ]);
    let context = caller(&map, true);
    let kept: Vec<(&str, &str)> = context.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(kept, [("x-tier", "gold, silver"), ("user-agent", "curl")]);
    assert_eq!((context.customer.as_deref(), context.tags.as_deref()), (Some("acme"), Some("a, b")));
    assert!(caller(&map, false).headers.is_empty(), "nobody asks for them");
    let many: Vec<String> = (0..50).map(|n| format!("x-{n}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(caller(&headers(&many), true).headers.len(), 32);
}
