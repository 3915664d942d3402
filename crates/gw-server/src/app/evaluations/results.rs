//! How items fared, as it is sealed and shown: what was answered, what checks say of it, and in figures.

use super::Evaluation;
use super::checks::Said;
use super::feedback::{Opinions, Scale};
use crate::app::state::App;
use gw_store::StoreError;
use gw_store::types::{DatasetId, EvaluationId, ItemId, ResultFigures, StoredResult};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Most bytes of results that are read at once for an answer or a piece of an export.
pub(crate) const MAX_PAGE_BYTES: usize = 4 << 20;

/// Results that are read at once.
const STEP: usize = 20;

/// As it is sealed. Members are added, never changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Content {
    /// The number of the model: a result cannot pass for another's.
    pub(crate) target: i16,
    /// The beginning of what was asked.
    pub(crate) prompt: String,
    pub(crate) expected: Option<String>,
    /// What the answer says, or its beginning.
    pub(crate) answer: Option<String>,
    pub(crate) is_cut: bool,
    pub(crate) status: u16,
    /// Why there is no answer.
    pub(crate) error: Option<String>,
    /// The record of the call.
    pub(crate) request_id: String,
    /// What the cache said of the call.
    pub(crate) cache: String,
    pub(crate) checks: Vec<Said>,
}

/// A result, opened.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) figures: ResultFigures,
    pub(crate) content: Content,
    /// What people say of the answer that was recorded with the item; of results that are read.
    pub(crate) recorded_score: Option<f64>,
}

impl Outcome {
    /// Sealed, as a result of that evaluation.
    pub(super) fn stored(&self, app: &App, evaluation: EvaluationId) -> Result<StoredResult, StoreError> {
        let text = json!(self.content).to_string();
        let sealed = app.storage.result_sealer.seal(DatasetId(evaluation.0), self.figures.item, &text)?;
        Ok(StoredResult { figures: self.figures, sealed })
    }

    fn open(app: &App, evaluation: EvaluationId, stored: &StoredResult) -> Result<Self, StoreError> {
        const DAMAGED: StoreError = StoreError::Damaged { what: "a result of an evaluation" };
        let (sealer, figures) = (&app.storage.result_sealer, stored.figures);
        let text = sealer.open(DatasetId(evaluation.0), figures.item, &stored.sealed)?;
        let content: Content = serde_json::from_str(&text).map_err(|_| DAMAGED)?;
        if content.target == figures.target {
            Ok(Self { figures, content, recorded_score: None })
        } else {
            Err(DAMAGED)
        }
    }

    /// Adds what people say.
    fn rate(&mut self, opinions: &Opinions) {
        self.recorded_score = opinions.of_recorded(&self.figures);
        if let Some((place, said)) = opinions.say(&self.figures) {
            let checks = &mut self.content.checks;
            checks.insert(place.min(checks.len()), said);
        }
        self.figures = opinions.counted(&self.figures);
    }
}

/// Where a page ends: the item and the number of the model.
pub(crate) type Place = (ItemId, i16);

/// Results from behind a place, in the order of items and models: at most so many, and no more bytes than a page may have. The
/// second says where to go on, where there are others.
pub(crate) fn page(
    app: &App,
    evaluation: &Evaluation,
    after: Option<Place>,
    limit: usize,
) -> Result<(Vec<Outcome>, Option<Place>), StoreError> {
    let (mut found, next) = opened(app, evaluation.stored.id, after, limit)?;
    if let Some(scale) = Scale::of(&evaluation.job.checks) {
        let figures: Vec<ResultFigures> = found.iter().map(|one| one.figures).collect();
        let opinions = Opinions::look(app, scale, &figures)?;
        for outcome in &mut found {
            outcome.rate(&opinions);
        }
    }
    Ok((found, next))
}

fn opened(
    app: &App,
    id: EvaluationId,
    after: Option<Place>,
    limit: usize,
) -> Result<(Vec<Outcome>, Option<Place>), StoreError> {
    let (mut found, mut bytes, mut after) = (Vec::new(), 0, after);
    loop {
        let wanted = STEP.min(limit.saturating_sub(found.len()) + 1);
        let stored = app.storage.database.results(id, after, wanted)?;
        let is_last = stored.len() < wanted;
        for result in &stored {
            let outcome = Outcome::open(app, id, result)?;
            let content = &outcome.content;
            bytes += content.answer.as_ref().map_or(0, String::len) + content.prompt.len() + 1_000;
            if found.len() == limit || (bytes > MAX_PAGE_BYTES && !found.is_empty()) {
                return Ok((found, after));
            }
            after = Some((outcome.figures.item, outcome.figures.target));
            found.push(outcome);
        }
        if is_last {
            return Ok((found, None));
        }
    }
}

/// A result as it is shown and exported.
pub(crate) fn shown(outcome: &Outcome, targets: &[super::Target]) -> Value {
    let (figures, content) = (&outcome.figures, &outcome.content);
    let target = usize::try_from(figures.target).ok().and_then(|number| targets.get(number));
    json!({
        "item_id": figures.item.to_string(),
        "target": target.map(|target| &target.name),
        "model": target.map(|target| &target.model),
        "verdict": figures.verdict.as_str(),
        "score": figures.score.map(score),
        "cost_usd": figures.cost.to_string(),
        "total_ms": figures.total_us.map(millis),
        "input_tokens": figures.input_tokens,
        "output_tokens": figures.output_tokens,
        "tries": figures.tries,
        "request_id": Some(&content.request_id).filter(|id| !id.is_empty()),
        "status": content.status,
        "cache": Some(&content.cache).filter(|cache| !cache.is_empty()),
        "prompt": content.prompt,
        "expected": content.expected,
        "answer": content.answer,
        "cut": content.is_cut,
        "error": content.error,
        "checks": content.checks,
        "recorded_score": outcome.recorded_score,
    })
}

/// Into millionths.
#[expect(clippy::cast_possible_truncation, reason = "from 0 to 1")]
pub(super) fn millionths(score: f64) -> i64 {
    (score * 1e6).round() as i64
}

/// From millionths.
#[expect(clippy::cast_precision_loss, reason = "a millionth of one is far above what is lost")]
pub(crate) fn score(millionths: i64) -> f64 {
    millionths as f64 / 1e6
}

/// Milliseconds with three places, from microseconds.
#[expect(clippy::cast_precision_loss, reason = "times of calls are far below what is lost")]
pub(crate) fn millis(micros: i64) -> f64 {
    micros as f64 / 1e3
}

/// Names of the columns of a table of results.
pub(crate) const COLUMNS: [&str; 18] = [
    "item_id",
    "target",
    "model",
    "verdict",
    "score",
    "cost_usd",
    "total_ms",
    "input_tokens",
    "output_tokens",
    "tries",
    "request_id",
    "status",
    "prompt",
    "expected",
    "answer",
    "error",
    "checks",
    "recorded_score",
];

/// A result as a line of that table.
pub(crate) fn cells(outcome: &Outcome, targets: &[super::Target]) -> Vec<String> {
    let mut shown = shown(outcome, targets);
    let cell = |name: &&str| match shown[*name].take() {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    };
    COLUMNS.iter().map(cell).collect()
}
