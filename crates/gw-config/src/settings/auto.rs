//! Strategy `auto`: what counts, and which classes of tasks there are.

use crate::document::{Kind, Node};
use crate::place::At;
use crate::shape::{Fraction, Named, Reader, Shape, Texts, Whole, settings};
use serde_json::{Value, json};

settings! {
    /// For strategy `auto`: how much each counts. Only the proportions matter.
    pub struct AutoSettings {
        /// How much the targets' `quality` for the request's class counts.
        default(0.6) quality: Fraction,
        /// How much it counts what the request may cost at a target, against the cheapest.
        default(0.3) cost: Fraction,
        /// How much the expected time to first byte counts.
        default(0.1) latency: Fraction,
        /// A request of so many estimated input tokens is of class `long_context`.
        default(32_000) long_context_tokens: Whole<1, 1_000_000_000>,
        /// Classes by name: other weights or utterances for `chat`, `code`, `math`, `extraction`, `summarization`, `translation`, `tools`, `long_context` or `vision`, or classes of your own.
        section classes: Named<ClassSettings>,
    }
}

settings! {
    /// One class of tasks.
    pub struct ClassSettings {
        /// In place of the group's, for this class.
        optional quality: Fraction,
        /// In place of the group's, for this class.
        optional cost: Fraction,
        /// In place of the group's, for this class.
        optional latency: Fraction,
        /// Texts like those of this class, at most 64 of at most 1,024 bytes: a prompt that is like them is of this class, whatever else it looks like. A class of your own needs some.
        optional utterances: Texts,
    }
}

/// One number for every class, or numbers by class and `default`.
#[derive(Clone, Debug)]
pub enum QualitySetting {
    /// For every class.
    Same(Fraction),
    /// By class; `default` is for those that are not named.
    ByClass(Named<At<Fraction>>),
}

impl Shape for QualitySetting {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Map(_) => Named::read(node, reader).map(Self::ByClass),
            _ => Fraction::read(node, reader).map(Self::Same),
        }
    }

    fn schema() -> Value {
        json!({ "anyOf": [Fraction::schema(), Named::<Fraction>::schema()] })
    }
}
