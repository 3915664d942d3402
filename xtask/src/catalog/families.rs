//! What families of models are known to refuse, where the map has no member for it. Serves the reading of the
//! map. It must not overrule what the map says.
//!
//! OpenAI's reasoning models answer 400 to `max_tokens` in chat requests (they want `max_completion_tokens`) and
//! to sampling parameters while they reason; those that can be told not to reason take them then. Source:
//! OpenAI's reasoning guide and API reference.

use super::read::{Entry, Key};

/// Price keys under which OpenAI's own models stand.
const PRICE_KEYS: [&str; 3] = ["azure", "azure_ai", "openai"];
/// How names of reasoning models begin.
const FAMILIES: [&str; 5] = ["o1", "o3", "o4", "gpt-5", "gpt-6"];

/// Adds what the family of a model is known not to take.
pub(crate) fn complete(key: &Key, entry: &mut Entry) {
    let (price_key, model) = key;
    let name = model.rsplit('/').next().unwrap_or(model);
    let name = name.strip_prefix("ft:").unwrap_or(name);
    let is_of_family = FAMILIES.iter().any(|family| name.starts_with(family)) && !name.contains("-chat");
    if !PRICE_KEYS.contains(&price_key.as_str()) || !is_of_family || !has(entry, "reasoning") {
        return;
    }
    add(entry, "max_tokens");
    let can_stop = has(entry, "none_reasoning_effort");
    add(entry, if can_stop { "sampling_while_reasoning" } else { "sampling" });
}

fn has(entry: &Entry, capability: &str) -> bool {
    entry.capabilities.contains(&(capability.to_owned(), true))
}

/// Notes that an ability is missing, unless the map says something of it.
fn add(entry: &mut Entry, capability: &str) {
    if !has(entry, capability) {
        entry.capabilities.insert((capability.to_owned(), false));
    }
}
