//! Tests of [`super`].
use super::nearest;

#[test]
fn finds_slips_and_refuses_strangers() {
    let known = ["providers", "models", "keys", "listen", "drain_delay_seconds"];
    assert_eq!(nearest("provider", known), Some("providers"));
    assert_eq!(nearest("modles", known), Some("models"));
    assert_eq!(nearest("drain-delay-seconds", known), Some("drain_delay_seconds"));
    assert_eq!(nearest("Keys", known), Some("keys"));
    assert_eq!(nearest("zebra", known), None);
    assert_eq!(nearest("", known), None);
    assert_eq!(nearest(&"k".repeat(5000), known), None);
}
