//! The usage objects of the wire formats, turned into the one meaning of [`Usage`]. Serves `usage`. It must
//! not fail: a figure that is missing or mistyped counts as not stated.

use super::member;
use crate::facts::service_tier;
use crate::json::{Kind, Object, Value};
use gw_model::{ServiceTier, Usage};

/// Most tokens that one call is believed to have. No model takes near as many, and the sum of a few larger ones would be money that no
/// counter holds.
const MAX_TOKENS: u64 = u32::MAX as u64;

/// A stated number of tokens.
pub(super) fn tokens_of(value: &Value<'_>) -> Option<u64> {
    value.as_u64().map(|tokens| tokens.min(MAX_TOKENS))
}

/// The figures of OpenAI's `usage`, as far as they are stated.
#[derive(Default)]
struct Stated {
    prompt: Option<u64>,
    completion: Option<u64>,
    total: Option<u64>,
    cached: Option<u64>,
    cache_write: Option<u64>,
    audio_in: Option<u64>,
    audio_out: Option<u64>,
    reasoning: Option<u64>,
    has_output_details: bool,
}

impl Stated {
    fn read(usage: &Value<'_>) -> Self {
        let mut stated = Self::default();
        for (name, value) in usage.members() {
            let slot = match name {
                "prompt_tokens" | "input_tokens" => &mut stated.prompt,
                "completion_tokens" | "output_tokens" => &mut stated.completion,
                "total_tokens" => &mut stated.total,
                "cached_tokens" | "prompt_cache_hit_tokens" => &mut stated.cached,
                "reasoning_tokens" => &mut stated.reasoning,
                "prompt_tokens_details" => {
                    stated.read_input_details(&value);
                    continue;
                }
                "completion_tokens_details" => {
                    stated.read_output_details(&value);
                    continue;
                }
                _ => continue,
            };
            *slot = slot.or(tokens_of(&value));
        }
        stated
    }

    /// Some upstreams count audio beside `prompt_tokens`, in `total_tokens` only; `rest` is the total without output.
    fn input(&self, rest: u64) -> u64 {
        let Some(prompt) = self.prompt else { return rest };
        let audio = self.audio_in.filter(|audio| *audio > 0 && rest.checked_sub(prompt) == Some(*audio));
        prompt.saturating_add(audio.unwrap_or(0))
    }

    fn read_input_details(&mut self, details: &Value<'_>) {
        for (name, value) in details.members() {
            match name {
                "cached_tokens" => self.cached = tokens_of(&value).or(self.cached),
                "cache_write_tokens" => self.cache_write = tokens_of(&value),
                "audio_tokens" => self.audio_in = tokens_of(&value),
                _ => {}
            }
        }
    }

    fn read_output_details(&mut self, details: &Value<'_>) {
        self.has_output_details = details.kind == Kind::Object;
        for (name, value) in details.members() {
            match name {
                "reasoning_tokens" => self.reasoning = tokens_of(&value).or(self.reasoning),
                "audio_tokens" => self.audio_out = tokens_of(&value),
                _ => {}
            }
        }
    }
}

/// OpenAI's `usage` of chat, completions and embeddings, and what others make of it. `None` when `usage` is
/// null or states neither input nor output. `tier` is the answer's `service_tier`.
#[must_use]
pub fn openai(usage: &Value<'_>, tier: Option<&Value<'_>>) -> Option<Usage> {
    let stated = Stated::read(usage);
    if stated.prompt.is_none() && stated.completion.is_none() && stated.total.is_none() {
        return None;
    }
    let reasoning = stated.reasoning.unwrap_or(0);
    let completion = stated.completion.unwrap_or(0);
    let rest = stated.total.map_or(0, |total| total.saturating_sub(completion));
    let input_tokens = stated.input(rest);
    Some(Usage {
        input_tokens,
        output_tokens: output_total(
            input_tokens,
            completion,
            stated.total,
            reasoning,
            stated.has_output_details,
        ),
        cached_tokens: stated.cached.unwrap_or(0),
        cache_write_tokens: stated.cache_write.unwrap_or(0),
        cache_write_1h_tokens: 0,
        reasoning_tokens: reasoning,
        audio_input_tokens: stated.audio_in.unwrap_or(0),
        audio_output_tokens: stated.audio_out.unwrap_or(0),
        service_tier: tier.and_then(tier_of),
        ..Usage::default()
    })
}

