//! Models of other makers on the clouds that host them: which format a model speaks there, what its name is in a
//! path or a body, and what the host wants otherwise in the body. Serves `prepare` and the choice of formats. It must
//! not know credentials.

use gw_model::call::Call;
use gw_model::catalog::ProviderKind;
use gw_model::format::{Api, WireFormat};
use gw_wire::edit::Reshape;
use std::borrow::Cow;

/// Anthropic's API as Vertex AI names it.
const VERTEX_MESSAGES: Reshape<'static> = Reshape {
    without: &["model", "anthropic_version"],
    with: br#""anthropic_version":"vertex-2023-10-16","#,
};
/// As Bedrock's `InvokeModel` names it; its paths say whether to stream.
const BEDROCK_MESSAGES: Reshape<'static> = Reshape {
    without: &["model", "stream", "anthropic_version"],
    with: br#""anthropic_version":"bedrock-2023-05-31","#,
};

/// What the body of a request in `format` must be otherwise.
pub(crate) const fn reshape(kind: ProviderKind, format: WireFormat) -> Reshape<'static> {
    match (kind, format) {
        (ProviderKind::Vertex, WireFormat::AnthropicMessages) => VERTEX_MESSAGES,
        (ProviderKind::Bedrock, WireFormat::AnthropicMessages) => BEDROCK_MESSAGES,
        _ => Reshape { without: &[], with: b"" },
    }
}

/// Members of the caller's body that only hosts of Anthropic's models take: their clients state the version there,
/// where Anthropic itself has a header.
pub(crate) fn foreign_members(call: &Call) -> &'static [&'static str] {
    const VERSION: &str = "anthropic_version";
    let is_stated = call.format == WireFormat::AnthropicMessages
        && memchr::memmem::find(&call.body, VERSION.as_bytes()).is_some();
    if is_stated { &[VERSION] } else { &[] }
}

/// Does a model at a provider of this kind take requests in `format`? `formats` are the provider's.
pub(crate) fn takes(kind: ProviderKind, formats: &[WireFormat], model: &str, format: WireFormat) -> bool {
    match kind {
        ProviderKind::Vertex => {
            let native = Publisher::of(model).0.format();
            let is_conversation = format.is_conversation();
            // OpenAI's format is a second choice, for models of Google's where the configuration asks for it.
            !is_conversation || format == native || !formats.contains(&native)
        }
        // Only Anthropic's models speak its format; what a profile's ARN stands for is the configuration's to know.
        ProviderKind::Bedrock if format == WireFormat::AnthropicMessages => {
            model.contains("anthropic.") || model.starts_with("arn:")
        }
        _ => true,
    }
}

/// Whose model it is on Vertex AI, which decides its path and its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Publisher {
    /// Gemini and what else Google made.
    Google,
    /// A tuned model of one's own, by its endpoint's number.
    Endpoint,
    /// Claude.
    Anthropic,
    /// A maker whose models take OpenAI's format at a path of their own.
    Raw(&'static str),
    /// An open model behind the endpoint that all of them share.
    Open,
}

/// Makers of models that are called by name only, by how the names begin.
const BY_NAME: [(&str, Publisher); 8] = [
    ("claude", Publisher::Anthropic),
    ("gemini", Publisher::Google),
    ("mistral", Publisher::Raw("mistralai")),
    ("codestral", Publisher::Raw("mistralai")),
    ("ministral", Publisher::Raw("mistralai")),
    ("jamba", Publisher::Raw("ai21")),
    ("llama", Publisher::Open),
    ("gpt-oss", Publisher::Open),
];

