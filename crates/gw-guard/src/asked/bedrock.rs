//! Guardrails of Amazon Bedrock: assessments of all texts together, and words and entities by what they say. Serves the
//! guardrails of that kind.

use super::{Ask, Question, Told, Way, about_all, names};
use crate::finding::Finding;
use crate::notes::Side;
use gw_model::guardrail::GuardAction;
use serde_json::{Value, json};
use std::sync::Arc;

const REASON: &str = "a policy of the guardrail at Bedrock";

/// Policies that say nothing about a place: where they stand, and what names the finding.
const OVERALL: [(&str, &str, &str); 3] = [
    ("topicPolicy", "topics", "name"),
    ("contentPolicy", "filters", "type"),
    ("contextualGroundingPolicy", "filters", "type"),
];

/// Policies that repeat what they found.
const MATCHES: [(&str, &str, &str); 4] = [
    ("wordPolicy", "customWords", ""),
    ("wordPolicy", "managedWordLists", "type"),
    ("sensitiveInformationPolicy", "piiEntities", "type"),
    ("sensitiveInformationPolicy", "regexes", "name"),
];

pub(super) fn ask(question: &Question<'_>, provider: &Arc<str>, id: &str, version: &str) -> Ask {
    let source = if question.side == Side::Request { "INPUT" } else { "OUTPUT" };
    let content: Vec<Value> =
        question.texts.iter().map(|asked| json!({ "text": { "text": asked.text } })).collect();
    let path = format!("/guardrail/{id}/version/{version}/apply");
    let way = Way::Provider { provider: Arc::clone(provider), path };
    about_all(question, way, &json!({ "source": source, "content": content }))
}

pub(super) fn read(question: &Question<'_>, answer: &Value) -> Option<Vec<Told>> {
    let intervened = match answer.get("action")?.as_str()? {
        "NONE" => false,
        "GUARDRAIL_INTERVENED" => true,
        _ => return None,
    };
    let last = question.texts.len().checked_sub(1)?;
    let mut told = Vec::new();
    for assessment in answer.get("assessments").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        let rows = |policy: &str, list: &str| {
            let rows = assessment.get(policy).and_then(|policy| policy.get(list)).and_then(Value::as_array);
            rows.cloned().unwrap_or_default()
        };
        for (policy, list, name) in OVERALL {
            for row in rows(policy, list) {
                let Some(most) = action(&row) else { continue };
                let kind = row.get(name).and_then(Value::as_str);
                let kind = kind.map_or("policy", |kind| names::kind(question.guardrail, kind));
                told.push(Told { most, ..Told::whole(question, last, kind, REASON) });
            }
        }
        for (policy, list, name) in MATCHES {
            for row in rows(policy, list) {
                let Some(most) = action(&row) else { continue };
                let kind = row.get(name).and_then(Value::as_str);
                let kind = kind.map_or("word", |kind| names::kind(question.guardrail, kind));
                places(question, row.get("match").and_then(Value::as_str), kind, most, &mut told);
            }
        }
    }
    if intervened && !told.iter().any(|told| told.most > GuardAction::Flag) {
        told.push(Told::whole(question, last, "policy", REASON));
    }
    Some(told)
}

fn action(row: &Value) -> Option<GuardAction> {
    match row.get("action").and_then(Value::as_str) {
        Some("ANONYMIZED") => Some(GuardAction::Redact),
        Some("NONE") => {
            row.get("detected").and_then(Value::as_bool).unwrap_or(true).then_some(GuardAction::Flag)
        }
        _ => Some(GuardAction::Block),
    }
}

/// Everywhere that a match stands; the last text as a whole where it stands nowhere.
fn places(
    question: &Question<'_>,
    found: Option<&str>,
    kind: &'static str,
    most: GuardAction,
    told: &mut Vec<Told>,
) {
    let before = told.len();
    for (text, asked) in question.texts.iter().enumerate() {
        let Some(found) = found.filter(|found| !found.is_empty()) else { break };
        for (start, _) in asked.text.match_indices(found).take(super::MAX_FINDINGS) {
            let finding = Finding::sure(start, start + found.len(), kind, REASON);
            told.push(Told { text, finding, most, with: None });
        }
    }
    if told.len() == before {
        let last = question.texts.len().saturating_sub(1);
        told.push(Told { most, ..Told::whole(question, last, kind, REASON) });
    }
}
