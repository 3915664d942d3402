//! Which kind a provider is: an entry of the catalogue, or one of the kinds that need none.

use gw_model::WireFormat;
use gw_model::catalog::{AuthScheme, Catalog, ProviderKind, ProviderSpec, Quirks};
use gw_model::nearest::nearest;
use std::borrow::Cow;

/// Kinds of the public contract that this version may not speak.
const LATER: [&str; 1] = ["azure-ai"];

/// Finds the kind; `name` is the provider's own name. The error is a message without a place.
pub(super) fn find<'c>(
    kind: Option<&str>,
    name: &str,
    catalog: &'c dyn Catalog,
) -> Result<Cow<'c, ProviderSpec>, String> {
    let wanted = kind.unwrap_or(name);
    if let Some(spec) = catalog.provider(wanted) {
        return Ok(Cow::Borrowed(spec));
    }
    // The catalogue's emulator has prices; ours below has none.
    if let Some(spec) =
        catalog.provider("demo").filter(|s| wanted == "emulator" && s.kind == ProviderKind::Emulator)
    {
        return Ok(Cow::Borrowed(spec));
    }
    if let Some(spec) = generic(wanted) {
        return Ok(Cow::Owned(spec));
    }
    if LATER.contains(&wanted) {
        return Err(format!("provider kind '{wanted}' is not in this version"));
    }
    let names = catalog.providers().keys().map(AsRef::as_ref);
    let near = nearest(wanted, names.chain(GENERIC));
    Err(match (kind.is_some(), near) {
        (true, Some(near)) => format!("unknown provider kind '{wanted}', did you mean '{near}'?"),
        (true, None) => format!(
            "unknown provider kind '{wanted}': write openai-compatible and 'base_url' for a server that speaks \
             OpenAI's API"
        ),
        (false, Some(near)) => {
            format!("provider '{wanted}' has no 'kind' and is not in the catalogue, did you mean '{near}'?")
        }
        (false, None) => format!(
            "provider '{wanted}' has no 'kind' and is not in the catalogue: add 'kind', for example openai-compatible"
        ),
    })
}

/// Kinds that stand for no provider in particular.
const GENERIC: [&str; 3] = ["openai-compatible", "azure-openai", "emulator"];

fn generic(name: &str) -> Option<ProviderSpec> {
    let kind = match name {
        "openai-compatible" => ProviderKind::OpenAiCompatible,
        "azure-openai" => ProviderKind::AzureOpenAi,
        "emulator" => ProviderKind::Emulator,
        _ => return None,
    };
    let (auth, price_key) = match kind {
        ProviderKind::AzureOpenAi => (AuthScheme::Header("api-key".into()), "azure"),
        ProviderKind::Emulator => (AuthScheme::None, "emulator"),
        _ => (AuthScheme::Bearer, "openai-compatible"),
    };
    let mut formats = vec![
        WireFormat::OpenAiChat,
        WireFormat::OpenAiCompletions,
        WireFormat::OpenAiEmbeddings,
        WireFormat::OpenAiImages,
        WireFormat::OpenAiImageEdits,
        WireFormat::OpenAiSpeech,
        WireFormat::OpenAiTranscriptions,
        WireFormat::OpenAiTranslations,
    ];
    if kind != ProviderKind::AzureOpenAi {
        formats.push(WireFormat::OpenAiModerations);
    }
    if kind == ProviderKind::Emulator {
        formats.push(WireFormat::AnthropicMessages);
    }
    Some(ProviderSpec {
        name: name.into(),
        display_name: name.into(),
        kind,
        base_url: None,
        key_env: Vec::new(),
        auth,
        formats,
        price_key: price_key.into(),
        rename_params: Vec::new(),
        routing_members: Vec::new(),
        endpoints: Vec::new(),
        headers: Vec::new(),
        placeholders: Vec::new(),
        quirks: Quirks::default(),
    })
}