impl Publisher {
    /// The publisher, and the model's name without it.
    pub(crate) fn of(model: &str) -> (Self, &str) {
        let resource = model.strip_prefix("publishers/").and_then(|rest| rest.split_once("/models/"));
        if let Some(id) = model.strip_prefix("endpoints/") {
            return (Self::Endpoint, id);
        }
        if !model.is_empty() && model.bytes().all(|b| b.is_ascii_digit()) {
            return (Self::Endpoint, model);
        }
        let Some((maker, name)) = resource.or_else(|| model.split_once('/')) else {
            let known = BY_NAME.iter().find(|(start, _)| model.starts_with(start));
            return (known.map_or(Self::Google, |(_, publisher)| *publisher), model);
        };
        // The shared endpoint wants the maker's name in front, so that it stays there.
        if name.ends_with("-maas") {
            return (Self::Open, model);
        }
        match maker {
            "google" => (Self::Google, name),
            "anthropic" => (Self::Anthropic, name),
            "mistralai" => (Self::Raw("mistralai"), name),
            "ai21" => (Self::Raw("ai21"), name),
            _ => (Self::Open, model),
        }
    }

    /// The format that its models speak.
    const fn format(self) -> WireFormat {
        match self {
            Self::Google | Self::Endpoint => WireFormat::GeminiGenerate,
            Self::Anthropic => WireFormat::AnthropicMessages,
            Self::Raw(_) | Self::Open => WireFormat::OpenAiChat,
        }
    }
}

/// The name that a price list has for a model that is called with its maker in front.
pub(crate) fn listed_name<'a>(price_key: &str, model: &'a str) -> Option<&'a str> {
    let (_, name) = Publisher::of(model);
    (price_key == "vertex_ai" && name != model).then_some(name)
}

/// The model's name in a body.
pub(crate) fn body_model(kind: ProviderKind, format: WireFormat, model: &str) -> Cow<'_, str> {
    if kind != ProviderKind::Vertex || format != WireFormat::OpenAiChat {
        return Cow::Borrowed(model);
    }
    match Publisher::of(model) {
        (Publisher::Google, name) => Cow::Owned(format!("google/{name}")),
        (_, name) => Cow::Borrowed(name),
    }
}

/// The path at Vertex AI below `root`, which ends in the project and location (or in the API's version, where a key
/// stands for both). `segment` encodes a name.
pub(crate) fn vertex_path(
    root: &str,
    query: &str,
    format: WireFormat,
    model: &str,
    is_stream: bool,
    segment: impl Fn(&str) -> String,
) -> String {
    let (publisher, name) = Publisher::of(model);
    let (whole, stream) = match format {
        WireFormat::GeminiGenerate => (":generateContent", ":streamGenerateContent?alt=sse"),
        WireFormat::AnthropicMessages | WireFormat::OpenAiChat => (":rawPredict", ":streamRawPredict"),
        WireFormat::GeminiEmbed => (":embedContent", ""),
        WireFormat::VertexPredict => (":predict", ""),
        _ => ("", ""),
    };
    // A name may have a version behind `@`, which Google's own clients send as it is.
    let name = name.split('@').map(segment).collect::<Vec<_>>().join("@");
    let place = match (format, publisher) {
        (WireFormat::OpenAiChat, Publisher::Raw(maker)) => format!("publishers/{maker}/models/{name}"),
        (WireFormat::OpenAiChat, _) => {
            let path = format!("{root}/endpoints/openapi/chat/completions");
            return if query.is_empty() { path } else { format!("{path}?{query}") };
        }
        (_, Publisher::Endpoint) => format!("endpoints/{name}"),
        (WireFormat::AnthropicMessages, _) => format!("publishers/anthropic/models/{name}"),
        _ => format!("publishers/google/models/{name}"),
    };
    let verb = if is_stream { stream } else { whole };
    let separator = if query.is_empty() {
        ""
    } else if verb.contains('?') {
        "&"
    } else {
        "?"
    };
    format!("{root}/{place}{verb}{separator}{query}")
}

/// The format of an error's body, where the host answers in its own words whatever the model speaks.
#[must_use]
pub fn error_format(kind: ProviderKind, format: WireFormat, body: &[u8]) -> WireFormat {
    match kind {
        ProviderKind::Bedrock if format.api() != Api::Bedrock => WireFormat::BedrockConverse,
        // Claude's own errors come through; Google's are about project, quota or credential.
        ProviderKind::Vertex if memchr::memmem::find(body, br#""type":"error""#).is_none() => {
            match memchr::memmem::find(body, br#""status""#) {
                Some(_) => WireFormat::GeminiGenerate,
                None => format,
            }
        }
        _ => format,
    }
}
