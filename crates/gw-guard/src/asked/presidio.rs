//! Presidio's analyzer: personal data in one text after the other, with places. Serves the guardrails of that kind.

use super::places::Places;
use super::{Ask, Question, Told, Way, bearer, names};
use crate::finding::Finding;
use gw_model::guardrail::{GuardAction, Host};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn asks(
    question: &Question<'_>,
    at: &Host,
    language: &str,
    entities: &[Arc<str>],
    min_score_permille: u32,
) -> Vec<Ask> {
    let one = |(index, asked): (usize, &&super::AskedText)| {
        let mut body = json!({ "text": asked.text, "language": language });
        if let Some(members) = body.as_object_mut() {
            if !entities.is_empty() {
                let names: Vec<&str> = entities.iter().map(|name| &**name).collect();
                members.insert("entities".to_owned(), json!(names));
            }
            if min_score_permille > 0 {
                members.insert("score_threshold".to_owned(), json!(f64::from(min_score_permille) / 1000.0));
            }
        }
        let suffix = if at.url.ends_with("/analyze") { "" } else { "/analyze" };
        let way = Way::Host { suffix: suffix.to_owned(), headers: bearer(at) };
        Ask { way, body: body.to_string().into_bytes(), texts: index..index + 1, offset: 0 }
    };
    question.texts.iter().enumerate().map(one).collect()
}

pub(super) fn read(question: &Question<'_>, ask: &Ask, answer: &Value) -> Option<Vec<Told>> {
    let text = ask.texts.start;
    let places = Places::new(&question.texts.get(text)?.text);
    let one = |found: &Value| {
        let (start, end) = places.bytes(found.get("start")?.as_u64()?, found.get("end")?.as_u64()?)?;
        let kind = names::kind(question.guardrail, found.get("entity_type")?.as_str()?);
        let score = super::percent(found.get("score").and_then(Value::as_f64).unwrap_or(1.0))?;
        let finding = Finding { start, end, kind, score, reason: "an entity that the analyzer found" };
        Some(Told { text, finding, most: GuardAction::Block, with: None })
    };
    answer.as_array()?.iter().map(one).collect()
}
