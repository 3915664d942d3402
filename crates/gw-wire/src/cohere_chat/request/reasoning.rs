//! How much to think. Serves the request reader and writer. It must not ask models to think that cannot:
//! they refuse the request.

use super::content::wrong;
use crate::json::{Object, Value};
use crate::openai_chat::request::optional;
use gw_model::Refusal;
use gw_model::chat::Reasoning;

/// Beginnings of the names of models that do not think. Later models do.
const DO_NOT_THINK: &[&str] =
    &["command-r", "command-light", "command-nightly", "command-a-03-2025", "command-a-vision", "c4ai-"];

/// The common form of `thinking`.
pub(super) fn read(thinking: &Object<'_>) -> Result<Option<Reasoning>, Refusal> {
    match thinking.get("type").and_then(|v| v.as_str()).as_deref() {
        // These models think by default, so that not to think is a wish.
        Some("disabled") => Ok(Some(Reasoning::Off)),
        Some("enabled") => {
            let budget = optional(
                thinking.get("token_budget"),
                "thinking.token_budget",
                "a whole number of at least 0",
                Value::as_u64,
            )?;
            Ok(Some(budget.map_or(Reasoning::Adaptive, Reasoning::Budget)))
        }
        _ => Err(wrong("thinking", "needs `type`: enabled or disabled")),
    }
}

/// What to write for a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Nothing: the default is what is wished.
    Silent,
    /// The model cannot do it.
    Dropped,
    /// `{"type":"disabled"}`
    Disabled,
    /// `{"type":"enabled"}`, with a budget or without bound.
    Enabled(Option<u64>),
}

/// Whether models of this name think, and take back what they thought.
pub(super) fn thinks(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    !DO_NOT_THINK.iter().any(|family| name.starts_with(family)) && name != "command"
}

/// Decides on `thinking`.
pub(super) fn plan(reasoning: Option<&Reasoning>, model: &str) -> Plan {
    let plan = match reasoning {
        None => Plan::Silent,
        Some(Reasoning::Off) => Plan::Disabled,
        Some(Reasoning::Adaptive) => Plan::Enabled(None),
        Some(Reasoning::Budget(tokens)) => Plan::Enabled(Some(*tokens)),
        Some(Reasoning::Effort(effort)) => match effort.as_str() {
            "none" => Plan::Disabled,
            "minimal" => Plan::Enabled(Some(1024)),
            "low" => Plan::Enabled(Some(2048)),
            "medium" => Plan::Enabled(Some(8192)),
            _ => Plan::Enabled(None),
        },
    };
    match plan {
        Plan::Disabled if !thinks(model) => Plan::Silent,
        Plan::Enabled(_) if !thinks(model) => Plan::Dropped,
        plan => plan,
    }
}
