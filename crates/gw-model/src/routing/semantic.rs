//! What a semantic group goes by: what prompts of each member are like, and what becomes of a prompt that is like
//! nothing known, or of which nothing could be found out. It must not hold a vector.

use std::sync::Arc;

/// Utterances and descriptions of one group: what is compared on a request's way takes some microseconds.
pub const MAX_UTTERANCES: usize = 1_024;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Semantic {
    /// Of each member, in their order: its utterances, or its description. Only the default's may be empty.
    pub utterances: Vec<Vec<Arc<str>>>,
    /// The least cosine to the nearest utterance, in thousandths.
    pub threshold_permille: u32,
    /// The member for what stays below it.
    pub default: usize,
    /// When the prompt's vector cannot be had.
    pub on_error: OnSemanticError,
    /// The longest that a request waits for its vector, in milliseconds.
    pub timeout_ms: u64,
    /// What makes the vectors.
    pub embedder: EmbedderName,
}

/// What makes vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmbedderName {
    /// The model in the process.
    Local,
    /// A model for embeddings, as a caller would name it.
    Model(Arc<str>),
}

/// What becomes of a request whose meaning could not be found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnSemanticError {
    /// The default takes it.
    #[default]
    Default,
    /// The members in the order written.
    Next,
    /// It is refused.
    Refuse,
}
