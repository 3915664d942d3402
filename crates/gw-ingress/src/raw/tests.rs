//! Tests of [`super`].
use super::*;
use http::HeaderValue;

#[test]
fn the_key_leaves_the_query_and_nothing_else_does() {
    let cases = [
        ("", ""),
        ("key=gw-1", ""),
        ("a=1&key=gw-1&b=%20&b", "a=1&b=%20&b"),
        ("%6bey=gw-1&x=%2F", "x=%2F"),
        ("keys=1&monkey=key", "keys=1&monkey=key"),
        ("&&a", "&&a"),
    ];
    for (query, wanted) in cases {
        assert_eq!(without(query, &["key"]), wanted, "{query}");
    }
}

#[test]
fn only_what_is_meant_for_the_provider_goes_along() {
    let mut headers = HeaderMap::new();
    for name in [
        "authorization",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
        "x-portkey-api-key",
        "cookie",
        "x-gatewright-customer",
        "x-forwarded-for",
        "x-original-url",
        "x-http-method-override",
        "openai-organization",
        "x-hop",
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static("v"));
    }
    headers.insert("connection", HeaderValue::from_static("keep-alive, X-Hop"));
    headers.insert("anthropic-beta", HeaderValue::from_static("a"));
    headers.append("anthropic-beta", HeaderValue::from_static("b"));
    headers.insert("content-type", HeaderValue::from_static("text/csv"));
    let mut sent = sent(&headers);
    sent.sort();
    let names: Vec<&str> = sent.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["anthropic-beta", "anthropic-beta", "content-type"]);
}
