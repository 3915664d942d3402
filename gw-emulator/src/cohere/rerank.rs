//! Ranking: documents by the share of the query's words that stand in them. It must not be mistaken for a
//! meaning.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::{Value, json};

use crate::answer::{Answer, Context, Rejection};
use crate::fields::{array, string, whole};
use crate::usage::figure;

/// Most documents in one request.
const MAX_DOCUMENTS: usize = 10_000;

/// Documents in one unit of search.
const DOCUMENTS_PER_UNIT: usize = 100;

/// Answers a rerank request. It is billed by searches, not by tokens.
pub(super) fn answer(body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    let wrong = |text: &str| Rejection::new(400, format!("invalid request: {text}"));
    let query = string(body, "query")?.filter(|query| !query.trim().is_empty());
    let query = words(query.ok_or_else(|| wrong("query must not be empty"))?);
    let documents = array(body, "documents")?.filter(|documents| !documents.is_empty());
    let documents = documents.ok_or_else(|| wrong("list of documents must not be empty"))?;
    if documents.len() > MAX_DOCUMENTS {
        return Err(wrong(&format!("at most {MAX_DOCUMENTS} documents can be ranked")));
    }
    let mut results = Vec::with_capacity(documents.len());
    for (index, document) in documents.iter().enumerate() {
        let text = document.as_str().or_else(|| document.get("text").and_then(Value::as_str));
        let text = text.ok_or_else(|| wrong(&format!("documents[{index}] must be a string")))?;
        results.push((index, score(&query, text)));
    }
    results.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap_or(Ordering::Equal));
    let top = whole(body, "top_n", 1, u64::MAX)?.and_then(|top| usize::try_from(top).ok());
    results.truncate(top.unwrap_or(usize::MAX));
    let results: Vec<Value> =
        results.into_iter().map(|(index, score)| json!({"index": index, "relevance_score": score})).collect();
    let mut meta = json!({"api_version": {"version": "2"}});
    if !cx.faults.no_usage {
        let units = documents.len().div_ceil(DOCUMENTS_PER_UNIT) as u64;
        meta["billed_units"] = json!({"search_units": figure(units, cx.faults)});
    }
    Ok(Answer::free(&json!({"id": cx.id(""), "results": results, "meta": meta})))
}

fn words(text: &str) -> HashSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// From 0.01 for no common word to 0.99 for all of the query's.
fn score(query: &HashSet<String>, document: &str) -> f64 {
    let document = words(document);
    let common = query.iter().filter(|word| document.contains(*word)).count();
    let share = |count: usize| u32::try_from(count).map_or(1.0, f64::from);
    0.01 + 0.98 * share(common) / share(query.len().max(1))
}
