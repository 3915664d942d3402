//! Which wire format goes upstream. Serves route and attempt; it must not translate anything itself.

use crate::hosted;
use gw_model::format::{Endpoint, WireFormat};
use gw_model::snapshot::Provider;

/// The format to speak to `provider`'s `model` when the caller speaks `caller`: the same when provider and model
/// understand it, else one of the same kind of work that it can be translated to. `None` when the provider cannot
/// do the job.
#[must_use]
pub fn upstream_format(provider: &Provider, model: &str, caller: WireFormat) -> Option<WireFormat> {
    let serves = |format: WireFormat| {
        serves(provider, model, format) && hosted::takes(provider.kind, &provider.formats, model, format)
    };
    if provider.formats.contains(&caller) && serves(caller) {
        return Some(caller);
    }
    let first = |fits: &dyn Fn(WireFormat) -> bool| {
        provider.formats.iter().copied().find(|format| fits(*format) && serves(*format))
    };
    if caller.counts().is_some() {
        return first(&|format| format.counts().is_some());
    }
    if caller.is_conversation() || caller == WireFormat::OpenAiCompletions {
        return first(&WireFormat::is_conversation);
    }
    match caller.endpoint() {
        kind @ (Endpoint::Embeddings | Endpoint::Rerank) => first(&|format| format.endpoint() == kind),
        _ => None,
    }
}

/// True when a target that has no endpoint to count tokens at holds conversations: the gateway counts for it.
#[must_use]
pub fn counts_here(provider: &Provider, caller: WireFormat) -> bool {
    caller.counts().is_some()
        && provider.formats.iter().any(|f| f.is_conversation() || *f == WireFormat::OpenAiCompletions)
}

/// Where a provider has a format of its own for each maker of models, the model's name tells which.
fn serves(provider: &Provider, model: &str, format: WireFormat) -> bool {
    // Vertex AI has its newer models of embeddings at the same verb as the Gemini API, the older at one of its own.
    let is_newer = || model.contains("gemini-embedding-2");
    match format {
        WireFormat::VertexPredict => !is_newer(),
        WireFormat::GeminiEmbed if provider.formats.contains(&WireFormat::VertexPredict) => is_newer(),
        WireFormat::BedrockTitanEmbed => model.contains("titan-embed"),
        WireFormat::BedrockCohereEmbed => model.contains("cohere.embed"),
        WireFormat::BedrockRerank => model.contains("rerank"),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
