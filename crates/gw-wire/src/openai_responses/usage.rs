//! The `usage` object of this format. Serves metering and the readers and writers of answers. Reading must not
//! fail: a figure that is missing or mistyped counts as not stated.

use crate::facts::service_tier;
use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object, Value, Writer};
use gw_model::{ServiceTier, Usage};

/// Usage of a whole answer. `None` when it states none.
#[must_use]
pub fn of_answer(answer: &Object<'_>) -> Option<Usage> {
    read(&answer.get("usage")?, answer.get("service_tier").as_ref())
}

/// Usage that the data of one event of a stream states: the events that end a stream do.
#[must_use]
pub fn of_frame(data: &[u8]) -> Option<Usage> {
    let frame = Object::parse(data, DEPTH_CEILING).ok()?;
    of_answer(&frame.get("response")?.object().ok()?)
}

/// The value of `usage`; `tier` is the answer's `service_tier`. `None` when it is null or states neither
/// input nor output.
#[must_use]
pub fn read(usage: &Value<'_>, tier: Option<&Value<'_>>) -> Option<Usage> {
    let (mut input, mut output, mut total) = (None, None, None);
    let mut found = Usage::default();
    let mut has_output_details = false;
    for (name, value) in usage.members() {
        match name {
            "input_tokens" | "prompt_tokens" => input = input.or(value.as_u64()),
            "output_tokens" | "completion_tokens" => output = output.or(value.as_u64()),
            "total_tokens" => total = value.as_u64(),
            "input_tokens_details" | "prompt_tokens_details" => input_details(&value, &mut found),
            "output_tokens_details" | "completion_tokens_details" => {
                has_output_details = value.kind == Kind::Object;
                output_details(&value, &mut found);
            }
            _ => {}
        }
    }
    if input.is_none() && output.is_none() && total.is_none() {
        return None;
    }
    let output = output.unwrap_or(0);
    found.input_tokens = input.unwrap_or_else(|| total.map_or(0, |total| total.saturating_sub(output)));
    // Some upstreams count reasoning in the total only.
    let gap = total.map_or(0, |total| total.saturating_sub(found.input_tokens).saturating_sub(output));
    let is_reasoning = gap > 0 && gap == found.reasoning_tokens;
    let is_unexplained = gap > 0 && !has_output_details && found.reasoning_tokens == 0;
    found.output_tokens = if is_reasoning || is_unexplained { output.saturating_add(gap) } else { output };
    found.service_tier = tier.and_then(|tier| service_tier(&tier.as_str()?));
    Some(found)
}

fn input_details(details: &Value<'_>, found: &mut Usage) {
    for (name, value) in details.members() {
        let slot = match name {
            "cached_tokens" => &mut found.cached_tokens,
            "cache_write_tokens" => &mut found.cache_write_tokens,
            "audio_tokens" => &mut found.audio_input_tokens,
            _ => continue,
        };
        *slot = value.as_u64().unwrap_or(*slot);
    }
}

fn output_details(details: &Value<'_>, found: &mut Usage) {
    for (name, value) in details.members() {
        let slot = match name {
            "reasoning_tokens" => &mut found.reasoning_tokens,
            "audio_tokens" => &mut found.audio_output_tokens,
            _ => continue,
        };
        *slot = value.as_u64().unwrap_or(*slot);
    }
}

/// Writes the value of `usage`. Figures that the format's own provider never states are written only when
/// there is something to state.
pub(super) fn write(w: &mut Writer, usage: &Usage) {
    w.begin_object();
    w.number_member("input_tokens", usage.input_tokens);
    w.key("input_tokens_details");
    w.begin_object();
    w.number_member("cached_tokens", usage.cached_tokens);
    w.number_member("cache_write_tokens", usage.cache_writes());
    if usage.audio_input_tokens > 0 {
        w.number_member("audio_tokens", usage.audio_input_tokens);
    }
    w.end_object();
    w.number_member("output_tokens", usage.output_tokens);
    w.key("output_tokens_details");
    w.begin_object();
    w.number_member("reasoning_tokens", usage.reasoning_tokens);
    if usage.audio_output_tokens > 0 {
        w.number_member("audio_tokens", usage.audio_output_tokens);
    }
    w.end_object();
    w.number_member("total_tokens", usage.total_tokens());
    w.end_object();
}

/// The format's name of a tier.
pub(super) const fn tier(tier: ServiceTier) -> &'static str {
    match tier {
        ServiceTier::Standard => "default",
        ServiceTier::Batch => "batch",
        ServiceTier::Flex => "flex",
        ServiceTier::Priority => "priority",
    }
}
