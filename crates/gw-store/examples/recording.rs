//! What recording costs, and how much of it a store takes: workers write intents and records to their journals at a steady
//! rate, the fold moves them into SQLite, and bodies go beside. Prints a row for the results of the benchmark.
//!
//!     cargo run --release -p gw-store --example recording -- --rate 10000 --seconds 60 [--body-bytes 4096 [--bodies-in database]]

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "it measures: what goes wrong ends it, and time is what it is about"
)]

use gw_model::{
    AccountId, AttemptId, AttemptRecord, AttemptTimes, FemtoUsd, KeyId, Level, NanoUsd, Outcome, PriceLine,
    Record, RecordDetails, RequestId, Secret, Unit, Usage, UsageSource, WireFormat,
};
use gw_store::SqliteStore;
use gw_store::bodies::{Bodies, BodyContent, BodySealer, BodySettings, BodySide, Kept, SEGMENT_BYTES};
use gw_store::fold::{FoldSettings, Folder};
use gw_store::journal::{Intent, Journal, JournalSettings};
use gw_store::traits::RecordStore;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls that a worker records in one go; then it waits until the next are due.
const TURN: u64 = 50;
/// Bodies that are told apart.
const TEXTS: usize = 512;
/// Workers, each with a journal of its own.
const WORKERS: u16 = 2;

struct Wanted {
    rate: u64,
    seconds: u64,
    body_bytes: usize,
    in_files: bool,
}

fn wanted() -> Wanted {
    let mut wanted = Wanted { rate: 10_000, seconds: 60, body_bytes: 0, in_files: true };
    let given: Vec<String> = std::env::args().skip(1).collect();
    for pair in given.chunks(2) {
        let [name, value] = pair else { panic!("each option takes a value") };
        if name == "--bodies-in" {
            wanted.in_files = value == "files";
            continue;
        }
        let value: u64 = value.parse().expect("a number");
        match name.as_str() {
            "--rate" => wanted.rate = value.max(1),
            "--seconds" => wanted.seconds = value,
            "--body-bytes" => wanted.body_bytes = usize::try_from(value).unwrap(),
            other => panic!("unknown option {other}"),
        }
    }
    wanted
}

fn now_us() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_micros()).unwrap()
}

/// Time on a core, of the thread whose folder of `/proc` it is.
fn on_core(task: &Path) -> Duration {
    let line = std::fs::read_to_string(task.join("schedstat")).unwrap_or_default();
    Duration::from_nanos(line.split_ascii_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0))
}

/// Time on a core of the calling thread.
fn thread_cpu() -> Duration {
    on_core(Path::new("/proc/thread-self"))
}

/// The same of the threads of that name.
fn cpu_of(name: &str) -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten().map(|task| task.path());
    let named =
        tasks.filter(|task| std::fs::read_to_string(task.join("comm")).is_ok_and(|is| is.trim() == name));
    named.map(|task| on_core(&task)).sum()
}

fn record(time: i64, number: u64) -> Record {
    let account = |level, count: u64| AccountId { level, number: u128::from(number % count) | 7 << 64 };
    let usage = Usage { input_tokens: 812, output_tokens: 143, cached_tokens: 256, ..Usage::default() };
    let line = |unit, count, price| PriceLine { attempt: 0, unit, count, price: FemtoUsd(price) };
    Record {
        id: RequestId::new(time, u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)),
        time,
        key: Some(KeyId(u128::from(number % 200) | 1 << 64)),
        team_id: Some("team_00000000000000000000000000000001".to_owned()),
        format: WireFormat::OpenAiChat,
        model: ["chat-prod", "chat-large", "agent"][usize::try_from(number % 3).unwrap()].to_owned(),
        stream: number.is_multiple_of(2),
        outcome: Outcome::Success,
        status: 200,
        error_code: String::new(),
        error_detail: String::new(),
        attempts: vec![AttemptRecord {
            provider: "openai".to_owned(),
            upstream_model: "gpt-4o-mini".to_owned(),
            status: 200,
            reason: String::new(),
            duration_us: 820_000,
            usage,
            usage_source: UsageSource::Upstream,
            cost: NanoUsd(188_400),
        }],
        cache: String::new(),
        customer: None,
        first_byte_us: Some(310_000),
        total_us: 820_400,
        parent: None,
        accounts: vec![
            account(Level::User, 72),
            account(Level::Project, 60),
            account(Level::Team, 24),
            account(Level::Organization, 4),
        ],
        tolls: Vec::new(),
        saved: NanoUsd::ZERO,
        details: RecordDetails {
            user_agent: Some("OpenAI/Python 1.54.0".to_owned()),
            prices: vec![
                line(Unit::Input, 556, 150_000_000),
                line(Unit::CacheRead, 256, 75_000_000),
                line(Unit::Output, 143, 600_000_000),
            ],
            times: vec![AttemptTimes {
                start_us: 180,
                first_byte_us: Some(410_000),
                ..AttemptTimes::default()
            }],
            after_us: 40,
            ..RecordDetails::default()
        },
    }
}

