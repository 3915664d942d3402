//! How soon a plugin that does not end is stopped, with the 10 ms that a guardrail gives unless it is said, and what a plugin
//! that ends costs: `cargo run --release -p gw-wasm --example stopping`.

#![expect(clippy::print_stdout, reason = "an example that prints its figures")]

use gw_wasm::{Bounds, Engine, Question, RunError};
use std::error::Error;
use std::time::{Duration, Instant};

const EXAMPLE: &str = include_str!("../../../docs/examples/wasm-guardrail/falcon.wat");

/// What a guardrail gives, but for its work: only time stops it.
const BOUNDS: Bounds = Bounds { timeout_ms: 10, max_fuel: u64::MAX, max_memory_bytes: 16 << 20 };

const ROUNDS: usize = 100;

/// The example with an endless loop in place of its function's body.
fn endless() -> Result<String, &'static str> {
    let at = EXAMPLE.find("      ;; 64 findings are enough.").ok_or("the example has another body")?;
    let end = EXAMPLE.find("  (core instance $instance").ok_or("the example has no instance")?;
    Ok(format!("{}(loop $on (br $on)) (unreachable)))\n\n{}", &EXAMPLE[..at], &EXAMPLE[end..]))
}

/// Median and longest of several rounds.
fn rounds(mut round: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<[Duration; 2], Box<dyn Error>> {
    let mut took = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        round()?;
        took.push(begin.elapsed());
    }
    took.sort_unstable();
    Ok([took[ROUNDS / 2], took[ROUNDS - 1]])
}

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::new()?;
    let question = Question {
        guardrail: "falcon".to_owned(),
        side: "request",
        model: "m".to_owned(),
        settings: "{}".to_owned(),
        texts: vec![("user", "Where is Falcon? ".repeat(120))],
    };
    let (example, endless) = (engine.load(EXAMPLE.as_bytes())?, engine.load(endless()?.as_bytes())?);
    let [median, longest] = rounds(|| match engine.judge(&endless, &question, BOUNDS) {
        Err(RunError::OutOfTime) => Ok(()),
        other => Err(format!("it was not stopped by its time: {other:?}").into()),
    })?;
    let ms = |took: Duration| took.as_secs_f64() * 1000.0;
    println!("an endless plugin: {:.2} ms, at most {:.2}", ms(median), ms(longest));
    println!(
        "figure | an endless plugin is stopped after, median of 100 | {:.2} | ms | at most | 11",
        ms(median)
    );
    let [median, longest] = rounds(|| Ok(engine.judge(&example, &question, BOUNDS).map(drop)?))?;
    println!("the example on 2 KiB: {:.3} ms, at most {:.3}", ms(median), ms(longest));
    Ok(())
}
