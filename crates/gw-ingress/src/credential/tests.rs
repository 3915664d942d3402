//! Tests of [`super`].
use super::*;
use http::HeaderValue;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(n, v)| (http::HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
}

#[test]
fn the_first_credential_present_decides() {
    let all = [
        ("x-portkey-api-key", "a"),
        ("x-api-key", "b"),
        ("x-goog-api-key", "c"),
        ("api-key", "e"),
        ("authorization", "Bearer f"),
    ];
    let expected = ["a", "b", "c", "d", "e", "f"];
    let mut left: Vec<_> = all.to_vec();
    for (at, want) in expected.iter().enumerate() {
        let query = if at <= 3 { Some("alt=sse&key=d") } else { None };
        assert_eq!(find(&headers(&left), query).as_deref(), Some(*want));
        if at != 3 {
            left.remove(0);
        }
    }
    assert_eq!(find(&headers(&left), None), None);
}

#[test]
fn the_dummy_bearer_and_other_schemes_are_no_credential() {
    assert_eq!(find(&headers(&[("authorization", "Bearer OPENAI_API_KEY")]), None), None);
    assert_eq!(find(&headers(&[("authorization", "Basic abc")]), None), None);
    assert_eq!(find(&headers(&[("authorization", "bearer  gw-x ")]), None).as_deref(), Some("gw-x"));
}
