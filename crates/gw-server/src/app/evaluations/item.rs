//! One item put to one model: the call, what checks say of its answer, and the judges' calls. All of it goes through the
//! gateway's stages with the evaluation's key, out of one purse. It must not store anything.

use super::Target;
use super::checks::{Answered, CheckSpec, Checks, Said, judge, together};
use super::line::Line;
use super::results::{Content, Outcome, millionths};
use crate::app::datasets::{Item, text_of};
use crate::app::inside::{InsideAnswer, InsideCall, NotMade};
use crate::app::state::App;
use bytes::Bytes;
use gw_model::{KeyId, NanoUsd, WireFormat};
use gw_pipeline::{Errand, PathFacts, Purse, Told};
use gw_store::types::{EvaluationId, ResultFigures, Verdict};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How often a call is made that finds a limit reached or no place, and the longest pause before the next time.
const TRIES: u32 = 5;
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What is kept of an answer, and of what was asked, in bytes and characters.
const MAX_ANSWER: usize = 64 << 10;
const MAX_PROMPT: usize = 2_000;
const MAX_ERROR: usize = 500;

/// What all items of an evaluation have in common.
pub(super) struct Bench {
    pub(super) app: Arc<App>,
    pub(super) id: EvaluationId,
    pub(super) targets: Vec<Target>,
    pub(super) checks: Checks,
    pub(super) key: KeyId,
    pub(super) from: Option<IpAddr>,
    pub(super) purse: Purse,
    /// Who of those under way waits for the purse.
    pub(super) line: Line,
}

/// What came of it.
pub(super) enum Ended {
    Result(Box<Outcome>),
    /// There is not that much left in the purse; nothing was spent.
    OverBudget,
    /// There was enough for the answer, and not for its judge.
    Unjudged(Box<Outcome>),
    /// The key is good for nothing any more.
    Refused(String),
    /// The process ends.
    Leaves,
}

/// Name of a purse, by which its refusals are known.
pub(super) fn purse_name(id: EvaluationId) -> String {
    format!("evaluation {id}")
}

struct Called {
    answer: InsideAnswer,
    told: Told,
    /// Of all tries.
    cost: NanoUsd,
}

impl Bench {
    /// Puts an item to a model. `before`: what is known of it, where it was begun already.
    pub(super) async fn put(
        &self,
        item: &Item,
        number: usize,
        before: Option<ResultFigures>,
    ) -> Result<Box<Outcome>, Ended> {
        let Some(target) = self.targets.get(number) else { return Err(Ended::Leaves) };
        let mut outcome = begun(item, number, before);
        let Some(format) = WireFormat::ALL.iter().find(|format| format.as_str() == item.content.format)
        else {
            return Ok(failed(outcome, "calls of this format cannot be made".to_owned()));
        };
        let (body, path) = request_of(&item.content.request, *format, target);
        let about = json!({ "item_id": item.id.to_string(), "target": target.name, "part": "answer" });
        let called = self.call(*format, path, body, about).await?;
        note(&mut outcome, &called);
        let answer = &called.answer;
        if answer.status != 200 || answer.is_broken || answer.is_cut {
            let why = why(answer);
            return Ok(failed(outcome, why));
        }
        let said = std::str::from_utf8(&answer.body).ok().and_then(text_of);
        outcome.content.is_cut = said.as_ref().is_some_and(|text| text.len() > MAX_ANSWER);
        outcome.content.answer = said.as_deref().map(|text| beginning(text, MAX_ANSWER).to_owned());
        let answered = Answered {
            text: said.as_deref(),
            expected: item.content.expected.as_deref(),
            cost: called.cost,
            total_us: called.told.total_us.unwrap_or_default(),
        };
        if let Err(why) = self.check(item, target, &answered, &mut outcome).await? {
            return Err(Ended::Unjudged(failed(outcome, why)));
        }
        let (passed, score, scored) = together(&outcome.content.checks);
        outcome.figures.verdict = if passed { Verdict::Passed } else { Verdict::Failed };
        outcome.figures.score = score.map(millionths);
        outcome.figures.scored = i16::try_from(scored).unwrap_or(i16::MAX);
        Ok(outcome)
    }

