//! Azure AI Content Safety: severities of categories, and block lists. Long texts are asked about in parts. Serves the
//! guardrails of that kind.

use super::{Ask, Question, Told, Way, names};
use crate::finding::Finding;
use crate::segment::floor;
use gw_model::Secret;
use gw_model::guardrail::{GuardAction, Host, Threshold};
use serde_json::{Value, json};
use std::sync::Arc;

/// Longest text that the service takes, in characters; bytes are at least as many.
const MAX_PART_BYTES: usize = 10_000;

/// How much two parts of a text share, so that nothing is cut in two.
const OVERLAP_BYTES: usize = 500;

/// Categories of the service.
const CATEGORIES: [&str; 4] = ["Hate", "SelfHarm", "Sexual", "Violence"];

/// The severity from which on a category counts unless the configuration says otherwise: medium.
const MEDIUM: u32 = 4;

pub(super) fn asks(question: &Question<'_>, at: &Host, blocklists: &[Arc<str>]) -> Vec<Ask> {
    let mut asks = Vec::new();
    for (index, asked) in question.texts.iter().enumerate() {
        let mut offset = 0;
        loop {
            let bytes = asked.text.as_bytes();
            let end = floor(bytes, (offset + MAX_PART_BYTES).min(bytes.len()));
            let part = asked.text.get(offset..end).unwrap_or_default();
            asks.push(one(at, blocklists, part, index, offset));
            if end >= bytes.len() || asks.len() > super::MAX_ASKS {
                break;
            }
            offset = floor(bytes, end - OVERLAP_BYTES);
        }
    }
    asks
}

fn one(at: &Host, blocklists: &[Arc<str>], part: &str, index: usize, offset: usize) -> Ask {
    let mut body = json!({ "text": part, "categories": CATEGORIES, "outputType": "EightSeverityLevels" });
    if let Some(members) = body.as_object_mut().filter(|_| !blocklists.is_empty()) {
        let lists: Vec<&str> = blocklists.iter().map(|list| &**list).collect();
        members.insert("blocklistNames".to_owned(), json!(lists));
    }
    let headers = at.api_key.iter().map(|key| ("ocp-apim-subscription-key", Secret::clone(key))).collect();
    let suffix = "/contentsafety/text:analyze?api-version=2024-09-01".to_owned();
    let way = Way::Host { suffix, headers };
    Ask { way, body: body.to_string().into_bytes(), texts: index..index + 1, offset }
}

pub(super) fn read(
    question: &Question<'_>,
    ask: &Ask,
    answer: &Value,
    thresholds: &[Threshold],
) -> Option<Vec<Told>> {
    let text = ask.texts.start;
    let whole = question.texts.get(text)?.text.as_bytes();
    let (start, end) = (ask.offset, floor(whole, (ask.offset + MAX_PART_BYTES).min(whole.len())));
    let told = |kind: &'static str, score: u8, reason: &'static str| Told {
        text,
        finding: Finding { start, end, kind, score, reason },
        most: GuardAction::Block,
        with: None,
    };
    let mut all = Vec::new();
    for row in answer.get("categoriesAnalysis")?.as_array()? {
        let category = row.get("category")?.as_str()?;
        let severity = u32::try_from(row.get("severity")?.as_u64()?).ok()?;
        let own = thresholds.iter().find(|known| known.category.eq_ignore_ascii_case(category));
        let from = match own {
            Some(threshold) => threshold.from,
            None if thresholds.is_empty() => MEDIUM,
            None => continue,
        };
        if severity >= from {
            let score = u8::try_from(severity * 100 / 7).unwrap_or(100).min(100);
            all.push(told(names::kind(question.guardrail, category), score, "a category's severity"));
        }
    }
    let lists = answer.get("blocklistsMatch").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !lists.is_empty() {
        all.push(told("blocklist", 100, "an entry of a block list"));
    }
    Some(all)
}
