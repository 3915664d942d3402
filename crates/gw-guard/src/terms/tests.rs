//! Tests of terms.

use super::Terms;
use crate::walk;

fn found(terms: &[&str], case_sensitive: bool, whole_words: bool, text: &str) -> Vec<String> {
    let terms = Terms::spelled(terms, case_sensitive, whole_words).unwrap();
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
    let terms = Terms::spelled(&terms, false, true).unwrap();
    let mut out = Vec::new();
    let text = "word term99999 and term12 ".repeat(1000);
    walk::scan(&terms, &mut (), text.as_bytes(), 0, true, &mut out);
    assert_eq!(out.len(), 2000);
}

#[test]
fn terms_are_found_in_all_ordinary_spellings() {
    for (term, text, want) in [
        ("Project Falcon", "the Project\nFalcon.", "Project\nFalcon"),
        ("Project Falcon", "PROJECT   FALCON", "PROJECT   FALCON"),
        ("project  falcon", "x project falcon", "project falcon"),
        ("Project Falcon", "Project\u{a0}Falcon", "Project\u{a0}Falcon"),
        ("Project Falcon", "\u{a0}Project Falcon\u{a0}is", "Project Falcon"),
        ("Project Falcon", "“Project Falcon”", "Project Falcon"),
        (
            "Project Falcon",
            "\u{200b}Pro\u{200b}ject \u{200b} Fal\u{ad}con\u{feff}",
            "Pro\u{200b}ject \u{200b} Fal\u{ad}con",
        ),
        ("Project Falcon", "Рrоjесt Fаlсоn", "Рrоjесt Fаlсоn"),
        ("Project Falcon", "Ｐｒｏｊｅｃｔ　Ｆａｌｃｏｎ", "Ｐｒｏｊｅｃｔ　Ｆａｌｃｏｎ"),
        ("école", "l'ÉCOLE", "ÉCOLE"),
        ("école", "une e\u{301}cole", "e\u{301}cole"),
        ("e\u{301}cole", "une École", "École"),
        ("Straße", "DIE STRASSE", "STRASSE"),
        ("don't", "Don’t", "Don’t"),
        ("проект", "ПРОЕКТ", "ПРОЕКТ"),
        ("ΟΔΟΣ", "οδος", "οδος"),
        ("ışık", "IŞIK", "IŞIK"),
        ("Project Falcon", "Project Falcon\u{34f} is", "Project Falcon"),
        ("Project Falcon", "Project Falcon\u{3164} is", "Project Falcon"),
        ("Falcon", "\u{34f}Falcon", "Falcon"),
        ("Falcon", "⚠\u{fe0f}Falcon", "Falcon"),
        ("❤", "I ❤\u{fe0f} it", "❤"),
        ("Việt", "Vie\u{302}\u{323}t Nam", "Vie\u{302}\u{323}t"),
        ("Vie\u{302}\u{323}t", "Vie\u{323}\u{302}t", "Vie\u{323}\u{302}t"),
        ("Vi\u{ea}\u{323}t", "Việt", "Việt"),
        ("\u{5d1}\u{5bc}\u{5b0}", "\u{5d1}\u{5b0}\u{5bc}", "\u{5d1}\u{5b0}\u{5bc}"),
    ] {
        assert_eq!(found(&[term], false, true, text), [want], "{term}");
    }
    for (term, text) in [
        ("ecole", "école, e\u{301}cole"),
        ("caf", "café"),
        ("cafe", "café, cafe\u{301}"),
        // Marks that touch each other keep their order.
        ("a\u{301}\u{302}b", "a\u{302}\u{301}b"),
        ("Viêt", "Việt, Vie\u{302}\u{323}t"),
        ("falcon", "falcons, перfalcon"),
        ("mm", "5 μm"),
        ("a b", &*format!("a{}b", " ".repeat(400))),
    ] {
        assert_eq!(found(&[term], false, true, text), Vec::<String>::new(), "{term}");
        assert_eq!(found(&[term], true, true, text), Vec::<String>::new(), "{term}");
    }
    assert_eq!(found(&["cafe"], false, false, "cafe\u{301} xcafey"), ["cafe"]);
    assert_eq!(found(&["Falcon"], true, true, "falcon Fаlcon FALCON"), ["Fаlcon"]);
    assert!(Terms::says_nothing(" \u{200b}\u{a0}"));
}
