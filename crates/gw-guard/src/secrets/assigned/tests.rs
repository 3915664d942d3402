//! Tests of values behind words: the quick look at a piece of a text rules out nothing.

use super::{LEAST_BYTES, find, token};
use proptest::prelude::*;

const PIECES: &[&str] = &[
    "password",
    "token",
    "api_key",
    "bearer",
    "key",
    "=",
    ":",
    ">",
    "'",
    "\"",
    " is ",
    " ist",
    " est",
    " es",
    " ",
    "\n",
    "\u{c}",
    "\t",
    "hunter2!",
    "Hunter-two",
    "Abcdef",
    "abcdef",
    "123456",
    "tok-07",
    "é",
    "a9Xk3Lq8Zt2Vw7Rm4Yp1Bn6C",
    ",",
    ".",
    "xxxxxx1",
    "R",
    "Bearer",
    "aB3",
    "-",
];

/// Looks at each piece that is long enough, whatever it has.
fn unfiltered(text: &[u8], with_entropy: bool) -> Vec<crate::finding::Finding> {
    let mut out = Vec::new();
    let mut at = 0;
    for piece in text.split(u8::is_ascii_whitespace) {
        let is_digit = piece.iter().any(u8::is_ascii_digit);
        let is_upper = piece.iter().any(u8::is_ascii_uppercase);
        let is_sign = piece.iter().any(|byte| !byte.is_ascii_alphanumeric());
        if piece.len() >= LEAST_BYTES && (is_digit || is_upper && is_sign) {
            token(text, at, at + piece.len(), with_entropy, &mut out);
        }
        at += piece.len() + 1;
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_quick_look_rules_out_nothing(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..16),
        with_entropy: bool,
    ) {
        let text = pieces.concat().into_bytes();
        let mut out = Vec::new();
        find(&text, 0..text.len(), with_entropy, &mut out);
        prop_assert_eq!(out, unfiltered(&text, with_entropy));
    }
}

#[test]
fn the_texts_of_the_test_have_values() {
    let mut out = Vec::new();
    find(b"password is hunter2! token=a9Xk3Lq8Zt2Vw7Rm4Yp1Bn6C", 0..51, true, &mut out);
    assert_eq!(out.len(), 2);
}
