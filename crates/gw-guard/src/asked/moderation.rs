//! Moderation in OpenAI's format, by a model of the gateway or by a host. Serves the guardrails of that kind.

use super::names;
use super::{Ask, Question, Told, Way, bearer};
use crate::finding::Finding;
use gw_model::guardrail::{GuardAction, Host, Threshold};
use serde_json::{Value, json};

/// Texts of one request.
const BATCH: usize = 32;

const REASON: &str = "a category of the moderation model";

pub(super) fn asks(question: &Question<'_>, at: Option<&Host>, model: &str) -> Vec<Ask> {
    let one = |(number, texts): (usize, &[&super::AskedText])| {
        let input: Vec<&str> = texts.iter().map(|asked| asked.text.as_str()).collect();
        let way = match at {
            Some(host) => Way::Host { suffix: "/moderations".to_owned(), headers: bearer(host) },
            None => Way::Moderation,
        };
        let body = json!({ "model": model, "input": input }).to_string().into_bytes();
        Ask { way, body, texts: number * BATCH..number * BATCH + texts.len(), offset: 0 }
    };
    question.texts.chunks(BATCH).enumerate().map(one).collect()
}

pub(super) fn read(
    question: &Question<'_>,
    ask: &Ask,
    answer: &Value,
    thresholds: &[Threshold],
) -> Option<Vec<Told>> {
    let results = answer.get("results")?.as_array()?;
    if results.len() != ask.texts.len() {
        return None;
    }
    let mut told = Vec::new();
    for (text, result) in ask.texts.clone().zip(results) {
        let scores = result.get("category_scores").and_then(Value::as_object);
        let score = |category: &str| scores.and_then(|scores| scores.get(category)).and_then(Value::as_f64);
        let end = question.texts.get(text)?.text.len();
        let mut add = |kind: &'static str, score: Option<f64>| {
            let score = score.map_or(Some(100), super::percent)?;
            let finding = Finding { start: 0, end, kind, score, reason: REASON };
            told.push(Told { text, finding, most: GuardAction::Block, with: None });
            Some(())
        };
        if thresholds.is_empty() {
            if !result.get("flagged")?.as_bool()? {
                continue;
            }
            let categories = result.get("categories")?.as_object()?;
            let flagged: Vec<&String> = categories
                .iter()
                .filter(|(_, is)| is.as_bool() == Some(true))
                .map(|(name, _)| name)
                .collect();
            if flagged.is_empty() {
                add("flagged", None)?;
            }
            for category in flagged {
                add(names::kind(question.guardrail, category), score(category))?;
            }
            continue;
        }
        scores?;
        for threshold in thresholds {
            // A category that the model does not know can not be over its threshold, and must not look checked.
            let found = score(&threshold.category)?;
            if found * 1000.0 >= f64::from(threshold.from) {
                add(names::configured(&threshold.category), Some(found))?;
            }
        }
    }
    Some(told)
}
