//! `guard eval`: how well a guardrail does on examples whose answers are known. Runs alone, or asks a running gateway.

mod there;

use super::EXIT_USAGE;
use super::client::Remote;
use super::output::{line, note};
use crate::app::guardrails::{Trial, judge};
use crate::serve::configuration::{self, Origin};
use clap::{Args, Subcommand};
use gw_guard::{Guardrail, Side};
use gw_model::guardrail::{CheckSpec, GuardAction, GuardrailSpec, Speaker};
use gw_model::nearest::nearest;
use gw_model::{Clock, Micros};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct GuardArguments {
    #[command(subcommand)]
    command: GuardCommand,
}

#[derive(Debug, Subcommand)]
enum GuardCommand {
    /// Print precision, recall and time of a guardrail on a file of examples, a JSON object in each line: `text`, and
    /// `label` (malicious or benign; true or false) or `spans` (a list of `start`, `end` in characters, `kind`).
    Eval(EvalArguments),
}

#[derive(Debug, Args)]
struct EvalArguments {
    /// The examples.
    dataset: PathBuf,
    /// What is looked for, with usual settings: pii, secrets or injection.
    #[arg(long, default_value = "injection", conflicts_with_all = ["guardrail", "config"])]
    kind: String,
    /// A configuration file, for a guardrail of it. Kinds that ask somebody cannot be measured so.
    #[arg(long, requires = "guardrail")]
    config: Option<PathBuf>,
    /// That guardrail, by its name: of the file, or without `--config` of the running gateway, whatever its kind.
    #[arg(long)]
    guardrail: Option<String>,
    /// On which side of a call the texts stand: request or response. Unless given, as the guardrail has it, request first.
    #[arg(long, requires = "guardrail")]
    side: Option<String>,
    /// How sure a finding of an injection must be, in percent.
    #[arg(long, default_value_t = 70)]
    min_score: u8,
    /// Print the examples that were judged wrong, by their line.
    #[arg(long)]
    wrong: bool,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Deserialize)]
struct Example {
    text: String,
    label: Option<serde_json::Value>,
    spans: Option<Vec<Span>>,
}

#[derive(Deserialize)]
struct Span {
    start: usize,
    end: usize,
    kind: String,
}

/// What was counted of one kind.
#[derive(Clone, Copy, Default)]
struct Counts {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Counts {
    fn precision(self) -> f64 {
        share(self.right, self.right + self.wrong)
    }
    fn recall(self) -> f64 {
        share(self.right, self.right + self.missed)
    }
    fn f1(self) -> f64 {
        share(2 * self.right, 2 * self.right + self.wrong + self.missed)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

pub(super) fn run(arguments: &GuardArguments) -> ExitCode {
    let GuardCommand::Eval(arguments) = &arguments.command;
    match evaluate(arguments) {
        Ok(report) => {
            line(&report);
            ExitCode::SUCCESS
        }
        Err(message) => {
            note(&message);
            ExitCode::from(EXIT_USAGE)
        }
    }
}

/// A guardrail, and where the texts stand that it is shown.
struct Subject {
    name: Arc<str>,
    rails: [Arc<Guardrail>; 1],
    side: Side,
    speaker: Speaker,
}

/// What a guardrail found: from a character to another, and its kind.
struct Found {
    start: usize,
    end: usize,
    kind: String,
}

/// Who looks at the examples.
enum Judge<'a> {
    /// This process.
    Here(Box<Subject>),
    /// A running gateway.
    There(there::Asking<'a>),
}

impl Judge<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Here(subject) => &subject.name,
            Self::There(asking) => asking.name,
        }
    }

    /// What is found in a text, and how long it took. Errors: nobody could say.
    fn look(&self, text: &str) -> Result<(Vec<Found>, Micros), String> {
        let subject = match self {
            Self::Here(subject) => subject,
            Self::There(asking) => return asking.look(text),
        };
        let trial = Trial { text: text.to_owned(), side: subject.side, speaker: subject.speaker };
        let clock = gw_pipeline::SystemClock::default();
        let before = clock.now();
        let judged = judge(&subject.rails, &trial);
        let took = clock.now() - before;
        let found = judged.notes.iter().map(|note| {
            let finding = &note.finding;
            Found::of(text, (finding.start, finding.end), finding.kind)
        });
        Ok((found.collect(), took))
    }
}

