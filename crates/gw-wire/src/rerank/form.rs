//! The one form that every dialect of reranking is read into and written from. It must not hold what only one
//! dialect knows, except by name, so that it can be told to the caller.

use gw_model::Usage;
use gw_model::chat::Json;
use serde_json::Number;

/// How a request and its answer are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Cohere, version 2: documents are text. Version 1, whose documents may be objects, is read too.
    Cohere,
    /// What most services and servers of open models have in common; callers may use the names of any of them.
    Plain,
    /// Jina, which many other services copy.
    Jina,
    /// Voyage.
    Voyage,
    /// Together.
    Together,
    /// Bedrock's agents runtime.
    Bedrock,
}

/// One document.
#[derive(Clone, Debug)]
pub enum Document {
    /// Text.
    Text(String),
    /// An object with fields.
    Object(Json),
}

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The model, as the caller named it.
    pub model: String,
    /// What is looked for.
    pub query: String,
    /// Where; at least one.
    pub documents: Vec<Document>,
    /// How many results are wanted; all when absent.
    pub top_n: Option<u64>,
    /// The caller wants the documents back.
    pub return_documents: bool,
    /// Bound on the tokens of a document that count.
    pub max_tokens_per_document: Option<u64>,
    /// Fields of objects that count.
    pub rank_fields: Vec<String>,
    /// Whether documents that are too long are cut or refused.
    pub truncation: Option<bool>,
    /// Names of members that the form has no field for.
    pub unknown: Vec<String>,
}

/// One result.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Which document, by its place in the request.
    pub index: u32,
    /// How well it fits; the larger the better.
    pub score: Number,
}

/// What was used; upstreams state some of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units {
    /// Searches, as Cohere bills: one for each hundred documents of a query.
    pub search_units: Option<u64>,
    /// Tokens.
    pub tokens: Option<Usage>,
}

impl Units {
    /// Both in one; `None` when neither is stated.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        let searches = self.search_units;
        let stated = self.tokens.or_else(|| searches.map(|_| Usage::default()))?;
        Some(Usage { searches: searches.unwrap_or(0), ..stated })
    }
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The upstream's id; empty when it gives none.
    pub id: String,
    /// The upstream's name of the model; empty when it gives none.
    pub model: String,
    /// Best first.
    pub results: Vec<Ranked>,
    /// What was used.
    pub units: Units,
}
