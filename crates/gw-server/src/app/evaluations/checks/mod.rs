//! What is asked of answers. Checks are written as JSON, compiled once for an evaluation, and judge one answer after the other;
//! all but the judge's do so by themselves. Pure: it must not make calls.

pub(crate) mod judge;
mod similar;

use gw_guard::{AnswerPattern, AnswerSchema};
use gw_model::NanoUsd;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most checks of an evaluation, and bytes of one of their texts.
pub(crate) const MAX_CHECKS: usize = 20;
const MAX_TEXT: usize = 32 << 10;

/// One check, as it is written and stored: kinds and members are added, never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum CheckSpec {
    /// The answer is what is expected, but for blank space around it.
    Exact {
        #[serde(default)]
        ignore_case: bool,
    },
    /// The answer holds a text, else what is expected.
    Contains {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        #[serde(default)]
        ignore_case: bool,
    },
    /// A pattern is found in the answer.
    Regex { pattern: String },
    /// The answer is JSON that fits a schema.
    JsonSchema { schema: Value },
    /// The answer has most words in common with what is expected.
    Similarity { at_least: f64 },
    /// A model says how good the answer is.
    LlmJudge {
        model: String,
        rubric: String,
        #[serde(default = "half")]
        at_least: f64,
    },
    /// The call cost no more than that.
    Cost { at_most_usd: String },
    /// The answer was there within that time.
    Latency { at_most_ms: u64 },
    /// People who rated the call say that it was good: their scores from the worst to the best count from 0 to 1. It is asked
    /// whenever the evaluation is read.
    Feedback {
        #[serde(default = "minus_one")]
        worst: i64,
        #[serde(default = "one")]
        best: i64,
        #[serde(default = "half")]
        at_least: f64,
    },
}

/// Scores of people are from minus so much to so much.
const MAX_RATING: i64 = 1_000_000;

const fn minus_one() -> i64 {
    -1
}

const fn one() -> i64 {
    1
}

const fn half() -> f64 {
    0.5
}

impl CheckSpec {
    /// What [`Self::Feedback`] is called.
    pub(crate) const FEEDBACK: &'static str = "feedback";

    /// The name of its kind.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Exact { .. } => "exact",
            Self::Contains { .. } => "contains",
            Self::Regex { .. } => "regex",
            Self::JsonSchema { .. } => "json_schema",
            Self::Similarity { .. } => "similarity",
            Self::LlmJudge { .. } => "llm_judge",
            Self::Cost { .. } => "cost",
            Self::Latency { .. } => "latency",
            Self::Feedback { .. } => Self::FEEDBACK,
        }
    }
}

/// What a check says of an answer. Stored: members are added, never changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    pub(crate) kind: String,
    /// Nothing where it could not be asked: nothing is expected of the item.
    pub(crate) passed: Option<bool>,
    /// From 0 to 1, where it says how good the answer is.
    pub(crate) score: Option<f64>,
    /// Why, in words.
    pub(crate) detail: String,
    /// The judge's call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
}

impl Said {
    pub(crate) fn new(spec: &CheckSpec, passed: Option<bool>, score: Option<f64>, detail: &str) -> Self {
        Self { kind: spec.kind().to_owned(), passed, score, detail: detail.to_owned(), request_id: None }
    }
}

/// What is to be judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered<'a> {
    /// What the answer says; nothing where it says nothing, as calls of tools do.
    pub(crate) text: Option<&'a str>,
    pub(crate) expected: Option<&'a str>,
    pub(crate) cost: NanoUsd,
    pub(crate) total_us: u64,
}

enum Compiled {
    Schema(AnswerSchema),
    Pattern(AnswerPattern),
    Money(NanoUsd),
    Plain,
}

/// Checks of an evaluation, compiled.
pub(crate) struct Checks(Vec<(CheckSpec, Compiled)>);

impl Checks {
    /// Compiles them. Errors: the number of the one at fault, and what is wrong.
    pub(crate) fn new(specs: &[CheckSpec]) -> Result<Self, (usize, String)> {
        let compiled = specs.iter().enumerate().map(|(number, spec)| {
            compile(spec).map(|compiled| (spec.clone(), compiled)).map_err(|why| (number, why))
        });
        let compiled: Vec<_> = compiled.collect::<Result<_, _>>()?;
        let is_feedback = |(spec, _): &(CheckSpec, Compiled)| matches!(spec, CheckSpec::Feedback { .. });
        let mut of_people = compiled.iter().enumerate().filter(|(_, one)| is_feedback(one)).skip(1);
        match of_people.next() {
            Some((number, _)) => Err((number, "there can be one check of feedback".to_owned())),
            None => Ok(Self(compiled)),
        }
    }

    /// All of them in their order, but what people say later; `None` where a judge is to be asked.
    pub(crate) fn judge<'a>(
        &'a self,
        answered: Answered<'a>,
    ) -> impl Iterator<Item = (&'a CheckSpec, Option<Said>)> {
        let at_once = self.0.iter().filter(|(spec, _)| !matches!(spec, CheckSpec::Feedback { .. }));
        at_once.map(move |(spec, compiled)| (spec, say(spec, compiled, &answered)))
    }
}

