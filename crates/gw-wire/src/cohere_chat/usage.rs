//! Usage as Cohere states it. Serves the readers and writers of answers in this format. It must not
//! estimate: what the upstream left out stays zero.
//!
//! Cohere states two sums: `tokens` is what the model saw and made, its own instructions, cached input and
//! reasoning included; `billed_units` is what it charges for. [`WireUsage::usage`] goes by the first, as the
//! details (cached, reasoning) are parts of those; [`WireUsage::billed`] gives the second.

use crate::json::{Value, Writer};
use gw_model::usage::Usage;
use serde::{Deserialize, Deserializer};

/// The `usage` object of an answer. Its numbers may be written with a fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct WireUsage {
    /// What is charged.
    pub billed_units: Option<Counts>,
    /// What was processed.
    pub tokens: Option<Counts>,
    /// Input tokens read from the cache.
    #[serde(default, deserialize_with = "count")]
    pub cached_tokens: Option<u64>,
}

/// Input and output by either way of counting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Counts {
    /// Input tokens, without images.
    #[serde(default, deserialize_with = "count")]
    pub input_tokens: Option<u64>,
    /// Input tokens of images.
    #[serde(default, deserialize_with = "count")]
    pub image_tokens: Option<u64>,
    /// Output tokens.
    #[serde(default, deserialize_with = "count")]
    pub output_tokens: Option<u64>,
    /// Output tokens spent on reasoning.
    #[serde(default, deserialize_with = "count")]
    pub reasoning_tokens: Option<u64>,
}

impl Counts {
    const fn states_anything(&self) -> bool {
        self.input_tokens.is_some() || self.output_tokens.is_some() || self.image_tokens.is_some()
    }

    fn usage(&self) -> Usage {
        let input = self.input_tokens.unwrap_or(0).saturating_add(self.image_tokens.unwrap_or(0));
        let output_tokens = self.output_tokens.unwrap_or(0);
        Usage {
            input_tokens: input,
            output_tokens,
            reasoning_tokens: self.reasoning_tokens.unwrap_or(0).min(output_tokens),
            ..Usage::default()
        }
    }
}

impl WireUsage {
    /// In the common meaning, by what was processed; by what is charged where that is all there is. `None`
    /// when neither is stated.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        let processed = self.tokens.filter(Counts::states_anything).map(|counts| counts.usage());
        let mut usage = processed.or_else(|| self.billed())?;
        usage.cached_tokens = self.cached_tokens.unwrap_or(0).min(usage.input_tokens);
        Some(usage)
    }

    /// What is charged. It has no details: cached input and reasoning are not told apart there.
    #[must_use]
    pub fn billed(&self) -> Option<Usage> {
        self.billed_units.filter(Counts::states_anything).map(|counts| counts.usage())
    }
}

/// The value of `usage`, or of `meta`. `None` when it states no count.
#[must_use]
pub fn read(value: &Value<'_>) -> Option<Usage> {
    serde_json::from_str::<WireUsage>(value.raw()).ok()?.usage()
}

/// A count that may be written as `12.0`. Anything else than a number counts as not stated.
fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let number = Option::<serde_json::Number>::deserialize(from)?;
    Ok(number.and_then(|number| {
        number.as_u64().or_else(|| {
            let value = number.as_f64().filter(|value| (0.0..=9e15).contains(value))?;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked to be in range; counts have no fraction"
            )]
            Some(value as u64)
        })
    }))
}

/// Writes the value of `usage`.
pub(crate) fn write(w: &mut Writer, usage: &Usage) {
    w.begin_object();
    for name in ["billed_units", "tokens"] {
        w.key(name);
        w.begin_object();
        w.number_member("input_tokens", usage.input_tokens);
        w.number_member("output_tokens", usage.output_tokens);
        if name == "tokens" && usage.reasoning_tokens > 0 {
            w.number_member("reasoning_tokens", usage.reasoning_tokens);
        }
        w.end_object();
    }
    w.number_member("cached_tokens", usage.cached_tokens);
    w.end_object();
}
