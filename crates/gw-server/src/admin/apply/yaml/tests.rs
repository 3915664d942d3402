//! Tests of [`super`].
use super::*;
use gw_config::document::{Kind, Node, read_filled};
use proptest::strategy::Strategy;
use serde_json::{Map, json};
use std::collections::BTreeMap;

/// What a reader of documents sees, all of it as texts.
fn seen(node: &Node) -> Value {
    match &node.kind {
        Kind::Scalar(_) if node.is_null() => Value::Null,
        Kind::Scalar(scalar) => Value::String(scalar.text.clone()),
        Kind::List(items) => items.iter().map(seen).collect(),
        Kind::Map(entries) => Value::Object(
            entries.iter().map(|(key, value)| (key.text.clone(), seen(value))).collect::<Map<_, _>>(),
        ),
        Kind::Broken => panic!("broken"),
    }
}

fn read_back(document: &Value) -> Value {
    let read = read_text(&write(document).unwrap());
    assert_eq!(read, read_text(&write_json(document)), "as YAML, and as JSON");
    read
}

fn read_text(text: &str) -> Value {
    let none: BTreeMap<String, String> = BTreeMap::new();
    seen(&read_filled(text, &none).unwrap_or_else(|faults| panic!("{faults:?}\n{text}")))
}

#[test]
fn blocks_and_lists_are_written_as_people_do() {
    let document = json!({ "teams": [
        { "name": "a", "limits": { "rpm": 1, "more": [{ "unit": "cost" }] }, "models": ["a/*", "b"] },
        { "name": "b", "keys": [{ "name": "k" }], "empty": [], "none": {} },
    ]});
    let expected = "teams:\n  - name: a\n    limits:\n      rpm: 1\n      more:\n        - unit: cost\n    \
                    models: [\"a/*\", b]\n  - name: b\n    keys:\n      - name: k\n    empty: []\n    none: {}\n";
    assert_eq!(write(&document).unwrap(), expected);
}

#[test]
fn every_text_comes_back_as_it_was() {
    let texts = [
        "",
        " ",
        "true",
        "No",
        "null",
        "~",
        "1",
        "1e3",
        "0x1f",
        "-",
        "- a",
        "a: b",
        "a #b",
        "#a",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "'a'",
        "\"a\"",
        "a\\b",
        "a\nb",
        "a\tb",
        "\u{7}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "é",
        "日本",
        "🙂",
        "${A}",
        "$",
        "$$",
        "$${",
        "$$${a}$",
        "{$}${",
        "a, b",
        "[a]",
        "{a}",
        "?",
        "|",
        ">",
        "<<",
        "a:",
        ":a",
        "2027-01-01",
        "=",
        ".inf",
        "---",
        "...",
    ];
    for text in texts {
        let inner = json!({ "name": text, "list": [text, text], "map": { "k": text } });
        let document = json!({ "a": [inner, [text]], "b": { "c": inner } });
        assert_eq!(read_back(&document), document, "{text:?}");
        let document = json!({ "m": { text: "x" } });
        assert_eq!(read_back(&document), document, "{text:?} as a key");
    }
}

proptest::proptest! {
    /// Whatever text there is comes back, in values and in names.
    #[test]
    fn random_texts_come_back(
        parts in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::sample::select(vec!["$", "{", "}", "${A}", ":-", "\\", "\"", ": ", " #", "\n", "\u{2028}", "'"]).prop_map(str::to_owned),
                "\\PC{0,4}",
            ],
            0..8,
        ),
    ) {
        let text: String = parts.concat();
        let document = json!({ "a": text, "b": [{ "c": [text] }], "m": { format!("x{text}"): text } });
        proptest::prop_assert_eq!(read_back(&document), document);
    }
}
