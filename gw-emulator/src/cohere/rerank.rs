//! Ranking, as Cohere, Voyage and Bedrock's agents have it: documents by the share of the query's words that stand in them. It must not be mistaken for a
//! meaning.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::{Value, json};

use crate::answer::{Answer, Context, Rejection};
use crate::fields::{array, string, whole};
use crate::tokens;
use crate::usage::figure;

/// Most documents in one request.
const MAX_DOCUMENTS: usize = 10_000;

/// Documents in one unit of search.
const DOCUMENTS_PER_UNIT: usize = 100;

/// Answers a rerank request. It is billed by searches, or by tokens when the body has Voyage's members.
pub(super) fn answer(body: &Value, cx: &Context<'_>) -> Result<Answer, Rejection> {
    let query = string(body, "query")?;
    let documents = array(body, "documents")?.map_or(&[][..], Vec::as_slice);
    let is_voyage = ["top_k", "truncation"].iter().any(|name| body.get(*name).is_some());
    let top = whole(body, if is_voyage { "top_k" } else { "top_n" }, 1, u64::MAX)?;
    let ranked = rank(query, documents, top)?;
    let mut results = Vec::with_capacity(ranked.len());
    for (index, score) in ranked {
        let mut result = json!({"index": index, "relevance_score": score});
        if body["return_documents"] == true {
            let document = &documents[index];
            result["document"] =
                if document.is_string() { json!({"text": document}) } else { document.clone() };
        }
        results.push(result);
    }
    if is_voyage {
        let read = |document: &Value| tokens::count(text(document).unwrap_or_default());
        let count =
            documents.iter().map(|document| read(document) + tokens::count(query.unwrap_or_default()));
        let count: u64 = count.sum();
        let mut answer = json!({"object": "list", "data": results, "model": cx.model});
        if !cx.faults.no_usage {
            answer["usage"] = json!({"total_tokens": figure(count, cx.faults)});
        }
        return Ok(Answer::whole(&answer, count, 0));
    }
    let mut meta = json!({"api_version": {"version": "2"}});
    if !cx.faults.no_usage {
        let units = documents.len().div_ceil(DOCUMENTS_PER_UNIT) as u64;
        meta["billed_units"] = json!({"search_units": figure(units, cx.faults)});
    }
    Ok(Answer::free(&json!({"id": cx.id(""), "results": results, "meta": meta})))
}

/// Answers a request to Bedrock's agents, which names the model by its ARN and states no usage.
pub(super) fn of_agents(body: &Value) -> Result<Answer, Rejection> {
    let at = |path: &str| body.pointer(path);
    let configuration = "/rerankingConfiguration/bedrockRerankingConfiguration";
    let arn = at(&format!("{configuration}/modelConfiguration/modelArn")).and_then(Value::as_str);
    if !arn.is_some_and(|arn| arn.starts_with("arn:")) {
        return Err(Rejection::new(400, "modelConfiguration.modelArn must be an ARN"));
    }
    let query = at("/queries/0/textQuery/text").and_then(Value::as_str);
    let sources = array(body, "sources")?.map_or(&[][..], Vec::as_slice);
    let document = |source: &Value| {
        let inline = &source["inlineDocumentSource"];
        let text = inline.pointer("/textDocument/text").cloned();
        text.unwrap_or_else(|| Value::String(inline["jsonDocument"].to_string()))
    };
    let documents: Vec<Value> = sources.iter().map(document).collect();
    let top = at(&format!("{configuration}/numberOfResults")).and_then(Value::as_u64);
    let results: Vec<Value> = rank(query, &documents, top)?
        .into_iter()
        .map(|(index, score)| json!({"index": index, "relevanceScore": score}))
        .collect();
    Ok(Answer::free(&json!({"results": results})))
}

/// Places and scores of the best `top` documents, best first.
fn rank(query: Option<&str>, documents: &[Value], top: Option<u64>) -> Result<Vec<(usize, f64)>, Rejection> {
    let wrong = |text: &str| Rejection::new(400, format!("invalid request: {text}"));
    let query = query.filter(|query| !query.trim().is_empty());
    let query = words(query.ok_or_else(|| wrong("query must not be empty"))?);
    if documents.is_empty() {
        return Err(wrong("list of documents must not be empty"));
    }
    if documents.len() > MAX_DOCUMENTS {
        return Err(wrong(&format!("at most {MAX_DOCUMENTS} documents can be ranked")));
    }
    let mut results = Vec::with_capacity(documents.len());
    for (index, document) in documents.iter().enumerate() {
        let text = text(document).ok_or_else(|| wrong(&format!("documents[{index}] must be a string")))?;
        results.push((index, score(&query, text)));
    }
    results.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap_or(Ordering::Equal));
    results.truncate(top.and_then(|top| usize::try_from(top).ok()).unwrap_or(usize::MAX));
    Ok(results)
}

fn text(document: &Value) -> Option<&str> {
    document.as_str().or_else(|| document.get("text").and_then(Value::as_str))
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