impl Found {
    /// From the place in bytes.
    fn of(text: &str, (start, end): (usize, usize), kind: &str) -> Self {
        let character = |byte: usize| text.get(..byte).map_or(0, |before| before.chars().count());
        Self { start: character(start), end: character(end), kind: kind.to_owned() }
    }
}

fn asked(arguments: &EvalArguments) -> Result<Judge<'_>, String> {
    match (&arguments.config, &arguments.guardrail) {
        (None, Some(name)) => {
            there::Asking::new(&arguments.remote, name, arguments.side.as_deref()).map(Judge::There)
        }
        _ => subject(arguments).map(|subject| Judge::Here(Box::new(subject))),
    }
}

fn subject(arguments: &EvalArguments) -> Result<Subject, String> {
    let spec = match (&arguments.config, &arguments.guardrail) {
        (Some(file), Some(name)) => configured(file, name)?,
        _ => usual(arguments)?,
    };
    let side = match arguments.side.as_deref() {
        None if spec.on_request => Side::Request,
        Some("request") if spec.on_request => Side::Request,
        None => Side::Response,
        Some("response") if spec.on_response => Side::Response,
        Some("request" | "response") => {
            return Err(format!("guardrail '{}' does not look at that side: leave --side out", spec.name));
        }
        Some(other) => return Err(format!("--side is request or response, not '{other}'")),
    };
    let usual = if side == Side::Request { Speaker::User } else { Speaker::Assistant };
    let others = Speaker::ALL.into_iter().find(|speaker| spec.speakers.has(*speaker));
    let speaker = if spec.speakers.has(usual) { usual } else { others.unwrap_or(usual) };
    let name = Arc::clone(&spec.name);
    let rail = Guardrail::compile(Arc::new(spec)).map(Arc::new).map_err(|error| error.to_string())?;
    Ok(Subject { name, rails: [rail], side, speaker })
}

fn usual(arguments: &EvalArguments) -> Result<GuardrailSpec, String> {
    let check = match arguments.kind.as_str() {
        "pii" => CheckSpec::Pii { entities: Vec::new() },
        "secrets" => CheckSpec::Secrets { entropy: true },
        "injection" => CheckSpec::Injection { min_score: arguments.min_score },
        other => {
            return Err(format!(
                "--kind is pii, secrets or injection, not '{other}': for any other, write --config FILE --guardrail NAME"
            ));
        }
    };
    Ok(GuardrailSpec {
        pass_unchecked: true,
        ..GuardrailSpec::everywhere(&arguments.kind, check, GuardAction::Flag)
    })
}

/// A guardrail of a file, which notes all that it finds, whatever becomes of that in calls.
fn configured(file: &Path, name: &str) -> Result<GuardrailSpec, String> {
    let origin = Origin { file: Some(file.to_owned()), ..Origin::default() };
    let compiled = configuration::read(&origin, 1).map_err(|error| error.to_string())?;
    let all = &compiled.snapshot.guardrails;
    let Some(spec) = all.iter().find(|spec| *spec.name == *name) else {
        let near = nearest(name, all.iter().map(|spec| &*spec.name));
        let hint = near.map_or_else(String::new, |near| format!(": did you mean '{near}'?"));
        return Err(format!("{}: there is no guardrail '{name}'{hint}", file.display()));
    };
    if let Some(ask) = spec.check.asked() {
        return Err(format!(
            "guardrail '{name}' is of kind {}, which asks somebody: only a running gateway can; leave --config out, and say \
             where the gateway is with --url",
            ask.who.kind()
        ));
    }
    Ok(GuardrailSpec { action: GuardAction::Flag, ..GuardrailSpec::clone(spec) })
}

