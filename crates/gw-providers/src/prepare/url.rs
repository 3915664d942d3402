//! Paths per provider kind and format. Base URLs come in the form that the provider's own SDK takes.

use gw_model::catalog::ProviderKind;
use gw_model::format::{Api, WireFormat};
use std::borrow::Cow;

/// Azure's newest dated API version, for configurations that name none.
const AZURE_API_VERSION: &str = "2024-10-21";

/// A path: whole, or split where the model's name goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Path {
    /// The same for every model.
    Whole(String),
    /// The model's name stands between `before` and what follows.
    Around {
        /// In front of the name.
        before: String,
        /// Behind it, for whole answers.
        whole: String,
        /// Behind it, for streams.
        stream: String,
    },
}

/// The path for `format` below `base` (the base URL's path, no slash at its end); `query` is the base
/// URL's own, without `?`.
pub(super) fn path(
    kind: ProviderKind,
    base: &str,
    query: &str,
    format: WireFormat,
    api_version: Option<&str>,
) -> Path {
    match kind {
        ProviderKind::OpenAiCompatible => match format {
            _ if format.api() == Api::Gemini => gemini(base, query, format),
            _ if format.api() == Api::Bedrock => bedrock(trim(base, &["/v1"]), query, format),
            _ if format.api() == Api::Cohere => cohere(base, query, format),
            WireFormat::OpenAiRealtime => realtime(base, query),
            _ => Path::Whole(with_query(format!("{base}{}", operation(format)), query)),
        },
        ProviderKind::AzureOpenAi => {
            let root = trim(base, &["/openai/v1", "/openai/deployments", "/openai"]);
            azure(root, query, format, api_version.unwrap_or(AZURE_API_VERSION))
        }
        ProviderKind::Anthropic
        | ProviderKind::Gemini
        | ProviderKind::Cohere
        | ProviderKind::Bedrock
        | ProviderKind::Emulator => rooted(kind, base, query, format),
    }
}

/// Paths below a host's root, for SDKs that add the version themselves.
fn rooted(kind: ProviderKind, base: &str, query: &str, format: WireFormat) -> Path {
    let has_version = ["/v1", "/v1beta", "/v1alpha"].iter().any(|version| base.ends_with(version));
    match format {
        _ if format.api() == Api::Gemini => {
            if has_version && kind == ProviderKind::Gemini {
                return gemini(base, query, format);
            }
            gemini(&format!("{}/v1beta", trim(base, &["/v1"])), query, format)
        }
        _ if format.api() == Api::Bedrock => bedrock(trim(base, &["/v1"]), query, format),
        _ if format.api() == Api::Cohere => cohere(base, query, format),
        WireFormat::OpenAiRealtime => realtime(&format!("{}/v1", trim(base, &["/v1"])), query),
        _ if kind == ProviderKind::Gemini => {
            // Google serves OpenAI's formats beside its own.
            let version = if has_version { base.to_owned() } else { format!("{base}/v1beta") };
            Path::Whole(with_query(format!("{version}/openai{}", operation(format)), query))
        }
        _ => Path::Whole(with_query(format!("{}/v1{}", trim(base, &["/v1"]), operation(format)), query)),
    }
}

/// `version` is the base with the API's version.
fn gemini(version: &str, query: &str, format: WireFormat) -> Path {
    let whole = match format {
        WireFormat::GeminiCountTokens => ":countTokens",
        WireFormat::GeminiEmbed => ":embedContent",
        WireFormat::GeminiBatchEmbed => ":batchEmbedContents",
        _ => ":generateContent",
    };
    Path::Around {
        before: format!("{version}/models/"),
        whole: with_query(whole.to_owned(), query),
        // Without it the stream would be a JSON array, which cannot be told apart by events.
        stream: with_query(":streamGenerateContent?alt=sse".to_owned(), query),
    }
}

fn bedrock(root: &str, query: &str, format: WireFormat) -> Path {
    let whole = match format {
        // The model stands in the body.
        WireFormat::BedrockRerank => return Path::Whole(with_query(format!("{root}/rerank"), query)),
        WireFormat::BedrockCountTokens => "/count-tokens",
        WireFormat::BedrockTitanEmbed | WireFormat::BedrockCohereEmbed => "/invoke",
        _ => "/converse",
    };
    Path::Around {
        before: format!("{root}/model/"),
        whole: with_query(whole.to_owned(), query),
        stream: with_query("/converse-stream".to_owned(), query),
    }
}