    /// Asks all checks. Inner errors: a judge could not be asked.
    async fn check(
        &self,
        item: &Item,
        target: &Target,
        answered: &Answered<'_>,
        outcome: &mut Outcome,
    ) -> Result<Result<(), String>, Ended> {
        for (spec, said) in self.checks.judge(*answered) {
            let said = match (said, spec) {
                (Some(said), _) => said,
                (None, CheckSpec::LlmJudge { model, rubric, at_least }) => {
                    let mut asked = item.content.request.clone();
                    if let Some(members) = asked.as_object_mut() {
                        members.remove("model");
                    }
                    let body = judge::request(model, rubric, &asked, answered).to_string().into();
                    let about =
                        json!({ "item_id": item.id.to_string(), "target": target.name, "part": "judge" });
                    match self.judge(body, about).await {
                        Ok(called) => {
                            outcome.figures.cost = outcome.figures.cost.plus(called.cost);
                            verdict_of(spec, *at_least, called)
                        }
                        // The answer is paid for: what is known of it is not thrown away.
                        Err(Ended::OverBudget) => {
                            return Ok(Err("the budget was used up before the judge was asked".to_owned()));
                        }
                        Err(ended) => return Err(ended),
                    }
                }
                (None, _) => Said::new(spec, Some(false), None, "it could not be checked"),
            };
            outcome.content.checks.push(said);
        }
        Ok(Ok(()))
    }

    /// Asks a judge: where the purse has not enough, again as soon as others have given back what they held of it.
    async fn judge(&self, body: Bytes, about: Value) -> Result<Called, Ended> {
        loop {
            let given_back = self.line.given_back();
            let asked = (body.clone(), about.clone());
            match self.call(WireFormat::OpenAiChat, PathFacts::default(), asked.0, asked.1).await {
                Err(Ended::OverBudget) if self.line.holds_more() => self.line.wait(given_back).await,
                done => return done,
            }
        }
    }

    /// Makes a call, again where a limit is reached or there is no place.
    async fn call(
        &self,
        format: WireFormat,
        path: PathFacts,
        body: Bytes,
        mut about: Value,
    ) -> Result<Called, Ended> {
        let id = self.id.to_string();
        about["evaluation_id"] = id.as_str().into();
        let mut cost = NanoUsd::ZERO;
        for tried in 1.. {
            let errand = Arc::new(Errand::new(self.key, Some(self.purse.clone())));
            let call = InsideCall {
                format,
                path: path.clone(),
                key: None,
                errand: Some(Arc::clone(&errand)),
                session: Some(id.clone()),
                from: self.from,
                metadata: about.to_string(),
                body: body.clone(),
            };
            let pause = match self.app.inside.call(call).await {
                Err(NotMade::Ending) => return Err(Ended::Leaves),
                // Others want to make calls too: there is no end to waiting for a place.
                Err(NotMade::Busy) => Duration::from_secs(1),
                Ok(answer) => {
                    let told = errand.told();
                    cost = cost.plus(told.cost);
                    match answer.status {
                        402 if says(&answer, &id) => return Err(Ended::OverBudget),
                        // A model without a price is refused too, which says nothing of the others.
                        402 if !says(&answer, " budget of $") => return Ok(Called { answer, told, cost }),
                        401 | 402 => return Err(Ended::Refused(why(&answer))),
                        429 | 503 if tried < TRIES => {
                            let seconds = answer.retry_after.unwrap_or_else(|| 1 << tried.min(6));
                            Duration::from_secs(seconds.max(1)).min(LONGEST_PAUSE)
                        }
                        _ => return Ok(Called { answer, told, cost }),
                    }
                }
            };
            tokio::time::sleep(pause).await;
        }
        Err(Ended::Leaves)
    }
}

