//! Health checks of a provider: what is asked for, where the configuration does not say.

use crate::errors::Faults;
use crate::settings::providers::ProviderSettings;
use gw_model::catalog::ProviderKind;
use gw_model::routing::HealthCheck;

pub(super) fn compile(
    settings: &ProviderSettings,
    kind: ProviderKind,
    faults: &mut Faults,
) -> Option<HealthCheck> {
    let check = settings.health_check.as_ref()?;
    let path = match &check.value.path {
        Some(path) => {
            let text = path.value.as_str();
            if !is_path(text) {
                faults.add(path.place, "'path' must begin with '/' and lead below the base URL");
            }
            text
        }
        None => list_of_models(kind).unwrap_or_else(|| {
            let message =
                "'health_check' needs 'path' here: this kind of provider lists no models at its base URL";
            faults.add(check.place, message);
            "/"
        }),
    };
    Some(HealthCheck {
        when: check.value.when.value.when(),
        interval_ms: check.value.interval_ms.value.get(),
        timeout_ms: check.value.timeout_ms.value.get(),
        path: path.into(),
    })
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

fn is_path(text: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\\".contains(&byte));
    let mut segments = text.split('?').next().unwrap_or_default().split('/').skip(1);
    is_plain
        && text.starts_with('/')
        && !text.starts_with("//")
        && !segments.any(|one| matches!(one, "." | ".."))
}
