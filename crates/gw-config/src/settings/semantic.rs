//! Semantic groups: how the nearest member is chosen, and what becomes of a prompt that cannot be compared.

use crate::shape::{Fraction, Text, Whole, choices, settings};

settings! {
    /// For strategy `semantic`.
    pub struct SemanticSettings {
        /// Least similarity (cosine, 0 to 1) of the prompt to the nearest utterance; what is below goes to the default. 0 always goes to the nearest.
        default(0.22) threshold: Fraction,
        /// The target for prompts that are like no utterance: its place in the list, from 0, or its `provider/model` or alias. The last target unless given.
        optional default: Text,
        /// When the prompt cannot be compared (vectors not ready, or not in time): `default`; `next`: the order written; `refuse`: 503.
        default("default") on_error: OnErrorName,
        /// The longest that a request waits to be compared, in milliseconds.
        default(200) timeout_ms: Whole<1, 60_000>,
        /// What makes the vectors: `local` (the model of `embeddings.model_dir`), or a model for embeddings, as `provider/model` or an alias.
        default("local") model: Text,
    }
}

choices! {
    /// What becomes of a prompt that cannot be compared.
    pub enum OnErrorName {
        /// The default takes it.
        Default = "default",
        /// The order written.
        Next = "next",
        /// It is refused.
        Refuse = "refuse",
    }
}
