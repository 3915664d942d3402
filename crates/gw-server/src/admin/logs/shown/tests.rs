//! Tests of [`super`].
use super::*;

#[test]
fn amounts_are_exact() {
    assert_eq!(usd(0), "0");
    assert_eq!(usd(1), "0.000000000000001");
    assert_eq!(usd(2_500_000_000_000_000), "2.5");
    assert_eq!(usd(u128::from(u64::MAX) * 1_000), "18446744.073709551615");
}

#[test]
fn metadata_that_is_no_json_is_shown_as_it_is() {
    assert_eq!(metadata("{\"a\":1}"), json!({"a": 1}));
    assert_eq!(metadata("{\"a\":"), json!("{\"a\":"));
}
