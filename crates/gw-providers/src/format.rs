//! Which wire format goes upstream. Serves route and attempt; it must not translate anything itself.

use crate::hosted;
use gw_model::format::WireFormat;
use gw_model::snapshot::Provider;

/// The format to speak to `provider`'s `model` when the caller speaks `caller`: the same when provider and model
/// understand it, else a chat format that it can be translated to. `None` when the provider cannot do the job:
/// embeddings are never translated, and completions and conversations need a chat format.
#[must_use]
pub fn upstream_format(provider: &Provider, model: &str, caller: WireFormat) -> Option<WireFormat> {
    let takes = |format: WireFormat| hosted::takes(provider.kind, &provider.formats, model, format);
    if provider.formats.contains(&caller) && takes(caller) {
        return Some(caller);
    }
    if caller.is_conversation() || caller == WireFormat::OpenAiCompletions {
        return provider.formats.iter().copied().find(|format| format.is_conversation() && takes(*format));
    }
    None
}

#[cfg(test)]
mod tests;
