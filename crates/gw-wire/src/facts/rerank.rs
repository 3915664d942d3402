//! Reads one top-level member of a request for ranking into the facts. Serves `facts`. It must not judge
//! documents: the upstream or the translation does.

use super::kinds::{check_spelling, string};
use super::{ROUTING_MEMBERS, invalid, members::Found};
use crate::estimate;
use crate::json::{Kind, Value};
use gw_model::{CallFacts, Refusal, WireFormat};

/// Names that a stage acts on: no other spelling of them may slip by.
const READ_MEMBERS: &[&str] = &["model", "query", "documents"];

/// Members that only Voyage's requests have among those at `/rerank`.
const OF_VOYAGE: &[&str] = &["top_k", "truncation"];

/// Documents, or pieces of long ones, that providers who bill by searches count as one search.
const DOCUMENTS_PER_SEARCH: u64 = 100;
/// Tokens, the query's included, of a piece of a document that they count as one.
const TOKENS_PER_PIECE: u64 = 500;

pub(super) fn read<'a>(
    format: WireFormat,
    name: &str,
    value: Value<'a>,
    facts: &mut CallFacts,
    found: &mut Found<'a>,
) -> Result<(), Refusal> {
    match name {
        "model" => {
            facts.model = string("model", &value)?;
            facts.model_span = Some(value.span);
        }
        "query" => found.query = Some(value),
        "documents" => found.prompt = Some(value),
        name if ROUTING_MEMBERS.contains(&name) => facts.routing_members.push(name.to_owned()),
        name => {
            if format == WireFormat::PlainRerank && OF_VOYAGE.contains(&name) {
                facts.dialect = Some(WireFormat::VoyageRerank);
            }
            check_spelling(name, &[READ_MEMBERS, ROUTING_MEMBERS], false)?;
        }
    }
    Ok(())
}

/// What all members together tell. Who bills by tokens reads the query with each document.
pub(super) fn complete(facts: &mut CallFacts, found: &Found<'_>) -> Result<(), Refusal> {
    let query = found.query.ok_or_else(|| invalid("query", "`query` is missing. Send what to rank by."))?;
    let documents = found.prompt.filter(|documents| documents.kind == Kind::Array);
    let documents = documents
        .ok_or_else(|| invalid("documents", "`documents` must be an array. Send at least one document."))?;
    let query = tokens(&query);
    let (mut sum, mut pieces) = (0_u64, 0_u64);
    for document in documents.elements() {
        let tokens = tokens(&document).saturating_add(query);
        sum = sum.saturating_add(tokens);
        pieces = pieces.saturating_add(tokens.div_ceil(TOKENS_PER_PIECE).max(1));
    }
    facts.input_tokens = sum;
    facts.searches = pieces.div_ceil(DOCUMENTS_PER_SEARCH).max(1);
    facts.max_output_tokens = Some(0);
    Ok(())
}

fn tokens(value: &Value<'_>) -> u64 {
    let raw = value.raw().as_bytes();
    if value.kind == Kind::String {
        estimate::json_string_tokens(raw.get(1..raw.len() - 1).unwrap_or_default())
    } else {
        estimate::text_tokens(raw)
    }
}
