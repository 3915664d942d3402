//! `usageMetadata`. Serves the readers and writers of answers in this format, and metering. It must not
//! estimate: what the upstream left out stays zero.
//!
//! `promptTokenCount` includes what was read from the cache; prompts that the provider's own tools made
//! (`toolUsePromptTokenCount`) and reasoning (`thoughtsTokenCount`) are counted beside prompt and candidates.

use super::names::{self, count};
use crate::json::{Kind, Object, Value, Writer, cursor::DEPTH_CEILING};
use gw_model::{ServiceTier, Span, Usage};

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

/// Usage from the value of `usageMetadata`. `None` when it states no count. Every frame of a stream has one, so it
/// is gone over once, without building a list of its members.
#[must_use]
pub fn read(metadata: &Value<'_>) -> Option<Usage> {
    let mut stated = Stated::default();
    for (name, value) in metadata.members() {
        stated.take(&names::camel(name), &value);
    }
    stated.usage()
}

/// As [`read`], of the value's own text.
pub(crate) fn of_text(metadata: &str) -> Option<Usage> {
    if !metadata.starts_with('{') {
        return None;
    }
    read(&Value::new(metadata, Span { start: 0, end: metadata.len() }, Kind::Object))
}

#[derive(Default)]
struct Stated {
    prompt: Option<u64>,
    candidates: Option<u64>,
    thoughts: Option<u64>,
    total: Option<u64>,
    by_tools: u64,
    cached: u64,
    audio_input: u64,
    audio_output: u64,
    tier: Option<ServiceTier>,
    /// Says the tier when `serviceTier` does not.
    traffic: Option<ServiceTier>,
}

impl Stated {
    fn take(&mut self, name: &str, value: &Value<'_>) {
        match name {
            "promptTokenCount" => self.prompt = count(value),
            "candidatesTokenCount" => self.candidates = count(value),
            "thoughtsTokenCount" => self.thoughts = count(value),
            "totalTokenCount" => self.total = count(value),
            "toolUsePromptTokenCount" => self.by_tools = count(value).unwrap_or(0),
            "cachedContentTokenCount" => self.cached = count(value).unwrap_or(0),
            "promptTokensDetails" => self.audio_input = of_modality(value, "AUDIO"),
            "candidatesTokensDetails" => self.audio_output = of_modality(value, "AUDIO"),
            "serviceTier" => self.tier = value.as_str().and_then(|name| tier(&name)),
            "trafficType" => self.traffic = value.as_str().and_then(|name| tier_of_traffic(&name)),
            _ => {}
        }
    }

    fn usage(&self) -> Option<Usage> {
        self.prompt.or(self.candidates).or(self.thoughts).or(self.total)?;
        let input_tokens = self.prompt.unwrap_or(0).saturating_add(self.by_tools);
        let reasoning_tokens = self.thoughts.unwrap_or(0);
        let stated_output = self.candidates.unwrap_or(0).saturating_add(reasoning_tokens);
        // What the total has more than its parts was paid for too.
        let rest = self.total.unwrap_or(0).saturating_sub(input_tokens);
        Some(Usage {
            input_tokens,
            output_tokens: stated_output.max(rest),
            cached_tokens: self.cached,
            reasoning_tokens,
            audio_input_tokens: self.audio_input,
            audio_output_tokens: self.audio_output,
            service_tier: self.tier.or(self.traffic),
            ..Usage::default()
        })
    }
}

fn of_modality(list: &Value<'_>, wanted: &str) -> u64 {
    let mut sum = 0_u64;
    for detail in list.elements() {
        let (mut tokens, mut is_wanted) = (0, false);
        for (name, value) in detail.members() {
            match names::camel(name).as_ref() {
                "modality" => is_wanted = value.as_str().as_deref() == Some(wanted),
                "tokenCount" => tokens = count(&value).unwrap_or(0),
                _ => {}
            }
        }
        sum = sum.saturating_add(if is_wanted { tokens } else { 0 });
    }
    sum
}

fn tier(name: &str) -> Option<ServiceTier> {
    match name.to_ascii_lowercase().as_str() {
        "standard" => Some(ServiceTier::Standard),
        "flex" => Some(ServiceTier::Flex),
        "priority" => Some(ServiceTier::Priority),
        "batch" => Some(ServiceTier::Batch),
        _ => None,
    }
}

fn tier_of_traffic(name: &str) -> Option<ServiceTier> {
    match name {
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
