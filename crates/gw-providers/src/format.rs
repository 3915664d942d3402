//! Which wire format goes upstream. Serves route and attempt; it must not translate anything itself.

use gw_model::format::WireFormat;
use gw_model::snapshot::Provider;

/// The format to speak to `provider` when the caller speaks `caller`: the same when the provider
/// understands it, else a chat format that it can be translated to. `None` when the provider cannot do
/// the job: embeddings are never translated, and completions and conversations need a chat format.
#[must_use]
pub fn upstream_format(provider: &Provider, caller: WireFormat) -> Option<WireFormat> {
    if provider.formats.contains(&caller) {
        return Some(caller);
    }
    if caller.is_conversation() || caller == WireFormat::OpenAiCompletions {
        return provider.formats.iter().copied().find(|format| format.is_conversation());
    }
    None
}

#[cfg(test)]
mod tests;
