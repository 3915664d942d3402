//! What the guardrails that need no model cost on this machine: each alone and all together on a prompt of 2 KiB, and on an
//! answer that comes in 50 pieces, one by one and all at once. Prints microseconds of CPU time of the thread, the least and the median of many rounds.
//! Must not be taken for a test: it asserts nothing.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people at a terminal")]

use gw_guard::{Flow, Form, Guardrail, Place, Session, Side, pass_whole};
use gw_model::guardrail::{CheckSpec, GuardAction, GuardrailSpec, LengthSpec, Speaker};
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::sync::Arc;

const ROUNDS: usize = 400;
const REPEATS: usize = 20;

/// What people paste: a mail with dates, amounts, an address, a link and a piece of a log.
const PARAGRAPH: &str = "Hello, I am writing about order 48213 from 12 March, which was to be delivered to our office in Leeds. \
The courier says that nobody was there between 9:00 and 11:30, but two of us were at the front desk all morning. Could you \
please summarise the correspondence below for my manager and propose a polite answer? We paid 1,249.00 EUR by transfer, and \
the invoice stands at https://shop.example.com/invoices/48213?lang=en. The log of our scanner says: 2026-03-12T10:14:07Z \
INFO gate=2 status=ok retries=0 build 5.12.3. If something is missing, write to front.desk@example.org. ";

fn rail(name: &str, check: CheckSpec, action: GuardAction) -> Arc<Guardrail> {
    let spec = GuardrailSpec { pass_unchecked: true, ..GuardrailSpec::everywhere(name, check, action) };
    Arc::new(Guardrail::compile(Arc::new(spec)).unwrap())
}

/// All that are built in and need no model, but language and code. The last ones need the whole text.
fn rails() -> Vec<(&'static str, Arc<Guardrail>, bool)> {
    let terms: Vec<Arc<str>> = (0..200).map(|n| format!("project codename {n:03}").into()).collect();
    let patterns = vec![r"\bPROJ-[0-9]{4,6}\b".into(), r"(?i)\btop secret\b".into()];
    let redact = GuardAction::Redact;
    let length = LengthSpec { min_chars: None, max_chars: Some(1_000_000), max_words: None };
    let injection = CheckSpec::Injection { min_score: 70 };
    vec![
        ("pii", rail("pii", CheckSpec::Pii { entities: Vec::new() }, GuardAction::Tokenize), true),
        ("secrets", rail("secrets", CheckSpec::Secrets { entropy: true }, redact), true),
        ("regex", rail("regex", CheckSpec::Regex { patterns, max_match_bytes: 256 }, redact), true),
        (
            "keywords",
            rail("keywords", CheckSpec::Keywords { terms, case_sensitive: false, whole_words: true }, redact),
            true,
        ),
        (
            "urls",
            rail("urls", CheckSpec::Urls { allow: Vec::new(), deny: vec!["evil.example".into()] }, redact),
            true,
        ),
        ("invisible-text", rail("invisible", CheckSpec::InvisibleText, redact), true),
        ("injection", rail("injection", injection, GuardAction::Block), false),
        ("length", rail("length", CheckSpec::Length(length), GuardAction::Block), false),
        ("refusal", rail("refusal", CheckSpec::Refusal, GuardAction::Flag), false),
    ]
}

/// CPU time of this thread, in microseconds.
fn cpu_us() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

/// The least and the median of a round's mean, in microseconds.
fn measure(mut work: impl FnMut()) -> (f64, f64) {
    let mut times: Vec<f64> = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let before = cpu_us();
        for _ in 0..REPEATS {
            work();
        }
        times.push((cpu_us() - before) / REPEATS as f64);
    }
    times.sort_by(f64::total_cmp);
    (times[0], times[ROUNDS / 2])
}

fn prompt(rails: &[Arc<Guardrail>], text: &str) -> (f64, f64) {
    let rails: Arc<[Arc<Guardrail>]> = rails.into();
    let place = Place { side: Side::Request, speaker: Speaker::User, text: 0 };
    measure(|| {
        let mut session = Session::default();
        let passed =
            pass_whole(&rails, None, black_box(text), place, Form::Plain, &mut session, text.as_bytes());
        black_box(passed.is_ok());
    })
}

fn stream(rails: &[Arc<Guardrail>], pieces: &[&str]) -> (f64, f64) {
    let rails: Arc<[Arc<Guardrail>]> = rails.into();
    let place = Place { side: Side::Response, speaker: Speaker::Assistant, text: 0 };
    measure(|| {
        let mut session = Session::default();
        let mut flow = Flow::new(Arc::clone(&rails), None, place, Form::Plain);
        let mut sent = 0;
        for piece in black_box(pieces) {
            let passed = flow.push(piece, &mut session, b"");
            black_box(passed.is_ok());
            sent = flow.released();
            black_box(flow.edits(sent).count());
        }
        black_box((flow.finish(&mut session, b"").is_ok(), sent));
    })
}

fn main() {
    let mut text = PARAGRAPH.repeat(4);
    text.truncate(2048);
    let words: Vec<&str> = PARAGRAPH.split_inclusive(' ').take(50).collect();
    let all = rails();
    println!(
        "{:<16} {:>10} {:>10} {:>12} {:>10} {:>12} {:>10}",
        "guardrail", "2 KiB, µs", "median", "50 pieces, µs", "median", "at once, µs", "median"
    );
    let burst = [words.concat()];
    let burst: Vec<&str> = burst.iter().map(String::as_str).collect();
    for (name, rail, flows) in &all {
        let (least, median) = prompt(std::slice::from_ref(rail), &text);
        print!("{name:<16} {least:>10.2} {median:>10.2}");
        if *flows {
            for pieces in [&words, &burst] {
                let (least, median) = stream(std::slice::from_ref(rail), pieces);
                print!(" {least:>12.2} {median:>10.2}");
            }
        }
        println!();
    }
    let every: Vec<_> = all.iter().map(|(_, rail, _)| Arc::clone(rail)).collect();
    let flowing: Vec<_> =
        all.iter().filter(|(.., flows)| *flows).map(|(_, rail, _)| Arc::clone(rail)).collect();
    let (least, median) = prompt(&every, &text);
    print!("{:<16} {least:>10.2} {median:>10.2}", "all");
    for pieces in [&words, &burst] {
        let (least, median) = stream(&flowing, pieces);
        print!(" {least:>12.2} {median:>10.2}");
    }
    println!();
    println!("figure | guardrails that need no model, prompt of 2 KiB, CPU | {least:.1} | µs | at most | 60");
    let (least, median) = prompt(&[], &text);
    println!("{:<16} {least:>10.2} {median:>10.2}", "none");
}