fn compile(spec: &CheckSpec) -> Result<Compiled, String> {
    let share = |share: f64| match (0.0..=1.0).contains(&share) {
        true => Ok(Compiled::Plain),
        false => Err("'at_least' must be from 0 to 1".to_owned()),
    };
    let short = |name: &str, text: &str| match text.len() {
        0 => Err(format!("'{name}' must not be empty")),
        1..=MAX_TEXT => Ok(()),
        _ => Err(format!("'{name}' has at most {MAX_TEXT} bytes")),
    };
    match spec {
        CheckSpec::Exact { .. } | CheckSpec::Latency { .. } => Ok(Compiled::Plain),
        CheckSpec::Contains { text, .. } => {
            text.as_deref().map_or(Ok(()), |text| short("text", text)).map(|()| Compiled::Plain)
        }
        CheckSpec::Regex { pattern } => {
            short("pattern", pattern)?;
            AnswerPattern::new(pattern).map(Compiled::Pattern).map_err(|why| format!("'pattern': {why}"))
        }
        CheckSpec::JsonSchema { schema } => {
            let text = schema.to_string();
            short("schema", &text)?;
            AnswerSchema::new(&text).map(Compiled::Schema).map_err(|why| format!("'schema': {why}"))
        }
        CheckSpec::Similarity { at_least } => share(*at_least),
        CheckSpec::LlmJudge { model, rubric, at_least } => {
            short("model", model)?;
            short("rubric", rubric)?;
            share(*at_least)
        }
        CheckSpec::Cost { at_most_usd } => {
            let amount = NanoUsd::parse_usd(at_most_usd).map_err(|why| format!("'at_most_usd' is {why}"))?;
            Ok(Compiled::Money(amount))
        }
        CheckSpec::Feedback { worst, best, at_least } => {
            if [worst, best].iter().any(|score| score.abs() > MAX_RATING) || worst == best {
                let why = "'worst' and 'best' must be two whole numbers from";
                return Err(format!("{why} -{MAX_RATING} to {MAX_RATING}"));
            }
            share(*at_least)
        }
    }
}

fn say(spec: &CheckSpec, compiled: &Compiled, answered: &Answered<'_>) -> Option<Said> {
    let plain = |passed: bool, detail: &str| {
        Some(Said::new(
            spec,
            Some(passed),
            Some(f64::from(u8::from(passed))),
            if passed { "" } else { detail },
        ))
    };
    let within = |passed: bool, detail: String| Some(Said::new(spec, Some(passed), None, &detail));
    match (spec, compiled) {
        (CheckSpec::Cost { .. }, Compiled::Money(most)) => {
            return within(answered.cost <= *most, format!("{} USD", answered.cost));
        }
        (CheckSpec::Latency { at_most_ms }, _) => {
            let is_within = answered.total_us <= at_most_ms.saturating_mul(1_000);
            return within(is_within, format!("{} ms", answered.total_us.div_ceil(1_000)));
        }
        _ => {}
    }
    let Some(text) = answered.text else { return plain(false, "the answer has no text") };
    let nothing = || Some(Said::new(spec, None, None, "nothing is expected of this item"));
    match (spec, compiled) {
        (CheckSpec::Exact { ignore_case }, _) => {
            let Some(expected) = answered.expected else { return nothing() };
            let (text, expected) = (text.trim(), expected.trim());
            let same = text == expected || (*ignore_case && text.to_lowercase() == expected.to_lowercase());
            plain(same, "it is not what is expected")
        }
        (CheckSpec::Contains { text: wanted, ignore_case }, _) => {
            let Some(wanted) = wanted.as_deref().or(answered.expected.map(str::trim)) else {
                return nothing();
            };
            let has = text.contains(wanted)
                || (*ignore_case && text.to_lowercase().contains(&wanted.to_lowercase()));
            plain(has, "the text is not in it")
        }
        (CheckSpec::Regex { .. }, Compiled::Pattern(pattern)) => {
            plain(pattern.is_match(text), "the pattern is not found in it")
        }
        (CheckSpec::JsonSchema { .. }, Compiled::Schema(schema)) => {
            let fault = schema.fault(text);
            plain(fault.is_none(), fault.unwrap_or_default())
        }
        (CheckSpec::Similarity { at_least }, _) => {
            let Some(expected) = answered.expected else { return nothing() };
            let score = similar::words_in_common(text, expected);
            Some(Said::new(spec, Some(score >= *at_least), Some(score), ""))
        }
        (CheckSpec::LlmJudge { .. }, _) => None,
        _ => plain(false, "it could not be checked"),
    }
}

/// Is every check content that could be asked, how good is the answer by those that say so, and how many do?
pub(crate) fn together(said: &[Said]) -> (bool, Option<f64>, usize) {
    let scores: Vec<f64> = said.iter().filter_map(|one| one.score).collect();
    let count = u32::try_from(scores.len()).unwrap_or(u32::MAX);
    let mean = (count > 0).then(|| scores.iter().sum::<f64>() / f64::from(count));
    (said.iter().all(|one| one.passed != Some(false)), mean, scores.len())
}

#[cfg(test)]
mod tests;
