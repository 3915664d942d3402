//! Measures what a call costs in the journal and in the fold: `cargo run --release -p gw-store --example
//! fold_bench [calls per second] [seconds] [round, ms]`. 0 calls per second is as fast as it goes. Must not be taken for
//! a test: it asserts nothing.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people at a terminal")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use gw_model::{
    AttemptId, AttemptRecord, KeyId, NanoUsd, Outcome, Record, RequestId, Usage, UsageSource, WireFormat,
};
use gw_store::fold::{FoldSettings, Folder};
use gw_store::journal::{Intent, Journal, JournalSettings};
use gw_store::{DataDir, SqliteStore};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn main() {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<u64>().unwrap());
    let rate = args.next().unwrap_or(12_000);
    let seconds = args.next().unwrap_or(10);
    let interval = Duration::from_millis(args.next().unwrap_or(100));
    let temp = std::env::temp_dir().join(format!("gw-fold-bench-{}", std::process::id()));
    let dir = DataDir::open(&temp).unwrap();
    let store = Arc::new(SqliteStore::open(&dir.path().join("gatewright.db")).unwrap());
    let settings =
        JournalSettings { node: dir.node(), generation: dir.generation(), ..JournalSettings::default() };
    let mut journal = Journal::open(&dir.journal(), 0, &settings).unwrap();
    let fold =
        FoldSettings { node: dir.node(), generation: dir.generation(), interval, ..FoldSettings::default() };
    let folder = Folder::start(&dir.journal(), store, fold).unwrap();

    let calls = if rate == 0 { 100_000 * seconds } else { rate * seconds };
    let started = Instant::now();
    let (mut spent, mut done) = (Duration::ZERO, 0);
    while done < calls {
        let burst = if rate == 0 { 1000 } else { (rate / 1000).max(1) };
        let at = Instant::now();
        for number in done..done + burst {
            call(&mut journal, number);
        }
        spent += at.elapsed();
        done += burst;
        let due = Duration::from_micros((done * 1_000_000).checked_div(rate).unwrap_or(0));
        std::thread::sleep(due.saturating_sub(started.elapsed()));
    }
    let flushed = folder.flush(Duration::from_secs(60));
    let total = started.elapsed();
    println!(
        "{done} calls in {total:?}; journal {:.2} us/call (wall)",
        spent.as_secs_f64() * 1e6 / done as f64
    );
    for (name, seconds) in threads() {
        println!("{name:>16} {:.2} us of CPU per call", seconds * 1e6 / done as f64);
    }
    println!("flushed: {flushed}; {:?}", folder.stats());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!(
        "{}",
        status.lines().filter(|l| l.starts_with("VmRSS") || l.starts_with("VmHWM")).collect::<String>()
    );
    drop(journal);
    folder.finish().unwrap();
    for file in std::fs::read_dir(&temp).unwrap().flatten() {
        println!("{:>10} {}", file.metadata().unwrap().len(), file.path().display());
    }
    std::fs::remove_dir_all(&temp).unwrap();
}

fn call(journal: &mut Journal, number: u64) {
    let time = 1_790_000_000_000_000 + (number * 83).cast_signed();
    let id = RequestId::new(time, u128::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)) << 1);
    let intent = Intent {
        attempt: AttemptId { request: id, attempt: 0 },
        time,
        key: Some(KeyId(u128::from(number % 8) + 1)),
        team_id: Some("platform"),
        hold: NanoUsd(2_000_000),
        format: WireFormat::OpenAiChat,
        model: "chat-prod",
        provider: "openai",
        upstream_model: "gpt-4o-2024-11-20",
        stream: false,
        input_tokens: 40,
        parent: None,
        accounts: &[],
    };
    journal.intent(&intent, true).unwrap();
    let usage = Usage { input_tokens: 38, output_tokens: 120, ..Usage::default() };
    let attempt = AttemptRecord {
        provider: "openai".to_owned(),
        upstream_model: "gpt-4o-2024-11-20".to_owned(),
        status: 200,
        reason: String::new(),
        duration_us: 1234,
        usage,
        usage_source: UsageSource::Upstream,
        cost: NanoUsd(1_295_000),
    };
    let record = Record {
        id,
        time,
        key: intent.key,
        team_id: Some("platform".to_owned()),
        format: intent.format,
        model: "chat-prod".to_owned(),
        stream: false,
        outcome: Outcome::Success,
        status: 200,
        error_code: String::new(),
        error_detail: String::new(),
        attempts: vec![attempt],
        cache: String::new(),
        customer: None,
        first_byte_us: Some(900),
        total_us: 1300,
        parent: None,
        tolls: Vec::new(),
        saved: gw_model::NanoUsd::ZERO,
        details: gw_model::RecordDetails::default(),
        accounts: Vec::new(),
    };
    journal.record(&record, 1).unwrap();
}

/// Name and seconds of CPU of each thread of this process.
fn threads() -> Vec<(String, f64)> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    tasks
        .map(|task| {
            let run: f64 =
                read(task.path().join("schedstat")).split(' ').next().unwrap_or("0").parse().unwrap_or(0.0);
            (read(task.path().join("comm")).trim().to_owned(), run / 1e9)
        })
        .collect()
}
