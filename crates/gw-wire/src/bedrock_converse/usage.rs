//! Usage as Bedrock states it. Serves metering, and the readers and writers of answers in this format. It must
//! not estimate: what the upstream left out stays zero.
//!
//! Bedrock's `inputTokens` leaves out cache reads and writes; [`Usage::input_tokens`] includes them.

use crate::eventstream::Message;
use crate::json::Value;
use gw_model::price::ServiceTier;
use gw_model::usage::Usage;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The `usage` object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_write_input_tokens: Option<u64>,
    cache_details: Option<Vec<CacheDetail>>,
}

/// Cache writes of one lifetime.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CacheDetail {
    #[serde(default)]
    ttl: Cow<'static, str>,
    #[serde(default)]
    input_tokens: u64,
}

/// The `serviceTier` object.
#[derive(Debug, Deserialize)]
pub(super) struct TierIn {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
}

impl WireUsage {
    /// In the common meaning.
    pub(super) fn usage(&self, tier: Option<&TierIn>) -> Usage {
        let cached = self.cache_read_input_tokens.unwrap_or(0);
        let details = self.cache_details.as_deref().unwrap_or_default();
        let sum = |ttl: Option<&str>| {
            let wanted = details.iter().filter(|detail| ttl.is_none_or(|ttl| detail.ttl == ttl));
            wanted.fold(0_u64, |sum, detail| sum.saturating_add(detail.input_tokens))
        };
        let written = self.cache_write_input_tokens.unwrap_or_else(|| sum(None));
        let for_an_hour = sum(Some("1h")).min(written);
        let plain = self.input_tokens.unwrap_or(0);
        Usage {
            input_tokens: plain.saturating_add(cached).saturating_add(written),
            output_tokens: self.output_tokens.unwrap_or(0),
            cached_tokens: cached,
            cache_write_tokens: written - for_an_hour,
            cache_write_1h_tokens: for_an_hour,
            service_tier: tier.and_then(|tier| read_tier(&tier.kind)),
            ..Usage::default()
        }
    }
}

/// What usage stands in: a whole answer, or a stream's last event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Holder {
    usage: Option<WireUsage>,
    service_tier: Option<TierIn>,
}

/// The value of `usage`; `tier` is the answer's `serviceTier`. `None` when it states neither input nor output.
#[must_use]
pub fn read(usage: &Value<'_>, tier: Option<&Value<'_>>) -> Option<Usage> {
    let usage: WireUsage = serde_json::from_str(usage.raw()).ok()?;
    if usage.input_tokens.is_none() && usage.output_tokens.is_none() {
        return None;
    }
    let tier: Option<TierIn> = tier.and_then(|tier| serde_json::from_str(tier.raw()).ok());
    Some(usage.usage(tier.as_ref()))
}

/// Usage of a whole answer. `None` when it states none.
#[must_use]
pub fn of_whole(body: &[u8]) -> Option<Usage> {
    let holder: Holder = serde_json::from_slice(body).ok()?;
    Some(holder.usage?.usage(holder.service_tier.as_ref()))
}

/// Usage that one message of a stream states. `None` for all but the one.
#[must_use]
pub fn of_message(message: &Message) -> Option<Usage> {
    (message.headers.text(":event-type") == Some("metadata")).then(|| of_whole(&message.payload))?
}

fn read_tier(name: &str) -> Option<ServiceTier> {
    match name {
        "default" => Some(ServiceTier::Standard),
        "flex" => Some(ServiceTier::Flex),
        "priority" => Some(ServiceTier::Priority),
        _ => None,
    }
}

/// Bedrock's name of a tier.
pub(super) const fn write_tier(tier: ServiceTier) -> Option<&'static str> {
    match tier {
        ServiceTier::Standard => Some("default"),
        ServiceTier::Flex => Some("flex"),
        ServiceTier::Priority => Some("priority"),
        ServiceTier::Batch => None,
    }
}

/// The `usage` object of a written answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UsageOut {
    input_tokens: u64,
    output_tokens: u64,
    total_tokens: u64,
    cache_read_input_tokens: u64,
    cache_write_input_tokens: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cache_details: Vec<CacheDetail>,
}

impl From<&Usage> for UsageOut {
    fn from(usage: &Usage) -> Self {
        let parts = usage.input_parts();
        let by_lifetime = [("5m", parts.write), ("1h", parts.write_1h)];
        let stated = by_lifetime.into_iter().filter(|(_, tokens)| *tokens > 0);
        Self {
            input_tokens: parts.plain,
            output_tokens: usage.output_tokens,
            total_tokens: usage.total_tokens(),
            cache_read_input_tokens: parts.cached,
            cache_write_input_tokens: parts.write.saturating_add(parts.write_1h),
            cache_details: stated
                .map(|(ttl, input_tokens)| CacheDetail { ttl: Cow::Borrowed(ttl), input_tokens })
                .collect(),
        }
    }
}
