//! The web hook: a contract of our own (docs/guides/guardrails.md), signed as the Standard Webhooks specification says, so
//! that its libraries can check it. Serves the guardrails of that kind.

use super::names;
use super::places::Places;
use super::{Ask, Question, Told, Way, about_all};
use crate::finding::Finding;
use crate::signature::sign;
use gw_model::Secret;
use gw_model::guardrail::GuardAction;
use serde_json::{Value, json};

const REASON: &str = "the web hook's verdict";

/// The kind of what the web hook has no name for.
const VERDICT: &str = "verdict";

/// Longest replacement, in bytes.
const MAX_REPLACEMENT_BYTES: usize = 64 << 10;

pub(super) fn ask(question: &Question<'_>, secret: Option<&Secret>, api_key: Option<&Secret>) -> Ask {
    let about = question.about;
    let text = |(index, asked): (usize, &&super::AskedText)| json!({ "index": index, "speaker": asked.place.speaker.as_str(), "text": asked.text });
    let body = json!({
        "guardrail": question.guardrail,
        "side": question.side.as_str(),
        "request_id": about.request_id,
        "model": about.model,
        "format": about.format,
        "stream": about.stream,
        "key": { "id": about.key_id, "name": about.key_name },
        "customer": (!about.customer.is_empty()).then_some(&about.customer),
        "texts": question.texts.iter().enumerate().map(text).collect::<Vec<_>>(),
    });
    let mut ask = about_all(question, Way::Chat, &body);
    let mut headers = Vec::new();
    if let Some(key) = api_key {
        headers.push(("authorization", Secret::new(format!("Bearer {}", key.expose()))));
    }
    if let Some(secret) = secret {
        let id = format!("{}-{}", about.request_id, question.side.as_str());
        let at = about.now_s.to_string();
        let signature = sign(secret, &id, &at, &ask.body);
        headers.push(("webhook-id", Secret::new(id)));
        headers.push(("webhook-timestamp", Secret::new(at)));
        headers.push(("webhook-signature", Secret::new(signature)));
    }
    ask.way = Way::Host { suffix: String::new(), headers };
    ask
}

pub(super) fn read(question: &Question<'_>, answer: &Value) -> Option<Vec<Told>> {
    let most = match answer.get("verdict")?.as_str()? {
        "allow" => return Some(Vec::new()),
        "flag" => GuardAction::Flag,
        "replace" => GuardAction::Redact,
        "block" => GuardAction::Block,
        _ => return None,
    };
    let kind = answer.get("kind").and_then(Value::as_str);
    let findings = match answer.get("findings") {
        None | Some(Value::Null) => &[][..],
        Some(list) => list.as_array()?,
    };
    if findings.is_empty() {
        // Of a replacement it must be said where.
        if most == GuardAction::Redact {
            return None;
        }
        let last = question.texts.len().checked_sub(1)?;
        let kind = kind.map_or(VERDICT, |kind| names::kind(question.guardrail, kind));
        let whole = Told::whole(question, last, kind, REASON);
        return Some(vec![Told { most, ..whole }]);
    }
    findings.iter().map(|finding| one(question, finding, kind, most)).collect()
}

fn one(question: &Question<'_>, found: &Value, kind: Option<&str>, most: GuardAction) -> Option<Told> {
    let text = match found.get("text") {
        None => question.texts.len().checked_sub(1)?,
        Some(text) => usize::try_from(text.as_u64()?).ok()?,
    };
    let asked = question.texts.get(text)?;
    let (start, end) = match (found.get("start"), found.get("end")) {
        (None, None) => (0, asked.text.len()),
        (start, end) => Places::new(&asked.text).bytes(start?.as_u64()?, end?.as_u64()?)?,
    };
    let with = match found.get("replacement") {
        None | Some(Value::Null) => None,
        Some(with) => Some(with.as_str().filter(|with| with.len() <= MAX_REPLACEMENT_BYTES)?.to_owned()),
    };
    let score = match found.get("score") {
        None => 100,
        Some(score) => super::percent(score.as_f64()?)?,
    };
    let kind = found.get("kind").and_then(Value::as_str).or(kind);
    let kind = kind.map_or(VERDICT, |kind| names::kind(question.guardrail, kind));
    Some(Told { text, finding: Finding { start, end, kind, score, reason: REASON }, most, with })
}
