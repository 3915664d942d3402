//! Tests of checks of whole texts.

use super::{code, foreign, language, length, refusal};
use gw_model::guardrail::LengthSpec;

#[test]
fn lengths_are_of_characters_and_words() {
    let spec = LengthSpec { min_chars: Some(2), max_chars: Some(5), max_words: Some(2) };
    assert!(length("äöüßé", &spec).is_none());
    assert_eq!(length("x", &spec).map(|f| f.kind), Some("too_short"));
    assert_eq!(length("abcdef", &spec).map(|f| f.kind), Some("too_long"));
    assert_eq!(length("a b c", &spec).map(|f| f.kind), Some("too_long"));
}

#[test]
fn languages_are_told_apart() {
    for (name, text) in [
        ("en", "What is the capital of the country that you are from?"),
        ("de", "Was ist die Hauptstadt von dem Land, aus dem du kommst?"),
        ("fr", "Quelle est la capitale de la France et pourquoi est-elle dans le nord ?"),
        ("es", "¿Cuál es la capital de España y por qué no es más grande?"),
        ("ru", "Какая столица России?"),
        ("ja", "東京はどこですか"),
        ("zh", "法国的首都是什么"),
        ("ar", "ما هي عاصمة فرنسا"),
    ] {
        assert_eq!(language(text), Some(name), "{text}");
    }
    assert_eq!(language("42"), None);
    assert!(foreign("Was ist die Hauptstadt von dem Land?", &["en".into()]).is_some());
    assert!(foreign("What is the capital of the country?", &["en".into()]).is_none());
}

#[test]
fn code_and_refusals_are_told_from_prose() {
    assert!(code("Here:\n```python\nprint(1)\n```", &["python".into()]).is_some());
    assert!(code("Here:\n```sql\nSELECT 1\n```", &["python".into()]).is_none());
    assert!(code("import os\n\ndef f(x):\n    return x\n", &[]).is_some());
    assert!(code("I import goods from Spain.\nLet me know.\nThe class was fun.", &[]).is_none());
    assert!(refusal("I'm sorry, but I can't help with that.").is_some());
    assert!(refusal("Sorry for the delay! Here is the recipe.").is_none());
}
