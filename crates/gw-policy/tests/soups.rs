//! Whatever the text is, compiling and evaluating it takes little time and memory, and nothing panics. One test, so
//! that the process's peak of memory is its own.

use gw_model::policy::Subject;
use gw_policy::compile;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, json};
use std::cell::Cell;

const TOKENS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "?",
    ":",
    ",",
    ".",
    "&&",
    "||",
    "==",
    "!=",
    "<",
    ">=",
    " in ",
    "1",
    "0x7",
    "2.5",
    "'a'",
    "\"b\"",
    "r'\\d'",
    "true",
    "null",
    "x",
    "tags",
    "headers",
    "metadata",
    "request.model",
    "time.now",
    "key.tags",
    ".all(x,",
    ".map(x,",
    ".filter(x,",
    ".exists_one(x,",
    ".size()",
    ".matches('(a|b)+')",
    ".contains('a')",
    "has(metadata.int",
    "string(",
    "int(",
    "timestamp(",
    "team",
    "[0]",
    "['a']",
    " // ",
    "\n",
];

/// Texts that have brought down parsers or evaluators of such languages.
fn known_killers() -> Vec<String> {
    let mut found = Vec::new();
    for opener in
        ["(", "[", "{", "!", "-", "[[", "({[", "a[", "a(", "a.b(", "{1:", "true?", "true?1:", "!(", "-("]
    {
        for bytes in [60, 125, 500, 2048] {
            found.push(opener.repeat(bytes / opener.len()));
            found.push(format!("{}1", opener.repeat((bytes - 1) / opener.len())));
        }
    }
    // After cel-rust's issue 306: dense runs of prefixes and brackets.
    let motif = "!!(!!!!!!(!!!!(((((!!(!!(!!!!((";
    found.extend((1..60).map(|times| format!("{}1", motif.repeat(times))));
    for pattern in
        ["(a+)+$", "(a|aa)+$", "((((((a{50}){50}){50}){50}){50}){50})", "(?i)\\w{900}", "(\\pL|\\w|[^a])*"]
    {
        found.push(format!("team.matches('{}')", pattern.replace('\\', "\\\\")));
    }
    found.push(format!("team.matches('{}')", "(".repeat(2000)));
    found.push(format!("team.matches('(?i){}')", "\\\\w".repeat(600)));
    let list = "[1,2,3,4,5,6,7,8,9]";
    found.push(format!("{}true{}", format!("{list}.all(x,").repeat(30), ")".repeat(30)));
    found.push(format!("{}{list}{}.size()>0", format!("{list}.map(x,").repeat(30), ")".repeat(30)));
    found
}

/// Expressions that are well formed, most of which are well typed.
fn well_formed() -> impl Strategy<Value = String> {
    // Those of `metadata` may be anything to the checker, so that faults come up at evaluation.
    let typed = prop::sample::select(vec![
        "-9223372036854775808",
        "2.5",
        "'é\\n'",
        "true",
        "null",
        "tags",
        "headers",
        "team",
        "time.now",
        "request.input_tokens",
        "request.max_output_tokens",
        "x",
    ]);
    let any = prop::sample::select(vec![
        "metadata.int",
        "metadata.min",
        "metadata.double",
        "metadata.text",
        "metadata.list",
        "metadata.map",
        "metadata.bool",
        "metadata.date",
        "metadata.none",
        "metadata.absent",
    ]);
    let leaves = prop_oneof![1 => typed, 6 => any];
    let leaves = leaves.prop_map(str::to_owned);
    leaves.prop_recursive(6, 40, 3, |inner| {
        let operators = ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", " in "];
        let methods = [
            "size()",
            "lowerAscii()",
            "contains('a')",
            "matches('a|b')",
            "getHours()",
            "a",
            "all(x, x == 1)",
            "map(x, [x, x])",
            "filter(x, x != 1)",
            "exists(x, x > 1)",
            "exists_one(x, x in x)",
        ];
        let calls = ["string", "int", "double", "timestamp", "size", "!", "-"];
        prop_oneof![
            (inner.clone(), prop::sample::select(operators.to_vec()), inner.clone())
                .prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
            (inner.clone(), prop::sample::select(methods.to_vec()))
                .prop_map(|(a, call)| format!("{a}.{call}")),
            (inner.clone(), prop::sample::select(calls.to_vec()))
                .prop_map(|(a, call)| format!("{call}({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}[{b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{{a}: {b}}}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("[{a}].map(x, {b})")),
        ]
    })
}

fn number_in(path: &str, read: impl Fn(&str) -> Option<u64>) -> Option<u64> {
    read(&std::fs::read_to_string(path).ok()?)
}

/// Time that this thread has had of a processor, which other processes do not lengthen.
fn cpu_ns() -> Option<u64> {
    number_in("/proc/thread-self/schedstat", |text| text.split(' ').next()?.parse().ok())
}

fn peak_kib() -> Option<u64> {
    number_in("/proc/self/status", |text| {
        text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse().ok()
    })
}

fn try_out(text: &str, longest_ns: &mut u64) -> bool {
    let mut metadata = Map::new();
    for (name, value) in [
        ("int", json!(7)),
        ("min", json!(i64::MIN)),
        ("double", json!(2.5)),
        ("text", json!("ab")),
        ("list", json!([1, 2.5, "x", { "b": [true, null] }])),
        ("map", json!({ "a": [1], "b": { "a": 1 } })),
        ("bool", json!(true)),
        ("date", json!("2026-11-21")),
        ("none", json!(null)),
    ] {
        metadata.insert(name.to_owned(), value);
    }
    let long = "ab".repeat(4000);
    let headers = [("a", long.as_str()), ("b", "")];
    let subject = Subject {
        headers: &headers,
        metadata: Some(&metadata),
        tags: &["eu", "a", "b"],
        team: &long,
        ..Subject::default()
    };
    let start = cpu_ns();
    let compiled = compile(text);
    if let Ok(condition) = &compiled {
        let _held = condition.holds(&subject);
    }
    if let (Some(start), Some(end)) = (start, cpu_ns()) {
        *longest_ns = (*longest_ns).max(end - start);
        assert!(end - start < 100_000_000, "{} ms for {text}", (end - start) / 1_000_000);
    }
    compiled.is_ok()
}

#[test]
fn no_text_takes_long_or_much() {
    let before = peak_kib();
    let mut longest = 0;
    for text in known_killers() {
        try_out(&text, &mut longest);
    }
    let tokens = prop::collection::vec(prop::sample::select(TOKENS), 0..60).prop_map(|parts| parts.concat());
    let bytes = prop::collection::vec(any::<u8>(), 0..300)
        .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let texts = prop_oneof![4 => tokens, 8 => well_formed().prop_map(|text| format!("size([{text}]) == 1")), 1 => bytes, 1 => "[\\[\\](){}!a.,:?1-]{0,300}"];
    let mut runner = TestRunner::new(Config { cases: 4000, failure_persistence: None, ..Config::default() });
    let (worst, taken) = (Cell::new(longest), Cell::new(0));
    let ran = runner.run(&texts, |text| {
        let mut longest = worst.get();
        taken.set(taken.get() + u32::from(try_out(&text, &mut longest)));
        worst.set(longest);
        Ok(())
    });
    ran.unwrap();
    println!("longest: {} us; {} texts were conditions", worst.get() / 1000, taken.get());
    assert!(taken.get() > 500, "only {} texts were conditions", taken.get());
    if let (Some(before), Some(after)) = (before, peak_kib()) {
        println!("peak: {before} KiB before, {after} KiB after");
        assert!(after - before < 64 << 10, "{before} KiB before, {after} KiB after");
    }
}
