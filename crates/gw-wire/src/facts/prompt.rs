//! Counts the tokens of `prompt` and `input`, which are text, several texts, or token ids. Serves `facts`.

use super::invalid;
use crate::estimate;
use crate::json::{Kind, Value};
use gw_model::Refusal;

/// What a prompt holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    /// Input tokens: exact for token ids, estimated for text.
    pub(super) tokens: u64,
    /// How many prompts there are; each is answered on its own.
    pub(super) prompts: u32,
}

/// Counts a string, an array of strings, an array of token ids, or an array of such arrays.
pub(super) fn count(value: &Value<'_>, name: &'static str) -> Result<Counted, Refusal> {
    match value.kind {
        Kind::String => Ok(Counted { tokens: text(value), prompts: 1 }),
        Kind::Array => count_array(value, name),
        _ => Err(refuse(name)),
    }
}

fn count_array(value: &Value<'_>, name: &'static str) -> Result<Counted, Refusal> {
    let (mut tokens, mut prompts, mut ids) = (0u64, 0u32, 0u64);
    for element in value.elements() {
        match element.kind {
            Kind::Number => ids += 1,
            Kind::String => {
                tokens = tokens.saturating_add(text(&element));
                prompts = prompts.saturating_add(1);
            }
            Kind::Array => {
                if element.elements().any(|id| id.kind != Kind::Number) {
                    return Err(refuse(name));
                }
                tokens = tokens.saturating_add(element.elements().count() as u64);
                prompts = prompts.saturating_add(1);
            }
            // Some upstreams take objects (text or image); their text is counted as written.
            Kind::Object => {
                tokens = tokens.saturating_add(estimate::text_tokens(element.raw().as_bytes()));
                prompts = prompts.saturating_add(1);
            }
            Kind::Bool | Kind::Null => return Err(refuse(name)),
        }
    }
    match (ids, prompts) {
        (0, 0) => Err(invalid(name, format!("`{name}` is empty. Send at least one text."))),
        (ids, 0) => Ok(Counted { tokens: ids, prompts: 1 }),
        (0, prompts) => Ok(Counted { tokens, prompts }),
        _ => Err(refuse(name)),
    }
}

fn text(value: &Value<'_>) -> u64 {
    let raw = value.raw().as_bytes();
    estimate::json_string_tokens(raw.get(1..raw.len() - 1).unwrap_or_default()).max(1)
}

fn refuse(name: &'static str) -> Refusal {
    invalid(name, format!("`{name}` must be a string, an array of strings, or token ids."))
}
