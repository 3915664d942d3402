//! Semantic groups: how the nearest member is chosen, and what becomes of a prompt that cannot be compared.

use crate::document::Node;
use crate::shape::{Reader, Shape, Text, Whole, choices, settings, shown};
use serde_json::{Value, json};

settings! {
    /// For strategy `semantic`.
    pub struct SemanticSettings {
        /// Least similarity (cosine, 0 to 1) of the prompt to the nearest utterance; what is below goes to the default. 0 always goes to the nearest.
        default(0.22) threshold: Similarity,
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

/// A cosine from 0 to 1, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Similarity(u32);

impl Similarity {
    /// In thousandths.
    #[must_use]
    pub const fn permille(self) -> u32 {
        self.0
    }
}

impl From<f64> for Similarity {
    /// For defaults in code.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "brought within the bounds before"
    )]
    fn from(value: f64) -> Self {
        Self((value.clamp(0.0, 1.0) * 1000.0).round() as u32)
    }
}

impl Shape for Similarity {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let wanted = "a number from 0 to 1, such as 0.22";
        let scalar = reader.scalar(node, wanted)?;
        let parsed: Option<f64> = scalar.text.trim().parse().ok();
        let found = parsed.filter(|number| (0.0..=1.0).contains(number) && (scalar.plain || scalar.filled));
        if found.is_none() {
            reader.fault(node.place, &format!("must be {wanted}, not '{}'", shown(&scalar.text)));
        }
        found.map(Self::from)
    }

    fn schema() -> Value {
        json!({ "anyOf": [
            { "type": "number", "minimum": 0, "maximum": 1 },
            { "type": "string", "pattern": r"\$\{" },
        ] })
    }
}