/// Some upstreams leave reasoning out of `completion_tokens` and count it in `total_tokens` only. That is
/// taken over when the gap is just the reasoning stated, or when no details explain it.
fn output_total(input: u64, completion: u64, total: Option<u64>, reasoning: u64, has_details: bool) -> u64 {
    let gap = total.map_or(0, |total| total.saturating_sub(input).saturating_sub(completion));
    if gap > 0 && (gap == reasoning || (!has_details && reasoning == 0)) {
        completion.saturating_add(gap)
    } else {
        completion
    }
}

/// Anthropic's `usage`, gathered over the frames of a stream: each figure is cumulative, a later one replaces
/// an earlier one. Its `input_tokens` leave cache reads and writes out; [`Usage`] has them in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnthropicCounts {
    input: Option<u64>,
    output: Option<u64>,
    cache_read: Option<u64>,
    cache_creation: Option<u64>,
    cache_creation_1h: Option<u64>,
    thinking: Option<u64>,
    tier: Option<ServiceTier>,
}

impl AnthropicCounts {
    /// Takes over what a `usage` object states. False when it is none, or states nothing.
    pub fn add(&mut self, usage: &Value<'_>) -> bool {
        let Some(object) = (usage.kind == Kind::Object).then(|| usage.object().ok()).flatten() else {
            return false;
        };
        let mut stated = false;
        let mut take = |slot: &mut Option<u64>, value: Option<u64>| {
            if value.is_some() {
                *slot = value;
                stated = true;
            }
        };
        take(&mut self.input, count(&object, "input_tokens"));
        take(&mut self.output, count(&object, "output_tokens"));
        take(&mut self.cache_read, count(&object, "cache_read_input_tokens"));
        take(&mut self.cache_creation, count(&object, "cache_creation_input_tokens"));
        if let Some(creation) = details(&object, "cache_creation") {
            take(&mut self.cache_creation_1h, count(&creation, "ephemeral_1h_input_tokens"));
        }
        if let Some(output) = details(&object, "output_tokens_details") {
            take(&mut self.thinking, count(&output, "thinking_tokens"));
        }
        if let Some(tier) = object.get("service_tier").as_ref().and_then(tier_of) {
            self.tier = Some(tier);
        }
        if object.get("speed").and_then(|s| s.as_str()).as_deref() == Some("fast") {
            self.tier = Some(ServiceTier::Priority);
        }
        stated
    }

    /// The sum of what was stated.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let read = self.cache_read.unwrap_or(0);
        let written = self.cache_creation.unwrap_or(0);
        let for_an_hour = self.cache_creation_1h.unwrap_or(0).min(written);
        Usage {
            input_tokens: self.input.unwrap_or(0).saturating_add(read).saturating_add(written),
            output_tokens: self.output.unwrap_or(0),
            cached_tokens: read,
            cache_write_tokens: written - for_an_hour,
            cache_write_1h_tokens: for_an_hour,
            reasoning_tokens: self.thinking.unwrap_or(0),
            audio_input_tokens: 0,
            audio_output_tokens: 0,
            service_tier: self.tier,
            ..Usage::default()
        }
    }
}

fn count(object: &Object<'_>, name: &str) -> Option<u64> {
    tokens_of(&object.get(name)?)
}

fn details<'a>(object: &Object<'a>, name: &str) -> Option<Object<'a>> {
    object.get(name).filter(|v| v.kind == Kind::Object)?.object().ok()
}

fn tier_of(value: &Value<'_>) -> Option<ServiceTier> {
    service_tier(&value.as_str()?)
}

/// Usage of a stream's frame: top-level, or where some upstreams put it (`message.usage` of Anthropic's first
/// event, `x_groq.usage`).
pub(crate) fn usage_of_frame<'a>(object: &Object<'a>) -> Option<Value<'a>> {
    let stated = object.get("usage").filter(|v| v.kind == Kind::Object);
    stated.or_else(|| {
        let nested = object.get("message").or_else(|| object.get("x_groq"))?;
        member(&nested, "usage").filter(|v| v.kind == Kind::Object)
    })
}
