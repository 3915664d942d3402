//! The worked example, and plugins that do what they must not.

#![expect(clippy::unwrap_used, reason = "helpers of tests; a test that cannot go on fails")]

use gw_wasm::{Bounds, Engine, Finding, LoadError, Question, RunError, Verdict};

const EXAMPLE: &str = include_str!("../../../docs/examples/wasm-guardrail/falcon.wat");

const BOUNDS: Bounds = Bounds { timeout_ms: 60_000, max_fuel: 1_000_000_000, max_memory_bytes: 1 << 20 };

/// The example with another body of its function.
fn with_body(body: &str) -> String {
    let at = EXAMPLE.find("      ;; 64 findings are enough.").unwrap();
    let end = EXAMPLE.find("  (core instance $instance").unwrap();
    format!("{}{body}))\n\n{}", &EXAMPLE[..at], &EXAMPLE[end..])
}

fn question(texts: &[&str]) -> Question {
    let texts = texts.iter().map(|text| ("user", (*text).to_owned())).collect();
    Question {
        guardrail: "falcon".to_owned(),
        side: "request",
        model: "m".to_owned(),
        settings: "{}".to_owned(),
        texts,
    }
}

fn judged(body: &str, bounds: Bounds) -> Result<gw_wasm::Answer, RunError> {
    let engine = Engine::new().unwrap();
    let plugin = engine.load(with_body(body).as_bytes()).unwrap();
    engine.judge(&plugin, &question(&["hello"]), bounds)
}

#[test]
fn the_example_finds_its_word_in_every_text() {
    let engine = Engine::new().unwrap();
    let plugin = engine.load(EXAMPLE.as_bytes()).unwrap();
    let nothing = engine.judge(&plugin, &question(&["hello", ""]), BOUNDS).unwrap();
    assert_eq!((nothing.verdict, nothing.findings.len()), (Verdict::Allow, 0));
    let answer = engine.judge(&plugin, &question(&["é Falcon falcon", "fal", "xFALCON"]), BOUNDS).unwrap();
    assert_eq!(answer.verdict, Verdict::Replace);
    let finding =
        |text, start, end| Finding { text, start, end, kind: "code_name".to_owned(), replacement: None };
    assert_eq!(answer.findings, [finding(0, 3, 9), finding(0, 10, 16), finding(2, 1, 7)]);
    // Nothing of a question is left for the next one.
    assert_eq!(engine.judge(&plugin, &question(&["hello"]), BOUNDS).unwrap().findings, []);
    let long = "x".repeat(300_000) + "falcon";
    assert_eq!(engine.judge(&plugin, &question(&[&long]), BOUNDS).unwrap().findings.len(), 1);
}

#[test]
fn one_that_does_not_end_is_stopped_by_its_time() {
    let bounds = Bounds { timeout_ms: 10, max_fuel: u64::MAX, ..BOUNDS };
    assert_eq!(judged("(loop $on (br $on)) (unreachable)", bounds), Err(RunError::OutOfTime));
}

#[test]
fn one_that_works_too_much_is_stopped_by_its_work() {
    let bounds = Bounds { max_fuel: 10_000, ..BOUNDS };
    assert_eq!(judged("(loop $on (br $on)) (unreachable)", bounds), Err(RunError::OutOfFuel));
}

#[test]
fn one_that_takes_memory_without_end_is_stopped() {
    let body = "(loop $on (drop (memory.grow (i32.const 1))) (br $on)) (unreachable)";
    assert_eq!(judged(body, BOUNDS), Err(RunError::OutOfMemory));
    let engine = Engine::new().unwrap();
    let large = EXAMPLE.replace("(memory (export \"memory\") 1)", "(memory (export \"memory\") 1000)");
    let plugin = engine.load(large.as_bytes()).unwrap();
    assert_eq!(engine.judge(&plugin, &question(&["x"]), BOUNDS), Err(RunError::OutOfMemory));
}

#[test]
fn one_that_breaks_off_or_lies_about_memory_gives_no_answer() {
    assert_eq!(judged("(unreachable)", BOUNDS), Err(RunError::Trapped));
    assert_eq!(judged("(i32.const 0x7ffffff0)", BOUNDS), Err(RunError::Trapped));
    let recursing = EXAMPLE
        .replace("      ;; 64 findings are enough.", "      (drop (call $deep (i32.const 0)))")
        .replace(
            "    ;; Does \"falcon\" stand there?",
            "    (func $deep (param i32) (result i32) (call $deep (local.get 0)) (i32.const 1) (i32.add))",
        );
    let engine = Engine::new().unwrap();
    let plugin = engine.load(recursing.as_bytes()).unwrap();
    assert_eq!(engine.judge(&plugin, &question(&["x"]), BOUNDS), Err(RunError::Trapped));
}

#[test]
fn what_is_no_plugin_is_refused_in_words() {
    let engine = Engine::new().unwrap();
    for (bytes, expected) in [
        ("", "no component"),
        ("hello", "no component"),
        ("\u{0}asm damaged", "no component"),
        ("(module)", "no component"),
        ("(component)", "exports no 'gatewright:guardrail/check@1.0.0'"),
        (
            "(component (import \"wasi:cli/environment@0.2.0\" (instance (export \"x\" (func)))))",
            "it imports 'wasi:cli/environment@0.2.0'",
        ),
    ] {
        let error = engine.load(bytes.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(expected), "{bytes}: {error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    assert!(matches!(engine.load(b"(component"), Err(LoadError::NotAComponent(_))));
}
