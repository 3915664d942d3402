//! Reads one top-level member of a Converse request into the facts. Serves `facts`. It must refuse what it cannot
//! read, as the upstream might read it otherwise.

use super::kinds::{bound, check_spelling, object, objects, string, take_bound};
use super::{ROUTING_MEMBERS, members::Found, service_tier};
use crate::json::Value;
use gw_model::{CallFacts, Refusal, ServiceTier};

/// Names that a stage acts on: no other spelling of them may slip by.
pub(super) const READ_MEMBERS: &[&str] = &[
    "messages",
    "inferenceConfig",
    "additionalModelRequestFields",
    "system",
    "toolConfig",
    "serviceTier",
    "performanceConfig",
    "promptVariables",
];

/// What models call their bound on output among `additionalModelRequestFields`, which go to them as they are.
pub(crate) const MODEL_BOUNDS: &[&str] =
    &["max_tokens", "max_completion_tokens", "max_new_tokens", "max_gen_len", "max_tokens_to_sample"];

pub(super) fn read<'a>(
    name: &str,
    value: &Value<'a>,
    facts: &mut CallFacts,
    found: &mut Found<'a>,
) -> Result<(), Refusal> {
    match name {
        "messages" => {
            objects("messages", "message", value)?;
            found.has_messages = true;
        }
        "inferenceConfig" => {
            let config = object("inferenceConfig", value)?;
            for member in &config.members {
                let value = config.value(member);
                match member.key.as_ref() {
                    _ if value.is_null() => {}
                    "maxTokens" => bound("inferenceConfig.maxTokens", &value, facts)?,
                    name => check_spelling(name, &[&["maxTokens"]], true)?,
                }
            }
        }
        "additionalModelRequestFields" => {
            let fields = object("additionalModelRequestFields", value)?;
            for value in MODEL_BOUNDS.iter().filter_map(|name| fields.get(name)) {
                if let Some(tokens) = value.as_u64() {
                    take_bound(tokens, &value, facts);
                }
            }
        }
        "serviceTier" => {
            if let Some(kind) = object("serviceTier", value)?.get("type").filter(|kind| !kind.is_null()) {
                let tier = service_tier(&string("serviceTier.type", &kind)?);
                // Of two members that name one the dearer counts.
                if facts.service_tier != Some(ServiceTier::Priority) {
                    facts.service_tier = tier;
                }
            }
        }
        "performanceConfig" => {
            let latency = object("performanceConfig", value)?.get("latency").filter(|v| !v.is_null());
            if let Some(latency) = latency
                && string("performanceConfig.latency", &latency)? != "standard"
            {
                // Optimized latency has a price of its own, above the usual one.
                facts.service_tier = Some(ServiceTier::Priority);
            }
        }
        // A stored prompt, which the path names, has the messages.
        "promptVariables" => found.has_context = true,
        name if ROUTING_MEMBERS.contains(&name) => facts.routing_members.push(name.to_owned()),
        name => check_spelling(name, &[READ_MEMBERS, ROUTING_MEMBERS], true)?,
    }
    Ok(())
}
