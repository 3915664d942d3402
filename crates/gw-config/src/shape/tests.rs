//! Reading single settings: what is accepted, and the exact words when it is not.
#![expect(
    unreachable_pub,
    dead_code,
    reason = "the macros make public items; these samples are for this file only"
)]

use super::{Named, Reader, Shape, Text, Texts, Usd, UsdPerMillionTokens, Whole, choices, settings};
use crate::document::parse;
use crate::errors::Faults;
use crate::place::At;
use gw_model::Secret;
use std::collections::BTreeMap;

settings! {
    /// For tests.
    pub struct Sample {
        /// Must stand.
        required first: Whole<1, 10>,
        /// May stand.
        optional second: Text,
        /// Has a default.
        default(7) third: Whole<0, 100>,
        /// A block.
        section fourth: Named<Text>,
        /// A word.
        default("red") colour: Colour,
    } later { "fifth" }
}

choices! {
    /// For tests.
    pub enum Colour {
        /// Red.
        Red = "red",
        /// Green.
        Green = "green",
        /// Blue.
        Blue = "blue",
    } later { "infrared" }
}

/// Reads `key: VALUE` as a block with that one setting.
fn read<T: Shape>(value: &str) -> Result<T, Vec<String>> {
    let env: BTreeMap<String, String> =
        [("NUMBER", "42"), ("TRUTH", "true"), ("EMPTY", ""), ("SECRET", "s3cret")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
    let mut faults = Faults::default();
    let root = parse(&format!("key: {value}"), Some(&env), &mut faults).expect("the test's YAML is valid");
    let found = match &root.kind {
        crate::document::Kind::Map(entries) => {
            Reader::new(&mut faults).under("key", |reader| T::read(&entries[0].1, reader))
        }
        _ => panic!("a block"),
    };
    let lines: Vec<String> = faults.into_vec().into_iter().map(|f| f.message).collect();
    found.filter(|_| lines.is_empty()).ok_or(lines)
}

fn fault<T: Shape>(value: &str) -> String {
    let mut lines = read::<T>(value).err().expect("must be refused");
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[test]
fn whole_numbers() {
    type N = Whole<1, 100>;
    for (text, n) in
        [("1", 1), ("100", 100), ("007", 7), ("${NUMBER}", 42), ("\"${NUMBER}\"", 42), ("${NO:-5}", 5)]
    {
        assert_eq!(read::<N>(text).expect(text).get(), n);
    }
    let wanted = "'key' must be a whole number from 1 to 100, not";
    for text in ["0", "101", "-1", "+1", "1.0", "1e1", "0x10", "1_0", "many", "99999999999999999999999"] {
        assert_eq!(fault::<N>(text), format!("{wanted} '{text}'"));
    }
    assert_eq!(fault::<N>("${EMPTY}"), format!("{wanted} ''"));
    assert_eq!(fault::<N>("\"5\""), "'key' must be a number, not a text: write 5, without quotes");
    assert_eq!(fault::<N>("[5]"), "'key' must be a whole number from 1 to 100, not a list");
    assert_eq!(fault::<N>("{a: 5}"), "'key' must be a whole number from 1 to 100, not a block of keys");
    for null in ["", "~", "null"] {
        let message = "'key' has no value: write a whole number from 1 to 100, or remove the key";
        assert_eq!(fault::<N>(null), message);
    }
}

#[test]
fn truth_values() {
    for (text, truth) in [("true", true), ("False", false), ("${TRUTH}", true)] {
        assert_eq!(read::<bool>(text), Ok(truth));
    }
    assert_eq!(fault::<bool>("yes"), "'key' must be true or false, not 'yes'");
    assert_eq!(fault::<bool>("1"), "'key' must be true or false, not '1'");
    assert_eq!(fault::<bool>("\"true\""), "'key' must be true or false: write true, without quotes");
}

#[test]
fn money_is_exact() {
    for (text, nano) in [
        ("50", 50_000_000_000),
        ("0.10", 100_000_000),
        ("\"0.10\"", 100_000_000),
        ("1e-9", 1),
        ("0", 0),
        ("0.1234567890", 123_456_789),
        ("${NUMBER}", 42_000_000_000),
    ] {
        assert_eq!(read::<Usd>(text).expect(text).0.0, nano);
    }
    let advice = "write for example 50 or 0.10";
    assert_eq!(fault::<Usd>("-5"), format!("'key' must not be negative: '-5'; {advice}"));
    assert_eq!(fault::<Usd>("$$50"), format!("'key' is not a decimal number of US dollars: '$50'; {advice}"));
    assert_eq!(
        fault::<Usd>(".inf"),
        format!("'key' is not a decimal number of US dollars: '.inf'; {advice}")
    );
    let fine = "0.0000000001";
    assert_eq!(
        fault::<Usd>(fine),
        format!("'key' is more decimal places than can be kept: '{fine}'; {advice}")
    );
    let large = "99999999999999";
    assert_eq!(fault::<Usd>(large), format!("'key' is too large an amount: '{large}'; {advice}"));
}

#[test]
fn prices_for_a_million_tokens_are_exact() {
    for (text, femto) in
        [("2.50", 2_500_000_000), ("0", 0), ("0.000001", 1_000), ("1e-9", 1), ("75e0", 75_000_000_000)]
    {
        assert_eq!(read::<UsdPerMillionTokens>(text).expect(text).0.0, femto);
    }
    let advice = "write for example 2.50";
    assert_eq!(
        fault::<UsdPerMillionTokens>("1e-10"),
        format!("'key' is more decimal places than can be kept: '1e-10'; {advice}")
    );
    assert_eq!(
        fault::<UsdPerMillionTokens>("1ex"),
        format!("'key' is not a decimal number of US dollars: '1ex'; {advice}")
    );
    assert_eq!(fault::<UsdPerMillionTokens>("-1"), format!("'key' must not be negative: '-1'; {advice}"));
}

#[test]
fn credentials_are_never_shown() {
    assert_eq!(read::<Secret>("${SECRET}").expect("reads").expose(), "s3cret");
    assert_eq!(format!("{:?}", read::<Secret>("${SECRET}")), "Ok(***)");
    assert_eq!(fault::<Secret>("${EMPTY}"), "'key' is empty: set the variable, or remove the key");
    let wrong = "'key' holds characters that a credential can not have (control or non-ASCII)";
    assert_eq!(fault::<Secret>("\"top\\r\\nsecret\""), wrong);
    assert_eq!(fault::<Secret>("geheimnüs"), wrong);
}

#[test]
fn texts() {
    assert_eq!(read::<Text>("2024-10-21").expect("reads").0, "2024-10-21");
    assert_eq!(read::<Text>("5").expect("reads").0, "5");
    assert_eq!(read::<Text>("\"\"").expect("reads").0, "");
    let several = "'key' holds a line break or another control character: write it on one line";
    assert_eq!(fault::<Text>("\"a\\nb\""), several);
    assert_eq!(fault::<Text>(&"x".repeat(4097)), "'key' is longer than 4096 bytes");
    assert_eq!(read::<Texts>("one").expect("reads").0.len(), 1);
    assert_eq!(read::<Texts>("[one, two]").expect("reads").0.len(), 2);
    assert_eq!(fault::<Texts>("{a: b}"), "'key' must be a list: write [a, b], or a line '- a' for each");
}

#[test]
fn words() {
    assert_eq!(read::<Colour>("green"), Ok(Colour::Green));
    assert_eq!(
        fault::<Colour>("gren"),
        "'key' must be red, green or blue, not 'gren': did you mean 'green'?"
    );
    assert_eq!(fault::<Colour>("cat"), "'key' must be red, green or blue, not 'cat'");
    assert_eq!(
        fault::<Colour>("infrared"),
        "'key: infrared' is not in this version: write red, green or blue"
    );
}

#[test]
fn blocks() {
    let sample = read::<Sample>("{first: 3, fourth: {b: x, a: y}}").expect("reads");
    assert_eq!((sample.first.value.get(), sample.third.value.get()), (3, 7));
    assert!(sample.second.is_none());
    assert_eq!(sample.colour.value, Colour::Red);
    let names: Vec<&str> = sample.fourth.value.0.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["b", "a"], "the order of the file");
    assert_eq!(sample.fourth.value.get("a").map(Text::as_str), Some("y"));
    assert_eq!(fault::<Sample>("{}"), "'first' is missing in 'key': add it");
    assert_eq!(fault::<Sample>(""), "'first' is missing in 'key': add it");
    assert_eq!(
        fault::<Sample>("5"),
        "'key' must be a block of 'key: value' lines with keys such as first, second, third, fourth, colour"
    );
    assert_eq!(
        fault::<Named<Text>>("[a]"),
        "'key' must be a block of 'name: value' lines, not a list: remove the dashes"
    );
    assert_eq!(fault::<Named<Text>>("{\"\": b}"), "a name must have 1 to 256 bytes on one line");
    assert_eq!(fault::<Vec<At<Text>>>("a"), "'key' must be a list: write [a, b], or a line '- a' for each");
}

#[test]
fn every_fault_of_a_block_is_found_at_once() {
    let found = read::<Sample>("{first: 30, secnd: x, third: y, fifth: 1, listen: z, zzz: 1, fourth: 5}");
    assert_eq!(
        found.expect_err("must be refused"),
        [
            "unknown key 'secnd', did you mean 'second'?",
            "'fifth' is not in this version: remove it",
            "unknown key 'listen' here, it belongs at the top level",
            "unknown key 'zzz', known here: first, second, third, fourth, colour",
            "'first' must be a whole number from 1 to 10, not '30'",
            "'third' must be a whole number from 0 to 100, not 'y'",
            "'fourth' must be a block of 'name: value' lines",
        ]
    );
}

#[test]
fn the_schema_says_the_same() {
    let schema = Sample::schema();
    assert_eq!(schema["required"], serde_json::json!(["first"]));
    assert_eq!(schema["additionalProperties"], serde_json::json!(false));
    let third = &schema["properties"]["third"];
    assert_eq!(third["default"], serde_json::json!(7));
    assert_eq!(third["description"], serde_json::json!("Has a default."));
    assert_eq!(third["anyOf"][0], serde_json::json!({ "type": "integer", "minimum": 0, "maximum": 100 }));
    assert_eq!(
        schema["properties"]["colour"]["anyOf"][0]["enum"],
        serde_json::json!(["red", "green", "blue"])
    );
}
