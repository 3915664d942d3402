//! Tests of patterns: what is refused, how long a match may be, and that no pattern takes long.

use super::Regexes;
use crate::walk;

fn found(patterns: &[&str], longest: usize, text: &str) -> Vec<String> {
    let regexes = Regexes::new(patterns, longest).unwrap();
    let mut out = Vec::new();
    walk::scan(&regexes, &mut regexes.room(), text.as_bytes(), 0, true, &mut out);
    out.into_iter().map(|finding| text[finding.start..finding.end].to_owned()).collect()
}

#[test]
fn matches_are_leftmost_and_bounded() {
    assert_eq!(found(&[r"\bA\d+\b", "b+"], 8, "xA1 A123 bbb A12345678901"), ["A123", "bbb"]);
    assert_eq!(found(&["(?i)straße"], 16, "in der STRASSE, Straße"), ["Straße"]);
    assert_eq!(found(&[r"\bé\b"], 16, "é né"), ["é"]);
}

#[test]
fn what_can_not_be_used_is_refused_with_its_place() {
    for pattern in ["(", "x*", "", "(?=a)b", "a{100000}{100000}"] {
        let error = Regexes::new(&["fine", pattern], 256).unwrap_err();
        assert_eq!(error.at, Some(1), "{pattern}: {error:?}");
        assert!(!error.message.is_empty());
    }
}

#[test]
fn patterns_that_explode_elsewhere_take_linear_time() {
    let text = "a".repeat(200_000);
    assert_eq!(found(&["(a+)+b", "(a|aa)+c"], 64, &text), Vec::<String>::new());
}
