//! Values that formats spell differently or bound differently: service tiers, the user's name, efforts. Serves
//! the fitting of requests. It must not touch what a target's writer decides by the model.

use super::name;
use crate::translate::table::spelling;
use gw_model::WireFormat;
use gw_model::chat::{ChatRequest, Reasoning};

/// OpenAI's limit on the length of `user`.
const MAX_USER_CHARS: usize = 64;

const fn is_openai(format: WireFormat) -> bool {
    matches!(format, WireFormat::OpenAiChat | WireFormat::OpenAiCompletions | WireFormat::OpenAiResponses)
}

/// Fits the values.
pub(super) fn fit(from: WireFormat, to: WireFormat, request: &mut ChatRequest, dropped: &mut Vec<String>) {
    service_tier(from, to, request, dropped);
    if !is_openai(to) || is_openai(from) {
        return;
    }
    if request.user.as_ref().is_some_and(|user| user.chars().count() > MAX_USER_CHARS) {
        request.user = None;
        name(dropped, spelling(from, "user"));
    }
    // The highest that all of OpenAI's models know.
    if let Some(Reasoning::Effort(effort)) = &mut request.reasoning
        && effort == "max"
    {
        "high".clone_into(effort);
    }
}

/// The tier in the intermediate form is OpenAI's, except for callers of Anthropic's.
fn service_tier(from: WireFormat, to: WireFormat, request: &mut ChatRequest, dropped: &mut Vec<String>) {
    let Some(tier) = request.service_tier.take() else { return };
    let tier = match (from, tier.as_str()) {
        (WireFormat::AnthropicMessages, "standard_only") => "default".to_owned(),
        // What was bought beforehand, if there is any: other providers do so by default.
        (WireFormat::AnthropicMessages, _) => return,
        _ => tier,
    };
    request.service_tier = match (to, tier.as_str()) {
        (WireFormat::AnthropicMessages, "auto") => Some(tier),
        (WireFormat::AnthropicMessages, "default") => Some("standard_only".to_owned()),
        (WireFormat::AnthropicMessages, _) => None,
        (to, "auto" | "default" | "flex" | "priority" | "scale") if is_openai(to) => Some(tier),
        (to, _) if is_openai(to) && is_openai(from) => Some(tier),
        (to, _) if is_openai(to) => None,
        _ => Some(tier),
    };
    if request.service_tier.is_none() {
        name(dropped, spelling(from, "service_tier"));
    }
}
