//! Our words in those of the conventions: operations, providers, errors.

use gw_model::catalog::ProviderKind;
use gw_model::snapshot::Provider;
use gw_model::{AttemptRecord, NanoUsd, Outcome, Record, WireFormat};

/// Why a try ended that was no failure: somebody else was faster, or nobody waited any more.
const NO_FAILURES: [&str; 2] = ["hedged", "abandoned"];

/// The kind of operation that a format asks for.
pub(crate) const fn operation(format: WireFormat) -> &'static str {
    use gw_model::Endpoint as E;
    match format {
        WireFormat::GeminiGenerate => "generate_content",
        WireFormat::OpenAiCompletions => "text_completion",
        _ if format.counts().is_some() => "count_tokens",
        _ => match format.endpoint() {
            E::Chat | E::Completions => "chat",
            E::Embeddings => "embeddings",
            other => other.as_str(),
        },
    }
}

/// The provider as the conventions name it; where they have no name, that of the catalogue.
pub(crate) fn system(provider: &Provider) -> &str {
    match provider.kind {
        ProviderKind::AzureOpenAi => "azure.ai.openai",
        ProviderKind::Anthropic => "anthropic",
        ProviderKind::Gemini => "gcp.gemini",
        ProviderKind::Vertex => "gcp.vertex_ai",
        ProviderKind::Bedrock => "aws.bedrock",
        ProviderKind::Cohere => "cohere",
        ProviderKind::Emulator => "gatewright.emulator",
        ProviderKind::OpenAiCompatible => match &*provider.price_key {
            "" => &provider.name,
            "azure_ai" => "azure.ai.inference",
            "mistral" | "codestral" => "mistral_ai",
            "xai" => "x_ai",
            "moonshot" => "moonshot_ai",
            "bedrock_mantle" => "aws.bedrock",
            "watsonx" => "ibm.watsonx.ai",
            // The others have the same name there: openai, groq, deepseek, perplexity.
            known => known,
        },
    }
}

/// What went wrong with a request, in a word; `None` when nothing did.
pub(crate) fn error_of(record: &Record) -> Option<&str> {
    match record.outcome {
        Outcome::Success => None,
        Outcome::ClientDisconnect | Outcome::Shutdown => Some(record.outcome.as_str()),
        _ if !record.error_code.is_empty() => Some(&record.error_code),
        outcome => {
            let reason = record.last_attempt().map(|last| last.reason.as_str());
            Some(reason.filter(|reason| !reason.is_empty()).unwrap_or_else(|| outcome.as_str()))
        }
    }
}

/// What went wrong with a try: the status of its answer, else a word; `None` when it did not fail.
pub(crate) fn error_of_attempt(attempt: &AttemptRecord) -> Option<String> {
    has_failed(attempt).then(|| match attempt.status {
        0..400 => attempt.reason.clone(),
        status => status.to_string(),
    })
}

/// Did a try fail, rather than end without need?
fn has_failed(attempt: &AttemptRecord) -> bool {
    !attempt.reason.is_empty() && !NO_FAILURES.contains(&attempt.reason.as_str())
}

/// Microseconds as nanoseconds.
pub(crate) fn nanos(us: i64) -> u64 {
    u64::try_from(us).unwrap_or(0).saturating_mul(1000)
}

/// Microseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "a measurement's precision suffices")]
pub(crate) fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

/// Dollars as a number: for display only, never for accounting.
#[expect(clippy::cast_precision_loss, reason = "the records have it exactly")]
pub(crate) fn dollars(amount: NanoUsd) -> f64 {
    amount.0 as f64 / 1e9
}

/// Microseconds from a try's beginning to the first byte that the caller got of it; `None` where that was of another try.
pub(crate) fn first_chunk_us(record: &Record, began: i64) -> Option<u64> {
    let first = i64::try_from(record.first_byte_us?).ok()?;
    u64::try_from(record.time.saturating_add(first) - began).ok()
}
