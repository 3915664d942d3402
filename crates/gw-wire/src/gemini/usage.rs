//! `usageMetadata`. Serves the readers and writers of answers in this format, and metering. It must not
//! estimate: what the upstream left out stays zero.
//!
//! `promptTokenCount` includes what was read from the cache; prompts that the provider's own tools made
//! (`toolUsePromptTokenCount`) and reasoning (`thoughtsTokenCount`) are counted beside prompt and candidates.

use super::names::{self, count_of};
use crate::json::{Object, Value, Writer, cursor::DEPTH_CEILING};
use gw_model::{ServiceTier, Usage};

/// Usage of a whole answer or of one frame. `None` when it states no count.
#[must_use]
pub fn from_body(body: &[u8]) -> Option<Usage> {
    of_answer(&Object::parse(body, DEPTH_CEILING).ok()?)
}

/// As [`from_body`], of an answer that has been parsed.
#[must_use]
pub fn of_answer(answer: &Object<'_>) -> Option<Usage> {
    read(&names::get(answer, "usageMetadata")?)
}

/// Usage from the value of `usageMetadata`. `None` when it states no count.
#[must_use]
pub fn read(metadata: &Value<'_>) -> Option<Usage> {
    of_metadata(&metadata.object().ok()?)
}

/// As [`read`], of an object that has been parsed.
#[must_use]
pub fn of_metadata(stated: &Object<'_>) -> Option<Usage> {
    let count = |name: &str| count_of(stated, name);
    let (prompt, candidates) = (count("promptTokenCount"), count("candidatesTokenCount"));
    let (thoughts, total) = (count("thoughtsTokenCount"), count("totalTokenCount"));
    if prompt.is_none() && candidates.is_none() && thoughts.is_none() && total.is_none() {
        return None;
    }
    let by_tools = count("toolUsePromptTokenCount").unwrap_or(0);
    let input_tokens = prompt.unwrap_or(0).saturating_add(by_tools);
    let reasoning_tokens = thoughts.unwrap_or(0);
    let stated_output = candidates.unwrap_or(0).saturating_add(reasoning_tokens);
    // What the total has more than its parts was paid for too.
    let rest = total.unwrap_or(0).saturating_sub(input_tokens);
    Some(Usage {
        input_tokens,
        output_tokens: stated_output.max(rest),
        cached_tokens: count("cachedContentTokenCount").unwrap_or(0),
        reasoning_tokens,
        audio_input_tokens: of_modality(stated, "promptTokensDetails", "AUDIO"),
        audio_output_tokens: of_modality(stated, "candidatesTokensDetails", "AUDIO"),
        service_tier: tier(stated),
        ..Usage::default()
    })
}

fn of_modality(stated: &Object<'_>, list: &str, modality: &str) -> u64 {
    let mut sum = 0_u64;
    for detail in names::get(stated, list).iter().flat_map(Value::elements) {
        let Ok(detail) = detail.object() else { continue };
        if names::text(&detail, "modality").as_deref() == Some(modality) {
            sum = sum.saturating_add(count_of(&detail, "tokenCount").unwrap_or(0));
        }
    }
    sum
}

fn tier(stated: &Object<'_>) -> Option<ServiceTier> {
    if let Some(tier) = names::text(stated, "serviceTier") {
        return match tier.to_ascii_lowercase().as_str() {
            "standard" => Some(ServiceTier::Standard),
            "flex" => Some(ServiceTier::Flex),
            "priority" => Some(ServiceTier::Priority),
            "batch" => Some(ServiceTier::Batch),
            _ => None,
        };
    }
    match names::text(stated, "trafficType")?.as_str() {
        "ON_DEMAND" | "PROVISIONED_THROUGHPUT" => Some(ServiceTier::Standard),
        "ON_DEMAND_FLEX" => Some(ServiceTier::Flex),
        "ON_DEMAND_PRIORITY" => Some(ServiceTier::Priority),
        _ => None,
    }
}

/// Writes the value of `usageMetadata`.
pub(crate) fn write(w: &mut Writer, usage: &Usage) {
    let answer = usage.output_tokens.saturating_sub(usage.reasoning_tokens);
    w.begin_object();
    w.number_member("promptTokenCount", usage.input_tokens);
    w.number_member("candidatesTokenCount", answer);
    w.number_member("totalTokenCount", usage.total_tokens());
    if usage.cached_tokens > 0 {
        w.number_member("cachedContentTokenCount", usage.cached_tokens);
    }
    if usage.reasoning_tokens > 0 {
        w.number_member("thoughtsTokenCount", usage.reasoning_tokens);
    }
    write_details(w, "promptTokensDetails", usage.input_tokens, usage.audio_input_tokens);
    write_details(w, "candidatesTokensDetails", answer, usage.audio_output_tokens);
    let tier = usage.service_tier.and_then(|tier| match tier {
        ServiceTier::Standard => Some("standard"),
        ServiceTier::Flex => Some("flex"),
        ServiceTier::Priority => Some("priority"),
        // Callers' types of this format know three tiers.
        ServiceTier::Batch => None,
    });
    if let Some(tier) = tier {
        w.string_member("serviceTier", tier);
    }
    w.end_object();
}

fn write_details(w: &mut Writer, name: &str, total: u64, audio: u64) {
    if audio == 0 {
        return;
    }
    w.key(name);
    w.begin_array();
    for (modality, count) in [("TEXT", total.saturating_sub(audio)), ("AUDIO", audio)] {
        w.begin_object();
        w.string_member("modality", modality);
        w.number_member("tokenCount", count);
        w.end_object();
    }
    w.end_array();
}