/// The query names the model.
fn realtime(version: &str, query: &str) -> Path {
    let after = if query.is_empty() { String::new() } else { format!("&{query}") };
    Path::Around { before: format!("{version}/realtime?model="), whole: after.clone(), stream: after }
}

fn cohere(base: &str, query: &str, format: WireFormat) -> Path {
    Path::Whole(with_query(format!("{}{}", trim(base, &["/v1", "/v2"]), operation(format)), query))
}

fn azure(root: &str, query: &str, format: WireFormat, api_version: &str) -> Path {
    let version = format!("api-version={api_version}");
    let version = if query.is_empty() { version } else { format!("{query}&{version}") };
    match (format, api_version) {
        // Anthropic's models on Azure have an endpoint of Anthropic's shape.
        (WireFormat::AnthropicMessages | WireFormat::AnthropicCountTokens, _) => {
            Path::Whole(with_query(format!("{root}/anthropic/v1{}", operation(format)), query))
        }
        (WireFormat::OpenAiRealtime, "v1" | "latest" | "preview") => {
            realtime(&format!("{root}/openai/v1"), query)
        }
        (WireFormat::OpenAiRealtime, _) => Path::Around {
            before: format!("{root}/openai/realtime?{version}&deployment="),
            whole: String::new(),
            stream: String::new(),
        },
        (_, "v1" | "latest") => {
            Path::Whole(with_query(format!("{root}/openai/v1{}", operation(format)), query))
        }
        (_, "preview") => Path::Whole(with_query(format!("{root}/openai/v1{}", operation(format)), &version)),
        // Never below a deployment: the body names it.
        (WireFormat::OpenAiResponses, _) => {
            Path::Whole(with_query(format!("{root}/openai{}", operation(format)), &version))
        }
        _ => {
            let after = with_query(operation(format).to_owned(), &version);
            Path::Around {
                before: format!("{root}/openai/deployments/"),
                whole: after.clone(),
                stream: after,
            }
        }
    }
}

const fn operation(format: WireFormat) -> &'static str {
    match format {
        WireFormat::OpenAiChat => "/chat/completions",
        WireFormat::OpenAiCompletions => "/completions",
        WireFormat::OpenAiEmbeddings | WireFormat::VoyageEmbed => "/embeddings",
        WireFormat::OpenAiResponses => "/responses",
        WireFormat::OpenAiInputTokens => "/responses/input_tokens",
        WireFormat::AnthropicMessages => "/messages",
        WireFormat::AnthropicCountTokens => "/messages/count_tokens",
        WireFormat::CohereChat => "/v2/chat",
        WireFormat::CohereEmbed => "/v2/embed",
        WireFormat::CohereRerank => "/v2/rerank",
        WireFormat::PlainRerank | WireFormat::VoyageRerank => "/rerank",
        WireFormat::OpenAiImages => "/images/generations",
        WireFormat::OpenAiImageEdits => "/images/edits",
        WireFormat::OpenAiSpeech => "/audio/speech",
        WireFormat::OpenAiTranscriptions => "/audio/transcriptions",
        WireFormat::OpenAiTranslations => "/audio/translations",
        WireFormat::OpenAiModerations => "/moderations",
        // The model stands within the others, see the kinds that have them; or no provider has them yet.
        _ => "",
    }
}

/// Takes off the first of `endings` that is there: people paste base URLs with and without them.
fn trim<'a>(base: &'a str, endings: &[&str]) -> &'a str {
    endings.iter().find_map(|ending| base.strip_suffix(ending)).unwrap_or(base)
}

fn with_query(path: String, query: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    if query.is_empty() { path } else { format!("{path}{separator}{query}") }
}

/// A model's name as one path segment (RFC 3986: everything but unreserved characters is encoded).
pub(super) fn segment(name: &str) -> Cow<'_, str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    if name.bytes().all(plain) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 8);
    for byte in name.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    Cow::Owned(out)
}
