//! Paths per provider kind and format. Base URLs come in the form that the provider's own SDK takes.

use gw_model::catalog::ProviderKind;
use gw_model::format::WireFormat;
use std::borrow::Cow;

/// Azure's newest dated API version, for configurations that name none.
const AZURE_API_VERSION: &str = "2024-10-21";

/// A path: whole, or split where the model's name goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Path {
    /// The same for every model.
    Whole(String),
    /// Azure's deployment stands between the two.
    Around(String, String),
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
    let whole = |path: String| Path::Whole(with_query(path, query));
    match kind {
        ProviderKind::OpenAiCompatible => whole(format!("{base}{}", operation(format))),
        ProviderKind::Anthropic | ProviderKind::Emulator => {
            whole(format!("{}/v1{}", trim(base, &["/v1"]), operation(format)))
        }
        ProviderKind::AzureOpenAi => {
            let root = trim(base, &["/openai/v1", "/openai/deployments", "/openai"]);
            azure(root, query, format, api_version.unwrap_or(AZURE_API_VERSION))
        }
    }
}

fn azure(root: &str, query: &str, format: WireFormat, api_version: &str) -> Path {
    let version = format!("api-version={api_version}");
    let version = if query.is_empty() { version } else { format!("{query}&{version}") };
    match (format, api_version) {
        // Anthropic's models on Azure have an endpoint of Anthropic's shape.
        (WireFormat::AnthropicMessages, _) => {
            Path::Whole(with_query(format!("{root}/anthropic/v1/messages"), query))
        }
        (_, "v1" | "latest") => {
            Path::Whole(with_query(format!("{root}/openai/v1{}", operation(format)), query))
        }
        (_, "preview") => Path::Whole(with_query(format!("{root}/openai/v1{}", operation(format)), &version)),
        _ => Path::Around(
            format!("{root}/openai/deployments/"),
            with_query(operation(format).to_owned(), &version),
        ),
    }
}

const fn operation(format: WireFormat) -> &'static str {
    match format {
        WireFormat::OpenAiChat => "/chat/completions",
        WireFormat::OpenAiCompletions => "/completions",
        WireFormat::OpenAiEmbeddings => "/embeddings",
        WireFormat::OpenAiResponses => "/responses",
        WireFormat::AnthropicMessages => "/messages",
        WireFormat::CohereChat => "/v2/chat",
        // The model stands within these, see the kinds that have them.
        WireFormat::GeminiGenerate | WireFormat::BedrockConverse => "",
    }
}

/// Takes off the first of `endings` that is there: people paste base URLs with and without them.
fn trim<'a>(base: &'a str, endings: &[&str]) -> &'a str {
    endings.iter().find_map(|ending| base.strip_suffix(ending)).unwrap_or(base)
}

fn with_query(path: String, query: &str) -> String {
    if query.is_empty() { path } else { format!("{path}?{query}") }
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