fn intent(record: &Record) -> Intent<'_> {
    Intent {
        attempt: AttemptId { request: record.id, attempt: 0 },
        time: record.time,
        key: record.key,
        team_id: record.team_id.as_deref(),
        hold: NanoUsd(1_000_000),
        format: record.format,
        model: &record.model,
        provider: "openai",
        upstream_model: "gpt-4o-mini",
        stream: record.stream,
        input_tokens: 812,
        parent: None,
        accounts: &record.accounts,
    }
}

/// English, as people write it: the guides of this project.
fn prose() -> String {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides");
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let texts = paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    texts.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// A piece of that, which JSON writes in so many bytes.
fn piece(prose: &str, number: usize, bytes: usize) -> &str {
    let start =
        prose.ceil_char_boundary(number * 1_979 % prose.len().checked_sub(bytes).expect("as much prose"));
    let mut end = start + bytes;
    let fits = |text: &str| serde_json::to_string(text).unwrap().len() <= bytes + 2;
    while !fits(&prose[start..prose.floor_char_boundary(end)]) {
        end -= 1;
    }
    &prose[start..prose.floor_char_boundary(end)]
}

/// What a call's caller sends, and gets, of so many bytes together: half each, in the shape of chat completions.
fn body(bytes: usize, number: usize, prose: &str) -> [Vec<u8>; 2] {
    let request = |text: &str| {
        let system = json!({"role": "system", "content": "You are a helpful assistant."});
        let messages = [system, json!({"role": "user", "content": text})];
        json!({"model": "chat-prod", "messages": messages, "temperature": 0.2, "max_tokens": 800})
    };
    let id = (number as u128 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    let response = |text: &str| {
        let message = json!({"role": "assistant", "content": text, "refusal": null});
        let choice = json!({"index": 0, "message": message, "logprobs": null, "finish_reason": "stop"});
        let usage = json!({"prompt_tokens": 812, "completion_tokens": 143, "total_tokens": 955});
        let model = "gpt-4o-mini-2024-07-18";
        let id = format!("chatcmpl-{id:032x}");
        json!({"id": id, "object": "chat.completion", "model": model, "choices": [choice], "usage": usage})
    };
    let shapes: [&dyn Fn(&str) -> Value; 2] = [&request, &response];
    let mut number = 2 * number;
    shapes.map(|shape| {
        number += 1;
        let around = shape("").to_string().len();
        shape(piece(prose, number, (bytes / 2).saturating_sub(around))).to_string().into_bytes()
    })
}

fn kept(record: &Record, [request, response]: &[Vec<u8>; 2]) -> Kept {
    let side = |bytes: &[u8]| BodySide {
        bytes: bytes.to_vec(),
        content_type: "application/json".to_owned(),
        is_cut: false,
    };
    Kept {
        request: record.id,
        expires: record.time + 86_400_000_000,
        is_masked: false,
        content: BodyContent {
            format: "chat".to_owned(),
            request: side(request),
            response: side(response),
            is_masked: false,
        },
    }
}

/// One worker: so many calls at its share of the rate. Its CPU time for what a gateway does.
fn work(dir: &Path, worker: u16, wanted: &Wanted, bodies: Option<&Bodies>) -> (u64, Duration) {
    let mut journal = Journal::open(dir, worker, &JournalSettings::default()).unwrap();
    let rate = wanted.rate / u64::from(WORKERS);
    let calls = rate * wanted.seconds;
    let prose = if bodies.is_some() { prose() } else { String::new() };
    let texts: Vec<[Vec<u8>; 2]> =
        (0..TEXTS).filter(|_| bodies.is_some()).map(|n| body(wanted.body_bytes, n, &prose)).collect();
    let mut texts = texts.iter().cycle();
    let (began, mut spent, mut done) = (Instant::now(), Duration::ZERO, 0);
    while done < calls {
        let turn = TURN.min(calls - done);
        let time = now_us();
        let records: Vec<Record> = (0..turn)
            .map(|n| {
                record(time + i64::try_from(n).unwrap(), (done + n) * u64::from(WORKERS) + u64::from(worker))
            })
            .collect();
        let before = thread_cpu();
        for record in &records {
            journal.intent(&intent(record), true).expect("the journal takes intents");
            journal.record(record, 1).expect("the journal takes records");
            if let (Some(bodies), Some(text)) = (bodies, texts.next()) {
                bodies.keep(kept(record, text));
            }
        }
        spent += thread_cpu() - before;
        done += turn;
        let due = Duration::from_secs_f64(done as f64 / rate as f64);
        if let Some(early) = due.checked_sub(began.elapsed()) {
            std::thread::sleep(early);
        }
    }
    (calls, spent)
}

fn main() {
    let wanted = wanted();
    let dir =
        tempfile::tempdir_in(std::env::var_os("RECORDING_DIR").unwrap_or_else(|| "/tmp".into())).unwrap();
    let journal = dir.path().join("journal");
    std::fs::create_dir(&journal).unwrap();
    let store = Arc::new(SqliteStore::open(&dir.path().join("records.db")).unwrap());
    store.keep_bodies_in(dir.path().join("bodies"), wanted.in_files.then_some(SEGMENT_BYTES));
    // As the server has it.
    let fold = FoldSettings { interval: Duration::from_millis(200), ..FoldSettings::default() };
    let folder = Folder::start(&journal, store.clone(), fold).unwrap();
    let sealer = BodySealer::new(&[Secret::new("bench".to_owned())]);
    let recorded: Arc<dyn RecordStore> = store.clone();
    let bodies = Bodies::start(recorded, sealer, Box::new(|_| true), BodySettings::default()).unwrap();
    let kept = (wanted.body_bytes > 0).then_some(&bodies);
    let began = Instant::now();
    let done: Vec<(u64, Duration)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|n| {
                let (journal, wanted) = (&journal, &wanted);
                scope.spawn(move || work(journal, n, wanted, kept))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let took = began.elapsed();
    assert!(folder.flush(Duration::from_secs(120)), "the store does not take what was recorded");
    let lag = began.elapsed() - took;
    let (fold_cpu, body_cpu) = (cpu_of("fold"), cpu_of("bodies"));
    let calls: u64 = done.iter().map(|(calls, _)| calls).sum();
    let spent: Duration = done.iter().map(|(_, spent)| *spent).sum();
    bodies.finish();
    let stats = bodies.stats();
    let folded = folder.finish().unwrap();
    assert_eq!(folded.records, calls, "every record is stored once");
    let size = std::fs::metadata(dir.path().join("records.db")).unwrap().len();
    let each = |time: Duration| time.as_secs_f64() * 1e6 / calls as f64;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{calls} records in {:.1} s ({:.0}/s), stored {:.2} s after the last; CPU per record: worker {:.2} us, fold {:.2} us, \
         bodies {:.2} us; bodies written {}, dropped {}; {} bytes of database per record",
        took.as_secs_f64(),
        calls as f64 / took.as_secs_f64(),
        lag.as_secs_f64(),
        each(spent),
        each(fold_cpu),
        each(body_cpu),
        stats.written,
        stats.dropped,
        size / calls.max(1),
    )
    .unwrap();
    let all = each(spent) + each(fold_cpu) + each(body_cpu);
    tell(&mut out, wanted.body_bytes, all, lag).unwrap();
}

/// The figures that have bounds.
fn tell(out: &mut impl std::io::Write, body_bytes: usize, cpu_us: f64, lag: Duration) -> std::io::Result<()> {
    let lag = lag.as_secs_f64();
    if body_bytes > 0 {
        return writeln!(
            out,
            "figure | recording, with bodies of {body_bytes} bytes, CPU per call | {cpu_us:.1} | µs | at most | 12"
        );
    }
    writeln!(out, "figure | recording, CPU per call | {cpu_us:.1} | µs | at most | 6")?;
    writeln!(out, "figure | recording, behind after the last record | {lag:.2} | s | at most | 1")
}
