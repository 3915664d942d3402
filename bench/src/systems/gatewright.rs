//! Gatewright with everything on: every key has limits and a budget, every model a price, and all
//! calls are recorded to SQLite. What is measured is what a user gets.

use super::{Bench, Running, System, free_port, fresh_directory, install, redis, write};
use crate::error::BenchError;
use crate::process::Child;
use crate::report::note;
use crate::wire::Mode;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

mod levels;

/// What its keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// So many, each with limits and a budget.
    Keys(usize),
    /// One, for which nothing is counted but its spending.
    Bare,
    /// One with everything above and beside it, and limits and budgets everywhere.
    Levels(Counted),
    /// One with limits and a budget, and every answer in the cache.
    Cache,
    /// One with limits and a budget, and all guardrails that need no model, on requests and answers.
    Guards,
    /// One with limits and a budget, beside so many in the store.
    Stored(u32),
}

/// Where limits and budgets count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// In the process.
    Here,
    /// Over Redis, from what the gateway has set aside.
    Leased,
    /// Over Redis, which each call asks.
    Strict,
}

impl Counted {
    const fn mode(self) -> &'static str {
        match self {
            Self::Here => "local",
            Self::Leased => "leased",
            Self::Strict => "strict",
        }
    }
}

impl Setting {
    /// All levels, counted in the process.
    pub(crate) const LEVELS: Self = Self::Levels(Counted::Here);

    /// Its row in tables.
    pub(crate) fn label(self) -> String {
        match self {
            Self::Keys(1) => "gatewright, 1 key".to_owned(),
            Self::Keys(count) => format!("gatewright, {count} keys"),
            Self::Bare => "gatewright, bare key".to_owned(),
            Self::Levels(Counted::Here) => "gatewright, 7 levels".to_owned(),
            Self::Levels(counted) => format!("gatewright, 7 levels, {}", counted.mode()),
            Self::Stored(count) => format!("gatewright, {count} keys in the store"),
            Self::Cache => "gatewright, from the cache".to_owned(),
            Self::Guards => "gatewright, guardrails".to_owned(),
        }
    }

    const fn keys(self) -> usize {
        match self {
            Self::Keys(count) => count,
            Self::Bare | Self::Levels(_) | Self::Cache | Self::Guards | Self::Stored(_) => 1,
        }
    }
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Keys(count) => write!(f, "{count}"),
            Self::Bare => f.write_str("bare"),
            Self::Levels(counted) => write!(f, "levels-{}", counted.mode()),
            Self::Stored(count) => write!(f, "stored-{count}"),
            Self::Cache => f.write_str("cache"),
            Self::Guards => f.write_str("guards"),
        }
    }
}

pub(super) fn start(
    system: System,
    binary: &Result<PathBuf, String>,
    bench: &Bench,
    setting: Setting,
) -> Result<Running, BenchError> {
    let binary = binary
        .as_ref()
        .map_err(|detail| BenchError::Install { system: system.name().to_owned(), detail: detail.clone() })?;
    let version = install::version_line(system.name(), &binary.display().to_string(), &["--version"])?;
    let directory = fresh_directory(bench, &format!("{}-{setting}", system.name()))?;
    let port = free_port()?;
    let keys: Vec<String> = (0..setting.keys()).map(key).collect();
    let config = directory.join("gatewright.yaml");
    let mut text = configuration(bench, port, &keys, setting);
    let needs = match setting {
        Setting::Levels(Counted::Leased | Counted::Strict) => {
            let (server, url) = redis::start(bench, &format!("redis-{setting}"))?;
            let _ = writeln!(text, "redis_url: {url}");
            Some(server)
        }
        _ => None,
    };
    write(&config, &text)?;
    let log = directory.join("log");
    if let Setting::Stored(count) = setting {
        seed(binary, &directory, count)?;
    }
    let mut args: Vec<String> = vec!["serve".to_owned(), "--config".to_owned(), config.display().to_string()];
    args.extend(["--data-dir".to_owned(), directory.join("data").display().to_string()]);
    args.extend(["--workers".to_owned(), "1".to_owned()]);
    args.extend(bench.gatewright_args.iter().cloned());
    let child = Child::start(binary, &args, &[], &directory, &log, bench.pin)?;
    let running = Running {
        system,
        version: version.rsplit(' ').next().unwrap_or(&version).to_owned(),
        port,
        headers: match setting {
            Setting::Keys(_) | Setting::Cache | Setting::Guards | Setting::Stored(_) => Vec::new(),
            // The same request for both.
            Setting::Bare | Setting::Levels(_) => {
                levels::HEADERS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
            }
        },
        keys,
        child: Some(child),
        _needs: needs,
        started_in: Duration::ZERO,
    }
    .wait_ready(bench, &log, Duration::from_secs(60))?;
    match setting {
        Setting::Levels(counted) => {
            // What is shared is known to Redis a moment later.
            levels::add(running, &directory.join("data"), counted)?.wait_ready(
                bench,
                &log,
                Duration::from_secs(30),
            )
        }
        _ => Ok(running),
    }
}

