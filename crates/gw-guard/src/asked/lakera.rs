//! Lakera Guard: detectors over a conversation, with places where they know them. Serves the guardrails of that kind.

use super::places::Places;
use super::{Ask, Question, Told, Way, about_all, bearer, names};
use crate::finding::Finding;
use gw_model::guardrail::{GuardAction, Host, Speaker};
use serde_json::{Value, json};

const REASON: &str = "a detector of the service";

pub(super) fn ask(question: &Question<'_>, at: &Host, project: Option<&str>) -> Ask {
    let role = |speaker: Speaker| match speaker {
        Speaker::System | Speaker::Definition => "system",
        Speaker::User => "user",
        Speaker::Assistant | Speaker::ToolCall => "assistant",
        Speaker::Tool => "tool",
    };
    let message =
        |asked: &&super::AskedText| json!({ "role": role(asked.place.speaker), "content": asked.text });
    let messages: Vec<Value> = question.texts.iter().map(message).collect();
    let mut body = json!({ "messages": messages, "payload": true, "breakdown": true });
    if let (Some(project), Some(members)) = (project, body.as_object_mut()) {
        members.insert("project_id".to_owned(), json!(project));
    }
    let suffix = if at.url.ends_with("/guard") { "" } else { "/v2/guard" };
    about_all(question, Way::Host { suffix: suffix.to_owned(), headers: bearer(at) }, &body)
}

pub(super) fn read(question: &Question<'_>, answer: &Value) -> Option<Vec<Told>> {
    if !answer.get("flagged")?.as_bool()? {
        return Some(Vec::new());
    }
    let list = |name: &str| answer.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let message = |row: &Value| usize::try_from(row.get("message_id")?.as_u64()?).ok();
    let mut told = Vec::new();
    for row in list("payload") {
        let Some(text) = message(row) else { continue };
        let places = Places::new(&question.texts.get(text)?.text);
        let (start, end) = places.bytes(row.get("start")?.as_u64()?, row.get("end")?.as_u64()?)?;
        let finding = Finding::sure(start, end, names::kind(question.guardrail, detector(row)), REASON);
        told.push(Told { text, finding, most: GuardAction::Block, with: None });
    }
    for row in list("breakdown") {
        if row.get("detected").and_then(Value::as_bool) != Some(true) {
            continue;
        }
        let kind = names::kind(question.guardrail, detector(row));
        let last = question.texts.len().checked_sub(1)?;
        let text = message(row).unwrap_or(last).min(last);
        if !told.iter().any(|known| known.text == text && known.finding.kind == kind) {
            told.push(Told::whole(question, text, kind, REASON));
        }
    }
    if told.is_empty() {
        told.push(Told::whole(question, question.texts.len().checked_sub(1)?, "flagged", REASON));
    }
    Some(told)
}

fn detector(row: &Value) -> &str {
    row.get("detector_type").and_then(Value::as_str).unwrap_or("detector")
}
