//! Measures what compiling and evaluating a condition costs: `cargo run --release -p gw-policy --example
//! policy_bench`. Must not be taken for a test: it asserts nothing.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people at a terminal")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use gw_model::policy::{RequestFacts, Subject};
use gw_policy::compile;
use std::hint::black_box;
use std::time::Instant;

const CONDITIONS: &[&str] = &[
    "request.model == 'gpt-4o'",
    "request.model.startsWith('gpt-4') && headers['x-tier'] == 'gold' && request.input_tokens < 8000 && 'eu' in tags",
    "request.model in ['a', 'b', 'c', 'gpt-4o'] && !(time.weekday in [0, 6]) && has(metadata.plan)",
    "tags.exists(t, t.startsWith('eu')) && budget.used < 0.9",
    "request.model.matches('^gpt-[0-9]+o?$') && headers['user-agent'].lowerAscii().contains('sdk')",
];

fn main() {
    let rounds = 1_000_000_u32;
    let plan = serde_json::json!({ "plan": "pro" });
    for text in CONDITIONS {
        let start = Instant::now();
        for _ in 0..1000 {
            black_box(compile(black_box(text)).unwrap());
        }
        let compiled = start.elapsed() / 1000;
        let condition = compile(text).unwrap();
        let start = Instant::now();
        let mut held = 0_u32;
        for round in 0..rounds {
            let subject = Subject {
                request: RequestFacts {
                    model: "gpt-4o",
                    input_tokens: u64::from(round % 9000),
                    ..RequestFacts::default()
                },
                headers: &[("user-agent", "OpenAI-SDK/2"), ("accept", "*/*"), ("x-tier", "gold")],
                metadata: plan.as_object(),
                tags: &["prod", "eu"],
                budget_used: Some(0.5),
                ..Subject::default()
            };
            held += u32::from(condition.holds(black_box(&subject)) == Ok(true));
        }
        let each = start.elapsed() / rounds;
        println!("{each:>8.0?} evaluated, {compiled:>8.0?} compiled, held {held}: {text}");
    }
}