/// An item that is under way.
pub(super) fn begun(item: &Item, number: usize, before: Option<ResultFigures>) -> Box<Outcome> {
    let target = i16::try_from(number).unwrap_or(i16::MAX);
    let figures = ResultFigures {
        item: item.id,
        target,
        verdict: Verdict::Begun,
        score: None,
        // What an earlier try cost was spent too.
        cost: before.map_or(NanoUsd::ZERO, |before| before.cost),
        total_us: None,
        input_tokens: 0,
        output_tokens: 0,
        tries: before.map_or(0, |before| before.tries).saturating_add(1),
        request: None,
        source: item.source,
        scored: 0,
    };
    let content = Content {
        target,
        prompt: prompt_of(&item.content.request),
        expected: item.content.expected.clone(),
        ..Content::default()
    };
    Box::new(Outcome { figures, content, recorded_score: None })
}

fn failed(mut outcome: Box<Outcome>, why: String) -> Box<Outcome> {
    outcome.figures.verdict = Verdict::Error;
    outcome.content.error = Some(why);
    outcome
}

fn note(outcome: &mut Outcome, called: &Called) {
    let Called { answer, told, cost } = called;
    let (figures, content) = (&mut outcome.figures, &mut outcome.content);
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    figures.cost = figures.cost.plus(*cost);
    figures.total_us = told.total_us.map(number);
    figures.input_tokens = number(told.usage.input_tokens);
    figures.output_tokens = number(told.usage.output_tokens);
    content.status = answer.status;
    figures.request = answer.request_id.parse().ok();
    content.request_id.clone_from(&answer.request_id);
    content.cache.clone_from(&told.cache);
}

fn verdict_of(spec: &CheckSpec, at_least: f64, called: Called) -> Said {
    let answer = called.answer;
    let mut said = match answer.status {
        200 => {
            let text = std::str::from_utf8(&answer.body).ok().and_then(text_of);
            judge::verdict(spec, at_least, text.as_deref())
        }
        _ => Said::new(spec, Some(false), None, &format!("the judge: {}", why(&answer))),
    };
    said.request_id = Some(answer.request_id);
    said
}

fn says(answer: &InsideAnswer, text: &str) -> bool {
    String::from_utf8_lossy(&answer.body).contains(text)
}

/// Why there is no answer, in words.
fn why(answer: &InsideAnswer) -> String {
    if answer.status == 200 {
        let text = if answer.is_cut { "the answer is too large" } else { "the answer broke off" };
        return text.to_owned();
    }
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let message = ["/error/message", "/message"].iter().find_map(|at| body.pointer(at)?.as_str());
    let message: String = message.unwrap_or_default().chars().take(MAX_ERROR).collect();
    format!("{} {}: {message}", answer.status, answer.error_code)
}

/// The request for a model, whole in place of a stream.
fn request_of(request: &Value, format: WireFormat, target: &Target) -> (Bytes, PathFacts) {
    let mut request = request.clone();
    let in_path = format.has_model_in_path();
    if let Some(members) = request.as_object_mut() {
        members.remove("stream");
        members.remove("stream_options");
        members.extend(target.parameters.clone());
        if !in_path {
            members.insert("model".to_owned(), target.model.as_str().into());
        }
    }
    let path = match in_path {
        true => PathFacts { model: Some(target.model.clone()), stream: false, json_array: false },
        false => PathFacts::default(),
    };
    (request.to_string().into(), path)
}

/// The beginning of what was asked last, in whichever format.
fn prompt_of(request: &Value) -> String {
    let last = ["messages", "input", "contents"].iter().find_map(|name| request[*name].as_array()?.last());
    let inner = last.map(|last| {
        let content = ["content", "parts"].iter().map(|name| &last[*name]).find(|value| !value.is_null());
        content.unwrap_or(last)
    });
    let asked =
        inner.or_else(|| ["prompt", "input"].iter().map(|name| &request[*name]).find(|v| !v.is_null()));
    let text = match asked.unwrap_or(request) {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts: Vec<&str> = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
            if texts.is_empty() { Value::Array(blocks.clone()).to_string() } else { texts.join("\n") }
        }
        other => other.to_string(),
    };
    text.chars().take(MAX_PROMPT).collect()
}

fn beginning(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}