/// Fills the store with keys. It takes a while: each is a transaction of its own.
fn seed(binary: &Path, directory: &Path, count: u32) -> Result<(), BenchError> {
    note(&format!("making {count} keys"));
    let mut command = Command::new(binary);
    command.args(["emulate", "--seed-records", "1", "--with-bodies", "0", "--seed-keys", &count.to_string()]);
    command.arg("--data-dir").arg(directory.join("data"));
    let done = command
        .output()
        .map_err(|source| BenchError::Spawn { program: binary.display().to_string(), source })?;
    if done.status.success() {
        return Ok(());
    }
    let detail = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Err(BenchError::Start { system: "gatewright emulate".to_owned(), detail })
}

/// The n-th key: `gw-` and 43 characters, spread over the alphabet as real keys are.
fn key(number: usize) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    // SplitMix64, seeded by the number: the same keys in every run.
    let mut state = number as u64;
    let mut text = "gw-".to_owned();
    for _ in 0..43 {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        text.push(char::from(ALPHABET[((mixed >> 33) % 62) as usize]));
    }
    text
}

/// All that look at texts in the process; those that need the whole of one look at requests.
const GUARDRAILS: &str = r#"guardrails:
  pii: { kind: pii, on: [request, response], action: tokenize, mandatory: true }
  secrets: { kind: secrets, entropy: true, on: [request, response], action: redact, mandatory: true }
  patterns: { kind: regex, patterns: ['\bPROJ-[0-9]{4,6}\b', '(?i)top secret'], on: [request, response], action: redact, mandatory: true }
  terms: { kind: keywords, terms: [Project Falcon, Acme Rocket, internal only], on: [request, response], action: redact, mandatory: true }
  links: { kind: urls, deny: [evil.example], on: [request, response], action: redact, mandatory: true }
  invisible: { kind: invisible-text, on: [request, response], action: redact, mandatory: true }
  attacks: { kind: injection, on: [request], action: block, mandatory: true }
  length: { kind: length, max_chars: 1000000, on: [request], action: block, mandatory: true }
  declined: { kind: refusal, on: [response], action: flag, mandatory: true }
"#;

fn configuration(bench: &Bench, port: u16, keys: &[String], setting: Setting) -> String {
    let mock = bench.mock_port;
    let mut text = format!(
        "listen: 127.0.0.1:{port}
providers:
  mock: {{ kind: openai-compatible, base_url: \"http://127.0.0.1:{mock}/v1\", api_key: sk-mock }}
  mock-messages: {{ kind: anthropic, base_url: \"http://127.0.0.1:{mock}\", api_key: sk-mock }}
models:
"
    );
    for mode in Mode::ALL {
        let model = mode.model();
        // Every model has a price, so that each call is held, metered, priced and settled.
        let prices = "prices: { input_usd_per_million_tokens: 0.15, output_usd_per_million_tokens: 0.60 }";
        let _ = write!(
            text,
            "  {model}: {{ targets: [{{ provider: mock, model: {model}, {prices} }}] }}
  messages-{model}: {{ targets: [{{ provider: mock-messages, model: {model}, {prices} }}] }}
"
        );
    }
    text.push_str(&bench.gatewright_yaml);
    if setting == Setting::Cache {
        text.push_str("cache: { mode: exact, ttl_seconds: 86400 }\n");
    }
    if setting == Setting::Guards {
        text.push_str(GUARDRAILS);
    }
    text.push_str("keys:\n");
    // Limits and budget are in force and checked at each call, and too wide to refuse one.
    let counted = match setting {
        Setting::Keys(_) | Setting::Cache | Setting::Guards | Setting::Stored(_) => {
            ", limits: { rpm: 100000000, tpm: 100000000000, max_parallel: 100000 }, \
             budget: { limit_usd: 1000000, period: month }"
        }
        Setting::Bare | Setting::Levels(_) => "",
    };
    for (number, key) in keys.iter().enumerate() {
        let _ = writeln!(text, "  - {{ name: bench-{number}, key: {key}, models: [\"*\"]{counted} }}");
    }
    text
}
