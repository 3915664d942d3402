//! Tests of patterns: what is refused, how long a match may be, and that no pattern takes long.

use super::Regexes;
use crate::walk;
use regex_automata::{Anchored, Input};

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

/// What a look at three bytes rules out is nowhere: the same matches as of the other engine at every place.
#[test]
fn no_match_is_overlooked() {
    let lists: &[&[&str]] = &[
        &[r"\bPROJ-[0-9]{4,6}\b", "(?i)top secret"],
        &["a", "bc", r"\bd\b"],
        &["^ab", "(?m)^cd$", r"e\z", r"\Bf"],
        &["(?s).b", "é", "[à-ü]x"],
        &[r"\w\d", "(?-u:x|yz)", "z{2,3}$"],
    ];
    let words = [
        "a",
        "b",
        "c",
        "d",
        "e",
        "f",
        "x",
        "y",
        "z",
        "é",
        "ü",
        " ",
        "\n",
        "\r",
        "1",
        "PROJ-",
        "1234",
        "top SECRET",
        "ſ",
        "-",
    ];
    let mut seed = 7u64;
    for patterns in lists {
        let regexes = Regexes::new(patterns, 64).unwrap();
        for _ in 0..400 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(words[(seed >> 33) as usize % words.len()]);
            }
            let bytes = text.as_bytes();
            for (at, _) in text.char_indices() {
                let input = Input::new(bytes).range(at..).anchored(Anchored::Yes);
                if regexes.inner.search.is_match(input) {
                    assert_eq!(regexes.inner.begins.next(bytes, at), at, "{text:?} {at} {patterns:?}");
                }
            }
        }
    }
    let plain = Regexes::new(lists[0], 64).unwrap();
    assert_eq!(plain.inner.begins.next(b" tok-00 tok-01 to P", 0), 19 - 1);
}
