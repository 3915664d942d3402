//! Gatewright with everything on: every key has limits and a budget, every model a price, and all
//! calls are recorded to SQLite. What is measured is what a user gets.

use super::{Bench, Running, System, free_port, fresh_directory, install, write};
use crate::error::BenchError;
use crate::process::Child;
use crate::wire::Mode;
use std::fmt::Write as _;
use std::path::PathBuf;
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
    Levels,
    /// One with limits and a budget, and every answer in the cache.
    Cache,
    /// One with limits and a budget, and all guardrails that need no model, on requests and answers.
    Guards,
}

impl Setting {
    /// Its row in tables.
    pub(crate) fn label(self) -> String {
        match self {
            Self::Keys(1) => "gatewright, 1 key".to_owned(),
            Self::Keys(count) => format!("gatewright, {count} keys"),
            Self::Bare => "gatewright, bare key".to_owned(),
            Self::Levels => "gatewright, 7 levels".to_owned(),
            Self::Cache => "gatewright, from the cache".to_owned(),
            Self::Guards => "gatewright, guardrails".to_owned(),
        }
    }

    const fn keys(self) -> usize {
        match self {
            Self::Keys(count) => count,
            Self::Bare | Self::Levels | Self::Cache | Self::Guards => 1,
        }
    }
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Keys(count) => write!(f, "{count}"),
            Self::Bare => f.write_str("bare"),
            Self::Levels => f.write_str("levels"),
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
    write(&config, &configuration(bench, port, &keys, setting))?;
    let log = directory.join("log");
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
            Setting::Keys(_) | Setting::Cache | Setting::Guards => Vec::new(),
            // The same request for both.
            Setting::Bare | Setting::Levels => {
                levels::HEADERS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
            }
        },
        keys,
        child: Some(child),
    }
    .wait_ready(bench, &log, Duration::from_secs(60))?;
    match setting {
        Setting::Levels => levels::add(running, &directory.join("data")),
        Setting::Keys(_) | Setting::Bare | Setting::Cache | Setting::Guards => Ok(running),
    }
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
        Setting::Keys(_) | Setting::Cache | Setting::Guards => {
            ", limits: { rpm: 100000000, tpm: 100000000000, max_parallel: 100000 }, \
             budget: { limit_usd: 1000000, period: month }"
        }
        Setting::Bare | Setting::Levels => "",
    };
    for (number, key) in keys.iter().enumerate() {
        let _ = writeln!(text, "  - {{ name: bench-{number}, key: {key}, models: [\"*\"]{counted} }}");
    }
    text
}
