//! Members of the objects `text` and `reasoning` that have no field of their own. Serves the request reader and
//! writer: they stand among the extra members as `text.NAME` and `reasoning.NAME`.

use crate::json::Object;
use crate::openai_chat::request::json;
use gw_model::chat::{ChatRequest, Json};

/// What `include` names to get log probabilities; the member `logprobs` elsewhere.
pub(super) const LOGPROBS: &str = "message.output_text.logprobs";

/// Keeps every member of `object` that is not `null` and not in `known`, under `prefix`.
pub(super) fn keep(object: &Object<'_>, prefix: &str, known: &[&str], request: &mut ChatRequest) {
    for member in &object.members {
        let value = object.value(member);
        if value.is_null() || known.contains(&member.key.as_ref()) {
            continue;
        }
        if let Some(value) = json(&value) {
            request.extra.push((format!("{prefix}.{}", member.key), value));
        }
    }
}

/// The members that stand under `prefix` (which ends in a dot).
pub(super) fn under<'a>(
    request: &'a ChatRequest,
    prefix: &'static str,
) -> impl Iterator<Item = (&'a str, &'a Json)> {
    request.extra.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value)))
}

/// An extra member.
pub(super) fn get<'a>(request: &'a ChatRequest, name: &str) -> Option<&'a str> {
    request.extra.iter().find(|(known, _)| known == name).map(|(_, value)| value.get())
}
