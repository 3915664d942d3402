//! Tests of terms.

use super::Terms;
use crate::walk;

fn found(terms: &[&str], case_sensitive: bool, whole_words: bool, text: &str) -> Vec<String> {
    let terms = Terms::new(terms, case_sensitive, whole_words).unwrap();
    let mut out = Vec::new();
    walk::scan(&terms, &mut (), text.as_bytes(), 0, true, &mut out);
    out.into_iter().map(|finding| text[finding.start..finding.end].to_owned()).collect()
}

#[test]
fn the_longest_term_of_a_place_counts() {
    assert_eq!(found(&["foo", "foo bar", "bar b"], false, true, "Foo BAR, food, a foo."), ["Foo BAR", "foo"]);
    assert_eq!(found(&["oo"], true, false, "food OO"), ["oo"]);
    assert_eq!(found(&["c++"], false, true, "in C++, c++x"), ["C++", "c++"]);
}

#[test]
fn a_hundred_thousand_terms_are_found_in_one_pass() {
    let terms: Vec<String> = (0..100_000).map(|n| format!("term{n}")).collect();
    let terms = Terms::new(&terms, false, true).unwrap();
    let mut out = Vec::new();
    let text = "word term99999 and term12 ".repeat(1000);
    walk::scan(&terms, &mut (), text.as_bytes(), 0, true, &mut out);
    assert_eq!(out.len(), 2000);
}
