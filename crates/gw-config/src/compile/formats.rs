//! Which formats a provider is spoken to in: the catalogue's, or the one that the file asks for.

use super::providers::AZURE_API_VERSION;
use crate::errors::Faults;
use crate::settings::providers::ProviderSettings;
use gw_model::WireFormat;
use gw_model::catalog::{ProviderKind, ProviderSpec};

/// The first dated `api-version` of Azure that has responses.
const AZURE_RESPONSES_SINCE: &str = "2025-03-01";

pub(super) fn formats(
    settings: &ProviderSettings,
    spec: &ProviderSpec,
    faults: &mut Faults,
) -> Vec<WireFormat> {
    let mut known = of_version(settings, spec);
    let Some(given) = settings.upstream_format else { return known };
    let wanted = given.value.wire();
    // Claude's own format, for those who ask for it; the format of all models stays beside it.
    if spec.kind == ProviderKind::Bedrock && wanted == WireFormat::AnthropicMessages {
        known.retain(|format| *format != wanted);
        known.insert(0, wanted);
        return known;
    }
    // Such a server may speak anything; the others speak what the catalogue says.
    if spec.kind != ProviderKind::OpenAiCompatible && !known.contains(&wanted) {
        let names: Vec<&str> = conversations(&known).map(WireFormat::as_str).collect();
        let message =
            format!("this provider does not speak it: write {}, or remove the key", names.join(" or "));
        faults.add(given.place, format!("'upstream_format': {message}"));
        return known;
    }
    let mut formats = vec![wanted];
    let beside = |format: &WireFormat| !format.is_conversation() && format.api() == wanted.api();
    formats.extend(known.into_iter().filter(beside));
    formats
}

/// The catalogue's formats, less what the configured version of Azure's API does not have.
fn of_version(settings: &ProviderSettings, spec: &ProviderSpec) -> Vec<WireFormat> {
    let mut formats = spec.formats.clone();
    if spec.kind == ProviderKind::AzureOpenAi {
        let version =
            settings.api_version.as_ref().map_or(AZURE_API_VERSION, |version| version.value.as_str());
        let is_dated = version.starts_with(|c: char| c.is_ascii_digit());
        if is_dated && version < AZURE_RESPONSES_SINCE {
            formats.retain(|format| *format != WireFormat::OpenAiResponses);
        }
    }
    formats
}

fn conversations(formats: &[WireFormat]) -> impl Iterator<Item = WireFormat> {
    formats.iter().copied().filter(|format| WireFormat::CONVERSATIONS.contains(format))
}
