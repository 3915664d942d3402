//! Which wire format goes upstream. Serves route and attempt; it must not translate anything itself.

use crate::hosted;
use gw_model::format::WireFormat;
use gw_model::snapshot::Target;

/// The format to speak to `target` when the caller speaks `caller`: the same when provider and model understand
/// it, else a chat format that it can be translated to. `None` when the target cannot do the job: embeddings
/// are never translated, and completions and conversations need a chat format.
#[must_use]
pub fn upstream_format(target: &Target, caller: WireFormat) -> Option<WireFormat> {
    let provider = &target.provider;
    let takes = |format: WireFormat| hosted::takes(provider.kind, &provider.formats, &target.model, format);
    if provider.formats.contains(&caller) && takes(caller) {
        return Some(caller);
    }
    match caller {
        WireFormat::OpenAiEmbeddings => None,
        _ => provider.formats.iter().copied().find(|f| WireFormat::CONVERSATIONS.contains(f) && takes(*f)),
    }
}

#[cfg(test)]
mod tests;
