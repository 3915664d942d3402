//! What a raw path asks for: the wire format, and the model where the path names it. Serves the receive stage for
//! calls that name a path in place of a model, so that those can be priced and metered too. It must not look at
//! bodies, and what it does not know for sure it does not name.

use gw_model::catalog::ProviderKind;
use gw_model::format::WireFormat;

/// A path that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Format of body and answer.
    pub format: WireFormat,
    /// The model, where the path names it (decoded).
    pub model: Option<String>,
    /// The path asks for a stream.
    pub stream: bool,
}

/// Operations of OpenAI's shape, by the end of their path. One that ends like another stands before it.
const OPENAI: [(&str, WireFormat); 11] = [
    ("/chat/completions", WireFormat::OpenAiChat),
    ("/completions", WireFormat::OpenAiCompletions),
    ("/embeddings", WireFormat::OpenAiEmbeddings),
    ("/responses", WireFormat::OpenAiResponses),
    ("/responses/input_tokens", WireFormat::OpenAiInputTokens),
    ("/images/generations", WireFormat::OpenAiImages),
    ("/images/edits", WireFormat::OpenAiImageEdits),
    ("/audio/speech", WireFormat::OpenAiSpeech),
    ("/audio/transcriptions", WireFormat::OpenAiTranscriptions),
    ("/audio/translations", WireFormat::OpenAiTranslations),
    ("/moderations", WireFormat::OpenAiModerations),
];

/// What a POST to `path` (with its leading slash, without a query) asks of a provider of that kind.
#[must_use]
pub fn recognise(kind: ProviderKind, path: &str) -> Option<Recognised> {
    let bare = |format| Some(Recognised { format, model: None, stream: false });
    // Servers take an encoded letter for the letter, and mostly do not mind a slash at the end.
    let plain = decoded(path);
    if let Some(found) = by_model(path).or_else(|| by_model(&plain)) {
        return Some(found);
    }
    let path = plain;
    let path = path.trim_end_matches('/');
    if path.ends_with("/v1/messages") || (kind == ProviderKind::Anthropic && path == "/messages") {
        return bare(WireFormat::AnthropicMessages);
    }
    if path.ends_with("/v2/chat") {
        return bare(WireFormat::CohereChat);
    }
    if path.ends_with("/v2/embed") {
        return bare(WireFormat::CohereEmbed);
    }
    if path.ends_with("/v1/messages/count_tokens") {
        return bare(WireFormat::AnthropicCountTokens);
    }
    if kind == ProviderKind::Cohere && !path.contains("/compatibility/") {
        return None;
    }
    let (operation, format) = OPENAI.into_iter().find(|(operation, _)| path.ends_with(operation))?;
    let before = path.strip_suffix(operation).unwrap_or_default();
    let model = before.split_once("/deployments/").map(|(_, model)| model.to_owned());
    Some(Recognised { format, model, stream: false })
}

/// The model that a path names, whatever it asks of it.
#[must_use]
pub fn model_of(path: &str) -> Option<String> {
    let plain = decoded(path);
    let found = if let Some((_, rest)) = plain.split_once("/models/") {
        let name = rest.rsplit_once(':').map_or(rest, |(name, _)| name);
        // A list, or one entry of it, has no verb.
        rest.contains(':').then_some(name)
    } else if let Some((_, rest)) = plain.split_once("/model/") {
        rest.rsplit_once('/').map(|(name, _)| name)
    } else {
        plain.split_once("/deployments/").and_then(|(_, rest)| rest.split('/').next())
    };
    found.filter(|name| !name.is_empty()).map(ToOwned::to_owned)
}

/// Paths that name their model: Google's `models/MODEL:VERB`, Bedrock's `/model/MODEL/OPERATION`.
fn by_model(path: &str) -> Option<Recognised> {
    let of = |format, model: &str, stream| {
        (!model.is_empty()).then(|| Recognised { format, model: Some(decoded(model)), stream })
    };
    if let Some((before, verb)) = path.rsplit_once(':')
        && let Some((start, model)) = before.rsplit_once("/models/")
    {
        let claude = start.ends_with("/publishers/anthropic");
        return match verb {
            "generateContent" => of(WireFormat::GeminiGenerate, model, false),
            "streamGenerateContent" => of(WireFormat::GeminiGenerate, model, true),
            "countTokens" if !claude => of(WireFormat::GeminiCountTokens, model, false),
            "embedContent" => of(WireFormat::GeminiEmbed, model, false),
            "batchEmbedContents" => of(WireFormat::GeminiBatchEmbed, model, false),
            "rawPredict" if claude => of(WireFormat::AnthropicMessages, model, false),
            "streamRawPredict" if claude => of(WireFormat::AnthropicMessages, model, true),
            _ => None,
        };
    }
    let (model, operation) = path.strip_prefix("/model/")?.rsplit_once('/')?;
    match operation {
        "converse" => of(WireFormat::BedrockConverse, model, false),
        "converse-stream" => of(WireFormat::BedrockConverse, model, true),
        "count-tokens" => of(WireFormat::BedrockCountTokens, model, false),
        "invoke" => of(invoked(&decoded(model))?, model, false),
        _ => None,
    }
}

/// The format of a model's own that Bedrock's `invoke` takes; the name of the model tells which.
fn invoked(model: &str) -> Option<WireFormat> {
    let formats = [
        ("anthropic.", WireFormat::AnthropicMessages),
        ("titan-embed", WireFormat::BedrockTitanEmbed),
        ("cohere.embed", WireFormat::BedrockCohereEmbed),
    ];
    formats.into_iter().find(|(part, _)| model.contains(part)).map(|(_, format)| format)
}

/// Percent-decoded; what is not valid stays as it is.
#[must_use]
pub fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests;