fn evaluate(arguments: &EvalArguments) -> Result<String, String> {
    let path = arguments.dataset.display();
    let text = std::fs::read_to_string(&arguments.dataset).map_err(|error| format!("{path}: {error}"))?;
    let judge = asked(arguments)?;
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    let (mut times, mut wrong): (Vec<Micros>, Vec<String>) = (Vec::new(), Vec::new());
    for (line, row) in text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty()) {
        let place = || format!("{path}:{}:1", line + 1);
        let example: Example = serde_json::from_str(row).map_err(|error| format!("{}: {error}", place()))?;
        if let (Judge::There(there::Asking { blocks: true, name, .. }), Some(_)) = (&judge, &example.spans) {
            return Err(format!(
                "{}: guardrail '{name}' blocks, and notes no more than the first thing that it finds: give the example a 'label' in place \
                 of 'spans', or measure the guardrail with --config",
                place()
            ));
        }
        let (found, took) = judge.look(&example.text).map_err(|error| format!("{}: {error}", place()))?;
        times.push(took);
        let is_right = match (&example.spans, &example.label) {
            (Some(spans), _) => spans_of(spans, &found, &mut counts),
            (None, Some(label)) => {
                let is_bad =
                    is_bad(label).ok_or_else(|| format!("{}: 'label' is malicious or benign", place()))?;
                label_of(is_bad, !found.is_empty(), counts.entry(judge.name().to_owned()).or_default())
            }
            (None, None) => return Err(format!("{}: an example has 'label' or 'spans'", place())),
        };
        if !is_right && arguments.wrong {
            wrong.push(place());
        }
    }
    Ok(report(arguments, &counts, &mut times, &wrong))
}

fn is_bad(label: &serde_json::Value) -> Option<bool> {
    match label {
        serde_json::Value::Bool(is_bad) => Some(*is_bad),
        serde_json::Value::String(word) => match word.as_str() {
            "malicious" | "injection" | "positive" | "jailbreak" | "true" => Some(true),
            "benign" | "safe" | "negative" | "false" => Some(false),
            _ => None,
        },
        serde_json::Value::Number(number) => number.as_u64().map(|number| number != 0),
        _ => None,
    }
}

fn label_of(is_bad: bool, is_found: bool, counts: &mut Counts) -> bool {
    match (is_bad, is_found) {
        (true, true) => counts.right += 1,
        (true, false) => counts.missed += 1,
        (false, true) => counts.wrong += 1,
        (false, false) => {}
    }
    is_bad == is_found
}

/// Compares spans kind by kind: one that overlaps the wanted one of its kind is right.
fn spans_of(wanted: &[Span], found: &[Found], counts: &mut BTreeMap<String, Counts>) -> bool {
    let meets = |span: &Span, found: &Found| {
        found.start < span.end && span.start < found.end && found.kind == span.kind
    };
    let mut is_right = true;
    for span in wanted {
        let counts = counts.entry(span.kind.clone()).or_default();
        if found.iter().any(|found| meets(span, found)) {
            counts.right += 1;
        } else {
            (counts.missed, is_right) = (counts.missed + 1, false);
        }
    }
    for found in found {
        if !wanted.iter().any(|span| meets(span, found)) {
            counts.entry(found.kind.clone()).or_default().wrong += 1;
            is_right = false;
        }
    }
    is_right
}

fn report(
    arguments: &EvalArguments,
    counts: &BTreeMap<String, Counts>,
    times: &mut [Micros],
    wrong: &[String],
) -> String {
    times.sort_unstable();
    let at = |share: usize| {
        times.get((times.len() * share / 100).min(times.len().saturating_sub(1))).copied().unwrap_or(0)
    };
    if arguments.remote.json {
        let kinds: serde_json::Map<String, serde_json::Value> = counts
            .iter()
            .map(|(kind, c)| {
                let figures = serde_json::json!({
                    "right": c.right, "wrong": c.wrong, "missed": c.missed,
                    "precision": c.precision(), "recall": c.recall(), "f1": c.f1(),
                });
                (kind.clone(), figures)
            })
            .collect();
        let report = serde_json::json!({
            "examples": times.len(), "kinds": kinds, "p50_us": at(50), "p99_us": at(99), "wrong": wrong,
        });
        return report.to_string();
    }
    let mut out = format!(
        "{:<20} {:>7} {:>7} {:>7} {:>10} {:>8} {:>6}\n",
        "kind", "right", "wrong", "missed", "precision", "recall", "f1"
    );
    for (kind, c) in counts {
        let (precision, recall, f1) = (c.precision(), c.recall(), c.f1());
        out += &format!(
            "{kind:<20} {:>7} {:>7} {:>7} {precision:>10.3} {recall:>8.3} {f1:>6.3}\n",
            c.right, c.wrong, c.missed
        );
    }
    out += &format!(
        "{} examples, {} µs at the median, {} µs at the 99th percentile",
        times.len(),
        at(50),
        at(99)
    );
    for place in wrong {
        out += &format!("\nwrong: {place}");
    }
    out
}
