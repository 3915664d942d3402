//! Whether a body needs to be looked into for what the provider or the configuration says. Serves `adapt`. It may say
//! yes without need, never no.

use super::Limits;
use gw_model::{Call, DropParams};
use memchr::memmem;

/// Must the body be read?
pub(super) fn is_needed(call: &Call, limits: &Limits<'_>) -> bool {
    let stands = |name: &str| memmem::find(&call.body, name.as_bytes()).is_some();
    let quirks = limits.provider;
    let is_named = match &limits.model.drop_params {
        // Names are OpenAI's; what they are called in other formats is looked up in the body.
        DropParams::Named(names) => {
            call.format.api() != gw_model::Api::OpenAi
                || names.iter().any(|name| stands(name.rsplit('.').next().unwrap_or(name)))
        }
        DropParams::Harmless | DropParams::Unsupported => false,
    };
    is_named
        || quirks.string_content
        || quirks.drop_params.iter().chain(&quirks.refuse_params).any(|name| stands(name))
        || (quirks.temperature_max.is_some() && stands("temperature"))
}
