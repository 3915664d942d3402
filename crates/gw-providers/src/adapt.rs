//! Fits a call to a target by what the catalogue and the configuration say of model and provider. Serves the attempt
//! stage, before [`crate::prepare()`]. It must cost nothing where nothing is said.

use gw_model::abilities::{Abilities, Ability};
use gw_model::call::Call;
use gw_model::catalog::ProviderKind;
use gw_model::format::WireFormat;
use gw_model::refusal::Refusal;
use gw_model::snapshot::{Provider, Target};
use gw_wire::adapt::{self, Adapted, Limits};

/// The first version of Anthropic's API without sampling parameters.
const WITHOUT_SAMPLING: &str = "2026-10-21";

/// What must change in the call's body for this target; nothing in most cases.
///
/// # Errors
/// `unsupported_parameter` when the call asks for what the target is known not to do: another target may.
pub fn adapt(call: &Call, target: &Target) -> Result<Adapted, Refusal> {
    let provider = &target.provider;
    let lacks = match provider.kind {
        ProviderKind::Anthropic => of_version(provider, target.info.lacks),
        _ => target.info.lacks,
    };
    if lacks.is_empty() && target.info.drop_params.is_empty() && provider.quirks.is_empty() {
        return Ok(Adapted::default());
    }
    let limits = Limits { model: &target.info, provider: &provider.quirks, lacks, name: &target.model };
    adapt::adapt(call, &limits)
}

/// Anthropic's newer API versions take no sampling parameters, whatever the model; the configuration may ask for one.
fn of_version(provider: &Provider, mut lacks: Abilities) -> Abilities {
    let mut headers = provider.headers.iter();
    let version = headers.find(|(name, _)| **name == *"anthropic-version").map(|(_, version)| version);
    if version.is_some_and(|version| **version >= *WITHOUT_SAMPLING) {
        lacks.set(Ability::Sampling, true);
    }
    lacks
}

/// The bound on output tokens that the caller's is lowered to; `None` when it is low enough, or nothing is known.
#[must_use]
pub fn clamp(call: &Call, target: &Target) -> Option<u64> {
    let most = u64::from(target.info.max_output_tokens);
    let is_above = call.facts.max_output_tokens.is_some_and(|stated| stated > most);
    (most > 0 && is_above && call.format != WireFormat::OpenAiEmbeddings).then_some(most)
}

/// The lowered bound as the caller is told of it: `max_tokens=8192`.
#[must_use]
pub fn clamped(call: &Call, most: u64) -> String {
    let name = call.facts.max_output_span.and_then(|span| {
        let before = call.body.get(..span.start)?;
        let end = memchr::memrchr(b'"', before)?;
        let start = memchr::memrchr(b'"', before.get(..end)?)?;
        std::str::from_utf8(before.get(start + 1..end)?).ok()
    });
    format!("{}={most}", name.unwrap_or("max_tokens"))
}

#[cfg(test)]
mod tests;
