//! The smallest question to a provider, to find out whether it is there and takes the credential: the list of its models,
//! or one token of an answer. It must not be asked for on a caller's behalf.

use super::provider::PreparedProvider;
use super::{UpstreamParts, prepare_raw};
use bytes::Bytes;
use gw_model::RawLine;
use gw_model::catalog::ProviderKind;
use gw_model::clock::Micros;
use gw_model::format::WireFormat;
use gw_model::refusal::{ErrorCode, Refusal};
use gw_model::snapshot::Provider;
use http::Method;
use serde_json::{Value, json};

/// Formats that a question can be asked in, in the order of preference.
const FORMATS: [WireFormat; 7] = [
    WireFormat::OpenAiChat,
    WireFormat::AnthropicMessages,
    WireFormat::GeminiGenerate,
    WireFormat::BedrockConverse,
    WireFormat::CohereChat,
    WireFormat::OpenAiResponses,
    WireFormat::OpenAiEmbeddings,
];

/// Most tokens of an answer, where a provider's models think before they say one.
const FEW_TOKENS: u32 = 16;

/// Builds the question: to a model, or for the list of models.
///
/// # Errors
/// `invalid_request` when the provider lists no models and none is named, or the name can not be sent.
pub fn prepare_probe(
    provider: &Provider,
    prepared: &PreparedProvider,
    model: Option<&str>,
    now: Micros,
) -> Result<UpstreamParts, Refusal> {
    let Some(model) = model else {
        let path = list_of_models(provider.kind).ok_or_else(|| {
            Refusal::new(
                ErrorCode::InvalidRequest,
                "this kind of provider lists no models: name one in 'model'",
            )
        })?;
        let line = RawLine {
            provider: provider.name.to_string(),
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: Vec::new(),
            format: None,
            unread: None,
            object: None,
        };
        return prepare_raw(&line, &Bytes::new(), prepared, now);
    };
    let format = FORMATS.into_iter().find(|format| provider.formats.contains(format)).ok_or_else(|| {
        Refusal::new(ErrorCode::InvalidRequest, "this provider has no format that a test can be asked in")
    })?;
    let path_and_query = prepared.path(format, model, false)?;
    let mut headers = prepared.headers(format).clone();
    let body = vec![Bytes::from(question(format, provider, model).to_string())];
    if let Some(signer) = prepared.signer() {
        let other_host = prepared.other_authority(format);
        signer.sign(&Method::POST, &path_and_query, other_host, &mut headers, &body, now)?;
    }
    Ok(UpstreamParts { method: Method::POST, path_and_query, headers, body, hide_usage: false })
}

/// What costs nothing, and needs the credential.
const fn list_of_models(kind: ProviderKind) -> Option<&'static str> {
    match kind {
        ProviderKind::OpenAiCompatible => Some("/models"),
        ProviderKind::Anthropic | ProviderKind::Cohere | ProviderKind::Emulator => Some("/v1/models"),
        ProviderKind::Gemini => Some("/v1beta/models"),
        ProviderKind::AzureOpenAi | ProviderKind::Bedrock | ProviderKind::Vertex => None,
    }
}

fn question(format: WireFormat, provider: &Provider, model: &str) -> Value {
    let said = json!([{ "role": "user", "content": "Hi" }]);
    match format {
        WireFormat::AnthropicMessages => json!({ "model": model, "max_tokens": 1, "messages": said }),
        WireFormat::GeminiGenerate => json!({
            "contents": [{ "role": "user", "parts": [{ "text": "Hi" }] }],
            "generationConfig": { "maxOutputTokens": 1 },
        }),
        WireFormat::BedrockConverse => json!({
            "messages": [{ "role": "user", "content": [{ "text": "Hi" }] }],
            "inferenceConfig": { "maxTokens": 1 },
        }),
        WireFormat::OpenAiResponses => {
            json!({ "model": model, "max_output_tokens": FEW_TOKENS, "input": "Hi" })
        }
        WireFormat::OpenAiEmbeddings => json!({ "model": model, "input": "Hi" }),
        // OpenAI's own newer models refuse the older name, and others know no other.
        WireFormat::OpenAiChat if matches!(&*provider.price_key, "openai" | "azure-openai" | "azure") => {
            json!({ "model": model, "max_completion_tokens": FEW_TOKENS, "messages": said })
        }
        _ => json!({ "model": model, "max_tokens": 1, "messages": said }),
    }
}

#[cfg(test)]
mod tests;
